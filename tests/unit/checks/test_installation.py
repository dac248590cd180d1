"""Release, namespaces and workloads: what the evidence says, also where OpenKruise is elsewhere."""

from dataclasses import replace
from typing import Any

from pulumi_openkruise.checks import NOT_ASKED, Report, check
from pulumi_openkruise.diagnostics.unavailable import Unavailable
from pulumi_openkruise.inventory.release import ReleaseId, ReleaseState, Revision
from pulumi_openkruise.lifecycle.recovery import plan_recovery

from tests.support.findings import (
    changed,
    found,
)
from tests.support.installed import (
    NAMESPACE,
    broken,
    configuration,
    daemon,
    definition,
    expected,
    healthy,
    manager,
    record,
)

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


def test_the_remedy_for_a_failed_release_is_one_that_works() -> None:
    (finding,) = check(broken(records=[record(), record(4, "failed")]), expected()).findings
    release = ReleaseId("kruise-system", "kruise")
    assert plan_recovery(ReleaseState(release, (Revision(1, "deployed"), Revision(4, "failed")))).edits == ()
    assert "recover" not in finding.remedy
    assert "`reapply`" in finding.remedy


def test_a_release_whose_record_was_deleted_and_one_of_another_name_get_different_remedies() -> None:
    release = {"meta.helm.sh/release-namespace": NAMESPACE, "meta.helm.sh/release-name": "kruise"}
    own = changed(healthy().daemon_set, "metadata", "annotations", to=release)
    deleted = found(check(broken(records=[], daemon_set=own), expected()))["release-record-missing"]
    assert deleted.remedy.startswith("its records were deleted: `pulumi-openkruise recover`, ")
    assert deleted.evidence[-1] == "the DaemonSet belongs to release kruise-system/kruise"
    elsewhere = changed(own, "metadata", "annotations", "meta.helm.sh/release-namespace", to="default")
    snapshot = broken(records=[record(namespace="default")], daemon_set=elsewhere)
    other = found(check(snapshot, expected()))["release-record-missing"]
    assert other.remedy.startswith("name the release by releaseName and releaseNamespace")


def test_an_installation_without_helm_is_named_as_one() -> None:
    metadata = {"annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"}}
    unowned = changed(healthy().daemon_set, "metadata", to=metadata)
    finding = found(check(broken(records=[], daemon_set=unowned), expected()))["release-record-missing"]
    assert finding.evidence[-1] == "the DaemonSet has no mark of Helm's ownership: kubectl has applied it"
    assert finding.remedy.startswith("leave it to what has installed it, or mark its objects")


def test_stuck_releases_name_the_revision_to_go_back_to() -> None:
    snapshot = broken(records=[record(1, "superseded"), record(2, "deployed"), record(3, "uninstalling")])
    finding = found(check(snapshot, expected()))["release-unfinished"]
    assert "helm rollback kruise 2 --namespace kruise-system" in finding.remedy
    assert finding.what == "release kruise-system/kruise is uninstalling"


def test_an_installation_elsewhere_is_named_and_is_no_outage() -> None:
    # What other operators run there is labelled as OpenKruise's own pods are.
    others = [daemon("virtual-1"), manager(1, "virtual-1")]
    gates = ["--feature-gates=Other=true"]
    foreign = [changed(one, "spec", "containers", 0, "args", to=gates) for one in others]
    report = not_in("default", namespace=SHOP, pods=foreign)
    assert set(found(report)) == {"not-installed"}
    finding = found(report)["not-installed"]
    assert finding.remedy == "check that one: --namespace kruise-system"
    assert finding.evidence[-1] == "OpenKruise's webhooks point to kruise-system"


def test_webhooks_that_a_removal_left_behind_are_an_outage() -> None:
    here = not_in("kruise-system", endpoint_slices=[])
    assert set(found(here)) == {"not-installed", "webhook-without-endpoint"}
    assert found(here)["not-installed"].remedy.startswith("`pulumi up`")
    elsewhere = not_in("default", namespace=SHOP, endpoint_slices=[])
    assert set(found(elsewhere)) == {"not-installed", "webhook-without-endpoint"}
    for report in (here, elsewhere):
        finding = found(report)["webhook-without-endpoint"]
        assert tuple(map(str, finding.objects)) == ("Service kruise-system/kruise-webhook-service",)


def test_without_webhooks_the_definitions_show_where_openkruise_is() -> None:
    report = not_in("default", namespace=SHOP, mutating=None, validating=None, endpoint_slices=[])
    assert set(found(report)) == {"not-installed"}
    assert found(report)["not-installed"].remedy == "check that one: --namespace kruise-system"


def test_workloads_that_cannot_be_read_may_be_there() -> None:
    report = not_in("default", daemon_set=Unavailable("not allowed"), deployment=Unavailable("not allowed"))
    assert "webhook-wrong-namespace" in found(report)
