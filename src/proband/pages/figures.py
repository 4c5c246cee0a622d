"""Charts of a page, made from its claims and tables; a chart shows nothing that a claim or table row does not say."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from proband.analysis.claimed import count_difference
from proband.pages.charts import Chart, ForestLine, GroupCourse, forest, trajectory
from proband.pages.ledger import Ledger
from proband.pages.markup import Voice, slug
from proband.pages.wording import say
from proband.programme.claims import Claim, Forest, StudyFlow, TrajectoryFigure
from proband.programme.slots import CountSlot, DifferenceSlot, NumberSlot, View
from proband.terms import ProbandError


class FigureError(ProbandError):
    """A chart cannot be drawn from the claim or table that it names."""


@dataclass(frozen=True, slots=True)
class StageView:
    """One stage of a flow: what is said, the claim and slot behind it, or the gap."""

    stage: str
    shown: str
    claim: Claim | None
    slot: str | None
    gap: str | None
    view: View = View.PLAIN


def flow_stages(ledger: Ledger, flow: StudyFlow, voice: Voice) -> list[StageView]:
    """The stages of a flow in their fixed order; a count at *assessed* shows its denominator, people otherwise."""
    found = []
    for stage in flow.stages:
        if stage.claim is None or stage.slot is None:
            found.append(StageView(stage.stage, "", None, None, voice.words(stage.gap or "")))
            continue
        claim = ledger.by_id[stage.claim]
        view = View.DENOMINATOR if isinstance(claim.slots[stage.slot], CountSlot) else View.PLAIN
        found.append(
            StageView(
                stage.stage, say(claim, stage.slot, view, voice.catalogue).text, claim, stage.slot, None, view
            )
        )
    return found


def completeness(flow: StudyFlow) -> tuple[int, int]:
    """How many stages of a flow are reported, of how many that apply; computed, never typed."""
    apply = [stage for stage in flow.stages if not (stage.gap or "").startswith("does not apply")]
    return sum(stage.claim is not None for stage in apply), len(apply)


def forest_chart(ledger: Ledger, plot: Forest, voice: Voice) -> Chart:
    """A forest plot of differences per hundred, or of numbers with intervals.

    Raises
    ------
    FigureError
        If a row's slot has no interval.
    """
    lines = []
    for row in plot.rows:
        claim = ledger.by_id[row.claim]
        slot = claim.slots[row.slot]
        if isinstance(slot, DifferenceSlot):
            found = count_difference(claim, slot)
            values = (found.estimate * 100, found.low * 100, found.high * 100)
        elif (
            isinstance(slot, NumberSlot)
            and slot.value is not None
            and slot.low is not None
            and slot.high is not None
        ):
            values = (slot.value, slot.low, slot.high)
        else:
            raise FigureError("pages.figure.interval", chart=plot.id, claim=row.claim, slot=row.slot)
        words = f"{say(claim, row.slot, View.PLAIN, voice.catalogue).text} ({say(claim, row.slot, View.INTERVAL, voice.catalogue).text})"
        lines.append(ForestLine(voice.words(row.label), *values, words))
    return forest(
        f"forest-{slug(plot.id)}",
        voice.words(plot.title),
        voice.words(plot.axis),
        tuple(lines),
        plot.null_line,
    )


def trajectory_chart(ledger: Ledger, plot: TrajectoryFigure, voice: Voice) -> Chart:
    """A natural-history table of the bundle as bands over time.

    Raises
    ------
    FigureError
        If the table is missing, lacks a column, or no row fits ``where``.
    """
    table = ledger.tables.get(plot.table)
    if table is None:
        raise FigureError("pages.figure.table", chart=plot.id, table=plot.table)
    columns = [plot.time, plot.centre, plot.spread, *plot.where, *([plot.group] if plot.group else [])]
    if missing := [column for column in columns if column not in table.header]:
        raise FigureError("pages.figure.columns", chart=plot.id, table=plot.table, columns=missing)
    rows = [
        row
        for row in table.rows
        if all(row[key] == value for key, value in plot.where.items())
        and row[plot.centre]
        and row[plot.spread]
    ]
    groups = sorted({str(row[plot.group]) for row in rows}) if plot.group else [""]
    bands = [
        _band(plot, group, [row for row in rows if not plot.group or row[plot.group] == group], voice)
        for group in groups
    ]
    if not rows:
        raise FigureError("pages.figure.rows", chart=plot.id, table=plot.table)
    limits = (0.0, 100.0) if all(b.centre[i] <= 100 for b in bands for i in range(len(b.centre))) else None
    return trajectory(
        f"trajectory-{slug(plot.id)}",
        voice.words(plot.title),
        tuple(bands),
        voice.words(plot.x_label),
        voice.words(plot.y_label),
        limits,
        catalogue=voice.catalogue,
    )


def _band(
    plot: TrajectoryFigure, group: str, rows: Sequence[dict[str, str | None]], voice: Voice
) -> GroupCourse:
    ordered = sorted(rows, key=lambda row: float(row[plot.time] or 0))
    name = f"{voice.words(plot.group or '')} {group}".strip()
    people = tuple(int(float(n)) if (n := row.get("n")) else None for row in ordered)
    return GroupCourse(
        name,
        tuple(float(row[plot.time] or 0) for row in ordered),
        tuple(float(row[plot.centre] or 0) for row in ordered),
        tuple(float(row[plot.spread] or 0) for row in ordered),
        people,
    )
