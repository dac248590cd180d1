"""``pulumi-openkruise check``: check nodes against a stack's selectors, and OpenKruise for known faults."""

from dataclasses import replace
from datetime import date

import click

from ..checks import Expected, Report, Snapshot, expect_daemon_set, make_node_facts
from ..checks import check as run_checks
from ..checks.finding import Severity
from ..detection import classify
from ..diagnostics.unavailable import Unavailable
from ..inventory.location import find_serving_namespace
from . import options
from .app import CLEAN, FINDINGS
from .cluster_access import ClusterAccess
from .completion import complete_codes
from .errors import UnusableInputError
from .input.acceptance_file import read_acceptances
from .input.expectations import expect_arguments, expect_config_json, expect_stack_file
from .input.node_objects import read_node_objects
from .input.stack_cluster import note_other_cluster
from .output.explanation import explain_code
from .output.progress import Progress, progress
from .output.report_json import as_data
from .output.report_table import as_lines, as_text
from .output.terminal import as_json, emit, note


@click.command()
@click.argument("selectors", nargs=-1, metavar="[SELECTOR]...")
@options.stack_file("Compare with a stack's file; SELECTORs are added to it.")
@options.config_json()
@options.cluster
@click.option(
    "--nodes-file",
    type=options.FILE,
    metavar="FILE",
    help="Take nodes from what kubectl get nodes -o json (or yaml) prints, - for standard input, instead of "
    "a cluster: only nodes and selectors are compared.",
)
@click.option(
    "-n",
    "--namespace",
    metavar="NAME",
    help="OpenKruise's namespace; by default the stack's, or kruise-system.",
)
@click.option(
    "--live",
    is_flag=True,
    help="Also compare live objects with the release's manifest and the stack's affinity.",
)
@click.option("--before-destroy", is_flag=True, help="Also list everything that a destroy would delete.")
@click.option(
    "--fail-on",
    type=click.Choice(["critical", "error", "warning"]),
    default="warning",
    show_default=True,
    help="Exit with 1 for findings of this severity or a higher one.",
)
@click.option(
    "--accepted",
    "accepted_file",
    type=options.FILE,
    metavar="FILE",
    help="Findings that do not count: YAML with code, object, reason and until of each.",
)
@click.option(
    "-o",
    "--output",
    type=click.Choice(["table", "short", "json", "junit", "sarif", "html"]),
    default="table",
    show_default=True,
    help="Output format; short has one line for each finding.",
)
@click.option(
    "--html",
    type=options.FILE,
    metavar="FILE",
    help="Also write one self-contained page with a picture of the cluster.",
)
@click.option(
    "--explain",
    "explained",
    metavar="CODE",
    shell_complete=complete_codes,
    help="Explain a code of a finding instead of checking anything.",
)
@options.config_namespace
def check(
    selectors: tuple[str, ...],
    stack_file: str | None,
    config_json: str | None,
    access: ClusterAccess,
    nodes_file: str | None,
    namespace: str | None,
    live: bool,
    before_destroy: bool,
    fail_on: Severity,
    accepted_file: str | None,
    output: str,
    html: str | None,
    explained: str | None,
    config_namespace: str,
) -> int:
    """Check a cluster against a stack's selectors, and its OpenKruise for known faults.

    Nothing is changed. Without --stack-file and SELECTORs, nodes are compared with the affinity of the live
    DaemonSet. With permission to list nodes and pods only, it checks what these show, and says what it could
    not check.

    \b
    Examples:
      pulumi-openkruise check --stack-file stacks/Pulumi.prod.yaml --context prod
      pulumi-openkruise check --stack-file stacks/Pulumi.prod.yaml --live --html prod.html
      pulumi-openkruise check --stack-file stacks/Pulumi.prod.yaml --fail-on error -o junit > check.xml
      pulumi-openkruise check --accepted accepted.yaml
      pulumi-openkruise check --before-destroy
      pulumi-openkruise check --explain real-node-excluded
      kubectl get nodes -o json | pulumi-openkruise check --stack-file new.yaml --nodes-file -

    \b
    Exit codes: 0  clean, or nothing as severe as --fail-on
                1  findings (those marked info do not count)
                2  unusable input, or the cluster cannot be read
    """
    if explained is not None:
        emit(explain_code(explained))
        return CLEAN
    if [stack_file, config_json, nodes_file, accepted_file].count("-") > 1:
        raise click.UsageError("standard input can be read once: give a FILE to all options but one")
    acceptances = read_acceptances(accepted_file) if accepted_file is not None else []
    expected: Expected | None = None
    if stack_file is not None and config_json is not None:
        raise click.UsageError("--config-json replaces --stack-file: give one of them")
    if stack_file is not None:
        expected = expect_stack_file(stack_file, config_namespace, selectors)
    elif config_json is not None:
        expected = expect_config_json(config_json, config_namespace, selectors)
    elif selectors:
        expected = expect_arguments(selectors, namespace or Expected.namespace)
    if expected is not None and namespace is not None:
        expected = replace(expected, namespace=namespace)
    with progress() as show_progress:
        if nodes_file is not None:
            if expected is None:
                raise click.UsageError("--nodes-file needs --stack-file or SELECTORs to compare with")
            if live or before_destroy or access.is_chosen:
                others = "--live, --before-destroy and the options that choose a cluster"
                raise click.UsageError(f"--nodes-file takes nodes alone: leave out {others}")
            report = run_checks(_read_nodes(nodes_file, show_progress), expected)
        else:
            note_other_cluster(stack_file, config_json, access)
            report = _check_cluster(access, expected, namespace, live, before_destroy, show_progress)
    report = report.accept(acceptances, date.fromisoformat(report.snapshot.taken[:10]))
    if html is not None:
        from .output.report_page import write_page

        write_page(report, html, (stack_file, config_json, nodes_file, accepted_file, access.kubeconfig))
        note(f"written: {html}")
    emit(_format(report, output, fail_on, stack_file))
    return FINDINGS if report.fails_on(fail_on) else CLEAN


