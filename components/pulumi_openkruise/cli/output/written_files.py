"""Files that commands write: whole or not at all, never over an input, never over what someone else saved."""

import os
import stat
import tempfile
from collections.abc import Callable

from ..errors import UnusableInputError

BYTE_ORDER_MARK = b"\xef\xbb\xbf"


def write_atomically(path: str, content: bytes, check: Callable[[], None] = lambda: None) -> None:
    """Write a file at once, keeping the permissions and the owner of one that is there; links are followed.

    ``check`` is called immediately before the new file takes its place, and may raise. Raises
    UnusableInputError where nothing can be written, and for what only looks like a file: a pipe or a device
    would be replaced by a file, and a file that is read-only is so on purpose.
    """
    target = os.path.realpath(path)
    try:
        there = _look(path, target)
        handle, name = tempfile.mkstemp(prefix=".openkruise-", dir=os.path.dirname(target))
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            if there is None:
                os.chmod(name, 0o666 & ~_read_umask())
            else:
                _keep_owner(path, name, there)
                os.chmod(name, stat.S_IMODE(there.st_mode))
            check()
            os.replace(name, target)
        except BaseException:
            os.unlink(name)
            raise
    except OSError as error:
        raise UnusableInputError(f"{path}: cannot be written: {error.strerror or error}") from None


def replace_text(path: str, old: str, new: str) -> None:
    """Replace the text of a file that was read as ``old``; a byte order mark before it stays.

    Raises UnusableInputError where the file holds another text by now: someone has saved it since.
    """
    _look(path, os.path.realpath(path))  # a pipe that has been read would be waited for without end
    mark = BYTE_ORDER_MARK if _read(path).startswith(BYTE_ORDER_MARK) else b""

    def check() -> None:
        if _read(path) != mark + old.encode():
            raise UnusableInputError(
                f"{path}: was changed since it was read, and is left as it is: run this again"
            )

    write_atomically(path, mark + new.encode(), check)


def write_report(path: str, text: str, inputs: tuple[str | None, ...] = ()) -> None:
    """Write a page or report to a file, or to a pipe or device.

    ``inputs`` are paths that the command has read, None where there was none. Raises UnusableInputError where
    the path is one of them, or names no file.
    """
    content = text.encode(errors="backslashreplace")
    if not os.path.basename(path):
        # The system would take the folder's name for the file's, and an empty path for this folder.
        raise UnusableInputError(f"{path or repr(path)}: cannot be written: it names no file; add its name")
    for one in inputs:
        if one is not None and os.path.exists(one) and os.path.exists(path) and os.path.samefile(one, path):
            raise UnusableInputError(f"{path}: is read by this command, and would be overwritten")
    if os.path.exists(path) and not os.path.isfile(path) and not os.path.isdir(path):
        try:
            with open(path, "wb") as stream:
                stream.write(content)
        except OSError as error:
            raise UnusableInputError(f"{path}: cannot be written: {error.strerror}") from None
    else:
        write_atomically(path, content)


def _look(path: str, target: str) -> os.stat_result | None:
    """Return the state of the file that is there, None where there is none; raises UnusableInputError."""
    try:
        there = os.stat(target)
    except FileNotFoundError:
        return None
    if not stat.S_ISREG(there.st_mode):
        raise UnusableInputError(f"{path}: cannot be written: it is not a regular file")
    if not there.st_mode & 0o222 or not os.access(target, os.W_OK):
        raise UnusableInputError(f"{path}: cannot be written: it is read-only")
    return there


def _keep_owner(path: str, name: str, there: os.stat_result) -> None:
    new = os.stat(name)
    if (new.st_uid, new.st_gid) == (there.st_uid, there.st_gid):
        return
    try:
        os.chown(name, there.st_uid, there.st_gid)
    except PermissionError:
        reason = f"it belongs to user {there.st_uid} and group {there.st_gid}, which would be lost"
        raise UnusableInputError(f"{path}: cannot be written: {reason}") from None


def _read(path: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError as error:
        raise UnusableInputError(f"{path}: cannot be read: {error.strerror}") from None


def _read_umask() -> int:
    """Return the permissions that new files lack; the system tells it only by setting another."""
    found = os.umask(0o077)
    os.umask(found)
    return found
