"""A hostile hospital: people who swap labels, skip checks, sign twice, come back with the wrong clock.

Each attack is one move that exactly one gate stands against; everything else about it is in order. With all gates in
place it must be refused by that gate. With that gate left out the independent checker must see the harm.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Any

from proband.record.capsule import issue, reconcile
from proband.record.commands import Command, Signature
from proband.record.commands.copies import unsettled
from proband.record.enrolment import offered
from proband.record.errors import Conflict, RecordError, Refused
from proband.record.events import stamp
from proband.record.gates import GATES, Gate
from proband.record.heads import SigningKey
from proband.record.keys import PublicKey
from proband.record.record import Record
from proband.record.tables import table

from .bank import with_a_bank
from .invariants import Checker
from .synthetic import (
    ASKED_AGAIN,
    CONSENT,
    COURSE,
    GUARDIANS,
    SECOND_LOOK,
    WHY,
    Hospital,
    eligible,
    families,
    hospital,
    q,
    release_test,
    shown,
    view,
)

#: what is said of a child for whom two consent, and who decides later
CHILD: dict[str, Any] = {"age_years": 14, "majority_on": "2030-01-01", "assent": "yes", **GUARDIANS}
OTHERS = {"guardians": [{"id": "G-3", "relation": "aunt"}, {"id": "G-4", "relation": "uncle"}]}

Attack = Callable[["World"], None]
ATTACKS: dict[str, list[Attack]] = {}


def against(gate: str) -> Callable[[Attack], Attack]:
    def register(function: Attack) -> Attack:
        ATTACKS.setdefault(gate, []).append(function)
        return function

    return register


class World:
    """A synthetic hospital with an independent checker that reads over its shoulder."""

    def __init__(
        self,
        gates: Mapping[str, Gate] = GATES,
        *,
        where: str = ":memory:",
        forecast: bool = True,
        changes: dict[str, Any] | None = None,
    ) -> None:
        regimen = view().model_dump(mode="json")["regimens"][0] | COURSE
        self.house: Hospital = hospital(
            where,
            gates=gates,
            forecast=forecast,
            changes=changes
            or with_a_bank(families() | ASKED_AGAIN | {"eligibility": SECOND_LOOK, "regimens": [regimen]}),
        )
        self.house.through = "second-look"
        self.house.record.key = SigningKey.generate()
        self.checker = Checker()
        self.people = 0
        self.bags = 0
        self.attempts = 0
        self.version = 1
        self.house.renews = True
        self.house.do(
            "staff.grant", "dr-late", {"role": "physician", "sites": ["north"]}, actor="sys-1", site="*"
        )
        self.house.do(
            "staff.train",
            "dr-3",
            {"training": "gcp", "valid_until": "2030-01-01"},
            actor="sys-1",
            site="*",
        )
        self.house.do(
            "staff.train",
            "dr-late",
            {"training": "gcp", "valid_until": "2026-01-01"},
            actor="sys-1",
            site="*",
        )

    @property
    def state(self):
        return self.house.record.state

    @property
    def text(self) -> str:
        return "text-1" if self.version == 1 else "text-2"

    def audit(self) -> list[str]:
        since = self.checker.events
        found = self.checker.check(event.body for event in self.house.record.events(since))
        self.checker.violations.extend(self.checker.compared(table(self.state, "accountability")))
        # what the record says of a dose, beside what the checker makes of it: nothing that was permitted afterwards is clean
        for person in self.state.participants.values():
            for dose in person.doses:
                if dose.seq > since and dose.seq in self.checker.afterwards and not dose.broken:
                    late = self.checker.afterwards[dose.seq]
                    if set(dose.afterwards) != late or dose.valid == bool(late):
                        self.checker.bad(
                            "afterwards",
                            f"dose {dose.seq} is {dose.first_verdict} {dose.afterwards}, not {late}",
                        )
                    if dose.seq in self.checker.across and not dose.questions:
                        self.checker.bad(
                            "afterwards", f"dose {dose.seq} of another version is not in question"
                        )
        return found

    def try_(self, call: Callable[[], Any]) -> RecordError | None:
        """Attempt something; the refusal, if it was refused."""
        self.attempts += 1
        try:
            call()
        except Refused as refused:
            return refused
        return None

    # preparations, all of them in order

    def person(self, upto: str = "allocate", arm: str = "cells") -> str:
        self.people += 1
        name, house = f"S-{self.people}", self.house
        house.refer(name)
        steps: dict[str, Callable[[], None]] = {
            "refer": lambda: None,
            "screen": lambda: house.screen(name),
            "consent": lambda: house.consent(name, self.text),
            "enrol": lambda: house.enrol(name),
            "allocate": lambda: house.allocate(name, arm),
        }
        for step, act in steps.items():
            act()
            if step == upto:
                break
        return name

    def bag(
        self, person: str, upto: str = "bedside", *, cold: bool = False, **test: Any
    ) -> tuple[str, str, str]:
        """A container of a person: (product, identifier, label), prepared up to a step; frozen before its release where it is ``cold``."""
        self.bags += 1
        tag, house = str(self.bags), self.house
        product, coi, din = f"BAG-{tag}", f"COI-{tag}", f"DIN-{tag}"
        house.collect(person, coi, din)
        label = ""
        steps: dict[str, Callable[[], Any]] = {
            "make": lambda: house.make(product, coi, [din], [f"LOT-{self.bags % 7}"]),
            "test": lambda: house.test(product, **test),
            "label": lambda: house.label(product, coi),
            "freeze": lambda: house.freeze(product) if cold else None,
            "release": lambda: house.release(product),
            "check": lambda: house.check(product, person),
            "bedside": lambda: house.bedside(product, person, label),
        }
        for step, act in steps.items():
            found = act()
            label = found if step == "label" else label
            if step == upto:
                break
        return product, coi, label

    def treat(self, person: str) -> None:
        product, coi, _ = self.bag(person)
        self.house.give(product, person, coi)

    def apart(self) -> None:
        """Time passes between one first dose and the next."""
        self.house.wait(days=2, minutes=5)
        self.house.reviewed()


def boss(world: World, verb: str, subject: str, data: dict[str, Any] | None = None, **options: Any) -> None:
    """By the custodian, with every other one who must sign as well."""
    also = [(one, "custodian") for one in world.state.custodians() if one != "sys-1"]
    world.house.do(verb, subject, data or {}, actor="sys-1", site="*", also=also, **options)


def settle(world: World) -> None:
    """It is said that a restored copy lacks nothing."""
    seq = max((one.seq for one in unsettled(world.state)), default=0)
    if seq:
        boss(world, "record.settle", "SYN", {"last": seq - 1, "lacking": "nothing", "how": WHY})


def late_dose(world: World, **changes: Any) -> None:
    world.apart()
    person = world.person()
    product, coi, _ = world.bag(person)
    world.house.give(product, person, coi, **changes)


# conduct


@against("authority")
def wrong_role(world: World) -> None:
    person = world.person("refer")
    world.house.do("participant.screen", person, eligible(), actor="watch-1")


@against("traceability")
def erased_before_the_day(world: World) -> None:
    """Identity goes while a product that was made from the person must still be traced."""
    person = world.person()
    world.bag(person, "release")
    world.house.do("participant.erase", person, {"legal_basis": WHY}, actor="sys-1", site="*")


@against("training")
def untrained(world: World) -> None:
    person = world.person("refer")
    world.house.do(
        "participant.screen",
        person,
        eligible(),
        actor="dr-late",
        role="physician",
    )


@against("site")
def another_site(world: World) -> None:
    person = world.person("consent")
    world.house.do("outcome.record", person, {"visit": "baseline", "on": "2026-03-05", "instrument": "pain-nrs", "items": {"pain": 3}},
                   actor="dr-2", site="south")  # fmt: skip


@against("clock")
def from_the_future(world: World) -> None:
    person = world.person("refer")
    later = stamp(world.house._clock[0] + timedelta(hours=2))
    world.house.do("participant.screen", person, eligible(), at=later)


@against("programme")
def not_migrated(world: World) -> None:
    world.apart()
    person = world.person()
    product, coi, label = world.bag(person, "release")
    amend(world)
    world.house.consent(person, world.text)
    world.house.screen(person)
    world.house.check(product, person)
    world.house.bedside(product, person, label)
    world.house.give(product, person, coi)


def amend(world: World) -> None:
    """The next version is adopted, with the texts of that version."""
    world.version += 1
    world.house.amend(f"{world.version}.0.0")


@against("reason")
def no_reason(world: World) -> None:
    person = world.person("consent")
    world.house.do("participant.transfer", person, {"to_site": "south"}, reason=None)


@against("signature")
def unsigned(world: World) -> None:
    person = world.person("screen")
    data = CONSENT | {"version": world.text}
    world.house.do("consent.give", person, data, unsigned=True)


@against("signature")
def someone_else_signs(world: World) -> None:
    product, _, _ = world.bag(world.person(), "label")
    house = world.house
    house.record.execute(Command("product.release", product, {"route": "intrathecal"}, actor="qa-1", role="quality", site="north",
                                 signatures=[Signature("qa-2", "quality", "scripted")]))  # fmt: skip


@against("capsule")
def no_such_capsule(world: World) -> None:
    late_dose_source(world, "capsule:none")


def late_dose_source(world: World, source: str) -> None:
    world.apart()
    person = world.person()
    product, coi, _ = world.bag(person)
    data = {"participant": person, "coi": coi, "wristband": person, "bag": product, "route": "intrathecal",
            "dose": {"value": 8e7, "unit": "{cells}"}, "inputs": {"weight": {"value": 80.0, "unit": "kg"}}}  # fmt: skip
    world.house.do("product.administer", product, data, source=source)


@against("unique")
def identifier_again(world: World) -> None:
    first = world.person()
    coi = world.bag(first, "make")[1]
    world.house.do("therapy.open", world.person(), {"coi": coi, "regimen": "spinal"})


@against("correction")
def somebody_elses_entry(world: World) -> None:
    first, second = world.person("consent"), world.person("consent")
    done = world.house.do("milestone.record", first, {"milestone": "walked", "when": "2025", "reached": True})
    world.house.do("event.correct", second, {"event": "milestone.recorded", "data": {"milestone": "walked", "when": "2024", "reached": True}},
                   reason=WHY, corrects=done.seq)  # fmt: skip


def retract(
    world: World,
    subject: str,
    seq: int,
    event: str,
    *,
    also: str | None = "dr-3",
    verb: str = "event.retract",
) -> None:
    second = [(also, "physician")] if also else []
    world.house.do(verb, subject, {"event": event}, corrects=seq, reason=WHY, also=second)


@against("second-person")
def taken_back_alone(world: World) -> None:
    person = world.person("consent")
    done = world.house.do("participant.die", person, {"when": "yesterday", "cause": "unrelated"})
    retract(world, person, done.seq, "participant.died", also=None)


@against("second-person")
def upheld_alone(world: World) -> None:
    person, seq = questioned(world)
    world.house.do("dose.settle", person, {"standing": "upheld", "finding": WHY}, corrects=seq, reason=WHY)


def questioned(world: World) -> tuple[str, int]:
    """Somebody was treated, and then it comes out that they had withdrawn before."""
    world.apart()
    person = world.person()
    before = world.house.now
    world.house.wait(minutes=1)
    world.treat(person)
    seq = world.state.participants[person].doses[-1].seq
    world.house.wait(hours=1)
    world.house.do(
        "participant.withdraw", person, {"level": "treatment", "said": "no"}, at=before, reason=WHY
    )
    return person, seq


def locked(world: World) -> str:
    """Somebody's data are locked."""
    person = world.person("consent")
    world.house.do("milestone.record", person, {"milestone": "walked", "when": "2025", "reached": True})
    world.house.do("participant.lock", person, {}, actor="sys-1", site="*")
    return person


