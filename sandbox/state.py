"""One sandbox's folder: where its parts keep data, logs, certificates and the ports they were given."""

import json
import os
import random
import socket
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Below the range from which the kernel gives ports to outgoing connections, so that none is lost to one.
_PORT_RANGE = (20000, 32000)


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

    def port(self, name: str) -> int:
        """The port of that name: chosen among the free ones when first asked for, then always the same."""
        path = self.directory / "ports.json"
        ports: dict[str, int] = json.loads(path.read_text()) if path.exists() else {}
        if name not in ports:
            ports[name] = _free_port(set(ports.values()))
            self.directory.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(ports, indent=1) + "\n")
        return ports[name]


def open_state(directory: str | None = None) -> State:
    """The state in *directory*, else in ``$SANDBOX_DIR``, else in ``.sandbox`` of this clone."""
    chosen = directory or os.environ.get("SANDBOX_DIR") or str(ROOT / ".sandbox")
    return State(Path(chosen).resolve())


def _free_port(taken: set[int]) -> int:
    while True:
        port = random.randint(*_PORT_RANGE)
        if port in taken:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port
