"""The documents: their blocks of commands, and their tables that are made from data.

These tables stand between two marks; ``UPDATE_DOCS=1 python -m pytest tests/unit`` writes them.
"""

import os
import re
from collections.abc import Sequence

from tests.support.engine import ROOT

DOCUMENTS = sorted(
    [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), ROOT / "examples" / "README.md"],
    key=lambda path: str(path.relative_to(ROOT)),
)
BLOCK = re.compile(
    r"(?:^<!-- ((?:not )?run): (.+?) -->\n+)?^```(?:console|shell|bash|sh)\n(.*?)^```", re.M | re.S
)
"""A block of commands: ``run`` or ``not run`` and what follows it, both empty without a mark; commands."""


def command_lines(block: str) -> list[str]:
    """Return the commands of a block, without comments, prompts and continued lines."""
    joined = re.sub(r"\\\n\s*", "", block)
    lines = [re.sub(r"\s#\s.*$", "", line).removeprefix("$ ").strip() for line in joined.splitlines()]
    return [line for line in lines if line and not line.startswith("#")]


def markdown(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """Return a Markdown table."""
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(f"| {' | '.join(cell.replace('|', '&#124;') for cell in line)} |" for line in lines)


def check_table(document: str, mark: str, table: str) -> None:
    """Compare what stands between the marks of a document with what should; or write it."""
    path = ROOT / "docs" / document
    text = path.read_text()
    begin, end = f"<!-- {mark}: begin -->\n", f"<!-- {mark}: end -->"
    before, rest = text.split(begin)
    found, after = rest.split(end)
    wanted = f"{table}\n"
    if os.environ.get("UPDATE_DOCS"):
        path.write_text(f"{before}{begin}{wanted}{end}{after}")
        found = wanted
    assert found == wanted, f"docs/{document} is out of date: UPDATE_DOCS=1 writes it"
