# mypy: disable-error-code="no-any-return"
# elements of arrays are Any to mypy
"""Numba: covariance structures with first and second derivatives, by element of Σ (lower triangle, row by row).

Heterogeneous structures have standard deviations and correlations as parameters, homogeneous ones a single standard deviation; the
unstructured covariance is its own elements. ``structures.py`` is the plain twin (with variances, as SAS has them): estimates and
linear Kenward–Roger inference do not depend on that choice.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from proband.analysis.compiled import compiled

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]

#: structures that the batch kernel knows → (code, heterogeneous)
CODES = {
    "us": (0, True),
    "toep": (1, False),
    "toeph": (1, True),
    "ar1": (2, False),
    "ar1h": (2, True),
    "cs": (3, False),
    "csh": (3, True),
    "ad": (4, False),
    "adh": (4, True),
}


@compiled
def parameters(code: int, heterogeneous: bool, visits: int) -> int:
    """How many parameters a structure has."""
    if code == 0:
        return visits * (visits + 1) // 2
    scale = visits if heterogeneous else 1
    return scale + (visits - 1 if code in (1, 4) else 1)


@compiled
def correlation(code: int, rho: Array, lag_from: int, lag_to: int) -> float:
    """Correlation of two visits."""
    lag = abs(lag_from - lag_to)
    if lag == 0:
        return 1.0
    if code == 1:
        return rho[lag - 1]
    if code == 2:
        return rho[0] ** lag
    if code == 3:
        return rho[0]
    out = 1.0
    for at in range(min(lag_from, lag_to), max(lag_from, lag_to)):
        out *= rho[at]
    return out


@compiled
def slope_of_correlation(code: int, rho: Array, r: int, a: int, b: int) -> float:
    """Derivative of the correlation of visits a and b by ρ_r."""
    lag = abs(a - b)
    if lag == 0:
        return 0.0
    if code == 1:
        return 1.0 if lag - 1 == r else 0.0
    if code == 2:
        return lag * rho[0] ** (lag - 1)
    if code == 3:
        return 1.0
    low, high = min(a, b), max(a, b)
    if r < low or r >= high:
        return 0.0
    out = 1.0
    for at in range(low, high):
        if at != r:
            out *= rho[at]
    return out


@compiled
def bend_of_correlation(code: int, rho: Array, r: int, s: int, a: int, b: int) -> float:
    """Second derivative of the correlation of visits a and b by ρ_r and ρ_s."""
    lag = abs(a - b)
    if code == 2 and lag >= 2:
        return lag * (lag - 1) * rho[0] ** (lag - 2)
    if code == 4 and r != s:
        low, high = min(a, b), max(a, b)
        if low <= r < high and low <= s < high:
            out = 1.0
            for at in range(low, high):
                if at not in (r, s):
                    out *= rho[at]
            return out
    return 0.0


@compiled
def covariance(code: int, heterogeneous: bool, theta: Array, sigma: Array, slope: Array) -> None:
    """Fill Σ (J, J) and its derivatives by element ``slope`` (J(J+1)/2, k)."""
    visits = sigma.shape[0]
    if code == 0:
        at = 0
        for a in range(visits):
            for b in range(a + 1):
                sigma[a, b] = sigma[b, a] = theta[at]
                at += 1
        return
    scale = visits if heterogeneous else 1
    rho = theta[scale:]
    at = 0
    for a in range(visits):
        for b in range(a + 1):
            sa, sb = (theta[a], theta[b]) if heterogeneous else (theta[0], theta[0])
            c = correlation(code, rho, a, b)
            sigma[a, b] = sigma[b, a] = sa * sb * c
            for r in range(theta.shape[0]):
                slope[at, r] = 0.0
            if heterogeneous:
                slope[at, a] += sb * c
                slope[at, b] += sa * c
            else:
                slope[at, 0] = 2 * sa * c
            for r in range(rho.shape[0]):
                slope[at, scale + r] = sa * sb * slope_of_correlation(code, rho, r, a, b)
            at += 1


@compiled
def curvature(code: int, heterogeneous: bool, theta: Array, gradient: Array, out: Array) -> None:
    """Fill ``out`` (k, k) with Σ over elements of ``gradient`` × second derivative of the element.

    ``gradient`` (J, J) is symmetric; an element off the diagonal counts twice.
    """
    visits, scale = gradient.shape[0], 1
    if heterogeneous:
        scale = visits
    out[:, :] = 0.0
    rho = theta[scale:]
    for a in range(visits):
        for b in range(a + 1):
            weight = gradient[a, b] * (1.0 if a == b else 2.0)
            sa, sb = (theta[a], theta[b]) if heterogeneous else (theta[0], theta[0])
            c = correlation(code, rho, a, b)
            if heterogeneous:
                out[a, b] += weight * c
                out[b, a] += weight * c
            else:
                out[0, 0] += weight * 2 * c
            for r in range(rho.shape[0]):
                first = slope_of_correlation(code, rho, r, a, b)
                if heterogeneous:
                    for which, other in ((a, sb), (b, sa)):
                        out[which, scale + r] += weight * other * first
                        out[scale + r, which] += weight * other * first
                else:
                    out[0, 1 + r] += weight * 2 * sa * first
                    out[1 + r, 0] += weight * 2 * sa * first
                for s in range(rho.shape[0]):
                    out[scale + r, scale + s] += weight * sa * sb * bend_of_correlation(code, rho, r, s, a, b)


@compiled
def start(code: int, heterogeneous: bool, pairwise: Array, theta: Array) -> None:
    """Starting parameters from a positive definite matrix of pairwise covariances."""
    visits = pairwise.shape[0]
    if code == 0:
        at = 0
        for a in range(visits):
            for b in range(a + 1):
                theta[at] = pairwise[a, b]
                at += 1
        return
    scale = visits if heterogeneous else 1
    mean = 0.0
    for a in range(visits):
        mean += pairwise[a, a] / visits
        if heterogeneous:
            theta[a] = np.sqrt(pairwise[a, a])
    if not heterogeneous:
        theta[0] = np.sqrt(mean)
    bands = np.zeros(visits)
    total = 0.0
    for a in range(visits):
        for b in range(a):
            c = pairwise[a, b] / np.sqrt(pairwise[a, a] * pairwise[b, b])
            bands[a - b] += c / (visits - (a - b))
            total += c
    if code == 1:
        for a in range(1, visits):
            theta[scale + a - 1] = bands[a]
    elif code == 2:
        theta[scale] = min(max(bands[1], -0.9), 0.95)
    elif code == 3:
        theta[scale] = min(max(2 * total / (visits * (visits - 1)), -0.9 / (visits - 1)), 0.95)
    else:
        for a in range(visits - 1):
            c = pairwise[a + 1, a] / np.sqrt(pairwise[a, a] * pairwise[a + 1, a + 1])
            theta[scale + a] = min(max(c, -0.9), 0.95)
