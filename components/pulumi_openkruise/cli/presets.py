"""``pulumi-openkruise presets``: the known kinds of nodes, and what each preset excludes."""

from collections.abc import Sequence
from typing import Any

import click

from ..catalogue import KINDS, PRESETS, NodeKind
from ..config.presets import GROUPS, is_preset, list_selectors, suggest_preset
from .app import CLEAN
from .completion import complete_presets
from .errors import UnusableInputError
from .output.table import as_table
from .output.terminal import as_camel_data, as_json, as_yaml, emit


@click.command()
@click.argument("names", nargs=-1, metavar="[NAME]...", shell_complete=complete_presets)
@click.option(
    "-o",
    "--output",
    type=click.Choice(["table", "json", "yaml"]),
    default="table",
    show_default=True,
    help="json and yaml have every field, evidence and indicators among them.",
)
def presets(names: tuple[str, ...], output: str) -> int:
    """List the kinds of nodes that virtualNodePresets takes, and known kinds that must not be excluded.

    NAMEs narrow the list. A preset excludes the nodes that any one of its selectors matches. A name followed
    by @1 pins what a preset excludes; the bare name changes in a major release of this package only, since
    any change restarts every daemon.

    \b
    Examples:
      pulumi-openkruise presets
      pulumi-openkruise presets liqo eks-fargate -o yaml

    \b
    Exit codes: 0  clean
                2  unusable input
    """
    bare = [_strip_revision(name) for name in names]
    chosen = [KINDS[name] for name in bare if name not in GROUPS] if names else list(KINDS.values())
    groups = [name for name in GROUPS if not names or name in bare]
    if output == "table":
        emit(_write_table(chosen, groups))
    else:
        data = {
            "schemaVersion": 1,
            "kinds": {kind.name: _write_plain(kind) for kind in chosen},
            "groups": {name: _write_group(name) for name in groups},
        }
        emit(as_json(data) if output == "json" else as_yaml(data))
    return CLEAN


def _strip_revision(name: str) -> str:
    """Return the name of a kind or group without its revision; one that is pinned must exist."""
    bare, pinned, _revision = name.partition("@")
    known = is_preset(name) if pinned else name in KINDS or name in GROUPS
    if not known:
        raise UnusableInputError(f"no kind is called {name!r}: {suggest_preset(name)}")
    return bare


def _write_plain(kind: NodeKind) -> dict[str, Any]:
    return {"preset": kind.is_preset, "selectors": list(kind.selectors), **as_camel_data(kind)}


def _write_group(name: str) -> dict[str, Any]:
    return {"revisions": [list(members) for members in GROUPS[name]], "selectors": list_selectors([name])}


def _write_alternatives(selectors: Sequence[str]) -> str:
    """Return selectors of which one is enough, a line each: a comma between them would mean "and"."""
    return "\nor ".join(selectors)


def _write_table(kinds: list[NodeKind], groups: list[str]) -> str:
    usable = [
        [
            kind.name,
            _write_alternatives(kind.selectors),
            kind.confidence,
            f"{kind.description} ({kind.vendor})",
        ]
        for kind in kinds
        if kind.name in PRESETS
    ]
    grouped = [
        [name, f"{len(list_selectors([name]))} selectors", "", "every preset whose labels no real node has"]
        for name in groups
    ]
    others = [
        [kind.name, "no preset" if kind.excluded else "not excluded", kind.confidence, kind.reason]
        for kind in kinds
        if kind.name not in PRESETS
    ]
    columns = ["Name", "Excludes nodes with", "Evidence", "What it is"]
    return as_table(columns, [group for group in (usable, grouped, others) if group])
