# mypy: disable-error-code="no-any-return"
# arrays here are real or complex (derivatives by a complex step)
"""Covariance structures of repeated measurements, as plain functions of their parameters.

Parametrisations follow SAS PROC MIXED, so that a Kenward–Roger adjustment with second derivatives means the same there
and here: unstructured, Toeplitz and compound symmetry are linear in their parameters (elements, bands, common
covariance and residual); heterogeneous ones have variances and correlations.

References
----------
SAS/STAT, PROC MIXED, REPEATED statement, TYPE= (AR(1), ARH(1), CS, CSH, TOEP, TOEPH, ANTE(1), UN, SP(EXP), SP(GAU)).
Kenward MG. An alternative procedure for analysis of covariance for repeated measures (antedependence): Zimmerman DL,
Núñez-Antón V. Antedependence Models for Longitudinal Data, 2009.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from proband.analysis.result import AnalysisError

Array = NDArray[np.float64]

#: name → words for a report
NAMES = {
    "us": "unstructured",
    "toeph": "heterogeneous Toeplitz",
    "toep": "Toeplitz",
    "ar1h": "heterogeneous AR(1)",
    "ar1": "AR(1)",
    "csh": "heterogeneous compound symmetry",
    "cs": "compound symmetry",
    "adh": "heterogeneous antedependence",
    "ad": "antedependence",
    "spexp": "spatial exponential",
    "spgau": "spatial Gaussian",
    "random": "random effects",
}
_HETEROGENEOUS = frozenset({"toeph", "ar1h", "csh", "adh"})


@dataclass(frozen=True, slots=True)
class CovarianceStructure:
    """A structure over ``visits`` visits.

    ``times`` (visits,) are needed by the spatial structures; ``basis`` (visits, effects) holds the random-effect design of
    ``"random"``, whose covariance is ``basis D basis' + s² I`` with D unstructured.
    """

    name: str
    visits: int
    times: tuple[float, ...] | None = None
    basis: tuple[tuple[float, ...], ...] | None = None

    def __post_init__(self) -> None:
        if self.name not in NAMES:
            raise AnalysisError(
                "analysis.choice", what="covariance structure", value=self.name, known=list(NAMES)
            )
        if self.name.startswith("sp") and self.times is None:
            raise AnalysisError("analysis.mmrm.times", structure=NAMES[self.name])

    @property
    def parameters(self) -> int:
        """How many parameters the structure has."""
        j = self.visits
        if self.name == "us":
            return j * (j + 1) // 2
        if self.name == "random":
            effects = len(self.basis[0]) if self.basis else 0
            return effects * (effects + 1) // 2 + 1
        scale = j if self.name in _HETEROGENEOUS else 1
        correlations = j - 1 if self.name in ("toep", "toeph", "ad", "adh") else 1
        return scale + correlations

    def sigma(self, theta: NDArray[Any]) -> NDArray[Any]:
        """Covariance (visits, visits) at parameters ``theta``; complex parameters give complex derivatives by a complex step."""
        j = self.visits
        if self.name == "us":
            out = np.zeros((j, j), dtype=theta.dtype)
            out[np.tril_indices(j)] = theta
            return out + out.T - np.diag(np.diag(out))
        if self.name == "random":
            z = np.asarray(self.basis)
            q = z.shape[1]
            d = np.zeros((q, q), dtype=theta.dtype)
            d[np.tril_indices(q)] = theta[:-1]
            d = d + d.T - np.diag(np.diag(d))
            return z @ d @ z.T + theta[-1] * np.eye(j)
        lag = np.abs(np.subtract.outer(np.arange(j), np.arange(j)))
        if self.name == "cs":
            return theta[0] + theta[1] * np.eye(j)
        if self.name == "toep":
            return theta[lag]
        variances = theta[:j] if self.name in _HETEROGENEOUS else np.repeat(theta[:1], j)
        rho = theta[j:] if self.name in _HETEROGENEOUS else theta[1:]
        sd = np.sqrt(variances)
        return np.outer(sd, sd) * self._correlation(rho, lag)

    def _correlation(self, rho: NDArray[Any], lag: NDArray[np.int64]) -> NDArray[Any]:
        if self.name in ("ar1", "ar1h"):
            out: NDArray[Any] = rho[0] ** lag
            return out
        if self.name == "csh":
            return np.where(lag == 0, 1.0 + 0 * rho[0], rho[0])
        if self.name == "toeph":
            return np.concatenate([[1.0 + 0 * rho[0]], rho])[lag]
        if self.name in ("ad", "adh"):
            return self._antedependence(rho)
        distance = np.abs(np.subtract.outer(np.asarray(self.times), np.asarray(self.times)))
        power = distance / rho[0] if self.name == "spexp" else distance**2 / rho[0] ** 2
        return np.exp(-power)

    def _antedependence(self, rho: NDArray[Any]) -> NDArray[Any]:
        out = np.eye(self.visits, dtype=rho.dtype)
        for a in range(self.visits):
            for b in range(a + 1, self.visits):
                out[a, b] = out[b, a] = np.prod(rho[a:b])
        return out

    def start(self, pairwise: Array) -> Array:
        """Starting parameters from a positive definite matrix of pairwise residual covariances."""
        j = self.visits
        if self.name == "us":
            return pairwise[np.tril_indices(j)]
        variances = np.diag(pairwise)
        mean = float(variances.mean())
        sd = np.sqrt(variances)
        correlation = pairwise / np.outer(sd, sd)
        bands = np.array([np.diag(correlation, k).mean() for k in range(1, j)]) if j > 1 else np.zeros(0)
        average = _average(correlation)
        if self.name == "random":
            return self._start_random(pairwise)
        if self.name == "cs":
            return np.array([average * mean, (1 - average) * mean])
        if self.name == "toep":
            return np.concatenate([[mean], bands * mean])
        return np.concatenate(
            [
                variances if self.name in _HETEROGENEOUS else [mean],
                self._start_correlations(correlation, bands),
            ]
        )

    def _start_correlations(self, correlation: Array, bands: Array) -> Array:
        first = float(np.clip(bands[0], -0.9, 0.95)) if len(bands) else 0.0
        if self.name in ("ad", "adh"):
            return np.clip(np.diag(correlation, 1), -0.9, 0.95)
        if self.name == "toeph":
            return bands
        if self.name == "csh":
            return np.array([_average(correlation)])
        if self.name == "spexp":
            return np.array([self._range(first, 1)])
        return np.array([self._range(first, 2) if self.name == "spgau" else first])

    def _range(self, first: float, power: int) -> float:
        step = float(np.mean(np.abs(np.diff(np.asarray(self.times)))))
        return float(step / (-np.log(np.clip(first, 0.05, 0.95))) ** (1 / power))

    def _start_random(self, pairwise: Array) -> Array:
        z = np.asarray(self.basis)
        q = z.shape[1]
        pseudo = np.linalg.pinv(z)
        residual = np.eye(self.visits) - z @ pseudo
        noise = max(
            float(np.trace(residual @ pairwise @ residual)) / max(self.visits - q, 1),
            1e-3 * float(np.trace(pairwise)) / self.visits,
        )
        d = pseudo @ (pairwise - noise * np.eye(self.visits)) @ pseudo.T
        values, vectors = np.linalg.eigh((d + d.T) / 2)
        d = vectors @ np.diag(np.maximum(values, 0.05 * max(values.max(), noise))) @ vectors.T
        return np.concatenate([d[np.tril_indices(q)], [noise]])

    def jacobian(self, theta: Array) -> Array:
        """First derivatives of the covariance, shape (parameters, visits, visits), to machine precision by a complex step."""
        step = 1e-150
        out = np.empty((self.parameters, self.visits, self.visits))
        for r in range(self.parameters):
            moved = theta.astype(np.complex128)
            moved[r] += 1j * step
            out[r] = self.sigma(moved).imag / step
        return out

    def second_derivatives(self, theta: Array) -> Array:
        """Second derivatives, shape (parameters, parameters, visits, visits): central differences of the exact first ones."""
        k = self.parameters
        out = np.zeros((k, k, self.visits, self.visits))
        if self.linear:
            return out
        for r in range(k):
            step = 1e-5 * max(abs(theta[r]), 1e-3)
            up, down = theta.copy(), theta.copy()
            up[r] += step
            down[r] -= step
            out[r] = (self.jacobian(up) - self.jacobian(down)) / (2 * step)
        return (out + out.transpose(1, 0, 2, 3)) / 2

    def from_mmrm(self, phi: NDArray[Any]) -> NDArray[Any]:
        """Parameters from those of the R package mmrm: log standard deviations, then correlations as φ/√(1 + φ²), for compound symmetry
        as a logistic function onto (−1/(visits − 1), 1), for the unstructured covariance the elements below the diagonal of a unit lower
        triangle. They matter only for its Kenward–Roger adjustment.
        """
        j = self.visits
        if self.name == "us":
            lower = np.eye(j, dtype=phi.dtype)
            lower[np.tril_indices(j, -1)] = phi[j:]
            lower = np.exp(phi[:j])[:, None] * lower
            full: NDArray[Any] = (lower @ lower.T)[np.tril_indices(j)]
            return full
        scale = j if self.name in _HETEROGENEOUS else 1
        variances, rho = np.exp(2 * phi[:scale]), phi[scale:] / np.sqrt(1 + phi[scale:] ** 2)
        if self.name in ("cs", "csh"):
            least = -1 / (j - 1)
            rho = least + (1 - least) / (1 + np.exp(-phi[scale:]))
        if self.name == "cs":
            return np.concatenate([variances * rho, variances * (1 - rho)])
        if self.name == "toep":
            return np.concatenate([variances, variances * rho])
        return np.concatenate([variances, rho])

    def to_mmrm(self, theta: Array) -> Array:
        """The inverse of :meth:`from_mmrm`."""
        j = self.visits
        if self.name in ("spexp", "spgau", "random"):
            raise AnalysisError("analysis.mmrm.parametrisation", structure=NAMES[self.name])
        if self.name == "us":
            root = np.linalg.cholesky(self.sigma(theta))
            scale = np.diag(root)
            return np.concatenate([np.log(scale), (root / scale[:, None])[np.tril_indices(j, -1)]])
        if self.name == "cs":
            variances, rho = theta[:1] + theta[1:], theta[:1] / (theta[:1] + theta[1:])
        elif self.name == "toep":
            variances, rho = theta[:1], theta[1:] / theta[0]
        else:
            cut = j if self.name in _HETEROGENEOUS else 1
            variances, rho = theta[:cut], theta[cut:]
        if self.name in ("cs", "csh"):
            mapped = np.log((rho + 1 / (j - 1)) / (1 - rho))
        else:
            mapped = rho / np.sqrt(1 - rho**2)
        return np.concatenate([np.log(variances) / 2, mapped])

    @property
    def linear(self) -> bool:
        """Whether the covariance is linear in its parameters (then second derivatives vanish)."""
        return self.name in ("us", "toep", "cs", "random")


def _average(correlation: Array) -> float:
    visits = len(correlation)
    if visits == 1:
        return 0.0
    return float(np.clip(correlation[np.tril_indices(visits, -1)].mean(), -0.9 / (visits - 1), 0.95))
