"""The same commands for programs: JSON in, the event or the gates' refusal out, by the session and the password of a person, or by a token.

It is another form and no other way: what is sent here passes the same authority, the same function and the same gates as a page.
"""

from __future__ import annotations

import json
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from ninja import NinjaAPI, Schema
from ninja.security import SessionAuth

from proband.record import Command
from proband.record.declare.form import FormError
from proband.record.errands import Carried, form_of
from proband.registry.acting import ActingPerson, check_authority, offered
from proband.registry.doing import (
    PresentSigner,
    done_here,
    done_with,
    keep_waiting,
    send,
    settle,
    signature_of,
    signatures,
    waiting,
)
from proband.registry.event_names import check_no_number, meant_at_once
from proband.registry.guarding import status_of, told
from proband.registry.opened import day_of, record
from proband.registry.passkey_offers import asked_for, origin_of
from proband.registry.reading import NotShown, narrowing, rows_for
from proband.registry.streaming import SpooledTable
from proband.registry.tokens import DOES, READS_COMMANDS, TABLES, check_scope
from proband.registry.views.shown import looked_at, me
from proband.terms import ProbandError

api = NinjaAPI(
    title="Proband registry", version="1", docs_url=None, auth=SessionAuth(csrf=True), urls_namespace="api"
)


class Signer(Schema):
    """A second person, with a password of their own."""

    person: str
    role: str
    password: str


class SentAssertion(Schema):
    """What a passkey answered: three texts in base64url."""

    authenticator: str
    client: str
    signature: str


class SentCommand(Schema):
    """A command: what, of whom, in which role and where; the password of whoever is signed in where it is signed."""

    verb: str
    subject: str
    role: str
    site: str
    data: dict[str, Any] = {}
    at: str | None = None
    offset: str | None = None
    reason: str | None = None
    key: str | None = None
    seen: int | None = None
    corrects: int | str | None = None
    password: str | None = None
    beside: list[Signer] = []


@api.exception_handler(ProbandError)
def refused(request: HttpRequest, error: ProbandError) -> HttpResponse:
    """A refusal: every reason with its code and its mend, and each field that is wrong."""
    said = told(error)
    if isinstance(error, FormError):
        said |= error.details
    return api.create_response(request, said, status=status_of(error))


@api.get("/commands")
def commands(request: HttpRequest) -> list[dict[str, Any]]:
    """What one may do, each with the JSON Schema of its form."""
    check_scope(request, READS_COMMANDS)
    kept = record()
    person = me(request, kept)
    with kept.reading() as state:
        doable = offered(state, person)
    return [
        {"verb": one.verb, "about": one.subject, "summary": one.summary, "signed": one.signature, "schema": form_of(one).model_json_schema()}
        for one in doable
    ]  # fmt: skip


@api.get("/tables/{name}")
def table(request: HttpRequest, name: str, of: str | None = None) -> list[dict[str, Any]]:
    """The rows of a table of the record that one may see."""
    check_scope(request, TABLES)
    kept = record()
    rows = rows_for(kept, me(request, kept), name, day_of(kept), of)
    looked_at(request, f"api:{name}", (of or "")[:64])
    return rows


@api.get("/tables/{name}/rows")
def rows(
    request: HttpRequest,
    name: str,
    after: int = 0,
    sha256: str | None = None,
    of: str | None = None,
    q: str = "",
    column: str = "",
    value: str = "",
) -> StreamingHttpResponse:
    """The same rows one a line (NDJSON), narrowed as on the page of the table, from after so many on.

    The last line says how many there are in all, the SHA-256 of all their lines, and as of which event. Whoever goes on after N rows gives the
    SHA-256 of the lines that they have: where these are no longer the first N, they are told so (409) and nothing is lost or had twice.
    """
    check_scope(request, TABLES)
    kept = record()
    person = me(request, kept)
    found = SpooledTable(kept, person, name, day_of(kept), of, narrowing(words=q, column=column, value=value))
    begin = min(max(after, 0), found.count) if sha256 is None else max(after, 0)
    looked_at(request, f"api:{name}", f"after {begin}"[:64])
    lines = found.lines(begin, sha256, tells=not person.blind)
    headers = {"X-Proband-Rows": str(found.count)}
    return StreamingHttpResponse(lines, content_type="application/x-ndjson; charset=utf-8", headers=headers)


