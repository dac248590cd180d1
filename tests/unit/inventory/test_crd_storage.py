"""How OpenKruise's resources are stored, as it is read from an API server."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from pulumi_openkruise.cluster import Cluster, connect
from pulumi_openkruise.inventory.crd_storage import list_headers, list_pairs, read_crd, read_storage

from tests.support.api_server import Answer, ApiServer
from tests.support.storage_server import StorageServer

BOTH = ["v1alpha1", "v1beta1"]


@pytest.fixture
def storage(server: ApiServer) -> StorageServer:
    double = StorageServer(server)
    double.add_crd("sidecarsets", "SidecarSet", BOTH, "v1beta1", BOTH)
    double.add_crd("clonesets", "CloneSet", ["v1alpha1"], "v1alpha1", ["v1alpha1"])
    for number in range(3):
        double.add("sidecarsets", f"s{number}", "v1beta1", {"number": number})
    return double


@pytest.fixture
def cluster(server: ApiServer, storage: StorageServer, tmp_path: Path) -> Cluster:
    path = tmp_path / "kubeconfig"
    path.write_text(json.dumps(server.kubeconfig()))
    return connect(str(path), None, ambient=True)


def test_each_crd_with_its_versions_and_the_number_of_its_objects(
    cluster: Cluster, storage: StorageServer
) -> None:
    stranger = {"metadata": {"name": "rollouts.rollouts.kruise.io"}}
    storage.crds["rollouts.rollouts.kruise.io"] = stranger
    clone_sets, sidecar_sets = read_storage(cluster)
    assert (clone_sets.name, clone_sets.objects, clone_sets.stored) == (
        "clonesets.apps.kruise.io",
        0,
        ("v1alpha1",),
    )
    assert (sidecar_sets.written, sidecar_sets.stored, sidecar_sets.objects) == ("v1beta1", tuple(BOTH), 3)
    assert sidecar_sets.served == tuple(BOTH)
    assert sidecar_sets.has_status


def test_a_version_that_is_not_served_is_none_to_ask_in(cluster: Cluster, storage: StorageServer) -> None:
    versions = storage.crds["sidecarsets.apps.kruise.io"]["spec"]["versions"]
    versions[1]["served"] = False
    found = read_crd(cluster, "sidecarsets.apps.kruise.io")
    assert (found.served, found.objects) == (("v1alpha1",), 3)
    assert storage.asked[-1][1] == "/apis/apps.kruise.io/v1alpha1/sidecarsets"


def test_headers_name_the_path_of_their_object(cluster: Cluster, storage: StorageServer) -> None:
    crd = read_crd(cluster, "sidecarsets.apps.kruise.io")
    first = next(list_headers(cluster, crd, "v1beta1"))
    assert str(first) == "default/s0"
    assert crd.path("v1alpha1", first) == "/apis/apps.kruise.io/v1alpha1/namespaces/default/sidecarsets/s0"
    assert crd.path("v1beta1", first._replace(namespace="")) == "/apis/apps.kruise.io/v1beta1/sidecarsets/s0"


def change_between_lists(storage: StorageServer, change: Callable[[], object]) -> None:
    """Have something changed after the first list of SidecarSets, and before the second one."""
    lists = iter(range(2))

    def hook(_method: str, path: str) -> Answer | None:
        if path.endswith("/sidecarsets") and next(lists, None) == 1:
            change()
        return None

    storage.hook = hook


def test_an_object_that_changes_between_both_lists_is_read_again(
    cluster: Cluster, storage: StorageServer
) -> None:
    crd = read_crd(cluster, "sidecarsets.apps.kruise.io")
    change_between_lists(storage, lambda: storage.write("sidecarsets", "s1", {"number": 10}))
    pairs = list(list_pairs(cluster, crd, "v1beta1", "v1alpha1"))
    assert [(shown["spec"], converted["spec"]) for _header, shown, converted in pairs] == [
        ({"number": number}, {"number": number}) for number in (0, 10, 2)
    ]


def test_pairs_find_each_other_when_objects_come_and_go_between_both_lists(
    cluster: Cluster, storage: StorageServer
) -> None:
    crd = read_crd(cluster, "sidecarsets.apps.kruise.io")

    def change() -> None:
        storage.objects[crd.name].pop("s1")
        storage.add("sidecarsets", "s0-new", "v1beta1", {"number": 7})

    change_between_lists(storage, change)
    pairs = list(list_pairs(cluster, crd, "v1beta1", "v1alpha1"))
    assert all(shown == {**converted, "apiVersion": shown["apiVersion"]} for _, shown, converted in pairs)
    assert [str(header) for header, _, _ in pairs] == ["default/s0", "default/s0-new", "default/s2"]
    alone = {path.rpartition("/")[2] for _, path, _ in storage.asked if not path.endswith("sets")}
    assert alone == {"s0-new", "sidecarsets.apps.kruise.io"}, "the others are read by the lists alone"


def test_an_object_that_is_deleted_between_both_lists_is_left_out(
    cluster: Cluster, storage: StorageServer
) -> None:
    crd = read_crd(cluster, "sidecarsets.apps.kruise.io")
    lists = iter(range(3))

    def change(_method: str, path: str) -> Answer | None:
        if path.endswith("/sidecarsets") and next(lists, None) == 1:
            storage.write("sidecarsets", "s2", {"number": 9})
        if path.endswith("/s2"):
            storage.objects[crd.name].pop("s2", None)
        return None

    storage.hook = change
    pairs = list_pairs(cluster, crd, "v1beta1", "v1alpha1")
    assert [str(header) for header, _, _ in pairs] == ["default/s0", "default/s1"]


def test_one_version_is_read_once(cluster: Cluster, storage: StorageServer) -> None:
    crd = read_crd(cluster, "sidecarsets.apps.kruise.io")
    storage.asked.clear()
    assert len(list(list_pairs(cluster, crd, "v1beta1", "v1beta1"))) == 3
    assert len(storage.asked) == 1
