"""Commitments to texts: what an event says in place of what somebody typed, and what it takes to open it.

A commitment is the HMAC-SHA256 of study, idempotency key of the event, and text, under a salt of 32 random bytes that lies with the text in the
vault. The event holds the commitment, ``[vault:<64 hexadecimal digits>]``; chain, seal and signatures cover it. Whoever has the log without the salt can
test no guess; whoever has both can show that the text is the one that was signed. It belongs to one event: elsewhere it does not open.
"""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from proband.record.declare.command import BY_EVENT, CommandType
from proband.record.declare.wording import (
    ANYTHING,
    FREE,
    TextContext,
    Wording,
    is_code,
    walked,
)
from proband.record.errors import RecordError
from proband.record.state import State
from proband.terms.canonical import canonical

#: a text that stands in the vault, as an event names it
FORM = re.compile(r"\[vault:([0-9a-f]{64})\]")
#: events of this version of the envelope and later ones hold no free text
SINCE_VERSION = 3
#: whose texts are of nobody in particular: of the study, its sites and its staff
OF_NOBODY = "study"


def commitment(study: str, key: str, salt: bytes, text: str) -> str:
    """The commitment (64 hexadecimal digits) to a text of the event with this idempotency key."""
    content = canonical({"format": "proband-text-1", "study": study, "key": key, "text": text})
    return hmac.new(salt, content, "sha256").hexdigest()


def _says_something(reason: object) -> TypeGuard[str]:
    """Whether a reason is a text to be kept: one that says nothing stands as it is, for the gate to refuse."""
    return isinstance(reason, str) and len(reason.strip()) >= 3


@dataclass(frozen=True, slots=True)
class KeptText:
    """A text on its way into the vault: the commitment that names it, the idempotency key of its event, salt, text, and whether the law of
    tracing asks for it."""

    commitment: str
    key: str
    salt: bytes
    text: str
    traced: bool = False

    def belongs(self, study: str) -> bool:
        """Whether salt and text open the commitment."""
        return hmac.compare_digest(commitment(study, self.key, self.salt, self.text), self.commitment)


def holder_of(state: State, declared: CommandType, subject: str, data: Mapping[str, Any]) -> str:
    """Whom the texts of an event are about: a participant's pseudonym, or :data:`OF_NOBODY`."""
    if declared.texts_of_study:
        return OF_NOBODY
    match declared.subject:
        case "participant":
            return subject
        case "product":
            product = state.products.get(subject)
            name = product.participant if product is not None else str(data.get("participant") or "")
        case "adverse-event":
            event = state.adverse_events.get(subject)
            name = event.participant if event is not None else ""
        case "query":
            query, about = state.queries.get(subject), data.get("about")
            name = query.participant or "" if query is not None else ""
            if query is None and isinstance(about, int) and 0 < about <= state.seq:
                name = state.subjects[about - 1]
                product = state.products.get(name)
                name = product.participant if product is not None else name
        case "hold":
            held = state.holds.get(subject)
            name = str(data.get("target") or (held.target if held is not None else ""))
            product = state.products.get(name)
            name = product.participant if product is not None else name
        case _:
            name = ""
    return name if name in state.participants else OF_NOBODY


