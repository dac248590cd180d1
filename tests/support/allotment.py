"""Which end-to-end files a CI run takes when its time does not suffice for all of them.

Each file tells one story on a cluster, so a file is run whole or not at all. Those that hold what must never
break are always run. The others begin in an order that differs from commit to commit, until the time is up.
Three files take as long as all others together: one of them comes first, the other two come last.
"""

import hashlib
from collections.abc import Callable, Iterable

LONG = ("test_interruptions.py", "test_stepping_around.py", "test_upgrades.py")
"""They take turns: a commit begins with one of them."""
ALWAYS = ("test_story.py", "test_destroy_guard.py", "test_secrets.py")
"""The files that are run however little time there is, the longest ones first."""


def order(names: Iterable[str], commit: str) -> list[str]:
    """Return the files' names in the order in which *commit* runs them."""

    def draw(name: str) -> str:
        return hashlib.sha256(f"{commit} {name}".encode()).hexdigest()

    first, *last = sorted(LONG, key=draw)
    places = {name: place for place, name in enumerate((first, *ALWAYS))}
    places |= dict.fromkeys(last, len(places) + 1)
    return sorted(set(names), key=lambda name: (places.get(name, len(ALWAYS) + 1), draw(name)))


class Allotment:
    """The time within which files begin; one that has begun is finished."""

    def __init__(self, until: float, clock: Callable[[], float]) -> None:
        """*until* is the moment, as seconds of *clock*, after which no further file begins."""
        self._until = until
        self._clock = clock
        self._begun: set[str] = set()

    def admits(self, name: str) -> bool:
        """Whether a test of this file is run."""
        if name in ALWAYS or name in self._begun or self._clock() < self._until:
            self._begun.add(name)
            return True
        return False
