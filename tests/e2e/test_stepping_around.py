"""What a power user tries, on purpose or not, that a check tied to one resource would miss.

In all of it ``protect`` is off. The invariant: no custom resource is lost, and no fail-closed webhook is left
without its manager, as long as the command is not `destroy`.
"""

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from sandbox import api
from sandbox.chart_choice import Chart
from sandbox.manager import wait_for_manager
from sandbox.state import State

from . import custom_resources
from .conftest import CRDS, Helm
from .custom_resources import precious
from .observing import KRUISE_NAMESPACE, Cluster, eventually
from .other_programs import (
    LATE,
    MAPPING,
    OWN,
    SECOND,
    TWO,
    write_program,
)
from .stack import Stack
from .untouched import installation, list_everything, untouched
from .urns import COMPONENT, NAMESPACE, RECORD, RELEASE

RECORDS = f"/api/v1/namespaces/{KRUISE_NAMESPACE}/secrets"
UP = ("up", "--yes", "--skip-preview")
GOING_ON = (*UP, "--continue-on-error")


@pytest.fixture(scope="module")
def stack(life_state: State, chart: Chart) -> Stack:
    return Stack(life_state, chart)


@pytest.fixture(scope="module")
def made(empty: None, stack: Stack, life_cluster: Cluster) -> Iterator[dict[str, str]]:
    with installation(stack, life_cluster) as resources:
        yield resources


@pytest.fixture
def before(made: dict[str, str], stack: Stack, life_cluster: Cluster) -> Iterator[Mapping[str, Any]]:
    with untouched(stack, life_cluster) as found:
        yield found


def move(stack: Stack, to: State) -> None:
    """Give the stack another cluster's kubeconfig."""
    stack.run("config", "set", "kubernetes:kubeconfig", str(to.kubeconfig)).succeeded()


@pytest.mark.parametrize(
    "flags",
    [
        ("--exclude", COMPONENT),
        ("--target", NAMESPACE, "--target", RELEASE),
        ("--exclude", COMPONENT, "--exclude", RECORD),
        ("--exclude", "**OpenKruise::kruise"),
        ("--target", f"{COMPONENT}**", "--target-dependents"),
        ("--refresh", "--exclude", COMPONENT),
    ],
    ids=["exclude", "target", "exclude the record", "wildcard", "targets below it", "refresh"],
)
def test_another_cluster_with_the_component_left_out(
    stack: Stack,
    before: Mapping[str, Any],
    control_state: State,
    life_cluster: Cluster,
    flags: tuple[str, ...],
) -> None:
    move(stack, control_state)
    for command in (("preview",), UP, GOING_ON):
        output = stack.run(*command, *flags).failed().output
        assert "this stack installed it on the cluster at https://" in output, output
        assert list_everything(stack, life_cluster) == before
    assert Cluster(control_state).helm_revisions() == []


@pytest.mark.parametrize("flags", [("--exclude", COMPONENT), ("--target", NAMESPACE, "--target", RELEASE)])
def test_the_namespace_given_up_with_the_component_left_out(
    stack: Stack, before: Mapping[str, Any], flags: tuple[str, ...]
) -> None:
    stack.configure({"createNamespace": "false"})
    output = stack.run(*UP, *flags).failed().output
    assert "this stack created the namespace kruise-system" in output, output


def test_another_cluster_by_the_environment(
    stack: Stack, before: Mapping[str, Any], control_state: State, life_cluster: Cluster
) -> None:
    # Without a kubeconfig of its own the provider reads KUBECONFIG as kubectl does, and is not replaced.
    stack.run("config", "rm", "kubernetes:kubeconfig").succeeded()
    env = {"KUBECONFIG": f"/nowhere:{control_state.kubeconfig}:{stack.state.kubeconfig}"}
    for command in (("preview",), UP, (*GOING_ON, "--exclude", COMPONENT)):
        output = stack.run(*command, env=env).failed().output
        assert "this stack installed it on the cluster at https://" in output, output
        assert list_everything(stack, life_cluster) == before
    assert Cluster(control_state).helm_revisions() == []
    same = {"KUBECONFIG": f"/nowhere:{stack.state.kubeconfig}"}
    stack.run("preview", env=same).succeeded()


@pytest.mark.parametrize(
    "kubeconfig",
    ["found", "pulumi.Output.from_input(found)", "pulumi.Output.secret(found)", "json.dumps(found)"],
    ids=["mapping", "output", "secret", "JSON"],
)
def test_another_cluster_by_another_form_of_kubeconfig(
    made: dict[str, str],
    stack: Stack,
    life_cluster: Cluster,
    control_state: State,
    tmp_path: Path,
    kubeconfig: str,
) -> None:
    stack.configure()
    held = stack.held()
    folder = write_program(tmp_path, MAPPING.format(kubeconfig=kubeconfig))
    # The same cluster by another provider: an identifier keeps it, as the message says.
    stack.run("config", "set", "kubernetes:clusterIdentifier", "it").succeeded()
    move(stack, control_state)
    for flags in ((), ("--exclude", COMPONENT)):
        for command in (("preview",), GOING_ON):
            output = stack.run(*command, *flags, folder=folder).failed().output
            assert "this stack installed it on the cluster at https://" in output, output
            assert precious(life_cluster) == made
    assert Cluster(control_state).helm_revisions() == []
    stack.configure()
    stack.hold(held)
    stack.up("--skip-preview").succeeded()


