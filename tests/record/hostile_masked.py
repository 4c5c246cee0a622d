"""The hostile hospital of a masked trial: kits in the place of containers, a sealed list, and hands that try to choose, to look and to mix up.

It is the same world, with the same clock, harm, holds, amendments, closed sites, tablets and copies; two checkers read over its shoulder: the one of
every life, and one that keeps a list of its own.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import nullcontext, suppress
from datetime import timedelta
from typing import Any

from proband.record.capsule import OfflineBedside, issue, reconcile
from proband.record.commands import Command, Signature
from proband.record.commands.kits import in_stock
from proband.record.confidential import receive_kit, seal_allocation
from proband.record.errands import carry_out
from proband.record.errors import Conflict, RecordError, Refused
from proband.record.events import stamp
from proband.record.heads import SigningKey
from proband.record.participant import Participant
from proband.record.product import Container

from .allocation_list import MaskedChecker
from .hostile import World, boss, settle
from .hostile_time import MOVES, at_home, employ, recover
from .masked import GRADES, MASKED, alike, drawn
from .synthetic import SECOND_LOOK, WHY, doctor, families, q
from .tablet import judging_nothing

SEED = bytes(range(32))
ARMS = ("cells", "vehicle")
METHODS = ("stratified-blocked", "minimisation")
Move = Callable[["MaskedWorld", random.Random], None]


def masked_changes(method: str) -> dict[str, Any]:
    """The families' programme as a masked trial: two products that are made and given alike."""
    made = families()["products"][0]
    return {**alike(), "products": [made, made | {"id": "vehicle", "name": "vehicle"}], "allocation": drawn(method), "masking": MASKED,
            "eligibility": SECOND_LOOK}  # fmt: skip


class MaskedWorld(World):
    """A masked trial with a second checker, that knows the list and what is in each kit."""

    def __init__(self, method: str, **options: Any) -> None:
        self.method = method
        super().__init__(changes=masked_changes(method), **options)
        self.kits = 0
        self.given = 0
        self.list = MaskedChecker(ARMS)
        self.seal(SEED, method, (2, 4))

    def seal(self, seed: bytes, method: str, sizes: tuple[int, ...]) -> None:
        command = Command("allocation.seal", "SYN", {}, actor="sys-1", role="custodian", site="*",
                          signatures=[Signature("sys-1", "custodian", "scripted")])  # fmt: skip
        if self.house.record.vault is None:
            self.house.record.vault = self.house.record.texts.vault
        done = seal_allocation(self.house.record, command, seed=seed)
        self.list.sealed(done.body["data"]["commitment"], seed, method, sizes)

    def audit(self) -> list[str]:
        since = self.list.events
        self.list.void = set(self.state.invalid)
        return super().audit() + self.list.check(event.body for event in self.house.record.events(since))

    def try_(self, call: Callable[[], Any]) -> Refused | RecordError | None:
        """What the record says before a gate is asked (who names a kit, a stock that is out) is a refusal too."""
        self.attempts += 1
        try:
            call()
        except Conflict:
            raise
        except RecordError as refused:
            return refused
        return None

    # preparations

    def deliver(self, arms: tuple[str, ...], site: str = "north", *, expires: str = "2099-01-01T00:00:00.000Z", lots: tuple[str, ...] = (), signed: int = 2) -> list[str]:  # fmt: skip
        """Kits come into the stock, and are signed for."""
        names = []
        for arm in arms:
            self.kits += 1
            kit = f"KIT-{self.kits}"
            self.list.kits[kit] = arm
            command = Command("kit.receive", kit, {}, actor="pharm-1", role="pharmacist", site=site,
                              signatures=[Signature("pharm-1", "pharmacist", "scripted")])  # fmt: skip
            receive_kit(self.house.record, command, arm=arm, expires_at=expires, lots=lots)
            for actor in self.signers(site)[:signed]:
                self.house.do("kit.release", kit, {}, actor=actor, role="quality", site=site)
            names.append(kit)
        return names

    def signers(self, site: str) -> tuple[str, str]:
        """Two who release at a site."""
        if site == "north":
            return "qa-1", "qa-2"
        for name in ("qa-s1", "qa-s2"):
            employ(self, name, "quality", "south")
        return "qa-s1", "qa-s2"

    def brought(self, person: str) -> None:
        """Somebody is asked by the text in force, brought to the version in force, and screened by it."""
        house, one = self.house, self.state.participants[person]
        house.consent(person, self.text, one.site)
        if one.programme != self.state.programme:
            moved = {"from_programme": one.programme, "to_programme": self.state.programme}
            house.do("participant.migrate", person, moved, actor="sys-1", site="*")
        house.screen(person, site=one.site)

    def held(self, person: str) -> Container | None:
        """The kit that somebody has and was not given."""
        mine = (one for one in self.state.products.values() if one.kit and one.participant == person)
        return next((one for one in mine if one.status in ("manufactured", "released")), None)

    def kit(self, person: str) -> str:
        """A kit for somebody, released, assigned and checked, where they are."""
        site = self.state.participants[person].site
        if (mine := self.held(person)) is None:
            there = {self.list.kits[one.id] for one in in_stock(self.state, site, self.house.now)}
            self.deliver(tuple(arm for arm in ARMS if arm not in there), site)
            self.house.do("kit.assign", person, actor=doctor(site), site=site)
            mine = self.held(person)
        assert mine is not None
        self.house.check(mine.id, person)
        return mine.id

    def scan(self, person: str, number: str, **changes: Any) -> dict[str, Any]:
        return {"participant": person, "wristband": person, "kit": number, "route": "intrathecal", "dose": q(8e7, "{cells}"),
                "inputs": {"weight": q(80.0, "kg")}} | changes  # fmt: skip

    def give(self, person: str, number: str, **changes: Any) -> None:
        self.house.do("kit.give", number, self.scan(person, number, **changes), also=[("nurse-1", "nurse")])
        self.given += 1

    def treat(self, person: str) -> None:
        self.give(person, self.kit(person))

    def somebody(self, rng: random.Random, test: Callable[[Participant], object]) -> str | None:
        found = [name for name, one in self.state.participants.items() if test(one)]
        return rng.choice(found) if found else None

    def a_kit(self, rng: random.Random) -> str:
        return f"KIT-{rng.randint(1, max(self.kits, 1))}"


