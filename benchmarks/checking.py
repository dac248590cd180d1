"""``check`` of a hundred thousand nodes from a file, beside Python's own JSON decoder on the same file."""

import json
import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from rich.progress import Progress

from .report import Section, Table, Target, middle

NODES = (10_000, 100_000)
_ROUNDS = 3
_SELECTORS = ["type=virtual-kubelet", "pool.example.com/name=burst,node.kubernetes.io/instance-type=m5.large"]
_DECODE = "import json,sys; json.load(open(sys.argv[1], 'rb'))"


def node(number: int, rng: random.Random) -> dict[str, Any]:
    """Return a Node object as `kubectl get nodes -o json` gives it, some 3 KB; a fifth of them is virtual."""
    name = f"ip-10-{number >> 16}-{number >> 8 & 255}-{number & 255}.eu-central-1.compute.internal"
    virtual = rng.random() < 0.2
    host = {"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64", "kubernetes.io/hostname": name}
    host["pool.example.com/name"] = rng.choice(("general", "batch", "gpu", "edge", "burst"))
    host["topology.kubernetes.io/zone"] = f"eu-central-1{rng.choice('abc')}"
    host["node.kubernetes.io/instance-type"] = rng.choice(("m5.large", "m5.xlarge", "c6i.2xlarge"))
    info = {
        "architecture": "amd64",
        "bootID": f"{number:032x}",
        "containerRuntimeVersion": "containerd://1.7.27",
        "kernelVersion": "6.1.0",
        "kubeProxyVersion": "",
        "kubeletVersion": "v1.33.1-eks-1234567",
        "machineID": f"{number:032x}",
        "operatingSystem": "linux",
        "osImage": "Amazon Linux 2023",
        "systemUUID": f"{number:032x}",
    }
    labels, taints = host, []
    if virtual:
        labels = {"type": "virtual-kubelet", "kubernetes.io/role": "agent", "kubernetes.io/hostname": name}
        taints = [{"key": "virtual-kubelet.io/provider", "value": "azure", "effect": "NoSchedule"}]
        info = {**dict.fromkeys(info, ""), "kubeletVersion": "v1.25.0-vk-azure-aci-1.6.2"}
    conditions = [
        {
            "type": kind,
            "status": "True" if kind == "Ready" else "False",
            "lastHeartbeatTime": "2026-01-01T00:00:00Z",
            "lastTransitionTime": "2026-01-01T00:00:00Z",
            "reason": "KubeletHasSufficient",
            "message": "kubelet has enough of it",
        }
        for kind in ("MemoryPressure", "DiskPressure", "PIDPressure", "Ready")
    ]
    images = [{"names": [f"registry.example.com/app-{n}@sha256:{n:064x}"], "sizeBytes": n} for n in range(5)]
    resources = {"cpu": "4", "memory": "16Gi", "pods": "58"}
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {
            "annotations": {"volumes.kubernetes.io/controller-managed-attach-detach": "true"},
            "creationTimestamp": "2026-01-01T00:00:00Z",
            "labels": labels,
            "name": name,
            "uid": f"{number:08x}-0000-0000-0000-000000000000",
        },
        "spec": {"providerID": f"aws:///eu-central-1a/i-{number:017x}", "taints": taints},
        "status": {
            "allocatable": resources,
            "capacity": resources,
            "conditions": conditions,
            "images": images,
            "nodeInfo": info,
        },
    }


def write(path: Path, count: int) -> None:
    """Write a NodeList, indented as kubectl indents it."""
    rng = random.Random("check")
    with path.open("w") as file:
        file.write('{\n    "apiVersion": "v1",\n    "items": [\n')
        for number in range(count):
            file.write(json.dumps(node(number, rng), indent=4))
            file.write(",\n" if number < count - 1 else "\n")
        file.write('    ],\n    "kind": "List"\n}\n')


def run(progress: Progress) -> Section:
    """Measure both in processes of their own, by turns."""
    task = progress.add_task("check", total=len(NODES) * (1 + 2 * _ROUNDS))
    rows, worst, most = [], 0.0, 0.0
    program = [sys.executable, "-m", "benchmarks.checking"]
    with tempfile.TemporaryDirectory(prefix="openkruise-check-") as folder:
        for count in NODES:
            path = Path(folder) / f"{count}.json"
            progress.update(task, description=f"writing {count:,} nodes")
            write(path, count)
            progress.advance(task)
            seen: dict[str, list[tuple[float, float]]] = {"check": [], "decode": []}
            for _ in range(_ROUNDS):
                for what, command in (
                    ("check", [*program, str(path)]),
                    ("decode", [sys.executable, "-c", _DECODE, str(path)]),
                ):
                    progress.update(task, description=f"{count:,} nodes: {what}")
                    seen[what].append(_measured(command))
                    progress.advance(task)
            mine, theirs = (middle(one for one, _memory in seen[what]) for what in ("check", "decode"))
            memory, peer = (max(most for _one, most in seen[what]) for what in ("check", "decode"))
            worst, most = max(worst, mine - theirs), max(most, memory)
            size = path.stat().st_size / 1e6
            rows.append(
                [
                    f"{count:,} nodes, {size:,.0f} MB",
                    f"{mine / theirs:.2f}",
                    f"{mine:.1f}",
                    f"{theirs:.1f}",
                    f"{memory:,.0f}",
                    f"{peer:,.0f}",
                ]
            )
    progress.remove_task(task)
    headings = ["nodes", "check : decoding", "check, s", "decoding, s", "check, MB", "decoding, MB"]
    return Section(
        "Checking nodes from a file",
        "`pulumi-openkruise check --nodes-file` as a process of its own: decoding, judging every node, "
        "matching it against selectors and affinity, and the report; beside it a process that does nothing "
        "but decode the same file with `json.load`. Nodes are decoded one at a time and reduced at once, "
        "which is why the whole check takes less memory than decoding alone.",
        [Table("Check of a file", headings, rows, ratios=True)],
        [
            Target(
                "check of 100,000 nodes: under 5 s beyond JSON decoding",
                f"{worst:.1f} s beyond it",
                worst < 5,
            ),
            Target("check of 100,000 nodes: under 1 GB", f"{most:,.0f} MB", most < 1000),
        ],
    )


def _measured(command: list[str]) -> tuple[float, float]:
    """Return seconds and the largest resident memory, in megabytes, of a process."""
    begin = time.perf_counter()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, cwd=_ROOT)
    _pid, status, usage = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - begin
    process.returncode = os.waitstatus_to_exitcode(status)
    error = process.stderr.read().decode() if process.stderr else ""
    if process.returncode not in (0, 1):
        raise RuntimeError(f"{' '.join(command)}: {error}")
    return seconds, usage.ru_maxrss / 1024


_ROOT = Path(__file__).resolve().parent.parent

if __name__ == "__main__":
    from pulumi_openkruise.cli import main

    main(["check", *_SELECTORS, "--nodes-file", sys.argv[1]])
