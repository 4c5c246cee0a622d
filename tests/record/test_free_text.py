"""What people type about a person is in the vault: the log holds commitments, erasure reaches every copy, and no guess can be tested."""

from __future__ import annotations

import hmac
import sqlite3
from base64 import b64decode, b64encode
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from proband.record import confidential, drafting, own_events, verify_record
from proband.record.audit import trail
from proband.record.backup import backup, copy_keys, restore
from proband.record.capsule import issue, reconcile
from proband.record.commands import COMMANDS, Command, Signature
from proband.record.commitments import FORM, commitment, commitments_of
from proband.record.compose import compose
from proband.record.custody import chain_of
from proband.record.declare.command import command
from proband.record.declare.data import Data
from proband.record.declare.wording import FREE, REMEMBERED, TRACED, text_places
from proband.record.errors import Conflict, RecordError
from proband.record.events import SCHEMA_VERSION, canonical, stamp
from proband.record.export import export
from proband.record.heads import SigningKey
from proband.record.projection import rebuild
from proband.record.record import Record
from proband.record.tables import table

from .synthetic import WHY, Hospital, hospital
from .test_declaration import REQUIRED
from .whole_life import whole_life

#: a name that stands nowhere but in what these tests type
NAME = "Annegret Musterfrau-Synthetisch"
CUSTODIAN = {"actor": "sys-1", "site": "*"}


def everything_in(folder: Path) -> bytes:
    """Every byte of every file below a folder, once more with its escapes undone."""
    content = b"".join(path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file())
    return content + content.replace(b"\\", b"")


def erase(house: Hospital, person: str, scope: str = "texts") -> None:
    confidential.erase(
        house.record,
        Command("participant.erase", person, {"legal_basis": "GDPR art. 17", "scope": scope}, actor="sys-1", role="custodian", site="*",
                reason="asked in writing", signatures=[Signature("sys-1", "custodian", "scripted")]),
    )  # fmt: skip


# the declaration


def test_every_text_of_every_command_says_what_kind_it_is() -> None:
    """A text without a pattern and without a kind is refused where it is declared; so none of those that are declared is without."""

    class Careless(Data):
        """A remark."""

        remark: str

    class CarelessInside(Data):
        """Remarks within."""

        remarks: dict[str, list[str]]

    class Anything(Data):
        """Whatever comes."""

        more: dict[str, Any]

    for data in (Careless, CarelessInside, Anything):
        with pytest.raises(ValueError, match="say what kind of text"):
            command("careless.act", "careless.acted", **REQUIRED)(data)
    assert "careless.act" not in COMMANDS
    assert all(text_places(one.data) is not None for one in COMMANDS.values())


def _filled(data: Any, place: Any) -> Any:
    """The data with the name wherever free text may stand; what the rules read stays as it is."""
    if place is None:
        return data
    if isinstance(data, str):
        return NAME if place.wording in (FREE, TRACED, REMEMBERED) else data
    if isinstance(data, dict):
        return {name: _filled(one, place.fields.get(name) or place.entries) for name, one in data.items()}
    if isinstance(data, list):
        return [_filled(one, place.entries) for one in data]
    return data


def test_a_name_typed_into_any_text_of_any_command_stands_in_no_event() -> None:
    """A whole life, every command of it with the name in each of its texts: no event, no state and no table holds a letter of it."""
    house = hospital()
    honest, seen = house.record.execute, set()

    def named(command: Command) -> Any:
        declared = COMMANDS[command.verb]
        data = _filled(command.data, declared.texts)
        if command.verb == "participant.take-over":
            # its dates are asked by a gate: what is no date is refused
            data |= {
                name: one for name, one in command.data.items() if name.endswith("_on") or name == "doses"
            }
        if data != command.data:
            seen.add(command.verb)
        return honest(replace(command, data=data, reason=NAME if command.reason is not None else None))

    house.record.execute = named  # type: ignore[method-assign]
    whole_life(house)
    house.record.execute = honest  # type: ignore[method-assign]
    asked = {
        verb
        for verb, one in COMMANDS.items()
        if not one.by_record and (one.reason or _filled_anywhere(one.texts))
    }
    assert len(seen) > 20
    assert seen <= asked
    log = b"".join(event.raw for event in house.record.events())
    assert NAME.encode() not in log
    assert NAME not in str(house.record.state)
    assert house.record.state.invalid == {}
    # and it is all there, for those who may read it
    assert sum(NAME in str(row) for row in trail(house.record)) > 10
    assert NAME in str(house.record.texts.revealed(table(house.record.state, "tasks")))


