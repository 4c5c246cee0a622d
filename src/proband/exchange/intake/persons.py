"""Whose data these are: files name people in their own way, and a wrong name puts one person's blood into another's verdict."""

from __future__ import annotations

from collections.abc import Sequence

from proband.exchange.report import ReadError
from proband.facts.observation import Observation, Presence

#: what does not change in a person, and so tells two people apart
UNCHANGING = (("Proband", "birth-date", "the birth date"), ("Proband", "sex", "the sex"))


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
    for system, code, what in UNCHANGING:
        said = {
            word
            for each in observations
            if (each.system, each.code) == (system, code)
            and each.presence is Presence.PRESENT
            and (word := _word(each))
        }
        if len(said) > 1:
            raise ReadError("exchange.intake.identity", people=people, what=what, values=sorted(said))


def _word(observation: Observation) -> str:
    """What an observation says that can be compared: a day that is exactly known, or a word."""
    if observation.code == "birth-date":
        return observation.day.isoformat() if observation.day else ""
    return (observation.text or observation.value_code or "").strip().lower()
