"""The admission policy about virtual nodes, as config asks for it: what is wrong with that, and its rule.

The command line's `policy` reads selectors by the same functions.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from ..diagnostics.field_names import FieldName
from ..diagnostics.problem import Problem, show
from ..diagnostics.wording import pluralize
from ..selectors import Selector
from .excluded_nodes import Listed, read_excluded

if TYPE_CHECKING:
    from ..policy.rule import NodeLabelRule

MODES = ("off", "warn", "label")
LABEL = ("openkruise.io/virtual-node", "true")
"""The label that the policy sets on virtual nodes."""
MAX_SELECTORS = 80_000
"""Characters that selectors may take in an expression of the policy; the catalogue takes some 10,000."""


def make_rule(
    *,
    set_type: bool,
    presets: Iterable[str],
    selectors: Sequence[Selector],
    excluded: Sequence[Selector],
) -> "NodeLabelRule":
    """Return the rule of the policy; ``presets`` may be pinned (``liqo@1``) and name groups."""
    # Imported here: most stacks have no policy, and need nothing of the catalogue.
    from ..policy.rule import NodeLabelRule

    kinds = tuple(sorted({name.partition("@")[0] for name in presets}))
    return NodeLabelRule(
        set_type=set_type, presets=kinds, selectors=tuple(selectors), excluded=tuple(excluded)
    )


def read_label_selectors(listed: Sequence[Listed]) -> tuple[tuple[Selector, ...], list[Problem]]:
    """Parse selectors of nodes that the policy takes for virtual; return them with every problem."""
    found, problems = read_excluded(listed)
    if found is None:
        return (), problems
    wide = [one for one, selector in zip(listed, found, strict=True) if selector.matches({})]
    long = _check_length(found, listed[0].where) if listed else []
    return found, [*problems, *map(_report_too_wide, wide), *long]


def read_node_labels(
    given: Mapping[str, Any], excluded: Sequence[Selector] | None, field_name: FieldName
) -> tuple[tuple[Selector, ...], list[Problem]]:
    """Return the selectors of further virtual nodes, and what is wrong with the policy's fields.

    ``excluded`` are the selectors of the affinity; None where they cannot be parsed.
    """
    where, mode = field_name("node_label_selectors"), given.get("node_label_policy", MODES[0])
    entries = given.get("node_label_selectors", ())
    selectors, problems = read_label_selectors(
        [Listed(text, f"{where}[{index}]", where, index) for index, text in entries]
    )
    if entries and mode == "off":
        reason = f"has no effect while {field_name('node_label_policy')} is off"
        remedy = f"set {field_name('node_label_policy')} to label or warn, or remove the selectors"
        problems.append(Problem("unused-label-selectors", where, reason, (), remedy, "warning"))
    if mode == "warn" and excluded is not None:
        problems += _check_length(excluded, field_name("node_label_policy"))
    if mode == "label" and excluded is not None and not any(map(_excludes_label, excluded)):
        key, value = LABEL
        problems.append(
            Problem(
                "label-not-excluded",
                field_name("node_label_policy"),
                f"label would have no effect: no selector excludes {key}={value}, which the policy sets",
                (),
                f'add "{key}={value}" to {field_name("virtual_node_selectors")}, or set '
                f"{field_name('base_exclusions')} to true",
            )
        )
    return selectors, problems


def _check_length(selectors: Sequence[Selector], where: str) -> list[Problem]:
    """Return why the API server would not compile a policy with these selectors, in words of ``where``."""
    from ..policy.expressions import MAX_EXPRESSION, join_any, write_selector

    length = len(join_any([write_selector(selector) for selector in selectors]))
    if length <= MAX_SELECTORS:
        return []
    return [
        Problem(
            "label-rule-too-long",
            where,
            f"{pluralize(len(selectors), 'selector')} would take {length:,} characters of the policy's "
            f"expression, and at most {MAX_SELECTORS:,} leave room for the rest: the API server compiles "
            f"{MAX_EXPRESSION:,}",
            (),
            "select these nodes by a label that they have in common, or list the values of one label in one "
            "selector, as in pool in (a,b)",
        )
    ]


def _report_too_wide(one: Listed) -> Problem:
    return Problem(
        "label-selector-too-wide",
        one.origin,
        f"{show(one.text)} matches a node without labels, so the policy would take every node for virtual "
        "that registers before its labels are set",
        (),
        "require a label that these nodes have from the beginning, as in pool=burst or in a bare key",
    )


def _excludes_label(selector: Selector) -> bool:
    """Tell whether the selector matches every node that has the policy's label, whatever else it has."""
    key, value = LABEL
    return {one.key for one in selector.requirements} == {key} and selector.matches({key: value})