@against("locked")
def entered_after_the_lock(world: World) -> None:
    world.house.do("milestone.record", locked(world), {"milestone": "ran", "when": "2025", "reached": True})


@against("attested")
def signed_another_hash(world: World) -> None:
    person = locked(world)
    world.house.do("participant.sign", person, {})
    world.house.do("participant.sign", person, {"digest": "d" * 64}, actor="dr-3")


@against("retraction")
def taken_back_of_somebody_else(world: World) -> None:
    first, second = world.person("consent"), world.person("consent")
    done = world.house.do("participant.die", first, {"when": "yesterday", "cause": "unrelated"})
    retract(world, second, done.seq, "participant.died")


@against("retraction")
def taken_back_from_under_its_product(world: World) -> None:
    person = world.person()
    world.bag(person, "make")
    seq = next(one.seq for one in world.state.collections.values() if one.participant == person)
    retract(world, person, seq, "product.collected")


# the person


@against("stage")
def enrolled_twice(world: World) -> None:
    world.house.enrol(world.person("enrol"))


@against("alive")
def seen_after_death(world: World) -> None:
    person = world.person("consent")
    world.house.do("participant.die", person, {"when": "yesterday", "cause": "unrelated"})
    world.house.screen(person)


@against("withdrawal")
def treated_after_withdrawal(world: World) -> None:
    world.apart()
    person = world.person()
    product, coi, _ = world.bag(person)
    world.house.do("participant.withdraw", person, {"level": "treatment", "said": "no more"})
    world.house.give(product, person, coi)


