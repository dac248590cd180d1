"""A user's credentials: what is sent to the cluster alone, and what is refused; no secret goes elsewhere."""

import base64
import json
from datetime import datetime, timedelta, timezone
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pulumi_openkruise.cluster import connect, credentials
from pulumi_openkruise.cluster.connection import Endpoint
from pulumi_openkruise.cluster.credentials import Credentials, read_small, read_user_credentials
from pulumi_openkruise.cluster.errors import KubeconfigError
from pulumi_openkruise.cluster.exec_plugin import PluginAnswer

from tests.support.api_server import ApiServer, api_server
from tests.support.certificates import identity

MARKER = "s3cretM4rker"
LONG_AGO, FAR_AWAY = 1, 4102444800


def id_token(claims: Any) -> str:
    return f"e30.{base64.urlsafe_b64encode(json.dumps(claims).encode()).decode().rstrip('=')}.sig"


def kubeconfig(cluster: ApiServer, issuer: ApiServer, token: str | None, **more: str) -> str:
    """Return a kubeconfig whose user could be refreshed at an issuer that answers."""
    provider = {
        "idp-issuer-url": issuer.address,
        "client-id": "me",
        "client-secret": f"client-{MARKER}",
        "refresh-token": f"refresh-{MARKER}",
        **({} if token is None else {"id-token": token}),
        **more,
    }
    return json.dumps(cluster.kubeconfig(**{"auth-provider": {"name": "oidc", "config": provider}}))


def answer_as_issuer(issuer: ApiServer) -> None:
    """Let a server be the issuer that a client would ask for a new token."""
    discovered = {"issuer": issuer.address, "token_endpoint": f"{issuer.address}/token"}
    issuer.routes["/.well-known/openid-configuration"] = (200, discovered)
    issuer.routes["/token"] = (200, {"id_token": id_token({"exp": FAR_AWAY})})


@pytest.mark.parametrize("more", [{}, {"idp-certificate-authority-data": "x"}, {"extra-scopes": "groups"}])
@pytest.mark.parametrize("claims", [{"exp": LONG_AGO}, {"exp": str(LONG_AGO)}, {"exp": -1}])
def test_an_expired_token_is_refused_and_its_issuer_not_asked(claims: Any, more: dict[str, str]) -> None:
    """An issuer's certificate cannot be verified without its authority, and nothing asked for a refresh."""
    with api_server(identity()) as cluster, api_server() as issuer:
        answer_as_issuer(issuer)
        with pytest.raises(KubeconfigError) as caught:
            connect(kubeconfig(cluster, issuer, id_token(claims), **more)).get("/version")
        assert (issuer.asked, cluster.asked) == ([], [])
    assert "auth-provider oidc: its id-token has expired" in str(caught.value)
    assert MARKER not in str(caught.value)


@pytest.mark.parametrize(
    "token",
    [None, "", "x", "a.b.c", "e30.e30.sig", *map(id_token, ([], {"exp": None}, {"exp": "x"}))],
)
def test_what_is_no_token_is_refused_and_its_issuer_not_asked(token: str | None) -> None:
    with api_server(identity()) as cluster, api_server() as issuer:
        answer_as_issuer(issuer)
        with pytest.raises(KubeconfigError, match="auth-provider oidc: ") as caught:
            connect(kubeconfig(cluster, issuer, token)).get("/version")
        assert (issuer.asked, cluster.asked) == ([], [])
    assert MARKER not in str(caught.value)


WAYS: dict[str, dict[str, Any]] = {
    "a token": {"token": "t"},
    "a name": {"username": "u"},
    "a password": {"password": "p"},
    "name and password": {"username": "u", "password": "p"},
    "a certificate": {"client-certificate": "c", "client-certificate-data": "c"},
    "a key": {"client-key": "k", "client-key-data": "k"},
    "a plugin": {"exec": {"command": "x"}},
    "a provider": {"auth-provider": {"name": "oidc"}},
}
TOGETHER = {
    ("a token", "a name"): "more than one of token and username with password",
    ("a token", "a password"): "more than one of token and username with password",
    ("a token", "name and password"): "more than one of token and username with password",
    ("a plugin", "a provider"): "both exec and auth-provider",
    ("a certificate",): "both client-certificate and client-certificate-data",
    ("a key",): "both client-key and client-key-data",
}


