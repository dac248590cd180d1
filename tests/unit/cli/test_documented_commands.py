"""Commands and config in the documents, in both languages, as they stand."""

import json
import re
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
    if ">" in words:  # the shell writes the output to a file
        words = words[: words.index(">")]
    if words[0] == "migrate-storage":
        monkeypatch.setattr("pulumi_openkruise.cli.migrate_storage.PROPAGATION", 0)
        storage = StorageServer(server)
        storage.add_crd("clonesets", "CloneSet", ["v1alpha1"], "v1alpha1", ["v1alpha1"])
    code, out, err = command(*words)
    assert code in (0, 1), err
    assert out


YAML_BLOCK = re.compile(r"^```yaml\n(.*?)^```", re.M | re.S)


def read_config(block: str) -> dict[str, Any]:
    """Return the config keys of a block, with the values that a project's file gives; empty without any."""
    found: dict[str, Any] = {}
    for document in yaml.safe_load_all(block):
        entries = document.get("config", document) if isinstance(document, dict) else {}
        for key, value in entries.items():
            if key.startswith("openkruise:"):
                declared = value if isinstance(value, dict) and {"value", "default"} & value.keys() else {}
                found[key] = declared.get("value", declared.get("default", value))
    return found


CONFIGS = [
    pytest.param(config, id=f"{path.parent.name}-{path.stem}-{number}")
    for path in DOCUMENTS
    for number, block in enumerate(YAML_BLOCK.findall(path.read_text()))
    if (config := read_config(block))
]


@pytest.mark.parametrize("config", CONFIGS)
def test_config_that_a_document_shows_is_accepted(
    config: dict[str, Any], command: Command, tmp_path: Path
) -> None:
    if "<" in config.get("openkruise:chartDigest", ""):  # what the reader fills in
        config = {**config, "openkruise:chartDigest": "0" * 64}
    stack = tmp_path / "Pulumi.prod.yaml"
    stack.write_text(yaml.safe_dump({"config": config}))
    code, _out, err = command("values", "--stack-file", str(stack))
    assert code == 0, err
