"""One door to every model: which outcomes a bundle can be asked about, and the forecast for a case mix.

Which models a bundle offers follows from the tables it carries, not from its name, so that an external bundle with the
same tables is answered in the same way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from proband.natural_history import spinal_cord
from proband.natural_history.data import NaturalHistoryData, load
from proband.natural_history.domain import OutsideDomain, QuestionUnclear
from proband.natural_history.forecast import ChangeForecast, ProportionForecast


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
        value = getattr(self, name)
        if value is None or not str(value).strip():
            word = name.replace("_", "-")
            raise QuestionUnclear(
                f"the comparison needs {word}",
                mend=f"give {word}, for example {example}",
                details={"needed": name},
            )
        return str(value)


Proportions = list[tuple[int, ProportionForecast]]
Changes = list[tuple[int, ChangeForecast]]


@dataclass(frozen=True, slots=True)
class Outcome:
    """An outcome that a bundle can be asked about.

    ``kind`` is ``proportion``, ``survival`` or ``change``; ``better`` says which direction is good news; ``event`` is
    the sentence part after "of N people", in plain words.
    """

    name: str
    kind: str
    better: str
    event: str
    examined_by_isncsci: bool
    proportions: Callable[[str | Path, Conditions, int | None], Proportions] | None = None
    changes: Callable[[str | Path, Conditions, int | None], Changes] | None = None


def _spinal(outcome: str) -> Callable[[str | Path, Conditions, int | None], Proportions]:
    def ask(programme: str | Path, conditions: Conditions, people: int | None) -> Proportions:
        strata = spinal_cord.parse_strata(
            conditions.need("baseline", "A or A:6,B:2,C:5"), conditions.need("level", "cervical"), people
        )
        question = spinal_cord.GradeQuestion(
            window=spinal_cord.parse_window(conditions.need("window", "14-28d")),
            follow_up=spinal_cord.parse_duration_days(conditions.need("follow_up", "1y")),
            era=spinal_cord.parse_era(conditions.era),
        )
        return [
            (s.people, spinal_cord.grade_forecast(programme, s.grade, s.level, question, outcome))
            for s in strata
        ]

    return ask


def _refuse_walking(programme: str | Path, conditions: Conditions, people: int | None) -> Proportions:
    raise walking_refusal()


def walking_refusal() -> OutsideDomain:
    """Why nobody can say how often a child with HPDL deficiency would walk again untreated."""
    return OutsideDomain(
        "walking in HPDL deficiency",
        nearest="survival from birth in other mitochondrial diseases (FBXL4, MPV17, COQ4), "
        "and wheelchair dependence in Leigh syndrome",
        differs=[
            "the published model of 91 people with HPDL deficiency is cross-sectional: it follows nobody over time",
            "no series reports walking distance, falls or time to a wheelchair in HPDL deficiency",
            "other mitochondrial diseases have another course and cannot stand in",
        ],
        missing=[
            "walking measured at two or more visits in untreated people with HPDL deficiency, with age and genotype",
            "median onset and survival of the three clusters of the 91-case model",
            "the short-term learning effect of the walking test in children",
        ],
        mend="collect at least three walking tests per child before treatment, and publish them with the result",
    )


def _spinal_outcomes() -> list[Outcome]:
    return [
        Outcome(
            "ais-conversion",
            "proportion",
            "more",
            "improved by at least one grade",
            True,
            _spinal("ais-conversion"),
        ),
        Outcome(
            "motor-incomplete",
            "proportion",
            "more",
            "became motor-incomplete",
            True,
            _spinal("motor-incomplete"),
        ),
        Outcome(
            "ais-deterioration",
            "proportion",
            "fewer",
            "got worse by a grade",
            True,
            _spinal("ais-deterioration"),
        ),
    ]


def outcomes(programme: str | Path) -> dict[str, Outcome]:
    """The outcomes that a bundle can be asked about, by name.

    Raises
    ------
    UnknownProgramme
        If there is no such bundle.
    """
    data = load(programme)
    found: list[Outcome] = []
    for builder in _BUILDERS:
        found += builder(data)
    return {o.name: o for o in found}


def outcome(programme: str | Path, name: str) -> Outcome:
    """One outcome of a bundle.

    Raises
    ------
    OutsideDomain
        If the bundle has no natural history for an outcome of that name.
    """
    known = outcomes(programme)
    if name not in known:
        raise OutsideDomain(
            f"the outcome {name!r} in programme {load(programme).programme}",
            nearest=", ".join(known) or "none: the bundle carries no natural-history table",
            differs=["no natural-history table of the bundle gives this outcome"],
        )
    return known[name]


def _from_grades(data: NaturalHistoryData) -> list[Outcome]:
    return _spinal_outcomes() if spinal_cord.TABLE in data.tables else []


_BUILDERS: list[Callable[[NaturalHistoryData], list[Outcome]]] = [_from_grades]
