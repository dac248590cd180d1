"""OpenKruise for Pulumi, kept off virtual nodes by an exact node affinity.

``OpenKruise`` is the component, ``OpenKruiseArgs`` its arguments, ``args_from_config`` reads them from the
config of the stack; what is wrong with either is raised as ``InvalidConfigError``.
``pulumi_openkruise.selectors`` is the pure core: importing it imports no Pulumi, so the names here are looked
up at their first use.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .component.args import OpenKruiseArgs
    from .component.errors import InvalidConfigError
    from .component.openkruise import OpenKruise
    from .component.stack_args import args_from_config

    __version__: str

__all__ = ["InvalidConfigError", "OpenKruise", "OpenKruiseArgs", "__version__", "args_from_config"]

_HOMES = {
    "InvalidConfigError": ".component.errors",
    "OpenKruise": ".component.openkruise",
    "OpenKruiseArgs": ".component.args",
    "args_from_config": ".component.stack_args",
}


def __getattr__(name: str) -> Any:
    if name == "__version__":
        from importlib.metadata import version  # slow to import, and rarely needed

        return version("pulumi-openkruise")
    if name in _HOMES:
        return getattr(import_module(_HOMES[name], __name__), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
