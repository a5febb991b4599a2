"""Positive semidefiniteness of an integer matrix, proved by an integer triangular factor.

The proof is s*M - L*L^T diagonally dominant with non-negative diagonal, in integers.  L is a
floating-point Cholesky factor of M minus about half of its least eigenvalue, rounded: whatever
rounding does, a bad L can only be refused (certificates.md, section 2).
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np


class NotPositive(ValueError):
    """No factor was found: the matrix is not positive definite, or too close to singular."""


def psd_evidence(matrix: Any) -> dict[str, Any]:
    """Evidence ``{"scale": s, "L": rows}`` for a symmetric integer matrix of Python integers.

    Parameters
    ----------
    matrix
        n x n, exact: nested lists or an object array of Python integers.

    Raises
    ------
    NotPositive
        When neither double precision nor up to 1,024 fractional bits yield a factor that passes.

    Examples
    --------
    >>> psd_evidence([[2, 0], [0, 0]])
    {'scale': 1, 'L': []}
    >>> psd_evidence([[2, 3], [3, 2]])
    Traceback (most recent call last):
    ...
    dmfverify.certificate.psd.NotPositive: the matrix is not positive definite
    """
    exact = np.array(matrix, dtype=object)
    if dominant(exact):
        return {"scale": 1, "L": []}
    if any(exact[i, i] < 0 for i in range(len(exact))):
        raise NotPositive("the matrix is not positive definite")
    for bits in (53, 128, 256, 512, 1024):
        found = _double(exact) if bits == 53 else _fixed_point(exact, bits)
        if found is not None:
            return found
    raise NotPositive("the matrix is not positive definite")


def dominant(matrix: np.ndarray) -> bool:
    """Non-negative diagonal, and each diagonal entry at least the sum of |others| of its row."""
    return all(row[i] >= sum(abs(x) for x in row) - abs(row[i]) and row[i] >= 0 for i, row in enumerate(matrix))


def _double(exact: np.ndarray) -> dict[str, Any] | None:
    top = max(int(abs(x)) for x in exact.flat).bit_length()
    shift = max(0, top - 900)
    floats = np.array([[float(int(x) >> shift) if shift else float(x) for x in row] for row in exact])
    floats /= np.abs(floats).max()
    least = float(np.linalg.eigvalsh(floats)[0])
    if least < 1e-14 * len(exact):
        return None
    try:
        factor = np.linalg.cholesky(floats - 0.5 * least * np.eye(len(exact)))
    except np.linalg.LinAlgError:
        return None
    digits = max(8, int(np.ceil(np.log2(len(exact) / least))) + 4)  # rounding error of L L^T far below the slack
    rows = [[round(float(x) * 2**digits) for x in row[: i + 1]] for i, row in enumerate(factor)]
    return _accepted(exact, rows, digits)


def _fixed_point(exact: np.ndarray, bits: int) -> dict[str, Any] | None:
    """Cholesky in integers with `bits` fractional bits, after taking 2**(-bits/2) off the diagonal."""
    n, biggest = len(exact), max(int(abs(x)) for x in exact.flat)
    matrix = (exact << 2 * bits) // biggest
    factor = np.zeros((n, n), dtype=object)
    for j in range(n):
        column = matrix[j:, j] - factor[j:, :j].dot(factor[j, :j])
        pivot = math.isqrt(max(0, column[0] - (n << (3 * bits // 2))))
        if pivot == 0:
            return None
        factor[j, j] = pivot
        factor[j + 1 :, j] = column[1:] // pivot
    return _accepted(exact, [[int(x) for x in factor[i, : i + 1]] for i in range(n)], bits)


def _accepted(exact: np.ndarray, rows: list[list[int]], digits: int) -> dict[str, Any] | None:
    """The evidence made of `rows` (a factor of M / max|M|, times 2**digits), if it passes the checker's test."""
    import flint

    biggest = max(int(abs(x)) for x in exact.flat)
    extra = (biggest.bit_length() + 1) // 2
    scale = 4 ** (digits + extra) // biggest
    tall = [[x << extra for x in row] for row in rows]
    n = len(exact)
    low = flint.fmpz_mat(n, n, [x for row in tall for x in row + [0] * (n - len(row))])
    rest = scale * flint.fmpz_mat(n, n, [int(x) for x in exact.flat]) - low * low.transpose()
    if not dominant(np.array([[int(x) for x in row] for row in rest.table()], dtype=object)):
        return None
    return {"scale": scale, "L": tall}
