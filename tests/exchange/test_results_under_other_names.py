"""A newer result under another name than the criterion's code: what is known under the code is not the newest known.

A generator draws people whose platelets, sodium and creatinine are good under LOINC, and gives each a further result under a local code, a sibling code, a
code of SNOMED CT, a name alone, a number that nothing names: newer or older, good or bad, of the same or of something else. Whoever may have a newer
bad result is never ELIGIBLE; whoever has a good one, an older one, or one of something else is. Evaluator, DuckDB and SQLite say the same
(PostgreSQL: ``tests/screening/test_recorded_in_other_systems.py``). The people are invented.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from one_person import (
    AS_OF,
    ELIGIBLE,
    MAPPING,
    NAME,
    NEEDS_DATA,
    bundle,
    criteria,
    everywhere,
    facts,
    omop_tables,
    packet,
    resources,
    row,
    write_table,
)
from test_named_elsewhere import written

from proband.exchange.gathering import gather
from proband.exchange.reading import read
from proband.facts.observation import Observation
from proband.facts.result_names import known_codes, names, says_nothing
from proband.screening.render import as_text
from proband.screening.sql.many import screen_loaded
from proband.screening.verdict import Screening
from proband.terms.plausible import limits

LOINC, SNOMED, HOUSE = "http://loinc.org", "http://snomed.info/sct", "https://clinic.example/tests"
#: what is measured → its names, a sibling code of LOINC, a good and a bad value, unit
MEASURED: dict[str, tuple[tuple[str, ...], str, float, float, str]] = {
    "platelets": (("PLT", "Thrombozyten", "Plaquettes", "Platelets (EDTA)", "plt count"), "26515-7", 90.0, 12.0, "10*9/L"),
    "sodium": (("NA", "Natrium", "Sodium, serum", "Sodio", "Natrium (Plasma)"), "2947-0", 138.0, 118.0, "mmol/L"),
    "creatinine": (("CREA", "Kreatinin i.S.", "Créatinine", "Creatinine [Mass/volume]", "Creatinina"), "38483-4", 0.8, 4.1, "mg/dL"),
}  # fmt: skip
#: names of other things, in the unit of the first
OTHERS = {
    "platelets": ("WBC", "Lymphozyten", "Platelets given (units)", "Immature platelets"),
    "sodium": ("Kalium", "Sodium chloride infusion", "Urine sodium", "Chloride"),
    "creatinine": ("Bilirubin", "Creatinine in urine", "Urea", "Creatinine clearance"),
}
HOW = ("a local code", "a name alone", "a code that is a word", "a sibling code", "a code of LOINC that nobody knows", "SNOMED CT with a name", "a number that nothing names", "something else")  # fmt: skip


@dataclass(frozen=True)
class Further:
    """A further result: of what, how it is named, when, and its value."""

    what: str
    how: str
    name: str
    value: float
    day: date
    bad: bool

    @property
    def unit(self) -> str:
        return MEASURED[self.what][4]

    @property
    def coding(self) -> dict[str, Any]:
        """As a concept of FHIR."""
        match self.how:
            case "a name alone":
                return {"text": self.name}
            case "a local code" | "something else":
                return {"coding": [{"system": HOUSE, "code": "4711", "display": self.name}]}
            case "a code that is a word":
                return {"coding": [{"system": HOUSE, "code": self.name}]}
            case "a sibling code":
                return {"coding": [{"system": LOINC, "code": MEASURED[self.what][1]}]}
            case "a code of LOINC that nobody knows":
                return {"coding": [{"system": LOINC, "code": "99999-5", "display": self.name}]}
            case "SNOMED CT with a name":
                return {"coding": [{"system": SNOMED, "code": "61928009", "display": self.name}]}
        return {"coding": [{"system": HOUSE, "code": "4711"}]}

    @property
    def outcome(self) -> Any:
        """What is right."""
        newer = self.day >= date(2026, 10, 30)
        return NEEDS_DATA if self.bad and newer and self.how != "something else" else ELIGIBLE


def drawn(seed: int, hows: tuple[str, ...] = HOW, n: int = 48) -> Iterator[Further]:
    draw = random.Random(seed)
    for index in range(n):
        how = hows[index % len(hows)]
        what = draw.choice(sorted(MEASURED))
        own, _, good, bad, _ = MEASURED[what]
        name = draw.choice(OTHERS[what] if how == "something else" else own)
        is_bad = draw.random() < 0.6 or how == "something else"
        day = date(2026, 10, 30) + timedelta(days=draw.choice([-9, -2, 0, 1, 2]))
        if how == "a number that nothing names" and what == "sodium" and not is_bad:
            good = 140.0
        yield Further(what, how, name, bad if is_bad else good, day, is_bad)


def in_fhir(each: Further) -> dict[str, Any]:
    given = list(resources(facts()).values())
    further = {"resourceType": "Observation", "id": "further", "status": "final", "code": each.coding, "subject": {"reference": f"Patient/{NAME}"},
               "effectiveDateTime": each.day.isoformat(), "valueQuantity": {"value": each.value, "unit": each.unit, "system": "http://unitsofmeasure.org", "code": each.unit}}  # fmt: skip
    return {"bundle.json": bundle([*given, further])}


CURIES = {"a sibling code": "LOINC:{}", "SNOMED CT with a name": "SNOMEDCT:61928009", "a code that is a word": "HOUSE:{}"}  # fmt: skip


def in_packet(each: Further) -> dict[str, Any]:
    said = packet(facts())
    curie = CURIES.get(each.how, "HOUSE:4711").format(MEASURED[each.what][1] if each.how == "a sibling code" else each.name.replace(" ", "_"))  # fmt: skip
    label = "" if each.how in {"a number that nothing names", "a sibling code", "a code that is a word"} else each.name  # fmt: skip
    said["measurements"].append({"assay": {"id": curie, "label": label}, "timeObserved": {"timestamp": f"{each.day}T00:00:00Z"},
                                 "value": {"quantity": {"value": each.value, "unit": {"id": f"UCUM:{each.unit}", "label": each.unit}}}})  # fmt: skip
    return {"packet.json": said}


def told(folder: Path, who: str) -> list[Observation]:
    return [replace(each, subject=who) for each in read(folder)]


@pytest.mark.parametrize(("door", "hows"), [(in_fhir, HOW), (in_packet, tuple(each for each in HOW if each not in {"a name alone", "a code of LOINC that nobody knows"}))], ids=["FHIR", "phenopackets"])  # fmt: skip
def test_what_is_known_under_the_code_is_not_the_newest(
    door: Any, hows: tuple[str, ...], tmp_path: Path
) -> None:
    people, right = {}, {}
    for index, each in enumerate(drawn(7, hows)):
        who = f"{index}: {each}"
        people[who] = told(written(tmp_path / str(index), door(each)), who)
        right[who] = each.outcome
    found = everywhere(criteria(), people)
    assert {who: (said, right[who]) for who, said in found.items() if said is not right[who]} == {}
    assert 8 < sum(each is NEEDS_DATA for each in right.values()) < 40


#: how the row of a measurement is coded: concept, source value
CONCEPTS = {"a sibling code": "45700001", "SNOMED CT with a name": "45700002"}


def test_the_same_of_omop_by_row_and_in_columns(tmp_path: Path) -> None:
    right, tables = {}, dict[str, list[dict[str, str]]]()
    hows = ("a local code", "a number that nothing names", "something else", "a sibling code", "SNOMED CT with a name")  # fmt: skip
    concepts: dict[str, dict[str, str]] = {}
    for index, each in enumerate(drawn(11, hows, 60), 1):
        own = omop_tables(facts(), str(index))
        concept = "0"
        if each.how in CONCEPTS:
            concept = str(int(CONCEPTS[each.how]) + 10 * index)
            system, code = ("LOINC", MEASURED[each.what][1]) if each.how == "a sibling code" else ("SNOMED", str(61928009 + index))  # fmt: skip
            concepts[concept] = {"concept_id": concept, "concept_name": each.name, "vocabulary_id": system, "concept_code": code}  # fmt: skip
        word = "4711" if each.how == "a number that nothing names" else each.name
        first = own["measurement"][0]
        own["measurement"].append({**first, "measurement_id": f"{index}99", "measurement_concept_id": concept, "measurement_date": each.day.isoformat(),
                                   "value_as_number": f"{each.value:g}", "unit_source_value": each.unit, "measurement_source_value": word})  # fmt: skip
        for table, rows in own.items():
            tables[table] = rows if table == "concept" else tables.get(table, []) + rows
        right[str(index)] = each.outcome
    tables["concept"] = [*tables["concept"], *concepts.values()]
    tables["measurement"] = [{"measurement_source_value": "", **each} for each in tables["measurement"]]
    for table, rows in tables.items():
        write_table(tmp_path / f"{table}.csv", rows)
    people: dict[str, list[Observation]] = {}
    for each in read(tmp_path):
        people.setdefault(each.subject, []).append(each)
    found = everywhere(criteria(), people)
    assert {who: (said, right[who]) for who, said in found.items() if said is not right[who]} == {}
    with gather([tmp_path], criteria(), AS_OF) as held:
        many = screen_loaded(criteria(), held.on("duckdb"), AS_OF).table
    assert dict(zip(many["subject"], many["verdict"], strict=True)) == {who: said.value for who, said in right.items()}  # fmt: skip


TALL = """
subject: id
date: day
rows:
  - {code_column: test, codes: {Bili: "LOINC|1975-2", PLTX: "LOINC|777-3", NAX: "LOINC|2951-2", CREAX: "LOINC|2160-0"}, value: value, unit: unit}
