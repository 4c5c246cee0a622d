"""The answer of the headline test in plain words, and what no such comparison can see."""

from __future__ import annotations

from dataclasses import replace

from proband.natural_history.askable import AskableOutcome
from proband.trial.headline.groups import CIRCULAR, MADE
from proband.trial.headline.result import HeadlineResult


def grade_of_surprise(probability: float) -> str:
    """How surprising a result would be without treatment: common, not unusual, unusual or rare."""
    if probability >= 0.2:
        return "common"
    if probability >= 0.05:
        return "not unusual"
    if probability >= 0.01:
        return "unusual"
    return "rare"


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


def with_words(result: HeadlineResult, outcome: AskableOutcome) -> HeadlineResult:
    """The result with its paragraph in plain words."""
    return replace(result, words=describe(result, outcome))


#: what follows from the chance, by grade and by the direction in which the answer speaks
VERDICTS = {
    "benefit": {
        "common": "So the headline alone says little: this is what often happens without any treatment.",
        "not unusual": "So this happens now and then without any treatment.",
        "unusual": "So this would be unusual without treatment. It may be the treatment, or how people were chosen and examined.",
        "rare": "So this would be rare without treatment. It may be the treatment, or how people were chosen and examined.",
    },
    "harm": {
        "common": "So this is what often happens without any treatment: the headline alone shows neither gain nor harm.",
        "not unusual": "So this is worse than most untreated groups, but it happens now and then. Harm is not ruled out.",
        "unusual": "So people did worse than one would see without treatment: this would be unusual. It may be harm by the "
        "treatment, or how people were chosen and examined.",
        "rare": "So people did much worse than one would see without treatment: this would be rare. It may be harm by the "
        "treatment, or how people were chosen and examined.",
    },
}
NO_VERDICT = "So there is no verdict. No published people fit, and the two groups were {made}. They may have differed from the start."


def describe(r: HeadlineResult, outcome: AskableOutcome) -> str:
    """One paragraph for someone who has never met a statistic."""
    if r.is_change:
        return _describe_change(r)
    if r.control_people is not None:
        return _describe_groups(r, outcome)
    n, k, event = r.people, int(r.observed), outcome.event
    low, high = (percent(v) for v in r.interval)
    side = f"{r.direction} {k}"
    if k == 0 and r.direction == "at most":
        side = "none"
    elif k == n and r.direction == "at least":
        side = f"all {n}"
    nothing = k == 0 and outcome.better == "more" and r.surprise in {"common", "not unusual"}
    return (
        f"The headline says that {k} of {n} people {event}. We replayed {r.trials:,} trials with {n} such people, in which "
        f"nobody was treated. In {out_of(r.probability)} of them {side} {event}{' anyway' if r.speaks_of == 'benefit' else ''}. "
        f"Published groups differ: depending on the group, the chance lies between {low} and {high}. "
        + _best_of(r)
        + ("So there is no gain to explain." if nothing else VERDICTS[r.speaks_of][r.surprise])
    )


def _best_of(r: HeadlineResult) -> str:
    if r.best_of == 1 or r.verdict_from is None:
        return ""
    return f"This is the best of {r.best_of} tries: that the best shows it happens in up to {out_of(r.verdict_from)}. "


def _describe_groups(r: HeadlineResult, outcome: AskableOutcome) -> str:
    made = MADE[r.groups or "unknown"]
    said = (
        f"The headline says that {int(r.observed)} of {r.people} treated people against {int(r.control_observed or 0)} of "
        f"{r.control_people} others {outcome.event}. The groups were {made}. "
    )
    test = r.comparison
    if r.groups == "randomised" and test is not None:
        said += f"If both were alike, chance alone would make so large a gap in {out_of(test.two_sided)} trials, one way or the other. "
    if r.natural_history_refused is None:
        said += (
            f"We replayed {r.trials:,} trials in which nobody was treated. "
            f"A gap at least this large came up in {out_of(r.probability)} of them. "
        )
        if r.groups != "randomised":
            low, high = (percent(v) for v in r.interval)
            said += (
                f"Published groups differ: depending on the group, the chance lies between {low} and {high}. "
            )
        if r.control_probability is not None and r.control_probability < 0.05:
            said += (
                f"The untreated group did worse than expected: so poor a result came up in "
                f"{out_of(r.control_probability)} replays. Part of the gap may lie there. "
            )
    elif r.groups == "randomised":
        why = (
            r.natural_history_refused
            if r.natural_history_refused == CIRCULAR
            else "No published natural history fits these people."
        )
        said += f"{why} So the two groups are compared only with each other. "
    return (
        said
        + _best_of(r)
        + (NO_VERDICT.format(made=made) if r.surprise == "no verdict" else VERDICTS[r.speaks_of][r.surprise])
    )


def _describe_change(r: HeadlineResult) -> str:
    versus = f" against {r.control_observed:+g} in {r.control_people} others" if r.control_people else ""
    low, high = (percent(v) for v in r.interval)
    side = "this low or lower" if r.direction == "at most" else "this high or higher"
    return (
        f"The headline says that the score changed by {r.observed:+g} {r.unit} on average in {r.people} people{versus}. "
        f"We replayed {r.trials:,} trials in which nobody was treated. A result {side} came up in "
        f"{out_of(r.probability)} of them. Untreated groups change by {r.natural:+.1f} {r.unit} on average. "
        f"Groups differ: depending on the group, the chance lies between {low} and {high}. "
        + _best_of(r)
        + VERDICTS[r.speaks_of][r.surprise]
    )


def what_would_tell(r: HeadlineResult) -> str:
    """The design that would tell, as a sentence."""
    d = r.design
    if d is None:
        return "No difference large enough to plan for is left: nearly everyone has the outcome without treatment."
    if d.unit == "share":
        gap = f"{abs(d.difference) * 100:.0f} percentage points"
        base = f"{d.control * 100:.0f} %"
    else:
        gap, base = f"{abs(d.difference):g} {d.unit}", f"{d.control:+g} {d.unit}"
    if d.per_arm is None:
        return f"More than {d.limit} people per group would be needed to find a difference of {gap}."
    return (
        f"Two groups made by chance, {d.per_arm} people each, assessed by examiners who do not know who was treated, would "
        f"find a difference of {gap} from the natural {base} with {d.power:.0%} probability ({d.test}, two-sided "
        f"{d.alpha:g})."
    )


def answer_in_numbers(r: HeadlineResult) -> list[tuple[str, str]]:
    """The answer as rows of a name and a figure in words, the chief one first."""
    if r.is_change:
        low, high = r.natural_interval
        natural = f"{r.natural:+.2f} ({low:+.2f} to {high:+.2f}) {r.unit}"
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
        ("95 % interval over the cohorts", f"{percent(r.interval[0])} to {percent(r.interval[1])}"),
        ("Error of counting trials", f"± {100 * r.counting_error:.1f} percentage points"),
        ("Exact answer for the average cohort", percent(r.exact)),
        (
            f"Natural {'mean change' if r.is_change else 'share'}, and its 95 % range over new cohorts",
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
