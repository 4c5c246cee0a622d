"""The evaluator for one person and the SQL for many say the same, on every engine, for random criteria and records.

A case is one criterion of one person. Records hold missing values, NaN and infinities, bounds, wrong and missing units,
flagged and masked results, intervals of days, open and unknown dates, times of day, contradictions.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from random import Random

import pytest
from holding_records import holding_eligibility, holding_person
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from screening_records import AS_OF, random_eligibility, random_person

from proband.facts.observation import Observation
from proband.facts.table import to_frame
from proband.programme.eligibility import Eligibility
from proband.screening.person import PersonFacts
from proband.screening.sql.engines import DuckDBEngine, Engine, SQLiteEngine
from proband.screening.sql.many import screen_loaded
from proband.screening.verdict import Screening

PERSONS = 60
CASES: Counter[str] = Counter()


def compare(
    eligibility: Eligibility, records: Sequence[list[Observation]], engines: Sequence[Engine]
) -> None:
    screening = Screening(eligibility)
    expected = {}
    for record in records:
        if record:
            results = screening.results(PersonFacts(screening.rules, record), AS_OF)
            expected[record[0].subject] = results
    frame = to_frame(o for record in records for o in record)
    for engine in engines:
        engine.load("observations", frame)
        table = screen_loaded(eligibility, engine, AS_OF).table
        assert set(table["subject"]) == set(expected)
        for row in table.iter_rows(named=True):
            results = expected[row["subject"]]
            for result in results:
                key = result.instance.key
                assert row[key] is result.truth, (
                    engine.dialect.name,
                    row["subject"],
                    result.instance.criterion.when,
                    {n: (v.low, v.high, v.truth, v.code, v.reason) for n, v in result.values.items()},
                )
            cohorts = screening.cohorts(results)
            best = {str(o) for o in cohorts.values()}
            verdict = next(v for v in ("eligible", "needs-data", "not-eligible") if v in best)
            assert row["verdict"] == verdict
            CASES[engine.dialect.name] += len(results)
            for result in results:
                CASES[f"{engine.dialect.name} {result.standing}"] += 1


def records(r: Random, count: int = PERSONS) -> list[list[Observation]]:
    return [random_person(r, f"p{n}") for n in range(count)]


@pytest.mark.postgres
def test_evaluator_and_sql_agree_on_duckdb_sqlite_and_postgresql(postgres: Engine) -> None:
    engines: list[Engine] = [DuckDBEngine(threads=2), SQLiteEngine(), postgres]

    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.integers(min_value=0, max_value=2**48))
    def agree(seed: int) -> None:
        r = Random(seed)
        compare(random_eligibility(r, criteria=10), records(r), engines)

    agree()
    for name in ("duckdb", "sqlite", "postgres"):
        assert CASES[name] >= 20_000, CASES
        # the comparison means something only if each answer occurs often
        for standing in ("met", "not met", "unknown"):
            assert CASES[f"{name} {standing}"] >= 1_000, CASES


@pytest.mark.postgres
def test_evaluator_and_sql_agree_on_how_long_a_yes_or_a_no_holds(postgres: Engine) -> None:
    """People whose conditions begin and end on days that are exact, of a month, of a year, open or unknown."""
    engines: list[Engine] = [DuckDBEngine(threads=1), SQLiteEngine(), postgres]
    before = Counter(CASES)

    @settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.integers(min_value=0, max_value=2**48))
    def agree(seed: int) -> None:
        r = Random(seed)
        compare(holding_eligibility(r), [holding_person(r, f"p{n}") for n in range(50)], engines)

    agree()
    found = CASES - before
    for name in ("duckdb", "sqlite", "postgres"):
        assert found[name] >= 10_000, found
        for standing in ("met", "not met", "unknown"):
            assert found[f"{name} {standing}"] >= 400, found


@pytest.mark.spark
def test_evaluator_and_sql_agree_on_spark(spark: Engine, example: Eligibility) -> None:
    for seed in (1,):
        r = Random(seed)
        compare(random_eligibility(r, criteria=8, most=14, visits=False), records(r, 200), [spark])
        people = [holding_person(r, f"p{n}") for n in range(150)]
        compare(holding_eligibility(r, questions=4), people, [spark])
    assert CASES["spark"] >= 1_500, CASES


def test_the_worked_example_agrees(example: Eligibility) -> None:
    compare(example, records(Random(7), 200), [DuckDBEngine(), SQLiteEngine()])
