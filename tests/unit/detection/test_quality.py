"""How good the detector is, measured on the corpus; docs/detection.md shows the same numbers."""

from collections import Counter

from pulumi_openkruise.detection import Classification, classify

from tests.support.corpus import GROUPS, corpus
from tests.support.documents import check_table, markdown

CLASSIFIED: list[tuple[str, str, bool, Classification]] = [
    (sample.group, sample.truth, sample.shows, classify(sample.node)) for sample in corpus()
]


def test_no_real_node_is_called_virtual() -> None:
    wrong = [
        sample.id
        for sample in corpus()
        if sample.truth == "real" and classify(sample.node).verdict == "virtual"
    ]
    assert wrong == []


def test_virtual_nodes_that_show_anything_are_found() -> None:
    visible = [sample for sample in corpus() if sample.truth == "virtual" and sample.shows]
    found = [sample for sample in visible if classify(sample.node).verdict == "virtual"]
    assert len(found) >= 0.95 * len(visible)


def test_few_stay_unsure() -> None:
    unsure = [sample for sample in corpus() if classify(sample.node).verdict == "unsure"]
    assert len(unsure) <= 0.10 * len(corpus())
    assert all(classify(sample.node).settle for sample in unsure)


def test_no_kind_is_called_another_of_another_family() -> None:
    # Providers that set nothing of their own are given the kind that they are built on.
    for sample in corpus():
        found = classify(sample.node).kind
        if sample.group == "described" and sample.kind is not None:
            assert found in (sample.kind, "virtual-kubelet"), sample.id


def test_the_document_shows_these_numbers() -> None:
    counts = Counter(
        (group, truth, classification.verdict) for group, truth, _shows, classification in CLASSIFIED
    )
    rows = []
    for group in GROUPS:
        for truth in ("virtual", "real"):
            line = [counts[group, truth, verdict] for verdict in ("virtual", "unsure", "real")]
            if any(line):
                rows.append([group, truth, str(sum(line)), *map(str, line)])
    for truth in ("virtual", "real"):
        line = [
            sum(counts[group, truth, verdict] for group in GROUPS)
            for verdict in ("virtual", "unsure", "real")
        ]
        rows.append(["**all**", truth, str(sum(line)), *map(str, line)])
    columns = ["Group", "Nodes are", "Number", "called virtual", "unsure", "called real"]
    check_table("detection.md", "quality", markdown(columns, rows))


def test_the_document_says_what_was_missed() -> None:
    rows = [
        [
            sample.id,
            sample.truth,
            classify(sample.node).verdict,
            classify(sample.node).settle or "nothing on it distinguishes it from a real node",
            sample.source,
        ]
        for sample in corpus()
        if classify(sample.node).verdict != sample.truth
    ]
    columns = ["Node", "is", "is called", "What would decide it", "Source"]
    check_table("detection.md", "missed", markdown(columns, rows))


def test_kinds_found() -> None:
    named = [sample for sample in corpus() if sample.kind is not None]
    right = sum(classify(sample.node).kind == sample.kind for sample in named)
    check_table(
        "detection.md",
        "kinds",
        f"Of {len(named)} nodes whose kind is known, {right} are given that kind; the others are called\n"
        "`virtual-kubelet`, which they are built on.",
    )
