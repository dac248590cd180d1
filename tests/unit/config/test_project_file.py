"""This repository's Pulumi.yaml: a default for every key that can have one, and why the others cannot."""

from typing import Any

import pytest
from pulumi_openkruise.chart.digests import PUBLISHED
from pulumi_openkruise.config.fields import FIELDS, Kind
from pulumi_openkruise.config.project_config import read_project
from pulumi_openkruise.config.settings import Settings
from pulumi_openkruise.config.settings_reader import read_settings
from pulumi_openkruise.config.stack_config import parse_config
from pulumi_openkruise.diagnostics.field_names import NAMESPACE, config_key
from pulumi_openkruise.diagnostics.problem import ConfigError
from ruamel.yaml import YAML

from tests.support.engine import ROOT

TEXT = (ROOT / "Pulumi.yaml").read_text()
DECLARED: dict[str, dict[str, Any]] = YAML(typ="safe").load(TEXT)["config"]
INHERITED = read_project(TEXT, "Pulumi.yaml", NAMESPACE).inherited
TYPES: dict[Kind, dict[str, Any]] = {
    "string": {"type": "string"},
    "boolean": {"type": "boolean"},
    "number": {"type": "integer"},
    "list of strings": {"type": "array", "items": {"type": "string"}},
    "gates": {},
    "mapping": {},
}
SHARED = {"sharedNodeSelectors", "sharedNodePresets"}
"""What is meant to change all stacks."""
NONE_IS_NO_STRING = {"platform", "imageRegistry", "formerRelease", "formerNamespace"}
FOLLOWS: dict[str, tuple[str, dict[str, str]]] = {
    "chartRepository": ("https://openkruise.github.io/charts/", {"chart": "oci://example.com/kruise"}),
    "chartVersion": ("1.8.3", {"chart": "https://example.com/kruise-1.7.5.tgz"}),
    "releaseNamespace": ("kruise-system", {"namespace": "kruise"}),
    "timeout": ("600", {"expectedNodes": "1000"}),
    "chartDigest": (PUBLISHED["1.8.3"][0], {"chartVersion": "1.7.5"}),
}
"""Keys whose default follows another key: one that fits some stacks, and config that it does not fit."""


def settings_of(config: dict[str, Any]) -> Settings:
    return read_settings(parse_config(config, source="stack"), source="stack")


def outcome(config: dict[str, Any]) -> Any:
    """Return what `up` would make of a stack's config, or what it says of it."""
    try:
        found = settings_of(config)
    except ConfigError as error:
        return str(error)
    return found, found.helm_values()


def test_every_key_is_declared_or_cannot_have_a_default() -> None:
    names = {key.removeprefix(f"{NAMESPACE}:") for key in DECLARED}
    assert set(map(config_key, FIELDS)) == names | NONE_IS_NO_STRING | set(FOLLOWS)
    assert not names & (NONE_IS_NO_STRING | set(FOLLOWS))


@pytest.mark.parametrize("name", [name for name in FIELDS if f"{NAMESPACE}:{config_key(name)}" in DECLARED])
def test_a_declared_key_has_type_description_and_the_default_of_the_checks(name: str) -> None:
    key = config_key(name)
    declared = DECLARED[f"{NAMESPACE}:{key}"]
    assert {part: declared[part] for part in ("type", "items") if part in declared} == TYPES[FIELDS[name]]
    assert declared["description"]
    if key not in SHARED:
        assert outcome({key: INHERITED[key]}) == outcome({})


@pytest.mark.parametrize("key", sorted(NONE_IS_NO_STRING))
def test_an_empty_string_does_not_stand_for_none(key: str) -> None:
    assert "found" in outcome({key: ""}) or "unknown" in outcome({key: ""})


@pytest.mark.parametrize("key", FOLLOWS)
def test_no_default_fits_every_stack_where_it_follows_another_key(key: str) -> None:
    default, stack = FOLLOWS[key]
    assert isinstance(outcome(stack), tuple)
    assert outcome({key: default, **stack}) != outcome(stack)
