"""Selector strings and LabelSelector mappings: what they mean, and what is refused."""

import random
import string
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pulumi_openkruise.selectors import Requirement, SelectorError, from_mapping, parse
from pulumi_openkruise.selectors.parse import parse_by_grammar, read_common
from pulumi_openkruise.selectors.requirement import Operator, make_selector

ACCEPTED: dict[str, list[tuple[str, Operator, tuple[str, ...]]]] = {
    "": [],
    " \t\r\n": [],
    "x": [("x", "Exists", ())],
    "!x": [("x", "DoesNotExist", ())],
    "! x": [("x", "DoesNotExist", ())],
    "x=a": [("x", "In", ("a",))],
    "x==a": [("x", "In", ("a",))],
    "x = a": [("x", "In", ("a",))],
    "x!=a": [("x", "NotIn", ("a",))],
    "x=": [("x", "In", ("",))],
    "x==": [("x", "In", ("",))],
    "x!=": [("x", "NotIn", ("",))],
    "x=,y": [("x", "In", ("",)), ("y", "Exists", ())],
    "x in (b,a,b)": [("x", "In", ("a", "b"))],
    "x in(a)": [("x", "In", ("a",))],
    "x in ()": [("x", "In", ("",))],
    "x in (a,)": [("x", "In", ("", "a"))],
    "x in (,a)": [("x", "In", ("", "a"))],
    "x notin ( a , b )": [("x", "NotIn", ("a", "b"))],
    "x>5": [("x", "Gt", ("5",))],
    "x<05": [("x", "Lt", ("05",))],
    "x<0": [("x", "Lt", ("0",))],
    "x>9223372036854775807": [("x", "Gt", ("9223372036854775807",))],
    "b,a,b": [("a", "Exists", ()), ("b", "Exists", ())],
    "a=b,a=c": [("a", "In", ("b",)), ("a", "In", ("c",))],
    "in": [("in", "Exists", ())],
    "notin=in": [("notin", "In", ("in",))],
    "in in (in,notin)": [("in", "In", ("in", "notin"))],
    "eks.amazonaws.com/compute-type=fargate,!foo": [
        ("eks.amazonaws.com/compute-type", "In", ("fargate",)),
        ("foo", "DoesNotExist", ()),
    ],
    f"{'p' * 253}/{'n' * 63}={'v' * 63}": [(f"{'p' * 253}/{'n' * 63}", "In", ("v" * 63,))],
}

REFUSED = {
    ",": "syntax",
    "x,": "syntax",
    ",x": "syntax",
    "x,,y": "syntax",
    "x y": "syntax",
    "x=a b": "syntax",
    "x=a=b": "syntax",
    "x===a": "syntax",
    "x! =a": "syntax",
    "x>=5": "syntax",
    "x<=5": "syntax",
    "x=>5": "syntax",
    "x<>5": "syntax",
    "!x=a": "syntax",
    "!x in (a)": "syntax",
    "!!x": "syntax",
    "!": "syntax",
    "x IN (a)": "syntax",
    "x not in (a)": "syntax",
    "xin(a)": "syntax",
    "(x)": "syntax",
    "x in a": "syntax",
    "x in": "syntax",
    "x in (": "syntax",
    "x in (a": "syntax",
    "x in (a,": "syntax",
    "x in (=a)": "syntax",
    "x in (!)": "syntax",
    "x in (,>)": "syntax",
    "x in (a b)": "syntax",
    "x in (a,(b))": "syntax",
    "x in (a=b)": "syntax",
    "x in (a) y": "syntax",
    "-x": "invalid-key",
    "x-": "invalid-key",
    "/x": "invalid-key",
    "x/": "invalid-key",
    "a/b/c": "invalid-key",
    "Example.com/x": "invalid-key",
    "x\u00a0": "invalid-key",
    "\u0661": "invalid-key",
    "n" * 64: "invalid-key",
    f"{'p' * 254}/x": "invalid-key",
    "x=-a": "invalid-value",
    "x=a/b": "invalid-value",
    "x=\u0661": "invalid-value",
    f"x={'v' * 64}": "invalid-value",
    "x in (a,b-)": "invalid-value",
    "x>": "invalid-value",
    "x>a": "invalid-value",
    "x>-1": "invalid-value",
    "x>1.5": "invalid-value",
    "x>1_000": "invalid-value",
    "x>9223372036854775808": "invalid-value",
    "x\x00": "control-character",
    "x=a\x0b": "control-character",
    "\x1b[31mx": "control-character",
    "x\x7f": "control-character",
}

