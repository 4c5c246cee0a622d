"""Liver disease without cell therapy: survival by score and by state.

What is printed for one cohort says little about the next one. How far published cohorts of the same score disagree is
measured here from two prognostic tables (:func:`between_cohort_sd`) and given to every survival forecast.
"""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np

from proband.analysis.elementary import logit
from proband.natural_history.domain import OutsideDomain, QuestionUnclear
from proband.natural_history.forecast import (
    ProportionForecast,
    combine_levels,
    unique_sources,
)
from proband.natural_history.special.liver_meld3 import by_meld3, meld3_function
from proband.natural_history.survival import SurvivalPoint, logit_normal_table, survival_forecast
from proband.natural_history.tables import NaturalHistoryTableError, TableRow, published
from proband.programme import Programme

SCORES, STATES = "mortality-by-score", "survival-by-state"
#: days of a mean month
MONTH = 30.4375
_STATE_WORDS = {
    "acute-on-chronic": "aclf",
    "acute-on-chronic-liver-failure": "aclf",
    "sdc": "stable-decompensated",
    "udc": "unstable-decompensated",
    "decompensated-cirrhosis": "decompensated",
}


def written(text: str) -> str:
    """A state or a score as the tables write it: lower case, hyphens."""
    return re.sub(r"[\s_]+", "-", text.strip().lower().replace("–", "-").replace("≥", ">="))


def parse_state(text: str) -> tuple[str, tuple[float, float] | None]:
    """A baseline in the model's words: a score with its value or range, or a clinical state.

    ``"MELD 25"`` and ``"MELD 20-29"`` are MELD, ``"MELD 3.0 25"`` is MELD 3.0, ``"CLIF-C ACLF 50"`` the CLIF-C ACLF score,
    ``"ACLF-2"`` an ACLF grade, ``"Child-Pugh C"`` a class; anything else is a state.
    """
    word = written(text)
    score = re.fullmatch(r"(meld-?3\.0|meld|clif-c-aclf|clif-c)-?(\d+(?:\.\d+)?)(?:-(\d+(?:\.\d+)?))?", word)
    if score:
        name = {"meld": "MELD", "clif-c": "CLIF-C-ACLF", "clif-c-aclf": "CLIF-C-ACLF"}.get(
            score.group(1), "MELD-3.0"
        )
        if name != "CLIF-C-ACLF" and "." in score.group(2) + (score.group(3) or ""):
            raise QuestionUnclear(
                "natural_history.question.unreadable",
                text=text,
                kind="a score, which is a whole number",
                example=f"{name.replace('-', ' ')} {float(score.group(2)):.0f}",
            )
        low = float(score.group(2))
        return name, (low, float(score.group(3) or low))
    grade = re.fullmatch(r"aclf-?(?:grade-?)?([1-3])", word)
    if grade:
        return "ACLF-grade", (float(grade.group(1)), float(grade.group(1)))
    child = re.fullmatch(r"child(?:-pugh|-turcotte-pugh)?-?([abc])", word)
    if child:
        return "Child-Pugh", None
    return _STATE_WORDS.get(word, word), None


@lru_cache(maxsize=16)
def _between(programme: Programme) -> float:
    rows = published(programme, SCORES).where(score="MELD")
    slope, offset, s0 = meld3_function(programme)
    if 90.0 not in s0:
        raise NaturalHistoryTableError(
            "natural_history.table.row",
            quantity="baseline survival of MELD 3.0 at 90 days",
            table="meld3-survival.csv",
        )
    differences = []
    for r in rows:
        low, high, died = r.number("low") or 0.0, r.number("high") or 0.0, r.number("mortality_percent")
        if low >= 10 and high < 40 and died:
            other = 1.0 - s0[90.0] ** np.exp(slope * (low + high) / 2 - offset)
            differences.append(logit(died / 100.0) - logit(other))
    if len(differences) < 3:
        raise NaturalHistoryTableError(
            "natural_history.table.incomparable",
            tables="the tables of MELD and MELD 3.0",
            needed="three bands of MELD at 90 days",
        )
    return float(np.sqrt(np.mean(np.square(differences)) / 2.0))


