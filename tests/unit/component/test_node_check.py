"""``nodeCheck`` after an update: what is said, what fails, and what it must never do."""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import pulumi
import pytest
from pulumi_openkruise import OpenKruise
from pulumi_openkruise.component import node_check
from pulumi_openkruise.component.errors import InvalidConfigError
from pulumi_openkruise.config.node_affinity import REQUIRED
from pulumi_openkruise.config.settings_reader import read_settings
from pulumi_openkruise.config.stack_config import parse_config
from pulumi_openkruise.diagnostics.problem import Problem

from tests.support.api_server import ApiServer, api_server
from tests.support.engine import Engine, new_engine

LEAVES_B: dict[str, Any] = {
    "nodeSelectorTerms": [
        {"matchExpressions": [{"key": "pool", "operator": "NotIn", "values": ["burst"]}]},
    ]
}
NOWHERE: dict[str, Any] = {
    "nodeSelectorTerms": [{"matchExpressions": [{"key": "kubernetes.io/os", "operator": "DoesNotExist"}]}]
}
PODS = "/api/v1/namespaces/kruise-system/pods"

Set = Callable[..., None]


def node(name: str, **labels: str) -> dict[str, Any]:
    info = {"kubeletVersion": "v1.33.1", "osImage": "Debian", "kernelVersion": "6.1", "architecture": "amd64"}
    info |= {"containerRuntimeVersion": "containerd://2.1.4", "operatingSystem": "linux"}
    plain = {"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
    return {
        "metadata": {"name": name, "uid": name, "labels": {**plain, **labels}},
        "status": {"nodeInfo": info, "conditions": [{"type": "Ready", "status": "True"}]},
    }


def daemon(on: str) -> dict[str, Any]:
    metadata = {"name": f"kruise-daemon-{on}", "ownerReferences": [{"kind": "DaemonSet"}], "uid": on}
    ready = {"conditions": [{"type": "Ready", "status": "True"}]}
    return {"metadata": metadata, "spec": {"nodeName": on}, "status": ready}


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ApiServer]:
    monkeypatch.setattr(node_check, "PATIENCE_SECONDS", 0.0)
    with api_server() as server:
        server.objects("/api/v1/nodes", [node("a"), node("b", pool="burst")])
        server.objects(PODS, [daemon("a"), daemon("b")])
        yield server


