"""Fixtures of the component's tests."""

from collections.abc import Iterator
from typing import Any

import pulumi
import pytest
from pulumi_openkruise import OpenKruise
from pulumi_openkruise.config.fields import FIELDS

from tests.support.api_server import ApiServer, api_server
from tests.support.hook_calls import record_revisions


@pytest.fixture
def server() -> Iterator[ApiServer]:
    """Provide a cluster with an installation that is as it should be."""
    with api_server() as server:
        record_revisions(server, "deployed")
        yield server


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Provide what the program logs of the component, with its severity; the engine shows it beside that."""
    found: list[str] = []
    elsewhere: list[str] = []
    for severity in ("info", "warn"):

        def log(text: str, resource: Any = None, *, severity: str = severity) -> None:
            found.append(f"{severity}: {text}")
            # What is said of an argument comes before there is a component.
            if not isinstance(resource, OpenKruise) and text.partition(":")[0] not in FIELDS:
                elsewhere.append(text)

        monkeypatch.setattr(pulumi.log, severity, log)
    yield found
    assert elsewhere == []
