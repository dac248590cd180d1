"""``pulumi-openkruise affinity`` as a shell sees it: standard output, standard error, exit code."""

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pulumi_openkruise.cli.app import run
from pulumi_openkruise.config.settings_reader import read_settings
from pulumi_openkruise.selectors import ALWAYS_TRUE, Placement, SelectorError, solve
from ruamel.yaml import YAML

STACKS = Path(__file__).parents[3] / "stacks"
NODES_OF_TWO_POOLS = json.dumps(
    {
        "items": [
            {"kind": "Node", "metadata": {"name": f"n{at}", "labels": {"pool": pool}}}
            for at, pool in enumerate("ab")
        ]
    }
)

Cli = Callable[..., tuple[int, str, str]]


@pytest.fixture
def cli(command: Cli) -> Cli:
    return partial(command, "affinity")


def _expected(*selectors: Any) -> Any:
    return solve(selectors).affinity


# --- where selectors come from


def test_arguments(cli: Cli) -> None:
    code, out, err = cli("type=kwok", "a=b,!c", "-o", "json")
    assert (code, err) == (0, "")
    assert json.loads(out) == _expected("type=kwok", "a=b,!c")


@pytest.mark.parametrize(
    "stdin",
    ["type=kwok\n\n  a=b,!c  \r\n# a remark\n", '["type=kwok", "a=b,!c"]', ' [\n"type=kwok","a=b,!c"] '],
)
def test_standard_input(cli: Cli, stdin: str) -> None:
    code, out, err = cli("-o", "json", stdin=stdin)
    assert (code, err) == (0, "")
    assert json.loads(out) == _expected("type=kwok", "a=b,!c")


@pytest.mark.parametrize("text", ["a\x0bb=c", "a=b\x0c", "a\u2028b=c", "\u00a0a=b", "a\x1cb", "a\x85b"])
def test_a_line_means_what_it_means_as_an_argument(cli: Cli, text: str) -> None:
    assert cli("-o", "json", stdin=f"x=y\r\n{text}\n") == cli("-o", "json", "x=y", text)
    assert cli(text)[0] == 2


def test_mappings_on_standard_input(cli: Cli) -> None:
    code, out, _err = cli("-o", "json", stdin='[{"matchLabels": {"a": "b"}}]')
    assert (code, json.loads(out)) == (0, _expected("a=b"))