def placed(person: Participant) -> bool:
    return person.place is not None


# attacks: each must be refused, wherever the world has come to

MASKED_ATTACKS: list[Callable[[MaskedWorld, random.Random], None]] = []


def attack(function: Move) -> Move:
    MASKED_ATTACKS.append(function)
    return function


@attack
def claims_a_place(world: MaskedWorld, rng: random.Random) -> None:
    person = world.person("enrol")
    claim = rng.choice([{"arm": "cells"}, {"index": world.state.allocations + 1}, {"scheme": "f" * 64}, {"place": "e" * 64}, {"sealed_arm": "AAAA"}])  # fmt: skip
    world.house.do("participant.allocate", person, {"stratum": {"grade": "grade A"}, **claim})


@attack
def names_a_kit(world: MaskedWorld, rng: random.Random) -> None:
    person = world.person()
    kits = world.deliver(ARMS)
    world.house.do("kit.assign", person, {"kit": rng.choice(kits), "number": 1})


@attack
def gives_the_kit_of_another(world: MaskedWorld, rng: random.Random) -> None:
    world.apart()
    first, second = world.person(), world.person()
    kit = world.kit(second)
    world.house.check(kit, first)
    world.give(first, kit)


@attack
def gives_a_kit_of_the_stock(world: MaskedWorld, rng: random.Random) -> None:
    world.apart()
    person = world.person()
    kit = world.deliver(ARMS)[rng.randrange(2)]
    world.house.check(kit, person)
    world.give(person, kit)


@attack
def scans_otherwise(world: MaskedWorld, rng: random.Random) -> None:
    world.apart()
    person = world.person()
    wrong = rng.choice([{"wristband": "S-0"}, {"kit": "K-0"}, {"route": "intravenous"}, {"dose": q(1, "{cells}")}, {"inputs": {"weight": q(81.0, "kg")}}])  # fmt: skip
    world.give(person, world.kit(person), **wrong)


