"""Boundaries of group-sequential designs and their operating characteristics.

References
----------
O'Brien PC, Fleming TR. Biometrics 1979;35:549-556. Pocock SJ. Biometrika 1977;64:191-199. Wang SK, Tsiatis AA. Biometrics 1987;43:193-199.
Haybittle JL. Br J Radiol 1971;44:793-797. Lan KKG, DeMets DL. Biometrika 1983;70:659-663. Kim K, DeMets DL. Biometrika 1987;74:149-154.
Hwang IK, Shih WJ, De Cani JS. Stat Med 1990;9:1439-1445. Pampallona S, Tsiatis AA, Kim K. Drug Inf J 2001;35:1113-1121 (β-spending).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri

from proband.analysis.given import share
from proband.analysis.result import AnalysisError
from proband.analysis.sequential.recursion import CrossingProbabilities, Path, crossing

Array = NDArray[np.float64]

#: spending functions: share of information → share of the error spent
SPENDING = ("obrien-fleming", "pocock", "kim-demets", "hwang-shih-decani")
#: boundaries of a given shape, whose constant is found
SHAPES = ("obrien-fleming", "pocock", "wang-tsiatis", "haybittle-peto")


def spend(function: str, error: float, fraction: float, gamma: float = 0.0) -> float:
    """Cumulative (one-sided) error spent at an information fraction."""
    if fraction >= 1:
        return error
    if function == "obrien-fleming":
        return float(2 * ndtr(ndtri(error / 2) / np.sqrt(fraction)))
    if function == "pocock":
        return float(error * np.log1p((np.e - 1) * fraction))
    if function == "kim-demets":
        return float(error * fraction**gamma)
    if function == "hwang-shih-decani":
        return float(error * (fraction if gamma == 0 else np.expm1(-gamma * fraction) / np.expm1(-gamma)))
    raise AnalysisError("analysis.choice", what="spending function", value=function, known=list(SPENDING))


@dataclass(frozen=True, slots=True)
class SequentialDesign:
    """Bounds of Z at each look.

    Attributes
    ----------
    fractions
        Information at each look as a share of the last (K,).
    upper, lower
        Efficacy and futility (or, two-sided, the mirrored) bounds; −∞ where there is none. Futility is non-binding: it is not counted in
        the error.
    alpha, sided
        Error of all looks together, one- or two-sided.
    drift
        Effect times √(last information) at which ``power`` is reached; NaN where no power was asked for.
    inflation
        Last information over that of a design without looks.
    """

    fractions: Array
    upper: Array
    lower: Array
    alpha: float
    sided: int
    power: float = float("nan")
    drift: float = float("nan")
    inflation: float = float("nan")

    def at(self, drift: float, *, follow_futility: bool = True) -> CrossingProbabilities:
        """Crossing probabilities where the effect times √(last information) is ``drift``."""
        lower = self.lower if follow_futility or self.sided == 2 else np.full_like(self.lower, -np.inf)
        return crossing(self.fractions, lower, self.upper, drift)

    @property
    def alpha_spent(self) -> Array:
        """Cumulative error under no effect (two-sided where the design is)."""
        under = self.at(0.0, follow_futility=False)
        out: Array = np.cumsum(under.upper + (under.lower if self.sided == 2 else 0.0))
        return out

    def expected_information(self, drift: float) -> float:
        """Expected information as a share of the last."""
        under = self.at(drift)
        stop = under.upper + under.lower
        stop[-1] += under.none
        return float(stop @ self.fractions)


def shaped(
    looks: int | Sequence[float],
    alpha: float,
    shape: str,
    *,
    sided: int = 1,
    delta: float = 0.0,
    constant: float = 3.0,
) -> SequentialDesign:
    """Bounds c·t^(Δ − ½) (O'Brien–Fleming Δ = 0, Pocock Δ = ½, Wang–Tsiatis any), or Haybittle and Peto's constant before the last look."""
    fractions = _fractions(looks)
    _sides(alpha, sided)
    if shape not in SHAPES:
        raise AnalysisError("analysis.choice", what="shape of boundary", value=shape, known=list(SHAPES))

    def bounds(c: float) -> Array:
        if shape == "haybittle-peto":
            return np.concatenate([np.full(len(fractions) - 1, constant), [c]])
        power = {"obrien-fleming": 0.0, "pocock": 0.5}.get(shape, delta)
        out: Array = c * fractions ** (power - 0.5)
        return out

    def error(c: float) -> float:
        upper = bounds(c)
        under = crossing(fractions, -upper if sided == 2 else np.full_like(upper, -np.inf), upper)
        return float(under.upper.sum() + (under.lower.sum() if sided == 2 else 0.0))

    c = _root(lambda value: error(value) - alpha, 0.2, 10.0)
    upper = bounds(c)
    return SequentialDesign(
        fractions, upper, -upper if sided == 2 else np.full_like(upper, -np.inf), alpha, sided
    )


def spending(
    looks: int | Sequence[float],
    alpha: float,
    function: str | Sequence[float],
    *,
    gamma: float = 0.0,
    sided: int = 1,
    power: float | None = None,
    futility: str | None = None,
    futility_gamma: float = 0.0,
) -> SequentialDesign:
    """Bounds by error spending; ``function`` may be the cumulative error at each look. ``futility`` spends 1 − power, non-binding."""
    fractions = _fractions(looks)
    _sides(alpha, sided)
    one_sided = alpha / sided
    if isinstance(function, str):
        spent = np.array([spend(function, one_sided, float(t), gamma) for t in fractions])
    else:
        spent = np.asarray(function, dtype=float) / sided
    upper, path = np.empty(len(fractions)), Path(0.0)
    for k, t in enumerate(fractions):
        increment = float(spent[k] - (spent[k - 1] if k else 0.0))
        here = path

        def excess(b: float, here: Path = here, t: float = float(t), increment: float = increment) -> float:
            return here.tails(t, -b if sided == 2 else -np.inf, b)[1] - increment

        upper[k] = _root(excess, -8.0 if sided == 1 else 0.0, 8.5) if increment > 1e-16 else np.inf
        path = path.advance(float(t), -upper[k] if sided == 2 else -np.inf, upper[k])
    none = np.full_like(upper, -np.inf)
    design = SequentialDesign(fractions, upper, -upper if sided == 2 else none, alpha, sided)
    if power is None:
        return design
    return with_power(design, power, futility=futility, gamma=futility_gamma)


def with_power(
    design: SequentialDesign, power: float, *, futility: str | None = None, gamma: float = 0.0
) -> SequentialDesign:
    """The design with the drift that gives ``power``, and with non-binding futility bounds by β-spending where asked for."""
    beta = 1 - share("power", power)
    fixed = float(ndtri(1 - design.alpha / design.sided) + ndtri(power))
    if futility is None:
        drift = _root(lambda d: power - float(design.at(d).upper.sum()), 0.5 * fixed, 2.5 * fixed)
        return _powered(design, design.lower, power, drift, fixed)

    def lowest(drift: float) -> tuple[Array, float]:
        """Futility bounds at a drift, and by how much the last look spends less than is left."""
        path, lower, before = Path(drift), np.empty(len(design.fractions)), 0.0
        for k, t in enumerate(design.fractions[:-1]):
            target = spend(futility, beta, float(t), gamma)
            lower[k] = _futility(path, float(t), target - before, float(design.upper[k]))
            path, before = path.advance(float(t), lower[k], design.upper[k]), target
        lower[-1] = design.upper[-1]
        return lower, (beta - before) - path.tails(1.0, design.upper[-1], np.inf)[0]

    drift = _root(lambda d: -lowest(d)[1], 0.6 * fixed, 2.5 * fixed)
    return _powered(design, lowest(drift)[0], power, drift, fixed)


def _futility(path: Path, information: float, increment: float, upper: float) -> float:
    """The bound below which ``increment`` of the paths fall; the upper bound where fewer are left."""
    if path.tails(information, upper, np.inf)[0] <= increment:
        return upper
    return _root(lambda a: increment - path.tails(information, a, np.inf)[0], -8.5, upper)


def _powered(
    design: SequentialDesign, lower: Array, power: float, drift: float, fixed: float
) -> SequentialDesign:
    return SequentialDesign(
        design.fractions, design.upper, lower, design.alpha, design.sided, power, drift, (drift / fixed) ** 2
    )


def _sides(alpha: float, sided: int) -> None:
    share("error", alpha)
    if sided not in (1, 2):
        raise AnalysisError("analysis.choice", what="number of sides", value=sided, known=["1", "2"])


def _fractions(looks: int | Sequence[float]) -> Array:
    out = np.arange(1, looks + 1) / looks if isinstance(looks, int) else np.asarray(looks, dtype=float)
    if len(out) == 0 or out[0] <= 0 or (np.diff(out) <= 0).any() or abs(out[-1] - 1) > 1e-12:
        raise AnalysisError("analysis.sequential.looks", looks=[float(v) for v in np.atleast_1d(out)])
    return np.asarray(out, dtype=np.float64)


def _root(function: Callable[[float], float], low: float, high: float) -> float:
    """Root of a falling function (or of a rising one) by Brent's method."""
    from scipy.optimize import brentq

    return float(brentq(function, low, high, xtol=1e-13, rtol=1e-14))
