"""Tables of trials that were damaged, mistyped, put together twice or moved in time: each is refused with its reason, or gives the right answer.

Each attack is made on the table that a record exports and on the one that a simulation writes, and goes in by either door: as rows, and as
the Parquet file that they make.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from typing import Any

import pytest

from proband.analysis.answers import analyse
from proband.analysis.result import AnalysisError
from proband.analysis.stated import StatedEstimand, made, state_estimand
from proband.analysis.trial_columns import trial_row
from proband.trial.plan import plan_of
from proband.trial.scenarios import scenarios_of
from proband.trial.written_trial import one_trial
from shipped import loaded

Row = dict[str, Any]
Rows = list[Row]
NAME = "spinal-cord-autologous"
SAME = ("the same answer",)


@cache
def table_of(source: str) -> tuple[tuple[str, tuple[tuple[str, Any], ...]], ...] | Any:
    """The rows of a source, and the questions that can be asked of them."""
    if source == "record":
        return _recorded()
    name, study = {"simulated": (NAME, "randomised"), "simulated score": ("liver-cells", "cirrhosis"), "simulated time": ("liver-cells", "failure")}[source]  # fmt: skip
    plan = plan_of(loaded(name), study)
    return name, [e.id for e in plan.estimands], one_trial(plan, scenarios_of(plan.trial)[0], 3, 11)


def _recorded() -> Any:
    from tempfile import TemporaryDirectory

    from proband.record import Command, Record
    from proband.record.tables import table
    from proband.showcase.hospital import BUNDLE, run

    with TemporaryDirectory() as folder:
        run(Path(folder) / "record")
        record = Record.open(Path(folder) / "record", clock=lambda: datetime(2040, 1, 1, tzinfo=UTC))
        lock = Command("study.lock", record.study, {}, actor="custodian-1", role="custodian", site="*")
        record.execute(lock)
        return BUNDLE, ["ais-conversion-12m", "motor-change-12m"], table(record.state, "trial")


SOURCES = ("record", "simulated", "simulated score", "simulated time")


@dataclass
class Table:
    """A table to be attacked: its rows (copies), the question, and a source of choices."""

    rows: Rows
    stated: StatedEstimand
    choice: Random

    @property
    def people(self) -> Rows:
        """Rows of people of the question's arms with a place."""
        arms = (self.stated.treatment, self.stated.comparator)
        return [
            r for r in self.rows if r["kind"] == "person" and r["number"] is not None and r["arm"] in arms
        ]

    @property
    def mine(self) -> set[str]:
        return {row["participant"] for row in self.people}

    @property
    def used(self) -> Rows:
        """Measurements that the question uses."""
        visits = {v.id for of in self.stated.visits.values() for v in of} | {made(o).baseline for o in self.stated.outcomes.values()}  # fmt: skip
        names = {f"{o.instrument}:{s}" for o in self.stated.outcomes.values() for s in made(o).scores or [o.instrument]}  # fmt: skip
        return [r for r in self.rows if r["kind"] == "measurement" and r["visit"] in visits and r["name"] in names and r["participant"] in self.mine]  # fmt: skip

    def a(self, rows: Rows) -> Row:
        if not rows:
            pytest.skip("nothing of the kind in this table")
        return self.choice.choice(rows)

    def event(self, name: str, of: str) -> Row:
        return next(
            r for r in self.rows if r["kind"] == "event" and r["name"] == name and r["participant"] == of
        )

    def add(self, of: str, name: str, on: str | None) -> None:
        self.rows.append(trial_row(of, "event", on, name=name, entry="attack"))


Attack = Callable[[Table], tuple[str, ...]]
ATTACKS: dict[str, Attack] = {}


def attack(name: str) -> Callable[[Attack], Attack]:
    def kept(do: Attack) -> Attack:
        ATTACKS[name] = do
        return do

    return kept


