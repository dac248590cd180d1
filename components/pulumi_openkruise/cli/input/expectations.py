"""What a check compares the cluster with: a stack's file, selectors given, or the live DaemonSet."""

from collections.abc import Sequence
from dataclasses import replace

from ...checks import Expected, expect_selectors, expect_settings
from ...config.fields import Undecoded
from ...config.settings import read_settings
from ...diagnostics.problem import ConfigError
from ...selectors import SelectorError, solve
from ..errors import UnusableInputError
from .sources import read_text, source_of, stack_arguments


def of_stack_file(path: str, namespace: str, extra: Sequence[str] = ()) -> Expected:
    """Return what a stack's file wants; ``extra`` selectors come on top. Raises UnusableInputError."""
    source = source_of(path)
    arguments = stack_arguments(read_text(path), source, namespace)
    own = arguments.get("virtual_node_selectors")
    if extra and not isinstance(own, Undecoded):
        arguments["virtual_node_selectors"] = [*(own or ()), *extra]
    try:
        settings = read_settings(arguments, source=source, field_name=arguments.field_name)
    except ConfigError as error:
        raise UnusableInputError(str(error)) from None
    if extra:
        origins = [origin for _selector, origin in settings.listed]
        first = len(own or ())
        origins[first : first + len(extra)] = ["argument"] * len(extra)
        listed = tuple((text, origin) for (text, _old), origin in zip(settings.listed, origins, strict=True))
        settings = replace(settings, listed=listed)
    return expect_settings(settings, source)


def of_arguments(selectors: Sequence[str], namespace: str) -> Expected:
    """Return what selectors from the command line want. Raises UnusableInputError."""
    try:
        exclusion = solve(selectors)
    except SelectorError as error:
        raise UnusableInputError(str(error)) from None
    return expect_selectors(exclusion, "arguments", [(text, "argument") for text in selectors], namespace)
