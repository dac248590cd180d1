"""Reports why a list of selectors has no affinity."""

from collections.abc import Mapping, Sequence

from .errors import Problem
from .minimize.subproblem import MOST_CONNECTED, SIZE_LIMIT
from .wording import join_words

MOST_SELECTORS = 2_000
"""How many different selectors are computed; each takes time with each other one."""

_REMEDY = (
    "give these nodes one label in common, such as openkruise.io/virtual-node=true, and select by it; or "
    "write selectors with one requirement"
)


def report_no_node_left(
    selectors: Sequence[str],
    admitting: Sequence[str],
    witness: Mapping[str, str],
    witness_name: str,
    *,
    by_labels: bool,
) -> Problem:
    """Say that these selectors match every node that ``admitting`` (an affinity, a nodeSelector) admits.

    The witness is such a node; ``by_labels`` says that the ``nodeSelector`` contributes to that.
    """
    named = join_words([repr(text) for text in selectors])
    if admitting:
        verb = "admits" if len(admitting) == 1 else "admit"
        reason = f"every node that {' and '.join(admitting)} {verb} is matched by {named}"
    else:
        reason = f"{named} together match every node, so no node would be left for the daemon"
    return Problem(
        "leaves-no-node",
        reason,
        witness=witness,
        witness_name=witness_name,
        remedy="remove or narrow one of them",
        by_labels=by_labels,
    )


def report_inexpressible(
    key: str, selectors: Sequence[str], witness: Mapping[str, str], witness_name: str
) -> Problem:
    """Say that no terms exclude just what the selectors match and admit the witness.

    The label ``key`` of the witness is present and not an integer.
    """
    return Problem(
        "inexpressible",
        f"Kubernetes cannot express the exact complement of {' and '.join(map(repr, selectors))}: no node "
        f"selector term says '{key} is present and not an integer', and such nodes must keep the daemon",
        witness=witness,
        witness_name=witness_name,
        remedy=f"add a selector that matches the non-integers, too, list the values ('{key} in (...)'), "
        f"or mark the nodes with a label of their own",
    )


def report_too_large(what: str, terms: int, size: int) -> Problem:
    """Say that an affinity of so many terms and bytes does not fit; ``what`` begins the sentence."""
    return Problem(
        "too-large",
        f"{what} {_count(terms)} terms and {_count(size)} bytes; an object in the Kubernetes API holds about "
        f"{SIZE_LIMIT:,}: each selector with two requirements on labels of its own doubles the number of "
        "terms",
        remedy=_REMEDY,
    )


def _count(number: int) -> str:
    """Write a number with its digits, or beyond a billion as a power of ten."""
    return f"{number:,}" if number < 10**9 else f"10^{len(str(number)) - 1}"


def report_too_many_connected(count: int) -> Problem:
    """Say that too many selectors share labels, directly or through others."""
    return Problem(
        "too-large",
        f"{count:,} selectors with two or more requirements share labels with each other; of more than "
        f"{MOST_CONNECTED} an affinity is computed only where few terms suffice",
        remedy=_REMEDY,
    )


def report_too_intricate(count: int, terms: int) -> Problem:
    """Say that the selectors overlap in too many ways: the search ends before the terms suffice."""
    return Problem(
        "too-large",
        f"{count:,} selectors with two or more requirements share labels with each other, and {terms:,} "
        "terms do not yet admit every node that they leave; the search ends there",
        remedy=_REMEDY,
    )


def report_undecided(count: int) -> Problem:
    """Say that the search ends before it is known whether the pods' ``nodeSelector`` leaves a node."""
    return Problem(
        "too-large",
        f"{count:,} selectors; whether they and the pods' nodeSelector leave a node is not known "
        "when the search ends",
        remedy=_REMEDY,
    )


def report_too_many(count: int) -> Problem:
    """Say that a list has more different selectors than are computed."""
    return Problem(
        "too-large",
        f"{count:,} different selectors; at most {MOST_SELECTORS:,} are computed",
        remedy="join the values of a label in one selector, 'key in (a,b)'; or " + _REMEDY,
    )