def between_cohort_sd(programme: Programme) -> float:
    """Standard deviation between cohorts on the logit scale of mortality, measured from the cited tables.

    The mortality at 90 days of three MELD bands (Wiesner 2003) against the MELD 3.0 function at the bands' middles:
    root mean square difference of logits, divided by √2 because each side carries one cohort's deviation.
    """
    return _between(programme)


def survival(programme: Programme, baseline: str, days: float) -> ProportionForecast:
    """Share alive ``days`` after the start in a new cohort of untreated people.

    Parameters
    ----------
    programme
        A bundle with the liver tables.
    baseline
        Score or state, as :func:`parse_state` reads it.
    days
        Time from the score or the start of the state.

    Raises
    ------
    OutsideDomain
        For scores, states and times that are not published, for ACLF grades (unverified) and Child-Pugh (secondary).
    """
    kind, span = parse_state(baseline)
    tau = between_cohort_sd(programme)
    note = (
        f"How much cohorts differ (SD {tau:.2f} on the logit scale) is taken from how far two MELD tables disagree.",
    )
    if kind == "MELD-3.0":
        return by_meld3(programme, span or (0.0, 0.0), days, tau, note)
    if kind in {"MELD", "CLIF-C-ACLF"}:
        return _by_score(programme, kind, span or (0.0, 0.0), days, tau, note)
    if kind == "ACLF-grade":
        raise OutsideDomain(
            f"survival by ACLF grade ({baseline})",
            nearest="the CLIF-C ACLF score (40 to 70, at 28 or 90 days), or aclf as a whole at 24 weeks, "
            "or hrs-aclf-1-2 and hrs-aclf-3 at 90 days (with hepatorenal syndrome)",
            differs=[
                "mortality by ACLF grade is known here from memory only (unverified) and never enters a calculation"
            ],
            missing=["the grade table of the CANONIC study, read in the paper"],
        )
    if kind == "Child-Pugh":
        letter = baseline.strip()[-1].upper()
        pages = [
            r
            for r in published(programme, SCORES)
            if r.text("score") == "Child-Pugh" and r.text("low") == letter
        ]
        printed = "; ".join(
            f"{r.number('mortality_percent'):g} %"
            if r.number("mortality_percent") is not None
            else r.text("note").split(" %")[0] + " %"
            for r in pages
        )
        raise OutsideDomain(
            f"survival by Child-Pugh class ({baseline})",
            nearest="MELD (bands, 90 days) or MELD 3.0 (6 to 40, 15 to 90 days)",
            differs=[
                "one-year mortality by class was found on web pages only (secondary), and they disagree: "
                f"{printed} [secondary], shown and never calculated with"
            ],
            missing=["a cohort with survival by Child-Pugh class and counts"],
        )
    return _by_state(programme, kind, days, tau, note, baseline)


def _by_state(
    programme: Programme, state: str, days: float, tau: float, note: tuple[str, ...], asked: str
) -> ProportionForecast:
    table = published(programme, STATES)
    rows = sorted(table.where(state=state, use="fit"), key=lambda r: r.number("days") or 0.0)
    if not rows:
        known = sorted({r.text("state") for r in table.usable() if r.text("use") == "fit"})
        shown = [r for r in table.usable() if r.text("state") == state]
        why = shown[0].text("note") if shown else f"no published survival for {asked!r}"
        if state == "decompensated":
            # the one cohort of cirrhosis as a whole holds people who never decompensated: they live longer
            why = (
                "survival is published apart for a stable and an unstable course after decompensation, at one year; after a first and "
                "a second decompensation, at five years; and for cirrhosis as a whole"
            )
        raise OutsideDomain(
            f"survival from {asked!r}",
            nearest=f"states {', '.join(known)}; scores MELD, MELD 3.0, CLIF-C ACLF",
            differs=[why],
            missing=[f"survival of people with {asked} at a stated time, with counts"],
        )
    points = [_point(r) for r in rows]
    cohort = rows[0].text("cohort")
    return survival_forecast(
        points,
        days,
        label=f"{state}: alive",
        programme_hash=programme.hash,
        domain=f"{state.replace('-', ' ')}, {days:.0f} days ({cohort})",
        clock="after the start",
        tau=tau,
        assumptions=(*note, f"One published cohort of this kind: {cohort}."),
    )


