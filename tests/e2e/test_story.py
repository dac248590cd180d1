"""One installation from its first `up` to its end; each test begins where the one before it stopped."""

import json
import shutil
from pathlib import Path
from typing import Any

import pytest

from sandbox import api
from sandbox.manager import describe, find_wanted, wait_for_manager
from sandbox.state import ROOT, State

from .conftest import sandbox_command
from .observing import REAL, VIRTUAL, Cluster, PodWatch, eventually
from .stack import Stack

CLONE_SETS = "/apis/apps.kruise.io/v1alpha1/namespaces/default/clonesets"
SIDECAR_SETS = "/apis/apps.kruise.io/v1alpha1/sidecarsets"
NEWLY_EXCLUDED = {"worker-3"}
NEW_SELECTOR = "pool=batch"


@pytest.fixture(scope="module")
def before(cluster: Cluster) -> set[str]:
    """Provide what the cluster held before anything was installed."""
    return cluster.lasting()


@pytest.fixture(scope="module")
def clone_set(cluster: Cluster) -> dict[str, Any]:
    """Provide a CloneSet that its owner creates once OpenKruise is there, and OpenKruise reconciles."""
    template = {
        "metadata": {"labels": {"app": "shop"}},
        "spec": {"containers": [{"name": "c", "image": "shop:1"}]},
    }
    body = {
        "apiVersion": "apps.kruise.io/v1alpha1",
        "kind": "CloneSet",
        "metadata": {"name": "shop"},
        "spec": {"replicas": 2, "selector": {"matchLabels": {"app": "shop"}}, "template": template},
    }
    created = api.call(cluster.client, "POST", CLONE_SETS, body)
    # Set by the manager's webhook, not by the definition: admission has been asked.
    assert created["spec"]["updateStrategy"]["type"] == "ReCreate"
    eventually("two pods of the CloneSet", lambda: _reconciled(cluster, 2))
    return api.get(cluster.client, f"{CLONE_SETS}/shop")


@pytest.fixture(scope="module")
def specs(cluster: Cluster, clone_set: dict[str, Any]) -> dict[str, bytes]:
    """Provide what must stay: that CloneSet, and a SidecarSet, which the pre-delete hook ignores."""
    body = {
        "apiVersion": "apps.kruise.io/v1alpha1",
        "kind": "SidecarSet",
        "metadata": {"name": "shop"},
        "spec": {
            "selector": {"matchLabels": {"app": "till"}},
            "containers": [{"name": "proxy", "image": "proxy:1"}],
        },
    }
    api.call(cluster.client, "POST", SIDECAR_SETS, body)
    return _specs(cluster)


def _specs(cluster: Cluster) -> dict[str, bytes]:
    """Uid and specification of both, the latter as the API server writes it."""
    found = {}
    for path in (CLONE_SETS, SIDECAR_SETS):
        resource = api.get(cluster.client, f"{path}/shop")
        found[f"{path} {resource['metadata']['uid']}"] = json.dumps(resource["spec"]).encode()
    return found


def _reconciled(cluster: Cluster, replicas: int) -> bool:
    found = api.get(cluster.client, f"{CLONE_SETS}/shop")
    status = found.get("status", {})
    current = status.get("observedGeneration") == found["metadata"]["generation"]
    return bool(current and status.get("replicas") == replicas)


def test_up_puts_a_daemon_on_every_real_node_and_nothing_on_a_virtual_one(
    before: set[str], cluster: Cluster, state: State
) -> None:
    with PodWatch(cluster) as watch:
        done = sandbox_command(state, "up", "--output", "json")
        assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
        assert done.stderr.count("Chart: ") == 1, done.stderr

        rows = {row["node"]: row for row in json.loads(done.stdout)}
        assert set(rows) == REAL | VIRTUAL
        for name in REAL:
            assert (rows[name]["daemon"], rows[name]["excluded by"]) == ("running", "-"), rows[name]
        for name in VIRTUAL:
            assert rows[name]["daemon"] == "none", rows[name]
            assert rows[name]["excluded by"] != "-", rows[name]

        seen = watch.targets()
        assert set(seen) == REAL, f"pods of the release were made for {seen}"
    assert cluster.running_daemons() == REAL


def test_a_second_up_changes_nothing(cluster: Cluster, stack: Stack) -> None:
    revisions, pods = cluster.helm_revisions(), _uids(cluster)
    generation = cluster.daemon_set()["metadata"]["generation"]

    stack.up("--expect-no-changes").succeeded()
    stack.preview("--expect-no-changes").succeeded()
    stack.run("refresh", "--yes", "--expect-no-changes").succeeded()
    stack.preview("--expect-no-changes").succeeded()

    assert cluster.helm_revisions() == revisions
    assert cluster.daemon_set()["metadata"]["generation"] == generation
    assert _uids(cluster) == pods


