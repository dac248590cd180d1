"""Minimised inputs of the kinds that once were finds, which every run of the unit tests reads."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from pulumi_openkruise.chart.local import ChartFileError, read_local_chart
from pulumi_openkruise.chart.repository import read_digests
from pulumi_openkruise.cli.errors import UnusableInputError
from pulumi_openkruise.cli.input.node_objects import read_node_objects
from pulumi_openkruise.cluster import ClusterError, connect
from pulumi_openkruise.config.yaml_data import load_yaml
from pulumi_openkruise.inventory.helm_records import decode_all

from .mutations import BOMB
from .targets import MARKER


class Find(NamedTuple):
    """One input, and the way in which it is read."""

    name: str
    """What is wrong with it."""
    read: Callable[[Path, Any], object]
    """Reads it; the path is that of a file with the input, where the input is bytes."""
    content: Any
    errors: tuple[type[Exception], ...] = ()
    """The errors that are right."""


def _kubeconfig(_path: Path, content: Any) -> object:
    return connect(content)


def _stack_file(_path: Path, content: Any) -> object:
    return load_yaml(content, "Pulumi.x.yaml")


def _nodes(path: Path, _content: Any) -> object:
    return list(read_node_objects(str(path)))


def _records(_path: Path, content: Any) -> object:
    return decode_all(content)


def _index(_path: Path, content: Any) -> object:
    return read_digests(content, "kruise", "1.8.3")


def _chart(path: Path, _content: Any) -> object:
    return read_local_chart(str(path))


def _user(**user: Any) -> str:
    return json.dumps(
        {
            "current-context": "c",
            "contexts": [{"name": "c", "context": {"cluster": "c", "user": "u"}}],
            "clusters": [{"name": "c", "cluster": {"server": "https://127.0.0.1:1"}}],
            "users": [{"name": "u", "user": user}],
        }
    )


_RECORD = {"type": "helm.sh/release.v1", "metadata": {"name": "x"}, "data": {"release": ""}}
_DEEP = "".join(f"{'  ' * level}a:\n" for level in range(400))
_DASHES = "- " * 4000

FINDS: tuple[Find, ...] = (
    Find("an open mapping", _kubeconfig, f"users:\n- user: {{token: {MARKER}\n", (ClusterError,)),
    Find("an open quote", _kubeconfig, f"token: '{MARKER}\n", (ClusterError,)),
    Find("an alias", _kubeconfig, f"token: *{MARKER}\n", (ClusterError,)),
    Find("a tag", _kubeconfig, f"token: !!{MARKER} x\n", (ClusterError,)),
    Find("a line break in a token", _kubeconfig, _user(token=f"{MARKER}\r\nX: y"), (ClusterError,)),
    Find("a list as a token", _kubeconfig, _user(token=[MARKER]), (ClusterError,)),
    Find("a string as an exec plugin", _kubeconfig, _user(exec=MARKER), (ClusterError,)),
    Find("merge keys that double", _kubeconfig, BOMB, (ClusterError,)),
    Find("merge keys that double in a stack file", _stack_file, BOMB, (ValueError,)),
    Find("400 levels of mappings", _stack_file, _DEEP, (ValueError,)),
    Find("4,000 dashes", _stack_file, _DASHES, (ValueError,)),
    Find("5,000 brackets", _stack_file, "[" * 5000, (ValueError,)),
    Find("brackets in comments", _kubeconfig, "[ #]\n" * 100_000, (ClusterError,)),
    Find("brackets in strings", _kubeconfig, '["]",' * 100_000, (ClusterError,)),
    Find("brackets in keys", _index, b'{"]":' * 100_000),
    Find("brackets in strings in a stack file", _stack_file, '["]",' * 100_000, (ValueError,)),
    Find("500,000 values in an index", _index, b"entries: [" + b"a," * 500_000 + b"]"),
    Find("500,000 values in a kubeconfig", _kubeconfig, "[" + "1," * 500_000 + "]", (ClusterError,)),
    Find("500,000 values in a stack file", _stack_file, "[" + "1," * 500_000 + "]", (ValueError,)),
    Find("base 60", _kubeconfig, "a: 1" + ":1" * 500_000, (ClusterError,)),
    Find(
        "keys of one hash",
        _kubeconfig,
        "".join(f"{(2**61 - 1) * n}: \n" for n in range(20_000)),
        (ClusterError,),
    ),
    Find("an int of 5,000 digits", _stack_file, f"a: {'9' * 5000}\n", (ValueError,)),
    Find("a date that does not exist", _stack_file, "a: 2024-13-45\n", (ValueError,)),
    Find("5,000 brackets for nodes", _nodes, b"[" * 5000, (UnusableInputError,)),
    Find("null as a node", _nodes, b'{"items": [null]}', (UnusableInputError,)),
    Find("a list without items", _nodes, b'{"kind": "List"}', (UnusableInputError,)),
    Find("bytes that are no UTF-8", _nodes, b"\xff\xfe{}", (UnusableInputError,)),
    Find("a list as labels", _records, [{**_RECORD, "metadata": {"labels": ["x"]}}]),
    Find("null as metadata", _records, [{**_RECORD, "metadata": None}]),
    Find("no base64", _records, [{**_RECORD, "data": {"release": "!"}}]),
    Find("a list as data", _records, [{**_RECORD, "data": []}]),
    Find("a number of entries", _index, b"entries: {kruise: 1}\n"),
    Find("a number as an entry", _index, b"entries: {kruise: [1]}\n"),
    Find("merge keys that double in an index", _index, BOMB.encode()),
    Find("the beginning of gzip", _chart, b"\x1f\x8b\x08", (ChartFileError,)),
    Find("no bytes", _chart, b"", (ChartFileError,)),
)
