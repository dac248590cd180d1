"""``pulumi-openkruise discover``, run as a user runs it, on nodes from files."""

import copy
import io
import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pulumi_openkruise.cli.app import run
from pulumi_openkruise.detection import classify
from ruamel.yaml import YAML

from tests.support.api_server import ApiServer
from tests.support.corpus import corpus
from tests.support.engine import ROOT

Cli = Callable[..., tuple[int, str, str]]
SAMPLES = {sample.id: sample.node for sample in corpus()}


@pytest.fixture
def cli(command: Cli, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Cli:
    """Run the command on these nodes of the corpus, or on a string as it is."""

    def invoke(nodes: list[str] | str, *args: str) -> tuple[int, str, str]:
        text = nodes if isinstance(nodes, str) else items(*(SAMPLES[one] for one in nodes))
        (tmp_path / "nodes.json").write_text(text)
        monkeypatch.chdir(tmp_path)
        return command("discover", "--nodes-file", "nodes.json", *args)

    return invoke


def items(*nodes: Any) -> str:
    return json.dumps({"kind": "List", "items": list(nodes)})


@pytest.fixture
def stack(stack_file: Callable[[str], str]) -> Callable[[str], Path]:
    return lambda text: Path(stack_file(text))


def test_a_clean_cluster(cli: Cli) -> None:
    code, out, err = cli(["eks-al2023", "bottlerocket", "windows-on-premises", "virtual-kubelet"])
    assert (code, err) == (0, "")
    assert "Every node known to be virtual is excluded" in out
    assert "Real nodes: 3" in out
    assert "virtualNodePresets" not in out


def test_presets_are_proposed_as_lines_of_a_stack_file(cli: Cli) -> None:
    code, out, _err = cli(["eks-al2023", "liqo", "eks-fargate"])
    assert code == 1
    lines = "config:\n  openkruise:virtualNodePresets:\n    - eks-fargate\n    - liqo\n"
    assert lines in out
    assert "eks.amazonaws.com/compute-type=fargate" in out


def test_a_preset_outside_of_all_has_a_note_with_the_reason(cli: Cli) -> None:
    _code, out, _err = cli(["eks-al2023", "tke-supernode"])
    assert "    - tke-supernode\n" in out
    assert "Note: tke-supernode is not in `all`: TKE can inject kruise-daemon" in out


@pytest.mark.parametrize("id_", ["eks-fargate", "bare-metal", "liqo", "eks-al2023", "hpk-without-taint"])
def test_why_shows_the_evidence_for_the_verdict(cli: Cli, id_: str) -> None:
    """Of the other side there is some in most nodes: a virtual one has an operating system, too."""
    classification = classify(SAMPLES[id_])
    side = "real" if classification.verdict == "real" else "virtual"
    mine = [one for one in classification.evidence if one.points_to == side]
    others = [one.description for one in classification.evidence if one.points_to != side]
    _code, out, _err = cli([id_])
    shown = " ".join(out.replace("\u2502", " ").split())
    strong = [one.description for one in mine if one.strength != "weak"] or [one.description for one in mine]
    words = {word for text in strong[:3] for word in text.split()}
    assert words
    assert words <= set(shown.replace(";", " ").split())
    assert not [text for text in others if text in shown]


def test_a_label_is_proposed_where_labels_do_not_tell(cli: Cli) -> None:
    code, out, _err = cli(["eks-al2023", "hpk-without-taint"])
    assert code == 1
    assert "kubectl label node slurm-login openkruise.io/virtual-node=true" in out
    assert "config:" not in out


def test_what_would_settle_it(cli: Cli) -> None:
    code, out, _err = cli(["eks-al2023", "real-with-a-copied-taint"], "-o", "json")
    data = json.loads(out)
    (unsure,) = [group for group in data["groups"] if group["verdict"] == "unsure"]
    assert code == 1
    assert "find out who set it" in unsure["settle"]
    assert data["proposal"]["lines"] == []


def test_real_nodes_that_are_excluded_stand_out(cli: Cli, stack: Callable[[str], Path]) -> None:
    path = stack('config:\n  openkruise:virtualNodeSelectors: ["eks.amazonaws.com/nodegroup=general"]\n')
    code, out, _err = cli(["eks-al2023"], "--stack-file", str(path))
    assert code == 1
    assert "Real nodes that the present selectors exclude: 1, see YES above" in out


def test_empty_columns_are_left_out(cli: Cli) -> None:
    assert "Pool" in cli(["eks-al2023"])[1]
    assert "Pool" not in cli(["bare-metal"])[1]
    assert "Kind" not in cli(["bare-metal"])[1]


def test_nodes_of_a_pool_are_one_line(cli: Cli) -> None:
    many = []
    for number in range(5000):
        node = copy.deepcopy(SAMPLES["eks-al2023"])
        node["metadata"]["name"] = f"ip-10-0-{number // 256}-{number % 256}"
        many.append(node)
    code, out, _err = cli(items(*many, SAMPLES["liqo"]))
    assert code == 1
    assert "and 4,997 more" in out
    assert len(out.splitlines()) < 30
    code, out, _err = cli(items(*many), "--all", "-o", "json")
    assert len(json.loads(out)["groups"][0]["names"]) == 5000


def test_json_and_yaml_say_the_same(cli: Cli) -> None:
    ids = ["eks-al2023", "liqo", "hpk-without-taint", "openshift-s390x", "real-of-type-kwok"]
    code, out, _err = cli(ids, "-o", "json")
    data = json.loads(out)
    assert code == 1
    assert data["nodes"] == 5
    assert data["proposal"]["virtualNodePresets"] == ["liqo"]
    assert data["proposal"]["virtualNodeSelectors"] == ["kubernetes.io/arch=s390x"]
    assert data["proposal"]["label"] == ["slurm-login"]
    assert {group["verdict"] for group in data["groups"]} == {"virtual", "real", "unsure"}
    assert YAML(typ="safe").load(cli(ids, "-o", "yaml")[1]) == data
    assert YAML(typ="safe").load("\n".join(data["proposal"]["lines"])) == {
        "config": {
            "openkruise:virtualNodePresets": ["liqo"],
            "openkruise:virtualNodeSelectors": ["kubernetes.io/arch=s390x"],
        }
    }


def test_writing_it_into_a_stack_file(cli: Cli, stack: Callable[[str], Path]) -> None:
    before = (ROOT / "stacks" / "Pulumi.dev.yaml").read_text()
    path = stack(before)
    ids = ["eks-al2023", "liqo", "kosmos", "openshift-s390x", "kwok"]
    code, _out, err = cli(ids, "--stack-file", str(path), "--write")
    after = path.read_text()
    assert code == 1  # as the cluster was before the file was written
    assert "+    - kosmos" in err
    assert [line for line in after.splitlines() if line not in before.splitlines()] == [
        "    - kosmos",
        "    - liqo",
        '    - "kubernetes.io/arch=s390x"',
    ]
    code, out, err = cli(ids, "--stack-file", str(path), "--write")
    assert code == 0
    assert "nothing to write" in err
    assert "by preset liqo" in out
    assert path.read_text() == after


def test_lines_that_someone_saves_meanwhile_are_not_lost(
    cli: Cli, stack: Callable[[str], Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = stack("config: {}\n")

    def save(*_read: object) -> None:
        path.write_text("config:\n  theirs:line: 1\n")

    # The command checks its result between reading the file and writing it.
    monkeypatch.setattr("pulumi_openkruise.cli.discover.from_stack_file", save)
    code, _out, err = cli(["liqo"], "--stack-file", str(path), "--write")
    assert code == 2
    assert "was changed since it was read" in err
    assert path.read_text() == "config:\n  theirs:line: 1\n"


def test_a_byte_order_mark_and_a_read_only_file_stay(cli: Cli, stack: Callable[[str], Path]) -> None:
    path = stack("config: {}\n")
    path.write_bytes(b"\xef\xbb\xbfconfig: {}\r\n")
    assert cli(["liqo"], "--stack-file", str(path), "--write")[0] == 1
    written = path.read_bytes()
    assert written.startswith(b"\xef\xbb\xbfconfig:")
    assert b"liqo" in written
    assert written.endswith(b"\r\n")
    path.write_bytes(b"config: {}\n")
    path.chmod(0o444)
    code, _out, err = cli(["liqo"], "--stack-file", str(path), "--write")
    assert (code, path.read_bytes()) == (2, b"config: {}\n")
    assert "read-only" in err


def test_nothing_is_written_without_being_asked(cli: Cli, stack: Callable[[str], Path]) -> None:
    path = stack("config: {}\n")
    assert cli(["liqo"], "--stack-file", str(path))[0] == 1
    assert path.read_text() == "config: {}\n"


def test_base_exclusions_count_only_where_they_are_on(cli: Cli, stack: Callable[[str], Path]) -> None:
    path = stack("config:\n  openkruise:baseExclusions: false\n")
    code, out, _err = cli(["virtual-kubelet", "eks-al2023"], "--stack-file", str(path))
    assert code == 1
    assert "    - virtual-kubelet\n" in out


def daemon_requires(key: str, operator: str, *values: str) -> str:
    """Return a stack's file whose values have an affinity of the daemon."""
    term = {"matchExpressions": [{"key": key, "operator": operator, "values": values}]}
    node_affinity = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
    values_ = {"daemon": {"affinity": {"nodeAffinity": node_affinity}}}
    return json.dumps({"config": {"openkruise:values": values_}})


def test_what_an_affinity_in_the_values_leaves_out_is_not_proposed_again(
    cli: Cli, stack: Callable[[str], Path]
) -> None:
    nodes = ["eks-al2023", "liqo", "eks-fargate"]
    assert cli(nodes, "--stack-file", str(stack("config: {}\n")))[1].count("    - liqo\n") == 1
    path = stack(daemon_requires("liqo.io/type", "NotIn", "virtual-node"))
    code, out, err = cli(nodes, "--stack-file", str(path), "-o", "json")
    data = json.loads(out)
    assert (code, err) == (1, "")
    assert data["proposal"]["virtualNodePresets"] == ["eks-fargate"]
    liqo = next(group for group in data["groups"] if group["kind"] == "liqo")
    assert (liqo["leftOutByValues"], liqo["excludedBy"], liqo["open"]) == (True, [], False)
    assert "by the values" in cli(nodes, "--stack-file", str(path))[1]
    assert cli(["eks-al2023", "liqo"], "--stack-file", str(path))[0] == 0


def test_real_nodes_that_the_values_leave_out_are_no_loss_by_the_selectors(
    cli: Cli, stack: Callable[[str], Path]
) -> None:
    group = "eks.amazonaws.com/nodegroup"
    config = json.loads(daemon_requires(group, "NotIn", "general"))
    config["config"]["openkruise:virtualNodeSelectors"] = [f"{group}=general"]
    for text in (daemon_requires(group, "NotIn", "general"), json.dumps(config)):
        path = stack(text)
        code, out, _err = cli(["eks-al2023", "bottlerocket"], "--stack-file", str(path))
        assert code == 0
        assert "YES" not in out
        assert "Real nodes that the stack's values leave out: 1." in out
        assert "no real one is, except for those." in out


def test_a_node_selector_in_the_values_leaves_nodes_out_too(cli: Cli, stack: Callable[[str], Path]) -> None:
    asks = {"openkruise:values": {"daemon": {"nodeSelector": {"eks.amazonaws.com/nodegroup": "general"}}}}
    path = stack(json.dumps({"config": asks}))
    code, out, err = cli(["eks-al2023", "liqo"], "--stack-file", str(path))
    assert (code, err) == (0, "")
    assert "by the values" in out


def test_values_that_admit_only_virtual_nodes_are_refused(cli: Cli, stack: Callable[[str], Path]) -> None:
    path = stack(daemon_requires("liqo.io/type", "In", "virtual-node"))
    code, out, err = cli(["eks-al2023", "liqo"], "--stack-file", str(path))
    assert (code, out) == (2, "")
    assert "only virtual nodes satisfy what the values require of the daemon's nodes" in err
    assert "liqo.io/type=virtual-node" in err


# --- what the admission policy would label

SIX = ["eks-al2023", "liqo", "hpk-without-taint", "virtual-kubelet", "tke-supernode", "labelled-by-people"]


def test_what_the_policy_would_label_is_counted(cli: Cli) -> None:
    data = json.loads(cli(SIX, "-o", "json")[1])
    assert data["nodeLabelPolicy"] == {"labels": 3, "notExcluded": 2, "ignores": 1}
    actions = {name: group["nodeLabelPolicy"] for group in data["groups"] for name in group["names"]}
    assert [actions[SAMPLES[id_]["metadata"]["name"]] for id_ in SIX] == [
        "ignore",
        "label",
        "label",
        "label",
        "ignore",
        "declared",
    ]
    out = " ".join(cli(SIX)[1].split())
    assert "the API server would label 3 nodes openkruise.io/virtual-node=true" in out
    assert "Nothing excludes 2 of them today." in out
    assert "The policy would not label 1 virtual node:" in out


def test_the_stack_s_presets_and_selectors_count_for_the_policy(
    cli: Cli, stack: Callable[[str], Path]
) -> None:
    path = stack(
        "config:\n  openkruise:nodeLabelPolicy: label\n  openkruise:virtualNodePresets: [tke-supernode]\n"
        "  openkruise:nodeLabelSelectors: [eks.amazonaws.com/nodegroup=general]\n"
    )
    code, out, err = cli(SIX, "--stack-file", str(path), "-o", "json")
    assert (code, err) == (1, "")
    assert json.loads(out)["nodeLabelPolicy"] == {"labels": 5, "notExcluded": 3, "ignores": 0}
    out = " ".join(cli(SIX, "--stack-file", str(path))[1].split())
    assert "1 of them look real: see whether nodeLabelSelectors match more than they should." in out
    assert "would not label" not in out


def test_what_the_values_leave_out_does_not_need_the_policy(cli: Cli, stack: Callable[[str], Path]) -> None:
    path = stack(daemon_requires("liqo.io/type", "NotIn", "virtual-node"))
    data = json.loads(cli(["eks-al2023", "liqo"], "--stack-file", str(path), "-o", "json")[1])
    assert data["nodeLabelPolicy"] == {"labels": 1, "notExcluded": 0, "ignores": 0}


def test_nothing_is_said_of_the_policy_where_it_has_nothing_to_do(cli: Cli) -> None:
    out = cli(["eks-al2023", "labelled-by-people", "real-opted-out"])[1]
    assert "nodeLabelPolicy" not in out
    assert "The policy" not in out


# --- from a cluster


def test_nodes_of_a_cluster_are_read_in_pages_and_nothing_else_is(
    server: ApiServer, kubeconfig: str, capsys: pytest.CaptureFixture[str]
) -> None:
    nodes = []
    for number in range(1200):
        node = copy.deepcopy(SAMPLES["liqo" if number % 3 == 0 else "eks-al2023"])
        node["metadata"]["name"] = f"n{number}"
        node["metadata"]["uid"] = f"u{number}"
        nodes.append(node)
    server.objects("/api/v1/nodes", nodes)
    assert run(["discover", "--kubeconfig", kubeconfig, "-o", "json"]) == 1
    data = json.loads(capsys.readouterr().out)
    assert data["nodes"] == 1200
    assert [(group["verdict"], group["count"]) for group in data["groups"]] == [
        ("virtual", 400),
        ("real", 800),
    ]
    assert data["proposal"]["virtualNodePresets"] == ["liqo"]
    assert [(method, path) for method, path, *_rest in server.asked] == [("GET", "/api/v1/nodes")] * 3
    assert {query["limit"] for _method, _path, query, *_rest in server.asked} == {"500"}


def test_a_cluster_that_does_not_let_nodes_be_read(
    server: ApiServer, kubeconfig: str, capsys: pytest.CaptureFixture[str]
) -> None:
    server.routes["/api/v1/nodes"] = (403, {"kind": "Status", "message": "nodes is forbidden: no \x1b[31m"})
    assert run(["discover", "--kubeconfig", kubeconfig]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert "nodes is forbidden" in err
    assert "Internal error" not in err
    assert "\x1b" not in err


def test_a_cluster_that_does_not_answer(kubeconfig: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["discover", "--kubeconfig", kubeconfig, "--context", "there"]) == 2
    assert capsys.readouterr().err.startswith("the cluster at http://127.0.0.1:1 does not answer")


# --- unusable and hostile input


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "not JSON: Expecting value, line 1, column 1; give what `kubectl get nodes -o json` prints"),
        ("{", "not JSON"),
        (
            '{"items": [{"kind": "Pod", "metadata": {"name": "x"}}]}',
            "items[0]: not a Node with metadata.name; give what `kubectl get nodes -o json` prints",
        ),
        ("[" * 100_000, "not JSON: nested too deeply; give what `kubectl"),
        ('{"items": [1]}', "items[0]: not a Node"),
    ],
)
def test_files_that_hold_no_nodes(cli: Cli, text: str, says: str) -> None:
    code, out, err = cli(text)
    assert (code, out) == (2, "")
    assert says in err


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("[]".encode("utf-16"), "nodes.json: not UTF-8: byte 0; save it as UTF-8, not as UTF-16"),
        (b'["\xe9"]', "nodes.json: not UTF-8: byte 2; save it as UTF-8\n"),
    ],
)
def test_another_encoding_is_named_as_that(command: Cli, tmp_path: Path, data: bytes, says: str) -> None:
    """The > of Windows PowerShell writes UTF-16."""
    (tmp_path / "nodes.json").write_bytes(data)
    code, out, err = command("discover", "--nodes-file", str(tmp_path / "nodes.json"))
    assert (code, out) == (2, "")
    assert says in err


