"""The state of Pulumi's file backend, as far as a killed CLI can leave it unreadable: found and mended."""

import os
import re
import shutil
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from urllib.parse import unquote, urlsplit

from ..foreign.addresses import strip_login
from ..lifecycle.checkpoint import ATTRIBUTES, BACKUP, Damage, find_damage, is_checkpoint
from .app import CLEAN, FINDINGS
from .errors import UnusableInputError
from .output.streams import escape, write_error
from .output.terminal import as_json, ask_agreement, emit

_PARTS = ("backups", "history", "locks", "stacks")
"""What the backend writes; in the user's own folder Pulumi has its plugins beside."""
_BACKEND = re.compile(
    r"""^backend:\s*\n(?:[ \t]+.*\n)*?[ \t]+url:[ \t]*['"]?(?P<url>[^'"\s#]+)""", re.MULTILINE
)


def find_state_folder(given: str | None) -> Path | None:
    """Return the folder of the file backend: the one given, else PULUMI_BACKEND_URL's, else Pulumi.yaml's.

    None where Pulumi keeps its state elsewhere; of a login by ``pulumi login`` nothing is read. Raises
    UnusableInputError.
    """
    url = given or os.environ.get("PULUMI_BACKEND_URL") or _read_project_backend()
    if not url:
        return None
    try:
        path = _find_path(url)
        if path is None:
            return None
        folder = Path(os.path.expanduser(path))
        folder = folder if folder.name == ".pulumi" else folder / ".pulumi"
        exists = _is_folder(folder)
    except (OSError, ValueError) as error:  # not an address, or a name that is too long
        # urlsplit quotes the address, in which a login may be.
        reason = error.strerror if isinstance(error, OSError) else "not a valid address"
        raise UnusableInputError(f"{strip_login(url)}: not a folder of Pulumi's state: {reason}") from None
    if not exists and given:
        raise UnusableInputError(f"{folder}: there is no such folder")
    return folder if exists else None


def _is_folder(path: Path) -> bool:
    """Tell whether a path is a folder; raises OSError where that is not known.

    From Python 3.14 on, ``is_dir`` says no to that, too.
    """
    try:
        return stat.S_ISDIR(path.stat().st_mode)
    except (FileNotFoundError, NotADirectoryError):
        return False


def _find_path(url: str) -> str | None:
    """Return the path of a backend's address, None for one that is not on this machine."""
    if "://" not in url:
        return url
    parts = urlsplit(url)
    return unquote(f"{parts.netloc}{parts.path}") if parts.scheme == "file" else None


def _walk(folder: Path) -> Iterator[Path]:
    """Yield the files below a folder; raises OSError for one that cannot be listed, which ``rglob`` hides."""

    def fail(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):  # a backend makes its folders when it needs them
            raise error

    for name, _folders, files in os.walk(folder, onerror=fail):
        yield from (Path(name, file) for file in files)


def find_all_damage(folder: Path) -> list[Damage]:
    """Return every file of the backend that is not whole; raises UnusableInputError."""
    found = []
    try:
        paths = [
            folder / f"meta.yaml{ATTRIBUTES}",
            *(path for part in _PARTS for path in _walk(folder / part)),
        ]
        for path in sorted(paths):
            if path.is_symlink() or not path.is_file():
                continue
            if not path.name.endswith(ATTRIBUTES) and not _is_state(path, folder):
                continue
            backup = path.with_name(path.name + BACKUP)
            damage = find_damage(
                str(path), path.read_bytes(), backup.read_bytes() if backup.is_file() else None
            )
            if damage is not None:
                found.append(damage)
    except OSError as error:
        raise UnusableInputError(f"{folder}: cannot be read: {error.strerror}") from None
    return found


def repair(damage: Damage) -> None:
    """Mend one file; do nothing to one that cannot be mended. Raises OSError."""
    path = Path(damage.path)
    if damage.repair == "delete":
        path.unlink(missing_ok=True)  # with the state beside it restored, it is gone already
    elif damage.repair == "restore":
        content = path.with_name(path.name + BACKUP).read_bytes()
        fresh = path.with_name(path.name + ".new")
        fresh.unlink(missing_ok=True)  # of a repair that was killed
        # For its owner alone from the first byte on, and never through a link of that name.
        with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(content)
        shutil.copymode(path, fresh)  # a checkpoint may be for its owner alone
        os.replace(path, path.with_name(path.name + ".damaged"))
        os.replace(fresh, path)
        path.with_name(path.name + ATTRIBUTES).unlink(missing_ok=True)


def recover_state(folder: Path, damages: Sequence[Damage], *, dry_run: bool, yes: bool, output: str) -> int:
    """Say what is damaged, ask, and mend it; returns the exit code."""
    lines = [f"Found: {len(damages)} of Pulumi's own files in {folder} are cut off.", "To do:"]
    lines += [f"  {escape(str(damage))}" for damage in damages]
    emit("\n".join(lines)) if output != "json" else write_error("\n".join(lines))
    mendable = [damage for damage in damages if damage.repair != "none"]
    done = bool(mendable) and not dry_run and (yes or ask_agreement())
    if done:
        try:
            for damage in mendable:
                repair(damage)
        except OSError as error:
            raise UnusableInputError(f"{error.filename}: {error.strerror}") from None
    restored = any(damage.repair == "restore" for damage in mendable)
    then = ["pulumi cancel --yes    # if Pulumi says that the stack is locked"]
    then += ["pulumi refresh    # the last change may be missing in the state"] if restored else []
    then += ["pulumi-openkruise recover    # for the release"]
    if output == "json":
        files = [{"path": damage.path, "repair": damage.repair} for damage in damages]
        emit(as_json({"state": str(folder), "files": files, "done": done, "then": then}))
    elif done:
        emit("\n".join(["Done. Now:", *(f"  {command}" for command in then)]))
    return CLEAN if done and len(mendable) == len(damages) else FINDINGS


def _is_state(path: Path, folder: Path) -> bool:
    return path.relative_to(folder).parts[0] == "stacks" and is_checkpoint(path.name)


def _read_project_backend() -> str:
    """Return the backend that Pulumi.yaml in the current folder names, empty where it names none."""
    for name in ("Pulumi.yaml", "Pulumi.yml"):
        try:
            found = _BACKEND.search(Path(name).read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError):
            continue
        return found["url"] if found else ""
    return ""
