"""What a forger does with signatures, seals and the vault once a key or a file is in the forger's hands: further rows of the table in ``docs/record.md``.

Each forgery is sealed by the stolen key of the door, around its gates, where nothing else is said: only what replay and verification ask finds it.
"""

from __future__ import annotations

import shutil
import sqlite3
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import pytest

from proband.record.commands import BY_EVENT, Command
from proband.record.commitments import commitments_of
from proband.record.enrolment import offered
from proband.record.heads import SigningKey
from proband.record.keys import PublicKey, encoded
from proband.record.record import Record
from proband.record.seals import make_seal
from proband.record.signing import challenge, shown
from proband.record.text_check import texts_in
from proband.record.vault import texts_of
from proband.record.verify import verify_record

from .synthetic import Hospital, hospital
from .test_forgery import found, into, last_like, refused_opening, rows
from .test_keys import EDWARDS, OTHER_P256, P256, assertion, public, sign
from .test_prompts import consent, enrol_outside, passkey, plain


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "record"


@pytest.fixture
def house(folder: Path) -> Hospital:
    """Two people enrolled, a third one screened; open, as a forger at the door has it."""
    house = hospital(folder=folder)
    for person in ("S-1", "S-2"):
        house.admit(person)
    house.refer("S-3")
    house.screen("S-3")
    return house


def around(house: Hospital, body: dict[str, Any], key: str = "forged") -> int:
    """An event that the door's key seals, past the gates of the door."""
    house.record._gates = {}
    house.record._append(body | {"key": key}, key)
    return house.record.state.seq


def void_at(house: Hospital, folder: Path, seq: int, gate: str = "signature") -> bool:
    house.record.close()
    ok, kinds, first = found(folder)
    report = verify_record(folder)
    return (
        (ok, first) == (False, seq)
        and "invalid" in kinds
        and any(gate in one.message for one in report.findings)
    )


def signed_again(house: Hospital, body: dict[str, Any], private: SigningKey, **block: Any) -> dict[str, Any]:
    """A body whose first signature is made anew by a key, over what the body says now."""
    seen = shown(body, house.record.state.instance)
    entry = {**body["signatures"][0], "shown": seen, "key": private.id, **block}
    return body | {"signatures": [{**entry, "value": private.sign(challenge(seen, entry))}]}


def consented(house: Hospital, person: str) -> dict[str, Any]:
    return next(event.body for event in house.record.events()
                if event.body["event"] == "consent.given" and event.body["subject"] == person)  # fmt: skip


def test_stolen_door_with_a_signature_of_another_record(house: Hospital, folder: Path) -> None:
    """The same people with the same keys sign in two records of one study: what they signed in the one is nothing in the other."""
    other = hospital(people=house.record.people)
    other.admit("S-3")
    signed = consented(other, "S-3") | {"programme": house.record.state.programme}
    assert void_at(house, folder, around(house, signed, signed["key"]))


def test_stolen_door_with_signatures_swapped_between_two_events(house: Hospital, folder: Path) -> None:
    one, two = consented(house, "S-1"), consented(house, "S-2")
    assert void_at(house, folder, around(house, one | {"subject": "S-3", "signatures": two["signatures"]}))


def test_stolen_door_with_a_signature_by_a_key_that_is_enrolled_later(house: Hospital, folder: Path) -> None:
    private = SigningKey.generate()
    forged = consented(house, "S-1") | {
        "subject": "S-3",
        "key": "forged",
        "data": consented(house, "S-1")["data"] | {"number": 3},
    }
    seq = around(house, signed_again(house, forged, private))
    key = offered(
        house.record.state.instance,
        "dr-1",
        PublicKey("ed25519", private.public),
        private.sign,
        name="dr-1",
        kept="elsewhere",
    )
    house.do("person.enrol", "dr-1", {"key": key, "replaces": []}, actor="sys-1", site="*")
    assert void_at(house, folder, seq)


