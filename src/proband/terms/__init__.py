"""The vocabulary: quantities with units, coded concepts, uncertain dates, sources with a verification level, jurisdictions.

This floor imports nothing of Proband's and reads no files.
"""

from __future__ import annotations

from proband.terms.concepts import SYSTEMS, Concept, system_name
from proband.terms.dates import UncertainDate
from proband.terms.errors import Location, ProbandError, TermError
from proband.terms.jurisdictions import JURISDICTIONS, applicable, jurisdiction, name_of
from proband.terms.sources import Fact, Figure, Level, Retraction, Source, weakest
from proband.terms.units import ANALYTES, Analyte, Quantity, check_unit, compatible, convert, factor, is_unit

__all__ = [
    "ANALYTES",
    "JURISDICTIONS",
    "SYSTEMS",
    "Analyte",
    "Concept",
    "Fact",
    "Figure",
    "Level",
    "Location",
    "ProbandError",
    "Quantity",
    "Retraction",
    "Source",
    "TermError",
    "UncertainDate",
    "applicable",
    "check_unit",
    "compatible",
    "convert",
    "factor",
    "is_unit",
    "jurisdiction",
    "name_of",
    "system_name",
    "weakest",
]
