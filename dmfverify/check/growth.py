"""All subsets of k indices at once: on each of them a symmetric integer matrix is positive semidefinite.

Theorem.  Let H have positive diagonal h, and call J with |J| = j >= 2 *bad* when the matrix on J with diagonal
(j - 1) h and the other entries of (k - 1) H is not positive semidefinite.  If some k indices are bad, H not being
positive semidefinite there, then so are some k - 1 of them, some k - 2 of these, and so on to a pair: the matrix of
J is 1/(j - 2) times the sum of those of its subsets of j - 1 indices, because each pair is in j - 2 of them.  So the
bad sets grow out of the bad pairs one index at a time, and if none with k indices appears there is none.

Sets are called bad where their goodness is not shown: rounding can only add some.
"""

from .strict import require

MAX_HELD = 64 * 2**20
"""Bytes of packed products that are kept."""


def require_growth(H, k, bits, work, what):
    """Require that the integer matrix H is positive semidefinite on all sets of k of its indices."""
    rounded = _rounded(H, k, bits)
    require(all(row[i] > 0 for i, row in enumerate(rounded)), f"{what}: a column is beyond the bound")
    if k == 1:
        return
    n = len(H)
    work.spend(2 * n * n, bits=1)
    sets = {
        (i, j)
        for i in range(n)
        for j in range(i + 1, n)
        if rounded[i][i] * rounded[j][j] < ((k - 1) * rounded[i][j]) ** 2
    }
    packed = _Packed(rounded, k, bits, work)
    for _ in range(2, k):
        sets = {tuple(sorted((*J, m))) for J in sets for m in packed.joining(J)}
        work.hold(k * len(sets))
    require(not sets, f"{what}: the bound is not shown for some columns")


def _rounded(H, k, bits):
    """floor(2^bits H / max |H|), less k on the diagonal: on k indices at most 2^bits H / max |H|."""
    top = max(1, max(max(map(abs, row)) for row in H))
    out = [[(x << bits) // top for x in row] for row in H]
    for i, row in enumerate(out):
        row[i] -= k
    return out


class _Packed:
    """For a set J all indices m at once: whether J with m is bad, in slots of one long integer."""

    def __init__(self, H, k, bits, work):
        self.H, self.k, self.bits, self.work, self.n = H, k, bits, work, len(H)
        self.slot = 3 * bits + 8 * k.bit_length() + 8
        ones = sum(1 << self.slot * m for m in range(self.n))
        self.tops = ones << self.slot - 1
        self.diagonal = self._pack([row[i] for i, row in enumerate(H)])
        self.products, self.held = {}, 0

    def _pack(self, values):
        total = 0
        for x in reversed(values):
            total = (total << self.slot) + x
        return total

    def product(self, a, b):
        """H[a][m] H[b][m] for all m."""
        if (a, b) not in self.products:
            self.held += self.n * self.slot // 8
            if self.held > MAX_HELD:
                self.products, self.held = {}, 0
            self.work.spend(5 * self.n * (1 + self.n * self.slot // 8000), bits=1)
            self.products[a, b] = self._pack([x * y for x, y in zip(self.H[a], self.H[b], strict=True)])
        return self.products[a, b]

    def joining(self, J):
        """The m not in J with which J is not shown to be good.

        The matrix of J and m has the block N on J, positive definite, and is positive semidefinite when
        j h_m >= c^T N^{-1} c, c = (k - 1) H[J, m].  N^{-1} <= P / D, the adjugate P and the determinant D shortened.
        """
        j = len(J)
        self.work.spend(20 + 8 * j**3 + j * (j + 1) * (3 + self.n * self.slot * (1 + self.bits // 30) // 4000), bits=1)
        inverse = self._inverse(J)
        if inverse is None:
            return [m for m in range(self.n) if m not in J]
        D, P = inverse
        form = 0
        for x, a in enumerate(J):
            form += P[x][x] * self.product(a, a)
            for y in range(x):
                form += 2 * P[x][y] * self.product(J[y], a)
        good = (D * j * self.diagonal - (self.k - 1) ** 2 * form + self.tops) & self.tops
        bad, found = self.tops ^ good, []
        while bad:
            m = bad.bit_length() // self.slot - 1
            bad ^= 1 << self.slot * (m + 1) - 1
            if m not in J:
                found.append(m)
        return found

    def _inverse(self, J):
        """Integers D > 0 and P with N^{-1} <= P / D by fraction-free Gauss-Jordan, or None: N is not positive."""
        j, k = len(J), self.k
        rows = [[(j if a == b else k - 1) * self.H[a][b] for b in J] + [int(a == b) for b in J] for a in J]
        previous = 1
        for p in range(j):
            top = rows[p]
            pivot = top[p]
            if pivot <= 0:
                return None
            for i in range(j):
                if i != p:
                    row, factor = rows[i], rows[i][p]
                    rows[i] = [(pivot * x - factor * y) // previous for x, y in zip(row, top, strict=True)]
            previous = pivot
        adjugate = [row[j:] for row in rows]
        shift = max(0, max(abs(x) for row in adjugate for x in row).bit_length() - self.bits)
        P = [[(x >> shift) + (j if a == b else 0) for b, x in enumerate(row)] for a, row in enumerate(adjugate)]
        D = previous >> shift
        return (D, P) if D > 0 else None
