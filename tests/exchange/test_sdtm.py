"""SDTM as SAS transport files and Dataset-JSON: the same facts from every form, and what a blank, a bound and a partial date mean. Invented people."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from dataset_samples import FORMS, TESTS, Table, history, ibm, laboratory, person, transport, write
from hypothesis import given, settings
from hypothesis import strategies as st

from proband.exchange import FileStatus, read, sdtm
from proband.exchange.report import FileReport
from proband.exchange.sdtm.dates import born_at_age, on_study_day, read_time
from proband.exchange.sdtm.transport import datasets, ibm_float
from proband.facts.observation import Observation, Presence
from proband.terms import UncertainDate

TABLES: dict[str, Table] = {
    "DM": [person(), person(USUBJID="S-2", SUBJID="2", BRTHDTC="", RFSTDTC="", DTHFL="Y", DTHDTC="2026-10-25", SEX="U", ARMCD="", ARM="")],
    "LB": [
        laboratory(),
        laboratory(LBSEQ=2, LBTESTCD="PLAT", LBSPEC="BLOOD", LBORRES="<20", LBORRESU="10^9/L", LBSTRESC="<20", LBSTRESN=None, LBSTRESU="10^9/L"),
        laboratory(LBSEQ=3, LBTESTCD="CREAT", LBORRES="", LBORRESU="", LBSTRESC="", LBSTRESN=None, LBSTRESU="", LBSTAT="NOT DONE", LBREASND="no blood"),
        laboratory(LBSEQ=4, USUBJID="S-2", LBTESTCD="ALB", LBORRES="", LBORRESU="", LBSTRESC="39", LBSTRESN=39, LBSTRESU="g/L", LBDTC="2026-10"),
    ],
    "MH": [history(MHSTDTC="2024---15"), history(MHSEQ=2, MHTERM="Infection", MHDECOD="", MHPRESP="Y", MHOCCUR="N")],
    "CM": [{"STUDYID": "S", "DOMAIN": "CM", "USUBJID": "S-1", "CMSEQ": 1, "CMTRT": "WARFARIN", "CMCLASCD": "B01AA03", "CMSTDTC": "2026-09", "CMENDTC": "", "CMENRTPT": "ONGOING", "CMENTPT": "2026-10-30"}],
}  # fmt: skip


def plain(facts: list[Observation]) -> list[str]:
    """Facts without the file in which they stand, sorted."""
    return sorted(repr(replace(each, origin=None)) for each in facts)


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_facts(form: str, tmp_path: Path) -> None:
    reading = read(write(tmp_path / "this", form, TABLES))
    expected = plain(list(read(write(tmp_path / "that", "JSON 1.1", TABLES))))
    assert plain(list(reading)) == expected
    assert len(expected) > 20
    assert reading.report.complete
    assert {each.position.partition(" row ")[0] for each in (fact.origin for fact in reading) if each} == set(
        TABLES
    )


def facts_of(folder: Path, **tables: Any) -> list[Observation]:
    """Facts of some tables, read from a transport file of as many members."""
    path = folder / "study.xpt"
    path.write_bytes(
        transport({name: rows if isinstance(rows, list) else [rows] for name, rows in tables.items()})
    )
    return list(read(path))


def one(facts: list[Observation], code: str, system: str = "CDISC") -> Observation:
    """The only fact under a code."""
    (found,) = [each for each in facts if (each.system, each.code) == (system, code)]
    return found


# -- numbers, texts and members of a transport file ---------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        ("4110000000000000", 1.0), ("C276A00000000000", -118.625), ("401999999999999A", 0.1), ("0000000000000000", 0.0),
        ("2E00000000000000", "."), ("4100000000000000", ".A"), ("5A00000000000000", ".Z"), ("5F00000000000000", "._"),
        ("411000", 1.0), ("401999", 0.1), ("4264", 100.0),
    ],
)  # fmt: skip
def test_numbers_of_ibm(raw: str, value: float | str) -> None:
    found = ibm_float(bytes.fromhex(raw))
    assert found == pytest.approx(value, rel=1e-4) if len(raw) < 16 and value == 0.1 else found == value


@settings(max_examples=100, deadline=None)
@given(st.floats(allow_nan=False, allow_infinity=False, min_value=1e-60, max_value=1e60), st.booleans())
def test_a_number_is_what_sas_prints_of_it(value: float, negative: bool) -> None:
    value = -value if negative else value
    assert ibm_float(ibm(value)) == float(f"{value:.15g}")


@pytest.mark.parametrize("newer", [False, True])
def test_several_members_long_labels_and_special_missing_values(newer: bool, tmp_path: Path) -> None:
    label = "a label that is a good deal longer than the forty signs of version 5"
    rows = [laboratory(LBSTRESN=".A", LBORRES="", LBSTRESC="", LBSTRESU=""), laboratory(LBSEQ=2)]
    data = transport(
        {"DM": TABLES["DM"], "LB": rows, "MH": TABLES["MH"]}, newer=newer, labels={"LBTEST": label}
    )
    path = tmp_path / "all.xpt"
    path.write_bytes(data)
    with path.open("rb") as stream:
        found = {each.name: (each.labels, list(each.rows)) for each in datasets(stream, FileReport("x"))}
    assert [len(found[name][1]) for name in ("DM", "LB", "MH")] == [2, 2, 2]
    assert found["LB"][0]["LBTEST"] == (label if newer else label[:40].strip())
    reading = read(path)
    blank = [each for each in reading if each.resource == "LB/S-1/1"]
    assert {each.presence for each in blank} == {Presence.UNKNOWN}
    assert [each.what for each in reading.report.ignored if "missing value" in each.what] == [
        "missing value .A"
    ]


@pytest.mark.parametrize(
    ("encoding", "term", "warned"),
    [("utf-8", "Müdigkeit", 0), ("latin-1", "Müdigkeit", 1), ("cp932", "かゆみ", 1), ("utf-8", "かゆみ", 0)],
)
def test_texts_in_the_encodings_of_the_world(encoding: str, term: str, warned: int, tmp_path: Path) -> None:
    path = tmp_path / "mh.xpt"
    path.write_bytes(transport({"MH": [history(MHTERM=term, MHDECOD="")]}, encoding=encoding))
    reading = read(path)
    assert one(list(reading), f"MH.{term.upper()}").display == term
    assert (
        len([each for file in reading.report for each in file.findings if each.code == "text.encoding"])
        == warned
    )


def test_a_file_that_is_cut_off_is_no_whole_file(tmp_path: Path) -> None:
    whole = transport({"LB": [laboratory(LBSEQ=n) for n in range(1, 40)]})
    path = tmp_path / "lb.xpt"
    for cut, least in ((200, 0), (700, 0), (4000, 0), (len(whole) - 390, 1)):
        path.write_bytes(whole[:cut])
        reading = read(path)
        assert len(list(reading)) >= least
        assert not reading.report.complete
        (file,) = reading.report
        assert file.status is FileStatus.DECLINED or file.lacking
        assert file.declined is None or file.declined.position
    path.write_bytes(whole)
    reading = read(path)
    assert len(list(reading)) == 2 * 39
    assert reading.report.complete


@pytest.mark.parametrize("form", ["version 8", "JSON 1.1", "JSON 1.0", "lines"])
def test_fewer_rows_than_the_file_says_are_said(form: str, tmp_path: Path) -> None:
    ending, make = FORMS[form]
    data = make("LB", TABLES["LB"])
    path = tmp_path / f"lb.{ending}"
    path.write_bytes(
        data.replace(b'"records": 4', b'"records": 5').replace(b"              4 ", b"              5 ")
    )
    reading = read(path)
    list(reading)
    assert reading.report.lacking == {"row that the file says it has": 1}


# -- what a row means ---------------------------------------------------------------------------------------------


def test_persons(tmp_path: Path) -> None:
    facts = list(read(write(tmp_path / "x", "version 5", {"DM": TABLES["DM"]})))
    first, second = (
        {each.code: each for each in facts if each.subject == subject} for subject in ("S-1", "S-2")
    )
    assert str(first["birth-date"].when) == "1980-05"
    assert (first["sex"].text, first["DM.ARMCD"].text, str(first["consent-date"].when)) == (
        "female",
        "A",
        "2026-10-18",
    )
    assert "vital-status" not in first
    assert second["sex"].presence is Presence.UNKNOWN
    assert (second["vital-status"].text, str(second["vital-status"].when)) == ("deceased", "2026-10-25")
    # 46 years on the day of consent: born within the year before the 46th birthday at the latest
    assert second["birth-date"].when == UncertainDate(date(1979, 10, 19), date(1980, 10, 18))
    assert second["birth-date"].attributes["derived-from"] == "AGE 46 YEARS"


@pytest.mark.parametrize(
    ("row", "value", "unit", "comparator", "high", "presence", "flagged"),
    [
        ({}, 1.7, "mg/dL", None, 1.2, Presence.PRESENT, False),
        ({"LBORRES": "<0.2", "LBSTRESC": "<3.42", "LBSTRESN": None}, 0.2, "mg/dL", "<", 1.2, Presence.PRESENT, False),
        ({"LBORRES": "", "LBORRESU": ""}, 29.07, "umol/L", None, 20.5, Presence.PRESENT, False),
        ({"LBSTRESC": "", "LBSTRESN": None, "LBSTRESU": ""}, 1.7, "mg/dL", None, 1.2, Presence.PRESENT, False),
        ({"LBSTRESC": "1.7", "LBSTRESN": 1.7}, 1.7, "mg/dL", None, 1.2, Presence.PRESENT, True),  # µmol/L that are mg/dL
        ({"LBORRES": "<1.7"}, 1.7, "mg/dL", "<", 1.2, Presence.PRESENT, True),  # a bound here, a value there
        ({"LBORRES": "BLQ", "LBSTRESC": "0", "LBSTRESN": 0}, None, "mg/dL", None, None, Presence.UNKNOWN, True),
        ({"LBORRES": "1.7 or so"}, None, "mg/dL", None, None, Presence.UNKNOWN, True),
        ({"LBORRES": "NEGATIVE", "LBORRESU": "", "LBSTRESC": "NEGATIVE", "LBSTRESN": None}, None, None, None, None, Presence.PRESENT, False),
        ({"LBORRES": "", "LBSTRESC": "", "LBSTRESN": None}, None, None, None, None, Presence.UNKNOWN, True),
        ({"LBORRES": "", "LBSTRESC": "", "LBSTRESN": None, "LBSTAT": "NOT DONE"}, None, None, None, None, Presence.NOT_ASKED, False),
        ({"LBSTAT": "NOT DONE"}, None, None, None, None, Presence.NOT_ASKED, True),
    ],
)  # fmt: skip
def test_results(
    row: dict[str, Any], value: float | None, unit: str | None, comparator: str | None, high: float | None, presence: Presence, flagged: bool, tmp_path: Path
) -> None:  # fmt: skip
    found = one(facts_of(tmp_path, LB=laboratory(**row)), "LB.BILI.SERUM")
    assert (found.value, found.unit, found.comparator, found.reference_high, found.presence, bool(found.problems)) == (
        value, unit, comparator, high, presence, flagged,
    )  # fmt: skip
    assert found.attributes["range-indicator"] == "HIGH"  # the laboratory's word, whatever the numbers say


@pytest.mark.parametrize(
    ("row", "loinc"),
    [
        ({}, "1975-2"), ({"LBORRES": "", "LBORRESU": ""}, "14631-6"), ({"LBSPEC": ""}, None), ({"LBSPEC": "URINE"}, None),
        ({"LBSPEC": "", "LBCAT": "URINALYSIS"}, None), ({"LBSPEC": "", "LBLOINC": "42719-5"}, "42719-5"), ({"LBORRESU": "g"}, None),
    ],
)  # fmt: skip
def test_a_test_has_a_loinc_code_where_what_was_examined_is_stated(
    row: dict[str, Any], loinc: str | None, tmp_path: Path
) -> None:
    facts = facts_of(tmp_path, LB=laboratory(**row))
    assert [each.code for each in facts if each.system == "LOINC"] == ([loinc] if loinc else [])
    assert {each.attributes.get("same-as") for each in facts if each.system == "LOINC"} <= {
        f"CDISC|{facts[0].code}"
    }


@pytest.mark.parametrize(
    ("row", "presence", "until"),
    [
        ({"MHSTDTC": "2024-03"}, Presence.PRESENT, None),
        ({"MHSTDTC": "2024-03", "MHENDTC": "2024-04-02"}, Presence.PRESENT, UncertainDate.on(date(2024, 4, 2))),
        ({"MHSTDTC": "2024-03", "MHENRTPT": "BEFORE", "MHENTPT": "2026-10-18"}, Presence.PRESENT, UncertainDate(None, date(2026, 10, 18))),
        ({"MHSTDTC": "2024-03", "MHENRTPT": "ONGOING", "MHENTPT": "2026-10-18"}, Presence.PRESENT, None),
        ({"MHPRESP": "Y", "MHOCCUR": "Y"}, Presence.PRESENT, None),
        ({"MHPRESP": "Y", "MHOCCUR": "N"}, Presence.ABSENT, None),
        ({"MHPRESP": "Y", "MHOCCUR": "N", "MHEVLINT": "-P1M"}, Presence.UNKNOWN, None),
        ({"MHPRESP": "Y", "MHOCCUR": ""}, Presence.UNKNOWN, None),
        ({"MHPRESP": "Y", "MHOCCUR": "U"}, Presence.UNKNOWN, None),
        ({"MHPRESP": "Y", "MHOCCUR": "", "MHSTAT": "NOT DONE"}, Presence.NOT_ASKED, None),
    ],
)  # fmt: skip
def test_history(
    row: dict[str, Any], presence: Presence, until: UncertainDate | None, tmp_path: Path
) -> None:
    found = one(facts_of(tmp_path, MH=history(**row)), "MH.SEPSIS")
    assert (found.presence, found.until) == (presence, until)
    if presence is Presence.ABSENT:
        assert (str(found.when), found.persists) == ("2026-10-30", False)


@pytest.mark.parametrize("category", ["FAMILY HISTORY", "Family History of Cancer", "HISTORY OF MOTHER"])
def test_a_relatives_disease_is_not_the_persons(category: str, tmp_path: Path) -> None:
    facts = facts_of(tmp_path, MH=history(MHCAT=category))
    assert [(each.system, each.code) for each in facts] == [("Proband", "family-history")]
    assert one(facts_of(tmp_path, MH=history(MHCAT="GENERAL")), "MH.SEPSIS").presence is Presence.PRESENT


def test_rows_about_relatives_and_pools_are_not_the_persons(tmp_path: Path) -> None:
    aside = {**history(DOMAIN="APMH"), "APID": "S-1-M", "RSUBJID": "S-1", "SREL": "MOTHER, BIOLOGICAL"}
    assert not facts_of(tmp_path, APMH=aside)
    assert not facts_of(tmp_path, LB={**laboratory(USUBJID=""), "POOLID": "P1"})
    path = tmp_path / "nobody.xpt"
    path.write_bytes(transport({"LB": [laboratory(USUBJID=""), laboratory()]}))
    reading = read(path)
    assert {each.subject for each in reading} == {"S-1"}
    assert reading.report.lacking == {"row that names nobody": 1}


def test_adverse_events_and_deaths(tmp_path: Path) -> None:
    event = {"STUDYID": "S", "DOMAIN": "AE", "USUBJID": "S-1", "AESEQ": 1, "AETERM": "Haemorrhage", "AEDECOD": "Haemorrhage", "AEPTCD": "10055798", "AEOUT": "", "AESTDTC": "2026-10-21", "AEENDTC": ""}  # fmt: skip
    fatal = facts_of(tmp_path, AE={**event, "AEOUT": "FATAL"})
    assert str(one(fatal, "vital-status", "Proband").when) == "after 2026-10-20"
    assert (
        str(
            one(
                facts_of(tmp_path, AE={**event, "AEOUT": "FATAL", "AEENDTC": "2026-10-22"}),
                "vital-status",
                "Proband",
            ).when
        )
        == "2026-10-22"
    )
    alive = facts_of(tmp_path, AE={**event, "AEOUT": "RECOVERED/RESOLVED"})
    assert [(each.system, each.code) for each in alive if each.system != "Proband"] == [
        ("CDISC", "AE.HAEMORRHAGE"),
        ("MedDRA", "10055798"),
    ]
    assert one(alive, "AE.HAEMORRHAGE").until == UncertainDate.unknown()
    assert (
        one(facts_of(tmp_path, AE={**event, "AEOUT": "RECOVERING/RESOLVING"}), "AE.HAEMORRHAGE").until is None
    )
    gone = {
        "STUDYID": "S",
        "DOMAIN": "DS",
        "USUBJID": "S-1",
        "DSSEQ": 1,
        "DSTERM": "DEATH",
        "DSDECOD": "DEATH",
        "DSSTDTC": "2026-10-23",
    }
    assert str(one(facts_of(tmp_path, DS=gone), "vital-status", "Proband").when) == "2026-10-23"


@pytest.mark.parametrize(
    ("row", "presence"),
    [
        ({}, Presence.PRESENT), ({"ECMOOD": "PERFORMED"}, Presence.PRESENT), ({"ECMOOD": "SCHEDULED"}, Presence.NOT_FINAL),
        ({"ECPRESP": "Y", "ECOCCUR": "N"}, Presence.UNKNOWN), ({"ECPRESP": "Y", "ECOCCUR": "Y"}, Presence.PRESENT),
    ],
)  # fmt: skip
def test_a_dose_that_is_planned_or_left_out_is_neither_taken_nor_a_never(
    row: dict[str, str], presence: Presence, tmp_path: Path
) -> None:
    dose = {
        "STUDYID": "S",
        "DOMAIN": "EC",
        "USUBJID": "S-1",
        "ECSEQ": 1,
        "ECTRT": "CELLS",
        "ECSTDTC": "2026-10-20",
        **row,
    }
    assert one(facts_of(tmp_path, EC=dose), "EC.CELLS").presence is presence


@pytest.mark.parametrize(
    ("row", "presence"),
    [({"FAORRES": "Y"}, Presence.PRESENT), ({"FAORRES": "N"}, Presence.ABSENT), ({"FAORRES": "N", "FAEVLINT": "-P1D"}, Presence.UNKNOWN), ({"FAORRES": ""}, Presence.UNKNOWN)],
)  # fmt: skip
def test_findings_about_something_say_whether_it_was(
    row: dict[str, str], presence: Presence, tmp_path: Path
) -> None:
    about = {"STUDYID": "S", "DOMAIN": "FA", "USUBJID": "S-1", "FASEQ": 1, "FATESTCD": "OCCUR", "FATEST": "Occurrence", "FAOBJ": "Rash", "FADTC": "2026-10-20", **row}  # fmt: skip
    assert one(facts_of(tmp_path, FA=about), "FA.OCCUR.RASH").presence is presence


def test_study_days_stand_for_dates_where_no_date_is(tmp_path: Path) -> None:
    days = [laboratory(LBSEQ=n, LBDTC="", LBDY=day) for n, day in enumerate((1, -1, 11), start=1)]
    facts = facts_of(tmp_path, LB=days, DM=person())
    assert [str(each.when) for each in facts if each.system == "LOINC"] == [
        "2026-10-20",
        "2026-10-19",
        "2026-10-30",
    ]
    alone = facts_of(tmp_path, LB=days)
    assert {str(each.when) for each in alone} == {"unknown"}


def test_what_is_not_read_is_named(tmp_path: Path) -> None:
    qualifiers = {
        "STUDYID": "S",
        "RDOMAIN": "LB",
        "USUBJID": "S-1",
        "IDVAR": "LBSEQ",
        "IDVARVAL": "1",
        "QNAM": "LBX",
        "QLABEL": "x",
        "QVAL": "1",
    }
    related = {
        "STUDYID": "S",
        "RDOMAIN": "LB",
        "USUBJID": "S-1",
        "IDVAR": "LBSEQ",
        "IDVARVAL": "1",
        "RELTYPE": "",
        "RELID": "1",
    }
    path = tmp_path / "all.xpt"
    path.write_bytes(
        transport({"SUPPLB": [qualifiers], "RELREC": [related], "LB": [laboratory(LBNAM="north")]})
    )
    reading = read(path)
    assert len(list(reading)) == 2
    named = {each.what: each.n for each in reading.report.ignored}
    assert (named["dataset SUPPLB"], named["dataset RELREC"], named["column LBNAM"]) == (1, 1, 1)
    path.write_bytes(transport({"ADLB": [{"USUBJID": "S-1", "PARAMCD": "BILI", "AVAL": 1.7, "ADT": 24000}]}))
    reading = read(path)
    assert not list(reading)
    assert [each.declined.code for each in reading.report if each.declined] == ["sdtm.analysis"]


def test_a_mapping_reads_a_dataset_as_it_reads_a_table(tmp_path: Path) -> None:
    (tmp_path / "m.yaml").write_text(
        "subject: SEQN\ntables:\n  - when: {columns: [SEQN, LBXTB]}\n    columns: {LBXTB: {code: 'LOINC|1975-2', unit: mg/dL}}\n"
    )
    path = tmp_path / "biopro.xpt"
    path.write_bytes(transport({"BIOPRO": [{"SEQN": 41475, "LBXTB": 0.8}, {"SEQN": 41477, "LBXTB": None}]}))
    assert [(each.subject, each.value, each.unit) for each in read(path, mapping=tmp_path / "m.yaml")] == [
        ("41475", 0.8, "mg/dL")
    ]
    reading = read(path)
    assert not list(reading)
    assert [each.declined.code for each in reading.report if each.declined] == ["sdtm.unknown"]


# -- dates --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("written", "when"),
    [
        ("2024", "2024"), ("2024-03", "2024-03"), ("2024-03-15", "2024-03-15"), ("2024-03--", "2024-03"), ("2024---15", "2024-01-15..2024-12-15"),
        ("--03-15", "unknown"), ("-----15", "unknown"), ("2024-02-30", None), ("2024-13", None), ("15MAR2024", None), ("2024-03-15T10:30", "2024-03-15"),
        ("2024-03-15T-:30", "2024-03-15"), ("2024-03-15T10", "2024-03-15"), ("2024-03-15T10:30:00+02:00", "2024-03-15"), ("2024-03-15T25:00", None),
        ("2024-03-01/2024-03-04", "2024-03-01..2024-03-04"), ("2024-03-04/2024-03-01", None), ("P1D", None), ("", "unknown"),
    ],
)  # fmt: skip
def test_dates(written: str, when: str | None) -> None:
    found = read_time(written)
    assert (str(found.when), found.problem) == (when, None) if when else found.problem


def test_clock_and_days() -> None:
    assert read_time("2024-03-15T10:30").time is not None
    assert read_time("2024-03-15T10").time is None
    assert on_study_day("0", UncertainDate.on(date(2026, 1, 1))).when == UncertainDate.unknown()
    assert born_at_age(2, "MONTHS", date(2026, 3, 31), date(2026, 3, 31)) == UncertainDate(
        date(2026, 1, 1), date(2026, 1, 31)
    )


@pytest.mark.acceptance
def test_the_published_pilot_in_four_forms(acceptance: Path) -> None:
    folder = acceptance / "13_sdtm"
    forms: dict[str, list[Path]] = {
        form: sorted(folder.glob(f"*.{form}")) for form in ("xpt", "json", "ndjson", "dsjc")
    }
    common = set.intersection(*({each.stem for each in found} for found in forms.values()))
    assert len(common) >= 8

    def facts(form: str) -> Iterator[str]:
        reading = read([each for each in forms[form] if each.stem in common])
        yield from plain(list(reading))
        assert reading.report.complete

    expected = list(facts("json"))
    assert len(expected) > 3_900
    assert all(list(facts(form)) == expected for form in ("xpt", "ndjson", "dsjc"))
    reading = read(forms["json"])
    everything = list(reading)
    born = {each.subject: str(each.when) for each in everything if each.code == "birth-date"}
    assert len(born) == 18
    assert born["CDISC001"] == "1928"
    assert {each.text for each in everything if each.code == "DM.ARMNRS"} == {"SCREEN FAILURE"}
    assert not [each for each in everything if each.problems]


@cache
def loinc_by_test() -> list[tuple[str, str, str, str]]:
    """Code of CDISC, a specimen, unit and LOINC code of each test that has one of all."""
    lines = (Path(sdtm.__file__).parent / "loinc.csv").read_text().splitlines()
    rows = [line.split(",") for line in lines if line.startswith("LB,")]
    return [(test, specimen.split("|")[0], unit, loinc) for _, test, specimen, unit, loinc in rows]


@pytest.mark.parametrize("stated", [True, False])
def test_a_test_by_its_own_name_is_never_doubted_and_by_another_analytes_always(
    stated: bool, tmp_path: Path
) -> None:
    """The name that CDISC pairs with a code speaks for nothing but it; a name of another analyte takes the result back, whether the row states a LOINC code or not."""
    analytes = {"ALB", "BILI", "CA", "CREAT", "GLUC", "K", "PLAT", "SODIUM", "WBC"}
    rows: list[dict[str, Any]] = []
    doubted: dict[int, bool] = {}
    for test, specimen, unit, loinc in loinc_by_test():
        for called in (test, *sorted(analytes - {test} if test in analytes else ())):
            rows.append(
                laboratory(
                    LBSEQ=len(rows) + 1, LBTESTCD=test, LBTEST=TESTS[called], LBSPEC=specimen, LBORRES="4", LBORRESU=unit, LBORNRLO="", LBORNRHI="",
                    LBSTRESC="", LBSTRESN=None, LBSTRESU="", LBSTNRLO=None, LBSTNRHI=None, LBNRIND="", LBLOINC=loinc if stated else "",
                )
            )  # fmt: skip
            doubted[len(rows)] = called != test
    found = [each for each in facts_of(tmp_path, LB=rows) if each.system == "LOINC"]
    assert len(found) == len(rows)
    for number, fact in enumerate(found, 1):
        named = [each for each in fact.problems if "is called" in each]
        assert bool(named) is doubted[number], (rows[number - 1], fact.problems)
