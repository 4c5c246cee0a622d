"""Two sessions at one record at the same time, and the days on which the clocks on the walls change."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from proband.record.errors import Conflict, RecordError, Refused
from proband.record.fold import fold_all
from proband.record.record import Record
from proband.record.verify import verify_record

from .synthetic import CONSENT, WHY, Hospital, hospital, view
from .test_family import refused_by


class Desk(Hospital):
    """Another session over the folder of a record: what it has seen is as old as it is."""

    def __init__(self, house: Hospital) -> None:
        folder = house.record.folder
        assert folder is not None
        super().__init__(Record.open(folder, clock=house.record.clock), house._clock)


def at_once(*calls: Callable[[], Any]) -> list[str]:
    """Do all of them at the same time; what came of each."""
    gate, came = threading.Barrier(len(calls)), [""] * len(calls)

    def run(place: int) -> None:
        gate.wait()
        try:
            calls[place]()
            came[place] = "done"
        except Refused as refused:
            came[place] = ", ".join(sorted({one.code for one in refused.refusals}))
        except Conflict as conflict:
            came[place] = conflict.code

    threads = [threading.Thread(target=run, args=(place,)) for place in range(len(calls))]
    for one in threads:
        one.start()
    for one in threads:
        one.join()
    return sorted(came)


def two_desks(folder: Path) -> tuple[Hospital, Desk]:
    house = hospital(folder=folder)
    house.admit("S-1")
    return house, Desk(house)


def closed(folder: Path, *houses: Hospital) -> None:
    states = []
    for house in houses:
        house.record.catch_up()
        states.append(house.record.state)
    assert all(state == states[0] for state in states)
    assert states[0].invalid == {}
    assert fold_all(houses[0].record.events(), "SYN") == states[0]
    for house in houses:
        house.record.close()
    assert verify_record(folder).ok


#: what two sessions do at the same moment, of which one only can stand; what the other one hears
RACES: dict[str, tuple[str, Callable[[Hospital], Any]]] = {
    "one bag, given twice": ("gate.used.given", lambda h: h.give("BAG-1", "S-1", "COI-1")),
    "one number, given twice": ("gate.unique.taken", lambda h: h.refer("S-9")),
    "two spellings of one name": ("gate.unique", lambda h: h.refer("S-9" if isinstance(h, Desk) else "s-9")),
    "one signature, signed twice": ("gate.two-persons.same", lambda h: h.do("product.release", "BAG-2", {"route": "intrathecal"}, actor="qa-1")),
    "one bag, divided twice": ("gate.", lambda h: h.do("product.split", "BAG-2", {"into": [{"id": f"P-{isinstance(h, Desk)}", "amount": {"value": 8e7, "unit": "{cells}"}}]}, actor="lab-1")),
    "one collection, made twice": ("gate.used.collection", lambda h: h.do("product.make", f"B-{isinstance(h, Desk)}", {"coi": "COI-2", "collections": ["DIN-3"]}, actor="lab-1")),
}  # fmt: skip


@pytest.mark.parametrize("race", RACES)
def test_of_two_sessions_that_do_the_same_at_once_one_does_it(tmp_path: Path, race: str) -> None:
    house, desk = two_desks(tmp_path / "record")
    house.ready("S-1", "1")
    house.collect("S-1", "COI-2", "DIN-2")
    house.make("BAG-2", "COI-2", ["DIN-2"])
    house.test("BAG-2")
    house.label("BAG-2", "COI-2")
    house.collect("S-1", "COI-2", "DIN-3")
    code, act = RACES[race]
    came = at_once(lambda: act(house), lambda: act(desk))
    assert came[0] == "done"
    assert code in came[1]
    closed(tmp_path / "record", house, desk)


def test_what_one_session_has_not_seen_of_the_other_stops_it_all_the_same(tmp_path: Path) -> None:
    """A withdrawal, a recall and a hold at one desk reach a dose at the other, which was opened before them."""
    house, desk = two_desks(tmp_path / "record")
    bag, coi, _ = house.ready("S-1", "1")
    desk.record.catch_up()
    house.do("participant.withdraw", "S-1", {"level": "treatment", "said": "no"})
    assert "gate.withdrawal.blocked" in refused_by(lambda: desk.give(bag, "S-1", coi))
    house.do("lot.recall", "SYN", {"lot": "LOT-1", "notified_on": house.now[:10]}, actor="qa-1")
    assert "gate.recalled.lot" in refused_by(lambda: desk.give(bag, "S-1", coi))
    closed(tmp_path / "record", house, desk)


def test_a_rehearsal_at_one_desk_takes_nothing_from_the_other(tmp_path: Path) -> None:
    house, desk = two_desks(tmp_path / "record")
    from proband.record.commands import Command

    tried = [Command("participant.refer", f"T-{n}", {}, "dr-1", "physician", "north") for n in range(20)]
    came = at_once(
        lambda: [desk.record.rehearse(tried) for _ in range(5)],
        lambda: [house.refer(f"T-{n}") for n in range(20)],
    )
    assert came == ["done", "done"]
    closed(tmp_path / "record", house, desk)


# the days on which the clocks on the walls change: in Britain the last Sundays of March and of October, at 01:00 UTC

SPRING, AUTUMN = datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC)
BRITAIN = {"jurisdiction": "GB", "offsets": ["+00:00", "+01:00"]}


def in_britain(at: datetime, **changes: Any) -> Hospital:
    """A hospital whose site says where its clocks stand in winter and in summer."""
    house = hospital(programme=view(**changes) if changes else None)
    house._clock[0] = at
    house.do("site.open", "east", BRITAIN, actor="sys-1", site="*")
    for person, role in (("dr-e", "physician"), ("nurse-e", "nurse"), ("nurse-f", "nurse")):
        house.do("staff.grant", person, {"role": role, "sites": ["east"]}, actor="sys-1", site="*")
        for training in ("gcp", "gmp", "good-clinical-practice", "protocol"):
            house.do("staff.train", person, {"training": training, "valid_until": "2030-01-01"}, actor="sys-1", site="*")  # fmt: skip
    return house


def refer(house: Hospital, person: str, **options: Any) -> Any:
    return house.do("participant.refer", person, {}, actor="dr-e", role="physician", site="east", **options)


@pytest.mark.parametrize("day", [SPRING, AUTUMN], ids=["spring", "autumn"])
def test_an_hour_that_is_there_twice_or_never_is_two_moments_or_one(day: datetime) -> None:
    """01:30 is there twice in autumn, an hour apart, and in spring never by the summer's clock before it goes: moments keep their order."""
    house = in_britain(day + timedelta(hours=3))
    wall = f"{day:%Y-%m-%d}T01:30:00"
    first = refer(house, "A-2", at=f"{wall}+01:00").body
    second = refer(house, "A-3", at=f"{wall}+00:00").body
    assert first["day"] == second["day"] == f"{day:%Y-%m-%d}"
    assert datetime.fromisoformat(second["at"]) - datetime.fromisoformat(first["at"]) == timedelta(hours=1)
    assert house.record.state.invalid == {}