def test_stolen_door_with_a_revoked_key_and_a_time_before_its_end(house: Hospital, folder: Path) -> None:
    """A key ends at its place in the chain: a signature that says it is older is by a key that has ended."""
    private = house.record.people.get("dr-1")
    assert private is not None
    before = house.now
    house.wait(minutes=5)
    house.do("key.revoke", private.id, {"cause": "stolen"}, actor="sys-1", site="*")
    like = consented(house, "S-1")
    forged = like | {"subject": "S-3", "key": "forged", "at": before, "recorded": house.now, "skew": {"device_ms": -300_000}, "reason": like["reason"],
                     "data": like["data"] | {"number": 3}}  # fmt: skip
    assert void_at(house, folder, around(house, signed_again(house, forged, private, at=before)))


def test_stolen_door_with_one_person_s_key_in_another_s_name(house: Hospital, folder: Path) -> None:
    private = house.record.people.get("dr-3")
    assert private is not None
    like = consented(house, "S-1")
    forged = like | {"subject": "S-3", "key": "forged", "data": like["data"] | {"number": 3}}
    assert void_at(house, folder, around(house, signed_again(house, forged, private)))


@pytest.mark.parametrize(
    "confused",
    [
        "an es256 signature under an ed25519 key",
        "an ed25519 signature under an es256 key",
        "the other algorithm named",
    ],
)
def test_stolen_door_with_the_algorithms_exchanged(house: Hospital, folder: Path, confused: str) -> None:
    """A key is of one algorithm, that with which it was enrolled, whatever a signature says of itself."""
    enrolled, signer = (EDWARDS, P256) if confused.startswith("an es256") else (P256, EDWARDS)
    key = enrol_outside(house, "dr-1", enrolled, party=False)
    settled, (asked,) = house.record.prompts(replace(consent(key, "device-key"), subject="S-3"))
    settled.signatures[0].value = plain(enrolled)(asked.challenge)
    probe = house.record.prompts(settled)[1][0]
    body = _drafted(house, settled)
    entry = {**probe.block, "shown": asked.shown}
    if confused == "the other algorithm named":
        entry["algorithm"] = "ed25519"
        entry["value"] = encoded(sign(enrolled, challenge(asked.shown, entry)))
    else:
        entry["algorithm"] = public(signer).algorithm
        entry["value"] = encoded(sign(signer, challenge(asked.shown, entry)))
    assert void_at(house, folder, around(house, body | {"signatures": [entry]}, body["key"]))


@pytest.mark.parametrize(
    "wrong",
    [{"origin": "https://evil.example"}, {"party": "evil.example"}, {"flags": 0x01}, {"flags": 0x04}, {"type": "webauthn.create"},
     {"crossOrigin": True}, {"challenge": "AAAA"}, {"private": OTHER_P256}],
    ids=["origin", "relying-party", "not-verified", "not-present", "type", "frame", "challenge", "another-key"],
)  # fmt: skip
def test_stolen_door_with_a_passkey_that_agreed_to_something_else(
    house: Hospital, folder: Path, wrong: dict[str, Any]
) -> None:
    key = enrol_outside(house, "dr-1", P256, party=True)
    settled, (asked,) = house.record.prompts(replace(consent(key, "passkey"), subject="S-3"))
    body = _drafted(house, replace_value(settled, passkey(P256)(asked.challenge)))
    entry = dict(body["signatures"][0])
    changes = dict(wrong)
    entry["value"] = assertion(changes.pop("private", P256), asked.challenge, **changes)
    assert void_at(house, folder, around(house, body | {"signatures": [entry]}, body["key"]))


def replace_value(settled: Command, value: Any) -> Command:
    settled.signatures[0].value = value
    return settled


def _drafted(house: Hospital, settled: Command) -> dict[str, Any]:
    """The body of a settled command, as the door would append it."""
    from proband.record.commands import COMMANDS

    return house.record._body(settled, COMMANDS[settled.verb], str(settled.key))[0]


def test_stolen_honest_twin_of_all_these_goes_in(house: Hospital, folder: Path) -> None:
    """The same steps with nothing wrong: the harness of the rows above forges no fault of its own."""
    key = enrol_outside(house, "dr-1", P256, party=True)
    settled, (asked,) = house.record.prompts(replace(consent(key, "passkey"), subject="S-3"))
    body = _drafted(house, replace_value(settled, passkey(P256)(asked.challenge)))
    around(house, body, body["key"])
    house.record.close()
    report = verify_record(folder)
    assert report.ok, str(report)


# seals


