"""Whoever an event names as a member of staff is one: here, on that day, with the trainings of a role."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, get_args

import pytest

from proband.record.commands import COMMANDS, Data
from proband.record.declare.data import REFERENCE, StaffRef, staff_fields
from proband.record.errors import Refused

from .synthetic import Hospital, hospital

CUSTODIAN = {"actor": "sys-1", "site": "*"}
FIELDS = sorted((verb, field) for verb, declared in COMMANDS.items() for field in declared.staff)

#: an honest command for each field, by verb: subject, data, actor. A new field without one fails below.
HONEST: dict[str, tuple[str, dict[str, Any], str]] = {
    "dose.check": (
        "BAG-1",
        {"participant": "S-1", "dose": {"value": 8e7, "unit": "{cells}"}, "prepared_by": "lab-1",
         "inputs": {"weight": {"value": 80.0, "unit": "kg"}}},
        "qa-1",
    ),
    "product.step": (
        "BAG-1",
        {"step": "expand", "operators": ["lab-1"], "start": "2026-03-02T08:00:00Z", "end": "2026-03-02T08:00:00Z"},
        "lab-1",
    ),
    "decision.record": (
        "S-1", {"present": ["dr-1", "dr-3"], "options": ["go on", "stop"], "decision": "go on", "dissent": []}, "dr-1",
    ),
}  # fmt: skip

#: people who are not staff, and the first custodian, whom the founding event makes one
PERSONS = {"consent.give.guardians.id", "study.open.custodian"}
#: what the other identifiers in the data of commands name: things, places, roles, and participants, whom other gates know
THINGS = frozenset({
    "companion", "shipment", "category", "donations", "supplier_lot",
    "arm", "bag", "by_check", "clock", "coi", "collections", "din", "equipment", "event", "external", "fields", "gates", "hold", "id", "images",
    "instrument", "items", "kit", "kits", "label", "labels", "level", "lot", "lots", "milestone", "number", "participant", "participants", "product", "products", "regimen", "role",
    "route", "rule", "scores", "step", "stratum", "tables", "test", "to", "to_site", "training", "variant", "version", "visit", "what",
    "wristband",
})  # fmt: skip


def ready(verb: str) -> Hospital:
    house = hospital()
    house.admit("S-1")
    house.collect("S-1", "COI-1", "DIN-1")
    house.make("BAG-1", "COI-1", ["DIN-1"])
    if verb == "dose.check":
        house.test("BAG-1")
        house.label("BAG-1", "COI-1")
        house.release("BAG-1")
    return house


def train(house: Hospital, person: str, until: str) -> None:
    house.do("staff.train", person, {"training": "gmp", "valid_until": until}, **CUSTODIAN)


def grant(house: Hospital, person: str, site: str, role: str = "operator") -> None:
    house.do("staff.grant", person, {"role": role, "sites": [site]}, **CUSTODIAN)


def nobody(house: Hospital) -> None:
    """Nobody knows of such a person."""


def elsewhere(house: Hospital) -> None:
    grant(house, "x-1", "south")
    train(house, "x-1", "2030-01-01")


def untrained(house: Hospital) -> None:
    grant(house, "x-1", "north")


def run_out(house: Hospital) -> None:
    grant(house, "x-1", "north")
    train(house, "x-1", "2026-03-01")


def only_a_training(house: Hospital) -> None:
    train(house, "x-1", "2030-01-01")


def gone(house: Hospital) -> None:
    grant(house, "x-1", "north")
    train(house, "x-1", "2030-01-01")
    house.do("staff.revoke", "x-1", {"role": "operator"}, **CUSTODIAN)


def grants_roles(house: Hospital) -> None:
    grant(house, "x-1", "*", "custodian")


def send(house: Hospital, verb: str, field: str, name: str) -> None:
    subject, data, actor = HONEST[verb]
    value: Any = [*data[field], name] if isinstance(data[field], list) else name
    house.do(verb, subject, data | {field: value}, actor=actor)


@pytest.mark.parametrize(
    "how", [nobody, elsewhere, untrained, run_out, only_a_training, gone, grants_roles], ids=lambda how: how.__name__
)  # fmt: skip
@pytest.mark.parametrize(("verb", "field"), FIELDS)
def test_nobody_is_named_who_does_not_work_here_on_that_day(verb: str, field: str, how: Any) -> None:
    house = ready(verb)
    how(house)
    with pytest.raises(Refused) as refused:
        send(house, verb, field, "x-1")
    (refusal,) = refused.value.refusals
    assert refusal.code == "gate.authority.staff"
    assert all(word in refusal.message for word in (field, "x-1", "north"))


@pytest.mark.parametrize(("verb", "field"), FIELDS)
def test_whoever_works_here_may_be_named(verb: str, field: str) -> None:
    house = ready(verb)
    grant(house, "x-1", "north")
    train(house, "x-1", "2026-03-02")
    send(house, verb, field, "x-1")
    assert not house.record.state.invalid


def identifiers(model: type[Data], place: str) -> Iterator[str]:
    """Every field for an identifier, wherever it stands in the data, that is not marked as one of the staff."""

    def reads(annotation: Any, metadata: Any) -> bool:
        patterns = {getattr(one, "pattern", None) for one in metadata} | {
            getattr(inner, "pattern", None) for one in metadata for inner in getattr(one, "metadata", ())
        }
        return REFERENCE in patterns or any(
            reads(inner, getattr(inner, "__metadata__", ())) for inner in get_args(annotation)
        )

    marked = staff_fields(model)
    for name, field in model.model_fields.items():
        if name not in marked and reads(field.annotation, field.metadata):
            yield f"{place}.{name}"
        for inner in get_args(field.annotation) or (field.annotation,):
            if isinstance(inner, type) and issubclass(inner, Data):
                yield from identifiers(inner, f"{place}.{name}")


def test_every_identifier_is_said_to_name_staff_or_something_else() -> None:
    """A new field for an identifier is marked, or added here with what it names: none is forgotten."""
    found = {name for verb, declared in COMMANDS.items() for name in identifiers(declared.data, verb)}
    assert found >= PERSONS
    assert {name for name in found - PERSONS if name.rsplit(".", 1)[-1] not in THINGS} == set()


def test_a_field_within_a_model_is_not_overlooked() -> None:
    class Inner(Data):
        by: StaffRef | None = None

    class Outer(Data):
        parts: list[Inner] = []

    assert staff_fields(Inner) == ("by",)
    with pytest.raises(ValueError, match=r"Outer\.parts"):
        staff_fields(Outer)


def test_no_correction_names_staff_past_the_gate() -> None:
    """The gates of conduct judge who corrects, not the corrected data: what names staff has another way back."""
    assert not [verb for verb, field in FIELDS if COMMANDS[verb].replacement is not None]
    assert {verb for verb, _ in FIELDS} == set(HONEST)
