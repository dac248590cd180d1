"""A fleet's report as a table, as data that its published schema describes, and as a page."""

import json
from typing import Any, get_args

import pytest
from jsonschema import Draft202012Validator
from pulumi_openkruise.checks import check
from pulumi_openkruise.checks.node_states import STATES as NODE_STATES
from pulumi_openkruise.cli.output.fleet_page import fleet_page
from pulumi_openkruise.cli.output.fleet_report import STATES, as_data, as_text, list_reasons
from pulumi_openkruise.config.fleet_file import Cluster
from pulumi_openkruise.fleet.record import Update
from pulumi_openkruise.fleet.report import ClusterReport, State

from tests.support.installed import broken, expected
from tests.support.reports import make_report
from tests.support.schemas import close, load_schema

SCHEMA = load_schema("fleet-check")
LAST = Update(True, "hotfix", None, "0123456789abcdef", "update")


def one(state: State, wave: str = "prod", **fields: Any) -> ClusterReport:
    return ClusterReport(wave, Cluster(f"c-{state}", {}), state, **fields)


OTHERS: tuple[State, ...] = ("failed", "by-hand", "due", "on-hold")


def fleet() -> list[ClusterReport]:
    """Return a cluster in each state; one has a finding of every code."""
    return [
        one("good", "dev", last=LAST, checked=check(broken(), expected())),
        one("unreachable", notes=("no route to host",)),
        one("findings", last=LAST, checked=make_report()),
        *(one(state, notes=(state,)) for state in OTHERS),
    ]


def test_the_schema_is_one_and_knows_every_state() -> None:
    Draft202012Validator.check_schema(SCHEMA)
    assert SCHEMA["$id"] == "urn:pulumi-openkruise:fleet-check:1"
    cluster = SCHEMA["properties"]["clusters"]["items"]["properties"]
    assert cluster["state"]["enum"] == list(STATES) == list(get_args(State))
    assert list(cluster["nodes"]["properties"]) == list(NODE_STATES)


def test_a_finding_is_described_as_in_the_report_of_check() -> None:
    assert SCHEMA["$defs"] == load_schema("check-report")["$defs"]


def test_a_report_with_every_state_and_code_fits_the_closed_schema() -> None:
    data = json.loads(json.dumps(as_data("openkruise", fleet())))
    assert list(Draft202012Validator(close(SCHEMA)).iter_errors(data)) == []
    first = data["clusters"][0]
    assert (first["cluster"], first["state"], first["clean"]) == ("c-good", "good", True)
    assert first["chartVersion"]
    assert first["revision"] > 0
    assert first["nodes"]["running"] > 0


@pytest.mark.parametrize("place", ["whole", "cluster"])
def test_a_field_that_the_schema_lacks_is_noticed(place: str) -> None:
    data = as_data("openkruise", fleet())
    (data if place == "whole" else data["clusters"][0])["something"] = 1
    assert list(Draft202012Validator(close(SCHEMA)).iter_errors(data))


def test_a_table_has_each_cluster_with_its_reasons_and_counts_the_states() -> None:
    lines = as_text(fleet()).splitlines()
    row = next(line for line in lines if "c-unreachable" in line)
    assert "no route to host" in row
    assert any("c-good" in line and "01234567" in line and "running" in line for line in lines)
    assert lines[-1].startswith("7 clusters: 1 cannot be inspected; 1 findings of error or above; 1 its last")


def test_every_finding_and_note_is_a_reason() -> None:
    for cluster in fleet():
        said = list_reasons(cluster)
        findings = cluster.checked.findings if cluster.checked is not None else ()
        assert said[: len(cluster.notes)] == list(cluster.notes)
        assert len(said) == len(cluster.notes) + len(findings)
        for finding, line in zip(findings, said[len(cluster.notes) :], strict=True):
            assert line == f"{finding.severity} {finding.code}: {finding.what}"
    assert max(len(list_reasons(cluster)) for cluster in fleet()) > 20


def test_the_page_draws_each_cluster_in_its_wave_and_links_to_its_row() -> None:
    page = fleet_page("openkruise", fleet())
    dev, prod = page.index("dev: 1 clusters"), page.index("prod: 6 clusters")
    for state, words in STATES.items():
        square = page.index(f'href="#c-{state}"')
        assert (dev < square < prod) is (state == "good")
        assert square > prod or state == "good"
        assert f"c-{state}: {words}" in page
        assert f'id="c-{state}"' in page
