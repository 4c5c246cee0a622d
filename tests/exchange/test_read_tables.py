"""REDCap exports and mapped CSV on small synthetic tables; the long table; disagreements; plausibility."""

from __future__ import annotations

import json
import tracemalloc
from datetime import date
from pathlib import Path
from typing import Any

import polars as pl
import pytest
from exchange_samples import PATIENT, bundle, observation, write

from proband.exchange import (
    FileStatus,
    MappingError,
    Progress,
    ReadError,
    Reading,
    Severity,
    expand,
    find_disagreements,
    frame_of,
    load_mapping,
    read,
)
from proband.exchange.plausibility import problem_of
from proband.exchange.rows.isncsci import examination, exchange_key
from proband.exchange.written_numbers import WrittenNumber, field_code, number_in, plain_number, slug
from proband.facts.observation import Observation, Presence
from proband.facts.table import OBSERVATION_SCHEMA
from proband.instruments.isncsci.levels import KEY_MUSCLES
from proband.instruments.isncsci.model import Exam
from proband.terms import Level, UncertainDate
from proband.terms.plausible import limits

DICTIONARY = """\
"Variable / Field Name","Form Name","Section Header","Field Type","Field Label","Choices, Calculations, OR Slider Labels","Field Note","Text Validation Type OR Show Slider Number","Text Validation Min","Text Validation Max",Identifier?,"Branching Logic (Show field only if...)","Required Field?","Custom Alignment","Question Number (surveys only)","Matrix Group Name","Matrix Ranking?","Field Annotation"
record_id,base,,text,Record,,,,,,,,,,,,,
surname,base,,text,Surname,,,,,,y,,,,,,,
sex,base,,radio,Sex,"1, Male | 2, Female",,,,,,,,,,,,
seen,base,,text,Seen,,,date_ymd,,,,,,,,,,
weight,base,,text,Weight,,,number_1dp_comma_decimal,"10,0","200,0",,,,,,,,
symptoms,base,,checkbox,Symptoms,"1, Fatigue | 2, Ataxia",,,,,,,,,,,,
inr,lab,,text,INR,,,number,,,,,,,,,,
"""
EXPORT = """\
record_id,redcap_event_name,redcap_repeat_instrument,redcap_repeat_instance,surname,sex,seen,weight,symptoms___1,symptoms___2,base_complete,inr,lab_complete
1,visit_arm_1,,,Doe,2,2024-05-01,"71,5",1,0,2,,
1,visit_arm_1,lab,1,,,,,,,,1.4,2
1,visit_arm_1,lab,2,,,,,,,,NASK,2
2,visit_arm_1,,,Roe,3,soon,"9,5",0,0,2,,
"""


def _redcap(tmp_path: Path, mapping: str | None = None) -> tuple[pl.DataFrame, Reading]:
    write(tmp_path, "a", DICTIONARY)
    data = write(tmp_path, "b", EXPORT)
    rules = load_mapping(write(tmp_path, "m.yaml", mapping)) if mapping else None
    reading = read(data, mapping=rules)
    return reading.table(), reading


def test_redcap_by_its_dictionary(tmp_path: Path) -> None:
    table, reading = _redcap(tmp_path)
    file = reading.report.files[0]
    assert (file.format, file.read["row"], file.read["record"]) == ("REDCap export", 4, 2)
    rows = {(row["subject"], row["code"], row["value_code"]): row for row in table.iter_rows(named=True)}
    assert rows["1", "field.sex", "2"]["text"] == "Female"  # a column "sex" is not yet Proband's "sex"
    assert rows["1", "weight", None]["value"] == 71.5
    assert rows["1", "seen", None]["first_day"] == date(2024, 5, 1)
    assert rows["1", "symptoms", "1"]["presence"] == "present"
    assert rows["1", "symptoms", "2"]["presence"] == "absent"
    assert rows["2", "symptoms", "1"]["presence"] == rows["2", "symptoms", "2"]["presence"] == "unknown"
    inr = table.filter(pl.col("code") == "inr").sort("attributes")
    assert inr["value"].to_list() == [1.4, None]
    assert inr["presence"].to_list() == ["present", "not-asked"]
    assert '"instance":"1"' in inr["attributes"][0]
    assert "none of the choices" in rows["2", "field.sex", None]["problems"]
    assert "no date" in rows["2", "seen", None]["problems"]
    assert "below the least" in rows["2", "weight", None]["problems"]
    reasons = {entry.what: entry.reason for entry in file.ignored.values()}
    assert "identifier" in reasons["field surname"]
    assert "Doe" not in table.write_csv()
    assert {"blank cell", "column base_complete", "column redcap_event_name"} <= set(reasons)


