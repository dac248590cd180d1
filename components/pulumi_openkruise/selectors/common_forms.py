"""The forms that nearly all selectors have, read and checked by one regular expression a requirement.

``k=v``, ``k!=v``, ``k in (a,b)``, ``k notin (a,b)``, ``k`` and ``!k``, joined by commas. Whatever is written
otherwise, or is wrong, is left to the parser, which takes five times as long and says what is wrong.
"""

import re

from .requirement import Operator, Requirement
from .syntax import KEY, VALUE

_B = r"[ \t\r\n]*"
_REQUIREMENT = re.compile(
    rf"{_B}(?:"
    rf"({KEY})(?:{_B}(==?|!=){_B}({VALUE})|{_B[:-1]}+(in|notin){_B}\(({_B}{VALUE}{_B}(?:,{_B}{VALUE}{_B})*)\))?"
    rf"|!{_B}({KEY}))"
    rf"{_B}(,|\Z)",
    re.ASCII,
)
_OPERATORS: dict[str, Operator] = {"=": "In", "==": "In", "!=": "NotIn", "in": "In", "notin": "NotIn"}
_BLANK = " \t\r\n"


def read_common(text: str) -> list[Requirement] | None:
    """Return the requirements of a selector in a common form; None for the parser to look at."""
    requirements = []
    position = 0
    while True:
        found = _REQUIREMENT.match(text, position)
        if found is None:
            return None
        key, sign, value, word, listed, absent, comma = found.groups()
        if sign:
            requirements.append(Requirement(key, _OPERATORS[sign], (value,)))
        elif word:
            values = sorted({part.strip(_BLANK) for part in listed.split(",")})
            requirements.append(Requirement(key, _OPERATORS[word], tuple(values)))
        elif key:
            requirements.append(Requirement(key, "Exists"))
        else:
            requirements.append(Requirement(absent, "DoesNotExist"))
        if not comma:
            return requirements
        position = found.end()
