"""OMOP Common Data Model 5.3 and 5.4: tables as CSV, Parquet or a DuckDB file."""
