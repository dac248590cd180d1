"""Stack files within bounds: a merge key is counted before it is copied, and no error quotes a value."""

import warnings
from typing import Any

import pytest
from pulumi_openkruise.config.yaml_data import load_yaml
from ruamel.yaml import YAML

BOMB = "a0: &a0 {x: 1}\n" + "".join(f"a{n}: &a{n}\n  <<: [*a{n - 1}, *a{n - 1}]\n" for n in range(1, 46))


def test_merge_keys_are_counted_before_they_are_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    def build(*_: Any) -> None:
        raise AssertionError("built")

    monkeypatch.setattr(YAML, "load", build)
    with pytest.raises(ValueError, match=r"Pulumi.x.yaml: YAML that stands for more than"):
        load_yaml(BOMB, "Pulumi.x.yaml")


@pytest.mark.parametrize(
    "text", ["password: *s3cret\n", "password: !s3cret [x\n", "password: !!int s3cret\n"]
)
def test_no_value_is_quoted(text: str) -> None:
    with pytest.raises(ValueError) as caught:
        load_yaml(text, "Pulumi.x.yaml")
    assert "s3cret" not in str(caught.value)
    assert str(caught.value).startswith("Pulumi.x.yaml")


def test_the_warning_of_a_repeated_anchor_quotes_no_part_of_the_file() -> None:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        load_yaml("a: &x s3cret\nb: &x 1\n", "Pulumi.x.yaml")
    assert said == []


@pytest.mark.parametrize(("begin", "end"), [("[", "]"), ("{a: ", "}"), ("[{a: ", "}]")])
def test_what_is_nested_is_built_up_to_its_limit(
    begin: str, end: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list or a mapping is a level, whichever it is."""
    monkeypatch.setattr("pulumi_openkruise.config.yaml_data._DEEPEST", 6)
    levels = len(begin.replace("a: ", ""))
    load_yaml(begin * (6 // levels) + "x" + end * (6 // levels), "file")
    with pytest.raises(ValueError, match=r"^file: nested too deeply$"):
        load_yaml(f"[{begin * (6 // levels)}x{end * (6 // levels)}]", "file")


@pytest.mark.parametrize(
    "text", ["[1, 2, 3, 4]", "{a: 1, b: 2, c: 3, d: 4}", "&a [1, [2, 3]]", "[&a [1], *a]"]
)
def test_values_are_built_up_to_their_limit(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each list, mapping and scalar is one; what an alias stands for counts each time."""
    monkeypatch.setattr("pulumi_openkruise.config.yaml_data.check_size", lambda *_args, **_options: None)
    monkeypatch.setattr("pulumi_openkruise.config.yaml_data._MOST_VALUES", 5)
    load_yaml(text, "file")
    monkeypatch.setattr("pulumi_openkruise.config.yaml_data._MOST_VALUES", 4)
    with pytest.raises(ValueError, match=r"^file: more than 4 values$"):
        load_yaml(text, "file")


@pytest.mark.parametrize(
    "text", ["[" + "1," * 51_000 + "]", "- a\n" * 51_000, "%YAML 1.2\n---\n" + "a:\n" * 51_000]
)
def test_values_are_counted_before_they_are_built(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """ruamel.yaml takes a tenth of a millisecond for each."""

    def build(*_: Any) -> None:
        raise AssertionError("built")

    monkeypatch.setattr(YAML, "load", build)
    with pytest.raises(ValueError, match=r"^file: YAML that stands for more than 50,000 values$"):
        load_yaml(text, "file")


def test_a_caller_may_have_more_values() -> None:
    with pytest.raises(ValueError, match=r"^file: YAML that stands for more than 10 values$"):
        load_yaml("[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]", "file", 10)
    assert load_yaml("[1, 2, 3, 4, 5, 6, 7, 8, 9, 10]", "file", 11) == [*range(1, 11)]


@pytest.mark.parametrize("text", ["%YAML 1.1\n---\na: 1" + ":1" * 500, "a: 0x" + "1" * 1000])
def test_a_number_that_takes_long_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"^file: not YAML that can be read"):
        load_yaml(text, "file")


def test_an_integer_beyond_64_bits_is_a_float_as_to_go() -> None:
    """As keys, integers of one hash are compared with all others."""
    found = load_yaml(f"a: {2**64}\nb: {2**64 - 1}\nc: {-(2**63)}\n", "file")
    assert [(value, type(value)) for value in found.values()] == [
        (float(2**64), float),
        (2**64 - 1, int),
        (-(2**63), int),
    ]


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("a: !key\n", {"a": ""}),
        ("a: !tag [x, y]\n", {"a": ["x", "y"]}),
        ("a: !tag {b: [1]}\n", {"a": {"b": [1]}}),
        ("a: 2026-01-02\n", {"a": "2026-01-02"}),
        ("a: 2026-01-02T03:04:05Z\n", {"a": "2026-01-02T03:04:05Z"}),
        ("a: !!binary aGk=\n", {"a": "aGk="}),
        ("a: !!set {x, y}\n", {"a": {"x": None, "y": None}}),
        ("a: [true, ~, 1, 1.5]\n", {"a": [True, None, 1, 1.5]}),
        (
            "2: a\ntrue: b\nfalse: c\n1.5: d\n~: e\n",
            {"2": "a", "true": "b", "false": "c", "1.5": "d", "None": "e"},
        ),
        ("", None),
    ],
)
def test_each_value_in_the_types_of_json(text: str, read: Any) -> None:
    found = load_yaml(text, "file")
    assert found == read
    assert repr(found) == repr(read)
