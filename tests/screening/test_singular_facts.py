"""What a person has once is never chosen: two birth dates or two sexes are a contradiction, in evaluator and SQL."""

from __future__ import annotations

from datetime import date

import pytest

from proband.facts.observation import Observation, Presence
from proband.facts.table import to_frame
from proband.programme.eligibility import Eligibility
from proband.screening.outcome import EligibilityStatus
from proband.screening.sql.engines import DuckDBEngine, Engine, SQLiteEngine
from proband.screening.sql.many import screen_loaded
from proband.screening.verdict import Screening
from proband.terms import UncertainDate

ON = date(2026, 11, 1)
ELIGIBILITY = Eligibility.model_validate(
    {
        "source": "tests", "level": "inference",
        "observables": [
            {"id": "age", "label": "age", "type": "number", "elapsed": {"since": "birth", "unit": "a"}},
            {"id": "sex", "label": "sex", "type": "code", "codes": [{"system": "Proband", "code": "sex"}]},
        ],
        "criteria": [
            {"id": "A", "kind": "include", "purpose": "safety", "reason": "a test", "when": "age >= 18"},
            {"id": "S", "kind": "exclude", "purpose": "safety", "reason": "a test", "when": "sex == 'male'"},
        ],
    }
)  # fmt: skip


def _born(*days: str) -> list[Observation]:
    return [Observation("p", "Proband", "birth-date", text=d, when=UncertainDate.parse(d)) for d in days]


def _sex(*words: str, day: str = "unknown") -> list[Observation]:
    return [Observation("p", "Proband", "sex", text=word, when=UncertainDate.parse(day)) for word in words]


CASES = [
    (_born("1980-05-05"), _sex("female"), "eligible", False),
    (_born("1980-05-05", "1980-05-05"), _sex("female", "female"), "eligible", False),
    (_born("1980-05-05", "1980"), _sex("female"), "eligible", False),  # the year says nothing else
    (_born("1980-05-05", "2010-05-05"), _sex("female"), "needs-data", True),
    (_born("2010-05-05", "1980-05-05"), _sex("female"), "needs-data", True),
    (_born("1980-05-05", "1981-05-05"), _sex("female"), "eligible", True),  # of age by either
    (_born("2010-05-05", "2011"), _sex("female"), "not-eligible", True),
    (_born("1980-05-05"), _sex("female", "male"), "needs-data", True),
    (
        _born("1980-05-05"),
        [*_sex("female", day="2020-01-01"), *_sex("male", day="2021-01-01")],
        "needs-data",
        True,
    ),
    ([*_born("1980-05-05"), Observation("p", "Proband", "birth-date", presence=Presence.NOT_ASKED)],
     _sex("female"), "eligible", False),
]  # fmt: skip


@pytest.mark.parametrize(("born", "sex", "outcome", "clash"), CASES)
def test_two_that_differ_contradict(
    born: list[Observation], sex: list[Observation], outcome: str, clash: bool
) -> None:
    facts = [*born, *sex]
    verdict = Screening(ELIGIBILITY).verdict(facts, ON)
    assert verdict.outcome is EligibilityStatus(outcome)
    assert bool(verdict.contradictions) is clash
    engines: list[Engine] = [DuckDBEngine(threads=1), SQLiteEngine()]
    for engine in engines:
        for order in (facts, facts[::-1]):
            engine.load("observations", to_frame(order))
            assert screen_loaded(ELIGIBILITY, engine, ON).counts == {outcome: 1}, engine.dialect.name
