"""What comes out after a dose questions it; every wrong entry has a way back; no state is reached from which honest people cannot go on."""

from __future__ import annotations

import random
from typing import Any

import pytest

from proband.record.commands import BY_EVENT, COMMANDS
from proband.record.denominators import flow
from proband.record.safety import counted
from proband.record.tables import table

from .hostile_time import World, go_on, hostile_step
from .synthetic import CONSENT, WHY, Hospital, hospital, shown
from .test_locks import PAIN
from .test_time import DOSE, ago, gates_of, ready, replayed

SECOND = [("dr-3", "physician")]


def treated(where: str = ":memory:") -> tuple[Hospital, int]:
    """Somebody who was treated an hour ago, in order."""
    house, product, coi, _ = ready(where)
    house.do("staff.train", "dr-3", {"training": "gcp", "valid_until": "2030-01-01"}, actor="sys-1", site="*")
    seq = house.give(product, "S-01", coi).seq
    house.wait(hours=1)
    return house, seq


def late(house: Hospital, verb: str, data: dict[str, Any], **options: Any) -> None:
    house.do(verb, options.pop("subject", "S-01"), data, at=ago(house, hours=2), reason=WHY, **options)


LATE: dict[str, Any] = {
    "withdrawal": lambda h: late(h, "participant.withdraw", {"level": "treatment", "said": "no"}),
    "not eligible": lambda h: late(h, "participant.screen", {"outcome": "not-eligible", "facts": shown(60.0), "reasons": [WHY]}),
    "as of before": lambda h: h.do("participant.screen", "S-01", {"outcome": "not-eligible", "facts": shown(60.0, as_of="2026-03-03"), "reasons": [WHY]}),
    "capacity": lambda h: late(h, "capacity.assess", {"result": "lacks", "by_check": "ward"}),
    "consent": lambda h: late(h, "consent.give", CONSENT),
    "death": lambda h: late(h, "participant.die", {"when": "before", "cause": WHY}),
    "lost": lambda h: late(h, "participant.lose", {"attempts": 1, "last_contact": "2026-03-03"}),
    "another product": lambda h: h.do("cointervention.record", "S-01", {"kind": "cells", "counts_for_washout": True, "start": "2026-02-20", "end": "2026-02-20"}),
    "elsewhere": lambda h: h.do("elsewhere.record", "S-01", {"when": "2026-02", "records": "none", "outcome": "unknown", "warning_signs": []}),
    "elsewhere, nobody knows when": lambda h: h.do("elsewhere.record", "S-01", {"when": "unknown", "records": "none", "outcome": "unknown", "warning_signs": []}),
    "test of the bag": lambda h: late(h, "product.test", {"test": "sterility", "result": "positive", "laboratory": "qc"}, subject="BAG-1", actor="lab-1"),
    "hold": lambda h: late(h, "hold.place", {"hold": "stop-dosing"}, subject="HOLD-1", actor="board-1"),
    "role taken": lambda h: late(h, "staff.revoke", {"role": "nurse"}, subject="nurse-1", actor="sys-1", site="*"),
    "moved": lambda h: late(h, "participant.transfer", {"to_site": "south"}),
    "another dose": lambda h: late(h, "deviation.record", {"participant": "S-01", "route": "intrathecal", "dose": DOSE, "what_happened": WHY}, subject="BAG-9"),
}  # fmt: skip


@pytest.mark.parametrize("name", LATE)
def test_what_is_entered_later_and_was_true_before_questions_the_dose_with_a_task(
    where: str, name: str
) -> None:
    house, seq = treated(where)
    if name == "another dose":
        house.collect("S-01", "COI-1", "DIN-9")
        house.make("BAG-9", "COI-1", ["DIN-9"])
    LATE[name](house)
    state = house.record.state
    dose = next(one for one in state.participants["S-01"].doses if one.seq == seq)
    assert dose.standing == "questioned"
    assert dose.first_verdict == "valid", "the first verdict never changes"
    assert not dose.stands
    (task,) = [task for task in state.tasks.values() if task.kind == "standing" and task.done is None]
    assert (task.subject, task.id) == ("S-01", f"standing:{seq}:{state.seq}")
    assert [row["valid"] for row in table(state, "doses") if row["event"] == seq] == [False]
    replayed(house)