@pytest.mark.parametrize("name", ["dev", "prod", "sandbox", "staging"])
def test_stack_files_count_as_in_pulumi_up(cli: Cli, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(STACKS.parent)
    path = STACKS / f"Pulumi.{name}.yaml"
    config = YAML(typ="safe").load(path)["config"]
    raw = {
        field: config[f"openkruise:{key}"]
        for field, key in [
            ("virtual_node_selectors", "virtualNodeSelectors"),
            ("virtual_node_presets", "virtualNodePresets"),
        ]
        if f"openkruise:{key}" in config
    }
    code, out, err = cli("--stack-file", str(path), "-o", "json")
    assert (code, err) == (0, "")
    assert json.loads(out) == solve(read_settings(raw, source="test").excluded).affinity
    code, piped, err = cli("--stack-file", "-", "-o", "json", stdin=path.read_bytes())
    assert (code, piped) == (0, out)
    assert "what Pulumi.yaml gives to its stacks is not read for standard input" in err
    assert cli("-o", "json", stdin=path.read_bytes()) == (0, out, err)


def test_arguments_come_on_top_of_a_stack_file(cli: Cli, stack_file: Callable[[str], str]) -> None:
    path = stack_file(
        'config:\n  openkruise:baseExclusions: "false"\n  openkruise:virtualNodeSelectors: ["a=b"]\n'
    )
    code, out, _err = cli("c=d", "--stack-file", path, "-o", "json")
    assert (code, json.loads(out)) == (0, _expected("a=b", "c=d"))


@pytest.mark.parametrize("flag", ["false", '"false"'])
def test_base_exclusions_can_be_off(cli: Cli, stack_file: Callable[[str], str], flag: str) -> None:
    path = stack_file(f"config: {{'openkruise:baseExclusions': {flag}}}")
    code, out, err = cli("--stack-file", path, "-o", "json")
    assert (code, json.loads(out), err) == (0, ALWAYS_TRUE, "")


def test_another_config_namespace(cli: Cli, stack_file: Callable[[str], str]) -> None:
    path = stack_file(
        "config:\n  mine:baseExclusions: false\n  mine:virtualNodeSelectors: [a=b]\n  openkruise:x: 1\n"
    )
    code, out, _err = cli("--stack-file", path, "--config-namespace", "mine", "-o", "json")
    assert (code, json.loads(out)) == (0, _expected("a=b"))


def test_says_what_it_cannot_see(cli: Cli, stack_file: Callable[[str], str]) -> None:
    code, _out, err = cli(
        "--stack-file", stack_file("environment: [shared]\nconfig: {aws:region: eu-west-1}\n")
    )
    assert code == 0
    assert "environment" in err
    assert "no openkruise: keys" in err


# --- forms of output


@pytest.mark.parametrize(
    "selectors", [["on in (yes,5,1e3,x)", "null", "a=b,!c"], ["y=n,n=y", "o=0x1,p=07,~=1"][:1]]
)
def test_yaml_is_the_same_data_for_old_readers_and_new(cli: Cli, selectors: list[str]) -> None:
    code, out, _err = cli(*selectors)
    assert code == 0
    for version in ((1, 1), (1, 2)):
        yaml = YAML(typ="safe", pure=True)
        yaml.version = version
        assert yaml.load(out) == _expected(*selectors)


@pytest.mark.parametrize(
    ("form", "expected"), [("json", "null"), ("yaml", "null"), ("table", "every node keeps")]
)
def test_nothing_to_exclude(cli: Cli, form: str, expected: str) -> None:
    code, out, _err = cli("k<0", "--output", form)
    assert code == 0
    assert expected in out


def test_table(cli: Cli) -> None:
    code, out, _err = cli("type in (kwok,liqo)", "a=", "c,!d", "--output", "table")
    assert code == 0
    for text in ("Term", "Operator", "kwok, liqo", '""', "DoesNotExist"):
        assert text in out


def test_explain(cli: Cli) -> None:
    code, out, _err = cli("--stack-file", str(STACKS / "Pulumi.prod.yaml"), "--explain")
    assert code == 0
    assert "(openkruise:virtualNodeSelectors[0])" in out
    assert "(preset liqo)" in out
    assert "(base exclusion)" in out
    code, out, _err = cli("a=b", "a in (b,c)", "--explain", "-o", "json")
    data = json.loads(out)
    assert code == 0
    assert data["affinity"] == _expected("a in (b,c)")
    assert data["selectors"][0]["redundantBecauseOf"] == [1]
    code, again, _err = cli("a=b", "a in (b,c)", "--explain", "-o", "yaml")
    assert YAML(typ="safe").load(again) == data


def test_diff_with_another_stack_file(cli: Cli, stack_file: Callable[[str], str]) -> None:
    old = stack_file('config: {"openkruise:virtualNodeSelectors": ["a=b"]}')
    new = stack_file('config: {"openkruise:virtualNodeSelectors": ["a=c"]}')
    code, out, _err = cli("--stack-file", new, "--diff", old, "-o", "json")
    data = json.loads(out)
    assert code == 1
    assert [region["selector"] for region in data["gaining"]] == ["a=b"]
    assert [region["selector"] for region in data["losing"]] == ["a=c"]
    assert data["restarts"] is True
    code, out, _err = cli("--stack-file", new, "--diff", old, "--explain")
    assert code == 1
    assert "Nodes that gain the daemon" in out
    assert "Affinity:" in out


def test_no_difference_is_clean(cli: Cli, stack_file: Callable[[str], str]) -> None:
    old = stack_file('config: {"openkruise:virtualNodeSelectors": ["a=b", "a=c"]}')
    new = stack_file('config: {"openkruise:virtualNodeSelectors": ["a in (c, b)"]}')
    code, out, _err = cli("--stack-file", new, "--diff", old)
    assert code == 0
    assert "No difference" in out


def test_diff_with_standard_input(cli: Cli) -> None:
    assert cli("a=b", "--diff", "-", stdin="a==b\n")[0] == 0
    assert cli("a=b", "--diff", "-", stdin="a=c\n")[0] == 1


# --- unusable input


@pytest.mark.parametrize("selectors", [["a b"], [""], ["x", "!x"], ["k>5"], ["-a=b", "c,,d"]])
def test_the_message_is_the_one_of_the_module(cli: Cli, selectors: list[str]) -> None:
    with pytest.raises(SelectorError) as caught:
        solve(selectors)
    code, out, err = cli("--", *selectors)
    assert (code, out) == (2, "")
    assert err == f"{caught.value}\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("config:\n  a: b\n c: d\n", ":3:2: not YAML"),
        ("config: {a: [1, 2}\n", ":1:18: not YAML"),
        ("config: {a: 1, a: 2}\n", ":1:16: not YAML"),
        ("config: \x07\n", ":1:9: not YAML"),
        ("config: !!int x\n", "not YAML that can be read"),
        ("config: *nobody\n", ":1:9: not YAML"),
        ("a: 1\n---\nb: 2\n", "not YAML"),
        ("- a\n- b\n", "not a stack file"),
        ("just text", "not a stack file"),
        ("daemon: {}\n", "not a stack file"),
        ("config: [a]\n", "expected a mapping of keys"),
        (b"\xff\xfe\x00", "not UTF-8"),
        (b"\x7fELF\x02\x01\x01\x00\x00", "not YAML"),
        ("config: " + "[" * 5000, "nested too deeply"),
        ("config: {x: " + "[" * 200 + "]" * 200 + "}", "nested too deeply"),
        ("config: {'openkruise:virtualNodeSelectors': [!key , 'a=b']}", "which YAML reads as a tag"),
        ("config: {'openkruise:virtualNodeSelectors': [a in (x, y)]}", 'put it in quotes: "a in (x, y)"'),
        ("config: {'openkruise:virtualNodeSelectors': [true]}", "expected a string, found true"),
        ("config: {'openkruise:virtualNodeSelectors': {secure: AAA}}", "cannot be a secret"),
        ("config: {'openkruise:virtualNodeSelector': []}", "did you mean virtualNodeSelectors?"),
        ("config: {'openkruise:chartVersion': 1.8}", 'expected an exact version such as 1.8.3, found "1.8"'),
        ("config: {'openkruise:virtualNodePresets': [kwock]}", "did you mean kwok?"),
    ],
)
def test_unusable_stack_files(
    cli: Cli, stack_file: Callable[[str | bytes], str], text: str | bytes, expected: str
) -> None:
    path = stack_file(text)
    code, out, err = cli("--stack-file", path)
    assert (code, out) == (2, "")
    assert err.startswith(path)
    assert expected in err
    code, out, err = cli("a=b", "--diff", path)
    assert (code, out) == (2, "")
    assert expected in err


