"""Lots that serve many people: made of donations, made of nothing of anybody, or supplied; filled into units."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import Field

from proband.programme.product import Product
from proband.record.commands.manufacture import note_lots, process
from proband.record.declare.change import Body, changes
from proband.record.declare.command import Context, CustodyWords
from proband.record.declare.data import Amount, Data, Ref, Stamp, TracedWords, amount_words
from proband.record.declare.gate import gate
from proband.record.declare.naming import NewNames
from proband.record.errors import Refusal
from proband.record.gates.making import more_than, not_positive, off_range, sum_in
from proband.record.product import Container, TherapyEvent
from proband.record.state import State
from proband.record.stock import Holding, holding_key
from proband.terms import convert


@gate(
    "origin",
    mend="say what it is made of, as the kind of product asks",
    says="what is wrong with where it comes from",
)
def origin(c: Context) -> Refusal | None:
    """A lot for many people is of a product of the programme, and of nobody's cells but those of donors who were found fit to give them."""
    rule = c.view.product.get(c.data["product"]) if c.view is not None else None
    if rule is None:
        return Refusal("gate.origin.product", product=c.data["product"])
    if rule.kind.of_the_person:
        return Refusal("gate.origin.own", product=rule.id)
    return c.told("origin")


def _donations(c: Context) -> Refusal | None:
    rule = c.view.product[c.data["product"]] if c.view is not None else None
    names = c.data["donations"]
    if rule is not None and rule.donors is not None and not names:
        return Refusal("gate.origin.donation", product=rule.id)
    for din in names:
        taken = c.state.donations.get(din)
        if taken is None or taken.product != c.data["product"]:
            return Refusal("gate.origin.other", donation=din, product=c.data["product"])
        if taken.used_by:
            return Refusal("gate.used.collection", collection=din, used_by=taken.used_by)
        refusal = _unfit(c, din)
        if refusal is not None:
            return refusal
    if len(set(names)) < len(names):
        return Refusal("gate.origin.other", donation=names[0], product=c.data["product"])
    if (
        len({c.state.donations[din].donor for din in names}) > 1
        and rule is not None
        and rule.pooling == "never"
    ):
        return Refusal("gate.pooling.never")
    return None


def _unfit(c: Context, din: str) -> Refusal | None:
    """Whether whoever gave it is not (any more) fit to give it: not found so, found otherwise since, tested too long before or after, or withdrawn."""
    taken = c.state.donations[din]
    donor = c.state.donors[taken.donor]
    if not taken.may_become(donor, c.at):
        return Refusal("gate.origin.unfit", donation=din, donor=donor.id)
    rule = c.view.product[taken.product].donors if c.view is not None else None
    test = taken.unsampled(donor, rule.tests if rule is not None else ())
    if test is None:
        return None
    days = convert(test.within.value, test.within.unit, "d")
    return Refusal("gate.origin.sample", donation=din, donor=donor.id, test=test.name, days=days)


@process(
    "lot.begin",
    "lot.begun",
    watched=False,
    gates=(),
    origin=_donations,
    unique=NewNames("products"),
    custody=CustodyWords("lot begun"),
)
class BeginLot(Data):
    """Begin a lot that many people may be given: of donations, or of nothing that anybody gave.

    From here on it is made, tested, labelled and released as every product is; its name is the identity on its labels.

    * ``product``: the product of the programme
    * ``donations``: the donation numbers of what it is made from; none where nobody gave anything
    """

    product: Ref
    donations: list[Ref] = []


def _new_lot(state: State, body: Body, product: str, donations: list[str], **more: Any) -> Container:
    name = body["subject"]
    state.therapies[name] = TherapyEvent(name, "", "", product, body["at"], state.seq, body["actor"])
    made = Container(
        name, product, name, "", body["at"], donations, [], "", place=body["site"], serves_many=True, **more
    )
    state.products[name] = made
    # a recall of the lot itself reaches it, its units and whoever got one
    note_lots(state, made, [name])
    return made


@changes("lot.begun")
def _begun(state: State, body: Body, data: dict[str, Any]) -> None:
    _new_lot(state, body, data["product"], list(data["donations"]))
    for din in data["donations"]:
        state.donations[din].used_by = body["subject"]