def test_no_nodes(cli: Cli) -> None:
    code, _out, err = cli('{"items": []}')
    assert code == 0
    assert "no nodes" in err


@pytest.mark.parametrize(
    "args",
    [
        ["--nodes-file", "-", "--write"],
        ["--nodes-file", "-", "--stack-file", "-"],
        ["--nodes-file", "x", "--context", "y"],
        ["--nodes-file", "x", "-o", "xml"],
    ],
)
def test_wrong_usage(args: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["discover", *args]) == 2
    assert "Usage: pulumi-openkruise discover" in capsys.readouterr().err


def test_files_that_are_not_there(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert run(["discover", "--nodes-file", str(tmp_path / "none")]) == 2
    assert "No such file" in capsys.readouterr().err
    assert run(["discover", "--kubeconfig", str(tmp_path / "none")]) == 2
    assert "no such file" in capsys.readouterr().err


HOSTILE = "\x1b[31m\x07\u202e'; rm -rf ~ #"


def test_nothing_steers_the_terminal_or_the_shell(cli: Cli, stack: Callable[[str], Path]) -> None:
    node = copy.deepcopy(SAMPLES["hpk-without-taint"])
    node["metadata"]["name"] = HOSTILE
    node["metadata"]["labels"] = {HOSTILE: HOSTILE, "pool": HOSTILE, "a": HOSTILE}
    node["status"]["nodeInfo"]["kubeletVersion"] = HOSTILE
    path = stack("config: {}\n")
    for form in ("table", "json", "yaml"):
        code, out, err = cli(items(node), "--stack-file", str(path), "--write", "-o", form)
        assert code == 1
        assert all(character.isprintable() or character == "\n" for character in out + err)
    (command,) = [line for line in cli(items(node))[1].splitlines() if "kubectl label" in line]
    assert command == "  kubectl label node '<name>' openkruise.io/virtual-node=true"
    assert path.read_text() == "config: {}\n"


GARBAGE = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(sorted(SAMPLES)), GARBAGE), max_size=4), GARBAGE)
def test_broken_nodes_give_a_report_or_a_clear_error(
    tmp_path: Path, broken: list[tuple[str, Any]], other: Any
) -> None:
    nodes = []
    for id_, garbage in broken:
        node = copy.deepcopy(SAMPLES[id_])
        node["metadata"]["labels"] = garbage
        node["status"]["nodeInfo"]["osImage"] = other
        node["spec"] = other
        nodes.append(node)
    path = tmp_path / "nodes.json"
    path.write_text(json.dumps(nodes if broken else other))
    out, err = io.StringIO(), io.StringIO()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("sys.stdout", out)
        patched.setattr("sys.stderr", err)
        code = run(["discover", "--nodes-file", str(path), "-o", "json"])
    assert "Internal error" not in err.getvalue()
    assert code in (0, 1, 2)
    if code < 2:
        json.loads(out.getvalue())


