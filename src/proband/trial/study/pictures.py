"""Pictures of a board's reports, as data: how people came, what came first to each of them, what happened by arm. Nothing is drawn here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import accumulate
from typing import Any

from proband.analysis.first_events import FirstEvents
from proband.analysis.pictures import AnyPicture, Bar, BarGroup, BarPicture, PictureLine, ResultPicture
from proband.trial.study.counts import ArmCount


def accrual_picture(months: Mapping[str, int], planned: int) -> BarPicture | None:
    """How many of the planned people were allocated by the end of each month; None while there is nobody, or more than planned."""
    so_far = list(accumulate(months.values()))
    if not so_far or so_far[-1] > planned:
        return None
    groups = tuple(
        BarGroup(month, (Bar("allocated so far", count, planned),))
        for month, count in zip(months, so_far, strict=True)
    )
    return BarPicture("Allocated by the end of each month, of those planned", "people", groups)


def first_picture(title: str, arms: tuple[str, str | None], rows: Sequence[FirstEvents]) -> BarPicture | None:
    """What came first to everybody of each arm: the parts of a composite, competing events, and what is not known yet."""
    people = (sum(row.treated for row in rows), sum(row.controls or 0 for row in rows))
    groups = tuple(
        BarGroup(
            row.what,
            tuple(
                Bar(arm, count, of)
                for arm, count, of in zip(arms, (row.treated, row.controls or 0), people, strict=True)
                if arm is not None and of
            ),
        )
        for row in rows
    )
    return BarPicture(f"What came first, of everybody: {title}", "people", groups) if any(people) else None


def counts_picture(counts: Iterable[ArmCount]) -> ResultPicture | None:
    """What happened by arm, with the exact interval of each share."""
    lines = tuple(
        PictureLine(
            f"{each.what}, {each.arm}", 100 * each.events / each.people, 100 * each.low, 100 * each.high,
            f"{each.events} of {each.people}, 95% interval {100 * each.low:.0f} to {100 * each.high:.0f} in a hundred",
        )
        for each in counts
    )  # fmt: skip
    return ResultPicture("What happened, by arm", "people in a hundred", lines, None) if lines else None


def recorded(picture: AnyPicture | None) -> dict[str, Any] | None:
    """A picture as plain JSON values."""
    return None if picture is None else picture.record()


def report_pictures(
    counts: Iterable[ArmCount], splits: Mapping[str, Sequence[FirstEvents]], arms: Mapping[str, tuple[str, str | None]]
) -> dict[str, Any]:  # fmt: skip
    """The pictures of a report by arm: of what happened, and of what came first for each question."""
    return {
        "counts": recorded(counts_picture(counts)),
        "first": {id: recorded(first_picture(id, arms[id], rows)) for id, rows in splits.items()},
    }
