"""Frozen, thawed, prepared: states of a container, each with its clock."""

from __future__ import annotations

from typing import Annotated, Any

from proband.record.commands.manufacture import StepReading, note_lots, process
from proband.record.declare.change import Body, changes
from proband.record.declare.command import Context, CustodyWords
from proband.record.declare.data import Amount, Data, Ref, TracedWords
from proband.record.declare.wording import FREE
from proband.record.errors import Refusal
from proband.record.events import ASKED_SINCE_VERSION, moment, stamp
from proband.record.gates.making import left_range, not_frozen, unrecorded, untold_deviation
from proband.record.gates.product import OPEN, OPEN_OR_RELEASED
from proband.record.known import known_at
from proband.record.making import MAKING, note_done, note_hand, steps_recorded_as
from proband.record.product import Container
from proband.record.programme_view import duration
from proband.record.state import State
from proband.terms import Quantity


def _as_the_programme_asks(kind: str) -> Any:
    def told(c: Context) -> Refusal | None:
        return unrecorded(steps_recorded_as(c.rule, kind), c.data)

    return told


def _temperature(kind: str) -> Any:
    def told(c: Context) -> Refusal | None:
        return untold_deviation(steps_recorded_as(c.rule, kind), c.data)

    return told


def _note(state: State, body: Body, product: Container, kind: str, data: dict[str, Any]) -> None:
    steps = steps_recorded_as(state.rule_of(product), kind)
    note_done(product, steps, [body["actor"]], body)
    note_lots(state, product, data.get("lots", []))
    if left_range(steps, data) is not None:
        product.set_aside()


def _fresh(c: Context) -> Refusal | None:
    product = c.product
    if product is None:
        return None
    if product.frozen:
        return Refusal("gate.condition.frozen", product=product.id)
    if product.thawed_at is not None or product.prepared_at is not None:
        return Refusal("gate.condition.again", product=product.id, state=product.condition)
    return None


@process("product.freeze", "product.frozen", watched=False, gates=("recalled",), product_open=OPEN, condition=_fresh, steps=_as_the_programme_asks("freezing"),
         range=_temperature("freezing"), custody=CustodyWords("frozen"))  # fmt: skip
class Freeze(Data):
    """Frozen: where it lies. What was thawed once is not frozen again.

    * ``position``: where it lies
    * ``equipment``: in which store
    * ``temperature``: the temperature
    * ``lots``: the lots of all reagents
    * ``readings``: what was measured
    * ``images``: the pictures that were taken, by their names
    * ``deviation``: what was not as the programme has it
    """

    position: TracedWords
    equipment: Ref
    temperature: Amount | None = None
    lots: list[Ref] = []
    readings: list[StepReading] = []
    images: list[Ref] = []
    deviation: Annotated[str | None, FREE] = None


@changes("product.frozen")
def _frozen(state: State, body: Body, data: dict[str, Any]) -> None:
    product = state.products[body["subject"]]
    product.frozen = True
    _note(state, body, product, "freezing", data)


def _lies_frozen(c: Context) -> Refusal | None:
    product = c.product
    if product is not None and not product.frozen:
        return Refusal("gate.condition.not-frozen", product=product.id, state=product.condition)
    return None


@process("product.thaw", "product.thawed", watched=False, gates=("expiry", "recalled"), product_open=OPEN_OR_RELEASED, live=True, condition=_lies_frozen,
         steps=_as_the_programme_asks("thawing"), range=_temperature("thawing"), custody=CustodyWords("thawed"))  # fmt: skip
class Thaw(Data):
    """Thawed: the short clock of the bundle begins.

    * ``equipment``: with what it was thawed
    * ``temperature``: the temperature
    * ``lots``: the lots of all reagents
    * ``readings``: what was measured
    * ``images``: the pictures that were taken, by their names
    * ``deviation``: what was not as the programme has it
    """

    equipment: Ref
    temperature: Amount | None = None
    lots: list[Ref] = []
    readings: list[StepReading] = []
    images: list[Ref] = []
    deviation: Annotated[str | None, FREE] = None


@changes("product.thawed")
def _thawed(state: State, body: Body, data: dict[str, Any]) -> None:
    product = state.products[body["subject"]]
    product.frozen = False
    product.thawed_at = body["at"]
    product.permitted["condition"] = known_at(body)
    rule = state.rule_of(product)
    _begin(product, body, rule.after_thaw if rule is not None else None)
    _note(state, body, product, "thawing", data)


def _begin(product: Container, body: Body, keeps: Quantity | None) -> None:
    if keeps is not None:
        limit = stamp(moment(body["at"]) + duration(keeps))
        product.expires_at = min(product.expires_at or limit, limit)


def _once(c: Context) -> Refusal | None:
    product = c.product
    if product is not None and product.prepared_at is not None:
        return Refusal("gate.condition.again", product=product.id, state=product.condition)
    regimen = c.regimen
    if c.written_since(ASKED_SINCE_VERSION) and regimen is not None and c.body["role"] != regimen.prepared_by:
        return Refusal("gate.condition.role", subject=c.subject, role=regimen.prepared_by)
    return not_frozen(c)


@process("product.prepare", "product.prepared", watched=False, gates=("expiry", "recalled"), product_open=OPEN_OR_RELEASED, live=True, condition=_once,
         custody=CustodyWords("prepared"))  # fmt: skip
class Prepare(Data):
    """Prepared for giving (diluted, drawn up): the last clock of the bundle begins.

    * ``equipment``: with what it was prepared
    * ``lots``: the lots of all reagents
    """

    equipment: list[Ref] = []
    lots: list[Ref] = []


@changes("product.prepared")
def _prepared(state: State, body: Body, data: dict[str, Any]) -> None:
    product = state.products[body["subject"]]
    product.prepared_at, product.prepared_by = body["at"], body["actor"]
    note_hand(product, "condition", MAKING, "preparation", body)
    product.permitted["condition"] = known_at(body)
    note_lots(state, product, data["lots"])
    rule = state.rule_of(product)
    _begin(product, body, rule.after_preparation if rule is not None else None)
