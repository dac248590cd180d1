"""``pulumi-openkruise discover``: find the virtual nodes, and propose the config that excludes them."""

import difflib
import functools
import os
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any

import click

from ..config.presets import BASE_SELECTORS, list_selectors
from ..config.settings import Settings
from ..discovery import ClassifiedNode, Proposal, classify_node, find_exclusions, group_nodes, propose
from ..selectors import SelectorError, solve
from ..selectors.placement import Placement
from . import options
from .app import CLEAN, FINDINGS
from .cluster_access import ClusterAccess
from .errors import UnusableInputError
from .inherited_lists import InheritedLists
from .input.node_objects import read_node_objects
from .input.sources import check_arguments, decode_arguments, from_settings, from_stack_file
from .input.stack_cluster import note_other_cluster
from .input.stack_edit import add_entries
from .input.stack_input import StackInput, find_stack
from .output.discover_report import as_data, as_text
from .output.progress import progress
from .output.terminal import as_json, as_yaml, emit, note
from .output.written_files import replace_text
from .selector_list import SelectorList


@click.command()
@click.option(
    "--nodes-file",
    metavar="FILE",
    help="Take nodes from what kubectl get nodes -o json (or yaml) prints, - for standard input, instead of "
    "a cluster.",
)
@options.cluster
@click.option(
    "--stack-file",
    metavar="FILE",
    help="A stack's file: what its selectors or its values exclude already is not proposed again. Without "
    "it, the base exclusions are assumed.",
)
@options.config_json()
@click.option("--write", is_flag=True, help="Write the proposal into --stack-file.")
@click.option("--all", "everything", is_flag=True, help="Name every node, not just a few of each group.")
@click.option(
    "-o",
    "--output",
    type=click.Choice(["table", "json", "yaml"]),
    default="table",
    show_default=True,
    help="json and yaml have all evidence.",
)
@options.config_namespace
def discover(
    nodes_file: str | None,
    access: ClusterAccess,
    stack_file: str | None,
    config_json: str | None,
    write: bool,
    everything: bool,
    output: str,
    config_namespace: str,
) -> int:
    """Find a cluster's virtual nodes, and propose the config that excludes them.

    It reads nodes only, and changes nothing in the cluster. The proposal is the smallest that excludes the
    virtual nodes and no other: presets where they fit, else labels that only those nodes have. Where no label
    distinguishes them from real nodes, it proposes the label to set. It also counts the nodes that
    nodeLabelPolicy would label.

    \b
    Examples:
      pulumi-openkruise discover --context prod
      pulumi-openkruise discover --stack-file stacks/Pulumi.prod.yaml --write
      kubectl get nodes -o json | pulumi-openkruise discover --nodes-file -

    \b
    Exit codes: 0  clean: every virtual node is excluded, and no other
                1  findings: a virtual node is not excluded, a real one is, or a node is unsure
                2  unusable input, or the cluster cannot be read
    """
    if write and stack_file in (None, "-"):
        raise click.UsageError("--write needs --stack-file FILE to write to")
    if nodes_file is not None and access.is_chosen:
        raise click.UsageError("--nodes-file replaces the cluster: leave out the options that choose one")
    if stack_file is not None and config_json is not None:
        raise click.UsageError("--config-json replaces --stack-file: give one of them")
    if nodes_file == "-" and "-" in (stack_file, config_json):
        raise click.UsageError("standard input can be read once: give --stack-file or --nodes-file a FILE")
    stack = find_stack(stack_file, config_json, config_namespace)
    settings = None if stack is None else check_arguments(decode_arguments(stack, config_namespace))
    existing = _read_existing(settings)
    if nodes_file is None:
        note_other_cluster(stack_file, config_json, access)
    nodes = list(_classify_nodes(nodes_file, access, _make_classifier(settings)))
    if not nodes:
        note("there are no nodes")
    groups = group_nodes(nodes, existing.placement())
    proposal = propose(nodes, existing.placement())
    _verify(nodes, existing, proposal)
    inherited = _read_inherited(stack, proposal.additions)
    if output == "table":
        emit(as_text(groups, proposal, existing, config_namespace, inherited, everything=everything))
    else:
        data = as_data(groups, proposal, existing, config_namespace, inherited, everything=everything)
        emit(as_json(data) if output == "json" else as_yaml(data))
    if write and stack_file is not None and stack is not None:
        _write(stack_file, stack, config_namespace, proposal, inherited)
    return FINDINGS if any(group.is_open for group in groups) else CLEAN