def test_stolen_seal_of_a_device_that_is_no_door_of_this_record(house: Hospital, folder: Path) -> None:
    """The door of another site that was never enrolled here, and a tablet with a capsule: neither seals."""
    tablet = SigningKey.generate()
    house.do("capsule.issue", "CAP-1", {"device": tablet.public.hex(), "participants": ["S-1"], "until": house.now[:11] + "20:00:00.000Z"},
             actor="sys-1", site="*")  # fmt: skip
    instance = house.record.state.instance
    house.record.close()
    for n, device in enumerate((tablet, SigningKey.generate())):
        copy = folder.with_name(f"copy-{n}")
        shutil.copytree(folder, copy)
        forged = last_like(copy, "participant.referred") | {"subject": "S-77", "key": "forged"}
        seq, _, previous, _ = rows(copy)[-1]
        from proband.record.events import canonical

        digest = sha256(previous + canonical(forged)).digest()
        placed = into(copy, forged, make_seal(device, instance, seq + 1, seq + 1, digest))
        ok, kinds, first = found(copy)
        assert (ok, first) == (False, placed)
        assert "unsealed" in kinds
        assert refused_opening(copy) == "record.log.unsealed"


def test_stolen_door_cuts_the_tail_and_seals_another(house: Hospital, folder: Path, tmp_path: Path) -> None:
    """With the door's key and the database a new end is sealed: the heads tell, and, where those are forged as well, a copy of them does."""
    house.record.sign_head()
    shutil.copy(folder / "heads" / "SYN.jsonl", tmp_path / "second-site.jsonl")
    house.refer("S-8")
    house.record.close()
    last = rows(folder)[-1][0]
    db = sqlite3.connect(folder / "events.db", isolation_level=None)
    db.execute("DROP TRIGGER events_no_delete")
    db.execute("DELETE FROM events WHERE seq > ?", (last - 4,))
    db.close()
    key = SigningKey.load(folder / "keys" / "head.key")
    instance = house.record.state.instance
    from proband.record.events import canonical

    for n in range(5):
        forged = last_like(folder, "participant.referred") | {"subject": f"S-{90 + n}", "key": f"forged-{n}"}
        seq, _, previous, _ = rows(folder)[-1]
        digest = sha256(previous + canonical(forged)).digest()
        into(folder, forged, make_seal(key, instance, seq + 1, seq + 1, digest))
    ok, kinds, _ = found(folder)
    assert not ok
    assert kinds & {"rewritten", "cut"}
    assert refused_opening(folder) in ("record.log.rewritten", "record.log.cut")
    # the folder's own heads removed and signed anew with the same key: the record opens, and the copy of the second site does not fit
    for path in (folder / "heads").iterdir():
        if path.name != "trusted.json":
            path.unlink()
    Record.open(folder, clock=house.record.clock).close()
    assert verify_record(folder).ok
    report = verify_record(folder, tmp_path / "second-site.jsonl")
    assert not report.ok


# the mirror


def test_mirror_alone_knows_hashes_and_signs_nothing(tmp_path: Path) -> None:
    house = hospital(folder=tmp_path / "record", mirror=tmp_path / "mirror")
    house.admit("S-1")
    house.record.close()
    content = b"".join(path.read_bytes() for path in (tmp_path / "mirror").iterdir())
    assert b"S-1" not in content
    assert b"dr-1" not in content
    # a false line in it is no head: the record stops, and says that log and heads do not fit, until the mirror is put right
    newest = tmp_path / "mirror" / "SYN.newest"
    line = orjson.loads(newest.read_bytes().splitlines()[0].strip(b"\0"))
    honest = newest.read_bytes()
    newest.write_bytes(orjson.dumps(line | {"seq": 999}).ljust(511) + b"\n")
    assert refused_opening(tmp_path / "record") == "record.log.cut"
    assert verify_record(tmp_path / "record").ok
    newest.write_bytes(honest)
    Record.open(tmp_path / "record", clock=house.record.clock).close()


# the vault


@pytest.fixture
def noted(house: Hospital, folder: Path) -> list[str]:
    """The commitments to a note about each of two people; the record is closed."""
    found_here = []
    for person in ("S-1", "S-2"):
        body = house.do(
            "visit.record", person, {"visit": "baseline", "on": house.now[:10], "note": f"about {person}"}
        ).body
        found_here.append(commitments_of(body, BY_EVENT[body["event"]])[0][0])
    house.record.close()
    return found_here


