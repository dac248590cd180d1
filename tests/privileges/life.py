"""A life of an installation in which whatever `up`, `refresh` and `destroy` may ever ask for is asked for."""

import base64
from collections.abc import Callable, Mapping
from typing import Any

from sandbox import api
from sandbox.chart_choice import Chart
from sandbox.manager import wait_for_manager
from tests.e2e.observing import Cluster, eventually
from tests.e2e.stack import Stack

from .grants import Grant

_RBAC = "/apis/rbac.authorization.k8s.io/v1"
_HERE = "namespaces/kruise-system"

# A field of the chart's own in an object of each kind, set to something else: Helm then sets it right again.
_EDITS: tuple[tuple[str, dict[str, Any]], ...] = (
    (f"{_RBAC}/clusterroles/kruise-daemon-role", {"rules": []}),
    (f"{_RBAC}/clusterrolebindings/kruise-daemon-rolebinding", {"subjects": []}),
    (f"{_RBAC}/{_HERE}/roles/kruise-leader-election-role", {"rules": []}),
    (f"{_RBAC}/{_HERE}/rolebindings/kruise-leader-election-rolebinding", {"subjects": []}),
    (
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/workloadspreads.apps.kruise.io",
        {"spec": {"names": {"shortNames": ["other"]}}},
    ),
    (
        f"/apis/apps/v1/{_HERE}/daemonsets/kruise-daemon",
        {"spec": {"template": {"spec": {"dnsPolicy": "Default"}}}},
    ),
    (f"/apis/apps/v1/{_HERE}/deployments/kruise-controller-manager", {"spec": {"minReadySeconds": 1}}),
    (f"/api/v1/{_HERE}/services/kruise-webhook-service", {"spec": {"selector": {"control-plane": "other"}}}),
)

# Values that change objects of the remaining kinds.
CHANGED = {
    "values": {
        "serviceAccount": {"annotations": {"example.com/owner": "platform"}},
        "webhookConfiguration": {"timeoutSeconds": 20},
    }
}


# One object of each kind; Helm makes it again when it is gone.
_ONE_OF = {
    "namespaces": "/api/v1/namespaces/kruise-daemon-config",
    "serviceaccounts": f"/api/v1/{_HERE}/serviceaccounts/kruise-daemon",
    "services": f"/api/v1/{_HERE}/services/kruise-webhook-service",
    "daemonsets": f"/apis/apps/v1/{_HERE}/daemonsets/kruise-daemon",
    "deployments": f"/apis/apps/v1/{_HERE}/deployments/kruise-controller-manager",
    "clusterroles": f"{_RBAC}/clusterroles/aggregate-kruise-view",
    "clusterrolebindings": f"{_RBAC}/clusterrolebindings/kruise-certs-rolebinding",
    "roles": f"{_RBAC}/{_HERE}/roles/kruise-webhook-role",
    "rolebindings": f"{_RBAC}/{_HERE}/rolebindings/kruise-webhook-rolebinding",
    "customresourcedefinitions": (
        "/apis/apiextensions.k8s.io/v1/customresourcedefinitions/imagelistpulljobs.apps.kruise.io"
    ),
    "mutatingwebhookconfigurations": (
        "/apis/admissionregistration.k8s.io/v1/mutatingwebhookconfigurations"
        "/kruise-mutating-webhook-configuration"
    ),
    "validatingwebhookconfigurations": (
        "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
        "/kruise-validating-webhook-configuration"
    ),
}
# A verb on a role is looked for when the role is made, or when it is bound.
_BOUND = {"clusterroles": "clusterrolebindings", "roles": "rolebindings"}


def remove_one_of(grant: Grant, cluster: Cluster) -> None:
    """Delete an object that has to be made again, if that is what the grant is for."""
    resource = _BOUND[grant.resource] if grant.verb == "bind" else grant.resource
    path = _ONE_OF.get(resource)
    if path is not None and grant.verb in ("create", "escalate", "bind") and cluster.exists(path):
        api.call(cluster.client, "DELETE", path)
        eventually(f"{path} to be gone", lambda: not cluster.exists(path))


def meddle(cluster: Cluster, turn: int = 0) -> None:
    """Edit an object of each kind that a new chart version may leave alone; *turn* must be new."""
    certificates = f"/api/v1/{_HERE}/secrets/kruise-webhook-certs"
    # What the chart finds in it goes into the next revision's manifest.
    found = {"data": {"turn": base64.b64encode(str(turn).encode()).decode()}}
    if cluster.exists(certificates):
        api.call(cluster.client, "PATCH", certificates, found, content_type="application/merge-patch+json")
    for path, edit in _EDITS:
        if cluster.exists(path):
            api.call(cluster.client, "PATCH", path, edit, content_type="application/merge-patch+json")


def steps(
    stack: Stack, cluster: Cluster, charts: Mapping[str, Chart]
) -> list[tuple[str, Callable[[], object]]]:
    """Return the life's steps by name, to be taken one after the other; each fails the test if it fails."""

    def install() -> None:
        stack.configure(chart=charts["1.7.5"])
        stack.up("--skip-preview").succeeded()
        wait_for_manager(cluster.state)

    def look() -> None:
        stack.preview("--expect-no-changes").succeeded()
        stack.run("refresh", "--yes", "--skip-preview").succeeded()

    def upgrade() -> None:
        meddle(cluster)
        stack.configure(CHANGED, chart=charts["1.8.3"])
        stack.up("--skip-preview").succeeded()

    def upgrade_storage() -> None:
        stack.configure(CHANGED, chart=charts["1.9.1"])
        stack.up("--skip-preview").succeeded()

    return [
        ("install", install),
        ("look", look),
        ("upgrade", upgrade),
        ("upgrade over a change of storage", upgrade_storage),
        ("destroy", lambda: stack.destroy(cluster)),
    ]
