"""``pulumi-openkruise schema``: the JSON Schemas of stack files and of a fleet's file, for editors."""

from collections.abc import Iterator, Mapping
from typing import Any

import click

from ..config.descriptions import DESCRIPTIONS
from ..config.fields import EXPECTED, FIELDS
from ..config.fleet_file import load_fleet_schema
from ..config.stack_schema import write_stack_schema
from ..diagnostics.field_names import config_key
from . import options
from .app import CLEAN
from .output.table import as_table
from .output.terminal import as_json, as_yaml, emit


@click.command()
@click.option(
    "-o",
    "--output",
    type=click.Choice(["table", "json", "yaml"]),
    default="json",
    show_default=True,
    help="Output format; json and yaml are the schema, table lists its keys.",
)
@click.option("--fleet", is_flag=True, help="The schema of a fleet's file instead, fleet.yaml.")
@options.config_namespace
def schema(output: str, fleet: bool, config_namespace: str) -> int:
    """Print a JSON Schema for stack files: keys, types, presets, platforms and feature gates.

    Editors that speak to yaml-language-server read it by the first line of a stack's file:

    \b
      # yaml-language-server: $schema=openkruise.schema.json

    \b
    Examples:
      pulumi-openkruise schema > stacks/openkruise.schema.json
      pulumi-openkruise schema --fleet > fleet.schema.json

    \b
    Exit codes: 0  clean
                2  unusable input
    """
    if output == "table" and fleet:
        emit(as_table(["Key", "Takes"], [list(_list_keys(load_fleet_schema()))]))
        return CLEAN
    if output == "table":
        rows = [
            [f"{config_namespace}:{config_key(name)}", EXPECTED[kind], DESCRIPTIONS[name]]
            for name, kind in FIELDS.items()
        ]
        emit(as_table(["Key", "Takes", "Meaning"], [rows]))
        return CLEAN
    found = load_fleet_schema() if fleet else write_stack_schema(config_namespace)
    emit(as_json(found) if output == "json" else as_yaml(found))
    return CLEAN


def _list_keys(found: Mapping[str, Any], place: str = "") -> Iterator[list[str]]:
    """Yield a row for each key of a schema, and for those of the mappings in its lists."""
    for key, inner in found["properties"].items():
        yield [f"{place}{key}", inner["description"]]
        if "items" in inner:
            yield from _list_keys(inner["items"], f"{place}{key}[].")