def _point(row: TableRow) -> SurvivalPoint:
    low, high = row.number("low"), row.number("high")
    return SurvivalPoint(
        days=row.number("days") or 0.0,
        share=(row.number("survival_percent") or 0.0) / 100.0,
        source=row.source,
        level=row.level,
        n=row.number("n"),
        low=low / 100.0 if low is not None else None,
        high=high / 100.0 if high is not None else None,
    )


def _by_score(
    programme: Programme,
    kind: str,
    span: tuple[float, float],
    days: float,
    tau: float,
    note: tuple[str, ...],
) -> ProportionForecast:
    rows = published(programme, SCORES).where(score=kind)
    times = sorted({r.number("days") or 0.0 for r in rows})
    time = min(times, key=lambda t: abs(t - days))
    if abs(time - days) > 0.15 * time:
        raise OutsideDomain(
            f"survival by {kind} at day {days:.0f}",
            nearest=f"{kind} at {' and '.join(f'{t:.0f}' for t in times)} days",
            differs=[f"mortality by {kind} is printed for these times only"],
            missing=[f"mortality by {kind} at day {days:.0f}"],
        )
    at = [r for r in rows if r.number("days") == time]
    low, high = min(r.number("low") or 0.0 for r in at), max(r.number("high") or 0.0 for r in at)
    if span[0] < low or span[1] > high:
        raise OutsideDomain(
            f"{kind} {span[0]:g}" + (f"-{span[1]:g}" if span[1] != span[0] else ""),
            nearest=f"{kind} {low:g} to {high:g}",
            differs=["mortality outside these scores is not published"],
        )
    middle = sum(span) / 2.0
    if kind == "MELD":
        band = [r for r in at if (r.number("low") or 0) <= middle <= (r.number("high") or 0) + 0.999]
        used = band[:1]
        if span[0] < (used[0].number("low") or 0) or span[1] > (used[0].number("high") or 0):
            raise QuestionUnclear(
                "natural_history.question.band",
                asked=f"MELD {span[0]:g}-{span[1]:g}",
                bands=["6-9", "10-19", "20-29", "30-39", "40"],
                example="MELD 10-19:12,MELD 20-29:8",
            )
        died = (used[0].number("mortality_percent") or 0.0) / 100.0
        extra: tuple[str, ...] = ("Every score of a published band is given the band's mortality.",)
    else:  # the printed pairs lie on ln(−ln(1 − p)) = a + b·score
        x = np.array([r.number("low") or 0.0 for r in at])
        y = np.log(-np.log1p(-np.array([(r.number("mortality_percent") or 0.0) / 100.0 for r in at])))
        slope, intercept = np.polyfit(x, y, 1)
        died = float(-np.expm1(-np.exp(intercept + slope * middle)))
        used = at
        extra = (
            "Between printed scores, ln(−ln(1 − mortality)) is linear in the score (fitted to the printed pairs).",
        )
    sd = float(np.hypot(tau, 1.0 / np.sqrt(40.0 * died * (1 - died)) if used[0].number("n") is None else 0.0))
    alive = 1.0 - died
    return ProportionForecast(
        label=f"{kind} {middle:g}: alive at {time:.0f} days",
        programme_hash=programme.hash,
        quantiles=logit_normal_table(alive, sd),
        pooled=alive,
        domain=f"{kind} {span[0]:g}"
        + (f"-{span[1]:g}" if span[1] != span[0] else "")
        + f", {time:.0f} days, {used[0].text('cohort')}",
        sources=unique_sources([r.source for r in used]),
        level=combine_levels([r.level for r in used]),
        assumptions=(
            *note,
            *extra,
            "The number of people per score is not printed; each figure counts for 40 people.",
        ),
        n_cohorts=1,
    )