@pytest.mark.parametrize("ways", TOGETHER)
@pytest.mark.parametrize("empty", [{}, {"token": "", "username": "", "exec": None, "auth-provider": {}}])
def test_what_kubectl_takes_one_of_is_refused_together(ways: tuple[str, ...], empty: dict[str, Any]) -> None:
    """Whatever else the user has; nothing of it is sent, and what is empty is as not given."""
    with api_server(identity()) as cluster:
        user = {**empty}
        for way in ways:
            user.update(WAYS[way])
        with pytest.raises(KubeconfigError) as caught:
            connect(json.dumps(cluster.kubeconfig(**user))).get("/version")
        assert cluster.asked == []
    assert f"{TOGETHER[ways]}; only one is allowed" in str(caught.value)


@pytest.mark.parametrize(
    ("way", "sent"),
    [("a token", "Bearer t"), ("a name", "Basic dTo="), ("a password", "Basic OnA="),
     ("name and password", "Basic dTpw")],
)  # fmt: skip
def test_each_way_alone_is_sent(way: str, sent: str) -> None:
    with api_server(identity()) as cluster:
        cluster.routes["/version"] = (200, {})
        connect(json.dumps(cluster.kubeconfig(**WAYS[way]))).get("/version")
        ((_method, _path, _query, headers, _body),) = cluster.asked
    assert headers["Authorization"] == sent


def test_a_good_token_goes_to_the_cluster_alone() -> None:
    token = id_token({"exp": FAR_AWAY})
    with api_server(identity()) as cluster, api_server() as issuer:
        cluster.routes["/version"] = (200, {})
        connect(kubeconfig(cluster, issuer, token)).get("/version")
        assert issuer.asked == []
        ((_method, _path, _query, headers, body),) = cluster.asked
    assert headers["Authorization"] == f"Bearer {token}"
    assert MARKER not in str((headers, body))


@pytest.mark.parametrize(
    ("user", "headers"),
    [
        ({"as": "a"}, {"User": ["a"]}),
        ({"as": "a", "as-uid": "u"}, {"User": ["a"], "Uid": ["u"]}),
        ({"as": "a", "as-groups": ["g", "h"]}, {"User": ["a"], "Group": ["g", "h"]}),
        ({"as": "a", "as-groups": ["g", ""]}, {"User": ["a"], "Group": ["g"]}),
        (
            {"as": "a", "as-user-extra": {"x/y z": ["1", "2"], "w": []}},
            {"User": ["a"], "Extra-x%2Fy%20z": ["1", "2"]},
        ),
        ({"as": "", "as-groups": []}, {}),
        ({}, {}),
    ],
)
def test_the_headers_of_a_user_that_acts_as_another(
    user: dict[str, Any], headers: dict[str, list[str]]
) -> None:
    found: dict[str, list[str]] = {}
    for name, value in read_user_credentials(user, {}, "k", "me").headers:
        found.setdefault(name.removeprefix("Impersonate-"), []).append(value)
    assert found == headers


@pytest.mark.parametrize(
    ("user", "says"),
    [
        ({"as-uid": "u"}, "as-uid, as-groups or as-user-extra without as"),
        ({"as-groups": ["g"]}, "as-uid, as-groups or as-user-extra without as"),
        ({"as-user-extra": {"x": ["1"]}}, "as-uid, as-groups or as-user-extra without as"),
        (
            {"as": "a", "as-user-extra": {"x": "1"}},
            "as-user-extra: expected a mapping of strings to lists of strings",
        ),
        (
            {"as": "a", "as-user-extra": {5: ["1"]}},
            "as-user-extra: expected a mapping of strings to lists of strings",
        ),
        ({"as": "a\n"}, "user to act as"),
        ({"as": "a", "as-groups": ["\u20ac"]}, "user to act as"),
    ],
)
def test_a_user_that_cannot_act_as_another(user: dict[str, Any], says: str) -> None:
    with pytest.raises(KubeconfigError) as caught:
        read_user_credentials(user, {}, "k", "me")
    assert says in str(caught.value)


