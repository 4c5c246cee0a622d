"""What the record refuses, and how it says so: a stable code, a sentence, and the mend."""

from __future__ import annotations

from typing import Any

from proband.terms import ProbandError


class RecordError(ProbandError):
    """The record cannot do what was asked of it (store, file, key, schema)."""

    default_code = "record.error"


class Conflict(RecordError):
    """Somebody else appended first: read what is new, judge again, try again."""

    default_code = "record.conflict"


class Refusal(RecordError):
    """A gate said no. ``code`` is ``gate.<name>``; nothing was recorded as done."""

    default_code = "gate"
    exit_code = 3

    def __init__(self, gate: str, message: str, mend: str, **details: Any) -> None:
        super().__init__(message, mend=mend, code=f"gate.{gate}", details=details)
        self.gate = gate


class Refused(RecordError):
    """A command was refused: every gate that said no, in the order of the declaration."""

    default_code = "record.refused"
    exit_code = 3

    def __init__(self, verb: str, refusals: list[Refusal]) -> None:
        self.verb = verb
        self.refusals = refusals
        super().__init__(
            f"{verb} refused: " + " | ".join(refusal.message for refusal in refusals),
            mend=" | ".join(dict.fromkeys(refusal.mend for refusal in refusals)),
            code=refusals[0].code if len(refusals) == 1 else None,
            details={"verb": verb, "gates": [refusal.gate for refusal in refusals]},
        )

    @property
    def gates(self) -> list[str]:
        """The names of the gates that refused."""
        return [refusal.gate for refusal in self.refusals]
