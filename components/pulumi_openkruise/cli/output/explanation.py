"""What one code of a finding means, in words, for `check --explain`."""

from ...checks.registry import CODES, GROUPS
from ...diagnostics.problem import find_nearest
from ..errors import UnusableInputError
from .doc_links import link_finding
from .table import NARROW, as_block, find_output_width
from .terminal import SafeText, join_safely, paint


def explain_code(name: str) -> SafeText:
    """Return severity, meaning and remedy of a code; raises UnusableInputError for an unknown one."""
    code = CODES.get(name)
    if code is None:
        hint = find_nearest(name, CODES)
        known = f"did you mean {hint}?" if hint else f"the codes are: {', '.join(CODES)}"
        raise UnusableInputError(f"no finding has the code {name!r}: {known}")
    group = next(group for group, codes in GROUPS.items() if code in codes)
    facts = [
        ("finds", code.title),
        ("means", code.consequence),
        ("do", code.remedy),
        ("group", group),
        ("see", link_finding(name)),
    ]
    return join_safely(
        [
            paint(f"{code.severity.upper()} {name}", code.severity),
            as_block(facts, min(find_output_width(), NARROW)),
        ]
    )
