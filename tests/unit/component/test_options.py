"""Resource options that are refused before the SDK trips over them."""

import asyncio
from typing import Any

import pulumi
import pytest
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
