"""Observations into the data of ``outcome.record``: one for each instrument that was answered at a visit.

Only what was observed on the day of the visit answers an item; what does not change in a person (sex, birth) may be older.
Where two answers differ, neither is taken, and the item is left without one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from proband.exchange.intake.accounts import Accounts
from proband.exchange.intake.forms import Answered, answers, visit_of
from proband.facts.observation import Observation
from proband.instruments.answers import Answer, typed
from proband.instruments.catalogue import REGISTRY
from proband.instruments.instrument import InstrumentError
from proband.programme.eligibility import ElapsedTime, Eligibility, FromFacts, Scored
from proband.record.outcomes import outcome_data
from proband.screening.derived import plain
from proband.screening.person import PersonFacts
from proband.screening.rules import rules_for
from proband.screening.values import Value

#: what is known of a person on every day
TIMELESS = frozenset({("Proband", "sex"), ("Proband", "birth-date")})


@dataclass(slots=True)
class _Gathered:
    """The answers of one instrument while they are collected."""

    items: dict[str, Answer] = field(default_factory=dict)
    seen: dict[str, list[Observation]] = field(default_factory=dict)
    differ: set[str] = field(default_factory=set)
    is_form: bool = False
    variant: str | None = None


def outcomes(
    eligibility: Eligibility | None,
    observations: Sequence[Observation],
    visit: str,
    day: date,
    planned: Sequence[str],
    ledger: Accounts,
    variants: Mapping[str, str],
) -> list[dict[str, Any]]:
    """The data of ``outcome.record`` for every instrument that some observation answers.

    Parameters
    ----------
    eligibility
        The criteria of the version in force: they say which results of the laboratory answer which items.
    observations
        Those of one person.
    visit, day
        The visit, and the day on which it was held.
    planned
        The instruments that the schedule has at this visit.
    ledger
        Gets what became of each observation.
    variants
        Instrument → published form, where an instrument has no default one.
    """
    gathered: dict[str, _Gathered] = {}
    for answer in answers(observations):
        if _of_this_visit(answer, visit, day, ledger):
            _take(gathered, answer, ledger)
    if eligibility is not None:
        _from_results(eligibility, observations, day, planned, gathered, ledger)
    found = []
    for name, one in gathered.items():
        if not one.items:
            continue
        variant = variants.get(name, one.variant)
        said = {"visit": visit, "on": day.isoformat(), "instrument": name, "items": one.items}
        try:
            data = said | ({"variant": variant} if variant else {})
            data |= outcome_data(data)
        except InstrumentError as error:
            _leave_all(one, ledger, f"{name} is not recorded: {error.message}; {error.mend}")
            continue
        if not one.is_form and data.get("no_score"):
            # nobody filled in a form: results of the laboratory that come to no score are no outcome
            _leave_all(one, ledger, f"{name} cannot be scored with it: {data['no_score']}")
            continue
        for item, seen in one.seen.items():
            for observation in seen:
                ledger.use(observation, f"{name}: {item}")
        found.append(data)
    for observation in observations:
        if observation.attributes.get("derived-from") == "isncsci-exam":
            ledger.leave(observation, "it was worked out from the examination, which is recorded itself")
    return found


def _leave_all(one: _Gathered, ledger: Accounts, why: str) -> None:
    for observation in (each for seen in one.seen.values() for each in seen):
        ledger.leave(observation, why)


def _of_this_visit(answer: Answered, visit: str, day: date, ledger: Accounts) -> bool:
    """Whether an answer belongs to the visit: by the event that its form names, or by its day."""
    first = answer.observations[0]
    named = visit_of(first)
    why = ""
    if named and named != visit:
        why = f"its form is of the visit {named}, not of {visit}"
    elif (first.when.earliest or first.when.latest) and first.day != day:
        why = f"it is of {first.when}, and {visit} was held on {day}"
    for observation in answer.observations if why else ():
        ledger.leave(observation, why)
    return not why


def _take(gathered: dict[str, _Gathered], answer: Answered, ledger: Accounts) -> None:
    def leave(why: str) -> None:
        for observation in answer.observations:
            ledger.leave(observation, why)

    where = f"{answer.instrument}: {answer.item}"
    if answer.problem:
        leave(f"it does not answer {where}: {answer.problem}")
        return
    try:
        value = typed(REGISTRY[answer.instrument], {answer.item: answer.raw}).get(answer.item)
    except InstrumentError as error:
        leave(f"it does not answer {where}: {error.message}")
        return
    if value is None:
        leave(f"it does not answer {where}: it is blank")
        return
    one = gathered.setdefault(answer.instrument, _Gathered())
    one.is_form = True
    if answer.item in one.differ:
        leave(f"answers to {where} differ")
    elif answer.item not in one.items:
        one.items[answer.item] = value
        one.seen[answer.item] = list(answer.observations)
    elif one.items[answer.item] == value:
        leave(f"it says again what another says of {where}")
    else:
        for observation in (*one.seen.pop(answer.item), *answer.observations):
            ledger.leave(observation, f"answers to {where} differ")
        del one.items[answer.item]
        one.differ.add(answer.item)


def _from_results(
    eligibility: Eligibility,
    observations: Sequence[Observation],
    day: date,
    planned: Sequence[str],
    gathered: dict[str, _Gathered],
    ledger: Accounts,
) -> None:
    """Items that the programme reads from results: its derived observables say which observable answers which item."""
    rules = rules_for(eligibility, "screening")
    person = PersonFacts(rules, observations)
    by_id = eligibility.by_id
    for observable in eligibility.observables:
        if not isinstance(observable, Scored) or observable.derived.instrument not in planned:
            continue
        rule = observable.derived
        one = gathered.get(rule.instrument, _Gathered())
        inputs = {item: name for item, name in rule.inputs.items() if not by_id[name].needs}
        values = person.values(day, only=frozenset(inputs.values()))
        for item, name in inputs.items():
            value, source = values[name], by_id[name]
            if item in one.items or item in one.differ:
                continue
            raw = _raw(source, value, day)
            if raw is None:
                why = value.reason or f"it is not of {day}"
                for fact in (*value.used, *value.unusable):
                    ledger.leave(
                        fact.observation,
                        f"it does not answer {rule.instrument}: {item}: {fact.problem or why}",
                    )
                continue
            try:
                answer = typed(REGISTRY[rule.instrument], {item: raw}).get(item)
            except InstrumentError as error:
                for fact in value.used:
                    ledger.leave(
                        fact.observation, f"it does not answer {rule.instrument}: {item}: {error.message}"
                    )
                continue
            if answer is not None:
                one.items[item] = answer
                one.seen[item] = [fact.observation for fact in value.used]
        if one.items:
            one.variant = one.variant or rule.variant
            gathered[rule.instrument] = one


def _raw(observable: FromFacts | Any, value: Value, day: date) -> Any:
    """The value of an observable as an item takes it; ``None`` where it is not exactly known on this very day."""
    if not value.is_known or value.contradictory:
        return None
    facts = [fact.observation for fact in value.used]
    of_the_day = all(each.day == day or (each.system, each.code) in TIMELESS for each in facts)
    if not isinstance(observable, ElapsedTime) and not (facts and of_the_day):
        return None
    if observable.type != "number":
        return plain(observable, value)
    if len(facts) == 1 and facts[0].value is not None and facts[0].unit and not facts[0].comparator:
        # as it was measured: the unit of the source is worth more than a converted value
        return {"value": facts[0].value, "unit": facts[0].unit}
    unit = observable.result_unit
    return {"value": value.low, "unit": unit} if unit else value.low
