"""How units are spelt in clinical data."""

from __future__ import annotations

import re

#: UCUM annotations, which carry no dimension
ANNOTATION = re.compile(r"\{[^}]*\}")
#: what no unit contains: separators, quotes, comparison signs and every letter outside ASCII but the few that units use
FOREIGN = re.compile(r"[^A-Za-z0-9%°×⁹\[\]{}()*/^._+#' -]")


#: what pint would compute with and no laboratory means: a logarithm hidden in an annotation, two numbers beside one another,
#: a power whose sign was lost (109/L), grams in mega- and giga- (Mg/dL), grains
MISLEADING = re.compile(
    r"\b(?:log|lg|ln)\d*\b|\{[^}]*(?:log|lg|ln|%|percent|pct|quick)|\d\s+\d|^x?10(?:3|6|9|12)\s*/|\b[MGTP]gr?\b|\bgr(?:ains?)?\b",
    re.IGNORECASE,
)
_SMALL = re.compile(r"\b(?:mg|pg)r?\b")


def misleads(spelling: str) -> bool:
    """Whether a spelling that is in no table would be read as something that nobody prints it for."""
    return MISLEADING.search(_SMALL.sub("", spelling)) is not None


_RAISED = re.compile("[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+")
_DIGITS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁻", "0123456789-")
#: signs that look different and say the same
_SAME = str.maketrans(
    {"µ": "u", "μ": "u", "∕": "/", "⁄": "/", "×": "x", "∗": "*", "＊": "*", "ˆ": "^", "·": ".", "⋅": ".", "\u00a0": " ", "\u202f": " "}
)  # fmt: skip


def bare(spelling: str) -> str:
    """A spelling without white space around it, with one sign for micro, for times and for a fraction, and raised digits set level."""
    text = spelling.strip()
    if text.isascii():
        return text
    return _RAISED.sub(_level, text.translate(_SAME))


def _level(raised: re.Match[str]) -> str:
    """Raised digits: a power after ten (10⁹ is 10^9), else as UCUM sets them (m² is m2)."""
    digits = raised[0].translate(_DIGITS)
    return f"^{digits}" if raised.string[: raised.start()].endswith("10") else digits


