"""How long a search may run, counted in steps instead of seconds: equal input stops at the same place."""


class Budget:
    """A number of steps that a search may take."""

    def __init__(self, steps: int) -> None:
        """Allow this many steps."""
        self.left = steps

    def spend(self, steps: int = 1) -> None:
        """Use up steps; raises BudgetExceeded when more are spent than are left."""
        self.left -= steps
        if self.left < 0:
            raise BudgetExceeded


class BudgetExceeded(Exception):  # noqa: N818 - a signal from the search to its caller, who has another way
    """The budget of a search is used up."""
