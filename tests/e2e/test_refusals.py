"""What would lose an installation is refused before anything changes, and what is said instead works.

One installation, with its users' resources on it, lives through every attempt, with ``protect`` off, which
is when nothing else would stop it, and on.
"""

import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

import pytest
from pulumi_openkruise.cluster import connect
from pulumi_openkruise.inventory.release import ReleaseId
from pulumi_openkruise.inventory.release_reader import read_release

from sandbox import api
from sandbox.chart_choice import Chart
from sandbox.manager import wait_for_manager
from sandbox.state import ROOT, State

from . import custom_resources
from .conftest import fresh_sandbox
from .custom_resources import precious
from .observing import KRUISE_NAMESPACE, REAL, VIRTUAL, Cluster, eventually
from .stack import Outcome, Stack

CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
DAEMON_SET = f"/apis/apps/v1/namespaces/{KRUISE_NAMESPACE}/daemonsets/kruise-daemon"
SERVICE = f"/api/v1/namespaces/{KRUISE_NAMESPACE}/services/kruise-webhook-service"
MERGE_PATCH = "application/merge-patch+json"
PROGRAM = 'kruise = OpenKruise("kruise", args_from_config())'
PARENT = 'parent = type("Parent", (pulumi.ComponentResource,), {})("x:index:Parent", "parent")\n'


@dataclass(frozen=True)
class Attempt:
    """Something that must not be done, as a change of the program or of the config."""

    name: str
    says: tuple[str, ...]
    """Parts of the message: what is wrong, and what to do instead."""
    program: str = PROGRAM
    settings: dict[str, Any] = field(default_factory=dict)
    replaces: bool = False
    """Whether the engine would replace the release, which it refuses by itself, and first, if that is
    protected."""

    def __str__(self) -> str:
        return self.name


EXISTS = ", and this stack is about to create it"
ANOTHER = "this cluster's OpenKruise is the release kruise-system/kruise, and a cluster holds one"
LEAVES = (
    "OpenKruise runs in kruise-system, and this stack would move it to elsewhere",
    "pulumi config set openkruise:namespace kruise-system",
)
ATTEMPTS = (
    Attempt(
        "another name",
        (EXISTS, 'aliases=[pulumi.Alias(name="<old name>")]'),
        'kruise = OpenKruise("renamed", args_from_config())',
    ),
    Attempt(
        "another parent",
        (EXISTS, "pulumi.ROOT_STACK_RESOURCE if it had none"),
        PARENT + 'kruise = OpenKruise("kruise", args_from_config(), pulumi.ResourceOptions(parent=parent))',
    ),
    Attempt(
        "another namespace",
        LEAVES,
        settings={"namespace": "elsewhere"},
        replaces=True,
    ),
    Attempt(
        "another namespace, with the record's given",
        LEAVES,
        settings={"namespace": "elsewhere", "releaseNamespace": "kruise-system"},
        replaces=True,
    ),
    Attempt(
        "another release name",
        (ANOTHER, "to keep that installation: openkruise:releaseName kruise"),
        settings={"releaseName": "other"},
        replaces=True,
    ),
    Attempt(
        "another release namespace",
        (ANOTHER, "to keep that installation: openkruise:releaseNamespace kruise-system"),
        settings={"releaseNamespace": "default"},
        replaces=True,
    ),
    Attempt(
        "CRDs given up",
        ("values.crds.managed: false takes the CRDs from the release", "helm.sh/resource-policy=keep"),
        settings={"values": {"crds": {"managed": False}}},
    ),
    Attempt(
        "the namespace given up",
        ("createNamespace: this stack created the namespace kruise-system", "set it to true again"),
        settings={"createNamespace": "false"},
    ),
)


@pytest.fixture(scope="module")
def stack(life_state: State, chart: Chart) -> Stack:
    return Stack(life_state, chart)


@pytest.fixture(scope="module")
def made(empty: None, stack: Stack, life_cluster: Cluster, life_state: State) -> Iterator[dict[str, str]]:
    """Provide an installation with its users' resources: what they must keep. Removed in the end."""
    stack.up().succeeded()
    wait_for_manager(life_state)
    custom_resources.create_all(life_cluster)
    yield precious(life_cluster)
    stack.configure()
    stack.up("--skip-preview").succeeded()
    wait_for_manager(life_state)
    custom_resources.delete(life_cluster)
    stack.destroy(life_cluster)


@pytest.fixture(scope="module", params=["unprotected", "protected"])
def protection(request: pytest.FixtureRequest, made: dict[str, str], stack: Stack) -> dict[str, str]:
    """Provide the config that says whether Pulumi itself would stop any of it."""
    settings = {"protect": "true"} if request.param == "protected" else {}
    stack.configure(settings)
    stack.up("--skip-preview").succeeded()
    return settings


def _program(folder: Path, text: str) -> Path:
    """Return this repository's program with another component in it."""
    shutil.copy(ROOT / "Pulumi.yaml", folder)
    source = (ROOT / "__main__.py").read_text()
    assert PROGRAM in source
    (folder / "__main__.py").write_text(source.replace(PROGRAM, text))
    return folder