def _format(report: Report, output: str, fail_on: Severity, stack_file: str | None) -> str:
    """Return the report in one of the formats; those of other programs are imported where they are wanted."""
    if output == "table":
        return as_text(report)
    if output == "short":
        return as_lines(report)
    if output == "junit":
        from .output.report_junit import as_xml

        return as_xml(report, fail_on)
    if output == "html":
        from .output.report_page import page

        return page(report)
    if output == "sarif":
        from .output.report_sarif import as_data as as_sarif

        return as_json(as_sarif(report, None if stack_file == "-" else stack_file))
    return as_json(as_data(report, fail_on))


def _read_nodes(path: str, show_progress: Progress) -> Snapshot:
    from ..inventory.survey import now

    nodes = []
    for node in read_node_objects(path):
        nodes.append(make_node_facts(node, classify))
        if len(nodes) % 1000 == 0:
            show_progress("nodes", len(nodes), 0)
    return Snapshot(source="standard input" if path == "-" else path, taken=now(), nodes=nodes)


def _check_cluster(
    access: ClusterAccess,
    expected: Expected | None,
    namespace: str | None,
    live: bool,
    destroy: bool,
    show_progress: Progress,
) -> Report:
    from ..cluster import ClusterError
    from ..inventory.survey import survey

    wanted = expected or Expected(source="", namespace=namespace or Expected.namespace)
    release_namespace = wanted.release_namespace if wanted.is_stack else wanted.namespace
    try:
        cluster = access.connect()
        snapshot = survey(
            cluster,
            classify=classify,
            namespace=wanted.namespace,
            release=(release_namespace, wanted.release_name),
            live=live,
            destroy=destroy,
            progress=show_progress,
        )
    except ClusterError as error:
        raise UnusableInputError(str(error)) from None
    if expected is None:
        expected = _expect_live(snapshot, wanted.namespace)
    return run_checks(snapshot, expected)


def _expect_live(snapshot: Snapshot, namespace: str) -> Expected:
    daemon_set = snapshot.daemon_set
    if isinstance(daemon_set, Unavailable):
        raise UnusableInputError(
            f"the DaemonSet in namespace {namespace} cannot be read ({daemon_set.reason}): "
            "give --stack-file or SELECTORs to compare the nodes with"
        )
    if daemon_set is None:
        there = find_serving_namespace(snapshot, namespace)
        elsewhere = f"--namespace {there}, which OpenKruise's webhooks point to"
        raise UnusableInputError(
            f"there is no DaemonSet kruise-daemon in namespace {namespace}: give --stack-file or SELECTORs "
            f"to compare the nodes with, or {elsewhere if there != namespace else '--namespace'}"
        )
    return expect_daemon_set(daemon_set, namespace)
