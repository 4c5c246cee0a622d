"""The analysis plan of a study, locked: its questions with their hashes and error, the looks, the code; amended only in the open.

What is locked is signed over its canonical bytes. An amendment is a plan of its own that names every plan before it and says why; reports
show which plan they were made under, and the final report says when a look was already taken under an earlier one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date as Day
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal, TypeAlias

from pydantic import Field, ValidationError, model_validator

import proband
from proband.analysis.stated import StatedEstimand
from proband.programme import Programme
from proband.programme.model import Id, Model, Text
from proband.programme.sealing import Sealable, Sealed, first_fault, seal_parts
from proband.terms.errors import ProbandError
from proband.trial.forecast.document import Sha256, analysis_code
from proband.trial.plan import SimulationPlan, plan_of

if TYPE_CHECKING:
    from proband.programme.sealing import PrivateKey

FORMAT: Literal["proband-plan-1"] = "proband-plan-1"


class StudyError(ProbandError):
    """A plan that cannot be locked or held, or a report that may not be made."""


class LockedQuestion(Model):
    """A question of the plan, in its order: which estimand, at which error, after which other, and when it is looked at."""

    id: Annotated[Id, Field(description="Id of the estimand")]
    hash: Annotated[Sha256, Field(description="Its hash")]
    error: Annotated[float, Field(gt=0, lt=1, description="Two-sided error")]
    after: Annotated[Id | None, Field(description="Tested only if this one was answered yes")] = None
    looks: Annotated[
        list[float], Field(description="Shares of the information at looks before the last")
    ] = []
    spending: Annotated[str | None, Field(description="How the error is spent over the looks")] = None


class LockedSimulation(Model):
    """The simulation that the plan rests on, by which it can be run again."""

    key: Annotated[Sha256, Field(description="Key of the run")]
    trials: Annotated[int, Field(ge=1, description="Simulated studies of each scenario")]
    seed: Annotated[int, Field(description="Its seed")]
    type_one_error: Annotated[
        dict[str, float | None], Field(description="Largest error over all scenarios without an effect, by question")
    ]  # fmt: skip


class LockedPlan(Sealable):
    """The plan of a study, before anybody looked."""

    sealed_as: ClassVar[str] = "plan"

    format: Literal["proband-plan-1"] = FORMAT
    programme: Annotated[Id, Field(description="Id of the programme")]
    programme_version: Annotated[str, Field(description="Its version")]
    programme_hash: Annotated[Sha256, Field(description="Its hash")]
    study: Annotated[Id, Field(description="Id of the study")]
    title: Annotated[Text, Field(description="Its title")]
    people: Annotated[dict[Id, int], Field(description="People planned in each arm")]
    questions: Annotated[list[LockedQuestion], Field(min_length=1, description="The primary one first")]
    version: Annotated[str, Field(description="Version of the program")]
    code: Annotated[Sha256, Field(description="The hash of the code of all analyses of this version")]
    simulation: Annotated[LockedSimulation | None, Field(description="What it rests on")] = None
    locked_by: Annotated[str, Field(min_length=1, max_length=200, description="Who locks it")]
    locked_on: Annotated[Day, Field(description="The day that they state")]
    replaces: Annotated[
        list[Sha256], Field(description="Hashes of the plans before it, the first first")
    ] = []
    why: Annotated[Text | None, Field(description="Why it replaces the one before")] = None

    @model_validator(mode="after")
    def _amended_in_the_open(self) -> LockedPlan:
        if bool(self.replaces) != (self.why is not None):
            raise ValueError("a plan that replaces another says why, and no other does")
        return self

    @property
    def line(self) -> tuple[str, ...]:
        """The hashes of every plan of the study up to this one."""
        return (*self.replaces, self.hash)


#: a plan with the signature over its canonical bytes
SealedPlan: TypeAlias = Sealed[LockedPlan]


def lock_plan(
    programme: Programme,
    study: str | None,
    *,
    by: str,
    on: Day,
    key: PrivateKey,
    simulation: Mapping[str, Any] | None = None,
    replaces: SealedPlan | None = None,
    why: str | None = None,
) -> SealedPlan:
    """Lock the plan of a study of a bundle, its first one where none is named.

    Parameters
    ----------
    simulation
        The report of :func:`proband.trial.simulation_report.simulation_report` that the plan rests on.
    replaces, why
        The plan before it, and the reason for another one.

    Raises
    ------
    StudyError
        ``study.plan.simulation`` where the report is of another programme, study or estimand; ``study.plan.unreadable`` where something
        is missing; ``study.plan.other`` where the plan before is of another study.
    """
    plan = plan_of(programme, study)
    if replaces is not None:
        before = (replaces.document.programme, replaces.document.study)
        if before != (programme.id, plan.trial.id):
            raise StudyError(
                "study.plan.other", named="/".join(before), given=f"{programme.id}/{plan.trial.id}"
            )
    try:
        document = LockedPlan(
            programme=programme.id, programme_version=programme.version, programme_hash=programme.hash, study=plan.trial.id,
            title=plan.trial.title, people=dict(plan.arms), questions=[_question(stated) for stated in plan.estimands],
            version=proband.__version__, code=analysis_code(), simulation=None if simulation is None else _simulation(plan, simulation),
            locked_by=by, locked_on=on, replaces=list(replaces.document.line) if replaces else [], why=why,
        )  # fmt: skip
    except ValidationError as error:
        raise _unreadable(error) from error
    return Sealed.by(document, key)


def _question(stated: StatedEstimand) -> LockedQuestion:
    gate, looks = stated.estimand.gate, stated.estimand.looks
    return LockedQuestion(
        id=stated.id, hash=stated.hash, error=gate.error, after=gate.after, looks=list(looks.fractions) if looks else [],
        spending=looks.spending if looks else None,
    )  # fmt: skip


def _simulation(plan: SimulationPlan, report: Mapping[str, Any]) -> LockedSimulation:
    try:
        found = (
            report["programme"]["hash"],
            report["design"]["id"],
            [each["hash"] for each in report["estimands"]],
        )
        if found != (plan.programme_hash, plan.trial.id, [stated.hash for stated in plan.estimands]):
            raise StudyError("study.plan.simulation", study=plan.trial.id)
        run = report["run"]
        errors = {id: each["value"] for id, each in report["type_one_error"].items()}
        return LockedSimulation(
            key=run["key"], trials=run["trials_per_scenario"], seed=run["seed"], type_one_error=errors
        )
    except (KeyError, TypeError, AttributeError) as error:
        raise StudyError("study.file", what="simulation report", reason=str(error)) from error


def _unreadable(error: ValueError) -> StudyError:
    field, reason = first_fault(error, "plan")
    return StudyError("study.plan.unreadable", field=field, reason=reason)


def read_plan(text: str | bytes) -> SealedPlan:
    """A locked plan from its file, its signature checked.

    Raises
    ------
    StudyError
        ``study.plan.unreadable``; ``study.plan.forged`` where it was changed after it was locked.
    """
    try:
        parts = seal_parts(text, LockedPlan)
        document = LockedPlan.model_validate_json(json.dumps(parts.document))
        sealed = Sealed(document, parts.public_key, parts.signature)
        genuine = document.hash == parts.hash and sealed.genuine
    except (KeyError, TypeError, RecursionError) as error:
        raise StudyError("study.plan.unreadable", field="plan", reason=str(error)) from error
    except ValueError as error:
        raise _unreadable(error) from error
    if not genuine:
        raise StudyError("study.plan.forged")
    return sealed


def hold_to(plan: LockedPlan, programme: Programme) -> SimulationPlan:
    """The study of a plan as its bundle has it.

    Raises
    ------
    StudyError
        ``study.plan.programme`` where the bundle is not the one that was locked, with the questions that changed.
    """
    if (plan.programme, plan.programme_hash) != (programme.id, programme.hash):
        raise StudyError(
            "study.plan.programme", named=f"{plan.programme} {plan.programme_hash[:12]}", given=f"{programme.id} {programme.hash[:12]}"
        )  # fmt: skip
    return plan_of(programme, plan.study)
