"""What one run has declared: labels of hooks, the same in each run of a program, and places of components."""

import asyncio
import gc
import threading
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

import pulumi
import pytest
from pulumi_openkruise.component import declared
from pulumi_openkruise.component.declared import (
    claim_label,
    claim_provider,
    claim_registered_provider,
    claim_server,
    serve_as_plugin,
)

from tests.support.engine import Engine, new_engine


def test_a_label_in_use_is_qualified_and_then_numbered(engine: Engine) -> None:
    expected = ["kruise", "a/kruise", "a/kruise (2)", "a/kruise (3)", "other", "b/kruise"]

    def claim() -> list[str]:
        found = [claim_label("kruise", "a/kruise") for _component in range(4)]
        return [*found, claim_label("other", "a/other"), claim_label("kruise", "b/kruise")]

    runs: list[list[str]] = []
    engine.run(lambda: runs.append(claim()))
    with new_engine() as another:
        another.run(lambda: runs.append(claim()))
    assert runs == [expected, expected]


@pytest.fixture
def untouched(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give a test a process in which nothing is declared, and put the process back afterwards."""
    monkeypatch.setattr(declared, "_runs", WeakKeyDictionary())
    monkeypatch.setattr(declared, "_only_run", declared._Run())
    monkeypatch.setattr(declared, "_is_plugin", False)


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("plugin", [True, False])
def test_a_plugins_process_is_one_run(plugin: bool) -> None:
    """There each component has its own connection to the engine."""
    if plugin:
        serve_as_plugin()
    found: list[str] = []
    for _connection in range(2):
        with new_engine() as engine:
            engine.run(lambda: found.append(claim_label("kruise", "a/kruise")))
    assert found == ["kruise", "a/kruise" if plugin else "kruise"]


@pytest.mark.usefixtures("untouched")
def test_without_an_engine_labels_are_claimed_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    with new_engine() as engine:
        engine.run(lambda: claim_label("kruise", "a/kruise"))
        monkeypatch.setattr("pulumi.runtime.settings.get_monitor", lambda: None)
        assert [claim_label("kruise", "a/kruise") for _time in range(2)] == ["kruise", "a/kruise"]


class _Connection:
    """Stands for a connection to an engine."""


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("threads", [False, True], ids=["in turn", "in threads"])
def test_programs_at_the_same_time_forget_nothing_of_each_other(
    monkeypatch: pytest.MonkeyPatch, threads: bool
) -> None:
    """Programs of the Automation API run in one process, each with its own connection."""
    current = threading.local()
    monkeypatch.setattr("pulumi.runtime.settings.get_monitor", lambda: current.monitor)
    monkeypatch.setattr(declared, "is_real_run", lambda: True)
    connections = [_Connection() for _program in range(3)]
    found: dict[tuple[int, int], tuple[str, str | None]] = {}
    components: list[Any] = [_Component(f"kruise-{number}") for number in range(2 * len(connections))]

    def declare(program: int, place: int) -> None:
        current.monitor = connections[program]
        component = components[2 * program + place]
        found[program, place] = claim_label("kruise", f"kruise {place}"), claim_server(component, "https://a")

    for place in range(2):
        for program in range(len(connections)):
            if threads:
                thread = threading.Thread(target=declare, args=(program, place))
                thread.start()
                thread.join()
            else:
                declare(program, place)
    for program in range(len(connections)):
        assert found[program, 0] == ("kruise", None)
        assert found[program, 1] == ("kruise 1", f"kruise-{2 * program}")


class _Component:
    """Stands for a component."""

    def __init__(self, name: str) -> None:
        self.pulumi_resource_name = name


@pytest.mark.usefixtures("untouched")
def test_a_run_that_is_over_is_released(monkeypatch: pytest.MonkeyPatch) -> None:
    import pulumi_kubernetes

    monkeypatch.setattr(declared, "is_real_run", lambda: True)
    claimed: list[Any] = []

    def program() -> None:
        providers: list[pulumi.ProviderResource] = [pulumi_kubernetes.Provider("p", kubeconfig="{}")]
        component = pulumi.ComponentResource(
            "x:index:X", "x", {}, pulumi.ResourceOptions(providers=providers)
        )
        claimed.extend([claim_provider(component), claim_server(component, "https://a")])

    for _run in range(3):
        with new_engine() as engine:
            engine.run(program)
    assert claimed == [None] * 6
    del engine
    gc.collect()
    assert len(declared._runs) <= 1  # Pulumi's settings may hold the last one


def in_program(engine: Engine, ask: Callable[[], Any]) -> Any:
    """Return what a program finds out, which may take until its resources are registered."""
    answers: list[Any] = []

    async def answer() -> None:
        found = ask()
        answers.append(await found if asyncio.iscoroutine(found) else found)

    engine.run(lambda: pulumi.export("answer", pulumi.Output.from_input(answer())))
    (only,) = answers
    return only


@pytest.mark.usefixtures("untouched")
@pytest.mark.parametrize("real", [True, False])
def test_the_first_component_at_a_place_keeps_it(
    engine: Engine, monkeypatch: pytest.MonkeyPatch, real: bool
) -> None:
    """Under the mocks of a test one process declares as many as there are tests."""
    monkeypatch.setattr(declared, "is_real_run", lambda: real)

    async def claim() -> list[str | None]:
        import pulumi_kubernetes

        one, two = (pulumi_kubernetes.Provider(name, kubeconfig="{}") for name in ("one", "two"))
        places: list[tuple[str, list[pulumi.ProviderResource]]] = [
            ("first", [one]),
            ("second", [one]),
            ("third", [two]),
            ("plain", []),
            ("plainer", []),
        ]
        first, second, third, plain, plainer = (
            pulumi.ComponentResource("x:index:X", name, {}, pulumi.ResourceOptions(providers=providers))
            for name, providers in places
        )
        return [
            *(
                claim_provider(component)
                for component in (first, second, first, third, plain, plainer, plain)
            ),
            *[
                await claim_registered_provider(component)
                for component in (first, second, first, third, plain)
            ],
            *(claim_server(component, "https://a") for component in (third, second, third)),
            claim_server(second, "https://b"),
        ]

    by_object = [None, "first", None, None, None, "plain", None]
    by_urn = [None, "first", None, None, None]
    by_server = [None, "third", None, None]
    expected = [*by_object, *by_urn, *by_server]
    assert in_program(engine, claim) == (expected if real else [None] * len(expected))
