"""Columns in boxes of supports, as bit masks over the coordinates.

Main definition
    `Boxes`  masks of boxes and unions; the least non-zero singular value of some columns held against a bound
"""

from .algebra import apply
from .elimination import positive
from .strict import array, indices, integers, keys, require

AWAY = 64
"""Times the longest column's square that kernel vectors are moved away from zero."""


class Boxes:
    """The Gram matrix of all columns, looked at on boxes; equal sets of columns are looked at once."""

    def __init__(self, statement, G, square, bits, work):
        self.statement, self.G, self.square, self.bits, self.work = statement, G, square, bits, work
        self.everything = (1 << len(G)) - 1
        self.using = [{} for _ in statement.sizes]  # factor -> parameter -> mask of the coordinates that use it
        for n, multi in enumerate(statement.paths.coordinates()):
            for table, i in zip(self.using, multi, strict=True):
                table[i] = table.get(i, 0) | 1 << n
        self.kernels, self.known = {}, {}

    def mask_of(self, k, part):
        """Coordinates whose index in factor k is one of some."""
        found = 0
        for i in part:
            found |= self.using[k].get(i, 0)
        return found

    def inside(self, support):
        """Coordinates in a box."""
        found = self.everything
        for k, part in enumerate(support):
            found &= self.mask_of(k, part)
        self.work.spend(sum(map(len, support)) * (1 + len(self.G) // 640))
        return found

    def box(self, s, t):
        """Coordinates in the box of the unions of two supports."""
        return self.inside([{*a, *b} for a, b in zip(s, t, strict=True)])

    def union(self, s, t):
        """Coordinates in the box of one support or in that of the other."""
        return self.inside(s) | self.inside(t)

    def listed(self, mask):
        """The coordinates of a mask, in order."""
        found = []
        while mask:
            low = mask & -mask
            found.append(low.bit_length() - 1)
            mask ^= low
        self.work.spend(4 * len(found) + 1, bits=1)
        return found

    def gram(self, mask):
        """Gram matrix of some columns."""
        which = self.listed(mask)
        self.work.spend(1 + len(which) ** 2)
        return [[self.G[i][j] for j in which] for i in which]

    def shifted(self, which, low):
        """A positive multiple of G - low^2 I on some columns, in integers."""
        p, q = low.numerator**2 * self.square, low.denominator**2
        self.work.spend(1 + len(which) ** 2)
        return [[q * self.G[i][j] - (p if i == j else 0) for j in which] for i in which]

    def read_kernels(self, raw):
        """Sets of columns with integer vectors in their kernel."""
        for item in array(raw, "kernels"):
            keys(item, ("columns", "vectors"), (), "kernels")
            which = indices(item["columns"], len(self.G), "kernels.columns")
            mask = sum(1 << n for n in which)
            G = self.gram(mask)
            vectors = [integers(v, len(which), "kernels.vectors") for v in array(item["vectors"], "kernels.vectors")]
            require(any(map(any, vectors)), "kernels: no vector")
            require(not any(any(apply(G, v, self.work)) for v in vectors), "kernels: a vector is not in the kernel")
            self.kernels[mask] = vectors

    def least(self, mask, low, reason):
        """Require that no non-zero singular value of some columns is below `low`; whether they have a kernel.

        With kernel vectors N, a multiple of N N^T is added: it moves the kernel out of the way and nothing else.
        """
        if (mask, low) not in self.known:
            which, vectors = self.listed(mask), [v for v in self.kernels.get(mask, []) if any(v)]
            rows = self.shifted(which, low)
            longest = max((self.G[i][i] for i in which), default=0)
            top = AWAY * max(low.denominator**2 * longest, low.numerator**2 * self.square)
            self.work.spend(len(rows) ** 2 * len(vectors))
            for v in vectors:
                t = max(1, top // sum(x * x for x in v))
                for row, x in zip(rows, v, strict=True):
                    row[:] = [entry + t * x * y for entry, y in zip(row, v, strict=True)]
            require(positive(rows, self.bits, self.work), reason)
            self.known[mask, low] = bool(vectors)
        return self.known[mask, low]
