"""Making the product: begun, processed step by step, agreed to where work stops, finished, failed."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal

from pydantic import Field

from proband.record.declare.change import Body, changes
from proband.record.declare.command import AT_ANY_STAGE, Context, CustodyWords, WayBack, command
from proband.record.declare.data import Amount, Data, Ref, StaffRef, Stamp, amount_words
from proband.record.declare.gate import PART_OF, gate
from proband.record.declare.naming import NewNames
from proband.record.declare.wording import FREE, UNIT
from proband.record.errors import Refusal
from proband.record.events import moment, stamp
from proband.record.family import no_failure_any_more, spread, take_finding_back
from proband.record.gates.making import due, left_range, took_other, unrecorded, untold_deviation
from proband.record.gates.product import OPEN_OR_RELEASED
from proband.record.growth import beyond_bound, grown_beyond, more_than_was_counted, note_count
from proband.record.known import known_at
from proband.record.making import MAKING, before, note_done, note_hand, step_of
from proband.record.product import Container, TestResult
from proband.record.programme_view import duration
from proband.record.questions import done_by_nobody
from proband.record.state import State

#: what those may do who agree to what was made
AGREEING = "product.agree"
PART_OF[AGREEING] = "product.test"
#: work of a laboratory: it works for every site, and touches no person
process = partial(command, permission=MAKING, subject="product", stage=AT_ANY_STAGE, withdrawal=None, hold=None,
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


def _made_from_something(c: Context) -> bool:
    """Cells and tissues are made from something that was taken of somebody; an editor or a vector is made for a person from nothing of theirs."""
    therapy = c.state.therapies.get(c.data["coi"])
    rule = c.view.product.get(therapy.product) if therapy is not None and c.view is not None else None
    return bool(c.data["collections"]) or (
        rule is not None and not (rule.kind.is_cells or rule.kind.is_tissue)
    )


SOURCE = ((_made_from_something), "something collected, for cells and tissues, or an open therapy event for what is made without")  # fmt: skip


@process("product.make", "product.started", stage=(SOURCE,), watched=False, gates=(), unique=NewNames("products"), identity=_other_therapy,
         used=_collection_gone, custody=CustodyWords("processing begun"))  # fmt: skip
class Make(Data):
    """Begin to make a product from collections of one therapy event; one that is made from nothing of the person begins with the identifier alone.

    * ``coi``: the chain-of-identity identifier
    * ``collections``: the donation numbers of what it is made from; none for a product that is not made from the person
    """

    coi: Ref
    collections: list[Ref] = []


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
    state.made_for.setdefault(therapy.participant)
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


def _out_of_order(c: Context) -> Refusal | None:
    product, rule, name = c.product, c.rule, c.data["step"]
    if product is None or rule is None:
        return None
    step = step_of(rule, name)
    if step is None or step.recorded_as != "step":
        known = [one.id for one in rule.manufacturing if one.recorded_as == "step"]
        return Refusal("gate.steps.unknown", step=name, product=product.id, steps=known)
    phase = next(phase for one, phase in rule.due() if one.id == name)
    if product.status == "released" and phase != "giving":
        return Refusal("gate.steps.released", step=name, product=product.id)
    left = before(rule, product, name)
    if left:
        return Refusal("gate.steps.missing", product=product.id, steps=left)
    if c.data["end"] < c.data["start"]:
        return Refusal("gate.steps.times", step=name, start=c.data["start"], end=c.data["end"])
    return unrecorded([step], c.data)


def _warmer_than_it_says(c: Context) -> Refusal | None:
    step = step_of(c.rule, c.data["step"])
    return untold_deviation([step], c.data) if step is not None and step.recorded_as == "step" else None


@process(
    "product.step",
    "product.processed",
    watched=False,
    gates=("recalled",),
    product_open=OPEN_OR_RELEASED,
    steps=_out_of_order,
    range=_warmer_than_it_says,
    balance=grown_beyond,
    custody=CustodyWords("step", _step_words),
)
class StepPerformed(Data):
    """One process step: operators, equipment, reagent lots, temperatures, times, readings, deviation.

    A temperature outside the range of the step, a time that is not the step's, or more cells than the programme says that there can be, is a deviation that must be told, and
    puts the product aside.

    * ``step``: the step, as the programme names it
    * ``operators``: who did it
    * ``equipment``: what it was done with
    * ``lots``: the lots of all reagents
    * ``temperature``: the temperature
    * ``start``: when it began
    * ``end``: when it ended
    * ``readings``: what was measured; ``count`` and ``viability`` by these names
    * ``images``: the pictures that were taken, by their names
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
    images: list[Ref] = []
    deviation: Annotated[str | None, FREE] = None


