"""One observed fact about one person: what readers produce and observables consume.

A long table of these is the only way into screening, whatever the file was (FHIR, phenopacket, REDCap, CSV). Nothing is
interpreted here: values keep the unit, the comparator and the text that the source gave, and where the source said why
a value is missing, that reason (a null flavour) is kept too.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from proband.terms import UncertainDate


class Presence(StrEnum):
    """Whether the thing observed is there; everything but ``present``/``absent`` is a null flavour."""

    PRESENT = "present"
    ABSENT = "absent"
    UNKNOWN = "unknown"
    NOT_ASKED = "not-asked"
    MASKED = "masked"
    NOT_APPLICABLE = "not-applicable"
    NOT_FINAL = "not-final"
    """Announced, preliminary, planned or called off: no result, and it never stands in the place of one."""

    @property
    def is_known(self) -> bool:
        """Whether the source said yes or no."""
        return self in {Presence.PRESENT, Presence.ABSENT}

    @property
    def is_silent(self) -> bool:
        """Whether it is no answer at all: it gives a reason for silence, and takes no result's place."""
        return self in {Presence.NOT_ASKED, Presence.NOT_APPLICABLE, Presence.NOT_FINAL}


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a fact was read: file, and a position inside it that a person can find (line, JSON pointer, row and column)."""

    file: str
    position: str = ""


@dataclass(frozen=True, slots=True)
class Observation:
    """One fact.

    Parameters
    ----------
    subject
        Pseudonymous id of the person, as the source gives it.
    system, code
        What was observed, as a code: system by its short name in :data:`proband.terms.SYSTEMS`. Facts without an
        external code use the system ``Proband``: ``birth-date``, ``sex``, ``vital-status``, ``variant``, ``disease``,
        ``consent-date``; a column of a CSV or REDCap file that has no mapping to a code is ``Proband`` with the
        column's name in lower case and hyphens.
    value
        A number, or ``None``. Never NaN or infinity: readers turn those into ``None`` with a problem.
    unit
        The unit exactly as the source wrote it (UCUM code preferred over printed unit), or ``None``.
    text, value_system, value_code
        A text or coded value (``male``; ``HGNC``/``HGNC:28242``), or ``None``.
    comparator
        ``<``, ``<=``, ``>`` or ``>=`` when the source gives only a bound: then ``value`` is that bound, not a value.
    presence
        Present, absent (said so), or a null flavour.
    when
        The day it is of, or the days between which that day lies; of what lasts, the day on which it began. ``time`` is
        the moment, where the source has one; with a time zone exactly where the source states the offset.
    persists, until
        How long it holds (the interval of validity). What does not persist holds on the day it is of. What persists (a
        condition, a drug that is taken) holds from ``when`` through ``until``; without ``until`` nobody has said that
        it ended, and it holds until somebody says otherwise; an ``until`` that is wholly unknown says that it ended,
        nobody knows when. What is *absent* and persists is a "no" of these days alone ("does not take it"), and none of the
        days before.
    reference_high
        The upper limit of normal in ``unit`` that came with this very result, if any (``reference_low`` likewise).
    attributes
        Further words of the source, by kind. A ``variant`` carries ``gene`` (symbol), ``zygosity`` (``homozygous |
        heterozygous | hemizygous | unknown``), ``pathogenicity`` (ACMG class in lower case with hyphens:
        ``pathogenic``, ``likely-pathogenic``, ``uncertain-significance``, ``likely-benign``, ``benign``), ``hgvs``,
        ``disease`` (the diagnosis the variant was interpreted for).
    resource, version
        Under which name the source keeps the record from which it was read (``Observation/o-1``), the same in every
        file of the source, and in which version; ``None`` where it has no name. One name is one event, however often
        it is exported.
    problems
        What is suspicious about it (wrong unit, impossible value): flagged facts are shown and never scored silently.
    """

    subject: str
    system: str
    code: str
    value: float | None = None
    unit: str | None = None
    text: str | None = None
    value_system: str | None = None
    value_code: str | None = None
    comparator: str | None = None
    presence: Presence = Presence.PRESENT
    when: UncertainDate = field(default_factory=UncertainDate.unknown)
    time: datetime | None = None
    persists: bool = False
    until: UncertainDate | None = None
    reference_low: float | None = None
    reference_high: float | None = None
    display: str | None = None
    attributes: dict[str, Any] = field(default_factory=dict)
    origin: Origin | None = None
    resource: str | None = None
    version: str | None = None
    problems: tuple[str, ...] = ()

    @property
    def day(self) -> date | None:
        """The day, where it is exactly known."""
        return self.when.earliest if self.when.is_exact else None