@against("consent")
def old_text(world: World) -> None:
    """The text was replaced while the cells grew: everybody else was asked again, this person was not."""
    if world.version > 1:
        world.house.wait(days=31)
        person = world.person("screen")
        minor_comes_of_age(world, person)
        return
    world.apart()
    person = world.person()
    product, coi, label = world.bag(person, "release")
    amend(world)
    world.house.do("participant.migrate", person, {"from_programme": world.state.participants[person].programme,
                                                   "to_programme": world.state.programme}, actor="sys-1", site="*")  # fmt: skip
    world.house.screen(person)
    world.house.check(product, person)
    world.house.bedside(product, person, label)
    world.house.give(product, person, coi)


def minor_comes_of_age(world: World, person: str) -> None:
    house = world.house
    birthday = (house._clock[0] + timedelta(days=3)).date().isoformat()
    house.consent(person, world.text, age_years=17.9, majority_on=birthday, assent="yes", **GUARDIANS)  # fmt: skip
    house.wait(days=4)
    house.screen(person)
    house.enrol(person)


@against("capacity")
def treated_without_capacity(world: World) -> None:
    world.apart()
    person = world.person()
    product, coi, _ = world.bag(person)
    world.house.do("capacity.assess", person, {"result": "lacks", "by_check": "ward"})
    world.house.give(product, person, coi)


@against("consent-form")
def not_understood(world: World) -> None:
    world.house.consent(world.person("screen"), world.text, teach_back=[True, False])


@against("consent-form")
def one_guardian(world: World) -> None:
    world.house.consent(world.person("screen"), world.text, age_years=14, by="guardians", majority_on="2030-01-01", assent="yes",
                        guardians=[{"id": "G-1", "relation": "mother"}, {"id": "G-1", "relation": "mother"}])  # fmt: skip


@against("consent-form")
def guardians_of_before(world: World) -> None:
    """Whose word counts no longer consents once more."""
    person = a_child(world)
    world.house.do("guardian.change", person, OTHERS, reason=WHY)
    world.house.consent(person, world.text, **CHILD)


@against("consent")
def guardians_of_before_found_out_late(world: World) -> None:
    """Who decided when they consented is entered after it; then the child is to be enrolled on their word."""
    house, person = world.house, a_child(world)
    house.wait(minutes=10)
    house.consent(person, world.text, **CHILD)
    house.do("guardian.change", person, OTHERS, reason=WHY, at=stamp(house._clock[0] - timedelta(minutes=5)))
    house.enrol(person)


def a_child(world: World) -> str:
    """A child for whom two guardians consented."""
    person = world.person("screen")
    world.house.consent(person, world.text, **CHILD)
    return person


@against("number")
def a_number_skipped(world: World) -> None:
    person = world.person("screen")
    world.house.consent(person, world.text, number=world.state.numbers + 2)


@against("verdict")
def stale_verdict(world: World) -> None:
    person = world.person()
    world.house.wait(days=29)
    product, coi, _ = world.bag(person)
    world.house.give(product, person, coi)


@against("verdict")
def unknown_is_not_yes(world: World) -> None:
    world.apart()
    person = world.person()
    product, coi, _ = world.bag(person)
    world.house.screen(person, "needs-data")
    world.house.give(product, person, coi)


@against("verdict-values")
def said_without_values(world: World) -> None:
    world.house.screen(world.person("refer"), facts={})


@against("verdict-values")
def said_against_the_values(world: World) -> None:
    world.house.screen(world.person("refer"), facts=shown(platelets=99.0))


@against("verdict-values")
def silence_taken_for_no(world: World) -> None:
    world.house.screen(world.person("refer"), facts=shown(infection=None))


@against("verdict-values")
def bounds_that_satisfy_everything(world: World) -> None:
    facts = shown()
    facts["values"]["platelets"] = {"low": 100.0, "high": 20.0}
    world.house.screen(world.person("refer"), facts=facts)


def pain(world: World, **changes: Any) -> None:
    person = world.person("consent")
    world.house.do(
        "outcome.record",
        person,
        {"visit": "baseline", "on": "2026-03-05", "instrument": "pain-nrs", "items": {"pain": 7}} | changes,
    )


@against("outcome-values")
def a_score_that_does_not_follow(world: World) -> None:
    pain(world, scores={"pain-nrs": 2})


@against("outcome-values")
def a_copied_total_beyond_the_scale(world: World) -> None:
    pain(world, items={}, scores={"pain-nrs": 11})


@against("outcome-values")
def an_instrument_that_nobody_knows(world: World) -> None:
    pain(world, instrument="pain-9000", instrument_version="1", scores={"pain": 7})


@against("outcome-values")
def another_version_of_the_form(world: World) -> None:
    pain(world, instrument_version="101 points", scores={"pain-nrs": 7})


@against("forecast")
def dose_before_forecast(world: World) -> None:
    late_dose(world)


@against("hold")
def under_hold(world: World) -> None:
    world.apart()
    person = world.person()
    product, coi, _ = world.bag(person)
    world.house.do(
        "hold.place", f"HOLD-{world.people}", {"hold": "stop-person", "target": person}, actor="board-1"
    )
    world.house.give(product, person, coi)


@against("hold")
def treated_in_a_copy(world: World) -> None:
    """The record was restored from a backup, and the bag that had been given after it is given again."""
    world.apart()
    product, coi, _ = world.bag(person := world.person())
    world.house.record.begin_anew(f"{world.attempts:064x}")
    try:
        world.house.give(product, person, coi)
    finally:
        settle(world)


@against("unique")
def the_same_in_small_letters(world: World) -> None:
    """Two people whose names nobody tells apart."""
    world.house.refer(world.person("refer").lower())


@against("second-check")
def weighed_otherwise(world: World) -> None:
    """The dose is within what it may be for another weight, which nobody has checked."""
    late_dose(world, inputs={"weight": q(84.0, "kg")})


@against("second-check")
def prepared_by_another_hand(world: World) -> None:
    """What was checked names one person; another one made it ready."""
    world.apart()
    product, coi, label = world.bag(person := world.person(), "release")
    data = {"participant": person, "dose": q(8e7, "{cells}"), "inputs": {"weight": q(80.0, "kg")}, "prepared_by": "lab-2"}  # fmt: skip
    if "lab-2" not in world.state.persons:
        boss(world, "staff.grant", "lab-2", {"role": "operator", "sites": ["north"]})
        boss(world, "staff.train", "lab-2", {"training": "gmp", "valid_until": "2099-01-01"})
    world.house.do("product.prepare", product, {}, actor="lab-1")
    world.house.do("dose.check", product, data, actor="qa-1")
    world.house.bedside(product, person, label)
    world.house.give(product, person, coi)


@against("condition")
def prepared_twice(world: World) -> None:
    """A clock that runs begins anew."""
    product, _, _ = world.bag(world.person(), "release")
    for _ in range(2):
        world.house.do("product.prepare", product, {}, actor="lab-1")


@against("condition")
def prepared_while_frozen(world: World) -> None:
    product, _, _ = world.bag(world.person(), "release", cold=True)
    world.house.do("product.prepare", product, {}, actor="lab-1")


