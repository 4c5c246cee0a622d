"""From an intention to the body of an event: validated data, times of both clocks, signatures bound to what they cover."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError

from proband.record.commands import Command, CommandType
from proband.record.commitments import TextSealer
from proband.record.errors import RecordError, Refusal, Refused
from proband.record.events import OLDEST_VERSION, SCHEMA_VERSION, local_date, moment
from proband.record.signatories import Signatories
from proband.record.signing import shown


def compose(
    command: Command,
    declared: CommandType,
    data: dict[str, Any],
    key: str,
    *,
    programme: str,
    study: str,
    recorded: str,
    last: str,
    signatories: Signatories,
    sealer: TextSealer | None = None,
) -> dict[str, Any]:
    """The body of an admitted command's event, with its signatures bound to what it says; ``last`` is the time of the event before.

    Its texts are sealed by the ``sealer`` first, so that what is signed are commitments; with none they stand as they are (version 2).
    """
    reason = command.reason
    if sealer is not None:
        data, reason = sealer.data(declared, data), sealer.reason(reason)
    at, offset = command.at or recorded, command.offset or "+00:00"
    body: dict[str, Any] = {
        "v": SCHEMA_VERSION if sealer is not None else OLDEST_VERSION, "study": study, "event": declared.event, "command": declared.verb,
        "subject": command.subject, "site": command.site, "actor": command.actor, "role": command.role, "at": at,
        "offset": offset, "day": local_date(at, offset), "recorded": recorded, "skew": skew(at, recorded, last),
        "reason": reason, "programme": programme, "key": key, "corrects": command.corrects,
        "signatures": [], "source": command.source, "data": data,
    }  # fmt: skip
    if command.signatures:
        meaning = declared.signature or "signed"
        seen = shown(body, signatories.instance)
        try:
            body["signatures"] = [
                signatories.signed(one, meaning, recorded, seen) for one in command.signatures
            ]
        except Refusal as refusal:
            raise Refused(command.verb, [refusal]) from refusal
    return body


def validated(declared: CommandType, data: Mapping[str, Any]) -> dict[str, Any]:
    """The data of a command, checked and complete.

    Raises
    ------
    RecordError
        ``record.command.data`` with the field and what is wrong with it.
    """
    try:
        checked: dict[str, Any] = declared.data.model_validate(data).model_dump(mode="json")
    except ValidationError as error:
        first = error.errors(include_context=False, include_url=False)[0]
        raise RecordError(
            "record.command.data",
            verb=declared.verb,
            field=".".join(map(str, first["loc"])),
            problem=first["msg"],
        ) from error
    return checked


def skew(at: str, recorded: str, last: str) -> dict[str, int] | None:
    """How far the clocks disagree, in milliseconds: the actor's against the record's, the record's against its past."""
    if at == recorded and recorded >= last:
        return None

    found: dict[str, int] = {}
    if at != recorded:
        found["device_ms"] = round((moment(at) - moment(recorded)).total_seconds() * 1000)
    if recorded < last:
        found["record_ms"] = round((moment(recorded) - moment(last)).total_seconds() * 1000)
    return found or None
