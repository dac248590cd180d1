"""The table of findings in the docs is the code's. ``UPDATE_DOCS=1`` rewrites it."""

import os
from pathlib import Path

from pulumi_openkruise.checks import GROUPS

DOC = Path(__file__).parents[3] / "docs" / "check.md"
BEGIN, END = "<!-- findings: ", "<!-- end of findings -->"


def written() -> str:
    lines: list[str] = []
    for group, codes in GROUPS.items():
        lines += ["", f"### {group}", "", "| code | severity | finds | consequence | remedy |"]
        lines += ["| --- | --- | --- | --- | --- |"]
        for code in codes:
            anchor = f'<a id="{code.name}"></a>`{code.name}`'
            cells = (anchor, code.severity, code.title, code.consequence, code.remedy)
            lines.append(f"| {' | '.join(cell.replace('|', chr(92) + '|') for cell in cells)} |")
    return "\n".join(lines) + "\n\n"


def test_the_table_is_fresh() -> None:
    text = DOC.read_text()
    head, _begin, rest = text.partition(BEGIN)
    marker, _newline, table = rest.partition("\n")
    table, _end, tail = table.partition(END)
    if os.environ.get("UPDATE_DOCS"):
        DOC.write_text(f"{head}{BEGIN}{marker}\n{written()}{END}{tail}")
        return
    assert table == written(), "UPDATE_DOCS=1 make test writes it"


def test_codes_are_unique() -> None:
    names = [code.name for codes in GROUPS.values() for code in codes]
    assert len(set(names)) == len(names)
