"""`nodeLabelPolicy` with real registrations: no daemon pod ever reaches a virtual node.

What the nodes look like is what the catalogue calls virtual, and no selector of the stack lists them. Each
test begins where the one before it stopped. OpenKruise's own manager is the witness: it makes a NodeImage for
each node that it takes for real. POLICY_NODES is how many nodes register at once, with the policy and without
it; by default 200 and 20.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from sandbox import api, pulumi
from sandbox.manager import NAME as MANAGER
from sandbox.manager import start_manager, wait_for_manager
from sandbox.processes import stop
from sandbox.state import State

from .conftest import chart_for, fresh_sandbox, observed
from .image_pulls import JOBS, KRUISE, nodes_with, pull_everywhere, read_status
from .observing import REAL, VIRTUAL, Cluster, PodWatch, eventually, target
from .registering import (
    NEUTRAL,
    NODES,
    REAL_INFO,
    TYPE,
    VIRTUAL_INFO,
    delete_nodes,
    labels_new_nodes,
    node,
    read_labels,
    register,
    register_at_once,
    touch_status,
)
from .stack import Stack

POLICIES = "/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicies"
BINDINGS = "/apis/admissionregistration.k8s.io/v1/mutatingadmissionpolicybindings"
LONG = "POLICY_NODES" in os.environ
MANY = int(os.environ.get("POLICY_NODES", "200"))
CONTROL = {f"control-{number}" for number in range(MANY if LONG else 20)}
PATIENCE = 300 if LONG else 60
UNTYPED = {"win-1", "kwok-node-000000"}
"""Nodes of the sandbox that never get type=virtual-kubelet: a real one, and one with another type."""
LABELLED = {NEUTRAL: "true", TYPE: "virtual-kubelet"}
SETTINGS = {"nodeLabelPolicy": "label", "nodeLabelSelectors": ["generation>5"]}


@pytest.fixture(scope="module")
def state() -> Iterator[State]:
    """Provide an empty cluster of this module's own, with NodeRestriction on."""
    yield from fresh_sandbox("policy")


@pytest.fixture(scope="module")
def cluster(state: State) -> Cluster:
    return observed(state)


@pytest.fixture(scope="module")
def stack(state: State) -> Stack:
    """Provide the stack, installed without the policy; its daemon tolerates every taint."""
    found = Stack(state, chart_for(state))
    found.up("--skip-preview").succeeded()
    return found


@pytest.fixture(scope="module")
def policy(cluster: Cluster, stack: Stack) -> None:
    """Switch the policy on: it is active from here on, and nothing of the release has changed."""
    generation, revisions = cluster.daemon_set()["metadata"]["generation"], cluster.helm_revisions()
    output = _configure(stack, SETTINGS)
    assert "+ 2 created" in output, output
    assert cluster.daemon_set()["metadata"]["generation"] == generation
    assert cluster.helm_revisions() == revisions
    eventually("the policy to be active", lambda: labels_new_nodes(cluster))


def _configure(stack: Stack, settings: dict[str, Any]) -> str:
    """Set what the config says and update; return what the engine says."""
    stack.configure(settings)
    return stack.up("--skip-preview").succeeded().output


def _reached(watch: PodWatch) -> set[str | None]:
    """Return the nodes of all pods that the watch has seen; pods from before it are not among them."""
    return {target(event["object"]) for event in list(watch.events)}


def _bound(cluster: Cluster) -> set[str]:
    """Return the nodes to which the scheduler has bound a daemon's pod."""
    return {name for name, pod in cluster.daemons().items() if pod["spec"].get("nodeName")}


def _await_objects(cluster: Cluster, enough: Callable[[set[str]], bool]) -> None:
    """Wait until the nodes with a NodeImage are as they should be, and so are those with a NodePodProbe."""
    for plural in ("nodeimages", "nodepodprobes"):
        _await_kind(cluster, plural, enough)


def _await_kind(cluster: Cluster, plural: str, enough: Callable[[set[str]], bool]) -> None:
    def list_nodes() -> set[str]:
        return nodes_with(cluster, plural)

    what = f"{plural} of the right nodes"
    eventually(what, lambda: enough(list_nodes()), patience=PATIENCE, evidence=list_nodes)


