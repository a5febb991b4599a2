"""Gauge symmetries: what may be moved between two neighbouring factors without changing the product.

Main statements
    Place a matrix G and its inverse between two factors, M_L(h) F_L G G^{-1} F_R M_R(h').  The matrices E with
    M_L(h) F_L E = M_L(U h) F_L and E F_R M_R(h') = -F_R M_R(V h') for linear U, V form an associative algebra with
    unit: if A_i E lies in the span W_L of the A_j = M_L(e_j) F_L for all i, so does (A_i E) E'.  The inverse of an
    invertible element is a polynomial in it, so *every invertible G of the algebra is a finite gauge*.
    Patterns: E_ab is allowed iff the column of neuron a in the left pattern lies inside the column of b, and the
    row of b in the right pattern inside the row of a; the algebra is spanned by the allowed E_ab.
    Layers of taps: the same with a shift d, T_u + d inside T_v; between nodes u != v such an E squares to zero.

Main definitions
    `Place`, `places`     where matrices can be placed
    `Algebra`, `algebra`  the units E, U, V at a place, and their names
    `algebras`            at all places
    `moved`               parameters after a finite gauge: the same product, another class
    `exchanges`           permutations of inner nodes that a pattern admits, with inputs and outputs kept

References
    theory.md, section 6; docs/certificate-format.md, `gauge`; L. Zheng, E. Riccietti, R. Gribonval,
    Identifiability in two-layer sparse matrix factorization (arXiv 2110.01235), for supports.
"""

from __future__ import annotations

import itertools
import math
import random
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import TYPE_CHECKING, Any

from ..problem.forms import Form, Pattern, Statement, Support, Taps, Triple, flat
from .graph import is_network, is_neural, layered

if TYPE_CHECKING:
    import flint

Shift = tuple[int, ...]
Parameters = list[list[Fraction]]

INNER = 20
"""Inner dimension of the linear algebra at most, where no combinatorial answer is known."""
EQUATIONS = 4_000_000
"""Entries of the equations of that linear algebra at most."""
STEPS = 3_000_000
"""Comparisons of taps at one place at most."""
MODULUS = 2**61 - 1
"""The prime modulo which equations for gauges are tried first."""
CELLS = 20_000
"""Cells of a signal at most, for a gauge of shifts to be written down."""


@dataclass(frozen=True)
class Place:
    """Between forms `at` and `at` + 1; `left` and `right` number the factors with parameters on both sides."""

    at: int
    left: int
    right: int
    size: int


@dataclass(frozen=True)
class Unit:
    """One element E of an algebra with its actions U, V on the parameters of both sides.

    `kind` says how a finite gauge is made of it: ``diagonal`` (E idempotent), ``nilpotent`` (E squared is
    zero), ``shift`` (E a permutation), ``linear`` (invert I + tE), ``kernel`` (E = 0: dependent basis matrices).
    """

    kind: str
    E: tuple[Triple, ...]
    U: tuple[Triple, ...]
    V: tuple[Triple, ...]


@dataclass(frozen=True)
class Algebra:
    """All that may be placed at `place`, on the parameters of `support`.

    Attributes
    ----------
    units
        A basis that contains a basis of what the equivalence divides out (for ``linear`` units: spans it).
    divided
        Dimension of what the equivalence divides out.
    name
        In words, "" when the equivalence divides everything out.
    missed
        Why the algebra may be larger than `units`; "" when it is not.
    """

    place: Place
    support: Support
    units: tuple[Unit, ...]
    divided: int
    name: str
    missed: str = ""

    @property
    def beyond(self) -> int:
        """Dimension of the gauges that the equivalence does not divide out."""
        return len(self.units) - self.divided


def places(statement: Statement) -> list[Place]:
    """All places with parameters on both sides."""
    with_parameters = [p for p, form in enumerate(statement.forms) if form.parameters]
    found = []
    for at in range(with_parameters[0], with_parameters[-1]):
        left = sum(p <= at for p in with_parameters) - 1
        found.append(Place(at, left, left + 1, statement.forms[at].shape[1]))
    return found


