"""Ten lines of a user, run by the test in an environment that holds nothing but the wheel."""

from typing import NoReturn

import pulumi
from pulumi_openkruise import OpenKruise


class Mocks(pulumi.runtime.Mocks):
    """The least that stands in for an engine."""

    def new_resource(self, args: pulumi.runtime.MockResourceArgs) -> tuple[str | None, dict[str, object]]:
        """Answer with the inputs."""
        return f"{args.name}-id", args.inputs

    def call(self, args: pulumi.runtime.MockCallArgs) -> NoReturn:
        """Refuse: the component calls no function of a provider."""
        raise AssertionError(args.token)


pulumi.runtime.set_mocks(Mocks())


@pulumi.runtime.test  # type: ignore[untyped-decorator]
def install() -> pulumi.Output[None]:
    """Declare an installation, and print what it leaves out."""
    kruise = OpenKruise("kruise", {"virtual_node_presets": ["eks-fargate"]})
    return kruise.selectors.apply(lambda selectors: print("excluded:", *selectors))


install()
