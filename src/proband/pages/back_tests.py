"""The scoreboard of back-tests: what two frozen rules would have said of published studies, with every study that could not be tried."""

from __future__ import annotations

from proband.pages.rendering import document
from proband.trial.forecast.backtest import BackTestBoard, TriedForecast, TriedStudy
from proband.trial.forecast.prediction import ChanceOf

_TITLE = "What would have been said of published studies"
_BANNER = "RETROSPECTIVE, for ever: whoever wrote these forecasts knew how the studies ended."
#: the rules as the board names them
RULES = {"no-effect": "No effect", "earlier-studies": "As earlier studies"}


def back_tests_page(board: BackTestBoard) -> str:
    """The scoreboard as one page that loads nothing; “no effect” stands on it first."""
    tried = [each for each in board.studies if each.forecasts]
    rows = [
        (each.study, str(each.year or ""), each.question, _seen(each), RULES[f.rule], _said(f), f"{f.scores.crps:.3g}", f"{each.source} ({each.level})")
        for each in tried
        for f in each.forecasts
    ]  # fmt: skip
    left = [
        (each.study, each.question, each.why_not, each.source) for each in board.studies if not each.forecasts
    ]
    return document(
        "back_tests.html.j2", f"Proband: {_TITLE.lower()}", _TITLE, banners=[_BANNER], styles=("document",),
        context={"board": board, "rows": rows, "left": left, "names": RULES, "title": _TITLE},
    )  # fmt: skip


def _seen(study: TriedStudy) -> str:
    return f"{study.seen:g}" if study.kind == "count" else ("yes" if study.seen else "no")


def _said(forecast: TriedForecast) -> str:
    said = forecast.prediction
    if isinstance(said, ChanceOf):
        return f"{100 * said.probability:.3g} in a hundred"
    low, high = said.interval()
    return f"{low:.0f} to {high:.0f} of {said.people} (95 in a hundred)"
