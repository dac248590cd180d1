"""An installation that stands through many sequences of operations, and is put back after each of them.

The stack's state and Helm's records are compared with those of the beginning and put back where they differ.
Only where Helm has written a revision, an update applies the manifest again.
"""

import os
import subprocess
import sys
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import httpx

from sandbox import api, pulumi
from sandbox.manager import wait_for_manager

from .address import Address
from .conftest import clear, helm_on
from .observing import KRUISE_NAMESPACE, Cluster, eventually
from .stack import Stack
from .urns import COMPONENT

RECORDS = f"/api/v1/namespaces/{KRUISE_NAMESPACE}/secrets"
Kubeconfig = Literal["own", "other", "down", "rewritten", "silent", "replaced"]
"""The kubeconfig of a step, as :meth:`Standing.configure` describes them."""

_WEBHOOKS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
_MANAGER = f"/apis/apps/v1/namespaces/{KRUISE_NAMESPACE}/deployments/kruise-controller-manager"
_PLACES = ("/api/v1/namespaces", "/apis/apps/v1/deployments", "/apis/apps/v1/daemonsets")
_CONTAINERS = [{"name": "c", "image": "c:1"}]
_LABELS = {"matchLabels": {"app": "sequence"}}
_NAME = "sequence"
_COMPONENT = "openkruise:index:OpenKruise"
# By collection: the kind, and what its users write. The chart's own hook does not look at SidecarSets.
_DATA: dict[str, tuple[str, dict[str, Any]]] = {
    "/apis/apps.kruise.io/v1alpha1/sidecarsets": (
        "SidecarSet",
        {"selector": _LABELS, "containers": _CONTAINERS},
    ),
    "/apis/apps.kruise.io/v1alpha1/namespaces/default/clonesets": (
        "CloneSet",
        {
            "replicas": 0,
            "selector": _LABELS,
            "template": {"metadata": {"labels": {"app": "sequence"}}, "spec": {"containers": _CONTAINERS}},
        },
    ),
}


@dataclass(frozen=True)
class Beginning:
    """What a sequence may change, as it is before each."""

    checkpoint: bytes
    """The file of the stack's state."""
    resources: list[dict[str, Any]]
    """What counts of that file: times do not."""
    records: dict[str, dict[str, Any]]
    placed: dict[str, str]


