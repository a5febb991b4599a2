"""Columns of the lifting that coincide: colliding shifts, zero columns, proportional columns.

Theorem (dichotomy, Malgouyres 2020, Proposition 2, with the union of boxes; theory.md, section 5).  If two alive
multi-indices of two supports reach the same shift of the same leaf, their one-hot networks have the same product.

Theorem (columns).  A column that vanishes: e_i and 2 e_i.  Two columns A_i = c A_j: e_i and c e_j.

Theorem (counts).  The columns of a network of shifts are equal up to sign or orthogonal: the non-zero singular values
are sqrt(n c), c the number of multi-indices that reach a shift s, n that of the input cells x with S | x + s, S the
product of all strides (all cells without strides).
"""

from __future__ import annotations

import dataclasses
import itertools
import math
from collections.abc import Iterator, Sequence
from fractions import Fraction
from typing import Any

from ..certificate import Claim, Nothing
from ..exact import sqrt_above, sqrt_below
from ..lifting import Lifting, TooLarge
from ..method import Budget, Method, Proved, closed
from ..problem.forms import Statement, Support, Taps
from ..structure import shifts
from ..structure.graph import Layered, layered
from ..structure.shifts import TooMany, column_value, family_collision, smallest_length_without_collision
from .witnesses import one_hot, witness

COLUMNS = 300_000
"""Columns that are compared at most."""
SUPPORTS = 50
"""Maximal supports in which a witness without zero kernels is looked for."""
DIFFERENCES = 400
"""Taps of an edge whose differences are listed at most."""
PARAMETERS = 2_000_000
"""Parameters of a witness at most."""
CHECKED_WORK = 10**9
"""Steps that the checker may need to count shifts."""
CHECKED_SLOTS = 20_000_000
"""Shifts that the checker counts one by one at most."""
LISTED = 200_000
"""Multi-indices below which the checker lists them instead (check/claims/convolution.py)."""

SMALL = 100
"""Taps of a network for which moving one of them is tried as a repair."""
MOVES = 300
"""Moves that are tried."""

MultiIndex = tuple[int, ...]


# ------------------------------------------------------------------ witnesses


def accepts(lifting: Lifting, proved: Proved) -> str:
    """An open verdict, and shifts or columns that can be compared."""
    if closed("identifiability.uniform.verdict", proved):
        return "the verdict is known"
    if sum(lifting.sizes) > PARAMETERS:
        return f"a witness would hold {sum(lifting.sizes)} parameters"
    if not shifts.refuses(lifting.statement):
        return ""
    if lifting.count > COLUMNS:
        return f"{lifting.count} columns are too many to compare"
    try:
        return "" if lifting.columns.n else "there is no column"
    except TooLarge as error:
        return str(error)


def search(lifting: Lifting, proved: Proved, budget: Budget) -> list[Claim] | Nothing:
    """One witness, without zero kernels where one is found."""
    try:
        plain = not shifts.refuses(lifting.statement)
        claim = _of_shifts(lifting) if plain else None
        if not plain or (claim is None and _may_vanish(lifting)):
            claim = _of_columns(lifting)
    except (TooLarge, TooMany) as error:
        return Nothing(error.reason)
    if claim is None:
        return Nothing("no two columns that the model allows are parallel, and none is zero")
    return [dataclasses.replace(claim, note=describe(lifting, claim))]


def _may_vanish(lifting: Lifting) -> bool:
    """Whether a stride may pass over every entry of a column, and the columns are few enough to look."""
    strided = any(isinstance(f, Taps) and f.stride > 1 for f in lifting.statement.forms)
    return strided and lifting.count <= COLUMNS


def _of_shifts(lifting: Lifting) -> Claim | None:
    """A delay of one node; two colliding multi-indices; or a multi-index that follows no path."""
    pair = family_collision(lifting.statement)
    if pair is None:
        return _dead(lifting)
    return (_delay(lifting) if _branches(lifting.statement) else None) or _one_hots(lifting, *pair)