def _ask(state: State, command: str) -> dict[str, Any]:
    """Return what a command of `pulumi-openkruise` reports about the cluster and the stack's own config."""
    program = Path(sys.executable).parent / "pulumi-openkruise"
    where = ["--stack-file", str(pulumi.config_file(state)), "--kubeconfig", str(state.kubeconfig)]
    asked = [str(program), command, *where, "-o", "json"]
    done = subprocess.run(asked, capture_output=True, text=True, check=False)
    assert done.returncode in (0, 1), done.stderr
    found: dict[str, Any] = json.loads(done.stdout)
    return found


# --- without the policy


def test_without_the_policy_daemon_pods_reach_them(cluster: Cluster, stack: Stack) -> None:
    with PodWatch(cluster) as watch:
        register_at_once(cluster, CONTROL)
        eventually("the watch to see a daemon's pod of a virtual node", lambda: CONTROL & _reached(watch))
    # The DaemonSet controller looks bound pods up when a label appears, and leaves others for later.
    eventually("them to be bound", lambda: _bound(cluster) >= CONTROL, patience=PATIENCE)


def test_without_the_policy_an_image_pull_job_waits_for_nodes_without_a_daemon(
    cluster: Cluster, stack: Stack, state: State
) -> None:
    wait_for_manager(state)
    _await_objects(cluster, lambda nodes: nodes >= REAL | CONTROL)
    status = pull_everywhere(cluster, "without", patience=PATIENCE)
    assert "completionTime" not in status, status
    assert status["desired"] >= len(REAL | CONTROL)
    api.call(cluster.client, "DELETE", f"{JOBS}/without")


@pytest.mark.skipif(not LONG, reason="it takes the job's deadline; `make policy` runs it")
def test_without_the_policy_nothing_but_its_deadline_ends_the_job(cluster: Cluster, stack: Stack) -> None:
    pull_everywhere(cluster, "late", deadline=120, patience=PATIENCE)
    eventually("its end", lambda: "completionTime" in read_status(cluster, "late"), patience=PATIENCE)
    status = read_status(cluster, "late")
    assert status["message"] == "job exceeds activeDeadlineSeconds"
    assert set(status["failedNodes"]) >= CONTROL
    api.call(cluster.client, "DELETE", f"{JOBS}/late")


# --- with it


def test_nodes_that_existed_are_labelled_at_their_next_status_patch(
    cluster: Cluster, stack: Stack, state: State, request: pytest.FixtureRequest
) -> None:
    before = read_labels(cluster)
    assert not any(before[name] for name in CONTROL)
    predicted = _ask(state, "discover")["nodeLabelPolicy"]["labels"]
    request.getfixturevalue("policy")
    for name in before:
        touch_status(cluster, name)
    after = read_labels(cluster)
    assert all(after[name] == LABELLED for name in CONTROL)
    assert {name for name in VIRTUAL if after[name].get(TYPE) != LABELLED[TYPE]} == UNTYPED
    assert all(after[name] == before[name] for name in REAL)
    new = [name for name in after if NEUTRAL in after[name] and NEUTRAL not in before[name]]
    assert predicted == len(new), new
    eventually("their daemons to be gone", lambda: not cluster.daemons().keys() & CONTROL, patience=PATIENCE)


def test_a_second_up_changes_nothing(stack: Stack, policy: None) -> None:
    stack.up("--expect-no-changes").succeeded()
    stack.run("refresh", "--yes", "--skip-preview", "--expect-no-changes").succeeded()


def test_no_daemon_pod_ever_reaches_nodes_that_register_at_once(cluster: Cluster, policy: None) -> None:
    names = {f"burst-{number}" for number in range(MANY)}
    with PodWatch(cluster) as watch:
        register_at_once(cluster, names)
        # A real node beside them, registered last: once it has its pod, the controller has seen the others.
        register(cluster, node("real-last", REAL_INFO))
        eventually("the pod of a real node", lambda: "real-last" in _reached(watch), patience=PATIENCE)
        time.sleep(5)
        assert not names & _reached(watch)
    labels = read_labels(cluster)
    assert all(labels[name] == LABELLED for name in names)
    delete_nodes(cluster, {*names, "real-last"})


