"""Pulumi for the sandbox: its own home, state and passphrase, the provider from the cache, no network."""

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml

from sandbox.cluster import CONTEXT
from sandbox.errors import SandboxError
from sandbox.programs import PROVIDER_VERSION
from sandbox.state import ROOT, State

STACK = "sandbox"
# Protects nothing: the cluster and the stack's state are thrown away with the sandbox.
_PASSPHRASE = "sandbox"
_LOOPBACK = ("127.0.0.1", "localhost")
# Some programs read only the one, some only the other.
_NO_PROXY = ("NO_PROXY", "no_proxy")


def environment(state: State) -> dict[str, str]:
    """Return the variables with which any ``pulumi`` command works on this sandbox and on nothing else."""
    python = Path(sys.executable).parent
    path = os.environ.get("PATH", "")
    return {
        "PULUMI_BACKEND_URL": f"file://{state.pulumi / 'state'}",
        "PULUMI_HOME": str(state.pulumi / "home"),
        "PULUMI_CONFIG_PASSPHRASE": _PASSPHRASE,
        "PULUMI_SKIP_UPDATE_CHECK": "true",
        "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
        "PULUMI_DISABLE_REGISTRY_RESOLVE": "true",
        # The package is installed from the clone here, where Pulumi does not find what says that a program
        # in Python needs no plugin of it, and would tell in each command that one is on PATH.
        "PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
        "KUBECONFIG": str(state.kubeconfig),
        # Pulumi's parts talk to each other by gRPC, which in Python sends even loopback through a proxy.
        **dict.fromkeys(_NO_PROXY, _without_proxy()),
        # The sandbox's language host runs the first python3 on PATH.
        "PATH": os.pathsep.join([str(python), str(state.bin), *path.split(os.pathsep)]),
    }


def _without_proxy() -> str:
    """Return the hosts that no proxy is asked for: the user's, then loopback."""
    users = [host.strip() for name in _NO_PROXY for host in os.environ.get(name, "").split(",")]
    return ",".join(dict.fromkeys(host for host in [*users, *_LOOPBACK] if host))


def run(
    state: State,
    arguments: Sequence[str],
    *,
    cwd: Path = ROOT,
    env: Mapping[str, str] | None = None,
    capture: bool = True,
    patience: float | None = None,
) -> subprocess.CompletedProcess[str]:
    """One ``pulumi`` command; its output is captured in one stream, or goes to the terminal.

    Raises subprocess.TimeoutExpired, with the output, after so many seconds of patience.
    """
    return subprocess.run(
        [str(state.bin / "pulumi"), *arguments],
        cwd=cwd,
        env={**os.environ, **environment(state), **(env or {})},
        stdout=subprocess.PIPE if capture else None,
        stderr=subprocess.STDOUT if capture else None,
        text=True,
        check=False,
        timeout=patience,
    )


def prepare(state: State, provider: Path) -> None:
    """Create the backend and install the Kubernetes provider from the built program."""
    (state.pulumi / "state").mkdir(parents=True, exist_ok=True)
    plugin = state.pulumi / "home" / "plugins" / f"resource-kubernetes-v{PROVIDER_VERSION}"
    if not plugin.exists():
        binary = str(provider / "pulumi-resource-kubernetes")
        _must(state, ["plugin", "install", "resource", "kubernetes", PROVIDER_VERSION, "--file", binary])


def prepare_stack(state: State, project: str, stack: str) -> str:
    """Create the stack unless it exists and return the salt of its passphrase.

    ``pulumi stack init`` writes that salt into the stack's config file; so that the committed file stays
    as it is, the stack is made from an empty folder that only borrows the project's name.
    """
    salt_file = state.pulumi / f"{project}.{stack}.salt"
    if salt_file.exists():
        return salt_file.read_text().strip()
    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "Pulumi.yaml").write_text(yaml.safe_dump({"name": project, "runtime": "python"}))
        _must(state, ["stack", "init", stack, "--non-interactive"], cwd=Path(folder))
        written = yaml.safe_load((Path(folder) / f"Pulumi.{stack}.yaml").read_text())
    salt_file.write_text(written["encryptionsalt"] + "\n")
    return str(written["encryptionsalt"])


def config_file(state: State, stack: str = STACK) -> Path:
    """Return the config file that the sandbox's own ``pulumi`` commands run with."""
    return state.pulumi / f"Pulumi.{stack}.yaml"


def write_config(
    state: State, stack: str, additions: Mapping[str, Any], *, base: Path | None, salt: str
) -> Path:
    """Write the config file to run with: the committed one, the way to the cluster, and *additions*."""
    document = yaml.safe_load(base.read_text()) if base is not None and base.exists() else {}
    document = document or {}
    document["encryptionsalt"] = salt
    document["config"] = {
        **(document.get("config") or {}),
        "kubernetes:kubeconfig": str(state.kubeconfig),
        "kubernetes:context": CONTEXT,
        **additions,
    }
    path = config_file(state, stack)
    path.write_text(yaml.safe_dump(document, sort_keys=True))
    return path


def outputs(state: State, *, stack: str = STACK, cwd: Path = ROOT) -> dict[str, Any]:
    """Return the stack's outputs; empty when there is no stack."""
    done = subprocess.run(
        [str(state.bin / "pulumi"), "stack", "output", "--json", "--stack", stack],
        cwd=cwd,
        env={**os.environ, **environment(state)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        return {}
    found: dict[str, Any] = json.loads(done.stdout or "{}")
    return found


def _must(state: State, arguments: Sequence[str], cwd: Path = ROOT) -> None:
    done = run(state, arguments, cwd=cwd)
    if done.returncode != 0:
        raise SandboxError(f"`pulumi {' '.join(arguments)}` failed:\n{done.stdout}")
