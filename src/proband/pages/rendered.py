"""What must hold of every page as it is written: numbers resolve, nothing loads from elsewhere, banners stand, nothing forbidden."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from html import unescape
from typing import Any

from proband.pages.crawl import loose_numbers, unmarked
from proband.pages.ledger import Ledger
from proband.pages.rendering import Page
from proband.pages.tone import tone
from proband.programme.problems import Problem, bundle_problem
from proband.terms.errors import ErrorCode

#: bytes of a page without its drawings
LARGEST_PAGE = 300_000

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
_TAG = re.compile(r"<(script|style|svg)\b.*?</\1>|<[^>]+>", re.DOTALL | re.IGNORECASE)


def visible_text(html: str) -> str:
    """The running text of a page, without scripts, styles and drawings."""
    return re.sub(r"\s+", " ", unescape(_TAG.sub(" ", html)))


def check(
    page: Page, ledgers: Collection[Ledger], criteria: Collection[str] = (), *, public: bool = True
) -> Iterator[Problem]:
    """Problems of one page; ``public`` pages may hold no dose, supplier or preparation."""

    def broken(code: ErrorCode, line: int = 1, value: str = "", **parameters: Any) -> Problem:
        return bundle_problem(code, page.name, line, "", value=value, **parameters)

    for loose in loose_numbers(page.html, ledgers, criteria):
        yield broken("page.number-loose", loose.line, loose.text, number=loose.text, why=loose.why)
    for loose in unmarked(page.html, ledgers):
        yield broken("page.mark-missing", loose.line, loose.text, number=loose.text, why=loose.why)
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
            if public and not re.search(re.escape(banner[:40]), unescape(page.html)):
                yield broken("page.banner", value=banner[:40])
    if not public:
        return
    text = visible_text(page.html)
    if dose := tone().dose_in(text):
        yield broken("page.dose-shown", value=dose, dose=dose)
    low = text.lower()
    for ledger in ledgers:
        for hidden in ledger.hidden:
            if hidden in low:
                yield broken("page.making-shown", value=hidden[:40])
    for word, instead in tone().banned_in(visible_text(_RULE.sub(" ", page.html))):
        yield broken("page.word-shown", value=word, word=word, instead=instead)
