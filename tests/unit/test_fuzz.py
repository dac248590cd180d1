"""A sample of the fuzzer's inputs, and every input that once was a find: no crash, no secret."""

import pytest

from tests.fuzz.__main__ import find
from tests.fuzz.targets import MARKER, TARGETS, Target

FINDS = {
    # A record's labels that are no mapping: `recover` ended with a TypeError.
    "Helm records": (73, 234, 1312),
}


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: target.name)
def test_a_sample(target: Target) -> None:
    seeds = (*range(100), *FINDS.get(target.name, ()))
    assert [(seed, found) for seed in seeds if (found := find(target, seed))] == []


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
