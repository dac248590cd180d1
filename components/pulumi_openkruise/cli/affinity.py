"""``pulumi-openkruise affinity``: print, explain and compare the affinity of a list of selectors."""

import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click

from ..selectors import ALWAYS_TRUE, Exclusion, SelectorError
from ..selectors.node_selector import require_labels
from ..selectors.unsatisfiable import explain_unsatisfiable, find_unsatisfiable_terms
from . import options
from .affected_nodes import find_affected, read_nodes_file
from .app import CLEAN, FINDINGS
from .errors import UnusableInputError
from .input.sources import (
    from_arguments,
    from_config_json,
    from_stack_file,
    from_standard_input,
)
from .output.table import as_table
from .output.terminal import as_camel_data, as_json, as_yaml, emit, note
from .selector_list import SelectorList

if TYPE_CHECKING:
    from ..selectors.explanations.difference import Difference


@click.command()
@click.argument("selectors", nargs=-1, metavar="[SELECTOR]...")
@click.option(
    "--stack-file",
    metavar="FILE",
    help="Take selectors, presets and base exclusions from a stack's file; SELECTORs are added to them. "
    "- reads standard input.",
)
@options.config_json()
@click.option(
    "-o",
    "--output",
    type=click.Choice(["yaml", "json", "table"]),
    help="Output format of the affinity; the default is yaml. With --explain and --diff, yaml and json print "
    "data; the default is text for people.",
)
@click.option(
    "--explain",
    "explained",
    is_flag=True,
    help="Explain selectors and affinity instead of printing it.",
)
@click.option(
    "--diff",
    "other",
    metavar="OTHER",
    help="Show which nodes gain or lose the daemon when the selectors given replace those of another stack "
    "file; - reads selectors or a stack file from standard input. Exit code 1 when anything changes.",
)
@click.option(
    "--nodes",
    "nodes_file",
    metavar="FILE",
    help="With --diff, also count the nodes that gain or lose the daemon: FILE holds what kubectl get nodes "
    "-o json prints; - reads standard input.",
)
@options.config_namespace
def affinity(
    selectors: tuple[str, ...],
    stack_file: str | None,
    config_json: str | None,
    output: str | None,
    explained: bool,
    other: str | None,
    nodes_file: str | None,
    config_namespace: str,
) -> int:
    """Print the node affinity that admits exactly the nodes that no SELECTOR matches.

    SELECTORs are label selectors as for kubectl get nodes -l. Without any, and without --stack-file, they are
    read from standard input: one per line (lines that begin with # are comments), or a JSON list. The output
    goes under requiredDuringSchedulingIgnoredDuringExecution; it is null when nothing
    is excluded, and one that every node meets for a stack.

    \b
    Examples:
      pulumi-openkruise affinity type=virtual-kubelet 'team in (edge,lab),virtual'
      pulumi-openkruise affinity --stack-file stacks/Pulumi.prod.yaml --output table
      pulumi-openkruise affinity --stack-file stacks/Pulumi.prod.yaml --explain
      git show HEAD:stacks/Pulumi.prod.yaml |
        pulumi-openkruise affinity --stack-file stacks/Pulumi.prod.yaml --diff -
      kubectl get nodes -o json |
        pulumi-openkruise affinity --stack-file new.yaml --diff stacks/Pulumi.prod.yaml --nodes -
      echo '["type=kwok", "!kubernetes.io/hostname"]' | pulumi-openkruise affinity -o json

    \b
    Exit codes: 0  clean
                1  --diff found a difference
                2  unusable input
    """
    if nodes_file is not None and other is None:
        raise click.UsageError("--nodes counts what --diff finds: give --diff OTHER too")
    if stack_file is not None and config_json is not None:
        raise click.UsageError("--config-json replaces --stack-file: give one of them")
    is_stack = stack_file is not None or config_json is not None
    uses_input = [stack_file, config_json, other, nodes_file].count("-") + (not selectors and not is_stack)
    if uses_input > 1:
        raise click.UsageError(
            "standard input can be read once: give selectors as arguments or by --stack-file FILE"
        )
    given = from_arguments(selectors)
    if stack_file is not None:
        given += from_stack_file(stack_file, config_namespace)
    elif config_json is not None:
        given += from_config_json(config_json, config_namespace)
    elif not selectors:
        if sys.stdin.isatty():
            raise click.UsageError(
                "no selectors: give them as arguments, by --stack-file or on standard input"
            )
        given = from_standard_input(config_namespace)
    try:
        if explained or other is not None:
            return _report(given, explained, other, nodes_file, output, config_namespace, stack_file or "-")
        answer = given.placement().solve()
    except SelectorError as error:
        raise UnusableInputError(str(error)) from None
    # A stack's daemon always gets an affinity, or the chart's own default would stay in force.
    every = ALWAYS_TRUE if is_stack and output != "table" else None
    emit(_format(answer.affinity or every, output))
    _note_the_remainder(given, answer)
    if not answer.minimal:
        note("the affinity is exact, but not proven to be the smallest within the allowed search steps")
    return CLEAN


