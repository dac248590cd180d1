"""A transformation that gives a child another provider than the component has."""

from typing import Any

import pulumi
import pulumi_kubernetes
import pytest
from pulumi_openkruise import OpenKruise
from pulumi_openkruise.component.errors import InvalidConfigError

from tests.support.engine import COMPONENT, NAMESPACE, RECORD, RELEASE, new_engine

CHILDREN = {NAMESPACE: "kruise-namespace", RELEASE: "kruise-release"}


@pytest.fixture
def registered() -> list[str]:
    """Provide the types of what was registered, sorted, once a component is declared."""
    return []


def declare(
    registered: list[str], transformed: str, preview: bool, given: str, chosen: str, **more: Any
) -> None:
    """Declare a component with one provider, whose children of a type get another by a transformation."""
    with new_engine(preview=preview) as engine:

        def program() -> None:
            providers: dict[str, Any] = {
                name: pulumi_kubernetes.Provider(name, kubeconfig="{}") for name in ("a", "b")
            }

            def transform(found: pulumi.ResourceTransformationArgs) -> Any:
                if not found.type_.startswith(transformed):
                    return None
                opts = pulumi.ResourceOptions(provider=providers[chosen])
                return pulumi.ResourceTransformationResult(
                    found.props, pulumi.ResourceOptions.merge(found.opts, opts)
                )

            args: Any = more
            chosen_providers = [providers[given]] if given else []
            opts = pulumi.ResourceOptions(providers=chosen_providers, transformations=[transform])
            OpenKruise("kruise", args, opts)

        try:
            engine.run(program)
        finally:
            types = [one.type for one in engine.registered if one.type != "pulumi:providers:kubernetes"]
            registered += sorted(types)


@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize("given", ["a", ""], ids=["another", "the default one"])
@pytest.mark.parametrize("transformed", CHILDREN)
def test_another_provider_of_a_child_is_refused_before_it_is_registered(
    registered: list[str], transformed: str, given: str, preview: bool
) -> None:
    with pytest.raises(InvalidConfigError) as caught:
        declare(registered, transformed, preview, given, "b")
    assert registered == [RECORD, COMPONENT]
    (problem,) = caught.value.problems
    assert (problem.code, problem.place) == ("other-provider", "OpenKruise 'kruise'")
    assert CHILDREN[transformed] in problem.reason
    assert "providers=[" in problem.remedy


def test_each_child_is_named(registered: list[str]) -> None:
    with pytest.raises(InvalidConfigError) as caught:
        declare(registered, "kubernetes:", False, "a", "b", node_label_policy="label")
    named = [one.reason.partition(" another ")[0].rpartition(" ")[2] for one in caught.value.problems]
    assert {"kruise-namespace", "kruise-release"} < set(named)
    assert len(named) == len(set(named)) > 2
    assert registered == [RECORD, COMPONENT]


def test_an_adopted_namespace_is_compared_too(registered: list[str]) -> None:
    with pytest.raises(InvalidConfigError) as caught:
        declare(registered, NAMESPACE, False, "a", "b", create_namespace=False)
    (problem,) = caught.value.problems
    assert "kruise-adopted-namespace" in problem.reason


@pytest.mark.parametrize("preview", [True, False])
@pytest.mark.parametrize("transformed", ["kubernetes:", "nothing"])
def test_the_components_own_provider_is_none_other(
    registered: list[str], transformed: str, preview: bool
) -> None:
    declare(registered, transformed, preview, "a", "a")
    assert registered == sorted([NAMESPACE, RELEASE, RECORD, COMPONENT])
