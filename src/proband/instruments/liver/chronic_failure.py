"""Acute-on-chronic liver failure: CLIF-C organ failures, ACLF grade, CLIF-C ACLF and AD, their mortality equations."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

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

_OF_SOURCE = lab.source(
    "clif-c-of", "CLIF-C organ failure score: Gut (BMJ) Table 7 and explorationpub.com, Table 2"
)
_EF_CLIF = lab.source("ef-clif", "EF-CLIF, CLIF-C ACLF and CLIF-C AD score definitions")
_KIDNEY = lab.source(
    "aclf-kidney",
    "Kidney failure for grading at creatinine ≥ 2 mg/dL: seen only in summaries of the EASL-CLIF criteria",
    Level.SECONDARY,
)

_ORGAN_ITEMS = (
    lab.bilirubin(),
    lab.creatinine(),
    lab.yes_no("renal_replacement", "Renal replacement therapy"),
    lab.encephalopathy(),
    lab.inr(),
    Item(
        name="mean_arterial_pressure",
        label="Mean arterial pressure",
        kind=ItemKind.QUANTITY,
        unit="mm[Hg]",
        units=("mm[Hg]", "kPa"),
        limits=Limits(possible_low=10.0, possible_high=250.0, usual_low=40.0, usual_high=150.0),
        required=False,
        help="Not needed when vasopressors are given",
    ),
    lab.yes_no("vasopressors", "Vasopressors for circulatory failure"),
    Item(
        name="pao2_fio2",
        label="PaO₂/FiO₂",
        kind=ItemKind.QUANTITY,
        unit="mm[Hg]",
        units=("mm[Hg]", "kPa"),
        limits=Limits(possible_low=10.0, possible_high=800.0, usual_low=40.0, usual_high=600.0),
        required=False,
        help="This or SpO₂/FiO₂; FiO₂ as a fraction",
    ),
    Item(
        name="spo2_fio2",
        label="SpO₂/FiO₂",
        kind=ItemKind.QUANTITY,
        unit="1",
        limits=Limits(possible_low=30.0, possible_high=500.0, usual_low=80.0, usual_high=480.0),
        required=False,
        help="SpO₂ in per cent over FiO₂ as a fraction; used only where PaO₂/FiO₂ is not given",
    ),
)

_UNDECIDED = (
    "the circulation cannot be scored: give the mean arterial pressure, or that vasopressors are given",
    "respiration cannot be scored: give PaO₂/FiO₂ or SpO₂/FiO₂",
)


def organ_points(x: Mapping[str, FloatArray], *, strict_kidney: bool = False) -> dict[str, NDArray[np.int8]]:
    """Points 1 to 3 for each of the six organs, int8; 0 where an organ cannot be scored.

    Whole bytes instead of floats: six organs in eight comparisons each would otherwise be bound by memory.
    """
    bilirubin, creatinine, inr, grade = x["bilirubin"], x["creatinine"], x["inr"], x["encephalopathy"]
    severe = creatinine > 3.5 if strict_kidney else creatinine >= 3.5
    kidney = _points(creatinine >= 2.0, severe)
    kidney[x["renal_replacement"] == 1.0] = 3
    pressure = x["mean_arterial_pressure"]
    circulation = (pressure < 70.0).view(np.int8) + (pressure == pressure)  # NaN is not itself: unknown is 0
    circulation[x["vasopressors"] == 1.0] = 3
    arterial, pulse = x["pao2_fio2"], x["spo2_fio2"]
    respiration = _points(arterial <= 300.0, arterial <= 200.0)
    unmeasured = np.isnan(arterial)
    if unmeasured.any():
        by_pulse = _points(pulse <= 357.0, pulse <= 214.0)
        by_pulse[np.isnan(pulse)] = 0
        respiration = np.where(unmeasured, by_pulse, respiration)
    return {
        "liver": _points(bilirubin >= 6.0, bilirubin > 12.0),
        "kidney": kidney,
        "brain": _points(grade >= 1.0, grade >= 3.0),
        "coagulation": _points(inr >= 2.0, inr >= 2.5),
        "circulation": circulation,
        "respiration": respiration,
    }


def _points(second: NDArray[np.bool_], third: NDArray[np.bool_]) -> NDArray[np.int8]:
    """1, one more where ``second`` holds, and one more where ``third`` does."""
    points = second.view(np.int8) + third.view(np.int8)
    points += np.int8(1)
    return points


def _undecided(organs: Mapping[str, NDArray[np.int8]]) -> NDArray[np.uint8]:
    rule: NDArray[np.uint8] = (organs["respiration"] == 0).view(np.uint8) * np.uint8(2)
    rule[organs["circulation"] == 0] = 1
    return rule


def _clif_c_of(x: Mapping[str, FloatArray], variant: str) -> Computed:
    organs = organ_points(x, strict_kidney=variant == "kidney-above-3.5")
    total = np.zeros(len(organs["liver"]), dtype=np.int8)
    for points in organs.values():
        total += points
    return Computed(
        total.astype(np.float64),
        details={f"points_{name}": np.where(points, points, np.nan) for name, points in organs.items()},
        rule=_undecided(organs),
    )


CLIF_C_OF = Instrument(
    id="clif-c-of",
    name="CLIF-C organ failure score",
    area="liver",
    purpose="Organ failures in decompensated cirrhosis",
    items=_ORGAN_ITEMS,
    value_unit="{points}",
    total_low=6,
    total_high=18,
    direction=Direction.HIGHER_IS_WORSE,
    version="CLIF-C OF",
    licence="published score, free to use",
    sources=(_OF_SOURCE,),
    variants=(
        Variant(
            name="kidney-from-3.5",
            meaning="creatinine 3.5 mg/dL itself scores 3",
            level=Level.READ,
            source="clif-c-of",
        ),
        Variant(
            name="kidney-above-3.5",
            meaning="creatinine must exceed 3.5 mg/dL to score 3, as one printed copy has it",
            level=Level.READ,
            source="clif-c-of",
        ),
    ),
    default_variant="kidney-from-3.5",
    details={
        f"points_{organ}": f"points for {organ}"
        for organ in ("liver", "kidney", "brain", "coagulation", "circulation", "respiration")
    },
    rules=_UNDECIDED,
    population="Adults with acutely decompensated cirrhosis",
    age_low=18,
    formula=(
        "One to three points each. Bilirubin < 6, 6–12, > 12 mg/dL; creatinine < 2, 2 to < 3.5, ≥ 3.5 mg/dL or renal "
        "replacement; encephalopathy 0, 1–2, 3–4; INR < 2, 2 to < 2.5, ≥ 2.5; mean arterial pressure ≥ 70, < 70 mmHg, "
        "vasopressors; PaO₂/FiO₂ > 300, > 200 to 300, ≤ 200 (or SpO₂/FiO₂ > 357, > 214 to 357, ≤ 214)."
    ),
    disagreements=(
        Disagreement(
            where="EF-CLIF page", what="gives the range as 0–18", here="6–18: six organs score at least 1"
        ),
        Disagreement(
            where="kidney cut-off",
            what="≥ 3.5 or > 3.5 mg/dL",
            here="chosen by name; they differ only at 3.5",
        ),
    ),
    example={
        "bilirubin": "13 mg/dL",
        "creatinine": "1.7 mg/dL",
        "renal_replacement": "no",
        "encephalopathy": "grade 1",
        "inr": 2.1,
        "mean_arterial_pressure": "65 mm[Hg]",
        "vasopressors": "no",
        "spo2_fio2": 460,
    },
    compute=_clif_c_of,
)


#: grade as a number, by category
_GRADE = np.array([0.0, 1.0, 1.0, 1.0, 2.0, 3.0])


def _aclf_grade(x: Mapping[str, FloatArray], variant: str) -> Computed:
    organs = organ_points(x)
    creatinine, grade = x["creatinine"], x["encephalopathy"]
    kidney = (creatinine >= 2.0) | (x["renal_replacement"] == 1.0)
    brain = organs["brain"] == 3
    other = x["bilirubin"] >= 12.0  # CLIF-SOFA counts 12.0 itself; the table of the CLIF-C OF score does not
    failures = kidney.view(np.int8) + brain.view(np.int8) + other.view(np.int8)
    for name in ("coagulation", "circulation", "respiration"):
        failed = organs[name] == 3
        failures += failed
        other |= failed
    dysfunction = (creatinine >= 1.5) & (creatinine < 2.0)
    confusion = (grade >= 1.0) & (grade <= 2.0)
    single = failures == 1
    category = (single & kidney).view(np.int8) * np.int8(1)
    category += (single & other & (dysfunction | confusion)).view(np.int8) * np.int8(2)
    category += (single & brain & dysfunction).view(np.int8) * np.int8(3)
    category += (failures >= 2).view(np.int8) * np.int8(4)
    category += failures >= 3
    return Computed(
        _GRADE[category], category=category, details={"failures": failures}, rule=_undecided(organs)
    )


ACLF_GRADE = Instrument(
    id="aclf-grade",
    name="ACLF grade (EASL-CLIF)",
    area="liver",
    purpose="Presence and grade of acute-on-chronic liver failure",
    items=_ORGAN_ITEMS,
    value_name="grade",
    value_unit="{grade}",
    total_low=0,
    total_high=3,
    direction=Direction.HIGHER_IS_WORSE,
    version="EASL-CLIF",
    licence="published definition, free to use",
    sources=(_OF_SOURCE, _KIDNEY),
    variants=(
        Variant(
            name="kidney-from-2.0",
            meaning="kidney failure for grading at creatinine ≥ 2.0 mg/dL or renal replacement",
            level=Level.SECONDARY,
            source="aclf-kidney",
        ),
    ),
    default_variant="kidney-from-2.0",
    categories=("no ACLF", "1a", "1b", "1c", "2", "3"),
    details={"failures": "number of failing organs"},
    rules=_UNDECIDED,
    population="Adults with acutely decompensated cirrhosis",
    age_low=18,
    formula=(
        "Failure: bilirubin ≥ 12 mg/dL; creatinine ≥ 2.0 mg/dL or renal replacement; encephalopathy 3–4; INR ≥ 2.5; "
        "vasopressors; PaO₂/FiO₂ ≤ 200 or SpO₂/FiO₂ ≤ 214. 1a: kidney alone. 1b: liver, coagulation, circulation or "
        "respiration alone with creatinine 1.5–1.9 mg/dL or encephalopathy 1–2. 1c: brain alone with creatinine 1.5–1.9. "
        "2: two failures. 3: three or more. Otherwise no ACLF."
    ),
    disagreements=(
        Disagreement(
            where="liver failure",
            what="bilirubin ≥ 12 mg/dL in CLIF-SOFA, by which grades are defined; > 12 in the table of the CLIF-C OF score",
            here="graded by ≥ 12, while the score `clif-c-of` counts by > 12: at exactly 12.0 the liver fails and scores 2",
        ),
        Disagreement(
            where="some summaries",
            what="count the single brain failure with creatinine 1.5–1.9 under 1b",
            here="1c, as named in the definition used",
        ),
    ),
    notes=(
        "Creatinine from 1.5 up to, not including, 2.0 mg/dL is read as “1.5–1.9”.",
        "At a bilirubin of exactly 12.0 mg/dL the grade counts liver failure and `clif-c-of` does not: they use two tables.",
    ),
    example=dict(CLIF_C_OF.example),
    compute=_aclf_grade,
)


def _clif_c_aclf(x: Mapping[str, FloatArray], variant: str) -> Computed:
    raw = 10.0 * (0.33 * x["clif_c_of"] + 0.04 * x["age"] + 0.63 * np.log(x["white_cells"]) - 2.0)
    return Computed(np.clip(raw, 0.0, 100.0), raw)


CLIF_C_ACLF = Instrument(
    id="clif-c-aclf",
    name="CLIF-C ACLF score",
    area="liver",
    purpose="Mortality in acute-on-chronic liver failure",
    items=(
        Item(
            name="clif_c_of",
            label="CLIF-C organ failure score",
            kind=ItemKind.POINTS,
            unit="{points}",
            limits=Limits(possible_low=6, possible_high=18),
            step=1,
        ),
        lab.age(),
        lab.white_cells(),
    ),
    total_low=0,
    total_high=100,
    direction=Direction.HIGHER_IS_WORSE,
    version="2014",
    licence="published formula, free to use",
    sources=(_EF_CLIF,),
    variants=(Variant(name="2014", meaning="limits 0 to 100", level=Level.READ, source="ef-clif"),),
    default_variant="2014",
    population="Adults with acute-on-chronic liver failure",
    age_low=18,
    formula="10 × (0.33 × organ failure score + 0.04 × age + 0.63 ln white cells (10⁹/L) − 2), limited to 0–100",
    example={"clif_c_of": 11, "age": 55, "white_cells": "12 10*9/L"},
    compute=_clif_c_aclf,
)


def _clif_c_ad(x: Mapping[str, FloatArray], variant: str) -> Computed:
    score = 0.03 * x["age"] + 0.66 * np.log(x["creatinine"]) + 1.71 * np.log(x["inr"])
    score += 0.88 * np.log(x["white_cells"]) - 0.05 * x["sodium"]
    score += 8.0
    score *= 10.0
    # The printed bands are whole numbers (≤ 45, 46–59, ≥ 60): a score is rounded before it is put into one.
    whole = lab.half_up(score)
    category = (whole >= (50.0 if variant == "bands-50-60" else 46.0)).astype(np.int8)
    category += whole >= 60.0
    return Computed(score, category=category)


CLIF_C_AD = Instrument(
    id="clif-c-ad",
    name="CLIF-C AD score",
    area="liver",
    purpose="Mortality in acutely decompensated cirrhosis without ACLF",
    items=(lab.age(), lab.creatinine(), lab.inr(), lab.white_cells(), lab.sodium()),
    direction=Direction.HIGHER_IS_WORSE,
    version="2015",
    licence="published formula, free to use",
    sources=(_EF_CLIF,),
    variants=(
        Variant(name="bands-45-60", meaning="bands ≤ 45, 46–59, ≥ 60", level=Level.READ, source="ef-clif"),
        Variant(
            name="bands-50-60",
            meaning="bands < 50, 50–59, ≥ 60, as one source has it",
            level=Level.READ,
            source="ef-clif",
        ),
    ),
    default_variant="bands-45-60",
    categories=("low", "intermediate", "high"),
    population="Adults with acutely decompensated cirrhosis without ACLF",
    age_low=18,
    formula=(
        "10 × (0.03 age + 0.66 ln creatinine (mg/dL) + 1.71 ln INR + 0.88 ln white cells (10⁹/L) − 0.05 Na (mmol/L) + 8); "
        "rounded only to choose the band"
    ),
    disagreements=(
        Disagreement(
            where="bands", what="≤ 45 / 46–59 / ≥ 60, or < 50 / 50–59 / ≥ 60", here="chosen by name"
        ),
    ),
    example={
        "age": 60,
        "creatinine": "1.2 mg/dL",
        "inr": 1.5,
        "white_cells": "8 10*9/L",
        "sodium": "135 mmol/L",
    },
    compute=_clif_c_ad,
)

#: c and b of P = 1 − exp(−c · e^(b · score)), only at the times whose results were cross-checked with printed ones.
_ACLF_MORTALITY = {"1-month": (0.0022, 0.0995), "3-month": (0.0079, 0.0869)}
_AD_MORTALITY = {"3-month": (0.00056, 0.1007), "12-month": (0.00879, 0.0698)}
_MORTALITY_SOURCE = lab.source(
    "clif-mortality",
    "CLIF-C mortality equations as generally quoted; primary not checked",
    Level.UNVERIFIED,
    note="these time points reproduce independently printed results; the others were not cross-checked and are left out",
)


def _mortality(table: Mapping[str, tuple[float, float]], item: str) -> Instrument:
    name = "ACLF" if item == "clif_c_aclf" else "AD"

    def compute(x: Mapping[str, FloatArray], variant: str) -> Computed:
        scale, growth = table[variant]
        return Computed(-np.expm1(-scale * np.exp(growth * x[item])))

    return Instrument(
        id=f"{item.replace('_', '-')}-mortality",
        name=f"Mortality from CLIF-C {name}",
        area="liver",
        purpose=f"Expected mortality from a CLIF-C {name} score; unverified coefficients, shown as such",
        items=(
            Item(
                name=item,
                label=f"CLIF-C {name} score",
                kind=ItemKind.QUANTITY,
                unit="{score}",
                limits=Limits(possible_low=-50.0, possible_high=150.0, usual_low=0.0, usual_high=100.0),
            ),
        ),
        value_name="mortality",
        value_unit="1",
        total_low=0,
        total_high=1,
        direction=Direction.HIGHER_IS_WORSE,
        version="as generally quoted",
        licence="published formula, free to use",
        sources=(_MORTALITY_SOURCE,),
        variants=tuple(
            Variant(
                name=when,
                meaning=f"1 − exp(−{scale} e^({growth} score))",
                level=Level.UNVERIFIED,
                source="clif-mortality",
            )
            for when, (scale, growth) in table.items()
        ),
        default_variant="3-month",
        population="Groups of adults; not a prediction for one person",
        age_low=18,
        formula="P = 1 − exp(−c · e^(b · score)); "
        + "; ".join(f"{when}: c {scale}, b {growth}" for when, (scale, growth) in table.items()),
        notes=(
            "Coefficients are unverified; a value computed from them carries that level wherever it is shown.",
        ),
        example={item: 59.2 if item == "clif_c_ad" else 54.0},
        compute=compute,
    )


CLIF_C_ACLF_MORTALITY = _mortality(_ACLF_MORTALITY, "clif_c_aclf")
CLIF_C_AD_MORTALITY = _mortality(_AD_MORTALITY, "clif_c_ad")
