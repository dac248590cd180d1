"""The groups of nodes as data: every field says what the group says, whatever group it is."""

from typing import Any

import pytest
from pulumi_openkruise.cli.inherited_lists import InheritedLists
from pulumi_openkruise.cli.output.discover_report import as_data
from pulumi_openkruise.cli.selector_list import SelectorList
from pulumi_openkruise.discovery import classify_node, group_nodes, propose
from pulumi_openkruise.selectors.placement import Placement

from tests.support.corpus import corpus

SELECTORS = ("type=virtual-kubelet", "kubernetes.io/arch=amd64")
GIVEN = SelectorList(SELECTORS, ("preset virtual-kubelet", "argument"))


@pytest.mark.parametrize("everything", [True, False])
def test_each_field_is_the_groups_own(everything: bool) -> None:
    nodes = [classify_node(sample.node) for sample in corpus()]
    groups = group_nodes(nodes, Placement(SELECTORS))
    proposal = propose(nodes, Placement(SELECTORS))
    data = as_data(groups, proposal, GIVEN, "openkruise", InheritedLists(), everything=everything)
    assert data["nodes"] == len(nodes)
    filled: set[str] = set()
    for group, shown in zip(groups, data["groups"], strict=True):
        found = group.classification
        evidence = [
            {"signal": one.signal, "seen": one.seen, "pointsTo": one.points_to, "strength": one.strength}
            for one in found.evidence
        ]
        by = [{"selector": SELECTORS[at], "origin": GIVEN.origins[at]} for at in group.excluded_by]
        expected: dict[str, Any] = {
            "verdict": found.verdict,
            "kind": found.kind,
            "pool": group.pool or None,
            "count": len(group.names),
            "names": group.names if everything else group.names[:3],
            "evidence": evidence,
            "settle": found.settle or None,
            "noDaemon": found.no_daemon or None,
            "runtime": str(group.mismatch) if group.mismatch else None,
            "excludedBy": by,
            "leftOutByValues": group.left_out,
            "nodeLabelPolicy": group.policy,
            "open": group.is_open,
        }
        assert shown == expected
        filled |= {name for name, value in shown.items() if value}
    # The corpus has something for each field; no values of a stack keep the daemon off here.
    assert filled == set(expected) - {"leftOutByValues"}
    assert data["proposal"]["label"] == [node.name for node in proposal.to_label]
    assert data["nodeLabelPolicy"]["ignores"] < data["nodes"]
