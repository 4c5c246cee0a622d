"""What a bundle with the table of grade changes can be asked about spinal cord injury."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

from proband.natural_history.askable import (
    AskableOutcome,
    Changes,
    ExaminationFigures,
    Offer,
    Proportions,
    answers,
)
from proband.natural_history.conditions import Conditions, parse_duration_days, parse_era, parse_window
from proband.natural_history.domain import OutsideDomain
from proband.natural_history.special import spinal_cord, spinal_grades, spinal_words, trajectories
from proband.natural_history.special.spinal_exam import exam_model_figures
from proband.programme import Programme

#: first day after injury on which a first examination is answered with the course that begins at week 2 (a tenth earlier is let pass)
EARLIEST_SCORE = 12.6
#: what every question about spinal cord injury says
_NEEDS = {"baseline": "A", "level": "cervical", "window": "14-28d", "follow_up": "1y"}
#: what a comparison of examinations cannot see
_BLIND = (
    "Who examined. Someone who knows who was treated sees more gain.",
    "Rehabilitation. Hard exercise alone raised motor scores in one small study (Harness 2008). Ask how many hours each "
    "group trained.",
    "What improved means. One grade up may rest on one pin prick. It says nothing about daily life.",
)
#: the oldest, the middle and the newest years that the grade model supports
_ERAS = ("1995-1997", "2004-2006", "2013-2015")
_LEVELS = ("cervical", "T1-9", "T10-12", "thoracic", "all", "lumbar")
_acute = partial(
    Offer, level=_LEVELS, window=("14d", "14-28d"), follow_up=("1y",), era=("", "1995-1997", "2013-2015")
)
_OFFERS = (
    _acute("ais-conversion", ("A", "B", "C", "D", "E")),
    _acute("motor-incomplete", ("A", "B")),
    _acute("ais-deterioration", ("C", "D")),
    Offer("ais-conversion", ("A", "B"), ("all",), ("12-24m",), ("3y", "5y")),
    Offer("motor-score-change", ("A", "B", "C", "D"), ("cervical", "thoracic"), ("14-28d",), ("6m", "1y")),
)


def _grades(outcome: str) -> Callable[[Programme, Conditions, int | None], Proportions]:
    def ask(programme: Programme, conditions: Conditions, people: int | None) -> Proportions:
        strata = spinal_words.parse_strata(
            conditions.need("baseline", "A or A:6,B:2,C:5"), conditions.need("level", "cervical"), people
        )
        window = parse_window(conditions.need("window", "14-28d"))
        question = spinal_words.GradeQuestion(
            window=window,
            follow_up=parse_duration_days(conditions.need("follow_up", "1y")),
            # late changes are published without their years: an era is not even read there, so that it is refused
            era=parse_era(conditions.era) if window[0] < 365.0 else None,
        )
        asked = [
            (s.people, spinal_cord.grade_forecast(programme, s.grade, s.level, question, outcome))
            for s in strata
        ]
        if "," in conditions.get("baseline") and "," in conditions.get("level"):
            note = "Grades and levels are both mixed: they are crossed in proportion (assumption)."
            asked = [(n, replace(f, assumptions=(*f.assumptions, note))) for n, f in asked]
        return asked

    return ask


def _score_change(measure: str) -> Callable[[Programme, Conditions, int | None], Changes]:
    def ask(programme: Programme, conditions: Conditions, people: int | None) -> Changes:
        window = parse_window(conditions.need("window", "14-28d"))
        follow_up = parse_duration_days(conditions.need("follow_up", "1y"))
        if window[0] < EARLIEST_SCORE:
            raise OutsideDomain(
                f"a score first examined from day {window[0]:g} to day {window[1]:g} after injury",
                nearest="a first examination from day 14 on, for example --baseline-window 14-28d",
                differs=[
                    "scores rise fastest in the first days, and the published course begins at two weeks: from there on it would "
                    "be taken for the effect of whatever was given before"
                ],
                missing=["the course of the score from the first days on, by grade"],
            )
        first = sum(window) / 2 / 7.0
        last = min(follow_up / 7.0, 52.0) if follow_up <= 370.0 else follow_up / 7.0
        strata = spinal_words.parse_strata(
            conditions.need("baseline", "A or A:6,B:2"), conditions.need("level", "cervical"), people
        )
        return [
            (s.people, trajectories.score_change(programme, measure, s.grade, s.level, max(first, 2.0), last))
            for s in strata
        ]

    return ask


def _examination(programme: Programme) -> ExaminationFigures | None:
    return exam_model_figures(programme) if "examiner-error" in programme.natural_history else None


@answers(spinal_grades.TABLE)
def outcomes() -> list[AskableOutcome]:
    """Changes of the grade, and of the scores of the examination."""
    grades = [
        AskableOutcome(
            "ais-conversion",
            "proportion",
            "more",
            "improved by at least one grade",
            _grades("ais-conversion"),
        ),
        AskableOutcome(
            "motor-incomplete", "proportion", "more", "became motor-incomplete", _grades("motor-incomplete")
        ),
        AskableOutcome(
            "ais-deterioration", "proportion", "fewer", "got worse by a grade", _grades("ais-deterioration")
        ),
    ]
    scores = [
        AskableOutcome(name, "change", "more", "the score changed", None, _score_change(measure))
        for name, measure in (
            ("motor-score-change", "motor-total"),
            ("uems-change", "uems"),
            ("lems-change", "lems"),
            ("light-touch-change", "light-touch"),
            ("pinprick-change", "pinprick"),
        )
    ]
    return [
        replace(
            o,
            needs=_NEEDS,
            examination=_examination,
            blind=_BLIND,
            eras=_ERAS if o.kind == "proportion" else (),
            offers=tuple(x for x in _OFFERS if x.outcome == o.name),
        )
        for o in grades + scores
    ]
