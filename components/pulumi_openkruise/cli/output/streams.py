"""The three standard streams as a shell may leave them: closed, full, or without a reader."""

import contextlib
import errno
import os
import sys
from collections.abc import Callable
from typing import TextIO

import click

from ..errors import UnusableInputError

WRITE_ERRORS = frozenset({errno.EPIPE, errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO, errno.EBADF})
"""What the operating system says of a stream that cannot be written."""


def open_closed_streams() -> None:
    """Open each standard stream that the caller has closed, as ``>&-`` does, on the null device.

    Otherwise a file or connection that is opened later gets the stream's number, and Python has None for it.
    """
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - for the whole run


def write_output(write: Callable[[], None]) -> None:
    """Have something written to standard output at once.

    Raises click's Exit with 141, a shell's code for SIGPIPE, where the reader has closed the pipe, as `head`
    does, and UnusableInputError where the output cannot be written.
    """
    try:
        write()
        sys.stdout.flush()
    except BrokenPipeError:
        discard_output()
        raise click.exceptions.Exit(141) from None
    except OSError as error:
        discard_output()
        raise UnusableInputError(f"standard output: cannot be written: {error.strerror}") from None


def escape(text: str) -> str:
    """Escape the characters that control a terminal: they become as harmless as ``\\x1b``."""
    return "".join(
        character
        if character.isprintable() or character == "\n"
        else character.encode("unicode_escape").decode("ascii")
        for character in text
    )


def write_error(text: str) -> None:
    """Write a line to standard error, escaped, where that can be written: there is no other place for it."""
    with contextlib.suppress(OSError):
        click.echo(escape(text), err=True)


def end_errors() -> None:
    """Write the rest of standard error, or drop it: from 3.14 on, Python would exit with 120 instead."""
    try:
        sys.stderr.flush()
    except OSError:
        _discard(sys.stderr)


def discard_output() -> None:
    """Let standard output end in the null device: Python would complain when it flushes the rest at exit."""
    _discard(sys.stdout)


def _discard(stream: TextIO) -> None:
    with contextlib.suppress(OSError):  # a stream without a number is not the process's own
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
