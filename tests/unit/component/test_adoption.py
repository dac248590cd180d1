"""Adoption: under which names resources are taken over, and which namespace Helm must not delete."""

from typing import Any

import pulumi
import pytest
from pulumi_openkruise import OpenKruise, OpenKruiseArgs
from pulumi_openkruise.lifecycle.ownership import KEEP, check_adopted_namespace

from tests.support.engine import COMPONENT, LABELLED, NAMESPACE, RELEASE, Engine, Registered

URN = "urn:pulumi:old::openkruise::my:index:Platform$kubernetes:helm.sh/v3:Release::openkruise"
OWNED = {"meta.helm.sh/release-name": "kruise", "meta.helm.sh/release-namespace": "default"}


def install(engine: Engine, args: OpenKruiseArgs) -> None:
    engine.run(lambda: OpenKruise("kruise", args, pulumi.ResourceOptions()))


def taken_over(engine: Engine) -> dict[str, Any]:
    """How namespace and release are found: their id on the cluster, and their names so far."""

    def describe(resource: Registered) -> tuple[str, list[Any]]:
        request = resource.request
        return request.importId, [alias.urn or alias.spec.name for alias in request.aliases]

    return {"namespace": describe(engine.of_type(NAMESPACE)), "release": describe(engine.of_type(RELEASE))}


def annotations(engine: Engine) -> Any:
    return engine.of_type(NAMESPACE).inputs["metadata"].get("annotations")


def test_without_the_keys_nothing_is_taken_over(engine: Engine) -> None:
    install(engine, {})
    assert taken_over(engine) == {"namespace": ("", []), "release": ("", [])}
    # A stack may have adopted the namespace before: what Helm keeps must not depend on a key that may go.
    assert annotations(engine) == KEEP


def test_a_release_that_helm_made_is_imported_with_its_namespace(engine: Engine) -> None:
    install(engine, {"import_release": True, "release_namespace": "default", "namespace": "kruise"})
    assert taken_over(engine) == {"namespace": ("kruise", []), "release": ("default/kruise", [])}
    assert annotations(engine) == KEEP


def test_the_stacks_own_resources_are_found_by_their_former_names(engine: Engine) -> None:
    install(engine, {"former_release": "openkruise", "former_namespace": "ns"})
    assert taken_over(engine) == {"namespace": ("", ["ns"]), "release": ("", ["openkruise"])}
    for type_ in (NAMESPACE, RELEASE):
        (alias,) = engine.of_type(type_).request.aliases
        assert alias.spec.parentUrn == "" or "pulumi:pulumi:Stack" in alias.spec.parentUrn
        assert COMPONENT not in alias.spec.parentUrn
    assert annotations(engine) == KEEP


def test_a_former_name_may_be_a_urn(engine: Engine) -> None:
    install(engine, {"former_release": URN, "former_namespace": "ns"})
    (alias,) = engine.of_type(RELEASE).request.aliases
    assert (alias.urn, alias.spec.name) == (URN, "")


def test_a_release_without_a_namespace_of_the_stack_brings_the_one_that_is_there(engine: Engine) -> None:
    install(engine, {"former_release": "openkruise"})
    assert taken_over(engine) == {"namespace": ("kruise-system", []), "release": ("", ["openkruise"])}
    assert annotations(engine) == KEEP


def test_an_adopted_namespace_that_helm_would_delete_is_refused() -> None:
    assert str(check_adopted_namespace({"annotations": OWNED}, "kruise-system", "default/kruise")) == (
        "namespace kruise-system: Helm release default/kruise created it, and would now delete it with "
        "everything in it\n"
        "  make Helm keep it first: "
        "kubectl annotate namespace kruise-system helm.sh/resource-policy=keep"
    )


@pytest.mark.parametrize(
    "metadata",
    [
        {"annotations": {**OWNED, **KEEP}},
        {"annotations": {**OWNED, "meta.helm.sh/release-namespace": "elsewhere"}},
        {"annotations": {}},
        {},
    ],
)
def test_an_adopted_namespace_that_helm_leaves_alone_is_fine(
    engine: Engine, metadata: dict[str, Any]
) -> None:
    engine.mocks.existing = {"metadata": {**LABELLED["metadata"], **metadata}}
    install(engine, {"create_namespace": False, "import_release": True, "release_namespace": "default"})
    assert engine.of_type(NAMESPACE).read
    assert engine.of_type(RELEASE).request.importId == "default/kruise"
