"""A record that was restored from a backup: whatever was done after it is not in it, and nobody is treated until people have said what that was."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any, Literal, get_args

from pydantic import Field

from proband.record.declare.change import Body, add_task, all_done, changes
from proband.record.declare.command import AT_ANY_STAGE, Context, Holdable, command, never
from proband.record.declare.data import Data, Digest, StudyWords, Words
from proband.record.events import ASKED_SINCE_VERSION
from proband.record.gates.derived import another_copy
from proband.record.known import known_at
from proband.record.state import COPY, StandingHold, State

#: a copy concerns everybody, also far from the network; no dose that was given before it is called into question
of_copies = partial(command, subject="study", bears=never, withdrawal=None, hold=None, consent=None, current_version=False, watched=False, live=False,
                    everywhere=True)  # fmt: skip


@of_copies("record.restore", "record.restored", stage=AT_ANY_STAGE, signature=None, reason=False, gates=(),
           permission="record.restore", by_record=True, base=(), derived=another_copy)  # fmt: skip
class RestoreRecord(Data):
    """This log is a copy, restored from a backup: from here on it is another instance than the one it was copied from.

    * ``known``: up to which event the record went that it was copied from, where a signed head of it says so; 0 where none was given
    """

    instance: Annotated[str, Field(pattern=r"^[0-9a-f]{32}$")]
    backup: Digest
    why: StudyWords
    known: Annotated[int, Field(ge=0)] = 0


@changes("record.restored")
def _restored(state: State, body: Body, data: dict[str, Any]) -> None:
    state.instance = data["instance"]
    if body["v"] < ASKED_SINCE_VERSION:
        return
    last = state.seq - 1
    lacking = max(0, data["known"] - last)
    name = f"copy-{state.seq}"
    state.holds[name] = StandingHold(
        name, "", COPY, "programme", "", get_args(Holdable), known_at(body), state.seq, counted=max(last, data["known"])
    )  # fmt: skip
    said = (
        f"{lacking} events after it are known to be missing"
        if lacking
        else "whether anything followed it is not known"
    )
    add_task(state, "copy", body["study"], body["day"], f"this record is a copy as of event {last}; {said}: settle it (record.settle)", f"copy:{state.seq}")  # fmt: skip


def unsettled(state: State) -> list[StandingHold]:
    """The restorings of which nobody has said yet what the copy lacks."""
    return [one for one in state.holds.values() if one.hold == COPY and one.lifted_at is None]


def _as_far_as_known(c: Context) -> bool:
    return all(c.data["last"] >= one.counted for one in unsettled(c.state))


def _nothing_or_something(c: Context) -> bool:
    """That nothing followed is said of a copy that goes as far as anybody knows; and of no other."""
    whole = all(c.data["last"] <= one.seq - 1 for one in unsettled(c.state))
    return bool(whole == (c.data["lacking"] == "nothing"))


@of_copies("record.settle", "record.settled", permission="record.settle", custodian=True, signature="copy settled", reason=True, gates=("second-key",), stage=(
    (lambda c: unsettled(c.state), "a restored copy that is not settled"),
    (_as_far_as_known, "the last event that a head of the record names from which it was copied, or a later one"),
    (_nothing_or_something, "\"nothing\" where no event followed those that were copied, and what became of them where some did"),
))  # fmt: skip
class SettleCopy(Data):
    """Say what a restored copy lacks, after asking the mirror, the second site, the ward and the laboratory: then people are treated again.

    * ``last``: the number of the last event of the record from which it was copied, by its heads, its mirror, or what was printed
    * ``lacking``: what became of the events that the copy lacks
    * ``how``: whom and what was asked, and what was done about what is lost
    """

    last: Annotated[int, Field(ge=1)]
    lacking: Literal["nothing", "entered-again", "lost"]
    how: Words


@changes("record.settled")
def _settled(state: State, body: Body, data: dict[str, Any]) -> None:
    for one in unsettled(state):
        one.lifted_at = max(body["at"], known_at(body))
    all_done(state, "copy", body["study"])
