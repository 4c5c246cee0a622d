"""One synthetic life of a study in which every command that a person may send is sent at least once, each in order."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any

from proband.record.capsule import issue
from proband.record.commands import Command, Signature
from proband.record.enrolment import offered
from proband.record.errors import Refused
from proband.record.events import stamp
from proband.record.executing import Receipt
from proband.record.heads import SigningKey
from proband.record.keys import PublicKey
from proband.record.publishing import line_now

from .synthetic import GUARDIANS, WHY, Hospital

CELLS = {"value": 1e6, "unit": "{cells}"}


#: somebody who was treated before there was a record
TAKEN_OVER: dict[str, Any] = {
    "number": "007", "referred_on": "2025", "screened_on": "in May 2025", "consented_on": "2025-06-01", "enrolled_on": "2025-06-02", "allocated_on": "2025-06-02",
    "arm": "cells", "doses": [{"product": "cells", "on": "before 2025-09", "dose": CELLS}], "assessed_on": "2025-12",
    "sources": [{"what": WHY, "kept": WHY, "sha256": "a" * 64}],
}  # fmt: skip


def whole_life(house: Hospital) -> None:
    """Every command once; whoever wraps ``house.record.execute`` sees each of them before it is done."""
    do, day = house.do, house.now[:10]
    house.record.key = SigningKey.generate()
    house.seal_forecast()
    do("site.open", "west", {"jurisdiction": "GB"}, actor="sys-1", site="*")
    approved = {"kind": "ethics", "decided_by": WHY, "number": "1", "since": day, "expiry": "2030-01-01"}
    do("site.approve", "north", approved, actor="sys-1", site="*")
    do("site.disapprove", "north", {"kind": "ethics", "on": day}, actor="sys-1", site="*")
    do("site.approve", "north", approved, actor="sys-1", site="*")
    do("participant.take-over", "S-0", TAKEN_OVER, also=[("dr-3", "physician")])
    for person in ("S-1", "S-2", "S-3"):
        house.admit(person)
    do(
        "elsewhere.record",
        "S-3",
        {"when": "2020", "records": "none", "outcome": "unknown", "warning_signs": ["lump"]},
    )
    do(
        "cointervention.record",
        "S-3",
        {"kind": "rehabilitation", "counts_for_washout": False, "start": day, "end": day},
    )
    do("capacity.assess", "S-2", {"result": "has", "by_check": "ward"})
    house.refer("S-4")
    house.screen("S-4")
    house.consent("S-4", age_years=14, majority_on="2030-01-01", assent="yes", **GUARDIANS)
    do("guardian.change", "S-4", {"guardians": GUARDIANS["guardians"][:1]})
    do(
        "decision.record",
        "S-2",
        {"present": ["dr-1", "dr-3"], "options": ["go on", "stop"], "decision": "go on", "dissent": []},
    )
    do("personal.store", "S-1", {"fields": ["name"]}, actor="sys-1", site="*")
    do("personal.read", "S-1", {"fields": ["name"]}, actor="sys-1", site="*")
    do("milestone.record", "S-1", {"milestone": "walked", "when": "2025", "reached": True})
    do("visit.record", "S-1", {"visit": "baseline", "on": day})
    done = do(
        "outcome.record",
        "S-1",
        {"visit": "baseline", "on": day, "instrument": "pain-nrs", "items": {"pain": 7}},
    )
    do("event.correct", "S-1", {"event": "outcome.recorded", "data": {"visit": "baseline", "on": day, "instrument": "pain-nrs", "items": {"pain": 6}}},
       corrects=done.seq, reason=WHY)  # fmt: skip
    do("query.open", "Q-1", {"about": done.seq, "field": "items", "text": WHY}, actor="dr-1")
    do("query.answer", "Q-1", {"text": WHY}, actor="dr-1")
    do("query.close", "Q-1", {"text": WHY}, actor="dr-1")
    # locked, signed, opened again by two
    by_two: dict[str, Any] = {
        "actor": "sys-1",
        "site": "north",
        "also": [("dr-1", "physician")],
        "reason": WHY,
    }
    do("participant.lock", "S-1", {"visit": "baseline"}, actor="sys-1", site="*")
    do("participant.sign", "S-1", {"visit": "baseline"})
    do("participant.unlock", "S-1", {"visit": "baseline"}, **by_two)
    do("study.lock", "SYN", actor="sys-1", site="*")
    do("study.sign", "SYN")
    do("study.unlock", "SYN", **by_two)
    # products: one that is given, one that fails, one that is divided, tested, looked into
    product, coi, label = house.ready("S-1", "1")
    house.give(product, "S-1", coi)
    do("product.dispose", product, {"amount": CELLS, "method": "incineration"})
    with suppress(Refused):
        do("level.decide", "SYN", {"level": None, "why": WHY}, actor="board-1")
    do("safety.review", "SYN", {"go_on": False, "why": WHY}, actor="board-1")
    # what is published of somebody is seen, agreed to, and taken back
    house.consent("S-1", publication=True)
    do("publication.approve", "S-1", {"preview": line_now(house.record.state, "S-1")[1]})
    do("publication.withdraw", "S-1", {"said": WHY})
    house.collect("S-2", "COI-2", "DIN-2")
    house.make("BAG-2", "COI-2", ["DIN-2"], ["LOT-2"])
    house.freeze("BAG-2")
    house.thaw("BAG-2")
    do("product.prepare", "BAG-2", actor="lab-1")
    do(
        "product.split",
        "BAG-2",
        {"into": [{"id": "BAG-2a", "amount": CELLS}, {"id": "BAG-2b", "amount": CELLS}]},
        actor="lab-1",
    )
    house.test("BAG-2a")
    label = house.label("BAG-2a", "COI-2")
    do(
        "product.send",
        "BAG-2a",
        {"to": "south", "carrier": "van", "label": label, "coi": "COI-2"},
        actor="lab-1",
    )
    do("staff.grant", "lab-2", {"role": "operator", "sites": ["south"]}, actor="sys-1", site="*")
    do("staff.train", "lab-2", {"training": "gmp", "valid_until": "2030-01-01"}, actor="sys-1", site="*")
    do(
        "product.receive",
        "BAG-2a",
        {"label": label, "coi": "COI-2", "in_range": True},
        actor="lab-2",
        role="operator",
        site="south",
    )
    do("staff.revoke", "lab-2", {"role": "operator"}, actor="sys-1", site="*")
    do("product.quarantine", "BAG-2b", actor="qa-1")
    do(
        "product.investigate",
        "BAG-2b",
        {"finding": WHY, "conclusion": "exceptional-release-possible"},
        actor="qa-1",
    )
    house.test("BAG-2b", viability=60.0)
    do(
        "product.investigate",
        "BAG-2b",
        {"finding": WHY, "conclusion": "exceptional-release-possible"},
        actor="qa-1",
    )
    house.label("BAG-2b", "COI-2")
    do(
        "product.release-exceptionally",
        "BAG-2b",
        {"route": "intrathecal", "risk_assessment": WHY, "participant_informed": True},
        actor="qa-1",
    )
    do("product.fail", "BAG-2b", {"kind": "equipment"}, actor="lab-1")
    house.collect("S-2", "COI-2", "DIN-3")
    house.make("BAG-3", "COI-2", ["DIN-3"], ["LOT-3"])
    do("product.reject", "BAG-3", actor="qa-1")
    do(
        "deviation.record",
        "BAG-3",
        {"participant": "S-3", "route": "intrathecal", "dose": CELLS, "what_happened": WHY},
    )
    with suppress(Refused):
        # the synthetic programme has no hold point: this is sent, and refused
        do("product.agree", "BAG-3", {"step": "expand"}, actor="qa-1")
    do("lot.recall", "SYN", {"lot": "LOT-1", "notified_on": day}, actor="qa-1")
    do("lot.reinstate", "SYN", {"lot": "LOT-1"}, actor="qa-1", also=[("qa-2", "quality")])
    # harm
    do(
        "adverse-event.report",
        "S-1",
        {
            "event": "AE-1",
            "term": "headache",
            "grade": 3,
            "serious": True,
            "expected": False,
            "onset": day,
            "aware_on": day,
        },
    )
    do("adverse-event.judge", "AE-1", {"related": True, "why": WHY})
    do(
        "adverse-event.update",
        "AE-1",
        {"grade": 4, "serious": True, "life_threatening": True, "expected": False, "aware_on": day},
    )
    do("adverse-event.submit", "AE-1", {"clock": "gb-7", "to": "regulator", "on": day})
    do("hold.place", "HOLD-1", {"hold": "stop-person", "target": "S-2"}, actor="board-1")
    do("hold.lift", "HOLD-1", actor="board-1")
    # what was entered wrongly, and what comes out later
    do("staff.train", "dr-3", {"training": "gcp", "valid_until": "2030-01-01"}, actor="sys-1", site="*")
    second = [("dr-3", "physician")]
    died = do("participant.die", "S-3", {"when": "today", "cause": "unrelated"})
    do("event.retract", "S-3", {"event": "participant.died"}, corrects=died.seq, also=second)
    tested = do(
        "product.test", "BAG-3", {"test": "viability", "result": 80.0, "laboratory": "qc"}, actor="lab-1"
    )
    do(
        "product.retract",
        "BAG-3",
        {"event": "product.tested"},
        corrects=tested.seq,
        actor="qa-1",
        also=[("qa-2", "quality")],
    )
    dose = house.record.state.participants["S-1"].doses[0]
    house.wait(minutes=1)
    do(
        "capacity.assess",
        "S-1",
        {"result": "lacks", "by_check": "ward"},
        at="2026-03-02T07:59:00Z",
        reason=WHY,
    )
    do("dose.settle", "S-1", {"standing": "upheld", "finding": WHY}, corrects=dose.seq, also=second)
    # ends
    do("participant.transfer", "S-2", {"to_site": "south"})
    do("participant.lose", "S-2", {"attempts": 3, "last_contact": day}, actor="dr-2", site="south")
    do("participant.find", "S-2", {"how": WHY}, actor="dr-2", site="south")
    do("participant.complete", "S-2", actor="dr-2", site="south")
    do("participant.withdraw", "S-1", {"level": "treatment", "said": "no more"})
    do("participant.die", "S-1", {"when": "yesterday", "cause": "unrelated"})
    do("participant.erase", "S-1", {"legal_basis": WHY, "scope": "texts"}, actor="sys-1", site="*")
    do("text.erase", "SYN", {"events": [house.record.state.seq], "legal_basis": WHY}, actor="sys-1", site="*")
    # the study
    task = next(
        task for task in house.record.state.tasks.values() if task.done is None and task.subject == "S-3"
    )
    do("task.close", "S-3", {"task": task.id, "how": WHY})
    issue(house.record, Command("capsule.issue", "CAP-1", {"device": SigningKey.generate().public.hex(), "participants": ["S-3"],
          "until": stamp(house._clock[0] + timedelta(hours=6))}, actor="sys-1", role="custodian", site="*"))  # fmt: skip
    do(
        "capsule.return",
        "CAP-1",
        {"events": 0, "accepted": 0, "conflicts": [], "clock_ms": 0},
        actor="sys-1",
        site="*",
    )
    do("record.export", "SYN", {"purpose": WHY, "tables": ["doses"], "upto": 3}, actor="sys-1", site="*")
    do("allocation.unblind", "S-3", {"urgency": "planned"})
    # the synthetic programme has no sealed list, masks nobody and never pools: these are sent, and refused
    custodian = {"actor": "sys-1", "site": "*"}
    expires = {"commitment": "e" * 64, "expires_at": "2027-01-01T00:00Z"}
    for verb, subject, data, who in (
        ("allocation.seal", "SYN", {"commitment": "d" * 64}, custodian), ("allocation.disclose", "SYN", {}, custodian),
        ("allocation.correct", "S-3", {"factor": "grade", "level": "A"}, {}), ("kit.receive", "KIT-1", expires, {"actor": "pharm-1"}),
        ("kit.release", "KIT-1", {}, {"actor": "qa-1"}), ("kit.assign", "S-3", {}, {}),
        ("kit.give", "BAG-2a", {"participant": "S-3", "wristband": "S-3", "kit": "KIT-1", "route": "intrathecal", "dose": CELLS}, {}),
    ):  # fmt: skip
        with suppress(Refused):
            do(verb, subject, data, **who)
    # nor has it donors, nor a stock: these are sent, and refused (test_stock.py has a programme of both)
    lab, units = {"actor": "lab-1"}, {"units": 1}
    for verb, subject, data in (
        ("donor.register", "D-1", {}), ("donor.withdraw", "D-1", {"covers": ["donation"]}), ("donor.follow", "D-1", {"finding": "well"}),
        ("donor.consent", "D-1", {"version": "donor-1", "language": "en", "on": day, "by": "donor", "covers": ["donation"]}),
        ("donor.test", "D-1", {"test": "hiv", "result": "negative", "sampled_on": day, "laboratory": WHY}),
        ("donor.determine", "D-1", {"product": "cells", "eligible": True}), ("donor.collect", "D-1", {"din": "DIN-9", "product": "cells", "material": WHY}),
        ("lot.begin", "LOT-9", {"product": "cells"}), ("lot.fill", "LOT-9", {"units": 2, "each": CELLS}),
        ("lot.receive", "LOT-8", {"product": "cells", "supplier": WHY, "supplier_lot": "M-1", "units": 1, "each": CELLS, "expires_at": "2027-01-01T00:00Z"}),
        ("stock.send", "LOT-9", {"to": "south", "shipment": "SHIP-1", "carrier": WHY, **units}), ("stock.receive", "LOT-9", {"shipment": "SHIP-1", **units}),
        ("stock.count", "LOT-9", {"usable": 0, "aside": 0, "returned": 0}), ("stock.set-aside", "LOT-9", {"why": "damage", **units}),
        ("stock.judge", "LOT-9", units), ("stock.pack", "LOT-9", units), ("stock.destroy", "LOT-9", {"of": "usable", "method": WHY, **units}),
        ("stock.dispense", "PACK-9", {"participant": "S-3", "lot": "LOT-9", "regimen": "spinal", **units}), ("stock.return", "PACK-9", units),
    ):  # fmt: skip
        with suppress(Refused):
            do(verb, subject, data, **lab)  # type: ignore[arg-type]
    with suppress(Refused):
        wrong = {"actor": "qa-1", "also": [("qa-2", "quality")], "corrects": 1}
        do("donor.retract", "D-1", {"event": "donor.tested"}, **wrong)  # type: ignore[arg-type]
    # its regimen has one step, no late rule and no companion: what belongs to those is sent, and refused (test_course.py has regimens of all)
    do("measurement.record", "S-3", {"what": "weight", "value": {"value": 80.0, "unit": "kg"}})
    for verb, data in (
        ("titration.decide", {"step": "full", "why": WHY}), ("dose.omit", {"why": "illness", "note": WHY}), ("course.begin", {"why": WHY}),
        ("companion.give", {"companion": "cover", "route": "oral", "dose": CELLS}),
    ):  # fmt: skip
        with suppress(Refused):
            do(verb, "S-3", data)
    do("allocation.read", "SYN", {"participants": ["S-3"]})
    do("kit.open", "SYN", {}, actor="pharm-1")
    with suppress(Refused):
        do("product.pool", "POOL-1", {"products": ["BAG-2a", "BAG-2b"], "amount": CELLS}, actor="lab-1")
    do("risk.announce", "SYN", {"risk": WHY}, actor="sys-1", site="*")
    house.amend()
    do("site.approve", "north", approved, actor="sys-1", site="*")
    do("participant.migrate", "S-3", {"from_programme": house.record.state.participants["S-3"].programme,
                                      "to_programme": house.record.state.programme}, actor="sys-1", site="*")  # fmt: skip
    do("site.close", "south", actor="sys-1", site="*")
    do("site.reopen", "south", actor="sys-1", site="*")
    # the server's clock was a minute ahead
    do("staff.grant", "sys-2", {"role": "custodian", "sites": ["*"]}, actor="sys-1", site="*")
    house._clock[0] -= timedelta(minutes=1)
    do("clock.reset", "SYN", {"ahead": "one minute"}, actor="sys-1", site="*", also=[("sys-2", "custodian")])
    keys(house)


def keys(house: Hospital) -> None:
    """Keys come and go; the envelope is opened, refused, and opened again."""
    do, record = house.do, house.record
    do(
        "person.enrol",
        "nurse-1",
        {"key": offer(house, "nurse-1"), "replaces": []},
        actor="sys-1",
        site="*",
        also=[("sys-2", "custodian")],
    )
    newest = list(record.state.keys)[-1]
    do(
        "device.enrol",
        "tablet-1",
        {"key": offer(house, "tablet-1")},
        actor="sys-1",
        site="*",
        also=[("sys-2", "custodian")],
    )
    do("key.revoke", newest, {"cause": "lost"}, actor="sys-1", site="*")
    recover(house, "recovery.announce", "dm-9", {"key": offer(house, "dm-9")})
    do("recovery.refuse", "SYN", actor="sys-1", site="*")
    recover(house, "recovery.announce", "dm-9", {"key": offer(house, "dm-9")})
    house.wait(days=8)
    recover(house, "recovery.complete", "dm-9", {})
    house.record.begin_anew("b" * 64)
    copied = {"last": record.state.seq - 1, "lacking": "nothing", "how": WHY}
    do("record.settle", "SYN", copied, actor="sys-1", site="*", also=[("sys-2", "custodian")])


def offer(house: Hospital, holder: str) -> dict[str, Any]:
    private = SigningKey.generate()
    public = PublicKey("ed25519", private.public)
    return offered(house.record.state.instance, holder, public, private.sign, name=holder, kept="elsewhere")


def recover(house: Hospital, verb: str, person: str, data: dict[str, Any], **options: Any) -> Receipt:
    """With the key of the envelope."""
    signature = Signature("recovery", "recovery", "scripted", by=house.record.recovery)
    return house.record.execute(
        Command(
            verb,
            person,
            data,
            actor="recovery",
            role="recovery",
            site="*",
            reason=WHY,
            signatures=[signature],
            **options,
        )
    )
