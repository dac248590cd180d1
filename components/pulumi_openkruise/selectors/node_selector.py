"""Required node affinity as plain data: reading it, writing it canonically, and evaluating it.

Evaluation: k8s.io/component-helpers ``scheduling/corev1/nodeaffinity`` (terms are ORed, an empty or invalid
term matches nothing, ``matchFields`` takes one value); validation: kubernetes ``pkg/apis/core/validation``.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from .errors import Problem
from .requirement import Requirement, check_requirement
from .syntax import check_name

NAME_FIELD = "metadata.name"
"""The only node field that ``matchFields`` may use."""

_REMEDY = "the API server refuses this: write it as `kubectl explain pod.spec.affinity.nodeAffinity` says"
_OVERHEAD = len('{"key":"","operator":"","values":[""]}')

Term = tuple[tuple[Requirement, ...], tuple[Requirement, ...]]
"""One node selector term: requirements on labels, and requirements on fields."""

ALWAYS_TRUE: dict[str, Any] = {
    "nodeSelectorTerms": [
        {"matchExpressions": [{"key": "openkruise.io/virtual-node", "operator": "DoesNotExist"}]},
        {"matchExpressions": [{"key": "openkruise.io/virtual-node", "operator": "Exists"}]},
    ]
}
"""A node selector that every node matches, to replace a default: an empty term would match no node."""


def write(terms: Iterable[Term]) -> dict[str, Any]:
    """Write terms as a node selector in canonical order.

    Values are sorted, requirements by key and operator, terms by number of requirements and then text, so
    that the same set of terms always gives the same bytes.
    """
    written = []
    for labels, fields in terms:
        term: dict[str, Any] = {}
        if labels:
            labels = tuple(sorted(labels))
            term["matchExpressions"] = [_write_requirement(requirement) for requirement in labels]
        if fields:
            fields = tuple(sorted(fields))
            term["matchFields"] = [_write_requirement(requirement) for requirement in fields]
        written.append((len(labels) + len(fields), labels, fields, term))
    if len(written) > 1:
        written.sort(key=lambda entry: (entry[0], _write_json(entry[1], entry[2])))
    return {"nodeSelectorTerms": [entry[3] for entry in written]}


def require_labels(labels: Mapping[str, str]) -> tuple[Requirement, ...]:
    """Return the requirements of a pod's ``nodeSelector`` with these labels."""
    return tuple(Requirement(key, "In", (value,)) for key, value in sorted(labels.items()))


def join_labels(terms: Sequence[Term] | None, labels: Mapping[str, str]) -> list[Term] | None:
    """Add the requirements of a pod's ``nodeSelector`` to each term; None where nothing is required."""
    added = require_labels(labels)
    if terms is None:
        return [(added, ())] if added else None
    return [((*own, *added), fields) for own, fields in terms]


def estimate_length(term: Term) -> int:
    """Return about how many characters the requirements of a term have as JSON."""
    labels, fields = term
    return sum([
        _OVERHEAD + len(key) + len(operator) + len("-,-".join(values))
        for key, operator, values in labels + fields
    ])  # fmt: skip


def _write_json(labels: Iterable[Requirement], fields: Iterable[Requirement]) -> str:
    """Return a term as ``json.dumps`` writes it, without the brace at its start."""
    parts = []
    quote = '", "'
    if labels:
        # Keys and values of labels need no quoting.
        listed = [
            f'{{"key": "{key}", "operator": "{operator}", "values": ["{quote.join(values)}"]}}'
            if values
            else f'{{"key": "{key}", "operator": "{operator}"}}'
            for key, operator, values in labels
        ]
        parts.append(f'"matchExpressions": [{", ".join(listed)}]')
    if fields:
        parts.append(f'"matchFields": {json.dumps([_write_requirement(field) for field in fields])}')
    return ", ".join(parts) + "}"


