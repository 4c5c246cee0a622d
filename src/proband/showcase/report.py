"""The report of the demonstration: one self-contained page that shows what was run, with every answer and every refusal.

It works from the file system, loads nothing, and keeps the strict content security policy of the public pages: scripts and
styles are inline and named by their hash.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from html import escape
from importlib import resources

from proband.pages.headline_page import fragment
from proband.programme import CheckReport, Programme
from proband.screening.sql.funnel import Funnel
from proband.terms import ProbandError
from proband.trial.headline.result import HeadlineResult
from proband.trial.headline.table import form


@dataclass(frozen=True)
class Asked:
    """A headline that was put to the test: why it is shown, and the answer or the refusal."""

    why: str
    text: str
    command: str
    answer: HeadlineResult | ProbandError


@dataclass(frozen=True)
class ScreeningShown:
    """One programme's funnel over the synthetic folder, with one person's verdict in words."""

    programme: str
    funnel: Funnel
    counts: dict[str, int]
    explained: str


@dataclass(frozen=True)
class RecordShown:
    """What the scripted record showed: flow, custody chain, verification."""

    flow: Sequence[tuple[str, int]]
    ends: Sequence[tuple[str, int]]
    story: Sequence[str]
    custody: Sequence[tuple[str, str, str, str]]
    custody_of: str
    verified: Sequence[str]


@dataclass(frozen=True)
class Report:
    """Everything that the page shows."""

    made: datetime
    checks: Sequence[tuple[str, CheckReport]]
    headlines: Sequence[Asked]
    programmes: Sequence[Programme]
    read: Sequence[str] = ()
    screened: Sequence[ScreeningShown] = ()
    record: RecordShown | None = None
    site: Sequence[tuple[str, str]] = ()
    seconds: float = 0.0


def render(report: Report) -> str:
    """The page as HTML."""
    sections = [
        ("programmes", "Three programmes, checked", _programmes(report)),
        ("headlines", "What if nobody had been treated?", _headlines(report)),
        ("ask", "Ask of a headline yourself", _form(report)),
    ]
    if report.screened:
        sections.append(("screening", "Who could be considered, and who needs data", _screening(report)))
    if report.record:
        sections.append(
            ("record", "Twelve synthetic people, from referral to year two", _record(report.record))
        )
    if report.site:
        sections.append(("pages", "The public pages", _site(report)))
    contents = "".join(f"<li><a href='#{key}'>{escape(title)}</a></li>" for key, title, _ in sections)
    parts = "".join(
        f"<section class='part' id='{key}' aria-labelledby='h-{key}'><h2 id='h-{key}'><span class='part__no'>{number}</span>"
        f"{escape(title)}</h2>{body}</section>"
        for number, (key, title, body) in enumerate(sections, start=1)
    )
    body = (
        "<a class='skip' href='#main'>Skip to the content</a>"
        "<header class='top'><div class='top__in'><span class='brand'>Proband</span></div></header>"
        "<div class='banner' role='note'><p>DEMONSTRATION: these programmes treat nobody. Figures are published ones with their "
        "sources; every person is synthetic.</p></div>"
        "<main id='main' class='sheet'><div class='hero'><p class='kicker'>Demonstration report, "
        f"{report.made:%d %B %Y}</p><h1>What is a result worth without its denominator?</h1><p class='lead'>Proband loads three "
        "treatment programmes from cited figures, asks of headlines how often they would have happened if nobody had been "
        "treated, and refuses where nobody has published what happens without treatment.</p></div>"
        f"<div class='columns'><nav class='contents' aria-labelledby='contents-h'><h2 id='contents-h'>On this page</h2><ol>{contents}</ol></nav>"
        f"<div>{parts}</div></div></main>"
        f"<footer><div class='sheet'><p>Information, not medical advice. Nothing on this page is stored or sent. Made in "
        f"{report.seconds:.0f} seconds by Proband.</p></div></footer>"
    )
    return _document(body)


def _document(body: str) -> str:
    style = (resources.files("proband.pages") / "assets" / "style.css").read_text(encoding="utf-8") + _STYLE
    scripts = re.findall(r"<script>(.*?)</script>", body, flags=re.DOTALL)
    allowed = " ".join(f"'sha256-{_hash(script)}'" for script in scripts) or "'none'"
    policy = f"default-src 'none'; style-src 'sha256-{_hash(style)}'; script-src {allowed}; img-src data:; base-uri 'none'; form-action 'none'"
    return (
        "<!doctype html>\n<html lang='en' dir='ltr'><head><meta charset='utf-8'>"
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        "<meta name='viewport' content='width=device-width, initial-scale=1'><meta name='referrer' content='no-referrer'>"
        "<title>Proband: demonstration report</title>"
        "<meta name='description' content='How often would this have happened if nobody had been treated?'>"
        f"<style>{style}</style></head><body>{body}</body></html>\n"
    )


def _hash(text: str) -> str:
    return base64.b64encode(hashlib.sha256(text.encode("utf-8")).digest()).decode()


#: what only this report needs beyond the style of the public pages; quiet on purpose
_STYLE = """
.demo-table{border-collapse:collapse;inline-size:100%;font-size:.95rem;margin-block:.6rem 1.2rem}
.demo-table th,.demo-table td{text-align:start;padding:.45rem .7rem .45rem 0;border-block-end:1px solid var(--line);vertical-align:top}
.demo-table td.num,.demo-table th.num{text-align:end;font-variant-numeric:tabular-nums}
.demo-table caption{text-align:start;font-weight:600;padding-block:.3rem}
.asked{padding-block:1.2rem;border-block-end:1px solid var(--line)}
.asked .why-shown{color:var(--ink-2);font-size:.95rem;margin-block-end:.3rem}
.asked h3{font-size:1.35rem;margin-block-end:.5rem}.asked h4{font:600 1rem var(--sans);margin-block:1.1rem .3rem}.asked .replay+details{font-size:.95rem;color:var(--ink-2)}
.asked table{border-collapse:collapse;margin-block:.8rem;inline-size:100%;font-size:.95rem}
.asked table th,.asked table td{text-align:start;padding:.4rem .6rem .4rem 0;border-block-end:1px solid var(--line);vertical-align:top}
.asked table caption{text-align:start;font-weight:600;padding-block:.3rem}
.asked .lead{font-size:1.15rem;margin-block:.2rem .8rem}
.asked svg,#headline-form svg{max-inline-size:100%;block-size:auto}
.part>h3{margin-block:1.8rem .5rem}.part>ul{max-inline-size:var(--measure)}
.refusal{background:var(--warn-soft);border-inline-start:4px solid var(--warn-line);padding:.8rem 1rem;max-inline-size:var(--measure)}
.replay{inline-size:100%;block-size:auto;max-inline-size:42rem}.replay text{fill:var(--ink);font:13px var(--sans)}
.replay .miss{fill:var(--accent-2)}.replay .hit{fill:var(--accent);stroke:var(--ink);stroke-width:1.5}
.replay .seen{stroke:var(--ink);stroke-width:2;stroke-dasharray:5 3}.replay .base{stroke:var(--line-2)}
.columns{grid-template-columns:minmax(0,1fr)}@media (min-width:64rem){.columns{grid-template-columns:15rem minmax(0,1fr)}}
.scroll{overflow-x:auto}.command{display:block;background:var(--accent-soft);padding:.5rem .8rem;border-radius:4px;margin-block:.6rem;font-size:.85rem}
pre.told{white-space:pre-wrap;overflow-wrap:anywhere;background:var(--card);border:1px solid var(--line);padding:.8rem 1rem;border-radius:4px;font-size:.85rem;line-height:1.5}
#headline-form label{display:grid;gap:.2rem;font-weight:600}#headline-form input,#headline-form select,#headline-form button{font:inherit;padding:.45rem .6rem;min-block-size:2.75rem;
max-inline-size:100%;background:var(--card);color:var(--ink);border:1px solid var(--line-2);border-radius:4px}
#headline-form button{background:var(--accent);color:var(--paper);border-color:var(--accent);cursor:pointer;padding-inline:1.2rem}
#headline-form form{display:grid;gap:.8rem;max-inline-size:32rem}
"""


def _table(
    caption: str, header: Sequence[str], rows: Sequence[Sequence[object]], numeric: Sequence[int] = ()
) -> str:
    def cell(tag: str, index: int, value: object, scope: str = "") -> str:
        kind = " class='num'" if index in numeric else ""
        return f"<{tag}{kind}{scope}>{escape(str(value))}</{tag}>"

    head = "".join(cell("th", i, name, " scope='col'") for i, name in enumerate(header))
    body = "".join(
        "<tr>"
        + "".join(cell("th", i, v, " scope='row'") if i == 0 else cell("td", i, v) for i, v in enumerate(row))
        + "</tr>"
        for row in rows
    )
    return (
        f"<div class='scroll' role='region' aria-label='{escape(caption, quote=True)}' tabindex='0'><table class='demo-table'>"
        f"<caption>{escape(caption)}</caption><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def _programmes(report: Report) -> str:
    rows = []
    for name, check in report.checks:
        p = check.programme
        rows.append(
            (
                name,
                p.head.title if p else "does not load",
                f"{len(check.errors)} errors, {len(check.warnings)} warnings",
                len(p.sources) if p else 0,
                p.hash[:16] if p else "",
            )
        )
    return (
        "<p class='intro'>A programme is a folder of files. It loads only if every key is known, every reference resolves and every "
        "number has a source. The hash is the identity of this version in every verdict, event and seal.</p>"
        + _table("The programmes", ["programme", "title", "check", "sources", "hash"], rows, numeric=(3,))
    )


def _headlines(report: Report) -> str:
    parts = []
    for number, asked in enumerate(report.headlines):
        head = f"<p class='why-shown'>{escape(asked.why)}</p>"
        command = f"<code class='command'>{escape(asked.command)}</code>"
        if isinstance(asked.answer, ProbandError):
            body = (
                f"<h2>“{escape(asked.text)}”</h2><div class='refusal'><p><strong>Refused.</strong> {escape(asked.answer.message)}</p>"
                f"<p>What would be needed: {escape(asked.answer.mend)}.</p></div>"
            )
        else:
            body = fragment(asked.answer, ident=f"replay-{number}")
        # each answer is a section of its own below the page's h2: one level down keeps the outline true
        body = body.replace("<h3>", "<h4>").replace("</h3>", "</h4>")
        body = re.sub(r"<(/?)h2", r"<\1h3", body)
        # inline styles would need an unsafe policy; the page's own style draws the bars
        body = re.sub(r"<style>.*?</style>| style=\"[^\"]*\"", "", body, flags=re.DOTALL)
        parts.append(f"<div class='asked'>{head}{body}{command}</div>")
    return (
        "<p class='intro'>For each headline, thousands of trials are replayed in which nobody was treated, drawn from published "
        "natural history matched on the patients. The answer cuts both ways, and is refused where nothing was published.</p>"
        + "".join(parts)
    )


def _form(report: Report) -> str:
    html = form(report.programmes)
    html = re.sub(r"^<section[^>]*><h2[^>]*>.*?</h2>", "", html, count=1)
    return (
        "<p class='intro'>The same model runs in this page. It recomputes as you type, sends nothing, and refuses what it cannot "
        "answer.</p>" + html.removesuffix("</section>")
    )


def _screening(report: Report) -> str:
    parts = ["<p class='intro'>Synthetic people in mixed files (FHIR bundles, FHIR bulk files, phenopackets, tables) are read and judged. "
             "Missing data makes nobody eligible: it is named, with the cheapest way to learn it.</p>"]  # fmt: skip
    parts += [f"<p>{escape(line)}</p>" for line in report.read]
    for item in report.screened:
        rows = [(step.key, step.passed, step.stopped, step.unknown, step.left) for step in item.funnel.steps]
        counts = ", ".join(
            f"{count} {verdict.replace('-', ' ')}" for verdict, count in sorted(item.counts.items())
        )
        parts.append(
            f"<h3>{escape(item.programme)}: {escape(counts)}</h3>"
            + _table(
                f"Funnel of {item.programme}",
                ["criterion", "passed", "stopped", "not known", "still in"],
                rows,
                numeric=(1, 2, 3, 4),
            )
            + f"<details class='why'><summary>One synthetic person explained<span class='vh'>: {escape(item.programme)}</span></summary>"
            f"<div><pre class='told'>{escape(item.explained)}</pre></div></details>"
        )
    return "".join(parts)


def _record(record: RecordShown) -> str:
    story = "".join(f"<li>{escape(line)}</li>" for line in record.story)
    flow = "".join(
        f"<li><span class='stage'>{escape(stage)}</span><span><span class='n'>{count}</span></span></li>"
        for stage, count in record.flow
    )
    verified = "".join(f"<li>{escape(line)}</li>" for line in record.verified)
    return (
        "<p class='intro'>The record is an append-only log with gates. What must not happen is refused; nobody can vanish from "
        f"the denominator.</p><h3>Everyone, stage by stage</h3><ol class='flow'>{flow}</ol>"
        + _table("What became of everybody who consented", ["end", "people"], record.ends, numeric=(1,))
        + f"<h3>What happened on the way</h3><ul>{story}</ul>"
        + _table(
            f"Chain of custody of {record.custody_of}",
            ["when", "what", "details", "who and where"],
            record.custody,
        )
        + f"<h3>Verified</h3><ul>{verified}</ul>"
    )


def _site(report: Report) -> str:
    links = "".join(
        f"<li><a href='{escape(href, quote=True)}'>{escape(title)}</a></li>" for title, href in report.site
    )
    return f"<p class='intro'>Every number on these pages resolves to a claim and a source; otherwise they would not build.</p><ul>{links}</ul>"
