"""Families of supports: the least singular value over all boxes of two supports, exactly, by branch and bound.

Theorem.  A_{S u S'} on the box of the unions has its least singular value, zeros counted, above that of any larger
box.  If all boxes are injective, the sparse deep null space property holds with (1, inf), all unions of two boxes are
injective and the family is identifiable.  Boxes with a kernel are looked at one by one: their least non-zero singular
value, the union of the two boxes of each of their pairs, and how short the kernel is there.
[Malgouyres 2020, section 4; theory: section 4; docs/theory/sparse.md]

Families of a few hundred supports are taken box by box, larger ones by a tree; where symmetries are found, one set of
columns stands for its orbit.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations_with_replacement, islice
from typing import Any, NamedTuple

import numpy as np

from ..certificate import Claim, Nothing
from ..exact import sqrt_above, sqrt_below
from ..lifting import Lifting, TooLarge
from ..method import Budget, Method, Proved
from ..problem.forms import Support
from .support_boxes import Atoms, Box, Columns
from .support_orbits import Symmetry, orbits, symmetries
from .support_search import Better, TooMany, Tree, resolved, swaps, union_swaps

MAX_SUPPORTS = 300
MAX_COLUMNS = 1_500
MAX_BOX = 256
"""Columns in a box of two supports."""
MANY_BOXES = 2_000
"""Boxes of a listed family from which on symmetries are looked for: fewer are sooner done."""
MAX_NEAR = 200
"""Boxes too near the least value to be told apart in double precision, of which the exact quotients are compared."""
MAX_CUBES = 4 * 10**9
"""Cubes of the box, summed over the pairs of a listed family: what elimination costs."""
FEW_CUBES = 10**8
"""Cubes of all boxes and unions below which a listed family is answered at once."""
MAX_SPLITS = 20_000
"""Pairs with a deficient box that are looked at one by one: what the checker takes."""
CUBE_SECONDS = 10**-8
"""Of the checker, box by box."""
GAPS = (Fraction(9, 10), Fraction(1, 2), Fraction(1, 11), Fraction(1, 50), Fraction(1, 10**12))
"""Shares of the least eigenvalue that may be left open, one after the other."""
FIRST, LAST = 5 * 10**8, 36 * 10**8
"""Steps of the checker for a claim that is told at once, and for all: 0.1 microseconds each, or a little less."""
SECONDS = 1e-7
PATHS = ("sparse_dnsp.lower_rip", "sparse_dnsp.lower_rip_union", "sparse_dnsp.gamma")


def accepts(lifting: Lifting, proved: Proved) -> str:
    """A family of supports whose columns can be listed."""
    model = lifting.statement.model
    if model.kind == "free":
        return "the model is free"
    product = model.kind != "supports" and (lifting.K > 1 or model.kind != "sparse")
    if not product and model.family_size(lifting.sizes) > MAX_SUPPORTS:
        return f"more than {MAX_SUPPORTS} supports, and not a product over several factors"
    if reason := _too_large(lifting, product):
        return reason
    try:
        columns = lifting.columns
    except TooLarge as error:
        return str(error)
    if columns.n > MAX_COLUMNS:
        return f"more than {MAX_COLUMNS} columns"
    return "" if columns.m else "the lifting is zero"


def _too_large(lifting: Lifting, product: bool) -> str:
    """Why the boxes are too large for this method, or nothing: bounds from the numbers of indices alone."""
    box = _columns(lifting, 2)
    if box > MAX_BOX:
        return f"boxes of two supports with up to {box} columns"
    if product or _cubes(lifting) <= MAX_CUBES:
        return ""
    return f"{math.comb(lifting.statement.model.family_size(lifting.sizes) + 1, 2)} pairs with up to {box} columns each"


def _columns(lifting: Lifting, times: int) -> int:
    """The most columns in the box of so many supports, one or two."""
    atoms = Atoms.of(lifting)
    if atoms is None:
        sizes = [[times * len(part) for part in support] for support in lifting.statement.model.supports]
    else:
        sizes = [[sum(sorted(map(len, a))[-times * n :]) for a, n in zip(atoms.atoms, atoms.active, strict=True)]]
    return max(math.prod(map(min, row, lifting.sizes)) for row in sizes)


def _cubes(lifting: Lifting) -> int:
    """The cubes of columns, at most, that it takes to go through a family box by box and union by union."""
    pairs = math.comb(lifting.statement.model.family_size(lifting.sizes) + 1, 2)
    boxes, atoms = pairs, Atoms.of(lifting)
    if atoms is not None:
        together = (
            sum(math.comb(len(a), n) for n in range(few, most + 1))
            for a, few, most in zip(atoms.atoms, atoms.active, atoms.most, strict=True)
        )
        boxes = min(pairs, math.prod(together))
    box = _columns(lifting, 2)
    return boxes * box**3 + pairs * min(box, 2 * _columns(lifting, 1)) ** 3


def search(lifting: Lifting, proved: Proved, budget: Budget) -> list[Claim] | Iterator[list[Claim]] | Nothing:
    """Claims with better and better lower ends."""
    columns, atoms = Columns(lifting), Atoms.of(lifting)
    few = lifting.statement.model.family_size(lifting.sizes) <= MAX_SUPPORTS
    if atoms is None or (few and _cubes(lifting) <= MAX_CUBES):
        return _listed(lifting, columns, budget)
    group = symmetries(lifting, columns, atoms)
    return ([claim] for claim in _by_trees(columns, atoms, group, budget))


# -- box by box -----------------------------------------------------------------------------------------


Pairs = list[tuple[Support, Support]]


def _listed(lifting: Lifting, columns: Columns, budget: Budget) -> list[Claim] | Iterator[list[Claim]] | Nothing:
    supports = list(lifting.statement.model.maximal(lifting.sizes))
    pairs = list(combinations_with_replacement(supports, 2))
    boxes, unions = ([look(s, t) for s, t in pairs] for look in (columns.box, columns.union))
    if not any(map(len, boxes)):
        return Nothing("no coordinate lies in a box of two supports")
    group = symmetries(lifting, columns, None) if len(set(boxes)) > MANY_BOXES else []
    cubes = sum(len(which) ** 3 for which in orbits([*boxes, *unions], group))
    if cubes < FEW_CUBES:
        return _box_by_box(columns, group, pairs, boxes, unions)
    return _in_parts(columns, group, pairs, boxes, unions, cubes * CUBE_SECONDS, budget)


def _in_parts(
    columns: Columns,
    group: list[Symmetry],
    pairs: Pairs,
    boxes: list[Box],
    unions: list[Box],
    seconds: float,
    budget: Budget,
) -> Iterator[list[Claim]]:
    """What the first pair says, then what all say, where the checker has the time for it."""
    shown = (pair for pair, which in zip(pairs, boxes, strict=True) if np.diag(columns.floats)[list(which)].any())
    for pair in islice(shown, 1):
        yield [_looked_at(columns, pair)]
    found = _box_by_box(columns, group, pairs, boxes, unions)
    if not isinstance(found, Nothing):
        s, t = found[0].evidence["worst"]["pair"]
        yield found if seconds < budget.left else [_looked_at(columns, (s, t))]


def _looked_at(columns: Columns, pair: tuple[Support, Support]) -> Claim:
    """The upper end that one pair gives: the exact quotient of a vector in the range of the Gram matrix."""
    which = columns.box(*pair)
    _, vector = columns.quotient(which)
    G = columns.gram[np.ix_(which, which)]
    x = G.dot(np.array(vector, dtype=object))
    quotient = Fraction(int(x.dot(G.dot(x))), int(x.dot(x)) * columns.square)
    shown = {"rows": columns.rows, "pair": _plain(pair), "vector": vector}
    return Claim("support-pair", {**shown, "lower_rip": sqrt_above(quotient)})


def _plain(pair: tuple[Support, Support]) -> list[list[list[int]]]:
    return [[list(part) for part in support] for support in pair]


def _box_by_box(
    columns: Columns, group: list[Symmetry], pairs: Pairs, boxes: list[Box], unions: list[Box]
) -> list[Claim] | Nothing:
    distinct, distinct_unions = orbits(boxes, group), orbits(unions, group)
    lower = _End(columns, distinct, boxes, pairs)
    upper = _End(columns, distinct_unions, unions, pairs)
    if lower.value == np.inf or upper.value == np.inf:
        return Nothing("all columns in the supports are zero")
    bits = max(resolved(columns, end.value, end.gap)[1] for end in (lower, upper)) + 16
    deficient = {b for b in distinct if columns.kernel(b)}
    stretches = [columns.stretch(b, u) for b, u in set(zip(boxes, unions, strict=True)) if b in deficient]
    finite = [x for x in stretches if x is not None]
    evidence = {
        "bits": min(256, bits),
        "rows": columns.rows,
        "tree": None,
        "kernels": [
            {"columns": list(which), "vectors": columns.kernel(which)}
            for which in dict.fromkeys((*distinct, *distinct_unions))
            if columns.kernel(which)
        ],
        "lower_rip": lower.pair,
        "lower_rip_union": upper.pair,
        "gamma": max(finite) if finite and len(finite) == len(stretches) else None,
        "worst": lower.shown,
        "worst_union": upper.shown,
        **_generators(group),
    }
    return [Claim("support-tree", evidence)]


class _End:
    """The least non-zero eigenvalue over the sets of columns of all pairs, and the pair where it is."""

    def __init__(self, columns: Columns, distinct: list[Box], boxes: list[Box], pairs: Pairs) -> None:
        values = columns.least(distinct)
        self.value = float(values.min())
        if self.value < np.inf:
            rounding = 1e-15 * max(map(len, distinct)) * columns.top
            near = np.flatnonzero(values <= self.value + 2 * rounding)
            few = near[:MAX_NEAR]
            worst = min((distinct[int(n)] for n in few), key=lambda which: columns.quotient(which)[0])
            left = min(rounding / self.value, 1e-9) if len(few) == len(near) else rounding / self.value
            self.gap = Fraction(max(1e-12, left))
            self.pair, self.shown = _bracket(columns, worst, pairs[boxes.index(worst)], self.gap)


def _bracket(
    columns: Columns, which: Box, pair: tuple[Support, Support], gap: Fraction
) -> tuple[list[Fraction], dict[str, Any]]:
    """The pair [lo, hi] with a gap below the value at one box, and what shows the upper end."""
    quotient, vector = columns.quotient(which)
    return [sqrt_below(quotient * (1 - min(gap, Fraction(99, 100)))), sqrt_above(quotient)], {
        "pair": _plain(pair),
        "vector": vector,
    }


# -- by trees -------------------------------------------------------------------------------------------


def _by_trees(columns: Columns, atoms: Atoms, group: list[Symmetry], budget: Budget) -> Iterator[Claim]:
    """The first bracket that a tree gives and the best one that the checker's work and the time allow."""
    quarter = time.monotonic() + min(30.0, budget.left / 4)
    rng = np.random.default_rng(budget.seed)
    first = swaps(columns, atoms, rng, lambda: 0.0)
    if first[0] < np.inf:
        yield _looked_at(columns, atoms.pair(first[1]))
    best = min(first, swaps(columns, atoms, rng, lambda: quarter - time.monotonic()), key=lambda found: found[0])
    union: tuple[Support, Support] | None = None
    kept: _Kept | None = None
    told = 0.0
    for gap in GAPS:
        reserve = kept.steps * SECONDS if kept else 0.0
        try:
            found, best = _settled(columns, atoms, group, best, union, gap, LAST - told, budget, reserve)
        except TooMany:
            break
        if not told and found.steps <= FIRST:
            yield found.claim
            told = found.steps
        else:
            kept = found
        if union is None:
            _, union = union_swaps(columns, atoms, rng, lambda: quarter - time.monotonic())
    if kept:
        yield kept.claim


