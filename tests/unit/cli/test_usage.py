"""Wrong usage of each command: the whole sentence, and every one that the source has."""

import ast
import io
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pulumi_openkruise.cli
import pytest
from pulumi_openkruise.cli.app import run

ONE_SOURCE = "--config-json replaces --stack-file: give one of them"
ALONE = (
    "--nodes-file takes nodes alone: leave out --live, --before-destroy and the options that choose a cluster"
)
ONCE = "standard input can be read once: give "
BY_ARGUMENTS = f"{ONCE}selectors as arguments or by --stack-file FILE"
ALL_BUT_ONE = f"{ONCE}a FILE to all options but one"
A_FILE = f"{ONCE}--stack-file or --nodes-file a FILE"
WRITE = "--write needs --stack-file FILE to write to"
REPLACES = "--nodes-file replaces the cluster: leave out the options that choose one"
POLICY = "give --stack-file FILE or --config-json FILE alone, or selectors and options"
BOTH = "--stack-file s --config-json c"
WRONG = {
    "affinity a=b --nodes n": "--nodes counts what --diff finds: give --diff OTHER too",
    f"affinity {BOTH}": ONE_SOURCE,
    "affinity --stack-file - --diff -": BY_ARGUMENTS,
    "affinity --config-json - --diff -": BY_ARGUMENTS,
    "affinity a=b --diff - --nodes -": BY_ARGUMENTS,
    "affinity --diff -": BY_ARGUMENTS,
    "check --stack-file - --nodes-file -": ALL_BUT_ONE,
    "check --config-json - --accepted -": ALL_BUT_ONE,
    "check --nodes-file - --accepted -": ALL_BUT_ONE,
    f"check {BOTH}": ONE_SOURCE,
    "check --nodes-file n": "--nodes-file needs --stack-file or SELECTORs to compare with",
    "check a=b --nodes-file n --live": ALONE,
    "check a=b --nodes-file n --before-destroy": ALONE,
    "check a=b --nodes-file n --context x": ALONE,
    "check a=b --nodes-file n --kubeconfig x": ALONE,
    "discover --write": WRITE,
    "discover --write --stack-file -": WRITE,
    "discover --nodes-file n --context x": REPLACES,
    "discover --nodes-file n --kubeconfig x": REPLACES,
    f"discover {BOTH}": ONE_SOURCE,
    "discover --nodes-file - --stack-file -": A_FILE,
    "discover --nodes-file - --config-json -": A_FILE,
    "policy --stack-file s a=b": POLICY,
    "policy --stack-file s --preset liqo": POLICY,
    "policy --config-json c --no-type-label": POLICY,
    f"policy {BOTH}": POLICY,
    "values": "give --stack-file FILE or --config-json FILE",
    f"values {BOTH}": "give --stack-file FILE or --config-json FILE",
}
ON_A_TERMINAL = "no selectors: give them as arguments, by --stack-file or on standard input"


@pytest.mark.parametrize("words", WRONG)
def test_wrong_usage_is_refused_before_anything_is_read(
    command: Callable[..., tuple[int, str, str]], words: str
) -> None:
    code, out, err = command(*words.split(), stdin="a=b")
    assert (code, out) == (2, "")
    assert f"Usage: pulumi-openkruise {words.split()[0]} " in err
    assert err.splitlines()[-1] == f"Error: {WRONG[words]}"


class Terminal(io.StringIO):
    """A standard input that a person would have to type."""

    def isatty(self) -> bool:
        return True


def test_nothing_is_awaited_from_a_terminal(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdin", Terminal("a=b"))
    assert run(["affinity"]) == 2
    assert capsys.readouterr().err.splitlines()[-1] == f"Error: {ON_A_TERMINAL}"


def test_every_sentence_of_the_source_is_here() -> None:
    folder = Path(pulumi_openkruise.cli.__file__).parent
    calls: list[Any] = [
        node.args[0]
        for path in folder.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "click.UsageError"
    ]
    said: set[Any] = {
        call.value if isinstance(call, ast.Constant) else call.values[0].value for call in calls
    }  # of an f-string, what comes before its first value
    known = {*WRONG.values(), ON_A_TERMINAL}
    assert len(said) > 8
    assert [sentence for sentence in said if not any(one.startswith(sentence) for one in known)] == []
