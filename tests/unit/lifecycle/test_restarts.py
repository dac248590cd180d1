"""What a preview says of the daemons, from the values of the release before and after."""

from collections.abc import Sequence
from typing import Any

import pytest
from pulumi_openkruise.config.node_affinity import REQUIRED
from pulumi_openkruise.lifecycle.restarts import write_restart_notice

from tests.support.rendering import helm_values

RESTARTS = (
    "the affinity changes: kruise-daemon restarts on every node that keeps it, a tenth of them at a time"
)


def requires(key: str, operator: str, *values: str) -> dict[str, Any]:
    term = {"matchExpressions": [{"key": key, "operator": operator, "values": list(values)}]}
    return {"daemon": {"affinity": {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": [term]}}}}}


def values(*selectors: str, **own: Any) -> dict[str, Any]:
    """Return the release's values, as the component writes them."""
    return helm_values(selectors, namespace="kruise-system", values=own)


def test_who_loses_and_who_gains() -> None:
    assert write_restart_notice(values("type=vk"), values("pool=burst,!gpu", "type=vk")) == (
        f"{RESTARTS}\n  nodes that lose it: '!gpu,pool=burst' (unless 'type=vk')"
    )
    assert write_restart_notice(values("a=1"), values("a=2")) == (
        f"{RESTARTS}\n  nodes that lose it: 'a=2'\n  nodes that gain it: 'a=1'"
    )


def test_nodes_that_something_else_excludes_lose_nothing() -> None:
    assert write_restart_notice(values("b"), values("b", "a")) == (
        f"{RESTARTS}\n  nodes that lose it: 'a' (unless 'b')"
    )


def test_what_is_required_and_no_selector_can_say() -> None:
    """No selector matches the nodes that ``cores>5`` leaves out, so those that it admits are named."""
    own = requires("cores", "Gt", "5")
    assert write_restart_notice(values("b"), values("b", **own)) == (
        f"{RESTARTS}\n  nodes that lose it: '!b' (unless 'cores>5')"
    )
    assert write_restart_notice(values("b", "c,!d", **own), values("b", "c,!d")) == (
        f"{RESTARTS}\n  nodes that gain it: '!b,!c' (unless 'cores>5') or '!b,d' (unless 'cores>5')"
    )


def test_long_lists_are_cut_short() -> None:
    notice = write_restart_notice(values("x=1"), values("x=1", "a=1", "b=1", "c=1", "d=1", "e=1"))
    assert notice is not None
    kinds = " or ".join(f"'{key}=1' (unless 'x=1')" for key in "abc")
    assert notice.endswith(f"lose it: {kinds} and 2 more kinds")
    notice = write_restart_notice(values("a=1", "b=1", "c=1", "d=1"), values("a=1", "b=1", "c=1", "d=1", "x"))
    assert notice == f"{RESTARTS}\n  nodes that lose it: 'x' (unless one of 4 other selectors)"


@pytest.mark.parametrize(
    "new", [values("type=vk"), values("type in (vk)", "type=vk,x"), values("type=vk", timeout=3)]
)
def test_nothing_is_said_where_the_affinity_stays(new: dict[str, Any]) -> None:
    assert write_restart_notice(values("type=vk"), new) is None


def test_what_the_values_require_is_in_the_affinity_that_the_cluster_sees() -> None:
    own = requires("pool", "In", "a", "b")
    # Nodes of another pool had no daemon, so a selector takes none from them.
    assert write_restart_notice(values("type=vk", **own), values("type=vk", "pool=c", **own)) is None
    assert write_restart_notice(values("type=vk", **own), values("type=vk", "pool=b", **own)) == (
        f"{RESTARTS}\n  nodes that lose it: 'pool=b' (unless 'type=vk')"
    )


def test_a_requirement_alone_changes_who_has_a_daemon() -> None:
    own = requires("pool", "NotIn", "lab")
    assert write_restart_notice(values("type=vk"), values("type=vk", **own)) == (
        f"{RESTARTS}\n  nodes that lose it: 'pool=lab' (unless 'type=vk')"
    )
    assert write_restart_notice(values("type=vk", **own), values("type=vk")) == (
        f"{RESTARTS}\n  nodes that gain it: 'pool=lab' (unless 'type=vk')"
    )


def test_a_node_selector_alone_changes_who_has_a_daemon() -> None:
    asks = {"daemon": {"nodeSelector": {"disk": "ssd"}}}
    assert write_restart_notice(values("type=vk"), values("type=vk", **asks)) == (
        f"{RESTARTS.replace('affinity', 'nodeSelector')}\n"
        "  nodes that lose it: 'disk!=ssd' (unless 'type=vk')"
    )
    assert write_restart_notice(values("a"), values("a", "disk!=ssd", **asks)) == (
        f"{RESTARTS.replace('affinity changes', 'affinity and the nodeSelector change')}\n"
        "  nodes that lose it: 'disk!=ssd' (unless 'a')"
    )


def test_other_bytes_restart_too_though_the_nodes_are_the_same() -> None:
    one = requires("type", "NotIn", "vk", "kwok")
    other = requires("type", "NotIn", "kwok", "vk")
    assert write_restart_notice(one, other) == RESTARTS


@pytest.mark.parametrize(
    "unknown",
    [
        {},
        {"daemon": {"affinity": "none"}},
        requires("pool", "Near", "x"),
        {"daemon": {"affinity": {"nodeAffinity": {REQUIRED: {"nodeSelectorTerms": 7}}}}},
        values("a=1", featureGates="KruiseDaemon=false"),
    ],
)
def test_nothing_is_said_of_what_is_not_known(unknown: dict[str, Any]) -> None:
    sides: Sequence[dict[str, Any]] = (values("type=vk"), unknown)
    assert write_restart_notice(*sides) is None
    assert write_restart_notice(*reversed(sides)) is None
