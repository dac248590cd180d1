"""Mutations of documents: first of their structure, then of the bytes that they are written as."""

import copy
import json
import random
from collections.abc import Callable
from typing import Any

import yaml

ODD: tuple[Any, ...] = (
    None,
    True,
    0,
    -1,
    10**400,
    1e308,
    float("nan"),
    "",
    " ",
    "\x00",
    "\x1b[31m\u202e\u2028",
    "../../x",
    "a" * 5000,
    "9" * 5000,
    "2024-13-45",
    "=",
    "<<",
    [],
    {},
    [None],
    {"": ""},
    [[[[[[]]]]]],
)
BOMB = "a0: &a0 {x: 1}\n" + "".join(f"a{n}: &a{n}\n  <<: [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 46))
FLOODS = tuple(part * 20_000 for part in ("[ #]\n", '["]",', '{"]":', "- ", "? ", "[? ")) + tuple(
    f"{key}[{part * 400_000}]\n"
    for key in ("z: ", "entries: ", "")
    for part in ("1,", "a,", "{},", "{a: b},", "? a,")
)
"""Levels that no bracket ends, and values without an alias."""

Path = tuple[Any, ...]


def paths(data: Any, here: Path = ()) -> list[Path]:
    """Return the path of every value in a document."""
    found = [here]
    if isinstance(data, dict):
        for key in data:
            found += paths(data[key], (*here, key))
    elif isinstance(data, list):
        for index, item in enumerate(data):
            found += paths(item, (*here, index))
    return found


def mutate_structure(data: Any, chosen: random.Random) -> Any:
    """Return a copy of a document with a few values replaced, removed, repeated, renamed or exchanged."""
    data = copy.deepcopy(data)
    for _change in range(chosen.choice((0, 1, 1, 1, 2, 3, 6))):
        path = chosen.choice(paths(data))
        if not path:
            continue
        parent = data
        for key in path[:-1]:
            parent = parent[key]
        chosen.choice(_CHANGES)(parent, path[-1], chosen, data)
    return data


def _replace(parent: Any, key: Any, chosen: random.Random, _whole: Any) -> None:
    parent[key] = copy.deepcopy(chosen.choice(ODD))


def _remove(parent: Any, key: Any, _chosen: random.Random, _whole: Any) -> None:
    del parent[key]


def _wrap(parent: Any, key: Any, chosen: random.Random, _whole: Any) -> None:
    parent[key] = [parent[key]] if chosen.random() < 0.5 else {"x": parent[key]}


def _spoil(parent: Any, key: Any, chosen: random.Random, _whole: Any) -> None:
    if isinstance(parent[key], str):
        at = chosen.randint(0, len(parent[key]))
        parent[key] = (
            parent[key][:at]
            + chosen.choice(("\n", "\x00", "'", '"', "*", "é", "\ud83d\ude00", "{{"))
            + parent[key][at:]
        )
    else:
        parent[key] = str(parent[key])


def _rename(parent: Any, key: Any, chosen: random.Random, _whole: Any) -> None:
    if isinstance(parent, dict):
        parent[chosen.choice(("", "x", str(key).upper(), f"{key} "))] = parent.pop(key)


def _exchange(parent: Any, key: Any, chosen: random.Random, whole: Any) -> None:
    other = whole
    for step in chosen.choice(paths(whole)):
        other = other[step]
    parent[key] = copy.deepcopy(other)


def _repeat(parent: Any, key: Any, chosen: random.Random, _whole: Any) -> None:
    if isinstance(parent, list):
        parent.extend(copy.deepcopy([parent[key]] * chosen.choice((1, 2, 50))))


_CHANGES: tuple[Callable[[Any, Any, random.Random, Any], None], ...] = (
    _replace,
    _replace,
    _remove,
    _wrap,
    _spoil,
    _rename,
    _exchange,
    _repeat,
)


def write(data: Any, chosen: random.Random, *, only_json: bool = False) -> bytes:
    """Return a document's bytes, as YAML or JSON, sometimes damaged afterwards."""
    if not only_json and chosen.random() < 0.6:
        try:
            text = yaml.safe_dump(
                data, default_flow_style=chosen.choice((True, False, None)), allow_unicode=True
            )
        except (yaml.YAMLError, UnicodeError):
            text = json.dumps(data)
    else:
        text = json.dumps(data, ensure_ascii=chosen.random() < 0.5)
    if not only_json and chosen.random() < 0.02:
        text = BOMB + text
    elif not only_json and chosen.random() < 0.003:
        text = chosen.choice((text + "\n", "")) + chosen.choice(FLOODS)
    content = bytearray(text.encode("utf-8", "surrogatepass"))
    while chosen.random() < 0.25 and content:
        at = chosen.randrange(len(content))
        match chosen.randrange(5):
            case 0:
                del content[at:]
            case 1:
                content[at] = chosen.randrange(256)
            case 2:
                content[at:at] = chosen.choice(
                    (b"\xff", b"\x00", b"---\n", b"&a *a ", b"!!int ", b"[" * 2000, b"\xef\xbb\xbf")
                )
            case 3:
                del content[at : at + chosen.randint(1, 20)]
            case _:
                content += content[: min(at, 2000)]
    return bytes(content)