def _read_inherited(stack: StackInput | None, names: Collection[str]) -> InheritedLists:
    """Return the lists to which the proposal adds, and which a list of the stack's own would replace."""
    if stack is None:
        return InheritedLists()
    lists = {name: stack.config[name] for name in names if name in stack.config}
    if stack.is_whole:  # whose they are is not in it
        return InheritedLists(lists, "the present config")
    own = lists.keys() - stack.inherited
    return InheritedLists(
        {name: entries for name, entries in lists.items() if name not in own},
        os.path.basename(stack.project),
        may_be_more=stack.has_environment and len(own) < len(names),
    )


def _read_existing(settings: Settings | None) -> SelectorList:
    if settings is None:
        return SelectorList(BASE_SELECTORS, tuple("base exclusion" for _ in BASE_SELECTORS))
    return from_settings(settings)


def _make_classifier(settings: Settings | None) -> Callable[[Mapping[str, Any]], ClassifiedNode]:
    """Return what classifies a Node object for a stack, or for one that configures nothing."""
    if settings is None:
        return classify_node
    major, minor, _patch = settings.contract.number
    return functools.partial(
        classify_node,
        rule=settings.node_label_rule(),
        kruise=(major, minor),
        has_daemon=settings.has_daemon,
    )


def _classify_nodes(
    path: str | None, access: ClusterAccess, classify: Callable[[Mapping[str, Any]], ClassifiedNode]
) -> Iterator[ClassifiedNode]:
    """Classify the nodes one by one: all Node objects of a large cluster would not fit into memory."""
    with progress() as show_progress:
        if path is not None:
            for count, node in enumerate(read_node_objects(path), 1):
                yield classify(node)
                if count % 1000 == 0:
                    show_progress("nodes", count, 0)
            return
        from ..cluster import ClusterError

        try:
            cluster = access.connect()
            for node in cluster.list(
                "/api/v1/nodes", progress=lambda count, total: show_progress("nodes", count, total)
            ):
                yield classify(node)
        except ClusterError as error:
            raise UnusableInputError(str(error)) from None


def _verify(nodes: list[ClassifiedNode], existing: SelectorList, proposal: Proposal) -> None:
    """Check the proposal against the affinity that it leads to: a mistake would cost daemons."""
    added = [*list_selectors(proposal.presets), *proposal.selectors]
    try:
        answer = solve([*existing.given, *added], required=existing.required)
    except SelectorError as error:
        if not added or existing.required is None:
            raise UnusableInputError(str(error)) from None
        reason = f"only virtual nodes satisfy what the values require of the daemon's nodes: {error}"
        raise UnusableInputError(f"{reason}\nthe proposal was: {', '.join(added)}") from None
    unhelped = {id(node) for node in proposal.to_label}
    before = find_exclusions(nodes, existing.placement())
    after = find_exclusions(nodes, Placement((), answer.affinity, existing.labels))
    for node, was, now in zip(nodes, before, after, strict=True):
        wanted = bool(was) or (node.is_target and id(node) not in unhelped)
        if bool(now) != wanted:
            raise AssertionError(f"the proposal gets node {node.name!r} wrong")


def _write(
    path: str, stack: StackInput, namespace: str, proposal: Proposal, inherited: InheritedLists
) -> None:
    text = stack.text
    edited = add_entries(text, path, namespace, proposal.additions, inherited)
    if edited == text:
        note(f"{path}: nothing to write")
        return
    from_stack_file(path, namespace, edited)  # raises for what `pulumi up` would refuse
    replace_text(path, text, edited)
    lines = difflib.unified_diff(text.splitlines(), edited.splitlines(), path, path, n=1, lineterm="")
    note(f"{path}: written\n" + "\n".join(lines))
