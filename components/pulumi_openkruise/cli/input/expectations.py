"""What a check compares the cluster with: a stack's file, selectors given, or the live DaemonSet."""

from collections.abc import Sequence
from dataclasses import replace

from ...checks import Expected, expect_selectors, expect_settings
from ...config.fields import Undecoded
from ...selectors import SelectorError, solve
from ..errors import UnusableInputError
from .sources import check_arguments, decode_arguments
from .stack_input import StackInput, read_config_json, read_stack_input


def expect_stack_file(path: str, namespace: str, extra: Sequence[str] = ()) -> Expected:
    """Return what a stack's file wants; ``extra`` selectors come on top. Raises UnusableInputError."""
    return expect_stack(read_stack_input(path, namespace), namespace, extra)


def expect_config_json(path: str, namespace: str, extra: Sequence[str] = ()) -> Expected:
    """Return what a stack wants whose config ``pulumi config --json`` has printed."""
    return expect_stack(read_config_json(path, namespace), namespace, extra)


def expect_stack(stack: StackInput, namespace: str, extra: Sequence[str]) -> Expected:
    """Return what a stack's config wants; ``extra`` selectors come on top. Raises UnusableInputError."""
    arguments = decode_arguments(stack, namespace)
    own = arguments.get("virtual_node_selectors")
    if extra and not isinstance(own, Undecoded):
        arguments["virtual_node_selectors"] = [*(own or ()), *extra]
    settings = check_arguments(arguments)
    if extra:
        origins = [origin for _selector, origin in settings.listed]
        first = len(own or ())
        origins[first : first + len(extra)] = ["argument"] * len(extra)
        listed = tuple((text, origin) for (text, _old), origin in zip(settings.listed, origins, strict=True))
        settings = replace(settings, listed=listed)
    return expect_settings(settings, stack.source)


def expect_arguments(selectors: Sequence[str], namespace: str) -> Expected:
    """Return what selectors from the command line want. Raises UnusableInputError."""
    try:
        exclusion = solve(selectors)
    except SelectorError as error:
        raise UnusableInputError(str(error)) from None
    return expect_selectors(exclusion, "arguments", [(text, "argument") for text in selectors], namespace)
