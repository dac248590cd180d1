"""Many objects are migrated while their owners change them and a CloneSet scales: no update is lost.

``make migration`` has 10,000 objects, the size for which the command is made; otherwise a few hundred stand
for them.
"""

import os
import random
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox import api, build, chart_choice
from sandbox.manager import wait_for_manager
from sandbox.state import State

from .conftest import fresh_sandbox, observed
from .etcd import stored, stored_versions
from .observing import Cluster, eventually
from .stack import Stack

COUNT = int(os.environ.get("MIGRATED", "300"))
JOBS = "/apis/apps.kruise.io/{version}/namespaces/default/advancedcronjobs"
JOBS_KEY = "/registry/apps.kruise.io/advancedcronjobs/"
CLONE_SETS = "/apis/apps.kruise.io/v1alpha1/namespaces/default/clonesets"
PROGRAM = str(Path(sys.executable).parent / "pulumi-openkruise")
_TEMPLATE = {
    "metadata": {"labels": {"app": "shop"}},
    "spec": {"containers": [{"name": "c", "image": "c:1"}], "nodeSelector": {"pool": "general"}},
}


@pytest.fixture(scope="module")
def state() -> Iterator[State]:
    yield from fresh_sandbox("migration")


@pytest.fixture(scope="module")
def cluster(state: State) -> Cluster:
    """Provide a cluster on which 1.9 has stored all objects, as v1beta1."""
    found = observed(state)
    chart = chart_choice.stand_ins(state, build.build())["1.9.1"]
    Stack(state, chart).up("--skip-preview").succeeded()
    wait_for_manager(state)
    with ThreadPoolExecutor(8) as workers:
        for _made in workers.map(lambda number: create(found, number), range(COUNT)):
            pass
    spec = {"replicas": 2, "selector": {"matchLabels": {"app": "shop"}}, "template": _TEMPLATE}
    kind = {"apiVersion": "apps.kruise.io/v1alpha1", "kind": "CloneSet"}
    api.call(found.client, "POST", CLONE_SETS, {**kind, "metadata": {"name": "shop"}, "spec": spec})
    return found


def name(number: int) -> str:
    return f"job-{number:05}"


def create(cluster: Cluster, number: int) -> None:
    pod = {"containers": [{"name": "c", "image": "c:1"}], "restartPolicy": "Never"}
    job = {"template": {"metadata": {}, "spec": pod}}
    body = {
        "apiVersion": "apps.kruise.io/v1alpha1",
        "kind": "AdvancedCronJob",
        "metadata": {"name": name(number), "annotations": {"written": "0"}},
        "spec": {
            "schedule": "0 3 * * *",
            "paused": True,
            "template": {"broadcastJobTemplate": {"spec": job}},
        },
    }
    api.call(cluster.client, "POST", JOBS.format(version="v1alpha1"), body)


@contextmanager
def going_on(work: Callable[[httpx.Client], None], cluster: Cluster) -> Iterator[None]:
    """Have something done again and again in another thread; what it raises fails the test."""
    enough = threading.Event()
    failed: list[Exception] = []

    def run() -> None:
        try:
            with api.connect(cluster.state) as client:
                while not enough.is_set():
                    work(client)
        except Exception as error:
            failed.append(error)

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    yield
    enough.set()
    thread.join()
    assert not failed, failed


def holds(found: Any, old: Any) -> bool:
    """Tell whether everything that an object had is still there; more may have come."""
    if isinstance(old, dict):
        return isinstance(found, dict) and all(holds(found.get(key), value) for key, value in old.items())
    return bool(found == old)


def test_no_update_is_lost_and_a_kill_is_no_harm(cluster: Cluster, state: State) -> None:
    assert stored_versions(state, "advancedcronjobs") == {"v1beta1": COUNT}
    before = {one["metadata"]["name"]: one for one in stored(state, JOBS_KEY)}
    written: Counter[str] = Counter()
    chance = random.Random(1)
    replicas = iter(range(10**6))

    def change(client: httpx.Client) -> None:
        """Count up in one object, as its owner does: read, change, write with the version that was read."""
        path = (
            f"{JOBS.format(version=chance.choice(['v1alpha1', 'v1beta1']))}/{name(chance.randrange(COUNT))}"
        )
        one: dict[str, Any] = api.get(client, path)
        key = one["metadata"]["name"]
        assert int(one["metadata"]["annotations"]["written"]) == written[key]
        one["metadata"]["annotations"]["written"] = str(written[key] + 1)
        try:
            api.call(client, "PUT", path, one)
        except httpx.HTTPStatusError as error:
            if error.response.status_code != httpx.codes.CONFLICT:
                raise
        else:
            written[key] += 1

    def scale(client: httpx.Client) -> None:
        patch = {"spec": {"replicas": 2 + next(replicas) % 5}}
        api.call(client, "PATCH", f"{CLONE_SETS}/shop", patch, content_type="application/merge-patch+json")
        time.sleep(1)

    command = [PROGRAM, "migrate-storage", "--to", "1.8.3", "--yes", "--kubeconfig", str(state.kubeconfig)]
    with going_on(change, cluster), going_on(scale, cluster):
        begin = time.monotonic()
        process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)

        def third_done() -> bool:
            time.sleep(COUNT / 2000)  # reading all of them is work as well
            return stored_versions(state, "advancedcronjobs")["v1alpha1"] > COUNT / 3

        eventually("a third of the objects to be rewritten", third_done, patience=max(120, COUNT / 5))
        process.kill()
        output, _ = process.communicate()
        assert stored_versions(state, "advancedcronjobs")["v1beta1"] > 0, output
        finished = subprocess.run(command, capture_output=True, text=True, check=False)
        seconds = time.monotonic() - begin
    assert finished.returncode == 0, f"{finished.stdout}\n{finished.stderr}"
    print(f"{COUNT} objects in {seconds:.0f} s, killed once; {sum(written.values())} updates in between")
    print(finished.stdout)

    assert stored_versions(state, "advancedcronjobs") == {"v1alpha1": COUNT}
    found = stored(state, JOBS_KEY)
    assert {one["metadata"]["name"]: int(one["metadata"]["annotations"]["written"]) for one in found} == {
        name(number): written[name(number)] for number in range(COUNT)
    }
    assert sum(written.values()) > 0
    for one in found:
        old = before[one["metadata"]["name"]]
        assert one["metadata"]["uid"] == old["metadata"]["uid"]
        # An owner's own write went through OpenKruise's webhook, which may have filled in defaults.
        same = (one["spec"], one["metadata"]["generation"]) == (old["spec"], old["metadata"]["generation"])
        assert same or (written[one["metadata"]["name"]] and holds(one["spec"], old["spec"]))
    crd = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/advancedcronjobs.apps.kruise.io"
    assert cluster.get(crd)["status"]["storedVersions"] == ["v1alpha1"]
