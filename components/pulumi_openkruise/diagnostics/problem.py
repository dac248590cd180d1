"""Problems of arguments, stack config or a cluster, as data and as one message for people."""

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from .wording import replace_unprintable

Severity = Literal["error", "warning", "info"]
"""``error``: cannot be used; ``warning``: probably not what is meant; ``info``: for the record."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, where it is, and what to do about it.

    Every message to a user is made of these, so place, reason and remedy always stand in the same order.
    """

    code: str
    """Stable name of the kind of problem."""
    place: str
    """Key, with index or path below it, for example ``openkruise:virtualNodeSelectors[1]``."""
    reason: str
    """What was found and what was expected, a sentence without a full stop."""
    detail: tuple[str, ...] = ()
    """Further lines: a selector with a caret, an example of a node."""
    remedy: str = ""
    """What to do about it, a sentence without a full stop."""
    severity: Severity = "error"
    """Only errors keep an installation from being used."""

    def __str__(self) -> str:
        """Render the problem on a few lines, the place first, without characters that act on a terminal."""
        lines = [f"{self.place}: {self.reason}", *self.detail]
        if self.remedy:
            lines.append(f"  {self.remedy}")
        return "\n".join(map(replace_unprintable, lines))


class ConfigError(Exception):
    """Arguments or config that cannot be used; ``problems`` lists every problem, ``str()`` renders them.

    Not a ValueError: from within an output Pulumi would pass that on in another one, with a traceback.
    """

    def __init__(self, problems: Sequence[Problem], *, source: str) -> None:
        self.problems: tuple[Problem, ...] = tuple(sorted(problems, key=_place))
        self.source = source
        count = len(self.problems)
        things = "1 problem" if count == 1 else f"{count} problems"
        blocks = [f"{source}: {things}", *map(str, self.problems)]
        super().__init__("\n\n".join(blocks))


def _place(problem: Problem) -> tuple[str, int, str]:
    """Order problems by key and position in a list, the key as a whole first."""
    key, _bracket, rest = problem.place.partition("[")
    index = rest.partition("]")[0]
    return key, int(index) if index.isdecimal() and len(index) < 10 else -1, problem.place


def find_nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name most similar to ``name``, ignoring case; None if none is similar."""
    from difflib import get_close_matches  # slow to import, and needed for a mistake only

    plain = {candidate.lower(): candidate for candidate in known}
    found = get_close_matches(name.lower(), list(plain), n=1, cutoff=0.6)
    return plain[found[0]] if found else None


def report_unknown_key(place: str, name: str, known: Sequence[str], code: str = "unknown-key") -> Problem:
    """Return the problem of a key that does not exist, with the nearest one that does as the remedy."""
    near = find_nearest(name, known)
    remedy = f"did you mean {near}?" if near else f"known keys: {', '.join(known)}"
    return Problem(code, place, "unknown key", (), remedy)


def show(value: object) -> str:
    """Return a value for a message: shortened, on one line, without characters that act on a terminal."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    try:
        text = repr(value)
    except ValueError:  # Python writes no integer of more than 4,300 digits
        text = "a number of thousands of digits"
    if isinstance(value, str):
        text = value if value.startswith(("[", "{")) else f'"{value}"'
    elif isinstance(value, (dict, list)):
        with suppress(TypeError, ValueError):
            text = json.dumps(value)
    text = replace_unprintable(text)
    return text if len(text) <= 60 else f"{text[:57]}..."
