"""The Chinese documents have the headings, keys, commands and links of the English ones, or more."""

import re
from pathlib import Path

import pytest

from tests.support.engine import ROOT

PAIRS = {ROOT / "README.zh-CN.md": ROOT / "README.md"} | {
    path: ROOT / "docs" / path.name
    for path in sorted((ROOT / "docs" / "zh").glob("*.md"))
    if path.name != "index.md"
}
UNTRANSLATED = {"Map"}
"""Sections that a translation only points to."""
ENGLISH_ALONE = {"examples/README.md"}
"""How-to pages without a translation."""
GENERATED = re.compile(
    r"^<!-- ([\w ]+): (?:begin -->.*?^<!-- \1: end -->|.*?^<!-- end of \1 -->)\n", re.M | re.S
)
"""Tables that the code writes into an English page; ``TABLES`` says what a translation keeps of each."""
TABLES = [
    ("presets", "presets", 2),
    ("presets", "others", 1),
    ("upgrading", "kubernetes", None),
    ("detection", "quality", None),
]
"""Page, table, and how many of its first columns are the same in both languages; None: its numbers are."""

FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.M | re.S)


def sections(text: str) -> list[tuple[str, str]]:
    """Return the headings with what follows each, without generated tables."""
    masked = FENCE.sub(lambda match: match[0].replace("\n#", "\n\0"), GENERATED.sub("", text))
    parts = re.split(r"^(#+ .+)$", masked, flags=re.MULTILINE)[1:]
    return [(parts[at], parts[at + 1].replace("\0", "#")) for at in range(0, len(parts), 2)]


def code_blocks(text: str) -> list[tuple[str, list[str]]]:
    """Return code without comments, which are translated."""
    found = []
    for language, code in FENCE.findall(text):
        lines = [re.sub(r"(^|\s+)(#|//) .*$", "", line).rstrip() for line in code.splitlines()]
        found.append((language, [line for line in lines if line]))
    return found


def names(text: str) -> set[str]:
    """Return what stands in the text as code."""
    return set(re.findall(r"`([^`]+)`", " ".join(FENCE.sub("", text).split())))


def anchors(path: Path) -> list[str]:
    """Return the anchors of a document's headings in their order, as code hosts make them."""
    titles = [heading.lstrip("# ") for heading, _body in sections(path.read_text())]
    return [re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles]


def links(text: str, path: Path) -> set[str]:
    """Return where a section's links lead; a translation counts as page and heading of the English one."""
    found = set()
    for link in re.findall(r"\]\(([^)\s]+)\)", FENCE.sub("", text)):
        if "://" in link:
            found.add(link)
            continue
        name, hash_, anchor = link.partition("#")
        if not name:
            found.add("#")  # a heading of the same page, which is translated
            continue
        target = (path.parent / name).resolve()
        if target in PAIRS and anchor in anchors(target):  # else it is in a generated table, in both alike
            anchor = anchors(PAIRS[target])[anchors(target).index(anchor)]
        found.add(f"{PAIRS.get(target, target)}{hash_}{anchor}")
    return found


@pytest.mark.parametrize("chinese", PAIRS, ids=lambda path: path.name)
def test_a_translation_has_the_originals_headings_code_and_links(chinese: Path) -> None:
    english = PAIRS[chinese]
    theirs, ours = sections(english.read_text()), sections(chinese.read_text())
    levels = [[heading.split(" ")[0] for heading, _body in found] for found in (theirs, ours)]
    assert levels[0] == levels[1]
    for (title, original), (_title, translated) in zip(theirs, ours, strict=True):
        if title.lstrip("# ") in UNTRANSLATED:
            continue
        assert names(original) - names(translated) == set(), title
        assert code_blocks(translated) == code_blocks(original), title
        if english.name != "README.md" or not title.startswith("# "):  # each README links to the other
            assert links(original, english) - links(translated, chinese) == set(), title


