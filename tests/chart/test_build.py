"""The chart is assembled from OpenKruise's Go module: the same bytes each time, and the text as it stands."""

import shutil
from pathlib import Path

import pytest
import yaml

from sandbox.chart_build import ChartBuildError, prepare_chart

from .conftest import Renderer
from .rendering import Render


def tree(directory: Path) -> dict[str, bytes]:
    files = (path for path in directory.rglob("*") if path.is_file())
    return {str(path.relative_to(directory)): path.read_bytes() for path in files}


@pytest.fixture
def copy(module_dir: Path, tmp_path: Path) -> Path:
    """Provide the module's configuration, to be changed (the module cache is read-only)."""
    target = tmp_path / "module"
    shutil.copytree(module_dir / "config", target / "config", copy_function=shutil.copyfile)
    for path in [target, *target.rglob("*")]:
        path.chmod(0o755 if path.is_dir() else 0o644)
    return target


def test_the_same_module_gives_the_same_bytes(module_dir: Path, chart: Path, tmp_path: Path) -> None:
    again = prepare_chart(module_dir, tmp_path)
    assert again == tmp_path / "kruise"
    assert tree(again) == tree(chart)


def test_a_chart_that_is_there_is_replaced_as_a_whole(module_dir: Path, chart: Path, tmp_path: Path) -> None:
    (tmp_path / "kruise" / "templates").mkdir(parents=True)
    (tmp_path / "kruise" / "templates" / "stale.yaml").write_text("kind: ConfigMap\n")
    assert tree(prepare_chart(module_dir, tmp_path)) == tree(chart)
    assert [path.name for path in tmp_path.iterdir()] == ["kruise"]


def test_crds_are_upstreams_but_for_the_conversion_patch(module_dir: Path, defaults: Render) -> None:
    bases = [yaml.safe_load(path.read_text()) for path in (module_dir / "config/crd/bases").glob("*.yaml")]
    objects = defaults.objects.values()
    rendered = {obj["metadata"]["name"]: obj for obj in objects if obj["kind"] == "CustomResourceDefinition"}
    left_out = {base["metadata"]["name"] for base in bases} - set(rendered)
    assert left_out == {"ephemeraljobs.apps.kruise.io"}
    for base in bases:
        name = base["metadata"]["name"]
        if name in left_out:
            continue
        spec = dict(rendered[name]["spec"])
        conversion = spec.pop("conversion", None)
        assert rendered[name] | {"spec": spec} == base
        assert (conversion is not None) is (name == "statefulsets.apps.kruise.io")


def test_braces_in_a_description_are_text(copy: Path, tmp_path: Path, render: Renderer) -> None:
    path = copy / "config/crd/bases/apps.kruise.io_clonesets.yaml"
    text = path.read_text()
    usual = "description: The desired number of pods."
    assert usual in text
    path.write_text(text.replace(usual, "description: '{{ fail }} %s \"'"))
    objects = render(of=prepare_chart(copy, tmp_path)).objects
    (version,) = objects["CustomResourceDefinition/clonesets.apps.kruise.io"]["spec"]["versions"]
    assert version["additionalPrinterColumns"][0]["description"] == '{{ fail }} %s "'


@pytest.mark.parametrize(
    "name",
    [
        "crd/kustomization.yaml",
        "crd/bases/apps.kruise.io_clonesets.yaml",
        "webhook/manifests.yaml",
        "rbac/role.yaml",
    ],
)
def test_a_missing_file_is_named_and_nothing_is_written(name: str, copy: Path, tmp_path: Path) -> None:
    (copy / "config" / name).unlink()
    with pytest.raises(ChartBuildError, match=rf"{name}: no such file; expected the unpacked Go module"):
        prepare_chart(copy, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_patch_without_its_webhook_is_an_error(copy: Path, tmp_path: Path) -> None:
    path = copy / "config/webhook/patch_manifests.yaml"
    path.write_text(path.read_text().replace("vpodeviction.kb.io", "renamed.kb.io"))
    with pytest.raises(ChartBuildError, match=r"renamed\.kb\.io"):
        prepare_chart(copy, tmp_path / "out")
