"""A fleet as one HTML page: its waves as rows, each cluster a square in the colour of its state."""

from collections.abc import Sequence
from xml.etree.ElementTree import Element, SubElement, tostring

from ...fleet.report import STATES, ClusterReport
from .terminal import safe
from .written_files import write_report

_COLOURS = {
    "unreachable": ("#5b6470", "?"),
    "findings": ("#b3261e", "!"),
    "failed": ("#b3261e", "x"),
    "by-hand": ("#7b3fa0", "h"),
    "due": ("#8a5a00", "~"),
    "on-hold": ("#33628f", "="),
    "good": ("#1f7a45", ""),
}
"""Each state's colour, dark enough for white text, and a mark for people who see few colours."""
_STYLE = (
    ":root{color-scheme:light dark}body{margin:2rem auto;max-width:70rem;padding:0 1rem;"
    "font:16px/1.5 system-ui,sans-serif}.row{display:flex;flex-wrap:wrap;gap:4px;margin:.3rem 0 1rem}"
    ".row a{width:1.7rem;height:1.7rem;border-radius:4px;color:#fff;text-align:center;text-decoration:none;"
    "font-weight:700}table{border-collapse:collapse;width:100%}th,td{text-align:left;vertical-align:top;"
    "padding:.3rem .6rem;border-bottom:1px solid #8888;overflow-wrap:anywhere}"
    + "".join(f".{state}{{background:{colour}}}" for state, (colour, _mark) in _COLOURS.items())
)


def write_fleet_page(project: str, found: Sequence[ClusterReport], path: str, fleet_file: str) -> None:
    """Write the page to a file other than the fleet's own; raises UnusableInputError where that cannot be."""
    write_report(path, fleet_page(project, found), (fleet_file,))


def fleet_page(project: str, found: Sequence[ClusterReport]) -> str:
    """Return the page; it needs no other file, and every text in it is escaped."""
    html = Element("html", lang="en")
    head = SubElement(html, "head")
    SubElement(head, "meta", charset="utf-8")
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    SubElement(head, "meta", {"http-equiv": "Content-Security-Policy", "content": policy})
    SubElement(head, "meta", name="viewport", content="width=device-width, initial-scale=1")
    title = f"Fleet of {project}: {len(found)} clusters, {sum(not one.clean for one in found)} with findings"
    _add(head, "title", title)
    SubElement(head, "style").text = _STYLE
    main = SubElement(SubElement(html, "body"), "main")
    _add(main, "h1", title)
    for wave in dict.fromkeys(one.wave for one in found):
        members = [one for one in found if one.wave == wave]
        _add(main, "h2", f"{wave}: {len(members)} clusters")
        row = SubElement(main, "div", {"class": "row"})
        for one in members:
            words = safe(f"{one.cluster.name}: {STATES[one.state]}")
            link = SubElement(row, "a", {"class": one.state, "href": f"#{one.cluster.name}", "title": words})
            link.set("aria-label", words)
            link.text = _COLOURS[one.state][1] or "\u00a0"
    _add(main, "h2", "Clusters")
    table = SubElement(main, "table")
    _cells(SubElement(SubElement(table, "thead"), "tr"), "th", _COLUMNS)
    body = SubElement(table, "tbody")
    for one in sorted(found, key=lambda one: list(STATES).index(one.state)):
        why = [
            *one.notes,
            *(f"{finding.severity} {finding.code}: {finding.what}" for finding in one.findings),
        ]
        nodes = ", ".join(f"{count} {state}" for state, count in one.nodes.items())
        row = SubElement(body, "tr", id=one.cluster.name)
        release = f"{one.chart_version} ({one.revision})" if one.revision else ""
        _cells(
            row,
            "td",
            [
                one.cluster.name,
                one.wave,
                STATES[one.state],
                release,
                one.commit[:8],
                nodes,
                *[". ".join(why)],
            ],
        )
    return f"<!doctype html>\n{tostring(html, encoding='unicode', method='html')}\n"


_COLUMNS = ["Cluster", "Wave", "State", "Chart (revision)", "Commit", "Nodes", "Why"]


def _cells(row: Element, tag: str, strings: Sequence[str]) -> None:
    for text in strings:
        _add(row, tag, text)


def _add(parent: Element, tag: str, text: str) -> None:
    SubElement(parent, tag).text = safe(text)
