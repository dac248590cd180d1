"""What could exclude nodes: presets, and selectors over labels that no node with a daemon has."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence, Set
from dataclasses import dataclass
from functools import lru_cache
from itertools import combinations

from ..catalogue import PRESETS
from ..catalogue.indicators import has_own_domain
from ..config.presets import list_selectors
from ..selectors import SelectorError, parse
from .nodes import ClassifiedNode

_MOST_PAIRED = 24
"""Labels that the nodes of a group have in common and that are tried in pairs."""
_MOST_SINGLE = 512
"""Labels of any target that are tried alone, those of most targets first."""
_MOST_VALUES = 8
"""Values in a list: longer ones are better said by the key alone."""

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
"""Labels that distinguish nodes by accident: the next real node may well have them."""
_PLATFORM = frozenset({"kubernetes.io/os", "kubernetes.io/arch"})
_ORDINARY = frozenset({"linux", "amd64", "arm64", "ppc64le"})
_BY_CHANCE = frozenset({"node.kubernetes.io/instance-type"})
"""A key that every cloud sets: another value than those of today's real nodes means little."""

PRESET, LABEL, KEY_OF_ITS_MAKER, LABEL_BY_CHANCE, VALUES, PAIR, KEY, REQUIREMENT = 1, 3, 4, 4, 5, 6, 7, 3
"""What a candidate costs: presets rest on evidence, labels only on the nodes that are there now.

A key alone also excludes nodes with values that do not exist yet, real ones too: cheap only where the key is
in a maker's own domain. A longer conjunction costs ``REQUIREMENT`` for each of its parts.
"""


@dataclass(frozen=True, order=True)
class Candidate:
    """An entry that a stack's config could have; the smaller one is the better one where both do."""

    cost: int
    rank: tuple[bool, int]
    """For presets: whether none of the nodes is of its kind, then how much it excludes."""
    entry: str
    """Name of the preset, or the label selector."""
    selectors: tuple[str, ...]
    is_preset: bool


def keep_usable_labels(node: ClassifiedNode) -> dict[str, str]:
    """Return the labels of a node that a selector may be made of: none that distinguish by accident."""
    return {key: value for key, value in node.labels.items() if _is_usable(key, value)}


def find_candidates(groups: Sequence[Sequence[ClassifiedNode]]) -> list[Candidate]:
    """Return what could exclude some or all of the nodes, the cheapest first.

    That a candidate spares all other nodes is for the caller to check. Tried are presets, each label, each
    key alone, and pairs of labels that a whole group has.
    """
    found: dict[str, Candidate] = {}
    targets = [node for group in groups for node in group]
    kinds = {node.classification.kind or "" for node in targets}
    for candidate in (*_list_labels(targets), *(pair for group in groups for pair in _list_pairs(group))):
        found.setdefault(candidate.entry, candidate)
    return sorted([*_list_presets(kinds), *found.values()])


def find_value_lists(targets: Sequence[ClassifiedNode], spared: Iterable[ClassifiedNode]) -> list[Candidate]:
    """Return for each key the list of values that targets have and no spared node has."""
    values: dict[str, set[str]] = defaultdict(set)
    for node in targets:
        for key, value in keep_usable_labels(node).items():
            values[key].add(value)
    for node in spared:
        for key in values.keys() & node.labels.keys():
            values[key].discard(node.labels[key])
    found = []
    for key, own in sorted(values.items()):
        if 1 < len(own) <= _MOST_VALUES and key not in _BY_CHANCE:
            entry = _normalize(f"{key} in ({','.join(sorted(own))})")
            found.append(Candidate(VALUES, (False, 1), entry, (entry,), is_preset=False))
    return found


