"""Keys that lie elsewhere: what their holders need of a record, what they offer it, and what they sign without it.

A record tells its identity (instance, study, keys of its doors). Whoever holds a key offers it with that alone. A command that
such a person must sign goes out as a *prompt*: a text with the command as it will stand in the log, without the signatures. The holder's machine works
out from that text what is signed, so that nobody signs another hash than that of what is shown. It comes back as a line for ``record append``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from proband.record.commands import Command
from proband.record.enrolment import founding_anchor, offered
from proband.record.errors import RecordError
from proband.record.heads import SigningKey
from proband.record.keys import PublicKey
from proband.record.record import Record
from proband.record.signing import BLOCK, CONTENT, challenge, shown
from proband.terms.strict_json import read_strictly

IDENTITY = "proband-record-1"
PROMPT = "proband-prompt-1"

#: what a line of commands says of a signature; the rest of a prompt's block follows from the log
_SAID = ("signer", "role", "method", "at", "key", "value")


def identity_of(record: Record) -> dict[str, Any]:
    """What others need to know of a record: no secret, and nothing about people."""
    record.catch_up()
    state = record.state
    doors = {key.id: key.public for key in state.keys.values() if key.kind == "device" and key.until is None}
    founding = next(record.events()).body["data"]
    return {
        "format": IDENTITY, "study": record.study, "instance": state.instance, "anchor": founding_anchor(founding), "doors": doors,
    }  # fmt: skip


def read_identity(text: str) -> dict[str, Any]:
    """The identity of a record from its text.

    Raises
    ------
    RecordError
        ``record.elsewhere.identity``.
    """
    found = _object(text)
    texts = ("study", "instance", "anchor")
    doors = found.get("doors")
    if (
        found.get("format") != IDENTITY
        or not all(isinstance(found.get(name), str) for name in texts)
        or not isinstance(doors, dict)
        or not all(isinstance(one, str) and _hexadecimal(one, 32) for one in doors.values())
    ):
        raise RecordError("record.elsewhere.identity")
    return found


def offer(identity: Mapping[str, Any], holder: str, key: SigningKey, *, name: str) -> dict[str, Any]:
    """The offer of a key whose private half stays where it is: a field ``key`` for ``staff.grant``, ``person.enrol`` or ``device.enrol``.

    Parameters
    ----------
    identity
        Of the record, as :func:`identity_of` tells it.
    holder
        The person or the device, by the name that the record uses.
    key, name
        The key, and the printed name of its holder.
    """
    made = offered(
        identity["instance"], holder, PublicKey("ed25519", key.public), key.sign, name=name, kept="elsewhere"
    )
    return {"key": made}


def prompt(record: Record, command: Command) -> dict[str, Any]:
    """A command as it will stand in the log, with what each of its signers must sign.

    Raises
    ------
    Refused, RecordError
        As :meth:`~proband.record.record.Record.prompts` does; ``record.elsewhere.unsigned`` where nobody is to sign.
    """
    if not command.signatures:
        raise RecordError("record.elsewhere.unsigned", verb=command.verb)
    settled, asked = record.prompts(command)
    programme = asked[0].programme
    line = {
        "verb": settled.verb, "subject": settled.subject, "data": settled.data, "actor": settled.actor, "role": settled.role,
        "site": settled.site, "at": settled.at, "offset": settled.offset, "reason": settled.reason, "key": settled.key,
        "corrects": settled.corrects, "sign": [{**one.block, "value": None} for one in asked],
    }  # fmt: skip
    made = {
        "format": PROMPT, "instance": record.state.instance, "study": record.study, "programme": programme, "command": line,
    }  # fmt: skip
    # what the holder works out must be what the record will ask for
    assert all(_shown(made) == one.shown for one in asked)  # noqa: S101
    return made


def read_prompt(text: str) -> dict[str, Any]:
    """A prompt from its text.

    Raises
    ------
    RecordError
        ``record.elsewhere.prompt``.
    """
    return _prompt(_object(text))


def _prompt(found: dict[str, Any]) -> dict[str, Any]:
    line = found.get("command")
    if found.get("format") != PROMPT or not isinstance(line, dict) or not isinstance(line.get("sign"), list):
        raise RecordError("record.elsewhere.prompt")
    blocks = [one for one in line["sign"] if isinstance(one, dict) and one.keys() == {*BLOCK, "value"}]
    try:
        _shown(found)
    except (KeyError, RecordError) as error:
        raise RecordError("record.elsewhere.prompt") from error
    if len(blocks) != len(line["sign"]) or not blocks:
        raise RecordError("record.elsewhere.prompt")
    return found


def signed_elsewhere(prompt: Mapping[str, Any], key: SigningKey) -> dict[str, Any]:
    """The prompt with the signature of a key, over what the prompt says and nothing else.

    Raises
    ------
    RecordError
        ``record.elsewhere.key`` where nobody of this prompt signs with this key.
    """
    seen, line = _shown(prompt), prompt["command"]
    if not any(one["key"] == key.id for one in line["sign"]):
        raise RecordError("record.elsewhere.key", key=key.id, signers=[one["signer"] for one in line["sign"]])
    signatures = [
        {**one, "value": key.sign(challenge(seen, one))} if one["key"] == key.id else one
        for one in line["sign"]
    ]
    return {**prompt, "command": {**line, "sign": signatures}}


def line_of(prompt: Mapping[str, Any]) -> dict[str, Any]:
    """The command of a signed prompt as a line of commands.

    Raises
    ------
    RecordError
        ``record.elsewhere.unsigned-yet`` with who has not signed.
    """
    line = _prompt(dict(prompt))["command"]
    waiting = [one["signer"] for one in line["sign"] if one["value"] is None]
    if waiting:
        raise RecordError("record.elsewhere.unsigned-yet", signers=waiting)
    return {**line, "sign": [{name: one[name] for name in _SAID} for one in line["sign"]]}


def _shown(prompt: Mapping[str, Any]) -> str:
    """The hash of the content of a prompt."""
    line = prompt["command"]
    told = {
        "study": prompt["study"],
        "programme": prompt["programme"],
        "command": line["verb"],
        "source": "online",
    }
    content = {name: told[name] if name in told else line[name] for name in CONTENT}
    return shown(content, prompt["instance"])


def _object(text: str) -> dict[str, Any]:
    try:
        found = read_strictly(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _hexadecimal(text: str, size: int) -> bool:
    try:
        return len(bytes.fromhex(text)) == size
    except ValueError:
        return False


__all__ = [
    "IDENTITY", "PROMPT", "identity_of", "line_of", "offer", "prompt", "read_identity", "read_prompt", "signed_elsewhere",
]  # fmt: skip
