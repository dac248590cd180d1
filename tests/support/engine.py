"""Test double of the Pulumi engine: records what a program registers, and answers as the cluster would."""

import asyncio
import json
from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pulumi
from pulumi.runtime import mocks, rpc, settings
from ruamel.yaml import YAML

ROOT = Path(__file__).parents[2]
COMPONENT = "openkruise:index:OpenKruise"
RECORD = "openkruise:index:Installation"
NAMESPACE = "kubernetes:core/v1:Namespace"
RELEASE = "kubernetes:helm.sh/v3:Release"
LABELLED = {"metadata": {"labels": {"control-plane": "openkruise"}}}


@dataclass(frozen=True)
class Registered:
    """One resource as the engine was asked for it."""

    type: str
    name: str
    urn: str
    inputs: dict[str, Any]
    request: Any
    read: bool = False


class _Mocks(pulumi.runtime.Mocks):
    def __init__(self) -> None:
        self.state: dict[str, dict[str, Any]] = {RELEASE: {"status": {"status": "deployed", "revision": 2}}}
        self.existing: dict[str, Any] = LABELLED
        self.held: dict[str, Any] | None = {}
        """What the backend has of the stack, by URN; None if it cannot be read."""

    def new_resource(self, args: mocks.MockResourceArgs) -> tuple[str, dict[str, Any]]:
        if args.resource_id and args.typ == NAMESPACE:
            return args.resource_id, self.existing
        return f"{args.name}-id", {**args.inputs, **self.state.get(args.typ, {})}

    def call(self, args: mocks.MockCallArgs) -> tuple[dict[Any, Any], list[tuple[str, str]]]:
        assert args.token == "pulumi:pulumi:readStackResourceOutputs", args.token
        if self.held is None:
            raise RuntimeError("the backend's own words, with token s3cret")
        return {"name": args.args["stackName"], "outputs": self.held}, []


