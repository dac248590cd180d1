"""Which tests run a line, from coverage's report: pure functions."""

import ast
from collections.abc import Mapping
from pathlib import PurePath
from typing import Any


def read_contexts(report: Mapping[str, Any], module: PurePath) -> dict[int, frozenset[str]]:
    """Return the test functions that run each line of a module.

    Takes what ``coverage json --show-contexts`` writes after pytest-cov ran with ``--cov-context=test``. Its
    contexts are ``tests/test_x.py::test_y[z]|run``, and "" while modules are imported. All examples of a
    parametrized test count as one: pytest takes long to start with thousands of arguments.
    """
    lines: dict[int, frozenset[str]] = {}
    for name, file in report["files"].items():
        if PurePath(name).parts[-len(module.parts) :] == module.parts:
            for line, contexts in file["contexts"].items():
                lines[int(line)] = frozenset(
                    context.partition("|")[0].partition("[")[0] for context in contexts
                )
    return lines


def choose_tests(source: str, line: int, contexts: Mapping[int, frozenset[str]]) -> list[str]:
    """Return the test functions that run the statement of a line, sorted; none if it runs at import.

    Coverage knows a statement by the lines that the interpreter reports, which need not have the changed one.
    """
    tests = frozenset[str]().union(*(contexts.get(at, frozenset()) for at in _find_statement(source, line)))
    return [] if "" in tests else sorted(tests)


def _find_statement(source: str, line: int) -> range:
    """Return the lines of the smallest statement that has a line; of a compound one those before its body."""
    statements = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.stmt):
            body = getattr(node, "body", None)
            end = body[0].lineno if body else (node.end_lineno or node.lineno) + 1
            statements.append(range(node.lineno, max(end, node.lineno + 1)))
    return min((lines for lines in statements if line in lines), key=len, default=range(line, line + 1))
