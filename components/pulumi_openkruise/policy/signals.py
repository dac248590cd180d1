"""The catalogue's indicators as one CEL expression, true for Node objects that look virtual.

The expression follows the detector's verdict (``detection.classify``) on the safe side: it is true only for
nodes that the detector calls virtual. What the detector counts and CEL does not see or does not count:

* names of labels and taints of unknown makers, and a runtime of unknown form: a guess must not label a node;
* a decisive taint, version, image or architecture on what looks like a machine: such a node stays unlabelled;
* ``Ready``: a node without any version that gets ready is labelled by nothing but its labels and taints.
"""

from collections.abc import Callable, Collection, Iterable

from ..catalogue.indicators import INDICATORS, NODE_INFO_FIELDS, SHAPES, Indicator, Place
from ..catalogue.kubelets import MACHINE_ANNOTATIONS, MACHINE_PROVIDER_ID
from .expressions import HAS_LABELS, join_any, quote, quote_list

NOT_BY_DEFAULT = frozenset({"tke-supernode"})
"""Virtual kinds that may be wanted as they are: TKE can inject DaemonSet pods into super nodes."""

_FIELDS: dict[Place, str] = {
    "kubelet-version": "kubeletVersion",
    "runtime": "containerRuntimeVersion",
    "os-image": "osImage",
    "architecture": "architecture",
}
SURE_ON_MACHINES: tuple[Place, ...] = ("label", "annotation", "provider-id", "runtime")
"""Where a decisive indicator decides on a node with marks of a machine, too, as for the detector."""

_LONGEST = 200
"""Characters of a field that are looked at; the longest in the corpus has a third of that."""

_NODE_INFO = "object.status.nodeInfo"
_HAS_INFO = f"has(object.status) && has({_NODE_INFO})"


def write_signals(asked_for: Collection[str] = ()) -> str:
    """Return the expression; ``asked_for`` are kinds by name that count although they do not by default."""
    left_out = NOT_BY_DEFAULT.difference(asked_for)
    counted = [one for one in INDICATORS if one.virtual and not left_out.issuperset(one.kinds)]
    decisive = [one for one in counted if one.strength == "decisive"]
    sure = _write_all([one for one in decisive if one.place in SURE_ON_MACHINES])
    unless_machine = _write_all([one for one in decisive if one.place not in SURE_ON_MACHINES])
    strong = [*_write_all([one for one in counted if one.strength == "strong"]), _write_shape()]
    count = f"[{', '.join(strong)}].filter(one, one).size()"
    no_runtime = f'{_HAS_INFO} && {_NODE_INFO}.containerRuntimeVersion == ""'
    return join_any(
        [
            *sure,
            f"(!({_write_machine()}) && ({join_any([*unless_machine, f'({no_runtime} && {count} > 0)'])}))",
            f"{count} > 1",
        ]
    )


def _write_all(indicators: Iterable[Indicator]) -> list[str]:
    """Return one expression for each label's key, for all taints, all annotations, and each field."""
    groups: dict[tuple[Place, str], list[Indicator]] = {}
    for indicator in indicators:
        key = indicator.key if indicator.place == "label" else ""
        groups.setdefault((indicator.place, key), []).append(indicator)
    return [f"({_WRITERS[place](key, group)})" for (place, key), group in groups.items() if place in _WRITERS]


def _write_label(key: str, group: list[Indicator]) -> str:
    values = [one.value for one in group]
    present = f"{HAS_LABELS} && {quote(key)} in object.metadata.labels"
    if None in values:
        return present
    listed = quote_list(value for value in values if value is not None)
    return f"{present} && object.metadata.labels[{quote(key)}] in {listed}"


def _write_taint(_key: str, group: list[Indicator]) -> str:
    """Look through the taints once: a node may have thousands, and each look costs."""
    keys = quote_list(one.key for one in group)
    fits = [f"taint.key in {quote_list(one.key for one in group if one.value is None)}"]
    with_value = [f"{one.key}={one.value}" for one in group if one.value is not None]
    if with_value:
        fits.append(f'has(taint.value) && taint.key + "=" + taint.value in {quote_list(with_value)}')
    found = f"taint.key in {keys} && ({join_any(fits)})"
    return f"has(object.spec.taints) && object.spec.taints.exists(taint, {found})"


def _write_annotation(_key: str, group: list[Indicator]) -> str:
    keys = quote_list(one.key for one in group)
    return f"has(object.metadata.annotations) && {keys}.exists(key, key in object.metadata.annotations)"


def _write_provider_id(_key: str, group: list[Indicator]) -> str:
    return f"has(object.spec.providerID) && {_match('object.spec.providerID', _join_patterns(group))}"


def _write_field(_key: str, group: list[Indicator]) -> str:
    return f"{_HAS_INFO} && {_match(f'{_NODE_INFO}.{_FIELDS[group[0].place]}', _join_patterns(group))}"


_WRITERS: dict[Place, Callable[[str, list[Indicator]], str]] = {
    "label": _write_label,
    "taint": _write_taint,
    "annotation": _write_annotation,
    "provider-id": _write_provider_id,
    **dict.fromkeys(_FIELDS, _write_field),
}
"""For each place that CEL sees; names are free to choose and count for the detector's doubts alone."""


def _write_shape() -> str:
    """Return an expression for a status that no kubelet reports; a node must not be ready for that."""
    shape = next(shape for shape in SHAPES if not shape.ready)
    filled = [f'{_NODE_INFO}.{NODE_INFO_FIELDS[name]} != ""' for name in shape.filled]
    empty = [f'{_NODE_INFO}.{NODE_INFO_FIELDS[name]} == ""' for name in shape.empty]
    return f"({' && '.join([_HAS_INFO, *filled, *empty])})"


def _write_machine() -> str:
    """Return an expression for annotations and provider ids that only machines with a kubelet have."""
    keys = quote_list(MACHINE_ANNOTATIONS)
    pattern = quote(f"^(?:{MACHINE_PROVIDER_ID.pattern})")
    return (
        f"(has(object.metadata.annotations) && {keys}.exists(key, key in object.metadata.annotations)) || "
        f"(has(object.spec.providerID) && {_match('object.spec.providerID', pattern)})"
    )


def _match(field: str, pattern: str) -> str:
    """Return an expression for a field that matches; the cost of that grows with the length of the field."""
    return f"{field}.size() <= {_LONGEST} && {field}.matches({pattern})"


def _join_patterns(group: list[Indicator]) -> str:
    """Return the patterns of a field as one literal, matched from the field's beginning."""
    return quote(f"^(?:{'|'.join(f'(?:{one.pattern})' for one in group)})")
