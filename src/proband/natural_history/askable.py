"""The interface of every model: an outcome that can be asked about, how its examinations err, what a form offers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from proband.natural_history.conditions import Conditions
from proband.natural_history.forecast import ChangeForecast, ProportionForecast, RateForecast
from proband.programme import Programme
from proband.programme.natural_history import OutcomeWords
from proband.terms import Source

#: people of each kind with the forecast for their kind
Proportions = list[tuple[int, ProportionForecast]]
Changes = list[tuple[int, ChangeForecast]]
Rates = list[tuple[int, RateForecast]]


@dataclass(frozen=True, slots=True)
class ExaminationFigures:
    """How examinations distort what is counted, in published figures.

    ``leaning_sd`` is one examiner's lasting leaning, on the logit scale of the outcome; ``how`` says where it comes from;
    ``late_change_in_three_months`` the probability that someone unchanged on time has changed three months later.
    """

    leaning_sd: float
    how: str
    source: Source
    late_change_in_three_months: float


@dataclass(frozen=True, slots=True)
class Offer:
    """What a form offers for one outcome: the values of each field, in the field's words."""

    outcome: str
    baseline: tuple[str, ...]
    level: tuple[str, ...] = ("",)
    window: tuple[str, ...] = ("",)
    follow_up: tuple[str, ...] = ("",)
    era: tuple[str, ...] = ("",)

    def questions(self) -> Iterable[Conditions]:
        """Every combination."""
        for b in self.baseline:
            for v in self.level:
                for w in self.window:
                    for f in self.follow_up:
                        for e in self.era:
                            yield Conditions(b, v or None, w or None, f or None, e or None)


@dataclass(frozen=True, slots=True)
class AskableOutcome:
    """An outcome that a bundle can be asked about.

    ``kind`` is ``proportion``, ``survival`` or ``change``; ``better`` says which direction is good news; ``event`` is
    the sentence part after "of N people", in plain words. ``words`` is how headlines speak of it, as the bundle declares it.
    ``needs`` are the conditions that it cannot do without, with an example of each. ``examination`` gives the figures of
    examiners' error, or ``None`` where the bundle carries none; outcomes that no examiner judges have no such function. ``blind`` is
    what a comparison of this outcome cannot see, beside what no comparison can. ``offers`` are the questions that a form offers.
    ``eras`` are calendar years that the model tells apart, the newest last: where a question names no years, the newest are taken.
    """

    name: str
    kind: str
    better: str
    event: str
    proportions: Callable[[Programme, Conditions, int | None], Proportions] | None = None
    changes: Callable[[Programme, Conditions, int | None], Changes] | None = None
    rates: Callable[[Programme, Conditions, int | None], Rates] | None = None
    words: OutcomeWords | None = None
    needs: Mapping[str, str] = field(default_factory=dict)
    examination: Callable[[Programme], ExaminationFigures | None] | None = None
    blind: tuple[str, ...] = ()
    offers: tuple[Offer, ...] = ()
    eras: tuple[str, ...] = ()


Model = Callable[[], list[AskableOutcome]]
_MODELS: dict[str, list[Model]] = {}


def answers(table: str) -> Callable[[Model], Model]:
    """Declare a special model: the outcomes that it can be asked about where a bundle carries the table of that name."""

    def declare(model: Model) -> Model:
        _MODELS.setdefault(table, []).append(model)
        return model

    return declare


def special_outcomes(programme: Programme) -> list[AskableOutcome]:
    """The outcomes of every declared special model whose table the bundle carries."""
    return [
        found
        for table, models in _MODELS.items()
        if table in programme.natural_history and not programme.natural_history[table].answers
        for model in models
        for found in model()
    ]
