"""Which installations one run of a program has declared: a cluster holds one OpenKruise."""

from itertools import chain, count
from typing import Any
from weakref import WeakKeyDictionary, ref

import pulumi
from pulumi.runtime import settings

from .chart_probe import is_real_run
from .provider_kubeconfig import find_provider


class _Run:
    """What was declared while one engine ran the program.

    It holds no resource: those hold their engine, which would never be released.
    """

    def __init__(self) -> None:
        self.labels: set[str] = set()
        self.places: dict[Any, tuple[str, ref[pulumi.Resource]]] = {}


_runs: WeakKeyDictionary[Any, _Run] = WeakKeyDictionary()
"""By the connection to the engine: programs of the Automation API may run at the same time in one process."""
_only_run = _Run()
"""That of a plugin's process, and what is declared without an engine."""
_is_plugin = False


def serve_as_plugin() -> None:
    """Keep what is declared for the whole process: a plugin's process serves one run of one engine.

    There each component brings its own connection to the engine; elsewhere a new one is a new run.
    """
    global _is_plugin
    _is_plugin = True


def _find_run() -> _Run:
    monitor = settings.get_monitor()
    if _is_plugin or monitor is None:
        return _only_run
    return _runs.setdefault(monitor, _Run())


def claim_label(label: str, qualified: str) -> str:
    """Return the label of a component's hooks, the qualified one where the label is in use.

    Where that is in use, too, it is numbered in the order of declaration: parents of one name and type may
    lie below parents of different types.
    """
    labels = _find_run().labels
    numbered = (f"{qualified} ({number})" for number in count(2))
    chosen = next(one for one in chain((label, qualified), numbered) if one not in labels)
    labels.add(chosen)
    return chosen


def claim_provider(component: pulumi.Resource) -> str | None:
    """Return the name of the component that has this one's Kubernetes provider; None where there is none."""
    provider = find_provider(component)
    return _claim(("provider", None if provider is None else ref(provider)), component)


async def claim_registered_provider(component: pulumi.Resource) -> str | None:
    """Return the same once the engine has registered the provider.

    A plugin gets an object of its own with each component, and only their URN shows that they are one.
    """
    provider = find_provider(component)
    return None if provider is None else _claim(("provider", await provider.urn.future()), component)


def claim_server(component: pulumi.Resource, server: str) -> str | None:
    """Return the name of the component that has this API server already; None where there is none."""
    return _claim(("server", server), component)


def _claim(place: Any, component: pulumi.Resource) -> str | None:
    if not is_real_run():  # one process of tests with mocks declares as many as there are tests
        return None
    name = component.pulumi_resource_name
    first, declared = _find_run().places.setdefault(place, (name, ref(component)))
    return None if declared() is component else str(first)
