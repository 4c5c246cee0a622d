"""The chain of custody of one therapy event, from the log: who had what, where, when, and which scans agreed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from proband.record.commands import BY_EVENT
from proband.record.events import Event
from proband.record.paged import browse_values
from proband.record.record import Record
from proband.record.state import State


@dataclass(frozen=True, slots=True)
class CustodyLink:
    """One link of the chain: event, time, who, where, which container, what happened."""

    seq: int
    at: str
    what: str
    container: str
    site: str
    actor: str
    signers: tuple[str, ...]
    details: str
    hash: str

    def as_dict(self) -> dict[str, Any]:
        """The link as plain JSON values."""
        return asdict(self)


def chain_of(record: Record, coi: str, *, product: str | None = None) -> list[CustodyLink]:
    """Every link of a therapy event, in order; events that failed their gates are left out, refused attempts are not.

    With ``product`` only what concerns that container: itself, what it was made from, and the collections.
    """
    links = [_link(event, record.texts.revealed(body)) for event, body in events_of(record, coi)]
    if product is None:
        return links
    family = family_of(record.state, product)
    return [link for link in links if link.container in family]


def family_of(state: State, product: str) -> set[str]:
    """A container, everything that it was made from, their donation numbers, and the participant."""
    found = {state.products[product].participant}
    for made in state.made_from(product):
        found |= {made.id, *made.collections}
    return found


def events_of(record: Record, coi: str) -> Iterator[tuple[Event, dict[str, Any]]]:
    """The events of a therapy event with their bodies."""
    record.catch_up()
    state = record.state
    containers = {product.id for product in browse_values(state.products) if product.coi == coi}
    for event in record.events():
        if event.seq in state.invalid:
            continue
        body = event.body
        declared = BY_EVENT[body["event"]]
        if declared.custody is None:
            continue
        data = body["data"]
        about = data["about"] if body["event"] == "command.refused" else body["subject"]
        # before there is a container, the participant and the identifier are what an event is about
        if about in containers or (declared.subject == "participant" and data["coi"] == coi):
            yield event, body


def _link(event: Event, body: dict[str, Any]) -> CustodyLink:
    data = body["data"]
    refused = body["event"] == "command.refused"
    container = data["about"] if refused else data.get("din") or body["subject"]
    word, details = _words(body)
    return CustodyLink(
        event.seq, body["at"], word, container, body["site"], data["attempt"]["actor"] if refused else body["actor"],
        tuple(entry["signer"] for entry in body["signatures"] if entry["meaning"] != "device"), details, event.hash.hex()[:12],
    )  # fmt: skip


def _words(body: dict[str, Any]) -> tuple[str, str]:
    """What happened in a word, and its particulars; where a command declares none, the reason that was given."""
    declared = BY_EVENT[body["event"]].custody
    if declared is None:
        return body["event"], body["reason"] or ""
    return declared.word, declared.details(body["data"]) if declared.details else body["reason"] or ""
