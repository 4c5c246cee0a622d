"""The answer of the headline test in plain words, and what no such comparison can see."""

from __future__ import annotations

from dataclasses import replace

from proband.natural_history.askable import AskableOutcome
from proband.trial.headline.groups import CIRCULAR, MADE
from proband.trial.headline.reading import counted_as, others_of, people_of, shortest, signed
from proband.trial.headline.result import HeadlineResult

#: from which chance on a result is common, not unusual, unusual
_STEPS = (("common", 0.2), ("not unusual", 0.05), ("unusual", 0.01))
#: as close to a step as this factor, the words name both sides of it
_EDGE = 1.25


def grade_of_surprise(probability: float) -> str:
    """How surprising a result would be without treatment: common, not unusual, unusual or rare."""
    return next((name for name, least in _STEPS if probability >= least), "rare")


def verdict_key(probability: float) -> str:
    """The grade, or at the edge between two grades both of them: words that jump where the number does not would mislead."""
    names = [name for name, _ in _STEPS] + ["rare"]
    for index, (name, least) in enumerate(_STEPS):
        if least / _EDGE <= probability < least * _EDGE:
            return f"{name} or {names[index + 1]}"
    return grade_of_surprise(probability)


def percent(value: float) -> str:
    """A probability for reading: whole per cent, one decimal below 10 %, and never 0 or 100 % for what can happen."""
    if value < 0.001:
        return "less than 0.1\u00a0%"
    if value > 0.999:
        return "more than 99.9\u00a0%"
    if value < 0.095:
        return f"{100 * value:.1f}\u00a0%"
    return f"{100 * value:.0f}\u00a0%"


def out_of(value: float) -> str:
    """A probability as a count of trials: "47 of 100", "3 of 1,000"."""
    if value >= 0.095:
        return f"{round(100 * value)} of 100"
    if value >= 0.001:
        return f"{max(1, round(1000 * value))} of 1,000"
    return "fewer than 1 of 1,000"


def from_to(low: float, high: float) -> str:
    """The chances over cohorts for reading, as counts of trials; one figure where both are said alike."""
    first, last = out_of(low), out_of(high)
    if first == last:
        return f"In every published group the chance is about the same: {first}. "
    return f"Published groups differ: from {first} in one to {last} in another. "


def with_words(result: HeadlineResult, outcome: AskableOutcome) -> HeadlineResult:
    """The result with its paragraph in plain words."""
    return replace(result, words=describe(result, outcome))


_MAY_BE = "It may be the treatment, or how people were chosen and examined."
_HARM_MAY_BE = "It may be harm by the treatment, or how people were chosen and examined."
#: what follows from the chance, by its grade (or the two that it lies between) and by the direction in which the answer speaks
VERDICTS = {
    "benefit": {
        "common": "So the headline alone says little: this is what often happens without any treatment.",
        "common or not unusual": "So the headline alone says little: this happens quite often without any treatment.",
        "not unusual": "So this happens now and then without any treatment.",
        "not unusual or unusual": f"So this lies at the edge of what happens now and then without treatment. {_MAY_BE}",
        "unusual": f"So this would be unusual without treatment. {_MAY_BE}",
        "unusual or rare": f"So this would be unusual to rare without treatment. {_MAY_BE}",
        "rare": f"So this would be rare without treatment. {_MAY_BE}",
    },
    "harm": {
        "common": "So this is what often happens without any treatment: the headline alone shows neither gain nor harm.",
        "common or not unusual": "So this is somewhat worse than most untreated groups, but it happens quite often. The headline alone shows "
        "no harm, and does not rule it out.",
        "not unusual": "So this is worse than most untreated groups, but it happens now and then. Harm is not ruled out.",
        "not unusual or unusual": "So this is worse than nearly all untreated groups, at the edge of what happens now and then. "
        f"{_HARM_MAY_BE}",
        "unusual": f"So people did worse than one would see without treatment: this would be unusual. {_HARM_MAY_BE}",
        "unusual or rare": "So people did much worse than one would see without treatment: this would be unusual to rare. "
        f"{_HARM_MAY_BE}",
        "rare": f"So people did much worse than one would see without treatment: this would be rare. {_HARM_MAY_BE}",
    },
}
NO_VERDICT = "So there is no verdict. No published people fit, and the two groups were {made}. They may have differed from the start."


