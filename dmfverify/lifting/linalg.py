"""Exact linear algebra: rank mod primes, integer kernel bases that are checked, exact solutions.

Elimination over Z is slow (rank of 500 x 1000: 42 s in flint), mod a prime it is fast (0.07 s). So
ranks are taken mod primes of 61 bits, a lower bound that is proved and is the rank except with
probability about 2^-50; kernels are lifted from residues by rational reconstruction and checked
exactly, A N = 0, which proves the other side.

Sparse columns are first split: zero columns, columns proportional to an earlier one, and connected
components of the rest.  A convolutional chain with a hundred thousand columns needs nothing more.

Source: P. Wang, A p-adic algorithm for univariate partial fractions, 1981 (rational reconstruction).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from .columns import Columns
from .limits import DENSE, TooLarge, require

if TYPE_CHECKING:
    import flint

PRIME = 2**61 - 1
SECOND = 2**61 - 31
ELIMINATION = 40_000_000_000
"""Multiplications mod a prime that a kernel may take (about 10^9 a second)."""
REDUCE = 40
"""Kernels of at most this dimension are LLL-reduced."""


def rank_mod(columns: Columns, p: int = PRIME) -> int:
    """Rank mod the prime p."""
    if not columns.m or not columns.n:
        return 0
    if columns.m * columns.n <= 10_000:
        return columns.nmod(p).rank()
    return sum(
        _rank_of_part(columns, rows, part, p) for rows, part in components(columns, _representatives(columns)[0])
    )


def rank(columns: Columns) -> int:
    """Rank over Q: the greater of the ranks mod two primes (a lower bound that is proved)."""
    best = rank_mod(columns)
    return best if best == min(columns.m, columns.n) else max(best, rank_mod(columns, SECOND))


def _rank_of_part(columns: Columns, rows: np.ndarray, part: np.ndarray, p: int) -> int:
    import flint

    if len(rows) == 1 or len(part) == 1:
        entries = columns.value[columns.start[part[0]] : columns.start[part[0] + 1]]
        return int(any(int(v) % p for v in entries))
    dense = _submatrix(columns, rows, part) % p
    return flint.nmod_mat(*dense.shape, dense.ravel().tolist(), p).rank()


def _submatrix(columns: Columns, rows: np.ndarray, part: np.ndarray) -> np.ndarray:
    require("a dense block of columns", len(rows) * len(part), DENSE)
    piece = columns.restricted(part)
    out = np.zeros((len(rows), len(part)), dtype=piece.value.dtype)
    out[np.searchsorted(rows, piece.row), piece.column] = piece.value
    return out


def _representatives(columns: Columns) -> tuple[np.ndarray, list[int], list[tuple[int, int, int, int]]]:
    """Columns pairwise not proportional, the zero columns, and (j, first, a, b) with b*C_j = a*C_first."""
    if bool(np.all(columns.start[1:] - columns.start[:-1] <= 1)):
        return _one_hot_representatives(columns)
    first: dict[bytes, int] = {}
    zeros, doubles, kept = [], [], []
    contents: dict[int, int] = {}
    for j in range(columns.n):
        piece = slice(columns.start[j], columns.start[j + 1])
        values = columns.value[piece].tolist()
        if not values:
            zeros.append(j)
            continue
        content = math.gcd(*values) * (1 if values[0] > 0 else -1)
        key = repr((columns.row[piece].tolist(), [v // content for v in values])).encode()
        f = first.setdefault(key, j)
        contents[j] = content
        if f == j:
            kept.append(j)
        else:
            doubles.append((j, f, content, contents[f]))
    return np.array(kept, dtype=np.int64), zeros, doubles


def _one_hot_representatives(columns: Columns) -> tuple[np.ndarray, list[int], list[tuple[int, int, int, int]]]:
    kept, at = np.unique(columns.row, return_index=True)
    first = dict(zip(kept.tolist(), at.tolist(), strict=True))
    entries = zip(columns.column.tolist(), columns.row.tolist(), columns.value.tolist(), strict=True)
    doubles = [
        (j, int(columns.column[first[r]]), v, int(columns.value[first[r]]))
        for e, (j, r, v) in enumerate(entries)
        if first[r] != e
    ]
    zeros = np.setdiff1d(np.arange(columns.n), columns.column).tolist()
    return np.sort(columns.column[at]), zeros, doubles


def components(columns: Columns, kept: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    """Connected blocks of the columns `kept`: pairs (rows, columns), each sorted."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    if not len(kept):
        return []
    piece = columns.restricted(kept)
    size = columns.m + len(kept)
    ones = np.ones(len(piece.row))
    graph = coo_array((ones, (piece.row, columns.m + piece.column)), shape=(size, size))
    _, label = connected_components(graph, directed=False)
    order_rows, order_columns = (
        np.argsort(label[: columns.m], kind="stable"),
        np.argsort(label[columns.m :], kind="stable"),
    )
    row_labels, column_labels = label[: columns.m][order_rows], label[columns.m :][order_columns]
    found = []
    for c in np.unique(column_labels):
        rows = order_rows[np.searchsorted(row_labels, c) : np.searchsorted(row_labels, c, side="right")]
        part = order_columns[np.searchsorted(column_labels, c) : np.searchsorted(column_labels, c, side="right")]
        found.append((rows, kept[part]))
    return found


