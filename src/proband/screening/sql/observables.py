"""From the long table of observations to one row per person: the bounds of every observable, as SQL.

The text is built in steps, each a named part (``WITH … AS``):

``anchors``  the days from which time is counted, one row per person
``wanted``   which code feeds which observable, and the outermost days that can matter
``facts``    the observations with such a code: day and moment as whole numbers, and whether the result can be used
``readings`` what each fact says for each observable (``lo``, ``hi``, ``tr``, ``cd``) and whether it surely counts
``latest``   the moment of the last (first) sure fact, where an observable asks for the last (first)
``marked``   readings again, with whether each could be the one asked for
``folded``   one row per person

The rules are those of :mod:`proband.screening.values`, line for line; a property test holds the two together.
"""

# Every value that enters the text goes through text_literal or number_literal; names come from validated ids.
# ruff: noqa: S608

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from proband.programme.eligibility import (
    Aggregate,
    Elapsed,
    ElapsedTime,
    EventCount,
    FromFacts,
    Multiple,
    Observable,
    Offset,
    SaysNumber,
    SaysWord,
    SaysYesNo,
    Scored,
)
from proband.screening.calendar import EPOCH, Occasion, shift
from proband.screening.observed import JUST, boolean_words, conversion, upper_limit
from proband.screening.renaming import column_stem
from proband.screening.rules import BUILT_IN_CODES, Rules
from proband.screening.series import DAYS_PER
from proband.screening.sql.dialects import Dialect, number_literal, spark_safe, text_literal
from proband.terms.units import SPELLINGS

_NUMERIC = {"number", "ordered", "date"}


@dataclass(frozen=True, slots=True)
class Slot:
    """One observable at one visit, with its number in the query."""

    number: int
    observable: Any
    visit: str | None

    @property
    def column(self) -> str:
        """The stem of its columns."""
        return column_stem(self.observable.id, self.visit)


@dataclass(frozen=True, slots=True)
class Days:
    """SQL for an occasion: first and last possible day and moment."""

    d1: str
    d2: str
    m1: str
    m2: str
    constant: Occasion | None = None


