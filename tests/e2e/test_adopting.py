"""Adopting: an existing installation comes under the component, and loses nothing by it.

Each way begins with an installation of its own kind, on which users have made their resources, and ends with
its removal.
"""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import pytest
import yaml

from sandbox import api
from sandbox.chart_choice import Chart
from sandbox.manager import wait_for_manager
from sandbox.state import State

from . import custom_resources, every_kind
from .conftest import Helm
from .observing import KRUISE_NAMESPACE, REAL, Cluster, eventually
from .stack import Stack

RECORDED = Path(__file__).parent / "data" / "state-of-an-earlier-version.json"
HANDWRITTEN = Path(__file__).parent / "programs" / "handwritten"
NAMESPACE = f"/api/v1/namespaces/{KRUISE_NAMESPACE}"


class _Objects(NamedTuple):
    """What users have made of OpenKruise's kinds."""

    create: Callable[[Cluster], None]
    precious: Callable[[Cluster], dict[str, str]]
    """By name, what must be the same afterwards: uids and specs."""
    delete: Callable[[Cluster], None]


_SOME = _Objects(custom_resources.create_all, custom_resources.precious, custom_resources.delete)
_EVERY_KIND = _Objects(every_kind.create_all, every_kind.precious, every_kind.delete_all)


class _Installation:
    """One that is about to be adopted, with what it must not lose by it."""

    def __init__(self, cluster: Cluster, before: set[str], objects: _Objects = _SOME) -> None:
        self.cluster, self._before, self._objects = cluster, before, objects
        wait_for_manager(cluster.state)
        objects.create(cluster)
        self.identities = cluster.identities()
        self.precious = objects.precious(cluster)

    def has_lost_nothing(self) -> None:
        assert self.cluster.identities().items() >= self.identities.items()
        now = self._objects.precious(self.cluster)
        changed = {name: (value, now.get(name)) for name, value in self.precious.items()
                   if now.get(name) != value}  # fmt: skip
        assert not changed, changed
        assert not set(now) - set(self.precious)

    def runs_where_it_should(self) -> None:
        eventually(
            "the daemons to run on real nodes alone",
            lambda: set(self.cluster.daemons()) == self.cluster.running_daemons() == REAL,
            evidence=self.cluster.pods,
        )

    def is_removed_by(self, stack: Stack, *, but_for: str = "") -> None:
        wait_for_manager(self.cluster.state)
        self._objects.delete(self.cluster)
        stack.destroy(self.cluster)
        remaining = {f"/api/v1/namespaces//{but_for}"} if but_for else set()
        eventually(
            "everything of the release to be gone",
            lambda: self.cluster.lasting() - remaining <= self._before,
            evidence=lambda: self.cluster.lasting() - remaining - self._before,
        )
        assert not stack.resources()


@pytest.fixture
def by_helm(life_cluster: Cluster, chart: Chart, helm: Helm, empty: None) -> _Installation:
    """As OpenKruise documents it: `helm install kruise`, in namespace default, the chart makes its own."""
    before = life_cluster.lasting()
    helm("install", "kruise", chart.reference, "--namespace", "default")
    return _Installation(life_cluster, before)


@pytest.fixture
def by_hand(life_cluster: Cluster, life_state: State, chart: Chart, empty: None) -> _Installation:
    """Provide a Namespace and a helm.v3.Release in the same stack."""
    before = life_cluster.lasting()
    Stack(life_state, chart).up("--skip-preview", folder=HANDWRITTEN).succeeded()
    return _Installation(life_cluster, before)


@pytest.fixture
def by_an_earlier_version(
    life_cluster: Cluster, charts: dict[str, Chart], helm: Helm, tmp_path: Path, empty: None
) -> _Installation:
    """As commit c657142 of this repository installed 1.8.3 on a sandbox; its state was exported there."""
    before = life_cluster.lasting()
    for resource in _recorded(life_cluster.state, charts["1.8.3"]):
        inputs = resource.get("inputs", {})
        if resource["type"] == "kubernetes:core/v1:Namespace":
            api.call(life_cluster.client, "POST", "/api/v1/namespaces", inputs)
        if resource["type"] == "kubernetes:helm.sh/v3:Release":
            values = tmp_path / "values.json"
            values.write_text(json.dumps(inputs["values"]))
            install = ["install", inputs["name"], inputs["chart"], "--namespace", inputs["namespace"]]
            helm(*install, "--values", str(values), "--wait")
    return _Installation(life_cluster, before)


class _Installer(NamedTuple):
    """A tool other than Helm that installs the rendered chart."""

    mark: Callable[[dict[str, Any]], dict[str, str]]
    """The annotations that it gives to an object."""
    clause: str
    """What the refusal says of it."""


def _last_input(one: dict[str, Any]) -> dict[str, str]:
    """Client-side `kubectl apply` keeps its last input, where it fits into annotations."""
    text = json.dumps(one)
    return {"kubectl.kubernetes.io/last-applied-configuration": text} if len(text) < 100_000 else {}


