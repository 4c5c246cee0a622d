"""Acute liver failure: the King's College criteria, both arms, in three-valued logic.

A criterion that was not measured is neither met nor unmet; INR and prothrombin time are two measures of one criterion, and one
of them is enough to say that it is unmet. The answer is yes as soon as what is known suffices, no as
soon as nothing unknown could change it, and otherwise there is none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from proband.instruments.instrument import (
    AnswerOption,
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

_SOURCE = lab.source(
    "kings-public",
    "Public definitions of the King's College criteria; sensitivity 68–69 %, specificity 82–92 %",
)
_CANNOT_TELL = ("what is known neither meets the criteria nor rules them out",)

_DURATION = Limits(possible_low=0.0, possible_high=400.0, usual_low=0.0, usual_high=180.0)


@dataclass(frozen=True, slots=True)
class _Criterion:
    """A criterion for each row: known to be met, known to be unmet, or (neither) unknown."""

    met: NDArray[np.bool_]
    unmet: NDArray[np.bool_]

    @classmethod
    def above(cls, values: FloatArray, limit: float) -> _Criterion:
        return cls(values > limit, values <= limit)  # both false for NaN

    @classmethod
    def below(cls, values: FloatArray, limit: float) -> _Criterion:
        return cls(values < limit, values >= limit)

    def __or__(self, other: _Criterion) -> _Criterion:
        return _Criterion(self.met | other.met, self.unmet & other.unmet)

    def either(self, other: _Criterion) -> _Criterion:
        """Two measures of one criterion: the one that is known answers; where both are and differ, the worse one does."""
        met = self.met | other.met
        return _Criterion(met, (self.unmet | other.unmet) & ~met)

    def __and__(self, other: _Criterion) -> _Criterion:
        return _Criterion(self.met & other.met, self.unmet | other.unmet)

    @property
    def column(self) -> FloatArray:
        """1 met, 0 unmet, NaN unknown."""
        column = self.met.astype(np.float64)
        unknown = ~(self.met | self.unmet)
        if unknown.any():
            column[unknown] = np.nan
        return column


def _answer(criterion: _Criterion, details: Mapping[str, NDArray[Any]]) -> Computed:
    unknown = ~(criterion.met | criterion.unmet)
    category = criterion.met.view(np.int8) - unknown.view(np.int8)
    return Computed(criterion.column, category=category, details=details, rule=unknown.view(np.uint8))


def _paracetamol(x: Mapping[str, FloatArray], variant: str) -> Computed:
    acid = _Criterion.below(x["arterial_ph"], 7.30)
    clotting = _Criterion.above(x["inr"], 6.5).either(_Criterion.above(x["prothrombin_time"], 100.0))
    kidney = _Criterion.above(x["creatinine"], 300.0)
    brain = _Criterion.above(x["encephalopathy"], 2.0)
    triad = clotting & kidney & brain
    details = {"acidosis": acid.column, "triad": triad.column}
    if variant == "triad-only":
        return _answer(triad, details)
    if variant.startswith("lactate"):
        lactate = _Criterion.above(x["lactate"], 3.5 if variant == "lactate-4h" else 3.0)
        return _answer(acid | triad | lactate, details | {"lactate_high": lactate.column})
    return _answer(acid | triad, details)


_LACTATE = Item(
    name="lactate",
    label="Arterial lactate",
    kind=ItemKind.QUANTITY,
    unit="mmol/L",
    units=("mmol/L", "mg/dL"),
    analyte="lactate",
    limits=Limits(possible_low=0.05, possible_high=60.0, usual_low=0.2, usual_high=30.0),
    required=False,
)

KINGS_PARACETAMOL = Instrument(
    id="kings-college-paracetamol",
    name="King's College criteria, paracetamol",
    area="liver",
    purpose="Poor prognosis without a transplant in acute liver failure from paracetamol",
    items=(
        Item(
            name="arterial_ph",
            label="Arterial pH after resuscitation",
            kind=ItemKind.QUANTITY,
            unit="1",
            limits=Limits(possible_low=6.3, possible_high=8.0, usual_low=6.8, usual_high=7.7),
            required=False,
        ),
        lab.inr(required=False),
        lab.prothrombin_time(required=False),
        lab.creatinine("umol/L", required=False),
        lab.encephalopathy(required=False),
        _LACTATE,
    ),
    value_name="criteria met",
    value_unit="1",
    total_low=0,
    total_high=1,
    direction=Direction.HIGHER_IS_WORSE,
    version="original, with lactate variants",
    licence="published criteria, free to use",
    sources=(_SOURCE,),
    variants=(
        Variant(
            name="original",
            meaning="arterial pH < 7.30, or all three of INR > 6.5, creatinine > 300 µmol/L, encephalopathy 3–4 in 24 h",
            level=Level.READ,
            source="kings-public",
        ),
        Variant(
            name="triad-only",
            meaning="the three together, without the pH: says nothing about the pH arm",
            level=Level.READ,
            source="kings-public",
        ),
        Variant(
            name="lactate-4h",
            meaning="original, or lactate > 3.5 mmol/L at 4 h",
            level=Level.READ,
            source="kings-public",
        ),
        Variant(
            name="lactate-12h",
            meaning="original, or lactate > 3.0 mmol/L at 12 h after resuscitation",
            level=Level.READ,
            source="kings-public",
        ),
    ),
    default_variant="original",
    categories=("not met", "met"),
    details={
        "acidosis": "pH criterion (0 unmet, 1 met)",
        "triad": "all three of INR, creatinine, encephalopathy",
        "lactate_high": "lactate criterion",
    },
    rules=_CANNOT_TELL,
    population="Acute liver failure from paracetamol",
    formula=(
        "Arterial pH < 7.30 after resuscitation, or all three within 24 h: INR > 6.5 (prothrombin time > 100 s), "
        "creatinine > 300 µmol/L (3.4 mg/dL), encephalopathy grade 3–4. Lactate variants: > 3.5 mmol/L at 4 h or > 3.0 "
        "mmol/L at 12 h."
    ),
    disagreements=(
        Disagreement(
            where="a public calculator",
            what="turns “all three” into “any 3 of 5”",
            here="all three, as defined",
        ),
        Disagreement(
            where="calculators in general",
            what="take a value that was not entered as normal, and answer “not met”",
            here="no answer while an unmeasured criterion could still decide",
        ),
    ),
    example={"arterial_ph": 7.36, "inr": 7, "creatinine": "3.6 mg/dL", "encephalopathy": "grade 2"},
    compute=_paracetamol,
)


def _non_paracetamol(x: Mapping[str, FloatArray], variant: str) -> Computed:
    age, inr, time = x["age"], x["inr"], x["prothrombin_time"]
    alone = _Criterion.above(inr, 6.5).either(_Criterion.above(time, 100.0))
    criteria = (
        _Criterion.below(age, 11.0 if variant == "age-11" else 10.0) | _Criterion.above(age, 40.0),
        _Criterion.above(x["aetiology"], 0.0),
        _Criterion.above(x["jaundice_to_encephalopathy"], 7.0),
        _Criterion.above(inr, 3.5).either(_Criterion.above(time, 50.0)),
        _Criterion.above(x["bilirubin"], 300.0),
    )
    met = np.zeros(len(age), dtype=np.int8)
    unmet = np.zeros(len(age), dtype=np.int8)
    for criterion in criteria:
        met += criterion.met
        unmet += criterion.unmet
    # three of five: certain with three met, out of reach with three unmet
    three = _Criterion(met >= 3, unmet >= 3)
    return _answer(alone | three, {"criteria_met": met, "inr_alone": alone.column})


KINGS_NON_PARACETAMOL = Instrument(
    id="kings-college-non-paracetamol",
    name="King's College criteria, other causes",
    area="liver",
    purpose="Poor prognosis without a transplant in acute liver failure not from paracetamol",
    items=(
        lab.age(required=False),
        Item(
            name="aetiology",
            label="Cause",
            kind=ItemKind.CHOICE,
            options=(
                AnswerOption(code=0, label="other", also=("hepatitis a", "hepatitis b", "hepatitis a or b")),
                AnswerOption(
                    code=1,
                    label="non-A non-B hepatitis",
                    also=("non-a non-b", "seronegative", "indeterminate"),
                ),
                AnswerOption(code=2, label="drug", also=("drug reaction", "idiosyncratic drug reaction")),
            ),
            required=False,
            help="In arrays: 0 other, 1 non-A non-B hepatitis, 2 drug",
        ),
        Item(
            name="jaundice_to_encephalopathy",
            label="Days from jaundice to encephalopathy",
            kind=ItemKind.QUANTITY,
            unit="d",
            limits=_DURATION,
            required=False,
        ),
        lab.inr(required=False),
        lab.prothrombin_time(required=False),
        lab.bilirubin("umol/L").model_copy(update={"required": False}),
    ),
    value_name="criteria met",
    value_unit="1",
    total_low=0,
    total_high=1,
    direction=Direction.HIGHER_IS_WORSE,
    version="original",
    licence="published criteria, free to use",
    sources=(_SOURCE,),
    variants=(
        Variant(name="age-10", meaning="age below 10 or above 40", level=Level.READ, source="kings-public"),
        Variant(
            name="age-11",
            meaning="age below 11 or above 40, as some texts have it",
            level=Level.READ,
            source="kings-public",
        ),
    ),
    default_variant="age-10",
    categories=("not met", "met"),
    details={
        "criteria_met": "how many of the five are known to be met",
        "inr_alone": "INR > 6.5 or prothrombin time > 100 s (0 no, 1 yes)",
    },
    rules=_CANNOT_TELL,
    population="Acute liver failure from causes other than paracetamol",
    formula=(
        "INR > 6.5 (prothrombin time > 100 s), or any three of: age < 10 or > 40; non-A non-B hepatitis or drug; jaundice "
        "more than 7 days before encephalopathy; INR > 3.5 (prothrombin time > 50 s); bilirubin > 300 µmol/L (17.5 mg/dL)."
    ),
    disagreements=(
        Disagreement(where="age", what="below 10 or below 11", here="chosen by name"),
        Disagreement(
            where="calculators in general",
            what="take a value that was not entered as normal, and answer “not met”",
            here="no answer while an unmeasured criterion could still decide",
        ),
    ),
    example={"age": 45, "aetiology": "drug", "inr": 4},
    compute=_non_paracetamol,
)
