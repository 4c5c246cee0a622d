"""Scenarios of a simulation: nulls with a grid of nuisances, the effects that a source supplies, conflict and drift.

An effect is zero unless the bundle names a source for it, or somebody supposes one on the command line; then the scenario says which.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from proband.programme.trials import PlannedTrial
from proband.terms import Level


@dataclass(frozen=True, slots=True)
class SimulatedEffect:
    """An effect of a scenario: on which outcome or event, how large, by which day, and who says so."""

    on: str
    value: float
    by_day: float
    basis: str


@dataclass(frozen=True, slots=True)
class Scenario:
    """One scenario.

    Attributes
    ----------
    id, title
        Key and words.
    effects
        Effects; none in a null.
    noise, dropout, events
        Factors of measurement noise, of the rate of loss, of the hazards of events.
    drift
        How far the untreated course lies from what the plan believes, in standard deviations of patients or cohorts; positive is towards
        what looks like an effect of the product where there is no group of its own time.
    """

    id: str
    title: str
    effects: tuple[SimulatedEffect, ...] = field(default_factory=tuple)
    noise: float = 1.0
    dropout: float = 1.0
    events: float = 1.0
    drift: float = 0.0

    @property
    def is_null(self) -> bool:
        """Whether nothing is done to anybody: what is found is error."""
        return not self.effects


def scenarios_of(trial: PlannedTrial, supposed: Mapping[str, float] | None = None) -> tuple[Scenario, ...]:
    """The scenarios of a trial in the order of the report.

    Parameters
    ----------
    supposed
        Effects that somebody supposes, by outcome or event; the report says that no source stands behind them.
    """
    found = [
        Scenario("global-null", "Nothing is done to anybody, everything as planned"),
        Scenario("null-noise", "No effect, measurements half as noisy again", noise=1.5),
        Scenario("null-dropout", "No effect, three times as many people lost", dropout=3.0),
        Scenario("null-events", "No effect, twice as many deaths and other events", events=2.0),
        Scenario("null-few-events", "No effect, half as many deaths and other events", events=0.5),
        Scenario("drift", "No effect, and untreated people do better than was believed", drift=1.5),
        Scenario(
            "prior-conflict", "No effect, and untreated people do much worse than was believed", drift=-2.0
        ),
    ]
    for name, words in (
        ("expected", "As large as its source says"),
        ("pessimistic", "As small as its source allows"),
    ):
        effects = tuple(
            SimulatedEffect(
                effect.on,
                effect.value,
                effect.by_day,
                f"{effect.source} ({(effect.level or Level.INFERENCE).value})",
            )
            for effect in trial.effects
            if effect.scenario == name
        )
        if effects:
            found.append(Scenario(name, words, effects))
    if not trial.effects:
        found.append(Scenario("expected", "No source supplies an effect: zero, the same as the null"))
    if supposed:
        effects = tuple(
            SimulatedEffect(on, value, 0.0, "supposed on the command line: no source")
            for on, value in supposed.items()
        )
        found.append(Scenario("supposed", "As large as somebody supposes", effects))
    return tuple(found)