def _tracking_id(one: dict[str, Any]) -> dict[str, str]:
    """Argo CD's default way of tracking since its version 3."""
    group, _, _version = one["apiVersion"].rpartition("/")
    metadata = one["metadata"]
    where = f"{metadata.get('namespace', KRUISE_NAMESPACE)}/{metadata['name']}"
    return {"argocd.argoproj.io/tracking-id": f"openkruise:{group}/{one['kind']}:{where}"}


_OWN_GATE = {"ImagePullJobGate": True}
_INSTALLERS = {
    "kubectl": _Installer(_last_input, "kubectl has applied it"),
    "argocd": _Installer(_tracking_id, "Argo CD applies it"),
}


@pytest.fixture(params=_INSTALLERS)
def without_helm(
    request: pytest.FixtureRequest,
    life_cluster: Cluster,
    chart: Chart,
    helm: Helm,
    tmp_path: Path,
    empty: None,
) -> tuple[_Installation, list[dict[str, Any]], str]:
    """As another tool installs the rendered chart, with the objects, and what the refusal says of the tool.

    Users have made an object of every kind.
    """
    before = life_cluster.lasting()
    installer = _INSTALLERS[request.param]
    # The chart's own gate has to be named again: a value replaces the default.
    gates = ",".join(f"{name}={str(on).lower()}" for name, on in (_OWN_GATE | every_kind.GATES).items())
    values = tmp_path / "values.yaml"
    values.write_text(yaml.safe_dump({"featureGates": gates}))
    where = ["--namespace", KRUISE_NAMESPACE, "--values", str(values)]
    rendered = helm("template", "kruise", chart.reference, "--no-hooks", *where)
    objects = [one for one in yaml.safe_load_all(rendered) if one]
    for one in sorted(objects, key=lambda one: one["kind"] != "Namespace"):
        one["metadata"].setdefault("annotations", {}).update(installer.mark(one))
        api.call(life_cluster.client, "POST", _path(life_cluster, one, named=False), one)
    return _Installation(life_cluster, before, _EVERY_KIND), objects, installer.clause


def _path(cluster: Cluster, one: dict[str, Any], *, named: bool = True) -> str:
    """Return the path of an object, or of the list that it is in."""
    version = one["apiVersion"]
    root = f"/apis/{version}" if "/" in version else f"/api/{version}"
    (resource,) = [
        found
        for found in cluster.get(root)["resources"]
        if found["kind"] == one["kind"] and "/" not in found["name"]
    ]
    where = f"/namespaces/{one['metadata'].get('namespace', KRUISE_NAMESPACE)}"
    path = f"{root}{where if resource['namespaced'] else ''}/{resource['name']}"
    return f"{path}/{one['metadata']['name']}" if named else path


def _recorded(state: State, chart: Chart) -> list[dict[str, Any]]:
    text = RECORDED.read_text().replace("<kubeconfig>", str(state.kubeconfig))
    resources: list[dict[str, Any]] = json.loads(text.replace("<chart>", chart.reference))
    return resources


def test_a_release_that_helm_made_comes_with_the_namespace_that_its_chart_made(
    by_helm: _Installation, life_state: State, chart: Chart
) -> None:
    stack = Stack(life_state, chart)
    adopting: dict[str, Any] = {"releaseNamespace": "default", "importRelease": "true"}
    stack.configure(adopting)

    output = stack.up().succeeded().output

    assert "2 imported" in output, output
    by_helm.has_lost_nothing()
    by_helm.runs_where_it_should()
    stack.preview("--expect-no-changes").succeeded()

    # The key may go as soon as it has done its work.
    del adopting["importRelease"]
    stack.configure(adopting)
    output = stack.up().succeeded().output
    assert "replaced" not in output, output
    by_helm.has_lost_nothing()
    stack.preview("--expect-no-changes").succeeded()
    by_helm.is_removed_by(stack)


def test_an_adoption_that_fails_at_first_still_keeps_the_namespace(
    by_helm: _Installation, life_state: State, chart: Chart
) -> None:
    """Helm then goes on from the revision before, in which the chart had made the namespace."""
    stack = Stack(life_state, chart)
    adopting: dict[str, Any] = {"releaseNamespace": "default", "importRelease": "true"}
    # This image does not exist, so Helm's wait times out.
    stack.configure({**adopting, "timeout": "5", "values": {"manager": {"image": {"tag": "v0.0.0"}}}})
    stack.up("--skip-preview").failed()

    del adopting["importRelease"]
    stack.configure(adopting)
    output = stack.up().succeeded().output

    assert "deleted" not in output, output
    by_helm.has_lost_nothing()
    by_helm.runs_where_it_should()
    stack.preview("--expect-no-changes").succeeded()
    by_helm.is_removed_by(stack)


