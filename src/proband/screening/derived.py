"""Values that an instrument computes from other observables: MELD from bilirubin, creatinine, INR and dialysis.

The instrument's own rule decides whether there is a score at all; a missing, uncertain or impossible item gives none,
and the reason names the item. One person and a whole table go through the same function.

A score may also stand on record. It is used alone only where nothing can be computed. Where both are known and differ,
neither is preferred: the value is the interval that covers both, so that finding the other one of the two never turns
a definite answer into its opposite.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import numpy as np

from proband.instruments.catalogue import get, score_batch
from proband.instruments.instrument import InstrumentError
from proband.programme.eligibility import Derived, Observable, SaysLevel, Scored
from proband.screening.values import Value
from proband.terms.extras import require

if TYPE_CHECKING:
    import polars as pl

#: what one input contributes for each row: numbers (NaN = missing), or words (None = missing)
Column = Sequence[float] | Sequence[str | None]


def check_derivation(observable: Observable) -> list[str]:
    """What is wrong with a derivation: unknown instrument, item, variant or output (empty: nothing)."""
    if not isinstance(observable, Scored):
        return []
    rule = observable.derived
    found: list[str] = []
    try:
        instrument = get(rule.instrument)
        variant = instrument.variant(rule.variant).name
    except InstrumentError as error:
        return [f"{observable.id}: {error.message}; {error.mend}"]
    for item in rule.inputs:
        try:
            instrument.item(item)
        except InstrumentError as error:
            found.append(f"{observable.id}: {error.message}; {error.mend}")
    missing = [name for name in instrument.required_items(variant) if name not in rule.inputs]
    found += [f"{observable.id}: the item {name} of {rule.instrument} has no observable" for name in missing]
    if rule.output not in {None, "unrounded", "category", *instrument.details}:
        found.append(f"{observable.id}: {rule.instrument} has no output {rule.output!r}")
    return found


def derive(
    observable: Scored, inputs: Mapping[str, Observable], columns: Mapping[str, Column]
) -> tuple[list[Any], list[str]]:
    """Compute a derived observable for some rows.

    Parameters
    ----------
    columns
        Observable id → one entry per row: numbers (NaN missing) in the observable's unit, or words (``None`` missing;
        yes/no inputs are ``"yes"`` and ``"no"``).

    Returns
    -------
    values, reasons
        Numbers, or category words for ``output: category``; ``None`` where there is no score, with the reason (``""``
        where there is one).
    """
    rule = observable.derived
    batch = score_batch(
        rule.instrument,
        {item: _column(columns[name]) for item, name in rule.inputs.items()},
        variant=rule.variant,
        units={
            item: _unit(inputs[name])
            for item, name in rule.inputs.items()
            if _needs_unit(rule, item, inputs[name])
        },
        details=rule.output not in {None, "unrounded", "category"},
    )
    reasons = [reason or "" for reason in batch.reasons()]
    if rule.output == "category":
        return list(batch.categories()), reasons
    source = (
        batch.value
        if rule.output is None
        else batch.unrounded
        if rule.output == "unrounded"
        else batch.details[rule.output]
    )
    return [None if np.isnan(v) else float(v) for v in source], reasons


def _needs_unit(rule: Derived, item: str, observable: Observable) -> bool:
    return observable.type == "number" and get(rule.instrument).item(item).unit_must_be_said


def _unit(observable: Observable) -> str:
    return observable.result_unit or "1"


def _column(column: Column) -> Any:
    if len(column) and not any(isinstance(v, str) for v in column) and any(v is not None for v in column):
        return np.asarray(column, dtype=np.float64)
    return list(column)


def derived_value(observable: Scored, inputs: Mapping[str, Observable], values: Mapping[str, Value]) -> Value:
    """The derived value of one person, resting on the facts of its inputs."""
    rule = observable.derived
    columns: dict[str, Column] = {name: [plain(inputs[name], values[name])] for name in rule.inputs.values()}  # type: ignore[misc]
    results, reasons = derive(observable, inputs, columns)
    result, reason = results[0], reasons[0]
    parts = [values[name] for name in rule.inputs.values()]
    unknown = [inputs[name].label for name in rule.inputs.values() if not values[name].is_known]
    found = Value(
        used=tuple(f for part in parts for f in part.used),
        unusable=tuple(f for part in parts for f in part.unusable),
        contradictory=any(part.contradictory for part in parts),
        assumed=tuple(dict.fromkeys(a for part in parts for a in part.assumed)),
        reason=f"{rule.instrument} cannot be computed: {'not known: ' + ', '.join(unknown) if unknown else reason}"
        if result is None
        else "",
    )
    return with_result(observable, found, result)


def with_result(observable: Observable, value: Value, result: Any) -> Value:
    """A value with what the instrument gave, in the form of the observable's type."""
    if result is None:
        return value
    if observable.type == "ordered":
        rank = observable.signature.rank(str(result) if isinstance(result, str) else f"{result:g}")
        return value if rank is None else replace(value, low=float(rank), high=float(rank))
    if observable.type == "code":
        return replace(value, code=str(result).lower())
    if observable.type == "boolean":
        return replace(value, truth=bool(result))
    return replace(value, low=float(result), high=float(result))