@against("lift")
def lifted_by_another_role(world: World) -> None:
    person = world.person()
    name = f"HOLD-{world.people}"
    world.house.do("hold.place", name, {"hold": "stop-person", "target": person}, actor="board-1")
    world.house.do("hold.lift", name, actor="pharm-1")


@against("scheme")
def outside_the_scheme(world: World) -> None:
    person = world.person("enrol")
    world.house.do("participant.allocate", person, {"arm": "cells", "scheme": "f" * 64})


@against("name")
def named_like_the_record_s_own(world: World) -> None:
    world.house.refer(["study", "record", "SYN"][world.attempts % 3])


@against("kit")
def a_kit_where_nobody_is_masked(world: World) -> None:
    world.people += 1
    kept = {"commitment": f"{world.people:064x}", "expires_at": "2035-01-01T00:00Z"}
    world.house.do("kit.receive", f"KIT-{world.people}", kept, actor="pharm-1")


@against("donor")
def a_donor_asked_by_no_text_of_the_programme(world: World) -> None:
    world.people += 1
    donor = f"D-{world.people}"
    world.house.do("donor.register", donor, actor="pharm-1")
    said = {
        "version": "any",
        "language": "en",
        "on": world.house.now[:10],
        "by": "donor",
        "covers": ["donation"],
    }
    world.house.do("donor.consent", donor, said, actor="pharm-1")


@against("origin")
def a_lot_of_nothing_in_the_programme(world: World) -> None:
    world.people += 1
    world.house.do("lot.begin", f"MANY-{world.people}", {"product": "something-else"}, actor="lab-1")


@against("stock")
def one_s_own_bag_dispensed_as_a_lot(world: World) -> None:
    person = world.person()
    product, _, _ = world.bag(person)
    told = {"participant": person, "lot": product, "units": 1, "regimen": "spinal"}
    world.house.do("stock.dispense", f"PACK-{world.people}", told, actor="pharm-1")


@against("arm")
def product_for_the_other_arm(world: World) -> None:
    person = world.person(arm="care")
    world.house.do("therapy.open", person, {"coi": f"COI-x{world.people}", "regimen": "spinal"})


# the product


@against("identity-first")
def collected_before_identity(world: World) -> None:
    person = world.person()
    world.house.do(
        "product.collect",
        person,
        {
            "coi": f"COI-n{world.people}",
            "din": f"DIN-n{world.people}",
            "wristband": person,
            "material": "marrow",
        },
    )


@against("identity")
def wrong_bag(world: World) -> None:
    world.apart()
    first, second = world.person(), world.person()
    product, coi, label = world.bag(first, "label")
    world.bag(second)
    world.house.release(product)
    world.house.check(product, second)
    world.house.bedside(product, second, label)
    world.house.give(product, second, coi)


@against("identity")
def wrong_wristband(world: World) -> None:
    late_dose(world, wristband="S-0")


@against("pooling")
def two_people_in_one_bag(world: World) -> None:
    one, two = (world.bag(world.person(), "make")[0] for _ in range(2))
    world.house.do(
        "product.pool",
        f"POOL-{world.bags}",
        {"products": [one, two], "amount": {"value": 1e8, "unit": "{cells}"}},
        actor="lab-1",
    )


@against("used")
def collection_used_twice(world: World) -> None:
    product, coi, _ = world.bag(world.person(), "make")
    world.house.do(
        "product.make",
        f"{product}-again",
        {"coi": coi, "collections": [f"DIN-{product.removeprefix('BAG-')}"]},
        actor="lab-1",
    )


@against("product-open")
def work_on_a_rejected_product(world: World) -> None:
    product, _, _ = world.bag(world.person(), "make")
    world.house.do("product.reject", product, actor="qa-1")
    world.house.do(
        "product.step",
        product,
        {"step": "expand", "operators": ["lab-1"], "start": world.house.now, "end": world.house.now},
        actor="lab-1",
    )


@against("test-known")
def a_test_of_ones_own(world: World) -> None:
    product, _, _ = world.bag(world.person(), "make")
    world.house.do(
        "product.test",
        product,
        {"test": "looks-fine", "result": "negative", "laboratory": "qc"},
        actor="lab-1",
    )


@against("tests")
def released_without_sterility(world: World) -> None:
    product, coi, _ = world.bag(world.person(), "make")
    world.house.do(
        "product.test", product, {"test": "viability", "result": 95.0, "laboratory": "qc"}, actor="lab-1"
    )
    world.house.label(product, coi)
    world.house.release(product)


def in_spite_of(world: World, product: str) -> None:
    for actor in ("qa-1", "qa-2"):
        world.house.do(
            "product.release-exceptionally",
            product,
            {"route": "intrathecal", "risk_assessment": WHY, "participant_informed": True},
            actor=actor,
        )


@against("exception")
def infected_and_released(world: World) -> None:
    product, _, _ = world.bag(world.person(), "label", sterility="positive")
    in_spite_of(world, product)


@against("exception")
def nobody_looked_into_it(world: World) -> None:
    product, _, _ = world.bag(world.person(), "label", viability=61.0)
    in_spite_of(world, product)


@against("way-out")
def an_investigation_that_forgives_an_infection(world: World) -> None:
    """The batch failed; one investigation, and negative tests on its parts, would have let them go."""
    product, _, _ = world.bag(world.person(), "label", sterility="positive")
    world.house.do("product.investigate", product, {"finding": WHY, "conclusion": "goes-on"}, actor="qa-1")


@against("way-out")
def a_sibling_of_an_infected_bag(world: World) -> None:
    """Found in one part, and in none of the others, which were made of the same."""
    whole, _, _ = world.bag(world.person(), "test")
    one, other = halves(world, whole)
    positive(world, one)
    world.house.test(other)
    data = {"finding": WHY, "conclusion": "exceptional-release-possible"}
    world.house.do("product.investigate", other, data, actor="qa-1")


@against("release")
def asked_for_since(world: World) -> None:
    """Released by the tests of one version; the next one asks for another, and nobody did it."""
    world.apart()
    person = world.person()
    product, coi, label = world.bag(person, "release")
    house = world.house
    made = house.changes["products"][0]
    more = release_test(f"count-{world.bags}", "count", ">=", q(1, "{cells}"))
    house.changes = house.changes | {"products": [made | {"release_tests": [*made["release_tests"], more]}]}
    try:
        onto_the_next_version(world, person)
        house.check(product, person)
        house.bedside(product, person, label)
        house.give(product, person, coi)
    finally:
        # what comes after in this world is not about that test
        house.changes = house.changes | {"products": [made]}
        amend(world)


def onto_the_next_version(world: World, person: str) -> None:
    """An amendment, and the person is asked again, brought to it, and screened by it."""
    amend(world)
    state = world.state
    world.house.consent(person, world.text)
    migrated = {"from_programme": state.participants[person].programme, "to_programme": state.programme}
    world.house.do("participant.migrate", person, migrated, actor="sys-1", site="*")
    world.house.screen(person)


