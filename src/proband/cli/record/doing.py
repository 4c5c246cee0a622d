"""The verb that does one command of the record from its form: ``do``."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import typer
from typer.core import TyperCommand

from proband.cli.output import JsonFlag, errors_as_text, note, print_json, say
from proband.cli.record.asking import Asking, Given
from proband.cli.record.group import FOLDER, opened, opened_bundle
from proband.cli.record.written import (
    Entry,
    command_of,
    declared_as,
    documents_of,
    plain_receipt,
    tell,
    told_rehearsed,
    told_sent,
)
from proband.cli.verbs import verb
from proband.record import Command, CommandType, RecordError, Signature
from proband.record.declare.form import Typed, filled
from proband.record.errands import carry_out, form_of
from proband.record.state import State
from proband.record.unbroken import unbroken

TYPED = "proband.typed"


class FormVerb(TyperCommand):
    """A verb whose further options are the fields of a form: ``--grade 3``, ``--dose.value=8e7``, ``--reached``, in any order."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put the fields of the form aside, and leave the verb's own options to it."""
        own = {
            name: parameter
            for parameter in self.get_params(ctx)
            for name in (*parameter.opts, *parameter.secondary_opts)
        }
        waiting, rest, typed = list(args), [], []
        while waiting:
            word = waiting.pop(0)
            name, equals, value = word.partition("=")
            if word == "--" or not word.startswith("--") or name in own:
                rest.append(word)
                if word == "--":
                    rest += waiting
                    break
                takes = name in own and not equals and not getattr(own[name], "is_flag", False)
                # the value of an option of ours is its own, whatever it begins with
                if takes and name.startswith("--") and waiting:
                    rest.append(waiting.pop(0))
            elif equals or (waiting and not waiting[0].startswith("--")):
                typed.append((name[2:], value if equals else waiting.pop(0)))
            else:
                typed.append((name[2:], "yes"))
        ctx.meta[TYPED] = typed
        return super().parse_args(ctx, rest)


@verb("record do", cls=FormVerb)
def do(
    context: typer.Context,
    folder: Path = FOLDER,
    command: str | None = typer.Argument(
        None,
        help="What is done, as participant.refer; `proband record commands` lists them.",
        metavar="[COMMAND]",
    ),
    subject: str | None = typer.Argument(
        None, help="To whom or what: a participant, a product, a person, a site …", metavar="[SUBJECT]"
    ),
    actor: str | None = typer.Option(None, "--actor", help="Who does it."),
    role: str | None = typer.Option(
        None, "--role", help="In which role; not needed by whoever has only one."
    ),
    site: str | None = typer.Option(
        None, "--site", help="At which site, * for all; not needed by whoever works at only one."
    ),
    at: str | None = typer.Option(
        None, "--at", help="When it happened, with the offset from UTC; now without it."
    ),
    offset: str | None = typer.Option(
        None, "--offset", help="Where the clock on the wall stood from UTC: +01:00."
    ),
    reason: str | None = typer.Option(None, "--reason", help="Why, where the command asks for it."),
    key: str | None = typer.Option(
        None, "--key", help="Idempotency key: the same command with the same key is done once."
    ),
    seen: int | None = typer.Option(
        None, "--seen", help="The last event about the subject that you have seen; a later one is a conflict."
    ),
    corrects: int | None = typer.Option(
        None, "--corrects", help="The number of the event that is corrected, taken back or settled."
    ),
    sign: list[str] = typer.Option(
        [],
        "--sign",
        help="Who signs besides the actor, as PERSON:ROLE, with the key on this machine; repeat it.",
    ),
    means: str = typer.Option(
        "password", "--means", help="How those who sign have shown that they are who they are."
    ),
    source: Path | None = typer.Option(
        None,
        "--from",
        help="A file with the fields (YAML, JSON), or with whole commands (a list, or JSON lines).",
    ),
    ask: bool = typer.Option(
        False, "--ask", help="Ask for every field; on a terminal this happens where something is missing."
    ),
    dry_run: bool = typer.Option(
        False, "--dry-run", help="Judge it, say what would come of it, and record nothing."
    ),
    as_json: bool = JsonFlag,
) -> None:
    """Do one command from its form: --FIELD VALUE, for a part of a field --FIELD.PART VALUE, for several once for each.

    `proband record commands COMMAND` shows the fields of a form, what each means, and what must have happened before. A field that has the name of an
    option of this verb is --data.FIELD. On a terminal whatever is missing is asked for, and what is signed is shown before it is signed. Ends with 3 if a gate says no.

    Example: proband record do ./sci participant.refer S-1 --language en --actor dr-1 --role investigator --site north
    """
    typed: list[Typed] = context.meta[TYPED]
    given = Given(command, subject, actor, role, site, at, offset, reason, key, seen, corrects)
    with errors_as_text(as_json), opened(folder) as record:
        documents = documents_of(source) if source is not None else []
        if any("verb" in one for one in documents) or len(documents) > 1:
            entries = [
                _whole(record.state, given, one, sign, means, place)
                for place, one in enumerate(documents, start=1)
            ]
            if typed:
                raise RecordError("record.form.whole", fields=[f"--{name}" for name, _ in typed])
            if dry_run:
                told_rehearsed(record, [one for _, _, one in entries], as_json)
            else:
                told_sent(record, entries, as_json)
            return
        asking = Asking(record) if ask or (sys.stdin.isatty() and not as_json) else None
        made = composed(record.state, given, typed, documents[0] if documents else {}, sign, means, asking)
        if dry_run:
            told_rehearsed(record, [made], as_json)
            return
        if asking is not None and not asking.signed(made):
            note("nothing was recorded")
            return
        with unbroken():
            done = carry_out(record, made, opened_bundle)
        for remark in record.notes:
            note(f"stored, but: {remark}")
        if as_json:
            print_json(plain_receipt(done))
            return
        receipt = done.receipt
        say(
            f"event {receipt.seq}: {receipt.body['event']} of {receipt.body['subject']}"
            + (" (done before)" if receipt.repeated else "")
        )
        if receipt.consequences:
            say(f"led to: {', '.join(f'event {seq}' for seq in receipt.consequences)}")
        tell(done)


