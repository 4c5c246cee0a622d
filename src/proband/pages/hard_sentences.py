"""Every printed sentence above the highest reading grade, one by one, the hardest first: an average hides the sentence that nobody understands."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from html import unescape

from proband.pages.public_texts import sentences_of
from proband.pages.reading import HIGHEST_GRADE, grade, words
from proband.pages.rendering import Page

#: sentences of fewer words are names, labels and answers: the indices are made for running text
FEWEST_WORDS_OF_A_SENTENCE = 7
#: what is no text of ours or of a claim: rules word for word, sources, quotations, tables of figures, and what is drawn or run
_NOT_READ = re.compile(
    r"<(script|style|svg|table|cite|head|nav|footer|noscript|form)\b.*?</\1>"
    r'|<span class="(?:cite|seen|mark)[^"]*".*?</span>'
    r"|<li data-criterion=.*?</li>",
    re.DOTALL | re.IGNORECASE,
)
_WITHIN = re.compile(r"</?(?:span|a|em|strong|b|i|abbr|time|sup|sub)\b[^>]*>", re.IGNORECASE)
_TAG = re.compile(r"<[^>]+>")


@dataclass(frozen=True, slots=True)
class HardSentence:
    """One printed sentence above the highest grade: on which page it stands first, and its grade."""

    page: str
    grade: float
    sentence: str


def printed_sentences(html: str) -> Iterator[str]:
    """The sentences of a page as they are printed, what is folded away included."""
    running = _WITHIN.sub("", _NOT_READ.sub("\n", html))
    for line in _TAG.sub("\n", running.replace("\n", " ")).splitlines():
        yield from sentences_of(" ".join(unescape(line).split()))


def hard_sentences(pages: Iterable[Page]) -> tuple[HardSentence, ...]:
    """The sentences above :data:`~proband.pages.reading.HIGHEST_GRADE` on some pages, each once, the hardest first."""
    found: dict[str, HardSentence] = {}
    for page in pages:
        for sentence in printed_sentences(page.html):
            read = sentence not in found and words(sentence) >= FEWEST_WORDS_OF_A_SENTENCE
            if read and (hard := grade(sentence)) > HIGHEST_GRADE:
                found[sentence] = HardSentence(page.name, hard, sentence)
    return tuple(sorted(found.values(), key=lambda one: (-one.grade, one.page, one.sentence)))
