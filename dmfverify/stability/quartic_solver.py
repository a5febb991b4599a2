"""The greatest lambda with form(T)|T|^2 - lambda |T|^4 = z^T G z + sum w_s Det_s modulo minors, in floats.

In place of the sum there may be u^T W u, u the alternating functions and W positive semidefinite: more, as the
square root of each Det_s is a combination of u, and larger.

The program is a semidefinite one whose linear map has orthonormal rows (`Quotient`), so an alternating direction
method on its two cones needs no factorisation (Wen, Goldfarb and Yin 2010): one eigenvalue problem a step, for few
eigenvectors, because the moment matrix has low rank.  Every iterate gives a valid lambda: project G on the
identity and add its least eigenvalue, because |T|^4 is the identity matrix.  That bound is exact long before
the iterates have converged, so it decides when to stop.

`reference` states the moment side in cvxpy, for small problems and for the tests.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from .quartic_space import Alternating, Quotient, Space, Square

EVERY = 20
"""Steps between two evaluations of the bound."""


@dataclass(frozen=True)
class Solution:
    """lambda, G with its least eigenvalue at 0, w (or W), and the moment matrix."""

    bound: float
    G: np.ndarray
    w: np.ndarray
    moments: np.ndarray
    steps: int


class Program:
    """The program for one quadratic form on a space: with `squares`, or with all products of `terms`."""

    def __init__(
        self, space: Space, form: np.ndarray, squares: Sequence[Square] = (), terms: Sequence[Alternating] = ()
    ) -> None:
        self.space, self.quotient = space, Quotient(space)
        self.squares, self.terms = squares, terms
        self.first, self.second = np.triu_indices(len(terms))
        self.multiples = self.quotient.multiples
        self.coefficients = space.coefficients(form)
        self.unit = space.coefficients(np.eye(space.n))
        self.expanded = [space.expand(square.terms) for square in squares] + [
            space.expand(space.product(terms[i], terms[j])) * (1 if i == j else 2)
            for i, j in zip(self.first.tolist(), self.second.tolist(), strict=True)
        ]
        self.target, unit = self.quotient.of(self.coefficients), self.quotient.of(self.unit)
        self.length = float(np.linalg.norm(unit))
        self.axis = unit / self.length
        D = np.array([self.quotient.of(e) for e in self.expanded]).reshape(-1, self.quotient.dimension)
        self.sizes = np.maximum(np.linalg.norm(D, axis=1), 1e-300)
        if terms:  # W is scaled by a diagonal matrix on both sides, and packed
            root = np.sqrt(self.sizes[self.first == self.second])
            self.sizes = root[self.first] * root[self.second] * np.where(self.first == self.second, 1, np.sqrt(2))
        self.D = D / self.sizes[:, None]
        flat = self.D - np.outer(self.D @ self.axis, self.axis)
        self.flat = flat
        self.woodbury = np.linalg.inv(np.eye(len(D)) + flat @ flat.T)
        self.off = np.where(space.i == space.j, 1.0, np.sqrt(2.0))

    def matrix(self, packed: np.ndarray) -> np.ndarray:
        """svec -> symmetric matrix."""
        space = self.space
        out = np.empty((space.N, space.N))
        values = packed / self.off
        out[space.i, space.j] = values
        out[space.j, space.i] = values
        return out

    def pack(self, matrix: np.ndarray) -> np.ndarray:
        """Symmetric matrix -> svec."""
        return matrix[self.space.i, self.space.j] * self.off

    def _level(self, v: np.ndarray) -> np.ndarray:
        return v - self.axis * (self.axis @ v)

    def _map(self, x: np.ndarray, w: np.ndarray) -> np.ndarray:
        return self._level(self.quotient.of_gram(x)) + w @ self.flat

    def _solve(self, v: np.ndarray) -> np.ndarray:
        """The inverse of the map times its transpose."""
        if not len(self.D):
            return v
        return v - (self.woodbury @ (self.flat @ v)) @ self.flat

    def admissible(self, w: np.ndarray) -> np.ndarray:
        """The nearest multipliers that are allowed: none negative, or W positive semidefinite."""
        if not self.terms:
            return np.maximum(w, 0)
        off = np.where(self.first == self.second, 1, np.sqrt(2))
        values, vectors = np.linalg.eigh(self._square(w / off))
        return ((vectors * np.maximum(values, 0)) @ vectors.T)[self.first, self.second] * off

    def _square(self, upper: np.ndarray) -> np.ndarray:
        out = np.empty((len(self.terms), len(self.terms)))
        out[self.first, self.second] = out[self.second, self.first] = upper
        return out

    def multipliers(self, w: np.ndarray) -> np.ndarray:
        """w, or W, in the units of the problem."""
        return self._square(w / self.sizes) if self.terms else w / self.sizes

    def valid(self, x: np.ndarray, w: np.ndarray) -> tuple[float, np.ndarray]:
        """lambda and G on the identity closest to x, for given w that is admissible (G need not be positive yet)."""
        defect = self.quotient.of_gram(x) + w @ self.D - self.target
        value = -float(self.axis @ defect) / self.length
        return value, x - self.quotient.moments(self._level(defect))

    def solve(self, enough: float, seconds: float, steps: int = 6_000, near: np.ndarray | None = None) -> Solution:
        """Iterate until the bound is close to `enough`, or does not improve, or time is up.

        `near` is the best T known: where the program is tight its products are the moments, and to start there
        takes a third of the steps.

        What counts as close grows with the steps done.  The iterates turn around the solution, so that their mean
        over some steps is tried as well.
        """
        start = time.monotonic()
        state = _State(self, near)
        best = Solution(-np.inf, np.zeros((0, 0)), np.zeros(0), np.zeros((0, 0)), 0)
        mark, marked = -np.inf, 0
        for step in range(1, steps + 1):
            state.step()
            if step % EVERY:
                continue
            for x, w in (state.x, state.w), state.means(step % (4 * EVERY) == 0):
                w = self.admissible(w)
                value, packed = self.valid(x, w)
                G = self.matrix(packed)
                bound = value + _least(G)
                if bound > best.bound:
                    best = Solution(bound, G, w, np.zeros((0, 0)), step)
            if best.bound - mark > 1e-2 * max(enough - best.bound, 1e-12):
                mark, marked = best.bound, step
            late = time.monotonic() - start > seconds
            close = best.bound >= enough * (1 - 1e-4 * min((step / 250) ** 2, 20))
            if close or late or (step - marked > 1000 and state.settled) or state.error < 1e-9:
                break
        if best.steps == 0:
            return best
        G, value = best.G, self.valid(self.pack(best.G), best.w)[0]
        bound = value + float(np.linalg.eigvalsh(G)[0])
        G = G + (value - bound) * np.eye(len(G))
        return Solution(bound, G, self.multipliers(best.w), self.matrix(state.S), step)


class _State:
    """The iterates: x, w on the side of the squares, S, u >= 0 on the side of the moments."""

    def __init__(self, program: Program, near: np.ndarray | None) -> None:
        self.program = program
        p = program
        self.C, self.c = p.quotient.moments(p.axis) / p.length, (p.D @ p.axis) / p.length
        self.b = p._level(p.target)
        self.x, self.w = np.zeros_like(self.C), np.zeros(len(p.D))
        self.S, self.u = self.C.copy(), self.c.copy()
        if near is not None and near.any():
            z = p.space.root * near[p.space.a] * near[p.space.b] / (near @ near)
            self.S, self.u = p.pack(np.outer(z, z)), np.zeros_like(self.c)
        self.sum_x, self.sum_w, self.count = np.zeros_like(self.x), np.zeros_like(self.w), 0
        self.image, self.penalty, self.trend = np.zeros_like(self.b), 0.1, 0
        self.scale_b, self.scale_c = 1 + float(np.linalg.norm(self.b)), 1 + float(np.linalg.norm(self.C))
        self.rank = p.space.N
        self.error = float("inf")

    @property
    def settled(self) -> bool:
        """Whether the iterates are close to feasible."""
        return self.error < 1e-5

    def means(self, forget: bool) -> tuple[np.ndarray, np.ndarray]:
        """The means of x and w over the last steps; the count starts again if told so."""
        x, w = self.sum_x / self.count, self.sum_w / self.count
        if forget:
            self.sum_x, self.sum_w, self.count = np.zeros_like(x), np.zeros_like(w), 0
        return x, w

    def step(self) -> None:
        """One step of the alternating directions, over-relaxed by 1.6."""
        p, mu = self.program, self.penalty
        y = -p._solve(mu * (self.image - self.b) + p._map(self.S - self.C, self.u - self.c))
        level = p._level(y)
        pull, pulled = p.quotient.moments(level), p.flat @ y
        V, v = self.C - pull - mu * self.x, self.c - pulled - mu * self.w
        self.S, self.rank = _positive(p, V, self.rank)
        self.u = p.admissible(v)
        self.x = -0.6 * self.x + 1.6 * (self.S - V) / mu
        self.w = -0.6 * self.w + 1.6 * (self.u - v) / mu
        self.sum_x += self.x
        self.sum_w += self.w
        self.count += 1
        self.image = p._map(self.x, self.w)
        one = float(np.linalg.norm(self.image - self.b)) / self.scale_b
        two = float(np.linalg.norm(self.S - self.C + pull)) / self.scale_c
        self.error = max(one, two)
        self.trend = min(self.trend, 0) - 1 if one < two else max(self.trend, 0) + 1
        if abs(self.trend) > 20:
            self.penalty *= 1.5 if self.trend > 0 else 1 / 1.5
            self.trend = 0


def _positive(p: Program, packed: np.ndarray, rank: int) -> tuple[np.ndarray, int]:
    """The positive part of a packed matrix, and its rank; only the eigenvectors of the smaller part are computed."""
    from scipy.linalg import eigh

    V = p.matrix(packed)
    N = len(V)
    for wanted in (min(rank, N - rank) + 5 + rank // 4, N):
        if 3 * wanted > N:
            values, vectors = np.linalg.eigh(V)
        else:
            ends = (N - wanted, N - 1) if 2 * rank <= N else (0, wanted - 1)
            values, vectors = eigh(V, subset_by_index=ends, driver="evr", check_finite=False)
        kept = values > 0
        if 2 * rank <= N and (not kept[0] or len(values) == N):
            return p.pack((vectors[:, kept] * values[kept]) @ vectors[:, kept].T), int(kept.sum())
        if 2 * rank > N and (kept[-1] or len(values) == N):
            low = vectors[:, ~kept]
            return packed - p.pack((low * values[~kept]) @ low.T), N - int((~kept).sum())
    raise AssertionError("all eigenvalues are known in the second round")


def _least(G: np.ndarray) -> float:
    from scipy.linalg import eigh

    return float(eigh(G, subset_by_index=(0, 0), eigvals_only=True, driver="evr", check_finite=False)[0])


def reference(space: Space, form: np.ndarray, squares: list[Square], solver: str = "CLARABEL") -> float:
    """The optimum of the same program, moment side, in cvxpy: for small problems.

    Examples
    --------
    >>> box = ((0, 1, 2), (0, 1, 2))
    >>> v = np.eye(3).ravel() / np.sqrt(3)
    >>> round(reference(Space((3, 3), box, box), np.eye(9) - np.outer(v, v), []), 5)
    0.33333
    """
    import cvxpy as cp

    y = cp.Variable(space.m)
    full = np.empty((space.N, space.N), dtype=np.int64)
    full[space.i, space.j] = full[space.j, space.i] = space.monomial
    roots = np.outer(space.root, space.root)
    moments = cp.multiply(roots, cp.reshape(y[full.ravel()], (space.N, space.N), order="C"))
    constraints = [moments >> 0, space.coefficients(np.eye(space.n)) @ y == 1]
    multiples = space.multiples()
    if multiples.shape[1]:
        constraints.append(multiples.T @ y == 0)
    constraints += [space.expand(square.terms) @ y >= 0 for square in squares]
    problem = cp.Problem(cp.Minimize(space.coefficients(form) @ y), constraints)
    return float(problem.solve(solver=solver))
