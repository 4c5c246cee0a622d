"""Honest moves of a bank in the hostile hospital: donors are asked, tested, followed and taken back, lots are made of them or bought, and their units are sent,
counted, put aside, judged, dispensed, given, brought back and destroyed, while everything else goes on around them.

The checker keeps a ledger of its own beside it (``stock_rules``), and holds the record's account against that after every move.
"""

from __future__ import annotations

import random
from contextlib import suppress
from datetime import timedelta
from typing import Any

from proband.record.errors import Refused
from proband.record.events import stamp

from .hostile import MOVES, World, against, family_life
from .hostile_time import WAYS_ON, employ
from .synthetic import WHY, q

UNIT = 8e7
PHARMACY: dict[str, Any] = {"actor": "pharm-1"}


def has_a_bank(world: World) -> bool:
    """Whether the programme of this world has lots made of donors: masked trials have none."""
    return world.state.view is not None and "bank" in world.state.view.product


def lab(world: World, verb: str, subject: str, **data: Any) -> int:
    return world.house.do(verb, subject, data, actor="lab-1").seq


# preparations, all of them in order


def a_donor(world: World, cover: tuple[str, ...] = ("donation", "contact")) -> str:
    """Somebody who was registered and asked by the text in force."""
    world.people += 1
    name, today = f"D-{world.people}-{world.attempts}", world.house.now[:10]
    text = "donor-1" if today < "2026-06-01" else "donor-2"
    lab(world, "donor.register", name)
    lab(world, "donor.consent", name, version=text, language="en", on=today, by="donor", covers=list(cover))
    return name


def a_result(world: World, name: str, test: str, result: str = "negative") -> int:
    return lab(world, "donor.test", name, test=test, result=result, sampled_on=world.house.now[:10], laboratory="reference")  # fmt: skip


def fit(world: World, name: str) -> None:
    world.house.do("donor.determine", name, {"product": "bank", "eligible": True}, actor="qa-1")


def a_gift(world: World, donor: str) -> str:
    din = f"GIFT-{donor}-{len(world.state.donations)}"
    lab(world, "donor.collect", donor, din=din, product="bank", material="fat")
    return din


def a_good_gift(world: World) -> tuple[str, str]:
    """A donation of somebody who was found fit: (donor, donation)."""
    donor = a_donor(world)
    for test in ("hiv", "hbv"):
        a_result(world, donor, test)
    fit(world, donor)
    return donor, a_gift(world, donor)


def a_lot(world: World, gifts: list[str], units: int = 4, upto: str = "release") -> str:
    """A lot of units, each one dose of somebody of 80 kg, made of donations up to a step."""
    house, name, whole = world.house, f"BANK-{world.state.seq}", UNIT * (units + 1)
    lab(world, "lot.begin", name, product="bank", donations=gifts)
    house.steps(name, [f"MEDIUM-{world.state.seq % 5}"], cells=whole)
    expires = stamp(house._clock[0] + timedelta(days=60))
    lab(world, "product.finish", name, amount=q(whole, "{cells}"), expires_at=expires)
    lab(world, "lot.fill", name, units=units, each=q(UNIT, "{cells}"), samples=1)
    if upto == "release":
        house.test(name)
        house.label(name, name)
        house.release(name)
    return name


def bought(world: World, units: int = 12) -> str:
    """A lot of the medicine that is bought, released here."""
    house, name = world.house, f"TAB-{world.state.seq}"
    told = {"product": "tablet", "supplier": "x", "supplier_lot": f"M-{world.state.seq % 9}", "units": units, "each": q(10, "mg"),
            "expires_at": stamp(house._clock[0] + timedelta(days=300))}  # fmt: skip
    house.do("lot.receive", name, told, **PHARMACY)
    lab(world, "product.test", name, test="identity", result="conforms", laboratory="qc")
    house.label(name, name)
    for who in ("qa-1", "qa-2"):
        house.do("product.release", name, {"route": "oral"}, actor=who)
    return name


def dispensed(world: World, person: str, lot: str, units: int = 1) -> tuple[str, str]:
    """A pack of a lot for somebody, with its label: (pack, label)."""
    pack = f"PACK-{world.state.seq}"
    told = {"participant": person, "lot": lot, "units": units, "regimen": "banked"}
    world.house.do("stock.dispense", pack, told, **PHARMACY)
    return pack, world.house.label(pack, lot)


