"""Claims as HTML: every number bears the claim, slot, source and level that it came from, so that a crawler can follow it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

from markupsafe import Markup, escape

from proband.pages.catalogue import Catalogue
from proband.pages.ledger import Ledger
from proband.pages.tone import Term, glossary
from proband.pages.wording import Said, day_in_words, pieces
from proband.programme.claims import Claim, ClaimKind, Rating
from proband.programme.slots import CountSlot, RateSlot, SlotBase, View, places
from proband.terms import Level, Retraction, Source, weakest

#: what stands beside a figure that was not read in its source
MARKS = {
    Level.SECONDARY: "news only",
    Level.UNVERIFIED: "not checked",
    Level.INFERENCE: "our view",
    Level.DERIVED: "worked out",
    Level.DIGITISED: "read off a chart",
    Level.NOT_FOUND: "not found",
}
#: GRADE's ratings in words that a family can use
SURE = {
    Rating.HIGH: "We are sure of this.",
    Rating.MODERATE: "We are fairly sure. The truth is probably close to this.",
    Rating.LOW: "We are unsure. The truth may be quite different.",
    Rating.VERY_LOW: "We are very unsure. The truth may be very different.",
    Rating.NONE: "Nobody has looked in people.",
}
SHORT_SURE = {
    Rating.HIGH: "sure",
    Rating.MODERATE: "fairly sure",
    Rating.LOW: "unsure",
    Rating.VERY_LOW: "very unsure",
    Rating.NONE: "not studied in people",
}
DESIGNS = {
    "randomised": "groups chosen by lot",
    "concurrent-control": "compared with others, not by lot",
    "historical-control": "compared with the past",
    "no-control": "no comparison",
    "single-person": "one person",
    "pooled-mixed": "many studies, mixed",
    "observation": "people observed",
    "register": "register of patients",
}
BLINDINGS = {
    "blinded": "blinded",
    "assessor-blinded": "examiner did not know",
    "open": "everyone knew who got what",
    "not-reported": "blinding not reported",
}
TIME_NOT_GIVEN = "time not given"
SPECIES = {"human": "in people", "animal": "in animals", "cells": "in cells only"}
#: how many ratings a reason takes away, where it is more than one
WEIGHT = {2: "%(reason)s (counts twice)", 3: "%(reason)s (counts three times)"}
DOMAINS = {
    "risk-of-bias": "the way it was done",
    "inconsistency": "studies disagree",
    "indirectness": "other people or measures",
    "imprecision": "too few people",
    "publication-bias": "missing studies",
}


#: where a sentence ends within running text
_SENTENCE_END = re.compile(r"[.!?](?=\s|$)")


@dataclass
class Voice:
    """Turns claims into HTML for one page: remembers which clinical words the page has used, to explain them below."""

    ledger: Ledger
    catalogue: Catalogue = field(default_factory=Catalogue)
    explained: dict[str, Term] = field(default_factory=dict)
    #: sources that the page has told in full
    told: set[str] = field(default_factory=set)

    @cached_property
    def _terms(self) -> dict[str, Term]:
        """The clinical words as the page's language writes them, small, longest first."""
        found = {self.words(term.term).lower(): term for term in reversed(glossary())}
        return dict(sorted(found.items(), key=lambda item: -len(item[0])))

    def words(self, text: str, **values: object) -> str:
        """A fixed string in the page's language."""
        return self.catalogue.text(text, **values)

    def has_own_days(self, claim: Claim) -> bool:
        """Whether a claim was checked on another day, or goes stale on another, than the page says of all its lines."""
        page = self.ledger.claims
        return (claim.checked_on, claim.expires) != (page.checked_on, page.expires)

    def sentence(self, claim: Claim) -> Markup:
        """A claim's sentence: slots bear their origin, names with digits their meaning, clinical words a link."""
        parts = []
        for piece in pieces(claim, self.catalogue):
            if piece.said is None or piece.slot is None:
                parts.append(self.running(piece.text))
            else:
                parts.append(self.number(claim, piece.slot, piece.view.value, piece.text, piece.said))
        return Markup("").join(parts)

    def opening(self, claim: Claim) -> Markup:
        """The first sentence of a claim; where it counts nothing among some, also the one that says how high that could still be."""
        parts, wanted = [], bounds_of_nothing(claim)
        for piece in pieces(claim, self.catalogue):
            if piece.said is not None and piece.slot is not None:
                wanted.discard(piece.slot if piece.view is View.UPPER_BOUND else "")
                parts.append(self.number(claim, piece.slot, piece.view.value, piece.text, piece.said))
                continue
            end = next((found.end() for found in _SENTENCE_END.finditer(piece.text) if not wanted), None)
            parts.append(self.running(piece.text[:end]))
            if end is not None:
                break
        return Markup("").join(parts)

    def number(self, claim: Claim, slot: str, view: str, text: str, said: Said) -> Markup:
        """One slot as said, with its origin in data attributes and its mark where it was not read."""
        marked = said.level in {Level.SECONDARY, Level.UNVERIFIED} and not claim_is_marked(claim)
        kind = "n n-worked" if said.method or said.level in {Level.DERIVED, Level.DIGITISED} else "n"
        mark = self.mark(said.level) if marked else Markup("")
        seen = Markup("") if view == View.PLAIN else Markup(' data-view="{}"').format(view)
        return Markup(
            '<span class="{}" data-claim="{}" data-slot="{}"{} data-source="{}" data-level="{}">{}</span>{}'
        ).format(kind, claim.id, slot, seen, " ".join(said.sources), said.level.value, text, mark)

    def running(self, text: str) -> Markup:
        """Running text: escaped, names with digits wrapped, the first use of a clinical word linked to its meaning."""
        text = typographic(text)
        names = sorted(self.ledger.claims.names, key=len, reverse=True)
        # a sentence may begin with a name, and a heading may write it small: it is the same name
        by_case = {name.lower(): name for name in names}
        tokens = [re.escape(name) for name in names]
        terms = {word: term for word, term in self._terms.items() if term.term.lower() not in self.explained}
        tokens += [rf"\b{re.escape(word)}\b" for word in terms]
        if not tokens:
            return escape(text)
        parts, at = [], 0
        for found in re.finditer("|".join(tokens), text, re.IGNORECASE):
            word = found[0]
            if name := by_case.get(word.lower()):
                made = Markup('<span class="name" data-name="{}">{}</span>').format(name, word)
            else:
                term = terms[word.lower()]
                if term.term.lower() in self.explained:
                    continue
                self.explained[term.term.lower()] = term
                made = Markup('<a class="term" href="#word-{}">{}</a>').format(slug(term.term), word)
            parts += [escape(text[at : found.start()]), made]
            at = found.end()
        return Markup("").join([*parts, escape(text[at:])])

    def named(self, text: str) -> Markup:
        """A text with its names wrapped and no links: for headings, and for what stands inside a link."""
        text = typographic(text)
        names = sorted(self.ledger.claims.names, key=len, reverse=True)
        if not names:
            return escape(text)
        by_case = {name.lower(): name for name in names}
        parts = re.split("(" + "|".join(re.escape(name) for name in names) + ")", text, flags=re.IGNORECASE)
        wrapped = Markup('<span class="name" data-name="{}">{}</span>')
        return Markup("").join(
            wrapped.format(name, part) if (name := by_case.get(part.lower())) else escape(part)
            for part in parts
        )

    def mark(self, level: Level) -> Markup:
        """The visible mark of a level, with its meaning for those who cannot see it beside the figure."""
        if level not in MARKS:
            return Markup("")
        return Markup(' <span class="mark mark-{}" title="{}">{}</span>').format(
            level.value, self.words(level.meaning), self.words(MARKS[level])
        )

    def claim_mark(self, claim: Claim) -> Markup:
        """The mark of the weakest level behind a claim; a summary of the page's own claims says so."""
        level = claim.standing_level()
        if claim.kind is ClaimKind.SUMMARY and level is Level.DERIVED:
            return Markup(' <span class="mark mark-derived">{}</span>').format(self.words("our summary"))
        return self.mark(level)

    def weak_mark(self, *claims: Claim) -> Markup:
        """The mark of the weakest of some claims, where a figure of theirs stands alone and was not read in its source."""
        level = weakest(*(claim.standing_level() for claim in claims))
        return self.mark(level) if level in {Level.SECONDARY, Level.UNVERIFIED} else Markup("")

    def is_stale(self, claim: Claim) -> bool:
        """Whether the claim has gone stale on the page's day."""
        return claim.is_expired(self.ledger.on)

    def badges(self, claim: Claim) -> list[str]:
        """Species, design and blinding of a claim, in words, where they apply."""
        found = [SPECIES.get(claim.species), DESIGNS.get(claim.design)]
        found.append(BLINDINGS.get(claim.blinding) if claim.kind.value in {"benefit", "harm"} else None)
        if not claim.follow_up and claim.kind.value in {"benefit", "harm"} and _counts_people(claim):
            found.append(TIME_NOT_GIVEN)
        return [self.words(badge) for badge in found if badge]

    def reasons(self, claim: Claim) -> list[str]:
        """Why certainty is as low as it is."""
        if claim.certainty is None:
            return []
        found = []
        for down in claim.certainty.down:
            reason = self.words(DOMAINS[down.domain])
            if down.steps in WEIGHT:
                reason = self.words(WEIGHT[down.steps], reason=reason)
            found.append(f"{reason}: {self.words(down.why)}")
        return found

    def cited(self, claim: Claim) -> list[Source]:
        """The sources behind a claim, the chief one first; sources that do not exist are left out (a rule refuses them)."""
        return [self.ledger.sources[id] for id in claim.all_sources() if id in self.ledger.sources]

    def source(self, source: Source) -> Markup:
        """One citation: linked where it resolves, its level and retraction marked, with what was seen and who profits; named in short where the page told it before."""
        if source.id in self.told:
            return Markup('<span class="cite" data-source="{}"><a href="#src-{}">{}</a>{}{}</span>').format(
                source.id,
                slug(source.id),
                in_short(source.citation),
                self._retracted(source),
                self.mark(source.level),
            )
        self.told.add(source.id)
        link = source.link
        citation = (
            Markup('<a href="{}" rel="noreferrer external">{}</a>').format(link, source.citation)
            if link
            else escape(source.citation)
        )
        extra = []
        # most citations say their year; where one does not, or says another, the year is shown beside it
        if source.year is not None and str(source.year) not in source.citation:
            extra.append(self.words("Of %(year)s.", year=source.year))
        if source.seen:
            extra.append(self.words("Seen: %(what)s.", what=self.words(source.seen)))
        if interest := self.ledger.interest(source.id):
            extra.append(self.words("Interest: %(what)s.", what=self.words(interest)))
        retracted = self._retracted(source)
        stop = "" if source.citation.rstrip().endswith(".") else "."
        return Markup(
            '<span class="cite" id="src-{}" data-source="{}">{}{}{}{} <span class="seen">{}</span></span>'
        ).format(
            slug(source.id), source.id, citation, stop, retracted, self.mark(source.level), " ".join(extra)
        )

    def _retracted(self, source: Source) -> Markup:
        if source.retraction is not Retraction.RETRACTED:
            return Markup("")
        return Markup(' <strong class="retracted">{}</strong>').format(self.words("RETRACTED"))

    def methods(self, claim: Claim) -> list[str]:
        """How the figures of a claim that were worked out were worked out."""
        found = [piece.said.method for piece in pieces(claim) if piece.said and piece.said.method]
        notes = [slot.note for slot in claim.slots.values() if isinstance(slot, SlotBase) and slot.note]
        return [self.words(said) for said in dict.fromkeys([*found, *notes])]

    def read_by(self, claim: Claim) -> str:
        """By how many people the claim's figures were read in their source; nothing where none stands in a source."""
        read = [
            s.readers
            for s in claim.slots.values()
            if isinstance(s, SlotBase) and s.level is Level.READ and s.row
        ]
        if not read:
            return ""
        return (
            self.words("Figures read by two people.") if min(read) > 1 else self.words("Figures read once.")
        )

    def day(self, day: date) -> Markup:
        """A day as a time element that a crawler knows to be a date of the bundle."""
        return Markup('<time datetime="{}" data-meta="date">{}</time>').format(
            day.isoformat(), day_in_words(day.isoformat(), self.catalogue)
        )

    def words_used(self) -> list[Term]:
        """The clinical words that the page has used so far, by name."""
        return sorted(self.explained.values(), key=lambda term: term.term.lower())


