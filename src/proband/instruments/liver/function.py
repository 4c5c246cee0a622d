"""Liver function by class and grade: Child-Pugh and ALBI."""

from __future__ import annotations

from collections.abc import Mapping

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
from proband.terms import Level, factor


def banded(values: FloatArray, low: float, high: float) -> FloatArray:
    """1 below ``low``, 2 from ``low`` to ``high`` (both included), 3 above; NaN stays NaN."""
    points = np.where(values < low, 1.0, 2.0)
    points += values > high
    return np.where(np.isnan(values), np.nan, points)


#: cut-offs of each named variant: upper INR or prolongation band, and the two bilirubin cut-offs in mg/dL
_INR_BAND = {
    "inr-2.3": 2.3,
    "inr-2.2": 2.2,
    "pbc-psc-inr-2.3": 2.3,
    "pbc-psc-inr-2.2": 2.2,
    "si-34-51-inr-2.3": 2.3,
    "si-34-50-inr-2.2": 2.2,
}
#: the bilirubin bands that tables in SI units print, in µmol/L
_SI_BAND = {"si-34-51-inr-2.3": (34.0, 51.0), "si-34-50-inr-2.2": (34.0, 50.0)}


#: µmol/L of bilirubin in one mg/dL, as answers are converted
_MOLAR = factor("mg/dL", "umol/L", "bilirubin")[0]


def _child_pugh(x: Mapping[str, FloatArray], variant: str) -> Computed:
    cholestatic = variant.startswith("pbc-psc")
    if variant in _SI_BAND:
        # back to the printed decimal: a result in µmol/L came through the unit of the formula
        bilirubin = banded(np.round(x["bilirubin"] * _MOLAR, 9), *_SI_BAND[variant])
    else:
        bilirubin = banded(x["bilirubin"], *((4.0, 10.0) if cholestatic else (2.0, 3.0)))
    albumin = 4.0 - banded(x["albumin"], 2.8, 3.5)
    if variant.endswith("prolongation"):
        coagulation = banded(x["pt_prolongation"], 4.0, 6.0)
    else:
        coagulation = banded(x["inr"], 1.7, _INR_BAND[variant])
    ascites = x["ascites"] + 1.0
    grade = x["encephalopathy"]
    encephalopathy: FloatArray = np.ones_like(grade)
    encephalopathy += grade >= 1.0
    encephalopathy += grade >= 3.0
    points = bilirubin + albumin + coagulation + ascites + encephalopathy
    category = (points >= 7.0).astype(np.int8)
    category += points >= 10.0
    return Computed(
        points,
        category=category,
        details={
            "points_bilirubin": bilirubin,
            "points_albumin": albumin,
            "points_coagulation": coagulation,
            "points_ascites": ascites,
            "points_encephalopathy": encephalopathy,
        },
    )


_ASCITES = Item(
    name="ascites",
    label="Ascites",
    kind=ItemKind.CHOICE,
    options=(
        AnswerOption(code=0, label="none", also=("absent", "no")),
        AnswerOption(code=1, label="slight", also=("mild", "controlled")),
        AnswerOption(
            code=2, label="moderate-severe", also=("moderate", "severe", "refractory", "moderate to severe")
        ),
    ),
    help="In arrays: 0 none, 1 slight, 2 moderate or severe (not points)",
)

