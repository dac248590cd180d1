"""What a change of the chart's version brings, as it is said in preview and written in the docs."""

from itertools import pairwise

import pytest
from pulumi_openkruise.chart.version import SEEN
from pulumi_openkruise.diagnostics.unavailable import Unavailable
from pulumi_openkruise.inventory.field_uses import FieldUse
from pulumi_openkruise.lifecycle.upgrades import (
    CHANGES,
    HEADINGS,
    find_changes,
    list_removed_fields,
    list_table_rows,
    write_lost_fields_notice,
    write_upgrade_notice,
)

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


def test_steps_before_the_upgrade_are_listed_first() -> None:
    kinds = [one.kind for one in find_changes("1.7.0", "1.9.1")]
    assert kinds == sorted(kinds, key=list(HEADINGS).index)
    assert kinds[0] == "before"


def test_the_notice_says_versions_headings_and_sources() -> None:
    notice = write_upgrade_notice("1.8.3", "1.9.1")
    assert notice is not None
    assert notice.startswith("OpenKruise 1.8.3 becomes 1.9.1\n  do before: ")
    assert "does not go back: seven kinds are stored as v1beta1" in notice
    (migration,) = [one for one in find_changes("1.8.3", "1.9.1") if one.kind == "one-way"]
    assert f"  does not go back: {migration.what} ({migration.source})" in notice.splitlines()
    assert write_upgrade_notice("1.8.3", "1.8.3") is None


def test_every_change_has_a_source_and_the_versions_are_in_order() -> None:
    assert all(one.source and one.what for one in CHANGES)
    since = [one.since for one in CHANGES]
    assert since == sorted(since)


def test_the_table_of_the_document_is_made_from_it() -> None:
    table = markdown(["since", "kind", "change", "source"], list_table_rows())
    check_table("upgrading.md", "changes", table)


@pytest.mark.parametrize(
    ("old", "new", "drops"),
    [
        ("1.8.3", "1.9.1", True),
        ("1.7.5", "2.0.0", True),
        ("1.7.5", "1.8.3", False),
        ("1.9.1", "2.0.0", False),
        ("1.9.0", "1.9.1", False),
        ("1.9.1", "1.8.3", False),
        ("", "1.9.1", False),
        ("1.8.3", "next", False),
    ],
)
def test_fields_are_dropped_where_the_crds_change(old: str, new: str, drops: bool) -> None:
    assert bool(list_removed_fields(old, new)) is drops


def test_each_object_that_loses_a_field_is_named() -> None:
    uses = [FieldUse("UnitedDeployment", f"default/u{number}", ("spec.a", "spec.b")) for number in range(22)]
    notice = write_lost_fields_notice("1.9.1", uses)
    assert notice is not None
    first, *others = notice.splitlines()
    assert first == "1.9.1 lacks fields that custom resources set; the API server drops them without an error"
    assert others[0] == "  UnitedDeployment default/u0: spec.a, spec.b"
    assert others[20:] == [
        "  and 2 more objects",
        "  note their values before the upgrade: what replaces each field is in docs/upgrading.md",
    ]
    assert write_lost_fields_notice("1.9.1", []) is None


@pytest.mark.parametrize(("count", "more"), [(1, None), (20, None), (21, "  and 1 more object")])
def test_twenty_objects_are_named_and_the_others_counted(count: int, more: str | None) -> None:
    uses = [FieldUse("UnitedDeployment", f"default/u{number}", ("spec.a",)) for number in range(count)]
    lines = (write_lost_fields_notice("1.9.1", uses) or "").splitlines()[1:-1]
    assert [line for line in lines if line != more] == [f"  {use}" for use in uses[:20]]
    assert (more in lines) is (more is not None)


def test_objects_that_cannot_be_read_are_not_taken_for_none() -> None:
    notice = write_lost_fields_notice("1.9.1", Unavailable("not allowed: no"))
    assert notice is not None
    assert notice.endswith("the objects cannot be read: not allowed: no")