def bounds_of_nothing(claim: Claim) -> set[str]:
    """The counts of nothing whose upper bound the text of a claim says."""
    bounded = {name for name, view in places(claim.text) if view is View.UPPER_BOUND}
    return {name for name in bounded if isinstance(slot := claim.slots[name], CountSlot) and slot.events == 0}


def _counts_people(claim: Claim) -> bool:
    """Whether a claim counts people: only then does it matter when they were counted."""
    return any(isinstance(slot, CountSlot | RateSlot) for slot in claim.slots.values())


def claim_is_marked(claim: Claim) -> bool:
    """Whether the mark behind the claim's sentence already covers its weakest figure."""
    return claim.standing_level() in {Level.SECONDARY, Level.UNVERIFIED}


def in_short(citation: str) -> str:
    """A citation up to its year, or its beginning: enough to know it again on the same page."""
    found = re.match(r".{4,70}?\b(?:19|20)\d\d\b", citation)
    return found[0] if found else citation if len(citation) < 60 else f"{citation[:56].rsplit(' ', 1)[0]} …"


def typographic(text: str) -> str:
    """A text with the quotation marks and apostrophes of print."""
    text = re.sub(r'"([^"]*)"', "“\\1”", text)
    return re.sub(r"(?<=\w)'(?=\w)|(?<=s)'(?=\s)", "’", text)


def slug(text: str) -> str:
    """A text as part of an id."""
    return re.sub(r"[^a-z0-9]+", "-", text.lower()).strip("-")


def source_ids(claims: Iterable[Claim]) -> str:
    """The sources of some claims as the value of a data attribute."""
    return " ".join(dict.fromkeys(id for claim in claims for id in claim.all_sources()))