def composed(
    state: State,
    given: Given,
    typed: Sequence[Typed],
    values: dict[str, Any],
    sign: Sequence[str],
    means: str,
    asking: Asking | None,
) -> Command:
    """The command from everything that was typed, read from a file, and asked for."""
    if given.verb is None:
        given.verb = asking.verb() if asking is not None else None
    if given.verb is None:
        raise RecordError("record.form.missing", names=["COMMAND"])
    declared = declared_as(given.verb)
    form = form_of(declared)
    fields = [(_own(name, form.model_fields), text) for name, text in typed]
    if asking is not None:
        asking.envelope(declared, given)
    _by_default(state, given)
    missing = [
        word
        for word, value in (
            ("SUBJECT", given.subject),
            ("--actor", given.actor),
            ("--role", given.role),
            ("--site", given.site),
        )
        if value is None
    ]
    if missing:
        raise RecordError("record.form.missing", names=missing)
    if asking is not None:
        fields += asking.fields(declared, fields, values)
    data = filled(declared.verb, form, fields, values, filled_in=declared.gives | declared.fills)
    return Command(
        declared.verb, str(given.subject), data, str(given.actor), str(given.role), str(given.site), given.at, given.offset, given.reason,
        _signatures(declared, str(given.actor), str(given.role), sign, means), given.key, given.seen, given.corrects,
    )  # fmt: skip


def _own(name: str, fields: Any) -> str:
    """The field that was meant: ``data.role`` is the field ``role``, unless the form has a field ``data``."""
    return name if "data" in fields else name.removeprefix("data.")


def _by_default(state: State, given: Given) -> None:
    """The role and the site of somebody who has only one."""
    person = state.persons.get(given.actor or "")
    if person is None:
        return
    if given.role is None and len(person.roles) == 1:
        (given.role,) = person.roles
    sites = person.roles.get(given.role or "", [])
    if given.site is None and len(sites) == 1:
        (given.site,) = sites


def _signatures(
    declared: CommandType, actor: str, role: str, sign: Sequence[str], means: str
) -> list[Signature]:
    """The actor's signature where the command asks for one, and those of the others."""
    found = [Signature(actor, role, means)] if declared.signature is not None else []
    for text in sign:
        person, colon, other = text.partition(":")
        if not (person and colon and other):
            raise RecordError("record.form.sign", text=text)
        if (person, other) != (actor, role) or not found:
            found.append(Signature(person, other, means))
    return found


def _whole(
    state: State, given: Given, document: dict[str, Any], sign: Sequence[str], means: str, place: int
) -> Entry:
    """A whole command of a file; what it does not say is what was said on the command line."""
    said = {
        name: getattr(given, name)
        for name in ("verb", "subject", "actor", "role", "site", "at", "offset", "reason")
    }
    # a list of fields alone: each is the form of the command that was named
    whole = document if document.keys() & {"verb", "data"} else {"data": document}
    entry = {name: value for name, value in said.items() if value is not None} | whole
    own = Given(**{name: entry.get(name) for name in ("verb", "subject", "actor", "role", "site")})
    _by_default(state, own)
    entry |= {name: value for name in ("role", "site") if (value := getattr(own, name)) is not None}
    made = command_of(entry)
    if "sign" not in entry:
        made.signatures = _signatures(declared_as(made.verb), made.actor, made.role, sign, means)
    return place, entry, made
