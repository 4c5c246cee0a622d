"""What yes/no observables are told, in SQL: how long each statement holds, and which "no" proves itself.

The words and rules stand in ``docs/screening.md`` ("How long a yes or a no holds"); :mod:`proband.screening.holding` and
:mod:`proband.screening.truth` follow them for one person. Four parts of the query, each over those before it:

``statements``  what a fact says, and by itself from when to when: ``tr`` yes (1), no (0) or neither (NULL)
``cuts``        the first "no" after an open "yes": when that ended at the latest
``held``        statements again, each with whether it holds on the days that its slot asks for, and what it proves
``told``        one row for each code of a slot where any "yes" is enough: what is told of it (:data:`YES` …)

Of each statement ``n`` is the code of the slot that it speaks for: its own (``own``), or one that its code includes.
Days are whole numbers; an end that is open lies :data:`FAR` away.
"""

from __future__ import annotations

from sqlglot import exp

from proband.programme.eligibility import Aggregate, Offset, SaysYesNo
from proband.screening.sql.building import (
    all_of,
    among,
    any_of,
    at_least,
    by_number,
    case,
    column,
    equal,
    first_of,
    is_known,
    is_null,
    joined,
    larger,
    less,
    minus,
    more,
    named,
    number,
    opposite,
    select,
)
from proband.screening.sql.days import FAR
from proband.screening.sql.dialects import Dialect
from proband.screening.sql.occasions import Occasions
from proband.screening.sql.plan import QueryPlan, Slot
from proband.screening.sql.readings import MOMENTS, asks_for_any, looks_back
from proband.screening.sql.saying import WordReader
from proband.screening.sql.windows import AskedDays, HeldColumns, of_its_day, stated

#: what is told of a code: surely yes; perhaps; surely no; nothing, so that silence may speak
YES, PERHAPS, NO, SILENCE = 3, 2, 1, 0
#: what stands for itself in the column ``word``: a sure yes, whatever is no "no", and that it was not asked
_SURE, _SOME, _UNTOLD = 3, 2, 1

_ZERO, _ONE = number(0), number(1)


def untold_number(slot: Slot) -> int:
    """The number under which "not asked" stands among the readings of a slot whose last statement counts."""
    return -slot.number