CHILD_PUGH = Instrument(
    id="child-pugh",
    name="Child-Pugh",
    area="liver",
    purpose="Severity of cirrhosis in five findings",
    items=(
        lab.bilirubin(),
        lab.albumin(),
        lab.inr(required=False),
        Item(
            name="pt_prolongation",
            label="Prothrombin time above control",
            kind=ItemKind.QUANTITY,
            unit="s",
            limits=Limits(possible_low=-5.0, possible_high=200.0, usual_low=-2.0, usual_high=60.0),
            required=False,
            help="Only for the variant prolongation",
            level=Level.UNVERIFIED,
        ),
        _ASCITES,
        lab.encephalopathy(),
    ),
    value_unit="{points}",
    total_low=5,
    total_high=15,
    direction=Direction.HIGHER_IS_WORSE,
    version="Pugh, with INR",
    licence="published score, free to use",
    sources=(
        lab.source(
            "child-pugh-public", "Public calculators and papers; the upper INR cut-off differs between them"
        ),
        lab.source(
            "child-pugh-si",
            "Tables in SI units: Gut (BMJ) Table 2 and pmc.ncbi.nlm.nih.gov/articles/PMC3017746 print 34–51 µmol/L, a table of "
            "icemedicalsupport.com 34–50 with INR 1.71–2.20",
        ),
    ),
    variants=(
        Variant(
            name="inr-2.3",
            meaning="INR 1.7 to 2.3 scores 2",
            level=Level.READ,
            source="child-pugh-public",
            needs=("inr",),
        ),
        Variant(
            name="inr-2.2",
            meaning="INR 1.7 to 2.2 scores 2",
            level=Level.READ,
            source="child-pugh-public",
            needs=("inr",),
        ),
        Variant(
            name="si-34-51-inr-2.3",
            meaning="bilirubin in µmol/L by the bands of tables in SI units: < 34, 34–51, > 51; INR 1.7 to 2.3",
            level=Level.READ,
            source="child-pugh-si",
            needs=("inr",),
        ),
        Variant(
            name="si-34-50-inr-2.2",
            meaning="bilirubin in µmol/L by the bands of tables in SI units: < 34, 34–50, > 50; INR 1.7 to 2.2",
            level=Level.READ,
            source="child-pugh-si",
            needs=("inr",),
        ),
        Variant(
            name="prolongation",
            meaning="prothrombin time 4 to 6 s above control scores 2 (instead of the INR)",
            level=Level.UNVERIFIED,
            source="child-pugh-public",
            needs=("pt_prolongation",),
        ),
        Variant(
            name="pbc-psc-inr-2.3",
            meaning="primary biliary or sclerosing cholangitis: bilirubin 4 to 10 mg/dL scores 2; INR 1.7 to 2.3",
            level=Level.UNVERIFIED,
            source="child-pugh-public",
            needs=("inr",),
        ),
        Variant(
            name="pbc-psc-inr-2.2",
            meaning="primary biliary or sclerosing cholangitis: bilirubin 4 to 10 mg/dL scores 2; INR 1.7 to 2.2",
            level=Level.UNVERIFIED,
            source="child-pugh-public",
            needs=("inr",),
        ),
    ),
    default_variant="inr-2.3",
    categories=("A", "B", "C"),
    details={
        f"points_{part}": f"points for {part}"
        for part in ("bilirubin", "albumin", "coagulation", "ascites", "encephalopathy")
    },
    population="People with cirrhosis; not meant for acute liver failure without chronic liver disease",
    age_low=18,
    formula=(
        "One to three points each. Bilirubin < 2, 2–3, > 3 mg/dL; albumin > 3.5, 2.8–3.5, < 2.8 g/dL; INR < 1.7, 1.7–2.3 "
        "(or 2.2), above; ascites none, slight, moderate to severe; encephalopathy none, grade 1–2, grade 3–4. "
        "A 5–6, B 7–9, C 10–15. Cut-offs belong to the middle band."
    ),
    disagreements=(
        Disagreement(
            where="INR band",
            what="2.2 in some sources, 2.3 in others",
            here="chosen by name and stored with the score",
        ),
        Disagreement(
            where="several public test sets",
            what="sum the points wrongly, or count a finding that was not recorded as absent",
            here="a finding that was not recorded gives no score",
        ),
        Disagreement(
            where="tables in SI units",
            what="print bands of their own, 34 and 50 or 51 µmol/L: 34.2 µmol/L is 2.00 mg/dL less a hair, and scores 2 there and 1 here",
            here="bands belong to the variant and not to the unit of entry: `si-34-51-inr-2.3` and `si-34-50-inr-2.2` are the printed ones",
        ),
    ),
    example={
        "bilirubin": "2.5 mg/dL",
        "albumin": "3.0 g/dL",
        "inr": 1.9,
        "ascites": "slight",
        "encephalopathy": "none",
    },
    compute=_child_pugh,
)

_ALBI_COEFFICIENT = {"0.085": 0.085, "0.0852": 0.0852}


def _albi(x: Mapping[str, FloatArray], variant: str) -> Computed:
    score = 0.66 * np.log10(x["bilirubin"])
    score -= _ALBI_COEFFICIENT[variant] * x["albumin"]
    # cut-offs carry two decimals: −2.5999999999999996 is −2.60
    grade: NDArray[np.int8] = (score > -2.60 + 1e-9).astype(np.int8)
    grade += score > -1.39 + 1e-9
    return Computed(score, category=grade)


ALBI = Instrument(
    id="albi",
    name="ALBI",
    area="liver",
    purpose="Liver function from albumin and bilirubin alone, with a grade",
    items=(lab.bilirubin("umol/L"), lab.albumin("g/L")),
    direction=Direction.HIGHER_IS_WORSE,
    version="2015",
    licence="published formula, free to use",
    sources=(
        lab.source(
            "albi-public", "ALBI as coded in public software; the primary coefficient is not settled here"
        ),
    ),
    variants=(
        Variant(name="0.085", meaning="albumin coefficient −0.085", level=Level.READ, source="albi-public"),
        Variant(name="0.0852", meaning="albumin coefficient −0.0852", level=Level.READ, source="albi-public"),
    ),
    default_variant="0.085",
    categories=("grade 1", "grade 2", "grade 3"),
    population="Adults with chronic liver disease or hepatocellular carcinoma",
    age_low=18,
    formula=(
        "0.66 log10(bilirubin, µmol/L) − 0.085 × albumin (g/L). Grade 1 ≤ −2.60 < grade 2 ≤ −1.39 < grade 3."
    ),
    disagreements=(
        Disagreement(
            where="albumin coefficient",
            what="0.085 or 0.0852; the choice changes the grade in 38 of 5,850 cells of a whole-number grid",
            here="chosen by name and stored with the score",
        ),
    ),
    example={"bilirubin": "10 umol/L", "albumin": "42 g/L"},
    compute=_albi,
)
