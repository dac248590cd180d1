"""What importing the component costs over importing Pulumi's own SDKs, which every such program does."""

import os
import subprocess
import sys
from collections.abc import Sequence
from itertools import pairwise
from statistics import quantiles

from rich.progress import Progress

from .report import Section, Table, Target, middle, milliseconds

_ROUNDS = 31
_SDKS = "import pulumi, pulumi_kubernetes"
_COMPONENT = "from pulumi_openkruise import OpenKruise, OpenKruiseArgs, args_from_config"
_JSON = "import json, dataclasses"
_SELECTORS = "from pulumi_openkruise.selectors import exclusion_affinity"
_LIMIT = 0.05


def run(progress: Progress) -> Section:
    """Measure fresh processes, by turns."""
    chains = {"component": (_SDKS, _COMPONENT), "selectors": (_JSON, _SELECTORS)}
    task = progress.add_task("import", total=len(chains) * (1 + _ROUNDS))
    times: dict[str, list[list[float]]] = {name: [] for name in chains}
    for number in range(1 + _ROUNDS):
        for name, statements in chains.items():
            seconds = _seconds(statements)
            if number:  # the first one compiles
                times[name].append(seconds)
            progress.advance(task)
    progress.remove_task(task)
    rows, more = [], {}
    for name, found in times.items():
        theirs, mine = middle(one for one, _other in found), [other for _one, other in found]
        low, more[name], high = quantiles(mine, n=4)
        spread = f"{milliseconds(low)} to {milliseconds(high)}"
        what = f"{name}, after `{chains[name][0]}`"
        rows.append(
            [what, f"{more[name] / theirs:.3f}", milliseconds(more[name]), spread, milliseconds(theirs)]
        )
    goal = "`import` at most 50 ms over `import pulumi, pulumi_kubernetes`"
    headings = ["", "it : what is before it", "ms", "half of them, ms", "what is before it, ms"]
    return Section(
        "Importing",
        f"`{_COMPONENT}` after `{_SDKS}`, and `{_SELECTORS}` after `{_JSON}`: processor time of each of the "
        f"two in {_ROUNDS} fresh processes, medians. Modules are compiled, as where they are installed.",
        [Table("Imports", headings, rows, ratios=True)],
        [Target(goal, f"{more['component'] * 1000:+,.0f} ms", more["component"] <= _LIMIT)],
    )


def _seconds(statements: Sequence[str]) -> list[float]:
    """Return the processor time of each statement, one after the other in a process of their own."""
    timed = "\n".join(f"{one}\nmarks.append(time.process_time())" for one in statements)
    code = f"import time\nmarks = [time.process_time()]\n{timed}\nprint(*marks)"
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": ""}
    done = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    )
    marks = [float(mark) for mark in done.stdout.split()]
    return [after - before for before, after in pairwise(marks)]
