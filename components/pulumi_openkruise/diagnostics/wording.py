"""Small pieces of messages: lists that are cut short, counts with their noun, strings safe for a terminal."""

from collections.abc import Iterable, Sequence
from typing import TypeVar

Part = TypeVar("Part")


def replace_unprintable(text: str) -> str:
    """Return a line with ``?`` for each character that would act on a terminal."""
    return "".join(character if character.isprintable() else "?" for character in text)


def pluralize(count: int, one: str, many: str = "") -> str:
    """Return a count with its noun: ``1 node``, ``3 nodes``; ``many`` is an irregular plural."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def shorten(names: Iterable[str], most: int = 5, separator: str = ", ") -> str:
    """Return the first ``most`` names, and how many more there are: ``a, b and 7 more``."""
    every = list(names)
    return separator.join(every[:most]) + (f" {count_rest(every, most)}" if len(every) > most else "")


def count_rest(parts: Sequence[Part], most: int) -> str:
    """Return how many parts a list of the first ``most`` leaves out, ``and 7 more``; empty for none."""
    return f"and {len(parts) - most:,} more" if len(parts) > most else ""
