"""The config that a project (``Pulumi.yaml``) gives to those of its stacks that do not set it themselves.

Pulumi's rules, by mergeConfig and RewriteShorthandConfigValues in sdk/go/common/workspace: a stack's own
value replaces the project's as a whole, lists too. A key without a namespace has the project's. A key in
the project's namespace has a ``default``, and where it has none every stack has to set it; any other key
has a ``value``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..diagnostics.problem import show
from .yaml_data import load_yaml, write_scalar

PROJECT_FILES = ("Pulumi.yaml", "Pulumi.yml", "Pulumi.json")
"""The names that a project's file can have."""


@dataclass(frozen=True)
class Project:
    """What a project says about the config of its stacks."""

    name: str
    stack_config_dir: str = ""
    """The folder of the stacks' files, relative to the project's; empty where they are beside its file."""
    inherited: Mapping[str, Any] = field(default_factory=dict)
    """Values by key without namespace, of one namespace: what a stack has that does not set them."""
    required: tuple[str, ...] = ()
    """Keys of that namespace that every stack has to set."""


def read_project(text: str, source: str, namespace: str) -> Project:
    """Read the text of a project's file, with its config of one namespace.

    Raises ValueError that names ``source`` for a string that Pulumi does not accept as a project.
    """
    data = load_yaml(text, source)
    name = data.get("name") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(name, str):
        raise ValueError(f"{source}: not a Pulumi project: expected a mapping with the key name")
    folder, config = data.get("stackConfigDir"), data.get("config")
    if isinstance(config, str):  # the older spelling of stackConfigDir
        folder, config = config, None
    if isinstance(folder, str) and "\0" in folder:
        raise ValueError(f"{source}: stackConfigDir: found {show(folder)}, which no folder is called")
    if not isinstance(folder, str | None) or not isinstance(config, dict | None):
        wrong = "config" if isinstance(folder, str | None) else "stackConfigDir"
        raise ValueError(f"{source}: {wrong}: found {show(data[wrong])}, which Pulumi does not take")
    inherited: dict[str, Any] = {}
    required = []
    for key, declared in (config or {}).items():
        own, _colon, short = key.rpartition(":")
        if (own or name) not in (namespace, f"{namespace}:config") or not short:
            continue
        if "." in short or "[" in short:
            # Pulumi reads such a key as a path into a list or mapping.
            raise ValueError(
                f"{source}: config: {key}: a path, which is not read here: write the whole value"
            )
        value = _value(declared, f"{source}: config: {key}")
        if value is not None:
            inherited[short] = value
        elif (own or name).partition(":")[0] == name:
            required.append(short)
    return Project(name, folder or "", inherited, tuple(required))


def _value(declared: Any, place: str) -> Any:
    """Return what a key of the project's config gives to stacks; None where it gives nothing."""
    if not isinstance(declared, dict):
        return declared if declared is None or isinstance(declared, list) else write_scalar(declared)
    if "default" in declared and "value" in declared:
        raise ValueError(f"{place}: has both default and value, of which Pulumi takes one")
    unknown = set(declared) - {"type", "description", "items", "default", "value", "secret"}
    if unknown:
        found = ", ".join(sorted(map(str, unknown)))
        raise ValueError(f"{place}: unknown keys {found}; write a mapping below value: or default:")
    value = declared.get("default", declared.get("value"))
    return value if value is None or isinstance(value, (dict, list)) else write_scalar(value)