def test_redcap_with_a_mapping(tmp_path: Path) -> None:
    table, reading = _redcap(
        tmp_path,
        """
subject: record_id
date: seen
ignore: [surname]
columns:
  sex: {code: "Proband|sex", values: {"1": male, "2": female}}
  weight: {code: "LOINC|29463-7", unit: kg}
  inr: {code: "LOINC|6301-6"}
""",
    )
    rows = {(row["subject"], row["code"]): row for row in table.iter_rows(named=True)}
    assert rows["1", "sex"]["text"] == "female"
    assert (rows["1", "29463-7"]["value"], rows["1", "29463-7"]["unit"]) == (71.5, "kg")
    assert rows["2", "sex"]["presence"] == "unknown"
    reasons = {entry.what: entry.reason for entry in reading.report.files[0].ignored.values()}
    assert reasons["column surname"] == "named under ignore in the mapping"
    assert reasons["column symptoms___1"] == "not in the mapping"


MAPPING = """
subject: patient
date: day
date_format: "%d.%m.%Y"
decimal: ","
delimiter: ";"
missing: {"-99": not-asked}
columns:
  born: {code: "Proband|birth-date", kind: date}
  bili: {code: "LOINC|1975-2", unit: mg/dL}
  ascites: {code: "HPO|HP:0001541", kind: presence, values: {ja: present, nein: absent}}
  ward: {code: "Proband|ward"}
"""
CSV = "patient;day;born;bili;ascites;ward;left\nA;01.05.2024;02.03.1960;2,1;ja;7;x\nB;01.05.2024;31.02.1960;<0,4;nein;-99;\nC;2024-05-01;;zwei;vielleicht;;\nD;1;2\n"


def test_mapped_csv(tmp_path: Path) -> None:
    reading = read(write(tmp_path, "t", CSV), mapping=write(tmp_path, "m.yaml", MAPPING))
    facts = list(reading)
    found = {(each.subject, each.code): each for each in facts}
    assert found["A", "1975-2"].value == 2.1
    assert str(found["A", "1975-2"].when) == "2024-05-01"
    assert str(found["A", "birth-date"].when) == "1960-03-02"
    assert found["A", "HP:0001541"].presence is Presence.PRESENT
    assert found["B", "HP:0001541"].presence is Presence.ABSENT
    assert (found["B", "1975-2"].comparator, found["B", "1975-2"].value) == ("<", 0.4)
    assert "no date" in found["B", "birth-date"].problems[0]
    assert found["B", "ward"].presence is Presence.NOT_ASKED
    assert any("no number" in each for each in found["C", "1975-2"].problems)
    assert any("no date of the form" in each for each in found["C", "1975-2"].problems)
    assert found["C", "HP:0001541"].presence is Presence.UNKNOWN
    file = reading.report.files[0]
    assert file.read["row"] == 3
    ragged = [finding for finding in file.findings if finding.code == "table.ragged"]
    assert [finding.position for finding in ragged] == ["line 5"]
    assert {entry.what for entry in file.ignored.values()} == {"row", "column left"}


def test_csv_without_or_with_a_wrong_mapping(tmp_path: Path) -> None:
    path = write(tmp_path, "t", CSV)
    reading = read(path)
    assert list(reading) == []
    declined = reading.report.files[0].declined
    assert declined is not None
    assert declined.code == "table.no-mapping"
    assert "bili" in declined.message
    reading = read(path, mapping=write(tmp_path, "m.yaml", MAPPING.replace("patient", "patiente")))
    assert list(reading) == []
    declined = reading.report.files[0].declined
    assert declined is not None
    assert declined.mend == "did you mean 'patient'?"
    reading = read(path, mapping=write(tmp_path, "m.yaml", MAPPING.replace("bili:", "bilirubin:")))
    list(reading)
    assert "mapping.no-column" in {finding.code for finding in reading.report.files[0].findings}


