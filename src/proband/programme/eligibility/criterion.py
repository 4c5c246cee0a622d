"""What must hold: criteria over observables, the cohorts they concern and the visits at which they are asked."""

from __future__ import annotations

from enum import StrEnum
from functools import cached_property
from typing import Annotated

from pydantic import Field, model_validator

from proband.programme.expression import ParsedExpression, parse
from proband.programme.model import Based, Id, Text
from proband.terms import ProbandError

CriterionId = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_-]*$", max_length=60)]


class CriterionKind(StrEnum):
    """Whether a person must have it or must not."""

    INCLUDE = "include"
    EXCLUDE = "exclude"


class Purpose(StrEnum):
    """Why the criterion is there."""

    SAFETY = "safety"
    ENRICHMENT = "enrichment"
    ADMINISTRATIVE = "administrative"


class Scope(StrEnum):
    """When a criterion is asked: to come in, before each dose, to be given more, to be given it again, or to be given no more."""

    ENTRY = "entry"
    BEFORE_DOSE = "before-dose"
    CONTINUATION = "continuation"
    RETREATMENT = "retreatment"
    STOPPING = "stopping"


#: the scopes with a verdict of their own; what stops somebody is asked with what is asked before each dose
LATER_SCOPES = (Scope.BEFORE_DOSE.value, Scope.CONTINUATION.value, Scope.RETREATMENT.value, Scope.STOPPING.value)  # fmt: skip


class Cohort(Based):
    """One of several groups with criteria of their own; a person qualifies through any one of them."""

    id: Id
    label: Annotated[Text, Field(description="What the group is called")]


class ScreeningVisit(Based):
    """A further occasion at which criteria are looked at again; its day is that of the anchor.

    At a visit, "screening" in windows and elapsed times means the day of the visit. Until it has been held, what is
    asked there is unknown.
    """

    id: Id
    label: Annotated[Text, Field(description="What the occasion is called")]
    anchor: Annotated[Id, Field(description="The anchor whose day it is")]


class Criterion(Based):
    """One rule. ``when`` is the expression; for an exclusion it says who is *out*.

    ``cohorts``: only for these (none named = all). ``visits``: evaluated at each (none named = at screening). ``scopes``: when it
    is asked at all; where none is named, on coming in and again before every dose.
    ``reason`` says why the rule exists, ``text`` how the protocol prints it, ``plain`` how a family reads it.
    """

    id: Annotated[CriterionId, Field(description="Short name, as the protocol numbers it")]
    kind: Annotated[CriterionKind, Field(description="Whether a person must have it or must not")]
    purpose: Annotated[Purpose, Field(description="What it is for")]
    reason: Annotated[Text, Field(description="Why the rule exists")]
    when: Annotated[str, Field(min_length=1, description="Expression over observables")]
    text: Annotated[str | None, Field(description="How the protocol prints it")] = None
    plain: Annotated[str | None, Field(description="How a family reads it")] = None
    cohorts: Annotated[tuple[Id, ...], Field(description="Only for these groups; left out: for all")] = ()
    visits: Annotated[
        tuple[Id, ...], Field(description="Asked at each of these visits; left out: at screening")
    ] = ()
    scopes: Annotated[
        tuple[Scope, ...],
        Field(
            description="When it is asked: on coming in (entry), before each dose, to be given more on response (continuation), to be given it again (retreatment), or as what stops somebody for good (stopping); left out: on entry and before every dose",
            examples=[["entry"], ["entry", "before-dose"]],
        ),
    ] = ()

    @model_validator(mode="after")
    def _readable(self) -> Criterion:
        try:
            _ = self.parsed
        except ProbandError as error:
            raise ValueError(f"{self.id}: {error.message}; {error.mend}") from error
        if len(set(self.scopes)) < len(self.scopes):
            raise ValueError(f"{self.id} names a scope twice")
        if self.visits and self.scopes and Scope.ENTRY not in self.scopes:
            raise ValueError(
                f"{self.id} is asked at visits of screening, and its scopes leave entry out; name entry, or no visits"
            )
        return self

    def asked(self, scope: str) -> bool:
        """Whether it belongs to a scope; what stops somebody is asked before each dose too."""
        if not self.scopes:
            return scope in (Scope.ENTRY, Scope.BEFORE_DOSE)
        return scope in self.scopes or (scope == Scope.BEFORE_DOSE and Scope.STOPPING in self.scopes)

    @cached_property
    def parsed(self) -> ParsedExpression:
        """The expression as parsed when the criterion was made; the only time that its text is read."""
        return parse(self.when)

    @property
    def has_limit(self) -> bool:
        """Whether the expression holds a number or a quoted limit, which needs a source and a level."""
        return self.parsed.has_limit
