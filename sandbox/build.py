"""Builds the programs into a cache that every clone of every project on the machine shares.

A binary's folder is named after a hash of everything that goes into it, so it is built again only when its
pins, sources, flags or the Go version change. A folder appears by a single rename once it is complete: an
interrupted build leaves the finished ones and Go's own package cache behind and goes on from there.
"""

import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from pathlib import Path

from sandbox.errors import SandboxError
from sandbox.programs import (
    COMPILER_FLAGS,
    GO_ENVIRONMENT,
    GO_ROOT,
    PROGRAMS,
    PROVIDER_MODULE,
    PROVIDER_VERSION,
    Adapted,
    Copied,
    Program,
)
from sandbox.progress import Progress, plain_or_live

_ATTEMPTS = 4
_AMPLE_MEMORY = 12 * 1024**3


def cache_directory() -> Path:
    """``$XDG_CACHE_HOME/pulumi-openkruise`` (``~/.cache/pulumi-openkruise``)."""
    base = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(base) / "pulumi-openkruise"


def go_version() -> str:
    """Go's version, as ``go1.26.8``; raises :class:`SandboxError` where there is no Go."""
    if shutil.which("go") is None:
        raise SandboxError("No `go` on PATH. The sandbox is built from Go modules: install Go 1.26 or newer.")
    return _go(["env", "GOVERSION"], GO_ROOT).strip()


def fingerprint(program: Program, go: str) -> str:
    """Return the hash that names the program's folder: pins, own sources, flags, Go version."""
    digest = hashlib.sha256()
    flags = [program.linker_flags, *COMPILER_FLAGS, json.dumps(GO_ENVIRONMENT)]
    for part in [go, program.package, *flags, repr(program.copied), repr(program.adapted)]:
        digest.update(part.encode() + b"\0")
    locks = {program.lock, *(copied.lock or program.lock for copied in program.copied)}
    for lock in sorted(locks):
        for path in sorted((GO_ROOT / lock).rglob("*")):
            if path.name in ("go.mod", "go.sum") or path.suffix == ".go":
                digest.update(path.relative_to(GO_ROOT).as_posix().encode() + b"\0")
                digest.update(path.read_bytes() + b"\0")
    return digest.hexdigest()[:16]


def folder(program: Program, go: str) -> Path:
    """Where the finished program lies, whether it is there already or not."""
    return cache_directory() / "programs" / f"{program.name}-{fingerprint(program, go)}"


def build(
    extra: Sequence[str] = (),
    given: Mapping[str, Path] | None = None,
    spared: Collection[str] = (),
) -> dict[str, Path]:
    """Build what is missing, with a progress display, and return each program's folder by name.

    *extra* names optional programs to build as well. *given* has the folders, by name, of programs that need
    no build. *spared* names programs not to build; one is returned all the same if an earlier build has made
    it. Raises :class:`SandboxError` when a build fails.
    """
    go = go_version()
    given = given or {}
    wanted = [program for program in PROGRAMS if not program.optional or program.name in extra]
    wanted = [program for program in wanted if program.name not in given]
    folders = {
        program.name: folder(program, go)
        for program in wanted
        if program.name not in spared or folder(program, go).is_dir()
    }
    wanted = [program for program in wanted if program.name in folders]
    if all(path.is_dir() for path in folders.values()):
        return {**folders, **given}
    with _locked(), plain_or_live() as progress:
        # What a build that was killed has left half done.
        for leftover in (cache_directory() / "programs").glob(".*"):
            shutil.rmtree(leftover, ignore_errors=True)
        missing = [program for program in wanted if not folders[program.name].is_dir()]
        # While it was waited for, another build may have made all of them.
        if missing:
            progress.expect({program.name: program.weight for program in missing})
            _build_missing(missing, folders, progress)
    return {**folders, **given}


def _build_missing(missing: list[Program], folders: dict[str, Path], progress: Progress) -> None:
    """One thread a lane compiles; modules of all programs are fetched beside it from the first second."""
    lanes = sorted({program.lane for program in missing})
    # Programs of one lock file share most of their modules, so these are fetched one program after the other;
    # each is compiled as soon as its own are there.
    locks = list(dict.fromkeys(program.lock for program in missing))
    with ExitStack() as stack:
        fetchers = {lock: stack.enter_context(ThreadPoolExecutor(1)) for lock in locks}
        fetched = {
            program.name: fetchers[program.lock].submit(_fetch, program, progress) for program in missing
        }
        builders = stack.enter_context(ThreadPoolExecutor(len(lanes)))

        def lane(number: int) -> None:
            for program in missing:
                if program.lane == number and not progress.failed:
                    packages = fetched[program.name].result()
                    _build_one(program, folders[program.name], packages, progress)

        for done in [builders.submit(lane, number) for number in lanes]:
            done.result()


