"""A hundred of the replayed trials as dots: the number that reaches the headline is the number that the sentence names."""

from __future__ import annotations

from dataclasses import dataclass

from proband.trial.headline.result import HeadlineResult

#: most columns of dots on either side of the headline: six in all have room for their labels on a telephone
_MOST_COLUMNS = 3
#: letters of a label of which six columns have room
_SHORT = 4


@dataclass(frozen=True, slots=True)
class Column:
    """Dots that stand above one result, or above a range of them: ``reaches`` says whether these trials reach the headline."""

    label: str
    dots: int
    reaches: bool


def out_of_hundred(result: HeadlineResult) -> int:
    """How many of a hundred replayed trials reach the headline."""
    return round(100 * result.probability)


def columns(result: HeadlineResult) -> tuple[Column, ...]:
    """A hundred dots over the results in rising order; those that reach the headline are exactly :func:`out_of_hundred`.

    Each side of the headline is shared out by itself (largest remainders), so that rounding moves no dot across it.
    """
    fewer = result.direction == "at most"
    hair = 1e-9
    sides: list[list[tuple[float, int]]] = [[], []]
    for value, count in zip(result.values, result.frequencies, strict=True):
        reaches = value <= result.seen + hair if fewer else value >= result.seen - hair
        sides[reaches].append((value, count))
    hit = out_of_hundred(result)
    form = (
        "{:+.2g}"
        if result.is_change or (result.is_rate and result.control_people)
        else "{:,.0f}"
        if result.control_people is None
        else "{:+.0%}"
    )
    wide = max(len(form.format(value).replace("%", " %")) for value, _ in (*sides[0], *sides[1])) > _SHORT
    made = [
        _side(side, dots, reaches, form, _MOST_COLUMNS - wide)
        for side, dots, reaches in zip(sides, (100 - hit, hit), (False, True), strict=True)
    ]
    return (*made[1], *made[0]) if fewer else (*made[0], *made[1])


def _side(side: list[tuple[float, int]], dots: int, reaches: bool, form: str, most: int) -> list[Column]:
    if not side:
        # no replayed trial lies there; a dot that rounding leaves is one of the other side's neighbours
        return [Column("beyond", dots, reaches)] if dots else []
    groups = _grouped(side, most) if dots else [side]
    total = sum(count for group in groups for _, count in group)
    exact = [dots * sum(count for _, count in group) / total for group in groups]
    share = [int(v) for v in exact]
    for i in sorted(range(len(exact)), key=lambda i: share[i] - exact[i])[: dots - sum(share)]:
        share[i] += 1
    return [Column(_label(group, form), n, reaches) for group, n in zip(groups, share, strict=True)]


def _grouped(side: list[tuple[float, int]], most: int) -> list[list[tuple[float, int]]]:
    if len(side) <= most:
        return [[each] for each in side]
    low, high = side[0][0], side[-1][0]
    width = (high - low) / most
    groups: list[list[tuple[float, int]]] = [[] for _ in range(most)]
    for value, count in side:
        groups[min(int((value - low) / width), most - 1)].append((value, count))
    return [group for group in groups if group]


def _label(group: list[tuple[float, int]], form: str) -> str:
    ends = [form.format(v).replace("-", "−").replace("%", "\u00a0%") for v in (group[0][0], group[-1][0])]
    return ends[0] if ends[0] == ends[1] else f"{ends[0]} to {ends[1]}"


def in_words(result: HeadlineResult) -> str:
    """The dots as a sentence: what someone hears who does not see them."""
    parts = [f"{c.label}: {c.dots}" for c in columns(result)]
    return (
        f"A hundred of the {result.trials:,} replayed trials, by their result. {'; '.join(parts)}. "
        f"{out_of_hundred(result)} of 100 reach the headline."
    )
