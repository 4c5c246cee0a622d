"""Whom a question is about, in words: a baseline or a mix of them, times, calendar years, and what tells people apart."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from proband.natural_history.domain import QuestionUnclear

#: mean length of a month in days
MONTH = 30.4375
#: the conditions that every question has → their names on the command line
_NAMED = {
    "baseline": "baseline",
    "level": "level",
    "window": "baseline-window",
    "follow_up": "follow-up",
    "era": "era",
}


@dataclass(frozen=True, slots=True)
class Conditions:
    """Whom a question is about, as texts in the field's words; what a model needs and lacks, it asks for.

    ``baseline`` is the grade, stage, score or disease at the start (a mix carries counts: ``A:6,B:2,C:5``), ``level`` a second
    thing that tells the people of some tables apart, ``window`` the time from the start to the first examination, ``follow_up``
    the time to the last one, ``era`` the calendar years, ``where`` anything else by which the bundle's tables tell people apart.
    """

    baseline: str | None = None
    level: str | None = None
    window: str | None = None
    follow_up: str | None = None
    era: str | None = None
    where: Mapping[str, str] = field(default_factory=dict)

    def get(self, name: str) -> str:
        """What is said of that name, stripped; empty where nothing is."""
        given = self.where.get(name) or (getattr(self, name, None) if name in _NAMED else None)
        return (given or "").strip()

    def need(self, name: str, example: str) -> str:
        """A condition that the model cannot do without.

        Raises
        ------
        QuestionUnclear
            If it is not given.
        """
        self.need_all({name: example})
        return self.get(name)

    def need_all(self, examples: Mapping[str, str]) -> None:
        """All conditions that a model cannot do without, by name with an example.

        Raises
        ------
        QuestionUnclear
            Naming every one that is not given.
        """
        missing = [name for name in examples if not self.get(name)]
        if missing:
            first = {name: examples[name].split(",")[0].split(" or ")[0] for name in missing}
            raise QuestionUnclear(
                "natural_history.question.needed",
                what=[_NAMED.get(name, name) for name in missing],
                example=[
                    f"--{_NAMED[name]} {first[name]!r}"
                    if name in _NAMED
                    else f"--where {name + '=' + first[name]!r}"
                    for name in missing
                ],
                details={"needed": missing},
            )


def refuse_twice(mix: str, names: Iterable[str]) -> None:
    """Refuse a mix that names one kind of people twice: one of the two counts is probably another kind's.

    Raises
    ------
    QuestionUnclear
        Naming it.
    """
    seen: set[str] = set()
    for name in names:
        word = "".join(name.casefold().split())
        if word in seen:
            raise QuestionUnclear("natural_history.question.mix-twice", mix=mix, name=name)
        seen.add(word)


def parse_mix(text: str, people: int | None, what: str) -> list[tuple[str, int]]:
    """A baseline or a mix of baselines with counts, as (name, people); of whom there are none is left out."""
    parts = [p.strip() for p in text.split(",") if p.strip()]
    if len(parts) == 1 and not re.search(r":\s*\d+\s*$", parts[0]):
        return [(parts[0], people or 1)]
    out = []
    for part in parts:
        found = re.fullmatch(r"(.+?)\s*:\s*(\d+)", part)
        if not found:
            raise QuestionUnclear(
                "natural_history.question.mix-counts", mix=text, what=what, example="X:12,Y:8"
            )
        out.append((found.group(1), int(found.group(2))))
    refuse_twice(text, (name for name, _ in out))
    if people is not None and sum(n for _, n in out) != people:
        raise QuestionUnclear(
            "natural_history.question.mix-sum", what=None, mix=text, sum=sum(n for _, n in out), people=people
        )
    return [(name, n) for name, n in out if n]


def parse_duration_days(text: str) -> float:
    """A time such as ``14d``, ``6w``, ``6m`` (months) or ``1y`` in days.

    Raises
    ------
    QuestionUnclear
        If the text is no such time.
    """
    found = re.fullmatch(
        r"\s*(\d+(?:\.\d+)?)\s*(d|days?|h|hours?|w|weeks?|m|mo|months?|y|years?)?\s*", text.lower()
    )
    if not found:
        raise QuestionUnclear(
            "natural_history.question.unreadable", text=text, kind="a time", example="14d, 6w, 6m or 1y"
        )
    unit = (found.group(2) or "d")[0]
    return float(found.group(1)) * {"h": 1 / 24, "d": 1.0, "w": 7.0, "m": MONTH, "y": 365.25}[unit]


def parse_window(text: str) -> tuple[float, float]:
    """The window of the first examination in days after the start: ``14-28d`` is (14, 28); ``30d`` is (0, 30).

    A year or more by itself is that time, not all the time up to it: nobody is first examined at some time in five years.
    """
    parts = re.split(r"\s*(?:-|–|to)\s*", text.strip())
    if len(parts) == 1:
        days = parse_duration_days(parts[0])
        return (days if days >= 365.0 else 0.0), days
    if len(parts) != 2 or not all(parts):  # "-5d" is no window up to day 5
        raise QuestionUnclear(
            "natural_history.question.unreadable", text=text, kind="a window", example="14-28d or 12-24m"
        )
    unit = re.sub(r"[\d.\s]", "", parts[1])
    low = parts[0] if re.search(r"[a-z]", parts[0].lower()) else parts[0] + unit
    first, last = parse_duration_days(low), parse_duration_days(parts[1])
    if first > last:
        raise QuestionUnclear("natural_history.question.order", what="window", text=text, unit="day")
    return first, last


def parse_era(text: str | None) -> tuple[float, float] | None:
    """Calendar years as a range: ``2013-2015``, ``2014`` or ``2010s``; ``None`` where no era is given."""
    if text is None or not text.strip():
        return None
    word = text.strip().replace("–", "-")
    decade = re.fullmatch(r"((?:19|20)\d)0s", word)
    if decade:
        start = float(decade.group(1) + "0")
        return start, start + 9.0
    years = re.fullmatch(r"((?:19|20)\d\d)(?:-((?:19|20)\d\d))?", word)
    if not years:
        raise QuestionUnclear(
            "natural_history.question.unreadable",
            text=text,
            kind="an era",
            example="2013-2015, 2014 or 2010s",
        )
    first = float(years.group(1))
    last = float(years.group(2) or years.group(1))
    if first > last:
        raise QuestionUnclear("natural_history.question.order", what="era", text=text, unit="year")
    return first, last
