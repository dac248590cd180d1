"""Resource options that the SDK takes and later trips over, refused before anything is registered.

The SDK looks at them while it registers the component's hooks. An exception then ends the program, and its
server for hooks, in the middle of their start, and grpc with a segmentation fault.
"""

from collections.abc import Awaitable
from typing import Any

import pulumi


def check_options(opts: pulumi.ResourceOptions | None) -> None:
    """Check aliases and dependencies.

    Raises TypeError for one of the wrong type, ValueError if ``depends_on`` names the parent.
    """
    for place, alias in enumerate(_as_list(opts.aliases if opts is not None else None)):
        if not isinstance(alias, (str, pulumi.Alias, pulumi.Output, Awaitable)):
            kind = type(alias).__name__
            raise TypeError(f"aliases[{place}]: expected a URN or a pulumi.Alias, found a {kind}")
    parent = opts.parent if opts is not None else None
    for place, found in enumerate(_as_list(opts.depends_on if opts is not None else None)):
        if not isinstance(found, (pulumi.Resource, pulumi.Output, Awaitable)):
            kind = type(found).__name__
            raise TypeError(f"depends_on[{place}]: expected a resource, found a {kind}")
        if found is parent:
            raise ValueError(f"depends_on[{place}]: a resource cannot depend on its own parent")


def _as_list(value: Any) -> list[Any]:
    return list(value) if isinstance(value, (list, tuple)) else []
