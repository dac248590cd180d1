"""``pulumi-openkruise schema``: the JSON Schema of stack files, for editors."""

import click

from ..config.descriptions import DESCRIPTIONS
from ..config.fields import EXPECTED, FIELDS
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
@options.config_namespace
def schema(output: str, config_namespace: str) -> int:
    """Print a JSON Schema for stack files: keys, types, presets, platforms and feature gates.

    Editors that speak to yaml-language-server read it by the first line of a stack's file:

    \b
      # yaml-language-server: $schema=openkruise.schema.json

    \b
    Examples:
      pulumi-openkruise schema > stacks/openkruise.schema.json

    \b
    Exit codes: 0  clean
                2  unusable input
    """
    if output == "table":
        rows = [
            [f"{config_namespace}:{config_key(name)}", EXPECTED[kind], DESCRIPTIONS[name]]
            for name, kind in FIELDS.items()
        ]
        emit(as_table(["Key", "Takes", "Meaning"], [rows]))
        return CLEAN
    found = write_stack_schema(config_namespace)
    emit(as_json(found) if output == "json" else as_yaml(found))
    return CLEAN
