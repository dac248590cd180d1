"""The package's own data about CRDs, against both Go modules of OpenKruise."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pulumi_openkruise.chart.crds import (
    ADDED,
    ADDED_FIELDS,
    MOVED_FIELDS,
    NUMBERS_ONLY,
    OWN,
    REMOVED_FIELDS,
    list_known_versions,
)

Crds = dict[str, dict[str, Any]]
BEFORE, SINCE = "1.8.3", "1.9.1"


@pytest.fixture(scope="session")
def crds(modules: dict[str, Path]) -> dict[str, Crds]:
    """Return the CRDs of each version by name."""
    return {release: dict(_read(module)) for release, module in modules.items()}


def _read(module: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    for path in sorted((module / "config" / "crd" / "bases").glob("*.yaml")):
        crd = yaml.load(path.read_text(), Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))
        yield crd["metadata"]["name"], crd


def schema(crd: dict[str, Any], version: str) -> dict[str, Any]:
    found = next(one for one in crd["spec"]["versions"] if one["name"] == version)
    spec: dict[str, Any] = found["schema"]["openAPIV3Schema"]["properties"].get("spec", {})
    return spec


def fields(part: dict[str, Any], path: str = "spec") -> dict[str, Any]:
    """Return the type of each field of a schema by its path."""
    found = {path: part.get("type")}
    for name, inner in part.get("properties", {}).items():
        found |= fields(inner, f"{path}.{name}")
    if "items" in part:
        found |= fields(part["items"], f"{path}[]")
    return found


def outermost(paths: set[str]) -> set[str]:
    return {
        path
        for path in paths
        if not any(path != other and path.startswith((f"{other}.", f"{other}[")) for other in paths)
    }


@pytest.mark.parametrize("release", [BEFORE, SINCE])
def test_versions_are_those_of_the_module(release: str, crds: dict[str, Crds]) -> None:
    minor = tuple(map(int, release.split(".")[:2]))
    unpublished = set(ADDED) if release == BEFORE else set()
    for name, crd in crds[release].items():
        known = list_known_versions((minor[0], minor[1]), name)
        if name in unpublished:
            assert known is None
            continue
        assert known is not None
        versions = {one["name"]: one["storage"] for one in crd["spec"]["versions"]}
        assert set(versions) == known.versions
        assert versions[known.stored]


def test_fields_that_came_went_or_changed_are_all_there_are(crds: dict[str, Crds]) -> None:
    added, removed, numbers = {}, {}, {}
    for name, crd in crds[BEFORE].items():
        known = list_known_versions((1, 8), name)
        if known is None or name in OWN:
            continue
        # What 1.8 stores, in both charts: a change of version is another matter.
        old = fields(schema(crd, known.stored))
        new = fields(schema(crds[SINCE][name], known.stored))
        added[name] = outermost(set(new) - set(old))
        removed[name] = outermost(set(old) - set(new))
        numbers[name] = {
            path for path in old if old[path] == "integer" and new.get(path) is None and path in new
        }

    def collect_paths(data: dict[str, tuple[str, ...]]) -> dict[str, set[str]]:
        return {name: set(paths) for name, paths in data.items()}

    assert {name: paths for name, paths in added.items() if paths} == collect_paths(ADDED_FIELDS)
    assert {name: paths for name, paths in removed.items() if paths} == collect_paths(REMOVED_FIELDS)
    assert {name: paths for name, paths in numbers.items() if paths} == collect_paths(NUMBERS_ONLY)


def test_only_the_kinds_with_a_conversion_webhook_keep_fields_elsewhere(modules: dict[str, Path]) -> None:
    """Each of these fields stands in upstream's conversion; the other kinds convert nothing at all."""
    assert set(MOVED_FIELDS) == {"sidecarsets.apps.kruise.io", "daemonsets.apps.kruise.io"}
    folder = modules[SINCE] / "apis" / "apps" / "v1alpha1"
    for name, paths in MOVED_FIELDS.items():
        source = (folder / f"{name.split('.')[0].removesuffix('s')}_conversion.go").read_text().lower()
        assert all(path.rpartition(".")[2].lower() in source for path in paths)
