"""What a benchmark found, as data: shown in the terminal, and written as Markdown."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from statistics import median

from rich.console import Console
from rich.table import Table as RichTable


@dataclass(frozen=True)
class Table:
    """A table; its first columns say what was measured."""

    title: str
    headings: Sequence[str]
    rows: Sequence[Sequence[str]]
    note: str = ""
    ratios: bool = False
    """Whether the numbers mean the same on another machine."""


@dataclass(frozen=True)
class Target:
    """Something this project holds itself to, and what was seen."""

    goal: str
    seen: str
    met: bool


@dataclass
class Section:
    """One benchmark's findings."""

    title: str
    text: str
    tables: list[Table] = field(default_factory=list)
    targets: list[Target] = field(default_factory=list)
    plots: list[tuple[str, str]] = field(default_factory=list)
    """File name and caption."""


def milliseconds(seconds: float) -> str:
    """Write a time with three digits that count."""
    value = seconds * 1000
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"


def middle(values: Iterable[float]) -> float:
    """Return the median; one slow moment of a busy machine does not count."""
    return median(list(values))


def show(section: Section, console: Console) -> None:
    """Print a section's tables and targets."""
    for table in section.tables:
        shown = RichTable(title=table.title, caption=table.note or None, title_justify="left")
        for place, heading in enumerate(table.headings):
            shown.add_column(heading, justify="left" if place == 0 else "right", overflow="fold")
        for row in table.rows:
            shown.add_row(*row)
        console.print(shown)
    for target in section.targets:
        verdict = "[green]met[/]   " if target.met else "[red]missed[/]"
        console.print(f"{verdict} {target.goal}: {target.seen}", highlight=False)


def markdown(sections: Sequence[Section], machine: str) -> str:
    """Write the report; targets and ratios come before numbers that hold for one machine only."""
    lines = [
        "# Benchmarks",
        "",
        "Made by `make bench`, which prints the same tables. Both sides of a ratio ran in turns in one run,",
        "on a machine that had other work at times: look at the ratios, not at the milliseconds. Times are",
        f"medians. Machine: {machine}.",
        "",
        "| target | seen | |",
        "| --- | --- | --- |",
    ]
    for section in sections:
        lines += [f"| {t.goal} | {t.seen} | {'met' if t.met else '**missed**'} |" for t in section.targets]
    for section in sections:
        lines += ["", f"## {section.title}", "", section.text]
        for table in sorted(section.tables, key=lambda table: not table.ratios):
            lines += ["", f"### {table.title}", ""]
            if table.note:
                lines += [table.note, ""]
            lines.append("| " + " | ".join(table.headings) + " |")
            lines.append("| --- " + "| ---: " * (len(table.headings) - 1) + "|")
            lines += ["| " + " | ".join(row) + " |" for row in table.rows]
        for name, caption in section.plots:
            lines += ["", f"![{caption}]({name})", "", f"*{caption}*"]
    return "\n".join(lines) + "\n"
