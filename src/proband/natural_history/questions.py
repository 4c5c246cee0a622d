"""One door to every model: which outcomes a bundle can be asked about, and the forecast for a case mix.

Which models a bundle offers follows from the tables it carries, not from its name, so that an external bundle with the
same tables is answered in the same way.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from proband.natural_history import (
    liver,
    mitochondria,
    spinal_cord,
    spinal_grades,
    spinal_words,
    trajectories,
)
from proband.natural_history.domain import OutsideDomain, QuestionUnclear
from proband.natural_history.forecast import ChangeForecast, ProportionForecast
from proband.programme import Programme
from proband.programme.bundle import OutcomeWords


@dataclass(frozen=True, slots=True)
class Conditions:
    """Whom a question is about, as texts in the field's words; what a model needs and lacks, it asks for.

    ``baseline`` is the grade, stage, score or disease at the start (a mix carries counts: ``A:6,B:2,C:5``), ``level``
    the level of injury, ``window`` the time from injury to the first examination, ``follow_up`` the time to the last
    one, ``era`` the calendar years.
    """

    baseline: str | None = None
    level: str | None = None
    window: str | None = None
    follow_up: str | None = None
    era: str | None = None

    def need(self, name: str, example: str) -> str:
        """A condition that the model cannot do without.

        Raises
        ------
        QuestionUnclear
            If it is not given.
        """
        self.need_all({name: example})
        return str(getattr(self, name))

    def need_all(self, examples: Mapping[str, str]) -> None:
        """All conditions that a model cannot do without, by name with an example.

        Raises
        ------
        QuestionUnclear
            Naming every one that is not given.
        """
        missing = [name for name in examples if not str(getattr(self, name) or "").strip()]
        if missing:
            word = {"window": "baseline-window", "follow_up": "follow-up"}
            raise QuestionUnclear(
                "natural_history.question.needed",
                what=[word.get(name, name) for name in missing],
                example=[
                    f"--{word.get(name, name)} {examples[name].split(',')[0].split(' or ')[0]!r}"
                    for name in missing
                ],
                details={"needed": missing},
            )


Proportions = list[tuple[int, ProportionForecast]]
Changes = list[tuple[int, ChangeForecast]]


@dataclass(frozen=True, slots=True)
class AskableOutcome:
    """An outcome that a bundle can be asked about.

    ``kind`` is ``proportion``, ``survival`` or ``change``; ``better`` says which direction is good news; ``event`` is
    the sentence part after "of N people", in plain words. ``words`` is how headlines speak of it, as the bundle declares it. ``needs`` are the conditions that
    it cannot do without, with an example of each.
    """

    name: str
    kind: str
    better: str
    event: str
    examined_by_isncsci: bool
    proportions: Callable[[Programme, Conditions, int | None], Proportions] | None = None
    changes: Callable[[Programme, Conditions, int | None], Changes] | None = None
    words: OutcomeWords | None = None
    needs: Mapping[str, str] = field(default_factory=dict)


def _spinal(outcome: str) -> Callable[[Programme, Conditions, int | None], Proportions]:
    def ask(programme: Programme, conditions: Conditions, people: int | None) -> Proportions:
        strata = spinal_words.parse_strata(
            conditions.need("baseline", "A or A:6,B:2,C:5"), conditions.need("level", "cervical"), people
        )
        question = spinal_words.GradeQuestion(
            window=spinal_words.parse_window(conditions.need("window", "14-28d")),
            follow_up=spinal_words.parse_duration_days(conditions.need("follow_up", "1y")),
            era=spinal_words.parse_era(conditions.era),
        )
        asked = [
            (s.people, spinal_cord.grade_forecast(programme, s.grade, s.level, question, outcome))
            for s in strata
        ]
        if "," in str(conditions.baseline) and "," in str(conditions.level):
            note = "Grades and levels are both mixed: they are crossed in proportion (assumption)."
            asked = [(n, replace(f, assumptions=(*f.assumptions, note))) for n, f in asked]
        return asked

    return ask


def _score_change(measure: str) -> Callable[[Programme, Conditions, int | None], Changes]:
    def ask(programme: Programme, conditions: Conditions, people: int | None) -> Changes:
        window = spinal_words.parse_window(conditions.need("window", "14-28d"))
        follow_up = spinal_words.parse_duration_days(conditions.need("follow_up", "1y"))
        first = (max(window[0], 10.0) + max(window[1], 10.0)) / 2 / 7.0
        last = min(follow_up / 7.0, 52.0) if follow_up <= 370.0 else follow_up / 7.0
        strata = spinal_words.parse_strata(
            conditions.need("baseline", "A or A:6,B:2"), conditions.need("level", "cervical"), people
        )
        return [
            (s.people, trajectories.score_change(programme, measure, s.grade, s.level, max(first, 2.0), last))
            for s in strata
        ]

    return ask


#: what every question about spinal cord injury says
_SPINAL_NEEDS = {"baseline": "A", "level": "cervical", "window": "14-28d", "follow_up": "1y"}


def _spinal_outcomes() -> list[AskableOutcome]:
    found = [
        AskableOutcome(
            "ais-conversion",
            "proportion",
            "more",
            "improved by at least one grade",
            True,
            _spinal("ais-conversion"),
        ),
        AskableOutcome(
            "motor-incomplete",
            "proportion",
            "more",
            "became motor-incomplete",
            True,
            _spinal("motor-incomplete"),
        ),
        AskableOutcome(
            "ais-deterioration",
            "proportion",
            "fewer",
            "got worse by a grade",
            True,
            _spinal("ais-deterioration"),
        ),
        *(
            AskableOutcome(name, "change", "more", "the score changed", True, None, _score_change(measure))
            for name, measure in (
                ("motor-score-change", "motor-total"),
                ("uems-change", "uems"),
                ("lems-change", "lems"),
                ("light-touch-change", "light-touch"),
                ("pinprick-change", "pinprick"),
            )
        ),
    ]
    return [replace(o, needs=_SPINAL_NEEDS) for o in found]


def _mixed(text: str, people: int | None, what: str) -> list[tuple[str, int]]:
    """A baseline or a mix of baselines with counts, as (name, people)."""
    parts = [p.strip() for p in text.split(",") if p.strip()]
    if len(parts) == 1 and not re.search(r":\s*\d+\s*$", parts[0]):
        return [(parts[0], people or 1)]
    out = []
    for part in parts:
        found = re.fullmatch(r"(.+?)\s*:\s*(\d+)", part)
        if not found:
            raise QuestionUnclear(
                "natural_history.question.mix-counts", mix=text, what=what, example="X:12,Y:8"
            )
        out.append((found.group(1), int(found.group(2))))
    if people is not None and sum(n for _, n in out) != people:
        raise QuestionUnclear(
            "natural_history.question.mix-sum", what=None, mix=text, sum=sum(n for _, n in out), people=people
        )
    return out


def _liver_outcomes() -> list[AskableOutcome]:
    def alive(programme: Programme, conditions: Conditions, people: int | None) -> Proportions:
        days = spinal_words.parse_duration_days(conditions.need("follow_up", "24w"))
        mix = _mixed(conditions.need("baseline", "aclf, MELD 20-29 or CLIF-C ACLF 50"), people, "state")
        return [(n, liver.survival(programme, name, days)) for name, n in mix]

    def decompensate(programme: Programme, conditions: Conditions, people: int | None) -> Proportions:
        years = spinal_words.parse_duration_days(conditions.need("follow_up", "1y")) / 365.25
        mix = _mixed(conditions.need("baseline", "compensated"), people, "state")
        return [(n, liver.decompensation(programme, name, years)) for name, n in mix]

    def change(programme: Programme, conditions: Conditions, people: int | None) -> Changes:
        days = spinal_words.parse_duration_days(conditions.need("follow_up", "24w"))
        mix = _mixed(conditions.need("baseline", "cirrhosis"), people, "state")
        return [(n, liver.meld_change(programme, name, days)) for name, n in mix]

    return [
        AskableOutcome(
            "survival",
            "survival",
            "more",
            "were alive",
            False,
            alive,
            needs={"baseline": "aclf", "follow_up": "24w"},
        ),
        AskableOutcome(
            "decompensation",
            "proportion",
            "fewer",
            "decompensated",
            False,
            decompensate,
            needs={"baseline": "compensated", "follow_up": "1y"},
        ),
        AskableOutcome(
            "meld-change",
            "change",
            "fewer",
            "MELD changed",
            False,
            None,
            change,
            needs={"baseline": "cirrhosis", "follow_up": "24w"},
        ),
    ]


def _from_liver(programme: Programme) -> list[AskableOutcome]:
    return _liver_outcomes() if liver.SCORES in programme.natural_history else []


def _mitochondrial_outcomes() -> list[AskableOutcome]:
    def years(conditions: Conditions, example: str) -> float:
        return spinal_words.parse_duration_days(conditions.need("follow_up", example)) / 365.25

    def alive(programme: Programme, conditions: Conditions, people: int | None) -> Proportions:
        mix = _mixed(conditions.need("baseline", "MPV17, FBXL4 or COQ4"), people, "disease")
        return [(n, mitochondria.survival(programme, name, years(conditions, "2y"))) for name, n in mix]

    def wheelchair(programme: Programme, conditions: Conditions, people: int | None) -> Proportions:
        mix = _mixed(conditions.need("baseline", "Leigh"), people, "disease")
        return [(n, mitochondria.wheelchair(programme, name, years(conditions, "2y"))) for name, n in mix]

    def vision(programme: Programme, conditions: Conditions, people: int | None) -> Proportions:
        mix = _mixed(conditions.need("baseline", "LHON m.11778"), people, "disease")
        return [(n, mitochondria.visual_recovery(programme, name)) for name, n in mix]

    def walking(programme: Programme, conditions: Conditions, people: int | None) -> Proportions:
        raise mitochondria.walking_refusal(conditions.baseline or "HPDL deficiency")

    return [
        AskableOutcome(
            "survival",
            "survival",
            "more",
            "were alive",
            False,
            alive,
            needs={"baseline": "MPV17", "follow_up": "2y"},
        ),
        AskableOutcome(
            "wheelchair", "proportion", "fewer", "came to depend on a wheelchair", False, wheelchair
        ),
        AskableOutcome("visual-recovery", "proportion", "more", "recovered some vision", False, vision),
        AskableOutcome("walking", "proportion", "more", "walked again", False, walking),
    ]


def _from_mitochondria(programme: Programme) -> list[AskableOutcome]:
    return _mitochondrial_outcomes() if mitochondria.SURVIVAL in programme.natural_history else []


def outcomes(programme: Programme) -> dict[str, AskableOutcome]:
    """The outcomes that a bundle can be asked about, by name."""
    found: list[AskableOutcome] = []
    for builder in _BUILDERS:
        found += builder(programme)
    words = {name: w for table in programme.natural_history.values() for name, w in table.words.items()}
    return {o.name: replace(o, words=words.get(o.name)) for o in found}


def outcome(programme: Programme, name: str) -> AskableOutcome:
    """One outcome of a bundle.

    Raises
    ------
    OutsideDomain
        If the bundle has no natural history for an outcome of that name.
    """
    known = outcomes(programme)
    if name not in known:
        raise OutsideDomain(
            f"the outcome {name!r} in programme {programme.id}",
            nearest=", ".join(known) or "none: the bundle carries no natural-history table",
            differs=["no natural-history table of the bundle gives this outcome"],
        )
    return known[name]


def _from_grades(programme: Programme) -> list[AskableOutcome]:
    return _spinal_outcomes() if spinal_grades.TABLE in programme.natural_history else []


_BUILDERS: list[Callable[[Programme], list[AskableOutcome]]] = [
    _from_grades,
    _from_liver,
    _from_mitochondria,
]
