"""What else could tell two people's arms apart: what is drafted for a regulator, before and after an unblinding, and how much work is done for each.

Time is not measured, which would be a matter of chance: what is counted is each line of Proband that is run. Where the same lines run as often, nothing but the
weather of the machine is left to tell an arm by.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

import proband
from proband.record.commands import Command, Signature
from proband.record.errands import carry_out
from proband.record.findings import board_pack
from proband.record.record import Record
from proband.record.regulators.case import CaseSupplement, case_of
from proband.record.regulators.icsr import icsr_of
from proband.record.regulators.medwatch import medwatch_of
from proband.record.sealed_lists import in_drawn_order
from proband.record.tables import TABLES, table

from .masked import MASKED, admitted, alike, drawn, given, seal_list, seed_of, stocked, trial
from .synthetic import WHY, Hospital, hospital, q, view
from .test_kits import Ward, scanned
from .test_masked import ARMS, UNIFORM, a_life

SOURCE = str(Path(proband.__file__).parent)


def unblind(house: Hospital, person: str) -> str:
    signed = [Signature("dr-1", "physician", "scripted")]
    command = Command("allocation.unblind", person, {"urgency": "emergency"}, actor="dr-1", role="physician", site="north", reason=WHY, signatures=signed)  # fmt: skip
    return str(carry_out(house.record, command).told["arm"])


# drafts for a regulator


def drafts(record: Record) -> tuple[bool, list[str]]:
    """Whether the case is blinded, and its draft in each form, by nobody's supplement and by one that says all it may."""
    case, found = case_of(record, "AE-1"), []
    for site in (CaseSupplement(), CaseSupplement(product_name="Product X", narrative=WHY, weight=70.0)):
        found.append(icsr_of(case, site, created=record.state.recorded).content.decode())
        found.append(json.dumps([one.as_dict() for one in medwatch_of(case, site, created=record.state.recorded)]))  # fmt: skip
    return case.blinded, found


def test_drafts_for_a_regulator_tell_nobody_s_arm_before_it_was_opened_or_after(tmp_path: Path) -> None:
    """An arm that was opened was told to whoever asked: a draft then names the kit, and what was in it is the site's to add."""
    seen, told = [], []
    for arms in (ARMS, ARMS[::-1]):
        house = a_life(tmp_path / "-".join(arms), arms)
        before = drafts(house.record)
        told.append(unblind(house, "S-1"))
        seen.append([before, drafts(house.record)])
        house.record.close()
    assert told == list(ARMS)
    assert [blinded for blinded, _ in seen[0]] == [True, False]
    for (_, one), (_, other) in zip(*seen, strict=True):
        assert [len(text) for text in one] == [len(text) for text in other]
        assert [UNIFORM.sub("·", text) for text in one] == [UNIFORM.sub("·", text) for text in other]


# the work that is done


def lines_of(act: Callable[[], object]) -> Counter[str]:
    """How often each line of Proband is run while something is done."""
    count: Counter[str] = Counter()

    def inside(frame: FrameType, event: str, argument: Any) -> Any:
        if event == "line":
            count[f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}"] += 1
        return inside

    def called(frame: FrameType, event: str, argument: Any) -> Any:
        return inside if frame.f_code.co_filename.startswith(SOURCE) else None

    before = sys.gettrace()
    sys.settrace(called)
    try:
        act()
    finally:
        sys.settrace(before)
    return count


def work(arms: tuple[str, str], method: str) -> dict[str, Counter[str]]:
    """What is run for two people of these arms: their places, their kits, their doses, and the answer to each unblinding."""
    blocks = {} if method == "minimisation" else {"block_sizes": [2]}
    programme = view(**alike(), allocation=drawn(method, **blocks), masking=MASKED)

    def fits(seed: bytes) -> bool:
        own = {"S-1": ["K-1", "K-3"], "S-2": ["K-2", "K-4"]}
        return all(in_drawn_order(seed, person, 1, kits) == kits for person, kits in own.items())

    house = hospital(programme=programme)
    seal_list(house, seed_of(programme.plan, list(arms), fits=fits))
    found: dict[str, Counter[str]] = {}
    for person in ("S-1", "S-2"):
        found[f"place of {person}"] = lines_of(lambda person=person: admitted(house, person))
    stocked(house, {"K-1": arms[0], "K-2": arms[1], "K-3": arms[0], "K-4": arms[1]})
    for person in ("S-1", "S-2"):
        found[f"kit of {person}"] = lines_of(lambda person=person: house.do("kit.assign", person))
        found[f"dose of {person}"] = lines_of(lambda person=person: given(house, person))
        house.wait(days=3)
    for person in ("S-1", "S-2"):
        found[f"arm of {person}"] = lines_of(lambda person=person: unblind(house, person))
    return found


