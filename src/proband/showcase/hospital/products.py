"""The product of one person: made, failed once, released, labelled, carried."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from datetime import timedelta

from proband.record.errors import Refused
from proband.record.events import stamp
from proband.record.making import steps_recorded_as
from proband.showcase.hospital.stage import LABORATORY, Stage


def treatable(stage: Stage) -> int:
    """How many people have had a product made so far."""
    return sum(1 for person in stage.record.state.participants.values() if person.manufactured_at)


#: what is measured at a step, as it is written down
READINGS = {"count": (1.28e8, "{cells}"), "viability": (90.0, "%")}


def make(stage: Stage, batch: str, coi: str, din: str) -> Iterator[timedelta]:
    """The bundle's own process steps from receipt to portioning, in weeks; a second person agrees where work stops."""
    product = stage.record.state.therapies[coi].product
    operator = "laboratory-operator"
    stage.do(operator, "product.make", batch, {"coi": coi, "collections": [din]})
    for number, (step, phase) in enumerate(stage.view.product[product].due()):
        if phase != "finish":
            break
        if step.recorded_as == "step":
            if number > 3:
                finish_early(stage, batch)
            began = stage.now
            yield timedelta(days=14 if step.id.startswith("expand") else 1)
            stage.do(operator, "product.step", batch, {
                "step": step.id, "operators": [f"{operator}-{LABORATORY}"], "equipment": [f"EQ-{step.id}"[:40]],
                "lots": [f"MEDIUM-{stage.clock[0]:%Y%m}"] if "reagent-lot" in step.records else [],
                "temperature": {"value": 37.0, "unit": "Cel"} if "temperature" in step.records else None, "start": began, "end": stage.now,
                "readings": readings(step.records, number), "images": [f"{batch}-{step.id}"] if "image" in step.records else [],
            })  # fmt: skip
        if step.hold_point:
            stage.do("quality-officer", "product.agree", batch, {"step": step.id})
    finish(stage, batch)


def readings(records: Sequence[str], number: int = 0) -> list[dict[str, object]]:
    """What is measured of what must be recorded."""
    wanted = [(what, *READINGS[what]) for what in READINGS if what in records]
    return [
        {"what": what, "value": value + number % 5 if what == "viability" else value, "unit": unit}
        for what, value, unit in wanted
    ]


def finish(stage: Stage, batch: str) -> None:
    """Manufacture is complete: amount and day of expiry."""
    stage.do("laboratory-operator", "product.finish", batch, {
        "amount": {"value": 1.28e8, "unit": "{cells}"}, "expires_at": stamp(stage.clock[0] + timedelta(days=700)),
    })  # fmt: skip


def finish_early(stage: Stage, batch: str) -> None:
    """Once in the whole run somebody is about to finish a batch with a step missing, and is stopped."""
    if any("with a step missing" in line for line in stage.happenings):
        return
    try:
        finish(stage, batch)
    except Refused as refused:
        stage.happened(
            f"{batch} was to be finished with a step missing; stopped: {refused.refusals[0].message}"
        )


def fail(stage: Stage, batch: str, person: str) -> None:
    """Growth in the sterility culture: quarantine by itself, investigation, rejection; the attempt keeps its place.

    Whatever shares a reagent lot with it is put aside with it, and goes on once somebody has looked into the lot.
    """
    tests = stage.view.product[stage.record.state.products[batch].kind].release_tests
    sterile = next(test for test in tests if test.attribute == "sterility")
    stage.do(
        "quality-officer",
        "product.test",
        batch,
        {"test": sterile.id, "result": "positive", "laboratory": "microbiology"},
    )
    stage.do(
        "quality-officer",
        "product.investigate",
        batch,
        {"finding": "growth in two bottles (simulated)", "conclusion": "rejected"},
    )
    look_into_the_lot(stage, batch)
    stage.happened(
        f"{person}: {batch} fails sterility; rejected; marrow is taken a second time under the same identity"
    )


def look_into_the_lot(stage: Stage, batch: str) -> None:
    """What shares a lot of medium with a batch that failed was put aside with it: it goes on once the medium was cultured, and is released again."""
    products = stage.record.state.products
    lots = set(products[batch].lots)
    beside = [one for one in products.values() if one.status == "quarantined" and lots & set(one.lots)]
    for one in beside:
        finding = f"the medium that it shares with {batch} was cultured: no growth (simulated)"
        stage.do(
            "quality-officer", "product.investigate", one.id, {"finding": finding, "conclusion": "goes-on"}
        )
        if one.released_at is not None:
            sign(stage, one.id, stage.view.regimen[one.regimen].route.value)
    if beside:
        stage.happened(
            f"{len(beside)} containers that share a lot of medium with {batch} are put aside until it was cultured"
        )