def test_a_token_of_a_file_counts_for_a_minute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As client-go's CachedFileTokenSource; a file that cannot be read leaves the token before."""
    now = [100.0]
    monkeypatch.setattr(credentials, "time", SimpleNamespace(monotonic=lambda: now[0]))
    path = tmp_path / "token"
    path.write_text("one\n")
    found = read_user_credentials({"tokenFile": str(path)}, {}, "k", "me")

    def token(at: float, *, renew: bool = False) -> str:
        now[0] = at
        ((name, value),) = found.authorize(renew=renew)
        assert name == "Authorization"
        return value

    assert token(100) == "Bearer one"
    path.write_text("two")
    assert token(159.5) == "Bearer one"
    assert token(160) == "Bearer two"
    path.write_text("three")
    assert token(161, renew=True) == "Bearer three"
    path.unlink()
    assert token(221) == "Bearer three"
    path.write_text("four")
    assert token(280.5) == "Bearer three"  # the attempt before counts, too
    assert token(281) == "Bearer four"


def test_a_token_beside_a_file_that_cannot_be_read_counts(tmp_path: Path) -> None:
    missing = str(tmp_path / "none")
    found = read_user_credentials({"token": "t", "tokenFile": missing}, {}, "k", "me")
    assert found.authorize() == (("Authorization", "Bearer t"),)
    with pytest.raises(KubeconfigError) as caught:
        read_user_credentials({"tokenFile": missing}, {}, "k", "me").authorize()
    assert str(caught.value) == caught.value.cause == "k: token file: no such file or directory"
    assert caught.value.__suppress_context__


@pytest.mark.parametrize(
    ("user", "secrets"),
    [
        ({}, {""}),
        ({"token": "t0"}, {"t0", ""}),
        ({"username": "u", "password": "p w"}, {base64.b64encode(b"u:p w").decode(), "u:p w", "p w", ""}),
        ({"username": "u:v", "password": "w"}, {base64.b64encode(b"u:v:w").decode(), "u:v:w", "w", ""}),
        ({"password": "p"}, {base64.b64encode(b":p").decode(), ":p", "p", ""}),
        ({"username": "u"}, {base64.b64encode(b"u:").decode(), ""}),
        ({"token": "t0", "as": "jane doe", "as-groups": ["a b"]}, {"t0", ""}),
    ],
)
def test_what_messages_hide_of_a_user(user: dict[str, Any], secrets: set[str]) -> None:
    assert set(read_user_credentials(user, {}, "k", "me").list_secrets()) == secrets


def test_what_messages_hide_of_a_plugin() -> None:
    found = Credentials("k", _plugin={"command": "x"}, _answer=PluginAnswer("t0"))
    assert found.list_secrets() == ["", "t0"]


def test_messages_hide_tokens_that_were_replaced_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """A request that was sent with one of them may be answered late."""
    answers = (PluginAnswer(f"t{number}") for number in range(40))
    monkeypatch.setattr("pulumi_openkruise.cluster.credentials.run_plugin", lambda *_arguments: next(answers))
    found = Credentials("k", _plugin={"command": "x"})
    for _time in range(3):
        found.authorize(renew=True)
        found.authorize()
    assert set(found.list_secrets()) == {"", "t0", "t1", "t2"}
    for _time in range(37):
        found.authorize(renew=True)
    assert {"t38", "t39"} < set(found.list_secrets())
    assert len(found.list_secrets()) < 20


def test_messages_hide_the_tokens_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("t0")
    found = read_user_credentials({"tokenFile": str(tmp_path / "token")}, {}, "k", "me")
    found.authorize()
    (tmp_path / "token").write_text("t1")
    found.authorize(renew=True)
    assert set(found.list_secrets()) == {"", "t0", "t1"}


def test_no_part_of_credentials_or_of_an_endpoint_is_in_its_repr() -> None:
    answer = PluginAnswer(MARKER, MARKER, MARKER)
    found = Credentials(
        "kubeconfig x",
        (("Authorization", MARKER),),
        MARKER,
        MARKER,
        MARKER,
        "file",
        {"command": MARKER},
        {"certificate-authority-data": MARKER},
        answer,
    )
    assert repr(found) == "Credentials(source='kubeconfig x', _token_file='file')"
    endpoint = Endpoint("https://h", "kubeconfig x", MARKER, proxy=f"http://me:{MARKER}@p")
    assert MARKER not in repr(endpoint)
    assert "https://h" in repr(endpoint)


@pytest.mark.parametrize(
    "user", [{"token": "t"}, {"tokenFile": "FILE"}, {"username": "u"}, {"password": "p"}]
)
def test_another_way_in_comes_before_a_plugin(user: dict[str, str], tmp_path: Path) -> None:
    (tmp_path / "token").write_text("t")
    given = {key: str(tmp_path / "token") if value == "FILE" else value for key, value in user.items()}
    found = read_user_credentials({**given, "exec": {"command": "no-such-program"}}, {}, "k", "me")
    found.load_certificate()
    ((_name, value),) = found.authorize()
    assert value in ("Bearer t", "Basic dTo=", "Basic OnA=")


