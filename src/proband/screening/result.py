"""What screening answers: a criterion's standing, what is missing, what time would change, and the verdict that holds them all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from proband.programme.eligibility import CriterionKind, Effort, Observable
from proband.screening.outcome import EligibilityStatus
from proband.screening.renaming import at_visit
from proband.screening.rules import Instance
from proband.screening.values import Value


@dataclass(frozen=True, slots=True)
class CriterionResult:
    """One criterion at one visit.

    ``truth`` is that of the expression: for an exclusion, true means *out*. ``passes`` is what it means for taking part.
    """

    instance: Instance
    truth: bool | None
    values: Mapping[str, Value]

    @property
    def passes(self) -> bool | None:
        """Whether it lets the person pass: true, false, or unknown."""
        if self.truth is None:
            return None
        return self.truth if self.instance.criterion.kind is CriterionKind.INCLUDE else not self.truth

    @property
    def standing(self) -> str:
        """``met``, ``not met`` or ``unknown``: of the expression as it is written."""
        return {True: "met", False: "not met", None: "unknown"}[self.truth]


@dataclass(frozen=True, slots=True)
class MissingItem:
    """One value to find out: which, why it is not known, and what it takes."""

    observable: Observable
    visit: str | None
    reason: str

    @property
    def name(self) -> str:
        """The observable, and the visit where it is not screening: ``platelets@baseline``."""
        return at_visit(self.observable.id, self.visit)

    @property
    def effort(self) -> Effort:
        """What it takes to learn it."""
        return self.observable.effort


@dataclass(frozen=True, slots=True)
class MissingSet:
    """Values that together could settle the verdict; no smaller part of them could."""

    items: tuple[MissingItem, ...]

    @property
    def cost(self) -> tuple[int, int, int]:
        """What sets are ordered by: the greatest single effort, then the sum of efforts, then the number of values."""
        ranks = [item.effort.rank for item in self.items]
        return (max(ranks, default=0), sum(ranks), len(ranks))


@dataclass(frozen=True, slots=True)
class NearMiss:
    """What time alone would change.

    ``eligible_from``: the first later day on which the person would be eligible. ``not_ruled_out_from``: the first
    later day on which nothing recorded rules the person out any more, though data are missing. ``until``: the last day
    on which the present (or that future) eligibility stands. ``open_until``: the last day on which a verdict that needs
    data could still turn out well. ``only`` names the criterion if a single one rules out.
    """

    eligible_from: date | None = None
    not_ruled_out_from: date | None = None
    until: date | None = None
    open_until: date | None = None
    only: str | None = None

    def __bool__(self) -> bool:
        return any((self.eligible_from, self.not_ruled_out_from, self.until, self.open_until, self.only))


@dataclass(frozen=True, slots=True)
class Verdict:
    """The whole answer for one person on one day, under one programme.

    ``programme_hash`` is that of the programme whose criteria were judged (see
    :attr:`~proband.screening.rules.Rules.programme_hash`).
    ``cohorts`` gives the outcome by cohort (``None`` where there is only one group). ``to_confirm`` are the smallest
    sets of unknown values with which the person could turn out eligible, ``to_rule_out`` those that could rule the
    person out, both by effort; ``complete`` is false where there are more sets than are listed. ``near`` says what a
    later day would change. ``death``: what the record says of the person's death by that day, empty where nothing: then
    nobody is eligible, whatever the criteria say. ``left``: what it says of a consent that was taken back, a study that was left or a
    failed screening, after which the person agreed to none: likewise. ``unread``: why somebody needs data who would be eligible by what was
    read (see :meth:`as_read`), empty where nothing was held back.
    """

    subject: str
    as_of: date
    programme_hash: str
    outcome: EligibilityStatus
    results: tuple[CriterionResult, ...]
    cohorts: Mapping[str | None, EligibilityStatus]
    to_confirm: tuple[MissingSet, ...] = ()
    to_rule_out: tuple[MissingSet, ...] = ()
    complete: bool = True
    near: NearMiss | None = None
    death: str = ""
    left: str = ""
    unread: str = ""

    def as_read(self, lacking: Sequence[str]) -> Verdict:
        """The verdict where not everything was read: what is missing is unknown, so nobody is eligible by what was read alone.

        Parameters
        ----------
        lacking
            What should have been read and was not, in words; nothing where the reading is complete.
        """
        if not lacking or self.outcome is not EligibilityStatus.ELIGIBLE:
            return self
        open_still = EligibilityStatus.NEEDS_DATA
        return replace(
            self,
            outcome=open_still,
            cohorts={
                c: open_still if o is EligibilityStatus.ELIGIBLE else o for c, o in self.cohorts.items()
            },
            near=None,
            unread=f"not everything was read, and what is missing may speak against it: {'; '.join(lacking)}",
        )

    @property
    def beside_criteria(self) -> tuple[str, ...]:
        """What decides beside the criteria, a line each: a death, a study that was left, and what was not read."""
        died = f"{self.death}; nobody takes part after death" if self.death else ""
        left = f"{self.left}; a consent that is given anew clears it up" if self.left else ""
        return tuple(each for each in (died, left, self.unread) if each)

    @property
    def failing(self) -> tuple[CriterionResult, ...]:
        """The criteria that rule the person out (of one cohort at least)."""
        return tuple(r for r in self.results if r.passes is False)

    @property
    def unknown(self) -> tuple[CriterionResult, ...]:
        """The criteria that cannot be decided."""
        return tuple(r for r in self.results if r.passes is None)

    @property
    def contradictions(self) -> tuple[str, ...]:
        """Observables whose results contradict each other."""
        return tuple(
            dict.fromkeys(n for r in self.results for n, value in r.values.items() if value.contradictory)
        )

    @property
    def one_datum_away(self) -> bool:
        """Whether learning one single value could make the person eligible."""
        return self.outcome is EligibilityStatus.NEEDS_DATA and any(
            len(s.items) == 1 for s in self.to_confirm
        )
