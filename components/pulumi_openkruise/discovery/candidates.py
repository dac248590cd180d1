"""What could exclude nodes: presets, and labels that all nodes of a group have and no other node has."""

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from itertools import combinations

from ..catalogue import PRESETS
from ..config.presets import preset_selectors
from ..selectors import SelectorError, parse
from .nodes import ClassifiedNode

_MOST_LABELS = 24
"""Labels of a group that are tried, in pairs too."""

_NEVER = frozenset(
    {
        "kubernetes.io/hostname",
        "kubernetes.io/role",
        "alpha.service-controller.kubernetes.io/exclude-balancer",
        "node.kubernetes.io/exclude-from-external-load-balancers",
        *(
            f"node-role.kubernetes.io/{role}"
            for role in ("agent", "control-plane", "edge", "infra", "master", "worker")
        ),
    }
)
_NEVER_PREFIXES = ("topology.kubernetes.io/", "failure-domain.beta.kubernetes.io/", "beta.kubernetes.io/")
"""Labels that tell nodes apart by accident: the next real node may well have them."""
_PLATFORM = frozenset({"kubernetes.io/os", "kubernetes.io/arch"})
_ORDINARY = frozenset({"linux", "amd64", "arm64", "ppc64le"})

PRESET, LABEL, LABEL_BY_CHANCE, PAIR = 1, 3, 4, 6
"""What a candidate costs: presets rest on evidence, labels only on the nodes that are there now."""


@dataclass(frozen=True, order=True)
class Candidate:
    """An entry that a stack's config could have; the smaller one is the better one where both do."""

    cost: int
    rank: tuple[bool, int]
    """For presets: whether none of the nodes is of its kind, then how much it excludes."""
    text: str
    """Name of the preset, or the label selector."""
    selectors: tuple[str, ...]
    is_preset: bool


def candidates(groups: Iterable[Sequence[ClassifiedNode]]) -> list[Candidate]:
    """Return what could exclude all nodes of one of the groups, or all nodes of a preset's kind.

    Whether it spares the others has to be looked at.
    """
    found: dict[str, Candidate] = {}
    kinds: set[str] = set()
    for nodes in groups:
        kinds.update(node.classification.kind or "" for node in nodes)
        for candidate in _of_labels(_common(nodes)):
            found.setdefault(candidate.text, candidate)
    return sorted([*_presets(kinds), *found.values()])


def _presets(kinds: Set[str]) -> Iterable[Candidate]:
    """Yield the presets, of those that exclude the same the one that describes the kinds best."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for name in PRESETS:
        alike.setdefault(tuple(preset_selectors([name])), []).append(name)
    for selectors, names in alike.items():
        present = [name for name in names if name in kinds]
        generic = ["virtual-kubelet"] if "virtual-kubelet" in names else names
        name = (present if len(present) == 1 else generic)[0]
        yield Candidate(PRESET, (not present, len(selectors)), name, selectors, is_preset=True)


def _common(nodes: Sequence[ClassifiedNode]) -> list[tuple[str, str]]:
    """Return the labels that all nodes of a group have and that may tell them from others."""
    first, *others = nodes
    common = {label for label in first.labels.items() if _tells(*label)}
    for node in others:
        if not common:
            break
        common = {(key, value) for key, value in common if node.labels.get(key) == value}
    return sorted(common)[:_MOST_LABELS]


def _tells(key: str, value: str) -> bool:
    if key in _NEVER or key.startswith(_NEVER_PREFIXES):
        return False
    return key not in _PLATFORM or value not in _ORDINARY


def _of_labels(labels: Sequence[tuple[str, str]]) -> Iterable[Candidate]:
    texts = {(key, value): text for key, value in labels if (text := _selector({key: value}))}
    for (key, _value), text in texts.items():
        cost = LABEL_BY_CHANCE if key == "node.kubernetes.io/instance-type" else LABEL
        yield Candidate(cost, (False, 1), text, (text,), is_preset=False)
    for pair in combinations(texts, 2):
        text = _selector(dict(pair))
        if text:
            yield Candidate(PAIR, (False, 1), text, (text,), is_preset=False)


def _selector(labels: Mapping[str, str]) -> str:
    """Write labels as a selector, empty where one of them is none that Kubernetes could have."""
    try:
        selector = parse(",".join(f"{key}={value}" for key, value in labels.items()))
    except SelectorError:
        return ""
    exact = len(selector.requirements) == len(labels) and selector.matches(labels)
    return str(selector) if exact else ""
