"""The headline test: how often would this have happened if nobody had been treated?

``headline("2 of 4", programme=…, …)`` draws thousands of trials in which nobody is treated from the published natural
history matched on the people, and says how often one sees at least that. It cuts both ways, and refuses, saying what is
missing, where no published natural history applies. A rare result is not proof of a treatment: what the comparison
cannot see is part of every answer.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from difflib import get_close_matches

from proband.natural_history import OutsideDomain, QuestionUnclear
from proband.natural_history.conditions import Conditions, parse_duration_days
from proband.natural_history.questions import outcome as find_outcome
from proband.programme import Programme
from proband.terms import Source
from proband.trial.headline.change import judge_change
from proband.trial.headline.counts import judge_counts
from proband.trial.headline.groups import MADE
from proband.trial.headline.meaning import HeadlineUnclear
from proband.trial.headline.options import HeardConditions, refuse_unused
from proband.trial.headline.rates import judge_rates
from proband.trial.headline.reading import read_headline
from proband.trial.headline.result import Ask, HeadlineResult, Sensitivity

DEFAULT_SEED = 20260101
DEFAULT_TRIALS = 10_000
#: examiners who share the people of a trial, and the share of last examinations that are late (assumptions)
DEFAULT_EXAMINERS, DEFAULT_LATE = 2, 0.1
#: years from the middle of enrolment to publication (assumption, as the models of natural history take it)
YEARS_TO_PUBLICATION = 7
#: shares are planned for to a thousandth
SMALLEST_SHARE = 0.001
#: fewer replays tell nothing
FEWEST_TRIALS = 100

__all__ = [
    "DEFAULT_SEED",
    "DEFAULT_TRIALS",
    "Conditions",
    "HeadlineResult",
    "HeadlineUnclear",
    "OutsideDomain",
    "QuestionUnclear",
    "Sensitivity",
    "headline",
]


def headline(
    text: str,
    *,
    programme: Programme,
    outcome: str,
    baseline: str | None = None,
    level: str | None = None,
    baseline_window: str | None = None,
    follow_up: str | None = None,
    era: str | None = None,
    where: Mapping[str, str] | None = None,
    control_baseline: str | None = None,
    people: int | None = None,
    trials: int = DEFAULT_TRIALS,
    seed: int = DEFAULT_SEED,
    difference: float | None = None,
    groups: str | None = None,
    sources: Iterable[str] = (),
    outcomes: int = 1,
    looks: int = 1,
    examiners: int | None = None,
    examiner_error: bool | None = None,
    heterogeneity: bool = True,
    late_exams: float | None = None,
) -> HeadlineResult:
    """Ask of a headline how often it would have happened if nobody had been treated.

    Parameters
    ----------
    text
        The headline, as :func:`~proband.trial.headline.reading.read_headline` reads it.
    programme, outcome
        A loaded programme and an outcome that its natural history knows.
    baseline, level, baseline_window, follow_up, era, where
        The people, as :class:`~proband.natural_history.conditions.Conditions`: baseline grade, stage, score or disease (a mix
        carries counts, ``"A:6,B:2,C:5"``), time from the start to the first examination (``"14-28d"``), time to the last one
        (``"1y"``), calendar years, and whatever else tells the people of the bundle's tables apart.
    control_baseline
        The control arm's mix where it differs.
    people
        Number of people of a mean change where the text does not say it.
    trials, seed
        Number of replays and seed of the generator.
    difference
        Difference for the design that would tell: a share (0.2 = 20 percentage points), points of the score, or the part by which a rate of
        events changes (0.5: halved).
    groups
        How two groups were made: one of :data:`~proband.trial.headline.groups.MADE`, ``unknown`` where it is not given. Only ``randomised``
        lets the two arms speak for themselves.
    sources
        Ids of the sources in the bundle that the headline comes from: a natural history from the same study is not its yardstick.
    outcomes, looks
        Outcomes that were looked at, and looks in time: the verdict is on the best of so many.
    examiners, examiner_error, late_exams
        Examiners per trial (2); whether their leaning is drawn (yes); share of last examinations that are three months late (0.1).
    heterogeneity
        Whether cohorts differ. Off, every cohort is the average one and the answer is the exact binomial's.

    Returns
    -------
    HeadlineResult

    Raises
    ------
    HeadlineUnclear, QuestionUnclear
        If the text or a condition cannot be read, or an option would change nothing.
    OutsideDomain
        If no published natural history applies (with a control arm the arms are still compared).
    """
    if not FEWEST_TRIALS <= trials <= 1_000_000:
        raise HeadlineUnclear("trial.headline.trials", trials=trials)
    if examiners is not None and not 1 <= examiners <= 1000:
        raise HeadlineUnclear("trial.headline.examiners", examiners=examiners)
    if late_exams is not None and not 0.0 <= late_exams <= 1.0:
        raise HeadlineUnclear("trial.headline.late-share", share=late_exams)
    if groups is not None and groups not in MADE:
        raise HeadlineUnclear("trial.headline.made", groups=groups, known=list(MADE))
    if difference is not None and not 0.0 < abs(difference) < 1e6:
        raise HeadlineUnclear("trial.headline.difference", difference=difference)
    if not (1 <= outcomes <= 1000 and 1 <= looks <= 1000):
        raise HeadlineUnclear("trial.headline.best-of", outcomes=outcomes, looks=looks)
    found = find_outcome(programme, outcome)
    if (
        difference is not None
        and found.kind != "change"
        and not SMALLEST_SHARE <= abs(difference) <= 1 - SMALLEST_SHARE
    ):
        raise HeadlineUnclear("trial.headline.difference", difference=difference)
    read = read_headline(text, programme, outcome, people=people)
    given = {
        "groups": groups,
        "control-baseline": control_baseline,
        "examiners": examiners,
        "no-examiner-error": examiner_error,
        "late-exams": late_exams,
    }
    refuse_unused(read, found, given, alike=not heterogeneity)
    ask = Ask(
        text,
        programme,
        found,
        trials,
        seed,
        difference,
        DEFAULT_EXAMINERS if examiners is None else examiners,
        examiner_error is not False,
        DEFAULT_LATE if late_exams is None else late_exams,
        groups or "unknown",
        tuple(_source(programme, s) for s in sources),
        outcomes * looks,
    )
    conditions = Conditions(baseline, level, baseline_window, follow_up or read.time, era, where or {})
    if not (groups == "randomised" and read.two):
        conditions.need_all(found.needs)  # groups made by chance speak for themselves, whoever the people are
    if follow_up and read.time:
        said, told = parse_duration_days(read.time), parse_duration_days(follow_up)
        if abs(said - told) > 0.02 * told:
            raise HeadlineUnclear("trial.headline.follow-up", text=text, time=read.time, follow_up=follow_up)
    in_text = not follow_up and read.time is not None
    listened = HeardConditions.of(conditions, time_in_text=in_text)
    if era is None and found.eras:
        # the newest years are what the model takes by itself, and it says so
        years = years_of(ask.sources, found.eras)
        taken = None if years == found.eras[-1] else years
        listened = HeardConditions.of(replace(conditions, era=taken), taken=("era",), time_in_text=in_text)
        ask = replace(ask, other_eras=found.eras)
    judge = {"change": judge_change, "rate": judge_rates, "counts": judge_counts}[read.kind]
    result = judge(ask, read, listened, control_baseline, heterogeneity)
    options: dict[str, object] = {"text": text, "programme": programme.id, "outcome": outcome, "baseline": baseline, "level": level,
            "baseline-window": baseline_window, "follow-up": follow_up or read.time, "era": era, "control-baseline": control_baseline,
            "people": people, "groups": groups, "source": ",".join(s.id for s in ask.sources) or None,
            "where": ",".join(f"{k}={v}" for k, v in (where or {}).items()) or None,
            "outcomes": None if outcomes == 1 else outcomes, "looks": None if looks == 1 else looks, "trials": trials, "seed": seed,
            "hash": programme.hash}  # fmt: skip
    asked = {name: str(value) for name, value in options.items() if value is not None}
    return replace(result, extra={**result.extra, "asked": asked})


def _source(programme: Programme, name: str) -> Source:
    """A source by its id; one that is not in the bundle is refused, with the one that was probably meant."""
    if name in programme.sources:
        return programme.sources[name]
    word = name.strip().casefold()
    for id_, source in programme.sources.items():
        identifiers = (id_, source.doi, source.pmid, source.pmcid, source.registration)
        if any(i and word.endswith(i.casefold()) for i in identifiers):
            near: str | None = id_
            break
    else:
        near = next(iter(get_close_matches(word, programme.sources, 1)), None)
    raise HeadlineUnclear("trial.headline.source", programme=programme.id, source=name, near=near)


def years_of(sources: Iterable[Source], eras: tuple[str, ...]) -> str:
    """The calendar years of a question that names none: those in which the headline's source enrolled, else the newest.

    A source that says only when it was published enrolled :data:`YEARS_TO_PUBLICATION` years before, within the years that are known.
    """
    published = [s.year for s in sources if s.year is not None]
    first, last = int(eras[0][:4]), int(eras[-1][-4:])
    if not published or min(published) - YEARS_TO_PUBLICATION >= last:
        return eras[-1]
    return str(max(first, min(published) - YEARS_TO_PUBLICATION))
