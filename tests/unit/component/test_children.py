"""The component's children: their inputs, their options, and what each waits for."""

import tarfile
from pathlib import Path
from typing import Any

import pulumi
import pytest
from pulumi_openkruise import OpenKruise, OpenKruiseArgs
from pulumi_openkruise.chart.local import read_local_chart
from pulumi_openkruise.component.children import _describe_repository
from pulumi_openkruise.component.errors import InvalidConfigError
from pulumi_openkruise.selectors import ALWAYS_TRUE

from tests.support.declared import BASE, PARENT, declare, require_exclusion
from tests.support.engine import COMPONENT, NAMESPACE, RECORD, RELEASE, Engine


def test_registers_a_component_a_namespace_and_a_release_and_nothing_else(engine: Engine) -> None:
    declare(engine, {})
    assert engine.types == [NAMESPACE, RELEASE, RECORD, COMPONENT]
    assert engine.of_type(COMPONENT).urn == PARENT


def test_release_inputs(engine: Engine) -> None:
    declare(
        engine, {"virtual_node_selectors": ["pool=burst,role!=gateway"], "virtual_node_presets": ["liqo"]}
    )
    affinity = require_exclusion(*BASE, "pool=burst,role!=gateway", "liqo.io/type=virtual-node")
    assert engine.of_type(RELEASE).inputs == {
        "name": "kruise",
        "namespace": "kruise-system",
        "createNamespace": False,
        "chart": "kruise",
        "version": "1.8.3",
        "repositoryOpts": {"repo": "https://openkruise.github.io/charts/"},
        "values": {
            "daemon": {"affinity": {"nodeAffinity": affinity}},
            "installation": {"createNamespace": False, "namespace": "kruise-system"},
            "manager": {"nodeAffinity": affinity},
        },
        "allowNullValues": True,
        "timeout": 600,
        "maxHistory": 10,
        "compat": "true",
    }


def test_namespace_inputs(engine: Engine) -> None:
    declare(engine, {"namespace": "kruise"})
    assert engine.of_type(NAMESPACE).inputs == {
        "apiVersion": "v1",
        "kind": "Namespace",
        "metadata": {
            "name": "kruise",
            "labels": {
                "control-plane": "openkruise",
                "pod-security.kubernetes.io/enforce": "privileged",
            },
            "annotations": {"helm.sh/resource-policy": "keep"},
        },
    }


@pytest.mark.parametrize(
    ("login", "name", "password"),
    [("me:p%40ss", "me", "p@ss"), ("me", "me", ""), (":p%40ss", "", "p@ss")],
)
def test_a_login_of_the_repository_goes_to_the_provider_as_a_secret(
    login: str, name: str, password: str
) -> None:
    import asyncio

    async def secrets() -> list[bool]:
        options: Any = _describe_repository(f"https://{login}@charts.example.com/a")
        assert options.repo == "https://charts.example.com/a"
        given = [options.username, options.password]
        assert [await one.future() for one in given] == [name, password]
        return [await one.is_secret() for one in given]

    assert asyncio.run(secrets()) == [True, True]


@pytest.mark.parametrize(
    "chart", ["./charts/kruise", "/srv/kruise-1.8.3.tgz", "oci://registry.example.com/kruise"]
)
def test_chart_that_is_no_name_has_no_repository(engine: Engine, chart: str) -> None:
    declare(engine, {"chart": chart})
    inputs = engine.of_type(RELEASE).inputs
    assert inputs["chart"] == chart
    assert "repositoryOpts" not in inputs


def test_with_nothing_to_exclude_the_charts_own_exclusion_goes(engine: Engine) -> None:
    declare(engine, {"base_exclusions": False})
    values = engine.of_type(RELEASE).inputs["values"]
    assert values["daemon"]["affinity"]["nodeAffinity"] == {
        "requiredDuringSchedulingIgnoredDuringExecution": ALWAYS_TRUE
    }
    assert "manager" not in values


def test_children_belong_to_the_component_and_the_release_waits_for_the_namespace(engine: Engine) -> None:
    declare(engine, {})
    namespace, release = engine.of_type(NAMESPACE), engine.of_type(RELEASE)
    prefix = "urn:pulumi:test::openkruise::openkruise:index:OpenKruise$"
    assert namespace.urn == f"{prefix}kubernetes:core/v1:Namespace::kruise-namespace"
    assert release.urn == f"{prefix}kubernetes:helm.sh/v3:Release::kruise-release"
    assert sorted(release.request.dependencies) == sorted([namespace.urn, engine.of_type(RECORD).urn])


@pytest.mark.parametrize(("args", "protected"), [({}, True), ({"protect": False}, False)])
def test_protect(engine: Engine, args: OpenKruiseArgs, protected: bool) -> None:
    declare(engine, args)
    for type_ in (NAMESPACE, RELEASE):
        assert engine.of_type(type_).request.protect is protected


def test_nothing_is_ever_deleted_before_it_is_replaced(engine: Engine) -> None:
    declare(engine, {})
    registered = [resource for resource in engine.registered if not resource.read]
    assert not any(resource.request.deleteBeforeReplace for resource in registered)


def test_children_share_one_default_provider(engine: Engine) -> None:
    declare(engine, {})
    versions = {engine.of_type(type_).request.version for type_ in (NAMESPACE, RELEASE)}
    assert len(versions) == 1
    assert versions != {""}