def _filled_anywhere(place: Any) -> bool:
    return place is not None and (
        place.wording in (FREE, TRACED, REMEMBERED)
        or any(map(_filled_anywhere, place.fields.values()))
        or (place.entries is not place and _filled_anywhere(place.entries))
    )


# what stands in the event


@pytest.fixture
def house() -> Hospital:
    house = hospital()
    house.admit("S-1")
    return house


def note(house: Hospital, text: str, **options: Any) -> dict[str, Any]:
    data = {"visit": "baseline", "on": house.now[:10], "note": text}
    return house.do("visit.record", "S-1", data, **options).body


def test_the_event_holds_a_commitment_that_its_salt_and_text_open_and_nothing_else_does(
    house: Hospital,
) -> None:
    body = note(house, NAME, reason=f"{NAME} asked for it")
    (name, key, traced), (of_reason, _, _) = commitments_of(body, COMMANDS["visit.record"])
    assert (key, traced) == (body["key"], False)
    assert body["data"]["note"] == f"[vault:{name}]"
    assert body["reason"] == f"[vault:{of_reason}]"
    kept = house.record.texts.read(name)
    assert kept is not None
    assert kept.text == NAME
    assert kept.belongs("SYN")
    for other in (replace(kept, text=NAME + "."), replace(kept, key="other"), replace(kept, salt=bytes(32))):
        assert not other.belongs("SYN")
    assert not kept.belongs("OTHER")
    assert house.record.texts.revealed(body)["reason"] == f"{NAME} asked for it"


def test_no_guess_can_be_tested_without_the_salt(house: Hospital) -> None:
    """A dictionary of names, the true one among them, against the log alone: plain hashes, hashes with everything that the log holds as salt."""
    body = note(house, NAME)
    (name, key, _), *_ = commitments_of(body, COMMANDS["visit.record"])
    dictionary = [NAME, "Anna Muster", *(f"Synthetic {n}" for n in range(500))]
    event = next(event for event in house.record.events() if event.body["key"] == key)
    known = [b"", key.encode(), event.hash, house.record.state.instance.encode(), bytes(32), event.raw[:32], *(
        str(value).encode() for value in body.values() if isinstance(value, str)
    )]  # fmt: skip
    for guess in dictionary:
        for salt in known:
            assert commitment("SYN", key, salt, guess) != name
            assert sha256(salt + guess.encode()).hexdigest() != name
            assert hmac.new(salt, guess.encode(), "sha256").hexdigest() != name
    # the honest twin: with the salt the true one is found, and no other
    kept = house.record.texts.read(name)
    assert kept is not None
    assert [guess for guess in dictionary if commitment("SYN", key, kept.salt, guess) == name] == [NAME]
    # the same text twice is two commitments: nobody sees that the same was said
    again = note(house, NAME)
    assert again["data"]["note"] != body["data"]["note"]


@settings(max_examples=60, derandomize=True, deadline=None, database=None)
@given(st.text(min_size=1, max_size=60).filter(lambda text: text.strip() and text.isprintable()))
def test_any_text_comes_back_as_it_was_typed(text: str) -> None:
    house = _ADMITTED
    body = note(house, text)
    assert house.record.texts.revealed(body["data"])["note"] == text.strip()
    assert FORM.fullmatch(body["data"]["note"])


_ADMITTED = hospital()
_ADMITTED.admit("S-1")


def test_a_place_in_the_vault_is_not_typed(house: Hospital) -> None:
    """Nobody quotes another's text by its commitment, in full or within a sentence."""
    body = note(house, NAME)
    for text in (body["data"]["note"], f"see {body['data']['note']}", f"[vault:{'0' * 64}]"):
        for call in (lambda t=text: note(house, t), lambda t=text: note(house, "well", reason=t)):
            with pytest.raises(RecordError) as error:
                call()
            assert error.value.code == "record.command.value"


