"""A report of a check as one HTML page that needs nothing but itself: no script, no image, no other file.

The page is built as a tree and written by the standard library, which escapes every text and attribute; a
policy in the page forbids scripts and everything from elsewhere besides.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from math import ceil
from xml.etree.ElementTree import Element, SubElement, tostring

from ...checks import Finding, Report
from ...checks.node_states import STATES, NodeState, State
from ...diagnostics.wording import and_more, counted
from ..errors import UnusableInputError
from .page_style import COLOURS, MARKS, STYLE
from .terminal import safe

_SQUARES = 1500
_POOLS = 60
_ROWS = 500
_NAMES = 200
_LINES = 25
_TROUBLE: tuple[State, ...] = ("lost", "exposed", "waiting", "unsure")


def write_page(report: Report, path: str) -> None:
    """Write the page to a file; raises UnusableInputError where that cannot be."""
    try:
        with open(path, "w", encoding="utf-8") as file:
            file.write(page(report))
    except OSError as error:
        raise UnusableInputError(f"{path}: cannot be written: {error.strerror}") from None


def page(report: Report) -> str:
    """Return the page; it stays small however many nodes there are."""
    html = Element("html", lang="en")
    head = SubElement(html, "head")
    SubElement(head, "meta", charset="utf-8")
    policy = {
        "http-equiv": "Content-Security-Policy",
        "content": "default-src 'none'; style-src 'unsafe-inline'",
    }
    SubElement(head, "meta", policy)
    SubElement(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
    _add(head, "title", f"OpenKruise: {report.snapshot.source}")
    SubElement(head, "style").text = STYLE
    main = SubElement(SubElement(html, "body"), "main")
    _header(main, report)
    _picture(main, report.states)
    _findings(main, report.findings)
    if report.not_checked:
        _add(main, "h2", "Not checked")
        _list(main, [f"{one.what}, because {one.because}" for one in report.not_checked])
    _table(main, report)
    text = tostring(html, encoding="unicode", method="html")
    return f"<!doctype html>\n{text}\n"


def _header(main: Element, report: Report) -> None:
    _add(main, "h1", report.snapshot.source)
    _add(main, "p", f"compared with {report.expected.source}, {report.snapshot.taken}", "soft")
    worst = report.findings[0].severity if report.findings else ""
    verdicts = {"critical": "bad", "error": "bad", "warning": "fair"}
    _add(main, "p", report.describe_findings() or "nothing found", f"verdict {verdicts.get(worst, 'good')}")
    tiles = SubElement(main, "div", {"class": "tiles"})
    for state, count in report.counts().items():
        tile = SubElement(tiles, "div", {"class": f"tile {state}"})
        _add(tile, "b", f"{count:,}")
        _add(tile, "span", f"{MARKS.get(state, '')} {STATES[state]}".strip())


def _picture(main: Element, states: Sequence[NodeState]) -> None:
    """Draw the nodes by pool, a square for each, or for so many that the page stays readable."""
    pools: dict[str, list[NodeState]] = defaultdict(list)
    for one in states:
        classification = one.node.classification
        pools[one.node.pool or f"no pool={classification.kind or classification.verdict}"].append(one)
    each = max(1, ceil(len(states) / _SQUARES))
    _add(main, "h2", "Nodes by pool")
    if each > 1:
        _add(main, "p", f"A square stands for up to {each:,} nodes of one state.", "soft")
    drawn = SubElement(main, "div", {"class": "pools"})
    ordered = sorted(pools.items(), key=_worst_first)
    for name, members in ordered[:_POOLS]:
        _pool(drawn, name, members, each)
    rest = [one for _name, members in ordered[_POOLS:] for one in members]
    if rest:
        _pool(drawn, f"{len(ordered) - _POOLS:,} more pools", rest, each)


def _worst_first(pool: tuple[str, list[NodeState]]) -> tuple[int, int, str]:
    name, members = pool
    return -sum(one.state in _TROUBLE for one in members), -len(members), name


def _pool(parent: Element, name: str, members: Sequence[NodeState], each: int) -> None:
    card = SubElement(parent, "section", {"class": "pool"})
    key, _equals, value = name.partition("=")
    _add(card, "h3", value or key)
    if value:
        _add(card, "small", key)
    by_state: dict[State, list[NodeState]] = defaultdict(list)
    for one in members:
        by_state[one.state].append(one)
    told = [f"{len(by_state[state]):,} {state}" for state in COLOURS if by_state[state]]
    _add(card, "p", f"{counted(len(members), 'node')}: {', '.join(told)}", "soft")
    squares = SubElement(card, "div", {"class": "squares"})
    for state in (*_TROUBLE, *(other for other in COLOURS if other not in _TROUBLE)):
        for at in range(0, len(by_state[state]), each):
            group = by_state[state][at : at + each]
            title = group[0].node.name if len(group) == 1 else counted(len(group), "node")
            square = SubElement(squares, "i", {"class": state, "title": safe(f"{title}: {STATES[state]}")})
            square.text = MARKS.get(state, "")


def _findings(main: Element, findings: Iterable[Finding]) -> None:
    _add(main, "h2", "Findings")
    shown = False
    for finding in findings:
        shown = True
        card = SubElement(main, "article", {"class": f"finding {finding.severity}"})
        heading = SubElement(card, "h3")
        _add(heading, "span", finding.severity, "severity")
        _add(heading, "span", finding.what)
        _add(card, "code", finding.code)
        _list(card, finding.evidence, _LINES)
        meaning = SubElement(card, "dl")
        for term, text in (("means", finding.consequence), ("do", finding.remedy)):
            _add(meaning, "dt", term)
            _add(meaning, "dd", text)
        if len(finding.objects) > 1:
            details = SubElement(card, "details")
            _add(details, "summary", counted(len(finding.objects), "object"))
            _list(details, [str(one) for one in finding.objects], _NAMES)
    if not shown:
        _add(main, "p", "None.")


def _table(main: Element, report: Report) -> None:
    """List the nodes: all of them, or those that call for action, as far as a page can hold them."""
    chosen = report.states
    if len(chosen) > _ROWS:
        chosen = [one for one in chosen if one.state in _TROUBLE]
    if not chosen:
        return
    ordered = sorted(chosen, key=lambda one: (one.state not in _TROUBLE, one.node.name))[:_ROWS]
    _add(main, "h2", "Nodes" if len(ordered) == len(report.states) else "Nodes that call for action")
    if len(ordered) < len(chosen):
        _add(main, "p", f"{len(ordered):,} of {len(chosen):,}; --output json has all.", "soft")
    box = SubElement(main, "div", {"class": "table"})
    table = SubElement(box, "table")
    head = SubElement(SubElement(table, "thead"), "tr")
    for title in ("Node", "State", "Why", "Excluded by"):
        _add(head, "th", title)
    body = SubElement(table, "tbody")
    for one in ordered:
        row = SubElement(body, "tr", {"class": one.state})
        classification = one.node.classification
        why = (
            one.reason
            or classification.settle
            or "; ".join(piece.description for piece in classification.evidence[:2])
        )
        by = ", ".join(str(report.expected.selectors[hit]) for hit in one.hits)
        for text in (
            one.node.name,
            STATES[one.state],
            f"{classification.kind or classification.verdict}: {why}",
            by,
        ):
            _add(row, "td", text)


def _add(parent: Element, name: str, text: str, style: str = "") -> Element:
    element = SubElement(parent, name, {"class": style} if style else {})
    element.text = safe(text)
    return element


def _list(parent: Element, lines: Sequence[str], most: int = 1000) -> None:
    """Add a list of the first lines, and how many more there are."""
    listed = SubElement(parent, "ul")
    for line in filter(None, [*lines[:most], and_more(lines, most)]):
        _add(listed, "li", line)
