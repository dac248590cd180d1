import json
import os
from collections.abc import Callable, Iterator, Mapping

import pulumi
import pytest
from hypothesis import HealthCheck, settings

from tests.support.engine import Engine, new_engine

# How long an example takes says something about the machine and its other work, and nothing about the code.
# The examples of a property are always the same, so that a change fails for what it changed; SEARCH=1 (`make
# search`) takes fresh ones, and a find becomes an `@example` or a test of its own.
settings.register_profile(
    "unit",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    derandomize="SEARCH" not in os.environ,
)
settings.load_profile("unit")


@pytest.fixture
def engine() -> Iterator[Engine]:
    with new_engine() as engine:
        yield engine


@pytest.fixture
def set_config(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Give the program config in the two ways in which the language host does."""

    def set_config(texts: Mapping[str, str], secret: tuple[str, ...] = ()) -> None:
        monkeypatch.setenv("PULUMI_CONFIG", json.dumps(dict(texts)))
        pulumi.runtime.set_all_config(dict(texts), list(secret))

    return set_config
