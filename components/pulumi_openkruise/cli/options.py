"""Options that several commands share: the same names, defaults and help."""

import click

kubeconfig = click.option(
    "--kubeconfig", metavar="FILE", help="Kubeconfig; by default the one that kubectl takes."
)
context = click.option(
    "--context", "context_name", metavar="NAME", help="Context; by default the current one."
)
config_namespace = click.option(
    "--config-namespace",
    default="openkruise",
    show_default=True,
    metavar="NAME",
    help="Namespace of the config keys in stack files.",
)
