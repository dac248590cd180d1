"""A server that would hang the Kubernetes provider, or fill its memory: the provider is not asked at all."""

import json
from typing import Any

import pulumi
import pytest
from pulumi_openkruise import OpenKruise, OpenKruiseArgs
from pulumi_openkruise.chart.repository import SKIP as SKIP_REPOSITORY
from pulumi_openkruise.component import provider_kubeconfig
from pulumi_openkruise.component.cluster_view import ClusterView
from pulumi_openkruise.component.errors import InvalidConfigError
from pulumi_openkruise.component.server_check import SKIP

from tests.support import misbehaving as servers
from tests.support.api_server import ApiServer
from tests.support.engine import NAMESPACE, RECORD, RELEASE, Engine, new_engine
from tests.support.misbehaving import Behaviour, misbehaving

HANGING: tuple[Behaviour, ...] = (
    servers.silent,
    servers.drips_its_header,
    servers.drips_its_body,
    servers.never_ends_its_body,
    servers.asks_to_come_again_in_a_day,
    servers.asks_to_come_again_at_once_for_ever,
    servers.repeats_its_continue_token,
    servers.sends_pages_without_end,
)
"""The provider would wait for these for minutes, or for ever."""

ENDING = tuple(one for one in servers.BEHAVIOURS if one not in HANGING)
"""The provider reports these within seconds."""


@pytest.fixture
def hasty(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shorten every limit of a look; not where a server answers, for a slow machine may take longer."""
    for name in ("CONNECT_SECONDS", "READ_SECONDS"):
        monkeypatch.setattr(provider_kubeconfig, name, 0.5)
    monkeypatch.setattr("pulumi_openkruise.component.cluster_view.FIRST_READ_SECONDS", 1.0)


def install(engine: Engine, address: str, args: OpenKruiseArgs | None = None) -> None:
    double = ApiServer(1)
    double.address = address
    pulumi.runtime.set_all_config({"kubernetes:kubeconfig": json.dumps(double.kubeconfig())})
    engine.run(lambda: OpenKruise("kruise", {"node_check": "off", **(args or {})}))


def named(one: Any) -> str:
    return str(one.__name__).replace("_", " ")


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize("behaviour", HANGING, ids=named)
def test_a_hanging_server_is_reported_and_the_provider_not_asked(behaviour: Behaviour, preview: bool) -> None:
    with misbehaving(behaviour) as address, new_engine(preview=preview) as engine:
        with pytest.raises(InvalidConfigError) as caught:
            install(engine, address)
        assert {RELEASE, NAMESPACE} & set(engine.types) == set()
        assert engine.of_type(RECORD).urn not in engine.outputs
    (problem,) = caught.value.problems
    assert (problem.code, problem.place) == ("hanging-server", "the cluster")
    assert address in problem.reason or problem.reason.startswith("GET /api/v1/namespaces/kruise-system/")
    assert f"{SKIP}=1" in problem.remedy


@pytest.mark.parametrize("behaviour", ENDING, ids=named)
def test_a_server_that_ends_its_answers_is_left_to_the_provider(behaviour: Behaviour) -> None:
    with misbehaving(behaviour) as address, new_engine() as engine:
        install(engine, address)
        assert RELEASE in engine.types


@pytest.mark.usefixtures("hasty")
@pytest.mark.parametrize("args", [{"create_namespace": False}, {"node_label_policy": "label"}])
def test_nothing_of_the_provider_is_registered_before_the_look(args: OpenKruiseArgs) -> None:
    with misbehaving(servers.silent) as address, new_engine() as engine:
        with pytest.raises(InvalidConfigError, match="the cluster: "):
            install(engine, address, args)
        assert [one for one in engine.types if one.startswith("kubernetes:")] == []


@pytest.mark.usefixtures("hasty")
def test_the_repositorys_variable_does_not_turn_it_off(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SKIP_REPOSITORY, "1")
    with misbehaving(servers.silent) as address, new_engine() as engine:
        with pytest.raises(InvalidConfigError, match="the cluster: "):
            install(engine, address)
        assert RELEASE not in engine.types


@pytest.mark.usefixtures("hasty")
def test_a_variable_has_the_provider_asked_all_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SKIP, "1")
    with misbehaving(servers.silent) as address, new_engine() as engine:
        install(engine, address)
        assert RELEASE in engine.types


def test_the_provider_waits_for_15_seconds_at_most(monkeypatch: pytest.MonkeyPatch) -> None:
    """The threat model promises it; each later look has its own time."""
    seconds: list[float] = []
    ask = ClusterView.ask

    async def note(self: ClusterView, question: Any, given: float = 0.0) -> Any:
        seconds.append(given)
        return await ask(self, question, given)

    monkeypatch.setattr(ClusterView, "ask", note)
    with misbehaving(servers.closes) as address, new_engine(preview=True) as engine:
        install(engine, address)
    assert seconds[0] == 15.0
