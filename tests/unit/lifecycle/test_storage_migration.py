"""Which objects are rewritten for which chart, and which fields an object would lose."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_openkruise.inventory.crd_storage import CrdStorage
from pulumi_openkruise.lifecycle.storage_migration import (
    find_lost_fields,
    list_versions_to_compare,
    parse_target,
    plan_steps,
)

BOTH = ("v1alpha1", "v1beta1")


def crd(
    plural: str,
    written: str = "v1beta1",
    stored: tuple[str, ...] = BOTH,
    versions: tuple[str, ...] = BOTH,
    objects: int = 1,
) -> CrdStorage:
    name = f"{plural}.apps.kruise.io"
    return CrdStorage(
        name, "apps.kruise.io", plural, "Kind", versions, versions, written, stored, objects, True, 1, "1"
    )


CLONE_SETS = crd("clonesets", "v1alpha1", ("v1alpha1",), ("v1alpha1",))


@pytest.mark.parametrize(
    ("one", "target", "version", "needed"),
    [
        (crd("sidecarsets"), "written", "v1beta1", True),
        (crd("sidecarsets", stored=("v1beta1",)), "written", "v1beta1", False),
        (crd("sidecarsets"), "1.8.3", "v1alpha1", True),
        (crd("sidecarsets", stored=("v1beta1",)), "1.8.3", "v1alpha1", True),
        # The switch was made, and then the command was killed.
        (crd("sidecarsets", "v1alpha1"), "1.8.3", "v1alpha1", True),
        (crd("sidecarsets", "v1alpha1", ("v1alpha1",)), "1.8.3", "v1alpha1", False),
        (crd("sidecarsets"), "1.9.1", "v1beta1", False),
        (crd("sidecarsets"), "v1alpha1", "v1alpha1", True),
        (CLONE_SETS, "v1beta1", "v1alpha1", False),
        (CLONE_SETS, "1.8.3", "v1alpha1", False),
        (crd("statefulsets"), "1.8.3", "v1beta1", False),
        (crd("statefulsets"), "2.0.0", "v1beta1", True),
        (crd("sidecarsets"), "2.0.0", "v1beta1", False),
    ],
)
def test_what_is_to_be_done(one: CrdStorage, target: str, version: str, needed: bool) -> None:
    (step,) = plan_steps([one], parse_target(target))
    assert (step.version, step.needed, step.blocked) == (version, needed, "")
    assert step.switches is (one.written != version)


def test_a_version_that_is_not_served_blocks() -> None:
    one = crd("sidecarsets")._replace(served=("v1beta1",))
    (step,) = plan_steps([one], parse_target("1.8.3"))
    assert step.blocked == "v1alpha1 is not served"


def test_objects_are_compared_in_every_other_version_that_may_be_stored() -> None:
    (step,) = plan_steps([crd("sidecarsets")], parse_target("1.8.3"))
    assert list_versions_to_compare(step) == ["v1beta1"]
    (step,) = plan_steps([CLONE_SETS], parse_target("1.8.3"))
    assert list_versions_to_compare(step) == []


@pytest.mark.parametrize("text", ["", "latest", "v", "1", "1.8", "beta", "vv1beta1"])
def test_no_target(text: str) -> None:
    with pytest.raises(ValueError, match="expected a chart version"):
        parse_target(text)


def lost(
    one: CrdStorage, before: dict[str, Any], after: dict[str, Any], target: str = "written"
) -> list[str]:
    return find_lost_fields(one, parse_target(target), {"spec": before}, {"spec": after})


def test_fields_that_are_not_there_any_more_are_lost() -> None:
    before = {"a": {"b": 1, "c": 2}, "d": [{"e": 1}, {"f": 2}], "g": {"h": {"i": 1}}}
    after = {"a": {"b": 1}, "d": [{}]}
    assert lost(crd("broadcastjobs"), before, after) == [
        "spec.a.c",
        "spec.d[0].e",
        "spec.d[1]",
        "spec.g.h.i",
    ]


def test_what_the_conversion_keeps_elsewhere_is_not_lost() -> None:
    sidecars, daemons = crd("sidecarsets"), crd("daemonsets")
    assert lost(sidecars, {"customVersion": "7"}, {}) == []
    assert lost(sidecars, {"namespaceSelector": {"matchLabels": {"a.b/c": "d"}}}, {"namespace": "d"}) == []
    assert lost(sidecars, {"customVersions": "7"}, {}) == ["spec.customVersions"]
    scaling = {"scaleStrategy": {"partitionedScaling": True, "maxUnavailable": 1}}
    assert lost(daemons, scaling, {}) == ["spec.scaleStrategy.maxUnavailable"]


def test_what_the_older_chart_lacks_is_lost() -> None:
    spec = {"containers": [{"name": "a"}, {"name": "b", "resourcesPolicy": {"x": 1}}]}
    assert lost(crd("sidecarsets"), spec, spec, "1.8.3") == ["spec.containers[].resourcesPolicy"]
    assert lost(crd("sidecarsets"), spec, spec, "1.9.0") == []
    rolling = {"updateStrategy": {"rollingUpdate": {"partition": "50%"}}}
    assert lost(crd("daemonsets"), rolling, rolling, "1.8.3") == [
        "spec.updateStrategy.rollingUpdate.partition (a percentage)"
    ]
    number = {"updateStrategy": {"rollingUpdate": {"partition": 5}}}
    assert lost(crd("daemonsets"), number, number, "1.8.3") == []


def test_what_the_newer_chart_lacks_is_lost() -> None:
    united = crd("uniteddeployments", "v1alpha1", ("v1alpha1",), ("v1alpha1",))
    spec = {"topology": {"scheduleStrategy": {"adaptive": {"unschedulableLastSeconds": 60}}}}
    field = "spec.topology.scheduleStrategy.adaptive.unschedulableLastSeconds"
    assert lost(united, spec, spec, "1.9.1") == [field]
    assert lost(united, spec, spec, "1.8.3") == []
    assert lost(united, spec, spec) == []


@pytest.mark.parametrize(
    ("target", "kinds"),
    [
        ("1.8.3", {"clonesets", "sidecarsets", "daemonsets", "uniteddeployments"}),
        ("1.9.1", {"uniteddeployments"}),
        ("v1beta1", set()),
        ("written", set()),
    ],
)
def test_only_the_kinds_with_other_fields_are_read_for_them(target: str, kinds: set[str]) -> None:
    plurals = ("clonesets", "sidecarsets", "daemonsets", "uniteddeployments", "broadcastjobs", "statefulsets")
    chosen = parse_target(target)
    assert {one for one in plurals if chosen.may_lack_fields(f"{one}.apps.kruise.io")} == kinds


def test_the_managers_own_objects_do_not_count() -> None:
    assert lost(crd("nodeimages"), {"images": {"a": {"mode": "x"}}}, {}, "1.8.3") == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text("abc", min_size=1), inner, max_size=3)
    ),
    max_leaves=8,
)
SPECS = st.dictionaries(st.text("abc", min_size=1), JSON, max_size=3)


@given(SPECS)
def test_an_unchanged_object_loses_nothing(spec: dict[str, Any]) -> None:
    assert lost(crd("broadcastjobs"), spec, spec) == []


@given(SPECS, st.text("abc", min_size=1), JSON.filter(lambda value: value not in ({}, [], None)))
def test_a_removed_field_is_lost_and_an_added_one_is_not(spec: dict[str, Any], key: str, value: Any) -> None:
    smaller = {name: one for name, one in spec.items() if name != key}
    larger = {**smaller, key: value}
    assert all(path.startswith(f"spec.{key}") for path in lost(crd("broadcastjobs"), larger, smaller))
    assert lost(crd("broadcastjobs"), larger, smaller)
    assert lost(crd("broadcastjobs"), smaller, larger) == []
