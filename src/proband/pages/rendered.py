"""What must hold of every page as it is written: numbers resolve, nothing loads from elsewhere, banners stand, nothing forbidden."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from html import unescape

from proband.pages.crawl import loose_numbers, unmarked
from proband.pages.ledger import Ledger
from proband.pages.rendering import Page
from proband.pages.tone import tone
from proband.programme.problems import Problem

#: bytes of a page without its drawings
LARGEST_PAGE = 300_000

_LOADS = re.compile(
    r"<(?:link|img|iframe|object|embed|audio|video|source)\b|@import|url\(|<script[^>]*\bsrc=|\bsrcset=|\bping=",
    re.IGNORECASE,
)
_STYLE_ATTRIBUTE = re.compile(r"<[^>]+\sstyle=", re.IGNORECASE)
_HANDLER = re.compile(r"<[^>]+\son[a-z]+=", re.IGNORECASE)
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

    def problem(message: str, mend: str, code: str, line: int = 1, value: str = "") -> Problem:
        return Problem(page.name, line, "", message, mend, code, value=value)

    for loose in loose_numbers(page.html, ledgers, criteria):
        yield problem(
            f"{loose.text!r} {loose.why}.",
            "put the number into a slot, a fact or a table with its source",
            "page.number-loose",
            loose.line,
            loose.text,
        )
    for loose in unmarked(page.html, ledgers):
        yield problem(
            f"{loose.text!r} {loose.why}.",
            "show the mark of its level in the same block",
            "page.mark-missing",
            loose.line,
            loose.text,
        )
    for pattern, what in (
        (_LOADS, "loads something"),
        (_STYLE_ATTRIBUTE, "has a style attribute"),
        (_HANDLER, "has an event handler"),
    ):
        body = re.sub(r"(<(script|style)\b[^>]*>).*?</\2>", r"\1", page.html, flags=re.DOTALL)
        if found := pattern.search(body):
            yield problem(
                f"the page {what}: {found[0][:60]}",
                "pages load nothing and keep to their policy",
                "page.loads",
                value=found[0][:60],
            )
    if "Content-Security-Policy" not in page.html:
        yield problem(
            "the page has no content security policy.", "render it through the base template", "page.policy"
        )
    if page.weight > LARGEST_PAGE:
        yield problem(
            f"the page weighs {page.weight:,} bytes without drawings.",
            f"stay below {LARGEST_PAGE:,}",
            "page.heavy",
            value=str(page.weight),
        )
    for ledger in ledgers:
        for banner in ledger.banners:
            if public and not re.search(re.escape(banner[:40]), unescape(page.html)):
                yield problem(
                    "a banner that every page of the programme bears is missing.",
                    "render it through the base template",
                    "page.banner",
                    value=banner[:40],
                )
    if not public:
        return
    text = visible_text(page.html)
    if dose := tone().dose_in(text):
        yield problem(
            f"{dose!r} reads like a dose, a supplier or a preparation.",
            "leave it out",
            "page.dose",
            value=dose,
        )
    low = text.lower()
    for ledger in ledgers:
        for hidden in ledger.hidden:
            if hidden in low:
                yield problem(
                    "a text on making or storing the product stands on the page.",
                    "leave it out",
                    "page.dose",
                    value=hidden[:40],
                )
    for word, instead in tone().banned_in(visible_text(_RULE.sub(" ", page.html))):
        yield problem(f"{word!r} sells hope.", f"say instead: {instead}", "page.banned-word", value=word)
