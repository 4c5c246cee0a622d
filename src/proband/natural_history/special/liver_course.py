"""How a liver disease goes on without cells: decompensation, and the change of MELD."""

from __future__ import annotations

import numpy as np

from proband.analysis.elementary import normal_cdf, normal_quantile
from proband.analysis.proportions import beta_quantiles
from proband.natural_history.domain import OutsideDomain
from proband.natural_history.forecast import (
    N_QUANTILES,
    ChangeForecast,
    ProportionForecast,
    combine_levels,
    unique_sources,
)
from proband.natural_history.special.liver import MONTH, parse_state, written
from proband.natural_history.tables import NaturalHistoryTableError, published
from proband.programme import Programme

DECOMPENSATION, CHANGE = "decompensation", "meld-change"
#: standard deviation of the mean MELD change between groups of people, in points (assumption: no cohort prints it)
CHANGE_BETWEEN_GROUPS = 1.0
#: variance that rounding to whole points adds to one score (Sheppard)
ROUNDING = 1.0 / 12.0
#: lowest and highest MELD (policy of the Organ Procurement and Transplantation Network)
LOWEST, HIGHEST = 6.0, 40.0
_CALCULATED_FROM = frozenset({"nh-pbc", "nh-meld-formula", "nh-lab-noise", "nh-stable-2016"})


def noise_above_floor(level: float, cv: float) -> float:
    """The part of a measurement's variance that is left where values below 1 count as 1, for someone whose true value is ``level``.

    On the logarithmic scale, normal noise with standard deviation ``cv``: the variance of max(ln level + e, 0) over that of e (the moments of a
    censored normal variable; Tobin, Econometrica 1958;26:24-36). Near 1 far above the floor, 0 far below it; it grows with ``level``.
    """
    a = -float(np.log(level)) / cv
    density, above = float(np.exp(-a * a / 2.0) / np.sqrt(2.0 * np.pi)), 1.0 - float(normal_cdf(a))
    first = density - a * above
    return (1.0 + a * a) * above - a * density - first**2


def decompensation(programme: Programme, baseline: str, years: float) -> ProportionForecast:
    """Share that decompensates within ``years`` (1 to 5) from compensated cirrhosis (also biliary, alcohol).

    The mean and spread over 105 cohorts are those of the cohorts' five-year shares: a beta distribution with these
    moments, scaled to other times with constant hazard.

    Raises
    ------
    OutsideDomain
        For other states or times.
    """
    rows = [r for r in published(programme, DECOMPENSATION).usable() if r.text("event") == "decompensation"]
    state = written(baseline).replace("compensated-cirrhosis", "compensated")
    by_state = {written(r.text("from_state").replace(",", "")): r for r in rows}
    if state not in by_state or not 0.9 <= years <= 5.5:
        raise OutsideDomain(
            f"decompensation from {baseline!r} within {years:g} years",
            nearest=f"{', '.join(by_state)}, within 1 to 5 years",
            differs=["published for these states and times only"],
        )
    row, whole = by_state[state], by_state["compensated"]
    mean, sd = (row.number("percent") or 0.0) / 100.0, (whole.number("spread") or 0.0) / 100.0
    sd = min(sd, 0.9 * np.sqrt(mean * (1 - mean)))
    q = (np.arange(N_QUANTILES) + 0.5) / N_QUANTILES
    five = beta_quantiles(mean, sd**2, q)
    return ProportionForecast(
        label=f"{row.text('from_state')}: decompensated within {years:g} years",
        programme_hash=programme.hash,
        quantiles=-np.expm1(np.log1p(-five) * years / 5.0),
        pooled=float(-np.expm1(np.log1p(-mean) * years / 5.0)),
        domain=f"{row.text('from_state')} cirrhosis, {years:g} years",
        sources=unique_sources([row.source, whole.source]),
        level=combine_levels([row.level, whole.level]),
        assumptions=(
            "The printed ± over 105 cohorts is taken as their standard deviation.",
            "Other times than five years are reached with constant hazard.",
        ),
        n_cohorts=105,
    )


