"""The facts of a simulated person of the scripted run, as the criteria of the spinal-cord programme ask for them.

Every value is made up so that the person passes; nobody has them and they say nothing about anybody. What is examined again
is dated to the day before each screening; injury, plan and history stay where they are.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from proband.facts.observation import Observation, Presence
from proband.instruments.isncsci.levels import DERMATOMES, KEY_MUSCLES, SIDES
from proband.instruments.isncsci.model import DAP_KEY, VAC_KEY, motor_key, prick_key, touch_key
from proband.programme.eligibility import Eligibility, SaysYesNo
from proband.terms import UncertainDate

#: yes-or-no observables that are true of somebody who passes; every other one is denied
PRESENT = frozenset({"injury_on_mri", "can_consent", "contraception_agreed"})

#: everybody of the scripted hospital is of one age
BORN = date(1988, 1, 1)


def facts_of(
    eligibility: Eligibility, person: str, *, referred: date, as_of: date, lacking: str = ""
) -> list[Observation]:
    """Everything on record about one simulated person of the group with an injury some years ago.

    The injections of the course that is under way are not said to be earlier treatment.

    Parameters
    ----------
    eligibility
        The programme's criteria: each yes-or-no observable gets an answer, except where silence is itself one.
    person
        The pseudonym.
    referred
        The day of referral: injury and plan are counted from it.
    as_of
        The day of screening.
    lacking
        A yes-or-no observable about which nothing is on record yet.
    """
    injury, yesterday = referred - timedelta(days=700), as_of - timedelta(days=1)

    def fact(system: str, code: str, when: date, **more: Any) -> Observation:
        return Observation(subject=person, system=system, code=code, when=UncertainDate.on(when), **more)

    def normal(code: str, value: float, unit: str, high: float | None = None) -> Observation:
        return fact("LOINC", code, yesterday, value=value, unit=unit, reference_high=high)

    found = [
        fact("Proband", "birth-date", BORN),
        fact("Proband", "sex", referred, text="male"),
        fact("Proband", "injury-date", injury),
        fact("Proband", "planned-consent-date", referred + timedelta(days=3)),
        fact("Proband", "planned-first-dose-date", referred + timedelta(days=90)),
        fact("Proband", "second-isncsci-date", as_of),
        fact("Proband", "isncsci-ais", injury + timedelta(days=3), text="A"),
        fact("Proband", "isncsci-ais", yesterday, text="B"),
        fact("Proband", "isncsci-nli", yesterday, text="C6"),
        *(
            fact("Proband", "isncsci-motor-total", day, value=24.0, unit="{points}")
            for day in (referred - timedelta(days=150), referred - timedelta(days=50), yesterday)
        ),
        fact("Proband", "rehabilitation-hours-per-week", yesterday, value=12.0, unit="h/wk"),
        normal("26515-7", 250.0, "10*9/L"),
        normal("6690-2", 7.0, "10*9/L"),
        normal("1742-6", 30.0, "U/L", 40.0),
        normal("1920-8", 30.0, "U/L", 40.0),
        normal("38483-4", 0.8, "mg/dL", 1.2),
    ]
    for observable in eligibility.observables:
        if isinstance(observable, SaysYesNo) and not observable.silence_means_no and observable.id != lacking:
            there = observable.id in PRESENT
            # one yes is enough; a no is said to each
            concepts = observable.codes[:1] if there else observable.codes
            answer = Presence.PRESENT if there else Presence.ABSENT
            found += [fact(each.system, each.code, yesterday, presence=answer) for each in concepts]
    return found


def examination(person: str, day: date, motor_points: int) -> Observation:
    """A made-up examination with so many motor points: strength from the neck downwards, feeling whole to C6 and spared below.

    Parameters
    ----------
    person, day
        Who was examined, and when.
    motor_points
        0 to 100; the key muscles get them from above, right before left, five each.
    """
    found = {VAC_KEY: "No", DAP_KEY: "Yes"}
    for place, level in enumerate(DERMATOMES):
        for side in SIDES:
            # felt as it should be down to C6, and less below: an incomplete injury
            felt = "2" if place <= DERMATOMES.index("C6") else "1"
            found |= {touch_key(side, level): felt, prick_key(side, level): felt}
    left = motor_points
    for level in KEY_MUSCLES:
        for side in SIDES:
            strength = min(5, left)
            found[motor_key(side, level)] = str(strength)
            left -= strength
    return Observation(
        subject=person,
        system="Proband",
        code="isncsci-exam",
        when=UncertainDate.on(day),
        attributes={"exam": found},
    )
