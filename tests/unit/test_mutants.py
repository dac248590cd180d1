"""The mutations that ``make mutants`` tries."""

import ast
from pathlib import PurePath

import pytest

from tests.mutants.choice import choose_tests, read_contexts
from tests.mutants.mutations import find_mutants
from tests.support.engine import ROOT

SAMPLE = '''"""Doc."""
def size(items: list[str], least: int = 2) -> int | None:
    """Count."""
    if not items or len(items) < least:
        raise ValueError("too few items")
    total = 0
    for item in items:
        if item == "x":
            continue
        total += 1
    return total
'''


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("not items or len(items) < least", "not items and len(items) < least"),
        ("not items or len(items) < least", "not items"),
        ("not items", "items"),
        ("len(items) < least", "len(items) <= least"),
        ("2", "3"),
        ("raise ValueError('too few items')", "pass"),
        ("if item == 'x'", "if True"),
        ("item == 'x'", "item != 'x'"),
        ("'x'", "'xX'"),
        ("continue", "break"),
        ("total += 1", "pass"),
        ("return total", "return None"),
    ],
)
def test_changes(before: str, after: str) -> None:
    assert (before, after) in {(mutant.before, mutant.after) for mutant in find_mutants(SAMPLE)}


def test_neither_docstrings_nor_annotations_nor_wording_are_changed() -> None:
    changed = {mutant.before for mutant in find_mutants(SAMPLE)}
    assert not changed & {"'Doc.'", "'Count.'", "'too few items'", "list[str]", "int | None"}


def test_a_condition_in_a_comprehension_has_its_line() -> None:
    (mutant,) = find_mutants("\nx = [\n    y\n    for y in z\n    if y\n]\n")
    assert mutant.line == 4


def test_each_mutant_of_a_real_module_is_another_program() -> None:
    source = (ROOT / "components/pulumi_openkruise/config/names.py").read_text()
    mutants = find_mutants(source)
    dumps = {ast.dump(ast.parse(mutant.source)) for mutant in mutants}
    assert ast.dump(ast.parse(source)) not in dumps
    assert len(mutants) > 10


LINES = """\
def size(
    items,
):
    if (
        items
    ):
        return sum(
            1
            for item in items
        )
    match items:
        case 0:
            return 1
"""


@pytest.mark.parametrize(
    ("line", "tests"),
    [
        (1, []),  # at import
        (2, []),
        (4, ["test_a", "test_b"]),
        (5, ["test_a", "test_b"]),
        (7, ["test_a", "test_c"]),
        (8, ["test_a", "test_c"]),
        (11, ["test_b", "test_d"]),
        (13, ["test_d"]),
        (14, []),
    ],
)
def test_a_mutant_meets_the_tests_that_run_its_statement(line: int, tests: list[str]) -> None:
    report = {
        1: ["", "test_a|run"],
        5: ["test_a[x-y]|run", "test_a[z|run]|run", "test_b|setup"],
        7: ["test_a[x-y]|run"],
        9: ["test_c|run"],
        11: ["test_b|run"],
        13: ["test_d|run"],
    }
    other = {"contexts": {"11": ["test_e|run"]}}
    files = {"/tmp/x/room/size.py": {"contexts": {str(at): found for at, found in report.items()}}}
    contexts = read_contexts({"files": {**files, "/tmp/x/room2/size.py": other}}, PurePath("room/size.py"))
    assert choose_tests(LINES, line, contexts) == tests
