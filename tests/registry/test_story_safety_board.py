"""Safety board on Thursday: a locked plan, a concealed list, a look, an amendment, the end, the summary for lay people, played in Chromium; the trial is made up."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from proband.programme import Programme, load, locate
from proband.record import Command, Signature
from proband.record.errands import carry_out
from proband.trial.study.plan import SealedPlan, lock_plan
from record.synthetic import Hospital
from record.test_liver_is_randomised import screened

from .in_browser import check_accessible_and_fits
from .playing import ENGINES, Screen, entering, store_for
from .staged import Stage, on_stage

pytestmark = [
    pytest.mark.browser,
    pytest.mark.skipif(
        not os.environ.get("PROBAND_NIGHTLY"),
        reason="the story is played nightly (PROBAND_NIGHTLY=1): it takes minutes",
    ),
]

PEOPLE = 12
FORM = "decompensated-cirrhosis"
STAFF = {
    "inv-1": ("investigator", "north"), "assess-1": ("masked-assessor", "north"), "hep-1": ("transplant-physician", "north"),
    "data-1": ("data-manager", "north"), "stat-1": ("statistician", "*"), "board-1": ("safety-board", "*"), "board-2": ("safety-board", "*"),
}  # fmt: skip
#: whoever gives the cells knows who gets them; assessor and analyst do not
KNOW = ("custodian", "investigator", "transplant-physician", "data-manager", "safety-board")
VISITS = (("cirrhosis-month-3", 91), ("cirrhosis-month-6", 182), ("cirrhosis-month-12", 365))


@pytest.fixture(params=ENGINES)
def trial(house: Hospital, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Stage]:
    """Twelve people in the two groups of one form, as the sealed list has them; nobody is told where."""
    programme = load("liver-cells")
    stage = Stage(tmp_path / "record", "LIV-1", programme, STAFF, datetime(2026, 12, 1, 8, tzinfo=UTC), store=store_for(request))  # fmt: skip
    seal = Command("allocation.seal", "LIV-1", {}, "stat-1", "statistician", "north", signatures=[Signature("stat-1", "statistician", "scripted")])  # fmt: skip
    carry_out(stage.record, seal)
    consent = programme.head.consent
    version = consent.version_on(stage.clock[0].date(), "en")
    assert version is not None
    facts = screened("liver-cells")[FORM]["facts"] | {"as_of": stage.today}
    agreed = {"version": version.id, "language": "en", "age_years": 50, "by": "participant", "capacity": "has", "teach_back": [True] * len(consent.teach_back)}  # fmt: skip
    rng = np.random.default_rng(19)
    for number in range(1, PEOPLE + 1):
        person = f"L-{number}"
        stage.do("participant.refer", person, {}, "inv-1")
        stage.do("participant.screen", person, {"outcome": "eligible", "facts": facts, "reasons": []}, "inv-1")  # fmt: skip
        stage.do("consent.give", person, agreed, "inv-1")
        stage.do("participant.enrol", person, {"number": number}, "inv-1")
        stratum = {"sub-indication": FORM, "cause": "other", "score-at-entry": "MELD below 20"}
        stage.do("participant.allocate", person, {"stratum": stratum}, "inv-1")
        _scored(stage, person, "baseline", 15 + float(rng.normal(0, 2)))
    with on_stage(house, stage, KNOW):
        yield stage


def _scored(stage: Stage, person: str, visit: str, score: float) -> None:
    data = {"visit": visit, "on": stage.today, "instrument": "meld-3", "scores": {"meld-3": round(min(max(score, 6), 40), 1)}}  # fmt: skip
    stage.do("outcome.record", person, data, "assess-1")


def _followed(stage: Stage, visits: tuple[tuple[str, int], ...], gone: int = 0) -> None:
    rng = np.random.default_rng(91)
    for visit, day in visits:
        stage.wait(days=day - gone)
        gone = day
        for number in range(1, PEOPLE + 1):
            if stage.state.participants[f"L-{number}"].ended is None:
                _scored(stage, f"L-{number}", visit, 15 + float(rng.normal(0, 3)))


def _plan(stage: Stage, programme: Programme, before: SealedPlan | None = None) -> SealedPlan:
    key = Ed25519PrivateKey.from_private_bytes(b"p" * 32)
    why = "a third site joined" if before else None
    return lock_plan(programme, "cirrhosis", by="stat-1", on=stage.clock[0].date(), key=key, replaces=before, why=why)  # fmt: skip


def _take_in(stat: Screen, sealed: SealedPlan, folder: Path) -> None:
    path = folder / f"plan-{len(sealed.document.replaces)}.json"
    path.write_text(json.dumps(sealed.as_dict()), encoding="utf-8")
    stat.go("/study/plan/")
    stat.page.set_input_files("#file", str(path))
    stat.page.click("form.panel button.btn")
    assert sealed.document.hash in stat.said


def _look(board: Screen, why: str) -> None:
    """Read everybody's arms: with a reason, signed, before anything is told."""
    board.fill("allocation.read", "LIV-1", {}, reason=why, **{"as": "safety-board@north"})
    board.sign()
    assert "shown to you once" in board.said