@pytest.mark.parametrize("option", ["provider", "providers"])
def test_explicit_provider_flows_to_the_children(engine: Engine, option: str) -> None:
    def program() -> None:
        import pulumi_kubernetes as kubernetes

        provider = kubernetes.Provider("cluster", kubeconfig="{}")
        chosen: Any = provider if option == "provider" else [provider]
        OpenKruise("kruise", {}, pulumi.ResourceOptions(**{option: chosen}))

    engine.run(program)
    provider = engine.of_type("pulumi:providers:kubernetes")
    for type_ in (NAMESPACE, RELEASE):
        assert engine.of_type(type_).request.provider == f"{provider.urn}::cluster-id"


@pytest.mark.parametrize("options", [{}, {"create_namespace": False}])
def test_the_engine_deletes_the_record_only_after_the_release(
    engine: Engine, options: OpenKruiseArgs
) -> None:
    """The engine deletes first what nothing depends on: a refused deletion then leaves the record."""
    declare(engine, options)
    assert engine.of_type(RECORD).urn in engine.of_type(RELEASE).request.dependencies


def test_release_lives_in_the_namespace(engine: Engine) -> None:
    declare(engine, {"namespace": "kruise"})
    assert engine.of_type(RELEASE).inputs["namespace"] == "kruise"


@pytest.mark.parametrize("namespace", ["default", "kube-system"])
def test_namespace_of_kubernetes_can_be_adopted(engine: Engine, namespace: str) -> None:
    declare(engine, {"namespace": namespace, "create_namespace": False})
    assert engine.of_type(NAMESPACE).read


def test_existing_namespace_is_read_and_never_owned(engine: Engine) -> None:
    declare(engine, {"create_namespace": False, "namespace": "platform"})
    namespace, release = engine.of_type(NAMESPACE), engine.of_type(RELEASE)
    assert namespace.read
    assert namespace.request.id == "platform"
    assert namespace.urn == f"urn:pulumi:test::openkruise::{COMPONENT}${NAMESPACE}::kruise-adopted-namespace"
    assert sorted(release.request.dependencies) == sorted([namespace.urn, engine.of_type(RECORD).urn])
    assert release.inputs["values"]["installation"] == {"createNamespace": False, "namespace": "platform"}


@pytest.mark.parametrize(
    "existing", [{}, {"metadata": {}}, {"metadata": {"labels": {"control-plane": "other"}}}]
)
def test_existing_namespace_of_something_else_is_refused(engine: Engine, existing: dict[str, Any]) -> None:
    engine.mocks.existing = existing
    with pytest.raises(
        InvalidConfigError, match="kubectl label namespace kruise-system control-plane=openkruise"
    ):
        declare(engine, {"create_namespace": False})
    assert RELEASE not in engine.types


@pytest.mark.parametrize("above", [True, False, None])
@pytest.mark.parametrize("protect", [True, False])
def test_the_stricter_protect_wins(engine: Engine, above: bool | None, protect: bool) -> None:
    declare(engine, {"protect": protect}, protect=above)
    for type_ in (NAMESPACE, RELEASE):
        assert engine.of_type(type_).request.protect is bool(protect or above)


@pytest.mark.parametrize("levels", [1, 2])
def test_protect_from_above_is_stricter_than_the_argument(engine: Engine, levels: int) -> None:
    def program() -> None:
        opts = pulumi.ResourceOptions(protect=True)
        for level in range(levels):
            parent = pulumi.ComponentResource("test:index:Above", f"above-{level}", {}, opts)
            opts = pulumi.ResourceOptions(parent=parent)
        OpenKruise("kruise", {"protect": False}, opts)

    engine.run(program)
    for type_ in (NAMESPACE, RELEASE):
        assert engine.of_type(type_).request.protect is True


@pytest.mark.parametrize("packed", [False, True])
def test_a_chart_from_a_path_is_registered_with_the_version_that_it_has(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, packed: bool
) -> None:
    monkeypatch.setattr(
        "pulumi_openkruise.component.chart_probe.choose_chart_reader", lambda: read_local_chart
    )
    folder = tmp_path / "kruise"
    folder.mkdir()
    (folder / "Chart.yaml").write_text("apiVersion: v2\nname: kruise\nversion: 1.9.0\n")
    if packed:
        with tarfile.open(tmp_path / "kruise.tgz", "w:gz") as archive:
            archive.add(folder, "kruise")
    declare(engine, {"chart": str(tmp_path / "kruise.tgz" if packed else folder)})
    assert engine.of_type(RELEASE).inputs["version"] == "1.9.0"


@pytest.mark.parametrize(
    ("args", "version"),
    [
        ({}, "1.8.3"),
        ({"chart_version": "1.7.5"}, "1.7.5"),
        ({"chart": "oci://example.com/kruise"}, "1.8.3"),
        ({"chart": "https://example.com/kruise-1.9.0.tgz"}, "1.9.0"),
        ({"chart": "https://example.com/kruise.tgz"}, "1.8.3"),
    ],
)
def test_which_version_is_registered(engine: Engine, args: OpenKruiseArgs, version: str) -> None:
    declare(engine, args)
    assert engine.of_type(RELEASE).inputs["version"] == version


def test_a_namespace_that_waits_for_values_depends_only_on_the_record(engine: Engine) -> None:
    def program() -> None:
        other = pulumi.ComponentResource("x:index:Other", "other")
        values = {"manager": {"replicas": other.urn.apply(len)}}
        OpenKruise("kruise", {"values": values})

    engine.run(program)
    assert list(engine.of_type(NAMESPACE).request.dependencies) == [engine.of_type(RECORD).urn]