@pytest.mark.parametrize(
    ("text", "line", "word"),
    [
        ("subject: a\ncolumns:\n  b: {code: LOINC}\n", 3, "SYSTEM|code"),
        ("subject: a\ncolumns:\n  b: {code: 'Nowhere|1'}\n", 3, "Nowhere"),
        ("subject: a\ncolumns:\n  b: {code: 'LOINC|1975-2', unit: mgg/dL}\n", 3, "mgg/dL"),
        ("subject: a\ncolour: red\n", 2, "colour"),
        ("columns: {}\n", 1, "required"),
        ("subject: a\nrows:\n  - {code_column: x}\n", 3, "codes"),
        ("subject: [a\n", 1, "YAML"),
    ],
)
def test_mapping_errors_name_the_line(tmp_path: Path, text: str, line: int, word: str) -> None:
    with pytest.raises(MappingError) as caught:
        load_mapping(write(tmp_path, "m.yaml", text))
    assert caught.value.location is not None
    assert caught.value.location.line == line
    assert word in str(caught.value)
    assert caught.value.mend


def test_odd_tables(tmp_path: Path) -> None:
    """Unnamed and repeated columns, Windows-1252, an empty file, a dictionary with a spoilt header."""
    mapping = write(tmp_path, "m.yaml", 'subject: id\ncolumns:\n  x: {code: "Proband|x"}\n')
    reading = read(write(tmp_path, "t", ",id,x,x\n1,A,2,3\n"), mapping=mapping)
    facts = list(reading)
    assert [(each.subject, each.value) for each in facts] == [("A", 2)]
    assert {finding.code for finding in reading.report.files[0].findings} == {
        "table.unnamed-column",
        "table.duplicate-column",
    }
    path = tmp_path / "latin"
    path.write_bytes("id,x\nA,\xfcber\n".encode("cp1252"))
    reading = read(path, mapping=mapping)
    assert [each.text for each in reading] == ["über"]
    assert [finding.position for finding in reading.report.files[0].findings] == ["line 2"]
    reading = read(write(tmp_path, "empty", "\n"), mapping=mapping)
    assert list(reading) == []
    assert reading.report.files[0].status is FileStatus.READ
    assert reading.report.files[0].findings[0].code == "exchange.empty"
    spoilt = DICTIONARY.replace('"Variable / Field Name"', "1", 1)
    reading = read(write(tmp_path, "d", spoilt))
    assert list(reading) == []
    assert reading.report.read["field"] == 7
    assert reading.report.files[0].findings[0].code == "redcap.dictionary-header"


def _exam_row(changes: dict[str, str] | None = None) -> dict[str, str]:
    row = {
        "record_id": "1",
        "exam_date": "2024-05-01",
        "voluntary_anal_contraction": "Yes",
        "deep_anal_pressure": "NT",
    }
    levels = [f"c{n}" for n in range(2, 9)] + [f"t{n}" for n in range(1, 13)] + [f"l{n}" for n in range(1, 6)]
    levels += ["s1", "s2", "s3", "s4_5"]
    for side in ("right", "left"):
        for level in levels:
            row[f"{side}_light_touch_{level}_value"] = "2"
            row[f"{side}_pinprick_{level}_value"] = "2"
        for level in KEY_MUSCLES:
            row[f"{side}_motor_{level.lower()}_value"] = "5"
    return row | (changes or {})


