"""Making the product: begun, processed, divided, pooled, finished, frozen, thawed, failed."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal

from pydantic import Field

from proband.record.declare.change import Body, changes
from proband.record.declare.command import AT_ANY_STAGE, Context, CustodyWords, WayBack, command
from proband.record.declare.data import Amount, Data, Ref, StaffRef, Stamp, TracedWords, amount_words
from proband.record.declare.gate import gate
from proband.record.declare.wording import FREE, UNIT
from proband.record.errors import Refusal
from proband.record.events import moment, stamp
from proband.record.gates.product import OPEN, OPEN_OR_RELEASED, ROUNDING
from proband.record.product import Container
from proband.record.programme_view import duration
from proband.record.state import State

#: work of a laboratory: it works for every site, and touches no person
process = partial(command, permission="product.process", subject="product", stage=AT_ANY_STAGE, withdrawal=None, hold=None,
                  consent=None, current_version=False, signature=None, reason=False, live=False, own_site=False)  # fmt: skip


def _other_therapy(c: Context) -> tuple[str, str] | None:
    for din in c.data["collections"]:
        taken = c.state.collections.get(din)
        if taken is None or taken.coi != c.data["coi"]:
            return f"collection {din} ({taken.coi if taken else 'unknown'})", f"therapy {c.data['coi']}"
    return None


def _collection_gone(c: Context) -> Refusal | None:
    for din in c.data["collections"]:
        taken = c.state.collections.get(din)
        if taken is not None and taken.used_by:
            return Refusal("gate.used.collection", collection=din, used_by=taken.used_by)
    return None


def _known_container(c: Context) -> list[str]:
    return [c.subject] if c.subject in c.state.products else []


@process("product.make", "product.started", watched=False, gates=(), unique=_known_container, identity=_other_therapy,
         used=_collection_gone, custody=CustodyWords("processing begun"))  # fmt: skip
class Make(Data):
    """Begin to make a product from collections of one therapy event.

    * ``coi``: the chain-of-identity identifier
    * ``collections``: the donation numbers of what it is made from
    """

    coi: Ref
    collections: Annotated[list[Ref], Field(min_length=1)]


@changes("product.started")
def _started(state: State, body: Body, data: dict[str, Any]) -> None:
    therapy = state.therapies.get(data["coi"])
    name = body["subject"]
    if therapy is None:
        return
    state.products[name] = Container(
        name, therapy.product, data["coi"], therapy.participant, body["at"], list(data["collections"]), [], therapy.regimen,
        place=body["site"],
    )  # fmt: skip
    state.makers.setdefault(therapy.participant)
    for din in data["collections"]:
        if din in state.collections:
            state.collections[din].used_by = name


class StepReading(Data):
    """A measured value at a step.

    * ``what``: what was measured
    * ``value``: the value
    * ``unit``: its unit
    """

    what: Ref
    value: float
    unit: Annotated[str, Field(min_length=1, max_length=4000), UNIT]


def _step_words(data: Any) -> str:
    warm = f", {amount_words(data['temperature'])}" if data["temperature"] else ""
    lots = f", lots {', '.join(data['lots'])}" if data["lots"] else ""
    return f"{data['step']} by {', '.join(data['operators'])}{warm}{lots}" + (
        f"; DEVIATION {data['deviation']}" if data["deviation"] else ""
    )


@process(
    "product.step",
    "product.processed",
    watched=False,
    gates=(),
    product_open=OPEN,
    custody=CustodyWords("step", _step_words),
)
class StepPerformed(Data):
    """One process step: operators, equipment, reagent lots, temperatures, times, readings, deviation.

    * ``step``: the step, as the programme names it
    * ``operators``: who did it
    * ``equipment``: what it was done with
    * ``lots``: the lots of all reagents
    * ``temperature``: the temperature
    * ``start``: when it began
    * ``end``: when it ended
    * ``readings``: what was measured
    * ``deviation``: what was not as the programme has it
    """

    step: Ref
    operators: Annotated[list[StaffRef], Field(min_length=1)]
    equipment: list[Ref] = []
    lots: list[Ref] = []
    temperature: Amount | None = None
    start: Stamp
    end: Stamp
    readings: list[StepReading] = []
    deviation: Annotated[str | None, FREE] = None


@changes("product.processed")
def _processed(state: State, body: Body, data: dict[str, Any]) -> None:
    product = state.products[body["subject"]]
    product.steps += 1
    for lot in data["lots"]:
        if lot not in product.lots:
            product.lots.append(lot)
            state.lots.setdefault(lot, []).append(product.id)


def _child(
    state: State, parents: list[Container], name: str, amount: dict[str, Any], body: Body
) -> Container:
    first = parents[0]
    child = Container(
        name, first.kind, first.coi, first.participant, body["at"],
        [din for parent in parents for din in parent.collections], [parent.id for parent in parents], first.regimen,
        status="manufactured" if all(parent.status == "manufactured" for parent in parents) else first.status,
        amount=amount["value"], unit=amount["unit"], remaining=amount["value"], frozen=first.frozen, place=body["site"],
    )  # fmt: skip
    child.expires_at = min((parent.expires_at for parent in parents if parent.expires_at), default=None)
    child.excursion = any(parent.excursion for parent in parents)
    child.investigated = all(parent.investigated for parent in parents)
    for test in dict.fromkeys(test for parent in parents for test in parent.tests):
        # what was found of the whole holds for every part of it; of several that are pooled, one that failed makes the pool fail
        found = [(parent, one) for parent in parents if (one := parent.result(test)) is not None]
        if found:
            source = next((parent for parent, one in found if not one.passes), found[-1][0])
            child.tests[test] = list(source.tests[test])
    for parent in parents:
        parent.children.append(name)
        child.out_of_specification.extend(parent.out_of_specification)
        for lot in parent.lots:
            if lot not in child.lots:
                child.lots.append(lot)
                state.lots.setdefault(lot, []).append(name)
    state.products[name] = child
    return child


class Part(Data):
    """One container that a product is divided into.

    * ``id``: a new name for the container
    * ``amount``: how much is in it
    """

    id: Ref
    amount: Amount


def _too_much(c: Context) -> Refusal | None:
    product = c.product
    total = sum(part["amount"]["value"] for part in c.data["into"])
    if product is not None and product.amount is not None and total > product.remaining * (1 + ROUNDING):
        return Refusal("gate.used.total", total=total, remaining=product.remaining, unit=product.unit)
    return None


def _known_parts(c: Context) -> list[str]:
    ids = [part["id"] for part in c.data["into"]]
    return [name for name in ids if name in c.state.products or ids.count(name) > 1]


@process("product.split", "product.divided", watched=False, gates=(), product_open=OPEN, unique=_known_parts, used=_too_much,
         custody=CustodyWords("divided", lambda data: ", ".join(f"{part['id']} ({amount_words(part['amount'])})" for part in data["into"])))  # fmt: skip
class Split(Data):
    """Divide a product into containers (bags, injections, retained aliquots); the parent is used up.

    * ``into``: the containers that it is divided into, each with its amount
    * ``purpose``: what they are for
    """

    into: Annotated[list[Part], Field(min_length=1)]
    purpose: Literal["doses", "retained-sample", "quality-control"] = "doses"


@changes("product.divided")
def _divided(state: State, body: Body, data: dict[str, Any]) -> None:
    parent = state.products[body["subject"]]
    for part in data["into"]:
        child = _child(state, [parent], part["id"], part["amount"], body)
        if data["purpose"] != "doses":
            child.status = "retained"
        parent.remaining -= part["amount"]["value"] if parent.amount is not None else 0.0
    if data["purpose"] == "doses":
        parent.status = "used"


@gate("pooling", mend="keep the containers apart")
def pooling(c: Context) -> Refusal | None:
    """Cells of different people are never mixed, and nothing is pooled where the programme says never."""
    products = [c.state.products.get(name) for name in c.data["products"]]
    known = [product for product in products if product is not None]
    if len(known) != len(products) or not known or c.view is None:
        return Refusal("gate.pooling.unknown")
    kinds = {product.kind for product in known}
    if len({product.coi for product in known}) > 1 or len(kinds) > 1:
        return Refusal("gate.pooling.events")
    if c.view.product[kinds.pop()].pooling == "never":
        return Refusal("gate.pooling.never")
    return None


def _part_gone(c: Context) -> Refusal | None:
    for name in c.data["products"]:
        part = c.state.products.get(name)
        if part is not None and (part.status not in OPEN or part.administered_at):
            return Refusal("gate.used.part", part=name, status=part.status)
    return None


@process("product.pool", "product.pooled", watched=False, gates=("pooling",), unique=_known_container, used=_part_gone,
         custody=CustodyWords("pooled"))  # fmt: skip
class Pool(Data):
    """Pool products into one; never cells of different people, and never where the bundle says so.

    * ``products``: the containers that are pooled
    * ``amount``: how much there is together
    """

    products: Annotated[list[Ref], Field(min_length=2)]
    amount: Amount


@changes("product.pooled")
def _pooled(state: State, body: Body, data: dict[str, Any]) -> None:
    parents = [state.products[name] for name in data["products"]]
    _child(state, parents, body["subject"], data["amount"], body)
    for parent in parents:
        parent.status = "used"


@process("product.finish", "product.manufactured", watched=False, gates=(), product_open=("in-process",), custody=CustodyWords(
    "manufacture complete", lambda data: f"{amount_words(data['amount'])}, expires {data['expires_at'][:16]}"))  # fmt: skip
class Finish(Data):
    """Manufacture is complete: amount and day of expiry by the bundle's shelf life.

    * ``amount``: how much there is
    * ``expires_at``: until when it may be used; the shelf life of the programme is the most
    """

    amount: Amount
    expires_at: Stamp


@changes("product.manufactured")
def _manufactured(state: State, body: Body, data: dict[str, Any]) -> None:
    product = state.products[body["subject"]]
    view = state.view
    rule = view.product.get(product.kind) if view else None
    expires = data["expires_at"]
    if rule is not None and rule.shelf_life is not None:
        # the bundle's shelf life is the most that a label may say
        expires = min(expires, stamp(moment(body["at"]) + duration(rule.shelf_life)))
    product.status = "manufactured"
    product.amount = product.remaining = data["amount"]["value"]
    product.unit = data["amount"]["unit"]
    product.expires_at = expires
    person = state.participants[product.participant]
    person.manufactured_at = person.manufactured_at or body["at"]


@process(
    "product.freeze",
    "product.frozen",
    watched=False,
    gates=(),
    product_open=OPEN,
    custody=CustodyWords("frozen"),
)
class Freeze(Data):
    """Frozen: where it lies.

    * ``position``: where it lies
    * ``equipment``: in which store
    """

    position: TracedWords
    equipment: Ref


@changes("product.frozen")
def _frozen(state: State, body: Body, data: dict[str, Any]) -> None:
    state.products[body["subject"]].frozen = True


@process("product.thaw", "product.thawed", watched=False, gates=("expiry",), product_open=OPEN_OR_RELEASED, live=True,
         custody=CustodyWords("thawed"))  # fmt: skip
class Thaw(Data):
    """Thawed: the short clock of the bundle begins.

    * ``equipment``: with what it was thawed
    """

    equipment: Ref


@changes("product.thawed")
def _thawed(state: State, body: Body, data: dict[str, Any]) -> None:
    product = state.products[body["subject"]]
    product.frozen = False
    product.thawed_at = body["at"]
    view = state.view
    rule = view.product.get(product.kind) if view else None
    if rule is not None and rule.after_thaw is not None:
        limit = stamp(moment(body["at"]) + duration(rule.after_thaw))
        product.expires_at = min(product.expires_at or limit, limit)


def _not_failed(state: State, subject: str, seq: int) -> str | None:
    product = state.products[subject]
    if product.status == "failed":
        product.status, product.investigated = "quarantined", False
        product.signers.clear()
        product.release_route = None
    state.product_failures.pop(product.participant, None)
    return None


@process("product.fail", "product.failed", way_back=WayBack(_not_failed), watched=True, gates=(), product_open=OPEN_OR_RELEASED, reason=True,
         custody=CustodyWords("manufacture failed"))  # fmt: skip
class Fail(Data):
    """Manufacture failed; the attempt keeps its place in the flow.

    * ``kind``: what went wrong
    """

    kind: Literal["no-growth", "contamination", "equipment", "out-of-specification", "other"]


@changes("product.failed")
def _failed(state: State, body: Body, data: dict[str, Any]) -> None:
    product = state.products[body["subject"]]
    product.status = "failed"
    state.product_failures[product.participant] = None
