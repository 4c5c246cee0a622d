"""The grammar of headlines: words and numbers of a text, and the one way in which the whole of it can be read.

The grammar itself is data (``grammar.json``), so that a page's script reads with the very same one
(``pages/assets/headline-reading.js``). This module knows how a text is cut and how rules are tried; what the captured
pieces mean is :mod:`proband.trial.headline.meaning`. A text is read when the rule ``headline`` fits *all* of it. For each rule
and place the first way to reach an end is kept, so that the time taken grows with a power of the length, never faster.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from itertools import pairwise
from typing import Any

#: what an alternative captured: (key, text) in the order of the text
Captures = tuple[tuple[str, str], ...]
#: the outcome's own phrases by name: ``happened``, ``not_happened``, ``events``, ``measure``, ``people``, ``unit``
Lexicon = Mapping[str, Sequence[str]]

_TOKEN = re.compile(
    r"[0-9]{1,3}(?:,[0-9]{3})+(?![0-9])(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?|[a-z]+(?:['-][a-z]+)*|.", re.DOTALL
)
#: numbers with more digits than this are no counts and no changes of a score
_DIGITS = 9


@cache
def grammar() -> dict[str, Any]:
    """The grammar as it stands in ``grammar.json``; not to be changed."""
    text = resources.files("proband.trial.headline").joinpath("grammar.json").read_text(encoding="utf-8")
    out: dict[str, Any] = json.loads(text)
    return out


@dataclass(frozen=True, slots=True)
class Token:
    """A word, a number or a mark; ``text`` is compared, ``shown`` stands in the headline."""

    text: str
    shown: str
    number: bool


def _small(text: str) -> str:
    return re.sub(r"[A-Z]", lambda m: m.group(0).lower(), text)


def doubtful(text: str, pieces: Sequence[Token]) -> str | None:
    """A number that may mean more than one thing ("20,5", "1.250", "2-4", "10 000"), as it stands in the text."""
    small = _small(text)
    for pattern in grammar()["doubtful"]:
        if found := re.search(pattern, small):
            return found.group(0)
    beside = (f"{a.shown} {b.shown}" for a, b in pairwise(pieces) if a.number and b.number)
    return next(beside, None)


def tokens(text: str) -> list[Token]:
    """The pieces of a text: words in small letters, numbers without separators, any other character by itself."""
    g = grammar()
    small = _small(text)
    for old, new in g["same"].items():
        small = small.replace(old, new)
    out = []
    for found in _TOKEN.finditer(small):
        piece = found.group(0)
        if piece in g["spaces"]:
            continue
        word = _number(piece, g["numbers"])
        number = word[0] in "0123456789"
        out.append(Token(word.replace(",", "") if number else word, piece, number))
    return out


def _number(word: str, numbers: Mapping[str, str]) -> str:
    """A number word in digits, "twenty-one" among them; any other word as it is."""
    if word in numbers:
        return numbers[word]
    both = "-".join(numbers.get(part, "") for part in word.split("-"))
    return both[0] + both[3] if re.fullmatch("[2-9]0-[1-9]", both) else word


class Reader:
    """The grammar with the phrases of one outcome."""

    def __init__(self, lexicon: Lexicon) -> None:
        self._rules: dict[str, list[list[str]]] = {
            name: [alternative.split() for alternative in alternatives]
            for name, alternatives in grammar()["rules"].items()
        }
        for name in ("happened", "not_happened", "events", "measure", "people", "unit"):
            # a phrase is cut as a headline is; the longest comes first
            phrases = [[t.text for t in tokens(p)] for p in lexicon.get(name, ())]
            self._rules["lex:" + name] = sorted(phrases, key=len, reverse=True)
        self._words = {
            term.removesuffix("?")
            for alternatives in self._rules.values()
            for alternative in alternatives
            for term in alternative
            if not re.match(r"(?:[a-z.]+:)?[<#]|=.", term)
        }

    def unknown(self, pieces: Iterable[Token]) -> list[str]:
        """The words and marks that stand nowhere in the grammar, each once."""
        return list(dict.fromkeys(t.shown for t in pieces if not t.number and t.text not in self._words))

    def read(self, pieces: Sequence[Token]) -> tuple[Captures | None, int]:
        """What was captured when the whole is read, else ``None``; and how many pieces were read at most."""
        attempt = _Attempt(self._rules, pieces)
        ends = attempt.rule("headline", 0)
        return ends.get(len(pieces)), attempt.furthest


class _Attempt:
    def __init__(self, rules: dict[str, list[list[str]]], pieces: Sequence[Token]) -> None:
        self._rules, self._pieces = rules, pieces
        self._known: dict[tuple[str, int], dict[int, Captures]] = {}
        self.furthest = 0

    def rule(self, name: str, start: int) -> dict[int, Captures]:
        """Every end that a rule reaches from a place, with what is captured on the first way there."""
        key = (name, start)
        if key not in self._known:
            out: dict[int, Captures] = {}
            for alternative in self._rules[name]:
                for end, found in self._row(alternative, start).items():
                    out.setdefault(end, found)
            self._known[key] = out
        return self._known[key]

    def _row(self, terms: Sequence[str], start: int) -> dict[int, Captures]:
        ways: dict[int, Captures] = {start: ()}
        for term in terms:
            after: dict[int, Captures] = {}
            for place, before in ways.items():
                for end, found in self._term(term, place).items():
                    after.setdefault(end, before + found)
            ways = after
        return ways

    def _term(self, term: str, place: int) -> dict[int, Captures]:
        if term[0] == "=" and len(term) > 1:
            key, _, value = term[1:].partition(":")
            return {place: ((key, value.replace("_", " ")),)}
        optional, core = term.endswith("?") and len(term) > 1, term.removesuffix("?") or term
        key, mark, what = core.partition(":") if not core.startswith("<") else ("", "", core)
        if not mark or not what or what[0] not in "<#":
            key, what = "", core
        if what[0] == "<" and len(what) > 1:
            prefix = key + "." if key else ""
            out = {
                end: tuple((prefix + k, v) for k, v in found)
                for end, found in self.rule(what[1:-1], place).items()
            }
        else:
            out = self._piece(what, key, place)
        if optional:
            out.setdefault(place, ())
        return out

    def _piece(self, what: str, key: str, place: int) -> dict[int, Captures]:
        piece = self._pieces[place] if place < len(self._pieces) else None
        if piece is None:
            return {}
        if what in {"#int", "#number"} and key:
            fits = (
                piece.number and len(piece.text) <= _DIGITS and (what == "#number" or "." not in piece.text)
            )
        else:
            fits = piece.text == what
        if not fits:
            return {}
        self.furthest = max(self.furthest, place + 1)
        return {place + 1: ((key, piece.text),) if key else ()}
