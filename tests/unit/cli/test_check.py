"""``pulumi-openkruise check`` as a shell sees it, on a test double of an API server and on files."""

import copy
import json
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pulumi_openkruise.cli.errors import UnusableInputError
from pulumi_openkruise.cli.input.node_objects import read_node_objects

from tests.support.api_server import ApiServer

STACKS = Path(__file__).parents[3] / "stacks"
NAMESPACE = "kruise-system"
HERE = f"namespaces/{NAMESPACE}"
FORBIDDEN = (403, {"kind": "Status", "message": 'forbidden: User "eve" cannot'})

Cli = Callable[..., tuple[int, str, str]]


def node(name: str, **labels: str) -> dict[str, Any]:
    virtual = labels.get("type") == "virtual-kubelet"
    info = {"containerRuntimeVersion": "", "kubeletVersion": "v1.30.1"}
    if not virtual:
        info = {**info, "containerRuntimeVersion": "containerd://2.1.4", "osImage": "Debian GNU/Linux 13"}
        info |= {"kernelVersion": "6.12", "architecture": "amd64", "operatingSystem": "linux"}
    plain = {} if virtual else {"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
    return {
        "metadata": {"name": name, "uid": name, "labels": {**plain, **labels}},
        "spec": {
            "taints": [{"key": "virtual-kubelet.io/provider", "effect": "NoSchedule"}] if virtual else []
        },
        "status": {"nodeInfo": info, "conditions": [{"type": "Ready", "status": "True"}]},
    }


REAL, VIRTUAL = node("real-1", pool="general"), node("vk-1", type="virtual-kubelet")


@pytest.fixture
def cli(command: Cli) -> Cli:
    return partial(command, "check")


@pytest.fixture
def server(server: ApiServer) -> ApiServer:
    server.objects("/api/v1/nodes", [REAL, VIRTUAL])
    return server


@pytest.fixture
def nodes_file(tmp_path: Path) -> Callable[..., str]:
    def write(content: Any) -> str:
        path = tmp_path / "nodes.json"
        path.write_text(content if isinstance(content, str) else json.dumps(content, indent=4))
        return str(path)

    return write


# --- nodes from a file


def test_a_clean_file(cli: Cli, nodes_file: Callable[..., str]) -> None:
    path = nodes_file({"kind": "List", "items": [REAL, VIRTUAL], "metadata": {}})
    code, out, err = cli("--stack-file", str(STACKS / "Pulumi.staging.yaml"), "--nodes-file", path)
    assert "selector-matches-nothing" in out  # the preset eks-fargate
    assert (code, err) == (1, "")
    code, out, err = cli("type=virtual-kubelet", "--nodes-file", path)
    assert (code, err) == (0, "")
    assert "real, the daemon may run there" in out
    assert "Summary: no findings; 2 checks found nothing." in out


def test_findings_as_json(cli: Cli, nodes_file: Callable[..., str]) -> None:
    path = nodes_file([REAL, VIRTUAL])
    code, out, _err = cli("pool=general", "--nodes-file", path, "-o", "json")
    data = json.loads(out)
    assert (code, data["clean"]) == (1, False)
    assert [one["code"] for one in data["findings"]] == ["real-node-excluded", "virtual-node-admitted"]
    assert data["nodes"] == {"total": 2, "lost": 1, "exposed": 1}
    assert data["findings"][0]["objects"] == [{"kind": "Node", "name": "real-1"}]


def test_selectors_come_on_top_of_a_stack_file(cli: Cli, nodes_file: Callable[..., str]) -> None:
    path = nodes_file([REAL, VIRTUAL])
    stack = str(STACKS / "Pulumi.staging.yaml")
    code, out, _err = cli("pool=general", "--stack-file", stack, "--nodes-file", path, "-o", "json")
    assert code == 1
    assert json.loads(out)["findings"][0]["evidence"][0] == "excluded by pool=general (argument)"


def test_a_stack_file_on_standard_input(cli: Cli, nodes_file: Callable[..., str]) -> None:
    stack = (STACKS / "Pulumi.sandbox.yaml").read_bytes()
    code, out, _err = cli("--stack-file", "-", "--nodes-file", nodes_file([REAL]), "-o", "json", stdin=stack)
    assert (code, json.loads(out)["selectorsFrom"]) == (1, "standard input")
    nodes = json.dumps([REAL, VIRTUAL]).encode()
    assert cli("type=virtual-kubelet", "--nodes-file", "-", stdin=nodes)[0] == 0


def test_the_config_that_pulumi_prints(cli: Cli, nodes_file: Callable[..., str]) -> None:
    config = {
        "openkruise:virtualNodeSelectors": {"objectValue": ["pool=x"]},
        "openkruise:baseExclusions": {"value": "false"},
    }
    args = ("--config-json", "-", "--nodes-file", nodes_file({"items": [REAL, VIRTUAL]}), "-o", "json")
    code, out, _err = cli(*args, stdin=json.dumps(config))
    found = {one["code"] for one in json.loads(out)["findings"]}
    assert (code, found) == (1, {"virtual-node-admitted", "selector-matches-nothing"})


def test_encrypted_values_are_left_out_with_a_note(
    cli: Cli, nodes_file: Callable[..., str], tmp_path: Path
) -> None:
    stack = tmp_path / "Pulumi.x.yaml"
    stack.write_text("config:\n  openkruise:values:\n    secure: v1:abc\n")
    code, _out, err = cli("--stack-file", str(stack), "--nodes-file", nodes_file([REAL, VIRTUAL]))
    assert code == 0
    assert "openkruise:values is encrypted" in err


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "not JSON"),
        ('{"items": [', "not JSON"),
        ('{"items": [] ', "not JSON: expected , or }, line 1, column"),
        ('{"items": []} x', "something follows after the end"),
        ('{"items": []}x', "something follows after the end"),
        ("[]x", "something follows after the end"),
        ('{"metadata": {"name": "a"}}x', "something follows after the end"),
        ('{"items": [], "kind": "List"}x', "something follows after the end"),
        ('{"items": [], "kind": "List"}x ', "something follows after the end"),
        (f'{{"metadata": {"9" * 5000}}}', "nodes.json: not JSON"),
        ('{"items": [{"metadata": {"name": "a"}} {}]}', "expected , or ]"),
        ('{"items": {}}', "items[0]: not a Node with metadata.name"),
        ('{"items": [5]}', "items[0]: not a Node with metadata.name"),
        ('[{"metadata": {"name": "a"}}, {"metadata": {}}]', "items[1]: not a Node with metadata.name"),
        ('{"kind": "Pod", "metadata": {"name": "a"}}', "items[0]: not a Node with metadata.name"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_files_that_are_of_no_use(cli: Cli, nodes_file: Callable[..., str], content: str, said: str) -> None:
    code, out, err = cli("a=b", "--nodes-file", nodes_file(content))
    assert (code, out) == (2, "")
    assert said in err


def test_a_file_that_is_not_there(cli: Cli) -> None:
    assert cli("a=b", "--nodes-file", "/nowhere/nodes.json")[0] == 2


def test_a_wrong_selector_is_refused(cli: Cli) -> None:
    code, out, err = cli("a in b", "--nodes-file", "x")
    assert (code, out) == (2, "")
    assert "a in b" in err


NODE_LISTS = [
    {"items": [REAL, VIRTUAL]},
    {"apiVersion": "v1", "items": [REAL, VIRTUAL], "kind": "List", "metadata": {"a": [1, {"b": "]"}]}},
    [REAL, VIRTUAL],
]


@pytest.mark.parametrize("content", NODE_LISTS)
@pytest.mark.parametrize("indent", [None, 4])
def test_nodes_are_read_one_at_a_time_as_a_whole_reader_would(
    nodes_file: Callable[..., str], content: Any, indent: int | None
) -> None:
    path = nodes_file(json.dumps(content, indent=indent))
    assert list(read_node_objects(path)) == [REAL, VIRTUAL]


def test_one_node_alone(nodes_file: Callable[..., str]) -> None:
    assert list(read_node_objects(nodes_file(REAL))) == [REAL]
    assert list(read_node_objects(nodes_file({"items": []}))) == []
    assert list(read_node_objects(nodes_file("\ufeff[]"))) == []


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=10),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=20,
)


