"""Selectors from where the user has them: arguments, lines on standard input, the config of a stack."""

import json
import re
from collections.abc import Sequence
from typing import Any

from ...config.fields import Arguments
from ...config.node_affinity import DAEMON, REQUIRED, read_node_affinity, read_pod_labels
from ...config.settings import Settings
from ...config.settings_reader import read_settings
from ...config.stack_config import parse_config
from ...config.stack_yaml import STACK_FIELDS
from ...diagnostics.problem import ConfigError
from ..errors import UnusableInputError
from ..output.terminal import note
from ..selector_list import SelectorList
from .files import read_text
from .stack_input import StackInput, note_unread, read_config_json, read_stack_input

_BLANK = " \t\r\n"
_STACK_FILE = re.compile(rf"^(?:{'|'.join(STACK_FIELDS)})\s*:", re.MULTILINE)


def from_arguments(selectors: Sequence[str]) -> SelectorList:
    """Take selectors from the command line."""
    return SelectorList(tuple(selectors), tuple("argument" for _ in selectors))


def from_standard_input(namespace: str, beside: str = "-") -> SelectorList:
    """Read selectors from standard input: a stack file, a JSON list, or one selector a line.

    ``beside`` is the path of a stack's file that a stack file here stands for: it has the same project.

    Only what the grammar of selectors takes for blank is stripped of a line, and only a line feed ends it, so
    that a line means what it means as an argument. Lines that begin with ``#`` are comments.
    """
    text = read_text("-")
    if _STACK_FILE.search(text):
        return from_stack(read_stack_input("-", namespace, text, beside), namespace)
    stripped = text.strip(_BLANK)
    if stripped.startswith("["):
        given = _read_json_list(stripped)
    else:
        lines = [line.strip(_BLANK) for line in text.split("\n")]
        given = [line for line in lines if line and not line.startswith("#")]
        if not given:
            raise UnusableInputError("standard input: no selectors; for an empty list write []")
    return SelectorList(tuple(given), tuple("standard input" for _ in given))


def from_stack_file(path: str, namespace: str, text: str | None = None) -> SelectorList:
    """Read the selectors, presets and base exclusions that count in ``pulumi up`` for a stack's file.

    ``path`` may be ``-`` for standard input; ``text`` is its content, where it is read already.
    """
    return from_stack(read_stack_input(path, namespace, text), namespace)


def from_config_json(path: str, namespace: str) -> SelectorList:
    """Read the same from what ``pulumi config --json`` prints."""
    return from_stack(read_config_json(path, namespace), namespace)


def from_stack(stack: StackInput, namespace: str) -> SelectorList:
    """Return the selectors of a stack's config, and what its values require of the daemon's nodes."""
    return from_settings(check_arguments(decode_arguments(stack, namespace)))


def from_settings(settings: Settings) -> SelectorList:
    """Return the selectors of settings, and what their values require of the daemon's nodes."""
    return SelectorList(
        tuple(text for text, _origin in settings.listed),
        tuple(origin for _text, origin in settings.listed),
        read_node_affinity(settings.values, DAEMON).get(REQUIRED),
        read_pod_labels(settings.values, DAEMON),
    )


def decode_arguments(stack: StackInput, namespace: str) -> Arguments:
    """Decode a stack's config into the component's arguments, and note which parts cannot be read."""
    config, secret_keys = dict(stack.config), set(stack.secret_keys)
    if "values" in secret_keys:
        note(f"{stack.source}: {namespace}:values is encrypted: an affinity in it is not known, and left out")
        del config["values"]
        secret_keys.discard("values")
    note_unread(stack, namespace)
    return parse_config(config, source=stack.source, namespace=namespace, secret_keys=secret_keys)


def check_arguments(arguments: Arguments) -> Settings:
    """Check a stack's arguments as `pulumi up` does. Raises UnusableInputError with every problem."""
    try:
        return read_settings(arguments, source=arguments.source, field_name=arguments.field_name)
    except ConfigError as error:
        raise UnusableInputError(str(error)) from None


def _read_json_list(text: str) -> list[Any]:
    try:
        data = json.loads(text)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise UnusableInputError(f"standard input: not a JSON list: {error.msg}, {place}") from None
    except (ValueError, RecursionError) as error:
        raise UnusableInputError(f"standard input: not a JSON list: {error}") from None
    return list(data)
