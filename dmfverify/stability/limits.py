"""Infinite gamma: tangent directions of the models that lie in the kernel.

Theorem.  Let a have all its factors non-zero and supported in both S and S' (a >= 0 for non-negative models), and let
delta_k be supported in the union of S_k and S'_k (where only one of them holds an index, and the model is
non-negative, with the sign that this one gives it).  Then

    W = sum over k of a_1 (x) ... (x) delta_k (x) ... (x) a_K

is the limit of (P(a + t x) - P(a + t y)) / t as t goes to zero, x in S, y in S', x - y = delta.  If W is not zero and
A W = 0, then gamma is infinite and kappa zero, whether or not the problem is identifiable.  For `scale` the closure of
the differences holds nothing else: gamma is infinite exactly if some difference or some such W lies in the kernel.
[theory: limits.md; de Silva and Lim 2008; Malgouyres and Landsberg 2019, section 5]

A W is the derivative of the product at a in direction delta.  So the search looks for points a at which that
derivative has too small a rank: at one-hot a, and where the least ratio |Pi W| / |W| over all (a, delta) is zero.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from ..certificate import Claim, Nothing
from ..lifting import Lifting, TooLarge
from ..lifting.linalg import nullspace
from ..method import Budget, Method, Proved
from ..problem.forms import Support
from .local_search import row_space

MAX_COLUMNS = 1_000
MAX_PAIRS = 60
MAX_BASES = 400
"""One-hot points that are tried for a pair of supports."""
STARTS = 12
SECONDS = 10.0
SMALL = 1e-9
SUSPECT = 30
"""Local search has to have seen a ratio like this before points other than one-hot ones are looked for."""
DENOMINATORS = (1, 2, 6, 12, 60, 1000)

Exact = list[list[Fraction]]


def accepts(lifting: Lifting, proved: Proved) -> str:
    """A kernel, listed columns, and gamma not known to be finite or infinite."""
    low, high = proved.get("dnsp.gamma", ["1", "inf"])
    if high != "inf":
        return "gamma is finite"
    if low == "inf" or proved.get("identifiability.uniform.verdict") == "no":
        return "gamma is infinite already"
    if lifting.K == 1 or lifting.count > MAX_COLUMNS:
        return f"a single factor, or more than {MAX_COLUMNS} coordinates"
    try:
        return "the kernel is trivial" if lifting.trivial_kernel else ""
    except TooLarge as error:
        return str(error)


@dataclass(frozen=True)
class Tangents:
    """A pair of supports: where the point a may lie and where the direction delta may."""

    left: Support
    right: Support

    @property
    def points(self) -> Support:
        """Factor by factor the indices that both supports hold."""
        return _each(set.intersection, self.left, self.right)

    @property
    def directions(self) -> Support:
        """Factor by factor the indices that one of them holds."""
        return _each(set.union, self.left, self.right)


def _each(join: object, left: Support, right: Support) -> Support:
    return tuple(tuple(sorted(join(set(a), set(b)))) for a, b in zip(left, right, strict=True))  # type: ignore[operator]


def search(lifting: Lifting, proved: Proved, budget: Budget) -> list[Claim] | Nothing:
    """The first pair of supports with a tangent direction in the kernel."""
    budget = Budget(min(SECONDS, budget.left), budget.seed)
    rng = np.random.default_rng(budget.seed)
    rows = row_space(lifting)
    suspect = Fraction(proved.get("dnsp.gamma", ["1"])[0]) >= SUSPECT
    for find in (one_hot_points, stationary_points) if suspect else (one_hot_points,):
        for pair in pairs(lifting):
            for a in find(lifting, rows, pair, rng):
                claim = claim_at(lifting, pair, a)
                if claim:
                    return [claim]
                if budget.spent:
                    return Nothing("no tangent direction was found in the kernel in the time given")
            if budget.spent:
                break
    return Nothing("no tangent direction was found in the kernel")


def pairs(lifting: Lifting) -> list[Tangents]:
    """Pairs of maximal supports that have a point in common, each with itself first."""
    model = lifting.statement.model
    if model.family_size(lifting.sizes) > 20_000:
        return []
    supports = list(itertools.islice(model.maximal(lifting.sizes), MAX_PAIRS))
    ways = ((s, t) for gap in range(len(supports)) for s, t in zip(supports, supports[gap:], strict=False))
    found = (Tangents(s, t) for s, t in ways)
    return list(itertools.islice((pair for pair in found if all(pair.points)), MAX_PAIRS))


# -- points ---------------------------------------------------------------------------------------


def one_hot_points(lifting: Lifting, rows: np.ndarray, pair: Tangents, rng: np.random.Generator) -> Iterator[Exact]:
    """One-hot a whose star (multi-indices that differ from it in one place at most) holds dependent columns."""
    places = {index: place for place, index in enumerate(lifting.coordinates)}
    count = math.prod(map(len, pair.points))
    chosen = itertools.product(*pair.points)
    for a in itertools.islice(chosen, 0, None, max(1, count // MAX_BASES)):
        star = {a} | {(*a[:k], i, *a[k + 1 :]) for k, part in enumerate(pair.directions) for i in part}
        held = [places[index] for index in star if index in places]
        if held and _least(rows[:, held]) < SMALL:
            yield [[Fraction(int(i == j)) for j in range(n)] for i, n in zip(a, lifting.sizes, strict=True)]


def _least(columns: np.ndarray) -> float:
    """The least singular value, those of missing rows included."""
    return float(np.linalg.svd(columns, compute_uv=False)[-1]) if columns.shape[1] <= len(columns) else 0.0


def stationary_points(lifting: Lifting, rows: np.ndarray, pair: Tangents, rng: np.random.Generator) -> Iterator[Exact]:
    """Rationals near the points where local minimisation of |Pi W| / |W| over (a, delta) ends at zero."""
    from scipy.optimize import minimize

    ratio = TangentRatio(lifting, rows, pair)
    for _ in range(STARTS):
        start = rng.standard_normal(ratio.size)
        end = minimize(ratio, start, jac=True, method="L-BFGS-B", options={"maxiter": 500, "ftol": 0, "gtol": 1e-14})
        if end.fun < SMALL:
            a = ratio.decode(end.x)[0]
            for denominator in DENOMINATORS:
                yield [_near(x, denominator) for x in a]


def _near(x: np.ndarray, denominator: int) -> list[Fraction]:
    """Short rationals near x, its largest entry put to one."""
    top = x[np.argmax(np.abs(x))] or 1.0
    return [Fraction(float(v / top)).limit_denominator(denominator) for v in x]


class TangentRatio:
    """(a, delta), packed in one vector -> |Pi W|^2 / |W|^2 and its gradient; a is a square where it has to be >= 0."""

    def __init__(self, lifting: Lifting, rows: np.ndarray, pair: Tangents) -> None:
        self.rows, self.index, self.sizes = rows, np.array(lifting.coordinates), lifting.sizes
        self.squares = lifting.statement.model.nonnegative
        self.free = [(side, k, i) for side, box in enumerate((pair.points, pair.directions))
                     for k, part in enumerate(box) for i in part]  # fmt: skip
        self.size = len(self.free)

    def decode(self, x: np.ndarray) -> tuple[list[np.ndarray], list[np.ndarray]]:
        """a and delta."""
        sides: tuple[list[np.ndarray], list[np.ndarray]] = (
            [np.zeros(n) for n in self.sizes],
            [np.zeros(n) for n in self.sizes],
        )
        for value, (side, k, i) in zip(x, self.free, strict=True):
            sides[side][k][i] = value * value if self.squares and side == 0 else value
        return sides

    def __call__(self, x: np.ndarray) -> tuple[float, np.ndarray]:
        a, delta = self.decode(x)
        K = len(self.sizes)
        A, D = (np.array([side[k][self.index[:, k]] for k in range(K)]) for side in (a, delta))
        without = [np.prod(np.delete(A, k, axis=0), axis=0) for k in range(K)]
        W = sum(D[k] * without[k] for k in range(K))
        norm = float(W @ W)
        if norm < 1e-18 * sum(float((D[k] * without[k]) @ (D[k] * without[k])) for k in range(K)) or norm == 0:
            return 1.0, np.zeros(self.size)  # a change of scales
        image = self.rows @ W
        value = float(image @ image) / norm
        slope = 2 * (self.rows.T @ image - value * W) / norm
        gradient = np.empty(self.size)
        moved = [
            sum(D[j] * np.prod(np.delete(A, (k, j), axis=0), axis=0) for j in range(K) if j != k) for k in range(K)
        ]
        for place, (side, k, i) in enumerate(self.free):
            on = self.index[:, k] == i
            part = float(slope[on] @ (without[k] if side else moved[k])[on])
            gradient[place] = part * (2 * x[place] if self.squares and side == 0 else 1)
        return value, gradient


# -- claims ---------------------------------------------------------------------------------------


def claim_at(lifting: Lifting, pair: Tangents, a: Exact) -> Claim | None:
    """The claim for an exact point a, if its derivative annihilates a tangent direction of the pair."""
    if not all(map(any, a)):
        return None
    tops = [max(range(len(x)), key=lambda i, x=x: abs(x[i])) for x in a]  # type: ignore[misc]
    places = [(k, i) for k, part in enumerate(pair.directions) for i in part if k == 0 or i != tops[k]]
    images = [lifting.product([*a[:k], _unit(i, len(a[k])), *a[k + 1 :]]) for k, i in places]
    labels = sorted(set().union(*images))
    if not labels:
        return None
    scale = math.lcm(*(v.denominator for image in images for v in image.values()))
    matrix = [[int(image.get(label, 0) * scale) for image in images] for label in labels]
    for vector in nullspace(matrix):
        for sign in (1, -1):
            delta = [[Fraction(0)] * n for n in lifting.sizes]
            for (k, i), v in zip(places, vector, strict=True):
                delta[k][i] = Fraction(sign * v)
            if claim := _claim(lifting, pair, a, delta, tops):
                return claim
    return None


def _unit(i: int, n: int) -> list[Fraction]:
    return [Fraction(int(i == j)) for j in range(n)]


def _claim(lifting: Lifting, pair: Tangents, a: Exact, delta: Exact, tops: list[int]) -> Claim | None:
    """The claim of a + t x and a + t y with x - y = delta, if W is not zero and the signs allow it."""
    x, y = _split(pair, delta, lifting.statement.model.nonnegative)
    if x is None or y is None:
        return None
    coordinate = next((index for index in lifting.coordinates if _entry(a, delta, index)), None)
    if coordinate is None:
        return None
    h, g = ([[_line(p, q) for p, q in zip(*parts, strict=True)] for parts in zip(a, z, strict=True)] for z in (x, y))
    note = "a tangent direction of the models lies in the kernel of A"
    return Claim("limit", {"order": 1, "h": h, "g": g, "coordinate": list(coordinate)}, note)


def _split(pair: Tangents, delta: Exact, nonnegative: bool) -> tuple[Exact | None, Exact | None]:
    """x in the left support, y in the right one with x - y = delta; None where they have to be >= 0 and cannot."""
    x, y = ([[Fraction(0)] * len(part) for part in delta] for _ in range(2))
    for k, part in enumerate(delta):
        for i, v in enumerate(part):
            side = x if i in pair.left[k] and (i not in pair.right[k] or v > 0 or not nonnegative) else y
            side[k][i] = v if side is x else -v
            if nonnegative and side[k][i] < 0:
                return None, None
    return x, y


def _entry(a: Exact, delta: Exact, index: tuple[int, ...]) -> Fraction:
    """W at a multi-index."""
    total = Fraction(0)
    for k, i in enumerate(index):
        rest = math.prod((a[m][j] for m, j in enumerate(index) if m != k), start=Fraction(1))
        total += delta[k][i] * rest
    return total


def _line(constant: Fraction, slope: Fraction) -> list[Fraction]:
    """constant + slope * t, without zeros at the end."""
    return [constant, slope] if slope else [constant] if constant else []


METHOD = Method(
    name="limits",
    theorem="a tangent direction of the models that lies in Ker A is a limit of differences: gamma is infinite",
    closes=("dnsp.gamma", "dnsp.kappa"),
    cost=52,
    accepts=accepts,
    search=search,
)