def both(observable: Observable, recorded: Value, computed: Value) -> Value:
    """The value where a score stands on record and may also be computed from its items.

    Parameters
    ----------
    recorded
        What the facts with the observable's own codes say.
    computed
        What :func:`derived_value` gives.

    Returns
    -------
    Value
        ``recorded`` where nothing can be computed; else what covers both, marked contradictory unless they differ by
        rounding alone. A score on record that cannot be used covers everything: it stands in its place.
    """
    if not computed.is_known:
        return recorded
    joined = replace(
        recorded,
        used=(*recorded.used, *computed.used),
        unusable=(*recorded.unusable, *computed.unusable),
        contradictory=recorded.contradictory or computed.contradictory,
        assumed=tuple(dict.fromkeys((*recorded.assumed, *computed.assumed))),
    )
    if observable.type in {"boolean", "code"}:
        differ = recorded.is_known and (recorded.truth, recorded.code) != (computed.truth, computed.code)
        if differ:
            joined = replace(joined, truth=None, code=None)
    else:
        assert computed.low is not None  # noqa: S101
        low = None if recorded.low is None else min(recorded.low, computed.low)
        high = None if recorded.high is None else max(recorded.high, computed.low)
        differ = not _contains(recorded, computed.low)
        joined = replace(joined, low=low, high=high)
    if not differ:
        return joined
    words = "the score on record and the one computed from its items differ"
    return replace(
        joined, contradictory=True, reason=words if not recorded.reason else f"{recorded.reason}; {words}"
    )


def _contains(recorded: Value, computed: float) -> bool:
    """Whether a computed score agrees with what is on record, which may have been written with fewer decimals."""
    if recorded.low is not None and recorded.low == recorded.high:
        half = 0.5 * 10.0 ** -_decimals(recorded.low)
        return abs(computed - recorded.low) <= half or math.isclose(recorded.low, computed)
    return (recorded.low is None or recorded.low <= computed) and (
        recorded.high is None or computed <= recorded.high
    )


def _decimals(number: float) -> int:
    exponent = Decimal(repr(number)).normalize().as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def both_columns(
    observable: Observable, stem: str, results: Sequence[Any], columns: Collection[str]
) -> list[pl.Expr]:
    """:func:`both` for the columns of a wide table: ``stem``_lo and ``stem``_hi, or ``stem``; ``stem``_n facts on record.

    ``results`` are what :func:`derive` gives for its rows, ``columns`` the names that the table has.
    """
    polars = require("polars")
    covering: dict[str, Callable[[pl.Expr, pl.Expr], pl.Expr]]
    if observable.type in {"number", "ordered"}:
        if observable.type == "ordered":
            results = [
                None if r is None else observable.signature.rank(r if isinstance(r, str) else f"{r:g}")
                for r in results
            ]
        made = polars.lit(
            polars.Series([None if r is None else float(r) for r in results], dtype=polars.Float64)
        )
        covering = {f"{stem}_lo": polars.min_horizontal, f"{stem}_hi": polars.max_horizontal}
    elif observable.type == "boolean":
        made = polars.lit(
            polars.Series([None if r is None else bool(r) for r in results], dtype=polars.Boolean)
        )
        covering = {stem: _agreed}
    else:
        made = polars.lit(
            polars.Series([None if r is None else str(r).lower() for r in results], dtype=polars.String)
        )
        covering = {stem: _agreed}
    silent = polars.col(f"{stem}_n").fill_null(0) == 0 if f"{stem}_n" in columns else polars.lit(True)
    return [
        polars.when(silent)
        .then(made)
        .when(made.is_null() | polars.col(name).is_null())
        .then(polars.col(name))
        .otherwise(cover(polars.col(name), made))
        .alias(name)
        for name, cover in covering.items()
    ]


def _agreed(recorded: pl.Expr, computed: pl.Expr) -> pl.Expr:
    agreed: pl.Expr = require("polars").when(recorded == computed).then(recorded)
    return agreed


def plain(observable: Observable, value: Value) -> float | str | None:
    """A value as an instrument takes it: a number or a word; ``None`` (NaN for numbers) where it is not exactly known."""
    if observable.type == "boolean":
        return None if value.truth is None else ("yes" if value.truth else "no")
    if observable.type == "code":
        return value.code
    if value.low is None or value.low != value.high:
        return float("nan") if observable.type == "number" else None
    return observable.values[int(value.low)] if isinstance(observable, SaysLevel) else value.low
