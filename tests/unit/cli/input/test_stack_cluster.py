"""A command that looks at another cluster than its stack's says so."""

import json
from pathlib import Path

import pytest
from pulumi_openkruise.cli.cluster_access import ClusterAccess
from pulumi_openkruise.cli.input.stack_cluster import note_other_cluster

HERE, THERE = "https://here.example:6443", "https://there.example:6443"
TOKEN = "dG9rZW4tb2YtdGhlcmU"


def _kubeconfig() -> str:
    clusters = [{"name": name, "cluster": {"server": at}} for name, at in (("here", HERE), ("there", THERE))]
    contexts = [{"name": name, "context": {"cluster": name, "user": "me"}} for name in ("here", "there")]
    users = [{"name": "me", "user": {"token": TOKEN}}]
    return json.dumps({"clusters": clusters, "contexts": contexts, "users": users, "current-context": "here"})


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "kubeconfig").write_text(_kubeconfig())
    (tmp_path / "there.json").write_text(
        _kubeconfig().replace('"current-context": "here"', '"current-context": "there"')
    )
    (tmp_path / "Pulumi.yaml").write_text("name: it\nruntime: python\n")
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "kubeconfig"))
    monkeypatch.chdir("/")
    return tmp_path


def _note(
    project: Path, capsys: pytest.CaptureFixture[str], config: dict[str, object], access: ClusterAccess
) -> str:
    stack = project / "Pulumi.prod.yaml"
    stack.write_text(json.dumps({"config": config}))
    note_other_cluster(str(stack), None, access)
    said = capsys.readouterr().err
    assert TOKEN not in said
    return said


@pytest.mark.parametrize(
    "config",
    [
        {"kubernetes:context": "there"},
        {"kubernetes:cluster": "there"},
        {"kubernetes:kubeconfig": "there.json"},
        {"kubernetes:kubeconfig": _kubeconfig(), "kubernetes:context": "there"},
        {"kubernetes:kubeconfig": json.loads(_kubeconfig()), "kubernetes:context": "there"},
    ],
    ids=["context", "cluster", "path", "text", "mapping"],
)
def test_another_cluster_is_noted(
    project: Path, capsys: pytest.CaptureFixture[str], config: dict[str, object]
) -> None:
    said = _note(project, capsys, config, ClusterAccess())
    keys = " and ".join(config)
    assert f"{keys} names {THERE}, and this reads {HERE}, which kubectl uses" in said
    assert "give --kubeconfig or --context" in said


@pytest.mark.parametrize(
    "config",
    [
        {},
        {"openkruise:namespace": "kruise"},
        {"kubernetes:context": "here"},
        {"kubernetes:kubeconfig": _kubeconfig()},
        {"kubernetes:kubeconfig": _kubeconfig().replace(HERE, f"{HERE}/")},
    ],
    ids=["empty", "other keys", "context", "text", "slash"],
)
def test_the_same_cluster_is_not(
    project: Path, capsys: pytest.CaptureFixture[str], config: dict[str, object]
) -> None:
    assert _note(project, capsys, config, ClusterAccess()) == ""


@pytest.mark.parametrize("access", [ClusterAccess(context="here"), ClusterAccess(kubeconfig="kubeconfig")])
def test_a_chosen_cluster_is_meant(
    project: Path, capsys: pytest.CaptureFixture[str], access: ClusterAccess
) -> None:
    assert _note(project, capsys, {"kubernetes:context": "there"}, access) == ""


def test_a_context_that_is_not_here_is_noted(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = _note(project, capsys, {"kubernetes:context": "elsewhere"}, ClusterAccess())
    assert "the cluster that kubernetes:context names is not known here (" in said
    assert f"so this reads {HERE}" in said


def test_an_encrypted_kubeconfig_is_noted(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = _note(project, capsys, {"kubernetes:kubeconfig": {"secure": "v1:abc"}}, ClusterAccess())
    assert "kubernetes:kubeconfig is encrypted, so this reads the cluster that kubectl uses" in said


def test_config_as_pulumi_prints_it(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    printed = project / "config.json"
    printed.write_text(json.dumps({"kubernetes:context": {"value": "there", "secret": False}}))
    note_other_cluster(None, str(printed), ClusterAccess())
    assert f"kubernetes:context names {THERE}" in capsys.readouterr().err


def test_standard_input_is_not_read_again(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    note_other_cluster("-", None, ClusterAccess())
    assert capsys.readouterr().err == ""