# The spellings that pint cannot read as they stand in clinical data, each as a pint expression. Left: a UCUM form, or a
# printed form that laboratories use (K/uL, sec, cells/kg). Matching is exact, after µ/μ have become u.
SPELLINGS: dict[str, str] = {
    "1": "dimensionless",
    "": "dimensionless",
    "{score}": "dimensionless",
    "{points}": "dimensionless",
    "points": "dimensionless",
    "{INR}": "dimensionless",
    "{ratio}": "dimensionless",
    "{#}": "dimensionless",
    "%": "percent",
    "10*9/L": "giga_count / liter",
    "10^9/L": "giga_count / liter",
    "x10^9/L": "giga_count / liter",
    "x10E9/L": "giga_count / liter",
    "10E9/L": "giga_count / liter",
    "G/L": "giga_count / liter",
    "Giga/L": "giga_count / liter",
    "10*3/uL": "giga_count / liter",
    "10^3/uL": "giga_count / liter",
    "10*3/mm3": "giga_count / liter",
    "K/uL": "giga_count / liter",
    "k/uL": "giga_count / liter",
    "K/mcL": "giga_count / liter",
    "thou/uL": "giga_count / liter",
    "10*12/L": "tera_count / liter",
    "10*6/uL": "tera_count / liter",
    "m/uL": "tera_count / liter",
    "/uL": "count / microliter",
    "{cells}/uL": "count / microliter",
    "cells/uL": "count / microliter",
    "/mm3": "count / microliter",
    "/min": "count / minute",
    "{beats}/min": "count / minute",
    "bpm": "count / minute",
    "/L": "count / liter",
    "/mL": "count / milliliter",
    "{cells}": "count",
    "cells": "count",
    "cell": "count",
    "/nL": "giga_count / liter",
    "×10⁹/L": "giga_count / liter",
    "x10⁹/L": "giga_count / liter",
    "10⁹/L": "giga_count / liter",
    "10*6": "mega_count",
    "cells/kg": "count / kilogram",
    "{cells}/kg": "count / kilogram",
    "10*6/kg": "mega_count / kilogram",
    "10*6 cells/kg": "mega_count / kilogram",
    "cells/mL": "count / milliliter",
    "vg": "count",
    "vg/kg": "count / kilogram",
    "CFU/mL": "count / milliliter",
    "[CFU]/mL": "count / milliliter",
    "U/L": "enzyme_unit / liter",
    "IU/L": "enzyme_unit / liter",
    "[IU]/L": "enzyme_unit / liter",
    "[iU]/L": "enzyme_unit / liter",
    "U/mL": "enzyme_unit / milliliter",
    "IU/mL": "enzyme_unit / milliliter",
    "[IU]/mL": "enzyme_unit / milliliter",
    "kIU/L": "1000 * enzyme_unit / liter",
    "ukat/L": "60 * enzyme_unit / liter",
    "nkat/L": "0.06 * enzyme_unit / liter",
    "[EU]/mL": "endotoxin_unit / milliliter",
    "EU/mL": "endotoxin_unit / milliliter",
    "EU/kg/h": "endotoxin_unit / kilogram / hour",
    "[EU]/kg/h": "endotoxin_unit / kilogram / hour",
    "EU/kg": "endotoxin_unit / kilogram",
    "EU": "endotoxin_unit",
    "mm[Hg]": "millimeter_Hg",
    "mmHg": "millimeter_Hg",
    "kg/m2": "kilogram / meter ** 2",
    "mL/min/1.73m2": "milliliter / minute / bsa_unit",
    "mL/min/{1.73_m2}": "milliliter / minute / bsa_unit",
    "mEq/L": "milliequivalent / liter",
    "meq/L": "milliequivalent / liter",
    "a": "year",
    "y": "year",
    "yr": "year",
    "mo": "month",
    "wk": "week",
    "d": "day",
    "h": "hour",
    "min": "minute",
    "s": "second",
    "sec": "second",
    "SECONDS": "second",
    "seconds": "second",
    "m": "meter",
    "cm": "centimeter",
    "g%": "gram / deciliter",
    "mg%": "milligram / deciliter",
    "gm/dL": "gram / deciliter",
    "Cel": "degree_Celsius",
    "degC": "degree_Celsius",
    "[degF]": "degree_Fahrenheit",
    "[lb_av]": "pound",
    "[in_i]": "inch",
    "d/a": "day / year",
    "h/wk": "hour / week",
    "[ULN]": "uln",
    "xULN": "uln",
    "x ULN": "uln",
    "× ULN": "uln",
    "ULN": "uln",
    "[baseline]": "baseline_multiple",
    "x baseline": "baseline_multiple",
    "EUR": "euro",
    "USD": "us_dollar",
    "GBP": "pound_sterling",
    "JPY": "yen",
    "THB": "baht",
    "KRW": "won",
    "CNY": "yuan",
}

