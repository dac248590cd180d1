"""A service account that has one role and nothing else, and a stack that reaches the cluster as it alone."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import httpx
import yaml

from sandbox import api, pulumi
from sandbox.chart_choice import Chart
from sandbox.cluster import AUDITED
from sandbox.state import ROOT, State
from tests.e2e.stack import Outcome, Stack

_RBAC = "/apis/rbac.authorization.k8s.io/v1"
_NAMESPACE, _NAME = AUDITED.split(":")[-2:]


def make_account(state: State) -> Path:
    """Create the account, without any role, and return the path of a kubeconfig with its token."""
    with api.connect(state) as connection:
        accounts = f"/api/v1/namespaces/{_NAMESPACE}/serviceaccounts"
        account = {"apiVersion": "v1", "kind": "ServiceAccount", "metadata": {"name": _NAME}}
        api.call(connection, "POST", accounts, account)
        request = {
            "apiVersion": "authentication.k8s.io/v1",
            "kind": "TokenRequest",
            "spec": {"expirationSeconds": 6 * 3600},
        }
        token = api.call(connection, "POST", f"{accounts}/{_NAME}/token", request)["status"]["token"]
    document = yaml.safe_load(state.kubeconfig.read_text())
    document["users"] = [{"name": user["name"], "user": {"token": token}} for user in document["users"]]
    path = state.run / "installer.kubeconfig"
    path.touch(mode=0o600)
    path.write_text(yaml.safe_dump(document))
    return path


def bind(state: State, role: Mapping[str, Any]) -> None:
    """Put the role on the cluster, in place of one of its name, and bind it alone to the account."""
    name = role["metadata"]["name"]
    binding = {
        "apiVersion": "rbac.authorization.k8s.io/v1",
        "kind": "ClusterRoleBinding",
        "metadata": {"name": name},
        "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": name},
        "subjects": [{"kind": "ServiceAccount", "namespace": _NAMESPACE, "name": _NAME}],
    }
    path = f"{_RBAC}/clusterrolebindings"
    with api.connect(state) as connection:
        for other in api.get(connection, path)["items"]:
            if other.get("subjects") == binding["subjects"] and other["metadata"]["name"] != name:
                api.call(connection, "DELETE", f"{path}/{other['metadata']['name']}")
        _put(connection, f"{_RBAC}/clusterroles", dict(role))
        _put(connection, path, binding)


def _put(connection: httpx.Client, path: str, body: dict[str, Any]) -> None:
    try:
        api.call(connection, "PUT", f"{path}/{body['metadata']['name']}", body)
    except httpx.HTTPStatusError as error:
        if error.response.status_code != httpx.codes.NOT_FOUND:
            raise
        api.call(connection, "POST", path, body)


class InstallerStack(Stack):
    """The stack ``sandbox`` of this repository's program, run by the account."""

    def __init__(self, state: State, chart: Chart, kubeconfig: Path) -> None:
        self._kubeconfig = kubeconfig
        super().__init__(state, chart)

    def configure(self, settings: Mapping[str, Any] | None = None, chart: Chart | None = None) -> None:
        """As any stack's, but for the way to the cluster."""
        super().configure(settings, chart)
        document = yaml.safe_load(self._config.read_text())
        document["config"]["kubernetes:kubeconfig"] = str(self._kubeconfig)
        self._config.write_text(yaml.safe_dump(document))

    def run(self, *arguments: str, folder: Path | None = None) -> Outcome:
        """As any stack's; what looks at the ambient kubeconfig finds the account, too."""
        command = [*arguments, "--stack", self.name, "--non-interactive", "--config-file", str(self._config)]
        env = {"KUBECONFIG": str(self._kubeconfig)}
        done = pulumi.run(self.state, command, cwd=folder or ROOT, env=env)
        return Outcome(f"pulumi {' '.join(arguments)}", done.returncode, done.stdout)
