"""What was changed by hand: live objects against Helm's manifest, and the live affinity against the computed.

Neither Helm nor `pulumi refresh` nor a plain `up` compares these.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from typing import Any

from ..config.node_affinity import REQUIRED
from ..diagnostics.unavailable import Unavailable
from ..diagnostics.wording import pluralize, shorten
from ..inventory.helm_records import find_deployed
from ..inventory.json_access import at, items, strings
from ..inventory.snapshot import Key, Object, Snapshot
from .expected import Expected
from .finding import Code, Finding, ObjectReference, make

_REMEDY = "`pulumi up` with another value of reapply creates a new Helm revision, which restores it"

AFFINITY = Code(
    "affinity-drift",
    "error",
    "the live affinity differs from the one that the stack's selectors give",
    "daemons or managers run where they should not, or are missing where they should run",
    _REMEDY,
)
OBJECTS = Code(
    "objects-missing",
    "error",
    "objects of the deployed revision that are not in the cluster",
    "their function is missing, and nothing reports it",
    _REMEDY,
)
FIELDS = Code(
    "fields-changed",
    "warning",
    "fields of live objects that differ from the deployed revision",
    "the cluster runs something other than Helm and Pulumi have recorded",
    f"{_REMEDY}; or move the change into the stack's values",
)
CODES = (AFFINITY, OBJECTS, FIELDS)

# What OpenKruise's manager writes itself, into objects that the chart creates (pkg/webhook/util).
_MANAGERS: dict[str, tuple[tuple[str, ...], ...]] = {
    "MutatingWebhookConfiguration": (("webhooks",), ("metadata", "annotations", "template")),
    "ValidatingWebhookConfiguration": (("webhooks",), ("metadata", "annotations", "template")),
    "CustomResourceDefinition": (("spec", "conversion"), ("metadata", "creationTimestamp"), ("status",)),
    "Secret": (("data",), ("stringData",)),
}
# The API server leaves out what is empty, false or zero, and so may the chart.
_EMPTY: tuple[object, ...] = (None, {}, [], "", False)

_QUANTITY = re.compile(r"([+-]?[0-9]+(?:\.[0-9]*)?)(|n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)", re.ASCII)
_UNITS = {
    "": Decimal(1),
    **{unit: Decimal(1000) ** power for power, unit in enumerate("kMGTPE", 1)},
    **{f"{unit}i": Decimal(1024) ** power for power, unit in enumerate("KMGTPE", 1)},
    **{unit: Decimal(1000) ** -power for power, unit in enumerate("mun", 1)},
}


def check_affinity(snapshot: Snapshot, expected: Expected) -> Iterator[Finding]:
    """Yield where live affinities differ from a stack's; DaemonSet and Deployment must have been read."""
    if not expected.is_stack:
        return
    evidence, objects = [], []
    for kind, name, live, wanted in (
        ("DaemonSet", "kruise-daemon", snapshot.daemon_set, expected.daemon),
        ("Deployment", "kruise-controller-manager", snapshot.deployment, expected.manager),
    ):
        if not isinstance(live, dict):
            continue
        found = at(live, "spec", "template", "spec", "affinity", "nodeAffinity", REQUIRED)
        if found != wanted:
            evidence.append(f"{kind} {name} {_compare(found, wanted)}")
            objects.append(ObjectReference(kind, name, expected.namespace))
    if objects:
        record = None if isinstance(snapshot.records, Unavailable) else find_deployed(snapshot.records)
        released = at(record.values, "daemon", "affinity", "nodeAffinity", REQUIRED) if record else None
        remedy = ""
        if record and released != expected.daemon:
            compared = _compare(released, expected.daemon)
            evidence.append(f"revision {record.revision} of the release has another config: it {compared}")
            remedy = "the stack has changed since: `pulumi up`"
        yield make(AFFINITY, AFFINITY.title, evidence, objects, remedy=remedy)


