"""Pulumi's own command line for one cluster: its update, its history, its lock; and no state beside it.

A command writes to a file and leads a session of its own: whatever ends the fleet's program, a running update
goes on to its end (on a pipe, or in the same session, it would be killed with it and leave its lock behind).
"""

import asyncio
import errno
import fcntl
import glob
import json
import os
import re
import shutil
import socket
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import takewhile
from pathlib import Path
from typing import IO, Any

from ..config.config_json import ConfigJson
from ..foreign.error_text import write_lines
from ..foreign.timestamps import parse_timestamp

MESSAGE = "openkruise fleet, release "
"""How the message of an update that a fleet ran begins, in the cluster's own history."""
PULUMI_KEPT = re.compile(
    r"PULUMI_(HOME|BACKEND_URL|CONFIG_PASSPHRASE(_FILE)?|ACCESS_TOKEN|SKIP_\w+|DISABLE_\w+|IGNORE_\w+)"
)
"""Pulumi's variables that a cluster's command gets; the others describe the fleet's own run."""
_LOCK = re.compile(r"created by (?P<user>\S+)@(?P<host>\S+) \(pid (?P<pid>\d+)\)")
_SUMMARY = re.compile(r"^(?:Diagnostics|Resources):.*", re.MULTILINE | re.DOTALL)
_QUOTED_LINES = 12
WAIT_SECONDS = 2.0
"""Seconds between two reads of whether another update of a stack has ended."""
_READ_SECONDS = 60.0


@dataclass(frozen=True)
class Lock:
    """Who holds a stack's lock, as Pulumi prints it."""

    user: str
    host: str
    pid: int

    def state(self) -> str:
        """Return ``live``, ``stale`` or ``elsewhere``: on another host nothing is known of the process."""
        if self.host != socket.gethostname():
            return "elsewhere"
        status = Path(f"/proc/{self.pid}/stat")
        try:
            os.kill(self.pid, 0)
            # Ended, and only listed until its parent asks: in a container there may be none that does.
            return "stale" if status.exists() and ") Z " in status.read_text() else "live"
        except (ProcessLookupError, FileNotFoundError):
            return "stale"
        except PermissionError:  # another user's process is alive, too
            return "live"


@dataclass(frozen=True)
class Update:
    """The last update of a stack, by its history."""

    succeeded: bool
    message: str
    ended: datetime | None
    commit: str
    kind: str


class CommandError(Exception):
    """A command of Pulumi's that failed, with what it said (Pulumi hides secrets in its output)."""


@dataclass(frozen=True)
class Stack:
    """One stack of the project in ``folder``."""

    name: str
    folder: Path

    async def run(self, *arguments: str, log: Path) -> tuple[int, str]:
        """Run ``pulumi``; return its exit code and output, which ``log`` has too, for this user alone."""
        log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "wb") as file:
            _try_lock(file)  # the command keeps the lock, which ends with it and with nothing else
            start = file.seek(0, os.SEEK_END)
            process = await self._start(arguments, stdout=file, stderr=file, start_new_session=True)
        return await process.wait(), log.read_bytes()[start:].decode(errors="replace")

    async def wait_for_survivor(self, logs: Path) -> None:
        """Wait for the end of the stack's newest update, which may have outlived the fleet that started it.

        No lock of Pulumi's tells that before an update is tried, which would be a second one.
        """
        names = f"{glob.escape(self.name)}-up-{'[0-9]' * 8}T{'[0-9]' * 6}Z.log"
        for newest in sorted(logs.glob(names))[-1:]:
            with newest.open("rb") as file:
                while not _try_lock(file):
                    await asyncio.sleep(WAIT_SECONDS)

    async def read(self, *arguments: str) -> Any:
        """Return what a command prints as JSON; raises CommandError, after a minute at the latest."""
        process = await self._start(arguments, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        try:
            output, error = await asyncio.wait_for(process.communicate(), _READ_SECONDS)
        except asyncio.TimeoutError:
            raise CommandError(f"`pulumi {arguments[0]}` did not answer for {_READ_SECONDS:.0f} s") from None
        finally:
            if process.returncode is None:  # its time is over, or an interrupt ends this program
                process.kill()
                await process.wait()
        if process.returncode != 0:
            raise CommandError(find_cause(error.decode(errors="replace")))
        try:
            return json.loads(output)
        except ValueError:
            raise CommandError(f"`pulumi {arguments[0]}` printed something other than JSON") from None

    async def _start(self, arguments: Sequence[str], **options: Any) -> asyncio.subprocess.Process:
        """Start ``pulumi`` so that it neither prompts nor uses colours."""
        return await asyncio.create_subprocess_exec(
            shutil.which("pulumi") or "pulumi",
            *arguments,
            *("--stack", self.name, "--non-interactive", "--color", "never"),
            cwd=self.folder,
            env=build_environment(),
            stdin=subprocess.DEVNULL,
            **options,
        )

    async def last_update(self) -> Update | None:
        """Return the newest entry of the stack's history; None for a stack without one."""
        found = await self.read("stack", "history", "--json", "--page-size", "1")
        if not isinstance(found, list) or not found:
            return None
        entry = found[0]
        return Update(
            succeeded=entry.get("result") == "succeeded",
            message=str(entry.get("message") or ""),
            ended=parse_timestamp(str(entry.get("endTime") or "")),
            commit=str((entry.get("environment") or {}).get("git.head") or ""),
            kind=str(entry.get("kind") or ""),
        )

    async def config(self) -> ConfigJson:
        """Return the stack's whole config, with secrets in plain text, for this process's memory alone."""
        return dict(await self.read("config", "--json", "--show-secrets"))


def _try_lock(file: IO[bytes]) -> bool:
    """Lock an open file for all who share this opening of it; return False where another has locked it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:  # or a file system that has no locks, and tells of no survivor
        return error.errno != errno.EWOULDBLOCK
    return True


def build_environment() -> dict[str, str]:
    """Return this process's environment without the variables that describe the fleet's own run."""
    return {k: v for k, v in os.environ.items() if not k.startswith("PULUMI_") or PULUMI_KEPT.fullmatch(k)}


def find_cause(text: str) -> str:
    """Return the lines of a command's output that say why it failed, a few at most, without logins."""
    lines = [line.strip() for line in write_lines(text)]
    start = next((at for at, line in enumerate(lines) if line.startswith("error:")), -_QUOTED_LINES)
    chosen = list(takewhile(lambda line: line not in ("Outputs:", "Resources:"), lines[start:]))
    return "\n".join(chosen[:_QUOTED_LINES]) or "it said nothing"


def find_lock(text: str) -> Lock | None:
    """Return the lock that a command ran into, by its output; None if it failed for another reason."""
    found = _LOCK.search(text) if "is currently locked" in text else None
    return Lock(found["user"], found["host"], int(found["pid"])) if found else None


def find_summary(text: str) -> list[str]:
    """Return what sums up a preview without outputs: its diagnostics and the count of changes."""
    return write_lines("".join(_SUMMARY.findall(text)))