@pytest.mark.parametrize("day", [SPRING, AUTUMN], ids=["spring", "autumn"])
@pytest.mark.parametrize("minutes", [59, 61])
def test_what_runs_by_the_clock_runs_by_no_clock_on_a_wall(day: datetime, minutes: int) -> None:
    """A check at the bed is good for sixty minutes also where the wall says that none, or two hours, have passed."""
    house = hospital()
    house._clock[0] = day - timedelta(days=2)
    house.admit("S-1")
    house._clock[0] = day + timedelta(minutes=20)
    bag, coi, _ = house.ready("S-1", "1")
    house.wait(minutes=minutes)
    offset = {"offset": "+01:00" if day is SPRING else "+00:00"}
    data = {"participant": "S-1", "coi": coi, "wristband": "S-1", "bag": bag, "route": "intrathecal",
            "dose": {"value": 8e7, "unit": "{cells}"}, "inputs": {"weight": {"value": 80.0, "unit": "kg"}}}  # fmt: skip
    give = lambda: house.do("product.administer", bag, data, **offset)  # noqa: E731
    if minutes < 60:
        give()
        assert house.record.state.participants["S-1"].doses[-1].valid
    else:
        assert refused_by(give) == ["gate.bedside.old"]


@pytest.mark.parametrize("offset", ["+02:00", "-01:00", "+00:30", "-00:00", "+14:00"])
def test_by_no_other_clock_than_the_site_s(offset: str) -> None:
    house = in_britain(SPRING)
    with pytest.raises(RecordError) as refused:
        refer(house, "A-2", offset=offset)
    assert refused.value.code == "record.event.offset" or "clock" in getattr(refused.value, "gates", ())


@pytest.mark.parametrize("minutes", range(-150, 151, 30))
def test_the_choice_between_a_site_s_two_clocks_reaches_a_day_by_no_more_than_an_hour(minutes: int) -> None:
    """Whoever chooses the clock reaches the next day at most an hour early, or keeps the last one an hour; everything else is refused by the day."""
    midnight = SPRING + timedelta(days=1)
    house = in_britain(midnight + timedelta(minutes=minutes))
    days = {offset: refer(house, f"A-{offset[1:3]}", offset=offset).body["day"] for offset in BRITAIN["offsets"]}  # fmt: skip
    assert (days["+00:00"] != days["+01:00"]) == (-60 <= minutes < 0)
    assert set(days.values()) <= {f"{SPRING:%Y-%m-%d}", f"{midnight:%Y-%m-%d}"}


def test_a_text_that_comes_into_force_does_so_at_the_midnight_of_the_place_whichever_clock_stands() -> None:
    texts = view().consent.model_dump(mode="json")
    first = texts["versions"][0]
    texts["versions"].append({**first, "id": "text-1b", "in_force": "2026-03-30", "supersedes": "text-1", "reconsent": "all", "what_changed": WHY})  # fmt: skip
    house = in_britain(SPRING + timedelta(hours=22, minutes=30), consent=texts)
    refer(house, "A-2", offset="+01:00")
    facts = {"through": "screening", "as_of": "2026-03-29", "values": {"platelets": {"low": 250.0, "high": 250.0}, "infection": {"truth": False}}}  # fmt: skip
    by: dict[str, Any] = {"actor": "dr-e", "role": "physician", "site": "east", "offset": "+01:00"}
    house.do("participant.screen", "A-2", {"outcome": "eligible", "facts": facts, "reasons": []}, **by)
    # half past eleven in the evening, by the summer's clock: the old text; an hour later the new one
    assert refused_by(lambda: house.do("consent.give", "A-2", CONSENT | {"version": "text-1b"}, **by)) == ["gate.consent-form.version"]  # fmt: skip
    house.wait(hours=1)
    assert refused_by(lambda: house.do("consent.give", "A-2", CONSENT, **by)) == ["gate.consent-form.version"]  # fmt: skip
    house.do("consent.give", "A-2", CONSENT | {"version": "text-1b"}, **by)
