"""Every code of a finding is reached, by one thing that is wrong and by nothing else."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from pulumi_openkruise.checks import (
    GROUPS,
    NOT_ASKED,
    Expected,
    Finding,
    Report,
    Snapshot,
    Unavailable,
    check,
)
from pulumi_openkruise.checks.drift import differences
from pulumi_openkruise.inventory.manifest import manifest_objects
from pulumi_openkruise.inventory.release import ReleaseId, Revision, Seen
from pulumi_openkruise.lifecycle.recovery import plan

from tests.support.installed import (
    NAMESPACE,
    broken,
    configuration,
    daemon,
    definition,
    expected,
    facts,
    healthy,
    live,
    manager,
    node,
    node_object,
    pod,
    record,
    virtual,
)

CODES = {code.name: code for codes in GROUPS.values() for code in codes}


def changed(base: Any, *path: str | int, to: Any) -> Any:
    """Return a copy of plain data with another value at a path."""
    if not path:
        return to
    first, *rest = path
    if isinstance(base, list):
        return [changed(one, *rest, to=to) if at == first else one for at, one in enumerate(base)]
    return {**base, first: changed(base.get(first, {}), *rest, to=to)}


def part(name: str, *path: str | int, to: Any) -> Snapshot:
    """Return the healthy snapshot with one part changed at a path."""
    return broken(**{name: changed(getattr(healthy(), name), *path, to=to)})


def nodes_and(*more: Any, **parts: Any) -> Snapshot:
    return broken(nodes=[*healthy().nodes, *more], **parts)


def pods() -> list[Any]:
    """Return the healthy snapshot's pods."""
    found = healthy().pods
    assert not isinstance(found, Unavailable)
    return list(found)


def hpk(name: str) -> Any:
    """Return a node that imitates a real one, with an unknown runtime."""
    raw = node_object(name, taints=[{"key": "pool", "effect": "NoSchedule"}])
    raw["status"]["nodeInfo"]["containerRuntimeVersion"] = "something://1"
    return facts(raw)


K3S = node_object("k3s-1")
K3S["status"]["nodeInfo"]["kubeletVersion"] = "v1.30.3+k3s1"
OLD = node_object("old-1")
OLD["status"]["nodeInfo"]["containerRuntimeVersion"] = "containerd://1.5.9"
WAITING = {"containerStatuses": [{"restartCount": 3, "state": {"waiting": {"reason": "CrashLoopBackOff"}}}]}
FEW = ("daemonset-behind",)


Case = Callable[[], tuple[Snapshot, Expected]]


def plain(make: Callable[[], Snapshot]) -> Case:
    return lambda: (make(), expected())


