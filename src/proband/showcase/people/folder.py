"""A mixed folder of synthetic people: FHIR, phenopacket and CSV files that describe nobody."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from proband.programme.bundle import Programme
from proband.showcase.people.drawing import PersonDraw, selection
from proband.showcase.people.fhir_files import write_bundles, write_ndjson
from proband.showcase.people.phenopacket_files import write_phenopackets
from proband.showcase.people.tables import mapping_of, write_csv

#: share of people whom we try to make fit
FITTING = 0.5


@dataclass(frozen=True)
class SyntheticFolder:
    """What was written: people per programme and per format."""

    folder: Path
    mapping: Path
    people: dict[str, int]
    formats: dict[str, int]


def write_folder(
    programmes: Sequence[Programme], folder: Path, *, each: int = 80, as_of: date, seed: int = 20260101
) -> SyntheticFolder:
    """Write a mixed folder of synthetic people, a sub-folder per programme, and a mapping for its CSV files beside it.

    Parameters
    ----------
    programmes
        Programmes whose observables are drawn from.
    each
        People per programme: a third as FHIR bundles; a third as FHIR NDJSON, or as phenopackets where the programme
        asks for a variant; the rest as a CSV with one row per fact.
    as_of
        The day around which dates are drawn.
    seed
        The same seed writes the same files.
    """
    people: dict[str, int] = {}
    formats: dict[str, int] = {}
    codes: dict[str, str] = {}
    for number, programme in enumerate(programmes):
        rng = random.Random(seed + number)
        draw = PersonDraw(programme, as_of, rng)
        target = folder / programme.id
        persons = [
            draw.person(f"SYN-{programme.id}-{i:03d}", fitting=rng.random() < FITTING) for i in range(each)
        ]
        people[programme.id] = len(persons)
        third = each // 3
        genetic = any((where := selection(o)) and where.gene for o in programme.eligibility.observables)
        write_bundles(persons[:third], target / "bundles")
        (write_phenopackets if genetic else write_ndjson)(
            persons[third : 2 * third], target / ("phenopackets" if genetic else "ndjson")
        )
        codes |= write_csv(persons[2 * third :], target / "csv")
        for name, count in (
            ("FHIR bundle", third),
            ("phenopacket" if genetic else "FHIR NDJSON", third),
            ("CSV", each - 2 * third),
        ):
            formats[name] = formats.get(name, 0) + count
    mapping = folder.with_name(f"{folder.name}-mapping.yaml")
    mapping.write_text(json.dumps(mapping_of(codes), indent=2) + "\n", encoding="utf-8")  # JSON is YAML
    return SyntheticFolder(folder, mapping, people, formats)
