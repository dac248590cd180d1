"""What stands where: a table of nodes with the selector that excludes each and the daemon's pod."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table

from sandbox import api
from sandbox.nodes import KIND
from sandbox.state import State

_NOBODY = "-"
_LOG_WIDTH = 160


def rows(state: State, selectors: Sequence[str]) -> list[dict[str, str]]:
    """One row a node: name, kind, taints, the first of *selectors* that matches, the daemon's state."""
    with api.connect(state) as connection:
        nodes = api.get(connection, "/api/v1/nodes")["items"]
        pods = api.get(connection, "/api/v1/pods", labelSelector="control-plane=daemon")["items"]
    daemons = {pod["spec"].get("nodeName"): pod for pod in pods}
    return [
        {
            "node": node["metadata"]["name"],
            "kind": node["metadata"].get("annotations", {}).get(KIND, ""),
            "tainted": "yes" if node["spec"].get("taints") else "no",
            "excluded by": _excluder(selectors, node["metadata"]["labels"]),
            "daemon": _daemon(daemons.get(node["metadata"]["name"])),
        }
        for node in nodes
    ]


def show(found: list[dict[str, str]], output: str) -> None:
    """Print the rows as a table, or as JSON for scripts."""
    if output == "json":
        print(json.dumps(found, indent=1))
        return
    table = Table(title="Nodes", title_justify="left")
    for heading in found[0] if found else ():
        table.add_column(heading, overflow="fold")
    for row in found:
        style = "green" if row["daemon"] == "running" else None
        table.add_row(*row.values(), style=style)
    # A log has no width of its own, and the usual guess of 80 would break most cells. Not rich but the
    # stream is asked: where FORCE_COLOR is set, rich takes anything for a terminal.
    Console(width=None if sys.stdout.isatty() else _LOG_WIDTH).print(table)


def _excluder(selectors: Sequence[str], labels: Mapping[str, str]) -> str:
    from pulumi_openkruise.selectors import parse

    return next((text for text in selectors if parse(text).matches(labels)), _NOBODY)


def _daemon(pod: Mapping[str, Any] | None) -> str:
    if pod is None:
        return "none"
    ready = any(c["type"] == "Ready" and c["status"] == "True" for c in pod["status"].get("conditions") or [])
    return "running" if ready else str(pod["status"]["phase"]).lower()
