"""Reading files and standard input as text, within bounds."""

import click

from ..errors import UnusableInputError

_LARGEST = 1024 * 1024


def name_source(path: str) -> str:
    """Return what messages call a file."""
    return "standard input" if path == "-" else path


def read_text(path: str) -> str:
    """Read a file, or standard input for ``-``, as UTF-8. Raises UnusableInputError."""
    source = name_source(path) or "''"
    try:
        with click.open_file(path, "rb") as file:
            data: bytes = file.read(_LARGEST + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UnusableInputError(f"{source}: cannot be read: {reason}") from None
    if len(data) > _LARGEST:
        raise UnusableInputError(f"{source}: larger than 1 MiB")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnusableInputError(
            f"{source}: not UTF-8: byte {error.start}; {find_encoding_remedy(data)}"
        ) from None


def find_encoding_remedy(data: bytes | bytearray) -> str:
    """Return what to do about bytes that are not UTF-8, a clause: PowerShell's ``>`` writes UTF-16."""
    is_utf_16 = data[:2] in (b"\xff\xfe", b"\xfe\xff")
    return f"save it as UTF-8{', not as UTF-16' if is_utf_16 else ''}"
