"""Where labels lie in a cube: which of them it restricts, and how a cube is cut finer."""

import random

import pytest
from pulumi_openkruise.selectors.minimize.cube_layout import CubeLayout, insert_bits
from pulumi_openkruise.selectors.minimize.cubes import absorb


def _lay_out(widths: list[int]) -> CubeLayout:
    fields, offset = [], 0
    for width in widths:
        fields.append(((1 << width) - 1) << offset)
        offset += width + 1
    return CubeLayout(fields)


@pytest.mark.parametrize("seed", range(40))
def test_restricted_labels_are_listed_in_order_however_many_they_are(seed: int) -> None:
    rng = random.Random(seed)
    layout = _lay_out([rng.randint(1, 5) for _ in range(rng.randint(1, 40))])
    chance = rng.random()
    cube = layout.full
    for field in layout.fields:
        if rng.random() < chance:
            cube ^= rng.getrandbits(400) & field
    assert layout.list_restricted(cube) == [
        place for place, field in enumerate(layout.fields) if field & ~cube
    ]


def test_a_new_bit_is_what_the_bit_is_that_it_is_cut_from() -> None:
    assert insert_bits(0b1011, [(4, 3), (1, 2)]) == 0b110101
    assert insert_bits(0b1011, []) == 0b1011
    for cube in range(1 << 6):
        digits = f"{cube:06b}"[::-1]
        expected = digits[:2] + digits[3] + digits[2:5] + digits[5] + digits[5:]
        assert insert_bits(cube, [(5, 5), (2, 3)]) == int(expected[::-1], 2)


@pytest.mark.parametrize("seed", range(12))
def test_cubes_with_many_labels_absorb_each_other_as_few_do(seed: int) -> None:
    """A layout lets the cubes be compared by their labels: from three hundred of them on here."""
    rng = random.Random(seed)
    layout = _lay_out([2] * 14)
    cubes = [layout.full] if seed == 0 else []
    for _ in range(300):
        cube = layout.full
        for place in rng.sample(range(14), rng.choice((1, 2, 9, 11, 13) if seed else (9, 13))):
            cube &= ~(rng.choice((1, 2)) << 3 * place)
        cubes.append(cube)
    assert absorb(cubes, layout) == absorb(cubes)
