"""The objects of OpenKruise's kinds: which there are, and which of them wait for a finalizer."""

from typing import Any

from pulumi_openkruise.cluster import Cluster
from pulumi_openkruise.inventory.definitions import FinalizedResource, list_custom_resources

from tests.support.api_server import ApiServer

JOB = "ImagePullJob.apps.kruise.io"
FINALIZER = "apps.kruise.io/fake-block"


def define(kind: str, plural: str) -> dict[str, Any]:
    names = {"kind": kind, "plural": plural}
    versions = [{"name": "v1beta1", "storage": True, "served": True}]
    spec = {"group": "apps.kruise.io", "names": names, "versions": versions}
    return {"metadata": {"name": f"{plural}.apps.kruise.io"}, "spec": spec}


def test_objects_with_finalizers_are_listed_with_those_that_are_being_deleted(
    cluster: Cluster, server: ApiServer
) -> None:
    def job(name: str, **metadata: Any) -> dict[str, Any]:
        return {"metadata": {"name": name, "namespace": "default", **metadata}}

    jobs = [
        job("plain"),
        job("kept", finalizers=[FINALIZER]),
        job("leaving", finalizers=[FINALIZER, "x/y"], deletionTimestamp="2026-01-01T00:00:00Z"),
        job("broken", finalizers=None, deletionTimestamp=None),
    ]
    server.objects("/apis/apps.kruise.io/v1beta1/imagepulljobs", jobs)
    server.objects("/apis/apps.kruise.io/v1beta1/sidecarsets", [])
    server.routes["/apis/apps.kruise.io/v1beta1/clonesets"] = (403, {"message": "forbidden"})
    definitions = [
        define("ImagePullJob", "imagepulljobs"),
        define("SidecarSet", "sidecarsets"),
        define("CloneSet", "clonesets"),
    ]
    found = list_custom_resources(cluster, definitions)
    names = [f"default/{name}" for name in ("plain", "kept", "leaving", "broken")]
    assert found.names == {JOB: names, "SidecarSet.apps.kruise.io": []}
    assert {kind: some for kind, some in found.finalized.items() if some} == {
        JOB: [
            FinalizedResource("default/kept", (FINALIZER,), is_deleted=False),
            FinalizedResource("default/leaving", (FINALIZER, "x/y"), is_deleted=True),
        ]
    }
    assert list(found.unavailable) == ["CloneSet.apps.kruise.io"]
