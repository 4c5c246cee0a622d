"""What happens with a person at a visit: screening, consent and consent anew, the examination."""

from __future__ import annotations

from datetime import date
from typing import Any

from proband.exchange.intake import intake
from proband.facts.observation import Observation
from proband.showcase.hospital.person import BORN, examination, facts_of
from proband.showcase.hospital.stage import Stage


def screen(stage: Stage, person: str, site: str, lacking: str = "") -> list[str]:
    """The verdict that the programme's own criteria give on the simulated facts, and the reasons where it is not yes."""
    day = stage.clock[0].date()
    referred = date.fromisoformat(stage.record.state.participants[person].referred_at[:10])
    facts = facts_of(stage.programme.eligibility, person, referred=referred, as_of=day, lacking=lacking)
    # the second examiner was there by then: through the last visit at which criteria are asked
    visits = stage.programme.eligibility.visits
    (verdict,) = take_in(
        stage, "investigator", person, site, facts, through=visits[-1].id if visits else None
    )
    return list(verdict["reasons"])


def take_in(
    stage: Stage,
    role: str,
    person: str,
    site: str,
    facts: list[Observation],
    visit: str | None = None,
    through: str | None = None,
) -> list[dict[str, Any]]:
    """What somebody observed comes in as it does from files; the data of the commands that it came to."""
    today = stage.clock[0].date()
    taken = intake(stage.record.state, facts, person, visit=visit, through=through, on=today, today=today)
    for command in taken.commands:
        stage.do(role, command.verb, person, command.data, site=site)
    return [command.data for command in taken.commands]


def consent(stage: Stage, person: str, site: str) -> None:
    """Consent to the text in force, with teach-back."""
    text = stage.view.consent.version_on(stage.clock[0].date(), "en")
    assert text is not None  # noqa: S101 - the bundle has a text in force from its first day
    stage.do("consent-taker", "consent.give", person, {
        "version": text.id, "language": "en", "age_years": (stage.clock[0].date() - BORN).days // 365.25, "by": "participant", "capacity": "has",
        "teach_back": [True] * len(stage.view.consent.teach_back),
    }, site=site)  # fmt: skip


def examine(stage: Stage, person: str, site: str, visit: str) -> None:
    """A visit with a score that is drawn around the person's own level: no effect of anything."""
    day = stage.now[:10]
    stage.do("masked-examiner", "visit.record", person, {"visit": visit, "on": day}, site=site)
    level = 20 + hash_of(person) % 30
    seen = examination(person, stage.clock[0].date(), level + stage.rng.randrange(-2, 3))
    take_in(stage, "masked-examiner", person, site, [seen], visit)


def reconsent(stage: Stage, person: str, site: str) -> None:
    """Consent anew where a task asks for it."""
    if any(
        task.kind == "reconsent" and task.subject == person and task.done is None
        for task in stage.record.state.tasks.values()
    ):
        consent(stage, person, site)


def hash_of(text: str) -> int:
    """A small stable number from a text (Python's own hash changes from run to run)."""
    return sum((place + 1) * ord(letter) for place, letter in enumerate(text))
