"""The reading grade of a text, with explained clinical words counted as their plain twin.

A page explains each clinical word that it uses, so the word does not weigh; everything else does. Two indices are taken and
the higher counts: Flesch-Kincaid, 0.39 x words / sentences + 11.8 x syllables / words - 15.59 (Kincaid et al. 1975), with
words and sentences from textstat and syllables by rule, and the Automated Readability Index of textstat.
"""

from __future__ import annotations

import re
from functools import cache

from proband.pages.tone import glossary

#: the grade above which a section of a public page does not build
HIGHEST_GRADE = 8.0


def plain_twin(text: str) -> str:
    """A text in which every explained clinical word stands as its plain twin."""
    for pattern, twin in _twins():
        text = pattern.sub(twin, text)
    return text


@cache
def _twins() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple(
        (re.compile(rf"\b{re.escape(term.term)}\b", re.IGNORECASE), term.counts_as) for term in glossary()
    )


def grade(text: str) -> float:
    """The school grade that a text asks of its reader (0 for a text without words): the higher of two indices.

    Takes plain sentences; a line without a full stop counts as one sentence.
    """
    import textstat

    lines = [line.strip() for line in plain_twin(text).splitlines() if line.strip()]
    ended = " ".join(line if line[-1] in ".!?:" else f"{line}." for line in lines)
    words: int = textstat.lexicon_count(ended)
    sentences: int = textstat.sentence_count(ended)
    if not words or not sentences or not re.search(r"[A-Za-z]", ended):
        return 0.0
    kincaid = 0.39 * words / sentences + 11.8 * syllables(ended) / words - 15.59
    automated: float = textstat.automated_readability_index(ended)
    return max(0.0, round(kincaid, 1), round(automated, 1))


def syllables(text: str) -> int:
    """Syllables of an English text: groups of vowels, less a silent final e, at least one for each word.

    A dictionary would have to be downloaded or carries a licence that does not fit; the rule errs towards more syllables,
    that is, towards a higher grade.
    """
    return sum(_word_syllables(word) for word in re.findall(r"[A-Za-z0-9']+", text))


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
