"""The component's output ``namespace``: known only once nothing refuses the installation."""

import contextlib
from typing import Any

import pulumi

from ..config.settings import Settings
from ..diagnostics.unavailable import Unavailable
from ..inventory.release import ReleaseState
from ..lifecycle import installation, release_condition
from ..lifecycle.moves import Recorded
from .cluster_view import ClusterView
from .hooks import Hooks
from .outputs import make_output
from .record import InstallationRecord


def await_verdict(
    release: pulumi.Resource,
    settings: Settings,
    hooks: Hooks,
    view: ClusterView,
    record: InstallationRecord,
) -> pulumi.Output[str]:
    """Return the namespace's name, known once nothing was refused and the release's state is reported.

    With ``--continue-on-error`` an engine goes on after a refusal and deletes what the program no longer has,
    unless the program fails too: it fails here. What is placed by this name depends on the release: it comes
    after the release, and goes before it.
    """

    async def await_and_report() -> str:
        with contextlib.suppress(Exception):  # reported where it happens
            await release.urn.future()
        await _report(release, settings, hooks, view)
        # Only now: what was refused leaves the record as it was.
        server = await view.find_server() or _recorded_server(hooks)
        record.write(Recorded(server, settings.namespace, settings.create_namespace))
        return settings.namespace

    # Not by all() of both: where the release is refused, the refusal should be what fails.
    return make_output(await_and_report(), {release})


def _recorded_server(hooks: Hooks) -> str | None:
    """Return the address to record: an update in place that does not know its own keeps the recorded one."""
    return hooks.decision.recorded.server if hooks.decision.recorded is not None else None


async def _report(release: Any, settings: Settings, hooks: Hooks, view: ClusterView) -> None:
    """Report the release's state; raises InvalidConfigError if it must not count as installed."""
    preview = pulumi.runtime.is_dry_run()
    problems = await hooks.decision.await_problems()
    state = await view.read_release()
    if hooks.refused or problems:
        raise hooks.make_error(hooks.refused or problems)
    if isinstance(state, ReleaseState) and release_condition.find_condition(state) and not preview:
        # That was before the update, which may have repaired it.
        state = await view.read_release_again()
    if isinstance(state, Unavailable):
        await _report_unseen(state, view)
        return
    problems = installation.check_blocked(state)
    if not hooks.checks.release_is_created and await _is_in_state(release):
        problems += installation.check_present(state)
    if problems and not preview:
        raise hooks.make_error(problems)
    for problem in problems:
        if problem.code == "release-gone":
            pulumi.log.warn(f"`up` refuses this: {problem}", resource=view.component)
    condition = release_condition.find_condition(state, settings.field_name)
    if condition is not None:
        pulumi.log.warn(str(condition), resource=view.component)


async def _is_in_state(release: Any) -> bool:
    """Tell whether the state has the release: if not, nothing is known of it before it is created."""
    try:
        return bool(await release.status.future())
    except Exception:  # reported where it happens
        return False


async def _report_unseen(why: Unavailable, view: ClusterView) -> None:
    unseen = f"the cluster was not inspected: {why}"
    if pulumi.runtime.is_dry_run():
        pulumi.log.info(unseen, resource=view.component)
    elif isinstance(await view.find_credentials(), Unavailable):
        # Also in `up`, since it does not pass: every update goes without, until a kubeconfig is given.
        risk = "a release that is stuck, or that another name or stack has, goes unnoticed"
        pulumi.log.warn(f"{unseen}; {risk}", resource=view.component)
