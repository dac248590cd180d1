"""The config of a stack as `pulumi up` sees it, from files: the stack's own and its project's."""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ...config.config_json import select_namespace
from ...config.declared_type import check_types
from ...config.project_config import PROJECT_FILES, Project, read_project
from ...config.stack_yaml import read_stack_yaml
from ...diagnostics.problem import ConfigError, show
from ..errors import UnusableInputError
from ..output.terminal import note
from .files import name_source, read_text


@dataclass(frozen=True)
class StackInput:
    """The config of one namespace, keys without it, with where it comes from."""

    source: str
    """What messages call it."""
    config: Mapping[str, Any]
    secret_keys: frozenset[str] = frozenset()
    inherited: frozenset[str] = frozenset()
    """Keys that the project sets and the stack does not."""
    project: str = ""
    """Path of the project's file; empty where none governs the stack's."""
    has_environment: bool = False
    """Whether the stack also takes config from ESC environments, which no file shows."""
    is_whole: bool = False
    """Whether this is all that the stack has, as `pulumi config --json` prints it."""
    text: str = field(default="", repr=False)
    """The text of the stack's file."""


def find_stack(stack_file: str | None, config_json: str | None, namespace: str) -> StackInput | None:
    """Read a stack by the two options that name one, None where neither does; raises UnusableInputError."""
    if config_json is not None:
        return read_config_json(config_json, namespace)
    return None if stack_file is None else read_stack_input(stack_file, namespace)


def read_stack_input(
    path: str, namespace: str, text: str | None = None, beside: str | None = None
) -> StackInput:
    """Read a stack's file, ``-`` for standard input, with the project's file that governs it.

    ``text`` is the content of the file, where it is read already; ``beside`` is a path whose project governs
    it instead. Raises UnusableInputError.
    """
    content = read_text(path) if text is None else text
    source = name_source(path)
    try:
        own, secret_keys, environment = read_stack_yaml(content, source, namespace)
    except ValueError as error:
        raise UnusableInputError(str(error)) from None
    project, where = find_project(beside or path, namespace)
    missing = [key for key in project.required if key not in own and not environment]
    if missing:
        keys = ", ".join(f"{namespace}:{key}" for key in missing)
        raise UnusableInputError(f"{source}: lacks {keys}, which {where} requires of every stack")
    wrong = check_types(project.types, own, namespace, where, secret_keys)
    if wrong:
        raise UnusableInputError(str(ConfigError(wrong, source=source)))
    inherited = {key: value for key, value in project.inherited.items() if key not in own}
    return StackInput(
        source=f"{source} and {where}" if inherited else source,
        config={**own, **inherited},
        secret_keys=frozenset(secret_keys),
        inherited=frozenset(inherited),
        project=where,
        has_environment=environment,
        text=content,
    )


def read_config_json(path: str, namespace: str) -> StackInput:
    """Read what `pulumi config --json` prints: all that a stack has, of its project and environments too.

    Raises UnusableInputError.
    """
    source = name_source(path)
    remedy = "give what `pulumi config --json` prints"
    try:
        data = json.loads(read_text(path))
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise UnusableInputError(f"{source}: not JSON: {error.msg}, {place}; {remedy}") from None
    except RecursionError:
        raise UnusableInputError(f"{source}: not JSON: nested too deeply; {remedy}") from None
    except ValueError as error:  # a number of 5,000 digits
        raise UnusableInputError(f"{source}: not JSON: {error}") from None
    if not isinstance(data, dict) or not all(isinstance(entry, dict) for entry in data.values()):
        raise UnusableInputError(f"{source}: expected a mapping of keys to mappings with value: {remedy}")
    config, secret_keys = select_namespace(data, namespace)
    for key, value in config.items():
        if key not in secret_keys and not isinstance(value, (str, dict, list)):
            reason = f"{namespace}:{key}: expected value or objectValue, found {show(value)}"
            raise UnusableInputError(f"{source}: {reason}")
    return StackInput(source=source, config=config, secret_keys=frozenset(secret_keys), is_whole=True)


def find_project(path: str, namespace: str) -> tuple[Project, str]:
    """Return the project that governs a stack's file, and the path of the project's file.

    It is the nearest one upwards whose ``stackConfigDir`` is the stack's folder. Without one, and for
    standard input, nothing is inherited.
    """
    if path == "-":
        return Project(""), ""
    folder = Path(path).absolute().parent
    for above in (folder, *folder.parents):
        file = next((above / name for name in PROJECT_FILES if (above / name).is_file()), None)
        if file is None:
            continue
        shown_path = os.path.relpath(file)
        try:
            project = read_project(read_text(str(file)), shown_path, namespace)
        except ValueError as error:
            raise UnusableInputError(str(error)) from None
        if (above / project.stack_config_dir).resolve() == folder.resolve():
            return project, shown_path
    return Project(""), ""


def _find_nearest_project(namespace: str) -> str:
    """Return the path of the project above the working folder that gives config to stacks; empty for none."""
    here = Path.cwd()
    for folder in (here, *here.parents):
        for file in (folder / name for name in PROJECT_FILES):
            if file.is_file():
                path = os.path.relpath(file)
                try:
                    return path if read_project(read_text(str(file)), path, namespace).inherited else ""
                except ValueError:
                    return ""
    return ""


def note_unread(stack: StackInput, namespace: str) -> None:
    """Say what of a stack's config is inherited, and what cannot be read."""
    if stack.has_environment:
        note(
            f"{stack.source}: config from the ESC environments under `environment:` is not read; "
            "`pulumi config --json` has it, for --config-json"
        )
    if (
        stack.source == name_source("-")
        and not stack.is_whole
        and (project := _find_nearest_project(namespace))
    ):
        note(
            f"{stack.source}: what {project} gives to its stacks is not read for standard input; give the "
            "stack's file, or `pulumi config --json` by --config-json"
        )
    if not stack.config:
        note(f"{stack.source}: no {namespace}: keys, so what counts are the base exclusions alone")
