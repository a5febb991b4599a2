"""Exact witnesses at points of the kernel: its short vectors, and its lines that meet rank two.

Theorem.  For `scale` and one support, two parameters with the same product are a tensor of rank at most two in Ker A.
On a line s U + V of the kernel every 3x3 minor of a flattening is a cubic in s: the common roots are those of their
greatest common divisor, a root of which is an algebraic number of degree at most three; the tensor there is taken
apart by elimination (`rank_two`).  With two modes nothing else is needed; with S = 3 a real root always exists.
[theory, section 8: three-by-three pencils; certificates, section 5]

Without a real root a complex one still answers the question over C.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np

from ..certificate import Claim, Nothing
from ..lifting import Lifting, TooLarge
from ..lifting.linalg import kernel, reduced
from ..method import PRIMES, Budget, Method, Proved, closed
from ..problem.forms import Support
from .number_field import RATIONALS, Field, factors
from .rank_two import Pair, take_apart
from .witnesses import allowed, witness

MAX_COLUMNS = 2_000
MAX_SUPPORTS = 200
COMBINATIONS = 400
"""Small integer combinations of the basis that are tried at most."""
LINES = 60
SHORTENED = 40
"""Basis vectors that are made short at most."""
SECONDS = 10.0
MINORS = 40
"""Minors whose common divisor is taken; elimination decides whether they were enough."""
DEGREE = 12
UNIFORM, OVER_C = "identifiability.uniform.verdict", "identifiability.uniform.over_C"


@dataclass(frozen=True)
class Subspace:
    """The kernel of A on the box of one support: integer tensors, one axis a factor."""

    support: Support
    tensors: list[np.ndarray]

    @property
    def sides(self) -> list[int]:
        """Sides longer than one."""
        return [n for n in map(len, self.support) if n > 1]

    def at(self, x: tuple[int, ...]) -> np.ndarray:
        """A combination of the basis."""
        return sum((a * w for a, w in zip(x, self.tensors, strict=True) if a), 0 * self.tensors[0])


def subspaces(lifting: Lifting) -> Iterator[Subspace]:
    """The kernels on the boxes of the maximal supports, those that are not zero."""
    model = lifting.statement.model
    if model.family_size(lifting.sizes) > MAX_SUPPORTS:
        return
    for support in model.maximal(lifting.sizes):
        shape = tuple(map(len, support))
        basis = kernel(lifting.restricted(lifting.box(support)))
        if basis:
            short = reduced(basis) if len(basis) <= SHORTENED else basis
            yield Subspace(support, [np.array(v, dtype=object).reshape(shape) for v in short])


def accepts(lifting: Lifting, proved: Proved) -> str:
    """All multi-indices are coordinates, and they are few."""
    if proved.get(UNIFORM) == "no" or closed(OVER_C, proved):
        return "the question is answered"
    if not lifting.all_alive:
        return "not every multi-index is a coordinate"
    if lifting.count > MAX_COLUMNS:
        return f"more than {MAX_COLUMNS} coordinates"
    try:
        return "the kernel is trivial" if lifting.trivial_kernel else ""
    except TooLarge as error:
        return str(error)


def search(lifting: Lifting, proved: Proved, budget: Budget) -> list[Claim] | Nothing:
    """A witness; failing that, one over C, by a complex point or by dimensions."""
    real = not closed(UNIFORM, proved)
    complex_claim: Claim | None = None
    budget = Budget(min(SECONDS, budget.left))
    for space in subspaces(lifting):
        for field, w in points(space, budget):
            if found := take_apart(w, field, lifting.statement.model.nonnegative):
                claim = field_claim(lifting, space.support, *found, real=real)
                if claim and claim.evidence.get("root", True):
                    return [claim]
                complex_claim = complex_claim or claim
            if budget.spent or (complex_claim and not real):
                break
        complex_claim = complex_claim or dimension_claim(lifting, space)
    return [complex_claim] if complex_claim else Nothing("no tensor of rank two at the points of the kernel tried")


# ------------------------------------------------------------------ points of the kernel


def points(space: Subspace, budget: Budget) -> Iterator[tuple[Field, np.ndarray]]:
    """Tensors of the kernel that may have rank two: small combinations, then roots on lines."""
    c = len(space.tensors)
    for x in small_vectors(c, COMBINATIONS):
        if budget.spent:
            return
        yield RATIONALS, space.at(x)
    if c == 1 or min(space.sides, default=0) == 2 == len(space.sides):
        return
    for x, y in lines(c):
        if budget.spent:
            return
        yield from on_line(space.at(x), space.at(y))


def small_vectors(c: int, count: int) -> Iterator[tuple[int, ...]]:
    """Integer vectors up to sign, few and small entries first.

    >>> list(small_vectors(2, 4))
    [(1, 0), (0, 1), (1, 1), (1, -1)]
    """
    seen = 0
    for top in (1, 2, 3):
        for weight in range(1, min(c, 4) + 1):
            for places in itertools.combinations(range(c), weight):
                for values in itertools.product([v for v in range(top, -top - 1, -1) if v], repeat=weight):
                    if values[0] < 0 or max(map(abs, values)) != top or math.gcd(*values) != 1:
                        continue
                    yield tuple(values[places.index(a)] if a in places else 0 for a in range(c))
                    seen += 1
                    if seen == count:
                        return


def lines(c: int) -> Iterator[tuple[tuple[int, ...], tuple[int, ...]]]:
    """Pairs of small vectors."""
    vectors = list(small_vectors(c, 4 * c))
    yield from itertools.islice(itertools.combinations(vectors, 2), LINES)


def on_line(u: np.ndarray, v: np.ndarray) -> Iterator[tuple[Field, np.ndarray]]:
    """s U + V at the common roots s of the 3x3 minors of all flattenings."""
    common = _common_divisor(u, v)
    if common is None:
        return
    for polynomial in factors(common):
        if len(polynomial) - 1 > DEGREE:
            continue
        field = Field(polynomial)
        yield field, u * field.t + v


def _common_divisor(u: np.ndarray, v: np.ndarray) -> Any:
    """The gcd of some 3x3 minors of s U + V; None when it is 1, or when all minors vanish."""
    import flint

    common = flint.fmpz_poly([])
    for a, b in zip(_flattenings(u), _flattenings(v), strict=True):
        rows, columns = a.shape
        chosen = itertools.product(itertools.combinations(range(rows), 3), itertools.combinations(range(columns), 3))
        for at in _spread(chosen, math.comb(rows, 3) * math.comb(columns, 3)):
            common = common.gcd(_cubic(a[np.ix_(*at)], b[np.ix_(*at)]))
            if common.degree() == 0:
                return None
    return common if common.degree() > 0 else None


def _spread(items: Iterator[Any], count: int) -> Iterator[Any]:
    """About `MINORS` of them, evenly."""
    return itertools.islice(items, 0, None, max(1, count // MINORS))


def _flattenings(w: np.ndarray) -> list[np.ndarray]:
    """Every splitting of the modes in two, as matrices."""
    out = []
    for size in range(1, w.ndim // 2 + 1):
        for rows in itertools.combinations(range(w.ndim), size):
            rest = [k for k in range(w.ndim) if k not in rows]
            out.append(w.transpose([*rows, *rest]).reshape(math.prod(w.shape[k] for k in rows), -1))
    return out


def _cubic(a: np.ndarray, b: np.ndarray) -> Any:
    """det(s a + b) for 3x3 integer matrices, by its values at four points."""
    import flint

    values = [int(flint.fmpz_mat((s * a + b).tolist()).det()) for s in (-1, 0, 1, 2)]
    m, z, p, q = values
    c2 = (p + m - 2 * z) // 2  # even by construction: p + m = 2 (c0 + c2)
    odd = (p - m) // 2  # c1 + c3
    c3 = (q - z - 4 * c2 - 2 * odd) // 6
    return flint.fmpz_poly([z, odd - c3, c2, c3])


# ------------------------------------------------------------------ claims


def field_claim(lifting: Lifting, support: Support, field: Field, pair: Pair, real: bool = True) -> Claim | None:
    """The pair as an exact witness over Q, or in its field, or over C only."""
    h, g = (_placed(side, support, lifting.sizes, field) for side in pair)
    if field.rational:
        exact = [[[x.coefficients[0] if x else Fraction(0) for x in part] for part in side] for side in (h, g)]
        found = witness(lifting, exact[0], exact[1])
        return found and Claim("witness", found.evidence, "a tensor of rank at most two in the kernel of A")
    ones = [[[Fraction(bool(x)) for x in part] for part in side] for side in (h, g)]
    coordinate = next((list(i) for i in lifting.alive if _gap(h, g, i)), None)
    if coordinate is None or not all(allowed(lifting.statement, side) for side in ones):
        return None
    evidence = {
        "polynomial": list(field.polynomial),
        "h": [[x.coefficients for x in part] for part in h],
        "g": [[x.coefficients for x in part] for part in g],
        "coordinate": coordinate,
        "inverse": (1 / _gap(h, g, coordinate)).coefficients,
    }
    if field.root is None or not real:
        if lifting.statement.model.nonnegative:
            return None
        note = f"complex parameters with one product, over a root of {written(field.polynomial)}"
        return Claim("field-witness", {**evidence, "root": None, "centre": None, "radius": None}, note)
    centres, radius = _enclosed((h, g), field)
    place = f"at the root {float(field.root[0]):.6g} of {written(field.polynomial)}"
    note = f"a tensor of rank two in the kernel of A, {place}"
    near = {"root": list(field.root), "centre": {"h": centres[0], "g": centres[1]}, "radius": radius}
    return Claim("field-witness", {**evidence, **near}, note)


def written(polynomial: tuple[int, ...]) -> str:
    """A polynomial in words that fit a line.

    >>> written((-2, 0, 1))
    't^2 - 2'
    """
    terms = []
    for k in range(len(polynomial) - 1, -1, -1):
        c = polynomial[k]
        if c:
            power = "" if k == 0 else "t" if k == 1 else f"t^{k}"
            size = "" if abs(c) == 1 and k else str(abs(c))
            terms.append(("- " if c < 0 else "+ ") + (f"{size}{power}" if len(size) < 30 else f"(...){power}"))
    return " ".join(terms).removeprefix("+ ")


def _placed(side: list[list[Any]], support: Support, sizes: tuple[int, ...], field: Field) -> list[list[Any]]:
    out = [[field.element(0)] * n for n in sizes]
    for part, places, values in zip(out, support, side, strict=True):
        for i, x in zip(places, values, strict=True):
            part[i] = x
    return out


def _gap(h: list[list[Any]], g: list[list[Any]], index: Any) -> Any:
    a, b = ([part[i] for part, i in zip(side, index, strict=True)] for side in (h, g))
    return math.prod(a[1:], start=a[0]) - math.prod(b[1:], start=b[0])


def _enclosed(sides: tuple[Any, Any], field: Field) -> tuple[list[list[list[Fraction]]], Fraction]:
    """Short rational centres, and a radius that holds for all entries."""
    bounds = [[[x.near(field.root) for x in part] for part in side] for side in sides]
    centres = [[[Fraction(round((a + b) / 2 * 2**64), 2**64) for a, b in part] for part in side] for side in bounds]
    gap = max(
        max(c - a, b - c)
        for side, middle in zip(bounds, centres, strict=True)
        for part, values in zip(side, middle, strict=True)
        for (a, b), c in zip(part, values, strict=True)
    )
    radius = Fraction(1, 2**60)
    while radius < gap:
        radius *= 2
    return centres, radius


def dimension_claim(lifting: Lifting, space: Subspace) -> Claim | None:
    """Over C by dimensions alone, for two modes."""
    if lifting.statement.equivalence != "scale" or lifting.statement.model.nonnegative or len(space.sides) != 2:
        return None
    needed = (space.sides[0] - 2) * (space.sides[1] - 2) + 1
    if len(space.tensors) < needed:
        return None
    box, vectors = lifting.box(space.support), []
    for w in space.tensors[:needed]:
        vector = [0] * lifting.count
        for place, x in zip(box, w.reshape(-1).tolist(), strict=True):
            vector[place] = x
        vectors.append(vector)
    for p in PRIMES:
        if _rank_mod(vectors, p) == needed:
            evidence = {"prime": p, "support": [list(s) for s in space.support], "kernel": vectors}
            return Claim(
                "dimension-count", evidence, f"{needed} dimensions of the kernel meet the matrices of rank two"
            )
    return None


def _rank_mod(vectors: list[list[int]], p: int) -> int:
    import flint

    return int(flint.nmod_mat(len(vectors), len(vectors[0]), [x % p for v in vectors for x in v], p).rank())


METHOD = Method(
    name="points of the kernel",
    theorem="a tensor of rank at most two in Ker A is a pair with one product; on a line they are roots of minors",
    closes=(UNIFORM, OVER_C),
    cost=16,
    accepts=accepts,
    search=search,
)
