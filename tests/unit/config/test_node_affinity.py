"""What the user's values require of the pods' nodes: how it is checked, and which nodes it leaves out."""

from collections.abc import Mapping, Sequence
from typing import Any

import pytest
from pulumi_openkruise.config import node_affinity
from pulumi_openkruise.config.node_affinity import (
    DAEMON,
    MANAGER,
    PREFERRED,
    REQUIRED,
    Pods,
    check_form,
    join_affinities,
    leaves_out,
    read_pod_labels,
)
from pulumi_openkruise.selectors import solve


def require(*pools: str) -> dict[str, Any]:
    expression = {"key": "pool", "operator": "In", "values": list(pools)}
    return {"nodeSelectorTerms": [{"matchExpressions": [expression]}]}


NAMED = {
    "nodeSelectorTerms": [
        {"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["node-1"]}]},
    ]
}


@pytest.mark.parametrize(
    ("required", "asked", "own", "left_out"),
    [
        (None, {}, {}, False),
        (None, {"disk": "ssd"}, {"disk": "ssd"}, False),
        (None, {"disk": "ssd"}, {"disk": "ssd", "zone": "a"}, False),
        (None, {"disk": "ssd"}, {"disk": "hdd"}, True),
        (None, {"disk": "ssd"}, {}, True),
        (require("a"), {}, {"pool": "a"}, False),
        (require("a"), {}, {"pool": "b"}, True),
        (require("a"), {"disk": "ssd"}, {"pool": "a", "disk": "ssd"}, False),
        (require("a"), {"disk": "ssd"}, {"pool": "a"}, True),
        (require("a"), {"disk": "ssd"}, {"pool": "b", "disk": "ssd"}, True),
        (NAMED, {}, {"pool": "b"}, False),
    ],
)
def test_a_node_is_left_out_unless_the_affinity_and_the_node_selector_both_admit_it(
    required: Mapping[str, Any] | None, asked: dict[str, str], own: dict[str, str], left_out: bool
) -> None:
    assert leaves_out(required, asked)(own, "node-1") is left_out


def test_a_node_selector_consists_of_strings() -> None:
    found = {"disk": "ssd", 1: "one", "two": 2, None: None}
    assert read_pod_labels({"daemon": {"nodeSelector": found}}, DAEMON) == {"disk": "ssd"}


AFFINITY = {"nodeAffinity": {REQUIRED: require("a"), PREFERRED: []}}


@pytest.mark.parametrize(
    ("section", "pods", "places"),
    [
        ({"affinity": {**AFFINITY, "podAffinity": {}, "podAntiAffinity": {}}}, DAEMON, []),
        (AFFINITY, MANAGER, []),
        # The chart reads the daemon's node affinity below its affinity alone.
        ({"nodeAffinity": {"x": 1}}, DAEMON, []),
        ({"affinity": {"x": 1, "nodeAffinity": 2}}, DAEMON, ["affinity.x", "affinity.nodeAffinity"]),
        ({"affinity": {"nodeAffinity": {"x": 1, REQUIRED: 2}}}, DAEMON, ["x", REQUIRED]),
        ({"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": ["a", "b"]}}}, MANAGER, [REQUIRED, REQUIRED]),
    ],
)
def test_all_problems_of_an_affinitys_structure_are_found(
    section: dict[str, Any], pods: Pods, places: Sequence[str]
) -> None:
    found = list(check_form({pods.section: section}, pods, "values"))
    assert {problem.code for problem in found} <= {"invalid-affinity"}
    assert len(found) == len(places)
    for problem, place in zip(found, places, strict=True):
        assert problem.place.startswith(f"values.{pods.section}.")
        assert problem.place.endswith(f".{place}")


def test_pods_that_ask_for_the_same_nodes_are_solved_for_once(monkeypatch: pytest.MonkeyPatch) -> None:
    solved: list[tuple[Any, Any]] = []

    def count(excluded: Any, *, required: Any, labels: Any) -> Any:
        solved.append((required, labels))
        return solve(excluded, required=required, labels=labels)

    monkeypatch.setattr(node_affinity, "solve", count)
    daemon: dict[str, Any] = {
        "affinity": {"nodeAffinity": {REQUIRED: require("a")}},
        "nodeSelector": {"disk": "ssd"},
    }
    manager: dict[str, Any] = {**daemon["affinity"], "nodeSelector": daemon["nodeSelector"]}
    others = (manager, 1), ({**manager, "nodeSelector": {}}, 2), ({**manager, "nodeAffinity": {}}, 2)
    for other, times in others:
        solved.clear()
        found, problems = join_affinities(
            ["type=x"], {"daemon": daemon, "manager": other}, (DAEMON, MANAGER), "values", "selectors"
        )
        assert problems == []
        assert len(solved) == times
        required = other["nodeAffinity"].get(REQUIRED)
        assert found[MANAGER] == solve(["type=x"], required=required, labels=other["nodeSelector"]).affinity
