"""The index of indicators, against a search through the whole table."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pulumi_openkruise.catalogue.indicators import DECLARED, DENIALS, INDICATORS, Indicator, Place
from pulumi_openkruise.detection import indicator_index
from pulumi_openkruise.detection.indicator_index import (
    ANNOTATION_KEYS,
    KEY_ROLES,
    LABEL_KEYS,
    STATUS_PATTERNS,
    TAINT_KEYS,
    PatternIndex,
    depends_on,
    find_annotation_indicator,
    find_label_indicators,
    find_taint_indicator,
    names_virtual_node,
)

KEYED = [one for one in INDICATORS if one.key]
VALUES = sorted({one.value for one in KEYED if one.value is not None} | {"", "no value of any"})
PLACES: tuple[Place, ...] = ("kubelet-version", "runtime", "os-image", "architecture", "provider-id", "name")


def _search(place: str, key: str, value: str) -> list[Indicator]:
    """List the indicators of a place for a key: those that want this value, then those that want any."""
    return [
        one
        for wanted in (value, None)
        for one in INDICATORS
        if (one.place, one.key, one.value) == (place, key, wanted)
    ]


@pytest.mark.parametrize("key", sorted({one.key for one in KEYED} | {"no.key/of-any"}))
def test_keys_are_found_with_their_value_first(key: str) -> None:
    for value in VALUES:
        assert list(find_label_indicators(key, value)) == _search("label", key, value)
        assert find_taint_indicator(key, value) == next(iter(_search("taint", key, value)), None)
    assert find_annotation_indicator(key) == next(iter(_search("annotation", key, "")), None)


@pytest.mark.parametrize("place", PLACES)
def test_the_first_pattern_that_matches_is_found(place: Place) -> None:
    index = PatternIndex(place)
    patterns = [one for one in INDICATORS if one.place == place]

    @settings(max_examples=30)
    @given(st.one_of(st.text(max_size=5), *(st.from_regex(one.pattern) for one in patterns)))
    def check(string: str) -> None:
        matching = [one for one in patterns if re.match(one.pattern, string)]
        position = index.find(string)
        assert (position == -1) == (not matching)
        if matching:
            assert index[position] == matching[0]

    check()


def test_each_field_of_a_status_has_its_patterns() -> None:
    assert [name for _index, name in STATUS_PATTERNS] == [
        "kubelet_version",
        "runtime",
        "os_image",
        "architecture",
    ]
    for index, name in STATUS_PATTERNS:
        own = [one for one in INDICATORS if one.place == name.replace("_", "-")]
        for at, indicator in enumerate(own):
            assert index[at] == indicator


def test_the_keys_that_a_classification_depends_on() -> None:
    keys = {place: {one.key for one in INDICATORS if one.place == place} for place in ("label", "taint")}
    platform = {"kubernetes.io/os", "kubernetes.io/arch"}
    assert keys["label"] | platform | {"openkruise.io/virtual-node"} == LABEL_KEYS
    assert keys["taint"] == TAINT_KEYS
    assert {one.key for one in INDICATORS if one.place == "annotation"} == ANNOTATION_KEYS


@pytest.mark.parametrize(
    ("key", "role"),
    [
        ("kubernetes.io/os", 1),
        (DECLARED, 1),  # also named, which does not count beside
        ("example.com/virtual-node", 2),
        ("virtual-kubelet-type", 2),
        ("example.com/virtual-node-group", 0),
        ("example.com/node-type", 3),
        ("type-of-node", 0),
        ("pool", 0),
    ],
)
def test_the_role_of_a_key(key: str, role: int) -> None:
    KEY_ROLES.clear()
    assert KEY_ROLES[key] == role
    assert dict(KEY_ROLES) == {key: role}
    assert KEY_ROLES[key] == role


def test_no_more_keys_are_remembered_than_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(indicator_index, "_REMEMBERED", 3)
    KEY_ROLES.clear()
    sizes = []
    for number in range(7):
        assert KEY_ROLES[f"example-{number}/virtual-node"] == 2
        sizes.append(len(KEY_ROLES))
    assert sizes == [1, 2, 3, 1, 2, 3, 1]
    assert KEY_ROLES["example-6/virtual-node"] == 2
    assert len(KEY_ROLES) == 1


NAMED = [
    ("example.com/virtual-node", "true", True),
    ("example.com/virtual-node", "", True),
    ("example.com/virtual-node", "False", False),
    ("example.com/virtual-node-group", "true", False),
    ("example.com/type", "acs-virtual-kubelet", True),
    ("example.com/type", "virtual-node3", True),
    ("example.com/type", "virtual-nodes", False),
    ("example.com/pool", "virtual-kubelet", False),
    (DECLARED, "true", False),
    (DECLARED, "virtual-kubelet", False),
    *((f"example.com/{name}", denial, False) for name in ("vnode", "vkubelet") for denial in sorted(DENIALS)),
]


@pytest.mark.parametrize(("key", "value", "named"), NAMED)
def test_names_of_unknown_makers(key: str, value: str, named: bool) -> None:
    assert names_virtual_node(key, value) is named


@pytest.mark.parametrize(("key", "value", "named"), NAMED)
def test_a_classification_depends_on_known_keys_and_on_names(key: str, value: str, named: bool) -> None:
    assert depends_on(key, value) is (named or key == DECLARED)
    assert depends_on("kubernetes.io/arch", value)
    assert not depends_on("example.com/type", "large")