def algebras(statement: Statement, support: Support | None = None) -> list[Algebra]:
    """The gauges at every place; `support` is everything by default.

    Examples
    --------
    >>> from dmfverify.problem.forms import Pattern, Statement
    >>> full = Pattern((2, 2), ((0, 0), (0, 1), (1, 0), (1, 1)))
    >>> [a.name for a in algebras(Statement("scale", (full, full)))]
    ['GL(2) on neurons 0, 1 between factors 0 and 1']
    """
    support = support or tuple(tuple(range(s)) for s in statement.sizes)
    return [algebra(statement, place, support) for place in places(statement)]


def algebra(statement: Statement, place: Place, support: Support) -> Algebra:
    """The gauges at one place, combinatorially where both neighbours are patterns, or layers of taps."""
    left, right = statement.forms[place.at], statement.forms[place.at + 1]
    if isinstance(left, Pattern) and isinstance(right, Pattern):
        return _pattern_algebra(statement, place, support)
    if isinstance(left, Taps) and isinstance(right, Taps) and left.parameters and right.parameters:
        if not left.fixed and not right.fixed:
            return _taps_algebra(statement, place, support)
    return _linear_algebra(statement, place, support)


# ------------------------------------------------------------------ patterns


def _pattern_algebra(statement: Statement, place: Place, support: Support) -> Algebra:
    left, right = statement.factors[place.left], statement.factors[place.right]
    assert isinstance(left, Pattern) and isinstance(right, Pattern)
    table_l = {left.entries[i]: i for i in support[place.left]}
    table_r = {right.entries[i]: i for i in support[place.right]}
    columns, rows = _sets(((c, r) for r, c in table_l)), _sets(table_r)
    pairs = sorted(_allowed(columns, rows, _sets(table_l), _sets((c, r) for r, c in table_r)))
    units = [_pattern_unit(a, b, columns, rows, table_l, table_r) for a, b in pairs]
    diagonal = sum(a == b for a, b in pairs)
    divided = diagonal if statement.equivalence == "neuron-scale" else 1
    name = _pattern_name(place, pairs, diagonal > divided)
    return Algebra(place, support, tuple(units), divided, name)


def _sets(pairs: Iterable[tuple[int, int]]) -> dict[int, set[int]]:
    table: dict[int, set[int]] = defaultdict(set)
    for a, b in pairs:
        table[a].add(b)
    return table


def _allowed(columns: dict, rows: dict, left_rows: dict, right_columns: dict) -> Iterator[tuple[int, int]]:
    """Pairs (a, b) whose E_ab acts: the column of a inside that of b, the row of b inside that of a."""
    for a, column in columns.items():
        for b in set.intersection(*(left_rows[r] for r in column)):
            if rows.get(b, set()) <= rows.get(a, set()):
                yield a, b
    for b, row in rows.items():
        for a in set.intersection(*(right_columns[c] for c in row)):
            if a not in columns:
                yield a, b


def _pattern_unit(a: int, b: int, columns: dict, rows: dict, left: dict, right: dict) -> Unit:
    one = Fraction(1)
    U = tuple((left[r, b], left[r, a], one) for r in sorted(columns.get(a, ())))
    V = tuple((right[a, c], right[b, c], -one) for c in sorted(rows.get(b, ())))
    return Unit("diagonal" if a == b else "nilpotent", ((a, b, one),), U, V)


def _pattern_name(place: Place, pairs: list[tuple[int, int]], rescaled: bool) -> str:
    """GL(q) for neurons with equal columns and rows, then what is left over."""
    import networkx as nx

    graph = nx.DiGraph(pairs)
    blocks = [sorted(c) for c in nx.strongly_connected_components(graph) if len(c) > 1]
    inside = sum(len(b) * (len(b) - 1) for b in blocks)
    rest = sum(a != b for a, b in pairs) - inside
    parts = [f"GL({len(b)}) on neurons {_some(b)}" for b in sorted(blocks)]
    if rest:
        example = next((a, b) for a, b in pairs if a != b and not any(a in c and b in c for c in blocks))
        parts.append(f"a triangular gauge of dimension {rest} (neuron {example[0]} may be added to {example[1]})")
    if rescaled and len(blocks) != 1 or rescaled and len(blocks[0]) < len(graph):
        parts.append(f"a diagonal rescaling of {len(graph)} neurons")
    return _between(" and ".join(parts), place)


