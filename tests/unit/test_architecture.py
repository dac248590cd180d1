"""docs/architecture.md has the folders that exist, in the order of the map in README, with permissions."""

import re

from tests.support.engine import ROOT

PACKAGE = ROOT / "components" / "pulumi_openkruise"
ROW = re.compile(r"^\| `([a-z]+)/` \| (pure(?:, except two files)?|shell) \| ", re.MULTILINE)
MAP = re.compile(r"^    ([a-z]+)/ +(.+)$", re.MULTILINE)


def test_the_page_has_the_folders_in_the_order_of_the_map() -> None:
    rows = ROW.findall((ROOT / "docs" / "architecture.md").read_text())
    (readme,) = re.findall(r"^## Map\n\n```\n(.*?)^```", (ROOT / "README.md").read_text(), re.M | re.S)
    rooms = MAP.findall(readme)
    folders = {path.parent.name for path in PACKAGE.glob("*/__init__.py")}

    assert [name for name, _kind in rows] == [name for name, _line in rooms]
    assert {name for name, _kind in rows} == folders
    for (name, kind), (_name, line) in zip(rows, rooms, strict=True):
        expected = "pure" if "; pure" in line else "shell"
        assert kind == (f"{expected}, except two files" if "; pure, except" in line else expected), name
