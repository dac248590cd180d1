"""Feature gates: the text for the chart, the names of each version, and what one does to another."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_openkruise.chart.effective_gates import compute_effective_gates
from pulumi_openkruise.chart.gate_names import ALPHA, BETA, ON
from pulumi_openkruise.chart.gates import (
    check_gates,
    check_text,
    list_known_gates,
    read_text,
    render_gates,
)
from pulumi_openkruise.chart.version import parse_version


def found(gates: Any, chart: str = "1.8.3") -> list[tuple[str, str, str]]:
    return [(p.code, p.place, p.severity) for p in check_gates(gates, parse_version(chart), "gates")]


def test_the_text_is_canonical_and_keeps_the_charts_own_gate() -> None:
    assert (
        render_gates({"PodWebhook": False, "AllBeta": True})
        == "AllBeta=true,ImagePullJobGate=true,PodWebhook=false"
    )
    assert render_gates({"ImagePullJobGate": False}) == "ImagePullJobGate=false"
    assert render_gates({"KruiseDaemon": False}) == "ImagePullJobGate=true,KruiseDaemon=false"


def test_what_is_rendered_reads_back_and_is_good() -> None:
    gates = dict.fromkeys(list_known_gates(parse_version("1.8.3")), False)
    text = render_gates(gates)
    assert read_text(text) == gates
    assert list(check_text(text, parse_version("1.8.3"), "gates")) == []


@pytest.mark.parametrize(
    ("chart", "count"), [("1.7.0", 30), ("1.7.5", 30), ("1.8.0", 34), ("1.8.3", 34), ("1.9.0", 36)]
)
def test_gates_by_version(chart: str, count: int) -> None:
    assert len(list_known_gates(parse_version(chart))) == count


@pytest.mark.parametrize(
    ("name", "chart", "remedy"),
    [
        ("TemplateNoDefault", "1.8.3", "did you mean TemplateNoDefaults?"),
        ("podwebhook", "1.8.3", "did you mean PodWebhook?"),
        ("EnhancedLivenessProbeGate", "1.8.3", "write EnhancedLivenessProbe"),
        ("ForceDeleteTimeoutExpectationFeatureGate", "1.8.3", "write ForceDeleteTimeoutExpectationGate"),
        ("InPlaceWorkloadVerticalScaling", "1.7.5", "remove it"),
        ("InPlacePodVerticalScaling", "1.8.3", "remove it"),
        (
            "ForceDeleteTimeoutExpectationFeatureGate",
            "1.7.5",
            "remove it: the gate ForceDeleteTimeoutExpectationGate is there from 1.8.0 on",
        ),
        ("xyz", "1.8.3", "docs/values.md lists the gates"),
    ],
)
def test_names_that_are_none(name: str, chart: str, remedy: str) -> None:
    (problem,) = check_gates({name: True}, parse_version(chart), "gates")
    assert (problem.code, problem.place, problem.severity) == ("unknown-gate", f"gates.{name}", "error")
    assert problem.remedy == remedy


def test_a_gate_that_is_unknown_may_be_one_of_a_fork() -> None:
    (unsure,) = check_gates({"xyz": True}, parse_version("1.8.3-custom"), "gates")
    assert (unsure.code, unsure.severity) == ("unknown-gate", "warning")


@pytest.mark.parametrize(
    ("gates", "expected"),
    [
        ({"PodWebhook": "false"}, [("wrong-type", "gates.PodWebhook", "error")]),
        ({"PodWebhook": None}, [("wrong-type", "gates.PodWebhook", "error")]),
        ({1: True}, [("wrong-type", "gates", "error")]),
        ({"xyz": None}, [("unknown-gate", "gates.xyz", "error"), ("wrong-type", "gates.xyz", "error")]),
        ({"AllAlpha": True}, [("external-certs", "gates", "error")]),
        ({"AllAlpha": True, "EnableExternalCerts": False}, []),
        ({"AllAlpha": False}, []),
        ({"KruiseDaemon": False}, []),
        ({"KruiseDaemon": False, "SidecarTerminator": True}, [("overruled-gate", "gates", "warning")]),
        ({"AllBeta": False}, [("overruled-gate", "gates", "warning")]),
        ({"AllBeta": False, "KruiseDaemon": True}, []),
        ({"AllBeta": False, "KruiseDaemon": False}, []),
        ({"AllBeta": False, "SidecarTerminator": True}, [("overruled-gate", "gates", "warning")] * 2),
        (
            {"AllAlpha": True, "EnableExternalCerts": False, "ImagePullJobGate": False},
            [("overruled-gate", "gates", "warning")],
        ),
        ({"DeletionProtectionForCRDCascadingGate": True}, [("overruled-gate", "gates", "warning")]),
        ({"DeletionProtectionForCRDCascadingGate": True, "ResourcesDeletionProtection": True}, []),
        ({"PodWebhook": False, "WorkloadSpread": True}, [("overruled-gate", "gates", "warning")]),
        (
            {"PreDownloadImageForInPlaceUpdate": True, "ImagePullJobGate": False},
            [("overruled-gate", "gates", "warning")],
        ),
    ],
)
def test_gates(gates: Any, expected: list[tuple[str, str, str]]) -> None:
    assert found(gates) == expected


def test_a_platforms_gates_count() -> None:
    beside = {"KruiseDaemon": False}
    (problem,) = check_gates({"SidecarTerminator": True}, parse_version("1.8.3"), "gates", beside)
    assert problem.reason == "SidecarTerminator: stays off, because KruiseDaemon is off"


def test_protection_was_on_by_default_before_1_8() -> None:
    gates = {"DeletionProtectionForCRDCascadingGate": True}
    assert found(gates, "1.7.5") == []
    (problem,) = check_gates(gates, parse_version("1.8.3"), "gates")
    assert problem.remedy == "remove it, or turn ResourcesDeletionProtection on"


@pytest.mark.parametrize("chart", ["1.7.0", "1.8.3", "1.9.1"])
@given(st.data())
def test_gates_in_effect_follow_upstreams_order(chart: str, data: st.DataObject) -> None:
    """OpenKruise's own sequence, statement by statement, is the oracle."""
    names = st.sampled_from(list_known_gates(parse_version(chart)))
    gates = data.draw(st.dictionaries(names, st.booleans(), max_size=8))
    expected = upstream(gates, chart)
    effective = compute_effective_gates(gates, parse_version(chart))
    assert {name: effective[name].on for name in expected} == expected
    for name, on in gates.items():
        assert effective[name].on is on or effective[name].forced_by


