"""What commands print for people, whole: every column, mark and colour.

After an intended change: ``UPDATE_GOLDEN=1 python -m pytest tests/unit/cli/output/test_golden_texts.py``
"""

import json
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pulumi_openkruise.checks.node_states import NodeState
from pulumi_openkruise.cli.output.report_table import as_lines, as_text
from pulumi_openkruise.discovery import classify_node

from tests.support.corpus import corpus
from tests.support.installed import node, virtual
from tests.support.reports import make_report

GOLDEN = Path(__file__).with_name("golden_texts.txt")
Command = Callable[..., tuple[int, str, str]]
FLEET = """
clusters: {dev: {env: dev}, east: {env: prod, region: eu}, west: {env: prod, hold: moves to 1.9}}
waves: [{name: dev, select: env=dev}, {name: prod, select: env=prod, parallel: 2, soak: 30m}]
"""


def choose_nodes() -> list[Any]:
    """Return a node of the corpus for each combination of what the table shows of one."""
    chosen: dict[tuple[object, ...], Any] = {}
    for sample in corpus():
        node = classify_node(sample.node)
        found = node.classification
        same = (found.verdict, bool(found.kind), bool(found.no_daemon), bool(node.mismatch))
        chosen.setdefault(same, sample.node)
    return list(chosen.values())


def write_reports() -> dict[str, str]:
    """Return reports of a few findings, one of them long, and of none."""
    first, *others = make_report().findings
    long = replace(first, evidence=tuple(f"line {number}\n{number}" for number in range(11)), objects=())
    states = (
        NodeState(node("real-1"), "running", True, ()),
        NodeState(virtual("virtual-1"), "excluded", False, (0,)),
    )
    some = make_report([long, *others[::12]], states=states)
    clean = make_report([], states=states, accepted=(), not_checked=())
    return {
        "report": as_text(some),
        "report, clean": as_text(clean),
        "lines": as_lines(some),
        "lines, clean": as_lines(clean),
    }


def test_golden_texts(command: Command, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr("pulumi_openkruise.cli.output.doc_links._find_documentation", lambda: "")
    Path("nodes.json").write_text(json.dumps(choose_nodes()))
    Path("fleet.yaml").write_text(FLEET)
    Path("Pulumi.yaml").write_text("name: openkruise\nruntime: python\n")
    for name in ("dev", "east", "west"):
        Path(f"Pulumi.{name}.yaml").write_text("config: {'openkruise:virtualNodeSelectors': [pool=edge]}\n")
    discover = ("discover", "--nodes-file", "nodes.json")
    texts: dict[str, str] = {}
    for width in ("120", "60"):
        monkeypatch.setenv("COLUMNS", width)
        monkeypatch.setenv("FORCE_COLOR", "1")
        texts |= {f"{name}, {width}": text for name, text in write_reports().items()}
        monkeypatch.delenv("FORCE_COLOR")
        texts[f"discover, {width}"] = command(*discover)[1]
        texts[f"discover with a stack, {width}"] = command(*discover, "--stack-file", "Pulumi.dev.yaml")[1]
        texts[f"fleet list, {width}"] = command("fleet", "list", "--file", "fleet.yaml")[1]
    written = "".join(f"=== {name}\n{text.rstrip()}\n" for name, text in texts.items()).replace("\x1b", "\\e")
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(written)
    assert written == GOLDEN.read_text()