def test_a_plugin_is_asked_for_a_certificate_before_the_first_request(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Any] = []
    answers = [PluginAnswer("t", "CERTIFICATE", "KEY"), PluginAnswer("u")]

    def run_plugin(*arguments: Any) -> PluginAnswer:
        asked.append(arguments)
        return answers[len(asked) - 1]

    monkeypatch.setattr(credentials, "run_plugin", run_plugin)
    plugin, cluster = {"command": "x"}, {"server": "https://h"}
    found = read_user_credentials({"exec": plugin}, cluster, "k", "me")
    found.load_certificate()
    found.load_certificate()
    assert asked == [(plugin, cluster, "k")]
    assert (found.certificate, found.key) == ("CERTIFICATE", "KEY")
    assert found.authorize(renew=True) == (("Authorization", "Bearer u"),)
    assert (found.certificate, found.key) == ("CERTIFICATE", "KEY")  # an answer without one leaves it
    plain = read_user_credentials({"token": "t"}, cluster, "k", "me")
    plain.load_certificate()
    assert len(asked) == 2


def test_an_id_token_counts_until_ten_seconds_before_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    """The time that client-go leaves for the request (``oidc.go``: expiryDelta)."""
    monkeypatch.setattr(credentials, "time", SimpleNamespace(time=lambda: 1000.0))

    def read(expires: float) -> Credentials:
        provider = {"name": "oidc", "config": {"id-token": id_token({"exp": expires})}}
        return read_user_credentials({"auth-provider": provider}, {}, "k", "me")

    assert read(1010.5).authorize()[0][1].startswith("Bearer e30.")
    with pytest.raises(KubeconfigError) as caught:
        read(1010)
    assert str(caught.value).splitlines()[0] == "k: user me: auth-provider oidc: its id-token has expired"
    assert caught.value.cause == "k: user me: auth-provider oidc: its id-token has expired"
    assert caught.value.ways_out


@pytest.mark.parametrize("more", ["", "a", "aa", "aaa"])
def test_an_id_token_of_any_length_is_read(more: str) -> None:
    token = id_token({"exp": FAR_AWAY, "x": more})
    provider = {"name": "oidc", "config": {"id-token": token}}
    assert read_user_credentials({"auth-provider": provider}, {}, "k", "me").authorize() == (
        ("Authorization", f"Bearer {token}"),
    )


@pytest.mark.parametrize(
    ("user", "reason"),
    [
        ({"exec": {"args": ["x"]}}, "exec: no command"),
        (
            {"auth-provider": {"name": "gcp"}},
            "auth-provider gcp: no such provider; kubectl has none either since 1.26",
        ),
        (
            {"auth-provider": {"config": {}}},
            "auth-provider : no such provider; kubectl has none either since 1.26",
        ),
        ({"auth-provider": {"name": "oidc"}}, "auth-provider oidc: no id-token"),
        (
            {"auth-provider": {"name": "oidc", "config": {"id-token": ""}}},
            "auth-provider oidc: no id-token",
        ),
        (
            {"auth-provider": {"name": "oidc", "config": {"id-token": ["x"]}}},
            "auth-provider oidc: no id-token",
        ),
        ({"client-key-data": "Zm9v!"}, "client-key-data: not base64"),
        ({"client-key-data": "\xe9"}, "client-key-data: not base64"),
        ({"client-key": "/none"}, "client-key: /none: no such file or directory"),
        ({"client-key": "a\x00b"}, "client-key: a?b: ValueError"),
        (
            {"client-key-data": "Zm9v"},
            "only one of client-certificate and client-key; a certificate needs its key",
        ),
    ],
)
def test_what_is_wrong_with_a_user_is_said_whole(user: dict[str, Any], reason: str) -> None:
    with pytest.raises(KubeconfigError) as caught:
        read_user_credentials(user, {}, "k", "me")
    assert str(caught.value).splitlines()[0] == caught.value.cause == f"k: user me: {reason}"
    assert caught.value.__suppress_context__ or caught.value.__context__ is None


