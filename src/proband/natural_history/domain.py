"""The edge of what is known: a question outside every published domain is refused, never guessed."""

from __future__ import annotations

from typing import Any

from proband.terms import ProbandError


class OutsideDomain(ProbandError):
    """No published natural history covers the question.

    ``details`` carries ``nearest`` (the nearest domain in words), ``differs`` (what differs, one sentence each) and
    ``missing`` (what would have to be known), so that a page can show all three.
    """

    def __init__(
        self,
        question: str,
        *,
        nearest: str,
        differs: list[str],
        missing: list[str] | None = None,
        mend: str = "",
        details: dict[str, Any] | None = None,
    ) -> None:
        self.nearest = nearest
        self.differs = differs
        self.missing = missing or []
        super().__init__(
            "natural_history.outside_domain",
            question=question,
            nearest=nearest,
            differs=differs,
            missing=self.missing,
            advice=mend,
            details=details,
        )


class QuestionUnclear(ProbandError):
    """A question cannot be read: a grade, level, window or time that is not in the vocabulary."""
