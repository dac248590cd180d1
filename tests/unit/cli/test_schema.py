"""``pulumi-openkruise schema``: what editors read."""

import json
from collections.abc import Callable

from pulumi_openkruise.config.fleet_file import load_fleet_schema
from pulumi_openkruise.config.stack_schema import write_stack_schema
from ruamel.yaml import YAML

Cli = Callable[..., tuple[int, str, str]]


def test_the_schema_is_printed(command: Cli) -> None:
    code, out, err = command("schema")
    assert (code, json.loads(out), err) == (0, write_stack_schema(), "")


def test_as_yaml_for_another_namespace(command: Cli) -> None:
    code, out, _err = command("schema", "-o", "yaml", "--config-namespace", "mine")
    assert code == 0
    assert YAML(typ="safe").load(out) == write_stack_schema("mine")
    assert "mine:timeout" in out
    assert "openkruise:timeout" not in out


def test_its_keys_as_a_table(command: Cli) -> None:
    code, out, _err = command("schema", "-o", "table")
    assert code == 0
    assert "openkruise:guardDestroy" in out
    assert "true or false" in out


def test_the_schema_of_a_fleets_file(command: Cli) -> None:
    code, out, _err = command("schema", "--fleet")
    assert (code, json.loads(out)) == (0, load_fleet_schema())
    code, out, _err = command("schema", "--fleet", "-o", "yaml")
    assert (code, YAML(typ="safe").load(out)) == (0, load_fleet_schema())


def test_the_keys_of_a_fleets_file_as_a_table(command: Cli) -> None:
    code, out, _err = command("schema", "--fleet", "-o", "table")
    assert code == 0
    rows = [[cell.strip() for cell in line.strip("│").split("│")] for line in out.splitlines() if "│" in line]
    assert [row[0] for row in rows[1:]] == [
        *("clusters", "waves", "waves[].name", "waves[].select", "waves[].parallel", "waves[].soak"),
        *("waves[].gate", "gate"),
    ]
    assert ["waves[].select", "a label selector over clusters, in kubectl's grammar"] in rows
