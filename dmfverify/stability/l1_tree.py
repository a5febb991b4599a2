"""The l1 null space constant alpha_s of a matrix, exactly up to rounding: best first over signed supports.

Theorem.  alpha_s is the greatest distance, in the maximum norm, of the row space from a vector with s signs and zeros
elsewhere.  A partial choice K of signs leaves at most (distance of K) + alpha_(s - |K|), since alpha is subadditive;
alpha_b <= alpha_a b/a for a <= b (pick-l).  Symmetries of the kernel make one support stand for its orbit.
[M. Cho, K. Mishra, W. Xu, 2018, for the tree and pick-l; docs/theory/l1.md for signs, orbits and rounding]
"""

from __future__ import annotations

import heapq
import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np

from ..certificate import Claim, Nothing
from ..exact import above
from ..lifting import Lifting
from ..method import Budget, Method, Proved, closed
from .null_space import Kernel, not_sensing, signs
from .symmetries import Map, Orbits, symmetries

ALPHA = "compressed_sensing.alpha"
UNIT = 2**60
CLOSE = 1e-10
"""What is left open between the ends."""
SECONDS = 20.0
"""Of a run without a time budget."""


def accepts(lifting: Lifting, proved: Proved) -> str:
    """A matrix of moderate size and a sparse model."""
    return "both ends are known" if closed(ALPHA, proved) else not_sensing(lifting)


def search(lifting: Lifting, proved: Proved, budget: Budget) -> list[Claim] | Nothing:
    """A tree for each size up to the sparsity, the best vector, within three quarters of the time that is left."""
    return up_to(lifting.count)(lifting, proved, budget)


def up_to(most: int) -> Callable[[Lifting, Proved, Budget], list[Claim] | Nothing]:
    """The search that stops at trees of size `most`; pick-l extends their bound to the sparsity."""

    def search(lifting: Lifting, proved: Proved, budget: Budget) -> list[Claim] | Nothing:
        limit = Budget(SECONDS if budget.seconds == float("inf") else 0.75 * budget.left, budget.seed)
        trees = Trees(Kernel(lifting), limit)
        for size in range(1, min(most, trees.sparsity) + 1):
            if not trees.grow(size):
                break
        return trees.claims()

    return search


@dataclass
class Level:
    """What is known of one size: the tree, and the greatest value seen."""

    size: int
    branches: dict[Map, list[Map]] = field(default_factory=dict)
    duals: dict[Map, list[int]] = field(default_factory=dict)
    bound: float = 1.0
    low: float = 0.0


