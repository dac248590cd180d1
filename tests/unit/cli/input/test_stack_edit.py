"""Adding entries to a stack's file: what is added, and that everything else stays as it is."""

import difflib
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pulumi_openkruise.cli.errors import UnusableInputError
from pulumi_openkruise.cli.input.stack_edit import add_entries
from pulumi_openkruise.config.stack_yaml import read_stack_yaml

from tests.support.engine import ROOT

ADDED = {"virtualNodePresets": ["liqo", "kosmos"], "virtualNodeSelectors": ["pool=a,b=c"]}


def add(text: str) -> str:
    return add_entries(text, "file", "openkruise", ADDED)


def listed(text: str, name: str) -> list[str]:
    value: Any = read_stack_yaml(text, "file", "openkruise")[0][name]
    found: list[str] = json.loads(value) if isinstance(value, str) else value
    return found


@pytest.mark.parametrize("stack", ["dev", "prod", "sandbox", "staging"])
def test_lines_are_added_and_none_is_touched(stack: str) -> None:
    text = (ROOT / "stacks" / f"Pulumi.{stack}.yaml").read_text()
    edited = add(text)
    changes = [line for line in difflib.ndiff(text.splitlines(), edited.splitlines()) if line[0] in "+-"]
    assert changes
    assert all(line.startswith("+ ") for line in changes)
    assert set(ADDED["virtualNodePresets"]) <= set(listed(edited, "virtualNodePresets"))
    assert "pool=a,b=c" in listed(edited, "virtualNodeSelectors")
    assert add(edited) == edited


def test_a_comment_after_a_list_stays_after_it() -> None:
    text = "config:\n  openkruise:virtualNodePresets:\n    - kwok # why\n  # about x\n  a:x: 1\n"
    assert add(text) == (
        "config:\n  openkruise:virtualNodePresets:\n    - kwok # why\n    - liqo\n    - kosmos\n"
        '  openkruise:virtualNodeSelectors:\n    - "pool=a,b=c"\n  # about x\n  a:x: 1\n'
    )


BLOCK = (
    "  openkruise:virtualNodePresets:\n    - liqo\n    - kosmos\n  openkruise:virtualNodeSelectors:\n"
    '    - "pool=a,b=c"\n'
)
FLOW = (
    '"openkruise:virtualNodeSelectors": ["pool=a,b=c"], "openkruise:virtualNodePresets": ["liqo", "kosmos"]'
)


@pytest.mark.parametrize(
    ("text", "edited"),
    [
        ("", f"config:\n{BLOCK}"),
        ("# only a comment\n", f"# only a comment\nconfig:\n{BLOCK}"),
        ("config:\n", f"config:\n{BLOCK}"),
        ("config: # nothing yet", f"config: # nothing yet\n{BLOCK}"),
        ("encryptionsalt: v1:x\n", f"encryptionsalt: v1:x\nconfig:\n{BLOCK}"),
        ("config:\nencryptionsalt: v1:x\n", f"config:\n{BLOCK}encryptionsalt: v1:x\n"),
        ("config: {}\n", f"config: {{{FLOW}}}\n"),
        ('config: {"a:b": 1}\n', f'config: {{{FLOW}, "a:b": 1}}\n'),
        ("config:\n  a:b: |\n    text\n\n# end\n", f"config:\n{BLOCK}  a:b: |\n    text\n\n# end\n"),
    ],
)
def test_keys_that_are_not_there(text: str, edited: str) -> None:
    assert add(text) == edited
    assert add(edited) == edited


@pytest.mark.parametrize(
    ("there", "extended"),
    [
        ("[kwok]", '[kwok, "liqo", "kosmos"]'),
        ("[]", '["liqo", "kosmos"]'),
        ("[kwok, # why\n  ]", '[kwok, "liqo", "kosmos", # why\n  ]'),
        ("'[\"kwok\"]' # json", '\'["kwok", "liqo", "kosmos"]\' # json'),
        ("\n  - kwok", "\n  - kwok\n  - liqo\n  - kosmos"),
        ("\n      -   kwok", "\n      -   kwok\n      - liqo\n      - kosmos"),
        (
            "\n    - >-\n      kwok\n    - windows",
            "\n    - >-\n      kwok\n    - windows\n    - liqo\n    - kosmos",
        ),
        ("", "\n    - liqo\n    - kosmos"),
    ],
)
def test_lists_that_are_there(there: str, extended: str) -> None:
    before, after = "config:\n  openkruise:virtualNodePresets:", "\n  a:b: 1\n"
    added = {"virtualNodePresets": ["liqo", "kosmos"]}
    blank = " " if there and not there.startswith("\n") else ""
    edited = add_entries(f"{before}{blank}{there}{after}", "file", "openkruise", added)
    blank = " " if not extended.startswith("\n") else ""
    assert edited == f"{before}{blank}{extended}{after}"


def test_line_ends_and_other_namespaces_are_kept() -> None:
    text = "config:\r\n  mine:virtualNodePresets:\r\n    - kwok\r\n"
    edited = add_entries(text, "file", "mine", {"virtualNodePresets": ["liqo"]})
    assert edited == "config:\r\n  mine:virtualNodePresets:\r\n    - kwok\r\n    - liqo\r\n"


def test_the_long_form_of_a_key() -> None:
    text = "config:\n  openkruise:config:virtualNodePresets:\n    - kwok"
    edited = add_entries(text, "file", "openkruise", {"virtualNodePresets": ["liqo"]})
    assert edited == "config:\n  openkruise:config:virtualNodePresets:\n    - kwok\n    - liqo\n"


@pytest.mark.parametrize(
    "text",
    [
        "config:\n  a:x: &list [kwok]\n  openkruise:virtualNodePresets: *list\n",  # would change a:x too
        "config:\n  openkruise:virtualNodePresets: {a: b}\n",
        "config:\n  openkruise:virtualNodePresets: some text\n",
    ],
)
def test_what_cannot_be_edited_is_refused(text: str) -> None:
    with pytest.raises(UnusableInputError, match="by hand"):
        add_entries(text, "file", "openkruise", {"virtualNodePresets": ["liqo"]})


def test_what_is_no_stack_file_is_refused() -> None:
    for text in ("a: b\n", "- x\n", "config: [\n", "\x00"):
        with pytest.raises(UnusableInputError):
            add(text)


@settings(max_examples=300, deadline=None)
@given(
    st.text(alphabet="config:openkruisevirtualNodePresets -[]{}#'\"&*!|>\n,ab", max_size=60), st.booleans()
)
def test_an_edit_of_any_file_is_complete_or_refused(garbage: str, under: bool) -> None:
    text = f"config:\n  openkruise:virtualNodePresets: {garbage}" if under else garbage
    try:
        edited = add(text)
    except UnusableInputError:
        return
    assert set(ADDED["virtualNodePresets"]) <= {str(one) for one in listed(edited, "virtualNodePresets")}
    assert add(edited) == edited
