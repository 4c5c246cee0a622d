"""What a forger does with places and kits, and where ``verify`` finds it without the sealed list and with it: further rows of the table in ``docs/record.md``."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from proband.record.confidential import arms_by_list
from proband.record.errors import RecordError
from proband.record.record import Record
from proband.record.sealed_lists import KITS, LISTS, kit_commitment
from proband.record.vault import Vault
from proband.record.verify import verify_record

from .masked import admitted, given, stocked, trial
from .synthetic import Hospital
from .test_forgery import into, last_like, refused_opening, rows

ARMS = {"cells": "vehicle", "vehicle": "cells"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "record"


@pytest.fixture
def house(folder: Path) -> Hospital:
    """Two people with places and kits, of whom one was given theirs; further kits in the stock; closed, as a forger finds it."""
    house = trial(folder, seed=bytes(range(32)))
    for person in ("S-1", "S-2", "S-3"):
        admitted(house, person)
    stocked(house, {f"K-{n}": ("cells", "vehicle")[n % 2] for n in range(6)})
    for person in ("S-1", "S-2"):
        house.do("kit.assign", person)
    given(house, "S-1")
    house.record.close()
    return house


def found(folder: Path, with_list: bool) -> tuple[bool, set[str], int | None]:
    report = verify_record(folder, sealed_list="vault" if with_list else None)
    return report.ok, {one.kind for one in report.findings}, report.first.seq if report.first else None


def only_with_the_list(folder: Path, seq: int | None) -> None:
    """Nothing shows it without the sealed list, which says so; with it, it is found at this event."""
    assert found(folder, False) == (True, set(), None)
    assert "no arm is proven" in str(verify_record(folder))
    assert found(folder, True) == (False, {"allocation"}, seq)


def seq_of(folder: Path, event: str, subject: str) -> int:
    with_bodies = ((seq, body) for seq, _, _, body in rows(folder) if f'"event":"{event}"'.encode() in body)
    return next(seq for seq, body in with_bodies if f'"subject":"{subject}"'.encode() in body)


def opened(house: Hospital, folder: Path) -> Record:
    return Record.open(folder, clock=house.record.clock)


def kits_of(record: Record) -> dict[str, tuple[str, dict[str, str]]]:
    """Each kit with its commitment and what the vault says is in it."""
    vault = vault_of(record)
    return {one.id: (one.kit, vault.get(KITS, one.kit)) for one in record.state.products.values() if one.kit}


def vault_of(record: Record) -> Vault:
    assert record.vault is not None
    return record.vault


def test_vault_and_log_as_they_were(house: Hospital, folder: Path) -> None:
    assert found(folder, False) == found(folder, True) == (True, set(), None)


# with the vault, its keys and the master key


@pytest.mark.parametrize("kit", ["given", "assigned", "in the stock"])
def test_vault_and_its_keys_with_another_arm_in_a_kit(house: Hospital, folder: Path, kit: str) -> None:
    """Under the salt that lies there, or a new one: it does not open the commitment."""
    record = opened(house, folder)
    states = record.state.products.values()
    name = next(
        one.id
        for one in states
        if one.kit and {"given": one.administered_at, "assigned": one.participant and not one.administered_at, "in the stock": not one.participant}[kit]
    )  # fmt: skip
    said, content = kits_of(record)[name]
    vault_of(record).put(KITS, said, {**content, "arm": ARMS[content["arm"]]})
    record.close()
    only_with_the_list(folder, seq_of(folder, "kit.received", name))


def test_vault_and_its_keys_with_two_kits_swapped(house: Hospital, folder: Path) -> None:
    """The contents exchanged, each with its own salt and number: found at both, the earlier one first."""
    record = opened(house, folder)
    kits = kits_of(record)
    (one, mine), (other, theirs) = kits["K-0"], kits["K-1"]
    vault_of(record).put(KITS, one, theirs)
    vault_of(record).put(KITS, other, mine)
    record.close()
    only_with_the_list(folder, seq_of(folder, "kit.received", "K-0"))


def test_vault_alone_with_two_boxes_of_kits_swapped(house: Hospital, folder: Path) -> None:
    """Plain SQL on ciphertexts: each is bound to its place, and opens in no other."""
    record = opened(house, folder)
    kits = kits_of(record)
    record.close()
    db = sqlite3.connect(folder / "vault.db", isolation_level=None)
    boxes = {name: db.execute("SELECT box FROM sealed WHERE field = ?", (kits[name][0],)).fetchone()[0] for name in ("K-0", "K-1")}  # fmt: skip
    for name, other in (("K-0", "K-1"), ("K-1", "K-0")):
        db.execute("UPDATE sealed SET box = ? WHERE field = ?", (boxes[other], kits[name][0]))
    db.close()
    only_with_the_list(folder, seq_of(folder, "kit.received", "K-0"))


def test_vault_alone_with_a_kit_taken_out(house: Hospital, folder: Path) -> None:
    """What is in it is known to nobody: found, and nobody at that site is assigned any kit until it is put aside."""
    record = opened(house, folder)
    free = next(one for one in record.state.products.values() if one.kit and not one.participant)
    record.close()
    db = sqlite3.connect(folder / "vault.db", isolation_level=None)
    db.execute("DELETE FROM sealed WHERE field = ?", (free.kit,))
    db.close()
    only_with_the_list(folder, seq_of(folder, "kit.received", free.id))
    record = opened(house, folder)
    with pytest.raises(RecordError) as refused:
        Hospital(record, house._clock).do("kit.assign", "S-3")
    assert refused.value.code == "record.kit.content"
    record.close()


def test_vault_and_its_keys_with_another_list(house: Hospital, folder: Path) -> None:
    """A seed of the forger's in the place of the one that was sealed: it is not the one that was committed to, and the next place is given to nobody."""
    record = opened(house, folder)
    (sealed,) = record.state.schemes
    field = next(name for name in vault_of(record).fields(LISTS) if sealed["commitment"].startswith(name[5:]))
    vault_of(record).put(LISTS, field, bytes(32).hex())
    record.close()
    only_with_the_list(folder, seq_of(folder, "allocation.sealed", "SYN"))
    record = opened(house, folder)
    with pytest.raises(RecordError) as refused:
        admitted(Hospital(record, house._clock), "S-9")
    assert refused.value.code == "record.allocation.seed"
    record.close()