def _some(numbers: Sequence[int]) -> str:
    return ", ".join(map(str, numbers[:6])) + (", ..." if len(numbers) > 6 else "")


def _between(what: str, place: Place) -> str:
    return f"{what} between factors {place.left} and {place.right}" if what else ""


# ------------------------------------------------------------------ layers of taps


def _taps_algebra(statement: Statement, place: Place, support: Support) -> Algebra:
    left, right = statement.factors[place.left], statement.factors[place.right]
    assert isinstance(left, Taps) and isinstance(right, Taps)
    table_l = {left.taps[i]: i for i in support[place.left]}
    table_r = {right.taps[i]: i for i in support[place.right]}
    reader = _Shifts(left, right, table_l, table_r)
    found = sorted(reader.allowed())
    missed = "too many taps to compare all shifts" if reader.steps > STEPS else ""
    if math.prod(left.grid) > CELLS:
        found, missed = [], f"a gauge on {math.prod(left.grid)} cells is not written down"
    units = tuple(reader.unit(u, v, d) for u, v, d in found)
    nodes = sum(u == v and not any(d) for u, v, d in found)
    divided = nodes if statement.equivalence == "path-scale" else min(1, nodes)
    return Algebra(place, support, units, divided, _taps_name(place, found, nodes > divided), missed)


class _Shifts:
    """Triples (u, v, d): the taps into node u, moved by d, are allowed taps into v; those out of v, moved, out of u."""

    def __init__(self, left: Taps, right: Taps, table_l: dict, table_r: dict) -> None:
        self.left, self.right, self.table_l, self.table_r = left, right, table_l, table_r
        self.columns: dict[int, list] = defaultdict(list)
        self.rows: dict[int, list] = defaultdict(list)
        for to, source, shift in sorted(table_l, key=lambda t: t[2]):
            self.columns[source].append((to, shift))
        for to, source, shift in sorted(table_r, key=lambda t: t[2]):
            self.rows[to].append((source, shift))
        divides = all(n % right.stride == 0 for n in right.grid)
        self.moves = left.boundary == right.boundary == "circular" and divides
        self.steps = 0

    def add(self, shift: Shift, d: Shift, grid: Shift, factor: int = 1) -> Shift:
        """shift + factor * d, modulo the grid where shifts wrap."""
        moved = (s + factor * x for s, x in zip(shift, d, strict=True))
        return tuple(m % n for m, n in zip(moved, grid, strict=True)) if self.moves else tuple(moved)

    def allowed(self) -> Iterator[tuple[int, int, Shift]]:
        """All triples, or those with d = 0 and u = v when there is too much to compare."""
        zero = (0,) * len(self.left.grid)
        for u in sorted(set(self.columns) & set(self.rows)):
            yield u, u, zero
            for v, d in self._candidates(u, zero):
                if (v, d) != (u, zero) and self._fits(u, v, d):
                    yield u, v, d

    def _candidates(self, u: int, zero: Shift) -> list[tuple[int, Shift]]:
        """By the first tap into u; the last one, next to be looked at, removes most of them."""
        to, first = self.columns[u][0]
        back = tuple(-s for s in first)
        here = [(v, s) for v, taps in self.columns.items() if v in self.rows for t, s in taps if t == to]
        self.steps += len(here)
        if self.moves:
            return [(v, self.add(s, back, self.left.grid)) for v, s in here]
        return [(v, zero) for v, s in here if s == first]

    def _fits(self, u: int, v: int, d: Shift) -> bool:
        for to, shift in _ends_first(self.columns[u]):
            self.steps += 1
            if self.steps > STEPS or (to, v, self.add(shift, d, self.left.grid)) not in self.table_l:
                return False
        for source, shift in _ends_first(self.rows[v]):
            self.steps += 1
            if self.steps > STEPS or (u, source, self._onward(shift, d)) not in self.table_r:
                return False
        return True

    def _onward(self, shift: Shift, d: Shift) -> Shift:
        return self.add(shift, d, self.right.grid, self.right.stride)

    def unit(self, u: int, v: int, d: Shift) -> Unit:
        """E is the shift by d in block (u, v)."""
        one, grid = Fraction(1), self.left.grid
        size = math.prod(grid)
        cells = itertools.product(*map(range, grid))
        E = tuple(
            (u * size + flat([(c + x) % n for c, x, n in zip(cell, d, grid, strict=True)], grid), v * size + i, one)
            for i, cell in enumerate(cells)
        )
        U = tuple((self.table_l[to, v, self.add(s, d, grid)], self.table_l[to, u, s], one) for to, s in self.columns[u])
        V = tuple(
            (self.table_r[u, source, self._onward(s, d)], self.table_r[v, source, s], -one)
            for source, s in self.rows[v]
        )
        kind = "nilpotent" if u != v else "shift" if any(d) else "diagonal"
        return Unit(kind, E, U, V)


