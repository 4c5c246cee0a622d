"""Small checks of the words of eligibility criteria: which direction of a scale they say, and which numbers.

As in :mod:`proband.programme.criteria_checks`, each function looks for one thing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from proband.programme.eligibility import Criterion, Eligibility, SaysLevel
from proband.programme.expression import Comparison, Name, Number, atoms, term_names
from proband.programme.model import ValidationFinding
from proband.terms import convert


def directions(e: Eligibility) -> Iterator[ValidationFinding]:
    """Wordings that say one direction of a scale while the expression takes the other ("more rostral" against >=)."""
    for n, c in enumerate(e.criteria):
        said = " ".join(t.lower() for t in (c.text, c.plain, c.reason) if t)
        for atom in atoms(e.expressions[c.id].root):
            if not (
                isinstance(atom, Comparison)
                and isinstance(atom.left, Name)
                and isinstance(atom.right, Number)
            ):
                continue
            o = e.by_id[atom.left.id]
            if not isinstance(o, SaysLevel) or atom.op not in {"<", "<=", ">", ">="}:
                continue
            first, last = (o.towards_first or "").lower(), (o.towards_last or "").lower()
            way, other = (first, last) if atom.op in {"<", "<="} else (last, first)
            if other and other in said and not (way and way in said):
                yield ValidationFinding(
                    ("criteria", n, "when"),
                    f"{c.id} says {other!r} but {atom.left.id} {atom.op} {atom.right.text!r} takes {way or 'the other way'!r}",
                    f"the values run from {o.values[0]} to {o.values[-1]}; turn the comparison round",
                )


def plain_numbers(e: Eligibility) -> Iterator[ValidationFinding]:
    """Numbers in a criterion's plain words that the criterion does not have, and limits of it that those words leave out."""
    for n, c in enumerate(e.criteria):
        said = list(_said(c.plain or ""))
        if not said:
            continue
        limits = list(_limits(e, c))
        windows = list(_windows(e, c))
        where = ("criteria", n, "plain")
        for number in said:
            if not any(number.is_one_of(limit) for limit in (*limits, windows)):
                own = ", ".join(dict.fromkeys(f"{limit[0][0]:g}" for limit in limits)) or "no number"
                yield ValidationFinding(
                    where,
                    f"{c.id} says {number.text!r} in plain words, but the criterion has {own} ({c.when})",
                    "let the plain words say what the criterion asks",
                )
        left_out = [
            one[0][0] for one in limits if one[0][0] and not any(number.is_one_of(one) for number in said)
        ]
        if left_out and any(number.is_one_of(limit) for number in said for limit in limits):
            yield ValidationFinding(
                where,
                f"{c.id} leaves out {', '.join(f'{value:g}' for value in left_out)} in plain words ({c.when})",
                "name every limit, or none",
            )


#: a number in digits that is no part of a name (C4, 4-HB, CoQ10), with the time that it counts; of a titre (1:50) the dilution
_DIGITS = re.compile(
    r"(?<![\w.,:-])(?:1:(?=\d))?(\d+(?:[.,]\d+)?)(?![\w-]|[.,]\d)(?:\s+(day|week|month|year)s?\b)?"
)
_DAYS = {"day": "d", "week": "wk", "month": "mo", "year": "a"}
#: a number with its unit, where it has one
Told = tuple[float, str | None]
#: calendar months and weeks do not fit into one another: 4 weeks and 28 days are the same, 3 months and 90 days are near enough
_NEAR = 0.05


@dataclass(frozen=True, slots=True)
class _PlainNumber:
    text: str
    value: float
    unit: str | None

    def is_one_of(self, limit: Sequence[Told]) -> bool:
        """Whether it is one of the ways in which a limit can be told."""
        return any(self.is_of(value, unit) for value, unit in limit)

    def is_of(self, value: float, unit: str | None) -> bool:
        """Whether it is this value, perhaps said in another unit of time; 24 years are no 24 months."""
        if self.unit is None or unit is None or unit == self.unit or unit not in _DAYS.values():
            return self.value == abs(value)
        mine, theirs = convert(self.value, self.unit, "d"), convert(abs(value), unit, "d")
        return abs(mine - theirs) <= _NEAR * theirs


def _said(plain: str) -> Iterator[_PlainNumber]:
    for found in _DIGITS.finditer(plain):
        unit = _DAYS.get(found[2]) if found[2] else None
        yield _PlainNumber(found[0], float(found[1].replace(",", ".")), unit)


def _limits(e: Eligibility, c: Criterion) -> Iterator[tuple[Told, ...]]:
    """The numbers of a criterion, each as it is written and in the unit of the other side."""
    for atom in atoms(e.expressions[c.id].root):
        if not isinstance(atom, Comparison):
            continue
        for side, other in ((atom.left, atom.right), (atom.right, atom.left)):
            if isinstance(side, Number):
                named = [e.by_id[name] for name in term_names(other)]
                if any(o.type in ("ordered", "date") for o in named):
                    continue  # the value is a rank or a day, which no plain words print
                own = named[0].result_unit if named else None
                number, _, unit = side.text.strip("'\"").partition(" ")
                try:
                    yield (float(number), unit.strip() or own), (side.value, own)
                except ValueError:
                    yield ((side.value, own),)


def _windows(e: Eligibility, c: Criterion) -> Iterator[Told]:
    """How far back a criterion's observables look, for how long an answer of theirs holds, and values that they list."""
    for name in e.expressions[c.id].names:
        window = getattr(e.by_id[name], "window", None)
        for end in (window.start, window.end) if window is not None else ():
            if end is not None and end.amount:
                yield abs(end.amount), end.unit
