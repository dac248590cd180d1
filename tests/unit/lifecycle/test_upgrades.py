"""What a change of the chart's version brings, as it is said in preview and written in the docs."""

from itertools import pairwise

import pytest
from pulumi_openkruise.chart.version import SEEN
from pulumi_openkruise.lifecycle.upgrades import CHANGES, HEADINGS, find_changes, table_rows, upgrade_notice

from tests.support.documents import check_table, markdown


def whats(old: str, new: str) -> list[str]:
    return [one.since for one in find_changes(old, new)]


def test_an_upgrade_brings_what_came_in_between() -> None:
    assert set(whats("1.8.3", "1.9.0")) == {"", "1.9.0"}
    assert set(whats("1.8.3", "1.9.1")) == {"", "1.9.0", "1.9.1"}
    assert set(whats("1.7.5", "1.8.3")) == {"", "1.8.0", "1.8.3"}
    assert whats("1.9.1", "1.8.3") == [""], "on the way back the pods restart as well"
    assert whats("1.8.3", "1.8.3") == []
    assert whats("", "1.8.3") == []
    assert whats("1.8.3", "next") == []


@pytest.mark.parametrize(("first", "last"), [("1.7.0", "1.9.1"), ("1.7.5", "2.0.0")])
def test_step_by_step_or_at_once_is_the_same(first: str, last: str) -> None:
    steps = [*[one for one in SEEN if first <= one < last], last]
    found = {one for old, new in pairwise(steps) for one in find_changes(old, new)}
    assert found == set(find_changes(first, last))


def test_what_is_to_be_done_before_comes_first() -> None:
    kinds = [one.kind for one in find_changes("1.7.0", "1.9.1")]
    assert kinds == sorted(kinds, key=list(HEADINGS).index)
    assert kinds[0] == "before"


def test_the_notice_says_versions_headings_and_sources() -> None:
    notice = upgrade_notice("1.8.3", "1.9.1")
    assert notice is not None
    assert notice.startswith("OpenKruise 1.8.3 becomes 1.9.1\n  do before: ")
    assert "does not go back: seven kinds are stored as v1beta1" in notice
    assert "(charts#192, open)" in notice
    assert upgrade_notice("1.8.3", "1.8.3") is None


def test_every_change_has_a_source_and_the_versions_are_in_order() -> None:
    assert all(one.source and one.what for one in CHANGES)
    since = [one.since for one in CHANGES]
    assert since == sorted(since)


def test_the_table_of_the_document_is_made_from_it() -> None:
    table = markdown(["from", "what", "about", "source"], table_rows())
    check_table("upgrading.md", "changes", table)
