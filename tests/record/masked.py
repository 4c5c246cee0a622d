"""A masked trial for tests: two products that are given alike, kits that hide which, a sealed list, and people of several levels."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from proband.record import confidential
from proband.record.commands import Command, Signature
from proband.record.executing import Receipt
from proband.trial.allocation import AllocationPlan, draw_arm
from proband.trial.allocation.draw import Placed

from .synthetic import WHY, Hospital, doctor, hospital, product, view

GRADES = [{"factor": "grade", "levels": ["grade A", "grade B"]}]
MASKED = [{"role": role, "masked": True, "why": WHY} for role in ("participant", "treating-team", "assessor")]


def alike() -> dict[str, Any]:
    """Two arms whose products are given in the same way."""
    regimen = view().model_dump(mode="json")["regimens"][0]
    return {
        "arms": [
            {"id": "cells", "name": "cells", "regimen": "spinal", "weight": 1},
            {"id": "vehicle", "name": "vehicle", "regimen": "spinal-vehicle", "weight": 1},
        ],
        "products": [product(), product(id="vehicle", name="vehicle")],
        "regimens": [regimen, regimen | {"id": "spinal-vehicle", "product": "vehicle"}],
    }


def drawn(method: str = "stratified-blocked", **changes: Any) -> dict[str, Any]:
    """The allocation of a programme that draws."""
    sizes = {} if method == "minimisation" else {"block_sizes": [2, 4]}
    return {"method": method, "strata": GRADES, "concealment": WHY, **sizes, **changes}


def trial(
    folder: Path | None = None,
    *,
    masked: bool = True,
    method: str = "stratified-blocked",
    seed: bytes | None = None,
    **options: Any,
) -> Hospital:
    """A hospital whose programme draws, with its list sealed."""
    changes: dict[str, Any] = {**alike(), "allocation": drawn(method)}
    if masked:
        changes["masking"] = MASKED
    house = hospital(programme=view(**changes), folder=folder, **options)
    house.changes = changes
    seal_list(house, seed)
    return house


def seal_list(house: Hospital, seed: bytes | None = None) -> Receipt:
    """The list is sealed."""
    command = Command("allocation.seal", "SYN", {}, actor="sys-1", role="custodian", site="*",
                      signatures=[Signature("sys-1", "custodian", "scripted")])  # fmt: skip
    if house.record.vault is None:
        house.record.vault = house.record.texts.vault
    return confidential.seal_allocation(house.record, command, seed=seed)


def admitted(house: Hospital, person: str, grade: str = "grade A", site: str = "north") -> Receipt:
    """A person from referral to a place."""
    for step in (house.refer, house.screen, house.consent, house.enrol):
        step(person, site=site)
    return house.do(
        "participant.allocate", person, {"stratum": {"grade": grade}}, site=site, actor=doctor(site)
    )


def stocked(
    house: Hospital,
    kits: dict[str, str],
    site: str = "north",
    released: bool = True,
    expires: str = "2027-01-01T00:00:00.000Z",
    lots: Sequence[str] = (),
) -> None:
    """Kits by their numbers, each of an arm, in the stock of a site."""
    for kit, arm in kits.items():
        command = Command("kit.receive", kit, {}, actor="pharm-1", role="pharmacist", site=site,
                          signatures=[Signature("pharm-1", "pharmacist", "scripted")])  # fmt: skip
        confidential.receive_kit(house.record, command, arm=arm, expires_at=expires, lots=lots)
        if released:
            house.do("kit.release", kit, {}, actor="qa-1", site=site)
            house.do("kit.release", kit, {}, actor="qa-2", site=site)


def given(house: Hospital, person: str, taken: str | None = None, **changes: Any) -> Receipt:
    """Somebody is given the kit that is assigned to them, or another one."""
    kit = taken or next(
        one.id
        for one in house.record.state.products.values()
        if one.participant == person and one.status == "released"
    )
    house.check(kit, person)
    data = {"participant": person, "wristband": person, "kit": kit, "route": "intrathecal", "dose": {"value": 8e7, "unit": "{cells}"},
            "inputs": {"weight": {"value": 80.0, "unit": "kg"}}}  # fmt: skip
    return house.do("kit.give", kit, data | changes, also=[("nurse-1", "nurse")])


def seed_of(
    plan: AllocationPlan,
    arms: list[str],
    grade: str = "grade A",
    fits: Callable[[bytes], bool] = lambda seed: True,
) -> bytes:
    """A seed whose first people of one level come to these arms, and that fits."""
    for number in range(1, 10_000):
        seed = number.to_bytes(32, "big")
        history: list[Placed] = []
        for _ in arms:
            stratum = {"grade": grade}
            history.append(Placed(stratum, draw_arm(seed, plan, stratum, history)))
        if [one.arm for one in history] == arms and fits(seed):
            return seed
    raise AssertionError("no seed gives these arms")
