"""One event: canonical JSON that says what happened, to whom, when, under which programme, and who says so.

The body is bytes, and those bytes are what is hashed, stored, exported and verified; nothing is ever re-serialised on
the way. They have the one canonical form of JSON (:mod:`proband.terms.canonical`), and a value that JSON cannot carry (NaN,
infinity) is refused rather than turned into ``null``.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple

import orjson

from proband.record.errors import RecordError
from proband.record.signatures import SIGNATURE_KEYS
from proband.terms.canonical import CanonicalError
from proband.terms.canonical import canonical as canonical_json

#: version of the envelope; a reader of version n reads every version up to n
SCHEMA_VERSION = 1

#: the envelope: every key is always present, so that an absent value is a visible ``null``
ENVELOPE = (
    "v", "study", "event", "command", "subject", "site", "actor", "role", "at", "offset", "recorded", "skew",
    "reason", "programme", "key", "corrects", "signatures", "source", "data",
)  # fmt: skip

_KEYS = frozenset(ENVELOPE)
_KEY = re.compile(r"^[A-Za-z0-9][A-Za-z0-9._:#-]{0,119}$")
_OFFSET = re.compile(r"^[+-](0\d|1[0-4]):[0-5]\d$")
_STAMP = re.compile(r"^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z$")


class Event(NamedTuple):
    """An event as it stands in the log: its number in the study (from 1), its hash, its exact bytes."""

    seq: int
    hash: bytes
    raw: bytes

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
    if not _KEY.match(key):
        raise RecordError("record.event.key", key=key)
    return key


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


def is_stamp(text: object) -> bool:
    """Whether a value is a UTC time as :func:`stamp` writes it."""
    return isinstance(text, str) and bool(_STAMP.match(text))


def moment(text: str) -> datetime:
    """The moment that a stamp says."""
    return datetime.fromisoformat(text)


def check_offset(offset: str) -> str:
    """A local offset from UTC such as ``+01:00``.

    Raises
    ------
    RecordError
        ``record.event.offset`` otherwise.
    """
    if not _OFFSET.match(offset):
        raise RecordError("record.event.offset", offset=offset)
    return offset


def local_date(text: str, offset: str) -> str:
    """The calendar day (``2026-11-22``) of a stamp where the clock on the wall stands ``offset`` from UTC."""
    sign = -1 if offset[0] == "-" else 1
    shift = timedelta(hours=int(offset[1:3]), minutes=int(offset[4:6])) * sign
    return (moment(text) + shift).date().isoformat()


def shifted(text: str, **parts: float) -> str:
    """A stamp moved by a duration (keywords of :class:`datetime.timedelta`)."""
    return stamp(moment(text) + timedelta(**parts))


def is_envelope(body: object) -> bool:
    """Whether a value has the envelope of an event, with values of the right kinds."""
    if type(body) is not dict or body.keys() != _KEYS:
        return False
    # written out: this runs for every event of every replay
    if not (
        type(body["event"]) is str is type(body["command"])
        and type(body["subject"]) is str is type(body["site"])
        and type(body["actor"]) is str is type(body["role"])
        and type(body["programme"]) is str is type(body["source"])
        and type(body["study"]) is str is type(body["offset"])
        and type(body["data"]) is dict
        and type(body["signatures"]) is list
        and is_stamp(body["at"])
        and (body["recorded"] == body["at"] or is_stamp(body["recorded"]))
    ):
        return False
    return all(type(entry) is dict and entry.keys() == SIGNATURE_KEYS for entry in body["signatures"])
