"""The values of one person: anchors first, then observables in the order in which they need each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from datetime import date

from proband.facts.deaths import DEATH_KEYS
from proband.facts.left import AGREED, LEFT
from proband.facts.observation import Observation
from proband.programme.eligibility import ElapsedTime, FromFacts, Multiple, Observable, Scored
from proband.screening.aggregates import value_of
from proband.screening.anchors import anchor_occasion, disagree
from proband.screening.calendar import Occasion, elapsed
from proband.screening.derived import both, derived_value
from proband.screening.observed import ObservedValue, as_asked, facts_for
from proband.screening.rules import Rules
from proband.screening.spans import asked_span
from proband.screening.values import Value, multiple_of
from proband.screening.vital import VITAL_STATUS, deaths, has_died, leavings

#: facts that are heeded whatever a programme asks
_OF_ANYBODY = frozenset({VITAL_STATUS, *DEATH_KEYS, LEFT, AGREED})


class PersonFacts:
    """One person's observations, asked for values at visits and days."""

    def __init__(self, rules: Rules, observations: Iterable[Observation]) -> None:
        self.rules = rules
        self._by_code: dict[tuple[str, str], list[Observation]] = defaultdict(list)
        self.count = 0
        for observation in observations:
            self.count += 1
            key = (observation.system, observation.code)
            if key in rules.wanted or key in _OF_ANYBODY:
                self._by_code[key].append(observation)
        self._facts: dict[str, tuple[list[ObservedValue], list[Observation]]] = {}

    def observations_of(self, observable: FromFacts) -> list[Observation]:
        """The observations with a code of the observable, and of finer ICD-10 codes under a category that it names."""
        found = [o for c in observable.codes for o in self._by_code.get(c.key, ())]
        for key, (_, category) in self.rules.by_category[observable.id].items():
            found += [replace(o, code=category) for o in self._by_code.get(key, ())]
        return found

    def _doubtful(self, observable: FromFacts) -> list[Observation]:
        """The observations that may be about the observable: of a category of its codes, or where one of them is only mentioned."""
        found = [
            as_asked(o, code)
            for category, finer in self.rules.vague[observable.id].items()
            for o in self._by_code.get(category, ())
            for code in finer
        ]
        return [each for each in found if each is not None]

    @property
    def deaths(self) -> list[Observation]:
        """What says that the person died."""
        return deaths(self._of_life_and_death())

    def died(self, as_of: date) -> bool | None:
        """Whether the person had died by a day; ``None`` where that is not certain."""
        return has_died(self._of_life_and_death(), Occasion.of_day(as_of))

    def left(self, as_of: date) -> list[Observation]:
        """What says that the person had left a study, or failed its screening, by a day, and has agreed to none since."""
        own = [o for key in (LEFT, AGREED) for o in self._by_code.get(key, ())]
        return leavings(own, Occasion.of_day(as_of)) if own else []

    def _of_life_and_death(self) -> list[Observation]:
        return [o for key in (VITAL_STATUS, *DEATH_KEYS) for o in self._by_code.get(key, ())]

    def _facts_of(self, observable: FromFacts) -> tuple[list[ObservedValue], list[Observation]]:
        if observable.id not in self._facts:
            found = facts_for(observable, self.observations_of(observable), self._doubtful(observable))
            self._facts[observable.id] = found
        return self._facts[observable.id]

    def anchor(self, id: str, screening: Occasion) -> Occasion:
        """The day of an anchor; wholly open where it is not known."""
        if id == "screening":
            return screening
        return anchor_occasion(self.rules.anchor_pick(id), self._anchor_observations(id), screening)

    def occasion(self, visit: str | None, as_of: date) -> Occasion:
        """The day of a visit: as-of for screening; open where the visit has not been held by then."""
        today = Occasion.of_day(as_of)
        if visit is None:
            return today
        held = self.anchor(self.rules.visit_anchors[visit], today)
        if held.last_day is None or today.last_day is None or held.last_day > today.last_day:
            return Occasion()
        return held

    def values(
        self, as_of: date, visit: str | None = None, *, only: frozenset[str] | None = None
    ) -> dict[str, Value]:
        """The values of all observables needed at a visit (or of ``only`` these, which need no others), as known on a day."""
        screening = self.occasion(visit, as_of)
        anchors: dict[str, Occasion] = {}

        def at(id: str) -> Occasion:
            if id not in anchors:
                anchors[id] = self.anchor(id, screening)
            return anchors[id]

        by_id = self.rules.eligibility.by_id
        values: dict[str, Value] = {}
        wanted = self.rules.used.get(visit, frozenset()) if only is None else only
        for o in self.rules.order:
            if o.id in wanted:
                values[o.id] = self._value(o, screening, at, values, by_id)
        if visit is not None and screening.is_unknown:
            return {name: Value(reason=f"the visit {visit} has not been held") for name in values}
        return values

    def _value(
        self,
        o: Observable,
        screening: Occasion,
        at: Callable[[str], Occasion],
        values: Mapping[str, Value],
        by_id: Mapping[str, Observable],
    ) -> Value:
        if isinstance(o, ElapsedTime):
            return self._elapsed(o, at)
        if not isinstance(o, FromFacts):
            raise TypeError(f"{o.id}: no value is known for a {type(o).__name__}")
        facts, silent = self._facts_of(o)
        span = asked_span(o, at(o.window.anchor) if o.window else screening, screening)
        if isinstance(o, Scored):
            computed = derived_value(o, by_id, values)
            recorded = value_of(o, facts, silent, span, screening)
            if not recorded.used and not recorded.unusable:
                return computed
            return both(o, recorded, computed)
        value = value_of(o, facts, silent, span, screening)
        if isinstance(o, Multiple) and o.baseline:
            value = multiple_of(value, values[o.baseline])
        return value

    def _elapsed(self, o: ElapsedTime, at: Callable[[str], Occasion]) -> Value:
        names = (o.elapsed.since, o.elapsed.until)
        since, until = (at(name) for name in names)
        low, high = elapsed(o.elapsed, since, until)
        missing = [name for name, when in zip(names, (since, until), strict=True) if when.is_unknown]
        clash = [
            name
            for name in names
            if name != "screening"
            and self.rules.anchor_pick(name) == "only"
            and disagree(self._anchor_observations(name))
        ]
        reason = ""
        if clash:
            days = {str(Occasion.of(each)) for name in clash for each in self._anchor_observations(name)}
            reason = f"{' and '.join(clash)}: the record says {' and '.join(sorted(days))}"
        elif missing:
            reason = f"the day of {' and '.join(missing)} is not known"
        elif low is None or low != high:
            reason = f"the day is uncertain ({o.elapsed.since} {since})"
        facts = tuple(
            ObservedValue(each, Occasion.of(each))
            for name in names
            for each in self._anchor_observations(name)
        )
        return Value(low, high, used=facts, reason=reason, contradictory=bool(clash))

    def _anchor_observations(self, id: str) -> list[Observation]:
        return [o for key in self.rules.anchor_keys(id) for o in self._by_code.get(key, ())]