def describe(r: HeadlineResult, outcome: AskableOutcome) -> str:
    """One paragraph for someone who has never met a statistic."""
    if r.control_people is not None:
        return _describe_groups(r, outcome)
    if r.is_change:
        said = f"The headline says that the score changed by {signed(r.observed)} {r.unit} on average in {people_of(r.people)}. "
        return (
            said + _replayed(r, f"A result {_side(r)}") + f"Untreated groups change by {_to_a_tenth(r.natural)} {r.unit} on average. " + _end(r)
        )  # fmt: skip
    if r.is_rate:
        return (
            f"The headline says that {_counted(outcome, int(r.observed))} counted in {people_of(r.people)}. "
            + _replayed(r, f"A number {_side(r)}")
            + f"Untreated people have about {_each(r.natural)} each in such a time. " + _end(r)
        )  # fmt: skip
    n, k, event = r.people, int(r.observed), outcome.event
    side = f"{r.direction} {k:,}"
    if k == 0 and r.direction == "at most":
        side = "none"
    elif k == n and r.direction == "at least":
        side = f"all {n:,}" if n > 1 else "the one"
    nothing = k == 0 and outcome.better == "more" and r.surprise in {"common", "not unusual"}
    return (
        f"The headline says that {k:,} of {people_of(n)} {event}. We replayed {r.trials:,} trials with {people_of(n, 'such')}, in which "
        f"nobody was treated. In {out_of(r.probability)} of them {side} {event}{' anyway' if r.speaks_of == 'benefit' else ''}. "
        + from_to(*r.interval)
        + (_best_of(r) + "So there is no gain to explain." if nothing else _end(r))
    )


def _to_a_tenth(change: float) -> str:
    tenths = round(change, 1)
    return f"{tenths:+.1f}" if tenths else "0.0"


def _counted(outcome: AskableOutcome, n: int) -> str:
    phrases = outcome.words.events if outcome.words and outcome.words.events else ["events"]
    return f"{n:,} {counted_as(phrases, n)} {'was' if n == 1 else 'were'}"


def _each(value: float) -> str:
    return shortest(float(f"{value:.2g}"))


def _side(r: HeadlineResult) -> str:
    return "this low or lower" if r.direction == "at most" else "this high or higher"


def _replayed(r: HeadlineResult, what: str) -> str:
    return (
        f"We replayed {r.trials:,} trials in which nobody was treated. {what} came up in {out_of(r.probability)} of them. "
        + (from_to(*r.interval) if r.groups != "randomised" else "")
    )


def _end(r: HeadlineResult) -> str:
    chance = r.probability if r.verdict_from is None else r.verdict_from
    return _best_of(r) + VERDICTS[r.speaks_of][said_key(chance, r.surprise)]


def said_key(chance: float, surprise: str) -> str:
    """The words for a chance, or those of the grade where that is another one than the chance alone has."""
    return verdict_key(chance) if grade_of_surprise(chance) == surprise else surprise


def _best_of(r: HeadlineResult) -> str:
    if r.best_of == 1 or r.verdict_from is None:
        return ""
    return f"This is the best of {r.best_of} tries: that the best shows it happens in up to {out_of(r.verdict_from)}. "


def _describe_groups(r: HeadlineResult, outcome: AskableOutcome) -> str:
    made = MADE[r.groups or "unknown"]
    if r.is_change:
        said = (
            f"The headline says that the score changed by {signed(r.observed)} {r.unit} on average in {people_of(r.people, 'treated')} against "
            f"{signed(r.control_observed or 0.0)} in {others_of(r.control_people or 0)}. "
        )
    elif r.is_rate:
        said = (
            f"The headline says that {_counted(outcome, int(r.observed))} counted in {people_of(r.people, 'treated')} against "
            f"{int(r.control_observed or 0):,} in {others_of(r.control_people or 0)}. "
        )
    else:
        said = (
            f"The headline says that {int(r.observed):,} of {people_of(r.people, 'treated')} against {int(r.control_observed or 0):,} of "
            f"{others_of(r.control_people or 0)} {outcome.event}. "
        )
    said += f"The groups were {made}. "
    test = r.comparison
    if r.groups == "randomised" and test is not None:
        said += f"If both were alike, chance alone would make so large a gap in {out_of(test.two_sided)} trials, one way or the other. "
    if r.natural_history_refused is None:
        said += _replayed(r, "A gap at least this large") + _of_controls(r)
    elif r.groups == "randomised":
        why = (
            r.natural_history_refused
            if r.natural_history_refused == CIRCULAR
            else "No published natural history fits these people."
        )
        said += f"{why} So the two groups are compared only with each other. "
    if r.surprise == "no verdict":
        return said + _best_of(r) + NO_VERDICT.format(made=made)
    if r.groups != "randomised" and r.natural_history_refused is None:
        said += (
            "Chance did not make the groups, so we take the end that claims least. "
            if r.speaks_of == "benefit"
            else "Chance did not make the groups, and they may have differed from the start. "
        )
    return said + _end(r)


