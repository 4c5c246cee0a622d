"""Whose data these are: files name people in their own way, and a wrong name puts one person's blood into another's verdict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from proband.exchange.report import ReadError
from proband.facts.observation import Observation, Presence
from proband.programme.eligibility import Eligibility
from proband.record.participant import VerdictOnRecord
from proband.record.verdicts import verdict_data
from proband.screening.verdict import Screening

#: what does not change in a person
_UNCHANGING = {("Proband", "birth-date"), ("Proband", "sex")}


def own(
    observations: Sequence[Observation], participant: str, persons: Sequence[str] = ()
) -> list[Observation]:
    """The observations of a participant, by the names under which the files speak of them.

    Parameters
    ----------
    observations
        Everything that was read.
    participant
        The pseudonym in the record.
    persons
        The names in the files. Without one, the files must speak of one person only, under the pseudonym itself.

    Raises
    ------
    ReadError
        ``exchange.intake.person`` where they speak of somebody else, ``exchange.intake.people`` where of several,
        ``exchange.intake.person-absent`` for a name that is not in them, ``exchange.intake.identity`` where what does
        not change in a person differs.
    """
    people = list(dict.fromkeys(each.subject for each in observations))
    if persons:
        for person in persons:
            if person not in people:
                raise ReadError("exchange.intake.person-absent", person=person, people=people[:10])
        names = set(persons)
    elif len(people) > 1:
        raise ReadError(
            "exchange.intake.people",
            count=len(people),
            people=people[:10],
            participant=participant,
            first=people[0],
        )
    elif people != [participant]:
        raise ReadError("exchange.intake.person", person=people[0], participant=participant)
    else:
        names = {participant}
    chosen = [each for each in observations if each.subject in names]
    _check_one_person(chosen, sorted(names))
    return chosen


def check_same_person(
    held: VerdictOnRecord | None, eligibility: Eligibility | None, observations: Sequence[Observation], people: Sequence[str]
) -> None:  # fmt: skip
    """Refuse what cannot be of the person who was screened before.

    The record keeps no birth date and no name of a file, but the values that a verdict rested on. What birth date and sex alone
    come to on the day of that verdict must not contradict them; more data can make a value known and never turn it round.

    Parameters
    ----------
    held
        The last verdict on record; without one nothing is known to compare with.
    eligibility
        The criteria under which it was given.
    observations
        Those of one person, now.
    people
        The names under which the files speak of them.

    Raises
    ------
    ReadError
        ``exchange.intake.another``, with what differs.
    """
    unchanging = [each for each in observations if (each.system, each.code) in _UNCHANGING]
    if held is None or eligibility is None or not unchanging or not held.facts.get("values"):
        return
    as_of, through = date.fromisoformat(held.facts["as_of"]), held.facts["through"]
    now = verdict_data(Screening(eligibility, through).verdict(unchanging, as_of, look_ahead=False), through)
    before: Mapping[str, Mapping[str, Any]] = held.facts["values"]
    for name, value in now["facts"]["values"].items():
        if contradict(value, before.get(name, {})):
            raise ReadError(
                "exchange.intake.another",
                people=list(people),
                what=name,
                seq=held.seq,
                day=as_of,
                before=_shown(before[name]),
                now=_shown(value),
            )


def contradict(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two values, as the record writes them, cannot be one value; what is not known contradicts nothing."""
    if any(key in one and key in other and one[key] != other[key] for key in ("truth", "code")):
        return True
    return _above(one, other) or _above(other, one)


def _above(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether the least that one can be is more than the most that the other can be."""
    return "low" in one and "high" in other and bool(one["low"] > other["high"])


def _shown(value: Mapping[str, Any]) -> str:
    if "code" in value:
        return str(value["code"])
    if "truth" in value:
        return "yes" if value["truth"] else "no"
    ends = dict.fromkeys(f"{value[key]:g}" for key in ("low", "high") if key in value)
    return " to ".join(ends)


def _check_one_person(observations: Sequence[Observation], people: list[str]) -> None:
    births = _said(observations, "birth-date")
    for index, one in enumerate(births):
        for other in births[:index]:
            # "1980" and "March 1980" may be one day; two that cannot be are two people, or a mistake
            if one.when.before(other.when) or other.when.before(one.when):
                days = sorted({str(other.when), str(one.when)})
                raise ReadError("exchange.intake.identity", people=people, what="the birth date", values=days)
    words = {(each.text or each.value_code or "").strip().lower() for each in _said(observations, "sex")} - {
        ""
    }
    if len(words) > 1:
        raise ReadError("exchange.intake.identity", people=people, what="the sex", values=sorted(words))


def _said(observations: Sequence[Observation], code: str) -> list[Observation]:
    return [
        each
        for each in observations
        if (each.system, each.code) == ("Proband", code) and each.presence is Presence.PRESENT
    ]
