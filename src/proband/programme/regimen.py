"""The regimen: how a product is given, how often, in which steps, with what, and who prepares and checks."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import Field, model_validator

from proband.programme.course import Companion, Cycle, FurtherCourse, LateRule, TitrationStep
from proband.programme.dose import Dose, DoseBand, DoseError, DoseRule, Rounding, Withheld, compute
from proband.programme.model import Based, Duration, Findings, Id, Slack, Text, ValidationFinding
from proband.programme.routes import AdministrationRoute
from proband.terms import Quantity, convert


class Regimen(Based):
    """How a product is given: dose, route, number and spacing of administrations, who prepares and who checks."""

    id: Annotated[Id, Field(description="Key of the regimen")]
    product: Annotated[Id, Field(description="Id of the product")]
    route: Annotated[AdministrationRoute, Field(description="By which route it is given")]
    dose: Annotated[
        DoseRule | Withheld, Field(description="The rule of the dose, or why the bundle carries none")
    ]
    administrations: Annotated[
        int | None, Field(ge=1, description="How often it is given; empty: until it is stopped")
    ] = None
    interval: Annotated[Duration | None, Field(description="Time between two administrations")] = None
    interval_tolerance: Annotated[Slack | None, Field(description="How far the interval may be missed")] = (
        None
    )
    washout: Annotated[
        Slack | None, Field(description="Free of other cell products or study drugs before the first dose")
    ] = None
    titration: Annotated[list[TitrationStep], Field(description="Steps towards the full dose")] = []
    cycle: Annotated[
        Cycle | None,
        Field(description="Doses on certain days of a cycle that repeats, in place of one interval"),
    ] = None
    late: Annotated[
        LateRule | None,
        Field(
            description="What holds of a dose whose time has passed; empty: none is given outside the interval"
        ),
    ] = None
    companions: Annotated[
        list[Companion], Field(description="Drugs that are given with the product: premedication and others")
    ] = []
    further: Annotated[
        list[FurtherCourse],
        Field(
            description="Courses beyond the planned one: on response, or when the condition comes back",
            examples=[
                [
                    {
                        "id": "on-response",
                        "on": "continuation",
                        "administrations": 4,
                        "within": {"value": 42, "unit": "d"},
                    }
                ]
            ],
        ),
    ] = []
    alternates: Annotated[
        list[Id],
        Field(
            description="Regimens that take turns with it: after its dose one of the first named, and so on, then its own again. Number, spacing, steps and rules of the whole course stand here; product, route, dose, companions and roles of each dose in its own regimen",
            examples=[["second-oligonucleotide"]],
        ),
    ] = []
    stop_rule: Annotated[
        Text,
        Field(
            description="When it is stopped, in words for people: the record stops by criteria of the scope stopping, stopping rules and holds"
        ),
    ]
    prepared_by: Annotated[Id, Field(description="Role that prepares")]
    checked_by: Annotated[Id, Field(description="Role that checks; another than the one that prepares")]
    bedside_persons: Annotated[int, Field(ge=1, le=3, description="How many people check at the bedside")]

    @model_validator(mode="after")
    def _spacing(self) -> Regimen:
        if (self.administrations or 1) > 1 and self.interval is None and self.cycle is None:
            raise ValueError(f"{self.administrations} administrations need an interval")
        if self.further and self.administrations is None:
            raise ValueError("a further course begins where the planned one ends; say administrations")
        if any(course.administrations > 1 for course in self.further) and self.spacing(1) is None:
            raise ValueError("a further course of several doses needs an interval")
        if len({course.id for course in self.further}) < len(self.further):
            raise ValueError("two further courses have one id")
        if self.interval is not None and self.cycle is not None:
            raise ValueError("doses go by an interval or by a cycle, not by both")
        if (self.late is not None or self.interval_tolerance is not None) and self.spacing(1) is None:
            raise ValueError("a rule for late doses, or a tolerance, needs an interval or a cycle")
        if self.prepared_by == self.checked_by:
            raise ValueError(
                f"{self.prepared_by!r} both prepares and checks; a second check needs a second role"
            )
        return self

    @model_validator(mode="after")
    def _course(self) -> Regimen:
        wrong = [
            ValidationFinding(("titration", index, "id"), f"the step {step.id!r} is there twice.")
            for index, step in enumerate(self.titration)
            if step.id in [one.id for one in self.titration[:index]]
        ]
        if self.titration and convert(self.titration[0].after.value, self.titration[0].after.unit, "d") != 0:
            wrong.append(
                ValidationFinding(
                    ("titration", 0, "after"), "the first step begins with the course.", "write 0 d"
                )
            )
        wrong += [
            ValidationFinding(("companions", index, "id"), f"the companion {one.id!r} is there twice.")
            for index, one in enumerate(self.companions)
            if one.id in [each.id for each in self.companions[:index]]
        ]
        counts = [step.administrations for step in self.titration]
        planned = self.administrations
        if planned is not None and counts and None not in counts:
            total = sum(count for count in counts if count is not None)
            if total != planned:
                wrong.append(
                    ValidationFinding(
                        ("administrations",),
                        f"it is given {planned} times, and {total} times by the steps of its titration.",
                        "let the two agree",
                    )
                )
        if wrong:
            raise Findings(wrong)
        return self

    def spacing(self, number: int) -> float | None:
        """Days between the dose of a number (counted from 0 within a course) and the one before it; ``None`` where nothing is said of it."""
        if self.cycle is not None:
            return self.cycle.due(number) - self.cycle.due(number - 1) if number else None
        return convert(self.interval.value, self.interval.unit, "d") if self.interval is not None else None

    @property
    def turns(self) -> tuple[str, ...]:
        """The regimens of the doses of a course, in the order in which they take turns; itself alone where none do."""
        return (self.id, *self.alternates)

    def step(self, id: str) -> TitrationStep | None:
        """A step of the titration by its key."""
        return next((one for one in self.titration if one.id == id), None)

    def compute(self, *, weight: Quantity | None = None, age: Quantity | None = None,
                surface: Quantity | None = None, measured: Mapping[str, Quantity] | None = None, fraction: float = 1.0) -> Dose:  # fmt: skip
        """The dose by the protocol's arithmetic for a stated weight, age and body surface (:func:`proband.programme.dose.compute`).

        Parameters
        ----------
        weight, age, surface
            In any unit of mass, time and area; only what the rule needs must be there.
        measured
            The same and whatever else the dose depends on, by name.
        fraction
            The titration step's share of the full dose.

        Raises
        ------
        DoseError
            As :func:`proband.programme.dose.compute`.
        """
        named = {"weight": weight, "age": age, "surface": surface}
        given = {name: one for name, one in named.items() if one is not None} | dict(measured or {})
        return compute(self.dose, given, fraction)


__all__ = [
    "Dose",
    "DoseBand",
    "DoseError",
    "DoseRule",
    "FurtherCourse",
    "Regimen",
    "Rounding",
    "TitrationStep",
    "Withheld",
]
