"""Evidence stands once: a claim holds no number, a changed row changes what points to it and nothing else, and two people read it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from proband.cli.app import app
from proband.pages.ledger import Ledger
from proband.pages.lint import lint
from proband.programme import BundleError, Programme, bundled, load, locate
from proband.programme.claims import ClaimsFile
from proband.programme.documents import Document
from proband.programme.evidence import EvidenceFile, Rows, claims_with_numbers, decided_rows, evidence_rows
from proband.terms import ProbandError
from shipped import loaded

LIVER = "liver-cells"
NUMBERS = ("value", "low", "high", "events", "n")


def resolved(
    programme: Programme, documents: dict[str, Document], tables: Any
) -> dict[tuple[str, str], Any] | str:
    """What every slot says with other evidence, or why it is refused."""
    try:
        files = {
            name: EvidenceFile.model_validate(document.data, strict=False)
            for name, document in documents.items()
            if name.startswith("evidence/")
        }
        rows, problems = evidence_rows(documents, tables, files)
        data, more = claims_with_numbers(documents["claims.yaml"], {**decided_rows(documents), **rows})
        if problems or more:
            return str((problems + more)[0])
        claims = ClaimsFile.model_validate(data, strict=False)
    except ValueError as refused:
        return str(refused)
    return {(c.id, name): slot for c in claims.claims for name, slot in c.slots.items()}


def rests_on(programme: Programme, pointer: str) -> set[str]:
    """A row and the derived rows that are worked out from it."""
    return {pointer} | {
        f"{name.removeprefix('evidence/').removesuffix('.yaml')}#{key}"
        for name, document in programme.documents.items()
        if name.startswith("evidence/")
        for key, figure in (document.data.get("figures") or {}).items()
        if pointer in figure.get("derived", {}).get("of", [])
    }


def mutations(programme: Programme) -> Iterator[tuple[str, str, dict[str, Document], Any]]:
    """Every number of every row of evidence, each made a little larger alone: pointer, key, documents and tables."""
    documents, tables = dict(programme.documents), dict(programme.tables)
    for name, document in programme.documents.items():
        if name.startswith("evidence/"):
            for key, figure in (document.data.get("figures") or {}).items():
                for number in (k for k in NUMBERS if k in figure):
                    data = deepcopy(document.data)
                    data["figures"][key][number] += 1
                    pointer = f"{name.removeprefix('evidence/').removesuffix('.yaml')}#{key}"
                    yield pointer, number, {**documents, name: Document(name, data, document.lines)}, tables
    for name, table in programme.tables.items():
        for index, row in enumerate(table.rows if "id" in table.header else ()):
            for number in (k for k in NUMBERS if row.get(k) and row["id"]):
                changed = deepcopy(table)
                changed.rows[index][number] = f"{float(row[number] or 0) + 1:g}"
                pointer = f"{name.removeprefix('evidence/').removesuffix('.csv')}#{row['id']}"
                yield pointer, number, documents, {**tables, name: changed}


@pytest.mark.parametrize("name", bundled())
def test_any_number_of_the_evidence_changes_what_points_to_it_and_nothing_else_or_is_refused(
    name: str,
) -> None:
    programme = loaded(name)
    as_it_is = resolved(programme, dict(programme.documents), dict(programme.tables))
    assert isinstance(as_it_is, dict)
    pointed = {slot.row for slot in as_it_is.values() if getattr(slot, "row", None)}
    tried = changed = 0
    for pointer, number, documents, tables in mutations(programme):
        after = resolved(programme, documents, tables)
        tried += 1
        if isinstance(after, str):
            continue  # refused, with a reason
        moved = {key for key, slot in after.items() if slot != as_it_is[key]}
        touched = {
            key
            for key, slot in as_it_is.items()
            if getattr(slot, "row", None) in rests_on(programme, pointer)
        }
        assert moved <= touched, (pointer, number, moved - touched)
        # bounds that are a spread, and the size of a group behind a printed number, are not said by every slot
        if pointer in pointed and number in {"value", "events"}:
            assert moved == touched, (pointer, number)
            changed += 1
    assert tried > 20
    assert changed > 15


@pytest.mark.parametrize("name", bundled())
def test_no_claim_holds_a_number(name: str) -> None:
    """Every number of a slot comes from a row, and none of the words of a slot is one."""
    for claim in loaded(name).documents["claims.yaml"].data["claims"]:
        for slot, written in (claim.get("slots") or {}).items():
            assert not {*NUMBERS, "on", "text"} & set(written), (claim["id"], slot)
            if written["type"] in {"difference", "chance"}:
                assert set(written) == {"type", "of", "minus"}
            else:
                decided = decided_rows(loaded(name).documents)
                assert written["from"] in loaded(name).evidence or written["from"] in decided


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of a bundle, to be changed."""
    return Path(shutil.copytree(locate(LIVER), tmp_path / LIVER))


