"""No number stands outside a slot: a number without its source and denominator is an ornament."""

from __future__ import annotations

import re
from collections.abc import Iterator

from proband.pages.ledger import Ledger
from proband.pages.lint import declare
from proband.programme.linting import LintFinding
from proband.programme.slots import PLACE
from proband.terms.yaml12 import KeyPath

_WORDS = (
    "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|twenty|thirty|forty|fifty|sixty|"
    "seventy|eighty|ninety|hundred|thousand|million|billion|dozen|half|third|quarter|twice|thrice|double|triple|percent"
)
_NUMBER_WORD = re.compile(rf"\b({_WORDS}|hundreds|thousands|millions|dozens|per cent)\b", re.IGNORECASE)
_ONE_AS_NUMBER = re.compile(r"\bone (?:in|of|out of) (?:a |\w+teen|[a-z]+ty|two|three|four|five|six|seven|eight|nine|ten)\b", re.IGNORECASE)  # fmt: skip
_DIGITS = re.compile(r"\d[\d.,]*")

#: "out of a hundred" and "another third party" say no figure
_HARMLESS = re.compile(
    r"\b(?:(?:out )?of a hundred|if a hundred|third part(?:y|ies)|second opinion)\b", re.IGNORECASE
)


@declare(
    "number-outside-slot",
    "no number stands outside a slot: a number without its source and denominator is an ornament",
)
def check(ledger: Ledger) -> Iterator[LintFinding]:
    """Every claim, option and panel text of a ledger."""
    for index, claim in enumerate(ledger.claims.claims):
        for key, text in (
            ("title", claim.title or ""),
            ("text", claim.text),
            ("outcome", claim.outcome or ""),
        ):
            if found := loose_number(text, ledger.claims.names):
                yield LintFinding(
                    "claims.yaml",
                    ("claims", index, key),
                    f"claim {claim.id}: {found!r} stands outside a slot.",
                    "put it into a slot with its source and level, or name it under names if it is part of a name",
                    found,
                )
    for index, option in enumerate(ledger.claims.options):
        for key, text in (("name", option.name), ("about", option.about)):
            if found := loose_number(text, ledger.claims.names):
                yield LintFinding(
                    "claims.yaml",
                    ("options", index, key),
                    f"option {option.id}: {found!r} stands outside a slot.",
                    "say it without a number, or in a claim",
                    found,
                )
    for index, panel in enumerate(ledger.claims.panels):
        texts: list[tuple[KeyPath, str]] = [
            (("outcome",), panel.outcome),
            (("people",), panel.people),
            (("caution",), panel.caution or ""),
            *((("cells", at, "gap"), cell.gap or "") for at, cell in enumerate(panel.cells)),
        ]
        for path, text in texts:
            if digits := _DIGITS.search(without_names(text, ledger.claims.names)):
                yield LintFinding(
                    "claims.yaml",
                    ("panels", index, *path),
                    f"panel {panel.id}: {digits[0]!r} stands outside a slot.",
                    "refer to a claim instead",
                    digits[0],
                )


def without_names(text: str, names: dict[str, str]) -> str:
    """A text without the names that may carry digits."""
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, " ")
    return text


def loose_number(text: str, names: dict[str, str]) -> str | None:
    """The first number, in digits or in words, that stands outside a slot and outside a name."""
    bare = _HARMLESS.sub(" ", without_names(PLACE.sub(" ", text), names))
    for pattern in (_DIGITS, _NUMBER_WORD, _ONE_AS_NUMBER):
        if found := pattern.search(bare):
            return found[0].strip()
    return None