CASES: dict[str, Case] = {
    "real-node-excluded": lambda: (
        broken(
            nodes=[node("real-1", pool="burst"), *healthy().nodes[1:]],
            pods=pods()[1:],
            live={},
            daemon_set=wanted_by("daemon_set", virtual_node_selectors=["pool=burst"]),
            deployment=wanted_by("deployment", virtual_node_selectors=["pool=burst"]),
        ),
        expected(virtual_node_selectors=["pool=burst"]),
    ),
    "virtual-node-admitted": plain(lambda: nodes_and(virtual("virtual-2", labelled=False))),
    "unsure-node": plain(lambda: nodes_and(hpk("odd-1"))),
    "selector-matches-nothing": lambda: (
        broken(
            daemon_set=wanted_by("daemon_set", virtual_node_selectors=["pool=gone"]),
            deployment=wanted_by("deployment", virtual_node_selectors=["pool=gone"]),
        ),
        expected(virtual_node_selectors=["pool=gone"]),
    ),
    "daemon-on-excluded-node": plain(lambda: broken(pods=[*pods(), daemon("virtual-1", ready=False)])),
    "manager-on-excluded-node": plain(lambda: broken(pods=[*pods(), manager(3, "virtual-1")])),
    "real-node-without-daemon": plain(lambda: broken(pods=[p for p in pods() if "mon-real-2" not in str(p)])),
    "daemon-restarts": plain(
        lambda: broken(
            pods=[daemon("real-1", containerStatuses=[{"restartCount": 7}]), *pods()[1:]],
        )
    ),
    "untainted-virtual-node": plain(lambda: nodes_and(virtual("virtual-2", guarded=False))),
    "node-image-of-excluded-node": plain(
        lambda: broken(node_images={"real-1": 0, "real-2": 0, "virtual-1": 0})
    ),
    "node-pod-probe-of-excluded-node": plain(lambda: broken(node_pod_probes={"virtual-1": 0})),
    "node-image-missing": plain(lambda: broken(node_images={"real-1": 0})),
    "not-installed": plain(
        lambda: broken(
            daemon_set=None,
            deployment=None,
            config_namespace=None,
            mutating=None,
            validating=None,
            records=[],
            pods=[],
            live={},
        )
    ),
    "namespace-without-label": plain(lambda: part("namespace", "metadata", "labels", to={})),
    "pod-security-too-strict": plain(
        lambda: part("namespace", "metadata", "labels", "pod-security.kubernetes.io/enforce", to="restricted")
    ),
    "config-namespace-missing": plain(lambda: broken(config_namespace=None)),
    "release-unfinished": plain(lambda: broken(records=[record(), record(4, "pending-upgrade")])),
    "release-failed": plain(lambda: broken(records=[record(), record(4, "failed")])),
    "several-releases": plain(lambda: broken(records=[record(), record(namespace="default")])),
    "release-record-missing": plain(lambda: broken(records=[])),
    "manager-not-available": plain(lambda: part("deployment", "status", "availableReplicas", to=1)),
    "manager-single": plain(
        lambda: broken(
            deployment=changed(
                changed(healthy().deployment, "spec", "replicas", to=1), "status", "availableReplicas", to=1
            )
        )
    ),
    "manager-lease-stale": plain(
        lambda: part("lease", "spec", "renewTime", to="2026-01-01T11:50:00.000000Z")
    ),
    "daemonset-behind": plain(lambda: part("daemon_set", "status", "numberReady", to=1)),
    "runtime-socket": plain(
        lambda: nodes_and(
            facts(K3S), pods=[*pods(), daemon("k3s-1")], node_images={"real-1": 0, "real-2": 0, "k3s-1": 0}
        )
    ),
    "runtime-too-old": plain(
        lambda: nodes_and(
            facts(OLD), pods=[*pods(), daemon("old-1")], node_images={"real-1": 0, "real-2": 0, "old-1": 0}
        )
    ),
    "version-known-bad": plain(
        lambda: broken(records=[record(app_version="1.9.0")], version="v1.32.1-gke.1+abc")
    ),
    "version-untested": plain(lambda: broken(version="v1.36.3")),
    "gates-differ": plain(
        lambda: part("pods", 0, "spec", "containers", 0, "args", to=["--feature-gates=PodWebhook=false"])
    ),
    "gates-misspelt": plain(
        lambda: broken(
            pods=[
                changed(one, "spec", "containers", 0, "args", to=["--feature-gates=KruiseDaemon=False"])
                for one in pods()
            ]
        )
    ),
    "webhooks-missing": plain(lambda: broken(mutating=None)),
    "webhook-without-endpoint": plain(lambda: broken(endpoint_slices=[])),
    "webhook-foreign-endpoint": plain(
        lambda: part("endpoint_slices", 0, "endpoints", 0, "targetRef", "name", to="cert-manager-1")
    ),
    "webhook-wrong-namespace": plain(
        lambda: part("mutating", "webhooks", 0, "clientConfig", "service", "namespace", to="elsewhere")
    ),
    "webhook-ca-mismatch": plain(
        lambda: part("validating", "webhooks", 0, "clientConfig", "caBundle", to="")
    ),
    "webhook-certificates-missing": plain(lambda: broken(certificates=None)),
    "webhook-certificate-expiring": plain(lambda: broken(taken="2050-12-25T00:00:00Z", lease=None)),
    "crd-not-established": plain(lambda: part("definitions", 0, "status", "conditions", to=[])),
    "crd-stored-versions": plain(
        lambda: broken(
            definitions=[
                changed(
                    definition("clonesets", stored=("v1beta1",)),
                    "status",
                    "storedVersions",
                    to=["v1alpha1", "v1beta1"],
                )
            ]
        )
    ),
    "crd-stored-version-gone": plain(
        lambda: part("definitions", 0, "status", "storedVersions", to=["v1alpha1", "v1beta1"])
    ),
    "crd-conversion-broken": plain(
        lambda: part(
            "definitions",
            0,
            "spec",
            "conversion",
            to={
                "strategy": "Webhook",
                "webhook": {"clientConfig": {"service": {"namespace": "system", "name": "webhook-service"}}},
            },
        )
    ),
    "affinity-drift": plain(lambda: part("daemon_set", "spec", "template", "spec", "affinity", to={})),
    "objects-missing": plain(lambda: broken(live={**live(), **dict.fromkeys(list(live())[:1])})),
    "fields-changed": plain(
        lambda: broken(
            live={
                key: changed(one, "spec", "replicas", to=9) if one["kind"] == "Deployment" else one
                for key, one in live().items()
            }
        )
    ),
    "destroy-deletes": plain(
        lambda: broken(custom_resources={"SidecarSet.apps.kruise.io": ["proxy", "logs"]})
    ),
    "destroy-hook-refuses": plain(
        lambda: broken(custom_resources={"CloneSet.apps.kruise.io": ["default/shop"]})
    ),
    "destroy-job-hangs": plain(
        lambda: broken(jobs=[{"metadata": {"name": "kruise-finalizer"}, "status": {"active": 1}}])
    ),
    "destroy-namespace-in-use": plain(
        lambda: broken(pods=[*pods(), pod("shop-1", "real-1", "ReplicaSet", "shop")])
    ),
}

