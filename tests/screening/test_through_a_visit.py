"""Judging through a visit: a later visit is not asked of anybody before it is due, and is not forgotten when it is."""

from __future__ import annotations

from datetime import date

import pytest

from proband.facts.observation import Observation
from proband.facts.table import to_frame
from proband.programme.eligibility import Eligibility
from proband.screening.outcome import EligibilityStatus
from proband.screening.sql.many import screen
from proband.screening.verdict import Screening
from proband.terms import ProbandError, UncertainDate

ELIGIBILITY = Eligibility.model_validate(
    {
        "source": "tests",
        "level": "inference",
        "anchors": [{"id": "dose", "label": "day of the dose", "codes": [{"system": "Proband", "code": "dose-date"}]}],
        "visits": [{"id": "pre-dose", "label": "before the dose", "anchor": "dose"}],
        "observables": [
            {"id": "platelets", "label": "platelets", "type": "number", "unit": "10*9/L",
             "codes": [{"system": "LOINC", "code": "777-3"}], "window": {"start": "-7 d", "end": "0 d"}}
        ],
        "criteria": [
            {"id": "I1", "kind": "include", "purpose": "safety", "reason": "bleeding", "when": "platelets >= 50",
             "visits": ["screening", "pre-dose"]}
        ],
    }
)  # fmt: skip


def person(*values: tuple[date, float], dose: date | None = None) -> list[Observation]:
    facts = [
        Observation("SYN-1", "LOINC", "777-3", value=v, unit="10*9/L", when=UncertainDate.on(day))
        for day, v in values
    ]
    if dose:
        facts.append(Observation("SYN-1", "Proband", "dose-date", when=UncertainDate.on(dose)))
    return facts


SCREENED, DOSE = date(2026, 3, 1), date(2026, 4, 1)


def outcome(facts: list[Observation], on: date, through: str | None) -> EligibilityStatus:
    verdict = Screening(ELIGIBILITY, through).verdict(facts, on)
    counts = screen(ELIGIBILITY, to_frame(facts), on, through=through).counts
    assert counts == {verdict.outcome.value: 1}, "the evaluator and SQL differ"
    return verdict.outcome


def test_at_screening_the_later_visit_is_not_asked() -> None:
    facts = person((date(2026, 2, 27), 80.0), dose=DOSE)
    assert outcome(facts, SCREENED, "screening") is EligibilityStatus.ELIGIBLE
    assert outcome(facts, SCREENED, "pre-dose") is EligibilityStatus.NEEDS_DATA
    assert outcome(facts, SCREENED, None) is EligibilityStatus.NEEDS_DATA


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (80.0, EligibilityStatus.ELIGIBLE),
        (49.0, EligibilityStatus.NOT_ELIGIBLE),
        (None, EligibilityStatus.NEEDS_DATA),
    ],
)
def test_before_the_dose_both_visits_count(value: float | None, expected: EligibilityStatus) -> None:
    facts = person((date(2026, 3, 31), 80.0), *([(DOSE, value)] if value is not None else []), dose=DOSE)
    if value is None:
        facts = person((date(2026, 3, 1), 80.0), dose=DOSE)
    assert outcome(facts, DOSE, "pre-dose") is expected


def test_an_unknown_visit_is_refused() -> None:
    with pytest.raises(ProbandError, match="no visit 'week-9'"):
        Screening(ELIGIBILITY, "week-9")