@changes("product.processed")
def _processed(state: State, body: Body, data: dict[str, Any]) -> None:
    product = state.products[body["subject"]]
    note_lots(state, product, data["lots"])
    step = step_of(state.rule_of(product), data["step"])
    if step is None:
        return
    note_done(product, [step], [*data["operators"], body["actor"]], body)
    too_many = beyond_bound(product, state.rule_of(product), step.id, data)
    note_count(product, step, data)
    if left_range([step], data) is not None or took_other([step], data) is not None or too_many:
        product.set_aside()


def note_lots(state: State, product: Container, lots: list[str]) -> None:
    """Note which reagent lots touched a container."""
    for lot in map(state.note_lot, lots):
        if lot not in product.lots:
            product.lots.append(lot)
            state.lots.setdefault(lot, []).append(product.id)


@gate("hold-point", mend="have somebody else agree, once the step was done")
def hold_point(c: Context) -> Refusal | None:
    """A second person agrees, once, to a step that was done and at which the programme stops work; nobody agrees to their own work."""
    product, step = c.product, step_of(c.rule, c.data["step"])
    if product is None or step is None or not step.hold_point:
        return Refusal("gate.hold-point.none", step=c.data["step"])
    # whoever could not agree then, as known now, agreed to nothing
    if step.id in product.agreed and done_by_nobody(c, "steps", step.id) is None:
        return Refusal("gate.hold-point.agreed", step=step.id, by=product.agreed[step.id])
    who = _who_did(c.state, product, step.recorded_as, step.id)
    if not who:
        return Refusal("gate.hold-point.undone", step=step.id, product=product.id)
    if c.body["actor"] in who:
        return Refusal("gate.hold-point.own", step=step.id, actor=c.body["actor"])
    return None


def _who_did(state: State, product: Container, kind: str, step: str) -> list[str]:
    if kind == "identifier":
        return [state.therapies[product.coi].by]
    if kind == "collection":
        return [state.collections[din].by for din in product.collections if din in state.collections]
    return product.done.get(step, [])


@process("product.agree", "product.agreed", permission=AGREEING, watched=False, gates=("hold-point",), product_open=OPEN_OR_RELEASED, signature="hold point",
         custody=CustodyWords("agreed at a hold point", lambda data: data["step"]))  # fmt: skip
class Agree(Data):
    """Work stops at a hold point until a second person agrees: this is their word.

    * ``step``: the step, as the programme names it
    """

    step: Ref


@changes("product.agreed")
def _agreed(state: State, body: Body, data: dict[str, Any]) -> None:
    product = state.products[body["subject"]]
    product.agreed[data["step"]] = body["actor"]
    note_hand(product, "steps", AGREEING, data["step"], body)
    product.permitted["steps"] = known_at(body)


@process("product.finish", "product.manufactured", watched=False, gates=("recalled",), product_open=("in-process",), steps=due("finish"), balance=more_than_was_counted, custody=CustodyWords(
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
    rule = state.rule_of(product)
    expires = data["expires_at"]
    if rule is not None and rule.shelf_life is not None:
        # the bundle's shelf life is the most that a label may say
        expires = min(expires, stamp(moment(body["at"]) + duration(rule.shelf_life)))
    if product.expires_at is not None:
        # what was pooled into it had begun a clock, and no label stops that
        expires = min(expires, product.expires_at)
    product.status = "manufactured"
    product.amount = product.remaining = data["amount"]["value"]
    product.unit = data["amount"]["unit"]
    product.expires_at = expires
    person = state.participants.get(product.participant)
    if person is not None:
        person.manufactured_at = person.manufactured_at or body["at"]


def _not_failed(state: State, subject: str, seq: int) -> str | None:
    product = state.products[subject]
    if product.status == "failed":
        product.set_aside()
    since = take_finding_back(state, subject, seq)
    no_failure_any_more(state, [product])
    return since


@process("product.fail", "product.failed", way_back=WayBack(_not_failed), watched=True, gates=(), product_open=OPEN_OR_RELEASED, reason=True,
         custody=CustodyWords("manufacture failed"))  # fmt: skip
class Fail(Data):
    """Manufacture failed; the attempt keeps its place in the flow. A contamination reaches the whole family of the container.

    * ``kind``: what went wrong
    """

    kind: Literal["no-growth", "contamination", "equipment", "out-of-specification", "other"]


@changes("product.failed")
def _failed(state: State, body: Body, data: dict[str, Any]) -> None:
    product = state.products[body["subject"]]
    if data["kind"] == "contamination":
        # what grew in one grew in what it came from, and in what else became of that
        found = TestResult(data["kind"], body["at"], state.seq, passes=False, of=product.id, final=True)
        spread(state, body, product, data["kind"], found, data["kind"])
    product.status = "failed"
    if product.participant:
        state.product_failures[product.participant] = None
