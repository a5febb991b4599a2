"""Positive definiteness in fixed point: Cholesky's method on rows that are one long integer each.

Main definitions
    `scaled`     an integer matrix in `2 bits` binary digits, made smaller by all that rounding can do
    `Matrix`     its rows on some columns, in slots of long integers
    `eliminate`  the matrix that is left after some columns; None when a pivot is not positive
    `positive`   whether a matrix is positive definite

Rounding.  Let N be symmetric, its entries at most 4^bits.  The pivot x of column i gives d = floor(sqrt x) and integers
l_ij, the quotients of the entries of its row by d rounded to the nearest; N is replaced by N - l_i l_i^T.  That is
exact, and what stays behind in row i is x - d^2 >= 0 on the diagonal and at most d / 2 <= 2^bits / 2 beside it.  So
where all pivots of n columns are positive, N is a sum of squares, plus a diagonal that is not negative, plus a matrix
with entries of at most 2^bits / 2 and a zero diagonal: it is above -(n - 1) 2^bits / 2.  `scaled` takes n (2^bits / 2
+ 1) off the diagonal beforehand, the 1 for its own rounding.

Slots.  Numbers |l_ij| > 2^bits are not used: a positive definite matrix has none, and their columns are given up.  So
an entry changes by at most 4^bits a pivot.  It is at most (n + 1) 4^bits at first, and after n pivots at most
(2 n + 1) 4^bits: no slot runs over.
"""

import struct
from functools import lru_cache
from math import isqrt
from operator import mul

WORD = 8
"""Bytes in a slot, where they are enough: such slots are read as machine integers."""


def scaled(matrix, bits):
    """floor(4^bits M / max |M_ij|) for an integer matrix that is not zero, made smaller by the rounding."""
    n, top = len(matrix), max(max(map(abs, row)) for row in matrix)
    out = [[(x << 2 * bits) // top for x in row] for row in matrix]
    loss = n * ((1 << bits - 1) + 1)
    for i in range(n):
        out[i][i] -= loss
    return out


class Matrix:
    """Rows {column: long integer} of a symmetric matrix, the entry of the column slots[k] in slot k.

    Columns that make it indefinite together with those eliminated may have no row.
    """

    def __init__(self, slots, rows, bits, size):
        self.slots, self.rows, self.bits, self.size = slots, rows, bits, size

    @classmethod
    def of(cls, entries, which, bits):
        """The rows and columns `which` of a matrix that `scaled` made."""
        size = slot(len(entries), bits)
        rows = {i: _packed([entries[i][j] for j in which], size) for i in which}
        return cls(list(which), rows, bits, size)

    def taken(self, which, columns):
        """The rows `which`, with `columns` in their slots."""
        k, size = len(columns), self.size
        if self.slots[:k] == columns:
            return [_cut(self.rows[i], k, size) for i in which]
        place = {j: k for k, j in enumerate(self.slots)}
        runs = []
        for j in columns:
            if runs and runs[-1][1] == place[j]:
                runs[-1][1] += 1
            else:
                runs.append([place[j], place[j] + 1])
        parts = [slice(size * a, size * b) for a, b in runs]
        full, tops = _tops(len(self.slots), size), _tops(k, size)
        length, out = size * len(self.slots), []
        for i in which:
            data = ((self.rows[i] + full) & _ones(len(self.slots), size)).to_bytes(length, "little")
            out.append(int.from_bytes(b"".join([data[part] for part in parts]), "little") - tops)
        return out


def eliminate(matrix, which, rest, work):
    """What is left of a `Matrix` on the columns `rest` after the elimination of `which`, or None."""
    if any(i not in matrix.rows for i in which):
        return None
    size, limit = matrix.size, 1 << matrix.bits
    wanted, first = set(rest), [i for i in matrix.slots if i in matrix.rows]
    order = [i for i in first if i in wanted]
    left, given_up = len(order), set()
    order += which
    work.spend(steps(len(which), left, matrix.bits, size), bits=1)
    rows, found, packed = matrix.taken(which, order), [], []
    for t in range(len(order) - 1, left - 1, -1):
        row = sum(map(mul, [l[t] for l in found], packed), rows[t - left])
        values = _values(row, t + 1, size)
        pivot = values.pop()
        if pivot <= 0 or order[t] in given_up:
            return None
        d = isqrt(pivot)
        half = d >> 1
        l = [(x + half) // d for x in values]
        if l and (max(l) > limit or min(l) < -limit):
            given_up.update(j for j, x in zip(order, l, strict=False) if abs(x) > limit)
            l = [x if abs(x) <= limit else 0 for x in l]
        found.append(l)
        packed.append(-_packed(l, size))
    columns = order[:left]
    packed = [_cut(x, left, size) for x in packed]
    out = {}
    for j, row, own in zip(columns, matrix.taken(columns, columns), _across(found, left), strict=True):
        if j not in given_up:
            out[j] = sum(map(mul, own, packed), row)
    return Matrix(columns, out, matrix.bits, size)


def _across(found, count):
    """For each of the first slots the numbers of all pivots."""
    return zip(*(l[:count] for l in found), strict=True) if found else [()] * count


def slot(n, bits):
    """Bytes for an entry of a matrix with n rows, its sign among them, after any number of pivots."""
    return max(WORD, -(-((2 * n + 2 << 2 * bits).bit_length() + 1) // 8))


def steps(gone, left, bits, size):
    """Steps of 0.1 microseconds for an elimination."""
    n, digits = gone + left, size * (2 + bits // 30)
    slots = gone * left * left + (n * n * n - left * left * left) // 3 - left * gone * n // 2
    return (gone * (n + left) + slots * digits // 300) + gone * (20 + 2 * n * size // WORD) + n * (10 + n // 4)


def positive(matrix, bits, work):
    """Whether a symmetric integer matrix is positive definite, as far as `bits` digits show it."""
    n = len(matrix)
    if n == 0:
        return True
    if min(matrix[i][i] for i in range(n)) <= 0:
        return False
    work.spend(3 * n * n)
    return eliminate(Matrix.of(scaled(matrix, bits), range(n), bits), list(range(n)), [], work) is not None


# -- slots ----------------------------------------------------------------------------------------------


@lru_cache(maxsize=1024)
def _ones(count, size):
    return (1 << 8 * size * count) - 1


@lru_cache(maxsize=1024)
def _tops(count, size):
    """The highest bit of each slot: added, it makes all slots positive."""
    return (_ones(count, size) // _ones(1, size)) << 8 * size - 1


def _cut(row, count, size):
    """The first slots of a row."""
    tops = _tops(count, size)
    return ((row + tops) & _ones(count, size)) - tops


def _packed(values, size):
    """Signed integers as one, the first in the lowest slot."""
    if size == WORD:
        data = struct.pack(f"<{len(values)}q", *values)
    else:
        data = b"".join([x.to_bytes(size, "little", signed=True) for x in values])
    tops = _tops(len(values), size)
    return (int.from_bytes(data, "little") ^ tops) - tops


def _values(row, count, size):
    """The integers in the first slots."""
    tops = _tops(count, size)
    data = ((row + tops & _ones(count, size)) ^ tops).to_bytes(count * size, "little")
    if size == WORD:
        return list(struct.unpack(f"<{count}q", data))
    return [int.from_bytes(data[k : k + size], "little", signed=True) for k in range(0, len(data), size)]