# What is wrong has this other sign too.
ALSO = {"destroy-hook-refuses": {"destroy-deletes"}}


def wanted_by(part_name: str, **config: Any) -> Any:
    """Return the live workload with the affinity that a stack's config gives."""
    wanted = expected(**config)
    affinity = wanted.daemon if part_name == "daemon_set" else wanted.manager
    path = ("spec", "template", "spec", "affinity", "nodeAffinity")
    required = "requiredDuringSchedulingIgnoredDuringExecution"
    return changed(getattr(healthy(), part_name), *path, to={required: affinity})


def found(report: Report) -> dict[str, Finding]:
    return {finding.code: finding for finding in report.findings}


def test_a_healthy_installation_has_no_finding() -> None:
    report = check(healthy(), expected())
    assert report.findings == ()
    assert report.not_checked == ()
    assert report.clean
    assert report.counts() == {"running": 2, "excluded": 1}
    assert report.summary() == (
        "3 nodes: 2 real, its daemon runs; 1 no place for a daemon, excluded. Findings: none."
    )


def test_every_code_has_a_case() -> None:
    assert set(CASES) == set(CODES)


@pytest.mark.parametrize("code", CODES)
def test_each_finding_is_reached_by_what_is_wrong_alone(code: str) -> None:
    report = check(*CASES[code]())
    assert set(found(report)) == {code} | ALSO.get(code, set())
    finding = found(report)[code]
    assert finding.what
    assert finding.consequence
    assert finding.remedy
    assert finding.evidence
    assert report.clean is all(finding.severity == "info" for finding in report.findings)


@pytest.mark.parametrize("code", CODES)
def test_texts_are_sentences_without_a_full_stop(code: str) -> None:
    for text in (CODES[code].title, CODES[code].consequence, CODES[code].remedy):
        assert text == text.strip()
        assert not text.endswith(".")
        assert "  " not in text


# --- what the evidence says


def test_the_worst_comes_first() -> None:
    snapshot = broken(version="v1.36.3", node_images={"virtual-1": 0}, endpoint_slices=[], records=[])
    severities = [finding.severity for finding in check(snapshot, expected()).findings]
    assert severities == sorted(severities, key=["critical", "error", "warning", "info"].index)
    assert severities[0] == "critical"


def test_a_lost_node_names_the_selector_that_hits_it() -> None:
    finding = found(check(*CASES["real-node-excluded"]()))["real-node-excluded"]
    assert finding.severity == "critical"
    assert tuple(map(str, finding.objects)) == ("real-1",)
    assert finding.evidence[0] == "excluded by pool=burst (openkruise:virtualNodeSelectors[0])"
    assert "pool=burst" in finding.evidence[1]


