import json
from collections.abc import Callable, Iterator, Mapping

import pulumi
import pytest
from hypothesis import HealthCheck, settings

from tests.support.engine import Engine, new_engine

# How long an example takes says something about the machine and its other work, and nothing about the code.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


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
