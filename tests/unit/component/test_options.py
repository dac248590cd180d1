"""Resource options that are refused before the SDK trips over them."""

import asyncio
from typing import Any

import pulumi
import pytest
from pulumi_openkruise import OpenKruise
from pulumi_openkruise.component.options import check_options

from tests.support.engine import Engine


class Thing(pulumi.ComponentResource):
    """A resource to depend on."""


@pytest.mark.parametrize(
    ("options", "error", "says"),
    [
        ({"aliases": [7]}, TypeError, "aliases[0]: expected a URN or a pulumi.Alias, found a int"),
        (
            {"aliases": ["a", None]},
            TypeError,
            "aliases[1]: expected a URN or a pulumi.Alias, found a NoneType",
        ),
        ({"depends_on": [7]}, TypeError, "depends_on[0]: expected a resource, found a int"),
        ({"depends_on": ("a",)}, TypeError, "depends_on[0]: expected a resource, found a str"),
        ({"depends_on": "a"}, TypeError, "depends_on: expected a resource, found a str"),
        ({"aliases": "urn:x"}, TypeError, "aliases: expected a list, found a str"),
        ({"aliases": pulumi.Alias(name="x")}, TypeError, "aliases: expected a list, found a Alias"),
        ({"ignore_changes": "selectors"}, TypeError, "ignore_changes: expected a list, found a str"),
        (
            {"transformations": len},
            TypeError,
            "transformations: expected a list, found a builtin_function_or_method",
        ),
        ({"replace_with": ["x"]}, TypeError, "replace_with[0]: expected a resource, found a str"),
        ({"deleted_with": "x"}, TypeError, "deleted_with: expected a resource, found a str"),
        ({"parent": "x"}, TypeError, "parent: expected a resource, found a str"),
        ({"provider": "x"}, TypeError, "provider: expected a provider, found a str"),
        ({"providers": ["x"]}, TypeError, "providers[0]: expected a provider, found a str"),
        ({"providers": {"kubernetes": 7}}, TypeError, "providers[0]: expected a provider, found a int"),
        (
            {"providers": "x"},
            TypeError,
            "providers: expected a list of providers, found a str; one alone is provider",
        ),
        (
            {"custom_timeouts": "5m"},
            TypeError,
            "custom_timeouts: expected pulumi.CustomTimeouts, found a str",
        ),
        ({"hooks": "x"}, TypeError, "hooks: expected a pulumi.ResourceHookBinding, found a str"),
    ],
)
def test_an_entry_of_another_type_is_named_by_its_place(
    options: dict[str, Any], error: type[Exception], says: str
) -> None:
    opts = pulumi.ResourceOptions()
    for name, value in options.items():
        setattr(opts, name, value)  # the constructor refuses some of them itself
    with pytest.raises(error) as caught:
        check_options(opts)
    assert str(caught.value) == says


@pytest.mark.parametrize(
    "opts", [{"protect": True}, [], "x", 7, pulumi.Alias()], ids=lambda one: type(one).__name__
)
def test_options_of_another_type_are_named_before_anything_else(opts: Any) -> None:
    with pytest.raises(TypeError) as caught:
        OpenKruise("kruise", {"timeout": 0}, opts)
    assert str(caught.value) == f"opts: expected pulumi.ResourceOptions, found a {type(opts).__name__}"


@pytest.mark.parametrize("as_list", [True, False], ids=["listed", "alone"])
@pytest.mark.parametrize("above", [0, 1, 2, 3], ids="{} above the parent".format)
def test_a_resource_cannot_depend_on_what_it_is_a_part_of(engine: Engine, above: int, as_list: bool) -> None:
    """The SDK waits for a component's children without end, and the program dies of it without a word."""
    whose = "its own parent" if above == 0 else "one that its own parent is a part of"

    def program() -> None:
        chain = [Thing("test:index:Thing", "0")]
        for name in ("1", "2", "3"):
            chain.append(Thing("test:index:Thing", name, {}, pulumi.ResourceOptions(parent=chain[-1])))
        beside = Thing("test:index:Thing", "beside", {}, pulumi.ResourceOptions(parent=chain[0]))
        found = chain[3 - above]
        depends_on: Any = [beside, found] if as_list else found
        with pytest.raises(ValueError) as caught:
            OpenKruise("kruise", {}, pulumi.ResourceOptions(parent=chain[3], depends_on=depends_on))
        place = "depends_on[1]" if as_list else "depends_on"
        assert str(caught.value) == f"{place}: a resource cannot depend on {whose}"
        below = Thing("test:index:Thing", "below", {}, pulumi.ResourceOptions(parent=chain[3]))
        check_options(pulumi.ResourceOptions(parent=chain[3], depends_on=[beside, below]))
        check_options(pulumi.ResourceOptions(parent=chain[0], depends_on=chain[1]))
        check_options(pulumi.ResourceOptions(depends_on=found))

    engine.run(program)


def test_a_resource_cannot_depend_on_its_own_parent(engine: Engine) -> None:
    def program() -> None:
        parent, other = Thing("test:index:Thing", "a"), Thing("test:index:Thing", "b")
        with pytest.raises(ValueError) as caught:
            check_options(pulumi.ResourceOptions(parent=parent, depends_on=[other, parent]))
        assert str(caught.value) == "depends_on[1]: a resource cannot depend on its own parent"
        check_options(pulumi.ResourceOptions(parent=parent, depends_on=[other]))
        check_options(pulumi.ResourceOptions(depends_on=(other, pulumi.Output.from_input(other))))
        check_options(
            pulumi.ResourceOptions(aliases=["urn:x", pulumi.Alias(name="x"), pulumi.Output.secret("x")])
        )

    engine.run(program)


def test_what_is_known_later_is_left_to_the_sdk() -> None:
    async def check() -> None:
        later: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        check_options(pulumi.ResourceOptions(aliases=[later], depends_on=[later]))
        check_options(pulumi.ResourceOptions(depends_on=later))

    asyncio.run(check())
    check_options(None)