def sign(stage: Stage, bag: str, route: str) -> None:
    """As many people as the bundle asks for sign the release."""
    made = stage.record.state.products[bag]
    for role in ("quality-officer", "responsible-person")[: stage.view.product[made.kind].release_signatures]:
        stage.do(role, "product.release", bag, {"route": route}, site=made.place)


def release(
    stage: Stage, batch: str, coi: str, portions: int, route: str, site: str
) -> Generator[timedelta, None, list[str]]:
    """Portion, test, label, sign twice, freeze, and carry to the site where it is given."""
    bags = [f"{batch}-{letter}" for letter in "abcdefgh"[:portions]]
    part = {"value": 3.0e7, "unit": "{cells}"}
    stage.do(
        "laboratory-operator",
        "product.split",
        batch,
        {"into": [{"id": bag, "amount": part} for bag in bags]},
    )
    product = stage.view.product[stage.record.state.products[batch].kind]
    for bag in bags:
        for test in product.release_tests:
            if route in [known.value for known in test.routes] and test.timing == "before-release":
                result: float | str = test.operator
                if test.operator in ("<", "<="):
                    result = test.limit.value * 0.5 if test.limit else 0.0
                elif test.operator in (">", ">="):
                    result = min(99.0, test.limit.value + 3.0) if test.limit else 0.0
                stage.do(
                    "quality-officer",
                    "product.test",
                    bag,
                    {"test": test.id, "result": result, "laboratory": "quality control"},
                )
        label(stage, bag, coi)
        freeze(stage, bag)
    yield timedelta(days=3)
    for bag in bags:
        sign(stage, bag, route)
        if site != LABORATORY:
            carry(stage, bag, coi, site)
    return bags


def freeze(stage: Stage, bag: str) -> None:
    """A second person agrees to the labels, then it is frozen at the controlled rate."""
    state = stage.record.state
    agree(stage, bag, "label")
    if steps_recorded_as(stage.view.product[state.products[bag].kind], "freezing"):
        stage.do("laboratory-operator", "product.freeze", bag, {
            "position": f"cassette {bag}", "equipment": "LN2-1", "temperature": {"value": -151.0, "unit": "Cel"},
        })  # fmt: skip
        agree(stage, bag, "freezing")


def agree(stage: Stage, bag: str, kind: str, site: str = LABORATORY) -> None:
    """Where work stops at steps of a kind a second person agrees."""
    for step in steps_recorded_as(stage.view.product[stage.record.state.products[bag].kind], kind):
        if step.hold_point:
            stage.do("quality-officer", "product.agree", bag, {"step": step.id}, site=site)


def label(stage: Stage, bag: str, coi: str) -> None:
    """Three labels printed, one applied, one spoiled, one destroyed: the balance comes to zero."""
    stage.serial += 3
    names = [f"L{stage.serial - offset:05d}" for offset in (2, 1, 0)]
    stage.do("laboratory-operator", "label.print", bag, {"labels": names, "coi": coi})
    for name, fate in zip(names, ("applied", "spoiled", "destroyed"), strict=True):
        stage.do("laboratory-operator", "label.fate", bag, {"labels": [name], "fate": fate})


def label_on(stage: Stage, bag: str) -> str:
    """The label that is on a container."""
    state = stage.record.state
    return next(name for name in state.products[bag].labels if state.labels[name].fate == "applied")


def carry(stage: Stage, bag: str, coi: str, site: str) -> None:
    """Hand over and take over between sites, with both scans."""
    cold = {"value": -151.0, "unit": "Cel"}
    stage.do(
        "laboratory-operator",
        "product.send",
        bag,
        {
            "to": site,
            "carrier": "dry shipper DS-2",
            "label": label_on(stage, bag),
            "coi": coi,
            "temperature": cold,
        },
    )
    stage.clock[0] += timedelta(hours=20)
    stage.do(
        "bedside-nurse",
        "product.receive",
        bag,
        {"label": label_on(stage, bag), "coi": coi, "lowest": cold, "highest": cold, "in_range": True},
        site=site,
    )
