"""The reading grade of a text, with explained clinical words counted as their plain twin.

A page explains each clinical word that it uses, so the word does not weigh; everything else does. Two indices are taken and
the higher counts: Flesch-Kincaid, 0.39 x words / sentences + 11.8 x syllables / words - 15.59 (Kincaid et al. 1975), and the
Automated Readability Index, 4.71 x characters / words + 0.5 x words / sentences - 21.43 (Smith, Senter 1967). Words, sentences
and characters are counted as the library textstat 0.7 counts them (three expressions; the library brings 20 MB for other
indices), so that grades can be compared with published ones.
"""

from __future__ import annotations

import re
from functools import cache, lru_cache

from proband.pages.tone import glossary

#: the grade above which a section of a public page does not build
HIGHEST_GRADE = 8.0

#: an apostrophe that belongs to no contraction (isn't, she'd, it's, we've, they'll, you're) is a quotation mark
_QUOTATION_MARK = re.compile(r"'(?![tsd]|ve|ll|re)")


@lru_cache(maxsize=4096)
def plain_twin(text: str) -> str:
    """A text in which every explained clinical word stands as its plain twin."""
    low = text.lower()
    for term, pattern, twin in _twins():
        # a term that does not stand there at all is not looked for between its limits
        if term in low:
            text = pattern.sub(twin, text)
            low = text.lower()
    return text


@cache
def _twins() -> tuple[tuple[str, re.Pattern[str], str], ...]:
    return tuple(
        (term.term.lower(), re.compile(rf"\b{re.escape(term.term)}\b", re.IGNORECASE), term.counts_as)
        for term in glossary()
    )


@lru_cache(maxsize=4096)
def grade(text: str) -> float:
    """The school grade that a text asks of its reader (0 for a text without words): the higher of two indices.

    Takes plain sentences; a line without a full stop counts as one sentence.
    """
    lines = [line.strip() for line in plain_twin(text).splitlines() if line.strip()]
    ended = " ".join(line if line[-1] in ".!?:" else f"{line}." for line in lines)
    if not re.search(r"[A-Za-z]", ended):
        return 0.0
    per_sentence = words(ended) / sentences(ended)
    kincaid = 0.39 * per_sentence + 11.8 * syllables(ended) / words(ended) - 15.59
    return max(0.0, round(kincaid, 1), round(automated_readability_index(ended), 1))


def automated_readability_index(text: str) -> float:
    """The Automated Readability Index of an English text, not rounded (0 for an empty one).

    Characters are all that are no space, over whatever spaces divide: here a dash of its own is a word, since it is counted.
    """
    pieces = text.split()
    if not pieces:
        return 0.0
    return 4.71 * sum(map(len, pieces)) / len(pieces) + 0.5 * words(text) / sentences(text) - 21.43


def words(text: str) -> int:
    """Words: what spaces divide, punctuation taken away. Hyphenated words and contractions count as one."""
    return len(re.sub(r"[^\w\s']", "", _QUOTATION_MARK.sub("", text)).split())


def sentences(text: str) -> int:
    """Sentences: what ends with a full stop, an exclamation or a question mark and has three words or more; at least one."""
    return max(1, sum(words(sentence) > 2 for sentence in re.findall(r"\b[^.!?]+[.!?]*", text)))


def syllables(text: str) -> int:
    """Syllables of an English text: groups of vowels, less a silent final e, at least one for each word.

    A dictionary would have to be downloaded or carries a licence that does not fit; the rule errs towards more syllables,
    that is, towards a higher grade.
    """
    return sum(_word_syllables(word) for word in re.findall(r"[A-Za-z0-9']+", text))


@lru_cache(maxsize=16384)
def _word_syllables(word: str) -> int:
    letters = word.lower().strip("'")
    if letters.isdigit():
        return len(letters)
    if re.search(r"[^aeiou]e$", letters) and not re.search(r"[^aeiou]le$", letters):
        letters = letters[:-1]
    letters = re.sub(r"([^aeioudt])ed$", r"\1d", letters)
    letters = re.sub(r"([^aeiouscxz])es$", r"\1s", letters)
    groups = len(re.findall(r"[aeiouy]+", letters)) + len(re.findall(r"[iu]a|io(?!n)|eo|ia", letters))
    return max(1, groups)
