"""Following every number on a rendered page back to where it came from.

The crawler reads the HTML as a reader's browser would, takes each piece of visible text that holds a digit (drawings and
labels for assistive technology included), and asks of the nearest element that names an origin: does the claim, fact, table,
criterion or bundle key exist, does each source exist, and, for a slot, is the text what the slot says today?
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from functools import lru_cache
from html.parser import HTMLParser
from typing import Any

from proband.pages.catalogue import Catalogue
from proband.pages.ledger import Ledger
from proband.pages.wording import say
from proband.programme.slots import View
from proband.terms import Level, weakest

_DIGIT = re.compile(r"\d")
#: elements that have no end
VOID = {"meta", "link", "br", "hr", "img", "input", "col", "area", "base", "source", "wbr"}
_UNSEEN = {"script", "style", "title", "template"}
_BLOCKS = {"p", "li", "td", "dd", "figure", "article", "h3", "th"}
_WEAK = {Level.SECONDARY, Level.UNVERIFIED}
_SPOKEN = ("aria-label", "alt", "title", "placeholder", "content")
#: what a number that is about the page itself may be: a date of checking, a version, an order, a stated method …
META = frozenset(
    {
        "date",
        "order",
        "completeness",
        "banner",
        "method",
        "version",
        "hash",
        "counts",
        "form",
        "headline",
        "headline-form",
        "record",
        "selection",  # how the studies were chosen: searches, and studies that were left out and say nothing here
        "page-title",  # of the page to which a link leads: there it stands with its source
    }
)


@dataclass(frozen=True, slots=True)
class PrintedNumber:
    """A piece of text with a number, and the attributes of the nearest element that names its origin."""

    text: str
    origin: Mapping[str, str]
    line: int
    blocks: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Loose:
    """A number that does not resolve, and why."""

    text: str
    line: int
    why: str


class _Recorder(HTMLParser):
    """Notes what stands on a page in its order: the step of a reader, what it is given, and the line."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.steps: list[tuple[Callable[..., None], tuple[Any, ...], int]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {key: value or "" for key, value in attrs}
        self.steps.append((HtmlReader.begins, (tag, given), self.getpos()[0]))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.steps.append((HtmlReader.stands_alone, (), self.getpos()[0]))

    def handle_endtag(self, tag: str) -> None:
        self.steps.append((HtmlReader.ends, (tag,), self.getpos()[0]))

    def handle_data(self, data: str) -> None:
        self.steps.append((HtmlReader.says, (data,), self.getpos()[0]))


@lru_cache(maxsize=2)
def _steps(html: str) -> list[tuple[str, tuple[Any, ...], int]]:
    recorder = _Recorder()
    recorder.feed(html)
    recorder.close()
    return [(step.__name__, given, line) for step, given, line in recorder.steps]


class HtmlReader:
    """Reads a page from its beginning to its end; several readers of one page, one after the other, parse it once."""

    def __init__(self) -> None:
        self.line = 1

    def read(self, html: str) -> None:
        """Read a page."""
        for step, given, line in _steps(html):
            self.line = line
            getattr(self, step)(*given)

    def begins(self, tag: str, given: Mapping[str, str]) -> None:
        """An element begins, with its attributes."""

    def stands_alone(self) -> None:
        """An element that is closed where it begins."""

    def ends(self, tag: str) -> None:
        """An element ends."""

    def says(self, data: str) -> None:
        """A piece of text."""


class _Reader(HtmlReader):
    def __init__(self) -> None:
        super().__init__()
        self.stack: list[tuple[str, dict[str, str]]] = []
        self.blocks: list[int] = []
        self.opened = 0
        self.marked: set[int] = set()
        self.numbers: list[PrintedNumber] = []

    def begins(self, tag: str, given: Mapping[str, str]) -> None:
        data = {key.removeprefix("data-"): value for key, value in given.items() if key.startswith("data-")}
        for key in _SPOKEN:
            if (
                key in given
                and _DIGIT.search(given[key])
                and tag != "meta"
                and not (tag == "span" and key == "title")
            ):
                self.numbers.append(PrintedNumber(given[key], {**self._origin(), **data}, self.line))
        if tag not in VOID:
            self.stack.append((tag, data))
            self.opened += 1
            is_block = tag in _BLOCKS or "claim" in given.get("class", "").split()
            self.blocks.append(self.opened if is_block else 0)
            if "mark" in given.get("class", "").split():
                self.marked.update(block for block in self.blocks if block)

    def ends(self, tag: str) -> None:
        for index in range(len(self.stack) - 1, -1, -1):
            if self.stack[index][0] == tag:
                del self.stack[index:]
                del self.blocks[index:]
                return

    def says(self, data: str) -> None:
        if _DIGIT.search(data) and not any(tag in _UNSEEN and tag != "title" for tag, _ in self.stack):
            if any(tag == "title" for tag, _ in self.stack) and not any(
                tag == "svg" for tag, _ in self.stack
            ):
                return
            around = tuple(block for block in self.blocks if block)
            self.numbers.append(PrintedNumber(data.strip(), self._origin(), self.line, around))

    def _origin(self) -> dict[str, str]:
        """Attributes of the elements around, the nearest element that names an origin first; a source may stand further out."""
        found: dict[str, str] = {}
        for _, data in reversed(self.stack):
            if {"slot", "fact", "criterion", "name", "meta"} & set(data) and found:
                continue
            for key, value in data.items():
                found.setdefault(key, value)
            if {"slot", "fact", "criterion", "name", "meta"} & set(data):
                break
        return found


