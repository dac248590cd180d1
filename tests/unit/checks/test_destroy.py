"""What a destroy meets: the image of its Job, and objects that wait for the manager."""

from typing import Any

import pytest
from pulumi_openkruise.checks import check
from pulumi_openkruise.diagnostics.unavailable import Unavailable
from pulumi_openkruise.inventory.definitions import FinalizedResource

from tests.support.findings import HOOK, found
from tests.support.findings import pods as pods_of_a_healthy_one
from tests.support.installed import broken, expected, pod, record


def test_the_job_its_image_and_the_registry_are_named() -> None:
    finding = found(check(broken(records=[record(hooks=(HOOK,))]), expected()))["destroy-hook-image"]
    image, mirror = finding.evidence
    assert image.startswith("Job kruise-system/kruise-finalizer of revision 3: openkruise-registry.cn-")
    assert image.endswith("/openkruise/hook:v1")
    assert mirror == "OpenKruise's mirror in China lacks it"


@pytest.mark.parametrize(
    "changes",
    [
        {"events": ["post-install"]},
        {"manifest": "image: docker.io/openkruise/kruise-helm-hook:v0.1.0"},
        {"manifest": ""},
    ],
)
def test_other_hooks_and_registries(changes: dict[str, object]) -> None:
    snapshot = broken(records=[record(hooks=({**HOOK, **changes},))])
    assert "destroy-hook-image" not in found(check(snapshot, expected()))


def test_only_the_newest_revision_counts() -> None:
    records = [record(2, "superseded", hooks=(HOOK,)), record(3)]
    assert "destroy-hook-image" not in found(check(broken(records=records), expected()))


def test_what_waits_for_a_finalizer_is_told_from_what_would() -> None:
    finalized = {
        "ImagePullJob.apps.kruise.io": [
            FinalizedResource("default/a", ("apps.kruise.io/fake-block",), is_deleted=True),
            FinalizedResource("default/b", ("x/y", "apps.kruise.io/fake-block"), is_deleted=True),
            FinalizedResource("default/c", ("apps.kruise.io/fake-block",), is_deleted=False),
        ],
        "ResourceDistribution.apps.kruise.io": [FinalizedResource("d", ("x/y",), is_deleted=False)],
    }
    report = check(broken(finalized=finalized), expected())
    waiting, others = [one for one in report.findings if one.code == "destroy-leaves-resources"]
    assert (waiting.severity, waiting.what) == (
        "error",
        "2 custom resources in deletion, waiting for a finalizer",
    )
    assert waiting.evidence == (
        "ImagePullJob.apps.kruise.io with apps.kruise.io/fake-block, x/y: default/a, default/b",
    )
    assert list(map(str, waiting.objects)) == [f"ImagePullJob.apps.kruise.io default/{name}" for name in "ab"]
    assert (others.severity, others.what) == ("warning", "2 custom resources with a finalizer")
    assert others.evidence == (
        "ImagePullJob.apps.kruise.io with apps.kruise.io/fake-block: default/c",
        "ResourceDistribution.apps.kruise.io with x/y: d",
    )
    assert waiting.identity != others.identity


def job(name: str, **status: int) -> dict[str, Any]:
    """Return a pre-delete Job, created an hour before the snapshot."""
    created = {"name": name, "uid": f"uid-of-{name}", "creationTimestamp": "2026-01-01T11:00:00Z"}
    return {"metadata": created, "status": status}


def test_a_job_that_hangs_is_named_with_its_pods() -> None:
    on_a_node, nowhere = pod("a", "virtual-1", "Job", ""), pod("b", "", "Job", "", phase="")
    on_a_node["metadata"]["ownerReferences"] = [{"uid": "x"}, {"uid": "uid-of-kruise-finalizer"}]
    nowhere["metadata"]["ownerReferences"] = [{"uid": "uid-of-kruise-finalizer"}]
    pulled = {"state": {"waiting": {"reason": "ImagePullBackOff"}}}
    on_a_node["status"] = {"phase": "Pending", "containerStatuses": [pulled]}
    unscheduled = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
    nowhere["status"] = {"phase": "Pending", "conditions": [unscheduled]}
    others = [pod("c", "real-1", "Job", ""), {"metadata": {"name": "d", "ownerReferences": [{"uid": ""}]}}]
    pods = [*pods_of_a_healthy_one(), on_a_node, nowhere, *others]
    jobs = [job("kruise-finalizer", failed=2), job("done-finalizer", succeeded=1), job("another")]
    finding = found(check(broken(jobs=jobs, pods=pods), expected()))["destroy-job-hangs"]
    assert finding.what == "the pre-delete Job has failed"
    assert list(map(str, finding.objects)) == ["Job kruise-system/kruise-finalizer"]
    first, *rest = finding.evidence
    assert first.startswith("Job kruise-finalizer: 2 pods failed, created ")
    assert rest == [
        "Pod kruise-system/a: ImagePullBackOff, on virtual-1",
        "Pod kruise-system/b: not scheduled: Unschedulable",
    ]


def test_a_job_that_waits_is_reported_without_its_pods_where_these_cannot_be_read() -> None:
    without_an_id = job("kruise-finalizer", active=1)
    del without_an_id["metadata"]["uid"]
    for pods in (
        Unavailable("forbidden"),
        [*pods_of_a_healthy_one(), {"metadata": {"ownerReferences": [{}]}}],
    ):
        snapshot = broken(jobs=[without_an_id], pods=pods)
        finding = found(check(snapshot, expected()))["destroy-job-hangs"]
        assert finding.what == "the pre-delete Job is waiting"
        assert len(finding.evidence) == 1


def test_without_finalizers_nothing_is_left() -> None:
    report = check(broken(finalized={"ImagePullJob.apps.kruise.io": []}), expected())
    assert "destroy-leaves-resources" not in found(report)
    assert "custom resources that a destroy would leave in deletion" in report.passed
