"""Quartic forms in T modulo those that vanish on every T = P(h) - P(g).

Main definitions
    `Space`     the products z of two coordinates, and which quartic monomial a product of two z is
    `cubics`    3 x 3 minors of the flattenings
    `squares`   hyperdeterminants of 2 x 2 x 2 tensors: squares on every T
    `alternating`  functions u of h and g all of whose products are quartics in T (`product`)
    `Quotient`  G -> the class of z^T G z, as a map with orthonormal rows

With z scaled so that |z|^2 = |T|^4 the map G -> class has orthonormal rows in the right basis of the classes, found
block by block: minors are homogeneous in the indices of each mode, so the blocks are small.
T is of rank one on the coordinates that only one of two boxes holds; monomials that are equal for
that reason are one monomial here (docs/certificate-format.md, `quartic`).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..problem.forms import Support

Index = tuple[int, ...]
SIGNED = (((0, 1, 2), 1), ((1, 2, 0), 1), ((2, 0, 1), 1), ((0, 2, 1), -1), ((1, 0, 2), -1), ((2, 1, 0), -1))
HYPERDETERMINANT = (
    ((0, 0, 7, 7), 1), ((1, 1, 6, 6), 1), ((2, 2, 5, 5), 1), ((3, 3, 4, 4), 1),
    ((0, 1, 6, 7), -2), ((0, 2, 5, 7), -2), ((0, 3, 4, 7), -2), ((1, 2, 5, 6), -2), ((1, 3, 4, 6), -2),
    ((2, 3, 4, 5), -2), ((0, 3, 5, 6), 4), ((1, 2, 4, 7), 4),
)  # fmt: skip
"""Cayley's polynomial: cells of the 2 x 2 x 2 tensor as numbers in base two, and coefficients."""


@dataclass(frozen=True)
class Minor:
    """A 3 x 3 minor of the flattening with rows indexed by `modes`; zero cells are None."""

    modes: Index
    rows: tuple[Index, ...]
    cols: tuple[Index, ...]
    terms: tuple[tuple[Index, int], ...]


@dataclass(frozen=True)
class Square:
    """The hyperdeterminant of a 2 x 2 x 2 tensor: three groups of modes, two multi-indices each."""

    groups: tuple[Index, ...]
    pairs: tuple[tuple[Index, Index], ...]
    terms: tuple[tuple[Index, int], ...]


@dataclass(frozen=True)
class Alternating:
    """A product over the modes of h_i g_j - h_j g_i, in an odd number of `modes`, and of h_i g_j + h_j g_i elsewhere.

    `pairs` holds (i, j) for each mode.
    """

    modes: Index
    pairs: tuple[tuple[int, int], ...]


