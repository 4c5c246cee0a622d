"""Two endpoints at the same looks: against one endpoint alone, simulated paths, and the error that a careless rule does not hold."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from proband.analysis.result import AnalysisError
from proband.analysis.sequential.boundaries import SequentialDesign, spending
from proband.analysis.sequential.recursion import crossing
from proband.analysis.sequential.two_endpoints import coprimary, hierarchical

OBF = spending(2, 0.025, "obrien-fleming")
POCOCK = spending(2, 0.025, "pocock")


def simulated(
    first: SequentialDesign,
    second: SequentialDesign,
    r: float,
    drift: tuple[float, float],
    paths: int,
    seed: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Shares of paths that reject the first, the second (hierarchically), and both at one look, by look."""
    rng, times = np.random.default_rng(seed), first.fractions
    score = np.zeros((2, paths))
    one, two, both = np.zeros(paths, bool), np.zeros(paths, bool), np.zeros(paths, bool)
    out = np.zeros((3, len(times)))
    for k, dt in enumerate(np.diff(np.concatenate([[0.0], times]))):
        e = rng.normal(size=(2, paths))
        e[1] = r * e[0] + np.sqrt(1 - r**2) * e[1]
        score += np.array(drift)[:, None] * dt + np.sqrt(dt) * e
        above = score / np.sqrt(times[k]) >= np.array([[first.upper[k]], [second.upper[k]]])
        new = ~one & above[0]
        one |= above[0]
        late = one & ~two & above[1]
        two |= late
        now = ~both & above[0] & above[1]
        both |= now
        out[:, k] = new.mean(), late.mean(), now.mean()
    return out[0], out[1], out[2]


@pytest.mark.parametrize(("r", "drift"), [(0.5, (3.0, 2.5)), (-0.3, (2.0, 3.5))])
def test_probabilities_are_those_of_paths(r: float, drift: tuple[float, float]) -> None:
    paths = 200_000
    first, second, both = simulated(OBF, POCOCK, r, drift, paths, 3)
    exact, together = hierarchical(OBF, POCOCK, r, drift), coprimary(OBF, POCOCK, r, drift)
    for got, want in ((exact.first, first), (exact.second, second), (together.first, both)):
        assert (np.abs(got - want) < 4 * np.sqrt(got * (1 - got) / paths)).all()
    # the first endpoint is tested as if it were alone
    np.testing.assert_allclose(
        exact.first, crossing(OBF.fractions, np.full(2, -np.inf), OBF.upper, drift[0]).upper, atol=1e-9
    )
    assert together.both <= exact.both


def test_without_correlation_one_look_is_a_product() -> None:
    single = spending([1.0], 0.025, "pocock")
    alone = [float(crossing([1.0], [-np.inf], single.upper, d).upper[0]) for d in (2.0, 1.0)]
    for found in (hierarchical(single, single, 0.0, (2.0, 1.0)), coprimary(single, single, 0.0, (2.0, 1.0))):
        assert found.both == pytest.approx(alone[0] * alone[1], abs=1e-9)


def test_a_boundary_of_its_own_holds_the_error_of_the_second_and_a_careless_one_does_not() -> None:
    careless = replace(POCOCK, upper=np.full(2, 1.959964))
    honest = [
        hierarchical(OBF, POCOCK, r, (drift, 0.0)).both for r in (0.0, 0.9) for drift in (2.0, 5.0, 9.0)
    ]
    assert max(honest) <= 0.025 + 5e-6
    assert hierarchical(OBF, careless, 0.9, (5.0, 0.0)).both > 0.035
    # both endpoints without an effect: less than either
    assert coprimary(OBF, POCOCK, 0.5).both < 0.025 / 2


def test_what_is_no_pair_is_refused() -> None:
    for other, r in (
        (spending(3, 0.025, "pocock"), 0.0),
        (spending([0.4, 1.0], 0.025, "pocock"), 0.0),
        (POCOCK, 1.0),
        (POCOCK, float("nan")),
    ):
        for rule in (hierarchical, coprimary):
            with pytest.raises(AnalysisError, match="no pair of designs"):
                rule(OBF, other, r)


def test_monte_carlo_errors_fall_with_the_root_of_the_number_of_trials() -> None:
    """The spread of a simulated power over 60 repetitions, at 400, 1,600 and 6,400 trials: halved with each fourfold number, and as large as it says it is."""
    power = float(crossing(OBF.fractions, np.full(2, -np.inf), OBF.upper, 2.5).upper.sum())
    spreads = []
    for trials in (400, 1_600, 6_400):
        found = [
            simulated(OBF, POCOCK, 0.5, (2.5, 0.0), trials, 1000 * trials + at)[0].sum() for at in range(60)
        ]
        spreads.append(float(np.std(found, ddof=1)))
        # of 60 repetitions the spread itself is known to 9 %
        assert spreads[-1] == pytest.approx(np.sqrt(power * (1 - power) / trials), rel=0.35)
        assert abs(np.mean(found) - power) < 4 * spreads[-1] / np.sqrt(60)
    slope = np.polyfit(np.log([400, 1_600, 6_400]), np.log(spreads), 1)[0]
    assert slope == pytest.approx(-0.5, abs=0.12)