def treat_of(world: World, person: str, lot: str) -> str:
    pack, label = dispensed(world, person, lot)
    world.house.check(pack, person)
    world.house.bedside(pack, person, label)
    world.house.give(pack, person, lot)
    return pack


def stock(
    world: World, rng: random.Random, site: str = "north", place: str = "usable", of: str = ""
) -> str | None:
    """A lot of which something is there; of a product, one that is released."""
    there = [one.lot for one in world.state.stock.values() if one.site == site and getattr(one, place) > 0]
    if of:
        kinds = [world.state.products[lot] for lot in there]
        there = [one.id for one in kinds if (one.kind, one.status) == (of, "released")]
    return rng.choice(there) if there else None


# attacks


@against("stock")
def more_than_is_there(world: World) -> None:
    lot = a_lot(world, [a_good_gift(world)[1]], units=2)
    world.house.do("stock.send", lot, {"to": "south", "shipment": f"SHIP-{lot}", "units": 3, "carrier": "x"}, **PHARMACY)  # fmt: skip


@against("origin")
def of_a_donor_who_was_found_ill_since(world: World) -> None:
    donor, din = a_good_gift(world)
    lab(world, "donor.follow", donor, finding="genetic")
    lab(world, "lot.begin", f"BANK-{world.state.seq}", product="bank", donations=[din])


@against("donor")
def found_fit_without_its_tests(world: World) -> None:
    donor = a_donor(world)
    a_result(world, donor, "hiv")
    fit(world, donor)


@against("second-person")
def counted_alone(world: World) -> None:
    lot = a_lot(world, [a_good_gift(world)[1]], units=2)
    world.house.do("stock.count", lot, {"usable": 2, "aside": 0, "returned": 0}, **PHARMACY)


# moves


def a_donor_comes(world: World, rng: random.Random) -> None:
    """Somebody is asked, tested and gives, in any order, and may withdraw and come back; what the gates let through becomes a lot."""
    donor = a_donor(world, rng.choice([("donation", "contact"), ("donation",), ("contact",)]))
    gifts: list[str] = []
    acts = [
        lambda: a_result(world, donor, rng.choice(["hiv", "hbv"]), rng.choice(["negative"] * 5 + ["positive", "indeterminate"])),
        lambda: a_result(world, donor, "hiv"), lambda: a_result(world, donor, "hbv"), lambda: fit(world, donor), lambda: gifts.append(a_gift(world, donor)),
        lambda: lab(world, "donor.withdraw", donor, covers=["donation"]), lambda: world.house.wait(days=rng.choice([1, 9])),
        lambda: lab(world, "donor.consent", donor, version="donor-1" if world.house.now < "2026-06" else "donor-2", language="en", on=world.house.now[:10], by="donor", covers=["donation"]),
    ]  # fmt: skip
    for _ in range(rng.randrange(5, 14)):
        with suppress(Refused):
            rng.choice(acts)()
    for din in gifts:
        with suppress(Refused):
            a_lot(world, [din], rng.choice([1, 3, 6]), rng.choice(["fill", "release", "release"]))


def given_of_the_bank(world: World, rng: random.Random) -> None:
    """A lot serves several people."""
    world.apart()
    lot = stock(world, rng, of="bank")
    if lot is None or rng.random() < 0.2:
        gifts = [a_good_gift(world)[1] for _ in range(rng.choice([1, 1, 2]))]
        lot = a_lot(world, gifts, rng.choice([2, 5]))
    for _ in range(rng.choice([1, 2])):
        treat_of(world, world.person(arm="bank"), lot)
        world.apart()


def learnt_of_a_donor(world: World, rng: random.Random) -> None:
    """What is found of a donor later reaches their lots, the packs and whoever got one; it may have been another donor's."""
    if not world.state.donors:
        return
    donor = rng.choice(sorted(world.state.donors))
    if rng.random() < 0.5:
        event, seq = "donor.tested", a_result(world, donor, rng.choice(["hiv", "hbv"]), rng.choice(["positive", "negative"]))  # fmt: skip
    else:
        finding = rng.choice(["well", "not-reached", "infection", "malignancy", "genetic", "other"])
        event, seq = "donor.followed", lab(world, "donor.follow", donor, finding=finding)
    if rng.random() < 0.6:
        world.house.do("donor.retract", donor, {"event": event}, actor="qa-1", corrects=seq, reason=WHY, also=[("qa-2", "quality")])  # fmt: skip


