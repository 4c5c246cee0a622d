"""At the bed: the dose checked, two people and two scans, what is given, and what became of the rest."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

from proband.record.bounds import note_of
from proband.record.commands.bag import OF_THE_BAG, SAID_OF_THE_BAG, other_bag
from proband.record.declare.change import Body, changes
from proband.record.declare.command import Context, CustodyWords, command
from proband.record.declare.data import Amount, Data, Ref, StaffRef, amount_words
from proband.record.declare.gate import CUSTODIAN, may, works_here
from proband.record.declare.wording import CODE
from proband.record.errors import Refusal
from proband.record.gates.stages import ALLOCATED
from proband.record.known import known_at
from proband.record.product import Container
from proband.record.questions import HANDS, Hand
from proband.record.state import State


def dose_words(data: Mapping[str, Any]) -> str:
    """A dose and whom it is for."""
    return f"{amount_words(data['dose'])} for {data['participant']}"


def _checks_alone(c: Context) -> Refusal | None:
    regimen = c.regimen
    if regimen is None:
        return None
    if c.body["role"] != regimen.checked_by or c.body["actor"] == c.data["prepared_by"]:
        return Refusal("gate.second-check.role", role=regimen.checked_by)
    name = c.data["prepared_by"]
    person = c.state.persons.get(name)
    # who is nobody here the gate on authority has named already
    roles = [role for role in person.roles_ever() if role != CUSTODIAN] if person else []
    known = [role for role in roles if works_here(c, person, role, c.at)]
    if known and regimen.prepared_by not in known:
        return Refusal("gate.second-check.preparer", name=name, role=regimen.prepared_by, site=c.body["site"])
    return None


@command("dose.check", "dose.checked", of_its_time=True, subject="product", withdrawal=None, hold=None, consent=None, current_version=False,
         watched=False, reason=False, own_site=False, gates=("dose",), second_check=_checks_alone, signature="second check",
         live=True, keeps_refusal=True, custody=CustodyWords("dose checked", dose_words),
         stage=((lambda c: c.product and c.participant, "a product and a participant"),))  # fmt: skip
class CheckDose(Data):
    """A second person repeats the bundle's arithmetic for this participant and this container.

    * ``participant``: for whom the dose is
    * ``dose``: the dose that was worked out a second time
    * ``inputs``: what the dose is worked out from, by name: weight, age, surface
    * ``prepared_by``: who made the dose ready; somebody else checks it
    """

    participant: Ref
    dose: Amount
    inputs: dict[Annotated[str, CODE], Amount] = {}
    prepared_by: StaffRef


@changes("dose.checked")
def _dose_checked(state: State, body: Body, data: dict[str, Any]) -> None:
    state.products[body["subject"]].dose_checked = {
        **data,
        "by": body["actor"],
        "at": body["at"],
        "recorded": known_at(body),
    }


def _too_few_scans(c: Context) -> Refusal | None:
    regimen = c.regimen
    signers = {
        entry["signer"] for entry in c.body["signatures"]
        if entry["meaning"] == "bedside check" and may(c.view, entry["role"], "product.verify")
    }  # fmt: skip
    if regimen is None or len(signers) >= regimen.bedside_persons:
        return None
    return Refusal("gate.bedside.persons", signed=len(signers), needed=regimen.bedside_persons)


def _other_bag_or_label(c: Context) -> tuple[str, str] | None:
    product = c.product
    entry = c.state.labels.get(c.data["label"])
    if product is None or (entry is not None and entry.container == product.id and entry.fate == "applied"):
        return other_bag(c)
    return f"wristband {c.data['wristband']}", f"bag {c.data['bag']} of {product.participant} ({product.coi})"


@command("bedside.verify", "bedside.verified", of_its_time=True, permission="product.verify", subject="product", stage=(ALLOCATED,),
         withdrawal="treatment", hold="administration", consent=None, current_version=False, watched=False, reason=False, gates=("alive", *OF_THE_BAG),
         identity=_other_bag_or_label, **SAID_OF_THE_BAG, bedside=_too_few_scans, signature="bedside check", live=True, offline=True,
         keeps_refusal=True, on_the_spot={"hold", *OF_THE_BAG, *SAID_OF_THE_BAG} - {"labels"},
         custody=CustodyWords("bedside scans agree", lambda data: f"wristband {data['wristband']} = bag {data['bag']}"))  # fmt: skip
class VerifyBedside(Data):
    """Two people, two scans: the wristband and the bag must name the same identity, and nothing about the bag may stand in the way of giving it.

    * ``participant``: who is to be treated
    * ``wristband``: what the scan of the wristband gives
    * ``bag``: what the scan of the container gives
    * ``label``: the label on the container, as scanned
    """

    participant: Ref
    wristband: Ref
    bag: Ref
    label: Ref


def _scanned(product: Container) -> list[Hand]:
    check = product.checked or {"persons": [], "at": ""}
    return [Hand("bedside", "product.verify", "scan", who, check["at"]) for who in check["persons"]]


def _second(product: Container) -> list[Hand]:
    check = product.dose_checked
    return [Hand("second-check", "dose.check", "check", check["by"], check["at"])] if check else []


HANDS += [_scanned, _second]


@changes("bedside.verified")
def _bedside(state: State, body: Body, data: dict[str, Any]) -> None:
    people = sorted({entry["signer"] for entry in body["signatures"] if entry["meaning"] == "bedside check"})
    state.products[body["subject"]].checked = {
        "participant": data["participant"], "site": body["site"], "persons": people, "recorded": known_at(body),
        **note_of(state.capsule_of(body["source"]), body),
    }  # fmt: skip