def _everything(cluster: Cluster, stack: Stack) -> dict[str, Any]:
    # What a refused component leaves of itself in the state, its own entry and what it has read, is nothing.
    owned = ("kubernetes:core/v1:Namespace", "kubernetes:helm.sh/v3:Release")
    resources = {urn: found for urn, found in stack.resources().items() if any(one in urn for one in owned)}
    revisions = dict.fromkeys(cluster.helm_revisions(), "exists")
    return {**cluster.identities(), **precious(cluster), **revisions, **resources}


@pytest.mark.parametrize("attempt", ATTEMPTS, ids=str)
def test_nothing_changes_and_the_message_has_the_remedy(
    attempt: Attempt,
    protection: dict[str, str],
    made: dict[str, str],
    stack: Stack,
    life_cluster: Cluster,
    tmp_path: Path,
) -> None:
    folder = _program(tmp_path, attempt.program)
    before = _everything(life_cluster, stack)
    assert precious(life_cluster) == made
    stack.configure({**protection, **attempt.settings})

    # `up` alone stops in its preview; the last one goes on after errors, and deletes what it has not seen.
    up = ("up", "--yes")
    every = (up, (*up, "--skip-preview"), (*up, "--skip-preview", "--continue-on-error"))
    commands = [("preview",)] if protection else every
    for command in commands:
        outcome = stack.run(*command, folder=folder).failed()
        by_itself = bool(protection) and attempt.replaces and "marked for protection" in outcome.output
        for part in () if by_itself else attempt.says:
            assert part in outcome.output, outcome.output
        assert _everything(life_cluster, stack) == before


def test_another_cluster_is_refused_until_the_stack_has_forgotten_the_first(
    made: dict[str, str], stack: Stack, life_cluster: Cluster
) -> None:
    stack.configure()
    stack.up("--skip-preview").succeeded()
    held, before = stack.held(), _everything(life_cluster, stack)
    for other in fresh_sandbox("other"):
        stack.run("config", "set", "kubernetes:kubeconfig", str(other.kubeconfig)).succeeded()
        for command in (("preview",), ("up", "--yes", "--skip-preview", "--continue-on-error")):
            output = stack.run(*command).failed().output
            assert "this stack installed it on the cluster at https://" in output, output
            assert _everything(life_cluster, stack) == before
        (urn,) = set(re.findall(r"pulumi state delete --target-dependents '(\S+)'", output))
        stack.forget(urn)
        stack.up().succeeded()
        assert precious(life_cluster) == made
        assert Cluster(other).helm_revisions()
    stack.configure()
    stack.hold(held)
    stack.preview("--expect-no-changes").succeeded()
    assert _everything(life_cluster, stack) == before


def test_a_state_that_does_not_tell_the_namespace_is_judged_by_the_release(
    made: dict[str, str], stack: Stack
) -> None:
    stack.configure()
    stack.up("--skip-preview").succeeded()
    held = stack.held()
    (component,) = [one for one in held if one["type"] == "openkruise:index:OpenKruise"]
    del component["inputs"]["namespace"]
    stack.hold(held)
    for pinned in ({"releaseNamespace": "kruise-system"}, {}):
        stack.configure({"namespace": "elsewhere", **pinned})
        output = stack.preview().failed().output
        assert "openkruise:namespace kruise-system" in output, output
    stack.configure()
    stack.up().succeeded()
    stack.preview("--expect-no-changes").succeeded()


def test_the_alias_of_the_message_is_a_way_to_rename(
    made: dict[str, str], stack: Stack, life_cluster: Cluster, tmp_path: Path
) -> None:
    stack.configure()
    stack.up("--skip-preview").succeeded()
    before = {**life_cluster.identities(), **precious(life_cluster)}
    renaming = (
        'OpenKruise("{}", args_from_config(), pulumi.ResourceOptions(aliases=[pulumi.Alias(name="{}")]))'
    )
    for new, old in (("renamed", "kruise"), ("kruise", "renamed")):
        folder = tmp_path / new
        folder.mkdir()
        program = _program(folder, f"kruise = {renaming.format(new, old)}")
        output = stack.up(folder=program).succeeded().output
        for word in ("created", "deleted", "replaced"):
            assert word not in output, output
    assert {**life_cluster.identities(), **precious(life_cluster)} == before
    stack.preview("--expect-no-changes").succeeded()


def test_crds_that_helm_is_told_to_keep_can_be_given_up(
    made: dict[str, str], stack: Stack, life_cluster: Cluster
) -> None:
    stack.configure({"values": {"crds": {"managed": False}}})
    refused = stack.preview().failed().output
    (line,) = [line.strip() for line in refused.splitlines() if "kubectl annotate" in line]
    keep = {"metadata": {"annotations": {"helm.sh/resource-policy": "keep"}}}
    names = [word.removeprefix("crd/") for word in line.split() if word.startswith("crd/")]
    assert sorted(names) == sorted(item["metadata"]["name"] for item in life_cluster.get(CRDS)["items"])
    for name in names:
        api.call(life_cluster.client, "PATCH", f"{CRDS}/{name}", keep, content_type=MERGE_PATCH)

    stack.up().succeeded()
    assert precious(life_cluster) == made
    assert len(life_cluster.get(CRDS)["items"]) == len(names)

    # And taken again, as they are.
    stack.configure()
    stack.up().succeeded()
    assert precious(life_cluster) == made
    stack.preview("--expect-no-changes").succeeded()


