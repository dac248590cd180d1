"""The one place where an exception of a library becomes words of this program.

Exceptions of parsers quote what they read, those of HTTP the header that they refused, those of Python the
value. Where any of that was secret, only the kind of the error and its position are passed on (client-go
CVE-2019-11250, Argo CD CVE-2025-23216).
"""

import html
import json
import re
from collections.abc import Iterable
from urllib.parse import quote

from .addresses import hide_logins
from .yaml_input import YamlError, find_yaml_reason

LONGEST = 300
"""Characters that are passed on of an exception's own words."""
_LONGEST_LINE = 2000
_READ = 5_000
"""Characters in which logins and secrets are looked for; a server may have sent 32 MiB.

The time for logins grows with the square: 0.2 s for the worst text known, and 2.6 s for four times as much.
"""
_HIDDEN = "***"
_LONG = 16
"""Characters from which on a part of a secret is hidden as the whole is."""
_SHORT = 4
"""Characters below which a secret is hidden only where it is a word of its own."""
_BEGINNING = 8
"""Characters of a secret's beginning that are hidden at the end, where words may have been cut."""


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


def write_on_one_line(text: str, longest: int = LONGEST, secrets: Iterable[str] = ()) -> str:
    """Return words of another program on one line: short, and without characters that act on a terminal.

    Nothing of the ``secrets`` that the program may repeat is left, nor the beginning of one at the end.
    """
    hidden = list(secrets)
    # Hidden before it is cut, or a part would stay; and again, for spaces may have made one of two.
    joined = " ".join(hide_logins(hide(text[:_READ], hidden)[:_READ]).split())
    plain = hide("".join(character if character.isprintable() else "?" for character in joined), hidden)
    if len(plain) <= longest:
        return _hide_beginning(plain, hidden)
    return f"{_hide_beginning(plain[: longest - 3], hidden)}..."


def write_lines(text: str) -> list[str]:
    """Return the lines of another program's output that have words, with their indentation, each as above.

    They are not shortened as a single line is: Pulumi writes all of a chart's problems on one.
    """
    lines = (line for line in text.splitlines() if line.strip())
    return [" " * (len(line) - len(line.lstrip())) + write_on_one_line(line, _LONGEST_LINE) for line in lines]


def hide(text: str, secrets: Iterable[str]) -> str:
    """Return words with each secret in them replaced, for where a program may repeat what it was given.

    Of a long secret each long part is replaced, too: the program may have cut it, or wrapped its lines. One
    of a few characters is replaced as a word of its own alone, or no other word would stay readable.
    """
    forms = sorted(_list_forms(secrets), key=len, reverse=True)
    text = _hide_parts(text, [form for form in forms if len(form) >= _LONG])
    for form in forms:
        if _SHORT <= len(form) < _LONG:
            text = text.replace(form, _HIDDEN)
        elif len(form) < _SHORT:
            text = re.sub(rf"(?<!\w){re.escape(form)}(?!\w)", _HIDDEN, text)
    return text


def _list_forms(secrets: Iterable[str]) -> set[str]:
    """Return secrets in each form in which a program is likely to repeat them."""
    forms = set[str]()
    for secret in secrets:
        if secret.strip():
            forms |= {secret, " ".join(secret.split()), quote(secret, safe="", errors="replace")}
            forms |= {html.escape(secret), html.escape(secret, quote=False)}
            forms |= {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    return forms


def _hide_parts(text: str, secrets: Iterable[str]) -> str:
    """Return words without any ``_LONG`` characters in a row that a secret has, too, in linear time."""
    places: dict[str, list[int]] = {}
    for start in range(len(text) - _LONG + 1):
        places.setdefault(text[start : start + _LONG], []).append(start)
    marks = bytearray(len(text))
    for secret in secrets:
        for start in range(len(secret) - _LONG + 1):
            for found in places.pop(secret[start : start + _LONG], ()):
                marks[found : found + _LONG] = b"x" * _LONG
    shown, done = list[str](), 0
    for part in re.finditer(b"x+", marks):
        shown += [text[done : part.start()], _HIDDEN]
        done = part.end()
    return "".join([*shown, text[done:]])


def _hide_beginning(text: str, secrets: Iterable[str]) -> str:
    """Return words that end with no beginning of a secret; a longer one than ``_LONG`` is hidden already."""
    forms = _list_forms(secrets)
    for length in range(_LONG - 1, _BEGINNING - 1, -1):
        if text[-length:] in {form[:length] for form in forms if len(form) >= length}:
            return text[:-length] + _HIDDEN
    return text
