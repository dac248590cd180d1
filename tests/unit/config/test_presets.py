"""Presets: every one usable, none takes a real node away, and what was released stays as it is.

After adding a kind or a revision, ``UPDATE_GOLDEN=1 python -m pytest tests/unit/config/test_presets.py`` adds
what is new to the golden file. It changes nothing that is there: those bytes are in clusters.
"""

import json
import os
from typing import Any

import pytest
from pulumi_openkruise.catalogue import KINDS, PRESETS
from pulumi_openkruise.config.presets import (
    BASE_SELECTORS,
    GROUPS,
    is_preset,
    list_selectors,
    suggest_preset,
)
from pulumi_openkruise.selectors import affinity_matches, exclusion_affinity, parse

from tests.support.engine import ROOT

GOLDEN = ROOT / "tests" / "unit" / "config" / "golden_presets.json"

LINUX = {"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64", "kubernetes.io/hostname": "a"}
REAL_NODES = [
    LINUX,
    {**LINUX, "eks.amazonaws.com/compute-type": "auto"},
    {**LINUX, "eks.amazonaws.com/compute-type": "hybrid"},
    {**LINUX, "node.kubernetes.io/instance-type": "m5.large", "type": "worker"},
    {**LINUX, "kubernetes.io/role": "agent", "node-role.kubernetes.io/agent": ""},
    {**LINUX, "node-role.kubernetes.io/edge": "", "openyurt.io/is-edge-worker": "true"},
    {**LINUX, "platform": "metal", "provider": "aws", "virtualization": "kvm"},
    {},
]


def pinned() -> list[str]:
    numbers = {
        **{name: len(preset.revisions) for name, preset in PRESETS.items()},
        **{name: len(released) for name, released in GROUPS.items()},
    }
    return [f"{name}@{number}" for name in sorted(numbers) for number in range(1, numbers[name] + 1)]


def written(name: str) -> dict[str, Any]:
    selectors = list_selectors([name])
    return {"selectors": selectors, "affinity": exclusion_affinity(selectors)}


def golden() -> dict[str, Any]:
    known: dict[str, Any] = json.loads(GOLDEN.read_text()) if GOLDEN.exists() else {}
    if os.environ.get("UPDATE_GOLDEN"):
        known = {name: known.get(name) or written(name) for name in sorted({*known, *pinned()})}
        GOLDEN.write_text(json.dumps(known, indent=1) + "\n")
    return known


def test_base_exclusions_are_two_presets_and_a_label_of_this_packages_own() -> None:
    generic, windows = list_selectors(["virtual-kubelet"]), list_selectors(["windows"])
    assert [*generic, "openkruise.io/virtual-node=true", *windows] == list(BASE_SELECTORS)


def test_every_revision_is_in_the_golden_file() -> None:
    assert sorted(golden()) == pinned()


@pytest.mark.parametrize("name", pinned())
def test_what_was_released_never_changes(name: str) -> None:
    assert json.dumps(written(name)) == json.dumps(golden()[name])


@pytest.mark.parametrize("name", [*PRESETS, *GROUPS])
def test_a_bare_name_is_one_of_the_revisions(name: str) -> None:
    # Version 0 counts as the major release 1 here: no bare name has moved on yet.
    assert list_selectors([name]) == list_selectors([f"{name}@1"])


@pytest.mark.parametrize("name", [*PRESETS, *GROUPS])
def test_a_preset_excludes_its_nodes_and_no_real_one(name: str) -> None:
    selectors = list_selectors([name])
    affinity = exclusion_affinity(selectors)
    for selector in selectors:
        (requirement,) = parse(selector).requirements
        virtual = {requirement.key: requirement.values[0] if requirement.values else ""}
        assert not affinity_matches(affinity, virtual)
    assert all(affinity_matches(affinity, labels) for labels in REAL_NODES)


def test_selectors_are_written_canonically_and_in_order() -> None:
    for name in pinned():
        selectors = list_selectors([name])
        assert selectors == [str(parse(selector)) for selector in selectors]
        assert len(set(selectors)) == len(selectors)
    assert list(BASE_SELECTORS) == [str(parse(selector)) for selector in BASE_SELECTORS]


def test_base_exclusions() -> None:
    affinity = exclusion_affinity(BASE_SELECTORS)
    assert all(affinity_matches(affinity, labels) for labels in REAL_NODES)
    for labels in (
        {"type": "virtual-kubelet"},
        {"kubernetes.io/os": "windows"},
        {"openkruise.io/virtual-node": "true"},
    ):
        assert not affinity_matches(affinity, labels)


def test_all_presets_fit_one_term() -> None:
    affinity = exclusion_affinity(list_selectors([*PRESETS, *GROUPS]))
    assert affinity is not None
    assert len(affinity["nodeSelectorTerms"]) == 1


def test_all_has_every_virtual_kind_but_those_with_a_reason() -> None:
    members = {name.partition("@")[0] for name in GROUPS["all"][-1]}
    left_out = {name for name in PRESETS if name not in members}
    assert members <= set(PRESETS)
    assert left_out == {"tke-supernode", "windows"}
    assert all("not in `all`" in PRESETS[name].reason for name in left_out)


@pytest.mark.parametrize(
    "name", ["", "liqo@", "liqo@0", "liqo@01", "liqo@2", "liqo@99999", "LIQO", "@1", "hpk"]
)
def test_no_presets(name: str) -> None:
    assert not is_preset(name)
    with pytest.raises(KeyError):
        list_selectors([name])
    assert suggest_preset(name)


def test_remedies() -> None:
    assert suggest_preset("liqo@2") == "liqo has one: liqo@1"
    assert suggest_preset("eks-farget") == "did you mean eks-fargate?"
    assert suggest_preset("eks-farget@1") == "did you mean eks-fargate?"
    assert suggest_preset("zzz") == "`pulumi-openkruise presets` lists them all"
    assert suggest_preset("hpk") == KINDS["hpk"].reason
    assert suggest_preset("eks-auto") == KINDS["eks-auto"].reason
