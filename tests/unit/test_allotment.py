"""The end-to-end files that a CI run takes when its time does not suffice for all of them."""

from pathlib import Path

from tests.support.allotment import ALWAYS, Allotment, order

_FILES = sorted(path.name for path in (Path(__file__).parents[1] / "e2e").glob("test_*.py"))


def test_each_file_has_one_place_and_the_most_important_ones_the_first() -> None:
    ordered = order([*_FILES, *_FILES], "a commit")
    assert sorted(ordered) == _FILES
    assert tuple(ordered[: len(ALWAYS)]) == ALWAYS


def test_the_same_commit_has_the_same_order_and_others_have_others() -> None:
    orders = {tuple(order(_FILES, commit)) for commit in "abcdefgh"}
    assert len(orders) == 8
    assert order(reversed(_FILES), "a") == order(_FILES, "a")
    # Over the commits, each file begins early.
    assert {order(_FILES, str(commit))[len(ALWAYS)] for commit in range(500)} == set(_FILES) - set(ALWAYS)


def test_what_has_begun_is_finished_and_nothing_begins_later_but_what_always_runs() -> None:
    now = 9.0
    allotment = Allotment(10, lambda: now)
    assert allotment.admits("test_yaml.py")
    now = 10.0
    assert allotment.admits("test_yaml.py")
    assert not allotment.admits("test_check.py")
    assert not allotment.admits("test_check.py")
    assert all(allotment.admits(name) for name in ALWAYS)