# its making, its cold, its amounts


def begun(world: World) -> str:
    """A container of which nothing was done yet."""
    person, house = world.person(), world.house
    world.bags += 1
    product, coi, din = f"BAG-{world.bags}", f"COI-{world.bags}", f"DIN-{world.bags}"
    house.collect(person, coi, din)
    house.do("product.make", product, {"coi": coi, "collections": [din]}, actor="lab-1")
    return product


def finish(world: World, product: str) -> None:
    amount, until = q(8e7, "{cells}"), stamp(world.house._clock[0] + timedelta(days=60))
    world.house.do("product.finish", product, {"amount": amount, "expires_at": until}, actor="lab-1")


def halves(world: World, whole: str) -> tuple[str, str]:
    parts = [{"id": f"{whole}{letter}", "amount": q(4e7, "{cells}")} for letter in "ab"]
    world.house.do("product.split", whole, {"into": parts}, actor="lab-1")
    return f"{whole}a", f"{whole}b"


def positive(world: World, product: str) -> None:
    data = {"test": "sterility", "result": "positive", "laboratory": "qc"}
    world.house.do("product.test", product, data, actor="lab-1")


def pool(world: World, products: list[str], cells: float = 8e7) -> str:
    name = f"POOL-{world.bags}-{world.state.seq}"
    data = {"products": products, "amount": q(cells, "{cells}")}
    world.house.do("product.pool", name, data, actor="lab-1")
    return name


@against("steps")
def finished_with_no_step(world: World) -> None:
    finish(world, begun(world))


@against("steps")
def finished_before_anybody_agreed(world: World) -> None:
    product = begun(world)
    world.house.step(product, "expand")
    world.house.step(product, "control")
    finish(world, product)


@against("steps")
def the_last_step_first(world: World) -> None:
    world.house.step(begun(world), "control")


@against("steps")
def a_step_of_ones_own(world: World) -> None:
    world.house.step(begun(world), "shake")


@against("steps")
def a_step_without_its_count(world: World) -> None:
    product = begun(world)
    world.house.step(product, "expand")
    world.house.step(product, "control", readings=[])


@against("hold-point")
def agrees_to_ones_own_work(world: World) -> None:
    product = begun(world)
    world.house.step(product, "expand")
    world.house.step(product, "control")
    world.house.do("product.agree", product, {"step": "control"}, actor="lab-1")


@against("hold-point")
def agrees_before_it_is_done(world: World) -> None:
    world.house.do("product.agree", begun(world), {"step": "control"}, actor="qa-1")


@against("condition")
def given_frozen(world: World) -> None:
    world.apart()
    person = world.person()
    product, coi, _ = world.bag(person, cold=True)
    world.house.give(product, person, coi)


@against("condition")
def frozen_twice(world: World) -> None:
    product, _, _ = world.bag(world.person(), "make")
    world.house.freeze(product)
    world.house.thaw(product)
    world.house.freeze(product)


@against("condition")
def divided_frozen(world: World) -> None:
    product, _, _ = world.bag(world.person(), "make")
    world.house.freeze(product)
    halves(world, product)


def recall(world: World, lot: str) -> None:
    world.house.do("lot.recall", "SYN", {"lot": lot, "notified_on": world.house.now[:10]}, actor="qa-1")


@against("recalled")
def made_with_a_recalled_lot(world: World) -> None:
    lot, product = f"LOT-r{world.state.seq}", begun(world)
    recall(world, lot)
    world.house.step(product, "expand", lots=[lot])


@against("recalled")
def released_in_spite_of_the_recall(world: World) -> None:
    """Put aside by the recall, looked into, found good, and released."""
    lot, product = f"LOT-r{world.state.seq}", begun(world)
    world.house.steps(product, [lot])
    finish(world, product)
    world.house.test(product)
    world.house.label(product, world.state.products[product].coi)
    recall(world, lot)
    world.house.do("product.investigate", product, {"finding": WHY, "conclusion": "goes-on"}, actor="qa-1")
    world.house.release(product)


@against("range")
def a_warm_step(world: World) -> None:
    world.house.step(begun(world), "expand", temperature=q(42, "Cel"))


@against("range")
def thirty_seven_degrees_in_range(world: World) -> None:
    product, coi, label = world.bag(world.person(), "label")
    scans = {"label": label, "coi": coi}
    data = {"to": "north", "carrier": "van", "temperature": q(4, "Cel"), **scans}
    world.house.do("product.send", product, data, actor="lab-1")
    data = {"lowest": q(4, "Cel"), "highest": q(37, "Cel"), "in_range": True, **scans}
    world.house.do("product.receive", product, data, actor="nurse-1")


@against("balance")
def a_pool_of_a_quadrillion(world: World) -> None:
    pool(world, list(halves(world, world.bag(world.person(), "make")[0])), 1e15)


@against("balance")
def a_bag_pooled_with_itself(world: World) -> None:
    product = world.bag(world.person(), "make")[0]
    pool(world, [product, product], 1.6e8)


@against("balance")
def a_negative_aliquot(world: World) -> None:
    product = world.bag(world.person(), "make")[0]
    parts = [{"id": f"{product}{n}", "amount": q(cells, "{cells}")} for n, cells in enumerate((-8e7, 1.6e8))]
    world.house.do("product.split", product, {"into": parts}, actor="lab-1")


@against("balance")
def more_than_there_is(world: World) -> None:
    product = world.bag(world.person(), "make")[0]
    parts = [{"id": f"{product}a", "amount": q(9e7, "cells")}]
    world.house.do("product.split", product, {"into": parts}, actor="lab-1")


@against("pooling")
def pooled_with_what_is_on_its_way(world: World) -> None:
    product, coi, _ = world.bag(world.person(), "make")
    one, other = halves(world, product)
    label = world.house.label(one, coi)
    data = {"to": "south", "carrier": "van", "temperature": q(4, "Cel"), "label": label, "coi": coi}
    world.house.do("product.send", one, data, actor="lab-1")
    pool(world, [one, other])


@against("labels")
def five_labels_in_the_drawer(world: World) -> None:
    """Printed after the release, for whatever somebody wants to stick them on."""
    world.apart()
    person = world.person()
    product, coi, _ = world.bag(person)
    names = [f"LZ{world.bags}-{n}" for n in range(5)]
    world.house.do("label.print", product, {"labels": names, "coi": coi}, actor="lab-1")
    world.house.give(product, person, coi)


@against("labels")
def no_label_any_more(world: World) -> None:
    world.apart()
    person = world.person()
    product, coi, label = world.bag(person)
    world.house.do("label.fate", product, {"labels": [label], "fate": "destroyed"}, actor="lab-1")
    world.house.give(product, person, coi)


