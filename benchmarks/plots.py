"""Plots of cost against size, as small SVG files."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt

Lines = Mapping[str, Sequence[tuple[int, float]]]


def draw(path: Path, title: str, across: str, lines: Lines, limit: tuple[float, str] | None = None) -> None:
    """Write a plot with logarithmic axes: seconds given, milliseconds shown."""
    # The same lines make the same bytes, and text stays text.
    plt.rcParams.update({"svg.hashsalt": "benchmarks", "svg.fonttype": "none", "font.size": 10})
    figure, axes = plt.subplots(figsize=(7, 4), layout="constrained")
    for place, (name, points) in enumerate(lines.items()):
        marker = "osD^v"[place % 5]
        axes.plot([x for x, _y in points], [y * 1000 for _x, y in points], marker=marker, label=name)
    if limit is not None:
        axes.axhline(limit[0] * 1000, color="grey", linestyle="--", linewidth=1, label=limit[1])
    axes.set(xscale="log", yscale="log", xlabel=across, ylabel="milliseconds", title=title)
    ticks = sorted({x for points in lines.values() for x, _y in points})
    axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    axes.minorticks_off()
    axes.yaxis.set_major_formatter(lambda value, _place: f"{value:,g}")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)
    figure.savefig(path, metadata={"Date": None})
    plt.close(figure)
