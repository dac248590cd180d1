"""Stack config -> arguments of the component."""

from typing import cast

import pulumi

from ..config.fields import Arguments
from ..config.stack_config import CONFIG_KEYS, parse_config
from ..diagnostics.field_names import NAMESPACE, config_field_name
from . import chart_probe
from .errors import shown_plainly
from .openkruise import OpenKruiseArgs


def args_from_config(config: pulumi.Config | None = None) -> OpenKruiseArgs:
    """Return the arguments that the config of the selected stack describes; what is not set is left out.

    ``config`` is another bag of config than the one named ``openkruise``, for programs with several
    installations. Raises InvalidConfigError, which Pulumi shows without a traceback, with every problem at
    once: unknown keys, wrong types, selectors that cannot be parsed or excluded. Whatever the component says
    later of these arguments names the keys of the config; a copy with changes is called by its own names.
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
    with shown_plainly():
        arguments = parse_config(
            raw,
            source=source,
            namespace=config.name,
            secret_keys=secret_keys,
            look=chart_probe.looking(),
        )
    if "values" in secret_keys:
        arguments["values"] = pulumi.Output.secret(arguments["values"])
    return cast(
        OpenKruiseArgs, Arguments(arguments, field_name=config_field_name(config.name), source=source)
    )
