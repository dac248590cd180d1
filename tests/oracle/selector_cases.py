"""Random lists of selectors of all shapes; the same seed always gives the same list."""

import random

PRESETS = [
    "type=virtual-kubelet",
    "kubernetes.io/role=agent,type=virtual-kubelet",
    "eks.amazonaws.com/compute-type=fargate",
    "liqo.io/type=virtual-node",
    "node.kubernetes.io/instance-type=eklet",
    "type=kwok",
    "kubernetes.io/os=windows",
    "openkruise.io/virtual-node=true",
    "!kubernetes.io/hostname",
    "type in (virtual-kubelet,kwok),!node.kubernetes.io/instance-type",
    "openkruise.io/virtual-node",
    "kubernetes.io/os notin (linux)",
    "alibabacloud.com/virtual-node in (true,)",
]
PLAIN = ["", "a", "b", "c", "linux", "true"]
NUMBERS = ["0", "1", "2", "3", "5", "6", "06", "006", "7", "9", "10", "08"]
EDGES = ["0", "00", "1", "9223372036854775806", "9223372036854775807", "09223372036854775807"]
NAMES = ["a", "b", "c", "zone", "example.com/kind", "k.io/x-y", "type", "d", "e", "f"]


class Cases:
    """One random list of selectors, of a flavour that the seed picks, too."""

    def __init__(self, seed: int) -> None:
        self.rng = random.Random(seed)
        rng = self.rng
        self.flavour = rng.choices(
            ["plain", "small", "presets", "numbers", "settled", "bounds", "wide"], [30, 15, 12, 14, 14, 5, 10]
        )[0]
        count = {"plain": 6, "small": 4, "presets": 6, "numbers": 3, "settled": 4, "bounds": 3, "wide": 10}
        names = rng.sample(NAMES, rng.randint(1, min(len(NAMES), count[self.flavour])))
        self.keys = names
        self.numeric = set(names if self.flavour in ("bounds",) else names[:1])
        if self.flavour in ("numbers", "settled") and len(names) > 1 and rng.random() < 0.4:
            self.numeric = set(names[:2])
        if self.flavour not in ("numbers", "settled", "bounds"):
            self.numeric = set()
        self.words = rng.sample(PLAIN, rng.randint(1, 4))
        self.figures = rng.sample(NUMBERS, rng.randint(2, 5)) if self.flavour != "bounds" else EDGES

    def spaced(self) -> str:
        return self.rng.choice(["", "", "", " ", "  ", "\t"])

    def value(self, key: str) -> str:
        if key in self.numeric and self.rng.random() < 0.85:
            return self.rng.choice(self.figures)
        return self.rng.choice(self.words)

    def literal(self, key: str) -> str:
        rng, b = self.rng, self.spaced
        ordered = key in self.numeric and rng.random() < 0.45
        if ordered:
            return f"{key}{b()}{rng.choice('<>')}{b()}{rng.choice(self.figures)}"
        operator = rng.choices(
            ["=", "==", "!=", "in", "notin", "exists", "!", "empty"], [6, 1, 4, 4, 3, 3, 3, 1]
        )[0]
        if operator == "exists":
            return b() + key + b()
        if operator == "!":
            return f"{b()}!{b()}{key}"
        if operator == "empty":
            return rng.choice([f"{key} in ()", f"{key}=", f"{key} notin (,)", f"{key}!=", f"{key} in (,)"])
        if operator in ("in", "notin"):
            values = [self.value(key) for _ in range(rng.randint(1, 4))]
            return f"{key} {operator} ({(',' + b()).join(values)})"
        return f"{key}{b()}{operator}{b()}{self.value(key)}"

    def selector(self) -> str:
        rng = self.rng
        if self.flavour == "presets" and rng.random() < 0.8:
            return rng.choice(PRESETS)
        size = rng.choices([1, 2, 3, 4, 5], [9, 7, 4, 1, 1])[0]
        if self.flavour in ("settled", "bounds"):
            size = min(size, 3)
        some = rng.sample(self.keys, size) if size <= len(self.keys) else self.keys
        if rng.random() < 0.25 or size > len(some):  # several requirements on one key
            some = [rng.choice(self.keys) for _ in range(size)]
        return ",".join(self.literal(key) for key in some)

    def settled(self) -> list[str]:
        """Write `>` or `<` so that it has a complement: the same key or a wider selector settles it."""
        rng = self.rng
        key = self.keys[0]
        bound = f"{key}{rng.choice('<>')}{rng.choice(self.figures)}"
        values = ",".join(self.value(key) for _ in range(rng.randint(1, 4)))
        others = [
            self.literal(other) for other in self.keys[1:] if other not in self.numeric and rng.random() < 0.7
        ]
        with_others = ",".join([bound, *others])
        return rng.choice(
            [
                [f"{with_others},{key} in ({values})"],
                [with_others, ",".join([f"{key} notin ({values})", *([key] if rng.random() < 0.8 else [])])],
                [with_others, ",".join([key, *others])],
                [with_others, *([others[0]] if others else [key])],
                [with_others, ",".join([f"{key}{rng.choice('<>')}{rng.choice(self.figures)}", *others]), key],
                [f"{bound},{key} notin ({values})", f"{key} notin ({values}),{key}"],
                [with_others, ",".join([f"{key} notin ({values})", key, *others]), ",".join([key, *others])],
            ]
        )

    def selectors(self) -> list[str]:
        rng = self.rng
        count = rng.choices(range(1, 13), [8, 12, 14, 12, 10, 8, 6, 5, 4, 3, 3, 3])[0]
        if self.flavour in ("settled", "bounds"):
            count = rng.randint(1, 4)
        found = [self.selector() for _ in range(count)]
        if self.flavour == "settled":
            found = self.settled() + (found[:2] if rng.random() < 0.4 else [])
        if rng.random() < 0.04:  # together they match everything
            key = rng.choice(self.keys)
            found += rng.choice(
                [[key, f"!{key}"], [f"{key}=a", f"{key}!=a"], [f"!{key}", f"{key} in (a)", f"{key},{key}!=a"]]
            )
        if rng.random() < 0.06:  # matches nothing
            key = rng.choice(self.keys)
            found += rng.choice(
                [
                    [f"{key}=a,{key}=b"],
                    [f"{key},!{key}"],
                    [f"{key}<0"],
                    [f"{key}>9223372036854775807"],
                    [f"{key}>5,{key}<6"],
                    [f"{key}>5,{key} in (a,b)"],
                    [f"{key} in (a),{key}!=a"],
                ]
            )
            if rng.random() < 0.3:
                found = found[-1:]
        rng.shuffle(found)
        return found[:12]


def selectors(seed: int) -> list[str]:
    """Return the list of selectors with this number."""
    return Cases(seed).selectors()
