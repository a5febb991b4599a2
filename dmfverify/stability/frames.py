"""Integer bases of Ker A that are nearly orthogonal, and what is left to make them orthonormal.

A basis of short integer vectors times a rounded matrix that would make it orthonormal spans the same space, exactly,
and is as well conditioned as one likes: rounding errors of a proof in its coordinates stay small.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

BITS = 12
"""The basis is orthonormal, times a power of two, up to 2**-BITS or so."""


@dataclass(frozen=True)
class Frame:
    """Integer vectors V (n x c) with V = 2**exponent * Q * root, Q orthonormal columns and `root` close to 1."""

    V: np.ndarray
    exponent: int
    Q: np.ndarray
    root: np.ndarray

    @property
    def vectors(self) -> list[list[int]]:
        """The columns of V."""
        return [[int(x) for x in v] for v in self.V.T]


def frame(basis: Sequence[Sequence[int]]) -> Frame:
    """The frame of the space spanned by independent integer vectors.

    Examples
    --------
    >>> found = frame([[3, 0, 4], [3, 1, 4]])
    >>> np.round(found.Q.T @ found.Q, 12)
    array([[1., 0.],
           [0., 1.]])
    >>> len(found.vectors), abs(found.root - np.eye(2)).max() < 1e-3
    (2, np.True_)
    """
    B = np.array(basis, dtype=object).T
    shift = max(0, max(int(abs(x)) for x in B.flat).bit_length() - 500)
    floats = np.array([[float(int(x) >> shift) for x in row] for row in B])
    R = np.linalg.qr(floats, mode="r")
    exponent = math.ceil(math.log2(np.linalg.norm(floats, 2) * len(basis))) + BITS
    change = np.rint(np.ldexp(np.linalg.inv(R), exponent))
    V = B.dot(np.array([[int(x) for x in row] for row in change], dtype=object))
    exponent += shift
    scaled = np.array([[float(x) for x in row] for row in V]) / 2.0**exponent
    values, vectors = np.linalg.eigh(scaled.T @ scaled)
    return Frame(V, exponent, scaled @ (vectors / np.sqrt(values)) @ vectors.T, (vectors * np.sqrt(values)) @ vectors.T)
