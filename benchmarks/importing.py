"""What importing the component costs over importing Pulumi's own SDKs, which every such program does."""

from statistics import quantiles

from rich.progress import Progress

from .processes import cost
from .report import Section, Table, Target, middle, milliseconds

_ROUNDS = 31
_SDKS = "import pulumi, pulumi_kubernetes"
_COMPONENT = f"{_SDKS}\nfrom pulumi_openkruise import OpenKruise, OpenKruiseArgs, args_from_config"
_SELECTORS = "from pulumi_openkruise.selectors import exclusion_affinity"
_LIMIT = 0.05


def run(progress: Progress) -> Section:
    """Measure pairs of fresh processes, each first as often as second."""
    programs = {"SDKs": _SDKS, "component": _COMPONENT, "nothing": "", "selectors": _SELECTORS}
    task = progress.add_task("import", total=len(programs) * (1 + _ROUNDS))
    times: dict[str, list[float]] = {name: [] for name in programs}
    for number in range(1 + _ROUNDS):
        for name in programs if number % 2 else reversed(programs):
            seconds = cost(["-c", programs[name]]).seconds
            if number:  # the first one compiles
                times[name].append(seconds)
            progress.advance(task)
    progress.remove_task(task)
    rows, more = [], {}
    for name, peer in (("component", "SDKs"), ("selectors", "nothing")):
        differences = [one - other for one, other in zip(times[name], times[peer], strict=True)]
        low, more[name], high = quantiles(differences, n=4)
        mine, theirs = middle(times[name]), middle(times[peer])
        spread = f"{milliseconds(low)} to {milliseconds(high)}"
        numbers = [milliseconds(one) for one in (more[name], mine, theirs)]
        rows.append([f"{name} over {peer}", f"{mine / theirs:.3f}", numbers[0], spread, *numbers[1:]])
    goal = "`import` at most 50 ms over `import pulumi, pulumi_kubernetes`"
    headings = ["", "ratio", "difference, ms", "half of them, ms", "with, ms", "without, ms"]
    return Section(
        "Importing",
        f"`{_SDKS}` alone, and with `from pulumi_openkruise import OpenKruise, OpenKruiseArgs, "
        f"args_from_config`; Python alone, and with `{_SELECTORS}`. Processor time of {_ROUNDS} pairs of "
        "fresh processes, and the median of their differences; modules are compiled, as where they are "
        "installed.",
        [Table("Imports", headings, rows, ratios=True)],
        [Target(goal, f"{more['component'] * 1000:+,.0f} ms", more["component"] <= _LIMIT)],
    )
