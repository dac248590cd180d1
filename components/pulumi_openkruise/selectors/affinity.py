"""Required node affinity as plain data: reading it, writing it canonically, and evaluating it.

Evaluation: k8s.io/component-helpers ``scheduling/corev1/nodeaffinity`` (terms are ORed, an empty or invalid
term matches nothing, ``matchFields`` takes one value); validation: kubernetes ``pkg/apis/core/validation``.
"""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from .errors import Problem
from .parse import requirement_fault
from .requirement import Requirement

NAME_FIELD = "metadata.name"
"""The only node field that ``matchFields`` may use."""

Term = tuple[tuple[Requirement, ...], tuple[Requirement, ...]]
"""One node selector term: requirements on labels, and requirements on fields."""

ALWAYS_TRUE: dict[str, Any] = {
    "nodeSelectorTerms": [
        {"matchExpressions": [{"key": "openkruise.io/virtual-node", "operator": "DoesNotExist"}]},
        {"matchExpressions": [{"key": "openkruise.io/virtual-node", "operator": "Exists"}]},
    ]
}
"""A node selector that every node matches, to put in the place of a default: an empty term matches none."""


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
        written.append((len(labels) + len(fields), _text(labels, fields), term))
    written.sort(key=lambda entry: entry[:2])
    return {"nodeSelectorTerms": [term for _count, _json, term in written]}


def _text(labels: Iterable[Requirement], fields: Iterable[Requirement]) -> str:
    """Return a term as ``json.dumps`` writes it, but for the brace at its start."""
    parts = []
    for name, requirements in (("matchExpressions", labels), ("matchFields", fields)):
        listed = []
        for key, operator, values in requirements:
            # Keys and values of labels need no quoting; the name of a node is anything.
            quoted = [json.dumps(value) for value in values] if name == "matchFields" else None
            inside = ", ".join(quoted or [f'"{value}"' for value in values])
            more = f', "values": [{inside}]' if values else ""
            listed.append(f'{{"key": "{key}", "operator": "{operator}"{more}}}')
        if listed:
            parts.append(f'"{name}": [{", ".join(listed)}]')
    return ", ".join(parts) + "}"


def read(node_selector: Mapping[str, Any]) -> tuple[list[Term], list[Problem]]:
    """Read ``nodeSelectorTerms`` into terms and list everything that the API server would not accept.

    Terms without requirements match no node and are left out.
    """
    terms: list[Term] = []
    problems: list[Problem] = []

    def wrong(place: str, reason: str) -> None:
        problems.append(Problem("invalid-affinity", f"{place}: {reason}"))

    for field in node_selector:
        if field != "nodeSelectorTerms":
            wrong(str(field), "unknown field; a node selector has only nodeSelectorTerms")
    listed = node_selector.get("nodeSelectorTerms")
    if not isinstance(listed, (list, tuple)) or not listed:
        wrong("nodeSelectorTerms", "expected a list with at least one term")
        return terms, problems
    for number, term in enumerate(listed):
        place = f"nodeSelectorTerms[{number}]"
        if not isinstance(term, Mapping):
            wrong(place, f"expected a mapping, found {type(term).__name__}")
            continue
        for field in term:
            if field not in ("matchExpressions", "matchFields"):
                wrong(place, f"unknown field {field!r}; a term has matchExpressions and matchFields")
        parts = []
        for field in ("matchExpressions", "matchFields"):
            part = []
            entries = term.get(field) or []
            if not isinstance(entries, (list, tuple)):
                wrong(f"{place}.{field}", f"expected a list, found {type(entries).__name__}")
                entries = []
            for at, entry in enumerate(entries):
                fault = _entry_fault(entry, is_field=field == "matchFields")
                if fault:
                    wrong(f"{place}.{field}[{at}]", fault)
                else:
                    part.append(_read_requirement(entry))
            parts.append(tuple(part))
        if parts[0] or parts[1]:
            terms.append((parts[0], parts[1]))
    return terms, problems


def affinity_matches(
    node_selector: Mapping[str, Any] | None, labels: Mapping[str, str], name: str = ""
) -> bool:
    """Tell whether a node with these labels and this name satisfies a required node affinity.

    ``node_selector`` is what stands under ``requiredDuringSchedulingIgnoredDuringExecution``; None means
    that nothing is required. As upstream, an invalid or empty term matches nothing, and ``matchFields`` is
    ignored for a node without a name.
    """
    if node_selector is None:
        return True
    return any(_term_matches(term, labels, name) for term in node_selector.get("nodeSelectorTerms") or [])


def _term_matches(term: Mapping[str, Any], labels: Mapping[str, str], name: str) -> bool:
    expressions = term.get("matchExpressions") or []
    fields = term.get("matchFields") or []
    if not expressions and not fields:
        return False
    if any(_entry_fault(entry, is_field=False) for entry in expressions):
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
        (found.get(entry["key"], "") == entry["values"][0]) == (entry["operator"] == "In") for entry in fields
    )


def _entry_fault(entry: Any, *, is_field: bool) -> str | None:
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
        return None
    return requirement_fault(entry.get("key"), operator, tuple(values))


def _read_requirement(entry: Mapping[str, Any]) -> Requirement:
    return Requirement(entry["key"], entry["operator"], tuple(sorted(set(entry.get("values") or ()))))


def _write_requirement(requirement: Requirement) -> dict[str, Any]:
    written: dict[str, Any] = {"key": requirement.key, "operator": requirement.operator}
    if requirement.values:
        written["values"] = list(requirement.values)
    return written
