"""A fleet beyond one machine: the operator's manifest, and backends that are no folder.

Each needs something that is not part of the sandbox, and says so where it is not there: the operator's CRDs
(PKO_CRDS, a folder), PostgreSQL's programs, and moto's S3 server. `make fleets` has them.
"""

import glob
import importlib.util
import os
import pwd
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox import api
from sandbox.state import ROOT
from tests.support.fleets import SimulatedFleet

from .observing import Cluster
from .test_fleet import WAVES, Make, clusters, make, programs

__all__ = ["make", "programs"]

CRDS = os.environ.get("PKO_CRDS", "")
_EXTENSIONS = "/apis/apiextensions.k8s.io/v1"
POSTGRES = sorted(glob.glob("/usr/lib/postgresql/*/bin/initdb"))


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def wait_for(port: int, process: "subprocess.Popen[Any]") -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, "the server ended before it answered"
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise AssertionError(f"nothing answers on port {port}")


@pytest.mark.skipif(not CRDS, reason="PKO_CRDS names no folder with the operator's CRDs")
def test_the_operators_manifest_is_accepted(life_cluster: Cluster) -> None:
    # Of the CRDs the newest version alone: all of them are more than etcd takes at once.
    for path in sorted(Path(CRDS).glob("*.yaml")):
        definition = yaml.safe_load(path.read_text())
        api.call(life_cluster.client, "POST", f"{_EXTENSIONS}/customresourcedefinitions", definition)
    time.sleep(3)
    kinds = {
        "Namespace": "/api/v1/namespaces",
        "ServiceAccount": "/api/v1/namespaces/default/serviceaccounts",
        "ClusterRoleBinding": "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
        "Stack": "/apis/pulumi.com/v1/namespaces/default/stacks",
    }
    for one in yaml.safe_load_all((ROOT / "deploy" / "fleet" / "stack.yaml").read_text()):
        if "namespace" in one["metadata"]:
            one["metadata"]["namespace"] = "default"
        strictly = {"dryRun": "All", "fieldValidation": "Strict"}
        answer = api.call(life_cluster.client, "POST", kinds[one["kind"]], one, query=strictly)
        assert answer["kind"] == one["kind"]


@contextmanager
def postgres(folder: Path) -> Iterator[str]:
    """Run a PostgreSQL of this test's own; yield the address of its backend."""
    programs = Path(POSTGRES[-1]).parent
    user = "postgres" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    data, port = folder / "data", free_port()
    folder.mkdir()
    if os.geteuid() == 0:
        for parent in [folder, *folder.parents]:
            if str(parent).startswith("/tmp/"):
                parent.chmod(0o755)
        os.chown(folder, pwd.getpwnam(user).pw_uid, -1)
    options: dict[str, Any] = {"user": user, "cwd": "/"} if os.geteuid() == 0 else {}
    subprocess.run([programs / "initdb", "-D", data, "-U", "pulumi", "-A", "trust"], check=True, **options)
    command = [programs / "postgres", "-D", data, "-h", "127.0.0.1", "-p", str(port), "-k", folder]
    process = subprocess.Popen([*map(str, command)], stderr=subprocess.DEVNULL, **options)
    try:
        wait_for(port, process)
        yield f"postgres://pulumi@127.0.0.1:{port}/postgres?sslmode=disable"
    finally:
        process.terminate()
        process.wait(timeout=30)


@contextmanager
def s3(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Run moto's S3 server with one bucket; yield the address of its backend."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "test")
    monkeypatch.setenv("AWS_REGION", "us-east-1")
    try:
        wait_for(port, process)
        client = importlib.import_module("boto3").client(
            "s3", endpoint_url=f"http://127.0.0.1:{port}", region_name="us-east-1"
        )
        client.create_bucket(Bucket="fleet")
        yield f"s3://fleet?endpoint=127.0.0.1:{port}&disableSSL=true&s3ForcePathStyle=true&region=us-east-1"
    finally:
        process.terminate()
        process.wait(timeout=30)


def roll_out_and_go_on(fleet: SimulatedFleet) -> None:
    """Fail once, go on with the same command, and see that nothing is updated twice."""
    fleet.configure("canary-0", {"wait": 0.1, "fail": True})
    assert fleet.up().returncode != 0
    assert not any(name.startswith("prod") for name in fleet.updated())
    fleet.configure("canary-0", {"wait": 0.1})
    done = fleet.up()
    assert done.returncode == 0, done.stdout
    assert sorted(fleet.updated()) == sorted([*clusters(WAVES), "canary-0"])
    fleet.forget_events()
    assert fleet.up().returncode == 0
    assert fleet.updated() == []
    for name in clusters(WAVES):
        assert fleet.history(name)[0]["result"] == "succeeded"


@pytest.mark.skipif(not POSTGRES, reason="PostgreSQL's programs are not installed")
def test_the_record_is_in_postgresql(make: Make, tmp_path: Path) -> None:
    with postgres(tmp_path / "postgres") as address:
        fleet = make(WAVES, wait=0.1, settings={"prod": {"parallel": 4}}, backend=address)
        roll_out_and_go_on(fleet)
        assert not list((fleet.folder / "state").rglob("*.json"))


@pytest.mark.skipif(importlib.util.find_spec("moto") is None, reason="moto is not installed")
def test_the_record_is_in_s3(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with s3(tmp_path, monkeypatch) as address:
        fleet = make(WAVES, wait=0.1, settings={"prod": {"parallel": 4}}, backend=address)
        roll_out_and_go_on(fleet)
        assert not list((fleet.folder / "state").rglob("*.json"))
