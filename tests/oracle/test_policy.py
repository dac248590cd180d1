"""The policy's CEL, evaluated in the API server's own CEL environment: exact, cheap, and never an error.

POLICY_PAIRS (default 20,000) is the number of pairs of a selector and a node's labels; a seed from 1 on is
POLICY_SEED.
"""

import json
import os
import random
import subprocess
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from typing import Any

import pytest
from pulumi_openkruise.config.node_labels import MAX_SELECTORS
from pulumi_openkruise.detection import classify
from pulumi_openkruise.policy.expressions import join_any, write_selector
from pulumi_openkruise.policy.prediction import predict_signals
from pulumi_openkruise.policy.rule import NodeLabelRule
from pulumi_openkruise.policy.signals import NOT_BY_DEFAULT, write_signals
from pulumi_openkruise.selectors import Selector, parse

from tests.support.corpus import NODE_INFO, corpus

from . import selector_cases
from .oracle_client import SOURCE, OracleError, executable

PER_CALL_LIMIT = 1_000_000
"""The cost at which the API server gives an expression up (k8s.io/apiserver ``pkg/apis/cel``)."""

VALUES = [
    *selector_cases.PLAIN,
    *selector_cases.NUMBERS,
    *selector_cases.EDGES,
    "x" * 63,
    "-1",
    "a.b",
    "0" * 63,
]
HUGE = [
    "9223372036854775808",
    "10000000000000000000",
    "9" * 63,
    "0" * 40 + "9223372036854775807",
    "0" * 40 + "12",
]

DIFFERENCES = {
    "alibaba-eci-stripped": "its name decides beside one taint; names count for the detector alone",
    "tke-supernode": "counts only where it is asked for",
    "tke-supernode-stripped": "counts only where it is asked for",
    "tke-supernode-dressed-up": "counts only where it is asked for",
    "baidu-bci-stripped": "one taint beside a runtime that is reported is too little",
    "aws-virtual-kubelet-stripped": "reports no version; CEL does not count Ready",
    "kip-stripped": "reports no version; CEL does not count Ready",
    "tart-kubelet": "a runtime of unknown form counts for the detector alone",
    "vacuum-cleaner": "a foreign operating system counts for the detector alone",
    "unknown-maker-silent-status": "the name of an unknown maker's label counts for the detector alone",
}
"""Nodes that the detector calls virtual and the policy does not label, each with the reason."""