@lru_cache(maxsize=2)
def _read(html: str) -> _Reader:
    """A page as it was read; each of its checks reads it, one after the other."""
    reader = _Reader()
    reader.read(html)
    return reader


def unmarked(html: str, ledgers: Collection[Ledger]) -> list[Loose]:
    """Figures seen only in news, or not checked at all, without a visible mark in the block in which they stand."""
    reader = _read(html)
    found = []
    for number in reader.numbers:
        if "slot" not in number.origin and "fact" not in number.origin:
            continue
        level = _level(number.origin, ledgers)
        if level in {Level.SECONDARY, Level.UNVERIFIED} and not reader.marked & set(number.blocks):
            found.append(Loose(number.text[:120], number.line, f"is {level.value} and bears no mark"))
    return found


def _level(origin: Mapping[str, str], ledgers: Collection[Ledger]) -> Level | None:
    for ledger in ledgers:
        claim = ledger.by_id.get(origin.get("claim", ""))
        if claim is not None and origin.get("slot") in claim.slots:
            return (
                weakest(claim.level, say(claim, origin["slot"]).level)
                if claim.level in _WEAK
                else say(claim, origin["slot"]).level
            )
        for fact in ledger.facts:
            if fact.id == origin.get("fact"):
                return fact.level
    return None


def numbers(html: str) -> list[PrintedNumber]:
    """Every piece of visible or spoken text of a page that holds a digit."""
    return _read(html).numbers


def loose_numbers(
    html: str,
    ledgers: Collection[Ledger],
    criteria: Collection[str] = (),
    catalogue: Catalogue | None = None,
) -> list[Loose]:
    """The numbers of a page that do not resolve to a claim, fact, table, criterion or key, and to sources that exist.

    ``catalogue`` is that of the page's language (English): a slot must be said as it says it.
    """
    return unresolved(numbers(html), ledgers, criteria, catalogue)


def unresolved(
    found: Collection[PrintedNumber],
    ledgers: Collection[Ledger],
    criteria: Collection[str] = (),
    catalogue: Catalogue | None = None,
) -> list[Loose]:
    """Of some numbers those that do not resolve."""
    return [
        Loose(number.text[:120], number.line, why)
        for number in found
        if (why := _unresolved(number, ledgers, criteria, catalogue))
    ]


def _unresolved(
    number: PrintedNumber, ledgers: Collection[Ledger], criteria: Collection[str], words: Catalogue | None
) -> str | None:
    origin = number.origin
    if "meta" in origin:
        return None if origin["meta"] in META else f"unknown kind of page number {origin['meta']!r}"
    if "name" in origin:
        known = any(origin["name"] in ledger.claims.names for ledger in ledgers)
        return None if known else f"name {origin['name']!r} is not in any ledger"
    sources = origin.get("source", "").split()
    if not sources:
        return "names no source"
    mine = [ledger for ledger in ledgers if all(source in ledger.sources for source in sources)]
    if not mine:
        return f"names a source that does not exist: {' '.join(sources)}"
    if "slot" in origin:
        return _slot_differs(number, origin, mine, words)
    if "claim" in origin:
        ids = origin["claim"].split()
        return (
            None
            if any(all(id in ledger.by_id for id in ids) for ledger in mine)
            else f"claim {origin['claim']!r} does not exist"
        )
    if "fact" in origin:
        return (
            None
            if any(fact.id == origin["fact"] for ledger in mine for fact in ledger.facts)
            else f"fact {origin['fact']!r} does not exist"
        )
    if "criterion" in origin:
        return (
            None if origin["criterion"] in criteria else f"criterion {origin['criterion']!r} does not exist"
        )
    if "table" in origin:
        return (
            None
            if any(origin["table"] in ledger.tables for ledger in mine)
            else f"table {origin['table']!r} does not exist"
        )
    if "bundle" in origin or "row" in origin:
        return None
    # a citation: the number is part of the source's own title, year or address
    return None if len(sources) == 1 else "names sources and nothing that they support"


def _slot_differs(
    number: PrintedNumber, origin: Mapping[str, str], ledgers: list[Ledger], words: Catalogue | None
) -> str | None:
    for ledger in ledgers:
        claim = ledger.by_id.get(origin.get("claim", ""))
        if claim is None or origin["slot"] not in claim.slots:
            continue
        said = say(claim, origin["slot"], View(origin.get("view", "plain")), words)
        if said.text.lower() == number.text.strip().lower():
            return (
                None
                if set(said.sources) <= set(origin["source"].split())
                else "names other sources than its slot"
            )
        return f"says {number.text!r} where the slot says {said.text!r}"
    return f"claim {origin.get('claim')!r} has no slot {origin['slot']!r}"
