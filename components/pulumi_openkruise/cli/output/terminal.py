"""Standard output and error: safe text, JSON, YAML, tables."""

import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from io import StringIO
from typing import Any

import click

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*", re.ASCII)
_NOT_STRINGS = frozenset({"true", "false", "yes", "no", "on", "off", "y", "n", "null"})


def safe(text: str) -> str:
    """Escape the characters that control a terminal: they become as harmless as ``\\x1b``."""
    return "".join(
        character
        if character.isprintable() or character == "\n"
        else character.encode("unicode_escape").decode("ascii")
        for character in text
    )


def emit(text: str) -> None:
    """Write a string and a newline to standard output."""
    try:
        click.echo(safe(text))
        sys.stdout.flush()
    except BrokenPipeError:
        # The reader has closed the pipe, as `head` does. Python would complain when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise click.exceptions.Exit(141) from None


def note(text: str) -> None:
    """Write a note to standard error."""
    click.echo(safe(f"note: {text}"), err=True)


def as_json(data: Any) -> str:
    """Return plain data as JSON."""
    return json.dumps(data, indent=2)


def as_yaml(data: Any) -> str:
    """Return plain data as YAML that readers of YAML 1.1, such as kubectl, read as the same data."""
    from ruamel.yaml import YAML

    yaml = YAML()
    yaml.default_flow_style = False
    yaml.width = 4096
    text = StringIO()
    yaml.dump(_quoted(data), text)
    return text.getvalue().removesuffix("\n").removesuffix("\n...")


def _quoted(data: Any) -> Any:
    """Quote strings that a reader could take for another type: YAML 1.1 reads ``on`` as true."""
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    if isinstance(data, Mapping):
        return {_quoted(key): _quoted(value) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [_quoted(item) for item in data]
    if isinstance(data, str) and not is_plain(data):
        return DoubleQuotedScalarString(data)
    return data


def is_plain(text: str) -> bool:
    """Return whether every reader of YAML reads this as a string without quotes."""
    return _PLAIN.fullmatch(text) is not None and text.lower() not in _NOT_STRINGS


def quote_for_yaml(entry: str) -> str:
    """Return a string as it is written in a stack file: in quotes where a reader could take it for more."""
    return entry if is_plain(entry) else json.dumps(entry)


def as_table(columns: Sequence[str], groups: Sequence[Sequence[Sequence[str]]]) -> str:
    """Return rows as a table with a rule between groups, as wide as the terminal."""
    from rich.box import ROUNDED
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=ROUNDED)
    for column in columns:
        table.add_column(column, overflow="fold")
    for group in groups:
        for number, row in enumerate(group):
            last = number == len(group) - 1
            table.add_row(*(Text(safe(cell)) for cell in row), end_section=last)
    text = StringIO()
    # As wide as the terminal; in a pipe or file nothing needs to be folded.
    width = None if sys.stdout.isatty() else 200
    encodable = (sys.stdout.encoding or "ascii").lower().startswith("utf")
    Console(file=text, width=width, no_color=True, safe_box=not encodable, highlight=False).print(table)
    return text.getvalue().rstrip("\n")
