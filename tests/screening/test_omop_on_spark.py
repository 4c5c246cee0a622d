"""Facts of OMOP tables made in columns and screened on DuckDB and on Spark: the same verdicts and funnel. Synthetic people."""

from __future__ import annotations

import os
from pathlib import Path

from benchmarks.omop import write_tables
from benchmarks.screening import AS_OF, eligibility

from proband.exchange import gather
from proband.programme.eligibility import Eligibility
from proband.screening.sql.engines import SparkEngine
from proband.screening.sql.many import screen_loaded

#: a result, an ever, an elapsed time and a count; all fifteen where there is time
FEW = {"K1", "K9", "K13", "K14"}
NIGHTLY = bool(os.environ.get("PROBAND_NIGHTLY"))


def asked() -> Eligibility:
    """The criteria that are screened."""
    whole = eligibility()
    kept = [each for each in whole.criteria if NIGHTLY or each.id in FEW]
    return whole.model_copy(update={"criteria": kept})


def test_spark_gives_the_verdicts_of_duckdb(spark: SparkEngine, tmp_path: Path) -> None:
    folder, facts_at = tmp_path / "tables", tmp_path / "observations.parquet"
    folder.mkdir()
    write_tables(folder, 100_000 if NIGHTLY else 300)
    with gather(folder, asked(), AS_OF) as facts:
        assert facts.in_columns
        database = facts.on("duckdb")
        expected = screen_loaded(asked(), database, AS_OF)
        database.write_parquet("observations", facts_at)
        spark.load_parquet("observations", facts_at)
        found = screen_loaded(asked(), spark, AS_OF)
    assert found.table.equals(expected.table)
    assert found.funnel == expected.funnel
    assert min(expected.counts.values()) > 10
