"""What each colour of a picture means, everywhere: one table of meaning, tokens of the style and marks that are drawn in them."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Meaning:
    """One meaning: the tokens that are its own, and the classes of marks that bear it."""

    tokens: frozenset[str]
    marks: frozenset[str]


#: by meaning; no token stands under two of them
MEANINGS: dict[str, Meaning] = {
    "seen in people": Meaning(
        frozenset({"accent", "accent-2"}),
        frozenset(
            {"dot-yes", "dot-maybe", "key-yes", "estimate", "interval", "observed", "step", "step-0", "lane", "ongoing",
             "share-supported", "share-partly", "verdict-supported", "verdict-partly", "now", "now-word", "path"}
        ),
    ),
    "what happens without it": Meaning(
        frozenset({"nature", "nature-soft", "nature-ink"}),
        frozenset({"band", "centre", "bar-miss", "bar-hit", "reached", "dot-miss", "dot-hit"}),
    ),
    "harm, or not supported": Meaning(
        frozenset({"harm", "harm-soft"}),
        frozenset({"flags", "retracted", "share-unsupported", "verdict-unsupported", "missing", "is-bad", "area", "hatch", "limit", "stop-word"}),
    ),
    "needs somebody": Meaning(
        frozenset({"warn", "warn-soft", "warn-line"}), frozenset({"banner", "caution", "mark", "refusal", "stale"})
    ),
    "neither: lines, letters, nobody, other groups": Meaning(
        frozenset({"ink", "ink-2", "line", "line-2"}),
        frozenset(
            {"axis", "grid", "null", "tick", "row-label", "censored", "dot-no", "dot-empty", "dot-inside", "key-no", "step-1", "step-2", "step-3",
             "mark-dose", "mark-harm", "mark-response", "mark-death", "other"}
        ),
    ),
}  # fmt: skip
