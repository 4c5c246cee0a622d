"""How an event is named: by its number; to whoever must not know an arm by the key under which they sent it, and only their own.

Numbers grow with whatever happens to anybody. Two of them say how much happened between, and so which of two people was collected from, made for
or given something: no number is told to a masked person, and none is taken from them.
"""

from __future__ import annotations

from django.urls import reverse

from proband.record import Record
from proband.record.declare.form import FieldFault, FormError
from proband.registry.acting import ActingPerson
from proband.registry.doing import number_of
from proband.registry.reading import NotShown


def name_of(record: Record, person: ActingPerson, seq: int) -> str:
    """What a person is told an event is called."""
    if not person.blind:
        return str(seq)
    found = record.event(seq)
    own = found is not None and found.body["actor"] == person.id
    return str(found.body["key"]) if found is not None and own else "of somebody else"


def address_of(record: Record, person: ActingPerson, seq: int) -> str:
    """Where a person reads an event of their own."""
    if not person.blind:
        return str(reverse("event", kwargs={"seq": seq}))
    return str(reverse("own-event", kwargs={"key": name_of(record, person, seq)}))


def own_event(record: Record, person: ActingPerson, key: str) -> int:
    """The number of an event that somebody sent under a key.

    Raises
    ------
    NotShown
        ``registry.absent`` where it is none of theirs, whether or not there is one.
    """
    found = record.store.by_key(record.study, key)
    if found is None or found.body["actor"] != person.id:
        raise NotShown("registry.absent", what=f"event {key[:64]} of your own")
    return found.seq


def meant(record: Record, person: ActingPerson, text: str, faults: list[FieldFault]) -> int | None:
    """The event that a form names; what names none is put among the faults."""
    if not person.blind:
        return number_of({"corrects": text}, "corrects", faults)
    text = text.strip()
    if not text:
        return None
    try:
        return own_event(record, person, text)
    except NotShown:
        mend = "open your entry, and go on from there"
        faults.append(FieldFault("corrects", f"{text[:20]!r} names no event", mend))
        return None


def meant_at_once(record: Record, person: ActingPerson, text: str, verb: str) -> int | None:
    """The same, where there is no form on which a fault could stand.

    Raises
    ------
    FormError
    """
    faults: list[FieldFault] = []
    found = meant(record, person, text, faults)
    if faults:
        raise FormError(verb, faults)
    return found


def check_no_number(person: ActingPerson, seen: object) -> None:
    """Refuse the number of a last event that somebody masked says to have seen: the answer would tell how many there are.

    Raises
    ------
    NotShown
        ``registry.masked``.
    """
    if person.blind and seen not in (None, ""):
        raise NotShown("registry.masked", person=person.id)