def test_a_label_and_a_taint_that_are_spelt_alike_are_told_apart() -> None:
    raw = node_object("fargate-1")
    alike = {"key": "eks.amazonaws.com/compute-type", "value": "fargate", "effect": "NoSchedule"}
    raw["metadata"]["labels"] = {alike["key"]: alike["value"]}
    raw["spec"]["taints"] = [alike]
    (line,) = found(check(nodes_and(facts(raw)), expected()))["virtual-node-admitted"].evidence
    seen = "eks.amazonaws.com/compute-type=fargate"
    assert line == f"eks-fargate: fargate-1 (label {seen}, taint {seen})"


def test_a_failed_release_is_promised_nothing_that_recover_does_not_do() -> None:
    (finding,) = check(broken(records=[record(), record(4, "failed")]), expected()).findings
    release = ReleaseId("kruise-system", "kruise")
    assert plan(Seen(release, (Revision(1, "deployed"), Revision(4, "failed")))).edits == ()
    assert "recover" not in finding.remedy
    assert "`reapply`" in finding.remedy


def test_a_lost_node_where_only_the_affinity_is_known() -> None:
    affinity = {"nodeSelectorTerms": [{"matchExpressions": [{"key": "x", "operator": "Exists"}]}]}
    wanted = Expected(source="the DaemonSet in the cluster", daemon=affinity)
    finding = found(check(healthy(), wanted))["real-node-excluded"]
    assert tuple(map(str, finding.objects)) == ("real-1", "real-2")
    assert finding.evidence[0] == "excluded by the affinity of the DaemonSet in the cluster"


def test_a_node_that_the_stacks_values_leave_out_is_not_lost() -> None:
    values = {"daemon": {"nodeSelector": {"daemon": "yes"}}}
    report = check(broken(pods=[], live={}), expected(values=values))
    assert "real-node-excluded" not in found(report)
    assert report.counts()["left-out"] == 2


def test_a_node_that_the_values_leave_out_is_not_lost_by_a_selector_either() -> None:
    term = {"matchExpressions": [{"key": "pool", "operator": "NotIn", "values": ["burst"]}]}
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
    values = {"daemon": {"affinity": {"nodeAffinity": required}}}
    nodes = [node("real-1", pool="burst"), node("real-2"), virtual("virtual-1")]
    lost = check(broken(nodes=nodes), expected(virtual_node_selectors=["pool=burst"]))
    assert tuple(map(str, found(lost)["real-node-excluded"].objects)) == ("real-1",)
    report = check(broken(nodes=nodes), expected(virtual_node_selectors=["pool=burst"], values=values))
    assert "real-node-excluded" not in found(report)
    assert report.counts()["left-out"] == 1


def test_without_a_daemon_no_node_misses_it_and_no_selector_takes_it_away() -> None:
    wanted = expected(platform="gke-autopilot", virtual_node_selectors=["pool=burst", "x=y"])
    nodes = [node("real-1", pool="burst"), node("real-2"), virtual("virtual-1"), facts(OLD)]
    managers = [manager(1, "real-1"), manager(2, "virtual-1")]
    parts = {"nodes": nodes, "pods": managers, "daemon_set": None, "node_images": {}}
    report = check(broken(live=NOT_ASKED, **parts), wanted)
    assert report.counts() == {"daemonless": 3, "excluded": 1}
    assert set(found(report)) == {"manager-on-excluded-node"}
    # One that is still there, which `pulumi up` removes, is out of place wherever it is.
    report = check(healthy(), expected(platform="gke-autopilot"))
    assert tuple(map(str, found(report)["daemon-on-excluded-node"].objects)) == (
        "Pod kruise-system/kruise-daemon-real-1",
        "Pod kruise-system/kruise-daemon-real-2",
    )


def test_why_a_daemon_does_not_run() -> None:
    reasons: dict[str, dict[str, Any]] = {
        "CrashLoopBackOff, exit code 1": {
            "containerStatuses": [
                {
                    "state": {"waiting": {"reason": "CrashLoopBackOff"}},
                    "lastState": {"terminated": {"exitCode": 1}},
                }
            ]
        },
        "not scheduled: Unschedulable": {
            "phase": "Pending",
            "conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}],
            "containerStatuses": [],
        },
        "Pending, not ready": {"phase": "Pending", "conditions": [], "containerStatuses": None},
    }
    for reason, status in reasons.items():
        snapshot = broken(pods=[daemon("real-1", **{"ready": False, **status}), *pods()[1:]])
        finding = found(check(snapshot, expected()))["real-node-without-daemon"]
        assert finding.evidence == (f"{reason}: real-1",)


