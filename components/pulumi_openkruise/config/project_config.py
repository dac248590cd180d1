"""The config that a project (``Pulumi.yaml``) gives to those of its stacks that do not set it themselves.

Pulumi's rules, by Project.Validate and RewriteShorthandConfigValues in sdk/go/common/workspace, mergeConfig
in pkg/workspace, and the schema project.json: a stack's own value replaces the project's as a whole, lists
too. A key without a namespace has the project's. A key in the project's namespace has a ``default`` and may
have a type, and where it has no default every stack has to set it; any other key has a ``value``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from ..diagnostics.problem import show
from .declared_type import TYPES, DeclaredType
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
    """Values of one namespace, by key without it, for stacks that do not set the key."""
    required: tuple[str, ...] = ()
    """Keys of that namespace that every stack has to set."""
    types: Mapping[str, DeclaredType] = field(default_factory=dict)
    """The types that a stack's own values must have, of keys of that namespace."""


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
    types: dict[str, DeclaredType] = {}
    required = []
    for key, declared in (config or {}).items():
        own, _colon, short = key.rpartition(":")
        is_projects = ":" not in key or key.startswith(f"{name}:")
        kind = _check_declared(declared, f"{source}: config: {key}", is_projects=is_projects)
        if (own or name) not in (namespace, f"{namespace}:config") or not short:
            continue
        if "." in short or "[" in short:
            # Pulumi reads such a key as a path into a list or mapping.
            raise ValueError(
                f"{source}: config: {key}: a path, which is not read here: write the whole value"
            )
        if kind is not None:
            types[short] = kind
        value = _read_value(declared)
        if value is not None:
            inherited[short] = value
        elif is_projects:
            required.append(short)
    return Project(name, folder or "", inherited, tuple(required), types)


def _read_value(declared: Any) -> Any:
    """Return what a key of the project's config gives to stacks; None where it gives nothing."""
    if isinstance(declared, dict):
        value = declared.get("value")
        declared = declared.get("default") if value is None else value
    return declared if declared is None or isinstance(declared, (dict, list)) else write_scalar(declared)


def _check_declared(declared: Any, place: str, *, is_projects: bool) -> DeclaredType | None:
    """Return the type that a key's declaration demands of stacks, None for any.

    ``is_projects`` says whether the key is in the project's own namespace. Raises ValueError for what Pulumi
    does not take.
    """
    if declared is None or isinstance(declared, float):
        raise ValueError(
            f"{place}: found {show(declared)}, which Pulumi does not take: write it below value:"
        )
    if not isinstance(declared, dict):
        return None
    unknown = set(declared) - {"type", "description", "items", "default", "value", "secret"}
    if unknown:
        found = ", ".join(sorted(map(str, unknown)))
        raise ValueError(f"{place}: unknown keys {found}; write a mapping below value: or default:")
    default, value, kind = declared.get("default"), declared.get("value"), declared.get("type")
    if default is not None and value is not None:
        raise ValueError(f"{place}: has both default and value, of which Pulumi takes one")
    if kind is not None and not (isinstance(kind, str) and kind in TYPES):
        raise ValueError(f"{place}: type: expected {', '.join(TYPES)}, found {show(kind)}")
    if not is_projects:
        if kind is not None:
            raise ValueError(f"{place}: has a type, which only a key in the project's own namespace can have")
        if value is None:
            given = "a default" if default is not None else "neither"
            raise ValueError(
                f"{place}: a key outside of the project's own namespace needs a value, found {given}: write "
                "value:"
            )
        return None
    if kind is None:
        return None
    found_type = DeclaredType(kind, declared.get("items"), declared.get("secret") is True)
    if kind == "array" and not isinstance(found_type.items, dict):
        raise ValueError(f"{place}: an array needs the type of its members: write items: {{type: string}}")
    if default is not None and not found_type.accepts(default):
        found = "another value, declared secret" if found_type.is_secret else show(default)
        raise ValueError(f"{place}: the default is not of type {kind}, found {found}")
    return found_type