class Statements:
    """Makes the parts of the query for the yes/no slots."""

    def __init__(self, plan: QueryPlan, dialect: Dialect, occasions: Occasions) -> None:
        self.plan, self.dialect, self.occasions = plan, dialect, occasions
        self.slots = plan.yes_no
        self.any = [s for s in self.slots if asks_for_any(s)]
        self.one = [s for s in self.slots if not asks_for_any(s)]
        self._words = WordReader(dialect, has_vague_codes=plan.has_vague_codes)

    # -- what each says by itself

    def statements(self) -> exp.Select:
        """The part ``statements``."""
        tr, untold = column("tr", "s"), column("untold", "s")
        is_no = first_of(equal(tr, _ZERO), exp.false())
        of_a_day = any_of(is_no, untold)
        over = all_of(column("persists", "s"), column("ended", "s"))
        day, own = of_its_day("s"), stated("s")
        last_heard = larger(day.begun, first_of(column("u2", "s"), number(-FAR)))
        timed = [number(s.number) for s in self.slots if _yes_no(s).yes_holds_for is not None]
        ends, ended = [(of_a_day, day.begins), (over, own.ends)], [(of_a_day, day.begun), (over, own.ended)]
        ends += [(equal(column("k", "s"), number(k)), to) for k, to in self._lasting(day.begins).items()]
        if timed:
            ended.append((among(column("k", "s"), timed), number(FAR)))
        columns = [column(name, "s") for name in ("subject", "k", "n", "own", "untold", "hit", "tr")]
        columns += [column(name, "s") for name in ("persists", "ended", "u1", *self._moments)]
        made = {
            "b1": day.begins,
            "b2": day.begun,
            "begun": case((of_a_day, day.begun), otherwise=own.begun),
            "h1": case(*ends, otherwise=own.ends),
            "h2": case(*ended, otherwise=own.ended),
            "heard": case((over, last_heard), otherwise=day.begun),
        }
        query = select([*columns, *(named(item, name) for name, item in made.items())], self._facts(), "s")
        spoken = all_of(is_no, equal(column("hit", "s"), number(2)))
        counts = [more(column("hit", "s"), _ZERO), any_of(column("own", "s"), spoken)]
        return query.where(*counts, copy=False)

    @property
    def _moments(self) -> list[str]:
        """The columns by which the last of several is told, where a slot asks for that one."""
        return list(MOMENTS) if self.one else []

    def _facts(self) -> exp.Select:
        k = column("k", "f")
        match = by_number(k, {s.number: self._words.match(s) for s in self.slots})
        truth = by_number(k, {s.number: self._words.truth(s) for s in self.slots})
        usable = all_of(opposite(column("blocked", "f")), opposite(column("untold", "f")))
        kept = ["subject", "k", "n", "own", "untold", "d1", "d2", "persists", "ended", "u1", "u2"]
        columns: list[exp.Expression] = [column(name, "f") for name in kept]
        columns += [named(match, "hit"), named(case((usable, truth)), "tr")]
        first = [s.number for s in self.one if s.observable.effective_aggregate is Aggregate.FIRST]
        backwards = [number(n) for n in first]
        columns += [named(looks_back(k, backwards, end), end) for end in self._moments]
        query = select(columns, "facts", "f")
        if len(self.slots) < len(self.plan.slots) or self.plan.anchors:
            query = query.where(among(k, [number(s.number) for s in self.slots]), copy=False)
        return query

    def _lasting(self, day: exp.Expression) -> dict[int, exp.Expression]:
        """By number of a slot whose "yes" has a time: a day moved by it."""
        lasting = {s.number: _yes_no(s).yes_holds_for for s in self.slots}
        return {k: self._moved(day, by) for k, by in lasting.items() if by is not None}

    def _moved(self, day: exp.Expression, by: Offset | None) -> exp.Expression:
        if by is None:
            return day
        moved = self.dialect.shift(day, by)
        far = equal(day, number(-FAR))
        return moved if by.days is not None else case((far, day), otherwise=moved)

    # -- until somebody says otherwise

    def cuts(self) -> exp.Select:
        """The part ``cuts``: by code and last possible day of a beginning, when it ended, after the first later "no"."""
        keys = ["subject", "k", "n", "begun"]
        open_ended = select([column(name, "s") for name in keys], "statements", "s")
        open_ended = open_ended.where(self._is_open("s"), copy=False).distinct(copy=False)
        y = {name: column(name, "y") for name in keys}
        sure_no = all_of(equal(column("tr", "x"), _ZERO), equal(column("hit", "x"), number(2)))
        on = all_of(
            *(equal(column(name, "x"), y[name]) for name in ("subject", "k", "n")),
            sure_no,
            more(column("b1", "x"), y["begun"]),
        )
        ends = [
            named(minus(exp.Min(this=column(end, "x")), _ONE), name)
            for end, name in (("b1", "c1"), ("b2", "c2"))
        ]
        query = joined(select([*y.values(), *ends], open_ended, "y"), "statements", "x", on, left=False)
        return query.group_by(*y.values(), copy=False)

    @staticmethod
    def _is_open(table: str) -> exp.Expression:
        """Whether it may go on after it began; a "no" does not."""
        return all_of(
            column("own", table),
            first_of(equal(column("tr", table), _ONE), is_null(column("tr", table))),
            opposite(column("untold", table)),
            more(column("h2", table), column("begun", table)),
        )

    # -- on the days that are asked for

    def held(self) -> exp.Select:
        """The part ``held``."""
        r = {name: column(name, "r") for name in ("subject", "k", "n", "own", "untold", "tr", "hit", "b1")}
        is_no = first_of(equal(r["tr"], _ZERO), exp.false())
        is_yes = first_of(equal(r["tr"], _ONE), exp.false())
        sure, possible = column("sure", "r"), column("possible", "r")
        word = case(
            (all_of(sure, is_yes), number(_SURE)),
            (all_of(possible, r["untold"]), number(_UNTOLD)),
            (all_of(possible, opposite(is_no)), number(_SOME)),
        )
        proof = all_of(is_no, equal(r["hit"], number(2)), column("in_time", "r"), column("reaches", "r"))
        speaks = all_of(r["own"], opposite(is_no), opposite(r["untold"]), column("not_after", "r"))
        columns: list[exp.Expression] = [r["subject"], r["k"], r["n"], r["untold"], sure, possible]
        columns += [
            named(word, "word"),
            named(case((proof, r["b1"])), "proves"),
            named(case((speaks, self._overtakes(is_yes, possible))), "overtakes"),
        ]
        if self.one:
            still = case((any_of(column("still", "r"), is_null(r["tr"])), r["tr"]))
            columns += [named(still, "tr"), *(column(name, "r") for name in self._moments)]
        return select(columns, self._on_days(), "r")

    def _overtakes(self, is_yes: exp.Expression, possible: exp.Expression) -> exp.Expression:
        """Until when it was heard of; what a "no" of all days up to its own denies, is overtaken by whatever contradicts it."""
        heard = column("heard", "r")
        lasting = [number(s.number) for s in self.slots if _yes_no(s).no_means != "now"]
        if not lasting:
            return heard
        contradicts = all_of(is_yes, possible, among(column("k", "r"), lasting))
        return case((contradicts, number(FAR + 1)), otherwise=heard)

    def _on_days(self) -> exp.Select:
        """Statements with their cut ends, and how they lie to the days that their slots ask for."""
        k = column("k", "q")
        asked = {s.number: AskedDays(s, self.occasions, self.dialect) for s in self.slots}
        begins, begun = column("b1", "q"), column("b2", "q")
        of_that_day = HeldColumns(begins, begun, begins, begun)
        held = HeldColumns(begins, column("begun", "q"), column("h1", "q"), column("h2", "q"))
        sure = by_number(k, {n: days.surely(held) for n, days in asked.items()})
        possible = by_number(k, {n: days.possibly(held) for n, days in asked.items()})
        in_time = by_number(k, {s.number: self._in_time(s, asked[s.number], of_that_day) for s in self.slots})
        through = {s.number: self._through(s) for s in self.slots}
        reaches = {n: exp.true() if t is None else asked[n].reached_by(t) for n, t in through.items()}
        pieces: dict[str, exp.Expression] = {
            "sure": all_of(
                column("own", "q"),
                equal(column("hit", "q"), number(2)),
                opposite(column("untold", "q")),
                sure,
            ),
            "possible": all_of(column("own", "q"), possible),
            "in_time": in_time,
            "reaches": by_number(k, reaches),
            "not_after": by_number(k, {n: days.begun_by_the_last(begins) for n, days in asked.items()}),
        }
        if self.one:
            still = {s.number: self._still(s, asked[s.number], reaches[s.number]) for s in self.one}
            pieces["still"] = by_number(k, still, exp.true())
        kept = ["subject", "k", "n", "own", "untold", "tr", "hit", "b1", "heard"]
        kept += self._moments
        columns = [
            *(column(name, "q") for name in kept),
            *(named(item, name) for name, item in pieces.items()),
        ]
        query = select(columns, self._cut(), "q")
        return self.occasions.join(query, "q", pieces.values())

    def _cut(self) -> exp.Select:
        """Statements, an open "yes" with its end cut."""
        changed = {"h1": "c1", "h2": "c2"}
        kept = ["subject", "k", "n", "own", "untold", "hit", "tr", "b1", "b2", "begun", "heard"]
        kept += ["persists", "ended", "u1", *self._moments]
        columns: list[exp.Expression] = [column(name, "s") for name in kept]
        for name, cut in changed.items():
            own, at = column(name, "s"), column(cut, "c")
            sooner = all_of(self._is_open("s"), is_known(at), less(at, own))
            columns.append(named(case((sooner, at), otherwise=own), name))
        on = all_of(*(equal(column(n, "c"), column(n, "s")) for n in ("subject", "k", "n", "begun")))
        return joined(select(columns, "statements", "s"), "cuts", "c", on)

    def _in_time(self, slot: Slot, days: AskedDays, no: HeldColumns) -> exp.Expression:
        """Whether a "no" was said by the day on which it must hold."""
        match _yes_no(slot).no_means:
            case "now":
                return days.before_the_last(no.begun)
            case "ever":
                return all_of(days.known_by(no.begun), opposite(column("persists", "q")))
            case _:
                return days.surely(no)

    def _through(self, slot: Slot) -> exp.Expression | None:
        """Through which day a "no" holds; ``None`` for ever."""
        o = _yes_no(slot)
        if o.no_means == "always":
            return None
        own = case((column("ended", "q"), first_of(column("u1", "q"), number(-FAR))), otherwise=number(-FAR))
        return larger(self._moved(column("b1", "q"), o.no_holds_for), own)

    def _still(self, slot: Slot, days: AskedDays, reaches: exp.Expression) -> exp.Expression:
        """Whether the last statement still holds on the last day that is asked for; of the first, that is not asked."""
        o = _yes_no(slot)
        if o.effective_aggregate is Aggregate.FIRST:
            return exp.true()
        no = exp.true() if o.no_holds_for is None and o.window is not None else reaches
        own_end = larger(first_of(column("u1", "q"), number(-FAR)), column("b1", "q"))
        through = self._lasting(column("b1", "q")).get(slot.number)
        yes = exp.true() if through is None else days.reached_by(through)
        over = all_of(column("persists", "q"), column("ended", "q"))
        return case((equal(column("tr", "q"), _ZERO), no), (over, days.reached_by(own_end)), otherwise=yes)

    # -- what is told of each code, and by the last statement

    def told(self) -> exp.Select:
        """The part ``told``: ``subject, k, said``, one row for each code of a slot that any "yes" answers.

        ``seen``: anything on record counts, which the scores beside it ask for.
        """
        keys = [column(name, "h") for name in ("subject", "k", "n")]
        within = all_of(column("possible", "h"), opposite(column("untold", "h")))
        most = {name: column(name, "h") for name in ("word", "proves", "overtakes")}
        most["within"] = case((within, _ONE))
        folded = [named(exp.Max(this=item), name) for name, item in most.items()]
        inner = select([*keys, *folded], "held", "h")
        if self.one:
            inner = inner.where(among(keys[1], [number(s.number) for s in self.any]), copy=False)
        t = {name: column(name, "t") for name in ("subject", "k", *most)}
        overtaken = first_of(at_least(t["overtakes"], t["proves"]), exp.false())
        proven = all_of(is_known(t["proves"]), opposite(overtaken))
        said = case(
            (equal(t["word"], number(_SURE)), number(YES)),
            (proven, number(NO)),
            (is_null(t["word"]), number(SILENCE)),
            otherwise=number(PERHAPS),
        )
        seen = case((any_of(is_known(t["within"]), proven), _ONE))
        columns = [t["subject"], t["k"], named(said, "said"), named(seen, "seen")]
        return select(columns, inner.group_by(*keys, copy=False), "t")

    def of_the_last(self) -> exp.Select:
        """Readings of the slots whose last (or first) statement counts: ``subject, k, sure, tr`` and when each was said."""
        k = column("k", "h")
        numbered = case((column("untold", "h"), exp.Neg(this=k)), otherwise=k)
        columns = [column("subject", "h"), named(numbered, "k"), column("sure", "h")]
        columns += [column(name, "h") for name in ("tr", *MOMENTS)]
        query = select(columns, "held", "h")
        return query.where(
            column("possible", "h"), among(k, [number(s.number) for s in self.one]), copy=False
        )


def _yes_no(slot: Slot) -> SaysYesNo:
    assert isinstance(slot.observable, SaysYesNo)  # noqa: S101
    return slot.observable