MAPPINGS = [
    ({"matchLabels": {"a": "b", "c": ""}}, "a=b,c="),
    ({"matchExpressions": [{"key": "a", "operator": "Exists"}]}, "a"),
    ({"matchExpressions": [{"key": "a", "operator": "DoesNotExist", "values": []}]}, "!a"),
    ({"matchExpressions": [{"key": "a", "operator": "NotIn", "values": ["y", "x", "x"]}]}, "a notin (x,y)"),
    (
        {"matchLabels": {"z": "1"}, "matchExpressions": [{"key": "a", "operator": "In", "values": ["b"]}]},
        "a=b,z=1",
    ),
    ({"matchLabels": None, "matchExpressions": None}, ""),
]

BAD_MAPPINGS = [
    {"matchLabel": {"a": "b"}},
    {"matchLabels": {"a": 1}},
    {"matchLabels": ["a"]},
    {"matchLabels": {"-a": "b"}},
    {"matchExpressions": {"key": "a"}},
    {"matchExpressions": ["a"]},
    {"matchExpressions": [{"key": "a", "operator": "Gt", "values": ["5"]}]},
    {"matchExpressions": [{"key": "a", "operator": "In", "values": []}]},
    {"matchExpressions": [{"key": "a", "operator": "Exists", "values": ["b"]}]},
    {"matchExpressions": [{"operator": "Exists"}]},
]


@pytest.mark.parametrize("text", ACCEPTED)
def test_reads_a_selector(text: str) -> None:
    assert parse(text).requirements == tuple(Requirement(*parts) for parts in ACCEPTED[text])


_WORDS = ("x", "in", "notin", "a.b/c-d", "v_1", "-x", "x-", "a/b/c", "A.b/c", "n" * 63, "n" * 64, "")
_PIECES = (
    *_WORDS,
    "=",
    "==",
    "!=",
    "!",
    ",",
    "(",
    ")",
    " ",
    "\t",
    " in (",
    " notin(",
    ">",
    "5",
    "ä",
    "\n",
    "\0",
)


@settings(max_examples=3000, deadline=None)
@given(st.lists(st.sampled_from(_PIECES), max_size=9).map("".join) | st.integers(0, 2**32).map(str))
def test_what_is_read_as_a_common_form_means_the_same_by_the_grammar(text: str) -> None:
    if text.isdigit():
        text = _written(random.Random(text))
    requirements = read_common(text)
    if requirements is not None:
        assert make_selector(requirements, text) == parse_by_grammar(text)


def _written(chance: random.Random) -> str:
    """Write a selector of which at most one character is wrong."""
    blank = chance.choice(["", "", " ", "\t"])
    listed = (
        f"({blank}{f'{blank},{blank}'.join(chance.choices(['a', 'b', '', '0.1'], k=chance.randint(1, 3)))})"
    )
    ways = [
        "x",
        f"!{blank}x",
        f"x{blank}={blank}a",
        "k.io/x==a",
        "x!=",
        f"x in{blank}{listed}",
        f"x notin {listed}",
    ]
    text = f"{blank},{blank}".join(chance.choices(ways, k=chance.randint(1, 3)))
    if chance.random() < 0.5:
        at = chance.randrange(len(text) + 1)
        text = text[:at] + chance.choice(["", " ", ",", "!", "=", "(", ")", "/", "-"]) + text[at + 1 :]
    return text


