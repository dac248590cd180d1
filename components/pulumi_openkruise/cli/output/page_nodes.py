"""The nodes on the page of a check: counted by state, drawn by pool, listed in a table."""

from collections import defaultdict
from collections.abc import Sequence
from math import ceil
from xml.etree.ElementTree import Element, SubElement

from ...checks import Report
from ...checks.node_states import STATES, NodeState, State
from ...diagnostics.wording import pluralize
from .page_elements import add, add_list
from .page_style import COLOURS, MARKS

_SQUARES = 1500
_POOLS = 60
_ROWS = 500
_NAMES = 200
TROUBLE: tuple[State, ...] = ("lost", "exposed", "waiting", "unsure")
"""States that call for action, the worst first."""
_ORDER: tuple[State, ...] = (*TROUBLE, *(state for state in COLOURS if state not in TROUBLE))


def add_pools(main: Element, report: Report) -> None:
    """Draw the nodes by pool, a square for each, or for so many that the page stays readable.

    Pools with nodes that call for action come first; the others are folded.
    """
    states = report.states
    section = add(main, "section", id="pools", aria_labelledby="pools-title")
    add(section, "h2", "Nodes by pool", id="pools-title")
    if not states:
        add(section, "p", "There are no nodes.")
        return
    tiles = add(section, "ul", style="tiles")
    for state, count in report.counts().items():
        tile = add(tiles, "li", style=f"tile {state}")
        add(tile, "b", f"{count:,}")
        add(tile, "span", f"{MARKS.get(state, '')} {STATES[state]}".strip())
    each = max(1, ceil(len(states) / _SQUARES))
    if each > 1:
        add(section, "p", f"A square stands for up to {each:,} nodes of one state.", "soft")
    pools = _group_by_pool(states)
    troubled = [pool for pool in pools if _rank_trouble(pool[1])]
    well = [pool for pool in pools if not _rank_trouble(pool[1])]
    if troubled:
        _add_cards(add(section, "div", style="pools"), troubled, each)
    if well:
        folded = add(section, "details")
        nodes = sum(len(members) for _name, members in well)
        add(folded, "summary", f"{pluralize(len(well), 'pool')} without trouble, {pluralize(nodes, 'node')}")
        _add_cards(add(folded, "div", style="pools"), well, each)


def _group_by_pool(states: Sequence[NodeState]) -> list[tuple[str, list[NodeState]]]:
    """Return the nodes by pool, those with most trouble first."""
    pools: dict[str, list[NodeState]] = defaultdict(list)
    for one in states:
        classification = one.node.classification
        pools[one.node.pool or f"no pool={classification.kind or classification.verdict}"].append(one)
    return sorted(pools.items(), key=lambda pool: (-_rank_trouble(pool[1]), -len(pool[1]), pool[0]))


def _rank_trouble(members: Sequence[NodeState]) -> int:
    return sum(one.state in TROUBLE for one in members)


def _add_cards(parent: Element, pools: Sequence[tuple[str, list[NodeState]]], each: int) -> None:
    for name, members in pools[:_POOLS]:
        _add_card(parent, name, members, each)
    rest = [one for _name, members in pools[_POOLS:] for one in members]
    if rest:
        _add_card(parent, f"{len(pools) - _POOLS:,} more pools", rest, each)


def _add_card(parent: Element, name: str, members: Sequence[NodeState], each: int) -> None:
    """Add a pool: in words for those who read or hear it, in squares for those who see it."""
    card = add(parent, "article", style="pool")
    key, _equals, value = name.partition("=")
    add(card, "h3", value or key or "pool without a name")
    if value:
        add(card, "small", key)
    by_state: dict[State, list[NodeState]] = defaultdict(list)
    for one in members:
        by_state[one.state].append(one)
    present = [state for state in _ORDER if by_state[state]]
    counts = ", ".join(f"{len(by_state[state]):,} {STATES[state]}" for state in present)
    add(card, "p", f"{pluralize(len(members), 'node')}: {counts}", "soft")
    squares = add(card, "div", style="squares", aria_hidden="true")
    for state in present:
        for at in range(0, len(by_state[state]), each):
            group = by_state[state][at : at + each]
            title = group[0].node.name if len(group) == 1 else pluralize(len(group), "node")
            add(squares, "i", MARKS.get(state, ""), state, title=f"{title}: {STATES[state]}")
    for state in TROUBLE:
        if by_state[state]:
            names = sorted(one.node.name for one in by_state[state])
            details = add(card, "details")
            add(details, "summary", f"Names: {STATES[state]}")
            add_list(details, names, _NAMES)


def add_table(main: Element, report: Report) -> None:
    """List the nodes: all of them, or those that call for action, as far as a page can hold them."""
    chosen = list(report.states)
    if len(chosen) > _ROWS:
        chosen = [one for one in chosen if one.state in TROUBLE]
    if not chosen:
        return
    ordered = sorted(chosen, key=lambda one: (_ORDER.index(one.state), one.node.name))[:_ROWS]
    whole = len(ordered) == len(report.states)
    section = add(main, "section", id="nodes", aria_labelledby="nodes-title")
    add(section, "h2", "Nodes" if whole else "Nodes that call for action", id="nodes-title")
    # A region that scrolls has to be reached by the keyboard, too.
    box = add(section, "div", style="table", role="region", aria_labelledby="nodes-title", tabindex="0")
    table = SubElement(box, "table")
    shown = (
        f"{len(ordered):,} of {len(chosen):,} nodes; --output json has all."
        if len(ordered) < len(chosen)
        else ""
    )
    add(table, "caption", shown or f"{pluralize(len(ordered), 'node')}, those that call for action first.")
    head = SubElement(SubElement(table, "thead"), "tr")
    for title in ("Node", "State", "Why", "Excluded by"):
        add(head, "th", title, scope="col")
    body = SubElement(table, "tbody")
    for one in ordered:
        row = add(body, "tr", style=one.state)
        add(row, "th", one.node.name or "(no name)", scope="row")
        add(row, "td", STATES[one.state])
        add(row, "td", _explain_state(one))
        add(row, "td", ", ".join(str(report.expected.selectors[hit]) for hit in one.hits))


def _explain_state(one: NodeState) -> str:
    """Return a node's kind or verdict, and why it is in its state."""
    classification = one.node.classification
    why = (
        one.reason
        or classification.settle
        or "; ".join(piece.description for piece in classification.evidence[:2])
    )
    return f"{classification.kind or classification.verdict}: {why}"