NOT_LATE: dict[str, Any] = {
    "withdrawal of now": lambda h: h.do("participant.withdraw", "S-01", {"level": "treatment", "said": "no"}),
    "not eligible any more": lambda h: h.do("participant.screen", "S-01", {"outcome": "not-eligible", "facts": shown(60.0, as_of="2026-03-04"), "reasons": [WHY]}),
    "a visit before": lambda h: late(h, "visit.record", {"visit": "baseline", "on": "2026-03-03"}),
    "a pain before": lambda h: late(h, "outcome.record", {"visit": "baseline", "on": "2026-03-03", "instrument": "pain-nrs", "items": {"pain": 3}}),
    "physiotherapy": lambda h: h.do("cointervention.record", "S-01", {"kind": "physiotherapy", "counts_for_washout": False, "start": "2020-01-01"}),
    "elsewhere since": lambda h: h.do("elsewhere.record", "S-01", {"when": "2026-04", "records": "none", "outcome": "unknown", "warning_signs": []}),
    "somebody else": lambda h: (h.refer("S-02"), late(h, "capacity.assess", {"result": "lacks", "by_check": "ward"}, subject="S-02")),
}  # fmt: skip


@pytest.mark.parametrize("name", NOT_LATE)
def test_what_says_nothing_of_before_questions_nothing(name: str) -> None:
    house, _ = treated()
    NOT_LATE[name](house)
    (dose,) = house.record.state.participants["S-01"].doses
    assert dose.standing is None
    assert dose.stands


@pytest.mark.parametrize("standing", ["upheld", "invalid"])
def test_two_people_settle_it_and_the_first_verdict_stays(where: str, standing: str) -> None:
    house, seq = treated(where)
    LATE["withdrawal"](house)
    data = {"standing": standing, "finding": WHY}
    assert gates_of(lambda: house.do("dose.settle", "S-01", data, corrects=seq)) == ["second-person"]
    assert gates_of(
        lambda: house.do("dose.settle", "S-01", data, corrects=seq, also=[("dr-1", "physician")])
    ) == ["signature", "second-person"]
    assert gates_of(
        lambda: house.do("dose.settle", "S-01", data, corrects=seq, also=[("nurse-1", "nurse")])
    ) == ["second-person"]
    house.do("dose.settle", "S-01", data, corrects=seq, also=SECOND)
    (dose,) = house.record.state.participants["S-01"].doses
    assert (dose.first_verdict, dose.standing, dose.stands) == ("valid", standing, standing == "upheld")
    assert not [
        task for task in house.record.state.tasks.values() if task.kind == "standing" and task.done is None
    ]
    assert flow(house.record.state).in_deviation == (0 if standing == "upheld" else 1)
    # something else that comes out later asks again
    if standing == "upheld":
        LATE["hold"](house)
        assert dose.standing == "questioned"
    replayed(house)


# the way back


def retract(house: Hospital, subject: str, seq: int, event: str, verb: str = "event.retract") -> None:
    product = verb == "product.retract"
    second = [("qa-2", "quality")] if product else SECOND
    house.do(verb, subject, {"event": event}, corrects=seq, actor="qa-1" if product else "dr-1", also=second)


def test_a_death_of_the_wrong_person_is_taken_back_by_two(where: str) -> None:
    house, _ = treated(where)
    done = house.do("participant.die", "S-01", {"when": "today", "cause": "mixed up"})
    alone = {"event": "participant.died"}
    assert gates_of(lambda: house.do("event.retract", "S-01", alone, corrects=done.seq)) == ["second-person"]
    retract(house, "S-01", done.seq, "participant.died")
    assert house.record.state.participants["S-01"].ended is None
    assert house.record.state.deaths == []
    house.screen("S-01")
    assert gates_of(lambda: retract(house, "S-01", done.seq, "participant.died")) == ["retraction"]
    replayed(house)


