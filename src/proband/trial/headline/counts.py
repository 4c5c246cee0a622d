"""Headlines that count people: one arm against published history, or two arms against each other and history."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from proband.analysis.exact import Design, at_least, at_most, design_for_shares, fisher, sum_distribution
from proband.analysis.proportions import jeffreys_quantiles
from proband.natural_history import OutsideDomain, ProportionForecast, QuestionUnclear
from proband.natural_history.forecast import combine_levels, read_quantile, unique_sources
from proband.natural_history.questions import Conditions
from proband.natural_history.spinal_exam import exam_model_figures
from proband.terms import Level, Source
from proband.trial.headline.reading import HeadlineUnclear, ReadHeadline
from proband.trial.headline.result import Ask, HeadlineResult, Sensitivity
from proband.trial.headline.words import cannot_see, grade_of_surprise, with_words
from proband.trial.replay import ExamModel, replay_counts

Array = NDArray[np.float64]


def judge_counts(
    ask: Ask,
    read: ReadHeadline,
    conditions: Conditions,
    control_baseline: str | None,
    heterogeneity: bool,
) -> HeadlineResult:
    """The answer for a headline that counts people."""
    arm = read.arm
    assert arm is not None  # noqa: S101 (read_headline guarantees it for counts)
    if ask.outcome.proportions is None:
        raise OutsideDomain(
            f"counts of {ask.outcome.name}", nearest="a mean change", differs=["no shares published"]
        )
    _same_thing(ask, read)
    events, control_events = arm.events, read.control.events if read.control else None
    if read.word == "died":  # told as deaths: count the living, as the outcome does
        events = arm.people - events
        control_events = read.control.people - read.control.events if read.control else None
    refused: str | None = None
    strata: list[tuple[int, int, ProportionForecast]] = []
    try:
        strata = [(0, n, f) for n, f in ask.outcome.proportions(ask.programme, conditions, arm.people)]
        if read.control is not None:
            other = Conditions(
                control_baseline or _same_share(conditions.baseline),
                conditions.level,
                conditions.window,
                conditions.follow_up,
                conditions.era,
            )
            strata += [
                (1, n, f) for n, f in ask.outcome.proportions(ask.programme, other, read.control.people)
            ]
    except (OutsideDomain, QuestionUnclear) as error:
        if read.control is None or isinstance(error, QuestionUnclear):
            raise
        refused, strata = str(error), []
    control_people = read.control.people if read.control else None
    if not strata:
        strata = _exchangeable(events, arm.people, control_events or 0, control_people or 0)
    elif not heterogeneity:
        strata = [(a, n, _average(f)) for a, n, f in strata]
    return _judge_counts(
        ask, arm.people, events, control_people, control_events, strata, refused, heterogeneity
    )


def _same_thing(ask: Ask, read: ReadHeadline) -> None:
    """Refuse a headline whose own words speak of another outcome than the one asked for."""
    survival = ask.outcome.kind == "survival"
    if read.word in {"died", "alive"} and not survival:
        raise HeadlineUnclear("trial.headline.survival", text=ask.text, outcome=ask.outcome.name)
    if read.word == "worse" and not survival and ask.outcome.better == "more":
        raise HeadlineUnclear(
            "trial.headline.worse", text=ask.text, outcome=ask.outcome.name, example="ais-deterioration"
        )
    if read.word == "improved" and not survival and ask.outcome.better == "fewer":
        raise HeadlineUnclear("trial.headline.better", text=ask.text, outcome=ask.outcome.name)


def _same_share(baseline: str | None) -> str | None:
    """A mix with counts cannot be carried to an arm of another size: the caller must give its own."""
    if baseline is not None and ":" in baseline:
        raise QuestionUnclear("natural_history.question.arm-mix", mix=baseline)
    return baseline


def _average(forecast: ProportionForecast) -> ProportionForecast:
    return ProportionForecast(
        label=forecast.label,
        quantiles=np.full_like(forecast.quantiles, forecast.pooled),
        pooled=forecast.pooled,
        domain=forecast.domain,
        sources=forecast.sources,
        level=forecast.level,
        programme_hash=forecast.programme_hash,
        assumptions=(*forecast.assumptions, "Differences between cohorts are switched off."),
        n_cohorts=forecast.n_cohorts,
    )


def _exchangeable(e1: int, n1: int, e0: int, n0: int) -> list[tuple[int, int, ProportionForecast]]:
    """Both arms from one rate, known only from the two arms together: Beta(½ + events, ½ + non-events) (Jeffreys).

    It rests on no programme, so it bears no programme's hash.
    """
    total, people = e1 + e0, n1 + n0
    q = (np.arange(400) + 0.5) / 400
    table = jeffreys_quantiles(total, people, q)
    forecast = ProportionForecast(
        label="both arms together",
        quantiles=table,
        pooled=total / people,
        domain="the two arms of the headline itself, taken as one kind of people",
        sources=(),
        level=Level.DERIVED,
        programme_hash="",
        assumptions=(
            "No natural history applies: both arms are drawn from the rate of the two arms together.",
        ),
    )
    return [(0, n1, forecast), (1, n0, forecast)]


def _judge_counts(
    ask: Ask,
    people: int,
    events: int,
    control_people: int | None,
    control_events: int | None,
    strata: list[tuple[int, int, ProportionForecast]],
    refused: str | None,
    heterogeneity: bool,
) -> HeadlineResult:
    fewer = ask.outcome.better == "fewer"
    exam, exam_notes, exam_sources = _exam_model(ask, programme_has_exam=refused is None and heterogeneity)
    tables = np.stack([f.quantiles for _, _, f in strata])
    sizes, arms = [n for _, n, _ in strata], [a for a, _, _ in strata]
    counts = replay_counts(tables, sizes, arms, trials=ask.trials, seed=ask.seed, exam=exam)
    two = control_people is not None and control_events is not None
    score, observed = _score(counts, events, people, control_events, control_people)
    good = score <= observed + 1e-9 if fewer else score >= observed - 1e-9
    bad = score >= observed - 1e-9 if fewer else score <= observed + 1e-9
    probability = float(np.mean(good))
    per_cohort, exact = _exact_tails(strata, events, people, control_events, control_people, fewer)
    treated = [(n, f) for a, n, f in strata if a == 0]
    pooled = sum(n * f.pooled for n, f in treated) / people
    mean = sum(n * f.mean for n, f in treated) / people
    spread = (
        np.sum([n * read_quantile(f.quantiles, np.array([0.025, 0.975])) for n, f in treated], axis=0)
        / people
    )
    sensitivity = _sensitivity(
        ask, tables, sizes, arms, exam, events, people, control_events, control_people, fewer
    )
    fish = fisher(events, people, control_events or 0, control_people or 0) if two else None
    control_probability = None
    if two and refused is None:
        control = counts[:, 1]
        seen = control_events or 0
        control_probability = float(np.mean(control >= seen if fewer else control <= seen))
    values, frequencies = np.unique(counts[:, 0] if not two else np.round(score, 6), return_counts=True)
    design = _design_shares(mean, ask.difference, fewer)
    surprise = grade_of_surprise(probability)
    sources = unique_sources([s for _, _, f in strata for s in f.sources] + exam_sources)
    level = combine_levels([f.level for _, _, f in strata])
    note = tuple(dict.fromkeys([a for _, _, f in strata for a in f.assumptions] + exam_notes))
    result = HeadlineResult(
        text=ask.text,
        programme=ask.programme.id,
        programme_hash=ask.programme.hash,
        outcome=ask.outcome.name,
        kind="two-arm counts" if two else "counts",
        direction="at most" if fewer else "at least",
        seed=ask.seed,
        trials=ask.trials,
        observed=float(events),
        people=people,
        control_observed=float(control_events) if control_events is not None else None,
        control_people=control_people,
        probability=probability,
        interval=(float(np.quantile(per_cohort, 0.025)), float(np.quantile(per_cohort, 0.975))),
        monte_carlo_se=float(np.sqrt(max(probability * (1 - probability), 1e-12) / ask.trials)),
        exact=exact,
        predictive=float(np.mean(per_cohort)),
        opposite=float(np.mean(bad)),
        natural=mean if heterogeneity else pooled,
        natural_interval=(float(spread[0]), float(spread[1])),
        values=tuple(float(v) for v in values),
        frequencies=tuple(int(v) for v in frequencies),
        surprise=surprise,
        fisher=fish,
        control_probability=control_probability,
        sensitivity=sensitivity,
        design=design,
        words="",
        cannot_see=cannot_see(ask.outcome, two, refused is not None),
        assumptions=note,
        domains=tuple(dict.fromkeys(f.domain for _, _, f in strata)),
        sources=sources,
        level=level,
        basis="the two arms alone"
        if refused
        else f"{max(f.n_cohorts for _, _, f in strata)} published cohorts",
        natural_history_refused=refused,
        extra={"strata": [{"people": n, "arm": a, "label": f.label, "mean": f.mean} for a, n, f in strata]},
    )
    return with_words(result, ask.outcome)


def _score(
    counts: NDArray[np.int64],
    events: int,
    people: int,
    control_events: int | None,
    control_people: int | None,
) -> tuple[Array, float]:
    """What is compared: the count, or with a control arm the difference of the two shares."""
    if control_people is None or control_events is None:
        return counts[:, 0].astype(float), float(events)
    return counts[:, 0] / people - counts[
        :, 1
    ] / control_people, events / people - control_events / control_people


def _exact_tails(
    strata: list[tuple[int, int, ProportionForecast]],
    events: int,
    people: int,
    control_events: int | None,
    control_people: int | None,
    fewer: bool,
) -> tuple[Array, float]:
    """The exact tail in each of the plausible cohorts, and in the average one."""

    def tail(shares: list[float]) -> float:
        first = sum_distribution(
            [n for a, n, _ in strata if a == 0],
            [p for (a, _, _), p in zip(strata, shares, strict=True) if a == 0],
        )
        if control_people is None or control_events is None:
            return at_most(first, events) if fewer else at_least(first, events)
        second = sum_distribution(
            [n for a, n, _ in strata if a == 1],
            [p for (a, _, _), p in zip(strata, shares, strict=True) if a == 1],
        )
        observed = events / people - control_events / control_people
        below = np.concatenate([[0.0], np.cumsum(second)])
        k = np.arange(people + 1)
        if fewer:  # control at least so many
            need = (
                np.ceil((k / people - observed) * control_people - 1e-9)
                .astype(int)
                .clip(0, control_people + 1)
            )
            return float(np.sum(first * (1.0 - below[need])))
        room = np.floor((k / people - observed) * control_people + 1e-9).astype(int).clip(-1, control_people)
        return float(np.sum(first * below[room + 1]))

    steps = np.arange(2, len(strata[0][2].quantiles), 4)  # every fourth quantile: 100 cohorts of equal weight
    per = np.array([tail([float(f.quantiles[i]) for _, _, f in strata]) for i in steps])
    return per, tail([f.pooled for _, _, f in strata])


def _exam_model(ask: Ask, *, programme_has_exam: bool) -> tuple[ExamModel, list[str], list[Source]]:
    if not (programme_has_exam and ask.outcome.examined_by_isncsci):
        return ExamModel(), [], []
    if "examiner-error" not in ask.programme.natural_history:
        return ExamModel(), ["The bundle carries no table of examiners' error: none is drawn."], []
    figures = exam_model_figures(ask.programme)
    sd = figures.leaning_sd if ask.examiner_error else 0.0
    notes = []
    sources: list[Source] = []
    if sd:
        notes.append(
            f"{ask.examiners} examiners per trial lean by an SD of {sd:.2f} on the logit scale ({figures.how}); "
            "an even, unsystematic misreading is inside the published counts already."
        )
        sources.append(figures.source)
    if ask.late_exams:
        notes.append(
            f"{ask.late_exams:.0%} of last examinations are taken to be three months late (assumption); "
            "late conversion adds little."
        )
    return (
        ExamModel(
            examiners=ask.examiners,
            examiner_sd=sd,
            late_share=ask.late_exams,
            late_extra=figures.late_conversion_in_three_months if ask.late_exams else 0.0,
        ),
        notes,
        sources,
    )


def _sensitivity(
    ask: Ask,
    tables: Array,
    sizes: list[int],
    arms: list[int],
    exam: ExamModel,
    events: int,
    people: int,
    control_events: int | None,
    control_people: int | None,
    fewer: bool,
) -> tuple[Sensitivity, ...]:
    """How much an examiner who knows who was treated would change the answer."""
    if ask.outcome.kind == "survival" or fewer:
        return ()
    out = []
    for share in (0.05, 0.10):
        model = ExamModel(exam.examiners, exam.examiner_sd, exam.late_share, exam.late_extra, share)
        counts = replay_counts(
            tables, sizes, arms, trials=min(ask.trials, 10_000), seed=ask.seed + 1, exam=model
        )
        score, observed = _score(counts, events, people, control_events, control_people)
        out.append(
            Sensitivity(
                f"an examiner who knows the treatment reads {share:.0%} of unchanged treated people as better",
                float(np.mean(score >= observed - 1e-9)),
            )
        )
    return tuple(out)


def _design_shares(natural: float, difference: float | None, fewer: bool) -> Design | None:
    size = abs(difference) if difference is not None else 0.2
    signed = -size if fewer else size
    if not 0.005 < natural + signed < 0.995:
        signed = (natural - 0.005) * -1 if signed < 0 else 0.995 - natural
        if abs(signed) < 0.02:
            return None
    control = round(float(np.clip(natural, 0.001, 0.999)), 3)
    return design_for_shares(control, round(signed, 3))
