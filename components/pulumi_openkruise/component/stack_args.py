"""Stack config -> arguments of the component."""

from typing import cast

import pulumi

from ..config.fields import Undecoded
from ..config.stack_config import CONFIG_KEYS, parse_config
from ..diagnostics.field_names import NAMESPACE
from .args import OpenKruiseArgs


def args_from_config(config: pulumi.Config | None = None) -> OpenKruiseArgs:
    """Return the arguments that the config of the selected stack describes; what is not set is left out.

    ``config`` selects another namespace of config than ``openkruise``, for programs with several
    installations. The component reports every mistake in them at once, those of decoding too, by the keys
    of the config; in a copy with changes it names the arguments instead.
    """
    config = config or pulumi.Config(NAMESPACE)
    prefix = f"{config.name}:"
    # Config can be asked for one key at a time only. The environment of a program has all keys, which shows
    # those that are misspelt; known ones are asked for one by one, so that what a test or an override sets
    # counts.
    names = {key.removeprefix(prefix) for key in pulumi.runtime.get_config_env() if key.startswith(prefix)}
    raw = {
        name: value for name in sorted(names | set(CONFIG_KEYS)) if (value := config.get(name)) is not None
    }
    secret_keys = {name for name in raw if pulumi.runtime.is_config_secret(f"{prefix}{name}")}
    source = f"config of stack {pulumi.get_stack()}"
    arguments = parse_config(raw, source=source, namespace=config.name, secret_keys=secret_keys)
    values = arguments.get("values")
    if "values" in secret_keys and not isinstance(values, Undecoded):
        arguments["values"] = pulumi.Output.secret(values)
        arguments.secrets["values"] = arguments["values"], values
    return cast(OpenKruiseArgs, arguments)
