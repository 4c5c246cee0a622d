"""What verbs that read files of other systems say: which are read; and of a reading which files and people are not counted, contradictions, codes that nobody finds."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from proband.exchange import ReadingReport

#: help of the arguments of every verb that reads files of other systems
WHAT_IS_READ = (
    "Files and folders: FHIR R4 (JSON, XML, NDJSON), phenopackets, REDCap, OMOP, SDTM (SAS transport, Dataset-JSON), CSV, Excel; "
    "zip archives of them"
)
MAPPING_HELP = "Mapping file (YAML) for the columns of CSV, Excel and REDCap."
_SHOWN = 5


def completeness(report: ReadingReport) -> dict[str, Any]:
    """Whether everything was read, and what was not, as plain JSON values."""
    return {
        "complete": report.complete,
        "unread": [
            {
                "file": file.file,
                "reason": file.declined.message if file.declined else "",
                "mend": file.declined.mend if file.declined else "",
            }
            for file in report.unread
        ],
        "lacking": dict(sorted(report.lacking.items())),
    }


def not_here(report: ReadingReport) -> list[str]:
    """What should have been read and is not here; empty where nothing is lacking."""
    if not report.lacking:
        return []
    return [
        "not everything is here; what is missing is not counted:",
        *(f"  {n} × {what}" for what, n in report.lacking.most_common(_SHOWN)),
    ]


def notes(report: ReadingReport, later: int, dated: int, day: date) -> list[str]:
    """What must be said beside every verdict from these files, in the order of weight; empty where there is nothing to say.

    ``later``: how many of the ``dated`` facts are of a day after ``day``.
    """
    said = []
    unread = report.unread
    if unread:
        said.append(
            f"{len(unread)} of {len(report.files)} files {'was' if len(unread) == 1 else 'were'} NOT read; "
            "their people are not counted:"
        )
        said += [
            f"  {Path(file.file).name}: {file.declined.message}; {file.declined.mend}"
            for file in unread[:_SHOWN]
            if file.declined
        ]
        if len(unread) > _SHOWN:
            said.append(f"  and {len(unread) - _SHOWN} more: `proband read` names each")
    said += not_here(report)
    if report.disagreements:
        n = len(report.disagreements)
        said.append(f"{n} contradiction{'s' if n > 1 else ''} between sources; none was chosen:")
        said += [f"  {each}" for each in report.disagreements[:_SHOWN]]
        if n > _SHOWN:
            said.append(f"  and {n - _SHOWN} more: `proband read` names each")
    for system, n in report.unknown_systems.most_common(_SHOWN):
        said.append(
            f"{n} facts are coded in {system!r}, which is not known: only a criterion that names it finds them"
        )
    if report.merged:
        said.append(f"{len(report.merged)} records were read as those of the people who replace them")
    if later:
        # the day of screening may have been mistaken
        said.append(f"{later} of {dated} dated facts are later than {day} (--as-of) and do not count")
    return said
