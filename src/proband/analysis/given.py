"""What an analysis is handed, looked at before anything is computed: a code of -9, a clock that runs backwards or a confidence of 95 is refused
with its reason here, once, and becomes a number in no analysis.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

import numpy as np
from numpy.typing import ArrayLike, NDArray

from proband.analysis.result import AnalysisError

Array = NDArray[np.float64]
Whole = NDArray[np.int64]
Flags = NDArray[np.bool_]
#: the largest value that is reckoned with (design choice): nothing that anybody measures comes near it, and its square is still a number
LARGEST = 1e100


def column(
    name: str, values: ArrayLike, *, low: float = -np.inf, high: float = np.inf, above: float | None = None, whole: bool = False,
    gaps: bool = False,
) -> Array:  # fmt: skip
    """A column (or a table) of numbers as an array.

    Parameters
    ----------
    low, high, above
        The smallest and largest value that can be; ``above`` is one that every value exceeds.
    whole
        Counts and codes: no fractions.
    gaps
        Whether NaN stands for what nobody measured. Infinity never does: it has no place in a mean.

    Raises
    ------
    AnalysisError
        ``analysis.given.missing``, ``analysis.given.value`` or ``analysis.given.text``.
    """
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError) as problem:
        raise AnalysisError("analysis.given.text", column=name) from problem
    seen = array[~np.isnan(array)] if gaps else array
    absent = int((~np.isfinite(seen)).sum())
    if absent:
        raise AnalysisError("analysis.given.missing", column=name, people=absent, of=array.size)
    # the square of anything larger is no number any more
    wrong = (seen < low) | (seen > high) | (np.abs(seen) > LARGEST)
    allowed = f"{low:g} or more" if not isfinite(high) else f"{low:g} to {high:g}"
    if above is not None:
        wrong, allowed = wrong | (seen <= above), f"above {above:g}"
    if whole:
        wrong, allowed = wrong | (seen != np.round(seen)), f"whole numbers, {allowed}"
    if wrong.any():
        raise AnalysisError(
            "analysis.given.value", column=name, value=float(seen[wrong].flat[0]), allowed=allowed
        )
    return array


def covariates(values: ArrayLike, name: str = "covariates", *, gaps: bool = False) -> Array:
    """Covariates as a table (people, covariates); one alone may be given as a column."""
    return np.atleast_2d(column(name, values, gaps=gaps).T).T


def codes(name: str, values: ArrayLike, *, low: float = 0, high: float = np.inf) -> Whole:
    """A column of whole numbers."""
    return column(name, values, low=low, high=high, whole=True).astype(np.int64)


def flags(name: str, values: ArrayLike) -> Flags:
    """A column of yes and no, or of 1 and 0."""
    return column(name, values, low=0, high=1, whole=True).astype(np.bool_)


def watched(time: ArrayLike, event: ArrayLike) -> tuple[Array, Flags]:
    """How long people were watched, from a start that is the same event for all, and whether the event ended it."""
    times, happened = column("time", time, low=0), flags("event", event)
    same(time=times, event=happened)
    return times, happened


def same(**columns: NDArray[np.generic] | None) -> None:
    """Columns are of the same people.

    Raises
    ------
    AnalysisError
        ``analysis.given.lengths``.
    """
    lengths = {name: len(values) for name, values in columns.items() if values is not None}
    if len(set(lengths.values())) > 1:
        raise AnalysisError(
            "analysis.given.lengths", columns=list(lengths), lengths=[str(n) for n in lengths.values()]
        )


def two_arms(arm: ArrayLike) -> Whole:
    """Arms, 1 treated and 0 control, both with somebody in them."""
    side = codes("arm", arm, high=1)
    if len(np.unique(side)) < 2:
        raise AnalysisError("analysis.groups", groups=len(np.unique(side)))
    return side


def of_several(x: Array, who: NDArray[np.generic], names: Sequence[str]) -> None:
    """A robust error is learned from how people differ: an effect that rests on one person alone has none, and looks as if it were known.

    Raises
    ------
    AnalysisError
        ``analysis.one-person`` where a column takes one value in everybody but one.
    """
    alone = [name for name, values in zip(names, x.T, strict=True) if rests_on_one(values, who)]
    if alone:
        raise AnalysisError("analysis.one-person", coefficients=alone)


def rests_on_one(values: Array, who: NDArray[np.generic]) -> bool:
    """Whether a column takes one value in everybody but one person."""
    if not len(values):
        return False
    levels, counts = np.unique(values, return_counts=True)
    others = values != levels[int(np.argmax(counts))]
    return len(np.unique(who[others])) == 1


def labels(name: str, values: ArrayLike) -> NDArray[np.generic]:
    """Groups or strata by any label; nobody without one."""
    array: NDArray[np.generic] = np.asarray(values)
    absent = [value is None or (isinstance(value, float) and not isfinite(value)) for value in array.tolist()]
    if any(absent):
        raise AnalysisError("analysis.given.missing", column=name, people=sum(absent), of=len(array))
    return array


def share(name: str, value: float) -> float:
    """A confidence, an error, a power or another share strictly between 0 and 1.

    Raises
    ------
    AnalysisError
        ``analysis.given.share``.
    """
    if not 0 < value < 1:
        raise AnalysisError("analysis.given.share", name=name, value=value)
    return value


def number(name: str, value: float, *, low: float = -np.inf, high: float = np.inf, above: float | None = None) -> float:  # fmt: skip
    """One number, as :func:`column` has them."""
    return float(column(name, value, low=low, high=high, above=above))
