"""docs/presets.md says what the catalogue says."""

from pulumi_openkruise.catalogue import KINDS
from pulumi_openkruise.catalogue.kind import NodeKind

from tests.support.documents import check_table, markdown


def describe_label(kind: NodeKind) -> str:
    """Return whether a kind's nodes carry `type=virtual-kubelet`; by version, the note says all."""
    if not kind.type_label_note or kind.type_label_note.startswith("yes "):
        return kind.type_label_note or kind.type_label
    return f"{kind.type_label}: {kind.type_label_note}"


def test_presets() -> None:
    rows = [
        [
            f"`{kind.name}`",
            "<br>".join(f"`{selector}`" for selector in kind.selectors),
            describe_label(kind),
            f"{kind.description} ({kind.vendor})",
            f"{kind.confidence}: {kind.source}",
        ]
        for kind in KINDS.values()
        if kind.is_preset
    ]
    excluded = "Excludes nodes that match any of"
    columns = ["Preset", excluded, "Carries `type=virtual-kubelet`", "What it is", "Evidence"]
    check_table("presets.md", "presets", markdown(columns, rows))


def test_others() -> None:
    rows = [
        [
            kind.name,
            "virtual" if kind.virtual else "real: not to be excluded",
            f"{kind.description} ({kind.vendor})",
            kind.reason,
            f"{kind.confidence}: {kind.source}",
        ]
        for kind in KINDS.values()
        if not kind.is_preset
    ]
    check_table(
        "presets.md", "others", markdown(["Kind", "Nodes", "What it is", "Why no preset", "Evidence"], rows)
    )