@pytest.mark.parametrize(
    ("second", "words"),
    [
        (SECOND.format(options=""), "has the Kubernetes provider of OpenKruise"),
        (OWN, "has the API server https://"),
        (
            'above = pulumi.ComponentResource("x:index:Above", "above")\n'
            + SECOND.format(options=", pulumi.ResourceOptions(parent=above)"),
            "has the Kubernetes provider of OpenKruise",
        ),
    ],
    ids=["one provider", "two providers, one server", "below a parent"],
)
def test_a_second_component_on_the_cluster(
    stack: Stack, before: Mapping[str, Any], tmp_path: Path, second: str, words: str
) -> None:
    folder = write_program(tmp_path, TWO.format(second=second))
    for command in (("preview",), UP, GOING_ON):
        output = stack.run(*command, folder=folder).failed().output
        assert words in output, output


@pytest.fixture(params=["nothing listens", "the certificate is not trusted", "the credentials are rejected"])
def blind(request: pytest.FixtureRequest, life_state: State, control_state: State, tmp_path: Path) -> Path:
    """Provide the kubeconfig of a cluster at another address that cannot be inspected."""
    found = yaml.safe_load(control_state.kubeconfig.read_text())
    way, user = found["clusters"][0]["cluster"], found["users"][0]
    if request.param == "nothing listens":
        way["server"] = "https://127.0.0.1:1"
    elif request.param == "the certificate is not trusted":
        others = yaml.safe_load(life_state.kubeconfig.read_text())["clusters"][0]["cluster"]
        found["clusters"][0]["cluster"] = {**others, "server": way["server"]}
    else:
        user["user"] = {"token": "unknown"}
    path = tmp_path / "kubeconfig"
    path.write_text(yaml.safe_dump(found))
    return path


def test_a_cluster_that_cannot_be_inspected_does_not_take_the_place_of_the_first(
    stack: Stack, before: Mapping[str, Any], blind: Path, life_cluster: Cluster
) -> None:
    record = stack.resources()[RECORD]
    for flags in ((), ("--exclude", COMPONENT)):
        stack.run("config", "set", "kubernetes:kubeconfig", str(blind)).succeeded()
        output = stack.run(*GOING_ON, *flags).failed().output
        assert "which cannot be inspected" in output, output
        assert stack.resources()[RECORD] == record
    # The guard is not disarmed by it: a cluster that is up is refused as before.
    assert list_everything(stack, life_cluster) == before


def test_a_release_whose_records_were_deleted_is_reported(
    stack: Stack, before: Mapping[str, Any], life_cluster: Cluster
) -> None:
    records = life_cluster.get(RECORDS, labelSelector="owner=helm")["items"]
    for one in records:
        api.call(life_cluster.client, "DELETE", f"{RECORDS}/{one['metadata']['name']}")
    try:
        stack.configure({"virtualNodeSelectors": ["pool=batch"]})
        replacing = (("--replace", RELEASE), ("--target-replace", NAMESPACE))
        for command in (
            ("preview",),
            (*GOING_ON, "--exclude", COMPONENT),
            # Created over what is left, the old one would be deleted by the next update.
            *((*GOING_ON, *flags) for flags in replacing),
        ):
            output = stack.run(*command).failed().output
            assert "has no Helm record there, but its CRDs are there, owned by kruise-system/kruise" in output
            assert "    pulumi-openkruise recover\n" in output, output
    finally:
        for one in records:
            del one["metadata"]["resourceVersion"], one["metadata"]["uid"]
            api.call(life_cluster.client, "POST", RECORDS, one)


def test_an_output_inside_the_values_hides_neither_their_keys_nor_the_others(
    made: dict[str, str], stack: Stack, tmp_path: Path
) -> None:
    stack.configure()
    output = stack.run("preview", folder=write_program(tmp_path, LATE.format(key="levl"))).failed().output
    assert "values.manager.log.levl: the chart " in output, output

    folder = write_program(tmp_path, LATE.format(key="level"))
    output = stack.run("preview", "--diff", folder=folder).succeeded().output
    assert "level: [unknown]" in output, output
    assert "+ replicas: 2" in output, output
    assert "affinity" not in output, output


