"""The product of one person: made, failed once, released, labelled, carried."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from datetime import timedelta

from proband.record.events import stamp
from proband.showcase.hospital.stage import LABORATORY, Stage


def treatable(stage: Stage) -> int:
    """How many people have had a product made so far."""
    return sum(1 for person in stage.record.state.participants.values() if person.manufactured_at)


def make(stage: Stage, batch: str, coi: str, din: str) -> Iterator[timedelta]:
    """The bundle's own process steps from isolation to portioning, in weeks."""
    product = stage.record.state.therapies[coi].product
    steps = [
        step
        for step in stage.view.product[product].manufacturing
        if step.id not in ("allocate-identity", "harvest", "label", "freeze", "thaw")
    ]
    operator = "laboratory-operator"
    stage.do(operator, "product.make", batch, {"coi": coi, "collections": [din]})
    for number, step in enumerate(steps):
        began = stage.now
        yield timedelta(days=14 if step.id.startswith("expand") else 1)
        stage.do(operator, "product.step", batch, {
            "step": step.id, "operators": [f"{operator}-{LABORATORY}"], "equipment": [f"EQ-{step.id}"[:40]],
            "lots": [f"MEDIUM-{stage.clock[0]:%Y%m}"] if "reagent-lot" in step.records else [],
            "temperature": {"value": 37.0, "unit": "Cel"} if "temperature" in step.records else None, "start": began, "end": stage.now,
            "readings": [{"what": "viability", "value": 90.0 + number % 5, "unit": "%"}] if "viability" in step.records else [],
        })  # fmt: skip
    stage.do(operator, "product.finish", batch, {
        "amount": {"value": 1.28e8, "unit": "{cells}"}, "expires_at": stamp(stage.clock[0] + timedelta(days=700)),
    })  # fmt: skip


def fail(stage: Stage, batch: str, person: str) -> None:
    """Growth in the sterility culture: quarantine by itself, investigation, rejection; the attempt keeps its place."""
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
    stage.happened(
        f"{person}: {batch} fails sterility; rejected; marrow is taken a second time under the same identity"
    )


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
        stage.do(
            "laboratory-operator",
            "product.freeze",
            bag,
            {"position": f"cassette {bag}", "equipment": "LN2-1"},
        )
    yield timedelta(days=3)
    for bag in bags:
        for role in ("quality-officer", "responsible-person")[: product.release_signatures]:
            stage.do(role, "product.release", bag, {"route": route})
        if site != LABORATORY:
            carry(stage, bag, coi, site)
    return bags


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
