"""The page of a check: complete, self-contained, small, and safe whatever nodes are called."""

import json
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pulumi_openkruise.checks import Snapshot, check, expect_selectors, node_facts
from pulumi_openkruise.cli.app import run
from pulumi_openkruise.cli.output.report_page import page
from pulumi_openkruise.detection import classify
from pulumi_openkruise.selectors import solve

SELECTORS = ["type=virtual-kubelet", "pool=burst"]
EXPECTED = expect_selectors(
    solve(SELECTORS), "a test", [(text, "argument") for text in SELECTORS], "kruise-system"
)
VOID = {"meta"}


def node(name: str, labels: Any = None, **info: str) -> dict[str, Any]:
    plain = {"kubernetes.io/os": "linux", "kubernetes.io/arch": "amd64"}
    told = {"containerRuntimeVersion": "containerd://2", "kubeletVersion": "v1.33.1", "osImage": "Debian"}
    told |= {"kernelVersion": "6.1", "architecture": "amd64", "operatingSystem": "linux", **info}
    return {"metadata": {"name": name, "labels": {**plain, **(labels or {})}}, "status": {"nodeInfo": told}}


def written(*nodes: dict[str, Any]) -> str:
    facts = [node_facts(one, classify) for one in nodes]
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
    "article", "b", "body", "code", "dd", "details", "div", "dl", "dt", "h1", "h2", "h3", "head", "html", "i",
    "li", "main", "meta", "p", "section", "small", "span", "style", "summary", "table", "tbody", "td", "th",
    "thead", "title", "tr", "ul",
}  # fmt: skip


def assert_safe(text: str) -> None:
    tree = Tree(text)
    for tag, attributes in tree.elements:
        assert tag in ALLOWED
        assert set(attributes) <= {"class", "title", "charset", "http-equiv", "content", "name", "lang"}
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
    facts = [node_facts(node(f"n{at}", {"pool": f"p{at % 300}"}), classify) for at in range(3000)]
    many = Snapshot(source="x", taken="", nodes=[*facts] * 34)
    text = page(check(many, EXPECTED))
    tree = Tree(text)
    assert len(text) < 1_000_000
    squares = [attrs for tag, attrs in tree.elements if tag == "i"]
    assert 300 <= len(squares) <= 2000
    assert "102,000 nodes" not in tree.text  # no pool has all of them
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