def test_an_installation_that_the_state_has_lost_is_imported(
    made: dict[str, str],
    stack: Stack,
    life_cluster: Cluster,
    life_state: State,
    control_state: State,
    tmp_path: Path,
) -> None:
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(life_state.kubeconfig.read_text())
    stack.configure(kubeconfig=kubeconfig)
    stack.up("--skip-preview").succeeded()
    identities = life_cluster.identities()
    kubeconfig.write_text(control_state.kubeconfig.read_text())
    stack.run("refresh", "--yes", "--skip-preview").succeeded()
    assert not {NAMESPACE, RELEASE} & stack.resources().keys()

    stack.configure()
    output = stack.run(*GOING_ON).failed().output
    assert "if the state has lost it, by `pulumi state delete` or " in output, output
    assert "    pulumi config set openkruise:importRelease true && pulumi up\n" in output, output
    stack.configure({"importRelease": "true"})
    output = stack.up("--skip-preview").succeeded().output
    assert "2 imported" in output, output
    # Without the key, the annotation that kept the namespace goes.
    stack.configure()
    output = stack.up("--skip-preview").succeeded().output
    assert not any(change in output for change in ("created", "deleted", "replaced")), output
    assert (life_cluster.identities(), precious(life_cluster)) == (identities, made)


def test_an_installation_whose_address_has_changed_is_imported(
    made: dict[str, str], stack: Stack, life_cluster: Cluster, life_state: State, tmp_path: Path
) -> None:
    stack.configure({"protect": "true"})
    stack.up("--skip-preview").succeeded()
    held, identities = stack.held(), life_cluster.identities()
    kubeconfig = tmp_path / "kubeconfig"
    kubeconfig.write_text(life_state.kubeconfig.read_text().replace("127.0.0.1", "localhost"))
    stack.configure({"protect": "true"}, kubeconfig=kubeconfig)
    stack.run(*GOING_ON).failed()
    assert (life_cluster.identities(), precious(life_cluster)) == (identities, made)

    # As docs/recovering.md says.
    stack.forget(COMPONENT, "--force")
    stack.configure({"protect": "true", "importRelease": "true"}, kubeconfig=kubeconfig)
    output = stack.up("--skip-preview").succeeded().output
    assert "2 imported" in output, output
    stack.configure({"protect": "true"}, kubeconfig=kubeconfig)
    output = stack.up("--skip-preview").succeeded().output
    assert not any(change in output for change in ("created", "deleted", "replaced")), output
    assert (life_cluster.identities(), precious(life_cluster)) == (identities, made)

    stack.configure()
    stack.hold(held)
    stack.up("--skip-preview").succeeded()


def is_cleared(cluster: Cluster) -> bool:
    """Whether the manager, its pods, CRDs and certificate are gone; deletes a certificate left behind."""
    if json.loads(cluster.state.manager.read_text()) is not None:
        return False
    certificate = f"/api/v1/namespaces/{KRUISE_NAMESPACE}/secrets/kruise-webhook-certs"
    if cluster.exists(certificate):
        api.call(cluster.client, "DELETE", certificate)
    pods = cluster.get(f"/api/v1/namespaces/{KRUISE_NAMESPACE}/pods")["items"]
    return not pods and not cluster.get(CRDS)["items"]


def test_what_the_cluster_has_lost_is_reported(
    made: dict[str, str], stack: Stack, life_cluster: Cluster, life_state: State, helm: Helm, tmp_path: Path
) -> None:
    stack.configure()
    stack.up("--skip-preview").succeeded()
    wait_for_manager(life_state)
    custom_resources.delete(life_cluster)
    # Not with --wait: the manager, on its way out, can write its certificate once more, and Helm would wait
    # for the Secret to go, which is no release's then.
    helm("uninstall", "kruise", "--namespace", KRUISE_NAMESPACE, "--no-hooks")
    eventually("what Helm leaves behind to be gone", lambda: is_cleared(life_cluster))

    output = stack.preview().succeeded().output
    assert "`up` refuses this: Helm release kruise-system/kruise: is in this stack's state" in output, output
    output = stack.up("--skip-preview").failed().output
    assert "    pulumi refresh --yes\n" in output, output
    # As if the cluster had been made again at its address: the namespace is gone, too.
    life_cluster.delete_namespace()
    stack.configure({"virtualNodeSelectors": ["pool=batch"]})
    output = stack.up("--skip-preview").failed().output
    assert "is in this stack's state, and not in the cluster" in output, output

    # Under another name it would be installed, and removed with the old one.
    stack.configure()
    renamed = write_program(tmp_path, 'kruise = OpenKruise("renamed", args_from_config())')
    output = stack.run(*UP, folder=renamed).failed().output
    assert 'hook "openkruise kruise: delete release" was not registered' in output, output

    stack.forget(COMPONENT.replace("::kruise", "::renamed"))
    stack.configure()
    stack.run("refresh", "--yes", "--skip-preview").succeeded()
    stack.up("--skip-preview").succeeded()
    wait_for_manager(life_state)
    custom_resources.create_all(life_cluster)
    made.clear()
    made.update(precious(life_cluster))
