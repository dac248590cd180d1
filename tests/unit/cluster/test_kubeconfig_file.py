"""Kubeconfig files as one document: which entry of several counts, where paths begin, and what is refused."""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from pulumi_openkruise.cluster import kubeconfig_file
from pulumi_openkruise.cluster.errors import KubeconfigError
from pulumi_openkruise.cluster.kubeconfig_file import (
    Kubeconfig,
    find_home_file,
    find_stack_kubeconfig,
    is_content,
    read_content,
    read_files,
)

SOURCE = "kubeconfig given as text"


def entry(kinds: str, name: Any, content: Any) -> dict[str, Any]:
    return {kinds: [{"name": name, kinds.removesuffix("s"): content}]}


@pytest.mark.parametrize(
    ("given", "content"),
    [
        ("a: b\n", True),
        ("x\ny", True),
        ("{}", True),
        (' {"a": 1}', True),
        ("/a/b", False),
        ("a{", False),
        ("", False),
    ],
)
def test_what_is_the_content_of_a_kubeconfig(given: str, content: bool) -> None:
    assert is_content(given) is content


def test_the_kubeconfig_of_a_stack(tmp_path: Path) -> None:
    (tmp_path / "config").touch()
    (tmp_path / "folder").mkdir()
    project = str(tmp_path)
    assert find_stack_kubeconfig({"a": 1}, project) == '{"a": 1}'
    assert find_stack_kubeconfig({}, project) == "{}"
    assert find_stack_kubeconfig(None, project) is None
    assert find_stack_kubeconfig("", project) is None
    assert find_stack_kubeconfig("config", project) == f"{tmp_path}/config"
    for other in ("folder", "missing", "a: b\n"):
        assert find_stack_kubeconfig(other, project) == other
    assert find_stack_kubeconfig(f"{tmp_path}/config", "/elsewhere") == f"{tmp_path}/config"


def test_nothing_is_in_an_empty_kubeconfig() -> None:
    for content in ("{}", "\n", "# a comment\n", "clusters:\nusers: []\ncontexts:\ncurrent-context:\n"):
        assert read_content(content) == Kubeconfig(SOURCE)


def test_the_first_file_that_names_a_thing_counts(tmp_path: Path) -> None:
    one = {
        "current-context": "",
        **entry("clusters", "c", {"server": "https://one"}),
        **entry("users", "u", {"token": "one"}),
    }
    two = {
        "current-context": "two",
        "clusters": [
            {"name": "c", "cluster": {"server": "https://two", "tls-server-name": "two"}},
            {"name": "d", "cluster": {"server": "https://two"}},
        ],
        **entry("contexts", "two", {"cluster": "d"}),
    }
    three = {"current-context": "three", **entry("contexts", "two", {"cluster": "x"})}
    paths = []
    for name, content in (("one", one), ("two", two), ("three", three)):
        (tmp_path / name).write_text(json.dumps(content))
        paths.append(str(tmp_path / name))
    missing = str(tmp_path / "none")
    found = read_files([missing, *paths], all_required=False)
    assert found == Kubeconfig(
        f"kubeconfig {os.pathsep.join([missing, *paths])}",
        "two",
        {"c": {"server": "https://one"}, "d": {"server": "https://two"}},
        {"u": {"token": "one"}},
        {"two": {"cluster": "d"}},
    )
    with pytest.raises(KubeconfigError) as caught:
        read_files([missing, *paths], all_required=True)
    assert str(caught.value) == f"kubeconfig {missing}: no such file"
    assert caught.value.cause == f"there is no kubeconfig {missing}"
    # What is named twice is read once: a second entry of a name in one file is an error.
    assert read_files([paths[0], paths[0]], all_required=True).clusters == {"c": {"server": "https://one"}}


