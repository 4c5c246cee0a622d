"""Catalogues of texts: every fixed string of a page goes through one, so that a translation is a file.

The files are gettext's ``.po``: texts with their translations, and texts with a number in as many plural forms as the language has. Its head says
which form goes with which number (``Plural-Forms``) and how numbers are written (``X-Decimal-Sign``, ``X-Group-Sign``, as CLDR has them). Contexts are refused.
English is the source language and needs no file. The pseudo-language ``qps`` is made by rule from English and runs from right to left; it shows which
strings bypass the catalogue and which layouts assume a direction.
"""

from __future__ import annotations

import ast
import gettext
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

from proband.terms import Location, ProbandError

#: the language that is made by rule, to look at layouts
PSEUDO = "qps"
#: languages that are written from right to left
RIGHT_TO_LEFT = frozenset({"ar", "fa", "he", "ur", "qps"})

_PLACEHOLDER = re.compile(r"(%\([a-z_]+\)s|\{[a-z_|0-9-]*\}|<[^>]+>)")
_LETTER = re.compile(r"[^\W\d_]")
#: on so many numbers a rule of plurals is tried: those of CLDR go by the last two digits, a few by whole millions besides
_NUMBERS_TRIED = 200
#: letters of a long word: German has such, and a page of 320 px must hold it
_LONG_WORD = 14
_ACCENTS = str.maketrans("aeiouAEIOUcnsyCNSY", "àéîöüÀÉÎÖÜçñšýÇÑŠÝ")


class CatalogueError(ProbandError):
    """A catalogue cannot be read."""


@dataclass(frozen=True)
class Catalogue:
    """The texts of one language: source text to translation; a text that is not translated stays in English.

    ``plurals`` holds texts with a number by their source in the plural, a form of the language each; ``head`` what the file says of itself.
    """

    language: str = "en"
    texts: Mapping[str, str] = field(default_factory=dict)
    plurals: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    head: Mapping[str, str] = field(default_factory=dict)

    @property
    def direction(self) -> str:
        """``rtl`` or ``ltr``, for the page's ``dir`` attribute."""
        return "rtl" if self.language.split("-")[0] in RIGHT_TO_LEFT else "ltr"

    def text(self, source: str, **values: object) -> str:
        """The translation of a source text, with ``%(name)s`` replaced by ``values``."""
        chosen = pseudo(source) if self.language == "qps" else self.texts.get(source, source)
        return chosen % values if values else chosen

    def counted(self, one: str, many: str, count: float, /, **values: object) -> str:
        """The form of a text that goes with a number, and the number as ``%(n)s`` unless it is given in other words."""
        forms = self.plurals.get(many) if self.language != "qps" else None
        chosen = forms[self._form(count)] if forms else self.text(one if count == 1 else many)
        return chosen % {"n": self.figure(f"{count:,}"), **values}

    def __getstate__(self) -> dict[str, Any]:
        """Its texts; the rule of plurals is read again where they arrive."""
        return {name: value for name, value in vars(self).items() if name != "_rule"}

    @property
    def bare(self) -> Catalogue:
        """The same language, and nothing that remembers what it is asked for."""
        return Catalogue(self.language, self.texts, self.plurals, self.head)

    def _form(self, n: float) -> int:
        """Which plural form goes with a number; a fraction takes that of many."""
        return self._rule[1](int(n) if n == int(n) else 2)

    @cached_property
    def _rule(self) -> tuple[int, Callable[[int], int]]:
        """How many plural forms the language has, and which of them goes with a number."""
        return plural_rule(self.head)

    def figure(self, text: str) -> str:
        """A number as it was written in English, with the signs of the language: 2,439.5 as 2.439,5."""
        decimal, group = self.head.get("X-Decimal-Sign", "."), self.head.get("X-Group-Sign", ",")
        return text.translate({ord("."): decimal, ord(","): group})


def plural_rule(head: Mapping[str, str]) -> tuple[int, Callable[[int], int]]:
    """The number of plural forms and the rule between them, as ``Plural-Forms`` says it; English where it says nothing.

    Raises
    ------
    ValueError
        If what it says cannot be read, or asks for a form that it does not count.
    """
    written = head.get("Plural-Forms", "nplurals=2; plural=n != 1;")
    said = re.fullmatch(r"\s*nplurals\s*=\s*(\d+)\s*;\s*plural\s*=\s*(.+?);?\s*", written)
    if said is None:
        raise ValueError(f"Plural-Forms: {written}")
    count, rule = int(said[1]), gettext.c2py(said[2])
    if any(rule(n) >= count for n in range(_NUMBERS_TRIED)):
        raise ValueError(f"Plural-Forms: {written}")
    return count, lambda n: int(rule(n))


