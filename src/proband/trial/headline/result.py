"""The answer of the headline test."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from itertools import accumulate
from typing import Any

from proband.analysis.exact import Design, FisherResult
from proband.natural_history.askable import AskableOutcome
from proband.programme import Programme
from proband.terms import Level, Source


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """The answer under another assumption about examinations."""

    assumption: str
    probability: float


@dataclass(frozen=True, slots=True)
class GroupTest:
    """The two arms compared with each other alone: name of the test, p in the headline's direction and two-sided.

    The p values mean what they say only where chance made the groups.
    """

    name: str
    directed: float
    two_sided: float


@dataclass(frozen=True, slots=True)
class HeadlineResult:
    """The answer of the headline test.

    ``programme`` is the id of the programme whose natural history was asked and ``programme_hash`` its hash: the answer is
    that of exactly this content of the bundle.
    ``probability`` is P(at least this good | nobody treated), from the replayed trials; ``interval`` its 95 % interval
    over the cohorts (the same question asked of each plausible cohort); ``monte_carlo_se`` the error of counting
    trials; ``exact`` the exact tail for the average cohort without differences between cohorts; ``predictive`` the exact tail
    averaged over cohorts, without examiners' errors. All are probabilities in [0, 1]. ``values`` and ``frequencies``
    describe the replayed trials (number of events, or mean change). Where there is a control arm and no natural history,
    ``natural_history_refused`` says why, and the comparison rests on the two arms alone.

    ``best_of`` is the number of outcomes and looks of which the headline tells one: ``verdict_from`` is then that of the best of them.
    ``understood`` is what was read of the text, in one line. ``direction`` is the side that the answer speaks for, ``speaks_of`` whether
    that is ``benefit`` or ``harm``; ``opposite`` is the probability of the other side. ``surprise`` grades ``verdict_from``: for one group the
    probability itself; for two groups see ``groups`` (how they were made) and ``comparison`` (the test of the arms alone); ``no verdict``
    where neither a published natural history nor chance stands behind the comparison. Where events are counted, ``unit`` is what they are
    called, ``natural`` their number for each person, and ``watched`` the person-time of each arm in units of one person's time of observation.
    """

    text: str
    programme: str
    programme_hash: str
    outcome: str
    kind: str
    direction: str
    seed: int
    trials: int
    observed: float
    people: int
    control_observed: float | None
    control_people: int | None
    probability: float
    interval: tuple[float, float]
    monte_carlo_se: float
    exact: float
    predictive: float
    opposite: float
    natural: float
    natural_interval: tuple[float, float]
    values: tuple[float, ...]
    frequencies: tuple[int, ...]
    surprise: str
    fisher: FisherResult | None
    control_probability: float | None
    control_opposite: float | None
    sensitivity: tuple[Sensitivity, ...]
    design: Design | None
    words: str
    cannot_see: tuple[str, ...]
    assumptions: tuple[str, ...]
    domains: tuple[str, ...]
    sources: tuple[Source, ...]
    level: Level
    basis: str
    understood: str
    speaks_of: str
    groups: str | None = None
    comparison: GroupTest | None = None
    verdict_from: float | None = None
    best_of: int = 1
    natural_history_refused: str | None = None
    unit: str = ""
    watched: tuple[float, ...] = ()
    extra: dict[str, Any] = field(default_factory=dict)

    @property
    def seen(self) -> float:
        """Where the headline stands on the scale of ``values``: the count, the mean change, or the difference of the two arms."""
        if self.control_observed is None or self.control_people is None:
            return self.observed
        if self.is_change:
            return self.observed - self.control_observed
        if self.is_rate:
            return self.observed / self.watched[0] - self.control_observed / self.watched[1]
        return self.observed / self.people - self.control_observed / self.control_people

    @property
    def is_change(self) -> bool:
        """Whether the headline speaks of a mean change, not of counts."""
        return "mean" in self.kind

    @property
    def is_rate(self) -> bool:
        """Whether the headline counts events that may come to one person more than once."""
        return "events" in self.kind

    @property
    def counting_error(self) -> float:
        """Half the width of the 95 % interval of ``probability`` that counting so many trials leaves."""
        return 1.959963984540054 * self.monte_carlo_se

    def replayed(self, q: float) -> float:
        """The result that a share ``q`` of the replayed trials does not exceed."""
        reached = q * sum(self.frequencies)
        return next(v for v, n in zip(self.values, accumulate(self.frequencies), strict=True) if n >= reached)

    def to_dict(self) -> dict[str, Any]:
        """The result as plain JSON values."""
        out = asdict(self)
        out["sources"] = [s.model_dump(mode="json", exclude_none=True) for s in self.sources]
        out["level"] = self.level.value
        return out


@dataclass(frozen=True, slots=True)
class Ask:
    """A headline test with its settings, as it goes from the question to the answer.

    ``other_eras`` are calendar years whose answer is shown beside, where the question named none.
    """

    text: str
    programme: Programme
    outcome: AskableOutcome
    trials: int
    seed: int
    difference: float | None
    examiners: int
    examiner_error: bool
    late_exams: float
    groups: str = "unknown"
    sources: tuple[Source, ...] = ()
    best_of: int = 1
    other_eras: tuple[str, ...] = ()