def test_a_collection_of_the_wrong_person_is_taken_back_unless_something_stands_on_it(where: str) -> None:
    house, _ = treated(where)
    house.admit("S-02")
    house.collect("S-02", "COI-2", "DIN-2")
    seq = house.record.state.collections["DIN-2"].seq
    house.do("product.make", "BAG-2", {"coi": "COI-2", "collections": ["DIN-2"]}, actor="lab-1")
    assert gates_of(lambda: retract(house, "S-02", seq, "product.collected")) == ["retraction"]
    house.do("product.reject", "BAG-2", actor="qa-1")
    retract(house, "S-02", seq, "product.collected")
    assert house.record.state.participants["S-02"].collected_at is None
    # the number is free again, and the right entry can be made
    house.collect("S-02", "COI-2", "DIN-2")
    replayed(house)


def test_a_dose_that_was_never_given_counts_for_nothing_and_its_bag_is_looked_into(where: str) -> None:
    house, seq = treated(where)
    retract(house, "BAG-1", seq, "product.administered", "product.retract")
    state = house.record.state
    (dose,) = state.participants["S-01"].doses
    assert (dose.standing, dose.first_verdict, dose.stands, dose.happened) == (
        "taken-back",
        "valid",
        False,
        False,
    )
    assert flow(state).steps["treated"] == 0
    assert (state.treated, state.last_first_dose) == ([], None)
    assert state.products["BAG-1"].status == "quarantined"
    replayed(house)


def test_whoever_is_given_a_dose_after_one_was_taken_back_is_treated_like_anybody(where: str) -> None:
    """The entry named the wrong bag: what is entered instead is a first dose, with all that hangs on one."""
    house, seq = treated(where)
    house.admit("S-02")
    retract(house, "BAG-1", seq, "product.administered", "product.retract")
    product, coi, _ = house.ready("S-01", "2")
    house.give(product, "S-01", coi)
    state = house.record.state
    assert state.treated == ["S-01"]
    assert state.last_first_dose == state.participants["S-01"].given[0].at
    # the next person waits for what has come of this one
    second = house.ready("S-02", "3")
    assert gates_of(lambda: house.give(second[0], "S-02", second[1])) == ["interval"]
    # what is found of the bag reaches whoever was given it
    house.do(
        "product.test",
        product,
        {"test": "sterility", "result": "positive", "laboratory": "qc"},
        actor="lab-1",
    )
    assert state.participants["S-01"].given[0].standing == "questioned"
    house.do("participant.die", "S-01", {"when": "today", "cause": WHY})
    death = house.record.state.view.safety.stopping_rules[0].model_copy(
        update={"counts": "death", "events": 1, "among": 1, "within": None}
    )
    assert counted(state, death) == ["S-01"]
    assert flow(state).steps["treated"] == 1
    replayed(house)


def test_a_death_of_somebody_whose_only_dose_is_taken_back_is_none_of_the_treated(where: str) -> None:
    house, seq = treated(where)
    house.do("participant.die", "S-01", {"when": "today", "cause": WHY})
    state = house.record.state
    death = state.view.safety.stopping_rules[0].model_copy(
        update={"counts": "death", "events": 1, "among": None, "within": None}
    )
    assert counted(state, death) == ["S-01"]
    retract(house, "BAG-1", seq, "product.administered", "product.retract")
    assert counted(state, death) == []
    assert state.participants["S-01"].stage == "died"
    replayed(house)


def test_who_was_looked_at_before_the_dose_or_for_one_that_was_taken_back_was_not_assessed(
    where: str,
) -> None:
    house, seq = treated(where)
    house.do("outcome.record", "S-01", {**PAIN, "on": house.now[:10]})
    assert flow(house.record.state).steps["assessed"] == 1
    retract(house, "BAG-1", seq, "product.administered", "product.retract")
    assert flow(house.record.state).steps["assessed"] == 0
    house.wait(hours=1)
    product, coi, _ = house.ready("S-01", "2")
    house.give(product, "S-01", coi)
    assert flow(house.record.state).steps == {**flow(house.record.state).steps, "treated": 1, "assessed": 0}
    house.wait(hours=1)
    house.do("outcome.record", "S-01", {**PAIN, "on": house.now[:10]})
    assert flow(house.record.state).steps["assessed"] == 1
    replayed(house)


