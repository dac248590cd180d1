"""What a process costs: processor time, on which other work on the machine tells little, and memory."""

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

_ROOT = Path(__file__).resolve().parent.parent


class Cost(NamedTuple):
    """What a process took."""

    seconds: float
    """Of processor time, in the program and in the kernel for it."""
    megabytes: float
    """The largest resident memory."""


def cost(arguments: list[str]) -> Cost:
    """Run Python with these arguments, and return what it took; raises RuntimeError if it fails.

    Modules are compiled once and kept, as they are where a package is installed; where they are not yet, the
    first run takes longer.
    """
    command = [sys.executable, *arguments]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    process = subprocess.Popen(
        command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=_ROOT, env=environment
    )
    assert process.stderr is not None
    error = process.stderr.read().decode()
    _pid, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stderr.close()
    if process.returncode not in (0, 1):
        raise RuntimeError(f"{' '.join(command)}: {error}")
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)