def vault_sql(folder: Path, statement: str, *values: Any) -> None:
    db = sqlite3.connect(folder / "vault.db", isolation_level=None)
    db.execute(statement, values)
    db.close()


@pytest.mark.parametrize("move", ["box", "subject", "both"])
def test_vault_with_texts_swapped_between_persons(noted: list[str], folder: Path, move: str) -> None:
    one, two = (bytes.fromhex(name) for name in noted)
    db = sqlite3.connect(folder / "vault.db")
    kept = dict(
        zip(
            (one, two),
            [
                db.execute("SELECT subject, box FROM texts WHERE commitment = ?", (n,)).fetchone()
                for n in (one, two)
            ],
            strict=True,
        )
    )
    db.close()
    for name, other in ((one, two), (two, one)):
        if move in ("box", "both"):
            vault_sql(folder, "UPDATE texts SET box = ? WHERE commitment = ?", kept[other][1], name)
        if move in ("subject", "both"):
            vault_sql(folder, "UPDATE texts SET subject = ? WHERE commitment = ?", kept[other][0], name)
    ok, kinds, _ = found(folder)
    assert (ok, kinds) == (False, {"vault"})


def test_vault_and_its_keys_with_another_text_under_a_commitment(noted: list[str], folder: Path) -> None:
    """Whoever has vault, keyring and master key can encrypt anything: it does not open the commitment that was signed."""
    texts = texts_in(folder, "SYN")
    assert texts is not None
    honest = texts.vault.text(noted[0])
    assert honest is not None
    for forged in (
        replace(honest, text="another"),
        replace(honest, salt=bytes(32)),
        replace(honest, key="another"),
    ):
        vault_sql(folder, "DELETE FROM texts WHERE commitment = ?", bytes.fromhex(noted[0]))
        texts.vault.keep([(texts_of("S-1", 0), forged)])
        ok, kinds, _ = found(folder)
        assert (ok, kinds) == (False, {"vault"})
    vault_sql(folder, "DELETE FROM texts WHERE commitment = ?", bytes.fromhex(noted[0]))
    texts.vault.keep([(texts_of("S-1", 0), honest)])
    assert verify_record(folder).ok
    texts.vault.close()


@pytest.mark.parametrize("how", ["row", "box", "key", "tombstone", "keyring"])
def test_vault_with_texts_taken_out_of_it(noted: list[str], folder: Path, how: str) -> None:
    """A text is gone without an event that erased it: found, whichever file it was taken from."""
    name = bytes.fromhex(noted[0])
    if how == "row":
        vault_sql(folder, "DELETE FROM texts WHERE commitment = ?", name)
    elif how == "box":
        vault_sql(folder, "UPDATE texts SET box = NULL WHERE commitment = ?", name)
    else:
        db = sqlite3.connect(folder / "keyring.db", isolation_level=None)
        if how != "keyring":
            db.execute("DELETE FROM keys WHERE subject = ?", (texts_of("S-1", 0),))
        else:
            db.execute("DELETE FROM keys")
        if how == "tombstone":
            db.execute("INSERT INTO erased VALUES (?)", (texts_of("S-1", 0),))
        db.close()
    ok, kinds, _ = found(folder)
    assert (ok, kinds) == (False, {"vault"})


def test_vault_alone_reads_nothing(noted: list[str], folder: Path) -> None:
    content = (folder / "vault.db").read_bytes()
    assert b"about S-1" not in content
    (folder / "keys" / "master.key").write_text("00" * 32)
    texts = texts_in(folder, "SYN")
    assert texts is not None
    assert texts.read(noted[0]) is None
    texts.vault.close()


def test_stolen_keys_of_door_and_person_use_a_commitment_again(house: Hospital, folder: Path) -> None:
    """What was said of one event is put into another, signed and sealed: the commitment belongs to its own event and opens nowhere else."""
    body = house.do("participant.withdraw", "S-1", {"level": "contact", "said": "leave me alone"}).body
    forged = body | {"key": "forged", "subject": "S-2"}
    seq = around(house, forged)
    house.record.close()
    report = verify_record(folder)
    assert not report.ok
    assert [(one.seq, one.kind) for one in report.findings] == [(seq, "vault")]
