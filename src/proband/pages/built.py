"""A built site and its report: what is written, and from what it was made."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from proband.pages.hard_sentences import HardSentence
from proband.pages.rendering import Page
from proband.pages.standards import StandardItem, score
from proband.programme.problems import Problem


@dataclass(frozen=True)
class ProgrammeReport:
    """What a build says of one programme: warnings, reading grade by section, IPDAS and Annex V item by item."""

    programme: str
    programme_hash: str
    warnings: tuple[Problem, ...]
    reading_grades: dict[str, float]
    #: printed sentences above the highest grade, the hardest first
    hard_sentences: tuple[HardSentence, ...]
    #: texts of its pages that the language of the build does not have
    untranslated: tuple[str, ...]
    ipdas: tuple[StandardItem, ...]
    annex_v: tuple[StandardItem, ...]


@dataclass(frozen=True)
class BuiltProgramme:
    """Everything that a build makes for one programme: its pages, those for investigators, its report and the numbers behind its pictures."""

    pages: tuple[Page, ...]
    private: tuple[Page, ...]
    report: ProgrammeReport
    numbers: str


@dataclass(frozen=True)
class BuiltSite:
    """A built site, not yet written: its pages and its report."""

    pages: tuple[Page, ...]
    programmes: tuple[ProgrammeReport, ...]
    on: date
    private: tuple[Page, ...] = field(default=())
    #: texts of the pages of the whole site that the language of the build does not have
    untranslated: tuple[str, ...] = ()
    #: the numbers behind the pictures, by the name of the file
    tables: Mapping[str, str] = field(default_factory=dict)

    def write(self, out: Path) -> list[Path]:
        """Write every page, the tables of numbers and ``build-report.json`` into a folder; documents for investigators go to ``investigators/``."""
        out.mkdir(parents=True, exist_ok=True)
        written = []
        for page in self.pages:
            written.append(out / page.name)
            written[-1].write_text(page.html, encoding="utf-8")
        for page in self.private:
            (out / "investigators").mkdir(exist_ok=True)
            written.append(out / "investigators" / page.name)
            written[-1].write_text(page.html, encoding="utf-8")
        for name, table in self.tables.items():
            written.append(out / name)
            written[-1].write_text(table, encoding="utf-8", newline="")
        report = out / "build-report.json"
        report.write_text(json.dumps(self.report(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        return [*written, report]

    def report(self) -> dict[str, Any]:
        """The build report as plain JSON values."""
        return {
            "on": self.on.isoformat(),
            "untranslated": list(self.untranslated),
            "pages": [
                {
                    "name": page.name,
                    "title": page.title,
                    "bytes_without_drawings": page.weight,
                    "made_from": dict(page.made_from),
                }
                for page in self.pages
            ],
            "programmes": [
                {
                    "programme": p.programme,
                    "programme_hash": p.programme_hash,
                    "reading_grades": p.reading_grades,
                    "highest_reading_grade": max(p.reading_grades.values()),
                    "hard_sentences": [asdict(hard) for hard in p.hard_sentences],
                    "untranslated": list(p.untranslated),
                    "ipdas": score(list(p.ipdas)),
                    "ipdas_items": [asdict(item) for item in p.ipdas],
                    "annex_v": score(list(p.annex_v)),
                    "annex_v_items": [asdict(item) for item in p.annex_v],
                    "warnings": [str(warning) for warning in p.warnings],
                }
                for p in self.programmes
            ],
        }
