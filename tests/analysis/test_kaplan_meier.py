"""The product-limit estimate against the trial that every textbook prints, R, and SciPy's own estimate."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import CensoredData, ecdf

from proband.analysis.kaplan_meier import kaplan_meier

# Freireich EJ et al. Blood 1963;21:699-716 as printed by Cox and Oakes, Analysis of Survival Data, 1984, table 1.1: weeks in
# remission under 6-mercaptopurine and under placebo
WEEKS = (6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35)
RELAPSED = (1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0)
PLACEBO = (1, 1, 2, 2, 3, 4, 4, 5, 5, 8, 8, 8, 8, 11, 11, 12, 12, 15, 17, 22, 23)

#: R 4.2, survival 3.5-3: survfit(Surv(t, e) ~ 1, conf.type = "log-log") and "plain": time, at risk, events, share,
#: standard error, log-log bounds, plain bounds
BY_R = (
    (6, 21, 3, 0.857143, 0.0763604, 0.619718, 0.951552, 0.707479, 1.000000),
    (7, 17, 1, 0.806723, 0.0869353, 0.563147, 0.922809, 0.636333, 0.977113),
    (10, 15, 1, 0.752941, 0.0963497, 0.503200, 0.889362, 0.564099, 0.941783),
    (13, 12, 1, 0.690196, 0.1068147, 0.431610, 0.849066, 0.480843, 0.899549),
    (16, 11, 1, 0.627451, 0.1140539, 0.367511, 0.804912, 0.403910, 0.850992),
    (22, 7, 1, 0.537815, 0.1282338, 0.267779, 0.746791, 0.286482, 0.789149),
    (23, 6, 1, 0.448179, 0.1345915, 0.188052, 0.680143, 0.184385, 0.711974),
)


def test_the_curve_that_textbooks_print_is_that_of_r() -> None:
    found = kaplan_meier(WEEKS, [bool(each) for each in RELAPSED])
    rows = np.column_stack(
        [found.times, found.at_risk, found.events, found.share, found.standard_error, *found.bounds(), *found.bounds(scale="plain")]
    )  # fmt: skip
    assert rows == pytest.approx(np.array(BY_R), abs=2e-6)
    assert found.people == 21
    assert list(found.censored) == [t for t, e in zip(WEEKS, RELAPSED, strict=True) if not e]
    assert found.at(15).estimate == pytest.approx(0.690196, abs=1e-6)
    assert (found.at(15).low, found.at(15).high) == pytest.approx((0.431610, 0.849066), abs=1e-6)
    assert found.at(3) == found.at(0)
    assert found.at(3).estimate == 1.0


def test_medians_and_their_intervals_are_those_of_r() -> None:
    """R: median 23 (13 to not reached) under 6-mercaptopurine, 8 (4 to 11) under placebo."""
    treated, placebo = (
        kaplan_meier(WEEKS, [bool(each) for each in RELAPSED]),
        kaplan_meier(PLACEBO, [True] * 21),
    )
    assert (treated.quantile(), *treated.quantile_interval()) == (23.0, 13.0, None)
    assert (placebo.quantile(), *placebo.quantile_interval()) == (8.0, 4.0, 11.0)
    assert treated.quantile(0.75) is None
    # the last one relapsed: the share is 0 and its error unknown, so the interval says everything
    assert placebo.share[-1] == 0.0
    assert math.isnan(placebo.standard_error[-1])
    assert (placebo.at(23).low, placebo.at(23).high) == (0.0, 1.0)


people = st.lists(st.tuples(st.integers(0, 12), st.booleans()), min_size=1, max_size=40)


@pytest.mark.filterwarnings("ignore:The confidence interval is undefined:RuntimeWarning")
@settings(deadline=None)
@given(people)
def test_every_curve_is_scipys(watched: list[tuple[int, bool]]) -> None:
    times, events = np.array([t for t, _ in watched], dtype=float), np.array([e for _, e in watched])
    found = kaplan_meier(times, events)
    curve = ecdf(CensoredData(uncensored=times[events], right=times[~events])).sf
    for time, share in zip(curve.quantiles, curve.probabilities, strict=True):
        assert found.at(time).estimate == pytest.approx(share, abs=1e-12)
    if events.any():
        bounds = curve.confidence_interval(method="log-log")
        inside = (curve.probabilities > 1e-9) & (curve.probabilities < 1)
        for time, low, high in zip(
            curve.quantiles[inside],
            bounds.low.probabilities[inside],
            bounds.high.probabilities[inside],
            strict=True,
        ):
            assert (found.at(time).low, found.at(time).high) == pytest.approx((low, high), abs=1e-9)


@given(people)
def test_nobody_is_lost_on_the_way(watched: list[tuple[int, bool]]) -> None:
    times, events = [float(t) for t, _ in watched], [e for _, e in watched]
    found = kaplan_meier(times, events)
    assert found.events.sum() + len(found.censored) == found.people == len(watched)
    assert found.at_risk_at(0) == len(watched)
    assert [found.at_risk_at(t) for t in found.times] == list(found.at_risk)
    assert np.all(np.diff(found.share) < 0) or len(found.share) < 2
    low, high = found.bounds()
    assert np.all((low <= found.share) & (found.share <= high))
    if not any(t == 0 and e for t, e in watched):
        # without censoring the estimate is the plain share of those who outlived the time
        free = kaplan_meier(times, [True] * len(times))
        for time in set(times):
            assert free.at(time).estimate == pytest.approx(sum(t > time for t in times) / len(times))


@pytest.mark.parametrize(
    ("watched", "events"), [((), ()), ((1.0,), (True, False)), ((-1.0,), (True,)), ((math.nan,), (True,)), ((math.inf,), (False,))]
)  # fmt: skip
def test_what_is_no_time_is_refused(watched: tuple[float, ...], events: tuple[bool, ...]) -> None:
    with pytest.raises(ValueError, match="time"):
        kaplan_meier(watched, events)


def test_nothing_is_said_of_a_time_at_which_nobody_was_watched() -> None:
    with pytest.raises(ValueError, match="nobody was watched"):
        kaplan_meier((1.0, 2.0), (True, False)).at(2.5)
    with pytest.raises(ValueError, match="confidence"):
        kaplan_meier((1.0, 2.0), (True, False)).at(1.0, confidence=95)