def moved(on: str, days: int) -> str:
    return (date.fromisoformat(on) + timedelta(days=days)).isoformat()


@attack("a row copied")
def _(t: Table) -> tuple[str, ...]:
    t.rows.append(dict(t.a(t.rows)))
    return ("analysis.table.twice",)


@attack("the whole table twice")
def _(t: Table) -> tuple[str, ...]:
    t.rows += [dict(row) for row in t.rows]
    return ("analysis.table.twice",)


@attack("two arms for one person")
def _(t: Table) -> tuple[str, ...]:
    person = t.a(t.people)
    other = t.stated.comparator if person["arm"] == t.stated.treatment else t.stated.treatment
    t.rows.append({**person, "arm": other, "row": person["row"] + ":2"})
    return ("analysis.table.twice",)


@attack("two people under one id")
def _(t: Table) -> tuple[str, ...]:
    one, other = t.choice.sample(sorted(t.mine), 2)
    for row in t.rows:
        if row["participant"] == other:
            row["participant"] = one
    return ("analysis.table.twice",)


@attack("one place for two people")
def _(t: Table) -> tuple[str, ...]:
    one, other = t.choice.sample(t.people, 2)
    other["number"] = one["number"]
    return ("analysis.table.twice",)


@attack("somebody left out")
def _(t: Table) -> tuple[str, ...]:
    gone = t.a([p for p in t.people if p["number"] < max(q["number"] for q in t.rows if q["number"])])["participant"]  # fmt: skip
    t.rows[:] = [row for row in t.rows if row["participant"] != gone]
    return ("analysis.table.missing-people",)


@attack("a row of nobody")
def _(t: Table) -> tuple[str, ...]:
    t.rows.append({**t.a(t.rows), "row": "nobody", "participant": "nobody", "kind": "event", "name": "seen"})
    return ("analysis.table.stranger",)


@attack("an arm misspelt")
def _(t: Table) -> tuple[str, ...]:
    person = t.a(t.people)
    person["arm"] = t.choice.choice([person["arm"].upper(), person["arm"] + " ", person["arm"][:-1], "arm A"])
    return ("analysis.table.unknown",)


@attack("a form misspelt")
def _(t: Table) -> tuple[str, ...]:
    t.a(t.people)["form"] = "another form"
    return ("analysis.table.unknown",)


@attack("a cell of the wrong kind")
def _(t: Table) -> tuple[str, ...]:
    column, value = t.choice.choice([
        ("number", 0), ("number", -3), ("number", 1.0), ("number", "1"), ("number", True), ("on", "09/05/2031"), ("on", "2031-02-30"),
        ("on", "2031-5-9"), ("on", "2031-05-09T23:30:00-08:00"), ("on", "2031-05-09T07:30:00Z"), ("on", " 2031-05-09"), ("on", date(2031, 5, 9)),
        ("on", 20310509), ("on", "unknown"), ("value", "12"), ("value", "12,5"), ("value", float("nan")), ("value", float("inf")), ("value", True),
        ("participant", None), ("participant", ""), ("participant", 7), ("row", None), ("arm", 1), ("name", 3),
    ])  # fmt: skip
    kinds = {"number": "person", "arm": "person", "value": "measurement", "name": "event"}
    t.a([r for r in t.rows if column not in kinds or r["kind"] == kinds[column]])[column] = value
    return ("analysis.table.cell",)


@attack("a kind of row that does not exist")
def _(t: Table) -> tuple[str, ...]:
    t.a(t.rows)["kind"] = t.choice.choice(["measurment", "Event", "", None])
    return ("analysis.choice",)


@attack("a column left out")
def _(t: Table) -> tuple[str, ...]:
    gone = t.choice.choice(list(t.rows[0]))
    for row in t.rows:
        row.pop(gone)
    return ("analysis.columns",)