@against("labels")
def a_label_in_the_drawer(world: World) -> None:
    product, coi, _ = world.bag(world.person(), "label")
    world.house.do("label.print", product, {"labels": [f"LX{world.bags}"], "coi": coi}, actor="lab-1")
    world.house.release(product)


@against("label")
def label_of_another(world: World) -> None:
    first, coi, _ = world.bag(world.person(), "make")
    second, _, _ = world.bag(world.person(), "make")
    world.house.do("label.print", first, {"labels": [f"LY{world.bags}"], "coi": coi}, actor="lab-1")
    world.house.do("label.fate", second, {"labels": [f"LY{world.bags}"], "fate": "applied"}, actor="lab-1")


@against("two-persons")
def signs_twice(world: World) -> None:
    product, _, _ = world.bag(world.person(), "label")
    for _ in range(2):
        world.house.do("product.release", product, {"route": "intrathecal"}, actor="qa-1")


@against("release")
def half_released(world: World) -> None:
    world.apart()
    person = world.person()
    product, coi, label = world.bag(person, "label")
    world.house.do("product.release", product, {"route": "intrathecal"}, actor="qa-1")
    world.house.check(product, person)
    world.house.bedside(product, person, label)
    world.house.give(product, person, coi)


@against("custody")
def given_while_on_its_way(world: World) -> None:
    world.apart()
    person = world.person()
    product, coi, label = world.bag(person)
    data = {"to": "south", "carrier": "van", "label": label, "coi": coi, "temperature": q(4, "Cel")}
    world.house.do("product.send", product, data, actor="lab-1")
    world.house.give(product, person, coi)


@against("expiry")
def thawed_too_long_ago(world: World) -> None:
    world.apart()
    person = world.person()
    product, coi, label = world.bag(person, "release", cold=True)
    world.house.thaw(product)
    world.house.wait(hours=3)
    world.house.check(product, person)
    world.house.bedside(product, person, label)
    world.house.give(product, person, coi)


@against("route")
def by_another_route(world: World) -> None:
    late_dose(world, route="intravenous")


@against("dose")
def a_dose_of_ones_own(world: World) -> None:
    world.apart()
    person = world.person()
    product, coi, label = world.bag(person, "release")
    world.house.check(product, person, 2e7)
    world.house.bedside(product, person, label)
    world.house.give(product, person, coi, dose=2e7)


@against("second-check")
def unchecked(world: World) -> None:
    world.apart()
    person = world.person()
    product, coi, label = world.bag(person, "release")
    world.house.bedside(product, person, label)
    world.house.give(product, person, coi)


@against("bedside")
def nobody_looked(world: World) -> None:
    world.apart()
    person = world.person()
    product, coi, _ = world.bag(person, "check")
    world.house.give(product, person, coi)


@against("bedside")
def looked_two_hours_ago(world: World) -> None:
    world.apart()
    person = world.person()
    product, coi, _ = world.bag(person)
    world.house.wait(hours=2)
    world.house.give(product, person, coi)


@against("course")
def a_step_before_its_time(world: World) -> None:
    world.apart()
    person = world.person()
    world.treat(person)
    world.house.wait(minutes=1)
    world.house.do("titration.decide", person, {"step": "second", "why": WHY})
    world.house.wait(days=27)
    world.house.screen(person)
    world.treat(person)


@against("dose")
def another_weight_than_was_measured(world: World) -> None:
    world.apart()
    person = world.person()
    product, coi, _ = world.bag(person)
    world.house.do("measurement.record", person, {"what": "weight", "value": {"value": 40.0, "unit": "kg"}})
    world.house.give(product, person, coi)


@against("companions")
def without_what_goes_before_it(world: World) -> None:
    world.apart()
    person = world.person("enrol")
    world.house.do("participant.allocate", person, {"arm": "cells"})
    world.treat(person)


@against("companion")
def twice_as_much_of_what_goes_before_it(world: World) -> None:
    data = {"companion": "cover", "route": "oral", "dose": {"value": 2.0, "unit": "mg"}}
    world.house.do("companion.give", world.person(), data)


@against("measured")
def a_weight_in_centimetres(world: World) -> None:
    value = {"value": 80.0, "unit": "cm"}
    world.house.do("measurement.record", world.person("refer"), {"what": "weight", "value": value})


@against("course-decided")
def a_dose_left_out_where_the_programme_leaves_none_out(world: World) -> None:
    world.house.do("dose.omit", world.person(), {"why": "wish"})


@against("escalation")
def a_dose_level_that_the_programme_does_not_have(world: World) -> None:
    world.house.do("level.decide", "SYN", {"level": "high", "why": WHY}, actor="board-1")


@against("interval")
def too_soon_again(world: World) -> None:
    world.apart()
    person = world.person()
    world.treat(person)
    world.house.wait(days=3)
    world.treat(person)


# keys and grants


def grant(world: World, person: str, role: str, **options: Any) -> None:
    world.house.do(
        "staff.grant", person, {"role": role, "sites": ["north"]}, actor="sys-1", site="*", **options
    )


@against("apart")
def custodian_who_treats(world: World) -> None:
    grant(world, "sys-1", "nurse")


@against("second-key")
def grant_alone(world: World) -> None:
    if not world.state.shared:
        world.house.do("staff.grant", "dm-2", {"role": "custodian", "sites": ["*"]}, actor="sys-1", site="*")
    grant(world, f"temp-{world.attempts}", "nurse")


@against("stays")
def last_custodian_goes(world: World) -> None:
    for one in world.state.custodians():
        if one != "sys-1":
            world.house.do("staff.revoke", one, {"role": "custodian"}, actor="sys-1", site="*")
    world.house.do("staff.revoke", "sys-1", {"role": "custodian"}, actor="sys-1", site="*")


@against("enrolment")
def somebody_else_s_key(world: World) -> None:
    """A key is enrolled for a nurse by somebody who does not hold it."""
    private = SigningKey.generate()
    offer = offered(
        world.state.instance,
        "dr-2",
        PublicKey("ed25519", private.public),
        private.sign,
        name="n",
        kept="elsewhere",
    )
    data = {"key": offer, "replaces": []}
    also = [(one, "custodian") for one in world.state.custodians() if one != "sys-1"]
    world.house.do("person.enrol", "nurse-1", data, actor="sys-1", site="*", also=also)


@against("derived")
def hold_out_of_nothing(world: World) -> None:
    data = {"hold": "stop-dosing", "rule": "two-serious", "target": "", "counted": 99, "because": WHY}
    world.house.record.by_record(
        "hold.trigger", f"H-{world.attempts}", data, {"site": "*", "offset": "+00:00"}
    )


# what is not an attack, and what goes wrong by itself


def good_life(world: World, rng: random.Random) -> None:
    world.apart()
    person = world.person()
    world.treat(person)
    if rng.random() < 0.5:
        world.house.do("visit.record", person, {"visit": "baseline", "on": world.house.now[:10]})
    if rng.random() < 0.4:
        world.house.wait(days=30)
        world.house.screen(person)
        world.treat(person)


