"""The rank of the Jacobian of h -> M_1(h_1) ... M_K(h_K), at a random point modulo a prime.

Theorem.  The rank at one point, modulo one prime, is a lower bound of the rank at almost every real point.  Local
identifiability at a generic point of a support: rank = dimension of the image of the path products there
(``scale``: parameters - (K - 1); inner nodes or neurons in place of K - 1 otherwise).  [Malgouyres and Landsberg
2019, section 3; theory.md, section 2]

The Jacobian is written by prefix and suffix products, so nothing costs S^K; when the product has far more entries
than there are parameters, as many positions as the rank needs are chosen (evidence key ``rows``).
"""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..certificate import Claim, Nothing
from ..lifting import Lifting, TooLarge
from ..lifting.limits import require
from ..lifting.stages import Chain, Stage, responses
from ..method import PRIMES, Budget, Method, Proved, closed
from ..problem.forms import Known, Statement, Support, Taps
from ..structure.graph import is_neural, largest_rank, layered

FAMILY = 500
"""Maximal supports that are taken one by one at most."""
ENTRIES = 40_000_000
"""Entries of a Jacobian, or of the partial products, at most."""
ELIMINATION = 100_000_000_000
"""Multiplications modulo the prime at most (about 10^10 a second)."""
AGAIN = 1_000_000
"""Entries of a Jacobian that is computed modulo another prime when the rank falls short, at most."""
SPREAD = 60_000_000
"""Coefficients of products of kernels at most."""

Position = tuple[int, int]
"""Row and column of the product."""


@dataclass(frozen=True)
class Jacobian:
    """Modulo `prime` at `point` on `support`: `matrix` has one row a parameter, one column a position."""

    prime: int
    support: Support
    point: list[list[int]]
    matrix: np.ndarray
    positions: list[Position] | None
    """None when the columns are all positions, or responses."""

    @cached_property
    def _reduced(self) -> tuple[Any, int]:
        matrix = _nmod(self.matrix, self.prime)
        return matrix.rref() if self.positions is not None else (None, matrix.rank())

    @property
    def rank(self) -> int:
        """Rank modulo the prime."""
        return self._reduced[1]

    def claim(self) -> Claim:
        """The claim, with as many positions as the rank needs."""
        evidence: dict[str, Any] = {
            "prime": self.prime,
            "support": [list(s) for s in self.support],
            "point": self.point,
            "rank": self.rank,
        }
        if self.positions is not None:
            evidence["rows"] = [list(self.positions[c]) for c in self._independent()]
        return Claim("jacobian", evidence)

    def _independent(self) -> list[int]:
        """Positions whose columns are independent of the ones before them, as many as the rank."""
        reduced, rank = self._reduced
        pivots, c = [], 0
        for r in range(rank):
            while reduced[r, c] == 0:
                c += 1
            pivots.append(c)
            c += 1
        return pivots


def _nmod(matrix: np.ndarray, p: int) -> Any:
    import flint

    require("an elimination", min(matrix.shape) * matrix.size, ELIMINATION)
    return flint.nmod_mat(*matrix.shape, matrix.ravel().tolist(), p)


def random_point(sizes: Sequence[int], support: Support, p: int, seed: int) -> list[list[int]]:
    """Residues 1..p-1 on the support, 0 elsewhere."""
    draw = random.Random(seed)
    point = [[0] * n for n in sizes]
    for values, part in zip(point, support, strict=True):
        for i in part:
            values[i] = draw.randrange(1, p)
    return point


def jacobian(
    lifting: Lifting, support: Support, p: int, seed: int = 0, point: list[list[int]] | None = None
) -> Jacobian:
    """The Jacobian at a random point of a support, or at a given one.

    Raises
    ------
    TooLarge
        Before starting, when it is.

    Examples
    --------
    >>> from dmfverify.problem.forms import Pattern, Statement
    >>> full = Pattern((2, 2), ((0, 0), (0, 1), (1, 0), (1, 1)))
    >>> jacobian(Lifting(Statement("neuron-scale", (full, full))), ((0, 1, 2, 3),) * 2, 1_048_573).rank
    4
    """
    if reason := too_large(lifting.statement):
        raise TooLarge(reason, sum(lifting.sizes), ENTRIES)
    point = point or random_point(lifting.sizes, support, p, seed)
    chain = lifting.chain
    stages = _contracted(chain, support, point, p)
    if chain.kind == "response":
        matrix, positions = _responses(chain, stages, support, p), None
    else:
        positions = _positions(lifting, stages, support, p, seed)
        matrix = _entries(lifting.statement, stages, positions, support, p)
    return Jacobian(p, support, point, matrix, positions)