@attack("measured twice, differently")
def _(t: Table) -> tuple[str, ...]:
    row = t.a(t.used)
    other = {"value": row["value"] + 1} if row["value"] is not None else {"text": "A" if row["text"] != "A" else "B"}  # fmt: skip
    t.rows.append({**row, **other, "row": row["row"] + ":2"})
    return ("analysis.table.two-values",)


@attack("measured twice, alike")
def _(t: Table) -> tuple[str, ...]:
    row = t.a(t.used)
    t.rows.append({**row, "row": row["row"] + ":2"})
    return SAME


@attack("a word for a number, a number for a grade")
def _(t: Table) -> tuple[str, ...]:
    row = t.a(t.used)
    if row["value"] is not None:
        row["value"], row["text"] = None, t.choice.choice(["12", "about 12", "normal"])
    else:
        row["value"], row["text"] = (None, t.choice.choice(["c", "AIS C", "F"])) if t.choice.random() < 0.5 else (2.0, None)  # fmt: skip
    return ("analysis.table.score",)


@attack("the past of a visit that is not of the question")
def _(t: Table) -> tuple[str, ...]:
    who = t.a(t.people)["participant"]
    zero = t.event(t.stated.anchor, who)["on"]
    t.rows.append(trial_row(who, "measurement", moved(zero, -400), name="some-scale:some-scale", visit="years-before", value=3.0))  # fmt: skip
    return SAME


@attack("something after a death")
def _(t: Table) -> tuple[str, ...]:
    who = t.a([p for p in t.people if not any(r["name"] == "death" and r["participant"] == p["participant"] for r in t.rows)])["participant"]  # fmt: skip
    later = [r["on"] for r in t.rows if r["participant"] == who and r["on"] and r["kind"] != "person"]
    zero = t.event(t.stated.anchor, who)["on"]
    if max(later) <= zero:
        pytest.skip("nothing is known of them after the first day")
    t.add(who, "death", moved(max(later), -1))
    return ("analysis.table.after-death", "analysis.table.before-zero")


@attack("a death without a day")
def _(t: Table) -> tuple[str, ...]:
    t.add(t.a(t.people)["participant"], "death", None)
    return ("analysis.table.undated",)


@attack("a death before the clock starts")
def _(t: Table) -> tuple[str, ...]:
    who = t.a(t.people)["participant"]
    t.rows[:] = [r for r in t.rows if not (r["participant"] == who and (r["name"] == "death" or r["kind"] == "measurement"))]  # fmt: skip
    t.add(who, "death", moved(t.event(t.stated.anchor, who)["on"], -5))
    return ("analysis.table.before-zero", "analysis.table.after-death")


@attack("a competing event before the clock starts")
def _(t: Table) -> tuple[str, ...]:
    names = [name for event in t.stated.estimand.of_kind("competing") for name in event.names]
    if not names:
        pytest.skip("no competing event")
    who = t.a(t.people)["participant"]
    t.add(who, names[0], moved(t.event(t.stated.anchor, who)["on"], -5))
    return ("analysis.table.before-zero",)


@attack("another treatment that began and ended long before")
def _(t: Table) -> tuple[str, ...]:
    for event in t.stated.estimand.of_kind("co-intervention"):
        for name in event.names:
            who = t.a(t.people)["participant"]
            t.rows.append(trial_row(who, "event", moved(t.event(t.stated.anchor, who)["on"], -900), name=name, entry="long-before"))  # fmt: skip
    return SAME


@attack("an allocation on two days")
def _(t: Table) -> tuple[str, ...]:
    who = t.a(t.people)["participant"]
    t.add(who, "allocation", moved(t.event("allocation", who)["on"], t.choice.choice([-30, 1, 90])))
    return ("analysis.table.two-days",)


@attack("an allocation without a day")
def _(t: Table) -> tuple[str, ...]:
    t.event("allocation", t.a(t.people)["participant"])["on"] = None
    return ("analysis.table.clock",)


