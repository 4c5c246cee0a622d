"""The answer of the headline test."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from proband.analysis.exact import Design, FisherResult
from proband.natural_history.questions import AskableOutcome
from proband.programme import Programme
from proband.terms import Level, Source


@dataclass(frozen=True, slots=True)
class Sensitivity:
    """The answer under another assumption about examinations."""

    assumption: str
    probability: float


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
    sensitivity: tuple[Sensitivity, ...]
    design: Design | None
    words: str
    cannot_see: tuple[str, ...]
    assumptions: tuple[str, ...]
    domains: tuple[str, ...]
    sources: tuple[Source, ...]
    level: Level
    basis: str
    natural_history_refused: str | None = None
    unit: str = ""
    extra: dict[str, Any] = field(default_factory=dict)

    def to_dict(self) -> dict[str, Any]:
        """The result as plain JSON values."""
        out = asdict(self)
        out["sources"] = [s.model_dump(mode="json", exclude_none=True) for s in self.sources]
        out["level"] = self.level.value
        return out


@dataclass(frozen=True, slots=True)
class Ask:
    """A headline test with its settings, as it goes from the question to the answer."""

    text: str
    programme: Programme
    outcome: AskableOutcome
    trials: int
    seed: int
    difference: float | None
    examiners: int
    examiner_error: bool
    late_exams: float