def upstream(gates: dict[str, bool], chart: str) -> dict[str, bool]:
    on = dict(gates)
    for group, members in (("AllAlpha", ALPHA), ("AllBeta", BETA)):
        if group in gates:
            for name in members:
                on.setdefault(name, gates[group])
    for name in (*ALPHA, *BETA):
        on.setdefault(name, name in ON or (name == "ResourcesDeletionProtection" and chart < "1.8"))
    if not on["PodWebhook"]:
        for name in (
            "KruisePodReadinessGate", "PodUnavailableBudgetDeleteGate", "PodUnavailableBudgetUpdateGate",
            "WorkloadSpread", "SidecarSetPatchPodMetadataDefaultsAllowed", "EnhancedLivenessProbe",
            "EnablePodProbeMarkerOnServerless",
        ):  # fmt: skip
            on[name] = False
    if not on["KruiseDaemon"]:
        for name in (
            "PreDownloadImageForInPlaceUpdate", "DaemonWatchingPod", "InPlaceUpdateEnvFromMetadata",
            "PreDownloadImageForDaemonSetUpdate", "PodProbeMarkerGate", "SidecarTerminator",
            "ImagePullJobGate", "EnhancedLivenessProbe",
        ):  # fmt: skip
            on[name] = False
    if on["PreDownloadImageForInPlaceUpdate"] or on["PreDownloadImageForDaemonSetUpdate"]:
        on["ImagePullJobGate"] = True
    if not on["ResourcesDeletionProtection"]:
        on["DeletionProtectionForCRDCascadingGate"] = False
    known = list_known_gates(parse_version(chart))
    return {name: value for name, value in on.items() if name in known}


def test_external_certificates_are_broken_in_one_chart() -> None:
    assert found({"EnableExternalCerts": True}, "1.9.1") == [("external-certs", "gates", "error")]
    assert found({"EnableExternalCerts": True}, "1.9.0") == []


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("", []),
        ("ImagePullJobGate=true", []),
        ("ImagePullJobGate=true,KruiseDaemon=false", []),
        ("PodWebhook=false", ["dropped-gate"]),
        ("KruiseDaemon=false", []),
        ("PreDownloadImageForInPlaceUpdate=true", []),
        ("PreDownloadImageForDaemonSetUpdate=true,PodWebhook=false", []),
        ("AllAlpha=true,EnableExternalCerts=false", []),
        ("AllAlpha=false", ["dropped-gate"]),
        ("ImagePullJobGate=true,KruiseDaemon=False", ["wrong-value"]),
        ("ImagePullJobGate=true, KruiseDaemon=false", ["wrong-value"]),
        ("ImagePullJobGate=true,", ["wrong-value"]),
        ("ImagePullJobGate", ["wrong-value", "dropped-gate"]),
        ("ImagePullJobGate=true,PodWebhok=false", ["unknown-gate"]),
        ("ImagePullJobGate=true,AllAlpha=true", ["external-certs"]),
    ],
)
def test_text_of_ones_own(text: str, codes: list[str]) -> None:
    problems = list(check_text(text, parse_version("1.8.3"), "values.featureGates"))
    assert [problem.code for problem in problems] == codes


def test_a_text_may_be_secret() -> None:
    problems = list(check_text("hunter2=true,Hunter2,PodWebhok=true", parse_version("1.8.3"), "values"))
    assert [problem.code for problem in problems] == [
        "unknown-gate",
        "wrong-value",
        "unknown-gate",
        "dropped-gate",
    ]
    assert "unter2" not in "".join(map(str, problems))
