"""What screening refuses: a rule that cannot be judged, an engine that is not there."""

from __future__ import annotations

from proband.terms.errors.entry import Entry

ENTRIES = (
    Entry(
        "screening.derived",
        "{problems:;}",
        "correct 'derived' in eligibility.yaml; `proband instruments` lists what there is",
    ),
    Entry(
        "screening.scope",
        "the programme asks no criterion in the scope {scope!r}",
        "name the scope at the criteria that are asked then (scopes)",
    ),
    Entry(
        "screening.visit",
        "the programme has no visit {visit!r} at which criteria are judged",
        "use one of: {visits}",
    ),
    Entry(
        "screening.columns",
        "two columns of the query would have one name: {names}",
        "rename an observable or a criterion; letter case does not tell columns apart",
    ),
    Entry(
        "screening.engine.address",
        "PostgreSQL needs an address",
        "give --dsn postgresql://user@host/database",
    ),
    Entry(
        "screening.engine.nul",
        "PostgreSQL holds no text with the character NUL, which stands in {text!r}",
        "remove the character, or use another engine",
    ),
    Entry("screening.engine.spark.start", "Spark does not start: {reason}", "it needs Java 17 or later"),
    Entry("screening.engine.unknown", "no engine {name!r}", "choose duckdb, postgres, sqlite or spark"),
    Entry(
        "screening.engine.unreachable",
        "PostgreSQL does not answer: {reason}",
        "check the address and that it runs",
    ),
)
