"""Hooks of mkdocs: pages that stand outside docs/, and links as they are on the site.

Files keep the links that work where the repository is read; the site has them all below one root.
"""

import re
from pathlib import Path
from typing import Any

from mkdocs.structure.files import File, Files

ROOT = Path(__file__).parent.parent
OUTSIDE = {
    "README.md": "overview.md",  # mkdocs takes README.md for the index
    "README.zh-CN.md": "zh/overview.md",
    "CHANGELOG.md": "CHANGELOG.md",
    "CONTRIBUTING.md": "CONTRIBUTING.md",
    "SECURITY.md": "SECURITY.md",
    "CODE_OF_CONDUCT.md": "CODE_OF_CONDUCT.md",
    "LICENSE": "LICENSE",
    "examples/README.md": "examples/README.md",
}
"""Files outside docs/ by their path in the repository, with their path on the site."""


def on_files(files: Files, config: Any) -> Files:
    """Add what stands outside docs/, with the sources of the examples and the manifests."""
    outside = dict(OUTSIDE)
    for path in sorted([*(ROOT / "examples").glob("*/*"), *(ROOT / "deploy").rglob("*")]):
        if path.is_file():
            name = str(path.relative_to(ROOT))
            outside[name] = name
    for source, target in outside.items():
        files.append(File.generated(config, target, content=(ROOT / source).read_bytes()))
    return files


def on_page_markdown(markdown: str, *, page: Any, **_more: Any) -> str:
    """Turn links into those of the site."""
    source = next((name for name, target in OUTSIDE.items() if target == page.file.src_uri), None)
    here = Path(source).parent if source else Path("docs") / Path(page.file.src_uri).parent
    there = Path(page.file.src_uri).parent

    def changed(match: re.Match[str]) -> str:
        link, hash_, anchor = match[1].partition("#")
        if not link or "://" in link:
            return match[0]
        in_repository = _normal(here / link)
        target = OUTSIDE.get(in_repository, in_repository.removeprefix("docs/"))
        relative = "../" * len(there.parts) + target
        return f"]({relative}{hash_}{anchor})"

    return re.sub(r"\]\(([^)\s]+)\)", changed, markdown)


def _normal(path: Path) -> str:
    parts: list[str] = []
    for part in path.parts:
        if part == "..":
            parts.pop()
        elif part != ".":
            parts.append(part)
    return "/".join(parts)
