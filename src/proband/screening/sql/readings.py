"""``readings``: each fact that may count for a slot, with what it says and whether it surely counts.

Columns: ``subject, k``; ``d1, d2``, first and last possible day; ``sure``; ``lo, hi``, the bounds of a number, rank or
day, an open end being as far as numbers go; ``said``, how far it says yes; ``tr``, ``cd``, its answer and its code; and
``e1, e2``, by when the latest of several is told (see :func:`looks_back`).
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from proband.programme.eligibility import Aggregate, SaysYesNo
from proband.screening.observed import JUST, TINY
from proband.screening.sql.building import (
    GREATEST,
    all_of,
    among,
    any_of,
    by_number,
    case,
    cast,
    column,
    equal,
    first_of,
    is_null,
    joined,
    minus,
    more,
    named,
    null,
    number,
    opposite,
    plus,
    select,
    times,
)
from proband.screening.sql.dialects import Dialect
from proband.screening.sql.occasions import Occasions
from proband.screening.sql.plan import QueryPlan, Slot
from proband.screening.sql.saying import WordReader, number_said, says
from proband.screening.sql.windows import in_window

#: how far a fact says yes, of a slot that asks whether any does: surely, perhaps, surely not, or perhaps not
YES, PERHAPS, NO, PERHAPS_NO = 3, 2, 1, 0


def seeks_one(slot: Slot) -> bool:
    """Whether the last or the first of several facts counts."""
    return says(slot) != "day" and slot.observable.effective_aggregate in {Aggregate.LAST, Aggregate.FIRST}


class Readings:
    """Makes the part ``readings`` from ``facts``."""

    def __init__(self, plan: QueryPlan, dialect: Dialect, occasions: Occasions) -> None:
        self.plan, self.dialect, self.occasions = plan, dialect, occasions
        self.words = WordReader(dialect)

    def part(self) -> exp.Select:
        """The part: what each fact says (``r``), from what it is (``f``)."""
        raw = {name: column(name, "r") for name in ("subject", "k", "d1", "d2", "sure", "blocked", "x", "tr")}
        columns: list[exp.Expression] = [raw[n] for n in ("subject", "k", "d1", "d2", "sure")]
        if self._numbers_of("number", "rank", "day"):
            columns += [named(self._bound(low=low), "lo" if low else "hi") for low in (True, False)]
        if self._numbers_of("truth"):
            usable = case((opposite(raw["blocked"]), raw["tr"]))
            yes = equal(raw["tr"], number(1))
            perhaps = any_of(raw["blocked"], is_null(raw["tr"]), yes)
            said = case(
                (all_of(opposite(raw["blocked"]), yes, raw["sure"]), number(YES)),
                (perhaps, number(PERHAPS)),
                (raw["sure"], number(NO)),
                otherwise=number(PERHAPS_NO),
            )
            columns += [named(usable, "tr"), named(said, "said")]
        if self._numbers_of("code"):
            columns.append(named(case((opposite(raw["blocked"]), column("cd", "r"))), "cd"))
        if any(seeks_one(s) for s in self.plan.slots):
            columns += [column("e1", "r"), column("e2", "r")]
        query = select(columns, self._facts(), "r")
        return query.where(more(column("hit", "r"), number(0)), column("possible", "r"), copy=False)

    def _numbers_of(self, *kinds: str) -> list[int]:
        return [s.number for s in self.plan.slots if says(s) in kinds]

    def _is(self, numbers: list[int]) -> exp.Expression:
        return among(column("k", "r"), [number(n) for n in numbers])

    def _facts(self) -> exp.Select:
        """What each fact is to each slot, and what it says before bounds."""
        k = column("k", "f")
        slots = self.plan.slots
        windows = {s.number: in_window(s, self.occasions, self.dialect) for s in slots}
        match = by_number(k, {s.number: self.words.match(s) for s in slots})
        sure = by_number(k, {n: w.sure for n, w in windows.items()})
        possible = by_number(k, {n: w.possible for n, w in windows.items()})
        columns: list[exp.Expression] = [column(n, "f") for n in ("subject", "k", "d1", "d2", "blocked")]
        columns += [
            named(match, "hit"),
            named(all_of(sure, equal(match, number(2))), "sure"),
            named(possible, "possible"),
        ]
        columns += self._sayings(k)
        query = select(columns, "facts", "f")
        if self.plan.numbers:
            on = all_of(equal(column("k", "c"), k), equal(column("unit", "c"), column("unit", "f")))
            query = joined(query, "conversions", "c", on)
        query = self.occasions.join(query, "f", (sure, possible))
        # only who is asked yes or no is answered by "it is not there"
        asked = [number(s.number) for s in slots if isinstance(s.observable, SaysYesNo)]
        counts = [any_of(column("blocked", "f"), opposite(column("absent", "f")), among(k, asked))]
        if self.plan.anchors:
            counts.append(among(k, [number(s.number) for s in slots]))
        return query.where(*counts, copy=False)

    def _sayings(self, k: exp.Expression) -> list[exp.Expression]:
        found: list[exp.Expression] = []

        def of(kind: str, make: Callable[[Slot], exp.Expression]) -> dict[int, exp.Expression]:
            return {s.number: make(s) for s in self.plan.slots if says(s) == kind}

        numbers = of("number", lambda slot: number_said(slot, self.dialect)) | of("rank", self.words.rank)
        if numbers or self._numbers_of("day"):
            item = by_number(k, numbers, null("double")) if numbers else null("double")
            found.append(named(item, "x"))
        if self.plan.numbers:
            found.append(named(column("comparator", "f"), "comparator"))
        truths = of("truth", self.words.truth)
        if truths:
            found.append(named(by_number(k, truths, null("int")), "tr"))
        codes = of("code", self.words.code)
        if codes:
            found.append(named(by_number(k, codes, null("text")), "cd"))
        back = {s.number: s.observable.effective_aggregate for s in self.plan.slots if seeks_one(s)}
        if back:
            first = [number(n) for n, aggregate in back.items() if aggregate is Aggregate.FIRST]
            found += [named(looks_back(k, first, end), end) for end in ("e1", "e2")]
        return found

    def _bound(self, *, low: bool) -> exp.Expression:
        """The least (or greatest) that a fact may mean; what cannot be used, or has no such end, may mean anything."""
        open_end = number(-GREATEST if low else GREATEST)
        ways: list[tuple[exp.Expression, exp.Expression]] = [(column("blocked", "r"), open_end)]
        days = self._numbers_of("day")
        if days:
            day = cast(column("d1" if low else "d2", "r"), "double")
            ways.append((self._is(days), first_of(day, open_end)))
        x, ranks = column("x", "r"), self._numbers_of("rank")
        if ranks:
            ways.append((self._is(ranks), first_of(x, open_end)))
        if self.plan.numbers:
            comparator = column("comparator", "r")
            inside = self.dialect.texts(["", "=", ">=" if low else "<="])
            ways += [
                (is_null(x), open_end),
                (any_of(is_null(comparator), among(comparator, inside)), x),
                (equal(comparator, self.dialect.text(">" if low else "<")), _just_beside(x, above=low)),
            ]
        return case(*ways, otherwise=open_end)


def _just_beside(x: exp.Expression, *, above: bool) -> exp.Expression:
    """The bound that stands for more (or less) than a number."""
    step = times(exp.Abs(this=x), number(JUST))
    by = plus if above else minus
    return by(by(x, step), number(TINY))


def looks_back(k: exp.Expression, first: list[exp.Expression], end: str) -> exp.Expression:
    """By when the latest of several facts is told: its first (``e1``) and last (``e2``) possible moment.

    Where the *first* fact counts, time is turned round, so that it is the latest of all.
    """
    item, turned = (column(name, "f") for name in (("m1", "m2") if end == "e1" else ("m2", "m1")))
    return case((among(k, first), exp.Neg(this=turned)), otherwise=item) if first else item