@given(JSON, st.sampled_from([None, 2]), st.sampled_from(["items", "list", "bare"]))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=200)
def test_whatever_json_is_in_a_file_is_nodes_or_a_clear_error(
    tmp_path: Path, content: Any, indent: int | None, form: str
) -> None:
    whole = (
        {"kind": "List", "items": content} if form == "items" else [content] if form == "list" else content
    )
    path = tmp_path / "hostile.json"
    path.write_text(json.dumps(whole, indent=indent))
    try:
        nodes = list(read_node_objects(str(path)))
    except UnusableInputError as error:
        said = str(error)
    else:
        said = str(path)
        assert all(one["metadata"]["name"] for one in nodes)
    assert str(path) in said


@given(st.text(max_size=60))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_text_is_in_a_file_is_nodes_or_a_clear_error(tmp_path: Path, content: str) -> None:
    path = tmp_path / "hostile.json"
    path.write_text('{"items": [{"metadata": {"name": "a"}}' + content, errors="surrogatepass")
    with pytest.raises(UnusableInputError):
        list(read_node_objects(str(path)))


# --- a cluster


def test_a_stack_without_daemons_misses_none(
    cli: Cli, server: ApiServer, kubeconfig: str, tmp_path: Path
) -> None:
    stack = tmp_path / "Pulumi.autopilot.yaml"
    stack.write_text("config:\n  openkruise:platform: gke-autopilot\n")
    # As while the DaemonSet is on its way out: it is there, and wants nothing any more.
    daemon_set = {"metadata": {"name": "kruise-daemon"}, "status": {"desiredNumberScheduled": 0}}
    server.routes[f"/apis/apps/v1/{HERE}/daemonsets/kruise-daemon"] = (200, daemon_set)
    server.objects(f"/api/v1/{HERE}/pods", [])
    _code, out, _err = cli("--stack-file", str(stack), "--kubeconfig", kubeconfig, "-o", "json")
    data = json.loads(out)
    assert data["nodes"] == {"total": 2, "daemonless": 1, "excluded": 1}
    assert "real-node-without-daemon" not in {one["code"] for one in data["findings"]}


