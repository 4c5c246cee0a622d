"""The life of a participant and a product, from outside: what goes through, and what stops, with its reason."""

from __future__ import annotations

import threading
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from proband.pages.product.labels import label_svg, write_labels
from proband.record.commands import Command, Signature
from proband.record.denominators import flow
from proband.record.errors import Conflict, RecordError, Refused
from proband.record.events import stamp
from proband.record.fold import advance, fold_all
from proband.record.gates import GATES
from proband.record.heads import SigningKey
from proband.record.labels import balance, payload, read_scan
from proband.record.recall import recall
from proband.record.record import Record
from proband.record.store import open_store
from proband.record.tables import table
from proband.record.visits import visits

from .synthetic import ELIGIBILITY, WHY, Hospital, eligible, hospital, q, shown, view


@pytest.fixture
def house(where: str) -> Hospital:
    return hospital(where)


def refused(call, *gates: str) -> Refused:
    with pytest.raises(Refused) as error:
        call()
    assert error.value.gates == list(gates), error.value
    return error.value


def test_a_whole_life_goes_through(house: Hospital) -> None:
    house.admit("S-1")
    product, coi, _ = house.ready("S-1", "1")
    house.give(product, "S-1", coi)
    house.do("product.dispose", product, {"amount": q(0, "{cells}"), "method": "none left"})
    house.do("visit.record", "S-1", {"visit": "month-1", "on": house.now[:10]})
    house.do("participant.complete", "S-1")
    person = house.record.state.participants["S-1"]
    assert (person.number, person.stage) == (1, "completed")
    assert [dose.valid for dose in person.doses] == [True]
    assert house.record.state.invalid == {}
    steps = flow(house.record.state)
    assert steps.steps["treated"] == steps.steps["assessed"] == 1
    assert steps.ends["completed"] == sum(steps.ends.values()) == steps.steps["consented"] == 1


def test_each_body_says_who_when_where_under_what(house: Hospital) -> None:
    house.refer("S-1")
    receipt = house.do("participant.screen", "S-1", eligible(), offset="+01:00",
                       at=stamp(house._clock[0] - timedelta(minutes=10)))  # fmt: skip
    body = receipt.body
    assert body["v"] == 6
    assert body["day"] == "2026-03-02"
    assert (body["study"], body["site"], body["actor"], body["role"]) == ("SYN", "north", "dr-1", "physician")
    assert body["programme"] == view().hash
    assert (body["offset"], body["skew"]) == ("+01:00", {"device_ms": -600_000})
    assert body["data"]["facts"] == shown()


def test_a_wrong_bag_stops_hard_with_both_identifiers_and_is_kept(house: Hospital) -> None:
    house.admit("S-1")
    house.admit("S-2")
    product, _, label = house.ready("S-1", "1")
    stopped = refused(lambda: house.bedside(product, "S-2", label), "identity")
    assert "S-2" in str(stopped)
    assert "BAG-1 of S-1" in str(stopped)
    (kept,) = house.record.state.refused.values()
    assert (kept["verb"], kept["gates"], kept["attempt"]["actor"]) == (
        "bedside.verify",
        ["identity"],
        "nurse-1",
    )


def test_the_same_key_is_done_once_and_another_use_of_it_is_refused(house: Hospital) -> None:
    house.refer("S-1")
    data = eligible()
    first = house.do("participant.screen", "S-1", data, key="k-1")
    again = house.do("participant.screen", "S-1", data, key="k-1")
    assert (again.seq, again.repeated) == (first.seq, True)
    assert house.record.state.participants["S-1"].screenings == 1
    for other in (
        ("participant.refer", "S-9", {}),
        ("participant.screen", "S-1", {**data, "outcome": "not-eligible"}),
    ):
        with pytest.raises(Conflict) as error:
            house.do(*other, key="k-1")
        assert error.value.code == "record.conflict.key"


def test_who_works_from_a_stale_view_is_told(house: Hospital) -> None:
    house.refer("S-1")
    seen = house.record.state.seq
    house.screen("S-1")
    with pytest.raises(Conflict) as error:
        house.do("participant.screen", "S-1", eligible(), seen=seen)
    assert error.value.code == "record.conflict.stale"


