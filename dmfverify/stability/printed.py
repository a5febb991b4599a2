"""What [M20] prints for convolutional networks, beside what holds.

Theorem 5 of [M20] bounds the distance of path products by 7 (K S)^{1/p} eps^{1-K} (delta + eta) /
(sqrt(N) sigma_min(X)^2).  Erratum 1: the data enter once; with X = c I everything scales by c while
the printed right side falls by 1/c, so it is false for large data.  Erratum 2: Frobenius norms of
blocks with disjoint supports add in squares, hence a factor |paths|^{max(0, 1/p - 1/2)}.  Our
constant (`recovery_bound.constant`) uses the true least singular value of the lifting instead.

Numbers here are computed in floating point and are called estimates.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..problem.forms import Known, Statement, Taps

MAX_SIDE = 3_000


def printed_bound(statement: Statement, p: int | str) -> dict[str, Any]:
    """The printed constant and singular value of a convolutional network, with the erratum; {} for other statements.

    Returns
    -------
    dict
        ``printed`` (text), ``printed_constant_estimate`` and ``printed_sigma_min_estimate`` (floats): the factor
        before eps^(1-K) (delta + eta), and sqrt(N) sigma_min(X).
    """
    layers = statement.forms
    if not all(isinstance(f, Taps) and f.boundary == "circular" and f.stride == 1 for f in layers):
        return {}
    least = least_singular_value(statement.data)
    if not least:
        return {}
    cells = math.prod(layers[-1].grid)  # type: ignore[union-attr]
    power = 0.0 if p == "inf" else 1 / int(p)
    constant = 7 * (statement.K * max(statement.sizes)) ** power / (math.sqrt(cells) * least**2)
    which = "erratum 1: the data enter once, not squared; " if statement.data else ""
    return {
        "printed": f"[M20, Thm 5] 7 (KS)^(1/p) eps^(1-K) (delta + eta) / (sqrt(N) sigma_min(X)^2); {which}"
        "erratum 2: norms of the blocks of several paths add in squares",
        "printed_constant_estimate": constant,
        "printed_sigma_min_estimate": math.sqrt(cells) * least,
    }


def least_singular_value(data: Known | None) -> float:
    """sigma_min of the data as a map of rows (0 without full row rank); 1 without data, 0 when too large to say."""
    if data is None:
        return 1.0
    if data.shape[0] > data.shape[1] or max(data.shape) > MAX_SIDE:
        return 0.0
    matrix = np.zeros(data.shape)
    for row, col, value in data.entries:
        matrix[row, col] = float(value)
    return float(np.linalg.svd(matrix, compute_uv=False)[-1])