def test_with_permission_for_nodes_and_pods_alone(cli: Cli, server: ApiServer, kubeconfig: str) -> None:
    forbid_everything_but_nodes(server)
    server.objects(f"/api/v1/{HERE}/pods", [])
    code, out, _err = cli("--stack-file", str(STACKS / "Pulumi.dev.yaml"), "--kubeconfig", kubeconfig)
    assert code == 1  # no daemon anywhere
    assert "real-node-without-daemon" in out
    assert out.count("Not checked: ") > 8
    assert "because not allowed: GET" in out
    code, out, _err = cli("type=virtual-kubelet", "--kubeconfig", kubeconfig, "--live", "--before-destroy")
    assert "Not checked: the live affinity" in out
    assert "Not checked: custom resources that a destroy would delete" in out


def forbid_everything_but_nodes(server: ApiServer) -> None:
    respond = server.respond

    def answer(method: str, target: str, headers: dict[str, str], body: Any) -> Any:
        known = target.partition("?")[0] in server.routes
        found = respond(method, target, headers, body)
        return found if known else FORBIDDEN

    server.respond = answer  # type: ignore[method-assign]


def test_nodes_alone_give_no_findings_and_list_what_was_not_checked(
    cli: Cli, server: ApiServer, kubeconfig: str
) -> None:
    forbid_everything_but_nodes(server)
    code, out, _err = cli("type=virtual-kubelet", "--kubeconfig", kubeconfig)
    assert code == 0
    assert "Summary: no findings; 2 checks found nothing, 18 not checked." in out


def test_a_cluster_without_openkruise(cli: Cli, server: ApiServer, kubeconfig: str) -> None:
    code, out, _err = cli("type=virtual-kubelet", "--kubeconfig", kubeconfig)
    assert (code, "not-installed" in out) == (1, True)
    code, out, err = cli("--kubeconfig", kubeconfig)
    assert (code, out) == (2, "")
    assert "there is no DaemonSet kruise-daemon in namespace kruise-system" in err


def test_the_live_affinity_counts_where_nothing_is_given(
    cli: Cli, server: ApiServer, kubeconfig: str
) -> None:
    term = {"matchExpressions": [{"key": "type", "operator": "DoesNotExist"}]}
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
    spec = {"template": {"spec": {"affinity": {"nodeAffinity": required}}}}
    metadata = {"name": "kruise-daemon"}
    server.objects(f"/api/v1/{HERE}/pods", [])
    server.routes[f"/apis/apps/v1/{HERE}/daemonsets/kruise-daemon"] = (
        200,
        {"metadata": metadata, "spec": spec},
    )
    code, out, _err = cli("--kubeconfig", kubeconfig, "-o", "json")
    data = json.loads(out)
    assert data["selectorsFrom"] == "the DaemonSet in the cluster"
    assert data["nodes"] == {"total": 2, "waiting": 1, "excluded": 1}
    assert code == 1