@pytest.mark.parametrize(
    ("verb", "data"),
    [
        ("milestone.record", {"milestone": "walked", "when": f"when {NAME} was two", "reached": True}),
        (
            "elsewhere.record",
            {"when": NAME, "records": "none", "outcome": "unknown", "warning_signs": [], "country": NAME},
        ),
    ],
)
def test_a_date_that_is_none_is_a_text(house: Hospital, verb: str, data: dict[str, Any]) -> None:
    body = house.do(verb, "S-1", data).body
    assert NAME not in str(body)
    assert house.record.texts.revealed(body["data"])["when"] == data["when"]
    honest = house.do(verb, "S-1", data | {"when": "early March 2021"}).body
    assert honest["data"]["when"] == "early March 2021"


def test_a_unit_or_a_code_is_no_place_for_a_sentence(house: Hospital) -> None:
    product, _, _ = house.ready("S-1", "1")
    with pytest.raises(RecordError) as error:
        house.do("dose.check", product, {"participant": "S-1", "dose": {"value": 1, "unit": NAME}, "inputs": {}, "prepared_by": "lab-1"},
                 actor="qa-1")  # fmt: skip
    assert error.value.code == "record.command.data"
    assert NAME not in str([event.body for event in house.record.events()])


def test_a_text_that_stands_openly_in_an_event_makes_it_void(house: Hospital) -> None:
    """Around the door: a plain note, or a plain reason, in an event of this version; and an old version after this one."""
    body = note(house, WHY)
    forged = [
        body | {"key": "f-1", "data": body["data"] | {"note": NAME}},
        body | {"key": "f-2", "reason": NAME},
        body | {"key": "f-3", "v": 2, "data": body["data"] | {"note": NAME}},
    ]
    last = house.record.state.seq
    for one in forged:
        house.record.store.append("SYN", [canonical(one)], [one["key"]])
    house.record.catch_up()
    assert house.record.state.invalid == {last + n: ("form",) for n in (1, 2, 3)}


def test_the_same_command_sent_again_is_recognised_by_its_words(house: Hospital) -> None:
    first = note(house, NAME, key="k-1", reason=WHY)
    assert house.do(
        "visit.record",
        "S-1",
        {"visit": "baseline", "on": house.now[:10], "note": NAME},
        key="k-1",
        reason=WHY,
    ).repeated
    for data, reason in (({"note": "other"}, WHY), ({"note": NAME}, "another reason")):
        with pytest.raises(Conflict):
            house.do(
                "visit.record",
                "S-1",
                {"visit": "baseline", "on": first["day"]} | data,
                key="k-1",
                reason=reason,
            )


def test_a_refused_attempt_keeps_what_was_scanned_in_the_vault(house: Hospital) -> None:
    product, _, label = house.ready("S-1", "1")
    for data in ({"wristband": NAME.replace(" ", ".")}, {"wristband": NAME}, {"bag": NAME}):
        with pytest.raises(RecordError):
            house.bedside(product, "S-1", label, **data)
    kept = list(house.record.state.refused.values())
    assert len(kept) == 3
    # a scan that is no identifier stands nowhere; one that has the form of an identifier stands in the event that is judged again
    assert all(NAME not in str(one) for one in kept)
    assert all(NAME.replace(" ", ".") not in str(one["attempt"]) + str(one["messages"]) for one in kept)
    assert NAME in str(house.record.texts.revealed(kept[1]))
    erase(house, "S-1")
    assert NAME not in str(house.record.texts.revealed(kept))


def test_prompts_hold_commitments_and_come_back(house: Hospital) -> None:
    house.admit("S-2")
    command = Command("participant.withdraw", "S-2", {"level": "contact", "said": NAME}, actor="dr-1", role="physician", site="north",
                      reason=NAME, signatures=[Signature("dr-1", "physician", "scripted")])  # fmt: skip
    settled, (prompt,) = house.record.prompts(command)
    assert NAME not in str(settled)
    private = house.record.people.get("dr-1")
    assert private is not None
    settled.signatures[0].value = private.sign(prompt.challenge)
    body = house.record.execute(settled).body
    assert house.record.texts.revealed(body["data"])["said"] == NAME
    # what was settled for one event is no text of another
    with pytest.raises(RecordError):
        house.record.execute(replace(settled, key="other", subject="S-1", signatures=[]))


