"""What is said where an API server cannot have the admission policy."""

import pytest
from pulumi_openkruise.diagnostics.field_names import config_field_name
from pulumi_openkruise.lifecycle.policy_support import check_policy_is_served

SERVED = {
    "1.36": ["MutatingAdmissionPolicy", "MutatingAdmissionPolicyBinding", "ValidatingAdmissionPolicy"],
    "1.35": ["ValidatingAdmissionPolicy", "MutatingWebhookConfiguration"],
    "1.28": ["MutatingWebhookConfiguration"],
}


@pytest.mark.parametrize(
    ("mode", "server", "fits"),
    [
        ("label", "1.36", True),
        ("label", "1.35", False),
        ("label", "1.28", False),
        ("warn", "1.36", True),
        ("warn", "1.35", True),
        ("warn", "1.28", False),
    ],
)
def test_what_is_served_decides(mode: str, server: str, fits: bool) -> None:
    assert (check_policy_is_served(mode, SERVED[server]) == []) is fits


def test_a_server_without_the_policies() -> None:
    (problem,) = check_policy_is_served("label", SERVED["1.35"], config_field_name())
    assert str(problem) == (
        "openkruise:nodeLabelPolicy: label needs MutatingAdmissionPolicy of admissionregistration.k8s.io/v1, "
        "which this API server does not serve (Kubernetes 1.36 and newer do, unless it is switched off)\n"
        "  with Kyverno 1.15 or newer: pulumi-openkruise policy --format kyverno | kubectl apply -f -\n"
        "  to be warned of such nodes, and label them by hand: openkruise:nodeLabelPolicy warn\n"
        "  without it, by selectors alone: openkruise:nodeLabelPolicy off"
    )


def test_warn_is_no_way_out_where_it_is_not_served_either() -> None:
    (problem,) = check_policy_is_served("label", SERVED["1.28"])
    assert not any("warned" in line for line in problem.detail)