@dataclass(frozen=True)
class Collecting(Catalogue):
    """English that remembers every text that it was asked for: what a translator has to translate."""

    asked: dict[str | tuple[str, str], None] = field(default_factory=dict)

    def text(self, source: str, **values: object) -> str:
        """The text itself, noted down."""
        self.asked.setdefault(source)
        return super().text(source, **values)

    def counted(self, one: str, many: str, count: float, /, **values: object) -> str:
        """The form that goes with the number, both noted down."""
        self.asked.setdefault((one, many))
        return Catalogue().counted(one, many, count, **values)


@dataclass(frozen=True)
class NotingCatalogue(Catalogue):
    """A language that remembers every text that it was asked for and does not have: what stays in English on a page."""

    untranslated: dict[str, None] = field(default_factory=dict)

    @classmethod
    def of(cls, catalogue: Catalogue) -> NotingCatalogue:
        """The same language, with nothing remembered."""
        return cls(catalogue.language, catalogue.texts, catalogue.plurals, catalogue.head)

    def text(self, source: str, **values: object) -> str:
        """The translation, noted down where there is none."""
        if source not in self.texts and self.language not in {"en", "qps"} and _LETTER.search(source):
            self.untranslated.setdefault(source)
        return super().text(source, **values)


def pseudo(text: str) -> str:
    """An English text in the pseudo-language: accented and a third longer in words of a length that languages have, placeholders and tags untouched."""
    parts = _PLACEHOLDER.split(text)
    body = "".join(part if index % 2 else part.translate(_ACCENTS) for index, part in enumerate(parts))
    longer = len(text) // 3
    words = ["~" * min(_LONG_WORD, longer - at) for at in range(0, longer, _LONG_WORD)]
    return f"⟦{' '.join([body, *words])}⟧"


def load(language: str, folder: Path | None = None, of: Iterable[str] = ()) -> Catalogue:
    """The catalogue of a language: English, the pseudo-language, or ``LANGUAGE.po`` of a folder, and ``ID.LANGUAGE.po`` for the texts of programmes.

    What is not in ``folder`` is taken from what ships with Proband. A programme's file has no say in our own texts.

    Parameters
    ----------
    of
        Ids of the programmes whose own texts are shown.

    Raises
    ------
    CatalogueError
        ``pages.catalogue.missing`` if there is no file of the language, ``pages.catalogue.syntax`` if one cannot be read.
    """
    if language in {"en", "qps"}:
        return Catalogue(language)
    ours = _catalogue_in(folder or Path(str(files("proband.pages") / "locale")), language, f"{language}.po")
    if ours is None:
        raise CatalogueError("pages.catalogue.missing", language=language, file=f"{language}.po")
    shipped = Path(str(files("proband") / "programmes"))
    texts, plurals = dict(ours.texts), dict(ours.plurals)
    for id in of:
        for place in (folder, shipped):
            if place and (own := _catalogue_in(place, language, f"{id}.{language}.po")):
                texts = {**own.texts, **texts}
                plurals = {**own.plurals, **plurals}
                break
    return Catalogue(language, texts, plurals, ours.head)


def _catalogue_in(folder: Path, language: str, name: str) -> Catalogue | None:
    path = folder / name
    return catalogue_of(language, path.read_text(encoding="utf-8-sig"), name) if path.is_file() else None


@dataclass(slots=True)
class CatalogueEntry:
    """One entry of a file as it is read: the line on which it begins, its parts by keyword, whether it is fuzzy."""

    line: int
    parts: dict[str, str] = field(default_factory=dict)
    fuzzy: bool = False


