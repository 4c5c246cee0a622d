"""A table whose arms were rewritten looks like any other: what lies beside it (the export's signed manifest, the record, the allocation) tells, and else it is said that nothing does."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from proband.analysis.allocated import hold_to_allocation
from proband.analysis.result import AnalysisError
from proband.analysis.trial_columns import trial_row
from proband.analysis.trial_frame import read_trial, trial_frame
from proband.cli.app import run as program
from proband.programme import load
from proband.record import Command
from proband.record.errors import RecordError
from proband.record.export import export
from proband.record.exported import hold_to_manifest, hold_to_record, signed_manifest
from proband.record.heads import SigningKey
from proband.trial.plan import plan_of
from proband.trial.scenarios import scenarios_of
from proband.trial.written_trial import one_trial
from record.masked import admitted, trial

Rows = list[dict[str, Any]]
CUSTODIAN = {"actor": "sys-1", "role": "custodian", "site": "*"}


def as_treated(rows: Rows) -> Rows:
    """Everybody who got nothing counts as a control."""
    first = next(row["arm"] for row in rows if row["arm"] is not None)
    other = next(row["arm"] for row in rows if row["arm"] not in (None, first))
    return [{**row, "arm": other if row["arm"] == first else row["arm"]} for row in rows]


def survivors_only(rows: Rows) -> Rows:
    """Somebody is left out, and the others are numbered anew."""
    gone = next(row["participant"] for row in rows if row["kind"] == "person")
    kept = [row for row in rows if row["participant"] != gone]
    places = {n: i for i, n in enumerate(sorted(r["number"] for r in kept if r["kind"] == "person"), start=1)}
    return [{**row, "number": places.get(row["number"], row["number"])} for row in kept]


def an_event_dropped(rows: Rows) -> Rows:
    """An event is left out, as a death would be."""
    at = next(i for i, row in enumerate(rows) if row["kind"] == "event")
    return rows[:at] + rows[at + 1 :]


def clock_moved(rows: Rows) -> Rows:
    """One arm's clock starts ninety days later: immortal time."""
    arm = next(row["arm"] for row in rows if row["arm"] is not None)
    theirs = {row["participant"] for row in rows if row["arm"] == arm}

    def later(row: dict[str, Any]) -> dict[str, Any]:
        moved = (date.fromisoformat(row["on"]) + timedelta(days=90)).isoformat()
        return {**row, "on": moved}

    return [later(row) if row["name"] == "allocation" and row["participant"] in theirs else row for row in rows]  # fmt: skip


BROKEN: list[Callable[[Rows], Rows]] = [as_treated, survivors_only, an_event_dropped, clock_moved]


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """An open trial of four people, locked and exported."""
    monkeypatch.chdir(tmp_path)
    made = trial(tmp_path / "record", masked=False, seed=bytes(range(32)))
    for n in range(1, 5):
        admitted(made, f"S-{n}")
    made.do("study.lock", "SYN", {}, actor="sys-1", role="custodian", site="*")
    export(made.record, tmp_path / "out", Command("record.export", "SYN", **CUSTODIAN), purpose="analysis")
    yield made
    made.record.close()


def told(folder: Path = Path("out")) -> dict[str, Any]:
    return json.loads((folder / "manifest.json").read_bytes())


def test_an_export_is_what_it_says_of_itself(house: Any) -> None:
    rows, manifest = read_trial("out/trial.parquet"), told()
    assert manifest["key"] == house.record.key.public.hex()
    said = hold_to_manifest(rows, manifest, house.record.key.public)
    assert f"exported from SYN at event {manifest['events']}, signed by the key" in said
    # in whatever order the rows lie
    assert hold_to_manifest(rows[::-1], manifest) == said
    assert "arms of 4 people" in hold_to_record(rows, house.record.state)
    # whoever came after the table was made is not asked for
    late = {name: value for name, value in manifest.items() if name not in ("trial", "key", "sealed")}
    assert hold_to_manifest(rows, late) == "", "an export of before says nothing of its table"
    # one that nobody signed proves less, and says so
    assert "Nobody signed its manifest" in hold_to_manifest(rows, signed_manifest(late, rows, None))
    # a signed one from which the hash was taken out is no export of before
    with pytest.raises(RecordError, match="signed by another key"):
        hold_to_manifest(rows, {name: value for name, value in manifest.items() if name != "trial"})


def test_a_table_that_was_rewritten_is_refused(house: Any) -> None:
    rows, manifest = read_trial("out/trial.parquet"), told()
    for broken in BROKEN:
        changed = broken(rows)
        with pytest.raises(RecordError, match="not the one that was exported"):
            hold_to_manifest(changed, manifest)
        # and its manifest with it: unsigned, with the old signature, signed by somebody else
        bare = {name: value for name, value in manifest.items() if name not in ("key", "sealed")}
        stranger = {name: value for name, value in manifest.items() if name != "sealed"}
        for forged in (
            signed_manifest(bare, changed, None),
            signed_manifest(manifest, changed, None),
            signed_manifest(stranger, changed, SigningKey.generate()),
        ):
            with pytest.raises(RecordError, match="signed by another key"):
                hold_to_manifest(changed, forged, house.record.key.public)
    # the record tells arms and people without any manifest
    for broken in (as_treated, survivors_only):
        with pytest.raises(AnalysisError) as refused:
            hold_to_record(broken(rows), house.record.state)
        assert refused.value.code in ("analysis.table.arms", "analysis.table.left-out")


