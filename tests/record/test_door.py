"""What is acknowledged is never void: values in one form or refused, a trial by the very code of replay, nothing doubled."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from proband.record.batch import send
from proband.record.chain import link, walk
from proband.record.commands import COMMANDS, Command, Signature
from proband.record.errors import Conflict, RecordError, Refused
from proband.record.events import Event, canonical_time, is_envelope
from proband.record.executing import Receipt
from proband.record.fold import fold_all
from proband.record.projection import all_rows
from proband.record.record import Record
from proband.record.undo import trial
from proband.record.verify import verify_store
from proband.terms import ProbandError

from .synthetic import WHY, Hospital, hospital
from .whole_life import whole_life


def verified(house: Hospital) -> None:
    """Acknowledged means: no event void, the running state is what a replay gives, and the log verifies by its rules."""
    record = house.record
    assert record.state.invalid == {}
    assert fold_all(record.events(), "SYN") == record.state
    report = verify_store(record.store, "SYN", None, {})
    assert report.chain_ok
    assert report.rules_ok


# every ordinary way to write a time, each the same moment as the clock's

WRITTEN = {
    "2026-03-02T08:00:00+00:00": "+00:00",
    "2026-03-02T08:00:00Z": "+00:00",
    "2026-03-02T08:00:00.000Z": "+00:00",
    "2026-03-02T08:00Z": "+00:00",
    "2026-03-02T10:00:00+02:00": "+02:00",
    "2026-03-02T02:30:00.5-05:30": "-05:30",
    "20260302T080000Z": "+00:00",
    "20260302T180000+1000": "+10:00",
    "2026-03-02T08:00:00,250Z": "+00:00",
}  # fmt: skip


@pytest.mark.parametrize("written", WRITTEN)
def test_every_ordinary_form_of_a_time_is_kept_as_one(where: str, written: str) -> None:
    house = hospital(where)
    receipt = house.do("participant.refer", "S-1", {}, at=written)
    assert receipt.body["at"][:16] == "2026-03-02T08:00"
    assert receipt.body["offset"] == WRITTEN[written]
    assert "S-1" in house.record.state.participants
    verified(house)


NO_TIMES = [
    "2026-03-02T08:00:00", "2026-03-02", "08:00", "yesterday", "2026-13-01T08:00:00Z", "2025-02-31T08:00:00Z", "2026-03-02T25:00:00Z",
    "2026-03-02T08:00:00.000Z\n", "2026-03-02T08:00:00.000Z ", "", "9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00",
    "1066-10-14T09:00:00Z", "2026-03-02T08:00:00+25:00", "２０２６-03-02T08:00:00Z", "2026-03-02T08:00:00\u0000Z", "x" * 200_000,
]  # fmt: skip


@pytest.mark.parametrize("text", NO_TIMES, ids=range(len(NO_TIMES)))
def test_what_is_no_time_is_refused_and_nothing_is_stored(text: str) -> None:
    house = hospital()
    before = house.record.state.seq
    with pytest.raises(RecordError) as refused:
        house.do("participant.refer", "S-1", {}, at=text)
    assert refused.value.code in ("record.event.moment", "record.event.time", "record.event.offset")
    assert len(str(refused.value)) < 600
    assert house.record.store.head("SYN")[0] == before
    verified(house)


#: RFC 3339: with these somebody says that nobody knows where the clock on the wall stood
NOWHERE = ["2026-03-02T08:00:00-00:00", "20260302T080000-0000", "2026-03-02T08:00-00", "2026-03-02T08:00:00-00:00:00", "2026-03-02T08:00:00+00:00:30"]  # fmt: skip


@pytest.mark.parametrize("written", [*NOWHERE, "-00:00", "-0000"])
def test_an_unknown_offset_is_not_utc(written: str) -> None:
    """By no door: as a time, as an offset beside it, in a field of the data, as where the clocks of a site stand, in a log."""
    house = hospital()
    before = house.record.state.seq
    calls: list[Any] = [lambda: house.do("participant.refer", "S-1", {}, at=written)]
    if written.startswith("-"):
        site = {"jurisdiction": "GB", "offsets": [written]}
        calls = [
            lambda: house.do("participant.refer", "S-1", {}, offset=written),
            lambda: house.do("site.open", "west", site, actor="sys-1", site="*"),
        ]
    else:
        capsule = {"device": "a" * 64, "participants": ["S-1"], "until": written}
        calls.append(lambda: house.do("capsule.issue", "CAP-1", capsule, actor="sys-1"))
    for call in calls:
        with pytest.raises(RecordError):
            call()
    assert house.record.store.head("SYN")[0] == before
    body = next(house.record.events()).body
    assert is_envelope(body)
    assert not is_envelope({**body, "offset": "-00:00"})
    verified(house)


def test_an_offset_that_contradicts_its_time_is_refused() -> None:
    house = hospital()
    with pytest.raises(RecordError, match="offset"):
        house.do("participant.refer", "S-1", {}, at="2026-03-02T10:00:00+02:00", offset="+01:00")


@pytest.mark.parametrize(
    "day",
    [
        "2026-13-01",
        "2025-02-31",
        "2026-02-30",
        "0000-01-01",
        "9999-12-31",
        "2026-03-02T00:00",
        "20260302",
        "1584-01-01",
    ],
)
@pytest.mark.parametrize(
    "verb", [verb for verb, one in COMMANDS.items() if "YYYY-MM-DD" in str(one.data.model_json_schema())]
)
def test_a_day_that_no_calendar_has_is_refused_by_every_command_that_asks_for_one(
    verb: str, day: str
) -> None:
    """Also where it once raised only later: the end of a washout, the day of awareness, the day of majority."""
    fields = [
        name
        for name, field in COMMANDS[verb].data.model_json_schema()["properties"].items()
        if "YYYY-MM-DD" in str(field)
    ]
    for name in fields:
        assert name in _errors_of(verb, name, day)


def _errors_of(verb: str, name: str, day: str) -> set[str]:
    try:
        COMMANDS[verb].data.model_validate({name: day})
    except ValueError as error:
        return {str(one["loc"][0]) for one in error.errors()}  # type: ignore[attr-defined]
    return set()


ENVELOPE_FIELDS = ("subject", "actor", "role", "site", "key", "offset", "source")
NAMES = [
    "S-1\n",
    "\nS-1",
    "S-1 ",
    " S-1",
    "",
    "S\u0000",
    "S\u202e1",
    "x" * 200_000,
    "Ｓ-1",
    5,
    None,
    ["S-1"],
    {"S": 1},
    float("nan"),
]


@pytest.mark.parametrize("field", ENVELOPE_FIELDS)
@pytest.mark.parametrize("value", NAMES, ids=range(len(NAMES)))
def test_a_name_that_is_none_never_reaches_the_log(field: str, value: Any) -> None:
    house = hospital()
    good = Command(
        "participant.refer",
        "S-1",
        {},
        actor="dr-1",
        role="physician",
        site="north",
        key="K-1",
        offset="+00:00",
    )
    before = house.record.state.seq
    if field in ("key", "offset") and value in (None, ""):
        # nothing said: then the record gives one
        return
    with pytest.raises(RecordError) as refused:
        house.record.execute(replace(good, **{field: value}))
    assert len(str(refused.value)) < 600
    assert house.record.store.head("SYN")[0] == before
    verified(house)


def test_a_key_that_ends_in_a_line_end_does_not_break_the_chain(where: str) -> None:
    house = hospital(where)
    with pytest.raises(RecordError):
        house.do("participant.refer", "S-1", {}, key="K-1\n")
    verified(house)


@pytest.mark.parametrize(
    "value",
    [float("nan"), float("inf"), 1e300, -1e300, 2**60, "S\u0000", "x" * 200_000, [[[[]]] * 9] * 9, "\ud800"],
)
def test_a_value_that_no_event_can_carry_is_refused_wherever_it_is_nested(where: str, value: Any) -> None:
    house = hospital(where)
    house.refer("S-1")
    facts = {
        "through": "screening",
        "as_of": "2026-03-02",
        "values": {"platelets": {"low": value, "high": 250.0}},
    }
    with pytest.raises(ProbandError):
        house.screen("S-1", facts=facts)
    verified(house)


def test_a_nesting_without_end_is_refused() -> None:
    house = hospital()
    house.refer("S-1")
    deep: dict[str, Any] = {}
    for _ in range(5000):
        deep = {"more": deep}
    with pytest.raises(ProbandError):
        house.screen("S-1", facts=deep)
    verified(house)


# after the commit nothing looks like a failure


def test_heads_that_cannot_be_written_are_a_note_and_no_failure(tmp_path: Path) -> None:
    house = hospital(folder=tmp_path / "r")
    record = house.record
    heads = record.heads
    assert heads is not None
    heads.every = 1
    heads.path = tmp_path / "r"  # a folder: nothing can be written there
    receipt = house.do("participant.refer", "S-1", {})
    assert receipt.seq == record.state.seq == record.store.head("SYN")[0]
    assert any("Error" in note for note in receipt.notes)
    record.close()
    with Record.open(tmp_path / "r", clock=record.clock) as again:
        assert "S-1" in again.state.participants


def test_a_listener_that_fails_and_a_hold_that_cannot_be_placed_are_notes(where: str) -> None:
    house = hospital(where)

    def broken(seq: int, body: dict[str, Any]) -> None:
        raise OSError("the table is locked")

    house.record.listen(broken)
    receipt = house.do("participant.refer", "S-1", {})
    assert "the table is locked" in receipt.notes[0]
    assert house.record.store.head("SYN")[0] == receipt.seq
    verified(house)


def test_a_write_that_fails_leaves_no_trace_in_the_state(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    house = hospital(where)
    house.admit("S-1")
    before = fold_all(house.record.events(), "SYN")
    for error in (RecordError("record.store.lost", error="gone"), KeyboardInterrupt()):
        with monkeypatch.context() as broken:

            def lost(*_: Any, error: BaseException = error, **__: Any) -> None:
                raise error

            broken.setattr(house.record.store, "append", lost)
            with pytest.raises(type(error)):
                house.do("therapy.open", "S-1", {"coi": "COI-1", "regimen": "spinal"})
        assert house.record.state == before
    house.do("therapy.open", "S-1", {"coi": "COI-1", "regimen": "spinal"})
    verified(house)


# batches, and the same key


def entries(*lines: dict[str, Any]) -> Iterator[tuple[int, dict[str, Any], Command]]:
    for number, line in enumerate(lines, start=1):
        yield number, line, Command(**{"actor": "dr-1", "role": "physician", "site": "north", **line})


def test_a_batch_that_was_refused_is_sent_again_and_nothing_doubles(where: str) -> None:
    house = hospital(where)
    lines: list[dict[str, Any]] = [
        {"verb": "participant.refer", "subject": "S-1"},
        {
            "verb": "elsewhere.record",
            "subject": "S-1",
            "data": {"when": "2020", "records": "none", "outcome": "unknown", "warning_signs": []},
        },
        {"verb": "participant.refer", "subject": "S 2"},
        {"verb": "participant.refer", "subject": "S-3"},
    ]
    sent = send(house.record, entries(*lines))
    assert [receipt.seq for receipt in sent.receipts] == [house.record.state.seq - 1, house.record.state.seq]
    assert sent.stopped_at == 3
    assert sent.error is not None
    # corrected, and with one more line before: wherever it is put right
    lines[2]["subject"] = "S-2"
    again = send(house.record, entries({"verb": "participant.refer", "subject": "S-0"}, *lines))
    assert again.error is None
    assert [receipt.repeated for receipt in again.receipts] == [False, True, True, False, False]
    assert sorted(house.record.state.participants) == ["S-0", "S-1", "S-2", "S-3"]
    assert len(house.record.state.participants["S-1"].elsewhere) == 1
    verified(house)


def test_the_same_words_twice_in_a_batch_are_two_commands_and_on_another_day_a_question() -> None:
    house = hospital()
    house.refer("S-1")
    line = {
        "verb": "elsewhere.record",
        "subject": "S-1",
        "data": {"when": "2020", "records": "none", "outcome": "unknown", "warning_signs": []},
    }
    assert send(house.record, entries(line, line)).error is None
    assert len(house.record.state.participants["S-1"].elsewhere) == 2
    house.wait(days=3)
    later = send(house.record, entries(line))
    assert later.error is not None
    assert later.error.code == "record.conflict.again"


OTHERWISE: dict[str, Any] = {
    "reason": "another reason", "site": "south", "corrects": 1, "role": "nurse", "offset": "+02:00", "at": "2026-03-02T07:00:00Z",
    "data": {"test": "viability", "result": 81.0, "laboratory": "qc"}, "subject": "BAG-9", "actor": "qa-1", "source": "capsule:C-1",
    "signatures": [Signature("qa-1", "quality", "scripted")],
}  # fmt: skip


@pytest.mark.parametrize("field", OTHERWISE)
def test_the_same_key_with_anything_else_is_a_conflict(where: str, field: str) -> None:
    house = hospital(where)
    house.admit("S-1")
    house.collect("S-1", "COI-1", "DIN-1")
    house.make("BAG-1", "COI-1", ["DIN-1"])
    command = Command("product.test", "BAG-1", {"test": "viability", "result": 80.0, "laboratory": "qc"}, actor="lab-1", role="operator",
                      site="north", reason=WHY, key="K-1")  # fmt: skip
    first = house.record.execute(command)
    assert house.record.execute(command).repeated
    with pytest.raises(Conflict):
        house.record.execute(replace(command, **{field: OTHERWISE[field]}))
    assert house.record.state.seq == first.seq


# what was refused is kept


SCANNED = [
    "=W0000 26 123456",
    "",
    "\x1d=W000026123456\r\n",
    "ﾊﾞｯｸﾞ",
    "x" * 100_000,
    "BAG-1\x00",
    "]C1=W0000",
    " ",
    17,
    None,
]


@pytest.mark.parametrize("scan", SCANNED, ids=range(len(SCANNED)))
@pytest.mark.parametrize("field", ["wristband", "bag", "label", "subject"])
def test_a_refused_attempt_is_kept_whatever_was_scanned(field: str, scan: Any) -> None:
    house = hospital()
    house.admit("S-1")
    product, _, label = house.ready("S-1", "1")
    before = house.record.state.seq
    data = {"participant": "S-1", "wristband": "S-1", "bag": product, "label": label}
    subject: Any = product
    if field == "subject":
        subject = scan
    else:
        data[field] = scan
    with pytest.raises(ProbandError):
        house.do("bedside.verify", subject, data, actor="nurse-1", also=[("nurse-2", "nurse")])
    assert house.record.state.seq == before + 1
    (kept,) = list(house.record.state.refused.values())
    assert kept["verb"] == "bedside.verify"
    assert kept["messages"]
    verified(house)


@pytest.mark.parametrize("reason", [" ", "x", " no ", "\t\n"])
def test_an_attempt_with_a_reason_that_says_nothing_is_kept_as_refused(reason: str) -> None:
    """It was told as a busy record: the refusal could not be kept, since the reason stood in it as no text stands."""
    house = hospital()
    house.admit("S-1")
    product, _, _ = house.ready("S-1", "1")
    before = house.record.state.seq
    data = {"route": "intrathecal", "risk_assessment": WHY, "participant_informed": True}
    with pytest.raises(Refused) as found:
        house.do("product.release-exceptionally", product, data, actor="qa-1", reason=reason)
    assert "reason" in found.value.gates
    assert house.record.state.seq == before + 1
    verified(house)


def test_a_refused_scan_is_kept_on_both_engines(where: str) -> None:
    house = hospital(where)
    with pytest.raises(ProbandError):
        house.do(
            "bedside.verify",
            "=W0000 26 123456",
            {"participant": "S-1", "wristband": "]C1", "bag": "\x00", "label": ""},
            actor="nurse-1",
        )
    (sealed,) = list(house.record.state.refused.values())
    kept = house.record.texts.revealed(sealed)
    assert "W0000" not in str(sealed)
    assert kept["about"] == "=W0000 26 123456"
    assert kept["attempt"]["data"]["bag"] == "\\x00"
    verified(house)


# the property: for every command, from its own schema, hostile values; a receipt implies all three

HOSTILE: list[Any] = [
    float("nan"), float("inf"), -float("inf"), 1e12, -1e12, 1e300, 0, -1, 2**53, 2**70, True, None, "", " ", "S-1\n", "S-01 ", "S\u0000", "x" * 200_000,
    "2026-13-01", "2025-02-31", "9999-12-31", "0001-01-01", "1990", "2090-01-01", "2026-03-02T08:00:00+02:00", "20260302T080000Z", "\ud800", "\u202eS-1",
    "SYN", "record", "S-1", "S-2", "BAG-1", "constructor", "=W0000 26 123456", "'; DROP TABLE events; --", [], {}, [None], [[]], {"": {}}, ["S-1", "S-1"],
]  # fmt: skip


class Kept:
    """A store in memory whose last events can be taken away again: for what is only tried."""

    def __init__(self) -> None:
        self.list: list[tuple[int, str, bytes, bytes]] = []

    def append(
        self, study: str, bodies: list[bytes], keys: list[str], *, expected: int | None = None,
        previous: bytes | None = None, seal: bytes | None = None,
    ) -> list[Event]:  # fmt: skip
        assert expected in (None, len(self.list))
        done = []
        for body, key in zip(bodies, keys, strict=True):
            digest = link(self.list[-1][2] if self.list else bytes(32), body)
            self.list.append((len(self.list) + 1, key, digest, body))
            done.append(Event(len(self.list), digest, body))
        return done

    def head(self, study: str) -> tuple[int, bytes]:
        return (self.list[-1][0], self.list[-1][2]) if self.list else (0, bytes(32))

    def rows(self, study: str, after: int = 0) -> Iterator[tuple[int, str, bytes, bytes]]:
        yield from self.list[after:]

    def events(self, study: str, after: int = 0) -> Iterator[Event]:
        for seq, _, digest, body in self.list[after:]:
            yield Event(seq, digest, body)

    def event(self, study: str, seq: int) -> Event | None:
        found = self.list[seq - 1 : seq] if seq > 0 else []
        return Event(seq, found[0][2], found[0][3]) if found else None

    def by_key(self, study: str, key: str) -> Event | None:
        return next(
            (Event(seq, digest, body) for seq, known, digest, body in self.list if known == key), None
        )

    def close(self) -> None:
        pass


def places(value: Any, way: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The place of every value in some data, nested ones too."""
    if way:
        yield way
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in inner:
        yield from places(one, (*way, key))


