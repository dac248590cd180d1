import json
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

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
def hooks(monkeypatch: pytest.MonkeyPatch) -> dict[str, pulumi.ResourceHook]:
    """Provide the hooks that are set, by name; the mock engine calls those that ``Engine.hooks`` holds."""
    found: dict[str, pulumi.ResourceHook] = {}
    original = pulumi.ResourceHook.__init__

    def recorded(self: pulumi.ResourceHook, name: str, *rest: Any) -> None:
        assert name not in found, "the engine takes each name once"
        found[name] = self
        original(self, name, *rest)

    monkeypatch.setattr(pulumi.ResourceHook, "__init__", recorded)
    return found


@pytest.fixture
def set_config(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Give the program config in the two ways in which the language host does."""

    def set_config(texts: Mapping[str, str], secret: tuple[str, ...] = ()) -> None:
        monkeypatch.setenv("PULUMI_CONFIG", json.dumps(dict(texts)))
        pulumi.runtime.set_all_config(dict(texts), list(secret))

    return set_config
