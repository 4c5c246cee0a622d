"""Files of other systems into facts: FHIR R4, phenopackets v2, REDCap exports, OMOP, SDTM, CSV and Excel with a mapping.

:func:`read` is the way in; what it gives is :class:`Reading`, a stream of
:class:`~proband.facts.observation.Observation` values with a :class:`ReadingReport` in which nothing is missing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from proband.exchange.report import (
    Contradiction,
    Declined,
    FileReport,
    FileStatus,
    Finding,
    Ignored,
    ReadError,
    ReadingReport,
    Severity,
)
from proband.terms.deferred import deferred

if TYPE_CHECKING:
    from proband.exchange.disagreements import compare, find_disagreements
    from proband.exchange.fact_table import frame_of, write_csv, write_parquet
    from proband.exchange.gathering import Gathered, gather
    from proband.exchange.mapping import Mapping, MappingError, load_mapping
    from proband.exchange.ontology import Ontology
    from proband.exchange.reading import Progress, Reading, expand, read

__all__ = [
    "Contradiction",
    "Declined",
    "FileReport",
    "FileStatus",
    "Finding",
    "Gathered",
    "Ignored",
    "Mapping",
    "MappingError",
    "Ontology",
    "Progress",
    "ReadError",
    "Reading",
    "ReadingReport",
    "Severity",
    "compare",
    "expand",
    "find_disagreements",
    "frame_of",
    "gather",
    "load_mapping",
    "read",
    "write_csv",
    "write_parquet",
]

# tables of many observations are the extra ``columns``, which the way in to the record does without
__getattr__ = deferred(
    __name__,
    {
        "proband.exchange.disagreements": ("compare", "find_disagreements"),
        "proband.exchange.fact_table": ("frame_of", "write_csv", "write_parquet"),
        "proband.exchange.gathering": ("Gathered", "gather"),
        "proband.exchange.ontology": ("Ontology",),
        "proband.exchange.reading": ("Progress", "Reading", "expand", "read"),
        "proband.exchange.mapping": ("Mapping", "MappingError", "load_mapping"),
    },
)
