"""From the readings of a person to one value for each slot: ``latest``, ``marked`` and ``folded``.

``latest`` is by when the last (or first) of the sure facts is told, where a slot asks for that one; ``marked`` says of
each reading whether it surely counts (``ks``) and whether it could be the one asked for (``kc``); ``folded`` is one row
per person. The rules are those of :mod:`proband.screening.aggregates`.
"""

from __future__ import annotations

from collections.abc import Iterable

from sqlglot import exp

from proband.programme.eligibility import (
    Aggregate,
    DatedEvent,
    EventCount,
    FromFacts,
    SaysCode,
    SaysYesNo,
    Scored,
    ScoredYesNo,
    SeeksExtreme,
    StableTime,
    Trend,
)
from proband.screening.sql.building import (
    GREATEST,
    SqlType,
    all_of,
    among,
    any_of,
    at_least,
    case,
    cast,
    column,
    count,
    differ,
    equal,
    first_of,
    greatest,
    is_known,
    is_null,
    joined,
    least,
    minus,
    more,
    named,
    null,
    null_if,
    number,
    opposite,
    select,
)
from proband.screening.sql.dialects import Dialect
from proband.screening.sql.plan import QueryPlan, Slot
from proband.screening.sql.readings import asks_for_any, seeks_one
from proband.screening.sql.saying import says
from proband.screening.sql.statements import NO, PERHAPS, YES, untold_number

_ZERO, _ONE = number(0), number(1)
_YES, _NO = exp.true(), exp.false()


def latest(plan: QueryPlan) -> exp.Select | None:
    """By person and slot, when the last sure fact was at the earliest; ``None`` where no slot asks for the last.

    ``t`` is by the clock on the wall, ``tu`` in UTC of those that bear their offset, ``tw`` by the clock of the others.
    """
    seeking = [number(s.number) for s in plan.slots if seeks_one(s)]
    if not seeking:
        return None
    keys = [column(name, "r") for name in ("subject", "k")]
    moment = named(exp.Max(this=column("e1", "r")), "t")
    zone = column("eu", "r")
    moments = [
        moment,
        named(exp.Max(this=zone), "tu"),
        named(exp.Max(this=case((is_null(zone), column("e1", "r")))), "tw"),
    ]
    query = select([*keys, *moments], "readings", "r")
    where = [column("sure", "r")]
    if len(seeking) < len(plan.slots):
        where.append(among(column("k", "r"), seeking))
    return query.where(*where, copy=False).group_by(*keys, copy=False)


def marked(plan: QueryPlan) -> exp.Query:
    """Readings with ``ks``, their slot if they surely count, and ``kc``, their slot if they could be the one asked for.

    Beside them stand what is told of the codes of yes/no slots, and what was counted.
    """
    any_yes = any(asks_for_any(s) for s in plan.yes_no)
    parts: list[exp.Query] = [_marked(plan)] if has_readings(plan) else []
    if any_yes:
        parts.append(_beside(plan, "told"))
    if plan.counts:
        parts.append(_beside(plan, "counted"))
    return parts[0] if len(parts) == 1 else exp.union(*parts, distinct=False, copy=False)


def has_readings(plan: QueryPlan) -> bool:
    """Whether any slot has readings; not one where any "yes" is enough."""
    return any(not (isinstance(s.observable, SaysYesNo) and asks_for_any(s)) for s in plan.slots)


def _kept(plan: QueryPlan) -> dict[str, SqlType]:
    """The columns of a marked reading after ``subject, k``."""
    found: dict[str, SqlType] = {"d1": "bigint", "d2": "bigint"}
    kinds = {says(s) for s in plan.slots}
    if kinds & {"number", "rank", "day"}:
        found |= {"lo": "double", "hi": "double"}
    if any(not asks_for_any(s) for s in plan.yes_no):
        found["tr"] = "int"
    if "code" in kinds:
        found["cd"] = "text"
    return found


def _parts_beside(plan: QueryPlan) -> dict[str, dict[str, SqlType]]:
    """The parts whose rows stand beside the marked readings, each with its columns after ``subject, k``."""
    found: dict[str, dict[str, SqlType]] = {}
    if any(asks_for_any(s) for s in plan.yes_no):
        found["told"] = {"said": "int", "seen": "int"}
    if plan.counts:
        found["counted"] = {"fewest": "double", "most": "double"}
    return found


