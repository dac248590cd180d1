"""Values that hold outputs: the part known at once, and the check of the rest when it is known."""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, TypeVar

import pulumi

from .errors import InvalidConfigError

Value = TypeVar("Value")


def holds_output(value: Any) -> bool:
    """Return whether the value holds an output at any depth."""
    if isinstance(value, Mapping):
        return any(holds_output(item) for item in value.values())
    if isinstance(value, (list, tuple)):
        return any(holds_output(item) for item in value)
    return isinstance(value, pulumi.Output)


def known_part(values: Any) -> dict[str, Any]:
    """Return the known part of where the pods may run, and of the gates, in values that hold outputs."""
    daemon = values.get("daemon", {}) if isinstance(values, Mapping) else values
    affinity = daemon.get("affinity", {}) if isinstance(daemon, Mapping) else daemon
    known = {} if holds_output(affinity) else {"daemon": {"affinity": affinity}}
    manager = values.get("manager") if isinstance(values, Mapping) else None
    for section, given, key in (
        ("daemon", daemon, "nodeSelector"),
        ("manager", manager, "nodeAffinity"),
        ("manager", manager, "nodeSelector"),
    ):
        if isinstance(given, Mapping) and key in given and not holds_output(given[key]):
            known.setdefault(section, {})[key] = given[key]
    gates = values.get("featureGates") if isinstance(values, Mapping) else None
    return known if gates is None or holds_output(gates) else {**known, "featureGates": gates}


def defer_until_checked(
    component: pulumi.Resource, values: Any, checked: Callable[[Any], dict[str, Any]]
) -> pulumi.Output[Mapping[str, Any]]:
    """Return the values as an output that resolves when they are known and ``checked`` has accepted them.

    A program that ends while the engine runs one of its hooks shows a failed hook and a traceback, so
    problems are raised after the component's own hooks have run.
    """

    async def check(known: Any) -> Mapping[str, Any]:
        try:
            return checked(known)
        except InvalidConfigError:
            with contextlib.suppress(Exception):  # reported where it happens
                await component.urn.future()
            raise

    return pulumi.Output.from_input(values).apply(check)


def wait_for_values(values: Any) -> pulumi.Output[list[pulumi.Input[pulumi.Resource]]]:
    """Return an empty ``depends_on`` that resolves when the values are valid, and fails when they are not.

    In a preview that cannot know the values it resolves, too. A resource that has it is registered
    afterwards, or not at all; the state records no dependency.
    """

    async def wait() -> list[pulumi.Input[pulumi.Resource]]:
        await values.future()
        return []

    return make_output(wait(), set())


def make_output(value: Awaitable[Value], resources: set[pulumi.Resource]) -> pulumi.Output[Value]:
    """Make an output of an awaitable; it depends on the resources and counts as known even in a preview."""

    async def known() -> bool:
        return True

    # A future of its own would need an event loop that runs already; a task takes the current one.
    return pulumi.Output(resources, value, asyncio.ensure_future(known()))
