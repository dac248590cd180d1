"""The table of messages: its cases, what stands beside a program, and every code that the source gives."""

import gzip
import hashlib
import io
import re
import socket
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "components" / "pulumi_openkruise"
DEPTH = 70
"""Levels of what stands for DEEP; the checks go down this far, less what is above it:"""
CHECKED_DEPTH = 62


@dataclass(frozen=True)
class Case:
    """One mistake and what is said about it."""

    code: str
    config: Mapping[str, Any] = field(default_factory=dict)
    secret: tuple[str, ...] = ()
    beside: Mapping[str, str] = field(default_factory=dict)
    source: str = ""
    says: str = ""
    severity: str = "error"
    test: str = ""

    @property
    def name(self) -> str:
        """The case's name in a test report."""
        keys = ",".join(self.config) or ",".join(self.beside)
        return f"{self.code} ({keys})"


def _cases() -> list[Case]:
    rows = YAML(typ="safe").load((ROOT / "tests" / "messages" / "table.yaml").read_text())
    return [Case(**{**row, "secret": tuple(row.get("secret", ()))}) for row in rows]


CASES = _cases()
"""The whole table."""

RUNNING = [case for case in CASES if not case.test]
"""The cases that a program and its config reach."""


class Stage:
    """A folder with the program and what stands beside it, and the texts that only this run knows."""

    def __init__(self, case: Case, folder: Path) -> None:
        self.case, self.folder = case, folder
        self._known = {"$CLOSED": str(_closed_port()), "$DEEP": ".a" * CHECKED_DEPTH}
        for name, what in case.beside.items():
            kind, _blank, version = what.partition(" ")
            chart = {"kruise/Chart.yaml": f"apiVersion: v2\nname: kruise\nversion: {version}\n"}
            if kind == "archive":
                data = _archive(chart)
                (folder / name).write_bytes(data)
                self._known["$DIGEST"] = hashlib.sha256(data).hexdigest()
                continue
            (folder / name).mkdir()
            if kind == "folder":
                (folder / name / "Chart.yaml").write_text(chart["kruise/Chart.yaml"])

    def config(self) -> dict[str, Any]:
        """Return the stack's config, keys without their namespace."""
        return {key: self._filled(value) for key, value in self.case.config.items()}

    def message(self, stack: str) -> str:
        """Return what the program says, first words included."""
        filled: str = self._filled(self.case.says)
        said = filled.rstrip("\n")
        if self.case.severity != "error":
            return said
        return f"{self.case.source or f'config of stack {stack}'}: 1 problem\n\n{said}"

    def _filled(self, value: Any) -> Any:
        if value == "DEEP":
            deep: Any = "x"
            for _level in range(DEPTH):
                deep = {"a": deep}
            return deep
        if isinstance(value, Mapping):
            return {key: self._filled(item) for key, item in value.items()}
        if isinstance(value, list):
            return [self._filled(item) for item in value]
        if isinstance(value, str):
            for name, text in self._known.items():
                value = value.replace(name, text)
        return value


def _archive(files: Mapping[str, str]) -> bytes:
    """Pack files as `helm package` does, the same bytes each time."""
    plain = io.BytesIO()
    with tarfile.open(fileobj=plain, mode="w") as archive:
        for name, text in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return gzip.compress(plain.getvalue(), mtime=0)


def _closed_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        port: int = one.getsockname()[1]
        return port


_MAKERS = re.compile(r'\b(?:Problem|_make_error|_error)\(\s*"([a-z-]+)"')


def codes_in_the_source() -> set[str]:
    """Return every code that the package gives to a problem of an installation.

    A fleet's file is no config of a stack: its codes have their cases in tests/unit/fleet/test_file.py, and
    those of the stack files that it names in tests/unit/config/test_stack_file.py.
    """
    elsewhere = ("fleet", "fleet_file.py", "stack_file.py")
    files = (path for path in PACKAGE.rglob("*.py") if not {path.parent.name, path.name} & set(elsewhere))
    return {code for path in files for code in _MAKERS.findall(path.read_text())}
