"""From a kubeconfig to a cluster: every way to give one, and every way in which one cannot be used."""

import base64
import json
import os
import stat
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from pulumi_openkruise.cluster import ClusterUnreachableError, KubeconfigError, connect, find_address
from pulumi_openkruise.cluster.kubeconfig import _normalize_address
from pulumi_openkruise.cluster.kubeconfig_file import _KINDS
from pulumi_openkruise.cluster.proxy import find_environment_proxy
from ruamel.yaml import YAML

from tests.support.api_server import ApiServer, api_server
from tests.support.certificates import identity

VERSION = {"gitVersion": "v1.36.3"}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ApiServer]:
    for name in ("KUBECONFIG", "KUBERNETES_SERVICE_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")  # loopback is never asked for through a proxy
    monkeypatch.delenv("NO_PROXY", raising=False)
    with api_server(identity()) as server:
        server.routes["/version"] = (200, VERSION)
        yield server


def test_text_as_json_and_as_yaml(server: ApiServer, tmp_path: Path) -> None:
    config = server.kubeconfig(token="secret")
    assert connect(json.dumps(config)).get("/version") == VERSION
    path = tmp_path / "config"
    with path.open("w") as file:
        YAML().dump(config, file)
    assert connect(path.read_text()).get("/version") == VERSION
    assert server.asked[-1][3]["Authorization"] == "Bearer secret"


