"""The options that several commands have, with the same names, defaults and help."""

import click

kubeconfig = click.option(
    "--kubeconfig", metavar="FILE", help="Kubeconfig; where not given, the one that kubectl takes."
)
context = click.option(
    "--context", "context_name", metavar="NAME", help="Context; where not given, the current one."
)
config_namespace = click.option(
    "--config-namespace",
    default="openkruise",
    show_default=True,
    metavar="NAME",
    help="Namespace of the keys in stack files.",
)
