"""A printed decimal is exact: a result in another unit that equals the limit is neither above nor below it."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import polars as pl
import pytest

from proband.facts.observation import Observation
from proband.facts.table import clean
from proband.programme.eligibility import Eligibility
from proband.screening.sql.engines import DuckDBEngine, Engine, SQLiteEngine
from proband.screening.sql.many import screen_loaded
from proband.screening.verdict import Screening
from proband.terms import UncertainDate
from proband.terms.units import convert, printed

ON = date(2026, 11, 1)
#: unit of the criterion, unit of the laboratory, how many of the second are one of the first
PAIRS = [
    ("g/dL", "g/L", Fraction(10)),
    ("mg/dL", "mg/L", Fraction(10)),
    ("ng/mL", "ug/L", Fraction(1)),
    ("mmol/L", "umol/L", Fraction(1000)),
    ("10*9/L", "/uL", Fraction(1000)),
    ("U/L", "U/mL", Fraction(1, 1000)),
]


def _criteria(unit: str, *limits: str) -> Eligibility:
    observable = {
        "id": "x", "label": "a result", "type": "number", "unit": unit, "aggregate": "last",
        "codes": [{"system": "Proband", "code": "x"}],
    }  # fmt: skip
    criteria = [
        {"id": f"{name}{index}", "kind": "include", "purpose": "enrichment", "reason": "a test", "when": f"x {op} {limit}"}
        for index, limit in enumerate(limits)
        for name, op in (("above", ">"), ("below", "<"), ("from", ">="), ("to", "<="))
    ]  # fmt: skip
    return Eligibility.model_validate(
        {"source": "tests", "level": "inference", "observables": [observable], "criteria": criteria}
    )


@pytest.mark.parametrize(("unit", "other", "times"), PAIRS)
def test_the_limit_itself_in_another_unit_is_the_limit(unit: str, other: str, times: Fraction) -> None:
    """Every one-decimal limit from 0.1 to 200, its own value printed in the other unit."""
    for tenths in range(1, 2001):
        limit = Fraction(tenths, 10)
        assert printed(convert(float(limit * times), other, unit)) == float(limit), (limit, other)


@pytest.mark.parametrize(("unit", "other", "times"), PAIRS)
def test_criteria_meet_the_limit_alike_in_evaluator_and_sql(unit: str, other: str, times: Fraction) -> None:
    limits = [Fraction(n, 10) for n in (1, 3, 7, 17, 29, 33, 113, 701, 1999)]
    eligibility = _criteria(unit, *(f"{float(each):.1f}" for each in limits))
    rows = [(f"p{i}", float(each * times)) for i, each in enumerate(limits)]
    frame = clean(
        pl.DataFrame(
            {
                "subject": [name for name, _ in rows],
                "system": ["Proband"] * len(rows),
                "code": ["x"] * len(rows),
                "value": [value for _, value in rows],
                "unit": [other] * len(rows),
                "first_day": [ON] * len(rows),
                "last_day": [ON] * len(rows),
            }
        )
    )
    expected = {
        "above": lambda value, limit: value > limit,
        "below": lambda value, limit: value < limit,
        "from": lambda value, limit: value >= limit,
        "to": lambda value, limit: value <= limit,
    }
    screening = Screening(eligibility)
    for (name, value), own in zip(rows, limits, strict=True):
        fact = Observation(name, "Proband", "x", value=value, unit=other, when=UncertainDate.on(ON))
        found = {r.instance.key: r.truth for r in screening.verdict([fact], ON).results}
        for index, limit in enumerate(limits):
            for word, holds in expected.items():
                assert found[f"{word}{index}"] is holds(own, limit), (word, value, other, limit)
    engines: list[Engine] = [DuckDBEngine(threads=1), SQLiteEngine()]
    for engine in engines:
        engine.load("observations", frame)
        for row in screen_loaded(eligibility, engine, ON).table.iter_rows(named=True):
            own = limits[int(row["subject"][1:])]
            for index, limit in enumerate(limits):
                for word, holds in expected.items():
                    assert row[f"{word}{index}"] is holds(own, limit), (engine.dialect.name, word, own, limit)


def test_a_multiple_of_the_limit_of_normal_is_exact() -> None:
    """0.9 with an upper limit of 0.3 is three times it, not a hair above."""
    eligibility = Eligibility.model_validate(
        {
            "source": "tests", "level": "inference",
            "observables": [{"id": "x", "label": "a result", "type": "number", "unit": "mg/dL", "relative_to": "uln",
                             "codes": [{"system": "Proband", "code": "x"}]}],
            "criteria": [{"id": "A", "kind": "exclude", "purpose": "safety", "reason": "a test", "when": "x > 3"}],
        }
    )  # fmt: skip
    for tenths in range(1, 400):
        high, value = tenths / 10, 3 * tenths / 10
        fact = Observation(
            "p", "Proband", "x", value=value, unit="mg/dL", reference_high=high, when=UncertainDate.on(ON)
        )
        assert Screening(eligibility).verdict([fact], ON).results[0].truth is False, (value, high)
