"""An installation over the years: from 1.7 to 1.9, back to 1.8, on to a chart without v1alpha1, then its end.

Each test begins where the one before it stopped. One object of every kind that users create is there from the
first day on, with pods where the kind has any.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from sandbox import api, pulumi
from sandbox.chart_choice import Chart
from sandbox.chart_versions import WITHOUT_V1ALPHA1
from sandbox.cluster import restart_api_server
from sandbox.manager import wait_for_manager
from sandbox.state import State

from . import every_kind
from .admission import AdmissionProbe
from .conftest import CRDS
from .etcd import stored_versions
from .every_kind import GATES, NAME, precious
from .killing import PointNotReachedError, end, kill_at
from .observing import REAL, VIRTUAL, Cluster, eventually
from .stack import Stack
from .upgrading import (
    CRDS_ARE_OLD,
    CRDS_BUT_NO_MANAGER,
    MOVED,
    POINTS,
    WITHOUT_WAITING,
    Upgrade,
    crds_held,
    manager_version,
)

SIDECAR_SETS = "/apis/apps.kruise.io/v1alpha1/sidecarsets"
TENANT = f"{SIDECAR_SETS}/tenant"
PROGRAM = str(Path(sys.executable).parent / "pulumi-openkruise")


@pytest.fixture(scope="module")
def stack(life_state: State, charts: dict[str, Chart]) -> Stack:
    found = Stack(life_state, charts["1.7.5"])
    found.configure({"featureGates": GATES})
    return found


@pytest.fixture(scope="module")
def before(life_cluster: Cluster, empty: None) -> set[str]:
    return life_cluster.lasting()


@pytest.fixture(scope="module")
def made(before: set[str], life_cluster: Cluster, life_state: State, stack: Stack) -> dict[str, str]:
    """Install OpenKruise 1.7.5 and create what its users keep."""
    stack.up().succeeded()
    wait_for_manager(life_state)
    every_kind.create_all(life_cluster)
    return precious(life_cluster)


@pytest.fixture
def probe(life_cluster: Cluster) -> Iterator[AdmissionProbe]:
    """Measure for how long admission is away, and say it."""
    with AdmissionProbe(life_cluster) as running:
        yield running
    print(f"without admission for {running.longest} s; {sorted(running.reasons)}")


def upgrade(stack: Stack, chart: Chart, state: State) -> str:
    stack.configure({"featureGates": GATES}, chart=chart)
    output = stack.up().succeeded().output
    assert "replaced" not in output, output
    wait_for_manager(state)
    return output


def kept(made: dict[str, str], cluster: Cluster, *, passing: AbstractSet[str] | None = None) -> None:
    """Fail where an object, its spec in any version, or a pod is not what it was.

    ``passing`` names pods that may be gone; if it is given, pods of BroadcastJobs may come and go as well.
    """
    if passing is None:
        now, passing = precious(cluster), set()
    else:
        # Before and after the look at all pods, since such a pod may come between two looks.
        passing = passing | broadcast_pods(cluster)
        now = precious(cluster)
        passing |= broadcast_pods(cluster)
    now = {name: value for name, value in now.items() if name not in passing}
    made = {name: value for name, value in made.items() if name not in passing}
    changed = {name: (value, now.get(name)) for name, value in made.items() if now.get(name) != value}
    assert not changed, changed
    # v1beta1 shows the same objects, and nothing else: no pod is new.
    assert not {name for name in set(now) - set(made) if not name.endswith(" v1beta1")}


def migrate(state: State, *options: str) -> subprocess.CompletedProcess[str]:
    command = [PROGRAM, "migrate-storage", "--kubeconfig", str(state.kubeconfig), *options]
    return subprocess.run(command, capture_output=True, text=True, check=False)


def stored_of(cluster: Cluster, plural: str) -> list[str]:
    found: list[str] = cluster.get(f"{CRDS}/{plural}.apps.kruise.io")["status"]["storedVersions"]
    return found


@pytest.mark.parametrize("version", ["1.8.3", "1.9.1"])
def test_an_upgrade_is_in_place_and_every_object_and_pod_stays(
    version: str,
    made: dict[str, str],
    charts: dict[str, Chart],
    life_cluster: Cluster,
    life_state: State,
    stack: Stack,
    probe: AdmissionProbe,
) -> None:
    identities, revisions = life_cluster.identities(), life_cluster.helm_revisions()

    output = upgrade(stack, charts[version], life_state)

    assert "1 updated" in output, output
    assert len(life_cluster.helm_revisions()) == len(revisions) + 1
    assert life_cluster.identities().items() >= identities.items()
    kept(made, life_cluster)
    image = life_cluster.daemon_set()["spec"]["template"]["spec"]["containers"][0]["image"]
    assert image.endswith(f":v{version}")
    eventually("the new daemons", lambda: life_cluster.running_daemons() == REAL)
    eventually("admission to answer", probe.answer_again, patience=30, evidence=lambda: probe.reasons)
    stack.preview("--expect-no-changes").succeeded()


def test_an_update_outlives_a_restart_of_the_api_server(
    made: dict[str, str], life_cluster: Cluster, life_state: State, stack: Stack
) -> None:
    records = set(life_cluster.helm_revisions())
    stack.configure({"featureGates": GATES, "virtualNodeSelectors": ["pool=batch"]})

    with stack.started("up", "--yes", "--skip-preview") as update:
        eventually("Helm to have begun the update", lambda: set(life_cluster.helm_revisions()) - records)
        restart_api_server(life_state)
        output, code = update.finished()

    if code != 0:
        # Helm could not even write down that it failed: its record says that an upgrade is going on.
        assert "Traceback" not in output, output
        recover = [PROGRAM, "recover", "--yes", "--kubeconfig", str(life_state.kubeconfig)]
        recovered = subprocess.run(recover, capture_output=True, text=True, check=False)
        assert recovered.returncode == 0, f"{recovered.stdout}\n{recovered.stderr}"
        stack.up("--skip-preview").succeeded()
    eventually("the daemons", lambda: life_cluster.running_daemons() == REAL - {"worker-3"})
    kept(made, life_cluster)
    stack.preview("--expect-no-changes").succeeded()
    stack.configure({"featureGates": GATES})
    stack.up("--skip-preview").succeeded()


def test_1_9_changes_the_version_that_is_written(made: dict[str, str], life_cluster: Cluster) -> None:
    for plural in MOVED:
        assert stored_of(life_cluster, plural) == ["v1alpha1", "v1beta1"]
    found = life_cluster.get(f"/apis/apps.kruise.io/v1beta1/sidecarsets/{NAME}")
    # Upstream's own conversion: a label of v1alpha1 is a field of v1beta1.
    assert found["spec"]["customVersion"] == "7"


def test_a_downgrade_over_the_change_of_storage_is_refused(
    made: dict[str, str], charts: dict[str, Chart], life_cluster: Cluster, stack: Stack
) -> None:
    # What makes it impossible is the API server: a version in which objects may be stored must stay.
    path = f"{CRDS}/broadcastjobs.apps.kruise.io"
    crd = life_cluster.get(path)
    crd["spec"]["versions"] = [{**crd["spec"]["versions"][0], "storage": True}]
    with pytest.raises(api.Errors, match="storedVersions"):
        api.call(life_cluster.client, "PUT", path, crd)

    # So it is refused before Helm is asked, which would stop half way and could not go back.
    revisions, identities = life_cluster.helm_revisions(), life_cluster.identities()
    stack.configure({"featureGates": GATES}, chart=charts["1.8.3"])
    for refused in (stack.preview().failed(), stack.up("--skip-preview").failed()):
        assert "1.8.3 does not know versions in which custom resources are stored" in refused.output
        assert "advancedcronjobs.apps.kruise.io (v1beta1)" in refused.output, refused.output
        assert "pulumi-openkruise migrate-storage --to 1.8.3" in refused.output
    assert life_cluster.helm_revisions() == revisions
    assert life_cluster.identities() == identities
    kept(made, life_cluster)

    stack.configure({"featureGates": GATES}, chart=charts["1.9.1"])
    stack.up("--expect-no-changes").succeeded()


def test_a_migration_that_would_lose_a_field_changes_nothing(
    made: dict[str, str], life_cluster: Cluster, life_state: State
) -> None:
    spec: dict[str, Any] = {"selector": {"matchLabels": {"app": "none"}}}
    policy = {"targetContainersMode": "sum", "resourcesExpr": {"limits": {"cpu": "max(cpu, 50m)"}}}
    container = {"name": "c", "image": "c:1", "resourcesPolicy": policy}
    body = {
        "apiVersion": "apps.kruise.io/v1beta1",
        "kind": "SidecarSet",
        "metadata": {"name": "rich"},
        "spec": {**spec, "containers": [container]},
    }
    rich = "/apis/apps.kruise.io/v1beta1/sidecarsets"
    api.call(life_cluster.client, "POST", rich, body)
    before = life_cluster.get(CRDS)["items"]

    refused = migrate(life_state, "--to", "1.8.3", "--yes")

    assert refused.returncode == 1, refused.stderr
    assert "SidecarSet rich would lose spec.containers[].resourcesPolicy" in refused.stdout
    assert life_cluster.get(CRDS)["items"] == before
    api.call(life_cluster.client, "DELETE", f"{rich}/rich")


def test_a_killed_migration_is_finished_by_the_next_one(
    made: dict[str, str], life_cluster: Cluster, life_state: State
) -> None:
    tenant = {
        "apiVersion": "apps.kruise.io/v1alpha1",
        "kind": "SidecarSet",
        "metadata": {"name": "tenant"},
        "spec": {
            "namespace": "default",
            "selector": {"matchLabels": {"app": "till"}},
            "containers": [{"name": "p", "image": "p:1"}],
        },
    }
    api.call(life_cluster.client, "POST", SIDECAR_SETS, tenant)
    command = [PROGRAM, "migrate-storage", "--kubeconfig", str(life_state.kubeconfig)]
    process = subprocess.Popen(
        [*command, "--to", "1.8.3", "--rate", "1", "--yes"], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE
    )
    jobs = "imagepulljobs"
    eventually(
        "the migration to be half done", lambda: stored_of(life_cluster, "broadcastjobs") == ["v1alpha1"]
    )
    process.kill()
    process.wait()
    assert stored_of(life_cluster, jobs) == ["v1alpha1", "v1beta1"]

    finished = migrate(life_state, "--to", "1.8.3", "--yes", "--output", "json")

    assert finished.returncode == 0, f"{finished.stdout}\n{finished.stderr}"
    for plural in MOVED:
        assert stored_of(life_cluster, plural) == ["v1alpha1"]
        assert set(stored_versions(life_state, plural)) <= {"v1alpha1"}, plural
    assert json.loads(finished.stdout)["losses"] == []
    kept(made, life_cluster)
    # Upstream's conversion keeps the namespace as a selector of the same namespace.
    selector = {"matchLabels": {"kubernetes.io/metadata.name": "default"}}
    assert life_cluster.get(TENANT)["spec"]["namespaceSelector"] == selector
    api.call(life_cluster.client, "DELETE", TENANT)


def test_then_the_way_back_is_free(
    made: dict[str, str],
    charts: dict[str, Chart],
    life_cluster: Cluster,
    life_state: State,
    stack: Stack,
    probe: AdmissionProbe,
) -> None:
    upgrade(stack, charts["1.8.3"], life_state)
    kept(made, life_cluster)
    eventually("admission to answer", probe.answer_again, patience=30, evidence=lambda: probe.reasons)
    stack.preview("--expect-no-changes").succeeded()
    assert scaled(life_cluster, 3)
    assert scaled(life_cluster, 2)


def scaled(cluster: Cluster, replicas: int) -> bool:
    """Scale the CloneSet, and wait for 1.8's manager to have done it."""
    path = f"/apis/apps.kruise.io/v1alpha1/namespaces/default/clonesets/{NAME}"
    patch = {"spec": {"replicas": replicas}}
    api.call(cluster.client, "PATCH", path, patch, content_type="application/merge-patch+json")

    def done() -> bool:
        found = cluster.get(path)
        current = found["status"].get("observedGeneration") == found["metadata"]["generation"]
        return bool(current and found["status"].get("replicas") == replicas)

    return eventually(f"{replicas} pods", done)


