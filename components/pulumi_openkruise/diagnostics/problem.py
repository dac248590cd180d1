"""What is wrong with arguments or stack config, as data and as one message for people. Imports no Pulumi."""

import json
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal

from .wording import printable

Severity = Literal["error", "warning", "info"]
"""Whether something cannot be used, will probably not do what is expected, or is merely worth a line."""


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, where it is, and what to do about it.

    ``code`` is a stable name of the kind of problem.
    """

    code: str
    """Stable name of the kind of problem."""
    place: str
    """Key, with index or path below it, for example ``openkruise:virtualNodeSelectors[1]``."""
    reason: str
    """What was found and what was expected, a sentence without a full stop."""
    detail: tuple[str, ...] = ()
    """Further lines: the text with a caret, an example of a node."""
    remedy: str = ""
    """What to do about it, a sentence without a full stop."""
    severity: Severity = "error"
    """Only errors keep an installation from being used."""

    def __str__(self) -> str:
        """Render the problem on a few lines, the place first, without characters that act on a terminal."""
        lines = [f"{self.place}: {self.reason}", *self.detail]
        if self.remedy:
            lines.append(f"  {self.remedy}")
        return "\n".join(map(printable, lines))


class ConfigError(Exception):
    """Arguments or config that cannot be used; ``problems`` lists everything wrong, ``str()`` says it.

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


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name most like ``name``, whatever its case; None if none is near."""
    from difflib import get_close_matches  # slow to import, and needed for a mistake only

    plain = {candidate.lower(): candidate for candidate in known}
    found = get_close_matches(name.lower(), list(plain), n=1, cutoff=0.6)
    return plain[found[0]] if found else None


def shown(value: object) -> str:
    """Show a value in a message: shortened, on one line, without characters that would reach the terminal."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    text = repr(value)
    if isinstance(value, str):
        text = value if value.startswith(("[", "{")) else f'"{value}"'
    elif isinstance(value, (dict, list)):
        with suppress(TypeError, ValueError):
            text = json.dumps(value)
    text = printable(text)
    return text if len(text) <= 60 else f"{text[:57]}..."
