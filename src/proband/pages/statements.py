"""Following every sentence of a rendered page back to who says it: a claim, a fact, the bundle, a result, or we ourselves.

Numbers have their own crawler (:mod:`proband.pages.crawl`). This one reads the words. A page is cut into its sentences as a reader's browser
would show or speak them; each must be what the bundle says (a claim with its slots said today, a fact, a rule, a source, a name), what a result
that was handed over says, or a sentence of our own catalogue, whose places hold such words again. What is none of these was put into the page
by nobody who answers for it, and the page does not build.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass
from functools import cache, lru_cache
from typing import Any

from pydantic import BaseModel

from proband.pages.articles_page import articles
from proband.pages.catalogue import Catalogue
from proband.pages.crawl import VOID, HtmlReader
from proband.pages.ledger import Ledger
from proband.pages.markup import in_short
from proband.pages.messages import declared_beside, messages
from proband.pages.public_texts import folded, sentences_of
from proband.pages.self_check import rule_words
from proband.pages.wording import pieces, sentence
from proband.programme import Programme

#: elements that stand within a sentence; every other one begins or ends one
_WITHIN = {"span", "a", "em", "i", "b", "strong", "sup", "sub", "abbr", "tspan", "cite"}
#: … but what bears one of these classes is said beside the sentence, not in it
_BESIDE = {"mark", "vh", "stale", "retracted", "seen", "key", "sure", "stage", "part__no", "cite"}
_UNSEEN = {"script", "style", "template"}
_SPOKEN = ("aria-label", "alt", "title", "placeholder")
#: fewer words than this name something and assert nothing
FEWEST_WORDS = 3
#: a sentence with one place has two ends
_ENDS_OF_ONE = 2
#: how often a sentence may stand in a place of another one
_DEEPEST = 3
#: most parts of a line that may be one sentence
_MOST_PARTS = 25
_WORD = re.compile(r"[^\W\d_]{2,}")
_LETTERS = re.compile(r"[a-z]+")
_HOLE = re.compile(r"%\([a-z_]+\)[sd]")
#: where a line sets one thing beside another, or a sentence ends
_JOINT = re.compile(r"(?<=\d)\s+|\s+(?=\d)|[.!?][\"')\]]*\s+|[;:,]\s+|\s+[–—·]\s+|\s*[()]\s*")


@dataclass(frozen=True, slots=True)
class Sentence:
    """A sentence as it is printed, and the line of the page on which it begins."""

    text: str
    line: int


class _Cutter(HtmlReader):
    """Cuts a page into runs of text that are read as one."""

    def __init__(self) -> None:
        super().__init__()
        self.stack: list[tuple[str, bool]] = []
        self.runs: list[Sentence] = []
        self.run: list[str] = []
        self.begun = 1

    def cut(self) -> None:
        """End the run that was begun."""
        text = " ".join("".join(self.run).split())
        if text:
            self.runs.append(Sentence(text, self.begun))
        self.run = []

    def begins(self, tag: str, given: Mapping[str, str]) -> None:
        classes = set(given.get("class", "").split())
        # a link leads elsewhere and says so for itself, unless it explains a word of the sentence
        within = (
            tag in _WITHIN
            and not _BESIDE & classes
            and "data-fact" not in given
            and (tag != "a" or "term" in classes)
        )
        if tag == "text" and "data-goes-on" in given:
            within = True
            self.run.append(" ")
        if not within:
            self.cut()
        for key in _SPOKEN:
            if given.get(key):
                self.runs.append(Sentence(given[key], self.line))
        if tag == "meta" and given.get("name") == "description":
            self.runs.append(Sentence(given.get("content", ""), self.line))
        if tag not in VOID:
            self.stack.append((tag, within))

    def stands_alone(self) -> None:
        self.cut()

    def ends(self, tag: str) -> None:
        for index in range(len(self.stack) - 1, -1, -1):
            if self.stack[index][0] == tag:
                # the next line of a drawing may go on with this one
                if tag != "text" and not all(within for _, within in self.stack[index:]):
                    self.cut()
                del self.stack[index:]
                return

    def says(self, data: str) -> None:
        if any(tag in _UNSEEN for tag, _ in self.stack):
            return
        if not self.run and data.strip():
            self.begun = self.line
        self.run.append(data)


def runs(html: str) -> list[Sentence]:
    """What a page shows and speaks, a run of text that is read as one to an item."""
    cutter = _Cutter()
    cutter.read(html)
    cutter.cut()
    return cutter.runs


#: what may stand round a sentence and changes nothing of it
_AT_ENDS = " .,:;!?\"'()[]…“”–—·→_"


def _key(text: str) -> str:
    """A text as two are compared: nothing of case, accents, kind of quotation mark or what stands at its ends."""
    return folded(text).strip(_AT_ENDS)


def _texts(value: Any) -> Iterator[str]:
    """Every text in plain values, models and results, keys of mappings included."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for key, one in value.items():
            yield from _texts(key)
            yield from _texts(one)
    elif isinstance(value, list | tuple | set | frozenset):
        for one in value:
            yield from _texts(one)
    elif is_dataclass(value) and not isinstance(value, type):
        for each in fields(value):
            yield from _texts(getattr(value, each.name))
    elif isinstance(value, BaseModel):
        # a quantity or a window has words of its own; what pydantic writes of a model stands on no page
        if type(value).__str__ is not BaseModel.__str__:
            yield str(value)
        for name in type(value).model_fields:
            yield from _texts(getattr(value, name))


