"""What an installation must not leave: its namespace, its cluster, its owner."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from pulumi_openkruise.diagnostics.field_names import config_field_name
from pulumi_openkruise.diagnostics.problem import Problem
from pulumi_openkruise.diagnostics.unavailable import Unavailable
from pulumi_openkruise.inventory.release import ReleaseId, ReleaseState, Revision
from pulumi_openkruise.lifecycle.installation import Declared
from pulumi_openkruise.lifecycle.moves import (
    Recorded,
    check_cluster,
    check_cluster_known,
    check_included,
    check_moves,
    check_namespace,
    check_namespace_ownership,
    check_only_installation,
    find_namespace,
    read_inputs,
    was_never_installed,
)

RELEASE = ReleaseId("kruise-system", "kruise")
DECLARED = Declared("kruise", RELEASE, namespace="kruise-system", create_namespace=True)
INSTALLED = ReleaseState(RELEASE, (Revision(1, "superseded"), Revision(2, "deployed")), owner=RELEASE)
EMPTY = ReleaseState(RELEASE)
UNAVAILABLE = Unavailable("connection refused")


def test_an_installation_stays_in_its_namespace() -> None:
    # With the record's namespace given, the release itself is still found.
    moved = DECLARED._replace(namespace="elsewhere", field_name=config_field_name("mine"))
    (problem,) = check_namespace("kruise-system", moved, INSTALLED)
    assert problem.code == "namespace-left"
    assert problem.place == "mine:namespace"
    assert "runs in kruise-system, and this stack would move it to elsewhere" in problem.reason
    assert problem.detail[-1].strip() == "pulumi config set mine:namespace kruise-system && pulumi up"
    assert check_namespace("kruise-system", moved) == [problem]  # where nothing could be looked at
    assert check_namespace("kruise-system", moved, ReleaseState(moved.release, owner=RELEASE)) == [problem]
    assert check_namespace("kruise-system", moved, INSTALLED._replace(owner=None)) == [problem]
    assert check_namespace("kruise-system", moved, EMPTY) == []
    assert check_namespace("elsewhere", moved, INSTALLED) == []


def test_an_installation_stays_on_its_cluster() -> None:
    old, new, urn = "https://old.example", "https://new.example", "urn:pulumi:prod::shop::x::kruise"
    (problem,) = check_cluster(RELEASE, old, new, urn, EMPTY)
    assert problem.code == "cluster-left"
    assert problem.place == "Helm release kruise-system/kruise"
    both = f"on the cluster at {old}, and now has the kubeconfig of {new}"
    assert problem.reason.endswith(f"{both}, where it does not exist")
    assert problem.detail[-1].strip() == f"pulumi state delete --target-dependents '{urn}' && pulumi up"
    # The same cluster at another address.
    assert check_cluster(RELEASE, old, new, urn, INSTALLED) == []
    assert check_cluster(RELEASE, old, old, urn, EMPTY) == []
    # Nothing is claimed where neither state nor kubeconfig says where it is.
    assert check_cluster(RELEASE, None, new, urn, EMPTY) == []
    assert check_cluster(RELEASE, old, None, urn, EMPTY) == []
    # A new cluster that does not answer may be another one.
    (unseen,) = check_cluster(RELEASE, old, new, urn, UNAVAILABLE)
    assert unseen.code == "cluster-left"
    assert unseen.reason.endswith(f"{both}, which cannot be inspected: connection refused")
    assert "the same cluster, try again when it answers" in unseen.detail[0]


def test_nothing_is_created_on_a_cluster_that_may_be_another_one() -> None:
    (problem,) = check_cluster_known("https://old.example", None, "it is not known yet")
    assert problem.code == "cluster-unknown"
    assert problem.reason.endswith("it is not known which cluster this is: it is not known yet")
    assert check_cluster_known("https://old.example", "https://old.example", "") == []
    assert check_cluster_known(None, None, "") == []


def test_a_cluster_has_one_component() -> None:
    (problem,) = check_only_installation(DECLARED, "first", "the Kubernetes provider")
    assert problem.code == "second-installation"
    assert problem.place == "OpenKruise 'kruise'"
    assert problem.reason.startswith("has the Kubernetes provider of OpenKruise 'first' in this program")
    assert check_only_installation(DECLARED, None, "the Kubernetes provider") == []


def test_a_component_of_an_earlier_state_is_not_left_out() -> None:
    (problem,) = check_included("urn:x", True)
    assert problem.code == "component-left-out"
    assert problem.detail[-1].strip() == "--target 'urn:x'"
    assert check_included("urn:x", False) == []
    assert check_included("urn:x", True, INSTALLED) == [problem]
    assert check_included("urn:x", True, INSTALLED._replace(owner=None)) == [problem]
    assert check_included("urn:x", True, ReleaseState(RELEASE, owner=RELEASE)) == [problem]
    # A destroy that was killed between the record and the component leaves the same state.
    (finished,) = check_included("urn:x", True, EMPTY)
    assert [line.strip() for line in finished.detail[1:3]] == ["pulumi refresh --yes", "pulumi destroy"]
    assert finished.detail[-1] == problem.detail[-1]


@pytest.mark.parametrize(
    ("inputs", "recorded"),
    [
        ({}, Recorded(None, "kruise-system", False)),
        ({"namespace": "a", "createNamespace": True}, Recorded(None, "a", True)),
        ({"server": "https://a", "namespace": "a"}, Recorded("https://a", "a", False)),
        ({"server": 1, "createNamespace": "true"}, Recorded(None, "kruise-system", False)),
        ({"namespace": None}, None),
    ],
)
def test_what_the_components_inputs_record(inputs: dict[str, Any], recorded: Recorded | None) -> None:
    assert read_inputs(inputs) == recorded


def test_every_move_is_reported_at_once() -> None:
    recorded = Recorded("https://old.example", "elsewhere", True)
    moved = DECLARED._replace(create_namespace=False)
    seen = ReleaseState(RELEASE, owner=RELEASE)
    problems = check_moves(recorded, moved, "https://new.example", seen, "urn:x")
    assert [one.code for one in problems] == ["namespace-given-up", "namespace-left", "cluster-left"]
    never = check_moves(recorded, moved, "https://new.example", EMPTY, "urn:x")
    assert [one.code for one in never] == ["namespace-given-up", "cluster-left"]
    unseen = check_moves(recorded, moved, "https://new.example", UNAVAILABLE, "urn:x")
    assert [one.code for one in unseen] == ["namespace-given-up", "namespace-left", "cluster-left"]
    here = Recorded("https://old.example", "kruise-system", True)
    assert check_moves(here, DECLARED, "https://old.example", UNAVAILABLE, "urn:x") == []


@pytest.mark.parametrize(
    ("values", "namespace"),
    [
        ({"installation": {"namespace": "elsewhere"}}, "elsewhere"),
        ({"installation": {"createNamespace": True}}, "kruise-system"),
        ({"installation": {"namespace": ""}}, "kruise-system"),
        ({"installation": {"namespace": 5}}, "kruise-system"),
        ({"installation": None}, "kruise-system"),
        ({}, "kruise-system"),
    ],
)
def test_the_namespace_of_values(values: dict[str, object], namespace: str) -> None:
    assert find_namespace(values) == namespace


OWNING = Recorded(None, "kruise-system", create_namespace=True)


def test_a_namespace_of_the_stack_is_not_given_up() -> None:
    adopting = DECLARED._replace(create_namespace=False)
    (problem,) = check_namespace_ownership(OWNING, adopting)
    assert problem.code == "namespace-given-up"
    assert check_namespace_ownership(OWNING._replace(create_namespace=False), adopting) == []
    assert check_namespace_ownership(OWNING, DECLARED) == []


def test_the_owner_is_named_as_the_config_names_it() -> None:
    by_config = DECLARED._replace(create_namespace=False, field_name=config_field_name("mine"))
    (given_up,) = check_namespace_ownership(OWNING, by_config)
    assert given_up.place == "mine:createNamespace"


GOLDEN = yaml.safe_load((Path(__file__).parent / "golden_moves.yaml").read_text())
OLD, NEW, URN = "https://old.example", "https://new.example", "urn:pulumi:prod::shop::x::kruise"
CONFIGURED = DECLARED._replace(field_name=config_field_name("mine"))
MOVES: dict[str, list[Problem]] = {
    "another cluster without it": check_cluster(RELEASE, OLD, NEW, URN, EMPTY),
    "another cluster that does not answer": check_cluster(RELEASE, OLD, NEW, URN, UNAVAILABLE),
    "unknown cluster": check_cluster_known(OLD, None, "it is not known yet"),
    "second component": check_only_installation(DECLARED, "first", "the Kubernetes provider"),
    "component left out": check_included(URN, True, INSTALLED),
    "component left out after a destroy": check_included(URN, True, EMPTY),
    "another namespace in the program": check_namespace(
        "kruise-system", DECLARED._replace(namespace="elsewhere"), INSTALLED
    ),
    "another namespace in the config": check_namespace(
        "kruise-system", CONFIGURED._replace(namespace="elsewhere"), INSTALLED
    ),
    "namespace given up in the program": check_namespace_ownership(
        OWNING, DECLARED._replace(create_namespace=False)
    ),
    "namespace given up in the config": check_namespace_ownership(
        OWNING, CONFIGURED._replace(create_namespace=False)
    ),
}


@pytest.mark.parametrize("case", MOVES)
def test_every_refusal_is_the_golden_one(case: str) -> None:
    assert [line for problem in MOVES[case] for line in str(problem).splitlines()] == GOLDEN[case]


def test_the_golden_refusals_are_those_of_the_cases() -> None:
    assert sorted(GOLDEN) == sorted(MOVES)


@pytest.mark.parametrize(
    ("version", "found", "never"),
    [
        (2, EMPTY, True),
        (2, ReleaseState(RELEASE, owner=RELEASE), True),
        (2, ReleaseState(RELEASE, owner=ReleaseId("apps", "other")), False),
        (2, INSTALLED, False),
        (2, UNAVAILABLE, False),
        (1, EMPTY, False),
        (None, EMPTY, False),
    ],
)
def test_whether_an_installation_was_ever_there(
    version: int | None, found: ReleaseState | Unavailable, never: bool
) -> None:
    assert was_never_installed({"stateVersion": version}, found) is never
