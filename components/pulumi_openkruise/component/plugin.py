"""The component as a provider plugin, for programs in other languages.

Pulumi starts ``pulumi-resource-openkruise`` in the folder that a YAML program's ``plugins`` name, or the
program of ``plugin/``, from which `pulumi package add` generates an SDK.
"""

import json
import sys
from collections.abc import Awaitable
from typing import Any, TypeVar

import pulumi
from pulumi.provider import ConstructResult
from pulumi.provider import main as serve
from pulumi.provider.experimental.component import ComponentProvider
from pulumi.provider.server import ComponentInitError

from .. import __version__
from ..config.fields import Arguments
from ..diagnostics.field_names import config_key
from . import declared
from .errors import InvalidConfigError
from .openkruise import OpenKruise
from .outputs import start_work
from .package_schema import NAMESPACE, PACKAGE, complete_schema

Part = TypeVar("Part")


class _Provider(ComponentProvider):
    """Tells of a user's mistake by its message; the SDK would put a traceback below it."""

    def __init__(self, version: str) -> None:
        super().__init__([OpenKruise], PACKAGE, NAMESPACE, version)
        self.schema = json.dumps(complete_schema(json.loads(self.schema or "{}")))

    def map_inputs(self, inputs: Any, component_def: Any) -> Any:
        # The names that the program has, of which the SDK makes Python's.
        return Arguments(super().map_inputs(inputs, component_def), field_name=config_key, source="")

    def construct(
        self,
        name: str,
        resource_type: str,
        inputs: Any,
        options: pulumi.ResourceOptions | None = None,
    ) -> ConstructResult:
        try:
            made = super().construct(name, resource_type, inputs, options)
        except ComponentInitError as error:
            if isinstance(error.inner, InvalidConfigError):
                # The list of single properties may be empty, but not be missing: the SDK trips over that.
                raise pulumi.InputPropertiesError(str(error.inner), []) from None
            raise
        return ConstructResult(made.urn, {key: _convert_failure(value) for key, value in made.state.items()})


def _convert_failure(value: Any) -> pulumi.Output[Any]:
    """Return an output, which may fail with an InvalidConfigError, as one that fails as a plugin's may."""
    output: pulumi.Output[Any] = pulumi.Output.from_input(value)

    async def convert(part: Awaitable[Part]) -> Part:
        try:
            return await part
        except InvalidConfigError as error:
            raise pulumi.InputPropertiesError(str(error), []) from None

    return pulumi.Output(
        start_work(convert(output.resources())),
        start_work(convert(output.future())),
        start_work(convert(output.is_known())),
        start_work(convert(output.is_secret())),
    )


def main() -> None:
    """Serve the component until Pulumi is done."""
    declared.serve_as_plugin()
    serve(_Provider(__version__), sys.argv[1:])


if __name__ == "__main__":
    main()
