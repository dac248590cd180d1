"""Fixtures: the chart as the sandbox builds it, and a function that renders it with given values."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sandbox.build import folder, go_version
from sandbox.chart_build import prepare_chart
from sandbox.chart_versions import TEMPLATES_VERSION, VERSIONS
from sandbox.programs import GO_ROOT, KRUISE_MODULE, KRUISE_RELEASES, PROGRAMS, KruiseRelease

from .rendering import Render

ROOT = Path(__file__).resolve().parents[2]

Renderer = Callable[..., Render]


@pytest.fixture(scope="session")
def helm() -> str:
    """Helm's path: ``$HELM``, the one on PATH, or the one that the sandbox builds."""
    named = os.environ.get("HELM")
    if named:
        if shutil.which(named) is None:
            pytest.fail(f"HELM={named} is not a program that can be run", pytrace=False)
        return named
    built = next(folder(program, go_version()) / "helm" for program in PROGRAMS if program.name == "helm")
    found = shutil.which("helm") or (str(built) if built.exists() else None)
    if found is None:
        pytest.fail("no Helm: install it, set HELM=<its path>, or let the sandbox build it", pytrace=False)
    return found


@pytest.fixture(scope="session")
def modules() -> dict[str, Path]:
    """Return OpenKruise's Go modules by version, as pinned by the sandbox."""
    return {release.version: _download(release) for release in KRUISE_RELEASES}


def _download(release: KruiseRelease) -> Path:
    command = ["go", "mod", "download", "-json", KRUISE_MODULE]
    folder = GO_ROOT / release.lock
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.fail(f"{' '.join(command)}: {done.stderr or done.stdout}", pytrace=False)
    return Path(json.loads(done.stdout)["Dir"])


@pytest.fixture(scope="session")
def module_dir(modules: dict[str, Path]) -> Path:
    """Return the module of the version that the templates are written as."""
    return modules[TEMPLATES_VERSION]


@pytest.fixture(scope="session")
def chart(module_dir: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return prepare_chart(module_dir, tmp_path_factory.mktemp("chart"))


@pytest.fixture(scope="session")
def charts(modules: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Return every version of the stand-in, by number."""
    return {
        name: prepare_chart(modules[version.release], tmp_path_factory.mktemp(f"chart-{name}"), name)
        for name, version in VERSIONS.items()
    }


@pytest.fixture(scope="session")
def render(helm: str, chart: Path) -> Renderer:
    """Render the chart (or another) with values, as release ``kruise`` in namespace ``default``."""

    def run(values: dict[str, Any] | None = None, release: str = "kruise", of: Path = chart) -> Render:
        done = subprocess.run(
            [helm, "template", release, str(of), "--namespace", "default", "--values", "-"],
            input=json.dumps(values or {}),
            capture_output=True,
            text=True,
            check=False,
        )
        return Render(done.stdout, done.stderr if done.returncode else "")

    return run


@pytest.fixture(scope="session")
def defaults(render: Renderer) -> Render:
    return render()
