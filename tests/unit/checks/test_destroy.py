"""What a destroy meets: the image of its Job."""

import pytest
from pulumi_openkruise.checks import check

from tests.support.findings import HOOK, found
from tests.support.installed import broken, expected, record


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