class _Kept(NamedTuple):
    """A claim that has not been told yet, and the steps that the checker will count for it."""

    claim: Claim
    steps: float


def _settled(
    columns: Columns,
    atoms: Atoms,
    group: list[Symmetry],
    best: tuple[float, Any],
    union: tuple[Support, Support] | None,
    gap: Fraction,
    most: float,
    budget: Budget,
    reserve: float,
) -> tuple[_Kept, tuple[float, Any]]:
    """A tree whose bound is `gap` below the best box known; better boxes are taken over.

    `reserve` are the seconds that the checker needs for the claim that is kept meanwhile.
    """
    while True:
        value, chosen = best
        wide, bits = resolved(columns, value, gap)
        tree = Tree(columns, atoms, bits, most, lambda: budget.left - reserve, group)
        which = tuple(np.flatnonzero(tree.box(chosen)).tolist())
        pair, shown = _bracket(columns, which, atoms.pair(chosen), wide)
        try:
            codes = tree.build(float(pair[0]) ** 2)
        except Better as better:
            best = better.value, better.chosen
            continue
        if tree.steps * SECONDS > budget.left:
            raise TooMany
        beside = _Beside(columns, atoms, tree, [union, atoms.pair(chosen)])
        tree.steps += beside.steps
        if tree.steps > most:
            raise TooMany
        return _Kept(_claim(columns, tree, codes, pair, shown, beside, gap), tree.steps), best


