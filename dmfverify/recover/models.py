"""Models for solvers: the nearest allowed vector, and least squares over what is allowed.

Main definitions
    `Allowed`        one factor's allowed vectors: inside a support, at most s non-zeros, few groups, perhaps >= 0
    `allowed`        those of every factor, once for each support of a model that lists supports
    `least_squares`  min ‖B v - y‖ over allowed v: exact where the supports are few, otherwise the best of several
                     searches (`matching_pursuit`, `hard_thresholding`, `basis_pursuit`)

Sources: Y. Pati et al., orthogonal matching pursuit, 1993; T. Blumensath and M. Davies, iterative hard thresholding,
2009; S. Foucart, hard thresholding pursuit, 2011.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..problem.forms import Statement

FEW = 128
"""Supports that are all tried."""
FEW_GROUPS = 5_000
ROUNDS = 60


@dataclass(frozen=True)
class Allowed:
    """The allowed vectors of one factor with `size` parameters.

    Attributes
    ----------
    inside
        Indices that may be non-zero at all.
    sparsity
        At most so many of them; None for all.
    groups, active
        Index groups, and how many of them may be active; no groups for no such limit.
    nonnegative
        Whether entries are >= 0.
    """

    size: int
    inside: tuple[int, ...]
    sparsity: int | None = None
    groups: tuple[tuple[int, ...], ...] = ()
    active: int = 0
    nonnegative: bool = False

    @property
    def convex(self) -> bool:
        """Whether the support is given, so that only a linear space or an orthant is left."""
        return self.sparsity is None and not self.groups

    @property
    def free(self) -> bool:
        """Whether every vector is allowed."""
        return self.convex and not self.nonnegative and len(self.inside) == self.size

    @cached_property
    def few(self) -> list[tuple[int, ...]]:
        """All maximal supports when they are few, otherwise nothing."""
        if self.convex:
            return [self.inside]
        if self.sparsity is not None:
            if math.comb(len(self.inside), self.sparsity) > FEW:
                return []
            return list(itertools.combinations(self.inside, self.sparsity))
        if math.comb(len(self.groups), self.active) > FEW:
            return []
        return sorted({_union(chosen) for chosen in itertools.combinations(self.groups, self.active)})

    def support(self, v: np.ndarray) -> tuple[int, ...]:
        """A maximal allowed support that holds as much of ‖v‖ as possible (groups that overlap: greedily if many)."""
        weight = np.maximum(v, 0.0) if self.nonnegative else np.abs(v)
        if self.sparsity is not None:
            order = np.argsort(-weight[list(self.inside)], kind="stable")[: self.sparsity]
            return tuple(sorted(int(self.inside[i]) for i in order))
        if self.groups:
            return self._groups(weight**2)
        return self.inside

    def _groups(self, energy: np.ndarray) -> tuple[int, ...]:
        if sum(map(len, self.groups)) != len(_union(self.groups)) and self.few:
            return max(self.few, key=lambda chosen: float(energy[list(chosen)].sum()))
        left, chosen = energy.copy(), []
        for _ in range(self.active):
            best = max(self.groups, key=lambda group: float(left[list(group)].sum()))
            chosen.append(best)
            left[list(best)] = 0.0
        return _union(chosen)

    def project(self, v: np.ndarray) -> np.ndarray:
        """The nearest allowed vector.

        >>> Allowed(3, (0, 1, 2), sparsity=1).project(np.array([1.0, -3.0, 2.0])).tolist()
        [0.0, -3.0, 0.0]
        >>> Allowed(3, (0, 1, 2), sparsity=1, nonnegative=True).project(np.array([1.0, -3.0, 2.0])).tolist()
        [0.0, 0.0, 2.0]
        """
        chosen = list(self.support(v))
        out = np.zeros(self.size)
        out[chosen] = np.maximum(v[chosen], 0.0) if self.nonnegative else v[chosen]
        return out

    def draw(self, rng: np.random.Generator, support: Sequence[int] | None = None) -> np.ndarray:
        """A random allowed vector of sup-norm one, with entries of size at least a quarter on its support."""
        if support is None:
            support = self.support(rng.random(self.size))
        out = np.zeros(self.size)
        sizes = rng.uniform(0.25, 1.0, len(support))
        signs = 1.0 if self.nonnegative else rng.choice([-1.0, 1.0], len(support))
        out[list(support)] = sizes * signs
        return out / (np.abs(out).max() or 1.0)


def _union(sets: Iterable[Sequence[int]]) -> tuple[int, ...]:
    return tuple(sorted(set(itertools.chain(*sets))))


def allowed(statement: Statement) -> list[list[Allowed]]:
    """For each support that the model lists (one entry when it lists none) the allowed vectors, a factor each.

    >>> from dmfverify.problem import Case, Diagonal, Supports
    >>> case = Case([Diagonal(2)], model=Supports([[[0]], [[1]]]))
    >>> [[a.inside for a in factors] for factors in allowed(case.statement)]
    [[(0,)], [(1,)]]
    """
    model, sizes = statement.model, statement.sizes
    whole = [tuple(range(n)) for n in sizes]
    if model.kind == "supports":
        boxes = list(model.maximal(sizes))
        positive = model.nonnegative
        return [[Allowed(n, b, nonnegative=positive) for n, b in zip(sizes, box, strict=True)] for box in boxes]
    if model.kind == "sparse":
        pairs = zip(sizes, whole, model.sparsity, strict=True)
        return [[Allowed(n, w, min(s, n), nonnegative=model.nonnegative) for n, w, s in pairs]]
    if model.kind == "group-sparse":
        rows = zip(sizes, whole, model.groups, model.active, strict=True)
        return [[Allowed(n, w, None, g, min(a, len(g)), model.nonnegative) for n, w, g, a in rows]]
    return [[Allowed(n, w, nonnegative=model.nonnegative) for n, w in zip(sizes, whole, strict=True)]]


# -- least squares -----------------------------------------------------------------------------------


def least_squares(B: np.ndarray, y: np.ndarray, model: Allowed, start: np.ndarray | None = None) -> np.ndarray:
    """min ‖B v - y‖ over allowed v.

    Parameters
    ----------
    B, y
        The matrix (rows x S) and the target.
    model
        What is allowed.  With at most 128 supports all are tried; otherwise the best of `matching_pursuit` and
        `hard_thresholding` is returned, the latter from `start` too.

    Examples
    --------
    >>> B = np.array([[1.0, 1.0, 0.0], [0.0, 1.0, 2.0]])
    >>> least_squares(B, np.array([0.0, 3.0]), Allowed(3, (0, 1, 2), sparsity=1)).tolist()
    [0.0, 0.0, 1.5]
    """
    if model.few:
        return _best(B, y, (on_support(B, y, support, model) for support in model.few))
    found = [matching_pursuit(B, y, model), hard_thresholding(B, y, model, np.zeros(model.size))]
    if start is not None:
        found.append(hard_thresholding(B, y, model, start))
    return _best(B, y, found)


def _best(B: np.ndarray, y: np.ndarray, found: Iterable[np.ndarray]) -> np.ndarray:
    return min(found, key=lambda v: float(np.linalg.norm(B @ v - y)))


def on_support(B: np.ndarray, y: np.ndarray, support: Sequence[int], model: Allowed) -> np.ndarray:
    """Least squares with a given support: by `lstsq`, or non-negative least squares."""
    chosen = list(support)
    out = np.zeros(model.size)
    if not chosen:
        return out
    if model.nonnegative:
        from scipy.optimize import nnls

        out[chosen] = nnls(B[:, chosen], y, maxiter=30 * len(chosen) + 100)[0]
    else:
        out[chosen] = np.linalg.lstsq(B[:, chosen], y, rcond=None)[0]
    return out


def matching_pursuit(B: np.ndarray, y: np.ndarray, model: Allowed) -> np.ndarray:
    """Orthogonal matching pursuit: index by index, or group by group, and least squares on what was chosen."""
    atoms = list(model.groups) or [(i,) for i in model.inside]
    norms = np.linalg.norm(B, axis=0)
    scale = np.where(norms > 0, norms, 1.0)
    chosen: list[tuple[int, ...]] = []
    v = np.zeros(model.size)
    for _ in range(model.active or model.sparsity or 0):
        gain = (B.T @ (y - B @ v)) / scale
        gain = np.maximum(gain, 0.0) ** 2 if model.nonnegative else gain**2
        left = [atom for atom in atoms if atom not in chosen]
        chosen.append(max(left, key=lambda atom: float(gain[list(atom)].sum())))
        v = on_support(B, y, _union(chosen), model)
    return v


def hard_thresholding(B: np.ndarray, y: np.ndarray, model: Allowed, start: np.ndarray) -> np.ndarray:
    """Normalised iterative hard thresholding: gradient step of exact length, projection, least squares on the support.

    The best point met is returned.
    """
    v = start
    best, least, seen = start, float(np.linalg.norm(B @ start - y)), set()
    for _ in range(ROUNDS):
        slope = B.T @ (y - B @ v)
        here = np.zeros(model.size)
        chosen = list(model.support(v if v.any() else slope))
        here[chosen] = slope[chosen]
        image = B @ (here if here.any() else slope)
        length = float(here @ here or slope @ slope) / (float(image @ image) or 1.0)
        support = model.support(v + length * slope)
        if support in seen:
            break
        seen.add(support)
        v = on_support(B, y, support, model)
        norm = float(np.linalg.norm(B @ v - y))
        if norm < least:
            best, least = v, norm
    return best


def basis_pursuit(B: np.ndarray, y: np.ndarray, model: Allowed, noise: float = 0.0) -> np.ndarray:
    """The vector of least l1 norm with ‖B v - y‖ <= `noise` (cvxpy), thresholded, with least squares on its support."""
    import cvxpy

    v = cvxpy.Variable(model.size)
    limits = [cvxpy.norm2(B @ v - y) <= noise] if noise > 0 else [B @ v == y]
    limits += [v >= 0] if model.nonnegative else []
    problem = cvxpy.Problem(cvxpy.Minimize(cvxpy.norm1(v)), limits)
    try:
        problem.solve(solver=cvxpy.CLARABEL)
    except cvxpy.error.SolverError:
        return np.zeros(model.size)
    if v.value is None:
        return np.zeros(model.size)
    return on_support(B, y, model.support(v.value), model)
