"""What the gates say of the scans that a device may meet, told before it goes where there is no network.

A device that cannot run the gates (a browser) is handed their answers: for each of its people, each wristband and each of their containers, by the
very gates, on the log as it was when the capsule was handed out, up to the moment at which the answer first changes. It knows no rule. What it is not
told is not settled, and stops; what it queued is judged again when it is back (:func:`proband.record.capsule.reconcile`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from proband.record.commands import COMMANDS, Command
from proband.record.commitments import TextSealer
from proband.record.compose import compose
from proband.record.declare.gate import may
from proband.record.errors import Refusal
from proband.record.events import shifted
from proband.record.judge import judge
from proband.record.paged import browse_values
from proband.record.product import Container
from proband.record.signatories import Signatories
from proband.record.state import Capsule, State

VERB = "bedside.verify"
#: what only the device and those who sign there can bring: judged when it is back
_BROUGHT = ("gate.signature.", "gate.capsule.", "gate.bedside.persons")
#: so far apart are the moments at which the gates are asked, in minutes (design choice); in between the earlier answer holds where the later one is the same
STEP = 15
#: people of one capsule whose scans are foretold (design choice: each wristband is tried with each container)
MOST = 12


@dataclass(frozen=True, slots=True)
class ForetoldScan:
    """The answer to four scans: ``refusals`` where they stop, else up to when they agree (UTC); ``then`` is what stops them afterwards."""

    participant: str
    wristband: str
    bag: str
    label: str
    belongs: str | None
    until: str | None
    refusals: tuple[Refusal, ...]

    def as_dict(self) -> dict[str, Any]:
        """As a device keeps it."""
        return {
            "scan": [self.participant, self.wristband, self.bag, self.label], "belongs": self.belongs, "until": self.until,
            "reasons": [{"code": one.code, "message": one.message, "mend": one.mend} for one in self.refusals],
        }  # fmt: skip


def who_checks(state: State, capsule: str, at_site: str) -> list[tuple[str, str]]:
    """Whoever may check at the bed at a site as long as a capsule is out, with the role in which they do."""
    held, found = state.capsules[capsule], []
    for person in state.persons.values():
        for role, sites in person.roles.items():
            if at_site not in sites and "*" not in sites:
                continue
            if may(state.view, role, COMMANDS[VERB].permission):
                body = _body(state, held, (person.id, role), ("X", "X", "X", "X"), held.until, at_site)
                if not any(one.code.startswith("gate.authority.") for one in judge(state, body)):
                    found.append((person.id, role))
                    break
    return found


def foretold(state: State, capsule: str, at_site: str, checker: tuple[str, str]) -> list[ForetoldScan]:
    """The answers for a capsule that was just handed out, for one site.

    Parameters
    ----------
    state
        What the log amounts to, with the capsule in it.
    capsule
        Its name.
    at_site
        At which site the device is.
    checker
        A person who checks there and their role (:func:`who_checks`): the others are no other to the gates of a scan.
    """
    held = state.capsules[capsule]
    bags = [
        one
        for one in browse_values(state.products)
        if one.participant in held.participants and not one.disposed
    ]
    found = []
    for scan, belongs, own in _scans(state, held, bags):
        moments = list(_moments(held.early, held.until)) if own else [held.early]
        until: str | None = None
        refusals: tuple[Refusal, ...] = ()
        for moment in moments:
            body = _body(state, held, checker, scan, moment, at_site)
            refusals = tuple(one for one in judge(state, body) if not one.code.startswith(_BROUGHT))
            if refusals:
                break
            until = moment
        found.append(ForetoldScan(*scan, belongs, until, refusals))
    return found


def _scans(
    state: State, held: Capsule, bags: list[Container]
) -> Iterator[tuple[tuple[str, str, str, str], str | None, bool]]:
    """Every four scans that can be made of these people, their wristbands, their containers and the labels on them; whether each is of its own."""
    labels = {
        bag.id: [name for name in bag.labels if state.labels[name].fate == "applied"] or [""] for bag in bags
    }
    for person in held.participants:
        for band in held.participants:
            for bag in bags:
                own = person == band == bag.participant
                others = (
                    [one for other in bags if other.id != bag.id for one in labels[other.id] if one]
                    if own
                    else []
                )
                for label in [*labels[bag.id], *others]:
                    yield (person, band, bag.id, label), bag.participant, own and label in labels[bag.id]


def _moments(early: str, until: str) -> Iterator[str]:
    moment = early
    while moment < until:
        yield moment
        moment = shifted(moment, seconds=60 * STEP)
    yield until


def _body(
    state: State,
    held: Capsule,
    checker: tuple[str, str],
    scan: tuple[str, str, str, str],
    moment: str,
    site: str,
) -> dict[str, Any]:
    """The event that the device would queue at a moment, without what only it can bring."""
    data = dict(zip(("participant", "wristband", "bag", "label"), scan, strict=True))
    command = Command(
        VERB, scan[2], data, checker[0], checker[1], site, source=f"capsule:{held.id}", at=moment
    )
    key = f"foretold-{held.id}"
    return compose(
        command, COMMANDS[VERB], data, key, programme=state.version_at(moment), study=state.study, recorded=moment, last=moment,
        signatories=Signatories(state, None), sealer=TextSealer(state.study, key, state, VERB),
    )  # fmt: skip
