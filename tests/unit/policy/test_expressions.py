"""Selectors as CEL; that CEL means the same is for tests/oracle, which has the API server's own evaluator."""

import pytest
from pulumi_openkruise.policy.expressions import join_any, quote, quote_list, write_selector
from pulumi_openkruise.selectors import parse

HAS_K = 'has(object.metadata.labels) && "k" in object.metadata.labels'
K = 'object.metadata.labels["k"]'


@pytest.mark.parametrize(
    ("selector", "expression"),
    [
        ("k", f"(({HAS_K}))"),
        ("!k", f"(!({HAS_K}))"),
        ("k=a", f'(({HAS_K} && {K} in ["a"]))'),
        ("k!=a", f'(!({HAS_K} && {K} in ["a"]))'),
        ("k in (b,a)", f'(({HAS_K} && {K} in ["a", "b"]))'),
        ("k=a,k", f'(({HAS_K}) && ({HAS_K} && {K} in ["a"]))'),
    ],
)
def test_each_operator(selector: str, expression: str) -> None:
    assert write_selector(parse(selector)) == expression


def test_a_comparison_never_fails() -> None:
    """``int()`` is an error for what is no int64, and an error would leave a node unlabelled."""
    expression = write_selector(parse("k>007"))
    assert expression.startswith(f'(({HAS_K} && ({K}.matches("^0*[0-9]{{1,18}}$") || ')
    assert expression.endswith(f' <= "9223372036854775807")) && int({K}) > 7))')
    # Whole, because the functions' names are checked by the API server alone.
    small, large = f'{K}.matches("^0*[0-9]{{1,18}}$")', f'{K}.matches("^0*[1-9][0-9]{{18}}$")'
    bounded = f'{K}.substring({K}.size() - 19) <= "9223372036854775807"'
    is_integer = f"({small} || ({large} && {bounded}))"
    assert expression == f"(({HAS_K} && {is_integer} && int({K}) > 7))"
    assert write_selector(parse("k<12")) == f"(({HAS_K} && {is_integer} && int({K}) < 12))"


def test_literals_cannot_be_left() -> None:
    assert quote('a"] || true || ["') == '"a\\"] || true || [\\""'
    assert quote_list(["b", "a", "b"]) == '["a", "b"]'


def test_none_of_no_expressions_is_true() -> None:
    assert join_any([]) == "false"
