"""Numba: small dense algebra that the batch kernels share."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from proband.analysis.compiled import compiled

Array = NDArray[np.float64]
IntArray = NDArray[np.int64]


@compiled
def copy_vector(source: Array, target: Array) -> None:
    """Copy by a loop: slice assignment would compile Numba's broadcasting and its messages into the kernel."""
    for i in range(source.shape[0]):
        target[i] = source[i]


@compiled
def copy_matrix(source: Array, target: Array) -> None:
    """As :func:`copy_vector`, for matrices."""
    for i in range(source.shape[0]):
        for j in range(source.shape[1]):
            target[i, j] = source[i, j]


@compiled
def cholesky(matrix: Array, root: Array) -> bool:
    """Fill the lower Cholesky root; False where the matrix is not positive definite."""
    n = matrix.shape[0]
    for i in range(n):
        for j in range(i + 1):
            total = matrix[i, j]
            for k in range(j):
                total -= root[i, k] * root[j, k]
            if i == j:
                if not total > 1e-300:
                    return False
                root[i, i] = np.sqrt(total)
            else:
                root[i, j] = total / root[j, j]
    return True


@compiled
def inverse_from_cholesky(root: Array, out: Array) -> None:
    """Fill the inverse of the matrix whose lower root is given."""
    n = root.shape[0]
    low = np.zeros((n, n))
    for i in range(n):
        low[i, i] = 1.0 / root[i, i]
        for j in range(i):
            total = 0.0
            for k in range(j, i):
                total -= root[i, k] * low[k, j]
            low[i, j] = total / root[i, i]
    for i in range(n):
        for j in range(i + 1):
            total = 0.0
            for k in range(i, n):
                total += low[k, i] * low[k, j]
            out[i, j] = out[j, i] = total


@compiled
def solve_cholesky(root: Array, right: Array, out: Array) -> None:
    """Fill the solution of (root root') x = right."""
    n = root.shape[0]
    for i in range(n):
        total = right[i]
        for k in range(i):
            total -= root[i, k] * out[k]
        out[i] = total / root[i, i]
    for i in range(n - 1, -1, -1):
        total = out[i]
        for k in range(i + 1, n):
            total -= root[k, i] * out[k]
        out[i] = total / root[i, i]


@compiled
def add_pair_terms(a: Array, b: Array, scale: float, out: Array) -> None:
    """Add ``scale`` · tr(E_r a E_s b), symmetrised, to the lower triangle of ``out`` for all elements r ≥ s of a symmetric matrix.

    E_r has ones at an element and its mirror image. Symmetrised: ½[tr(E_r a E_s b) + tr(E_r b E_s a)].
    """
    visits = a.shape[0]
    r = 0
    for i in range(visits):
        for j in range(i + 1):
            wr = scale if i != j else 0.5 * scale
            s = 0
            for k in range(i + 1):
                for m in range(k + 1):
                    if s > r:
                        break
                    total = a[j, k] * b[m, i] + a[j, m] * b[k, i] + a[i, k] * b[m, j] + a[i, m] * b[k, j]
                    out[r, s] += wr * total if k != m else 0.5 * wr * total
                    s += 1
            r += 1


@compiled
def multiply(a: Array, b: Array, out: Array) -> None:
    """Fill the product of two matrices."""
    for i in range(a.shape[0]):
        for j in range(b.shape[1]):
            total = 0.0
            for k in range(a.shape[1]):
                total += a[i, k] * b[k, j]
            out[i, j] = total
