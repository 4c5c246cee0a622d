"""One person by every door: what changes nothing in what is known changes no verdict, and what is not known lets nobody in."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path
from random import Random
from typing import Any

import pytest
from one_person import ANSWERS, DOORS, ELIGIBLE, NAME, RESULTS, Facts, facts, outcome, resources


@pytest.mark.parametrize("door", DOORS)
def test_the_person_is_eligible_by_every_door(door: str, tmp_path: Path) -> None:
    DOORS[door](tmp_path, facts())
    assert outcome(tmp_path, sql=True) is ELIGIBLE


@pytest.mark.parametrize("what", sorted(ANSWERS))
@pytest.mark.parametrize("door", DOORS)
def test_without_the_facts_of_an_observable_nobody_is_eligible(door: str, what: str, tmp_path: Path) -> None:
    said = {name: value for name, value in facts().items() if name != ANSWERS[what]}
    DOORS[door](tmp_path, said)
    assert outcome(tmp_path) is not ELIGIBLE


# -- what changes nothing in what is known ----------------------------------------------------------------------------------


def variants(seed: int) -> tuple[Facts, Facts]:
    """What is on record, and the same in other units."""
    r = Random(seed)
    said = facts()
    for what in r.sample(sorted(ANSWERS), r.randint(0, 2)):
        change = r.choice(["away", "other"])
        if change == "away":
            said.pop(ANSWERS[what], None)
        elif what in RESULTS:
            said[what] = (r.choice([0.1, 40.0, 152.0]), said[what][1])
        elif what in {"cancer", "peritonitis"}:
            said[what] = True
    other = dict(said)
    for what, (unit, factor) in {
        "platelets": ("/uL", 1000.0),
        "sodium": ("mEq/L", 1.0),
        "creatinine": ("mg/L", 10.0),
    }.items():
        if what in other:
            other[what] = (round(other[what][0] * factor, 6), unit)
    return said, other


SEEDS = range(24 if os.environ.get("PROBAND_NIGHTLY") else 2)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("door", DOORS)
def test_units_names_and_copies_change_no_verdict(door: str, seed: int, tmp_path: Path) -> None:
    said, other = variants(seed)
    verdicts = []
    for number, (record, name) in enumerate(
        ((said, NAME), (other, NAME), (said, "4711" if door == "OMOP" else "another-name"))
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        DOORS[door](folder, record, name)
        verdicts.append(outcome(folder))
    twice = tmp_path / "0"
    for each in list(twice.iterdir()):
        if each.name not in {"mapping.yaml", "dictionary.csv"}:
            shutil.copy(each, twice / f"a-copy-of-{each.name}")
    verdicts.append(outcome(twice))
    assert len(set(verdicts)) == 1, verdicts


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("door", DOORS)
def test_split_files_and_their_order_change_no_verdict(door: str, seed: int, tmp_path: Path) -> None:
    """One file, or each fact in a file of its own under names in any order."""
    said, _ = variants(seed)
    r = Random(seed)
    whole, split = tmp_path / "whole", tmp_path / "split"
    whole.mkdir()
    split.mkdir()
    DOORS[door](whole, said)
    for each in whole.iterdir():
        names = r.sample(range(100, 999), 200)
        if each.suffix == ".csv" and each.name != "dictionary.csv":
            header, *rows = each.read_text().splitlines()
            if door in {"CSV", "REDCap"}:  # the columns of the one row in several files
                columns = header.split(",")
                cells = rows[0].split(",")
                groups: dict[str, list[int]] = {}  # a value stays beside its unit
                for n, column in enumerate(columns[2:], 2):
                    groups.setdefault(column.removesuffix("_unit"), []).append(n)
                for part in groups.values():
                    keep = [0, 1, *part]
                    lines = [",".join(line[n] for n in keep) for line in (columns, cells)]
                    (split / f"{names.pop()}.csv").write_text("\n".join(lines) + "\n")
            else:
                for line in rows:
                    (split / f"{names.pop()}.csv").write_text(f"{header}\n{line}\n")
        elif each.suffix == ".ndjson":
            for line in each.read_text().splitlines():
                (split / f"{names.pop()}.ndjson").write_text(line + "\n")
        elif door == "FHIR":
            for entry in json.loads(each.read_text())["entry"]:
                (split / f"{names.pop()}.json").write_text(json.dumps(entry["resource"]))
        elif door == "phenopackets":
            packets = json.loads(each.read_text())
            for part in ("measurements", "diseases", "phenotypicFeatures"):
                (split / f"{names.pop()}.json").write_text(
                    json.dumps({k: v for k, v in packets.items() if k in {"id", "subject", "metaData", part}})
                )
        else:
            shutil.copy(each, split / each.name)
    assert outcome(whole) is outcome(split)


#: the same result in the units of other countries, as their laboratories print them
PRINTED_ABROAD: dict[str, dict[str, tuple[float, str]]] = {
    "German": {"platelets": (88.0, "Gpt/L"), "sodium": (136.0, "mmol/l"), "creatinine": (79.56, "µmol/l")},
    "German, in thousands": {
        "platelets": (88.0, "Tsd./µl"),
        "sodium": (136.0, "mmol/l"),
        "creatinine": (0.9, "mg/dl"),
    },
    "American": {"platelets": (88.0, "K/uL"), "sodium": (136.0, "mEq/L"), "creatinine": (0.9, "MG/DL")},
    "LabCorp": {"platelets": (88.0, "x10E3/uL"), "sodium": (136.0, "MMOL/L"), "creatinine": (0.9, "mg/dL")},
    "French": {"platelets": (88.0, "Giga/l"), "sodium": (136.0, "mmol/l"), "creatinine": (9.0, "mg/L")},
    "British, of old": {
        "platelets": (88000.0, "/mm3"),
        "sodium": (136.0, "mEq/l"),
        "creatinine": (0.9, "mg/100 ml"),
    },
    "Indian": {"platelets": (88000.0, "cells/uL"), "sodium": (136.0, "mmol/L"), "creatinine": (0.9, "mg%")},
}


@pytest.mark.parametrize("country", PRINTED_ABROAD)
@pytest.mark.parametrize("door", ["FHIR", "CSV", "OMOP"])
def test_the_country_in_whose_units_a_result_is_printed_changes_no_verdict(
    door: str, country: str, tmp_path: Path
) -> None:
    """The same results: eligible; and a third of them: not."""
    for name, factor in (("enough", 1.0), ("too few", 1 / 3)):
        folder = tmp_path / name
        folder.mkdir()
        value, unit = PRINTED_ABROAD[country]["platelets"]
        DOORS[door](
            folder, facts() | PRINTED_ABROAD[country] | {"platelets": (round(value * factor, 1), unit)}
        )
        assert (outcome(folder) is ELIGIBLE) is (name == "enough")


@pytest.mark.parametrize("zone", ["Z", "+02:00", "-11:00"])
def test_the_zone_in_which_a_day_is_written_changes_no_verdict(zone: str, tmp_path: Path) -> None:
    """The clinical day is that on the wall."""
    given = resources(facts())
    for what in RESULTS:
        given[what]["effectiveDateTime"] = f"{facts()['day']}T23:30:00{zone}"
    for name, each in given.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(each))
    assert outcome(tmp_path) is ELIGIBLE


WRONG: dict[str, Any] = {
    "platelets": (20.0, "10*9/L"),
    "sodium": (120.0, "mmol/L"),
    "creatinine": (4.0, "mg/dL"),
    "cancer": True,
    "peritonitis": True,
}


@pytest.mark.parametrize("what", sorted(WRONG))
def test_entered_in_error_is_as_if_it_had_never_been(what: str, tmp_path: Path) -> None:
    """A fact that would rule out, retracted in the same file, in a later one, or by a deletion."""
    wrong = resources({**facts(), what: WRONG[what], "day": "2026-10-31"}, NAME)[what] | {"id": "wrong"}
    retracted = {**wrong, "status": "entered-in-error"}
    deletion = {
        "resourceType": "Bundle",
        "type": "transaction",
        "entry": [{"request": {"method": "DELETE", "url": "Observation/wrong"}}],
    }
    for number, (stated, further) in enumerate(
        ((retracted, None), (wrong, retracted), (wrong, deletion), (wrong, None))
    ):
        folder = tmp_path / str(number)
        folder.mkdir()
        for name, each in {**resources(facts()), "stated": stated, "further": further}.items():
            if each is not None:
                (folder / f"{name}.json").write_text(json.dumps(each))
        assert (outcome(folder) is ELIGIBLE) is (number < 3)