def test_isncsci_rows_become_examinations(tmp_path: Path) -> None:
    changes = {
        "right_motor_l2_value": "ab-3",
        "right_motor_l2_considernormal": "1",
        "left_light_touch_s4_5_value": "ab-nt",
        "left_light_touch_s4_5_considernormal": "2",
        "left_pinprick_c2_value": "nt",
        "lowest_non_key_muscle_with_motor_function_right": "T1",
    }
    found, problems = examination(_exam_row(changes))
    assert problems == []
    assert found["l2RightMotor"] == "3**"
    assert found["s4_5LeftTouch"] == "NT*"
    assert found["c2LeftPrick"] == "NT"
    exam = Exam.from_dict(found)
    assert exam.muscle("right", "L2") == "3**"
    assert exam.dap() == "NT"
    _, problems = examination(_exam_row({"right_motor_l2_value": "ab-3"}))
    assert "considered normal" in problems[0]
    assert exchange_key("right_light_touch_c2_impairment") is None
    row = _exam_row(changes)
    text = ",".join(row) + "\n" + ",".join(row.values()) + "\n"
    facts = list(
        read(
            write(
                tmp_path,
                "t",
                text.replace("exam_date", "exam_date", 1)
                .replace("record_id", "record_id,isncsci_exam_complete", 1)
                .replace("\n1,", "\n1,2,", 1),
            )
        )
    )
    (fact,) = [each for each in facts if each.code == "isncsci-exam"]
    assert str(fact.when) == "2024-05-01"
    assert Exam.from_dict(fact.attributes["exam"]) == exam
    told = {each.code: each for each in facts}
    assert (
        told["isncsci-nli"].presence is Presence.UNKNOWN
    )  # a value not testable at C2 leaves several levels
    assert told["isncsci-nli"].attributes["possible"]
    assert told["isncsci-motor-total"].value == 98  # 3** counts as 3


@pytest.mark.parametrize(
    ("changes", "grade", "level", "motor"),
    [({}, "E", "INT", 100.0), ({"right_motor_c5_value": ""}, None, None, None)],
)
def test_a_complete_examination_is_classified_and_one_with_gaps_is_not(
    tmp_path: Path, changes: dict[str, str], grade: str | None, level: str | None, motor: float | None
) -> None:
    row = _exam_row({"deep_anal_pressure": "Yes", "isncsci_exam_complete": "2"} | changes)
    facts = {
        each.code: each
        for each in read(write(tmp_path, "t", ",".join(row) + "\n" + ",".join(row.values()) + "\n"))
    }
    assert (facts["isncsci-ais"].text, facts["isncsci-nli"].text) == (grade, level)
    assert facts["isncsci-motor-total"].value == motor
    if grade is None:
        assert facts["isncsci-ais"].presence is Presence.UNKNOWN
        assert "c5RightMotor" in facts["isncsci-ais"].attributes["why"]


# -- the long table, disagreements, progress -----------------------------------------------------------------------------


def test_long_table_parquet_and_csv(tmp_path: Path) -> None:
    source = write(tmp_path, "b", bundle(PATIENT, observation(), observation("777-3", 150, "10*9/L")))
    table = read(source).table()
    assert dict(table.schema) == OBSERVATION_SCHEMA
    reading = read(source)
    assert reading.write(tmp_path / "o.parquet") == table.height == reading.report.facts
    assert pl.read_parquet(tmp_path / "o.parquet").equals(table)
    assert read(source).write(tmp_path / "o.csv") == table.height
    assert pl.read_csv(tmp_path / "o.csv", schema=table.schema).equals(table)
    with pytest.raises(ReadError, match="parquet"):
        read(source).write(tmp_path / "o.xlsx")
    empty = read(write(tmp_path, "n", "nothing"))
    assert empty.write(tmp_path / "e.parquet") == 0
    assert dict(pl.read_parquet(tmp_path / "e.parquet").schema) == OBSERVATION_SCHEMA


def test_batches_hold_memory_down(tmp_path: Path) -> None:
    reading = read(write(tmp_path, "b", bundle(PATIENT, *(observation(value=n) for n in range(25)))))
    heights = [frame.height for frame in reading.batches(10)]
    assert heights == [10, 10, 8]


