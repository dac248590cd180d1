"""The whole config of a stack, as ``pulumi config --json`` prints it."""

from collections.abc import Mapping
from typing import Any

ConfigJson = Mapping[str, Mapping[str, Any]]
"""By full key, as ``kubernetes:context``: ``value``, for lists and mappings ``objectValue``, ``secret``."""


def select_namespace(config: ConfigJson, namespace: str) -> tuple[dict[str, Any], set[str]]:
    """Return the values of one namespace by key without it, and which of these keys are secret."""
    prefix = f"{namespace}:"
    entries = {
        key.removeprefix(prefix): entry
        for key, entry in config.items()
        if key.startswith(prefix) and key != prefix
    }
    values = {key: entry.get("objectValue", entry.get("value")) for key, entry in entries.items()}
    return values, {key for key, entry in entries.items() if entry.get("secret")}