class KnownTexts:
    """All that somebody answers for, whole and by sentences; sentences with places stand as patterns."""

    def __init__(self) -> None:
        self.said: set[str] = set()
        self.patterns: dict[str, list[re.Pattern[str]]] = {}
        self.found: dict[tuple[str, int], int] = {}
        self.fits: dict[tuple[str, int], int] = {}

    @classmethod
    def of(
        cls, programmes: Iterable[tuple[Programme, Ledger]], *results: Any, catalogue: Catalogue | None = None
    ) -> KnownTexts:
        """What some programmes say, what ``results`` say that were handed over, and what we say ourselves, in the language of ``catalogue``.

        Our own texts are known as that language has them, and in no other; what is somebody else's also as it stands in its source.
        """
        words = catalogue or Catalogue()
        ours, known = _ours(frozenset(_in_language({*messages(), *declared_beside()}, words))), cls()
        known.patterns = ours.patterns
        for programme, ledger in programmes:
            for text in _said_by(programme, ledger, words):
                known.add(text)
                if (other := words.text(text)) != text:
                    known.add(other)
        for text in _texts(results):
            known.add(text)
            if (other := words.text(text)) != text:
                known.add(other)
        for article in articles():
            known.add(article.headline)
        known.said |= ours.said
        return known

    @classmethod
    def together(cls, several: Iterable[Collection[str]], catalogue: Catalogue | None = None) -> KnownTexts:
        """All that several know (:attr:`said`), for a page of all their programmes; of none, what we say ourselves."""
        known = cls.of((), catalogue=catalogue)
        for said in several:
            known.said |= set(said)
        return known

    def add(self, text: str, *, ours: bool = False) -> None:
        """Note what somebody says; only a text of ours has places that something else fills."""
        for part in {text, *sentences_of(text)}:
            if ours and _HOLE.search(part):
                self._pattern(part)
            elif key := _key(part):
                self.said.add(key)

    def _pattern(self, text: str) -> None:
        """A sentence with places is looked for by its longest word."""
        ends = [folded(part) for part in _HOLE.split(text)]
        ends[0], ends[-1] = ends[0].lstrip(_AT_ENDS), ends[-1].rstrip(_AT_ENDS)
        # where the words between two places stand in what fills them, too: the first as short as it can be, or as long
        made = [re.compile(place.join(map(re.escape, ends))) for place in ("(.+?)", "(.+)")]
        longest = max(_LETTERS.findall(" ".join(ends)), key=len, default="")
        # what has places and no word of its own (a date) would fit everything
        if longest:
            self.patterns.setdefault(longest, []).extend(made if len(ends) > _ENDS_OF_ONE else made[:1])

    def answers_for(self, text: str) -> bool:
        """Whether somebody says this: as it stands, sentence by sentence, or part by part of what stands beside each other.

        Fewer than :data:`FEWEST_WORDS` words of it may be said by nobody: a name, a label.
        """
        return self._loose(folded(text), _DEEPEST) < FEWEST_WORDS

    def _loose(self, text: str, depth: int) -> int:
        """How many words of a folded text nobody says, however it is divided."""
        key = text.strip(_AT_ENDS)
        least = self._whole(key, depth)
        if least < FEWEST_WORDS:
            return least
        if (key, depth) not in self.found:
            sentences = sentences_of(text)
            if len(sentences) > 1:
                least = min(least, sum(self._loose(one, depth) for one in sentences))
            if least >= FEWEST_WORDS:
                least = min(least, self._divided(text, depth))
            self.found[key, depth] = least
        return self.found[key, depth]

    def _whole(self, key: str, depth: int) -> int:
        """How many words nobody says of what is taken as one: none where somebody says just this, else those in the places of a sentence."""
        if key in self.said:
            return 0
        if depth and (key, depth) not in self.fits:
            # "… to …" would take anything in: where a place holds what nobody says, the words around it say nothing either
            fitting = (
                loose and loose + _length(key) - sum(map(_length, found.groups()))
                for word in set(_LETTERS.findall(key))
                for pattern in self.patterns.get(word, ())
                if (found := pattern.fullmatch(key))
                for loose in (sum(self._loose(value, depth - 1) for value in found.groups()),)
            )
            self.fits[key, depth] = min((_length(key), *fitting))
        return self.fits[key, depth] if depth else _length(key)

    def _divided(self, text: str, depth: int) -> int:
        """The same of a line whose parts stand beside each other, divided as well as it can be."""
        ends = sorted({0, *(found.end() for found in _JOINT.finditer(text)), len(text)})
        least = [0]
        for j in range(1, len(ends)):
            first = max(0, j - _MOST_PARTS)
            floor, best = min(least[first:j]), _length(text)
            for i in range(j - 1, first - 1, -1):
                if least[i] < best:
                    part = text[ends[i] : ends[j]].strip(_AT_ENDS)
                    best = min(best, least[i] + self._whole(part, depth))
                if best <= floor:
                    break
            least.append(best)
        return least[-1]


