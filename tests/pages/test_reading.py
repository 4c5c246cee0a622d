"""The counts behind the reading grade, as textstat 0.7.13 makes them."""

from __future__ import annotations

import pytest

from proband.pages.reading import automated_readability_index, grade, sentences, syllables, words

#: text, and words, sentences and Automated Readability Index by textstat 0.7.13
COUNTED = [
    ("Nobody is treated.", 3, 1, 5.19),
    (
        "\"It's hers,\" she said. 'No!' We can't know. They've asked 2.5 times – twice.",
        13,
        4,
        1.39,
    ),
    (
        "A mother-of-three isn't a 'case' but a person... Is she? Yes. She'll decide; we're only asking.",
        16,
        2,
        6.12,
    ),
    ("Out of 100 people, 37 got better without it!\nThat is why we count first", 15, 2, 0.218),
    (
        "Chain of identity – from before collection to the last label – is never broken. It’s checked.",
        15,
        1,
        7.403529,
    ),
]


@pytest.mark.parametrize(("text", "of_words", "of_sentences", "index"), COUNTED)
def test_counts_are_those_of_textstat(text: str, of_words: int, of_sentences: int, index: float) -> None:
    assert (words(text), sentences(text)) == (of_words, of_sentences)
    assert automated_readability_index(text) == pytest.approx(index, abs=1e-6)


def test_a_text_without_words_has_no_grade() -> None:
    assert grade("") == grade("– 12 –") == 0.0
    assert automated_readability_index("") == 0.0


def test_the_higher_of_the_two_indices_counts() -> None:
    text = "Nobody is treated."
    kincaid = round(0.39 * 3 + 11.8 * syllables(text) / 3 - 15.59, 1)
    assert grade(text) == max(kincaid, 5.2)
