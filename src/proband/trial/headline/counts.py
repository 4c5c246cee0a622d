"""Headlines that count people: one arm against published history, or two arms against each other and history."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from proband.analysis.exact import Design, design_for_shares, fisher
from proband.analysis.proportions import jeffreys_quantiles
from proband.natural_history import OutsideDomain, ProportionForecast
from proband.natural_history.askable import ExaminationFigures
from proband.natural_history.forecast import central, combine_levels, read_quantile, unique_sources
from proband.terms import Level, Source
from proband.trial.headline.direction import count_direction, gap_direction, loudest
from proband.trial.headline.groups import ALONE, ALONE_DOMAIN, compare_groups, told_by
from proband.trial.headline.options import HeardConditions, refuse_unheard
from proband.trial.headline.reading import ReadHeadline
from proband.trial.headline.result import Ask, HeadlineResult, Sensitivity
from proband.trial.headline.tails import Strata, cohort_tails
from proband.trial.headline.verdict import published_history, verdict
from proband.trial.headline.words import cannot_see, with_words
from proband.trial.replay import ExamModel, replay_counts

Array = NDArray[np.float64]


def judge_counts(
    ask: Ask,
    read: ReadHeadline,
    conditions: HeardConditions,
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
    events, control_events = arm.events, read.control.events if read.control else None

    def asked() -> Strata:
        strata = _untreated(ask, read, conditions, control_baseline)
        refuse_unheard(conditions, ask.outcome)
        return strata

    strata, refused = published_history(
        ask,
        asked,
        alone=read.control is not None,
        nearest="a headline of another study, or the study's own two groups, and how they were made",
    )
    control_people = read.control.people if read.control else None
    others: dict[str, Strata] = {}
    if refused is not None:
        strata = _exchangeable(events, arm.people, control_events or 0, control_people or 0)
    elif ask.other_eras and heterogeneity:
        others = _other_years(ask, read, conditions, control_baseline, strata)
    if not heterogeneity:
        strata = [(a, n, f.average()) for a, n, f in strata]
    return _judge_counts(
        ask, read, arm.people, events, control_people, control_events, strata, refused, heterogeneity, others
    )


def _untreated(
    ask: Ask, read: ReadHeadline, conditions: HeardConditions, control_baseline: str | None
) -> Strata:
    """The forecasts of every arm, with its people."""
    arm, found = read.arm, ask.outcome.proportions
    assert arm is not None and found is not None  # noqa: S101, PT018 (the caller has looked)
    strata = [(0, n, f) for n, f in found(ask.programme, conditions, arm.people)]
    if read.control is not None:
        other = conditions.for_control(control_baseline)
        strata += [(1, n, f) for n, f in found(ask.programme, other, read.control.people)]
    return strata


def _other_years(
    ask: Ask, read: ReadHeadline, conditions: HeardConditions, control_baseline: str | None, own: Strata
) -> dict[str, Strata]:
    """The same people in other calendar years, by the years; nothing where the natural history does not tell years apart."""
    out: dict[str, Strata] = {}
    for era in ask.other_eras:
        there = HeardConditions.of(replace(conditions.plain(), era=era))
        strata = _untreated(ask, read, there, control_baseline)
        if "--era" in there.unheard():
            return {}
        if any(
            not np.array_equal(f.quantiles, g.quantiles)
            for (_, _, f), (_, _, g) in zip(strata, own, strict=True)
        ):
            out[era] = strata
    return out


def _exchangeable(e1: int, n1: int, e0: int, n0: int) -> Strata:
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
        domain=ALONE_DOMAIN,
        sources=(),
        level=Level.DERIVED,
        programme_hash="",
        assumptions=ALONE["counts"],
    )
    return [(0, n1, forecast), (1, n0, forecast)]


def _judge_counts(
    ask: Ask,
    read: ReadHeadline,
    people: int,
    events: int,
    control_people: int | None,
    control_events: int | None,
    strata: Strata,
    refused: str | None,
    heterogeneity: bool,
    others: dict[str, Strata],
) -> HeadlineResult:
    exam, exam_notes, exam_sources = _exam_model(ask, programme_has_exam=refused is None and heterogeneity)
    tables = np.stack([f.quantiles for _, _, f in strata])
    sizes, arms = [n for _, n, _ in strata], [a for a, _, _ in strata]
    two = control_people is not None and control_events is not None
    # groups that chance did not make come from cohorts of their own
    apart = two and refused is None and heterogeneity and ask.groups != "randomised"
    counts = replay_counts(tables, sizes, arms, trials=ask.trials, seed=ask.seed, exam=exam, apart=apart)
    score, observed = _score(counts, events, people, control_events, control_people)
    as_many = float(np.mean(score >= observed - 1e-9))
    as_few = float(np.mean(score <= observed + 1e-9))
    natural_share = sum(n * f.mean for a, n, f in strata if a == 0) / people
    spoken = (
        gap_direction(observed, ask.outcome.better)
        if two
        else count_direction(read, ask.outcome.better, natural_share)
    )
    direction = loudest(spoken, as_many, as_few)
    fewer = direction == "at most"
    probability, opposite = (as_few, as_many) if fewer else (as_many, as_few)
    per_cohort, exact = cohort_tails(strata, events, people, control_events, control_people, fewer, apart)
    harm = (direction == "at most") == (ask.outcome.better == "more")
    treated = [(n, f) for a, n, f in strata if a == 0]
    pooled = sum(n * f.pooled for n, f in treated) / people
    mean = sum(n * f.mean for n, f in treated) / people
    spread = (
        np.sum([n * read_quantile(f.quantiles, np.array([0.025, 0.975])) for n, f in treated], axis=0)
        / people
    )
    sensitivity = _sensitivity(
        ask, tables, sizes, arms, exam, events, people, control_events, control_people, fewer or harm, apart
    )
    for era, there in others.items():
        counted = replay_counts(
            np.stack([f.quantiles for _, _, f in there]), sizes, arms, trials=min(ask.trials, 10_000), seed=ask.seed, exam=exam, apart=apart
        )  # fmt: skip
        gone = _score(counted, events, people, control_events, control_people)[0]
        reached = gone <= observed + 1e-9 if fewer else gone >= observed - 1e-9
        sensitivity = (
            *sensitivity,
            Sensitivity(f"if the people were those of {era}", float(np.mean(reached))),
        )
    interval = central(per_cohort)
    compared = compare_groups(events, people, control_events, control_people) if two else None
    verdict_from, surprise = verdict(ask, probability, interval, compared, harm=harm, refused=refused)
    fish = fisher(events, people, control_events or 0, control_people or 0) if two else None
    control_probability = control_opposite = None
    if two and refused is None:
        control = counts[:, 1]
        seen = control_events or 0
        many, few = float(np.mean(control >= seen)), float(np.mean(control <= seen))
        control_probability, control_opposite = (many, few) if ask.outcome.better == "fewer" else (few, many)
    values, frequencies = np.unique(counts[:, 0] if not two else np.round(score, 6), return_counts=True)
    design = _design_shares(mean, ask.difference, ask.outcome.better == "fewer")
    sources = unique_sources([s for _, _, f in strata for s in f.sources] + exam_sources)
    level = combine_levels([f.level for _, _, f in strata])
    note = tuple(
        dict.fromkeys([*told_by(ask.sources), *(a for _, _, f in strata for a in f.assumptions), *exam_notes])
    )
    result = HeadlineResult(
        text=ask.text,
        programme=ask.programme.id,
        programme_hash=ask.programme.hash,
        outcome=ask.outcome.name,
        kind="two-arm counts" if two else "counts",
        direction=direction,
        seed=ask.seed,
        trials=ask.trials,
        observed=float(events),
        people=people,
        control_observed=float(control_events) if control_events is not None else None,
        control_people=control_people,
        probability=probability,
        interval=interval,
        monte_carlo_se=float(np.sqrt(max(probability * (1 - probability), 1e-12) / ask.trials)),
        exact=exact,
        predictive=float(np.mean(per_cohort)),
        opposite=opposite,
        natural=mean if heterogeneity else pooled,
        natural_interval=(float(spread[0]), float(spread[1])),
        values=tuple(float(v) for v in values),
        frequencies=tuple(int(v) for v in frequencies),
        surprise=surprise,
        fisher=fish,
        control_probability=control_probability,
        control_opposite=control_opposite,
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
        understood=read.understood,
        speaks_of="harm" if harm else "benefit",
        groups=ask.groups if two else None,
        comparison=compared,
        verdict_from=verdict_from,
        best_of=ask.best_of,
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


def _exam_model(ask: Ask, *, programme_has_exam: bool) -> tuple[ExamModel, list[str], list[Source]]:
    if ask.outcome.examination is None:
        return ExamModel(), [], []
    if not programme_has_exam:
        return ExamModel(), [NO_EXAMINER], []
    figures = ask.outcome.examination(ask.programme)
    if figures is None:
        return ExamModel(), ["The bundle carries no table of examiners' error: none is drawn."], []
    sd = figures.leaning_sd if ask.examiner_error else 0.0
    return (
        ExamModel(
            examiners=ask.examiners,
            examiner_sd=sd,
            late_share=ask.late_exams,
            late_extra=figures.late_change_in_three_months if ask.late_exams else 0.0,
        ),
        examination_notes(figures, ask.examiners, sd, ask.late_exams),
        [figures.source] if sd else [],
    )


#: what is said of examinations where two arms are compared alone
NO_EXAMINER = "No examiner's leaning and no late examination is drawn here."


def examination_notes(figures: ExaminationFigures, examiners: int, sd: float, late: float) -> list[str]:
    """What is taken of examiners and of last examinations, as lines of the assumptions."""
    lean = (
        f"{examiners} examiners per trial lean by an SD of {sd:.2f} on the logit scale ({figures.how}); "
        "an even, unsystematic misreading is inside the published counts already."
    )
    if examiners == 1:
        lean = lean.replace("1 examiners per trial lean", "1 examiner per trial leans")
    late_note = (
        f"{late:.0%} of last examinations are taken to be three months late (assumption); "
        "a late change adds little."
    )
    return [lean] * bool(sd) + [late_note] * bool(late)


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
    unasked: bool,
    apart: bool,
) -> tuple[Sensitivity, ...]:
    """How much an examiner who knows who was treated would change the answer."""
    if ask.outcome.kind == "survival" or unasked:
        return ()
    out = []
    for share in (0.05, 0.10):
        model = ExamModel(exam.examiners, exam.examiner_sd, exam.late_share, exam.late_extra, share)
        counts = replay_counts(
            tables, sizes, arms, trials=min(ask.trials, 10_000), seed=ask.seed + 1, exam=model, apart=apart
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
