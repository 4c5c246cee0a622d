"""What stands in the text of a query: no value of a bundle or a file but as a literal, no column twice, written once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Any

import pytest
import sqlglot

from proband.facts.observation import Observation
from proband.facts.table import to_frame
from proband.programme.eligibility import Eligibility
from proband.screening.person import PersonFacts
from proband.screening.rules import Rules, rules_for
from proband.screening.sql.criteria import readable
from proband.screening.sql.dialects import DAY_BEGINS, DAY_ENDS, DIALECTS, Dialect, dialect
from proband.screening.sql.engines import DuckDBEngine, Engine, EngineError, SQLiteEngine
from proband.screening.sql.many import screen, screen_loaded
from proband.screening.verdict import Screening
from proband.terms import ProbandError, UncertainDate

DAY = date(2026, 3, 31)

HOSTILE = [
    "'",
    "''",
    "x'); drop table observations; --",
    'x" or "1"="1',
    "`x`",
    "[x]",
    "\\",
    "\\'",
    "x\\' or 1=1 --",
    "/* x */",
    "-- x",
    "x\n-- y",
    "x;select 1",
    "$$x$$",
    "$1",
    ":x ?",
    "%s %% %(x)s",
    "{x} {0}",
    "é ü ß ж 患者 \u202e x \ufeff",
    "\U0001f9ec",
    f"{DAY_BEGINS}0 d{DAY_ENDS}",
    "x\x7fy\x1bz",
    "null",
]
WITH_NUL = ["\x00", "x\x00y", "x\x00' or 1=1 --"]


def eligibility(texts: Sequence[str]) -> Eligibility:
    """Every place where a bundle may hold a text that meets what a file holds."""
    other = {"system": "Proband", "code": "v"}
    observables: list[dict[str, Any]] = [
        {"id": "free", "type": "code", "codes": [other]},
        {"id": "listed", "type": "code", "codes": [other], "values": [*texts, "another"]},
        {"id": "spelt", "type": "code", "codes": [other], "values": ["a", "b"], "synonyms": dict.fromkeys(texts, "a")},
        {"id": "level", "type": "ordered", "codes": [other], "values": ["first", *texts, "last"]},
        {"id": "chosen", "type": "boolean", "codes": [other], "where": {"value": list(texts)}},
        {"id": "gene", "type": "boolean", "codes": [other], "where": {"gene": list(texts)}},
        {"id": "yes", "type": "boolean", "codes": [other], "true_values": list(texts), "false_values": ["no"]},
        {"id": "event", "type": "number", "aggregate": "count", "absent": "no",
         "codes": [{"system": "CTCAE", "code": one_line(text)} for text in texts]},
    ]  # fmt: skip
    criteria = ["spelt == 'a'", "chosen", "gene", "yes", "event >= 1"]
    for quoted in map(repr, texts):
        criteria += [f"free in [{quoted}, 'another'] and listed != 'another' and level >= {quoted}"]
    label = " ".join(map(one_line, texts))
    return Eligibility.model_validate(
        {
            "source": "tests",
            "level": "inference",
            "observables": [{"label": label, **o} for o in observables],
            "criteria": [
                {"id": f"K{n}", "kind": "include", "purpose": "safety", "reason": label, "when": when}
                for n, when in enumerate(criteria)
            ],
        }
    )


def one_line(text: str) -> str:
    """A text as a code may hold it."""
    return text.replace("\n", " ")


def people(texts: Sequence[str]) -> list[list[Observation]]:
    """For each text somebody of whom it is said, and others of whom something near it is said; and one of whom nothing is."""
    when = UncertainDate.on(DAY)
    found: list[list[Observation]] = []
    for text in [*texts, *(t + "x" for t in texts), "another", "no", None]:
        subject = f"p{len(found)} {text}"
        code = one_line(text or "z")
        found.append(
            [
                Observation(subject, "Proband", "v", text=text, attributes={"gene": text or "unknown"}, when=when),
                Observation(subject, "CTCAE", code, when=when),
            ]
        )  # fmt: skip
    return found


def agree(texts: Sequence[str], engines: Sequence[Engine], *, but: str = "") -> int:
    """Screen on each engine; every answer is that of the evaluator. How many answers were definite."""
    rules, records, definite = eligibility(texts), people(texts), 0
    frame = to_frame(o for record in records for o in record)
    screening = Screening(rules)
    expected = {
        record[0].subject: screening.results(PersonFacts(screening.rules, record), DAY) for record in records
    }
    for engine in engines:
        engine.load("observations", frame)
        rows = {row["subject"]: row for row in screen_loaded(rules, engine, DAY).table.iter_rows(named=True)}
        assert set(rows) == set(expected)
        for subject, results in expected.items():
            for result in results:
                if result.instance.criterion.when == but:
                    continue
                where = (engine.dialect.name, subject, result.instance.criterion.when)
                assert rows[subject][result.instance.key] is result.truth, where
                definite += result.truth is not None
        assert engine.fetch("SELECT COUNT(*) FROM observations").item() == len(frame)
    return definite


@pytest.mark.postgres
def test_no_value_is_read_as_sql(postgres: Engine) -> None:
    definite = agree(HOSTILE, [DuckDBEngine(), SQLiteEngine(), postgres])
    assert definite > 3 * 20 * 20, "each text is compared with each, on each engine"


def test_nul_is_a_character_like_any_other_where_an_engine_can_hold_it() -> None:
    assert agree(WITH_NUL, [DuckDBEngine()]) > 40
    # SQLite reads a JSON text up to NUL only: what an attribute says is then another thing, or unknown
    assert agree(WITH_NUL, [SQLiteEngine()], but="gene") > 40


@pytest.mark.postgres
def test_postgresql_refuses_nul_and_says_why(postgres: Engine) -> None:
    with pytest.raises(EngineError) as caught:
        postgres.load("observations", to_frame([Observation("p", "Proband", "v", text="x\x00y")]))
    assert caught.value.code == "screening.engine.nul"
    postgres.load("observations", to_frame([Observation("p", "Proband", "v", text="x")]))
    with pytest.raises(ProbandError) as refused:
        screen_loaded(eligibility(["x\x00y"]), postgres, DAY)
    assert refused.value.code == "screening.engine.nul"


@pytest.mark.spark
def test_no_value_is_read_as_sql_on_spark(spark: Engine) -> None:
    some = [text for text in HOSTILE if set(text) & set("\\'\"`%") or not text.isascii()]
    assert agree(some, [spark]) > 10 * len(some)


def test_the_readable_form_holds_each_value_quoted() -> None:
    rules = Rules(eligibility(HOSTILE))
    for name in DIALECTS:
        text = readable(rules, dialect(name))
        (statement,) = sqlglot.parse(text, read=dialect(name).name)
        assert isinstance(statement, sqlglot.exp.Select)
        literals = {item.this for item in statement.find_all(sqlglot.exp.Literal) if item.is_string}
        assert {text for text in HOSTILE if DAY_BEGINS not in text} <= literals


SQL_WORDS = ["select", "table", "order", "user", "group", "values", "case", "end", "date", "k", "subject_lo"]


def test_an_observable_may_be_called_as_a_word_of_sql() -> None:
    rules = Eligibility.model_validate(
        {
            "source": "tests",
            "level": "inference",
            "observables": [
                {"id": word, "label": word + " ever", "type": "boolean", "codes": [{"system": "Proband", "code": "v"}]}
                for word in SQL_WORDS
            ],
            "criteria": [
                {"id": word.upper(), "kind": "include", "purpose": "safety", "reason": "words", "when": word}
                for word in SQL_WORDS
            ],
        }
    )  # fmt: skip
    frame = to_frame([Observation("p", "Proband", "v", text="yes", when=UncertainDate.on(DAY))])
    for engine in (DuckDBEngine(), SQLiteEngine()):
        assert screen(rules, frame, DAY, on=engine).counts == {"eligible": 1}


@pytest.mark.parametrize(
    ("observables", "criteria"),
    [
        ([("x", "number"), ("x_lo", "boolean")], ["A", "B"]),
        ([("subject", "boolean"), ("x", "boolean")], ["A", "B"]),
        ([("x", "boolean"), ("y", "boolean")], ["a", "A"]),
        ([("x", "boolean"), ("y", "boolean")], ["verdict", "A"]),
    ],
)
def test_columns_that_an_engine_cannot_tell_apart_are_refused(
    observables: list[tuple[str, str]], criteria: list[str]
) -> None:
    rules = Eligibility.model_validate(
        {
            "source": "tests",
            "level": "inference",
            "observables": [
                {"id": id, "label": id + " ever", "type": kind, "codes": [{"system": "Proband", "code": "v"}]}
                for id, kind in observables
            ],
            "criteria": [
                {
                    "id": id,
                    "kind": "include",
                    "purpose": "safety",
                    "reason": "names",
                    "when": f"known({name})",
                }
                for id, (name, _) in zip(criteria, observables, strict=True)
            ],
        }
    )
    assert Screening(rules).verdict([], DAY).outcome == "needs-data"
    with pytest.raises(ProbandError) as caught:
        screen(rules, to_frame([]), DAY)
    assert caught.value.code == "screening.columns"


def test_a_query_is_written_once_for_rules_and_engine(
    example: Eligibility, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str] = []
    render: Callable[..., str] = Dialect.render

    def counting(self: Dialect, *arguments: Any, **more: Any) -> str:
        written.append(self.name)
        return render(self, *arguments, **more)

    monkeypatch.setattr(Dialect, "render", counting)
    duckdb, sqlite = DuckDBEngine(), SQLiteEngine()
    frame = to_frame(
        [Observation("p", "LOINC", "777-3", value=90.0, unit="10*9/L", when=UncertainDate.on(DAY))]
    )
    first = screen(example, frame, DAY, on=duckdb)
    once = len(written)
    assert 0 < once <= 6, written
    for days in (0, 1, 400):
        again = screen(example, frame, DAY + timedelta(days=days), on=duckdb)
        assert (again.counts == first.counts) or days
    assert len(written) == once, "another day, another run: nothing is written again"
    screen(example, frame, DAY, on=sqlite)
    assert set(written[once:]) == {"sqlite"}
    assert len(written) == 2 * once
    assert rules_for(example) is rules_for(example)


def test_the_day_is_filled_in(example: Eligibility) -> None:
    """A platelet count of 40 days ago counts on its day and not on a later one, by the same written query."""
    engine = DuckDBEngine()
    taken = DAY - timedelta(days=40)
    frame = to_frame(
        [Observation("p", "LOINC", "777-3", value=90.0, unit="10*9/L", when=UncertainDate.on(taken))]
    )
    seen = {}
    for day in (taken, DAY):
        screen(example, frame, day, on=engine)
        seen[day] = engine.fetch("SELECT platelets_lo FROM observables").item()
    assert seen == {taken: 90.0, DAY: None}