INHERITED = {
    "name: openkruise\nconfig: {virtualNodePresets: {default: [eks-fargate, kosmos]}}\n": "config: {}",
    "name: p\nconfig:\n  openkruise:virtualNodePresets: [eks-fargate, kosmos]\n": "config:\n  other:x: 1\n",
    "name: p\nconfig: {openkruise:virtualNodePresets: {value: [eks-fargate, kosmos]}}\n": "",
}


@pytest.mark.parametrize(("project", "stack"), INHERITED.items())
def test_a_list_of_the_project_is_never_shortened(cli: Cli, tmp_path: Path, project: str, stack: str) -> None:
    """The stack's own list would replace the project's: it is written whole, with each entry's origin."""
    (tmp_path / "Pulumi.yaml").write_text(project)
    path = tmp_path / "Pulumi.prod.yaml"
    path.write_text(stack)
    code, _out, err = cli(["liqo"], "--stack-file", str(path), "--write")
    if stack == "config: {}":  # no place for comments
        assert code == 2
        assert "openkruise:virtualNodePresets: [eks-fargate, kosmos, liqo]" in err
        assert path.read_text() == stack
        return
    written = path.read_text()
    for entry in ("eks-fargate", "kosmos"):
        assert re.search(rf"    - {entry} # from \S*Pulumi\.yaml\n", written)
    assert "    - liqo\n" in written
    assert YAML(typ="safe").load(written)["config"]["openkruise:virtualNodePresets"] == [
        "eks-fargate",
        "kosmos",
        "liqo",
    ]


