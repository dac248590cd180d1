"""YAML within bounds: what it stands for is counted before anything is built, and errors quote none of it."""

import json
import subprocess
import sys
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st
from pulumi_openkruise.foreign import yaml_input
from pulumi_openkruise.foreign.yaml_input import (
    YamlError,
    check_size,
    find_yaml_reason,
    load_documents,
    load_yaml,
)


def merges(levels: int) -> str:
    lines = ["a0: &a0 {x: 1, y: 2}"]
    lines += [f"a{n}: &a{n}\n  <<: [*a{n - 1}, *a{n - 1}]" for n in range(1, levels)]
    return "\n".join(lines) + "\n"


def lists(levels: int) -> str:
    lines = ["a0: &a0 [1, 2]"]
    lines += [f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, levels)]
    return "\n".join(lines) + "\n"


def forbid_building(monkeypatch: pytest.MonkeyPatch) -> None:
    def build(*_: Any, **__: Any) -> None:
        raise AssertionError("built")

    monkeypatch.setattr(yaml, "load_all", build)
    monkeypatch.setattr(yaml, "load", build)


@pytest.mark.parametrize("bomb", [merges(45), lists(45)], ids=["merge keys", "aliases"])
@pytest.mark.parametrize("as_bytes", [True, False])
def test_a_bomb_is_refused_before_it_is_built(
    bomb: str, as_bytes: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    forbid_building(monkeypatch)
    text = bomb.encode() if as_bytes else bomb
    for load in (check_size, load_yaml, load_documents):
        with pytest.raises(YamlError, match="stands for more than 300,000 values"):
            load(text)


def test_a_bomb_that_only_yaml_1_2_can_read_is_counted_too() -> None:
    """PyYAML rejects a directive of 1.2; ruamel.yaml, which reads stack files, does not."""
    text = "%YAML 1.2\n---\nq: 'a\\:'\n" + merges(45)
    late = merges(45) + 'z: {"a":1,"b":&b-c:d 2}\n'
    for bomb in (text, late):
        with pytest.raises(YamlError, match="stands for more than"):
            check_size(bomb, for_ruamel=True)


@pytest.mark.parametrize("text", [merges(5), lists(8), "a: &a [1]\nb: *a\n", "*a\n", "a: *b\n"])
def test_what_is_bearable_passes(text: str) -> None:
    check_size(text)


def test_an_anchor_that_is_defined_again_counts_as_it_stands_then() -> None:
    """ruamel.yaml allows it: ``*a`` is the anchor of that name before it."""
    text = "a: &a [1, 2]\nb: [*a]\nc: &a x\nd: [*a, *a, *a, *a]\n"
    check_size(text, 18, for_ruamel=True)


@pytest.mark.parametrize("text", ["a: &a [*a]\n", "a: &a\n  b: *a\n"])
def test_an_alias_inside_of_its_anchor_is_refused(text: str) -> None:
    with pytest.raises(YamlError, match="an alias inside of what it stands for"):
        load_yaml(text)


@pytest.mark.parametrize("for_ruamel", [True, False])
@pytest.mark.parametrize(
    "text", ["[" * 201, "a: [" + "{b: [" * 101, '["x", ' * 300, "a: *b\nc: " + "[" * 100_000]
)
def test_brackets_are_counted_before_any_parser_sees_them(text: str, for_ruamel: bool) -> None:
    """ruamel.yaml takes four seconds for 2,000 of them, and hours for 20,000."""
    for one in (text, text.encode()):
        with pytest.raises(YamlError, match="nested too deeply: more than 200 levels"):
            check_size(one, for_ruamel=for_ruamel)


UNREAL = (
    "[ #]\n",
    "[ # ]}]}\n",
    '["]",',
    "['}]',",
    '{"]":',
    "{']}': ",
    '["\\"]",',
    "[a #]]]\n , ",
    "[!<]> ",
    "[{? #}\n",
)
"""Lists and mappings that go on, with brackets in comments, strings and tags, which end none."""


@pytest.mark.parametrize("for_ruamel", [True, False])
@pytest.mark.parametrize("level", UNREAL)
def test_a_bracket_that_ends_nothing_hides_no_depth(
    level: str, for_ruamel: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where the loader in C has no limit of its own, 20,000 of them end the process."""
    forbid_building(monkeypatch)
    for text in (level * 20_000, "- a\n- " + level * 300):
        for one in (text, text.encode(), text.encode("utf-16")):
            for load in (partial(check_size, for_ruamel=for_ruamel), load_documents):
                with pytest.raises(YamlError, match="nested too deeply: more than 200 levels"):
                    load(one)


def test_a_bracket_in_a_comment_or_string_is_no_level() -> None:
    text = "".join(f"- a{n} # [{{\n- '[{{'\n- \"[\"\n" for n in range(500)) + "- a[[[[\n"
    for for_ruamel in (True, False):
        check_size(text, for_ruamel=for_ruamel)
    assert len(load_yaml(text)) == 1501


def test_many_lists_beside_each_other_are_not_deep() -> None:
    check_size("a: [" + "[{}]," * 50_000 + "]")


_MARKS = "[]{},' \"#!a\t\n\0\x85\u2028\ufeff"
_WORDS = (
    ": ",
    "- ",
    "? ",
    "|\n",
    "&a ",
    "*a",
    "<<: ",
    "!!str ",
    "---\n",
    "...\n",
    "%TAG !a! b\n",
    "%YAML 1.2\n",
)
_PIECES = st.sampled_from([*UNREAL, *_MARKS, *_WORDS])


def test_whatever_the_text_it_is_read_or_refused(tmp_path: Path) -> None:
    """In a process of its own, which ends where the loader in C crashes: in builds without a limit."""
    texts = [level * 20_000 for level in UNREAL]

    @settings(max_examples=60, database=None)
    @given(
        st.lists(_PIECES, max_size=6),
        st.lists(_PIECES, min_size=1, max_size=6),
        st.lists(_PIECES, max_size=6),
    )
    def collect(before: list[str], repeated: list[str], after: list[str]) -> None:
        texts.append("".join(before) + "".join(repeated) * 5000 + "".join(after))
        texts.append("\n".join(" " * level + "".join(repeated) for level in range(300)))

    collect()
    (tmp_path / "texts").write_text(json.dumps(texts))
    ended = subprocess.run(
        [sys.executable, "-c", _READ_ALL, str(tmp_path / "texts")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (ended.returncode, ended.stderr) == (0, "")


_READ_ALL = """
import json, sys
from pulumi_openkruise.config.yaml_data import load_yaml
from pulumi_openkruise.foreign import yaml_input
for text in json.load(open(sys.argv[1])):
    for read in (
        yaml_input.load_documents,
        lambda text: yaml_input.load_yaml(text.encode("utf-16")),
        lambda text: load_yaml(text, "x", 1000),
    ):
        try:
            read(text)
        except ValueError:
            pass
"""


@pytest.mark.parametrize("for_ruamel", [True, False])
@pytest.mark.parametrize(
    "values",
    ["[{}]", "[{}", "{{{}}}", "[[[[{}]]]]", "[{}, '"],
)
@pytest.mark.parametrize("one", ["1,", "a,", "{},", "[],", "{a: b},", "? a,", "'x',", "!!str a,", "[a, b],"])
def test_values_without_an_alias_are_bounded_before_they_are_built(
    values: str, one: str, for_ruamel: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also where the text is no YAML in the end: the loader builds all before the place of the error."""
    monkeypatch.setattr(yaml_input, "MOST_VALUES", 1000)
    forbid_building(monkeypatch)
    text = values.replace("{}", one * 1001)
    for load in (partial(check_size, for_ruamel=for_ruamel), load_documents):
        with pytest.raises(YamlError, match="stands for more than 1,000 values"):
            load(text)


@pytest.mark.parametrize("text", ["- a\n", "-\n", "--- a\n", "---\n", "a: b\n", "? a\n", "a:\n- b\n"])
def test_values_in_lines_are_bounded(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_input, "MOST_VALUES", 1000)
    with pytest.raises(YamlError, match="stands for more than 1,000 values"):
        load_documents(text * 1001)


def test_values_of_lists_that_are_open_count_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_input, "MOST_VALUES", 1000)
    with pytest.raises(YamlError, match="stands for more than 1,000 values"):
        check_size(("[" + "a," * 100) * 11)


def test_as_many_values_as_may_be_are_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(yaml_input, "MOST_VALUES", 1000)
    assert load_yaml("[" + "a," * 999 + "]") == ["a"] * 999


def test_a_manifest_ten_times_that_of_openkruise_is_loaded() -> None:
    """Its definitions have 15,000 values, the whole manifest 18,000."""
    assert yaml_input.MOST_VALUES >= 10 * 18_000


@pytest.mark.parametrize("as_bytes", [None, "utf-8", "utf-16"])
def test_directives_that_multiply_are_refused(as_bytes: str | None) -> None:
    """Each tag holds what its directive stands for, and each directive is compared with all others."""
    for text, said in (
        (f"%TAG !a! {'b' * 1000}\n---\n!a!x y\n", "YAML with a %TAG directive"),
        ("".join(f"%TAG !a{n}! b\n" for n in range(101)) + "---\na\n", "more than 100 %TAG directives"),
    ):
        for load in (load_documents, partial(check_size, for_ruamel=True)):
            with pytest.raises(YamlError, match=said):
                load(text.encode(as_bytes) if as_bytes else text)


def test_text_about_directives_is_text() -> None:
    assert load_yaml("a: |\n  %TAG ! x\n") == {"a": "%TAG ! x\n"}


@pytest.mark.parametrize(
    ("text", "read"),
    [
        ("1:30", "1:30"),
        ("1:30.5", "1:30.5"),
        ("-12:30:45", "-12:30:45"),
        ("1_000", 1000),
        ("0x10", 16),
        ("010", 8),
        ("-5", -5),
        ("1.5", 1.5),
        (".inf", float("inf")),
        (str(2**64 - 1), 2**64 - 1),
        (str(-(2**63)), -(2**63)),
        (str(2**64), float(2**64)),
        (str(-(2**63) - 1), float(-(2**63))),
    ],
)
def test_numbers_are_those_of_go(text: str, read: object) -> None:
    """``go-yaml``, which Kubernetes' tools use, knows no base 60, and reads as floats what has no 64 bits."""
    found = load_yaml(f"a: {text}")["a"]
    assert (found, type(found)) == (read, type(read))


@pytest.mark.parametrize(
    "number", ["!!int 1" + ":1" * 500, "!!float 1" + ":1" * 500, "1" * 1001, "1." + "1" * 1000]
)
def test_a_number_that_takes_long_is_refused(number: str) -> None:
    with pytest.raises(YamlError, match="not valid YAML"):
        load_yaml(f"a: {number}")


def test_long_text_that_begins_like_a_number_is_text() -> None:
    text = "1" + ":1" * 50_000
    assert load_yaml(f"a: {text}") == {"a": text}


@pytest.mark.parametrize("text", ["[" * 100_000, "a: *b\n" + "[" * 300 + "]" * 300])
def test_nesting_is_bounded(text: str) -> None:
    with pytest.raises(YamlError):
        load_yaml(text)


@pytest.mark.parametrize("for_ruamel", [True, False])
@pytest.mark.parametrize(
    "text",
    [
        "- " * 100_000 + "a",
        "? " * 100_000 + "a",
        "- ? " * 50_000 + "a",
        "".join(" " * level + "a:\n" for level in range(2000)),
        "".join(" " * level + "a:\n" + " " * level + "-\n" for level in range(2000)),
        "\r".join(" " * level + "a:" for level in range(2000)),
    ],
)
def test_nesting_without_brackets_is_bounded_before_the_loader_in_c(text: str, for_ruamel: bool) -> None:
    """Some builds of PyYAML have no limit of their own: their process ends with a segmentation fault."""
    for one in (text, text.encode(), text.encode("utf-16")):
        with pytest.raises(YamlError, match="nested too deeply: more than 200 levels"):
            check_size(one, for_ruamel=for_ruamel)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("token: [s3cret", "not valid YAML at line"),
        ("token: s3cret: x", "not valid YAML at line 1, column 14"),
        ("token: *s3cret", "not valid YAML at line 1, column 8"),
        ("token: !!s3cret x", "not valid YAML at line 1, column 8"),
        ("token: 's3cret\x01'", "a character that YAML does not allow at position"),
        ("token: !!int s3cret", "not valid YAML"),
        ("s3cret: " + "9" * 5000, "not valid YAML"),
        ("a\n---\ns3cret", "more than one YAML document"),
        (b"token: s3cret\xff", "a character that YAML does not allow at position"),
    ],
)
def test_errors_have_a_position_and_none_of_the_text(text: str | bytes, said: str) -> None:
    with pytest.raises(YamlError) as caught:
        load_yaml(text)
    assert said in str(caught.value)
    assert "s3cret" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("text", ["2024-13-45", "2024-01-02", "2024-01-02T03:04:05Z"])