def change(path: Path, old: str, new: str) -> None:
    """Replace a text that stands there."""
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")


POINTS = 'from: "results/match-four-years-news#match-deaths-cells"'


@pytest.mark.parametrize(
    ("new", "code"),
    [
        (f"{POINTS}, events: 9", "bundle.claim.own-number"),
        ("events: 8, n: 26", "bundle.claim.own-number"),
        (f"{POINTS}, level: read", "bundle.claim.own-number"),
        ('from: "results/match-four-years-news#match-death-cells"', "bundle.row.unknown"),
        ("disclosure: consented", "bundle.row.unknown"),
        ('from: "results/lin-2017-abstract#lin-alive-watched"', "bundle.key.missing"),
    ],
)
def test_a_claim_with_a_number_of_its_own_or_without_a_row_is_refused(
    folder: Path, new: str, code: str
) -> None:
    line = next(
        n for n, text in enumerate((folder / "claims.yaml").read_text().splitlines(), 1) if POINTS in text
    )
    change(folder / "claims.yaml", POINTS, new)
    if "disclosure" in new:
        change(
            folder / "claims.yaml", "disclosure: consented, disclosure: published", "disclosure: published"
        )
    with pytest.raises(BundleError) as refused:
        load(folder)
    found = [p for p in refused.value.problems if p.file == "claims.yaml" and p.line == line]
    assert code in {p.code for p in found}, refused.value.problems


@pytest.mark.parametrize(
    ("file", "old", "new", "says"),
    [
        # 72.9 % of 56 people is nobody's count
        ("results.csv", ",73.2,", ",72.9,", "no whole number of 56 people is 72.9 %"),
        ("results/match-four-years-news.yaml", "match-deaths-cells: {events: 8, n: 26", "match-deaths-cells: {events: 8, n: 25", "same people"),
        ("results/match-four-years-news.yaml", "#match-deaths-cells", "#match-death-cells", "there is no row"),
        ("results/stempeucel-2021-page.yaml", "value: 10", "value: 7", "gives -1 of 20"),
        ("results/match-four-years-news.yaml", "{derived: {formula: rest-of-the-people", "{events: 18, derived: {formula: rest-of-the-people", "leave events out"),
    ],
)  # fmt: skip
def test_a_derived_figure_is_worked_out_or_refused(
    folder: Path, file: str, old: str, new: str, says: str
) -> None:
    change(folder / "evidence" / file, old, new)
    with pytest.raises(BundleError) as refused:
        load(folder)
    assert any(says in p.message for p in refused.value.problems), refused.value.problems


def test_a_number_that_is_changed_changes_the_page_and_what_is_derived(folder: Path) -> None:
    change(
        folder / "evidence/results/match-four-years-news.yaml",
        "match-deaths-cells: {events: 8",
        "match-deaths-cells: {events: 6",
    )
    before, after = loaded(LIVER), load(folder)
    assert before.hash != after.hash

    def events(programme: Programme, claim: str) -> Any:
        return programme.claims.by_id[claim].slots["cells"].events  # type: ignore[union-attr]

    assert (events(before, "match-deaths"), events(after, "match-deaths")) == (8, 6)
    assert (
        events(before, "match-alive-without-transplant"),
        events(after, "match-alive-without-transplant"),
    ) == (18, 20)


ROW = "results/lin-2017-abstract#lin-cancer-cancer"
run = CliRunner()


def verify(folder: Path, *more: str) -> Any:
    """Run the verb."""
    return run.invoke(app, ["evidence", "verify", str(folder), *more])


def test_two_named_readers_make_a_row_read_by_two(folder: Path) -> None:
    def row() -> Any:
        return load(folder).evidence[ROW]

    assert row().read_by == 1  # level read: somebody read it, and who is not known
    assert (row().readers, row().at) == ((), None)
    day = ("--on", "2026-11-29", "--row", ROW, "--agrees")
    assert (
        verify(folder, "--by", "reader one", *day, "--at", "page 3", "--quote", "no cancer in 56").exit_code
        == 0
    )
    assert row().read_by == 1
    assert verify(folder, "--by", "Reader One", *day).exit_code == 0
    assert row().read_by == 1  # one person, however often
    assert verify(folder, "--by", "reader two", *day).exit_code == 0
    assert row().read_by == 2
    slot = load(folder).claims.by_id["lin-cancer"].slots["cancer"]
    assert slot.readers == 2  # type: ignore[union-attr]
    written = yaml.safe_load((folder / "evidence/readings.yaml").read_text())["readings"]
    assert [r["by"] for r in written] == ["reader one", "Reader One", "reader two"]
    assert written[0]["read"] == {"events": 0, "n": 56}
    # the number moves away from what two people read
    change(folder / "evidence/results/lin-2017-abstract.yaml", "{events: 0, n: 56", "{events: 1, n: 56")
    with pytest.raises(BundleError) as refused:
        load(folder)
    differs = [p.message for p in refused.value.problems if p.code == "bundle.reading.differs"]
    assert len(differs) == 3
    assert "reader one read events 0" in differs[0]


