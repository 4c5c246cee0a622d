"""A change that a score cannot show is refused, whatever the direction, and what has no known scale says so."""

from __future__ import annotations

import re
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from benchmarks import calibration
from benchmarks.calibration import programme_of

from proband.natural_history.conditions import Conditions
from proband.natural_history.kinds.forecasts import UNKNOWN_SCALE
from proband.natural_history.questions import outcomes
from proband.programme import Programme, load
from proband.programme.natural_history import TableAnswer
from proband.trial.headline import headline
from proband.trial.headline.meaning import HeadlineUnclear
from shipped import loaded

_ACUTE = {"baseline": "A", "level": "cervical", "baseline_window": "14-28d", "follow_up": "1y"}
#: programme, outcome, who, and the width of the score's scale
SCALES: dict[str, tuple[str, dict[str, str], float]] = {
    "motor-score-change": ("spinal-cord-autologous", _ACUTE, 100),
    "uems-change": ("spinal-cord-autologous", _ACUTE, 50),
    "lems-change": ("spinal-cord-autologous", _ACUTE, 50),
    "light-touch-change": ("spinal-cord-autologous", _ACUTE, 112),
    "pinprick-change": ("spinal-cord-autologous", _ACUTE, 112),
    "meld-change": ("liver-cells", {"baseline": "cirrhosis", "follow_up": "24w"}, 34),
    "score-change": ("own", {"follow_up": "12m"}, 30),
}


def _text(outcome: str, programme: Programme, change: float, more: str = "") -> str:
    words = outcomes(programme)[outcome].words
    assert words is not None
    return (
        f"{words.measure[0]} {'rose' if change > 0 else 'fell'} by {abs(change):g} points in 12 people{more}"
    )


def test_every_score_of_the_bundles_is_tried() -> None:
    for bundle in ("spinal-cord-autologous", "liver-cells", "own"):
        programme = programme_of(bundle)
        changes = {name for name, o in outcomes(programme).items() if o.kind == "change"}
        assert changes == {name for name, (b, _, _) in SCALES.items() if b == bundle}


@pytest.mark.parametrize("outcome", SCALES)
@pytest.mark.parametrize("sign", [1, -1])
def test_a_change_beyond_the_scale_is_refused(outcome: str, sign: int) -> None:
    bundle, who, width = SCALES[outcome]
    programme = programme_of(bundle)
    ask: dict[str, Any] = {"programme": programme, "outcome": outcome, **who, "trials": 200}
    for told in (
        _text(outcome, programme, sign * (width + 1)),
        _text(outcome, programme, sign * 2, f" against {width + 40:g} in 9"),
    ):
        with pytest.raises(HeadlineUnclear) as refused:
            headline(told, **ask)
        assert refused.value.code == "trial.headline.beyond"
        assert f"{width:g}" in refused.value.message
    # the whole scale is rare, and possible
    whole = headline(_text(outcome, programme, sign * width), **ask)
    assert whole.probability < 0.01


def test_in_paraplegia_the_upper_limbs_are_full() -> None:
    ask: dict[str, Any] = {"programme": loaded("spinal-cord-autologous"), "outcome": "motor-score-change", **_ACUTE, "level": "thoracic"}  # fmt: skip
    with pytest.raises(HeadlineUnclear, match=r"\+60"):
        headline("motor score rose by 60 points in 12 people", **ask)
    assert headline("motor score rose by 40 points in 12 people", **ask).probability < 0.01


def test_a_table_that_names_no_scale_says_that_nothing_would_be_noticed(tmp_path: Path) -> None:
    page = (calibration.DOC.parent / "natural-history.md").read_text(encoding="utf-8")
    folder = tmp_path / "own"
    copytree(calibration.DOC.parent.parent / "tests" / "bundles" / "minimal", folder)
    for file, text in re.findall(
        r'```(?:yaml|csv) title="(natural_history/[a-z]+\.(?:yaml|csv))"\n(.*?)```', page, re.DOTALL
    ):
        (folder / file).write_text(text.replace("    scale: [0, 30]\n", ""), encoding="utf-8")
    for programme, known in ((load(folder), False), (programme_of("own"), True)):
        ask = outcomes(programme)["score-change"].changes
        assert ask is not None
        ((_, forecast),) = ask(programme, Conditions(follow_up="12m"), 12)
        assert (forecast.reach is not None) == known
        assert (UNKNOWN_SCALE not in forecast.assumptions) == known


def test_a_scale_stands_the_right_way_round_and_only_where_there_is_a_score() -> None:
    given = {"kind": "change", "better": "more", "event": "the score changed", "times": (0, 12)}
    assert TableAnswer.model_validate({**given, "scale": (0, 30)}).scale == (0, 30)
    for wrong in ({"scale": (30, 0)}, {"scale": (5, 5)}, {"scale": (0, 30), "kind": "share"}):
        with pytest.raises(ValueError, match="scale"):
            TableAnswer.model_validate({**given, **wrong})
