"""How many selectors a policy can have: its expressions must be ones that the API server compiles."""

from typing import Any

import pytest
from pulumi_openkruise.config.node_labels import MAX_SELECTORS, make_rule
from pulumi_openkruise.config.settings_reader import read_settings
from pulumi_openkruise.diagnostics.problem import ConfigError
from pulumi_openkruise.policy.expressions import MAX_EXPRESSION
from pulumi_openkruise.policy.signals import NOT_BY_DEFAULT

MANY = [f"pool=p{number}" for number in range(1000)]


def found(**config: Any) -> list[tuple[str, str]]:
    try:
        return [(one.code, one.place) for one in read_settings(config, source="x").warnings]
    except ConfigError as error:
        return [(one.code, one.place) for one in error.problems]


@pytest.mark.parametrize("mode", ["label", "warn"])
def test_more_selectors_than_the_api_server_compiles_are_refused(mode: str) -> None:
    too_long = [("label-rule-too-long", "node_label_selectors")]
    assert found(node_label_policy=mode, node_label_selectors=MANY) == too_long
    assert found(node_label_policy=mode, node_label_selectors=MANY[:500]) == []
    listed = [f"pool in ({','.join(text.removeprefix('pool=') for text in MANY)})"]
    assert found(node_label_policy=mode, node_label_selectors=listed) == []


def test_what_the_affinity_excludes_counts_for_the_warning_alone() -> None:
    for mode, problems in (("warn", [("label-rule-too-long", "node_label_policy")]), ("label", [])):
        assert found(node_label_policy=mode, virtual_node_selectors=MANY) == problems


def test_the_rest_of_the_expression_has_room() -> None:
    rule = make_rule(set_type=True, presets=NOT_BY_DEFAULT, selectors=(), excluded=())
    assert max(map(len, (rule.is_virtual(), rule.looks_virtual()))) + MAX_SELECTORS < MAX_EXPRESSION - 5000
