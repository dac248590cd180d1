"""What ``migrate-storage`` shows: the plan, what became of each CRD, and both as data."""

from collections.abc import Mapping, Sequence
from typing import Any

from ...cluster import Cluster
from ...diagnostics.wording import pluralize, shorten
from ...lifecycle.storage_migration import Loss, Step, Target
from ..storage_rewrite import Outcome
from .table import as_table

_SHOWN = 20


def describe_plan(cluster: Cluster, steps: Sequence[Step], losses: Sequence[Loss]) -> str:
    """Return the table of what is stored and what there is to do, and the fields that objects would lose."""
    rows = [
        [
            step.crd.name,
            str(step.crd.objects),
            step.crd.written,
            ", ".join(step.crd.stored),
            _to_do(step),
        ]
        for step in steps
    ]
    parts: list[str] = [
        f"Cluster {cluster.address}, context {cluster.context}",
        as_table(["CRD", "objects", "written as", "may be stored as", "to do"], [rows]),
    ]
    parts += [f"{loss.kind} {loss.object} would lose {shorten(loss.fields)}" for loss in losses[:_SHOWN]]
    if len(losses) > _SHOWN:
        parts.append(f"and {pluralize(len(losses) - _SHOWN, 'more object')}; --output json lists all")
    if losses:
        parts.append("Nothing is changed: remove these fields from the objects, or stay with this chart.")
    return "\n".join(parts)


def _to_do(step: Step) -> str:
    if step.blocked:
        return f"refused: {step.blocked}"
    if not step.needed:
        return "nothing"
    switch = f"write {step.version} from now on, " if step.switches else ""
    return f"{switch}rewrite as {step.version}"


def describe_outcomes(target: Target, outcomes: Mapping[str, Outcome]) -> str:
    """Return the table of what became of each CRD, and what to do next."""
    rows = [
        [
            name,
            *map(str, (one.rewritten, one.already, one.conflicts, one.gone, len(one.failed))),
            _describe_state(one),
        ]
        for name, one in outcomes.items()
    ]
    parts: list[str] = [
        as_table(["CRD", "rewritten", "already so", "read again", "gone", "failed", "result"], [rows])
    ]
    for name, one in outcomes.items():
        parts += [f"{name} {which}: {reason}" for which, reason in list(one.failed.items())[:_SHOWN]]
    if not all(one.done for one in outcomes.values()):
        parts.append("Not finished: mend what failed, and run the same command again.")
    elif target.chart is not None:
        parts += [
            "Done. Now:",
            f"  pulumi config set openkruise:chartVersion {target.text} && pulumi up",
            "An `up` with the present chart would have the CRDs write their former version again.",
        ]
    else:
        parts.append("Done.")
    return "\n".join(parts)


def _describe_state(outcome: Outcome) -> str:
    if outcome.done:
        return "done"
    return "the CRD was changed meanwhile" if outcome.changed else "not finished"


def write_data(
    cluster: Cluster,
    target: Target,
    steps: Sequence[Step],
    losses: Sequence[Loss],
    outcomes: Mapping[str, Outcome],
) -> Mapping[str, Any]:
    """Return plan, losses and outcomes as plain data."""
    return {
        "cluster": cluster.address,
        "context": cluster.context,
        "target": target.text,
        "crds": [
            {
                "name": step.crd.name,
                "objects": step.crd.objects,
                "written": step.crd.written,
                "stored": list(step.crd.stored),
                "target": step.version,
                "needed": step.needed,
                "refused": step.blocked or None,
                "outcome": _write_outcome(outcomes.get(step.crd.name)),
            }
            for step in steps
        ],
        "losses": [{"kind": one.kind, "object": one.object, "fields": list(one.fields)} for one in losses],
    }


def _write_outcome(outcome: Outcome | None) -> Mapping[str, Any] | None:
    if outcome is None:
        return None
    return {
        "done": outcome.done,
        "rewritten": outcome.rewritten,
        "already": outcome.already,
        "readAgain": outcome.conflicts,
        "gone": outcome.gone,
        "failed": outcome.failed,
        "changed": outcome.changed,
    }
