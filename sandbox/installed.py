"""Uses the Pulumi that a machine has instead of building one, if it suits the sandbox.

Pulumi's command line and its language host for Python come from PATH; the Kubernetes provider comes from
Pulumi's own cache of plugins, else from an earlier build, else from a download. What is not found is built.
``SANDBOX_PULUMI=build`` turns this off: then each program is built, with the versions of the lock files.
"""

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import yaml

from sandbox.build import cache_directory, folder, go_version
from sandbox.programs import PROVIDER_VERSION, find_program
from sandbox.state import MARKER, ROOT, State

SETTING = "SANDBOX_PULUMI"
OLDEST = (3, 237, 0)
"""The oldest Pulumi that the module supports (docs/support.md); a next major version is not supported."""

_CLI, _HOST, _PROVIDER = "pulumi", "pulumi-language-python", "pulumi-resource-kubernetes"
_PLUGIN = f"resource-kubernetes-v{PROVIDER_VERSION}"
_DOWNLOAD_SECONDS = 300

Say = Callable[[str], None]


def find_installed(say: Say) -> dict[str, Path]:
    """Return the folders of the programs that need no build, by the programs' names; empty if there are none.

    Gives *say* a line for each decision that a person may wonder about.
    """
    if os.environ.get(SETTING) == "build":
        return {}
    pulumi = find_pulumi(say)
    if pulumi is None:
        return {}
    found = {_CLI: pulumi.parent, _HOST: pulumi.parent}
    provider = _find_provider(pulumi, say)
    return found if provider is None else {**found, _PROVIDER: provider}


def find_pulumi(say: Say) -> Path | None:
    """Return the `pulumi` on PATH if the sandbox can use it; beside it is its language host for Python."""
    # A sandbox's own folder is on PATH by the variables of `env`, and is deleted with that sandbox.
    places = [
        place
        for place in os.environ.get("PATH", "").split(os.pathsep)
        if not _is_a_sandbox(Path(place).parent)
    ]
    on_path = shutil.which(_CLI, path=os.pathsep.join(places))
    if on_path is None:
        return None
    version = _read_version(on_path)
    folders = (Path(on_path).absolute().parent, Path(on_path).resolve().parent)
    beside = (_CLI, _HOST, f"{_HOST}-exec")
    complete = [place for place in folders if all(os.access(place / name, os.X_OK) for name in beside)]
    reason = ""
    if version is None:
        reason = "`pulumi version` prints no released version"
    elif not OLDEST <= version < (OLDEST[0] + 1, 0, 0):
        wanted = f"{_shown(OLDEST)} or newer, before {OLDEST[0] + 1}"
        reason = f"it is version {_shown(version)}, and the module needs {wanted}"
    elif not complete:
        reason = f"{_HOST} and {_HOST}-exec are not beside it"
    if version is None or reason:
        say(f"Not using {on_path}: {reason}. Pulumi is built instead.")
        return None
    say(f"Using Pulumi {_shown(version)} of {complete[0]}. {SETTING}=build builds one instead.")
    return complete[0] / _CLI


def project_folder(state: State, folders: Mapping[str, Path]) -> Path:
    """Return the folder in which `pulumi` runs this repository's program.

    *folders* are the programs' folders by name. An installed Pulumi has a current language host, which runs
    the program in the environment that Pulumi.yaml names; a clone has that only after `pulumi install`. So
    here is a project that names the sandbox's environment. The built language host runs the first python3 on
    PATH.
    """
    if folders[_CLI] != folders[_HOST]:
        return ROOT
    project = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
    project["runtime"]["options"]["virtualenv"] = sys.prefix
    place = installed_project(state)
    place.mkdir(parents=True, exist_ok=True)
    (place / "Pulumi.yaml").write_text(yaml.safe_dump(project, sort_keys=False))
    for name in ("__main__.py", "stacks"):
        link = place / name
        link.unlink(missing_ok=True)
        link.symlink_to(ROOT / name)
    return place


def installed_project(state: State) -> Path:
    """Return where :func:`project_folder` puts the project for an installed Pulumi."""
    return state.pulumi / "project"


def _shown(version: tuple[int, int, int]) -> str:
    return ".".join(map(str, version))


def _read_version(pulumi: str) -> tuple[int, int, int] | None:
    environment = {**os.environ, "PULUMI_SKIP_UPDATE_CHECK": "true"}
    try:
        done = subprocess.run(
            [pulumi, "version"], env=environment, capture_output=True, text=True, check=False, timeout=60
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    # Without pre-release: `v3.237.0-alpha.1` comes before 3.237.0.
    found = re.fullmatch(r"v?(\d+)\.(\d+)\.(\d+)(?:\+\S*)?", done.stdout.strip(), re.ASCII)
    return (int(found[1]), int(found[2]), int(found[3])) if found and done.returncode == 0 else None


def _find_provider(pulumi: Path, say: Say) -> Path | None:
    home = Path(os.environ.get("PULUMI_HOME") or Path.home() / ".pulumi")
    downloads = cache_directory() / "downloads"
    for place in (home, downloads):
        if (found := _find_plugin(place)) is not None:
            return found
    if shutil.which("go") is not None and folder(find_program(_PROVIDER), go_version()).is_dir():
        return None  # built already: nothing to wait for
    say(f"Downloading Pulumi's Kubernetes provider {PROVIDER_VERSION} ...")
    environment = {**os.environ, "PULUMI_HOME": str(downloads), "PULUMI_SKIP_UPDATE_CHECK": "true"}
    command = [str(pulumi), "plugin", "install", "resource", "kubernetes", PROVIDER_VERSION]
    try:
        done = subprocess.run(
            command,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=_DOWNLOAD_SECONDS,
        )
        reason = (done.stdout.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
    except subprocess.TimeoutExpired:
        reason = f"no end after {_DOWNLOAD_SECONDS} s"
    found = _find_plugin(downloads)
    if found is None:
        say(f"The provider cannot be downloaded ({reason}). It is built instead.")
    return found


def _find_plugin(home: Path) -> Path | None:
    """Return the folder of the provider in one of Pulumi's homes, unless its installation has not ended."""
    plugin = home / "plugins" / _PLUGIN
    # Pulumi keeps this file beside a plugin while it unpacks it.
    if plugin.with_name(f"{_PLUGIN}.partial").exists() or not os.access(plugin / _PROVIDER, os.X_OK):
        return None
    # A sandbox's own plugin, <sandbox>/pulumi/home/plugins, is deleted with that sandbox.
    return None if _is_a_sandbox(home.absolute().parent.parent) else plugin.absolute()


def _is_a_sandbox(directory: Path) -> bool:
    return (directory / MARKER).is_file()
