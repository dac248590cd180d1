"""Ports on loopback, each for one sandbox alone.

Some are used long after they were chosen: those of a second manager during an upgrade, for one. So it does
not suffice that nothing listens on a port now; a list in the user's cache says whose each one is.
"""

import fcntl
import json
import random
import socket
from collections.abc import Sequence
from pathlib import Path

# Below the range from which the kernel gives ports to outgoing connections, so that none is lost to one.
_RANGE = (20000, 32000)


def choose(names: Sequence[str], target: Path, registry: Path) -> None:
    """Write a free port for each name into the file *target*, unless it is there already.

    *registry* is the folder that all sandboxes of the machine share. It keeps a port for as long as the
    file exists that the port was written into.
    """
    registry.mkdir(parents=True, exist_ok=True)
    with (registry / "ports.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if target.exists():
            return
        listed = registry / "ports.json"
        owners: dict[str, str] = json.loads(listed.read_text()) if listed.exists() else {}
        owners = {port: owner for port, owner in owners.items() if Path(owner).exists()}
        taken = {int(port) for port in owners}
        chosen: set[int] = set()
        for _ in names:
            chosen.add(_find_free(taken | chosen))
        _write(target, dict(zip(names, sorted(chosen), strict=True)))
        _write(listed, {**owners, **dict.fromkeys(map(str, sorted(chosen)), str(target))})


def _find_free(taken: set[int]) -> int:
    while True:
        port = random.randint(*_RANGE)
        if port in taken:
            continue
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
        return port


def _write(path: Path, content: dict[str, int] | dict[str, str]) -> None:
    fresh = path.with_suffix(".new")
    fresh.write_text(json.dumps(content, indent=1) + "\n")
    fresh.rename(path)
