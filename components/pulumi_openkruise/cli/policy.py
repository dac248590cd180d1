"""``pulumi-openkruise policy``: print admission policies that label virtual nodes."""

from typing import Any

import click

from ..config.presets import BASE_SELECTORS
from ..policy import manifests
from ..policy.rule import NodeLabelRule
from ..selectors import Selector, SelectorError, parse
from .app import CLEAN
from .completion import complete_presets
from .errors import UnusableInputError
from .output.terminal import as_yaml, emit, note

FORMATS = ("mutating-admission-policy", "validating-admission-policy", "kyverno")


@click.command()
@click.argument("selectors", nargs=-1, metavar="[SELECTOR]...")
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
    default=True,
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
def policy(selectors: tuple[str, ...], form: str, type_label: bool, presets: tuple[str, ...]) -> int:
    """Print a policy that labels virtual nodes openkruise.io/virtual-node=true when they register.

    What looks virtual is what `discover` calls virtual, as far as an admission policy sees it, and what a
    SELECTOR matches. The base exclusions cover the label, so no daemon pod reaches such a node. Nothing is
    read from a cluster, and the same input always gives the same output.

    \b
    Examples:
      pulumi-openkruise policy > policy.yaml
      pulumi-openkruise policy 'pool=burst' --format validating-admission-policy
      pulumi-openkruise policy --format kyverno

    \b
    Exit codes: 0  printed
                2  unusable input
    """
    rule = NodeLabelRule(
        set_type=type_label,
        presets=presets,
        selectors=_parse_all(selectors),
        excluded=_parse_all((*BASE_SELECTORS, *selectors)),
    )
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
        return manifests.kyverno_policy(rule)
    return manifests.mutating_policy(rule) if form == FORMATS[0] else manifests.validating_policy(rule)


def _parse_all(selectors: tuple[str, ...]) -> tuple[Selector, ...]:
    """Parse selectors; raises UnusableInputError for one that is wrong, or that matches every node."""
    parsed = []
    for text in selectors:
        try:
            selector = parse(text)
        except SelectorError as error:
            raise UnusableInputError(str(error)) from error
        if not selector.requirements:
            raise UnusableInputError("an empty selector matches every node, and would label them all")
        parsed.append(selector)
    return tuple(parsed)