class ObservableQuery:
    """Builds the query that makes the wide table for one engine, one set of rules and one day."""

    def __init__(
        self,
        rules: Rules,
        dialect: Dialect,
        as_of: date,
        *,
        units: Mapping[tuple[str, str], Sequence[str | None]] | None = None,
        table: str = "observations",
    ) -> None:
        self.rules = rules
        self.q = dialect
        self.as_of = as_of
        self.units = units
        self.table = table
        self.today = Occasion.of_day(as_of)
        #: whether the part ``facts`` stands as a table already (made first, so that its units can be looked at)
        self.facts_ready = False
        self.slots: list[Slot] = []
        self.computed: list[tuple[Observable, str | None]] = []
        for visit in rules.visits:
            for o in rules.order:
                if o.id not in rules.used.get(visit, frozenset()):
                    continue
                if isinstance(o, FromFacts) and o.codes:
                    self.slots.append(Slot(len(self.slots) + 1, o, visit))
                self.computed.append((o, visit))
        self._anchors = self._anchor_columns()

    # -- small things

    def text(self, value: str) -> str:
        """A text literal."""
        return spark_safe(value) if self.q.name == "spark" else text_literal(value)

    def texts(self, values: Sequence[str]) -> str:
        """A list of text literals for IN."""
        return ", ".join(self.text(v) for v in sorted(values))

    # -- anchors

    def _anchor_columns(self) -> dict[tuple[str, str | None], str]:
        """The anchors that the query needs: (anchor, visit) → stem of its columns."""
        needed: dict[tuple[str, str | None], str] = {}

        def want(id: str, visit: str | None) -> None:
            if id == "screening":
                return
            last = id in self.rules.anchors and self.rules.anchors[id].pick == "last"
            key = (id, visit if last else None)
            needed.setdefault(
                key, "a_" + id.replace("-", "_") + (f"__{key[1].replace('-', '_')}" if key[1] else "")
            )

        for visit in self.rules.visits:
            if visit is not None:
                want(self.rules.visit_anchors[visit], None)
        for o, visit in self.computed:
            if isinstance(o, FromFacts) and o.window:
                want(o.window.anchor, visit)
            if isinstance(o, ElapsedTime):
                want(o.elapsed.since, visit)
                want(o.elapsed.until, visit)
        return needed

    def screening(self, visit: str | None) -> Days:
        """The occasion of a visit: a constant for screening, else its anchor if it has been held."""
        if visit is None:
            t = self.today
            return Days(str(t.first_day), str(t.last_day), str(t.first_moment), str(t.last_moment), t)
        stem = self._anchors[(self.rules.visit_anchors[visit], None)]
        held = f"v.{stem}_d2 <= {self.today.last_day}"
        d1, d2, m1, m2 = (f"(CASE WHEN {held} THEN v.{stem}_{end} END)" for end in ("d1", "d2", "m1", "m2"))
        return Days(d1, d2, m1, m2)

    def anchor(self, id: str, visit: str | None) -> Days:
        """The occasion of an anchor at a visit."""
        if id == "screening":
            return self.screening(visit)
        last = id in self.rules.anchors and self.rules.anchors[id].pick == "last"
        stem = self._anchors[(id, visit if last else None)]
        table = "w" if last and visit is not None else "v"
        d1, d2, m1, m2 = (f"{table}.{stem}_{end}" for end in ("d1", "d2", "m1", "m2"))
        return Days(d1, d2, m1, m2)

    def _anchor_keys(self, id: str) -> list[tuple[str, str]]:
        declared = self.rules.anchors.get(id)
        return [c.key for c in declared.codes] if declared else [BUILT_IN_CODES[id]]

    def _anchor_select(self, keys: list[tuple[str, str | None]], *, joined: bool) -> str:
        columns = ["f.subject"]
        for id, visit in keys:
            stem = self._anchors[(id, visit)]
            match = " OR ".join(
                f"(f.system = {self.text(s)} AND f.code = {self.text(c)})" for s, c in self._anchor_keys(id)
            )
            match = f"(({match}) AND f.presence <> 'absent')"
            undated = "(f.d1 IS NULL AND f.d2 IS NULL)"
            last = id in self.rules.anchors and self.rules.anchors[id].pick == "last"
            if last:
                day = self.screening(visit)
                inside = (
                    f"({undated} OR f.d2 <= {day.d1})"
                    if day.constant
                    else f"({day.d1} IS NOT NULL AND ({undated} OR f.d2 <= {day.d1}))"
                )
                possible = f"{match} AND (f.d1 IS NULL OR {day.d2} IS NULL OR f.d1 <= {day.d2})"
            else:
                inside = f"({undated} OR f.d2 IS NOT NULL)"
                possible = match
            sure = f"{match} AND NOT f.blocked AND {inside}"
            some = f"COUNT(CASE WHEN {sure} THEN 1 END) > 0"
            fold, other = ("MAX", "MAX") if last else ("MIN", "MIN")
            for end in ("d1", "d2", "m1", "m2"):
                certain = (end in {"d1", "m1"}) == last
                if certain:
                    columns.append(f"{fold}(CASE WHEN {sure} THEN f.{end} END) AS {stem}_{end}")
                else:
                    open_ended = (
                        f"COUNT(CASE WHEN {possible} AND (f.blocked OR f.{end} IS NULL) THEN 1 END) = 0"
                    )
                    columns.append(
                        f"CASE WHEN {some} AND {open_ended} THEN {other}(CASE WHEN {possible} THEN f.{end} END) END"
                        f" AS {stem}_{end}"
                    )
        source = "facts f" + (" LEFT JOIN anchors v ON v.subject = f.subject" if joined else "")
        return f"SELECT {', '.join(columns)}\nFROM {source}\nGROUP BY f.subject"

    # -- windows

    def _edge(self, offset: Offset | None, day: str, constant: int | None) -> str | None:
        if offset is None:
            return None
        if constant is not None:
            return str(shift(constant, offset))
        return self.q.shift(day, offset.days, offset.months)

    def _span(self, slot: Slot) -> tuple[str, str]:
        """SQL that tells whether a fact surely, and whether it possibly, lies in the window of a slot."""
        o, now = slot.observable, self.screening(slot.visit)
        undated = "(f.d1 IS NULL AND f.d2 IS NULL)"
        if o.window is None:
            here = "" if now.constant else f"{now.d1} IS NOT NULL AND "
            sure = f"({here}({undated} OR f.d2 <= {now.d1}))"
            return sure, f"(f.d1 IS NULL OR {self._or_null(now.d2, now)}f.d1 <= {now.d2})"
        at = self.anchor(o.window.anchor, slot.visit)
        c = at.constant
        outer_first = self._edge(o.window.start, at.d1, c.first_day if c else None)
        inner_first = self._edge(o.window.start, at.d2, c.last_day if c else None)
        outer_last = self._edge(o.window.end, at.d2, c.last_day if c else None)
        inner_last = self._edge(o.window.end, at.d1, c.first_day if c else None)
        sure_parts, possible_parts = [], []
        if not now.constant:
            sure_parts.append(f"{now.d1} IS NOT NULL")
        if inner_first is not None:
            sure_parts.append(f"f.d1 >= {inner_first}")
        if inner_last is not None:
            sure_parts.append(f"f.d2 <= {inner_last}")
        sure_parts.append(f"f.d2 <= {now.d1}")
        if outer_first is not None:
            possible_parts.append(f"(f.d2 IS NULL OR {self._or_null(outer_first, at)}f.d2 >= {outer_first})")
        if outer_last is not None:
            possible_parts.append(f"(f.d1 IS NULL OR {self._or_null(outer_last, at)}f.d1 <= {outer_last})")
        possible_parts.append(f"(f.d1 IS NULL OR {self._or_null(now.d2, now)}f.d1 <= {now.d2})")
        return (
            f"COALESCE({' AND '.join(sure_parts)}, FALSE)",
            " AND ".join(possible_parts),
        )

    @staticmethod
    def _or_null(edge: str, at: Days) -> str:
        return "" if at.constant else f"{edge} IS NULL OR "

    def _reach(self, slot: Slot) -> tuple[int | None, int | None]:
        """The outermost days that can matter for a slot, where they are the same for everyone."""
        o = slot.observable
        if slot.visit is not None:
            return None, self.today.last_day
        if o.window is None or o.window.anchor != "screening" or self.today.last_day is None:
            return None, self.today.last_day
        first = None if o.window.start is None else shift(self.today.last_day, o.window.start)
        last = self.today.last_day
        if o.window.end is not None:
            last = min(last, shift(self.today.last_day, o.window.end))
        return first, last

    # -- what a fact says

    def _value(self, slot: Slot) -> str:
        """The number of a fact in the observable's unit, before bounds; NULL where it cannot be used."""
        o = slot.observable
        ways = []
        for unit in self._units(o):
            by = conversion(o, unit)
            if by is None:
                continue
            scale, offset = by
            value = "f.value" if scale == 1.0 else f"f.value * {number_literal(scale)}"
            value = value if offset == 0.0 else f"{value} + {number_literal(offset)}"
            ways.append((unit, value))
        blank = conversion(o, None)
        parts = [f"WHEN f.unit = {self.text(u)} THEN {v}" for u, v in ways if u is not None]
        if blank is not None:
            scale, offset = blank
            value = "f.value" if scale == 1.0 else f"f.value * {number_literal(scale)}"
            value = value if offset == 0.0 else f"{value} + {number_literal(offset)}"
            parts.append(f"WHEN f.unit IS NULL OR TRIM(f.unit) = '' THEN {value}")
        converted = f"CASE {' '.join(parts)} END" if parts else "NULL"
        limits = o.plausible
        if limits is not None and limits.low is not None and limits.high is not None:
            low, high = number_literal(limits.low), number_literal(limits.high)
            bound = "f.comparator IS NOT NULL AND f.comparator <> ''"
            converted = f"CASE WHEN ({bound}) OR ({converted}) BETWEEN {low} AND {high} THEN {converted} END"
        if isinstance(o, Multiple) and not o.baseline:
            stated = upper_limit(o)
            own = "f.value / f.reference_high"
            other = f"({converted}) / {number_literal(stated)}" if stated is not None else "NULL"
            converted = f"CASE WHEN ({converted}) IS NULL THEN NULL WHEN f.reference_high > 0 THEN {own} ELSE {other} END"
        return converted

    def _units(self, o: SaysNumber) -> list[str]:
        if self.units is None:
            return sorted(u for u in {*SPELLINGS, o.unit or "1"} if u)
        found = {u for c in o.codes for u in self.units.get(c.key, ()) if u is not None and u.strip()}
        return sorted(found)

    def _word(self) -> str:
        return "LOWER(TRIM(CASE WHEN f.value_code <> '' THEN f.value_code ELSE f.text END))"

    def _numbers(self, words: Mapping[str, str]) -> list[tuple[str, str]]:
        """Vocabulary words that are numbers: (number, what it stands for), for facts that carry a number instead."""
        found = []
        for word, meaning in words.items():
            try:
                number = float(word)
            except ValueError:
                continue
            if (str(int(number)) if number == int(number) else repr(number)) == word:
                found.append((number_literal(number), meaning))
        return found

    def _vocabulary(self, o: SaysWord) -> dict[str, str]:
        return o.vocabulary

    def _rank(self, slot: Slot) -> str:
        o = slot.observable
        ranks = {v.lower(): str(i) for i, v in enumerate(o.values)}
        words = {w: ranks[v] for w, v in self._vocabulary(o).items() if v in ranks}
        by_word = " ".join(f"WHEN {self.text(w)} THEN {r}" for w, r in words.items())
        found = f"CASE {self._word()} {by_word} END"
        numbers = self._numbers(words)
        if numbers:
            by_number = " ".join(f"WHEN f.value = {n} THEN {r}" for n, r in numbers)
            found = f"CASE WHEN COALESCE({self._word()}, '') = '' THEN CASE {by_number} END ELSE {found} END"
        return self.q.as_double(found)

    def _code(self, slot: Slot) -> str:
        o = slot.observable
        word = self._word()
        synonyms = o.spellings
        numbers = self._numbers(self._vocabulary(o))
        if numbers:
            by_number = " ".join(f"WHEN f.value = {n} THEN {self.text(m)}" for n, m in numbers)
            word = f"CASE WHEN COALESCE({word}, '') = '' THEN CASE {by_number} END ELSE {word} END"
        if synonyms:
            parts = " ".join(f"WHEN {self.text(s)} THEN {self.text(v)}" for s, v in synonyms.items())
            word = f"CASE {word} {parts} ELSE {word} END"
        if o.values:
            return f"CASE WHEN ({word}) IN ({self.texts([v.lower() for v in o.values])}) THEN {word} END"
        return f"NULLIF({word}, '')"

    def _truth(self, slot: Slot) -> str:
        o = slot.observable
        if o.effective_aggregate is Aggregate.COUNT:
            return "1"
        if o.where is not None and o.where.value is not None:
            return "CASE WHEN f.presence = 'absent' THEN 0 ELSE 1 END"
        yes, no = boolean_words(o)
        one, two = "LOWER(TRIM(COALESCE(f.value_code, '')))", "LOWER(TRIM(COALESCE(f.text, '')))"

        def among(words: frozenset[str]) -> str:
            if not words:
                return "1 = 0"
            return f"({one} IN ({self.texts(sorted(words))}) OR {two} IN ({self.texts(sorted(words))}))"

        silent = f"{one} = '' AND {two} = ''"
        numbers = self._numbers(dict.fromkeys(yes, "1") | dict.fromkeys(no, "0"))
        by_number = " ".join(f"WHEN f.value = {n} THEN {t}" for n, t in numbers)
        # under a selection by attributes other words only name the thing (a variant), and it is there
        otherwise = " ELSE 1" if o.where is not None else ""
        number = f"CASE {by_number}{otherwise} END" if numbers else ("1" if otherwise else "NULL")
        return (
            f"CASE WHEN f.presence = 'absent' THEN 0 WHEN {silent} AND f.value IS NULL THEN 1"
            f" WHEN {silent} THEN {number} WHEN {among(yes)} THEN 1 WHEN {among(no)} THEN 0{otherwise} END"
        )

    def _match(self, slot: Slot) -> str:
        """2: surely the thing asked for, 1: possibly, 0: not."""
        where = slot.observable.where
        if where is None:
            return "2"
        out, unsaid = [], []
        if where.value is not None:
            one, two = "LOWER(TRIM(COALESCE(f.value_code, '')))", "LOWER(TRIM(COALESCE(f.text, '')))"
            words = self.texts([v.lower() for v in where.value])
            empty = "COALESCE(f.value_code, '') = '' AND COALESCE(f.text, '') = ''"
            out.append(f"NOT ({empty}) AND {one} NOT IN ({words}) AND {two} NOT IN ({words})")
            unsaid.append(f"({empty})")
        for name, accepted in where.attributes.items():
            given = f"LOWER(TRIM(COALESCE(f.at_{name}, '')))"
            out.append(f"({given} NOT IN ('', 'unknown') AND {given} NOT IN ({self.texts(list(accepted))}))")
            unsaid.append(f"{given} IN ('', 'unknown')")
        return f"CASE WHEN {' OR '.join(f'({o})' for o in out)} THEN 0 WHEN {' OR '.join(unsaid)} THEN 1 ELSE 2 END"

    def _by_slot(self, parts: Mapping[int, str], otherwise: str = "NULL") -> str:
        """``CASE k WHEN 1 THEN … END``; slots that say the same share a branch."""
        shared: dict[str, list[int]] = {}
        for number, text in parts.items():
            shared.setdefault(text, []).append(number)
        if len(shared) == 1 and len(parts) == len(self.slots):
            return next(iter(shared))
        branches = [
            f"WHEN f.k {'= ' + str(ks[0]) if len(ks) == 1 else 'IN (' + ', '.join(map(str, ks)) + ')'} THEN {text}"
            for text, ks in shared.items()
            if text != otherwise
        ]
        return f"CASE {' '.join(branches)} ELSE {otherwise} END" if branches else otherwise

    def _readings(self) -> str:
        numeric = {s.number: self._value(s) for s in self.slots if self._is_number(s)}
        ranks = {s.number: self._rank(s) for s in self.slots if s.observable.type == "ordered"}
        dates = [s.number for s in self.slots if s.observable.type == "date"]
        truths = {
            s.number: self._truth(s)
            for s in self.slots
            if s.observable.type == "boolean" or s.observable.effective_aggregate is Aggregate.COUNT
        }
        codes = {s.number: self._code(s) for s in self.slots if s.observable.type == "code"}
        value = self._by_slot({**numeric, **ranks})
        tiny, just = "1e-300", repr(JUST)
        below = f"x - ABS(x) * {just} - {tiny}"
        above = f"x + ABS(x) * {just} + {tiny}"
        plain = "(comparator IS NULL OR comparator IN ('', '='))"
        ks = ", ".join(map(str, dates))
        d1, d2 = self.q.as_double("d1"), self.q.as_double("d2")
        low = f"CASE WHEN {plain} OR comparator = '>=' THEN x WHEN comparator = '>' THEN {above} END"
        high = f"CASE WHEN {plain} OR comparator = '<=' THEN x WHEN comparator = '<' THEN {below} END"
        if ranks:
            rk = ", ".join(str(k) for k in ranks)
            low = f"CASE WHEN k IN ({rk}) THEN x ELSE {low} END"
            high = f"CASE WHEN k IN ({rk}) THEN x ELSE {high} END"
        if dates:
            low = f"CASE WHEN k IN ({ks}) THEN {d1} ELSE {low} END"
            high = f"CASE WHEN k IN ({ks}) THEN {d2} ELSE {high} END"
        spans = {s.number: self._span(s) for s in self.slots}
        sure = self._by_slot({k: a for k, (a, _) in spans.items()}, "FALSE")
        possible = self._by_slot({k: b for k, (_, b) in spans.items()}, "FALSE")
        match = self._by_slot({s.number: self._match(s) for s in self.slots}, "2")
        keeps_absent = [s.number for s in self.slots if s.observable.type == "boolean"]
        absent = f"f.k IN ({', '.join(map(str, keeps_absent))})" if keeps_absent else "1 = 0"
        # joining is dear: only the anchors that a window or a visit names
        joins = self._anchor_joins("f", sure + possible)
        return (
            f"SELECT subject, k, d1, d2, m1, m2, sure, CASE WHEN NOT blocked THEN {low} END AS lo,\n"
            f"  CASE WHEN NOT blocked THEN {high} END AS hi, CASE WHEN NOT blocked THEN tr END AS tr,\n"
            f"  CASE WHEN NOT blocked THEN cd END AS cd\n"
            f"FROM (\n  SELECT f.subject, f.k, f.d1, f.d2, f.m1, f.m2, f.blocked, f.comparator,\n"
            f"    {value if numeric or ranks else 'CAST(NULL AS ' + self.q.double + ')'} AS x,\n"
            f"    {self._by_slot(truths) if truths else 'CAST(NULL AS INTEGER)'} AS tr,\n"
            f"    {self._by_slot(codes) if codes else 'CAST(NULL AS ' + self.q.string + ')'} AS cd,\n"
            f"    {match} AS hit,\n    ({sure}) AND ({match}) = 2 AS sure, ({possible}) AS possible\n"
            f"  FROM wanted_facts f{joins}\n"
            f"  WHERE f.blocked OR f.presence <> 'absent' OR {absent}\n) r\n"
            f"WHERE hit > 0 AND possible"
        )

    def _is_number(self, slot: Slot) -> bool:
        return slot.observable.type == "number" and slot.observable.effective_aggregate is not Aggregate.COUNT

    def _anchor_joins(self, left: str, within: str) -> str:
        """The joins to the anchors whose columns (``v.a_…``, ``w.a_…``) occur in a piece of the query."""
        text = ""
        if "v.a_" in within:
            text += f" LEFT JOIN anchors v ON v.subject = {left}.subject"
        if "w.a_" in within:
            text += f" LEFT JOIN visit_anchors w ON w.subject = {left}.subject"
        return text

    # -- folding

    def _latest(self) -> str | None:
        columns = []
        for s in self.slots:
            aggregate = s.observable.effective_aggregate
            if s.observable.type == "date" or aggregate not in {Aggregate.LAST, Aggregate.FIRST}:
                continue
            if aggregate is Aggregate.LAST:
                columns.append(f"MAX(CASE WHEN k = {s.number} AND sure THEN m1 END) AS t{s.number}")
            else:
                columns.append(f"MIN(CASE WHEN k = {s.number} AND sure THEN m2 END) AS t{s.number}")
        if not columns:
            return None
        return f"SELECT subject, {', '.join(columns)} FROM readings GROUP BY subject"

    def _marked(self, *, joined: bool) -> str:
        """Readings with ``ks``, the slot if the fact surely counts, and ``kc``, the slot if it could be the one asked for."""
        parts: dict[int, str] = {}
        for s in self.slots:
            t = f"l.t{s.number}"
            aggregate = s.observable.effective_aggregate
            if s.observable.type == "date" or not joined:
                continue
            if aggregate is Aggregate.LAST:
                parts[s.number] = f"r.m2 IS NULL OR {t} IS NULL OR r.m2 >= {t}"
            elif aggregate is Aggregate.FIRST:
                parts[s.number] = f"r.m1 IS NULL OR {t} IS NULL OR r.m1 <= {t}"
        cases = " ".join(f"WHEN {k} THEN ({text})" for k, text in parts.items())
        candidate = f"CASE WHEN CASE r.k {cases} ELSE TRUE END THEN r.k END" if parts else "r.k"
        join = "\nLEFT JOIN latest l ON l.subject = r.subject" if joined else ""
        return (
            "SELECT r.subject, r.k, r.d1, r.d2, r.lo, r.hi, r.tr, r.cd,\n"
            f"  CASE WHEN r.sure THEN r.k END AS ks,\n  {candidate} AS kc\nFROM readings r{join}"
        )

    def _fold(self, slot: Slot) -> list[str]:
        o, k, stem = slot.observable, slot.number, slot.column
        aggregate = o.effective_aggregate
        mine, sure, candidate = f"r.k = {k}", f"r.ks = {k}", f"r.kc = {k}"

        def count(condition: str) -> str:
            return f"COUNT(CASE WHEN {condition} THEN 1 END)"

        def fold(function: str, condition: str, what: str) -> str:
            return f"{function}(CASE WHEN {condition} THEN r.{what} END)"

        some = f"{count(sure)} > 0"
        extra = [f"{count(mine)} AS {stem}_n"] if isinstance(o, Scored) else []
        if aggregate is Aggregate.COUNT:
            least = self.q.as_double(count(f"{sure} AND r.tr = 1"))
            most = self.q.as_double(count(mine)) if o.absent == "no" else f"CAST(NULL AS {self.q.double})"
            return [f"{least} AS {stem}_lo", f"{most} AS {stem}_hi"]
        if o.type == "boolean":
            return [f"{self._fold_truth(o, mine, sure, candidate, count, fold)} AS {stem}", *extra]
        if o.type == "code":
            among = mine if aggregate is Aggregate.ANY else candidate
            one = f"{count(f'{among} AND r.cd IS NULL')} = 0 AND {fold('MIN', among, 'cd')} = {fold('MAX', among, 'cd')}"
            return [f"CASE WHEN {some} AND {one} THEN {fold('MIN', among, 'cd')} END AS {stem}", *extra]
        if aggregate in {Aggregate.SLOPE, Aggregate.STABLE_FOR}:
            exact = f"{sure} AND r.lo = r.hi AND r.d1 = r.d2"
            return [f"CASE WHEN {some} AND {count(mine)} = {count(exact)} THEN 1 END AS {stem}_ok", *extra]

        def whole_low(among: str) -> str:
            return f"CASE WHEN {some} AND {count(f'{among} AND r.lo IS NULL')} = 0 THEN {fold('MIN', among, 'lo')} END"

        def whole_high(among: str) -> str:
            return f"CASE WHEN {some} AND {count(f'{among} AND r.hi IS NULL')} = 0 THEN {fold('MAX', among, 'hi')} END"

        if o.type != "date" and aggregate in {Aggregate.LAST, Aggregate.FIRST}:
            low, high = whole_low(candidate), whole_high(candidate)
        elif aggregate is Aggregate.RANGE:
            top, bottom = fold("MAX", sure, "lo"), fold("MIN", sure, "hi")
            least = f"CASE WHEN {top} IS NOT NULL AND {bottom} IS NOT NULL AND {top} - {bottom} > 0 THEN {top} - {bottom} ELSE 0 END"
            low = f"CASE WHEN {some} THEN {self.q.as_double(least)} END"
            high = f"({whole_high(mine)}) - ({whole_low(mine)})"
        else:
            up = aggregate in {Aggregate.MAX, Aggregate.LAST} or (
                aggregate is Aggregate.WORST and o.worse == "high"
            )
            low = fold("MAX", sure, "lo") if up else whole_low(mine)
            high = whole_high(mine) if up else fold("MIN", sure, "hi")
        return [f"{low} AS {stem}_lo", f"{high} AS {stem}_hi", *extra]

    def _fold_truth(
        self,
        o: SaysYesNo,
        mine: str,
        sure: str,
        candidate: str,
        count: Callable[[str], str],
        fold: Callable[[str, str, str], str],
    ) -> str:
        closed = o.absent == "no"
        may = f"{count(f'{mine} AND (r.tr IS NULL OR r.tr = 1)')} > 0"
        if o.effective_aggregate is Aggregate.ANY:
            end = " ELSE FALSE" if closed else f" WHEN {count(f'{sure} AND r.tr = 0')} > 0 THEN FALSE"
            return f"CASE WHEN {count(f'{sure} AND r.tr = 1')} > 0 THEN TRUE WHEN {may} THEN NULL{end} END"
        said = f"{count(f'{candidate} AND r.tr IS NULL')} = 0"
        least, most = fold("MIN", candidate, "tr"), fold("MAX", candidate, "tr")
        empty = f" WHEN {count(sure)} = 0 AND NOT ({may}) THEN FALSE" if closed else ""
        return (
            f"CASE WHEN {count(sure)} > 0 AND {said} AND {least} = 1 THEN TRUE"
            f" WHEN {count(sure)} > 0 AND {said} AND {most} = 0 THEN FALSE{empty} END"
        )

    def _slope(self, slot: Slot) -> str:
        k, minimum = slot.number, slot.observable.minimum or 2
        per = number_literal(DAYS_PER[slot.observable.slope_per or "d"])
        n, x, y = self.q.as_double("COUNT(*)"), self.q.as_double("p.d1 - b.b"), "p.lo"
        sx, sy, sxx, sxy = f"SUM({x})", f"SUM({y})", f"SUM({x} * {x})", f"SUM({x} * {y})"
        return (
            f"SELECT p.subject, CASE WHEN COUNT(*) = COUNT(DISTINCT p.d1) AND COUNT(*) >= {minimum} THEN\n"
            f"  ({n} * {sxy} - {sx} * {sy}) / NULLIF({n} * {sxx} - {sx} * {sx}, 0)"
            f"{'' if per == '1' else ' * ' + per} END AS v\n"
            f"FROM (SELECT DISTINCT subject, d1, lo FROM readings WHERE k = {k}) p\n"
            f"JOIN (SELECT subject, MIN(d1) AS b FROM readings WHERE k = {k} GROUP BY subject) b"
            f" ON b.subject = p.subject GROUP BY p.subject"
        )

    def _stable(self, slot: Slot) -> str:
        k, tolerance = slot.number, number_literal(slot.observable.tolerance or 0.0)
        rows = f"(SELECT DISTINCT subject, d1, lo FROM readings WHERE k = {k})"
        return (
            f"SELECT q.subject, CASE WHEN MIN(q.single) = 1 THEN 1 END AS ok, MAX(q.last_day) AS last_day,\n"
            f"  MAX(q.changed) AS changed, MIN(CASE WHEN q.changed IS NULL OR q.d1 > q.changed THEN q.d1 END) AS since\n"
            f"FROM (\n  SELECT p.subject, p.d1, e.last_day, s.single,\n"
            f"    MAX(CASE WHEN ABS(p.lo - e.last_value) > {tolerance} THEN p.d1 END) OVER (PARTITION BY p.subject) AS changed\n"
            f"  FROM {rows} p\n"
            f"  JOIN (SELECT subject, CASE WHEN COUNT(*) = COUNT(DISTINCT d1) THEN 1 ELSE 0 END AS single"
            f" FROM {rows} a GROUP BY subject) s ON s.subject = p.subject\n"
            f"  JOIN (SELECT a.subject, a.d1 AS last_day, MAX(a.lo) AS last_value FROM {rows} a\n"
            f"    JOIN (SELECT subject, MAX(d1) AS d1 FROM readings WHERE k = {k} GROUP BY subject) m\n"
            f"      ON m.subject = a.subject AND m.d1 = a.d1 GROUP BY a.subject, a.d1) e ON e.subject = p.subject\n"
            f") q GROUP BY q.subject"
        )

    # -- elapsed

    def _elapsed(self, rule: Elapsed, visit: str | None) -> tuple[str, str]:
        a, b = self.anchor(rule.since, visit), self.anchor(rule.until, visit)
        if rule.unit == "h":
            low, high = f"({b.m1} - {a.m2})", f"({b.m2} - {a.m1})"
            return f"{self.q.as_double(low)} / 3600.0", f"{self.q.as_double(high)} / 3600.0"
        return self._between(rule, a.d2, b.d1), self._between(rule, a.d1, b.d2)

    def _between(self, rule: Elapsed, a: str, b: str) -> str:
        q = self.q
        if rule.unit == "d":
            return q.as_double(f"({b} - {a})")
        if rule.unit == "wk":
            return (
                q.as_double(f"FLOOR({q.as_double(f'({b} - {a})')} / 7.0)")
                if rule.completed
                else f"{q.as_double(f'({b} - {a})')} / 7.0"
            )
        day_a, day_b = f"({a} - {q.month_start(a, 0)} + 1)", f"({b} - {q.month_start(b, 0)} + 1)"
        here = f"({q.month_start(b, 1)} - {q.month_start(b, 0)})"
        following = f"({q.month_start(b, 2)} - {q.month_start(b, 1)})"
        before = f"({q.month_start(b, 0)} - {q.month_start(b, -1)})"

        def least(x: str, y: str) -> str:
            return f"(CASE WHEN {x} < {y} THEN {x} ELSE {y} END)"

        anniversary = least(day_a, f"{here} + 1")
        months = f"({q.month_index(b)} - {q.month_index(a)})"
        if rule.completed:
            whole = f"({months} - CASE WHEN {day_b} < {anniversary} THEN 1 ELSE 0 END)"
            if rule.unit == "mo":
                return q.as_double(whole)
            return q.as_double(f"FLOOR({q.as_double(whole)} / 12.0)")
        ahead = f"({here} - {anniversary} + {least(day_a, f'{following} + 1')})"
        start = least(day_a, f"{before} + 1")
        exact = (
            f"(CASE WHEN {day_b} >= {anniversary}"
            f" THEN {months} + {q.as_double(f'({day_b} - {anniversary})')} / {ahead}"
            f" ELSE {months} - 1 + {q.as_double(f'({before} - {start} + {day_b})')} / ({before} - {start} + {anniversary}) END)"
        )
        return exact if rule.unit == "mo" else f"{exact} / 12.0"

    # -- all together

    def wide_columns(self) -> list[tuple[str, str]]:
        """The columns of the wide table: (name, ``number`` | ``boolean`` | ``code`` | ``count``)."""
        found: list[tuple[str, str]] = []
        for o, visit in self.computed:
            stem = column_stem(o.id, visit)
            if o.type in _NUMERIC:
                found += [(f"{stem}_lo", "number"), (f"{stem}_hi", "number")]
            else:
                found.append((stem, o.type))
            if isinstance(o, Scored) and o.codes:
                found.append((f"{stem}_n", "count"))
        return found

    def sql(self) -> str:
        """The whole query: one row per person of the table, in no particular order."""
        *parts, (_, last) = self.steps()
        with_parts = ",\n".join(f"{name} AS (\n{text}\n)" for name, text in parts)
        return f"WITH {with_parts}\n{last}"

    def steps(self) -> list[tuple[str, str]]:
        """The parts of the query in order, each over those before it; the last one is the wide table."""
        parts: list[tuple[str, str]] = []
        if self.slots and not self.facts_ready:
            parts.append(("facts", self.facts()))
        elif self._anchors and not self.slots:
            parts.append(("facts", self._facts(self._of_anchors(), whole=False)))
        plain = [key for key in self._anchors if key[1] is None]
        at_visits = [key for key in self._anchors if key[1] is not None]
        if plain:
            parts.append(("anchors", self._anchor_select(plain, joined=False)))
        if at_visits:
            parts.append(("visit_anchors", self._anchor_select(at_visits, joined=True)))
        if self.slots:
            parts.append(("wanted", self._wanted()))
            parts.append(("wanted_facts", self._wanted_facts()))
            parts.append(("readings", self._readings()))
            latest = self._latest()
            if latest is not None:
                parts.append(("latest", latest))
            parts.append(("marked", self._marked(joined=latest is not None)))
            folds = [column for s in self.slots for column in self._fold(s)]
            text = ",\n  ".join(["r.subject", *folds])
            parts.append(("folded", f"SELECT {text}\nFROM marked r\nGROUP BY r.subject"))
            for s in self.slots:
                if s.observable.effective_aggregate is Aggregate.SLOPE:
                    parts.append((f"slope_{s.number}", self._slope(s)))
                elif s.observable.effective_aggregate is Aggregate.STABLE_FOR:
                    parts.append((f"stable_{s.number}", self._stable(s)))
        parts.append(("people", f"SELECT DISTINCT subject FROM {self.table}"))
        parts.append(("values_", self._outer()))
        parts.append(("observables", self._relative()))
        return parts

    def _wanted(self) -> str:
        rows = []
        for s in self.slots:
            first, last = self._reach(s)
            reach = (
                f"{'CAST(NULL AS INTEGER)' if first is None else first} AS first_reach,"
                f" {'CAST(NULL AS INTEGER)' if last is None else last} AS last_reach"
            )
            rows += [
                f"SELECT {self.text(c.system)} AS system, {self.text(c.code)} AS code, {s.number} AS k, {reach}"
                for c in s.observable.codes
            ]
        if not rows:
            return "SELECT '' AS system, '' AS code, 0 AS k, 0 AS first_reach, 0 AS last_reach"
        return "\nUNION ALL ".join(dict.fromkeys(rows))

    def _date(self, day: int) -> str:
        text = (EPOCH + timedelta(days=day)).isoformat()
        return self.text(text) if self.q.name == "sqlite" else f"DATE '{text}'"

    def relevant(self) -> dict[str, list[str]]:
        """By system, which rows of ``observations o`` can matter to a slot: its codes, on days that its window can reach."""
        by_key: dict[tuple[str, str], list[tuple[int | None, int | None]]] = {}
        for s in self.slots:
            for c in s.observable.codes:
                by_key.setdefault(c.key, []).append(self._reach(s))
        groups: dict[tuple[str, int | None, int | None], list[str]] = {}
        for (system, code), reaches in sorted(by_key.items()):
            firsts, lasts = [r[0] for r in reaches], [r[1] for r in reaches]
            first = None if None in firsts else min(f for f in firsts if f is not None)
            last = None if None in lasts else max(d for d in lasts if d is not None)
            groups.setdefault((system, first, last), []).append(code)
        parts: dict[str, list[str]] = {}
        for (system, first, last), codes in groups.items():
            part = f"o.code IN ({self.texts(codes)})"
            if last is not None:
                part = f"(o.first_day IS NULL OR o.first_day <= {self._date(last)}) AND {part}"
            if first is not None:
                part = f"(o.last_day IS NULL OR o.last_day >= {self._date(first)}) AND {part}"
            parts.setdefault(system, []).append(f"({part})")
        return parts

    def facts(self) -> str:
        """The part ``facts``: the rows that can matter to a slot or an anchor, with day and moment as whole numbers."""
        which = self.relevant()
        for system, conditions in self._of_anchors().items():
            which.setdefault(system, []).extend(conditions)
        return self._facts(which, whole=True)

    def _of_anchors(self) -> dict[str, list[str]]:
        systems: dict[str, list[str]] = {}
        for system, code in sorted({key for id, _ in self._anchors for key in self._anchor_keys(id)}):
            systems.setdefault(system, []).append(code)
        return {s: [f"(o.code IN ({self.texts(codes)}))"] for s, codes in systems.items()}

    def _by_system(self, parts: dict[str, list[str]]) -> str:
        """A row is asked only what concerns its own system: half the time of the same conditions joined by OR."""
        whens = " ".join(
            f"WHEN {self.text(s)} THEN ({' OR '.join(conditions)})" for s, conditions in parts.items()
        )
        return f"CASE o.system {whens} ELSE 1 = 0 END" if whens else "1 = 0"

    def _facts(self, which: dict[str, list[str]], *, whole: bool) -> str:
        """The rows that matter, with day and moment as whole numbers; ``whole``: with what they say."""
        q = self.q
        timed = "o.time IS NOT NULL AND (o.first_day IS NULL OR o.first_day = o.last_day)"
        moment = q.moment("o.time")
        floor_day = f"CAST(FLOOR({q.as_double(moment)} / 86400.0) AS BIGINT)"
        attributes = sorted(
            {n for s in self.slots if s.observable.where for n in s.observable.where.attributes}
        )
        says = ""
        if whole:
            says = ", o.value, o.unit, o.text, o.value_code, o.comparator, o.reference_high"
            says += "".join(f", {q.attribute(n)} AS at_{n}" for n in attributes)
        first, last = q.day("o.first_day"), q.day("o.last_day")
        return (
            f"SELECT o.subject, o.system, o.code, o.presence{says},\n"
            f"  CASE WHEN {timed} THEN {floor_day} ELSE {first} END AS d1,\n"
            f"  CASE WHEN {timed} THEN {floor_day} ELSE {last} END AS d2,\n"
            f"  CASE WHEN {timed} THEN {moment} ELSE CAST({first} AS BIGINT) * 86400 END AS m1,\n"
            f"  CASE WHEN {timed} THEN {moment} ELSE CAST({last} AS BIGINT) * 86400 + 86399 END AS m2,\n"
            f"  (COALESCE(o.problems, '') <> '' OR o.presence IN ('unknown', 'masked')) AS blocked\n"
            f"FROM {self.table} o\n"
            f"WHERE o.presence NOT IN ('not-asked', 'not-applicable') AND {self._by_system(which)}"
        )

    def _wanted_facts(self) -> str:
        return (
            "SELECT f.*, w.k FROM facts f JOIN wanted w ON w.system = f.system AND w.code = f.code\n"
            "WHERE (f.d2 IS NULL OR w.first_reach IS NULL OR f.d2 >= w.first_reach)\n"
            "  AND (f.d1 IS NULL OR w.last_reach IS NULL OR f.d1 <= w.last_reach)"
        )

    def _outer(self) -> str:
        by_key = {(s.observable.id, s.visit): s for s in self.slots}
        columns, joins = ["p.subject"], ""
        if self.slots:
            joins += "\nLEFT JOIN folded d ON d.subject = p.subject"
        for o, visit in self.computed:
            start = len(columns)
            joins += self._outer_columns(o, visit, by_key.get((o.id, visit)), columns)
            if visit is not None:  # what is asked at a visit is unknown until it has been held
                held = f"{self.screening(visit).d2} IS NOT NULL"
                for index in range(start, len(columns)):
                    text, _, name = columns[index].rpartition(" AS ")
                    columns[index] = f"CASE WHEN {held} THEN {text} END AS {name}"
        anchors = self._anchor_joins("p", " ".join(columns))
        return "SELECT " + ",\n  ".join(columns) + f"\nFROM people p{anchors}{joins}"

    def _outer_columns(self, o: Observable, visit: str | None, slot: Slot | None, columns: list[str]) -> str:
        """Append the columns of one observable; returns the joins that they need."""
        joins, null = "", f"CAST(NULL AS {self.q.double})"
        stem = column_stem(o.id, visit)
        if isinstance(o, ElapsedTime):
            low, high = self._elapsed(o.elapsed, visit)
            columns += [f"{low} AS {stem}_lo", f"{high} AS {stem}_hi"]
            return joins
        if slot is None:  # derived only: filled in afterwards
            kind = "BOOLEAN" if o.type == "boolean" else self.q.string
            columns += (
                [f"{null} AS {stem}_lo", f"{null} AS {stem}_hi"]
                if o.type in _NUMERIC
                else [f"CAST(NULL AS {kind}) AS {stem}"]
            )
            return joins
        aggregate = slot.observable.effective_aggregate
        if isinstance(o, EventCount):
            most = f"COALESCE(d.{stem}_hi, 0)" if o.absent == "no" else null
            columns += [f"COALESCE(d.{stem}_lo, 0) AS {stem}_lo", f"{most} AS {stem}_hi"]
        elif isinstance(o, SaysYesNo):
            none = (
                f"CASE WHEN d.subject IS NULL THEN FALSE ELSE d.{stem} END"
                if o.absent == "no"
                else f"d.{stem}"
            )
            columns.append(f"{none} AS {stem}")
        elif o.type == "code":
            columns.append(f"d.{stem} AS {stem}")
        elif aggregate is Aggregate.SLOPE:
            joins += f"\nLEFT JOIN slope_{slot.number} s{slot.number} ON s{slot.number}.subject = p.subject"
            value = f"CASE WHEN d.{stem}_ok = 1 THEN s{slot.number}.v END"
            columns += [f"{value} AS {stem}_lo", f"{value} AS {stem}_hi"]
        elif aggregate is Aggregate.STABLE_FOR:
            t = f"s{slot.number}"
            joins += f"\nLEFT JOIN stable_{slot.number} {t} ON {t}.subject = p.subject"
            ok = f"d.{stem}_ok = 1 AND {t}.ok = 1"
            end = self.screening(visit).d2
            columns.append(
                f"CASE WHEN {ok} THEN {self.q.as_double(f'({t}.last_day - {t}.since)')} END AS {stem}_lo"
            )
            columns.append(
                f"CASE WHEN {ok} THEN {self.q.as_double(f'({end} - {t}.changed)')} END AS {stem}_hi"
            )
        else:
            columns += [f"d.{stem}_lo AS {stem}_lo", f"d.{stem}_hi AS {stem}_hi"]
        if isinstance(o, Scored):
            columns.append(f"COALESCE(d.{stem}_n, 0) AS {stem}_n")
        return joins

    def _relative(self) -> str:
        """The last step: multiples of a baseline, from the columns of both."""
        columns = ["subject"]
        done = {(o.id, visit) for o, visit in self.computed}
        for o, visit in self.computed:
            stem = column_stem(o.id, visit)
            if isinstance(o, Multiple) and o.baseline and (o.baseline, visit) in done:
                base = column_stem(o.baseline, visit)
                sound = f"{base}_lo > 0 AND {base}_hi IS NOT NULL"
                low = f"{stem}_lo / CASE WHEN {stem}_lo >= 0 THEN {base}_hi ELSE {base}_lo END"
                high = f"{stem}_hi / CASE WHEN {stem}_hi >= 0 THEN {base}_lo ELSE {base}_hi END"
                columns += [
                    f"CASE WHEN {sound} THEN {low} END AS {stem}_lo",
                    f"CASE WHEN {sound} THEN {high} END AS {stem}_hi",
                ]
            elif o.type in _NUMERIC:
                columns += [f"{stem}_lo", f"{stem}_hi"]
            else:
                columns.append(stem)
            if isinstance(o, Scored) and o.codes:
                columns.append(f"{stem}_n")
        return "SELECT " + ", ".join(columns) + "\nFROM values_"


def depends_on_derived(rules: Rules) -> list[Scored]:
    """Observables that an instrument computes, in the order in which they need each other."""
    return [o for o in rules.order if isinstance(o, Scored)]
