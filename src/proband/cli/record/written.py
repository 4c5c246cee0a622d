"""Commands as they are written in files, and what is told of those that were sent or tried."""

from __future__ import annotations

import difflib
import json
import sys
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import typer

from proband.cli.output import INTERRUPTED, REFUSED, note, print_json, print_table, say
from proband.cli.record.group import opened_bundle
from proband.record import COMMANDS, Command, CommandType, Record, RecordError, Signature
from proband.record.batch import BatchOutcome, send
from proband.record.declare.form import AskedField, fields_of
from proband.record.elsewhere import PROMPT, line_of
from proband.record.errands import Carried, form_of, in_the_log
from proband.record.rehearsing import Rehearsed
from proband.terms import ProbandError, yaml12
from proband.terms.strict_json import read_strictly

#: a command with its line, as it was written
Entry = tuple[int, dict[str, Any], Command]

_KNOWN = {
    "verb",
    "subject",
    "data",
    "actor",
    "role",
    "site",
    "at",
    "offset",
    "reason",
    "key",
    "seen",
    "corrects",
    "sign",
}
_NEEDED = {"verb", "subject", "actor", "role", "site"}


def command_of(entry: Any) -> Command:
    """A command from its JSON object.

    Raises
    ------
    RecordError
        ``record.command.form``.
    """
    if isinstance(entry, dict) and entry.get("format") == PROMPT:
        entry = line_of(entry)
    if not isinstance(entry, dict) or not isinstance(entry.get("sign", []), list):
        raise RecordError("record.command.form", unknown=[])
    unknown = sorted(map(str, entry.keys() - _KNOWN))
    if unknown or any(entry.get(name) is None for name in _NEEDED):
        raise RecordError("record.command.form", unknown=unknown)
    try:
        signatures = [_signature(one) for one in entry.get("sign", [])]
    except (KeyError, TypeError, AttributeError) as error:
        raise RecordError("record.command.form", unknown=[]) from error
    fields = {name: value for name, value in entry.items() if name != "sign" and value is not None}
    return Command(**fields, signatures=signatures)


def _signature(said: Any) -> Signature:
    """Who signs; with ``key`` and ``value`` a signature that was made elsewhere."""
    texts = {name: said[name] for name in ("at", "key") if said.get(name) is not None}
    if not all(isinstance(text, str) for text in texts.values()):
        raise TypeError(texts)
    return Signature(
        str(said["signer"]),
        str(said["role"]),
        str(said.get("method", "password")),
        **texts,
        value=said.get("value"),
    )


def read_text(path: Path) -> str:
    """A file's text; ``-`` is standard input.

    Raises
    ------
    RecordError
        ``record.command.file``.
    """
    try:
        return sys.stdin.read() if str(path) == "-" else path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RecordError("record.command.file", path=path, error=str(error)) from error


