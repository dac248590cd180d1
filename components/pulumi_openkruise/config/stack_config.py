"""Stack config as a program gets it, texts with lists and mappings as JSON, read into arguments.

Imports no Pulumi.
"""

import json
from collections.abc import Collection, Mapping
from typing import Any

from ..chart.derived import has_daemon, late_gate
from ..chart.local import Look, nothing_local
from ..diagnostics.field_names import NAMESPACE, config_field_name, config_key
from ..diagnostics.problem import ConfigError, Problem, shown
from .fields import EXPECTED, FIELDS, Kind, unknown_key
from .settings import read_settings

CONFIG_KEYS: dict[str, str] = {config_key(name): name for name in FIELDS}
"""Every key of stack config, with the name of its field."""


def parse_config(
    raw: Mapping[str, Any],
    *,
    source: str,
    namespace: str = NAMESPACE,
    secret_keys: Collection[str] = (),
    look: Look = nothing_local,
) -> dict[str, Any]:
    """Return the arguments that stack config describes, keys in snake_case; only what is set.

    ``raw`` maps keys without their namespace to the texts that Pulumi gives; values that are no texts are
    taken as already decoded. ``source`` says in messages where they come from. ``secret_keys`` are those
    among them that are encrypted: only ``values`` may be, and no message shows what is in it. ``look`` looks
    at a chart on this machine; by default nothing does. Raises ConfigError with every problem at once.
    """
    problems: list[Problem] = []
    arguments: dict[str, Any] = {}
    for key, value in raw.items():
        where = f"{namespace}:{key}"
        if key not in CONFIG_KEYS:
            problems.append(unknown_key(where, key, list(CONFIG_KEYS)))
            continue
        name = CONFIG_KEYS[key]
        if key in secret_keys and name != "values":
            # The cluster shows it anyway, and so do the outputs and the preview of the stack.
            reason = "cannot be a secret: it is plainly visible in the cluster"
            problems.append(Problem("needless-secret", where, reason, (), "set it again without --secret"))
            continue
        try:
            arguments[name] = _decode(FIELDS[name], value)
        except _NotDecodedError as error:
            found = "a secret that is something else" if key in secret_keys else shown(value)
            reason = f"expected {error.expected}, found {found}"
            problems.append(Problem("wrong-type", where, reason, (), error.remedy))

    field_name = config_field_name(namespace)
    settings = read_settings(
        arguments, source=source, field_name=field_name, known_problems=tuple(problems), look=look
    )
    if "values" in secret_keys and has_daemon(settings.derived) is not settings.has_daemon:
        # The program gets secret values as an output, which tells nothing in time.
        problem = late_gate(f"{field_name('values')}.featureGates", field_name("feature_gates"))
        raise ConfigError([problem], source=source)
    return arguments


class _NotDecodedError(Exception):
    def __init__(self, expected: str, remedy: str) -> None:
        self.expected, self.remedy = expected, remedy


def _decode(kind: Kind, value: Any) -> Any:
    if not isinstance(value, str):
        return value
    if kind == "flag":
        if value in ("true", "false"):
            return value == "true"
        raise _NotDecodedError("true or false", "")
    if kind == "number":
        if value.isascii() and value.isdigit() and len(value) < 10:
            return int(value)
        raise _NotDecodedError("a whole number", "write digits alone; of seconds, 600 for ten minutes")
    data = _json(value)
    if kind == "text":
        if isinstance(data, (dict, list)):
            raise _NotDecodedError("a text", "write the text itself, not a list or a mapping")
        return value
    if kind == "texts":
        if isinstance(data, list):
            return data
        raise _NotDecodedError("a list of texts", 'write a YAML list, one `- "..."` a line')
    if isinstance(data, dict):
        return data
    if kind == "gates":
        raise _NotDecodedError(EXPECTED[kind], "write one `Name: true` a line below the key")
    raise _NotDecodedError(EXPECTED[kind], "write YAML below the key, as in a values file")


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
