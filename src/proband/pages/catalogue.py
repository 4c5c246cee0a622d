"""Catalogues of texts: every fixed string of a page goes through one, so that a translation is a file.

The files are gettext's ``.po``, of which a page needs texts and their translations: no plurals, no contexts. English is the source language and needs none. The pseudo-language ``qps`` is made by
rule from English and runs from right to left; it shows which strings bypass the catalogue and which layouts assume a
direction.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.resources import files
from pathlib import Path

from proband.terms import Location, ProbandError

#: languages that are written from right to left
RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur", "qps"})

_PLACEHOLDER = re.compile(r"(%\([a-z_]+\)s|\{[a-z_|0-9-]*\}|<[^>]+>)")
_ACCENTS = str.maketrans("aeiouAEIOUcnsyCNSY", "àéîöüÀÉÎÖÜçñšýÇÑŠÝ")


class CatalogueError(ProbandError):
    """A catalogue cannot be read."""


@dataclass(frozen=True)
class Catalogue:
    """The texts of one language: source text to translation; a text that is not translated stays in English."""

    language: str = "en"
    texts: Mapping[str, str] = field(default_factory=dict)

    @property
    def direction(self) -> str:
        """``rtl`` or ``ltr``, for the page's ``dir`` attribute."""
        return "rtl" if self.language.split("-")[0] in RIGHT_TO_LEFT else "ltr"

    def text(self, source: str, **values: object) -> str:
        """The translation of a source text, with ``%(name)s`` replaced by ``values``."""
        chosen = pseudo(source) if self.language == "qps" else self.texts.get(source, source)
        return chosen % values if values else chosen


@dataclass(frozen=True)
class Collecting(Catalogue):
    """English that remembers every text that it was asked for: what a translator has to translate."""

    asked: dict[str, None] = field(default_factory=dict)

    def text(self, source: str, **values: object) -> str:
        """The text itself, noted down."""
        self.asked.setdefault(source)
        return super().text(source, **values)


def pseudo(text: str) -> str:
    """An English text in the pseudo-language: accented and a third longer, placeholders and tags untouched."""
    parts = _PLACEHOLDER.split(text)
    body = "".join(part if index % 2 else part.translate(_ACCENTS) for index, part in enumerate(parts))
    return f"⟦{body}{'~' * (len(text) // 3)}⟧"


def load(language: str, folder: Path | None = None) -> Catalogue:
    """The catalogue of a language: English, the pseudo-language, or ``folder/LANGUAGE.po``.

    Raises
    ------
    CatalogueError
        ``pages.catalogue.missing`` if there is no file, ``pages.catalogue.syntax`` if it cannot be read.
    """
    if language in {"en", "qps"}:
        return Catalogue(language)
    path = (folder or Path(str(files("proband.pages") / "locale"))) / f"{language}.po"
    if not path.is_file():
        raise CatalogueError("pages.catalogue.missing", language=language, file=path.name)
    return Catalogue(language, read_po(path.read_text(encoding="utf-8-sig"), path.name))


def read_po(text: str, name: str = "catalogue.po") -> dict[str, str]:
    """The translated pairs of a ``.po`` file; empty and fuzzy entries are left out.

    Raises
    ------
    CatalogueError
        ``pages.catalogue.syntax`` with the line that cannot be read.
    """
    pairs: dict[str, str] = {}
    parts: dict[str, str] = {}
    current, fuzzy = "", False

    def keep() -> None:
        if parts.get("msgid") and parts.get("msgstr") and not fuzzy:
            pairs[parts["msgid"]] = parts["msgstr"]

    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if line.startswith("#"):
            if "msgstr" in parts:
                keep()
                parts, current, fuzzy = {}, "", False
            fuzzy = fuzzy or (line.startswith("#,") and "fuzzy" in line)
            continue
        if not line:
            continue
        keyword, _, rest = line.partition(" ")
        if keyword in {"msgid", "msgstr"}:
            if keyword == "msgid" and "msgstr" in parts:
                keep()
                parts, fuzzy = {}, False
            current = keyword
            parts[current] = _quoted(rest, name, number)
        elif line.startswith('"') and current:
            parts[current] += _quoted(line, name, number)
        else:
            raise _syntax(name, number, line)
    keep()
    return pairs


def write_pot(texts: list[str]) -> str:
    """A template for translators: each text once, in the order given."""
    head = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
    entries = [f'msgid "{_escape(text)}"\nmsgstr ""\n' for text in dict.fromkeys(texts) if text]
    return "\n".join([head, *entries])


def _escape(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _quoted(text: str, name: str, line: int) -> str:
    try:
        value = ast.literal_eval(text.strip())
    except (ValueError, SyntaxError):
        raise _syntax(name, line, text) from None
    if not isinstance(value, str):
        raise _syntax(name, line, text)
    return value


def _syntax(name: str, line: int, text: str) -> CatalogueError:
    return CatalogueError("pages.catalogue.syntax", location=Location(name, line), text=text[:60])
