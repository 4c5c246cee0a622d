"""The word lists of public pages: what is never said and what to say instead, clinical words with explanations."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, cached_property
from importlib.resources import files
from typing import Any

from proband.terms import yaml12


@dataclass(frozen=True, slots=True)
class Term:
    """A clinical word: what it says in plain words, and the word as which it counts in the reading grade."""

    term: str
    says: str
    counts_as: str


@dataclass(frozen=True, slots=True)
class Misleading:
    """One way to mislead: how it is recognised, what takes it back, what to say instead, the file in which it is said rightly, and whether only labels and
    headings may not say it."""

    id: str
    instead: str
    patterns: tuple[re.Pattern[str], ...]
    unless: re.Pattern[str] | None
    counted: bool
    not_in: str
    in_labels: bool = False

    def found_in(self, sentence: str) -> str | None:
        """What misleads in a folded sentence, or ``None``; a word right before it may take it back."""
        for pattern in self.patterns:
            for found in pattern.finditer(sentence):
                if not (self.unless and self.unless.search(sentence[: found.start()])):
                    return found[0].strip()
        return None


@dataclass(frozen=True)
class Tone:
    """Banned words with alternatives, ways to mislead, words that the self-check may never use, patterns that betray a dose."""

    banned: dict[str, str]
    misleading: tuple[Misleading, ...]
    self_check_forbidden: tuple[str, ...]
    dose_patterns: tuple[re.Pattern[str], ...]

    @cached_property
    def _banned_patterns(self) -> list[tuple[str, re.Pattern[str]]]:
        words = sorted(self.banned, key=len, reverse=True)
        return [(word, re.compile(rf"(?<![\w-]){re.escape(word)}(?![\w-])")) for word in words]

    def banned_in(self, text: str) -> list[tuple[str, str]]:
        """Banned words found in a text, each with its alternative; longer phrases first, no word twice."""
        found: dict[str, str] = {}
        rest = text.lower()
        for word, pattern in self._banned_patterns:
            # a word that does not stand there at all is not looked for between its limits
            if word in rest and pattern.search(rest):
                found[word] = self.banned[word]
                rest = pattern.sub(" ", rest)
        return list(found.items())

    def dose_in(self, text: str) -> str | None:
        """The first piece of a text that reads like a dose, a supplier or a preparation, or ``None``."""
        for pattern in self.dose_patterns:
            if found := pattern.search(text):
                return found[0]
        return None

    def forbidden_in_self_check(self, text: str) -> list[str]:
        """Words in a text that decide instead of informing."""
        return [word for word in self.self_check_forbidden if re.search(rf"\b{word}\b", text, re.IGNORECASE)]


@cache
def tone() -> Tone:
    """The word list that ships with Proband."""
    data = _read("tone.yaml")
    return Tone(
        banned={str(word).lower(): str(instead) for word, instead in data["banned"].items()},
        misleading=tuple(_misleading(id, way) for id, way in data["misleading"].items()),
        self_check_forbidden=tuple(data["self_check_forbidden"]),
        dose_patterns=tuple(re.compile(pattern, re.IGNORECASE) for pattern in data["dose_patterns"]),
    )


def _misleading(id: str, way: dict[str, Any]) -> Misleading:
    unless = way.get("unless")
    return Misleading(
        id,
        str(way["instead"]),
        tuple(re.compile(pattern) for pattern in way["patterns"]),
        re.compile(unless) if unless else None,
        bool(way.get("counted", False)),
        str(way.get("not_in", "")),
        bool(way.get("in_labels", False)),
    )


@cache
def glossary() -> tuple[Term, ...]:
    """The clinical words with their explanations, longest first so that phrases win over their parts."""
    terms = [
        Term(str(term), str(item["says"]), str(item["counts_as"]))
        for term, item in _read("glossary.yaml")["terms"].items()
    ]
    return tuple(sorted(terms, key=lambda term: -len(term.term)))


def _read(name: str) -> dict[str, dict[str, Any]]:
    text = (files("proband.pages") / "data" / name).read_text(encoding="utf-8")
    return yaml12.data(text)  # type: ignore[no-any-return]