@attack
def gives_alone(world: MaskedWorld, rng: random.Random) -> None:
    world.apart()
    person = world.person()
    kit = world.kit(person)
    world.house.do("kit.give", kit, world.scan(person, kit))


@attack
def gives_it_twice(world: MaskedWorld, rng: random.Random) -> None:
    world.apart()
    person = world.person()
    kit = world.kit(person)
    world.give(person, kit)
    world.house.wait(days=30)
    world.house.screen(person)
    world.house.check(kit, person)
    world.give(person, kit)


@attack
def gives_what_one_has_released(world: MaskedWorld, rng: random.Random) -> None:
    for kit in world.deliver(ARMS[:1], signed=1):
        for _ in range(2):
            world.house.do("kit.release", kit, {}, actor="qa-1")


@attack
def gives_what_has_expired(world: MaskedWorld, rng: random.Random) -> None:
    world.apart()
    person = world.person()
    kit = world.kit(person)
    world.house.wait(days=3)
    soon = stamp(world.house._clock[0] + timedelta(minutes=5))
    for one in world.deliver(ARMS, expires=soon):
        world.house.wait(minutes=6)
        world.house.do("kit.release", one, {}, actor="qa-1")
    world.give(person, kit, wristband="S-0")


@attack
def works_on_a_kit(world: MaskedWorld, rng: random.Random) -> None:
    kit, house = world.deliver(ARMS[:1], signed=rng.choice([0, 2]))[0], world.house
    rng.choice([
        lambda: house.step(kit, "expand"), lambda: house.freeze(kit), lambda: house.do("product.prepare", kit, {}, actor="lab-1"),
        lambda: house.do("product.split", kit, {"into": [{"id": f"{kit}a", "amount": q(1, "{cells}")}]}, actor="lab-1"),
        lambda: house.do("product.fail", kit, {"kind": "contamination"}, actor="lab-1", reason=WHY), lambda: house.release(kit), lambda: house.test(kit),
    ])()  # fmt: skip


@attack
def gives_of_a_recalled_lot(world: MaskedWorld, rng: random.Random) -> None:
    lot = f"PACK-{world.kits}"
    kits = world.deliver(ARMS, lots=(lot,), signed=rng.choice([0, 1, 2]))
    world.house.do(
        "lot.recall", "SYN", {"lot": lot.lower(), "notified_on": world.house.now[:10]}, actor="qa-1"
    )
    for kit in kits:
        if world.state.products[kit].status == "quarantined":
            world.house.do(
                "product.investigate", kit, {"finding": WHY, "conclusion": "goes-on"}, actor="qa-1"
            )
        world.house.do("kit.release", kit, {}, actor="qa-2")


@attack
def opens_a_container(world: MaskedWorld, rng: random.Random) -> None:
    person = world.person()
    world.house.do("therapy.open", person, {"coi": f"COI-{world.people}-{world.attempts}", "regimen": rng.choice(["spinal", "spinal-vehicle"])})  # fmt: skip


@attack
def seals_another_list(world: MaskedWorld, rng: random.Random) -> None:
    world.person()
    world.seal(rng.randbytes(32), world.method, (2, 4))


@attack
def packs_it_again(world: MaskedWorld, rng: random.Random) -> None:
    kit = world.state.products[world.deliver(ARMS[:1])[0]]
    name = rng.choice([kit.id, f"{kit.id}-again"])
    world.house.do("kit.receive", name, {"commitment": kit.kit, "expires_at": "2035-01-01T00:00Z"}, actor="pharm-1")  # fmt: skip


@attack
def looks_into_a_kit(world: MaskedWorld, rng: random.Random) -> None:
    world.deliver(ARMS)
    actor, role = rng.choice([("dr-1", "physician"), ("nurse-1", "nurse"), ("qa-1", "quality"), ("sys-1", "custodian")])  # fmt: skip
    carry_out(world.house.record, Command("kit.open", "SYN", {}, actor=actor, role=role, site="north", reason=WHY, signatures=[Signature(actor, role, "scripted")]))  # fmt: skip