def a_gift_was_another_s(world: World, rng: random.Random) -> None:
    taken = [one for one in world.state.donations.values() if one.used_by is None]
    one = rng.choice(taken) if taken else None
    if one is not None:
        world.house.do("donor.retract", one.donor, {"event": "donor.collected"}, actor="qa-1", corrects=one.seq, reason=WHY, also=[("qa-2", "quality")])  # fmt: skip


def units_travel(world: World, rng: random.Random) -> None:
    """Units go to the other site, arrive cold or warm, all of them or fewer, perhaps later; none of it is there twice."""
    lot = stock(world, rng) or bought(world)
    there = world.state.stock[f"{lot}@north"].usable
    ship, units = f"SHIP-{world.state.seq}", rng.randint(1, max(1, there))
    world.house.do("stock.send", lot, {"to": "south", "shipment": ship, "units": units, "carrier": "x"}, **PHARMACY)  # fmt: skip
    world.house.wait(hours=rng.randrange(1, 30))
    if rng.random() < 0.8:
        arrive(world, ship, rng.randint(0, units), rng.choice([8.0, 8.0, 31.0]))


def arrive(world: World, ship: str, units: int, highest: float = 8.0) -> None:
    sent = world.state.shipments[ship]
    told = {"shipment": ship, "units": units, "lowest": q(4, "Cel"), "highest": q(highest, "Cel")}
    world.house.do("stock.receive", sent["lot"], told, site=sent["to"], reason=WHY, **PHARMACY)


def units_are_counted(world: World, rng: random.Random) -> None:
    """Two people count: what the ledger says, or one more or fewer."""
    site = rng.choice(["north", "north", "south"])
    second = second_of(world, site)
    here = [one for one in world.state.stock.values() if one.site == site]
    if here:
        held = rng.choice(here)
        told = {
            name: max(0, getattr(held, name) + rng.choice([0, 0, 0, -1, 1]))
            for name in ("usable", "aside", "returned")
        }
        world.house.do("stock.count", held.lot, told, site=site, reason=WHY, also=[second], **PHARMACY)


def second_of(world: World, site: str) -> tuple[str, str]:
    """Who counts beside the pharmacist."""
    if site == "north":
        return "qa-1", "quality"
    employ(world, "qa-s1", "quality", "south")
    return "qa-s1", "quality"


def units_are_judged(world: World, rng: random.Random) -> None:
    """Units are put aside, judged, brought back and destroyed."""
    site = rng.choice(["north", "north", "south"])
    here: dict[str, Any] = {"site": site, **PHARMACY}
    with suppress(Refused):
        if lot := stock(world, rng, site):
            why = {"units": 1, "why": rng.choice(["temperature", "damage", "complaint", "label"])}
            world.house.do("stock.set-aside", lot, why, **here)
    with suppress(Refused):
        if lot := stock(world, rng, site, "aside"):
            world.house.do("stock.judge", lot, {"units": 1}, **here)
    packs = [one for one in world.state.products.values() if one.units and one.place == site]
    with suppress(Refused):
        if packs and rng.random() < 0.5:
            world.house.do("stock.return", rng.choice(packs).id, {"units": 1}, **here)
    of = rng.choice(["usable", "aside", "returned"])
    if lot := stock(world, rng, site, of):
        rest = {"units": 1, "of": of, "method": "incineration"}
        world.house.do("stock.destroy", lot, rest, also=[second_of(world, site)], **here)


