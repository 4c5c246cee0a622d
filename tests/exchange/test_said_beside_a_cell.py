"""What stands beside a cell or a row and takes it back: remarks on cells of a workbook, words struck through, errors; qualifiers and comments of SDTM.

Each shape is attacked and has a twin in which everything is proven: the attacked is never ELIGIBLE, or the reading says that it is not complete;
the twin is, and complete. Evaluator, DuckDB and SQLite agree on the facts. The people are invented.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from dataset_samples import history, laboratory, person, transport, write
from test_every_door import AS_OF, ELIGIBLE, MAPPING, programme
from workbook_samples import MAIN, Cell, workbook

from proband.exchange import read
from proband.facts.table import to_frame
from proband.screening import Screening
from proband.screening.sql.engines import DuckDBEngine, SQLiteEngine
from proband.screening.sql.many import screen_loaded

# -- Excel ------------------------------------------------------------------------------------------------------------------

HEADER = ["patient", "day", "born", "platelets", "platelets_unit", "bilirubin", "bilirubin_unit", "infection"]
ROW: list[Any] = ["P-1", "2026-10-30", "1980-02-03", 88.0, "10*9/L", 1.7, "mg/dL", "no"]
_RELS = "http://schemas.openxmlformats.org/package/2006/relationships"
_KINDS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def sheet(*rows: list[Any], **more: Any) -> bytes:
    return workbook({"Clinic": [HEADER, *rows]}, **more)


def remark(words: str, cell: str = "D2", *, threaded: bool = False) -> bytes:
    """The sheet with a remark on a cell."""
    name, kind = (
        ("threadedComments/threadedComment1", "threadedComment") if threaded else ("comments1", "comments")
    )
    note = (
        f'<ThreadedComments><threadedComment ref="{cell}" id="1"><text>{words}</text></threadedComment></ThreadedComments>'
        if threaded
        else f'<comments xmlns="{MAIN}"><commentList><comment ref="{cell}" authorId="0"><text><r><t>{words[:5]}</t></r><r><t>{words[5:]}</t></r></text></comment></commentList></comments>'
    )
    link = f'<Relationships xmlns="{_RELS}"><Relationship Id="rId1" Type="{_KINDS}/{kind}" Target="../{name}.xml"/></Relationships>'
    return sheet(ROW, extra={f"xl/{name}.xml": note, "xl/worksheets/_rels/sheet1.xml.rels": link})


def runs(*parts: tuple[str, bool]) -> bytes:
    """The platelets as a text of several runs, some of them struck through."""
    text = "".join(
        f"<r><rPr>{'<strike/>' if struck else ''}</rPr><t>{words}</t></r>" for words, struck in parts
    )
    shared = list(ROW)
    shared[3] = Cell("0", kind="s")
    return sheet(shared, texts=f"<si>{text}</si>")


def later(value: Any) -> list[Any]:
    """A later row with one more count of platelets."""
    return ["P-1", "2026-10-31", None, value, "10*9/L", None, None, None]


WORKBOOKS: dict[str, tuple[bytes, bytes]] = {
    "a remark on a cell": (remark("wrong patient!"), remark("seen by the doctor on call")),
    "a remark on the patient's cell": (remark("Probe vertauscht", "A2"), remark("Probe von 8 Uhr", "A2")),
    "a conversation on a cell": (remark("please disregard this", threaded=True), remark("please print this", threaded=True)),
    "a remark on another row": (remark("entered in error", "D2"), remark("entered in error", "D9")),
    "words struck through inside a cell": (runs(("88", True), ("20", False)), runs(("20", True), ("88", False))),
    "all words struck through inside a cell": (runs(("8", True), ("8", True)), runs(("8", False), ("8", False))),
    "an error in a later result": (sheet(ROW, later(Cell("#DIV/0!", kind="e"))), sheet(ROW, later(90.0))),
    "an error in a later day": (sheet(ROW, [*later(20.0)[:1], Cell("#N/A", kind="e"), *later(20.0)[2:]]), sheet(ROW, [*later(90.0)[:1], "2026-10-29", *later(90.0)[2:]])),
    "a later row that is hidden": (sheet(ROW, later(20.0)), sheet(ROW, later(90.0))),
}  # fmt: skip


# -- SDTM ------------------------------------------------------------------------------------------------------------------

PLATELETS = {"LBSEQ": 1, "LBTESTCD": "PLAT", "LBTEST": "Platelets", "LBSPEC": "BLOOD", "LBORRES": "88", "LBORRESU": "10^9/L", "LBORNRLO": "", "LBORNRHI": "",
             "LBSTRESC": "", "LBSTRESN": None, "LBSTRESU": "", "LBSTNRLO": None, "LBSTNRHI": None, "LBNRIND": "", "LBDTC": "2026-10-30"}  # fmt: skip
BILIRUBIN = {"LBSEQ": 2, "LBSTRESC": "", "LBSTRESN": None, "LBSTRESU": "", "LBDTC": "2026-10-30"}
INFECTION = {"MHTERM": "Infection", "MHDECOD": "", "MHPRESP": "Y", "MHOCCUR": "N", "MHDTC": "2026-10-30"}
Tables = dict[str, list[dict[str, Any]]]


def study(
    platelets: dict[str, Any] | None = None,
    infection: dict[str, Any] | None = None,
    **more: list[dict[str, Any]],
) -> Tables:
    """The datasets of the person."""
    rows = [{**laboratory(**{**PLATELETS, **(platelets or {})})}, laboratory(**BILIRUBIN)]
    columns = list(dict.fromkeys(name for each in rows for name in each))
    return {
        "DM": [person(BRTHDTC="1980-02-03", AGE=46)],
        "LB": [{name: each.get(name, "") for name in columns} for each in rows],
        "MH": [history(**{**INFECTION, **(infection or {})})],
        **more,
    }


def qualifier(domain: str, name: str, label: str, value: str, **more: Any) -> list[dict[str, Any]]:
    return [{"STUDYID": "S", "RDOMAIN": domain, "USUBJID": "S-1", "IDVAR": f"{domain}SEQ", "IDVARVAL": "1", "QNAM": name, "QLABEL": label, "QVAL": value, "QORIG": "CRF", **more}]  # fmt: skip


def comment(words: str, **more: Any) -> list[dict[str, Any]]:
    return [{"STUDYID": "S", "DOMAIN": "CO", "RDOMAIN": "LB", "USUBJID": "S-1", "COSEQ": 1, "IDVAR": "LBSEQ", "IDVARVAL": "1", "COVAL": words, **more}]  # fmt: skip


def disposition(decoded: str, term: str) -> dict[str, Any]:
    """What became of the person."""
    who = person()["USUBJID"]
    return {"STUDYID": "S", "DOMAIN": "DS", "USUBJID": who, "DSSEQ": 1, "DSTERM": term, "DSDECOD": decoded, "DSSTDTC": "2026-10-20"}  # fmt: skip


def survival(said: str) -> dict[str, Any]:
    """Whether the person lives."""
    who = person()["USUBJID"]
    return {"STUDYID": "S", "DOMAIN": "SS", "USUBJID": who, "SSSEQ": 1, "SSTESTCD": "SURVSTAT", "SSTEST": "Survival Status", "SSORRES": said, "SSDTC": "2026-10-20"}  # fmt: skip


STUDIES: dict[str, tuple[Tables, Tables]] = {
    "not done, with a reason alone": (study({"LBREASND": "haemolysed"}), study({"LBREASND": ""})),
    "not done, with a result": (study({"LBSTAT": "NOT DONE"}), study({"LBSTAT": ""})),
    "no, with a reason why nobody knows": (study(infection={"MHREASND": "refused to answer"}), study(infection={"MHREASND": ""})),
    "not accepted": (study({"LBACPTFL": "N"}), study({"LBACPTFL": "Y"})),
    "a specimen that could not be used": (study({"LBSPCUFL": "N"}), study({"LBSPCUFL": "Y"})),
    "carried forward": (
        study({"LBDRVFL": "Y", "LBORRES": "", "LBORRESU": "", "LBSTRESC": "88", "LBSTRESN": 88, "LBSTRESU": "10^9/L"}),
        study({"LBDRVFL": "", "LBORRES": "", "LBORRESU": "", "LBSTRESC": "88", "LBSTRESN": 88, "LBSTRESU": "10^9/L"}),
    ),
    "a qualifier of a deletion": (study(SUPPLB=qualifier("LB", "LBDEL", "Deleted", "Y")), study(SUPPLB=qualifier("LB", "LBDEL", "Deleted", "N"))),
    "a qualifier of a status": (study(SUPPLB=qualifier("LB", "LBSTATUS", "Status of it", "P")), study(SUPPLB=qualifier("LB", "LBSTATUS", "Status of it", "F"))),
    "a qualifier of a specimen": (study(SUPPLB=qualifier("LB", "LBQ", "Specimen condition", "CLOTTED")), study(SUPPLB=qualifier("LB", "LBQ", "Specimen condition", "FRESH"))),
    "a qualifier of another row": (study(SUPPLB=qualifier("LB", "LBDEL", "Deleted", "Y")), study(SUPPLB=qualifier("LB", "LBDEL", "Deleted", "Y", IDVARVAL="7"))),
    "a qualifier of another person": (study(SUPPLB=qualifier("LB", "LBDEL", "Deleted", "Y")), study(SUPPLB=qualifier("LB", "LBDEL", "Deleted", "Y", USUBJID="S-2"))),
    "a relative's history": (study(SUPPMH=qualifier("MH", "MHREL", "Relationship", "MOTHER")), study(SUPPMH=qualifier("MH", "MHREL", "Relationship", "SELF"))),
    "words of a qualifier": (study(SUPPMH=qualifier("MH", "MHNOTE", "Note", "entered in error")), study(SUPPMH=qualifier("MH", "MHNOTE", "Note", "by telephone"))),
    "a qualifier by a key that the dataset has not": (
        study(SUPPLB=qualifier("LB", "LBDEL", "Deleted", "Y", IDVAR="LBGRPID", IDVARVAL="G1")), study(SUPPLB=qualifier("LB", "LBDEL", "Deleted", "N", IDVAR="LBGRPID", IDVARVAL="G1")),
    ),
    "a qualifier that leaves a row out": (study(SUPPLB=qualifier("LB", "LBEXCLFL", "Exclude", "Y")), study(SUPPLB=qualifier("LB", "LBEXCLFL", "Exclude", "N"))),
    "left out": (study({"LBEXCLFL": "Y"}), study({"LBEXCLFL": "N"})),
    "left out, with a reason": (study({"LBREASEX": "haemolysed"}), study({"LBREASEX": ""})),
    "a comment in a column": (study({"LBCOM": "wrong patient"}), study({"LBCOM": "by telephone"})),
    "a comment in a column of an event": (study(infection={"MHCOM": "entered in error"}), study(infection={"MHCOM": "asked twice"})),
    "a test called another": (study({"LBTEST": "Potassium", "LBLOINC": "777-3"}), study({"LBTEST": "Platelets", "LBLOINC": "777-3"})),
    "a death in the words of a disposition": (study(DS=[disposition("OTHER", "Subject deceased")]), study(DS=[disposition("OTHER", "Subject moved")])),
    "a survival status": (study(SS=[survival("DEAD")]), study(SS=[survival("ALIVE")])),
    "a comment on a row": (study(CO=comment("Wrong patient, please disregard")), study(CO=comment("Fasting"))),
    "a comment on a domain": (study(CO=comment("samples of two people mixed up", IDVAR="", IDVARVAL="")), study(CO=comment("samples of two days", IDVAR="", IDVARVAL=""))),
    "a comment on a person": (study(CO=comment("misidentified", RDOMAIN="", IDVAR="", IDVARVAL="")), study(CO=comment("identified by card", RDOMAIN="", IDVAR="", IDVARVAL=""))),
}  # fmt: skip


def _workbook(data: bytes) -> Callable[[Path], Any]:
    def reading(folder: Path) -> Any:
        (folder / "clinic.xlsx").write_bytes(data)
        (folder / "mapping.yaml").write_text(MAPPING)
        return read(folder / "clinic.xlsx", mapping=folder / "mapping.yaml")

    return reading


def _study(tables: Tables) -> Callable[[Path], Any]:
    def reading(folder: Path) -> Any:
        (folder / "all.xpt").write_bytes(transport(tables))
        return read(folder)

    return reading


PAIRS = {f"Excel: {name}": tuple(map(_workbook, pair)) for name, pair in WORKBOOKS.items()} | {
    f"SDTM: {name}": tuple(map(_study, pair)) for name, pair in STUDIES.items()
}


@pytest.mark.parametrize("shape", PAIRS)
def test_what_stands_beside_lets_nobody_in_and_its_twin_does(shape: str, tmp_path: Path) -> None:
    eligibility = programme().eligibility
    assert eligibility is not None
    frames = []
    found = {}
    for side, reading_in in zip(("attacked", "twin"), PAIRS[shape], strict=True):
        folder = tmp_path / side
        folder.mkdir()
        reading = reading_in(folder)
        told = list(reading)
        found[side] = Screening(programme()).verdict(told, AS_OF).outcome
        assert (found[side] is ELIGIBLE and reading.report.complete) == (side == "twin"), (
            reading.report.lacking
        )
        frames.append((side, to_frame(told)))
    for engine in (DuckDBEngine(threads=1), SQLiteEngine()):
        for side, frame in frames:
            engine.load("observations", frame)
            assert screen_loaded(eligibility, engine, AS_OF).table["verdict"].to_list() == [found[side].value]


@pytest.mark.parametrize("form", ["version 8", "JSON 1.1", "lines"])
def test_qualifiers_in_files_of_their_own_are_heard_in_each_form(form: str, tmp_path: Path) -> None:
    tables = STUDIES["a qualifier of a deletion"][0] | {"CO": comment("Wrong patient", IDVARVAL="2")}
    told = list(read(write(tmp_path / "x", form, tables)))
    assert not [each for each in told if each.code == "777-3"]
    assert all(each.problems for each in told if "BILI" in each.code)