@attack
def tells_an_arm_of_before(world: MaskedWorld, rng: random.Random) -> None:
    from .whole_life import TAKEN_OVER

    world.people += 1
    told = rng.choice([{"arm": "cells"}, {"arm": None}])
    world.house.do(
        "participant.take-over", f"S-{world.people}", TAKEN_OVER | told, also=[("dr-3", "physician")]
    )


@attack
def undoes_a_place_or_a_kit(world: MaskedWorld, rng: random.Random) -> None:
    world.kit(world.person())
    events = ("participant.allocated", "kit.received", "kit.released", "kit.assigned", "allocation.sealed")
    found = [one for one in world.house.record.events() if one.body["event"] in events]
    one = rng.choice(found)
    verb = rng.choice(["event.correct", "event.retract", "product.retract"])
    data = {"event": one.body["event"]} | ({"data": one.body["data"]} if verb == "event.correct" else {})
    actor, second = rng.choice([("dr-1", ("dr-3", "physician")), ("qa-1", ("qa-2", "quality"))])
    world.house.do(verb, one.body["subject"], data, actor=actor, also=[second], corrects=one.seq, reason=WHY)


@attack
def given_after_the_arms_were_changed(world: MaskedWorld, rng: random.Random) -> None:
    """Assigned under one version; the next one gives the arms otherwise, or asks other things of the products."""
    world.apart()
    person = world.person()
    kit = world.kit(person)
    kept = world.house.changes
    regimens = [one | {"stop_rule": f"{WHY} {world.version}"} for one in kept["regimens"]]
    made = [one | {"storage": f"{WHY} {world.version}"} for one in kept["products"]]
    world.house.changes = kept | rng.choice([{"regimens": regimens}, {"products": made}])
    try:
        _next_version(world)
        world.brought(person)
        world.house.check(kit, person)
        world.give(person, kit)
    finally:
        if rng.random() < 0.5:
            world.house.changes = kept
            _next_version(world)


def _next_version(world: MaskedWorld) -> None:
    world.version += 1
    world.house.amend(f"{world.version}.0.0")


@attack
def allocated_by_another_plan(world: MaskedWorld, rng: random.Random) -> None:
    """An amendment in mid-block draws otherwise, and the list of the plan before goes on."""
    person, kept = world.person("enrol"), world.house.changes
    world.house.changes = kept | {"allocation": drawn("stratified-blocked", block_sizes=[2 * (4 + world.version)])}  # fmt: skip
    try:
        _next_version(world)
        world.brought(person)
        world.house.allocate(person)
    finally:
        world.house.changes = kept
        _next_version(world)


# moves: honest people, and what goes wrong


def treated(world: MaskedWorld, rng: random.Random) -> None:
    world.apart()
    world.treat(world.person())


def second_dose(world: MaskedWorld, rng: random.Random) -> None:
    world.apart()
    person = world.person()
    world.treat(person)
    world.house.wait(days=rng.choice([3, 30]))
    world.house.screen(person)
    world.treat(person)


def delivery(world: MaskedWorld, rng: random.Random) -> None:
    """Kits of some arms, soon out of date or not, of some lots, signed for by none, one or two; some are put aside, looked into, signed again."""
    soon = stamp(world.house._clock[0] + timedelta(days=rng.choice([1, 40])))
    lots = tuple(f"PACK-{rng.randrange(4)}" for _ in range(rng.randrange(3)))
    arms = rng.choice([ARMS, ARMS, ARMS[::-1], ARMS[:1]])
    kits = world.deliver(arms, rng.choice(["north", "north", "south"]), expires=rng.choice([soon, "2099-01-01T00:00:00.000Z"]), lots=lots, signed=rng.randrange(3))  # fmt: skip
    for kit in kits:
        if rng.random() < 0.3:
            world.house.do("product.quarantine", kit, actor="qa-1")
            conclusion = rng.choice(["goes-on", "goes-on", "rejected"])
            world.house.do(
                "product.investigate", kit, {"finding": WHY, "conclusion": conclusion}, actor="qa-1"
            )
            place = world.state.products[kit].place
            for actor in world.signers(place):
                world.house.do("kit.release", kit, {}, actor=actor, role="quality", site=place)


