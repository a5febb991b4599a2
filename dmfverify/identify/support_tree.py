"""Families of supports: the least singular value over all boxes of two supports, exactly, by branch and bound.

Theorem.  A_{S u S'} on the box of the unions has its least singular value, zeros counted, above that of any larger
box.  If all boxes are injective, the sparse deep null space property holds with (1, inf), all unions of two boxes are
injective and the family is identifiable.  Boxes with a kernel are looked at one by one: their least non-zero singular
value, the union of the two boxes of each of their pairs, and how short the kernel is there.
[Malgouyres 2020, section 4; theory: section 4; docs/theory/sparse.md]

Families of a few hundred supports are taken box by box, larger ones by a tree.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations_with_replacement
from typing import Any

import numpy as np

from ..certificate import Claim, Nothing
from ..exact import sqrt_above, sqrt_below
from ..lifting import Lifting, TooLarge
from ..method import Budget, Method, Proved
from ..problem.forms import Support
from .support_boxes import Atoms, Box, Columns
from .support_search import Better, TooMany, Tree, resolved, swaps

MAX_SUPPORTS = 300
MAX_COLUMNS = 1_500
MAX_BOX = 256
"""Columns in a box of two supports."""
MAX_NEAR = 200
"""Boxes too near the least value to be told apart in double precision, of which the exact quotients are compared."""
MAX_CUBES = 4 * 10**9
"""Cubes of the box, summed over the pairs of a listed family: what elimination costs."""
GAPS = (Fraction(9, 10), Fraction(1, 2), Fraction(1, 11), Fraction(1, 50), Fraction(1, 10**12))
"""Shares of the least eigenvalue that may be left open, one after the other."""
FIRST, LAST = 10**9, 36 * 10**8
"""Steps of the checker for the first claim and for the last one: 0.1 microseconds each, or a little less."""
SECONDS = 1e-7
PATHS = ("sparse_dnsp.lower_rip", "sparse_dnsp.lower_rip_union", "sparse_dnsp.gamma")


def accepts(lifting: Lifting, proved: Proved) -> str:
    """A family of supports whose columns can be listed."""
    model = lifting.statement.model
    if model.kind == "free":
        return "the model is free"
    few = model.family_size(lifting.sizes) <= MAX_SUPPORTS
    if not few and (model.kind == "supports" or lifting.K == 1 and model.kind == "sparse"):
        return f"more than {MAX_SUPPORTS} supports, and not a product over several factors"
    if reason := _too_large(lifting, few):
        return reason
    try:
        columns = lifting.columns
    except TooLarge as error:
        return str(error)
    if columns.n > MAX_COLUMNS:
        return f"more than {MAX_COLUMNS} columns"
    return "" if columns.m else "the lifting is zero"


def _too_large(lifting: Lifting, few: bool) -> str:
    """Why the boxes are too large for this method, or nothing: bounds from the numbers of indices alone."""
    atoms = Atoms.of(lifting)
    if atoms is None:
        supports = lifting.statement.model.supports
        sizes = [[2 * len(part) for part in support] for support in supports]
    else:
        sizes = [[sum(sorted(map(len, a))[-n:]) for a, n in zip(atoms.atoms, atoms.most, strict=True)]]
    box = max(math.prod(map(min, row, lifting.sizes)) for row in sizes)
    if box > MAX_BOX:
        return f"boxes of two supports with up to {box} columns"
    pairs = math.comb(lifting.statement.model.family_size(lifting.sizes) + 1, 2) if few else 0
    return f"{pairs} pairs with up to {box} columns each" if pairs * box**3 > MAX_CUBES else ""


def search(lifting: Lifting, proved: Proved, budget: Budget) -> list[Claim] | Iterator[list[Claim]] | Nothing:
    """Claims with better and better lower ends."""
    columns = Columns(lifting)
    if lifting.statement.model.family_size(lifting.sizes) <= MAX_SUPPORTS:
        return _box_by_box(lifting, columns)
    atoms = Atoms.of(lifting)
    assert atoms is not None  # `accepts`
    return ([claim] for claim in _by_trees(columns, atoms, budget))


# -- box by box -----------------------------------------------------------------------------------------


def _box_by_box(lifting: Lifting, columns: Columns) -> list[Claim] | Nothing:
    supports = list(lifting.statement.model.maximal(lifting.sizes))
    pairs = list(combinations_with_replacement(supports, 2))
    boxes, unions = ([look(s, t) for s, t in pairs] for look in (columns.box, columns.union))
    if not any(map(len, boxes)):
        return Nothing("no coordinate lies in a box of two supports")
    lower = _End(columns, boxes, pairs)
    upper = _End(columns, unions, pairs)
    if lower.value == np.inf or upper.value == np.inf:
        return Nothing("all columns in the supports are zero")
    bits = max(resolved(columns, end.value, end.gap)[1] for end in (lower, upper)) + 16
    stretches = [columns.stretch(b, u) for b, u in set(zip(boxes, unions, strict=True)) if columns.kernel(b)]
    finite = [x for x in stretches if x is not None]
    evidence = {
        "bits": min(256, bits),
        "rows": columns.rows,
        "tree": None,
        "kernels": [
            {"columns": list(which), "vectors": columns.kernel(which)}
            for which in dict.fromkeys((*boxes, *unions))
            if columns.kernel(which)
        ],
        "lower_rip": lower.pair,
        "lower_rip_union": upper.pair,
        "gamma": max(finite) if finite and len(finite) == len(stretches) else None,
        "worst": lower.shown,
        "worst_union": upper.shown,
    }
    return [Claim("support-tree", evidence)]


class _End:
    """The least non-zero eigenvalue over some sets of columns, and the pair where it is."""

    def __init__(self, columns: Columns, boxes: list[Box], pairs: list[tuple[Support, Support]]) -> None:
        distinct = list(dict.fromkeys(boxes))
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
    return [sqrt_below(quotient * (1 - min(gap, Fraction(1, 2)))), sqrt_above(quotient)], {
        "pair": [[list(part) for part in s] for s in pair],
        "vector": vector,
    }


# -- by trees -------------------------------------------------------------------------------------------


def _by_trees(columns: Columns, atoms: Atoms, budget: Budget) -> Iterator[Claim]:
    """The first bracket that a tree gives and the best one that the checker's work and the time allow."""
    quarter = time.monotonic() + min(30.0, budget.left / 4)
    rng = np.random.default_rng(budget.seed)
    best = swaps(columns, atoms, rng, lambda: quarter - time.monotonic())
    claim, told = None, False
    for gap in GAPS:
        try:
            claim, best = _settled(columns, atoms, best, gap, LAST if told else FIRST, budget)
        except TooMany:
            if told:
                break
            continue
        if not told:
            yield claim
            claim, told = None, True
    if claim is not None:
        yield claim


