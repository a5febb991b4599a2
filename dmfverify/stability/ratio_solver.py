"""The greatest tau with f(x) - tau*g(x) a sum of squares, f and g forms of degree six, in floats.

With cubic monomials scaled by the square roots of their multinomials (|m|^2 = |x|^6) the map from Gram matrices to
forms has orthogonal rows.  The dual, over the moments y of degree six, is

    minimise <f, y>   subject to   <g, y> = 1,   the moment matrix of y positive semidefinite,

handed to SCS (and to Clarabel, where it is small) as cone data.  Whatever a solver returns becomes a proof: the Gram
matrix is projected on the identity, and tau lowered until it is positive, which a generalised eigenvalue says.
"""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

CLARABEL = 60
"""Gram matrices up to this size go to Clarabel as well, which is the more accurate for small tau."""


@dataclass(frozen=True)
class Solution:
    """tau, the Gram matrix of f - tau*g in the scaled cubics, and the moment matrix."""

    tau: float
    G: np.ndarray
    moments: np.ndarray


class Cubics:
    """Cubic monomials in c variables, scaled, and the monomials of degree six that their products are.

    Examples
    --------
    >>> cubics = Cubics(2)
    >>> cubics.monomials, cubics.count
    ([(0, 0, 0), (0, 0, 1), (0, 1, 1), (1, 1, 1)], 7)
    >>> form = cubics.form(np.eye(4))  # (x^2 + y^2)^3
    >>> [round(float(v), 12) for v in form]
    [1.0, 0.0, 3.0, 0.0, 3.0, 0.0, 1.0]
    """

    def __init__(self, c: int) -> None:
        self.c = c
        self.monomials = list(itertools.combinations_with_replacement(range(c), 3))
        self.size = len(self.monomials)
        exponents = np.array([[m.count(i) for i in range(c)] for m in self.monomials])
        self.root = np.array([math.sqrt(6 / math.prod(map(math.factorial, row))) for row in exponents.tolist()])
        self.i, self.j = np.triu_indices(self.size)
        sums = exponents[self.i] + exponents[self.j]
        keys, self.monomial = np.unique(-sums, axis=0, return_inverse=True)  # in the order of the tuples
        self.exponents = -keys
        self.count = len(keys)
        self.weight = self.root[self.i] * self.root[self.j] * np.where(self.i == self.j, 1, 2)
        self.spread = np.bincount(self.monomial, self.weight**2 / np.where(self.i == self.j, 1, 2))

    def form(self, G: np.ndarray) -> np.ndarray:
        """Coefficients of m^T G m."""
        return np.bincount(self.monomial, self.weight * G[self.i, self.j], minlength=self.count)

    def gram(self, coefficients: np.ndarray) -> np.ndarray:
        """The Gram matrix of least norm of a form."""
        G = np.empty((self.size, self.size))
        values = (coefficients / self.spread)[self.monomial] * self.root[self.i] * self.root[self.j]
        G[self.i, self.j] = G[self.j, self.i] = values
        return G


def solve(
    cubics: Cubics, f: np.ndarray, g: np.ndarray, E: np.ndarray, accuracy: float, seconds: float
) -> Solution | None:
    """The greatest tau that a solver's Gram matrix proves, E a positive Gram matrix of g; None if it proves none."""
    unit = float(np.linalg.norm(g))
    raw = [_scs(cubics, f / unit, g / unit, accuracy, seconds)]
    if cubics.size <= CLARABEL:
        raw.append(_clarabel(cubics, f / unit, g / unit))
    found = [one for one in (_solution(cubics, f, g, E, unit, *each) for each in raw if each) if one]
    return max(found, key=lambda one: one.tau, default=None)


