"""The answer to a headline as a card: one sentence, one picture, one number in both; to be printed, linked and shared.

:func:`card_page` is a page of its own that also fits a telephone of 320 pixels, :func:`card_svg` a drawing of 1200 by 630 that
needs no style from elsewhere.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import urlencode

from markupsafe import Markup

from proband import __version__
from proband.pages.charts.svg import drawing, tag, text
from proband.pages.headline.hundred import columns, in_words, out_of_hundred
from proband.pages.headline.replays import axis_name
from proband.pages.rendering import document
from proband.trial.headline.result import HeadlineResult
from proband.trial.headline.words import VERDICTS, out_of, said_key, what_would_tell

#: those of the pages: what happens without treatment has one colour everywhere
_INK, _SOFT, _HIT, _MISS, _PAPER = "#18242e", "#47555f", "#5a4414", "#a3864d", "#ffffff"
_FONT = "system-ui, 'Segoe UI', 'Helvetica Neue', Arial, sans-serif"
_WIDE, _HIGH = 1200, 630


@dataclass(frozen=True, slots=True)
class Card:
    """What stands on the card; ``sentence`` and the dots carry one number, ``link`` the question as parameters of the address of a page with the form."""

    said: str
    sentence: str
    verdict: str
    range: str
    who: str
    measured: str
    tell: str
    made_from: str
    link: str
    words: str
    sources: tuple[str, ...]


def card(result: HeadlineResult) -> Card:
    """The parts of the card of one answer."""
    hit = out_of_hundred(result)
    first = (
        "Fewer than 1" if hit == 0 else "More than 99" if hit == 100 and result.probability < 1 else f"{hit}"
    )
    way = "this bad or worse" if result.speaks_of == "harm" else "as good or better"
    low, high = (out_of(v) for v in result.interval)
    if result.surprise == "no verdict":
        verdict = "No verdict: no published people fit, and chance did not make the groups."
    else:
        chance = result.probability if result.verdict_from is None else result.verdict_from
        verdict = VERDICTS[result.speaks_of][said_key(chance, result.surprise)]
    test = result.comparison
    if result.groups == "randomised" and test is not None:
        spread = f"Had chance alone made the gap: {out_of(test.two_sided)} ({test.name}, both ways)."
    elif low == high:
        spread = f"In every published group about the same: {low}."
    else:
        spread = f"Published groups differ: from {low} to {high}."
    return Card(
        said=result.text,
        sentence=f"{first} of 100 such trials look {way} with no treatment at all.",
        verdict=verdict,
        range=spread,
        who="; ".join(result.domains),
        measured=f"{result.outcome} ({result.understood.removeprefix('Understood: ').rstrip('.')})",
        tell=what_would_tell(result),
        made_from=f"Proband {__version__} · {result.programme} · {result.programme_hash[:12]}",
        link="?" + urlencode(result.extra.get("asked", {})) + "#headline",
        words=in_words(result),
        sources=tuple(str(s) for s in result.sources),
    )


def dots(
    result: HeadlineResult, id: str, width: float = 488, height: float = 300, *, styled: bool = False
) -> Markup:
    """A hundred trials as dots above their results, on ``width`` by ``height``; ``styled`` brings its colours along.

    A bracket spans the trials that reach the headline, with their number, which is that of the sentence.
    """
    shown = columns(result)
    tall = max(-(-c.dots // _ACROSS) for c in shown)
    slot = width / len(shown)
    room = height - 62 - _BRACKET - 22
    step = min(slot * 0.92 / _ACROSS, room / max(tall, 1), 22.0)
    floor, parts = height - 62, []
    for index, column in enumerate(shown):
        middle = slot * (index + 0.5)
        left = middle - step * (_ACROSS - 1) / 2
        kind = {"class_": "dot-hit" if column.reaches else "dot-miss"}
        if styled:
            colours = (_HIT, _HIT) if column.reaches else (_PAPER, _MISS)
            kind |= {"fill": colours[0], "stroke": colours[1], "stroke_width": "1.5"}
        parts += [
            tag(
                "circle",
                cx=left + step * (k % _ACROSS),
                cy=floor - step * (k // _ACROSS + 0.5),
                r=step * 0.38,
                **kind,
            )
            for k in range(column.dots)
        ]
        rows = -(-column.dots // _ACROSS)
        plain = {"text_anchor": "middle", "class_": "tick"} | (
            {"fill": _INK, "font_size": 14, "font_family": _FONT} if styled else {}
        )
        parts.append(text(middle, floor - step * rows - 6, str(column.dots), **plain))
        first, mark, last = column.label.partition(" to ")
        parts.append(text(middle, floor + 18, first + mark.rstrip(), **plain))
        if mark:
            parts.append(text(middle, floor + 33, last, **plain))
    parts.append(
        tag(
            "line",
            class_="axis",
            x1=0.0,
            x2=width,
            y1=floor + 3,
            y2=floor + 3,
            stroke=_SOFT if styled else None,
        )
    )
    parts += _bracket(result, [c.reaches for c in shown], width, floor, styled)
    named = {"text_anchor": "middle", "class_": "axis-name"} | (
        {"fill": _SOFT, "font_size": 15, "font_family": _FONT} if styled else {}
    )
    axis = axis_name(result) + (
        ", nobody treated" if width > 400 else ""
    )  # a narrow one has it in its caption
    parts.append(text(width / 2, height - 6, axis, **named))
    return drawing(
        id,
        f"A hundred replayed trials: {out_of_hundred(result)} reach the headline",
        width,
        height,
        parts,
        "dots",
        in_words(result),
    )


#: dots side by side in one column, and room above them for the bracket
_ACROSS, _BRACKET = 5, 30


def _bracket(
    result: HeadlineResult, reaches: list[bool], width: float, floor: float, styled: bool
) -> list[str]:
    """The line between the trials that fall short and those that reach the headline, and how many do."""
    slot, fewer = width / len(reaches), result.direction == "at most"
    edge = slot * (sum(reaches) if fewer else len(reaches) - sum(reaches))
    line = {"class_": "null", "fill": "none"} | ({"stroke": _INK} if styled else {})
    end = 0.0 if fewer else width
    count = {"class_": "reached", "text_anchor": "start" if fewer else "end"} | (
        {"fill": _INK, "font_size": 17, "font_weight": 700, "font_family": _FONT} if styled else {}
    )
    return [
        tag("path", d=f"M{edge:.1f} {floor + 3:.1f}V{_BRACKET}", stroke_dasharray="3 3", **line),
        tag("path", d=f"M{edge:.1f} {_BRACKET}H{end:.1f}", **line),
        text(end, _BRACKET - 10, f"{out_of_hundred(result)} of 100 reach it", **count),
    ]


def card_svg(result: HeadlineResult) -> str:
    """The card as one drawing of 1200 by 630, with its colours and letters, for pictures on other pages."""
    made = card(result)
    parts = [
        tag("rect", x=0, y=0, width=_WIDE, height=_HIGH, fill=_PAPER),
        tag("rect", x=0, y=0, width=_WIDE, height=12, fill=_HIT),
    ]
    said = (
        (f"The headline: “{made.said}”", 25, 400, _SOFT, 18),
        (made.sentence, 40, 700, _INK, 14),
        (made.range, 23, 400, _INK, 6),
        (made.verdict, 23, 400, _INK, 14),
        ("What would tell: " + made.tell, 19, 400, _SOFT, 0),
    )
    # long texts are set smaller, until they end above the foot
    scale = next(s for s in (1.0, 0.9, 0.8, 0.7, 0.6, 0.5) if _lines(said, s)[1] < _HIGH - 50 or s == 0.5)
    parts += [
        text(56, y, line, font_size=size, font_weight=weight, fill=colour, font_family=_FONT)
        for y, line, size, weight, colour in _lines(said, scale)[0]
    ]
    inner = str(dots(result, "card-dots", styled=True)).replace(
        "<svg ", '<svg x="656" y="120" width="488" height="360" ', 1
    )
    parts.append(inner)
    small = {"font_size": 17, "fill": _SOFT, "font_family": _FONT}
    parts.append(text(656, 84, "One dot is one trial in which nobody was treated.", **small))
    parts.append(text(56, _HIGH - 24, made.made_from, **small))
    body = drawing("card", made.sentence, _WIDE, _HIGH, parts, "card", made.words)
    return str(body).replace(
        "<svg ", f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDE}" height="{_HIGH}" ', 1
    )


def _lines(
    said: Iterable[tuple[str, float, int, str, float]], scale: float
) -> tuple[list[tuple[float, str, float, int, str]], float]:
    """Lines of text with their place, size, weight and colour, and where the last one ends."""
    y, out = 78.0, []
    for words, full, weight, colour, gap in said:
        size = full * scale
        for line in textwrap.wrap(words, int(560 / (size * 0.52))):
            out.append((y, line, size, weight, colour))
            y += size * 1.28
        y += gap * scale
    return out, y


def card_page(result: HeadlineResult) -> str:
    """The card as one self-contained page; printed, it fills a sheet of 1200 by 630 pixels."""
    return document(
        "headline/card_page.html.j2", f"Headline card: {result.text}", "How often would this happen without treatment?",
        styles=("document", "card"), context={"card": card(result), "picture": dots(result, "dots", 300, 270)},
    )  # fmt: skip
