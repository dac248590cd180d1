"""A chart on this machine, a folder or an archive: what it says it is. Reads files, changes none."""

import hashlib
import io
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

_CHART_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*")
_LONGEST = 1 << 20
"""Chart.yaml is never longer than this; an archive that says otherwise is not read."""


class LocalChart(NamedTuple):
    """What a chart's own Chart.yaml says, and its archive's digest."""

    name: str
    version: str
    digest: str | None
    """SHA-256 of the archive, in hexadecimal; None of a folder."""


class ChartFileError(Exception):
    """A chart that cannot be used: ``code`` is the kind of problem, ``remedy`` what to do."""

    def __init__(self, code: str, reason: str, remedy: str = "") -> None:
        super().__init__(reason)
        self.code, self.reason, self.remedy = code, reason, remedy


Look = Callable[[str], LocalChart | None]
"""Looks at the chart that a path names; None where it names none on this machine."""


def is_bare_name(chart: str) -> bool:
    """Whether a chart is looked up in a repository: it is a name, and no path, address or OCI reference."""
    return bool(_CHART_NAME.fullmatch(chart))


def nothing_local(_chart: str) -> LocalChart | None:
    """Look at no file at all."""
    return None


def look(chart: str) -> LocalChart | None:
    """Return what the chart at a path is; None of an address, an OCI reference, and a bare name without file.

    Relative paths begin at the program's folder. Raises ChartFileError for nothing, and for no chart.
    """
    if "://" in chart:
        return None
    try:
        path = Path(chart)
        if not path.exists():
            if is_bare_name(chart):
                return None
            remedy = (
                "paths begin at the program's folder; a chart of a repository is given by its bare name, "
                "with the repository's address beside it"
            )
            raise ChartFileError("no-chart", "there is no such file or folder", remedy)
        if path.is_dir():
            return _read((path / "Chart.yaml").read_bytes(), None)
        digest = hashlib.sha256()
        with path.open("rb") as file:
            while part := file.read(1 << 20):
                digest.update(part)
        return _read(_chart_yaml(path), digest.hexdigest())
    except (OSError, ValueError, EOFError) as error:
        if isinstance(error, FileNotFoundError):
            raise ChartFileError("no-chart", "the folder has no Chart.yaml") from None
        reason = f"cannot be read as a chart: {str(error) or type(error).__name__}"
        remedy = "give the folder of a chart, or the archive that `helm package` or `helm pull` makes"
        raise ChartFileError("no-chart", reason, remedy) from None


def _chart_yaml(path: Path) -> bytes:
    import tarfile  # needed for an archive on this machine only

    try:
        with tarfile.open(path, "r:gz") as archive:
            for member in archive:
                if member.name.count("/") == 1 and member.name.endswith("/Chart.yaml") and member.isfile():
                    file = archive.extractfile(member)
                    if file is not None and member.size <= _LONGEST:
                        return file.read()
    except tarfile.TarError as error:
        raise ValueError(str(error)) from None
    raise ValueError("there is no Chart.yaml in it")


def _read(text: bytes, digest: str | None) -> LocalChart:
    from ruamel.yaml import YAML  # needed for a chart on this machine only
    from ruamel.yaml.error import YAMLError

    try:
        found: Any = YAML(typ="safe", pure=True).load(io.BytesIO(text))
    except YAMLError:
        raise ValueError("its Chart.yaml is no YAML") from None
    name, version = (found.get("name"), found.get("version")) if isinstance(found, dict) else (None, None)
    if not isinstance(name, str) or not isinstance(version, str):
        raise ValueError("its Chart.yaml names no chart and version")
    return LocalChart(name, version, digest)