@pytest.mark.parametrize("project", INHERITED)
def test_the_lines_to_copy_are_the_whole_of_an_inherited_list(cli: Cli, tmp_path: Path, project: str) -> None:
    (tmp_path / "Pulumi.yaml").write_text(project)
    path = tmp_path / "Pulumi.prod.yaml"
    path.write_text("config:\n  other:x: 1\n")
    lines = [
        "config:",
        "  openkruise:virtualNodePresets:",
        "    - eks-fargate # from Pulumi.yaml",
        "    - kosmos # from Pulumi.yaml",
        "    - liqo",
    ]
    _code, out, _err = cli(["liqo"], "--stack-file", str(path))
    assert "add to the stack's file, whose own list replaces an inherited one" in out
    assert "\n".join(lines) in out
    assert json.loads(cli(["liqo"], "--stack-file", str(path), "-o", "json")[1])["proposal"]["lines"] == lines
    path.write_text("config:\n  openkruise:virtualNodePresets: [kwok]\n")
    _code, out, _err = cli(["liqo"], "--stack-file", str(path))
    assert "add to the stack's file:\n\nconfig:\n  openkruise:virtualNodePresets:\n    - liqo\n" in out


def test_the_config_that_pulumi_prints_does_not_say_whose_a_list_is(cli: Cli, tmp_path: Path) -> None:
    entry = {"value": '["kosmos"]', "objectValue": ["kosmos"], "secret": False}
    (tmp_path / "config.json").write_text(json.dumps({"openkruise:virtualNodePresets": entry}))
    out = cli(["liqo"], "--config-json", "config.json")[1]
    assert "    - kosmos # from the present config\n    - liqo\n" in out