def meld_change(programme: Programme, baseline: str, days: float) -> ChangeForecast:
    """Change of MELD over ``days`` in people with cirrhosis without cell therapy.

    One person's change: bilirubin as it moved between visits six months apart, creatinine and INR with laboratory noise,
    through the weights of the MELD formula; after six months the spread of bilirubin's slopes is added. The score takes values below 1 as 1
    and is a whole number: bilirubin moves as it does above 1, and the noise of creatinine is that of people of whom half lie below the
    published median (:func:`noise_above_floor`). The group mean drifts with the mean slope of bilirubin; how much groups differ is an
    assumption (:data:`CHANGE_BETWEEN_GROUPS`).

    Raises
    ------
    OutsideDomain
        For other states than cirrhosis, and for times outside one week to 13 months.
    """
    state, _ = parse_state(baseline)
    if "aclf" in state.lower():
        raise OutsideDomain(
            "the change of MELD in acute-on-chronic liver failure",
            nearest="cirrhosis without acute-on-chronic liver failure, up to 12 months",
            differs=[
                "scores swing widely within weeks; the falls that are published are those of treated people"
            ],
            missing=[
                "serial MELD of people with acute-on-chronic liver failure on ordinary care, with death accounted for"
            ],
        )
    if state != "cirrhosis":
        raise OutsideDomain(
            f"the change of MELD from {baseline!r}",
            nearest="cirrhosis, without acute-on-chronic liver failure",
            differs=[
                "the course of the score is not published apart for other states or scores at the start"
            ],
            missing=[f"serial MELD of people with {baseline} on ordinary care"],
        )
    if not 7 <= days <= 13 * MONTH:
        raise OutsideDomain(
            f"the change of MELD over {days:.0f} days",
            nearest="one week to 12 months",
            differs=["spread between visits is published for visits about six months apart"],
        )
    table = published(programme, CHANGE)

    def value(quantity: str) -> float:
        rows = table.where(quantity=quantity)
        number = rows[0].number("value") if rows else None
        if number is None:
            raise NaturalHistoryTableError(
                "natural_history.table.row", quantity=quantity, table="meld-change.csv"
            )
        return number

    years = days / 365.25
    w_bili, w_inr, w_crea = (value(f"weight of ln {k} in MELD") for k in ("bilirubin", "INR", "creatinine"))
    visit = w_bili * value("SD of 6-month difference of ln bilirubin, at least 1")
    noise_inr = w_inr * value("laboratory CV of INR")
    noise_crea = w_crea * value("laboratory CV of creatinine")
    # half of the people lie at the median creatinine or below it, where no more than this of the noise is left; the others may have all of it
    left = (
        1.0 + noise_above_floor(value("median creatinine in stable cirrhosis"), noise_crea / w_crea)
    ) / 2.0
    noise = 2.0 * (noise_inr**2 + left * noise_crea**2 + ROUNDING)
    spread = w_bili * value("SD of slope of ln bilirubin per year, at least 1") * max(years - 0.5, 0.0)
    sd = float(np.sqrt(visit**2 + noise + spread**2))
    drift = w_bili * value("slope of ln bilirubin per year, at least 1") * years
    q = (np.arange(N_QUANTILES) + 0.5) / N_QUANTILES
    used = [r for r in table.usable() if r.source.id in _CALCULATED_FROM]
    return ChangeForecast(
        label=f"MELD change over {days:.0f} days",
        programme_hash=programme.hash,
        quantiles=drift + CHANGE_BETWEEN_GROUPS * normal_quantile(q),
        pooled=drift,
        sd=sd,
        unit="points",
        reach=(LOWEST - HIGHEST, HIGHEST - LOWEST),
        domain=f"cirrhosis without acute-on-chronic liver failure, {days:.0f} days",
        sources=unique_sources([r.source for r in used]),
        level=combine_levels([r.level for r in used]),
        assumptions=(
            f"Groups of people differ in their mean change by an SD of {CHANGE_BETWEEN_GROUPS:g} point (assumption: no cohort "
            "prints it).",
            "Bilirubin's course is that of primary biliary cholangitis before ursodeoxycholic acid: shape, not level.",
            "The score takes values below 1 as 1: of bilirubin that is in the published visits, of creatinine half of the people lie below (median "
            f"{value('median creatinine in stable cirrhosis'):.2f} mg/dL), whose laboratory noise hardly shows.",
            "People who join at their worst improve on average; that is not in the replay.",
        ),
    )
