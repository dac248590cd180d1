"""Nodes against selectors: what the evidence says."""

from dataclasses import replace

import pytest
from pulumi_openkruise.checks import NOT_ASKED, Expected, check

from tests.support.findings import CASES, declared, found, hpk, nodes_and, pods
from tests.support.installed import (
    broken,
    daemon,
    expected,
    facts,
    healthy,
    manager,
    node,
    node_object,
    virtual,
)


def test_a_lost_node_names_the_selector_that_hits_it() -> None:
    finding = found(check(*CASES["real-node-excluded"]()))["real-node-excluded"]
    assert finding.severity == "critical"
    assert tuple(map(str, finding.objects)) == ("real-1",)
    assert finding.evidence[0] == "excluded by pool=burst (openkruise:virtualNodeSelectors[0])"
    assert "pool=burst" in finding.evidence[1]


def test_what_people_declare_against_the_evidence() -> None:
    finding = found(check(nodes_and(declared("copy-1", "true")), expected()))["declared-virtual-looks-real"]
    assert finding.what == "1 node declared virtual, and real by everything else"
    assert finding.evidence[0].startswith("copy-1; for example copy-1: a kubelet with")
    agreed = [declared("burst-1", "true", virtual=True), declared("real-3", "false")]
    images = {"real-1": 0, "real-2": 0, "real-3": 0}
    snapshot = nodes_and(*agreed, pods=[*pods(), daemon("real-3")], node_images=images)
    assert check(snapshot, expected()).findings == ()


MANY = {f"a{at:02}": "x" for at in range(12)}


def test_the_evidence_shows_the_label_that_decided() -> None:
    raw = node_object("real-1")
    raw["metadata"]["labels"] |= {**MANY, "z-pool": "burst", "z-role": "edge"}
    wanted = expected(virtual_node_selectors=["z-pool=burst,z-role in (edge,far)", "y=1"])
    finding = found(check(broken(nodes=[facts(raw)], live={}), wanted))["real-node-excluded"]
    assert "z-pool=burst, z-role=edge and 8 more" in finding.evidence[1]
    assert "a06" not in finding.evidence[1]


def test_the_evidence_shows_labels_of_the_affinity_where_no_selector_is_known() -> None:
    raw = node_object("real-1")
    raw["metadata"]["labels"] |= {**MANY, "z-pool": "burst"}
    term = {"matchExpressions": [{"key": "z-pool", "operator": "NotIn", "values": ["burst"]}]}
    wanted = Expected(source="the DaemonSet in the cluster", daemon={"nodeSelectorTerms": [term]})
    finding = found(check(broken(nodes=[facts(raw)]), wanted))["real-node-excluded"]
    assert "z-pool=burst" in finding.evidence[1]


def test_a_key_of_another_selector_does_not_count_as_deciding() -> None:
    raw = node_object("real-1")
    raw["metadata"]["labels"] |= {**MANY, "z-pool": "burst", "z-other": "1"}
    wanted = expected(virtual_node_selectors=["z-pool=burst", "z-other=2"])
    finding = found(check(broken(nodes=[facts(raw)], live={}), wanted))["real-node-excluded"]
    assert "z-pool=burst" in finding.evidence[1]
    assert "z-other" not in finding.evidence[1]


def test_a_manager_on_a_virtual_node_that_is_admitted_is_reported() -> None:
    snapshot = nodes_and(virtual("virtual-2", labelled=False), pods=[*pods(), manager(3, "virtual-2")])
    finding = found(check(snapshot, expected()))["manager-on-excluded-node"]
    assert "virtual-2" in str(finding)


def test_every_label_that_decides_is_shown() -> None:
    raw = node_object("real-1")
    raw["metadata"]["labels"] |= MANY
    selector = ",".join(f"{key}={value}" for key, value in MANY.items())
    wanted = expected(virtual_node_selectors=[selector])
    finding = found(check(broken(nodes=[facts(raw)], live={}), wanted))["real-node-excluded"]
    assert all(f"{key}=x" in finding.evidence[1] for key in MANY)


def test_a_label_and_a_taint_that_are_spelt_alike_are_distinguished() -> None:
    raw = node_object("fargate-1")
    alike = {"key": "eks.amazonaws.com/compute-type", "value": "fargate", "effect": "NoSchedule"}
    raw["metadata"]["labels"] = {alike["key"]: alike["value"]}
    raw["spec"]["taints"] = [alike]
    (line,) = found(check(nodes_and(facts(raw)), expected()))["virtual-node-admitted"].evidence
    seen = "eks.amazonaws.com/compute-type=fargate"
    assert line == f"eks-fargate: fargate-1 (label {seen}, taint {seen})"