"""


@pytest.mark.parametrize(("test", "value", "unit", "outcome"), [
    ("Thrombozyten", "12", "10*9/L", NEEDS_DATA), ("Thrombozyten", "91", "10*9/L", ELIGIBLE), ("MCV", "12", "10*9/L", ELIGIBLE),
    ("Plt (citrate)", "12", "/nL", NEEDS_DATA), ("PLT antibodies", "12", "10*9/L", ELIGIBLE), ("Thrombozyten", "n.d.", "10*9/L", NEEDS_DATA),
])  # fmt: skip
def test_a_test_that_a_mapping_of_a_tall_table_does_not_list(test: str, value: str, unit: str, outcome: Any, tmp_path: Path) -> None:  # fmt: skip
    wide = row(facts())
    write_table(tmp_path / "a.csv", [wide])
    plain = [("PLTX", "88", "10*9/L", "2026-10-30"), (test, value, unit, "2026-10-31")]
    write_table(tmp_path / "labs.csv", [{"id": NAME, "test": a, "value": b, "unit": c, "day": d} for a, b, c, d in plain])  # fmt: skip
    mapping = MAPPING.replace("columns:", "tables:\n  - when: {columns: [test, value]}\n    subject: id\n    date: day\n    rows:\n" + TALL.split("rows:\n")[1].replace("  - ", "      - ") + "  - when: {columns: [plt]}\n    columns:").replace("\n  born", "\n      born").replace("\n  sex", "\n      sex")  # fmt: skip
    for name in ("plt:", "na:", "crea:", "hcc:", "sbp:"):
        mapping = mapping.replace(f"\n  {name}", f"\n      {name}")
    path = tmp_path / "mapping.yaml"
    path.write_text(mapping)
    found = [replace(each, subject="x") for each in read([tmp_path / "a.csv", tmp_path / "labs.csv"], mapping=path)]  # fmt: skip
    assert everywhere(criteria(), {"x": found}) == {"x": outcome}


@pytest.mark.parametrize(("column", "cell", "outcome"), [
    ("thrombocytes_now", "12", NEEDS_DATA), ("thrombocytes_now", "88", ELIGIBLE), ("thrombocytes_now", "", ELIGIBLE), ("Sodium (ward)", "118", NEEDS_DATA),
    ("wbc", "2.1", ELIGIBLE), ("plt_method", "automated", ELIGIBLE), ("creatinine_clearance", "40", ELIGIBLE), ("kreatinin_letzter_wert", "4.1", NEEDS_DATA),
])  # fmt: skip
def test_a_second_column_under_another_name(column: str, cell: str, outcome: Any, tmp_path: Path) -> None:
    write_table(tmp_path / "table.csv", [{**row(facts()), column: cell}])
    (tmp_path / "mapping.yaml").write_text(MAPPING)
    found = list(read([tmp_path / "table.csv"], mapping=tmp_path / "mapping.yaml"))
    assert everywhere(criteria(), {NAME: found}) == {NAME: outcome}


def test_it_is_said_with_file_place_value_and_mend(tmp_path: Path) -> None:
    each = Further("platelets", "a local code", "PLT", 12.0, date(2026, 10, 31), True)
    folder = written(tmp_path / "a", in_fhir(each))
    asked = criteria()
    verdict = as_text(Screening(asked).verdict(list(read(folder)), AS_OF, look_ahead=False), asked)
    assert "it is called platelets, and stands under no code that is asked for" in verdict
    assert "bundle.json" in verdict
    assert "12" in verdict


@pytest.mark.parametrize(("words", "analytes"), [
    ("Platelets [#/volume] in Blood by Automated count", ["platelets"]), ("Platelet mean volume [Entitic volume]", []), ("INR in Platelet poor plasma by Coagulation assay", ["INR"]),
    ("Hemoglobin A1c/Hemoglobin.total in Blood", []), ("Creatinine [Mass/volume] in Urine", []), ("Albumin/Creatinine [Mass Ratio] in Urine", []), ("Bilirubin.direct", []),
    ("Bilirubin.total [Mass/volume] in Serum or Plasma", ["total bilirubin"]), ("ALT (GPT)", ["ALT"]), ("AST/ALT", []), ("Quick-Wert", ["prothrombin activity"]), ("quick SOFA", []),
    ("K", ["potassium"]), ("LOINC:777-3", ["platelets"]), ("99777-3", []), ("Vitamin K", []), ("Kreatinin (µmol/l)", ["creatinine"]), ("Birth weight", []), ("Urine hCG", ["choriogonadotropin"]), ("Sodium bicarbonate", []),
])  # fmt: skip
def test_what_words_name(words: str, analytes: list[str]) -> None:
    assert [each.analyte for each in names(words)] == analytes


def test_the_table_holds_each_code_once_and_no_name_is_a_number() -> None:
    from proband.facts import result_names

    codes = [code for each in result_names._table() for code in each.codes]
    assert len(codes) == len(set(codes)) == len(known_codes())
    assert all(says_nothing([each]) for each in ("", "4711", "LAB-0123", "x12345"))
    assert not any(says_nothing([each]) for each in ("B12", "CA-125", "T3", "IgG4"))


def _checked(code: str) -> bool:
    """Whether the last digit of a code of LOINC is that of its others (modulus 10, as LOINC's guide for users says)."""
    digits, check = code.split("-")
    doubled = "".join(str(int(each) * (2 - place % 2)) for place, each in enumerate(reversed(digits)))
    return -sum(map(int, doubled)) % 10 == int(check)


def test_a_code_of_another_test_is_none_that_a_criterion_can_ask_for() -> None:
    from proband.facts import result_names
    from proband.facts.other_systems import _SPEAK_OF

    others = result_names._others()
    assert not others & (known_codes() | limits().keys() | {"21198-7"})
    assert _checked("777-3")
    assert not _checked("777-4")
    assert all(map(_checked, others | _SPEAK_OF.keys()))
    # a number under a code that nobody confirmed may be whatever has its unit; one under the code of another test may not
    assert result_names.unnamed([("LOINC", "99999-9")], [])
    assert not result_names.unnamed([("LOINC", "26444-0")], [])
