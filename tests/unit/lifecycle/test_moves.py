"""What an installation must not leave: its namespace, its cluster, its owner."""

from dataclasses import replace

import pytest
from pulumi_openkruise.diagnostics.field_names import config_field_name
from pulumi_openkruise.inventory.release import ReleaseId, ReleaseState, Revision
from pulumi_openkruise.lifecycle.installation import Declared
from pulumi_openkruise.lifecycle.moves import (
    check_cluster,
    check_namespace,
    check_namespace_ownership,
    find_namespace,
)

RELEASE = ReleaseId("kruise-system", "kruise")
DECLARED = Declared("kruise", RELEASE, namespace="kruise-system", create_namespace=True)
INSTALLED = ReleaseState(RELEASE, (Revision(1, "superseded"), Revision(2, "deployed")), owner=RELEASE)
EMPTY = ReleaseState(RELEASE)


def test_an_installation_stays_in_its_namespace() -> None:
    # With the record's namespace given, the release itself is still found.
    moved = replace(DECLARED, namespace="elsewhere", field_name=config_field_name("mine"))
    (problem,) = check_namespace("kruise-system", moved, INSTALLED)
    assert problem.code == "namespace-left"
    assert problem.place == "mine:namespace"
    assert "runs in kruise-system, and this stack would move it to elsewhere" in problem.reason
    assert problem.detail[-1].strip() == "pulumi config set mine:namespace kruise-system && pulumi up"
    assert check_namespace("kruise-system", moved) == [problem]  # where nothing could be looked at
    assert check_namespace("kruise-system", moved, ReleaseState(moved.release, owner=RELEASE)) == [problem]
    assert check_namespace("kruise-system", moved, EMPTY) == []
    assert check_namespace("elsewhere", moved, INSTALLED) == []


def test_an_installation_stays_on_its_cluster() -> None:
    old, new, urn = "https://old.example", "https://new.example", "urn:pulumi:prod::shop::x::kruise"
    (problem,) = check_cluster(old, new, urn, EMPTY)
    assert problem.code == "cluster-left"
    assert problem.place == "Helm release kruise-system/kruise"
    assert (
        f"on the cluster at {old}, and now has the kubeconfig of {new}, where it does not exist"
        in problem.reason
    )
    assert problem.detail[-1].strip() == f"pulumi state delete --target-dependents '{urn}' && pulumi up"
    # The same cluster at another address.
    assert check_cluster(old, new, urn, INSTALLED) == []
    assert check_cluster(old, old, urn, EMPTY) == []
    # Nothing is claimed where nothing is known: of the state, of the kubeconfig, of the cluster.
    assert check_cluster(None, new, urn, EMPTY) == []
    assert check_cluster(old, None, urn, EMPTY) == []
    assert check_cluster(old, new, urn, None) == []


@pytest.mark.parametrize(
    ("values", "namespace"),
    [
        ({"installation": {"namespace": "elsewhere"}}, "elsewhere"),
        ({"installation": {"createNamespace": True}}, "kruise-system"),
        ({"installation": None}, "kruise-system"),
        ({}, "kruise-system"),
    ],
)
def test_the_namespace_of_values(values: dict[str, object], namespace: str) -> None:
    assert find_namespace(values) == namespace


def test_a_namespace_of_the_stack_is_not_given_up() -> None:
    adopting = Declared("kruise", RELEASE, namespace="kruise-system", create_namespace=False)
    (problem,) = check_namespace_ownership({"createNamespace": True}, adopting)
    assert problem.code == "namespace-given-up"
    assert check_namespace_ownership({"createNamespace": False}, adopting) == []
    assert check_namespace_ownership({"createNamespace": True}, DECLARED) == []
    # What an earlier version of the module has left in the state says nothing.
    assert check_namespace_ownership({}, adopting) == []
    assert check_namespace_ownership(None, adopting) == []


def test_the_owner_is_named_as_the_config_names_it() -> None:
    by_config = replace(DECLARED, create_namespace=False, field_name=config_field_name("mine"))
    (given_up,) = check_namespace_ownership({"createNamespace": True}, by_config)
    assert given_up.place == "mine:createNamespace"
