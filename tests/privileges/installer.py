"""A service account that has one role and nothing else, and a stack that reaches the cluster as it alone."""

import base64
import ssl
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

from .grants import HOME, Roles

_RBAC = "/apis/rbac.authorization.k8s.io/v1"
_HOME = f"{_RBAC}/namespaces/{HOME}"
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


def bind(state: State, roles: Roles) -> None:
    """Put the roles on the cluster, in place of those of their names, and bind them alone to the account."""
    subjects = [{"kind": "ServiceAccount", "namespace": _NAMESPACE, "name": _NAME}]
    with api.connect(state) as connection:
        make_home(connection)
        kept = {(role["kind"], role["metadata"]["name"]) for role in roles}
        for plural, kind in (
            (f"{_RBAC}/clusterrolebindings", "ClusterRole"),
            (f"{_HOME}/rolebindings", "Role"),
        ):
            for other in api.get(connection, plural)["items"]:
                if other.get("subjects") == subjects and (kind, other["metadata"]["name"]) not in kept:
                    api.call(connection, "DELETE", f"{plural}/{other['metadata']['name']}")
        for role in roles:
            metadata, kind = role["metadata"], role["kind"]
            binding = {
                "apiVersion": "rbac.authorization.k8s.io/v1",
                "kind": f"{kind}Binding",
                "metadata": metadata,
                "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": kind, "name": metadata["name"]},
                "subjects": subjects,
            }
            root = _HOME if kind == "Role" else _RBAC
            _put(connection, f"{root}/{kind.lower()}s", dict(role))
            _put(connection, f"{root}/{kind.lower()}bindings", binding)


def make_home(connection: httpx.Client) -> None:
    """Make OpenKruise's namespace as its administrator does before an account that has a Role in it only."""
    labels = {"control-plane": "openkruise", "pod-security.kubernetes.io/enforce": "privileged"}
    namespace = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": HOME, "labels": labels}}
    try:
        api.call(connection, "POST", "/api/v1/namespaces", namespace)
    except httpx.HTTPStatusError as error:
        if error.response.status_code != httpx.codes.CONFLICT:
            raise


def _put(connection: httpx.Client, path: str, body: dict[str, Any]) -> None:
    try:
        api.call(connection, "PUT", f"{path}/{body['metadata']['name']}", body)
    except httpx.HTTPStatusError as error:
        if error.response.status_code != httpx.codes.NOT_FOUND:
            raise
        api.call(connection, "POST", path, body)


def secrets_answers(state: State, kubeconfig: Path, namespace: str) -> list[int]:
    """Return the API server's status for the account's list, read and deletion of a Secret in a namespace."""
    name = "not-the-accounts"
    path = f"/api/v1/namespaces/{namespace}/secrets"
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": name}}
    with api.connect(state) as administrator:
        _put(administrator, path, secret)
    document = yaml.safe_load(kubeconfig.read_text())
    user, cluster = document["users"][0]["user"], document["clusters"][0]["cluster"]
    authority = ssl.create_default_context(
        cadata=base64.b64decode(cluster["certificate-authority-data"]).decode()
    )
    headers = {"Authorization": f"Bearer {user['token']}"}
    with httpx.Client(base_url=cluster["server"], verify=authority, headers=headers) as account:
        return [
            account.get(path).status_code,
            account.get(f"{path}/{name}").status_code,
            account.delete(f"{path}/{name}").status_code,
        ]


class InstallerStack(Stack):
    """The stack ``sandbox`` of this repository's program, run by the account."""

    def __init__(self, state: State, chart: Chart, kubeconfig: Path) -> None:
        self._kubeconfig = kubeconfig
        super().__init__(state, chart)

    def configure(
        self,
        settings: Mapping[str, Any] | None = None,
        chart: Chart | None = None,
        kubeconfig: Path | None = None,
    ) -> None:
        """As any stack's, but for the way to the cluster."""
        own = {"createNamespace": "false", **(settings or {})}
        super().configure(own, chart, kubeconfig or self._kubeconfig)

    def run(
        self, *arguments: str, folder: Path | None = None, env: Mapping[str, str] | None = None
    ) -> Outcome:
        """As any stack's; what looks at the ambient kubeconfig finds the account, too."""
        command = [*arguments, "--stack", self.name, "--non-interactive", "--config-file", str(self._config)]
        ambient = {"KUBECONFIG": str(self._kubeconfig), **(env or {})}
        done = pulumi.run(self.state, command, cwd=folder or ROOT, env=ambient)
        return Outcome(f"pulumi {' '.join(arguments)}", done.returncode, done.stdout)