class Conjunctions:
    """Selectors for single nodes, of as many parts as it takes to spare all other nodes."""

    def __init__(self, targets: Iterable[ClassifiedNode], spared: Sequence[ClassifiedNode]) -> None:
        wanted = {label for node in targets for label in keep_usable_labels(node).items()}
        self._spared = spared
        self._having: dict[tuple[str, str], set[int]] = {label: set() for label in wanted}
        for place, node in enumerate(spared):
            for label in node.labels.items():
                if label in self._having:
                    self._having[label].add(place)

    def find(self, node: ClassifiedNode) -> Candidate | ClassifiedNode | None:
        """Return a selector for a node; else the spared node that has the same usable labels.

        None for a node that has no usable label. The selector is made of the node's own labels, and of keys
        that it lacks where those do not do; keys that it lacks alone would exclude nodes without any label.
        """
        own = keep_usable_labels(node)
        if not own:
            return None
        left = set(range(len(self._spared)))
        chosen: list[str] = []
        while left or not chosen:
            best = min(own.items(), key=lambda label: (len(left & self._having[label]), label))
            found = left & self._having[best]
            if len(found) < len(left) or not chosen:
                chosen.append(_equals(*best))
                left = found
                continue
            others = Counter(
                key
                for place in left
                for key in keep_usable_labels(self._spared[place])
                if key not in node.labels
            )
            if not others:
                return self._spared[min(left)]
            key = min(others, key=lambda key: (-others[key], key))
            chosen.append(f"!{key}")
            left = {place for place in left if key not in self._spared[place].labels}
        entry = _normalize(",".join(self._reduced(chosen)))
        cost = REQUIREMENT * (entry.count(",") + 1)
        return Candidate(cost, (False, 1), entry, (entry,), is_preset=False)

    def _reduced(self, chosen: Sequence[str]) -> list[str]:
        """Leave out parts that the others make superfluous, the last ones first; a label has to stay."""
        kept = list(chosen)
        for part in reversed(chosen):
            rest = [one for one in kept if one != part]
            labels = [one for one in rest if not one.startswith("!")]
            if not labels:
                continue
            left = set.intersection(*(self._having[_split(one)] for one in labels))
            lacking = [one[1:] for one in rest if one.startswith("!")]
            if not any(not self._spared[place].labels.keys() & set(lacking) for place in left):
                kept = rest
        return kept


def _list_presets(kinds: Set[str]) -> Iterator[Candidate]:
    """Yield the presets, of those that exclude the same the one that describes the kinds best."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for name in PRESETS:
        alike.setdefault(tuple(list_selectors([name])), []).append(name)
    for selectors, names in alike.items():
        present = [name for name in names if name in kinds]
        generic = ["virtual-kubelet"] if "virtual-kubelet" in names else names
        name = (present if len(present) == 1 else generic)[0]
        yield Candidate(PRESET, (not present, len(selectors)), name, selectors, is_preset=True)


def _list_labels(targets: Sequence[ClassifiedNode]) -> Iterator[Candidate]:
    """Yield each label of any target, and each key that targets have with several values."""
    counts = Counter(label for node in targets for label in keep_usable_labels(node).items())
    common = sorted(counts, key=lambda label: (-counts[label], label))
    values = Counter(key for key, _value in counts)
    for key, value in common[:_MOST_SINGLE]:
        entry = _normalize(_equals(key, value))
        cost = LABEL_BY_CHANCE if key in _BY_CHANCE else LABEL
        yield Candidate(cost, (False, 1), entry, (entry,), is_preset=False)
    for key, count in sorted(values.items()):
        own = has_own_domain(key)
        if count > 1 and (own or "/" not in key):
            cost = KEY_OF_ITS_MAKER if own else KEY
            yield Candidate(cost, (False, 1), key, (key,), is_preset=False)


def _list_pairs(group: Sequence[ClassifiedNode]) -> Iterator[Candidate]:
    """Yield pairs of labels that all nodes of a group have."""
    first, *others = group
    common = set(keep_usable_labels(first).items())
    for node in others:
        if not common:
            return
        common = {(key, value) for key, value in common if node.labels.get(key) == value}
    for pair in combinations([_equals(*label) for label in sorted(common)[:_MOST_PAIRED]], 2):
        entry = _normalize(",".join(pair))
        yield Candidate(PAIR, (False, 1), entry, (entry,), is_preset=False)


def _is_usable(key: str, value: str) -> bool:
    if key in _NEVER or key.startswith(_NEVER_PREFIXES) or (key in _PLATFORM and value in _ORDINARY):
        return False
    return _is_writable(key, value)


@lru_cache(maxsize=1 << 14)
def _is_writable(key: str, value: str) -> bool:
    """Tell whether Kubernetes can have such a label, so that its key and value are safe in a selector."""
    try:
        requirements = parse(_equals(key, value)).requirements
    except SelectorError:
        return False
    return len(requirements) == 1 and (requirements[0].key, requirements[0].values) == (key, (value,))


def _equals(key: str, value: str) -> str:
    return f"{key}={value}"


def _split(label: str) -> tuple[str, str]:
    key, _equals_sign, value = label.partition("=")
    return key, value


def _normalize(text: str) -> str:
    """Return a selector of safe keys and values in its normal form."""
    return str(parse(text))