class Engine(mocks.MockMonitor):
    """Records registrations in order; ``outputs`` holds registered outputs by URN."""

    def __init__(self) -> None:
        self.mocks: _Mocks
        super().__init__(_Mocks())
        self.registered: list[Registered] = []
        self.hooks: dict[str, pulumi.ResourceHook] = {}
        self.creates: set[str] = set()
        """Types of resources that the state lacks: their hooks run before the engine answers."""
        self.updates: dict[str, dict[str, Any]] = {}
        """By type, the inputs in the state of resources that have others now: as for ``creates``."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self.outputs: dict[str, dict[str, Any]] = {}

    def run(self, program: Callable[[], object]) -> None:
        """Run a program to its end as the language host does; raises what the program raises."""

        def whole() -> None:
            program()

        self._loop, calls = _loop(), ThreadPoolExecutor()
        self._loop.set_default_executor(calls)
        try:
            self._loop.run_until_complete(pulumi.runtime.run_in_stack(whole))
        except Exception:
            # It leaves calls in threads, whose hooks need the loop to come to their end.
            with ThreadPoolExecutor(1) as other:
                self._loop.run_until_complete(self._loop.run_in_executor(other, calls.shutdown))
            raise

    def of_type(self, type_: str) -> Registered:
        """Return the only resource of a type; fails if there are none or several."""
        (only,) = [resource for resource in self.registered if resource.type == type_]
        return only

    @property
    def types(self) -> list[str]:
        """The types of all registered resources, sorted."""
        return sorted(resource.type for resource in self.registered)

    @property
    def exports(self) -> dict[str, Any]:
        """The program's stack outputs."""
        (urn,) = [urn for urn in self.outputs if "pulumi:pulumi:Stack" in urn]
        return self.outputs[urn]

    def make_urn(self, parent: str, type_: str, name: str) -> str:
        """Name resources as the engine does: by the types of all parents but the stack."""
        parents = parent.split("::")[2] if parent else "pulumi:pulumi:Stack"
        qualified = type_ if parents == "pulumi:pulumi:Stack" else f"{parents}${type_}"
        return f"urn:pulumi:test::openkruise::{qualified}::{name}"

    def RegisterResource(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        """Answer as the mocks do, and record the resource; the stack itself is not recorded."""
        if request.type in self.creates:
            self._run_hooks(request, request.hooks.before_create)
        elif request.type in self.updates:
            self._run_hooks(request, request.hooks.before_update, old_inputs=self.updates[request.type])
        response = super().RegisterResource(request)
        if request.type != "pulumi:pulumi:Stack":
            self._record(request, response.urn, request.object)
        return response

    def _run_hooks(self, request: Any, names: Iterable[str], **old: Any) -> None:
        """Run hooks in the program's loop; raises what they raise."""
        assert self._loop is not None
        inputs = plain(rpc.deserialize_properties(request.object, keep_unknowns=True))
        urn = self.make_urn(request.parent, request.type, request.name)
        for name in names:
            args = pulumi.ResourceHookArgs(urn, "", request.name, request.type, new_inputs=inputs, **old)
            answer: Any = self.hooks[name].callback(args)
            asyncio.run_coroutine_threadsafe(answer, self._loop).result()

    def ReadResource(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        """Answer as the mocks do, and record the resource as read."""
        response = super().ReadResource(request)
        self._record(request, response.urn, request.properties, read=True)
        return response

    def RegisterResourceOutputs(self, request: Any) -> Any:  # noqa: N802 - gRPC's name
        """Answer as the mocks do, and keep the outputs by URN."""
        self.outputs[request.urn] = plain(rpc.deserialize_properties(request.outputs, keep_unknowns=True))
        return super().RegisterResourceOutputs(request)

    def _record(self, request: Any, urn: str, inputs: Any, read: bool = False) -> None:
        read_inputs = plain(rpc.deserialize_properties(inputs, keep_unknowns=True))
        self.registered.append(Registered(request.type, request.name, urn, read_inputs, request, read))


def plain(value: Any) -> Any:
    """Undo what the wire does to numbers: an integer arrives as a float."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _loop() -> asyncio.AbstractEventLoop:
    return asyncio.get_event_loop_policy().get_event_loop()


@contextmanager
def new_engine(*, preview: bool = False, project: str = "openkruise") -> Iterator[Engine]:
    """Give a test an engine and an event loop; Pulumi's state is process-wide and reset afterwards."""
    loop = asyncio.new_event_loop()
    # What a task raises, the program raises, too. The loop's own report comes with the garbage collector, and
    # where that is in the middle of a parser, Python 3.11 breaks it.
    loop.set_exception_handler(lambda _loop, _context: None)
    asyncio.set_event_loop(loop)
    settings.reset_options()
    engine = Engine()
    # Mocks make a root where there is none, and that would be in the way of the program's own.
    settings.set_root_resource(engine)  # type: ignore[arg-type]
    pulumi.runtime.set_mocks(engine.mocks, project=project, stack="test", preview=preview, monitor=engine)
    settings.set_root_resource(None)  # type: ignore[arg-type]
    try:
        yield engine
    finally:
        settings.reset_options()
        pulumi.runtime.set_all_config({}, [])
        _end_tasks(loop)
        asyncio.set_event_loop(None)
        loop.close()


def _end_tasks(loop: asyncio.AbstractEventLoop) -> None:
    """End the tasks that a refused program leaves, which the end of its process would; a closed loop cannot.

    What nothing has made a task of stays, and Python reports that it was never awaited.
    """
    while tasks := asyncio.all_tasks(loop):
        for task in tasks:
            task.cancel()
        loop.run_until_complete(asyncio.wait(tasks))


def config_texts(config: Mapping[str, Any]) -> dict[str, str]:
    """Turn config as YAML gives it into the texts that a program gets."""
    return {key: value if isinstance(value, str) else json.dumps(value) for key, value in config.items()}


def stack_names() -> list[str]:
    """Return the names of this repository's stacks, sorted."""
    return sorted(path.name.split(".")[1] for path in (ROOT / "stacks").glob("Pulumi.*.yaml"))


def stack_config(stack: str) -> dict[str, str]:
    """Read the config of a stack of this repository, with what its project gives to it, as texts."""
    own = YAML(typ="safe").load((ROOT / "stacks" / f"Pulumi.{stack}.yaml").read_text())["config"]
    declared = YAML(typ="safe").load((ROOT / "Pulumi.yaml").read_text())["config"]
    return config_texts({**{key: entry["default"] for key, entry in declared.items()}, **own})