def test_another_namespace(cli: Cli, server: ApiServer, kubeconfig: str) -> None:
    cli("type=virtual-kubelet", "--kubeconfig", kubeconfig, "--namespace", "kruise")
    paths = {path for _method, path, _query, _headers, _body in server.asked}
    assert "/api/v1/namespaces/kruise/pods" in paths
    assert not any(NAMESPACE in path for path in paths)


def test_who_answers_is_asked_where_the_webhooks_point_to(
    cli: Cli, server: ApiServer, kubeconfig: str
) -> None:
    service = {"namespace": "apps", "name": "kruise-webhook-service"}
    hook = {"name": "mpod.kb.io", "clientConfig": {"service": service, "caBundle": "AAAA"}}
    mutating = "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
    server.routes[f"{mutating}/kruise-mutating-webhook-configuration"] = (200, {"webhooks": [hook]})
    slices = "/apis/discovery.k8s.io/v1/namespaces/apps/endpointslices"
    ready = {"conditions": {"ready": True}, "targetRef": {"name": "kruise-controller-manager-1"}}
    server.objects(slices, [{"metadata": {"name": "s", "uid": "1"}, "endpoints": [ready]}])
    code, out, _err = cli("type=virtual-kubelet", "--kubeconfig", kubeconfig, "-o", "json")
    assert (code, [one["code"] for one in json.loads(out)["findings"]]) == (1, ["not-installed"])
    server.objects(slices, [])
    _code, out, _err = cli("type=virtual-kubelet", "--kubeconfig", kubeconfig, "-o", "json")
    assert "webhook-without-endpoint" in {one["code"] for one in json.loads(out)["findings"]}
    code, out, err = cli("--kubeconfig", kubeconfig)
    assert (code, out) == (2, "")
    assert "--namespace apps, which OpenKruise's webhooks point to" in err


def test_of_many_daemons_that_do_not_run_a_few_are_asked_why(
    cli: Cli, server: ApiServer, kubeconfig: str
) -> None:
    names = [f"kruise-daemon-{number}" for number in range(9)]
    status = {"containerStatuses": [{"restartCount": 4}]}
    owner = [{"kind": "DaemonSet", "uid": "d"}]
    server.objects(
        f"/api/v1/{HERE}/pods",
        [
            {"metadata": {"name": one, "uid": one, "ownerReferences": owner}, "status": status}
            for one in names
        ],
    )
    cli("type=virtual-kubelet", "--kubeconfig", kubeconfig)
    asked = [path for _method, path, *_rest in server.asked if path.endswith("/log")]
    assert asked == [f"/api/v1/{HERE}/pods/{name}/log" for name in names[:5]]


def test_records_that_cannot_be_read_are_reported_and_not_taken_for_none(
    cli: Cli, server: ApiServer, kubeconfig: str
) -> None:
    server.routes[f"/apis/apps/v1/{HERE}/daemonsets/kruise-daemon"] = (200, {"metadata": {"name": "d"}})
    metadata = {"name": "sh.helm.release.v1.kruise.v1", "uid": "1"}
    corrupt = {"metadata": metadata, "type": "helm.sh/release.v1", "data": {"release": "bm90IGl0"}}
    server.objects(f"/api/v1/{HERE}/secrets", [corrupt])
    arguments = ("type=virtual-kubelet", "--kubeconfig", kubeconfig, "--live", "-o", "json")
    data = json.loads(cli(*arguments)[1])
    assert "release-record-missing" not in {one["code"] for one in data["findings"]}
    reasons = {one["what"]: one["because"] for one in data["notChecked"]}
    for what in ("the state of the Helm release", "objects and fields of the deployed revision"):
        assert reasons[what].startswith("Secret sh.helm.release.v1.kruise.v1: not a Helm release record: ")


def test_nothing_is_ever_changed(cli: Cli, server: ApiServer, kubeconfig: str) -> None:
    cli("type=virtual-kubelet", "--kubeconfig", kubeconfig, "--live", "--before-destroy")
    assert {method for method, _path, _query, _headers, _body in server.asked} == {"GET"}