def too_large(statement: Statement) -> str:
    """Why the Jacobian is not written down; "" when it is."""
    if any(isinstance(f, Taps) and f.taps and f.fixed for f in statement.forms):
        return "a layer has parameters and known taps together"
    total, forms = sum(statement.sizes), statement.forms
    if responses(statement):
        edges = sum(len({t[:2] for t in f.taps}) for f in forms if isinstance(f, Taps))
        cells = math.prod(forms[-1].grid) * len(forms)  # type: ignore[union-attr]
        leaves = forms[-1].nodes[1]  # type: ignore[union-attr]
        size = edges * leaves * cells
        return f"kernels of {size} coefficients" if size > SPREAD else _too_many(total)
    cells = sum(math.prod(f.grid) * (len(f.taps) + len(f.fixed)) for f in forms if isinstance(f, Taps))
    widest = max(statement.product_shape[0], statement.product_shape[1]) * sum(f.shape[1] for f in forms)
    if max(cells, widest) > ENTRIES:
        return f"partial products of {max(cells, widest)} entries"
    return _too_many(total)


def _too_many(parameters: int) -> str:
    return f"a Jacobian of {parameters} parameters" if parameters**2 > ENTRIES else ""


@dataclass(frozen=True)
class _Step:
    """A stage at the point: its entries modulo p, unweighted (`value`) and weighted (`weight`)."""

    stage: Stage
    value: np.ndarray
    weight: np.ndarray

    def matrix(self, p: int) -> Any:
        """The stage as one sparse matrix modulo p."""
        from scipy.sparse import csr_array

        return csr_array((self.weight, (self.stage.source, self.stage.target)), shape=self.stage.states)


def _contracted(chain: Chain, support: Support, point: list[list[int]], p: int) -> list[_Step]:
    steps, k = [], 0
    for stage in chain.stages:
        weights = np.ones(len(stage.value), dtype=np.int64)
        if stage.size:
            stage = stage.within(support[k])
            weights = np.array(point[k], dtype=np.int64)[stage.parameter]
            k += 1
        value = np.asarray(stage.value % p, dtype=np.int64)
        steps.append(_Step(stage, value, value * weights[: len(value)] % p))
    return steps


# ------------------------------------------------------------------ entries of the product