def _of_controls(r: HeadlineResult) -> str:
    """Whether the untreated group did as untreated groups do."""
    if r.control_probability is None:
        return ""
    if r.control_probability < 0.05:
        return (
            f"The untreated group did worse than expected: so poor a result came up in "
            f"{out_of(r.control_probability)} replays. Part of the gap may lie there. "
        )
    if r.control_opposite is not None and r.control_opposite < 0.05:
        return "The untreated group did better than expected. "
    return "The untreated group did about as expected. "


def what_would_tell(r: HeadlineResult) -> str:
    """The design that would tell, as a sentence."""
    d = r.design
    if d is None:
        who = "nearly everyone has" if r.natural > 0.5 else "hardly anyone has"
        return f"No difference large enough to plan for is left: {who} the outcome without treatment."
    if d.unit == "share":
        gap = f"{abs(d.difference) * 100:.0f} percentage points"
        base = f"{d.control * 100:.0f} %"
    elif d.unit == "rate":
        gap, base = f"{abs(d.difference):.0%} in the rate", f"{_each(d.control)} for each person"
    else:
        gap, base = f"{shortest(float(f'{abs(d.difference):.3g}'))} {d.unit}", f"{signed(d.control)} {d.unit}"
    if d.per_arm is None:
        return f"More than {d.limit} people per group would be needed to find a difference of {gap}."
    return (
        f"Two groups made by chance, {people_of(d.per_arm)} each, assessed by examiners who do not know who was treated, would "
        f"find a difference of {gap} from the natural {base} with {d.power:.0%} probability ({d.test}, two-sided "
        f"{d.alpha:g})."
    )


def answer_in_numbers(r: HeadlineResult) -> list[tuple[str, str]]:
    """The answer as rows of a name and a figure in words, the chief one first."""
    if r.is_change:
        low, high = r.natural_interval
        natural = f"{r.natural:+.2f} ({low:+.2f} to {high:+.2f}) {r.unit}"
    elif r.is_rate:
        natural = f"{_each(r.natural)} ({' to '.join(_each(v) for v in r.natural_interval)})"
    else:
        natural = (
            f"{percent(r.natural)} ({percent(r.natural_interval[0])} to {percent(r.natural_interval[1])})"
        )
    rows = [
        (f"P({r.direction} this | nobody treated)", percent(r.probability)),
        (
            f"P({'at least' if r.direction == 'at most' else 'at most'} this | nobody treated), the other direction",
            percent(r.opposite),
        ),
        ("95 % interval over the cohorts", " to ".join(dict.fromkeys(percent(v) for v in r.interval))),
        ("Error of counting trials", f"± {100 * r.counting_error:.1f} percentage points"),
        ("Exact answer for the average cohort", percent(r.exact)),
        (
            f"Natural {'mean change' if r.is_change else 'number for each person' if r.is_rate else 'share'}, and its 95 % range over new cohorts",
            natural,
        ),
    ]
    if r.comparison:
        rows.append(
            (
                f"{r.comparison.name} of the two groups, had chance made them",
                f"p = {r.comparison.directed:.2g} (one-sided), {r.comparison.two_sided:.2g} (two-sided)",
            )
        )
    if r.fisher:
        rows.append(("Fisher's exact test of the two groups", f"p = {r.fisher.two_sided:.2g} (two-sided)"))
    return rows + [(s.assumption.capitalize(), percent(s.probability)) for s in r.sensitivity]


_COMMON = (
    "Who was picked. People in a trial or a headline are not a random draw. Tries that failed or were never printed are not "
    "counted.",
    "Other care. What else changed for these people, and how closely were they looked after?",
)
_SURVIVAL = ("Who got in. People who live long enough to be treated have passed the worst days.",)
_SCORE = (
    "Bad days. People who join on a bad day do better later, with or without a treatment.",
    "Who was left. A mean of those still there leaves out those who did badly.",
)
_ARMS = ("How the groups were made. If not by chance, they may have differed from the start.",)
_ALONE = ("Natural recovery. No published group fits, so nothing says if either group did as expected.",)


def cannot_see(outcome: AskableOutcome, two_arms: bool, no_history: bool) -> tuple[str, ...]:
    """What the comparison cannot see, most important first."""
    parts: list[str] = list(_COMMON[:1])
    if outcome.kind == "survival":
        parts += _SURVIVAL
    elif outcome.examination is None:
        parts.append("Who measured. Someone who knows who was treated may see more gain.")
    parts += outcome.blind
    if outcome.kind == "change":
        parts += _SCORE
    if two_arms:
        parts += _ARMS
    if no_history:
        parts += _ALONE
    parts += _COMMON[1:]
    return tuple(parts)