def put(value: Any, way: tuple[Any, ...], new: Any) -> Any:
    if not way:
        return new
    copy: Any = dict(value) if isinstance(value, dict) else list(value)
    copy[way[0]] = put(copy[way[0]], way[1:], new)
    return copy


def variants(command: Command, rng: random.Random, many: int) -> Iterator[Command]:
    """The command with one value replaced by a hostile one: any field of its schema, given or not, any of its envelope."""
    schema = COMMANDS[command.verb].data.model_json_schema()["properties"]
    ways = [*places(command.data), *((name,) for name in schema)]
    for _ in range(many):
        bad = rng.choice(HOSTILE)
        if ways and rng.random() < 0.75:
            way = rng.choice(ways)
            base = command.data if way[0] in command.data else {**command.data, way[0]: None}
            yield replace(command, data=put(base, way, bad))
        else:
            yield replace(
                command,
                **{
                    rng.choice(
                        [
                            "subject",
                            "actor",
                            "role",
                            "site",
                            "at",
                            "offset",
                            "reason",
                            "key",
                            "corrects",
                            "source",
                        ]
                    ): bad
                },
            )


def test_a_receipt_implies_valid_in_every_projection_and_verified(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each command of a whole life, before it is done, with hostile values, in its own state. About 8 s: 6,000 attempts."""
    house = hospital()
    record, rng = house.record, random.Random(20260302)
    store = Kept()
    for _, key, _, body in list(record.store.rows("SYN")):
        store.append("SYN", [body], [key])
    monkeypatch.setattr(record, "store", store)
    honest, sent, passed = record.execute, set(), 0

    def attempt(command: Command) -> Receipt:
        nonlocal passed
        sent.add(command.verb)
        for bad in variants(command, rng, 60):
            length, before, notes = len(store.list), record.state.seq, len(record.notes)
            with trial() as running:
                try:
                    receipt = honest(bad)
                except ProbandError:
                    receipt = None
                assert record.notes[notes:] == []
                assert record.state.invalid == {}
                if receipt is not None and rng.random() < 0.2:
                    passed += 1
                    found, _ = walk(store.rows("SYN"))
                    assert found.broken is None
                    fresh = fold_all(store.events("SYN"), "SYN")
                    assert fresh.invalid == {}
                    assert fresh == record.state, bad
                    assert all_rows(fresh) == all_rows(record.state)
                running.take_back()
            del store.list[length:]
            assert record.state.seq == before
        return honest(command)

    monkeypatch.setattr(record, "execute", attempt)
    whole_life(house)
    # what was tried and taken back has left nothing behind
    assert fold_all(store.events("SYN"), "SYN") == record.state
    assert sent == {verb for verb, one in COMMANDS.items() if not one.by_record} - {"study.open"}
    assert passed > 100


def test_a_time_has_one_form_whoever_writes_it() -> None:
    rng = random.Random(5)
    for _ in range(300):
        whole = canonical_time(
            f"2026-{rng.randrange(1, 13):02d}-{rng.randrange(1, 29):02d}T{rng.randrange(24):02d}:{rng.randrange(60):02d}:07Z"
        )
        assert canonical_time(whole) == whole
        assert canonical_time(whole.replace("Z", "+00:00")) == whole


def test_two_doors_at_once_judge_what_the_other_one_did(where: str) -> None:
    """Two doors at once: what the other one appended is judged first, and the state stays one."""
    house = hospital(where)
    other = Record(house.record.store, "SYN", clock=house.record.clock)
    house.refer("S-1")
    other.execute(Command("participant.refer", "S-2", {}, actor="dr-1", role="physician", site="north"))
    with pytest.raises(Refused):
        house.refer("S-2")
    verified(house)
