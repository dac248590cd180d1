"""README's map of the package: every module is in it, and imports only what stands beside it or below."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.engine import ROOT

PACKAGE = ROOT / "components" / "pulumi_openkruise"
PULUMI_ROWS = (1, 2)


def rows() -> list[list[str]]:
    """Read the rows of the map: the names of the modules and packages in each."""
    text = (ROOT / "README.md").read_text()
    block = text.split("components/pulumi_openkruise/", 1)[1].split("\n", 1)[1]
    lines = [line for line in block.splitlines() if line.startswith("    ")]
    columns = [re.split(r"\s{2,}", line.strip(), maxsplit=1)[0] for line in lines]
    return [[re.sub(r"(\.py|/)$", "", name) for name in column.split(", ")] for column in columns]


def rank() -> dict[str, int]:
    return {name: number for number, names in enumerate(rows()) for name in names}


def part_of(path: Path) -> str:
    """Name the module or package right under the root that a file belongs to."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if path != PACKAGE / "__init__.py")


def imported(path: Path) -> Iterator[str]:
    """Yield the full names of all that a file imports, inside functions too."""
    inside = ["pulumi_openkruise", *path.relative_to(PACKAGE).parts[:-1]]
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = inside[: len(inside) - node.level + 1] if node.level else []
            start = [*base, *([node.module] if node.module else [])]
            yield from (".".join([*start, alias.name]) for alias in node.names)


def test_every_module_has_one_place_in_the_map() -> None:
    named = [name for names in rows() for name in names]
    assert sorted(named) == sorted({part_of(path) for path in modules()})


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_downwards(path: Path) -> None:
    place, wrong = rank(), []
    for name in imported(path):
        parts = name.split(".")
        if parts[0] == "pulumi_openkruise" and len(parts) > 1 and parts[1] in place:
            if place[parts[1]] < place[part_of(path)]:
                wrong.append(name)
        elif parts[0] in ("pulumi", "pulumi_kubernetes") and place[part_of(path)] not in PULUMI_ROWS:
            wrong.append(name)
    assert not wrong