# with the database file


@pytest.mark.parametrize("event", ["participant.allocated", "kit.received", "kit.assigned", "kit.given", "allocation.sealed"])  # fmt: skip
def test_file_a_place_or_a_kit_put_in(house: Hospital, folder: Path, event: str) -> None:
    """A copy of an honest event, for somebody or something else: no door sealed it."""
    like = last_like(folder, event)
    changed = {"participant.allocated": {"subject": "S-2"}, "kit.received": {"subject": "K-9"}}.get(event, {})
    seq = into(folder, like | changed | {"key": "forged"})
    for with_list in (False, True):
        ok, kinds, first = found(folder, with_list)
        assert (ok, first) == (False, seq)
        assert "unsealed" in kinds
    assert refused_opening(folder) == "record.log.unsealed"


@pytest.mark.parametrize(
    ("event", "change"),
    [
        ("participant.allocated", lambda body: body.replace(b'"index":2', b'"index":3')), ("kit.assigned", lambda body: body.replace(b'"kit":"K-', b'"kit":"X-')),
        ("kit.received", lambda body: body.replace(b'"commitment":"', b'"commitment":"0', 1).replace(b'","expires_at', b'"  ,"expires_at', 1)),
    ],
)  # fmt: skip
def test_file_a_place_or_a_kit_changed(
    house: Hospital, folder: Path, event: str, change: Callable[[bytes], bytes]
) -> None:
    seq, body = next((seq, body) for seq, _, _, body in rows(folder) if f'"event":"{event}"'.encode() in body and change(body) != body)  # fmt: skip
    db = sqlite3.connect(folder / "events.db", isolation_level=None)
    db.execute("DROP TRIGGER events_no_update")
    db.execute("UPDATE events SET body = ? WHERE seq = ?", (change(body), seq))
    db.close()
    for with_list in (False, True):
        ok, kinds, first = found(folder, with_list)
        assert (ok, first) == (False, seq)
        assert "changed" in kinds


