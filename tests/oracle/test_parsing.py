"""Every string that upstream parses is parsed with the same meaning; every string it refuses is refused.

Two differences are wanted and nothing else is: control characters are refused (upstream ends silently at
NUL), and an empty or blank selector parses, but is refused where it would exclude every node.
"""

import itertools
import os
import random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pulumi_openkruise.selectors import SelectorError, parse
from pulumi_openkruise.selectors.mapping import from_mapping

from .oracle_client import Oracle

MUTATIONS = int(os.environ.get("ORACLE_STRINGS", "60000"))
EXAMPLES = int(os.environ.get("ORACLE_EXAMPLES", "1500"))
NAMES = {
    "=": "In",
    "==": "In",
    "in": "In",
    "!=": "NotIn",
    "notin": "NotIn",
    "exists": "Exists",
    "!": "DoesNotExist",
    "gt": "Gt",
    "lt": "Lt",
}
Meaning = set[tuple[str, str, tuple[str, ...]]]


def upstream_meaning(answer: dict[str, Any]) -> Meaning | None:
    if not answer["ok"]:
        return None
    # A LabelSelector mapping may name a value twice: upstream keeps both, and they mean one.
    return {(r["key"], NAMES[r["operator"]], tuple(sorted(set(r["values"])))) for r in answer["requirements"]}


def our_meaning(text: str) -> Meaning | None:
    try:
        selector = parse(text)
    except SelectorError:
        return None
    return {(r.key, r.operator, r.values) for r in selector.requirements}


def control(text: str) -> bool:
    return any((c < " " and c not in "\t\r\n") or c == "\x7f" for c in text)


def differences(oracle: Oracle, texts: list[str]) -> list[str]:
    found = []
    answers = oracle.batch({"op": "parse", "selector": text} for text in texts)
    again: list[tuple[str, str]] = []
    for text, answer in zip(texts, answers, strict=True):
        expected = None if control(text) else upstream_meaning(answer)
        ours = our_meaning(text)
        if ours != expected:
            found.append(f"{text!r}: upstream {answer}, ours {ours}")
        elif ours is not None:
            again.append((text, str(parse(text))))
    # The canonical spelling means the same, to upstream and to us.
    answers = oracle.batch({"op": "parse", "selector": canonical} for _, canonical in again)
    for (text, canonical), answer in zip(again, answers, strict=True):
        if not upstream_meaning(answer) == our_meaning(text) == our_meaning(canonical):
            found.append(f"{text!r}: canonical {canonical!r} is to upstream {answer}")
        elif str(parse(canonical)) != canonical:
            found.append(f"{text!r}: canonical {canonical!r} is written {str(parse(canonical))!r} again")
    return found


def test_every_sequence_of_tokens(oracle: Oracle) -> None:
    """All sequences of up to six tokens, and longer ones inside a value list."""
    tokens = ["x", "in", "notin", "(", ")", ",", "=", "!", ">", "5"]
    texts = [" ".join(some) for n in range(5) for some in itertools.product(tokens, repeat=n)]
    texts += ["".join(some) for n in range(6) for some in itertools.product(tokens, repeat=n)]
    texts += [
        f"x in ({' '.join(some)}{end}"
        for n in range(8)
        for some in itertools.product("ab,", repeat=n)
        for end in (")", "),y")
    ]
    texts += [
        f"k {op} {' '.join(some)}"
        for n in range(6)
        for some in itertools.product(tokens, repeat=n)
        for op in ("in", "notin")
        if some[:1] == ("(",)
    ]
    texts += ["".join(some) for n in range(8) for some in itertools.product("x=!<>", repeat=n) if n < 7]
    accepted = 0
    for start in range(0, len(texts), 20000):
        assert differences(oracle, texts[start : start + 20000])[:5] == []
        accepted += sum(our_meaning(text) is not None for text in texts[start : start + 20000 : 97])
    assert accepted > 50, "hardly any sequence is a selector: the test no longer tests acceptance"


KEYS = [
    "x",
    "a.b/c",
    "kubernetes.io/os",
    "in",
    "notin",
    "x" * 63,
    "x" * 64,
    "p" * 63 + "/k",
    "x_y",
    "x-",
    "-x",
    "A/k",
    "a..b/k",
    "a/b/c",
    "/k",
    "a/",
    "é",
    "IN",
    "not",
    ".".join(["d" * 49] * 5) + "xyz/k",
    ".".join(["d" * 49] * 5) + "xyzw/k",
    ".".join(["d" * 49] * 5) + "xyzvwu/k",
    "k" * 253,
    "a-.b/k",
    "a_b/k",
]
VALUES = [
    "",
    "a",
    "v" * 63,
    "v" * 64,
    "-1",
    "06",
    "6",
    "9223372036854775807",
    "9223372036854775808",
    "1.5",
    "0",
    "in",
    "notin",
    "a.b",
    "a.",
    "_a",
    "x/y",
    "1_000",
    "0x1F",
    "1e3",
    "٣",
    "0" * 63,
    "0" * 64,
    "+1",
    "é",
]
PIECES = [
    *"=!(),>< \t\n\r\v\f\x00\x7f\xa0\x85 ",
    "in",
    "notin",
    "not in",
    "IN",
    "NotIn",
    "==",
    "!=",
    ">=",
    "=>",
    "<>",
    "===",
    "a",
    "5",
    "/",
    ".",
    "-",
    "_",
    "é",
    "\u2003",
    "\ufeff",
    "😀",
    '"',
    "'",
    "\\",
    "&",
    "|",
    "()",
]

