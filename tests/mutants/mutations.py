"""Every single change that is tried on a module's source, as pure functions over its syntax tree."""

import ast
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass

COMPARISONS: dict[type[ast.cmpop], type[ast.cmpop]] = {
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.In: ast.NotIn,
    ast.NotIn: ast.In,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}
ARITHMETIC: dict[type[ast.operator], type[ast.operator]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.BitAnd: ast.BitOr,
    ast.BitOr: ast.BitAnd,
}


@dataclass(frozen=True)
class Mutant:
    """A module's source with one change."""

    line: int
    before: str
    """The changed expression or statement as it was, in one line."""
    after: str
    source: str
    """The whole module with the change."""


def find_mutants(source: str) -> list[Mutant]:
    """Return all mutants of a module, in the order of its source; none equals the original's syntax tree."""
    tree = ast.parse(source)
    original = ast.dump(tree)
    ignored = set(_ignored(tree))
    mutants = []
    for index, node in enumerate(ast.walk(tree)):
        if id(node) in ignored:
            continue
        for changed in _changes(node):
            copy = deepcopy(tree)
            place = next(found for at, found in enumerate(ast.walk(copy)) if at == index)
            replaced = _Replace(place, changed).visit(copy)
            if ast.dump(replaced) != original:
                line = getattr(node.target if isinstance(node, ast.comprehension) else node, "lineno", 0)
                text = ast.unparse(ast.fix_missing_locations(replaced))
                mutants.append(Mutant(line, _one_line(node), _one_line(changed), text))
    return sorted(mutants, key=lambda mutant: (mutant.line, mutant.before, mutant.after))


class _Replace(ast.NodeTransformer):
    """Puts a node in the place of another one."""

    def __init__(self, place: ast.AST, changed: ast.AST) -> None:
        self.place = place
        self.changed = changed

    def visit(self, node: ast.AST) -> ast.AST:
        if node is self.place:
            return self.changed
        return self.generic_visit(node)


def _ignored(tree: ast.Module) -> Iterator[int]:
    """Yield the ids of nodes in annotations, docstrings, imports for types and decorators: no behaviour."""
    for node in ast.walk(tree):
        skipped: list[ast.AST | None] = []
        if isinstance(node, (ast.AnnAssign, ast.arg)):
            skipped.append(node.annotation)
        elif isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            skipped += [node.returns, *node.decorator_list]
        elif isinstance(node, ast.ClassDef):
            skipped += node.decorator_list
        elif isinstance(node, ast.Assign) and isinstance(node.value, ast.Subscript) and node in tree.body:
            skipped.append(node.value)  # an alias of a type
        elif _is_docstring(node) or (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
            skipped.append(node)
        for found in skipped:
            if found is not None:
                yield from (id(part) for part in ast.walk(found))


def _changes(node: ast.AST) -> Iterator[ast.AST]:
    """Yield what may stand in a node's place."""
    if isinstance(node, ast.stmt):
        yield from _statement_changes(node)
    elif isinstance(node, (ast.Tuple, ast.List, ast.Set, ast.Call, ast.comprehension)):
        yield from _shortened(node)
    else:
        yield from _expression_changes(node)


def _expression_changes(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.Compare) and len(node.ops) == 1 and type(node.ops[0]) in COMPARISONS:
        yield ast.Compare(node.left, [COMPARISONS[type(node.ops[0])]()], node.comparators)
    elif isinstance(node, ast.BoolOp):
        yield ast.BoolOp(ast.Or() if isinstance(node.op, ast.And) else ast.And(), node.values)
        for index in range(len(node.values)):
            rest = [value for at, value in enumerate(node.values) if at != index]
            yield rest[0] if len(rest) == 1 else ast.BoolOp(node.op, rest)
    elif isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
        yield node.operand
    elif isinstance(node, ast.BinOp) and type(node.op) in ARITHMETIC:
        yield ast.BinOp(node.left, ARITHMETIC[type(node.op)](), node.right)
    elif isinstance(node, ast.Constant):
        yield from _constants(node.value)
    elif isinstance(node, ast.IfExp):
        yield node.body
        yield node.orelse


def _statement_changes(node: ast.stmt) -> Iterator[ast.AST]:
    if isinstance(node, ast.If):
        for value in (True, False):
            yield ast.If(ast.Constant(value), node.body, node.orelse)
    elif isinstance(node, ast.Return) and node.value is not None and not _is_none(node.value):
        yield ast.Return(ast.Constant(None))
    elif isinstance(node, (ast.Raise, ast.AugAssign)) or (
        isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    ):
        yield ast.Pass()
    elif isinstance(node, ast.Continue):
        yield ast.Break()
    elif isinstance(node, ast.Break):
        yield ast.Continue()


def _shortened(node: ast.AST) -> Iterator[ast.AST]:
    """Yield a collection, comprehension or call with one part less."""
    if isinstance(node, ast.comprehension):
        for index in range(len(node.ifs)):
            kept = [test for at, test in enumerate(node.ifs) if at != index]
            yield ast.comprehension(node.target, node.iter, kept, node.is_async)
    elif isinstance(node, (ast.Tuple, ast.List, ast.Set)) and isinstance(
        getattr(node, "ctx", ast.Load()), ast.Load
    ):
        # Of a long list of data every third is enough: the others say the same about the tests.
        for index in range(0, len(node.elts), 1 if len(node.elts) < 6 else 3):
            rest = [item for at, item in enumerate(node.elts) if at != index]
            if rest or not isinstance(node, ast.Set):
                yield type(node)(rest) if isinstance(node, ast.Set) else type(node)(rest, ast.Load())
    elif isinstance(node, ast.Call):
        for index in range(len(node.keywords)):
            kept_words = [word for at, word in enumerate(node.keywords) if at != index]
            yield ast.Call(node.func, node.args, kept_words)


def _constants(value: object) -> Iterator[ast.AST]:
    if isinstance(value, bool):
        yield ast.Constant(not value)
    elif isinstance(value, int):
        yield ast.Constant(value + 1)
    elif isinstance(value, str) and value and " " not in value:
        # With a space it is wording, which tests compare whole; without, a name that something depends on.
        yield ast.Constant(f"{value}X")


def _is_docstring(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _is_none(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and node.value is None


def _one_line(node: ast.AST) -> str:
    if isinstance(node, ast.If):
        return f"if {ast.unparse(node.test)}"
    text = " ".join(ast.unparse(node).split())
    return text if len(text) <= 100 else f"{text[:97]}..."