def test_a_new_selector_moves_the_daemon_and_custom_resources_live_on(
    cluster: Cluster, stack: Stack, state: State, clone_set: dict[str, Any]
) -> None:
    identities = cluster.identities()
    stack.configure({"virtualNodeSelectors": [NEW_SELECTOR]})

    with PodWatch(cluster) as watch:
        output = stack.up().succeeded().output
        assert "2 updated" in output, output  # the component, which keeps the selectors, and the release
        assert "replaced" not in output, output
        eventually(
            "the daemon to have left the excluded node",
            lambda: set(cluster.daemons()) == cluster.running_daemons() == REAL - NEWLY_EXCLUDED,
        )
        seen = watch.targets()
        assert not VIRTUAL & set(seen), f"pods of the release were made for {seen}"

    # In place: no CRD, workload or custom resource was recreated.
    assert cluster.identities() == identities
    found = api.get(cluster.client, f"{CLONE_SETS}/shop")
    assert found["metadata"]["uid"] == clone_set["metadata"]["uid"]
    assert found["spec"] == clone_set["spec"]

    wait_for_manager(state)
    patch = {"spec": {"replicas": 3}}
    api.call(
        cluster.client, "PATCH", f"{CLONE_SETS}/shop", patch, content_type="application/merge-patch+json"
    )
    eventually("a third pod of the CloneSet", lambda: _reconciled(cluster, 3))
    stack.preview("--expect-no-changes").succeeded()


def test_a_bad_selector_fails_before_anything_changes(cluster: Cluster, stack: Stack) -> None:
    before = _everything(cluster, stack)
    stack.configure({"virtualNodeSelectors": [NEW_SELECTOR, "pool in (batch"]})

    for outcome in (stack.preview().failed(), stack.up().failed(), stack.up("--skip-preview").failed()):
        assert "openkruise:virtualNodeSelectors" in outcome.output, outcome.output
        assert "pool in (batch" in outcome.output, outcome.output

    assert not _changed(before, _everything(cluster, stack))


def test_a_rename_of_the_protected_component_is_refused(
    cluster: Cluster, stack: Stack, specs: dict[str, bytes], tmp_path: Path
) -> None:
    stack.configure({"virtualNodeSelectors": [NEW_SELECTOR], "protect": "true"})
    stack.up().succeeded()
    before = _everything(cluster, stack)
    renamed = _renamed_program(tmp_path)

    for outcome in (stack.preview(folder=renamed).failed(), stack.up(folder=renamed).failed()):
        assert "about to create it" in outcome.output, outcome.output

    assert not _changed(before, _everything(cluster, stack))
    assert _specs(cluster) == specs
    stack.up("--expect-no-changes").succeeded()


def test_a_protected_destroy_is_refused(cluster: Cluster, stack: Stack, specs: dict[str, bytes]) -> None:
    before = _everything(cluster, stack)

    outcome = stack.run("destroy", "--run-program", "--yes").failed()
    assert "protect" in outcome.output, outcome.output

    assert not _changed(before, _everything(cluster, stack))
    assert _specs(cluster) == specs
    stack.up("--expect-no-changes").succeeded()


def test_an_unprotected_destroy_leaves_nothing_behind(
    cluster: Cluster, stack: Stack, before: set[str]
) -> None:
    stack.configure({"virtualNodeSelectors": [NEW_SELECTOR]})
    stack.up().succeeded()
    api.call(cluster.client, "DELETE", f"{CLONE_SETS}/shop")
    shop = {"labelSelector": "app=shop"}
    eventually("the CloneSet's pods to be gone", lambda: not cluster.get("/api/v1/pods", **shop)["items"])

    # The chart offers no way to keep its pre-delete Job off an untainted virtual node, where it would wait
    # for ever: the nodes are cordoned first.
    cluster.cordon(VIRTUAL, on=True)
    destroyed = stack.run("destroy", "--run-program", "--yes")
    if "context deadline exceeded" in destroyed.output:
        # Helm's wait can end before the last object is gone; this is the way out that the README gives.
        stack.run("refresh", "--yes", "--skip-preview").succeeded()
        destroyed = stack.run("destroy", "--run-program", "--yes")
    destroyed.succeeded()
    cluster.cordon(VIRTUAL, on=False)

    eventually(
        "everything of the release to be gone",
        lambda: cluster.lasting() <= before,
        evidence=lambda: cluster.lasting() - before,
    )
    assert not stack.resources()
    assert find_wanted(cluster.client) is None
    assert describe(cluster.state) == "not installed"


def _uids(cluster: Cluster) -> dict[str, str]:
    return {node: pod["metadata"]["uid"] for node, pod in cluster.daemons().items()}


def _everything(cluster: Cluster, stack: Stack) -> dict[str, Any]:
    """Return what a refused command must not change: objects, pods, revisions, the stack's resources."""
    revisions = dict.fromkeys(cluster.helm_revisions(), "exists")
    return {**cluster.identities(), **_uids(cluster), **revisions, **stack.resources()}


def _changed(before: Any, after: Any, path: str = "") -> list[str]:
    """Return the paths at which the two differ."""
    if isinstance(before, dict) and isinstance(after, dict):
        keys = sorted({*before, *after})
        return [line for key in keys for line in _changed(before.get(key), after.get(key), f"{path} > {key}")]
    return [] if before == after else [f"{path}: {before!r} became {after!r}"]


def _renamed_program(folder: Path) -> Path:
    """Return this repository's program with another name for its component."""
    shutil.copy(ROOT / "Pulumi.yaml", folder)
    source = (ROOT / "__main__.py").read_text()
    renamed = source.replace('OpenKruise("kruise"', 'OpenKruise("renamed"')
    assert renamed != source
    (folder / "__main__.py").write_text(renamed)
    return folder
