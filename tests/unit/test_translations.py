"""The Chinese documents have the headings, keys, commands and links of the English ones."""

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

FENCE = re.compile(r"^```(\w*)\n(.*?)^```", re.M | re.S)


def sections(text: str) -> list[tuple[str, str]]:
    """Return the headings with what follows each."""
    masked = FENCE.sub(lambda match: match[0].replace("\n#", "\n\0"), text)
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
        if target in PAIRS and anchor:
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
        assert names(translated) == names(original), title
        assert code_blocks(translated) == code_blocks(original), title
        if english.name != "README.md" or not title.startswith("# "):  # each README links to the other
            assert links(translated, chinese) == links(original, english), title


def test_the_index_lists_every_translation() -> None:
    index = (ROOT / "docs" / "zh" / "index.md").read_text()
    assert [path.name for path in PAIRS if path.parent.name == "zh" and f"({path.name})" not in index] == []


def test_no_sentence_of_a_translation_is_left_in_english() -> None:
    for chinese in PAIRS:
        for paragraph in re.split(r"\n\n+", FENCE.sub("", chinese.read_text())):
            plain = re.sub(r"`[^`]*`|\]\([^)]*\)|<!--.*?-->|https?://\S+", "", paragraph)
            words = re.findall(r"[A-Za-z]{2,}", plain)
            assert len(words) < 25 or re.search(r"[\u4e00-\u9fff]{10}", plain), paragraph
