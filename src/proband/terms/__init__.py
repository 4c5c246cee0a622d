"""The vocabulary: quantities with units, coded concepts, uncertain dates, sources with a verification level, jurisdictions.

This floor imports nothing of Proband's and reads no files.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from proband.terms.deferred import deferred

if TYPE_CHECKING:
    from proband.terms.concepts import (
        SYSTEMS,
        Concept,
        broader_codes,
        canonical_code,
        code_system,
        system_name,
        system_uri,
    )
    from proband.terms.dates import UncertainDate
    from proband.terms.errors import Location, ProbandError, TermError
    from proband.terms.jurisdictions import JURISDICTIONS, applicable, jurisdiction, name_of
    from proband.terms.sources import Fact, Figure, Level, Retraction, Source, weakest
    from proband.terms.units import (
        ANALYTES,
        Analyte,
        Quantity,
        check_unit,
        compatible,
        convert,
        factor,
        is_unit,
        same_unit,
    )

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
    "broader_codes",
    "canonical_code",
    "check_unit",
    "code_system",
    "compatible",
    "convert",
    "factor",
    "is_unit",
    "jurisdiction",
    "name_of",
    "same_unit",
    "system_name",
    "system_uri",
    "weakest",
]

# fetched when they are asked for, so that who needs an error does not pay for units
__getattr__ = deferred(
    __name__,
    {
        "proband.terms.concepts": (
            "SYSTEMS",
            "Concept",
            "broader_codes",
            "canonical_code",
            "code_system",
            "system_name",
            "system_uri",
        ),
        "proband.terms.dates": ("UncertainDate",),
        "proband.terms.errors": ("Location", "ProbandError", "TermError"),
        "proband.terms.jurisdictions": ("JURISDICTIONS", "applicable", "jurisdiction", "name_of"),
        "proband.terms.sources": ("Fact", "Figure", "Level", "Retraction", "Source", "weakest"),
        "proband.terms.units": (
            "ANALYTES",
            "Analyte",
            "Quantity",
            "check_unit",
            "compatible",
            "convert",
            "factor",
            "is_unit",
            "same_unit",
        ),
    },
)


def __dir__() -> list[str]:
    return [*globals(), *__all__]
