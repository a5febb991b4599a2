"""Linear algebra on Python integers: ranks modulo a prime, positive semidefiniteness, products.

Main statements
    `rank_mod`  rank of integer vectors modulo a prime below 2^20: a lower bound of the rank over Q
    `semidefinite`  the triangular evidence of section 3 of the format
    `upper_products`, `dominated`  L L^T by packed columns; a Gram matrix known by the sums of its classes
    `rank_exact`, `is_semidefinite`  fraction-free elimination, for matrices of a few rows
"""

import struct
from operator import mul

from .strict import array, integer, integers, keys, require

SLOT = 64
MASK = 2**SLOT - 1


def pack(vector):
    """Non-negative integers below 2^64 as one integer of 64-bit slots."""
    return int.from_bytes(struct.pack(f"<{len(vector)}Q", *vector), "little")


def unpack(packed, length):
    """Inverse of `pack`."""
    return struct.unpack(f"<{length}Q", packed.to_bytes(8 * length, "little"))


def pivots_mod(vectors, length, p, work):
    """Indices of the vectors that are independent, modulo p, of the ones before them.

    Each vector is a dict position -> integer, or a list.  Rows are packed with 64-bit slots and
    reduced lazily: a slot stays below 2^20 + 2^40 * (number of pivots) < 2^64, as there are less
    than 2^22 pivots where the work allows their elimination.
    """
    pivots, independent = [], []
    for number, vector in enumerate(vectors):
        work.spend(length + len(pivots) * (length // 32 + 2), bits=1)
        dense = [0] * length
        for position, x in vector.items() if type(vector) is dict else enumerate(vector):
            dense[position] = x % p
        row = pack(dense)
        for position, pivot in pivots:
            x = (row >> (SLOT * position) & MASK) % p
            if x:
                row += (p - x) * pivot
        dense = [x % p for x in unpack(row, length)]
        position = next((j for j, x in enumerate(dense) if x), None)
        if position is not None:
            inverse = pow(dense[position], -1, p)
            pivots.append((position, pack([x * inverse % p for x in dense])))
            independent.append(number)
    return independent


def rank_mod(vectors, length, p, work):
    """Rank modulo p, a lower bound of the rank over Q, of sparse vectors (dicts position -> integer).

    Vectors that alone have an entry at some position are peeled off first: each adds one to the
    rank of the rest, whatever the rest is.  Then the same for positions, which are vectors of the
    transposed matrix.
    """
    sparse = [{position: x % p for position, x in v.items() if x % p} for v in vectors]
    rest = [sparse[i] for i in _peel(sparse, work)]
    columns = _transposed(rest)
    left = [columns[i] for i in _peel(columns, work)]
    peeled = len(sparse) - len(rest) + len(columns) - len(left)
    return peeled + len(pivots_mod(left, len(rest), p, work))


def _transposed(vectors):
    """The positions that occur, as vectors {number of the vector: entry}, in the order of the positions."""
    found = {}
    for i, vector in enumerate(vectors):
        for position, x in vector.items():
            found.setdefault(position, {})[i] = x
    return [found[position] for position in sorted(found)]


def _peel(vectors, work):
    """Indices of the vectors left when none has a position of its own."""
    owners = {}
    for i, vector in enumerate(vectors):
        work.spend(4 * len(vector) + 1)
        for position in vector:
            owners.setdefault(position, set()).add(i)
    alone = [position for position, who in owners.items() if len(who) == 1]
    gone = set()
    while alone:
        who = owners[alone.pop()]
        if len(who) != 1:
            continue
        (i,) = who
        gone.add(i)
        for position in vectors[i]:
            owners[position].discard(i)
            if len(owners[position]) == 1:
                alone.append(position)
    return [i for i in range(len(vectors)) if i not in gone]


def semidefinite(matrix, evidence, work, what):
    """Require that `evidence` (scale, L) proves the symmetric integer `matrix` semidefinite."""
    keys(evidence, ("scale", "L"), (), what)
    n = len(matrix)
    scale = integer(evidence["scale"], f"{what}.scale")
    require(scale >= 1, f"{what}.scale: not positive")
    rows = _triangular(evidence["L"], n, f"{what}.L")
    starts = [next((k for k, x in enumerate(row) if x), len(row)) for row in rows]
    bits = max(scale.bit_length(), *(largest(row) for row in (*rows, *matrix)), 1)
    work.spend(n * n + sum((j + 1 - s) * (n - j) for j, s in enumerate(starts)), bits)
    diagonal, others = [0] * n, [0] * n
    for i, row in enumerate(rows):
        for j in range(i):
            s = max(starts[i], starts[j])
            rest = abs(scale * matrix[i][j] - sum(map(mul, row[s : j + 1], rows[j][s:])))
            others[i] += rest
            others[j] += rest
        diagonal[i] = scale * matrix[i][i] - sum(map(mul, row, row))
    require(
        all(d >= s for d, s in zip(diagonal, others, strict=True)),
        f"{what}: scale*M - L*L^T is not diagonally dominant",
    )


def _triangular(raw, n, what):
    """Rows of lengths 1..n; the empty list stands for zero."""
    if raw == []:
        return [[0] * (i + 1) for i in range(n)]
    return [integers(row, i + 1, what) for i, row in enumerate(array(raw, what, n))]


def largest(row):
    """Bits of the largest integer in a list."""
    return max(abs(max(row)), abs(min(row))).bit_length()


def symmetric(raw, n, what):
    """A symmetric integer matrix, given by all its rows."""
    rows = [integers(row, n, what) for row in array(raw, what, n)]
    require(all(rows[i][j] == rows[j][i] for i in range(n) for j in range(i)), f"{what}: not symmetric")
    return rows


def rank_exact(matrix, work):
    """The rank of an integer matrix, exactly: fraction-free elimination (Bareiss)."""
    rows = [list(r) for r in matrix]
    rank, previous = 0, 1
    width = len(rows[0]) if rows else 0
    for col in range(width):
        pivot = next((i for i in range(rank, len(rows)) if rows[i][col]), None)
        if pivot is None:
            continue
        rows[rank], rows[pivot] = rows[pivot], rows[rank]
        top = rows[rank]
        work.spend((len(rows) - rank) * width * 2, 2 * top[col].bit_length())
        for i in range(rank + 1, len(rows)):
            factor = rows[i][col]
            rows[i] = [(top[col] * x - factor * y) // previous for x, y in zip(rows[i], top, strict=True)]
        previous, rank = top[col], rank + 1
    return rank


def is_semidefinite(matrix, work):
    """Whether a small symmetric integer matrix is positive semidefinite, by exact elimination."""
    rows = [list(r) for r in matrix]
    n = len(rows)
    previous = 1
    for k in range(n):
        pivot = rows[k][k]
        if pivot < 0 or (pivot == 0 and any(rows[k][k:])):
            return False
        if pivot == 0:
            continue
        work.spend((n - k) * n * 2, 2 * pivot.bit_length())
        for i in range(k + 1, n):
            factor = rows[i][k]
            rows[i] = [(pivot * x - factor * y) // previous for x, y in zip(rows[i], rows[k], strict=True)]
        previous = pivot
    return True


def apply(matrix, vector, work):
    """Matrix times vector."""
    work.spend(len(vector) ** 2 // 3, largest(vector) if vector else 1)
    return [sum(map(mul, row, vector)) for row in matrix]


def dot(a, b):
    """Inner product of two lists of the same length."""
    return sum(x * y for x, y in zip(a, b, strict=True))


def upper_products(rows, work):
    """For each i the entries (L L^T)_ij, j >= i, with the columns of L packed into long integers.

    L is given by its rows, each at least as long as the one before; what is missing on the right is zero.
    """
    size, width = len(rows), len(rows[-1]) if rows else 0
    top = max((abs(x) for row in rows for x in row), default=0) + 1
    slot = (2 * top.bit_length() + width.bit_length() + 9) // 8
    work.spend(sum(len(row) * (size - i) for i, row in enumerate(rows)) // 3 * (slot // 8 + 1) + size * size)
    cells = [[(x + top).to_bytes(slot, "little") for x in row] for row in rows]  # shifted by `top` to be positive
    starts = [0] * width
    for i, row in enumerate(rows):
        starts[len(row) :] = [i + 1] * (width - len(row))
    columns = [
        int.from_bytes(b"".join(cells[j][k] for j in range(size - 1, start - 1, -1)), "little")
        for k, start in enumerate(starts)
    ]  # row j of L sits in slot size - 1 - j
    half, ones = 1 << 8 * slot - 1, ((1 << 8 * slot * size) - 1) // ((1 << 8 * slot) - 1)
    for i, row in enumerate(rows):
        length = slot * (size - i)
        mask = (1 << 8 * length) - 1
        if i % 16 == 0:
            columns = [c & mask for c in columns]
        packed = sum(x * c for x, c in zip(row, columns, strict=False) if x)
        raw = ((packed + half * ones) & mask).to_bytes(length, "little")
        shift = half + top * sum(row)
        found = [int.from_bytes(raw[at : at + slot], "little") - shift for at in range(0, length, slot)]
        yield found[::-1]


def dominated(table, rest):
    """Whether a Gram matrix of given sums over its classes is diagonally dominant with non-negative diagonal.

    `table` holds for each i the classes of (i, j), j >= i; `rest` the sum of each class over ordered pairs.  It is
    spread over the entries on the diagonal, if there are any in the class, else over all.
    """
    size = len(table)
    squares, others = [0] * len(rest), [0] * len(rest)
    for line in table:
        squares[line[0]] += 1
        for name in line[1:]:
            others[name] += 2
    share = [x // s if s else -(-abs(x) // t) for x, s, t in zip(rest, squares, others, strict=True)]
    off = [0 if s else x for x, s in zip(share, squares, strict=True)]
    sums = [0] * size
    for i, line in enumerate(table):
        for j, name in enumerate(line[1:], i + 1):
            x = off[name]
            sums[i] += x
            sums[j] += x
    return all(share[line[0]] >= s for line, s in zip(table, sums, strict=True))
