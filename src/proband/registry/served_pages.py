"""A page that has served: by the back button, in a second tab, after a lost answer. What it recorded stands once, and the way on is told.

A form bears the idempotency key of what it becomes. Sent again with something else it would be refused for ever, and whoever stands at a bed has no other
key: so it is told what was recorded, and brings a new one.
"""

from __future__ import annotations

import uuid
from typing import Any

from proband.record import Record, RecordError
from proband.registry.acting import ActingPerson
from proband.registry.event_names import address_of
from proband.registry.guarding import told


def check_not_recorded(record: Record, key: str | None) -> None:
    """Refuse to go on to a signature from a page from which something was recorded: by the back button, or in a second tab.

    Raises
    ------
    RecordError
        ``registry.again``.
    """
    if key and record.store.by_key(record.study, key) is not None:
        raise RecordError("registry.again")


def asked_again(
    record: Record, person: ActingPerson, error: RecordError, key: str
) -> tuple[dict[str, Any], str] | None:
    """Where a page has served already: the refusal with the way to what it recorded, and the key under which it would record another entry."""
    if error.code not in ("registry.again", "record.conflict.key"):
        return None
    refusal = told(error)
    if error.code != "registry.again":
        refusal["reasons"] = [*told(RecordError("registry.again"))["reasons"], *refusal["reasons"]]
    earlier = record.store.by_key(record.study, key)
    if earlier is not None and earlier.body["actor"] == person.id:
        refusal["earlier"] = address_of(record, person, earlier.seq)
    return refusal, uuid.uuid4().hex
