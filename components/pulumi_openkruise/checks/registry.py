"""Every check, with what it needs of a snapshot, and every code that the checks report, by group."""

from collections.abc import Callable, Iterable, Sequence

from ..inventory.snapshot import NOT_ASKED, Snapshot
from . import (
    acceptance,
    admission,
    compatibility,
    coverage,
    daemons,
    definitions,
    destroy,
    drift,
    installation,
    node_labels,
    release,
    runtimes,
)
from .expected import Expected
from .finding import Code, Finding
from .node_states import NodeState

GROUPS: dict[str, tuple[Code, ...]] = {
    "Nodes and selectors": (*coverage.CODES, *daemons.CODES, *node_labels.CODES),
    "Installation": installation.CODES,
    "Versions, runtimes and gates": (*runtimes.CODES, *compatibility.CODES),
    "Webhooks and definitions": (*admission.CODES, *definitions.CODES),
    "Live objects (--live)": drift.CODES,
    "Before a destroy (--before-destroy)": destroy.CODES,
    "Accepted findings (--accepted)": acceptance.CODES,
}
"""Every code of a finding, by the group of checks that it belongs to."""

CODES: dict[str, Code] = {code.name: code for codes in GROUPS.values() for code in codes}
"""Every code by its name."""

Check = Callable[[Snapshot, Sequence[NodeState], Expected], Iterable[Finding]]
"""Returns the findings of one check."""

# Each check names what it needs, so that a part that could not be read is reported and not taken for empty.
CHECKS: tuple[tuple[tuple[str, ...], str, Check], ...] = (
    (
        (),
        "nodes against selectors",
        lambda snapshot, states, expected: coverage.check_nodes(
            states, expected, destroy=snapshot.custom_resources is not NOT_ASKED
        ),
    ),
    (
        ("pods",),
        "whether daemons and managers run where they should",
        lambda snapshot, states, expected: daemons.check_pods(snapshot, states, expected),
    ),
    (
        ("node_images",),
        "NodeImages of excluded nodes",
        lambda snapshot, states, _expected: daemons.check_node_images(snapshot, states),
    ),
    (
        ("node_pod_probes",),
        "NodePodProbes of excluded nodes",
        lambda snapshot, states, _expected: daemons.check_node_pod_probes(snapshot, states),
    ),
    (
        ("node_label_policy",),
        "whether the admission policy has labelled virtual nodes",
        lambda snapshot, states, expected: node_labels.check_policy(snapshot, states, expected),
    ),
    (
        ("namespace",),
        "the labels of OpenKruise's namespace",
        lambda snapshot, _states, expected: installation.check_namespace(snapshot, expected),
    ),
    (
        ("deployment", "daemon_set"),
        "Deployment and DaemonSet",
        lambda snapshot, _states, expected: installation.check_workloads(snapshot, expected),
    ),
    (
        ("config_namespace", "daemon_set"),
        "the namespace kruise-daemon-config",
        lambda snapshot, _states, expected: installation.check_config_namespace(snapshot, expected),
    ),
    (
        ("lease",),
        "whether a manager leads",
        lambda snapshot, _states, expected: installation.check_lease(snapshot, expected),
    ),
    (
        ("records", "daemon_set"),
        "the state of the Helm release",
        lambda snapshot, _states, expected: release.check_release(snapshot, expected),
    ),
    (
        ("version",),
        "OpenKruise's version against the cluster's",
        lambda snapshot, _states, expected: compatibility.check_versions(snapshot, expected),
    ),
    (
        ("field_uses", "records"),
        "whether the stack's version of OpenKruise drops fields of custom resources",
        lambda snapshot, _states, expected: compatibility.check_lost_fields(snapshot, expected),
    ),
    (
        (),
        "whether container runtimes serve the CRI version that the daemon speaks",
        lambda snapshot, states, expected: runtimes.check_cri(
            states, _read_kruise_version(snapshot, expected)
        ),
    ),
    (
        ("socket",),
        "where the daemon searches for the runtime's socket",
        lambda snapshot, states, expected: runtimes.check_sockets(
            snapshot, states, expected, _read_kruise_version(snapshot, expected)
        ),
    ),
    (
        ("logs",),
        "why daemons keep restarting, by their logs",
        lambda snapshot, _states, expected: runtimes.check_logs(snapshot, expected),
    ),
    (
        ("pods", "daemon_set"),
        "the feature gates of running pods",
        lambda snapshot, _states, expected: compatibility.check_gates(snapshot, expected),
    ),
    (
        ("mutating", "validating"),
        "the webhook configurations",
        lambda snapshot, _states, expected: admission.check_configurations(snapshot, expected),
    ),
    (
        ("endpoint_slices",),
        "the webhooks' endpoints",
        lambda snapshot, _states, expected: admission.check_endpoints(snapshot, expected),
    ),
    (
        ("certificates", "deployment"),
        "the webhooks' certificates and CA",
        lambda snapshot, _states, expected: admission.check_certificates(snapshot, expected),
    ),
    (
        ("definitions",),
        "OpenKruise's CustomResourceDefinitions",
        lambda snapshot, _states, expected: definitions.check_definitions(snapshot, expected),
    ),
    (
        ("live", "daemon_set", "deployment"),
        "the live affinity",
        lambda snapshot, _states, expected: drift.check_affinity(snapshot, expected),
    ),
    (
        ("manifest", "live"),
        "objects and fields of the deployed revision",
        lambda snapshot, _states, _expected: drift.check_objects(snapshot),
    ),
    (
        ("custom_resources",),
        "custom resources that a destroy would delete",
        lambda snapshot, _states, expected: destroy.check_custom_resources(snapshot, expected),
    ),
    (
        ("custom_resources",),
        "custom resources that a destroy would leave in deletion",
        lambda snapshot, _states, _expected: destroy.check_finalizers(snapshot),
    ),
    (
        ("custom_resources", "records"),
        "whether the pre-delete Job's image is known to be missing",
        lambda snapshot, _states, _expected: destroy.check_hook_image(snapshot),
    ),
    (
        ("jobs",),
        "a pre-delete Job that hangs",
        lambda snapshot, _states, expected: destroy.check_jobs(snapshot, expected),
    ),
    (
        ("custom_resources", "pods"),
        "foreign pods in the namespace",
        lambda snapshot, _states, expected: destroy.check_namespace(snapshot, expected),
    ),
)
"""Each check: the parts of the snapshot that it needs, what it checks in words, and the check itself."""


def _read_kruise_version(snapshot: Snapshot, expected: Expected) -> tuple[int, int] | None:
    version = compatibility.read_kruise_version(snapshot, expected)
    return None if version is None else version[:2]