def _ends_first(taps: list) -> Iterator[Any]:
    return itertools.chain(taps[-1:], itertools.islice(taps, len(taps) - 1))


def _taps_name(place: Place, found: list[tuple[int, int, Shift]], rescaled: bool) -> str:
    parts = []
    mixed = [(u, v, d) for u, v, d in found if u != v]
    periods = [(u, d) for u, v, d in found if u == v and any(d)]
    if mixed:
        u, v, d = mixed[0]
        by = f", moved by {_one(d)}," if any(d) else ""
        parts.append(f"a mixing of nodes of dimension {len(mixed)} (node {u}{by} may be added to {v})")
    if periods:
        parts.append(f"shifts by a period of the taps (node {periods[0][0]} by {_one(periods[0][1])})")
    if rescaled:
        parts.append("a rescaling of each node")
    return _between(" and ".join(parts), place)


def _one(d: Shift) -> str:
    return str(d[0]) if len(d) == 1 else str(d)


# ------------------------------------------------------------------ any other factors


@dataclass(frozen=True)
class _Side:
    """Vectors vec(A_i) over the parameters `numbers`, and how to write a vector of their span in them."""

    numbers: tuple[int, ...]
    vectors: flint.fmpq_mat
    shape: tuple[int, int]

    @cached_property
    def pivots(self) -> tuple[list[int], list[int], Any]:
        """Independent vectors, positions where they are independent, and the inverse of that block."""
        own = _pivot_columns(self.vectors.transpose())
        kept = _rows(self.vectors, own)
        positions = _pivot_columns(kept)
        return own, positions, _columns(kept, positions).transpose().inv()

    def coefficients(self, vector: list[Any]) -> dict[int, Any] | None:
        """Parameter number -> coefficient, or None when the vector is not in the span."""
        import flint

        own, positions, inverse = self.pivots
        x = inverse * flint.fmpq_mat(len(positions), 1, [vector[p] for p in positions])
        back = x.transpose() * _rows(self.vectors, own)
        if any(back[0, p] != vector[p] for p in range(len(vector))):
            return None
        return {self.numbers[i]: x[n, 0] for n, i in enumerate(own) if x[n, 0] != 0}


def _pivot_columns(matrix: Any) -> list[int]:
    reduced, rank = matrix.rref()
    columns, c = [], 0
    for r in range(rank):
        while reduced[r, c] == 0:
            c += 1
        columns.append(c)
    return columns


def _rows(matrix: Any, chosen: list[int]) -> Any:
    import flint

    n = matrix.ncols()
    return flint.fmpq_mat(len(chosen), n, [matrix[i, j] for i in chosen for j in range(n)])


def _columns(matrix: Any, chosen: list[int]) -> Any:
    import flint

    m = matrix.nrows()
    return flint.fmpq_mat(m, len(chosen), [matrix[i, j] for i in range(m) for j in chosen])


def _linear_algebra(statement: Statement, place: Place, support: Support) -> Algebra:
    """Solve the linear equations for E exactly, where they are few; otherwise only the scale is known."""
    left, right = _sides(statement, place, support)
    if left is None or right is None:
        return Algebra(place, support, (), 0, "", f"the inner dimension {place.size} is too large to solve for gauges")
    scalar = _only_scalars(left, right, place.size)
    matrices = [_identity(place.size)] if scalar else _solutions(left, right, place.size)
    if matrices is None:
        return Algebra(place, support, (), 0, "", "the equations for gauges are too many")
    units = [u for E in matrices if (u := _linear_unit(E, left, right, place.size)) is not None]
    known = any(u.U or u.V for u in units)
    name = _linear_name(place, matrices)
    return Algebra(place, support, (*units, *_kernel_units(left, right)), int(known), name)


