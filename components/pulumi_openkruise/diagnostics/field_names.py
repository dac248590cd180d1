"""What messages call a field of an installation: a key of stack config, a Python argument, a YAML input."""

from collections.abc import Callable

FieldName = Callable[[str], str]
"""Turns the name of a field into what the user calls it: `timeout` into `openkruise:timeout`."""


def argument_name(name: str) -> str:
    """Return the name of a field where it is a Python argument: the name itself."""
    return name


NAMESPACE = "openkruise"
"""The namespace of the config keys, also in programs of another name: ``openkruise:virtualNodeSelectors``."""


def config_key(name: str) -> str:
    """Return the key of a field in stack config: ``virtual_node_selectors`` is ``virtualNodeSelectors``."""
    first, *others = name.split("_")
    return first + "".join(word.capitalize() for word in others)


def config_field_name(namespace: str = NAMESPACE) -> FieldName:
    """Return what the fields are called where they are keys of stack config."""
    return lambda name: f"{namespace}:{config_key(name)}"


def setting(field_name: FieldName, name: str, value: str) -> str:
    """Return how to set a field, in the user's own terms, so that it takes effect."""
    key = field_name(name)
    if ":" in key:  # config alone has a namespace before its keys, and a command to set them by
        return f"pulumi config set {key} {value} && pulumi up"
    return f"set {key} to {value} in the program, then `pulumi up`"
