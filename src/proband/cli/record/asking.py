"""Asking for a command field by field, on a terminal: each with its meaning, each answer read at once, signed at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import typer

from proband.cli.output import note
from proband.cli.record.written import declared_as
from proband.record import Command, CommandType, Record, RecordError
from proband.record.declare.form import AskedField, FormError, Typed, filled
from proband.record.errands import asked_of, form_of

_NOTHING = "nothing: Enter"


@dataclass(slots=True)
class Given:
    """What was said of a command beside its form; what nobody said is ``None``."""

    verb: str | None
    subject: str | None
    actor: str | None
    role: str | None
    site: str | None
    at: str | None = None
    offset: str | None = None
    reason: str | None = None
    key: str | None = None
    seen: int | None = None
    corrects: int | None = None


class Asking:
    """A person at a terminal. Questions go to standard error; Ctrl-C at any of them ends it, and nothing is recorded."""

    def __init__(self, record: Record) -> None:
        self._record = record

    def verb(self) -> str:
        """Which command."""
        while True:
            text = self._line("What is done (as participant.refer)")
            try:
                return declared_as(text).verb
            except RecordError as error:
                note(f"  {error.message}; {error.mend}")

    def envelope(self, declared: CommandType, given: Given) -> None:
        """Who does it, to whom, where and why, as far as nobody has said so."""
        note(f"{declared.verb}: {declared.summary}")
        if given.subject is None:
            given.subject = self._needed(f"{declared.subject}: its identifier")
        if given.actor is None:
            given.actor = self._needed("who does it")
        person = self._record.state.persons.get(given.actor)
        roles = list(person.roles) if person is not None else []
        if given.role is None and len(roles) != 1:
            given.role = self._needed(
                f"in which role ({', '.join(roles) or 'nobody has given this person one'})"
            )
        sites = person.roles.get(given.role or next(iter(person.roles), ""), []) if person is not None else []
        if given.site is None and len(sites) != 1:
            given.site = self._needed(
                f"at which site ({', '.join(sites) or ', '.join(self._record.state.sites)})"
            )
        if given.reason is None and declared.reason:
            given.reason = self._needed("why; no name and nothing else that identifies a person")
        if given.corrects is None and declared.names_event:
            given.corrects = int(self._needed("the number of the event that is meant", number=True))

    def fields(self, declared: CommandType, typed: Sequence[Typed], values: Mapping[str, Any]) -> list[Typed]:
        """What was answered to every field that nobody has filled in."""
        there = {name.partition(".")[0].replace("-", "_") for name, _ in typed} | values.keys()
        found: list[Typed] = []
        for field in asked_of(declared):
            if field.name not in there:
                found += self._field(declared, field)
        return found

    def _field(self, declared: CommandType, field: AskedField) -> list[Typed]:
        if field.inner and field.several:
            return self._several(declared, field)
        found: list[Typed] = []
        while True:
            question = f"{field.name}: {field.meaning} ({field.kind})"
            if field.several or field.parts:
                how = "NAME=VALUE" if field.parts else "one"
                question += f"; {how} at a time, {_NOTHING}"
            elif not field.required:
                question += f"; {_NOTHING}"
            text = self._line(question)
            if not text:
                lacking = (
                    self._fault(declared, field, found or [(field.name, "[]")], ended=True)
                    if field.several
                    else None
                )
                if lacking is None and (found or field.several or not field.required):
                    return found or ([(field.name, "[]")] if field.several and field.required else [])
                note(f"  {lacking or 'it is needed'}")
                continue
            answer = _answer(field, text)
            fault = self._fault(declared, field, [*found, *answer])
            if fault is not None:
                note(f"  {fault}")
                continue
            found += answer
            if not (field.several or field.parts):
                return found

    def _several(self, declared: CommandType, field: AskedField) -> list[Typed]:
        """Several objects, each by its parts; the first part of the next one left empty ends it."""
        found: list[Typed] = []
        place = 0
        while True:
            first, *others = field.inner
            text = self._line(f"{field.name} {place + 1}: {first.meaning} ({first.kind}); {_NOTHING}")
            if not text:
                if found or not field.required:
                    return found
                note("  it is needed")
                continue
            entry = [(f"{field.name}.{place}.{first.name}", text)]
            for one in others:
                text = self._line(f"{field.name} {place + 1}: {one.meaning} ({one.kind})")
                entry += [(f"{field.name}.{place}.{one.name}", text)] if text else []
            fault = self._fault(declared, field, [*found, *entry])
            if fault is not None:
                note(f"  {fault}")
                continue
            found += entry
            place += 1

    def _fault(
        self, declared: CommandType, field: AskedField, typed: Sequence[Typed], *, ended: bool = False
    ) -> str | None:
        """What is wrong with the answers to one field; the others are not there yet, nor, before it has ended, all of several."""
        try:
            filled(declared.verb, form_of(declared), typed, completed=True)
        except FormError as error:
            for one in error.faults:
                if one.field.partition(".")[0] == field.name and (ended or one.kind != "too_short"):
                    return f"{one.problem}; {one.mend}"
        return None

    def signed(self, command: Command) -> bool:
        """Show what is done, unlock the keys that sign it, and ask whether it is right."""
        note("")
        where = f" at {command.site}" if command.site != "*" else ""
        note(f"{command.verb} of {command.subject}, by {command.actor} as {command.role}{where}")
        for name, value in command.data.items():
            note(f"  {name}: {value}")
        if command.reason:
            note(f"  because: {command.reason}")
        meaning = declared_as(command.verb).signature or "signed"
        for one in command.signatures:
            note(f"  signed by {one.signer} as {one.role}: “{meaning}”")
            self._unlock(one.signer)
        return typer.confirm("Is this right?", default=False, err=True)

    def _unlock(self, person: str) -> None:
        """Ask for the password of a key that lies on this machine under one."""
        for _ in range(3):
            try:
                self._record.people.get(person)
            except RecordError as error:
                if error.code != "record.key.password":
                    raise
                self._record.people.unlock(
                    typer.prompt(f"Password of the key of {person}", hide_input=True, err=True)
                )
            else:
                return
        self._record.people.get(person)

    def _needed(self, question: str, *, number: bool = False) -> str:
        while True:
            text = self._line(question)
            if text and (not number or text.isdecimal()):
                return text
            note("  it is needed" if not text else "  give a number")

    def _line(self, question: str) -> str:
        answer: str = typer.prompt(question, default="", show_default=False, err=True)
        return answer.strip()


def _answer(field: AskedField, text: str) -> list[Typed]:
    name, equals, value = text.partition("=")
    if field.parts and equals:
        return [(f"{field.name}.{name.strip()}", value.strip())]
    return [(field.name, text)]
