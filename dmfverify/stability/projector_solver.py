"""The least theta with |(P_1 x ... x P_q x I) V x|^2 <= theta*|x|^2 that a relaxation proves, in floats.

Z stands for P_1 x ... x P_q x x x^T, P_k projectors of rank 2: it equals each of its partial transposes, so it has one
entry for each class of index pairs that are unordered mode by mode.  With R_k Z = I_k x (trace over mode k of Z)/2 the
matrices (R_k - 1) Z are positive, because P_k becomes I - P_k.  (So are products of R_k - 1 over several modes; they
were measured to tighten nothing, and cost an eigenvalue problem each.)  The maximum of <V V^T, Z> under trace
Z = 2^q is what is bounded; its dual has a positive Y_a for a the empty set and each single mode.

The R_k commute and have two eigenvalues each, so the linear map of the program times its transpose is inverted in
closed form, and an alternating direction method (Wen, Goldfarb and Yin 2010) needs q + 1 eigenvalue problems a step.
Every iterate gives a valid theta: whatever is missing goes to the empty set's Y, whose least eigenvalue costs 2^q times
as much.
"""

from __future__ import annotations

import math
import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

EVERY = 20
"""Steps between two evaluations of the bound."""

PATIENCE, KICKS = 160, 2
"""Steps without a gain before the penalty is raised tenfold, and how often that is tried."""

Modes = tuple[int, ...]


@dataclass(frozen=True)
class Solution:
    """theta, the Y of each set of modes (that of the empty set last changed), and the moments Z."""

    bound: float
    Y: dict[Modes, np.ndarray]
    Z: np.ndarray
    steps: int


