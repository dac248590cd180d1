"""Which OpenKruise chart a stack installs: the one asked for, the published one, or the stand-in."""

import io
import json
import os
import tarfile
import threading
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from sandbox.build import find_module
from sandbox.chart_versions import VERSIONS
from sandbox.errors import SandboxError
from sandbox.programs import KRUISE_MODULE, KRUISE_VERSION, MANAGERS, find_release
from sandbox.state import State

REPOSITORY = "https://openkruise.github.io/charts/"
_PATIENCE = 3.0


@dataclass(frozen=True)
class Chart:
    """A chart for the stack's config; ``why`` is the line to print."""

    reference: str
    version: str | None
    repository: str | None
    why: str

    def config(self) -> dict[str, str]:
        """Return the stack's config keys that name this chart."""
        keys = {"openkruise:chart": self.reference}
        if self.version:
            keys["openkruise:chartVersion"] = self.version
        if self.repository:
            keys["openkruise:chartRepository"] = self.repository
        return keys


def choose(state: State, folders: Mapping[str, Path]) -> Chart:
    """Return the chart to install: the one that ``$CHART`` or ``$KRUISE`` names, else the default version.

    ``CHART`` is a path or an ``oci://`` address; ``KRUISE`` is a version of OpenKruise that the sandbox has a
    manager for (default: ``KRUISE_VERSION``). Of the default version the published chart is taken if its
    repository answers within ``_PATIENCE`` seconds, else the stand-in; the answer is kept with the sandbox,
    so a repository that answers only now and then does not change the chart at the next ``up``. Other
    versions are always stand-ins. *folders* are the built programs' folders by name. Raises
    ``SandboxError`` for a chart or version that does not exist.
    """
    asked = os.environ.get("CHART")
    if asked:
        given = _find_asked_chart(asked)
        if given is not None:
            version = _version(given.resolve())
            return Chart(str(given.resolve()), version, None, f"Chart: {given} ({version}), as CHART says.")
        if not asked.startswith("oci://"):
            raise SandboxError(f"CHART={asked}: there is no such file or folder.")
        return Chart(asked, None, None, f"Chart: {asked}, as CHART says.")
    wanted = _asked_version()
    if wanted != KRUISE_VERSION:
        path = stand_in(state, folders, wanted)
        return Chart(str(path), wanted, None, f"Chart: the sandbox's stand-in for {wanted}, as KRUISE says.")
    kept = state.directory / "chart.json"
    published = json.loads(kept.read_text())["published"] if kept.exists() else _answers(REPOSITORY)
    kept.write_text(json.dumps({"published": published}) + "\n")
    if published:
        why = f"Chart: the published one, {KRUISE_VERSION} from {REPOSITORY}."
        return Chart("kruise", KRUISE_VERSION, REPOSITORY, why)
    path = stand_in(state, folders)
    reason = f"{REPOSITORY} did not answer within {_PATIENCE:.0f} s"
    why = f"Chart: the sandbox's stand-in for {KRUISE_VERSION} ({reason})."
    return Chart(str(path), KRUISE_VERSION, None, why)


def needed_managers() -> frozenset[str]:
    """Return the names of the managers that the chart of :func:`choose` needs: its own and its stand-in's.

    All of them, if ``$CHART`` names a chart whose version only a registry knows. Raises ``SandboxError`` as
    :func:`choose` does.
    """
    asked = os.environ.get("CHART")
    given = _find_asked_chart(asked) if asked else None
    if asked and given is None:
        return MANAGERS
    version = _version(given.resolve()) if given is not None else _asked_version()
    played = [version, *([VERSIONS[version].release] if version in VERSIONS else [])]
    return frozenset(find_release(one).manager for one in played)


def stand_in(state: State, folders: Mapping[str, Path], version: str = KRUISE_VERSION) -> Path:
    """Assemble the stand-in chart of that version in the sandbox's folder, and return its path.

    *folders* are the built programs' folders by name. Raises ``SandboxError`` where the version's manager is
    not among them and its module cannot be downloaded.
    """
    from sandbox.chart_build import prepare_chart

    release = find_release(VERSIONS[version].release)
    built = folders.get(release.manager)
    # The manager may be built later; its sources need no compiler.
    module = built / "module" if built else find_module(KRUISE_MODULE, release.lock)
    return prepare_chart(module, state.directory / "chart" / version, version)


def stand_ins(state: State, folders: Mapping[str, Path]) -> dict[str, Chart]:
    """Assemble every version of the stand-in chart; return them by version."""
    return {version: Chart(str(stand_in(state, folders, version)), version, None, "") for version in VERSIONS}


def _find_asked_chart(asked: str) -> Path | None:
    """Return the file or folder that ``$CHART`` names, None where there is none."""
    path = Path(asked).expanduser()
    return path if path.exists() else None


def _asked_version() -> str:
    wanted = os.environ.get("KRUISE") or KRUISE_VERSION
    if wanted not in VERSIONS:
        raise SandboxError(f"KRUISE={wanted}: the sandbox has the versions {', '.join(VERSIONS)}.")
    return wanted


def _answers(repository: str) -> bool:
    """Tell whether the repository's index comes in time; in a thread, since no timeout covers DNS."""
    came = threading.Event()

    def ask() -> None:
        try:
            with urllib.request.urlopen(repository + "index.yaml", timeout=_PATIENCE) as answer:
                if b"entries" in answer.read():
                    came.set()
        except OSError:
            pass

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(_PATIENCE)
    return came.is_set()


def _version(path: Path) -> str:
    if path.is_dir():
        text = (path / "Chart.yaml").read_text()
    else:
        with tarfile.open(path) as archive:
            names = archive.getnames()
            member = next((n for n in names if n.count("/") == 1 and n.endswith("/Chart.yaml")), None)
            handle = archive.extractfile(member) if member else None
            if handle is None:
                raise SandboxError(f"CHART={path}: the archive has no Chart.yaml.")
            text = io.TextIOWrapper(handle).read()
    return str(yaml.safe_load(text)["version"])
