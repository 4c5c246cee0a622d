"""The replayed trials as an accessible drawing, and the answer as one page that loads nothing from elsewhere."""

from __future__ import annotations

from html import escape
from typing import TYPE_CHECKING

import numpy as np

from proband.trial.headline.words import percent

if TYPE_CHECKING:
    from proband.trial.headline.result import HeadlineResult

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP = 640, 260, 46, 46, 18


def _label(value: float) -> str:
    return f"{value:g}" if abs(value - round(value)) > 1e-9 else f"{round(value)}"


def _bars(result: HeadlineResult) -> tuple[list[float], list[int]]:
    """Values and counts to draw, in at most 60 bars."""
    values, counts = np.array(result.values), np.array(result.frequencies)
    if len(values) <= 60:
        return list(values), list(counts)
    edges = np.linspace(values[0], values[-1], 41)
    drawn, _ = np.histogram(values, bins=edges, weights=counts)
    return list((edges[:-1] + edges[1:]) / 2), [round(v) for v in drawn]


def _observed(result: HeadlineResult) -> float:
    if result.control_observed is None or result.control_people is None:
        return result.observed
    if "mean" in result.kind:
        return result.observed - result.control_observed
    return result.observed / result.people - result.control_observed / result.control_people


def _axis_name(result: HeadlineResult) -> str:
    if "mean" in result.kind:
        gap = "difference of mean changes" if result.control_people else "mean change"
        return f"{gap} ({result.unit})"
    if result.control_people:
        return "difference of the two shares"
    return f"people out of {result.people}"


def text_equivalent(result: HeadlineResult) -> str:
    """What the drawing shows, in words."""
    side = result.direction
    return (
        f"Bar chart of {result.trials:,} replayed trials without treatment by {_axis_name(result)}. "
        f"Middle trial: {_label(round(_quantile(result, 0.5), 3))}; 95 of 100 trials lie between "
        f"{_label(round(_quantile(result, 0.025), 3))} and {_label(round(_quantile(result, 0.975), 3))}. "
        f"The headline stands at {_label(round(_observed(result), 3))}; {percent(result.probability)} of trials show "
        f"{side} that."
    )


def _quantile(result: HeadlineResult, q: float) -> float:
    values, counts = np.array(result.values), np.array(result.frequencies)
    position = np.searchsorted(np.cumsum(counts), q * counts.sum())
    return float(values[min(int(position), len(values) - 1)])


