"""Logins in addresses, as ``https://name:password@host/``: taken out before an address is shown or kept."""

import re
from urllib.parse import unquote, urlsplit, urlunsplit

_LOGIN = re.compile(r"(?<=://)[^/\s@]+@")


def strip_login(address: str) -> str:
    """Return an address without the user's name and password in it.

    Of one that is not valid, only what follows the last @ is returned: a password with a slash, a # or a
    bracket in it makes an address invalid, and the rest may be part of the password.
    """
    try:
        parts = urlsplit(address)
        is_valid = bool(parts.netloc) and parts.port != 0
    except ValueError:  # https://[::1, or a port that is not a number
        is_valid = False
    if not is_valid:
        return address.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def split_login(address: str) -> tuple[str, str, str]:
    """Return an address without its login, and the user's name and password, both empty where it has none."""
    login, at, _host = urlsplit(address).netloc.rpartition("@")
    name, _colon, password = login.partition(":")
    return (strip_login(address), unquote(name), unquote(password)) if at else (address, "", "")


def has_login(address: str) -> bool:
    """Return whether an address has a user's name or password in it."""
    return "://" in address and len(strip_login(address)) < len(address) and "@" in address


def hide_logins(text: str) -> str:
    """Return words of another program with the login in each address replaced."""
    return _LOGIN.sub("***@", text)
