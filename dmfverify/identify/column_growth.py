"""Sets of k columns, grown out of bad pairs: the search beside the checker's rule.

Theorem.  Let H be symmetric with a positive diagonal h.  If H is not positive semidefinite on some k indices, then
these hold a chain of sets of 2, 3, ..., k indices such that on the set with j indices the matrix with diagonal
(j - 1) h and off-diagonal (k - 1) H is not positive semidefinite: it is an average of those of the subsets with
j - 1 indices.  (docs/theory/sparse.md)

Main definitions
    `grow`   the sets of k indices on which H fails, or `TooMany`
    `swaps`  greedy and swap search for the k columns with the least eigenvalue
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

BATCH = 4_000_000
"""Floats in a batch."""
MARGIN = 1e-9
"""Sets this close to being bad are taken along: the checker rounds."""
STARTS = 64

Sets = np.ndarray
"""(count, j) sorted indices."""


class TooMany(Exception):
    """More bad sets than the checker would take, or no time left."""


def steps(n: int, k: int, j: int, bits: int) -> int:
    """The steps that the checker counts for a bad set of j indices."""
    slot = 3 * bits + 8 * k.bit_length() + 8
    return 20 + 8 * j**3 + j * (j + 1) * (3 + n * slot * (1 + bits // 30) // 4000)


def grow(H: np.ndarray, k: int, bits: int, most: float, left: Callable[[], float]) -> Sets:
    """The sets of k indices on which H is not, or hardly, positive semidefinite.

    Raises
    ------
    TooMany
        When the checker would count more than `most` steps, or `left()` says that no time is left.
    """
    h = np.diag(H).copy()
    if h.min() <= 0:
        raise TooMany
    n = len(H)
    C = H / np.sqrt(np.outer(h, h))
    np.fill_diagonal(C, 0)
    if k == 1:
        return np.zeros((0, 1), dtype=int)
    sets = np.argwhere(np.triu(np.abs(C), 1) * (k - 1) > 1 - MARGIN)
    for j in range(2, k):
        most -= len(sets) * steps(n, k, j, bits)
        found: list[Sets] = []
        for block in np.array_split(sets, 1 + len(sets) * n * j // BATCH):
            if most < 0 or left() <= 0:
                raise TooMany
            found.append(_joined(C, block, k))
            most -= 10 * len(found[-1])
        sets = _unique(np.concatenate(found), n)
    return sets


def _joined(C: np.ndarray, sets: Sets, k: int) -> Sets:
    """Bad sets with one more index, repeated as often as they are found."""
    count, j = sets.shape
    share = j / (k - 1)
    values, vectors = np.linalg.eigh(C[sets[:, :, None], sets[:, None, :]] + share * np.eye(j))
    y = np.einsum("sab,san->sbn", vectors, C[sets])
    with np.errstate(divide="ignore", invalid="ignore"):
        bad = np.einsum("sbn,sb->sn", y * y, 1 / values) > share * (1 - MARGIN)
    bad[values[:, 0] <= MARGIN] = True
    bad[np.arange(count)[:, None], sets] = False
    which, m = np.nonzero(bad)
    return np.sort(np.column_stack([sets[which], m]), axis=1)


def _unique(sets: Sets, n: int) -> Sets:
    k = sets.shape[1]
    if n**k >= 2**62:
        return np.unique(sets, axis=0)
    place = n ** np.arange(k, dtype=np.int64)
    _, first = np.unique(sets @ place, return_index=True)
    return sets[first]


def swaps(G: np.ndarray, k: int, rng: np.random.Generator, left: Callable[[], float]) -> tuple[float, Sets]:
    """The least eigenvalue found over sets of k columns, and the set: greedy starts, then exchanges of one column."""
    best, where = np.inf, np.arange(k)
    n = len(G)
    starts = rng.permutation(n)[: min(n, STARTS)]
    for start in starts:
        chosen = np.array([start])
        while len(chosen) < k:
            chosen, value = _best_addition(G, chosen)
        chosen, value = _exchanged(G, chosen, _least(G, chosen[None])[0])
        if value < best:
            best, where = float(value), np.sort(chosen)
        if left() <= 0:
            break
    return best, where


def _least(G: np.ndarray, sets: Sets) -> np.ndarray:
    return np.linalg.eigvalsh(G[sets[:, :, None], sets[:, None, :]])[:, 0]


def _best_addition(G: np.ndarray, chosen: np.ndarray) -> tuple[np.ndarray, float]:
    others = np.setdiff1d(np.arange(len(G)), chosen)
    sets = np.column_stack([np.tile(chosen, (len(others), 1)), others])
    values = _least(G, sets)
    return sets[values.argmin()], float(values.min())


def _exchanged(G: np.ndarray, chosen: np.ndarray, value: float) -> tuple[np.ndarray, float]:
    """A set that no exchange of one column makes better."""
    improved = True
    while improved and len(chosen) > 1:
        improved = False
        for place in range(len(chosen)):
            candidate, found = _best_addition(G, np.delete(chosen, place))
            if found < value - 1e-13 * abs(value):
                chosen, value, improved = candidate, found, True
                break
    return chosen, value
