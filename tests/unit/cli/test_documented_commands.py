"""Commands in the documents, in both languages, run as they stand: those of blocks without a mark."""

import json
import shlex
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.support.api_server import ApiServer
from tests.support.corpus import corpus
from tests.support.documents import BLOCK, DOCUMENTS, command_lines
from tests.support.engine import ROOT
from tests.support.storage_server import StorageServer

Command = Callable[..., tuple[int, str, str]]

COMMANDS = sorted(
    {
        line
        for path in DOCUMENTS
        for mark, _note, block in BLOCK.findall(path.read_text())
        for line in command_lines(block)
        if not mark and line.startswith("pulumi-openkruise ")
    }
)
ACCEPTED = {"code": "manager-single", "reason": "a cluster for tests", "until": "2999-12-31"}


@pytest.fixture
def folder(tmp_path: Path, server: ApiServer, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Provide the files that the documents name, in the current folder, and a cluster."""
    nodes = [sample.node for sample in corpus()]
    server.objects("/api/v1/nodes", nodes)
    server.routes["/apis/apps/v1/namespaces/kruise-system/daemonsets/kruise-daemon"] = (
        200,
        {"metadata": {"name": "kruise-daemon"}, "spec": {"template": {"spec": {}}}},
    )
    config: dict[str, Any] = server.kubeconfig()
    config["contexts"][0]["name"] = config["current-context"] = "prod"
    stack = (ROOT / "stacks" / "Pulumi.prod.yaml").read_text()
    (tmp_path / "stacks").mkdir()
    for name, text in {
        "stacks/Pulumi.prod.yaml": stack,
        "cluster.yaml": stack,
        "nodes.json": json.dumps({"kind": "List", "items": nodes}),
        "accepted.yaml": yaml.safe_dump({"accepted": [ACCEPTED]}),
        "kubeconfig": json.dumps(config),
    }.items():
        (tmp_path / name).write_text(text)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    return tmp_path


def test_there_are_some() -> None:
    assert {line.split()[1] for line in COMMANDS} >= {"affinity", "check", "discover", "values"}


@pytest.mark.parametrize("line", COMMANDS)
def test_a_documented_command_runs(
    line: str, folder: Path, server: ApiServer, command: Command, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = shlex.split(line)[1:]
    if words[0] == "migrate-storage":
        monkeypatch.setattr("pulumi_openkruise.cli.migrate_storage.PROPAGATION", 0)
        storage = StorageServer(server)
        storage.add_crd("clonesets", "CloneSet", ["v1alpha1"], "v1alpha1", ["v1alpha1"])
    code, out, err = command(*words)
    assert code in (0, 1), err
    assert out
