"""Which names lead to one path of the API server alone; pure.

What a record, a manifest or an annotation calls a name was written by others, and may hold a slash, a query
or a command.
"""

import re

_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*")
"""A DNS-1123 subdomain (apimachinery ``IsDNS1123Subdomain``)."""
_NAMESPACE = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
"""A DNS-1123 label (apimachinery ``IsDNS1123Label``)."""


def is_name(text: str) -> bool:
    """Tell whether a string is a DNS-1123 subdomain, as every name in the chart is one."""
    return bool(_NAME.fullmatch(text))


def is_namespace(text: str) -> bool:
    """Tell whether a string is a DNS-1123 label, as every namespace's name is one."""
    return bool(_NAMESPACE.fullmatch(text))