def _solution(
    cubics: Cubics,
    f: np.ndarray,
    g: np.ndarray,
    E: np.ndarray,
    unit: float,
    tau: float,
    packed: np.ndarray,
    y: np.ndarray,
) -> Solution | None:
    """What a solver returned, made a proof."""
    found = proved(cubics, f, g, E, tau, unpacked(unit * packed, cubics))
    moments = y[cubics.monomial] * cubics.root[cubics.i] * cubics.root[cubics.j]
    M = np.empty_like(E)
    M[cubics.i, cubics.j] = M[cubics.j, cubics.i] = moments
    return Solution(*found, M) if found else None


def proved(
    cubics: Cubics, f: np.ndarray, g: np.ndarray, E: np.ndarray, tau: float, G: np.ndarray
) -> tuple[float, np.ndarray] | None:
    """tau, and a Gram matrix of f - tau*g on the boundary of the positive ones; None where E is not positive."""
    import scipy.linalg

    G = G + cubics.gram(f - tau * g - cubics.form(G))
    try:
        shift = float(scipy.linalg.eigh(G, E, eigvals_only=True, subset_by_index=(0, 0))[0])
    except np.linalg.LinAlgError:
        return None
    return tau + shift, G - shift * E


def _data(cubics: Cubics, f: np.ndarray, g: np.ndarray, lower: bool) -> tuple[Any, np.ndarray, np.ndarray]:
    """A, b, c of the moment program: rows for <g, y> = 1, then the packed moment matrix with a minus sign."""
    from scipy.sparse import csc_array, vstack

    off = np.where(cubics.i == cubics.j, 1, math.sqrt(2))
    values = -cubics.root[cubics.i] * cubics.root[cubics.j] * off
    order = np.argsort(cubics.j * cubics.size + cubics.i, kind="stable") if not lower else np.arange(len(values))
    rows = np.arange(len(values))
    cone = csc_array((values[order], (rows, cubics.monomial[order])), shape=(len(values), cubics.count))
    A = vstack([csc_array(g[None, :]), cone]).tocsc()
    return A, np.concatenate([[1.0], np.zeros(len(values))]), f


def unpacked(packed: np.ndarray, cubics: Cubics) -> np.ndarray:
    """The symmetric matrix of a triangle, row by row, whose entries off the diagonal are scaled by sqrt(2)."""
    G = np.empty((cubics.size, cubics.size))
    values = packed / np.where(cubics.i == cubics.j, 1, math.sqrt(2))
    G[cubics.i, cubics.j] = G[cubics.j, cubics.i] = values
    return G


def _scs(cubics: Cubics, f: np.ndarray, g: np.ndarray, accuracy: float, seconds: float) -> Any:
    """SCS takes the lower triangle column by column, which is the upper one row by row."""
    import scs

    A, b, c = _data(cubics, f, g, True)
    settings = {"eps_abs": accuracy, "eps_rel": accuracy, "verbose": False, "time_limit_secs": seconds}
    found = scs.SCS({"A": A, "b": b, "c": c}, {"z": 1, "s": [cubics.size]}, max_iters=20_000, **settings).solve()
    if not np.all(np.isfinite(found["y"])) or not np.all(np.isfinite(found["x"])):
        return None
    return -found["y"][0], found["y"][1:], found["x"]


def _clarabel(cubics: Cubics, f: np.ndarray, g: np.ndarray) -> Any:
    """Clarabel takes the upper triangle column by column."""
    import clarabel
    from scipy.sparse import csc_matrix

    A, b, c = _data(cubics, f, g, False)
    settings = clarabel.DefaultSettings()
    settings.verbose = False
    cones = [clarabel.ZeroConeT(1), clarabel.PSDTriangleConeT(cubics.size)]
    n = cubics.count
    found = clarabel.DefaultSolver(csc_matrix((n, n)), c, csc_matrix(A), b, cones, settings).solve()
    z, x = np.array(found.z), np.array(found.x)
    if not np.all(np.isfinite(z)) or not np.all(np.isfinite(x)):
        return None
    order = np.argsort(cubics.j * cubics.size + cubics.i, kind="stable")
    packed = np.empty(len(order))
    packed[order] = z[1:]
    return -z[0], packed, x
