"""Kills a running Pulumi at a point that the cluster must have reached, and never anything else.

Everything of one command is stopped first (SIGSTOP), so that nothing moves while the point is looked at; then
the victims are killed, and whatever survives goes on, as in life.
"""

import contextlib
import subprocess
import time
from collections.abc import Callable, Iterable
from typing import Literal

import psutil

Victim = Literal["cli", "provider", "both"]
_PROVIDER = "pulumi-resource-kubernetes"
_PAUSE = 0.015
"""Seconds between two looks; looking all the time takes half a core, which the command then lacks."""


class PointNotReachedError(AssertionError):
    """The command ended, or went past the point, before it could be stopped there."""


def kill_at(
    process: "subprocess.Popen[str]", point: Callable[[], bool], victim: Victim, *, patience: float = 180
) -> list[psutil.Process]:
    """Kills the victim of a running command as soon as *point* is true, if it still is once all is stopped.

    Early on there is no provider yet: "both" are then the CLI alone. Returns what the command has started
    and is not killed. Raises :class:`PointNotReachedError`.
    """
    deadline = time.monotonic() + patience
    while not point():
        if process.poll() is not None:
            raise PointNotReachedError(f"the command ended with {process.returncode} before")
        if time.monotonic() > deadline:
            end(_family(process))
            raise PointNotReachedError(f"not reached within {patience:.0f} s")
        time.sleep(_PAUSE)
    cli, *others = family = _family(process)
    _each(family, psutil.Process.suspend)
    providers = [one for one in others if _is_provider(one)]
    if (victim == "provider" and not providers) or not point():
        end(family)
        raise PointNotReachedError("already past it when everything was stopped")
    victims = {"cli": [cli], "provider": providers, "both": [cli, *providers]}[victim]
    survivors = [one for one in family if one not in victims]
    end(victims)
    _each(survivors, psutil.Process.resume)
    return survivors


def end(processes: Iterable[psutil.Process]) -> None:
    """Kills these processes, as far as they still run."""
    _each(processes, psutil.Process.kill)


def _family(process: "subprocess.Popen[str]") -> list[psutil.Process]:
    cli = psutil.Process(process.pid)
    return [cli, *cli.children(recursive=True)]


def _is_provider(process: psutil.Process) -> bool:
    with contextlib.suppress(psutil.NoSuchProcess):
        return any(_PROVIDER in part for part in process.cmdline()[:1])
    return False


def _each(processes: Iterable[psutil.Process], act: Callable[[psutil.Process], None]) -> None:
    for process in processes:
        with contextlib.suppress(psutil.NoSuchProcess):
            act(process)
