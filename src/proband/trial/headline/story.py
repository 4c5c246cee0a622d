"""A whole story: which of its sentences make a claim that can be put to the test, and what was not understood of the others.

Nothing is guessed. A sentence is *understood* when the grammar reads all of it with the words of one outcome, beside the words that only say who
reports it. A sentence that holds a claim among other words is shown with both, and not answered: what was left out may have turned it
round. Everything else that carries a number is listed as not understood.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from proband.natural_history.questions import outcomes
from proband.programme import Programme
from proband.terms import ProbandError
from proband.trial.headline.grammar import Reader, grammar, tokens
from proband.trial.headline.meaning import HeadlineUnclear
from proband.trial.headline.reading import ReadHeadline, lexicon, read_headline

#: longest story that is looked through, in characters
LONGEST_STORY = 100_000
#: most words of one sentence in which a claim is looked for
_MOST_WORDS = 60
_WHO = r"(?:the |its |his |her |their )?(?:researchers?|doctors?|scientists?|authors?|team|study|trial|report|paper|company|hospital|university|investigators?)"
_SAYS = r"(?:said|say|says|reported?|reports|announced?|announces|wrote|writes|found|finds|showed|shows)"
#: words that say only who reports something
_REPORTED = (
    re.compile(rf"^{_WHO} {_SAYS}(?: on [a-z]+day)?(?: that|:|,)\s+", re.IGNORECASE),
    re.compile(rf"^according to {_WHO},\s+", re.IGNORECASE),
    re.compile(rf",\s+(?:{_WHO} {_SAYS}(?: on [a-z]+day)?|according to {_WHO})$", re.IGNORECASE),
)

#: what ends with a point and ends no sentence
_SHORT = re.compile(
    r"\b(?:[a-z]|vs|approx|ca|cf|drs?|mrs?|ms|prof|st|figs?|tab|nos?|nr|al|incl?|excl|resp|est|max|min|avg)\.$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class FoundClaim:
    """A claim in a story: the sentence, the part that was read, the outcome whose words it uses, the reading, and what was left out."""

    sentence: str
    text: str
    outcome: str
    read: ReadHeadline
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class UnreadSentence:
    """A sentence with a number that makes no claim that was understood, and why."""

    sentence: str
    why: str


@dataclass(frozen=True, slots=True)
class StoryReading:
    """What was found in a story: claims that were read whole, claims among words that were not read, and the rest that carries a number."""

    understood: tuple[FoundClaim, ...]
    partly: tuple[FoundClaim, ...]
    not_understood: tuple[UnreadSentence, ...]


def sentences(text: str) -> list[str]:
    """The sentences of a text; a point between digits, after a single letter or an abbreviation ends none, nor does the end of a line.

    A line may be wrapped before a number ("did not show that" / "2 of 7 improved"): only a blank line parts what no point does.
    """
    joined = re.sub(r"[ \t]+", " ", text.replace("\r\n", "\n").replace("\r", "\n"))
    parts: list[str] = []
    for piece in re.split(r"(?<=[.!?])[\"”’)]*\s+(?=[\"“‘(]*[A-Z0-9])|\n\s*\n", joined):
        if parts and _SHORT.search(parts[-1]):
            parts[-1] += " " + piece
        else:
            parts.append(piece)
    return [re.sub(r"\s+", " ", p).strip(' "“”') for p in parts if p.strip()]


def read_story(text: str, programme: Programme, *, outcome: str | None = None) -> StoryReading:
    """Find the claims of a story.

    Parameters
    ----------
    text
        The story, pasted or read from a file.
    programme
        Whose outcomes give the words.
    outcome
        Only this outcome's words, where it is known what the story speaks of.

    Raises
    ------
    HeadlineUnclear
        If the story is longer than :data:`LONGEST_STORY` characters.
    """
    if len(text) > LONGEST_STORY:
        raise HeadlineUnclear("trial.headline.story-long", longest=LONGEST_STORY)
    names = [outcome] if outcome is not None else list(outcomes(programme))
    whole: list[FoundClaim] = []
    partly: list[FoundClaim] = []
    rest: list[UnreadSentence] = []
    for sentence in sentences(text):
        if not any(t.number for t in tokens(sentence)) and not _counts_without_digits(sentence):
            continue
        bare = _without_reporter(sentence)
        found, why = _read_whole(bare, programme, names)
        if found:
            whole += [FoundClaim(sentence, bare, name, read) for name, read in found]
            continue
        inside = _read_inside(bare, programme, names)
        if inside is not None:
            partly.append(FoundClaim(sentence, *inside))
        else:
            rest.append(UnreadSentence(sentence, why))
    return StoryReading(tuple(whole), tuple(partly), tuple(rest))


def _counts_without_digits(sentence: str) -> bool:
    return bool(
        re.search(r"\b(?:half|none|all|third|quarter|most|dozen|hundreds?)\b", sentence, re.IGNORECASE)
    )


def _without_reporter(sentence: str) -> str:
    bare = sentence.rstrip(" .!")
    for pattern in _REPORTED:
        bare = pattern.sub("", bare)
    return bare.strip(' "“”')


def _read_whole(
    text: str, programme: Programme, names: Iterable[str]
) -> tuple[list[tuple[str, ReadHeadline]], str]:
    """Every outcome in whose own words the text is read whole; bare numbers name no outcome and count only where one was asked for."""
    found, why = [], "no claim in words that the grammar knows"
    asked = list(names)
    for name in asked:
        try:
            read = read_headline(text, programme, name)
        except HeadlineUnclear as error:
            if (
                error.code
                not in {"trial.headline.words", "trial.headline.form", "trial.headline.other-outcome"}
                or len(asked) == 1
            ):
                why = error.message
            continue
        except ProbandError as error:
            why = error.message
            continue
        if read.kind == "change" or read.said is not None or len(asked) == 1:
            found.append((name, read))
    return found, why


def _read_inside(
    text: str, programme: Programme, names: Iterable[str]
) -> tuple[str, str, ReadHeadline, tuple[str, ...]] | None:
    """The longest run of words that makes a claim, with its outcome, its reading and the words around it."""
    pieces = tokens(text)
    if len(pieces) > _MOST_WORDS or len(text) > 10 * grammar()["longest"]:
        return None
    known, best = outcomes(programme), None
    for name in names:
        reader = Reader(lexicon(known[name]))
        for first in range(len(pieces)):
            for last in range(len(pieces), first + 2, -1):
                if best is not None and last - first <= best[1] - best[0]:
                    break
                captured, _ = reader.read(pieces[first:last])
                if captured is None or not any(k.endswith(("said", ".d")) for k, _ in captured):
                    continue
                inside = " ".join(t.shown for t in pieces[first:last])
                try:
                    read = read_headline(inside, programme, name)
                except ProbandError:
                    continue
                best = (first, last, name, inside, read)
                break
    if best is None:
        return None
    first, last, name, inside, read = best
    around = (" ".join(t.shown for t in pieces[:first]), " ".join(t.shown for t in pieces[last:]))
    return inside, name, read, tuple(a for a in around if a)
