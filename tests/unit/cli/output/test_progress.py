"""The progress bar: what it shows on a terminal, and what each command tells it."""

import io
import json
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from pulumi_openkruise.cli.output.progress import Progress, progress
from rich.progress import Progress as Bar

from tests.support.api_server import ApiServer
from tests.support.storage_server import StorageServer

Call = tuple[str, int, int]


class Terminal(io.StringIO):
    """A standard error that a person looks at."""

    def isatty(self) -> bool:
        return True


def test_on_a_terminal_it_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    updates: list[dict[str, Any]] = []
    original = Bar.update

    def update(bar: Bar, task: Any, **fields: Any) -> None:
        updates.append(fields)
        original(bar, task, **fields)

    monkeypatch.setattr(Bar, "update", update)
    with progress("Rewriting") as show:
        for call in (("nodes", 0, 0), ("nodes", 1234, 0), ("[b]x", 1234, 56789)):
            show(*call)
    assert updates == [
        {"description": "nodes", "completed": 0, "total": None, "so_far": ""},
        {"description": "nodes", "completed": 1234, "total": None, "so_far": "1,234"},
        {"description": "[b]x", "completed": 1234, "total": 56789, "so_far": "1,234 of 56,789"},
    ]
    assert "Rewriting [b]x" in terminal.getvalue()
    assert "1,234 of 56,789" in terminal.getvalue()


def test_no_name_steers_the_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """The API server names what is read, as the plural of a CRD."""
    terminal = Terminal()
    monkeypatch.setattr(sys, "stderr", terminal)
    with progress() as show:
        show("\x1b]0;owned\x07\x9b2J", 1, 2)
    assert r"\x1b]0;owned\x07\x9b2J" in terminal.getvalue()
    assert "\x1b]" not in terminal.getvalue()


def test_elsewhere_nothing_is_shown(capsys: pytest.CaptureFixture[str]) -> None:
    with progress() as show:
        show("nodes", 1, 2)
    assert capsys.readouterr() == ("", "")


@pytest.fixture
def shown(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[Call]]:
    """Return what the commands tell the bar, by the verb."""
    found: dict[str, list[Call]] = {}

    @contextmanager
    def record(verb: str = "Reading") -> Iterator[Progress]:
        yield lambda *call: found.setdefault(verb, []).append(call)

    for name in ("check", "discover", "migrate_storage", "fleet"):
        monkeypatch.setattr(f"pulumi_openkruise.cli.{name}.progress", record)
    return found


def nodes(count: int) -> list[dict[str, Any]]:
    return [{"metadata": {"name": f"n{number}", "uid": f"n{number}"}} for number in range(count)]


@pytest.mark.parametrize("words", [["check", "a=b"], ["discover"]])
def test_each_thousandth_node_of_a_file(
    command: Callable[..., Any], shown: dict[str, list[Call]], tmp_path: Path, words: list[str]
) -> None:
    path = tmp_path / "nodes.json"
    path.write_text(json.dumps(nodes(2001)))
    command(*words, "--nodes-file", str(path))
    assert shown == {"Reading": [("nodes", 1000, 0), ("nodes", 2000, 0)]}


def test_nodes_of_a_cluster(
    command: Callable[..., Any], shown: dict[str, list[Call]], server: ApiServer, kubeconfig: str
) -> None:
    server.objects("/api/v1/nodes", nodes(501))
    command("discover", "--kubeconfig", kubeconfig)
    assert shown == {"Reading": [("nodes", 500, 501), ("nodes", 501, 501)]}


def test_the_parts_of_an_installation(
    command: Callable[..., Any], shown: dict[str, list[Call]], server: ApiServer, kubeconfig: str
) -> None:
    server.objects("/api/v1/nodes", nodes(2))
    server.objects("/api/v1/namespaces/kruise-system/pods", [])
    command("check", "a=b", "--kubeconfig", kubeconfig)
    assert shown["Reading"][0] == ("nodes", 2, 2)
    assert set(shown["Reading"][1:]) == {("pods", 0, 0), ("the installation", 0, 0)}


def test_objects_that_are_rewritten(
    command: Callable[..., Any],
    shown: dict[str, list[Call]],
    server: ApiServer,
    kubeconfig: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("pulumi_openkruise.cli.migrate_storage.PROPAGATION", 0)
    storage, both = StorageServer(server), ["v1alpha1", "v1beta1"]
    storage.add_crd("sidecarsets", "SidecarSet", both, "v1beta1", both)
    for number in range(2):
        storage.add("sidecarsets", f"s{number}", "v1alpha1", {"containers": []})
    command("migrate-storage", "--kubeconfig", kubeconfig, "--yes")
    assert shown == {
        "Reading": [("sidecarsets", 1, 2), ("sidecarsets", 2, 2)],
        "Rewriting": [("sidecarsets.apps.kruise.io", 1, 2), ("sidecarsets.apps.kruise.io", 2, 2)],
    }