class Evaluator:
    """One running program that evaluates CEL."""

    def __init__(self) -> None:
        program = executable(SOURCE.parent / "cel", "cel")
        self._process = subprocess.Popen([str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def ask(self, expressions: Sequence[str], objects: Sequence[Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        request = {"expressions": list(expressions), "objects": list(objects)}
        self._process.stdin.write(json.dumps(request).encode() + b"\n")
        self._process.stdin.flush()
        answer: dict[str, Any] = json.loads(self._process.stdout.readline())
        return answer

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(timeout=30)


@pytest.fixture(scope="module")
def cel() -> Iterator[Evaluator]:
    try:
        running = Evaluator()
    except OracleError as error:
        pytest.fail(str(error), pytrace=False)
    yield running
    running.close()


def _selectors(seed: int) -> list[Selector]:
    return [parse(text) for text in selector_cases.selectors(seed)]


def _labels(rng: random.Random, selectors: Sequence[Selector]) -> dict[str, str]:
    keys = sorted({one.key for selector in selectors for one in selector.requirements})
    own = [value for selector in selectors for one in selector.requirements for value in one.values]
    values = [*own, *own, *VALUES, *HUGE]
    return {key: rng.choice(values) for key in keys if rng.random() < 0.8}


def test_a_selector_means_the_same_as_cel(cel: Evaluator, show: Callable[[str], None]) -> None:
    wanted, seed = int(os.environ.get("POLICY_PAIRS", "20000")), int(os.environ.get("POLICY_SEED", "1")) - 1
    pairs = costly = 0
    while pairs < wanted:
        seed += 1
        selectors = _selectors(seed)
        rng = random.Random(seed)
        nodes = [{}, *(_labels(rng, selectors) for _ in range(20))]
        objects = [{"metadata": {"labels": labels} if labels else {}} for labels in nodes]
        answer = cel.ask([write_selector(selector) for selector in selectors], objects)
        assert "error" not in answer, (seed, answer["error"])
        for selector, results in zip(selectors, answer["results"], strict=True):
            expected = "".join("1" if selector.matches(labels) else "0" for labels in nodes)
            assert results == expected, (seed, str(selector), nodes)
            pairs += len(nodes)
        costly = max(costly, answer["cost"])
    show(f"{pairs:,} pairs agree; the largest cost is {costly:,} of {PER_CALL_LIMIT:,}")
    assert costly < PER_CALL_LIMIT / 10


@pytest.mark.parametrize("value", [*HUGE, "", "007", "-1", "1.5", "1e3", "0x10", "a", "0" * 63])
@pytest.mark.parametrize("selector", ["k>5", "k<8", "k>9223372036854775806", "k<9223372036854775807", "k>0"])
def test_a_comparison_of_every_spelling(cel: Evaluator, selector: str, value: str) -> None:
    parsed = parse(selector)
    answer = cel.ask([write_selector(parsed)], [{"metadata": {"labels": {"k": value}}}])
    assert answer["results"] == ["1" if parsed.matches({"k": value}) else "0"], answer


def _as_seen(node: dict[str, Any]) -> dict[str, Any]:
    """Return a node as admission sees it: with a spec and all of nodeInfo."""
    seen = deepcopy(node)
    seen.setdefault("spec", {})
    return seen


def test_the_policy_follows_the_detector_on_the_whole_corpus(cel: Evaluator) -> None:
    nodes = [_as_seen(sample.node) for sample in corpus()]
    answer = cel.ask([f"({NodeLabelRule().is_virtual()})"], nodes)
    assert "error" not in answer, answer["error"]
    (results,) = answer["results"]
    differing = {}
    for sample, node, result in zip(corpus(), nodes, results, strict=True):
        declared = node["metadata"].get("labels", {}).get("openkruise.io/virtual-node")
        if declared == "false":
            continue  # another condition of the policy leaves these alone
        verdict = classify(node).verdict
        if result == "1":
            assert verdict == "virtual", sample.id
        elif verdict == "virtual":
            differing[sample.id] = DIFFERENCES.get(sample.id)
    assert differing == DIFFERENCES


@pytest.mark.parametrize("asked_for", [frozenset[str](), NOT_BY_DEFAULT])
def test_the_prediction_is_the_expressions_answer(cel: Evaluator, asked_for: frozenset[str]) -> None:
    """On every node of the corpus, and on each with one part less or with another node's."""
    nodes = [_as_seen(sample.node) for sample in corpus()]
    rng = random.Random(1)
    for node in list(nodes):
        mixed = deepcopy(node)
        other = rng.choice(nodes)
        part = rng.choice(("metadata", "spec", "status"))
        mixed[part] = deepcopy(other.get(part, {}))
        nodes.append(mixed)
        for key in list(mixed["metadata"].get("labels", {})):
            if rng.random() < 0.3:
                del mixed["metadata"]["labels"][key]
    (results,) = cel.ask([f"({write_signals(asked_for)})"], nodes)["results"]
    predicted = "".join("1" if predict_signals(node, asked_for) else "0" for node in nodes)
    wrong = [node for node, ours, cels in zip(nodes, predicted, results, strict=True) if ours != cels]
    assert wrong == []


def test_no_real_node_of_the_corpus_is_labelled(cel: Evaluator) -> None:
    real = [
        sample for sample in corpus() if sample.truth == "real" and classify(sample.node).verdict != "virtual"
    ]
    (results,) = cel.ask([f"({write_signals()})"], [_as_seen(sample.node) for sample in real])["results"]
    assert [sample.id for sample, result in zip(real, results, strict=True) if result != "0"] == []


HOSTILE: dict[str, dict[str, Any]] = {
    "nothing": {"metadata": {}, "spec": {}, "status": {"nodeInfo": dict.fromkeys(NODE_INFO, "")}},
    "no status": {"metadata": {"name": "n"}, "spec": {}},
    "no nodeInfo": {"metadata": {"name": "n"}, "spec": {}, "status": {}},
    "2,000 taints": {
        "metadata": {},
        "spec": {"taints": [{"key": f"k{n}", "effect": "NoSchedule"} for n in range(2000)]},
        "status": {"nodeInfo": dict.fromkeys(NODE_INFO, "")},
    },
    "64 KiB of annotations": {
        "metadata": {"annotations": {f"a{n}": "x" * 1024 for n in range(64)}},
        "spec": {},
        "status": {"nodeInfo": dict.fromkeys(NODE_INFO, "")},
    },
    "long strings": {
        "metadata": {"labels": {"type": "x" * 63}},
        "spec": {"providerID": "aws:///" + "x" * 10_000},
        "status": {"nodeInfo": dict.fromkeys(NODE_INFO, "v" * 10_000)},
    },
}


@pytest.mark.parametrize("name", HOSTILE)
def test_no_node_makes_the_rule_fail_or_costly(
    cel: Evaluator, name: str, show: Callable[[str], None]
) -> None:
    rule = NodeLabelRule(selectors=(parse("pool=burst"), parse("k>5,!gpu")))
    expressions = [rule.needs_label(), rule.is_virtual(), rule.looks_virtual(), rule.is_excluded()]
    answer = cel.ask(expressions, [HOSTILE[name]])
    assert "error" not in answer, answer["error"]
    show(f"{name}: the largest cost is {answer['cost']:,} of {PER_CALL_LIMIT:,}")
    assert answer["cost"] < PER_CALL_LIMIT / 10


def test_the_longest_rule_that_config_allows_compiles_and_is_cheap(cel: Evaluator) -> None:
    """On a node that satisfies all but the comparison of each selector, and has 2,000 taints."""
    selectors: list[Selector] = []
    while len(join_any([write_selector(one) for one in selectors])) < MAX_SELECTORS - 500:
        selectors.append(parse(f"key-{len(selectors)}>5"))
    labels = {one.requirements[0].key: "0" * 62 + "5" for one in selectors}
    node = {**HOSTILE["2,000 taints"], "metadata": {"labels": labels}}
    rule = NodeLabelRule(presets=tuple(NOT_BY_DEFAULT), selectors=tuple(selectors), excluded=tuple(selectors))
    answer = cel.ask([rule.is_virtual(), rule.is_excluded()], [node])
    assert "error" not in answer, answer["error"]
    assert answer["results"] == ["0", "0"]
    assert answer["cost"] < PER_CALL_LIMIT / 10
