"""Kidney function from creatinine: CKD-EPI 2021, bedside Schwartz, Cockcroft–Gault."""

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
from proband.instruments.liver.laboratory import age, creatinine, sex
from proband.terms import Level

_CKD_EPI = source(
    "inker-2021",
    "Inker et al. 2021, New creatinine- and cystatin C-based equations to estimate GFR without race; as printed by the "
    "National Kidney Foundation",
    url="https://kidney.org/ckd-epi-creatinine-equation-2021",
    seen="the whole equation with its constants",
)
_SCHWARTZ = source(
    "schwartz-2009",
    "Schwartz et al. 2009, New equations to estimate GFR in children with CKD; the bedside equation as printed by the "
    "National Kidney Foundation",
    url="https://www.kidney.org/content/creatinine-based-%E2%80%9Cbedside-schwartz%E2%80%9D-equation-2009",
    seen="the equation, and whom it is for",
)
_COCKCROFT = source(
    "cockcroft-gault-1976",
    "Cockcroft and Gault 1976, Prediction of creatinine clearance from serum creatinine, as quoted with a worked example",
    Level.SECONDARY,
    url="https://clincalc.com/Kinetics/CrCl.aspx?example",
    seen="the equation, and 78 years, 47.6 kg, 1.56 mg/dL, female",
)


def height(*, low: float = 30.0) -> Item:
    """Body height."""
    return Item(
        name="height",
        label="Height",
        kind=ItemKind.QUANTITY,
        unit="cm",
        units=("cm", "m"),
        limits=Limits(possible_low=low, possible_high=260.0, usual_low=45.0, usual_high=210.0),
    )


def weight() -> Item:
    """Body weight."""
    return Item(
        name="weight",
        label="Weight",
        kind=ItemKind.QUANTITY,
        unit="kg",
        units=("kg", "g"),
        limits=Limits(possible_low=0.3, possible_high=500.0, usual_low=2.0, usual_high=180.0),
    )


def _ckd_epi(x: Mapping[str, FloatArray], variant: str) -> Computed:
    female = x["sex"] == 1.0
    ratio = x["creatinine"] / np.where(female, 0.7, 0.9)
    low = np.power(np.minimum(ratio, 1.0), np.where(female, -0.241, -0.302))
    high = np.power(np.maximum(ratio, 1.0), -1.200)
    rate = 142.0 * low * high * np.power(0.9938, x["age"]) * np.where(female, 1.012, 1.0)
    return Computed(rate, rule=(x["age"] < 18.0).astype(np.uint8))


CKD_EPI = Instrument(
    id="ckd-epi-2021",
    name="Estimated GFR, CKD-EPI 2021 (creatinine)",
    area="kidney",
    purpose="Glomerular filtration rate of an adult from creatinine, age and sex, without race",
    items=(creatinine(), age(), sex()),
    value_name="estimated GFR",
    value_unit="mL/min/{1.73_m2}",
    direction=Direction.HIGHER_IS_BETTER,
    version="2021",
    licence="published equation, free to use",
    sources=(_CKD_EPI,),
    variants=(
        Variant(
            name="creatinine",
            meaning="142 × min(Scr/κ, 1)^α × max(Scr/κ, 1)^−1.200 × 0.9938^age × 1.012 if female",
            level=Level.READ,
            source="inker-2021",
        ),
    ),
    default_variant="creatinine",
    rules=("the equation is for adults; under 18 years use schwartz-bedside",),
    population="Adults with stable creatinine, measured by a method traceable to isotope dilution mass spectrometry",
    age_low=18,
    formula=(
        "142 × min(Scr/κ, 1)^α × max(Scr/κ, 1)^(−1.200) × 0.9938^age × 1.012 (female); Scr in mg/dL, κ 0.7 (female) or 0.9, "
        "α −0.241 (female) or −0.302."
    ),
    disagreements=(
        Disagreement(
            where="CKD-EPI 2009",
            what="has other constants (141, −1.209, 0.993) and a factor for race",
            here="the equation of 2021, which replaced it",
        ),
    ),
    notes=(
        "Creatinine misleads where muscle is lost: cirrhosis, paralysis and muscle disease give too high a rate.",
    ),
    example={"creatinine": "0.9 mg/dL", "age": 55, "sex": "female"},
    compute=_ckd_epi,
)


