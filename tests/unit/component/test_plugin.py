"""The plugin: names and messages as a program in another language has them."""

import asyncio
import contextlib
from typing import Any

import pulumi
import pytest
from pulumi.provider import ConstructResult
from pulumi_openkruise.component.errors import InvalidConfigError
from pulumi_openkruise.component.plugin import _Provider

from tests.support.engine import RELEASE, Engine

TYPE = "openkruise:index:OpenKruise"


def constructed(engine: Engine, inputs: dict[str, Any]) -> dict[str, Any]:
    """Construct the component as the engine has it done, and return its outputs."""
    provider = _Provider("1.2.3")
    made: list[ConstructResult] = []
    # What fails later fails the program, too; the engine is answered with what the outputs say.
    with contextlib.suppress(InvalidConfigError):
        engine.run(lambda: made.append(provider.construct("kruise", TYPE, inputs)))
    loop = asyncio.get_event_loop_policy().get_event_loop()
    outputs = {name: pulumi.Output.from_input(output) for name, output in made[0].state.items()}
    return {name: loop.run_until_complete(output.future()) for name, output in outputs.items()}


def test_it_constructs_what_a_program_in_python_does(engine: Engine) -> None:
    # Numbers come over the wire as floats.
    outputs = constructed(engine, {"virtualNodePresets": ["kwok"], "values": {"manager": {"replicas": 3.0}}})
    assert "type=kwok" in outputs["selectors"]
    assert outputs["status"] == "deployed"
    assert engine.of_type(RELEASE).inputs["values"]["manager"]["replicas"] == 3


def test_mistakes_have_the_programs_names_and_no_traceback(engine: Engine) -> None:
    with pytest.raises(pulumi.InputPropertiesError) as caught:
        constructed(engine, {"virtualNodeSelectors": ["a b"], "chartDigest": "x"})
    assert caught.value.message.startswith("arguments of OpenKruise 'kruise': 2 problems\n\nchartDigest: ")
    assert "\n\nvirtualNodeSelectors[0]: found 'b'" in caught.value.message
    assert caught.value.errors == []  # the SDK trips over none


def test_so_have_those_that_are_known_late(engine: Engine) -> None:
    late = pulumi.Output.from_input({"manager": {"hostNetwork": "x"}})
    with pytest.raises(
        pulumi.InputPropertiesError, match=r"values\.manager\.hostNetwork: expected true or f"
    ):
        constructed(engine, {"values": late})


@pytest.mark.parametrize("late", ['{"a": "s3cret"}', ["s3cret"]], ids=["a string", "a list"])
def test_values_that_turn_out_to_be_no_mapping_are_a_mistake_too(engine: Engine, late: Any) -> None:
    with pytest.raises(
        pulumi.InputPropertiesError, match=r"\n\nvalues: expected a mapping of Helm values, found a"
    ) as caught:
        constructed(engine, {"values": pulumi.Output.secret(late)})
    assert "s3cret" not in caught.value.message
