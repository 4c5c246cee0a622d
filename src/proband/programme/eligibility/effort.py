"""What it takes to learn a value: the order in which "what to find out next" is asked."""

from __future__ import annotations

from enum import StrEnum


class Effort(StrEnum):
    """What it takes to learn a value, least first: the order in which "what to find out next" is asked."""

    FILE = "file"
    QUESTION = "question"
    EXAMINATION = "examination"
    SAMPLE = "sample"
    IMAGING = "imaging"
    SPECIALIST = "specialist"
    GENETIC = "genetic"
    INVASIVE = "invasive"
    UNSTATED = "unstated"

    @property
    def rank(self) -> int:
        """0 for the least effort; ``unstated`` comes last, because nothing is known of it."""
        return list(Effort).index(self)

    @property
    def meaning(self) -> str:
        """The effort in words."""
        return _EFFORT[self]


_EFFORT = {
    Effort.FILE: "look it up in the file",
    Effort.QUESTION: "ask the person or the family",
    Effort.EXAMINATION: "examine at the bedside",
    Effort.SAMPLE: "take a blood or urine sample",
    Effort.IMAGING: "make an image (ultrasound, CT, MRI)",
    Effort.SPECIALIST: "ask a specialist for a test or a score",
    Effort.GENETIC: "order a genetic test",
    Effort.INVASIVE: "do an invasive procedure (biopsy, puncture)",
    Effort.UNSTATED: "effort not stated",
}