def _amended(folder: Path) -> Programme:
    shutil.copytree(locate("liver-cells"), folder)
    head = folder / "programme.yaml"
    head.write_text(head.read_text(encoding="utf-8").replace("version: 1.0.0", "version: 1.1.0", 1), encoding="utf-8")  # fmt: skip
    return load(folder)


def test_a_safety_board_on_thursday(
    trial: Stage, browser: Any, address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from proband.registry import doing

    with entering(browser, address, trial.staff) as enter:
        board, stat = enter("board-1"), enter("stat-1")
        custodian, rater = enter("sys-1"), enter("assess-1")

        # the plan is locked before anybody looks, by somebody who is told no arm and nothing of anybody
        first = _plan(trial, load("liver-cells"))
        _take_in(stat, first, tmp_path)
        assert stat.page.goto(f"{address}/study/").status == 403
        assert rater.page.goto(f"{address}/study/").status == 403
        assert board.page.goto(f"{address}/study/plan/").status == 403, "the board locks no plan"

        # a look: three months of twelve people; the open report knows no arm, the closed one is made after a read that is in the log
        _followed(trial, VISITS[:1])
        page = board.go("/study/")
        assert "Nobody has looked by arm." in page
        check_accessible_and_fits(board.page, "/study/")
        open_report = board.go(f"/study/{first.document.hash}/open/")
        assert "12 of 60 planned people are allocated" in open_report
        assert "own-marrow-artery" not in open_report
        check_accessible_and_fits(board.page, "the open report")
        board.go("/study/")
        board.page.click("text=Closed report, for the board alone")
        assert "registry.look" in board.said
        assert trial.state.unblindings == {}
        _look(board, "first look")
        (seq,) = trial.state.unblindings
        board.go("/study/")
        board.page.click("text=Closed report, for the board alone")
        closed = board.said
        assert f"event {seq}" in closed
        assert "own-marrow-artery: 6 allocated" in closed
        assert "Composites and competing events, split" in closed
        check_accessible_and_fits(board.page, "the closed report")
        # a second member reads for themselves; what the first one read opens nothing for them
        other = enter("board-2")
        other.go("/study/")
        other.page.click("text=Closed report, for the board alone")
        assert "registry.look" in other.said
        trial.wait(hours=2)
        board.go("/study/")
        board.page.click("text=Closed report, for the board alone")
        assert "registry.look" in board.said, "an hour later it is another look"

        # what happened between: a death, a transplant
        trial.do("participant.die", "L-3", {"when": trial.today, "cause": "bleeding"}, "hep-1")
        trial.do("milestone.record", "L-6", {"milestone": "transplant", "when": trial.today, "reached": True}, "data-1")  # fmt: skip

        # an amendment: the old plan is of an earlier version, the new one names it
        amended = _amended(tmp_path / "amended")
        monkeypatch.setattr(doing, "bundle_that_ships", lambda name: amended)
        custodian.do("programme.adopt", "LIV-1", {"bundle": "liver-cells", "changes": "a third site joined"}, second=("inv-1", "investigator"))  # fmt: skip
        custodian.go("/versions/")
        custodian.page.click("text=Bring those who are ticked")
        assert f"{PEOPLE - 1} brought to version 1.1.0" in custodian.said or f"{PEOPLE} brought" in custodian.said  # fmt: skip
        assert "of an earlier version: lock an amended plan" in board.go("/study/")
        second = _plan(trial, amended, first)
        _take_in(stat, second, tmp_path)

        # the end: the last visits, the lock, the final report with the primary question first, the summary for lay people
        _followed(trial, VISITS[1:], gone=91)
        custodian.do("study.lock", "LIV-1", {})
        board.go("/study/")
        form = board.page.locator(f'form[action$="{second.document.hash}/final/"]')
        form.locator("button").click()
        assert "planned people are allocated" in board.said, "it is not over by its plan"
        board.go("/study/")
        form = board.page.locator(f'form[action$="{second.document.hash}/final/"]')
        form.locator("input[name=stopped]").fill("a made-up trial of twelve people")
        form.locator("button").click()
        final = board.said
        assert "Final report" in final
        assert "The study was stopped before its end: a made-up trial of twelve people" in final
        assert "amended after the look" in final or "The plan was amended" in final
        # a composite is split: deaths and transplants apart
        assert "Death" in final
        assert "Liver transplant" in final
        check_accessible_and_fits(board.page, "the final report")
        board.go("/study/")
        board.page.click("text=Summary for lay people")
        assert board.page.locator("[id^=v]").evaluate_all("all => all.map(one => one.id).filter(id => /^v[0-9]+$/.test(id)).length") == 10  # fmt: skip
        assert "SYNTHETIC" in board.said
        check_accessible_and_fits(board.page, "the lay summary")

        # every unblinded access is in the log, by whom and why, and on the page of the study
        page = board.go("/study/")
        assert "first look" in page
        assert "Who was told arms · 1" in page
        assert "1 event" in board.go("/audit/?event=allocation.opened")
    trial.holds()
