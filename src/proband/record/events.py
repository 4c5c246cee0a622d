"""One event: canonical JSON that says what happened, to whom, when, under which programme, and who says so.

The body is bytes, and those bytes are what is hashed, stored, exported and verified; nothing is ever re-serialised on
the way. They have the one canonical form of JSON (:mod:`proband.terms.canonical`), and a value that JSON cannot carry (NaN,
infinity) is refused rather than turned into ``null``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

import orjson

from proband.record.errors import RecordError
from proband.record.signing import COUNTER, SIGNATURE_KEYS
from proband.terms.canonical import CanonicalError
from proband.terms.canonical import canonical as canonical_json

#: version of the envelope; a reader reads every version from the oldest on. Since version 3 an event holds commitments to free texts,
#: and the texts are in the vault; since version 4 what is of its time is judged under the version of the programme that was in force then;
#: since version 5 identifiers that look alike are one, whoever prepared, made or agreed is asked for their role of that time, an emptied container
#: is used up, what failed is tested again only as often as the programme says, and a restored copy treats nobody until somebody has settled what it lacks;
#: the record takes the plan of an allocation from the programme and gives places, and nobody else says an arm;
#: since version 6 an event says by which rules it was judged, and what they made of it
SCHEMA_VERSION = 6
#: since which version looks, hands, emptied containers, repeated tests and copies are asked about
ASKED_SINCE_VERSION = 5
OLDEST_VERSION = 2

#: the envelope: every key is always present, so that an absent value is a visible ``null``
ENVELOPE = (
    "v", "study", "event", "command", "subject", "site", "actor", "role", "at", "offset", "day", "recorded", "skew",
    "reason", "programme", "key", "corrects", "signatures", "source", "data",
)  # fmt: skip

#: what the record adds as it appends an event: the version of its rules, and their result (:mod:`proband.record.rulings`)
JUDGED = "judged"

_KEYS = frozenset(ENVELOPE)
_WITH_RULING = _KEYS | {JUDGED}
_RULING = frozenset(("rules", "late"))
_OF_A_DEVICE = SIGNATURE_KEYS | {COUNTER}
# each is matched from the first character to the last: "$" alone would let a line end pass
_KEY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:#-]{0,119}")
_OFFSET = re.compile(r"[+-](0[0-9]|1[0-4]):?[0-5][0-9]")
_STAMP = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z")
#: nothing of a programme happened before or will happen after these years; a date outside them is a slip of a key
FIRST_YEAR, LAST_YEAR = 1850, 2199


class Event(NamedTuple):
    """An event as it stands in the log: its number in the study (from 1), its hash, its exact bytes, the seal of its commit.

    The seal is the device's that appended it (:mod:`proband.record.seals`); it stands beside the last event of a commit.
    """

    seq: int
    hash: bytes
    raw: bytes
    seal: bytes | None = None

    @property
    def body(self) -> dict[str, Any]:
        """The body as a new dictionary; changing it changes nothing in the log."""
        body: dict[str, Any] = orjson.loads(self.raw)
        return body


def canonical(body: Any) -> bytes:
    """The canonical bytes of a JSON value (:func:`proband.terms.canonical.canonical`).

    Raises
    ------
    RecordError
        ``record.event.value`` for NaN, infinity, text that is no Unicode, an integer that a double does not hold, or an
        object that JSON does not know.
    """
    try:
        return canonical_json(body)
    except CanonicalError as error:
        raise RecordError("record.event.value", problem=error.message, correction=error.mend) from error


def check_key(key: str) -> str:
    """The idempotency key, if it is one: 1–120 letters, digits and ``._:#-``.

    Raises
    ------
    RecordError
        ``record.event.key`` otherwise.
    """
    if not isinstance(key, str) or not _KEY.fullmatch(key):
        raise RecordError("record.event.key", key=str(key)[:130])
    return key


def check_keys(keys: Iterable[str]) -> None:
    """Check many keys at once; see :func:`check_key`."""
    fits = _KEY.fullmatch
    for key in keys:
        if type(key) is not str or fits(key) is None:
            check_key(key)


def stamp(moment: datetime) -> str:
    """UTC to the millisecond, always 24 characters (``2026-11-22T01:02:03.456Z``), so that text order is time order.

    Raises
    ------
    RecordError
        ``record.event.time`` for a time without a zone.
    """
    if moment.tzinfo is None:
        raise RecordError("record.event.time", time=moment.isoformat())
    utc = moment.astimezone(UTC)
    return f"{utc:%Y-%m-%dT%H:%M:%S}.{utc.microsecond // 1000:03d}Z"


def is_day(text: object) -> bool:
    """Whether a value is a day of the calendar, ``YYYY-MM-DD``, in the years that a programme can know."""
    try:
        return (
            isinstance(text, str)
            and len(text) == 10
            and FIRST_YEAR <= date.fromisoformat(text).year <= LAST_YEAR
        )
    except ValueError:
        return False


def is_stamp(text: object) -> bool:
    """Whether a value is a UTC time as :func:`stamp` writes it."""
    return isinstance(text, str) and _STAMP.fullmatch(text) is not None


def moment(text: str) -> datetime:
    """The moment that a stamp says."""
    return datetime.fromisoformat(text)


def canonical_time(text: object) -> str:
    """The stamp of a moment written in any ordinary form of ISO 8601: extended or basic, with ``Z`` or an offset.

    Raises
    ------
    RecordError
        ``record.event.time`` for a time without a zone; ``record.event.moment`` for what is no time, or lies outside the
        years that a programme can know.
    """
    try:
        if not isinstance(text, str) or not text.isascii() or not _TIME.fullmatch(text):
            raise ValueError("no date and time of ISO 8601")
        read = datetime.fromisoformat(text)
        if read.tzinfo is not None:
            canonical_offset(offset_of(text))
            read = read.astimezone(UTC)
        if not FIRST_YEAR <= read.year <= LAST_YEAR:
            raise ValueError(f"the year is not from {FIRST_YEAR} to {LAST_YEAR}")
    except (ValueError, OverflowError) as error:
        raise RecordError("record.event.moment", time=str(text)[:80], problem=str(error)) from error
    return stamp(read)


_TIME = re.compile(r"[0-9WT:.,+-]{8,40}Z?")


def offset_of(text: str) -> str | None:
    """The offset that is written in a time (``+02:00``, also ``-00:00``); ``None`` where it says ``Z``, which tells no clock on a wall.

    Raises
    ------
    RecordError
        ``record.event.offset`` for an offset with seconds: no clock on a wall has one.
    """
    if text.endswith("Z"):
        return None
    shift = datetime.fromisoformat(text).utcoffset()
    if shift is None:
        return None
    minutes, rest = divmod(abs(shift).total_seconds(), 60)
    if rest:
        raise RecordError("record.event.offset", offset=str(shift))
    sign = "-" if "-" in text.partition("T")[2] else "+"
    return f"{sign}{minutes // 60:02.0f}:{minutes % 60:02.0f}"


def canonical_offset(offset: object) -> str:
    """A local offset from UTC in its one form, ``+01:00``.

    Raises
    ------
    RecordError
        ``record.event.offset`` otherwise.
    """
    if offset is None:
        return "+00:00"
    if not isinstance(offset, str) or not _OFFSET.fullmatch(offset):
        raise RecordError("record.event.offset", offset=str(offset)[:40])
    hours, minutes = offset[1:3], offset[-2:]
    # RFC 3339, 4.3: "-00:00" says that nobody knows where the clock on the wall stood, and unknown is not UTC
    if offset[0] == "-" and hours == minutes == "00":
        raise RecordError("record.event.offset", offset=offset)
    # no clock on earth stands further from UTC: with more, somebody could reach one more calendar day
    if not -12 * 60 <= int(f"{offset[0]}1") * (60 * int(hours) + int(minutes)) <= 14 * 60:
        raise RecordError("record.event.offset", offset=offset)
    return f"{offset[0]}{hours}:{minutes}"


def from_utc(offset: str) -> timedelta:
    """How far a clock on the wall with this offset (``+01:00``) is ahead of UTC."""
    return timedelta(hours=int(offset[1:3]), minutes=int(offset[4:6])) * (-1 if offset[0] == "-" else 1)


def local_date(text: str, offset: str) -> str:
    """The calendar day (``2026-11-22``) of a stamp where the clock on the wall stands ``offset`` from UTC."""
    return (moment(text) + from_utc(offset)).date().isoformat()


def day_end(text: str, offset: str) -> str:
    """The last millisecond of the calendar day of a stamp where the clock on the wall stands ``offset`` from UTC."""
    shift = from_utc(offset)
    begin = (moment(text) + shift).replace(hour=0, minute=0, second=0, microsecond=0) - shift
    return stamp(begin + timedelta(days=1, milliseconds=-1))


def day_begin(day: str, offset: str) -> str:
    """The first millisecond of a calendar day (``2026-11-22``) where the clock on the wall stands ``offset`` from UTC."""
    try:
        return stamp(datetime.fromisoformat(f"{day}T00:00:00+00:00") - from_utc(offset))
    except OverflowError:
        # the first and the last day that the calendar has
        return f"{day}T00:00:00.000Z"


def shifted(text: str, **parts: float) -> str:
    """A stamp moved by a duration (keywords of :class:`datetime.timedelta`)."""
    return stamp(moment(text) + timedelta(**parts))


@lru_cache(maxsize=256)
def is_offset(offset: str) -> bool:
    """Whether a text is an offset from UTC in its one form."""
    try:
        return canonical_offset(offset) == offset
    except RecordError:
        return False


def is_envelope(body: object) -> bool:
    """Whether a value has the envelope of an event, with values of the right kinds."""
    if type(body) is not dict or not (body.keys() == _WITH_RULING or body.keys() == _KEYS):
        return False
    # written out: this runs for every event of every replay
    if not (
        type(body["event"]) is str is type(body["command"])
        and type(body["subject"]) is str is type(body["site"])
        and type(body["actor"]) is str is type(body["role"])
        and type(body["programme"]) is str is type(body["source"])
        and type(body["study"]) is str
        and type(body["offset"]) is str
        and is_offset(body["offset"])
        and type(body["day"]) is str
        and type(body["data"]) is dict
        and type(body["signatures"]) is list
        and is_stamp(body["at"])
        and (body["recorded"] == body["at"] or is_stamp(body["recorded"]))
    ):
        return False
    if JUDGED in body and not _is_ruling(body[JUDGED]):
        return False
    return all(
        type(entry) is dict and (entry.keys() == SIGNATURE_KEYS or entry.keys() == _OF_A_DEVICE)
        for entry in body["signatures"]
    )


def _is_ruling(value: object) -> bool:
    return (
        type(value) is dict
        and value.keys() == _RULING
        and type(value["rules"]) is str
        and type(value["late"]) is list
        and all(type(one) is str for one in value["late"])
    )
