"""The gate on names: what stands for something of the record's own is nobody's name."""

from __future__ import annotations

from proband.record.declare.command import Context
from proband.record.declare.gate import gate
from proband.record.errors import Refusal

#: names that stand for something of the record's own: whose texts are nobody's, whose deeds are its own, where a lock reaches everybody
RESERVED = frozenset({"study", "record", "recovery", "allocation", "capsule", "online"})
#: since which version of the envelope they are kept free
RESERVED_SINCE = 5
#: where names of people and things stand
_NOUNS = (
    "participants",
    "products",
    "persons",
    "sites",
    "adverse_events",
    "holds",
    "queries",
    "capsules",
    "labels",
)


@gate("name", mend="choose another name")
def name(c: Context) -> Refusal | None:
    """A name of the record's own is nobody's: it cannot become a subject, and nothing personal is kept, read or erased under it."""
    if c.command.subject == "study" or not c.written_since(RESERVED_SINCE):
        return None
    if c.subject not in RESERVED and c.subject != c.state.study:
        return None
    known = any(c.subject in getattr(c.state, noun) for noun in _NOUNS)
    # whoever has borne such a name since an earlier version is still cared for; the vault is not opened by it
    if known and not c.command.erases and not c.verb.startswith("personal."):
        return None
    return Refusal("gate.name.reserved", name=c.subject)
