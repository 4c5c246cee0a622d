"""An outcome that is a statement about the course: whether it came true by a visit, on which day, and up to when that is known.

One definition for a simulated trial, an interim and the final analysis. A statement (``value <= 4 and change <= -2``) is judged at every
measurement, also those of no planned visit, with Kleene's three truths. Where it must last, the same people must be measured in it from a first to
a last day at least so far apart, with no measurement between that says otherwise and no two neighbours farther apart than ``gap``: what nobody
measured for longer than that is *unknown*, and neither breaks a run nor carries it. It has come true on the day of the measurement that confirms it.

Whoever was not measured in time may have reached it unseen: then it is neither reached nor not reached. The answer is *no* only where no course
that agrees with what was measured could have reached it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from proband.programme.expression import (
    And,
    Comparison,
    KnownValue,
    Name,
    Node,
    Not,
    Number,
    OneOf,
    Or,
    Scaled,
    Term,
)
from proband.programme.outcomes import OutcomeForm
from proband.terms import convert

Array = NDArray[np.float64]
#: two sums of scores that are equal as printed differ by no more
_EQUAL = 1e-9
#: a day later: what may begin after a measurement that said otherwise, since days are all that is measured
_AFTER = 1.0


@dataclass(frozen=True, slots=True)
class StateCourse:
    """What became of a statement, per trial and person (T, P).

    Attributes
    ----------
    day
        Of the measurement that confirms it; infinity where none does.
    until
        The first day on which it could have come true unseen: before it, it is known not to have. Infinity where it could on none before ``day``.
    """

    day: Array
    until: Array


def truth(form: OutcomeForm, value: Array, baseline: Array) -> Array:
    """The truth of a form's statement at each measurement: 1, 0, NaN for unknown.

    Parameters
    ----------
    value
        The (sum of the) scores, (T, P, M); NaN where not measured.
    baseline
        The same at baseline (T, P).
    """
    return _truth(form.checked.root, {"value": value, "change": value - baseline[:, :, None]})


def followed(form: OutcomeForm, said: Array, days: Array) -> StateCourse:
    """Go through the measurements in the order of their days.

    Parameters
    ----------
    said
        Truth at each measurement (T, P, M), NaN for unknown (then it was not measured).
    days
        Day of each from time zero (T, P, M). Measurements before time zero say nothing of what comes after it.
    """
    lasting = convert(form.lasting.value, form.lasting.unit, "d") if form.lasting else 0.0
    gap = convert(form.gap.value, form.gap.unit, "d") if form.gap else 0.0
    days = np.where(np.isnan(said) | (days < 0), np.inf, days)
    order = np.argsort(days, axis=2, kind="stable")
    days, said = np.take_along_axis(days, order, 2), np.take_along_axis(said, order, 2)
    shape = days.shape[:2]
    day, until = np.full(shape, np.inf), np.full(shape, np.inf)
    sure, may = (
        np.full(shape, np.nan),
        np.full(shape, np.nan),
    )  # first day of a run: as measured, as it may be
    before = np.zeros(shape)
    for at in range(days.shape[2]):
        now, is_so = days[:, :, at], said[:, :, at] == 1.0
        there = np.isfinite(now) & ~np.isfinite(day)
        wide = there & (now - before > gap)
        # nobody looked for too long: a run of before is broken, and another may have begun and lasted unseen
        sure = np.where(wide, np.nan, sure)
        may = np.where(wide & np.isnan(may), _after(before, at), may)
        unseen = np.fmax(may + lasting, before)
        until = np.where(wide & (unseen < now), np.minimum(until, unseen), until)
        sure = np.where(there & is_so & np.isnan(sure), now, sure)
        may = np.where(there & is_so & np.isnan(may), now, may)
        day = np.where(there & is_so & (now - sure >= lasting - _EQUAL), now, day)
        until = np.where(there & is_so & (now - may >= lasting - _EQUAL), np.minimum(until, now), until)
        sure, may = np.where(there & ~is_so, np.nan, sure), np.where(there & ~is_so, np.nan, may)
        before = np.where(there, now, before)
    # after the last measurement anything may be: a run that goes on, or one that begins at once
    seen = np.isfinite(days).any(axis=2)
    start = np.where(np.isnan(may), np.where(seen, before + _AFTER, 0.0), may)
    until = np.where(np.isfinite(day), until, np.minimum(until, np.fmax(start + lasting, before)))
    return StateCourse(day, until)


def _after(before: Array, at: int) -> Array:
    """The first moment at which a run may begin that nobody saw: after the measurement before, or at time zero."""
    return before + _AFTER if at else before


def by_visit(course: StateCourse, cutoff: Array) -> Array:
    """Whether it had come true by a day (T, P): 1, 0, or NaN where nobody can know."""
    out = np.where(course.until <= cutoff, np.nan, 0.0)
    return np.where(course.day <= cutoff + _EQUAL, 1.0, out)


def _truth(node: Node, values: dict[str, Array]) -> Array:
    if isinstance(node, And | Or):
        parts = np.stack([_truth(item, values) for item in node.items])
        decides = 0.0 if isinstance(node, And) else 1.0
        unknown = np.isnan(parts).any(axis=0)
        return np.where((parts == decides).any(axis=0), decides, np.where(unknown, np.nan, 1.0 - decides))
    if isinstance(node, Not):
        return 1.0 - _truth(node.item, values)
    if isinstance(node, Comparison):
        apart = _term(node.left, values) - _term(node.right, values)
        return np.where(np.isnan(apart), np.nan, _SIGNS[node.op](apart).astype(float))
    own = values[node.name]
    if isinstance(node, OneOf):
        hit = np.any([np.abs(own - one) <= _EQUAL for one in node.values], axis=0)
        return np.where(np.isnan(own), np.nan, hit.astype(float))
    if isinstance(node, KnownValue):
        return np.where(np.isnan(own), np.nan, 1.0)
    raise TypeError(
        f"{type(node).__name__} is no statement about numbers"
    )  # the check of the form lets none in


_SIGNS = {
    "<": lambda d: d < -_EQUAL,
    "<=": lambda d: d <= _EQUAL,
    ">": lambda d: d > _EQUAL,
    ">=": lambda d: d >= -_EQUAL,
    "==": lambda d: np.abs(d) <= _EQUAL,
    "!=": lambda d: np.abs(d) > _EQUAL,
}


def _term(term: Term, values: dict[str, Array]) -> Array:
    if isinstance(term, Name):
        return values[term.id]
    if isinstance(term, Number):
        return np.asarray(term.value)
    if isinstance(term, Scaled):
        return term.factor * _term(term.term, values)
    left, right = _term(term.left, values), _term(term.right, values)
    return left + right if term.op == "+" else left - right
