"""The words of a question about spinal cord injury: levels of injury, and grades with their mix."""

from __future__ import annotations

import re
from dataclasses import dataclass

from proband.natural_history.conditions import refuse_twice
from proband.natural_history.domain import OutsideDomain, QuestionUnclear

_LEVEL_WORDS = {
    "cervical": "tetraplegia",
    "tetraplegia": "tetraplegia",
    "tetra": "tetraplegia",
    "c": "tetraplegia",
    "t1-9": "T1-9",
    "high-thoracic": "T1-9",
    "high-paraplegia": "T1-9",
    "t10-12": "T10-12",
    "low-thoracic": "T10-12",
    "low-paraplegia": "T10-12",
    "thoracic": "T1-12",
    "t1-12": "T1-12",
    "paraplegia": "paraplegia",
    "all": "all",
    "any": "all",
}


def parse_level(text: str) -> str:
    """A level of injury in the model's words: ``tetraplegia``, ``T1-9``, ``T10-12``, ``T1-12``, ``paraplegia`` or ``all``.

    Accepts the groups' names and single segments (``C5``, ``T4``, ``T11``).

    Raises
    ------
    OutsideDomain
        For lumbar and sacral injuries: the published rows do not separate them.
    QuestionUnclear
        If the text is not a level.
    """
    word = text.strip().lower().replace("–", "-").replace(" ", "-")
    if word in _LEVEL_WORDS:
        return _LEVEL_WORDS[word]
    if re.fullmatch(r"(l[1-5]?|s[1-5]?|lumbar|sacral|conus|cauda-equina)", word):
        raise OutsideDomain(
            f"injuries at level {text}",
            nearest="levels T10-12",
            differs=["published series do not separate lumbar and sacral injuries"],
            missing=["grade conversion by grade for lumbar or sacral levels, with counts"],
        )
    single = re.fullmatch(r"([ct])(\d{1,2})", word)
    if single:
        part, number = single.group(1), int(single.group(2))
        if part == "c" and 1 <= number <= 8:
            return "tetraplegia"
        if part == "t" and 1 <= number <= 9:
            return "T1-9"
        if part == "t" and number <= 12:
            return "T10-12"
    raise QuestionUnclear(
        "natural_history.question.word",
        text=text,
        kind="a level of injury",
        words="cervical, T1-9, T10-12, thoracic, paraplegia, all, or a segment such as C5 or T11",
    )


@dataclass(frozen=True, slots=True)
class GradeQuestion:
    """What is asked of the model: window and follow-up in days after injury, calendar years or ``None``."""

    window: tuple[float, float]
    follow_up: float
    era: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True)
class GradeStratum:
    """People of one baseline grade and level group, and how many of them."""

    grade: str
    level: str
    people: int


def parse_strata(baseline: str, level: str, total: int | None) -> tuple[GradeStratum, ...]:
    """The case mix: ``"A"`` or ``"A:6,B:2,C:5"`` with a level that may itself be a mix, ``"cervical:3,T1-9:1"``.

    When both grade and level are mixed, their counts are crossed in proportion (stated as an assumption by the caller).

    Raises
    ------
    QuestionUnclear
        If counts do not add up to ``total`` or a grade is unknown.
    OutsideDomain
        For grade E, which cannot improve, and for lumbar and sacral levels.
    """
    grades = _counted(baseline, total, "grade")
    levels = _counted(level, total, "level")
    people = total if total is not None else sum(c or 0 for _, c in grades) or None
    out: list[GradeStratum] = []
    for grade, count in grades:
        g = grade.upper().removeprefix("AIS").strip()
        if g == "E":
            raise OutsideDomain(
                "people with AIS grade E at baseline",
                nearest="grades A to D",
                differs=["grade E is normal: it cannot improve on this scale"],
            )
        if g not in {"A", "B", "C", "D"}:
            raise QuestionUnclear(
                "natural_history.question.word",
                text=grade,
                kind="an AIS grade",
                words="A, B, C or D, or a mix such as A:6,B:2",
            )
        size = count if count is not None else (people or 1)
        for part, share in _cross(levels, size):
            if share:
                out.append(GradeStratum(g, parse_level(part), share))
    return tuple(out)


def _counted(text: str, total: int | None, what: str) -> list[tuple[str, int | None]]:
    pieces = [p.strip() for p in text.split(",") if p.strip()]
    if not pieces:
        raise QuestionUnclear("natural_history.question.not-given", what=what)
    out: list[tuple[str, int | None]] = []
    for piece in pieces:
        name, _, number = piece.partition(":")
        if number and not number.strip().isdigit():
            raise QuestionUnclear(
                "natural_history.question.unreadable",
                text=piece,
                kind=f"a {what} with a count",
                example="A:6,B:2,C:5",
            )
        out.append((name.strip(), int(number) if number else None))
    refuse_twice(text, (name.upper().removeprefix("AIS") for name, _ in out))
    counts = [c for _, c in out if c is not None]
    if len(out) > 1 and len(counts) < len(out):
        raise QuestionUnclear("natural_history.question.mix-counts", mix=text, what=what, example="A:6,B:2")
    # a single one with a count must fit too: "A:1" is not the four people of "2 of 4"
    if counts and total is not None and sum(counts) != total:
        raise QuestionUnclear(
            "natural_history.question.mix-sum", what=what, mix=text, sum=sum(counts), people=total
        )
    return out


def _cross(levels: list[tuple[str, int | None]], size: int) -> list[tuple[str, int]]:
    if len(levels) == 1:
        return [(levels[0][0], size)]
    total = sum(c or 0 for _, c in levels)
    exact = [(name, size * (c or 0) / total) for name, c in levels]
    floors = [int(v) for _, v in exact]
    order = sorted(range(len(exact)), key=lambda i: floors[i] - exact[i][1])
    for i in order[: size - sum(floors)]:
        floors[i] += 1
    return [(name, f) for (name, _), f in zip(exact, floors, strict=True)]
