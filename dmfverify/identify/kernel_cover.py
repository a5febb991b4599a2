"""Uniform yes over R by a covering of the kernel's sphere: signs that no difference of two models has.

Theorem.  Let w(x) run over Ker A on the union of two boxes.  If on each cell of a covering of the lines x some
polynomial in w(x) has signs that it has on no real difference P(h) - P(g), the kernel meets these differences in 0
only.  For all models: 3 x 3 minors vanish, hyperdeterminants are squares.  For non-negative ones also: entries where
one box alone has a say, products with equal indices in each mode, minors that cannot go round, and the coefficients of
pencils of 2 x 2 slices, which have one sign.  [Format page, `kernel-cover`; docs/theory/identifiability.md]

The same bounds gamma of a non-negative model: where a rule excludes everything closer to w(x) than |w(x)|/gamma, in
each coordinate, the kernel is that far from the differences, which are a cone.  Sums of squares know nothing of signs:
for two factors of size two they give no bound at all.

Faces of a cube are halved until one rule excludes a whole cell.  Where differences come close, and where the infinite
gamma of a model that is not closed is approached, no covering ends.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from ..certificate import Claim, Nothing
from ..exact import sqrt_above
from ..lifting import Lifting, TooLarge
from ..lifting.linalg import reduced
from ..method import PRIMES, Budget, Method, Proved
from .restricted_minors import MAX_SUPPORTS, Pair

MAX_COLUMNS = 100
MAX_KERNEL = 4
"""Dimension of a kernel whose sphere is covered, for non-negative models; one less for others."""
MAX_CELLS = 20_000
MAX_RULES = 2_000
"""Rules of one kind; more are sampled."""
LOST = 12
"""Cells around a point that no rule excludes, before the covering is given up."""
SECONDS = 20.0
UNIFORM = "identifiability.uniform.verdict"
ROOM = Fraction(11, 10)
"""A bracket of gamma with hi/lo below it is left as it is."""
FACTORS = tuple(map(Fraction, ("64", "16", "8", "4", "3", "2", "3/2", "5/4", "11/10", "21/20", "101/100")))
"""How far above the lower end of gamma a bound is tried."""
CERTAIN = 1e-9
"""Part of the largest term by which a sign has to be clear: floats choose the rule, integers check it."""

Range = tuple[np.ndarray, np.ndarray]
"""Lower and upper ends."""


def accepts(lifting: Lifting, proved: Proved) -> str:
    """An open question about a small kernel, all multi-indices being coordinates."""
    statement = lifting.statement
    if UNIFORM in proved:
        return "the question is answered"
    if statement.equivalence != "scale":
        return "the equivalence is not scale"
    if lifting.count > MAX_COLUMNS:
        return f"more than {MAX_COLUMNS} coordinates"
    if statement.model.family_size(lifting.sizes) > MAX_SUPPORTS:
        return f"more than {MAX_SUPPORTS} supports"
    try:
        return "the kernel is trivial" if lifting.trivial_kernel else ""
    except TooLarge as error:
        return str(error)


def search(lifting: Lifting, proved: Proved, budget: Budget) -> list[Claim] | Nothing:
    """One item for each pair of maximal supports with a kernel."""
    items: list[dict[str, Any]] = []
    budget = Budget(min(SECONDS, budget.left), budget.seed)
    nonnegative = lifting.statement.model.nonnegative
    for s, t in itertools.combinations_with_replacement(lifting.statement.model.maximal(lifting.sizes), 2):
        pair = Pair(lifting, s, t)
        if lifting.restricted(pair.where).nmod(PRIMES[0]).rank() == len(pair.where):
            continue
        basis = reduced(pair.kernel)
        if len(basis) > MAX_KERNEL - (not nonnegative):
            return Nothing(f"a kernel of dimension {len(basis)}")
        cells = cover(Rules(pair, nonnegative), np.array(basis, dtype=float), budget)
        if isinstance(cells, Nothing):
            return cells
        items.append({"left": s, "right": t, "kernel": basis, "cells": cells})
    return [Claim("kernel-cover", {"prime": PRIMES[0], "items": items}, note(items))] if items else Nothing("no kernel")


def gamma_accepts(lifting: Lifting, proved: Proved) -> str:
    """A non-negative model without supports, a small kernel, and room in the bracket."""
    statement = lifting.statement
    if not (statement.model.nonnegative and statement.model.kind == "free"):
        return "signs are known of non-negative models, and supports leave the kernel larger than their boxes"
    if proved.get(UNIFORM) == "no":
        return "not identifiable"
    low, high = proved.get("dnsp.gamma", ["1", "inf"])
    if low == "inf" or (high != "inf" and Fraction(high) <= ROOM * Fraction(low)):
        return f"the ends of dnsp.gamma differ by a factor of less than {ROOM}"
    refusal = accepts(lifting, {})
    if refusal:
        return refusal
    c = lifting.kernel_dimension
    return f"a kernel of dimension {c}" if c > MAX_KERNEL else ""


def gamma_search(lifting: Lifting, proved: Proved, budget: Budget) -> list[Claim] | Nothing:
    """The covering for the least bound of a list that the time allows, each nearer to what is known from below."""
    budget = Budget(min(SECONDS, budget.left), budget.seed)
    low, high = proved.get("dnsp.gamma", ["1", "inf"])
    whole = tuple(tuple(range(n)) for n in lifting.sizes)
    pair = Pair(lifting, whole, whole)
    basis, rules = reduced(pair.kernel), Rules(pair, nonnegative=True)
    best: tuple[Fraction, list[list[Any]]] | None = None
    for factor in FACTORS:
        gamma = sqrt_above((factor * Fraction(low)) ** 2)
        if high != "inf" and gamma >= Fraction(high):
            continue
        cells = cover(rules, np.array(basis, dtype=float), budget, 1 / float(gamma))
        if isinstance(cells, Nothing):
            break
        best = gamma, cells
    if best is None:
        return Nothing(f"no covering keeps off the differences by 1/{FACTORS[0]} of what is possible")
    item = {"left": whole, "right": whole, "kernel": basis, "cells": best[1]}
    return [Claim("kernel-cover", {"prime": PRIMES[0], "items": [item], "gamma": best[0]}, note([item]))]


def note(items: list[dict[str, Any]]) -> str:
    """How many cells, in words."""
    count = sum(isinstance(x, list) for item in items for face in item["cells"] for x in face)
    return f"{count} cell{'s' * (count != 1)} cover the lines of the kernel, each with signs that no difference has"


# ------------------------------------------------------------------ cells


def cover(rules: Rules, basis: np.ndarray, budget: Budget, margin: float = 0.0) -> list[list[Any]] | Nothing:
    """For each face the cells in preorder: an integer halves along a coordinate, a list is a rule.

    What a rule excludes is wider than its cell by `margin` times the norm.
    """
    r, lost, count = len(basis), 0, 0
    rng = np.random.default_rng(budget.seed)
    faces: list[list[Any]] = []
    for a in range(r):
        cells: list[Any] = []
        half = np.where(np.arange(r) == a, 0.0, 1.0)
        stack = [((np.arange(r) == a).astype(float), half)]
        while stack:
            centre, half = stack.pop()
            middle, reach = centre @ basis, half @ np.abs(basis)
            rule = rules.excluding((middle - reach, middle + reach), margin)
            if rule is None:
                point = (centre + half * rng.uniform(-1, 1, r)) @ basis
                lost += rules.excluding((point, point), margin) is None
                count += 1
                if lost >= min(LOST, 2 * r - 1):
                    return Nothing("a tensor of the kernel that no rule tells from differences")
                if count > MAX_CELLS or budget.spent:
                    return Nothing(f"{count} cells were not enough")
                b = int(np.argmax(half * np.linalg.norm(basis, axis=1)))
                step = np.where(np.arange(r) == b, half / 2, 0.0)
                stack += [(centre + step, half - step), (centre - step, half - step)]
                cells.append(b)
            else:
                cells.append(rule)
        faces.append(cells)
    return faces


# ------------------------------------------------------------------ intervals, many at once


def _times(a: Range, b: Range) -> Range:
    ends = np.array([a[0] * b[0], a[0] * b[1], a[1] * b[0], a[1] * b[1]])
    return ends.min(axis=0), ends.max(axis=0)


def _minus(a: Range, b: Range) -> Range:
    return a[0] - b[1], a[1] - b[0]


def _plus(a: Range, b: Range) -> Range:
    return a[0] + b[0], a[1] + b[1]


def _determinant(a: Range, b: Range, c: Range, d: Range) -> Range:
    return _minus(_times(a, d), _times(b, c))


def _lasting(a: Range, entries: Sequence[Range], unit: float, reach: float) -> np.ndarray:
    """The sign that is clear for all T closer than `reach`, where the zeros are |a|/|entries| away."""
    norm = np.sqrt(sum(np.maximum(np.abs(x), np.abs(y)) ** 2 for x, y in entries))
    return _sign(a, unit + reach * norm)


def _sign(a: Range, unit: float | np.ndarray) -> np.ndarray:
    """1 or -1 where it is clear, by so much."""
    return (a[0] > unit).astype(int) - (a[1] < -unit)


# ------------------------------------------------------------------ rules


@dataclass(frozen=True)
class Rules:
    """All rules for a pair of boxes: places of their entries (the last place is a zero) and how they are written."""

    pair: Pair
    nonnegative: bool

    def excluding(self, w: Range, margin: float = 0.0) -> list[Any] | None:
        """A rule that holds wherever the coordinates are in the intervals, or as near as `margin` times the norm."""
        far = np.maximum(np.abs(w[0]), np.abs(w[1]))
        reach = margin * (1 + CERTAIN) * float(np.linalg.norm(far))
        low, high = (np.append(end, 0.0) for end in w)
        wide = np.append(w[0] - reach, 0.0), np.append(w[1] + reach, 0.0)
        size = float(far.max()) + reach or 1.0
        for test, places, written in self.tables:
            if len(places):
                ends = wide if test in WIDER else (low, high)
                holds = test((ends[0][places.T], ends[1][places.T]), size, reach)
                if holds.any():
                    return written[int(np.argmax(holds))]
        return None

    @cached_property
    def tables(self) -> list[tuple[Callable[[Range, float, float], np.ndarray], np.ndarray, list[Any]]]:
        """Test, places, and how a rule is written; the cheap ones first."""
        kinds: list[tuple[Callable[[Range, float, float], np.ndarray], Iterator[tuple[list[int], list[Any]]]]]
        kinds = [(_minor, self._grids("minor", 3, 3))]
        if self.nonnegative:
            kinds = [(_alone, self._alone()), (_cross, self._crosses()), *kinds, (_cycle, self._cycles())]
            kinds.append((_forms, self._subtensors("forms")))
        kinds.append((_det, self._subtensors("det")))
        rng, out = np.random.default_rng(0), []
        for test, rules in kinds:
            found = list(itertools.islice(rules, 20 * MAX_RULES))
            chosen = sorted(rng.permutation(len(found))[:MAX_RULES].tolist())
            places = np.array([found[i][0] for i in chosen], dtype=int)
            out.append((test, places, [found[i][1] for i in chosen]))
        return out

    def _place(self, order: Sequence[int], *pieces: tuple[int, ...]) -> int:
        values = dict(zip(order, itertools.chain(*pieces), strict=True))
        return self.pair.place.get(tuple(values[k] for k in range(len(order))), -1)

    @cached_property
    def box(self) -> list[list[int]]:
        """Indices in either box, mode by mode."""
        return [sorted({*a, *b}) for a, b in zip(self.pair.left, self.pair.right, strict=True)]

    def _over(self, modes: Sequence[int]) -> list[tuple[int, ...]]:
        return list(itertools.product(*(self.box[k] for k in modes)))

    def _grids(self, name: str, m: int, n: int) -> Iterator[tuple[list[int], list[Any]]]:
        """Rows and columns of flattenings."""
        K = len(self.box)
        for size in range(1, K):
            for modes in itertools.combinations(range(K), size):
                rest = [k for k in range(K) if k not in modes]
                if m == n and 0 not in modes:
                    continue
                for rows in itertools.combinations(self._over(modes), m):
                    for cols in itertools.combinations(self._over(rest), n):
                        places = [self._place([*modes, *rest], i, j) for i in rows for j in cols]
                        yield places, [name, list(modes), list(map(list, rows)), list(map(list, cols))]

    def _cycles(self) -> Iterator[tuple[list[int], list[Any]]]:
        return self._grids("cycle", 2, 3)

    def _crosses(self) -> Iterator[tuple[list[int], list[Any]]]:
        for places, rule in self._grids("cross", 2, 2):
            modes, rows, cols = rule[1:]
            back = np.argsort([*modes, *(k for k in range(len(self.box)) if k not in modes)])
            cells = [[[*row, *col][k] for k in back] for row in rows for col in cols]
            for p, q in (((0, 3), (1, 2)), ((1, 2), (0, 3))):
                yield [places[k] for k in (*p, *q)], ["cross", [cells[k] for k in p], [cells[k] for k in q]]

    def _alone(self) -> Iterator[tuple[list[int], list[Any]]]:
        """Pairs of entries where one box alone has a say; the first place again where it is the same box for both."""
        alone = [(k, m, who[0]) for k, m in enumerate(self.pair.multi) if len(who := self.pair.sides(m)) == 1]
        for (a, m, s), (b, n, t) in itertools.combinations(alone, 2):
            yield [a, b, a if s == t else -1], ["alone", list(m), list(n)]

    def _subtensors(self, name: str) -> Iterator[tuple[list[int], list[Any]]]:
        """2 x 2 x 2 subtensors, the modes in three groups."""
        K = len(self.box)
        for colours in itertools.product(range(3), repeat=K):
            groups = [[k for k in range(K) if colours[k] == c] for c in range(3)]
            if not all(groups) or sorted(groups) != groups:
                continue
            order = [k for g in groups for k in g]
            choices = [list(itertools.combinations(self._over(g), 2)) for g in groups]
            for pairs in itertools.product(*choices):
                places = [self._place(order, *cell) for cell in itertools.product(*pairs)]
                yield places, [name, groups, [list(map(list, p)) for p in pairs]]


def _minor(t: Range, size: float, reach: float) -> np.ndarray:
    M = [[(t[0][3 * i + j], t[1][3 * i + j]) for j in range(3)] for i in range(3)]
    pairs = ((1, 2), (0, 2), (0, 1))
    two = [[_determinant(M[i][j], M[i][k], M[m][j], M[m][k]) for j, k in pairs] for i, m in pairs]
    (a, b, c), (d, e, f) = M[0], two[0]
    total = _plus(_minus(_times(a, d), _times(b, e)), _times(c, f))
    return _lasting(total, [x for row in two for x in row], CERTAIN * size**3, reach) != 0


def _alone(t: Range, size: float, reach: float) -> np.ndarray:
    first, second = (_sign((t[0][k], t[1][k]), CERTAIN * size) for k in (0, 1))
    same = (t[0][2] == t[0][0]) & (t[1][2] == t[1][0])
    return first * second == np.where(same, -1, 1)


def _cross(t: Range, size: float, reach: float) -> np.ndarray:
    unit = CERTAIN * size
    up = (t[0][:2] > unit).all(axis=0) & ((t[1][2:] < -unit) | ((t[1][2:] == 0) & (t[0][2:] == 0))).all(axis=0)
    down = (t[1][:2] < -unit).all(axis=0) & ((t[0][2:] > unit) | ((t[0][2:] == 0) & (t[1][2:] == 0))).all(axis=0)
    return up | down


def _cycle(t: Range, size: float, reach: float) -> np.ndarray:
    a, b, c, d, e, f = ((t[0][k], t[1][k]) for k in range(6))
    four = ((a, b, d, e), (b, c, e, f), (c, a, f, d))
    signs = [_lasting(_determinant(*entries), entries, CERTAIN * size**2, reach) for entries in four]
    return np.abs(np.sum(signs, axis=0)) == 3


def _coefficients(t: Range, mode: int) -> list[tuple[Range, list[Range]]]:
    """Those of det(s T_0 + t T_1), T_0 and T_1 the slices along a mode, and the entries in each."""
    cells = {ijk: (t[0][n], t[1][n]) for n, ijk in enumerate(itertools.product((0, 1), repeat=3))}
    (a, b, c, d), (e, f, g, h) = first, last = [
        [cells[(*ij[:mode], k, *ij[mode:])] for ij in itertools.product((0, 1), repeat=2)] for k in (0, 1)
    ]
    middle = _plus(_determinant(a, b, g, h), _determinant(e, f, c, d))
    return [(_determinant(a, b, c, d), first), (middle, [*first, *last]), (_determinant(e, f, g, h), last)]


def _forms(t: Range, size: float, reach: float) -> np.ndarray:
    unit = CERTAIN * size**2
    signs = np.array([[_lasting(*x, unit, reach) for x in _coefficients(t, mode)] for mode in range(3)])
    up, down = (signs == 1).any(axis=1), (signs == -1).any(axis=1)
    even = down.sum(axis=0) % 2 == 0
    return (up & down).any(axis=0) | ((up | down).all(axis=0) & even)


def _det(t: Range, size: float, reach: float) -> np.ndarray:
    (first, _), (middle, _), (last, _) = _coefficients(t, 2)
    ends = np.abs(np.array(middle))
    square = np.where(_sign(middle, 0.0) == 0, 0.0, ends.min(axis=0) ** 2), ends.max(axis=0) ** 2
    product = _times(first, last)
    return _sign(_minus(square, (4 * product[0], 4 * product[1])), CERTAIN * size**4) < 0


WIDER = (_alone, _cross, _det)
"""Rules that read the entries of T, not of w(x)."""

METHOD = Method(
    name="kernel cover",
    theorem="cells cover the lines of Ker A, on each of them a polynomial has signs that no real difference has",
    closes=(UNIFORM,),
    cost=44,
    accepts=accepts,
    search=search,
)

GAMMA = Method(
    name="kernel cover, gamma",
    theorem="cells cover the lines of Ker A, and no real difference of the model is closer to a cell than 1/gamma",
    closes=("dnsp.gamma",),
    cost=53,
    accepts=gamma_accepts,
    search=gamma_search,
)
