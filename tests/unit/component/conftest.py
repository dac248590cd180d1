"""Fixtures of the component's tests."""

from collections.abc import Iterator
from typing import Any

import pulumi
import pytest

from tests.support.api_server import ApiServer, api_server
from tests.support.hook_calls import record_revisions


@pytest.fixture
def server() -> Iterator[ApiServer]:
    """Provide a cluster with an installation that is as it should be."""
    with api_server() as server:
        record_revisions(server, "deployed")
        yield server


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Provide what the program logs, with its severity."""
    found: list[str] = []
    for severity in ("info", "warn"):

        def log(text: str, *_: Any, severity: str = severity, **__: Any) -> None:
            found.append(f"{severity}: {text}")

        monkeypatch.setattr(pulumi.log, severity, log)
    return found
