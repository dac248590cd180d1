"""JSON from outside the program: bounded before anything is built from it.

An empty mapping takes 64 bytes for three of text, a key 200 for ten: 32 MiB would fill a gigabyte.
"""

import json
from typing import Any

MOST_VALUES = 2_000_000
"""Values of one text: a page of 500 nodes has some 250,000. They take up to 4 s and 250 MiB."""


class TooManyValuesError(ValueError):
    """JSON with more than MOST_VALUES values."""

    def __init__(self) -> None:
        """Say how many are too many."""
        super().__init__(f"more than {MOST_VALUES:,} values")


def load_json(text: bytes) -> Any:
    """Return what JSON stands for; raises TooManyValuesError, ValueError or RecursionError."""
    # Each value is the first of a list or mapping, or has a comma before it. Those in strings count, too.
    values = sum(text.count(mark) for mark in (b",", b"[", b"{")) - text.count(b"[]") - text.count(b"{}")
    if values > MOST_VALUES:
        raise TooManyValuesError
    return json.loads(text)