def figure(result: HeadlineResult, *, ident: str = "replay") -> str:
    """An inline SVG with title, description and a data table behind it.

    Colours come from CSS variables with fallbacks, so that light, dark and forced-colour modes work; bars that reach the
    headline are hatched as well as coloured, so that colour is not the only sign.
    """
    values, counts = _bars(result)
    observed = _observed(result)
    span = (values[-1] - values[0]) or 1.0
    low, high = min(values[0], observed), max(values[-1], observed)
    pad = span / max(len(values), 1) / 2 + 1e-9
    low, high = low - pad, high + pad
    top = max(counts) or 1

    def x(v: float) -> float:
        return _LEFT + (v - low) / (high - low) * (_WIDTH - _LEFT - 12)

    def y(c: float) -> float:
        return _TOP + (1 - c / top) * (_HEIGHT - _TOP - _BOTTOM)

    step = (values[1] - values[0]) if len(values) > 1 else 1.0
    width = max(1.5, (x(values[0] + step) - x(values[0])) * 0.86)
    bars = []
    for v, c in zip(values, counts, strict=True):
        reached = v <= observed + 1e-9 if result.direction == "at most" else v >= observed - 1e-9
        kind = "hit" if reached else "miss"
        bars.append(
            f'<rect class="bar {kind}" x="{x(v) - width / 2:.1f}" y="{y(c):.1f}" width="{width:.1f}" '
            f'height="{max(0.0, _HEIGHT - _BOTTOM - y(c)):.1f}"/>'
        )
    ticks = _ticks(low, high)
    axis = "".join(
        f'<text class="tick" x="{x(t):.1f}" y="{_HEIGHT - _BOTTOM + 16}" text-anchor="middle">{_label(t)}</text>'
        for t in ticks
    )
    line = x(observed)
    anchor = "end" if line > _WIDTH * 0.7 else "start"
    return (
        f'<svg class="replay" role="img" aria-labelledby="{ident}-t {ident}-d" viewBox="0 0 {_WIDTH} {_HEIGHT}" '
        f'xmlns="http://www.w3.org/2000/svg" style="max-width:100%;height:auto">'
        f'<title id="{ident}-t">{escape(result.text)}: {result.trials:,} trials without treatment</title>'
        f'<desc id="{ident}-d">{escape(text_equivalent(result))}</desc>'
        f'<defs><pattern id="{ident}-h" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        f'<rect width="6" height="6" fill="var(--replay-hit,#b3541e)"/>'
        f'<line x1="0" y1="0" x2="0" y2="6" stroke="var(--replay-paper,#fff)" stroke-width="2"/></pattern></defs>'
        f"<style>.replay .bar.miss{{fill:var(--replay-miss,#5b7fa3)}}.replay .bar.hit{{fill:url(#{ident}-h)}}"
        ".replay text{fill:currentColor;font:13px system-ui,sans-serif}.replay .seen{stroke:currentColor;stroke-width:2;"
        "stroke-dasharray:5 3}.replay .base{stroke:currentColor}</style>"
        + "".join(bars)
        + f'<line class="base" x1="{_LEFT - 6}" x2="{_WIDTH - 8}" y1="{_HEIGHT - _BOTTOM}" y2="{_HEIGHT - _BOTTOM}"/>'
        + axis
        + f'<line class="seen" x1="{line:.1f}" x2="{line:.1f}" y1="{_TOP - 4}" y2="{_HEIGHT - _BOTTOM}"/>'
        f'<text x="{line + (-6 if anchor == "end" else 6):.1f}" y="{_TOP + 8}" text-anchor="{anchor}">the headline</text>'
        f'<text x="{(_LEFT + _WIDTH) / 2:.0f}" y="{_HEIGHT - 8}" text-anchor="middle">{escape(_axis_name(result))}</text>'
        "</svg>"
    )


def _ticks(low: float, high: float) -> list[float]:
    raw = (high - low) / 6
    base = 10 ** np.floor(np.log10(raw))
    step = float(min((m * base for m in (1, 2, 5, 10) if m * base >= raw), default=base))
    first = np.ceil(low / step) * step
    return [round(float(v), 10) for v in np.arange(first, high + 1e-9, step)]


def data_table(result: HeadlineResult) -> str:
    """The numbers behind the drawing as an HTML table."""
    values, counts = _bars(result)
    rows = "".join(
        f"<tr><td>{_label(round(v, 3))}</td><td>{c:,}</td></tr>"
        for v, c in zip(values, counts, strict=True)
        if c
    )
    return (
        "<details><summary>The numbers behind the drawing</summary><table><caption>Replayed trials without "
        f"treatment</caption><thead><tr><th scope='col'>{escape(_axis_name(result))}</th><th scope='col'>trials</th></tr>"
        f"</thead><tbody>{rows}</tbody></table></details>"
    )


