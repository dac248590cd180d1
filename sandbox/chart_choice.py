"""Which OpenKruise chart a stack installs: the one asked for, the published one, or the stand-in."""

import io
import json
import os
import tarfile
import threading
import urllib.request
from dataclasses import dataclass
from pathlib import Path

import yaml

from sandbox.errors import SandboxError
from sandbox.programs import KRUISE_VERSION
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


def choose(state: State, kruise: Path) -> Chart:
    """``$CHART`` wins; else the published chart if its repository answers at once; else the stand-in.

    Which of the latter two it was is kept with the sandbox: a repository that answers only now and then does
    not make the next ``up`` another chart's.
    *kruise* is the built manager's folder, which holds what the stand-in takes from the Go module.
    """
    asked = os.environ.get("CHART")
    if asked:
        path = Path(asked).expanduser()
        if path.exists():
            version = _version(path.resolve())
            return Chart(str(path.resolve()), version, None, f"Chart: {path} ({version}), as CHART says.")
        if not asked.startswith("oci://"):
            raise SandboxError(f"CHART={asked}: there is no such file or folder.")
        return Chart(asked, None, None, f"Chart: {asked}, as CHART says.")
    kept = state.directory / "chart.json"
    published = json.loads(kept.read_text())["published"] if kept.exists() else _answers(REPOSITORY)
    kept.write_text(json.dumps({"published": published}) + "\n")
    if published:
        why = f"Chart: the published one, {KRUISE_VERSION} from {REPOSITORY}."
        return Chart("kruise", KRUISE_VERSION, REPOSITORY, why)
    path = stand_in(state, kruise)
    reason = f"{REPOSITORY} did not answer within {_PATIENCE:.0f} s"
    why = f"Chart: the sandbox's stand-in for {KRUISE_VERSION} ({reason})."
    return Chart(str(path), KRUISE_VERSION, None, why)


def stand_in(state: State, kruise: Path, version: str = KRUISE_VERSION) -> Path:
    """Assembles the stand-in chart of that version in the sandbox's folder and returns its path."""
    from sandbox.chart_build import prepare_chart

    return prepare_chart(kruise / "module", state.directory / "chart" / version, version)


def _answers(repository: str) -> bool:
    """Whether the repository's index comes in time; a thread, for no timeout covers the lookup of a name."""
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