# erasure


def test_erasure_reaches_a_name_typed_into_any_note_in_every_copy(tmp_path: Path) -> None:
    folder = tmp_path / "record"
    house = hospital(folder=folder, mirror=tmp_path / "mirror")
    for person in ("S-1", "S-2"):
        house.admit(person)
    note(house, NAME, reason=f"told by {NAME}")
    house.do("adverse-event.report", "S-1", {"event": "AE-1", "term": f"fever of {NAME}", "grade": 2, "serious": True, "expected": False,
             "onset": house.now[:10], "aware_on": house.now[:10]})  # fmt: skip
    house.do(
        "query.open", "Q-1", {"about": house.record.state.seq, "field": "term", "text": f"is {NAME} well?"}
    )
    house.do("visit.record", "S-2", {"visit": "baseline", "on": house.now[:10], "note": "of S-2"})
    custodian = Command("record.export", "SYN", actor="sys-1", role="custodian", site="*")
    export(house.record, tmp_path / "before", custodian, purpose="synthetic")
    assert NAME in str(pl.read_parquet(tmp_path / "before" / "adverse_events.parquet").to_dicts())
    backup(house.record, tmp_path / "before.tar.gz")
    copy_keys(folder, tmp_path / "keys")
    erase(house, "S-1")
    rebuild(house.record)
    export(house.record, tmp_path / "after", custodian, purpose="synthetic")
    backup(house.record, tmp_path / "after.tar.gz")
    copy_keys(folder, tmp_path / "keys")
    shown = str([list(trail(house.record)), *(house.record.texts.revealed(table(house.record.state, name)) for name in ("tasks", "adverse_events"))])  # fmt: skip
    assert "Annegret" not in shown
    assert "[erased]" in shown
    assert "of S-2" in str(house.record.texts.revealed([event.body for event in house.record.events()]))
    house.record.close()
    for place in (folder, tmp_path / "mirror", tmp_path / "after", tmp_path / "keys"):
        assert b"Annegret" not in everything_in(place), place
    for name in ("before.tar.gz", "after.tar.gz"):
        restored = tmp_path / f"restored-{name[:5]}"
        assert restore(tmp_path / name, restored, keys=tmp_path / "keys", clock=house.record.clock).ok
        record = Record.open(restored, clock=house.record.clock)
        assert "Annegret" not in str(list(trail(record)))
        record.close()
    report = verify_record(folder)
    assert report.ok, str(report)
    assert report.texts_erased > 3
    assert "erased" in str(report)


def test_what_is_typed_after_an_erasure_can_be_erased_again(house: Hospital) -> None:
    note(house, "first")
    erase(house, "S-1")
    note(house, NAME)
    assert NAME in str(house.record.texts.revealed([event.body for event in house.record.events()]))
    erase(house, "S-1")
    assert NAME not in str(house.record.texts.revealed([event.body for event in house.record.events()]))
    assert house.record.state.participants["S-1"].texts_erased == 2
    assert not house.record.state.participants["S-1"].erased


def test_a_name_typed_where_it_does_not_belong_is_erased_by_the_number_of_its_event(tmp_path: Path) -> None:
    """In a note of somebody else, and in a reason about a site: no key of hers keeps them."""
    house = hospital(folder=tmp_path / "record")
    house.admit("S-2")
    body = house.do(
        "visit.record", "S-2", {"visit": "baseline", "on": house.now[:10], "note": f"sister of {NAME}"}
    )
    closed = house.do("site.close", "south", reason=f"{NAME} moved", **CUSTODIAN)
    kept = house.do("visit.record", "S-2", {"visit": "month-1", "on": house.now[:10], "note": "well"})
    house.do("text.erase", "SYN", {"events": [body.seq, closed.seq], "legal_basis": WHY}, **CUSTODIAN)
    shown = house.record.texts.revealed([body.body, closed.body, kept.body])
    assert [shown[0]["data"]["note"], shown[1]["reason"], shown[2]["data"]["note"]] == [
        "[erased]",
        "[erased]",
        "well",
    ]
    house.record.close()
    assert b"Annegret" not in everything_in(tmp_path / "record")
    report = verify_record(tmp_path / "record")
    assert (report.ok, report.texts_erased) == (True, 2), str(report)


