"""Brute-force oracles for every verdict and constant of interface.md, section 4.

Nothing here knows the package: numpy, scipy, sympy and fractions only, each function read off the definition that its
docstring quotes ("theory N" = theory.md, section N; "interface 4" = interface.md, section 4).

Conventions
-----------
basis       list over the factors, in product order, of arrays (S_k, m_k, m_{k+1}); entries int, Fraction, or float
            (a float means exactly the binary fraction that it holds).  Fixed factors are absorbed by absorb_fixed.
alive       None (all multi-indices: `scale`) or the list of alive multi-indices (`path-scale`, `neuron-scale`).
data        None or the known matrix that multiplies the product on the right.
models      None (free) or a list of supports, each a list over the factors of lists of parameter indices.
nonnegative True: models intersected with the non-negative orthant; D = P(M+) - P(M'+), never a sum.
layers      a convolutional network: list over the factors (the first is next to the output) of lists of taps
            (to, from, shift), in the order of the parameters.
p           any number >= 1, or math.inf.

Verdicts are "yes", "no" or None (the oracle does not decide).  Infinite constants are math.inf.  Estimates are
one-sided and say so: search() only ever reports values that are attained on the closure of D, so gamma from it is a
lower bound and kappa from it an upper bound, up to rounding.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
import scipy.optimize
import sympy
from sympy.utilities.iterables import multiset_permutations

Index = tuple[int, ...]
Model = tuple[tuple[int, ...], ...]
Layer = list[tuple[str, str, int]]
PRIME = 2**61 - 1
SMALL_PRIME = 2**31 - 1


# ---------------------------------------------------------------------------------------------- exact linear algebra


def exact(array: Any) -> np.ndarray:
    """The same numbers as an object array of ints and Fractions; a float is the binary fraction that it holds."""

    def one(x: Any) -> int | Fraction:
        if isinstance(x, (int, np.integer)):
            return int(x)
        q = Fraction(x) if isinstance(x, (Fraction, str)) else Fraction(float(x))
        return q.numerator if q.denominator == 1 else q

    source = np.asarray(array, dtype=object)
    out = np.empty(source.shape, dtype=object)
    for position, value in np.ndenumerate(source):
        out[position] = one(value)
    return out


def integer(matrix: np.ndarray) -> np.ndarray:
    """A positive multiple of an exact matrix that has integer entries (same rank, same kernel)."""
    m = exact(matrix)
    lcm = math.lcm(1, *(Fraction(x).denominator for x in m.flat))
    out = np.empty(m.shape, dtype=object)
    for position, value in np.ndenumerate(m):
        out[position] = int(value * lcm)
    return out


def rref(matrix: np.ndarray) -> tuple[np.ndarray, list[int]]:
    """The non-zero rows of the reduced row echelon form over Q, and the pivot columns."""
    rows = [[Fraction(x) for x in row] for row in exact(matrix)]
    columns = np.shape(matrix)[1]
    done, pivots = 0, []
    for c in range(columns):
        found = next((r for r in range(done, len(rows)) if rows[r][c]), None)
        if found is None:
            continue
        rows[done], rows[found] = rows[found], rows[done]
        rows[done] = [x / rows[done][c] for x in rows[done]]
        for r in range(len(rows)):
            if r != done and rows[r][c]:
                t = rows[r][c]
                rows[r] = [x - t * y for x, y in zip(rows[r], rows[done], strict=True)]
        pivots.append(c)
        done += 1
    out = np.empty((done, columns), dtype=object)
    for r in range(done):
        out[r] = rows[r]
    return out, pivots


def rank(matrix: np.ndarray) -> int:
    """Rank over Q by fraction-free elimination (Bareiss) on integers."""
    rows = [list(row) for row in integer(matrix)]
    done, last = 0, 1
    for c in range(np.shape(matrix)[1]):
        found = next((r for r in range(done, len(rows)) if rows[r][c]), None)
        if found is None:
            continue
        rows[done], rows[found] = rows[found], rows[done]
        top = rows[done]
        for r in range(done + 1, len(rows)):
            t = rows[r][c]
            rows[r] = [(top[c] * x - t * y) // last for x, y in zip(rows[r], top, strict=True)]
        last = top[c]
        done += 1
    return done


def kernel(matrix: np.ndarray) -> np.ndarray:
    """A rational basis of {x : matrix x = 0}, as the columns of an object array of Fractions."""
    reduced, pivots = rref(matrix)
    n = np.shape(matrix)[1]
    free = [c for c in range(n) if c not in pivots]
    out = np.full((n, len(free)), Fraction(0), dtype=object)
    for b, c in enumerate(free):
        out[c, b] = Fraction(1)
        for row, pivot in zip(reduced, pivots, strict=True):
            out[pivot, b] = -row[c]
    return out


def modular(x: Any, prime: int) -> int:
    q = Fraction(x)
    return q.numerator % prime * pow(q.denominator, -1, prime) % prime


def rank_modulo(matrix: Sequence[Sequence[int]], prime: int) -> int:
    """Rank of an integer matrix modulo a prime: never above the rank over Q."""
    rows = [[int(x) % prime for x in row] for row in matrix]
    done = 0
    for c in range(len(rows[0]) if rows else 0):
        found = next((r for r in range(done, len(rows)) if rows[r][c]), None)
        if found is None:
            continue
        rows[done], rows[found] = rows[found], rows[done]
        inverse = pow(rows[done][c], -1, prime)
        for r in range(done + 1, len(rows)):
            t = rows[r][c] * inverse % prime
            if t:
                rows[r] = [(x - t * y) % prime for x, y in zip(rows[r], rows[done], strict=True)]
        done += 1
    return done


# ------------------------------------------------------------------------------------- factors, as plain basis arrays


def pattern_basis(shape: Sequence[int], entries: Sequence[Sequence[int]]) -> np.ndarray:
    """interface 1: one parameter an entry, zero elsewhere."""
    out = np.zeros((len(entries), *shape), dtype=int)
    for i, (row, column) in enumerate(entries):
        out[i, row, column] = 1
    return out


def dense_basis(shape: Sequence[int]) -> np.ndarray:
    """interface 1: every entry a parameter, row-major."""
    return pattern_basis(shape, list(itertools.product(range(shape[0]), range(shape[1]))))


def diagonal_basis(size: int) -> np.ndarray:
    """interface 1: diag(h)."""
    return pattern_basis((size, size), [(i, i) for i in range(size)])


def shift_matrix(n: int, s: int) -> np.ndarray:
    """C^s: the matrix with a one where r - c = s mod n."""
    return np.array([[int((r - c - s) % n == 0) for c in range(n)] for r in range(n)])


def circulant_basis(n: int, taps: Sequence[int], stride: int = 1) -> np.ndarray:
    """interface 1: M[r, c] = h_i where r - c = taps[i] mod N; rows kept every `stride`."""
    return np.array([shift_matrix(n, t)[::stride] for t in taps])


def toeplitz_basis(n: int, taps: Sequence[int], stride: int = 1) -> np.ndarray:
    """interface 1: full (zero-padded) convolution, (n + max tap) x n."""
    rows = n + max(taps)
    return np.array([[[int(r - c == t) for c in range(n)] for r in range(rows)][::stride] for t in taps])


def circulant2d_basis(shape: Sequence[int], taps: Sequence[Sequence[int]]) -> np.ndarray:
    """interface 1: 2-D circular convolution on a row-major grid: the Kronecker product of two shifts."""
    return np.array([np.kron(shift_matrix(shape[0], a), shift_matrix(shape[1], b)) for a, b in taps])


def absorb_fixed(factors: Sequence[np.ndarray]) -> list[np.ndarray]:
    """interface 4: "K counts factors that have parameters; fixed ones are absorbed by a neighbour."
    A fixed factor is a plain matrix (two axes); it goes to the left neighbour, the leading ones to the right."""
    out: list[np.ndarray] = []
    lead: np.ndarray | None = None
    for factor in factors:
        f = exact(factor)
        if f.ndim == 3:
            out.append(f if lead is None else np.array([lead.dot(b) for b in f]))
            lead = None
        elif out:
            out[-1] = np.array([b.dot(f) for b in out[-1]])
        else:
            lead = f if lead is None else lead.dot(f)
    return out


def basis_of(a: np.ndarray, sizes: Sequence[int]) -> list[np.ndarray]:
    """theory 2: "Every linear A is the lifting of some factors (h_1^T, I (x) h_k^T, ..., and (I (x) h_K^T) A^T
    last)"."""
    before, out = 1, []
    for s in sizes:
        out.append(np.array([np.kron(np.eye(before, dtype=int), np.eye(s, dtype=int)[i : i + 1]) for i in range(s)]))
        before *= s
    out[-1] = np.array([exact(b).dot(exact(a).T) for b in out[-1]])
    return out


