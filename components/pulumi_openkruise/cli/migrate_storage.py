"""``pulumi-openkruise migrate-storage``: store custom resources in the API version that a chart needs."""

from collections.abc import Sequence

import click

from ..cluster import Cluster, ClusterError
from ..inventory.crd_storage import list_pairs, read_storage
from ..lifecycle.storage_migration import (
    WRITTEN,
    Loss,
    Step,
    Target,
    find_lost_fields,
    list_versions_to_compare,
    parse_target,
    plan_steps,
)
from . import options
from .app import CLEAN, FINDINGS
from .cluster_access import ClusterAccess
from .errors import UnusableInputError
from .output.progress import progress
from .output.storage_report import describe_outcomes, describe_plan, write_data
from .output.terminal import as_json, ask_agreement, emit
from .storage_rewrite import PROPAGATION, Outcome, Pace, rewrite_objects, switch_written_version


@click.command("migrate-storage")
@options.cluster
@click.option(
    "--to",
    "target",
    metavar="VERSION",
    default=WRITTEN,
    show_default=True,
    help="Chart that must be able to read all objects, such as 1.8.3; or an API version, such as v1beta1; "
    f"or {WRITTEN}, the version that each CRD writes.",
)
@click.option(
    "--rate",
    type=click.FloatRange(min=0.1, max=1000),
    default=100.0,
    show_default=True,
    help="Objects to rewrite in a second, at most.",
)
@click.option("--dry-run", is_flag=True, help="Show what is stored and what would be done; change nothing.")
@options.yes
@options.table_or_json
def migrate_storage(
    access: ClusterAccess,
    target: str,
    rate: float,
    dry_run: bool,
    yes: bool,
    output: str,
) -> int:
    """Rewrite OpenKruise's custom resources in another API version.

    An object stays stored in the version in which it was last written, and a chart that lacks that version is
    refused. This command reads for each CRD which versions may be stored and how many objects there are,
    writes every object once more without a change, and removes the other versions from the CRD's
    status.storedVersions. If an object would lose a field, it changes nothing and shows the fields.

    If it was interrupted, run it again: it skips CRDs that are finished, and writing an object a second time
    changes nothing.

    \b
    Examples:
      pulumi-openkruise migrate-storage --dry-run
      pulumi-openkruise migrate-storage --to 1.8.3
      pulumi-openkruise migrate-storage --rate 20 --yes

    \b
    Exit codes: 0  nothing to do, or done
                1  there is something to do (--dry-run, or the answer was no), would lose fields, or failed
                2  the cluster could not be read, or refused the requests
    """
    try:
        chosen = parse_target(target)
    except ValueError as error:
        raise UnusableInputError(f"--to: {error}") from None
    outcomes: dict[str, Outcome] = {}
    begun = False
    try:
        cluster = access.connect(unbounded=True)
        steps = plan_steps(read_storage(cluster), chosen)
        if not steps:
            raise UnusableInputError(f"there are no CRDs of OpenKruise in the cluster at {cluster.address}")
        losses = _find_losses(cluster, steps, chosen)
        refused = bool(losses) or any(step.blocked for step in steps)
        needed = [step for step in steps if step.needed and not step.blocked]
        if output == "table":
            emit(describe_plan(cluster, steps, losses))
        if needed and not refused and not dry_run and (yes or ask_agreement()):
            begun = True
            _migrate(cluster, needed, Pace(rate), outcomes)
    except ClusterError as error:
        again = "\n  run the same command again: it goes on where it stopped" if begun else ""
        raise UnusableInputError(f"{error}{again}") from None
    if output == "json":
        emit(as_json(write_data(cluster, chosen, steps, losses, outcomes)))
    elif outcomes:
        emit(describe_outcomes(chosen, outcomes))
    finished = all(step.crd.name in outcomes and outcomes[step.crd.name].done for step in needed)
    return CLEAN if finished and not refused else FINDINGS


def _find_losses(cluster: Cluster, steps: Sequence[Step], target: Target) -> list[Loss]:
    """Return the objects that the target cannot hold wholly; reads all objects of the kinds concerned.

    Kinds that are stored as the target wants may hold fields that its chart lacks, and are read as well.
    """
    losses: dict[tuple[str, str], Loss] = {}
    with progress() as show:
        for step in steps:
            if step.blocked or not step.crd.objects:
                continue
            if not step.needed and not target.may_lack_fields(step.crd.name):
                continue
            for version in list_versions_to_compare(step) or [step.version]:
                pairs = list_pairs(cluster, step.crd, version, step.version)
                for count, (header, shown, converted) in enumerate(pairs, 1):
                    show(step.crd.plural, count, step.crd.objects)
                    fields = find_lost_fields(step.crd, target, shown, converted)
                    if fields:
                        key = step.crd.kind, str(header)
                        losses[key] = Loss(*key, tuple(fields))
    return list(losses.values())


def _migrate(cluster: Cluster, steps: Sequence[Step], pace: Pace, outcomes: dict[str, Outcome]) -> None:
    """Rewrite the objects of each CRD in turn, and put what became of them into ``outcomes`` by CRD.

    All CRDs write their new version before the first object is rewritten.
    """
    switched = [step for step in steps if step.switches]
    for step in switched:
        switch_written_version(cluster, step)
    if switched:
        pace.sleep(PROPAGATION)
    with progress("Rewriting") as show:
        for step in steps:
            outcomes[step.crd.name] = rewrite_objects(cluster, step, pace, show)