@pytest.fixture
def patient(server: ApiServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make nodeCheck retry for a minute without pause; set after ``server``, which turns retries off."""
    monkeypatch.setattr(node_check, "PATIENCE_SECONDS", 60.0)
    monkeypatch.setattr(node_check, "PAUSE_SECONDS", 0.0)


@pytest.fixture
def said(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Return nodeCheck's log lines, each with its level."""
    lines: list[tuple[str, str]] = []
    for level in ("info", "warn", "error"):

        def tell(text: str, resource: Any = None, *_more: Any, level: str = level) -> None:
            if text.startswith("nodeCheck: "):
                assert isinstance(resource, OpenKruise)
                lines.append((level, text.removeprefix("nodeCheck: ")))

        monkeypatch.setattr(pulumi.log, level, tell)
    return lines


def install(**arguments: Any) -> Callable[[], object]:
    return lambda: OpenKruise("kruise", arguments)  # type: ignore[arg-type]


def asked_for_nodes(server: ApiServer) -> bool:
    return any(path == "/api/v1/nodes" for _method, path, _query, _headers, _body in server.asked)


def config_of(server: ApiServer) -> dict[str, str]:
    return {"kubernetes:kubeconfig": json.dumps(server.kubeconfig()), "kubernetes:context": "here"}


def test_a_clean_cluster_gets_one_line(
    engine: Engine, server: ApiServer, set_config: Set, said: list[tuple[str, str]]
) -> None:
    set_config(config_of(server))
    engine.run(install())
    assert said == [("info", "2 nodes: 2 real, its daemon runs. Findings: none.")]


def test_a_lost_node_is_a_warning_and_the_update_succeeds(
    engine: Engine, server: ApiServer, set_config: Set, said: list[tuple[str, str]]
) -> None:
    set_config(config_of(server))
    server.objects(PODS, [daemon("a")])
    engine.run(install(virtual_node_selectors=["pool=burst"]))
    ((level, text),) = said
    assert level == "warn"
    assert "1 real, excluded: it loses its daemon" in text
    assert "real-node-excluded: 1 real node excluded" in text
    assert "excluded by pool=burst (virtual_node_selectors[0])" in text
    (component,) = [urn for urn in engine.outputs if urn.endswith("OpenKruise::kruise")]
    assert engine.outputs[component]["status"] == "deployed"


def test_with_fail_the_update_fails_with_everything_that_was_found(
    engine: Engine, server: ApiServer, set_config: Set
) -> None:
    set_config(config_of(server))
    server.objects(PODS, [daemon("a")])
    with pytest.raises(InvalidConfigError) as caught:
        engine.run(install(virtual_node_selectors=["pool=burst", "x=y"], node_check="fail"))
    assert [problem.code for problem in caught.value.problems] == [
        "real-node-excluded",
        "selector-matches-nothing",
    ]
    assert str(caught.value).startswith("nodeCheck of OpenKruise 'kruise': 2 nodes: ")


def test_a_pool_that_has_scaled_to_zero_does_not_fail_an_update(
    engine: Engine, server: ApiServer, set_config: Set, said: list[tuple[str, str]]
) -> None:
    set_config(config_of(server))
    engine.run(install(virtual_node_selectors=["pool=empty"], node_check="fail"))
    ((level, text),) = said
    assert level == "warn"
    assert "selector-matches-nothing: 1 selector matches no node" in text
    (component,) = [urn for urn in engine.outputs if urn.endswith("OpenKruise::kruise")]
    assert engine.outputs[component]["status"] == "deployed"


def previewed(server: ApiServer, values: dict[str, Any] | None = None, **arguments: Any) -> str:
    """Return what a preview refuses that is about to create the release with these values."""
    created: list[pulumi.ResourceHook] = []
    answers: list[str] = []
    inputs = values or {"daemon": {"affinity": {"nodeAffinity": {REQUIRED: LEAVES_B}}}}

    async def call(hook: pulumi.ResourceHook) -> None:
        refusal = ""
        try:
            args = pulumi.ResourceHookArgs("urn", "", "name", "type", new_inputs={"values": inputs})
            await hook.callback(args)  # type: ignore[misc]
        except InvalidConfigError as error:
            refusal = str(error)
        answers.append(refusal)

    def program() -> None:
        OpenKruise("kruise", arguments)  # type: ignore[arg-type]
        (hook,) = [one for one in created if one.name.endswith("create release")]
        pulumi.export("called", pulumi.Output.from_input(call(hook)))

    with pytest.MonkeyPatch.context() as patch, new_engine(preview=True) as engine:
        original = pulumi.ResourceHook.__init__

        def recorded(self: pulumi.ResourceHook, *rest: Any) -> None:
            created.append(self)
            original(self, *rest)

        patch.setattr(pulumi.ResourceHook, "__init__", recorded)
        pulumi.runtime.set_all_config(config_of(server))
        engine.run(program)
    # A hook that never ran, or that raised something else, has refused nothing.
    (answer,) = answers
    return answer


def test_a_preview_reports_the_nodes_that_are_left_out(
    server: ApiServer, said: list[tuple[str, str]]
) -> None:
    server.objects("/api/v1/namespaces/kruise-system/secrets", [])
    assert previewed(server, virtual_node_selectors=["pool=burst"]) == ""
    ((level, text),) = said
    assert level == "warn"
    assert text.startswith("1 of 2 real nodes get no daemon\nreal-node-excluded: 1 real node excluded\n")

    said.clear()
    nowhere = {"nodeAffinity": {REQUIRED: NOWHERE}}
    everywhere: dict[str, Any] = {"virtual_node_selectors": ["kubernetes.io/os"], "node_check": "fail"}
    refused = previewed(server, {"daemon": {"affinity": nowhere}, "manager": nowhere}, **everywhere)
    assert "2 of 2 real nodes get no daemon; no node is left for the manager" in refused
    assert "excluded by kubernetes.io/os (virtual_node_selectors[0])" in refused
    assert said == []


def test_a_preview_reports_runtimes_that_the_daemon_cannot_use(
    server: ApiServer, said: list[tuple[str, str]]
) -> None:
    server.objects("/api/v1/namespaces/kruise-system/secrets", [])
    k3s, old = node("k3s-1"), node("old-1")
    k3s["status"]["nodeInfo"]["kubeletVersion"] = "v1.33.1+k3s1"
    old["status"]["nodeInfo"] |= {
        "kubeletVersion": "v1.23.10",
        "containerRuntimeVersion": "docker://20.10.21",
    }
    server.objects("/api/v1/nodes", [k3s, old])
    assert previewed(server) == ""
    ((level, text),) = said
    assert level == "warn"
    assert text.startswith("on 2 of 2 real nodes the daemon cannot run\n")
    assert "runtime-too-old: 1 node whose container runtime does not serve CRI v1\n" in text
    assert "runtime-socket: 1 node with another socket (k3s)\n" in text
    said.clear()
    server.objects("/api/v1/nodes", [k3s])
    refused = previewed(server, node_check="fail")
    assert "set platform to k3s, or set values daemon.socketLocation: /run/k3s" in refused
    values = {"daemon": {"socketLocation": "/run/k3s"}}
    assert previewed(server, values, node_check="fail") == ""


@pytest.mark.parametrize("mode", ["warn", "fail"])
def test_a_preview_reports_a_manager_without_a_node(
    server: ApiServer, said: list[tuple[str, str]], mode: str
) -> None:
    server.objects("/api/v1/namespaces/kruise-system/secrets", [])
    values = {"manager": {"nodeAffinity": {REQUIRED: NOWHERE}}}
    refused = previewed(server, values, node_check=mode)
    headline = "no node is left for the manager, and Helm would wait for it until its timeout"
    problem = "exclude_manager: of 2 real nodes none is left for the manager by its node affinity\n"
    if mode == "fail":
        assert refused.startswith(f"nodeCheck of OpenKruise 'kruise': {headline}: 1 problem\n\n{problem}")
        assert said == []
    else:
        assert refused == ""
        ((level, text),) = said
        assert (level, text.startswith(f"{headline}\n{problem}")) == ("warn", True)


@pytest.mark.parametrize(
    ("exclude_manager", "places"), [(True, ""), (False, "of 1 nodes none is left for the manager")]
)
def test_a_manager_that_is_kept_off_the_only_nodes_is_not_reported_beside_that(
    server: ApiServer, exclude_manager: bool, places: str
) -> None:
    server.objects("/api/v1/namespaces/kruise-system/secrets", [])
    server.objects("/api/v1/nodes", [node("v", **{"openkruise.io/virtual-node": "true"})])
    values = {"manager": {"nodeAffinity": {REQUIRED: NOWHERE}}}
    refused = previewed(server, values, node_check="fail", exclude_manager=exclude_manager)
    assert (places in refused) if places else ("for the manager" not in refused)


def test_the_problem_of_a_manager_without_a_node() -> None:
    settings = read_settings(parse_config({}, source="stack"), source="stack")
    assert node_check._report_no_node_for_manager(settings, 1234) == Problem(
        "no-node-for-manager",
        "exclude_manager",
        "of 1,234 real nodes none is left for the manager by its node affinity",
        (),
        "list fewer virtual nodes, or change values.manager.nodeAffinity; where all nodes are "
        "virtual, set exclude_manager to false",
    )


def test_a_preview_reports_nothing_that_it_does_not_know(
    server: ApiServer, said: list[tuple[str, str]]
) -> None:
    server.objects("/api/v1/namespaces/kruise-system/secrets", [])
    assert previewed(server, virtual_node_selectors=["pool=burst"], node_check="off") == ""
    assert not asked_for_nodes(server)
    server.routes["/api/v1/nodes"] = (403, {"message": "nodes is forbidden"})
    assert previewed(server, virtual_node_selectors=["pool=burst"], node_check="fail") == ""
    assert asked_for_nodes(server)
    server.objects("/api/v1/nodes", [node("a")])
    assert previewed(server, virtual_node_selectors=["pool=burst"]) == ""
    assert said == []


def test_a_message_shows_the_first_lines_of_evidence(
    engine: Engine, server: ApiServer, set_config: Set, said: list[tuple[str, str]]
) -> None:
    set_config(config_of(server))
    names = [f"n{number}" for number in range(9)]
    server.objects("/api/v1/nodes", [node(name) for name in names])
    pods = [daemon(name) for name in names]
    for pod in pods:
        waiting = {"reason": f"Reason{pod['metadata']['uid']}"}
        pod["status"] = {"phase": "Pending", "containerStatuses": [{"state": {"waiting": waiting}}]}
    server.objects(PODS, pods)
    engine.run(install())
    ((_level, text),) = said
    shown = [line for line in text.splitlines() if "Reason" in line]
    assert [line.split("Reason")[1][:2] for line in shown] == names[:5]


def test_with_fail_a_clean_cluster_is_no_failure(
    engine: Engine, server: ApiServer, set_config: Set, said: list[tuple[str, str]]
) -> None:
    set_config(config_of(server))
    engine.run(install(node_check="fail"))
    assert [level for level, _text in said] == ["info"]


def test_off_looks_at_nothing(
    engine: Engine, server: ApiServer, set_config: Set, said: list[tuple[str, str]]
) -> None:
    set_config(config_of(server))
    engine.run(install(node_check="off"))
    assert not said
    assert not asked_for_nodes(server)


def test_preview_looks_at_nothing(server: ApiServer, set_config: Set, said: list[tuple[str, str]]) -> None:
    with new_engine(preview=True) as engine:
        set_config(config_of(server))
        engine.run(install(node_check="fail"))
    assert not said
    assert not asked_for_nodes(server)


@pytest.mark.parametrize("mode", ["warn", "fail"])
def test_where_it_cannot_look_one_line_says_why(
    engine: Engine, server: ApiServer, set_config: Set, said: list[tuple[str, str]], mode: str
) -> None:
    set_config({**config_of(server), "kubernetes:context": "there"})
    engine.run(install(node_check=mode))
    ((level, text),) = said
    assert (level, text) == (
        "warn",
        "not checked, because http://127.0.0.1:1 does not answer: connection refused",
    )


def test_the_environments_kubeconfig_is_never_read(
    engine: Engine,
    server: ApiServer,
    set_config: Set,
    said: list[tuple[str, str]],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Any,
) -> None:
    path = tmp_path / "config"
    path.write_text(json.dumps(server.kubeconfig()))
    monkeypatch.setenv("KUBECONFIG", str(path))
    set_config({})
    engine.run(install())
    ((level, text),) = said
    assert level == "info"
    assert text.startswith("not checked, because ")
    assert not server.asked


def test_what_may_not_be_read_is_said(
    engine: Engine, server: ApiServer, set_config: Set, said: list[tuple[str, str]]
) -> None:
    set_config(config_of(server))
    server.routes[PODS] = (403, {"message": "forbidden"})
    engine.run(install())
    gap = f"not allowed: GET {PODS}: 403 forbidden"
    nodes = "2 nodes: 2 real, the daemon may run there. Findings: none."
    what = "whether daemons and managers run where they should"
    assert said == [("info", f"{nodes} Not checked: {what}, because {gap}.")]


def test_pods_that_are_still_starting_are_waited_for(
    engine: Engine, server: ApiServer, set_config: Set, said: list[tuple[str, str]], patient: None
) -> None:
    set_config(config_of(server))
    answers = [[daemon("a")], [daemon("a")], [daemon("a"), daemon("b")]]
    server.routes[PODS] = lambda _query: (200, {"items": answers.pop(0) if len(answers) > 1 else answers[0]})
    engine.run(install())
    assert said == [("info", "2 nodes: 2 real, its daemon runs. Findings: none.")]


@pytest.mark.parametrize(
    "without", [{"platform": "gke-autopilot"}, {"feature_gates": {"KruiseDaemon": False}}]
)
def test_where_there_is_no_daemon_none_is_missed(
    engine: Engine,
    server: ApiServer,
    set_config: Set,
    said: list[tuple[str, str]],
    monkeypatch: pytest.MonkeyPatch,
    without: dict[str, Any],
) -> None:
    pauses: list[float] = []
    monkeypatch.setattr(node_check, "PATIENCE_SECONDS", 60.0)
    monkeypatch.setattr("pulumi_openkruise.component.node_check.time.sleep", pauses.append)
    set_config(config_of(server))
    server.objects(PODS, [])
    engine.run(install(node_check="fail", virtual_node_selectors=["pool=burst"], **without))
    assert said == [("info", "2 nodes: 2 real, and the stack has no daemons. Findings: none.")]
    assert not pauses


@pytest.mark.parametrize(
    ("age", "status", "level"),
    [
        (5, {"state": {"waiting": {"reason": "ContainerCreating"}}}, "info"),
        (170, {"state": {"running": {}}}, "info"),
        (190, {"state": {"waiting": {"reason": "ContainerCreating"}}}, "error"),
        (5, {"state": {"waiting": {"reason": "ErrImagePull"}}}, "error"),
        (5, {"state": {"running": {}}, "restartCount": 1}, "error"),
        (5, {"state": {"terminated": {"exitCode": 1}}}, "error"),
        (5, None, "error"),  # its kubelet has not taken it up
    ],
)
def test_a_young_pod_that_comes_up_is_no_finding(
    engine: Engine,
    server: ApiServer,
    set_config: Set,
    said: list[tuple[str, str]],
    age: int,
    status: dict[str, Any] | None,
    level: str,
) -> None:
    set_config(config_of(server))
    late = daemon("b")
    made = datetime.now(timezone.utc) - timedelta(seconds=age)
    late["metadata"]["creationTimestamp"] = made.strftime("%Y-%m-%dT%H:%M:%SZ")
    late["status"] = {"phase": "Pending", "containerStatuses": [status] if status else []}
    server.objects(PODS, [daemon("a"), late])
    if level == "info":
        engine.run(install(node_check="fail"))
        listed = "1 real, its daemon runs; 1 real, its daemon is starting"
        assert said == [("info", f"2 nodes: {listed}. Findings: none.")]
    else:
        with pytest.raises(InvalidConfigError, match="1 ready real node without a ready daemon"):
            engine.run(install(node_check="fail"))


def test_a_daemon_that_is_starting_is_waited_for_first(
    engine: Engine, server: ApiServer, set_config: Set, said: list[tuple[str, str]], patient: None
) -> None:
    set_config(config_of(server))
    late = daemon("b")
    late["metadata"]["creationTimestamp"] = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    late["status"] = {"containerStatuses": [{"state": {"running": {}}}]}
    answers = [[daemon("a"), late], [daemon("a"), daemon("b")]]
    server.routes[PODS] = lambda _query: (200, {"items": answers.pop(0)})
    engine.run(install())
    assert said == [("info", "2 nodes: 2 real, its daemon runs. Findings: none.")]


def test_daemons_are_waited_for_as_long_as_more_and_more_of_them_run(
    engine: Engine,
    server: ApiServer,
    set_config: Set,
    said: list[tuple[str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # Six looks take longer than the patience with a cluster where nothing happens.
    monkeypatch.setattr(node_check, "PATIENCE_SECONDS", 1.0)
    monkeypatch.setattr(node_check, "PAUSE_SECONDS", 0.3)
    set_config(config_of(server))
    names = "abcdef"
    server.objects("/api/v1/nodes", [node(name) for name in names])
    answers = [[daemon(name) for name in names[:running]] for running in range(1, 7)]
    server.routes[PODS] = lambda _query: (200, {"items": answers.pop(0)})
    engine.run(install())
    assert said == [("info", "6 nodes: 6 real, its daemon runs. Findings: none.")]


def test_hostile_names_do_not_reach_the_terminal(
    engine: Engine, server: ApiServer, set_config: Set, said: list[tuple[str, str]]
) -> None:
    set_config(config_of(server))
    server.objects("/api/v1/nodes", [node("\x1b[2J\x07evil", pool="burst")])
    engine.run(install(virtual_node_selectors=["pool=burst"]))
    ((_level, text),) = said
    assert "evil" in text
    assert all(character.isprintable() or character == "\n" for character in text)


def test_values_that_are_known_later_count(
    engine: Engine, server: ApiServer, set_config: Set, said: list[tuple[str, str]]
) -> None:
    set_config(config_of(server))
    values = {"daemon": {"nodeSelector": {"daemon": pulumi.Output.from_input("yes")}}}
    engine.run(install(values=values))
    # Both are left out by the values, and their pods have no business there.
    ((level, text),) = said
    assert level == "warn"
    assert "2 real, left out by the stack's values" in text
    assert "daemon-on-excluded-node" in text


@pytest.mark.parametrize("late", ["daemon", "manager"])
def test_pods_that_leave_an_excluded_node_are_waited_for(
    engine: Engine,
    server: ApiServer,
    set_config: Set,
    said: list[tuple[str, str]],
    patient: None,
    late: str,
) -> None:
    """The scheduler and the DaemonSet's controller act after the release is there."""
    set_config(config_of(server))
    virtual = node("v", type="virtual-kubelet")
    virtual["spec"] = {"taints": [{"key": "virtual-kubelet.io/provider", "effect": "NoSchedule"}]}
    server.objects("/api/v1/nodes", [node("a"), virtual])
    left = daemon("v")
    if late == "manager":
        left["metadata"] = {
            "name": "kruise-controller-manager-x",
            "uid": "v",
            "labels": {"control-plane": "controller-manager"},
            "ownerReferences": [{"kind": "ReplicaSet"}],
        }
    answers = [[daemon("a"), left], [daemon("a")]]
    server.routes[PODS] = lambda _query: (200, {"items": answers.pop(0) if len(answers) > 1 else answers[0]})
    engine.run(install())
    assert [level for level, _text in said] == ["info"], said
    assert len(answers) == 1


def test_the_managers_nodes_are_its_own_where_there_is_no_daemon(
    server: ApiServer, said: list[tuple[str, str]]
) -> None:
    server.objects("/api/v1/namespaces/kruise-system/secrets", [])
    without: dict[str, Any] = {"feature_gates": {"KruiseDaemon": False}, "node_check": "fail"}
    anywhere: dict[str, Any] = {"manager": {"nodeAffinity": {REQUIRED: LEAVES_B}}}
    assert previewed(server, anywhere, **without) == ""
    nowhere = {"manager": {"nodeAffinity": {REQUIRED: NOWHERE}}}
    assert "no node is left for the manager" in previewed(server, nowhere, **without)
    assert said == []


@pytest.mark.parametrize(
    ("values", "arguments"),
    [
        # The daemon's own nodes are not the manager's.
        ({"daemon": {"nodeSelector": {"no": "such"}}}, {}),
        # Nor are those that it is not kept off.
        ({"manager": {"nodeAffinity": {}}}, {"virtual_node_selectors": ["a"], "exclude_manager": False}),
    ],
)
def test_what_keeps_the_daemon_off_keeps_no_manager_off(
    server: ApiServer, said: list[tuple[str, str]], values: dict[str, Any], arguments: dict[str, Any]
) -> None:
    server.objects("/api/v1/namespaces/kruise-system/secrets", [])
    server.objects("/api/v1/nodes", [node("a", a="1")])
    assert previewed(server, values, **arguments) == ""
    assert not [text for _level, text in said if "for the manager" in text]


class Clock:
    """Time that passes only while the program sleeps."""

    def __init__(self) -> None:
        self.now = 0.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


def test_the_wait_ends_when_no_more_daemons_have_come_for_a_while(
    engine: Engine,
    server: ApiServer,
    set_config: Set,
    said: list[tuple[str, str]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    clock = Clock()
    monkeypatch.setattr(node_check, "time", clock)
    monkeypatch.setattr(node_check, "PATIENCE_SECONDS", 15.0)
    monkeypatch.setattr(node_check, "PAUSE_SECONDS", 1.5)
    set_config(config_of(server))
    # What runs at each look: the third daemon never comes, or else the test would not end.
    running = iter(["", "", "", "", "a", "a", "ab", "a", *["ab"] * 50])
    server.objects("/api/v1/nodes", [node(name) for name in "abc"])
    server.routes[PODS] = lambda _query: (200, {"items": [daemon(name) for name in next(running, "abc")]})
    engine.run(install())
    # The second one came at the seventh look, after nine seconds.
    assert clock.now == 9.0 + 15.0 + 1.5
    ((level, text),) = said
    assert (level, "1 ready real node without a ready daemon" in text) == ("warn", True)
