"""Many persons at once: the funnel adds up, and who is one datum away is the same as for each alone."""

from __future__ import annotations

import math
from collections import Counter
from datetime import date
from random import Random

import duckdb
import polars as pl
import pytest
import sqlglot
from screening_records import AS_OF, random_eligibility, random_person

from proband.facts.table import clean, from_row
from proband.programme.eligibility import Eligibility, Multiple
from proband.screening import EligibilityStatus, Observation, Screening, to_frame
from proband.screening.missing import Sets
from proband.screening.person import PersonFacts
from proband.screening.rules import Rules
from proband.screening.sql.criteria import readable, verdict_text
from proband.screening.sql.dialects import DIALECTS, dialect
from proband.screening.sql.engines import DuckDBEngine, SQLiteEngine
from proband.screening.sql.many import nearly, screen_loaded
from proband.screening.sql.observables import ObservableQuery
from proband.terms import ProbandError, UncertainDate


def test_who_is_one_datum_away_is_the_same_for_many_as_for_one() -> None:
    seen: Counter[str] = Counter()
    for seed in range(24):
        r = Random(seed)
        eligibility = random_eligibility(r, criteria=3)
        records = {f"p{n}": random_person(r, f"p{n}") for n in range(40)}
        database = DuckDBEngine()
        database.load("observations", to_frame(o for record in records.values() for o in record))
        screen_loaded(eligibility, database, AS_OF)
        rows = nearly(eligibility, database)
        many: dict[str, set[str]] = {}
        for row in rows.iter_rows(named=True):
            visit = f"@{row['visit']}" if row["visit"] else ""
            many.setdefault(row["subject"], set()).add(row["observable"] + visit)
        screening = Screening(eligibility)
        multiples = {o.id for o in eligibility.observables if isinstance(o, Multiple) and o.baseline}
        for subject, record in records.items():
            if not record:
                continue
            person = PersonFacts(screening.rules, record)
            if screening.outcome(person, AS_OF) is not EligibilityStatus.NEEDS_DATA:
                assert subject not in many
                continue
            cohorts = screening.cohorts(screening.results(person, AS_OF))
            confirm, _ = screening._missing(person, AS_OF, cohorts)
            if confirm.complete:
                # a multiple of a baseline is named as one value here, and as its two parts for one person
                sets = [
                    s
                    for s in confirm.sets
                    if len(s) == 1 and not {n.partition("@")[0] for n in s} & multiples
                ]
                single = {
                    s.items[0].name
                    for s in screening._item_maker(person, AS_OF)(Sets(tuple(sets)))
                    if len(s.items) == 1
                }
                assert {n for n in many.get(subject, set()) if n.partition("@")[0] not in multiples} == single
                seen["values"] += len(single)
                names = {n.partition("@")[0] for s in sets for n in s}
                seen["scores in parts"] += "given_meld" in names and "given_meld" not in single
    assert seen["values"] > 50
    assert seen["scores in parts"] > 5


def test_the_funnel_adds_up(example: Eligibility) -> None:
    database = DuckDBEngine()
    database.load("observations", to_frame(o for n in range(200) for o in random_person(Random(n), f"p{n}")))
    screened = screen_loaded(example, database, AS_OF)
    funnel = screened.funnel
    assert funnel.eligible + funnel.not_eligible + funnel.needs_data == funnel.persons == len(screened.table)
    left = funnel.persons
    for step in funnel.steps:
        assert step.passed + step.stopped + step.unknown == funnel.persons
        assert step.left <= left
        assert step.only <= step.stopped
        left = step.left


def test_the_funnel_branches_by_cohort_and_adds_up_to_the_verdicts(example: Eligibility) -> None:
    """Every way through the criteria ends with those whom nothing stops; the dead are left nowhere."""
    cohorts = [each for each in example.cohort_ids() if each is not None]
    assert len(cohorts) > 1
    r = Random(20261101)
    facts = [o for n in range(300) for o in random_person(Random(n), f"p{n}")]
    dead = {f"p{n}" for n in r.sample(range(300), 40)}
    died = [
        Observation(name, "Proband", "vital-status", text="deceased", when=UncertainDate.on(AS_OF))
        for name in sorted(dead)
    ]
    for engine in (DuckDBEngine(threads=1), SQLiteEngine()):
        engine.load("observations", to_frame([*facts, *died]))
        screened = screen_loaded(example, engine, AS_OF)
        funnel, table = screened.funnel, screened.table
        assert funnel.deceased == len(dead)
        assert funnel.deceased + funnel.stopped == funnel.not_eligible
        assert [branch.cohort for branch in funnel.branches] == cohorts
        alive = table.filter(~pl.col("subject").is_in(dead))
        somewhere = pl.lit(False)
        for branch in funnel.branches:
            passes = pl.col(f"cohort {branch.cohort}")
            assert branch.steps[-1].left == branch.eligible + branch.needs_data
            assert branch.eligible == alive.filter(passes).height
            assert branch.needs_data == alive.filter(passes.is_null()).height
            somewhere = somewhere | passes.is_null() | passes
            assert [step.left for step in branch.steps] == sorted(
                (step.left for step in branch.steps), reverse=True
            )
        assert alive.filter(somewhere).height == funnel.eligible + funnel.needs_data
        assert alive.height - alive.filter(somewhere).height == funnel.stopped
        engine.close()