class Classes:
    """Symmetric matrices on R^d_1 x ... x R^d_q x R^c that equal their partial transposes, in orthonormal coordinates.

    Examples
    --------
    >>> classes = Classes((3, 3), 2)
    >>> classes.size, classes.shape
    (18, (6, 6, 3))
    >>> z = np.arange(108.0)
    >>> bool(np.allclose(classes.of(classes.matrix(z)), z))
    True
    """

    def __init__(self, dims: Sequence[int], c: int) -> None:
        self.dims, self.c = tuple(dims), c
        sides = (*self.dims, c)
        self.size = math.prod(sides)
        self.shape = tuple(d * (d + 1) // 2 for d in sides)
        place, count = np.zeros((1, 1), dtype=np.int64), np.ones(1)
        for d in sides:
            table = pair_numbers(d)
            width = d * (d + 1) // 2
            place = (place[:, None, :, None] * width + table[None, :, None, :]).reshape(len(place) * d, len(place) * d)
            count = np.outer(count, np.bincount(table.ravel(), minlength=width)).ravel()
        self.place, self.root = place, np.sqrt(count)

    def matrix(self, z: np.ndarray) -> np.ndarray:
        """The matrix with these coordinates."""
        return (z.ravel() / self.root)[self.place]

    def of(self, Y: np.ndarray) -> np.ndarray:
        """Coordinates of the projection of a matrix on the space."""
        return np.bincount(self.place.ravel(), Y.ravel(), minlength=len(self.root)) / self.root

    def traced(self, z: np.ndarray, k: int) -> np.ndarray:
        """The part of z that is a multiple of the identity in mode k."""
        d = self.dims[k]
        diagonal = np.diagonal(pair_numbers(d))
        z = np.moveaxis(z.reshape(self.shape), k, 0)
        out = np.zeros_like(z)
        out[diagonal] = z[diagonal].mean(axis=0)
        return np.moveaxis(out, 0, k).ravel()


def pair_numbers(d: int) -> np.ndarray:
    """A d x d table that numbers unordered pairs."""
    table = np.zeros((d, d), dtype=np.int64)
    i, j = np.triu_indices(d)
    table[i, j] = table[j, i] = np.arange(len(i))
    return table


class Program:
    """The program for vectors v_e in R^(d_1 ... d_q c), one for each index e of the modes left alone (e x size)."""

    def __init__(self, classes: Classes, vectors: np.ndarray) -> None:
        self.classes = classes
        q = len(classes.dims)
        self.sets: list[Modes] = [(), *((k,) for k in range(q))]
        self.square = vectors.T @ vectors
        self.F = classes.of(self.square)
        self.top = 2.0**q
        one = classes.of(np.eye(classes.size))
        self.length = float(np.linalg.norm(one))
        self.axis = one / self.length
        self.b = -self.level(self.F)

    def level(self, z: np.ndarray) -> np.ndarray:
        """z without its part along the identity."""
        return z - self.axis * (self.axis @ z)

    def turned(self, z: np.ndarray, a: Modes) -> np.ndarray:
        """The product of (R_k - 1), k in a."""
        for k in a:
            z = self.classes.dims[k] / 2 * self.classes.traced(z, k) - z
        return z

    def inverse(self, z: np.ndarray) -> np.ndarray:
        """The inverse of the sum over all a of the squared products."""
        dims = self.classes.dims
        parts: list[tuple[Modes, np.ndarray]] = [((), z)]
        for k in range(len(dims)):
            split = []
            for traced, part in parts:
                one = self.classes.traced(part, k)
                split += [((*traced, k), one), (traced, part - one)]
            parts = split
        total = np.zeros_like(z)
        for traced, part in parts:
            weight = sum(math.prod((dims[k] / 2 - 1) ** 2 for k in a if k in traced) for a in self.sets)
            total += part / weight
        return total

    def map(self, X: Sequence[np.ndarray]) -> np.ndarray:
        """Sum over a of the product applied to Y_a."""
        total = np.zeros_like(self.F)
        for Y, a in zip(X, self.sets, strict=True):
            total += self.turned(self.classes.of(Y), a)
        return total

    def valid(self, X: Sequence[np.ndarray]) -> tuple[float, list[np.ndarray]]:
        """theta and positive Y that prove it, those of non-empty sets being the positive parts of X."""
        rest = [positive(Y) for Y in X[1:]]
        total = self.map([X[0], *rest]) + self.F
        theta = self.top * float(self.axis @ total) / self.length
        first = X[0] - self.classes.matrix(self.level(total))
        least = float(np.linalg.eigvalsh(first)[0])
        return theta - self.top * least, [first - least * np.eye(len(first)), *rest]

    def solve(self, enough: float, seconds: float, steps: int = 4_000) -> Solution:
        """Iterate until 1 - theta is close to 1 - `enough`, or does not improve, or time is up."""
        start = time.monotonic()
        state = _State(self)
        best, found, mark, marked, kicks = math.inf, [], math.inf, 0, 0
        for step in range(1, steps + 1):
            state.step()
            if step % EVERY:
                continue
            for X in (state.X, state.means(step % (4 * EVERY) == 0)):
                bound, Y = self.valid(X)
                if bound < best:
                    best, found = bound, Y
            if mark - best > 1e-2 * max(best - enough, 1e-12):
                mark, marked = best, step
            late = time.monotonic() - start > seconds
            close = 1 - best >= (1 - enough) * (1 - 1e-4 * min((step / 250) ** 2, 10))
            if close or late or state.error < 1e-10:
                break
            if step - marked > PATIENCE and state.error < 1e-3:
                if kicks == KICKS:
                    break
                kicks, marked = kicks + 1, step
                state.penalty *= 10
        return Solution(best, dict(zip(self.sets, found, strict=False)), state.S[0], step)


class _State:
    """The iterates: X on the side of the proof, S on the side of the moments, one matrix for each set of modes."""

    def __init__(self, program: Program) -> None:
        self.p = p = program
        eye = np.eye(p.classes.size)
        unit = p.top / p.length**2
        self.C = [unit * math.prod(p.classes.dims[k] / 2 - 1 for k in a) * eye for a in p.sets]
        self.X = [np.zeros_like(eye) for _ in p.sets]
        self.S = [C.copy() for C in self.C]
        self.sums, self.count = [np.zeros_like(eye) for _ in p.sets], 0
        self.image, self.penalty, self.trend = np.zeros_like(p.b), 10.0, 0
        self.scale_b = 1 + float(np.linalg.norm(p.b))
        self.scale_c = 1 + math.sqrt(sum(float(np.sum(C * C)) for C in self.C))
        self.error = math.inf

    def means(self, forget: bool) -> list[np.ndarray]:
        """The means of X over the last steps; the count starts again if told so."""
        X = [x / self.count for x in self.sums]
        if forget:
            self.sums, self.count = [np.zeros_like(x) for x in self.sums], 0
        return X

    def step(self) -> None:
        """One step of the alternating directions, over-relaxed by 1.6."""
        p, mu = self.p, self.penalty
        gap = p.level(p.map([S - C for S, C in zip(self.S, self.C, strict=True)]))
        y = -p.inverse(mu * (self.image - p.b) + gap)
        y = p.level(y)
        miss = 0.0
        for n, a in enumerate(p.sets):
            pull = p.classes.matrix(p.turned(y, a))
            V = self.C[n] - pull - mu * self.X[n]
            S = positive(V)
            self.X[n] = -0.6 * self.X[n] + 1.6 * (S - V) / mu
            self.S[n] = S
            self.sums[n] += self.X[n]
            miss += float(np.sum((S - self.C[n] + pull) ** 2))
        self.count += 1
        self.image = p.level(p.map(self.X))
        one, two = float(np.linalg.norm(self.image - p.b)) / self.scale_b, math.sqrt(miss) / self.scale_c
        self.error = max(one, two)
        self.trend = min(self.trend, 0) - 1 if one < two else max(self.trend, 0) + 1
        if abs(self.trend) > 20:
            self.penalty *= 1.5 if self.trend > 0 else 1 / 1.5
            self.trend = 0


def positive(V: np.ndarray) -> np.ndarray:
    """The positive part of a symmetric matrix."""
    values, vectors = np.linalg.eigh(V)
    kept = values > 0
    if 2 * kept.sum() <= len(values):
        return (vectors[:, kept] * values[kept]) @ vectors[:, kept].T
    return V - (vectors[:, ~kept] * values[~kept]) @ vectors[:, ~kept].T