def test_a_single_text_that_was_erased_stays_so_in_an_older_backup_and_an_older_vault(tmp_path: Path) -> None:
    """The keys that were kept are newer than the backup, and remember; a copy of the keys from before would bring it back."""
    folder = tmp_path / "record"
    house = hospital(folder=folder)
    closed = house.do("site.close", "south", reason=f"{NAME} moved", **CUSTODIAN)
    house.admit("S-2")
    kept = house.do("visit.record", "S-2", {"visit": "baseline", "on": house.now[:10], "note": "well"})
    backup(house.record, tmp_path / "before.tar.gz")
    copy_keys(folder, tmp_path / "old-keys")
    house.record.vault.copy_to(tmp_path / "old-vault.db")
    house.do("text.erase", "SYN", {"events": [closed.seq], "legal_basis": WHY}, **CUSTODIAN)
    copy_keys(folder, tmp_path / "keys")
    house.record.close()
    for place in ("restored", "restored again"):
        # the second is never opened: what verifies and shows reads the keyring first
        report = restore(
            tmp_path / "before.tar.gz", tmp_path / place, keys=tmp_path / "keys", clock=house.record.clock
        )
        assert (report.ok, report.texts_erased) == (True, 1), str(report)
        assert "1 texts erased" in str(report)
    record = Record.open(tmp_path / "restored", clock=house.record.clock)
    assert closed.seq not in record.state.texts_erased, "no event of the older log says so"
    assert record.texts.revealed(closed.body)["reason"] == "[erased]"
    assert record.texts.revealed(kept.body)["data"]["note"] == "well"
    record.close()
    with closing(sqlite3.connect(tmp_path / "restored" / "vault.db")) as db:
        assert db.execute("SELECT count(*) FROM texts WHERE box IS NULL").fetchone() == (1,)
    after = verify_record(tmp_path / "restored")
    assert (after.ok, after.texts_erased) == (True, 1), str(after)
    # somebody puts the ciphertext of the older vault back into the one of now
    (name,) = FORM.findall(closed.body["reason"])
    with closing(sqlite3.connect(tmp_path / "old-vault.db")) as db:
        (box,) = db.execute("SELECT box FROM texts WHERE commitment = ?", (bytes.fromhex(name),)).fetchone()
    with closing(sqlite3.connect(folder / "vault.db", isolation_level=None)) as db:
        assert (
            db.execute("UPDATE texts SET box = ? WHERE commitment = ?", (box, bytes.fromhex(name))).rowcount
            == 1
        )
    report = verify_record(folder)
    assert (report.ok, report.texts_erased) == (True, 1), str(report)
    with Record.open(folder, clock=house.record.clock) as record:
        assert record.texts.revealed(closed.body)["reason"] == "[erased]"
    # the limit, as the page says it: who keeps an older copy of the keys keeps what was erased
    assert restore(
        tmp_path / "before.tar.gz", tmp_path / "third", keys=tmp_path / "old-keys", clock=house.record.clock
    ).ok
    with Record.open(tmp_path / "third", clock=house.record.clock) as record:
        assert NAME in record.texts.revealed(closed.body)["reason"]


def test_a_text_that_only_the_keyring_calls_erased_is_missed(tmp_path: Path) -> None:
    """Who writes into the keyring hides a text, and is found: no event erased it."""
    house = hospital(folder=tmp_path / "record")
    house.admit("S-2")
    kept = house.do("visit.record", "S-2", {"visit": "baseline", "on": house.now[:10], "note": "well"})
    (name,) = FORM.findall(str(kept.body["data"]["note"]))
    house.record.vault.keyring.forget([bytes.fromhex(name)])
    house.record.close()
    report = verify_record(tmp_path / "record")
    assert [finding.seq for finding in report.findings if finding.kind == "vault"] == [kept.seq]
    assert not report.ok