class _Beside:
    """What is said of unions and of gamma beside a tree: all pairs of the boxes with a kernel, one by one.

    Elsewhere a union lies in a box without a kernel, so that the tree's bound holds there; from above there is the pair
    that was found by search.  Where the pairs are too many nothing is said.
    """

    def __init__(self, columns: Columns, atoms: Atoms, tree: Tree, found: list[tuple[Support, Support] | None]) -> None:
        pairs = [(which, pair) for which, chosen in tree.singular() for pair in atoms.splits(chosen, MAX_SPLITS)]
        self.known = len(pairs) < MAX_SPLITS
        self.steps = 0
        self.kernels: dict[Box, list[list[int]]] = {}
        self.stretches: list[Fraction | None] = []
        self.value, self.pair = min(
            ((columns.least([columns.union(*pair)])[0], pair) for pair in found if pair), key=lambda pair: pair[0]
        )
        self.known &= bool(self.value < np.inf)
        if not self.known:
            return
        singular = {(which, columns.union(*pair)): pair for which, pair in pairs}
        values = columns.least([inner for _, inner in singular])
        for value, ((which, inner), pair) in zip(values.tolist(), singular.items(), strict=True):
            self.steps += len(inner) ** 3 // 6 + 2_000
            if kernel := columns.kernel(inner):
                self.kernels[inner] = kernel
            self.stretches.append(columns.stretch(which, inner))
            if value < self.value:
                self.value, self.pair = value, pair

    def evidence(self, columns: Columns, low: Fraction, gap: Fraction) -> dict[str, Any]:
        """The keys of a claim whose tree has the lower end `low`."""
        if not self.known:
            return {"lower_rip_union": None, "gamma": None}
        (least, high), shown = _bracket(columns, columns.union(*self.pair), self.pair, gap)
        finite = [x for x in self.stretches if x is not None]
        return {
            "lower_rip_union": [min(low, least), high],
            "worst_union": shown,
            "gamma": max(finite) if finite and len(finite) == len(self.stretches) else None,
        }


def _claim(
    columns: Columns,
    tree: Tree,
    codes: list[int],
    pair: list[Fraction],
    shown: dict[str, Any],
    beside: _Beside,
    gap: Fraction,
) -> Claim:
    wide, bits = resolved(columns, beside.value, gap) if beside.known else (gap, 0)
    kernels = [{"columns": list(which), "vectors": v} for which, v in {**tree.kernels, **beside.kernels}.items()]
    evidence = {
        # kernels are moved far away, so that entries are longer
        "bits": min(256, max(tree.bits, bits) + 16) if kernels else tree.bits,
        "rows": columns.rows,
        "tree": codes,
        "kernels": kernels,
        "lower_rip": pair,
        "worst": shown,
        **beside.evidence(columns, pair[0], wide),
        **_generators(tree.group),
    }
    return Claim("support-tree", evidence)


def _generators(group: Sequence[Symmetry]) -> dict[str, Any]:
    return {"generators": [g.to_json() for g in group]} if group else {}


METHOD = Method(
    name="boxes of two supports",
    theorem="interlacing: a box has its least singular value above that of any larger box (theory: section 4)",
    closes=PATHS,
    cost=24,
    accepts=accepts,
    search=search,
)