def test_what_permitted_a_dose_and_is_taken_back_questions_it(where: str) -> None:
    house, _ = treated(where)
    verdict = house.record.state.participants["S-01"].verdict
    assert verdict is not None
    retract(house, "S-01", verdict.seq, "participant.screened")
    (dose,) = house.record.state.participants["S-01"].doses
    assert dose.standing == "questioned"
    replayed(house)


def test_an_adverse_event_of_somebody_else_is_taken_back_with_its_clocks() -> None:
    house, _ = treated()
    data = {
        "event": "AE-1",
        "term": "pain",
        "grade": 3,
        "serious": True,
        "expected": False,
        "onset": "2026-03-04",
        "aware_on": "2026-03-04",
    }
    done = house.do("adverse-event.report", "S-01", data)
    assert [task for task in house.record.state.tasks.values() if task.kind == "report" and task.done is None]
    retract(house, "S-01", done.seq, "adverse-event.reported")
    assert not [
        task for task in house.record.state.tasks.values() if task.kind == "report" and task.done is None
    ]
    assert house.record.state.adverse_events == {}
    replayed(house)


# judged again by the machine, and shown to those who settle it

#: by kind of what came out late; nothing where what was true of that moment had been said already, and later
FOUND = {
    "withdrawal": ("withdrawal",), "not eligible": (), "as of before": (), "capacity": ("capacity",), "consent": (), "death": ("alive",),
    "lost": ("alive",), "another product": ("interval",), "elsewhere": ("interval",), "elsewhere, nobody knows when": ("interval",),
    "test of the bag": ("release",), "hold": ("hold",), "role taken": ("bedside",), "moved": ("site",), "another dose": ("interval",),
}  # fmt: skip


@pytest.mark.parametrize("name", FOUND)
def test_a_questioned_dose_is_judged_again_at_its_own_time_and_whoever_settles_it_sees_that(
    where: str, name: str
) -> None:
    house, seq = treated(where)
    if name == "another dose":
        house.collect("S-01", "COI-1", "DIN-9")
        house.make("BAG-9", "COI-1", ["DIN-9"])
    # what happens after the dose is not held against it
    house.do("participant.withdraw", "S-01", {"level": "contact", "said": "no"}) if name in (
        "capacity",
        "hold",
    ) else None
    if name == "another dose":
        house.do("deviation.record", "BAG-9", {"participant": "S-01", "route": "intrathecal", "dose": DOSE, "what_happened": WHY},
                 at=ago(house, hours=20), reason=WHY)  # fmt: skip
    else:
        LATE[name](house)
    dose = next(one for one in house.record.state.participants["S-01"].doses if one.seq == seq)
    assert dose.found == FOUND[name]
    assert dose.first_verdict == "valid"
    (task,) = [
        task for task in house.record.state.tasks.values() if task.kind == "standing" and task.done is None
    ]
    assert ", ".join(FOUND[name]) in task.about
    (row,) = [row for row in table(house.record.state, "doses") if row["event"] == seq]
    assert row["judged_again"] == (", ".join(FOUND[name]) or "stands")
    replayed(house)


def test_a_finding_that_is_taken_back_is_not_held_against_the_dose_any_more() -> None:
    house, _ = treated()
    LATE["withdrawal"](house)
    seq = house.record.state.seq
    (dose,) = house.record.state.participants["S-01"].doses
    assert dose.found == ("withdrawal",)
    retract(house, "S-01", seq, "participant.withdrawn")
    assert (dose.standing, dose.found) == ("questioned", ())
    replayed(house)


def test_the_version_then_in_force_judges_it_again() -> None:
    """An amendment since, with another text and other rules, is nothing to a dose that was given before it."""
    house, _ = treated()
    house.amend()
    LATE["not eligible"](house)
    (dose,) = house.record.state.participants["S-01"].doses
    assert (dose.standing, dose.found) == ("questioned", ())


# a correction of what a dose rested on

COINTERVENTION = {"kind": "cells", "counts_for_washout": True, "start": "2020-01-01", "end": "2020-01-02"}