def test_preview_says_who_loses_the_daemon_and_that_all_restart(made: dict[str, str], stack: Stack) -> None:
    stack.configure({"virtualNodeSelectors": ["pool=batch"]})
    output = stack.preview().succeeded().output
    assert "the affinity changes: kruise-daemon restarts on every node that keeps it" in output, output
    assert "nodes that lose it: 'pool=batch'" in output, output
    assert "nodeCheck: 1 of 3 real nodes get no daemon\n" in output, output
    nowhere = {"virtualNodeSelectors": ["kubernetes.io/hostname"]}
    stack.configure(nowhere)
    output = stack.preview().succeeded().output
    assert "nodeCheck: 3 of 3 real nodes get no daemon; no node is left for the manager" in output, output
    stack.configure({**nowhere, "nodeCheck": "fail"})
    output = stack.preview().failed().output
    assert "excluded by kubernetes.io/hostname (openkruise:virtualNodeSelectors[0])" in output, output
    stack.configure()
    output = stack.preview("--expect-no-changes").succeeded().output
    assert "restarts" not in output, output


def test_a_revision_is_as_old_as_it_is_and_not_as_the_first(
    made: dict[str, str], stack: Stack, life_state: State
) -> None:
    stack.configure({"reapply": "for its age"})
    before = datetime.now(timezone.utc).replace(microsecond=0)
    stack.up("--skip-preview").succeeded()
    latest = read_release(connect(str(life_state.kubeconfig)), ReleaseId(KRUISE_NAMESPACE, "kruise")).latest
    assert latest is not None
    assert latest.number > 1
    assert latest.since is not None
    assert before <= latest.since <= datetime.now(timezone.utc)


def test_reapply_puts_back_what_was_changed_by_hand(
    made: dict[str, str], stack: Stack, life_cluster: Cluster
) -> None:
    stack.configure()
    stack.up("--skip-preview").succeeded()
    pods = {node: pod["metadata"]["uid"] for node, pod in life_cluster.daemons().items()}
    affinity = life_cluster.daemon_set()["spec"]["template"]["spec"]["affinity"]

    # Nothing has drifted: a new revision, and no pod restarts.
    revisions = life_cluster.helm_revisions()
    stack.configure({"reapply": "to see what it does"})
    stack.up().succeeded()
    assert len(life_cluster.helm_revisions()) == len(revisions) + 1
    assert {node: pod["metadata"]["uid"] for node, pod in life_cluster.daemons().items()} == pods
    stack.preview("--expect-no-changes").succeeded()

    removed = {"spec": {"template": {"spec": {"affinity": None}}}}
    api.call(life_cluster.client, "PATCH", DAEMON_SET, removed, content_type=MERGE_PATCH)
    api.call(life_cluster.client, "DELETE", SERVICE)
    eventually("daemons on virtual nodes", lambda: set(life_cluster.daemons()) & VIRTUAL)
    # This is what makes it drift, unnoticed.
    stack.up("--refresh", "--expect-no-changes").succeeded()

    stack.configure({"reapply": "after the incident"})
    stack.up().succeeded()

    assert life_cluster.daemon_set()["spec"]["template"]["spec"]["affinity"] == affinity
    assert life_cluster.exists(SERVICE)
    eventually(
        "the daemons to be where they were",
        lambda: set(life_cluster.daemons()) == life_cluster.running_daemons() == REAL,
        evidence=life_cluster.pods,
    )
    assert precious(life_cluster) == made
    stack.preview("--expect-no-changes").succeeded()


def test_a_guarded_release_is_not_destroyed_while_users_need_it(
    made: dict[str, str], stack: Stack, life_cluster: Cluster
) -> None:
    stack.configure({"guardDestroy": "true"})
    stack.up().succeeded()
    before = _everything(life_cluster, stack)

    unguarded = stack.run("destroy", "--yes").failed()
    assert "--run-program" in unguarded.output, unguarded.output
    # Preview only warns: what the stack owns may go before the release.
    for arguments, ended in (
        (("--preview-only",), Outcome.succeeded),
        (("--yes",), Outcome.failed),
        (("--yes", "--skip-preview"), Outcome.failed),
    ):
        outcome = ended(stack.run("destroy", "--run-program", *arguments))
        assert "deleting it deletes, with its CRDs, " in outcome.output, outcome.output
        for _, kind, _ in custom_resources.RESOURCES:
            assert f"1 {kind}" in outcome.output, outcome.output
        assert "openkruise:guardDestroy false" in outcome.output, outcome.output
    assert _everything(life_cluster, stack) == before
    stack.configure()
    stack.up().succeeded()