def broadcast_pods(cluster: Cluster) -> set[str]:
    """Return the pods of BroadcastJobs, as ``precious`` calls them."""
    pods = cluster.get("/api/v1/namespaces/default/pods")["items"]
    return {
        f"Pod {pod['metadata']['name']}"
        for pod in pods
        if any(owner["kind"] == "BroadcastJob" for owner in pod["metadata"].get("ownerReferences", []))
    }


def _upgrades() -> list[Any]:
    """Return the way up at one moment for CI, up and back at each of them for `make kills`."""
    if not os.environ.get("KILLS"):
        return [(CRDS_BUT_NO_MANAGER, "1.9.1")]
    return [(point, version) for point in POINTS for version in ("1.9.1", "1.8.3")]


def _kill_and_finish(
    point: str,
    new: str,
    made: dict[str, str],
    charts: dict[str, Chart],
    life_cluster: Cluster,
    life_state: State,
    stack: Stack,
) -> str:
    """Kill an upgrade at a point and finish it with nothing lost.

    Return why the kill was not at the point, which is a kill all the same; empty if it was.
    """
    old = "1.8.3" if new == "1.9.1" else "1.9.1"
    if old == "1.8.3" and manager_version(life_cluster) != old:
        assert migrate(life_state, "--to", "1.8.3", "--yes").returncode == 0
    # Also where that is installed: a moment that was missed before can leave a state that says otherwise.
    upgrade(stack, charts[old], life_state)
    if new == "1.8.3":
        assert migrate(life_state, "--to", "1.8.3", "--yes").returncode == 0
    # Without a node for the new manager's pods Helm waits, until it is killed. Meanwhile OpenKruise deletes a
    # BroadcastJob's pods, which no node is to have then.
    waits = point not in WITHOUT_WAITING
    passing = broadcast_pods(life_cluster)
    # A kind's newer version is there with the newer chart alone.
    now = precious(life_cluster)
    # The job makes pods for nodes that take pods again: those that came in between pass, too.
    passing = passing | broadcast_pods(life_cluster)
    before = {name: value for name, value in now.items() if name in made or name.startswith("Pod ")}
    stack.configure({"featureGates": GATES}, chart=charts[new])
    going_on = Upgrade(stack, life_cluster, new)
    life_cluster.cordon(REAL | VIRTUAL, on=waits)

    cancel = ["cancel", "--yes", "--stack", stack.name]
    recover = [PROGRAM, "recover", "--yes", "--kubeconfig", str(life_state.kubeconfig)]
    held = crds_held(life_cluster) if point == CRDS_ARE_OLD else nullcontext()
    missed = ""
    try:
        with held, stack.started("up", "--yes", "--skip-preview") as running:
            end(kill_at(running.process, lambda: POINTS[point](going_on), "both"))
            running.finished()
    except PointNotReachedError as error:
        missed = str(error)
    finally:
        # Also where the moment was missed: what the command left must not fail the tests after this one.
        life_cluster.cordon(REAL | VIRTUAL, on=False)
        cancelled = pulumi.run(life_state, cancel, cwd=stack.folder)
        recovered = subprocess.run(recover, capture_output=True, text=True, check=False)
    assert cancelled.returncode == 0, cancelled.stdout
    assert recovered.returncode == 0, f"{recovered.stdout}\n{recovered.stderr}"

    stack.up("--skip-preview").succeeded()

    wait_for_manager(life_state)
    kept(before, life_cluster, passing=passing if waits else None)
    assert manager_version(life_cluster) == new
    return missed


