"""The beginning of a product: the identifier of the therapy event, and the starting material taken under it."""

from __future__ import annotations

from typing import Any

from proband.record.declare.change import Body, changes
from proband.record.declare.command import Context, CustodyWords, WayBack, command
from proband.record.declare.data import Amount, Data, Ref, TracedWords
from proband.record.declare.gate import gate
from proband.record.declare.naming import NewNames
from proband.record.errors import Refusal
from proband.record.family import not_given_up
from proband.record.gates.stages import ALLOCATED, ENROLLED
from proband.record.product import Collection, TherapyEvent
from proband.record.state import State


def _collected_under(state: State, subject: str, seq: int) -> str:
    person = state.participants[subject]
    names = {one for one in person.therapies if state.therapies[one].seq == seq}
    return ", ".join(din for din in person.collections if state.collections[din].coi in names)


def _not_opened(state: State, subject: str, seq: int) -> str | None:
    person = state.participants[subject]
    for name in [one for one in person.therapies if state.therapies[one].seq == seq]:
        state.therapies.pop(name)
        person.therapies.remove(name)
    return None


@command("therapy.open", "therapy.opened", way_back=WayBack(_not_opened, _collected_under), permission="product.identify", subject="participant", stage=(ENROLLED, ALLOCATED),
         withdrawal="procedures", hold="collection", consent="in-force", current_version=True, watched=False, signature=None,
         reason=False, live=False, gates=("alive", "capacity"),
         unique=NewNames("therapies", lambda body: [body["data"]["coi"]]), arm=lambda c: c.data["regimen"],
         custody=CustodyWords("identifier allocated", lambda data: f"{data['coi']} for regimen {data['regimen']}"))  # fmt: skip
class OpenTherapy(Data):
    """Allocate the chain-of-identity identifier of a therapy event, before or at the first collection.

    * ``coi``: the new chain-of-identity identifier
    * ``regimen``: the regimen of the programme by which is treated
    * ``external``: further identifiers of the same therapy event, each by the name of its system
    """

    coi: Ref
    regimen: Ref
    external: dict[Ref, TracedWords] = {}


@changes("therapy.opened")
def _therapy(state: State, body: Body, data: dict[str, Any]) -> None:
    view = state.view
    regimen = view.regimen[data["regimen"]] if view else None
    state.therapies[data["coi"]] = TherapyEvent(
        data["coi"],
        body["subject"],
        data["regimen"],
        regimen.product if regimen else "",
        body["at"],
        state.seq,
        body["actor"],
    )
    state.participants[body["subject"]].therapies.append(data["coi"])


@gate("identity-first", mend="allocate the identifier before anything is taken")
def identity_first(c: Context) -> Refusal | None:
    """The identifier of the therapy event was there before anything was taken."""
    therapy = c.state.therapies.get(c.data["coi"])
    if therapy is None or therapy.opened_at > c.at:
        return Refusal("gate.identity-first.unallocated", coi=c.data["coi"])
    return None


def _other_wristband(c: Context) -> tuple[str, str] | None:
    therapy = c.state.therapies.get(c.data["coi"])
    owner = therapy.participant if therapy else c.subject
    if owner == c.subject == c.data["wristband"]:
        return None
    return (
        f"wristband {c.data['wristband']}",
        f"therapy {c.data['coi']} of {owner}, order for {c.subject}",
    )


def _made_from(state: State, subject: str, seq: int) -> str:
    """The product that was made from it, unless that was given up."""
    taken = (state.collections[din] for din in state.participants[subject].collections)
    return not_given_up(state, [one.used_by for one in taken if one.seq == seq])


def _not_collected(state: State, subject: str, seq: int) -> str | None:
    person = state.participants[subject]
    for name in [one for one in person.collections if state.collections[one].seq == seq]:
        state.collections.pop(name)
        person.collections.remove(name)
    person.collected_at = min((state.collections[one].at for one in person.collections), default=None)
    return None


@command("product.collect", "product.collected", way_back=WayBack(_not_collected, _made_from), subject="participant", stage=(ALLOCATED,), withdrawal="procedures",
         hold="collection", consent="in-force", current_version=True, watched=False, signature=None, reason=False,
         gates=("alive", "capacity", "identity-first"), live=True,
         unique=NewNames("collections", lambda body: [body["data"]["din"]]), identity=_other_wristband,
         custody=CustodyWords("collected", lambda data: f"{data['material']} under {data['coi']}, wristband {data['wristband']}"))  # fmt: skip
class Collect(Data):
    """Take starting material under the therapy event's identifier, with a donation number of its own.

    * ``coi``: the chain-of-identity identifier that was opened for it
    * ``din``: the donation number
    * ``wristband``: what the scan of the wristband gives
    * ``material``: what is taken
    * ``volume``: how much
    """

    coi: Ref
    din: Ref
    wristband: Ref
    material: TracedWords
    volume: Amount | None = None


@changes("product.collected")
def _collected(state: State, body: Body, data: dict[str, Any]) -> None:
    state.collections[data["din"]] = Collection(
        data["din"], data["coi"], body["subject"], body["at"], body["site"], state.seq, by=body["actor"]
    )
    person = state.participants[body["subject"]]
    person.collections.append(data["din"])
    person.collected_at = person.collected_at or body["at"]
