"""What every HTML report has in common: head, style and foot of one self-contained page. Nothing is loaded from anywhere.

The page works without its script, which only opens and closes all transactions at once. Colours keep a contrast of 4.5 to 1 or more in
light and in dark; severity is always a word too.
"""

from __future__ import annotations

from html import escape

_STYLE = """
:root { color-scheme: light dark;
  --paper: #fff; --ink: #1b1f24; --soft: #57606a; --line: #d5dae0; --band: #f4f6f8; --link: #0b57a4;
  --error: #a40e26; --error-band: #fdecee; --warning: #7a4b00; --warning-band: #fff4d9; --info: #0b57a4; --info-band: #e9f2fc;
  --good: #14692b; }
@media (prefers-color-scheme: dark) { :root {
  --paper: #14171b; --ink: #e3e7eb; --soft: #a0a9b3; --line: #343b43; --band: #1d2228; --link: #7db7f5;
  --error: #ff9aa5; --error-band: #3b1a20; --warning: #f0c060; --warning-band: #352a10; --info: #8cc0f7; --info-band: #14283e;
  --good: #74cf8b; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 78rem; padding: 1.5rem; background: var(--paper); color: var(--ink);
  font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif; }
h1 { font-size: 1.6rem; margin: 0 0 .3rem; } h2 { font-size: 1.15rem; margin: 2rem 0 .5rem; overflow-wrap: anywhere; }
p { margin: .3rem 0; } a { color: var(--link); } .soft { color: var(--soft); }
code, .mono { font-family: ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace; font-size: .9em; }
.note { border-left: 4px solid var(--warning); background: var(--warning-band); padding: .5rem .8rem; margin: .8rem 0; }
table { border-collapse: collapse; width: 100%; } th, td { text-align: left; vertical-align: top; padding: .25rem .6rem; }
.list th { font-weight: 600; color: var(--soft); border-bottom: 2px solid var(--line); }
.list td { border-bottom: 1px solid var(--line); overflow-wrap: anywhere; } .list .n, .list th.n { text-align: right; white-space: nowrap; }
.list td.mono { white-space: nowrap; } .list .name { min-width: 12rem; }
.error b, .error.word { color: var(--error); } .warning b, .warning.word { color: var(--warning); }
.info b, .info.word { color: var(--info); } .word { font-weight: 600; white-space: nowrap; }
.accepted, .accepted_with_warnings { color: var(--good); } .rejected { color: var(--error); }
.filter { display: flex; flex-wrap: wrap; gap: .3rem 1.2rem; align-items: center; margin: 1rem 0 0; padding: .5rem .8rem;
  background: var(--band); border: 1px solid var(--line); border-radius: 6px; }
.filter label { cursor: pointer; } button { font: inherit; padding: .1rem .7rem; cursor: pointer; }
details { border: 1px solid var(--line); border-radius: 6px; margin: .6rem 0; overflow: hidden; }
summary { cursor: pointer; padding: .5rem .8rem; background: var(--band); } summary .word { margin-left: .8rem; }
.right { color: var(--good); margin: .5rem 0; padding-left: .8rem; }
.tree td { border-top: 1px solid var(--line); padding-top: .15rem; padding-bottom: .15rem; }
.tree .pos { width: 3.2rem; text-align: right; color: var(--soft); font-variant-numeric: tabular-nums; }
.tree .name { width: 17rem; } .tree .id { white-space: nowrap; width: 1%; } .tree .id b { display: inline-block; min-width: 2.6em; }
.tree .loop td { color: var(--soft); font-weight: 600; background: var(--band); }
.tree .codes span { margin-right: .9em; } .tree .codes i { font-style: normal; color: var(--soft); font-size: .9em; }
.tree .raw { overflow-wrap: anywhere; }
.tree .cut td { color: var(--soft); text-align: center; font-style: italic; }
.tree tr.at td { background: var(--band); } .tree tr.at .id { font-weight: 600; }
.tree tr.at.error td { background: var(--error-band); } .tree tr.at.warning td { background: var(--warning-band); }
.tree tr.at.info td { background: var(--info-band); }
.tree tr.finding td { border-top: 0; } .says { border-left: 4px solid; padding: .3rem .7rem; margin: 0 0 .25rem; }
.says.error { border-color: var(--error); background: var(--error-band); }
.says.warning { border-color: var(--warning); background: var(--warning-band); }
.says.info { border-color: var(--info); background: var(--info-band); } .says small { color: var(--soft); display: block; }
.says small b { color: inherit; font-weight: 600; }
DEPTHS
.apart { margin: .6rem 0; }
.hidden { position: absolute; clip-path: inset(50%); width: 1px; height: 1px; overflow: hidden; white-space: nowrap; }
body:has(#f-error:not(:checked)) .finding.error, body:has(#f-error:not(:checked)) .says.error,
body:has(#f-warning:not(:checked)) .finding.warning, body:has(#f-warning:not(:checked)) .says.warning,
body:has(#f-info:not(:checked)) .finding.info, body:has(#f-info:not(:checked)) .says.info,
body:has(#f-only:checked) .tree tr.plain { display: none; }
footer { margin-top: 2.5rem; padding-top: .6rem; border-top: 1px solid var(--line); color: var(--soft); font-size: .9em; }
@media (max-width: 46rem) { body { padding: .8rem; } .tree .name, .list .wide { display: none; } .list .name { min-width: 0; }
  .list td, .list th { padding: .25rem .3rem; } }
@media print { :root { color-scheme: light; --paper: #fff; --ink: #000; --soft: #444; --line: #bbb; --band: #f2f2f2; --link: #000;
    --error: #a40e26; --error-band: #fdecee; --warning: #7a4b00; --warning-band: #fff4d9; --info: #0b57a4; --info-band: #e9f2fc;
    --good: #14692b; }
  @page { margin: 14mm; @bottom-right { content: counter(page) " / " counter(pages); font: 9pt sans-serif; } }
  .tree .name { width: 11rem; }
  body { max-width: none; padding: 0; font-size: 9.5pt; } .filter { display: none; } details { overflow: visible; }
  details::details-content { content-visibility: visible; display: block; }
  h2, summary, .tree tr.at, .tree tr.loop { break-after: avoid; } tr, .says { break-inside: avoid; } thead { display: table-header-group; }
  * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } a { text-decoration: none; } }
"""
_DEPTHS = "\n".join(f".tree .d{n} {{ padding-left: {0.6 + 1.1 * n:.1f}rem; }}" for n in range(10))
_SCRIPT = """
const bar = document.querySelector(".filter");
for (const [text, open] of [["Open all", true], ["Close all", false]]) {
  const button = document.createElement("button");
  button.type = "button"; button.textContent = text;
  button.addEventListener("click", () => document.querySelectorAll("details").forEach(one => { one.open = open; }));
  bar.append(button);
}
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach(one => { one.open = true; }));
"""

FILTER = """<form class="filter" aria-label="Show">
<strong>Show</strong>
<label><input type="checkbox" id="f-error" checked> errors</label>
<label><input type="checkbox" id="f-warning" checked> warnings</label>
<label><input type="checkbox" id="f-info" checked> advice</label>
<label><input type="checkbox" id="f-only"> only segments with findings</label>
</form>
"""


def head(title: str) -> str:
    """From the doctype to the opening of main, with the title as its heading."""
    style = _STYLE.replace("DEPTHS", _DEPTHS)
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'">
<meta name="referrer" content="no-referrer">
<title>{escape(title)}</title>
<style>{style}</style>
</head>
<body>
<main>
<h1>{escape(title)}</h1>
"""


def foot(text: str, *, folds: bool = True) -> str:
    """The end of the page. `folds`: the page has the FILTER and parts to open and close."""
    script = f"<script>{_SCRIPT}</script>\n" if folds else ""
    return f"</main>\n<footer>{escape(text)}</footer>\n{script}</body>\n</html>\n"