@pytest.mark.parametrize(
    ("new", "found"),
    [({"end": "2026-02-20"}, ("interval",)), ({"counts_for_washout": False}, ()), ({"start": "2026-03-04", "end": "2026-03-04"}, ("interval",)), ({"kind": "other"}, ())],
)  # fmt: skip
def test_a_correction_of_what_a_dose_rested_on_questions_it(
    where: str, new: dict[str, Any], found: tuple[str, ...]
) -> None:
    house, product, coi, _ = ready(where)
    house.do("staff.train", "dr-3", {"training": "gcp", "valid_until": "2030-01-01"}, actor="sys-1", site="*")
    told = house.do("cointervention.record", "S-01", COINTERVENTION)
    house.give(product, "S-01", coi)
    house.wait(hours=1)
    data = {"event": "cointervention.recorded", "data": COINTERVENTION | new}
    house.do("event.correct", "S-01", data, corrects=told.seq)
    (dose,) = house.record.state.participants["S-01"].doses
    assert (dose.standing, dose.found, dose.first_verdict) == ("questioned", found, "valid")
    # and a correction of the correction asks again
    data["data"] = COINTERVENTION
    house.do("event.correct", "S-01", data, corrects=house.record.state.seq)
    assert (dose.standing, dose.found, len(dose.questions)) == ("questioned", (), 2)
    replayed(house)


def test_a_correction_of_what_no_dose_rested_on_questions_none() -> None:
    house, _ = treated()
    physio = COINTERVENTION | {"kind": "physiotherapy", "counts_for_washout": False}
    told = house.do("cointervention.record", "S-01", physio)
    house.do(
        "event.correct",
        "S-01",
        {"event": "cointervention.recorded", "data": physio | {"kind": "walking"}},
        corrects=told.seq,
    )
    (dose,) = house.record.state.participants["S-01"].doses
    assert dose.standing is None


def test_whoever_corrects_must_be_one_who_may_say_it() -> None:
    """A custodian treats nobody, and so does not rewrite what somebody else saw; a closed site or a stranger do not either."""
    house, _ = treated()
    told = house.do("visit.record", "S-01", {"visit": "baseline", "on": "2026-03-03"})
    data = {"event": "visit.recorded", "data": {"visit": "baseline", "on": "2026-03-04"}}
    assert "correction" in gates_of(
        lambda: house.do("event.correct", "S-01", data, corrects=told.seq, actor="sys-1", site="*")
    )
    house.do("event.correct", "S-01", data, corrects=told.seq)


def test_what_followed_on_an_entry_that_never_was_is_asked_again(where: str) -> None:
    """The verdict was somebody else's: enrolment, identifier and collection of this person have nothing to stand on; allocation is not asked."""
    house, _ = treated(where)
    verdict = house.record.state.participants["S-01"].verdict
    assert verdict is not None
    retract(house, "S-01", verdict.seq, "participant.screened")
    (dose,) = house.record.state.participants["S-01"].doses
    assert (dose.standing, dose.found) == ("questioned", ("verdict",))
    tasks = [task.about for task in house.record.state.tasks.values() if task.id.startswith("followed:")]
    assert [one.split(" ")[0] for one in tasks] == ["participant.enrol"]
    assert "verdict" in tasks[0]
    consent = house.record.state.participants["S-01"].consent
    assert consent is not None
    retract(house, "S-01", consent.seq, "consent.given")
    asked = [
        task.about.split(" ")[0]
        for task in house.record.state.tasks.values()
        if task.id.startswith("followed:")
    ]
    assert asked == ["participant.enrol", "participant.enrol", "therapy.open", "product.collect"]
    assert set(dose.found or ()) == {"verdict", "consent"}
    replayed(house)