def test_of_two_pods_for_a_node_the_ready_one_counts() -> None:
    # As while a DaemonSet replaces one: the other may come before it or after it in the list.
    spare = changed(daemon("real-1", ready=False), "metadata", "name", to="kruise-daemon-spare")
    for two in ([spare, *pods()], [*pods(), spare]):
        report = check(broken(pods=two), expected())
        assert report.counts() == {"running": 2, "excluded": 1}


def test_a_node_that_is_not_ready_is_not_missed_a_daemon() -> None:
    raw = node_object("real-3")
    raw["status"]["conditions"] = [{"type": "Ready", "status": "False"}]
    report = check(nodes_and(facts(raw)), expected())
    assert report.findings == ()
    assert report.counts()["not-ready"] == 1


def test_a_manager_may_go_everywhere_where_the_stack_says_so() -> None:
    snapshot, _expected = CASES["manager-on-excluded-node"]()
    wanted = expected(exclude_manager=False)
    deployment = changed(healthy().deployment, "spec", "template", "spec", "affinity", to={})
    assert check(replace(snapshot, deployment=deployment), wanted).findings == ()


def test_the_log_of_a_daemon_without_a_socket_says_so() -> None:
    snapshot = broken(logs={"kruise-daemon-x": "E0101 not found container runtime sock\n"})
    assert tuple(map(str, found(check(snapshot, expected()))["runtime-socket"].objects)) == (
        "Pod kruise-system/kruise-daemon-x",
    )


def test_logs_that_cannot_be_read_are_told() -> None:
    report = check(broken(logs=Unavailable("not allowed: GET the log: 403")), expected())
    assert [(one.what, one.because) for one in report.not_checked] == [
        ("why daemons start again and again, by their logs", "not allowed: GET the log: 403")
    ]


def test_a_gate_that_the_version_does_not_have() -> None:
    gates = ["--feature-gates=EnhancedLivenessProbeGate=true"]
    gated = [changed(one, "spec", "containers", 0, "args", to=gates) for one in pods()]
    finding = found(check(broken(pods=gated), expected()))["gates-misspelt"]
    assert finding.evidence == (
        "EnhancedLivenessProbeGate=true: EnhancedLivenessProbeGate is none of OpenKruise's gates",
    )


def test_a_preset_that_matches_with_one_of_its_selectors_is_not_idle() -> None:
    wanted = replace(
        expected(),
        selectors=("type=virtual-kubelet", "type=kwok", "a=b", "c=d"),
        origins=("preset both", "preset both", "preset idle", "preset idle"),
    )
    finding = found(check(broken(live={}), replace(wanted, is_stack=False)))["selector-matches-nothing"]
    assert finding.evidence == ("preset idle: a=b, c=d",)


def test_a_stack_that_was_changed_since_is_told_apart_from_a_hand() -> None:
    snapshot, wanted = CASES["affinity-drift"]()
    by_hand = found(check(snapshot, wanted))["affinity-drift"]
    assert "reapply" in by_hand.remedy
    newer = expected(virtual_node_selectors=["type=kwok,!x"])
    not_applied = found(check(healthy(), newer))["affinity-drift"]
    assert "pulumi up" in not_applied.remedy
    assert "changed since" in not_applied.remedy


def test_an_installation_whose_record_was_deleted_is_told_from_one_of_another_name() -> None:
    release = {"meta.helm.sh/release-namespace": NAMESPACE, "meta.helm.sh/release-name": "kruise"}
    own = changed(healthy().daemon_set, "metadata", "annotations", to=release)
    deleted = found(check(broken(records=[], daemon_set=own), expected()))["release-record-missing"]
    assert deleted.remedy.startswith("its records were deleted: `pulumi-openkruise recover`, ")
    assert deleted.evidence[-1] == "the DaemonSet is of release kruise-system/kruise"
    elsewhere = changed(own, "metadata", "annotations", "meta.helm.sh/release-namespace", to="default")
    snapshot = broken(records=[record(namespace="default")], daemon_set=elsewhere)
    other = found(check(snapshot, expected()))["release-record-missing"]
    assert other.remedy.startswith("name the release by releaseName and releaseNamespace")


