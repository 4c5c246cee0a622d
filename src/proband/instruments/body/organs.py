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
from proband.terms import Level, factor

_SOURCE = source(
    "sofa-1996",
    "Vincent et al. 1996, as printed in Singer et al. 2016 (Sepsis-3), Table 1",
    url="https://pmc.ncbi.nlm.nih.gov/articles/PMC4968574/table/T1",
    seen="the whole table",
)

#: what one unit of the formula is in the SI unit of the printed table
_MICROMOLES = {name: factor("mg/dL", "umol/L", name)[0] for name in ("bilirubin", "creatinine")}
_KILOPASCALS = factor("mm[Hg]", "kPa")[0]

_RULES = (
    "respiration cannot be scored: give PaO₂/FiO₂, and below 200 mmHg whether there is respiratory support",
    "the circulation cannot be scored: give the mean arterial pressure, or the doses of the catecholamines given, and no dose where none is given",
    "the kidney cannot be scored: give creatinine (below 200 mL a day the urine tells by itself)",
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


def _respiration(
    ratio: FloatArray, support: FloatArray, limits: tuple[float, float, float, float]
) -> FloatArray:
    """Below the first two limits: 1, 2; below the others 3 and 4 with respiratory support, 2 without it."""
    points = _steps(ratio, *limits[:2], falling=True)
    supported = points + _steps(ratio, *limits[2:], falling=True)
    found = np.where(support == 1.0, supported, points)
    return np.where((ratio < limits[2]) & np.isnan(support), np.nan, found)


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
    by_pressure = np.where(np.isnan(points), by_pressure, np.nan)  # a dose of what is said not to be given
    return np.where(x["catecholamines"] == 1.0, points, by_pressure)


def _kidney(by_creatinine: FloatArray, urine: FloatArray) -> FloatArray:
    """By creatinine and urine, whichever is worse; urine alone tells where it gives the most points, else creatinine may be worse."""
    by_urine = np.where(
        np.isnan(urine), np.nan, np.where(urine < 200.0, 4.0, np.where(urine < 500.0, 3.0, 0.0))
    )
    return np.where(np.isnan(by_creatinine) & (by_urine < 4.0), np.nan, np.fmax(by_creatinine, by_urine))


def _chemistry(x: Mapping[str, FloatArray], variant: str) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Points of lungs, liver and kidney by the bands in the units of the formula, or by those that the table prints in SI units."""
    ratio, bilirubin, creatinine = (x[name] for name in ("pao2_fio2", "bilirubin", "creatinine"))
    if (
        variant == "1996-si"
    ):  # back to the printed decimals: results in SI units came through the units of the formula
        ratio = np.round(ratio * _KILOPASCALS, 9)
        bilirubin = np.round(bilirubin * _MICROMOLES["bilirubin"], 9)
        creatinine = np.round(creatinine * _MICROMOLES["creatinine"], 9)
        above_204, above_440 = np.nextafter(204.0, 205.0), np.nextafter(440.0, 441.0)
        return (
            _respiration(ratio, x["respiratory_support"], (53.3, 40.0, 26.7, 13.3)),
            _steps(bilirubin, 20.0, 33.0, 102.0, above_204),
            _steps(creatinine, 110.0, 171.0, 300.0, above_440),
        )
    return (
        _respiration(ratio, x["respiratory_support"], (400.0, 300.0, 200.0, 100.0)),
        _steps(bilirubin, 1.2, 2.0, 6.0, 12.0),
        _steps(creatinine, 1.2, 2.0, 3.5, 5.0),
    )


def _sofa(x: Mapping[str, FloatArray], variant: str) -> Computed:
    lungs, liver, kidney = _chemistry(x, variant)
    organs = {
        "respiration": lungs,
        "coagulation": _steps(x["platelets"], 150.0, 100.0, 50.0, 20.0, falling=True),
        "liver": liver,
        "circulation": _circulation(x),
        "brain": _steps(x["glasgow"], 15.0, 13.0, 10.0, 6.0, falling=True),
        "kidney": _kidney(kidney, x["urine_output"]),
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
        Variant(
            name="1996-si",
            meaning="the bands that the table prints in SI units: bilirubin 20, 33, 102, > 204 and creatinine 110, 171, 300, > 440 µmol/L; PaO₂/FiO₂ "
            "below 53.3, 40, 26.7, 13.3 kPa",
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
            where="the printed table in SI units",
            what="has bands of its own: creatinine 171 µmol/L is 1.93 mg/dL and scores 2 there and 1 here, bilirubin 205 µmol/L is 11.99 mg/dL and scores 4 there",
            here="bands belong to the variant and not to the unit of entry: `1996-si` has the printed ones",
        ),
        Disagreement(
            where="the printed table",
            what="scores the kidney by creatinine or by urine",
            here="by both, whichever is worse; without creatinine no urine of 200 mL a day or more tells that the kidney works",
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
