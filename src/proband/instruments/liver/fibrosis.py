"""Fibrosis from blood tests: FIB-4, APRI, ELF."""

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
from proband.terms import Level


def _fib_4(x: Mapping[str, FloatArray], variant: str) -> Computed:
    score = x["age"] * x["ast"] / (x["platelets"] * np.sqrt(x["alt"]))
    if variant == "viral":
        category = (score >= 1.45).astype(np.int8)
        category += score > 3.25
    else:
        category = (score >= np.where(x["age"] >= 65.0, 2.0, 1.3)).astype(np.int8)
        category += score > 2.67
    return Computed(score, category=category)


FIB_4 = Instrument(
    id="fib-4",
    name="FIB-4",
    area="liver",
    purpose="Likelihood of advanced fibrosis from age, transaminases and platelets",
    items=(lab.age(), lab.enzyme("ast", "AST"), lab.enzyme("alt", "ALT"), lab.platelets()),
    direction=Direction.HIGHER_IS_WORSE,
    version="FIB-4",
    licence="published formula, free to use",
    sources=(lab.source("fib-4-public", "Public definition of FIB-4 and its cut-offs"),),
    variants=(
        Variant(
            name="viral",
            meaning="cut-offs 1.45 and 3.25 (viral hepatitis)",
            level=Level.READ,
            source="fib-4-public",
        ),
        Variant(
            name="masld",
            meaning="cut-offs 1.3 (2.0 from 65 years) and 2.67 (steatotic liver disease)",
            level=Level.READ,
            source="fib-4-public",
        ),
    ),
    default_variant="viral",
    categories=("low", "indeterminate", "high"),
    population="Adults; unreliable below 35 years",
    age_low=35,
    formula="age × AST / (platelets × √ALT); age in completed years, AST and ALT in U/L, platelets in 10⁹/L",
    notes=("Below 35 years the score is computed but is unreliable; say so where it is shown.",),
    example={"age": 50, "ast": "40 U/L", "alt": "40 U/L", "platelets": "200 10*9/L"},
    compute=_fib_4,
)


def _apri(x: Mapping[str, FloatArray], variant: str) -> Computed:
    return Computed(x["ast"] / x["ast_upper_limit"] / x["platelets"] * 100.0)


APRI = Instrument(
    id="apri",
    name="APRI",
    area="liver",
    purpose="Fibrosis from AST in multiples of its upper limit and platelets",
    items=(
        lab.enzyme("ast", "AST"),
        lab.enzyme("ast_upper_limit", "Upper limit of normal of AST").model_copy(
            update={
                "limits": Limits(possible_low=1.0, possible_high=500.0, usual_low=15.0, usual_high=80.0),
                "help": "The laboratory's own limit, for this person's sex",
            }
        ),
        lab.platelets(),
    ),
    direction=Direction.HIGHER_IS_WORSE,
    version="APRI",
    licence="published formula, free to use",
    sources=(lab.source("apri-public", "Public definition of APRI"),),
    variants=(
        Variant(name="apri", meaning="(AST / ULN) / platelets × 100", level=Level.READ, source="apri-public"),
    ),
    default_variant="apri",
    population="Adults with chronic liver disease",
    age_low=18,
    formula="(AST / upper limit of normal) / platelets (10⁹/L) × 100",
    disagreements=(
        Disagreement(
            where="R package cliot 0.2.0",
            what="divides by platelets × 100 instead of multiplying by 100",
            here="multiplies",
        ),
        Disagreement(where="a public web application", what="omits the × 100", here="multiplies"),
    ),
    example={"ast": "38 U/L", "ast_upper_limit": "40 U/L", "platelets": "150 10*9/L"},
    compute=_apri,
)

_ELF = {"xp": (2.494, 0.846, 0.735, 0.391), "cp": (2.278, 0.851, 0.751, 0.394)}


def _elf(x: Mapping[str, FloatArray], variant: str) -> Computed:
    constant, hyaluronic, collagen, inhibitor = _ELF[variant]
    score = hyaluronic * np.log(x["hyaluronic_acid"])
    score += collagen * np.log(x["piiinp"])
    score += inhibitor * np.log(x["timp_1"])
    score += constant
    category = (score >= 7.7).astype(np.int8)
    category += score >= 9.8
    category += score >= 11.3
    return Computed(score, category=category)


def _marker(name: str, label: str, high: float) -> Item:
    return Item(
        name=name,
        label=label,
        kind=ItemKind.QUANTITY,
        unit="ng/mL",
        units=("ng/mL", "ug/L"),
        limits=Limits(possible_low=0.1, possible_high=high * 20, usual_low=1.0, usual_high=high),
    )


ELF = Instrument(
    id="elf",
    name="Enhanced Liver Fibrosis (ELF)",
    area="liver",
    purpose="Fibrosis from three serum markers of matrix turnover",
    items=(
        _marker("hyaluronic_acid", "Hyaluronic acid", 2000.0),
        _marker("piiinp", "Procollagen III N-terminal peptide", 200.0),
        _marker("timp_1", "TIMP-1", 2000.0),
    ),
    direction=Direction.HIGHER_IS_WORSE,
    version="two assay versions",
    licence="published formula; the assay is sold",
    sources=(lab.source("elf-public", "Public definitions of the ELF score for two assay versions"),),
    variants=(
        Variant(
            name="xp",
            meaning="2.494 + 0.846 ln HA + 0.735 ln PIIINP + 0.391 ln TIMP-1 (XP assay)",
            level=Level.READ,
            source="elf-public",
        ),
        Variant(
            name="cp",
            meaning="2.278 + 0.851 ln HA + 0.751 ln PIIINP + 0.394 ln TIMP-1 (CP assay)",
            level=Level.READ,
            source="elf-public",
        ),
    ),
    default_variant=None,
    categories=("< 7.7", "7.7 to < 9.8", "9.8 to < 11.3", "≥ 11.3"),
    population="Adults; higher in men, in the afternoon and with age; healthy people 6.7 to 9.8",
    age_low=18,
    formula="constant + a ln HA + b ln PIIINP + c ln TIMP-1, all in ng/mL; constants by assay version",
    notes=("There is no default: the assay version must be named, and is stored with the value.",),
    example={"hyaluronic_acid": "50 ng/mL", "piiinp": "8 ng/mL", "timp_1": "250 ng/mL"},
    example_variant="xp",
    compute=_elf,
)
