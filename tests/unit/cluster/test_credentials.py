"""The auth provider of OpenID Connect: its token goes to the cluster, and its secrets go nowhere."""

import base64
import json
from typing import Any

import pytest
from pulumi_openkruise.cluster import connect
from pulumi_openkruise.cluster.credentials import read_user_credentials
from pulumi_openkruise.cluster.errors import KubeconfigError

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