def _in_language(texts: Iterable[str | tuple[str, str]], words: Catalogue) -> Iterator[str | tuple[str, ...]]:
    """Our own texts as a language has them; those with a number in each of its plural forms."""
    for asked in texts:
        if isinstance(asked, str):
            yield words.text(asked)
        else:
            yield words.plurals.get(asked[1]) or tuple(words.text(form) for form in asked)


@cache
def _ours(texts: frozenset[str | tuple[str, ...]]) -> KnownTexts:
    """What we say ourselves, worked out once for all programmes of a site."""
    ours = KnownTexts()
    for asked in texts:
        for text in (asked,) if isinstance(asked, str) else asked:
            ours.add(text, ours=True)
    return ours


@lru_cache(maxsize=65536)
def _length(key: str) -> int:
    return len(_WORD.findall(key))


def _said_by(programme: Programme, ledger: Ledger, words: Catalogue) -> Iterator[str]:
    """What a bundle says: its files as they are written, its tables, its claims with their slots said, its rules and sources."""
    for name, document in ledger.documents.items():
        # claims are taken as they stand in the ledger: one that is gone from it is said by nobody
        if name != "claims.yaml":
            yield from _texts(document.data)
    for table in ledger.tables.values():
        yield from table.header
        for row in table.rows:
            yield from (cell for cell in row.values() if cell)
    yield from _texts(ledger.selection)
    yield from _texts(ledger.claims)
    yield from _texts(list(ledger.facts))
    for plot in ledger.claims.trajectories:
        rows = ledger.tables[plot.table].rows if plot.group and plot.table in ledger.tables else ()
        yield from {
            f"{name} {row.get(plot.group or '')}"
            for row in rows
            for name in (plot.group, words.text(plot.group or ""))
        }
    for claim in ledger.claims.claims:
        yield sentence(claim)
        yield sentence(claim, words)
        yield (claim.sub_indication or "").replace("-", " ")
        yield from (piece.said.method for piece in pieces(claim) if piece.said and piece.said.method)
    for panel in ledger.claims.panels:
        yield panel.people.split(";")[0]
    for source in ledger.sources.values():
        yield from (source.citation, in_short(source.citation), str(source))
        yield (source.url or "").replace("https://", "")
        yield from _texts(source)
    for criterion in programme.eligibility.criteria:
        yield rule_words(programme.eligibility, criterion)
    # at its foot a page names the hash by its beginning, which may read like words (0ff6ac5bbf1e)
    yield from (ledger.hash, ledger.hash[:12], ledger.title, *ledger.banners)


def loose_sentences(html: str, known: KnownTexts) -> list[Sentence]:
    """What a page says and nobody answers for."""
    return [run for run in runs(html) if not known.answers_for(run.text)]