def _settled(
    columns: Columns, atoms: Atoms, best: tuple[float, Any], gap: Fraction, most: float, budget: Budget
) -> tuple[Claim, tuple[float, Any]]:
    """A tree whose bound is `gap` below the best box known; better boxes are taken over."""
    while True:
        value, chosen = best
        wide, bits = resolved(columns, value, gap)
        tree = Tree(columns, atoms, bits, most, lambda: budget.left)
        which = tuple(np.flatnonzero(tree.box(chosen)).tolist())
        pair, shown = _bracket(columns, which, atoms.pair(chosen), wide)
        try:
            codes = tree.build(float(pair[0]) ** 2)
        except Better as better:
            best = better.value, better.chosen
            continue
        if tree.steps * SECONDS > budget.left:
            raise TooMany
        return _claim(columns, tree, codes, pair, shown), best


def _claim(columns: Columns, tree: Tree, codes: list[int], pair: list[Fraction], shown: dict[str, Any]) -> Claim:
    kernels = [{"columns": list(which), "vectors": vectors} for which, vectors in tree.kernels.items()]
    evidence = {
        "bits": tree.bits + (16 if kernels else 0),  # kernels are moved far away, so that entries are longer
        "rows": columns.rows,
        "tree": codes,
        "kernels": kernels,
        "lower_rip": pair,
        "lower_rip_union": None,
        "gamma": None,
        "worst": shown,
    }
    return Claim("support-tree", evidence)


METHOD = Method(
    name="boxes of two supports",
    theorem="interlacing: a box has its least singular value above that of any larger box (theory: section 4)",
    closes=PATHS,
    cost=24,
    accepts=accepts,
    search=search,
)
