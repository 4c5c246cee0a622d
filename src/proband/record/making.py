"""How far the making of a container has come by the programme: which steps were done, where a second person agreed, what is missing."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from proband.programme.product import Phase, ProcessStep, Product
from proband.record.events import ASKED_SINCE_VERSION
from proband.record.product import Container

#: steps that the entries of the therapy event show, which stand before there is a container
_BEFORE = ("identifier", "collection")
_PHASES: tuple[Phase, ...] = ("finish", "release", "giving")


def fulfilled(step: ProcessStep, product: Container) -> bool:
    """Whether a step was done, and agreed to by a second person where work stops at it."""
    done = step.recorded_as in _BEFORE or step.id in product.done
    return done and (not step.hold_point or step.id in product.agreed)


def missing(rule: Product, product: Container, upto: Phase) -> list[str]:
    """The steps that are due before the product is finished, released or given, and are not fulfilled, in their order."""
    return [
        step.id
        for step, phase in rule.due()
        if _PHASES.index(phase) <= _PHASES.index(upto) and not fulfilled(step, product)
    ]


def missing_at_the_bed(rule: Product, product: Container) -> list[str]:
    """The same for what can still have changed since the release: labels, freezing, thawing, and what is done after thawing."""
    return [
        step.id
        for step, phase in rule.due()
        if (phase == "giving" or step.recorded_as in ("label", "freezing"))
        and step.recorded_as not in _BEFORE
        and not fulfilled(step, product)
    ]


def before(rule: Product, product: Container, step: str) -> list[str]:
    """The steps that stand before one and are not fulfilled: work stops until they are."""
    found: list[str] = []
    for one in rule.manufacturing:
        if one.id == step:
            break
        if not fulfilled(one, product):
            found.append(one.id)
    return found


def step_of(rule: Product | None, step: str) -> ProcessStep | None:
    """A step of the programme by its key."""
    return next((one for one in rule.manufacturing if one.id == step), None) if rule is not None else None


def steps_recorded_as(rule: Product | None, kind: str) -> list[ProcessStep]:
    """The steps that an entry of one kind shows."""
    return [one for one in rule.manufacturing if one.recorded_as == kind] if rule is not None else []


def not_recorded(step: ProcessStep, data: Mapping[str, Any]) -> list[str]:
    """What must be recorded at a step and is not among what is told of it."""
    read = {reading["what"].lower() for reading in data.get("readings", ())}
    there = {
        "operator": True,
        "time": True,
        "equipment": bool(data.get("equipment")),
        "reagent-lot": bool(data.get("lots")),
        "temperature": data.get("temperature") is not None,
        "count": "count" in read,
        "viability": "viability" in read,
        "image": bool(data.get("images")),
    }
    return [name for name in step.records if not there[name]]


#: what those may do who make a container
MAKING = "product.process"


def note_done(
    product: Container,
    steps: list[ProcessStep],
    people: list[str],
    body: Mapping[str, Any],
    permission: str = MAKING,
) -> None:
    """Note who did some steps, and whose word it is; whoever agreed to them before agreed to something else."""
    for step in steps:
        product.done[step.id] = list(dict.fromkeys(people))
        product.agreed.pop(step.id, None)
        product.hands = [one for one in product.hands if one[0] != "steps" or one[2] != step.id]
        note_hand(product, "steps", permission, step.id, body)


def note_hand(product: Container, gate: str, permission: str, work: str, body: Mapping[str, Any]) -> None:
    """Note whose hands a container went through at some work on which a dose of it rests."""
    if body["v"] >= ASKED_SINCE_VERSION:
        product.handled(gate, permission, work, body["actor"], body["at"])