# with the door's key and the database


def slipped_in(house: Hospital, folder: Path, body: dict[str, Any], **data: Any) -> int:
    """An event that the stolen key of the door seals, around the gates of that door."""
    record = opened(house, folder)
    now = record.state.recorded
    forged = {**body, "key": "forged", "at": now, "recorded": now, "programme": record.state.programme, "data": {**body["data"], **data}}  # fmt: skip
    record._gates = {}
    record._append(forged, "forged")
    seq = record.state.seq
    record.close()
    return seq


def of_event(folder: Path, event: str) -> dict[str, Any]:
    return dict(last_like(folder, event))


def test_stolen_door_gives_a_place_of_its_own(house: Hospital, folder: Path) -> None:
    """The next place, committed to whatever the forger likes: its order is right, so only the list tells."""
    record = opened(house, folder)
    hospital = Hospital(record, house._clock)
    for step in (hospital.refer, hospital.screen, hospital.consent, hospital.enrol):
        step("S-4")
    record.close()
    like = of_event(folder, "participant.allocated") | {"subject": "S-4"}
    seq = slipped_in(house, folder, like, index=4, place="ab" * 32)
    only_with_the_list(folder, seq)


def test_stolen_door_gives_a_place_twice(house: Hospital, folder: Path) -> None:
    """Out of its order, or under the commitment of another place: void without any list."""
    like = of_event(folder, "participant.allocated")
    seq = slipped_in(house, folder, like | {"subject": "S-1"}, index=4, place="ab" * 32)
    for with_list in (False, True):
        ok, kinds, first = found(folder, with_list)
        assert (ok, first) == (False, seq)
        assert "invalid" in kinds


def test_stolen_door_assigns_a_kit_of_the_other_arm(house: Hospital, folder: Path) -> None:
    """A number that is free, for somebody who is due one: only the list tells that it is of the other arm, and it tells before anybody is given it."""
    record = opened(house, folder)
    kits, state = kits_of(record), record.state
    arm = arms_by_list(record)["S-3"]
    wrong = next(one.id for one in state.products.values() if one.kit and not one.participant and kits[one.id][1]["arm"] != arm)  # fmt: skip
    record.close()
    like = of_event(folder, "kit.assigned") | {"subject": "S-3"}
    seq = slipped_in(house, folder, like, kit=wrong, number=1)
    only_with_the_list(folder, seq)


@pytest.mark.parametrize("event", ["kit.received", "kit.released", "kit.given", "allocation.sealed"])
def test_stolen_door_without_the_persons_who_sign_for_kits_and_lists(
    house: Hospital, folder: Path, event: str
) -> None:
    """Whoever keeps the kits, releases, gives and seals signs: a copied signature is of another event, and what it says is void."""
    like = of_event(folder, event)
    forged = {
        "kit.received": {"commitment": kit_commitment("SYN", "K-9", {"arm": "cells", "salt": "00" * 32})},
        "allocation.sealed": {"commitment": "cd" * 32},
    }.get(event, {})
    seq = slipped_in(house, folder, like | ({"subject": "K-9"} if event == "kit.received" else {}), **forged)
    for with_list in (False, True):
        ok, kinds, first = found(folder, with_list)
        assert (ok, first) == (False, seq)
        assert "invalid" in kinds
