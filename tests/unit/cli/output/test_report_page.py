"""The page of a check: complete, self-contained, small, and safe whatever nodes are called."""

import json
import sys
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_openkruise.checks import Snapshot, check, expect_selectors, make_node_facts
from pulumi_openkruise.cli.app import run
from pulumi_openkruise.cli.output import doc_links
from pulumi_openkruise.cli.output.page_style import COLOURS, MARKS, SEVERITY_COLOURS, SURFACES
from pulumi_openkruise.cli.output.report_page import page
from pulumi_openkruise.detection import classify
from pulumi_openkruise.selectors import solve

from tests.support.reports import make_report

SELECTORS = ["type=virtual-kubelet", "pool=burst"]
EXPECTED = expect_selectors(
    solve(SELECTORS), "a test", [(text, "argument") for text in SELECTORS], "kruise-system"
)
VOID = {"meta"}


def node(name: str, labels: Any = None, **info: str) -> dict[str, Any]:
    plain = {"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
    node_info = {
        "containerRuntimeVersion": "containerd://2",
        "kubeletVersion": "v1.33.1",
        "osImage": "Debian",
    }
    node_info |= {"kernelVersion": "6.1", "architecture": "amd64", "operatingSystem": "linux", **info}
    return {
        "metadata": {"name": name, "labels": {**plain, **(labels or {})}},
        "status": {"nodeInfo": node_info},
    }


def written(*nodes: dict[str, Any]) -> str:
    facts = [make_node_facts(one, classify) for one in nodes]
    return page(check(Snapshot(source="a test", taken="2026-01-01T00:00:00Z", nodes=facts), EXPECTED))


class Tree(HTMLParser):
    """Reads a page: its elements with their attributes, its text, and whether it is well formed."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return "\n".join(self.texts)


def test_everything_is_on_it() -> None:
    tree = Tree(written(node("lost-1", {"pool": "burst"}), node("fine-1", {"pool": "general"})))
    for text in ("1 critical, 1 warning", "1 real node excluded", "real-node-excluded", "lost-1", "fine-1"):
        assert text in tree.text
    squares = [attrs for tag, attrs in tree.elements if tag == "i"]
    assert sorted(str(one["class"]) for one in squares) == ["admitted", "lost"]
    assert {one["title"] for one in squares} == {
        "lost-1: real, excluded: it loses its daemon",
        "fine-1: real, the daemon may run there",
    }


def test_an_empty_cluster() -> None:
    assert "None." in Tree(written()).texts


ALLOWED = {
    "a", "article", "b", "body", "caption", "code", "dd", "details", "div", "dl", "dt", "h1", "h2", "h3",
    "head", "header", "html", "i", "li", "main", "meta", "nav", "p", "section", "small", "span", "style",
    "summary", "table", "tbody", "td", "th", "thead", "title", "tr", "ul",
}  # fmt: skip
ATTRIBUTES = {
    "aria-hidden", "aria-label", "aria-labelledby", "charset", "class", "content", "href", "http-equiv",
    "id", "lang", "name", "role", "scope", "tabindex", "title",
}  # fmt: skip


def assert_safe(text: str) -> None:
    tree = Tree(text)
    for tag, attributes in tree.elements:
        assert tag in ALLOWED
        assert set(attributes) <= ATTRIBUTES
        if "href" in attributes:
            assert attributes["href"] in {"#findings", "#checks", "#pools", "#nodes"}
        if "id" in attributes:
            assert str(attributes["id"]).removesuffix("-title") in {"findings", "checks", "pools", "nodes"}
        if tag != "meta":
            assert "content" not in attributes
    assert [tag for tag, _attributes in tree.elements].count("style") == 1
    assert "://" not in text.partition("</style>")[0]
    assert all(one.isprintable() or one in "\n" for one in text)


TEXT = st.text(max_size=30) | st.sampled_from(
    [
        "<script>alert(1)</script>",
        '"><img src=x onerror=alert(1)>',
        "</style><script>",
        "]]>",
        "&lt;",
        "\x1b[2J",
        "-->",
    ]
)


@given(name=st.text(min_size=1, max_size=20) | TEXT.filter(bool), key=TEXT, value=TEXT, info=TEXT)
def test_nothing_of_a_node_becomes_markup(name: str, key: str, value: str, info: str) -> None:
    labels = {key: value, "pool": value, "type": info}
    evil = node(name, labels, containerRuntimeVersion=info, osImage=value, kubeletVersion=key)
    assert_safe(written(evil, node("lost", {**labels, "pool": "burst"})))


def test_a_name_that_looks_like_markup_is_shown_as_it_is() -> None:
    evil = "<script>alert(1)</script>"
    text = written(node(evil, {"pool": "burst"}))
    assert "<script>" not in text
    assert evil in Tree(text).texts


def test_a_hundred_thousand_nodes_stay_a_small_page() -> None:
    facts = [make_node_facts(node(f"n{at}", {"pool": f"p{at % 300}"}), classify) for at in range(3000)]
    many = Snapshot(source="x", taken="", nodes=[*facts] * 34)
    text = page(check(many, EXPECTED))
    tree = Tree(text)
    assert len(text) < 1_000_000
    squares = [attrs for tag, attrs in tree.elements if tag == "i"]
    assert 300 <= len(squares) <= 2000
    assert "300 pools without trouble, 102,000 nodes" in tree.text
    assert "240 more pools" in tree.text or "241 more pools" in tree.text


def test_the_command_writes_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nodes = tmp_path / "nodes.json"
    nodes.write_text(json.dumps([node("a")]))
    path = tmp_path / "page.html"
    assert run(["check", "x=y", "--nodes-file", str(nodes), "--html", str(path)]) == 1
    assert f"written: {path}" in capsys.readouterr().err
    assert_safe(path.read_text())
    assert (
        run(["check", "x=y", "--nodes-file", str(nodes), "--html", str(tmp_path / "no" / "page.html")]) == 2
    )
    assert "cannot be written" in capsys.readouterr().err


def test_the_page_replaces_none_of_the_inputs(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    nodes = tmp_path / "nodes.json"
    nodes.write_text('{"kind": "List", "items": []}')
    assert run(["check", "a=b", "--nodes-file", str(nodes), "--html", str(nodes)]) == 2
    assert "would be overwritten" in capsys.readouterr().err
    assert nodes.read_text().startswith("{")


def test_the_page_is_imported_only_where_it_is_wanted(tmp_path: Path) -> None:
    import subprocess

    nodes = tmp_path / "nodes.json"
    nodes.write_text("[]")
    code = "import sys; from pulumi_openkruise.cli.app import run; "
    code += f"run(['check', 'x=y', '--nodes-file', {str(nodes)!r}]); "
    code += (
        "print([m for m in sys.modules if m.startswith(('kubernetes', 'urllib3', 'xml.etree', 'pulumi.'))])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.rstrip().endswith("[]")


def test_the_title_names_cluster_stack_versions_and_time() -> None:
    tree = Tree(page(replace(make_report(), snapshot=replace(make_report().snapshot, version="v1.33.1"))))
    title = next(text for text in tree.texts if text.startswith("OpenKruise, "))
    for part in (
        "https://10.0.0.1 (context prod)",
        "stacks/Pulumi.prod.yaml",
        "Kubernetes v1.33.1",
        "2026-11-29 10:00",
    ):
        assert part in title


def test_findings_come_before_the_picture_and_what_is_well_is_folded() -> None:
    text = written(node("lost-1", {"pool": "burst"}), node("fine-1", {"pool": "general"}))
    order = [text.index(part) for part in ('id="findings"', 'id="checks"', 'id="pools"', 'id="nodes"')]
    assert order == sorted(order)
    open_part, _details, folded = text.partition("1 pool without trouble, 1 node")
    assert "<h3>burst</h3>" in open_part
    assert "<h3>general</h3>" in folded
    assert "<h3>general</h3>" not in open_part


def test_what_was_accepted_not_checked_or_well_is_said() -> None:
    tree = Tree(page(make_report([])))
    assert "Accepted until 2027-01-01: " in tree.texts
    assert "the live affinity, because not allowed: GET x: 403" in tree.texts
    assert "1 check without findings" in tree.texts


def test_commands_are_elements_of_their_own() -> None:
    tree = Tree(page(make_report()))
    commands = [
        attributes
        for tag, attributes in tree.elements
        if tag == "code" and attributes.get("class") == "command"
    ]
    assert len(commands) > 10
    assert "pulumi up" in tree.texts
    assert not any("`" in text for text in tree.texts)


def test_the_documentation_is_linked_where_it_has_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    def links() -> list[str | None]:
        found = Tree(page(make_report())).elements
        return [attributes["href"] for tag, attributes in found if tag == "a" and attributes.get("rel")]

    assert links() == []
    assert "pulumi-openkruise check --explain real-node-excluded" in Tree(page(make_report())).texts
    monkeypatch.setattr(doc_links, "_find_documentation", lambda: "https://docs.example.com")
    assert "https://docs.example.com/check/#manager-single" in links()
    assert not any("check --explain" in text for text in Tree(page(make_report())).texts)


# --- colours


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours by WCAG 2, from 1 to 21."""
    lower, higher = sorted((luminance(one), luminance(other)))
    return (higher + 0.05) / (lower + 0.05)


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_colours_have_the_contrast_of_level_aa(scheme: int) -> None:
    surface = {name: pair[scheme] for name, pair in SURFACES.items()}
    for ground in ("page", "card", "code"):
        assert contrast(surface["ink"], surface[ground]) >= 4.5
        assert contrast(surface["soft"], surface[ground]) >= 4.5
    for pair in [*SEVERITY_COLOURS.values(), SURFACES["good"], *(COLOURS[state] for state in MARKS)]:
        assert contrast(surface["on"], pair[scheme]) >= 4.5
    for pair in COLOURS.values():
        assert contrast(surface["card"], pair[scheme]) >= 3


def test_the_measure_of_contrast_is_right() -> None:
    assert contrast("#000000", "#ffffff") == pytest.approx(21)
    assert contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
