"""A kernel of dimension one, by the flattenings of the tensor that spans it.

Theorem.  Let Ker A be spanned by w and let M be a flattening of w with singular values sigma_i.
Every flattening of a difference of two rank-one tensors has rank <= 2, so
gamma^-2 >= (sigma_3^2 + sigma_4^2 + ...) / |w|^2, with equality for K = 2 and full free models
(Eckart and Young); and if the right side is positive the problem is identifiable, over C as well.
[theory: kernel of dimension one; Malgouyres and Landsberg 2019, section 4]

The sum of the two greatest eigenvalues of M M^T is bounded by 2*mu + trace Y for Y >= 0 and
mu*I + Y >= M M^T (Ky Fan), which two proofs of positivity certify.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from fractions import Fraction
from typing import Any

import numpy as np

from ..certificate import Claim, Nothing, NotPositive, psd_evidence
from ..exact import sqrt_above
from ..lifting import Lifting, TooLarge
from ..method import PRIMES, Budget, Method, Proved, closed

MAX_SIDE = 300
UNITS = (2**40, 2**30, 2**20)


def accepts(lifting: Lifting, proved: Proved) -> str:
    """Equivalence scale, kernel of dimension one."""
    if lifting.statement.equivalence != "scale":
        return "flattenings need the whole tensor space: equivalence scale"
    if closed("dnsp.gamma", proved):
        return "gamma is known"
    try:
        return "" if lifting.count - lifting.rank_mod() == 1 else "the kernel is not one-dimensional"
    except TooLarge as error:
        return str(error)


def search(lifting: Lifting, proved: Proved, budget: Budget) -> list[Claim] | Nothing:
    """The claim for the flattening with the largest tail."""
    (w,) = lifting.kernel
    tensor = np.array(w, dtype=object).reshape(lifting.sizes)
    flattenings = sorted(_flattenings(tensor), key=lambda item: -_tail(item[1]))
    prime = next(p for p in PRIMES if lifting.rank_mod(p) == lifting.count - 1 and any(x % p for x in w))
    for modes, M in flattenings[:4]:
        if _tail(M) < 1e-12:
            break
        evidence = _evidence(M, sum(x * x for x in w))
        if evidence:
            return [Claim("kernel-line", {"prime": prime, "kernel": w, "modes": modes, **evidence})]
    return Nothing("every flattening of the kernel vector has rank two, or as good as two")


def _flattenings(tensor: np.ndarray) -> Iterator[tuple[list[int], np.ndarray]]:
    """Modes of the rows (the smaller side) and the flattening, for each split of the modes in two."""
    K = tensor.ndim
    for size in range(1, K // 2 + 1):
        for modes in itertools.combinations(range(K), size):
            rest = [k for k in range(K) if k not in modes]
            sides = list(modes), rest
            rows = min(sides, key=lambda side: math.prod(tensor.shape[k] for k in side))
            cols = rest if rows == list(modes) else list(modes)
            height = math.prod(tensor.shape[k] for k in rows)
            if 3 <= height <= MAX_SIDE:
                yield rows, tensor.transpose(rows + cols).reshape(height, -1)


def _tail(M: np.ndarray) -> float:
    values = np.linalg.svd(M.astype(float), compute_uv=False) ** 2
    return float(values[2:].sum() / values.sum())


def _evidence(M: np.ndarray, norm: int) -> dict[str, Any] | None:
    """mu, Y and the tail that they prove, with the finest unit for which both are positive."""
    H = M.dot(M.T)
    values, vectors = np.linalg.eigh(H.astype(float))
    for unit in UNITS:
        mu, Y = _dual(values, vectors, unit)
        try:
            evidence = {
                "psd_Y": psd_evidence(Y),
                "psd_gap": psd_evidence(mu.denominator * (Y - unit * H) + unit * mu.numerator * _eye(len(H))),
            }
        except NotPositive:
            continue
        tail = 1 - (2 * mu + Fraction(int(np.trace(Y)), unit)) / norm
        if tail > 0:
            return {"tail": tail, "gamma": sqrt_above(1 / tail), "mu": mu, "unit": unit, "Y": Y.tolist(), **evidence}
    return None


def _dual(values: np.ndarray, vectors: np.ndarray, unit: int) -> tuple[Fraction, np.ndarray]:
    """The optimal dual point of Ky Fan's program, moved inside by a few units."""
    slack = 64 * max(1.0, float(values[-1]) * 1e-15 * unit) / unit
    mu = float(values[-3]) + slack
    top = np.maximum(values[-2:] - mu, 0) + slack
    Y = vectors[:, -2:] @ np.diag(top) @ vectors[:, -2:].T + slack * np.eye(len(values)) / 4
    exact = np.array([[round(float(x) * unit) for x in row] for row in (Y + Y.T) / 2], dtype=object)
    return Fraction(round(mu * unit), unit), exact


def _eye(n: int) -> np.ndarray:
    return np.eye(n, dtype=object)


METHOD = Method(
    name="kernel line",
    theorem="flattenings of differences have rank <= 2: gamma^-2 is at least the tail of the kernel vector",
    closes=("dnsp.gamma", "identifiability.uniform.verdict"),
    cost=20,
    accepts=accepts,
    search=search,
)
