"""Whose data these are: files name people in their own way, and a wrong name puts one person's blood into another's verdict."""

from __future__ import annotations

from collections.abc import Sequence

from proband.exchange.report import ReadError
from proband.facts.observation import Observation, Presence


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
