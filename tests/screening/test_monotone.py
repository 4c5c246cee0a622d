"""Learning more never flips a definite answer, and missing data never makes anyone eligible."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from random import Random
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from screening_records import AS_OF, random_eligibility, random_person

from proband.facts.observation import Observation, Presence
from proband.facts.table import to_frame
from proband.programme.eligibility import CriterionKind, Eligibility, Scored
from proband.screening.outcome import EligibilityStatus
from proband.screening.person import PersonFacts
from proband.screening.sql.many import screen
from proband.screening.verdict import Screening
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
    open_world = {key for o in eligibility.observables if not o.silence_means_no for key in o.code_keys}
    closed = {key for o in eligibility.observables if o.silence_means_no for key in o.code_keys}
    for n in range(20):
        before = random_person(r, f"p{n}")
        after = [learn(r, o) for o in before]
        have = {(o.system, o.code) for o in before}
        for o in eligibility.observables:  # another code of the same observable would be a second fact
            if have & set(o.code_keys):
                have |= set(o.code_keys)
        # a first fact where there was none, unless silence was declared to mean no
        after += [
            o
            for o in random_person(r, f"p{n}")
            if (o.system, o.code) in open_world - closed and (o.system, o.code) not in have
        ]
        old, new = PersonFacts(screening.rules, before), PersonFacts(screening.rules, after)
        was, now = screening.results(old, AS_OF), screening.results(new, AS_OF)
        # a score on record beside a computed one, whichever was learned, may take a definite answer back, never turn it around
        there = {(o.system, o.code) for o in after}
        scores = {o.id for o in eligibility.observables if isinstance(o, Scored) and there & set(o.code_keys)}
        taken_back = False
        for a, b in zip(was, now, strict=True):
            if a.truth is None:
                continue
            beside = any(
                a.values[n].is_known and not b.values[n].is_known and b.values[n].contradictory
                for n in scores & a.values.keys()
            )
            taken_back |= beside and b.truth is None
            expected = {a.truth, None} if beside else {a.truth}
            assert b.truth in expected, (a.instance.criterion.when, a.values, b.values)
        before_outcome, after_outcome = screening.outcome(old, AS_OF), screening.outcome(new, AS_OF)
        if before_outcome is not EligibilityStatus.NEEDS_DATA:
            expected_outcomes = (
                {before_outcome, EligibilityStatus.NEEDS_DATA} if taken_back else {before_outcome}
            )
            assert after_outcome in expected_outcomes


#: scores of each type that may be computed, and may also stand on record: FIB-4 with its bands, King's College criteria
_SCORES: list[dict[str, Any]] = [
    {"id": "fib4", "type": "number", "unit": "1"},
    {"id": "band", "type": "code", "values": ["low", "indeterminate", "high"]},
    {"id": "band_in_order", "type": "ordered", "values": ["low", "indeterminate", "high"]},
    {"id": "kings", "type": "boolean"},
]
_FIB4 = {
    "instrument": "fib-4",
    "inputs": {"age": "age", "ast": "ast", "alt": "alt", "platelets": "platelets"},
}
_DERIVED = {
    "fib4": _FIB4,
    "band": {**_FIB4, "output": "category"},
    "band_in_order": {**_FIB4, "output": "category"},
    "kings": {"instrument": "kings-college-paracetamol", "inputs": {"arterial_ph": "ph", "inr": "inr"}},
}
_LABS = [("ast", "1920-8", "U/L"), ("alt", "1742-6", "U/L"), ("platelets", "777-3", "10*9/L"), ("ph", "2744-1", "1"), ("inr", "6301-6", "1")]  # fmt: skip
_ASKED = [
    *(f"fib4 {op} {limit}" for op in ("<", ">=", "!=") for limit in (1.3, 2.0, 2.67, 3.25)),
    "band == 'high'", "band in ['low', 'indeterminate']", "band != 'low'", "band_in_order <= 'low'", "band_in_order > 'low'",
    "kings", "not kings", "kings and fib4 > 2.67", "kings or band == 'low'",
]  # fmt: skip


def _scored() -> Eligibility:
    labs = [
        {
            "id": id,
            "label": f"value of {id}",
            "type": "number",
            "unit": unit,
            "codes": [{"system": "LOINC", "code": code}],
        }
        for id, code, unit in _LABS
    ]
    scores = [
        {
            **s,
            "label": s["id"],
            "codes": [{"system": "Proband", "code": s["id"].replace("_", "-")}],
            "derived": _DERIVED[s["id"]],
        }
        for s in _SCORES
    ]
    age = {"id": "age", "label": "age", "type": "number", "elapsed": {"since": "birth", "unit": "a"}}
    criteria = [
        {"id": f"X{n}", "kind": "include", "purpose": "safety", "reason": "synthetic", "when": when}
        for n, when in enumerate(_ASKED)
    ]
    whole = {
        "source": "synthetic",
        "level": "inference",
        "observables": [age, *labs, *scores],
        "criteria": criteria,
    }
    return Eligibility.model_validate(whole)


def _items_and_scores(r: Random, subject: str) -> tuple[list[Observation], list[Observation]]:
    """Everything that the scores are computed from, near the usual limits; and the scores on record, some of them of no use."""
    day, born = UncertainDate.on(AS_OF), date(AS_OF.year - r.choice([40, 50, 65]), 1, 1)
    choice: dict[str, list[float]] = {
        "ast": [20.0, 40.0, 80.0],
        "alt": [25.0, 64.0],
        "platelets": [100.0, 200.0, 400.0],
        "ph": [7.2, 7.4],
        "inr": [1.5, 4.0],
    }
    items = [Observation(subject, "Proband", "birth-date", when=UncertainDate.on(born))]
    items += [
        Observation(subject, "LOINC", code, value=r.choice(choice[id]), unit=unit, when=day)
        for id, code, unit in _LABS
    ]
    said: dict[str, dict[str, Any]] = {
        "fib4": {"value": round(r.uniform(0.2, 6.0), r.choice([0, 1, 2])), "unit": "1"},
        "band": {"text": r.choice(["low", "indeterminate", "high"])},
        "band_in_order": {"text": r.choice(["low", "indeterminate", "high"])},
        "kings": {"presence": r.choice([Presence.PRESENT, Presence.ABSENT])},
    }
    if r.random() < 0.3:
        said["fib4"] |= r.choice([{"unit": "mmHg"}, {"comparator": "<"}, {"comparator": ">="}])
    scores = [
        Observation(subject, "Proband", id.replace("_", "-"), when=day, **{**what, **({"presence": Presence.MASKED} if r.random() < 0.1 else {})})
        for id, what in said.items()
    ]  # fmt: skip
    return items, scores


def test_a_score_on_record_and_a_computed_one_never_turn_each_other_around() -> None:
    """In whichever order the two are learned, on the evaluator and as SQL: definite, or unknown, never the opposite."""
    eligibility, r = _scored(), Random(20261122)
    screening = Screening(eligibility)
    people = {f"p{n:03}": _items_and_scores(r, f"p{n:03}") for n in range(300)}
    frame = to_frame(o for items, scores in people.values() for o in (*items, *scores))
    table = {row["subject"]: row for row in screen(eligibility, frame, AS_OF).table.iter_rows(named=True)}
    seen: Counter[str] = Counter()
    for subject, (items, scores) in people.items():
        by_record, by_items, by_both = (
            screening.results(PersonFacts(screening.rules, facts), AS_OF)
            for facts in (scores, items, items + scores)
        )
        contradictions = screening.verdict(items + scores, AS_OF, look_ahead=False).contradictions
        for recorded, computed, together in zip(by_record, by_items, by_both, strict=True):
            for earlier in (recorded, computed):
                if earlier.truth is not None:
                    assert together.truth in {earlier.truth, None}, together
            # without lactate the King's College criteria can be met, and never be ruled out
            assert computed.truth is not None or "kings" in together.values
            ranges = together.values.keys() <= {
                "fib4",
                "band_in_order",
            }  # two words have no interval between them
            if ranges and "!=" not in together.instance.criterion.when and recorded.truth is computed.truth:
                assert together.truth is computed.truth, together
            assert table[subject][together.instance.key] is together.truth
            seen[together.standing] += 1
            for name, value in together.values.items():
                assert value.contradictory is (name in contradictions)
                said, made = recorded.values[name], computed.values[name]
                if said.is_known and made.is_known and name != "fib4":
                    assert value.contradictory is (
                        (said.low, said.truth, said.code) != (made.low, made.truth, made.code)
                    )
                seen[f"{name} {'contradictory' if value.contradictory else 'agrees'}"] += 1
    assert len(seen) == 3 + 2 * len(_SCORES)
    assert min(seen.values()) >= 20, seen


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(st.integers(min_value=0, max_value=2**48))
def test_nobody_is_eligible_while_anything_is_unknown(seed: int) -> None:
    r = Random(seed)
    eligibility = random_eligibility(r, criteria=3)
    screening = Screening(eligibility)
    for n in range(30):
        verdict = screening.verdict(random_person(r, f"p{n}"), AS_OF, look_ahead=False)
        taken = [c for c in eligibility.cohort_ids() if verdict.cohorts[c] is EligibilityStatus.ELIGIBLE]
        assert (verdict.outcome is EligibilityStatus.ELIGIBLE) == bool(taken)
        for cohort in taken:
            for result in verdict.results:
                if result.instance.concerns(cohort):
                    assert result.truth is (result.instance.criterion.kind is CriterionKind.INCLUDE)
        asked = all(any(r.instance.concerns(c) for r in verdict.results) for c in eligibility.cohort_ids())
        if verdict.outcome is EligibilityStatus.NEEDS_DATA and verdict.complete and asked:
            # every unknown names at least one thing to find out, unless no value could ever settle it
            assert verdict.unknown
            for found in (*verdict.to_confirm, *verdict.to_rule_out):
                assert found.items


def test_an_empty_record_needs_data_and_is_never_eligible() -> None:
    for seed in range(40):
        screening = Screening(random_eligibility(Random(seed)))
        assert screening.verdict([], AS_OF).outcome is not EligibilityStatus.ELIGIBLE or all(
            o.silence_means_no for o in screening.eligibility.observables if o.type == "boolean"
        )


def test_each_inclusion_without_its_facts_leaves_the_person_not_eligible() -> None:
    """Take away every fact of one observable of an eligible person: never eligible while an inclusion needs it."""
    found = 0
    for seed in range(400):
        r = Random(seed)
        eligibility = random_eligibility(r, criteria=2, visits=False)
        screening = Screening(eligibility)
        record = random_person(r, "p")
        person = PersonFacts(screening.rules, record)
        if screening.outcome(person, AS_OF) is not EligibilityStatus.ELIGIBLE:
            continue
        for o in eligibility.observables:
            codes = set(o.code_keys)
            if (
                not codes
                or isinstance(o, Scored)
                or any(x.silence_means_no and codes & set(x.code_keys) for x in eligibility.observables)
            ):
                continue
            rest = PersonFacts(screening.rules, [f for f in record if (f.system, f.code) not in codes])
            for result in screening.results(rest, AS_OF):
                if result.instance.expression.names == (o.id,) and o.type != "number":
                    assert result.truth is None
                    found += 1
    assert found > 10
