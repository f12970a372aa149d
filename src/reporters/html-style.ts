/** The page's style: a sheet of paper by day, slate by night; wide and narrow screens, and print. */
export const PAGE_STYLE = `
:root { color-scheme: light dark;
  --paper: #f6f5f1; --card: #fffefb; --ink: #22262b; --muted: #676d74; --line: #e3e0d8; --code: #f3f1ea;
  --green: #2d7a54; --red: #b8392d; --amber: #96650a; --blue: #5b83ab; --grey: #8a8f95; --rail: #c9c3b4; --on: #fffefb;
  --gone: #fbe9e5; --new: #e5f2e9; --gone-word: #f3c4bb; --new-word: #b9dfc6; }
@media (prefers-color-scheme: dark) { :root {
  --paper: #15171a; --card: #1c1f23; --ink: #e5e3de; --muted: #9aa0a7; --line: #2d3137; --code: #23272c;
  --green: #63bd8d; --red: #ee8377; --amber: #dcae58; --blue: #7fa6cf; --grey: #7d848c; --rail: #4a4e54; --on: #15171a;
  --gone: #3a2323; --new: #1d3327; --gone-word: #6b3530; --new-word: #2c5f43; } }
* { box-sizing: border-box; }
html { -webkit-text-size-adjust: 100%; scroll-behavior: smooth; }
@media (prefers-reduced-motion: reduce) { html { scroll-behavior: auto; } }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
main { max-width: 68rem; margin: 0 auto; padding: 3.5rem 1.5rem 6rem; }
h1, h2, h3, h4, h5, p, ul, ol, pre, figure { margin: 0; padding: 0; }
code, pre { font-family: ui-monospace, 'SF Mono', 'Cascadia Mono', Menlo, Consolas, 'DejaVu Sans Mono', monospace; }
.muted { color: var(--muted); }
header .tool { color: var(--muted); font-size: .875rem; letter-spacing: .02em; }
header h1 { font-size: clamp(1.6rem, 4.5vw, 2.4rem); line-height: 1.2; font-weight: 650; letter-spacing: -.02em; margin: .25rem 0 .75rem; text-wrap: balance; }
header.ok h1 { color: var(--green); } header.bad h1 { color: var(--red); }
header .where { color: var(--muted); font-size: .9rem; overflow-wrap: anywhere; }
figure { margin: 2.5rem 0 1.25rem; padding: 0 .75rem; }
.picture { display: block; width: 100%; overflow: visible; }
.picture.long { width: calc(100% - 5rem); margin: 0 2.5rem; }
.picture .rail { fill: var(--rail); }
.picture svg { overflow: visible; }
.rung .hit { fill: transparent; } .rung a { cursor: pointer; }
.rung .bar { fill: currentColor; } .rung .dots { stroke: currentColor; stroke-width: 2; stroke-dasharray: 1 5; stroke-linecap: round; }
.rung a:hover .bar { opacity: .65; } .rung a:focus-visible { outline: 2px solid var(--ink); outline-offset: 2px; }
.passed { --tone: var(--green); } .failed { --tone: var(--red); } .warned { --tone: var(--amber); } .irreversible, .not-walked { --tone: var(--grey); }
.rung { color: var(--tone); } .rung.passed .bar { opacity: .8; }
.symbol circle { fill: var(--tone); } .symbol path { fill: none; stroke: var(--on); stroke-width: 1.8; stroke-linecap: round; stroke-linejoin: round; }
.label text { fill: var(--ink); font-size: 12.5px; font-variant-numeric: tabular-nums; } .label .time { fill: var(--muted); font-size: 11.5px; }
.beside { flex: none; margin-top: .28em; }
.walks { list-style: none; display: flex; flex-wrap: wrap; gap: .25rem 2rem; font-size: .9375rem; }
.walks li { display: flex; gap: .5rem; align-items: flex-start; }
.walks li span { overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; font-weight: 650; margin: 3.5rem 0 1rem; letter-spacing: -.01em; }
.group { margin-top: 2rem; scroll-margin-top: 1rem; }
h3 { font-size: 1.0625rem; font-weight: 650; margin-bottom: .75rem; overflow-wrap: anywhere; }
h3 .path { color: var(--muted); font-weight: 400; font-size: .9rem; margin-left: .35rem; }
.finding { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 1.25rem 1.4rem 1.4rem; margin-bottom: 1rem; }
article.finding { margin-top: 1rem; }
h4 { display: flex; gap: .6rem; font-size: 1.0625rem; font-weight: 600; line-height: 1.45; }
h4 span { min-width: 0; overflow-wrap: anywhere; }
.about { color: var(--muted); font-size: .875rem; margin: .15rem 0 0 1.6rem; overflow-wrap: anywhere; }
.about code { font-size: .8125rem; } .place::before { content: '· '; }
h5 { font-size: .8125rem; font-weight: 600; color: var(--muted); margin: 1.1rem 0 .4rem; }
pre { background: var(--code); border-radius: 7px; padding: .7rem .9rem; overflow-x: auto; font-size: .8125rem; line-height: 1.6; tab-size: 4; }
pre:focus-visible, summary:focus-visible { outline: 2px solid var(--muted); outline-offset: 1px; }
pre span { display: block; width: max-content; min-width: 100%; }
.frame { margin-top: .9rem; } .frame i { font-style: normal; color: var(--muted); user-select: none; }
.frame .around { color: var(--muted); } .frame .line { font-weight: 600; } .frame .mark { color: var(--red); font-weight: 700; }
.warning .frame .mark { color: var(--amber); }
.lines { margin-top: .4rem; white-space: pre-wrap; overflow-wrap: anywhere; }
.lines span { margin: 0 -.9rem; padding: 0 .9rem; width: auto; }
.removed { background: var(--gone); } .added { background: var(--new); }
.sides { display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); grid-auto-flow: row dense; gap: 0 1rem; }
.sides .before { grid-column: 1; } .sides .after { grid-column: 2; }
.sides code { font-size: .8125rem; line-height: 1.6; padding: .1rem .9rem; white-space: pre-wrap; overflow-wrap: anywhere; border-left: 3px solid transparent; }
.sides .same, .sides .filler { background-color: var(--code); } .sides .removed { border-color: var(--red); } .sides .added { border-color: var(--green); }
mark { color: inherit; border-radius: 3px; } .removed mark { background: var(--gone-word); } .added mark { background: var(--new-word); }
.nothing { border: 1px dashed var(--line); border-radius: 7px; color: var(--muted); font-size: .875rem; padding: .35rem .9rem; display: grid; place-items: center; }
.sql { border-left: 3px solid var(--green); border-radius: 0 7px 7px 0; user-select: all; }
.tag { font-weight: 400; border: 1px solid var(--line); border-radius: 99px; padding: .05rem .55rem; margin-left: .35rem; color: var(--amber); white-space: nowrap; }
.tag.proven { color: var(--green); }
.note { font-size: .9375rem; margin-top: 1rem; overflow-wrap: anywhere; } .note b { font-weight: 600; color: var(--muted); margin-right: .4rem; }
.note.consequence b { color: var(--red); } .warning .note.consequence b { color: var(--amber); }
.inside { list-style: none; display: flex; flex-wrap: wrap; gap: .35rem .5rem; font-size: .8125rem; }
.inside li { background: var(--code); border-radius: 6px; padding: .1rem .5rem; overflow-wrap: anywhere; min-width: 0; } .inside span { color: var(--muted); }
details { margin-top: 1.1rem; } summary { cursor: pointer; color: var(--muted); font-size: .8125rem; font-weight: 600; margin-bottom: .5rem; }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; color: var(--muted); font-size: .8125rem; margin-bottom: .5rem; }
.legend span::before { content: ''; display: inline-block; width: .7rem; height: .5rem; border-radius: 2px; margin-right: .4rem; background: var(--bar); }
.up { --bar: var(--green); } .down { --bar: var(--blue); } .again { --bar: color-mix(in srgb, var(--green) 55%, var(--paper)); } .rest { --bar: var(--line); }
.units { list-style: none; }
.units li { display: grid; grid-template-columns: 16px minmax(9rem, 22rem) minmax(0, 1fr) 4.5rem; gap: 0 .8rem; align-items: start; padding: .45rem 0; border-top: 1px solid var(--line); font-size: .9375rem; scroll-margin-top: 40vh; }
.units li:target { background: var(--card); box-shadow: 0 0 0 .5rem var(--card); border-radius: 2px; }
.units .name { overflow-wrap: anywhere; } .units b { font-weight: 500; } .units a { color: inherit; text-underline-offset: 3px; } .units .why { color: var(--tone); font-size: .875rem; display: block; } .irreversible .why, .not-walked .why { color: var(--muted); } .units .name .muted { font-size: .875rem; display: block; }
.units .time span { font-size: .8125rem; } .units .total { text-align: right; font-variant-numeric: tabular-nums; color: var(--muted); }
.time-bar { display: block; width: 100%; margin: .5em 0 .1em; } .time-bar rect { fill: var(--bar); }
@media (max-width: 640px) {
  main { padding: 2rem 1rem 4rem; } figure { padding: 0; }
  .wide-only, .crowded .symbol.passed { display: none; } .crowded :not(.failed) > a > .bar { transform: scaleX(.5); } .picture.long { width: 100%; margin: 0; }
  .finding { padding: 1rem; } .about { margin-left: 0; }
  .sides { grid-template-columns: minmax(0, 1fr); } .sides .after { grid-column: 1; } .sides .filler { display: none; }
  .units li { grid-template-columns: 16px minmax(0, 1fr) auto; } .units .time { grid-column: 2 / -1; grid-row: 2; }
}
@media print { body { background: none; } .finding { break-inside: avoid; } }
`