def check_objects(snapshot: Snapshot) -> Iterator[Finding]:
    """Yield what of the deployed revision is missing or changed; both sides must have been read."""
    assert not isinstance(snapshot.live, Unavailable)
    assert not isinstance(snapshot.manifest, Unavailable)
    missing, changed = [], []
    for key, manifest in snapshot.manifest.items():
        live = snapshot.live.get(key)
        if live is None:
            if key in snapshot.live:
                missing.append(key)
            continue
        ignored = _MANAGERS.get(key[1], ())
        fields = [path for path in find_differences(manifest, live) if not _is_within(path, ignored)]
        changed += [(key, path) for path in fields]
    if missing:
        kinds = Counter(kind for _version, kind, _namespace, _name in missing)
        evidence = [
            f"{pluralize(count, kind)}: {shorten(_list_names(missing, kind))}"
            for kind, count in sorted(kinds.items())
        ]
        what = f"{pluralize(len(missing), 'object')} of the release missing"
        yield make(OBJECTS, what, evidence, map(_make_reference, missing))
    if changed:
        evidence = [f"{_write_name(key)}: {_write_path(path)}" for key, path in changed]
        what = f"{pluralize(len(changed), 'field')} changed by hand"
        yield make(FIELDS, what, evidence, sorted({_make_reference(key) for key, _path in changed}))


def find_differences(wanted: Any, live: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, ...]]:
    """Yield the paths at which a live object lacks something that is wanted, or has something else.

    It may have more: the API server fills in defaults, and controllers add labels.
    """
    if isinstance(wanted, Mapping):
        found = live if isinstance(live, Mapping) else {}
        for key, value in wanted.items():
            yield from find_differences(value, found.get(key), (*path, str(key)))
    elif isinstance(wanted, Sequence) and not isinstance(wanted, str):
        found_list = live if isinstance(live, Sequence) and not isinstance(live, str) else ()
        if len(wanted) != len(found_list):
            yield path
            return
        for place, value in enumerate(wanted):
            yield from find_differences(value, found_list[place], (*path, f"[{place}]"))
    elif (
        wanted is not None
        and wanted != live
        and not (wanted in _EMPTY and live in _EMPTY)
        and not _is_same_quantity(wanted, live)
    ):
        yield path


def _is_within(path: tuple[str, ...], ignored: Sequence[tuple[str, ...]]) -> bool:
    return any(path[: len(prefix)] == prefix for prefix in ignored)


def _list_names(keys: Sequence[Key], kind: str) -> list[str]:
    return sorted(key[3] for key in keys if key[1] == kind)


def _write_name(key: Key) -> str:
    return str(_make_reference(key))


def _make_reference(key: Key) -> ObjectReference:
    _version, kind, namespace, name = key
    return ObjectReference(kind, name, namespace)


def _write_path(path: Sequence[str]) -> str:
    return ".".join(path).replace(".[", "[")


def _compare(found: Any, wanted: Any) -> str:
    """Describe how a live node selector differs from the wanted one; by requirement if both have one term."""
    has, wants = [set(_list_terms(one)[0]) if len(_list_terms(one)) == 1 else None for one in (found, wanted)]
    if has is None or wants is None:
        return f"requires {_shorten(found)}; the stack gives {_shorten(wanted)}"
    parts = (("lacks", wants - has), ("also requires", has - wants))
    return (
        "; ".join(f"{verb} {' and '.join(sorted(only))}" for verb, only in parts if only) or "differs in form"
    )


def _list_terms(node_selector: Any) -> list[list[str]]:
    return [
        [_write_requirement(one) for one in (*items(term, "matchExpressions"), *items(term, "matchFields"))]
        for term in items(node_selector, "nodeSelectorTerms")
    ]


def _shorten(node_selector: Any) -> str:
    """Write a node selector in 300 characters: terms joined by ``or``, requirements by ``and``."""
    written = (
        " or ".join(" and ".join(term) or "(nothing)" for term in _list_terms(node_selector)) or "nothing"
    )
    return written if len(written) <= 300 else f"{written[:297]}..."


def _write_requirement(one: Object) -> str:
    values = strings(one, "values")
    return f"{one.get('key')} {one.get('operator')}{f' [{shorten(values)}]' if values else ''}"


def _is_same_quantity(one: Any, other: Any) -> bool:
    """Tell whether two values are the same amount of a resource: the API server writes 1000m as 1."""
    left, right = _parse_quantity(one), _parse_quantity(other)
    return left is not None and left == right


def _parse_quantity(value: Any) -> Decimal | None:
    found = _QUANTITY.fullmatch(str(value)) if isinstance(value, (str, int)) else None
    return Decimal(found[1]) * _UNITS[found[2]] if found else None
