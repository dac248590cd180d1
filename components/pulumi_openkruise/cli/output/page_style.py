"""The look of the page of a check: one style sheet, nothing from elsewhere.

Every text has a contrast of at least 4.5 to what is behind it, and every square one of 3, as level AA of the
Web Content Accessibility Guidelines wants (1.4.3, 1.4.11). Tests compute it, here and in a browser.
"""

from ...checks.finding import Severity
from ...checks.node_states import State

COLOURS: dict[State, tuple[str, str]] = {
    "running": ("#1f7a45", "#4fc487"),
    "starting": ("#3f8a5f", "#7fd6a6"),
    "admitted": ("#4b7f63", "#8fcfae"),
    "waiting": ("#a35200", "#f2a65a"),
    "not-ready": ("#66707b", "#a4adb8"),
    "daemonless": ("#4f7f78", "#86c5bd"),
    "excluded": ("#33628f", "#7fb0df"),
    "left-out": ("#6d5aa0", "#b8a6e6"),
    "lost": ("#b3261e", "#ff8a80"),
    "exposed": ("#8e2a7d", "#e79bdb"),
    "unsure": ("#6b6100", "#e3cf5b"),
}
"""A colour for each state on a light page and on a dark one."""

MARKS: dict[State, str] = {"lost": "✕", "exposed": "!", "waiting": "…", "unsure": "?"}
"""Those that call for action also carry a mark, for people who see few colours."""

SEVERITY_COLOURS: dict[Severity, tuple[str, str]] = {
    "critical": ("#b3261e", "#ff8a80"),
    "error": ("#a34700", "#ffab70"),
    "warning": ("#7a5c00", "#e8c65a"),
    "info": ("#33628f", "#7fb0df"),
}

SURFACES = {
    "page": ("#f5f6f8", "#14181d"),
    "card": ("#ffffff", "#1d232a"),
    "code": ("#eceff3", "#2a323b"),
    "ink": ("#1d2530", "#e6eaee"),
    "soft": ("#545f6b", "#a3aeb9"),
    "line": ("#d5dae1", "#3a434d"),
    "good": ("#1f7a45", "#4fc487"),
    "on": ("#ffffff", "#14181d"),
}
"""``ink`` and ``soft`` stand on ``page``, ``card`` and ``code``; ``on`` stands on a state or a severity."""


def _write_variables(place: int) -> str:
    named: dict[str, tuple[str, str]] = dict(SURFACES)
    named.update(SEVERITY_COLOURS.items())
    named.update((f"state-{state}", pair) for state, pair in COLOURS.items())
    return " ".join(f"--{name}: {pair[place]};" for name, pair in named.items())


def _write_classes() -> str:
    states = [f".{state} {{ --c: var(--state-{state}); }}" for state in COLOURS]
    severities = [f".{severity} {{ --c: var(--{severity}); }}" for severity in SEVERITY_COLOURS]
    return "\n".join([*severities, ".good { --c: var(--good); }", *states])


STYLE = f"""
:root {{ color-scheme: light dark; {_write_variables(0)} }}
@media (prefers-color-scheme: dark) {{ :root {{ {_write_variables(1)} }} }}
""" + (
    """
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 24px 20px 60px; }
h1 { font-size: 25px; margin: 0 0 8px; overflow-wrap: anywhere; }
h2 { font-size: 19px; margin: 32px 0 10px; }
p { margin: 0 0 8px; }
a { color: inherit; }
:focus-visible { outline: 3px solid var(--info); outline-offset: 2px; }
.soft { color: var(--soft); }
.facts { display: grid; grid-template-columns: max-content 1fr; gap: 2px 14px; margin: 0 0 12px; }
dt { color: var(--soft); }
dd { margin: 0; overflow-wrap: anywhere; }
.verdict { display: inline-block; padding: 4px 14px; border-radius: 999px; color: var(--on);
  background: var(--c); font-weight: 600; }
nav ul { display: flex; flex-wrap: wrap; gap: 4px 18px; list-style: none; margin: 12px 0 0; padding: 0; }
nav a { display: inline-block; padding: 3px 0; }
.tiles { display: flex; flex-wrap: wrap; gap: 10px; list-style: none; margin: 0 0 14px; padding: 0; }
.tile { background: var(--card); border: 1px solid var(--line); border-left: 6px solid var(--c);
  border-radius: 8px; padding: 8px 14px; min-width: 150px; }
.tile b { display: block; font-size: 22px; font-variant-numeric: tabular-nums; }
.pools { display: grid; align-items: start; gap: 12px; margin: 10px 0;
  grid-template-columns: repeat(auto-fill, minmax(min(270px, 100%), 1fr)); }
.pool, .finding { background: var(--card); border: 1px solid var(--line); border-radius: 8px;
  padding: 12px 14px; }
.pool h3 { font-size: 15px; margin: 0; overflow-wrap: anywhere; }
.pool p { font-size: 14px; }
.pool small { display: block; color: var(--soft); overflow-wrap: anywhere; }
.squares { display: flex; flex-wrap: wrap; gap: 3px; }
.squares i { width: 15px; height: 15px; border-radius: 3px; background: var(--c); color: var(--on);
  font: 700 11px/15px system-ui, sans-serif; text-align: center; }
.finding { border-left: 6px solid var(--c); margin-bottom: 12px; }
.finding h3 { font-size: 17px; margin: 0 0 4px; overflow-wrap: anywhere; }
.severity { color: var(--on); background: var(--c); border-radius: 4px; padding: 1px 8px; font-size: 12px;
  font-weight: 700; text-transform: uppercase; margin-right: 8px; }
.finding .facts { margin: 10px 0 0; }
code { font: 14px/1.5 ui-monospace, monospace; background: var(--code); border-radius: 4px; padding: 1px 5px;
  overflow-wrap: anywhere; }
.command { user-select: all; cursor: copy; }
ul { margin: 6px 0; padding-left: 20px; }
li { overflow-wrap: anywhere; }
details { margin-top: 8px; }
summary { cursor: pointer; padding: 2px 0; }
.table { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
caption { text-align: left; padding: 8px 12px; color: var(--soft); }
th, td { text-align: left; padding: 6px 12px; border-top: 1px solid var(--line); vertical-align: top;
  overflow-wrap: anywhere; min-width: 8em; font-weight: inherit; }
thead th { color: var(--soft); font-weight: 600; }
tbody th { min-width: 15em; }
tbody th::before { content: ""; display: inline-block; width: 10px; height: 10px; border-radius: 3px;
  background: var(--c, transparent); margin-right: 8px; }
@media (max-width: 480px) { body { font-size: 15px; } main { padding: 14px 12px 40px; }
  h1 { font-size: 21px; } h2 { margin-top: 20px; } .finding .facts { grid-template-columns: 1fr; }
  .finding dd { margin-bottom: 6px; } }
@media print { details > *, .finding { break-inside: avoid; } }
"""
    + _write_classes()
)
"""The style sheet."""
