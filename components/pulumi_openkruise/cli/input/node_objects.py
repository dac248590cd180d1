"""Node objects from a file, one at a time: whole ones of a hundred thousand nodes would fill the memory."""

import json
import re
from collections.abc import Generator, Iterator
from typing import IO, Any

import click

from ..errors import UnusableInputError
from .files import find_encoding_remedy, name_source
from .node_yaml import is_yaml, read_yaml_items

_BLANK = re.compile(r"[ \t\r\n]*")
_SEPARATOR = re.compile(r"[ \t\r\n]*,[ \t\r\n]*")
_KEY = re.compile(r"[ \t\r\n]*:[ \t\r\n]*")
_DECODER = json.JSONDecoder()
_LARGEST = 1 << 30
"""Bytes of a file: some 70 KiB for each of the 15,000 nodes that the largest clusters have."""
_STEP = 1 << 24
_REMEDY = "give what `kubectl get nodes -o json` prints"


def read_node_objects(path: str) -> Iterator[dict[str, Any]]:
    """Yield the Node objects in a file, ``-`` for standard input: a NodeList, a list, or one node.

    JSON or YAML. Raises UnusableInputError that names the place, for a file that breaks off also after some
    nodes.
    """
    source = name_source(path) or "''"
    try:
        with click.open_file(path, "rb") as file:
            data = _read_whole(file, source)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise UnusableInputError(f"{source}: cannot be read: {reason}") from None
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UnusableInputError(
            f"{source}: not UTF-8: byte {error.start}; {find_encoding_remedy(data)}"
        ) from None
    del data
    if is_yaml(text):
        yield from _read_yaml(text, source)
        return
    count = -1
    try:
        for count, item in enumerate(_list_items(text)):
            yield _check_node(item, f"{source}: items[{count}]")
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise UnusableInputError(f"{source}: not JSON: {error.msg}, {place}; {_REMEDY}") from None
    except RecursionError:
        raise UnusableInputError(f"{source}: not JSON: nested too deeply; {_REMEDY}") from None
    except ValueError as error:
        raise UnusableInputError(f"{source}: not JSON: {error}") from None


def _read_whole(file: IO[bytes], source: str) -> bytearray:
    """Read in steps: something without an end, as a device, would fill the memory."""
    data = bytearray()
    while part := file.read(_STEP):
        data += part
        if len(data) > _LARGEST:
            remedy = "read the cluster itself, with --context"
            raise UnusableInputError(f"{source}: larger than {_LARGEST >> 20} MiB: {remedy}")
    return data


def _read_yaml(text: str, source: str) -> Iterator[dict[str, Any]]:
    try:
        for count, item in enumerate(read_yaml_items(text, source)):
            yield _check_node(item, f"{source}: items[{count}]")
    except ValueError as error:
        raise UnusableInputError(str(error)) from None


def _check_node(item: Any, place: str) -> dict[str, Any]:
    metadata = item.get("metadata") if isinstance(item, dict) else None
    name = metadata.get("name") if isinstance(metadata, dict) else None
    if not isinstance(name, str) or not name or item.get("kind", "Node") != "Node":
        raise UnusableInputError(f"{place}: not a Node with metadata.name; {_REMEDY}")
    node: dict[str, Any] = item
    return node


def _list_items(text: str) -> Iterator[Any]:
    """Yield the members of a list, or of ``items`` in a mapping; a mapping without it is one object."""
    at = _skip(text, 0)
    if text[at : at + 1] == "[":
        end = yield from _list_members(text, at)
        _require_end(text, end)
        return
    if text[at : at + 1] == "{":
        begin = _place_of_items(text, at)
        if begin is not None:
            end = yield from _list_members(text, begin)
            # The rest is read so that a file that breaks off is reported.
            _require_end(text, _skip_rest_of_mapping(text, end))
            return
    item, end = _DECODER.raw_decode(text, at)
    _require_end(text, end)
    yield item


def _list_members(text: str, at: int) -> Generator[Any, None, int]:
    """Yield the members of a list, and return where it ends."""
    at = _skip(text, at + 1)
    while text[at : at + 1] != "]":
        item, at = _DECODER.raw_decode(text, at)
        yield item
        separator = _SEPARATOR.match(text, at)
        if separator is None:
            at = _skip(text, at)
            if text[at : at + 1] != "]":
                raise json.JSONDecodeError("expected , or ]", text, at)
        else:
            at = separator.end()
    return at + 1


def _place_of_items(text: str, at: int) -> int | None:
    """Return where the list under ``items`` begins; None where the mapping has no such list."""
    at = _skip(text, at + 1)
    while text[at : at + 1] == '"':
        key, at = _DECODER.raw_decode(text, at)
        colon = _KEY.match(text, at)
        if colon is None:
            return None
        at = colon.end()
        if key == "items":
            return at if text[at : at + 1] == "[" else None
        _value, at = _DECODER.raw_decode(text, at)
        separator = _SEPARATOR.match(text, at)
        if separator is None:
            return None
        at = separator.end()
    return None


def _skip_rest_of_mapping(text: str, at: int) -> int:
    separator = _SEPARATOR.match(text, at)
    if separator is None:
        at = _skip(text, at)
        if text[at : at + 1] != "}":
            raise json.JSONDecodeError("expected , or }", text, at)
        return at + 1
    rest, end = _DECODER.raw_decode("{" + text[separator.end() :])
    del rest
    return separator.end() + end - 1


def _require_end(text: str, at: int) -> None:
    at = _skip(text, at)
    if at != len(text):
        raise json.JSONDecodeError("something follows after the end", text, at)


def _skip(text: str, at: int) -> int:
    blank = _BLANK.match(text, at)
    return blank.end() if blank else at
