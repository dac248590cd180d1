"""Checks where daemons run: in ``up`` after the release, and in preview which real nodes they leave out.

It uses the kubeconfig of the stack's own Kubernetes provider. Failing to inspect the cluster is reported in
one line and never fails the update, which has done its work.
"""

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pulumi

from ..config.settings import Settings
from ..diagnostics.problem import Problem
from ..diagnostics.unavailable import Unavailable
from ..diagnostics.wording import replace_unprintable
from .cluster_view import ClusterView
from .errors import InvalidConfigError

if TYPE_CHECKING:
    from ..checks import Expected, Finding, Report
    from ..cluster import Cluster

PATIENCE_SECONDS, PAUSE_SECONDS = 15.0, 1.5
"""How long to wait for pods that should start or stop while none of them does, and between two looks.

Helm's wait leaves a tenth of the daemons out, and in a large cluster these take minutes. A pod that is still
starting when the wait ends is not a finding.
"""

_RUNTIME = ("runtime-too-old", "runtime-socket")
_ANNOUNCED = ("real-node-excluded", *_RUNTIME)
"""Codes of findings that a preview reports: what nodes alone show."""

_HARMLESS = ("selector-matches-nothing",)
"""Codes of findings that never fail an update: a pool that has scaled to zero comes back."""

LONGEST_SECONDS = 900.0
"""When to stop waiting for pods whatever they do."""
_EVIDENCE = 5
"""Lines of evidence that a message shows of each finding."""


def check_nodes(
    release: Any,
    settings: Settings,
    values: pulumi.Input[Mapping[str, Any]],
    view: ClusterView,
) -> pulumi.Output[Any]:
    """Return the release's status, known once nodes and pods were checked and the findings are reported.

    ``values`` are the rendered Helm values. With ``node_check`` ``fail`` the
    output fails with an InvalidConfigError that lists the findings, unless all of them are harmless.
    """
    status: pulumi.Output[Any] = release.status.apply(lambda found: found.status if found else None)
    if settings.node_check == "off" or pulumi.runtime.is_dry_run():
        return status

    async def check(known: Sequence[Any]) -> Any:
        await _check(settings, known[1], view)
        return known[0]

    # Values may be secret; the status, and where daemons are, is not.
    return pulumi.Output.unsecret(pulumi.Output.all(status, values).apply(check))


async def announce_excluded_nodes(settings: Settings, values: Mapping[str, Any], view: ClusterView) -> None:
    """Report, in a preview, real nodes that these Helm values take from daemons, or all from the manager.

    Raises InvalidConfigError with ``node_check`` ``fail``. Where nodes cannot be read nothing is reported:
    `up` says so.
    """
    if settings.node_check == "off":
        return
    found = await view.ask(lambda cluster: _find_excluded_nodes(cluster, settings, values))
    if isinstance(found, Unavailable):
        return
    headlines, problems = found
    if not headlines:
        return
    headline = "; ".join(headlines)
    if settings.node_check == "fail":
        raise _make_error(problems, headline, view)
    _say(pulumi.log.warn, "\n".join([headline, *map(str, problems)]), view)


async def _check(settings: Settings, values: Mapping[str, Any], view: ClusterView) -> None:
    given = await view.find_credentials()
    if isinstance(given, Unavailable):
        _say(pulumi.log.info, f"not checked, because {given}", view)
        return
    report = await view.ask(lambda cluster: _report(cluster, settings, values), LONGEST_SECONDS)
    if isinstance(report, Unavailable):
        _say(pulumi.log.warn, f"not checked, because {report}", view)
        return
    gaps = "".join(f" Not checked: {one.what}, because {one.because}." for one in report.not_checked)
    summary = f"{report.summary()}{gaps}"
    problems = [_make_problem(finding) for finding in report.findings if finding.severity != "info"]
    if not problems:
        _say(pulumi.log.info, summary, view)
    elif settings.node_check == "fail" and any(problem.code not in _HARMLESS for problem in problems):
        raise _make_error(problems, summary, view)
    else:
        _say(pulumi.log.warn, "\n".join([summary, *map(str, problems)]), view)