@pytest.mark.parametrize(
    ("records", "because"),
    [
        (Unavailable("Secret x: not a Helm release record"), "Secret x: not a Helm release record"),
        ([record(status="failed")], "no revision of the release is deployed"),
        ([record(manifest="a: [")], "the manifest in Secret sh.helm.release.v1.kruise.v3 cannot be read: "),
    ],
)
def test_a_manifest_that_is_not_known_is_told(records: Any, because: str) -> None:
    report = check(broken(manifest=manifest_objects(records), live={}), expected())
    (told,) = report.not_checked
    assert told.what == "objects and fields of the deployed revision"
    assert told.because.startswith(because)


def test_stuck_releases_name_the_revision_to_go_back_to() -> None:
    snapshot = broken(records=[record(1, "superseded"), record(2, "deployed"), record(3, "uninstalling")])
    finding = found(check(snapshot, expected()))["release-unfinished"]
    assert "helm rollback kruise 2 --namespace kruise-system" in finding.remedy
    assert finding.what == "release kruise-system/kruise is uninstalling"


def test_what_cannot_be_read_is_told_and_not_guessed() -> None:
    report = check(broken(pods=Unavailable("not allowed: GET pods: 403")), expected())
    assert [one.because for one in report.not_checked] == ["not allowed: GET pods: 403"] * 3
    assert report.counts() == {"admitted": 2, "excluded": 1}
    assert report.findings == ()


def test_untainted_nodes_are_a_warning_where_a_destroy_is_planned() -> None:
    snapshot, wanted = CASES["untainted-virtual-node"]()
    planned = found(check(snapshot, wanted))["untainted-virtual-node"]
    otherwise = found(check(replace(snapshot, custom_resources=NOT_ASKED), wanted))["untainted-virtual-node"]
    assert (planned.severity, otherwise.severity) == ("warning", "info")


def test_a_report_as_data() -> None:
    data = check(*CASES["virtual-node-admitted"]()).to_dict()
    assert data["nodes"] == {"total": 4, "running": 2, "excluded": 1, "exposed": 1}
    assert data["clean"] is False
    assert data["findings"][0]["objects"] == [{"kind": "Node", "name": "virtual-2"}]
    assert data["selectorsFrom"] == "Pulumi.test.yaml"


def test_what_was_checked_without_a_finding_is_named() -> None:
    snapshot, wanted = CASES["virtual-node-admitted"]()
    passed = check(snapshot, wanted).passed
    assert "nodes against selectors" not in passed
    assert "the labels of OpenKruise's namespace" in passed
    assert "the live affinity" in passed
    # What was not asked for is neither well nor wrong, and what could not be read neither.
    assert "the live affinity" not in check(replace(snapshot, live=NOT_ASKED), wanted).passed
    assert "the live affinity" not in check(replace(snapshot, live=Unavailable("x")), wanted).passed


def test_of_an_installation_that_is_not_there_nothing_is_well() -> None:
    snapshot, wanted = CASES["not-installed"]()
    assert check(snapshot, wanted).passed == ("nodes against selectors",)


def test_what_nothing_waits_for_is_to_be_known_and_no_more() -> None:
    for part_name, code, told in (
        ("node_images", "node-image-of-excluded-node", "2 images to be pulled there: virtual-1"),
        ("node_pod_probes", "node-pod-probe-of-excluded-node", "2 pods to be probed there: virtual-1"),
    ):
        idle = {**getattr(healthy(), part_name), "virtual-1": 0}
        assert check(broken(**{part_name: idle}), expected()).clean
        finding = found(check(broken(**{part_name: {**idle, "virtual-1": 2}}), expected()))[code]
        assert (finding.severity, finding.evidence[-1]) == ("warning", told)


# --- a namespace that OpenKruise is not in

CONVERTING = changed(
    definition("clonesets"),
    "spec",
    "conversion",
    to={"strategy": "Webhook", "webhook": configuration("mutating")["webhooks"][0]},
)
SHOP = {"metadata": {"name": "default", "labels": {}}}


def not_in(name: str, **parts: Any) -> Report:
    """Check a namespace without a workload of OpenKruise, and return the report."""
    gone = {"daemon_set": None, "deployment": None, "certificates": None, "lease": None, "live": NOT_ASKED}
    snapshot = broken(definitions=[CONVERTING], **{**gone, "pods": [], **parts})
    return check(snapshot, replace(expected(), namespace=name))


