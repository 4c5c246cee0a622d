"""Alcoholic hepatitis: Maddrey's discriminant function, Lille, Glasgow."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

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
from proband.instruments.liver.function import banded
from proband.terms import Level


def _maddrey(x: Mapping[str, FloatArray], variant: str) -> Computed:
    score = 4.6 * (x["prothrombin_time"] - x["control_time"]) + x["bilirubin"]
    return Computed(score, category=(score >= 32.0).astype(np.int8))


MADDREY = Instrument(
    id="maddrey",
    name="Maddrey discriminant function (modified)",
    area="liver",
    purpose="Severity of alcoholic hepatitis",
    items=(
        lab.prothrombin_time(),
        lab.prothrombin_time("control_time", "Control prothrombin time"),
        lab.bilirubin(),
    ),
    direction=Direction.HIGHER_IS_WORSE,
    version="modified",
    licence="published formula, free to use",
    sources=(lab.source("maddrey-public", "Public definition of the modified discriminant function"),),
    variants=(
        Variant(
            name="modified",
            meaning="4.6 × (PT − control) + bilirubin",
            level=Level.READ,
            source="maddrey-public",
        ),
    ),
    default_variant="modified",
    categories=("not severe", "severe"),
    population="Adults with alcoholic hepatitis",
    age_low=18,
    formula="4.6 × (prothrombin time − control, s) + bilirubin (mg/dL); severe from 32",
    notes=("The control time is the laboratory's own; none is assumed.",),
    example={"prothrombin_time": "18 s", "control_time": "12 s", "bilirubin": "5 mg/dL"},
    compute=_maddrey,
)


def _lille(x: Mapping[str, FloatArray], variant: str) -> Computed:
    stated, creatinine = x["renal_insufficiency"], x["creatinine"]
    by_creatinine = np.where(np.isnan(creatinine), np.nan, creatinine > 1.3)
    renal = np.where(np.isnan(stated), by_creatinine, stated)
    rule = np.where(np.isnan(renal), np.uint8(1), np.uint8(0))
    rule[(stated != by_creatinine) & ~np.isnan(stated) & ~np.isnan(by_creatinine)] = 2
    exponent = 3.19 - 0.101 * x["age"] + 0.147 * x["albumin"]
    exponent += 0.0165 * (x["bilirubin_day_0"] - x["bilirubin_day_7"])
    exponent -= 0.206 * renal + 0.0065 * x["bilirubin_day_0"] + 0.0096 * x["prothrombin_time"]
    score = np.asarray(1.0 / (1.0 + np.exp(exponent)), dtype=np.float64)
    return Computed(
        score, category=(score >= 0.45).astype(np.int8), details={"renal": renal, "r": exponent}, rule=rule
    )


LILLE = Instrument(
    id="lille",
    name="Lille model",
    area="liver",
    purpose="Response of alcoholic hepatitis to corticosteroids after 7 days",
    items=(
        lab.age(),
        lab.albumin("g/L"),
        lab.bilirubin("umol/L", "bilirubin_day_0", "Total bilirubin, day 0"),
        lab.bilirubin("umol/L", "bilirubin_day_7", "Total bilirubin, day 7"),
        lab.yes_no(
            "renal_insufficiency",
            "Renal insufficiency",
            required=False,
            help="Creatinine above 1.3 mg/dL; give this or the creatinine",
        ),
        lab.creatinine(required=False),
        lab.prothrombin_time(),
    ),
    total_low=0,
    total_high=1,
    direction=Direction.HIGHER_IS_WORSE,
    version="2007",
    licence="published formula, free to use",
    sources=(lab.source("lille-public", "Public definition of the Lille model"),),
    variants=(
        Variant(
            name="day-7", meaning="bilirubin of day 0 and day 7", level=Level.READ, source="lille-public"
        ),
    ),
    default_variant="day-7",
    categories=("response", "non-response"),
    details={"renal": "renal insufficiency as used (0 no, 1 yes)", "r": "the exponent R"},
    rules=(
        "renal insufficiency is unknown: give it or the creatinine",
        "renal insufficiency as stated contradicts the creatinine (limit 1.3 mg/dL)",
    ),
    population="Adults with severe alcoholic hepatitis on corticosteroids",
    age_low=18,
    formula=(
        "R = 3.19 − 0.101 age + 0.147 albumin (g/L) + 0.0165 (bilirubin day 0 − day 7, µmol/L) − 0.206 renal "
        "insufficiency − 0.0065 bilirubin day 0 − 0.0096 prothrombin time (s); Lille = 1 / (1 + e^R); non-response "
        "from 0.45 (survival at 6 months 25 % against 85 %)."
    ),
    disagreements=(
        Disagreement(
            where="a public tool",
            what="does not say its units",
            here="g/L and µmol/L; other units are converted, bare numbers on the command line are refused",
        ),
    ),
    example={
        "age": 50,
        "albumin": "25 g/L",
        "bilirubin_day_0": "300 umol/L",
        "bilirubin_day_7": "200 umol/L",
        "renal_insufficiency": "no",
        "prothrombin_time": "20 s",
    },
    compute=_lille,
)


def _gahs(x: Mapping[str, FloatArray], variant: str) -> Computed:
    points: FloatArray = np.full_like(x["age"], 5.0)
    points += x["age"] >= 50.0
    points += x["white_cells"] >= 15.0
    points += x["urea"] >= 5.0
    points += banded(x["inr"], 1.5, 2.0) - 1.0
    points += banded(x["bilirubin"], 125.0, 250.0) - 1.0
    return Computed(points, category=(points >= 9.0).astype(np.int8))


GAHS = Instrument(
    id="gahs",
    name="Glasgow alcoholic hepatitis score",
    area="liver",
    purpose="Short-term outcome of alcoholic hepatitis",
    items=(
        lab.age(),
        lab.white_cells(),
        Item(
            name="urea",
            label="Serum urea",
            kind=ItemKind.QUANTITY,
            unit="mmol/L",
            limits=Limits(possible_low=0.1, possible_high=150.0, usual_low=0.7, usual_high=60.0),
            help="Urea in mmol/L. Blood urea nitrogen in mg/dL is another quantity and is not converted here",
        ),
        lab.inr(),
        lab.bilirubin("umol/L"),
    ),
    value_unit="{points}",
    total_low=5,
    total_high=12,
    direction=Direction.HIGHER_IS_WORSE,
    version="2005",
    licence="published score, free to use",
    sources=(lab.source("gahs-public", "Public definition of the Glasgow alcoholic hepatitis score"),),
    variants=(Variant(name="gahs", meaning="five items, INR form", level=Level.READ, source="gahs-public"),),
    default_variant="gahs",
    categories=("below 9", "poor (9 or more)"),
    population="Adults with alcoholic hepatitis",
    age_low=18,
    formula=(
        "Age < 50: 1, else 2; white cells < 15: 1, else 2 (10⁹/L); urea < 5: 1, else 2 (mmol/L); INR < 1.5, 1.5–2.0, > 2.0: "
        "1, 2, 3; bilirubin < 125, 125–250, > 250 µmol/L: 1, 2, 3. Sum 5–12; 9 or more is poor."
    ),
    example={
        "age": 55,
        "white_cells": "16 10*9/L",
        "urea": "8 mmol/L",
        "inr": 1.6,
        "bilirubin": "100 umol/L",
    },
    compute=_gahs,
)