def _report(cluster: "Cluster", settings: Settings, values: Mapping[str, Any]) -> "Report":
    """Look until the pods are where they should be, or nothing has come nearer to that for a while."""
    # Imported here, in the thread: it takes longer than everything else in this program.
    from ..checks import Snapshot, check
    from ..detection import classify
    from ..inventory.survey import now, read_nodes, read_pods

    expected = _expect_release(settings, values)
    nodes = read_nodes(cluster, classify)
    running, deadline = -1, 0.0
    while True:
        pods = read_pods(cluster, settings.namespace)
        snapshot = Snapshot(source=cluster.address, taken=now(), nodes=nodes, pods=pods)
        report = check(snapshot, expected)
        counts = report.counts()
        if counts.get("running", 0) > running:
            running, deadline = counts.get("running", 0), time.monotonic() + PATIENCE_SECONDS
        finished = not counts.get("starting") and not any(map(_is_temporary, report.findings))
        if finished or time.monotonic() > deadline:
            return report
        time.sleep(PAUSE_SECONDS)


def _find_excluded_nodes(
    cluster: "Cluster", settings: Settings, values: Mapping[str, Any]
) -> tuple[list[str], list[Problem]]:
    """Return a headline for each workload that loses nodes it should have, and the problem of each cause."""
    from ..checks import Snapshot, check
    from ..checks.expected import match_nodes
    from ..detection import classify
    from ..inventory.survey import now, read_nodes

    expected = _expect_release(settings, values)
    nodes = read_nodes(cluster, classify)
    report = check(Snapshot(source=cluster.address, taken=now(), nodes=nodes), expected)
    problems = [_make_problem(finding) for finding in report.findings if finding.code in _ANNOUNCED]
    real = [node for node in nodes if node.classification.runs_daemon]
    lost, headlines = report.counts().get("lost", 0), []
    if lost:
        headlines.append(f"{lost:,} of {len(real):,} real nodes get no daemon")
    unusable = {
        str(one) for finding in report.findings if finding.code in _RUNTIME for one in finding.objects
    }
    if unusable:
        headlines.append(f"on {len(unusable):,} of {len(real):,} real nodes the daemon cannot run")
    manager = replace(expected, selectors=(), daemon=expected.manager, node_selector={}, has_daemon=True)
    places = real if settings.exclude_manager else nodes
    if places and not any(match.admitted for match in match_nodes(manager, places)):
        headlines.append("no node is left for the manager, and Helm would wait for it until its timeout")
        problems.append(_report_no_node_for_manager(settings, len(places)))
    return headlines, problems


def _report_no_node_for_manager(settings: Settings, places: int) -> Problem:
    field_name = settings.field_name
    kind = "real nodes" if settings.exclude_manager else "nodes"
    return Problem(
        "no-node-for-manager",
        field_name("exclude_manager"),
        f"of {places:,} {kind} none is left for the manager by its node affinity",
        (),
        f"list fewer virtual nodes, or change {field_name('values')}.manager.nodeAffinity; where all nodes "
        f"are virtual, set {field_name('exclude_manager')} to false",
    )


def _expect_release(settings: Settings, values: Mapping[str, Any]) -> "Expected":
    from ..checks.expected import expect_values

    return expect_values(settings, values, "the stack")


def _is_temporary(finding: "Finding") -> bool:
    """Tell whether a finding may disappear while pods start and stop, so that waiting makes sense."""
    return finding.code in ("real-node-without-daemon", "daemon-on-excluded-node", "manager-on-excluded-node")


def _make_problem(finding: "Finding") -> Problem:
    detail = tuple(f"  {line}" for line in (*finding.evidence[:_EVIDENCE], finding.consequence))
    return Problem(finding.code, finding.code, finding.what, detail, finding.remedy)


def _make_error(problems: Sequence[Problem], headline: str, view: ClusterView) -> InvalidConfigError:
    name = view.component.pulumi_resource_name if view.component is not None else ""
    return InvalidConfigError(problems, source=f"nodeCheck of OpenKruise {name!r}: {headline}")


def _say(how: Any, text: str, view: ClusterView) -> None:
    how("\n".join(map(replace_unprintable, f"nodeCheck: {text}".split("\n"))), resource=view.component)