def _sides(statement: Statement, place: Place, support: Support) -> tuple[_Side | None, _Side | None]:
    """A_i = M_L(e_i) F_L, and the transposes of B_j = F_R M_R(e_j): both with the place's dimension last."""
    if place.size > INNER:
        return None, None
    forms = statement.forms
    owners = [p for p, form in enumerate(forms) if form.parameters]
    p, q = owners[place.left], owners[place.right]
    before, after = forms[p + 1 : place.at + 1], forms[place.at + 1 : q]
    lefts = [_times(forms[p].basis(i), before) for i in support[place.left]]  # type: ignore[union-attr]
    rights = [_times(_flip(forms[q].basis(j)), after[::-1], flipped=True) for j in support[place.right]]  # type: ignore[union-attr]
    return (
        _side(support[place.left], lefts, forms[p].shape[0], place.size),
        _side(support[place.right], rights, forms[q].shape[1], place.size),
    )


def _flip(entries: Iterable[Triple]) -> list[Triple]:
    return [(c, r, v) for r, c, v in entries]


def _times(entries: list[Triple], known: Sequence[Form], flipped: bool = False) -> dict[tuple[int, int], Fraction]:
    """The product of a sparse matrix with known ones, each transposed first if `flipped`."""
    total: dict[tuple[int, int], Fraction] = defaultdict(Fraction)
    for r, c, v in entries:
        total[r, c] += v
    for form in known:
        rows = defaultdict(list)
        matrix = form.known()  # type: ignore[union-attr]
        for r, c, v in _flip(matrix) if flipped else matrix:
            rows[r].append((c, v))
        before, total = total, defaultdict(Fraction)
        for (r, c), x in before.items():
            for c2, v in rows[c]:
                total[r, c2] += x * v
    return total


def _side(numbers: tuple[int, ...], matrices: list[dict], rows: int, size: int) -> _Side | None:
    """Rows that are zero in all matrices are left out."""
    import flint

    used = sorted({r for matrix in matrices for (r, _), v in matrix.items() if v})
    if len(used) * size * len(matrices) > EQUATIONS or not used:
        return None
    place = {r: i for i, r in enumerate(used)}
    vectors = flint.fmpq_mat(len(matrices), len(used) * size)
    for n, matrix in enumerate(matrices):
        for (r, c), v in matrix.items():
            if v:
                vectors[n, place[r] * size + c] = flint.fmpq(v.numerator, v.denominator)
    return _Side(numbers, vectors, (len(used), size))


def _identity(size: int) -> Any:
    import flint

    return flint.fmpq_mat(size, size, [int(i == j) for i in range(size) for j in range(size)])