def kernel(columns: Columns) -> list[list[int]]:
    """A basis of the kernel: primitive integer vectors of length n with C v = 0, checked."""
    sparse = sparse_kernel(columns)
    require("a dense kernel basis", len(sparse) * columns.n, DENSE)
    basis = [[v.get(j, 0) for j in range(columns.n)] for v in sparse]
    if 1 < len(basis) <= REDUCE and len(basis) * columns.n <= 20_000:
        basis = reduced(basis)
    return basis


def sparse_kernel(columns: Columns) -> list[dict[int, int]]:
    """A basis of the kernel as {coordinate: integer}; one vector for each zero or repeated column, then the blocks."""
    kept, zeros, doubles = _representatives(columns)
    found: list[dict[int, int]] = [{j: 1} for j in zeros]
    for j, first, a, b in doubles:
        g = math.gcd(a, b)
        found.append({first: a // g, j: -b // g})
    for rows, part in components(columns, kept):
        if len(part) > 1:
            block = _submatrix(columns, rows, part)
            for vector in nullspace(block):
                found.append({int(part[j]): v for j, v in enumerate(vector) if v})
    return found


def nullspace(matrix: np.ndarray | Sequence[Sequence[int]]) -> list[list[int]]:
    """Primitive integer vectors v, a basis of those with matrix v = 0, proved by exact multiplication.

    Residues mod one prime are lifted to small fractions; where entries are longer, the pivot block is
    solved exactly (p-adic lifting in flint: 500 x 520 in two seconds).

    >>> nullspace([[1, 2, 3]])
    [[-2, 1, 0], [-3, 0, 1]]

    Raises
    ------
    TooLarge
        When the elimination is too long.
    """
    import flint

    dense = np.asarray(matrix, dtype=object)
    m, n = dense.shape
    require("a kernel", m * n * min(m, n), ELIMINATION)
    exact = flint.fmpz_mat(m, n, [int(x) for x in dense.ravel()])
    for p in (PRIME, SECOND, 2**61 - 45):
        pivots, residues = _kernel_mod(dense, p)
        if len(pivots) == n:
            return []
        free = _others(pivots, n)
        basis = _lifted(residues, p, pivots, free, n)
        if basis is not None and _annihilated(exact, basis):
            return basis
        basis = _solved(dense, pivots, free)
        if _annihilated(exact, basis):
            return basis
    raise AssertionError("three primes of 61 bits divide minors of one matrix")


def _others(pivots: list[int], n: int) -> list[int]:
    chosen = set(pivots)
    return [j for j in range(n) if j not in chosen]


def _solved(dense: np.ndarray, pivots: list[int], free: list[int]) -> list[list[int]]:
    """Kernel vectors by an exact solution of the pivot block."""
    import flint

    r, n = len(pivots), dense.shape[1]
    rows = independent(dense[:, pivots].T)
    require("an exact solution with long entries", r**3 * len(free), ELIMINATION)
    square = flint.fmpz_mat(r, r, [int(x) for x in dense[np.ix_(rows, pivots)].ravel()])
    right = flint.fmpz_mat(r, len(free), [-int(x) for x in dense[np.ix_(rows, free)].ravel()])
    numerators, denominator = square.solve(right).numer_denom()
    table = numerators.transpose().tolist()
    basis = []
    for j, row in zip(free, table, strict=True):
        vector = [0] * n
        vector[j] = int(denominator)
        for i, v in zip(pivots, row, strict=True):
            vector[i] = int(v)
        basis.append(primitive(vector))
    return basis


def _kernel_mod(dense: np.ndarray, p: int) -> tuple[list[int], np.ndarray]:
    """Pivot columns and, for each free column, minus the reduced entries (free x rank), mod p."""
    import flint

    m, n = dense.shape
    echelon, r = flint.nmod_mat(m, n, [int(x) % p for x in dense.ravel()], p).rref()
    flat = [int(x) for x in echelon.entries()]
    pivots: list[int] = []
    for i in range(r):
        j = pivots[-1] + 1 if pivots else 0
        while not flat[i * n + j]:
            j += 1
        pivots.append(j)
    free = _others(pivots, n)
    values = np.array([[-flat[i * n + j] % p for i in range(r)] for j in free], dtype=object)
    return pivots, values.reshape(len(free), r)


def _lifted(residues: np.ndarray, modulus: int, pivots: list[int], free: list[int], n: int) -> list[list[int]] | None:
    """Kernel vectors whose residues those are, or None where some entry has no small fraction."""
    basis = []
    for j, row in zip(free, residues, strict=True):
        lifted = rational_vector([int(x) for x in row], modulus)
        if lifted is None:
            return None
        denominator, numerators = lifted
        vector = [0] * n
        vector[j] = denominator
        for i, v in zip(pivots, numerators, strict=True):
            vector[i] = v
        basis.append(primitive(vector))
    return basis


def rational_vector(residues: Sequence[int], modulus: int) -> tuple[int, list[int]] | None:
    """A common denominator d and integers v with v = d * residue mod the modulus, all of them small.

    >>> rational_vector([pow(3, -1, 10007), 5 * pow(6, -1, 10007) % 10007], 10007)
    (6, [2, 5])
    """
    bound = math.isqrt(modulus // 2)
    denominator = 1
    for x in residues:
        y = x * denominator % modulus
        if min(y, modulus - y) > bound:
            d = _small_denominator(y, modulus, bound)
            if d is None or denominator * d > bound:
                return None
            denominator *= d
    scaled = [x * denominator % modulus for x in residues]
    centred = [y - modulus if 2 * y > modulus else y for y in scaled]
    return (denominator, centred) if all(abs(y) <= bound for y in centred) else None


def _small_denominator(residue: int, modulus: int, bound: int) -> int | None:
    """The least denominator of a fraction a/b = residue with |a|, b <= bound (half of Euclid's algorithm)."""
    r0, r1, t0, t1 = modulus, residue, 0, 1
    while r1 > bound:
        q = r0 // r1
        r0, r1, t0, t1 = r1, r0 - q * r1, t1, t0 - q * t1
    return abs(t1) if 0 < abs(t1) <= bound else None


def primitive(vector: Sequence[int]) -> list[int]:
    """The vector divided by its content."""
    content = math.gcd(*vector)
    return [v // content for v in vector] if content > 1 else list(vector)


def _annihilated(exact: flint.fmpz_mat, basis: list[list[int]]) -> bool:
    import flint

    columns = flint.fmpz_mat(len(basis), len(basis[0]), [x for v in basis for x in v]).transpose()
    product = exact * columns
    return product == flint.fmpz_mat(product.nrows(), product.ncols())


def reduced(basis: list[list[int]]) -> list[list[int]]:
    """The same lattice of integer vectors with short vectors (LLL).

    >>> reduced([[1, 100], [0, 1]])
    [[0, 1], [1, 0]]
    """
    import flint

    short = flint.fmpz_mat(basis).lll()
    return [primitive([int(x) for x in row]) for row in short.tolist()]


def independent(matrix: np.ndarray, p: int = PRIME) -> list[int]:
    """Positions of a maximal independent set of columns of an integer matrix (mod p, so over Q too)."""
    return _kernel_mod(np.asarray(matrix, dtype=object), p)[0]


class Solution(NamedTuple):
    """A rational vector, numerators / denominator."""

    numerators: list[int]
    denominator: int

    def fractions(self) -> list[Fraction]:
        """The entries in lowest terms."""
        return [Fraction(x, self.denominator) for x in self.numerators]


def solve_symmetric(matrix: np.ndarray, right: Sequence[Fraction]) -> Solution | None:
    """A solution y of (symmetric integer matrix) y = right, zero outside independent rows; None if there is none.

    >>> solve_symmetric(np.array([[2, 2], [2, 2]], dtype=object), [Fraction(1), Fraction(1)])
    Solution(numerators=[1, 0], denominator=2)
    """
    import flint

    d, rhs = as_integers(right)
    chosen = independent(matrix)
    if not chosen:
        return None if any(rhs) else Solution([0] * len(rhs), 1)
    r = len(chosen)
    square = flint.fmpz_mat(r, r, [int(x) for x in matrix[np.ix_(chosen, chosen)].ravel()])
    top, bottom = square.solve(flint.fmpz_mat(r, 1, [rhs[i] for i in chosen])).numer_denom()
    full = flint.fmpz_mat(len(rhs), 1)
    for i, x in zip(chosen, top.entries(), strict=True):
        full[i, 0] = x
    left = flint.fmpz_mat(*matrix.shape, [int(x) for x in matrix.ravel()]) * full
    if left.entries() != [b * bottom for b in rhs]:
        return None
    return Solution([int(x) for x in full.entries()], int(bottom) * d)


def extreme_singular_values(gram: np.ndarray, scale: Fraction, dimension: int) -> tuple[float, float]:
    """Least non-zero and greatest singular value from an exact Gram matrix, in floating point.

    Parameters
    ----------
    gram
        Symmetric positive semidefinite, Python integers.
    scale
        The true Gram matrix is `scale` times `gram`.
    dimension
        Its rank.

    Notes
    -----
    Where the condition number leaves fewer than about ten digits to double precision, the inverse is taken in
    ball arithmetic, whose greatest eigenvalue is then accurate.
    """
    if not dimension:
        return 0.0, 0.0
    exponent = max(0, max(int(abs(x)) for x in gram.flat).bit_length() - 1000)
    floats = np.array([[float(int(x) >> exponent) for x in row] for row in gram])
    values = np.linalg.eigvalsh(floats)
    least, top = float(values[len(gram) - dimension]), float(values[-1])
    if least < 1e-6 * top * math.sqrt(len(gram)):
        least = _least_eigenvalue(gram, exponent, dimension)
    unit = root(scale * 2**exponent)
    return math.sqrt(max(least, 0.0)) * unit, math.sqrt(top) * unit


def root(value: Fraction) -> float:
    """The square root of a rational of any size, as a float.

    >>> root(Fraction(10**700, 10**698))
    10.0
    """
    shift = (value.numerator.bit_length() - value.denominator.bit_length()) // 2
    return math.ldexp(math.sqrt(value / Fraction(4) ** shift), shift)


def _least_eigenvalue(gram: np.ndarray, exponent: int, dimension: int) -> float:
    """The least non-zero eigenvalue of gram / 2^exponent through an inverse in ball arithmetic.

    With N a kernel basis, (G + t N N^T)^{-1} = G^+ + N (N^T N)^{-2} N^T / t: project N out.
    """
    import flint

    size = len(gram)
    shifted, outside = gram, np.eye(size)
    if dimension < size:
        basis = np.array(nullspace(gram), dtype=object)
        lift = max(1, sum(int(gram[i, i]) for i in range(size)) // size)
        shifted = gram + lift * basis.T.dot(basis)
        q, _ = np.linalg.qr(basis.T.astype(float))
        outside = outside - q @ q.T
    exact = flint.fmpz_mat(size, size, [int(x) for x in shifted.ravel()])
    for precision in (256, 1024, 4096):
        with flint.ctx.workprec(precision):
            try:
                inverse = flint.arb_mat(exact).inv() * flint.arb(2) ** exponent
            except ZeroDivisionError:
                continue
            top = max(abs(float(inverse[i, i].mid())) for i in range(size))
            if max(float(inverse[i, i].rad()) for i in range(size)) < 1e-12 * top:
                floats = np.array([[float(inverse[i, j].mid()) for j in range(size)] for i in range(size)])
                return 1.0 / float(np.linalg.eigvalsh(outside @ floats @ outside)[-1])
    raise TooLarge("the least singular value to ten digits", 4096, 4096)


def as_integers(values: Sequence[Any]) -> tuple[int, list[int]]:
    """A common denominator d and the integers d * value."""
    fractions = [Fraction(v) for v in values]
    d = math.lcm(1, *(f.denominator for f in fractions))
    return d, [int(f * d) for f in fractions]
