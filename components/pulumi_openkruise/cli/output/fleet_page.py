"""A fleet as one HTML page: its waves as rows, each cluster a square in the colour of its state."""

from collections.abc import Sequence

from ...fleet.report import ClusterReport
from .fleet_report import STATES, describe_nodes, find_commit, find_release, list_reasons
from .page_elements import add, render_page, start_page
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


_COLUMNS = ["Cluster", "Wave", "State", "Chart (revision)", "Commit", "Nodes", "Why"]


def write_fleet_page(project: str, found: Sequence[ClusterReport], path: str, fleet_file: str) -> None:
    """Write the page to a file other than the fleet's own; raises UnusableInputError where that cannot be."""
    write_report(path, fleet_page(project, found), (fleet_file,))


def fleet_page(project: str, found: Sequence[ClusterReport]) -> str:
    """Return the page; it needs no other file, and every text in it is escaped."""
    title = f"Fleet of {project}: {len(found)} clusters, {sum(not one.clean for one in found)} with findings"
    html, main = start_page(title, _STYLE)
    add(main, "h1", title)
    for wave in dict.fromkeys(one.wave for one in found):
        members = [one for one in found if one.wave == wave]
        add(main, "h2", f"{wave}: {len(members)} clusters")
        row = add(main, "div", style="row")
        for one in members:
            words = f"{one.cluster.name}: {STATES[one.state]}"
            mark = _COLOURS[one.state][1] or "\u00a0"
            add(row, "a", mark, one.state, href=f"#{one.cluster.name}", title=words, aria_label=words)
    add(main, "h2", "Clusters")
    table = add(main, "table")
    header = add(add(table, "thead"), "tr")
    for column in _COLUMNS:
        add(header, "th", column)
    body = add(table, "tbody")
    for one in sorted(found, key=lambda one: list(STATES).index(one.state)):
        row = add(body, "tr", id=one.cluster.name)
        chart_version, revision = find_release(one)
        release = f"{chart_version} ({revision})" if revision else ""
        cells = [one.cluster.name, one.wave, STATES[one.state], release, find_commit(one)[:8]]
        for cell in [*cells, describe_nodes(one), ". ".join(list_reasons(one))]:
            add(row, "td", cell)
    return render_page(html)
