"""Learning more never flips a definite answer, and missing data never makes anyone eligible."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from random import Random

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from screening_records import AS_OF, random_eligibility, random_person

from proband.programme.eligibility import Kind
from proband.screening.observation import Observation, Presence
from proband.screening.outcome import Outcome
from proband.screening.person import Person
from proband.screening.verdict import Screening, concerns
from proband.terms import UncertainDate

EARLY = date(1900, 1, 1)


def learn(r: Random, o: Observation) -> Observation:
    """The same fact, known better: a narrower date, a value for a bound, an answer for a masked one."""
    way = r.choice(["date", "bound", "presence", "attributes", "time"])
    first, last = o.when.earliest, o.when.latest
    if way == "date" and first != last and o.time is None:
        low, high = (
            first or (last or AS_OF) - timedelta(days=400),
            last or (first or AS_OF) + timedelta(days=400),
        )
        if first is None and last is None:  # an undated fact was on record by the day of screening
            high = AS_OF
        low = min(low, high)
        day = low + timedelta(days=r.randint(0, (high - low).days))
        return replace(o, when=UncertainDate.on(day))
    if (
        way == "bound"
        and o.comparator in {"<", "<=", ">", ">="}
        and o.value is not None
        and abs(o.value) < 1e9
    ):
        step = r.choice([0.25, 1.0, 50.0])
        value = o.value + (-step if "<" in o.comparator else step)
        if "=" in o.comparator and r.random() < 0.3:
            value = o.value
        return replace(o, comparator=None, value=value)
    if way == "presence" and o.presence in {Presence.UNKNOWN, Presence.MASKED}:
        return replace(o, presence=r.choice([Presence.PRESENT, Presence.ABSENT]))
    if way == "attributes" and o.code == "variant":
        asked = {"gene": "HPDL", "pathogenicity": "pathogenic", "zygosity": "homozygous"}
        known = {k: v for k, v in o.attributes.items() if v != "unknown"}
        return replace(o, attributes={**asked, **known})
    if way == "time" and o.time is None and o.when.is_exact and o.when.earliest is not None:
        from datetime import datetime

        day = o.when.earliest
        return replace(o, time=datetime(day.year, day.month, day.day, r.randint(0, 23)))
    return o


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(min_value=0, max_value=2**48))
def test_learning_more_never_flips_a_definite_answer(seed: int) -> None:
    r = Random(seed)
    eligibility = random_eligibility(r)
    screening = Screening(eligibility)
    open_world = {c.key for o in eligibility.observables if o.absent == "unknown" for c in o.codes}
    closed = {c.key for o in eligibility.observables if o.absent == "no" for c in o.codes}
    for n in range(20):
        before = random_person(r, f"p{n}")
        after = [learn(r, o) for o in before]
        have = {(o.system, o.code) for o in before}
        for o in eligibility.observables:  # another code of the same observable would be a second fact
            # and a recorded score takes the place of a computed one
            if have & {c.key for c in o.codes} or o.derived:
                have |= {c.key for c in o.codes}
        # a first fact where there was none, unless silence was declared to mean no
        after += [
            o
            for o in random_person(r, f"p{n}")
            if (o.system, o.code) in open_world - closed and (o.system, o.code) not in have
        ]
        old, new = Person(screening.rules, before), Person(screening.rules, after)
        was, now = screening.results(old, AS_OF), screening.results(new, AS_OF)
        for a, b in zip(was, now, strict=True):
            if a.truth is not None:
                assert b.truth is a.truth, (a.instance.criterion.when, a.values, b.values)
        if screening.outcome(old, AS_OF) is not Outcome.NEEDS_DATA:
            assert screening.outcome(new, AS_OF) is screening.outcome(old, AS_OF)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(min_value=0, max_value=2**48))
def test_nobody_is_eligible_while_anything_is_unknown(seed: int) -> None:
    r = Random(seed)
    eligibility = random_eligibility(r, criteria=3)
    screening = Screening(eligibility)
    for n in range(30):
        verdict = screening.verdict(random_person(r, f"p{n}"), AS_OF, look_ahead=False)
        taken = [c for c in eligibility.cohort_ids() if verdict.cohorts[c] is Outcome.ELIGIBLE]
        assert (verdict.outcome is Outcome.ELIGIBLE) == bool(taken)
        for cohort in taken:
            for result in verdict.results:
                if concerns(result.instance, cohort):
                    assert result.truth is (result.instance.criterion.kind is Kind.INCLUDE)
        asked = all(any(concerns(r.instance, c) for r in verdict.results) for c in eligibility.cohort_ids())
        if verdict.outcome is Outcome.NEEDS_DATA and verdict.complete and asked:
            # every unknown names at least one thing to find out, unless no value could ever settle it
            assert verdict.unknown
            for found in (*verdict.to_confirm, *verdict.to_rule_out):
                assert found.items


def test_an_empty_record_needs_data_and_is_never_eligible() -> None:
    for seed in range(40):
        screening = Screening(random_eligibility(Random(seed)))
        assert screening.verdict([], AS_OF).outcome is not Outcome.ELIGIBLE or all(
            o.absent == "no" for o in screening.eligibility.observables if o.type == "boolean"
        )


def test_each_inclusion_without_its_facts_leaves_the_person_not_eligible() -> None:
    """Take away every fact of one observable of an eligible person: never eligible while an inclusion needs it."""
    found = 0
    for seed in range(400):
        r = Random(seed)
        eligibility = random_eligibility(r, criteria=2, visits=False)
        screening = Screening(eligibility)
        record = random_person(r, "p")
        person = Person(screening.rules, record)
        if screening.outcome(person, AS_OF) is not Outcome.ELIGIBLE:
            continue
        for o in eligibility.observables:
            codes = {c.key for c in o.codes}
            if (
                not codes
                or o.derived
                or any(x.absent == "no" and codes & {c.key for c in x.codes} for x in eligibility.observables)
            ):
                continue
            rest = Person(screening.rules, [f for f in record if (f.system, f.code) not in codes])
            for result in screening.results(rest, AS_OF):
                if result.instance.expression.names == (o.id,) and o.type != "number":
                    assert result.truth is None
                    found += 1
    assert found > 10
