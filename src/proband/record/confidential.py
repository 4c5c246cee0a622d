"""What a record keeps outside its log: personal data under a key per person, and the seed of the allocation.

The event first, so that the gates have agreed; then the vault. A seed goes into the vault before its commitment goes into
the log: a commitment to a seed that nobody has would stop every allocation.
"""

from __future__ import annotations

from typing import Any

from proband.record import randomisation
from proband.record.commands import Command
from proband.record.errors import RecordError
from proband.record.record import Receipt, Record
from proband.record.vault import Vault


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
        vault.put(command.subject, name, value)
    return receipt


def read_personal(record: Record, command: Command) -> dict[str, Any]:
    """Read personal data from the vault, after the access was logged; ``command`` is a ``personal.read``."""
    vault = vault_of(record)
    record.execute(command)
    return {name: vault.get(command.subject, name) for name in command.data["fields"]}


def erase(record: Record, command: Command) -> Receipt:
    """Erase a person: the event, then the destruction of the key; ``command`` is a ``participant.erase``."""
    receipt = record.execute(command)
    if record.vault is not None:
        record.vault.erase(command.subject)
    return receipt


def seal_allocation(record: Record, command: Command, *, seed: bytes | None = None) -> Receipt:
    """Seal a seed: into the vault the seed, into the log its commitment; ``command`` is an ``allocation.seal``."""
    vault = vault_of(record)
    secret = seed if seed is not None else randomisation.new_seed()
    sealed = randomisation.commitment(secret)
    command.data = {**command.data, "commitment": sealed}
    vault.put("study", f"seed-{sealed[:16]}", secret.hex())
    return record.execute(command)
