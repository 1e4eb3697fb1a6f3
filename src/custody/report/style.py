"""How an HTML report looks: on a screen, light or dark as its reader has it, and on paper."""

from __future__ import annotations

import base64
import hashlib

STYLE = """
:root { color-scheme: light dark; --ink: #1c2024; --paper: #ffffff; --dim: #5b6470; --line: #d5dae0;
  --panel: #f4f6f8; --good: #1a6b3c; --bad: #a8201a; --warn: #7a5200; }
@media (prefers-color-scheme: dark) { :root { --ink: #e4e8ec; --paper: #14171a; --dim: #9aa4af; --line: #363d45;
  --panel: #1d2226; --good: #6fcf97; --bad: #ff8a80; --warn: #e8b84a; } }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 2rem 1.25rem 4rem; max-width: 80rem; color: var(--ink); background: var(--paper);
  font: 1rem/1.5 system-ui, sans-serif; overflow-wrap: break-word; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .75rem; }
h2 { font-size: 1.2rem; margin: 2.25rem 0 .75rem; padding-bottom: .25rem; border-bottom: 1px solid var(--line); }
section { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin: .75rem 0; font-size: .875rem; }
th, td { text-align: left; vertical-align: top; padding: .3rem .5rem; border: 1px solid var(--line);
  unicode-bidi: isolate; }
thead th { background: var(--panel); overflow-wrap: normal; }
tbody th { width: 13rem; font-weight: 600; color: var(--dim); }
td code, h1, .long { overflow-wrap: anywhere; }
td code { min-width: 7em; display: inline-block; }
code, pre { font-family: ui-monospace, "Cascadia Mono", Menlo, Consolas, monospace; font-size: .85em; }
pre { margin: .25rem 0 1rem; padding: .75rem; background: var(--panel); border: 1px solid var(--line);
  white-space: pre-wrap; overflow-wrap: anywhere; font-size: .85rem; }
h3 { margin: 1rem 0 0; font-size: .9rem; color: var(--dim); }
.when { white-space: nowrap; font-variant-numeric: tabular-nums; font-size: .9em; }
.local { color: var(--dim); display: block; }
.status { font-size: 1.1rem; margin: 0 0 1rem; padding: .6rem .8rem; border: 2px solid currentColor; }
.mark, .status { font-weight: 700; } .mark { white-space: nowrap; }
.good { color: var(--good); } .bad { color: var(--bad); } .warn { color: var(--warn); } .nothing { color: var(--dim); }
@media print {
  :root { --ink: #000; --paper: #fff; --dim: #444; --line: #999; --panel: #fff; --good: #0b4a27; --bad: #8a0f0a;
    --warn: #5a3c00; }
  @page { margin: 12mm; size: landscape; }
  body { max-width: none; padding: 0; font-size: 9pt; } table, pre { font-size: 7.5pt; }
  thead { display: table-header-group; } tr { break-inside: avoid; } h2, h3 { break-after: avoid; }
}
"""

_DIGEST = base64.b64encode(hashlib.sha256(STYLE.encode("utf-8")).digest()).decode("ascii")
POLICY = f"default-src 'none'; style-src 'sha256-{_DIGEST}'; base-uri 'none'; form-action 'none'"
"""Content-Security-Policy: nothing is loaded and nothing runs; of styles only this one counts, by its digest."""