def _beside(plan: QueryPlan, part: str) -> exp.Select:
    """The rows of a part under the columns of marked readings, NULL where they have none."""
    columns: list[exp.Expression] = [column(name, "t") for name in ("subject", "k")]
    if has_readings(plan):
        nothing = _kept(plan) | {"ks": "bigint", "kc": "bigint"}
        columns += [named(null(kind), name) for name, kind in nothing.items()]
    for name, kinds in _parts_beside(plan).items():
        columns += [
            column(each, "t") if name == part else named(null(kind), each) for each, kind in kinds.items()
        ]
    return select(columns, part, "t")


def _marked(plan: QueryPlan) -> exp.Select:
    k = column("k", "r")
    columns: list[exp.Expression] = [column(name, "r") for name in ("subject", "k", *_kept(plan))]
    columns.append(named(case((column("sure", "r"), k)), "ks"))
    seeking = any(seeks_one(s) for s in plan.slots)
    if seeking:
        could_be = all_of(is_known(column("k", "l")), _may_be_latest())
        columns.append(named(case((could_be, k)), "kc"))
    else:
        columns.append(named(null("bigint"), "kc"))
    for kinds in _parts_beside(plan).values():
        columns += [named(null(kind), name) for name, kind in kinds.items()]
    query = select(columns, "readings", "r")
    if plan.counts:
        numbers = [number(s.number) for s in plan.counts]
        query = query.where(opposite(among(k, numbers)), copy=False)
    if seeking:
        on = all_of(equal(column("subject", "l"), column("subject", "r")), equal(column("k", "l"), k))
        query = joined(query, "latest", "l", on)
    return query


def _may_be_latest() -> exp.Expression:
    """Whether no sure fact is surely later: two that bear their offset are compared in UTC, all others by the clock on the wall."""
    e2, zone = column("e2", "r"), column("eu", "r")

    def not_before(item: exp.Expression, latest: exp.Expression) -> exp.Expression:
        return any_of(is_null(latest), is_null(item), at_least(item, latest))

    by_the_wall = not_before(e2, column("t", "l"))
    in_utc = all_of(not_before(zone, column("tu", "l")), not_before(e2, column("tw", "l")))
    return first_of(case((is_null(zone), by_the_wall), otherwise=in_utc), exp.true())


def folded(plan: QueryPlan, dialect: Dialect) -> exp.Select:
    """One row per person: for each slot its value, and how many facts may count where a score stands beside it."""
    columns: list[exp.Expression] = [column("subject", "r")]
    for slot in plan.slots:
        columns += _Fold(slot, dialect).columns()
    return select(columns, "marked", "r").group_by(column("subject", "r"), copy=False)


