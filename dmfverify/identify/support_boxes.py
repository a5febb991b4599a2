"""Boxes of supports in double precision, with exact kernels and Rayleigh quotients.

Main definitions
    `Atoms`    what supports are made of, factor by factor
    `Columns`  the Gram matrix of the lifting; least non-zero eigenvalues on sets of columns
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from itertools import combinations, islice, product

import numpy as np

from ..exact import sqrt_above
from ..lifting import Lifting
from ..problem.forms import Support

ZERO = 1e-9
"""Share of the longest column's square below which an eigenvalue may be zero: then the kernel is looked at exactly."""
BATCH = 2_000_000
"""Floats in a batch of matrices."""

Box = tuple[int, ...]
"""Sorted places of coordinates."""


@dataclass(frozen=True)
class Atoms:
    """Supports made of so many atoms a factor, and boxes of two supports of at most twice as many.

    Attributes
    ----------
    atoms
        Per factor the index lists.
    active, most
        Per factor the atoms of a support, and the most of two together.
    """

    atoms: tuple[tuple[tuple[int, ...], ...], ...]
    active: tuple[int, ...]
    most: tuple[int, ...]

    @classmethod
    def of(cls, lifting: Lifting) -> Atoms | None:
        """Those of a sparse or group-sparse model."""
        model = lifting.statement.model
        atoms: tuple[tuple[tuple[int, ...], ...], ...]
        if model.kind == "sparse":
            atoms = tuple(tuple((i,) for i in range(n)) for n in lifting.sizes)
            counts = model.sparsity
        elif model.kind == "group-sparse":
            atoms, counts = model.groups, model.active
        else:
            return None
        active = tuple(min(c, len(a)) for c, a in zip(counts, atoms, strict=True))
        return cls(atoms, active, tuple(min(2 * c, len(a)) for c, a in zip(active, atoms, strict=True)))

    @property
    def disjoint(self) -> bool:
        """Whether no index is in two atoms."""
        return all(sum(map(len, a)) == len(set().union(*a)) for a in self.atoms)

    def pair(self, chosen: Sequence[Iterable[int]]) -> tuple[Support, Support]:
        """Two supports that together have the atoms chosen."""
        sides = [sorted(c) for c in chosen]
        first = [c[:n] for c, n in zip(sides, self.active, strict=True)]
        second = [c[-n:] for c, n in zip(sides, self.active, strict=True)]
        return self.support(first), self.support(second)

    def splits(self, chosen: Sequence[Iterable[int]], most: int) -> list[tuple[Support, Support]]:
        """The pairs of supports that together have the atoms chosen, each in both orders, at most so many."""
        sides = [
            [
                (s, sorted((u - set(s)) | set(c)))
                for s in combinations(sorted(u), n)
                for c in combinations(s, 2 * n - len(u))
            ]
            for u, n in zip(map(set, chosen), self.active, strict=True)
        ]
        found = islice(product(*sides), most)
        return [(self.support([a for a, _ in side]), self.support([b for _, b in side])) for side in found]

    def support(self, chosen: Sequence[Iterable[int]]) -> Support:
        """The support made of some atoms."""
        return tuple(
            tuple(sorted({i for a in c for i in atoms[a]})) for c, atoms in zip(chosen, self.atoms, strict=True)
        )


