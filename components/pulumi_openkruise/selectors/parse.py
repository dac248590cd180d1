"""Label selector strings, as ``kubectl get nodes -l '...'`` reads them, and LabelSelector mappings.

Grammar and lexer: k8s.io/apimachinery ``pkg/labels/selector.go`` (``Parse``); mappings:
``pkg/apis/meta/v1`` (``LabelSelectorAsSelector``). Two deliberate differences: control characters are
refused first (upstream's lexer ends silently at NUL), and a selector that matches everything is the
caller's to refuse.
"""

import re
from collections.abc import Mapping
from typing import Any, NamedTuple, NoReturn

from ..diagnostics.wording import printable
from .common_forms import read_common
from .errors import Problem, SelectorError
from .requirement import Operator, Requirement, Selector, selector
from .syntax import check_key, check_value, parse_integer

_BLANK = " \t\r\n"
# Longest match: `==` before `=`, and `!=` before `!`. What is neither a symbol nor blank is an identifier.
_LEXER = re.compile(r"(?P<symbol>==|!=|[=!(),><])|(?P<identifier>[^=!(),>< \t\r\n]+)")
_OPERATORS: dict[str, Operator] = {
    "in": "In",
    "notin": "NotIn",
    "=": "In",
    "==": "In",
    "!=": "NotIn",
    ">": "Gt",
    "<": "Lt",
}
_REMEDIES = {
    "control-character": "remove it",
    "syntax": "write key=value, key!=value, key in (a,b), key notin (a,b), key, !key, key>5 or key<5, "
    "joined by commas",
    "invalid-key": "write a label key as nodes have it, such as 'type' or 'example.com/pool'",
    "invalid-value": "write a value as labels of nodes have it, or choose another label",
    "invalid-mapping": "write a LabelSelector: matchLabels, matchExpressions with key, operator and values",
}
_MAPPING_OPERATORS = ("In", "NotIn", "Exists", "DoesNotExist")


class _Token(NamedTuple):
    text: str
    """The symbol or identifier; empty at the end of the string."""
    position: int
    identifier: bool

    @property
    def end(self) -> bool:
        return not self.text


def parse(text: str) -> Selector:
    """Read one label selector string.

    An empty or blank string gives a selector without requirements, which matches every node.
    Raises SelectorError with one problem that carries the offset of the offending character.
    """
    requirements = read_common(text)
    return parse_by_grammar(text) if requirements is None else selector(requirements, text)


def parse_by_grammar(text: str) -> Selector:
    """Read any label selector string token by token, as ``parse`` does what has no common form."""
    for position, character in enumerate(text):
        if (character < " " and character not in _BLANK) or character == "\x7f":
            found = f"control character U+{ord(character):04X}"
            raise _error("control-character", f"found {found} in a label selector", text, position)
    return _Parser(text).selector()


def from_mapping(mapping: Mapping[str, Any]) -> Selector:
    """Read a LabelSelector mapping with ``matchLabels`` and ``matchExpressions``.

    Raises SelectorError that lists every fault of the mapping.
    """
    faults = [
        f"unknown field {name!r}; a LabelSelector has matchLabels and matchExpressions"
        for name in mapping
        if name not in ("matchLabels", "matchExpressions")
    ]
    requirements: list[Requirement] = []
    text = str(dict(mapping))
    match_labels = mapping.get("matchLabels") or {}
    if isinstance(match_labels, Mapping):
        requirements += [_checked(key, "In", (value,), faults) for key, value in match_labels.items()]
    else:
        faults.append(f"matchLabels must be a mapping, found {type(match_labels).__name__}")
    expressions = mapping.get("matchExpressions") or []
    if not isinstance(expressions, (list, tuple)):
        faults.append(f"matchExpressions must be a list, found {type(expressions).__name__}")
        expressions = []
    for number, expression in enumerate(expressions):
        if not isinstance(expression, Mapping):
            faults.append(f"matchExpressions[{number}] must be a mapping")
            continue
        faults += [
            f"matchExpressions[{number}]: unknown field {name!r}; a requirement has key, operator and values"
            for name in expression
            if name not in ("key", "operator", "values")
        ]
        operator, values = expression.get("operator"), expression.get("values") or []
        if operator not in _MAPPING_OPERATORS:
            expected = ", ".join(_MAPPING_OPERATORS)
            faults.append(f"matchExpressions[{number}]: operator {operator!r}, expected one of {expected}")
        elif not isinstance(values, (list, tuple)) or bool(values) != (operator in ("In", "NotIn")):
            expected = "a list of values" if operator in ("In", "NotIn") else "no values"
            faults.append(f"matchExpressions[{number}]: {operator} takes {expected}")
        else:
            requirements.append(_checked(expression.get("key"), operator, tuple(values), faults))
    if faults:
        raise _error("invalid-mapping", "; ".join(faults), text)
    return selector(requirements, text)