def test_a_lost_node_where_only_the_affinity_is_known() -> None:
    affinity = {"nodeSelectorTerms": [{"matchExpressions": [{"key": "x", "operator": "Exists"}]}]}
    wanted = Expected(source="the DaemonSet in the cluster", daemon=affinity)
    finding = found(check(healthy(), wanted))["real-node-excluded"]
    assert tuple(map(str, finding.objects)) == ("real-1", "real-2")
    assert finding.evidence[0] == "excluded by the affinity of the DaemonSet in the cluster"


def test_a_preset_that_matches_with_one_of_its_selectors_is_not_idle() -> None:
    wanted = replace(
        expected(),
        selectors=("type=virtual-kubelet", "type=kwok", "a=b", "c=d"),
        origins=("preset both", "preset both", "preset idle", "preset idle"),
    )
    finding = found(check(broken(live={}), replace(wanted, is_stack=False)))["selector-matches-nothing"]
    assert finding.evidence == ("preset idle: a=b or c=d",)


def test_untainted_nodes_are_a_warning_where_a_destroy_is_planned() -> None:
    snapshot, wanted = CASES["untainted-virtual-node"]()
    planned = found(check(snapshot, wanted))["untainted-virtual-node"]
    otherwise = found(check(replace(snapshot, custom_resources=NOT_ASKED), wanted))["untainted-virtual-node"]
    assert (planned.severity, otherwise.severity) == ("warning", "info")


def test_a_node_without_any_evidence_says_so() -> None:
    bare = facts(node_object("odd-1", type="virtual-kubelet"))
    nothing = replace(
        bare, classification=replace(bare.classification, verdict="virtual", kind=None, evidence=())
    )
    wanted = replace(expected(), selectors=(), origins=(), daemon=None, is_stack=False)
    finding = found(check(broken(nodes=[nothing], live={}), wanted))["virtual-node-admitted"]
    assert finding.evidence == ("kind unknown: odd-1 (no evidence of a virtual node)",)


def test_an_unsure_node_shows_what_would_decide_it() -> None:
    finding = found(check(*CASES["unsure-node"]()))["unsure-node"]
    (line,) = finding.evidence
    assert line.startswith('admitted: odd-1; find out whether "something://1" is a container runtime')


def test_a_real_node_without_an_image_of_the_daemon_says_so() -> None:
    """Declared virtual, which such a node is not, though the daemon cannot run on it either."""
    raw = node_object("win-1", taints=[{"key": "pool", "effect": "NoSchedule"}])
    raw["metadata"]["labels"] |= {"kubernetes.io/os": "windows", "openkruise.io/virtual-node": "true"}
    raw["status"]["nodeInfo"]["operatingSystem"] = "windows"
    finding = found(check(nodes_and(facts(raw)), expected()))["declared-virtual-looks-real"]
    assert finding.evidence[0] == 'win-1; for example win-1: no image of kruise-daemon exists for "windows"'


def test_unsure_nodes_are_grouped_by_what_would_decide_them_and_by_their_admission() -> None:
    nodes = [hpk("odd-1"), hpk("odd-3", pool="odd"), hpk("odd-2")]
    silent = replace(nodes[0], name="odd-4", classification=replace(nodes[0].classification, settle=""))
    finding = found(check(nodes_and(*nodes, silent), expected(virtual_node_selectors=["pool=odd"])))[
        "unsure-node"
    ]
    assert finding.what == "4 nodes that may be real or virtual"
    assert [line.partition("; ")[0] for line in finding.evidence] == [
        "admitted: odd-1, odd-2",
        "excluded: odd-3",
        "admitted: odd-4",
    ]
    assert finding.evidence[-1] == "admitted: odd-4; no evidence"
    assert tuple(map(str, finding.objects)) == ("odd-1", "odd-2", "odd-3", "odd-4")


def test_lost_nodes_are_grouped_by_the_selectors_that_exclude_them() -> None:
    nodes = [node("c", pool="burst", zone="x"), node("a", pool="burst", zone="x"), node("b", zone="x")]
    wanted = replace(
        expected(virtual_node_selectors=["zone=x", "pool=burst"]), is_stack=False, owns_namespace=False
    )
    report = check(broken(nodes=nodes, live={}), wanted)
    both, one = (finding for finding in report.findings if finding.code == "real-node-excluded")
    assert (both.what, one.what) == ("2 real nodes excluded", "1 real node excluded")
    assert tuple(map(str, both.objects)) == ("a", "c")
    assert both.evidence[0] == (
        "excluded by zone=x (openkruise:virtualNodeSelectors[0]), "
        "pool=burst (openkruise:virtualNodeSelectors[1])"
    )
    assert both.evidence[1] == (
        'for example c: a kubelet with "containerd://2.1.4" on "Debian GNU/Linux 13", '
        "with labels kubernetes.io/arch=amd64, kubernetes.io/os=linux, pool=burst, zone=x"
    )
    assert (both.identity, one.identity) == (("pool=burst", "zone=x"), ("zone=x",))


