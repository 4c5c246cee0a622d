"""Every text of a ledger that somebody wrote and that a public page may print, each with its place: what rules of wording read."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

from proband.pages.ledger import Ledger
from proband.programme.claims import Claim, ClaimKind, PageSection
from proband.terms.yaml12 import KeyPath

#: claims that quote what is said to people, to warn of it or to ask about it …
_QUOTES = {ClaimKind.QUESTION, ClaimKind.RED_FLAG}
#: … and the parts of a page in which they do
_QUOTED_IN = {PageSection.OFFERED, PageSection.AFTERCARE}
#: where a name joins two words
_JOINED = re.compile(r"(?<=[a-z])(?=[A-Z])")


@dataclass(frozen=True, slots=True)
class PublicText:
    """One text: the file and key where it stands, the claim to which it belongs, and whether it quotes others to warn of them."""

    file: str
    path: KeyPath
    text: str
    claim: Claim | None = None
    #: a name, a label or a heading, and no sentence
    short: bool = False

    @property
    def quotes(self) -> bool:
        """Whether the text is a warning or a question about what is said elsewhere."""
        return self.claim is not None and self.claim.kind in _QUOTES and self.claim.section in _QUOTED_IN

    @property
    def labels(self) -> bool:
        """Whether the text is a label or heading of something that is told, and no name of a person or house."""
        return self.short and self.path[0] != "imprint" and self.path[-1] != "speaker"

    @property
    def where(self) -> str:
        """The text's place as a problem names it."""
        return f"claim {self.claim.id}" if self.claim else ".".join(map(str, self.path))


def public_texts(ledger: Ledger) -> Iterator[PublicText]:
    """All of them, in the order of the files; empty ones are left out."""
    return (each for each in _all(ledger) if each.text.strip())


def _all(ledger: Ledger) -> Iterator[PublicText]:
    claims = ledger.claims
    yield PublicText("claims.yaml", ("title",), claims.title, short=True)
    yield PublicText("claims.yaml", ("for_whom",), claims.for_whom, short=True)
    for i, claim in enumerate(claims.claims):
        yield PublicText("claims.yaml", ("claims", i, "text"), claim.text, claim)
        for key, text in (
            ("title", claim.title),
            ("outcome", claim.outcome),
            ("comparator", claim.comparator),
        ):
            yield PublicText("claims.yaml", ("claims", i, key), text or "", claim, short=True)
        for name, slot in claim.slots.items():
            if who := getattr(slot, "who", None):
                yield PublicText("claims.yaml", ("claims", i, "slots", name, "who"), who, claim, short=True)
        if claim.opinion:
            yield PublicText(
                "claims.yaml", ("claims", i, "opinion", "speaker"), claim.opinion.speaker, claim, short=True
            )
    for i, option in enumerate(claims.options):
        yield PublicText("claims.yaml", ("options", i, "name"), option.name, short=True)
        yield PublicText("claims.yaml", ("options", i, "about"), option.about)
    for i, panel in enumerate(claims.panels):
        for key, text in (
            ("outcome", panel.outcome),
            ("people", panel.people),
            ("time_frame", panel.time_frame),
        ):
            yield PublicText("claims.yaml", ("panels", i, key), text, short=True)
        yield PublicText("claims.yaml", ("panels", i, "caution"), panel.caution or "")
        for j, cell in enumerate(panel.cells):
            yield PublicText("claims.yaml", ("panels", i, "cells", j, "gap"), cell.gap or "")
    for i, flow in enumerate(claims.flows):
        yield PublicText("claims.yaml", ("flows", i, "title"), flow.title, short=True)
        for j, stage in enumerate(flow.stages):
            yield PublicText("claims.yaml", ("flows", i, "stages", j, "gap"), stage.gap or "")
    for i, plot in enumerate(claims.forests):
        yield PublicText("claims.yaml", ("forests", i, "title"), plot.title, short=True)
        yield PublicText("claims.yaml", ("forests", i, "axis"), plot.axis, short=True)
        for j, row in enumerate(plot.rows):
            yield PublicText("claims.yaml", ("forests", i, "rows", j, "label"), row.label, short=True)
    for i, figure in enumerate(claims.trajectories):
        for key, text in (("title", figure.title), ("x_label", figure.x_label), ("y_label", figure.y_label)):
            yield PublicText("claims.yaml", ("trajectories", i, key), text, short=True)
        yield PublicText("claims.yaml", ("trajectories", i, "caution"), figure.caution)
    for i, test in enumerate(claims.headlines):
        yield PublicText("claims.yaml", ("headlines", i, "why_these"), test.why_these)
    imprint = claims.imprint
    for key in ("written_by", "paid_by", "who_profits", "update_policy"):
        yield PublicText("claims.yaml", ("imprint", key), getattr(imprint, key), short=True)
    for i, change in enumerate(imprint.changes):
        yield PublicText("claims.yaml", ("imprint", "changes", i, "what"), change.what)
    for i, fact in enumerate(ledger.facts):
        yield PublicText("facts.yaml", ("facts", i, "statement"), fact.statement)


@lru_cache(maxsize=16384)
def folded(text: str) -> str:
    """A text as rules compare it: lower case, without accents, straight quotation marks, one space between words."""
    bare = text.replace("’", "'").replace("“", '"').replace("”", '"')
    if not bare.isascii():
        plain = unicodedata.normalize("NFKD", bare)
        bare = "".join(letter for letter in plain if not unicodedata.combining(letter))
    return re.sub(r"\s+", " ", bare).lower()


def as_read(text: str) -> tuple[str, ...]:
    """A text folded, and once more with the words apart that a name joins ("RestoreWalk" is read as two)."""
    return tuple(dict.fromkeys((folded(text), folded(_JOINED.sub(" ", text)))))


def sentences_of(text: str) -> list[str]:
    """The sentences of a text, slots in their braces kept whole."""
    return [each for each in re.split(r"(?<=[.!?])[\"')\]]*\s+", text.strip()) if each]
