"""What datasets of relations, deviations and specimens say of rows of SDTM; what a cell of a workbook shows and does not hold.

Each shape is attacked and has a twin in which everything is proven: the attacked is never ELIGIBLE, or the reading says that it is not complete; the
twin is, and complete. Evaluator, DuckDB and SQLite agree on the facts. The people are invented.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from dataset_samples import laboratory, transport
from hypothesis import given, settings
from hypothesis import strategies as st
from test_every_door import AS_OF, ELIGIBLE, MAPPING, programme
from test_said_beside_a_cell import HEADER, PLATELETS, ROW, Tables, qualifier, study
from workbook_samples import Cell, sheet_xml, workbook

from proband.exchange import read
from proband.exchange.rows.beside import NOTHING_AGAINST
from proband.exchange.sdtm.relations import Relations
from proband.exchange.workbooks.formats import format_of
from proband.facts.observation import Observation
from proband.facts.table import to_frame
from proband.screening import Screening
from proband.screening.sql.engines import DuckDBEngine, SQLiteEngine
from proband.screening.sql.many import screen_loaded

WHO = "S-1"


def row(domain: str, **cells: Any) -> dict[str, Any]:
    return {"STUDYID": "S", "DOMAIN": domain, "USUBJID": WHO, f"{domain}SEQ": "1", **cells}


def event(term: str, domain: str = "AE", **more: Any) -> list[dict[str, Any]]:
    return [row(domain, **{f"{domain}TERM": term, f"{domain}DECOD": term, f"{domain}STDTC": "2026-10-31", f"{domain}ENDTC": "", f"{domain}OUT": "", **more})]  # fmt: skip


def deviation(words: str) -> list[dict[str, Any]]:
    return [row("DV", DVTERM=words, DVDECOD="", DVSTDTC="2026-10-30")]


def related(*keys: tuple[str, str]) -> list[dict[str, Any]]:
    return [{"STUDYID": "S", "RDOMAIN": domain, "USUBJID": WHO, "IDVAR": f"{domain}SEQ", "IDVARVAL": number, "RELTYPE": "", "RELID": "R1"} for domain, number in keys]  # fmt: skip


def again(**more: Any) -> Tables:
    """The person, and a second one with too few platelets."""
    told = study(
        **{name: value for name, value in more.items() if name.isupper() and isinstance(value, list)}
    )
    own = {name: value for name, value in more.items() if not isinstance(value, list)}
    low = {**told["LB"][0], "USUBJID": "S-9", "LBORRES": "20", "LBDTC": "2026-10-31"}
    columns = dict.fromkeys([*told["DM"][0], *own])
    people = [told["DM"][0], {**told["DM"][0], "USUBJID": "S-9", "SUBJID": "9", **own}]
    return told | {
        "DM": [{name: each.get(name, "") for name in columns} for each in people],
        "LB": [*told["LB"], low],
    }


def platelets(**more: Any) -> Tables:
    """A later count of platelets, too low."""
    told = study()
    low = laboratory(**{**PLATELETS, "LBSEQ": 3, "LBORRES": "20", "LBDTC": "2026-10-31", **more})
    columns = list(dict.fromkeys([*told["LB"][0], *low]))
    return told | {"LB": [{name: each.get(name, "") for name in columns} for each in [*told["LB"], low]]}


def specimen(whose: str, of: str) -> list[dict[str, Any]]:
    return [{"STUDYID": "S", "USUBJID": whose, "REFID": "X1", "SPEC": of, "PARENT": "", "LEVEL": 1}]


def element(begin: str, end: str) -> list[dict[str, Any]]:
    return [row("SE", ETCD="SCRN", ELEMENT="Screening", SESTDTC=begin, SEENDTC=end, EPOCH="SCREENING")]


def visit(occurred: str) -> list[dict[str, Any]]:
    return [
        row("SV", VISITNUM=3, VISIT="V3", SVOCCUR=occurred, SVSTDTC="2026-10-30" if occurred == "Y" else "")
    ]


STUDIES: dict[str, tuple[Tables, Tables]] = {
    "who was somebody else before": (again(SUPPDM=qualifier("DM", "PREVSUBJ", "Previous subject", "9", IDVAR="", IDVARVAL="")), again(SUPPDM=qualifier("DM", "SITENOTE", "Note", "9", IDVAR="", IDVARVAL=""))),
    "who was somebody else before, by a column": (again(PREVSUBJ=WHO), again(PREVSUBJ="")),
    "one person by a relation": (again(RELSUB=[{"STUDYID": "S", "USUBJID": WHO, "RSUBJID": "S-9", "SREL": "SAME SUBJECT"}]), again(RELSUB=[{"STUDYID": "S", "USUBJID": WHO, "RSUBJID": "S-9", "SREL": "MOTHER, BIOLOGICAL"}])),
    "a deviation of the person": (study(DV=deviation("Sample mislabeled")), study(DV=deviation("Visit out of window"))),
    "a deviation of a related row": (
        study(DV=deviation("Result belongs to another patient"), RELREC=related(("LB", "1"), ("DV", "1"))), study(DV=deviation("Result belongs to another patient"), RELREC=related(("LB", "7"), ("DV", "1")))
    ),
    "a no that is related to what occurred": (
        study(AE=event("Cough"), RELREC=related(("MH", "1"), ("AE", "1"))), study(AE=event("Cough"), RELREC=related(("PR", "1"), ("AE", "1")))
    ),
    "an adverse event of the same name": (study(AE=event("Infection")), study(AE=event("Headache"))),
    "a clinical event of the same name": (study(CE=event("Infection", "CE")), study(CE=event("Cough", "CE"))),
    "a finding about it": (
        study(FA=[row("FA", FATESTCD="OCCUR", FATEST="Occurrence", FAOBJ="Infection", FAORRES="Y", FADTC="2026-10-31")]),
        study(FA=[row("FA", FATESTCD="OCCUR", FATEST="Occurrence", FAOBJ="Infection", FAORRES="N", FADTC="2026-10-31")]),
    ),
    "a result of an epoch alone": (platelets(LBDTC="", LBDY="", EPOCH="FOLLOW-UP"), platelets(LBDTC="2026-10-01", EPOCH="SCREENING")),
    "a result of an epoch whose ends are known": (
        platelets(LBDTC="", LBDY="", EPOCH="SCREENING") | {"SE": element("2026-10-01", "2026-11-01")}, platelets(LBDTC="", LBDY="", EPOCH="SCREENING") | {"SE": element("2026-08-01", "2026-08-20")}
    ),
    "a study day of another date": (study({"LBDY": -300}), study({"LBDY": 11})),
    "a visit that was not held": (study({"VISITNUM": 3}, SV=visit("N")), study({"VISITNUM": 3}, SV=visit("Y"))),
    "a fifth grade": (study(AE=event("Bleeding", AETOXGR="5")), study(AE=event("Bleeding", AETOXGR="3"))),
    "a death by its name": (study(AE=event("Death")), study(AE=event("Fear of death"))),
    "a stay that ended so": (study(HO=event("Hospital", "HO", HODISOUT="DECEASED")), study(HO=event("Hospital", "HO", HODISOUT="HOME"))),
    "a qualifier of a death": (study(AE=event("Bleeding"), SUPPAE=qualifier("AE", "AEDTHDAT", "Date of death", "2026-10-29")), study(AE=event("Bleeding"), SUPPAE=qualifier("AE", "AEDTH", "Death", "N"))),
    "a no that goes on": (study(infection={"MHENRTPT": "ONGOING", "MHENTPT": "2026-10-30"}), study(infection={"MHENRTPT": ""})),
    "a no that was before": (study(infection={"MHENRF": "BEFORE"}), study(infection={"MHENRF": ""})),
    "a no to less": (study(infection={"MHTERM": "Infection within the last week", "MHDECOD": "Infection"}), study(infection={"MHTERM": "INFECTION", "MHDECOD": "Infection"})),
    "a specimen of another": (study({"LBREFID": "X1"}, RELSPEC=specimen("S-9", "BLOOD")), study({"LBREFID": "X1"}, RELSPEC=specimen(WHO, "BLOOD"))),
    "a specimen of urine": (study({"LBREFID": "X1"}, RELSPEC=specimen(WHO, "URINE")), study({"LBREFID": "X2"}, RELSPEC=specimen(WHO, "URINE"))),
    "a specimen that was mislabelled": (
        study({"LBREFID": "X1"}, BE=[row("BE", BEREFID="X1", BETERM="Mislabeled", BEDECOD="", BESTDTC="2026-10-30")]), study({"LBREFID": "X1"}, BE=[row("BE", BEREFID="X1", BETERM="Collected", BEDECOD="", BESTDTC="2026-10-30")])
    ),
    "a category of no result": (study({"LBRESCAT": "QNS"}), study({"LBRESCAT": "NUMERIC"})),
    "an indicator of no result": (study({"LBNRIND": "INVALID"}), study({"LBNRIND": "LOW"})),
    "a mark of deletion in a column": (study({"LBDEL": "Y"}), study({"LBDEL": "N"})),
    "a status in a column": (study({"LBSTATUS": "PRELIMINARY"}), study({"LBSTATUS": "FINAL"})),
    "a relative in a column": (study(infection={"MHREL": "MOTHER"}), study(infection={"MHREL": "SELF"})),
    "another species": (study() | {"DM": [{**study()["DM"][0], "SPECIES": "RAT"}]}, study() | {"DM": [{**study()["DM"][0], "SPECIES": "HUMAN"}]}),
}  # fmt: skip


# -- Excel ------------------------------------------------------------------------------------------------------------------


def raised(*parts: tuple[str, str], inline: bool = False) -> bytes:
    """The platelets as a text of several runs, some of them raised."""
    runs = "".join(f"<r><rPr>{f'<vertAlign val={chr(34)}{where}{chr(34)}/>' if where else ''}</rPr><t>{words}</t></r>" for words, where in parts)  # fmt: skip
    if not inline:
        shared = list(ROW)
        shared[3] = Cell("0", kind="s")
        return workbook({"Clinic": [HEADER, shared]}, texts=f"<si>{runs}</si>")
    xml = sheet_xml([HEADER, [*ROW[:3], "@", *ROW[4:]]])
    return workbook({"Clinic": xml.replace("<is><t>@</t></is>", f"<is>{runs}</is>")})


def infected(cell: Any, **more: Any) -> bytes:
    return workbook({"Clinic": [HEADER, [*ROW[:-1], cell]]}, **more)


def fetched(formula: str) -> bytes:
    return infected(Cell(0.0, formula=formula))


WORKBOOKS: dict[str, tuple[bytes, bytes]] = {
    "a raised figure of a footnote": (raised(("20", ""), ("1", "superscript")), raised(("8", ""), ("8", ""))),
    "a lowered figure": (raised(("20", ""), ("1", "subscript")), raised(("88", ""), ("", ""))),
    "a raised figure in the cell itself": (raised(("20", ""), ("1", "superscript"), inline=True), raised(("8", ""), ("8", ""), inline=True)),
    "a formula that fetches nothing": (fetched("Other!B2"), fetched("IF(B2=&quot;no&quot;,0,1)".replace("&quot;", '"'))),
    "a lookup of nothing": (fetched("VLOOKUP(A2,Other!A:C,3,FALSE)"), infected(0.0)),
    "a lookup of nothing, in a file of later years": (fetched("_xlfn.XLOOKUP(A2,Other!A:A,Other!C:C)"), infected("0")),
    "a sheet whose name is quoted": (fetched("'Other sheet'!$B$2"), infected(False)),
}  # fmt: skip

PAIRS: dict[str, tuple[Any, Any]] = {f"SDTM: {name}": pair for name, pair in STUDIES.items()} | {
    f"Excel: {name}": pair for name, pair in WORKBOOKS.items()
}


def reading_of(folder: Path, made: Tables | bytes) -> tuple[list[Observation], bool]:
    folder.mkdir()
    if isinstance(made, bytes):
        (folder / "clinic.xlsx").write_bytes(made)
        words = '"0": absent, "FALSE": absent, "no": absent'
        (folder / "mapping.yaml").write_text(MAPPING.replace('"no": absent', words))
        reading = read(folder / "clinic.xlsx", mapping=folder / "mapping.yaml")
        return list(reading), reading.report.complete
    (folder / "all.xpt").write_bytes(transport(made))
    reading = read(folder)
    return [each for each in reading if each.subject == WHO], reading.report.complete


@pytest.mark.parametrize("shape", PAIRS)
def test_what_is_related_to_a_row_lets_nobody_in_and_its_twin_does(shape: str, tmp_path: Path) -> None:
    judged = Screening(programme())
    found = []
    for side, made in zip(("attacked", "twin"), PAIRS[shape], strict=True):
        told, complete = reading_of(tmp_path / side, made)
        found.append(complete and judged.verdict(told, AS_OF).outcome is ELIGIBLE)
    assert found == [False, True]


def test_engines_agree_on_all_of_them(tmp_path: Path) -> None:
    eligibility = programme().eligibility
    assert eligibility is not None
    judged, facts, verdicts = Screening(programme()), [], {}
    for number, (shape, pair) in enumerate(PAIRS.items()):
        for side, made in zip(("attacked", "twin"), pair, strict=True):
            told, _ = reading_of(tmp_path / f"{number}{side}", made)
            if told:
                verdicts[f"{shape} {side}"] = judged.verdict(told, AS_OF).outcome.value
                facts += [replace(each, subject=f"{shape} {side}") for each in told]
    for engine in (DuckDBEngine(threads=1), SQLiteEngine()):
        engine.load("observations", to_frame(facts))
        many = screen_loaded(eligibility, engine, AS_OF).table
        assert dict(zip(many["subject"], many["verdict"], strict=True)) == verdicts


def test_the_order_of_datasets_says_nothing(tmp_path: Path) -> None:
    tables = STUDIES["a deviation of a related row"][0]
    told = []
    for number, names in enumerate((sorted(tables), sorted(tables, reverse=True))):
        own, _ = reading_of(tmp_path / str(number), {name: tables[name] for name in names})
        told.append(sorted((each.code, each.problems) for each in own))
    assert told[0] == told[1]


def test_a_number_that_its_format_hides_is_not_there() -> None:
    assert format_of(170, ";;;").kind == "hidden"
    assert [format_of(170, each).kind for each in ("0;;;", "General", "0.0;(0.0)", '"x";;')] == ["number"] * 4


KEYS = st.tuples(st.sampled_from(["LB", "MH", "AE", "DV"]), st.sampled_from(["1", "2", "3"]))


@settings(deadline=None)
@given(st.lists(st.tuples(KEYS, st.sampled_from(["R1", "R2"])), max_size=8))
def test_relations_hold_in_any_order_and_only_where_they_are_stated(
    keys: list[tuple[tuple[str, str], str]],
) -> None:
    rows = [{**related(key)[0], "RELID": group} for key, group in keys]
    rows += deviation("wrong patient")
    said = []
    for _ in range(2):
        rows.reverse()
        relations = Relations()
        for each in rows:
            relations.add(each)
        relations.settle()
        said.append({number for number in "123" if relations.of(row("LB", LBSEQ=number), "LB")})
    assert said[0] == said[1]
    groups = {group for key, group in keys if key == ("DV", "1")}
    linked = {key for key, group in keys if group in groups and key[0] != "DV"}
    assert said[0] == ({number for domain, number in linked if domain == "LB"} if linked else set("123"))
    assert relations.of(row("LB", LBSEQ="1", USUBJID="S-2"), "LB") == []
    assert NOTHING_AGAINST not in relations.of(row("LB", LBSEQ="1"), "LB")


def test_an_epoch_lies_between_the_ends_of_its_elements() -> None:
    relations = Relations()
    for begin, end in (("2026-01-01", "2026-01-10"), ("2026-01-10", "2026-02-01")):
        relations.add(element(begin, end)[0])
    found = relations.epoch(WHO, "screening")
    assert found is not None
    assert (found.earliest, found.latest) == (date(2026, 1, 1), date(2026, 2, 1))
    relations.add(element("2026-02-01", "")[0])
    assert relations.epoch(WHO, "SCREENING") is None