#: by which command that is undone which has no way back of its own; or why there is nothing to undo
OTHERWISE = {
    "site.open": "site.close", "site.close": "site.reopen", "site.reopen": "site.close", "staff.grant": "staff.revoke", "staff.revoke": "staff.grant",
    "staff.train": "staff.train", "safety.review": "safety.review", "level.decide": "level.decide", "hold.place": "hold.lift", "hold.lift": "hold.place", "participant.transfer": "participant.transfer",
    "product.quarantine": "product.investigate", "product.investigate": "product.quarantine", "product.make": "product.reject", "product.step": "product.reject",
    "product.split": "product.reject", "product.pool": "product.reject", "product.finish": "product.reject", "product.freeze": "product.thaw", "product.thaw": "product.reject",
    "product.release": "product.quarantine", "product.release-exceptionally": "product.quarantine", "lot.recall": "lot.reinstate", "lot.reinstate": "lot.recall", "product.agree": "product.step", "product.prepare": "product.reject", "label.print": "label.fate",
    "label.fate": "label.fate", "product.send": "product.receive", "product.receive": "product.send", "dose.check": "dose.check", "bedside.verify": "bedside.verify",
    "dose.settle": "dose.settle", "adverse-event.update": "adverse-event.update", "adverse-event.judge": "adverse-event.update", "capsule.issue": "capsule.return",
    "participant.lock": "participant.unlock", "participant.unlock": "participant.lock", "participant.sign": "participant.unlock", "study.lock": "study.unlock",
    "study.unlock": "study.lock", "study.sign": "study.unlock",
    "allocation.correct": "allocation.correct", "kit.receive": "product.dispose", "kit.release": "product.dispose", "kit.assign": "product.dispose",
    "programme.adopt": "programme.adopt", "site.approve": "site.disapprove", "site.disapprove": "site.approve", "risk.announce": "consent.give", "query.open": "query.close", "query.close": "query.open", "clock.reset": "clock.reset",
    "person.enrol": "key.revoke", "device.enrol": "key.revoke", "key.revoke": "person.enrol", "recovery.announce": "recovery.refuse",
    "recovery.refuse": "recovery.announce", "recovery.complete": "key.revoke", "participant.migrate": "programme.adopt", "participant.refer": "participant.withdraw",
    "donor.register": "donor.withdraw", "donor.consent": "donor.withdraw", "donor.withdraw": "donor.consent", "donor.determine": "donor.determine",
    "lot.begin": "product.reject", "lot.fill": "product.reject", "lot.receive": "product.reject", "stock.send": "stock.receive", "stock.receive": "stock.count",
    "stock.count": "stock.count", "stock.pack": "stock.count", "stock.destroy": "stock.count", "stock.return": "stock.count", "stock.set-aside": "stock.judge",
    "stock.judge": "stock.set-aside", "stock.dispense": "stock.return",
}  # fmt: skip
NOTHING = {
    "study.open": "there is one", "participant.enrol": "a number is never given again: they withdraw", "participant.allocate": "allocation is never judged again",
    "allocation.seal": "a new scheme is sealed", "allocation.unblind": "what was seen was seen", "allocation.read": "what was seen was seen", "kit.open": "what was seen was seen",
    "allocation.disclose": "what has left has left", "forecast.seal": "a later one is sealed, and stamped", "participant.erase": "a key that is destroyed stays so", "text.erase": "what is erased is gone",
    "personal.store": "stored anew", "personal.read": "what was read was read", "record.export": "what has left has left", "decision.record": "a new decision is recorded",
    "query.answer": "answered again", "task.close": "what was done was done", "capsule.return": "it is back", "adverse-event.submit": "what was sent was sent",
    "product.dispose": "what is burnt is burnt", "record.restore": "a copy stays a copy", "record.settle": "what turns up later is entered late", "event.correct": "corrected again", "event.retract": "entered again", "product.retract": "entered again", "donor.retract": "entered again",
}  # fmt: skip


def test_every_entry_has_a_way_back_or_says_why_not() -> None:
    for verb, one in COMMANDS.items():
        if one.by_record:
            continue
        ways = [
            one.way_back is not None,
            one.replacement is not None,
            OTHERWISE.get(verb) in COMMANDS,
            verb in NOTHING,
        ]
        assert any(ways), f"a wrong {verb} cannot be undone"
    assert set(OTHERWISE) | set(NOTHING) <= set(COMMANDS)
    assert BY_EVENT["participant.died"].way_back is not None


