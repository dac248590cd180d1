"""Standard output and error: safe text, colours, JSON, YAML."""

import json
import os
import re
import sys
from collections.abc import Iterable, Mapping
from dataclasses import fields, is_dataclass
from io import StringIO
from typing import Any

import click

from ...diagnostics.field_names import config_key
from .streams import escape, write_error, write_output

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_./-]*", re.ASCII)
_NOT_STRINGS = frozenset({"true", "false", "yes", "no", "on", "off", "y", "n", "null"})


class SafeText(str):
    """Text that is safe already, and may hold the colours of `paint`: `emit` writes it as it is."""


_COLOURS = {"critical": "1;31", "error": "31", "warning": "33", "info": "36", "good": "32", "soft": "2"}
"""Codes of ECMA-48 for what is shown in colour: severities, what is well, what may be passed over."""


def wants_colour() -> bool:
    """Return whether standard output is shown in colour.

    A terminal is, unless ``NO_COLOR`` is not empty (no-color.org) or the terminal is a dumb one. Anything
    else is where ``FORCE_COLOR`` is not empty: the logs of CI systems can show colours.
    """
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (sys.stdout.isatty() and os.environ.get("TERM") != "dumb")


def paint(text: str, colour: str) -> SafeText:
    """Return text made safe, in a colour where standard output takes one."""
    code = _COLOURS.get(colour, "") if wants_colour() else ""
    return SafeText(f"\x1b[{code}m{escape(text)}\x1b[0m" if code else escape(text))


def join_safely(parts: Iterable[str], separator: str = "\n") -> SafeText:
    """Join strings, and make safe those that are not yet."""
    return SafeText(separator.join(part if isinstance(part, SafeText) else escape(part) for part in parts))


def emit(text: str) -> None:
    """Write a string and a newline to standard output."""
    write_output(lambda: click.echo(text if isinstance(text, SafeText) else escape(text), color=True))


def note(text: str) -> None:
    """Write a note to standard error."""
    write_error(f"note: {text}")


def ask_agreement() -> bool:
    """Ask whether to do what was shown; on standard error, for standard output may be JSON."""
    try:
        return click.confirm("Do it?", default=False, err=True)
    except click.Abort:
        return False


def as_camel_data(value: Any) -> Any:
    """Return dataclasses as plain data whose keys are their fields in camelCase; keys of mappings stay."""
    if is_dataclass(value) and not isinstance(value, type):
        return {config_key(one.name): as_camel_data(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, Mapping):
        return {key: as_camel_data(item) for key, item in value.items()}
    return [as_camel_data(item) for item in value] if isinstance(value, (list, tuple)) else value


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
    yaml.dump(_quote(data), text)
    return text.getvalue().removesuffix("\n").removesuffix("\n...")


def _quote(data: Any) -> Any:
    """Quote strings that a reader could take for another type: YAML 1.1 reads ``on`` as true."""
    from ruamel.yaml.scalarstring import DoubleQuotedScalarString

    if isinstance(data, Mapping):
        return {_quote(key): _quote(value) for key, value in data.items()}
    if isinstance(data, (list, tuple)):
        return [_quote(item) for item in data]
    if isinstance(data, str) and not is_plain(data):
        return DoubleQuotedScalarString(data)
    return data


def is_plain(text: str) -> bool:
    """Return whether every reader of YAML reads this as a string without quotes."""
    return _PLAIN.fullmatch(text) is not None and text.lower() not in _NOT_STRINGS


def quote_for_yaml(entry: str) -> str:
    """Return a string as it is written in a stack file: in quotes where a reader could take it for more."""
    return entry if is_plain(entry) else json.dumps(entry)