def test_eligible_is_refused_unless_the_stored_values_give_it(house: Hospital) -> None:
    house.refer("S-1")
    for facts, said in (
        (shown(platelets=None), "give needs-data"),
        (shown(platelets=99.9), "give not-eligible"),
        (shown(infection=True), "give not-eligible"),
        (shown() | {"through": "month-9"}, "month-9"),
        ({"simulated": True}, "does not carry the values"),
    ):
        stopped = refused(lambda facts=facts: house.screen("S-1", facts=facts), "verdict-values")
        assert said in str(stopped)
        assert "screening_data" in str(stopped.refusals[0].mend)
        house.screen("S-1", "needs-data", facts=facts)  # a person may be more cautious than the values
    house.screen("S-1", facts=shown(platelets=100.0))
    assert house.record.state.participants["S-1"].verdict.outcome == "eligible"


def test_verdicts_are_judged_by_the_criteria_in_force_and_these_cannot_be_dropped(house: Hospital) -> None:
    first, later = ELIGIBILITY["criteria"]
    stricter = ELIGIBILITY | {"criteria": [first | {"when": "platelets >= 300"}, later]}
    house.refer("S-1")
    house.screen("S-1")

    def adopt(**changes: Any) -> None:
        house.adopt(view("2.0.0", **changes))

    refused(lambda: adopt(eligibility=None), "stage")
    adopt(eligibility=stricter)
    refused(lambda: house.screen("S-1"), "verdict-values")
    house.screen("S-1", facts=shown(platelets=300.0))
    # a replay judges each verdict by the version of its own time
    assert fold_all(house.record.events(), "SYN") == house.record.state
    assert house.record.state.invalid == {}


def test_a_log_without_criteria_takes_verdicts_as_told() -> None:
    house = hospital(programme=view(eligibility=None))
    house.refer("S-1")
    house.screen("S-1", facts={})
    assert house.record.state.participants["S-1"].verdict.outcome == "eligible"


