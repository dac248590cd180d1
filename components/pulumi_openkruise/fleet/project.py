"""The project whose stacks a fleet updates: its folder, its stack files, and the fleet's file beside them."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from ..config import project_config
from ..config.fleet_file import Wave, read_fleet
from ..config.stack_file import check_stack_file
from ..config.yaml_data import load_yaml
from ..diagnostics.field_names import NAMESPACE
from ..diagnostics.problem import ConfigError, Problem, show
from ..foreign.error_text import describe_error
from .record import Stack
from .release import Release, package_versions, program_digest, text_digest


@dataclass(frozen=True)
class Project:
    """A project on this machine, and its fleet."""

    name: str
    folder: Path
    stacks: Path
    """The folder of its stack files."""
    waves: tuple[Wave, ...]
    releases: Mapping[str, Release]
    """What an update of each stack is made of now."""

    def stack(self, name: str) -> Stack:
        """Return one of its stacks."""
        return Stack(name, self.folder)


def read_project(file: Path, name: str | None = None) -> Project:
    """Return the project of a fleet's file; ``name`` is what it must be called, where that is given.

    Raises ConfigError with every problem of the fleet's file and of the stack files that it names.
    """
    file, source = file.resolve(), str(file)
    folder, problems = file.parent, list[Problem]()
    path = next((folder / one for one in project_config.PROJECT_FILES if (folder / one).is_file()), None)
    if path is None:
        reason = f"there is no Pulumi.yaml beside the fleet's file, in {folder}"
        raise ConfigError([Problem("other-project", "project", reason)], source=source)
    try:
        found = project_config.read_project(_text(path), str(path), NAMESPACE)
        data = load_yaml(_text(file), source)
    except ValueError as error:
        raise ConfigError([Problem("unreadable", "file", str(error))], source=source) from None
    if name is not None and found.name != name:
        reason = f"expected project {show(name)} beside the fleet's file, found {show(found.name)}"
        remedy = "name the project as its Pulumi.yaml does, or point to another file"
        problems.append(Problem("other-project", "project", reason, (), remedy))
    stacks = folder / (found.stack_config_dir or ".")
    files = {one.name[len("Pulumi.") : -len(".yaml")]: one for one in stacks.glob("Pulumi.*.yaml")}
    waves: tuple[Wave, ...] = ()
    try:
        waves = read_fleet(data, source, files)
    except ConfigError as error:
        problems += error.problems
    named = data.get("clusters") if isinstance(data, Mapping) else None
    contents: dict[str, str] = {}
    for stack in files.keys() & (named if isinstance(named, Mapping) else ()):
        try:
            contents[stack] = _text(files[stack])
        except ValueError as error:  # noqa: PERF203  # each file's fault is reported
            problems.append(Problem("unreadable", f"clusters.{stack}", str(error)))
    # Stacks that differ in their clusters alone are many, and a selector's answer is not free.
    checked = {text: check_stack_file(text, found) for text in set(contents.values())}
    for stack, text in contents.items():
        problems += [replace(one, place=f"Pulumi.{stack}.yaml, {one.place}") for one in checked[text]]
    if problems:
        raise ConfigError(problems, source=source)
    others = [file, *files.values(), *(folder / one for one in ("fleet", "docs", "tests"))]
    whole = {"program": program_digest(folder, others), "packages": package_versions()}
    releases = {stack: {"config": text_digest(text), **whole} for stack, text in contents.items()}
    return Project(found.name, folder, stacks, waves, releases)


def _text(path: Path) -> str:
    """Return a file's text; raises ValueError that names the file."""
    try:
        return path.read_text("utf-8-sig")
    except (OSError, UnicodeError) as error:
        raise ValueError(f"{path}: {describe_error(error, secret=False)}") from None
