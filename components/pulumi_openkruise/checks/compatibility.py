"""Whether OpenKruise's version fits the cluster's, and its feature gates chart and programs."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator

from ..chart.crds import find_removed_fields
from ..chart.gates import list_known_gates
from ..chart.kubernetes import RUN_HERE, find_support, format_minor
from ..chart.version import parse_version
from ..diagnostics.unavailable import Unavailable
from ..diagnostics.wording import pluralize, shorten
from ..inventory.helm_records import find_latest
from ..inventory.json_access import items, mapping, strings
from ..inventory.location import is_installed_here
from ..inventory.pods import is_daemon, is_manager, name_pod
from ..inventory.snapshot import Object, Snapshot
from .expected import Expected
from .finding import Code, Finding, make

VERSION_BAD = Code(
    "version-known-bad",
    "error",
    "a version of OpenKruise with a known fault that affects this cluster",
    "as the evidence says",
    "install the version that the evidence names",
)
_OUTSIDE = "a version of Kubernetes outside the range that OpenKruise documents for this release"
VERSION_UNTESTED = Code(
    "version-untested",
    "info",
    f"{_OUTSIDE}; an error where Helm refuses the chart on it",
    "probably none: upstream tests with few versions",
    "try upgrades of either on a test cluster first",
)
UPGRADE_LOSES = Code(
    "upgrade-loses-fields",
    "warning",
    "custom resources with fields that the version of OpenKruise in the stack's config lacks",
    "once it is installed, the API server drops these fields without an error",
    "note the values before `pulumi up`; docs/upgrading.md says what replaces each field",
)
GATES_DIFFER = Code(
    "gates-differ",
    "error",
    "managers and daemons run with different feature gates",
    "one half of a feature is on and the other is not",
    "restart the pods with the old gates: `kubectl rollout restart`",
)
GATES_WRONG = Code(
    "gates-misspelt",
    "error",
    "a feature gate that is unknown, or that chart and programs read differently",
    "an unknown gate makes both programs exit; the chart reads KruiseDaemon as off only where it is `=false`",
    "set featureGates in the stack's config, which is validated",
)
CODES = (VERSION_BAD, VERSION_UNTESTED, UPGRADE_LOSES, GATES_DIFFER, GATES_WRONG)


def check_versions(snapshot: Snapshot, expected: Expected) -> Iterator[Finding]:
    """Yield where OpenKruise's version does not fit the cluster's."""
    kruise, cluster = read_kruise_version(snapshot, expected), snapshot.version
    if kruise is None or isinstance(cluster, Unavailable):
        return
    if kruise == (1, 9, 0) and "+" in cluster:
        evidence = [
            f"the cluster calls itself {cluster}; OpenKruise 1.9.0 panics on versions with a + (kruise#2502)",
            "install 1.8.3 if 1.9 was never installed here, else 1.9.1",
        ]
        yield make(VERSION_BAD, "the manager of 1.9.0 panics on this cluster", evidence)
    found = re.match(r"v?(\d+)\.(\d+)", cluster)
    support = find_support(kruise[:2])
    if found and support:
        minor = (int(found[1]), int(found[2]))
        name = f"OpenKruise {'.'.join(map(str, kruise))}"
        if minor < support.oldest:
            evidence = [
                f"Kubernetes {cluster}; {name} needs {format_minor(support.oldest)} or newer",
                "Helm refuses the chart on it, and the daemon needs a runtime that speaks CRI v1",
            ]
            yield make(VERSION_UNTESTED, _OUTSIDE, evidence, severity="error")
        elif not support.tested_from <= minor <= support.built_for:
            tested, built = format_minor(support.tested_from), format_minor(support.built_for)
            evidence = [
                f"Kubernetes {cluster}; upstream tests {name} from {tested} on, and builds it for {built}"
            ]
            if RUN_HERE[0] <= minor <= RUN_HERE[1]:
                run = f"{format_minor(RUN_HERE[0])} to {format_minor(RUN_HERE[1])}"
                evidence.append(f"the end-to-end tests of pulumi-openkruise run with {run}")
            yield make(VERSION_UNTESTED, _OUTSIDE, evidence)


def check_lost_fields(snapshot: Snapshot, expected: Expected) -> Iterator[Finding]:
    """Yield the objects that lose fields by the upgrade that the stack's config asks for.

    The fields' uses and Helm's records must have been read.
    """
    assert not isinstance(snapshot.field_uses, Unavailable)
    installed = read_kruise_version(snapshot, expected)
    asked = re.match(r"(\d+)\.(\d+)\.", expected.chart_version or "", re.ASCII)
    if installed is None or asked is None:
        return
    removed = find_removed_fields(installed[:2], (int(asked[1]), int(asked[2])))
    fields = {path for paths in removed.values() for path in paths}
    lost = [str(use) for use in snapshot.field_uses if fields.intersection(use.fields)]
    if lost:
        yield make(
            UPGRADE_LOSES, f"{expected.chart_version} drops fields of {pluralize(len(lost), 'object')}", lost
        )


def check_gates(snapshot: Snapshot, expected: Expected) -> Iterator[Finding]:
    """Yield what is wrong with the feature gates that pods run with; pods must have been read."""
    assert not isinstance(snapshot.pods, Unavailable)
    if not is_installed_here(snapshot):
        return
    by_text: dict[str, list[str]] = defaultdict(list)
    for pod in snapshot.pods:
        if is_daemon(pod) or is_manager(pod):
            for found in _list_gates(mapping(pod, "spec")):
                by_text[found].append(name_pod(pod))
    if len({frozenset(_parse(found).items()) for found in by_text}) > 1:
        evidence = [f"{found or '(none)'}: {shorten(pods)}" for found, pods in sorted(by_text.items())]
        yield make(GATES_DIFFER, GATES_DIFFER.title, evidence)
    wrong: list[str] = []
    for found in sorted(by_text):
        gates = _parse(found)
        off = gates.get("KruiseDaemon", "true").lower() in ("false", "0", "f")
        if off and "KruiseDaemon=false" not in found:
            wrong.append(f"{found}: the daemons are off, but the chart still deploys them")
        unknown = _unknown(gates, snapshot, expected)
        wrong += [f"{found}: OpenKruise has no gate {gate}" for gate in unknown]
    if wrong:
        yield make(GATES_WRONG, f"{pluralize(len(wrong), 'wrong feature gate')}", wrong)


def _unknown(gates: Iterable[str], snapshot: Snapshot, expected: Expected) -> list[str]:
    kruise = read_kruise_version(snapshot, expected)
    if kruise is None:
        return []
    known = list_known_gates(parse_version(".".join(map(str, kruise))))
    return sorted(gate for gate in gates if known and gate not in known)


def _list_gates(spec: Object) -> list[str]:
    return [
        argument.partition("=")[2]
        for container in items(spec, "containers")
        for argument in strings(container, "args")
        if argument.startswith("--feature-gates=")
    ]


def _parse(found: str) -> dict[str, str]:
    pairs = [pair.partition("=") for pair in found.split(",") if pair.strip()]
    return {key.strip(): value.strip() for key, _equals, value in pairs}


def read_kruise_version(snapshot: Snapshot, expected: Expected) -> tuple[int, int, int] | None:
    """Return OpenKruise's version: that of the newest release that is installed, else the stack's."""
    version_string = expected.chart_version or ""
    if not isinstance(snapshot.records, Unavailable):
        newest = find_latest(record for record in snapshot.records if record.status != "uninstalled")
        version_string = newest.app_version or newest.chart_version if newest else version_string
    found = re.match(r"v?(\d+)\.(\d+)\.(\d+)", version_string)
    return (int(found[1]), int(found[2]), int(found[3])) if found else None
