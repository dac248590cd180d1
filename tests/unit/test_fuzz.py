"""A sample of the fuzzer's inputs, and every input that once was a find: no crash, no secret."""

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.fuzz import __main__ as fuzzer
from tests.fuzz.__main__ import find
from tests.fuzz.finds import FINDS, Find
from tests.fuzz.targets import MARKER, TARGETS, Target


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_a_sample(target: Target) -> None:
    assert [(seed, found) for seed in range(100) if (found := find(target, seed))] == []


@pytest.mark.parametrize("once", FINDS, ids=[one.name for one in FINDS])
def test_what_was_a_find_is_none(once: Find, tmp_path: Path) -> None:
    path = tmp_path / "input"
    if isinstance(once.content, bytes):
        path.write_bytes(once.content)

    def read(_chosen: random.Random) -> Iterator[str]:
        try:
            yield str(once.read(path, once.content))
        except once.errors as error:
            yield f"{error}\n{getattr(error, 'cause', '')}"

    assert find(Target(once.name, read), 0) == ""


def test_a_find_is_one() -> None:
    """What the fuzzer must see: the marker, an internal error, an unexpected exception."""

    def telling(text: str) -> Target:
        return Target("x", lambda _chosen: iter([text]))

    def raising(_chosen: object) -> object:
        raise KeyError("x")

    assert find(telling(f"a {MARKER}"), 1).startswith("the marker leaks")
    assert find(telling("Internal error"), 1)
    assert "KeyError" in find(Target("x", raising), 1)  # type: ignore[arg-type]
    assert find(telling("fine"), 1) == ""


def test_only_time_of_the_processor_counts_as_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fuzzer, "SLOWEST", 0.2)

    def wait(_chosen: random.Random) -> Iterator[str]:
        time.sleep(0.5)
        yield "fine"

    def work(_chosen: random.Random) -> Iterator[str]:
        while True:
            yield "fine"

    assert find(Target("x", wait), 1) == ""
    assert find(Target("x", work), 1) == "longer than 0.2 seconds"
