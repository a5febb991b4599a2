"""What is only computed in floating point, for the pictures: spectrum of the lifting, pairs of a small family."""

from __future__ import annotations

from itertools import combinations_with_replacement

import numpy as np

from ..lifting import Lifting, TooLarge

MOST_VALUES = 300
MOST_SUPPORTS = 40


def estimates(lifting: Lifting) -> dict[str, object]:
    """``singular_values`` in decreasing order, and ``pairs``, a symmetric table over the maximal supports.

    Only for liftings of at most `MOST_VALUES` columns, and families of at most `MOST_SUPPORTS` supports.
    """
    try:
        if lifting.count > MOST_VALUES or not lifting.columns.m:
            return {}
        A = lifting.columns.floats()
    except TooLarge:
        return {}
    found: dict[str, object] = {"singular_values": _rounded(_spectrum(A))}
    model = lifting.statement.model
    if model.kind != "free" and model.family_size(lifting.sizes) <= MOST_SUPPORTS:
        found["pairs"] = _pairs(lifting, A)
    return found


def _spectrum(A: np.ndarray) -> np.ndarray:
    """The singular values above rounding error."""
    values = np.linalg.svd(A, compute_uv=False)
    return np.asarray(values[values > 1e-12 * values[0]] if len(values) else values)


def _pairs(lifting: Lifting, A: np.ndarray) -> list[list[float]]:
    """The least singular value of the columns in the union of two boxes; 0 where they are dependent."""
    supports = list(lifting.statement.model.maximal(lifting.sizes))
    coordinates = np.array(lifting.coordinates)
    inside = [
        np.all([np.isin(coordinates[:, k], part) for k, part in enumerate(support)], axis=0) for support in supports
    ]
    table = np.zeros((len(supports), len(supports)))
    for s, t in combinations_with_replacement(range(len(supports)), 2):
        part = A[:, inside[s] | inside[t]]
        if 0 < part.shape[1] <= part.shape[0]:
            table[s, t] = table[t, s] = np.linalg.svd(part, compute_uv=False)[-1]
    return [_rounded(row) for row in table]


def _rounded(values: np.ndarray) -> list[float]:
    return [float(f"{x:.6g}") for x in values]