def test_disagreements_are_reported_and_nothing_is_averaged(tmp_path: Path) -> None:
    one = write(tmp_path, "1", bundle(PATIENT, observation(), observation("777-3", 150, "10*9/L")))
    other = write(
        tmp_path,
        "2",
        bundle(PATIENT | {"birthDate": "1981"}, observation(value=2.4), observation("777-3", 150, "10*9/L")),
    )
    reading = read([one, other])
    table = reading.table()
    found = {each.fact: {value for value, _ in each.values} for each in reading.report.disagreements}
    assert found == {
        "birth-date": {"1980-02", "1981"},
        "LOINC 1975-2 at 2024-05-01 08:30:00.000000": {"2.1 mg/dL", "2.4 mg/dL"},
    }
    assert table.filter(pl.col("code") == "1975-2")["value"].to_list() == [2.1, 2.4]
    assert reading.survey().disagreements == reading.report.disagreements


def test_the_same_export_twice_is_noticed(tmp_path: Path) -> None:
    files = [write(tmp_path, name, bundle(PATIENT, observation())) for name in "ab"]
    reading = read(files)
    table = reading.table()
    assert not reading.report.disagreements
    alone = read(files[:1]).table()
    assert table.drop("origin_file").equals(alone.drop("origin_file"))
    assert {(each.what, each.n) for each in reading.report.ignored} == {("Patient", 1), ("Observation", 1)}


def test_ndjson_is_read_in_bounded_memory(tmp_path: Path) -> None:
    """Ten times the lines do not take ten times the memory: facts are given as they come."""

    def peak(lines: int) -> int:
        path = tmp_path / f"{lines}.ndjson"
        path.write_text(
            "\n".join(json.dumps(observation(value=n) | {"id": f"o{n}"}) for n in range(lines)),
            encoding="utf-8",
        )
        tracemalloc.start()
        assert sum(1 for _ in read(path)) == lines
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(100)  # tables are loaded once
    small, large = peak(500), peak(5_000)
    assert large < small + 2_000_000


def test_unknown_disagrees_with_nothing() -> None:
    facts = [
        Observation("a", "Proband", "sex", text="male"),
        Observation("a", "Proband", "sex", presence=Presence.UNKNOWN),
        Observation("b", "HPO", "HP:0001250"),
        Observation("b", "HPO", "HP:0001250", presence=Presence.ABSENT),
    ]
    found = find_disagreements(frame_of(facts))
    assert [(each.subject, each.fact) for each in found] == [("b", "HPO HP:0001250")]


def test_present_here_and_absent_there() -> None:
    def fact(subject: str, presence: Presence, day: str = "unknown", **rest: Any) -> Observation:
        return Observation(
            subject,
            rest.pop("system", "HPO"),
            rest.pop("code", "HP:0001250"),
            presence=presence,
            when=UncertainDate.parse(day),
            **rest,
        )

    yes, no = Presence.PRESENT, Presence.ABSENT
    disease = {"system": "Proband", "code": "disease", "value_system": "OMIM", "value_code": "OMIM:1"}
    other = disease | {"value_code": "OMIM:2"}
    facts = [
        *(fact("one day missing", yes, "2012"), fact("one day missing", no)),
        *(fact("another time", yes, "2012-01-01"), fact("another time", no, "2020-01-01")),
        *(fact("same day", yes, "2020-01-01"), fact("same day", no, "2020-01-01")),
        *(fact("disease", yes, **disease), fact("disease", no, **disease)),
        *(fact("two diseases", yes, **disease), fact("two diseases", no, **other)),
    ]
    found = {each.subject: each.fact for each in find_disagreements(frame_of(facts))}
    assert found == {
        "one day missing": "HPO HP:0001250",
        "same day": "HPO HP:0001250",
        "disease": "disease OMIM:1",
    }


def test_a_first_line_longer_than_what_is_sniffed(tmp_path: Path) -> None:
    long = observation() | {"note": [{"text": "x" * 200_000}]}
    path = tmp_path / "n"
    path.write_text(json.dumps(long) + "\n" + json.dumps(PATIENT) + "\n", encoding="utf-8")
    reading = read(path)
    assert len(list(reading)) == 4
    assert reading.report.files[0].format == "FHIR R4 NDJSON"
    path.write_text(json.dumps(long), encoding="utf-8")
    assert len(list(read(path))) == 1


