"""Reading a headline: "2 of 4", "17 of 50 against 0 of 20", "73 of 100 alive at 24 weeks against 56", "MELD fell by 2"."""

from __future__ import annotations

import re
from dataclasses import dataclass

from proband.terms import ProbandError


class HeadlineUnclear(ProbandError):
    """A headline cannot be read as counts or as a mean change."""


@dataclass(frozen=True, slots=True)
class ReportedGroup:
    """Events among people."""

    events: int
    people: int


@dataclass(frozen=True, slots=True)
class MeanChange:
    """A mean change; negative where the score fell."""

    change: float
    people: int


@dataclass(frozen=True, slots=True)
class ReadHeadline:
    """A headline as numbers.

    ``kind`` is ``counts`` or ``change``; the second arm is present for comparisons. ``word`` is what happened where
    the text says so (alive, died, improved, worse), ``measure`` the score of a mean change, ``time`` a time such as
    ``24w`` where the text gives one.
    """

    text: str
    kind: str
    arm: ReportedGroup | None = None
    control: ReportedGroup | None = None
    change: MeanChange | None = None
    control_change: MeanChange | None = None
    word: str | None = None
    measure: str | None = None
    time: str | None = None


_NUMBER_WORDS = {
    word: str(i)
    for i, word in enumerate(
        [
            "zero",
            "one",
            "two",
            "three",
            "four",
            "five",
            "six",
            "seven",
            "eight",
            "nine",
            "ten",
            "eleven",
            "twelve",
            "thirteen",
            "fourteen",
            "fifteen",
            "sixteen",
            "seventeen",
            "eighteen",
            "nineteen",
            "twenty",
        ]
    )
} | {"none": "0", "no": "0", "both": "2", "half": "half"}
_VERSUS = r"(?:against|versus|vs\.?|compared (?:with|to)|instead of)"
_COUNT = r"(\d+)\s*(?:of|out of|/|in|from)\s*(?:the\s+|all\s+)?(\d+)"
_TIME = re.compile(r"\b(?:at|after|over|within|in)\s+(\d+(?:\.\d+)?)\s*(days?|weeks?|months?|years?)\b")
_OUTCOME_WORDS = {
    "alive": ("alive", "survived", "survive", "surviving", "lived"),
    "died": ("died", "dead", "deaths"),
    "worse": ("worse", "worsened", "deteriorated"),
    "improved": ("improved", "better", "gained", "converted", "recovered", "responded"),
}


def _plain(text: str) -> str:
    lowered = text.strip().lower().replace("–", "-").replace("−", "-")
    lowered = re.sub(r"(?<=\d),(?=\d{3}\b)", "", lowered)
    return re.sub(r"\b[a-z]+\b", lambda m: _NUMBER_WORDS.get(m.group(0), m.group(0)), lowered)


def _time(text: str) -> tuple[str | None, str]:
    found = _TIME.search(text)
    if not found:
        return None, text
    unit = {"d": "d", "w": "w", "m": "m", "y": "y"}[found.group(2)[0]]
    return found.group(1) + unit, text[: found.start()] + " " + text[found.end() :]


def _word(text: str) -> str | None:
    for name, words in _OUTCOME_WORDS.items():
        if any(re.search(rf"\b{w}\b", text) for w in words):
            return name
    return None


def _arm(events: str, people: str, text: str) -> ReportedGroup:
    e, n = int(events), int(people)
    if n < 1:
        raise HeadlineUnclear("trial.headline.nobody", text=text, people=n)
    if n > 100_000:
        raise HeadlineUnclear("trial.headline.too-many", text=text, people=n)
    if e > n:
        raise HeadlineUnclear("trial.headline.impossible", events=e, people=n)
    return ReportedGroup(e, n)


_CHANGE = re.compile(
    r"^(?P<measure>[a-z][a-z0-9 .\-]*?)\s+(?P<verb>fell|dropped|declined|decreased|improved|worsened|rose|increased|gained|"
    r"grew|changed|went up|went down)\s*(?:by|of)?\s*(?P<sign>[+-])?(?P<size>\d+(?:\.\d+)?)\s*(?:points?|levels?|m|metres?)?"
    r"\s*(?:in|among|for|across)?\s*(?P<people>\d+)?\s*(?:people|patients|participants|children|adults)?"
    rf"(?:\s*{_VERSUS}\s*(?P<sign2>[+-])?(?P<size2>\d+(?:\.\d+)?)\s*(?:points?)?\s*(?:in\s*(?P<people2>\d+)\s*(?:people|"
    r"patients|controls)?)?)?\s*\.?$"
)
_DOWN = {"fell", "dropped", "declined", "decreased", "went down"}


def read_headline(text: str, *, people: int | None = None) -> ReadHeadline:
    """Read a headline.

    Parameters
    ----------
    text
        Counts ("2 of 4", "12/13", "two out of four"), two arms ("17 of 50 against 0 of 20"), survival ("73 of 100
        alive at 24 weeks against 56", where the second number shares the first denominator) or a mean change ("MELD
        fell by 2 points in 20 people").
    people
        Number of people of a mean change where the text does not say it.

    Raises
    ------
    HeadlineUnclear
        If the text is none of these, or the counts are impossible.
    """
    plain = _plain(text)
    time, rest = _time(plain)
    change = _CHANGE.match(re.sub(r"\s+", " ", rest).strip())
    if change:
        size = change.group("people") or (str(people) if people else None)
        if size is None:
            raise HeadlineUnclear("trial.headline.denominator", text=text)
        down = change.group("verb") in _DOWN
        first = _signed(change.group("sign"), change.group("size"), down)
        control_change = None
        if change.group("size2"):
            second = _signed(change.group("sign2"), change.group("size2"), down)
            control_change = MeanChange(second, int(change.group("people2") or size))
        if int(size) < 1:
            raise HeadlineUnclear("trial.headline.no-people", text=text)
        return ReadHeadline(
            text,
            "change",
            change=MeanChange(first, int(size)),
            control_change=control_change,
            measure=change.group("measure").strip(),
            time=time,
            word=change.group("verb"),
        )
    counts: list[tuple[str, str]] = re.findall(_COUNT, rest)
    if counts:
        if len(counts) > 2:
            raise HeadlineUnclear("trial.headline.groups", text=text, groups=len(counts))
        arm = _arm(counts[0][0], counts[0][1], text)
        control = None
        tail = re.search(rf"{_VERSUS}\s+(.*)$", rest)
        if len(counts) == 2:
            if not tail:
                raise HeadlineUnclear("trial.headline.against", text=text)
            control = _arm(counts[1][0], counts[1][1], text)
        elif tail:
            bare = re.match(r"(?:only\s+)?(\d+)\b", tail.group(1))
            if not bare:
                raise HeadlineUnclear("trial.headline.against-number", text=text)
            control = _arm(bare.group(1), str(arm.people), text)
        return ReadHeadline(text, "counts", arm=arm, control=control, word=_word(rest), time=time)
    raise HeadlineUnclear(
        "trial.headline.unreadable",
        text=text,
        counts=['"2 of 4"', '"17 of 50 against 0 of 20"'],
        change='"MELD fell by 2 points in 20 people"',
    )


def _signed(sign: str | None, size: str, down: bool) -> float:
    value = float(size)
    if sign == "-":
        return -value
    return -value if down else value
