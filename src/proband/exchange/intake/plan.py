"""From observations to commands, and from commands to events.

What is sent twice is done once: a command's key is made from what it says, so that the same files taken in again change
nothing, and files that say something new are a new event.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

from proband.exchange.intake.accounts import Accounted, Accounts
from proband.exchange.intake.forms import is_answer
from proband.exchange.intake.outcome import outcomes
from proband.exchange.intake.persons import check_same_person, own
from proband.exchange.intake.verdict import screened
from proband.exchange.report import ReadError, ReadingReport
from proband.facts.observation import Observation
from proband.record import Command, Record
from proband.record.events import canonical
from proband.record.participant import visit_key
from proband.record.programme_view import ProgrammeView
from proband.record.state import State
from proband.screening.rules import rules_for

#: the visit at which criteria are judged first, by every programme's name for it
SCREENING = "screening"


@dataclass(frozen=True, slots=True)
class Intake:
    """What some observations come to: the commands, and an account of every observation.

    ``programme`` is the hash of the version in force, by whose criteria and schedule it was judged.
    """

    participant: str
    programme: str
    day: date
    visit: str | None
    commands: tuple[Command, ...]
    accounts: tuple[Accounted, ...]

    @property
    def used(self) -> list[Accounted]:
        """The observations that were used."""
        return [each for each in self.accounts if each.uses]

    @property
    def left(self) -> list[Accounted]:
        """The observations that were left, each with why."""
        return [each for each in self.accounts if not each.uses]

    def as_dict(self) -> dict[str, Any]:
        """The intake as plain JSON values."""
        return {
            "participant": self.participant, "programme": self.programme, "day": self.day.isoformat(), "visit": self.visit,
            "commands": [{"verb": one.verb, "subject": one.subject, "data": one.data, "key": one.key} for one in self.commands],
            "observations": len(self.accounts), "used": len(self.used), "left": len(self.left),
            "accounts": [each.as_dict() for each in self.accounts],
        }  # fmt: skip


def intake(
    state: State,
    observations: Iterable[Observation],
    participant: str,
    *,
    persons: Sequence[str] = (),
    visit: str | None = None,
    through: str | None = None,
    on: date | None = None,
    today: date | None = None,
    variants: Mapping[str, str] | None = None,
    report: ReadingReport | None = None,
    lacking: Sequence[str] = (),
) -> Intake:
    """What observations of a person come to, under the version in force; nothing is changed.

    Parameters
    ----------
    state
        What the record amounts to (:attr:`proband.record.Record.state`).
    observations
        Everything that was read, of this person and of others; a :class:`~proband.exchange.reading.Reading` says by itself what it lacks.
    participant
        The pseudonym in the record.
    persons
        The names under which the files speak of this person, where it is not the pseudonym.
    visit
        A visit of the schedule, whose outcomes they are; ``None``: no outcomes.
    through
        The verdict on eligibility is asked for, through this visit at which criteria are judged (``screening`` or later).
        Where neither this nor ``visit`` is given, the verdict through ``screening``. The two are often the work of two
        roles, and then of two intakes.
    on
        The day; for a visit by default the day on which it is recorded, or the one day of which the answers are; for a
        verdict alone ``today``.
    today
        The day by the clock.
    variants
        Instrument → published form, for instruments that have no default one.
    report
        What was read and what was not, where the observations are no reading.
    lacking
        What should have been read and is not among the observations, in words, beside what the report says: then nobody is found
        eligible, since what is not here might say otherwise.

    Raises
    ------
    ReadError
        ``exchange.intake.*``: whose data they are, which visit, which day.
    """
    given = list(observations)
    # a reading is known by its report: its own module brings the table engines with it
    report = report or getattr(observations, "report", None)
    today = today or date.today()
    view = _view(state, participant)
    if isinstance(report, ReadingReport):
        if view.eligibility is not None:
            report.asked = rules_for(view.eligibility).asked
        lacking = [*lacking, *not_read(report)]
    if not given:
        raise ReadError("exchange.intake.nothing", files=0)
    chosen = set(map(id, own(given, participant, persons)))
    # whatever the files call this person, from here on it is the pseudonym
    mine = [replace(each, subject=participant) for each in given if id(each) in chosen]
    others = [each for each in given if id(each) not in chosen]
    held = state.participants[participant].verdict
    criteria = state.programmes[held.programme].eligibility if held else None
    check_same_person(held, criteria, mine, sorted({each.subject for each in given if id(each) in chosen}))
    ledger = Accounts([*mine, *others])
    for each in others:
        ledger.leave(each, f"it is about {each.subject}")
    if visit is None and through is None:
        through = SCREENING
    scheduled = [one.id for one in view.schedule.visits]
    if visit is not None and visit not in scheduled:
        raise ReadError("exchange.intake.visit", visit=visit, visits=scheduled)
    day = on or (today if visit is None else _day_of(state, mine, participant, visit))
    if day > today:
        raise ReadError("exchange.intake.future", day=day, today=today)
    found: list[tuple[str, dict[str, Any]]] = []
    if through is not None:
        if view.eligibility is None:
            raise ReadError("exchange.intake.criteria")
        found.append(("participant.screen", screened(view.eligibility, mine, day, through, ledger, lacking)))
    if visit is not None:
        recorded = outcomes(view.eligibility, mine, visit, day, _planned(view, visit), ledger, variants or {})
        found.extend(("outcome.record", data) for data in recorded)
    commands = tuple(
        Command(verb, participant, data, key=_key(state, verb, participant, data)) for verb, data in found
    )
    return Intake(participant, view.hash, day, visit, commands, tuple(ledger))


def not_read(report: ReadingReport) -> list[str]:
    """What a reading lacks, in words: files that nobody could read, and what is missing in the others; empty where it is complete."""
    if report.complete:
        return []
    said = [f"{Path(one.file).name} was not read" for one in report.unread]
    said += [f"{n} × {what}" for what, n in report.lacking.most_common()]
    return said or ["the reading did not come to its end"]


def _view(state: State, participant: str) -> ProgrammeView:
    if participant not in state.participants or state.view is None:
        raise ReadError("exchange.intake.participant", participant=participant)
    return state.view


def _planned(view: ProgrammeView, visit: str) -> list[str]:
    """The instruments that the schedule has at a visit."""
    at_it = {activity for one in view.schedule.visits if one.id == visit for activity in one.activities}
    return [one.instrument for one in view.schedule.activities if one.id in at_it and one.instrument]


def _day_of(state: State, mine: Sequence[Observation], participant: str, visit: str) -> date:
    """The day of a visit: as it is recorded, or the one day of which there are answers."""
    held = state.participants[participant].visits.get(visit_key(visit, 0))
    if held is not None:
        return date.fromisoformat(held["on"])
    days = sorted({each.day for each in mine if each.day is not None and is_answer(each)})
    if len(days) != 1:
        raise ReadError("exchange.intake.day", visit=visit, days=[day.isoformat() for day in days])
    return days[0]


def _key(state: State, verb: str, participant: str, data: Mapping[str, Any]) -> str:
    """The same for the same thing said of the same person under the same version, and for nothing else."""
    said = canonical([state.study, state.programme, verb, participant, data])
    return f"intake-{sha256(said).hexdigest()[:40]}"


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of a command: its event, and whether it stood in the record before."""

    verb: str
    seq: int
    repeated: bool
    consequences: tuple[int, ...] = ()


def carry_out(record: Record, taken: Intake, *, actor: str, role: str, site: str) -> list[Sent]:
    """Send the commands of an intake through the gates, in order; what stands in the record already is not sent again.

    Parameters
    ----------
    record
        The open record, whose state the intake was made of.
    taken
        What :func:`intake` gave.
    actor, role, site
        Who takes it in.

    Raises
    ------
    Refused
        By a gate, with its name; what was sent before it stands.
    ReadError
        ``exchange.intake.version`` where another version is in force by now.
    """
    record.catch_up()
    if record.state.programme != taken.programme:
        raise ReadError("exchange.intake.version", then=taken.programme[:12], now=record.state.programme[:12])
    done = []
    for command in taken.commands:
        earlier = record.store.by_key(record.study, command.key or "")
        if earlier is not None:
            done.append(Sent(command.verb, earlier.seq, repeated=True))
            continue
        receipt = record.execute(replace(command, actor=actor, role=role, site=site))
        done.append(Sent(command.verb, receipt.seq, receipt.repeated, receipt.consequences))
    return done
