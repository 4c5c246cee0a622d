"""What is recorded after a death or before a birth is said to contradict it. Synthetic people."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from proband.exchange import find_disagreements
from proband.facts.observation import Observation
from proband.facts.table import to_frame
from proband.terms import UncertainDate

BORN, DIED = date(1974, 5, 20), date(2026, 10, 20)


def person(*days: date) -> list[Observation]:
    """Somebody who was born and died, with results of some days."""
    return [
        Observation("p", "Proband", "birth-date", text=str(BORN), when=UncertainDate.on(BORN)),
        Observation("p", "Proband", "vital-status", text="deceased", when=UncertainDate.on(DIED)),
        Observation(
            "p", "Proband", "family-history", text="a disease", when=UncertainDate.on(date(1950, 1, 1))
        ),
        *(
            Observation("p", "LOINC", "2951-2", value=136.0, unit="mmol/L", when=UncertainDate.on(day))
            for day in days
        ),
    ]


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ([DIED + timedelta(days=10)], ["facts after death"]),
        ([DIED + timedelta(days=10), DIED + timedelta(days=1)], ["facts after death"]),
        ([BORN - timedelta(days=1)], ["facts before birth"]),
        ([BORN, DIED, date(2020, 1, 1)], []),
        (
            [BORN - timedelta(days=400), DIED + timedelta(days=400)],
            ["facts after death", "facts before birth"],
        ),
    ],
)
def test_facts_outside_of_a_life_are_said(days: list[date], said: list[str]) -> None:
    found = find_disagreements(to_frame(person(*days)))
    assert [each.fact for each in found] == said
    if len(days) == 2 and said == ["facts after death"]:
        assert any("2026-10-21 and 1 more" in value for value, _ in found[0].values)


def test_a_rough_day_that_may_lie_within_says_nothing() -> None:
    rough = Observation(
        "p", "LOINC", "2951-2", value=136.0, unit="mmol/L", when=UncertainDate.parse("2026-10")
    )
    year = Observation("p", "LOINC", "777-3", value=90.0, unit="10*9/L", when=UncertainDate.parse("1974"))
    assert not find_disagreements(to_frame([*person(), rough, year]))
