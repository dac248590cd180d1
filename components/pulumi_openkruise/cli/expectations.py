"""What a check compares the cluster with: a stack's file, selectors given, or the live DaemonSet."""

from collections.abc import Sequence

from ..checks import Expected, of_selectors, of_settings
from ..problems import ConfigError
from ..selectors import SelectorError, solve
from ..settings import read_settings
from ..stack_config import parse_config
from .sources import UnusableInputError, from_arguments, from_stack_file, read_text, readable_config


def of_stack_file(path: str, namespace: str, extra: Sequence[str] = ()) -> Expected:
    """Return what a stack's file wants; ``extra`` selectors come on top. Raises UnusableInputError."""
    source = "standard input" if path == "-" else path
    text = read_text(path)
    try:
        config, secret_keys, _environment = readable_config(text, source, namespace, aloud=False)
        arguments = parse_config(config, source=source, namespace=namespace, secret_keys=secret_keys)
        arguments["virtual_node_selectors"] = [*arguments.get("virtual_node_selectors", ()), *extra]
        settings = read_settings(arguments, source=source)
    except (ConfigError, ValueError) as error:
        raise UnusableInputError(str(error)) from None
    given = from_stack_file(path, namespace, text) + from_arguments(extra)
    listed = [(str(selector), origin) for selector, origin in zip(given.given, given.origins, strict=True)]
    return of_settings(settings, source, listed)


def of_arguments(selectors: Sequence[str], namespace: str) -> Expected:
    """Return what selectors from the command line want. Raises UnusableInputError."""
    try:
        exclusion = solve(selectors)
    except SelectorError as error:
        raise UnusableInputError(str(error)) from None
    return of_selectors(exclusion, "arguments", [(text, "argument") for text in selectors], namespace)