def test_an_installation_elsewhere_is_pointed_to_and_no_outage() -> None:
    # What other operators run there is labelled as OpenKruise's own pods are.
    others = [daemon("virtual-1"), manager(1, "virtual-1")]
    gates = ["--feature-gates=Other=true"]
    foreign = [changed(one, "spec", "containers", 0, "args", to=gates) for one in others]
    report = not_in("default", namespace=SHOP, pods=foreign)
    assert set(found(report)) == {"not-installed"}
    finding = found(report)["not-installed"]
    assert finding.remedy == "look there: --namespace kruise-system"
    assert finding.evidence[-1] == "OpenKruise's webhooks point to kruise-system"


def test_webhooks_that_a_removal_left_behind_are_the_outage_that_they_are() -> None:
    here = not_in("kruise-system", endpoint_slices=[])
    assert set(found(here)) == {"not-installed", "webhook-without-endpoint"}
    assert found(here)["not-installed"].remedy.startswith("`pulumi up`")
    elsewhere = not_in("default", namespace=SHOP, endpoint_slices=[])
    assert set(found(elsewhere)) == {"not-installed", "webhook-without-endpoint"}
    for report in (here, elsewhere):
        finding = found(report)["webhook-without-endpoint"]
        assert tuple(map(str, finding.objects)) == ("Service kruise-system/kruise-webhook-service",)


def test_without_webhooks_the_definitions_tell_where_openkruise_is() -> None:
    report = not_in("default", namespace=SHOP, mutating=None, validating=None, endpoint_slices=[])
    assert set(found(report)) == {"not-installed"}
    assert found(report)["not-installed"].remedy == "look there: --namespace kruise-system"


def test_workloads_that_cannot_be_read_may_be_there() -> None:
    report = not_in("default", daemon_set=Unavailable("not allowed"), deployment=Unavailable("not allowed"))
    assert "webhook-wrong-namespace" in found(report)


# --- live objects against a manifest


@pytest.mark.parametrize(
    ("wanted", "real"),
    [
        ({"cpu": "1000m"}, {"cpu": "1"}),
        ({"cpu": "0.5"}, {"cpu": "500m"}),
        ({"memory": "1024Mi"}, {"memory": "1Gi"}),
        ({"a": None, "b": {}, "c": [], "d": "", "e": False, "f": 0}, {}),
        ({"a": 1}, {"a": 1, "b": 2}),
        ([{"a": 1}], [{"a": 1, "b": 2}]),
        ({"at": None}, {"at": "2026-01-01T00:00:00Z"}),
    ],
)
def test_what_means_the_same_is_no_difference(wanted: Any, real: Any) -> None:
    assert list(differences(wanted, real)) == []


@pytest.mark.parametrize(
    ("wanted", "real", "path"),
    [
        ({"a": {"b": 1}}, {"a": {"b": 2}}, ("a", "b")),
        ({"a": [1, 2]}, {"a": [1]}, ("a",)),
        ({"a": [{"b": 1}]}, {"a": [{"b": 2}]}, ("a", "[0]", "b")),
        ({"cpu": "1000m"}, {"cpu": "2"}, ("cpu",)),
        ({"a": True}, {}, ("a",)),
        ({"a": "x"}, {"a": {"b": 1}}, ("a",)),
        ({"a": {"b": 1}}, {"a": "x"}, ("a", "b")),
    ],
)
def test_what_differs_is_named_by_its_path(wanted: Any, real: Any, path: tuple[str, ...]) -> None:
    assert list(differences(wanted, real)) == [path]


def test_what_the_manager_writes_itself_is_no_drift() -> None:
    from pulumi_openkruise.checks.drift import check_objects

    kind = "MutatingWebhookConfiguration"
    key = ("admissionregistration.k8s.io/v1", kind, "", "kruise-mutating-webhook-configuration")
    metadata = {"annotations": {"template": ""}}
    wanted = {key: {"metadata": metadata, "webhooks": [{"name": "a", "clientConfig": {}}]}}
    now = {**configuration("mutating"), "metadata": {"annotations": {"template": "[...]"}}}
    assert list(check_objects(broken(manifest=wanted, live={key: now}))) == []


def test_namespace_of_the_healthy_one() -> None:
    assert expected().namespace == NAMESPACE