def test_the_walk_shows_rows_that_were_not_read_by_two_and_records_the_answers(folder: Path) -> None:
    listed = verify(folder, "--json")
    assert listed.exit_code == 0
    total = len(
        [
            r
            for r in load(folder).evidence.values()
            if r.numbers and r.level.value in {"read", "secondary", "digitised"}
        ]
    )
    assert listed.stdout.count('"row"') == total
    walked = run.invoke(
        app,
        ["evidence", "verify", str(folder), "--by", "reader", "--on", "2026-11-29"],
        input="y\npage 2\nas printed\ns\nn\n\n\nq\n",
    )
    assert walked.exit_code == 0, walked.output
    readings = yaml.safe_load((folder / "evidence/readings.yaml").read_text())["readings"]
    assert [r["agrees"] for r in readings] == [True, False]
    assert readings[0]["at"] == "page 2"


def test_a_disputed_row_stops_the_page_and_a_long_quote_is_refused(folder: Path) -> None:
    assert (
        verify(
            folder, "--by", "reader", "--row", ROW, "--agrees", "--quote", " ".join(["word"] * 16)
        ).exit_code
        != 0
    )
    assert not (folder / "evidence/readings.yaml").exists()
    assert lint(Ledger.of(load(folder))) == []
    assert verify(folder, "--by", "reader", "--row", ROW, "--differs", "--on", "2026-11-29").exit_code == 0
    programme = load(folder)
    assert [w.code for w in programme.warnings] == ["lint.evidence-disputed"]
    assert [p.code for p in lint(Ledger.of(programme))] == ["page.evidence-disputed"]


def test_a_sealed_bundle_takes_no_reading(folder: Path) -> None:
    from datetime import date

    from proband.programme.evidence import SourceReading
    from proband.programme.readings import record

    (folder / "seal.json").write_text("{}", encoding="utf-8")
    reading = SourceReading(
        row=ROW, by="reader", on=date(2026, 11, 29), agrees=True, read={"events": 0, "n": 56}
    )
    with pytest.raises(ProbandError, match="sealed"):
        record(folder, reading)


def test_rows_is_a_mapping_of_every_pointer() -> None:
    rows: Rows = loaded(LIVER).evidence
    assert ROW in rows
    assert "results#lin-2017-cells-alive" in rows


def test_a_claim_may_point_to_a_line_of_a_natural_history_table(tmp_path: Path) -> None:
    """A line with an id stands for itself, in evidence and in natural history alike."""
    minimal = Path(__file__).parent.parent / "bundles" / "minimal"
    own = Path(shutil.copytree(minimal, tmp_path / "own"))
    table = own / "natural_history" / "strength.csv"
    header, first, *rest = table.read_text(encoding="utf-8").splitlines()
    rows = [f"id,{header},events,n", f"reed,{first},7,20", *(f",{line},," for line in rest)]
    table.write_text("\n".join(rows) + "\n", encoding="utf-8")
    claims = own / "claims.yaml"
    change(claims, "    text: Nobody was treated, so nobody knows.\n", "    text: Nobody was treated, so nobody knows. {lost} others lost strength.\n"
           '    slots:\n      lost: {type: n-of-n, from: "natural_history/strength#reed"}\n')  # fmt: skip
    slot = load(own).claims.by_id["nobody-treated"].slots["lost"]
    assert (slot.events, slot.n, slot.source) == (7, 20, "proband-tests")  # type: ignore[union-attr]
    change(table, ",7,20", ",9,20")
    assert load(own).claims.by_id["nobody-treated"].slots["lost"].events == 9  # type: ignore[union-attr]


def test_what_the_programme_decides_stands_where_it_is_decided(tmp_path: Path) -> None:
    """The page says the length of follow-up of the schedule: changed there, it changes on the page."""
    name = "spinal-cord-autologous"
    own = Path(shutil.copytree(locate(name), tmp_path / name))
    slot = load(own).claims.by_id["after-how-long"].slots["years"]
    assert (slot.value, slot.unit) == (15, "years")  # type: ignore[union-attr]
    change(own / "schedule.yaml", "duration: {value: 15, unit: a}", "duration: {value: 20, unit: a}")
    assert load(own).claims.by_id["after-how-long"].slots["years"].value == 20  # type: ignore[union-attr]