def _one_hots(lifting: Lifting, i: MultiIndex, j: MultiIndex) -> Claim | None:
    ratio = column_value(lifting.statement, i) / column_value(lifting.statement, j)
    return witness(lifting, one_hot(lifting, i), one_hot(lifting, j, ratio))


def _branches(statement: Statement) -> bool:
    """Whether some layer has several edges, so that a one-hot network has zero kernels (strides are left out)."""
    layers = [f for f in statement.forms if isinstance(f, Taps)]
    return any(len({t[:2] for t in f.taps}) > 1 for f in layers) and all(f.stride == 1 for f in layers)


def _delay(lifting: Lifting) -> Claim | None:
    """Taps into one inner node moved by d, those out of it by -d: no kernel of the witness is zero."""
    for number, support in enumerate(lifting.statement.model.maximal(lifting.sizes)):
        if number >= SUPPORTS:
            return None
        graph = layered(lifting.statement, support)
        for k in range(graph.K - 1):
            for node in sorted({b for _, b in graph.alive_edges[k]}) if graph.joins[k] is None else ():
                for h, g in _delayed(lifting, graph, k, node):
                    if claim := witness(lifting, h, g):
                        return claim
    return None


def _delayed(lifting: Lifting, graph: Layered, k: int, node: int) -> Iterator[tuple[list, list]]:
    """Pairs of networks, one tap an edge, that differ by a delay of `node`."""
    edges = [(k, numbers, 1) for (_, b), numbers in graph.edges[k].items() if b == node]
    edges += [(k + 1, numbers, -1) for (a, _), numbers in graph.edges[k + 1].items() if a == node]
    if any(len(numbers) > DIFFERENCES for _, numbers, _ in edges):
        return
    tables = [_differences(lifting.statement.factors[factor], numbers, sign) for factor, numbers, sign in edges]  # type: ignore[arg-type]
    for d in sorted(set.intersection(*(set(t) for t in tables)))[:3]:
        h, g = _first_taps(lifting, graph), _first_taps(lifting, graph)
        for (factor, numbers, _), table in zip(edges, tables, strict=True):
            for side, chosen in zip((h, g), table[d], strict=True):
                for i in numbers.tolist():
                    side[factor][i] = Fraction(int(i == chosen))
        yield h, g


def _differences(form: Taps, numbers: Any, sign: int) -> dict[tuple[int, ...], tuple[int, int]]:
    """Non-zero differences of two taps of an edge, times `sign` -> the two taps."""
    table: dict[tuple[int, ...], tuple[int, int]] = {}
    for i in numbers.tolist():
        for j in numbers.tolist():
            d = tuple(sign * (b - a) for a, b in zip(form.taps[i][2], form.taps[j][2], strict=True))
            if form.boundary == "circular":
                d = tuple(x % n for x, n in zip(d, form.grid, strict=True))
            if any(d):
                table.setdefault(d, (i, j))
    return table


def _first_taps(lifting: Lifting, graph: Layered) -> list[list[Fraction]]:
    h = [[Fraction(0)] * n for n in lifting.sizes]
    for values, edges in zip(h, graph.edges, strict=True):
        for numbers in edges.values():
            values[int(numbers[0])] = Fraction(1)
    return h


def _dead(lifting: Lifting) -> Claim | None:
    """Under `scale`, a multi-index that follows no path has a zero column."""
    if lifting.statement.equivalence != "scale":
        return None
    for number, support in enumerate(lifting.statement.model.maximal(lifting.sizes)):
        if number >= SUPPORTS:
            return None
        if index := _dead_index(layered(lifting.statement, support), support):
            return witness(lifting, one_hot(lifting, index), one_hot(lifting, index, 2))
    return None


def _dead_index(graph: Layered, support: Support) -> MultiIndex | None:
    """Neighbours that do not meet, or a parameter on no path; the rest is arbitrary."""
    index = [part[0] for part in support]
    for k, alive in enumerate(graph.alive):
        if not alive.all():
            index[k] = int(graph.kept[k][int((~alive).argmax())])
            return tuple(index)
    for k in range(graph.K - 1):
        for (_, b), numbers in graph.edges[k].items():
            into = graph.follow(k, [b])
            for (a, _), others in graph.edges[k + 1].items():
                if a not in into:
                    index[k], index[k + 1] = int(numbers[0]), int(others[0])
                    return tuple(index)
    return None


