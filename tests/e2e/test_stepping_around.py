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
    LATE_KUBECONFIG,
    MAPPING,
    OWN,
    PROTECTED,
    RETAINED,
    SECOND,
    TRANSFORMED,
    TWO,
    write_program,
)
from .stack import Stack
from .urns import COMPONENT, NAMESPACE, RECORD, RELEASE

RECORDS = f"/api/v1/namespaces/{KRUISE_NAMESPACE}/secrets"
UP = ("up", "--yes", "--skip-preview")
GOING_ON = (*UP, "--continue-on-error")


@pytest.fixture(scope="module")
def stack(life_state: State, chart: Chart) -> Stack:
    return Stack(life_state, chart)


@pytest.fixture(scope="module")
def made(empty: None, stack: Stack, life_cluster: Cluster, life_state: State) -> Iterator[dict[str, str]]:
    """Provide an installation with its users' resources, removed in the end."""
    stack.up("--skip-preview").succeeded()
    wait_for_manager(life_state)
    custom_resources.create_all(life_cluster)
    yield precious(life_cluster)
    stack.configure()
    if COMPONENT in stack.resources():
        stack.up("--skip-preview").succeeded()
        wait_for_manager(life_state)
        custom_resources.delete(life_cluster)
        stack.destroy(life_cluster)


@pytest.fixture
def before(made: dict[str, str], stack: Stack, life_cluster: Cluster) -> Iterator[Mapping[str, Any]]:
    """Provide everything that must be the same afterwards, and see to it that the next test begins there."""
    stack.configure()
    held = stack.held()
    found = everything(stack, life_cluster)
    yield found
    assert everything(stack, life_cluster) == found
    # Nothing in the cluster has changed: with its own state the stack is as it was.
    stack.configure()
    stack.hold(held)


def everything(stack: Stack, cluster: Cluster) -> dict[str, Any]:
    found = stack.resources()
    resources = {urn: found[urn] for urn in (NAMESPACE, RELEASE, RECORD)}
    revisions = dict.fromkeys(cluster.helm_revisions(), "exists")
    return {**cluster.identities(), **precious(cluster), **revisions, **resources}


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
        assert everything(stack, life_cluster) == before
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
        assert everything(stack, life_cluster) == before
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
    assert everything(stack, life_cluster) == before


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
    assert "`up` refuses this: Helm release kruise-system/kruise: is in the state" in output, output
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


def test_the_stricter_protect_wins(stack: Stack, before: Mapping[str, Any], tmp_path: Path) -> None:
    ways = (
        (True, "protect=False"),
        (False, TRANSFORMED.format(option="protect=True")),
        (False, "protect=True"),
    )
    for protect, option in ways:
        text = f"kruise = {PROTECTED.format(protect=protect, option=option)}"
        stack.up("--skip-preview", folder=write_program(tmp_path, text)).succeeded()
        found = stack.resources()
        assert [found[urn]["protect"] for urn in (RELEASE, NAMESPACE)] == [True, True], option
    output = stack.run("destroy", "--run-program", "--yes", "--skip-preview", folder=tmp_path).failed().output
    assert "protected" in output, output
    stack.up("--skip-preview").succeeded()


@pytest.mark.parametrize("flag", ["--replace", "--target-replace"])
def test_a_forced_replacement_is_called_one(stack: Stack, before: Mapping[str, Any], flag: str) -> None:
    for command in (("preview",), UP, GOING_ON):
        output = stack.run(*command, flag, RELEASE).failed().output
        assert "this component installed it. If this operation replaces it:" in output, output
        assert "aliases=" not in output, output