def test_says_which_side_of_a_difference_is_at_fault(cli: Cli) -> None:
    assert cli("a=b", "--diff", "-", stdin="x\n!x\n")[2].startswith("standard input: 'x' and '!x' together")
    assert cli("x", "!x", "--diff", "-", stdin="a=b\n")[2].startswith("'x' and '!x' together")


def test_aliases_cannot_blow_up(cli: Cli, stack_file: Callable[[str], str]) -> None:
    levels = [f"l{n}: &l{n} [{', '.join([f'*l{n - 1}' if n else 'x'] * 10)}]" for n in range(7)]
    code, _out, err = cli("--stack-file", stack_file("\n".join([*levels, "config: {a: *l6}"])))
    assert code == 2
    assert "more than 50,000 values" in err


def test_unreadable_files(cli: Cli, tmp_path: Path) -> None:
    assert cli("--stack-file", str(tmp_path / "none.yaml"))[::2] == (
        2,
        f"{tmp_path}/none.yaml: cannot be read: No such file or directory\n",
    )
    assert cli("--stack-file", str(tmp_path))[0] == 2
    assert cli("--stack-file", "")[0] == 2
    assert cli("--stack-file", "a\0b")[0] == 2
    code, _out, err = cli("--stack-file", os.devnull.replace("null", "zero"))
    assert code == 2
    assert "larger than" in err


@pytest.mark.parametrize(
    ("stdin", "expected"),
    [
        ("", "for an empty list write []"),
        (" \n\t\n", "for an empty list write []"),
        ("# none yet\n", "for an empty list write []"),
        ('["a",', "not a JSON list: Expecting value, line 1, column 6"),
        ("[" * 100_000, "not a JSON list"),
        ("[1" + "0" * 5000 + "]", "not a JSON list"),
        (b"a=\xff", "not UTF-8: byte 2"),
        ("[5, null]", "found 5 (int)"),
        ('[{"a": 1}]', "unknown field 'a'"),
    ],
)
def test_unusable_standard_input(cli: Cli, stdin: str | bytes, expected: str) -> None:
    code, out, err = cli(stdin=stdin)
    assert (code, out) == (2, "")
    assert expected in err


