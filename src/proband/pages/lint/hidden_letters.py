"""Letters that look like others or cannot be seen: a word that a rule cannot read is read by a person."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from proband.pages.ledger import Ledger
from proband.pages.lint import declare
from proband.pages.public_texts import public_texts
from proband.programme.linting import LintFinding

#: letters one by one with something between them: s.a.f.e, m i r a c l e
_SPELT = re.compile(r"(?<!\w)(?:[^\W\d_][ .\-_*·]){3,}[^\W\d_](?!\w)")
#: signs that a text may hold beside letters, digits and punctuation
_SIGNS = frozenset("°©®™²³µ×→←↔≤≥≠±−–—…·€£¥$")
_HIDDEN = {"Cf", "Cc", "Co", "Cn", "Cs"}
_SCRIPTS = ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "FULLWIDTH", "MATHEMATICAL")
#: Greek letters that no reader can tell from Latin ones; the others stand in names of science
_GREEK_TWINS = frozenset("οΟΑΒΕΖΗΙΚΜΝΡΤΥΧνιυ")


@declare(
    "hidden-letters",
    "no letter that cannot be seen, looks like another or is a picture: a page says what its rules have read",
)
def check(ledger: Ledger) -> Iterator[LintFinding]:
    """Invisible signs, signs of direction, words of two scripts, letters in disguise, pictures, and words spelt letter by letter."""
    for text in public_texts(ledger):
        if found := hidden_in(text.text):
            yield LintFinding(
                text.file,
                text.path,
                f"{text.where}: {found}.",
                "write it in plain letters and digits",
                ascii(found)[:60],
            )


def hidden_in(text: str) -> str | None:
    """What a text hides, in words; ``None`` where it hides nothing."""
    for letter in text:
        kind = unicodedata.category(letter)
        if (kind in _HIDDEN and letter != "\n") or letter in "\u00a0\u2800\u3164":
            return f"an invisible sign (U+{ord(letter):04X})"
        if letter in _SIGNS or letter.isascii():
            continue
        if kind in {"So", "Sk"}:
            return f"a picture (U+{ord(letter):04X})"
        if kind in {"No", "Nl", "Nd"}:
            return f"a digit in disguise (U+{ord(letter):04X})"
        if kind[0] == "L" and unicodedata.normalize("NFKC", letter) != letter:
            return f"a letter in disguise (U+{ord(letter):04X})"
    for word in re.findall(r"\w+", text):
        scripts = {script for letter in word if letter.isalpha() and not letter.isascii() for script in _SCRIPTS
                   if unicodedata.name(letter, "").startswith(script)}  # fmt: skip
        latin = any(letter.isascii() and letter.isalpha() for letter in word) or "LATIN" in scripts
        if latin and (
            "CYRILLIC" in scripts
            or "ARMENIAN" in scripts
            or "CHEROKEE" in scripts
            or set(word) & _GREEK_TWINS
        ):
            return f"a word of two scripts ({word})"
    if spelt := _SPELT.search(text):
        return f"a word spelt letter by letter ({spelt[0]})"
    return None
