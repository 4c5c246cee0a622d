"""The boundary of harm in a closed report is the one that stops a simulated study."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from proband.analysis.trial_columns import RELATED_HARM
from proband.pages.study_reports import closed_page
from proband.programme.sealing import key_from
from proband.trial.conduct import PER_TRIAL, STOPPED_FOR_HARM, run_shard
from proband.trial.plan import plan_of
from proband.trial.scenarios import scenarios_of
from proband.trial.study.board import closed_report
from proband.trial.study.harm import harm_look
from proband.trial.study.plan import lock_plan
from proband.trial.written_trial import one_trial
from shipped import loaded

NAME, STUDY, SEED = "liver-cells", "failure", 5


@pytest.mark.parametrize("share", [0.05, 0.45, 0.7])
def test_a_report_stops_where_the_simulation_stops(share: float) -> None:
    made = plan_of(loaded(NAME), STUDY)
    harm = made.trial.harm
    assert harm is not None
    often = harm.model_copy(update={"per_person": harm.per_person.model_copy(update={"value": share})})
    plan = replace(made, trial=made.trial.model_copy(update={"harm": often}))
    scenario, stopped = scenarios_of(plan.trial)[0], 0
    conduct = run_shard(plan, scenario, 0, 6, SEED, engine="plain").conduct
    for number in range(6):
        at = dict(zip(PER_TRIAL, conduct[number], strict=True))
        look = harm_look(plan, one_trial(plan, scenario, number, SEED))
        assert look is not None
        if at["stop"] != STOPPED_FOR_HARM:
            assert look.crossed_after is None
            assert (look.treated, look.harmed) == (at["treated"], at["harmed"])
            continue
        stopped += 1
        # the study of the table went on: it had reached the boundary after as many as were treated when the simulated one stopped
        assert look.crossed_after == at["treated"]
    assert (stopped > 0) == (share > 0.3)


def test_the_board_is_told_of_it_and_of_nothing_before_it_can_be_reached() -> None:
    programme = loaded(NAME)
    plan = plan_of(programme, STUDY)
    locked = lock_plan(programme, STUDY, by="statistician", on=date(2000, 1, 1), key=key_from(b"0" * 32))
    rows = one_trial(plan, scenarios_of(plan.trial)[0], 1, SEED)
    dosed = [row for row in rows if row["name"] == "first-dose"]
    rows = [row for row in rows if row["name"] != RELATED_HARM]
    end = date(2010, 1, 1)

    def told(harmed: int, day: date = end) -> tuple[dict, str]:  # type: ignore[type-arg]
        more = [{**row, "row": row["row"] + ":harm", "name": RELATED_HARM} for row in dosed[:harmed]]
        report = {**closed_report(locked.document, programme, rows + more, day).as_dict(), "access": "0" * 64}
        return report["harm"], closed_page(report)

    none, page = told(0)
    assert (none["treated"], none["harmed"], none["crossed_after"]) == (len(dosed), 0, None)
    assert f"The boundary among so many is {none['stops_at']}: it is not reached." in page
    assert 0 <= none["over"] < none["probability"]
    just, page = told(none["stops_at"])
    assert just["crossed_after"] is not None
    assert just["over"] > just["probability"]
    assert "The boundary is reached" in page
    early, page = told(0, date.fromisoformat(dosed[0]["on"]))
    assert early["treated"] >= 1
    if early["stops_at"] is None:
        assert "no number reaches the boundary yet" in page
