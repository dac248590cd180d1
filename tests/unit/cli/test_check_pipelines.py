"""``check`` in pipelines: thresholds, accepted findings, formats for other programs, explanations."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from jsonschema import Draft202012Validator
from pulumi_openkruise.checks.registry import CODES

from tests.support.api_server import ApiServer
from tests.support.engine import ROOT

Cli = Callable[..., tuple[int, str, str]]

PLAIN = {"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
INFO = {"containerRuntimeVersion": "containerd://2.1.4", "osImage": "Debian", "kubeletVersion": "v1.30.1"}
INFO |= {"kernelVersion": "6.12", "architecture": "amd64", "operatingSystem": "linux"}
REAL = {"metadata": {"name": "real-1", "labels": {**PLAIN, "pool": "a"}}, "status": {"nodeInfo": INFO}}


@pytest.fixture
def nodes(tmp_path: Path) -> str:
    path = tmp_path / "nodes.json"
    path.write_text(json.dumps([REAL]))
    return str(path)


@pytest.fixture
def cli(command: Cli, nodes: str) -> Cli:
    """Check one real node: `pool=a` excludes it (critical), `x=y` matches nothing (a warning)."""
    return lambda *args, stdin="": command("check", "--nodes-file", nodes, *args, stdin=stdin)


@pytest.fixture
def accepted(tmp_path: Path) -> Callable[[str], str]:
    def write(text: str) -> str:
        path = tmp_path / "accepted.yaml"
        path.write_text(text)
        return str(path)

    return write


def entry(code: str, until: str = "2999-12-31", **others: str) -> str:
    more = "".join(f"\n    {key}: '{value}'" for key, value in others.items())
    return f"\n  - code: {code}\n    reason: it is known\n    until: {until}{more}"


@pytest.mark.parametrize(
    ("selector", "threshold", "code"),
    [
        ("pool=a", "critical", 1),
        ("x=y", "warning", 1),
        ("x=y", "error", 0),
        ("x=y", "critical", 0),
    ],
)
def test_the_threshold_decides_about_the_exit_code(
    cli: Cli, selector: str, threshold: str, code: int
) -> None:
    for output in ("table", "short", "json", "junit", "sarif", "html"):
        assert cli(selector, "--fail-on", threshold, "-o", output)[0] == code


def test_without_a_threshold_warnings_count(cli: Cli) -> None:
    assert cli("x=y")[0] == 1


def test_accepted_findings_do_not_count(cli: Cli, accepted: Callable[[str], str]) -> None:
    path = accepted(
        "accepted:" + entry("selector-matches-nothing") + entry("real-node-excluded", object="real-*")
    )
    code, out, _err = cli("x=y", "pool=a", "--accepted", path)
    assert code == 0
    assert "Accepted until 2999-12-31: real-node-excluded (real-1): it is known" in out
    assert "Summary: no findings, 2 accepted; " in out


def test_an_expired_acceptance_is_a_finding(cli: Cli, accepted: Callable[[str], str]) -> None:
    path = accepted("accepted:" + entry("selector-matches-nothing", "2020-01-01"))
    code, out, _err = cli("x=y", "--accepted", path, "-o", "json")
    assert code == 1
    codes = {one["code"] for one in json.loads(out)["findings"]}
    assert codes == {"selector-matches-nothing", "acceptance-expired"}


def test_the_file_may_come_from_standard_input(cli: Cli) -> None:
    assert cli("x=y", "--accepted", "-", stdin="accepted:" + entry("selector-matches-nothing"))[0] == 0
    code, _out, err = cli("--stack-file", "-", "--accepted", "-")
    assert (code, "standard input can be read once" in err) == (2, True)


def test_everything_wrong_in_the_file_is_said_at_once(cli: Cli, accepted: Callable[[str], str]) -> None:
    path = accepted("accepted:\n  - code: manager-singel\n    until: soon\n    objekt: x\n  - 5\n")
    code, out, err = cli("x=y", "--accepted", path)
    assert (code, out) == (2, "")
    nearest = "found 'manager-singel', did you mean manager-single?"
    assert err.splitlines() == [
        f"{path}: accepted[0]: unknown key objekt, did you mean object?",
        f"{path}: accepted[0].code: expected a code of a finding, {nearest}",
        f"{path}: accepted[0].reason: expected a sentence that says why the finding is accepted",
        f"{path}: accepted[0].until: expected the last day on which it holds, as 2027-06-30",
        f"{path}: accepted[1]: expected a mapping with code, reason, until and, where wanted, object",
    ]


@pytest.mark.parametrize(
    ("field", "says"),
    [
        ({"code": 5}, "accepted[0].code: expected a code of a finding, found 5"),
        ({"code": None}, "accepted[0].code: expected a code of a finding, found None"),
        ({"code": ...}, "accepted[0].code: expected a code of a finding, found none"),
        ({"reason": 5}, "accepted[0].reason: expected a sentence"),
        ({"reason": " "}, "accepted[0].reason: expected a sentence"),
        ({"object": 5}, "accepted[0].object: expected a name as findings show it, or a pattern with * and ?"),
        ({"object": " "}, "accepted[0].object: expected a name as findings show it, or a pattern"),
        ({"until": 5}, "accepted[0].until: expected the last day on which it holds, as 2027-06-30"),
        ({"until": "2027-02-30"}, "accepted[0].until: expected the last day"),
        ({"until": "20270630"}, "accepted[0].until: expected the last day"),
        ({"until": "2027-W26-3"}, "accepted[0].until: expected the last day"),
        ({"object": None}, ""),
        ({"object": ...}, ""),
    ],
)
def test_each_field_of_an_entry(
    cli: Cli, accepted: Callable[[str], str], field: dict[str, Any], says: str
) -> None:
    good = {"code": "selector-matches-nothing", "object": "x", "reason": "it is known", "until": "2999-12-31"}
    one = {key: value for key, value in {**good, **field}.items() if value is not ...}
    code, _out, err = cli("x=y", "--accepted", accepted(json.dumps({"accepted": [one]})))
    assert code == (2 if says else 0)
    assert says in err
    assert len(err.splitlines()) == (1 if says else 0)


@pytest.mark.parametrize(
    "text", ["", "- code: x", "accepted: 5", "accept: []", "accepted: []\nmore: 1", "a: [", "\x1b"]
)
def test_what_is_no_such_file_is_said_with_an_example(
    cli: Cli, accepted: Callable[[str], str], text: str
) -> None:
    code, out, err = cli("x=y", "--accepted", accepted(text))
    assert (code, out) == (2, "")
    assert "accepted.yaml" in err
    assert "\x1b" not in err


def test_an_empty_list_accepts_nothing(cli: Cli, accepted: Callable[[str], str]) -> None:
    assert cli("x=y", "--accepted", accepted("accepted: []"))[0] == 1


def test_short_is_a_line_for_each_finding(cli: Cli) -> None:
    _code, out, _err = cli("pool=a", "x=y", "-o", "short")
    *findings, summary = out.splitlines()
    assert findings == [
        "critical real-node-excluded: 1 real node excluded: real-1",
        "warning selector-matches-nothing: 1 selector matches no node",
    ]
    assert summary.startswith("Summary: 1 critical, 1 warning; ")


def test_what_the_command_prints_fits_its_schema(cli: Cli, accepted: Callable[[str], str]) -> None:
    schema = json.loads((ROOT / "docs" / "schemas" / "check-report.schema.json").read_text())
    path = accepted("accepted:" + entry("selector-matches-nothing"))
    data = json.loads(cli("pool=a", "x=y", "--accepted", path, "-o", "json")[1])
    Draft202012Validator(schema).validate(data)
    assert (len(data["findings"]), len(data["accepted"])) == (1, 1)


def test_formats_of_other_programs(cli: Cli) -> None:
    suites = ElementTree.fromstring(cli("pool=a", "-o", "junit")[1])
    assert [case.attrib["name"] for case in suites.iter("testcase") if len(case)] == ["real-node-excluded"]
    assert json.loads(cli("pool=a", "-o", "sarif")[1])["version"] == "2.1.0"
    assert cli("pool=a", "-o", "html")[1].startswith("<!doctype html>")


def test_each_code_is_explained_with_a_link(command: Cli) -> None:
    for name, one in CODES.items():
        code, out, _err = command("check", "--explain", name)
        assert code == 0
        assert " ".join(one.remedy.split()) in " ".join(out.split())
        assert f"#{name}" in out


def test_an_unknown_code_has_the_nearest_one_named(command: Cli) -> None:
    code, out, err = command("check", "--explain", "manager-singel")
    assert (code, out) == (2, "")
    assert err == "no finding has the code 'manager-singel': did you mean manager-single?\n"
    assert "the codes are: real-node-excluded, " in command("check", "--explain", "zzz")[2]


# --- colours and width


@pytest.mark.parametrize(
    ("environment", "coloured"),
    [
        ({}, False),
        ({"FORCE_COLOR": "1"}, True),
        ({"FORCE_COLOR": "1", "NO_COLOR": "1"}, False),
        ({"FORCE_COLOR": "1", "NO_COLOR": ""}, True),
    ],
)
@pytest.mark.parametrize("columns", ["80", "120"])
@pytest.mark.parametrize("output", ["table", "short"])
def test_colours_are_for_those_who_want_them(
    cli: Cli,
    monkeypatch: pytest.MonkeyPatch,
    environment: dict[str, str],
    coloured: bool,
    columns: str,
    output: str,
) -> None:
    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    for name, value in {**environment, "COLUMNS": columns}.items():
        monkeypatch.setenv(name, value)
    assert ("\x1b[" in cli("pool=a", "-o", output)[1]) is coloured


def test_data_for_programs_is_never_coloured(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    for output in ("json", "junit", "sarif", "html"):
        assert "\x1b" not in cli("pool=a", "-o", output)[1]


def test_colours_of_a_node_are_escaped_beside_our_own(
    command: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    evil: dict[str, Any] = {
        **REAL,
        "metadata": {"name": "\x1b[31mevil\x07", "labels": {**PLAIN, "pool": "a"}},
    }
    path = tmp_path / "evil.json"
    path.write_text(json.dumps([evil]))
    for columns in ("60", "120"):
        monkeypatch.setenv("COLUMNS", columns)
        for output in ("table", "short"):
            out = command("check", "pool=a", "--nodes-file", str(path), "-o", output)[1]
            assert "\\x1b[31mevil\\x07" in out.replace("\n", "")
            assert "\x1b[31mevil" not in out


@pytest.mark.parametrize("columns", [40, 60, 80, 99])
def test_a_narrow_terminal_gets_blocks_whose_words_stay_whole(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    _code, out, _err = cli("pool=a")
    assert "│ Finding" not in out
    assert "CRITICAL real-node-excluded" in out
    assert "--explain real-node-excluded" in " ".join(out.replace("│", " ").split())
    longest = max(out.split(), key=len)
    assert all(len(line) <= max(columns, len(longest) + 9) for line in out.splitlines())


def test_a_wide_one_gets_a_table(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    out = cli("pool=a")[1]
    assert "│ Finding" in out
    assert all(len(line) <= 100 for line in out.splitlines()[1:-1])


# --- as kubectl


def test_n_is_the_namespace(command: Cli, server: ApiServer, kubeconfig: str) -> None:
    server.objects("/api/v1/nodes", [REAL])
    command("check", "x=y", "--kubeconfig", kubeconfig, "-n", "kruise")
    paths = {path for _method, path, *_rest in server.asked}
    assert "/api/v1/namespaces/kruise/pods" in paths


@pytest.mark.parametrize("value", ["5", "5s", "1m", "1m30s", "2h", "0", "0.5s"])
def test_a_timeout_is_taken_as_kubectl_takes_it(
    command: Cli, server: ApiServer, kubeconfig: str, value: str
) -> None:
    server.objects("/api/v1/nodes", [REAL])
    assert command("check", "x=y", "--kubeconfig", kubeconfig, "--request-timeout", value)[0] == 1


@pytest.mark.parametrize("value", ["soon", "5 s", "-1", "1d", "", "s"])
def test_what_is_no_duration_is_refused(command: Cli, kubeconfig: str, value: str) -> None:
    code, out, err = command("check", "x=y", "--kubeconfig", kubeconfig, "--request-timeout", value)
    assert (code, out) == (2, "")
    assert "expected a duration such as 30s, 2m or 1m30s" in err
