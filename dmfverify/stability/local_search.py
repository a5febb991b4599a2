"""Lower ends: differences of two rank-one tensors that come close to the kernel.

Every T = P(h) - P(g) of the models gives gamma >= |T| / |T - T'| for any T' in Ker A, and
kappa <= |AT| / |T|.  L-BFGS on |QT|^2 / |T|^2 with analytic gradients from many starts finds h and
g; they are rounded to rationals, and only the ratio of the rounded point, computed exactly, is claimed.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from ..certificate import Claim, Nothing
from ..exact import sqrt_above, sqrt_below
from ..lifting import Lifting, TooLarge
from ..method import Budget, Method, Proved, closed
from ..problem.forms import Support

MAX_COLUMNS = 3_000
STARTS = 24
DENOMINATOR = 2**20

Parameters = list[np.ndarray]


def accepts(lifting: Lifting, proved: Proved) -> str:
    """The columns have to be listed, and the question has to be open."""
    if proved.get("identifiability.uniform.verdict") == "no":
        return "not identifiable: gamma is infinite and kappa zero"
    if closed("dnsp.kappa", proved) and closed("dnsp.gamma", proved):
        return "both constants are known"
    if lifting.count > MAX_COLUMNS:
        return f"more than {MAX_COLUMNS} coordinates"
    try:
        return "" if lifting.columns.m else "the lifting is zero"
    except TooLarge as error:
        return str(error)


@dataclass(frozen=True)
class Ratio:
    """T -> |BT|^2 / |T|^2 over T = P(h) - P(g) on the coordinates (n x K indices)."""

    B: Any
    coordinates: np.ndarray
    sizes: tuple[int, ...]

    def segre(self, h: Parameters) -> np.ndarray:
        """P(h) on the coordinates."""
        return np.prod([x[self.coordinates[:, k]] for k, x in enumerate(h)], axis=0)

    def __call__(self, h: Parameters, g: Parameters) -> tuple[float, Parameters, Parameters]:
        """The ratio and its gradients in h and g."""
        T = self.segre(h) - self.segre(g)
        image, norm = self.B @ T, float(T @ T)
        if norm < 1e-24:
            return 1.0, [0 * x for x in h], [0 * x for x in g]
        ratio = float(image @ image) / norm
        weight = 2 * (self.B.T @ image - ratio * T) / norm
        return ratio, self._pulled(weight, h), [-x for x in self._pulled(weight, g)]

    def _pulled(self, weight: np.ndarray, h: Parameters) -> Parameters:
        """The gradient of <weight, P(h)> in h."""
        parts = np.array([x[self.coordinates[:, k]] for k, x in enumerate(h)])
        out = []
        for k, size in enumerate(self.sizes):
            others = weight * np.prod(np.delete(parts, k, axis=0), axis=0)
            out.append(np.bincount(self.coordinates[:, k], weights=others, minlength=size))
        return out


def search(lifting: Lifting, proved: Proved, budget: Budget) -> list[Claim] | Nothing:
    """One claim for kappa and one for gamma, where they are open."""
    rng = np.random.default_rng(budget.seed)
    coordinates = np.array(lifting.coordinates)
    A = lifting.columns.floats()
    claims = []
    if not closed("dnsp.kappa", proved):
        h, g = best_point(lifting, Ratio(A, coordinates, lifting.sizes), rng, budget)
        claims += _kappa_claim(lifting, h, g)
    if not closed("dnsp.gamma", proved) and not lifting.trivial_kernel:
        rows = _row_space(A, lifting.kernel_dimension)
        h, g = best_point(lifting, Ratio(rows, coordinates, lifting.sizes), rng, budget)
        claims += _gamma_claim(lifting, h, g)
    return claims or Nothing("no difference was found")


def _row_space(A: np.ndarray, kernel_dimension: int) -> np.ndarray:
    """Orthonormal rows spanning the row space of A."""
    return np.linalg.svd(A, full_matrices=False)[2][: A.shape[1] - kernel_dimension]


def best_point(
    lifting: Lifting, ratio: Ratio, rng: np.random.Generator, budget: Budget
) -> tuple[Parameters, Parameters]:
    """The best of many local minima over pairs of supports."""
    from scipy.optimize import minimize

    best, found = np.inf, ([np.ones(n) for n in lifting.sizes], [np.zeros(n) for n in lifting.sizes])
    for left, right in pairs(lifting, rng):
        if budget.spent:
            break
        codec = Codec(left, right, lifting.sizes, lifting.statement.model.nonnegative)

        def objective(x: np.ndarray, codec: Codec = codec) -> tuple[float, np.ndarray]:
            h, g = codec.decode(x)
            value, dh, dg = ratio(h, g)
            return value, codec.pull(x, dh, dg)

        start = rng.standard_normal(codec.size)
        outcome = minimize(objective, start, jac=True, method="L-BFGS-B", options={"maxiter": 2000, "ftol": 1e-15})
        if outcome.fun < best:
            best, found = float(outcome.fun), codec.decode(outcome.x)
    return found


def pairs(lifting: Lifting, rng: np.random.Generator) -> Iterator[tuple[Support, Support]]:
    """Pairs of maximal supports to start from: all of a small family, a sample of a large one."""
    model = lifting.statement.model
    if model.family_size(lifting.sizes) <= 40:
        supports = list(model.maximal(lifting.sizes))
        every = list(itertools.combinations_with_replacement(supports, 2))
    else:
        listed = list(itertools.islice(model.maximal(lifting.sizes), 20_000))
        every = [(listed[rng.integers(len(listed))], listed[rng.integers(len(listed))]) for _ in range(400)]
    yield from (pair for pair in every for _ in range(max(1, STARTS // len(every))))


@dataclass(frozen=True)
class Codec:
    """Free variables of a pair of supports, packed in one vector; squares of them for non-negative models."""

    left: Support
    right: Support
    sizes: tuple[int, ...]
    nonnegative: bool

    @property
    def size(self) -> int:
        """Number of free variables."""
        return sum(map(len, self.left)) + sum(map(len, self.right))

    def decode(self, x: np.ndarray) -> tuple[Parameters, Parameters]:
        """The two sets of parameters."""
        values, at, out = (x * x if self.nonnegative else x), 0, []
        for support in (*self.left, *self.right):
            part = np.zeros(self.sizes[len(out) % len(self.sizes)])
            part[list(support)] = values[at : at + len(support)]
            at += len(support)
            out.append(part)
        return out[: len(self.sizes)], out[len(self.sizes) :]

    def pull(self, x: np.ndarray, dh: Parameters, dg: Parameters) -> np.ndarray:
        """The gradient in the packed variables."""
        supports = (*self.left, *self.right)
        gradient = np.concatenate([d[list(s)] for d, s in zip((*dh, *dg), supports, strict=True)])
        return 2 * x * gradient if self.nonnegative else gradient


def rounded(h: Parameters) -> list[list[Fraction]]:
    """Nearby rationals, after each factor has been scaled to the same size."""
    norms = [float(np.abs(x).max()) for x in h]
    if min(norms) == 0:
        return [[Fraction(0)] * len(x) for x in h]
    scale = float(np.prod(norms) ** (1 / len(h)))
    return [
        [Fraction(round(float(v / n * scale) * DENOMINATOR), DENOMINATOR) for v in x]
        for x, n in zip(h, norms, strict=True)
    ]


def tensor(lifting: Lifting, h: list[list[Fraction]], g: list[list[Fraction]]) -> list[Fraction]:
    """P(h) - P(g) on the coordinates, exactly."""
    out = []
    for index in lifting.coordinates:
        a = b = Fraction(1)
        for k, i in enumerate(index):
            a, b = a * h[k][i], b * g[k][i]
        out.append(a - b)
    return out


def _kappa_claim(lifting: Lifting, h: Parameters, g: Parameters) -> list[Claim]:
    exact_h, exact_g = rounded(h), rounded(g)
    T = tensor(lifting, exact_h, exact_g)
    norm = sum(x * x for x in T)
    if not norm:
        return []
    columns = lifting.columns
    image = columns.apply(T)
    if not any(image):
        place = next(j for j, x in enumerate(T) if x)
        note = "the search for the least |AT|/|T| ended in the kernel"
        coordinate = lifting.coordinates[place]
        return [Claim("witness", {"h": exact_h, "g": exact_g, "coordinate": list(coordinate)}, note)]
    square = sum(x * x for x in image) * columns.weight / Fraction(columns.denominator) ** 2
    evidence = {"gamma": None, "kappa": sqrt_above(square / norm), "kernel_part": None, "row_solution": None}
    return [Claim("difference", {"h": exact_h, "g": exact_g, **evidence})]


def _gamma_claim(lifting: Lifting, h: Parameters, g: Parameters) -> list[Claim]:
    exact_h, exact_g = rounded(h), rounded(g)
    T = tensor(lifting, exact_h, exact_g)
    norm = sum(x * x for x in T)
    if not norm:
        return []
    part = nearest_in_kernel(lifting, T)
    distance = sum((x - y) ** 2 for x, y in zip(T, part, strict=True))
    if not distance:
        return []
    evidence = {"gamma": sqrt_below(norm / distance), "kappa": None, "kernel_part": part, "row_solution": None}
    return [Claim("difference", {"h": exact_h, "g": exact_g, **evidence})]


def nearest_in_kernel(lifting: Lifting, T: list[Fraction]) -> list[Fraction]:
    """An element of Ker A close to the orthogonal projection of T, with short coordinates."""
    N = np.array([[float(x) for x in v] for v in lifting.kernel]).T
    target = np.array([float(x) for x in T])
    solution = np.linalg.lstsq(N, target, rcond=None)[0]
    short = [Fraction(round(float(x) * 2**44), 2**44) for x in solution]
    return [
        sum((c * v[j] for c, v in zip(short, lifting.kernel, strict=True) if v[j]), Fraction(0)) for j in range(len(T))
    ]


METHOD = Method(
    name="local search",
    theorem="one difference of two rank-one tensors bounds gamma from below and kappa from above",
    closes=("dnsp.gamma", "dnsp.kappa"),
    cost=50,
    accepts=accepts,
    search=search,
)
