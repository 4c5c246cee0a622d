"""How a life in the programme ends, or seems to: withdrawn, lost, found again, died, completed."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal

from pydantic import Field

from proband.record.declare.change import STATEMENT, Body, Change, changes, statement, take_statement
from proband.record.declare.command import WayBack, command
from proband.record.declare.data import Data, Day, RememberedDate, Words
from proband.record.gates.stages import ENROLLED, of_person
from proband.record.state import State

#: what really became of somebody can always be recorded: no withdrawal and no hold stands in the way
of_status = partial(command, subject="participant", when_locked="voids", at_closed_site=True, withdrawal=None, hold=None, consent=None, current_version=False,
                    signature=None, reason=False, live=False)  # fmt: skip


@of_status("participant.withdraw", "participant.withdrawn", way_back=STATEMENT, permission="participant.withdrawal.record", watched=False,
           gates=("alive",), stage=(
               of_person(lambda c, p: p.consented_at, "consent, before it can be withdrawn"),
               of_person(lambda c, p: c.data["level"] not in p.withdrawn, "a level not yet withdrawn"),
           ))  # fmt: skip
class Withdraw(Data):
    """Withdraw from treatment, from contact, or from the use of data: three levels, each blocks its own actions.

    * ``level``: from what they withdraw
    * ``said``: what they said; no name and nothing else that identifies a person
    """

    level: Literal["treatment", "contact", "data"]
    said: Words


@changes("participant.withdrawn")
def _withdrawn(state: State, body: Body, data: dict[str, Any]) -> None:
    state.participants[body["subject"]].say(
        f"withdrawn:{data['level']}", statement(state, body, data["said"])
    )


def _end(kind: str) -> Change:
    def change(state: State, body: Body, data: dict[str, Any]) -> None:
        state.participants[body["subject"]].say("ended", statement(state, body, kind))

    return change


@of_status("participant.lose", "participant.lost", way_back=STATEMENT, permission="participant.status.record", watched=False, gates=("alive",),
           reason=True, stage=(of_person(lambda c, p: p.consented_at, "consent: nobody is lost before"),))  # fmt: skip
class Lose(Data):
    """Lost to follow-up after the attempts that are named.

    * ``attempts``: how often contact was tried
    * ``last_contact``: the day of the last contact
    """

    attempts: Annotated[int, Field(ge=1)]
    last_contact: Day


changes("participant.lost")(_end("lost"))


@of_status("participant.find", "participant.found", way_back=STATEMENT, permission="participant.status.record", watched=False, gates=(),
           stage=(of_person(lambda c, p: p.ended == "lost", "somebody who was lost"),))  # fmt: skip
class Find(Data):
    """Found again after having been lost.

    * ``how``: how they were found
    """

    how: Words


@changes("participant.found")
def _found(state: State, body: Body, data: dict[str, Any]) -> None:
    state.participants[body["subject"]].say("ended", statement(state, body, None))


def _alive_after_all(state: State, subject: str, seq: int) -> str | None:
    take_statement(state, subject, seq)
    if subject in state.deaths:
        state.deaths.remove(subject)
    # that somebody is alive permits; what was given to them before needs no judgement
    return None


@of_status("participant.die", "participant.died", way_back=WayBack(_alive_after_all), permission="participant.status.record", watched=True, gates=(),
           stage=(of_person(lambda c, p: not p.dead(), "somebody who is not recorded as dead"),))  # fmt: skip
class Die(Data):
    """Died: when (as exactly as known) and of what.

    * ``when``: when they died, as exactly as is known
    * ``cause``: of what
    """

    when: RememberedDate
    cause: Words


@changes("participant.died")
def _died(state: State, body: Body, data: dict[str, Any]) -> None:
    _end("died")(state, body, data)
    state.deaths.append(body["subject"])


@of_status("participant.complete", "participant.completed", way_back=STATEMENT, permission="participant.status.record", watched=False,
           gates=("alive",), stage=(ENROLLED,))  # fmt: skip
class Complete(Data):
    """Completed the follow-up of the programme."""


changes("participant.completed")(_end("completed"))
