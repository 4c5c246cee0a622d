"""What a dataset is of: the class of its rows by their columns, never by the name of the file.

Source: CDISC, *SDTM Implementation Guide* 3.4: the three general classes (interventions ``--TRT``, events ``--TERM``, findings ``--TESTCD``),
demographics, relationships, trial design.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

DatasetClass = Literal["persons", "findings", "events", "interventions", "not-read", "analysis", "unknown"]

#: sign among the columns → why such a dataset gives no facts
_NOT_READ: tuple[tuple[frozenset[str], str], ...] = (
    (frozenset({"RDOMAIN", "QNAM", "QVAL"}), "supplemental qualifiers are not joined to their rows"),
    (frozenset({"RDOMAIN", "RELID"}), "how rows belong together is not read"),
    (frozenset({"COVAL", "COSEQ"}), "free text"),
    (frozenset({"ETCD", "SESTDTC"}), "elements of the study that a person passed"),
    (frozenset({"SVSTDTC"}), "visits of the study; what was found at them is read"),
    (frozenset({"MIDS", "SMSTDTC"}), "milestones of the study"),
    (frozenset({"RSUBJID", "SREL"}), "how persons are related is not read"),
    (frozenset({"SPDEVID", "DIPARM"}), "about a device"),
    (frozenset({"REFID", "PARENT"}), "how specimens are related is not read"),
    (frozenset({"POOLID", "USUBJID"}), "members of a pool"),
)


@dataclass(frozen=True, slots=True)
class Domain:
    """The class of a dataset, the two letters before its columns, and why it is not read where it is not."""

    kind: DatasetClass
    prefix: str = ""
    reason: str = ""


def domain_of(columns: list[str]) -> Domain:
    """What rows with these columns are."""
    names = set(columns)
    if "APID" in names or ({"SREL", "RSUBJID"} <= names and _prefix(columns)):
        return Domain("not-read", reason="about a relative or a caregiver, not the person")
    for sign, reason in _NOT_READ:
        if sign <= names and not (_prefix(columns) and "POOLID" in sign):
            return Domain("not-read", reason=reason)
    if "PARAMCD" in names:
        return Domain("analysis")
    if (
        "USUBJID" in names
        and not names & {"DOMAIN", "RDOMAIN"}
        and names & {"TRT01P", "TRT01A", "TRTP", "TRTA", "SAFFL", "ITTFL", "TRTSDT"}
    ):
        return Domain("analysis")
    dated = names & {"BRTHDTC", "RFSTDTC", "RFICDTC"} or {"SEX", "AGE"} <= names
    if "USUBJID" in names and dated and not _prefix(columns):
        return Domain("persons", "DM")
    found = _prefix(columns)
    if found and ("USUBJID" in names or "POOLID" in names):
        return Domain(*found)
    if not names & {"USUBJID", "POOLID"} and names & {"DOMAIN"}:
        return Domain("not-read", reason="about the study, not about a person")
    return Domain("unknown")


def _prefix(columns: list[str]) -> tuple[DatasetClass, str] | None:
    classes: tuple[tuple[str, DatasetClass, str], ...] = (
        ("TESTCD", "findings", "ORRES"),
        ("TRT", "interventions", ""),
        ("TERM", "events", ""),
    )
    names = set(columns)
    for ending, kind, beside in classes:
        for each in columns:
            found = re.fullmatch(rf"([A-Z][A-Z0-9]){ending}", each)
            if found and names & {
                f"{found[1]}SEQ",
                f"{found[1]}{beside or 'DECOD'}",
                f"{found[1]}STRESC",
                f"{found[1]}STDTC",
            }:
                return kind, found[1]
    return None
