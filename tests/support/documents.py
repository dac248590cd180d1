"""Tables in docs/ that are made from data: between two marks, and never out of date.

``UPDATE_DOCS=1 python -m pytest tests/unit`` writes them.
"""

import os
from collections.abc import Sequence

from tests.support.engine import ROOT


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
