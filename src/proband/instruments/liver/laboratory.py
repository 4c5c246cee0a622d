"""The laboratory and bedside items that liver scores share, and the rounding that their policies mean."""

from __future__ import annotations

import numpy as np

from proband.instruments.instrument import AnswerOption, FloatArray, Item, ItemKind, Limits
from proband.terms import Level, Source

_OPTN_TOOL = (
    "upper bound as in the OPTN MELD tool; lower bound (above 0 where a logarithm is taken) and usual range are entry "
    "checks chosen by this project"
)


def bilirubin(unit: str = "mg/dL", name: str = "bilirubin", label: str = "Total bilirubin") -> Item:
    """Total bilirubin; ``unit`` is that of the formula."""
    scale = 1.0 if unit == "mg/dL" else 17.104
    return Item(
        name=name,
        label=label,
        kind=ItemKind.QUANTITY,
        unit=unit,
        units=("mg/dL", "umol/L"),
        analyte="bilirubin",
        limits=Limits(
            possible_low=0.01 * scale,
            possible_high=99.0 * scale,
            usual_low=0.1 * scale,
            usual_high=50.0 * scale,
            source=_OPTN_TOOL,
        ),
    )


def creatinine(unit: str = "mg/dL", *, required: bool = True) -> Item:
    """Serum creatinine; ``unit`` is that of the formula."""
    scale = 1.0 if unit == "mg/dL" else 88.4017
    return Item(
        name="creatinine",
        label="Serum creatinine",
        kind=ItemKind.QUANTITY,
        unit=unit,
        units=("mg/dL", "umol/L"),
        analyte="creatinine",
        limits=Limits(
            possible_low=0.01 * scale,
            possible_high=40.0 * scale,
            usual_low=0.2 * scale,
            usual_high=15.0 * scale,
            source=_OPTN_TOOL,
        ),
        required=required,
    )


def inr(*, required: bool = True) -> Item:
    """International normalised ratio."""
    return Item(
        name="inr",
        label="INR",
        kind=ItemKind.QUANTITY,
        unit="{INR}",
        limits=Limits(
            possible_low=0.5, possible_high=99.0, usual_low=0.8, usual_high=10.0, source=_OPTN_TOOL
        ),
        required=required,
        help="International normalised ratio of the prothrombin time",
    )


def sodium() -> Item:
    """Serum sodium."""
    return Item(
        name="sodium",
        label="Serum sodium",
        kind=ItemKind.QUANTITY,
        unit="mmol/L",
        units=("mmol/L",),
        analyte="sodium",
        limits=Limits(
            possible_low=100.0, possible_high=200.0, usual_low=115.0, usual_high=160.0, source=_OPTN_TOOL
        ),
    )


def albumin(unit: str = "g/dL") -> Item:
    """Serum albumin; ``unit`` is that of the formula."""
    scale = 1.0 if unit == "g/dL" else 10.0
    return Item(
        name="albumin",
        label="Serum albumin",
        kind=ItemKind.QUANTITY,
        unit=unit,
        units=("g/dL", "g/L"),
        limits=Limits(
            possible_low=0.3 * scale,
            possible_high=8.0 * scale,
            usual_low=1.0 * scale,
            usual_high=5.5 * scale,
        ),
    )


def age(*, required: bool = True) -> Item:
    """Age in years."""
    return Item(
        name="age",
        label="Age",
        kind=ItemKind.QUANTITY,
        unit="a",
        limits=Limits(possible_low=0.0, possible_high=125.0, usual_low=0.0, usual_high=105.0),
        required=required,
        help="Completed years",
    )


def enzyme(name: str, label: str) -> Item:
    """An enzyme activity in U/L."""
    return Item(
        name=name,
        label=label,
        kind=ItemKind.QUANTITY,
        unit="U/L",
        units=("U/L", "ukat/L"),
        limits=Limits(possible_low=0.5, possible_high=60000.0, usual_low=5.0, usual_high=10000.0),
    )


def platelets() -> Item:
    """Platelet count."""
    return Item(
        name="platelets",
        label="Platelet count",
        kind=ItemKind.QUANTITY,
        unit="10*9/L",
        units=("10*9/L", "/uL"),
        limits=Limits(possible_low=1.0, possible_high=3000.0, usual_low=10.0, usual_high=1000.0),
    )


def white_cells() -> Item:
    """White-cell count."""
    return Item(
        name="white_cells",
        label="White-cell count",
        kind=ItemKind.QUANTITY,
        unit="10*9/L",
        units=("10*9/L", "/uL"),
        limits=Limits(possible_low=0.05, possible_high=500.0, usual_low=0.5, usual_high=100.0),
    )


def prothrombin_time(
    name: str = "prothrombin_time", label: str = "Prothrombin time", *, required: bool = True
) -> Item:
    """Prothrombin time in seconds."""
    return Item(
        name=name,
        label=label,
        kind=ItemKind.QUANTITY,
        unit="s",
        limits=Limits(possible_low=5.0, possible_high=300.0, usual_low=8.0, usual_high=120.0),
        required=required,
    )


def yes_no(name: str, label: str, *, required: bool = True, help: str = "") -> Item:
    """A question answered by yes or no; not answered is not no."""
    return Item(name=name, label=label, kind=ItemKind.YES_NO, required=required, help=help)


def sex() -> Item:
    """Sex as the formula means it."""
    return Item(
        name="sex",
        label="Sex",
        kind=ItemKind.CHOICE,
        options=(
            AnswerOption(code=0, label="male", also=("m", "man")),
            AnswerOption(code=1, label="female", also=("f", "woman")),
        ),
        help="In arrays: 0 male, 1 female",
    )


def encephalopathy(*, required: bool = True) -> Item:
    """Hepatic encephalopathy by West Haven grade; bare numbers of arrays are grades, not points."""
    return Item(
        name="encephalopathy",
        label="Hepatic encephalopathy (West Haven grade)",
        kind=ItemKind.CHOICE,
        options=(
            AnswerOption(code=0, label="none", also=("absent", "no", "grade 0", "no encephalopathy")),
            AnswerOption(code=1, label="grade 1", also=("grade i", "i", "grade 1-2", "1-2", "mild")),
            AnswerOption(code=2, label="grade 2", also=("grade ii", "ii")),
            AnswerOption(code=3, label="grade 3", also=("grade iii", "iii", "grade 3-4", "3-4", "severe")),
            AnswerOption(code=4, label="grade 4", also=("grade iv", "iv")),
        ),
        required=required,
        help="In arrays: the grade 0 to 4 (not points)",
    )


def half_up(values: FloatArray) -> FloatArray:
    """Round to whole numbers, halves away from zero.

    A nudge of 1e-9 lets a half that floating point shows as 0.49999999999 count as the half that it is.
    """
    rounded = np.abs(values)
    rounded += 0.5 + 1e-9
    np.floor(rounded, out=rounded)
    return np.copysign(rounded, values)


def source(key: str, citation: str, level: Level = Level.READ, **more: str) -> Source:
    """A source with the level of what was taken from it."""
    return Source.model_validate({"id": key, "citation": citation, "level": level, **more})