def recalled(world: MaskedWorld, rng: random.Random) -> None:
    lot = f"PACK-{rng.randrange(4)}"
    if rng.random() < 0.5:
        world.house.do("lot.recall", "SYN", {"lot": lot, "notified_on": world.house.now[:10]}, actor="qa-1")
    with suppress(RecordError):
        world.house.do(
            "lot.reinstate", "SYN", {"lot": lot}, actor="qa-1", also=[("qa-2", "quality")], reason=WHY
        )


def assigned(world: MaskedWorld, rng: random.Random) -> None:
    """Whoever has a place asks for a kit, whatever the stock is; sent again, it says what stands."""
    person = world.somebody(rng, placed)
    if person is None:
        return
    if rng.random() < 0.7:
        with suppress(RecordError):
            world.brought(person)
    site, key = world.state.participants[person].site, f"assign-{world.attempts}-{world.state.seq}"
    for _ in range(2):
        world.house.do("kit.assign", person, actor=doctor(site), site=site, key=key)


def given_if_may(world: MaskedWorld, rng: random.Random) -> None:
    """Whoever has a kit comes for it, whenever it was assigned."""
    person = world.somebody(rng, lambda one: world.held(one.id) is not None)
    if person is None:
        return
    with suppress(RecordError):
        world.brought(person)
    world.treat(person)


def put_aside_and_another(world: MaskedWorld, rng: random.Random) -> None:
    """A kit that is put aside, or a dose of it that was not given, frees its place for another kit."""
    world.apart()
    person = world.person()
    kit = world.kit(person)
    if rng.random() < 0.5:
        world.house.do("product.quarantine", kit, actor="qa-1")
    else:
        world.give(person, kit)
        seq = world.state.participants[person].doses[-1].seq
        world.house.do("product.retract", kit, {"event": "kit.given"}, actor="qa-1", corrects=seq, reason=WHY, also=[("qa-2", "quality")])  # fmt: skip
    world.treat(person)


def factor_corrected(world: MaskedWorld, rng: random.Random) -> None:
    person = world.somebody(rng, placed)
    if person is not None:
        site = world.state.participants[person].site
        data = {"factor": "grade", "level": rng.choice(GRADES[0]["levels"])}
        world.house.do("allocation.correct", person, data, actor=doctor(site), site=site)


def unblinded(world: MaskedWorld, rng: random.Random) -> None:
    """An emergency is answered at once, by anybody's physician, and with the arm of the list."""
    person = world.somebody(rng, placed)
    if person is None:
        return
    actor, site = rng.choice([("dr-1", "north"), ("dr-2", "south")])
    command = Command("allocation.unblind", person, {"urgency": "emergency"}, actor=actor, role="physician", site=site, reason=WHY,
                      signatures=[Signature(actor, "physician", "scripted")])  # fmt: skip
    arm = carry_out(world.house.record, command).told["arm"]
    world.audit()
    if arm != world.list.arm(person):
        world.list.bad(f"{person} was told another arm")


def moved_to_the_south(world: MaskedWorld, rng: random.Random) -> None:
    """Whoever is transferred with a kit of the north is not given it in the south."""
    world.apart()
    person = world.person()
    kit = world.kit(person)
    world.house.do("participant.transfer", person, {"to_site": "south"}, reason=WHY)
    world.house.consent(person, world.text, "south")
    world.house.screen(person, site="south")
    refused = world.try_(lambda: world.house.do("kit.give", kit, world.scan(person, kit), actor="dr-2", site="south", also=[("nurse-1", "nurse")]))  # fmt: skip
    assert refused is not None
    world.house.do("product.reject", kit, actor="qa-1")
    world.kit(person)


