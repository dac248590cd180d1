import json
from collections.abc import Iterator

import pytest
from pulumi_openkruise.cluster import Cluster, connect

from tests.support.api_server import ApiServer, api_server


@pytest.fixture
def server() -> Iterator[ApiServer]:
    with api_server() as double:
        yield double


@pytest.fixture
def cluster(server: ApiServer) -> Cluster:
    return connect(json.dumps(server.kubeconfig()))
