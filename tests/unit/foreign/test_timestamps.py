"""RFC 3339 as Go reads it, whatever Python reads."""

from datetime import datetime, timedelta, timezone

import pytest
from pulumi_openkruise.foreign.timestamps import parse_timestamp

MOMENT = datetime(2026, 1, 31, 23, 59, 58, tzinfo=timezone.utc)


@pytest.mark.parametrize("digits", range(1, 13))
def test_a_fraction_may_have_any_number_of_digits(digits: int) -> None:
    text = "123456789012"[:digits]
    found = parse_timestamp(f"2026-01-31T23:59:58.{text}Z")
    assert found == MOMENT + timedelta(microseconds=int(text[:6].ljust(6, "0")))


@pytest.mark.parametrize(
    ("text", "hours"), [("Z", 0), ("+00:00", 0), ("-00:00", 0), ("+05:30", 5.5), ("-08:00", -8)]
)
def test_each_offset(text: str, hours: float) -> None:
    found = parse_timestamp(f"2026-01-31T23:59:58{text}")
    assert found == MOMENT - timedelta(hours=hours)
    assert found.utcoffset() == timedelta(hours=hours)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2026-01-31",
        "2026-01-31T23:59:58",
        "2026-01-31 23:59:58Z",
        "2026-01-31T23:59Z",
        "2026-01-31T23:59:58.Z",
        "2026-01-31T23:59:58+0000",
        "2026-01-31T23:59:58+24:00",
        "2026-02-31T23:59:58Z",
        "2026-01-31T24:59:58Z",
        "20260131T235958Z",
        "2026-W05-6T23:59:58Z",
        "٢٠٢٦-01-31T23:59:58Z",
        " 2026-01-31T23:59:58Z",
        "2026-01-31T23:59:58Z\n",
    ],
)
def test_nothing_else_is_a_moment(text: str) -> None:
    assert parse_timestamp(text) is None
