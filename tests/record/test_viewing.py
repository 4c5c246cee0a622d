"""What a record shows: old value → new value, by whom, why, under which version; readable at 80 columns, on a terminal and in a pipe."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from proband.cli.app import app
from proband.cli.layout import blocks, column_widths
from proband.record.errors import RecordError
from proband.record.history import HistoryEntry, history
from proband.record.tables import TABLES

from .synthetic import WHY, Hospital, hospital

PAIN: dict[str, Any] = {"visit": "baseline", "instrument": "pain-nrs", "items": {"pain": 7}}


@pytest.fixture(scope="module")
def lived(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Hospital]:
    """A life with a correction of a correction, a retraction, a dose called into question and settled, and a product with two results."""
    folder = tmp_path_factory.mktemp("lived") / "r"
    house = hospital(folder=folder)
    house.do("staff.train", "dr-3", {"training": "gcp", "valid_until": "2030-01-01"}, actor="sys-1", site="*")
    house.admit("S-1")
    day = house.now[:10]
    second = [("dr-3", "physician")]
    seq = house.do("outcome.record", "S-1", {**PAIN, "on": day}).seq
    for pain in (6, 5):
        data = {**PAIN, "on": day, "items": {"pain": pain}}
        seq = house.do(
            "event.correct",
            "S-1",
            {"event": "outcome.recorded", "data": data},
            corrects=seq,
            reason=f"the form says {pain}",
        ).seq
    died = house.do("participant.die", "S-1", {"when": "today", "cause": "unrelated"})
    house.do(
        "event.retract", "S-1", {"event": "participant.died"}, corrects=died.seq, also=second, reason=WHY
    )
    before = house.now
    house.wait(minutes=1)
    product, coi, _ = house.ready("S-1", "1")
    dose = house.give(product, "S-1", coi)
    house.wait(hours=1)
    house.do("participant.withdraw", "S-1", {"level": "treatment", "said": "no"}, at=before, reason=WHY)
    house.do(
        "dose.settle",
        "S-1",
        {"standing": "upheld", "finding": WHY},
        corrects=dose.seq,
        also=second,
        reason=WHY,
    )
    house.do(
        "product.test",
        product,
        {"test": "sterility-final", "result": "positive", "laboratory": "qc"},
        actor="lab-1",
    )
    return folder, house


def changes(house: Hospital, subject: str, field: str) -> list[tuple[Any, Any, HistoryEntry]]:
    return [(one.old, one.new, one) for one in history(house.record, subject, field)]


def test_a_correction_is_a_change_of_the_value_by_whom_why_and_under_which_version(
    lived: tuple[Path, Hospital],
) -> None:
    _, house = lived
    found = changes(house, "S-1", "items.pain")
    assert [(old, new) for old, new, _ in found] == [(None, 7), (7, 6), (6, 5)]
    first, _, last = (entry for _, _, entry in found)
    assert first.event == "outcome.recorded"
    assert (last.event, last.by, last.why) == ("event.corrected", "dr-1 (physician)", "the form says 5")
    assert last.version.startswith("1.0.0 (")
    assert {entry.field for _, _, entry in found} == {first.field}, (
        "an entry keeps its place when it is corrected"
    )


def test_a_retraction_and_a_standing_are_changes_too(lived: tuple[Path, Hospital]) -> None:
    _, house = lived
    taken = [one for one in changes(house, "S-1", "said.ended") if one[2].field.endswith("taken_back")]
    assert [(old, new) for old, new, _ in taken] == [(None, False), (False, True)]
    assert "dr-3 (retraction)" in str(taken[-1][2].signed)
    assert [(old, new) for old, new, _ in changes(house, "S-1", ".standing")] == [
        (None, "questioned"),
        ("questioned", "upheld"),
        # what was found of the product after that asks again
        ("upheld", "questioned"),
    ]


def test_the_history_of_a_container(lived: tuple[Path, Hospital]) -> None:
    _, house = lived
    assert [new for _, new, _ in changes(house, "BAG-1", "status")] == [
        "in-process",
        "manufactured",
        "released",
        "administered",
    ]
    final = changes(house, "BAG-1", "tests.sterility-final")
    assert [(old, new) for old, new, entry in final if entry.field.endswith("result")] == [(None, "positive")]
    fates = [(entry.field, old, new) for old, new, entry in changes(house, "BAG-1", "labels.")]
    assert any(old == "printed" and new == "applied" for _, old, new in fates)


def test_nothing_has_no_history_and_what_is_sealed_stays_sealed(lived: tuple[Path, Hospital]) -> None:
    _, house = lived
    with pytest.raises(RecordError, match="no history"):
        list(history(house.record, "S-99"))


def shown(
    monkeypatch: pytest.MonkeyPatch, folder: Path, *arguments: str, columns: str | None = "80"
) -> list[str]:
    if columns is None:
        monkeypatch.delenv("COLUMNS", raising=False)
    else:
        monkeypatch.setenv("COLUMNS", columns)
    result = CliRunner().invoke(app, ["record", "show", str(folder), *arguments])
    assert result.exit_code == 0, result.output
    return result.stdout.splitlines()


@pytest.mark.parametrize("what", [*TABLES, "events", "flow", "history"])
def test_every_table_is_readable_at_80_columns(
    lived: tuple[Path, Hospital], monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    folder, house = lived
    of = ("--of", "S-1") if what == "history" else ()
    lines = shown(monkeypatch, folder, what, *of)
    assert max(map(len, lines)) <= 80, [line for line in lines if len(line) > 80]
    text = "\n".join(lines)
    # identifiers are whole, on one line
    state = house.record.state
    whole = {"participants": ["S-1", state.programme], "tasks": list(state.tasks), "labels": list(state.labels), "doses": ["BAG-1"],
             "events": ["outcome.recorded", "event.corrected"]}  # fmt: skip
    for name in whole.get(what, []):
        assert name in text, name


def test_where_a_program_reads_a_row_is_a_line(
    lived: tuple[Path, Hospital], monkeypatch: pytest.MonkeyPatch
) -> None:
    folder, house = lived
    lines = shown(monkeypatch, folder, "events", columns=None)
    rows = [line for line in lines if "outcome.recorded" in line]
    assert len(rows) == 1
    assert "dr-1" in rows[0]
    piped = shown(monkeypatch, folder, "participants", columns=None)
    assert any("S-1" in line and house.record.state.programme in line for line in piped)


def test_columns_fold_between_words_and_never_within() -> None:
    rows = [["AE-1", "a long account of what happened at the bed", "x" * 30]]
    widths = column_widths(["id", "what", "hash"], rows, 60)
    assert widths is not None
    assert sum(widths) + 9 <= 60
    assert widths[0] >= 4
    assert widths[2] == 30
    assert column_widths(["id", "what", "hash"], [["y" * 40, "z", "x" * 30]], 60) is None
    text = blocks("Title", ["id", "what"], [["y" * 70, "words " * 30], ["b", ""]], 60)
    assert "y" * 70 in text
    assert "what" not in text.split("\n\n")[-1], "what is empty is left out"
    assert all(len(line) <= 60 for line in text.splitlines() if "y" not in line)
