"""What an engine computes stands alone on standard output: no bar of its own between the lines of ``--json``."""

from __future__ import annotations

from proband.screening.sql.engines import DuckDBEngine


def test_duckdb_writes_no_progress_bar() -> None:
    engine = DuckDBEngine()
    try:
        assert engine.fetch("SELECT current_setting('enable_progress_bar') AS bar")["bar"].to_list() == [
            False
        ]
    finally:
        engine.close()
