"""The forms that nearly all selectors have, read by one regular expression a requirement.

``k=v``, ``k!=v``, ``k in (a,b)``, ``k notin (a,b)``, ``k`` and ``!k``, joined by commas. Whatever is written
otherwise, or is wrong, is left to the parser, which takes five times as long and says what is wrong.
"""

import re

from .requirement import Operator, Requirement
from .syntax import key_fault, value_fault

_B = r"[ \t\r\n]*"
_WORD = r"[A-Za-z0-9_.-]*"
_REQUIREMENT = re.compile(
    rf"{_B}(!?){_B}([A-Za-z0-9_./-]+)"
    rf"(?:{_B}(==?|!=){_B}({_WORD})|{_B[:-1]}+(in|notin){_B}\(({_B}{_WORD}{_B}(?:,{_B}{_WORD}{_B})*)\))?"
    rf"{_B}(,|\Z)"
)
_OPERATORS: dict[str, Operator] = {"=": "In", "==": "In", "!=": "NotIn", "in": "In", "notin": "NotIn"}
_BLANK = " \t\r\n"


def read_common(text: str) -> list[Requirement] | None:
    """Return the requirements of a selector in a common form; None for the parser to look at."""
    requirements = []
    position, comma = 0, ","
    while comma:
        found = _REQUIREMENT.match(text, position)
        if found is None:
            return None
        negated, key, sign, value, word, listed, comma = found.groups()
        if key_fault(key):
            return None
        values: tuple[str, ...] = ()
        operator: Operator = "DoesNotExist" if negated else "Exists"
        if sign or word:
            if negated:
                return None
            operator = _OPERATORS[sign or word]
            values = (value,) if sign else tuple(sorted({part.strip(_BLANK) for part in listed.split(",")}))
            for part in values:
                if value_fault(part):
                    return None
        requirements.append(Requirement(key, operator, values))
        position = found.end()
    return requirements
