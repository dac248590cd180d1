"""Moments as other programs write them (RFC 3339), read alike by every version of Python.

``datetime.fromisoformat`` of Python 3.10 takes fractions of three or six digits alone; Go writes up to nine.
"""

import re
from datetime import datetime

_FORM = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d+))?(?:(Z)|([+-]\d\d:\d\d))", re.ASCII)


def parse_timestamp(text: str) -> datetime | None:
    """Return a moment with its offset from UTC, to the microsecond; None for what is not RFC 3339."""
    found = _FORM.fullmatch(text)
    if found is None:
        return None
    moment, fraction, utc, offset = found.groups()
    try:
        return datetime.fromisoformat(f"{moment}.{(fraction or '')[:6]:0<6}{'+00:00' if utc else offset}")
    except ValueError:  # the 31st of February
        return None
