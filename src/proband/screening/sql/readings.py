"""``readings``: each fact that may count for a slot, with what it says and whether it surely counts.

Columns: ``subject, k``; ``d1, d2``, first and last possible day; ``sure``; ``lo, hi``, the bounds of a number, rank or
day, an open end being as far as numbers go; ``tr``, ``cd``, its answer and its code; and ``e1, e2``, by when the
latest of several is told (see :func:`looks_back`). What yes/no slots are told stands in :mod:`.statements`; where the last
statement counts, it stands here too.
"""

from __future__ import annotations

from collections.abc import Callable

from sqlglot import exp

from proband.programme.eligibility import Aggregate
from proband.screening.observed import JUST, TINY
from proband.screening.sql.building import (
    GREATEST,
    SqlType,
    all_of,
    among,
    any_of,
    by_number,
    case,
    cast,
    column,
    equal,
    first_of,
    is_known,
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
from proband.screening.sql.windows import AskedDays, fact_held

#: by which the last of several facts is told
MOMENTS = ("e1", "e2", "eu")


def seeks_one(slot: Slot) -> bool:
    """Whether the last or the first of several facts counts."""
    return says(slot) != "day" and slot.observable.effective_aggregate in {Aggregate.LAST, Aggregate.FIRST}


def asks_for_any(slot: Slot) -> bool:
    """Whether one fact that says yes is enough."""
    return slot.observable.effective_aggregate is Aggregate.ANY


class Readings:
    """Makes the part ``readings`` from ``facts``."""

    def __init__(self, plan: QueryPlan, dialect: Dialect, occasions: Occasions) -> None:
        self.plan, self.dialect, self.occasions = plan, dialect, occasions
        self.words = WordReader(dialect, has_vague_codes=plan.has_vague_codes)
        #: the slots whose facts are read here
        self.slots = [s for s in plan.slots if says(s) != "truth"]

    def part(self, last: exp.Select | None = None) -> exp.Query:
        """The part: what each fact says; ``last`` are the readings of the yes/no slots whose last statement counts."""
        found = [self._said()] if self.slots else []
        if last is not None:
            found.append(self._aligned(last))
        return found[0] if len(found) == 1 else exp.union(*found, distinct=False, copy=False)

    def _columns(self) -> dict[str, SqlType]:
        """The columns of the part after ``subject, k``, and what kind of value each holds."""
        found: dict[str, SqlType] = {"d1": "bigint", "d2": "bigint", "sure": "boolean"}
        if self._numbers_of("number", "rank", "day"):
            found |= {"lo": "double", "hi": "double"}
        if self._numbers_of("event") or any(not asks_for_any(s) for s in self.plan.yes_no):
            found["tr"] = "int"
        if self._numbers_of("code"):
            found["cd"] = "text"
        if any(seeks_one(s) for s in self.plan.slots):
            found |= {"e1": "bigint", "e2": "bigint", "eu": "bigint"}
        if self._numbers_of("event"):
            found |= {
                "record": "text",
                "reference": "text",
                "change": "text",
                "lasts": "boolean",
                "over": "bigint",
            }
        return found

    def _aligned(self, last: exp.Select) -> exp.Select:
        """Readings from elsewhere under the columns of the part, NULL where they have none."""
        given = {"sure", "tr", *MOMENTS}
        columns = [
            column(name, "h") if name in given else named(null(kind), name)
            for name, kind in self._columns().items()
        ]
        return select([column("subject", "h"), column("k", "h"), *columns], last, "h")

    def _said(self) -> exp.Select:
        """What each fact says (``r``), from what it is (``f``)."""
        raw = {name: column(name, "r") for name in ("subject", "k", "d1", "d2", "sure", "blocked")}
        columns: list[exp.Expression] = [raw[n] for n in ("subject", "k", "d1", "d2", "sure")]
        if self._numbers_of("number", "rank", "day"):
            columns += [named(self._bound(low=low), "lo" if low else "hi") for low in (True, False)]
        wanted = self._columns()
        if "tr" in wanted:
            events = all_of(opposite(raw["blocked"]), self._is(self._numbers_of("event")))
            columns.append(named(case((events, number(1)), otherwise=null("int")), "tr"))
        if "cd" in wanted:
            columns.append(named(case((opposite(raw["blocked"]), column("cd", "r"))), "cd"))
        if "e1" in wanted:
            columns += [column(name, "r") for name in MOMENTS]
        if self._numbers_of("event"):
            columns += [column(name, "r") for name in ("record", "reference", "change", "lasts", "over")]
        query = select(columns, self._facts(), "r")
        return query.where(more(column("hit", "r"), number(0)), column("possible", "r"), copy=False)

    def _numbers_of(self, *kinds: str) -> list[int]:
        return [s.number for s in self.slots if says(s) in kinds]

    def _is(self, numbers: list[int]) -> exp.Expression:
        return among(column("k", "r"), [number(n) for n in numbers])

    def _facts(self) -> exp.Select:
        """What each fact is to each slot, and what it says before bounds."""
        k = column("k", "f")
        slots = self.slots
        asked = {s.number: AskedDays(s, self.occasions, self.dialect) for s in slots}
        held = {s.number: fact_held(s, "f") for s in slots}
        match = by_number(k, {s.number: self.words.match(s) for s in slots})
        sure = by_number(k, {n: days.surely(held[n]) for n, days in asked.items()})
        possible = by_number(k, {n: days.possibly(held[n]) for n, days in asked.items()})
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
        counts = [any_of(column("blocked", "f"), opposite(column("absent", "f")))]
        if self.plan.anchors or len(slots) < len(self.plan.slots):
            counts.append(among(k, [number(s.number) for s in slots]))
        return query.where(*counts, copy=False)

    def _sayings(self, k: exp.Expression) -> list[exp.Expression]:
        found: list[exp.Expression] = []

        def of(kind: str, make: Callable[[Slot], exp.Expression]) -> dict[int, exp.Expression]:
            return {s.number: make(s) for s in self.slots if says(s) == kind}

        numbers = of("number", lambda slot: number_said(slot, self.dialect)) | of("rank", self.words.rank)
        if numbers or self._numbers_of("day"):
            item = by_number(k, numbers, null("double")) if numbers else null("double")
            found.append(named(item, "x"))
        if self.plan.numbers:
            found.append(named(column("comparator", "f"), "comparator"))
        codes = of("code", self.words.code)
        if codes:
            found.append(named(by_number(k, codes, null("text")), "cd"))
        back = {s.number: s.observable.effective_aggregate for s in self.slots if seeks_one(s)}
        if "e1" in self._columns():
            first = [number(n) for n, aggregate in back.items() if aggregate is Aggregate.FIRST]
            found += [named(looks_back(k, first, end), end) for end in MOMENTS]
        if self._numbers_of("event"):
            found += [named(self._record(), "record"), column("reference", "f"), column("change", "f")]
            found += [named(column("persists", "f"), "lasts"), named(self._over(), "over")]
        return found

    def _over(self) -> exp.Expression:
        """The last day on which what begins may be a part of an event that lasts: the day after its end; NULL where it has no end."""
        ended = all_of(column("persists", "f"), column("ended", "f"))
        day_after = plus(column("u2", "f"), number(1))
        return case((opposite(column("persists", "f")), column("d1", "f")), (ended, day_after))

    def _record(self) -> exp.Expression:
        """One record of a source on one day, by name; NULL for what the source does not name."""
        day = cast(column("d1", "f"), "text")
        parts = [column("resource", "f"), exp.Literal.string("|"), first_of(day, exp.Literal.string(""))]
        name = exp.DPipe(this=exp.DPipe(this=parts[0], expression=parts[1]), expression=parts[2])
        return case((is_known(column("resource", "f")), name))

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
    """By when the latest of several facts is told: its first (``e1``) and last (``e2``) possible moment, and the second in UTC (``eu``).

    Where the *first* fact counts, time is turned round, so that it is the latest of all.
    """
    names = {"e1": ("m1", "m2"), "e2": ("m2", "m1"), "eu": ("mu", "mu")}[end]
    item, turned = (column(name, "f") for name in names)
    return case((among(k, first), exp.Neg(this=turned)), otherwise=item) if first else item
