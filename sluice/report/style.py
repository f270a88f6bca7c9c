"""How does the page look? In light, in the dark and on paper, with nothing fetched from anywhere."""

from sluice.report.shade import DARK, LIGHT

_STEPS = len(LIGHT)

_SHEET = """
:root {
  color-scheme: light dark;
  --bg: #f6f7f8; --card: #ffffff; --ink: #1b2530; --muted: #5d6b78; --line: #dfe4e8; --quiet: #e6ebef;
  --ref: #c3ccd4; --now: #12708f; --now-soft: #12708f55; --bad: #b5432f; --bad-soft: #fbe6df; --good: #2c7a4b;
  --good-soft: #e0f1e6;
  @LIGHT@
}
@media (prefers-color-scheme: dark) {
  :root {
    --bg: #11161b; --card: #1a2128; --ink: #e6ecf1; --muted: #9aa8b5; --line: #2c363f; --quiet: #26303a;
    --ref: #47545f; --now: #5cc3e6; --now-soft: #5cc3e655; --bad: #f2a65c; --bad-soft: #3c2a1b; --good: #7fd1a0;
    --good-soft: #1d3327;
    @DARK@
  }
}
* { box-sizing: border-box; }
body {
  margin: 0; background: var(--bg); color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", Roboto, sans-serif;
  font-variant-numeric: tabular-nums;
}
main { max-width: 1120px; margin: 0 auto; padding: 28px 24px 60px; }
header { margin-bottom: 22px; }
h1 { font-size: 26px; line-height: 1.25; margin: 2px 0 4px; font-weight: 650; letter-spacing: -.01em; }
h2 { font-size: 17px; margin: 0 0 4px; font-weight: 650; }
p { margin: 0 0 10px; }
a { color: inherit; }
.brand, .sub, .hint, .legend, figcaption, .facts th { color: var(--muted); }
.brand { font-size: 13px; letter-spacing: .04em; }
.hint { font-size: 13.5px; max-width: 78ch; }
.verdict {
  border-radius: 12px; padding: 16px 20px; font-size: 18px; line-height: 1.4; font-weight: 550; margin: 16px 0;
  background: var(--good-soft); border-left: 6px solid var(--good);
}
.verdict.bad { background: var(--bad-soft); border-left-color: var(--bad); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(170px, 1fr)); gap: 12px; margin: 0; }
.tiles div { background: var(--card); border: 1px solid var(--line); border-radius: 12px; padding: 12px 16px; }
.tiles dt { color: var(--muted); font-size: 13px; }
.tiles dd { margin: 0; font-size: 24px; font-weight: 600; letter-spacing: -.01em; }
.tiles small { font-size: 13px; color: var(--muted); font-weight: 400; letter-spacing: 0; }
section {
  background: var(--card); border: 1px solid var(--line); border-radius: 14px; padding: 20px 22px; margin-top: 18px;
}
.wide { overflow-x: auto; padding-bottom: 4px; }
svg { display: block; font: 12px system-ui, "Segoe UI", Roboto, sans-serif; }
svg text { fill: var(--ink); }
svg a:hover text, svg a:focus text { fill: var(--now); text-decoration: underline; }
svg .tick { fill: var(--muted); font-size: 11px; }
.shape, .chart { width: 100%; height: auto; }
.q { fill: var(--quiet); background: var(--quiet); }
.u { fill: transparent; stroke: var(--line); background: transparent; box-shadow: inset 0 0 0 1px var(--line); }
.e { fill: var(--muted); background: var(--muted); }
@STEPS@
.rows { fill: var(--ref); }
.none { fill: transparent; stroke: var(--muted); stroke-width: .6; stroke-dasharray: 2 2; }
.ref { fill: var(--ref); background: var(--ref); }
.now { fill: var(--now); background: var(--now); }
path.ref { fill: var(--ref); }
path.now { fill: var(--now-soft); stroke: var(--now); stroke-width: 1.6; }
.axis, .grid { stroke: var(--line); }
.legend { display: flex; flex-wrap: wrap; gap: 4px 16px; font-size: 12.5px; margin: 10px 0 0; }
.legend span { display: inline-flex; align-items: center; gap: 6px; }
.swatch { width: 14px; height: 14px; border-radius: 3px; display: inline-block; }
.mark { width: 16px; height: 4px; border-radius: 2px; display: inline-block; background: var(--now); }
.mark.dot { width: 8px; height: 8px; border-radius: 50%; background: var(--ink); }
.mark.level-mark { height: 0; background: none; border-top: 2px dashed var(--muted); border-radius: 0; }
.line { fill: none; stroke: var(--now); stroke-width: 2; stroke-linejoin: round; }
.line-mark { fill: var(--now); }
.band { fill: var(--now); opacity: .18; }
.dot { fill: var(--ink); stroke: var(--card); }
.level { stroke: var(--muted); stroke-dasharray: 5 4; }
details { border-top: 1px solid var(--line); }
details:first-of-type { margin-top: 10px; }
summary {
  cursor: pointer; padding: 10px 4px; list-style: none; display: grid; align-items: center; gap: 4px 14px;
  grid-template-columns: 14px minmax(130px, 190px) 108px 150px 108px 1fr;
}
summary::-webkit-details-marker { display: none; }
summary::before { content: "▸"; color: var(--muted); transition: transform .12s; }
details[open] > summary::before { transform: rotate(90deg); }
summary:hover { background: color-mix(in srgb, var(--now) 7%, transparent); }
:focus-visible { outline: 2px solid var(--now); outline-offset: 2px; border-radius: 4px; }
summary b { font-weight: 600; overflow-wrap: anywhere; }
summary .say { color: var(--muted); font-size: 13.5px; }
summary .size { text-align: right; font-size: 13.5px; }
.chip {
  font-size: 12.5px; padding: 1px 9px; border-radius: 99px; background: var(--quiet); color: var(--muted);
  justify-self: start; white-space: nowrap;
}
.chip.bad { background: var(--bad-soft); color: var(--bad); font-weight: 600; }
.body {
  display: grid; grid-template-columns: minmax(0, 1.55fr) minmax(250px, 1fr); gap: 8px 30px;
  padding: 4px 4px 20px 28px;
}
.body .words { grid-column: 1 / -1; margin: 0; }
table { border-collapse: collapse; font-size: 13.5px; width: 100%; }
th, td { text-align: right; padding: 4px 6px; border-bottom: 1px solid var(--line); font-weight: 400; }
th:first-child, td:first-child { text-align: left; }
.facts { align-self: start; }
.slices td { padding: 1px; border: 0; }
.slices td i { display: block; height: 20px; border-radius: 3px; min-width: 18px; }
.slices th { border: 0; font-size: 12.5px; white-space: nowrap; }
.slices thead th { vertical-align: bottom; height: 112px; padding: 0 1px 4px; }
.slices thead span { writing-mode: vertical-rl; transform: rotate(180deg); }
.slices { width: auto; }
.groups th, .groups td { white-space: nowrap; }
.groups small { color: var(--muted); margin-left: 6px; }
.groups .certain { background: var(--bad-soft); font-weight: 600; }
.charts { display: grid; grid-template-columns: repeat(auto-fit, minmax(320px, 1fr)); gap: 20px; }
figure { margin: 0; }
figcaption { font-size: 13px; }
ul { margin: 6px 0 0; padding-left: 20px; }
li { margin-bottom: 4px; font-size: 13.5px; }
dl.rules { display: grid; grid-template-columns: max-content 1fr; gap: 2px 18px; margin: 6px 0 0; font-size: 13.5px; }
dl.rules dt { color: var(--muted); }
dl.rules dd { margin: 0; }
@media screen and (max-width: 760px) {
  main { padding: 18px 12px; }
  section { padding: 16px 14px; }
  summary { grid-template-columns: 14px 1fr auto auto; }
  summary svg, summary .say { display: none; }
  .body { grid-template-columns: 1fr; padding-left: 4px; }
}
@media print {
  :root { --bg: #fff; }
  body { font-size: 12px; print-color-adjust: exact; -webkit-print-color-adjust: exact; }
  main { max-width: none; padding: 0; }
  .tiles { grid-template-columns: repeat(auto-fit, minmax(96px, 1fr)); }
  .tiles div, .verdict { padding: 8px 12px; }
  .tiles dd { font-size: 17px; }
  summary { grid-template-columns: 14px 130px 96px 96px 1fr; }
  summary svg { display: none; }
  .body { padding-bottom: 10px; }
  table, li, .hint, summary .say { font-size: 11px; }
  .facts td, .facts th { padding: 2px 4px; }
  h2 { break-after: avoid; }
  section { border: 0; padding: 12px 0; break-inside: auto; }
  .verdict, figure, details, tr, svg { break-inside: avoid; }
  details:not([open])::details-content { content-visibility: visible; block-size: auto; }
  .wide { overflow: visible; }
  .wide svg { width: 100%; height: auto; }
}
"""


def _steps(colours: tuple[str, ...]) -> str:
    return " ".join(f"--s{place}: {colour};" for place, colour in enumerate(colours))


STYLE = (
    _SHEET.replace("@LIGHT@", _steps(LIGHT))
    .replace("@DARK@", _steps(DARK))
    .replace("@STEPS@", "\n".join(f".s{n} {{ fill: var(--s{n}); background: var(--s{n}); }}" for n in range(_STEPS)))
)