class Standing:
    """A stack, the cluster it installed OpenKruise on, what users made there, and a cluster without any."""

    def __init__(self, stack: Stack, cluster: Cluster, elsewhere: Cluster, address: Address, folder: Path):
        self.stack = stack
        self.cluster = cluster
        self.elsewhere = elsewhere
        self.folder = folder
        """The program and the kubeconfigs of the steps."""
        self.may_be_elsewhere = False
        """Whether a step may have installed OpenKruise on the other cluster without losing anything."""
        self._address = address
        self._beginning: Beginning | None = None
        self._uids: dict[str, str] = {}
        self._repairs = 0

    def begin(self) -> None:
        """Bring everything to where each sequence begins; the first time, install OpenKruise."""
        self.configure()
        if self.elsewhere.helm_revisions():
            clear(self.elsewhere, helm_on(self.elsewhere.state))
        self.may_be_elsewhere = False
        if self._beginning is not None and not self._put_back():
            return
        self._reapply()
        self.stack.up("--skip-preview").succeeded()
        wait_for_manager(self.cluster.state)
        for path, (kind, spec) in _DATA.items():
            if not self.cluster.exists(f"{path}/{_NAME}"):
                body = {
                    "apiVersion": "apps.kruise.io/v1alpha1",
                    "kind": kind,
                    "metadata": {"name": _NAME},
                    "spec": spec,
                }
                eventually(f"a {kind}", partial(self._create, path, body))
            self._uids[kind] = self.cluster.get(f"{path}/{_NAME}")["metadata"]["uid"]
        self._beginning = Beginning(
            self.stack.checkpoint(), self.stack.file(), self.records(), self._placed()
        )

    def check(self) -> None:
        """Assert that nothing is lost, and that no fail-closed webhook is without its manager."""
        for path, (kind, _spec) in _DATA.items():
            found = self.cluster.get(f"{path}/{_NAME}")
            assert found["metadata"]["uid"] == self._uids[kind], f"another {kind}"
            assert "deletionTimestamp" not in found["metadata"], f"{kind} is going"
        hooks = [one["metadata"]["name"] for one in self.cluster.get(_WEBHOOKS)["items"]]
        if any("kruise" in name for name in hooks):
            assert self.cluster.exists(_MANAGER), "fail-closed webhooks without a manager"
            assert "deletionTimestamp" not in self.cluster.get(_MANAGER)["metadata"]
        if not self.may_be_elsewhere:
            assert not self.elsewhere.helm_revisions(), "installed on the other cluster"

    def lead_out(self) -> None:
        """Do what the messages say until an update succeeds, as people would after the sequence."""
        self.configure()
        if self.stack.up("--skip-preview").code:
            self._recover()
            self._reapply()
            done = self.stack.up("--skip-preview")
            if "if the state has lost it" in done.output:
                self.configure({"importRelease": "true"})
                done = self.stack.up("--skip-preview")
            if "was not registered" in done.output:
                self._forget_other_components()
                done = self.stack.up("--skip-preview")
            done.succeeded()

    def configure(self, settings: dict[str, Any] | None = None, kubeconfig: Kubeconfig = "own") -> None:
        """Give the stack *settings* (keys of ``openkruise:``) and a kubeconfig.

        ``own`` leads to the stack's cluster. By paths of their own, ``other`` leads to the other cluster and
        ``down`` to an address where nothing listens. At the path of ``own``, ``rewritten`` leads to the other
        cluster, ``silent`` to the own one's address while nothing answers there, and ``replaced`` to the own
        one's address while the other cluster answers there, as if the first had been made again.
        """
        settings = {"reapply": f"repair {self._repairs}", **(settings or {})}
        self.stack.configure(settings, kubeconfig=self._write_kubeconfig(kubeconfig))

    def records(self) -> dict[str, dict[str, Any]]:
        """Return Helm's records of all releases in OpenKruise's namespace by name, ready to be created."""
        found = {}
        for one in self.cluster.get(RECORDS, labelSelector="owner=helm")["items"]:
            name, labels = one["metadata"]["name"], one["metadata"]["labels"]
            found[name] = {
                "apiVersion": "v1",
                "kind": "Secret",
                "metadata": {"name": name, "labels": labels},
                "type": one["type"],
                "data": one["data"],
            }
        return found

    def end(self) -> None:
        """Delete what users made, then the installation."""
        self.begin()
        for path in _DATA:
            api.call(self.cluster.client, "DELETE", f"{path}/{_NAME}")
        self.stack.destroy(self.cluster)

    def _put_back(self) -> bool:
        """Put back the stack's state and Helm's records; return whether objects may differ, too."""
        assert self._beginning is not None
        if self.stack.file() != self._beginning.resources:
            self.stack.put_back(self._beginning.checkpoint)
        found, wanted = self.records(), self._beginning.records
        for name in found.keys() - wanted.keys():
            api.call(self.cluster.client, "DELETE", f"{RECORDS}/{name}")
        for name, body in wanted.items():
            if name not in found:
                api.call(self.cluster.client, "POST", RECORDS, body)
            elif found[name] != body:
                api.call(self.cluster.client, "PUT", f"{RECORDS}/{name}", body)
        # Helm writes a record before it touches anything; a label alone is what the search itself changes.
        data = {name: one["data"] for name, one in wanted.items()}
        written = any(data.get(name) != one["data"] for name, one in found.items())
        return written or self._placed() != self._beginning.placed

    def _placed(self) -> dict[str, str]:
        """Return the uid of each namespace, Deployment and DaemonSet: another installation would show."""
        return {
            f"{path}/{one['metadata']['name']}": one["metadata"]["uid"]
            for path in _PLACES
            for one in self.cluster.get(path)["items"]
        }

    def _write_kubeconfig(self, which: Kubeconfig) -> Path:
        own, other = self.cluster.client.base_url.port, self.elsewhere.client.base_url.port
        place = self._address.port
        self._address.lead({"silent": None, "replaced": other}.get(which, own))
        state = self.elsewhere.state if which in ("other", "rewritten", "replaced") else self.cluster.state
        before, after = {
            "other": (other, other),
            "down": (own, 1),
            "rewritten": (other, other),
            "replaced": (other, place),
        }.get(which, (own, place))
        text = state.kubeconfig.read_text()
        assert f":{before}" in text
        path = self.folder / (f"{which}.kubeconfig" if which in ("other", "down") else "own.kubeconfig")
        path.write_text(text.replace(f":{before}", f":{after}"))
        return path

    def _reapply(self) -> None:
        """Have the next update write a revision; from now on, every step has this value."""
        self._repairs += 1
        self.configure()

    def _create(self, path: str, body: dict[str, Any]) -> bool:
        try:
            api.call(self.cluster.client, "POST", path, body)
        except httpx.HTTPStatusError:  # the webhook of a manager that has just begun
            return False
        return True

    def _forget_other_components(self) -> None:
        """Have the state forget components that the program no longer has, as docs/recovering.md says."""
        for resource in self.stack.held():
            if resource["type"] == _COMPONENT and resource["urn"] != COMPONENT:
                self.stack.forget(resource["urn"])

    def _recover(self) -> None:
        """Do what the messages say of a release that is stuck or that Helm has lost."""
        main = "from pulumi_openkruise.cli import main; main()"
        command = [sys.executable, "-c", main, "recover", "--yes"]
        env = {**os.environ, **pulumi.environment(self.cluster.state)}
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        self.stack.run("refresh", "--yes", "--skip-preview", "--clear-pending-creates").succeeded()