def catalogue_of(language: str, text: str, name: str = "catalogue.po") -> Catalogue:
    """The catalogue that the text of a ``.po`` file holds; empty and fuzzy entries are left out.

    Raises
    ------
    CatalogueError
        ``pages.catalogue.syntax`` with the line that cannot be read, of an entry that has not one form for each plural of the language, or of a head
        whose rule for plurals cannot be read; ``pages.catalogue.changed`` of a translation with other places or numbers.
    """
    texts: dict[str, str] = {}
    plurals: dict[str, tuple[str, ...]] = {}
    head: dict[str, str] = {}
    for entry in _entries(text, name):
        parts = entry.parts
        if parts.get("msgid") == "" and "msgstr" in parts:
            lines = (line.partition(":") for line in parts["msgstr"].splitlines())
            head = {key.strip(): value.strip() for key, _, value in lines if value}
            try:
                plural_rule(head)
            except (ValueError, ZeroDivisionError) as error:
                raise _syntax(name, entry.line, str(error)) from None
        elif not any(key.startswith("msgstr") for key in parts):
            raise _syntax(name, entry.line, next(iter(parts.values())))
        elif entry.fuzzy or not any(value for key, value in parts.items() if key.startswith("msgstr")):
            continue
        elif many := parts.get("msgid_plural"):
            wanted = [f"msgstr[{form}]" for form in range(plural_rule(head)[0])]
            if sorted(key for key in parts if key.startswith("msgstr")) != wanted or not all(
                map(parts.get, wanted)
            ):
                raise _syntax(name, entry.line, f"{len(wanted)} plural forms of {many!r}")
            plurals[many] = tuple(parts[key] for key in wanted)
            for form in plurals[many]:
                _unchanged(many, form, Location(name, entry.line), may_lack={"%(n)s"})
        elif "msgstr" in parts:
            texts[parts["msgid"]] = parts["msgstr"]
            _unchanged(parts["msgid"], parts["msgstr"], Location(name, entry.line))
        else:
            raise _syntax(name, entry.line, next(key for key in parts if key.startswith("msgstr")))
    return Catalogue(language, texts, plurals, head)


def _unchanged(source: str, translation: str, where: Location, may_lack: Collection[str] = ()) -> None:
    """A translation says nothing in other places and no other number: who translates a claim cannot make it another."""

    def parts(text: str) -> Counter[str]:
        numbers = re.findall(r"\d+", _PLACEHOLDER.sub(" ", text))
        return Counter([part for part in [*_PLACEHOLDER.findall(text), *numbers] if part not in may_lack])

    if parts(source) != parts(translation):
        raise CatalogueError(
            "pages.catalogue.changed", location=where, source=source[:80], translation=translation[:80]
        )


def read_po(text: str, name: str = "catalogue.po") -> dict[str, str]:
    """The translated pairs of a ``.po`` file, without those that count."""
    return dict(catalogue_of("xx", text, name).texts)


def read_pot(text: str, name: str = "messages.pot") -> Iterator[str | tuple[str, str]]:
    """The texts that a template asks to be translated; of one that counts the form for one and that for many."""
    for entry in _entries(text, name):
        if one := entry.parts.get("msgid"):
            many = entry.parts.get("msgid_plural")
            yield (one, many) if many else one


_KEYWORD = re.compile(r"(msgid|msgid_plural|msgstr|msgstr\[\d\]) (.*)")


def _entries(text: str, name: str) -> Iterator[CatalogueEntry]:
    entry, current = CatalogueEntry(1), ""
    for number, raw in enumerate(text.splitlines(), start=1):
        line = raw.strip()
        if line.startswith("#"):
            if current.startswith("msgstr"):
                yield entry
                entry, current = CatalogueEntry(number), ""
            entry.fuzzy = entry.fuzzy or (line.startswith("#,") and "fuzzy" in line)
        elif found := _KEYWORD.fullmatch(line):
            if found[1] == "msgid" and current.startswith("msgstr"):
                yield entry
                entry = CatalogueEntry(number)
            current = found[1]
            entry.parts[current] = _quoted(found[2], name, number)
        elif line.startswith('"') and current:
            entry.parts[current] += _quoted(line, name, number)
        elif line:
            raise _syntax(name, number, line)
    if current:
        yield entry


def write_pot(texts: Iterable[str | tuple[str, str]]) -> str:
    """A template for translators: each text once, in the order given."""
    head = 'msgid ""\nmsgstr ""\n"Content-Type: text/plain; charset=UTF-8\\n"\n'
    entries = []
    for text in dict.fromkeys(texts):
        if isinstance(text, tuple):
            one, many = map(_escape, text)
            entries.append(f'msgid "{one}"\nmsgid_plural "{many}"\nmsgstr[0] ""\nmsgstr[1] ""\n')
        elif text:
            entries.append(f'msgid "{_escape(text)}"\nmsgstr ""\n')
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
