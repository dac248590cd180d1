"""One sandbox's folder: where its parts keep data, logs, certificates and the ports they were given."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from sandbox import ports
from sandbox.build import cache_directory
from sandbox.errors import SandboxError

ROOT = Path(__file__).resolve().parent.parent

# Tells a sandbox's folder from anybody else's.
MARKER = ".pulumi-openkruise-sandbox"

PORTS = (
    "etcd",
    "etcd-peer",
    "apiserver",
    "controller-manager",
    "scheduler",
    "kwok-real",
    "kwok-virtual",
    "webhook-relay",
    # Two of each: during an upgrade the old manager and the new one run side by side.
    *(f"kruise-{part}-{slot}" for slot in (0, 1) for part in ("webhook", "health", "metrics", "pprof")),
)


@dataclass(frozen=True)
class State:
    """Paths inside the sandbox's folder, and its ports by name."""

    directory: Path

    @property
    def bin(self) -> Path:
        """The programs, each by the name it is called by."""
        return self.directory / "bin"

    @property
    def logs(self) -> Path:
        """One log for each process."""
        return self.directory / "logs"

    @property
    def run(self) -> Path:
        """One record for each process that was started."""
        return self.directory / "run"

    @property
    def pki(self) -> Path:
        """Certificates and keys of the cluster."""
        return self.directory / "pki"

    @property
    def kubeconfig(self) -> Path:
        """The administrator's access to the cluster."""
        return self.directory / "kubeconfig"

    @property
    def pulumi(self) -> Path:
        """Pulumi's home, state and passphrase."""
        return self.directory / "pulumi"

    @property
    def manager(self) -> Path:
        """Which OpenKruise manager answers the webhooks, as ``sandbox.rollout`` records it."""
        return self.directory / "manager.json"

    @property
    def marker(self) -> Path:
        """The file that makes the folder a sandbox's."""
        return self.directory / MARKER

    def claim(self) -> None:
        """Create the folder and mark it as a sandbox's; raises ``SandboxError`` if it holds anything else."""
        if self.marker.is_file():
            return
        if self.directory.exists() and not (self.directory.is_dir() and not any(self.directory.iterdir())):
            raise SandboxError(
                f"{self.directory} is there already, and no sandbox has made it (it has no {MARKER}). "
                "Name an empty or a new folder with --state-dir or SANDBOX_DIR."
            )
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.marker.write_text("Made by `python -m sandbox`, whose `down` throws it away.\n")

    def must_be_ours(self) -> None:
        """Raise ``SandboxError`` for a folder that no sandbox created; a missing one is fine."""
        if self.directory.exists() and not self.marker.is_file():
            raise SandboxError(
                f"No sandbox has made {self.directory} (it has no {MARKER}): nothing was stopped or deleted. "
                "Look at --state-dir and SANDBOX_DIR."
            )

    def choose_ports(self) -> None:
        """Chooses a free port for each part, once: a sandbox that is started again keeps its own."""
        self.directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        ports.choose(PORTS, self.directory / "ports.json", cache_directory())

    def port(self, name: str) -> int:
        """Return the port of that part; ports are chosen when the sandbox is first started."""
        chosen: dict[str, int] = json.loads((self.directory / "ports.json").read_text())
        return chosen[name]


def open_state(directory: str | None = None) -> State:
    """Return the state in *directory*, else in ``$SANDBOX_DIR``, else in ``.sandbox`` of this clone."""
    chosen = directory or os.environ.get("SANDBOX_DIR") or str(ROOT / ".sandbox")
    return State(Path(chosen).resolve())