def test_who_opts_out_stays_out(cluster: Cluster, policy: None) -> None:
    refused = {NEUTRAL: "false"}
    assert register(cluster, node("opted-out", VIRTUAL_INFO, labels=refused)) == refused
    assert touch_status(cluster, "opted-out") == refused
    delete_nodes(cluster, ["opted-out"])


def test_an_existing_type_is_kept(cluster: Cluster, policy: None) -> None:
    body = node("typed", VIRTUAL_INFO, labels={TYPE: "edge"})
    assert register(cluster, body) == {TYPE: "edge", NEUTRAL: "true"}
    delete_nodes(cluster, ["typed"])


def test_a_removed_label_comes_back_with_the_next_patch(cluster: Cluster, policy: None) -> None:
    register(cluster, node("relabelled", VIRTUAL_INFO))
    patch = {"metadata": {"labels": {TYPE: None}}}
    path = f"{NODES}/relabelled"
    patched = api.call(cluster.client, "PATCH", path, patch, content_type="application/merge-patch+json")
    assert patched["metadata"]["labels"] == LABELLED
    delete_nodes(cluster, ["relabelled"])


def _as_kubelet(name: str) -> dict[str, str]:
    return {"Impersonate-User": f"system:node:{name}", "Impersonate-Group": "system:nodes"}


@pytest.mark.parametrize(("name", "info"), [("kubelet-real", REAL_INFO), ("kubelet-virtual", VIRTUAL_INFO)])
def test_a_kubelet_registers_and_patches_its_status(
    cluster: Cluster, policy: None, name: str, info: dict[str, str]
) -> None:
    """With NodeRestriction on, which looks at the node again after the policy has changed it."""
    headers = _as_kubelet(name)
    created = cluster.client.post(NODES, json=node(name, info), headers=headers)
    assert created.status_code == httpx.codes.CREATED, created.text
    patched = cluster.client.patch(
        f"{NODES}/{name}/status",
        json={"status": {"nodeInfo": info}},
        headers={**headers, "Content-Type": "application/strategic-merge-patch+json"},
    )
    assert patched.status_code == httpx.codes.OK, patched.text
    assert patched.json()["metadata"].get("labels", {}) == ({} if info is REAL_INFO else LABELLED)
    delete_nodes(cluster, [name])


def test_node_restriction_is_on(cluster: Cluster) -> None:
    """Without it the test before would show nothing."""
    headers = _as_kubelet("kubelet-other")
    body = node("kubelet-other", REAL_INFO, labels={"node-restriction.kubernetes.io/x": "y"})
    assert cluster.client.post(NODES, json=body, headers=headers).status_code == httpx.codes.FORBIDDEN


ODD_LABELS = {"generation": "9" * 63, "empty": "", "kwok.x-k8s.io/node": "FAKE", TYPE: ""}
HOSTILE: dict[str, dict[str, Any]] = {
    "no-labels": {},
    "many-taints": {"taints": [{"key": f"k{n}", "effect": "NoSchedule"} for n in range(2000)]},
    "much-annotated": {"annotations": {f"a{n}": "x" * 1024 for n in range(64)}},
    "odd-labels": {"labels": ODD_LABELS},
    "odd-integer": {"labels": {**ODD_LABELS, "generation": "9223372036854775808"}},
    "no-integer": {"labels": {**ODD_LABELS, "generation": ""}},
}


@pytest.mark.parametrize("info", [REAL_INFO, VIRTUAL_INFO], ids=["real", "virtual"])
@pytest.mark.parametrize("name", HOSTILE)
def test_every_node_joins_and_the_virtual_one_is_labelled(
    cluster: Cluster, policy: None, name: str, info: dict[str, str]
) -> None:
    given = HOSTILE[name]
    body = node(name, info, **{key: given[key] for key in ("labels", "annotations") if key in given})
    body["spec"]["taints"] += given.get("taints", [])
    assert register(cluster, body).get(NEUTRAL) == ("true" if info is VIRTUAL_INFO else None)
    delete_nodes(cluster, [name])
    bare: dict[str, Any] = {key: body[key] for key in ("apiVersion", "kind", "metadata")}
    for unreported in (bare, {**bare, "status": {}}):
        assert NEUTRAL not in register(cluster, unreported)
        delete_nodes(cluster, [name])


