"""A JSON Schema for stack files, made from the same tables as the checks of config.

It accepts every file that the checks accept, and refuses what it can of the others: editors show it while
the file is written, ``pulumi preview`` then checks everything. It is of draft 7, which yaml-language-server
reads best.
"""

from collections.abc import Iterable
from typing import Any

from ..chart.contract import KEYS
from ..chart.gate_names import SINCE
from ..chart.platforms import PLATFORMS
from ..chart.source import CHART
from ..chart.value_types import Kind as ValueKind
from ..chart.version import SEEN
from ..diagnostics.field_names import NAMESPACE, config_key
from .descriptions import DESCRIPTIONS
from .fields import FIELDS, NUMBERS, Kind
from .presets import GROUPS, count_revisions, list_presets

_SCALAR = {"type": ["string", "number", "boolean"]}
_BOOLEAN = {"enum": [True, False, "true", "false"]}
_DNS_LABEL = {**_SCALAR, "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", "maxLength": 63}
_ENCRYPTED = {
    "type": "object",
    "properties": {"secure": {"type": "string"}},
    "required": ["secure"],
    "additionalProperties": False,
}
_SECRET = {"$ref": "#/definitions/encrypted"}
_LIST_AS_JSON = {"type": "string", "pattern": r"^\s*\["}
"""A list as ``pulumi config set`` writes it."""
_MAPPING_AS_JSON = {"type": "string", "pattern": r"^\s*\{"}


def write_stack_schema(namespace: str = NAMESPACE) -> dict[str, Any]:
    """Return the schema of a stack's file, for config keys of this namespace."""
    properties = {
        f"{namespace}:{config_key(name)}": {"description": DESCRIPTIONS[name], **_write_field(name, kind)}
        for name, kind in FIELDS.items()
    }
    known = "|".join(map(config_key, FIELDS))
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": f"Config of a stack that installs OpenKruise, keys {namespace}:*",
        "type": ["object", "null"],
        "properties": {
            "config": {
                "type": ["object", "null"],
                "properties": properties,
                # Any other key of this namespace is misspelt.
                "patternProperties": {f"^{namespace}:(?!(config:)?({known})$).": False},
                **_write_known_gates(namespace),
            },
            "environment": {"description": "ESC environments, which may add config."},
            "secretsprovider": {"type": "string"},
            "encryptedkey": {"type": "string"},
            "encryptionsalt": {"type": "string"},
        },
        "definitions": {"encrypted": _ENCRYPTED},
    }


def _write_known_gates(namespace: str) -> dict[str, Any]:
    """Return the schema's rule that refuses unknown gates of charts whose gates are known."""
    known_chart = {
        f"{namespace}:chart": {"const": CHART},
        f"{namespace}:chartVersion": {"enum": list(SEEN)},
    }
    gates = {f"{namespace}:featureGates": {"propertyNames": {"enum": list(SINCE)}}}
    return {"if": {"properties": known_chart}, "then": {"properties": gates}}


def _write_field(name: str, kind: Kind) -> dict[str, Any]:
    special = _SPECIAL.get(name)
    if special is not None:
        return special
    if kind == "boolean":
        return _BOOLEAN
    if kind == "number":
        _what, largest = NUMBERS[name]
        return {
            "anyOf": [
                {"type": "integer", "minimum": 1, "maximum": largest},
                {"type": "string", "pattern": "^0*[1-9][0-9]*$"},
            ]
        }
    if kind == "list of strings":
        return _list({"type": "string", "minLength": 1})
    if kind == "gates":
        return {"anyOf": [_write_gates(), _MAPPING_AS_JSON]}
    if kind == "mapping":
        return {"anyOf": [_write_values(), _MAPPING_AS_JSON]}
    return _SCALAR


def _list(items: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [{"type": "array", "items": items}, _LIST_AS_JSON]}


def _write_presets() -> dict[str, Any]:
    names = [*list_presets(), *GROUPS]
    pinned = [f"{name}@{number}" for name in names for number in range(1, count_revisions(name) + 1)]
    return _list({"enum": [*names, *pinned]})


def _write_gates() -> dict[str, Any]:
    described = {
        name: {
            "type": "boolean",
            "description": f"Feature gate of OpenKruise from chart {since} on.",
        }
        for name, since in SINCE.items()
    }
    return {"type": "object", "properties": described, "additionalProperties": {"type": "boolean"}}


def _write_values() -> dict[str, Any]:
    root: dict[str, Any] = {"type": "object", "properties": {}}
    for path, key in KEYS.items():
        *sections, leaf = path.split(".")
        level = root
        for section in sections:
            level = level["properties"].setdefault(section, {"type": "object", "properties": {}})
        kind = _TYPES.get(key.kind, {})
        described = {**({"anyOf": [kind, _SECRET]} if kind else {}), "default": key.default}
        if key.dead:
            described = {
                "default": key.default,
                "description": f"Has no effect: {key.dead}.",
                "deprecated": True,
            }
        level["properties"][leaf] = described
    return root


_WHOLE = {"type": "number", "multipleOf": 1}
_TYPES: dict[ValueKind, dict[str, Any]] = {
    "boolean": {"type": "boolean"},
    "string": {"type": "string"},
    "list of strings": {"type": "array", "items": {"type": "string"}},
    "gates": {"type": "string"},
    "count": {**_WHOLE, "minimum": 0, "maximum": 1000},
    "port": {**_WHOLE, "minimum": 1, "maximum": 65535},
    "webhook-seconds": {**_WHOLE, "minimum": 1, "maximum": 30},
    "image": {"type": "string"},
    "absolute-path": {"type": "string", "pattern": "^/"},
    "relative-path": {"type": "string", "pattern": "^([^/]|$)"},
    "labels": {"type": "object", "additionalProperties": {"type": "string"}},
    "annotations": {"type": "object", "additionalProperties": {"type": "string"}},
    "references": {"type": "array", "items": {"type": "object", "required": ["name"]}},
    "resources": {"type": "object"},
    "tolerations": {"type": "array", "items": {"type": "object"}},
    "environment": {"type": "array", "items": {"type": "object", "required": ["name"]}},
    "affinity": {"type": "object"},
    "node-affinity": {"type": "object"},
}
"""What the types of the chart's values are in JSON; the other kinds take strings and numbers."""


def _write_choice(values: Iterable[Any]) -> dict[str, Any]:
    return {"enum": list(values)}


_SPECIAL: dict[str, dict[str, Any]] = {
    "virtual_node_presets": _write_presets(),
    "shared_node_presets": _write_presets(),
    "platform": _write_choice(PLATFORMS),
    # YAML makes false of off.
    "node_check": _write_choice(["off", "warn", "fail", False, "false"]),
    "node_label_policy": _write_choice(["off", "warn", "label", False, "false"]),
    "namespace": _DNS_LABEL,
    "release_namespace": _DNS_LABEL,
    "chart_version": {"type": "string", "pattern": r"^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$"},
    "chart_digest": {**_SCALAR, "pattern": "^(sha256:)?[0-9a-fA-F]{64}$"},
    "chart_repository": {"type": "string", "pattern": "^https?://"},
}
"""Fields that take less than their kind does."""
