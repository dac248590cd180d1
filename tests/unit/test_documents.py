"""The documents: links lead somewhere, and each command block is run by a test, or says that it is not.

Above a block stands ``<!-- run: TEST -->`` or ``<!-- not run: REASON -->``. A block of nothing but `make` and
`pulumi-openkruise` needs neither: the targets are looked up here, and
tests/unit/cli/test_documented_commands.py runs the commands.
"""

import re
import shlex
from pathlib import Path

import click
import pytest
from pulumi_openkruise.cli.app import commands

from tests.support.documents import BLOCK, DOCUMENTS, command_lines
from tests.support.engine import ROOT

IDS = [str(path.relative_to(ROOT)) for path in DOCUMENTS]
TARGETS = set(re.findall(r"^([a-z0-9-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))


def anchors(path: Path) -> set[str]:
    """Return the anchors of a document's headings, as code hosts make them."""
    text = re.sub(r"^```.*?^```", "", path.read_text(), flags=re.M | re.S)
    found: set[str] = set(re.findall(r'<a (?:id|name)="([^"]+)"', text))
    for title in re.findall(r"^#+ (.+)$", text, re.MULTILINE):
        plain = re.sub(r"[^\w\- ]", "", title.replace("`", "").lower())
        found.add(plain.replace(" ", "-"))
    return found


@pytest.mark.parametrize("path", DOCUMENTS, ids=IDS)
def test_links_lead_somewhere(path: Path) -> None:
    text = re.sub(r"^```.*?^```", "", path.read_text(), flags=re.M | re.S)
    dead = []
    for link in re.findall(r"\]\(([^)\s]+)\)", text):
        if link.startswith(("https://", "http://", "mailto:")):
            continue
        name, _hash, anchor = link.partition("#")
        target = (path.parent / name).resolve() if name else path
        if not target.exists() or (anchor and target.suffix == ".md" and anchor not in anchors(target)):
            dead.append(link)
    assert dead == []


def fault(line: str) -> str:
    """Return what is wrong with a command of this project, empty where nothing is; None-like for others."""
    words = shlex.split(line)
    if words[0] == "make":
        target = next((word for word in words[1:] if "=" not in word), "help")
        return "" if target in TARGETS else f"no target {target}"
    if words[0] == ".ci/run":
        return ""
    if words[0] != "pulumi-openkruise":
        return f"not a command of this project: {words[0]}"
    command: click.Command = commands
    rest = words[1:]
    while isinstance(command, click.Group) and rest and not rest[0].startswith("-"):
        found = command.get_command(click.Context(command), rest[0])
        if found is None:
            return f"no command {rest[0]}"
        command, rest = found, rest[1:]
    known = {name for parameter in command.get_params(click.Context(command)) for name in parameter.opts}
    unknown = {word.partition("=")[0] for word in rest if re.match(r"--?[a-z]", word)} - known
    return f"unknown options {sorted(unknown)}" if unknown else ""


@pytest.mark.parametrize("path", DOCUMENTS, ids=IDS)
def test_command_blocks_are_run_or_say_that_they_are_not(path: Path) -> None:
    wrong = []
    for kind, note, block in BLOCK.findall(path.read_text()):
        if kind == "run":
            name, _colons, _test = note.partition("::")
            original = path.name.replace(".zh-CN", "")  # translations have the code of the English pages
            if not (ROOT / name).exists() or f'"{original}"' not in (ROOT / name).read_text():
                wrong.append(f"no test {name} that reads {original}")
        elif kind != "not run":
            wrong += [f"{line}: {found}" for line in command_lines(block) if (found := fault(line))]
        else:
            # What is not run still has commands and options of this project that exist.
            own = [line for line in command_lines(block) if line.startswith(("pulumi-openkruise ", "make "))]
            wrong += [f"{line}: {found}" for line in own if (found := fault(line.partition(" | ")[0]))]
    assert wrong == []


def test_every_page_is_in_the_sites_navigation_and_in_the_index() -> None:
    pages = {str(path.relative_to(ROOT / "docs")) for path in (ROOT / "docs").rglob("*.md")}
    pages -= {"index.md", "zh/index.md", "package.md"}  # entry pages, and the text for package indexes
    navigation = re.findall(r"^      - .+: (\S+\.md)$", (ROOT / "mkdocs.yml").read_text(), re.MULTILINE)
    assert pages - set(navigation) == set()
    assert len(navigation) == len(set(navigation))
    english, chinese = ((ROOT / "docs" / name).read_text() for name in ("index.md", "zh/index.md"))
    unlisted = [page for page in pages if f"({page})" not in english and f"({page[3:]})" not in chinese]
    assert unlisted == []


def test_every_test_that_the_threat_model_names_exists() -> None:
    named = set(
        re.findall(r"`(tests/[\w/]+(?:\.py)?)(?:::(\w+))?`", (ROOT / "docs" / "threat-model.md").read_text())
    )
    assert len(named) > 40
    missing = {
        (path, name)
        for path, name in named
        if not (ROOT / path).exists() or (name and f"def {name}(" not in (ROOT / path).read_text())
    }
    assert missing == set()
