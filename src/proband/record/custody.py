"""The chain of custody of one therapy event, from the log: who had what, where, when, and which scans agreed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from proband.record.events import Event
from proband.record.record import Record
from proband.record.state import State

#: events that belong to a therapy event, by what they say in a word
_WORDS = {
    "therapy.opened": "identifier allocated", "product.collected": "collected", "product.started": "processing begun",
    "product.processed": "step", "product.divided": "divided", "product.pooled": "pooled", "product.manufactured": "manufacture complete",
    "product.frozen": "frozen", "product.thawed": "thawed", "product.failed": "manufacture failed", "product.tested": "tested",
    "product.quarantined": "quarantined", "product.investigated": "investigated", "product.released": "release signed",
    "product.released-exceptionally": "exceptional release signed", "product.rejected": "rejected", "product.sent": "handed over",
    "product.received": "taken over", "dose.checked": "dose checked", "bedside.verified": "bedside scans agree",
    "product.administered": "given", "deviation.recorded": "GIVEN IN DEVIATION", "product.disposed": "rest disposed of",
    "label.printed": "labels printed", "label.accounted": "labels accounted for", "command.refused": "REFUSED",
}  # fmt: skip


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
    links = [_link(event, body) for event, body in events_of(record, coi)]
    if product is None:
        return links
    family = family_of(record.state, product)
    return [link for link in links if link.container in family]


def family_of(state: State, product: str) -> set[str]:
    """A container, everything that it was made from, their donation numbers, and the participant."""
    found: set[str] = {state.products[product].participant}
    waiting = [product]
    while waiting:
        name = waiting.pop()
        made = state.products.get(name)
        if made is not None and name not in found:
            found.add(name)
            found.update(made.collections)
            waiting.extend(made.parents)
    return found


def events_of(record: Record, coi: str) -> Iterator[tuple[Event, dict[str, Any]]]:
    """The events of a therapy event with their bodies."""
    record.catch_up()
    state = record.state
    containers = {product.id for product in state.products.values() if product.coi == coi}
    for event in record.events():
        if event.seq in state.invalid:
            continue
        body = event.body
        if body["event"] not in _WORDS:
            continue
        data = body["data"]
        about = data["about"] if body["event"] == "command.refused" else body["subject"]
        if about in containers or (
            body["event"] in ("therapy.opened", "product.collected") and data["coi"] == coi
        ):
            yield event, body


def _link(event: Event, body: dict[str, Any]) -> CustodyLink:
    data = body["data"]
    refused = body["event"] == "command.refused"
    container = data["about"] if refused else data.get("din") or body["subject"]
    return CustodyLink(
        event.seq, body["at"], _WORDS[body["event"]], container, body["site"], data["attempt"]["actor"] if refused else body["actor"],
        tuple(entry["signer"] for entry in body["signatures"] if entry["meaning"] != "device"), _details(body), event.hash.hex()[:12],
    )  # fmt: skip


def _amount(value: dict[str, Any] | None) -> str:
    return "" if value is None else f"{value['value']:g} {value['unit']}"


def _details(body: dict[str, Any]) -> str:
    data = body["data"]
    match body["event"]:
        case "therapy.opened":
            return f"{data['coi']} for regimen {data['regimen']}"
        case "product.collected":
            return f"{data['material']} under {data['coi']}, wristband {data['wristband']}"
        case "product.processed":
            warm = f", {_amount(data['temperature'])}" if data["temperature"] else ""
            lots = f", lots {', '.join(data['lots'])}" if data["lots"] else ""
            return f"{data['step']} by {', '.join(data['operators'])}{warm}{lots}" + (
                f"; DEVIATION {data['deviation']}" if data["deviation"] else ""
            )
        case "product.divided":
            return ", ".join(f"{part['id']} ({_amount(part['amount'])})" for part in data["into"])
        case "product.manufactured":
            return f"{_amount(data['amount'])}, expires {data['expires_at'][:16]}"
        case "product.tested":
            return f"{data['test']}: {data['result']}"
        case "product.released" | "product.released-exceptionally":
            return f"for {data['route']}"
        case "product.sent":
            return (
                f"to {data['to']} by {data['carrier']}, label {data['label']}, {_amount(data['temperature'])}"
            )
        case "product.received":
            return f"label {data['label']}, {_amount(data['lowest'])} to {_amount(data['highest'])}, " + (
                "in range" if data["in_range"] else "OUT OF RANGE"
            )
        case "dose.checked" | "product.administered" | "deviation.recorded":
            return f"{_amount(data['dose'])} for {data['participant']}"
        case "bedside.verified":
            return f"wristband {data['wristband']} = bag {data['bag']}"
        case "product.disposed":
            return f"{_amount(data['amount'])}: {data['method']}"
        case "label.printed":
            return f"{len(data['labels'])} labels"
        case "label.accounted":
            return f"{len(data['labels'])} {data['fate']}"
        case "command.refused":
            return f"{data['verb']}: {' | '.join(data['messages'])}"
        case _:
            return body["reason"] or ""
