"""Who reads what of a record, outside of the registry: a person of the log, shown by their key; and nobody is told by a table what is hidden from them.

Where the arms stand under seal (kits) nothing that can be read tells one, and whoever works in the study may read it. Where those who treat know, and somebody else must not
(an assessor, an analyst), what was made for whom and given to whom tells as much as an arm: that is shown to whoever handles it anyway, by the permissions of their roles; to a role that may
open arms, with a reason, as a read that stands in the log and alarms; and to nobody else before the study is locked. Whoever holds the folder itself can read its log without
asking: this keeps those who use the record from being told, and not those who own the machine from looking.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from proband.record.commands import COMMANDS, Command, Signature
from proband.record.declare.gate import may
from proband.record.errors import RecordError
from proband.record.heads import SigningKey
from proband.record.keys import fingerprint
from proband.record.places import tells_arms
from proband.record.record import Record
from proband.record.seeing import EVERYWHERE, sees
from proband.record.state import State

#: who may do any of this has containers in their hands, or is told what an arm leads to by the work itself: by the declarations, also of a command that is added tomorrow
HANDLES = frozenset(one.permission for one in COMMANDS.values() if (one.custody is not None or one.draws) and not one.by_record)  # fmt: skip
#: who may open arms: for them it is a read
OPENS = "allocation.unblind"
#: who watches over harm reads the pack, in which no arm stands, but who was given what was found bad
WATCHES = ("hold.place", "hold.lift", OPENS)
#: what is of one thing or person and shown whole; the rows of a table are shown one by one (:func:`proband.record.seeing.rows_seen`)
OF_ONE = ("history", "custody", "labels", "batch-record", "case")
#: what is of every site
OF_ALL = ("pack", "export")
#: what counts people and names none
COUNTED = ("pack", "flow")
#: what tells nobody's arm, of each table the columns; ``None``: all of them. What is not here tells, also a table that is added tomorrow
TELLS_NOTHING: Mapping[str, tuple[str, ...] | None] = {
    "participants": ("participant", "number", "site", "origin", "verdict", "verdict_at", "consent_version", "consent_at", "consented_at", "enrolled_at", "allocated_at",
                     "withdrawn", "ended", "ended_at", "programme", "erased", "data_lock"),
    "allocations": None, "outcomes": None, "milestones": None, "queries": None, "locks": None, "unblindings": None,
    "tasks": ("task", "kind", "subject", "due", "about", "done"),
    "holds": ("hold", "kind", "rule", "scope", "blocks", "placed_at", "lifted_at", "signed"),
    # of the steps those alone that come before anything is made or given: of few people a count of the treated tells who was
    "flow": ("referred", "screened", "consented", "enrolled", "allocated"),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class RecordReader:
    """A person of the log who has shown that they hold a key of theirs, with the roles and sites that they have now."""

    id: str
    roles: Mapping[str, Sequence[str]]

    @property
    def sites(self) -> frozenset[str]:
        """The sites of all their roles; ``*`` for all."""
        return frozenset(site for sites in self.roles.values() for site in sites)

    def may(self, state: State, permissions: Iterable[str]) -> bool:
        """Whether every role of theirs has one of some permissions: who is masked in one role is not told in another."""
        return bool(self.roles) and all(
            any(may(state.view, role, one) for one in permissions) for role in self.roles
        )


def asks_who_reads(state: State) -> bool:
    """Whether somebody must be named who reads: where anybody is masked, and where arms are drawn."""
    return state.view is not None and (state.view.masks_somebody or state.view.draws)


def reader(record: Record, person: str | None, key: SigningKey | None = None) -> RecordReader | None:
    """Who reads, as they show by a key of theirs: one that is on this machine, or one that is handed over.

    Returns ``None`` where nobody is named and nobody need be.

    Raises
    ------
    RecordError
        ``record.reader.unnamed`` where somebody must be; ``record.reader.unknown`` for nobody of this record, or without a role; ``record.reader.key`` where no key
        shows that it is they.
    """
    record.catch_up()
    state = record.state
    if person is None:
        if asks_who_reads(state):
            raise RecordError("record.reader.unnamed")
        return None
    found = state.persons.get(person)
    if found is None or not found.roles:
        raise RecordError("record.reader.unknown", person=person)
    held = key if key is not None else record.people.get(person)
    known = state.keys.get(fingerprint(held.public)) if held is not None else None
    if known is None or known.holder != person or known.until is not None:
        raise RecordError("record.reader.key", person=person)
    return RecordReader(person, found.roles)


def columns_for(record: Record, who: RecordReader | None, what: str, *, of: str | None = None, reason: str | None = None,
                key: SigningKey | None = None) -> tuple[str, ...] | None:  # fmt: skip
    """What somebody is shown of a table, a pack, a history, a paper: ``None`` for the whole, else the columns that tell them nothing that is hidden from them.

    Where it tells, and they may open arms, the read is in the log before anything is shown.

    Parameters
    ----------
    record
        The open record.
    who
        Who reads, from :func:`reader`.
    what
        The name of the table, or of what else is read.
    of
        Of which participant, container or therapy event alone, where it is of one.
    reason
        Why, for a read that opens arms.
    key
        The key with which they have shown who they are, where it is not on this machine: it signs the read.

    Raises
    ------
    RecordError
        ``record.reader.site`` for what is of a site where they do not work, or of every site, also for what is not there: nobody learns by asking what
        there is elsewhere; ``record.reader.masked`` for what tells an arm to whoever must not know one; whatever the gates say of the read.
    """
    state = record.state
    whole = EVERYWHERE if what in OF_ALL else of if what in OF_ONE else None
    if whole is not None:
        check_reads(state, who, whole)
    if who is None or not tells_arms(state) or who.may(state, HANDLES):
        return None
    if what == "export":
        # tables that are carried away are themselves an entry of the log, which is a read of arms and alarms
        return None
    if what in COUNTED and who.may(state, WATCHES):
        return None
    if reason and what not in TELLS_NOTHING and any(may(state.view, role, OPENS) for role in who.roles):
        _log(record, who, what, of, reason, key)
        return None
    if what not in TELLS_NOTHING:
        raise RecordError("record.reader.masked", what=what, person=who.id)
    return TELLS_NOTHING[what]


def _log(
    record: Record, who: RecordReader, what: str, of: str | None, reason: str, key: SigningKey | None
) -> None:
    """Who reads what tells arms stands in the log as a read of arms, and alarms, as if they had asked for the arms themselves."""
    role = next(role for role in who.roles if may(record.state.view, role, OPENS))
    site = next((one for one in who.roles[role] if one != "*"), next(iter(record.state.sites), "*"))
    people = [of] if of in record.state.participants else []
    signed = [Signature(who.id, role, by=key)]
    record.execute(
        Command("allocation.read", record.study, {"participants": people}, actor=who.id, role=role, site=site, reason=f"{what}: {reason}", signatures=signed)
    )  # fmt: skip


def check_reads(state: State, who: RecordReader | None, what: str) -> None:
    """Refuse what is of a site where somebody who is named does not work, or of every site (``*``); what is not there is refused alike.

    Raises
    ------
    RecordError
        ``record.reader.site``.
    """
    if who is not None and not sees(state, who, what):
        subject = "what is of every site" if what == EVERYWHERE else what[:64]
        raise RecordError("record.reader.site", subject=subject, person=who.id)


def narrowed(
    state: State, what: str, rows: Iterable[dict[str, Any]], columns: tuple[str, ...] | None
) -> list[dict[str, Any]]:
    """The rows with some columns only; with all of them for ``None``. Of tasks those alone that are about the study, a site, or somebody who works there."""
    if columns is None:
        return list(rows)
    nobodys = {state.study, *state.sites, *state.persons}
    kept = (row for row in rows if what != "tasks" or row["subject"] in nobodys)
    return [{name: value for name, value in row.items() if name in columns} for row in kept]
