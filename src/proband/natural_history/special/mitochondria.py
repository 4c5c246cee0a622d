"""Mitochondrial diseases without the therapy asked about: survival of published cohorts, and a firm no where nothing is known.

There is no walking trajectory of HPDL deficiency: asking for one is refused with what would have to be known.
"""

from __future__ import annotations

import re

import numpy as np

from proband.natural_history.domain import OutsideDomain
from proband.natural_history.forecast import ProportionForecast, combine_levels, unique_sources
from proband.natural_history.survival import SurvivalPoint, logit_normal_table, survival_forecast
from proband.natural_history.tables import TableRow, published
from proband.programme import Programme

SURVIVAL, MILESTONES, VISION = "survival", "leigh-milestones", "visual-recovery"
#: standard deviation between cohorts on the logit scale (assumption: that of spinal-cord cohorts, about 0.5)
BETWEEN_COHORTS = 0.5


def _key(text: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", text.strip().lower()).strip("-")


_SYNONYMS = {
    "mtdps6": "mpv17",
    "mtdps13": "fbxl4",
    "coq10-deficiency-7": "coq4-deficiency-7",
    "leigh-syndrome": "leigh",
    "surf1-leigh-syndrome": "surf1",
    "hpdl-deficiency": "hpdl",
    "spg83": "hpdl",
    "lhon": "lhon-11778",
    "lhon-m-11778": "lhon-11778",
    "lhon-m-11778g-a": "lhon-11778",
}


def parse_disease(text: str) -> str:
    """A gene or disease as the tables' key, in lower case: ``MPV17``, ``COQ4``, ``Leigh syndrome``, ``LHON m.11778`` …"""
    key = _key(text)
    return _SYNONYMS.get(key, key)


def walking_refusal(disease: str) -> OutsideDomain:
    """Why nobody can say how often someone with a mitochondrial disease would walk again untreated."""
    name = "HPDL deficiency" if parse_disease(disease) == "hpdl" else disease
    return OutsideDomain(
        f"walking in {name}",
        nearest="survival from birth in other mitochondrial diseases (FBXL4, MPV17, COQ4), and dependence on a wheelchair in "
        "Leigh syndrome",
        differs=[
            "the published model of 91 people with HPDL deficiency is cross-sectional: it follows nobody over time",
            "no series reports walking distance, falls or time to a wheelchair in HPDL deficiency",
            "other mitochondrial diseases run another course and cannot stand in",
        ],
        missing=[
            "walking measured at two or more visits in untreated people with HPDL deficiency, with age and genotype",
            "median onset and survival of the three clusters of the 91-person model",
            "the learning effect of the walking test in children",
        ],
        mend="record at least three walking tests before treatment, and publish them with the result",
    )


def _years(row: TableRow) -> float:
    return row.number("years") or 0.0


def _percent(row: TableRow, column: str) -> float | None:
    value = row.number(column)
    return value / 100.0 if value is not None else None


def survival(programme: Programme, disease: str, years: float) -> ProportionForecast:
    """Share alive ``years`` after the start of the clock (birth, or onset for TK2 deficiency) in a new cohort.

    Raises
    ------
    OutsideDomain
        For diseases without a published figure (HPDL deficiency among them) and for times outside the printed ones.
    """
    table = published(programme, SURVIVAL)
    key = parse_disease(disease)
    rows = sorted(
        (r for r in table.usable() if _key(r.text("key")) == key and r.text("use") == "fit"), key=_years
    )
    if not rows:
        known = sorted({r.text("key") for r in table.usable() if r.text("use") == "fit"})
        shown = [r for r in table if _key(r.text("key")) == key]
        raise OutsideDomain(
            f"survival in {disease}",
            nearest=", ".join(known),
            differs=[
                f"{shown[0].text('disease')}: {shown[0].text('note')} (level {shown[0].level.value})"
                if shown
                else f"no survival figure of {disease} is in the bundle"
            ],
            missing=[f"survival of untreated people with {disease} at stated times, with counts"],
        )
    points = [
        SurvivalPoint(
            days=_years(r) * 365.25,
            share=(r.number("survival_percent") or 0.0) / 100.0,
            source=r.source,
            level=r.level,
            n=r.number("n"),
            low=_percent(r, "low"),
            high=_percent(r, "high"),
        )
        for r in rows
    ]
    clock = f"after {rows[0].text('clock')}"
    return survival_forecast(
        points,
        years * 365.25,
        label=f"{rows[0].text('disease')}: alive {years:g} years {clock}",
        programme_hash=programme.hash,
        domain=f"{rows[0].text('disease')}, {years:g} years {clock} ({rows[0].text('cohort')})",
        clock=clock,
        tau=BETWEEN_COHORTS,
        assumptions=(
            f"How much cohorts differ (SD {BETWEEN_COHORTS} on the logit scale) is an assumption: one cohort is published.",
            f"Caveats of the figures: {rows[0].text('note')}.",
        ),
    )


def wheelchair(programme: Programme, disease: str, years: float) -> ProportionForecast:
    """Share of children with Leigh syndrome, not yet dependent on a wheelchair, who come to depend on one within ``years``.

    From the share at two assessments 2.6 years apart: −ln(1 − (p₂ − p₁)/(1 − p₁))/2.6 a year, without recovery.

    Raises
    ------
    OutsideDomain
        For other diseases, and for times outside half a year to 2.6 years.
    """
    rows = published(programme, MILESTONES).where(milestone="wheelchair dependence")
    row = rows[0] if rows else None
    if parse_disease(disease) == "hpdl":
        raise walking_refusal(disease)
    if row is None or parse_disease(disease) != "leigh" or not 0.5 <= years <= 3.0:
        raise OutsideDomain(
            f"dependence on a wheelchair in {disease} within {years:g} years",
            nearest="Leigh syndrome in children, half a year to 2.6 years",
            differs=["published for Leigh syndrome only, at two assessments 2.6 years apart"],
            missing=[
                f"the share of people with {disease} who come to depend on a wheelchair, at stated times"
            ],
        )
    first, last = (row.number("start_percent") or 0.0) / 100.0, (row.number("end_percent") or 0.0) / 100.0
    span, n = row.number("years") or 1.0, (row.number("n") or 40.0) * (1 - first)
    reached = (last - first) / (1 - first)
    share = float(-np.expm1(np.log1p(-reached) * years / span))
    sd = float(np.hypot(BETWEEN_COHORTS, 1.0 / np.sqrt(n * reached * (1 - reached))))
    return ProportionForecast(
        label=f"Leigh syndrome: wheelchair within {years:g} years",
        programme_hash=programme.hash,
        quantiles=logit_normal_table(share, sd),
        pooled=share,
        domain=f"Leigh syndrome in children who do not depend on a wheelchair, {years:g} years ({row.text('cohort')})",
        sources=(row.source,),
        level=combine_levels([row.level]),
        assumptions=(
            "Constant hazard, no recovery, no one lost for a reason that matters.",
            "The paper states 2.6 years between assessments; the median ages differ by 3.8 years, which would make it rarer.",
            f"How much cohorts differ (SD {BETWEEN_COHORTS} on the logit scale) is an assumption.",
        ),
        n_cohorts=1,
    )


def visual_recovery(programme: Programme, disease: str) -> ProportionForecast:
    """Share of people with Leber optic neuropathy m.11778G>A who recover some vision without gene therapy.

    Raises
    ------
    OutsideDomain
        For other diseases.
    """
    if parse_disease(disease) != "lhon-11778":
        raise OutsideDomain(
            f"visual recovery in {disease}",
            nearest="Leber hereditary optic neuropathy with m.11778G>A",
            differs=["spontaneous recovery is published for this variant"],
        )
    rows = [r for r in published(programme, VISION).usable() if r.text("use") == "fit"]
    shares = np.array([(r.number("percent") or 0.0) / 100.0 for r in rows])
    logits = np.log(shares / (1 - shares))
    center = float(1 / (1 + np.exp(-logits.mean())))
    return ProportionForecast(
        label="LHON m.11778G>A: some visual recovery",
        programme_hash=programme.hash,
        quantiles=logit_normal_table(center, float(np.hypot(BETWEEN_COHORTS, logits.std(ddof=1)))),
        pooled=center,
        domain="Leber hereditary optic neuropathy, m.11778G>A, any follow-up as published",
        sources=unique_sources([r.source for r in rows]),
        level=combine_levels([r.level for r in rows]),
        assumptions=(
            "The two reviews share studies and define recovery differently; their middle on the logit scale is taken.",
            "Some of these people took idebenone.",
            f"How much cohorts differ (SD {BETWEEN_COHORTS} on the logit scale) is an assumption.",
        ),
        n_cohorts=len(rows),
    )