@pytest.mark.parametrize("method", ["stratified-blocked", "minimisation"])
def test_the_same_lines_are_run_as_often_whichever_arm_somebody_is_in(method: str) -> None:
    work(ARMS, method)  # what is made once in a process is made
    one, other = work(ARMS, method), work(ARMS[::-1], method)
    assert one.keys() == other.keys()
    for name in one:
        assert one[name] == other[name], (name, one[name] - other[name], other[name] - one[name])
        assert sum(one[name].values()) > 1_000, name
    # the count sees a single step more
    assert one["kit of S-1"] != one["kit of S-2"]


# what is found at home while a kit is on its way with a tablet


#: what is found of the kits that stayed, while one is with the tablet: of the one of the same arm, of the one of the other, of both by a lot that is printed on all
FOUND = {
    "a kit rejected": lambda house, kit: house.do("product.reject", kit, {}, actor="qa-1"),
    "a kit put aside": lambda house, kit: house.do("product.quarantine", kit, {}, actor="qa-1"),
    "a kit thrown away": lambda house, kit: house.do("product.dispose", kit, {"amount": q(8e7, "{cells}"), "method": "incineration"}, actor="nurse-1"),
    "a lot recalled": lambda house, kit: house.do("lot.recall", "SYN", {"lot": "BOX-1", "notified_on": house.now[:10]}, actor="qa-1"),
}  # fmt: skip


def away(folder: Path, arms: tuple[str, str], found: str, kit: str) -> dict[str, str]:
    """Everything that can be read after a kit was given without network, and something was found at home meanwhile."""
    programme = view(**alike(), allocation=drawn(), masking=MASKED)

    def fits(seed: bytes) -> bool:
        own = {"S-1": ["K-1", "K-3"], "S-2": ["K-2", "K-4"]}
        return all(in_drawn_order(seed, person, 1, kits) == kits for person, kits in own.items())

    house = trial(folder, seed=seed_of(programme.plan, list(arms), fits=fits))
    for person in ("S-1", "S-2"):
        admitted(house, person)
    stocked(house, {"K-1": arms[0], "K-2": arms[1], "K-3": arms[0], "K-4": arms[1]}, lots=["BOX-1"])
    for person in ("S-1", "S-2"):
        house.do("kit.assign", person)
    house.check("K-1", "S-1")
    ward = Ward(house)
    ward.bedside.execute(scanned("K-1"))
    house.wait(minutes=2)
    FOUND[found](house, kit)
    back = ward.back()
    seen = {f"event {one.seq}": one.raw.decode() for one in house.record.events()}
    seen["back"] = json.dumps([list(back.accepted), back.conflicts, back.clock_ms], default=str)
    for name in TABLES:
        seen[name] = json.dumps(table(house.record.state, name), default=str)
    seen["pack"] = json.dumps(board_pack(house.record.state).as_dict(), default=str)
    for person in ("S-1", "S-2"):
        asked = house.record.rehearse(
            [Command("kit.assign", person, {}, actor="dr-1", role="physician", site="north")]
        )[0].error
        seen[f"kit for {person}"] = str(asked and (asked.code, asked.message, asked.mend))
    house.record.close()
    return seen


@pytest.mark.parametrize("kit", ["K-3", "K-4"])
@pytest.mark.parametrize("found", FOUND)
def test_what_is_found_while_a_kit_is_with_a_tablet_tells_nobody_s_arm(
    tmp_path: Path, found: str, kit: str
) -> None:
    one, other = (away(tmp_path / "-".join(arms), arms, found, kit) for arms in (ARMS, ARMS[::-1]))
    assert one.keys() == other.keys()
    for name in one:
        assert len(one[name]) == len(other[name]), name
        assert UNIFORM.sub("·", one[name]) == UNIFORM.sub("·", other[name]), name
    # what happened at home is there to be read
    assert any(
        verb in one["deviations"] + one["tasks"] + one["kits"]
        for verb in ("rejected", "quarantined", "disposed", "recall")
    )