def _only_scalars(left: _Side, right: _Side, size: int) -> bool:
    """Whether some of the equations for E leave the scalars only modulo a prime: then all of them do over Q.

    Each equation is <y, A_i E> = 0 with a random y of the annihilator; twice as many as unknowns are drawn.
    """
    import flint

    rng, rows = random.Random(0), []
    for side, transposed in ((left, False), (right, True)):
        drawn = _drawn(side, rng, 1 + size * size // side.vectors.nrows())
        if drawn is None:
            return False
        for A, Y in drawn:
            equation = A.transpose() * Y
            rows.append((equation.transpose() if transposed else equation).entries())
    equations = flint.nmod_mat(len(rows), size * size, [x for row in rows for x in row], MODULUS)
    return bool(equations.rank() == size * size - 1)


def _drawn(side: _Side, rng: random.Random, count: int) -> list[tuple[Any, Any]] | None:
    """Pairs of a basis matrix and a random member of the annihilator of all; None when a prime loses rank."""
    import flint

    (m, q), integers = side.shape, side.vectors.numer_denom()[0]
    n = integers.nrows()
    vectors = flint.nmod_mat(n, m * q, [int(x) % MODULUS for x in integers.entries()], MODULUS)
    reduced, rank = vectors.rref()
    if rank < n:
        return None
    matrices = [flint.nmod_mat(m, q, [vectors[i, k] for k in range(m * q)], MODULUS) for i in range(n)]
    return [(A, Y) for Y in _annihilating(reduced, side.shape, rng, count) for A in matrices]


def _annihilating(reduced: Any, shape: tuple[int, int], rng: random.Random, count: int) -> Iterator[Any]:
    """Random matrices orthogonal to the rows of a reduced echelon form, modulo the prime."""
    import flint

    (m, q), n = shape, reduced.nrows()
    pivots = [next(k for k in range(m * q) if reduced[i, k] != 0) for i in range(n)]
    for _ in range(count if m * q > n else 0):
        y = [rng.randrange(MODULUS) for _ in range(m * q)]
        for k in pivots:
            y[k] = 0
        dots = (reduced * flint.nmod_mat(m * q, 1, y, MODULUS)).entries()
        for k, x in zip(pivots, dots, strict=True):
            y[k] = -int(x) % MODULUS
        yield flint.nmod_mat(m, q, y, MODULUS)


def _solutions(left: _Side, right: _Side, size: int) -> list[Any] | None:
    """A basis of the E with A_i E in W_L and B_j^T E^T in W_R, in reduced form; None when that is too much."""
    import flint

    work = sum(s.vectors.nrows() * s.vectors.ncols() * size * size for s in (left, right))
    if work > EQUATIONS * 10:
        return None
    equations = flint.fmpz_mat(0, size * size)
    blocks = [_equations(left, size, False), _equations(right, size, True)]
    entries = [x for block in blocks for x in block]
    equations = flint.fmpz_mat(len(entries) // (size * size), size * size, entries)
    if equations.nrows() == 0:
        null = flint.fmpz_mat(size * size, size * size, [int(i == j) for i in range(size**2) for j in range(size**2)])
        nullity = size * size
    else:
        null, nullity = equations.nullspace()
    basis = flint.fmpq_mat(nullity, size * size, [null[i, j] for j in range(nullity) for i in range(size * size)])
    reduced, _ = basis.rref()
    return [flint.fmpq_mat(size, size, [reduced[n, k] for k in range(size * size)]) for n in range(nullity)]


def _equations(side: _Side, size: int, transposed: bool) -> list[int]:
    """Entries of the equations <y, A_i E> = 0, y in the annihilator of the span, one row of size^2 each."""
    import flint

    m, q = side.shape
    integers, _ = side.vectors.numer_denom()
    annihilator, count = integers.nullspace()
    found: list[int] = []
    for i in range(integers.nrows()):
        A = flint.fmpz_mat(m, q, [integers[i, k] for k in range(m * q)]).transpose()
        for n in range(count):
            Y = flint.fmpz_mat(m, q, [annihilator[k, n] for k in range(m * q)])
            coefficients = A * Y
            if transposed:
                coefficients = coefficients.transpose()
            found.extend(int(x) for x in coefficients.entries())
    return _without_repetition(found, size * size)


def _without_repetition(entries: list[int], width: int) -> list[int]:
    rows = {tuple(entries[k : k + width]) for k in range(0, len(entries), width)}
    return [x for row in sorted(rows) if any(row) for x in row]


def _linear_unit(E: Any, left: _Side, right: _Side, size: int) -> Unit | None:
    U = _action(E, left, Fraction(1))
    V = _action(E.transpose(), right, Fraction(-1))
    if U is None or V is None:
        return None
    entries = tuple((r, c, _fraction(E[r, c])) for r in range(size) for c in range(size) if E[r, c] != 0)
    return Unit("linear", entries, U, V)


def _action(E: Any, side: _Side, sign: Fraction) -> tuple[Triple, ...] | None:
    """The map on parameters: column i holds the coefficients of A_i E."""
    found: list[Triple] = []
    for n, i in enumerate(side.numbers):
        coefficients = side.coefficients(_vector_times(side, n, E))
        if coefficients is None:
            return None
        found.extend((j, i, sign * _fraction(x)) for j, x in sorted(coefficients.items()))
    return tuple(found)


def _vector_times(side: _Side, n: int, E: Any) -> list[Any]:
    import flint

    m, q = side.shape
    return (flint.fmpq_mat(m, q, [side.vectors[n, k] for k in range(m * q)]) * E).entries()


def _fraction(x: Any) -> Fraction:
    return Fraction(int(x.p), int(x.q))


def _kernel_units(left: _Side, right: _Side) -> Iterator[Unit]:
    """E = 0: a combination of basis matrices that vanishes may be added to the parameters."""
    for side, sign in ((left, 0), (right, 1)):
        null, nullity = side.vectors.transpose().numer_denom()[0].nullspace()
        for n in range(nullity):
            first = side.numbers[0]
            move = tuple((i, first, Fraction(int(null[k, n]))) for k, i in enumerate(side.numbers) if null[k, n] != 0)
            yield Unit("kernel", (), move if sign == 0 else (), move if sign else ())


def _linear_name(place: Place, matrices: list[Any]) -> str:
    q, d = place.size, len(matrices)
    if d <= 1:
        return ""
    if d == q * q:
        return _between(f"GL({q}) of the inner dimension", place)
    if all(E[i, j] == 0 for E in matrices for i in range(q) for j in range(q) if i != j):
        return _between(f"a diagonal gauge of dimension {d}", place)
    return _between(f"a linear gauge of dimension {d}", place)


# ------------------------------------------------------------------ finite gauges


def moved(statement: Statement, found: Algebra, unit: Unit, h: Parameters, t: Fraction) -> Parameters | None:
    """h after the finite gauge of a unit, of size t: the same product; None when there is none at this t.

    Nilpotent E: I + tE and I - tE.  Idempotent: I + tE and I - t/(1+t) E.  Permutation: itself and its
    inverse.  Linear: I + tE, whose inverse lies in the algebra.  Kernel: h + t n.
    """
    place, g = found.place, [list(part) for part in h]
    if unit.kind == "linear":
        return _moved_linearly(statement, found, unit, g, t)
    if unit.kind == "shift":
        g[place.left] = _permuted(unit.U, h[place.left])
        g[place.right] = _undo(unit.V, h[place.right])
        return g
    back = t / (1 + t) if unit.kind == "diagonal" else t
    for k, move, size in ((place.left, unit.U, t), (place.right, unit.V, back)):
        if move:
            g[k] = [x + size * y for x, y in zip(h[k], _apply(move, h[k]), strict=True)]
    return g


def _apply(move: Iterable[Triple], h: Sequence[Fraction]) -> list[Fraction]:
    out = [Fraction(0)] * len(h)
    for i, j, v in move:
        out[i] += v * h[j]
    return out


def _permuted(move: Iterable[Triple], h: Sequence[Fraction]) -> list[Fraction]:
    """A map that permutes some coordinates; the others, those of other nodes, stay."""
    out = list(h)
    for i, j, _ in move:
        out[i] = h[j]
    return out


def _undo(move: Iterable[Triple], h: Sequence[Fraction]) -> list[Fraction]:
    """The inverse of minus a map that permutes some coordinates; the others stay."""
    out = list(h)
    for i, j, _ in move:
        out[j] = h[i]
    return out


def _moved_linearly(
    statement: Statement, found: Algebra, unit: Unit, g: Parameters, t: Fraction
) -> Parameters | None:  # fmt: skip
    import flint

    left, right = _sides(statement, found.place, found.support)
    assert left is not None and right is not None
    size = found.place.size
    G = flint.fmpq_mat(size, size)
    for i in range(size):
        G[i, i] = flint.fmpq(1)
    for r, c, v in unit.E:
        G[r, c] = G[r, c] + flint.fmpq(v.numerator, v.denominator) * flint.fmpq(t.numerator, t.denominator)
    if G.det() == 0:
        return None
    for k, side, matrix in ((found.place.left, left, G), (found.place.right, right, G.inv().transpose())):
        new = _moved_side(side, matrix, g[k])
        if new is None:
            return None
        g[k] = new
    return g


def _moved_side(side: _Side, matrix: Any, h: Sequence[Fraction]) -> list[Fraction] | None:
    """Parameters of (sum of h_i A_i) G."""
    import flint

    m, q = side.shape
    weights = flint.fmpq_mat(1, len(side.numbers), [flint.fmpq(h[i].numerator, h[i].denominator) for i in side.numbers])
    total = flint.fmpq_mat(m, q, (weights * side.vectors).entries()) * matrix
    coefficients = side.coefficients(total.entries())
    if coefficients is None:
        return None
    out = [Fraction(0)] * len(h)
    for i, x in coefficients.items():
        out[i] = _fraction(x)
    return out


# ------------------------------------------------------------------ exchanges of nodes


def exchanges(statement: Statement, limit: int = 3) -> list[dict[tuple[int, int], tuple[int, int]]]:
    """Permutations of inner nodes that keep every edge (with its taps), inputs and outputs fixed: moved nodes only.

    Found by refining colours; each is verified, at most `limit` are returned, and the list may be incomplete.
    Nodes are (place, label) as in `picture`.

    Examples
    --------
    >>> from dmfverify.problem.forms import Pattern, Statement
    >>> twins = Statement("neuron-scale", (Pattern((1, 2), ((0, 0), (0, 1))), Pattern((2, 1), ((0, 0), (1, 0)))))
    >>> exchanges(twins)
    [{(1, 0): (1, 1), (1, 1): (1, 0)}]
    """
    if not (is_network(statement) or is_neural(statement)) or any(not f.parameters for f in statement.forms):
        return []
    edges = _labelled_edges(statement)
    nodes = sorted({node for a, b, _ in edges for node in (a, b)})
    ends = {node for node in nodes if node[0] in (0, len(statement.forms))}
    start = {node: (node if node in ends else (node[0], -1)) for node in nodes}
    colours = _refine(start, edges)
    found: list[dict] = []
    for block in _blocks(colours):
        for other in block[1:]:
            if len(found) < limit and (p := _permutation(colours, edges, block[0], other)):
                moves = {a: b for a, b in p.items() if a != b}
                found += [moves] if moves not in found else []
    return found


def _labelled_edges(statement: Statement) -> list[tuple[tuple[int, int], tuple[int, int], Any]]:
    graph = layered(statement)
    found = []
    for k, table in enumerate(graph.edges):
        for (a, b), numbers in table.items():
            form = statement.factors[k]
            label = tuple(sorted(form.taps[i][2] for i in numbers.tolist())) if isinstance(form, Taps) else ()
            found.append(((k, a), (k + 1, b), label))
    return found


def _refine(colours: dict, edges: list) -> dict:
    """Colour refinement: until the multiset of (label, neighbour's colour) splits no class."""
    ranks = {c: i for i, c in enumerate(sorted(set(colours.values()), key=repr))}
    now = {node: ranks[c] for node, c in colours.items()}
    while True:
        seen: dict[Any, list] = {node: [] for node in now}
        for a, b, label in edges:
            seen[a].append((0, label, now[b]))
            seen[b].append((1, label, now[a]))
        signatures = {node: (now[node], tuple(sorted(s))) for node, s in seen.items()}
        ranks = {c: i for i, c in enumerate(sorted(set(signatures.values())))}
        new = {node: ranks[signatures[node]] for node in now}
        if len(ranks) == len(set(now.values())):
            return new
        now = new


def _blocks(colours: dict) -> list[list]:
    table = defaultdict(list)
    for node, c in sorted(colours.items()):
        table[c].append(node)
    return [block for block in table.values() if len(block) > 1]


def _permutation(colours: dict, edges: list, one: Any, two: Any) -> dict | None:
    """An automorphism that takes `one` to `two`, by singling both out until all colours differ."""
    a, b = dict(colours), dict(colours)
    while True:
        a = _refine({n: (c, n == one) for n, c in a.items()}, edges)
        b = _refine({n: (c, n == two) for n, c in b.items()}, edges)
        if sorted(a.values()) != sorted(b.values()):
            return None
        blocks = _blocks(a)
        if not blocks:
            break
        one = blocks[0][0]
        same = [n for n, c in b.items() if c == a[one]]
        two = one if one in same else min(same)
    by_colour = {c: n for n, c in b.items()}
    mapping = {n: by_colour[c] for n, c in a.items()}
    kept = {(mapping[x], mapping[y], label) for x, y, label in edges} == set(edges)
    return mapping if kept else None