@api.post("/do")
def do(request: HttpRequest, sent: SentCommand) -> dict[str, Any]:
    """Do a command; sent again with the same key (in it, or in the header ``Idempotency-Key``) it is the same event. A token must give one."""
    sent.key = sent.key or request.headers.get("Idempotency-Key") or None
    if getattr(request, "token", None) is not None:
        check_scope(request, f"{DOES}{sent.verb}")
        if sent.password is not None or sent.beside:
            raise NotShown("registry.token.signs")
        if sent.key is None:
            raise NotShown("registry.token.key")
    kept, command = record(), _command(request, sent)
    if sent.password is not None:
        command.signatures = [signature_of(kept, command.actor, sent.role, origin_of(request))]
        beside = [PresentSigner(one.person, one.role, one.password) for one in sent.beside]
        own = PresentSigner(command.actor, sent.role, sent.password)
        command.signatures = signatures(request, kept, command, [own, *beside])
    return _done(me(request, kept), send(kept, command))


@api.post("/prompt")
def prompt(request: HttpRequest, sent: SentCommand) -> dict[str, Any]:
    """Settle a command that a passkey is to sign: its content's hash, and the challenge (base64url). Nothing is recorded; then ``/sign/KEY``."""
    _signed_in(request)
    kept, command = record(), _command(request, sent)
    settled, (asked,) = settle(kept, command, origin_of(request))
    keep_waiting(request, settled)
    with kept.reading() as state:
        found = asked_for(asked.challenge, [state.keys[str(asked.signature.key)]])
    return {
        "key": settled.key, "shown": asked.shown, "says": dict(asked.block), "challenge": found.challenge,
        "credentials": found.credentials.split(), "relying_party": found.party,
    }  # fmt: skip


@api.post("/sign/{key}")
def sign(request: HttpRequest, key: str, sent: SentAssertion) -> dict[str, Any]:
    """Do a command that waits in this session, with the assertion of its actor's passkey."""
    _signed_in(request)
    kept = record()
    command = waiting(request, key)
    if command is None:
        raise NotShown("registry.absent", what="a command that waits for your signature")
    own = PresentSigner(request.user.username, command.role, assertion=json.dumps(sent.dict()))
    command.signatures = signatures(request, kept, command, [own])
    carried = send(kept, command)
    done_with(request, key)
    return _done(me(request, kept), carried)


def _signed_in(request: HttpRequest) -> None:
    """A token signs nothing: what waits for a signature waits in a session."""
    if getattr(request, "token", None) is not None:
        raise NotShown("registry.token.signs")


def _command(request: HttpRequest, sent: SentCommand) -> Command:
    """What was sent, as a command of whoever has signed in: refused at once where the gate of authority would refuse it."""
    kept, declared = record(), done_here(sent.verb)
    person = me(request, kept)
    with kept.reading() as state:
        check_authority(state, declared, person.id, sent.role, sent.site, sent.subject, kept.clock())
    check_no_number(person, sent.seen)
    corrects = (
        meant_at_once(kept, person, str(sent.corrects), sent.verb) if sent.corrects is not None else None
    )
    return Command(
        sent.verb, sent.subject, sent.data, person.id, sent.role, sent.site, sent.at, sent.offset, sent.reason, key=sent.key,
        seen=sent.seen, corrects=corrects,
    )  # fmt: skip


def _done(person: ActingPerson, carried: Carried) -> dict[str, Any]:
    """What became of it; whoever is masked is told neither a number nor what followed, since both grow with what happens to others."""
    receipt = carried.receipt
    return {
        "seq": None if person.blind else receipt.seq, "event": receipt.body["event"], "key": receipt.body["key"], "repeated": receipt.repeated,
        "consequences": [] if person.blind else list(receipt.consequences), "told": carried.told,
    }  # fmt: skip
