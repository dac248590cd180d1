"""Stack config as a program gets it, strings with lists and mappings as JSON, decoded into arguments."""

import json
from collections.abc import Collection, Mapping
from dataclasses import replace
from typing import Any

from ..diagnostics.field_names import NAMESPACE, config_field_name, config_key
from ..diagnostics.problem import Problem, report_unknown_key, show
from ..foreign.addresses import SecretAddress
from .fields import EXPECTED, FIELDS, Arguments, Kind, Undecoded

CONFIG_KEYS: dict[str, str] = {config_key(name): name for name in FIELDS}
"""Every key of stack config, with the name of its field."""

_UNREAD = "https://encrypted.invalid/"
"""What stands for an encrypted address in a stack's file, which no command can decrypt."""


def parse_config(
    raw: Mapping[str, Any],
    *,
    source: str,
    namespace: str = NAMESPACE,
    secret_keys: Collection[str] = (),
) -> Arguments:
    """Decode stack config into arguments, keys in snake_case; only what is set.

    ``raw`` maps keys without their namespace to the strings that Pulumi gives; values that are no strings are
    taken as already decoded. ``source`` says in messages where they come from. ``secret_keys`` are those
    among them that are encrypted: only ``values`` and the chart's repository may be, and no message shows
    their content. What cannot be decoded stays in its place as an ``Undecoded``, which ``read_settings``
    reports with all other problems.
    """
    arguments: dict[str, Any] = {}
    for key, value in raw.items():
        where = f"{namespace}:{key}"
        if key not in CONFIG_KEYS:
            arguments[where] = Undecoded(_report_unknown_key(where, key))
            continue
        name = CONFIG_KEYS[key]
        # A repository's address may hold a login or a token, which goes to the provider as a secret.
        if key in secret_keys and name not in ("values", "chart_repository"):
            arguments[name] = Undecoded(_report_needless_secret(where, name, f"{namespace}:"))
            continue
        try:
            arguments[name] = _decode(FIELDS[name], value)
            if name == "chart_repository" and key in secret_keys:
                arguments[name] = _keep_secret(value, where)
        except _NotDecodedError as error:
            found = "a secret that is something else" if key in secret_keys else show(value)
            reason = f"expected {error.expected}, found {found}"
            arguments[name] = Undecoded(Problem("wrong-type", where, reason, (), error.remedy))
    return Arguments(arguments, field_name=config_field_name(namespace), source=source)


def _keep_secret(address: Any, where: str) -> SecretAddress:
    """Return a secret address as one that no message shows; without its content where that is encrypted.

    Raises _NotDecodedError for anything else than an address.
    """
    if address is None or (isinstance(address, Mapping) and set(address) == {"secure"}):
        address = _UNREAD
    if not isinstance(address, str):
        raise _NotDecodedError("a string", _STRING_ITSELF)
    return SecretAddress(address, where)


def _report_needless_secret(where: str, name: str, prefix: str) -> Problem:
    reason = "cannot be a secret: the stack's preview, its state or the cluster shows it in plain text"
    remedy = "set it again without --secret"
    if name == "chart":
        remedy += (
            "; of an address with a token in it, give the archive itself by its path, or the repository as "
            f"{prefix}{config_key('chart_repository')}, which may be a secret"
        )
    return Problem("needless-secret", where, reason, (), remedy)


def _report_unknown_key(where: str, key: str) -> Problem:
    problem = report_unknown_key(where, key, list(CONFIG_KEYS))
    first = key.partition(".")[0]  # without a dot the key itself, which is unknown
    if FIELDS.get(CONFIG_KEYS.get(first, "")) not in ("mapping", "gates"):
        return problem
    whole = where.removesuffix(key) + first
    remedy = (
        f"write it below {whole}, or set it by `pulumi config set --path`, which takes the dot for nesting"
    )
    return replace(problem, reason="unknown key, whose dot is a part of its name", remedy=remedy)


_MOST_DIGITS = 100
_STRING_ITSELF = "write the string itself, not a list or a mapping"


class _NotDecodedError(Exception):
    def __init__(self, expected: str, remedy: str) -> None:
        self.expected, self.remedy = expected, remedy


def _decode(kind: Kind, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if kind == "boolean":
        if value in ("true", "false"):
            return value == "true"
        raise _NotDecodedError("true or false", "")
    if kind == "number":
        digits = value.removeprefix("-")
        if digits.isascii() and digits.isdigit():
            # Out of range where it is long: the check of the range shows no more of it than this.
            return int(value[:_MOST_DIGITS])
        raise _NotDecodedError("a whole number", "write digits alone; of seconds, 600 for ten minutes")
    data = _read_json(value)
    if kind == "string":
        if isinstance(data, (dict, list)):
            raise _NotDecodedError("a string", _STRING_ITSELF)
        return value
    if kind == "list of strings":
        if isinstance(data, list):
            return data
        raise _NotDecodedError("a list of strings", 'write a YAML list, one `- "..."` a line')
    if isinstance(data, dict):
        return data
    if kind == "gates":
        raise _NotDecodedError(EXPECTED[kind], "write one `Name: true` a line below the key")
    raise _NotDecodedError(EXPECTED[kind], "write YAML below the key, as in a values file")


def _read_json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