class Space:
    """Coordinates in two boxes, the products of two of them, and the quartic monomials.

    Examples
    --------
    >>> box = ((0, 1), (0, 1))
    >>> space = Space((2, 2), box, box)
    >>> space.n, space.N, space.m
    (4, 10, 35)
    >>> Space((4, 4), ((0, 1), (0, 1)), ((2, 3), (2, 3))).N  # T_00 T_11 = T_01 T_10 in each box
    34
    """

    def __init__(self, sizes: Sequence[int], left: Support, right: Support) -> None:
        self.sizes, self.left, self.right = tuple(sizes), left, right
        sides = [tuple(map(set, box)) for box in (left, right)]
        inside = {
            m: tuple(all(i in s for i, s in zip(m, side, strict=True)) for side in sides)
            for m in itertools.product(*map(range, sizes))
        }
        self.coordinates = [m for m, held in inside.items() if any(held)]
        self.place = {m: a for a, m in enumerate(self.coordinates)}
        self.owner = [0 if all(inside[m]) else 1 if inside[m][0] else 2 for m in self.coordinates]
        self.n = len(self.coordinates)
        self._products()
        self._monomials()

    @property
    def plain(self) -> bool:
        """Whether no coordinate belongs to one box only."""
        return not any(self.owner)

    def _key(self, factors: Sequence[int]) -> Any:
        """Equal keys, equal values on every T."""
        parts: list[list[int]] = [[], [], []]
        for a in factors:
            parts[self.owner[a]].append(a)
        alone = (
            tuple(tuple(sorted(self.coordinates[a][k] for a in part)) for k in range(len(self.sizes)))
            for part in parts[1:]
        )
        return (tuple(sorted(parts[0])), *alone)

    def _products(self) -> None:
        a, b = np.triu_indices(self.n)
        weight = np.where(a == b, 1.0, 2.0)
        if not self.plain:
            found: dict[Any, int] = {}
            which = [found.setdefault(self._key(pair), len(found)) for pair in zip(a.tolist(), b.tolist(), strict=True)]
            _, first = np.unique(which, return_index=True)
            weight = np.bincount(which, weight)
            a, b = a[first], b[first]
        self.a, self.b, self.N = a, b, len(a)
        self.root = np.sqrt(weight)
        """z_k is root_k * T_a T_b, so that |z|^2 = |T|^4."""

    def _monomials(self) -> None:
        i, j = np.triu_indices(self.N)
        numbers = self._number(np.stack([self.a[i], self.b[i], self.a[j], self.b[j]], 1))
        self.numbers, monomial = np.unique(numbers, return_inverse=True)
        if self.plain:
            self.classes = np.arange(len(self.numbers))
        else:
            found: dict[Any, int] = {}
            fours = np.stack([self.numbers // self.n**power % self.n for power in (3, 2, 1, 0)], 1)
            self.classes = np.array([found.setdefault(self._key(four), len(found)) for four in fours.tolist()])
            self._class_of_key = found
        self.i, self.j, self.monomial = i, j, self.classes[monomial]
        self.m = int(self.classes.max()) + 1
        self.entry = self.root[i] * self.root[j] * np.where(i == j, 1, 2)
        """The coefficient of G_ij in its monomial."""
        self.weight = np.bincount(self.monomial, self.entry**2 / np.where(i == j, 1, 2), minlength=self.m)

    def _number(self, fours: np.ndarray) -> np.ndarray:
        s = np.sort(np.asarray(fours, dtype=np.int64), axis=-1)
        return ((s[..., 0] * self.n + s[..., 1]) * self.n + s[..., 2]) * self.n + s[..., 3]

    def monomials(self, fours: np.ndarray) -> np.ndarray:
        """The monomial of each product of four coordinates (last axis)."""
        if self.plain:
            return np.searchsorted(self.numbers, self._number(fours))
        flat = np.asarray(fours).reshape(-1, 4).tolist()
        return np.array([self._class_of_key[self._key(f)] for f in flat], dtype=np.int64).reshape(fours.shape[:-1])

    def coefficients(self, form: np.ndarray) -> np.ndarray:
        """(T^T form T)*|T|^2 in monomials."""
        n = self.n
        a, b = np.triu_indices(n)
        values = np.where(a == b, 1, 2) * form[a, b]
        total = np.zeros(self.m)
        for c in range(n):
            fours = np.stack([a, b, np.full(len(a), c), np.full(len(a), c)], 1)
            total += np.bincount(self.monomials(fours), values, minlength=self.m)
        return total

    def expand(self, terms: Sequence[tuple[Index, float]]) -> np.ndarray:
        """A quartic given by its terms, in monomials."""
        out = np.zeros(self.m)
        places = np.array([t for t, _ in terms], dtype=np.int64).reshape(-1, 4)
        np.add.at(out, self.monomials(places), [float(x) for _, x in terms])
        return out

    # ------------------------------------------------------------ what vanishes, what is a square

    @cached_property
    def cubics(self) -> list[Minor]:
        """3 x 3 minors of all flattenings that are not zero."""
        return list(_minors(self))

    def squares(self, most: int) -> list[Square]:
        """Hyperdeterminants, at most so many, those of coordinate sub-tensors first."""
        found, seen = [], set()
        for square in _squares(self):
            key = tuple(sorted(square.terms))
            if key not in seen:
                seen.add(key)
                found.append(square)
            if len(found) >= most:
                break
        return found

    def alternating(self, most: int) -> list[Alternating]:
        """Those that are not zero on every T, or none when there are more than `most`."""
        found: list[Alternating] = []
        for u in _alternating(self.sizes):
            if np.any(self.expand(self.product(u, u))):
                found.append(u)
            if len(found) > most:
                return []
        return found

    def product(self, u: Alternating, v: Alternating) -> list[tuple[Index, float]]:
        """The quartic that is u v on every T, by its terms.

        Four entries of T get the indices of u and of v in both orders, with the signs of these: in each mode u's on
        the first two entries and v's on the others, but in one mode of u on the first and third, and on the second and
        fourth.  What is left on T = P(h) - P(g) is h g g h and g h h g, each -u v.
        """
        ways = []
        for k, (p, q) in enumerate(zip(u.pairs, v.pairs, strict=True)):
            signs = -1 if k in u.modes else 1, -1 if k in v.modes else 1
            own = [
                ((*p[:: 1 - 2 * a], *q[:: 1 - 2 * b]), signs[0] ** a * signs[1] ** b)
                for a, b in itertools.product((0, 1), repeat=2)
            ]
            ways.append([((x, z, y, t), s) for (x, y, z, t), s in own] if k == u.modes[0] else own)
        found: dict[Index, float] = {}
        for way in itertools.product(*ways):
            places = [self.place.get(multi) for multi in zip(*(four for four, _ in way), strict=True)]
            for key, sign in _whole([(tuple(places), math.prod(s for _, s in way))]):
                found[key] = found.get(key, 0) - sign / 2
        return [(key, x) for key, x in found.items() if x]

    def multiples(self) -> Any:
        """All products (minor) * T_a as sparse columns over the monomials, a running fastest."""
        from scipy.sparse import csc_array

        count, n = len(self.cubics), self.n
        if not count:
            return csc_array((self.m, 0))
        owner = np.repeat(np.arange(count), [len(c.terms) for c in self.cubics])
        threes = np.array([t for c in self.cubics for t, _ in c.terms])
        signs = np.array([s for c in self.cubics for _, s in c.terms], dtype=float)
        a = np.arange(n)
        fourth = np.broadcast_to(a[None, :, None], (len(threes), n, 1))
        fours = np.concatenate([np.repeat(threes[:, None], n, 1), fourth], 2)
        rows = self.monomials(fours)
        cols = owner[:, None] * n + a
        values = np.broadcast_to(signs[:, None], rows.shape)
        return csc_array((values.ravel(), (rows.ravel(), cols.ravel())), shape=(self.m, count * n))


def _joined(K: int, *pieces: tuple[Index, Index]) -> Index:
    """The multi-index with given indices at given modes."""
    found = [0] * K
    for modes, index in pieces:
        for k, i in zip(modes, index, strict=True):
            found[k] = i
    return tuple(found)


def _whole(terms: Iterable[tuple[tuple[int | None, ...], int]]) -> tuple[tuple[Index, int], ...]:
    """The terms without a cell that is zero (None), their places sorted."""
    kept = []
    for places, x in terms:
        found = [a for a in places if a is not None]
        if len(found) == len(places):
            kept.append((tuple(sorted(found)), x))
    return tuple(kept)


def _used(space: Space, modes: Sequence[int]) -> list[Index]:
    """The indices in these modes that occur in some coordinate."""
    return sorted({tuple(m[k] for k in modes) for m in space.coordinates})


def _minors(space: Space) -> Iterator[Minor]:
    K = len(space.sizes)
    for size in range(1, K // 2 + 1):
        for modes in itertools.combinations(range(K), size):
            if 2 * size == K and modes[0] != 0:
                continue
            rest = tuple(k for k in range(K) if k not in modes)
            heads, tails = _used(space, modes), _used(space, rest)
            cell = {(r, c): space.place.get(_joined(K, (modes, r), (rest, c))) for r in heads for c in tails}
            for rows in itertools.combinations(heads, 3):
                for cols in itertools.combinations(tails, 3):
                    kept = _whole(
                        (tuple(cell[r, cols[j]] for r, j in zip(rows, order, strict=True)), sign)
                        for order, sign in SIGNED
                    )
                    if kept:
                        yield Minor(modes, rows, cols, kept)


def _squares(space: Space) -> Iterator[Square]:
    K = len(space.sizes)
    for groups in _groupings(K):
        choices = [itertools.combinations(_used(space, g), 2) for g in groups]
        for pairs in itertools.product(*choices):
            cells = [
                space.place.get(_joined(K, *((g, p[i]) for g, p, i in zip(groups, pairs, bits, strict=True))))
                for bits in itertools.product((0, 1), repeat=3)
            ]
            kept = _whole((tuple(cells[c] for c in four), x) for four, x in HYPERDETERMINANT)
            if any(x == 1 for _, x in kept):
                yield Square(groups, pairs, kept)


def _alternating(sizes: Sequence[int]) -> Iterator[Alternating]:
    for count in range(3, len(sizes) + 1, 2):
        for modes in itertools.combinations(range(len(sizes)), count):
            choices = [
                itertools.combinations(range(n), 2)
                if k in modes
                else itertools.combinations_with_replacement(range(n), 2)
                for k, n in enumerate(sizes)
            ]
            for pairs in itertools.product(*choices):
                yield Alternating(modes, pairs)


def _groupings(K: int) -> list[tuple[Index, ...]]:
    """Ways to divide the modes into three groups."""
    ways = {
        tuple(sorted(tuple(k for k in range(K) if labels[k] == g) for g in range(3)))
        for labels in itertools.product(range(3), repeat=K)
        if len(set(labels)) == 3
    }
    return sorted(ways, key=lambda groups: max(map(len, groups)))


@dataclass(frozen=True)
class Block:
    """Monomials linked by multiples of minors; `chosen` multiples span all of them there."""

    rows: np.ndarray
    chosen: np.ndarray
    inverse: np.ndarray
    """Coefficients of the chosen multiples of a member of their span, times scaled coefficients."""


class Quotient:
    """Quartics modulo multiples of minors, in an orthonormal basis.

    Attributes
    ----------
    basis
        Sparse, monomials x dimension: the class of a quartic with coefficients c is
        basis^T (c / sqrt(weight)).
    """

    def __init__(self, space: Space) -> None:
        from scipy.sparse import csr_array

        self.space = space
        self.blocks: list[Block] = []
        rows: list[np.ndarray] = []
        cols: list[np.ndarray] = []
        values: list[np.ndarray] = []
        at = 0
        for members, part, multiples in self._components():
            free, chosen, inverse = part
            if len(chosen):
                self.blocks.append(Block(members, multiples[chosen], inverse))
            r = free.shape[1]
            rows.append(np.repeat(members, r))
            cols.append(np.tile(np.arange(at, at + r), len(members)))
            values.append(free.ravel())
            at += r
        self.dimension = at
        entries = np.concatenate(values), (np.concatenate(rows), np.concatenate(cols))
        self.basis = csr_array(entries, shape=(space.m, at))
        self.basis_transposed = self.basis.T.tocsr()
        self.unweight = 1 / np.sqrt(space.weight)

    def _components(self) -> Iterator[tuple[np.ndarray, tuple[np.ndarray, np.ndarray, np.ndarray], np.ndarray]]:
        from scipy.sparse import block_array, diags_array
        from scipy.sparse.csgraph import connected_components

        space = self.space
        self.multiples = space.multiples()
        self.multiples.sum_duplicates()
        self.multiples.eliminate_zeros()
        multiples = (diags_array(1 / np.sqrt(space.weight)) @ self.multiples).tocsc()
        if not multiples.shape[1]:
            count, labels = space.m, np.arange(space.m)
        else:
            count, labels = connected_components(block_array([[None, multiples], [multiples.T, None]]), directed=False)
        members, columns = _grouped(labels[: space.m], count), _grouped(labels[space.m :], count)
        position = np.empty(space.m, dtype=np.int64)
        known: dict[bytes, tuple[np.ndarray, np.ndarray, np.ndarray]] = {}
        for mine, theirs in zip(members, columns, strict=True):
            if not len(mine):
                continue
            position[mine] = np.arange(len(mine))
            dense = np.zeros((len(mine), len(theirs)))
            for k, c in enumerate(theirs):
                piece = slice(multiples.indptr[c], multiples.indptr[c + 1])
                dense[position[multiples.indices[piece]], k] = multiples.data[piece]
            key = dense.shape[0].to_bytes(4) + dense.tobytes()
            if key not in known:
                known[key] = _split(dense)
            yield mine, known[key], theirs

    @cached_property
    def gather(self) -> Any:
        """svec(G) -> scaled coefficients, sparse with orthonormal rows."""
        from scipy.sparse import csr_array

        space = self.space
        values = space.entry / np.where(space.i == space.j, 1, np.sqrt(2)) * self.unweight[space.monomial]
        return csr_array((values, (space.monomial, np.arange(len(values)))), shape=(space.m, len(values)))

    @cached_property
    def scatter(self) -> Any:
        """The transpose of `gather`."""
        return self.gather.T.tocsr()

    def of(self, coefficients: np.ndarray) -> np.ndarray:
        """The class of a quartic given by its coefficients."""
        return self.basis_transposed @ (self.unweight * coefficients)

    def of_gram(self, packed: np.ndarray) -> np.ndarray:
        """The class of z^T G z."""
        return self.basis_transposed @ (self.gather @ packed)

    def moments(self, y: np.ndarray) -> np.ndarray:
        """The transposed map: the moment matrix of a functional on the classes, packed."""
        return self.scatter @ (self.basis @ y)

    def multipliers(self, coefficients: np.ndarray) -> dict[int, float]:
        """A quartic of class zero as a combination of the chosen multiples: number of the multiple -> factor."""
        scaled = self.unweight * coefficients
        found: dict[int, float] = {}
        for block in self.blocks:
            found.update(zip(block.chosen.tolist(), (block.inverse @ scaled[block.rows]).tolist(), strict=True))
        return found


def _grouped(labels: np.ndarray, count: int) -> list[np.ndarray]:
    """For each label its places."""
    order = np.argsort(labels, kind="stable")
    return np.split(order, np.searchsorted(labels[order], np.arange(1, count)))


def _split(dense: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """An orthonormal basis of what is orthogonal to the columns, independent columns, their pseudo-inverse."""
    from scipy.linalg import qr

    if not dense.shape[1]:
        return np.eye(len(dense)), np.zeros(0, dtype=np.int64), np.zeros((0, len(dense)))
    Q, R, order = qr(dense, pivoting=True)
    rank = int((np.abs(np.diag(R)) > 1e-9).sum())
    chosen = order[:rank]
    return Q[:, rank:], chosen, np.linalg.pinv(dense[:, chosen])