def _of_columns(lifting: Lifting) -> Claim | None:
    """Zero and proportional columns among those that the model allows."""
    columns, seen = lifting.columns, dict[tuple, tuple[MultiIndex, int]]()
    allowed = _Allowed(lifting.statement)
    for place, index in enumerate(lifting.coordinates):
        if not allowed(index):
            continue
        key, size = _direction(columns[place])
        if not key:
            return witness(lifting, one_hot(lifting, index), one_hot(lifting, index, 2))
        if lifting.statement.model.nonnegative and size < 0:
            key, size = (*key, "negative"), size
        if key in seen:
            other, before = seen[key]
            if claim := witness(lifting, one_hot(lifting, other), one_hot(lifting, index, Fraction(before, size))):
                return claim
        seen.setdefault(key, (index, size))
    return None


def _direction(column: dict[int, int]) -> tuple[tuple, int]:
    """A column as a primitive vector with a positive first entry, and its multiple."""
    if not column:
        return (), 0
    items = sorted(column.items())
    size = math.gcd(*column.values()) * (1 if items[0][1] > 0 else -1)
    return tuple((r, v // size) for r, v in items), size


class _Allowed:
    """Whether one-hot parameters at a multi-index lie in the model."""

    def __init__(self, statement: Statement) -> None:
        model = statement.model
        self.boxes: list[list[set[int]]] = []
        if model.kind == "supports":
            self.boxes = [[set(part) for part in box] for box in model.supports]
        elif model.kind == "group-sparse":
            self.boxes = [[set().union(*groups) for groups in model.groups]]

    def __call__(self, index: Sequence[int]) -> bool:
        """For free and sparse models always."""
        return not self.boxes or any(all(i in s for i, s in zip(index, box, strict=True)) for box in self.boxes)


# ------------------------------------------------------------------ in words


def describe(lifting: Lifting, claim: Claim) -> str:
    """What a witness of this file shows: what collides, whether a kernel is zero, what would repair it."""
    h, g = claim.evidence["h"], claim.evidence["g"]
    plain = not shifts.refuses(lifting.statement)
    words = ["two networks of shifted deltas with the same response" if plain else "equal columns"]
    if plain:
        zero = _zero_kernels(lifting.statement, h) or _zero_kernels(lifting.statement, g)
        words.append("some kernel of the witness is zero" if zero else "no kernel of the witness is zero")
        length = smallest_length_without_collision(lifting.statement)
        if length:
            words.append(f"only wrapping around makes them collide: the same taps are distinct for N = {length}")
        elif moved := repair(lifting.statement):
            words.append(moved)
    return "; ".join(words)


def repair(statement: Statement) -> str:
    """One tap whose move makes all shifts differ, in words; "" when none of the first few hundred moves does.

    Examples
    --------
    >>> layer = lambda *taps: Taps((8,), "circular", 1, (1, 1), tuple((0, 0, (t,)) for t in taps))
    >>> repair(Statement("scale", (layer(0, 1), layer(0, 1))))
    'moving the tap of factor 1 at 1 to 2 makes all shifts differ'
    """
    for (place, i, shift), form in itertools.islice(_moves(statement), MOVES):
        forms = (*statement.forms[:place], form, *statement.forms[place + 1 :])
        if family_collision(dataclasses.replace(statement, forms=forms)) is None:
            number = sum(bool(f.parameters) for f in statement.forms[:place]) + 1
            old = statement.forms[place].taps[i][2]  # type: ignore[union-attr]
            return f"moving the tap of factor {number} at {_cell(old)} to {_cell(shift)} makes all shifts differ"
    return ""


def _moves(statement: Statement) -> Iterator[tuple[tuple[int, int, tuple[int, ...]], Taps]]:
    """Each tap of a small network moved along the first dimension, nearest places first."""
    if statement.model.kind != "free" or sum(statement.sizes) > SMALL:
        return
    for distance in range(1, 4 * SMALL):
        for place, form in enumerate(f for f in statement.forms if isinstance(f, Taps)):
            for i, (to, source, shift) in enumerate(form.taps):
                cell = (shift[0] + distance, *shift[1:])
                inside = form.boundary == "zero" or cell[0] < form.grid[0]
                if inside and (to, source, cell) not in form.taps:
                    taps = (*form.taps[:i], (to, source, cell), *form.taps[i + 1 :])
                    yield (place, i, cell), dataclasses.replace(form, taps=taps)


def _cell(shift: tuple[int, ...]) -> str:
    return str(shift[0]) if len(shift) == 1 else str(shift)


def _zero_kernels(statement: Statement, h: Sequence[Sequence[Fraction]]) -> bool:
    used = [{f.taps[i][:2] for i, x in enumerate(v) if x} for f, v in zip(statement.factors, h, strict=True)]  # type: ignore[union-attr]
    every = [{t[:2] for t in f.taps} for f in statement.factors]  # type: ignore[union-attr]
    return used != every


# ------------------------------------------------------------------ shift counts


def accepts_counts(lifting: Lifting, proved: Proved) -> str:
    """Plain networks, small enough for the checker to count again."""
    paths = ("lifting.sigma_min", "lifting.sigma_max", "lifting.kernel_dimension")
    if all(closed(path, proved) for path in paths):
        return "the singular values are known"
    if reason := shifts.refuses(lifting.statement):
        return reason
    forms = [f for f in lifting.statement.forms if isinstance(f, Taps)]
    return "a known tap is not 1 or -1" if any(abs(t[3]) != 1 for f in forms for t in f.fixed) else ""


def _checkable(forms: Sequence[Taps], cells: int) -> str:
    """Why the checker would not count these shifts; it lists few, and packs many into one integer a node."""
    total = math.prod(max(1, len(f.taps)) for f in forms)
    if total <= LISTED:
        return ""
    if len(forms[0].grid) == 2:
        steps = sum(min(total, cells) * max(1, len(f.taps)) for f in forms)
        return f"the checker would add {steps} shifts" if steps > CHECKED_WORK // 100 else ""
    slot = 8 * (total.bit_length() // 8 + 1)
    nodes = max(f.nodes[1] for f in forms)
    words = sum(len(f.taps) + len(f.fixed) for f in forms) * nodes * (cells * slot // 64 + 1)
    if words > CHECKED_WORK or cells > CHECKED_SLOTS:
        return f"the checker would add {words} words for {cells} shifts"
    return ""


def search_counts(lifting: Lifting, proved: Proved, budget: Budget) -> list[Claim] | Nothing:
    """Brackets of sqrt(n c): c = 1 when all shifts differ, else counted exactly; n the squared norm of a column."""
    statement = lifting.statement
    forms = [f for f in statement.forms if isinstance(f, Taps)]
    try:
        if shifts.collision(statement) is None:
            squares = shifts.distinct_squares(statement)
        elif reason := _checkable(forms, shifts.net(statement).order):
            return Nothing(reason)
        else:
            squares = shifts.counts(statement).squares
    except TooMany as error:
        return Nothing(error.reason)
    if not squares[0]:
        return Nothing("the strides pass over every cell")
    least, greatest = map(Fraction, squares)
    evidence = {
        "sigma_min": [sqrt_below(least), sqrt_above(least)],
        "sigma_max": [sqrt_below(greatest), sqrt_above(greatest)],
    }
    return [Claim("shift-counts", evidence)]


METHOD = Method(
    name="colliding indices",
    theorem="parallel or zero columns: one-hot parameters with the same product (Malgouyres 2020, Proposition 2)",
    closes=("identifiability.uniform.verdict",),
    cost=6,
    accepts=accepts,
    search=search,
)
COUNTS_METHOD = Method(
    name="shift counts",
    theorem="columns of shifts are parallel or orthogonal: singular values sqrt(n c)",
    closes=("lifting.sigma_min", "lifting.sigma_max", "lifting.kernel_dimension", "identifiability.uniform.verdict"),
    cost=2,
    accepts=accepts_counts,
    search=search_counts,
)
METHODS = (COUNTS_METHOD, METHOD)
