"""Who is one datum away: persons whom a single value could make eligible, and which value that is.

Asked for the whole table at once. The answer depends only on how each atom of the criteria stands, so persons who stand
alike share one search; values matter beyond that only where they are bounded or compared with each other.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from proband.programme.eligibility import Scored
from proband.programme.expression import And, Comparison, Node, Or, atom_names, atoms
from proband.screening.kleene import evaluate
from proband.screening.missing import settling_sets
from proband.screening.renaming import at_visit, column_stem
from proband.screening.rules import Rules
from proband.screening.values import Value
from proband.terms.extras import missing

try:
    import polars as pl
except ModuleNotFoundError as error:
    raise missing(error) from error

_SCHEMA = {
    "subject": pl.String,
    "observable": pl.String,
    "visit": pl.String,
    "label": pl.String,
    "effort": pl.String,
}


def one_datum_away(rules: Rules, wide: pl.DataFrame) -> pl.DataFrame:
    """The single values that could make persons eligible.

    Parameters
    ----------
    wide
        Rows of the table ``observables`` of persons who need data (others give nothing).

    Returns
    -------
    pl.DataFrame
        ``subject, observable, visit, label, effort``: one row per person and value, the least effort first.
    """
    eligibility = rules.eligibility
    root = passing(rules)
    every = list(dict.fromkeys(atoms(root)))
    signatures = {
        at_visit(n, visit): eligibility.signatures[n]
        for visit in rules.visits
        for n in rules.used.get(visit, ())
    }
    together = {
        n for a in every if isinstance(a, Comparison) and len(atom_names(a)) > 1 for n in atom_names(a)
    }
    seen: dict[tuple[Any, ...], list[str]] = {}
    rows: list[tuple[str, str, str | None, str, str]] = []
    for row in wide.iter_rows(named=True):
        values = {name: _value(row, name, signatures[name].type) for name in signatures}
        partial = tuple(
            (n, v.low, v.high)
            for n, v in values.items()
            if n in together or (not v.is_known and (v.low, v.high) != (None, None))
        )
        key = (tuple(evaluate(a, values) for a in every), partial)
        if key not in seen:
            found = settling_sets(root, values, signatures)
            seen[key] = [next(iter(s)) for s in found.sets if len(s) == 1]
        asked = {items[0] for name in seen[key] if len(items := _items(rules, row, values, name)) == 1}
        for name in sorted(asked, key=lambda n: (eligibility.by_id[n.partition("@")[0]].effort.rank, n)):
            id, _, visit = name.partition("@")
            o = eligibility.by_id[id]
            rows.append((row["subject"], id, visit or None, o.label, o.effort.value))
    return pl.DataFrame(rows, schema=_SCHEMA, orient="row")


def passing(rules: Rules) -> Node:
    """The condition of taking part: all criteria of one cohort at least."""
    ways: list[Node] = []
    for cohort in rules.eligibility.cohort_ids():
        parts = tuple(i.condition for i in rules.instances if i.concerns(cohort))
        if parts:  # a cohort that is asked nothing takes nobody
            ways.append(And(parts))
    return ways[0] if len(ways) == 1 else Or(tuple(ways))


def _items(rules: Rules, row: Mapping[str, Any], values: Mapping[str, Value], name: str) -> list[str]:
    """What is to be found out for a value: itself, or the unknown items from which an instrument computes it.

    Where a score stands on record and cannot be used, or contradicts the computed one, the score itself is asked for.
    """
    id, _, visit = name.partition("@")
    o = rules.eligibility.by_id[id]
    inputs = [at_visit(i, visit or None) for i in o.needs] if isinstance(o, Scored) else []
    unknown = [i for i in inputs if not values[i].is_known]
    if not unknown or row.get(f"{column_stem(name)}_n"):
        return [name]
    return list(dict.fromkeys(leaf for i in unknown for leaf in _items(rules, row, values, i)))


def _value(row: Mapping[str, Any], name: str, kind: str) -> Value:
    stem = column_stem(name)
    if kind == "boolean":
        truth = row[stem]
        return Value(truth=None if truth is None else bool(truth))
    if kind == "code":
        return Value(code=row[stem])
    return Value(low=row[f"{stem}_lo"], high=row[f"{stem}_hi"])
