"""The headline test for a page: forecasts of the questions that a form offers, small enough to travel with the page.

``headline_table`` asks every offered question of the natural-history models beforehand and keeps either the forecast (mid-point
quantiles, the average cohort's figure) or the refusal in its own words. The script of the pages (``pages/assets/headline.js``)
replays trials from it with the same rules: one cohort per trial, leaning examiners, late examinations, the same directions and
tails.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from proband.natural_history import OutsideDomain
from proband.natural_history.askable import Offer
from proband.natural_history.conditions import Conditions, parse_duration_days
from proband.natural_history.forecast import (
    COHORT_PLACES,
    N_QUANTILES,
    ChangeForecast,
    ProportionForecast,
    RateForecast,
    read_quantile,
)
from proband.natural_history.kinds.rows import DISPERSION
from proband.natural_history.questions import outcomes
from proband.programme import Programme
from proband.terms.errors.catalogue.trial import ENTRIES
from proband.trial.headline.answer import DEFAULT_EXAMINERS, DEFAULT_LATE
from proband.trial.headline.change import OWN_SPREAD, ROUNDED
from proband.trial.headline.counts import NO_EXAMINER, examination_notes
from proband.trial.headline.grammar import grammar
from proband.trial.headline.groups import ALONE, ALONE_DOMAIN, MADE
from proband.trial.headline.reading import forms, lexicon
from proband.trial.headline.words import NO_VERDICT, VERDICTS, cannot_see

Array = NDArray[np.float64]

#: refusals of reading a text, which a page says too
_OF_READING = frozenset(
    [
        "all-not",
        "as-share",
        "beyond",
        "change-for-counts",
        "counts-for-change",
        "denominator",
        "events",
        "follow-up",
        "form",
        "impossible",
        "long",
        "measure-alone",
        "nobody",
        "number",
        "other-outcome",
        "people",
        "share",
        "sign",
        "spread",
        "times",
        "too-many",
        "treated-second",
        "unsigned",
        "unused",
        "watched",
        "what-happened",
        "when",
        "words",
    ]
)
#: quantiles per cell of the page's table, and where: they lie closer to the ends, where the chances of what is rare are decided
PAGE_QUANTILES = 48
_PLACES = (1.0 - np.cos(np.pi * (np.arange(PAGE_QUANTILES) + 0.5) / PAGE_QUANTILES)) / 2.0
#: parts of a cell that are kept among the texts of their programme, and in the cell by their place there
_ONCE = ("d", "q", "refused")
#: what one unit of a quantile is: of a share, and of a change in points
UNITS = {"share": 0.0001, "change": 0.001}


def _quantiles(quantiles: Array, unit: float) -> str:
    """The first quantile and then the steps to the next, in ``unit``: whole numbers to the base 36, for a page is weighed."""
    whole = np.rint(read_quantile(quantiles, _PLACES) / unit).astype(np.int64)
    return " ".join(np.base_repr(v, 36).lower() for v in (whole[0], *np.diff(whole)))


def _stands_on(forecast: ProportionForecast | ChangeForecast | RateForecast) -> dict[str, Any]:
    return {
        "d": forecast.domain,
        "a": list(forecast.assumptions),
        "s": [s.id for s in forecast.sources],
    }


def _cell(programme: Programme, name: str, conditions: Conditions) -> dict[str, Any]:
    found = outcomes(programme)[name]
    more = {
        "l": conditions.level,
        "w": conditions.window,
        "f": conditions.follow_up,
        "e": conditions.era,
    }
    key = {
        "o": name,
        "b": conditions.baseline,
        **{short: value for short, value in more.items() if value},
    }
    ask = found.changes if found.kind == "change" else found.proportions
    try:
        if ask is None:
            raise OutsideDomain(name, nearest="another outcome", differs=["nothing is published"])
        forecast: ProportionForecast | ChangeForecast = ask(programme, conditions, 1)[0][1]
    except OutsideDomain as refusal:
        return {**key, "refused": str(refusal)}
    unit = UNITS["change" if isinstance(forecast, ChangeForecast) else "share"]
    cell = {
        **key,
        "q": _quantiles(forecast.quantiles, unit),
        "p": round(forecast.pooled, 5),
        "m": float(f"{forecast.mean:.5g}"),
        **_stands_on(forecast),
    }
    if isinstance(forecast, ChangeForecast):
        cell["sd"] = round(forecast.sd, 4)
        cell["unit"] = forecast.unit
        if forecast.reach is not None:
            cell["reach"] = list(forecast.reach)
    if found.rates is not None and conditions.follow_up:
        cell["rate"] = _rate(found.rates(programme, conditions, 1)[0][1], conditions.follow_up)
    return cell


def _rate(forecast: RateForecast, follow_up: str) -> dict[str, Any]:
    """The events of one person over the time of the cell, in a unit of their own: rates differ in size as shares do not."""
    days = parse_duration_days(follow_up)
    unit = float(f"{max(forecast.pooled * days, 1e-9) * UNITS['share']:.3g}")
    return {
        "q": _quantiles(forecast.quantiles * days, unit),
        "unit": unit,
        "p": float(f"{forecast.pooled * days:.6g}"),
        "m": float(f"{forecast.mean * days:.5g}"),
        "dispersion": round(forecast.dispersion, 5),
        **_stands_on(forecast),
    }


def headline_table(
    programmes: Iterable[Programme], *, offers: Mapping[str, Sequence[Offer]] | None = None
) -> dict[str, Any]:
    """The table that the form on a page evaluates, as plain JSON values.

    Parameters
    ----------
    programmes
        Loaded programmes; those without an offered question get no cells.
    offers
        Questions by id of the programme; by default those that the outcomes of each programme offer.

    Returns
    -------
    dict
        ``quantiles``: how many each cell has, how many the library has between which they lie, and in how many cohorts a chance is asked; ``units``: in which they are kept, as the first and the steps to the next, to the base 36.
        ``grammar`` and ``refusals``: how a text is read, and what is said of one that is not. ``verdicts``, ``no_verdict``, ``made``,
        ``notes`` and ``alone``: what the library says in words, for the page to say the same. ``programmes``: per bundle its hash, outcomes,
        cells (forecast or refusal; one of an outcome whose events are counted has its ``rate`` beside), the outcomes, texts and sources to
        which the cells point, and figures of the examination model.
    """
    out: dict[str, Any] = {
        "version": 6,
        "quantiles": [PAGE_QUANTILES, N_QUANTILES, len(COHORT_PLACES)],
        "units": UNITS,
        "grammar": {key: value for key, value in grammar().items() if key != "about"},
        "refusals": {
            entry.code: [entry.message, entry.mend]
            for entry in ENTRIES
            if entry.code.removeprefix("trial.headline.") in _OF_READING
        },
        "verdicts": VERDICTS,
        "no_verdict": NO_VERDICT,
        "made": MADE,
        "notes": {"own_spread": OWN_SPREAD, "rounded": ROUNDED, "no_examiner": NO_EXAMINER},
        "alone": {"domain": ALONE_DOMAIN, "dispersion": DISPERSION, **{k: list(v) for k, v in ALONE.items()}},
        "programmes": {},
    }
    for programme in programmes:
        cells: list[dict[str, Any]] = []
        known = outcomes(programme)
        own = [offer for o in known.values() for offer in o.offers]
        for offer in own if offers is None else offers.get(programme.id, ()):
            cells += [_cell(programme, offer.outcome, c) for c in offer.questions()]
        blind = {
            name: [cannot_see(o, two, alone) for two, alone in ((False, False), (True, False), (True, True))]
            for name, o in known.items()
        }
        parts = [part for c in cells for part in (c, c.get("rate", {}))]
        # the same sentences and quantiles stand in many cells and outcomes: each is kept once
        texts = list(
            dict.fromkeys(
                [t for c in parts for t in (*c.get("a", ()), *(c[k] for k in _ONCE if k in c))]
                + [t for both in blind.values() for lines in both for t in lines]
            )
        )
        place = {text: index for index, text in enumerate(texts)}
        names = list(known)
        for cell in cells:
            cell["o"] = names.index(cell["o"])
        cited = sorted({source for part in parts for source in part.get("s", ())})
        for part in parts:
            if "s" in part:
                part["s"] = [cited.index(source) for source in part["s"]]
            if "a" in part:
                part["a"] = [place[a] for a in part["a"]]
            for k in _ONCE:
                if k in part:
                    part[k] = place[part[k]]
        entry: dict[str, Any] = {
            "hash": programme.hash,
            "outcomes": {
                name: {
                    "kind": o.kind,
                    "better": o.better,
                    "event": o.event,
                    "words": lexicon(o),
                    "forms": forms(o),
                    "exam": o.examination is not None,
                    "rates": o.rates is not None,
                    "blind": [[place[t] for t in lines] for lines in blind[name]],
                }
                for name, o in known.items()
            },
            "cells": cells,
            "texts": texts,
            "sources": [
                {"text": str(programme.sources[key]), "link": programme.sources[key].link} for key in cited
            ],
        }
        judged = next((o.examination for o in known.values() if o.examination), None)
        figures = judged(programme) if judged else None
        if figures is not None:
            entry["exam"] = {
                "sd": round(figures.leaning_sd, 5),
                "late_share": DEFAULT_LATE,
                "late_extra": round(figures.late_change_in_three_months, 6),
                "examiners": DEFAULT_EXAMINERS,
                "notes": examination_notes(figures, DEFAULT_EXAMINERS, figures.leaning_sd, DEFAULT_LATE),
            }
        out["programmes"][programme.id] = entry
    return out