def basis_with_kernel(sizes: Sequence[int], vectors: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Factors whose lifting has exactly the span of the given tensors as its kernel (rows: their complement)."""
    rows = np.array([exact(v).reshape(-1) for v in vectors])
    return basis_of(integer(kernel(rows).T), sizes)


# ------------------------------------------------------------------------------------------------- networks and alive


def path_alive(layers: Sequence[Layer]) -> list[Index]:
    """theory 5: "one coordinate for each multi-index that follows a path": neighbouring taps share their node."""
    everything = itertools.product(*(range(len(layer)) for layer in layers))
    return [
        i
        for i in everything
        if all(layers[k][i[k]][1] == layers[k + 1][i[k + 1]][0] for k in range(len(layers) - 1))
    ]


def neuron_alive(patterns: Sequence[Sequence[Sequence[int]]]) -> list[Index]:
    """theory 6: "one coordinate for each connected index path": column of an entry = row of the next one.
    patterns: list over the factors of lists of (row, column)."""
    return path_alive([[(r, c, 0) for r, c in entries] for entries in patterns])  # type: ignore[misc]


def reach(layers: Sequence[Layer], n: int, index: Index) -> tuple[str, int]:
    """theory 5: the leaf and the shift of the delta that an alive multi-index contributes."""
    return layers[-1][index[-1]][1], sum(layers[k][i][2] for k, i in enumerate(index)) % n


def nodes_by_level(layers: Sequence[Layer], leaves: Sequence[str] | None = None) -> list[list[str]]:
    """Level 0 is the output, level K the inputs, each in the order of first appearance (or `leaves` for the last)."""
    levels = [list(dict.fromkeys(to for to, _, _ in layers[0]))]
    for k, layer in enumerate(layers):
        later = [to for to, _, _ in layers[k + 1]] if k + 1 < len(layers) else []
        levels.append(list(dict.fromkeys([frm for _, frm, _ in layer] + later)))
    return [*levels[:-1], list(leaves or levels[-1])]


def network_basis(layers: Sequence[Layer], n: int, leaves: Sequence[str] | None = None) -> list[np.ndarray]:
    """theory 5: layer k is the block matrix with the circulant of each edge; N rows a node, N columns a node."""
    levels, out = nodes_by_level(layers, leaves), []
    for k, layer in enumerate(layers):
        b = np.zeros((len(layer), len(levels[k]) * n, len(levels[k + 1]) * n), dtype=int)
        for i, (to, frm, shift) in enumerate(layer):
            r, c = levels[k].index(to) * n, levels[k + 1].index(frm) * n
            b[i, r : r + n, c : c + n] = shift_matrix(n, shift)
        out.append(b)
    return out


def layers_of_edges(edges: Sequence[dict[str, Any]], output: str) -> list[Layer]:
    """interface 1: the edges of a graph as layers: "Factor 1 is the layer next to the *output* [...]; within a factor
    edges in file order, taps in list order."  edges: dicts with name, from, to, taps."""
    depth = {output: 0}
    while any(e["to"] in depth and e["from"] not in depth for e in edges):
        for e in edges:
            if e["to"] in depth:
                depth.setdefault(e["from"], depth[e["to"]] + 1)
    count = max(depth.values())
    return [[(e["to"], e["from"], t) for e in edges if depth[e["to"]] == k for t in e["taps"]] for k in range(count)]


def leaves_of_edges(edges: Sequence[dict[str, Any]]) -> list[str]:
    """interface 1: "leaves in order of first appearance" (in the edge list)."""
    heads = {e["to"] for e in edges}
    return list(dict.fromkeys(e["from"] for e in edges if e["from"] not in heads))


def dichotomy(layers: Sequence[Layer], n: int, models: Sequence[Any] | None = None) -> str:
    """theory 5: "for each pair of supports on U = (prod S_k) u (prod S'_k): either two multi-indices of U from the same
    leaf reach the same shift: [...] not identifiable [...]. Or all shifts differ: A is injective".  Exact, no data."""
    sizes, alive = [len(layer) for layer in layers], path_alive(layers)
    for s, t in pairs(maximal_models(models, sizes)):
        reached = [reach(layers, n, i) for i in alive if inside(i, s) or inside(i, t)]
        if len(set(reached)) < len(reached):
            return "no"
    return "yes"


def chain_shift_counts(taps: Sequence[Sequence[int]], n: int) -> Counter[int]:
    """theory 5: c_s = how many multi-indices of a single path reach shift s in Z/N."""
    sums = np.zeros(1, dtype=np.int64)
    for t in taps:
        sums = (sums[:, None] + np.asarray(t)[None, :]).reshape(-1) % n
    values, counts = np.unique(sums, return_counts=True)
    return Counter(dict(zip(values.tolist(), counts.tolist(), strict=True)))


def chain_singular_values_squared(taps: Sequence[Sequence[int]], n: int) -> list[int]:
    """theory 5: "For one path A^T A = N [sum i = sum j]: singular values sqrt(N c_s)", the rest are zeros."""
    counts = chain_shift_counts(taps, n)
    zeros = sum(counts.values()) - len(counts)
    return sorted((n * c for c in counts.values()), reverse=True) + [0] * zeros


# ------------------------------------------------------------------------------------------------------------- models


def sparse_models(sizes: Sequence[int], sparsity: Sequence[int]) -> list[Model]:
    """interface 1: "at most so many non-zeros in each factor": all largest supports."""
    choices = [list(itertools.combinations(range(n), min(k, n))) for n, k in zip(sizes, sparsity, strict=True)]
    return list(itertools.product(*choices))


def group_models(groups: Sequence[Sequence[Sequence[int]]], active: Sequence[int]) -> list[Model]:
    """interface 1: "how many groups may be non-zero in each factor": unions of `active` groups."""
    choices = [
        [tuple(sorted(set().union(*chosen))) for chosen in itertools.combinations(g, min(a, len(g)))]
        for g, a in zip(groups, active, strict=True)
    ]
    return list(itertools.product(*choices))


def maximal_models(models: Sequence[Any] | None, sizes: Sequence[int]) -> list[Model]:
    """interface 4: "pairs of maximal supports": supports that no other support contains factor by factor, once each."""
    if models is None:
        return [tuple(tuple(range(s)) for s in sizes)]
    every = list(dict.fromkeys(tuple(tuple(sorted(set(part))) for part in m) for m in models))

    def below(a: Model, b: Model) -> bool:
        return a != b and all(set(x) <= set(y) for x, y in zip(a, b, strict=True))

    return [m for m in every if not any(below(m, other) for other in every)]


def pairs(models: Sequence[Model]) -> list[tuple[Model, Model]]:
    """theory 4, "all pairs": unordered, each with itself."""
    return list(itertools.combinations_with_replacement(models, 2))


def inside(index: Index, model: Model) -> bool:
    return all(i in part for i, part in zip(index, model, strict=True))


def box_of_unions(s: Model, t: Model) -> Model:
    """theory 4: "S u S' is taken factor by factor (a box again)"."""
    return tuple(tuple(sorted(set(a) | set(b))) for a, b in zip(s, t, strict=True))


def is_linear(model: Model) -> bool:
    """P(R_S) is a linear space: at most one factor has more than one free parameter (factors of size 1 are scales)."""
    return sum(len(part) > 1 for part in model) <= 1


# ------------------------------------------------------------------------------------------------------------ lifting


@dataclass
class Lifting:
    """A (rows x columns, exact) with its columns; `tensor`: every multi-index of the space is a coordinate or is
    forced to be zero by the restriction, so that flattenings of T mean something."""

    a: np.ndarray
    columns: list[Index]
    sizes: list[int]
    tensor: bool
    gram: np.ndarray

    @cached_property
    def rank(self) -> int:
        """Exact; rank A = rank A^T A over the reals."""
        return rank(self.gram)

    @cached_property
    def kernel(self) -> np.ndarray:
        """Rational basis of Ker A (columns); Ker A = Ker A^T A over the reals."""
        return kernel(self.gram)

    @property
    def kernel_dimension(self) -> int:
        return len(self.columns) - self.rank

    @property
    def floats(self) -> np.ndarray:
        return self.a.astype(float)

    @property
    def singular_values(self) -> np.ndarray:
        """All of them, decreasing, one for each column (the last ones are zeros when rows are missing)."""
        s = np.zeros(len(self.columns))
        values = np.linalg.svd(self.floats, compute_uv=False)[: len(s)]
        s[: len(values)] = values
        return s

    @property
    def sigma_min(self) -> float:
        """interface 4: "least *non-zero* [...] singular value of the lifting, times the data where given"; which ones
        vanish is decided by the exact rank.  math.inf when A = 0."""
        return float(self.singular_values[self.rank - 1]) if self.rank else math.inf

    @property
    def sigma_max(self) -> float:
        return float(self.singular_values[0]) if len(self.columns) else 0.0

    def restrict(self, keep: Callable[[Index], bool]) -> Lifting:
        """The columns that `keep` accepts."""
        where = [j for j, i in enumerate(self.columns) if keep(i)]
        columns = [self.columns[j] for j in where]
        return Lifting(self.a[:, where], columns, self.sizes, self.tensor, self.gram[np.ix_(where, where)])


def lifting(basis: Sequence[np.ndarray], alive: Sequence[Index] | None = None, data: Any = None) -> Lifting:
    """theory 1: "Column i = (i_1,...,i_K) of A is the product of the basis matrices M_1(e_{i_1})...M_K(e_{i_K})" (times
    the data), read row by row; columns are the alive multi-indices in lexicographic order."""
    factors = [exact(b) for b in basis]
    sizes = [len(b) for b in factors]
    columns = sorted(tuple(i) for i in (itertools.product(*map(range, sizes)) if alive is None else alive))
    right = None if data is None else exact(data)
    rows = len(factors[0][0]) * (factors[-1].shape[2] if right is None else right.shape[1])
    a = np.empty((rows, len(columns)), dtype=object)
    for j, index in enumerate(columns):
        product = factors[0][index[0]]
        for k in range(1, len(factors)):
            product = product.dot(factors[k][index[k]])
        a[:, j] = (product if right is None else product.dot(right)).reshape(-1)
    gram = a.T.dot(a) if rows else np.zeros((len(columns),) * 2, dtype=object)
    return Lifting(a, columns, sizes, alive is None, gram)


def segre(h: Sequence[Any], columns: Sequence[Index]) -> np.ndarray:
    """theory 1: P(h), entries h_{1,i_1}...h_{K,i_K}, on the given coordinates."""
    out = np.empty(len(columns), dtype=object)
    for j, index in enumerate(columns):
        out[j] = math.prod(h[k][i] for k, i in enumerate(index))
    return out


def tensor_on(box: Model, columns: Sequence[Index], vector: Any) -> np.ndarray:
    """A vector on the coordinates as an array over the box, zero where the box has no coordinate; sides 1 dropped."""
    place = {i: v for i, v in zip(columns, vector, strict=True)}
    flat = np.array([place.get(i, 0) for i in itertools.product(*box)], dtype=np.asarray(vector).dtype)
    return flat.reshape([len(part) for part in box if len(part) > 1])


def flattenings(w: np.ndarray) -> list[np.ndarray]:
    """Every way to read a tensor as a matrix (one of each transposed couple), rows = a set of modes with mode 0."""
    out = []
    for count in range(w.ndim - 1):
        for chosen in itertools.combinations(range(1, w.ndim), count):
            rows = [0, *chosen]
            rest = [k for k in range(w.ndim) if k not in rows]
            out.append(w.transpose(rows + rest).reshape(math.prod(w.shape[k] for k in rows), -1))
    return out


# ------------------------------------------------------------------------ is a subspace free of P(h) - P(g)?  (exact)


def hyperdeterminant(w: np.ndarray) -> Any:
    """Cayley's hyperdeterminant of a 2x2x2 array; certificates.md 5: > 0 real rank 2, < 0 a complex pair."""
    a, b, c, d, e, f, g, h = (w[i] for i in itertools.product(range(2), repeat=3))  # 000 001 010 011 100 101 110 111
    squares = a * a * h * h + b * b * g * g + c * c * f * f + e * e * d * d
    mixed = a * b * g * h + a * c * f * h + a * e * d * h + b * c * f * g + b * e * d * g + c * e * d * f
    return squares - 2 * mixed + 4 * (a * d * f * g + b * c * e * h)


def rank_two_type(w: np.ndarray) -> str:
    """Exact type of one non-zero rational tensor: "real" (rank <= 2 over R), "complex" (rank <= 2 over C only),
    "tangent" (border rank 2, rank more), "more" (border rank > 2).  Flattenings of rank <= 2 cut out border rank 2;
    a mode of rank one splits off; the rest, compressed to 2 x 2 x 2, is decided by the hyperdeterminant."""
    w = exact(w)
    if any(rank(f) > 2 for f in flattenings(w)):
        return "more"
    k = 0
    while k < w.ndim:
        moved = np.moveaxis(w, k, 0)
        reduced, _ = rref(moved.reshape(moved.shape[0], -1))
        moved = reduced.reshape(-1, *moved.shape[1:])
        w, k = (np.asarray(moved[0], dtype=object), 0) if len(moved) == 1 else (np.moveaxis(moved, 0, k), k + 1)
    if w.ndim <= 2:
        return "real"
    last, _ = rref(w.reshape(4, -1).T)  # modes 3, ..., K as one mode, of rank 2: two slices
    delta = hyperdeterminant(last.reshape(2, 2, 2))
    return "real" if delta > 0 else "complex" if delta < 0 else "tangent"


def pencil_has_real_low_rank(u: np.ndarray, v: np.ndarray) -> bool:
    """Does s U + t V have rank <= 2 for some real (s, t) != 0?  All 3x3 minors are binary cubics: a common real root,
    by the gcd and a Sturm count (sympy), and the point (1, 0) apart."""
    if rank(u) <= 2:
        return True
    s = sympy.Symbol("s")
    common = sympy.Poly(0, s, domain="QQ")
    pencil = zip(integer(np.array([exact(u), exact(v)]))[0], integer(np.array([exact(u), exact(v)]))[1], strict=True)
    entries = [[x * s + y for x, y in zip(a, b, strict=True)] for a, b in pencil]
    for rows in itertools.combinations(range(u.shape[0]), 3):
        for columns in itertools.combinations(range(u.shape[1]), 3):
            minor = sympy.Matrix([[entries[r][c] for c in columns] for r in rows]).det(method="berkowitz")
            common = sympy.gcd(common, sympy.Poly(sympy.expand(minor), s, domain="QQ"))
            if not common.is_zero and common.degree() == 0:
                return False
    return common.is_zero or common.count_roots() > 0


def minors_vanish_only_at_zero(kernel_tensors: Sequence[np.ndarray], cap: int = 300) -> bool | None:
    """Have the 3x3 minors of all flattenings of sum x_a W_a no common complex zero but 0?  By Macaulay: cubics in c
    variables without a common zero span all forms of degree 2c + 1.  True: proved (full rank modulo a prime).
    False: not at degree 2c + 1 (certain up to an unlucky prime).  None: more than `cap` monomials."""
    c, p = len(kernel_tensors), SMALL_PRIME
    if math.comb(c + 2, 3) > cap:
        return None
    triples = {mono: j for j, mono in enumerate(itertools.combinations_with_replacement(range(c), 3))}
    place = np.array([triples[tuple(sorted(abc))] for abc in itertools.product(range(c), repeat=3)])
    cubics = np.zeros((0, len(triples)), dtype=np.int64)
    for mats in zip(*(flattenings(exact(w)) for w in kernel_tensors), strict=True):
        m = np.array([[[modular(x, p) for x in row] for row in mat] for mat in mats], dtype=np.int64)
        found = [cubics]
        for rows in itertools.combinations(range(m.shape[1]), 3):
            for cols in itertools.combinations(range(m.shape[2]), 3):
                form = np.zeros(len(triples), dtype=np.int64)
                for order in itertools.permutations(range(3)):
                    sign = (-1) ** sum(order[i] > order[j] for i in range(3) for j in range(i + 1, 3))
                    x, y, z = (m[:, rows[i], cols[order[i]]] for i in range(3))
                    product = (np.multiply.outer(x, y) % p)[:, :, None] * z % p
                    np.add.at(form, place, sign * product.reshape(-1))
                found.append(form[None] % p)
        cubics = _reduce_modulo(np.concatenate(found), p)
    for degree in range(3, 2 * c + 2):
        monomials = {mono: j for j, mono in enumerate(itertools.combinations_with_replacement(range(c), degree))}
        if len(monomials) > cap:
            return None
        forms = []
        for times in itertools.combinations_with_replacement(range(c), degree - 3):
            wide = np.zeros((len(cubics), len(monomials)), dtype=np.int64)
            wide[:, [monomials[tuple(sorted(mono + times))] for mono in triples]] = cubics
            forms.append(wide)
        if len(_reduce_modulo(np.concatenate(forms), p)) == len(monomials):
            return True
    return False


def _reduce_modulo(m: np.ndarray, p: int) -> np.ndarray:
    """Independent rows (echelon form) modulo p < 2^31."""
    m, done = m % p, 0
    for c in range(m.shape[1]):
        nonzero = np.nonzero(m[done:, c])[0]
        if not len(nonzero):
            continue
        m[[done, done + nonzero[0]]] = m[[done + nonzero[0], done]]
        m[done] = m[done] * pow(int(m[done, c]), -1, p) % p
        m[done + 1 :] = (m[done + 1 :] - m[done + 1 :, c : c + 1] * m[done] % p) % p
        done += 1
    return m[:done]


def free_subspace_verdict(tensors: Sequence[np.ndarray]) -> str | None:
    """theory 2: "uniform [...] iff Ker A n D = {0}", D = real tensors of rank <= 2 on one box; the subspace is spanned
    by the given tensors (sides 1 dropped).  "no": it contains a non-zero one."""
    c, shape = len(tensors), np.shape(tensors[0])
    if c == 0:
        return "yes"
    if len(shape) <= 1 or (len(shape) == 2 and min(shape) <= 2):
        return "no"  # every vector and every matrix with a side <= 2 has rank <= 2
    types = [rank_two_type(w) for w in tensors]
    if "real" in types:
        return "no"
    if c == 1:
        return "yes"
    if len(shape) == 2 and shape[0] == shape[1] == 3:
        return "no"  # theory 8: a real cubic has a root
    if len(shape) == 2 and any(pencil_has_real_low_rank(u, v) for u, v in itertools.combinations(tensors, 2)):
        return "no"
    if len(shape) == 2 and c == 2:
        return "yes"
    if shape == (2, 2, 2):
        verdict = _hyperdeterminant_verdict(tensors)
        if verdict:
            return verdict
    return "yes" if minors_vanish_only_at_zero(tensors) else None


def _hyperdeterminant_verdict(tensors: Sequence[np.ndarray]) -> str | None:
    """2x2x2: positive somewhere on the subspace: "no"; on a pencil, negative everywhere: "yes"."""
    for x in itertools.product(range(-3, 4), repeat=len(tensors)):
        if any(x) and rank_two_type(sum(a * exact(w) for a, w in zip(x, tensors, strict=True))) == "real":
            return "no"
    if len(tensors) == 2:
        s = sympy.Symbol("s")
        line = [[sympy.Rational(str(Fraction(x))) for x in exact(w).flat] for w in tensors]
        cube = np.array([s * x + y for x, y in zip(*line, strict=True)], dtype=object).reshape(2, 2, 2)
        delta = sympy.Poly(sympy.expand(hyperdeterminant(cube)), s, domain="QQ")
        if delta.degree() == 4 and delta.count_roots() == 0:
            return "yes" if delta.eval(0) < 0 else "no"
    return None


def complex_subspace_verdict(tensors: Sequence[np.ndarray]) -> str | None:
    """interface 4: "over_C the same question over the complex numbers", for one full box."""
    c, shape = len(tensors), np.shape(tensors[0])
    if c == 0:
        return "yes"
    if len(shape) <= 1 or (len(shape) == 2 and min(shape) <= 2):
        return "no"
    types = [rank_two_type(w) for w in tensors]
    if "real" in types or "complex" in types:
        return "no"
    if c == 1:
        return "yes"
    answer = minors_vanish_only_at_zero(tensors)
    return "yes" if answer else "no" if answer is False and len(shape) == 2 else None


def nonnegative_difference(w: np.ndarray) -> tuple[Any, Any, Any, Any] | None:
    """(a, b, c, d) >= 0 with w = a b^T - c d^T for a non-zero rational matrix w, or None when there is none.  Exact.
    Rank 1, w = x y^T: iff x or y has one sign.  Rank 2: a and c are independent non-negative vectors of the column
    space V and all columns lie in cone(a, -c); an interval problem in the plane V, so its ends suffice: a among the
    extreme rays of V+ and the columns in V+, c among the extreme rays and the negated columns in V+."""
    w = exact(w)
    basis, pivots = rref(w.T)
    if len(basis) > 2:
        return None
    if len(basis) == 1:
        x, y = basis[0], w[pivots[0]]  # w = x y^T, x has a one at the pivot
        for left, right, flip in ((x, y, False), (y, x, True)):
            if all(v >= 0 for v in left) or all(v <= 0 for v in left):
                a, signed = (left, right) if all(v >= 0 for v in left) else (-left, -right)
                plus, minus = np.array([max(v, 0) for v in signed]), np.array([max(-v, 0) for v in signed])
                return (plus, a, minus, a) if flip else (a, plus, a, minus)
        return None
    f = basis.T  # V = {f z}: coordinates z in Q^2

    def cross(u: Any, v: Any) -> Any:
        return u[0] * v[1] - u[1] * v[0]

    def good(z: Any) -> bool:
        return any(z) and all(row[0] * z[0] + row[1] * z[1] >= 0 for row in f)

    every = [tuple(w[p, j] for p in pivots) for j in range(w.shape[1])]
    rays = [z for row in f for z in ((-row[1], row[0]), (row[1], -row[0])) if good(z)]
    for a in rays + [z for z in every if good(z)]:
        for c in rays + [(-z[0], -z[1]) for z in every if good((-z[0], -z[1]))]:
            if t := cross(a, c):  # z = b a - d c with b = cross(z, c) / t, d = cross(z, a) / t
                b, d = ([Fraction(cross(z, e)) / t for z in every] for e in (c, a))
                if min(b) >= 0 and min(d) >= 0:
                    return f.dot(np.array(a)), np.array(b), f.dot(np.array(c)), np.array(d)
    return None


# ------------------------------------------------------------------------------------------------ distance on kernels


def cone_distance(sub: Lifting, s: Model, t: Model) -> Callable[[np.ndarray], np.ndarray]:
    """A lower bound, 1-Lipschitz in w, of dist(w, P(R_S) - P(R_S')): the largest distance to one of the closed cones
    {T = 0 outside B u B', some flattening of rank <= 2}, {a part that one box alone covers has rank <= 1}.
    For K = 2 and S = S' it is the distance itself (Eckart-Young): sqrt(tail_2)."""
    covered = np.array([inside(i, s) or inside(i, t) for i in sub.columns])
    parts: list[tuple[Model, int]] = [(box_of_unions(s, t), 2)]
    for one, other in ((s, t), (t, s)):
        for k in range(len(one)):
            rest = tuple(i for i in one[k] if i not in other[k])
            parts.append((tuple(rest if j == k else part for j, part in enumerate(one)), 1))
    position = {i: j for j, i in enumerate(sub.columns)}
    plans = []
    for box, r in parts:
        selector = np.array([position.get(i, -1) for i in itertools.product(*box)], dtype=int)
        shape = [len(part) for part in box if len(part) > 1]
        if len(selector) and len(shape) > 1:
            plans.append((selector, r, flattenings(np.arange(len(selector)).reshape(shape))))

    def distance(w: np.ndarray) -> np.ndarray:
        squared = (w[:, ~covered] ** 2).sum(1)
        for selector, r, maps in plans:
            part = np.concatenate([w, np.zeros((len(w), 1))], axis=1)[:, selector]
            outside = (np.delete(w, selector[selector >= 0], axis=1) ** 2).sum(1) if r == 2 else 0.0
            for f in maps:
                values = np.linalg.svd(part[:, f], compute_uv=False)
                squared = np.maximum(squared, (values[:, r:] ** 2).sum(1) + outside)
        return np.sqrt(squared)

    return distance


def sphere_minimum(
    distance: Callable[[np.ndarray], np.ndarray], w: np.ndarray, budget: int = 60000
) -> tuple[float, float]:
    """theory 7, "branch and bound on the kernel sphere": (lower bound, attained value) of a 1-Lipschitz, homogeneous
    distance over unit vectors of span(w), w orthonormal columns, c <= 4.  Cells are cubes on the faces x_a = 1 of the
    cube; going to the sphere is a contraction, so a cell of half-width r varies by at most r sqrt(c - 1)."""
    c = w.shape[1]

    def value(x: np.ndarray) -> np.ndarray:
        return distance((x / np.linalg.norm(x, axis=1, keepdims=True)) @ w.T)

    if c == 1:
        v = float(value(np.ones((1, 1)))[0])
        return v, v

    def polish(x: np.ndarray) -> float:
        def smooth(y: np.ndarray) -> float:
            return float(value(y[None])[0] ** 2)

        first = scipy.optimize.minimize(smooth, x, method="BFGS", options={"gtol": 1e-12})
        fine = {"xatol": 1e-11, "fatol": 1e-18}
        second = scipy.optimize.minimize(smooth, first.x, method="Nelder-Mead", options=fine)
        return math.sqrt(min(first.fun, second.fun))

    cells = np.array([np.insert(np.zeros(c - 1), a, 1.0) for a in range(c)])
    faces, half, best, used, floor = np.arange(c), 1.0, math.inf, 0, math.inf
    corners = np.array(list(itertools.product((-0.5, 0.5), repeat=c - 1)))
    for _ in range(60):
        values = value(cells)
        used += len(cells)
        order = np.argsort(values)
        if values[order[0]] < best:
            best = min([best, float(values[order[0]])] + [polish(cells[j]) for j in order[:3]])
        lower = values - half * math.sqrt(c - 1)
        floor_here = float(lower.min())
        keep = lower < best * (1 - 1e-6)
        if best < 1e-9 or not keep.any():
            floor = best * (1 - 1e-6) if best >= 1e-9 else 0.0
            break
        cells, faces = cells[keep], faces[keep]
        if used + len(cells) * len(corners) > budget:
            floor = max(0.0, min(floor_here, best * (1 - 1e-6)))
            break
        moves = np.array([[np.insert(corner, a, 0.0) for corner in corners] for a in range(c)])
        cells = (cells[:, None, :] + half * moves[faces]).reshape(-1, c)
        faces = np.repeat(faces, len(corners))
        half /= 2
    if best >= 1e-9 and floor < best * (1 - 2e-6):  # the budget ended the search: look wider
        spread = np.random.default_rng(0).standard_normal((8, c))
        candidates = cells[np.argsort(value(cells))[:8]]
        best = min([best] + [polish(x) for x in np.concatenate([candidates, spread])])
    return min(floor, best), best


def tail_two(w: np.ndarray) -> float:
    """theory 7: tail_2(w) = sum over i >= 3 of sigma_i(w)^2, for the unit vector along the matrix w."""
    s = np.linalg.svd(np.asarray(w, dtype=float), compute_uv=False) ** 2
    return float(s[2:].sum() / s.sum())


def gamma_from_kernel(tensors: Sequence[np.ndarray]) -> float:
    """theory 7: "gamma^{-2} >= max over flattenings of min over unit w in Ker A of tail_2(w), with equality for K = 2
    and full free models": K = 2, kernel of dimension 1 to 4 given by matrices; exact to about 1e-9 (c <= 3)."""
    shape = np.shape(tensors[0])
    if free_subspace_verdict(tensors) == "no":
        return math.inf
    columns = list(itertools.product(*map(range, shape)))
    empty = np.empty((0, len(columns)), dtype=object)
    space = Lifting(empty, columns, list(shape), True, np.zeros((len(columns),) * 2, dtype=object))
    full: Model = tuple(tuple(range(n)) for n in shape)
    w = np.linalg.qr(np.array([np.asarray(t, dtype=float).reshape(-1) for t in tensors]).T)[0]
    return 1 / sphere_minimum(cone_distance(space, full, full), w)[1]


# ------------------------------------------------------------------------------------------- local search on D's cone


def search(
    sub: Lifting, s: Model, t: Model, nonnegative: bool = False, what: str = "gamma", starts: int = 48, seed: int = 0
) -> tuple[float, np.ndarray]:
    """theory 3: "gamma^{-2} = inf { |Pi T|^2 / |T|^2 : T in D }", kappa = inf |A T| / |T|: multistart over
    T = P(h) - P(g), h on S, g on S', and over their limits, the tangents sum_k h.. d_k ..h, h on S n S', d on S u S'.
    T is linear in the k-th vectors of both: alternate exact small eigenproblems, then L-BFGS on the best starts.  With
    h, g >= 0: L-BFGS with bounds only.  A T below 1e-6 of its terms is not believed (rounding; the tangents stand for
    it).  Returns (ratio, T): sqrt of the least quotient seen, an UPPER bound of the infimum."""
    index = np.array(sub.columns)
    n, count = index.shape
    hot = [np.eye(sub.sizes[k])[index[:, k]] for k in range(count)]
    m = np.linalg.svd(sub.floats, full_matrices=True)[2][: sub.rank] if what == "gamma" else sub.floats
    rng = np.random.default_rng(seed)
    common = tuple(tuple(i for i in a if i in b) for a, b in zip(s, t, strict=True))
    union = box_of_unions(s, t)
    best: tuple[float, np.ndarray] = (math.inf, np.zeros(n))

    def without(v: list[np.ndarray], *skip: int) -> np.ndarray:
        return math.prod((v[j][index[:, j]] for j in range(count) if j not in skip), start=np.ones(n))

    def maps(x: list[np.ndarray], y: list[np.ndarray], tangent: bool, k: int) -> tuple[np.ndarray, np.ndarray]:
        """T = left x_k + right y_k (for a tangent without its k-th term in left)."""
        if tangent:
            left = sum((y[j][index[:, j]] * without(x, j, k) for j in range(count) if j != k), np.zeros(n))
            return hot[k] * left[:, None], hot[k] * without(x, k)[:, None]
        return hot[k] * without(x, k)[:, None], hot[k] * -without(y, k)[:, None]

    def quotient(x: list[np.ndarray], y: list[np.ndarray], tangent: bool) -> tuple[float, np.ndarray]:
        terms = [y[j][index[:, j]] * without(x, j) for j in range(count)] if tangent else [without(x), -without(y)]
        tt = sum(terms, np.zeros(n))
        size, scale = float(tt @ tt), sum(float(v @ v) for v in terms)
        return (float(((m @ tt) ** 2).sum() / size) if size > 1e-12 * scale else math.inf), tt

    for tangent in (False, True):
        xs, ys = (common, union) if tangent else (s, t)
        if not all(xs) or not all(ys):
            continue
        layout = [(z, k, i) for z, sup in ((0, xs), (1, ys)) for k in range(count) for i in sup[k]]
        lo, hi = np.full(len(layout), -np.inf), np.full(len(layout), np.inf)
        for j, (z, k, i) in enumerate(layout):
            if nonnegative and (z == 0 or not tangent):
                lo[j] = 0
            elif nonnegative:  # d = a - b, a on S and b on S' keep h >= 0: a sign where only one of them is free
                lo[j], hi[j] = (-np.inf if i in t[k] else 0), (np.inf if i in s[k] else 0)

        def unpack(flat: np.ndarray, layout: Any = layout) -> tuple[list[np.ndarray], list[np.ndarray]]:
            vectors = [[np.zeros(a) for a in sub.sizes] for _ in range(2)]
            for value, (z, k, i) in zip(flat, layout, strict=True):
                vectors[z][k][i] = value
            return vectors[0], vectors[1]

        def objective(flat: np.ndarray, layout: Any = layout, tangent: bool = tangent) -> tuple[float, np.ndarray]:
            x, y = unpack(flat, layout)
            q, tt = quotient(x, y, tangent)
            if q == math.inf:
                return 1e6, np.zeros(len(flat))
            slope = 2 * (m.T @ (m @ tt) - q * tt) / float(tt @ tt)
            gradient = [[part.T @ slope for part in maps(x, y, tangent, k)] for k in range(count)]
            return q, np.array([gradient[k][z][i] for z, k, i in layout])

        def sweep(x: list[np.ndarray], y: list[np.ndarray], tangent: bool, xs: Model, ys: Model) -> None:
            for k in range(count):
                left, right = maps(x, y, tangent, k)
                both = np.concatenate([left[:, list(xs[k])], right[:, list(ys[k])]], axis=1)
                u, sv, vt = np.linalg.svd(both, full_matrices=False)
                if sv[0] < 1e-12:
                    return
                r = int((sv > 1e-7 * sv[0]).sum())
                z = np.linalg.svd(m @ u[:, :r], full_matrices=True)[2][-1]
                solution = vt[:r].T @ (z / sv[:r])
                x[k][list(xs[k])], y[k][list(ys[k])] = solution[: len(xs[k])], solution[len(xs[k]) :]
                for vectors in () if tangent else (x, y):  # balance the factors' norms
                    norms = [np.linalg.norm(v) for v in vectors]
                    if min(norms) > 0:
                        mean = math.prod(norms) ** (1 / count)
                        vectors[:] = [v * (mean / a) for v, a in zip(vectors, norms, strict=True)]

        pool = []
        for _ in range(starts):
            x, y = unpack(np.clip(rng.standard_normal(len(layout)), lo, hi), layout)
            if nonnegative:
                x, y = [abs(v) for v in x], y if tangent else [abs(v) for v in y]
            old = math.inf
            for _ in range(0 if nonnegative else 40):
                sweep(x, y, tangent, xs, ys)
                new = quotient(x, y, tangent)[0]
                if new > old * (1 - 1e-5):
                    break
                old = new
            q, tt = quotient(x, y, tangent)
            best = min(best, (q, tt), key=lambda pair: pair[0])
            pool.append((q, np.array([(x, y)[z][k][i] for z, k, i in layout])))
        pool.sort(key=lambda pair: pair[0])
        for _, flat in pool if nonnegative else pool[:8]:
            found = scipy.optimize.minimize(
                objective, flat, jac=True, method="L-BFGS-B", bounds=list(zip(lo, hi, strict=True)),
                options={"maxiter": 300, "ftol": 1e-15, "gtol": 1e-10},
            )  # fmt: skip
            best = min(best, quotient(*unpack(found.x, layout), tangent), key=lambda pair: pair[0])
    return math.sqrt(best[0]) if best[0] < math.inf else math.inf, best[1]


# ----------------------------------------------------------------------------------------- verdicts and gamma by pair


def pair_verdict(sub: Lifting, s: Model, t: Model, nonnegative: bool = False, scan: bool = True) -> str | None:
    """theory 2: is Ker A n (P(M^S) - P(M^S')) = {0}?  sub: any lifting whose columns hold B u B'.  scan: also try the
    Lipschitz scan of a kernel of dimension <= 4 ("yes" when the least distance is above 1e-6)."""
    u = sub.restrict(lambda i: inside(i, s) or inside(i, t))
    if u.kernel_dimension == 0:
        return "yes"
    if is_linear(s) and is_linear(t) and (not nonnegative or s == t):
        return "no"  # D is the whole coordinate space of B u B'
    if not u.tensor:
        return None
    union = box_of_unions(s, t)
    tensors = [tensor_on(union, u.columns, w) for w in u.kernel.T]
    if s == t:
        verdict = free_subspace_verdict(tensors)
        if verdict == "yes" or not nonnegative:
            if verdict:
                return verdict
        elif len(tensors) == 1 and tensors[0].ndim == 2:
            return "no" if any(nonnegative_difference(sign * tensors[0]) for sign in (1, -1)) else "yes"
    elif tensors[0].ndim > 1 and (
        (len(tensors) == 1 and rank_two_type(tensors[0]) == "more") or minors_vanish_only_at_zero(tensors)
    ):
        return "yes"
    if scan and u.kernel_dimension <= 4:
        w = np.linalg.qr(u.kernel.astype(float))[0]
        if sphere_minimum(cone_distance(u, s, t), w, 20000)[0] > 1e-6:
            return "yes"
    return None


def pair_gamma(
    sub: Lifting, s: Model, t: Model, nonnegative: bool = False, starts: int = 48, seed: int = 0
) -> tuple[float, float]:
    """theory 3: gamma of one pair, Ker A = the kernel of `sub` (the whole space, a box or a union).  (lo, hi): lo is
    attained (local search, or the scan of the kernel's sphere), hi by the Lipschitz scan for kernels of dimension <= 4,
    inf beyond; lo = hi where a closed form applies (trivial kernel, D linear, K = 2 and S = S' up to 1e-9)."""
    if sub.kernel_dimension == 0:
        return 1.0, 1.0
    if pair_verdict(sub, s, t, nonnegative, scan=False) == "no":
        return math.inf, math.inf
    same, linear = s == t, is_linear(s) and is_linear(t)
    covered = [inside(i, s) or inside(i, t) for i in sub.columns]
    w = np.linalg.qr(sub.kernel.astype(float))[0]
    if linear and (same or not nonnegative):  # 1 - largest eigenvalue of the kernel's projector on these coordinates
        g = 1 / math.sqrt(1 - np.linalg.norm(w[covered], 2) ** 2)
        return g, g
    box = box_of_unions(s, t)
    modes = sum(len(part) > 1 for part in box)
    u = sub.restrict(lambda i: inside(i, s) or inside(i, t))
    if same and u.tensor and not nonnegative and modes > 2 and u.kernel_dimension:
        if any(rank_two_type(tensor_on(box, u.columns, v)) == "tangent" for v in u.kernel.T):
            return math.inf, math.inf  # theory 3: a tangent direction of the rank-one cone lies in Ker A
    hi, lo = math.inf, 1.0
    if sub.tensor and sub.kernel_dimension <= 4:
        low, seen = sphere_minimum(cone_distance(sub, s, t), w)
        hi = 1 / low if low > 0 else math.inf
        if same and modes == 2 and not nonnegative:
            return (1 / seen, 1 / seen) if sub.kernel_dimension <= 3 else (1 / seen, hi)
    ratio, _ = search(sub, s, t, nonnegative, "gamma", starts, seed)
    lo = max(lo, 1 / ratio if ratio > 0 else math.inf)
    return lo, max(hi, lo)


def dnsp_gamma(
    basis: Sequence[np.ndarray],
    alive: Sequence[Index] | None = None,
    data: Any = None,
    models: Sequence[Any] | None = None,
    nonnegative: bool = False,
    starts: int = 48,
    seed: int = 0,
) -> tuple[float, float]:
    """interface 4: "`dnsp` is always section 3 of theory.md, whatever the model: T over differences within the models,
    T' over the whole Ker A": (lo, hi) of gamma, the worst over the pairs; see pair_gamma."""
    space = lifting(basis, alive, data)
    if uniform_on(space, models, nonnegative, 5000) == "no":
        return math.inf, math.inf
    every = [pair_gamma(space, s, t, nonnegative, starts, seed) for s, t in pairs(maximal_models(models, space.sizes))]
    return max(g[0] for g in every), max(g[1] for g in every)


def dnsp_kappa(
    basis: Sequence[np.ndarray],
    alive: Sequence[Index] | None = None,
    data: Any = None,
    models: Sequence[Any] | None = None,
    nonnegative: bool = False,
    starts: int = 48,
    seed: int = 0,
) -> tuple[float, float]:
    """interface 4: "kappa = inf |AT| / |T| over the same T": (lo, hi).  hi is attained (a search, exact where D is
    linear); lo = sigma_min / gamma.hi (theory 3: sigma_min / gamma <= kappa <= sigma_max / gamma).  uniform "no" (and
    gamma infinite by a tangent): (0, 0).  No alive coordinate: the infimum of nothing, (inf, inf)."""
    space = lifting(basis, alive, data)
    lo, hi = math.inf, math.inf
    if not space.columns:
        return lo, hi
    if uniform_on(space, models, nonnegative, 5000) == "no":
        return 0.0, 0.0
    for s, t in pairs(maximal_models(models, space.sizes)):
        gamma = pair_gamma(space, s, t, nonnegative, starts, seed)
        if gamma[0] == math.inf:
            return 0.0, 0.0
        if not any(inside(i, s) or inside(i, t) for i in space.columns):
            continue
        if is_linear(s) and is_linear(t) and (s == t or not nonnegative):
            low = high = float(space.restrict(lambda i, s=s, t=t: inside(i, s) or inside(i, t)).singular_values[-1])
        else:
            high = search(space, s, t, nonnegative, "kappa", starts, seed)[0]
            low = min(space.sigma_min / gamma[1] if gamma[1] < math.inf else 0.0, high)
        lo, hi = min(lo, low), min(hi, high)
    return lo, hi


def sparse_dnsp(
    basis: Sequence[np.ndarray],
    models: Sequence[Any],
    alive: Sequence[Index] | None = None,
    data: Any = None,
    nonnegative: bool = False,
    starts: int = 48,
    seed: int = 0,
) -> dict[str, Any]:
    """interface 4: "`sparse_dnsp` is section 4, worst over pairs of maximal supports: `gamma`, `lower_rip` on the box
    of unions (the paper's); `gamma_union`, `lower_rip_union` on B u B'; `deficient_pairs`: pairs with a kernel on the
    box."
    lower_rip: "the least non-zero singular value over all pairs of A_{S u S'} on its box".  gammas are (lo, hi).
    Also: deficient_unions, and ratio = (lo, hi) of max over pairs of the smaller gamma / sigma (box or union)."""
    space = lifting(basis, alive, data)
    memory: dict[tuple[Index, ...], tuple[Lifting, float]] = {}

    def part(keep: Callable[[Index], bool]) -> tuple[Lifting, float]:
        sub = space.restrict(keep)
        key = tuple(sub.columns)
        if key not in memory:
            memory[key] = (sub, sub.sigma_min)
        return memory[key]

    couples = pairs(maximal_models(models, space.sizes))
    collision = uniform_on(space, models, nonnegative, 5000) == "no"  # some T of D lies in Ker A n R^(B u B')
    out: dict[str, Any] = {"pairs": len(couples), "deficient_pairs": 0, "deficient_unions": 0}
    rips, gammas, ratios = {"": math.inf, "_union": math.inf}, {"": (1.0, 1.0), "_union": (1.0, 1.0)}, (0.0, 0.0)
    for s, t in couples:
        box = box_of_unions(s, t)
        quotient = []
        for name, keep in (
            ("", lambda i, b=box: inside(i, b)),
            ("_union", lambda i, s=s, t=t: inside(i, s) or inside(i, t)),
        ):
            sub, sigma = part(keep)
            rips[name] = min(rips[name], sigma)
            gamma = (1.0, 1.0)
            if sub.kernel_dimension:
                out["deficient_pairs" if name == "" else "deficient_unions"] += 1
                gamma = (1.0, math.inf) if collision else pair_gamma(sub, s, t, nonnegative, starts, seed)
                gammas[name] = (max(gammas[name][0], gamma[0]), max(gammas[name][1], gamma[1]))
            quotient.append((gamma[0] / sigma, gamma[1] / sigma))
        ratios = (max(ratios[0], min(q[0] for q in quotient)), max(ratios[1], min(q[1] for q in quotient)))
    if collision:
        gammas, ratios = dict.fromkeys(gammas, (math.inf, math.inf)), (math.inf, math.inf)
    return out | {
        "lower_rip": rips[""], "lower_rip_union": rips["_union"], "gamma": gammas[""], "gamma_union": gammas["_union"],
        "ratio": ratios,
    }  # fmt: skip


# ------------------------------------------------------------------------------------------------------------ uniform


def parameter_vectors(
    part: Sequence[int], size: int, values: Sequence[int], normal: bool, nonzeros: int
) -> list[Index]:
    """All non-zero vectors with these values on the support `part`, at most so many non-zero; normal: one a line."""
    out = []
    for v in itertools.product(values, repeat=len(part)):
        lead = next((x for x in v if x), 0)
        if not lead or sum(x != 0 for x in v) > nonzeros or normal and (lead <= 0 or math.gcd(*v) != 1):
            continue
        full = [0] * size
        for i, x in zip(part, v, strict=True):
            full[i] = x
        out.append(tuple(full))
    return out


def find_witness(
    space: Lifting, models: Sequence[Any] | None = None, nonnegative: bool = False, limit: int = 30000
) -> tuple[list[Index], list[Index]] | None:
    """theory 2: two parameters of the models with A P(h) = A P(g) and P(h) != P(g), by exhaustive comparison of all
    small integer parameters (one-hot, two non-zeros, then all of {-1,0,1}, {-2..2}, ...; {0,1}, ... when non-negative)
    as far as at most `limit` of them are compared; exact integers."""
    supports = maximal_models(models, space.sizes)
    index = np.array(space.columns)
    a = integer(rref(space.gram)[0]).reshape(-1, len(index)).T  # same kernel as A, fewer rows
    for reach_, nonzeros in ((1, 1), (1, 2), (1, 99), (2, 99), (3, 99), (4, 99)):
        values = range(0 if nonnegative else -reach_, reach_ + 1)
        choices = [
            [parameter_vectors(part, space.sizes[k], values, k > 0, nonzeros) for k, part in enumerate(m)]
            for m in supports
        ]
        if sum(math.prod(map(len, c)) for c in choices) > limit:
            continue
        everything: Iterable[tuple[Index, ...]] = itertools.chain.from_iterable(itertools.product(*c) for c in choices)
        pool = [tuple((0,) * s for s in space.sizes), *dict.fromkeys(everything)]
        vectors = [np.array([h[k] for h in pool], dtype=np.int64) for k in range(len(space.sizes))]
        lifted = math.prod((v[:, index[:, k]] for k, v in enumerate(vectors)), start=np.int64(1))
        small = max((abs(x) for x in a.flat), default=0) * reach_ ** len(space.sizes) * len(index) < 2**62
        images = lifted.dot(a.astype(np.int64)) if small else lifted.astype(object).dot(a)
        seen: dict[Any, int] = {}
        for j in range(len(pool)):
            first = seen.setdefault(images[j].tobytes() if small else tuple(images[j]), j)
            if (lifted[first] != lifted[j]).any():
                return list(pool[first]), list(pool[j])
    return None


def uniform(
    basis: Sequence[np.ndarray],
    alive: Sequence[Index] | None = None,
    data: Any = None,
    models: Sequence[Any] | None = None,
    nonnegative: bool = False,
    limit: int = 30000,
) -> str | None:
    """theory 2: "*uniform*: every h in every model is identifiable iff Ker A n D = {0}", real parameters, zero vectors
    included (g = 0 is in every model).  interface 4: path-scale and neuron-scale "injectivity on path products over all
    parameters, zero kernels included".  Exact where it answers, but for "yes" by the Lipschitz scan (float margin)."""
    return uniform_on(lifting(basis, alive, data), models, nonnegative, limit)


def uniform_on(
    space: Lifting, models: Sequence[Any] | None = None, nonnegative: bool = False, limit: int = 30000
) -> str | None:
    """`uniform` for a lifting: exact tests by pair, then small witnesses, then the scan of the pairs left over."""
    couples = pairs(maximal_models(models, space.sizes))
    left = []
    for s, t in couples:
        verdict = pair_verdict(space, s, t, nonnegative, scan=False)
        if verdict == "no":
            return "no"
        if verdict is None:
            left.append((s, t))
    if left and find_witness(space, models, nonnegative, limit):
        return "no"
    return "yes" if all(pair_verdict(space, s, t, nonnegative) for s, t in left) else None


def uniform_over_complex(basis: Sequence[np.ndarray], data: Any = None) -> str | None:
    """interface 4: "`over_C` the same question over the complex numbers"; free models, `scale`."""
    space = lifting(basis, None, data)
    if space.kernel_dimension == 0:
        return "yes"
    full: Model = tuple(tuple(range(s)) for s in space.sizes)
    return complex_subspace_verdict([tensor_on(full, space.columns, w) for w in space.kernel.T])


# -------------------------------------------------------------------------------------------------- local and generic


def local_rank(
    basis: Sequence[np.ndarray], data: Any = None, support: Model | None = None, prime: int = PRIME, seed: int = 0
) -> int:
    """theory 2: the rank of the Jacobian of h -> M_1(h_1)...M_K(h_K) (times data) at a generic point of a support:
    random points modulo 2^61 - 1, the larger of two."""
    rng = np.random.default_rng(seed)
    factors = [np.vectorize(lambda x: modular(x, prime), otypes=[object])(exact(b)) for b in basis]
    if support is not None:
        factors = [f[list(part)] for f, part in zip(factors, support, strict=True)]
    right = None if data is None else np.vectorize(lambda x: modular(x, prime), otypes=[object])(exact(data))
    ranks = []
    for _ in range(2):
        points = [[int(v) for v in rng.integers(1, prime, len(f))] for f in factors]
        values = [np.array(h, dtype=object).dot(f.transpose(1, 0, 2)) for h, f in zip(points, factors, strict=True)]
        columns = []
        for k, f in enumerate(factors):
            for b in f:
                product = None
                for j in range(len(factors)):
                    step = b if j == k else values[j]
                    product = step % prime if product is None else product.dot(step % prime) % prime
                columns.append(list((product if right is None else product.dot(right) % prime).reshape(-1)))
        ranks.append(rank_modulo(columns, prime))
    return max(ranks)


def expected_scale(sizes: Sequence[int]) -> int:
    """interface 4: "`scale` sum S_k - (K - 1)"."""
    return sum(sizes) - (len(sizes) - 1)


def expected_neuron(patterns: Sequence[Sequence[Sequence[int]]]) -> int:
    """interface 4: "`neuron-scale` sum S_k minus the inner neurons that lie on a path" (from an input to an output)."""
    neurons = {(k, patterns[k][i[k]][1]) for i in neuron_alive(patterns) for k in range(len(patterns) - 1)}
    return sum(map(len, patterns)) - len(neurons)


def edge_paths(edges: Sequence[dict[str, Any]], output: str) -> list[list[int]]:
    """All paths as lists of edge numbers, from the output to an input (product order)."""

    def grow(node: str) -> list[list[int]]:
        arriving = [(j, e) for j, e in enumerate(edges) if e["to"] == node]
        return [[j, *rest] for j, e in arriving for rest in grow(e["from"])] if arriving else [[]]

    return grow(output)


def expected_path(edges: Sequence[dict[str, Any]], output: str) -> int:
    """interface 4: "`path-scale` taps - (|E| - rank of the path-edge incidence matrix)"."""
    incidence = np.array([[int(j in path) for j in range(len(edges))] for path in edge_paths(edges, output)])
    return sum(len(e["taps"]) for e in edges) - (len(edges) - rank(incidence))


def local_verdict(local: int, expected: int) -> str:
    """theory 2: "necessary and sufficient for local identifiability at a generic point: the Jacobian [...] has rank
    [...] its largest value"."""
    return "yes" if local == expected else "no"


def deal_roots(kernels: Sequence[Sequence[float]], taps: Sequence[Sequence[int]]) -> tuple[int, int]:
    """theory 5: "the classes with the same product are the ways to deal the roots of the product to the layers": (real,
    complex) number of classes at given real kernels on given taps, no wrap-around, by trying every deal of the computed
    roots and keeping those whose filters live on the taps."""
    polynomials, low = [], [min(t) for t in taps]
    for h, t, lo in zip(kernels, taps, low, strict=True):
        c = np.zeros(max(t) - lo + 1)
        c[[x - lo for x in t]] = h
        polynomials.append(c[::-1])
    degrees = [len(c) - 1 for c in polynomials]
    roots = np.concatenate([np.roots(c) for c in polynomials]) if sum(degrees) else np.zeros(0)
    real = total = 0
    for deal in multiset_permutations([k for k, d in enumerate(degrees) for _ in range(d)]):
        filters = [np.poly(roots[[j for j, owner in enumerate(deal) if owner == k]]) for k in range(len(degrees))]
        filters = [np.atleast_1d(f)[::-1] for f in filters]
        scales = [np.abs(f).max() for f in filters]
        allowed = [np.isin(np.arange(len(f)), [x - lo for x in t]) for f, t, lo in zip(filters, taps, low, strict=True)]
        if any(np.abs(f[~a]).max(initial=0) > 1e-7 * z for f, a, z in zip(filters, allowed, scales, strict=True)):
            continue
        total += 1
        real += all(np.abs(np.imag(f)).max() < 1e-7 * z for f, z in zip(filters, scales, strict=True))
    return real, total


def generic_fibre(taps: Sequence[Sequence[int]], samples: int = 60, seed: int = 0) -> tuple[list[int], int]:
    """interface 4: "`fibre_real` = [least, most] classes over open sets of real parameters, `fibre_C` = classes over
    C of a generic product", for a chain of filters without wrap-around, at random real kernels (each open set of
    root types is met with high probability when the degrees sum to 5 or less)."""
    rng = np.random.default_rng(seed)
    found = [deal_roots([rng.standard_normal(len(t)) for t in taps], taps) for _ in range(samples)]
    return [min(f[0] for f in found), max(f[0] for f in found)], max(f[1] for f in found)


def generic_fibre_full_runs(degrees: Sequence[int]) -> tuple[list[int], int]:
    """theory 5: degrees (d_1, ..., d_K), full runs of taps, no wrap-around: deal labelled roots, real ones alone and
    conjugate pairs together; every way the layers can have real roots and pairs is an open set."""
    owners = list(multiset_permutations([k for k, d in enumerate(degrees) for _ in range(d)]))
    counts = set()
    for pairs_of_layers in itertools.product(*(range(d // 2 + 1) for d in degrees)):
        q = sum(pairs_of_layers)  # roots 0, 1 are conjugate, 2, 3 are conjugate, ...; the rest are real
        counts.add(sum(all(deal[2 * j] == deal[2 * j + 1] for j in range(q)) for deal in owners))
    return [min(counts), max(counts)], len(owners)


# --------------------------------------------------------------------------------------------------- metric, recovery


def class_distance(h: Sequence[Any], g: Sequence[Any], p: float) -> float:
    """theory 1: "d_p([h],[g]) = inf |h' - g'|_p over h' in [h] n R_diag, g' in [g] n R_diag", R_diag = {all |h_k|_inf
    equal}; members of a class "differ by signs of even number": every sign pattern of product one is tried."""
    diagonal = []
    for vectors in (h, g):
        norms = [max(abs(float(x)) for x in v) for v in vectors]
        if min(norms) == 0:
            raise ValueError("classes are defined for h with all h_k != 0")
        mean = math.prod(norms) ** (1 / len(norms))
        diagonal.append([np.array([float(x) for x in v]) * (mean / a) for v, a in zip(vectors, norms, strict=True)])
    best = math.inf
    for signs in itertools.product((1, -1), repeat=len(h)):
        if math.prod(signs) == 1:
            difference = np.concatenate([x - e * y for e, x, y in zip(signs, *diagonal, strict=True)])
            best = min(best, float(np.linalg.norm(difference, p)))
    return best


def path_distance(paths: Sequence[Sequence[int]], h: Sequence[Any], g: Sequence[Any], p: float) -> float:
    """theory 5: "Delta_p({h},{g}) = (sum over paths of d_p([h^path],[g^path])^p)^{1/p}"; h and g are lists over the
    edges, paths are lists of edge numbers (edge_paths)."""
    return float(np.linalg.norm([class_distance([h[e] for e in q], [g[e] for e in q], p) for q in paths], p))


def recovery_constant(equivalence: str, sizes: Sequence[int], kappa: float, p: float, paths: int = 1) -> float:
    """interface 4: "2 (sum S_k)^{1/p} / kappa, without the min(...) factor; [...] path-scale: 2 (K S)^{1/p}
    |paths|^{max(0, 1/p - 1/2)} / kappa, to be multiplied by eps^{1-K}; neuron-scale: 1/kappa, for path products"."""
    if kappa == 0:
        return math.inf
    inverse = 0.0 if p == math.inf else 1 / p
    if equivalence == "neuron-scale":
        return 1 / kappa
    if equivalence == "path-scale":
        return 2 * (len(sizes) * max(sizes)) ** inverse * paths ** max(0.0, inverse - 0.5) / kappa
    return 2 * sum(sizes) ** inverse / kappa


def recovery_paper(sizes: Sequence[int], gamma: float, sigma: float, p: float) -> float:
    """interface 4: "`paper`: 7 (K S)^{1/p} gamma/sigma"; S = max S_k (theory 1)."""
    return 7 * (len(sizes) * max(sizes)) ** (0.0 if p == math.inf else 1 / p) * gamma / sigma


# -------------------------------------------------------------------------------------------------------------- K = 1


def lower_rip(a: np.ndarray, order: int) -> float:
    """interface 5: "the least singular value over all `order`-column submatrices" (zeros counted)."""
    columns = np.asarray(a, dtype=float)
    value = math.inf
    for chosen in itertools.combinations(range(columns.shape[1]), order):
        s = np.linalg.svd(columns[:, list(chosen)], compute_uv=False)
        value = min(value, s[-1] if len(s) == order else 0.0)
    return float(value)


def l1_null_space_constant(a: np.ndarray, k: int) -> float:
    """theory 4: "alpha_k = max over v in Ker A of (sum of the k largest |v_i|) / |v|_1": a linear program for each set
    of k coordinates and each choice of signs (the first positive): maximise sum of s_i v_i over |v|_1 <= 1."""
    matrix = np.asarray(a, dtype=float)
    n = matrix.shape[1]
    best = 0.0
    for chosen in itertools.combinations(range(n), k):
        for signs in itertools.product((1, -1), repeat=k - 1):
            goal = np.zeros(n)
            goal[list(chosen)] = (1, *signs)
            program = scipy.optimize.linprog(
                np.concatenate([-goal, goal]), A_ub=np.ones((1, 2 * n)), b_ub=[1],
                A_eq=np.concatenate([matrix, -matrix], axis=1), b_eq=np.zeros(len(matrix)), method="highs",
            )  # fmt: skip
            best = max(best, -program.fun)
    return best


# ------------------------------------------------------------------------------------------- random plain problems


def random_problem(seed: int, kind: str | None = None, choice: str | None = None) -> dict[str, Any]:
    """A small problem (K <= 3, S_k <= 3, entries -2..2, every model and equivalence), as plain data:
    equivalence, model (the case file's table, None for free), basis, alive, models, nonnegative, data; and what it came
    from: kind "basis" (random factors), "kernel" (random lifting of corank 1 to 3), "pattern" (neuron-scale, patterns)
    or "network" (path-scale or scale; layers, length, edges, output, leaves).  choice: the kind of model."""
    rng = np.random.default_rng(seed)

    def draw(a: int, b: int) -> int:
        return int(rng.integers(a, b + 1))

    kind = kind or str(rng.choice(["basis", "kernel", "pattern", "network"]))
    count = draw(1, 3) if kind in ("basis", "kernel") else draw(2, 3)
    out: dict[str, Any] = {"kind": kind, "seed": seed, "equivalence": "scale", "alive": None, "data": None}
    if kind == "basis":
        shape, sizes = [draw(1, 3) for _ in range(count + 1)], [draw(1, 3) for _ in range(count)]
        out["basis"] = [rng.integers(-2, 3, (s, shape[k], shape[k + 1])) for k, s in enumerate(sizes)]
    elif kind == "kernel":
        sizes = [draw(2, 3) for _ in range(count)]
        n = math.prod(sizes)
        out["basis"] = basis_of(rng.integers(-2, 3, (max(1, n - draw(1, 3)), n)), sizes)
    elif kind == "pattern":
        shape = [draw(1, 3) for _ in range(count + 1)]
        out["patterns"] = []
        for k in range(count):
            cells = list(itertools.product(range(shape[k]), range(shape[k + 1])))
            picked = sorted(rng.choice(len(cells), min(len(cells), draw(1, 3)), replace=False).tolist())
            out["patterns"].append([list(cells[j]) for j in picked])
        out["shapes"] = [[shape[k], shape[k + 1]] for k in range(count)]
        out["basis"] = [pattern_basis(s, e) for s, e in zip(out["shapes"], out["patterns"], strict=True)]
        if rng.random() < 0.7:
            out["equivalence"], out["alive"] = "neuron-scale", neuron_alive(out["patterns"])
    else:
        n, width = draw(3, 6), [1, *(draw(1, 2) for _ in range(count - 1)), draw(1, 2)]
        edges: list[dict[str, Any]] = []
        for k in range(count):
            ends = [(b % width[k], b) for b in range(width[k + 1])]  # every node has a way out and, below, a way in
            ends += [(a, 0) for a in range(width[k]) if a >= width[k + 1]]
            for a, b in dict.fromkeys(ends):
                taps = sorted(rng.choice(n, draw(1, 2), replace=False).tolist())
                to, frm = "y" if k == 0 else f"u{k}_{a}", f"x{b}" if k == count - 1 else f"u{k + 1}_{b}"
                edges.append({"name": f"e{len(edges)}", "from": frm, "to": to, "taps": taps})
        edges = [edges[j] for j in rng.permutation(len(edges))]
        layers, leaves = layers_of_edges(edges, "y"), leaves_of_edges(edges)
        out |= {"length": n, "edges": edges, "output": "y", "layers": layers, "leaves": leaves}
        out["basis"] = network_basis(layers, n, leaves)
        if len(edge_paths(edges, "y")) > 1:
            out["equivalence"], out["alive"] = "path-scale", path_alive(layers)
    sizes = [len(b) for b in out["basis"]]
    model: dict[str, Any] | None = None
    any_model = str(rng.choice(["free", "supports", "sparse", "group-sparse", "nonnegative"]))
    choice = choice or any_model
    if choice == "supports":
        supports = [
            [sorted(rng.choice(s, draw(1, s), replace=False).tolist()) for s in sizes] for _ in range(draw(1, 3))
        ]
        model, out["models"] = {"kind": choice, "supports": supports}, supports
    elif choice == "sparse":
        sparsity = [draw(1, s) for s in sizes]
        model, out["models"] = {"kind": choice, "sparsity": sparsity}, sparse_models(sizes, sparsity)
    elif choice == "group-sparse":
        cuts = [draw(1, s) for s in sizes]
        groups = [[list(range(c))] + ([list(range(c, s))] if c < s else []) for c, s in zip(cuts, sizes, strict=True)]
        active = [draw(1, len(g)) for g in groups]
        model, out["models"] = {"kind": choice, "groups": groups, "active": active}, group_models(groups, active)
    else:
        model, out["models"] = {"kind": choice}, None
    out["nonnegative"] = choice == "nonnegative" or bool(rng.random() < 0.2)
    if out["nonnegative"] and choice != "nonnegative":
        model["nonnegative"] = True
    out["model"] = model
    if rng.random() < 0.15:
        out["data"] = rng.integers(-2, 3, (out["basis"][-1].shape[2], draw(1, 3)))
    return out


def problem_toml(problem: dict[str, Any]) -> str:
    """The same problem as the text of a case file (interface 1)."""

    def nested(x: Any) -> str:
        return str([nested_list(m) for m in x] if np.ndim(x) == 3 else nested_list(x))

    def nested_list(m: Any) -> list[list[int]]:
        return [[int(v) for v in r] for r in m]

    lines = [f'title = "random problem {problem["seed"]}"', f'equivalence = "{problem["equivalence"]}"', ""]
    if problem["kind"] == "network":
        lines += ["[network]", f"length = {problem['length']}", f'output = "{problem["output"]}"', "edges = ["]
        for e in problem["edges"]:
            lines.append(f'  {{name = "{e["name"]}", from = "{e["from"]}", to = "{e["to"]}", taps = {e["taps"]}}},')
        lines.append("]")
    for k, b in enumerate(problem["basis"] if problem["kind"] != "network" else []):
        lines.append("[[factors]]")
        if problem["kind"] == "pattern":
            lines += ['operator = "pattern"', f"shape = {problem['shapes'][k]}", f"entries = {problem['patterns'][k]}"]
        else:
            lines += ['operator = "basis"', f"basis = {nested(b)}"]
    lines.append("[model]")
    for key, value in problem["model"].items():
        lines.append(f"{key} = " + (f'"{value}"' if isinstance(value, str) else str(value).replace("True", "true")))
    if problem["data"] is not None:
        lines += ["[data]", f"inputs = {nested(problem['data'])}"]
    return "\n".join(lines) + "\n"


# -- classes in a finite field ------------------------------------------------------------------------


def other_classes(
    a: Any, sizes: Sequence[int], boxes: Sequence[Any], q: int, rng: np.random.Generator, samples: int = 12
) -> float:
    """For what share of random h another class has the product, in the field of q elements.

    `scale`.  All parameters but those of the last factor run through the field, normalised; the last ones solve linear
    equations.  Where a generic h has other classes over C, some are rational (Lang and Weil, Chebotarev),
    and so at a good share of h; where it has none, there are some at a share of about 1/q, sometimes many.
    """
    a, total = np.asarray(a, dtype=np.int64).reshape(-1, *sizes) % q, 0
    for sample in range(samples):
        box = boxes[sample % len(boxes)]
        h = [np.zeros(n, dtype=np.int64) for n in sizes]
        for part, where in zip(h, box, strict=True):
            part[list(where)] = rng.integers(1, q, len(where))
        image = a
        for part in reversed(h):
            image = image @ part % q
        total += len(set().union(*(_same_product(a, image, other, q) for other in boxes))) > 1
    return total / samples


def _same_product(a: np.ndarray, image: np.ndarray, box: Any, q: int) -> set[Any]:
    """All classes of a box with this product that is not 0: of a solution space of many, one element and more."""
    firsts = [_lines(part, n, q) for part, n in zip(box[:-1], a.shape[1:-1], strict=True)]
    numbers = np.array(list(itertools.product(*(range(len(f)) for f in firsts))), dtype=np.int64)
    systems = np.broadcast_to(a, (len(numbers), *a.shape))
    for k, lines in enumerate(firsts):
        systems = np.einsum("gmi...,gi->gm...", systems, lines[numbers[:, k]]) % q
    width = len(box[-1])
    right = np.broadcast_to(image[:, None], (len(numbers), len(image), 1))
    reduced, ranks, where = _reduced(np.concatenate([systems[:, :, list(box[-1])], right], axis=2), q)
    found: set[Any] = set()
    for g in np.flatnonzero(where[:, width] < 0):
        x = np.zeros(a.shape[-1], dtype=np.int64)
        for c in range(width):
            if where[g, c] >= 0:
                x[box[-1][c]] = reduced[g, where[g, c], width]
        own = (*(bytes(lines[k]) for k, lines in zip(numbers[g], firsts, strict=True)), bytes(x))
        found |= {own} if ranks[g] == width else {own, (*own, "and more")}
    return found


def _lines(part: Sequence[int], n: int, q: int) -> np.ndarray:
    """Vectors on some of n places, a row each, whose first entry that is not 0 is 1."""
    width, found = len(part), []
    for k in range(width):
        rest = np.array(list(itertools.product(range(q), repeat=width - k - 1)), dtype=np.int64)
        lines = np.zeros((len(rest), n), dtype=np.int64)
        lines[:, part[k]] = 1
        lines[:, list(part[k + 1 :])] = rest.reshape(len(rest), -1)
        found.append(lines)
    return np.concatenate(found)


def _reduced(m: np.ndarray, q: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Many matrices in reduced row echelon form modulo q, their ranks, and the row of each column's pivot, or -1."""
    m = m.copy() % q
    inverse = np.array([0, *(pow(x, -1, q) for x in range(1, q))])
    count, height, width = m.shape
    ranks, where = np.zeros(count, dtype=np.int64), np.full((count, width), -1)
    for c in range(width):
        usable = (m[:, :, c] != 0) & (np.arange(height) >= ranks[:, None])
        own = np.flatnonzero(usable.any(axis=1))
        top, pivot = ranks[own], usable[own].argmax(axis=1)
        rows = m[own, pivot]
        m[own, pivot] = m[own, top]
        rows = rows * inverse[rows[:, c]][:, None] % q
        m[own, top] = 0
        m[own] = (m[own] - m[own][:, :, c, None] * rows[:, None, :]) % q
        m[own, top] = rows
        where[own, c] = top
        ranks[own] += 1
    return m, ranks, where
