"""Commands on a hundred thousand nodes from a file, beside Python's own JSON decoder on the same file."""

import json
import random
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.progress import Progress

from .processes import Cost, cost
from .report import Section, Table, Target, middle

NODES = (10_000, 100_000)
_ROUNDS = 3
_COMMANDS = ("check", "discover")
_SELECTORS = ["type=virtual-kubelet", "pool.example.com/name=burst,node.kubernetes.io/instance-type=m5.large"]
_VIRTUAL: tuple[dict[str, str], ...] = (
    {"type": "virtual-kubelet", "kubernetes.io/role": "agent"},
    {"type": "virtual-kubelet", "liqo.io/type": "virtual-node"},
    {"eks.amazonaws.com/compute-type": "fargate"},
    {"kosmos.io/node": "true"},
    {"pool.example.com/name": "serverless"},
)
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
        labels = {**rng.choice(_VIRTUAL), "kubernetes.io/hostname": name}
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
    """Measure all three in processes of their own, by turns."""
    task = progress.add_task("check", total=len(NODES) * (1 + (1 + len(_COMMANDS)) * _ROUNDS))
    rows: list[list[str]] = []
    targets: list[Target] = []
    with tempfile.TemporaryDirectory(prefix="openkruise-check-") as folder:
        for count in NODES:
            path = Path(folder) / f"{count}.json"
            progress.update(task, description=f"writing {count:,} nodes")
            write(path, count)
            progress.advance(task)
            programs = {"decode": ["-c", _DECODE, str(path)]}
            for name in _COMMANDS:
                programs[name] = ["-m", "benchmarks.checking", name, str(path)]
            seen: dict[str, list[Cost]] = {name: [] for name in programs}
            for _ in range(_ROUNDS):
                for name, program in programs.items():
                    progress.update(task, description=f"{count:,} nodes: {name}")
                    seen[name].append(cost(program))
                    progress.advance(task)
            times = {name: middle(run.seconds for run in runs) for name, runs in seen.items()}
            memory = {name: max(run.megabytes for run in runs) for name, runs in seen.items()}
            size = path.stat().st_size / 1e6
            rows += [
                [
                    f"{name}, {count:,} nodes, {size:,.0f} MB",
                    f"{times[name] / times['decode']:.2f}",
                    f"{times[name]:.1f}",
                    f"{times['decode']:.1f}",
                    f"{memory[name]:,.0f}",
                    f"{memory['decode']:,.0f}",
                ]
                for name in _COMMANDS
            ]
            if count == NODES[-1]:
                targets = _targets(times, memory)
    progress.remove_task(task)
    headings = ["command", "command : decoding", "command, s", "decoding, s", "command, MB", "decoding, MB"]
    return Section(
        "Nodes from a file",
        "`pulumi-openkruise check --nodes-file` and `discover --nodes-file`, each a process of its own: "
        "decoding, judging every node, matching it against selectors and affinity, and the report, or the "
        "smallest config that excludes the virtual nodes, which have five sets of labels and are excluded by "
        "nothing yet. Beside them a process that does nothing but decode the same file with `json.load`. "
        "Nodes are decoded one at a time and reduced at once, which is why a whole command takes less memory "
        "than decoding alone. Seconds are processor time.",
        [Table("Commands on a file of nodes", headings, rows, ratios=True)],
        targets,
    )


def _targets(times: Mapping[str, float], memory: Mapping[str, float]) -> list[Target]:
    targets = []
    for name in _COMMANDS:
        goal, beyond = f"{name} of {NODES[-1]:,} nodes", times[name] - times["decode"]
        took = f"{beyond:.1f} s beyond it" if beyond > 0 else f"{-beyond:.1f} s less than that"
        targets.append(Target(f"{goal}: under 5 s beyond JSON decoding", took, beyond < 5))
        targets.append(Target(f"{goal}: under 1 GB", f"{memory[name]:,.0f} MB", memory[name] < 1000))
    return targets


if __name__ == "__main__":
    from pulumi_openkruise.cli import main

    command, nodes = sys.argv[1:]
    arguments = [command, "--nodes-file", nodes]
    if command == "check":
        arguments += _SELECTORS
    else:
        stack = Path(nodes).with_name("Pulumi.nothing.yaml")
        stack.write_text("config:\n  openkruise:baseExclusions: false\n")
        arguments += ["--stack-file", str(stack)]
    main(arguments)
