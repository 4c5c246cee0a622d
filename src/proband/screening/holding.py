"""How long a yes or a no holds: what a statement of one day proves for the days that an observable asks for.

The words and rules stand in ``docs/screening.md`` ("How long a yes or a no holds"); this module is their one place in
the evaluator. A "no" must prove itself: it speaks for its own code (and what that code is declared to include), from
the day on which it was said as far as the observable lets it reach, unless something later overtakes it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from proband.facts.observation import Observation
from proband.programme.eligibility import Offset, SaysYesNo
from proband.screening.calendar import day_number, shift
from proband.screening.observed import ObservedValue
from proband.screening.spans import WindowSpan

CodeKey = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Held:
    """When a fact holds, by its four bounds: first and last possible day of its beginning and of its end."""

    begins: float
    begun: float
    ends: float
    ended: float

    def surely_in(self, span: WindowSpan) -> bool:
        """Whether it surely held on a day that is asked for."""
        if self.begins == -math.inf and self.begun == math.inf:
            return span.undated_count
        if span.empty_inside:
            return False
        return self.begun <= _or(span.inner_last, math.inf) and self.ends >= _or(span.inner_first, -math.inf)

    def possibly_in(self, span: WindowSpan) -> bool:
        """Whether it may have held on a day that is asked for."""
        return self.begins <= _or(span.outer_last, math.inf) and self.ended >= _or(
            span.outer_first, -math.inf
        )


def stated(observation: Observation, begins: float, begun: float) -> Held:
    """When a fact holds by what it says itself, without a word of others: its day; if it persists, through its end."""
    if not observation.persists:
        return Held(begins, begun, begins, begun)
    until = observation.until
    if until is None:
        return Held(begins, begun, math.inf, math.inf)
    last = _day(until.latest, math.inf)
    begun = min(begun, last)  # what has ended by a day had begun by it
    return Held(begins, begun, max(_day(until.earliest, -math.inf), begins), last)


def bounds_of(fact: ObservedValue) -> tuple[float, float]:
    """First and last possible day on which a fact began."""
    return _or(fact.when.first_day, -math.inf), _or(fact.when.last_day, math.inf)


class YesNoRecord:
    """All that is on record for one yes/no observable, asked for some days.

    Parameters
    ----------
    facts
        Every fact of the observable, whenever it was.
    span
        The days that are asked for.
    screening_day
        The surely last day whose facts were known at screening; ``None`` where that day is not known.
    """

    def __init__(
        self,
        observable: SaysYesNo,
        facts: Sequence[ObservedValue],
        span: WindowSpan,
        screening_day: int | None,
    ) -> None:
        self.observable = observable
        self.span = span
        self._known_by = _or(screening_day, -math.inf)
        self._speakers = observable.speakers
        self._facts = tuple(facts)
        self._no = [f for f in facts if f.truth is False and f.certain]
        self.held = {id(f): self._held(f) for f in facts}

    @property
    def last_asked(self) -> tuple[float, float]:
        """The last day that is asked for: surely from, surely to."""
        low = -math.inf if self.span.empty_inside else _or(self.span.inner_last, self._known_by)
        return low, _or(self.span.outer_last, math.inf)

    def sure(self) -> tuple[ObservedValue, ...]:
        """What certainly is the thing asked for and surely held on a day that is asked for."""
        return tuple(f for f in self._facts if f.certain and self.held[id(f)].surely_in(self.span))

    def possible(self) -> tuple[ObservedValue, ...]:
        """What may have held on a day that is asked for."""
        return tuple(f for f in self._facts if self.held[id(f)].possibly_in(self.span))

    def proof(self, key: CodeKey) -> ObservedValue | None:
        """The "no" that proves one code: the latest that speaks for it, reaches the last day asked for and is not overtaken."""
        best = max(
            (f for f in self._no if self._speaks(f, key) and self._said_in_time(f) and self.reaches(f)),
            key=lambda f: bounds_of(f)[0],
            default=None,
        )
        if best is None or any(self._overtakes(f, best) for f in self._of(key) if f.truth is not False):
            return None
        return best

    def silent(self, key: CodeKey) -> bool:
        """Whether nothing but "no" is on record for a code in the days asked for."""
        return not any(
            f.truth is not False and self.held[id(f)].possibly_in(self.span) for f in self._of(key)
        )

    def _said_in_time(self, no: ObservedValue) -> bool:
        """Whether a "no" was surely said by the day on which it must hold."""
        begun = bounds_of(no)[1]
        match self.observable.no_means:
            case "now":
                return begun <= self.last_asked[0]
            case "ever":  # "does not take it" is of its own days, and says nothing of those before
                return begun <= self._known_by and not no.observation.persists
            case "always":
                return self.held[id(no)].surely_in(self.span)

    def reaches(self, no: ObservedValue) -> bool:
        """Whether a "no" still holds on the last day that is asked for."""
        if self.observable.no_means == "always":
            return True
        first = bounds_of(no)[0]
        own = no.observation.until.earliest if no.observation.until else None
        through = max(_moved(first, self.observable.no_holds_for), _day(own, -math.inf))
        return through >= self.last_asked[1]

    def still_yes(self, yes: ObservedValue) -> bool:
        """Whether the last "yes" has not ended before the last day asked for, nor grown too old for it."""
        held = stated(yes.observation, *bounds_of(yes))
        if yes.observation.persists and yes.observation.until is not None:
            return held.ends >= self.last_asked[1]
        lasting = self.observable.yes_holds_for
        return lasting is None or _moved(held.begins, lasting) >= self.last_asked[1]

    def noes(self) -> list[ObservedValue]:
        """Every certain "no" that is on record."""
        return [f for f in self._no if bounds_of(f)[0] <= self.last_asked[1]]

    def _overtakes(self, fact: ObservedValue, no: ObservedValue) -> bool:
        """Whether a statement that is no "no" may be newer than a "no", or contradicts what it says of the days before."""
        first, last = bounds_of(fact)
        held, said = self.held[id(fact)], bounds_of(no)[0]
        if first > self.last_asked[1]:
            return False
        end = fact.observation.until.latest if fact.observation.until and fact.observation.persists else None
        if last >= said or _day(end, -math.inf) >= said:
            return True
        return self.observable.no_means != "now" and fact.truth is True and held.possibly_in(self.span)

    def _speaks(self, no: ObservedValue, key: CodeKey) -> bool:
        return (no.observation.system, no.observation.code) in self._speakers[key]

    def _of(self, key: CodeKey) -> Iterator[ObservedValue]:
        return (f for f in self._facts if (f.observation.system, f.observation.code) == key)

    def _held(self, fact: ObservedValue) -> Held:
        """When a statement holds, given what else was said of its code."""
        begins, begun = bounds_of(fact)
        own = stated(fact.observation, begins, begun)
        if fact.truth is False:
            return own if not fact.observation.persists else Held(begins, begun, begins, begun)
        if fact.observation.until is not None and fact.observation.persists:
            return self._until_said_otherwise(fact, own)
        lasting = self.observable.yes_holds_for
        if lasting is not None:
            own = Held(own.begins, own.begun, _moved(begins, lasting), math.inf)
        return self._until_said_otherwise(fact, own)

    def _until_said_otherwise(self, fact: ObservedValue, held: Held) -> Held:
        """Cut at the first certain "no" of the code that was surely said after it began."""
        if held.ended <= held.begun:
            return held
        key = (fact.observation.system, fact.observation.code)
        later = [bounds_of(n) for n in self._no if self._speaks(n, key) and bounds_of(n)[0] > held.begun]
        cut = [min(end - 1 for end in ends) for ends in zip(*later, strict=True)]
        if not cut:
            return held
        return Held(held.begins, held.begun, min(held.ends, cut[0]), min(held.ended, cut[1]))


def _moved(day: float, by: Offset | None) -> float:
    return day if by is None or math.isinf(day) else float(shift(int(day), by))


def _or(day: int | None, otherwise: float) -> float:
    return otherwise if day is None else float(day)


def _day(day: date | None, otherwise: float) -> float:
    return otherwise if day is None else float(day_number(day))