def hasty_screening(world: World, rng: random.Random) -> None:
    """Somebody is called eligible before the results are in, until it is true."""
    person = world.person("refer")
    for _ in range(rng.randrange(1, 4)):
        today = world.house.now[:10]
        facts = shown(rng.choice([None, 60.0, 99.9, 100.0, 250.0]), rng.choice([None, True, False]), today)
        world.try_(lambda facts=facts: world.house.screen(person, facts=facts))
    if world.state.participants[person].verdict is not None:
        world.house.consent(person, world.text)
        world.house.enrol(person)


def harm(world: World, rng: random.Random) -> None:
    """Adverse events among the treated; some cross a stopping rule, and the record places the hold."""
    treated = [name for name in world.state.treated if not world.state.participants[name].ended]
    if not treated:
        return
    person, name = rng.choice(treated), f"AE-{world.attempts}-{len(world.state.adverse_events)}"
    grade = rng.choice([1, 2, 3, 4])
    world.house.do("adverse-event.report", person, {"event": name, "term": "headache", "category": rng.choice(["other", "other", "new-mass"]),
                   "grade": grade, "serious": grade >= 3, "expected": rng.random() < 0.5, "onset": world.house.now[:10],
                   "aware_on": world.house.now[:10]})  # fmt: skip
    for actor in rng.sample(["dr-1", "dr-1", "dr-late"], 2):
        with suppress(Refused):
            world.house.do(
                "adverse-event.judge",
                name,
                {"related": rng.random() < 0.3, "why": WHY},
                actor=actor,
                role="physician",
            )
    # treatment goes on trying while the hold stands
    world.try_(lambda: good_life(world, rng))


def lift_all(world: World, rng: random.Random) -> None:
    with suppress(Refused):
        settle(world)
    for name, held in list(world.state.holds.items()):
        if held.lifted_at is None:
            for actor in ("board-1", "pharm-1"):
                with suppress(Refused):
                    world.house.do("hold.lift", name, actor=actor)


def offline(world: World, rng: random.Random) -> None:
    """The network drops: bedside work in a capsule, while something happens at home that it does not know of."""
    world.apart()
    person = world.person()
    product, coi, label = world.bag(person, "check")
    device, house = SigningKey.generate(), world.house
    name = f"CAP-{world.bags}"
    command = Command("capsule.issue", name, {"device": device.public.hex(), "participants": [person],
                      "until": stamp(house._clock[0] + timedelta(hours=6))}, actor="sys-1", role="custodian", site="*")  # fmt: skip
    file = issue(house.record, command)
    bedside = house.at_the_bed(file.content, device, slow=rng.choice([0, 0, 0, 900]))
    signatures = [Signature("nurse-1", "nurse", "scripted"), Signature("nurse-2", "nurse", "scripted")]
    with suppress(Refused):
        band = person if rng.random() < 0.8 else "S-0"
        bedside.execute(Command("bedside.verify", product, {"participant": person, "wristband": band, "bag": product, "label": label},
                                actor="nurse-1", role="nurse", site="north", signatures=signatures))  # fmt: skip
        data = {"participant": person, "coi": coi, "wristband": person, "bag": product, "route": "intrathecal",
                "dose": {"value": 8e7, "unit": "{cells}"}, "inputs": {"weight": {"value": 80.0, "unit": "kg"}}}  # fmt: skip
        for _ in range(rng.choice([1, 1, 2])):
            bedside.execute(Command("product.administer", product, data, actor="dr-1", role="physician", site="north",
                                    signatures=[Signature("dr-1", "physician", "scripted")]))  # fmt: skip
    match rng.randrange(5):
        case 0:
            house.do("participant.withdraw", person, {"level": "treatment", "said": "no"})
        case 1:
            house.do("hold.place", f"HOLD-{name}", {"hold": "stop-person", "target": person}, actor="board-1")
        case 2:
            house.do("product.quarantine", product, actor="qa-1")
        case _:
            pass
    house.wait(minutes=30)
    reconcile(
        house.record,
        bedside.export(),
        Command("capsule.return", name, actor="sys-1", role="custodian", site="*"),
    )


def retry(world: World, rng: random.Random) -> None:
    """The same command twice, because the answer got lost."""
    world.apart()
    person = world.person()
    product, coi, _ = world.bag(person)
    key = f"retry-{world.bags}"
    before = len(world.state.participants[person].doses)
    for _ in range(3):
        data = {"participant": person, "coi": coi, "wristband": person, "bag": product, "route": "intrathecal",
                "dose": {"value": 8e7, "unit": "{cells}"}, "inputs": {"weight": {"value": 80.0, "unit": "kg"}}}  # fmt: skip
        world.house.do("product.administer", product, data, key=key)
    assert len(world.state.participants[person].doses) == before + 1


def really_happened(world: World, rng: random.Random) -> None:
    """A wrong bag was really given: it is recorded as what it is."""
    person, other = world.person(), world.person()
    product, _, _ = world.bag(other, "make")
    world.house.do("deviation.record", product, {"participant": person, "route": "intrathecal", "dose": {"value": 8e7, "unit": "{cells}"},
                                                 "what_happened": WHY})  # fmt: skip
    assert world.state.participants[person].doses[-1].valid is False


def amendment(world: World, rng: random.Random) -> None:
    if world.version > 4:
        return
    old = dict(world.state.participants)
    amend(world)
    for name, person in old.items():
        if not person.ended and rng.random() < 0.3:
            with suppress(Refused):
                world.house.do("participant.migrate", name, {"from_programme": person.programme, "to_programme": world.state.programme},
                               actor="sys-1", site="*")  # fmt: skip