def packed_or_recalled(world: World, rng: random.Random) -> None:
    """Units go into kits, a lot is recalled and perhaps reinstated, or put aside and looked into; meanwhile somebody has a pack of it."""
    lot = stock(world, rng, of=rng.choice(["bank", "tablet"])) or bought(world)
    pack, test = None, "identity" if lot.startswith("TAB") else "sterility"
    with suppress(Refused):
        pack = dispensed(world, world.person(arm="bank"), lot, rng.choice([1, 2]))[0]
    house = world.house
    with suppress(Refused):
        if pack and rng.random() < 0.4:
            house.do("stock.return", pack, {"units": 1}, **PHARMACY)
    rng.choice([
        lambda: house.do("stock.pack", lot, {"units": 1}, **PHARMACY),
        lambda: house.do("lot.recall", "SYN", {"lot": lot, "notified_on": house.now[:10]}, actor="qa-1"),
        lambda: house.do("product.quarantine", rng.choice([lot, pack or lot]), actor="qa-1"),
        lambda: lab(world, "product.test", lot, test=test, result="positive", laboratory="qc"),
    ])()  # fmt: skip
    with suppress(Refused):
        house.do("lot.reinstate", "SYN", {"lot": lot}, actor="qa-1", also=[("qa-2", "quality")], reason=WHY)
    with suppress(Refused):
        house.do("product.investigate", lot, {"finding": WHY, "conclusion": rng.choice(["goes-on", "rejected"])}, actor="qa-1")  # fmt: skip


def bank_goes_on(world: World, rng: random.Random) -> None:
    """From wherever the bank has come to: what is on its way arrives, donors are asked how they are, what is aside is destroyed, everything is counted, and a newcomer is treated of a new lot."""
    if not has_a_bank(world):
        return
    house, state = world.house, world.state
    for ship, sent in state.shipments.items():
        if sent["arrived"] is None:
            arrive(world, ship, sent["units"])
    for name in rng.sample(sorted(state.donors), min(2, len(state.donors))):
        lab(world, "donor.follow", name, finding="not-reached")
    for held in rng.sample(list(state.stock.values()), min(3, len(state.stock))):
        here: dict[str, Any] = {"site": held.site, "also": [second_of(world, held.site)], **PHARMACY}
        for place in ("aside", "returned"):
            if units := getattr(held, place):
                house.do("stock.destroy", held.lot, {"units": units, "of": place, "method": "incineration"}, **here)  # fmt: skip
        house.do("stock.count", held.lot, {"usable": held.usable, "aside": 0, "returned": 0}, **here)
        assert held.balance == 0
    lot = a_lot(world, [a_good_gift(world)[1]], 1)
    for _ in range(40):
        world.apart()
        newcomer = world.person(arm="bank")
        try:
            pack = treat_of(world, newcomer, lot)
        except Refused as refused:
            # a fast tablet may have dated a first dose ahead: the pack comes back, and the lot has one fewer
            if set(refused.gates) != {"interval"}:
                raise
            lot = a_lot(world, [a_good_gift(world)[1]], 1)
            continue
        assert state.participants[newcomer].doses[-1].stands
        assert state.products[pack].administered_at
        return
    raise AssertionError("nobody can be treated of the bank")


def a_pack_comes_back(world: World, rng: random.Random) -> None:
    """Somebody has more units than they need: what comes back is put aside, and is given to nobody."""
    lot = stock(world, rng, of="bank") or a_lot(world, [a_good_gift(world)[1]], 3)
    pack, _ = dispensed(world, world.person(arm="bank"), lot, rng.choice([1, 2]))
    world.house.do("stock.return", pack, {"units": 1}, **PHARMACY)


BANK_MOVES = [
    a_donor_comes, a_donor_comes, given_of_the_bank, given_of_the_bank, given_of_the_bank, learnt_of_a_donor, a_gift_was_another_s, units_travel, units_travel,
    units_are_counted, units_are_judged, units_are_judged, packed_or_recalled, packed_or_recalled, a_pack_comes_back,
]  # fmt: skip


def a_day_at_the_bank(world: World, rng: random.Random) -> None:
    """Some moves of the bank, one after the other, where there is one; what is refused is left."""
    for _ in range(rng.randrange(1, 4) if has_a_bank(world) else 0):
        with suppress(Refused):
            rng.choice(BANK_MOVES)(world, rng)


# the families of a person's own containers are played as often as before, beside those of the bank
MOVES += [a_day_at_the_bank, a_day_at_the_bank, a_day_at_the_bank, family_life]
WAYS_ON.append(bank_goes_on)