def _note_the_remainder(given: SelectorList, answer: Exclusion) -> None:
    """Note what the affinity alone does not show: what else the pods require, and what has no effect."""
    if given.labels and not answer.with_labels:
        asked = ", ".join(map(str, require_labels(given.labels)))
        note(f"the values' nodeSelector also requires of each node: {asked}")
    for selector, origin in zip(answer.parsed, given.origins, strict=True):
        if reason := explain_unsatisfiable(selector.requirements):
            note(f"{origin}: {selector} matches no node: {reason}")
    _note_dead_terms(given)


def _note_dead_terms(given: SelectorList) -> None:
    for number, reason in (
        find_unsatisfiable_terms(given.required, given.labels) if given.required is not None else ()
    ):
        note(f"the affinity in the values: nodeSelectorTerms[{number}] {reason}")


def _report(
    given: SelectorList,
    explained: bool,
    other: str | None,
    nodes_file: str | None,
    output: str | None,
    namespace: str,
    beside: str,
) -> int:
    """Print the explanation, the difference or both; return the exit code."""
    blocks, data, code = [], {}, CLEAN
    if explained:
        from ..selectors import explain

        explanation = explain(given.placement(), origins=given.origins)
        _note_dead_terms(given)
        blocks.append(explanation.to_text())
        data["explanation"] = as_camel_data(explanation)
    if other is not None:
        change = _find_difference(given, other, namespace, beside)
        blocks.append(change.to_text())
        data["difference"] = as_camel_data(change)
        code = FINDINGS if change else CLEAN
        if nodes_file is not None:
            affected = find_affected(change, read_nodes_file(nodes_file))
            blocks.append(affected.to_text())
            data["difference"]["nodes"] = affected.to_dict()
    whole: Any = {"schemaVersion": 1, **(data if len(data) > 1 else next(iter(data.values())))}
    if output in ("json", "yaml"):
        emit(as_json(whole) if output == "json" else as_yaml(whole))
    else:
        emit("\n\n".join(blocks))
    return code


def _find_difference(given: SelectorList, other: str, namespace: str, beside: str) -> "Difference":
    from ..selectors.explanations.difference import difference

    before = from_standard_input(namespace, beside) if other == "-" else from_stack_file(other, namespace)
    try:
        return difference(before.placement(), given.placement())
    except SelectorError:
        given.placement().solve()  # raises where these selectors are the wrong ones
        try:
            before.placement().solve()
        except SelectorError as error:
            source = "standard input" if other == "-" else other
            raise UnusableInputError(f"{source}: {error}") from None
        raise


def _format(node_selector: Mapping[str, Any] | None, output: str | None) -> str:
    if output == "json":
        return as_json(node_selector)
    if output != "table":
        return as_yaml(node_selector)
    if node_selector is None:
        return "Nothing is excluded: every node keeps the daemon."
    groups = []
    for number, term in enumerate(node_selector["nodeSelectorTerms"]):
        requirements = term.get("matchExpressions", []) + term.get("matchFields", [])
        rows = []
        for at, requirement in enumerate(requirements):
            values = ", ".join(value or '""' for value in requirement.get("values", []))
            first = str(number) if at == 0 else "and"
            rows.append([first, requirement["key"], requirement["operator"], values])
        groups.append(rows)
    return as_table(["Term", "Label", "Operator", "Values"], groups)