def test_a_cluster_that_cannot_be_reached(cli: Cli, kubeconfig: str) -> None:
    code, out, err = cli("a=b", "--kubeconfig", kubeconfig, "--context", "there")
    assert (code, out) == (2, "")
    assert err.startswith("the cluster at http://127.0.0.1:1 does not answer: connection refused\n")


def test_nodes_that_may_not_be_listed(cli: Cli, server: ApiServer, kubeconfig: str) -> None:
    server.routes["/api/v1/nodes"] = FORBIDDEN
    code, out, err = cli("a=b", "--kubeconfig", kubeconfig)
    assert (code, out) == (2, "")
    assert err.startswith("the API server refuses GET /api/v1/nodes: 403 forbidden")


def test_all_custom_resources_of_all_versions_are_counted_once(
    cli: Cli, server: ApiServer, kubeconfig: str
) -> None:
    def definition(group: str, kind: str, plural: str, *versions: str, stored: str) -> dict[str, Any]:
        each = [{"name": one, "storage": one == stored, "served": True} for one in versions]
        spec = {"group": group, "names": {"kind": kind, "plural": plural}, "versions": each}
        return {"metadata": {"name": f"{plural}.{group}", "uid": plural}, "spec": spec}

    apps, policy = "apps.kruise.io", "policy.kruise.io"
    server.named(
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
        [
            definition(apps, "StatefulSet", "statefulsets", "v1alpha1", "v1beta1", stored="v1beta1"),
            definition(apps, "CloneSet", "clonesets", "v1alpha1", stored="v1alpha1"),
            definition(
                policy, "PodUnavailableBudget", "podunavailablebudgets", "v1alpha1", stored="v1alpha1"
            ),
        ],
    )
    shop = {"metadata": {"name": "shop", "namespace": "default", "uid": "1"}}
    leaving = {"deletionTimestamp": "2026-01-01T00:00:00Z", "finalizers": ["x/y"]}
    server.objects("/apis/apps.kruise.io/v1beta1/statefulsets", [shop])
    server.objects("/apis/apps.kruise.io/v1alpha1/clonesets", [{"metadata": {**shop["metadata"], **leaving}}])
    server.routes["/apis/policy.kruise.io/v1alpha1/podunavailablebudgets"] = FORBIDDEN
    code, out, _err = cli("a=b", "--kubeconfig", kubeconfig, "--before-destroy", "-o", "json")
    data = json.loads(out)
    found = {one["code"]: one for one in data["findings"]}
    assert code == 1
    assert found["destroy-deletes"]["objects"] == [
        {"kind": "CloneSet.apps.kruise.io", "namespace": "default", "name": "shop"},
        {"kind": "StatefulSet.apps.kruise.io", "namespace": "default", "name": "shop"},
    ]
    assert "destroy-hook-refuses" in found
    assert found["destroy-leaves-resources"]["evidence"] == ["CloneSet.apps.kruise.io with x/y: default/shop"]
    assert any("PodUnavailableBudget.policy.kruise.io" in one["what"] for one in data["notChecked"])


def test_other_projects_below_kruise_io_are_not_of_this_chart(
    cli: Cli, server: ApiServer, kubeconfig: str
) -> None:
    """Kruise Rollouts is a chart of its own: its definition has its own webhook, and survives a destroy."""
    client = {"service": {"namespace": "kruise-rollout", "name": "webhook"}, "caBundle": "AAAA"}
    rollouts = {
        "metadata": {"name": "rollouts.rollouts.kruise.io", "uid": "1"},
        "spec": {
            "versions": [{"name": "v1alpha1", "storage": False}, {"name": "v1beta1", "storage": True}],
            "conversion": {"strategy": "Webhook", "webhook": {"clientConfig": client}},
        },
        "status": {"storedVersions": ["v1alpha1", "v1beta1"]},
    }
    definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
    server.objects(definitions, [rollouts])
    server.routes[f"{definitions}/rollouts.rollouts.kruise.io"] = (200, rollouts)
    group = {"name": "rollouts.kruise.io", "versions": [{"version": "v1beta1"}]}
    server.routes["/apis"] = (200, {"groups": [group]})
    kind = {"name": "rollouts", "kind": "Rollout", "verbs": ["list"]}
    server.routes["/apis/rollouts.kruise.io/v1beta1"] = (200, {"resources": [kind]})
    shop = {"metadata": {"name": "shop", "namespace": "default", "uid": "2"}}
    server.objects("/apis/rollouts.kruise.io/v1beta1/rollouts", [shop])
    _code, out, _err = cli("type=kwok", "--kubeconfig", kubeconfig, "--before-destroy", "-o", "json")
    codes = {one["code"] for one in json.loads(out)["findings"]}
    assert not codes & {"crd-not-established", "crd-stored-versions", "crd-conversion-broken"}
    assert "destroy-deletes" not in codes


