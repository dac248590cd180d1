"""The mutations that ``make mutants`` tries."""

import ast

import pytest

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


def test_each_mutant_of_a_real_module_is_another_program() -> None:
    source = (ROOT / "components/pulumi_openkruise/config/names.py").read_text()
    mutants = find_mutants(source)
    dumps = {ast.dump(ast.parse(mutant.source)) for mutant in mutants}
    assert ast.dump(ast.parse(source)) not in dumps
    assert len(mutants) > 10
