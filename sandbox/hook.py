"""OpenKruise's own pre-delete hook, run for the chart's Job when its pod runs on a real node.

KWOK's kubelets complete any Job's pod at once, but leave this one running: upstream's program runs in its
place, under the pod's own service account, and the pod ends as the program did. A pod that waits on a
virtual node waits on, as in life. All charts from 1.7.3 to 1.9.1 run the same image of it, v0.1.0.
"""

import os
import subprocess
from typing import Any

import httpx
import yaml

from sandbox import api
from sandbox.programs import HOOK as NAME
from sandbox.state import State

LABEL = "kruise=helm-finalizer"
"""The label, as a selector, that the chart's Job gives its pods."""

_PATIENCE = 60


def waiting(state: State, connection: httpx.Client) -> list[dict[str, Any]]:
    """Return the hook's pods that run and wait for their program's end.

    None while the API server is away, or while the program is not built: a pod waits for its image.
    """
    if not (state.bin / NAME).exists():
        return []
    try:
        pods = api.get(connection, "/api/v1/pods", labelSelector=LABEL)["items"]
    except api.Errors:
        return []
    return [
        pod
        for pod in pods
        if pod["status"].get("phase") == "Running" and not pod["metadata"].get("deletionTimestamp")
    ]


def run(state: State, connection: httpx.Client, pod: dict[str, Any]) -> int:
    """Run the program as the pod's service account, and return its exit code; its output goes to a log."""
    with (state.logs / f"{NAME}.log").open("ab") as log:
        try:
            kubeconfig = _kubeconfig(state, connection, pod)
            command, env = [state.bin / NAME], {"PATH": os.defpath, "KUBECONFIG": str(kubeconfig)}
            return subprocess.run(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env, timeout=_PATIENCE
            ).returncode
        except (subprocess.TimeoutExpired, *api.Errors) as error:
            log.write(f"{NAME} did not run to its end: {error}\n".encode())
            return 1


def finish(connection: httpx.Client, pod: dict[str, Any], code: int) -> None:
    """Give the pod the status that a kubelet would, its container having ended with that code."""
    terminated = {"exitCode": code, "reason": "Error" if code else "Completed"}
    status = {
        "phase": "Failed" if code else "Succeeded",
        "containerStatuses": [
            {**container, "ready": False, "started": False, "state": {"terminated": terminated}}
            for container in pod["status"]["containerStatuses"]
        ],
    }
    path = f"/api/v1/namespaces/{pod['metadata']['namespace']}/pods/{pod['metadata']['name']}/status"
    try:
        api.call(connection, "PATCH", path, {"status": status}, content_type="application/merge-patch+json")
    except api.Errors as error:
        # The pod is gone, or the API server is away and the pod will be met again.
        print(f"the hook's pod did not get its status: {error}", flush=True)


def _kubeconfig(state: State, connection: httpx.Client, pod: dict[str, Any]) -> str:
    """Write a kubeconfig with a token of the pod's service account, as a kubelet would mount it."""
    namespace, account = pod["metadata"]["namespace"], pod["spec"]["serviceAccountName"]
    path = f"/api/v1/namespaces/{namespace}/serviceaccounts/{account}/token"
    request = {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest", "spec": {}}
    token = api.call(connection, "POST", path, request)["status"]["token"]
    document = yaml.safe_load(state.kubeconfig.read_text())
    document["users"] = [{"name": user["name"], "user": {"token": token}} for user in document["users"]]
    target = state.run / f"{NAME}.kubeconfig"
    target.touch(mode=0o600)
    target.write_text(yaml.safe_dump(document))
    return str(target)