@dataclass(slots=True)
class TextSealer:
    """Puts commitments in the place of the texts of one event; ``kept`` is what then belongs into the vault.

    ``opens`` says whether a commitment that already stands there is one of this very event (a prompt that was signed elsewhere comes back so).
    """

    study: str
    key: str
    state: State
    verb: str
    opens: Callable[[str, str], bool] = lambda commitment, key: False
    kept: list[KeptText] = field(default_factory=list)
    _context: TextContext = field(default_factory=lambda: TextContext({}))

    def data(self, declared: CommandType, data: Mapping[str, Any]) -> dict[str, Any]:
        """The data of a command as its event says them.

        Raises
        ------
        RecordError
            ``record.command.data`` for what is no code where a code is due; ``record.command.value`` for a text that names a place in the vault.
        """
        if declared.texts is None:
            return dict(data)
        self._context = TextContext(data, self.state)
        found: dict[str, Any] = walked(declared.texts, data, self)
        return found

    def sealed(self, text: str, *, traced: bool = False) -> str:
        """The place of a text."""
        salt = secrets.token_bytes(32)
        kept = KeptText(commitment(self.study, self.key, salt, text), self.key, salt, text, traced)
        self.kept.append(kept)
        return f"[vault:{kept.commitment}]"

    def reason(self, text: str | None) -> str | None:
        """A reason as an event says it; one that says nothing stands as it is, for the gate to refuse."""
        return self.text(FREE, text, "reason") if _says_something(text) else text

    def everything(self, value: Any) -> Any:
        """A value with every text in it sealed, whatever it looks like: what was scanned or typed and refused."""
        if isinstance(value, str):
            return self.sealed(value) if value else value
        if isinstance(value, Mapping):
            return {
                name if is_code(name) else self.sealed(name): self.everything(one)
                for name, one in value.items()
            }
        return [self.everything(one) for one in value] if isinstance(value, list | tuple) else value

    def text(self, wording: Wording, text: str, path: str) -> str:
        """See :class:`proband.record.declare.wording.TextVisitor`."""
        if wording.kind == "free" and (found := FORM.search(text)):
            own = any(one.commitment == found[1] for one in self.kept)
            if found.span() == (0, len(text)) and (own or self.opens(found[1], self.key)):
                return text
            raise RecordError("record.command.value", verb=self.verb, field=path.strip("."), value=text[:80],
                              wanted="a text of your own; this one names a place in the vault")  # fmt: skip
        if not text or wording.open(text, self._context):
            return text
        if wording.kind == "coded":
            raise RecordError("record.command.data", verb=self.verb, field=path.strip("."), problem="no blanks or signs: it is a code, not a text")  # fmt: skip
        return self.sealed(text, traced=wording.traced)

    def nested_data(self, event: str, data: Mapping[str, Any], path: str) -> Any:
        """See :class:`proband.record.declare.wording.TextVisitor`."""
        declared = BY_EVENT.get(event)
        if declared is None or declared.texts is None:
            return data
        outer, self._context = self._context, TextContext(data, self.state)
        found = walked(declared.texts, data, self, path)
        self._context = outer
        return found

    def nested_body(self, body: Mapping[str, Any], path: str) -> Any:
        """See :class:`proband.record.declare.wording.TextVisitor`: a body was sealed when it was made."""
        return body


class _OpenText(Exception):
    """A text that stands in an event and should not."""


@dataclass(slots=True)
class _Reader:
    """Looks at the texts of an event: which commitments it names, and whether one stands open that should not."""

    state: State | None
    key: str
    context: TextContext
    strict: bool = True
    found: list[tuple[str, str, bool]] = field(default_factory=list)

    def text(self, wording: Wording, text: str, path: str) -> str:
        if wording.kind == "free" and (named := FORM.fullmatch(text)):
            self.found.append((named[1], self.key, wording.traced))
        elif self.strict and text and not wording.open(text, self.context):
            raise _OpenText(path.strip("."))
        return text

    def nested_data(self, event: str, data: Mapping[str, Any], path: str) -> Any:
        declared = BY_EVENT.get(event)
        if declared is not None and declared.texts is not None:
            outer, self.context = self.context, TextContext(data, self.state)
            walked(declared.texts, data, self, path)
            self.context = outer
        return data

    def nested_body(self, body: Mapping[str, Any], path: str) -> Any:
        outer_key, outer = self.key, self.context
        self.key, self.context = str(body.get("key")), TextContext(body.get("data") or {}, self.state)
        declared, data = BY_EVENT.get(str(body.get("event"))), body.get("data")
        places = declared.texts if declared is not None else ANYTHING
        if places is not None and isinstance(data, Mapping):
            walked(places, data, self, f"{path}.data")
        if _says_something(body.get("reason")) and not (declared is not None and declared.by_record):
            self.text(FREE, body["reason"], f"{path}.reason")
        self.key, self.context = outer_key, outer
        return body


def _read(body: Mapping[str, Any], declared: CommandType, state: State | None, *, strict: bool) -> _Reader:
    reader = _Reader(state, body["key"], TextContext(body["data"], state), strict)
    if declared.texts is not None:
        walked(declared.texts, body["data"], reader)
    if _says_something(body["reason"]) and not declared.by_record:
        reader.text(FREE, body["reason"], "reason")
    return reader


def open_text(body: Mapping[str, Any], declared: CommandType, state: State) -> str | None:
    """Where in an event a text stands that belongs into the vault; ``None`` where none does."""
    try:
        _read(body, declared, state, strict=True)
    except _OpenText as found:
        return str(found)
    return None


def commitments_of(body: Mapping[str, Any], declared: CommandType) -> list[tuple[str, str, bool]]:
    """The commitments of an event, each with the idempotency key of the event it belongs to and whether tracing asks for its text."""
    return _read(body, declared, None, strict=False).found


def quote(refusals: Iterable[RecordError], texts: Iterable[KeptText]) -> None:
    """Give refusals the words of whoever typed them, where they quote a commitment to a text that was not kept."""
    words = {one.commitment: one.text for one in texts}
    for refusal in refusals:
        refusal.message = FORM.sub(lambda found: words.get(found[1], found[0]), refusal.message)