@attack("two visits of one person changed for one another")
def _(t: Table) -> tuple[str, ...]:
    who = t.a(t.used)["participant"]
    mine = sorted((r for r in t.used if r["participant"] == who), key=lambda r: r["on"])
    if len({r["on"] for r in mine}) < 2:
        pytest.skip("one visit only")
    first, last = mine[0], mine[-1]
    first["visit"], last["visit"] = last["visit"], first["visit"]
    for row in mine:
        if row["on"] == first["on"]:
            row["visit"] = first["visit"]
        elif row["on"] == last["on"]:
            row["visit"] = last["visit"]
    return ("analysis.table.visit-order", "analysis.table.two-values")


@attack("the clock of one arm started weeks later")
def _(t: Table) -> tuple[str, ...]:
    if not t.used:
        pytest.skip("nothing is measured at visits")
    treated = {p["participant"] for p in t.people if p["arm"] == t.stated.treatment}
    for row in t.rows:
        if row["participant"] in treated and row["name"] in ("allocation", t.stated.anchor):
            row["on"] = moved(row["on"], 45)
    return ("analysis.table.order", "analysis.table.baseline-clock", "analysis.table.before-zero", "analysis.table.visit-window", "analysis.table.after-death")  # fmt: skip


@attack("rows in another order, with columns nobody asked for")
def _(t: Table) -> tuple[str, ...]:
    t.choice.shuffle(t.rows)
    for row in t.rows:
        row["remark"] = "seen twice"
    return SAME


@attack("the arms sealed")
def _(t: Table) -> tuple[str, ...]:
    t.a(t.people)["arm"] = None
    return ("analysis.table.sealed",)


@cache
def right(source: str, at: int) -> Any:
    name, questions, rows = table_of(source)
    return analyse(state_estimand(loaded(name), questions[at]), rows).record()


@pytest.mark.parametrize("source", SOURCES)
@pytest.mark.parametrize("name", ATTACKS)
def test_an_attacked_table_is_refused_with_its_reason_or_answers_as_before(
    name: str, source: str, tmp_path: Path
) -> None:
    rounds = 40 if os.environ.get("PROBAND_NIGHTLY") else 4
    for number in range(rounds):
        if _attacked(name, source, number, tmp_path / f"{number}.parquet") and not os.environ.get("PROBAND_NIGHTLY"):  # fmt: skip
            return


def _attacked(name: str, source: str, number: int, path: Path) -> bool:
    """One attack, drawn by its number; whether it was answered, which takes longer than a refusal."""
    import polars as pl

    from proband.analysis.trial_frame import SCHEMA, read_trial, trial_frame

    bundle, questions, rows = table_of(source)
    choice = Random(f"{name} {source} {number}")
    at = choice.randrange(len(questions))
    stated = state_estimand(loaded(bundle), questions[at])
    table = Table([dict(row) for row in rows], stated, choice)
    try:
        expected = ATTACKS[name](table)
    except pytest.skip.Exception:
        # another question of the same table may have what this one lacks
        return False
    doors = [table.rows]
    if all(set(SCHEMA) <= row.keys() for row in table.rows):
        plain = [{column: row[column] for column in SCHEMA} for row in table.rows]
        with contextlib.suppress(TypeError, pl.exceptions.PolarsError):
            trial_frame(plain).write_parquet(path)
            read = read_trial(str(path))
            # a file of this form holds no true for 1 and no day that is none: what it cannot hold comes in as rows alone
            if sorted(map(repr, read)) == sorted(map(repr, plain)):
                doors.append(read)
    for through in doors:
        if expected is SAME:
            assert _estimates(analyse(stated, through).record()) == _estimates(right(source, at)), name
            continue
        with pytest.raises(AnalysisError) as refused:
            analyse(stated, through)
        assert refused.value.code in expected, (name, refused.value.code)
        assert refused.value.message
        assert refused.value.mend
    return expected is SAME