class _Fold:
    """The aggregates of one slot over the marked readings of a person."""

    def __init__(self, slot: Slot, dialect: Dialect) -> None:
        self.dialect = dialect
        self.slot = slot
        of = number(slot.number)
        #: the readings that may count, that surely count, and that could be the one asked for
        self.mine = equal(column("k", "r"), of)
        self.sure = equal(column("ks", "r"), of)
        self.candidate = equal(column("kc", "r"), of)
        self.low, self.high = column("lo", "r"), column("hi", "r")

    @property
    def some(self) -> exp.Expression:
        """Whether any fact surely counts."""
        return more(count(self.sure), _ZERO)

    def columns(self) -> Iterable[exp.Expression]:
        o, stem = self.slot.observable, self.slot.column
        yield from self._value(o, stem)
        if isinstance(o, Scored):
            told = isinstance(o, ScoredYesNo) and asks_for_any(self.slot)
            counts = all_of(self.mine, equal(column("seen", "r"), _ONE)) if told else self.mine
            yield named(count(counts), f"{stem}_n")

    def _value(self, o: FromFacts, stem: str) -> list[exp.Expression]:
        match o:
            case EventCount():
                low, high = self._counted(o)
            case SaysYesNo():
                truth = self._any(o) if asks_for_any(self.slot) else self._last_truth(o)
                return [named(truth, stem)]
            case SaysCode():
                return [named(self._code(o), stem)]
            case Trend() | StableTime():
                return [named(self._all_exact(), f"{stem}_ok")]
            case DatedEvent():
                low, high = self._extreme(highest=o.effective_aggregate is Aggregate.LAST)
            case SeeksExtreme():
                low, high = self._one_of_several(o)
            case _:
                raise TypeError(f"{o.id}: nothing is made of the facts of a {type(o).__name__}")
        return [named(low, f"{stem}_lo"), named(high, f"{stem}_hi")]

    def _counted(self, o: EventCount) -> tuple[exp.Expression, exp.Expression]:
        surely = greatest(column("fewest", "r"), self.mine)
        return surely, greatest(column("most", "r"), self.mine) if o.silence_means_no else null("double")

    def _any(self, o: SaysYesNo) -> exp.Expression:
        """One "yes" is enough; a "no" needs that of every code, or silence where that means no (:data:`~.statements.YES` …)."""
        said = column("said", "r")
        strongest = greatest(said, self.mine)
        if o.silence_means_no:
            return case((number(YES), _YES), (number(PERHAPS), exp.Null()), of=strongest, otherwise=_NO)
        noes = count(all_of(self.mine, equal(said, number(NO))))
        every = equal(noes, number(len(set(o.code_keys))))
        return case((equal(strongest, number(YES)), _YES), (every, _NO))

    def _last_truth(self, o: SaysYesNo) -> exp.Expression:
        """What every candidate says; an answer that is not known keeps both ends apart."""
        tr = column("tr", "r")
        lowest = least(first_of(tr, number(-1)), self.candidate)
        highest = greatest(first_of(tr, number(2)), self.candidate)
        ways = [(equal(lowest, _ONE), _YES), (equal(highest, _ZERO), _NO)]
        if o.silence_means_no:
            k = column("k", "r")
            on_record = count(among(k, [number(self.slot.number), number(untold_number(self.slot))]))
            ways.append((equal(on_record, _ZERO), _NO))
        return case(*ways)

    def _code(self, o: SaysCode) -> exp.Expression:
        """The code that all candidates (or all facts) bear; one without a code counts as another."""
        every = o.effective_aggregate is Aggregate.ANY
        among_them = self.mine if every else self.candidate
        code = first_of(column("cd", "r"), exp.Literal.string(""))
        first, last = least(code, among_them), greatest(code, among_them)
        same = [equal(first, last), differ(first, exp.Literal.string(""))]
        return case((all_of(*([self.some] if every else []), *same), first))

    def _all_exact(self) -> exp.Expression:
        """1 where every fact that may count surely does, with one value on one day."""
        r = {name: column(name, "r") for name in ("lo", "hi", "d1", "d2")}
        exact = all_of(self.sure, equal(r["lo"], r["hi"]), equal(r["d1"], r["d2"]))
        return case((all_of(self.some, equal(count(self.mine), count(exact))), _ONE))

    def _least(self, where: exp.Expression) -> exp.Expression:
        return null_if(least(self.low, where), number(-GREATEST))

    def _greatest(self, where: exp.Expression) -> exp.Expression:
        return null_if(greatest(self.high, where), number(GREATEST))

    def _one_of_several(self, o: SeeksExtreme) -> tuple[exp.Expression, exp.Expression]:
        aggregate = o.effective_aggregate
        if aggregate in {Aggregate.LAST, Aggregate.FIRST}:
            return self._least(self.candidate), self._greatest(self.candidate)
        if aggregate is Aggregate.RANGE:
            return self._range()
        return self._extreme(highest=o.highest_counts)

    def _extreme(self, *, highest: bool) -> tuple[exp.Expression, exp.Expression]:
        """The greatest (least): at least the greatest of what is sure, at most the greatest that may be."""
        if highest:
            surely = null_if(greatest(self.low, self.sure), number(-GREATEST))
            return surely, case((self.some, self._greatest(self.mine)))
        surely = null_if(least(self.high, self.sure), number(GREATEST))
        return case((self.some, self._least(self.mine))), surely

    def _range(self) -> tuple[exp.Expression, exp.Expression]:
        """How far the greatest and the least lie apart, at least and at most."""
        top = null_if(greatest(self.low, self.sure), number(-GREATEST))
        bottom = null_if(least(self.high, self.sure), number(GREATEST))
        apart = minus(top, bottom)
        at_least_apart = cast(case((more(apart, _ZERO), apart), otherwise=_ZERO), "double")
        at_most_apart = minus(self._greatest(self.mine), self._least(self.mine))
        found = (self.dialect.printed(each) for each in (at_least_apart, at_most_apart))
        return case((self.some, next(found))), case((self.some, next(found)))