blank = st.sampled_from(["", "", "", " ", "\t", " \n", "\r\n"])
key = st.one_of(st.sampled_from(KEYS[:6]), st.sampled_from(KEYS))
value = st.one_of(st.sampled_from(VALUES[:3]), st.sampled_from(VALUES))


@st.composite
def requirements(draw: st.DrawFn) -> str:
    kind = draw(st.sampled_from(["exists", "not", "equal", "set", "order"]))
    some = [draw(blank) for _ in range(5)]
    name = draw(key)
    if kind == "exists":
        return some[0] + name + some[1]
    if kind == "not":
        return some[0] + "!" + some[1] + name + some[2]
    if kind == "equal":
        return (
            some[0]
            + name
            + some[1]
            + draw(st.sampled_from(["=", "==", "!="]))
            + some[2]
            + draw(value)
            + some[3]
        )
    if kind == "order":
        return some[0] + name + some[1] + draw(st.sampled_from("<>")) + some[2] + draw(value) + some[3]
    values = ",".join(draw(blank) + draw(value) + draw(blank) for _ in range(draw(st.integers(0, 4))))
    word = draw(st.sampled_from(["in", "notin", "in", "notin", "In", "NOTIN", "not in"]))
    return f"{some[0]}{name} {some[1]}{word}{some[2]}({values}){some[3]}"


written = st.lists(requirements(), min_size=1, max_size=4).map(",".join)


@st.composite
def mutated(draw: st.DrawFn) -> str:
    text = draw(written)
    for _ in range(draw(st.integers(1, 3))):
        at = draw(st.integers(0, len(text)))
        upto = draw(st.sampled_from([at, at + 1, at + 2]))
        text = text[:at] + draw(st.one_of(st.just(""), st.sampled_from(PIECES))) + text[upto:]
    return text


@settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(text=st.one_of(written, mutated()))
def test_strings_of_the_grammar_and_their_mutations(oracle: Oracle, text: str) -> None:
    assert differences(oracle, [text]) == []


@settings(
    max_examples=EXAMPLES // 3, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck)
)
@given(text=st.text(st.characters(blacklist_categories=["Cs"]), max_size=12))
def test_any_text(oracle: Oracle, text: str) -> None:
    assert differences(oracle, [text]) == []


def random_text(rng: random.Random) -> str:
    parts = []
    for _ in range(rng.randint(1, 4)):
        name, operand = rng.choice(KEYS[:6] * 3 + KEYS), rng.choice(VALUES[:3] * 4 + VALUES)
        parts.append(
            rng.choice(
                [
                    name,
                    f"!{name}",
                    f"{name}={operand}",
                    f"{name} != {operand}",
                    f"{name}>{operand}",
                    f"{name} < {operand}",
                    f"{name} in ({operand},{rng.choice(VALUES[:3])})",
                    f"{name} notin (a,{operand})",
                ]
            )
        )
    text = ",".join(parts)
    for _ in range(rng.choice([0, 1, 1, 1, 2, 3])):
        at = rng.randint(0, len(text))
        text = text[:at] + rng.choice(["", *PIECES]) + text[at + rng.choice([0, 0, 1, 1, 2]) :]
    return text


def test_many_mutations(oracle: Oracle) -> None:
    rng = random.Random(20260)
    accepted = 0
    for _ in range(0, MUTATIONS, 10000):
        texts = [random_text(rng) for _ in range(min(10000, MUTATIONS))]
        assert differences(oracle, texts)[:5] == []
        accepted += sum(our_meaning(text) is not None for text in texts[:1000])
    assert accepted > 100


def random_mapping(rng: random.Random) -> dict[str, Any]:
    def values() -> list[str]:
        return [rng.choice(VALUES[:3] * 4 + VALUES) for _ in range(rng.randint(0, 3))]

    mapping: dict[str, Any] = {}
    if rng.random() < 0.7:
        mapping["matchLabels"] = {
            rng.choice(KEYS[:6] * 4 + KEYS): rng.choice(VALUES[:3] * 8 + VALUES)
            for _ in range(rng.randint(0, 3))
        }
    if rng.random() < 0.8:
        mapping["matchExpressions"] = []
        for _ in range(rng.randint(0, 3)):
            operator = rng.choice(["In", "NotIn", "Exists", "DoesNotExist"] * 5 + ["Gt", "Lt", "in", ""])
            expression: dict[str, Any] = {"key": rng.choice(KEYS[:6] * 5 + KEYS), "operator": operator}
            if operator in ("In", "NotIn") or rng.random() < 0.1:
                expression["values"] = values()
            mapping["matchExpressions"].append(expression)
    return mapping


def test_label_selector_mappings(oracle: Oracle) -> None:
    rng = random.Random(7)
    mappings = [random_mapping(rng) for _ in range(6000)]
    answers = oracle.batch({"op": "labelSelector", "labelSelector": mapping} for mapping in mappings)
    accepted = 0
    for mapping, answer in zip(mappings, answers, strict=True):
        try:
            ours: Meaning | None = {(r.key, r.operator, r.values) for r in from_mapping(mapping).requirements}
        except SelectorError:
            ours = None
        assert ours == upstream_meaning(answer), f"{mapping}: upstream {answer}, ours {ours}"
        accepted += ours is not None
    assert 1000 < accepted < 5500
