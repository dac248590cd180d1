"""Check after ``up`` whether daemons run where they should, and in preview which real nodes lose theirs.

It uses the kubeconfig of the stack's own Kubernetes provider. Failing to inspect the cluster is reported in
one line and never fails the update, which has done its work.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pulumi

from ..config.settings import Settings
from ..diagnostics.problem import Problem
from ..diagnostics.wording import printable
from .errors import InvalidConfigError
from .provider_kubeconfig import answer, credentials

if TYPE_CHECKING:
    from ..checks import Expected, Finding, Report
    from ..cluster import Cluster

PATIENCE_SECONDS, PAUSE_SECONDS = 15.0, 1.5
"""How long pods that should run, or go, are waited for while none of them does: Helm's wait leaves a tenth of
the daemons out, and in a large cluster these take minutes. One that is still starting then is no finding."""


def told(
    component: pulumi.ComponentResource,
    release: Any,
    settings: Settings,
    values: pulumi.Input[Mapping[str, Any]],
) -> pulumi.Output[Any]:
    """Return the release's status, known once nodes and pods were looked at and the findings are told.

    ``values`` are the rendered Helm values. With ``node_check`` ``fail`` the
    output fails with an InvalidConfigError that lists the findings.
    """
    status: pulumi.Output[Any] = release.status.apply(lambda found: found.status if found else None)
    if settings.node_check == "off" or pulumi.runtime.is_dry_run():
        return status

    async def look(known: Sequence[Any]) -> Any:
        await _look(component, settings, known[1])
        return known[0]

    # Values may be secret; the status, and where daemons are, is not.
    return pulumi.Output.unsecret(pulumi.Output.all(status, values).apply(look))


async def foretold(
    ask: Callable[[Callable[[Any], Any]], Awaitable[Any]],
    component: pulumi.ComponentResource,
    settings: Settings,
    values: Mapping[str, Any],
) -> None:
    """Tell, in a preview, of real nodes that these Helm values take from daemons, or all from the manager.

    Raises InvalidConfigError with ``node_check`` ``fail``. Where nodes cannot be read nothing is told: `up`
    says so.
    """
    if settings.node_check == "off":
        return
    found = await ask(lambda cluster: _left_out(cluster, settings, values))
    if isinstance(found, str) or not found[0]:
        return
    headline, findings = found
    problems = [_problem(finding) for finding in findings]
    if settings.node_check == "fail":
        name = component.pulumi_resource_name
        raise InvalidConfigError(problems, source=f"nodeCheck of OpenKruise {name!r}: {headline}")
    _say(pulumi.log.warn, "\n".join([headline, *map(str, problems)]), component)


async def _look(
    component: pulumi.ComponentResource,
    settings: Settings,
    values: Mapping[str, Any],
) -> None:
    given = await credentials(component)
    if given.kubeconfig is None:
        _say(pulumi.log.info, f"not checked, because {given.reason}", component)
        return
    # Not the pool in which Pulumi waits for the engine: that may be full of what waits for this.
    with ThreadPoolExecutor(1, thread_name_prefix="openkruise-node-check") as threads:
        report = await asyncio.get_running_loop().run_in_executor(
            threads, answer, given, lambda cluster: _report(cluster, settings, values)
        )
    if isinstance(report, str):
        _say(pulumi.log.warn, f"not checked, because {report}", component)
        return
    findings = [finding for finding in report.findings if finding.severity != "info"]
    gaps = "".join(f" Not checked: {one.what}, because {one.because}." for one in report.not_checked)
    if not findings:
        _say(pulumi.log.info, f"{report.summary()}{gaps}", component)
        return
    problems = [_problem(finding) for finding in findings]
    if settings.node_check == "fail":
        name = component.pulumi_resource_name
        raise InvalidConfigError(
            problems, source=f"nodeCheck of OpenKruise {name!r}: {report.summary()}{gaps}"
        )
    listed = "\n".join(str(problem) for problem in problems)
    _say(pulumi.log.warn, f"{report.summary()}{gaps}\n{listed}", component)


def _report(cluster: "Cluster", settings: Settings, values: Mapping[str, Any]) -> "Report":
    """Look until the pods are where they should be, or nothing has come nearer to that for a while."""
    # Imported here, in the thread: it takes longer than everything else in this program.
    from time import monotonic, sleep

    from ..checks import Snapshot, check
    from ..inventory.survey import now, read_nodes, read_pods

    expected = _expected(settings, values)
    from ..detection import classify

    nodes = read_nodes(cluster, classify)
    running, deadline = -1, 0.0
    while True:
        pods = read_pods(cluster, settings.namespace)
        snapshot = Snapshot(source=cluster.address, taken=now(), nodes=nodes, pods=pods)
        report = check(snapshot, expected)
        counts = report.counts()
        if counts.get("running", 0) > running:
            running, deadline = counts.get("running", 0), monotonic() + PATIENCE_SECONDS
        settled = not counts.get("starting") and not any(map(_may_pass, report.findings))
        if settled or monotonic() > deadline:
            return report
        sleep(PAUSE_SECONDS)


def _left_out(
    cluster: "Cluster", settings: Settings, values: Mapping[str, Any]
) -> "tuple[str, list[Finding]]":
    """Return in one line, empty if nothing is wrong, who is left without a node, and each cause."""
    from dataclasses import replace

    from ..checks import Snapshot, check
    from ..checks.expected import match_nodes
    from ..inventory.survey import now, read_nodes

    expected = _expected(settings, values)
    from ..detection import classify

    nodes = read_nodes(cluster, classify)
    report = check(Snapshot(source=cluster.address, taken=now(), nodes=nodes), expected)
    real = [node for node in nodes if node.classification.runs_daemon]
    lost, told = report.counts().get("lost", 0), []
    if lost:
        told.append(f"{lost:,} of {len(real):,} real nodes get no daemon")
    wanted = replace(expected, selectors=(), daemon=expected.manager, node_selector={}, has_daemon=True)
    places = real if settings.exclude_manager else nodes
    if places and not any(match.admitted for match in match_nodes(wanted, places)):
        told.append("no node is left for the manager, and Helm would wait for it until its timeout")
    findings = [finding for finding in report.findings if finding.code == "real-node-excluded"]
    return "; ".join(told), findings


def _expected(settings: Settings, values: Mapping[str, Any]) -> "Expected":
    from ..checks.expected import expect_values

    return expect_values(settings, values, "the stack")


def _may_pass(finding: "Finding") -> bool:
    return finding.code in ("real-node-without-daemon", "daemon-on-excluded-node", "manager-on-excluded-node")


def _problem(finding: "Finding") -> Problem:
    detail = tuple(f"  {line}" for line in (*finding.evidence[:5], finding.consequence))
    return Problem(finding.code, finding.code, finding.what, detail, finding.remedy)


def _say(how: Any, text: str, component: pulumi.ComponentResource) -> None:
    plain = "\n".join(map(printable, text.split("\n")))
    how(f"nodeCheck: {plain}", resource=component)
