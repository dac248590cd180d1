"""Every kind of error of the selectors, with its whole message.

``UPDATE_GOLDEN=1 pytest tests/unit/selectors`` rewrites ``error_messages.txt``; read the difference.
"""

import os
import re
from pathlib import Path
from typing import Any

import pytest
from pulumi_openkruise.selectors import Problem, SelectorError, solve

GOLDEN = Path(__file__).with_name("error_messages.txt")


def term(*requirements: tuple[str, ...]) -> dict[str, Any]:
    entries = [
        {"key": key, "operator": operator, "values": values} for key, operator, *values in requirements
    ]
    return {"matchExpressions": entries}


def required(*terms: dict[str, Any]) -> dict[str, Any]:
    return {"nodeSelectorTerms": list(terms)}


CASES: dict[str, tuple[Any, dict[str, Any]]] = {
    "not-a-string: one string": ("type=kwok", {}),
    "not-a-string: one mapping": ({"matchLabels": {"a": "b"}}, {}),
    "not-a-string: a number": (["type=kwok", 5], {}),
    "not-a-string: null": ([None], {}),
    "control-character": (["type=\x1b[31mkwok"], {}),
    "syntax: two words": (["type kwok"], {}),
    "syntax: end of list": (["type in (kwok"], {}),
    "syntax: end of a selector": (["!"], {}),
    "syntax: comma at the end": (["type=kwok,"], {}),
    "syntax: comma at the start": ([",type=kwok"], {}),
    "syntax: no list": (["type in kwok"], {}),
    "syntax: upper case": (["type IN (kwok)"], {}),
    "syntax: two words for notin": (["type not in (kwok)"], {}),
    "syntax: operator without a sense": (["type>=5"], {}),
    "syntax: negated value": (["!type=kwok"], {}),
    "syntax: words in a list": (["type in (kwok liqo)"], {}),
    "syntax: parenthesis in a list": (["type in (kwok,(liqo))"], {}),
    "invalid-key: two slashes": (["a/b/c=d"], {}),
    "invalid-key: empty prefix": (["/a"], {}),
    "invalid-key: long prefix": ([f"{'p' * 254}/a"], {}),
    "invalid-key: prefix": (["Example.com/a"], {}),
    "invalid-key: empty name": (["a/"], {}),
    "invalid-key: name": (["-a"], {}),
    "invalid-key: long name": (["n" * 64], {}),
    "invalid-value: characters": (["a=b/c"], {}),
    "invalid-value: long": ([f"a={'v' * 64}"], {}),
    "invalid-value: no integer": (["a>b"], {}),
    "invalid-mapping: field": ([{"matchlabels": {}}], {}),
    "invalid-mapping: everything": (
        [
            {
                "matchLabels": {"a": 1, "-b": "c"},
                "matchExpressions": [
                    5,
                    {"key": "a", "operator": "Gt", "values": ["1"]},
                    {"key": "a", "operator": "In"},
                    {"key": "a", "operator": "Exists", "values": ["x"]},
                    {"operator": "Exists"},
                    {"key": "a", "operator": "Exists", "value": "x"},
                ],
            }
        ],
        {},
    ),
    "invalid-mapping: kinds": (
        [{"matchLabels": [], "matchExpressions": {"a": 1}}, {"matchLabels": ["a"]}],
        {},
    ),
    "matches-every-node": (["type=kwok", ""], {}),
    "leaves-no-node": (["zone=a", "x", "!x"], {}),
    "leaves-no-node: three": (["x", "!x,y", "!x,!y"], {}),
    "leaves-no-node: required": (
        ["type=virtual-kubelet"],
        {
            "required": {
                "nodeSelectorTerms": [
                    {"matchExpressions": [{"key": "type", "operator": "In", "values": ["virtual-kubelet"]}]}
                ]
            }
        },
    ),
    "leaves-no-node: nodeSelector": (["type=virtual-kubelet"], {"labels": {"type": "virtual-kubelet"}}),
    "leaves-no-node: both": (
        ["type=kwok,pool=a"],
        {"required": required(term(("type", "In", "kwok"))), "labels": {"pool": "a"}},
    ),
    "contradiction": (["type=kwok"], {"required": required(term(("a", "Exists"), ("a", "DoesNotExist")))}),
    "contradiction: many": (
        [],
        {
            "required": required(
                term(("b", "Exists"), ("a", "In", "x", "y"), ("a", "NotIn", "x"), ("a", "NotIn", "y")),
                {},
                {
                    "matchFields": [
                        {"key": "metadata.name", "operator": "In", "values": [name]} for name in "nm"
                    ]
                },
                term(("k", "Lt", "0")),
                term(("k", "Lt", "7"), ("k", "Gt", "6")),
            )
        },
    ),
    "contradiction: empty": ([], {"required": required({}, {"matchExpressions": []})}),
    "contradiction: nodeSelector": (
        [],
        {"required": required(term(("pool", "In", "b"), ("z", "Exists"))), "labels": {"pool": "a", "z": "x"}},
    ),
    "invalid-affinity: nodeSelector": (
        ["type=kwok"],
        {"required": {"nodeSelectorTerms": []}, "labels": {"BAD KEY!": "x", "b": "bad value!"}},
    ),
    "invalid-affinity: everything": (
        ["type=kwok"],
        {
            "required": {
                "preferred": [],
                "nodeSelectorTerms": [
                    5,
                    {"matchLabels": {}},
                    {
                        "matchExpressions": [
                            {"key": "-", "operator": "Exists"},
                            {"key": "a", "operator": "Is"},
                            {"key": "a", "operator": "In", "values": "b"},
                            {"key": "a", "operator": "In", "values": []},
                            {"key": "a", "operator": "Gt", "values": ["1.5"]},
                            {"key": "a", "operator": "In", "values": [True]},
                            {"key": "a", "operator": "Exists", "value": ["b"]},
                            7,
                        ],
                        "matchFields": [
                            {"key": "name", "operator": "In", "values": ["n"]},
                            {"key": "metadata.name", "operator": "In", "values": ["n", "m"]},
                            {"key": "metadata.name", "operator": "In", "values": ["Node_1"]},
                            {"key": "metadata.name", "operator": "In", "values": ["n" * 254]},
                        ],
                    },
                    {"matchExpressions": {"key": "a"}},
                ],
            }
        },
    ),
    "invalid-affinity: no terms": (["type=kwok"], {"required": {"nodeSelectorTerms": []}}),
    "inexpressible": (["k>5"], {}),
    "inexpressible: two": (["k>5,k<9", "zone=a", "k<3"], {}),
    "too-large": ([f"a{n}=1,b{n}=1" for n in range(16)], {}),
    "too-large: found while searching": (
        [
            f"k{(7 * n) % 16}-{'x' * 50}=a{n % 3},k{(7 * n + n % 5 + 1) % 16}-{'x' * 50}=b{n % 4}"
            for n in range(40)
        ],
        {},
    ),
    "several": (["a b", "type=kwok", "-a", 5], {}),
}


def _message(name: str) -> str:
    selectors, options = CASES[name]
    with pytest.raises(SelectorError) as caught:
        solve(selectors, **options)
    codes = [problem.code for problem in caught.value.problems]
    assert name.split(":")[0] in (codes[0], "several")
    return str(caught.value)


def test_messages() -> None:
    text = "".join(f"### {name}\n{_message(name)}\n\n" for name in CASES)
    if os.environ.get("UPDATE_GOLDEN"):
        GOLDEN.write_text(text)
    assert GOLDEN.read_text() == text


def test_every_code_has_a_case() -> None:
    listed = re.findall(r"``([a-z-]+)``", (Problem.__doc__ or "").split("one of:")[1])
    assert {name.split(":")[0] for name in CASES} - {"several"} == set(listed)


@pytest.mark.parametrize("name", CASES)
def test_nothing_in_a_message_steers_a_terminal(name: str) -> None:
    assert all(character.isprintable() or character == "\n" for character in _message(name))


def test_the_caret_stands_under_what_is_wrong() -> None:
    with pytest.raises(SelectorError) as caught:
        solve(["type=kwok,zone a"])
    shown, caret = str(caught.value).splitlines()[1:3]
    assert shown[caret.index("^")] == "a"
