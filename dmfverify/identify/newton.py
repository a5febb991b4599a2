"""Numerical solutions of A(P(h) - P(g)) = 0 with P(h) - P(g) away from zero.

Main definitions
    `System`  the independent equations of a pair of supports, in double precision
    `solve`   Levenberg and Marquardt's iteration on some of the variables, the others fixed
    `starts`  solutions from random points, with <u, P(h) - P(g)> = 1 for a random u

Nothing here is trusted: what it finds is rounded, or enclosed, and proved elsewhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from ..lifting import Lifting
from ..method import Budget
from ..problem.forms import Support

Variable = tuple[int, int, int]
"""Side (0 for h, 1 for g), factor, index."""
Sides = list[list[np.ndarray]]
LISTED = 3_000
"""Coordinates up to which the columns are written down."""
SMALL = 1e-12


@dataclass(frozen=True)
class System:
    """The rows `equations` of A(P(h) - P(g)), h and g on two supports.

    Attributes
    ----------
    equations
        Labels of independent rows.
    """

    lifting: Lifting
    supports: tuple[Support, Support]
    equations: tuple

    @cached_property
    def variables(self) -> list[Variable]:
        """All entries on the supports."""
        return [(s, k, i) for s, box in enumerate(self.supports) for k, part in enumerate(box) for i in part]

    def sides(self, x: np.ndarray) -> Sides:
        """The variables as h and g."""
        out = [[np.zeros(n) for n in self.lifting.sizes] for _ in range(2)]
        for (s, k, i), value in zip(self.variables, x, strict=True):
            out[s][k][i] = value
        return out

    @cached_property
    def _columns(self) -> tuple[np.ndarray, np.ndarray] | None:
        """The equations on the coordinates in use, lines of norm one, and these coordinates."""
        if self.lifting.count > LISTED:
            return None
        places = sorted({p for box in self.supports for p in self.lifting.box(box)})
        columns = self.lifting.columns
        row = {label: r for r, label in enumerate(columns.rows)}
        A = columns.restricted(places).floats()[[row[e] for e in self.equations]]
        return A / np.linalg.norm(A, axis=1, keepdims=True), self.lifting.alive.array[places]

    @cached_property
    def _kept(self) -> np.ndarray:
        place = {label: r for r, label in enumerate(self.lifting.rows)}
        return np.array([place[e] for e in self.equations])

    @cached_property
    def _unit(self) -> float:
        """The size of the product at random unit vectors."""
        h = [np.random.default_rng(0).standard_normal(n) for n in self.lifting.sizes]
        return float(np.linalg.norm(self.lifting.floats.product([v / np.linalg.norm(v) for v in h]))) or 1.0

    def tensor(self, x: np.ndarray) -> np.ndarray | None:
        """P(h) - P(g) on the coordinates in use, where they are listed."""
        if self._columns is None:
            return None
        h, g = (_segre(side, self._columns[1]) for side in self.sides(x))
        return h - g

    def value(self, x: np.ndarray) -> np.ndarray:
        """The equations."""
        if self._columns is not None:
            return self._columns[0] @ self.tensor(x)
        h, g = (self.lifting.floats.product(side)[self._kept] for side in self.sides(x))
        return (h - g) / self._unit

    def jacobian(self, x: np.ndarray) -> np.ndarray:
        """Equations x variables."""
        blocks = [sign * self._side(side) for sign, side in zip((1, -1), self.sides(x), strict=True)]
        offset = np.cumsum([0, *self.lifting.sizes])
        chosen = [[offset[k] + i for t, k, i in self.variables if t == s] for s in range(2)]
        return np.hstack([block[:, columns] for block, columns in zip(blocks, chosen, strict=True)])

    def _side(self, h: list[np.ndarray]) -> np.ndarray:
        if self._columns is None:
            return self.lifting.floats.jacobian(h)[self._kept] / self._unit
        return self._columns[0] @ _segre_jacobian(h, self._columns[1])

    def tensor_jacobian(self, x: np.ndarray) -> np.ndarray:
        """Coordinates x variables, for the normalisation."""
        assert self._columns is not None
        parts = [sign * _segre_jacobian(h, self._columns[1]) for sign, h in zip((1, -1), self.sides(x), strict=True)]
        offset = np.cumsum([0, *self.lifting.sizes])
        chosen = [[offset[k] + i for t, k, i in self.variables if t == s] for s in range(2)]
        return np.hstack([part[:, columns] for part, columns in zip(parts, chosen, strict=True)])


def _segre(h: list[np.ndarray], coordinates: np.ndarray) -> np.ndarray:
    return np.prod([v[coordinates[:, k]] for k, v in enumerate(h)], axis=0)


def _segre_jacobian(h: list[np.ndarray], coordinates: np.ndarray) -> np.ndarray:
    parts = np.array([v[coordinates[:, k]] for k, v in enumerate(h)])
    blocks = []
    for k, v in enumerate(h):
        block = np.zeros((len(coordinates), len(v)))
        block[np.arange(len(coordinates)), coordinates[:, k]] = np.prod(np.delete(parts, k, axis=0), axis=0)
        blocks.append(block)
    return np.hstack(blocks)


Map = Callable[[np.ndarray], tuple[np.ndarray, np.ndarray]]


def solve(problem: Map, x: np.ndarray, steps: int = 60, enough: float = SMALL) -> tuple[np.ndarray, float]:
    """A point where all values are small, or the best found, and the largest value there."""
    value, jacobian = problem(x)
    damping = 1e-3
    for _ in range(steps):
        size = float(np.abs(value).max(initial=0.0))
        if size < enough or not np.isfinite(size):
            break
        m, n = jacobian.shape
        wide = np.vstack([jacobian, np.sqrt(damping) * np.eye(n)])
        step = np.linalg.lstsq(wide, np.concatenate([-value, np.zeros(n)]), rcond=None)[0]
        moved, slope = problem(x + step)
        if np.linalg.norm(moved) < np.linalg.norm(value):
            x, value, jacobian, damping = x + step, moved, slope, max(damping / 10, 1e-16)
        else:
            damping *= 10
            if damping > 1e8:
                break
    return x, float(np.abs(value).max(initial=0.0))


def starts(system: System, rng: np.random.Generator, budget: Budget, count: int) -> Iterator[np.ndarray]:
    """Solutions from `count` random points."""
    nonnegative = system.lifting.statement.model.nonnegative
    for _ in range(count):
        if budget.spent:
            return
        z = rng.standard_normal(len(system.variables))
        if system.lifting.count > LISTED:
            z /= np.sqrt(np.mean(system.lifting.sizes))
        x, residual = solve(_normalised(system, rng, nonnegative), z)
        if residual < 1e-9:
            yield x * x if nonnegative else x


def _normalised(system: System, rng: np.random.Generator, squares: bool) -> Map:
    """The equations and the normalisation, in the variables or in their square roots.

    Where the coordinates are too many all factors are kept on the unit sphere instead, but for g's first.
    """
    u = None if system.lifting.count > LISTED else rng.standard_normal(len(system._columns[1]))  # type: ignore[index]
    spheres = [[(s, k) == v[:2] for v in system.variables] for s in range(2) for k in range(s, system.lifting.K)]
    masks = np.array(spheres, dtype=float)

    def problem(z: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        x = z * z if squares else z
        value, jacobian = system.value(x), system.jacobian(x)
        if u is not None:
            value = np.append(value, u @ system.tensor(x) - 1)  # type: ignore[operator]
            jacobian = np.vstack([jacobian, u @ system.tensor_jacobian(x)])
        else:
            value = np.append(value, masks @ (x * x) - 1)
            jacobian = np.vstack([jacobian, masks * (2 * x)])
        return value, jacobian * (2 * z) if squares else jacobian

    return problem


def balanced(system: System, x: np.ndarray) -> np.ndarray:
    """The same classes, times one number, with the largest entry of every factor but g's first equal to 1 or -1.

    Real models only: the first factor takes what the others are divided by.
    """
    sides = system.sides(x)
    for side in sides:
        for part in side[1:]:
            size = part[np.argmax(np.abs(part))]
            if size:
                side[0] *= size
                part /= size
    top = max(float(np.abs(side[0]).max()) for side in sides)
    for side in sides:
        side[0] /= top or 1.0
    return np.array([sides[s][k][i] for s, k, i in system.variables])
