"""``python -m benchmarks``: measure, show tables, and with ``--write`` the report in docs/."""

import os
import platform
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from sandbox.errors import SandboxError

from . import checking, importing, limits, matching, minimising, shapes
from .plots import Lines, draw
from .report import Section, Target, markdown, show

DOCS = Path(__file__).resolve().parent.parent / "docs"
PARTS = ("selectors", "limits", "nodes", "check", "import", "component")


@click.command()
@click.argument("parts", nargs=-1, type=click.Choice(PARTS))
@click.option("--write", is_flag=True, help="Write docs/benchmarks.md and its plots; needs all parts.")
@click.option("--limit", default=20.0, show_default=True, help="Seconds for a peer on one list of selectors.")
@click.option("--rounds", default=11, show_default=True, help="Rounds of the component's `up` and `preview`.")
def main(parts: tuple[str, ...], write: bool, limit: float, rounds: int) -> None:
    """Measure PARTS (all of them by default): selectors, limits, nodes, check, import, component."""
    if write and parts:
        raise click.UsageError("--write writes a whole report: leave the parts out.")
    console = Console(width=None if sys.stdout.isatty() else 160)
    sections: list[Section] = []
    plots: list[Callable[[], None]] = []
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())

    def plot(section: Section, name: str, caption: str, across: str, lines: Lines, **more: Any) -> None:
        section.plots.append((name, caption))
        plots.append(lambda: draw(DOCS / name, caption, across, lines, **more))

    def measure(part: str, progress: Progress) -> Section:
        if part == "selectors":
            section, runs = minimising.run(progress, limit)
            for shape in ("realistic", "conjunctive"):
                caption = f"{shape.capitalize()} selectors against time, median of {len(shapes.SEEDS)} lists"
                plot(section, f"benchmark-{shape}.svg", caption, "selectors", minimising.lines(runs, shape))
        elif part == "limits":
            section, growth = limits.run(progress)
            plot(section, "benchmark-growth.svg", "Selectors and keys against time", "selectors", growth)
        elif part == "nodes":
            section, growth = matching.run(progress)
            caption = "Nodes against time, 50 selectors and their affinity"
            plot(section, "benchmark-nodes.svg", caption, "nodes", growth, limit=(1.0, "1 s"))
        elif part == "check":
            section = checking.run(progress)
        elif part == "import":
            section = importing.run(progress)
        else:
            # Imported only here: it needs the sandbox's environment.
            from . import component

            section = component.run(progress, rounds)
        return section

    failed = False
    for part in parts or PARTS:
        try:
            with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
                section = measure(part, progress)
        except (RuntimeError, OSError, SandboxError) as error:
            # No Go, no sandbox, or a peer with another answer: the other parts are measured all the same.
            section = Section(f"Not measured: {part}", "", [], [Target(part, "not measured", False)])
            console.print(f"{part}: {error}", style="red", markup=False)
            failed = True
        show(section, console)
        sections.append(section)
    if write:
        DOCS.mkdir(exist_ok=True)
        (DOCS / "benchmarks.md").write_text(markdown(sections, _machine()))
        for make in plots:
            make()
        console.print(f"Written: {DOCS / 'benchmarks.md'} and {len(plots)} plots.")
    sys.exit(failed)


def _machine() -> str:
    python = platform.python_version()
    return f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, Python {python}"


if __name__ == "__main__":
    main(prog_name="python -m benchmarks")
