"""The one place where an exception of a library becomes words of this program.

Exceptions of parsers quote what they read, those of HTTP the header that they refused, those of Python the
value. Where any of that was secret, only the kind of the error and its position are passed on (client-go
CVE-2019-11250, Argo CD CVE-2025-23216).
"""

import json
from collections.abc import Iterable

from .addresses import hide_logins
from .yaml_input import YamlError, find_yaml_reason

LONGEST = 300
"""Characters that are passed on of an exception's own words."""
_LONGEST_LINE = 2000
_READ = 20_000
"""Characters in which logins are looked for; a server may have sent 32 MiB."""


def describe_error(error: BaseException, *, secret: bool) -> str:
    """Return what an exception says, on one line; ``secret``: whether what it may quote is.

    Then the words are this program's own, by the kind of the exception, and hold nothing of its input.
    """
    if isinstance(error, YamlError):
        return str(error)
    if isinstance(error, json.JSONDecodeError):
        return f"not valid JSON at line {error.lineno}, column {error.colno}"
    if isinstance(error, UnicodeError):
        start = getattr(error, "start", None)
        return "not UTF-8" if start is None else f"not UTF-8 at byte {start}"
    if isinstance(error, OSError) and error.strerror and type(error).__module__ == "builtins":
        return error.strerror[:1].lower() + error.strerror[1:]
    if isinstance(error, RecursionError):
        return "nested too deeply"
    if hasattr(error, "problem_mark"):
        return find_yaml_reason(error)  # type: ignore[arg-type]
    if secret:
        return type(error).__name__
    return write_on_one_line(str(error)) or type(error).__name__


def write_on_one_line(text: str, longest: int = LONGEST) -> str:
    """Return words of another program on one line: short, and without characters that act on a terminal."""
    joined = " ".join(hide_logins(text[:_READ]).split())
    plain = "".join(character if character.isprintable() else "?" for character in joined)
    return plain if len(plain) <= longest else f"{plain[: longest - 3]}..."


def write_lines(text: str) -> list[str]:
    """Return the lines of another program's output that have words, with their indentation, each as above.

    They are not shortened as a single line is: Pulumi writes all of a chart's problems on one.
    """
    lines = (line for line in text.splitlines() if line.strip())
    return [" " * (len(line) - len(line.lstrip())) + write_on_one_line(line, _LONGEST_LINE) for line in lines]


def hide(text: str, secrets: Iterable[str]) -> str:
    """Return words with each secret in them replaced, for where a program may repeat what it was given."""
    for secret in sorted(filter(None, secrets), key=len, reverse=True):
        text = text.replace(secret, "***")
    return text
