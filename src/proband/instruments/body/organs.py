"""SOFA: six organs in intensive care, nought to four points each."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from proband.instruments.function.scales import source
from proband.instruments.instrument import (
    Computed,
    Direction,
    Disagreement,
    FloatArray,
    Instrument,
    Item,
    ItemKind,
    Limits,
    Variant,
)
from proband.instruments.liver import laboratory as lab
from proband.terms import Level

_SOURCE = source(
    "sofa-1996",
    "Vincent et al. 1996, as printed in Singer et al. 2016 (Sepsis-3), Table 1",
    url="https://pmc.ncbi.nlm.nih.gov/articles/PMC4968574/table/T1",
    seen="the whole table",
)

_RULES = (
    "respiration cannot be scored: give PaO₂/FiO₂, and below 200 mmHg whether there is respiratory support",
    "the circulation cannot be scored: give the mean arterial pressure, or the doses of the catecholamines given",
    "the kidney cannot be scored: give creatinine or urine output",
)


def _dose(name: str, label: str) -> Item:
    return Item(
        name=name,
        label=label,
        kind=ItemKind.QUANTITY,
        unit="ug/kg/min",
        limits=Limits(possible_low=0.0, possible_high=100.0, usual_low=0.0, usual_high=30.0),
        required=False,
        help="µg/kg/min for at least one hour; asked where catecholamines are given",
    )


def _steps(values: FloatArray, *limits: float, falling: bool = False) -> FloatArray:
    """How many of some limits a value has passed; NaN stays NaN."""
    points = np.zeros(len(values))
    for limit in limits:
        points += values < limit if falling else values >= limit
    return np.where(np.isnan(values), np.nan, points)


def _respiration(ratio: FloatArray, support: FloatArray) -> FloatArray:
    """Below 400, 300: 1, 2; below 200 and 100 3 and 4 with respiratory support, 2 without it."""
    points = _steps(ratio, 400.0, 300.0, falling=True)
    supported = points + _steps(ratio, 200.0, 100.0, falling=True)
    found = np.where(support == 1.0, supported, points)
    return np.where((ratio < 200.0) & np.isnan(support), np.nan, found)


def _circulation(x: Mapping[str, FloatArray]) -> FloatArray:
    """By the doses where catecholamines are given, else by the mean arterial pressure."""
    dopamine, dobutamine = x["dopamine"], x["dobutamine"]
    strong = np.fmax(x["epinephrine"], x["norepinephrine"])
    points = np.full(len(dopamine), np.nan)
    for value, condition in (
        (2.0, (dopamine > 0.0) | (dobutamine > 0.0)),
        (3.0, (dopamine > 5.0) | (strong > 0.0)),
        (4.0, (dopamine > 15.0) | (strong > 0.1)),
    ):
        points[condition] = value
    by_pressure = _steps(x["mean_arterial_pressure"], 70.0, falling=True)
    return np.where(x["catecholamines"] == 1.0, points, by_pressure)


def _kidney(creatinine: FloatArray, urine: FloatArray) -> FloatArray:
    by_creatinine = _steps(creatinine, 1.2, 2.0, 3.5, 5.0)
    by_urine = np.where(
        np.isnan(urine), np.nan, np.where(urine < 200.0, 4.0, np.where(urine < 500.0, 3.0, 0.0))
    )
    return np.fmax(by_creatinine, by_urine)


def _sofa(x: Mapping[str, FloatArray], variant: str) -> Computed:
    organs = {
        "respiration": _respiration(x["pao2_fio2"], x["respiratory_support"]),
        "coagulation": _steps(x["platelets"], 150.0, 100.0, 50.0, 20.0, falling=True),
        "liver": _steps(x["bilirubin"], 1.2, 2.0, 6.0, 12.0),
        "circulation": _circulation(x),
        "brain": _steps(x["glasgow"], 15.0, 13.0, 10.0, 6.0, falling=True),
        "kidney": _kidney(x["creatinine"], x["urine_output"]),
    }
    rule = np.zeros(len(x["bilirubin"]), dtype=np.uint8)
    for number, organ in ((3, "kidney"), (2, "circulation"), (1, "respiration")):
        rule[np.isnan(organs[organ])] = number
    total = np.zeros(len(rule))
    for points in organs.values():
        total += np.nan_to_num(points)
    return Computed(total, details={f"points_{name}": points for name, points in organs.items()}, rule=rule)


SOFA = Instrument(
    id="sofa",
    name="SOFA",
    area="intensive care",
    purpose="Failure of six organs in intensive care",
    items=(
        Item(
            name="pao2_fio2",
            label="PaO₂/FiO₂",
            kind=ItemKind.QUANTITY,
            unit="mm[Hg]",
            units=("mm[Hg]", "kPa"),
            limits=Limits(possible_low=10.0, possible_high=800.0, usual_low=40.0, usual_high=600.0),
            help="FiO₂ as a fraction",
        ),
        lab.yes_no("respiratory_support", "Respiratory support", required=False),
        lab.platelets(),
        lab.bilirubin(),
        Item(
            name="mean_arterial_pressure",
            label="Mean arterial pressure",
            kind=ItemKind.QUANTITY,
            unit="mm[Hg]",
            units=("mm[Hg]", "kPa"),
            limits=Limits(possible_low=10.0, possible_high=250.0, usual_low=40.0, usual_high=150.0),
            required=False,
            help="Not needed where a catecholamine is given",
        ),
        lab.yes_no("catecholamines", "Catecholamines for the circulation"),
        _dose("dopamine", "Dopamine"),
        _dose("dobutamine", "Dobutamine"),
        _dose("epinephrine", "Epinephrine"),
        _dose("norepinephrine", "Norepinephrine"),
        Item(
            name="glasgow",
            label="Glasgow Coma Scale",
            kind=ItemKind.POINTS,
            unit="{points}",
            step=1.0,
            limits=Limits(possible_low=3.0, possible_high=15.0),
        ),
        lab.creatinine(required=False),
        Item(
            name="urine_output",
            label="Urine in 24 hours",
            kind=ItemKind.QUANTITY,
            unit="mL/d",
            limits=Limits(possible_low=0.0, possible_high=30000.0, usual_low=0.0, usual_high=8000.0),
            required=False,
        ),
    ),
    value_unit="{points}",
    total_low=0,
    total_high=24,
    direction=Direction.HIGHER_IS_WORSE,
    version="1996",
    licence="published score, free to use",
    sources=(_SOURCE,),
    variants=(
        Variant(
            name="1996",
            meaning="worst values of 24 hours; 12.0 mg/dL of bilirubin and 5.0 mg/dL of creatinine score 4",
            level=Level.READ,
            source="sofa-1996",
        ),
    ),
    default_variant="1996",
    details={
        f"points_{organ}": f"points for {organ}"
        for organ in ("respiration", "coagulation", "liver", "circulation", "brain", "kidney")
    },
    rules=_RULES,
    population="Adults in intensive care",
    age_low=18,
    formula=(
        "0 to 4 points each. PaO₂/FiO₂ < 400, < 300, < 200 and < 100 mmHg (the last two with respiratory support); "
        "platelets < 150, < 100, < 50, < 20 × 10⁹/L; bilirubin 1.2, 2.0, 6.0, 12.0 mg/dL; mean arterial pressure < 70 mmHg, "
        "dopamine ≤ 5 or dobutamine, dopamine > 5 or (nor)epinephrine ≤ 0.1, dopamine > 15 or (nor)epinephrine > 0.1 "
        "µg/kg/min; Glasgow Coma Scale 13–14, 10–12, 6–9, < 6; creatinine 1.2, 2.0, 3.5, 5.0 mg/dL or urine < 500, < 200 mL/d."
    ),
    disagreements=(
        Disagreement(
            where="the printed table",
            what="leaves bilirubin of exactly 12.0 and creatinine of exactly 5.0 mg/dL between two columns (6.0–11.9, > 12.0)",
            here="they score 4: what is above 11.9 is no longer in the column before",
        ),
        Disagreement(
            where="the printed table",
            what="gives dopamine of exactly 5 µg/kg/min as < 5 and 5.1–15, or as ≤ 5",
            here="5 scores 2",
        ),
        Disagreement(
            where="calculators in general",
            what="take what was not measured as normal",
            here="no score while an organ cannot be scored",
        ),
    ),
    example={
        "pao2_fio2": "250 mm[Hg]",
        "respiratory_support": "yes",
        "platelets": "90 10*9/L",
        "bilirubin": "3.0 mg/dL",
        "mean_arterial_pressure": "65 mm[Hg]",
        "catecholamines": "no",
        "glasgow": 14,
        "creatinine": "1.5 mg/dL",
    },
    compute=_sofa,
)