def another_plan_and_back(world: MaskedWorld, rng: random.Random) -> None:
    """An amendment in mid-block with a list of its own plan; back at the first one, its list goes on."""
    if world.version > 12:
        return
    kept, sizes = world.house.changes, 2 * (4 + world.version)
    world.house.changes = kept | {"allocation": drawn("stratified-blocked", block_sizes=[sizes])}
    try:
        _next_version(world)
        world.seal(rng.randbytes(32), "stratified-blocked", (sizes,))
        for _ in range(rng.randrange(1, 4)):
            world.person()
    finally:
        world.house.changes = kept
        _next_version(world)
    world.person()


def kit_without_network(world: MaskedWorld, rng: random.Random) -> None:
    """A kit is given by a tablet whose clock may be wrong and whose gates may be off, while something happens at home."""
    world.apart()
    house, person = world.house, world.person()
    kit = world.kit(person)
    device, name = SigningKey.generate(), f"CAP-k{world.kits}-{world.attempts}"
    until = stamp(house._clock[0] + timedelta(hours=48))
    command = Command("capsule.issue", name, {"device": device.public.hex(), "participants": [person], "until": until}, actor="sys-1", role="custodian", site="*")  # fmt: skip
    file = issue(house.record, command)
    wrong = [rng.choice([0, 0, 0, 0, 0, 0, 30, -90, -600, -3600, 5400, 20 * 3600])]
    begun = house._clock[0]
    assert house.record.key is not None
    bedside = OfflineBedside.open(
        file.content, device, {"r": house.record.key.public}, people=house.record.people,
        clock=lambda: house._clock[0] + timedelta(seconds=wrong[0]),
        counter=lambda: 5_000 + round((house._clock[0] - begun).total_seconds() * 1000),
    )  # fmt: skip
    with suppress(RecordError):
        if rng.random() < 0.3:
            at_home(world, rng, person, kit)
    house.wait(minutes=rng.choice([1, 60, 600]))
    changes = rng.choice(
        [{}, {}, {}, {}, {}, {}, {"wristband": "S-0"}, {"kit": "K-0"}, {"route": "intravenous"}]
    )
    people = [Signature("dr-1", "physician", "scripted"), Signature("nurse-1", "nurse", "scripted")]
    for number in range(rng.choice([1, 1, 2])):
        key = f"k{world.kits}-{world.attempts}-{number}"
        world.checker.truth[key] = house.now
        with suppress(RecordError), judging_nothing() if rng.random() < 0.6 else nullcontext():
            bedside.execute(Command("kit.give", kit, world.scan(person, kit, **changes), actor="dr-1", role="physician", site="north",
                                    signatures=people if rng.random() < 0.9 else people[:1], key=key))  # fmt: skip
    with suppress(RecordError):
        if rng.random() < 0.25:
            # meanwhile they are given it at home as well, or it is put aside
            rng.choice(
                [lambda: world.give(person, kit), lambda: house.do("product.quarantine", kit, actor="qa-1")]
            )()
    house.wait(minutes=rng.choice([1, 5, 90]))
    wrong[0] = wrong[0] if rng.random() < 0.2 else 0
    with suppress(RecordError):
        reconcile(house.record, bedside.export(), Command("capsule.return", name, actor="sys-1", role="custodian", site="*"))  # fmt: skip


def documented_late(world: MaskedWorld, rng: random.Random) -> None:
    """A kit was given before it was assigned, or before its dose was checked, and both are entered in time for it: nothing of that is clean."""
    world.apart()
    house, person, what = world.house, world.person(), rng.choice(["kit", "second-check"])
    if what == "second-check":
        world.deliver(ARMS)
        house.do("kit.assign", person)
    house.wait(minutes=2)
    given = house._clock[0]
    house.wait(minutes=2)
    if what == "kit":
        world.deliver(ARMS)
        house.do("kit.assign", person)
    mine = world.held(person)
    assert mine is not None
    data = {"participant": person, "dose": q(8e7, "{cells}"), "inputs": {"weight": q(80.0, "kg")}, "prepared_by": "lab-1"}  # fmt: skip
    house.do("dose.check", mine.id, data, actor="qa-1", at=stamp(given - timedelta(seconds=30)), reason=WHY)
    house.do("kit.give", mine.id, world.scan(person, mine.id), also=[("nurse-1", "nurse")], at=stamp(given), reason=WHY)  # fmt: skip
    assert world.state.participants[person].doses[-1].first_verdict == "documented afterwards"


