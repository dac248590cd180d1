"""docs/reference.md and docs/configuration.md say what the code says."""

import json
import re
from typing import Any

import click
from pulumi_openkruise.chart.source import CHART_VERSION
from pulumi_openkruise.cli.app import COMMANDS, commands
from pulumi_openkruise.component.plugin import _Provider
from pulumi_openkruise.config.settings_reader import read_settings
from pulumi_openkruise.config.stack_config import CONFIG_KEYS

from tests.support.documents import check_table, markdown
from tests.support.engine import ROOT
from tests.support.message_cases import CASES

SCHEMA: dict[str, Any] = json.loads(_Provider("1.2.3").schema or "{}")
COMPONENT: dict[str, Any] = SCHEMA["resources"]["openkruise:index:OpenKruise"]


def type_of(field: dict[str, Any]) -> str:
    """Return a property's type in a reader's words."""
    if reference := field.get("$ref"):
        choices = SCHEMA["types"].get(reference.rpartition("/")[2], {}).get("enum")
        return " or ".join(f"`{one['value']}`" for one in choices) if choices else "any"
    if items := field.get("items"):
        return f"list of {type_of(items)}s"
    if values := field.get("additionalProperties"):
        return f"mapping to {type_of(values)}"
    return str(field["type"])


def properties(part: str) -> str:
    rows = [[f"`{name}`", type_of(field), field["description"]] for name, field in COMPONENT[part].items()]
    return markdown(["name", "type", "meaning"], rows)


def test_arguments() -> None:
    check_table("reference.md", "arguments", properties("inputProperties"))


def test_outputs() -> None:
    check_table("reference.md", "outputs", properties("properties"))


def flatten(command: click.Command, name: str) -> list[tuple[str, click.Command]]:
    """Return a command, or its subcommands where it is a group."""
    if not isinstance(command, click.Group):
        return [(name, command)]
    context = click.Context(command)
    found = [(one, command.get_command(context, one)) for one in command.list_commands(context)]
    return [part for one, sub in found if sub is not None for part in flatten(sub, f"{name} {one}")]


def test_commands() -> None:
    rows = []
    for name in COMMANDS:
        top = commands.get_command(click.Context(commands), name)
        assert top is not None
        for full, command in flatten(top, name):
            summary = command.get_short_help_str(200)
            rows.append([f"**`{full}`**", summary])
            for parameter in command.get_params(click.Context(command, info_name=full)):
                record = parameter.get_help_record(click.Context(command))
                if record is not None and record[1] and "--help" not in record[0]:
                    rows.append([f"`{record[0]}`", " ".join(record[1].split())])
    check_table("reference.md", "commands", markdown(["command or option", "what it does"], rows))


def write_example(says: str) -> str:
    """Return the first line of a message, with something to read where a test fills something in."""
    line = says.splitlines()[0].replace("`", "'")
    return line.replace("$DEEP", ".a.a.a...").replace("http://127.0.0.1:$CLOSED", "http://127.0.0.1:8080")


def test_errors() -> None:
    first = {case.code: case for case in reversed(CASES) if case.says}
    rows = [
        [f"`{code}`", first[code].severity, f"`{write_example(first[code].says)}`"] for code in sorted(first)
    ]
    check_table("reference.md", "errors", markdown(["code", "severity", "for example"], rows))


def table_of_keys() -> dict[str, str]:
    """Return each key of docs/configuration.md with its default, in the order of the table."""
    text = (ROOT / "docs" / "configuration.md").read_text()
    (text,) = re.findall(r"\| key \| default .*?\n\n", text, re.DOTALL)
    return dict(re.findall(r"^\| `(\w+)` \| ([^|]+) \|", text, re.MULTILINE))


def test_every_key_has_a_row_of_its_own_in_the_codes_order() -> None:
    assert list(table_of_keys()) == list(CONFIG_KEYS)


def test_the_defaults_are_the_codes() -> None:
    settings = read_settings({}, source="test")
    written = table_of_keys()
    for key, name in CONFIG_KEYS.items():
        default = written[key].strip("`")
        value = getattr(settings, name, None)
        if isinstance(value, bool):
            assert default == str(value).lower(), key
        elif isinstance(value, (str, int)) and "`" in written[key] and not written[key].startswith("as"):
            assert default == str(value), key


def test_readme_names_only_keys_that_exist() -> None:
    text = (ROOT / "README.md").read_text()
    (table,) = re.findall(r"\| key \| default.*?\n\n", text, re.DOTALL)
    named = re.findall(r"^\| `(\w+)` \| ([^|]+) \|", table, re.MULTILINE)
    assert named
    assert {key: default for key, default in named if table_of_keys().get(key) != default} == {}


def test_pages_name_the_version_that_is_installed_by_default() -> None:
    for page, words in {
        "README.md": f"installs OpenKruise {CHART_VERSION}, the default",
        "README.zh-CN.md": f"OpenKruise {CHART_VERSION}",
        "docs/support.md": f"{CHART_VERSION} by default",
        "docs/zh/support.md": f"默认 {CHART_VERSION}",
    }.items():
        assert words in " ".join((ROOT / page).read_text().split()), page