def test_nan_and_infinity_become_null_and_are_flagged() -> None:
    facts = [
        Observation("p", "LOINC", "777-3", value=v, unit="10*9/L")
        for v in (math.nan, math.inf, -math.inf, 7.0)
    ]
    table = to_frame(facts)
    assert table["value"].to_list() == [None, None, None, 7.0]
    assert table["problems"].null_count() == 1
    # why: engines hold NaN for greater than everything
    assert duckdb.sql("SELECT 'NaN'::DOUBLE >= 60").fetchall() == [(True,)]


def test_a_row_comes_back_as_the_same_observation() -> None:
    for n in range(30):
        for o in random_person(Random(n), "p"):
            (row,) = to_frame([o]).iter_rows(named=True)
            back = from_row(row)
            assert (back.code, back.presence, back.attributes, back.comparator) == (
                o.code,
                o.presence,
                o.attributes,
                o.comparator,
            )
            if o.time is None:
                assert back.when == o.when


def test_a_table_without_the_agreed_columns_is_refused() -> None:
    from proband.facts.table import ObservationTableError

    with pytest.raises(ObservationTableError, match="subject"):
        clean(pl.DataFrame({"code": ["x"]}))


@pytest.mark.parametrize("name", DIALECTS)
def test_all_sql_parses_in_its_own_dialect(example: Eligibility, name: str) -> None:
    rules = Rules(example)
    known = dialect(name)
    for text in (
        readable(rules, known),
        verdict_text(rules, known),
        ObservableQuery(rules, known).text(AS_OF),
    ):
        assert sqlglot.parse_one(text, read=known.name)
        assert "/" not in readable(rules, known)  # no division in criteria


def test_a_quote_in_a_value_stays_a_value() -> None:
    strange = "x'); DROP TABLE observations; --"
    eligibility = Eligibility.model_validate(
        {
            "source": "test",
            "level": "inference",
            "observables": [
                {"id": "c", "label": "code", "type": "code", "codes": [{"system": "Proband", "code": "c"}]},
                {
                    "id": "w",
                    "label": "with",
                    "type": "boolean",
                    "codes": [{"system": "Proband", "code": "c"}],
                    "where": {"value": [strange]},
                },
            ],
            "criteria": [
                {
                    "id": "I1",
                    "kind": "include",
                    "purpose": "safety",
                    "reason": "a test",
                    "when": f'c == "{strange}" and w',
                }
            ],
        }
    )
    database = DuckDBEngine()
    database.load(
        "observations",
        to_frame(
            [Observation("p", "Proband", "c", text=strange), Observation("q", "Proband", "c", text="x")]
        ),
    )
    assert screen_loaded(eligibility, database, AS_OF).counts == {"eligible": 1, "not-eligible": 1}


def test_an_instrument_that_does_not_exist_is_refused() -> None:
    eligibility = Eligibility.model_validate(
        {
            "source": "test",
            "level": "inference",
            "observables": [
                {"id": "age", "label": "age", "type": "number", "elapsed": {"since": "birth", "unit": "a"}},
                {
                    "id": "score",
                    "label": "score",
                    "type": "number",
                    "unit": "1",
                    "derived": {"instrument": "mled", "inputs": {"age": "age"}},
                },
            ],
            "criteria": [
                {"id": "I1", "kind": "include", "purpose": "safety", "reason": "a test", "when": "score > 3"}
            ],
        }
    )
    with pytest.raises(ProbandError, match="mled"):
        Screening(eligibility)


def test_what_was_recorded_later_is_not_seen_in_the_past(example: Eligibility) -> None:
    early, late = date(2026, 1, 10), date(2026, 2, 10)
    facts = [
        Observation("p", "LOINC", "777-3", value=v, unit="10*9/L", when=UncertainDate.on(d))
        for v, d in ((150.0, early), (20.0, late))
    ]
    database = DuckDBEngine()
    for day, expected in ((date(2026, 1, 15), None), (date(2026, 2, 15), False)):
        database.load("observations", to_frame(facts))
        table = screen_loaded(example, database, day).table
        assert table["I6"][0] is expected


def test_a_cohort_of_which_nothing_is_asked_takes_nobody() -> None:
    eligibility = Eligibility.model_validate(
        {
            "source": "test",
            "level": "inference",
            "cohorts": [{"id": "one", "label": "Cohort one"}, {"id": "two", "label": "Cohort two"}],
            "observables": [
                {"id": "age", "label": "age", "type": "number", "elapsed": {"since": "birth", "unit": "a"}}
            ],
            "criteria": [
                {
                    "id": "I1",
                    "kind": "include",
                    "purpose": "safety",
                    "reason": "a test",
                    "when": "age >= 18",
                    "cohorts": ["one"],
                }
            ],
        }
    )
    assert Screening(eligibility).verdict([], AS_OF).outcome is EligibilityStatus.NEEDS_DATA
    database = DuckDBEngine()
    database.load("observations", to_frame([Observation("p", "Proband", "sex", text="male")]))
    assert screen_loaded(eligibility, database, AS_OF).counts == {"needs-data": 1}