def test_what_a_masked_record_does_not_tell_proves_nothing(tmp_path: Path) -> None:
    made = trial(tmp_path / "record", masked=True, seed=bytes(range(32)))
    admitted(made, "S-1")
    assert hold_to_record([trial_row("S-1", "person", None, number=1, arm="cells")], made.record.state) == ""
    made.record.close()


def test_every_verb_that_reads_a_table_holds_it(house: Any, capsys: pytest.CaptureFixture[str]) -> None:
    trial_frame(as_treated(read_trial("out/trial.parquet"))).write_parquet("out/trial.parquet")
    assert program(["study", "lock", "liver-cells", "--by", "statistician", "--key", "me.pem"]) == 0
    of_a_study = {"open": [], "closed": ["--by", "b", "--why", "look"], "final": ["--by", "b", "--stopped", "synthetic"]}  # fmt: skip
    for verb in ("analyse", *of_a_study):
        words = (
            ["analyse"] if verb == "analyse" else ["study", verb, "--plan", "plan.json", *of_a_study[verb]]
        )
        capsys.readouterr()
        assert program([*words, "liver-cells", "out/trial.parquet"]) == 2
        assert "not the one that was exported" in " ".join(capsys.readouterr().err.split()), verb


def test_a_table_alone_is_answered_and_not_believed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:  # fmt: skip
    monkeypatch.chdir(tmp_path)
    plan = plan_of(load("liver-cells"))
    rows = list(one_trial(plan, scenarios_of(plan.trial)[0], 0, 1))
    trial_frame(rows).write_parquet("trial.parquet")
    people = {row["participant"]: row["arm"] for row in rows if row["kind"] == "person"}

    def answer(*words: str) -> tuple[int, dict[str, Any] | str]:
        code = program(
            ["analyse", "liver-cells", "trial.parquet", "--estimand", plan.estimands[1].id, "--json", *words]
        )
        out = capsys.readouterr()
        return code, json.loads(out.out) if code == 0 else out.out + out.err

    code, said = answer()
    assert (code, "is not proven" in said["allocation"]) == (0, True)  # type: ignore[index]

    def written(arms: dict[str, str]) -> None:
        with Path("people.csv").open("w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([("participant", "arm"), *arms.items()])

    written(people)
    code, said = answer("--allocation", "people.csv")
    assert (
        code,
        f"The arms of {len(people)} people are those of the allocation in people.csv." in said["allocation"],
    ) == (0, True)  # type: ignore[index]
    written(people | {next(iter(people)): "another"})
    code, said = answer("--allocation", "people.csv")
    assert (code, "analysis.table.arms" in said) == (2, True)
    written({**people, "P-new": "another"})
    code, said = answer("--allocation", "people.csv")
    assert (code, "analysis.table.left-out" in said) == (2, True)
    Path("people.csv").write_text("participant,place\nP-1,2\n", encoding="utf-8")
    assert answer("--allocation", "people.csv")[0] == 2


@given(
    arms=st.lists(st.sampled_from(["cells", "care"]), min_size=1, max_size=12),
    changed=st.lists(st.sampled_from(["cells", "care", None]), min_size=12, max_size=12),
)
def test_whoever_stands_in_another_arm_is_found(arms: list[str], changed: list[str | None]) -> None:
    allocated = {f"P-{n}": arm for n, arm in enumerate(arms)}
    rows = [trial_row(name, "person", None, number=n + 1, arm=changed[n]) for n, name in enumerate(allocated)]
    other = sum(arm is not None and arm != kept for arm, kept in zip(changed, arms, strict=False))
    if other:
        with pytest.raises(AnalysisError, match=f"{other} of "):
            hold_to_allocation(rows, allocated)
    else:
        assert hold_to_allocation(rows, allocated) == sum(arm is not None for arm in changed[: len(arms)])


def test_whoever_withdrew_their_data_stands_for_nobody_who_was_left_out() -> None:
    allocated: dict[str, str | None] = {"P-1": "cells", "P-2": "care", "P-3": "cells"}

    def rows(withdrawn: str) -> list[dict[str, Any]]:
        kept = trial_row("P-2", "person", None, number=2, arm="care")
        return [kept, trial_row(withdrawn, "person", None, number=1, text="data-withdrawn")]

    with pytest.raises(AnalysisError, match="1 of "):
        hold_to_allocation(rows("P-1"), allocated)
    # under another name: one of the two who are absent is that person
    with pytest.raises(AnalysisError):
        hold_to_allocation(rows("unknown"), allocated)
    del allocated["P-3"]
    assert hold_to_allocation(rows("unknown"), allocated) == 1
    assert hold_to_allocation(rows("P-1"), allocated) == 1
