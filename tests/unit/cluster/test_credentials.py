"""The auth provider of OpenID Connect: its token goes to the cluster, and its secrets go nowhere."""

import base64
import json
from typing import Any

import pytest
from pulumi_openkruise.cluster import connect
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


def test_a_good_token_goes_to_the_cluster_alone() -> None:
    token = id_token({"exp": FAR_AWAY})
    with api_server(identity()) as cluster, api_server() as issuer:
        cluster.routes["/version"] = (200, {})
        connect(kubeconfig(cluster, issuer, token)).get("/version")
        assert issuer.asked == []
        ((_method, _path, _query, headers, body),) = cluster.asked
    assert headers["Authorization"] == f"Bearer {token}"
    assert MARKER not in str((headers, body))
