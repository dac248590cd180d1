"""A lower bound on the price of a cover, and by how much each candidate exceeds it: dual ascent.

A prime that covers some nodes must state each of its labels so that all of these nodes fit, which costs no
less than for the node that makes the label dearest. So the nodes may pay for a label of a prime together as
much as the dearest of them makes it cost, and the sum of all payments is a lower bound. A node has paid
enough once one of its candidates is paid for. (Dual ascent for set covering: Balas and Ho 1980, "Set covering
algorithms using cutting planes, heuristics, and subgradient optimization".)
"""

from collections.abc import Callable, Mapping, Sequence

_ANY = 1 << 127
"""More than any price."""

REQUIREMENT = 1 << 40
"""Price of a requirement; the values of all terms together cost less."""

Reduced = tuple[int, int, tuple[int, ...]]
"""A prime, reduced: the cube that is left, its price, and the price of each label in it."""

Parts = list[tuple[int, int]]
"""The labels of a prime that become dearer, and by how much; labels are numbered through all primes."""

Candidates = list[tuple[int, int, Parts]]
"""The candidates of a node, cheapest first: additional price, prime, and the price by labels."""


def price_alone(
    places: Sequence[int], node: int, reduce: Callable[[int, int], Reduced], labels: int
) -> Candidates:
    """List primes that contain a node, each at the price of containing nothing else.

    ``reduce(place, node)`` returns the cheapest cube around the node inside the prime at ``place``, which has
    at most so many labels.
    """
    priced = []
    for place in places:
        _cube, price, costs = reduce(place, node)
        priced.append((price, place, [(place * labels + at, own) for at, own in enumerate(costs) if own]))
    return sorted(priced)


class DualAscent:
    """What nodes pay for each label of each prime: a lower bound on what they cost together."""

    def __init__(self, labels: int) -> None:
        """Take the number of all labels of all primes."""
        # A list, since most of the time of a search is spent on looking up what is paid. It is used again:
        # to make one for each bound would take longer than many of the bounds do.
        self._paid = [0] * labels
        self._changed: list[int] = []

    def compute_bound(self, candidates: Mapping[int, Candidates], price: int, allowed: int = _ANY) -> int:
        """Return a lower bound on the total price, and keep what the nodes pay for each label of each prime.

        ``price`` is paid already. The nodes that a prime covers pay for each of its labels together no more
        than the dearest of them makes it cost. Nodes with the fewest candidates pay first, of these the
        dearest. Above the allowed price the bound need not be the largest: the others do not pay then.
        """
        paid, changed = self._paid, self._changed
        for label in changed:
            paid[label] = 0
        changed.clear()
        # In the order of these tuples: no two have the same node.
        for _count, _price, node in sorted(
            [(len(own), -own[0][0], node) for node, own in candidates.items()]
        ):
            own = candidates[node]
            least = self._find_least(own)
            if not least:
                continue
            price += least
            if price > allowed:
                break
            for _cost, _place, parts in own:
                left = least
                for label, cost in parts:
                    before = paid[label]
                    if before < cost:
                        if not before:
                            changed.append(label)
                        if cost - before >= left:
                            paid[label] = before + left
                            break
                        paid[label] = cost
                        left -= cost - before
        return price

    def _find_least(self, candidates: Candidates) -> int:
        """Return the least that a candidate of a node costs beside what is paid for it."""
        paid = self._paid
        least = candidates[0][0]
        for _cost, _place, parts in candidates:
            unpaid = 0
            for label, cost in parts:
                rest = cost - paid[label]
                if rest > 0:
                    unpaid += rest
                    if unpaid >= least:
                        break
            else:
                if unpaid < least:
                    least = unpaid
                    if not least:
                        break
        return least

    def keep_affordable(self, candidates: Candidates, spare: int) -> Candidates:
        """Return the candidates of a node whose price, but for what is paid, is at most ``spare``."""
        if candidates[-1][0] <= spare:  # the dearest
            return candidates
        paid = self._paid
        left = []
        for one in candidates:
            unpaid = one[0]
            if unpaid > spare:
                for label, cost in one[2]:
                    before = paid[label]
                    if before:
                        unpaid -= before if before < cost else cost
                        if unpaid <= spare:
                            break
                else:
                    continue
            left.append(one)
        return left
