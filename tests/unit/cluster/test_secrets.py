"""A marker in every credential field of a kubeconfig, each broken in many ways: no message ever holds it."""

import base64
import json
import random
import stat
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from pulumi_openkruise.cluster import Cluster, ClusterError, connect, find_address
from pulumi_openkruise.foreign.error_text import _READ

from tests.support.api_server import ApiServer, api_server
from tests.support.certificates import identity

MARKER = "s3cretM4rker"
SPOILED = (
    MARKER,
    f"{MARKER}\n",
    f"{MARKER}\r\nX-Injected: 1",
    f"{MARKER}\x00",
    f"{MARKER}\u2028é",
    f"{MARKER} \x1b[31m",
    f"'{MARKER}",
    f"*{MARKER}",
    f"!!{MARKER} x",
    f"[{MARKER}",
    [MARKER],
    {MARKER: MARKER},
    12345,
    True,
)
FIELDS = (
    "token",
    "username",
    "password",
    "client-certificate-data",
    "client-key-data",
    "as",
    "as-uid",
    "as-groups",
    "as-user-extra",
    "auth-provider",
    "exec",
)


@pytest.fixture(scope="module")
def server() -> Iterator[ApiServer]:
    with api_server(identity()) as double:
        double.routes["/version"] = (401, {"message": "no"})
        yield double


def said(ask: Any) -> str:
    """Return everything that an attempt tells, in its error and those behind it; empty where it succeeded."""
    try:
        ask()
    except ClusterError as error:
        behind = [error.__cause__, None if error.__suppress_context__ else error.__context__]
        return "\n".join([str(error), error.cause, repr(error), *map(repr, behind)])
    return ""


def users() -> Iterator[tuple[str, dict[str, Any]]]:
    good = base64.b64encode(identity().client()[0].encode()).decode()
    for field in FIELDS:
        for number, value in enumerate(SPOILED):
            user: dict[str, Any] = {field: value}
            if field == "client-key-data":
                user["client-certificate-data"] = good
            if field in ("as-uid", "as-groups", "as-user-extra"):
                user["as"] = "x"
            yield f"{field} {number}", user
    encoded = base64.b64encode(MARKER.encode()).decode()
    yield "key of base64", {"client-certificate-data": good, "client-key-data": encoded}
    for config in (
        {"id-token": MARKER, "refresh-token": MARKER, "client-secret": MARKER},
        {"id-token": f"{MARKER}.{encoded}.{MARKER}"},
        {"id-token": ".".join([MARKER, base64.b64encode(b'{"exp": 1}').decode(), MARKER])},
        {"id-token": [MARKER]},
        MARKER,
    ):
        yield f"oidc {str(config)[:12]}", {"auth-provider": {"name": "oidc", "config": config}}
    for plugin in (
        {"env": [{"name": "A", "value": f"{MARKER}\x00"}]},
        {"env": [{"name": "A", "value": [MARKER]}]},
        {"env": [{"name": MARKER}], "args": [f"{MARKER}\x00"]},
        {"args": {"a": MARKER}},
        {"env": MARKER},
    ):
        yield (
            f"exec {str(plugin)[:12]}",
            {
                "exec": {
                    "apiVersion": "client.authentication.k8s.io/v1",
                    "command": "false",
                    "interactiveMode": "Never",
                }
                | plugin
            },
        )


@pytest.mark.parametrize(("name", "user"), list(users()))
def test_no_field_of_a_user_is_in_a_message(
    name: str, user: dict[str, Any], server: ApiServer, tmp_path: Path
) -> None:
    config = server.kubeconfig(**user)
    texts = [
        json.dumps(config),
        yaml.safe_dump(config),
        json.dumps(config)[:-9],
        yaml.safe_dump(config) + "\n - x: [",
    ]
    # As people write it by hand, without quotes: the file itself is broken.
    raw = yaml.safe_dump(server.kubeconfig(broken="HERE")).replace(
        "broken: HERE", f"token: {next(iter(user.values()))}"
    )
    path = tmp_path / "config"
    for text in [*texts, raw]:
        path.write_text(text)
        for given in (text, str(path)):
            assert MARKER not in said(lambda given=given: connect(given).get("/version"))
            assert MARKER not in said(lambda given=given: find_address(given))


@pytest.mark.parametrize("content", [f"{MARKER}\nx", f"{MARKER}\x00", f"\xff{MARKER}", ""])
@pytest.mark.parametrize("field", ["tokenFile", "client-certificate", "client-key"])
def test_no_content_of_a_file_is_in_a_message(
    field: str, content: str, server: ApiServer, tmp_path: Path
) -> None:
    (tmp_path / "secret").write_text(content, encoding="latin-1")
    chain, key = identity().client()
    (tmp_path / "c.crt").write_text(chain)
    user = {field: "secret"}
    if field == "client-key":
        user["client-certificate"] = "c.crt"
    if field == "client-certificate":
        (tmp_path / "c.key").write_text(key)
        user["client-key"] = "c.key"
    (tmp_path / "config").write_text(json.dumps(server.kubeconfig(**user)))
    assert MARKER not in said(lambda: connect(str(tmp_path / "config")).get("/version"))


@pytest.mark.parametrize("field", ["certificate-authority-data", "proxy-url", "server", "tls-server-name"])
@pytest.mark.parametrize(
    "value", [MARKER, f"http://me:{MARKER}@[::1", f"http://me:{MARKER}@127.0.0.1:1", f"ftp://{MARKER}"]
)
def test_no_login_of_an_address_is_in_a_message(field: str, value: str, server: ApiServer) -> None:
    config = server.kubeconfig(token="x")
    config["clusters"][0]["cluster"][field] = value
    found = said(lambda: connect(json.dumps(config), connect_seconds=1).get("/version"))
    # The name of a server alone is no secret: it is what the message is about.
    assert MARKER not in found or (field, value) == ("server", MARKER)


