"""The values of one person: anchors first, then observables in the order in which they need each other."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import cached_property

from proband.facts.observation import Observation, Presence
from proband.programme.eligibility import Anchor, Criterion, Eligibility, Observable
from proband.programme.expression import Expression
from proband.screening.calendar import Occasion, elapsed
from proband.screening.derived import both, check_derivation, derived_value
from proband.screening.observed import ObservedValue, facts_for
from proband.screening.values import Value, occasion_of, relative, span_of, value_of
from proband.terms import ProbandError

#: where the built-in anchors are found
BUILT_IN_CODES = {"birth": ("Proband", "birth-date"), "consent": ("Proband", "consent-date")}


@dataclass(frozen=True, slots=True)
class Instance:
    """One criterion at one visit (``None``: at screening)."""

    criterion: Criterion
    expression: Expression
    visit: str | None

    @property
    def key(self) -> str:
        """Unique name: ``I3`` or ``I3@baseline``."""
        return self.criterion.id if self.visit is None else f"{self.criterion.id}@{self.visit}"


class Rules:
    """An :class:`Eligibility` made ready: instances, order of evaluation, index of codes. Make it once, use it for all.

    Parameters
    ----------
    eligibility
        The criteria.
    through
        The last visit that is judged: ``screening``, or a visit of the programme with all that are listed before it.
        ``None`` judges every visit, and then nobody is eligible before the last of them has been held.

    Raises
    ------
    ProbandError
        ``screening.visit`` for a visit that the programme does not have; ``screening.derived`` for a derived observable
        that names an instrument, variant, item or output that does not exist, or lacks an item.
    """

    def __init__(self, eligibility: Eligibility, through: str | None = None) -> None:
        wrong = [text for o in eligibility.observables for text in check_derivation(o)]
        if wrong:
            raise ProbandError(
                "; ".join(wrong),
                mend="correct 'derived' in eligibility.yaml; `proband instruments` lists what there is",
                code="screening.derived",
            )
        self.eligibility = eligibility
        self.through = through
        order = ["screening", *(visit.id for visit in eligibility.visits)]
        if through is not None and through not in order:
            raise ProbandError(
                f"the programme has no visit {through!r} at which criteria are judged",
                mend=f"use one of: {', '.join(order)}",
                code="screening.visit",
            )
        judged = order if through is None else order[: order.index(through) + 1]
        self.instances = tuple(
            Instance(
                criterion, eligibility.expressions[criterion.id], None if visit == "screening" else visit
            )
            for criterion in eligibility.criteria
            for visit in (criterion.visits or ("screening",))
            if visit in judged
        )
        self.anchors: dict[str, Anchor] = {a.id: a for a in eligibility.anchors}
        self.visit_anchors = {v.id: v.anchor for v in eligibility.visits}

    @cached_property
    def order(self) -> tuple[Observable, ...]:
        """Observables so that each comes after those that it is computed from."""
        by_id, done, order = self.eligibility.by_id, set[str](), list[Observable]()

        def visit(o: Observable) -> None:
            if o.id in done:
                return
            done.add(o.id)
            for needed in o.needs:
                visit(by_id[needed])
            order.append(o)

        for o in self.eligibility.observables:
            visit(o)
        return tuple(order)

    @cached_property
    def visits(self) -> tuple[str | None, ...]:
        """The visits at which something is asked (``None`` is screening), screening first."""
        return tuple(sorted({i.visit for i in self.instances}, key=lambda v: (v is not None, v or "")))

    @cached_property
    def used(self) -> dict[str | None, frozenset[str]]:
        """The observables that the criteria need at each visit, with those they are computed from."""
        by_id = self.eligibility.by_id
        found: dict[str | None, set[str]] = defaultdict(set)
        for instance in self.instances:
            stack = list(instance.expression.names)
            while stack:
                name = stack.pop()
                if name not in found[instance.visit]:
                    found[instance.visit].add(name)
                    stack.extend(by_id[name].needs)
        return {visit: frozenset(names) for visit, names in found.items()}

    @cached_property
    def wanted(self) -> frozenset[tuple[str, str]]:
        """Every (system, code) that an anchor or an observable reads."""
        keys = set(BUILT_IN_CODES.values())
        for anchor in self.anchors.values():
            keys |= {c.key for c in anchor.codes}
        for o in self.eligibility.observables:
            keys |= {c.key for c in o.codes}
        return frozenset(keys)


class PersonFacts:
    """One person's observations, asked for values at visits and days."""

    def __init__(self, rules: Rules, observations: Iterable[Observation]) -> None:
        self.rules = rules
        self._by_code: dict[tuple[str, str], list[Observation]] = defaultdict(list)
        self.count = 0
        for observation in observations:
            self.count += 1
            key = (observation.system, observation.code)
            if key in rules.wanted:
                self._by_code[key].append(observation)
        self._facts: dict[str, tuple[list[ObservedValue], list[Observation]]] = {}

    def observations_of(self, observable: Observable) -> list[Observation]:
        """The observations with a code of the observable."""
        return [o for c in observable.codes for o in self._by_code.get(c.key, ())]

    def _facts_of(self, observable: Observable) -> tuple[list[ObservedValue], list[Observation]]:
        if observable.id not in self._facts:
            self._facts[observable.id] = facts_for(observable, self.observations_of(observable))
        return self._facts[observable.id]

    def anchor(self, id: str, screening: Occasion) -> Occasion:
        """The day of an anchor; wholly open where it is not known."""
        if id == "screening":
            return screening
        declared = self.rules.anchors.get(id)
        keys = [c.key for c in declared.codes] if declared else [BUILT_IN_CODES[id]]
        pick = declared.pick if declared else "first"
        facts = [
            ObservedValue(
                o,
                Occasion.of(o),
                problem="; ".join(o.problems) or ("" if o.presence is Presence.PRESENT else "unknown"),
            )
            for key in keys
            for o in self._by_code.get(key, ())
            if o.presence not in {Presence.ABSENT, Presence.NOT_ASKED, Presence.NOT_APPLICABLE}
        ]
        whole = Occasion()  # "first" looks at everything on record, planned days included
        span = span_of(None, whole, screening if pick == "last" else _FOREVER)
        return occasion_of(pick, facts, span)

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
        if o.elapsed is not None:
            since, until = at(o.elapsed.since), at(o.elapsed.until)
            low, high = elapsed(o.elapsed, since, until)
            missing = [
                name for name, when in ((o.elapsed.since, since), (o.elapsed.until, until)) if when.is_unknown
            ]
            reason = ""
            if missing:
                reason = f"the day of {' and '.join(missing)} is not known"
            elif low is None or low != high:
                reason = f"the day is uncertain ({o.elapsed.since} {since})"
            facts = tuple(
                ObservedValue(each, Occasion.of(each))
                for name in (o.elapsed.since, o.elapsed.until)
                for each in self._anchor_observations(name)
            )
            return Value(low, high, used=facts, reason=reason)
        facts_here, silent = self._facts_of(o)
        span = span_of(o.window, at(o.window.anchor) if o.window else screening, screening)
        if o.derived is not None:
            computed = derived_value(o, by_id, values)
            if not any(span.possibly(fact.when) for fact in facts_here):
                return computed
            return both(o, value_of(o, facts_here, silent, span, screening), computed)
        value = value_of(o, facts_here, silent, span, screening)
        if o.relative_to and o.relative_to != "uln":
            value = relative(value, values[o.relative_to])
        return value

    def _anchor_observations(self, id: str) -> list[Observation]:
        if id == "screening":
            return []
        declared = self.rules.anchors.get(id)
        keys = [c.key for c in declared.codes] if declared else [BUILT_IN_CODES[id]]
        return [o for key in keys for o in self._by_code.get(key, ())]


#: a moment after every other: for anchors that look at planned days too
_FOREVER = Occasion(10**7, 10**7, 10**12, 10**12)
