"""A hospital's OMOP tables, screened in columns: ``python -m benchmarks.omop [persons] [--spark]`` (default 1,000,000 people).

The people are synthetic and stand for nobody: the fifteen criteria of :mod:`benchmarks.screening`, twenty measurements, a few observations,
conditions and an observation period each, written as Parquet first. Before any time is printed, a sample is read row by row and
its verdicts are compared with those of the columns, person by person, in SQL and by the evaluator.
"""

from __future__ import annotations

import gc
import resource
import sys
import tempfile
import time
from pathlib import Path

import duckdb
import polars as pl

from benchmarks.screening import _FLAGS, _LABS, AS_OF, eligibility
from proband.exchange import gather, read
from proband.facts.table import persons as persons_of
from proband.screening import Screening
from proband.screening.sql.many import screen, screen_loaded

SAMPLE = 500
_IDS = {name: 3_000_001 + n for n, name in enumerate(_LABS)}
_FLAG_IDS = {name: 4_000_001 + n for n, name in enumerate(_FLAGS)}
_DOSE, _ADMISSION = 5_000_001, 5_000_002
_UNITS = {
    unit: 8_000_001 + n for n, unit in enumerate(dict.fromkeys(unit for _, unit, _, _ in _LABS.values()))
}


def concepts() -> pl.DataFrame:
    """The vocabulary rows that the tables name."""
    rows = [(_IDS[name], name, "LOINC", code) for name, (code, *_) in _LABS.items()]
    rows += [(_FLAG_IDS[name], name, "LOINC", code) for name, code in _FLAGS.items()]
    rows += [(_DOSE, "dose", "Proband", "dose"), (_ADMISSION, "admission", "Proband", "admission")]
    rows += [(number, unit, "UCUM", unit) for unit, number in _UNITS.items()]
    rows += [(6_000_000 + n, f"condition {n}", "SNOMED", str(100_000_000 + n)) for n in range(500)]
    return pl.DataFrame(
        rows, schema=["concept_id", "concept_name", "vocabulary_id", "concept_code"], orient="row"
    )


def write_tables(folder: Path, persons: int) -> None:
    """The tables as Parquet."""
    d = duckdb.connect()
    d.execute("SET threads = 2")
    d.execute("SELECT setseed(0.5)").fetchall()
    labs = pl.DataFrame(
        [(n, _IDS[name], mean, sd, _UNITS[unit], unit) for n, (name, (_, unit, mean, sd)) in enumerate(_LABS.items())],
        schema=["i", "concept", "mean", "sd", "unit", "printed"], orient="row",
    )  # fmt: skip
    d.register("labs", labs.to_arrow())
    d.register(
        "flags",
        pl.DataFrame(
            [(n, each) for n, each in enumerate(_FLAG_IDS.values())], schema=["i", "concept"], orient="row"
        ).to_arrow(),
    )
    concepts().write_parquet(folder / "concept.parquet")
    day = "CAST(DATE '2024-07-01' + CAST(floor(random() * 729) AS INTEGER) AS DATE)"
    tables = {
        "person": f"SELECT n AS person_id, CASE WHEN random() < 0.5 THEN 8507 ELSE 8532 END AS gender_concept_id, 1940 + CAST(floor(random() * 70) AS INTEGER) AS year_of_birth FROM range({persons}) t(n)",
        "measurement": f"""SELECT m.n AS measurement_id, m.person_id, l.concept AS measurement_concept_id, m.measurement_date, 4172703 AS operator_concept_id,
            round(greatest(0.1, l.mean + l.sd * (m.z - 1.5) * 2), 2) AS value_as_number, 0 AS value_as_concept_id, l.unit AS unit_concept_id, l.printed AS unit_source_value,
            0 AS measurement_source_concept_id
            FROM (SELECT n, CAST(floor(random() * {persons}) AS BIGINT) AS person_id, CAST(floor(random() * {len(_LABS)}) AS INTEGER) AS i, {day} AS measurement_date,
                         random() + random() + random() AS z FROM range({persons * 20}) t(n)) m JOIN labs l ON l.i = m.i""",
        "observation": f"""SELECT o.n AS observation_id, o.person_id, CASE o.kind WHEN 0 THEN f.concept WHEN 1 THEN {_DOSE} ELSE {_ADMISSION} END AS observation_concept_id,
            o.observation_date, CASE WHEN o.kind = 0 THEN CASE WHEN o.u < 0.95 THEN 4188540 ELSE 4188539 END ELSE 4188539 END AS value_as_concept_id
            FROM (SELECT n, CAST(floor(random() * {persons}) AS BIGINT) AS person_id, CAST(floor(random() * 4) AS INTEGER) AS i, CAST(floor(random() * 3) AS INTEGER) AS kind,
                         random() AS u, {day} AS observation_date FROM range({persons * 4}) t(n)) o JOIN flags f ON f.i = o.i""",
        "condition_occurrence": f"""SELECT n AS condition_occurrence_id, CAST(floor(random() * {persons}) AS BIGINT) AS person_id, 6000000 + CAST(floor(random() * 500) AS INTEGER) AS condition_concept_id,
            {day} AS condition_start_date FROM range({persons * 4}) t(n)""",
        "observation_period": f"SELECT n AS observation_period_id, n AS person_id, DATE '2020-01-01' AS observation_period_start_date, DATE '2026-06-30' AS observation_period_end_date FROM range({persons}) t(n)",
    }  # fmt: skip
    for name, query in tables.items():
        d.sql(query).write_parquet(str(folder / f"{name}.parquet"))
    d.close()