def test_another_door_destroys_what_it_reads_was_erased(tmp_path: Path) -> None:
    house = hospital(folder=tmp_path / "record")
    house.admit("S-1")
    note(house, NAME)
    second = Record.open(tmp_path / "record", clock=house.record.clock)
    assert NAME in str(second.texts.revealed([event.body for event in second.events()]))
    erase(house, "S-1")
    second.catch_up()
    assert NAME not in str(second.texts.revealed([event.body for event in second.events()]))
    second.close()
    house.record.close()


def test_what_tracing_asks_for_outlives_an_erasure_of_texts(house: Hospital) -> None:
    house.do(
        "therapy.open", "S-1", {"coi": "COI-1", "regimen": "spinal", "external": {"isbt": "=synthetic 1"}}
    )
    house.do(
        "product.collect",
        "S-1",
        {"coi": "COI-1", "din": "DIN-1", "wristband": "S-1", "material": "marrow, left"},
    )
    note(house, NAME)
    erase(house, "S-1")
    details = [link.details for link in chain_of(house.record, "COI-1")]
    assert any("marrow, left" in one for one in details)
    assert NAME not in str(list(trail(house.record)))


# offline


def test_texts_of_a_tablet_travel_beside_its_events(tmp_path: Path) -> None:
    house = hospital(folder=tmp_path / "record")
    house.admit("S-1")
    device = SigningKey.generate()
    until = stamp(house._clock[0] + timedelta(hours=6))
    capsule = issue(house.record, Command("capsule.issue", "CAP-1", {"device": device.public.hex(), "participants": ["S-1"], "until": until},
                    actor="sys-1", role="custodian", site="*"))  # fmt: skip
    tablet = house.at_the_bed(capsule.content, device)
    data = {
        "event": "AE-1",
        "term": NAME,
        "grade": 2,
        "serious": False,
        "expected": True,
        "onset": house.now[:10],
        "aware_on": house.now[:10],
    }
    queued = tablet.execute(
        Command("adverse-event.report", "S-1", data, actor="dr-1", role="physician", site="north")
    )
    assert NAME not in str(queued)
    back = Command("capsule.return", "CAP-1", actor="sys-1", role="custodian", site="*")
    honest = tablet.export()
    for change in (
        lambda entry: entry.pop("texts"),
        lambda entry: entry["texts"][0].__setitem__(3, "another text"),
        lambda entry: entry["body"]["data"].__setitem__("term", NAME),
    ):
        outer = orjson.loads(honest)
        inner = orjson.loads(b64decode(outer["content"]))
        change(inner["queue"][0])
        raw = canonical(inner)
        forged = orjson.dumps({"content": b64encode(raw).decode(), "signature": device.sign(raw)})
        with pytest.raises(RecordError) as error:
            reconcile(house.record, forged, replace(back, data={}))
        assert error.value.code in ("record.capsule.text", "record.capsule.chain")
    assert len(reconcile(house.record, honest, back).accepted) == 1
    (event,) = house.record.state.adverse_events.values()
    assert house.record.texts.revealed(event.term) == NAME
    house.record.close()
    report = verify_record(tmp_path / "record")
    assert report.ok, str(report)
    assert b"Annegret" not in everything_in(tmp_path / "record")


# logs of before


def test_a_log_that_holds_its_texts_openly_still_opens_goes_on_and_verifies(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the version before wrote it; the next event is of this version, and none of the old may follow."""
    with monkeypatch.context() as before:
        before.setattr(drafting, "compose", lambda *args, sealer, **options: compose(*args, **options))
        before.setattr(own_events, "SCHEMA_VERSION", 2)
        house = hospital(folder=tmp_path / "record")
        house.admit("S-1")
        old = note(house, NAME, reason=WHY)
        house.record.close()
    assert (old["v"], old["data"]["note"], old["reason"]) == (2, NAME, WHY)
    report = verify_record(tmp_path / "record")
    assert report.ok, str(report)
    record = Record.open(tmp_path / "record", clock=house.record.clock)
    again = Hospital(record, house._clock)
    assert note(again, "new")["v"] == SCHEMA_VERSION
    assert record.execute(
        Command(
            "visit.record",
            "S-1",
            old["data"],
            old["actor"],
            old["role"],
            old["site"],
            reason=WHY,
            key=old["key"],
        )
    ).repeated
    record.close()
    report = verify_record(tmp_path / "record")
    assert report.ok, str(report)
    assert report.texts == 1
