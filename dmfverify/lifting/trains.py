"""The lifting on tensor trains, in double precision: A T and A^T Y without a tensor.

A train is a list of cores G_k of shape (r_k, S_k, r_{k+1}), r_1 = r_{K+1} = 1, with
T_i = G_1[:, i_1, :] ... G_K[:, i_K, :]; rank-one tensors P(h) are trains of ranks one.

Source: I. Oseledets, Tensor-train decomposition, SIAM J. Sci. Comput. 33 (2011).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from .stages import Chain, Stage

Train = list[np.ndarray]
"""Cores (r_k, S_k, r_{k+1})."""


def rank_one(h: Sequence[Sequence[float]]) -> Train:
    """P(h) as a train.

    >>> [core.shape for core in rank_one([[1, 2], [3, 4, 5]])]
    [(1, 2, 1), (1, 3, 1)]
    """
    return [np.asarray(values, dtype=float).reshape(1, -1, 1) for values in h]


def added(left: Train, right: Train) -> Train:
    """The sum of two trains."""
    last = len(left) - 1
    if not last:
        return [left[0] + right[0]]
    return [_beside(a, b, k == 0, k == last) for k, (a, b) in enumerate(zip(left, right, strict=True))]


def _beside(a: np.ndarray, b: np.ndarray, first: bool, last: bool) -> np.ndarray:
    if first:
        return np.concatenate([a, b], axis=2)
    if last:
        return np.concatenate([a, b], axis=0)
    out = np.zeros((a.shape[0] + b.shape[0], a.shape[1], a.shape[2] + b.shape[2]))
    out[: a.shape[0], :, : a.shape[2]] = a
    out[a.shape[0] :, :, a.shape[2] :] = b
    return out


def inner(left: Train, right: Train) -> float:
    """<T, T'> over all multi-indices."""
    carried = np.ones((1, 1))
    for a, b in zip(left, right, strict=True):
        carried = np.einsum("rs,rit,siu->tu", carried, a, b, optimize=True)
    return float(carried[0, 0])


def entry(train: Train, index: Sequence[int]) -> float:
    """T at a multi-index."""
    carried = np.ones((1, 1))
    for core, i in zip(train, index, strict=True):
        carried = carried @ core[:, i, :]
    return float(carried[0, 0])


def basis_tensor(stage: Stage) -> np.ndarray:
    """The basis matrices of a stage, (S or 1, from states, to states), integers as floats."""
    out = np.zeros((max(1, stage.size), *stage.states))
    np.add.at(out, (stage.parameter, stage.source, stage.target), stage.value.astype(float))
    return out


def apply(chain: Chain, train: Train) -> np.ndarray:
    """A T as a matrix, (rows of the product, columns of the product); product rows only."""
    carried = np.eye(chain.stages[0].states[0])[None]  # (rank, a, b)
    cores = iter(train)
    for stage in chain.stages:
        core = next(cores) if stage.size else None
        basis = basis_tensor(stage)
        if core is None:
            carried = carried @ basis[0]
        else:
            carried = np.einsum("rab,rit,ibc->tac", carried, core, basis, optimize=True)
    return carried[0] / float(chain.denominator)


def adjoint(chain: Chain, y: np.ndarray) -> Train:
    """A^T Y as a train of ranks (columns of the product) * (inner dimension); product rows only.

    T_i = tr(Y^T A_i), with the pair (c, b) carried: c is a column of Y, b the inner index.
    """
    ends = chain.ends
    before = (np.asarray(y, dtype=float).T / float(chain.denominator)).reshape(1, 1, -1)  # (rank, S, states (c, a))
    cores: Train = []
    for stage in chain.stages:
        basis = basis_tensor(stage)
        if not cores and before.shape[0] == 1 and before.shape[1] == 1:
            start = before.reshape(ends, stage.states[0])
            core = np.einsum("cb,ibd->icd", start, basis).reshape(1, len(basis), -1)
        else:
            core = np.einsum("ce,ibd->cbied", np.eye(ends), basis)
            core = core.reshape(ends * stage.states[0], len(basis), -1)
        if stage.size:
            cores.append(core)
        elif cores:
            cores[-1] = np.einsum("rit,tu->riu", cores[-1], core[:, 0, :])
        else:
            before = core
    cores[-1] = cores[-1] @ np.eye(ends).reshape(-1, 1)
    return cores
