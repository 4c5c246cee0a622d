"""The replayed trials of one answer as a chart, with the same said in words and in a table."""

from __future__ import annotations

from proband.pages.catalogue import Catalogue
from proband.pages.charts.replay import replay
from proband.pages.charts.svg import Chart, label
from proband.trial.headline.result import HeadlineResult
from proband.trial.headline.words import out_of, percent

#: without another language the words stay as they are
_ENGLISH = Catalogue()


def replay_chart(result: HeadlineResult, id: str, catalogue: Catalogue = _ENGLISH) -> Chart | None:
    """The replayed trials of a result in a page's language; ``None`` where none was replayed."""
    words = catalogue.text
    if not result.values:
        return None
    axis = axis_name(result, catalogue)
    return replay(
        id,
        words("Replayed studies without treatment"),
        result.values,
        result.frequencies,
        result.seen,
        axis,
        in_words(result, catalogue),
        fewer=result.direction == "at most",
        mark=words("the headline"),
        reached=out_of(result.probability),
        reach=words("reach the headline"),
        upward=words("of 100 studies"),
        header=(axis, words("replayed studies"), words("reaches the headline")),
        yes_no=(words("yes"), words("no")),
    )


def axis_name(result: HeadlineResult, catalogue: Catalogue = _ENGLISH) -> str:
    """What is drawn along the axis."""
    words = catalogue.text
    if result.is_change and result.control_people:
        return words("difference of mean changes (%(unit)s)", unit=result.unit)
    if result.is_change:
        return words("mean change (%(unit)s)", unit=result.unit)
    if result.is_rate and result.control_people:
        return words("difference of the events for each person")
    if result.is_rate:
        return words("events in %(n)s people", n=result.people)
    if result.control_people:
        return words("difference of the two shares")
    return words("people out of %(n)s", n=result.people)


def in_words(result: HeadlineResult, catalogue: Catalogue = _ENGLISH) -> str:
    """What the drawing shows: how many trials, their middle and their spread, and where the headline stands."""
    words = catalogue.text
    middle, low, high = (label(round(result.replayed(q), 3)) for q in (0.5, 0.025, 0.975))
    reach = (
        words("%(share)s of trials show at most that.", share=percent(result.probability))
        if result.direction == "at most"
        else words("%(share)s of trials show at least that.", share=percent(result.probability))
    )
    return " ".join(
        (
            words(
                "Bar chart of %(n)s replayed trials without treatment by %(axis)s.",
                n=f"{result.trials:,}",
                axis=axis_name(result, catalogue),
            ),
            words(
                "Middle trial: %(middle)s; 95 of 100 trials lie between %(low)s and %(high)s.",
                middle=middle,
                low=low,
                high=high,
            ),
            words("The headline stands at %(seen)s;", seen=label(round(result.seen, 3))),
            reach,
        )
    )