@pytest.mark.parametrize(("point", "new"), _upgrades())
def test_an_upgrade_over_the_change_of_storage_is_finished_after_a_kill(
    point: str,
    new: str,
    made: dict[str, str],
    charts: dict[str, Chart],
    life_cluster: Cluster,
    life_state: State,
    stack: Stack,
) -> None:
    # A busy machine may be past a short moment before everything is stopped. That is a kill, too.
    arguments = (point, new, made, charts, life_cluster, life_state, stack)
    missed: list[str] = []
    while reason := _kill_and_finish(*arguments):
        missed.append(reason)
        assert len(missed) < 3, f"the moment was missed: {missed}"
    stack.preview("--expect-no-changes").succeeded()


def test_on_to_a_chart_without_v1alpha1(
    made: dict[str, str], charts: dict[str, Chart], life_cluster: Cluster, life_state: State, stack: Stack
) -> None:
    if manager_version(life_cluster) != "1.9.1":
        upgrade(stack, charts["1.9.1"], life_state)
    now = precious(life_cluster)

    # Not before all is stored as v1beta1: the API server refuses the chart half way.
    path = f"{CRDS}/daemonsets.apps.kruise.io"
    crd = life_cluster.get(path)
    crd["spec"]["versions"] = [one for one in crd["spec"]["versions"] if one["name"] == "v1beta1"]
    crd["spec"].pop("conversion", None)
    with pytest.raises(api.Errors, match="storedVersions"):
        api.call(life_cluster.client, "PUT", path, crd)
    migrated = migrate(life_state, "--yes")
    assert migrated.returncode == 0, f"{migrated.stdout}\n{migrated.stderr}"
    for plural in MOVED:
        assert set(stored_versions(life_state, plural)) <= {"v1beta1"}, plural

    stack.configure({"featureGates": GATES}, chart=charts[WITHOUT_V1ALPHA1])
    output = stack.up().succeeded().output
    assert f"{WITHOUT_V1ALPHA1}: newer than 1.9.1, the newest that is known here" in output
    after = precious(life_cluster)
    assert after.items() <= now.items()
    gone = {name for name in now if name not in after}
    assert all(name.endswith(" v1alpha1") for name in gone)
    assert len(gone) == len(MOVED)  # StatefulSet too, and without NodeImage, which no user creates
    # 1.9.1's manager still reads v1alpha1 itself: its own chart for the end.
    upgrade(stack, charts["1.9.1"], life_state)
    assert precious(life_cluster) == now