def _estimates(record: dict[str, Any]) -> list[Any]:
    return [record[key] for key in ("estimate", "interval", "p", "method", "words")]


@pytest.mark.parametrize(
    ("column", "cast"),
    [
        ("value", "String"), ("number", "Float64"), ("number", "String"), ("on", "Date"), ("on", "Datetime"), ("participant", "Int64"),
        ("arm", "Categorical"), ("number", "Int32"),
    ],
)  # fmt: skip
def test_a_parquet_file_of_other_types_is_refused_or_means_the_same(
    column: str, cast: str, tmp_path: Path
) -> None:
    import polars as pl

    from proband.analysis.trial_frame import read_trial, trial_frame

    bundle, questions, rows = table_of("simulated score")
    stated = state_estimand(loaded(bundle), questions[0])
    frame = trial_frame(rows)
    if column == "participant":
        other = pl.col(column).str.slice(2).cast(pl.Int64)
    elif column == "on":
        other = pl.col(column).str.to_date()
    else:
        other = pl.col(column).cast(getattr(pl, cast))
    frame = frame.with_columns(other if cast != "Datetime" else other.cast(pl.Datetime))
    frame.write_parquet(tmp_path / "other.parquet")
    if cast in ("Categorical", "Int32"):
        assert analyse(stated, read_trial(str(tmp_path / "other.parquet"))).record() == right("simulated score", 0)  # fmt: skip
        return
    with pytest.raises(AnalysisError) as refused:
        analyse(stated, read_trial(str(tmp_path / "other.parquet")))
    assert refused.value.code == "analysis.table.cell"


@pytest.mark.parametrize("content", [b"", b"PAR1", b"row,participant\n1,2\n", b"PAR1" + bytes(100) + b"PAR1"])
def test_a_file_that_is_no_table_is_refused(content: bytes, tmp_path: Path) -> None:
    from proband.analysis.trial_frame import read_trial

    (tmp_path / "trial.parquet").write_bytes(content)
    with pytest.raises(AnalysisError) as refused:
        read_trial(str(tmp_path / "trial.parquet"))
    assert refused.value.code == "analysis.table.file"


def test_a_visit_out_of_its_window_stands_and_is_counted() -> None:
    bundle, questions, rows = table_of("simulated score")
    stated = state_estimand(loaded(bundle), questions[0])
    late = [dict(row) for row in rows]
    visit = stated.visits[stated.estimand.outcome][0]
    row = next(r for r in late if r["visit"] == visit.id)
    row["on"] = moved(row["on"], int(visit.span[1] - visit.day) + 1)
    result = analyse(stated, late)
    assert result.diagnostics[f"measured out of the window of {visit.id}"] == 1
    assert _estimates(result.record()) == _estimates(right("simulated score", 0))


def test_most_visits_of_an_arm_out_of_their_window_are_another_clock() -> None:
    bundle, questions, rows = table_of("simulated score")
    stated = state_estimand(loaded(bundle), questions[0])
    visit = stated.visits[stated.estimand.outcome][0]
    arms = {r["participant"]: r["arm"] for r in rows if r["kind"] == "person"}
    late = [
        {**r, "on": moved(r["on"], int(visit.span[1] - visit.day) + 1)}
        if r["visit"] == visit.id and arms[r["participant"]] == stated.treatment
        else r
        for r in rows
    ]
    with pytest.raises(AnalysisError) as refused:
        analyse(stated, late)
    assert refused.value.code == "analysis.table.visit-window"


def test_what_could_not_be_determined_is_counted_as_that() -> None:
    bundle, questions, rows = table_of("simulated")
    stated = state_estimand(loaded(bundle), questions[0])
    table = Table([dict(row) for row in rows], stated, Random(1))
    table.a([r for r in table.used if r["text"] is not None])["text"] = "ND"
    assert analyse(stated, table.rows).diagnostics["could not be determined"] == 1