def test_pem_as_data_may_be_wrapped() -> None:
    wrapped = "".join(f"{part}\n " for part in ("Zm", "9v", "YmFy"))
    user = {"client-certificate-data": wrapped, "client-key-data": "a2V5"}
    found = read_user_credentials(user, {}, "k", "me")
    assert (found.certificate, found.key) == ("foobar", "key")


@pytest.mark.parametrize(("size", "good"), [(1 << 20, True), ((1 << 20) + 1, False), (3 << 20, False)])
def test_no_file_of_a_user_is_larger_than_a_mebibyte(tmp_path: Path, size: int, good: bool) -> None:
    path = tmp_path / "key"
    path.write_bytes(b"x" * size)
    if good:
        assert len(read_small(str(path))) == size
    else:
        with pytest.raises(OSError, match="larger than 1 MiB"):
            read_small(str(path))


@pytest.mark.parametrize("value", ["a\nb", "a\rb", "a\x00", "a\x7f", "\u20ac", "a\n"])
def test_what_no_header_may_hold_is_refused_and_not_shown(value: str) -> None:
    for user in ({"token": f"{MARKER}{value}"}, {"as": f"{MARKER}{value}"}):
        with pytest.raises(KubeconfigError) as caught:
            read_user_credentials(user, {}, "k", "me")
        what = "token" if "token" in user else "user to act as"
        assert (
            str(caught.value)
            == caught.value.cause
            == (f"k: the {what} holds a line break or another character that no HTTP header may hold")
        )
    for good in ("a\tb", "~", "\xe9", " a"):
        assert read_user_credentials({"token": good}, {}, "k", "me").authorize()[0][1] == f"Bearer {good}"


def test_pem_of_a_file_may_hold_any_byte(tmp_path: Path) -> None:
    """As comments between the certificates; OpenSSL passes over them."""
    for name, content in (("c.crt", b"caf\xe9"), ("c.key", b"key")):
        (tmp_path / name).write_bytes(content)
    user = {"client-certificate": str(tmp_path / "c.crt"), "client-key": str(tmp_path / "c.key")}
    found = read_user_credentials(user, {}, "k", "me")
    assert (found.certificate, found.key) == ("caf\xe9", "key")
    bare = read_user_credentials({"exec": {}, "tokenFile": None, "as": None}, {}, "k", "me")
    assert bare == Credentials("k")
    assert (bare.authorize(), bare.can_renew) == ((), False)


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"a\nb", "the token holds a line break or another character that no HTTP header may hold"),
        (b"\xff", "token file: not UTF-8 at byte 0"),
        (None, "token file: ValueError"),
    ],
)
def test_what_is_wrong_with_the_file_of_a_token(content: bytes | None, reason: str, tmp_path: Path) -> None:
    path = tmp_path / ("token" if content else "a\x00b")
    if content:
        path.write_bytes(content)
    with pytest.raises(KubeconfigError) as caught:
        read_user_credentials({"tokenFile": str(path)}, {}, "k", "me").authorize()
    assert str(caught.value) == f"k: {reason}"


def test_a_file_that_was_read_once_may_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one that was empty: then nothing is sent, as before."""
    now = [100.0]
    monkeypatch.setattr(credentials, "time", SimpleNamespace(monotonic=lambda: now[0]))
    path = tmp_path / "token"
    path.touch()
    found = read_user_credentials({"tokenFile": str(path)}, {}, "k", "me")
    assert found.authorize() == ()
    path.unlink()
    now[0] = 200.0
    assert found.authorize() == ()


@pytest.mark.parametrize(("seconds", "asked"), [(-1, 2), (0, 2), (1, 1), (None, 1)])
def test_an_answer_of_a_plugin_counts_until_its_end(
    seconds: int | None, asked: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    moment = datetime(2026, 3, 1, tzinfo=timezone.utc)
    expires = None if seconds is None else moment + timedelta(seconds=seconds)
    times: list[Any] = []

    def run_plugin(*arguments: Any) -> PluginAnswer:
        times.append(arguments)
        return PluginAnswer("t", expires=expires)

    monkeypatch.setattr(credentials, "run_plugin", run_plugin)
    monkeypatch.setattr(credentials, "datetime", SimpleNamespace(now=lambda _zone: moment))
    found = read_user_credentials({"exec": {"command": "x"}}, {}, "k", "me")
    for _time in range(2):
        assert found.authorize() == (("Authorization", "Bearer t"),)
    assert len(times) == asked