def test_shared_lists_stay_where_they_are(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "Pulumi.yaml").write_text("name: p\nconfig: {openkruise:sharedNodePresets: [kosmos]}\n")
    path = tmp_path / "Pulumi.prod.yaml"
    path.write_text("config:\n")
    cli(["liqo"], "--stack-file", str(path), "--write")
    assert path.read_text() == "config:\n  openkruise:virtualNodePresets:\n    - liqo\n"


def test_a_list_that_an_environment_may_set_is_not_replaced(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "Pulumi.prod.yaml"
    path.write_text(text := "environment: [base]\nconfig:\n  other:x: 1\n")
    code, out, err = cli(["liqo"], "--stack-file", str(path), "--write")
    assert code == 2
    assert "An ESC environment of the stack may set these lists" in out
    assert "openkruise:virtualNodePresets: an ESC environment may set this list" in err
    assert err.endswith("  - liqo\n")
    assert path.read_text() == text
    path.write_text(text + "  openkruise:virtualNodePresets: [kwok]\n")
    code, _out, err = cli(["liqo"], "--stack-file", str(path), "--write")
    assert '[kwok, "liqo"]' in path.read_text()


@pytest.mark.parametrize("columns", [60, 80, 99])
def test_a_narrow_terminal_breaks_no_label_in_two(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, columns: int
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    ids = ["eks-al2023", "liqo", "hpk-without-taint", "real-with-a-copied-taint", "eks-fargate"]
    _code, out, _err = cli(ids)
    assert "│" not in out
    monkeypatch.delenv("COLUMNS")
    words = {word for word in cli(ids)[1].split() if "=" in word or "/" in word}
    assert words
    assert {word for word in words if word not in out} == set()
    commands = [line for line in out.splitlines() if line.startswith("  kubectl ")]
    assert commands == ["  kubectl label node slurm-login openkruise.io/virtual-node=true"]
    too_long = [
        line for line in out.splitlines() if len(line) > columns and not line.startswith("  kubectl ")
    ]
    assert all(len(line.split()[-1]) > columns - 20 for line in too_long)


def test_a_runtime_that_the_daemon_cannot_talk_to_is_named_before_an_installation(cli: Cli) -> None:
    code, out, _err = cli(["dockershim-1-23", "bare-metal"])
    assert code == 1
    assert (
        "Real nodes whose container runtime the daemon cannot talk to: 1. Before `pulumi up`: move the" in out
    )
    assert "Docker by dockershim (kubelet before" in " ".join(out.split())
    code, out, _err = cli(["dockershim-1-23", "bare-metal"], "-o", "json")
    runtimes = [group["runtime"] for group in json.loads(out)["groups"]]
    assert [bool(one) for one in runtimes].count(True) == 1
    code, out, _err = cli(["cri-dockerd", "bare-metal"])
    assert (code, "cannot talk to" in out) == (0, False)


@pytest.mark.parametrize(
    ("config", "runtimes"),
    [
        ("protect: false", ["containerd before 1.6 serves CRI v1alpha2, kruise-daemon speaks v1"]),
        ("chartVersion: 1.5.0", ["containerd 2 serves CRI v1, kruise-daemon speaks v1alpha2"]),
        ("platform: gke-autopilot", []),
    ],
)
def test_the_stack_says_which_cri_its_daemon_speaks(
    cli: Cli, stack: Callable[[str], Path], config: str, runtimes: list[str]
) -> None:
    nodes = []
    for name, runtime in (("old", "containerd://1.5.9"), ("new", "containerd://2.0.1")):
        node = copy.deepcopy(SAMPLES["bare-metal"])
        node["metadata"]["name"] = name
        node["status"]["nodeInfo"] |= {"containerRuntimeVersion": runtime, "kubeletVersion": "v1.24.3"}
        nodes.append(node)
    path = str(stack(f"config:\n  openkruise:{config}\n"))
    _code, out, _err = cli(items(*nodes), "--stack-file", path, "-o", "json")
    assert [one["runtime"] for one in json.loads(out)["groups"] if one["runtime"]] == runtimes
