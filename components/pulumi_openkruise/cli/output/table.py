"""Rows as a table, or, where a terminal is too narrow for it, as blocks of lines."""

import os
import shutil
import sys
from collections.abc import Sequence
from io import StringIO
from textwrap import TextWrapper

from .streams import escape
from .terminal import SafeText, join_safely, paint, wants_colour

NARROW = 100
"""Columns below which a table that does not fit is shown as blocks."""
_UNLIMITED = 200
"""Columns of what is not a terminal: a file, a pipe, a log."""
_BORDERS = 3
"""Characters of borders and padding for each column of a table; one more ends a row."""


def find_output_width() -> int:
    """Return the columns of standard output; ``COLUMNS`` overrides what the terminal says, as in a shell."""
    if not sys.stdout.isatty() and not os.environ.get("COLUMNS"):
        return _UNLIMITED
    return shutil.get_terminal_size((80, 24)).columns


def as_table(
    columns: Sequence[str],
    groups: Sequence[Sequence[Sequence[str]]],
    *,
    colours: Sequence[str] = (),
) -> SafeText:
    """Return rows with a rule between groups, as wide as the terminal; colours are for the first rows.

    Where the terminal has fewer than 100 columns and the widest rows do not fit, each row is a block: a line
    for each of its cells, with the column's name before it. Words stay whole: a label can be copied.
    """
    width = find_output_width()
    rows = [row for group in groups for row in group]
    if width < NARROW and _find_natural_width([columns, *rows]) > width:
        blocks = [
            as_block(list(zip(columns, row, strict=True)), width) for row in rows if any(map(str.strip, row))
        ]
        return join_safely(blocks, "\n\n")
    return _draw(columns, groups, colours, width)


def as_block(cells: Sequence[tuple[str, str]], width: int) -> SafeText:
    """Return cells as lines, each with its name before it; empty ones are left out."""
    shown = [(name, escape(cell)) for name, cell in cells if cell.strip()]
    indent = max((len(name) for name, _cell in shown), default=0) + 2
    lines = []
    for name, cell in shown:
        first = f"{name}{' ' * (indent - len(name))}"
        for line in cell.split("\n"):
            lines += wrap_words(f"{first}{line}", width, indent)
            first = " " * indent
    return join_safely(lines)


def wrap_words(text: str, width: int, indent: int) -> list[str]:
    """Break a line between words; the lines that follow are indented, and a word is never broken."""
    wrapper = TextWrapper(
        width=max(width, indent + 20),
        subsequent_indent=" " * indent,
        break_long_words=False,
        break_on_hyphens=False,
        drop_whitespace=True,
        replace_whitespace=False,
        expand_tabs=False,
    )
    return wrapper.wrap(text) or [""]


def _find_natural_width(rows: Sequence[Sequence[str]]) -> int:
    widest = [
        max((len(line) for cell in column for line in cell.split("\n")), default=0)
        for column in zip(*rows, strict=True)
    ]
    return sum(widest) + _BORDERS * len(widest) + 1


def _draw(
    columns: Sequence[str], groups: Sequence[Sequence[Sequence[str]]], colours: Sequence[str], width: int
) -> SafeText:
    # Imported here: only a table needs it, and it takes as long as everything else of a command.
    from rich.box import ROUNDED
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=ROUNDED)
    for column in columns:
        table.add_column(column, overflow="fold")
    painted = wants_colour()
    for place, group in enumerate(groups):
        for number, row in enumerate(group):
            colour = colours[place] if number == 0 and place < len(colours) else ""
            cells = [Text.from_ansi(paint(cell, colour)) if colour else Text(escape(cell)) for cell in row]
            table.add_row(*cells, end_section=number == len(group) - 1)
    text = StringIO()
    encodable = (sys.stdout.encoding or "ascii").lower().startswith("utf")
    console = Console(
        file=text,
        width=width,
        no_color=not painted,
        force_terminal=painted,
        color_system="standard" if painted else None,
        safe_box=not encodable,
        highlight=False,
    )
    console.print(table)
    return SafeText(text.getvalue().rstrip("\n"))