def same_on_a_sample(folder: Path) -> str:
    """Whether a sample, read row by row, gets the verdicts that columns give; by SQL and by the evaluator."""
    few = folder / "sample"
    few.mkdir()
    for path in folder.glob("*.parquet"):
        frame = pl.read_parquet(path)
        frame = frame.filter(pl.col("person_id") < SAMPLE) if "person_id" in frame.columns else frame
        frame.write_parquet(few / path.name)
    table = read(few).table()
    by_row = screen(eligibility(), table, AS_OF).table
    with gather(few, eligibility(), AS_OF) as facts:
        by_column = screen_loaded(eligibility(), facts.on("duckdb"), AS_OF).table
    screening = Screening(eligibility())
    judged = {
        name: screening.verdict(record, AS_OF, look_ahead=False).outcome.value
        for name, record in persons_of(table)
    }
    alike = by_row.equals(by_column) and judged == dict(
        zip(by_row["subject"], by_row["verdict"], strict=True)
    )
    return f"{by_row.height} people read row by row: {'the same verdicts' if alike else 'OTHER verdicts'}"


def main() -> None:
    """Run it and print the report."""
    spark = "--spark" in sys.argv
    persons = int(next((each for each in sys.argv[1:] if each != "--spark"), 1_000_000))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        start = time.perf_counter()
        write_tables(folder, persons)
        size = sum(each.stat().st_size for each in folder.glob("*.parquet")) / 1e6
        print(
            f"{persons:,} people as OMOP tables in Parquet, {size:,.0f} MB, written in {time.perf_counter() - start:.0f} s",
            flush=True,
        )
        print(f"  {same_on_a_sample(folder)}", flush=True)
        gc.collect()
        start, cpu = time.perf_counter(), time.process_time()
        with gather(sorted(folder.glob("*.parquet")), eligibility(), AS_OF) as facts:
            assert facts.in_columns and facts.report is not None  # noqa: PT018
            loaded = time.perf_counter()
            engine = facts.on("duckdb")
            result = screen_loaded(eligibility(), engine, AS_OF)
            ended = time.perf_counter()
            print(f"  tables → observations   {loaded - start:8.2f} s, with the reading report: {facts.report.facts:,} facts counted, "
                  f"{len(facts.report.disagreements):,} contradictions")  # fmt: skip
            print(f"  observations → verdicts {ended - loaded:8.2f} s")
            print(
                f"  together                {ended - start:8.2f} s on the clock, {time.process_time() - cpu:.2f} s of processor time"
            )
            if spark:
                start = time.perf_counter()
                there = screen_loaded(eligibility(), facts.on("spark"), AS_OF)
                same = there.table.equals(result.table) and there.funnel == result.funnel
                print(f"  the same facts screened on Spark: {time.perf_counter() - start:.1f} s; {'the same verdicts and funnel' if same else 'OTHER verdicts'}")  # fmt: skip
        print(f"  verdicts: {result.counts}")
        print(f"  peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6:.1f} GB")


if __name__ == "__main__":
    main()
