"""Lists of selectors as people write them, made from a seed: the same seed gives the same list everywhere."""

import random

IDENTIFYING: dict[str, tuple[str, ...]] = {
    "type": ("virtual-kubelet", "kwok", "edge", "burst", "serverless", "agent"),
    "node.kubernetes.io/instance-type": ("eklet", "eci", "xvk", "vnode", "cci", "aci", "bci", "hpk"),
    "liqo.io/type": ("virtual-node", "peer"),
    "eks.amazonaws.com/compute-type": ("fargate", "hybrid", "auto", "ec2"),
    "example.com/pool": ("system", "batch", "gpu", "spot", "burst", "edge"),
}
"""Labels that tell virtual nodes from others, and the values that selectors ask for."""

LABELS: dict[str, tuple[str, ...]] = {
    **IDENTIFYING,
    "kubernetes.io/os": ("linux", "windows"),
    "kubernetes.io/arch": ("amd64", "arm64"),
    "topology.kubernetes.io/zone": ("a", "b", "c"),
}
"""All eight node labels."""

SHAPES = ("realistic", "plain", "conjunctive", "wide")
ORDINARY = ("realistic", "plain")
"""The shapes in which seven in ten selectors have one requirement."""
SIZES = (2, 5, 10, 20, 50)
SEEDS = (1, 2, 3)

_WIDE = ("a", "b", "c", "d", "e")
_PLAIN = (*_WIDE, "f")


def selectors(shape: str, count: int, seed: int) -> list[str]:
    """Return ``count`` selectors of a shape.

    *Realistic*: seven in ten have one requirement, on a label that identifies virtual nodes; the others have
    a second one on any other label. *Plain*: likewise, but each is ``key=value`` with one of six values and
    any of the eight labels, so that more selectors differ and fewer can be joined. *Conjunctive*: all have
    two, on any of the eight labels, up to three values of each. *Wide* is conjunctive with five values of
    each, far from what clusters have: a look beyond. But for *plain* the first requirement names values
    (``=`` or ``in``), one in twelve of the second ones is ``!=``, ``k`` or ``!k``.
    """
    rng = random.Random(f"{shape} {count} {seed}")
    made = []
    for _ in range(count):
        if shape == "realistic":
            first = rng.choice(sorted(IDENTIFYING))
            others = [key for key in sorted(LABELS) if key != first]
            keys = [first] if rng.random() < 0.7 else [first, rng.choice(others)]
            values = LABELS
        elif shape == "plain":
            keys = rng.sample(sorted(LABELS), 1 if rng.random() < 0.7 else 2)
            made.append(",".join(f"{key}={rng.choice(_PLAIN)}" for key in keys))
            continue
        else:
            keys = rng.sample(sorted(LABELS), 2)
            values = {key: _WIDE if shape == "wide" else LABELS[key][:3] for key in keys}
        made.append(",".join(_requirement(rng, key, values[key], first=key == keys[0]) for key in keys))
    return made


def one_requirement(count: int, keys: int) -> list[str]:
    """Return selectors with one requirement each, spread evenly over this many keys."""
    return [f"pool-{number % keys}.example.com/kind=virtual-{number // keys}" for number in range(count)]


def distinct_keys(count: int) -> list[str]:
    """Return selectors of two requirements that share no key: their complement takes 2^count terms."""
    return [f"a{number}=x,b{number}=x" for number in range(count)]


def _requirement(rng: random.Random, key: str, values: tuple[str, ...], *, first: bool) -> str:
    drawn = rng.random()
    if drawn < 0.92 or first:
        if drawn < 0.7 or len(values) == 1 or (first and len(values) == 2):
            return f"{key}={rng.choice(values)}"
        return f"{key} in ({','.join(rng.sample(values, 2))})"
    if drawn < 0.95:
        return f"{key}!={rng.choice(values)}"
    return f"!{key}" if drawn < 0.98 else key
