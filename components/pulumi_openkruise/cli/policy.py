"""``pulumi-openkruise policy``: print admission policies that label virtual nodes."""

from typing import Any

import click

from ..config.excluded_nodes import Listed, list_excluded, read_excluded
from ..config.node_labels import make_rule, read_label_selectors
from ..config.presets import is_preset, suggest_preset
from ..diagnostics.problem import Problem
from ..policy import manifests
from ..policy.rule import NodeLabelRule
from . import options
from .app import CLEAN
from .completion import complete_presets
from .errors import UnusableInputError
from .input.sources import check_arguments, decode_arguments
from .input.stack_input import StackInput, find_stack
from .output.terminal import as_yaml, emit, note

FORMATS = ("mutating-admission-policy", "validating-admission-policy", "kyverno")


@click.command()
@click.argument("selectors", nargs=-1, metavar="[SELECTOR]...")
@options.stack_file("Take the rule from this stack's file: print what `pulumi up` applies for it.")
@options.config_json()
@options.config_namespace
@click.option(
    "-o",
    "--output",
    "--format",
    "form",
    type=click.Choice(FORMATS),
    default=FORMATS[0],
    show_default=True,
    help="Kubernetes' own policies, which label or warn, or Kyverno's, which labels.",
)
@click.option(
    "--type-label/--no-type-label",
    default=None,
    help="Whether type=virtual-kubelet, which OpenKruise's controllers know, is set, too; by default it is.",
)
@click.option(
    "--preset",
    "presets",
    multiple=True,
    metavar="NAME",
    shell_complete=complete_presets,
    help="A kind that counts only where it is named, as tke-supernode.",
)
def policy(
    selectors: tuple[str, ...],
    stack_file: str | None,
    config_json: str | None,
    config_namespace: str,
    form: str,
    type_label: bool | None,
    presets: tuple[str, ...],
) -> int:
    """Print a policy that labels virtual nodes openkruise.io/virtual-node=true when they register.

    What looks virtual is what `discover` calls virtual, as far as an admission policy sees it, and what a
    SELECTOR matches. The base exclusions cover the label, so no daemon pod reaches such a node. A stack's
    file gives the rule of its nodeLabelSelectors, setTypeLabel and presets instead, whatever its
    nodeLabelPolicy is. No cluster is read, and the same input always gives the same output.

    \b
    Examples:
      pulumi-openkruise policy > policy.yaml
      pulumi-openkruise policy 'pool=burst' --format validating-admission-policy
      pulumi-openkruise policy --stack-file stacks/Pulumi.prod.yaml --format kyverno

    \b
    Exit codes: 0  printed
                2  unusable input
    """
    alone = not (selectors or presets or type_label is not None or (stack_file and config_json))
    if not alone and (stack_file is not None or config_json is not None):
        raise click.UsageError("give --stack-file FILE or --config-json FILE alone, or selectors and options")
    stack = find_stack(stack_file, config_json, config_namespace)
    if stack is None:
        rule = _read_rule(selectors, type_label is not False, presets)
    else:
        rule = _find_rule(stack, config_namespace)
    emit("\n---\n".join(as_yaml(document).rstrip() for document in _write(form, rule)))
    if form == "kyverno":
        note("untested: no Kyverno runs where this package is tested; try it on a test cluster first")
    else:
        kind = manifests.MUTATING if form == FORMATS[0] else manifests.VALIDATING
        since = manifests.MUTATING_SINCE if form == FORMATS[0] else manifests.VALIDATING_SINCE
        note(f"{kind} is served as v1 by Kubernetes {since} and newer; see docs/node-label-policy.md")
    return CLEAN


def _write(form: str, rule: NodeLabelRule) -> list[dict[str, Any]]:
    if form == "kyverno":
        return manifests.write_kyverno_policy(rule)
    return (
        manifests.write_mutating_policy(rule)
        if form == FORMATS[0]
        else manifests.write_validating_policy(rule)
    )


def _read_rule(selectors: tuple[str, ...], set_type: bool, presets: tuple[str, ...]) -> NodeLabelRule:
    """Return the rule of the command line; raises UnusableInputError with every problem of it."""
    listed = [Listed(text, f"SELECTOR {text!r}", "SELECTOR", place) for place, text in enumerate(selectors)]
    own, problems = read_label_selectors(listed)
    problems += [
        Problem("unknown-preset", "--preset", f"unknown preset {name!r}", (), suggest_preset(name))
        for name in presets
        if not is_preset(name)
    ]
    for problem in problems:
        if problem.severity != "error":
            note(str(problem))
    errors = [problem for problem in problems if problem.severity == "error"]
    if errors:
        raise UnusableInputError("\n".join(map(str, errors)))
    excluded, _base_has_no_problems = read_excluded(list_excluded({}, presets=presets, base=True))
    return make_rule(set_type=set_type, presets=presets, selectors=own, excluded=excluded or ())


def _find_rule(stack: StackInput, namespace: str) -> NodeLabelRule:
    """Return the rule of a stack, and note what its config is warned of."""
    settings = check_arguments(decode_arguments(stack, namespace))
    for warning in settings.warnings:
        if warning.code != "unused-label-selectors":
            note(str(warning))
    return settings.node_label_rule()
