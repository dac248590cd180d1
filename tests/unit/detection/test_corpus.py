"""The corpus itself: large enough, every kind in it, and no entry without a source."""

from pulumi_openkruise.catalogue import KINDS
from pulumi_openkruise.selectors import NodeMatcher

from tests.support.corpus import GROUPS, corpus

NOT_DESCRIBED = {
    "alibaba-acs": "its label's value is a guess, so the entry names no kind",
    "gke-autopilot": "nothing tells its nodes from others of GKE",
    "spinkube": "nothing tells its nodes from others",
}


def test_size_and_shape() -> None:
    samples = corpus()
    assert len(samples) >= 80
    assert len({sample.id for sample in samples}) == len(samples)
    assert {sample.group for sample in samples} == set(GROUPS)
    for sample in samples:
        assert sample.truth in ("virtual", "real")
        assert len(sample.source) > 10
        assert sample.kind is None or KINDS[sample.kind].virtual == (sample.truth == "virtual")
    assert {sample.truth for sample in samples if sample.group == "real"} == {"real"}


def test_every_kind_is_described() -> None:
    described = {sample.kind for sample in corpus()}
    assert {name for name in KINDS if name not in described} == set(NOT_DESCRIBED)


def test_nodes_as_described_match_the_selectors_of_their_kind() -> None:
    # What imitates a kind without its labels is in the corpus on purpose, and named here.
    unlabelled = {"kwok-imitating-eks"}
    for sample in corpus():
        kind = KINDS.get(sample.kind or "")
        if sample.group == "described" and kind is not None and kind.selectors:
            matches = bool(NodeMatcher(kind.selectors).match(sample.node["metadata"]["labels"]).selectors)
            assert matches == (sample.id not in unlabelled), sample.id