def test_folders_as_of_subjects_and_progress(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    (folder / ".hidden").mkdir(parents=True)
    write(folder, "a", bundle(PATIENT, observation()))
    write(folder / ".hidden", "b", bundle(PATIENT))
    assert [path.name for path in expand(folder)] == ["a"]
    seen: list[Progress] = []
    reading = read(folder, as_of=date(2024, 1, 1), subjects={"synthetic-1": "S"}, progress=seen.append)
    facts = list(reading)
    assert {each.subject for each in facts} == {"S"}
    assert "1975-2" not in {each.code for each in facts}
    assert reading.report.ignored[0].reason == "dated after 2024-01-01"
    assert reading.report.hidden == 1
    assert [state.files_done for state in seen] == [0, 1]
    assert seen[-1].bytes_done == seen[-1].bytes > 0
    assert list(reading) == facts  # a second pass reads anew
    with pytest.raises(ReadError, match="does not exist"):
        read(tmp_path / "nowhere")


# -- plausibility ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "value", "unit", "said"),
    [
        ("777-3", 250_000, "10*9/L", "probably /uL"),
        ("777-3", 250, "/uL", "probably 10*9/L"),
        ("1751-7", 3.5, "mg/dL", "probably g/dL"),
        ("1751-7", 38, "g/dL", "probably g/L"),
        ("2160-0", 88, "mg/dL", "probably umol/L"),
        ("718-7", 140, "g/dL", "probably g/L"),
        ("29463-7", 70_000, "kg", "probably g"),
        ("8302-2", 1.75, "cm", "probably m"),
        ("8310-5", 98.6, "Cel", "probably [degF]"),
        ("1975-2", 2.1, None, "without a unit"),
        ("1975-2", 2.1, "kg", "cannot be a unit of bilirubin"),
        ("1975-2", 2.1, "zorks", "not a unit that Proband knows"),
        ("6301-6", 250, "1", "impossible value"),
    ],
)
def test_wrong_units_are_flagged_with_the_probable_one(
    code: str, value: float, unit: str | None, said: str
) -> None:
    problem = problem_of(code, value, unit)
    assert problem is not None
    assert said in problem


@pytest.mark.parametrize(
    ("code", "value", "unit"),
    [
        ("777-3", 250, "10*9/L"),
        ("777-3", 250_000, "/uL"),
        ("1751-7", 38, "g/L"),
        ("1975-2", 36, "umol/L"),
        ("2947-0", 140, "mEq/L"),
        ("6301-6", 1.1, None),
        ("5895-7", 2.8, "{INR}"),
        ("99999-9", -5, "blobs"),
    ],
)
def test_plausible_values_are_left_alone(code: str, value: float, unit: str | None) -> None:
    assert problem_of(code, value, unit) is None


def test_a_flagged_value_is_not_changed(tmp_path: Path) -> None:
    facts = list(read(write(tmp_path, "o", observation("777-3", 250_000, "10*9/L"))))
    assert (facts[0].value, facts[0].unit) == (250_000, "10*9/L")
    assert "impossible value" in facts[0].problems[0]


def test_limits_are_labelled_as_our_own() -> None:
    for entry in limits().values():
        assert entry.low < entry.usual[0] or entry.low == 0
        assert entry.usual[0] < entry.usual[1] <= entry.high
        assert entry.level in {Level.INFERENCE, Level.READ}
        assert entry.source
        for unit in entry.units_tried:
            assert entry.convert(1.0, unit) != 0


def test_words_and_numbers() -> None:
    assert slug("Bilirubin (total)") == "bilirubin-total"
    assert slug("Größe") == "groe" or slug("Größe")
    assert slug("возраст") != slug("пол")
    assert field_code("Sex") == "field.sex"
    assert number_in("≥ 3,5") == WrittenNumber(3.5, ">=")
    assert number_in("5") is None
    assert plain_number("1,54", comma=True) == 1.54
    assert plain_number("1.234,5", comma=True) is None  # thousands separators are not guessed
    assert plain_number("nan") is None
    assert plain_number("1e999") is None


def test_severity_order_is_stable() -> None:
    assert list(Severity) == ["error", "warning", "note"]
