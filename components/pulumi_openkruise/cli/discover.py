"""``pulumi-openkruise discover``: which nodes are virtual, and the config that keeps the daemon off them."""

from collections.abc import Iterator

import click

from ..config.presets import BASE_SELECTORS, preset_selectors
from ..discovery import ClassifiedNode, Proposal, excluded, grouped, judged, propose
from ..selectors import SelectorError, solve
from ..selectors.placement import Placement
from . import options
from .app import CLEAN, FINDINGS
from .errors import UnusableInputError
from .input.node_objects import read_node_objects
from .input.sources import from_stack_file, read_text
from .input.stack_edit import add_entries, write_atomically
from .output.discover_report import as_data, as_text
from .output.progress import progress
from .output.terminal import as_json, as_yaml, emit, note
from .selector_list import SelectorList


@click.command()
@click.option(
    "--nodes-file",
    metavar="FILE",
    help="Nodes as kubectl get nodes -o json prints them, - for standard input, instead of a cluster.",
)
@options.kubeconfig
@options.context
@click.option(
    "--stack-file",
    metavar="FILE",
    help="A stack's file: what it excludes already, by selectors or by what its values require of the "
    "daemon's nodes, is not proposed again. Without it the base exclusions count.",
)
@click.option("--write", is_flag=True, help="Write what is proposed into --stack-file.")
@click.option("--all", "everything", is_flag=True, help="Name every node, not a few of each group.")
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
    kubeconfig: str | None,
    context_name: str | None,
    stack_file: str | None,
    write: bool,
    everything: bool,
    output: str,
    config_namespace: str,
) -> int:
    """Tell a cluster's virtual nodes from its real ones, and propose the config that excludes them.

    Only nodes are read, and nothing in the cluster is changed. The proposal is the smallest that excludes the
    virtual nodes and no other: presets where there are any, else labels that only those nodes have. Where
    labels cannot tell them, it is the label to set.

    \b
    Examples:
      pulumi-openkruise discover --context prod
      pulumi-openkruise discover --stack-file stacks/Pulumi.prod.yaml --write
      kubectl get nodes -o json | pulumi-openkruise discover --nodes-file -

    \b
    Exit codes: 0  clean: what is virtual is excluded, and nothing else
                1  findings: a node is to be excluded, or excluded though it is real, or of unknown kind
                2  could not look, or unusable input
    """
    if write and stack_file in (None, "-"):
        raise click.UsageError("--write needs --stack-file FILE to write to")
    if nodes_file is not None and (kubeconfig or context_name):
        raise click.UsageError("--nodes-file takes the place of --kubeconfig and --context")
    if nodes_file == stack_file == "-":
        raise click.UsageError("standard input can be read once: give --stack-file or --nodes-file a FILE")
    text = None if stack_file is None else read_text(stack_file)
    existing = _existing(stack_file, text, config_namespace)
    nodes = list(_nodes(nodes_file, kubeconfig, context_name))
    if not nodes:
        note("there are no nodes")
    groups = grouped(nodes, existing.placement())
    proposal = propose(nodes, existing.placement())
    _verify(nodes, existing, proposal)
    if output == "table":
        emit(as_text(groups, proposal, existing, config_namespace, everything=everything))
    else:
        data = as_data(groups, proposal, existing, config_namespace, everything=everything)
        emit(as_json(data) if output == "json" else as_yaml(data))
    if write and stack_file is not None and text is not None:
        _write(stack_file, text, config_namespace, proposal)
    return FINDINGS if any(group.is_open for group in groups) else CLEAN


def _existing(stack_file: str | None, text: str | None, namespace: str) -> SelectorList:
    if stack_file is None:
        return SelectorList(BASE_SELECTORS, tuple("base exclusion" for _ in BASE_SELECTORS))
    return from_stack_file(stack_file, namespace, text)


def _nodes(path: str | None, kubeconfig: str | None, context_name: str | None) -> Iterator[ClassifiedNode]:
    """Classify the nodes one by one: whole Node objects of a large cluster would fill the memory."""
    with progress() as tell:
        if path is not None:
            for count, node in enumerate(read_node_objects(path), 1):
                yield judged(node)
                if count % 1000 == 0:
                    tell("nodes", count, 0)
            return
        from ..cluster import ClusterError, connect

        try:
            cluster = connect(kubeconfig, context_name, ambient=True)
            for node in cluster.list(
                "/api/v1/nodes", progress=lambda count, total: tell("nodes", count, total)
            ):
                yield judged(node)
        except ClusterError as error:
            raise UnusableInputError(str(error)) from None


def _verify(nodes: list[ClassifiedNode], existing: SelectorList, proposal: Proposal) -> None:
    """Look with the affinity itself whether the proposal does what it should: a mistake costs daemons."""
    added = [*preset_selectors(proposal.presets), *proposal.selectors]
    try:
        answer = solve([*existing.given, *added], required=existing.required)
    except SelectorError as error:
        if not added or existing.required is None:
            raise UnusableInputError(str(error)) from None
        found = f"what the values require of the daemon's nodes holds for virtual nodes alone: {error}"
        raise UnusableInputError(f"{found}\nto exclude them: {', '.join(added)}") from None
    unhelped = {id(node) for node in proposal.to_label}
    before = excluded(nodes, existing.placement())
    after = excluded(nodes, Placement((), answer.affinity, existing.labels))
    for node, was, now in zip(nodes, before, after, strict=True):
        wanted = bool(was) or (node.is_target and id(node) not in unhelped)
        if bool(now) != wanted:
            raise AssertionError(f"the proposal gets node {node.name!r} wrong")


def _write(path: str, text: str, namespace: str, proposal: Proposal) -> None:
    additions = {"virtualNodePresets": proposal.presets, "virtualNodeSelectors": proposal.selectors}
    edited = add_entries(text, path, namespace, additions)
    if edited == text:
        note(f"{path}: nothing to write")
        return
    from_stack_file(path, namespace, edited)  # refuses what `pulumi up` would refuse
    write_atomically(path, edited)
    import difflib

    lines = difflib.unified_diff(text.splitlines(), edited.splitlines(), path, path, n=1, lineterm="")
    note(f"{path}: written\n" + "\n".join(lines))
