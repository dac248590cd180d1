"""Fixtures of the tests that ask Kubernetes' own code."""

from collections.abc import Iterator

import pytest
from oracle_client import Oracle, OracleError


@pytest.fixture(scope="session")
def oracle() -> Iterator[Oracle]:
    try:
        running = Oracle()
    except OracleError as error:
        pytest.fail(str(error), pytrace=False)
    yield running
    running.close()
