"""Solvers: parameters in the models whose product is near a given vector.

Main definitions
    `Problem`      what is minimised: ‖A P(h) - y‖ over h in the models
    `solve`        starts, alternation and polishing, the best of all, within a budget
    `alternate`    alternating least squares over the allowed vectors of each factor
    `palm`         proximal alternating linearised minimisation, for products too large for least squares
    `levenberg_marquardt`  with analytic Jacobians, every iterate moved back to equal norms (the scales are a gauge)

Sources: J. Bolte, S. Sabach and M. Teboulle, PALM, 2014; D. Marquardt, 1963; for K = 1 see `models`.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from ..lifting import Lifting
from .contraction import Contraction
from .hierarchy import hierarchical, levelled, tree
from .models import Allowed, allowed, basis_pursuit, least_squares

Parameters = list[np.ndarray]
SWEEPS = 40
STEPS = 200
CLOSED = 1e-14
"""Relative residual that is zero in double precision."""
STALLED = 1e-13
"""Relative decrease below which a step has not moved."""
Callback = Callable[[dict], object]


@dataclass(frozen=True)
class Problem:
    """min ‖A P(h) - y‖ over the models.

    Attributes
    ----------
    chain
        The contraction of the lifting.
    y
        The target over its rows.
    goal
        A residual that is small enough: a search ends there.
    deadline
        On the clock of ``time.monotonic``.
    callback
        Called with ``{"start", "method", "sweep", "residual"}``; a true answer ends the search.
    """

    chain: Contraction
    y: np.ndarray
    goal: float = 0.0
    deadline: float = math.inf
    callback: Callback | None = None

    def residual(self, h: Parameters) -> float:
        """‖A P(h) - y‖."""
        return float(np.linalg.norm(self.chain.product(h) - self.y))

    @property
    def enough(self) -> float:
        """The residual at which a search ends."""
        return max(self.goal, CLOSED * float(np.linalg.norm(self.y)))

    def late(self) -> bool:
        """Whether the time is over."""
        return time.monotonic() > self.deadline

    def told(self, start: int, method: str, sweep: int, residual: float) -> bool:
        """Whether the search has to end: the residual is small enough, the time is over, or the callback says so."""
        row = {"start": start, "method": method, "sweep": sweep, "residual": residual}
        stop = bool(self.callback(row)) if self.callback else False
        return stop or residual <= self.enough or self.late()


@dataclass
class Solution:
    """The best parameters of a search.

    Attributes
    ----------
    h
        The factors, with equal norms (nearly, where powers of two level them).
    residual
        ‖A P(h) - y‖ over the rows.
    starts
        How many starts were made.
    method
        What the best one started from.
    """

    h: Parameters
    residual: float
    starts: int
    method: str


def balanced(h: Sequence[np.ndarray]) -> Parameters:
    """The same class with equal Euclidean norms; as it stands when a factor is zero.

    >>> [x.tolist() for x in balanced([np.array([8.0]), np.array([2.0])])]
    [[4.0], [4.0]]
    """
    norms = [float(np.linalg.norm(x)) for x in h]
    if min(norms) == 0 or not all(map(math.isfinite, norms)):
        return [np.asarray(x, dtype=float) for x in h]
    mean = math.exp(sum(map(math.log, norms)) / len(norms))
    return [np.asarray(x, dtype=float) * (mean / a) for x, a in zip(h, norms, strict=True)]


# -- one start ---------------------------------------------------------------------------------------


def alternate(
    problem: Problem, h: Parameters, models: Sequence[Allowed], start: int, sweeps: int = SWEEPS
) -> Parameters:
    """Alternating least squares: each factor in turn the best allowed one, the others held."""
    norm = problem.residual(h)
    for sweep in range(sweeps):
        for k, model in enumerate(models):
            h[k] = least_squares(problem.chain.matrix(h, k), problem.y, model, h[k])
            h = balanced(h)
        before, norm = norm, problem.residual(h)
        if problem.told(start, "alternate", sweep, norm) or norm > 0.999 * before:
            break
    return h


def palm(problem: Problem, h: Parameters, models: Sequence[Allowed], start: int, sweeps: int = SWEEPS) -> Parameters:
    """PALM: each factor in turn one projected gradient step of length 1/L, L the exact Lipschitz constant.

    The product is linear in a factor, so L is the largest squared singular value of that linear map; it comes from
    power iterations, by contractions only.  The residual never increases.
    """
    norm = problem.residual(h)
    for sweep in range(sweeps):
        for k, model in enumerate(models):
            h = _proximal_step(problem, h, k, model)
        h = balanced(h)
        before, norm = norm, problem.residual(h)
        if problem.told(start, "palm", sweep, norm) or norm > (1 - 1e-10) * before:
            break
    return h


def _proximal_step(problem: Problem, h: Parameters, k: int, model: Allowed) -> Parameters:
    residual = problem.chain.product(h) - problem.y
    slope = problem.chain.gradient(h, residual)[k]
    curvature = lipschitz(problem.chain, h, k, slope)
    if curvature == 0:
        return h
    moved = list(h)
    moved[k] = model.project(h[k] - slope / curvature)
    return moved if problem.residual(moved) <= float(np.linalg.norm(residual)) else h


def lipschitz(chain: Contraction, h: Parameters, k: int, first: np.ndarray, rounds: int = 30) -> float:
    """The largest squared singular value of v -> A P(h with h_k = v): from its matrix, or by power iterations."""
    if chain.has_matrices:
        return float(np.linalg.norm(chain.matrix(h, k), 2)) ** 2
    v, value = first.copy(), 0.0
    for _ in range(rounds):
        norm = float(np.linalg.norm(v))
        if norm == 0:
            return value
        at = [*h[:k], v / norm, *h[k + 1 :]]
        image = chain.product(at)
        before, value = value, float(image @ image)
        v = chain.gradient(at, image)[k]
        if abs(value - before) <= 1e-3 * value:
            break
    return 1.05 * value


def levenberg_marquardt(
    problem: Problem, h: Parameters, models: Sequence[Allowed], start: int, steps: int = STEPS
) -> Parameters:
    """Levenberg-Marquardt on the supports of h, with analytic Jacobians.

    A step is orthogonal to the scales, and the new iterate is moved along them to equal norms.  Non-negative entries
    at zero that would fall stay there; the others are cut at zero.
    """
    supports = [list(model.support(x)) for model, x in zip(models, h, strict=True)]
    h, norm, damping, stalls = balanced(h), problem.residual(h), 1e-3, 0
    for step in range(steps):
        if problem.told(start, "levenberg-marquardt", step, norm):
            break
        places = _free_places(problem, h, models, supports)
        J, r = _local(problem, h, places)
        scale = float(np.linalg.norm(J) ** 2) / max(1, J.shape[1])
        moved, new, damping = _damped(problem, h, models, places, J, r, scale, damping, norm)
        if new >= norm:
            break
        stalls = stalls + 1 if new > (1 - 1e-6) * norm else 0
        h, norm = moved, new
        if stalls == 5:
            break
    return h


def _free_places(
    problem: Problem, h: Parameters, models: Sequence[Allowed], supports: list[list[int]]
) -> list[list[int]]:
    """The supports without the non-negative entries that are zero and would fall."""
    if not any(model.nonnegative for model in models):
        return supports
    slopes = problem.chain.gradient(h, problem.chain.product(h) - problem.y)
    rows = zip(models, supports, h, slopes, strict=True)
    return [[i for i in s if not (m.nonnegative and x[i] <= 0 and d[i] >= 0)] for m, s, x, d in rows]


def _local(problem: Problem, h: Parameters, places: list[list[int]]) -> tuple[np.ndarray, np.ndarray]:
    """Jacobian and residual, as the triangle and the rotated residual when there are many rows."""
    J = np.hstack([B[:, chosen] for B, chosen in zip(problem.chain.matrices(h), places, strict=True)])
    r = problem.chain.product(h) - problem.y
    if J.shape[0] > J.shape[1]:
        Q, R = np.linalg.qr(J)
        return R, Q.T @ r
    return J, r


def _damped(
    problem: Problem,
    h: Parameters,
    models: Sequence[Allowed],
    places: list[list[int]],
    J: np.ndarray,
    r: np.ndarray,
    scale: float,
    damping: float,
    norm: float,
) -> tuple[Parameters, float, float]:
    """The first step that decreases the residual while the damping grows: iterate, residual and next damping."""
    U, sigma, Vt = np.linalg.svd(J, full_matrices=False)
    along = U.T @ r
    for _ in range(14):
        step = -(Vt.T @ (sigma / (sigma**2 + damping * scale + 1e-300) * along))
        moved = _moved(h, models, places, step)
        new = problem.residual(moved)
        if new < norm:
            return moved, new, max(damping / 10, 1e-16)
        damping *= 10
    return h, norm, damping


def _moved(h: Parameters, models: Sequence[Allowed], places: list[list[int]], step: np.ndarray) -> Parameters:
    out, at = [], 0
    for x, model, chosen in zip(h, models, places, strict=True):
        new = x.copy()
        new[chosen] += step[at : at + len(chosen)]
        at += len(chosen)
        out.append(np.maximum(new, 0.0) if model.nonnegative else new)
    return balanced(out)


# -- many starts -------------------------------------------------------------------------------------


def solve(
    lifting: Lifting,
    y: np.ndarray,
    *,
    starts: int = 20,
    seed: int = 0,
    warm: Sequence[np.ndarray] | None = None,
    goal: float = 0.0,
    deadline: float = math.inf,
    callback: Callback | None = None,
    structured: bool = True,
    chain: Contraction | None = None,
) -> Solution:
    """The best parameters found for a vector over the rows.

    Parameters
    ----------
    lifting, y
        The problem; see `contraction.measured` for the vector of a matrix.
    starts
        At most so many; the search ends early at `goal`, after a hierarchical start that fits the model, or when three
        starts end at the same residual.  A model that lists supports gets at least one start a support.
    seed
        Fixes every random choice.
    warm
        Parameters to start from; then no other start is made unless `starts` exceeds one.
    goal
        A residual that is small enough.
    deadline
        On the clock of ``time.monotonic``; the best so far is returned.
    structured
        Whether to try what is known of the structure (`hierarchy`) before random starts.

    Examples
    --------
    >>> from dmfverify.problem.forms import Statement, Taps
    >>> layer = lambda *taps: Taps((4,), "circular", 1, (1, 1), tuple((0, 0, (t,)) for t in taps))
    >>> lifting = Lifting(Statement("scale", (layer(0, 2), layer(0, 1))))
    >>> found = solve(lifting, np.array([2.0, 6.0, 4.0, 12.0]), structured=False)
    >>> found.residual < 1e-12
    True
    """
    problem = Problem(chain or Contraction(lifting), y, goal, deadline, callback)
    search = _Search(problem, allowed(lifting.statement), np.random.default_rng(seed))
    return search.run(max(starts, len(search.models)), starts, warm, structured)


@dataclass
class _Search:
    """The best of several starts."""

    problem: Problem
    models: list[list[Allowed]]
    rng: np.random.Generator
    best: Parameters | None = None
    residual: float = math.inf
    method: str = "none"
    ends: list[float] = field(default_factory=list)

    def run(self, most: int, starts: int, warm: Sequence[np.ndarray] | None, structured: bool) -> Solution:
        made = 0
        for made, (name, h, models) in enumerate(self._starts(most, warm, structured), start=1):
            self._try(made - 1, name, h, models)
            if self.residual <= self.problem.enough or self.problem.late() or (warm is not None and starts <= 1):
                break
            if self._convex and (name == "hierarchical" or self._agreed()):
                break
        if self.best is None:
            raise AssertionError("no start was made")
        return Solution(self.best, self.residual, made, self.method)

    @property
    def _free(self) -> bool:
        """Whether all parameters are allowed."""
        return len(self.models) == 1 and all(m.free for m in self.models[0])

    def _swept(self, start: int, h: Parameters) -> Parameters:
        """Sweeps over the tree of splits, which need no matrices."""
        problem, splits = self.problem, tree(self.problem.chain.lifting.statement)
        if splits is None:
            raise AssertionError("a hierarchical start without splits")
        y = splits.looked_up(problem.chain.lifting.floats.keys, problem.y)
        h, _ = splits.refined(y, h, lambda sweep, residual: problem.told(start, "hierarchical", sweep, residual))
        return levelled(h)

    @property
    def _convex(self) -> bool:
        return len(self.models) == 1 and all(m.convex for m in self.models[0])

    def _agreed(self) -> bool:
        """Whether three ends at the least residual make it likely to be the least there is."""
        least = min(self.ends)
        return sum(end <= least * (1 + 1e-6) for end in self.ends) >= 3

    def _starts(
        self, most: int, warm: Sequence[np.ndarray] | None, structured: bool
    ) -> Iterator[tuple[str, Parameters, list[Allowed]]]:
        if warm is not None:
            h = [np.asarray(x, dtype=float) for x in warm]
            models = min(self.models, key=lambda ms: _outside(h, ms))
            yield "warm", [m.project(x) for m, x in zip(models, h, strict=True)], models
        if structured:
            yield from self._structured()
        for n in range(most):
            models = self.models[n % len(self.models)]
            yield "random", self._scaled([self._drawn(m) for m in models]), models

    def _structured(self) -> Iterator[tuple[str, Parameters, list[Allowed]]]:
        problem = self.problem
        if len(self.models[0]) == 1 and not self.models[0][0].convex and problem.chain.has_matrices:
            B = problem.chain.matrix([np.ones(problem.chain.sizes[0])], 0)
            yield "l1", [basis_pursuit(B, problem.y, self.models[0][0], problem.goal)], self.models[0]
        found = hierarchical(problem.chain.lifting, problem.y)
        if found is not None:
            models = min(self.models, key=lambda ms: _outside(found, ms))
            yield "hierarchical", [m.project(x) for m, x in zip(models, found, strict=True)], models

    def _drawn(self, model: Allowed) -> np.ndarray:
        """A random start: Gaussian on everything inside, so that least squares chooses the support."""
        x = np.zeros(model.size)
        inside = list(model.inside)
        x[inside] = self.rng.standard_normal(len(inside))
        return np.abs(x) if model.nonnegative else x

    def _scaled(self, h: Parameters) -> Parameters:
        """The start times the number that brings its product closest to the target."""
        h = balanced(h)
        image = self.problem.chain.product(h)
        square = float(image @ image)
        c = float(image @ self.problem.y) / square if square > 0 else 1.0
        if c <= 0 and self.models[0][0].nonnegative:
            c = float(np.linalg.norm(self.problem.y)) / math.sqrt(square or 1.0)
        root = abs(c) ** (1 / len(h)) or 1.0
        return [x * (root if k or c > 0 else -root) for k, x in enumerate(h)]

    def _try(self, start: int, name: str, h: Parameters, models: list[Allowed]) -> None:
        h = self._improved(start, name, h, models)
        residual = self.problem.residual(h)
        self.ends.append(residual)
        if residual < self.residual or self.best is None:
            self.best, self.residual, self.method = h, residual, name

    def _improved(self, start: int, name: str, h: Parameters, models: list[Allowed]) -> Parameters:
        problem = self.problem
        if _outside(h, models) == 0 and problem.told(start, "start", 0, problem.residual(h)):
            return h
        if name == "hierarchical" and self._free:
            return self._swept(start, h)
        if not problem.chain.has_matrices:
            return palm(problem, h, models, start)
        h = alternate(problem, h, models, start, SWEEPS if not all(m.convex for m in models) else 5)
        if problem.residual(h) > problem.enough and len(models) > 1 and not problem.late():
            h = levenberg_marquardt(problem, h, models, start)
        return h


def _outside(h: Sequence[np.ndarray], models: Sequence[Allowed]) -> float:
    """How far h lies outside the models."""
    return float(sum(np.linalg.norm(x - m.project(x)) for x, m in zip(h, models, strict=True)))
