"""The JSON of a check is what its published schema says, and nothing else."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from hypothesis import given
from jsonschema import Draft202012Validator
from pulumi_openkruise.checks import Report
from pulumi_openkruise.checks.node_states import STATES
from pulumi_openkruise.checks.registry import CODES
from pulumi_openkruise.cli.output.report_json import SCHEMA_VERSION, as_data
from pulumi_openkruise.cli.output.terminal import as_json

from tests.support.reports import hostile_reports, make_report
from tests.support.schemas import close, load_schema

SCHEMA = load_schema("check-report")


def closed() -> Draft202012Validator:
    schema = close(SCHEMA)
    # An accepted finding has more than a finding: closed where both are together.
    finding = schema["$defs"]["finding"]
    del finding["unevaluatedProperties"]
    schema["properties"]["findings"]["items"] = {"$ref": "#/$defs/finding", "unevaluatedProperties": False}
    return Draft202012Validator(schema)


def keys(data: Any) -> Iterator[str]:
    if isinstance(data, dict):
        yield from data
        for value in data.values():
            yield from keys(value)
    elif isinstance(data, list):
        for one in data:
            yield from keys(one)


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["properties"]["schemaVersion"]["const"] == SCHEMA_VERSION
    assert set(SCHEMA["properties"]["nodes"]["properties"]) == {"total", *STATES}


def test_a_report_with_every_code_fits_the_closed_schema() -> None:
    data = json.loads(as_json(as_data(make_report(), "error")))
    assert list(closed().iter_errors(data)) == []
    assert {one["code"] for one in data["findings"]} == set(CODES)
    assert (data["failOn"], data["failed"], data["clean"]) == ("error", True, False)
    assert data["findings"][0]["objects"][1:] == [
        {"kind": "Pod", "namespace": "kruise-system", "name": "kruise-daemon-x"},
        {"kind": "CloneSet.apps.kruise.io", "namespace": "default", "name": "shop"},
    ]
    assert data["accepted"][0]["until"] == "2027-01-01"
    assert data["counts"]["accepted"] == 1
    assert sum(data["counts"].values()) == len(CODES) + 1


def test_the_closed_schema_refuses_what_it_does_not_know() -> None:
    data = as_data(make_report(), "error")
    for part in (
        data,
        data["findings"][0],
        data["accepted"][0],
        data["findings"][0]["objects"][0],
        data["counts"],
    ):
        part["something"] = 1
        assert list(closed().iter_errors(data))
        del part["something"]
    assert not list(closed().iter_errors(data))


def test_keys_have_one_spelling() -> None:
    states = {state for state in STATES if "-" in state}
    assert all(
        key.isalpha() and key[0].islower()
        for key in keys(as_data(make_report(), "error"))
        if key not in states
    )


@given(hostile_reports())
def test_whatever_a_cluster_says_fits_the_schema(report: Report) -> None:
    data = json.loads(as_json(as_data(report, "warning")))
    assert list(closed().iter_errors(data)) == []


def test_every_command_spells_its_keys_alike(
    command: Callable[..., tuple[int, str, str]], tmp_path: Path
) -> None:
    nodes = tmp_path / "nodes.json"
    nodes.write_text(json.dumps([{"metadata": {"name": "vk", "labels": {"type": "virtual-kubelet"}}}]))
    other = tmp_path / "Pulumi.x.yaml"
    other.write_text("config:\n  openkruise:virtualNodeSelectors: [a_b=c_d]\n")
    for args in (
        ["discover", "--nodes-file", str(nodes)],
        ["presets"],
        ["affinity", "x", "--explain", "--diff", str(other), "--nodes", str(nodes)],
    ):
        data = json.loads(command(*args, "-o", "json")[1])
        wrong = {key for key in keys(data) if "_" in key and key != "a_b"}  # a label keeps its name
        assert wrong == set()
    assert "a_b" in set(keys(data))
