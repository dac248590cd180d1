"""An OpenKruise that Helm did not install: why a stack must not install over it, and what to do instead.

Helm adopts an existing object only if it carries the mark of the same release (helm.sh/helm/v3
pkg/action/validate.go, checkOwnership), and checks that after the namespace was created. What kubectl,
Argo CD or a cloud's add-on has installed has no such mark: Helm refuses it, and the stack would own the
namespace of something else.
"""

from ..diagnostics.field_names import FieldName, argument_name, setting
from ..diagnostics.problem import Problem
from ..inventory.release import ReleaseId


def check_installer(
    installer: str, release: ReleaseId, *, manages_crds: bool = True, field_name: FieldName = argument_name
) -> list[Problem]:
    """Return why a stack must not create the release: something other than Helm has installed OpenKruise.

    ``installer`` names it, empty for none. With ``manages_crds`` False the CRDs are not the release's,
    so it does not matter whose they are.
    """
    if not installer or not manages_crds:
        return []
    name, of = release.name, f"--namespace {release.namespace}"
    leaves_namespace = "--set installation.createNamespace=false"
    mark = f"meta.helm.sh/release-name={release.name} meta.helm.sh/release-namespace={release.namespace}"
    return [
        Problem(
            "not-by-helm",
            "CustomResourceDefinition clonesets.apps.kruise.io",
            f"exists without Helm's mark of ownership ({installer}), and this stack is about to install "
            "OpenKruise over it, which Helm refuses half-way",
            (
                "  to leave it as it is: install nothing with this stack; the affinity for its daemon is in",
                "    pulumi-openkruise affinity",
                "  to hand it over, which changes nothing but these marks: stop what installs it, render the",
                "  chart in the version that is installed, and mark the objects that exist",
                f"    helm template {name} <chart> {of} --no-hooks {leaves_namespace} > kruise.yaml",
                f"    kubectl annotate -f kruise.yaml {mark}",
                "    kubectl label -f kruise.yaml app.kubernetes.io/managed-by=Helm --overwrite",
                "  and, since the namespace stays what it is,",
                f"    {setting(field_name, 'create_namespace', 'false')}",
                "  docs/adopting.md describes this in full",
            ),
        )
    ]
