"""The commands that read a cluster, run by the account, and what they say they could not look at."""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sandbox import api
from sandbox.state import ROOT
from tests.e2e.observing import Cluster

_PROGRAM = Path(sys.executable).parent / "pulumi-openkruise"
_STACK = ROOT / "stacks" / "Pulumi.sandbox.yaml"

COMMANDS: Mapping[str, tuple[str, ...]] = {
    "check": ("check", "--live", "--before-destroy", "--stack-file", str(_STACK), "--output", "json"),
    "discover": ("discover", "--output", "json"),
    "recover": ("recover", "--dry-run", "--output", "json"),
}


def run(command: str, kubeconfig: Path) -> list[str]:
    """Return what the command reports as not checked; for a failing command, all that it printed."""
    env = {name: value for name, value in os.environ.items() if name != "KUBECONFIG"}
    done = subprocess.run(
        [_PROGRAM, *COMMANDS[command], "--kubeconfig", kubeconfig],
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode not in (0, 1):
        return [done.stderr.strip()]
    found: list[dict[str, Any]] = json.loads(done.stdout).get("notChecked", []) if command == "check" else []
    return [json.dumps(one) for one in found]


def trouble(cluster: Cluster) -> None:
    """Has a daemon start again and again, as far as its status says: what it logged is then asked for."""
    pod = next(iter(cluster.daemons().values()))
    status = {
        "containerStatuses": [
            {
                **container,
                "ready": False,
                "restartCount": 5,
                "state": {"waiting": {"reason": "CrashLoopBackOff"}},
            }
            for container in pod["status"]["containerStatuses"]
        ],
        "conditions": [
            {**condition, "status": "False"}
            if condition["type"] in ("Ready", "ContainersReady")
            else condition
            for condition in pod["status"]["conditions"]
        ],
    }
    path = f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}/status"
    api.call(cluster.client, "PATCH", path, {"status": status}, content_type="application/merge-patch+json")
