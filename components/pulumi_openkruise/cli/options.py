"""Options that several commands share: the same names, defaults and help."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

import click

from .cluster_access import ClusterAccess, parse_duration
from .completion import complete_contexts

Command = TypeVar("Command", bound=Callable[..., Any])

FILE = click.Path(allow_dash=True)
"""A path, which shells complete; what is wrong with the file is said by the code that reads it."""

kubeconfig_file = click.option(
    "--kubeconfig", type=FILE, metavar="FILE", help="Kubeconfig; by default the one that kubectl takes."
)
context = click.option(
    "--context",
    "context_name",
    metavar="NAME",
    shell_complete=complete_contexts,
    help="Context; by default the current one.",
)
_request_timeout = click.option(
    "--request-timeout",
    callback=parse_duration,
    metavar="DURATION",
    help="Timeout of a request to the API server, such as 30s or 2m; 0 means none.",
)
_act_as = click.option(
    "--as",
    "user",
    metavar="USER",
    help="User to act as, if the cluster lets you, for example to check a role.",
)
_act_as_group = click.option(
    "--as-group",
    "groups",
    metavar="GROUP",
    multiple=True,
    help="Group to act as a member of; with --as, repeatable.",
)
table_or_json = click.option(
    "-o",
    "--output",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="Output format.",
)
yes = click.option("--yes", is_flag=True, help="Do it without asking.")
config_namespace = click.option(
    "--config-namespace",
    default="openkruise",
    show_default=True,
    metavar="NAME",
    help="Namespace of the config keys in stack files.",
)


def stack_file(text: str) -> Callable[[Command], Command]:
    """Return the option ``--stack-file`` with this help."""
    return click.option("--stack-file", type=FILE, metavar="FILE", help=text)


def config_json() -> Callable[[Command], Command]:
    """Return the option ``--config-json``, another way to give a stack's config."""
    return click.option(
        "--config-json",
        type=FILE,
        metavar="FILE",
        help="Take the stack's config from what `pulumi config --json` prints, - for standard input; unlike "
        "--stack-file it has what ESC environments add.",
    )


def cluster(command: Command) -> Callable[..., Any]:
    """Add the options that choose a cluster; the command gets them as one argument, ``access``."""

    @wraps(command)
    def call(
        *args: Any,
        kubeconfig: str | None,
        context_name: str | None,
        request_timeout: float | None,
        user: str | None,
        groups: tuple[str, ...],
        **others: Any,
    ) -> Any:
        access = ClusterAccess(kubeconfig, context_name, request_timeout, user, groups)
        return command(*args, access=access, **others)

    return kubeconfig_file(context(_act_as(_act_as_group(_request_timeout(call)))))