def _schwartz(x: Mapping[str, FloatArray], variant: str) -> Computed:
    rule = ((x["age"] < 1.0) | (x["age"] >= 18.0)).astype(np.uint8)
    return Computed(0.413 * x["height"] / x["creatinine"], rule=rule)


SCHWARTZ = Instrument(
    id="schwartz-bedside",
    name="Estimated GFR, bedside Schwartz",
    area="kidney",
    purpose="Glomerular filtration rate of a child from height and creatinine",
    items=(creatinine(), height(), age(required=False)),
    value_name="estimated GFR",
    value_unit="mL/min/{1.73_m2}",
    direction=Direction.HIGHER_IS_BETTER,
    version="2009",
    licence="published equation, free to use",
    sources=(_SCHWARTZ,),
    variants=(
        Variant(
            name="bedside-2009",
            meaning="0.413 × height (cm) / creatinine (mg/dL)",
            level=Level.READ,
            source="schwartz-2009",
        ),
    ),
    default_variant="bedside-2009",
    rules=("the equation is for children from 1 to under 18 years; adults: ckd-epi-2021",),
    population="Children of 1 to 17 years with chronic kidney disease, creatinine by an enzymatic method",
    age_low=1,
    age_high=17,
    formula="0.413 × height (cm) / creatinine (mg/dL)",
    disagreements=(
        Disagreement(
            where="the equations of 1984 and 1985",
            what="use 0.33 to 0.70 by age and sex, made for an older way of measuring creatinine",
            here="the equation of 2009; the older constants give too high a rate with present methods",
        ),
        Disagreement(where="a public bibliography", what="rounds the constant to 0.41", here="0.413"),
    ),
    notes=("Age is optional; given, it is checked against the population.",),
    example={"creatinine": "0.5 mg/dL", "height": "120 cm", "age": 7},
    compute=_schwartz,
)


def _cockcroft(x: Mapping[str, FloatArray], variant: str) -> Computed:
    clearance = (140.0 - x["age"]) * x["weight"] / (72.0 * x["creatinine"])
    clearance = clearance * np.where(x["sex"] == 1.0, 0.85, 1.0)
    return Computed(clearance, rule=(x["age"] < 18.0).astype(np.uint8))


COCKCROFT_GAULT = Instrument(
    id="cockcroft-gault",
    name="Creatinine clearance, Cockcroft–Gault",
    area="kidney",
    purpose="Creatinine clearance of an adult, by which many drug labels state doses",
    items=(creatinine(), age(), sex(), weight()),
    value_name="creatinine clearance",
    value_unit="mL/min",
    direction=Direction.HIGHER_IS_BETTER,
    version="1976",
    licence="published equation, free to use",
    sources=(_COCKCROFT,),
    variants=(
        Variant(
            name="actual-weight",
            meaning="(140 − age) × actual weight (kg) / (72 × creatinine (mg/dL)), × 0.85 if female",
            level=Level.SECONDARY,
            source="cockcroft-gault-1976",
        ),
    ),
    default_variant="actual-weight",
    rules=("the equation is for adults; under 18 years use schwartz-bedside",),
    population="Adults with stable creatinine; made from 249 men",
    age_low=18,
    formula="(140 − age) × weight (kg) / (72 × creatinine (mg/dL)), × 0.85 for women; not per 1.73 m²",
    disagreements=(
        Disagreement(
            where="calculators",
            what="put ideal or adjusted weight in the place of actual weight",
            here="the weight as measured, as in the study; in ascites and obesity it gives too high a clearance",
        ),
    ),
    example={"creatinine": "1.56 mg/dL", "age": 78, "sex": "female", "weight": "47.6 kg"},
    compute=_cockcroft,
)