@pytest.mark.parametrize(("more", "rest"), [(6, ""), (7, " and 1 more"), (9, " and 3 more")])
def test_up_to_eight_labels_of_a_lost_node_are_shown(more: int, rest: str) -> None:
    raw = node_object("real-1", a="burst")
    raw["metadata"]["labels"] |= {f"b{at}": "x" for at in reversed(range(more - 1))}
    wanted = expected(virtual_node_selectors=["a=burst"])
    finding = found(check(broken(nodes=[facts(raw)], live={}), wanted))["real-node-excluded"]
    shown = finding.evidence[1].partition("with labels ")[2]
    assert shown.partition(" and ")[0].count("=") == 8
    assert shown.startswith("a=burst, b0=x, b1=x, b2=x, b3=x, b4=x, ")
    assert shown.endswith(rest or "=linux")
    assert (" and " in shown) is bool(rest)


def test_idle_selectors_are_listed_one_by_one_and_those_of_a_preset_together() -> None:
    wanted = replace(
        expected(),
        selectors=("pool=burst", "a=b", "type=virtual-kubelet", "c=d", "e=f"),
        origins=("a list", "a list", "base exclusion", "base exclusion", "preset idle"),
        is_stack=False,
    )
    nodes = [node("real-1", pool="burst"), node("real-2")]
    finding = found(check(broken(nodes=nodes, live={}), wanted))["selector-matches-nothing"]
    assert finding.what == "2 selectors match no node"
    assert finding.evidence == ("a list: a=b", "preset idle: e=f")
    assert "selector-matches-nothing" not in found(check(broken(nodes=[], live={}), wanted))
    without = replace(wanted, has_daemon=False)
    assert "selector-matches-nothing" not in found(check(broken(nodes=nodes, live={}), without))
    single = replace(wanted, selectors=("a=b",), origins=("a list",))
    assert found(check(broken(nodes=nodes, live={}), single))["selector-matches-nothing"].what == (
        "1 selector matches no node"
    )


def test_nodes_of_each_kind_are_described_on_a_line() -> None:
    raw = node_object("liqo-1", taints=[])
    raw["metadata"]["labels"]["liqo.io/type"] = "virtual-node"
    nodes = [virtual("vk-2", labelled=False, guarded=False), facts(raw), virtual("vk-1", labelled=False)]
    wanted = replace(expected(), selectors=(), origins=(), daemon=None, is_stack=False)
    snapshot = broken(nodes=nodes, pods=[], live={})
    exposed = found(check(snapshot, wanted))["virtual-node-admitted"]
    assert exposed.what == "3 nodes where no daemon can run, covered by no selector"
    assert [line.partition(" (")[0] for line in exposed.evidence] == [
        "kind unknown: vk-2",
        "liqo: liqo-1",
        "virtual-kubelet: vk-1",  # by its taint
    ]
    assert tuple(map(str, exposed.objects)) == ("liqo-1", "vk-1", "vk-2")
    bare = found(check(snapshot, wanted))["untainted-virtual-node"]
    assert bare.what == "2 nodes where the chart's pre-delete Job could be scheduled, and hang"
    assert tuple(map(str, bare.objects)) == ("liqo-1", "vk-2")
    assert [line.partition(" (")[0] for line in bare.evidence] == ["kind unknown: vk-2", "liqo: liqo-1"]


def test_a_node_that_is_declared_real_and_looks_virtual() -> None:
    snapshot, wanted = CASES["declared-real-looks-virtual"]()
    finding = found(check(snapshot, wanted))["declared-real-looks-virtual"]
    assert finding.what == "1 node declared real, and virtual by everything else"
    assert finding.evidence == ("burst-1; for example burst-1: label liqo.io/type=virtual-node",)
    assert tuple(map(str, finding.objects)) == ("burst-1",)


def test_two_pieces_of_evidence_explain_a_verdict() -> None:
    finding = found(check(*CASES["virtual-node-admitted"]()))["virtual-node-admitted"]
    assert finding.evidence == (
        (
            "virtual-kubelet: virtual-2 (a kubelet version, but no container runtime and no operating "
            "system, taint virtual-kubelet.io/provider=test)"
        ),
    )


def test_a_node_that_may_be_real_is_not_said_to_hang_the_job() -> None:
    one = hpk("odd-1")
    assert set(found(check(nodes_and(replace(one, guarded=False)), expected()))) == {"unsure-node"}


def test_only_evidence_for_the_verdict_explains_it() -> None:
    raw = node_object("real-1", pool="burst")
    del raw["metadata"]["labels"]["kubernetes.io/arch"]  # evidence of a virtual node, if a weak one
    wanted = expected(virtual_node_selectors=["pool=burst"])
    finding = found(check(broken(nodes=[facts(raw)], live={}), wanted))["real-node-excluded"]
    assert finding.evidence[1] == (
        'for example real-1: a kubelet with "containerd://2.1.4" on "Debian GNU/Linux 13", '
        "with labels kubernetes.io/os=linux, pool=burst"
    )
