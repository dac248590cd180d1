"""Logins in addresses, as ``https://name:password@host/``: taken out before an address is shown or kept.

An address with a login is often written wrongly: a password with a slash in it has to be quoted, and one of
digits and a slash reads as a port and a path. So the last @ of an address ends a login, wherever it stands.
Of an address that is a secret as a whole nothing is shown, only what it is called.
"""

import re
from urllib.parse import unquote

_HIDDEN = "***"
_SCHEME = re.compile(r"\s*(?P<name>[A-Za-z][A-Za-z0-9+.-]+)(?P<separator>:[/\\]+)")
_SEPARATOR = re.compile(r"(?<=[A-Za-z0-9+.-]{2}):[/\\]+")
"""Between scheme and host; a single letter before it is a drive of Windows."""
_NEXT = re.compile(r"[,;|=\"'(<][A-Za-z][A-Za-z0-9+.-]{1,20}:[/\\]{2}")
"""The beginning of another address in a list of addresses without spaces."""
_VALUE = re.compile(r"^[\"'(<{\[]+|[:=(,{\[][\"']")
"""The beginning of a value in a word, as in {"server":"..."}."""
_END = re.compile(r"@(?!sha(?:256|512):[0-9a-f]+(?![.:]?[\w/@-]))")
"""The end of a login; an @ before a digest ends the name of an image or a chart."""
_END_BEFORE_HOST = re.compile(r"@(?=[\w.-]+(?::[0-9]|/)|\[)(?!sha(?:256|512):[0-9a-f]+(?![.:]?[\w/@-]))")
"""The end of a login, before an address and not at the end of a user's name (oidc:me@example.com)."""
_PATH = re.compile(r"[/?#\\]|$")
_HOST = re.compile(
    r"(?:\[[0-9A-Fa-f:.]*(?:%\w*)?\]?|[^\s:/?#\\@\[\]\"'`]*)(?::[0-9]*)?[.,;:!)'\"`\]}>]*(?![^/?#\\\s])"
)
"""A host, its port, and the marks that may follow it in a sentence."""
_QUOTES = "\"'`"


class SecretAddress(str):
    """An address that is a secret as a whole: a token may be in its path or in its query.

    The string itself knows that it is one, so a copy of the arguments that hold it keeps the secret, too.
    """

    shown: str
    """What messages have in its place: the name of the key that holds it."""

    def __new__(cls, address: str, shown: str = _HIDDEN) -> "SecretAddress":
        """Return the address; messages call it ``shown``."""
        made = super().__new__(cls, address)
        made.shown = shown
        return made

    def __repr__(self) -> str:
        return f"SecretAddress({self.shown!r})"


def strip_login(address: str) -> str:
    """Return an address without the user's name and password in it; one without a login as it is.

    If it is open where the login ends, because it is not written as one, ``***`` takes its place. An
    address that is a secret is replaced by what it is called.
    """
    if isinstance(address, SecretAddress):
        return address.shown
    start = _find_start(address)
    if start is None:
        return address
    end = _find_end(address, start, len(address))
    if end is None or not (start or address[end:].startswith("@")):
        return address
    if start and _is_clear(address, start, end):
        return address[:start] + address[end + 1 :]
    return address[:start] + _HIDDEN + address[end:]


def split_login(address: str) -> tuple[str, str, str]:
    """Return an address without its login, and the user's name and password, both empty where it has none."""
    start = _find_start(address)
    end = _find_end(address, start, len(address)) if start else None
    if not start or end is None or not _is_clear(address, start, end):
        return address, "", ""
    name, _colon, password = address[start:end].partition(":")
    return address[:start] + address[end + 1 :], unquote(name), unquote(password)


def has_login(address: str) -> bool:
    """Return whether an address with a scheme has a login in it, or an @ that may end one."""
    start = _find_start(address)
    end = _find_end(address, start, len(address)) if start else None
    return end is not None and address[end:].startswith(("@", "%40"))


def hide_logins(text: str) -> str:
    """Return words of another program with the login in each address replaced.

    An address ends at the next space, or at the quotation mark that it began with. If that leaves no host,
    because a password with a space in it is cut off, it ends with the word of the next @.
    """
    text = "".join(_hide_lone_login(word) for word in re.split(r"(\s+)", text)) if "@" in text else text
    shown, done = list[str](), 0
    while found := _SEPARATOR.search(text, done):
        scheme, start = _find_scheme(text, found.start()), found.end()
        end = None if _is_file(text[scheme : found.start()], found[0]) else _find_shown(text, scheme, start)
        shown += [text[done:start], "" if end is None else _HIDDEN]
        done = start if end is None else end
    return "".join([*shown, text[done:]])


def _hide_lone_login(word: str) -> str:
    """Return a word of a text without the login of an address that has no scheme, as a registry's."""
    ends = [at.start() for at in _END_BEFORE_HOST.finditer(word)]
    start = max((at.end() for at in _VALUE.finditer(word, 0, ends[-1])), default=0) if ends else 0
    following = _SCHEME.match(word, start) or _NEXT.search(word, start)
    ends = [end for end in ends if following is None or end < following.start()]
    return word[:start] + _HIDDEN + word[ends[-1] :] if ends and ":" in word[start : ends[-1]] else word


def _find_start(address: str) -> int | None:
    """Return where host or login begin: 0 without a scheme, None for a file, which has neither."""
    scheme = _SCHEME.match(address)
    if scheme is None:
        return 0
    return None if _is_file(scheme["name"], scheme["separator"]) else scheme.end()


def _is_file(scheme: str, separator: str) -> bool:
    return scheme.lower() == "file" and len(separator) != len("://")


def _is_clear(address: str, start: int, end: int) -> bool:
    """Tell whether what stands before an @ can only be a login."""
    return address[end:].startswith("@") and not re.search(r"[/?#\\\s]", address[start:end])


def _find_end(text: str, start: int, stop: int) -> int | None:
    """Return where the part of an address ends that may be secret, None if there is none.

    That is at its last @. Without one it is at the first slash, if no host can be what stands before it.
    """
    ends = [at.start() for at in _END.finditer(text, start, stop)]
    if not ends and not _HOST.match(text, start, stop):
        ends = [at.start() for at in re.compile("%40").finditer(text, start, stop)]
        ends = ends or [found.start() for found in [_PATH.search(text, start, stop)] if found]
    return ends[-1] if ends else None


def _find_scheme(text: str, separator: int) -> int:
    """Return where the scheme before a separator begins."""
    start = separator
    while start and ((text[start - 1].isascii() and text[start - 1].isalnum()) or text[start - 1] in "+.-"):
        start -= 1
    return start


def _find_shown(text: str, scheme: int, start: int) -> int | None:
    """Return where in a text an address can be shown again, None if it has nothing to hide."""
    stop = _find_mark(r"\s", text, start)
    if scheme and text[scheme - 1] in _QUOTES:
        quote = text[scheme - 1]
        closing = _find_mark(rf"{quote}(?=[\s,.;:)\]}}>]|$)", text, start)
        stop = closing if closing < len(text) else stop
    following = _NEXT.search(text, start, stop)
    stop = following.start() if following else stop
    end = _find_end(text, start, stop)
    later = _END.search(text, stop) if end is not None and text[end : end + 1] not in ("@", "%") else None
    return end if later is None else _find_end(text, start, _find_mark(r"\s", text, later.end()))


def _find_mark(pattern: str, text: str, start: int) -> int:
    found = re.compile(pattern).search(text, start)
    return found.start() if found else len(text)
