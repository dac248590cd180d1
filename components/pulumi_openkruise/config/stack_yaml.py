"""A stack's file (``Pulumi.<stack>.yaml``) as the config that Pulumi gives to the program."""

from typing import Any

from ..diagnostics.problem import show
from .yaml_data import load_yaml, write_scalar

STACK_FIELDS = ("config", "encryptedkey", "encryptionsalt", "environment", "secretsprovider")
"""The fields of a stack's file."""


def read_stack_yaml(text: str, source: str, namespace: str) -> tuple[dict[str, Any], set[str], bool]:
    """Read the config of one namespace from the text of a stack file.

    Returns the values by key without the namespace, the keys that hold secrets, and whether the stack takes
    config from environments, which are not in the file. Scalars are strings, as Pulumi gives them. Raises
    ValueError that names ``source``, line and column.
    """
    data = load_yaml(text, source)
    if data is None:
        data = {}
    if not isinstance(data, dict) or (data and not any(field in data for field in STACK_FIELDS)):
        found = f"the keys {', '.join(map(show, list(data)[:3]))}" if isinstance(data, dict) else show(data)
        raise ValueError(f"{source}: not a stack file: expected a mapping with the key config, found {found}")
    config = data.get("config")
    if config is None:
        config = {}
    if not isinstance(config, dict):
        raise ValueError(f"{source}: config: expected a mapping of keys and values, found {show(config)}")
    values: dict[str, Any] = {}
    secret_keys: set[str] = set()
    for key, value in config.items():
        prefix, _, name = key.partition(":")
        if prefix == namespace and name:
            name = name.removeprefix("config:")
            values[name] = value if isinstance(value, (dict, list)) or value is None else write_scalar(value)
            if _holds_secret(value):
                secret_keys.add(name)
    return values, secret_keys, bool(data.get("environment"))


def _holds_secret(value: Any) -> bool:
    if isinstance(value, dict):
        return set(value) == {"secure"} or any(_holds_secret(item) for item in value.values())
    return isinstance(value, list) and any(_holds_secret(item) for item in value)