@pytest.mark.parametrize(
    "args",
    [
        ["--output", "xml", "a=b"],
        ["--bogus"],
        ["--stack-file", "-", "--diff", "-"],
        ["--diff", "-"],
    ],
)
def test_wrong_usage(cli: Cli, args: list[str]) -> None:
    code, out, err = cli(*args, stdin="a=b")
    assert (code, out) == (2, "")
    assert "Usage: pulumi-openkruise affinity" in err
    assert cli("--stack-file") == (2, "", "Error: Option '--stack-file' requires an argument.\n")


@pytest.mark.parametrize("hostile", ["\x1b[31mred", "\x9b31m", "a=\u202eb", "a\x07", "a b\x1b]0;t\x07"])
def test_nothing_steers_the_terminal(cli: Cli, stack_file: Callable[[str], str], hostile: str) -> None:
    path = stack_file(f"config: {{'openkruise:{json.dumps(hostile)[1:-1]}': [{json.dumps(hostile)}]}}")
    for args, stdin in [
        ([hostile], ""),
        (["x", "!x,a", "!x", "--diff", hostile], ""),
        (["--stack-file", hostile], ""),
        (["--stack-file", path], ""),
        ([f"--{hostile}"], ""),
        (["-o", hostile], ""),
        ([], hostile),
        ([], json.dumps([hostile, {hostile: hostile}])),
    ]:
        code, out, err = cli(*args, stdin=stdin)
        assert code == 2
        assert all(character.isprintable() or character == "\n" for character in out + err)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.one_of(st.binary(max_size=60), st.text(alphabet=":-[]{}&*!|>'\"%@`#,? \nabc\t", max_size=40)))
def test_garbage_is_refused_or_understood(tmp_path: Path, garbage: bytes | str) -> None:
    path = tmp_path / "garbage.yaml"
    path.write_bytes(garbage if isinstance(garbage, bytes) else f"config: {garbage}".encode())
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("sys.stdout", out)
        patched.setattr("sys.stderr", err)
        code = run(["affinity", "--stack-file", str(path), "-o", "json"])
    assert "Internal error" not in err.getvalue()
    assert code in (0, 2)
    if code == 0:
        json.loads(out.getvalue())
    else:
        assert str(path) in err.getvalue()


# --- the process


def test_the_process_imports_no_pulumi() -> None:
    code = (
        "import sys; from pulumi_openkruise.cli import main\n"
        "try: main(['affinity', 'a=b', '-o', 'json'])\n"
        "except SystemExit as end: assert end.code == 0, end.code\n"
        "slow = {'pulumi', 'pulumi_kubernetes', 'rich', 'ruamel.yaml'} & set(sys.modules)\n"
        "assert not slow, slow\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_exit_code_and_help_of_the_process() -> None:
    def process(*args: str) -> subprocess.CompletedProcess[str]:
        code = "from pulumi_openkruise.cli import main; main()"
        return subprocess.run(
            [sys.executable, "-c", code, *args], capture_output=True, text=True, check=False, input="a=c"
        )

    assert process("affinity", "a=b", "--diff", "-").returncode == 1
    assert process("affinity", "a b").returncode == 2
    assert process("bogus").returncode == 2
    shown = process("affinity", "--help")
    assert shown.returncode == 0
    assert "Examples:" in shown.stdout
    assert "affinity" in process("--help").stdout
    bare = process()
    assert bare.returncode == 2
    assert "Commands:" in bare.stderr


def test_a_reader_that_stops_early_is_no_error() -> None:
    code = "from pulumi_openkruise.cli import main; main()"
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-c", code, "affinity", "a=b"], stdout=writing, stderr=subprocess.PIPE, check=False
    )
    os.close(writing)
    assert done.returncode == 141
    assert done.stderr == b""


# --- nodes that a difference concerns


