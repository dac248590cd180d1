"""``pulumi-openkruise check``: a cluster against a stack's selectors, an installation against known traps."""

from dataclasses import replace

import click

from ..checks import Expected, Report, Snapshot, expect_daemon_set, node_facts
from ..checks import check as run_checks
from ..detection import classify
from ..diagnostics.unavailable import Unavailable
from ..inventory.location import home
from . import options
from .app import CLEAN, FINDINGS
from .errors import UnusableInputError
from .input.expectations import of_arguments, of_stack_file
from .input.node_objects import read_node_objects
from .output.progress import Progress, progress
from .output.report_table import as_text
from .output.terminal import as_json, emit, note


@click.command()
@click.argument("selectors", nargs=-1, metavar="[SELECTOR]...")
@click.option("--stack-file", metavar="FILE", help="Compare with a stack's file; SELECTORs come on top.")
@options.kubeconfig
@options.context
@click.option(
    "--nodes-file",
    metavar="FILE",
    help="Take nodes from what kubectl get nodes -o json prints, - for standard input, instead of a cluster: "
    "only nodes and selectors are compared.",
)
@click.option(
    "--namespace", metavar="NAME", help="OpenKruise's namespace; else the stack's, or kruise-system."
)
@click.option(
    "--live",
    is_flag=True,
    help="Also compare live objects with the release's manifest and the stack's affinity.",
)
@click.option(
    "--before-destroy", is_flag=True, help="Also list everything of OpenKruise's that a destroy would delete."
)
@click.option(
    "-o", "--output", type=click.Choice(["table", "json"]), default="table", show_default=True, help="Form."
)
@click.option(
    "--html", metavar="FILE", help="Also write one self-contained page with a picture of the cluster."
)
@options.config_namespace
def check(
    selectors: tuple[str, ...],
    stack_file: str | None,
    kubeconfig: str | None,
    context_name: str | None,
    nodes_file: str | None,
    namespace: str | None,
    live: bool,
    before_destroy: bool,
    output: str,
    html: str | None,
    config_namespace: str,
) -> int:
    """Compare a cluster with a stack's selectors, and its OpenKruise with the known traps.

    Nothing is changed. Without --stack-file and SELECTORs the affinity of the live DaemonSet counts. With
    permission to list nodes and pods alone it does what it can, and says what it could not look at.

    \b
    Examples:
      pulumi-openkruise check --stack-file stacks/Pulumi.prod.yaml --context prod
      pulumi-openkruise check --stack-file stacks/Pulumi.prod.yaml --live --html prod.html
      pulumi-openkruise check --before-destroy
      kubectl get nodes -o json | pulumi-openkruise check --stack-file new.yaml --nodes-file -

    \b
    Exit codes: 0  clean
                1  findings (those marked info do not count)
                2  could not look, or unusable input
    """
    if stack_file == nodes_file == "-":
        raise click.UsageError("standard input can be read once: give --stack-file or --nodes-file a FILE")
    expected: Expected | None = None
    if stack_file is not None:
        expected = of_stack_file(stack_file, config_namespace, selectors)
    elif selectors:
        expected = of_arguments(selectors, namespace or Expected.namespace)
    if expected is not None and namespace is not None:
        expected = replace(expected, namespace=namespace)
    with progress() as tell:
        if nodes_file is not None:
            if expected is None:
                raise click.UsageError("--nodes-file needs --stack-file or SELECTORs to compare with")
            if live or before_destroy or kubeconfig or context_name:
                others = "--live, --before-destroy, --kubeconfig and --context"
                raise click.UsageError(f"--nodes-file takes nodes alone: leave out {others}")
            report = run_checks(_from_file(nodes_file, tell), expected)
        else:
            report = _of_cluster(kubeconfig, context_name, expected, namespace, live, before_destroy, tell)
    if html is not None:
        from .output.report_page import write_page

        write_page(report, html)
        note(f"written: {html}")
    emit(as_json(report.to_dict()) if output == "json" else as_text(report))
    return CLEAN if report.clean else FINDINGS


def _from_file(path: str, tell: Progress) -> Snapshot:
    from ..inventory.survey import now

    nodes = []
    for node in read_node_objects(path):
        nodes.append(node_facts(node, classify))
        if len(nodes) % 1000 == 0:
            tell("nodes", len(nodes), 0)
    return Snapshot(source="standard input" if path == "-" else path, taken=now(), nodes=nodes)


def _of_cluster(
    kubeconfig: str | None,
    context_name: str | None,
    expected: Expected | None,
    namespace: str | None,
    live: bool,
    destroy: bool,
    tell: Progress,
) -> Report:
    from ..cluster import ClusterError, connect
    from ..inventory.survey import survey

    wanted = expected or Expected(source="", namespace=namespace or Expected.namespace)
    release_namespace = wanted.release_namespace if wanted.is_stack else wanted.namespace
    try:
        cluster = connect(kubeconfig, context_name, ambient=True)
        snapshot = survey(
            cluster,
            classify=classify,
            namespace=wanted.namespace,
            release=(release_namespace, wanted.release_name),
            live=live,
            destroy=destroy,
            progress=tell,
        )
    except ClusterError as error:
        raise UnusableInputError(str(error)) from None
    if expected is None:
        expected = _of_live(snapshot, wanted.namespace)
    return run_checks(snapshot, expected)


def _of_live(snapshot: Snapshot, namespace: str) -> Expected:
    daemon_set = snapshot.daemon_set
    if isinstance(daemon_set, Unavailable):
        raise UnusableInputError(
            f"the DaemonSet in namespace {namespace} cannot be read ({daemon_set.reason}): "
            "give --stack-file or SELECTORs to compare the nodes with"
        )
    if daemon_set is None:
        there = home(snapshot, namespace)
        elsewhere = f"--namespace {there}, which OpenKruise's webhooks point to"
        raise UnusableInputError(
            f"there is no DaemonSet kruise-daemon in namespace {namespace}: give --stack-file or SELECTORs "
            f"to compare the nodes with, or {elsewhere if there != namespace else '--namespace'}"
        )
    return expect_daemon_set(daemon_set, namespace)
