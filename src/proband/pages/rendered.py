"""What must hold of every page as it is written: numbers resolve, nothing loads from elsewhere, banners stand, nothing forbidden."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from html import unescape
from typing import Any

from proband.pages.catalogue import Catalogue
from proband.pages.crawl import loose_numbers, unmarked
from proband.pages.fact_box import MOST_WORDS
from proband.pages.ledger import Ledger
from proband.pages.reading import HIGHEST_GRADE, grade
from proband.pages.rendering import Page
from proband.pages.statements import KnownTexts, loose_sentences
from proband.pages.tone import tone
from proband.programme.problems import Problem, bundle_problem
from proband.terms.errors import ErrorCode

#: bytes of a page without its drawings
LARGEST_PAGE = 150_000

_LOADS = re.compile(
    r"<(?:link|img|iframe|object|embed|audio|video|source)\b|@import|url\(|<script[^>]*\bsrc=|\bsrcset=|\bping=",
    re.IGNORECASE,
)
_STYLE_ATTRIBUTE = re.compile(r"<[^>]+\sstyle=", re.IGNORECASE)
_HANDLER = re.compile(r"<[^>]+\son[a-z]+=", re.IGNORECASE)
#: what a page may not hold, as it asks for something or runs something
_NOT_ITS_OWN: dict[re.Pattern[str], ErrorCode] = {
    _LOADS: "page.loads",
    _STYLE_ATTRIBUTE: "page.style-attribute",
    _HANDLER: "page.event-handler",
}
#: a protocol's own rule may say "cured five years ago"; it promises nothing
_RULE = re.compile(r"<li data-criterion=.*?</li>", re.DOTALL)
#: the title of a story that is quoted: templates alone make it, and it is nobody's claim
_QUOTED = re.compile(r"<cite\b.*?</cite>", re.DOTALL)
#: a part whose printed words are graded, by its id
_GRADED = re.compile(r'<section\b[^>]*\bdata-graded\b[^>]*\bid="([^"]+)".*?</section>', re.DOTALL)
_TAG = re.compile(r"<(script|style|svg)\b.*?</\1>|<[^>]+>", re.DOTALL | re.IGNORECASE)


def visible_text(html: str) -> str:
    """The running text of a page, without scripts, styles and drawings."""
    return re.sub(r"\s+", " ", unescape(_TAG.sub(" ", html)))


def _doses(html: str, ledgers: Collection[Ledger]) -> Iterator[str]:
    """What reads like a dose. The limit of a criterion is none, unless the criterion names what is given."""
    if dose := tone().dose_in(visible_text(_RULE.sub(" ", html))):
        yield dose
    names = {name for ledger in ledgers for name in ledger.given}
    for rule in _RULE.findall(html):
        words = visible_text(rule)
        if (dose := tone().dose_in(words)) and any(name in words.lower() for name in names):
            yield dose


def unfolded(html: str) -> str:
    """A page or a part of one without what is folded away in it."""
    return re.sub(r"<details\b.*?</details>", " ", html, flags=re.DOTALL)


def box_words(html: str) -> int:
    """How many words the fact box of a page holds in view; 0 where there is none."""
    box = re.search(r'<section class="fact".*?</section>', html, re.DOTALL)
    return len(visible_text(box[0]).split()) if box else 0


def printed_grades(html: str) -> dict[str, float]:
    """The reading grade of each part that is marked as graded, over what is printed there and not folded away, a line to a line."""
    found = {}
    for part in _GRADED.finditer(html):
        seen = re.sub(r"<h[23]\b.*?</h[23]>", " ", unfolded(part[0]), flags=re.DOTALL)
        lines = re.split(r"</(?:li|p)>", seen)
        found[part[1]] = grade("\n".join(visible_text(line).strip() for line in lines))
    return found


def check(
    page: Page,
    ledgers: Collection[Ledger],
    criteria: Collection[str] = (),
    *,
    known: KnownTexts | None = None,
    public: bool = True,
    catalogue: Catalogue | None = None,
) -> Iterator[Problem]:
    """Problems of one page; ``known`` is who answers for its sentences, ``public`` pages may hold no dose, supplier or preparation.

    ``catalogue`` is that of the page's language (English). Grades are those of English, and are taken of no other language.
    """
    words = catalogue or Catalogue()

    def broken(code: ErrorCode, line: int = 1, value: str = "", **parameters: Any) -> Problem:
        return bundle_problem(code, page.name, line, "", value=value, **parameters)

    for loose in loose_numbers(page.html, ledgers, criteria, catalogue):
        yield broken("page.number-loose", loose.line, loose.text, number=loose.text, why=loose.why)
    for loose in unmarked(page.html, ledgers):
        yield broken("page.mark-missing", loose.line, loose.text, number=loose.text, why=loose.why)
    for said in loose_sentences(page.html, known) if known else ():
        yield broken("page.sentence-loose", said.line, said.text[:80], sentence=said.text[:200])
    body = re.sub(r"(<(script|style)\b[^>]*>).*?</\2>", r"\1", page.html, flags=re.DOTALL)
    for pattern, code in _NOT_ITS_OWN.items():
        if found := pattern.search(body):
            yield broken(code, value=found[0][:60], found=found[0][:60])
    if "Content-Security-Policy" not in page.html:
        yield broken("page.policy")
    if page.weight > LARGEST_PAGE:
        yield broken("page.heavy", value=str(page.weight), weight=page.weight, largest=LARGEST_PAGE)
    for ledger in ledgers:
        for banner in ledger.banners:
            if public and words.text(banner)[:40] not in unescape(page.html):
                yield broken("page.banner", value=banner[:40])
    if not public:
        return
    text = visible_text(page.html)
    for dose in _doses(page.html, ledgers):
        yield broken("page.dose-shown", value=dose, dose=dose)
    if (length := box_words(page.html)) > MOST_WORDS:
        yield broken("page.box-long", value=str(length), words=length, most=MOST_WORDS)
    for part, hard in printed_grades(page.html).items() if words.language == "en" else ():
        if hard > HIGHEST_GRADE:
            yield broken("page.printed-grade", value=part, part=part, grade=hard, highest=HIGHEST_GRADE)
    low = text.lower()
    for ledger in ledgers:
        for hidden in ledger.hidden:
            if hidden in low:
                yield broken("page.making-shown", value=hidden[:40])
    for word, instead in tone().banned_in(visible_text(_QUOTED.sub(" ", _RULE.sub(" ", page.html)))):
        yield broken("page.word-shown", value=word, word=word, instead=instead)
