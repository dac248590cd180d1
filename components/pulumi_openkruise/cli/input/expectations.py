"""What a check compares the cluster with: a stack's file, selectors given, or the live DaemonSet."""

from collections.abc import Sequence

from ...checks import Expected, expect_selectors, expect_settings
from ...checks.expected import list_selectors
from ...config.settings import read_settings
from ...diagnostics.problem import ConfigError
from ...selectors import SelectorError, solve
from ..errors import UnusableInputError
from .sources import read_text, source_of, stack_arguments


def of_stack_file(path: str, namespace: str, extra: Sequence[str] = ()) -> Expected:
    """Return what a stack's file wants; ``extra`` selectors come on top. Raises UnusableInputError."""
    source = source_of(path)
    arguments = stack_arguments(read_text(path), source, namespace)
    listed = list_selectors(arguments, f"{namespace}:virtualNodeSelectors")
    listed += [(selector, "argument") for selector in extra]
    arguments["virtual_node_selectors"] = [*arguments.get("virtual_node_selectors", ()), *extra]
    try:
        settings = read_settings(arguments, source=source)
    except ConfigError as error:
        raise UnusableInputError(str(error)) from None
    return expect_settings(settings, source, listed)


def of_arguments(selectors: Sequence[str], namespace: str) -> Expected:
    """Return what selectors from the command line want. Raises UnusableInputError."""
    try:
        exclusion = solve(selectors)
    except SelectorError as error:
        raise UnusableInputError(str(error)) from None
    return expect_selectors(exclusion, "arguments", [(text, "argument") for text in selectors], namespace)
