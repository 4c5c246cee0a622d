"""What the record refuses, and how it says so: a stable code, a sentence, and the mend."""

from __future__ import annotations

from typing import Any

from proband.terms import ProbandError
from proband.terms.errors import ErrorCode


class RecordError(ProbandError):
    """The record cannot do what was asked of it (store, file, key, schema)."""


class Conflict(RecordError):
    """Somebody else appended first: read what is new, judge again, try again."""


class Refusal(RecordError):
    """A gate said no: ``Refusal("gate.consent.lapsed", person="S-1", why="amendment")``; nothing was recorded as done.

    ``gate`` is the gate's name: the second part of the code.
    """

    def __init__(self, code: ErrorCode, /, **parameters: Any) -> None:
        super().__init__(code, **parameters)
        self.gate = self.code.split(".")[1]


class Refused(RecordError):
    """A command was refused: every gate that said no, in the order of the declaration."""

    def __init__(self, verb: str, refusals: list[Refusal]) -> None:
        self.verb = verb
        self.refusals = refusals
        super().__init__(
            "record.refused",
            verb=verb,
            messages=[refusal.message for refusal in refusals],
            mends=list(dict.fromkeys(refusal.mend for refusal in refusals)),
            details={
                "gates": [refusal.gate for refusal in refusals],
                "codes": [refusal.code for refusal in refusals],
            },
        )
        if len(refusals) == 1:
            self.code = refusals[0].code

    @property
    def gates(self) -> list[str]:
        """The names of the gates that refused."""
        return [refusal.gate for refusal in self.refusals]
