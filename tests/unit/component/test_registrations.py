"""Registrations end even where the engine, here a server that never answers, leaves them without one."""

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import grpc  # type: ignore[import-untyped]
import pytest
from pulumi.runtime import settings
from pulumi.runtime.proto import resource_pb2, resource_pb2_grpc
from pulumi_openkruise.component.registrations import Registrations


class RefusedError(Exception):
    """What a hook refused a deletion for."""


class _Monitor(resource_pb2_grpc.ResourceMonitorServicer):
    """Answers each registration but those of the name ``silent``, as long as the test lasts."""

    def __init__(self) -> None:
        self.over = threading.Event()
        self.waiting = threading.Semaphore(0)

    def RegisterResource(self, request: Any, context: Any) -> Any:  # noqa: N802 - gRPC's name
        if request.name == "unwanted":
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, "the engine's own words")
        if request.name == "silent":
            self.waiting.release()
            self.over.wait()
        return resource_pb2.RegisterResourceResponse(urn=f"urn of {request.name}")

    def SupportsFeature(self, request: Any, context: Any) -> Any:  # noqa: N802 - gRPC's name
        return resource_pb2.SupportsFeatureResponse(hasSupport=True)


@pytest.fixture
def server() -> Iterator[_Monitor]:
    monitor, before = _Monitor(), settings.SETTINGS.monitor
    listening = grpc.server(ThreadPoolExecutor(4))
    resource_pb2_grpc.add_ResourceMonitorServicer_to_server(monitor, listening)
    port = listening.add_insecure_port("127.0.0.1:0")
    listening.start()
    with grpc.insecure_channel(f"127.0.0.1:{port}") as channel:
        settings.SETTINGS.monitor = resource_pb2_grpc.ResourceMonitorStub(channel)
        yield monitor
    settings.SETTINGS.monitor = before
    monitor.over.set()
    listening.stop(None).wait()


def _followed(registrations: Registrations) -> Any:
    with registrations.follow():
        return settings.get_monitor()


def _request(name: str) -> Any:
    return resource_pb2.RegisterResourceRequest(name=name)


def test_only_what_is_registered_inside_is_followed(server: _Monitor) -> None:
    stub = settings.get_monitor()
    assert _followed(Registrations()) is not stub
    assert settings.get_monitor() is stub
    with pytest.raises(RefusedError), Registrations().follow():
        raise RefusedError
    assert settings.get_monitor() is stub


def test_a_test_double_of_the_engine_stays_as_it_is() -> None:
    before = settings.SETTINGS.monitor
    try:
        for double in (None, object()):
            settings.SETTINGS.monitor = double
            assert _followed(Registrations()) is double
    finally:
        settings.SETTINGS.monitor = before


def test_answers_and_refusals_of_the_engine_pass(server: _Monitor) -> None:
    monitor = _followed(Registrations())
    assert monitor.RegisterResource(_request("one")).urn == "urn of one"
    with pytest.raises(grpc.RpcError) as caught:
        monitor.RegisterResource(_request("unwanted"))
    assert caught.value.details() == "the engine's own words"
    # Everything else is the stub's.
    assert monitor.SupportsFeature(resource_pb2.SupportsFeatureRequest(id="x")).hasSupport


def test_what_has_no_answer_raises_the_first_refusal(server: _Monitor) -> None:
    registrations = Registrations(patience=0.01)
    monitor = _followed(registrations)

    async def run() -> list[Any]:
        loop = asyncio.get_running_loop()
        names = ("one", "silent", "silent")
        calls = [loop.run_in_executor(None, monitor.RegisterResource, _request(name)) for name in names]
        await calls[0]
        for _ in range(2):
            await loop.run_in_executor(None, server.waiting.acquire)
        registrations.give_up_later(RefusedError("first"))
        registrations.give_up_later(RefusedError("second"))
        done, _ = await asyncio.wait(calls, timeout=20)
        server.over.set()  # ends what was not given up, too
        assert len(done) == len(calls)
        return await asyncio.gather(*calls, return_exceptions=True)

    answered, *given_up = asyncio.run(run())
    assert answered.urn == "urn of one"
    assert [repr(error) for error in given_up] == ["RefusedError('first')"] * 2


def test_a_registration_that_comes_later_is_not_given_up(server: _Monitor) -> None:
    registrations = Registrations(patience=0)
    monitor = _followed(registrations)

    async def run() -> Any:
        registrations.give_up_later(RefusedError())
        await asyncio.sleep(0.01)
        return await asyncio.get_running_loop().run_in_executor(
            None, monitor.RegisterResource, _request("one")
        )

    assert asyncio.run(run()).urn == "urn of one"
