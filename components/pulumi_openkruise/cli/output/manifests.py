"""An installation for those who deploy without Pulumi: values for Helm, an Application, a HelmRelease.

Argo CD: ``argoproj.io/v1alpha1`` Application, as its "Helm" and "Sync Options" pages describe it. Flux:
``helm.toolkit.fluxcd.io/v2`` HelmRelease and ``source.toolkit.fluxcd.io/v1`` HelmRepository. Pure.
"""

from typing import Any

from ...chart.local import is_bare_name
from ...config.names import NAMESPACE_LABELS
from ...config.settings import Settings
from ...foreign.addresses import SecretAddress, has_login, strip_login
from ..errors import UnusableInputError

_WRITTEN_BY_THE_MANAGER = [
    {
        "group": "admissionregistration.k8s.io",
        "kind": kind,
        "jqPathExpressions": [".webhooks[]?.clientConfig.caBundle"],
    }
    for kind in ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
] + [
    {
        "group": "apiextensions.k8s.io",
        "kind": "CustomResourceDefinition",
        # Not its certificate alone: the charts of 1.9 name a service that does not exist (charts#192).
        "jqPathExpressions": [".spec.conversion.webhook.clientConfig"],
    },
    {"group": "", "kind": "Secret", "name": "kruise-webhook-certs", "jsonPointers": ["/data"]},
]
"""What the manager writes into the chart's objects while it runs; to undo it would cut the webhooks off."""


def as_application(settings: Settings) -> dict[str, Any]:
    """Return an Application of Argo CD; raises UnusableInputError for a chart that is a path."""
    repository, chart = _find_chart_source(settings, "Argo CD")
    namespace = (
        {"managedNamespaceMetadata": {"labels": NAMESPACE_LABELS}} if settings.create_namespace else {}
    )
    options = [*(["CreateNamespace=true"] if settings.create_namespace else [])]
    # The CRDs are larger than the annotation that a client-side apply keeps.
    options += ["ServerSideApply=true", "RespectIgnoreDifferences=true"]
    return {
        "apiVersion": "argoproj.io/v1alpha1",
        "kind": "Application",
        "metadata": {"name": settings.release_name, "namespace": "argocd"},
        "spec": {
            "project": "default",
            "source": {
                "repoURL": repository.removeprefix("oci://"),
                "chart": chart,
                "targetRevision": settings.chart_version,
                "helm": {"releaseName": settings.release_name, "valuesObject": settings.helm_values()},
            },
            "destination": {
                "server": "https://kubernetes.default.svc",
                "namespace": settings.namespace,
            },
            "syncPolicy": {**namespace, "syncOptions": options},
            "ignoreDifferences": _WRITTEN_BY_THE_MANAGER,
        },
    }


def as_helm_release(settings: Settings) -> list[dict[str, Any]]:
    """Return Flux's documents: the namespace, where the stack makes it, the repository, the release.

    Raises UnusableInputError for a chart that is a path.
    """
    repository, chart = _find_chart_source(settings, "Flux")
    place = {"namespace": settings.namespace}
    kind = {"type": "oci"} if repository.startswith("oci://") else {}
    documents: list[dict[str, Any]] = []
    if settings.create_namespace:
        metadata = {"name": settings.namespace, "labels": NAMESPACE_LABELS}
        documents.append({"apiVersion": "v1", "kind": "Namespace", "metadata": metadata})
    documents.append(
        {
            "apiVersion": "source.toolkit.fluxcd.io/v1",
            "kind": "HelmRepository",
            "metadata": {"name": settings.release_name, **place},
            "spec": {"interval": "1h", **kind, "url": repository},
        }
    )
    source = {"kind": "HelmRepository", "name": settings.release_name}
    spec = {"chart": chart, "version": settings.chart_version, "sourceRef": source}
    documents.append(
        {
            "apiVersion": "helm.toolkit.fluxcd.io/v2",
            "kind": "HelmRelease",
            "metadata": {"name": settings.release_name, **place},
            "spec": {
                "interval": "1h",
                "timeout": f"{settings.timeout}s",
                "releaseName": settings.release_name,
                "storageNamespace": settings.release_namespace,
                "targetNamespace": settings.release_namespace,
                "chart": {"spec": spec},
                "values": settings.helm_values(),
            },
        }
    )
    return documents


def write_helm_command(settings: Settings, values_file: str) -> str:
    """Return the command that installs with these values."""
    given = settings.chart_repository or ""
    shown = "REPOSITORY" if isinstance(given, SecretAddress) else strip_login(given)
    repository = f" --repo {shown}" if given else ""
    repository += " --username NAME --password PASSWORD" if has_login(given) else ""
    return (
        f"helm upgrade --install {settings.release_name} {settings.chart}{repository} "
        f"--version {settings.chart_version} --namespace {settings.release_namespace} --values {values_file}"
    )


def _find_chart_source(settings: Settings, tool: str) -> tuple[str, str]:
    """Return the address of the chart's repository, and the chart's name in it."""
    if isinstance(settings.chart_repository, SecretAddress):
        raise UnusableInputError(
            f"{settings.chart_repository.shown} is a secret, and the document for {tool} would show it\n"
            "  set the address without --secret, and give its login to the tool"
        )
    if is_bare_name(settings.chart) and settings.chart_repository:
        return strip_login(settings.chart_repository), settings.chart
    if settings.chart.startswith("oci://"):
        repository, _slash, name = settings.chart.rpartition("/")
        return repository, name
    raise UnusableInputError(
        f"{settings.field_name('chart')}: {tool} cannot read {settings.chart}, a file of this machine\n"
        "  give the chart by name and repository, or as an oci:// reference; or print values alone: -o helm"
    )