def lines_of(text: str) -> Iterator[Entry]:
    """Every command of a file of JSON lines with its line: what is no command ends the batch like what is refused."""
    for number, line in enumerate(text.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            entry = read_strictly(line)
        except ValueError as error:
            raise RecordError("record.command.json", line=number, error=str(error)) from error
        yield number, entry, command_of(entry)


def documents_of(path: Path) -> list[dict[str, Any]]:
    """The objects of a file: one of YAML or JSON, a list of them, or one of JSON in each line.

    Raises
    ------
    RecordError
        ``record.command.file`` or ``record.command.json``.
    """
    text = read_text(path)
    suffix = path.suffix.lower()
    try:
        if suffix in (".yaml", ".yml"):
            found = yaml12.data(text)
        elif suffix in (".jsonl", ".ndjson"):
            found = [read_strictly(line) for line in text.splitlines() if line.strip()]
        else:
            found = _json_or_lines(text)
    except yaml12.YamlError as error:
        raise RecordError(
            "record.command.file", path=path, error=f"line {error.line}: {error.reason}"
        ) from error
    except ValueError as error:
        raise RecordError("record.command.file", path=path, error=str(error)) from error
    found = found if isinstance(found, list) else [found]
    if not found or not all(isinstance(one, dict) for one in found):
        raise RecordError("record.command.file", path=path, error="it holds no fields and no commands")
    return found


def _json_or_lines(text: str) -> Any:
    try:
        return read_strictly(text)
    except ValueError:
        lines = [line for line in text.splitlines() if line.strip()]
        if len(lines) < 2:
            raise
        return [read_strictly(line) for line in lines]


def declared_as(verb: str) -> CommandType:
    """The declaration of a command by its verb.

    Raises
    ------
    RecordError
        ``record.command.misspelt``, with what it may have been meant to be.
    """
    if not isinstance(verb, str) or verb not in COMMANDS:
        near = difflib.get_close_matches(str(verb), COMMANDS, n=3)
        raise RecordError("record.command.misspelt", verb=verb, near=near)
    return COMMANDS[verb]


def usage_of(one: CommandType) -> str:
    """The options of a command's form, as they are typed."""
    return " ".join(
        _usage(field) if field.required else f"[{_usage(field)}]" for field in fields_of(form_of(one))
    )


def _usage(field: AskedField) -> str:
    again = " …" if field.several else ""
    if field.inner:
        first = ".0" if field.several else ""
        return " ".join(f"--{field.name}{first}.{one.name} {one.name.upper()}" for one in field.inner) + again
    return f"--{field.name}{'.NAME' if field.parts else ''} {'VALUE' if field.parts else field.name.upper()}{again}"


def told_sent(record: Record, entries: Iterable[Entry], as_json: bool) -> None:
    """Send a batch and tell what is stored; ends as the refusal that stopped it asks."""
    sent = send(record, entries, opened_bundle)
    receipts = [plain_receipt(one) for one in sent.carried]
    for remark in record.notes:
        note(f"stored, but: {remark}")
    if sent.error is not None:
        raise _stopped(sent, receipts)
    if as_json:
        print_json(receipts)
    else:
        print_table("", ["event", "what", "subject", "done before", "led to"],
                    [(r["seq"], r["event"], r["subject"], "yes" if r["repeated"] else "", r["consequences"] or "") for r in receipts])  # fmt: skip
        for one in sent.carried:
            tell(one)
    if sent.interrupted:
        note(f"interrupted: {len(receipts)} stored, nothing of the others was begun; send the file again")
        raise typer.Exit(INTERRUPTED)


def plain_receipt(one: Carried) -> dict[str, Any]:
    """What came of a command as plain JSON values."""
    receipt = one.receipt
    told = {"told": one.told} if one.told else {}
    return {"seq": receipt.seq, "event": receipt.body["event"], "subject": receipt.body["subject"], "repeated": receipt.repeated,
            "consequences": list(receipt.consequences), **told}  # fmt: skip


def tell(one: Carried) -> None:
    """What a command tells the one who sent it."""
    for name, value in one.told.items():
        say(
            f"{name}: {value if isinstance(value, str | int | float) else json.dumps(value, ensure_ascii=False)}"
        )


def _stopped(sent: BatchOutcome, receipts: list[dict[str, Any]]) -> ProbandError:
    """The refusal that ended a batch, with what is stored all the same; alone, where it was the only command."""
    error = sent.error
    assert error is not None  # noqa: S101 - asked by the caller
    if not receipts:
        return error
    stopped = RecordError(
        "record.command.stopped", line=sent.stopped_at, problem=error.message, stored=len(receipts),
        events=[str(one["seq"]) for one in receipts], correction=error.mend,
        details={**error.details, "code": error.code, "line": sent.stopped_at, "stored": receipts},
    )  # fmt: skip
    stopped.exit_code = error.exit_code
    return stopped


def told_rehearsed(record: Record, commands: Sequence[Command], as_json: bool) -> None:
    """Judge commands and tell what would come of them; ends with 3 where one would be refused."""
    tried = record.rehearse(in_the_log(record, command, opened_bundle) for command in commands)
    if as_json:
        print_json([_plain_rehearsed(one) for one in tried])
    else:
        for one in tried:
            if one.error is None:
                became = (
                    f"is there already, event {one.seq}"
                    if one.repeated
                    else f"would be event {one.seq}: {one.event}"
                )
                say(f"{one.verb} of {one.subject} {became}")
            for hold in one.holds:
                say(f"  it would place the hold {hold}")
        note("nothing was recorded")
    refused = [one.error for one in tried if one.error is not None]
    if refused and not as_json:
        raise refused[0]
    if refused:
        raise typer.Exit(refused[0].exit_code or REFUSED)


def _plain_rehearsed(one: Rehearsed) -> dict[str, Any]:
    error = None if one.error is None else one.error.as_dict()
    return {"verb": one.verb, "event": one.event, "subject": one.subject, "seq": one.seq, "repeated": one.repeated,
            "holds": list(one.holds), "recorded": False, "error": error}  # fmt: skip
