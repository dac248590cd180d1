"""The look of the page of a check: one style sheet, nothing from elsewhere."""

from ...checks.node_states import State

COLOURS: dict[State, str] = {
    "running": "#2f9e62",
    "starting": "#58b37f",
    "admitted": "#79c79a",
    "waiting": "#ee8f2d",
    "not-ready": "#9aa3ad",
    "daemonless": "#79c79a",
    "excluded": "#4f7cac",
    "left-out": "#9d8cc4",
    "lost": "#cf2e3f",
    "exposed": "#b5379b",
    "unsure": "#e2bd2b",
}
"""A colour for each state; those that call for action also carry a mark, for people who see few colours."""

MARKS: dict[State, str] = {"lost": "✕", "exposed": "!", "waiting": "…", "unsure": "?"}
"""The marks."""

STYLE = """
:root { color-scheme: light dark; --page: #f5f6f8; --card: #fff; --ink: #1d2530; --soft: #5d6875; --line:
  #dfe3e8;
  --critical: #cf2e3f; --error: #d9661f; --warning: #b58a00; --info: #4f7cac; --good: #2f9e62; }
@media (prefers-color-scheme: dark) { :root { --page: #14181d; --card: #1d232a; --ink: #e6eaee; --soft:
  #9aa5b1;
  --line: #323a43; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
main { max-width: 1180px; margin: 0 auto; padding: 28px 20px 60px; }
h1 { font-size: 25px; margin: 0 0 2px; overflow-wrap: anywhere; }
h2 { font-size: 18px; margin: 34px 0 10px; }
p { margin: 0 0 6px; }
.soft { color: var(--soft); }
.verdict { display: inline-block; margin: 12px 0 0; padding: 4px 14px; border-radius: 999px; color: #fff;
  font-weight: 600; }
.verdict.good { background: var(--good); } .verdict.bad { background: var(--critical); }
.verdict.fair { background: var(--error); }
.tiles { display: flex; flex-wrap: wrap; gap: 10px; margin-top: 20px; }
.tile { background: var(--card); border: 1px solid var(--line); border-left: 6px solid var(--c);
  border-radius: 8px; padding: 8px 14px; min-width: 150px; }
.tile b { display: block; font-size: 22px; font-variant-numeric: tabular-nums; }
.pools { display: grid; align-items: start; gap: 12px;
  grid-template-columns: repeat(auto-fill, minmax(270px, 1fr)); }
.pool, .finding { background: var(--card); border: 1px solid var(--line); border-radius: 8px; padding:
  12px 14px; }
.pool h3 { font-size: 14px; margin: 0; overflow-wrap: anywhere; }
.pool p { font-size: 13px; }
.pool small { display: block; color: var(--soft); overflow-wrap: anywhere; }
.squares { display: flex; flex-wrap: wrap; gap: 3px; }
.squares i { width: 15px; height: 15px; border-radius: 3px; background: var(--c); color: #fff; font: 700
  11px/15px
  system-ui, sans-serif; text-align: center; }
.finding { border-left: 6px solid var(--c); margin-bottom: 12px; }
.finding h3 { font-size: 16px; margin: 0 0 4px; overflow-wrap: anywhere; }
.finding code { font-size: 13px; color: var(--soft); }
.severity { color: #fff; background: var(--c); border-radius: 4px; padding: 1px 8px; font-size: 12px;
  font-weight: 700;
  text-transform: uppercase; margin-right: 8px; }
.critical { --c: var(--critical); } .error { --c: var(--error); } .warning { --c: var(--warning); }
.info { --c: var(--info); }
ul { margin: 6px 0; padding-left: 20px; } li { overflow-wrap: anywhere; }
dl { margin: 8px 0 0; display: grid; grid-template-columns: max-content 1fr; gap: 3px 12px; }
dt { color: var(--soft); } dd { margin: 0; overflow-wrap: anywhere; }
details { margin-top: 8px; } summary { cursor: pointer; color: var(--soft); }
.table { overflow-x: auto; background: var(--card); border: 1px solid var(--line); border-radius: 8px; }
table { border-collapse: collapse; width: 100%; font-size: 14px; }
th, td { text-align: left; padding: 6px 12px; border-top: 1px solid var(--line); vertical-align: top;
  overflow-wrap: anywhere; }
thead th { border-top: 0; color: var(--soft); font-weight: 600; }
td:first-child::before { content: ""; display: inline-block; width: 10px; height: 10px; border-radius: 3px;
  background: var(--c, transparent); margin-right: 8px; }
""" + "\n".join(f".{state} {{ --c: {colour}; }}" for state, colour in COLOURS.items())
"""The style sheet."""
