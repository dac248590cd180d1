"""Selectors from where the user has them: arguments, a text on standard input, a stack file."""

import json
import re
from collections.abc import Sequence
from typing import Any

import click

from ...config.fields import Arguments
from ...config.node_affinity import DAEMON, REQUIRED, node_affinity, pod_labels
from ...config.settings import read_settings
from ...config.stack_config import parse_config
from ...diagnostics.field_names import config_field_name
from ...diagnostics.problem import ConfigError
from ..errors import UnusableInputError
from ..output.terminal import note
from ..selector_list import SelectorList
from .stack_yaml import STACK_FIELDS, read_stack_yaml

_LARGEST = 1024 * 1024
_BLANK = " \t\r\n"
_STACK_FILE = re.compile(rf"^(?:{'|'.join(STACK_FIELDS)})\s*:", re.MULTILINE)


def from_arguments(texts: Sequence[str]) -> SelectorList:
    """Take selectors from the command line."""
    return SelectorList(tuple(texts), tuple("argument" for _ in texts))


def from_standard_input(namespace: str) -> SelectorList:
    """Read selectors from standard input: a stack file, a JSON list, or one selector a line.

    Only what the grammar of selectors takes for blank is stripped of a line, and only a line feed ends it, so
    that a text means what it means as an argument. Lines that begin with ``#`` are comments.
    """
    text = read_text("-")
    if _STACK_FILE.search(text):
        return _from_stack_text(text, "standard input", namespace)
    stripped = text.strip(_BLANK)
    if stripped.startswith("["):
        given = _json_list(stripped)
    else:
        lines = [line.strip(_BLANK) for line in text.split("\n")]
        given = [line for line in lines if line and not line.startswith("#")]
        if not given:
            raise UnusableInputError("standard input: no selectors; for an empty list write []")
    return SelectorList(tuple(given), tuple("standard input" for _ in given))


def from_stack_file(path: str, namespace: str, text: str | None = None) -> SelectorList:
    """Read the selectors, presets and base exclusions that count in ``pulumi up`` for a stack file.

    ``path`` may be ``-`` for standard input; ``text`` is its content, where it was read already.
    """
    content = read_text(path) if text is None else text
    return _from_stack_text(content, source_of(path), namespace)


def source_of(path: str) -> str:
    """Return what messages call a file."""
    return "standard input" if path == "-" else path


def _from_stack_text(text: str, source: str, namespace: str) -> SelectorList:
    try:
        settings = read_settings(
            stack_arguments(text, source, namespace), source=source, field_name=config_field_name(namespace)
        )
    except ConfigError as error:
        raise UnusableInputError(str(error)) from None
    return SelectorList(
        tuple(one for one, _origin in settings.listed),
        tuple(origin for _one, origin in settings.listed),
        node_affinity(settings.values, DAEMON).get(REQUIRED),
        pod_labels(settings.values, DAEMON),
    )


def stack_arguments(text: str, source: str, namespace: str) -> Arguments:
    """Decode a stack's file into the component's arguments, and note what of it cannot be read."""
    try:
        config, secret_keys, environment = _readable_config(text, source, namespace)
    except ValueError as error:
        raise UnusableInputError(str(error)) from None
    arguments = parse_config(config, source=source, namespace=namespace, secret_keys=secret_keys)
    if environment:
        note(f"{source}: config that comes from the environments under `environment:` is not read")
    if not config:
        note(f"{source}: no {namespace}: keys, so what counts are the base exclusions alone")
    return arguments


def _readable_config(text: str, source: str, namespace: str) -> tuple[dict[str, Any], set[str], bool]:
    """Read a stack's file as ``read_stack_yaml`` does; Helm values that are encrypted are left out."""
    config, secret_keys, environment = read_stack_yaml(text, source, namespace)
    if "values" in secret_keys:
        note(f"{source}: {namespace}:values is encrypted: an affinity in it is not known, and left out")
        del config["values"]
        secret_keys.discard("values")
    return config, secret_keys, environment


def _json_list(text: str) -> list[Any]:
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise UnusableInputError(f"standard input: not a JSON list: {error.msg}, {place}") from None
    except (ValueError, RecursionError) as error:
        raise UnusableInputError(f"standard input: not a JSON list: {error}") from None
    return list(data)


def read_text(path: str) -> str:
    """Read a file, or standard input for ``-``, as UTF-8."""
    source = "standard input" if path == "-" else path or "''"
    try:
        with click.open_file(path, "rb") as file:
            data: bytes = file.read(_LARGEST + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UnusableInputError(f"{source}: cannot be read: {reason}") from None
    if len(data) > _LARGEST:
        raise UnusableInputError(f"{source}: larger than 1 MiB")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnusableInputError(f"{source}: not a text in UTF-8: byte {error.start}") from None
