"""A lower bound on what covering nodes costs, and what each candidate exceeds it by: dual ascent.

Whatever nodes a prime covers, it has to state each of its labels so that all of them fit, which costs no less
than for the one that fits worst. So nodes may pay for a label of a prime together as much as the dearest of
them makes it cost, and all that they pay is a bound. Where every candidate of a node is paid for, it has paid
enough. (Dual ascent for set covering: Balas and Ho 1980, "Set covering algorithms using cutting planes,
heuristics, and subgradient optimization".)
"""

from collections.abc import Callable, Mapping, Sequence

REQUIREMENT = 1 << 40
"""Price of a requirement; the values of all terms together cost less."""

Shrunk = tuple[int, int, tuple[int, ...]]
"""What a prime shrinks to: the box, its price, and the price of each label in it."""

Parts = list[tuple[int, int]]
"""The labels of a prime that become dearer, and by how much; a label is the prime's place and its own."""

LABELS = 20
"""Bits for the place of a label."""

Candidates = list[tuple[int, int, Parts]]
"""The candidates of a node, cheapest first: additional price, prime, and how the price comes about."""


Paid = dict[int, int]
"""What the nodes pay for each label of each prime."""


def alone(places: Sequence[int], node: int, shrunk: Callable[[int, int], Shrunk]) -> Candidates:
    """List primes that contain a node, each as if it had to contain nothing else."""
    listed = []
    for place in places:
        _box, price, costs = shrunk(place, node)
        listed.append((price, place, [(place << LABELS | at, own) for at, own in enumerate(costs) if own]))
    return sorted(listed)


def ascent(listed: Mapping[int, Candidates], price: int) -> tuple[int, Paid]:
    """Return a lower bound on the price of all, and what the nodes pay for each label of each prime.

    Whatever nodes a prime covers, they pay for each of its labels together no more than the dearest of them
    makes it cost. Nodes with the fewest candidates pay first, of these the dearest.
    """
    paid: Paid = {}
    known = paid.get
    for node in sorted(listed, key=lambda node: (len(listed[node]), -listed[node][0][0], node)):
        own = listed[node]
        least = own[0][0]
        for _cost, _place, parts in own:
            unpaid = 0
            for label, cost in parts:
                rest = cost - known(label, 0)
                if rest > 0:
                    unpaid += rest
            if unpaid < least:
                least = unpaid
                if not least:
                    break
        if not least:
            continue
        price += least
        for _cost, _place, parts in own:
            left = least
            for label, cost in parts:
                before = known(label, 0)
                if before < cost:
                    if cost - before >= left:
                        paid[label] = before + left
                        break
                    paid[label] = cost
                    left -= cost - before
    return price, paid


def affordable(listed: Candidates, paid: Paid, spare: int) -> Candidates:
    """Return the candidates whose price exceeds what is paid of it by no more than what can be spared."""
    known = paid.get
    left = []
    for one in listed:
        unpaid = one[0]
        if unpaid > spare:
            for label, cost in one[2]:
                before = known(label, 0)
                unpaid -= before if before < cost else cost
                if unpaid <= spare:
                    break
            else:
                continue
        left.append(one)
    return left