def rows(page: Path, name: str) -> list[list[str]]:
    """Return the cells of a generated table, without its headings."""
    found = [match[0] for match in GENERATED.finditer(page.read_text()) if match[1] == name]
    assert len(found) == 1, (page, name)
    lines = [line for line in found[0].splitlines() if line.startswith("|")]
    return [line.strip("| ").split(" | ") for line in lines[2:]]


def numbers(cell: str) -> list[str]:
    return re.findall(r"\d[\d.]*", cell)


@pytest.mark.parametrize(("page", "name", "columns"), TABLES)
def test_a_generated_table_has_the_same_rows(page: str, name: str, columns: int | None) -> None:
    theirs, ours = (rows(ROOT / "docs" / folder / f"{page}.md", name) for folder in ("", "zh"))
    assert len(theirs) > 2
    if columns is None:
        assert [[numbers(cell) for cell in row] for row in ours] == [
            [numbers(cell) for cell in row] for row in theirs
        ]
    else:
        assert [row[:columns] for row in ours] == [row[:columns] for row in theirs]


def test_the_list_of_what_a_version_changes_is_translated_in_full() -> None:
    """By version, and by the issues, versions and commands that a row names."""
    theirs, ours = (rows(ROOT / "docs" / folder / "upgrading.md", "changes") for folder in ("", "zh"))
    assert [numbers(row[0]) for row in ours] == [numbers(row[0]) for row in theirs]
    for mine, other in zip(ours, theirs, strict=True):
        assert sorted(re.findall(r"(?:kruise|charts)#\d+", mine[3])) == sorted(
            re.findall(r"(?:kruise|charts)#\d+", other[3])
        )
        assert names(mine[2]) == names(other[2])


def test_every_finding_is_translated_with_its_severity() -> None:
    pattern = r"^\| <a id=\"([\w-]+)\"></a>`\1` \| (\w+) \|"
    theirs, ours = (
        re.findall(pattern, (ROOT / "docs" / folder / "check.md").read_text(), re.MULTILINE)
        for folder in ("", "zh")
    )
    assert len(theirs) > 40
    assert [row for row in ours if row in theirs] == theirs


def test_the_sentence_on_the_kinds_found_has_the_same_numbers() -> None:
    theirs, ours = (
        [
            numbers(match[0])
            for match in GENERATED.finditer((ROOT / "docs" / folder / "detection.md").read_text())
            if match[1] == "kinds"
        ]
        for folder in ("", "zh")
    )
    assert len(theirs) == 1
    assert ours == theirs


@pytest.mark.parametrize("chinese", PAIRS, ids=lambda path: path.name)
def test_links_lead_to_the_translation_of_a_page_that_has_one(chinese: Path) -> None:
    """But for those to the page's own original."""
    found = re.findall(r"\]\(([^)#\s]+)", FENCE.sub("", chinese.read_text()))
    others = set(PAIRS.values()) - {PAIRS[chinese]}
    assert [link for link in found if "://" not in link and (chinese.parent / link).resolve() in others] == []


def test_every_how_to_page_is_translated() -> None:
    how_to = re.search(r"^  - How to:\n((?:      - .+\n)+)", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE)
    assert how_to is not None
    pages = set(re.findall(r": (\S+\.md)$", how_to[1], re.MULTILINE))
    assert len(pages) > 10
    assert {page for page in pages if not (ROOT / "docs" / "zh" / page).exists()} == ENGLISH_ALONE


def test_the_index_lists_every_translation() -> None:
    index = (ROOT / "docs" / "zh" / "index.md").read_text()
    pages = [path.name for path in PAIRS if path.parent == ROOT / "docs" / "zh"]
    assert [page for page in pages if f"({page})" not in index] == []


def test_no_sentence_of_a_translation_is_left_in_english() -> None:
    for chinese in PAIRS:
        for paragraph in re.split(r"\n\n+", FENCE.sub("", chinese.read_text())):
            plain = re.sub(r"`[^`]*`|\]\([^)]*\)|<!--.*?-->|https?://\S+", "", paragraph)
            words = re.findall(r"[A-Za-z]{2,}", plain)
            assert len(words) < 25 or re.search(r"[\u4e00-\u9fff]{10}", plain), paragraph
