"""Nodes as ``kubectl get nodes -o yaml`` prints them, one at a time; several documents as well."""

import re
from collections.abc import Iterator
from typing import Any

from ...config.yaml_data import load_yaml

_MOST_VALUES = 200_000
"""Values in one document that is not in kubectl's form: some 500 nodes. They take half a minute."""
_ITEMS = re.compile(r"^items:[ \t]*\n(?=- )", re.MULTILINE)
_ITEM = re.compile(r"^- (?:.*\n?)(?:^(?:[ #].*|[ \t]*)\n?)*", re.MULTILINE)
_DOCUMENT = re.compile(r"^---(?=\s|$).*\n?", re.MULTILINE)


def is_yaml(text: str) -> bool:
    """Tell whether text is YAML and not JSON: it begins with neither a mapping nor a list in brackets."""
    return text.lstrip(" \t\r\n")[:1] not in ("", "{", "[")


def read_yaml_items(text: str, source: str) -> Iterator[Any]:
    """Yield the members of each document's ``items``, or of a list, else the document itself.

    ``items`` in kubectl's form is read one by one: a whole list of large nodes takes a hundred times as much.
    Raises ValueError that names ``source`` and the place.
    """
    for document in _DOCUMENT.split(text):
        if not document.strip():
            continue
        begin = _ITEMS.search(document)
        if begin is None:
            yield from _list_members(load_yaml(document, source, _MOST_VALUES))
            continue
        at, count = begin.end(), 0
        while item := _ITEM.match(document, at):
            yield load_yaml(f"  {item[0][2:]}", f"{source}: items[{count}]")
            at, count = item.end(), count + 1
        # The rest is read so that a file that breaks off is reported.
        rest = load_yaml(document[: begin.start()] + document[at:], source)
        if rest is not None and not isinstance(rest, dict):
            raise ValueError(f"{source}: not YAML: a list and a mapping in one document")


def _list_members(value: Any) -> Iterator[Any]:
    if isinstance(value, list):
        yield from value
    elif isinstance(value, dict) and isinstance(value.get("items"), list):
        yield from value["items"]
    else:
        yield value
