"""docs/presets.md says what the catalogue says."""

from pulumi_openkruise.catalogue import KINDS

from tests.support.documents import check_table, markdown


def test_presets() -> None:
    rows = [
        [
            f"`{kind.name}`",
            "<br>".join(f"`{selector}`" for selector in kind.selectors),
            f"{kind.type_label}{f': {kind.type_label_note}' if kind.type_label_note else ''}",
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