@pytest.mark.parametrize(
    ("settings", "flags", "why"),
    [
        (
            {"namespace": "elsewhere", "releaseNamespace": KRUISE_NAMESPACE},
            (),
            "this stack would move it to elsewhere",
        ),
        ({}, ("--replace", RELEASE), "is being replaced, and the old one deleted"),
    ],
    ids=["another namespace", "release"],
)
def test_a_refused_deletion_ends_the_registration_that_waits_for_it(
    stack: Stack,
    before: Mapping[str, Any],
    tmp_path: Path,
    settings: Mapping[str, Any],
    flags: tuple[str, ...],
    why: str,
) -> None:
    # The engine deletes before it creates, and with this flag drops the creation without an answer.
    stack.configure(settings)
    option = TRANSFORMED.format(option="delete_before_replace=True")
    text = f'kruise = OpenKruise("kruise", args_from_config(), pulumi.ResourceOptions({option}))'
    output = stack.run(*GOING_ON, *flags, folder=write_program(tmp_path, text)).failed().output
    assert why in output.partition("pulumi:pulumi:Stack (openkruise-sandbox):")[2], output


def test_a_provider_of_the_program_is_given_its_own_way_to_keep_a_cluster(
    stack: Stack, before: Mapping[str, Any], tmp_path: Path
) -> None:
    # The same cluster at another address.
    moved = 'json.dumps(found).replace("127.0.0.1", "localhost")'
    folder = write_program(tmp_path, MAPPING.format(kubeconfig=moved))
    output = stack.preview(folder=folder).failed().output
    assert "a Kubernetes provider that the program declares takes it as its argument" in output, output


def test_a_kubeconfig_that_a_later_preview_does_not_know_is_named_as_the_cause(
    stack: Stack, before: Mapping[str, Any], tmp_path: Path
) -> None:
    output = stack.preview(folder=write_program(tmp_path, LATE_KUBECONFIG)).succeeded().output
    assert "`up` refuses this, unless it is known by then: Kubernetes provider: " in output, output
    assert "the provider's kubeconfig is not known yet" in output, output


def test_a_refused_destroy_says_what_retain_on_delete_changes(
    stack: Stack, before: Mapping[str, Any], tmp_path: Path
) -> None:
    stack.configure({"guardDestroy": "true"})
    folder = write_program(tmp_path, RETAINED)
    command = ("destroy", "--run-program", "--yes", "--skip-preview")
    output = stack.run(*command, folder=folder).failed().output
    assert "deleting it deletes, with its CRDs, " in output, output
    assert "the component has retain_on_delete, which counts once `pulumi up` has recorded it" in output, (
        output
    )


def test_the_outputs_of_a_targeted_component_are_those_of_its_release(
    stack: Stack, before: Mapping[str, Any]
) -> None:
    affinity = stack.resources()[COMPONENT]["outputs"]["affinity"]
    assert "pool" not in str(affinity)
    stack.configure({"virtualNodeSelectors": ["pool=batch"]})
    stack.run(*UP, "--target", COMPONENT).succeeded()
    assert stack.resources()[COMPONENT]["outputs"]["affinity"] == affinity
    stack.configure()
    stack.run(*UP, "--target", COMPONENT).succeeded()


def test_a_component_that_the_program_has_dropped_is_not_deleted(
    stack: Stack, before: Mapping[str, Any], tmp_path: Path
) -> None:
    folder = write_program(tmp_path, "")
    for command in (("preview",), UP, GOING_ON):
        output = stack.run(*command, folder=folder).failed().output
        assert 'hook "openkruise kruise: delete release" was not registered' in output, output


def test_a_component_that_was_destroyed_may_be_dropped(
    made: dict[str, str], stack: Stack, life_cluster: Cluster, life_state: State, tmp_path: Path
) -> None:
    stack.configure()
    wait_for_manager(life_state)
    custom_resources.delete(life_cluster)
    # As docs/recovering.md says, with the program that still has it.
    stack.destroy(life_cluster, "--target-dependents", "--target", COMPONENT)
    assert not {COMPONENT, NAMESPACE, RELEASE, RECORD} & stack.resources().keys()
    stack.run(*UP, folder=write_program(tmp_path, "")).succeeded()
    assert life_cluster.helm_revisions() == []