def test_path_and_context(server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "config"
    path.write_text(json.dumps(server.kubeconfig()))
    cluster = connect(str(path))
    assert (cluster.get("/version"), cluster.context, cluster.address) == (VERSION, "here", server.address)
    assert connect(str(path), "there").address == "http://127.0.0.1:1"
    monkeypatch.setenv("HOME", str(tmp_path))
    assert connect("~/config").get("/version") == VERSION
    assert "Authorization" not in server.asked[-1][3]


def test_where_would_be_asked_is_known_from_the_kubeconfig_alone(server: ApiServer, tmp_path: Path) -> None:
    content = json.dumps(server.kubeconfig())
    path = tmp_path / "config"
    path.write_text(content)
    for kubeconfig in (content, str(path)):
        assert find_address(kubeconfig) == server.address
        assert find_address(kubeconfig, "there") == "http://127.0.0.1:1"
        assert find_address(kubeconfig, "there", "here") == server.address
        with pytest.raises(KubeconfigError, match="has no context nowhere"):
            find_address(kubeconfig, "nowhere")
    with pytest.raises(KubeconfigError, match="no such file"):
        find_address(str(tmp_path / "missing"))
    assert server.asked == []


def test_a_cluster_takes_the_place_of_the_contexts_own(server: ApiServer, tmp_path: Path) -> None:
    config = server.kubeconfig(token="secret")
    path = tmp_path / "config"
    path.write_text(json.dumps(config))
    for kubeconfig in (str(path), json.dumps(config)):
        server.asked.clear()
        cluster = connect(kubeconfig, "there", "here")
        assert (cluster.get("/version"), cluster.context, cluster.address) == (
            VERSION,
            "there",
            server.address,
        )
        assert server.asked[-1][3]["Authorization"] == "Bearer secret"
        with pytest.raises(KubeconfigError, match="has no cluster nowhere\n  it has: here, there"):
            connect(kubeconfig, "there", "nowhere")
    assert json.loads(path.read_text()) == config


def test_the_environment_counts_only_where_asked(
    server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "config"
    path.write_text(json.dumps(server.kubeconfig()))
    monkeypatch.setenv("KUBECONFIG", f"{tmp_path / 'missing'}{os.pathsep}{path}")
    with pytest.raises(KubeconfigError, match="no kubeconfig was given"):
        connect()
    assert connect(ambient=True).get("/version") == VERSION


def test_no_kubeconfig_anywhere(server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    with pytest.raises(KubeconfigError, match=r"no kubeconfig: there is no .*\.kube/config") as caught:
        connect(ambient=True)
    assert "--kubeconfig" in str(caught.value)


def test_an_exec_plugin_logs_in(server: ApiServer, tmp_path: Path) -> None:
    plugin = tmp_path / "login"
    answer: dict[str, Any] = {"apiVersion": "client.authentication.k8s.io/v1", "kind": "ExecCredential"}
    answer |= {"status": {"token": "from-the-plugin"}}
    plugin.write_text(f"#!{sys.executable}\nprint({json.dumps(answer)!r})\n")
    plugin.chmod(plugin.stat().st_mode | stat.S_IXUSR)
    user = {"apiVersion": "client.authentication.k8s.io/v1", "command": str(plugin)}
    connect(json.dumps(server.kubeconfig(exec={**user, "interactiveMode": "Never"}))).get("/version")
    assert server.asked[-1][3]["Authorization"] == "Bearer from-the-plugin"


@pytest.mark.parametrize(
    ("text", "context", "said"),
    [
        ("", None, "no kubeconfig was given"),
        ("/nowhere/config", None, "kubeconfig /nowhere/config: no such file"),
        ("a: [\n", None, "kubeconfig given as text: "),
        ("- a\n- b\n", None, "not a kubeconfig"),
        ("a: b\n", None, "names no current context"),
        ("contexts: 5\ncurrent-context: x\n", None, "contexts: expected a list"),
        ('{"contexts": [{"name": "x", "context": {"cluster": "c"}}]}', "x", "context x has no server"),
    ],
)
def test_what_cannot_be_used(text: str, context: str | None, said: str) -> None:
    with pytest.raises(KubeconfigError) as caught:
        connect(text, context)
    assert said in str(caught.value)
    assert "\n" not in caught.value.cause


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\xff", "not UTF-8 at byte 0"),
        (b"- a\n", "not a kubeconfig"),
        (b"a: [\n", "line 2"),
        (b"current-context: [x]\n", "current-context: expected a string"),
        (b"{}" + b" " * (16 << 20), "larger than 16 MiB"),
        (None, "is a directory"),
    ],
    ids=["bytes", "list", "syntax", "context", "size", "folder"],
)
def test_a_file_that_cannot_be_used(tmp_path: Path, content: bytes | None, said: str) -> None:
    path = tmp_path / "config"
    if content is None:
        path.mkdir()
    else:
        path.write_bytes(content)
    with pytest.raises(KubeconfigError) as caught:
        connect(str(path))
    assert said in str(caught.value)
    assert str(caught.value).startswith(f"kubeconfig {path}: ")
    assert "\n" not in caught.value.cause


def test_an_empty_file_says_nothing(
    server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "config").write_text(json.dumps(server.kubeconfig()))
    monkeypatch.setenv("KUBECONFIG", f"{tmp_path / 'empty'}{os.pathsep}{tmp_path / 'config'}")
    assert connect(ambient=True).get("/version") == VERSION


def test_an_unknown_context_is_named_beside_those_that_are_there(server: ApiServer) -> None:
    with pytest.raises(KubeconfigError) as caught:
        connect(json.dumps(server.kubeconfig()), "nowhere")
    assert str(caught.value) == (
        "kubeconfig given as text: has no context nowhere\n  it has: here, there; choose one with --context"
    )


def test_a_closed_port_is_reported_at_once_with_ways_out(server: ApiServer) -> None:
    with pytest.raises(ClusterUnreachableError) as caught:
        connect(json.dumps(server.kubeconfig()), "there").get("/version")
    assert caught.value.address == "http://127.0.0.1:1"
    assert caught.value.cause == "http://127.0.0.1:1 does not answer: connection refused"
    assert "--context" in str(caught.value)


def test_a_silent_server_is_not_waited_for(server: ApiServer) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as silent:
        config = server.kubeconfig()
        config["clusters"][0]["cluster"]["server"] = f"http://127.0.0.1:{silent.getsockname()[1]}"
        cluster = connect(json.dumps(config), read_seconds=0.2)
        with pytest.raises(ClusterUnreachableError, match="no answer within the time allowed"):
            cluster.get("/version")


def test_a_name_that_does_not_resolve(server: ApiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HTTP_PROXY")
    config = server.kubeconfig()
    config["clusters"][0]["cluster"]["server"] = "http://cluster.invalid"
    with pytest.raises(ClusterUnreachableError, match="its name cannot be resolved"):
        connect(json.dumps(config), connect_seconds=1).get("/version")


def test_a_proxy_of_the_kubeconfig_is_used(server: ApiServer) -> None:
    with api_server() as proxy:
        config = server.kubeconfig()
        config["clusters"][0]["cluster"] = {"server": "http://cluster.invalid", "proxy-url": proxy.address}
        proxy.routes["/version"] = (200, {"by": "proxy"})
        assert connect(json.dumps(config)).get("/version") == {"by": "proxy"}


@pytest.mark.parametrize(
    ("variables", "address", "proxy"),
    [
        ({"HTTPS_PROXY": "http://p:1"}, "https://a.example:6443", "http://p:1"),
        ({"https_proxy": "p:1"}, "https://a.example", "http://p:1"),
        ({"HTTP_PROXY": "http://p:1"}, "https://a.example", None),
        ({"HTTPS_PROXY": "http://p:1"}, "https://127.0.0.2:6443", None),
        ({"HTTPS_PROXY": "http://p:1"}, "https://localhost", None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "example"}, "https://a.example", None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": ".a.example"}, "https://a.example", "http://p:1"),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": ".example"}, "https://a.example", None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "*.example"}, "https://a.example", None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "a.example:443"}, "https://a.example:6443", "http://p:1"),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "a.example:6443"}, "https://a.example:6443", None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "10.0.0.0/8"}, "https://10.1.2.3", None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "10.0.0.0/8,11.1.1.1"}, "https://11.1.1.1", None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "1.1.1.1"}, "https://11.1.1.1", "http://p:1"),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": "fd00::/8"}, "https://[fd00::1]:6443", None),
        ({"HTTPS_PROXY": "http://p:1", "NO_PROXY": " , *"}, "https://a.example", None),
    ],
)
def test_proxies_of_the_environment_as_go_reads_them(
    variables: dict[str, str], address: str, proxy: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    assert find_environment_proxy(address) == proxy


def test_a_proxy_of_the_environment_is_used(monkeypatch: pytest.MonkeyPatch) -> None:
    with api_server() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.address)
        monkeypatch.delenv("NO_PROXY", raising=False)
        proxy.routes["/version"] = (200, {"by": "proxy"})
        config = proxy.kubeconfig()
        config["clusters"][0]["cluster"] = {"server": "http://cluster.invalid"}
        assert connect(json.dumps(config)).get("/version") == {"by": "proxy"}


def pod(
    server: ApiServer, folder: Path, monkeypatch: pytest.MonkeyPatch, token: str = "of-the-pod\n"
) -> None:
    """Be in a pod: a random user without a home folder, the service account's files, two variables."""
    identity().write_authority(folder)
    (folder / "token").write_text(token)
    monkeypatch.setattr("pulumi_openkruise.cluster.kubeconfig._POD_FILES", str(folder))
    host, port = server.address.removeprefix("https://").split(":")
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", host)
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", port)
    monkeypatch.delenv("HOME", raising=False)
    monkeypatch.setattr("pwd.getpwuid", lambda _uid: dict[str, str]()["no such user"])


def test_a_pods_service_account_without_a_home_folder(
    server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pod(server, tmp_path, monkeypatch)
    cluster = connect(ambient=True)
    assert cluster.get("/version") == VERSION
    assert cluster.context == "service account of this pod"
    assert server.asked[-1][3]["Authorization"] == "Bearer of-the-pod"
    with pytest.raises(KubeconfigError, match="no kubeconfig that could hold the context x"):
        connect(None, "x", ambient=True)


def test_a_rejected_token_is_read_from_its_file_again(
    server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pod(server, tmp_path, monkeypatch)
    cluster = connect(ambient=True)
    cluster.get("/version")
    (tmp_path / "token").write_text("rotated")
    respond = server.respond

    def check(method: str, target: str, headers: dict[str, str], body: Any) -> Any:
        answer = respond(method, target, headers, body)
        return answer if headers["Authorization"] == "Bearer rotated" else (401, {"message": "expired"})

    monkeypatch.setattr(server, "respond", check)
    assert cluster.get("/version") == VERSION


def test_a_pod_without_the_authority_is_an_error(
    server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pod(server, tmp_path, monkeypatch)
    (tmp_path / "ca.crt").unlink()
    with pytest.raises(KubeconfigError, match=r"ca\.crt: no such file or directory"):
        connect(ambient=True)


def test_a_client_certificate_leaves_no_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the system has no memory files."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    certificate, key = (base64.b64encode(one.encode()).decode() for one in identity().client())
    for has_memory_files in (True, False):
        if not has_memory_files:
            monkeypatch.delattr("os.memfd_create", raising=False)
        with api_server(identity(), client_certificate=True) as server:
            server.routes["/version"] = (200, VERSION)
            user = {"client-certificate-data": certificate, "client-key-data": key}
            assert connect(json.dumps(server.kubeconfig(**user))).get("/version") == VERSION
            with pytest.raises(ClusterUnreachableError):
                connect(json.dumps(server.kubeconfig())).get("/version")
    assert list(tmp_path.iterdir()) == []


WRONG: dict[Any, list[Any]] = {
    str: [7, True, 1.5, ["x"], {"a": "x"}],
    bool: [7, "true", ["x"], {"a": "x"}],
    Mapping: [7, True, "x", ["x"]],
}
"""For the type of a field in ``_KINDS``, values of other types."""


def list_fields(fields: Mapping[str, Any], *path: str) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield every known field of an entry by its path, with values of other types; null is as not given."""
    for name, kind in fields.items():
        if isinstance(kind, dict):
            yield from (((*path, name), value) for value in WRONG[Mapping])
            yield from list_fields(kind, *path, name)
        elif isinstance(kind, list):
            yield from (((*path, name), value) for value in (7, True, "x", {"a": "x"}))
            # Wherever in the list it is.
            for value in (*WRONG[kind[0]], None):
                good: Any = "x" if kind[0] is str else {"name": "a", "value": "b"}
                yield from (((*path, name), one) for one in ([value], [good, value], [value, good]))
        else:
            yield from (((*path, name), value) for value in WRONG[kind])


def test_a_field_of_another_type_is_refused_by_its_place(server: ApiServer) -> None:
    seen = 0
    for kinds, (kind, fields) in _KINDS.items():
        for path, value in list_fields(fields):
            config = server.kubeconfig(token="s3cret")
            entry = config[kinds][0].setdefault(kind, {})
            for name in path[:-1]:
                entry = entry.setdefault(name, {})
            entry[path[-1]] = value
            with pytest.raises(KubeconfigError) as caught:
                connect(json.dumps(config))
            assert f"{kinds}[0].{kind}.{'.'.join(path)}: expected " in str(caught.value), (path, value)
            seen += 1
    assert seen > 100


@pytest.mark.skipif(not hasattr(os, "memfd_create"), reason="Linux alone has files in memory")
def test_a_client_key_is_never_on_a_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also not for a moment, in which the process can be killed."""

    def refuse(*_args: Any, **_options: Any) -> Any:
        raise AssertionError("a temporary file was asked for")

    for name in ("mkstemp", "NamedTemporaryFile", "TemporaryFile", "mkdtemp"):
        monkeypatch.setattr(f"tempfile.{name}", refuse)
    certificate, key = (base64.b64encode(one.encode()).decode() for one in identity().client())
    with api_server(identity(), client_certificate=True) as server:
        server.routes["/version"] = (200, VERSION)
        user = {"client-certificate-data": certificate, "client-key-data": key}
        assert connect(json.dumps(server.kubeconfig(**user))).get("/version") == VERSION


@pytest.mark.parametrize("address", ["https://h:0", "https://h:x", "ftp://h", "https://", "https://h h"])
def test_a_server_that_is_no_address(server: ApiServer, address: str) -> None:
    config = server.kubeconfig(token="secret")
    config["clusters"][0]["cluster"]["server"] = address
    with pytest.raises(KubeconfigError, match="its server is not an http:// or https:// address"):
        connect(json.dumps(config))


def test_a_pod_reaches_its_cluster_through_the_environments_proxy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As client-go's in-cluster config does; a proxy that refuses the connection shows that it was asked."""
    with api_server(identity()) as server, api_server() as proxy:
        pod(server, tmp_path, monkeypatch)
        monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "cluster.invalid")
        monkeypatch.setenv("HTTPS_PROXY", proxy.address)
        monkeypatch.delenv("NO_PROXY", raising=False)
        with pytest.raises(ClusterUnreachableError, match="proxy"):
            connect(ambient=True).get("/version")


def test_the_limits_of_a_look_are_those_that_are_asked_for(server: ApiServer) -> None:
    cluster = connect(json.dumps(server.kubeconfig()), total_requests=1)
    cluster.get("/version")
    with pytest.raises(ClusterUnreachableError, match="it needs more than 1 requests"):
        cluster.get("/version")


ENTRIES = [
    ("https://h.example:6443", "https://h.example:6443"),
    ("https://h.example/", "https://h.example"),
    ("https://h.example/clusters/a//", "https://h.example/clusters/a"),
    ("https://h.example/clusters/X/", "https://h.example/clusters/X"),
    ("http://h.example:80", "http://h.example:80"),
    ("HTTPS://H.example:6443", "https://H.example:6443"),
    ("h.example:8080", "http://h.example:8080"),
    ("h.example/path/", "http://h.example/path"),
    ("https://[fd00::1]:6443", "https://[fd00::1]:6443"),
    ("https://h.example:1", "https://h.example:1"),
    ("https://h.example/a?b=c#d", "https://h.example/a"),
    *(
        (address, None)
        for address in ("https://h:0", "https://h:-1", "https://h:65536", "ssh://h", "http://", "")
    ),
    *((address, None) for address in ("https://me@h", "https://h\t", "https://h\u200b", "https://[h")),
]


@pytest.mark.parametrize(("server", "address"), ENTRIES)
def test_the_address_of_a_server(server: str, address: str | None) -> None:
    assert _normalize_address(server) == address


@pytest.mark.parametrize(
    ("proxy", "usable"),
    [
        *((f"{scheme}://p:1", True) for scheme in ("http", "https")),
        *((proxy, True) for proxy in ("http://p", "http://p/", "http://me:word@p:3128", "http://me@p:1")),
        *((proxy, False) for proxy in ("p:1", "p", "ftp://p:1", "http://", "http://:1", "http://p:0")),
        *((proxy, False) for proxy in ("http://p:65536", "http://[p", "socks4://p:1")),
    ],
)
def test_which_proxies_of_a_kubeconfig_are_used(server: ApiServer, proxy: str, usable: bool) -> None:
    config = server.kubeconfig()
    config["clusters"][0]["cluster"]["proxy-url"] = proxy
    if usable:
        assert connect(json.dumps(config)).address == server.address
    else:
        with pytest.raises(
            KubeconfigError, match="its proxy is not an http://, https:// or socks5:// address"
        ):
            connect(json.dumps(config))


@pytest.mark.parametrize("scheme", ["socks5", "socks5h"])
def test_a_socks_proxy_needs_a_package_of_its_own(
    server: ApiServer, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    # No matter whether it is installed here.
    monkeypatch.setitem(sys.modules, "urllib3.contrib.socks", None)
    config = server.kubeconfig()
    config["clusters"][0]["cluster"]["proxy-url"] = f"{scheme}://p:1"
    for address in (server.address, "http://127.0.0.1:1"):
        config["clusters"][0]["cluster"]["server"] = address
        with pytest.raises(KubeconfigError, match="a SOCKS proxy needs PySocks"):
            connect(json.dumps(config))


def test_over_plain_http_no_credentials_are_read(server: ApiServer) -> None:
    config = server.kubeconfig(**{"client-certificate-data": "no base64"})
    with pytest.raises(KubeconfigError, match="only one of client-certificate and client-key"):
        connect(json.dumps(config))
    config["clusters"][0]["cluster"] = {"server": "http://127.0.0.1:1"}
    assert connect(json.dumps(config)).address == "http://127.0.0.1:1"
    config["users"] = []
    assert connect(json.dumps(config)).address == "http://127.0.0.1:1"
    with pytest.raises(KubeconfigError, match="impersonation needs HTTPS: over plain HTTP no credentials"):
        connect(json.dumps(config), act_as={"as": "admin"})


@pytest.mark.parametrize(
    ("host", "address"),
    [("10.0.0.1", "https://10.0.0.1:443"), ("fd00::1", "https://[fd00::1]:443"), ("k8s", "https://k8s:443")],
)
def test_the_address_of_a_pods_own_cluster(
    server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, host: str, address: str
) -> None:
    pod(server, tmp_path, monkeypatch)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", host)
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    assert find_address(None, ambient=True) == address
    for name in ("KUBERNETES_SERVICE_HOST", "KUBERNETES_SERVICE_PORT"):
        with monkeypatch.context() as patch:
            patch.setenv(name, "")
            with pytest.raises(KubeconfigError, match="no kubeconfig: there is no KUBECONFIG and no home"):
                find_address(None, ambient=True)
    with pytest.raises(KubeconfigError, match="no kubeconfig was given"):
        find_address(None)


def test_what_a_kubeconfig_lacks_is_said_whole(server: ApiServer) -> None:
    def fail(change: dict[str, Any], **asked: Any) -> KubeconfigError:
        with pytest.raises(KubeconfigError) as caught:
            connect(json.dumps(server.kubeconfig() | change), **asked)
        return caught.value

    source = "kubeconfig given as text"
    there = fail({}, context="x")
    assert (str(there).splitlines()[0], there.ways_out) == (
        f"{source}: has no context x",
        ("it has: here, there; choose one with --context",),
    )
    none = fail({"contexts": [], "current-context": ""})
    assert (str(none).splitlines()[0], none.ways_out) == (
        f"{source}: names no current context",
        ("it has: none; choose one with --context",),
    )
    user = fail({"users": [{"name": "other", "user": {}}]})
    assert user.ways_out == ("it has: other",)
    cluster = fail({}, cluster="x")
    assert str(cluster).splitlines()[0] == f"{source}: has no cluster x"
    assert cluster.cause == f"{source} has no cluster x"


@pytest.mark.parametrize(
    ("entry", "said"),
    [
        ({"certificate-authority": "a", "certificate-authority-data": "b"}, "both certificate-authority and"),
        (
            {"certificate-authority-data": "CA", "insecure-skip-tls-verify": True},
            "both a certificate authority",
        ),
    ],
)
def test_two_ways_to_trust_a_server_are_one_too_many(
    server: ApiServer, entry: dict[str, Any], said: str
) -> None:
    config = server.kubeconfig()
    own = config["clusters"][0]["cluster"]
    authority = own.pop("certificate-authority-data", None) or base64.b64encode(b"x").decode()
    own |= {key: authority if value == "CA" else value for key, value in entry.items()}
    with pytest.raises(KubeconfigError, match=said):
        connect(json.dumps(config))


def test_only_a_true_boolean_leaves_out_the_check_of_a_certificate(server: ApiServer) -> None:
    config = server.kubeconfig()
    own = config["clusters"][0]["cluster"]
    own.pop("certificate-authority-data", None)
    own.pop("certificate-authority", None)
    own["insecure-skip-tls-verify"] = True
    assert connect(json.dumps(config)).get("/version") == VERSION
    own["insecure-skip-tls-verify"] = False
    with pytest.raises(ClusterUnreachableError):
        connect(json.dumps(config)).get("/version")


@pytest.mark.parametrize("part", ["authority", "certificate"])
def test_a_certificate_that_cannot_be_used_is_reported_before_any_request(
    server: ApiServer, part: str
) -> None:
    nothing = base64.b64encode(b"nothing").decode()
    user = {} if part == "authority" else {"client-certificate-data": nothing, "client-key-data": nothing}
    config = server.kubeconfig(**user)
    if part == "authority":
        config["clusters"][0]["cluster"]["certificate-authority-data"] = nothing
    what = "certificate authority" if part == "authority" else "client certificate"
    with pytest.raises(KubeconfigError, match=f"kubeconfig given as text: the {what} cannot be used: "):
        connect(json.dumps(config))
    assert find_address(json.dumps(config)) == server.address
    assert server.asked == []


@pytest.mark.parametrize("given", ["", " \n", None])
def test_an_empty_kubeconfig_is_none(given: str | None, server: ApiServer) -> None:
    with pytest.raises(KubeconfigError) as caught:
        connect(given)
    assert (str(caught.value), caught.value.cause) == ("no kubeconfig was given",) * 2


def test_which_files_there_are_not_is_said(
    server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, two = str(tmp_path / "one"), str(tmp_path / "two")
    for given, listed in (
        (f"{one}{os.pathsep}{two}", f"{one}{os.pathsep}{two}"),
        (f"{os.pathsep}{one}", one),
    ):
        monkeypatch.setenv("KUBECONFIG", given)
        with pytest.raises(KubeconfigError) as caught:
            connect(ambient=True)
        assert str(caught.value).splitlines()[0] == f"no kubeconfig: there is no {listed}"
        assert caught.value.cause == "there is no kubeconfig"
        assert caught.value.ways_out == ("name one with --kubeconfig or KUBECONFIG",)
    monkeypatch.setenv("KUBECONFIG", "")  # as not set
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / ".kube").mkdir()
    (tmp_path / ".kube" / "config").write_text(json.dumps(server.kubeconfig()))
    assert find_address(None, ambient=True) == server.address


def test_a_kubeconfig_that_is_named_counts_before_the_environment(
    server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "config").write_text(json.dumps(server.kubeconfig()))
    monkeypatch.setenv("KUBECONFIG", str(tmp_path / "config"))
    config = server.kubeconfig()
    config["clusters"][0]["cluster"] = {"server": "http://127.0.0.1:2"}
    assert find_address(json.dumps(config), ambient=True) == "http://127.0.0.1:2"
    with pytest.raises(KubeconfigError, match="no such file"):
        connect(str(tmp_path / "missing"), ambient=True)


def test_a_user_acts_as_another_where_the_caller_says_so(server: ApiServer) -> None:
    config = json.dumps(server.kubeconfig(token="t", **{"as": "jane", "as-groups": ["a"]}))
    connect(config, act_as={"as": "joe", "as-groups": ["b", "c"]}).get("/version")
    headers = server.asked[-1][3]
    assert headers["Authorization"] == "Bearer t"
    assert (headers["Impersonate-User"], headers["Impersonate-Group"]) == ("joe", "b, c")
    connect(config, act_as={}).get("/version")
    assert server.asked[-1][3]["Impersonate-User"] == "jane"


def test_a_pods_service_account_may_act_as_another(
    server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pod(server, tmp_path, monkeypatch)
    connect(ambient=True, act_as={"as": "joe"}).get("/version")
    headers = server.asked[-1][3]
    assert headers["Authorization"] == "Bearer of-the-pod"
    assert headers["Impersonate-User"] == "joe"


def test_a_context_without_a_user_or_with_an_unknown_cluster(server: ApiServer) -> None:
    config = server.kubeconfig(token="t")
    del config["contexts"][0]["context"]["user"]
    connect(json.dumps(config)).get("/version")
    assert "Authorization" not in server.asked[-1][3]
    for cluster in ("other", None, ""):
        config["contexts"][0]["context"]["cluster"] = cluster
        with pytest.raises(KubeconfigError) as caught:
            connect(json.dumps(config))
        said = "kubeconfig given as text: the cluster of context here has no server"
        assert str(caught.value) == caught.value.cause == said
    config["clusters"].append({"name": "bare", "cluster": {}})
    with pytest.raises(KubeconfigError) as caught:
        connect(json.dumps(config), cluster="bare")
    assert str(caught.value) == "kubeconfig given as text: cluster bare has no server"


ENDPOINTS: list[tuple[dict[str, Any], str]] = [
    ({"server": "ftp://h"}, "its server is not an http:// or https:// address"),
    (
        {"server": "https://me:s3cret@h"},
        "its server has a login in it: write username and password of the user instead",
    ),
    (
        {"server": "https://me:s3cret@h:0"},
        "its server has a login in it: write username and password of the user instead",
    ),
    *(
        (
            {"server": server},
            "its server has a login in it: write username and password of the user instead",
        )
        for server in ("https://me:1234?x@h", "https://me:1234/x@h", "h/x@h", "https://me:1234#x@h")
    ),
    ({"certificate-authority-data": "!"}, "certificate-authority-data: not base64"),
    ({"certificate-authority": "/none"}, "certificate-authority: /none: no such file or directory"),
    ({"proxy-url": "ftp://p"}, "its proxy is not an http://, https:// or socks5:// address"),
    (
        {"certificate-authority": "a", "certificate-authority-data": "b"},
        "both certificate-authority and certificate-authority-data; only one is allowed",
    ),
    (
        {"certificate-authority-data": "eA==", "insecure-skip-tls-verify": True},
        "both a certificate authority and insecure-skip-tls-verify; only one is allowed",
    ),
]


@pytest.mark.parametrize(("entry", "reason"), ENDPOINTS)
def test_what_is_wrong_with_a_cluster_is_said_whole(
    server: ApiServer, entry: dict[str, Any], reason: str
) -> None:
    config = server.kubeconfig()
    config["clusters"][0]["cluster"] = {"server": "https://h", **entry}
    with pytest.raises(KubeconfigError) as caught:
        connect(json.dumps(config))
    assert str(caught.value) == caught.value.cause == f"kubeconfig given as text: cluster: {reason}"


@pytest.mark.parametrize("proxy", ["http://p:1/a@b", "http://me:3128/x@p", "socks5://:1"])
def test_a_proxy_in_which_a_login_may_be_written_wrongly_is_refused(server: ApiServer, proxy: str) -> None:
    """The port may be the password's beginning: nothing would be asked for a name that is a secret."""
    config = server.kubeconfig()
    config["clusters"][0]["cluster"]["proxy-url"] = proxy
    with pytest.raises(KubeconfigError, match="its proxy is not"):
        connect(json.dumps(config))


def test_the_proxy_of_a_kubeconfig_counts_before_the_environments(
    server: ApiServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    with api_server() as proxy:
        proxy.routes["/version"] = (200, {"by": "proxy"})
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
        config = proxy.kubeconfig()
        config["clusters"][0]["cluster"] = {"server": "http://cluster.invalid", "proxy-url": proxy.address}
        assert connect(json.dumps(config)).get("/version") == {"by": "proxy"}


def test_the_name_that_a_certificate_must_have_is_the_kubeconfigs(server: ApiServer) -> None:
    config = server.kubeconfig()
    config["clusters"][0]["cluster"]["tls-server-name"] = "localhost"
    assert connect(json.dumps(config)).get("/version") == VERSION
    config["clusters"][0]["cluster"]["tls-server-name"] = "example.com"
    with pytest.raises(ClusterUnreachableError):
        connect(json.dumps(config)).get("/version")


def test_a_pod_without_an_authority_says_whose(
    server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pod(server, tmp_path, monkeypatch)
    (tmp_path / "ca.crt").write_bytes(b"x" * ((1 << 20) + 1))
    with pytest.raises(KubeconfigError) as caught:
        connect(ambient=True)
    assert (
        str(caught.value)
        == caught.value.cause
        == (f"service account of this pod: {tmp_path}/ca.crt: larger than 1 MiB")
    )
    assert caught.value.__suppress_context__


def test_a_context_that_names_nothing_selects_what_has_no_name(server: ApiServer) -> None:
    """As client-go, which looks for the empty name among the clusters and users."""
    config = server.kubeconfig(token="t")
    config["contexts"][0]["context"] = {"cluster": None}
    for kinds in ("clusters", "users"):
        config[kinds][0]["name"] = ""
    cluster = connect(json.dumps(config))
    assert (cluster.get("/version"), cluster.address) == (VERSION, server.address)
    assert server.asked[-1][3]["Authorization"] == "Bearer t"


def test_a_pods_files_are_where_kubernetes_mounts_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def refuse(path: str) -> bytes:
        asked.append(path)
        raise FileNotFoundError(2, "No such file or directory")

    monkeypatch.setattr("pulumi_openkruise.cluster.kubeconfig.read_small", refuse)
    monkeypatch.delenv("KUBECONFIG", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    monkeypatch.setenv("KUBERNETES_SERVICE_PORT", "443")
    with pytest.raises(KubeconfigError, match="no such file or directory"):
        find_address(None, ambient=True)
    assert asked == ["/var/run/secrets/kubernetes.io/serviceaccount/ca.crt"]
