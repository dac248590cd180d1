"""Objects that set certain fields are found by name, in every shape that the fields' parents can have."""

from typing import Any

import pytest
from pulumi_openkruise.chart.crds import REMOVED_FIELDS
from pulumi_openkruise.cluster import Cluster, ForbiddenError
from pulumi_openkruise.inventory.field_uses import FieldUse, list_field_uses

from tests.support.api_server import ApiServer

UNITED = "/apis/apps.kruise.io/v1alpha1/uniteddeployments"
LAST = "spec.topology.scheduleStrategy.adaptive.unschedulableLastSeconds"


def united(name: str, strategy: Any) -> dict[str, Any]:
    spec = {"topology": {"scheduleStrategy": strategy}}
    return {"kind": "UnitedDeployment", "metadata": {"name": name, "namespace": "default"}, "spec": spec}


def test_objects_that_set_a_field_are_named(cluster: Cluster, server: ApiServer) -> None:
    strategies = [
        {"adaptive": {"unschedulableLastSeconds": 60}},
        {"adaptive": {"unschedulableLastSeconds": 0}},
        {"adaptive": {"rescheduleCriticalSeconds": 30}},
        {"adaptive": None},
        {"type": "Fixed"},
        None,
    ]
    server.objects(UNITED, [united(f"u{number}", one) for number, one in enumerate(strategies)])
    found = list_field_uses(cluster, REMOVED_FIELDS)
    assert found == [FieldUse("UnitedDeployment", f"default/u{number}", (LAST,)) for number in (0, 1)]
    assert str(found[0]) == f"UnitedDeployment default/u0: {LAST}"


def test_a_kind_that_is_not_there_has_no_objects(cluster: Cluster) -> None:
    assert list_field_uses(cluster, REMOVED_FIELDS) == []


def test_what_may_not_be_read_is_an_error(cluster: Cluster, server: ApiServer) -> None:
    server.routes[UNITED] = (403, {"message": "no"})
    with pytest.raises(ForbiddenError):
        list_field_uses(cluster, REMOVED_FIELDS)
