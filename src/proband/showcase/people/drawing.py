"""The facts of one synthetic person, drawn observable by observable so that every outcome of screening occurs."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

from proband.facts.observation import Observation, Presence
from proband.programme.bundle import Programme
from proband.programme.eligibility import (
    DatedEvent,
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
    Selection,
    StableTime,
)
from proband.programme.expression import Comparison, atom_names, atoms, linear
from proband.screening.calendar import day_number, day_of, shift
from proband.screening.person import PersonFacts
from proband.screening.verdict import Screening
from proband.terms import UncertainDate

#: share of values that a synthetic file lacks, of exclusions that are present
MISSING, PRESENT = 0.03, 0.06


class PersonDraw:
    """Draws the facts of one synthetic person for one programme, observable by observable."""

    def __init__(self, programme: Programme, as_of: date, rng: random.Random) -> None:
        self.programme, self.as_of, self.rng = programme, as_of, rng
        self.eligibility = programme.eligibility
        self.screening = Screening(programme)
        self.limits = _limits(programme)

    def person(self, subject: str, *, fitting: bool) -> list[Observation]:
        """Facts of one person; for a fitting one, what rules them out is drawn again a few times."""
        facts: dict[str, list[Observation]] = {"": self._demography(subject)}
        for anchor in self.eligibility.anchors:
            facts[anchor.id] = self._anchor(subject, anchor.id, anchor.codes[0].system, anchor.codes[0].code)
        facts["consent"] = self._anchor(subject, "consent", "Proband", "consent-date")
        selected = [o for o in self.eligibility.observables if selection(o)]
        genotype = self.rng.choice(selected).id if selected else None  # a person has one genotype, not all
        for o in self.eligibility.observables:
            facts[o.id] = self._observable(subject, o, facts) if not selection(o) or o.id == genotype else []
        cohort = self.rng.choice(self.eligibility.cohort_ids())
        for _ in range(12 if fitting else 0):
            person = PersonFacts(self.screening.rules, [f for group in facts.values() for f in group])
            wrong = [
                result
                for result in self.screening.results(person, self.as_of)
                if result.passes is not True
                and result.instance.visit is None
                and (not result.instance.criterion.cohorts or cohort in result.instance.criterion.cohorts)
            ]
            if not wrong:
                break
            for name in sorted({leaf for r in wrong for value in r.values for leaf in self._leaves(value)}):
                self._redraw(subject, name, facts)
        return [fact for group in facts.values() for fact in group]

    def _redraw(self, subject: str, name: str, facts: dict[str, list[Observation]]) -> None:
        o = self.eligibility.by_id[name]
        if selection(o):
            return
        if not isinstance(o, ElapsedTime):
            facts[name] = self._observable(subject, o, facts, missing=0.0)
            return
        for anchor in (o.elapsed.since, o.elapsed.until):
            if anchor == "birth":
                facts[""] = self._demography(subject)
            elif anchor in facts:
                system, code = (
                    ("Proband", "consent-date")
                    if anchor == "consent"
                    else next(
                        (a.codes[0].system, a.codes[0].code)
                        for a in self.eligibility.anchors
                        if a.id == anchor
                    )
                )
                facts[anchor] = self._anchor(subject, anchor, system, code)

    def _leaves(self, name: str) -> list[str]:
        o = self.eligibility.by_id.get(name.split("@")[0])
        if o is None:
            return []
        if not isinstance(o, Scored):
            return [o.id]
        return [leaf for item in o.needs for leaf in self._leaves(item)]

    def _demography(self, subject: str) -> list[Observation]:
        born = self.as_of - timedelta(days=int(self.rng.uniform(2, 75) * 365.25))
        return [
            Observation(subject, "Proband", "birth-date", text=born.isoformat(), when=UncertainDate.on(born)),
            Observation(subject, "Proband", "sex", text=self.rng.choice(["female", "male"])),
        ]

    def _anchor(self, subject: str, id: str, system: str, code: str) -> list[Observation]:
        ahead = id.startswith("planned") or "dose" in id
        if id == "consent":
            days = self.rng.randint(0, 10)
        elif ahead:
            days = -self.rng.randint(1, 40)
        else:
            days = self.rng.choice([self.rng.randint(5, 40), self.rng.randint(400, 1700)])
        day = self.as_of - timedelta(days=days)
        return [Observation(subject, system, code, text=day.isoformat(), when=UncertainDate.on(day))]

    def _observable(
        self, subject: str, o: Observable, facts: dict[str, list[Observation]], *, missing: float = MISSING
    ) -> list[Observation]:
        if (
            not isinstance(o, FromFacts)
            or not o.codes
            or (o.codes[0].system, o.codes[0].code) in {("Proband", "sex"), ("Proband", "birth-date")}
        ):
            return []
        if self.rng.random() < missing:
            return []
        code = self.rng.choice(o.codes)
        days = self._days_ago(o, facts)
        base = Observation(
            subject,
            code.system,
            code.code,
            display=code.display or o.label,
            when=UncertainDate.on(self.as_of - timedelta(days=days)),
        )
        if o.where is not None:
            return [
                replace(base, attributes=_variant(o.where), text=o.where.value[0] if o.where.value else None)
            ]
        if isinstance(o, SaysYesNo):
            wanted = self._wanted(o.id)
            there = self.rng.random() < (1 - PRESENT if wanted else PRESENT)
            return [replace(base, presence=Presence.PRESENT)] if there else self._denied(o, base)
        if isinstance(o, SaysWord):
            return [replace(base, text=self.rng.choice(o.values))] if o.values else []
        if isinstance(o, DatedEvent):
            return [replace(base, text=base.day.isoformat() if base.day else None)]
        unit = o.unit if isinstance(o, SaysNumber | EventCount) else None
        if isinstance(o, StableTime):
            value = float(self.rng.randint(10, 60))
            return [
                replace(base, value=value, unit=unit, when=UncertainDate.on(self.as_of - timedelta(days=d)))
                for d in (240, 150, days)
            ]
        value = self._number(o)
        if isinstance(o, Multiple) and not o.baseline:
            limit = 40.0 if unit == "U/L" else 1.2  # any limit serves: the rule sees the multiple alone
            return [replace(base, value=round(value * limit, 2), unit=unit, reference_high=limit)]
        return [replace(base, value=round(value, 2), unit=unit)]

    def _denied(self, o: SaysYesNo, base: Observation) -> list[Observation]:
        """A "no" to each code, said on a day from which it still holds."""
        today, day = day_number(self.as_of), day_number(base.day or self.as_of)
        if o.no_means != "always":
            while day < today and shift(day, o.no_holds_for or Offset(amount=0, unit="d")) < today:
                day += 1
        said = replace(base, presence=Presence.ABSENT, when=UncertainDate.on(day_of(day)))
        return [
            replace(said, system=code.system, code=code.code, display=code.display or o.label)
            for code in o.codes
        ]

    def _days_ago(self, o: FromFacts, facts: dict[str, list[Observation]]) -> int:
        """A day inside the observable's window, where the window says one."""
        window = o.window
        if window is None:
            return self.rng.randint(1, 20)
        first = self.as_of
        anchored = [fact.day for fact in facts.get(window.anchor, []) if fact.day]
        if anchored:
            first = anchored[0] + timedelta(days=self.rng.randint(0, 10))
            return max((self.as_of - first).days, 0)
        return self.rng.randint(0, 6)

    def _number(self, o: Observable) -> float:
        limits = sorted(self.limits.get(o.id, [])) or [10.0]
        low, high = limits[0] * 0.5, limits[-1] * 1.5
        if isinstance(o, SaysNumber) and o.plausible is not None:
            low, high = max(low, o.plausible.low or low), min(high, o.plausible.high or high)
        return self.rng.uniform(min(low, high), max(low, high))

    def _wanted(self, name: str) -> bool:
        """Whether a yes helps: the observable stands unnegated in an inclusion."""
        return any(
            name in self.eligibility.expressions[c.id].names
            for c in self.eligibility.entry_criteria
            if c.kind.value == "include"
        )


def selection(o: Observable) -> Selection | None:
    """The variants that an observable asks for, where it asks for any."""
    return o.where if isinstance(o, FromFacts) else None


def _variant(where: Selection) -> dict[str, Any]:
    return {
        "gene": (where.gene or ["HPDL"])[0],
        "zygosity": (where.zygosity or ["homozygous"])[0],
        "pathogenicity": str((where.pathogenicity or ["pathogenic"])[0]),
        "hgvs": (where.hgvs or ["c.0A>A"])[0],
    }


def _limits(programme: Programme) -> dict[str, list[float]]:
    """The numbers with which each observable is compared anywhere: synthetic values are drawn around them."""
    found: dict[str, list[float]] = {}
    for expression in programme.eligibility.expressions.values():
        for atom in atoms(expression.root):
            if isinstance(atom, Comparison):
                numbers = [abs(linear(side)[1]) for side in (atom.left, atom.right)]
                for name in atom_names(atom):
                    found.setdefault(name, []).extend(number for number in numbers if number > 0)
    return found
