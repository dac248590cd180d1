"""What Kubernetes accepts as a label key, a label value and an integer in a label.

Rules: k8s.io/apimachinery ``pkg/util/validation`` (IsQualifiedName, IsValidLabelValue) and Go's
``strconv.ParseInt(value, 10, 64)``, which ``>`` and ``<`` use.
"""

import re

MAX_INTEGER = 2**63 - 1
"""The largest number that ``>`` and ``<`` compare with, an int64."""

_LABEL_NAME = r"[A-Za-z0-9](?:[A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?"
_DNS_SUBDOMAIN = r"[a-z0-9]+(?:(?:-+|\.)[a-z0-9]+)*"
KEY = rf"(?:(?=[^/]{{1,253}}/){_DNS_SUBDOMAIN}/)?{_LABEL_NAME}"
"""A label key as a regular expression, to be put into others."""
VALUE = rf"(?:{_LABEL_NAME})?"
"""A label value as a regular expression, to be put into others."""

_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9_.-]*[A-Za-z0-9])?", re.ASCII)
_SHORT_NAME = re.compile(_LABEL_NAME, re.ASCII)
_SUBDOMAIN = re.compile(_DNS_SUBDOMAIN, re.ASCII)
_DIGITS = re.compile(r"[0-9]+", re.ASCII)


def check_key(key: str) -> str | None:
    """Say why ``key`` is not a label key, or return None when it is one."""
    if _SHORT_NAME.fullmatch(key):
        return None
    prefix, slash, name = key.rpartition("/")
    if "/" in prefix:
        return "a label key has at most one '/'"
    if slash:
        if not prefix:
            return "the prefix before '/' is empty"
        if len(prefix) > 253:
            return f"the prefix before '/' has {len(prefix)} characters, at most 253 are allowed"
        if not _SUBDOMAIN.fullmatch(prefix):
            return f"the prefix {prefix!r} is not a lower-case DNS subdomain such as 'example.com'"
    if not name:
        return "the name is empty"
    if not _NAME.fullmatch(name):
        return (
            f"the name {name!r} must consist of letters, digits, '-', '_' or '.', "
            "and start and end with a letter or digit"
        )
    if len(name) > 63:
        return f"the name has {len(name)} characters, at most 63 are allowed"
    return None


def check_value(value: str) -> str | None:
    """Say why ``value`` is not a label value, or return None when it is one."""
    if not value or _SHORT_NAME.fullmatch(value):
        return None
    if not _NAME.fullmatch(value):
        return (
            f"the value {value!r} must be empty or consist of letters, digits, '-', '_' or '.', "
            "and start and end with a letter or digit"
        )
    if len(value) > 63:
        return f"the value has {len(value)} characters, at most 63 are allowed"
    return None


def check_name(name: str) -> str | None:
    """Say why no node can have this name (upstream's ``IsDNS1123Subdomain``), or return None when one can."""
    if len(name) > 253:
        return f"the name has {len(name)} characters, at most 253 are allowed"
    if not _SUBDOMAIN.fullmatch(name):
        return f"the name {name!r} is not a lower-case DNS subdomain such as 'node-1.example.com'"
    return None


def parse_integer(value: str) -> int | None:
    """Return the int64 that a label value stands for in ``>`` and ``<``, or None when it is not one.

    A label value cannot start with a sign, so the result is never negative; leading zeros are accepted.
    """
    if not _DIGITS.fullmatch(value):
        return None
    number = int(value)
    return number if number <= MAX_INTEGER else None