def _positions(lifting: Lifting, steps: list[_Step], support: Support, p: int, seed: int) -> list[Position] | None:
    """None for all; otherwise a random choice of enough positions."""
    rows, columns = lifting.statement.product_shape
    parameters = sum(map(len, support))
    if rows * columns <= max(4 * parameters, 2_000):
        return None
    return _random_positions(lifting.statement, steps, p, seed, parameters // 4 + 64)


def triangular(statement: Statement, support: Support) -> list[Position] | None:
    """Positions at which the Jacobian of patterns is triangular, when no two paths share both ends; None otherwise.

    For each edge but one out of every inner neuron, a path through it: any way from the outputs to the edge, then
    always the one edge left out.  Ordered by the factor of that edge, each path has an edge that no earlier one has,
    and no other edge that has not occurred: so the rank is their number wherever no parameter is zero.
    """
    from scipy.sparse import csr_array, eye_array

    if not is_neural(statement) or statement.data is not None:
        return None
    graph = layered(statement, support)
    ways = eye_array(statement.product_shape[0], dtype=np.int64, format="csr")
    for form, edges in zip(statement.forms, graph.alive_edges, strict=True):
        ends = np.array(edges, dtype=np.int64).reshape(-1, 2).T
        ways = ways @ csr_array((np.ones(len(edges), dtype=np.int64), (ends[0], ends[1])), shape=form.shape)
        if ways.nnz and ways.data.max() > 1:
            return None
    prefix, chosen = {e[0]: e[0] for e in graph.alive_edges[0]}, []
    onward = [_first_by_left(edges) for edges in graph.alive_edges]
    for k, alive in enumerate(graph.alive_edges):
        for a, b in alive:
            if k == 0 or onward[k][a] != b:
                chosen.append((prefix[a], _end(onward, k + 1, b)))
        prefix = {b: prefix[a] for a, b in alive}
    return chosen


def _first_by_left(edges: Sequence[tuple[int, int]]) -> dict[int, int]:
    table: dict[int, int] = {}
    for a, b in edges:
        table.setdefault(a, b)
    return table


def _end(onward: list[dict[int, int]], k: int, label: int) -> int:
    for table in onward[k:]:
        label = table[label]
    return label


def _random_positions(statement: Statement, steps: list[_Step], p: int, seed: int, count: int) -> list[Position]:
    """Positions through a random entry of each parameter, and others at random."""
    rng = np.random.default_rng(seed)
    before, after = _partial(steps, np.arange(statement.product_shape[0]), np.arange(statement.product_shape[1]), p)
    chosen = set()
    for k, step in enumerate(steps):
        if not step.stage.size:
            continue
        _, first = np.unique(step.stage.parameter, return_index=True)
        for e in first:
            rows = np.flatnonzero(before[k][:, step.stage.source[e]])
            columns = np.flatnonzero(after[k + 1][step.stage.target[e]])
            if len(rows) and len(columns):
                chosen.add((int(rng.choice(rows)), int(rng.choice(columns))))
    rows, columns = np.nonzero(before[-1])
    for n in rng.permutation(len(rows))[:count].tolist():
        chosen.add((int(rows[n]), int(columns[n])))
    return sorted(chosen)


def _partial(steps: list[_Step], rows: np.ndarray, columns: np.ndarray, p: int) -> tuple[list, list]:
    """before[k]: rows of the product of the first k stages; after[k]: columns of the product of stages k, k+1, ..."""
    first, last = steps[0].stage.states[0], steps[-1].stage.states[1]
    start = np.zeros((len(rows), first), dtype=np.int64)
    start[np.arange(len(rows)), rows] = 1
    stop = np.zeros((last, len(columns)), dtype=np.int64)
    stop[columns, np.arange(len(columns))] = 1
    before, after = [start], [stop]
    for step in steps:
        before.append((step.matrix(p).T @ before[-1].T).T % p)
    for step in reversed(steps):
        after.insert(0, (step.matrix(p) @ after[0]) % p)
    return before, after


def _entries(
    statement: Statement, steps: list[_Step], positions: list[Position] | None, support: Support, p: int
) -> np.ndarray:
    """The Jacobian at the given positions of the product, or at all of them in row-major order."""
    shape = statement.product_shape
    require("a Jacobian", sum(map(len, support)) * (len(positions) if positions else math.prod(shape)), ENTRIES)
    wanted = np.array(positions or [], dtype=np.int64).reshape(-1, 2)
    rows, at_row = np.unique(wanted[:, 0], return_inverse=True)
    columns, at_column = np.unique(wanted[:, 1], return_inverse=True)
    if positions is None:
        rows, columns = np.arange(shape[0]), np.arange(shape[1])
    before, after = _partial(steps, rows, columns, p)
    free = [n for n, step in enumerate(steps) if step.stage.size]
    if positions is None:
        blocks = [_whole_block(steps[n], before[n], after[n + 1], s, p) for n, s in zip(free, support, strict=True)]
    else:
        blocks = [
            _block(steps[n], before[n][at_row], after[n + 1][:, at_column], s, p)
            for n, s in zip(free, support, strict=True)
        ]
    return np.vstack(blocks)


def _block(step: _Step, left: np.ndarray, right: np.ndarray, numbers: Sequence[int], p: int) -> np.ndarray:
    """d/dh_i at chosen positions, for the parameters of one factor: sums over the entries of M(e_i)."""
    order = np.argsort(step.stage.parameter, kind="stable")
    place = np.searchsorted(np.array(numbers), step.stage.parameter[order])
    source, target, value = (column[order] for column in (step.stage.source, step.stage.target, step.value))
    out = np.zeros((len(numbers), left.shape[0]), dtype=np.int64)
    left, chunk = np.ascontiguousarray(left.T), max(1, 4_000_000 // max(1, left.shape[0]))
    for start in range(0, len(place), chunk):
        part = slice(start, start + chunk)
        terms = left[source[part]] * value[part, None] % p * right[target[part]] % p
        own, first = np.unique(place[part], return_index=True)
        out[own] += np.add.reduceat(terms, first, axis=0)
    return out % p


def _whole_block(step: _Step, left: np.ndarray, right: np.ndarray, numbers: Sequence[int], p: int) -> np.ndarray:
    """d/dh_i at all positions: left * M(e_i) * right, on the rows that M(e_i) has."""
    from scipy.sparse import csr_array

    stage, out = step.stage, np.zeros((len(numbers), left.shape[0] * right.shape[1]), dtype=np.int64)
    order = np.argsort(stage.parameter, kind="stable")
    starts = np.searchsorted(stage.parameter[order], np.array([*numbers, numbers[-1] + 1]))
    for n in range(len(numbers)):
        own = order[starts[n] : starts[n + 1]]
        rows, at = np.unique(stage.source[own], return_inverse=True)
        matrix = csr_array((step.value[own], (at, stage.target[own])), shape=(len(rows), stage.states[1]))
        out[n] = times_mod(left[:, rows], (matrix @ right) % p, p).ravel()
    return out


def times_mod(a: np.ndarray, b: np.ndarray, p: int) -> np.ndarray:
    """The product of residues: in doubles, which hold sums of 2^13 products of residues below 2^20 exactly.

    >>> times_mod(np.array([[2, 3]]), np.array([[4], [5]]), 7)
    array([[2]])
    """
    total = np.zeros((a.shape[0], b.shape[1]), dtype=np.int64)
    for start in range(0, a.shape[1], 2**13):
        part = slice(start, start + 2**13)
        total += np.rint(a[:, part].astype(float) @ b[part].astype(float)).astype(np.int64) % p
    return total % p


# ------------------------------------------------------------------ responses of a convolutional network


def _responses(chain: Chain, steps: list[_Step], support: Support, p: int) -> np.ndarray:
    """The Jacobian of the responses: kernel of the prefix * shift of the tap * kernel of the suffix."""
    grid = _Grid(chain, steps, p)
    before, after = [{0: grid.one}], [{(leaf, leaf): grid.one for leaf in range(chain.ends)}]
    for step in steps:
        before.append(grid.append(before[-1], step))
    for step in reversed(steps):
        after.insert(0, grid.prepend(step, after[0]))
    rows: list[np.ndarray] = []
    for n, step in enumerate(steps):
        if step.stage.size:
            rows.extend(_tap_rows(grid, step, before[n], after[n + 1], chain.ends))
    require("a Jacobian", len(rows) * chain.ends * grid.cells, ENTRIES)
    matrix = np.stack(rows)
    used = np.flatnonzero(matrix.any(axis=0))
    if len(used) > 4 * len(rows) + 200:
        used = np.sort(np.random.default_rng(0).choice(used, 2 * len(rows) + 100, replace=False))
    return matrix[:, used]


def _tap_rows(grid: _Grid, step: _Step, before: dict, after: dict, leaves: int) -> list[np.ndarray]:
    kernels: dict[tuple[int, int], np.ndarray] = {}
    order = np.argsort(step.stage.parameter, kind="stable")
    rows = []
    for e in order.tolist():
        to, source = int(step.stage.source[e]), int(step.stage.target[e])
        if (to, source) not in kernels:
            parts = [
                grid.folded(before[to] * after[source, leaf]) if to in before and (source, leaf) in after else grid.zero
                for leaf in range(leaves)
            ]
            kernels[to, source] = np.stack(parts)
        moved = grid.moved(kernels[to, source], step.stage.shift[e])
        rows.append(moved.reshape(-1) * int(step.value[e]) % grid.p)
    return rows


class _Grid:
    """Kernels as polynomials modulo p in one variable, wide enough that nothing wraps before the end."""

    def __init__(self, chain: Chain, steps: list[_Step], p: int) -> None:
        import flint

        self.p, self.chain, self.poly = p, chain, flint.nmod_poly
        reach = sum(np.max(s.stage.shift, axis=0, initial=0) for s in steps)
        self.box = tuple(int(r) + 1 for r in np.atleast_1d(reach))
        self.cells = math.prod(chain.grid)
        self.one = self.poly([1], p)
        self.zero = np.zeros(chain.grid, dtype=np.int64)
        self.units = [math.prod(self.box[d + 1 :]) for d in range(len(self.box))]

    def kernels(self, step: _Step) -> dict[tuple[int, int], Any]:
        """(to, from) -> polynomial of the stage at the point."""
        positions = (step.stage.shift * np.array(self.units)).sum(axis=1)
        found: dict[tuple[int, int], dict[int, int]] = {}
        for a, b, x, v in zip(
            step.stage.source.tolist(),
            step.stage.target.tolist(),
            positions.tolist(),
            step.weight.tolist(),
            strict=True,
        ):
            table = found.setdefault((a, b), {})
            table[x] = (table.get(x, 0) + v) % self.p
        return {key: self._polynomial(table) for key, table in found.items()}

    def _polynomial(self, table: dict[int, int]) -> Any:
        coefficients = [0] * (max(table) + 1)
        for x, v in table.items():
            coefficients[x] = v
        return self.poly(coefficients, self.p)

    def append(self, before: dict, step: _Step) -> dict:
        """Kernels of the root to each node, one stage further."""
        out: dict = {}
        for (a, b), kernel in self.kernels(step).items():
            if a in before:
                term = before[a] * kernel
                out[b] = out[b] + term if b in out else term
        return out

    def prepend(self, step: _Step, after: dict) -> dict:
        """Kernels of each node to each leaf, one stage earlier."""
        out: dict = {}
        for (a, b), kernel in self.kernels(step).items():
            for (node, leaf), rest in after.items():
                if node == b:
                    term = kernel * rest
                    out[a, leaf] = out[a, leaf] + term if (a, leaf) in out else term
        return out

    def folded(self, kernel: Any) -> np.ndarray:
        """Coefficients on the grid of the shifts."""
        values = np.array([int(c) for c in kernel.coeffs()], dtype=np.int64)
        at = np.flatnonzero(values)
        cells, rest = [], at
        for unit, n in zip(self.units, self.chain.grid, strict=True):
            cells.append(rest // unit % n if self.chain.wraps else rest // unit)
            rest = rest % unit
        out = self.zero.copy()
        np.add.at(out, tuple(cells), values[at])
        return out % self.p

    def moved(self, kernels: np.ndarray, shift: np.ndarray) -> np.ndarray:
        """Kernels (leaf, cell...) moved by a shift; without wrapping nothing is pushed over the edge."""
        return np.roll(kernels, tuple(int(s) for s in shift), axis=tuple(range(1, kernels.ndim)))


# ------------------------------------------------------------------ the method


def accepts(lifting: Lifting, proved: Proved) -> str:
    """A family that can be listed, factors that can be multiplied, and a question that is open."""
    if closed("identifiability.local.rank", proved):
        return "the rank of the Jacobian is known"
    if lifting.statement.model.family_size(lifting.sizes) > FAMILY:
        return f"more than {FAMILY} maximal supports"
    if any(isinstance(f, Known) and not f.entries for f in lifting.statement.forms):
        return "a known factor is zero"
    reason = too_large(lifting.statement)
    if not reason or triangular(lifting.statement, tuple(tuple(range(n)) for n in lifting.sizes)):
        return ""
    return f"{reason} would have to be written down"


def search(lifting: Lifting, proved: Proved, budget: Budget) -> list[Claim] | Nothing:
    """One claim a maximal support."""
    claims: list[Claim] = []
    for support in lifting.statement.model.maximal(lifting.sizes):
        if budget.spent:
            return claims or Nothing("the time was spent before the first Jacobian")
        try:
            if claim := _triangular_claim(lifting.statement, support, budget.seed):
                claims.append(claim)
                continue
            best = _best(lifting, support, budget.seed)
        except TooLarge as error:
            return Nothing(str(error))
        if best is None:
            return Nothing("a denominator is divisible by each of the primes")
        if best.rank:
            claims.append(best.claim())
    return claims or Nothing("the Jacobian is zero")


def _triangular_claim(statement: Statement, support: Support, seed: int) -> Claim | None:
    """The rank that the paths themselves show; no matrix is written down."""
    rows = triangular(statement, support)
    if not rows:
        return None
    point = random_point(statement.sizes, support, PRIMES[0], seed)
    evidence = {"prime": PRIMES[0], "support": [list(s) for s in support], "point": point, "rank": len(rows)}
    return Claim("jacobian", {**evidence, "rows": [list(row) for row in rows]})


def _best(lifting: Lifting, support: Support, seed: int) -> Jacobian | None:
    """The first prime that reaches the largest possible rank, or the best of all."""
    target, best = largest_rank(lifting.statement, support), None
    for p in PRIMES:
        if lifting.chain.denominator % p == 0:
            continue
        found = jacobian(lifting, support, p, seed)
        if best is None or found.rank > best.rank:
            best = found
        if best.rank >= min(target, best.matrix.shape[1]) or best.matrix.size > AGAIN:
            break
    return best


METHOD = Method(
    name="jacobian rank modulo a prime",
    theorem="the rank at one point modulo a prime bounds the generic rank from below",
    closes=("identifiability.local.verdict", "identifiability.local.rank"),
    cost=20,
    accepts=accepts,
    search=search,
)
