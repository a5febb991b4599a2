"""Lower ends: differences of two rank-one tensors that come close to the kernel.

Every T = P(h) - P(g) of the models gives gamma >= |T| / |T - T'| for any T' in Ker A, and
kappa <= |AT| / |T|.  With all factors fixed but one pair (h_k, g_k), T is linear in that pair and the best pair is
the least eigenvector of a small pencil; going round the modes from many starts at once, and L-BFGS from
the best, finds h and g.  They are rounded to rationals, and only the ratio of the rounded point, computed
exactly, is claimed.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
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
STARTS = 96
SWEEPS = 80
WORK = 2e11
"""Multiplications that the alternation over one pair of supports may cost."""
SHORT, KEPT = 60, 3
"""Steps from each start in a non-negative model, and how many of the ends go on: an infimum not attained is slow."""
DENOMINATOR = 2**26

LONGEST = 10**1000

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

    def inside(self, left: Support, right: Support) -> Ratio:
        """The same on the coordinates of two boxes."""
        kept = np.zeros(len(self.coordinates), dtype=bool)
        for box in (left, right):
            kept |= np.all([np.isin(self.coordinates[:, k], box[k]) for k in range(len(box))], axis=0)
        return self if kept.all() else Ratio(self.B[:, kept], self.coordinates[kept], self.sizes)

    def segre(self, h: Parameters) -> np.ndarray:
        """P(h) on the coordinates."""
        return segre(self.coordinates, h)

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


def segre(coordinates: np.ndarray, h: Parameters) -> np.ndarray:
    """P(h) at some multi-indices, the rows of an array."""
    return np.prod([x[coordinates[:, k]] for k, x in enumerate(h)], axis=0)


@dataclass(frozen=True)
class Point:
    """A value of the ratio and where it is attained."""

    value: float
    h: Parameters
    g: Parameters


def search(lifting: Lifting, proved: Proved, budget: Budget) -> list[Claim] | Nothing:
    """One claim for kappa and one for gamma, where they are open."""
    rng = np.random.default_rng(budget.seed)
    coordinates = np.array(lifting.coordinates)
    A = lifting.columns.floats()
    claims = []
    if not closed("dnsp.kappa", proved):
        found = best_point(lifting, Ratio(A, coordinates, lifting.sizes), rng, budget)
        if found.value == np.inf:
            return Nothing("no support holds a coordinate: every difference is zero")
        claims += kappa_claim(lifting, found)
    if not closed("dnsp.gamma", proved) and not lifting.trivial_kernel:
        found = best_point(lifting, Ratio(row_space(lifting), coordinates, lifting.sizes), rng, budget)
        claims += gamma_claim(lifting, found)
    return claims or Nothing("no difference was found")


def row_space(lifting: Lifting) -> np.ndarray:
    """Orthonormal rows spanning the row space of A."""
    A = lifting.columns.floats()
    return np.linalg.svd(A, full_matrices=False)[2][: A.shape[1] - lifting.kernel_dimension]


def best_point(lifting: Lifting, ratio: Ratio, rng: np.random.Generator, budget: Budget) -> Point:
    """The best of many local minima over pairs of supports."""
    best = Point(np.inf, [np.ones(n) for n in lifting.sizes], [np.zeros(n) for n in lifting.sizes])
    chosen = pairs(lifting, rng)
    starts = max(4, STARTS // len(chosen))
    for left, right in chosen:
        nonnegative = lifting.statement.model.nonnegative
        inside = ratio.inside(left, right)
        if len(inside.coordinates):
            best = best_of_pair(inside, left, right, nonnegative, rng, starts, best)
        if budget.spent:
            break
    return best


def pairs(lifting: Lifting, rng: np.random.Generator) -> list[tuple[Support, Support]]:
    """Pairs of maximal supports to start from: all of a small family, a sample of a large one."""
    model = lifting.statement.model
    if model.family_size(lifting.sizes) <= 40:
        supports = list(model.maximal(lifting.sizes))
        return list(itertools.combinations_with_replacement(supports, 2))
    listed = list(itertools.islice(model.maximal(lifting.sizes), 20_000))
    return [(listed[rng.integers(len(listed))], listed[rng.integers(len(listed))]) for _ in range(400)]


def best_of_pair(
    ratio: Ratio, left: Support, right: Support, nonnegative: bool, rng: np.random.Generator, starts: int, best: Point
) -> Point:
    """The best local minimum with h in one box and g in another, or `best` if it is better."""
    codec = Codec(left, right, ratio.sizes, nonnegative)
    if nonnegative:
        drawn = (codec.decode(rng.standard_normal(codec.size)) for _ in range(max(1, starts // 4)))
        short = [polished(ratio, codec, Point(0.0, *pair), SHORT) for pair in drawn]
        points = sorted(short, key=lambda point: point.value)[:KEPT]
    else:
        starts = int(np.clip(2e6 / (len(ratio.coordinates) * max(ratio.sizes)), 4, starts))
        points = alternate(ratio, random_factors(left, right, ratio.sizes, rng, starts), left, right)
    return better(ratio, codec, points, best)


def better(ratio: Ratio, codec: Codec, points: list[Point], best: Point) -> Point:
    """The best of `best` and of the polished points; those that are far from it are not polished."""
    for point in points:
        if point.value < 1.2 * best.value:
            best = min(best, polished(ratio, codec, point), key=lambda point: point.value)
    return best


def random_factors(
    left: Support, right: Support, sizes: Sequence[int], rng: np.random.Generator, starts: int
) -> list[np.ndarray]:
    """For each mode an array (starts, 2, S): Gaussian on the supports, zero elsewhere."""
    factors = []
    for k, size in enumerate(sizes):
        values = rng.standard_normal((starts, 2, size))
        for side, box in enumerate((left, right)):
            values[:, side, [i for i in range(size) if i not in box[k]]] = 0
        factors.append(values)
    return factors


def alternate(ratio: Ratio, factors: list[np.ndarray], left: Support, right: Support, best: int = 3) -> list[Point]:
    """The best few ends of alternating minimisation over one pair of factors at a time, all starts at once.

    Examples
    --------
    >>> v = np.diag([3.0, 2.0, 1.0]).ravel() / np.sqrt(14)
    >>> ratio = Ratio(np.eye(9) - np.outer(v, v), np.array(list(np.ndindex(3, 3))), (3, 3))
    >>> box = ((0, 1, 2), (0, 1, 2))
    >>> point = alternate(ratio, random_factors(box, box, (3, 3), np.random.default_rng(0), 8), box, box)[0]
    >>> round(point.value * 14, 9)
    1.0
    """
    starts = len(factors[0])
    cost = starts * ratio.B.size * 2 * sum(ratio.sizes)
    before = np.full(starts, np.inf)
    for sweep in range(int(np.clip(WORK / cost, 8, SWEEPS))):
        for k in range(len(ratio.sizes)):
            values = _improve(ratio, factors, k, left[k], right[k])
        if sweep % 8 == 7:
            if np.all(before - values < 1e-9 * np.abs(values)):
                break
            order = np.argsort(values)[: max(best, 8, starts >> (1 + sweep // 8))]  # the better half goes on
            factors, values = [f[order] for f in factors], values[order]
            before = values
    order = np.argsort(values)[:best]
    return [Point(float(values[s]), [f[s, 0] for f in factors], [f[s, 1] for f in factors]) for s in order]


def _improve(ratio: Ratio, factors: list[np.ndarray], k: int, left: Sequence[int], right: Sequence[int]) -> np.ndarray:
    """The best (h_k, g_k) of each start for the other factors as they are; returns the ratios."""
    index = ratio.coordinates.T
    starts, size = len(factors[k]), ratio.sizes[k]
    rest = np.ones((starts, 2, len(ratio.coordinates)))
    for other, f in enumerate(factors):
        if other != k:
            factors[other] = f / np.maximum(np.linalg.norm(f, axis=2, keepdims=True), 1e-150)
            rest *= factors[other][:, :, index[other]]
    on = np.eye(size)[:, index[k]]
    Z = np.concatenate([rest[:, :1] * on[list(left)], rest[:, 1:] * -on[list(right)]], axis=1)
    image = Z @ ratio.B.T
    scale, V = np.linalg.eigh(Z @ Z.transpose(0, 2, 1))
    null = scale < 1e-11 * scale[:, -1:]
    W = V / np.sqrt(np.where(null, 1.0, scale))[:, None, :]
    pencil = W.transpose(0, 2, 1) @ (image @ image.transpose(0, 2, 1)) @ W
    top = np.trace(pencil, axis1=1, axis2=2)
    pencil += np.where(null, 1e3 * top[:, None], 0.0)[:, :, None] * np.eye(pencil.shape[1])  # directions with T = 0
    values, vectors = np.linalg.eigh(pencil)
    pair = np.einsum("sij,sj->si", W, vectors[:, :, 0])
    fresh = np.zeros_like(factors[k])
    fresh[:, 0, list(left)], fresh[:, 1, list(right)] = pair[:, : len(left)], pair[:, len(left) :]
    factors[k] = fresh
    return values[:, 0]


def polished(ratio: Ratio, codec: Codec, point: Point, steps: int = 2000) -> Point:
    """L-BFGS from a point of the pair of supports."""
    from scipy.optimize import minimize

    def objective(x: np.ndarray) -> tuple[float, np.ndarray]:
        h, g = codec.decode(x)
        value, dh, dg = ratio(h, g)
        return value, codec.pull(x, dh, dg)

    start = codec.encode(*balanced(point.h, point.g))
    outcome = minimize(objective, start, jac=True, method="L-BFGS-B", options={"maxiter": steps, "ftol": 1e-15})
    return Point(float(outcome.fun), *balanced(*codec.decode(outcome.x)))


def balanced(h: Parameters, g: Parameters) -> tuple[Parameters, Parameters]:
    """A multiple of P(h) - P(g): each side with factors of equal norms, the larger ones 1."""
    norms = [np.array([np.linalg.norm(x) for x in side]) for side in (h, g)]
    sizes = [float(np.exp(np.mean(np.log(n)))) if n.min() > 0 else 0.0 for n in norms]
    top = max(sizes) or 1.0
    left, right = (
        [x * (size / top / n) if size else 0 * x for x, n in zip(side, part, strict=True)]
        for side, part, size in zip((h, g), norms, sizes, strict=True)
    )
    return left, right


def from_tensor(
    ratio: Ratio, T: np.ndarray, left: Support, right: Support, rng: np.random.Generator, best: Point, starts: int = 32
) -> Point:
    """`best`, or what starts in the leading two-dimensional subspace of each mode of a tensor T lead to."""
    full = np.zeros(ratio.sizes)
    full[tuple(ratio.coordinates.T)] = T
    factors = random_factors(left, right, ratio.sizes, rng, starts)
    for k, size in enumerate(ratio.sizes):
        basis = np.linalg.svd(np.moveaxis(full, k, 0).reshape(size, -1), full_matrices=False)[0][:, :2]
        near = rng.standard_normal((starts, 2, basis.shape[1])) @ basis.T
        for side, box in enumerate((left, right)):
            factors[k][:, side, list(box[k])] = near[:, side, list(box[k])]
    points = alternate(ratio, factors, left, right)
    return better(ratio, Codec(left, right, ratio.sizes, False), points, best)


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

    def encode(self, h: Parameters, g: Parameters) -> np.ndarray:
        """Inverse of `decode`."""
        parts = [x[list(s)] for x, s in zip((*h, *g), (*self.left, *self.right), strict=True)]
        values = np.concatenate(parts)
        return np.sqrt(values) if self.nonnegative else values

    def decode(self, x: np.ndarray) -> tuple[Parameters, Parameters]:
        """The two sets of parameters."""
        values, at = (x * x if self.nonnegative else x), 0
        out: Parameters = []
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


def rounded(h: Parameters, unit: int = DENOMINATOR) -> list[list[Fraction]]:
    """Nearby rationals."""
    return [[Fraction(round(float(v) * unit), unit) for v in x] for x in h]


def rounded_pair(lifting: Lifting, point: Point) -> tuple[list[list[Fraction]], list[list[Fraction]]]:
    """h and g as rationals that are the finer the closer P(h) and P(g) are: an infimum may lie where they meet."""
    at = np.array(lifting.coordinates)
    close = -math.frexp(float(np.linalg.norm(segre(at, point.h) - segre(at, point.g))))[1]
    unit = DENOMINATOR << max(0, close)
    return rounded(point.h, unit), rounded(point.g, unit)


def tensor(lifting: Lifting, h: list[list[Fraction]], g: list[list[Fraction]]) -> list[Fraction]:
    """P(h) - P(g) on the coordinates, exactly."""
    out = []
    for index in lifting.coordinates:
        a = b = Fraction(1)
        for k, i in enumerate(index):
            a, b = a * h[k][i], b * g[k][i]
        out.append(a - b)
    return out


def kappa_claim(lifting: Lifting, point: Point) -> list[Claim]:
    """kappa from above by a rounded point, or a witness when it lies in the kernel."""
    exact_h, exact_g = rounded_pair(lifting, point)
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


def gamma_claim(lifting: Lifting, point: Point) -> list[Claim]:
    """gamma from below by a rounded point."""
    exact_h, exact_g = rounded_pair(lifting, point)
    T = tensor(lifting, exact_h, exact_g)
    norm = sum(x * x for x in T)
    if not norm:
        return []
    part = nearest(lifting.kernel, T)
    if any(max(abs(x.numerator), x.denominator) >= LONGEST for x in part):
        return []  # no rational of a certificate may be so long
    distance = sum((x - y) ** 2 for x, y in zip(T, part, strict=True))
    if not distance:
        return []
    evidence = {"gamma": sqrt_below(norm / distance), "kappa": None, "kernel_part": part, "row_solution": None}
    return [Claim("difference", {"h": exact_h, "g": exact_g, **evidence})]


def nearest(kernel: Sequence[Sequence[int]], T: Sequence[Fraction]) -> list[Fraction]:
    """An element of the span of integer vectors close to the orthogonal projection of T, with short coordinates."""
    units = [1 << max(abs(x) for x in v).bit_length() for v in kernel]
    N = np.array([[float(Fraction(x, unit)) for x in v] for v, unit in zip(kernel, units, strict=True)]).T
    solution = np.linalg.lstsq(N, np.array([float(x) for x in T]), rcond=None)[0]
    short = [Fraction(round(float(x) * 2**50), 2**50 * unit) for x, unit in zip(solution, units, strict=True)]
    total = [Fraction(0)] * len(T)
    for c, v in zip(short, kernel, strict=True):
        for j, x in enumerate(v):
            if x and c:
                total[j] += c * x
    return total


METHOD = Method(
    name="local search",
    theorem="one difference of two rank-one tensors bounds gamma from below and kappa from above",
    closes=("dnsp.gamma", "dnsp.kappa"),
    cost=50,
    accepts=accepts,
    search=search,
)
