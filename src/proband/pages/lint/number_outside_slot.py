"""No number stands outside a slot: a number without its source and denominator is an ornament."""

from __future__ import annotations

import re
from collections.abc import Iterator

from proband.pages.ledger import Ledger
from proband.pages.lint import declare
from proband.pages.public_texts import public_texts
from proband.programme.linting import LintFinding
from proband.programme.slots import PLACE
from proband.terms.yaml12 import KeyPath

_WORDS = (
    "two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|thirteen|fourteen|fifteen|twenty|thirty|forty|fifty|sixty|"
    "seventy|eighty|ninety|hundred|thousand|million|billion|dozen|half|third|quarter|twice|thrice|double|triple|percent"
)
_NUMBER_WORD = re.compile(
    rf"\b({_WORDS}|hundreds|thousands|millions|dozens|tens of|umpteen\w*|several dozen|a couple of|per cent)\b",
    re.IGNORECASE,
)
_ONE_AS_NUMBER = re.compile(r"\bone (?:in|of|out of) (?:a |\w+teen|[a-z]+ty|two|three|four|five|six|seven|eight|nine|ten)\b", re.IGNORECASE)  # fmt: skip
#: a name has letters and its digits beside them: CoQ10, 4-HB, CPS1; no share ("9of10"), no number alone
_IS_NAME = re.compile(r"(?=.*[A-Za-z])(?!.*\d\s*(?:of|in|out|/|per|%)\s*\d)(?!.*%)[^\s].*")
_ROMAN = re.compile(r"\b[IVXLC]+ (?:people|patients|children|men|women|persons|of [IVXLC]+)\b")
#: headings and labels of the file, where no claim stands behind a number
_LABELS = {"title", "for_whom", "panels", "flows"}
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

    yield from _names_and_labels(ledger)


def _names_and_labels(ledger: Ledger) -> Iterator[LintFinding]:
    """Names that are numbers, and numbers in headings and labels of the file."""
    for name in ledger.claims.names:
        if not _IS_NAME.fullmatch(name) or _NUMBER_WORD.search(name):
            yield LintFinding(
                "claims.yaml", ("names", name), f"{name!r} is no name but a number.",
                "put the number into a slot with its source and level", name,
            )  # fmt: skip
    for text in public_texts(ledger):
        if text.claim is None and text.file == "claims.yaml" and text.path[0] in _LABELS:
            if text.path[0] == "panels" and text.path[-1] != "time_frame":
                continue  # looked at above
            if digits := _DIGITS.search(without_names(text.text, ledger.claims.names)):
                yield LintFinding(
                    "claims.yaml", text.path, f"{text.where}: {digits[0]!r} stands outside a slot.",
                    "say it without a number, or in a claim", digits[0],
                )  # fmt: skip


def without_names(text: str, names: dict[str, str]) -> str:
    """A text without the names that may carry digits."""
    for name in sorted(names, key=len, reverse=True):
        text = text.replace(name, " ")
    return text


def loose_number(text: str, names: dict[str, str]) -> str | None:
    """The first number, in digits or in words, that stands outside a slot and outside a name."""
    bare = _HARMLESS.sub(" ", without_names(PLACE.sub(" ", text), names))
    for pattern in (_DIGITS, _NUMBER_WORD, _ONE_AS_NUMBER, _ROMAN):
        if found := pattern.search(bare):
            return found[0].strip()
    return None
