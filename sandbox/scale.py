"""Many more nodes for a running sandbox: real ones that KWOK plays, and virtual ones that nothing plays."""

import datetime
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx

from sandbox import api
from sandbox.nodes import SandboxNode
from sandbox.state import State

LABEL = "sandbox.openkruise.io/added"
_WORKERS = 8
_HOST = {"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}


def real_name(number: int) -> str:
    """Return the name of a real node that was added."""
    return f"real-{number:05}"


def virtual_name(number: int) -> str:
    """Return the name of a virtual node that was added."""
    return f"virtual-{number:05}"


def add(state: State, *, real: int = 0, virtual: int = 0) -> None:
    """Add nodes; those of these numbers that are there already stay as they are."""
    now = datetime.datetime.now(datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    with api.connect(state) as connection:
        known = {item["metadata"]["name"] for item in listed(connection)}
        missing = [node for node in (*_real(real), *_virtual(virtual)) if node.name not in known]

        def post(node: SandboxNode) -> None:
            api.call(connection, "POST", "/api/v1/nodes", node.manifest(now))

        with ThreadPoolExecutor(_WORKERS) as workers:
            for _done in workers.map(post, missing):
                pass


def remove_virtual(state: State) -> None:
    """Remove the virtual nodes that were added."""
    with api.connect(state) as connection:
        selector = f"{LABEL}=virtual"
        api.call(connection, "DELETE", "/api/v1/nodes", query={"labelSelector": selector})


def listed(connection: httpx.Client, selector: str = "") -> Iterator[dict[str, Any]]:
    """Every node, in pages."""
    token = ""
    while True:
        query = {"limit": "500", "labelSelector": selector, **({"continue": token} if token else {})}
        page = api.get(connection, "/api/v1/nodes", **query)
        yield from page["items"]
        token = page["metadata"].get("continue", "")
        if not token:
            return


def ready(state: State) -> int:
    """How many nodes are ready and have lost the taint of new ones."""
    with api.connect(state) as connection:
        return sum(
            any(
                c["type"] == "Ready" and c["status"] == "True" for c in node["status"].get("conditions") or []
            )
            and not any(t["key"] == "node.kubernetes.io/not-ready" for t in node["spec"].get("taints") or [])
            for node in listed(connection)
        )


def _real(count: int) -> Iterator[SandboxNode]:
    for number in range(count):
        name = real_name(number)
        yield SandboxNode(
            name=name,
            kind="real",
            labels={**_HOST, LABEL: "real", "kubernetes.io/hostname": name, "pool": f"pool-{number % 20}"},
            runs_pods=True,
            info={
                "architecture": "amd64",
                "operatingSystem": "linux",
                "containerRuntimeVersion": "containerd://2.1.4",
                "kubeletVersion": "v1.36.3",
                "osImage": "Debian GNU/Linux 13 (trixie)",
            },
        )


def _virtual(count: int) -> Iterator[SandboxNode]:
    """Virtual Kubelets without a taint: nothing but the affinity keeps a pod away."""
    for number in range(count):
        name = virtual_name(number)
        yield SandboxNode(
            name=name,
            kind="virtual-kubelet",
            labels={
                LABEL: "virtual",
                "type": "virtual-kubelet",
                "kubernetes.io/role": "agent",
                "kubernetes.io/hostname": name,
            },
            info={"kubeletVersion": "v1.11.0"},
        )
