"""Label selector strings, as ``kubectl get nodes -l '...'`` reads them.

Grammar and lexer: k8s.io/apimachinery ``pkg/labels/selector.go`` (``Parse``). Two deliberate differences:
control characters are refused first (upstream's lexer ends silently at NUL), and the caller refuses a
selector that matches every node.
"""

import re
from collections.abc import Iterable
from operator import is_
from sys import intern
from typing import NamedTuple, NoReturn

from ..diagnostics.wording import replace_unprintable
from .errors import Problem, SelectorError
from .requirement import Operator, Requirement, Selector, make_selector
from .syntax import KEY, VALUE, check_key, check_value, parse_integer

_BLANK = " \t\r\n"
# Longest match: `==` before `=`, `!=` before `!`. What is neither a symbol nor a blank is an identifier.
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
_B = rf"[{_BLANK}]*"
# The forms that nearly all selectors have: `k=v`, `k!=v`, `k in (a,b)`, `k notin (a,b)`, `k` and `!k`. One
# regular expression reads and checks a requirement in a fifth of the time that the tokens take. Compiling it
# is paid by every import, so key and value stand in it as seldom as they can.
_COMMON = re.compile(
    rf"{_B}(?:(!){_B})?({KEY})"
    rf"(?:{_B}(==?|!=){_B}({VALUE})|{_B[:-1]}+(in|notin){_B}\(((?:{_B}{VALUE}{_B}(?:,|(?=\))))+)\))?"
    rf"{_B}(,|\Z)",
    re.ASCII,
)
_REMEDIES = {
    "control-character": "remove it",
    "syntax": "write key=value, key!=value, key in (a,b), key notin (a,b), key, !key, key>5 or key<5, "
    "joined by commas",
    "invalid-key": "write a label key as nodes have it, such as 'type' or 'example.com/pool'",
    "invalid-value": "write a label value as nodes have it, or choose another label",
}


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
    return parse_by_grammar(text) if requirements is None else make_selector(requirements, text)


def read_common(text: str) -> list[Requirement] | None:
    """Return the requirements of a selector in a common form; None where the grammar must decide."""
    requirements = []
    position = 0
    while True:
        found = _COMMON.match(text, position)
        if found is None:
            return None
        absent, key, sign, value, word, listed, comma = found.groups()
        if absent and (sign or word):
            return None
        if sign:
            requirements.append(Requirement(key, _OPERATORS[sign], (value,)))
        elif word:
            values = listed.split(",")
            # Of _BLANK, each: any() takes ten times as long.
            if " " in listed or "\t" in listed or "\r" in listed or "\n" in listed:
                values = [value.strip(_BLANK) for value in values]
            requirements.append(Requirement(key, _OPERATORS[word], _sort_values(values)))
        else:
            requirements.append(Requirement(key, "DoesNotExist" if absent else "Exists"))
        if not comma:
            return requirements
        position = found.end()


def _sort_values(values: Iterable[str]) -> tuple[str, ...]:
    """Return the values sorted and without duplicates, equal ones of all selectors as the same string.

    Thousands of selectors repeat values, and a string for each of them takes hundreds of megabytes.
    """
    ordered = sorted(map(intern, values))
    if any(map(is_, ordered, ordered[1:])):  # takes a third of the time that making a set does
        ordered = sorted(set(ordered))
    return tuple(ordered)


def parse_by_grammar(text: str) -> Selector:
    """Read any label selector string token by token; ``parse`` does so where it has no common form.

    Raises SelectorError as ``parse`` does.
    """
    for position, character in enumerate(text):
        if (character < " " and character not in _BLANK) or character == "\x7f":
            found = f"control character U+{ord(character):04X}"
            raise _make_error("control-character", f"found {found} in a label selector", text, position)
    return _Parser(text).selector()


def _make_error(
    code: str, reason: str, text: str, position: int | None = None, remedy: str = ""
) -> SelectorError:
    remedy = remedy or _REMEDIES[code]
    return SelectorError([Problem(code, reason, selector=text, position=position, remedy=remedy)])


class _Parser:
    """Recursive descent over the tokens of one selector: one method for each rule of the grammar."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._tokens = _split_into_tokens(text)
        self._next = 0

    def selector(self) -> Selector:
        requirements: list[Requirement] = []
        token = self._peek()
        if token.end:
            return make_selector(requirements, self._text)
        if not token.identifier and token.text != "!":
            self._fail(token, "!, identifier, or 'end of string'")
        while True:
            requirements.append(self._requirement())
            token = self._take()
            if token.end:
                return make_selector(requirements, self._text)
            if token.text != ",":
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
            raise _make_error(
                "invalid-key", f"invalid label key {key.text!r}: {fault}", self._text, key.position
            )
        if negated:
            return Requirement(key.text, "DoesNotExist")
        if self._peek().end or self._peek().text == ",":
            return Requirement(key.text, "Exists")
        token = self._take()
        operator = _OPERATORS.get(token.text)
        if operator is None:
            self._fail(token, "in, notin, =, ==, !=, >, <", _find_operator_remedy(token))
        listed = token.text in ("in", "notin")
        values = self._list() if listed else [self._value()]
        for value in values:
            self._check_value(key.text, operator, value)
        return Requirement(key.text, operator, _sort_values([value.text for value in values]))

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
            raise _make_error("invalid-value", reason, self._text, value.position)

    def _peek(self) -> _Token:
        return self._tokens[self._next]

    def _take(self) -> _Token:
        """Return the next token and go on behind it; nothing is asked for behind the end."""
        token = self._tokens[self._next]
        self._next += 1
        return token

    def _fail(self, token: _Token, expected: str, remedy: str = "") -> NoReturn:
        found = "the end" if token.end else f"'{replace_unprintable(token.text)}'"
        raise _make_error(
            "syntax", f"found {found}, expected: {expected}", self._text, token.position, remedy
        )


def _find_operator_remedy(token: _Token) -> str:
    if token.text.lower() in ("in", "notin", "not"):
        return "the operators 'in' and 'notin' are written in lower case and as one word"
    if token.identifier:
        return "requirements are separated by commas"
    return ""


def _split_into_tokens(text: str) -> list[_Token]:
    """Cut a selector into tokens; the last one is empty and marks the end."""
    tokens = [
        _Token(match.group(), match.start(), match.lastgroup == "identifier")
        for match in _LEXER.finditer(text)
    ]
    tokens.append(_Token("", len(text), identifier=False))
    return tokens
