"""The project whose stacks a fleet updates: its folder, its stack files, and the fleet's file beside them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..config.yaml_data import load_yaml
from ..diagnostics.problem import ConfigError, Problem, shown
from .file import Wave, read_fleet
from .release import package_versions, program_digest, text_digest

_LARGEST = 1024 * 1024


@dataclass(frozen=True)
class Project:
    """A project on this machine, and its fleet."""

    name: str
    folder: Path
    stacks: Path
    """The folder of its stack files."""
    waves: tuple[Wave, ...]
    texts: Mapping[str, str]
    """The stack files by stack."""
    program: str
    """Digest of its program."""
    packages: str
    logs: Path = field(default=Path())
    """Where the logs of updates are written."""

    def stack_file(self, stack: str) -> Path:
        """Return the stack file of a stack."""
        return self.stacks / f"Pulumi.{stack}.yaml"

    def release_of(self, stack: str) -> dict[str, str]:
        """Return the digests of what a stack's update is made of."""
        return {"config": text_digest(self.texts[stack]), "program": self.program, "packages": self.packages}


def read_project(file: Path, name: str | None = None, *, only: str | None = None) -> Project:
    """Return the project of a fleet's file; ``name`` is what it must be called, ``only`` names one stack.

    Raises ConfigError with every problem of the fleet's file; OSError is told as one.
    """
    file, source = file.resolve(), str(file)
    data = _load(file, source)
    folder = file.parent
    project = _load(folder / "Pulumi.yaml", str(folder / "Pulumi.yaml"))
    found = project.get("name") if isinstance(project, Mapping) else None
    problems = []
    if name is not None and found != name:
        reason = f"expected project {shown(name)} beside the fleet's file, found {shown(found)}"
        remedy = "name the project as its Pulumi.yaml does, or point to another file"
        problems.append(Problem("other-project", "project", reason, (), remedy))
    stacks = folder / str(project.get("stackConfigDir") or ".") if isinstance(project, Mapping) else folder
    files = {path.name[len("Pulumi.") : -len(".yaml")]: path for path in stacks.glob("Pulumi.*.yaml")}
    try:
        waves = read_fleet(data, source, files)
    except ConfigError as error:
        raise ConfigError([*problems, *error.problems], source=source) from None
    texts = {}
    for wave in waves:
        for cluster in wave.clusters:
            texts[cluster.name], bad = _stack_text(files[cluster.name])
            problems += bad
    if problems:
        raise ConfigError(problems, source=source)
    left_out = [stacks, file, folder / "fleet", folder / "docs", folder / "tests"]
    return Project(
        str(found),
        folder,
        stacks,
        waves,
        texts,
        program_digest(folder, left_out),
        package_versions(),
        folder / "fleet" / "logs",
    )


def _load(path: Path, source: str) -> Any:
    try:
        if path.stat().st_size > _LARGEST:
            raise ConfigError([Problem("too-large", "file", "larger than 1 MiB")], source=source)
        return load_yaml(path.read_text("utf-8-sig"), source)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else str(error)
        raise ConfigError(
            [Problem("unreadable", "file", f"cannot be read: {reason}")], source=source
        ) from None


def _stack_text(path: Path) -> tuple[str, list[Problem]]:
    return path.read_text("utf-8-sig"), []
