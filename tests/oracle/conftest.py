"""Fixtures of the tests that ask Kubernetes' own code."""

from collections.abc import Callable, Iterator

import pytest

from .oracle_client import Oracle, OracleError


@pytest.fixture(scope="session")
def oracle() -> Iterator[Oracle]:
    try:
        running = Oracle()
    except OracleError as error:
        pytest.fail(str(error), pytrace=False)
    yield running
    running.close()


@pytest.fixture
def show(capsys: pytest.CaptureFixture[str]) -> Callable[[str], None]:
    """Print a line past pytest's capturing: progress, and what a long test has seen."""

    def line(text: str) -> None:
        with capsys.disabled():
            print(f"\n{text}", end="", flush=True)

    return line
