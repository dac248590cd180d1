"""Flags of the CLI and resource options that change what the engine does with an installation.

The invariant is that of ``test_stepping_around``: no custom resource is lost, and no fail-closed webhook is
left without its manager, as long as the command is not `destroy`.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from sandbox.chart_choice import Chart
from sandbox.manager import wait_for_manager
from sandbox.state import State

from . import custom_resources
from .observing import KRUISE_NAMESPACE, Cluster
from .other_programs import (
    DELETED_WITH,
    LATE_KUBECONFIG,
    MAPPING,
    PROTECTED,
    RETAINED,
    TRANSFORMED,
    write_program,
)
from .stack import Stack
from .untouched import installation, untouched
from .urns import COMPONENT, NAMESPACE, RECORD, RELEASE

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


@pytest.mark.parametrize("program", [RETAINED, DELETED_WITH], ids=["retain_on_delete", "deleted_with"])
def test_a_retained_installation_leaves_the_state_and_not_the_cluster(
    stack: Stack, before: Mapping[str, Any], tmp_path: Path, program: str
) -> None:
    held = stack.held()
    folder = write_program(tmp_path, program)
    stack.up("--skip-preview", folder=folder).succeeded()  # the engine goes by the options of the state
    stack.run("destroy", "--run-program", "--yes", folder=folder).succeeded()
    assert not stack.resources()
    stack.hold(held)


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