def check_requirement(key: Any, operator: str, values: tuple[Any, ...]) -> str | None:
    """Say why key, operator and values do not make a requirement (upstream's ``NewRequirement``), or None."""
    if not isinstance(key, str):
        return f"the key must be a string, found {type(key).__name__}"
    for value in values:
        if not isinstance(value, str):
            return f"key {key!r}: values must be strings, found {value!r} ({type(value).__name__})"
    if fault := check_key(key):
        return f"key {key!r}: {fault}"
    if operator in ("In", "NotIn") and not values:
        return f"key {key!r}: {operator} needs at least one value"
    if operator in ("Exists", "DoesNotExist") and values:
        return f"key {key!r}: {operator} takes no values"
    if operator in ("Gt", "Lt") and (len(values) != 1 or parse_integer(values[0]) is None):
        return f"key {key!r}: {operator} takes one integer from 0 to 9223372036854775807"
    for value in values:
        if fault := check_value(value):
            return f"key {key!r}: {fault}"
    return None


def _checked(key: Any, operator: Operator, values: tuple[Any, ...], faults: list[str]) -> Requirement:
    fault = check_requirement(key, operator, values)
    if fault:
        faults.append(fault)
        return Requirement("", operator)
    return Requirement(key, operator, tuple(sorted(set(values))))


def _error(code: str, reason: str, text: str, position: int | None = None, remedy: str = "") -> SelectorError:
    remedy = remedy or _REMEDIES[code]
    return SelectorError([Problem(code, reason, selector=text, position=position, remedy=remedy)])


class _Parser:
    """Recursive descent over the tokens of one selector, one method a rule of the grammar."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _tokens(text)
        self._next = 0

    def selector(self) -> Selector:
        requirements: list[Requirement] = []
        token = self._peek()
        if token.end:
            return selector(requirements, self._text)
        if not token.identifier and token.text != "!":
            self._fail(token, "!, identifier, or 'end of string'")
        while True:
            requirements.append(self._requirement())
            token = self._take()
            if token.end:
                return selector(requirements, self._text)
            if token.text != "," or token.identifier:
                self._fail(token, "',' or 'end of string'")
            token = self._peek()
            if not token.identifier and token.text != "!":
                self._fail(token, "identifier after ','")

    def _requirement(self) -> Requirement:
        negated = self._peek().text == "!"
        if negated:
            self._take()
        key = self._take()
        if not key.identifier:
            self._fail(key, "identifier")
        if fault := check_key(key.text):
            raise _error("invalid-key", f"invalid label key {key.text!r}: {fault}", self._text, key.position)
        if negated:
            return Requirement(key.text, "DoesNotExist")
        if self._peek().end or self._peek().text == ",":
            return Requirement(key.text, "Exists")
        token = self._take()
        operator = _OPERATORS.get(token.text)
        if operator is None:
            self._fail(token, "in, notin, =, ==, !=, >, <", _operator_remedy(token))
        listed = token.text in ("in", "notin")
        values = self._list() if listed else [self._value()]
        for value in values:
            self._check_value(key.text, operator, value)
        return Requirement(key.text, operator, tuple(sorted({value.text for value in values})))

    def _value(self) -> _Token:
        token = self._peek()
        if token.end or token.text == ",":
            return token._replace(text="")
        self._take()
        if not token.identifier:
            remedy = "there is no '>=' or '<=': compare with the next integer by '>' or '<'"
            self._fail(token, "identifier", remedy if token.text in ("=", "==") else "")
        return token

    def _list(self) -> list[_Token]:
        token = self._take()
        if token.text != "(":
            self._fail(token, "'('")
        values: list[_Token] = []
        while self._peek().text != ")" or not values:
            token = self._take()
            if token.identifier:
                values.append(token)
                if self._peek().text not in (",", ")"):
                    self._fail(self._peek(), "',' or ')'")
            elif token.text == ")":  # `()` holds the empty value
                return [token._replace(text="")]
            elif token.text == ",":
                # An empty slot is the empty value, before the first value, between commas and at the end.
                if not values or self._peek().text in (",", ")"):
                    values.append(token._replace(text=""))
            else:
                self._fail(token, "',', ')' or identifier")
        self._take()
        return values

    def _check_value(self, key: str, operator: Operator, value: _Token) -> None:
        fault = check_value(value.text)
        if fault is None and operator in ("Gt", "Lt") and parse_integer(value.text) is None:
            fault = f"'>' and '<' compare with an integer from 0 to 9223372036854775807, found {value.text!r}"
        if fault:
            reason = f"invalid value for label {key!r}: {fault}"
            raise _error("invalid-value", reason, self._text, value.position)

    def _peek(self) -> _Token:
        return self._tokens[self._next]

    def _take(self) -> _Token:
        token = self._tokens[self._next]
        if not token.end:
            self._next += 1
        return token

    def _fail(self, token: _Token, expected: str, remedy: str = "") -> NoReturn:
        found = "the end" if token.end else f"'{printable(token.text)}'"
        raise _error("syntax", f"found {found}, expected: {expected}", self._text, token.position, remedy)


def _operator_remedy(token: _Token) -> str:
    if token.text.lower() in ("in", "notin", "not"):
        return "the operators 'in' and 'notin' are written in lower case and as one word"
    if token.identifier:
        return "requirements are separated by commas"
    return ""


def _tokens(text: str) -> list[_Token]:
    """Cut a selector into tokens; the last one is empty and marks the end."""
    tokens = [
        _Token(match.group(), match.start(), match.lastgroup == "identifier")
        for match in _LEXER.finditer(text)
    ]
    tokens.append(_Token("", len(text), identifier=False))
    return tokens
