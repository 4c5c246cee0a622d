"""Observations into the data of ``participant.screen``, and which of them the verdict rests on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from proband.exchange.intake.accounts import Accounts
from proband.facts.observation import Observation
from proband.programme.eligibility import Eligibility
from proband.record.verdicts import verdict_data
from proband.screening.person import PersonFacts
from proband.screening.verdict import Screening


def screened(
    eligibility: Eligibility,
    observations: Sequence[Observation],
    day: date,
    through: str,
    ledger: Accounts,
    lacking: Sequence[str] = (),
) -> dict[str, Any]:
    """The data of ``participant.screen`` on a day; what each observation was to it is written into the ledger.

    Whoever would be eligible by what was read needs data, where not everything was: what is missing is unknown, and unknown is not no.

    Parameters
    ----------
    eligibility
        The criteria of the version in force.
    observations
        Those of one person.
    day, through
        The day of screening, and the last visit that is judged.
    lacking
        What should have been read and was not, in words.
    """
    screening = Screening(eligibility, through)
    verdict = screening.verdict(observations, day, look_ahead=False).as_read(lacking)
    person = PersonFacts(screening.rules, observations)
    labels = {observable.id: observable.label for observable in eligibility.observables}
    for visit in screening.rules.visits:
        for name, value in person.values(day, visit).items():
            for fact in value.used:
                ledger.use(fact.observation, f"screening: {labels[name]}")
            for silent in value.silent:
                ledger.use(silent, f"screening: why {labels[name]} is not known")
            for fact in value.unusable:
                ledger.leave(fact.observation, f"it cannot be used for {labels[name]}: {fact.problem}")
    _leave_the_rest(screening, observations, day, ledger)
    return verdict_data(verdict, through)


def _leave_the_rest(
    screening: Screening, observations: Sequence[Observation], day: date, ledger: Accounts
) -> None:
    """Why an observation that a criterion might ask for was not taken."""
    labels: dict[tuple[str, str], list[str]] = {}
    for observable in screening.eligibility.observables:
        for key in observable.code_keys:
            labels.setdefault(key, []).append(observable.label)
    rules = screening.rules
    anchors = {key: id for id in (*rules.anchors, "birth", "consent") for key in rules.anchor_keys(id)}
    for each in observations:
        key = (each.system, each.code)
        if ledger.is_settled(each):
            continue
        if each.when.earliest is not None and each.when.earliest > day:
            ledger.leave(each, f"it is dated after {day}")
        elif key in labels:
            ledger.leave(
                each,
                f"another result stands for {labels[key][0]}, or it lies outside the window that is asked for",
            )
        elif key in anchors:
            ledger.use(each, f"screening: the day of {anchors[key]}")
