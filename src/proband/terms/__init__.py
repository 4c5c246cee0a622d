"""The vocabulary: quantities with units, coded concepts, uncertain dates, sources with a verification level, jurisdictions.

This floor imports nothing of Proband's and reads no files.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from proband.terms.concepts import SYSTEMS, Concept, system_name
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

#: where each name stands: it is fetched when it is asked for, so that who needs an error does not pay for units
_MODULE = {
    name: module
    for module, names in {
        "concepts": ("SYSTEMS", "Concept", "system_name"),
        "dates": ("UncertainDate",),
        "errors": ("Location", "ProbandError", "TermError"),
        "jurisdictions": ("JURISDICTIONS", "applicable", "jurisdiction", "name_of"),
        "sources": ("Fact", "Figure", "Level", "Retraction", "Source", "weakest"),
        "units": (
            "ANALYTES",
            "Analyte",
            "Quantity",
            "check_unit",
            "compatible",
            "convert",
            "factor",
            "is_unit",
        ),
    }.items()
    for name in names
}


def __getattr__(name: str) -> Any:
    if name not in _MODULE:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = globals()[name] = getattr(import_module(f"{__name__}.{_MODULE[name]}"), name)
    return value


def __dir__() -> list[str]:
    return [*globals(), *__all__]