def test_a_destroy_is_refused_by_upstreams_own_hook_while_its_kinds_exist(
    made: dict[str, str], life_cluster: Cluster, life_state: State, stack: Stack
) -> None:
    life_cluster.cordon(VIRTUAL, on=True)
    identities = life_cluster.identities()

    refused = stack.run("destroy", "--run-program", "--yes", "--skip-preview").failed()

    assert "BackoffLimitExceeded" in refused.output, refused.output
    log = (life_state.logs / "kruise-helm-hook.log").read_text()
    assert "there still exists some clonesets in the cluster" in log, log
    assert life_cluster.identities() == identities


def test_once_they_are_gone_destroy_leaves_nothing(
    made: dict[str, str], before: set[str], life_cluster: Cluster, life_state: State, stack: Stack
) -> None:
    # What the hook refused is an interrupted removal for Helm, and the program says how to go on from that.
    recover = [PROGRAM, "recover", "--yes", "--kubeconfig", str(life_state.kubeconfig)]
    assert subprocess.run(recover, capture_output=True, check=False).returncode == 0
    wait_for_manager(life_state)
    every_kind.delete_all(life_cluster)

    stack.destroy(life_cluster)

    log = (life_state.logs / "kruise-helm-hook.log").read_text()
    assert log.rstrip().endswith("cluster is clean, ready to delete kruise"), log
    eventually(
        "everything of the release to be gone",
        lambda: life_cluster.lasting() <= before,
        evidence=lambda: life_cluster.lasting() - before,
    )
    assert not stack.resources()
