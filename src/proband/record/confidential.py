"""What a record keeps outside its log: personal data under a key per person, and the seed of the allocation.

The event first, so that the gates have agreed; then the vault. A seed goes into the vault before its commitment goes into
the log: a commitment to a seed that nobody has would stop every allocation.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from proband.record import randomisation
from proband.record.commands import Command
from proband.record.errors import RecordError
from proband.record.executing import Receipt
from proband.record.kept_texts import keys_of
from proband.record.record import Record
from proband.record.vault import Vault, VaultError, is_contact


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
    if person.sealed_arm is None:
        return lambda: person.arm or ""
    error = RecordError("record.allocation.sealed", participant=participant)
    # a study that was sealed anew opens each place with the seed of its own time
    for scheme in reversed(record.state.schemes):
        seed = bytes.fromhex(vault_of(record).get("study", f"seed-{scheme['commitment'][:16]}"))
        try:
            arm = randomisation.open_arm(seed, participant, person.allocation_index or 0, person.sealed_arm)
        except RecordError as other:
            error = other
            continue
        return lambda: arm
    raise error


def seal_allocation(record: Record, command: Command, *, seed: bytes | None = None) -> Receipt:
    """Seal a seed: into the vault the seed, into the log its commitment; ``command`` is an ``allocation.seal``."""
    vault = vault_of(record)
    secret = seed if seed is not None else randomisation.new_seed()
    sealed = randomisation.commitment(secret)
    command.data = {**command.data, "commitment": sealed}
    vault.put("study", f"seed-{sealed[:16]}", secret.hex())
    return record.execute(command)
