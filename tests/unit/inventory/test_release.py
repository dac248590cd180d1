"""What an object's metadata shows of the tool that applies it."""

from typing import Any

import pytest
from pulumi_openkruise.inventory.release import describe_installer


def applied(*managers: tuple[str, str], **metadata: Any) -> dict[str, Any]:
    entries = [{"manager": name, **({"subresource": part} if part else {})} for name, part in managers]
    return {"metadata": {**metadata, "managedFields": entries}}


ARGO, FLUX = "Argo CD applies it", "Flux applies it"
TRACKED = {"argocd.argoproj.io/tracking-id": "x"}
KUBECTL = {"kubectl.kubernetes.io/last-applied-configuration": "{}"}
KUSTOMIZE = {"kustomize.toolkit.fluxcd.io/name": "x"}
NOTHING = "nothing shows what has created it"


@pytest.mark.parametrize(
    ("thing", "said"),
    [
        (applied(("helm", ""), annotations=TRACKED), ARGO),
        (applied(labels={"argocd.argoproj.io/instance": "x"}), ARGO),
        (applied(labels=KUSTOMIZE), FLUX),
        (applied(labels=KUSTOMIZE, annotations=TRACKED), ARGO),
        (applied(labels=KUSTOMIZE, annotations=KUBECTL), FLUX),
        (applied(("kubectl-client-side-apply", ""), annotations=KUBECTL), "kubectl has applied it"),
        (applied(("terraform", ""), ("helm", ""), ("terraform", "")), "written by helm, terraform"),
        # What the control plane and OpenKruise's own manager write shows no tool.
        (applied(("kube-apiserver", ""), ("kruise-manager", "")), NOTHING),
        (applied(("kube-apiserver", ""), ("helm", "")), "written by helm"),
        (applied(("kruise-manager", ""), ("helm", "")), "written by helm"),
        (applied(("kubelet", "status")), NOTHING),
        (applied(("helm", "status"), ("helm", "scale")), "written by helm"),
        (applied(("", "")), NOTHING),
        # Each mark in its own place.
        (applied(labels=TRACKED), NOTHING),
        (applied(annotations={"argocd.argoproj.io/instance": "x"}), NOTHING),
        (applied(annotations=KUSTOMIZE), NOTHING),
        (applied(labels=KUBECTL), NOTHING),
        ({"metadata": {"managedFields": [None, 7, {}, {"manager": 7}]}}, NOTHING),
        ({"metadata": None}, NOTHING),
        ({}, NOTHING),
    ],
)
def test_the_tool_is_known_by_its_marks(thing: Any, said: str) -> None:
    assert describe_installer(thing) == said
