"""The end-to-end files that a CI run takes when its time does not suffice for all of them."""

from pathlib import Path

from tests.support.allotment import ALWAYS, LONG, Allotment, order

_FILES = sorted(path.name for path in (Path(__file__).parents[1] / "e2e").glob("test_*.py"))
_DRAWN = set(_FILES) - set(ALWAYS) - set(LONG)


def test_each_file_has_one_place() -> None:
    first, *rest = order([*_FILES, *_FILES], "a commit")
    assert sorted([first, *rest]) == _FILES
    assert {first, *rest[1 - len(LONG) :]} == set(LONG)
    assert tuple(rest[: len(ALWAYS)]) == ALWAYS


def test_the_same_commit_has_the_same_order_and_others_have_others() -> None:
    orders = [order(_FILES, str(commit)) for commit in range(500)]
    assert order(reversed(_FILES), "0") == orders[0]
    # Over the commits, each file begins early, and each of the long ones is the first.
    assert {files[1 + len(ALWAYS)] for files in orders} == _DRAWN
    assert {files[0] for files in orders} == set(LONG)


def test_what_has_begun_is_finished_and_nothing_begins_later_but_what_always_runs() -> None:
    now = 9.0
    allotment = Allotment(10, lambda: now)
    assert allotment.admits("test_yaml.py")
    now = 10.0
    assert allotment.admits("test_yaml.py")
    assert not allotment.admits("test_check.py")
    assert not allotment.admits("test_check.py")
    assert all(allotment.admits(name) for name in ALWAYS)
