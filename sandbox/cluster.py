"""The control plane and the stand-ins for kubelets, on loopback, from the programs in the cache."""

import base64
import datetime
import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from sandbox import api, hook, pki
from sandbox.nodes import KUBELET, NODES, REGISTERS_ONLY, RUNS_PODS
from sandbox.processes import alive, names, start, stop, stop_all, wait_until
from sandbox.programs import OPENKRUISE
from sandbox.state import State

CONTEXT = "sandbox"
AUDITED = "system:serviceaccount:default:installer"
"""The user whose requests the API server writes to ``logs/audit.log``, as JSON lines."""

_KUBE_NAMES = ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
_PROCESSES = ("etcd", *_KUBE_NAMES, "kwok-real", "kwok-virtual")
_NODE_STAGES = ("node-initialize", "node-heartbeat-with-lease")
# Virtual kubelets confirm deletions, as all kubelets do; without that a pod stays Terminating for ever.
_STAGES = {
    "kwok-real": (*_NODE_STAGES, "pod-ready", "pod-complete", "pod-delete"),
    "kwok-virtual": (*_NODE_STAGES, "pod-delete"),
}


def running(state: State) -> bool:
    """Whether every process of the control plane is up."""
    return all(alive(state, name) for name in _PROCESSES)


def start_cluster(
    state: State, folders: dict[str, Path], *, lease_seconds: int = 40, controller_qps: int = 500
) -> None:
    """Start the cluster and register the nodes; return when pods can be created.

    *folders* are the built programs' folders by name. *lease_seconds* is how long a node counts as alive
    after a sign of life: thousands that share two cores give theirs seldom. *controller_qps* is what each
    controller may ask of the API server in a second; upstream's default of 20 creates some twenty pods. A
    cluster of which only some processes live is started again with its data. Raises
    :class:`sandbox.errors.SandboxError` with the log of what does not come up.
    """
    # Also where it runs: an upgrade may ask for a manager that was built since.
    link_openkruise(state, folders)
    if running(state):
        return
    if names(state):
        stop_all(state)
    state.choose_ports()
    pki.create(state.pki)
    _link(state, folders)
    _kubeconfig(state)
    _start_etcd(state)
    _start_apiserver(state)
    _start_controllers(state, lease_seconds, controller_qps)
    _start_kwok(state, folders["kwok"] / "stages", lease_seconds)
    _register_nodes(state)


def restart_api_server(state: State) -> None:
    """Restart the API server and return when it answers; everything else keeps running."""
    stop(state, "kube-apiserver")
    _start_apiserver(state)


def _link(state: State, folders: dict[str, Path]) -> None:
    """Link the programs into the sandbox's own folder; Pulumi looks for its language host beside itself."""
    # An installed Pulumi has its language hosts beside itself, and finds them by its real path.
    installed = folders["pulumi"] == folders["pulumi-language-python"]
    state.bin.mkdir(parents=True, exist_ok=True)
    sources = {
        "pulumi": folders["pulumi"] / "pulumi",
        "pulumi-language-python": folders["pulumi-language-python"] / "pulumi-language-python",
        "pulumi-language-python-exec": folders["pulumi-language-python"] / "pulumi-language-python-exec",
        "etcd": folders["etcd"] / "etcd",
        "kwok": folders["kwok"] / "kwok",
        **dict.fromkeys(_KUBE_NAMES, folders["kube"] / "kube"),
    }
    for name, source in sources.items():
        _link_one(source, state.bin / name, symbolic=installed and name.startswith("pulumi"))


def link_openkruise(state: State, folders: Mapping[str, Path]) -> None:
    """Link OpenKruise's programs, as many as are built, into the sandbox's own folder, where it runs them.

    *folders* are the built programs' folders by name. The cluster may be running.
    """
    state.bin.mkdir(parents=True, exist_ok=True)
    for name in sorted(OPENKRUISE & folders.keys()):
        _link_one(folders[name] / name, state.bin / name)


