"""A study as it goes: the locked plan, the board's reports, the final report; what they refuse, and what they cannot show."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from functools import cache
from typing import Any

import numpy as np
import pytest

from proband.analysis.first_events import split
from proband.analysis.pictures import BarPicture, CoursePicture, ResultPicture, picture_from
from proband.analysis.result import AnalysisError, AnalysisResult
from proband.analysis.stated import state_estimand
from proband.analysis.trial_table import arranged
from proband.pages.study_reports import closed_page, final_page, open_page
from proband.programme import bundled
from proband.programme.sealing import key_from
from proband.terms import ProbandError
from proband.trial.plan import plan_of, trials_of
from proband.trial.scenarios import scenarios_of
from proband.trial.study.access import START, next_entry, read_log
from proband.trial.study.board import better, closed_report, limits_of, open_report
from proband.trial.study.final import final_report
from proband.trial.study.plan import LockedPlan, SealedPlan, lock_plan, read_plan
from proband.trial.study.table import as_of, table_hash
from proband.trial.written_trial import one_trial
from shipped import loaded

NAME, STUDY = "liver-cells", "cirrhosis"
KEY = key_from(b"0" * 32)
LOOK, END = date(2001, 6, 1), date(2010, 1, 1)
STUDIES = [(name, trial.id) for name in bundled() for trial in trials_of(loaded(name))]
Rows = list[dict[str, Any]]


@cache
def locked() -> SealedPlan:
    return lock_plan(loaded(NAME), STUDY, by="statistician", on=date(2000, 1, 1), key=KEY)


@cache
def _rows(number: int, suppose: float) -> tuple[dict[str, Any], ...]:
    plan = plan_of(loaded(NAME), STUDY)
    scenario = scenarios_of(plan.trial, {"meld-change": suppose})[-1]
    return tuple(one_trial(plan, scenario, number, 5))


def rows(number: int = 1, suppose: float = -0.5) -> Rows:
    return [dict(row) for row in _rows(number, suppose)]


def opened(table: Rows, day: date = LOOK, plan: LockedPlan | None = None) -> dict[str, Any]:
    return open_report(plan or locked().document, loaded(NAME), table, day).as_dict()


def closed(table: Rows, day: date = LOOK, **more: Any) -> dict[str, Any]:
    found = closed_report(locked().document, loaded(NAME), table, day, **more).as_dict()
    # as it is read back from its file
    return dict(json.loads(json.dumps(found)))


def refused(code: str, do: Any) -> ProbandError:
    with pytest.raises(ProbandError) as raised:
        do()
    assert raised.value.code == code
    return raised.value


def test_no_arm_can_be_told_from_an_open_report() -> None:
    table, rng = rows(), np.random.default_rng(1)
    before = opened(table)
    people = [row for row in table if row["kind"] == "person"]
    arms = [row["arm"] for row in people]
    for person, arm in zip(people, rng.permutation(arms), strict=True):
        person["arm"] = str(arm)
    assert opened(table) == before
    for person in people:
        person["arm"] = None
    assert opened(table) == before
    said = json.dumps(before)
    assert all(arm not in said for arm in set(arms))
    assert "first-dose" not in said
    assert before["allocated"] == sum(before["sites"].values()) == sum(before["months"].values())


def test_what_comes_after_the_day_of_a_report_changes_nothing() -> None:
    table = rows()
    known = as_of(table, LOOK)
    assert opened(known) == opened(table)
    assert closed(known) == closed(table)
    later = max(str(row["on"]) for row in known if row["on"])
    assert later <= LOOK.isoformat() < max(str(row["on"]) for row in table if row["on"])
    assert table_hash(table) != table_hash(known) == table_hash(known[::-1])


def test_the_closed_report_adds_up_and_answers_at_the_limit_of_its_look() -> None:
    report = closed(rows())
    look = report["look"]
    assert 0 < look["fraction"] < 1
    # Lan and DeMets, the part of the error that O'Brien and Fleming's function spends there
    stated = plan_of(loaded(NAME), STUDY).estimands[0]
    assert look["limit"] == pytest.approx(limits_of(stated, (look["fraction"],))[0])
    assert look["limit"] < 0.05
    assert report["open_table"] == opened(rows())["head"]["table"]
    for question, parts in report["splits"].items():
        for side, key in enumerate(("treated", "controls")):
            assert sum(part[key] for part in parts) == report["followed"][question][side]["people"]
    assert sum(report["allocated"].values()) == opened(rows())["allocated"]


def test_the_limits_are_those_of_other_software() -> None:
    # gsDesign and rpact, two-sided 0.05, looks at half and at the end, Lan-DeMets O'Brien-Fleming: z 2.963, 1.969
    stated = plan_of(loaded(NAME), STUDY).estimands[0]
    first, last = limits_of(stated, (0.5,))
    assert first == pytest.approx(0.00305, abs=5e-6)
    assert last == pytest.approx(0.04900, abs=5e-6)
    assert limits_of(stated, ()) == (0.05,)


def test_a_strong_effect_crosses_and_a_harm_is_called_that() -> None:
    good, bad = closed(rows(2, -6.0))["look"], closed(rows(2, 6.0))["look"]
    assert (good["crossed"], good["better"]) == (True, True)
    assert (bad["crossed"], bad["better"]) == (True, False)
    assert good["conditional_power"][0] > 0.9 > 0.1 > bad["conditional_power"][0]
    harmed = final_report(locked().document, loaded(NAME), rows(2, 6.0), END)
    assert harmed.questions[0].verdict == "yes-worse"
    assert "did worse" in harmed.first


def test_the_final_report_asks_in_order_and_pays_for_its_looks() -> None:
    look = closed(rows(2, -6.0))
    report = final_report(locked().document, loaded(NAME), rows(2, -6.0), END, earlier=[look])
    assert [q.id for q in report.questions] == [q.id for q in locked().document.questions]
    assert report.questions[0].verdict == "yes-better"
    assert report.questions[0].limit < 0.05 == report.questions[1].limit
    assert report.looks == (look["look"]["fraction"],)
    missed = final_report(locked().document, loaded(NAME), rows(), END)
    assert missed.questions[0].verdict == "no"
    assert missed.questions[1].verdict == missed.questions[2].verdict == "not-asked"
    assert "not answered yes" in missed.first
    assert missed.questions[2].result is None


def test_a_final_report_while_the_study_goes_on_is_refused_unless_it_was_stopped() -> None:
    refused("study.early", lambda: final_report(locked().document, loaded(NAME), rows(), LOOK))
    stopped = final_report(locked().document, loaded(NAME), rows(), LOOK, stopped="no money is left")
    assert any("no money is left" in line for line in stopped.head.remarks)


def test_a_death_that_vanished_since_the_look_is_refused() -> None:
    table = rows()
    look = closed(table)
    dead = next(r for r in table if r["name"] == "death" and r["on"] <= LOOK.isoformat())
    gone = [row for row in table if row is not dead]
    error = refused(
        "study.vanished", lambda: final_report(locked().document, loaded(NAME), gone, END, earlier=[look])
    )
    assert "Death" in error.message
    corrected = [
        {**r, "value": r["value"] + 1} if r["kind"] == "measurement" and r["visit"] == "baseline" else r
        for r in table
    ]
    said = final_report(locked().document, loaded(NAME), corrected, END, earlier=[look]).head.remarks
    assert any("corrected after the look" in line for line in said)
    assert final_report(locked().document, loaded(NAME), table, END, earlier=[look]).head.remarks == ()


def test_looks_out_of_order_or_of_another_study_are_refused() -> None:
    table = rows()
    first = closed(table, date(2001, 3, 1))
    second = closed(table, LOOK, earlier=[first])
    assert second["looks"][0] == first["look"]["fraction"] < second["looks"][1]
    assert second["look"]["limit"] != closed(table)["look"]["limit"]
    refused("study.look.order", lambda: closed(table, date(2001, 3, 1), earlier=[second]))
    refused("study.look.order", lambda: closed(table, date(2001, 9, 1), earlier=[second]))
    other = {**first, "head": {**first["head"], "study": "failure"}}
    refused("study.look.order", lambda: closed(table, LOOK, earlier=[other]))
    again = closed(table, date(2001, 6, 2), earlier=[first, second])
    assert again["look"] is None or again["look"]["fraction"] > second["look"]["fraction"]


def test_a_plan_that_was_changed_is_refused_and_an_amendment_is_made_in_the_open() -> None:
    told = locked().as_dict()
    assert read_plan(json.dumps(told)).document == locked().document
    changed = json.loads(json.dumps(told))
    changed["plan"]["questions"][0]["error"] = 0.10
    refused("study.plan.forged", lambda: read_plan(json.dumps(changed)))
    changed["hash"] = LockedPlan.model_validate(changed["plan"], strict=False).hash
    refused("study.plan.forged", lambda: read_plan(json.dumps(changed)))
    for broken in ("[]", "{}", "nonsense", json.dumps({**told, "public_key": "?"})):
        refused("study.plan.unreadable", lambda broken=broken: read_plan(broken))
    refused(
        "study.plan.unreadable",
        lambda: lock_plan(loaded(NAME), STUDY, by="x", on=LOOK, key=KEY, replaces=locked()),
    )
    refused(
        "study.plan.unreadable",
        lambda: lock_plan(loaded(NAME), STUDY, by="x", on=LOOK, key=KEY, why="for no plan"),
    )
    refused("study.plan.other", lambda: lock_plan(loaded(NAME), "failure", by="x", on=LOOK, key=KEY, replaces=locked(), why="x"))  # fmt: skip
    amended = lock_plan(loaded(NAME), STUDY, by="x", on=LOOK, key=KEY, replaces=locked(), why="a site joined")
    assert amended.document.line == (locked().document.hash, amended.document.hash)
    report = final_report(amended.document, loaded(NAME), rows(), END, earlier=[closed(rows())])
    assert any("amended after the look" in line for line in report.head.remarks)
    assert any("a site joined" in line for line in report.head.remarks)
    refused(
        "study.plan.programme",
        lambda: open_report(locked().document, loaded("mitochondria-hpdl"), rows(), LOOK),
    )


def test_code_that_changed_since_the_plan_is_said() -> None:
    other = locked().document.model_copy(update={"code": "0" * 64})
    assert any("code of the analyses" in line for line in opened(rows(), plan=other)["head"]["remarks"])


@pytest.mark.parametrize(
    "summary", ["restricted-mean-survival-time", "difference-in-survival", "hazard-ratio"]
)
def test_longer_without_the_event_is_better_unless_one_hopes_for_it(summary: str) -> None:
    of = state_estimand(loaded(NAME), "cirrhosis-survival-24m")
    of = replace(of, estimand=of.estimand.model_copy(update={"summary": summary}))
    id = of.estimand.outcome
    recovery = of.outcome.model_copy(update={"direction": "event-is-good"})
    rarer = AnalysisResult(
        "a method", "a quantity", estimate=-1.0 if summary == "hazard-ratio" else 1.0, low=0.0, high=2.0
    )
    assert better(of, rarer)
    assert not better(replace(of, outcomes={**of.outcomes, id: recovery}), rarer)


def test_a_simulation_of_something_else_is_no_ground_for_a_plan() -> None:
    plan = plan_of(loaded(NAME), STUDY)
    report: dict[str, Any] = {
        "programme": {"hash": plan.programme_hash}, "design": {"id": STUDY}, "estimands": [{"hash": e.hash} for e in plan.estimands],
        "run": {"key": "a" * 64, "trials_per_scenario": 10, "seed": 1}, "type_one_error": {e.id: {"value": 0.04} for e in plan.estimands},
    }  # fmt: skip

    def lock(**other: Any) -> SealedPlan:
        return lock_plan(loaded(NAME), STUDY, by="x", on=LOOK, key=KEY, simulation={**report, **other})

    assert lock().document.simulation is not None
    refused("study.plan.simulation", lambda: lock(design={"id": "failure"}))
    refused("study.plan.simulation", lambda: lock(estimands=[]))
    refused("study.file", lambda: lock(run={}))


def test_the_log_of_access_shows_every_change_but_the_loss_of_its_end() -> None:
    log = ""
    for who in ("a", "b", "c"):
        log += next_entry(log, who=who, why="look", at="2001-06-01", report="closed", plan="p", table="t")
    entries = read_log(log)
    assert [entry.who for entry in entries] == ["a", "b", "c"]
    assert entries[0].before == START
    lines = log.splitlines(keepends=True)
    for broken in (
        "".join(lines[1:]),
        lines[0] + lines[2],
        log.replace('"b"', '"x"'),
        log + "{}\n",
        log + "?\n",
    ):
        refused("study.access.broken", lambda broken=broken: read_log(broken))
        refused("study.access.broken", lambda broken=broken: next_entry(broken, who="d", why="", at="", report="", plan="", table=""))  # fmt: skip


def test_sealed_arms_give_an_open_report_and_no_closed_one() -> None:
    sealed = [{**row, "arm": None} for row in rows()]
    assert opened(sealed)["allocated"] > 0
    with pytest.raises(AnalysisError) as raised:
        closed(sealed)
    assert raised.value.code == "analysis.table.sealed"


def test_who_withdrew_the_use_of_their_data_is_counted_and_stops_no_report() -> None:
    table = rows()
    gone = [f"V-{number:04d}" for number in (3, 58)]
    left = [row for row in table if row["participant"] not in gone]
    for at, number in enumerate((3, 58)):
        left.append({**table[0], "row": f"withdrawn-{at}", "participant": f"#{at}", "number": number, "site": None, "form": None, "arm": None,
                     "kind": "person", "name": None, "on": None, "text": "data-withdrawn"})  # fmt: skip
    # the 58th came after the day of the look: of the two only the third is counted there
    early, late = opened(left), opened(left, END)
    assert (early["withdrew"], late["withdrew"]) == (1, 2)
    assert late["allocated"] == 58
    assert closed(left)["look"] is not None
    assert final_report(locked().document, loaded(NAME), left, END).questions[0].result is not None


@pytest.mark.parametrize(("name", "study"), STUDIES)
def test_every_shipped_study_has_reports_from_its_first_day_to_its_last(name: str, study: str) -> None:
    plan = plan_of(loaded(name), study)
    document = lock_plan(loaded(name), study, by="x", on=LOOK, key=KEY).document
    table = one_trial(plan, scenarios_of(plan.trial)[0], 1, 5)
    days = sorted(str(row["on"]) for row in table if row["on"])
    for day in (
        date(1999, 1, 1),
        *(date.fromisoformat(days[int(part * (len(days) - 1))]) for part in (0.0, 0.3, 0.7, 1.0)),
    ):
        report = (
            opened(table, day, document)
            if name == NAME
            else open_report(document, loaded(name), table, day).as_dict()
        )
        assert 0 <= report["allocated"] <= report["planned"]
        for each in report["followed"]:
            assert 0 <= each["missing"] <= each["due"] <= each["people"]
        if not report["allocated"]:
            refused(
                "analysis.table.nobody", lambda day=day: closed_report(document, loaded(name), table, day)
            )
            continue
        told = closed_report(document, loaded(name), table, day)
        assert sum(told.allocated.values()) == report["allocated"]
    assert final_report(document, loaded(name), table, END).questions[0].verdict in (
        "no",
        "yes-better",
        "yes-worse",
        "no-answer",
    )


@pytest.mark.parametrize("study", ["cirrhosis", "failure"])
def test_every_split_adds_up_to_everybody_and_the_first_event_counts(study: str) -> None:
    plan = plan_of(loaded(NAME), study)
    for number in range(3):
        table = one_trial(plan, scenarios_of(plan.trial)[0], number, 5)
        for stated in plan.estimands:
            data = arranged(stated, table)
            parts = split(stated, data)
            assert sum(part.treated for part in parts) == int((data.arm == 1).sum())
            assert sum(part.controls or 0 for part in parts) == int((data.arm == 0).sum())
            both = replace(data, events={name: np.full(data.shape, 5.0) for name in data.events})
            told = {part.what: part.treated for part in split(stated, both)}
            assert max(told, key=lambda what: told[what]).startswith("Death"), told


def charts(page: str) -> int:
    return page.count('<svg class="chart')


def test_the_reports_draw_what_they_say() -> None:
    """Each picture holds the counts of its report: arms in the closed and the final one, none in the open one."""
    table = rows(2, -6.0)
    before = opened(table)
    come = picture_from(before["pictures"]["accrual"])
    assert isinstance(come, BarPicture)
    assert come.groups[-1].bars[0].count == before["allocated"]
    assert charts(open_page(before)) == 1
    report = {**closed(table), "access": "0" * 64}
    happened = picture_from(report["pictures"]["counts"])
    assert isinstance(happened, ResultPicture)
    for line, count in zip(happened.lines, report["counts"], strict=True):
        assert line.estimate == pytest.approx(100 * count["events"] / count["people"])
    for id, split_ in report["splits"].items():
        first = picture_from(report["pictures"]["first"][id])
        assert isinstance(first, BarPicture)
        assert [[bar.count for bar in group.bars] for group in first.groups] == [[row["treated"], row["controls"]] for row in split_]  # fmt: skip
    look = picture_from(report["look"]["result"]["picture"])
    assert isinstance(look, CoursePicture)
    assert charts(closed_page(report)) == 2 + len(report["splits"])
    final = final_report(locked().document, loaded(NAME), table, END, earlier=[closed(table)]).as_dict()
    page = final_page(json.loads(json.dumps(final, allow_nan=False)))
    assert [q["result"]["picture"]["kind"] for q in final["questions"]] == ["courses", "bars", "curves"]
    assert charts(page) == len(final["questions"]) + sum(bool(q["split"]) for q in final["questions"]) + 1
    assert "still watched" in page
    # a report that was written before there were pictures is a page too
    del final["pictures"]
    for question in final["questions"]:
        del question["result"]["picture"]
    assert charts(final_page(final)) == 0