@pytest.mark.parametrize(
    "answer",
    [
        f'{{"kind": "ExecCredential", "token": "{MARKER}"',
        MARKER,
        json.dumps({"kind": MARKER}),
        json.dumps({"kind": "ExecCredential", "apiVersion": MARKER}),
        json.dumps(
            {"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1", "status": MARKER}
        ),
        *(
            json.dumps(
                {"kind": "ExecCredential", "apiVersion": "client.authentication.k8s.io/v1", "status": status}
            )
            for status in (
                {"token": [MARKER]},
                {"token": f"{MARKER}\nx"},
                {"clientKeyData": MARKER},
                {"clientKeyData": MARKER, "clientCertificateData": MARKER},
                {"token": "x", "expirationTimestamp": MARKER},
            )
        ),
    ],
)
def test_no_answer_of_a_plugin_is_in_a_message(answer: str, server: ApiServer, tmp_path: Path) -> None:
    path = tmp_path / "login"
    (tmp_path / "answer").write_text(answer)
    path.write_text(f"#!/bin/sh\ncat {tmp_path}/answer\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    plugin = {
        "apiVersion": "client.authentication.k8s.io/v1",
        "command": str(path),
        "interactiveMode": "Never",
    }
    found = said(lambda: connect(json.dumps(server.kubeconfig(exec=plugin))).get("/version"))
    assert found
    assert MARKER not in found


def test_a_server_that_repeats_the_token_is_not_quoted(server: ApiServer) -> None:
    with api_server(identity()) as echo:
        cluster = connect(json.dumps(echo.kubeconfig(token=MARKER)))
        echo.routes["/version"] = (403, {"message": f"Bearer {MARKER} may not"})
        assert MARKER not in (found := said(lambda: cluster.get("/version")))
        assert "Bearer *** may not" in found
        echo.routes["/version"] = (500, f"<html>{MARKER}".encode())
        assert MARKER not in said(lambda: cluster.get("/version"))


def make_token(length: int) -> str:
    """Return a JWT of this length, the same one each time."""
    source = random.Random(length)
    parts = [json.dumps({"alg": "RS256", "kid": "x"}).encode(), source.randbytes(length // 2)]
    start = ".".join(base64.urlsafe_b64encode(part).decode().rstrip("=") for part in parts)
    rest = base64.urlsafe_b64encode(source.randbytes(length)).decode()
    return f"{start}.{rest}"[:length]


@pytest.mark.parametrize("length", [900, 3000])
@pytest.mark.parametrize("form", ["text", "json"])
@pytest.mark.parametrize("status", [401, 403, 500])
def test_no_part_of_a_long_token_is_in_a_message(length: int, form: str, status: int) -> None:
    """Wherever it stands: before, on and behind each place where words of a server are cut."""
    token = make_token(length)
    with api_server(identity()) as echo:
        cluster = connect(json.dumps(echo.kubeconfig(token=token)))
        for before in (0, 100, 190, 199, 290, 480, 492, 497, 500, _READ - 300, _READ - 10, _READ):
            for repeated in (token, token[: length // 3]):
                words = f"{'x ' * (before // 2)}{repeated}"
                answer = words.encode() if form == "text" else {"kind": "Status", "message": words}
                echo.routes["/version"] = (status, answer)
                found = said(lambda: cluster.get("/version"))
                assert str(status) in found
                assert [at for at in range(length - 7) if token[at : at + 8] in found] == []


@pytest.mark.parametrize("form", ["text", "json"])
def test_a_password_that_a_server_has_decoded_is_not_in_a_message(form: str) -> None:
    for name, password in (
        ("admin", MARKER),
        ("", MARKER),
        ("a:b", f"{MARKER} x"),
        ("admin", f'"{MARKER}\\é'),
    ):
        with api_server(identity()) as echo:
            cluster = connect(json.dumps(echo.kubeconfig(username=name, password=password)))
            for words in (f"login {name}:{password} refused", f"no such password: {password}"):
                echo.routes["/version"] = (403, words.encode() if form == "text" else {"message": words})
                found = said(partial(cluster.get, "/version"))
                assert MARKER not in found
                assert "***" in found


def test_the_token_before_a_renewal_is_not_in_a_message(tmp_path: Path) -> None:
    (tmp_path / "token").write_text(f"{MARKER}-1")
    with api_server(identity()) as echo:
        cluster = connect(json.dumps(echo.kubeconfig(tokenFile=str(tmp_path / "token"))))

        def answer(_query: dict[str, str]) -> tuple[int, Any]:
            (tmp_path / "token").write_text(f"{MARKER}-2")
            return 401, {"message": f"neither {MARKER}-1 nor {MARKER}-2 is known"}

        echo.routes["/version"] = answer
        assert "neither *** nor *** is known" in said(lambda: cluster.get("/version"))


def test_nothing_that_holds_a_secret_shows_it(server: ApiServer) -> None:
    user = {"token": MARKER, "as": "x", "client-certificate-data": "", "client-key-data": ""}
    cluster: Cluster = connect(json.dumps(server.kubeconfig(**user)))
    parts = [cluster, cluster._transport, cluster._transport._credentials, cluster._transport._endpoint]
    assert all(MARKER not in repr(part) for part in parts)
