"""A long record is opened, read and appended to without judging all of it again, and rebuilt in bounded memory.

A few thousand events in an ordinary run; with ``PROBAND_NIGHTLY=1`` a million, with the memory that each verb may take.
"""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from benchmarks.long_record import make_long

from proband.record import Command, Record, following
from proband.record.audit import trail
from proband.record.projection import rebuild, show
from proband.record.tables import TABLES, rows_about, table
from proband.record.verify import verify_record

from .synthetic import hospital
from .test_masked import a_life
from .test_stock import changes, donor, lot
from .whole_life import whole_life

NIGHTLY = bool(os.environ.get("PROBAND_NIGHTLY"))
EVENTS = 1_000_000 if NIGHTLY else 2_600
LATER = datetime(2027, 1, 1, tzinfo=UTC)
MIB = 1 << 20


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    made = tmp_path_factory.mktemp("long") / "record"
    make_long(made, EVENTS)
    return made


def folded(monkeypatch) -> list[int]:
    """The numbers of the events that are folded from now on, when a record is opened."""
    seen: list[int] = []
    fold = following.fold

    def counted(state, event, gates):
        seen.append(event.seq)
        return fold(state, event, gates)

    monkeypatch.setattr(following, "fold", counted)
    return seen


def note_something(record: Record) -> int:
    data = {"milestone": "home-measure", "when": "2026-12", "reached": True}
    return record.execute(
        Command(
            "milestone.record", "S-C20", data, actor="dr-1", role="physician", site="north", reason="a note"
        )
    ).seq


def test_only_the_tail_is_folded_when_it_is_opened_again(folder, monkeypatch) -> None:
    seen = folded(monkeypatch)
    with Record.open(folder, clock=lambda: LATER) as record:
        last = record.state.seq
        whole = record.state
    assert len(seen) == last >= EVENTS
    seen.clear()
    with Record.open(folder, clock=lambda: LATER) as record:
        assert record.notes == []
        assert note_something(record) == last + 1
        assert record.state.participants["S-C7"] == whole.participants["S-C7"]
        assert [key for key, _ in record.state.participants.held()] == ["S-C20", "S-C7"]
    assert seen == []
    with Record.open(folder, clock=lambda: LATER) as record:
        assert seen == [last + 1]
        assert rebuild(record).ok
    assert verify_record(folder).ok
    monkeypatch.undo()


@pytest.mark.parametrize(
    "what", ["participants", "products", "doses", "milestones", "labels", "visits", "trial"]
)
def test_one_participant_s_rows_are_those_of_the_whole_table(folder, what) -> None:
    with Record.open(folder, clock=lambda: LATER) as record:
        whole = show(record.state, what, LATER.date())
        seen = []
        for key in ("S-C11", "BAG-C11", "L9", "S-C11:anything"):
            wanted = [row for row in whole if key in (next(iter(row.values())), row.get("participant"))]
            if what == "visits" or not wanted:
                wanted = [row for row in whole if row.get("participant") == key]
            assert show(record.state, what, LATER.date(), key) == wanted
            seen += wanted
        assert seen, "rows of somebody are compared"


def test_the_rows_with_a_key_are_those_of_the_whole_table(tmp_path: Path) -> None:
    house = hospital()
    whole_life(house)
    masked = a_life(tmp_path / "masked", ("cells", "vehicle"))  # kits are of masked programmes alone
    stocked = hospital(changes=changes())  # donors and stock are of programmes that make lots
    donor(stocked)
    lot(stocked)
    filled = set()
    for state in (house.record.state, masked.record.state, stocked.record.state):
        for name in TABLES:
            whole = table(state, name)
            keys = {str(next(iter(row.values()))) for row in whole} | {"S-1", "S-2"}
            for key in keys:
                wanted = [row for row in whole if key in (next(iter(row.values())), row.get("participant"))]
                assert rows_about(state, name, key) == wanted, (name, key)
            filled |= {name} if whole else set()
    assert filled == set(TABLES), "the three lives have rows in every table"


def test_the_events_of_a_subject_are_found_by_their_numbers(folder) -> None:
    with Record.open(folder, clock=lambda: LATER) as record:
        wanted = [row for row in trail(record) if row["subject"] == "BAG-C11"]
        assert list(trail(record, "BAG-C11")) == wanted != []
        assert list(trail(record, "nobody")) == []


PROGRAM = """
import contextlib, io, json, sys
from proband.cli.app import run
with contextlib.redirect_stdout(io.TextIOWrapper(io.BytesIO(), encoding="utf-8")):
    code = run(sys.argv[1:])
names = ("rich", "yaml", "numpy", "polars", "psycopg", "ssl", "proband.programme.claims", "proband.programme.loading")
print(json.dumps([code, [name for name in names if name in sys.modules]]))
"""


@pytest.mark.parametrize("what", [("show", "participants", "--of", "S-C20"), ("recall", "LOT-1")])
def test_a_verb_that_reads_a_long_record_imports_no_more_than_it_needs(folder, what) -> None:
    verb, *rest = what
    # the first run may have to fold what nobody has kept yet
    for _ in range(2):
        command = [sys.executable, "-c", PROGRAM, "record", verb, str(folder), *rest]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[0, []]", done.stderr


def size_of(folder: Path, what: str) -> int:
    """The largest size in bytes of a process that opens the record and does something."""
    code = (
        "import sys; from datetime import UTC, datetime; from pathlib import Path\n"
        "from proband.record import Record; from proband.record.projection import rebuild\n"
        "with Record.open(Path(sys.argv[1]), clock=lambda: datetime(2027, 1, 1, tzinfo=UTC)) as record:\n"
        f"    {what}\n"
        # of this very program: the size of whoever started it would be counted by getrusage
        "print(next(line.split()[1] for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, str(folder)], capture_output=True, text=True, check=True
    )
    return int(done.stdout.split()[-1]) * 1024


@pytest.mark.skipif(sys.platform != "linux", reason="the size of a process is told in other units elsewhere")
@pytest.mark.skipif(not NIGHTLY, reason="a million events: nightly")
def test_a_million_events_fit_into_their_bounds(folder) -> None:
    size_of(folder, "pass")  # the first opening folds them
    assert size_of(folder, "record.state.participants['S-C20']") <= 400 * MIB
    assert size_of(folder, "assert rebuild(record).ok") <= 800 * MIB
