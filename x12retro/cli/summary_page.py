"""The summary of a run as one HTML page to look at: charts, each with its figures. Nothing is loaded from anywhere, and no script runs.

Colours are told apart in light and dark, in print, and by words beside them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from html import escape

from x12retro.cli.charts import WHOLE, Bar, Part, bars, columns, legend
from x12retro.cli.summary import Money, Reason, Summary

_MOST = 18
"""Rows of a chart; what is left is one more."""
_MOST_REASONS = 8
"""Rows for each kind of reason."""
_GROUPS = (
    ("approved", "s-good", ("certified", "not_required")),
    ("approved in part or changed", "s-part", ("modified", "partially_certified")),
    ("pended", "s-wait", ("pended",)),
    ("rejected, not reviewed", "s-back", ("rejected",)),
    ("denied", "s-bad", ("denied",)),
    ("for a person", "s-ask", ("contact_payer", "manual_review", "cancelled", "unanswered")),
)
_MONEY: tuple[tuple[Money, str, str], ...] = (
    ("approved", "approved", "s-good"),
    ("open", "open: at risk", "s-wait"),
    ("denied", "denied: at risk", "s-bad"),
)
_STEPS = {
    "attach_number_to_claim": "put the number on the claim",
    "send_documents": "send documents",
    "correct_and_resend": "correct and send again",
    "appeal": "appeal",
    "peer_to_peer": "talk between physicians",
    "follow_up": "ask for the status",
    "call_payer": "call the payer",
    "bill": "bill without a number",
    "send_claim_then_appeal": "send the claim, then appeal",
    "review": "have a person read it",
}

_STYLE = """
:root { color-scheme: light dark; --paper: #fbfbfa; --card: #fff; --ink: #1d2125; --soft: #5b636c; --line: #dfe2e5;
  --good: #2f7d4f; --part: #8bb174; --wait: #d9a441; --back: #7d8fb3; --bad: #b3423a; --ask: #8a6aa3; --on: #fff; --on-light: #1d2125; }
@media (prefers-color-scheme: dark) { :root { --paper: #131619; --card: #1b1f23; --ink: #e6e9ec; --soft: #a2abb4; --line: #333a41;
  --good: #4fa873; --part: #a9c98f; --wait: #e3b75c; --back: #93a5cb; --bad: #e07b72; --ask: #b294cc; --on: #10130f;
  --on-light: #10130f; } }
* { box-sizing: border-box; }
body { margin: 0 auto; max-width: 76rem; padding: 1.6rem; background: var(--paper); color: var(--ink);
  font: 15px/1.45 system-ui, -apple-system, "Segoe UI", Roboto, "Liberation Sans", sans-serif; }
h1 { font-size: 1.7rem; letter-spacing: -.01em; margin: 0; } h2 { font-size: 1.02rem; margin: 0 0 .2rem; }
p { margin: .15rem 0 .6rem; } .soft { color: var(--soft); }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .9rem; margin: 1.2rem 0; padding: 0;
  list-style: none; }
.tiles li, section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: .9rem 1.1rem; }
.tiles b { display: block; font-size: 1.75rem; line-height: 1.15; font-weight: 650;
  font-variant-numeric: tabular-nums; letter-spacing: -.02em; }
.tiles span { color: var(--soft); } .tiles .bad b { color: var(--bad); } .tiles .good b { color: var(--good); }
.grid { columns: 2 26rem; column-gap: .9rem; } section { margin: 0 0 .9rem; min-width: 0; break-inside: avoid; }
.chart { display: block; width: 100%; height: auto; } .chart text { font-size: 13px; fill: var(--ink); }
.chart .figure { font-weight: 600; font-variant-numeric: tabular-nums; } .chart .in { fill: var(--on); font-size: 12px; font-weight: 600; }
.chart .on-s-wait, .chart .on-s-part { fill: var(--on-light); }
.axis { stroke: var(--line); }
.s-good { fill: var(--good); } .s-part { fill: var(--part); } .s-wait { fill: var(--wait); } .s-back { fill: var(--back); }
.s-bad { fill: var(--bad); } .s-ask { fill: var(--ask); }
.legend { display: flex; flex-wrap: wrap; gap: .2rem 1.1rem; margin: .2rem 0 .7rem; padding: 0; list-style: none;
  color: var(--soft); font-size: .9rem; }
.legend svg { margin-right: .4rem; vertical-align: -1px; }
footer { margin-top: 1.4rem; color: var(--soft); font-size: .86rem; }
@media (max-width: 40rem) { body { padding: .8rem; } }
@media print { :root { color-scheme: light; --paper: #fff; --card: #fff; --ink: #000; --soft: #444; --line: #c4c4c4; --good: #2f7d4f;
    --part: #8bb174; --wait: #d9a441; --back: #7d8fb3; --bad: #b3423a; --ask: #8a6aa3; --on: #fff; --on-light: #1d2125; }
  @page { size: A4 landscape; margin: 11mm; } body { max-width: none; padding: 0; font-size: 9.5pt; }
  .tiles li { break-inside: avoid; } .grid { columns: 2; } .tiles { grid-template-columns: repeat(6, 1fr); }
  .tiles b { font-size: 1.3rem; } * { print-color-adjust: exact; -webkit-print-color-adjust: exact; } }
"""


def page(found: Summary) -> str:
    """The whole page."""
    sections = [
        _outcomes("Outcomes by payer", found.by_payer),
        _outcomes("Outcomes by scenario", found.by_scenario),
        _time(found),
        _reasons(found),
        _steps(found),
    ]
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="referrer" content="no-referrer">
<title>Decisions on retroactive requests</title>
<style>{_STYLE}</style>
</head>
<body>
<main>
<h1>Decisions on retroactive requests</h1>
<p class="soft">{escape(_period(found))}</p>
{_tiles(found)}
{_money(found)}<div class="grid">
{"".join(filter(None, sections))}
</div>
</main>
<footer>{escape(_foot(found))}</footer>
</body>
</html>
"""


def _period(found: Summary) -> str:
    if found.first_answer is None or found.last_answer is None:
        return f"As of {found.as_of}"
    return f"Answers of {found.first_answer} to {found.last_answer}, as of {found.as_of}"


def _tiles(found: Summary) -> str:
    at_risk = found.money["open"] + found.money["denied"]
    approved = sum(found.outcomes[name] for _, _, names in _GROUPS[:2] for name in names)
    median = found.median_days()
    tiles = [
        ("", f"{found.answers:,}", "events answered"),
        ("good", _share(approved, found.answers), "approved, wholly or in part"),
        ("good", _dollars(found.money["approved"]), "approved: can be billed"),
        ("bad" if at_risk else "", _dollars(at_risk), "at risk: open or denied"),
        ("", "–" if median is None else f"{median} day{'s' if median != 1 else ''}", "to a decision (median)"),
        ("bad" if found.overdue else "", f"{found.overdue:,}", "next steps overdue"),
    ]
    items = "".join(f'<li class="{kind}"><b>{escape(figure)}</b><span>{escape(words)}</span></li>' for kind, figure, words in tiles)
    return f'<ul class="tiles">{items}</ul>'


def _money(found: Summary) -> str:
    rows = [
        Bar(payer, tuple(Part(words, float(money[kind]), colour) for kind, words, colour in _MONEY))
        for payer, money in sorted(found.money_by_payer.items(), key=_by_money)
    ]
    if not rows:
        return ""
    chart = bars("Money by payer", _together(rows), lambda value: _dollars(Decimal(value)), WHOLE)
    keys = legend([(colour, f"{words} {_dollars(found.money[kind])}") for kind, words, colour in _MONEY])
    return _section("Money by payer", "Charges of the services, by what was decided about them.", keys + chart)


def _outcomes(title: str, counted: Mapping[str, Counter[str]]) -> str:
    rows = [
        Bar(name, tuple(Part(words, sum(counts[o] for o in names), colour) for words, colour, names in _GROUPS))
        for name, counts in sorted(counted.items(), key=_by_count)
    ]
    if not rows:
        return ""
    keys = legend([(colour, words) for words, colour, _ in _GROUPS])
    return _section(title, "Events, by the answer that stands.", keys + bars(title, _together(rows), _count))


def _time(found: Summary) -> str:
    if not found.days:
        return ""
    rows = [Bar(name, (Part(name, n, "s-back"),)) for name, n in found.time_classes()]
    chart = columns("Time to a decision", rows, _count)
    return _section("Time to a decision", "Days from the request to the answer; pends not counted.", chart)


def _reasons(found: Summary) -> str:
    rows = [
        Bar(
            f"{reason.code} {reason.meaning}",
            (Part(reason.kind, n, "s-bad" if reason.kind == "denied" else "s-back"),),
            f"{reason.code} ({'AAA' if reason.kind == 'rejected' else 'HCR03'}): {reason.meaning or 'no meaning known'}",
        )
        for kind in ("rejected", "denied")
        for reason, n in sorted([each for each in found.reasons.items() if each[0].kind == kind], key=_by_number)[:_MOST_REASONS]
    ]
    if not rows:
        return ""
    keys = legend([("s-back", "rejected without review (AAA)"), ("s-bad", "denied (HCR03)")])
    return _section("Why payers said no", "Events with each reason; one may have several.", keys + bars("Why payers said no", rows, _count))


def _steps(found: Summary) -> str:
    rows = [
        Bar(
            _STEPS.get(step, step),
            (Part("due", n - found.overdue_steps[step], "s-good"), Part("overdue", found.overdue_steps[step], "s-bad")),
        )
        for step, n in found.steps.most_common()
    ]
    if not rows:
        return ""
    keys = legend([("s-good", "in time"), ("s-bad", "overdue")])
    return _section("What to do next", "The first step of each event.", keys + bars("What to do next", rows, _count))


def _section(title: str, about: str, content: str) -> str:
    return f'<section><h2>{escape(title)}</h2><p class="soft">{escape(about)}</p>{content}</section>\n'


def _together(rows: list[Bar]) -> list[Bar]:
    """The first rows, and all others as one."""
    if len(rows) <= _MOST + 1:
        return rows
    rest = rows[_MOST:]
    names = [(part.name, part.colour) for part in rest[0].parts]
    parts = tuple(Part(name, sum(row.parts[n].value for row in rest), colour) for n, (name, colour) in enumerate(names))
    return [*rows[:_MOST], Bar(f"{len(rest)} others", parts)]


def _foot(found: Summary) -> str:
    told = [f"{found.superseded:,} superseded answers and {found.duplicates:,} copies are not counted."]
    if found.without_money:
        told.append(f"{found.without_money:,} events tell no charge.")
    told.append("Made by x12retro. No patient is named here.")
    return " ".join(told)


def _by_money(item: tuple[str, Mapping[Money, Decimal]]) -> tuple[Decimal, str]:
    return -sum(item[1].values(), Decimal(0)), item[0]


def _by_number(item: tuple[Reason, int]) -> tuple[int, str]:
    return -item[1], item[0].code


def _by_count(item: tuple[str, Counter[str]]) -> tuple[int, str]:
    return -item[1].total(), item[0]


def _share(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "–"


def _count(value: float) -> str:
    return f"{value:,.0f}"


def _dollars(value: Decimal) -> str:
    """Money in few letters: $950, $12.3K, $4.56M."""
    amount = float(value)
    for size, letter in ((1e9, "B"), (1e6, "M"), (1e3, "K")):
        if amount >= size:
            return f"${amount / size:.2f}{letter}" if amount < 10 * size else f"${amount / size:.1f}{letter}"
    return f"${amount:,.0f}"
