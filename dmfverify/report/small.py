"""Small exact products for the proof section: what a reader multiplies out by hand."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from fractions import Fraction

from ..problem.forms import Form, Known, Statement, Taps, Triple

Sparse = dict[tuple[int, int], Fraction]


class TooBig(Exception):
    """Too long for a page."""


CELLS = 400
TERMS = 20_000


def choices(statement: Statement, most: int) -> list[tuple[tuple[int, ...], int, tuple[int, ...]]]:
    """(tap indices, input node, shift) of every choice of one tap on each edge of a path, stride 1."""
    layers = [form for form in statement.forms if isinstance(form, Taps)]
    if len(layers) != len(statement.forms) or any(form.stride > 1 for form in layers):
        raise TooBig
    grid = layers[0].grid
    zero = (0,) * len(grid)
    found: list[tuple[tuple[int, ...], int, tuple[int, ...]]] = [((), -1, zero)]
    for form in layers:
        steps = [((i,), t) for i, t in enumerate(form.taps)] + [((), f[:3]) for f in form.fixed if f[3]]
        found = [
            (chosen + index, source, _sum(shift, step, form))
            for chosen, node, shift in found
            for index, (to, source, step) in steps
            if node in (-1, to)
        ]
        if len(found) > most:
            raise TooBig
    return found


def _sum(a: Sequence[int], b: Sequence[int], form: Taps) -> tuple[int, ...]:
    total = [x + y for x, y in zip(a, b, strict=True)]
    if form.boundary == "circular":
        total = [x % n for x, n in zip(total, form.grid, strict=True)]
    return tuple(total)


def product(statement: Statement, h: Sequence[Sequence[Fraction]]) -> list[list[Fraction]]:
    """The product at h, data included, as a dense matrix of at most `CELLS` entries."""
    rows, cols = statement.product_shape
    if rows * cols > CELLS:
        raise TooBig
    values = iter(h)
    total: Sparse | None = None
    for form in statement.forms:
        total = _times(total, _at(form, next(values) if form.parameters else ()))
    if statement.data is not None:
        total = _times(total, _entries(statement.data.known()))
    entries = total or {}
    return [[entries.get((r, c), Fraction(0)) for c in range(cols)] for r in range(rows)]


def _at(form: Form, h: Sequence[Fraction]) -> Sparse:
    """M(h), with what is known."""
    found: Sparse = {}
    terms = [] if isinstance(form, Known) else [(x, entry) for i, x in enumerate(h) if x for entry in form.basis(i)]
    known = form.known() if isinstance(form, (Known, Taps)) else []
    for x, (r, c, value) in [*terms, *((Fraction(1), entry) for entry in known)]:
        found[r, c] = found.get((r, c), Fraction(0)) + x * value
    return found


def _entries(triples: Sequence[Triple]) -> Sparse:
    return {(r, c): value for r, c, value in triples}


def _times(left: Sparse | None, right: Sparse) -> Sparse:
    if left is None:
        return right
    if len(left) * len(right) > TERMS**2:
        raise TooBig
    by_row: dict[int, list[tuple[int, Fraction]]] = {}
    for (r, c), value in right.items():
        by_row.setdefault(r, []).append((c, value))
    out: Sparse = {}
    work = 0
    for (r, k), x in left.items():
        for c, y in by_row.get(k, ()):
            out[r, c] = out.get((r, c), Fraction(0)) + x * y
            work += 1
            if work > TERMS:
                raise TooBig
    return out


def coordinates(statement: Statement, most: int) -> list[tuple[int, ...]]:
    """The alive multi-indices, when there are at most `most`."""
    if math.prod(statement.sizes) > 4_096:
        raise TooBig
    found = [i for i in itertools.product(*map(range, statement.sizes)) if _alive(statement, i)]
    if not 0 < len(found) <= most:
        raise TooBig
    return found


def _alive(statement: Statement, index: Sequence[int]) -> bool:
    if statement.equivalence == "scale":
        return True
    if len(statement.factors) != len(statement.forms):
        raise TooBig
    if statement.equivalence == "neuron-scale":
        at = [f.entries[i] for f, i in zip(statement.factors, index, strict=True)]  # type: ignore[union-attr]
    else:
        at = [f.taps[i][:2] for f, i in zip(statement.factors, index, strict=True)]  # type: ignore[union-attr]
    return all(a[1] == b[0] for a, b in itertools.pairwise(at))


def lifting(statement: Statement, labels: Sequence[Sequence[int]]) -> dict[tuple[int, int], list[Fraction]]:
    """The rows of A that are not zero, by their position in the product; one column a multi-index."""
    rows: dict[tuple[int, int], list[Fraction]] = {}
    for a, index in enumerate(labels):
        ones = [[Fraction(int(i == j)) for i in range(n)] for j, n in zip(index, statement.sizes, strict=True)]
        for r, row in enumerate(product(statement, ones)):
            for c, value in enumerate(row):
                if value:
                    rows.setdefault((r, c), [Fraction(0)] * len(labels))[a] = value
    return dict(sorted(rows.items()))


def determinant(A: dict[tuple[int, int], list[Fraction]]) -> tuple[list[tuple[int, int]], Fraction]:
    """Positions of rows with a non-zero determinant, and that determinant."""
    n = len(next(iter(A.values())))
    chosen: list[tuple[int, int]] = []
    echelon: list[tuple[int, list[Fraction]]] = []
    for place, row in A.items():
        rest = list(row)
        for pivot, other in echelon:
            if rest[pivot]:
                factor = rest[pivot] / other[pivot]
                rest = [x - factor * y for x, y in zip(rest, other, strict=True)]
        lead = next((j for j, x in enumerate(rest) if x), None)
        if lead is not None:
            echelon.append((lead, rest))
            chosen.append(place)
    if len(chosen) < n:
        raise ValueError("the columns are dependent")
    order = [lead for lead, _ in echelon]
    sign = (-1) ** sum(a > b for a, b in itertools.combinations(order, 2))
    return chosen, sign * math.prod((row[lead] for lead, row in echelon), start=Fraction(1))
