"""The league of forecasts as a page: how far off they were, whether chances meant what they said, 'no effect' beside each."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from proband.pages.charts.forest import ForestLine, forest
from proband.pages.charts.svg import Chart
from proband.pages.rendering import document
from proband.trial.forecast.league import Board, League

_TITLE = "What was forecast, and what came"


def board_data(board: Board) -> dict[str, Any]:
    """A board as plain JSON values."""
    return asdict(board)


def calibration_chart(board: Board, id: str) -> Chart | None:
    """Said against happened, with exact intervals; None where no forecast of a yes or no was scored."""
    if not board.reliability:
        return None
    lines = tuple(
        ForestLine(
            f"Said {100 * bar.low:.0f} to {100 * bar.high:.0f} in a hundred ({bar.n})",
            100 * bar.happened / bar.n, 100 * bar.interval[0], 100 * bar.interval[1],
            f"said {100 * bar.said:.0f} in a hundred on average; {bar.happened} of {bar.n} came true "
            f"(95 % interval {100 * bar.interval[0]:.0f} to {100 * bar.interval[1]:.0f} in a hundred)",
        )
        for bar in board.reliability
    )  # fmt: skip
    return forest(id, "How often it came true, by what was said", "Came true, in a hundred", lines, null=None)


def league_page(league: League) -> str:
    """The league as one page that loads nothing: sealed forecasts first, retrospective ones apart."""
    boards = [
        (title, board, calibration_chart(board, f"calibration-{at}"))
        for at, (title, board) in enumerate(
            (
                ("Sealed before the first dose", league.sealed),
                ("Retrospective, for ever", league.retrospective),
            ),
            start=1,
        )
    ]
    rows = [
        (
            each.document.hash[:12], each.document.made_by, each.document.made_on.isoformat(),
            "retrospective" if each.retrospective else "sealed in time", each.document.prediction.said(), f"{each.seen:g}",
            f"{each.scores.crps:.3g}", f"{each.null.crps:.3g}", "yes" if each.inside else "no",
        )
        for each in league.forecasts
    ]  # fmt: skip
    return document(
        "forecast_league.html.j2", f"Proband: {_TITLE.lower()}", _TITLE,
        context={"league": league, "boards": boards, "rows": rows, "investigators": league.investigators, "title": _TITLE},
    )  # fmt: skip
