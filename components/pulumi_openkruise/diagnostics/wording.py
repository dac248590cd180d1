"""Small pieces of messages: lists that are cut short, counts with their noun, text safe for a terminal.

Their names are adjectives, not verbs, as that of ``problem.shown``, because they read inside f-strings:
``f"{counted(3, 'node')}: {listed(names)}"``.
"""

from collections.abc import Iterable, Sequence
from typing import TypeVar

Part = TypeVar("Part")


def printable(text: str) -> str:
    """Return one line of text with ``?`` for each character that would act on a terminal."""
    return "".join(character if character.isprintable() else "?" for character in text)


def counted(count: int, one: str, many: str = "") -> str:
    """Return a count with its noun: ``1 node``, ``3 nodes``; ``many`` is an irregular plural."""
    return f"{count:,} {one if count == 1 else many or f'{one}s'}"


def listed(names: Iterable[str], most: int = 5) -> str:
    """Return the first ``most`` names, and how many more there are: ``a, b and 7 more``."""
    every = list(names)
    return ", ".join(every[:most]) + (f" {and_more(every, most)}" if len(every) > most else "")


def and_more(parts: Sequence[Part], most: int) -> str:
    """Return how many parts a list of the first ``most`` leaves out, ``and 7 more``; empty for none."""
    return f"and {len(parts) - most:,} more" if len(parts) > most else ""