def _nodes(*labels: dict[str, str]) -> str:
    items = [{"kind": "Node", "metadata": {"name": f"n{at}", "labels": own}} for at, own in enumerate(labels)]
    return json.dumps({"kind": "List", "items": items})


def test_nodes_that_gain_or_lose_the_daemon_are_counted(cli: Cli, stack_file: Callable[[str], str]) -> None:
    old = stack_file(
        "config:\n  openkruise:virtualNodeSelectors: [a=1]\n  openkruise:baseExclusions: false\n"
    )
    nodes = _nodes({"a": "1"}, {"a": "2"}, {"a": "2", "b": ""}, {}, {"c": "x"})
    code, out, _err = cli("a=2", "--diff", old, "--nodes", "-", stdin=nodes)
    assert code == 1
    assert "Of 5 nodes 1 gain the daemon, 2 lose it, 2 keep it and restart its pod." in out
    assert "gain: n0" in out
    assert "lose: n1, n2" in out
    code, out, _err = cli("a=2", "--diff", old, "--nodes", "-", "-o", "json", stdin=nodes)
    found = json.loads(out)["nodes"]
    assert found == {"total": 5, "gaining": ["n0"], "losing": ["n1", "n2"], "keeping": 2, "restarting": 2}


def test_no_difference_restarts_nothing(cli: Cli, stack_file: Callable[[str], str]) -> None:
    old = stack_file(
        "config:\n  openkruise:virtualNodeSelectors: [a=1]\n  openkruise:baseExclusions: false\n"
    )
    code, out, _err = cli("a in (1)", "--diff", old, "--nodes", "-", stdin=_nodes({}, {"a": "1"}))
    assert code == 0
    assert "Of 2 nodes 0 gain the daemon, 0 lose it, 1 keep it." in out


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("{", "not JSON"),
        ("7", "items[0]: not a Node"),
        ('{"items": [{"kind": "Pod", "metadata": {"name": "x"}}]}', "items[0]: not a Node"),
        ('{"items": [{"metadata": {"name": "x", "labels": {"a": 1}}}]}', "items[0]: x: metadata.labels"),
    ],
)
def test_files_that_hold_no_nodes(cli: Cli, stack_file: Callable[[str], str], text: str, says: str) -> None:
    old = stack_file("config:\n  openkruise:virtualNodeSelectors: [a=1]\n")
    code, out, err = cli("a=2", "--diff", old, "--nodes", "-", stdin=text)
    assert (code, out) == (2, "")
    assert says in err


def test_nodes_are_counted_for_a_difference_only(cli: Cli) -> None:
    code, _out, err = cli("a=2", "--nodes", "-", stdin="{}")
    assert code == 2
    assert "--diff" in err


def test_an_affinity_in_values_is_joined_explained_and_compared(
    cli: Cli, stack_file: Callable[[str], str]
) -> None:
    term = "{matchExpressions: [{key: pool, operator: In, values: [a]}]}"
    required = f"{{requiredDuringSchedulingIgnoredDuringExecution: {{nodeSelectorTerms: [{term}]}}}}"
    alone = "config:\n  openkruise:virtualNodeSelectors: [a=1]\n  openkruise:baseExclusions: false\n"
    text = f"{alone}  openkruise:values: {{daemon: {{affinity: {{nodeAffinity: {required}}}}}}}\n"
    path = stack_file(text)
    code, out, err = cli("--stack-file", path, "-o", "json")
    own = {"nodeSelectorTerms": [{"matchExpressions": [{"key": "pool", "operator": "In", "values": ["a"]}]}]}
    assert (code, err) == (0, "")
    assert json.loads(out) == solve(["a=1"], required=own).affinity
    code, out, err = cli("--stack-file", path, "--explain")
    assert (code, err) == (0, "")
    assert "label pool is a, because of the required affinity" in out
    before = stack_file(alone)
    code, out, err = cli("--stack-file", path, "--diff", before, "--nodes", "-", stdin=NODES_OF_TWO_POOLS)
    assert (code, err) == (1, "")
    assert "Nodes that gain the daemon: none" in out
    assert "  pool!=a\n" in out
    assert "unless 'a=1' already excludes them" in out
    assert "Of 2 nodes 0 gain the daemon, 1 lose it, 1 keep it and restart its pod." in out


