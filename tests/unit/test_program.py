"""The program as it stands, with the config of each stack as it stands; golden files hold the bytes.

A change of these bytes restarts every daemon of the clusters concerned. After an intended one:
``UPDATE_GOLDEN=1 python -m pytest tests/unit/test_program.py``
"""

import json
import os
import runpy
from collections.abc import Callable
from typing import Any

import pulumi
import pytest

from tests.support.engine import NAMESPACE, RELEASE, ROOT, Engine, new_engine, stack_config, stack_names

GOLDEN = ROOT / "tests" / "unit" / "config" / "golden"


def run_program(engine: Engine) -> None:
    engine.run(lambda: runpy.run_path(str(ROOT / "__main__.py"), run_name="__main__") and None)


def test_there_is_a_stack_for_each_environment() -> None:
    assert stack_names() == ["dev", "prod", "sandbox", "staging"]


@pytest.mark.parametrize("stack", stack_names())
def test_values_of_the_release(engine: Engine, set_config: Callable[..., None], stack: str) -> None:
    set_config(stack_config(stack))
    run_program(engine)
    # The engine sorts the keys of what it stores; sorted here too, the bytes are those that reach Helm.
    written = json.dumps(engine.of_type(RELEASE).inputs["values"], indent=2, sort_keys=True) + "\n"
    golden = GOLDEN / f"{stack}.json"
    if os.environ.get("UPDATE_GOLDEN"):
        golden.write_text(written)
    assert written == golden.read_text()


@pytest.mark.parametrize("mode", ["warn", "label"])
@pytest.mark.parametrize("stack", stack_names())
def test_the_policy_about_virtual_nodes_restarts_no_daemon(
    engine: Engine, set_config: Callable[..., None], stack: str, mode: str
) -> None:
    """Switched on or off, the release has the same bytes: the label is excluded from the beginning."""
    set_config(stack_config(stack))
    run_program(engine)
    with new_engine() as another:
        pulumi.runtime.set_all_config({**stack_config(stack), "openkruise:nodeLabelPolicy": mode})
        run_program(another)
        policies = [one.type for one in another.registered if "AdmissionPolicy" in one.type]
        assert len(policies) == 2
        with_policy = another.of_type(RELEASE).inputs
    without = engine.of_type(RELEASE).inputs
    assert json.dumps(with_policy, sort_keys=True) == json.dumps(without, sort_keys=True)
    golden = (GOLDEN / f"{stack}.json").read_text()
    assert json.dumps(with_policy["values"], indent=2, sort_keys=True) + "\n" == golden


@pytest.mark.parametrize("stack", stack_names())
def test_exports(engine: Engine, set_config: Callable[..., None], stack: str) -> None:
    set_config(stack_config(stack))
    run_program(engine)
    exports = engine.exports
    # Without daemonDesired and daemonReady: mocks have no cluster that could be asked for its daemons.
    assert sorted(exports) == [
        "affinity", "chartVersion", "namespace", "releaseRevision", "selectors", "status",
    ]  # fmt: skip
    node_affinity: Any = engine.of_type(RELEASE).inputs["values"]["daemon"]["affinity"]["nodeAffinity"]
    assert exports["affinity"] == node_affinity["requiredDuringSchedulingIgnoredDuringExecution"]
    assert exports["status"] == "deployed"
    assert exports["releaseRevision"] == 2


@pytest.mark.parametrize(
    ("stack", "protected"), [("staging", True), ("prod", True), ("dev", False), ("sandbox", False)]
)
def test_protection(engine: Engine, set_config: Callable[..., None], stack: str, protected: bool) -> None:
    set_config(stack_config(stack))
    run_program(engine)
    assert [engine.of_type(type_).request.protect for type_ in (NAMESPACE, RELEASE)] == [protected, protected]


def test_a_stack_without_any_config(engine: Engine, set_config: Callable[..., None]) -> None:
    set_config({})
    run_program(engine)
    assert engine.exports["selectors"] == [
        "kubernetes.io/os=windows",
        "openkruise.io/virtual-node=true",
        "type=virtual-kubelet",
    ]


FORTH = (["a in (x, y)", "b,!c", "d>5,d=7"], ["kwok", "liqo"])
BACK = (["d>5,d=7", "b,!c", "a in (y,x)", "!c , b"], ["liqo", "kwok", "liqo"])


def test_the_order_of_selectors_and_presets_changes_nothing(set_config: Callable[..., None]) -> None:
    written = []
    for selectors, presets in (FORTH, BACK):
        set_config(
            {
                "openkruise:virtualNodeSelectors": json.dumps(selectors),
                "openkruise:virtualNodePresets": json.dumps(presets),
            }
        )
        with new_engine() as engine:
            run_program(engine)
            written.append(json.dumps(engine.of_type(RELEASE).inputs["values"], sort_keys=True))
    assert written[0] == written[1]
