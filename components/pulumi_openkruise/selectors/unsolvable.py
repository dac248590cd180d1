"""Reports why a list of selectors has no affinity."""

from collections.abc import Mapping, Sequence

from .errors import Problem
from .minimize.subproblem import SIZE_LIMIT
from .wording import join_words


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
        f"{what} {terms:,} terms and {size:,} bytes; an object in the Kubernetes API holds about "
        f"{SIZE_LIMIT:,}: each selector with two requirements on labels of its own doubles the number of "
        "terms",
        remedy="give these nodes one label in common, such as openkruise.io/virtual-node=true, and select "
        "by it; or write selectors with one requirement",
    )
