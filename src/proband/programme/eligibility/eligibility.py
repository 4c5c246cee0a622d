"""The whole of ``eligibility.yaml``: observables, criteria, and how they hang together."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Annotated

from pydantic import Field, model_validator

from proband.programme.eligibility.criterion import Cohort, Criterion, Scope, ScreeningVisit
from proband.programme.eligibility.kinds import AnyObservable
from proband.programme.eligibility.observable import Observable
from proband.programme.eligibility.references import (
    anchor_findings,
    criterion_findings,
    doubled_ids,
    observable_findings,
)
from proband.programme.eligibility.windows import Anchor
from proband.programme.expression import Expression, ObservableSignature, check, words
from proband.programme.model import Based, Findings, ValidationFinding
from proband.terms import ProbandError


class Eligibility(Based):
    """The whole of ``eligibility.yaml``.

    Raises
    ------
    pydantic.ValidationError
        For doubled ids, references to nothing, expressions that do not type-check (with line, column and caret), and
        limits without a source.
    """

    anchors: Annotated[tuple[Anchor, ...], Field(description="Days from which time is counted")] = ()
    visits: Annotated[
        tuple[ScreeningVisit, ...], Field(description="Further occasions at which criteria are asked again")
    ] = ()
    cohorts: Annotated[tuple[Cohort, ...], Field(description="Groups with criteria of their own")] = ()
    observables: Annotated[
        tuple[AnyObservable, ...],
        Field(min_length=1, description="What is looked at; each is of one of the kinds"),
    ]
    criteria: Annotated[tuple[Criterion, ...], Field(min_length=1, description="What must hold")]

    @cached_property
    def by_id(self) -> dict[str, Observable]:
        """Observables by id."""
        return {o.id: o for o in self.observables}

    @cached_property
    def signatures(self) -> dict[str, ObservableSignature]:
        """Signatures of the observables by id."""
        return {o.id: o.signature for o in self.observables}

    @cached_property
    def typed(self) -> tuple[dict[str, Expression], dict[str, ProbandError]]:
        """The checked expression of each criterion by its id, and the error of each that does not type-check."""
        expressions: dict[str, Expression] = {}
        errors: dict[str, ProbandError] = {}
        for c in self.criteria:
            try:
                expressions[c.id] = check(c.parsed, self.signatures)
            except ProbandError as error:
                errors[c.id] = error
        return expressions, errors

    @property
    def expressions(self) -> dict[str, Expression]:
        """The checked expression of each criterion by its id: typed once, when the eligibility was made."""
        return self.typed[0]

    @property
    def entry_criteria(self) -> tuple[Criterion, ...]:
        """What is asked of whoever wants to come in."""
        return tuple(c for c in self.criteria if c.asked(Scope.ENTRY))

    @cached_property
    def has_scopes(self) -> bool:
        """Whether any criterion says when it is asked: then doses after the first ask their own criteria, and not those of entry again."""
        return any(c.scopes for c in self.criteria)

    def of_scope(self, scope: str) -> tuple[Criterion, ...]:
        """The criteria of a scope."""
        return tuple(c for c in self.criteria if c.asked(scope))

    def criterion(self, id: str) -> Criterion:
        """The criterion with this id.

        Raises
        ------
        KeyError
            If there is none.
        """
        for criterion in self.criteria:
            if criterion.id == id:
                return criterion
        raise KeyError(id)

    def words(self, id: str) -> str:
        """A criterion as a sentence made from its expression."""
        return words(self.expressions[id], self.signatures)

    def cohort_ids(self) -> tuple[str | None, ...]:
        """The cohorts, or ``(None,)`` where the programme has one group only."""
        return tuple(c.id for c in self.cohorts) or (None,)

    @model_validator(mode="after")
    def _coherent(self) -> Eligibility:
        found = [*self._references(), *self._expressions()]
        if found:
            raise Findings(found)
        return self

    def _references(self) -> Iterator[ValidationFinding]:
        for part in ("anchors", "visits", "cohorts", "observables", "criteria"):
            yield from doubled_ids(part, [item.id for item in getattr(self, part)])
        yield from anchor_findings(self.anchors, self.visits, self.observables)
        yield from observable_findings(self.observables)
        yield from criterion_findings(self.criteria, self.cohorts, self.visits)

    def _expressions(self) -> Iterator[ValidationFinding]:
        """Expressions that do not type-check, and limits without a source; none where it is not clear which observable is meant."""
        if len(self.by_id) < len(self.observables):
            return
        _, errors = self.typed
        for index, c in enumerate(self.criteria):
            error = errors.get(c.id)
            if error is not None:
                message, mend = error.message, error.mend or "correct the expression"
            elif c.has_limit and not ((c.source or self.source) and (c.level or self.level)):
                message, mend = "its limit has no source and level", "name where it was seen"
            else:
                continue
            yield ValidationFinding(("criteria", index, "when"), f"criterion {c.id!r}: {message}", mend)
