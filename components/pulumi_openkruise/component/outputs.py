"""Values that hold outputs: what is known at once, and the check of the rest when it is known."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from typing import Any, TypeVar

import pulumi

from ..chart.late_value import DEEPEST, LateValue, holds_late_value
from .errors import InvalidConfigError

Value = TypeVar("Value")


def holds_output(value: Any, kind: type[Any] = pulumi.Output, depth: int = 0) -> bool:
    """Return whether the value is, or holds at any depth that values may have, an output or another kind."""
    if depth > DEEPEST:
        return False
    if isinstance(value, Mapping):
        return any(holds_output(item, kind, depth + 1) for item in value.values())
    if isinstance(value, (list, tuple)):
        return any(holds_output(item, kind, depth + 1) for item in value)
    return isinstance(value, kind)


def mark_outputs(value: Any) -> Any:
    """Return the value with a ``LateValue`` in the place of each output, at any depth that is allowed."""
    return _replace(value, pulumi.Output, LateValue)


def adopt_awaitables(value: Any) -> Any:
    """Return the value with an output in the place of each coroutine and future, which are inputs, too.

    Without one it is the same object.
    """
    if not holds_output(value, Awaitable):
        return value
    return _replace(value, Awaitable, pulumi.Output.from_input)


def _replace(value: Any, kind: type[Any], by: Callable[[Any], Any], depth: int = 0) -> Any:
    """Return the value with something else in the place of each part of a kind."""
    if depth > DEEPEST:
        return value
    if isinstance(value, Mapping):
        return {key: _replace(item, kind, by, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [_replace(item, kind, by, depth + 1) for item in value]
    return by(value) if isinstance(value, kind) else value


def defer_until_checked(
    component: pulumi.Resource,
    values: Any,
    rendered: Mapping[str, Any] | None,
    checked: Callable[[Any], dict[str, Any]],
) -> pulumi.Input[Mapping[str, Any]]:
    """Return the rendered values with outputs that resolve when ``checked`` has accepted what is known.

    ``values`` are the user's, which hold outputs. ``rendered`` is what is known of the result at once, with a
    ``LateValue`` for what is not; None where all of it is an output. ``checked`` takes values, in preview
    with a ``LateValue`` for each that is still unknown, and returns the result.

    A program that ends while the engine runs one of its hooks shows a failed hook and a traceback, so
    problems are raised after the component's own hooks have run.
    """

    async def check() -> Mapping[str, Any]:
        known = await _resolve(values)
        try:
            return checked(None if isinstance(known, LateValue) else known)
        except InvalidConfigError:
            with contextlib.suppress(Exception):  # reported where it happens
                await component.urn.future()
            raise

    result = start_work(check())
    source: pulumi.Output[Any] = pulumi.Output.from_input(values)

    def fill(place: Any, path: tuple[Any, ...]) -> Any:
        if isinstance(place, Mapping):
            return {key: fill(item, (*path, key)) for key, item in place.items()}
        if isinstance(place, list):
            return [fill(item, (*path, index)) for index, item in enumerate(place)]
        return late(path) if isinstance(place, LateValue) else place

    def late(path: tuple[Any, ...]) -> pulumi.Output[Any]:
        async def found() -> Any:
            value = _find_at(await result, path)
            return None if holds_late_value(value) else value

        async def is_known() -> bool:
            if path == ():
                return await source.is_known()
            return not holds_late_value(_find_at(await result, path))

        secret = start_work(_is_secret(values, path))
        return pulumi.Output(
            start_work(source.resources()), start_work(found()), start_work(is_known()), secret
        )

    return late(()) if rendered is None else fill(rendered, ())


async def _resolve(value: Any) -> Any:
    """Return the value with its outputs' values, and a ``LateValue`` where one is unknown."""
    if isinstance(value, Mapping):
        return {key: await _resolve(item) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return [await _resolve(item) for item in value]
    if not isinstance(value, pulumi.Output):
        return LateValue() if isinstance(value, pulumi.output.Unknown) else value
    whole: pulumi.Output[Any] = pulumi.Output.from_input(value)
    return await _resolve(await whole.future()) if await whole.is_known() else LateValue()


def _find_at(value: Any, path: tuple[Any, ...]) -> Any:
    for key in path:
        if isinstance(value, Mapping):
            value = value.get(key)
        elif isinstance(value, list) and isinstance(key, int) and key < len(value):
            value = value[key]
        else:
            return value if isinstance(value, LateValue) else None
    return value


async def _is_secret(values: Any, path: tuple[Any, ...]) -> bool:
    """Tell whether a secret is in the values at this place; of what is computed, in the whole section."""
    for key in path:
        if isinstance(values, (list, tuple)) or (isinstance(values, Mapping) and key in values):
            values = values[key]
        else:
            break
    return await pulumi.Output.from_input(values).is_secret()


def start_work(work: Coroutine[Any, Any, Value]) -> "asyncio.Task[Value]":
    """Start work whose exception may be awaited or not: where one part fails, others never are."""
    task = asyncio.ensure_future(work)
    task.add_done_callback(lambda done: done.cancelled() or done.exception())
    return task


def wait_for(value: Any, *resources: pulumi.Resource) -> pulumi.Output[list[pulumi.Input[pulumi.Resource]]]:
    """Return the resources as a ``depends_on`` that resolves when the value does, and fails when it fails.

    In a preview that cannot know the value it resolves, too. A resource that has it is registered
    afterwards, or not at all; the state records no dependency but those on the resources.
    """

    async def wait() -> list[pulumi.Input[pulumi.Resource]]:
        await pulumi.Output.from_input(value).future()
        return list(resources)

    return make_output(wait(), set())


def make_output(value: Awaitable[Value], resources: set[pulumi.Resource]) -> pulumi.Output[Value]:
    """Make an output of an awaitable; it depends on the resources and counts as known even in a preview."""

    async def known() -> bool:
        return True

    # A future of its own would need an event loop that runs already; a task takes the current one.
    return pulumi.Output(resources, value, asyncio.ensure_future(known()))