def test_relative_paths_begin_beside_the_file_that_holds_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fields = ("client-certificate", "client-key", "tokenFile")
    config = {
        **entry("clusters", "c", {"certificate-authority": "ca.crt", "server": "https://h"}),
        "users": [
            {"name": "relative", "user": {**dict.fromkeys(fields, "f"), "exec": {"command": "./login"}}},
            {"name": "absolute", "user": {**dict.fromkeys(fields, "/f"), "exec": {"command": "/bin/login"}}},
            {"name": "bare", "user": {"exec": {"command": "login", "args": ["./x"]}, "tokenFile": ""}},
            {"name": "empty", "user": {"exec": {"command": None}, "username": "f"}},
        ],
        **entry("contexts", "x", {"cluster": "c", "namespace": "f"}),
    }
    (tmp_path / "folder").mkdir()
    path = tmp_path / "folder" / "config"
    path.write_text(json.dumps(config))
    monkeypatch.chdir(tmp_path)
    for given in (str(path), "folder/config"):
        found = read_files([given], all_required=True)
        folder = str(tmp_path / "folder")
        assert found.clusters == {"c": {"certificate-authority": f"{folder}/ca.crt", "server": "https://h"}}
        assert found.users == {
            "relative": {
                **dict.fromkeys(fields, f"{folder}/f"),
                "exec": {"command": f"{folder}/./login"},
            },
            "absolute": {**dict.fromkeys(fields, "/f"), "exec": {"command": "/bin/login"}},
            "bare": {"exec": {"command": "login", "args": ["./x"]}, "tokenFile": ""},
            "empty": {"exec": {"command": None}, "username": "f"},
        }
        assert found.contexts == {"x": {"cluster": "c", "namespace": "f"}}
    assert read_content(json.dumps(config)).clusters["c"]["certificate-authority"] == "ca.crt"


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ({"clusters": {}}, "clusters: expected a list"),
        ({"users": ["x"]}, "users[0]: expected a mapping"),
        ({"users": [{"name": "a"}, 5]}, "users[1]: expected a mapping"),
        (entry("contexts", 5, {}), "contexts[0].name: expected a string"),
        (entry("users", "u", "x"), "users[0].user: expected a mapping"),
        (entry("users", "u", []), "users[0].user: expected a mapping"),
        (
            {"users": [{"name": "a"}, {"name": "b"}, {"name": "a"}]},
            "users[2]: a second entry of the name 'a'",
        ),
        ({"users": [{}, {"user": {}}]}, "users[1]: a second entry of the name ''"),
        (entry("users", "u", {"token": 5}), "users[0].user.token: expected a string"),
        (
            entry("clusters", "c", {"insecure-skip-tls-verify": "x"}),
            "clusters[0].cluster.insecure-skip-tls-verify: expected true or false",
        ),
        (entry("users", "u", {"as-user-extra": []}), "users[0].user.as-user-extra: expected a mapping"),
        (
            entry("users", "u", {"as-groups": "x"}),
            "users[0].user.as-groups: expected a list, each item a string",
        ),
        (
            entry("users", "u", {"exec": {"env": ["x"]}}),
            "users[0].user.exec.env: expected a list, each item a mapping",
        ),
        (entry("users", "u", {"exec": "x"}), "users[0].user.exec: expected a mapping"),
        (
            entry("users", "u", {"auth-provider": {"name": "oidc"}, "exec": "x"}),
            "users[0].user.exec: expected a mapping",
        ),
        ({"current-context": 5}, "current-context: expected a string"),
    ],
)
def test_what_is_wrong_is_said_by_its_place(config: dict[str, Any], reason: str) -> None:
    with pytest.raises(KubeconfigError) as caught:
        read_content(json.dumps(config))
    assert str(caught.value) == caught.value.cause == f"{SOURCE}: {reason}"


def test_an_entry_may_lack_its_content_and_null_is_as_not_given() -> None:
    config = {"users": [{"name": "a"}, {"name": "b", "user": None}, {"name": "c", "user": {"exec": None}}]}
    assert read_content(json.dumps(config)).users == {"a": {}, "b": {}, "c": {"exec": None}}


def test_a_document_that_is_not_a_kubeconfig() -> None:
    with pytest.raises(KubeconfigError) as caught:
        read_content("- a\n")
    assert (str(caught.value), caught.value.cause) == (
        f"{SOURCE}: not a kubeconfig",
        f"{SOURCE} is not a kubeconfig",
    )


@pytest.mark.parametrize("size", [20, 21, 25])
def test_the_largest_file(size: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kubeconfig_file, "_LARGEST", 20)
    path = tmp_path / "config"
    path.write_bytes(b'{"later": 1}'.ljust(size))
    if size == 20:
        assert read_files([str(path)], all_required=True).users == {}
        return
    with pytest.raises(KubeconfigError, match="larger than 0 MiB"):
        read_files([str(path)], all_required=True)


def test_a_path_that_no_file_can_have_is_reported() -> None:
    with pytest.raises(KubeconfigError, match="ValueError"):
        read_files(["a\x00b"], all_required=False)


def test_the_users_own_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    assert find_home_file() == "/home/me/.kube/config"
    monkeypatch.delenv("HOME")
    monkeypatch.setattr("pwd.getpwuid", lambda _uid: dict[str, str]()["no such user"])
    assert find_home_file() == ""


FIELDS: dict[str, dict[str, tuple[str, ...]]] = {
    "a string": {
        "clusters": (
            "server",
            "tls-server-name",
            "certificate-authority",
            "certificate-authority-data",
            "proxy-url",
        ),
        "users": (
            "client-certificate",
            "client-certificate-data",
            "client-key",
            "client-key-data",
            "token",
            "tokenFile",
            "as",
            "as-uid",
            "username",
            "password",
            "auth-provider.name",
            "exec.command",
            "exec.apiVersion",
            "exec.installHint",
            "exec.interactiveMode",
        ),
        "contexts": ("cluster", "user", "namespace"),
    },
    "true or false": {
        "clusters": ("insecure-skip-tls-verify", "disable-compression"),
        "users": ("exec.provideClusterInfo",),
    },
    "a mapping": {"users": ("as-user-extra", "auth-provider", "auth-provider.config", "exec")},
    "a list, each item a string": {"users": ("as-groups", "exec.args")},
    "a list, each item a mapping": {"users": ("exec.env",)},
}
"""The fields of ``api/v1/types.go`` that are read, by what each has to be."""


@pytest.mark.parametrize("expected", FIELDS)
def test_each_field_is_of_the_type_that_client_go_gives_it(expected: str) -> None:
    for kinds, paths in FIELDS[expected].items():
        for path in paths:
            outer, _dot, inner = path.partition(".")
            content = {outer: {inner: 5} if inner else 5}
            with pytest.raises(KubeconfigError) as caught:
                read_content(json.dumps(entry(kinds, "x", content)))
            place = f"{kinds}[0].{kinds.removesuffix('s')}.{path}"
            assert str(caught.value) == f"{SOURCE}: {place}: expected {expected}"
    content = {"later": 5, "exec": {"later": 5}}
    assert read_content(json.dumps(entry("users", "x", content))).users == {"x": content}