def test_a_date_is_the_string_that_it_is_in_json(text: str) -> None:
    assert load_yaml(f"a: {text}") == {"a": text}


def test_no_document_is_nothing() -> None:
    assert load_yaml("") is None
    assert load_documents("a: 1\n---\nb: 2\n") == [{"a": 1}, {"b": 2}]


_PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-1000, 1000) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=4),
    max_leaves=20,
)


def values(data: Any) -> int:
    """Count what a document stands for, as the bound counts: each scalar, list and mapping, and each key."""
    if isinstance(data, dict):
        return 1 + sum(1 + values(value) for value in data.values())
    return 1 + sum(map(values, data)) if isinstance(data, list) else 1


@given(_PLAIN, st.integers(0, 6))
def test_the_count_is_what_json_would_hold(data: Any, repeated: int) -> None:
    """Aliases count for all that they stand for: as many values as the document has when written out."""
    text = yaml.safe_dump({"whole": [data] * repeated, "alias": "*"})
    whole = json.loads(json.dumps(yaml.safe_load(text)))
    assert load_yaml(text) == whole
    count = values(whole)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(yaml_input, "MOST_VALUES", count)
        check_size(text)
        patch.setattr(yaml_input, "MOST_VALUES", count - 1)
        with pytest.raises(YamlError):
            check_size(text)


def fault(**fields: Any) -> Exception:
    error = ValueError("s3cret")
    for name, value in fields.items():
        setattr(error, name, value)
    return error


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (fault(problem_mark=SimpleNamespace(line=2, column=0)), "not valid YAML at line 3, column 1"),
        (fault(context_mark=SimpleNamespace(line=0, column=4)), "not valid YAML at line 1, column 5"),
        (fault(problem_mark=None, context_mark=SimpleNamespace(line=1, column=1)),
         "not valid YAML at line 2, column 2"),
        (fault(problem_mark=SimpleNamespace(line=7, column=7), context_mark=SimpleNamespace(line=1)),
         "not valid YAML at line 8, column 8"),
        (fault(position=12), "a character that YAML does not allow at position 12"),
        (fault(position="s3cret"), "not valid YAML"),
        (fault(problem_mark=None, context_mark=None), "not valid YAML"),
        (fault(), "not valid YAML"),
    ],
)  # fmt: skip
def test_a_reason_is_a_position(error: Exception, said: str) -> None:
    assert find_yaml_reason(error) == said
