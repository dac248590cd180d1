"""Print CHANGELOG.md's entry of a tag's version; fails if tag, pyproject.toml and changelog disagree."""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).parent.parent


def read_entry(tag: str, changelog: str, pyproject: str) -> str:
    """Return the entry of the version that a tag like ``v1.2.3`` names.

    Raises ValueError, with what to do, if the tag names no version, if pyproject.toml has another one, or if
    the changelog has no entry of it.
    """
    matched = re.fullmatch(r"v(\d+\.\d+\.\d+)", tag)
    if matched is None:
        raise ValueError(f"tag {tag}: expected v<major>.<minor>.<patch>")
    version = matched[1]
    written = re.search(r'^version = "(.+)"$', pyproject, re.MULTILINE)
    if written is None or written[1] != version:
        found = written[1] if written else "none"
        raise ValueError(f"tag {tag}: pyproject.toml has version {found}; change it there first")
    entry = re.search(
        rf"^## \[{re.escape(version)}\][^\n]*\n(.*?)(?=^## \[|\Z)", changelog, re.MULTILINE | re.DOTALL
    )
    if entry is None:
        raise ValueError(f"tag {tag}: CHANGELOG.md has no entry [{version}]; rename [Unreleased] to it")
    return entry[1].strip()


if __name__ == "__main__":
    try:
        texts = ((ROOT / name).read_text() for name in ("CHANGELOG.md", "pyproject.toml"))
        print(read_entry(sys.argv[1], *texts))
    except ValueError as error:
        sys.exit(str(error))
