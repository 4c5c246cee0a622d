"""Dividing a product into containers, and pooling containers into one: parts never exceed the whole, and keep what was found of it."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from proband.record.commands.manufacture import process
from proband.record.declare.change import Body, changes
from proband.record.declare.command import Context, CustodyWords
from proband.record.declare.data import Amount, Data, Ref, amount_words
from proband.record.declare.gate import gate
from proband.record.declare.naming import NewNames
from proband.record.errors import Refusal
from proband.record.events import ASKED_SINCE_VERSION
from proband.record.gates.making import more_than, not_frozen, not_positive, sum_in
from proband.record.gates.product import OPEN
from proband.record.known import KnownStatement, true_at
from proband.record.product import Container
from proband.record.state import State

#: of several containers that are pooled the pool is what the worst of them is
_WORST = ("quarantined", "in-process", "manufactured")


def child_of(
    state: State, parents: list[Container], name: str, amount: dict[str, Any], body: Body
) -> Container:
    """A container that is made of others: it is what they are, and has what was found of them."""
    first = parents[0]
    lots = dict.fromkeys(lot for parent in parents for lot in parent.lots)
    child = Container(
        name, first.kind, first.coi, first.participant, body["at"],
        list(dict.fromkeys(din for parent in parents for din in parent.collections)), [parent.id for parent in parents], first.regimen,
        status=next((worst for worst in _WORST if any(parent.status == worst for parent in parents)), first.status),
        amount=amount["value"], unit=amount["unit"], remaining=amount["value"], frozen=any(parent.frozen for parent in parents),
        place=body["site"], lots=list(lots),
    )  # fmt: skip
    # whichever clock began first goes on
    child.expires_at = min((parent.expires_at for parent in parents if parent.expires_at), default=None)
    child.thawed_at = min((parent.thawed_at for parent in parents if parent.thawed_at), default=None)
    child.prepared_at = min((parent.prepared_at for parent in parents if parent.prepared_at), default=None)
    child.excursion = any(parent.excursion for parent in parents)
    child.investigated = all(parent.investigated for parent in parents)
    # a step was done where it was done to every one of them; a label is on one container only
    own = {one for parent in parents for one in _of_labels(state, parent)}
    for step, people in first.done.items():
        if step not in own and all(step in parent.done for parent in parents):
            child.done[step] = (
                list(dict.fromkeys(who for parent in parents for who in parent.done[step])) or people
            )
    for step, who in first.agreed.items():
        if step not in own and all(step in parent.agreed for parent in parents):
            child.agreed[step] = who
    child.hands = [one for parent in parents for one in parent.hands if one[2] not in own]
    child.prepared_by = next((parent.prepared_by for parent in parents if parent.prepared_by), "")
    for test in dict.fromkeys(test for parent in parents for test in parent.tests):
        found = _inherited(parents, test)
        if found:
            child.tests[test] = found
    for parent in parents:
        parent.children.append(name)
    for lot in child.lots:
        state.lots.setdefault(lot, []).append(name)
    state.products[name] = child
    return child


def _of_labels(state: State, product: Container) -> list[str]:
    rule = state.rule_of(product)
    return [step.id for step in rule.manufacturing if step.recorded_as == "label"] if rule else []


def _inherited(parents: list[Container], test: str) -> list[KnownStatement]:
    """What was found of the whole holds for every part; of several that are pooled, a pass holds where all passed, and every failure holds."""
    if len(parents) == 1:
        return list(parents[0].tests[test])
    said = [one for parent in parents for one in parent.tests.get(test, ())]
    failed = [one for one in said if not one.value.passes]
    standing = [one for one in failed if one.until is None]
    last = [true_at(parent.tests.get(test, ())) for parent in parents]
    if all(one is not None and one.value.passes for one in last) and not any(
        one.value.final for one in standing
    ):
        return said
    # of a failure that a retest has overturned in the part nothing is known of the pool: it is tested itself
    return failed


class Part(Data):
    """One container that a product is divided into.

    * ``id``: a new name for the container
    * ``amount``: how much is in it
    """

    id: Ref
    amount: Amount


def _filled(product: Container | None) -> Refusal | None:
    """A lot that was filled is units in a stock: whoever divided it as well would have the same material twice."""
    if product is None or product.each is None:
        return None
    return Refusal("gate.used.units", product=product.id)


def _too_much(c: Context) -> Refusal | None:
    product, into = c.product, c.data["into"]
    if product is None:
        return None
    refusal = not_positive(part["amount"] for part in into)
    if refusal is not None or product.amount is None:
        return refusal
    total = sum_in(((part["amount"]["value"], part["amount"]["unit"]) for part in into), product.unit)
    if isinstance(total, Refusal):
        return total
    if more_than(c.rule, total, product.remaining):
        return Refusal("gate.balance.more", total=total, whole=product.remaining, unit=product.unit)
    return None


@process("product.split", "product.divided", watched=False, gates=("recalled",), product_open=OPEN, unique=NewNames("products", lambda body: [part["id"] for part in body["data"]["into"]]), balance=_too_much, condition=not_frozen, used=lambda c: _filled(c.product),
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
        child = child_of(state, [parent], part["id"], part["amount"], body)
        if data["purpose"] != "doses":
            child.status = "retained"
        if parent.amount is not None:
            parent.take(part["amount"])
    # what all of it was taken out of is empty, whatever for
    if data["purpose"] == "doses" or (parent.is_empty and body["v"] >= ASKED_SINCE_VERSION):
        parent.status = "used"


@gate("pooling", mend="keep the containers apart")
def pooling(c: Context) -> Refusal | None:
    """Cells of different people are never mixed, nothing is pooled where the programme says never, and all that is pooled is here."""
    products = [c.state.products.get(name) for name in c.data["products"]]
    known = [product for product in products if product is not None]
    if len(known) != len(products) or not known or c.view is None:
        return Refusal("gate.pooling.unknown")
    kinds = {product.kind for product in known}
    if len({product.coi for product in known}) > 1 or len(kinds) > 1:
        return Refusal("gate.pooling.events")
    if c.view.product[kinds.pop()].pooling == "never":
        return Refusal("gate.pooling.never")
    for product in known:
        if product.place != c.body["site"] or product.sent_to is not None:
            return Refusal("gate.pooling.place", product=product.id, place=product.place, site=c.body["site"])
    return None


def _part_gone(c: Context) -> Refusal | None:
    for name in c.data["products"]:
        part = c.state.products.get(name)
        if part is not None and (part.status not in OPEN or part.administered_at):
            return Refusal("gate.used.part", part=name, status=part.status)
        if (filled := _filled(part)) is not None:
            return filled
    return None


def _more_than_there_is(c: Context) -> Refusal | None:
    names, pool = c.data["products"], c.data["amount"]
    if len(set(names)) != len(names):
        return Refusal("gate.balance.twice", products=names)
    refusal = not_positive([pool])
    if refusal is not None:
        return refusal
    parts = [c.state.products[name] for name in names if name in c.state.products]
    if any(part.amount is None for part in parts):
        # cells that still grow were never counted
        return None
    whole = sum_in(((part.remaining, part.unit) for part in parts), pool["unit"])
    if isinstance(whole, Refusal):
        return whole
    rule = c.view.product.get(parts[0].kind) if c.view is not None and parts else None
    if more_than(rule, pool["value"], whole):
        return Refusal("gate.balance.more", total=pool["value"], whole=whole, unit=pool["unit"])
    return None


@process("product.pool", "product.pooled", watched=False, gates=("pooling", "recalled"), unique=NewNames("products"), used=_part_gone, balance=_more_than_there_is,
         condition=not_frozen, custody=CustodyWords("pooled"))  # fmt: skip
class Pool(Data):
    """Pool products into one; never cells of different people, and never where the bundle says so.

    * ``products``: the containers that are pooled
    * ``amount``: how much there is together
    """

    products: Annotated[list[Ref], Field(min_length=2)]
    amount: Amount


@changes("product.pooled")
def _pooled(state: State, body: Body, data: dict[str, Any]) -> None:
    parents = [state.products[name] for name in dict.fromkeys(data["products"])]
    child_of(state, parents, body["subject"], data["amount"], body)
    for parent in parents:
        parent.status = "used"
