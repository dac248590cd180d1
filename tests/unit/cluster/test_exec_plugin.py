"""Exec plugins: their input, their answers, their time limit, and that messages quote them safely."""

import json
import os
import stat
import sys
from pathlib import Path
from typing import Any

import pytest
from pulumi_openkruise.cluster import KubeconfigError
from pulumi_openkruise.cluster.credentials import read_user_credentials
from pulumi_openkruise.cluster.exec_plugin import run_plugin
from pulumi_openkruise.foreign.error_text import _READ

VERSION = "client.authentication.k8s.io/v1"


def plugin(folder: Path, script: str, **more: Any) -> dict[str, Any]:
    path = folder / "login"
    path.write_text(f"#!{sys.executable}\nimport json, os, sys, time\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return {"apiVersion": VERSION, "command": str(path), "interactiveMode": "Never", **more}


def answering(status: dict[str, Any]) -> str:
    return f"print(json.dumps({{'apiVersion': {VERSION!r}, 'kind': 'ExecCredential', 'status': {status!r}}}))"


def test_a_plugin_that_fails_is_quoted_without_escapes(tmp_path: Path) -> None:
    script = r"sys.stderr.write('\x1b]8;;http://evil\x07log in\x1b[2J\nagain' + 'x' * 9999); sys.exit(4)"
    with pytest.raises(KubeconfigError) as caught:
        run_plugin(plugin(tmp_path, script), {}, "kubeconfig x")
    said = str(caught.value)
    assert said.startswith(
        f"kubeconfig x: exec plugin {tmp_path}/login: exit code 4: ?]8;;http://evil?log in?[2J again"
    )
    assert len(said) < 500


SECRET = "m4rker-" * 40


@pytest.mark.parametrize("before", [0, 20, 280, 290, _READ - 10])
@pytest.mark.parametrize(
    "given",
    [
        {"env": [{"name": "CLIENT_SECRET", "value": SECRET}]},
        {"args": [SECRET]},
        {"args": [f"--client-secret={SECRET}"]},
        {"args": [f"-p{SECRET}"]},
        {"args": ["--client-secret", SECRET], "env": [{"name": "A"}, {"name": "B", "value": None}]},
    ],
    ids=["env", "argument", "option", "short option", "value of an option"],
)
def test_a_plugin_that_fails_repeats_no_value_that_it_was_given(
    tmp_path: Path, given: dict[str, Any], before: int
) -> None:
    said = "[sys.argv[1:], dict(os.environ).get('CLIENT_SECRET'), sys.argv[-1].partition('=')[2]]"
    script = f"sys.stderr.write('x ' * {before // 2} + 'no: ' + json.dumps({said})); sys.exit(1)"
    with pytest.raises(KubeconfigError) as caught:
        run_plugin(plugin(tmp_path, script, **given), {}, "kubeconfig x")
    found = str(caught.value)
    assert "exit code 1: " in found
    assert "m4rker" not in found


def test_a_plugin_that_fails_may_repeat_what_is_no_secret(tmp_path: Path) -> None:
    given = {
        "args": ["token", "--client-secret", "hunter2-hunter2", "--region=eu-west"],
        "env": [{"name": "DEBUG", "value": "true"}, {"name": "REGION", "value": "eu-west"}],
    }
    script = "sys.exit(' '.join([*sys.argv[1:], os.environ['DEBUG'], os.environ['REGION'], 'is wrong']))"
    with pytest.raises(KubeconfigError) as caught:
        run_plugin(plugin(tmp_path, script, **given), {}, "kubeconfig x")
    expected = "exit code 1: token --client-secret *** *** true eu-west is wrong"
    assert str(caught.value).endswith(expected)


@pytest.mark.parametrize(
    ("version", "mode", "said"),
    [
        ("v1", "Never", ""),
        ("v1", "IfAvailable", ""),
        ("v1beta1", "Never", ""),
        ("v1beta1", "IfAvailable", ""),
        ("v1beta1", None, ""),  # by default, as in client-go; v1 has none
        ("v1", None, "its interactiveMode is not one of"),
        ("v1", "Always", "it needs a terminal"),
        ("v1beta1", "Always", "it needs a terminal"),
        ("v1", "never", "its interactiveMode is not one of"),
        ("v1beta1", "x", "its interactiveMode is not one of"),
    ],
)
def test_each_interactive_mode(tmp_path: Path, version: str, mode: str | None, said: str) -> None:
    script = answering({"token": "t"}).replace(VERSION, f"client.authentication.k8s.io/{version}")
    given = plugin(tmp_path, script, interactiveMode=mode)
    given["apiVersion"] = f"client.authentication.k8s.io/{version}"
    if not said:
        assert run_plugin(given, {}, "kubeconfig x").token == "t"
        return
    with pytest.raises(KubeconfigError, match=said):
        run_plugin(given, {}, "kubeconfig x")


@pytest.mark.parametrize("code", [0, 3])
@pytest.mark.parametrize("stream", ["stdout", "stderr"])
def test_a_plugin_may_print_any_bytes(tmp_path: Path, stream: str, code: int) -> None:
    """A message in another encoding, or a binary file by mistake: still an error with a sentence."""
    script = f"sys.{stream}.buffer.write(b'caf\\xe9 \\xff\\x00 end'); sys.exit({code})"
    with pytest.raises(KubeconfigError) as caught:
        run_plugin(plugin(tmp_path, script), {}, "kubeconfig x")
    said = str(caught.value)
    assert said.isprintable() or "\n" in said
    if code:
        assert f"exit code {code}" in said
    if code and stream == "stderr":
        assert "caf\ufffd \ufffd? end" in said


def test_a_plugin_that_hangs_ends_with_all_that_it_began(tmp_path: Path) -> None:
    script = (
        "import subprocess\n"
        "child = subprocess.Popen(['sleep', '600'])\n"
        f"with open({str(tmp_path / 'child')!r}, 'w') as file: file.write(str(child.pid))\n"
        "time.sleep(600)"
    )
    with pytest.raises(KubeconfigError, match="it has not ended within 2 seconds"):
        run_plugin(plugin(tmp_path, script), {}, "kubeconfig x", seconds=2)
    child = int((tmp_path / "child").read_text())
    for _attempt in range(1000):
        try:
            state = Path(f"/proc/{child}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return
        if state == "Z":
            return
        os.sched_yield()
    raise AssertionError("the plugin's child still runs")


def test_a_plugin_gets_no_input_and_knows_it(tmp_path: Path) -> None:
    script = (
        "info = json.loads(os.environ['KUBERNETES_EXEC_INFO'])\n"
        "assert sys.stdin.read() == '' and info['spec'] == {'interactive': False}, info\n"
    )
    found = run_plugin(plugin(tmp_path, script + answering({"token": "t\n"})), {"server": "https://x"}, "k")
    assert found.token == "t"


def test_a_plugin_that_asks_for_it_gets_the_cluster(tmp_path: Path) -> None:
    """Every field of ``ExecCredentialSpec.cluster`` that is set, and the configuration meant for plugins."""
    about = {
        "server": "https://x",
        "tls-server-name": "y",
        "insecure-skip-tls-verify": True,
        "certificate-authority-data": "z",
        "proxy-url": "http://p",
    }
    others = [None, {"name": "another", "extension": 1}]
    ours = {"name": "client.authentication.k8s.io/exec", "extension": {"audience": "me"}}
    cluster = {**about, "certificate-authority": "/path", "extensions": [*others, ours]}
    found = tmp_path / "found"
    script = f"open({str(found)!r}, 'w').write(os.environ['KUBERNETES_EXEC_INFO'])\n" + answering(
        {"token": "t"}
    )
    run_plugin(plugin(tmp_path, script, provideClusterInfo=True), cluster, "k")
    info = json.loads(found.read_text())
    assert info == {
        "apiVersion": VERSION,
        "kind": "ExecCredential",
        "spec": {"interactive": False, "cluster": {**about, "config": {"audience": "me"}}},
    }
    run_plugin(
        plugin(tmp_path, script, provideClusterInfo=True), {"server": "https://x", "extensions": others}, "k"
    )
    assert json.loads(found.read_text())["spec"]["cluster"] == {"server": "https://x"}


def test_a_missing_plugin_comes_with_its_hint(tmp_path: Path) -> None:
    given = {
        "apiVersion": VERSION,
        "command": "no-such-login",
        "interactiveMode": "Never",
        "installHint": "get\x1b it",
    }
    with pytest.raises(KubeconfigError) as caught:
        run_plugin(given, {}, "kubeconfig x")
    assert str(caught.value) == "kubeconfig x: exec plugin no-such-login: there is no such program\n  get? it"


@pytest.mark.parametrize(
    "path", [".:/nowhere", ":/nowhere", "/nowhere:", "/nowhere::/other", "sub:/nowhere", "./sub"]
)
def test_a_name_never_leads_to_the_current_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    """A folder that was cloned or unpacked would choose the program that gets at the credentials."""
    (tmp_path / "sub").mkdir()
    given = plugin(tmp_path, f"open({str(tmp_path / 'ran')!r}, 'w')\n" + answering({"token": "t"}))
    (tmp_path / "sub" / "login").symlink_to(tmp_path / "login")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", path)
    with pytest.raises(KubeconfigError) as caught:
        run_plugin({**given, "command": "login"}, {}, "kubeconfig x")
    reason = "cannot run a program that PATH finds relative to the current folder: write its path"
    assert str(caught.value) == f"kubeconfig x: exec plugin login: {reason}"
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(("path", "command"), [("HERE:.", "login"), (".", "./login"), (".", "HERE/login")])
def test_a_name_on_an_absolute_path_and_a_path_are_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, path: str, command: str
) -> None:
    given = plugin(tmp_path, answering({"token": "t"}))
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", path.replace("HERE", str(tmp_path)))
    found = run_plugin({**given, "command": command.replace("HERE", str(tmp_path))}, {}, "kubeconfig x")
    assert found.token == "t"


def test_a_plugin_is_asked_once_until_its_answer_expires_or_is_rejected(tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    count = f"open({str(asked)!r}, 'a').write('x')\n"

    def times() -> int:
        return len(asked.read_text())

    for expires, after_two in (("2999-01-01T00:00:00Z", 1), ("2001-01-01T00:00:00Z", 2), (None, 1)):
        asked.write_text("")
        status = {"token": "t"} if expires is None else {"token": "t", "expirationTimestamp": expires}
        given = plugin(tmp_path, count + answering(status))
        credentials = read_user_credentials({"exec": given}, {}, "k", "me")
        assert times() == 0
        assert credentials.authorize() == (("Authorization", "Bearer t"),)
        credentials.authorize()
        assert times() == after_two
        credentials.authorize(renew=True)
        assert times() == after_two + 1


@pytest.mark.parametrize(("size", "good"), [(1 << 20, True), ((1 << 20) + 1, False)])
def test_the_largest_token_of_a_file(tmp_path: Path, size: int, good: bool) -> None:
    (tmp_path / "token").write_text("t".ljust(size))
    credentials = read_user_credentials({"tokenFile": str(tmp_path / "token")}, {}, "k", "me")
    if good:
        assert credentials.authorize() == (("Authorization", "Bearer t"),)
        return
    with pytest.raises(KubeconfigError, match="k: token file: larger than 1 MiB"):
        credentials.authorize()


def test_only_what_can_give_others_is_asked_after_a_rejection(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("t")
    given = plugin(tmp_path, answering({"token": "t"}))
    ways: list[tuple[dict[str, Any], bool]] = [
        ({"exec": given}, True),
        ({"tokenFile": str(tmp_path / "token")}, True),
        ({"token": "t"}, False),
        ({"username": "u", "password": "p"}, False),
        ({}, False),
    ]
    assert [read_user_credentials(user, {}, "k", "me").can_renew for user, _expected in ways] == [
        expected for _user, expected in ways
    ]


def test_only_an_api_version_that_is_known(tmp_path: Path) -> None:
    given = plugin(tmp_path, answering({"token": "t"}), apiVersion="client.authentication.k8s.io/v1alpha1")
    with pytest.raises(KubeconfigError, match="its apiVersion is not one of"):
        run_plugin(given, {}, "k")
