"""How long a search may run, counted in steps instead of seconds: equal input stops at the same place."""

from collections.abc import Iterator
from contextlib import contextmanager


class Budget:
    """A number of steps that a search may take."""

    def __init__(self, steps: int) -> None:
        """Allow this many steps."""
        self.left = steps
        self.excess = 0
        """By how many steps the work was more than what was spent: it counts where it leads to no proof."""

    def spend(self, steps: int = 1) -> None:
        """Use up steps; raises BudgetExceeded when more are spent than are left."""
        self.left -= steps
        if self.left < 0:
            raise BudgetExceeded

    @contextmanager
    def lend(self, most: int, least: int = 0, price: int = 1) -> "Iterator[Budget]":
        """Context manager: yield a budget of at most so many of the steps left, and take what it used.

        It has ``least`` steps in any case, even if fewer are left. Each step that it spends counts for
        ``price`` steps here: it gets as many fewer.
        """
        lent = max(least, min(most, self.left)) // price
        budget = Budget(lent)
        try:
            yield budget
        finally:
            self.left -= (lent - max(0, budget.left)) * price


class BudgetExceeded(Exception):  # noqa: N818 - a signal from the search to its caller, who has another way
    """The budget of a search is used up."""
