"""A printed decimal is exact: a result in another unit that equals the limit is neither above nor below it."""

from __future__ import annotations

from datetime import date
from fractions import Fraction

import polars as pl
import pytest

from proband.facts.observation import Observation
from proband.facts.table import clean, to_frame
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


def _two(*conditions: str) -> Eligibility:
    """Criteria on two results, x and y, and on how far the results z lie apart."""
    observables: list[dict[str, object]] = [
        {"id": name, "label": f"a result {name}", "type": "number", "unit": "mg/dL", "aggregate": "last", "codes": [{"system": "Proband", "code": name}]}
        for name in ("x", "y")
    ]  # fmt: skip
    apart = {
        "id": "z",
        "label": "how far apart",
        "type": "number",
        "unit": "mg/dL",
        "aggregate": "range",
        "codes": [{"system": "Proband", "code": "z"}],
    }
    criteria = [
        {"id": f"C{n}", "kind": "include", "purpose": "enrichment", "reason": "a test", "when": when}
        for n, when in enumerate(conditions)
    ]
    return Eligibility.model_validate(
        {"source": "tests", "level": "inference", "observables": [*observables, apart], "criteria": criteria}
    )


@pytest.mark.parametrize("comparator", [None, "<"])
def test_what_is_computed_of_printed_decimals_is_exact_too(comparator: str | None) -> None:
    """3 × 0.3 is 0.9 and 0.1 + 0.2 is 0.3, in binary they are not; "below 0.3" stays below it after a product."""
    eligibility = _two(
        "x <= 3 * y",
        "x >= 3 * y",
        "x + y <= 0.3",
        "x + y >= 0.3",
        "x - y <= 0.1",
        "3 * y < 0.9",
        "z <= 0.2",
        "z >= 0.2",
    )
    people = {
        "a": [("x", 0.9), ("y", 0.3), ("z", 0.1), ("z", 0.3)],
        "b": [("x", 0.1), ("y", 0.2), ("z", 0.5), ("z", 0.7)],
        "c": [("x", 0.3), ("y", 0.2), ("z", 1.1), ("z", 1.3)],
    }
    record = [
        Observation(
            who, "Proband", code, value=value, unit="mg/dL", comparator=comparator if code == "y" else None,
            when=UncertainDate.on(ON),
        )
        for who, told in people.items()
        for code, value in told
    ]  # fmt: skip
    screening = Screening(eligibility)
    found = {
        who: {
            r.instance.key: r.truth
            for r in screening.verdict([f for f in record if f.subject == who], ON).results
        }
        for who in people
    }
    if comparator is None:
        assert found["a"] == {
            "C0": True,
            "C1": True,
            "C2": False,
            "C3": True,
            "C4": False,
            "C5": False,
            "C6": True,
            "C7": True,
        }
        assert found["b"]["C2"] is found["b"]["C3"] is found["b"]["C6"] is found["b"]["C7"] is True
        assert found["c"]["C4"] is True
    else:
        assert found["a"]["C5"] is True
        assert found["b"]["C2"] is True
    engines: list[Engine] = [DuckDBEngine(threads=1), SQLiteEngine()]
    for engine in engines:
        engine.load("observations", to_frame(record))
        for row in screen_loaded(eligibility, engine, ON).table.iter_rows(named=True):
            assert {key: row[key] for key in found[row["subject"]]} == found[row["subject"]], (
                engine.dialect.name
            )
