"""The JSON Schema of a fleet's file, for editors; from the same names as the validation in ``file``."""

from typing import Any

from .file import GATES, KEYS, MOST_PARALLEL, NAME, SOAK, WAVE_KEYS


def fleet_schema() -> dict[str, Any]:
    """Return the schema (draft 2020-12); what one entry says about another only the validation knows."""
    gate = {"enum": [*GATES, False], "description": "Findings of this severity, or worse, stop the roll-out."}
    wave: dict[str, Any] = {
        "name": {"type": "string", "pattern": f"^{NAME.pattern}$"},
        "select": {"type": "string", "description": "Label selector over clusters, in kubectl's grammar."},
        "parallel": {"type": "integer", "minimum": 1, "maximum": MOST_PARALLEL, "default": 1},
        "soak": {"type": "string", "pattern": f"^{SOAK.pattern}$"},
        "gate": gate,
    }
    labels = {
        "type": ["object", "null"],
        "properties": {"hold": {"type": "string", "description": "Why the cluster is left alone."}},
        "additionalProperties": {"type": "string"},
    }
    top: dict[str, Any] = {
        "clusters": {"type": "object", "minProperties": 1, "additionalProperties": labels},
        "waves": {
            "type": "array",
            "minItems": 1,
            "items": _strict({key: wave[key] for key in WAVE_KEYS}, ["name", "select"]),
        },
        "gate": {**gate, "default": "error"},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A fleet of clusters in waves",
        **_strict({key: top[key] for key in KEYS}, ["clusters", "waves"]),
    }


def _strict(properties: dict[str, Any], required: list[str]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": required,
        "additionalProperties": False,
    }
