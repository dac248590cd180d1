"""The Helm release: what the evidence says, and remedies that fit."""

from pulumi_openkruise.checks import check
from pulumi_openkruise.inventory.release import ReleaseId, ReleaseState, Revision
from pulumi_openkruise.lifecycle.recovery import plan_recovery

from tests.support.findings import changed, found
from tests.support.installed import NAMESPACE, broken, expected, healthy, record


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