# --- hostile nodes

HOSTILE = [
    "\x1b]0;owned\x07\x1b[2J",
    "<script>alert(1)</script>",
    "\u202eevil",
    "a\r\nb",
    "\x9b31m",
    "'\"&</td>",
]
GARBAGE = [None, 5, [], {}, "x", True, [None], {"a": None}, ["\x1b[2J"], {"\x1b[2J": "\x1b[2J"}]


@pytest.mark.parametrize("text", HOSTILE)
@pytest.mark.parametrize("output", ["table", "json"])
def test_nothing_of_a_node_steers_the_terminal(
    cli: Cli, nodes_file: Callable[..., str], text: str, output: str
) -> None:
    evil = node(text, **{text: text, "pool": text, "type": "kwok"})
    evil["status"]["nodeInfo"]["containerRuntimeVersion"] = text
    evil["spec"]["taints"] = [{"key": text, "value": text, "effect": text}]
    _code, out, err = cli("a=b", "--nodes-file", nodes_file([evil]), "-o", output)
    assert all(character.isprintable() or character == "\n" for character in out + err)


def test_ten_thousand_labels(cli: Cli, nodes_file: Callable[..., str]) -> None:
    many = node("many", **{f"label-{number}": "x" * 63 for number in range(10_000)})
    code, out, _err = cli("label-1", "--nodes-file", nodes_file([many]))
    assert (code, len(out) < 10_000) == (1, True)


def hole(base: dict[str, Any], path: list[str], garbage: Any) -> dict[str, Any]:
    """Return a node with a wrong type at a path."""
    broken = copy.deepcopy(base)
    place = broken
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = garbage
    return broken


PATHS = [
    ["metadata", "labels"],
    ["metadata", "annotations"],
    ["metadata", "creationTimestamp"],
    ["spec"],
    ["spec", "taints"],
    ["spec", "providerID"],
    ["spec", "unschedulable"],
    ["status"],
    ["status", "conditions"],
    ["status", "nodeInfo"],
    ["status", "nodeInfo", "kubeletVersion"],
]


@pytest.mark.parametrize("path", PATHS, ids=".".join)
def test_garbage_in_the_place_of_any_field_is_survived(
    cli: Cli, nodes_file: Callable[..., str], path: list[str]
) -> None:
    nodes = [hole(REAL, path, garbage) for garbage in GARBAGE]
    code, _out, _err = cli("a=b", "--nodes-file", nodes_file(nodes))
    assert code in (0, 1)


@pytest.mark.parametrize("garbage", GARBAGE)
def test_garbage_from_the_api_server_is_survived(
    cli: Cli, server: ApiServer, kubeconfig: str, garbage: Any
) -> None:
    respond = server.respond

    def answer(method: str, target: str, headers: dict[str, str], body: Any) -> Any:
        if target.startswith("/api/v1/nodes"):
            return respond(method, target, headers, body)
        whole = {"metadata": garbage, "items": garbage, "spec": garbage, "status": garbage, "data": garbage}
        return 200, {**whole, "groups": garbage, "resources": garbage, "webhooks": garbage}

    server.respond = answer  # type: ignore[method-assign]
    code, _out, _err = cli("a=b", "--kubeconfig", kubeconfig, "--live", "--before-destroy")
    assert code in (0, 1)


def test_another_cluster_than_the_stack_names_is_noted(
    cli: Cli, server: ApiServer, kubeconfig: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = json.loads(Path(kubeconfig).read_text())
    for entry in other["clusters"]:
        entry["cluster"]["server"] = "https://other.example"
    stack = tmp_path / "Pulumi.prod.yaml"
    stack.write_text(json.dumps({"config": {"kubernetes:kubeconfig": json.dumps(other)}}))
    monkeypatch.setenv("KUBECONFIG", kubeconfig)
    _code, _out, err = cli("--stack-file", str(stack))
    assert "kubernetes:kubeconfig names https://other.example, and this reads " in err
    _code, _out, err = cli("--stack-file", str(stack), "--kubeconfig", kubeconfig)
    assert "other.example" not in err