#: Forms that laboratories and hospital systems print beside UCUM, each with what it stands for and where it was seen. None is
#: a guess of ours: what two places print for two units ("gr" is a grain in imperial units, a gram in southern Europe) is
#: here only where every printed use known to us is the one.
PRINTED: dict[str, tuple[str, str]] = {
    "gr/dL": ("gram / deciliter", "laboratory sheets of southern Europe"),
    "gr/dl": ("gram / deciliter", "laboratory sheets of southern Europe"),
    "gr/L": ("gram / liter", "laboratory sheets of southern Europe"),
    "gr/l": ("gram / liter", "laboratory sheets of southern Europe"),
    "gr": ("gram", "laboratory sheets of southern Europe"),
    "gm": ("gram", "MIMIC-III d_labitems"),
    "gm/dl": ("gram / deciliter", "MIMIC-III labevents"),
    "g/dl": ("gram / deciliter", "MIMIC-III labevents"),
    "mg/dl": ("milligram / deciliter", "MIMIC-III labevents"),
    "G/DL": ("gram / deciliter", "HL7 v2 feeds in capitals"),
    "MG/DL": ("milligram / deciliter", "HL7 v2 feeds in capitals"),
    "NG/ML": ("nanogram / milliliter", "HL7 v2 feeds in capitals"),
    "MMOL/L": ("millimole / liter", "HL7 v2 feeds in capitals"),
    "UMOL/L": ("micromole / liter", "HL7 v2 feeds in capitals"),
    "MEQ/L": ("milliequivalent / liter", "HL7 v2 feeds in capitals"),
    "mEq/l": ("milliequivalent / liter", "MIMIC-III labevents"),
    "IU/ml": ("enzyme_unit / milliliter", "virology reports"),
    "IU/l": ("enzyme_unit / liter", "MIMIC-III labevents"),
    "U/l": ("enzyme_unit / liter", "German laboratory sheets"),
    "UI/L": ("enzyme_unit / liter", "French and Spanish laboratory sheets"),
    "UI/l": ("enzyme_unit / liter", "French and Spanish laboratory sheets"),
    "UI/ml": ("enzyme_unit / milliliter", "French and Spanish laboratory sheets"),
    "u/L": ("enzyme_unit / liter", "US chemistry analysers"),
    "mval/L": ("milliequivalent / liter", "older German laboratory sheets (Millival)"),
    "mval/l": ("milliequivalent / liter", "older German laboratory sheets (Millival)"),
    "M/uL": ("tera_count / liter", "US haematology reports (million)"),
    "UI/mL": ("enzyme_unit / milliliter", "French and Spanish laboratory sheets"),
    "K/UL": ("giga_count / liter", "HL7 v2 feeds in capitals"),
    "K/ul": ("giga_count / liter", "US haematology analysers"),
    "x10E3/uL": ("giga_count / liter", "LabCorp reports"),
    "x10E6/uL": ("tera_count / liter", "LabCorp reports"),
    "10E3/uL": ("giga_count / liter", "SDTM pilot data (LBORRESU)"),
    "x10(3)/uL": ("giga_count / liter", "US haematology reports"),
    "x10^3/uL": ("giga_count / liter", "US haematology reports"),
    "x10*3/uL": ("giga_count / liter", "US haematology reports"),
    "Thousand/uL": ("giga_count / liter", "Quest reports"),
    "THOU/uL": ("giga_count / liter", "SDTM controlled terminology, synonyms of 10^9/L"),
    "10*9/l": ("giga_count / liter", "UK pathology messages"),
    "10^9/l": ("giga_count / liter", "UK pathology messages"),
    "x10*9/L": ("giga_count / liter", "Australian pathology reports"),
    "10 9/L": ("giga_count / liter", "the raised 9 lost on the way"),
    "10 9/l": ("giga_count / liter", "the raised 9 lost on the way"),
    "10 12/L": ("tera_count / liter", "the raised 12 lost on the way"),
    "10 3/uL": ("giga_count / liter", "the raised 3 lost on the way"),
    "10 6/uL": ("tera_count / liter", "the raised 6 lost on the way"),
    "Gpt/L": ("giga_count / liter", "German laboratory sheets"),
    "Tpt/L": ("tera_count / liter", "German laboratory sheets"),
    "Gpt/l": ("giga_count / liter", "German laboratory sheets"),
    "Tpt/l": ("tera_count / liter", "German laboratory sheets"),
    "G/l": ("giga_count / liter", "French and German laboratory sheets"),
    "T/l": ("tera_count / liter", "French and German laboratory sheets"),
    "T/L": ("tera_count / liter", "French and German laboratory sheets"),
    "Giga/l": ("giga_count / liter", "French laboratory sheets"),
    "Tsd/ul": ("giga_count / liter", "German laboratory sheets (Tausend)"),
    "Tsd/uL": ("giga_count / liter", "German laboratory sheets (Tausend)"),
    "Tsd./ul": ("giga_count / liter", "German laboratory sheets (Tausend)"),
    "Tsd./uL": ("giga_count / liter", "German laboratory sheets (Tausend)"),
    "Mio/ul": ("tera_count / liter", "German laboratory sheets (Millionen)"),
    "Mio/uL": ("tera_count / liter", "German laboratory sheets (Millionen)"),
    "Mio./ul": ("tera_count / liter", "German laboratory sheets (Millionen)"),
    "Mio./uL": ("tera_count / liter", "German laboratory sheets (Millionen)"),
    "/nl": ("giga_count / liter", "German laboratory sheets"),
    "/pl": ("tera_count / liter", "German laboratory sheets"),
    "/ul": ("count / microliter", "German laboratory sheets"),
    "gm%": ("gram / deciliter", "Indian laboratory sheets"),
    "Gm%": ("gram / deciliter", "Indian laboratory sheets"),
    "gms%": ("gram / deciliter", "Indian laboratory sheets"),
    "gms/dl": ("gram / deciliter", "Indian laboratory sheets"),
    "g/100mL": ("gram / deciliter", "older British and Japanese laboratory sheets"),
    "g/100ml": ("gram / deciliter", "older British and Japanese laboratory sheets"),
    "g/100 mL": ("gram / deciliter", "older British and Japanese laboratory sheets"),
    "g/100 ml": ("gram / deciliter", "older British and Japanese laboratory sheets"),
    "mg/100mL": ("milligram / deciliter", "older British and Japanese laboratory sheets"),
    "mg/100ml": ("milligram / deciliter", "older British and Japanese laboratory sheets"),
    "mg/100 ml": ("milligram / deciliter", "older British and Japanese laboratory sheets"),
    "kIU/mL": (
        "kiloenzyme_unit / milliliter",
        "SS-MIX2 table of printed units (kiu/mL); KIU is another unit: kallikrein",
    ),
    "kIU/ml": (
        "kiloenzyme_unit / milliliter",
        "SS-MIX2 table of printed units (kiu/mL); KIU is another unit: kallikrein",
    ),
    "Kg": ("kilogram", "paper forms"),
    "KG": ("kilogram", "HL7 v2 feeds in capitals"),
    "kgs": ("kilogram", "paper forms"),
    "mm Hg": ("millimeter_Hg", "paper forms"),
    "mm hg": ("millimeter_Hg", "paper forms"),
    "mmhg": ("millimeter_Hg", "paper forms"),
    "MMHG": ("millimeter_Hg", "HL7 v2 feeds in capitals"),
    "INR": ("dimensionless", "coagulation reports"),
    "inr": ("dimensionless", "coagulation reports"),
    "ratio": ("dimensionless", "coagulation reports"),
    "Ratio": ("dimensionless", "coagulation reports"),
    "RATIO": ("dimensionless", "SDTM controlled terminology"),
    "score": ("dimensionless", "Synthea"),
    "{Score}": ("dimensionless", "HL7 examples"),
}

SPELLINGS.update({spelling: stands_for for spelling, (stands_for, _) in PRINTED.items()})

#: spellings that pint reads as they stand and that bundles, laboratories and registries use most
USUAL = (
    "g/L", "g/dL", "mg/dL", "mg/L", "ug/L", "ug/dL", "ug/mL", "ng/mL", "ng/dL", "ng/L", "pg/mL", "mg/mL", "kg/L",
    "mol/L", "mmol/L", "umol/L", "nmol/L", "pmol/L", "mol", "mmol", "umol",
    "kg", "g", "mg", "ug", "ng", "L", "dL", "mL", "uL", "fL", "mm", "um", "km", "mm2", "cm2", "m2", "mm3", "cm3",
    "mg/kg", "g/kg", "ug/kg", "mL/kg", "mg/m2", "mg/d", "g/d", "mg/kg/d", "mL/min", "L/min", "mL/h", "mg/g", "mg/mmol", "mmol/mol",
    "mcg/L", "mcg/dL", "mcg/mL", "mcg", "uIU/mL", "lb", "lbs", "oz", "ft", "in",
    "kPa", "Pa", "Hz", "ms", "us", "J", "kJ", "kcal", "W", "V", "mV", "m/s", "deg", "K",
)  # fmt: skip
