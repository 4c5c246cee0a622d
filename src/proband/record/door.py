"""The door: every value of an intention is brought to its one canonical form, or refused, before any gate sees it.

What passes is what a replay will read. So a time written in any of the ordinary forms of ISO 8601 becomes the stamp that the
log knows, and what has no canonical form (a day that no calendar has, a control character, a number that no measurement
gives) is refused here, with its field, and never stored to be found void later.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from proband.record.declare.data import REFERENCE
from proband.record.declare.intention import Command, Signature
from proband.record.errors import RecordError
from proband.record.events import canonical_offset, canonical_time, check_key, is_stamp, offset_of
from proband.record.signing import METHODS

#: the longest text, the deepest nesting, the largest number and the largest event that a command may bring (design choices)
LONGEST, DEEPEST, LARGEST, MOST_BYTES = 20_000, 24, 1e18, 1 << 20
#: of a refused attempt so much is kept of each text, and so many of each list
_KEPT_TEXT, _KEPT_ENTRIES = 2_000, 200

_REF = re.compile(REFERENCE)
_SOURCE = re.compile(r"online|capsule:[A-Za-z0-9][A-Za-z0-9._=&-]{0,63}")
#: control characters but tab and line ends, and the characters that Unicode says are none
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ufdd0-\ufdef\ufffe\uffff]")


def admitted(command: Command) -> Command:
    """The command with every value of its envelope in canonical form.

    Raises
    ------
    RecordError
        ``record.command.value`` with the field; ``record.event.time``, ``record.event.offset``, ``record.event.key``.
    """
    for name in ("subject", "actor", "role"):
        _reference(command, name, getattr(command, name))
    if command.site != "*":
        _reference(command, "site", command.site)
    if not isinstance(command.source, str) or not _SOURCE.fullmatch(command.source):
        raise _unfit(command, "source", command.source, "online, or capsule:<id>")
    if command.corrects is not None and not _counts(command.corrects):
        raise _unfit(command, "corrects", command.corrects, "the number of an event")
    if command.seen is not None and type(command.seen) is not int:
        raise _unfit(command, "seen", command.seen, "the number of an event")
    if not isinstance(command.data, Mapping):
        raise _unfit(command, "data", command.data, "an object with the fields of the command")
    if command.reason is not None:
        if not isinstance(command.reason, str):
            raise _unfit(command, "reason", command.reason, "a text")
        _check(command, "reason", command.reason, 0)
    _check(command, "data", command.data, 0)
    at, offset = _times(command)
    signatures = [_signature(command, one) for one in command.signatures]
    return Command(
        command.verb, command.subject, dict(command.data), command.actor, command.role, command.site, at, offset,
        command.reason, signatures, check_key(command.key) if command.key else None, command.seen, command.corrects,
        command.source,
    )  # fmt: skip


def _counts(value: object) -> bool:
    return type(value) is int and 0 < value < 2**53


def _times(command: Command) -> tuple[str | None, str | None]:
    """When it happened, and where the clock on the wall stood: an offset within the time counts, and must agree with its own field."""
    offset = None if command.offset is None else canonical_offset(command.offset)
    if command.at is None:
        return None, offset
    at = canonical_time(command.at)
    written = offset_of(command.at)
    if written is not None and offset is not None and written != offset:
        raise _unfit(command, "offset", command.offset, f"the offset that the time has, {written}")
    return at, offset or written


def _signature(command: Command, one: Signature) -> Signature:
    _reference(command, "signatures", one.signer)
    _reference(command, "signatures", one.role)
    if one.method not in METHODS:
        raise _unfit(command, "signatures", one.method, f"one of {', '.join(METHODS)}")
    at = None if one.at is None else canonical_time(one.at)
    return Signature(one.signer, one.role, one.method, at, one.by, one.key, one.value)


def _reference(command: Command, name: str, value: object) -> None:
    if not isinstance(value, str) or not _REF.fullmatch(value):
        raise _unfit(command, name, value, "an identifier: 1–64 letters, digits, and . _ = & -")


def _check(command: Command, name: str, value: Any, depth: int) -> None:
    """Refuse what has no place in an event, wherever it is nested."""
    if value is None or isinstance(value, bool):
        return
    if depth > DEEPEST:
        raise _unfit(command, name, "…", f"at most {DEEPEST} levels")
    if isinstance(value, str):
        if len(value) > LONGEST:
            raise _unfit(command, name, value, f"at most {LONGEST} characters")
        if _CONTROL.search(value):
            raise _unfit(command, name, value, "a text without control characters")
    elif isinstance(value, int | float):
        if not math.isfinite(value) or abs(value) > LARGEST:
            raise _unfit(command, name, value, f"a number up to {LARGEST:g}")
    elif isinstance(value, Mapping):
        for key, one in value.items():
            _check(command, name, key, depth + 1)
            _check(command, f"{name}.{str(key)[:64]}", one, depth + 1)
    elif isinstance(value, list | tuple):
        for place, one in enumerate(value):
            _check(command, f"{name}.{place}", one, depth + 1)


def _unfit(command: Command, field: str, value: object, wanted: str) -> RecordError:
    return RecordError(
        "record.command.value", verb=str(command.verb)[:64], field=field, value=seen(value, 80), wanted=wanted
    )


def seen(value: Any, longest: int = _KEPT_TEXT, depth: int = 0) -> Any:
    """What was attempted, in a form that an event can carry: control characters as ``\\x00``, long texts cut and saying so.

    A refused attempt is kept whatever was scanned or typed; it can no longer be what it was, and it can still be read.
    """
    if isinstance(value, str):
        shown = _CONTROL.sub(
            lambda hit: f"\\x{ord(hit[0]):02x}", value.encode("utf-8", "backslashreplace").decode()
        )
        return shown if len(shown) <= longest else f"{shown[:longest]}… ({len(value)} characters)"
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int | float):
        return value if math.isfinite(value) and abs(value) < 2**53 else str(value)[:longest]
    if depth >= DEEPEST:
        return "…"
    if isinstance(value, Mapping):
        return {
            seen(str(key), 64): seen(one, longest, depth + 1)
            for key, one in list(value.items())[:_KEPT_ENTRIES]
        }
    if isinstance(value, list | tuple):
        return [seen(one, longest, depth + 1) for one in value[:_KEPT_ENTRIES]]
    return seen(str(value), longest)


def check_body(body: Mapping[str, Any]) -> None:
    """Refuse a body that was composed elsewhere and is not in canonical form, as :func:`admitted` would have made it.

    Raises
    ------
    RecordError
        As :func:`admitted`.
    """
    command = Command(
        body["command"], body["subject"], body["data"], body["actor"], body["role"], body["site"], body["at"],
        body["offset"], body["reason"], [], body["key"], None, body["corrects"], body["source"],
    )  # fmt: skip
    made = admitted(command)
    if made.at != body["at"] or made.offset != body["offset"] or not is_stamp(body["recorded"]):
        raise _unfit(command, "at", body["at"], "a UTC time as the record writes it")
