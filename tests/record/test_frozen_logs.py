"""Logs of earlier releases open, stand as they were judged, and go on; nobody who writes today is excused by rules of yesterday."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from proband.record import rulings
from proband.record.chain import GENESIS, link
from proband.record.errors import RecordError
from proband.record.events import Event
from proband.record.fold import fold_all
from proband.record.record import Record
from proband.record.store import open_store
from proband.record.verify import verify_record

from .frozen_logs import FROZEN, thaw
from .synthetic import Hospital, hospital

#: by the name of each frozen log what the rules of now would refuse of it
DIFFERING = {
    # an amendment of which nobody had worked out the kind, and that one person had signed; and a bag that was finished and given without its step, before steps were gates
    "before-steps": {"product.manufactured": ["steps"], "product.released": ["steps"], "programme.adopted": ["amendment"]},
    "envelope-4": {"programme.adopted": ["amendment"]},
    "envelope-5": {"programme.adopted": ["amendment"]},
}  # fmt: skip


@pytest.fixture
def frozen_place(request: pytest.FixtureRequest, tmp_path: Path) -> Callable[[str], str | None]:
    """Where a thawed log goes: ``None`` for SQLite in its folder, else the URL of a new PostgreSQL database."""

    def make(engine: str) -> str | None:
        return None if engine == "sqlite" else str(request.getfixturevalue("postgres_database")()[1])

    return make


def go_on(folder: Path) -> Hospital:
    """Open a thawed record, a day after its last event."""
    clock = [datetime(2026, 3, 4, 12, tzinfo=UTC)]
    return Hospital(Record.open(folder, clock=lambda: clock[0]), clock)


def test_every_frozen_log_is_held() -> None:
    assert {path.name.removesuffix(".json.gz") for path in FROZEN.iterdir()} == DIFFERING.keys()


@pytest.mark.parametrize(
    "engine",
    [
        "sqlite",
        pytest.param("postgres", marks=[pytest.mark.postgres, pytest.mark.xdist_group("postgres")]),
    ],
)
@pytest.mark.parametrize("name", DIFFERING)
def test_a_frozen_log_opens_stands_and_goes_on(
    name: str, engine: str, tmp_path: Path, frozen_place: Callable[[str], str | None]
) -> None:
    events = thaw(name, tmp_path / "record", frozen_place(engine))
    report = verify_record(tmp_path / "record")
    assert report.ok, str(report)
    kinds = {seq: events[seq - 1].body["event"] for seq in report.differs}
    assert {kinds[seq]: gates for seq, gates in report.differs.items()} == DIFFERING[name]
    assert ("rules differ" in str(report)) == bool(DIFFERING[name])
    house = go_on(tmp_path / "record")
    state = house.record.state
    assert state.invalid == {}
    # a first verdict never changes
    assert [(dose.valid, dose.standing) for dose in state.participants["S-1"].doses] == [(True, None)]
    house.refer("S-3")
    house.screen("S-3")
    house.do("visit.record", "S-1", {"visit": "month-1", "on": house.now[:10]})
    if name == "before-steps":
        # and what goes on is judged by the rules of now: the next bag needs its step
        house.collect("S-1", "COI-9", "DIN-9")
        house.do("product.make", "BAG-9", {"coi": "COI-9", "collections": ["DIN-9"]}, actor="lab-1")
        with pytest.raises(RecordError, match="expand"):
            house.do("product.finish", "BAG-9", {"amount": {"value": 8e7, "unit": "{cells}"}, "expires_at": "2027-01-01T00:00:00.000Z"}, actor="lab-1")  # fmt: skip
    assert fold_all(house.record.events(), "SYN") == house.record.state
    house.record.close()
    after = verify_record(tmp_path / "record")
    assert after.ok, str(after)
    assert after.differs == report.differs
    assert list(after.rules) == ["", rulings.rules_name()]


def anew(events: list[dict]) -> list[Event]:
    """Bodies chained anew, as a forger chains them."""
    made: list[Event] = []
    previous = GENESIS
    for body in events:
        raw = json.dumps(body, separators=(",", ":"), sort_keys=True, ensure_ascii=False).encode()
        previous = link(previous, raw)
        made.append(Event(len(made) + 1, previous, raw))
    return made


def lived() -> tuple[Hospital, int]:
    house = hospital()
    house.admit("S-1")
    product, coi, _ = house.ready("S-1", "1")
    return house, house.give(product, "S-1", coi).seq


def test_an_event_says_by_which_rules_it_was_judged_and_the_same_rules_come_to_the_same() -> None:
    house, dose = lived()
    bodies = [event.body for event in house.record.events()]
    assert all(body["judged"]["rules"] == rulings.rules_name() for body in bodies)
    assert bodies[dose - 1]["judged"]["late"] == []
    bodies[dose - 1]["judged"]["late"] = ["verdict"]
    state = fold_all(anew(bodies), "SYN")
    assert state.invalid == {dose: ("form",)}


def test_other_rules_never_void_and_their_result_stands(monkeypatch: pytest.MonkeyPatch) -> None:
    """What the rules of then let pass stands, and so does what they found of a dose, whatever the rules of now find."""
    house, _ = lived()
    bodies = [event.body for event in house.record.events() if event.body["event"] != "product.released"]
    bodies = [body | {"judged": {"rules": "0" * 16, "late": body["judged"]["late"]}} for body in bodies]
    at = next(index for index, body in enumerate(bodies) if body["event"] == "product.administered")
    bodies[at]["judged"]["late"] = ["consent"]
    state = fold_all(anew(bodies), "SYN")
    assert state.invalid == {}
    assert "release" in state.differs[at + 1]
    (given,) = state.participants["S-1"].doses
    assert (given.valid, given.afterwards) == (False, ("consent",))
    assert state.rules == {"0" * 16: 1}


@pytest.mark.parametrize("of_before", [{"rules": "0" * 16, "late": []}, None])
def test_rules_are_never_gone_back_to(of_before: dict | None) -> None:
    """A dose that no rule of now lets pass, put in behind today's events under the name of other rules, is void."""
    house, _ = lived()
    bodies = [event.body for event in house.record.events()]
    bodies = [body for body in bodies if body["event"] != "product.released"]
    at = next(index for index, body in enumerate(bodies) if body["event"] == "product.administered")
    if of_before is None:
        del bodies[at]["judged"]
    else:
        bodies[at]["judged"] = of_before
    state = fold_all(anew(bodies), "SYN")
    assert "release" in state.invalid[at + 1]
    assert [given.valid for given in state.participants["S-1"].doses] == [False]


def test_no_older_rules_excuse_what_proves_who_said_something() -> None:
    house, dose = lived()
    bodies = [event.body | {"judged": {"rules": "0" * 16, "late": []}} for event in house.record.events()]
    bodies[dose - 1]["signatures"] = []
    state = fold_all(anew(bodies), "SYN")
    assert "signature" in state.invalid[dose]


def test_a_door_of_an_older_release_stops_where_a_newer_one_has_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two doors over one log: when the newer has written, the older stops for good instead of judging by what was given up."""
    house = hospital(tmp_path / "log.db")
    house.refer("S-1")
    other = Record(open_store(tmp_path / "log.db"), "SYN", clock=lambda: house._clock[0])
    other.catch_up()
    with monkeypatch.context() as newer:
        newer.setattr(rulings, "rules_name", lambda: "f" * 16)
        house.refer("S-2")
    with pytest.raises(RecordError) as stopped:
        other.catch_up()
    assert stopped.value.code == "record.log.rules"