def wrong_kit_really_given(world: MaskedWorld, rng: random.Random) -> None:
    """It happened: it is recorded as what it is, and nobody else gets that kit."""
    person = world.person()
    kit = world.deliver(ARMS)[rng.randrange(2)]
    world.house.do("deviation.record", kit, {"participant": person, "route": "intrathecal", "dose": q(8e7, "{cells}"), "what_happened": WHY})  # fmt: skip
    assert world.state.participants[person].doses[-1].valid is False


def copied(world: MaskedWorld, rng: random.Random) -> None:
    """The record is restored from a backup: no kit is assigned or given before it is settled what is lacking."""
    world.apart()
    person = world.person()
    kit = world.kit(person)
    world.house.record.begin_anew(f"{world.attempts:064x}", known=rng.choice([0, world.state.seq - 1]))
    try:
        for act in (lambda: world.give(person, kit), lambda: world.kit(world.person())):
            assert world.try_(act) is not None
    finally:
        recover(world)
        settle(world)


def forged(world: MaskedWorld, rng: random.Random) -> None:
    """Whoever has the door writes what the gates refuse: it changes nothing."""
    record = world.house.record
    events = ("participant.allocated", "kit.assigned", "kit.given", "kit.received", "kit.released")
    known = [one.body for one in record.events() if one.body["event"] in events]
    if not known:
        return
    body = rng.choice(known)
    changes = rng.choice([{"index": 1}, {"arm": "cells"}, {"kit": "K-0"}, {"kit": world.a_kit(rng), "number": 1}, {"participant": "S-0"}, {"expires_at": "2000-01-01T00:00:00.000Z"}, {}])  # fmt: skip
    if not changes.keys() <= body["data"].keys():
        return
    now = {**body, "key": f"forged-{record.state.seq}", "at": world.house.now, "recorded": world.house.now, "data": {**body["data"], **changes}}  # fmt: skip
    with suppress(RecordError, Conflict):
        assert isinstance(record._append(now, now["key"]), list), body["event"]


def a_hold_on_one_product(world: MaskedWorld, rng: random.Random) -> None:
    """It stops every kit: one that stopped those of an arm alone would tell which they are."""
    person, name = world.person(), f"HOLD-p{world.attempts}"
    boss(world, "site.reopen", "north") if not world.state.sites["north"].open else None
    world.house.do("hold.place", name, {"hold": "stop-release", "target": rng.choice(ARMS)}, actor="board-1")
    kit = world.deliver(ARMS[:1], signed=0)[0]
    refused = world.try_(lambda: world.house.do("kit.release", kit, {}, actor="qa-1"))
    assert refused is not None
    world.house.do("hold.lift", name, {}, actor="board-1")
    with suppress(RecordError):
        world.treat(person)


MASKED_MOVES: list[Callable[[Any, random.Random], None]] = [
    treated, treated, second_dose, delivery, delivery, recalled, assigned, assigned, given_if_may, given_if_may, put_aside_and_another, factor_corrected,
    unblinded, unblinded, moved_to_the_south, another_plan_and_back, kit_without_network, kit_without_network, kit_without_network, documented_late, wrong_kit_really_given, copied, forged, forged,
    a_hold_on_one_product,
]  # fmt: skip


def masked_step(world: MaskedWorld, rng: random.Random) -> None:
    """One move at random in a masked world: attacks, its own moves, and those of every hospital."""
    dice = rng.random()
    if dice < 0.4:
        hostile = rng.choice(MASKED_ATTACKS)
        refused = world.try_(lambda: hostile(world, rng))
        assert refused is not None, f"{hostile.__name__} was not refused"
    else:
        move = rng.choice(MASKED_MOVES if dice < 0.8 else MOVES)
        with suppress(Conflict):
            world.try_(lambda: move(world, rng))
    if rng.random() < 0.2:
        world.house.wait(hours=rng.randrange(1, 40))
