"""A chart on this machine, a folder or an archive: what it says it is. Reads files, changes none."""

import hashlib
import io
import posixpath
import re
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from ..foreign.error_text import describe_error
from ..foreign.yaml_input import YamlError, load_yaml

_CHART_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_LARGEST_CHART, _LARGEST_FILE = 100 << 20, 5 << 20
"""Helm's limits: bytes of a whole chart, unpacked, and of one file in it."""


class LocalChart(NamedTuple):
    """What a chart's own Chart.yaml says, and its archive's digest."""

    name: str
    version: str
    digest: str | None
    """SHA-256 of the archive, in hexadecimal; None of a folder."""


class ChartFileError(Exception):
    """A path that holds no usable chart: ``reason`` is what is wrong with it, ``remedy`` what to do.

    An exception and no ``Problem``, because which key gave the path is known to the caller alone.
    """

    def __init__(self, reason: str, remedy: str = "") -> None:
        super().__init__(reason)
        self.reason, self.remedy = reason, remedy


ChartReader = Callable[[str], LocalChart | None]
"""Reads the chart at a path; returns None where the path names no chart on this machine."""


def is_bare_name(chart: str) -> bool:
    """Whether a chart is looked up in a repository: it is a name, and no path, address or OCI reference."""
    return bool(_CHART_NAME.fullmatch(chart))


def ignore_local_files(_chart: str) -> LocalChart | None:
    """Read no file: every chart counts as not on this machine."""
    return None


def read_local_chart(chart: str) -> LocalChart | None:
    """Return the chart at a path; None for an address, an OCI reference, or a bare name without a file.

    Relative paths begin at the program's folder. Raises ChartFileError if the path is missing or not a chart.
    """
    if "://" in chart:
        return None
    try:
        path = Path(chart)
        mode = _find_mode(path)
        if mode is None:
            if is_bare_name(chart):
                return None
            remedy = (
                "paths begin at the program's folder; a chart of a repository is given by its bare name, "
                "with the repository's address beside it"
            )
            raise ChartFileError("there is no such file or folder", remedy)
        if stat.S_ISDIR(mode):
            with (path / "Chart.yaml").open("rb") as file:
                return _read(file.read(_LARGEST_FILE + 1), None)
        if not stat.S_ISREG(mode):
            raise ValueError("neither a folder nor a file")
        with path.open("rb") as file:
            content = file.read(_LARGEST_CHART + 1)
        if len(content) > _LARGEST_CHART:
            raise ValueError("larger than any chart")
        # Of the same bytes: a file that is read twice may be two.
        return _read(_find_chart_yaml(content), hashlib.sha256(content).hexdigest())
    except (OSError, ValueError) as error:
        if isinstance(error, FileNotFoundError):
            raise ChartFileError("the folder has no Chart.yaml") from None
        reason = f"cannot be read as a chart: {describe_error(error, secret=False)}"
        remedy = "give the folder of a chart, or the archive that `helm package` or `helm pull` makes"
        raise ChartFileError(reason, remedy) from None


def _find_mode(path: Path) -> int | None:
    """Return what a path leads to, None for nothing; raises OSError where that is not known.

    From Python 3.14 on, ``exists`` and ``is_file`` say no to that, too.
    """
    try:
        return path.stat().st_mode
    except (FileNotFoundError, NotADirectoryError):
        return None


def _find_chart_yaml(content: bytes) -> bytes:
    """Return the Chart.yaml that Helm takes of an archive: the last one below whatever its first folder is.

    By Helm's rules and limits (``pkg/chart/loader/archive.go``, CVE-2018-19658 and CVE-2025-32386); raises
    ValueError.
    """
    import gzip  # needed for an archive on this machine only
    import tarfile

    found: bytes | None = None
    try:
        with (
            gzip.GzipFile(fileobj=io.BytesIO(content)) as unpacked,
            tarfile.open(fileobj=_Bounded(unpacked), mode="r|") as archive,
        ):
            for member in archive:
                if not member.isfile():
                    continue
                if member.size > _LARGEST_FILE:
                    raise ValueError(f"a file in it is larger than {_LARGEST_FILE >> 20} MiB")
                if _name_in_chart(member.name) == "Chart.yaml":
                    file = archive.extractfile(member)
                    found = file.read() if file is not None else None
    except ValueError:
        raise
    except Exception:  # of tarfile, gzip and zlib, and what escapes them for headers that lie
        raise ValueError("not an archive that can be read") from None
    if found is None:
        raise ValueError("there is no Chart.yaml in it")
    return found


def _name_in_chart(name: str) -> str:
    """Return a file's name below the archive's folder; raises ValueError for one that Helm refuses."""
    parts = name.replace("\\", "/").split("/")
    rest = "/".join(parts[1:])
    clean = posixpath.normpath(rest) if rest else "."
    if parts[0] == "Chart.yaml":
        raise ValueError("its Chart.yaml is not in a folder")
    if posixpath.isabs(rest) or clean == "." or clean.startswith("..") or re.match(r"[a-zA-Z]:/", clean):
        raise ValueError("a file in it leads out of the chart")
    return clean


class _Bounded(io.RawIOBase):
    """What is unpacked of an archive, up to Helm's limit."""

    def __init__(self, unpacked: Any) -> None:
        self._unpacked, self._left = unpacked, _LARGEST_CHART

    def read(self, size: int = -1) -> bytes:
        """Return the next bytes; raises ValueError beyond the limit."""
        part: bytes = self._unpacked.read(size if 0 <= size <= self._left else self._left + 1)
        self._left -= len(part)
        if self._left < 0:
            raise ValueError(f"it unpacks to more than {_LARGEST_CHART >> 20} MiB")
        return part


def _read(text: bytes, digest: str | None) -> LocalChart:
    if len(text) > _LARGEST_FILE:
        raise ValueError("its Chart.yaml is larger than any")
    try:
        found: Any = load_yaml(text.removeprefix(b"\xef\xbb\xbf"))
    except YamlError as error:
        raise ValueError(f"its Chart.yaml is {error}") from None
    name, version = (found.get("name"), found.get("version")) if isinstance(found, dict) else (None, None)
    if not isinstance(name, str) or not isinstance(version, str):
        raise ValueError("its Chart.yaml names no chart and version")
    return LocalChart(name, version, digest)
