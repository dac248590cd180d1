"""``pulumi-openkruise values``: print the chart's values, with the computed affinities, for other tools."""

import click

from ..config.names import NAMESPACE_LABELS
from ..config.settings import Settings
from ..foreign.addresses import SecretAddress, has_login
from ..lifecycle.ownership import write_keep_command
from . import options
from .app import CLEAN
from .errors import UnusableInputError
from .input.sources import check_arguments, decode_arguments
from .input.stack_input import read_config_json, read_stack_input
from .output.manifests import as_application, as_helm_release, write_helm_command
from .output.terminal import as_json, as_yaml, emit, note

_LOGINS = dict.fromkeys(("helm", "json"), "give it to Helm's command") | {
    "argocd": "Argo CD reads it from a Secret of the repository (argocd.argoproj.io/secret-type)",
    "flux": "Flux reads it from the Secret that spec.secretRef of the HelmRepository names",
}
"""Where each tool has a repository's login, by the form of the output."""


@click.command()
@options.stack_file("The stack's file that says what is installed.")
@options.config_json()
@click.option(
    "-o",
    "--output",
    type=click.Choice(["helm", "argocd", "flux", "json"]),
    default="helm",
    show_default=True,
    help="A values file, an Application, a HelmRelease with its repository, or the values as JSON.",
)
@options.config_namespace
def values(stack_file: str | None, config_json: str | None, output: str, config_namespace: str) -> int:
    """Print the values that a stack's config gives to OpenKruise's chart, to deploy it without Pulumi.

    The config is checked as `pulumi up` checks it, and the affinities are computed. The same config always
    gives the same output, so that a pipeline can keep it in git. No cluster is read.

    \b
    Examples:
      pulumi-openkruise values --stack-file stacks/Pulumi.prod.yaml > values.yaml
      pulumi-openkruise values --stack-file stacks/Pulumi.prod.yaml -o argocd > application.yaml
      pulumi-openkruise values --stack-file stacks/Pulumi.prod.yaml -o flux > release.yaml

    \b
    Exit codes: 0  printed
                2  unusable input
    """
    if (stack_file is None) == (config_json is None):
        raise click.UsageError("give --stack-file FILE or --config-json FILE")
    settings = _read_settings(stack_file, config_json, config_namespace)
    for warning in settings.warnings:
        note(str(warning))
    if output == "argocd":
        emit(as_yaml(as_application(settings)))
    elif output == "flux":
        emit("\n---\n".join(as_yaml(document) for document in as_helm_release(settings)))
    else:
        data = settings.helm_values()
        emit(as_json(data) if output == "json" else as_yaml(data))
        labels = " ".join(f"{key}={value}" for key, value in NAMESPACE_LABELS.items())
        note(f"namespace {settings.namespace} needs labels before the chart is installed: {labels}")
        note(write_helm_command(settings, "values.yaml" if output == "helm" else "values.json"))
    note(
        f"a release that made namespace {settings.namespace} itself, as the chart does by default: Helm "
        "would delete it, with everything in it, as these values leave it out of the chart\n"
        f"  before the upgrade: {write_keep_command(settings.namespace)}"
    )
    if isinstance(settings.chart_repository, SecretAddress):
        note(f"{settings.field_name('chart_repository')}: it is a secret, and left out: {_LOGINS[output]}")
    elif has_login(settings.chart_repository or ""):
        note(f"{settings.field_name('chart_repository')}: its login is left out: {_LOGINS[output]}")
    if settings.chart_digest and output in ("argocd", "flux"):
        note(f"{settings.field_name('chart_digest')} is not checked there: neither tool compares digests")
    return CLEAN


def _read_settings(stack_file: str | None, config_json: str | None, namespace: str) -> Settings:
    if config_json is not None:
        stack = read_config_json(config_json, namespace)
    else:
        stack = read_stack_input(stack_file or "", namespace)
    if "values" in stack.secret_keys:
        raise UnusableInputError(
            f"{stack.source}: {namespace}:values is encrypted, and what is printed here would lack it\n"
            "  give what is secret in a Secret of the cluster, and the values as plain config"
        )
    return check_arguments(decode_arguments(stack, namespace))