def _fetch(program: Program, progress: Progress) -> int:
    """Download the modules that the program is compiled from; return its number of packages."""
    progress.fetching(program.name)
    for attempt in range(1, _ATTEMPTS + 1):
        try:
            # The provider embeds files that are not there yet (-e).
            listed = _go(["list", "-deps", "-e", program.package], program.directory)
            break
        except SandboxError as error:
            # A registry that is asked for hundreds of modules at once may refuse one of them now and then.
            if attempt == _ATTEMPTS or progress.failed:
                progress.fail(program.name, str(error))
                raise
            progress.note(f"{program.name}: downloading failed, trying again: {str(error)[-300:]}")
            time.sleep(3 * attempt)
    progress.fetched(program.name, len(listed.split()))
    return len(listed.split())


def _build_one(program: Program, target: Path, packages: int, progress: Progress) -> None:
    progress.started(program.name, packages)
    target.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=target.parent, prefix=f".{program.name}-") as scratch_name:
        scratch = Path(scratch_name)
        sources, result = scratch / "sources", scratch / "result"
        shutil.copytree(program.directory, sources)
        result.mkdir()
        if program.package == ".":
            _provider_schema(program, sources)
        package = program.package if program.adapted is None else _adapt(program, program.adapted, sources)
        _compile(program, package, sources, result / program.name, progress)
        for copied in program.copied:
            _copy(copied, program, result)
        result.rename(target)
    progress.finished(program.name)


def _compile(program: Program, package: str, sources: Path, binary: Path, progress: Progress) -> None:
    flags = [*COMPILER_FLAGS, "-ldflags", program.linker_flags]
    command = ["go", "build", "-v", *flags, "-o", str(binary), package]
    process = subprocess.Popen(
        command, cwd=sources, env=_environment(), stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True
    )
    said: list[str] = []
    assert process.stderr is not None
    # `go build -v` names each package as it is compiled; whatever else it says is an error's text.
    for line in process.stderr:
        said.append(line)
        if not line.startswith(("#", "go:", "\t")) and " " not in line.strip():
            progress.compiled(program.name, line.strip())
    if process.wait() != 0:
        error = f"Building {program.name} failed: {' '.join(command)}\n{''.join(said[-40:])}"
        progress.fail(program.name, error)
        raise SandboxError(error)


def _adapt(program: Program, adapted: Adapted, sources: Path) -> str:
    """Put an adapted copy of an upstream main beside the program's sources; return its package."""
    text = (find_module(adapted.module, program.lock) / adapted.source).read_text()
    for old, new in adapted.replaced:
        if old not in text:
            raise SandboxError(
                f"{program.name}: {adapted.source} of {adapted.module} has no {old} to replace."
            )
        text = text.replace(old, new)
    (sources / program.name).mkdir()
    (sources / program.name / "main.go").write_text(text)
    return f"./{program.name}"


def _provider_schema(program: Program, sources: Path) -> None:
    """Put the two files that the provider embeds beside its main; the schema lacks a version upstream."""
    upstream = find_module(PROVIDER_MODULE, program.lock) / "cmd" / program.name
    schema = json.loads((upstream / "schema.json").read_text())
    schema["version"] = PROVIDER_VERSION
    (sources / "schema.json").write_text(json.dumps(schema))
    shutil.copyfile(upstream / "terraform-mapping.json", sources / "terraform-mapping.json")


def _copy(copied: Copied, program: Program, result: Path) -> None:
    source = find_module(copied.module, copied.lock or program.lock) / copied.source
    target = result / copied.target
    target.parent.mkdir(parents=True, exist_ok=True)
    if source.is_dir():
        # The module cache is read-only; a cache that can be deleted should not be.
        shutil.copytree(source, target, copy_function=shutil.copyfile)
        for path in [target, *target.rglob("*")]:
            path.chmod(0o755 if path.is_dir() else 0o644)
    else:
        shutil.copyfile(source, target)
        target.chmod(0o755 if copied.executable else 0o644)


def find_module(module: str, lock: str) -> Path:
    """Return the source folder of a Go module in the version that ``sandbox/go/<lock>`` pins; downloads it.

    Raises :class:`SandboxError` where it cannot be downloaded.
    """
    _go(["mod", "download", module], GO_ROOT / lock)
    return Path(_go(["list", "-m", "-f", "{{.Dir}}", module], GO_ROOT / lock).strip())


def _environment() -> dict[str, str]:
    # Fewer collections in the compiler: an eighth less time. With 800 the largest package takes 3.6 GB.
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    collections = "800" if memory >= _AMPLE_MEMORY else "200"
    return {"GOGC": collections, **os.environ, **GO_ENVIRONMENT}


def _go(arguments: list[str], directory: Path) -> str:
    command = ["go", *arguments]
    done = subprocess.run(command, cwd=directory, env=_environment(), capture_output=True, text=True)
    if done.returncode != 0:
        raise SandboxError(f"`go {' '.join(arguments)}` failed in {directory}:\n{done.stderr[-4000:]}")
    return done.stdout


_LOCK_GUARD = threading.Lock()


@contextmanager
def _locked() -> Iterator[None]:
    """One build at a time on the machine; the kernel drops the lock with the process that held it."""
    path = cache_directory() / "build.lock"
    path.parent.mkdir(parents=True, exist_ok=True)
    with _LOCK_GUARD, path.open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waits = "Another build is running on this machine; waiting for it."
            print(waits, file=sys.stderr, flush=True)
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
