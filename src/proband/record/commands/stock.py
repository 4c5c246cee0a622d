"""The stock of lots at sites: sent, received, counted, set aside, judged, dispensed, returned, packed into kits, destroyed."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal

from pydantic import Field

from proband.record.commands.lots import left_its_range, stock_in
from proband.record.commands.portioning import child_of
from proband.record.declare.change import Body, add_task, changes
from proband.record.declare.command import Context, CustodyWords, Need, command, never
from proband.record.declare.data import Amount, Data, Ref, TracedWords
from proband.record.declare.gate import gate
from proband.record.declare.naming import NewNames
from proband.record.errors import Refusal
from proband.record.gates.making import sum_in
from proband.record.gates.product import OPEN_OR_RELEASED
from proband.record.gates.stages import ALLOCATED, ENROLLED
from proband.record.product import ROUNDING, Container
from proband.record.state import State
from proband.record.stock import PLACES, Holding, Place, holding_key

Units = Annotated[int, Field(ge=1)]


@gate("stock", mend="count what is there, and take what may be taken", says="what the stock does not allow")
def stock(c: Context) -> Refusal | None:
    """Only what is there leaves, only what is fit is dispensed, and nothing vanishes between two counts."""
    return c.told("stock")


keeping = partial(command, subject="product", withdrawal=None, hold=None, consent=None, current_version=False, watched=False, live=False,
                  own_site=False, bears=never, when_locked="voids")  # fmt: skip
LOT = ((lambda c: c.product and c.product.serves_many and c.product.each is not None, "a lot that is stock"),)

#: units of what was given up are not made usable again one by one: the lot itself would have to be
STILL_STANDS: Need = (
    (lambda c: c.product and c.product.status in OPEN_OR_RELEASED),
    "a lot that was not given up",
)


def _here(c: Context, lot: str | None = None) -> Holding | None:
    return c.state.stock.get(holding_key(lot or c.subject, c.body["site"]))


def _few(c: Context, place: Place, units: int, lot: str | None = None) -> Refusal | None:
    held = _here(c, lot)
    there = getattr(held, place) if held is not None else 0
    return Refusal("gate.stock.few", lot=lot or c.subject, site=c.body["site"], units=units, there=there, place=place) if units > there else None  # fmt: skip


def _sendable(c: Context) -> Refusal | None:
    if c.data["to"] not in c.state.sites or c.data["to"] == c.body["site"]:
        return Refusal("gate.stock.site", site=c.data["to"])
    return _few(c, "usable", c.data["units"])


def _stock_of(state: State, body: Body) -> Holding:
    return stock_in(state, body["subject"], body["site"])


@keeping("stock.send", "stock.sent", permission="stock.keep", stage=LOT, signature=None, reason=False, gates=("recalled",), stock=_sendable,
         unique=NewNames("shipments", lambda body: [body["data"]["shipment"]]),
         custody=CustodyWords("units sent", lambda data: f"{data['units']} to {data['to']}, {data['shipment']}"))  # fmt: skip
class SendStock(Data):
    """Send units of a lot to another site, under a number of the shipment.

    * ``to``: the site that they go to
    * ``shipment``: a new number of the shipment
    * ``units``: how many
    * ``carrier``: who carries them
    """

    to: Ref
    shipment: Ref
    units: Units
    carrier: TracedWords


@changes("stock.sent")
def _sent(state: State, body: Body, data: dict[str, Any]) -> None:
    _stock_of(state, body).leave("sent", data["units"])
    state.shipments[data["shipment"]] = {
        "lot": body["subject"], "from": body["site"], "to": data["to"], "units": data["units"], "arrived": None, "seq": state.seq,
    }  # fmt: skip
    add_task(state, "shipment", body["subject"], body["day"], f"{data['units']} units of {body['subject']} are on their way to {data['to']}", f"shipment:{data['shipment']}")  # fmt: skip


def _arrives(c: Context) -> Refusal | None:
    sent = c.state.shipments.get(c.data["shipment"])
    if (
        sent is None
        or sent["lot"] != c.subject
        or sent["to"] != c.body["site"]
        or sent["arrived"] is not None
    ):
        return Refusal("gate.stock.shipment", shipment=c.data["shipment"], site=c.body["site"])
    if c.data["units"] > sent["units"]:
        return Refusal("gate.stock.more", units=c.data["units"], sent=sent["units"])
    if c.data["units"] < sent["units"] and not c.body["reason"]:
        return Refusal("gate.stock.difference", expected=sent["units"], counted=c.data["units"])
    return None


@keeping("stock.receive", "stock.received", permission="stock.keep", stage=LOT, signature="receipt", reason=False, gates=(), stock=_arrives,
         custody=CustodyWords("units received", lambda data: f"{data['units']}, {data['shipment']}"))  # fmt: skip
class ReceiveStock(Data):
    """Take over a shipment: how many units arrived, and how warm and cold it was on the way. Outside the programme's range they are set aside.

    * ``shipment``: the number of the shipment
    * ``units``: how many units arrived; fewer than were sent need a reason, and the rest is lost
    * ``lowest``: the lowest temperature of the journey
    * ``highest``: the highest
    """

    shipment: Ref
    units: Annotated[int, Field(ge=0)]
    lowest: Amount | None = None
    highest: Amount | None = None


@changes("stock.received")
def _received(state: State, body: Body, data: dict[str, Any]) -> None:
    sent, held, lot = (
        state.shipments[data["shipment"]],
        _stock_of(state, body),
        state.products[body["subject"]],
    )
    sent["arrived"] = data["units"]
    for name in state.tasks_of.get(("shipment", lot.id), ()):
        if name == f"shipment:{data['shipment']}":
            state.tasks[name].done = state.seq
    warm = left_its_range(state.rule_of(lot), lot.condition, data)
    held.come("sent", sent["units"], "aside" if warm else "usable")
    missing = sent["units"] - data["units"]
    if missing:
        held.leave("lost", missing, "aside" if warm else "usable")
        _unexplained(state, body, f"{missing} units of {lot.id} were lost on the way", missing)


def _unexplained(state: State, body: Body, words: str, units: int) -> None:
    state.deviations[state.seq] = {
        "kind": "stock",
        "subject": body["subject"],
        "site": body["site"],
        "units": units,
    }
    add_task(state, "stock", body["subject"], body["day"], words, f"stock:{state.seq}")


def _counted(c: Context) -> Refusal | None:
    held = _here(c)
    if held is None:
        return Refusal("gate.stock.none", lot=c.subject, site=c.body["site"])
    for place in PLACES:
        if getattr(held, place) != c.data[place] and not c.body["reason"]:
            return Refusal("gate.stock.difference", expected=getattr(held, place), counted=c.data[place])
    return None


@keeping("stock.count", "stock.counted", permission="stock.keep", stage=LOT, signature="count", reason=False, gates=("second-person",), stock=_counted,
         custody=CustodyWords("counted", lambda data: f"{data['usable']} usable, {data['aside']} aside, {data['returned']} returned"))  # fmt: skip
class CountStock(Data):
    """Two people count the units of a lot at a site. What differs from the ledger needs a reason, and stands there as lost or found.

    * ``usable``: how many may be used
    * ``aside``: how many are set aside
    * ``returned``: how many were brought back
    """

    usable: Annotated[int, Field(ge=0)]
    aside: Annotated[int, Field(ge=0)]
    returned: Annotated[int, Field(ge=0)]


@changes("stock.counted")
def _count(state: State, body: Body, data: dict[str, Any]) -> None:
    held = _stock_of(state, body)
    held.counted_at = body["at"]
    for place in PLACES:
        more = data[place] - getattr(held, place)
        if more > 0:
            held.come("found", more, place)
        elif more < 0:
            held.leave("lost", -more, place)
        if more:
            _unexplained(
                state,
                body,
                f"{abs(more)} units of {held.lot} were {'found' if more > 0 else 'lost'} at a count",
                abs(more),
            )


@keeping("stock.set-aside", "stock.put-aside", permission="stock.keep", stage=LOT, signature=None, reason=True, gates=(),
         stock=lambda c: _few(c, "usable", c.data["units"]), custody=CustodyWords("units set aside", lambda data: f"{data['units']}: {data['why']}"))  # fmt: skip
class SetStockAside(Data):
    """Set units aside: kept too warm or too cold, damaged, complained of, wrongly labelled. None of them is used before somebody has judged.

    * ``units``: how many
    * ``why``: why
    * ``lowest``: the lowest temperature, where it is that
    * ``highest``: the highest
    """

    units: Units
    why: Literal["temperature", "damage", "complaint", "label"]
    lowest: Amount | None = None
    highest: Amount | None = None


@changes("stock.put-aside")
def _aside(state: State, body: Body, data: dict[str, Any]) -> None:
    _stock_of(state, body).shift(data["units"], "usable", "aside")
    add_task(state, "stock", body["subject"], body["day"], f"judge {data['units']} units of {body['subject']} that were set aside ({data['why']})", f"stock:{state.seq}")  # fmt: skip


@keeping("stock.judge", "stock.judged", permission="product.release", when_locked="refused", stage=(*LOT, STILL_STANDS), signature="judgement of stock", reason=True, gates=("recalled",),
         stock=lambda c: _few(c, "aside", c.data["units"]), custody=CustodyWords("units judged usable", lambda data: str(data["units"]), decides=True))  # fmt: skip
class JudgeStock(Data):
    """Whoever releases the product judges units that were set aside to be usable after all, with the reason; the others are destroyed.

    * ``units``: how many are usable
    """

    units: Units


@changes("stock.judged")
def _judged(state: State, body: Body, data: dict[str, Any]) -> None:
    _stock_of(state, body).shift(data["units"], "aside", "usable")


def _unpackable(c: Context) -> Refusal | None:
    return _not_released(c, c.product) or _few(c, "usable", c.data["units"])


@keeping("stock.pack", "stock.packed", permission="stock.keep", when_locked="refused", stage=LOT, signature=None, reason=False, gates=("recalled",), stock=_unpackable,
         custody=CustodyWords("packed into kits", lambda data: str(data["units"])))  # fmt: skip
class PackStock(Data):
    """Pack units into masked kits: how many, and not into which, since that would tell what is in a kit.

    * ``units``: how many
    """

    units: Units


@changes("stock.packed")
def _packed(state: State, body: Body, data: dict[str, Any]) -> None:
    _stock_of(state, body).leave("packed", data["units"])


@keeping("stock.destroy", "stock.destroyed", permission="stock.keep", stage=LOT, signature="destruction", reason=False, gates=("second-person",), at_closed_site=True,
         stock=lambda c: _few(c, c.data["of"], c.data["units"]), custody=CustodyWords("units destroyed", lambda data: f"{data['units']} {data['of']}: {data['method']}"))  # fmt: skip
class DestroyStock(Data):
    """Destroy units, before a second person.

    * ``units``: how many
    * ``of``: of which: those that are usable, aside, or returned
    * ``method``: how
    """

    units: Units
    of: Literal["usable", "aside", "returned"]
    method: TracedWords


@changes("stock.destroyed")
def _destroyed(state: State, body: Body, data: dict[str, Any]) -> None:
    _stock_of(state, body).leave("destroyed", data["units"], data["of"])


def _not_released(c: Context, lot: Container | None) -> Refusal | None:
    if lot is None or not lot.serves_many or lot.each is None:
        return Refusal("gate.stock.lot", lot=c.data.get("lot") or c.subject)
    if lot.status != "released":
        return Refusal("gate.stock.status", lot=lot.id, status=lot.status)
    if lot.expires_at is None or lot.expires_at <= c.now:
        return Refusal("gate.expiry.passed", product=lot.id, expired_at=lot.expires_at)
    touched = [one for one in lot.lots if one in c.state.recalled]
    return Refusal("gate.stock.recalled", lot=lot.id, recalled=touched) if touched else None


def _undispensable(c: Context) -> Refusal | None:
    lot = c.state.products.get(c.data["lot"])
    regimen = c.view.regimen.get(c.data["regimen"]) if c.view is not None else None
    refusal = _not_released(c, lot)
    if refusal is not None or lot is None:
        return refusal
    if regimen is None or regimen.product != lot.kind or regimen.route.value != lot.release_route:
        return Refusal(
            "gate.stock.regimen",
            lot=lot.id,
            product=lot.kind,
            route=lot.release_route,
            regimen=c.data["regimen"],
        )
    return _few(c, "usable", c.data["units"], lot.id)


@command("stock.dispense", "stock.dispensed", subject="product", permission="stock.dispense", stage=(ENROLLED, ALLOCATED), withdrawal="treatment", hold="administration",
         consent="in-force", current_version=True, watched=False, signature="dispensing", reason=False, live=True, gates=("alive", "approval", "capacity"), bears=never,
         arm=lambda c: c.data["regimen"], stock=_undispensable, unique=NewNames("products"), keeps_refusal=False,
         custody=CustodyWords("dispensed", lambda data: f"{data['units']} of {data['lot']} for {data['participant']}"))  # fmt: skip
class Dispense(Data):
    """Take units of a released lot out of the stock for one person: a container of its own, with a name of its own, that is theirs alone.

    * ``participant``: for whom
    * ``lot``: of which lot
    * ``units``: how many
    * ``regimen``: the regimen of the programme by which is treated
    """

    participant: Ref
    lot: Ref
    units: Units
    regimen: Ref


@changes("stock.dispensed")
def _dispensed(state: State, body: Body, data: dict[str, Any]) -> None:
    lot = state.products[data["lot"]]
    each = lot.each or {"value": 0.0, "unit": lot.unit}
    amount = {"value": each["value"] * data["units"], "unit": each["unit"]}
    pack = child_of(state, [lot], body["subject"], amount, body)
    lot.take(amount)
    pack.participant, pack.regimen, pack.units = data["participant"], data["regimen"], data["units"]
    pack.release_route, pack.release_kind, pack.signers = (
        lot.release_route,
        lot.release_kind,
        list(lot.signers),
    )
    pack.released_at, pack.release_recorded, pack.excepted = (
        lot.released_at,
        lot.release_recorded,
        list(lot.excepted),
    )
    stock_in(state, lot.id, body["site"]).leave("dispensed", data["units"])
    person = state.participants[data["participant"]]
    person.released_at = person.released_at or body["at"]
    state.made_for.setdefault(person.id)


def _more_than_they_have(c: Context) -> Refusal | None:
    product = c.product
    there = units_left(c.state, product) if product is not None else 0
    return Refusal("gate.stock.pack", pack=c.subject, units=c.data["units"], there=there) if c.data["units"] > there else None  # fmt: skip


def units_left(state: State, pack: Container) -> int:
    """How many whole units somebody still has of what was dispensed to them: none of what was thrown away, none that was given."""
    lot = state.products[pack.parents[0]] if pack.units else None
    if lot is None or lot.each is None or pack.disposed:
        return 0
    full = sum_in([(lot.each["value"], lot.each["unit"])], pack.unit) if pack.unit else 0.0
    if not pack.administered_at or isinstance(full, Refusal) or full <= 0:
        return pack.units
    return min(pack.units, int(pack.remaining / full + ROUNDING))


@keeping("stock.return", "stock.returned", permission="stock.keep", signature=None, reason=False, gates=(), stock=_more_than_they_have, at_closed_site=True,
         stage=((lambda c: c.product and c.product.units, "a container that was dispensed of a lot"),), custody=CustodyWords("brought back", lambda data: f"{data['units']} units"))  # fmt: skip
class ReturnStock(Data):
    """Units that were dispensed come back unused. Nobody else is ever given them: they are destroyed.

    * ``units``: how many
    """

    units: Units


@changes("stock.returned")
def _returned(state: State, body: Body, data: dict[str, Any]) -> None:
    pack = state.products[body["subject"]]
    lot = state.products[pack.parents[0]]
    each = lot.each or {"value": 0.0, "unit": lot.unit}
    pack.units -= data["units"]
    pack.take({"value": each["value"] * data["units"], "unit": each["unit"]})
    if not pack.units and not pack.administered_at:
        pack.status, pack.disposed = "disposed", True
    stock_in(state, lot.id, body["site"]).come("brought-back", data["units"], "returned")