# no state from which honest people cannot go on


def test_a_clock_that_was_a_year_ahead_locks_nothing_for_a_year(where: str) -> None:
    house, _ = treated(where)
    house.do("staff.grant", "sys-2", {"role": "custodian", "sites": ["*"]}, actor="sys-1", site="*")
    house.wait(days=365)
    house.do("site.open", "west", {"jurisdiction": "GB"}, actor="sys-1", site="*")
    house.admit("S-03")
    house.wait(days=-364)
    assert gates_of(lambda: house.refer("S-04")) == ["clock"]
    wrong = {"ahead": "364 days"}
    assert gates_of(lambda: house.do("clock.reset", "SYN", wrong, actor="sys-1", site="*")) == [
        "second-person"
    ]
    house.do("clock.reset", "SYN", wrong, actor="sys-1", site="*", also=[("sys-2", "custodian")])
    house.refer("S-04")
    # whoever came in while it was wrong goes on as well
    house.wait(days=2)
    product, coi, _ = house.ready("S-03", "3")
    house.screen("S-03")
    house.give(product, "S-03", coi)
    assert house.record.state.participants["S-03"].doses[0].valid
    assert "stage" in gates_of(
        lambda: house.do("clock.reset", "SYN", wrong, actor="sys-1", site="*", also=[("sys-2", "custodian")])
    )
    replayed(house)


def test_harm_death_and_follow_up_are_still_recorded_where_a_site_has_closed(where: str) -> None:
    house, _ = treated(where)
    house.do("site.close", "north", actor="sys-1", site="*")
    data = {
        "event": "AE-1",
        "term": "pain",
        "grade": 4,
        "serious": True,
        "expected": False,
        "onset": "2026-03-04",
        "aware_on": "2026-03-04",
    }
    house.do("adverse-event.report", "S-01", data)
    house.do("visit.record", "S-01", {"visit": "baseline", "on": "2026-03-04"})
    house.do("participant.die", "S-01", {"when": "today", "cause": "unrelated"})
    assert "site" in gates_of(lambda: house.refer("S-02"))
    house.do("site.reopen", "north", actor="sys-1", site="*")
    house.refer("S-02")
    replayed(house)


@pytest.mark.parametrize(
    ("verb", "data"),
    [("staff.revoke", {"role": "custodian"}), ("staff.grant", {"role": "custodian", "sites": ["north"]})],
)
def test_the_last_custodian_stays(where: str, verb: str, data: dict[str, Any]) -> None:
    house = hospital(where)
    alone = {"staff.revoke": ["stays"], "staff.grant": ["stage"]}
    assert gates_of(lambda: house.do(verb, "sys-1", data, actor="sys-1", site="*")) == alone[verb]
    house.do("staff.grant", "sys-2", {"role": "custodian", "sites": ["*"]}, actor="sys-1", site="*")
    house.do(verb, "sys-1", data, actor="sys-1", site="*", also=[("sys-2", "custodian")])
    assert "*" in house.record.state.persons["sys-2"].roles["custodian"]
    replayed(house)


def test_every_task_that_the_record_names_can_be_closed(where: str) -> None:
    house, _ = treated(where)
    for name in ("capacity", "test of the bag", "elsewhere", "moved"):
        LATE[name](house)
    site = house.record.state.participants["S-01"].site
    open_tasks = [task for task in house.record.state.tasks.values() if task.done is None]
    assert len({task.kind for task in open_tasks}) >= 3
    for task in open_tasks:
        house.do("task.close", "S-01", {"task": task.id, "how": WHY}, actor="dr-2", site=site)
    assert not [task for task in house.record.state.tasks.values() if task.done is None]
    replayed(house)


@pytest.mark.parametrize("seed", range(4))
def test_from_every_state_that_is_reached_honest_people_can_go_on(seed: int) -> None:
    """After hostile moves: sites open, holds are lifted, everybody is treated or closed, and a newcomer is treated from referral to dose."""
    world, rng = World(), random.Random(seed)
    for _ in range(5):
        for _ in range(12):
            hostile_step(world, rng)
        go_on(world, rng, 1_000)
    assert world.audit() == []