def fragment(result: HeadlineResult, *, ident: str = "replay") -> str:
    """The answer as an HTML section, for use inside another page."""
    e = escape
    facts = [
        (f"P({result.direction} this | nobody treated)", percent(result.probability)),
        ("95 % interval over the cohorts", f"{percent(result.interval[0])} to {percent(result.interval[1])}"),
        ("Error of counting trials", f"± {100 * 1.96 * result.monte_carlo_se:.1f} percentage points"),
        ("Exact answer for the average cohort", percent(result.exact)),
    ]
    if "mean" not in result.kind:
        facts.append(
            (
                "Natural share, and its 95 % range over new cohorts",
                f"{percent(result.natural)} ({percent(result.natural_interval[0])} to {percent(result.natural_interval[1])})",
            )
        )
    else:
        facts.append(
            (
                "Natural mean change, and its 95 % range over new cohorts",
                f"{result.natural:+.2f} ({result.natural_interval[0]:+.2f} to {result.natural_interval[1]:+.2f}) {result.unit}",
            )
        )
    if result.fisher:
        facts.append(
            ("Fisher's exact test of the two groups", f"p = {result.fisher.two_sided:.2g} (two-sided)")
        )
    facts += [(s.assumption.capitalize(), percent(s.probability)) for s in result.sensitivity]
    rows = "".join(f"<tr><th scope='row'>{e(k)}</th><td>{e(v)}</td></tr>" for k, v in facts)
    return (
        f"<section class='headline-answer' aria-labelledby='{ident}-h2'><h2 id='{ident}-h2'>“{e(result.text)}”</h2>"
        f"<p class='lead'>{e(result.words)}</p>{figure(result, ident=ident)}{data_table(result)}"
        f"<table class='facts'><caption>The answer in numbers</caption><tbody>{rows}</tbody></table>"
        + (
            f"<p><strong>No natural history:</strong> {e(result.natural_history_refused)}</p>"
            if result.natural_history_refused
            else ""
        )
        + "<h3>What this comparison cannot see</h3><ul>"
        + "".join(f"<li>{e(t)}</li>" for t in result.cannot_see)
        + "</ul><h3>What would tell</h3><p>"
        + e(design_words(result))
        + "</p><h3>Assumptions</h3><ul>"
        + "".join(f"<li>{e(t)}</li>" for t in result.assumptions)
        + "</ul><h3>Compared with</h3><ul>"
        + "".join(f"<li>{e(d)}</li>" for d in result.domains)
        + f"</ul><h3>Sources</h3><p>Verification level: {e(result.level.value)} ({e(result.level.meaning)}). Seed "
        f"{result.seed}. Programme {e(result.programme)}, hash <code>{e(result.programme_hash)}</code>.</p><ul>"
        + "".join(_source(s.link, str(s)) for s in result.sources)
        + "</ul></section>"
    )


def _source(link: str | None, text: str) -> str:
    return (
        f"<li><a href='{escape(link, quote=True)}'>{escape(text)}</a></li>"
        if link
        else f"<li>{escape(text)}</li>"
    )


def design_words(result: HeadlineResult) -> str:
    """The design that would tell, as a sentence."""
    d = result.design
    if d is None:
        return "No difference large enough to plan for is left: nearly everyone has the outcome without treatment."
    if d.unit == "share":
        gap = f"{abs(d.difference) * 100:.0f} percentage points"
        base = f"{d.control * 100:.0f} %"
    else:
        gap, base = f"{abs(d.difference):g} {d.unit}", f"{d.control:+g} {d.unit}"
    if d.per_arm is None:
        return f"More than {d.limit} people per group would be needed to find a difference of {gap}."
    return (
        f"Two groups made by chance, {d.per_arm} people each, assessed by examiners who do not know who was treated, would "
        f"find a difference of {gap} from the natural {base} with {d.power:.0%} probability ({d.test}, two-sided "
        f"{d.alpha:g})."
    )


_STYLE = """
:root{color-scheme:light dark;--replay-paper:#fff}
@media (prefers-color-scheme:dark){:root{--replay-miss:#86aed6;--replay-hit:#f0a267;--replay-paper:#16181c}
body{background:#16181c;color:#e9e9e4}a{color:#9cc4ff}}
body{font:1.05rem/1.55 system-ui,sans-serif;max-width:46rem;margin:0 auto;padding:1rem}
table{border-collapse:collapse;margin:1rem 0;width:100%}th,td{text-align:left;padding:.35rem .5rem;border-bottom:1px solid #8886;
vertical-align:top}caption{text-align:left;font-weight:600;padding:.3rem 0}.lead{font-size:1.15rem}
"""


def page(result: HeadlineResult) -> str:
    """One self-contained HTML page."""
    return (
        "<!doctype html><html lang='en'><head><meta charset='utf-8'>"
        "<meta name='viewport' content='width=device-width,initial-scale=1'>"
        f"<title>Headline test: {escape(result.text)}</title><style>{_STYLE}</style></head><body><main>"
        f"<h1>How often would this happen without treatment?</h1><p>Programme {escape(result.programme)}, outcome "
        f"{escape(result.outcome)}.</p>{fragment(result)}</main></body></html>\n"
    )