def test_a_namespace_that_the_chart_made_is_adopted_only_once_helm_leaves_it_alone(
    by_helm: _Installation, life_cluster: Cluster, life_state: State, chart: Chart
) -> None:
    stack = Stack(life_state, chart)
    settings = {"releaseNamespace": "default", "importRelease": "true", "createNamespace": "false"}
    stack.configure(settings)
    revisions = life_cluster.helm_revisions()
    for outcome in (stack.preview().failed(), stack.up("--skip-preview").failed()):
        assert "kubectl annotate namespace kruise-system helm.sh/resource-policy=keep" in outcome.output
    assert life_cluster.helm_revisions() == revisions
    by_helm.has_lost_nothing()

    keep = {"metadata": {"annotations": {"helm.sh/resource-policy": "keep"}}}
    api.call(life_cluster.client, "PATCH", NAMESPACE, keep, content_type="application/merge-patch+json")
    output = stack.up().succeeded().output

    assert "1 imported" in output, output
    by_helm.has_lost_nothing()
    by_helm.runs_where_it_should()
    stack.preview("--expect-no-changes").succeeded()
    by_helm.is_removed_by(stack, but_for=KRUISE_NAMESPACE)
    life_cluster.delete_namespace()


def test_an_installation_without_helm_is_refused_and_is_adopted_once_it_is_marked(
    without_helm: tuple[_Installation, list[dict[str, Any]], str],
    life_cluster: Cluster,
    life_state: State,
    chart: Chart,
) -> None:
    installed, objects, clause = without_helm
    stack = Stack(life_state, chart)
    settings: dict[str, Any] = {"featureGates": every_kind.GATES}
    stack.configure(settings)
    namespace = life_cluster.get(NAMESPACE)
    for command in (("preview",), ("up", "--yes"), ("up", "--yes", "--skip-preview")):
        outcome = stack.run(*command).failed()
        assert f"exists without Helm's mark of ownership ({clause})" in outcome.output
        assert "pulumi config set openkruise:createNamespace false" in outcome.output
        assert life_cluster.helm_revisions() == []
        assert life_cluster.get(NAMESPACE) == namespace
        assert not any("namespace" in urn.lower() or "Release" in urn for urn in stack.resources())
    installed.has_lost_nothing()

    # The commands of the message, as requests: kubectl annotate and kubectl label.
    mark = {"meta.helm.sh/release-name": "kruise", "meta.helm.sh/release-namespace": KRUISE_NAMESPACE}
    metadata = {"annotations": mark, "labels": {"app.kubernetes.io/managed-by": "Helm"}}
    for one in objects:
        if one["kind"] != "Namespace" or one["metadata"]["name"] != KRUISE_NAMESPACE:
            path = _path(life_cluster, one)
            patch = {"metadata": metadata}
            api.call(life_cluster.client, "PATCH", path, patch, content_type="application/merge-patch+json")
    stack.configure({**settings, "createNamespace": "false"})
    stack.preview().succeeded()
    output = stack.up().succeeded().output

    assert "replaced" not in output, output
    assert len(life_cluster.helm_revisions()) == 1
    installed.has_lost_nothing()
    installed.runs_where_it_should()
    stack.preview("--expect-no-changes").succeeded()
    installed.is_removed_by(stack, but_for=KRUISE_NAMESPACE)
    life_cluster.delete_namespace()


def test_the_stacks_own_release_is_adopted_by_its_former_name(
    by_hand: _Installation, life_cluster: Cluster, life_state: State, chart: Chart
) -> None:
    stack = Stack(life_state, chart)
    revisions = life_cluster.helm_revisions()
    adopting = {"formerRelease": "openkruise", "formerNamespace": "system"}
    stack.configure(adopting)

    output = stack.up().succeeded().output

    assert "2 created" in output, output  # the component and its record
    assert "deleted" not in output, output
    assert "replaced" not in output, output
    assert len(life_cluster.helm_revisions()) == len(revisions) + 1
    by_hand.has_lost_nothing()
    by_hand.runs_where_it_should()
    stack.preview("--expect-no-changes").succeeded()

    # The keys may go as soon as they have done their work.
    stack.configure()
    output = stack.up().succeeded().output
    assert "created" not in output, output
    assert "deleted" not in output, output
    by_hand.has_lost_nothing()
    by_hand.is_removed_by(stack)


def test_an_earlier_version_of_the_component_goes_on_without_a_revision_or_a_restart(
    by_an_earlier_version: _Installation,
    life_cluster: Cluster,
    life_state: State,
    charts: dict[str, Chart],
) -> None:
    stack = Stack(life_state, charts["1.8.3"])
    stack.hold(_recorded(life_state, charts["1.8.3"]))
    stack.configure({"protect": "true"})
    by_an_earlier_version.runs_where_it_should()  # Helm does not wait for every daemon
    revisions, daemons = life_cluster.helm_revisions(), life_cluster.daemons()

    output = stack.up().succeeded().output

    # The component, of whose inputs the engine has come to keep some, and an annotation of the namespace.
    assert "2 updated" in output, output
    assert "1 created" in output, output  # the record of the installation
    assert not any(change in output for change in ("deleted", "replaced")), output
    assert life_cluster.helm_revisions() == revisions
    uids = {node: pod["metadata"]["uid"] for node, pod in daemons.items()}
    assert {node: pod["metadata"]["uid"] for node, pod in life_cluster.daemons().items()} == uids
    by_an_earlier_version.has_lost_nothing()
    stack.preview("--expect-no-changes").succeeded()
    stack.configure()
    stack.up("--skip-preview").succeeded()
    by_an_earlier_version.is_removed_by(stack)
