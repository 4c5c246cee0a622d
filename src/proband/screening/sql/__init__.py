"""The same criteria as SQL, for DuckDB, PostgreSQL, SQLite and Spark: a whole hospital in one query.

Two layers, as in the model. :mod:`~proband.screening.sql.observables` turns the long table of observations into one
row per person with the bounds of each observable; :mod:`~proband.screening.sql.criteria` turns that row into one
three-valued column per criterion and the verdict. :mod:`~proband.screening.sql.engines` are the databases, and
:mod:`~proband.screening.sql.many` screens everybody on one of them.
"""

from __future__ import annotations

from proband.terms.extras import require

require("polars")
require("sqlglot")