class Columns:
    """d^2 A^T A, exactly and in double precision."""

    def __init__(self, lifting: Lifting) -> None:
        columns = lifting.columns
        self.rows = columns.rows_kind
        self.gram, self.square = columns.gram() * columns.weight, columns.denominator**2
        self.floats = np.array([[float(Fraction(int(x), self.square)) for x in row] for row in self.gram])
        self.top = float(np.diag(self.floats).max())
        self.coordinates = np.array(lifting.coordinates)
        self._kernels: dict[Box, list[list[int]]] = {}

    def uses(self, k: int, indices: Sequence[int]) -> np.ndarray:
        """Which coordinates have their index in factor k among some."""
        return np.isin(self.coordinates[:, k], indices)

    def inside(self, support: Sequence[Sequence[int]]) -> np.ndarray:
        """Which coordinates lie in a box."""
        return np.all([self.uses(k, part) for k, part in enumerate(support)], axis=0)

    def box(self, s: Support, t: Support) -> Box:
        """Coordinates in the box of the unions."""
        return places(self.inside([(*a, *b) for a, b in zip(s, t, strict=True)]))

    def union(self, s: Support, t: Support) -> Box:
        """Coordinates in the union of the boxes."""
        return places(self.inside(s) | self.inside(t))

    def least(self, boxes: Sequence[Box]) -> np.ndarray:
        """The least non-zero eigenvalue on each set of columns, infinite where there is none; kernels are exact."""
        out = np.full(len(boxes), np.inf)
        by_size: dict[int, list[int]] = {}
        for n, which in enumerate(boxes):
            by_size.setdefault(len(which), []).append(n)
        by_size.pop(0, None)
        for size, members in by_size.items():
            step = 1 + BATCH // size**2
            for start in range(0, len(members), step):
                part = members[start : start + step]
                index = np.array([boxes[n] for n in part])
                values = np.linalg.eigvalsh(self.floats[index[:, :, None], index[:, None, :]])
                for n, spectrum in zip(part, values, strict=True):
                    nullity = len(self.kernel(boxes[n])) if spectrum[0] < ZERO * self.top else 0
                    out[n] = spectrum[nullity] if nullity < size else np.inf
        return out

    def kernel(self, which: Box) -> list[list[int]]:
        """Integer vectors that span the kernel on some columns, short ones."""
        import flint

        if which not in self._kernels:
            n = len(which)
            exact = flint.fmpz_mat(n, n, [int(x) for x in self.gram[np.ix_(which, which)].flat])
            found: list[list[int]] = []
            if flint.nmod_mat(exact, 2**61 - 1).rank() < n:
                basis, nullity = exact.nullspace()
                rows = [[int(x) for x in row] for row in basis.transpose().table()[: int(nullity)]]
                found = _short(rows) if nullity else []
            self._kernels[which] = found
        return self._kernels[which]

    def quotient(self, which: Box) -> tuple[Fraction, list[int]]:
        """The exact Rayleigh quotient at the least non-zero eigenvalue, and the vector; y with x = G y for a kernel."""
        kernel = self.kernel(which)
        _, vectors = np.linalg.eigh(self.floats[np.ix_(which, which)])
        y = np.array([round(float(v) * 2**40) for v in vectors[:, len(kernel)]], dtype=object)
        G = self.gram[np.ix_(which, which)]
        x = G.dot(y) if kernel else y
        return Fraction(int(x.dot(G.dot(x))), int(x.dot(x)) * self.square), y.tolist()

    def stretch(self, which: Box, inner: Box) -> Fraction | None:
        """A bound of |T| / dist(T, kernel on `which`) for T on `inner`; None where it is not finite."""
        kernel = np.array(self.kernel(which), dtype=float)
        kernel /= np.linalg.norm(kernel, axis=1)[:, None]
        place = {n: i for i, n in enumerate(which)}
        basis = np.linalg.qr(kernel.T)[0]
        cosine = np.linalg.norm(basis[[place[n] for n in inner]], 2)
        if cosine >= 1 - 1e-9:
            return None
        return sqrt_above(Fraction(float((1 + 1e-11) / (1 - cosine**2))))

    @cached_property
    def rank(self) -> int:
        """The rank of A in double precision."""
        return int(np.linalg.matrix_rank(self.floats))


def places(mask: np.ndarray) -> Box:
    """The places where a mask is set."""
    return tuple(np.flatnonzero(mask).tolist())


def _short(rows: list[list[int]]) -> list[list[int]]:
    import flint

    reduced = flint.fmpz_mat(rows).lll()
    table = [[int(x) for x in row] for row in reduced.table()]
    return [[x // math.gcd(*row) for x in row] for row in table]
