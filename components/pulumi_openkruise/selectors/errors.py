"""What is wrong with a selector or a list of selectors, as data and as text for people."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from ..diagnostics.wording import replace_unprintable


@dataclass(frozen=True)
class Problem:
    """One reason why a list of selectors has no answer.

    Not ``diagnostics.Problem``, which has the place in a config: a list of selectors has none, and a caller
    of this package wants index, position and witness as data. ``config`` turns the one into the other.

    ``code`` is stable and one of: ``not-a-string``, ``control-character``, ``syntax``, ``invalid-key``,
    ``invalid-value``, ``invalid-mapping``, ``matches-every-node``, ``leaves-no-node``, ``inexpressible``,
    ``invalid-affinity``, ``contradiction``, ``too-large``.
    """

    code: str
    """Stable name of the kind of problem."""
    reason: str
    """What was found and what was expected, a sentence without a full stop."""
    index: int | None = None
    """Position of the selector in the list that was given, from 0; None when the list as a whole is meant."""
    selector: str | None = None
    """The selector as it was written."""
    position: int | None = None
    """Offset of the offending character in ``selector``, from 0."""
    witness: Mapping[str, str] | None = None
    """Labels of a node that shows the problem; an empty mapping is a node without labels."""
    remedy: str = ""
    """What to do about it, a sentence without a full stop."""
    witness_name: str = ""
    """Name of that node; empty where any will do."""
    by_labels: bool = False
    """Whether the pods' ``nodeSelector`` is at fault: without it a node would be left."""

    def __str__(self) -> str:
        """Render the problem on a few lines, with a caret under the offending character."""
        place = "" if self.index is None else f"selector {self.index}: "
        lines = [f"{place}{self.reason}"]
        if self.selector is not None:
            lines += draw_caret(self.selector, self.position)
        lines += self.example()
        if self.remedy:
            lines.append(f"  {self.remedy}")
        return "\n".join(lines)

    def example(self) -> list[str]:
        """Return the line that describes the node that shows the problem, none where there is none."""
        if self.witness is None:
            return []
        return [f"  for example a node {describe_node(self.witness, self.witness_name)}"]


class SelectorError(ValueError):
    """A selector, or a list of them, that cannot be turned into a node affinity; ``problems`` lists why."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        self.problems: tuple[Problem, ...] = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


def draw_caret(text: str, position: int | None) -> list[str]:
    """Return ``text`` on an indented line and, where there is a position, a caret line under it.

    Characters that would move the caret or write to the terminal are shown as ``?``.
    """
    shown = replace_unprintable(text)
    if position is None:
        return [f"    {shown}" if shown.strip() else f'    "{shown}"']
    return [f"    {shown}", f"    {' ' * position}^"]


def describe_node(labels: Mapping[str, str], name: str) -> str:
    """Say in words which node it is: ``named n with label a=b``; with an empty name any will do."""
    return f"named {name} {describe_labels(labels)}" if name else describe_labels(labels)


def describe_labels(labels: Mapping[str, str]) -> str:
    """Say in words which labels a node has: ``with labels a=b, c=d`` or ``without labels``."""
    if not labels:
        return "without labels"
    listed = ", ".join(f"{key}={value}" for key, value in sorted(labels.items()))
    return f"with label{'s' if len(labels) > 1 else ''} {listed}"