def _too_full(c: Context) -> Refusal | None:
    product, data = c.product, c.data
    refusal = not_positive([data["each"]])
    if refusal is not None or product is None or product.amount is None:
        return refusal
    total = sum_in(
        [(data["each"]["value"] * (data["units"] + data["samples"]), data["each"]["unit"])], product.unit
    )
    if isinstance(total, Refusal):
        return total
    if more_than(c.rule, total, product.remaining):
        return Refusal("gate.balance.more", total=total, whole=product.remaining, unit=product.unit)
    return None


@process("lot.fill", "lot.filled", watched=False, gates=("recalled",), product_open=("manufactured",), balance=_too_full, stage=(
    (lambda c: c.product and c.product.serves_many and c.product.each is None, "a lot that is finished and not filled yet"),
), custody=CustodyWords("filled", lambda data: f"{data['units']} units of {amount_words(data['each'])}, {data['samples']} kept as samples"))  # fmt: skip
class FillLot(Data):
    """Fill a finished lot into units that are alike (bags, vials, bottles): from here on they are stock.

    * ``units``: how many
    * ``each``: how much is in one
    * ``samples``: how many more are kept back as samples and given to nobody
    """

    units: Annotated[int, Field(ge=1)]
    each: Amount
    samples: Annotated[int, Field(ge=0)] = 0


def stock_in(state: State, lot: str, site: str) -> Holding:
    """The stock of a lot at a site, begun where there is none."""
    key = holding_key(lot, site)
    if key not in state.stock:
        state.stock[key] = Holding(lot, site)
    return state.stock[key]


@changes("lot.filled")
def _filled(state: State, body: Body, data: dict[str, Any]) -> None:
    made = state.products[body["subject"]]
    made.each = {**data["each"]}
    stock_in(state, made.id, body["site"]).come("made", data["units"])


def _supplied(c: Context) -> Refusal | None:
    rule = c.view.product[c.data["product"]] if c.view is not None else None
    if rule is not None and rule.donors is not None:
        return Refusal("gate.origin.donation", product=rule.id)
    if c.data["expires_at"] <= c.now:
        return Refusal("gate.expiry.passed", product=c.subject, expired_at=c.data["expires_at"])
    return not_positive([c.data["each"]])


def left_its_range(rule: Product | None, state: str, data: dict[str, Any]) -> bool:
    """Whether a journey left the range in which the programme keeps a product in a state; where it sets one, a temperature that nobody told is no good one."""
    kept = rule.kept(state) if rule is not None else None
    told = [data["lowest"], data["highest"]]
    return kept is not None and any(one is None or off_range(one, kept.low, kept.high) for one in told)


@process("lot.receive", "lot.received", permission="stock.keep", watched=False, gates=(), origin=_supplied, unique=NewNames("products"),
         custody=CustodyWords("supplied", lambda data: f"{data['units']} units of {amount_words(data['each'])}, lot {data['supplier_lot']}"))  # fmt: skip
class ReceiveLot(Data):
    """A lot comes from whoever makes or sells it (medicine, device, placebo): it is in quarantine until it was tested and released here.

    * ``product``: the product of the programme
    * ``supplier``: who supplied it
    * ``supplier_lot``: the lot as they name it; a recall of that reaches it
    * ``units``: how many units came
    * ``each``: how much is in one
    * ``expires_at``: until when it may be used
    * ``lowest``: the lowest temperature of the journey
    * ``highest``: the highest
    """

    product: Ref
    supplier: TracedWords
    supplier_lot: Ref
    units: Annotated[int, Field(ge=1)]
    each: Amount
    expires_at: Stamp
    lowest: Amount | None = None
    highest: Amount | None = None


@changes("lot.received")
def _received(state: State, body: Body, data: dict[str, Any]) -> None:
    total = data["each"]["value"] * data["units"]
    made = _new_lot(state, body, data["product"], [], status="manufactured", amount=total, remaining=total,
                    unit=data["each"]["unit"], expires_at=data["expires_at"], each={**data["each"]})  # fmt: skip
    note_lots(state, made, [data["supplier_lot"]])
    rule = state.view.product.get(data["product"]) if state.view is not None else None
    warm = left_its_range(rule, "fresh", data)
    stock_in(state, made.id, body["site"]).come("supplied", data["units"], "aside" if warm else "usable")
