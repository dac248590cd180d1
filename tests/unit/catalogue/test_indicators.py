"""The flat table of indicators: complete, without duplicates, and usable outside of Python."""

import re
from collections import Counter
from pathlib import Path

import pytest
from pulumi_openkruise.catalogue import KINDS, PRESETS
from pulumi_openkruise.catalogue.indicators import (
    DECLARED,
    DENIALS,
    INDICATORS,
    NODE_INFO_FIELDS,
    SHAPES,
    TYPE_KEY,
    VIRTUAL_KEY,
    VIRTUAL_VALUE,
    Indicator,
    NodeInfoShape,
    has_own_domain,
)
from pulumi_openkruise.selectors import parse

LISTED = Path(__file__).parent / "indicators.txt"
BY_PLACE = Counter(one.place for one in INDICATORS)
BEYOND_RE2 = re.compile(r"\(\?(?![:P])|\\[1-9Z]|\(\?P[=>]")
"""Look-around, references and possessive groups, which RE2 and so CEL refuse."""


def find(place: str, key: str, value: str | None = None) -> Indicator:
    (found,) = [one for one in INDICATORS if (one.place, one.key, one.value) == (place, key, value)]
    return found


def test_every_fact_of_every_kind_is_there_once() -> None:
    for kind in KINDS.values():
        mine = [one for one in INDICATORS if kind.name in one.kinds]
        assert sorted(one.selector for one in mine if one.selector) == sorted(
            kind.selectors if kind.is_preset else ()
        )
        assert {one.key for one in mine if one.place == "annotation"} == set(kind.annotations)
        keys = {taint.rpartition(":")[0].partition("=")[0] for taint in kind.taints}
        assert {one.key for one in mine if one.place == "taint"} == keys
    assert len({(one.place, one.key, one.value, one.pattern) for one in INDICATORS}) == len(INDICATORS)
    assert min(BY_PLACE.values()) > 0
    assert len(BY_PLACE) == 9


def test_presets_are_the_selectors_of_the_labels() -> None:
    listed = {one.selector for one in INDICATORS if one.selector}
    assert listed == {selector for kind in PRESETS.values() for selector in kind.selectors}
    for one in INDICATORS:
        if one.selector:
            assert parse(one.selector).matches({one.key: one.value or ""})


def test_labels_without_backing_are_in_no_preset() -> None:
    unbacked = {label for kind in KINDS.values() for label in kind.unbacked_labels}
    assert unbacked
    assert unbacked.isdisjoint(one.selector for one in INDICATORS)
    assert unbacked <= {f"{one.key}={one.value}" for one in INDICATORS if one.place == "label"}


def test_indicators_of_several_kinds_or_shared_domains_are_not_decisive() -> None:
    for one in INDICATORS:
        if one.strength == "decisive":
            assert len(one.kinds) == 1 or has_own_domain(one.key)
        assert (one.strength == "weak") == (one.place == "name")
    assert find("label", "type", "virtual-kubelet").strength == "strong"
    assert find("label", "vci.vke.volcengine.com/node-type", "vci").strength == "strong"
    assert find("taint", "virtual-kubelet.io/provider").strength == "strong"
    assert find("taint", "eks.amazonaws.com/compute-type", "fargate").strength == "decisive"


@pytest.mark.parametrize(
    ("key", "own"),
    [
        ("liqo.io/type", True),
        ("virtual-node.perian/type", True),
        ("type", False),
        ("kubernetes.io/os", False),
        ("k8s.io/x", False),
        ("node-role.kubernetes.io/virtual-node", False),
        ("kwok.x-k8s.io/node", True),
        ("node.k8s.io/x", False),
        ("notkubernetes.io/x", True),
    ],
)
def test_has_own_domain(key: str, own: bool) -> None:
    assert has_own_domain(key) is own


