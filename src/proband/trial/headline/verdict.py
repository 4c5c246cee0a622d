"""What the three kinds of headlines have in common: whether a published natural history is their yardstick, and the verdict."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from proband.natural_history import (
    ChangeForecast,
    OutsideDomain,
    ProportionForecast,
    QuestionUnclear,
    RateForecast,
)
from proband.trial.headline.groups import (
    CIRCULAR,
    CIRCULAR_ALONE,
    best_of,
    not_ordinary,
    rests_on,
    same_study,
)
from proband.trial.headline.result import Ask, GroupTest
from proband.trial.headline.words import grade_of_surprise

_Size = TypeVar("_Size", int, float)
_Forecast = TypeVar("_Forecast", ProportionForecast, ChangeForecast, RateForecast)


def published_history(
    ask: Ask,
    asked: Callable[[], list[tuple[int, _Size, _Forecast]]],
    *,
    alone: bool,
    nearest: str,
) -> tuple[list[tuple[int, _Size, _Forecast]], str | None]:
    """The forecasts of every arm; none, and why, where the arms are to be compared ``alone``.

    Parameters
    ----------
    asked
        Asks the natural history: (arm, people, forecast) of every kind of people.
    alone
        Whether the headline tells enough to compare its arms without a natural history.
    nearest
        What could be answered in place of a headline that is compared with itself.

    Raises
    ------
    OutsideDomain, QuestionUnclear
        As the natural history says it, where the arms cannot be compared alone or the question has a mistake in it.
    """
    try:
        strata = asked()
    except (OutsideDomain, QuestionUnclear) as error:
        missing = error.code == "natural_history.question.needed" and ask.groups == "randomised"
        if not alone or (isinstance(error, QuestionUnclear) and not missing):
            raise
        return [], str(error)
    if any(same_study(own, source) for own in ask.sources for _, _, f in strata for source in f.sources):
        if not alone:
            raise OutsideDomain(
                f"{ask.text!r}, told by the study that the published history comes from",
                nearest=nearest,
                differs=[CIRCULAR_ALONE],
            )
        return [], CIRCULAR
    return strata, None


def verdict(
    ask: Ask,
    probability: float,
    interval: tuple[float, float],
    compared: GroupTest | None,
    *,
    harm: bool,
    refused: str | None,
) -> tuple[float, str]:
    """The chance that the verdict rests on, taken as that of the best of all tries, and its grade.

    ``compared`` is the test of two arms alone, None for one group; ``refused`` why no published natural history is the yardstick.
    """
    chance = probability
    if compared is not None:
        chance = rests_on(ask.groups, compared, probability, interval, harm=harm, alone=refused is not None)
    chance = best_of(chance, ask.best_of)
    grade = grade_of_surprise(chance)
    if compared is not None:
        grade = not_ordinary(grade, ask.groups, interval, harm=harm)
    if refused is not None and ask.groups != "randomised":
        grade = "no verdict"
    return chance, grade
