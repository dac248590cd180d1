"""Resource options that the SDK takes and later trips over, refused before anything is registered.

The SDK looks at them while it registers the component's hooks. An exception then ends the program, and its
server for hooks, in the middle of their start, and grpc with a segmentation fault. So does a circle, which
the SDK follows without end.
"""

from collections.abc import Awaitable, Iterator, Mapping
from typing import Any

import pulumi

_LISTS = (
    "aliases", "ignore_changes", "replace_on_changes", "replace_with", "additional_secret_outputs",
    "transformations", "transforms",
)  # fmt: skip
"""The options that the SDK joins to lists of its own, without a look at what they are."""


def check_options(opts: pulumi.ResourceOptions | None) -> None:
    """Check what the SDK does not: the types of the options, and that no dependency is above the component.

    Raises TypeError for an option of the wrong type, ValueError if ``depends_on`` names a resource that the
    component is a part of.
    """
    if opts is None:
        return
    if not isinstance(opts, pulumi.ResourceOptions):
        raise TypeError(f"opts: expected pulumi.ResourceOptions, found a {type(opts).__name__}")
    for name in _LISTS:
        found = getattr(opts, name, None)
        if found is not None and not isinstance(found, (list, tuple)):
            raise TypeError(f"{name}: expected a list, found a {type(found).__name__}")
    _check_each(
        "aliases", opts.aliases, (str, pulumi.Alias, pulumi.Output, Awaitable), "a URN or a pulumi.Alias"
    )
    _check_each("replace_with", getattr(opts, "replace_with", None), pulumi.Resource, "a resource")
    _check_each("parent", opts.parent, pulumi.Resource, "a resource")
    _check_each("deleted_with", opts.deleted_with, pulumi.Resource, "a resource")
    _check_each("custom_timeouts", opts.custom_timeouts, pulumi.CustomTimeouts, "pulumi.CustomTimeouts")
    _check_each("hooks", opts.hooks, pulumi.ResourceHookBinding, "a pulumi.ResourceHookBinding")
    _check_each("provider", opts.provider, pulumi.ProviderResource, "a provider")
    _check_providers(opts.providers)
    _check_each("depends_on", opts.depends_on, (pulumi.Resource, pulumi.Output, Awaitable), "a resource")
    for place, found in _list_places("depends_on", opts.depends_on):
        if found is opts.parent:
            raise ValueError(f"{place}: a resource cannot depend on its own parent")
        if opts.parent is not None and _contains(found, opts.parent):
            raise ValueError(f"{place}: a resource cannot depend on one that its own parent is a part of")


def _check_each(name: str, value: Any, types: Any, expected: str) -> None:
    """Check a single value, or each of a list; raises TypeError with its place."""
    for place, found in _list_places(name, value):
        if not isinstance(found, types):
            raise TypeError(f"{place}: expected {expected}, found a {type(found).__name__}")


def _check_providers(providers: Any) -> None:
    if isinstance(providers, Mapping):
        providers = list(providers.values())
    elif providers is not None and not isinstance(providers, (list, tuple)):
        kind = type(providers).__name__
        raise TypeError(f"providers: expected a list of providers, found a {kind}; one alone is provider")
    _check_each("providers", providers, pulumi.ProviderResource, "a provider")


def _list_places(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    """Yield what an option holds, each with its place; one value alone may stand for a list of one."""
    if isinstance(value, (list, tuple)):
        yield from ((f"{name}[{place}]", found) for place, found in enumerate(value))
    elif value is not None:
        yield name, value


def _contains(resource: Any, sought: pulumi.Resource) -> bool:
    """Tell whether a component holds a resource: what depends on a component waits for all that it holds."""
    below, seen = [resource], set[int]()
    while below:
        above = below.pop()
        expanded = isinstance(above, pulumi.ComponentResource) and not getattr(above, "_remote", False)
        for child in above._childResources if expanded else ():
            if child is sought:
                return True
            if id(child) not in seen:
                seen.add(id(child))
                below.append(child)
    return False