def test_patterns_stay_within_re2() -> None:
    for one in INDICATORS:
        assert BEYOND_RE2.search(one.pattern) is None
        assert bool(one.pattern) != bool(one.key)
    assert BEYOND_RE2.search(r"(?=x)")
    assert BEYOND_RE2.search(r"(x)\1")
    assert not BEYOND_RE2.search(r"(?:x)")


def test_shapes_name_fields_of_the_api() -> None:
    for shape in SHAPES:
        assert {*shape.filled, *shape.empty} <= NODE_INFO_FIELDS.keys()
        assert not {*shape.filled} & {*shape.empty}
        assert "runtime" in shape.empty
        assert shape.filled or shape.ready  # else a node that was made by hand would fit


def test_what_people_and_the_api_call_things() -> None:
    assert DECLARED == "openkruise.io/virtual-node"
    assert sorted(DENIALS) == ["0", "disabled", "false", "no", "none", "off"]
    assert NODE_INFO_FIELDS == {
        "kubelet_version": "kubeletVersion",
        "runtime": "containerRuntimeVersion",
        "os_image": "osImage",
        "kernel": "kernelVersion",
        "architecture": "architecture",
        "system": "operatingSystem",
    }


def test_what_no_real_kubelet_reports() -> None:
    """No runtime, image and kernel: beside a version at any time, without one from a node that is ready."""
    nothing = ("runtime", "os_image", "kernel")
    version = "a kubelet version, but no container runtime and no operating system"
    assert (
        NodeInfoShape(("kubelet_version",), nothing, False, version, "strong"),
        NodeInfoShape((), nothing, True, "ready, but reports no container runtime", "strong"),
    ) == SHAPES


WORDS = ["virtual-kubelet", "virtual_node", "virtual.node", "virtualnode", "vkubelet", "vnode"]


@pytest.mark.parametrize("word", WORDS)
def test_names_that_say_virtual(word: str) -> None:
    keys = [word, f"example.com/{word}", f"{word}.example.com/x", f"is-{word}", f"{word}/x", f"x_{word}"]
    keys += [f"{word}-{end}" for end in ("type", "kind", "name", "id", "role", "provider")]
    assert all(re.match(VIRTUAL_KEY, key) for key in keys)
    others = [f"{word}s", f"{word}-group", f"a{word}", f"{word}-types", f"{word}-type/x"]
    assert not any(re.match(VIRTUAL_KEY, key) for key in others)
    assert all(re.match(VIRTUAL_VALUE, value) for value in (word, f"acs-{word}", f"a.{word}12", f"{word}2"))
    assert not any(
        re.match(VIRTUAL_VALUE, value) for value in (f"a{word}", f"{word}s", f"{word}-1", f"x/{word}")
    )


@pytest.mark.parametrize("word", ["type", "kind", "class", "role", "provider", "mode"])
def test_keys_whose_value_says_what_a_node_is(word: str) -> None:
    assert all(re.match(TYPE_KEY, key) for key in (word, f"a.b/node-{word}", f"a/{word}", f"a_{word}"))
    assert not any(re.match(TYPE_KEY, key) for key in (f"{word}s", f"a{word}", f"{word}/x", f"{word}-x"))


def test_no_indicator_is_lost() -> None:
    """Without one, virtual nodes of its kind pass for real ones: nothing else would notice.

    If a change is meant: ``python -m tests.unit.catalogue.test_indicators`` writes the list.
    """
    assert LISTED.read_text().splitlines() == list_indicators()


def list_indicators() -> list[str]:
    """Return every indicator with what it says, a line each."""
    return [
        " ".join(
            [
                one.place,
                f"{one.key}={'*' if one.value is None else one.value}" if one.key else f"/{one.pattern}/",
                "->",
                ",".join(one.kinds),
                one.strength,
                "virtual" if one.virtual else "real",
                *([f"selector {one.selector}"] if one.selector else []),
            ]
        )
        for one in INDICATORS
    ]


if __name__ == "__main__":
    LISTED.write_text("".join(f"{line}\n" for line in list_indicators()))