def _link_one(source: Path, target: Path, *, symbolic: bool = False) -> None:
    """Put a program at *target* in one step: what looks for it finds all of it, or none."""
    fresh = target.with_name(f".{target.name}")
    fresh.unlink(missing_ok=True)
    if symbolic:
        fresh.symlink_to(source)
    else:
        try:
            os.link(source, fresh)
        except OSError:
            shutil.copy2(source, fresh)
    fresh.replace(target)
    # Two names of one file stay as they are.
    fresh.unlink(missing_ok=True)


def _kubeconfig(state: State) -> None:
    def data(name: str) -> str:
        return base64.b64encode((state.pki / name).read_bytes()).decode()

    cluster = {
        "server": f"https://127.0.0.1:{state.port('apiserver')}",
        "certificate-authority-data": data("ca.crt"),
    }
    user = {"client-certificate-data": data("admin.crt"), "client-key-data": data("admin.key")}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": CONTEXT, "cluster": cluster}],
        "users": [{"name": CONTEXT, "user": user}],
        "contexts": [{"name": CONTEXT, "context": {"cluster": CONTEXT, "user": CONTEXT}}],
        "current-context": CONTEXT,
    }
    state.kubeconfig.touch(mode=0o600)
    state.kubeconfig.write_text(yaml.safe_dump(document))


def _start_etcd(state: State) -> None:
    client, peer = (f"http://127.0.0.1:{state.port(name)}" for name in ("etcd", "etcd-peer"))
    start(
        state,
        "etcd",
        [
            state.bin / "etcd",
            "--name=sandbox",
            f"--data-dir={state.directory / 'etcd'}",
            f"--listen-client-urls={client}",
            f"--advertise-client-urls={client}",
            f"--listen-peer-urls={peer}",
            f"--initial-advertise-peer-urls={peer}",
            f"--initial-cluster=sandbox={peer}",
            # The data is thrown away with the sandbox: no need to wait for the disk.
            "--unsafe-no-fsync",
            "--log-level=warn",
        ],
    )


def _start_apiserver(state: State) -> None:
    # Calls to webhooks behind a Service leave through this door to the manager beside the control plane.
    egress = state.directory / "egress.yaml"
    tls = {
        "caBundle": str(state.pki / "ca.crt"),
        "clientCert": str(state.pki / "admin.crt"),
        "clientKey": str(state.pki / "admin.key"),
    }
    url = f"https://127.0.0.1:{state.port('webhook-relay')}"
    connection = {"proxyProtocol": "HTTPConnect", "transport": {"tcp": {"url": url, "tlsConfig": tls}}}
    egress.write_text(
        yaml.safe_dump(
            {
                "apiVersion": "apiserver.k8s.io/v1beta1",
                "kind": "EgressSelectorConfiguration",
                "egressSelections": [{"name": "cluster", "connection": connection}],
            }
        )
    )
    # Who asks for what, for the tests of the roles in deploy/: no other requests are logged.
    policy = state.directory / "audit.yaml"
    audited = {"level": "Metadata", "users": [AUDITED], "omitStages": ["RequestReceived"]}
    policy.write_text(
        yaml.safe_dump(
            {"apiVersion": "audit.k8s.io/v1", "kind": "Policy", "rules": [audited, {"level": "None"}]}
        )
    )
    start(
        state,
        "kube-apiserver",
        [
            state.bin / "kube-apiserver",
            f"--etcd-servers=http://127.0.0.1:{state.port('etcd')}",
            "--bind-address=127.0.0.1",
            f"--secure-port={state.port('apiserver')}",
            # Without these two it dies on a machine that has no default route.
            "--advertise-address=127.0.0.1",
            "--endpoint-reconciler-type=none",
            f"--tls-cert-file={state.pki / 'server.crt'}",
            f"--tls-private-key-file={state.pki / 'server.key'}",
            f"--client-ca-file={state.pki / 'ca.crt'}",
            f"--service-account-key-file={state.pki / 'service-account.pub'}",
            f"--service-account-signing-key-file={state.pki / 'service-account.key'}",
            "--service-account-issuer=https://kubernetes.default.svc.cluster.local",
            "--service-cluster-ip-range=10.96.0.0/16",
            "--authorization-mode=Node,RBAC",
            "--enable-admission-plugins=NodeRestriction",
            "--allow-privileged=true",
            f"--egress-selector-config-file={egress}",
            f"--audit-policy-file={policy}",
            f"--audit-log-path={state.logs / 'audit.log'}",
            *_emulation(),
        ],
    )
    wait_until("Starting the API server", lambda: _ready(state), state, "kube-apiserver")


