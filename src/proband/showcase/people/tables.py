"""Synthetic people as two tall tables, and the mapping that reads them."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from proband.facts.observation import Observation, Presence
from proband.showcase.people.synthetic import SYNTHETIC


def write_csv(persons: Sequence[list[Observation]], folder: Path) -> dict[str, str]:
    """Two tall tables, one of measurements and one of findings; returns word → SYSTEM|code for their mapping."""
    folder.mkdir(parents=True, exist_ok=True)
    codes: dict[str, str] = {}
    with (
        (folder / "measurements.csv").open("w", encoding="utf-8", newline="") as measured,
        (folder / "findings.csv").open("w", encoding="utf-8", newline="") as found,
    ):
        numbers, words = csv.writer(measured), csv.writer(found)
        numbers.writerow(["synthetic_person", "test", "value", "unit", "range", "day"])
        words.writerow(["synthetic_person", "finding", "answer", "presence", "day"])
        for fact in (fact for facts in persons for fact in facts):
            word = fact.code.lower()
            codes[word] = f"{fact.system}|{fact.code}"
            day = fact.day.isoformat() if fact.day else None
            if fact.value is not None:
                limit = f"0-{fact.reference_high:g}" if fact.reference_high is not None else None
                numbers.writerow([fact.subject, word, fact.value, fact.unit, limit, day])
            else:
                words.writerow([fact.subject, word, fact.text, fact.presence.value, day])
    return codes


def mapping_of(codes: dict[str, str]) -> dict[str, Any]:
    """How little a mapping needs to be: one rule for each table with a row per fact."""
    common = {"codes": dict(sorted(codes.items())), "date": "day"}
    presence = {"presence": "presence", "presences": {item.value: item.value for item in Presence}}
    return {
        "provenance": SYNTHETIC,
        "subject": "synthetic_person",
        "tables": [
            {
                "when": {"columns": ["test"]},
                "rows": [
                    {"code_column": "test", "value": "value", "unit": "unit", "range": "range"} | common
                ],
            },
            {
                "when": {"columns": ["finding"]},
                "rows": [{"code_column": "finding", "text": "answer"} | common | presence],
            },
        ],
    }
