"""A story only with its denominator beside it, sampled by rule, and about people who agreed or are public already."""

from __future__ import annotations

from collections.abc import Iterator

from proband.pages.ledger import Ledger
from proband.pages.lint import declare
from proband.programme.linting import LintFinding
from proband.programme.slots import CountSlot, places


@declare(
    "story-alone",
    "a story only with its denominator beside it, sampled by rule, and about people who agreed or are public already",
)
def check(ledger: Ledger) -> Iterator[LintFinding]:
    """Stories whose denominator is not in their own text, is no count, or counts fewer than all of the sample."""
    for index, claim in enumerate(ledger.claims.claims):
        if claim.story is None:
            continue
        name = claim.story.denominator
        slot = claim.slots.get(name)
        if name not in {said for said, _ in places(claim.text)}:
            yield LintFinding(
                "claims.yaml",
                ("claims", index, "text"),
                f"story {claim.id} does not say its denominator {name} in its own text.",
                f"say {{{name}}} in the same text",
                name,
            )
        if not isinstance(slot, CountSlot):
            yield LintFinding(
                "claims.yaml",
                ("claims", index, "story", "denominator"),
                f"story {claim.id}: {name} is no count of people.",
                "make it an n-of-n slot that counts everyone treated",
                name,
            )
        elif slot.disclosure is None:
            yield LintFinding(
                "claims.yaml",
                ("claims", index, "slots", name),
                f"story {claim.id} tells of people who neither agreed nor are public.",
                "write disclosure: consented or published once that is so; otherwise leave the story out",
                name,
            )
        if (
            claim.story.sampled == "everyone"
            and not claim.story.includes_non_responder
            and isinstance(slot, CountSlot)
            and slot.events < slot.n
        ):
            yield LintFinding(
                "claims.yaml",
                ("claims", index, "story"),
                f"story {claim.id} says that everyone is told of, but {slot.n - slot.events} did not respond.",
                "tell of someone who did not respond, and write includes_non_responder: true",
            )