def family_life(world: World, rng: random.Random) -> None:
    """Two containers of one person are divided, pooled, frozen, thawed, tested, recalled and looked into, in any order; then one is tried."""
    world.apart()
    house, person = world.house, world.person()
    first, coi, din = (
        f"FAM-{world.bags}-{world.state.seq}",
        f"COI-f{world.state.seq}",
        f"DIN-f{world.state.seq}",
    )
    lots = [f"LOT-f{world.state.seq}-{n}" for n in range(2)]
    for n, product in enumerate((first, f"{first}x")):
        house.collect(person, coi, f"{din}-{n}")
        house.make(product, coi, [f"{din}-{n}"], [lots[n]], cells=1.6e8)
    names, entered = [first, f"{first}x"], []

    def tested(product: str) -> None:
        test = rng.choice(["viability", "viability", "sterility", "sterility-final"])
        good = rng.random() < 0.85
        value: Any = (92.0 if good else 61.0) if test == "viability" else "negative" if good else "positive"
        data = {"test": test, "result": value, "laboratory": "qc"}
        entered.append((product, house.do("product.test", product, data, actor="lab-1").seq))

    def divided(product: str) -> None:
        parts = [f"{product}{letter}" for letter in "ab"]
        house.do(
            "product.split",
            product,
            {"into": [{"id": part, "amount": q(8e7, "{cells}")} for part in parts]},
            actor="lab-1",
        )
        names.extend(parts)

    def pooled(product: str) -> None:
        name = f"{first}-p{len(names)}"
        data = {
            "products": [product, rng.choice(names)],
            "amount": q(rng.choice([1.6e8, 1.6e8, 8e7, 1e15]), "{cells}"),
        }
        house.do("product.pool", name, data, actor="lab-1")
        names.append(name)

    def taken_back(_: str) -> None:
        product, seq = rng.choice(entered)
        house.do(
            "product.retract",
            product,
            {"event": "product.tested"},
            actor="qa-1",
            corrects=seq,
            reason=WHY,
            also=[("qa-2", "quality")],
        )

    def looked_into(product: str) -> None:
        conclusion = rng.choice(["goes-on", "goes-on", "exceptional-release-possible", "rejected"])
        house.do("product.investigate", product, {"finding": WHY, "conclusion": conclusion}, actor="qa-1")

    def lot(_: str) -> None:
        if rng.random() < 0.3:
            recall(world, rng.choice(lots))
        else:
            house.do(
                "lot.reinstate",
                "SYN",
                {"lot": rng.choice(lots)},
                actor="qa-1",
                also=[("qa-2", "quality")],
                reason=WHY,
            )

    acts = [
        tested, tested, divided, pooled, pooled, looked_into, lot, house.freeze, house.thaw, lambda p: entered and taken_back(p),
        lambda p: house.do("product.prepare", p, {}, actor="lab-1"),
        lambda p: house.do("product.fail", p, {"kind": rng.choice(["contamination", "equipment"])}, actor="lab-1", reason=WHY),
    ]  # fmt: skip
    for _ in range(rng.randrange(3, 14)):
        act, product = rng.choice(acts), rng.choice(names)
        with suppress(Refused):
            act(product)
        house.wait(minutes=rng.randrange(3))
    product = rng.choice(names)
    with suppress(Refused):
        house.test(product)
        label = house.label(product, coi)
        house.release(product)
        if rng.random() < 0.3:
            tested(rng.choice(names))
        house.check(product, person)
        house.bedside(product, person, label)
        house.give(product, person, coi)
    if rng.random() < 0.5:
        tested(rng.choice(names))


def transfer(world: World, rng: random.Random) -> None:
    person = world.person()
    world.house.do("participant.transfer", person, {"to_site": "south"}, reason=WHY)
    world.try_(
        lambda: world.house.do(
            "therapy.open",
            person,
            {"coi": f"COI-t{world.people}", "regimen": "spinal"},
            actor="dr-2",
            site="south",
        )
    )


def found_out_later(world: World, rng: random.Random) -> None:
    """What was true before a dose comes out after it: the dose is in question until two people have settled it."""
    person, seq = questioned(world)
    (dose,) = [one for one in world.state.participants[person].doses if one.seq == seq]
    assert dose.standing == "questioned"
    assert dose.valid
    assert any(
        task.done is None and task.kind == "standing" and task.subject == person
        for task in world.state.tasks.values()
    )
    if rng.random() < 0.7:
        world.house.do("dose.settle", person, {"standing": rng.choice(["upheld", "invalid"]), "finding": WHY}, corrects=seq, reason=WHY,
                       also=[("dr-3", "physician")])  # fmt: skip


def entered_late(world: World, rng: random.Random) -> None:
    """Findings of a person, each entered with some earlier time, in any order; then a dose is tried."""
    world.apart()
    person = world.person()
    product, coi, label = world.bag(person, "release")
    house = world.house
    for _ in range(rng.randrange(1, 4)):
        at = house._clock[0] - timedelta(hours=rng.choice([0, 1, 30, 60]), minutes=rng.randrange(60))
        facts = shown(as_of=rng.choice(["1999-01-01", at.date().isoformat()]))
        say = rng.randrange(4)
        with suppress(Refused):
            if say == 0:
                data = {"outcome": rng.choice(["eligible", "not-eligible"]), "facts": facts, "reasons": [WHY]}
                house.do("participant.screen", person, data, at=stamp(at), reason=WHY)
            elif say == 1:
                data = {"result": rng.choice(["has", "lacks"]), "by_check": "ward"}
                house.do("capacity.assess", person, data, at=stamp(at), reason=WHY)
            elif say == 2:
                house.do(
                    "participant.withdraw",
                    person,
                    {"level": "treatment", "said": "no"},
                    at=stamp(at),
                    reason=WHY,
                )
            else:
                house.do(
                    "participant.lose",
                    person,
                    {"attempts": 1, "last_contact": "2026-03-02"},
                    at=stamp(at),
                    reason=WHY,
                )
        house.wait(minutes=rng.randrange(5))
    with suppress(Refused):
        house.check(product, person)
        house.bedside(product, person, label)
        house.give(product, person, coi)


def wrong_entry(world: World, rng: random.Random) -> None:
    """A death, a collection or a dose entered for the wrong person is taken back by two people, and life goes on."""
    world.apart()
    person, house = world.person(), world.house
    if rng.random() < 0.5:
        done = house.do("participant.die", person, {"when": "yesterday", "cause": "unrelated"})
        retract(world, person, done.seq, "participant.died")
    else:
        name = f"DIN-w{world.people}"
        house.collect(person, f"COI-w{world.people}", name)
        retract(world, person, world.state.collections[name].seq, "product.collected")
    world.treat(person)


def two_doors(world: World, rng: random.Random) -> None:
    """Two processes over one store: each judges what the other one appended before its own."""
    other = Record(
        world.house.record.store, "SYN", clock=world.house.record.clock, gates=world.house.record._gates
    )
    person = world.person("consent")
    own = world.house.record
    for record in rng.sample([own, other, own, other], 4):
        data = {"number": world.state.participants[person].number}
        with suppress(Refused):
            record.execute(
                Command("participant.enrol", person, data, actor="dr-1", role="physician", site="north")
            )


MOVES = [
    good_life,
    found_out_later,
    entered_late,
    wrong_entry,
    two_doors,
    family_life,
    family_life,
    good_life,
    hasty_screening,
    harm,
    lift_all,
    offline,
    retry,
    really_happened,
    amendment,
    transfer,
]


def hostile_step(world: World, rng: random.Random) -> None:
    """One move at random: half of them attacks."""
    if rng.random() < 0.5:
        gate = rng.choice([name for name in ATTACKS if name != "forecast"])
        attack = rng.choice(ATTACKS[gate])
        world.try_(lambda: attack(world))
    else:
        move = rng.choice(MOVES)
        with suppress(Conflict):
            world.try_(lambda: move(world, rng))
    if rng.random() < 0.2:
        world.house.wait(hours=rng.randrange(1, 40))
