"""Which folder may touch what, and that imports point one way; imports inside functions count."""

import ast
import re
import sys
import tokenize
from collections.abc import Iterator
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

from tests.support.engine import ROOT

PACKAGE = ROOT / "components" / "pulumi_openkruise"
TOP_LEVEL = {"__init__.py", "__main__.py", "py.typed", "pulumi-plugin.json"}
"""Python wants ``__main__.py`` there for ``python -m pulumi_openkruise``; it only calls the command line."""
MAY_IMPORT_PULUMI = {"component", "fleet"}
PURE = {
    "catalogue",
    "chart",
    "checks",
    "config",
    "detection",
    "diagnostics",
    "foreign",
    "discovery",
    "lifecycle",
    "policy",
    "selectors",
}
LOOKS_OUTSIDE = {"chart/local.py", "chart/repository.py"}
"""The two files of a pure folder that may touch the file system and the network."""
OUTSIDE = {
    "asyncio",
    "ctypes",
    "getpass",
    "glob",
    "http",
    "kubernetes",
    "mmap",
    "multiprocessing",
    "os",
    "pathlib",
    "requests",
    "select",
    "selectors",
    "shutil",
    "signal",
    "socket",
    "subprocess",
    "tempfile",
    "threading",
    "urllib3",
}
"""Modules by which a program touches what is outside of its process."""
BUILT_IN = {"open", "input", "print"}
FLEET_LINES = 600
"""The most lines of code in the fleet: what Pulumi's engine does is not to be built again there."""
_NO_CODE = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT}


def modules() -> list[Path]:
    return sorted(PACKAGE.rglob("*.py"))


def folder(path: Path) -> str:
    parts = path.relative_to(PACKAGE).parts
    return parts[0] if len(parts) > 1 else ""


def dotted(path: Path) -> str:
    """Name a module as an import does."""
    parts = ["pulumi_openkruise", *path.relative_to(PACKAGE).with_suffix("").parts]
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


NAMES = {dotted(path): path for path in modules()}


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


def own_modules(path: Path) -> set[Path]:
    """Return the modules of this package that a file imports, leaving out the ``__init__.py`` of folders."""
    found = set()
    for name in imported(path):
        for candidate in (name, name.rpartition(".")[0]):
            if candidate in NAMES:
                found.add(NAMES[candidate])
                break
    return found - {path}


def folders_imported(path: Path) -> set[str]:
    parts = (name.split(".") for name in imported(path))
    return {found[1] for found in parts if found[0] == "pulumi_openkruise" and len(found) > 1}


def rows() -> dict[str, str]:
    """Read README's map of the package: each folder with what it is, in the order of the map."""
    text = (ROOT / "README.md").read_text()
    block = text.split("components/pulumi_openkruise/", 1)[1].split("\n", 1)[1]
    lines = [line for line in block.splitlines() if re.match(r" {4}\w+/", line)]
    return {line.split("/", 1)[0].strip(): line.split("/", 1)[1].strip() for line in lines}


def existing() -> set[str]:
    return {folder(path) for path in modules()} - {""}


def test_the_top_level_holds_no_module_but_init_and_main() -> None:
    assert {path.name for path in PACKAGE.iterdir() if path.is_file()} == TOP_LEVEL


def test_the_map_names_the_folders_that_there_are() -> None:
    assert sorted(rows()) == sorted(existing())
    assert all(rows().values())


def test_there_are_at_most_twenty_folders() -> None:
    folders = {path.parent for path in modules()} - {PACKAGE}
    assert len(folders) <= 20


def test_each_folder_says_what_it_is_and_what_it_may_touch() -> None:
    for path in {path.parent for path in modules()}:
        document = ast.get_docstring(ast.parse((path / "__init__.py").read_text()))
        assert document, path
        assert document.splitlines()[0].endswith("."), path
        if path != PACKAGE:
            assert re.search(r"\b(pure|may)\b", document), path
            assert ("pure" in document) == (folder(path / "__init__.py") in PURE), path


def test_the_unit_tests_mirror_the_folders() -> None:
    tests = ROOT / "tests" / "unit"
    mirrored = {path.parent.relative_to(tests) for path in tests.rglob("test_*.py")} - {Path(".")}
    assert mirrored == {path.parent.relative_to(PACKAGE) for path in modules()} - {Path(".")}


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_only_the_component_and_the_fleet_import_pulumi(path: Path) -> None:
    found = {name.split(".")[0] for name in imported(path)} & {"pulumi", "pulumi_kubernetes"}
    assert not found or folder(path) in MAY_IMPORT_PULUMI


@pytest.mark.parametrize(
    "path",
    [path for path in modules() if folder(path) in PURE],
    ids=lambda path: str(path.relative_to(PACKAGE)),
)
def test_a_pure_folder_touches_nothing_outside_the_process(path: Path) -> None:
    if str(path.relative_to(PACKAGE)) in LOOKS_OUTSIDE:
        return
    names = {name.split(".")[0] for name in imported(path)} | {
        name for name in imported(path) if name.startswith("urllib.request")
    }
    called = {
        node.func.id
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }
    assert not names & OUTSIDE
    assert not called & BUILT_IN


def resolve(name: str) -> tuple[Path | None, str]:
    """Split an imported name into this package's module and what is taken of it, "" for the module itself."""
    if name in NAMES:
        return NAMES[name], ""
    module, _dot, taken = name.rpartition(".")
    return NAMES.get(module), taken


