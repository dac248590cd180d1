"""The Go program of this directory as a Python object: build it once, keep it running, ask it."""

import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

SOURCE = Path(__file__).parent / "go"


class OracleError(RuntimeError):
    """The program is missing, does not build, or did not understand a request."""


def executable(source: Path = SOURCE, name: str = "oracle") -> Path:
    """Return the executable of a Go program; build it into the user's cache if its sources are new.

    The environment variable ORACLE, or the program's name in capitals, names a ready one instead.
    """
    if given := os.environ.get(name.upper()):
        return Path(given)
    sources = sorted(path for path in source.iterdir() if path.suffix in (".go", ".mod", ".sum"))
    digest = hashlib.sha256()
    for path in sources:
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    target = cache / "pulumi-openkruise" / f"{name}-{digest.hexdigest()[:16]}"
    if target.exists():
        return target
    go = shutil.which("go")
    if go is None:
        raise OracleError(
            "the tests against Kubernetes' own code need Go 1.26 or newer on the PATH (https://go.dev/dl), "
            f"or {name.upper()}=<path of the built program>"
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    # Build beside the target and rename, so that two test runs never see half a program.
    fresh = target.with_name(f"{target.name}.{os.getpid()}")
    built = subprocess.run(
        [go, "build", "-trimpath", "-o", str(fresh), "."],
        cwd=source,
        env={**os.environ, "CGO_ENABLED": "0"},
        capture_output=True,
        text=True,
        check=False,
    )
    if built.returncode:
        raise OracleError(f"building {source} failed:\n{built.stderr}")
    fresh.rename(target)
    return target


class Oracle:
    """One running oracle process."""

    def __init__(self, program: Path | None = None) -> None:
        self._process = subprocess.Popen(
            [str(program or executable())], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def ask(self, op: str, **fields: Any) -> dict[str, Any]:
        """Send one request and return the answer; raise OracleError if it could not be answered."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps({"op": op, **fields}).encode() + b"\n")
        self._process.stdin.flush()
        line = self._process.stdout.readline()
        if not line:
            raise OracleError(f"the oracle ended (exit status {self._process.wait()}) on {op} {fields}")
        answer: dict[str, Any] = json.loads(line)
        if "failure" in answer:
            raise OracleError(f"{answer['failure']}: {op} {fields}")
        return answer

    def batch(self, requests: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
        """Answer many requests in one round trip; a failed one is an answer with the key ``failure``."""
        answers: list[dict[str, Any]] = self.ask("batch", requests=list(requests))["answers"]
        return answers

    def close(self) -> None:
        """End the process by closing its input."""
        if self._process.stdin is not None:
            self._process.stdin.close()
        self._process.wait(timeout=30)
        if self._process.stdout is not None:
            self._process.stdout.close()