class Trees:
    """The trees of a kernel, level by level."""

    def __init__(self, kernel: Kernel, budget: Budget) -> None:
        self.kernel, self.budget, self.n = kernel, budget, kernel.lifting.count
        self.sparsity = min(kernel.lifting.statement.model.sparsity[0], self.n)
        self.group = symmetries(kernel.rows)
        self.orbits = Orbits(self.group.maps, self.n)
        self.slip = self._slip()
        self.levels: list[Level] = []
        self.alpha = [0.0]
        """Bounds of alpha_0, alpha_1, ..."""
        self.best = np.zeros(self.n)
        """The vector with the greatest share on `sparsity` entries."""

    def grow(self, size: int) -> bool:
        """Add a level; whether it was closed before the time ran out."""
        level = Level(size)
        self._ascend(level)
        heap: list[tuple[float, int, Map]] = []
        count = itertools.count()

        def expand(chosen: Map) -> None:
            level.branches[chosen] = self.orbits.children(chosen, size)
            for child in level.branches[chosen]:
                heapq.heappush(heap, (-self._value(level, child), next(count), child))

        expand(())
        while heap and not (done := -heap[0][0] <= level.low + CLOSE):
            if self.budget.spent or len(heap[0][2]) == size:
                break
            expand(heapq.heappop(heap)[2])
        level.bound = min(1.0, -heap[0][0])
        self.levels.append(level)
        self.alpha.append(level.bound)
        return done or len(heap[0][2]) == size

    def _value(self, level: Level, chosen: Map) -> float:
        """The bound at a partial choice; its dual is kept."""
        s = signs(chosen, self.n)
        z, v = self.kernel.program.solve(s)
        y = level.duals[chosen] = self.kernel.rounded(self.kernel.dual(z))
        self._seen(level, v)
        lost = self.slip * sum(map(abs, y)) / self.kernel.grid
        return self.kernel.residual(y, s) + lost + self.alpha[level.size - len(chosen)]

    def _seen(self, level: Level, v: np.ndarray) -> float:
        norm = np.abs(v).sum()
        if not norm > 0.5:
            return 0.0
        share = float(np.sort(np.abs(v))[-level.size :].sum() / norm)
        if share > level.low:
            level.low = share
            if level.size == self.sparsity:
                self.best = v
        return share

    def _ascend(self, level: Level) -> None:
        """Vectors that cannot be improved by taking the signs of their greatest entries as the next objective."""
        rng = np.random.default_rng(self.budget.seed)
        for start in range(min(40, 2 * self.n)):
            v, share = np.zeros(self.n), 0.0
            v[rng.choice(self.n, level.size, replace=False)] = rng.choice([-1.0, 1.0], level.size)
            if start == 0 and self.levels and self.best.any():
                v = self.best
            while not self.budget.spent:
                top = np.argsort(-np.abs(v))[: level.size]
                s = np.zeros(self.n)
                s[top] = np.sign(v[top])
                v = self.kernel.program.solve(s)[1]
                if not (found := self._seen(level, v)) > share + 1e-9:
                    break
                share = found

    # -- evidence -------------------------------------------------------------------------------------

    def claims(self) -> list[Claim] | Nothing:
        """The tree, and the best vector made exact."""
        found = [Claim("l1-tree", {**self._symmetries(), "levels": [self._level(level) for level in self.levels]})]
        if not self.best.any():  # the sparsity was not reached: the last level's vector is as good as any
            z, v = self.kernel.program.solve(signs((0,), self.n))
            self.best = v
        if (vector := self.kernel.exact(self.best)) is not None:
            found.append(Claim("null-space-vector", {"vector": vector}))
        return found

    def _level(self, level: Level) -> dict[str, Any]:
        bound = above(Fraction(level.bound) + Fraction(1, 10**13), 14)
        return {"size": level.size, "bound": bound, "tree": list(_preorder(level, ()))}

    def _matrices(self) -> list[np.ndarray]:
        """R with A P = R A, for each generator."""
        inverse = np.linalg.pinv(self.kernel.A, rcond=1e-12)
        out = []
        for g in self.group.generators:
            image, sign = np.array(g[::2]) // 2, 1 - 2 * (np.array(g[::2]) % 2)
            out.append(self.kernel.A[:, image] * sign @ inverse)
        return out

    def _symmetries(self) -> dict[str, Any]:
        return {
            "scale": self.kernel.grid,
            "unit": UNIT,
            "generators": [
                {"map": list(g[::2]), "R": [[round(float(x) * UNIT) for x in row] for row in R]}
                for g, R in zip(self.group.generators, self._matrices(), strict=True)
            ],
        }

    def _slip(self) -> float:
        """A bound of |A P - R A| over the group, from that of the generators."""
        worst = 0.0
        for g, R in zip(self.group.generators, self._matrices(), strict=True):
            image, sign = np.array(g[::2]) // 2, 1 - 2 * (np.array(g[::2]) % 2)
            worst = max(worst, float(np.abs(self.kernel.A[:, image] * sign - R @ self.kernel.A).max()))
        return 40 * (worst + 1e-16 * float(np.abs(self.kernel.A).max())) * len(self.group.generators)


def _preorder(level: Level, chosen: Map) -> Iterator[list[int]]:
    for child in level.branches[chosen]:
        if child in level.branches:
            yield []
            yield from _preorder(level, child)
        else:
            yield level.duals[child]


METHOD = Method(
    name="signed supports",
    theorem="distance of signed supports from the row space, best first (Cho, Mishra and Xu 2018)",
    closes=(ALPHA,),
    cost=85,
    accepts=accepts,
    search=search,
)