def data_types(path: Path) -> set[str]:
    """Return the classes that a module defines without a word of the cluster's client in them."""
    client = {name.rpartition(".")[2] for name in imported(path) if ".cluster" in name}
    return {
        node.name
        for node in ast.parse(path.read_text()).body
        if isinstance(node, ast.ClassDef)
        and not client & {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
    }


def find_readers() -> set[Path]:
    """Return the modules of ``inventory`` that ask the cluster, themselves or by another module there."""
    inside = [path for path in modules() if folder(path) == "inventory"]
    readers = {path for path in inside if "cluster" in folders_imported(path)}
    while True:
        more = {path for path in inside if path not in readers and any(taken_from(path, readers))}
        if not more:
            return readers
        readers |= more


def taken_from(path: Path, readers: set[Path]) -> Iterator[str]:
    """Yield what a file imports of readers, except types of data."""
    for name in imported(path):
        module, taken = resolve(name)
        if module in readers and taken not in data_types(module):
            yield name


def test_no_pure_folder_imports_one_that_touches_the_cluster() -> None:
    wrong = {
        f"{path.relative_to(PACKAGE)} -> {name}"
        for path in modules()
        if folder(path) in PURE
        for name in folders_imported(path) & {"cluster", "component", "cli", "fleet"}
    }
    assert not wrong


def test_a_pure_folder_takes_of_the_inventorys_readers_only_types_of_data() -> None:
    """``inventory`` is both: modules that ask the cluster, and the data that they return."""
    readers = find_readers()
    assert {path.stem for path in readers} >= {"survey", "release_reader"}
    assert not {path.stem for path in readers} & {"snapshot", "release"}
    wrong = {
        f"{path.relative_to(PACKAGE)} -> {name}"
        for path in modules()
        if folder(path) in PURE
        for name in taken_from(path, readers)
    }
    assert not wrong


def test_imports_between_folders_point_downwards() -> None:
    """The map is written from the top down: a folder imports only folders below its own row."""
    order = {name: row for row, name in enumerate(rows())}
    wrong = {
        f"{path.relative_to(PACKAGE)} -> {name}"
        for path in modules()
        if folder(path)
        for name in folders_imported(path)
        if name in order and order[name] < order[folder(path)]
    }
    assert not wrong


def test_no_import_runs_in_a_circle() -> None:
    """Between single modules; a folder's ``__init__.py`` only passes on what these offer."""
    graph = {
        path: {found for found in own_modules(path) if found.name != "__init__.py"}
        for path in modules()
        if path.name != "__init__.py"
    }
    try:
        tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(" -> ".join(str(path.relative_to(PACKAGE)) for path in error.args[1]))


def test_no_import_runs_in_a_circle_among_sub_folders() -> None:
    """Beside each other in one folder, as ``cli/input`` and ``cli/output``, they point one way too.

    What both need is in the folder above them, which for its part imports them: so a folder is not
    compared with its own sub-folders, only these with each other.
    """
    graph: dict[Path, set[Path]] = {}
    for path in modules():
        parent = path.parent
        for other in {found.parent for found in own_modules(path)}:
            if other != parent and other.parent == parent.parent != PACKAGE:
                graph.setdefault(parent, set()).add(other)
    assert graph  # else the paths above no longer fit the package
    try:
        tuple(TopologicalSorter(graph).static_order())
    except CycleError as error:
        pytest.fail(" -> ".join(str(path.relative_to(PACKAGE)) for path in error.args[1]))


def test_selectors_stand_alone_and_their_search_does_not_read_them() -> None:
    """They can be used without the rest, and the search works on labels and values, not on their spelling."""
    selectors = PACKAGE / "selectors"
    search = selectors / "minimize"
    lent = {selectors / name for name in ("requirement.py", "syntax.py", "node_selector.py")}
    wording = PACKAGE / "diagnostics" / "wording.py"
    wrong = {
        f"{path.relative_to(PACKAGE)} -> {found.relative_to(PACKAGE)}"
        for path in selectors.rglob("*.py")
        for found in own_modules(path)
        if found != wording
        and (selectors not in found.parents or (path.parent == search != found.parent and found not in lent))
    }
    assert not wrong
    assert list(search.glob("*.py"))


def count_code_lines(text: str) -> int:
    """Count the lines of a module without those that have only a blank, a comment or part of a docstring."""
    code: set[int] = set()
    for token in tokenize.generate_tokens(iter(text.splitlines(keepends=True)).__next__):
        if token.type not in _NO_CODE | {tokenize.ENDMARKER}:
            code |= set(range(token.start[0], token.end[0] + 1))
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
            code -= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    return len(code)


def test_lines_of_code_are_counted_without_words() -> None:
    text = '"""Words,\n\nand more."""\n\n# A comment.\nA = (\n    1,  # one\n)\n"""What it is."""\n'
    assert count_code_lines(text) == 3


def test_the_fleet_stays_small() -> None:
    lines = {path.name: count_code_lines(path.read_text()) for path in (PACKAGE / "fleet").glob("*.py")}
    assert 0 < sum(lines.values()) <= FLEET_LINES, lines


def test_the_modules_named_here_exist() -> None:
    """A folder or file that the lists above name must not be gone."""
    assert existing() >= PURE | MAY_IMPORT_PULUMI
    assert all((PACKAGE / name).is_file() for name in LOOKS_OUTSIDE)
    assert OUTSIDE - {"kubernetes", "requests", "urllib3"} <= sys.stdlib_module_names