def read(node_selector: Mapping[str, Any]) -> tuple[list[Term], list[Problem]]:
    """Read ``nodeSelectorTerms`` into terms and list everything that the API server would not accept.

    Terms without requirements match no node and are left out.
    """
    terms: list[Term] = []
    problems: list[Problem] = []

    def report(place: str, reason: str) -> None:
        problems.append(Problem("invalid-affinity", f"{place}: {reason}"))

    for field in node_selector:
        if field != "nodeSelectorTerms":
            report(str(field), "unknown field; a node selector has only nodeSelectorTerms")
    listed = node_selector.get("nodeSelectorTerms")
    if not isinstance(listed, (list, tuple)) or not listed:
        report("nodeSelectorTerms", "expected a list with at least one term")
        listed = []
    for number, term in enumerate(listed):
        place = f"nodeSelectorTerms[{number}]"
        if not isinstance(term, Mapping):
            report(place, f"expected a mapping, found {type(term).__name__}")
            continue
        for field in term:
            if field not in ("matchExpressions", "matchFields"):
                report(place, f"unknown field {field!r}; a term has matchExpressions and matchFields")
        parts = []
        for field in ("matchExpressions", "matchFields"):
            part = []
            entries = term.get(field) or []
            if not isinstance(entries, (list, tuple)):
                report(f"{place}.{field}", f"expected a list, found {type(entries).__name__}")
                entries = []
            for at, entry in enumerate(entries):
                fault = _check_fields(entry) or _check_entry(entry, is_field=field == "matchFields")
                if fault:
                    report(f"{place}.{field}[{at}]", fault)
                else:
                    part.append(_read_requirement(entry))
            parts.append(tuple(part))
        if parts[0] or parts[1]:
            terms.append((parts[0], parts[1]))
    if problems:
        problems[-1] = replace(problems[-1], remedy=_REMEDY)
    return terms, problems


def affinity_matches(
    node_selector: Mapping[str, Any] | None, labels: Mapping[str, str], name: str = ""
) -> bool:
    """Check whether a node with these labels and this name satisfies a required node affinity.

    ``node_selector`` is what stands under ``requiredDuringSchedulingIgnoredDuringExecution``; None means
    that nothing is required. As upstream, an invalid or empty term matches nothing, and ``matchFields`` is
    ignored for a node without a name.
    """
    if node_selector is None:
        return True
    return any(_matches_term(term, labels, name) for term in node_selector.get("nodeSelectorTerms") or [])


def _matches_term(term: Mapping[str, Any], labels: Mapping[str, str], name: str) -> bool:
    expressions = term.get("matchExpressions") or []
    fields = term.get("matchFields") or []
    if not expressions and not fields:
        return False
    if any(_check_entry(entry, is_field=False) for entry in expressions):
        return False
    if any(
        entry.get("operator") not in ("In", "NotIn") or len(entry.get("values") or []) != 1
        for entry in fields
    ):
        return False
    if not all(_read_requirement(entry).matches(labels) for entry in expressions):
        return False
    if not name:
        return True
    found = {NAME_FIELD: name}
    return all(
        (found.get(entry.get("key", ""), "") == entry["values"][0]) == (entry["operator"] == "In")
        for entry in fields
    )


def _check_fields(entry: Any) -> str | None:
    for field in entry if isinstance(entry, Mapping) else ():
        if field not in ("key", "operator", "values"):
            return f"unknown field {field!r}; a requirement has key, operator and values"
    return None


def _check_entry(entry: Any, *, is_field: bool) -> str | None:
    if not isinstance(entry, Mapping):
        return f"expected a mapping, found {type(entry).__name__}"
    operator, values = entry.get("operator"), entry.get("values") or ()
    if operator not in ("In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt"):
        return f"operator {operator!r}, expected one of In, NotIn, Exists, DoesNotExist, Gt, Lt"
    if isinstance(values, str) or not isinstance(values, Sequence):
        return f"values must be a list, found {type(values).__name__}"
    if is_field:
        if entry.get("key") != NAME_FIELD:
            return f"key {entry.get('key')!r}, expected {NAME_FIELD}"
        if operator not in ("In", "NotIn") or len(values) != 1 or not isinstance(values[0], str):
            return "expected In or NotIn with exactly one value"
        return check_name(values[0])
    return check_requirement(entry.get("key"), operator, tuple(values))


def _read_requirement(entry: Mapping[str, Any]) -> Requirement:
    return Requirement(entry["key"], entry["operator"], tuple(sorted(set(entry.get("values") or ()))))


def _write_requirement(requirement: Requirement) -> dict[str, Any]:
    key, operator, values = requirement
    if values:
        return {"key": key, "operator": operator, "values": list(values)}
    return {"key": key, "operator": operator}
