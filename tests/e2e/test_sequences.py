"""Random sequences of what people do with a stack: short of a destroy, none loses a custom resource.

``SEQUENCES`` says how many are tried (20), ``SEQUENCES_SEED`` the number of the first (0): a number stands
for the same sequence as long as ``steps`` is the same. A failure names its number and its steps; what is
found becomes a test of its own beside those in ``test_stepping_around``.
"""

import os
import random
from collections.abc import Iterator

import httpx
import pytest

from sandbox.chart_choice import Chart
from sandbox.state import State

from .address import reserved
from .observing import Cluster
from .stack import Stack
from .standing import Standing
from .steps import Steps

LED_OUT = 10
"""After one sequence in so many, what the messages say is done until an update succeeds."""


def chosen() -> range:
    """Return the numbers of the sequences to run."""
    first, count = int(os.environ.get("SEQUENCES_SEED", "0")), int(os.environ.get("SEQUENCES", "20"))
    return range(first, first + count)


@pytest.fixture(scope="module")
def standing(
    empty: None,
    life_state: State,
    life_cluster: Cluster,
    control_cluster: Cluster,
    chart: Chart,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Standing]:
    stack, folder = Stack(life_state, chart), tmp_path_factory.mktemp("program")
    with reserved() as address:
        standing = Standing(stack, life_cluster, control_cluster, address, folder)
        standing.begin()
        yield standing
        standing.end()


@pytest.mark.parametrize("number", chosen())
def test_nothing_is_lost_in_a_sequence(standing: Standing, number: int) -> None:
    chance = random.Random(number)
    standing.begin()
    steps = Steps(standing)
    for _ in range(chance.randint(3, 8)):
        steps.take(chance)
        try:
            standing.check()
        except (AssertionError, httpx.HTTPStatusError) as error:
            listed = "\n".join(steps.done)
            pytest.fail(f"sequence {number} lost something: {error}\n{listed}\n{steps.output}")
    print("\n".join(steps.done))
    if number % LED_OUT == 0:
        standing.lead_out()
        standing.check()