def _emulation() -> list[str]:
    """Return what makes the control plane behave as an older Kubernetes: ``$EMULATED``, as ``1.33``.

    Upstream emulates three minor versions back. All parts must: today's scheduler waits for APIs that an
    older API server does not serve.
    """
    version = os.environ.get("EMULATED")
    return [f"--emulated-version=kube={version}"] if version else []


def _ready(state: State) -> bool:
    try:
        with api.connect(state) as connection:
            api.get(connection, "/api/v1/namespaces/default")
        return True
    except api.Errors:
        return False


def _start_controllers(state: State, lease_seconds: int, qps: int) -> None:
    common = [
        f"--kubeconfig={state.kubeconfig}",
        "--bind-address=127.0.0.1",
        "--leader-elect=false",
        *_emulation(),
    ]
    start(
        state,
        "kube-controller-manager",
        [
            state.bin / "kube-controller-manager",
            *common,
            f"--secure-port={state.port('controller-manager')}",
            f"--root-ca-file={state.pki / 'ca.crt'}",
            f"--service-account-private-key-file={state.pki / 'service-account.key'}",
            f"--kube-api-qps={qps}",
            f"--kube-api-burst={qps * 3 // 2}",
            f"--node-monitor-grace-period={lease_seconds + 10}s",
        ],
    )
    start(
        state,
        "kube-scheduler",
        [state.bin / "kube-scheduler", *common, f"--secure-port={state.port('scheduler')}"],
    )


def _start_kwok(state: State, stages: Path, lease_seconds: int) -> None:
    for name, kubelet in (("kwok-real", RUNS_PODS), ("kwok-virtual", REGISTERS_ONLY)):
        config = state.directory / f"{name}.yaml"
        config.write_text("---\n".join(_stage(stages / f"{stage}.yaml") for stage in _STAGES[name]))
        start(
            state,
            name,
            [
                state.bin / "kwok",
                f"--kubeconfig={state.kubeconfig}",
                f"--config={config}",
                "--manage-all-nodes=false",
                f"--manage-nodes-with-annotation-selector={KUBELET}={kubelet}",
                f"--node-lease-duration-seconds={lease_seconds}",
                f"--server-address=127.0.0.1:{state.port(name)}",
            ],
        )


def _stage(path: Path) -> str:
    """Return a KWOK stage. Pods of Jobs complete at once, unless the sandbox runs their program itself."""
    stage = yaml.safe_load(path.read_text())
    if stage["metadata"]["name"] == "pod-complete":
        key, _, value = hook.LABEL.partition("=")
        expression = {"key": f".metadata.labels.{key}", "operator": "NotIn", "values": [value]}
        stage["spec"]["selector"]["matchExpressions"].append(expression)
    return yaml.safe_dump(stage, sort_keys=False)


def _register_nodes(state: State) -> None:
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    with api.connect(state) as connection:
        known = {item["metadata"]["name"] for item in api.get(connection, "/api/v1/nodes")["items"]}
        for node in NODES:
            if node.name not in known:
                api.call(connection, "POST", "/api/v1/nodes", node.manifest(now))

        def all_ready() -> bool:
            return all(_node_ready(node) for node in api.get(connection, "/api/v1/nodes")["items"])

        wait_until("Registering the nodes", all_ready, state, "kwok-real")

        def default_account() -> bool:
            path = "/api/v1/namespaces/default/serviceaccounts"
            return any(i["metadata"]["name"] == "default" for i in api.get(connection, path)["items"])

        wait_until("Waiting for service accounts", default_account, state, "kube-controller-manager")


def _node_ready(node: dict[str, Any]) -> bool:
    conditions = {c["type"]: c["status"] for c in node["status"].get("conditions") or []}
    taints = {taint["key"] for taint in node["spec"].get("taints", [])}
    return conditions.get("Ready") == "True" and "node.kubernetes.io/not-ready" not in taints
