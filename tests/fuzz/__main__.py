"""Runs the fuzzer: ``python -m tests.fuzz 100000 [seed]``; each find is printed with what repeats it."""

import faulthandler
import random
import resource
import signal
import sys
import time
import traceback
from typing import Any

from .targets import MARKER, TARGETS, Target

SLOWEST, LARGEST = 10.0, 500
"""Seconds of the processor that one input may take, and MiB that the process may use."""


class _TooSlowError(Exception):
    """One input takes longer than SLOWEST."""


def _stop(_number: int, _frame: Any) -> None:
    raise _TooSlowError


def find(target: Target, seed: int) -> str:
    """Return what is wrong with how one input is read; empty where nothing is."""
    before = signal.signal(signal.SIGPROF, _stop)
    signal.setitimer(signal.ITIMER_PROF, SLOWEST)
    try:
        # In a frame of its own: what a signal raises amid a loop in this one can miss the clauses below.
        return _read(target, seed)
    except _TooSlowError:
        return f"longer than {SLOWEST:g} seconds"
    except Exception:
        return traceback.format_exc(limit=-6)
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _read(target: Target, seed: int) -> str:
    for said in target.run(random.Random(seed)):
        if MARKER in said:
            return f"the marker leaks: {said[:500]}"
        if "should not happen" in said or "Internal error" in said:
            return said[:500]
    return ""


def main(runs: int, seed: int) -> int:
    """Read that many inputs, in turn of each kind; return how many are finds."""
    faulthandler.enable()
    began, finds, kinds = time.monotonic(), 0, set[tuple[str, str]]()
    for number in range(runs):
        target = TARGETS[number % len(TARGETS)]
        found = find(target, seed + number)
        if found:
            finds += 1
            kind = (target.name, found.strip().splitlines()[-1])
            if kind not in kinds:
                kinds.add(kind)
                print(f"{target.name}, seed {seed + number}:\n{found}", flush=True)
    used = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    took = time.monotonic() - began
    print(f"{runs:,} inputs in {took:.0f} s, {used} MiB: {finds} finds of {len(kinds)} kinds")
    return finds + (used > LARGEST)


if __name__ == "__main__":
    sys.exit(bool(main(int(sys.argv[1]), int(sys.argv[2]) if len(sys.argv) > 2 else 0)))