def test_two_processes_cannot_give_one_bag_twice(where: str) -> None:
    house = hospital(where)
    house.admit("S-1")
    product, coi, _ = house.ready("S-1", "1")
    outcomes: list[str] = []

    def give() -> None:
        record = Record(open_store(where), "SYN", people=house.record.people, clock=lambda: house._clock[0])
        record.catch_up()
        other = Hospital(record, house._clock)
        try:
            other.give(product, "S-1", coi)
            outcomes.append("given")
        except Refused as error:
            outcomes.append(error.gates[0])

    threads = [threading.Thread(target=give) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert outcomes.count("given") == 1
    house.record.catch_up()
    assert len(house.record.state.participants["S-1"].doses) == 1


def test_concurrent_sites_number_their_participants_without_gap(where: str) -> None:
    house = hospital(where)

    def admit(site: str) -> None:
        record = Record(open_store(where), "SYN", people=house.record.people, clock=lambda: house._clock[0])
        record.catch_up()
        other = Hospital(record, house._clock)
        for n in range(12):
            for step in (other.refer, other.screen, other.consent):
                step(f"{site}-{n}", site=site)

    threads = [threading.Thread(target=admit, args=(site,)) for site in ("north", "south")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    house.record.catch_up()
    numbers = sorted(person.number or 0 for person in house.record.state.participants.values())
    assert numbers == list(range(1, 25))
    assert house.record.state.invalid == {}


@pytest.mark.parametrize(
    ("level", "blocked", "open_"),
    [("treatment", ["therapy"], ["outcome", "visit"]), ("contact", ["therapy", "outcome", "visit"], ["correct"]),
     ("data", ["therapy", "outcome", "visit", "correct"], [])],
)  # fmt: skip
def test_each_level_of_withdrawal_blocks_exactly_its_own(
    level: str, blocked: list[str], open_: list[str]
) -> None:
    house = hospital()
    house.admit("S-1")
    done = house.do(
        "milestone.record", "S-1", {"milestone": "sat", "when": "in September 2025", "reached": True}
    )
    actions = {
        "therapy": lambda: house.do("therapy.open", "S-1", {"coi": "COI-1", "regimen": "spinal"}),
        "outcome": lambda: house.do("outcome.record", "S-1", {"visit": "baseline", "on": "2026-03-02", "instrument": "pain-nrs",
                                                              "items": {"pain": 1}}),
        "visit": lambda: house.do("visit.record", "S-1", {"visit": "baseline", "on": "2026-03-02"}),
        "correct": lambda: house.do("event.correct", "S-1", {"event": "milestone.recorded", "data": {"milestone": "sat", "when": "2025-10", "reached": True}},
                                    corrects=done.seq),
    }  # fmt: skip
    house.do("participant.withdraw", "S-1", {"level": level, "said": "enough"})
    for name in blocked:
        refused(actions[name], "withdrawal")
    for name in open_:
        actions[name]()


def test_an_amendment_makes_tasks_and_stops_treatment_until_re_consent() -> None:
    house = hospital()
    house.admit("S-1")
    product, coi, label = house.ready("S-1", "1")
    house.amend()
    state = house.record.state
    assert [task.kind for task in state.tasks.values() if task.done is None] == ["migrate"]
    refused(lambda: house.give(product, "S-1", coi), "programme", "consent", "verdict")
    old = state.participants["S-1"].programme
    receipt = house.do(
        "participant.migrate",
        "S-1",
        {"from_programme": old, "to_programme": state.programme},
        actor="sys-1",
        site="*",
    )
    assert receipt.body["actor"] == "sys-1"
    assert [task.kind for task in state.tasks.values() if task.done is None] == ["reconsent"]
    house.consent("S-1", "text-2")
    assert not [task for task in state.tasks.values() if task.done is None]
    house.screen("S-1")
    house.bedside(product, "S-1", label)
    house.give(product, "S-1", coi)


def test_coming_of_age_is_a_task_and_ends_the_guardians_consent() -> None:
    house = hospital()
    house.refer("S-1")
    house.screen("S-1")
    house.consent("S-1", age_years=17.9, by="guardians", majority_on="2026-03-10", assent="yes",
                  guardians=[{"id": "G-1", "relation": "mother"}, {"id": "G-2", "relation": "father"}])  # fmt: skip
    (task,) = house.record.state.tasks.values()
    assert (task.kind, task.due) == ("majority", "2026-03-10")
    house.wait(days=8)
    house.screen("S-1")
    refused(lambda: house.enrol("S-1"), "consent")
    house.consent("S-1", age_years=18)
    assert task.done is not None
    house.enrol("S-1")


def test_a_childs_no_is_final_where_the_programme_says_so() -> None:
    house = hospital()
    house.refer("S-1")
    house.screen("S-1")
    guardians = [{"id": "G-1", "relation": "mother"}, {"id": "G-2", "relation": "father"}]
    minor = {"by": "guardians", "majority_on": "2034-01-01", "guardians": guardians}
    refused(lambda: house.consent("S-1", age_years=13, assent="no", **minor), "consent-form")
    house.consent("S-1", age_years=8, assent="not-asked", **minor)


def test_a_failed_sterility_test_quarantines_and_the_re_harvest_keeps_the_place() -> None:
    house = hospital()
    house.admit("S-1")
    house.collect("S-1", "COI-1", "DIN-1")
    house.make("BAG-1", "COI-1", ["DIN-1"])
    house.test("BAG-1", sterility="positive")
    state = house.record.state
    assert state.products["BAG-1"].status == "quarantined"
    house.label("BAG-1", "COI-1")
    refused(lambda: house.release("BAG-1"), "stage")
    house.do("product.reject", "BAG-1", actor="qa-1")
    house.collect("S-1", "COI-1", "DIN-2")
    house.make("BAG-2", "COI-1", ["DIN-2"])
    house.test("BAG-2")
    counts = flow(state)
    assert counts.steps["collected"] == counts.steps["manufactured"] == 1
    assert counts.products == {"rejected": 1, "manufactured": 1}


def test_sterility_that_fails_after_the_dose_is_told_the_same_day() -> None:
    house = hospital()
    house.admit("S-1")
    product, coi, _ = house.ready("S-1", "1")
    house.give(product, "S-1", coi)
    house.do(
        "product.test",
        product,
        {"test": "sterility-final", "result": "positive", "laboratory": "qc"},
        actor="lab-1",
    )
    (task,) = [task for task in house.record.state.tasks.values() if task.kind == "inform"]
    assert (task.subject, task.due) == ("S-1", house.now[:10])


def test_exceptional_release_is_never_silent() -> None:
    house = hospital()
    house.admit("S-1")
    house.collect("S-1", "COI-1", "DIN-1")
    house.make("BAG-1", "COI-1", ["DIN-1"])
    house.test("BAG-1", viability=61.0)
    house.label("BAG-1", "COI-1")
    data = {"route": "intrathecal", "risk_assessment": WHY, "participant_informed": True}
    refused(lambda: house.do("product.release-exceptionally", "BAG-1", data, actor="qa-1"), "exception")
    house.do(
        "product.investigate",
        "BAG-1",
        {"finding": WHY, "conclusion": "exceptional-release-possible"},
        actor="qa-1",
    )
    refused(
        lambda: house.do("product.release-exceptionally", "BAG-1", data, actor="qa-1", reason=None), "reason"
    )
    for actor in ("qa-1", "qa-2"):
        house.do("product.release-exceptionally", "BAG-1", data, actor=actor)
    product = house.record.state.products["BAG-1"]
    assert (product.status, product.release_kind, product.signers) == (
        "released",
        "exceptional",
        ["qa-1", "qa-2"],
    )


def test_splits_carry_lots_and_findings_and_recall_finds_every_part() -> None:
    house = hospital()
    house.admit("S-1")
    house.collect("S-1", "COI-1", "DIN-1")
    house.make("BAG-1", "COI-1", ["DIN-1"], lots=["MEDIUM-7"])
    house.test("BAG-1")
    half = {"value": 4e7, "unit": "{cells}"}
    house.do(
        "product.split",
        "BAG-1",
        {"into": [{"id": "BAG-1a", "amount": half}, {"id": "BAG-1b", "amount": half}]},
        actor="lab-1",
    )
    state = house.record.state
    assert state.products["BAG-1"].status == "used"
    assert state.products["BAG-1a"].tests.keys() == {"viability", "sterility"}
    assert {row.product for row in recall(state, "MEDIUM-7")} == {"BAG-1", "BAG-1a", "BAG-1b"}
    house.do("lot.recall", "SYN", {"lot": "MEDIUM-7", "notified_on": house.now[:10]}, actor="qa-1")
    assert state.products["BAG-1a"].status == state.products["BAG-1b"].status == "quarantined"
    # what a recalled lot touched is used by nobody, whoever looked into it, until the recall itself is withdrawn
    house.do("product.investigate", "BAG-1a", {"finding": WHY, "conclusion": "goes-on"}, actor="qa-1")
    part = {"into": [{"id": "BAG-1c", "amount": half}]}
    refused(lambda: house.do("product.split", "BAG-1a", part, actor="lab-1"), "recalled")
    house.do("lot.reinstate", "SYN", {"lot": "MEDIUM-7"}, actor="qa-1", also=[("qa-2", "quality")])
    too_much = {"into": [{"id": "BAG-1c", "amount": {"value": 9e7, "unit": "{cells}"}}]}
    refused(lambda: house.do("product.split", "BAG-1a", too_much, actor="lab-1"), "balance")
    house.do("product.split", "BAG-1a", part, actor="lab-1")


def test_two_people_judge_causality_and_the_clocks_follow() -> None:
    house = hospital()
    house.admit("S-1")
    product, coi, _ = house.ready("S-1", "1")
    house.give(product, "S-1", coi)
    house.wait(hours=12)
    # late in the evening in London is already the next day's morning elsewhere: the day is the reporter's own
    house.do("adverse-event.report", "S-1", {"event": "AE-1", "term": "meningitis", "category": "infection", "grade": 4, "serious": True,
             "life_threatening": True, "expected": False, "onset": "2026-03-02", "aware_on": "2026-03-03"}, offset="+10:00")  # fmt: skip
    state = house.record.state
    due = {task.id: task.due for task in state.tasks.values() if task.kind == "report"}
    # the clock of a jurisdiction without a site does not run
    assert due == {"report:AE-1:gb-7": "2026-03-10", "report:AE-1:gb-15": "2026-03-18"}
    house.do("adverse-event.judge", "AE-1", {"related": False, "why": WHY})
    assert state.adverse_events["AE-1"].related is None
    assert state.adverse_events["AE-1"].suspected
    refused(lambda: house.do("adverse-event.judge", "AE-1", {"related": False, "why": WHY}), "two-persons")
    house.do("adverse-event.submit", "AE-1", {"clock": "gb-7", "to": "regulator", "on": "2026-03-06"})
    house.do("staff.train", "dr-3", {"training": "gcp", "valid_until": "2030-01-01"}, actor="sys-1", site="*")
    house.do("adverse-event.judge", "AE-1", {"related": True, "why": WHY}, actor="dr-3")
    assert state.adverse_events["AE-1"].related is True
    assert [task.id for task in state.tasks.values() if task.kind == "report" and task.done is None] == [
        "report:AE-1:gb-15"
    ]


def test_a_stopping_rule_places_a_hold_at_once_and_the_right_roles_lift_it() -> None:
    house = hospital()
    for n in (1, 2):
        house.admit(f"S-{n}")
        product, coi, _ = house.ready(f"S-{n}", str(n))
        house.give(product, f"S-{n}", coi)
        house.wait(days=3)
    house.admit("S-3")
    product, coi, label = house.ready("S-3", "3")
    event = {
        "category": "other",
        "grade": 3,
        "serious": True,
        "expected": True,
        "onset": "2026-03-05",
        "aware_on": "2026-03-05",
        "term": "pain",
    }
    house.do("adverse-event.report", "S-1", {"event": "AE-1", **event})
    assert not house.record.state.holds
    receipt = house.do("adverse-event.report", "S-2", {"event": "AE-2", **event})
    (held,) = house.record.state.holds.values()
    assert (held.rule, held.counted, receipt.consequences) == ("two-serious", 2, (receipt.seq + 1,))
    refused(lambda: house.give(product, "S-3", coi), "hold")
    house.do("hold.lift", held.id, actor="board-1")
    refused(lambda: house.give(product, "S-3", coi), "hold")
    house.do("hold.lift", held.id, actor="pharm-1")
    house.give(product, "S-3", coi)
    # one more than those who lifted it had seen crosses the boundary anew
    house.do(
        "adverse-event.report",
        "S-3",
        {"event": "AE-3", **event, "onset": "2026-03-08", "aware_on": "2026-03-08"},
    )
    assert [h.counted for h in house.record.state.holds.values() if h.lifted_at is None] == [3]
    del label


def test_offline_work_comes_back_and_what_cannot_stand_is_shown(tmp_path) -> None:
    from proband.record.capsule import OfflineBedside, issue, reconcile

    house = hospital()
    house.record.key = SigningKey.generate()
    trusted = {house.record.key.id: house.record.key.public}
    house.admit("S-1")
    product, coi, label = house.ready("S-1", "1")
    device = SigningKey.generate()
    custodian = {"actor": "sys-1", "role": "custodian", "site": "*"}
    until = stamp(house._clock[0] + timedelta(hours=4))
    file = issue(
        house.record,
        Command(
            "capsule.issue",
            "CAP-1",
            {"device": device.public.hex(), "participants": ["S-1"], "until": until},
            **custodian,
        ),
    )
    with pytest.raises(RecordError, match="trusted"):
        OfflineBedside.open(file.content, device, {"x": SigningKey.generate().public})
    with pytest.raises(RecordError, match="another device"):
        OfflineBedside.open(file.content, SigningKey.generate(), trusted)
    bedside = house.at_the_bed(file.content, device)
    nurses = [Signature("nurse-1", "nurse"), Signature("nurse-2", "nurse")]
    wrong = Command("bedside.verify", product, {"participant": "S-1", "wristband": "S-2", "bag": product, "label": label}, actor="nurse-1",
                    role="nurse", site="north", signatures=nurses)  # fmt: skip
    refused(lambda: bedside.execute(wrong), "identity")
    give = {"participant": "S-1", "coi": coi, "wristband": "S-1", "bag": product, "route": "intrathecal", "dose": q(8e7, "{cells}"),
            "inputs": {"weight": q(80, "kg")}}  # fmt: skip
    command = Command(
        "product.administer",
        product,
        give,
        actor="dr-1",
        role="physician",
        site="north",
        signatures=[Signature("dr-1", "physician")],
    )
    bedside.execute(command)
    refused(lambda: bedside.execute(command), "release", "interval", "used")
    refused(lambda: bedside.execute(Command("participant.screen", "S-1")), "capsule")
    # at home the participant withdraws while the device is away
    house.do("participant.withdraw", "S-1", {"level": "treatment", "said": "no"})
    house.wait(minutes=20)
    back = bedside.export()
    changed = back.replace(b'"signature":"', b'"signature":"A')
    with pytest.raises(RecordError, match="not signed by its device"):
        reconcile(house.record, changed, Command("capsule.return", "CAP-1", **custodian))
    done = reconcile(house.record, back, Command("capsule.return", "CAP-1", **custodian))
    assert (done.accepted, [c["gates"] for c in done.conflicts]) == ((), [["withdrawal"]])
    person = house.record.state.participants["S-1"]
    assert [dose.valid for dose in person.doses] == [False]
    assert [task.kind for task in house.record.state.tasks.values() if task.done is None] == ["conflict"]
    with pytest.raises(RecordError, match="already taken back"):
        reconcile(house.record, back, Command("capsule.return", "CAP-1", **custodian))


def test_a_verdict_brought_by_a_device_that_judges_nothing_is_a_conflict(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from proband.record import capsule

    house = hospital()
    house.record.key = SigningKey.generate()
    house.refer("S-1")
    device, custodian = SigningKey.generate(), {"actor": "sys-1", "role": "custodian", "site": "*"}
    data = {
        "device": device.public.hex(),
        "participants": ["S-1"],
        "until": stamp(house._clock[0] + timedelta(hours=4)),
    }
    file = capsule.issue(house.record, Command("capsule.issue", "CAP-1", data, **custodian))
    bedside = house.at_the_bed(file.content, device)
    with monkeypatch.context() as lax:
        declared = capsule.COMMANDS["participant.screen"]
        lax.setitem(capsule.COMMANDS, "participant.screen", replace(declared, offline=True))
        lax.setattr(capsule, "advance", lambda state, event: advance(state, event, {}))
        claimed = eligible(platelets=20.0)
        bedside.execute(
            Command("participant.screen", "S-1", claimed, actor="dr-1", role="physician", site="north")
        )
    back = Command("capsule.return", "CAP-1", **custodian)
    done = capsule.reconcile(house.record, bedside.export(), back)
    assert [conflict["gates"] for conflict in done.conflicts] == [["capsule", "verdict-values"]]
    assert house.record.state.participants["S-1"].verdict is None


def test_harm_offline_stops_the_next_dose_offline() -> None:
    from proband.record.capsule import issue, reconcile

    house = hospital()
    house.record.key = SigningKey.generate()
    house.admit("S-1")
    first, coi, _ = house.ready("S-1", "1")
    house.give(first, "S-1", coi)
    house.wait(days=30)
    house.screen("S-1")
    product, coi, label = house.ready("S-1", "2")
    device = SigningKey.generate()
    custodian = {"actor": "sys-1", "role": "custodian", "site": "*"}
    until = stamp(house._clock[0] + timedelta(hours=4))
    file = issue(
        house.record,
        Command(
            "capsule.issue",
            "CAP-1",
            {"device": device.public.hex(), "participants": ["S-1"], "until": until},
            **custodian,
        ),
    )
    bedside = house.at_the_bed(file.content, device)
    event = {"event": "AE-1", "term": "new mass on the scan", "category": "new-mass", "grade": 2, "serious": False, "expected": False,
             "onset": house.now[:10], "aware_on": house.now[:10]}  # fmt: skip
    bedside.execute(
        Command("adverse-event.report", "S-1", event, actor="dr-1", role="physician", site="north")
    )
    give = {"participant": "S-1", "coi": coi, "wristband": "S-1", "bag": product, "route": "intrathecal", "dose": q(8e7, "{cells}"),
            "inputs": {"weight": q(80, "kg")}}  # fmt: skip
    command = Command(
        "product.administer",
        product,
        give,
        actor="dr-1",
        role="physician",
        site="north",
        signatures=[Signature("dr-1", "physician")],
    )
    refused(lambda: bedside.execute(command), "hold")
    done = reconcile(house.record, bedside.export(), Command("capsule.return", "CAP-1", **custodian))
    assert len(done.accepted) == 1
    assert [held.rule for held in house.record.state.holds.values()] == ["one-mass"]
    del label


def test_what_does_not_fit_the_programme_is_refused_before_it_is_written(house: Hospital) -> None:
    before = house.record.state.seq
    refused(lambda: house.do("site.open", "west", {"jurisdiction": "XX"}, actor="sys-1", site="*"), "stage")
    refused(lambda: house.do("hold.place", "H-1", {"hold": "none"}, actor="board-1"), "stage")
    refused(
        lambda: house.do("hold.place", "H-1", {"hold": "stop-person", "target": "S-9"}, actor="board-1"),
        "stage",
    )
    adopt = {
        "programme": {"hash": "0" * 64},
        "amends": house.record.state.programme,
        "changes": [WHY],
    }
    refused(lambda: house.do("programme.adopt", "SYN", adopt, actor="sys-1", site="*"), "stage")
    assert house.record.state.seq == before
    assert house.record.state.invalid == {}


def test_correction_keeps_the_old_entry_and_may_itself_be_corrected(house: Hospital) -> None:
    house.admit("S-1")
    first = house.do("visit.record", "S-1", {"visit": "baseline", "on": "2026-03-01"})
    data = {"event": "visit.recorded", "data": {"visit": "baseline", "on": "2026-03-02"}}
    second = house.do("event.correct", "S-1", data, corrects=first.seq, reason="wrong day typed")
    state = house.record.state
    assert state.participants["S-1"].visits["baseline"]["on"] == "2026-03-02"
    assert state.corrected == {first.seq: second.seq}
    refused(lambda: house.do("event.correct", "S-1", data, corrects=first.seq), "correction")
    third = house.do("event.correct", "S-1", data, corrects=second.seq)
    assert state.corrected[second.seq] == third.seq
    assert next(e for e in house.record.events(first.seq - 1)).body["data"]["on"] == "2026-03-01"


def test_queries_decisions_and_retrospective_milestones(house: Hospital) -> None:
    house.admit("S-1")
    house.do("milestone.record", "S-1", {"milestone": "walked", "when": "in September 2023", "reached": True})
    done = house.do("visit.record", "S-1", {"visit": "baseline", "on": "2026-03-02"})
    house.do("query.open", "Q-1", {"about": done.seq, "field": "on", "text": "a Monday?"})
    house.do("query.answer", "Q-1", {"text": "yes"})
    house.do("query.close", "Q-1", {"text": "thank you"})
    query = house.record.state.queries["Q-1"]
    assert (query.participant, query.status, query.posts) == ("S-1", "closed", 3)
    refused(lambda: house.do("query.answer", "Q-1", {"text": "late"}), "stage")
    house.do(
        "decision.record",
        "S-1",
        {
            "present": ["dr-1", "dr-3"],
            "options": ["treat", "wait"],
            "decision": "wait",
            "dissent": ["dr-3: treat"],
        },
    )
    (milestone,) = table(house.record.state, "milestones")
    assert (milestone["earliest"], milestone["latest"]) == ("2023-09-01", "2023-09-30")
    house.do(
        "cointervention.record",
        "S-1",
        {"kind": "exercise", "counts_for_washout": False, "start": "2026-01-01", "amount": q(5, "h/wk")},
    )
    assert table(house.record.state, "cointerventions")[0]["amount"] == 5
    (decision,) = house.record.state.decisions.values()
    assert house.record.texts.revealed(decision["dissent"]) == ["dr-3: treat"]
    assert "treat" not in decision["dissent"][0]


def test_treated_elsewhere_asks_for_imaging_and_waits_out_an_unknown_washout() -> None:
    house = hospital()
    house.do("participant.refer", "S-1", {"origin": "treated-elsewhere"})
    house.do(
        "elsewhere.record",
        "S-1",
        {
            "when": "2025 or 2026, unknown",
            "records": "none",
            "outcome": "unknown",
            "warning_signs": ["new back pain"],
        },
    )
    (task,) = house.record.state.tasks.values()
    assert task.kind == "imaging"
    assert flow(house.record.state).treated_elsewhere == 1
    house.screen("S-1")
    house.consent("S-1")
    house.enrol("S-1")
    house.allocate("S-1")
    product, coi, _ = house.ready("S-1", "1")
    refused(lambda: house.give(product, "S-1", coi), "interval")


def test_visits_are_upcoming_due_late_overdue_and_not_due() -> None:
    house = hospital()
    house.admit("S-1")
    state = house.record.state

    def baseline(day: date) -> str:
        return next(row.status for row in visits(state, day) if row.visit == "baseline")

    start = date(2026, 3, 2)
    found = {n: baseline(start + timedelta(days=n)) for n in (0, 6, 7, 13, 14)}
    assert found == {0: "due", 6: "due", 7: "late", 13: "late", 14: "overdue"}
    assert baseline(start - timedelta(days=2)) == "upcoming"
    house.do("participant.withdraw", "S-1", {"level": "contact", "said": "no"})
    assert baseline(start + timedelta(days=30)) == "not-due"


def test_labels_balance_and_damaged_codes_are_refused(tmp_path) -> None:
    house = hospital()
    house.admit("S-1")
    product, coi, label = house.ready("S-1", "1")
    state = house.record.state
    assert balance(state, product).open == balance(state).open == 0
    assert (balance(state).printed, balance(state).applied) == (2, 1)
    text = payload(coi, product, label)
    assert (read_scan(text).coi, read_scan(text).container) == (coi, product)
    for damaged in (text[:-1], text.replace("BAG-1", "BAG-2"), "", "PB1|a|b|c|"):
        with pytest.raises(RecordError):
            read_scan(damaged)
    assert label_svg(state.labels[label]).startswith("<svg")
    write_labels(
        [state.labels[name] for name in state.products[product].labels] * 10,
        tmp_path / "labels.pdf",
        notes=["autologous use only"],
    )
    assert (tmp_path / "labels.pdf").read_bytes().startswith(b"%PDF")


def test_what_really_happened_can_always_be_recorded_and_is_never_valid(house: Hospital) -> None:
    house.admit("S-1")
    house.admit("S-2")
    house.collect("S-1", "COI-1", "DIN-1")
    house.make("BAG-1", "COI-1", ["DIN-1"])
    house.do(
        "deviation.record",
        "BAG-1",
        {
            "participant": "S-2",
            "route": "intrathecal",
            "dose": q(8e7, "{cells}"),
            "what_happened": "the wrong bag",
        },
    )
    person = house.record.state.participants["S-2"]
    assert [dose.valid for dose in person.doses] == [False]
    counts = flow(house.record.state)
    assert (counts.steps["treated"], counts.in_deviation) == (1, 1)


def test_a_command_that_nobody_may_send_and_data_that_do_not_fit(house: Hospital) -> None:
    for verb in ("hold.trigger", "capsule.conflict", "nothing.such"):
        with pytest.raises(RecordError) as error:
            house.record.execute(Command(verb, "S-1"))
        assert error.value.code == "record.command.unknown"
    with pytest.raises(RecordError) as error:
        house.do("participant.screen", "S-1", {"outcome": "maybe", "facts": {}, "reasons": []})
    assert error.value.code == "record.command.data"
    assert "outcome" in error.value.message


def test_a_forecast_after_the_first_dose_is_stamped_for_ever() -> None:
    house = hospital(
        forecast=False,
        programme=view(forecast={"declared": "retrospective", "primary_estimand": "gain", "why": WHY}),
    )
    house.admit("S-1")
    product, coi, _ = house.ready("S-1", "1")
    house.give(product, "S-1", coi)
    house.seal_forecast()
    (seal,) = house.record.state.forecasts.values()
    assert seal["retrospective"] is True
    house.amend()
    assert house.record.state.view is not None
    assert house.record.state.view.forecast.declared == "to-be-sealed"
    assert flow(house.record.state).retrospective is True
    assert flow(hospital().record.state).retrospective is False


def test_a_script_cannot_sign_in_a_live_programme() -> None:
    house = hospital(programme=view(status="demonstration"))
    house.refer("S-1")
    house.screen("S-1")
    house.consent("S-1")
    live = hospital(programme=view(status="active"), forecast=False)
    live.refer("S-1")
    live.screen("S-1")
    refused(lambda: live.consent("S-1"), "signature")


def test_gates_cannot_be_switched_off_from_outside() -> None:
    import inspect

    assert "gates" not in inspect.signature(Record.open).parameters
    assert "gates" not in inspect.signature(Record.create).parameters
    assert len(GATES) > 30