@pytest.mark.parametrize("generation", ["6", "007", "9223372036854775807"])
def test_a_selector_of_the_config_counts(cluster: Cluster, policy: None, generation: str) -> None:
    body = node("selected", REAL_INFO, labels={"generation": generation})
    assert register(cluster, body, dryRun="All")[NEUTRAL] == "true"


@pytest.mark.skipif(not LONG, reason="it waits for another manager; `make policy` runs it")
def test_a_node_image_from_before_goes_while_no_manager_runs(
    cluster: Cluster, stack: Stack, state: State, policy: None
) -> None:
    """The manager makes a deleted one again for any node that is ready, whatever the node's label says."""
    path = f"{KRUISE}/nodeimages/control-0"
    before = cluster.get(path)["metadata"]["uid"]
    api.call(cluster.client, "DELETE", path)
    eventually(
        "another NodeImage", lambda: cluster.exists(path) and cluster.get(path)["metadata"]["uid"] != before
    )
    stop(state, MANAGER)
    for name in CONTROL:
        api.call(cluster.client, "DELETE", f"{KRUISE}/nodeimages/{name}")
    start_manager(state)
    wait_for_manager(state)
    register(cluster, node("real-last", REAL_INFO))
    eventually("the NodeImage of a real node", lambda: "real-last" in nodes_with(cluster, "nodeimages"))
    assert not CONTROL & nodes_with(cluster, "nodeimages")
    delete_nodes(cluster, ["real-last"])


# --- and afterwards


def test_switched_off_the_labels_stay(cluster: Cluster, stack: Stack, state: State, policy: None) -> None:
    generation = cluster.daemon_set()["metadata"]["generation"]
    output = _configure(stack, {"nodeLabelPolicy": "off"})
    assert "- 2 deleted" in output, output
    assert cluster.daemon_set()["metadata"]["generation"] == generation
    assert [cluster.get(path)["items"] for path in (POLICIES, BINDINGS)] == [[], []]
    eventually("the policy to be inactive", lambda: not labels_new_nodes(cluster))
    labels = read_labels(cluster)
    assert all(labels[name] == LABELLED for name in CONTROL)
    (left,) = (one for one in _ask(state, "check")["findings"] if one["code"] == "policy-labels-left")
    named = {one["name"] for one in left["objects"]}
    assert named >= CONTROL
    assert "slurm-login" not in named, "a person has labelled it"


def test_the_warning_names_what_to_do(cluster: Cluster, stack: Stack, policy: None) -> None:
    _configure(stack, {"nodeLabelPolicy": "warn"})

    def warns(labels: dict[str, str]) -> str:
        body = node("warned", VIRTUAL_INFO, labels=labels)
        answer = cluster.client.post(NODES, params={"dryRun": "All"}, json=body)
        assert answer.status_code == httpx.codes.CREATED, answer.text
        return str(answer.headers.get("Warning", ""))

    eventually("a warning", lambda: "this node looks virtual" in warns({}))
    assert warns({NEUTRAL: "false"}) == ""
    assert warns({NEUTRAL: "true"}) == ""


def test_destroyed_and_installed_again(cluster: Cluster, stack: Stack, policy: None) -> None:
    stack.destroy(cluster)
    assert [cluster.get(path)["items"] for path in (POLICIES, BINDINGS)] == [[], []]
    _configure(stack, SETTINGS)
    eventually("the policy to be active", lambda: labels_new_nodes(cluster))


def test_with_the_policy_an_image_pull_job_completes_at_once(
    cluster: Cluster, stack: Stack, state: State, policy: None
) -> None:
    delete_nodes(cluster, UNTYPED)
    wait_for_manager(state)
    register_at_once(cluster, [f"next-{number}" for number in range(20)])
    # Registered last: once the manager has made its objects, it has seen the others.
    register(cluster, node("real-last", REAL_INFO))
    _await_objects(cluster, lambda nodes: nodes == {*REAL, "real-last"})
    delete_nodes(cluster, ["real-last"])
    eventually("its NodeImage to be gone", lambda: nodes_with(cluster, "nodeimages") == REAL)
    pull_everywhere(cluster, "with")
    eventually("the job's end", lambda: "completionTime" in read_status(cluster, "with"))
    status = read_status(cluster, "with")
    assert (status["desired"], status["succeeded"], status.get("failed", 0)) == (len(REAL), len(REAL), 0)
    assert nodes_with(cluster, "nodeimages") == REAL
