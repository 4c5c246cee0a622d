"""What a record keeps outside its log: personal data under a key per person, and the seed of the allocation.

The event first, so that the gates have agreed; then the vault. A seed goes into the vault before its commitment goes into
the log: a commitment to a seed that nobody has would stop every allocation.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from proband.record import randomisation
from proband.record.commands import Command
from proband.record.errors import RecordError
from proband.record.executing import Receipt
from proband.record.kept_texts import keys_of
from proband.record.paged import browse_values
from proband.record.places import arms_of, place_of, places_of, plan_sealed, scheme_in_force
from proband.record.record import Record
from proband.record.sealed_lists import (
    is_of_an_allocation,
    keep_kit,
    keep_seed,
    kept_kit,
    kept_seed,
    kit_commitment,
)
from proband.record.vault import Vault, VaultError, is_contact
from proband.trial.allocation.lists import SealedList, place_commitment, place_salt
from proband.trial.allocation.stream import new_seed


def vault_of(record: Record) -> Vault:
    """The record's vault.

    Raises
    ------
    RecordError
        ``record.vault.absent`` for a record without one.
    """
    if record.vault is None:
        raise RecordError("record.vault.none")
    return record.vault


def store_personal(record: Record, command: Command, fields: dict[str, Any]) -> Receipt:
    """Put personal data into the vault, after the record has agreed; ``command`` is a ``personal.store``."""
    vault = vault_of(record)
    command.data = {"fields": sorted(fields)}
    receipt = record.execute(command)
    for name, value in fields.items():
        vault.put(_key_of(record, command.subject, name), name, value)
    return receipt


def _key_of(record: Record, person: str, field: str) -> str:
    """Under which key a field lies: contact data go with the texts, everything else with identity."""
    traced, texts = keys_of(record.state, person)
    return texts if is_contact(field) else traced


def read_personal(record: Record, command: Command) -> tuple[Receipt, dict[str, Any]]:
    """Read personal data from the vault, after the access was logged; ``command`` is a ``personal.read``."""
    vault = vault_of(record)
    receipt = record.execute(command)
    return receipt, {name: value_of(record, vault, command.subject, name) for name in command.data["fields"]}


def value_of(record: Record, vault: Vault, person: str, field: str) -> Any:
    """A value out of the vault, under whichever of the person's keys it lies.

    Raises
    ------
    VaultError
        As :meth:`proband.record.vault.Vault.get`.
    """
    if is_of_an_allocation(field):
        raise VaultError("record.vault.field", subject=person, field=field)
    key = _key_of(record, person, field)
    # contact data of an earlier version lie with identity
    missing = key != person and field not in vault.fields(key)
    older = missing and field in vault.fields(person)
    known = record.state.participants.get(person)
    if missing and not older and known is not None and known.texts_erased:
        raise VaultError("record.vault.erased", subject=person)
    return vault.get(person if older else key, field)


def erase(record: Record, command: Command) -> Receipt:
    """Erase: the event, then the destruction of keys and texts; ``command`` is a ``participant.erase`` or a ``text.erase``.

    Whatever way the event takes into the log, every door that reads it destroys what it can; here nothing is told before it is done.
    """
    receipt = record.execute(command)
    record.settle()
    return receipt


def arm_of(record: Record, participant: str) -> Callable[[], str]:
    """How the arm of a participant is told, once it may be: the sealed place is seen to open, and is not opened yet.

    Raises
    ------
    RecordError
        ``record.allocation.sealed`` where it does not open, ``record.allocation.none`` where nobody was allocated.
    """
    record.catch_up()
    person = record.state.participants.get(participant)
    if person is None or person.allocated_at is None:
        raise RecordError("record.allocation.none", participant=participant)
    if not person.arm_is_sealed:
        return lambda: person.arm or ""
    place = place_of(person)
    if place is not None:
        arm = arms_by_list(record)[participant]
        return lambda: arm
    error = RecordError("record.allocation.sealed", participant=participant)
    # a study that was sealed anew opens each place with the seed of its own time
    for scheme in reversed(record.state.schemes):
        seed = kept_seed(vault_of(record), scheme["commitment"])
        try:
            arm = randomisation.open_arm(
                seed, participant, person.allocation_index or 0, person.sealed_arm or ""
            )
        except RecordError as other:
            error = other
            continue
        return lambda: arm
    raise error


def arms_by_list(record: Record) -> dict[str, str]:
    """The arms of everybody who has a place, as their sealed lists give them, each seen to be the one that was committed to.

    Raises
    ------
    RecordError
        ``record.allocation.seed``, ``record.allocation.sealed``.
    """
    state, vault = record.state, vault_of(record)
    found: dict[str, str] = {}
    for sealed in state.schemes:
        plan = plan_sealed(sealed)
        places = places_of(state, sealed["commitment"])
        if plan is None or not places:
            continue
        seed = kept_seed(vault, sealed["commitment"])
        for place, arm in zip(places, arms_of(seed, plan, places), strict=True):
            said = place_commitment(
                place_salt(seed, place.place), state.study, place.place, place.participant, arm
            )
            if said != place.commitment:
                raise RecordError("record.allocation.sealed", participant=place.participant)
            found[place.participant] = arm
    return found


def arms_of_all(record: Record) -> dict[str, str]:
    """The arms of everybody who was allocated, by whatever scheme and whether under seal or not."""
    people = [person.id for person in browse_values(record.state.participants) if person.allocated_at]
    under_seal = arms_by_list(record)
    return {name: under_seal.get(name) or arm_of(record, name)() for name in people}


def list_of(record: Record) -> SealedList:
    """The sealed list by which the record allocates now, with the contents of its kits, and the lists of earlier plans by which somebody has a place.

    Raises
    ------
    RecordError
        ``record.allocation.unsealed`` where none was sealed; ``record.allocation.seed``.
    """
    sealed = scheme_in_force(record.state) or {}
    plan = plan_sealed(sealed)
    if plan is None:
        raise RecordError("record.allocation.unsealed")
    kits = {
        one.id: kept_kit(record.vault, one.kit)
        for one in browse_values(record.state.products)
        if one.kit is not None
    }
    earlier = tuple(
        SealedList(kept_seed(vault_of(record), one["commitment"]), of.hash)
        for one in record.state.schemes
        if one["commitment"] != sealed["commitment"]
        and (of := plan_sealed(one)) is not None
        and places_of(record.state, one["commitment"])
    )
    return SealedList(kept_seed(vault_of(record), sealed["commitment"]), plan.hash, kits, earlier)


def receive_kit(
    record: Record, command: Command, *, arm: str, expires_at: str, lots: Sequence[str] = ()
) -> Receipt:
    """Take a kit into the stock: the content into the vault, the commitment into the log; ``command`` is a ``kit.receive``.

    Raises
    ------
    RecordError
        ``record.kit.arm`` for what is no arm of the programme.
    """
    record.catch_up()
    view = record.state.view
    if view is None or arm not in view.arm:
        raise RecordError("record.kit.arm", arm=arm)
    said = keep_kit(vault_of(record), record.study, command.subject, arm)
    return record.execute(
        replace(command, data={"commitment": said, "expires_at": expires_at, "lots": list(lots)})
    )


def contents_of(record: Record, kits: Sequence[str] = ()) -> Callable[[], dict[str, dict[str, str]]]:
    """How the contents of kits are told, once they may be: of each its arm, what of it is given, where it is and for whom.

    Raises
    ------
    RecordError
        ``record.kit.content`` for a kit whose content is not here, or is not what was committed to.
    """
    state = record.state
    found = {}
    for one in browse_values(state.products):
        if one.kit is None or (kits and one.id not in kits):
            continue
        content = kept_kit(record.vault, one.kit)
        if kit_commitment(state.study, one.id, content) != one.kit:
            raise RecordError("record.kit.content")
        arm = state.view.arm.get(content["arm"]) if state.view is not None else None
        found[one.id] = {
            "arm": content["arm"], "regimen": (arm.regimen if arm else None) or "", "status": one.status, "place": one.place, "for": one.participant,
        }  # fmt: skip
    if set(kits) - found.keys():
        raise RecordError("record.kit.content")
    return lambda: found


def seal_allocation(record: Record, command: Command, *, seed: bytes | None = None) -> Receipt:
    """Seal a seed: into the vault the seed, into the log its commitment; ``command`` is an ``allocation.seal``."""
    vault = vault_of(record)
    sealed = keep_seed(vault, seed if seed is not None else new_seed())
    command.data = {**command.data, "commitment": sealed}
    return record.execute(command)