def test_a_node_selector_in_values_counts(cli: Cli, stack_file: Callable[[str], str]) -> None:
    alone = "config:\n  openkruise:virtualNodeSelectors: [a=1]\n  openkruise:baseExclusions: false\n"
    before = stack_file(alone)
    path = stack_file(f"{alone}  openkruise:values: {{daemon: {{nodeSelector: {{pool: a}}}}}}\n")
    code, out, err = cli("--stack-file", path, "--diff", before, "--nodes", "-", stdin=NODES_OF_TWO_POOLS)
    assert (code, err) == (1, "")
    assert "  lose: n1" in out
    assert "1 keep it and restart its pod" in out
    code, out, err = cli("--stack-file", path, "--explain")
    assert (code, err) == (0, "")
    assert "what the nodeSelector requires: pool=a" in out
    assert "admitted: for example a node with label pool=a" in out
    code, out, _err = cli("--stack-file", path, "--explain", "-o", "json")
    assert json.loads(out)["labels"] == {"pool": "a"}
    code, out, err = cli("--stack-file", path, "-o", "json")
    assert (code, json.loads(out)) == (0, _expected("a=1"))
    assert "nodeSelector also requires of each node: pool=a" in err
    for args in (["pool=a"], ["pool=a", "--explain"], ["pool=a", "--diff", before]):
        code, out, err = cli("--stack-file", path, *args)
        assert (code, out) == (2, "")
        assert err.startswith("every node that the nodeSelector admits is matched by 'pool=a'")


def test_an_exclusion_that_only_joined_can_be_said(cli: Cli, stack_file: Callable[[str], str]) -> None:
    term = "{matchExpressions: [{key: k, operator: In, values: ['3', '9']}]}"
    affinity = f"{{requiredDuringSchedulingIgnoredDuringExecution: {{nodeSelectorTerms: [{term}]}}}}"
    path = stack_file(
        "config:\n  openkruise:baseExclusions: false\n  openkruise:excludeManager: false\n"
        '  openkruise:virtualNodeSelectors: ["k>5,x=y"]\n'
        f"  openkruise:values: {{daemon: {{affinity: {{nodeAffinity: {affinity}}}}}}}\n"
    )
    code, out, err = cli("--stack-file", path, "-o", "json")
    assert (code, err) == (0, "")
    assert len(json.loads(out)["nodeSelectorTerms"]) == 2


def test_a_node_selector_that_the_affinity_repeats_is_not_noted(
    cli: Cli, stack_file: Callable[[str], str]
) -> None:
    path = stack_file(
        "config:\n  openkruise:baseExclusions: false\n  openkruise:excludeManager: false\n"
        '  openkruise:virtualNodeSelectors: ["k>5,x=y"]\n'
        "  openkruise:values: {daemon: {nodeSelector: {k: '9'}}}\n"
    )
    code, out, err = cli("--stack-file", path, "-o", "json")
    assert (code, err) == (0, "")
    assert '"9"' in out


def test_says_what_has_no_effect(cli: Cli, stack_file: Callable[[str], str]) -> None:
    code, out, err = cli("a=b,a=c", "x", "-o", "json")
    assert (code, json.loads(out)) == (0, _expected("x"))
    assert "argument: a=b,a=c matches no node: no value of label a satisfies a=b and a=c at once" in err
    terms = "[{}, {matchExpressions: [{key: pool, operator: In, values: [a]}]}]"
    affinity = f"{{requiredDuringSchedulingIgnoredDuringExecution: {{nodeSelectorTerms: {terms}}}}}"
    path = stack_file(
        f"config: {{'openkruise:values': {{daemon: {{affinity: {{nodeAffinity: {affinity}}}}}}}}}"
    )
    for args in ([], ["--explain"]):
        code, _out, err = cli("--stack-file", path, *args)
        assert code == 0
        assert "nodeSelectorTerms[0] has no requirements, so it matches no node" in err


def test_an_answer_that_is_not_proven_says_so(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    selectors = [f"a={n},b!={n + 1}" for n in range(5)] + ["a!=1,c=1", "b=2,c!=2"]
    note = "the affinity is exact, but not proven to be the smallest within the allowed search steps"
    code, _out, err = cli(*selectors)
    assert (code, note in err) == (0, False)
    monkeypatch.setattr(Placement, "solve", lambda placement: solve(placement.selectors, budget=1))
    code, _out, err = cli(*selectors)
    assert (code, note in err) == (0, True)