def test_keys_and_values_keep_every_letter_and_digit() -> None:
    for one in string.ascii_letters + string.digits:
        text = f"{one}k{one}={one}v{one},!{one},{one}l in ({one},{one}v{one}),{one}m"
        assert parse(text) == parse_by_grammar(text)
        assert {requirement.key for requirement in parse(text).requirements} == {
            f"{one}k{one}", one, f"{one}l", f"{one}m",
        }  # fmt: skip


def test_ordinary_selectors_are_of_a_common_form() -> None:
    for text in ("type=virtual-kubelet", "type in (a, b),!gpu", "k.io/x!=a,zone", "x notin (a)", "x == a"):
        assert read_common(text) is not None


@pytest.mark.parametrize("text", ACCEPTED)
def test_writes_a_selector_that_reads_as_the_same(text: str) -> None:
    assert parse(str(parse(text))) == parse(text)


@pytest.mark.parametrize("text", REFUSED)
def test_refuses_a_text(text: str) -> None:
    with pytest.raises(SelectorError) as caught:
        parse(text)
    problem = caught.value.problems[0]
    assert problem.code == REFUSED[text]
    assert problem.selector == text
    assert problem.position is not None
    assert 0 <= problem.position <= len(text)


FORMS = (
    "write key=value, key!=value, key in (a,b), key notin (a,b), key, !key, key>5 or key<5, joined by commas"
)


@pytest.mark.parametrize(
    ("text", "remedy"),
    [
        ("x>=5", "there is no '>=' or '<=': compare with the next integer by '>' or '<'"),
        ("x>==5", "there is no '>=' or '<=': compare with the next integer by '>' or '<'"),
        ("x>!5", FORMS),
        ("x (a)", FORMS),
        ("x y", "requirements are separated by commas"),
        ("x NotIn (a)", "the operators 'in' and 'notin' are written in lower case and as one word"),
    ],
)
def test_the_remedy_of_a_refusal(text: str, remedy: str) -> None:
    with pytest.raises(SelectorError) as caught:
        parse(text)
    assert caught.value.problems[0].remedy == remedy


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("x>a-", "the value 'a-' must be empty or consist of letters, digits, '-', '_' or '.'"),
        (f"x>{'1' * 64}", "the value has 64 characters, at most 63 are allowed"),
        ("x<1.5", "'>' and '<' compare with an integer from 0 to 9223372036854775807, found '1.5'"),
    ],
)
def test_that_no_label_has_a_value_is_said_before_that_it_is_no_integer(text: str, reason: str) -> None:
    with pytest.raises(SelectorError) as caught:
        parse(text)
    assert caught.value.problems[0].reason.startswith(f"invalid value for label 'x': {reason}")


@pytest.mark.parametrize(("mapping", "text"), MAPPINGS)
def test_reads_a_mapping(mapping: dict[str, Any], text: str) -> None:
    assert from_mapping(mapping) == parse(text)


@pytest.mark.parametrize("mapping", BAD_MAPPINGS)
def test_refuses_a_mapping(mapping: dict[str, Any]) -> None:
    with pytest.raises(SelectorError) as caught:
        from_mapping(mapping)
    assert [problem.code for problem in caught.value.problems] == ["invalid-mapping"]


@pytest.mark.parametrize(
    "text",
    [
        "x in (b,a,b)",
        *(f"x{blank} in{blank}({blank}b,a{blank},{blank}b{blank}){blank}" for blank in " \t\r\n"),
        "x>1,y in (b,a,b,a)",
        "x notin (b,b,b,a)",
    ],
)
def test_values_are_listed_once_and_in_order(text: str) -> None:
    assert parse(text).requirements[-1].values == ("a", "b")


@pytest.mark.parametrize(
    "forms", [("x in (long-value,b)", "y notin (b,long-value)"), ("x>1,y in (long-value,b)",) * 2]
)
def test_selectors_share_the_strings_of_their_values(forms: tuple[str, str]) -> None:
    """Thousands of selectors repeat values: a string for each of them took hundreds of megabytes."""

    class Text(str):
        """A string as a reader of YAML makes it."""

    one, other = (parse(Text(form)).requirements[-1].values for form in forms)
    assert one == other == ("b", "long-value")
    assert one[1] is other[1]
