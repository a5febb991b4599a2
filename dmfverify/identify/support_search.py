"""A tree over the sets of atoms that two supports can have together: branch and bound on boxes.

Theorem.  The least eigenvalue of the Gram matrix on some columns, zeros counted, only falls when columns are
added.  So a bound at the box of all atoms that a node allows holds at every pair below it.  (It does not hold for
the least non-zero eigenvalue: boxes with a kernel are leaves of their own.)  [theory: section 4]

Main definitions
    `Tree`    codes in preorder: 0 for a leaf that passes, -1 for a box with a kernel, 1 + a for a division by atom a
    `swaps`   greedy and swap search for the box with the least eigenvalue
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction

import numpy as np

from ..problem.forms import Support
from .support_boxes import Atoms, Box, Columns, places
from .support_orbits import Chosen, Symmetry, orbit

STARTS = 12
TRIED = 40
"""Boxes of a shape of which none has passed, after which the shape is not tried any more."""


class TooMany(Exception):
    """More work than the checker would do, or no time left."""


class Deficient(Exception):
    """A box with a kernel: smaller boxes are not covered by larger ones any more."""


class Better(Exception):
    """A box with a smaller least non-zero eigenvalue."""

    def __init__(self, value: float, chosen: Chosen) -> None:
        self.value, self.chosen = value, chosen


class Tree:
    """The tree for one lower end: `codes`, the boxes with a kernel, the steps that the checker will count.

    A division by an atom is one by its orbit under the symmetries that map the node to itself: what holds of the sets
    with the atom holds of those with another of the orbit, and then come the sets with none of them.
    """

    def __init__(
        self,
        columns: Columns,
        atoms: Atoms,
        bits: int,
        most: float,
        left: Callable[[], float],
        group: Sequence[Symmetry] = (),
    ) -> None:
        self.columns, self.atoms, self.bits, self.most, self.left = columns, atoms, bits, most, left
        self.group = group
        self.using = [[columns.uses(k, a) for a in factor] for k, factor in enumerate(atoms.atoms)]
        self.first = np.concatenate([[0], np.cumsum([len(f) for f in atoms.atoms])]).tolist()
        self.fewest = atoms.most
        self.size = slot(len(columns.floats), bits)

    def build(self, tau: float) -> list[int]:
        """The codes of a tree whose leaves have their eigenvalues above `tau`, or are boxes with a kernel.

        Raises
        ------
        Better
            When a box turns up that has a smaller least non-zero eigenvalue.
        TooMany
            When the checker would have too much to do, or the time is over.
        """
        self.fewest = self.atoms.most
        try:
            return self._built(tau)
        except Deficient:
            self.fewest = self.atoms.active
            return self._built(tau)

    def _built(self, tau: float) -> list[int]:
        self.tau = tau
        self.tries: dict[tuple[int, ...], list[int]] = {}
        self.shifted = self.columns.floats - tau * np.eye(len(self.columns.floats))
        self.margin = rounding(self.columns, self.bits)
        self.codes: list[int] = []
        self.kernels: dict[Box, list[list[int]]] = {}
        self.deficient: list[Chosen] = []
        self.steps = 0
        nobody: Chosen = tuple(frozenset() for _ in self.using)
        root = self._settled(nobody, tuple(frozenset(range(len(u))) for u in self.using))
        if root is not None:
            self._node(*root, 0, self._fixing(self.group, *root))
        return self.codes

    def box(self, chosen: Chosen) -> np.ndarray:
        """Which coordinates lie in the box of some atoms."""
        return np.all([np.any([u[a] for a in c], axis=0) for u, c in zip(self.using, chosen, strict=True)], axis=0)

    def _settled(self, inside: Chosen, allowed: Chosen) -> tuple[Chosen, Chosen] | None:
        inner, outer = list(inside), list(allowed)
        for k, (few, most) in enumerate(zip(self.fewest, self.atoms.most, strict=True)):
            if len(outer[k]) < few or len(inner[k]) > most:
                return None
            if len(inner[k]) == most:
                outer[k] = inner[k]
            if len(outer[k]) == few:
                inner[k] = outer[k]
        return tuple(inner), tuple(outer)

    def _fixing(self, group: Sequence[Symmetry], inside: Chosen, allowed: Chosen) -> list[Symmetry]:
        """Those that map a node to itself."""
        self.steps += 4 * len(group) * (1 + sum(map(len, allowed)))
        return [g for g in group if g.chosen(inside) == inside and g.chosen(allowed) == allowed]

    def _node(self, inside: Chosen, allowed: Chosen, gone: int, group: Sequence[Symmetry]) -> None:
        """Codes below a node; `gone` columns have been eliminated by the checker on the way."""
        mine = int(self.box(inside).sum()) if all(inside) else 0
        size = int(self.box(allowed).sum())
        if mine > gone:
            self.steps += 0 if gone else 2 * size * (10 + size)
            self._spend(mine - gone, size - mine)
            gone = mine
        self.steps += 400
        if self._passes(allowed, size):
            self._spend(size - gone, 0)
            self.codes.append(0)
        elif inside == allowed:
            self._one_box(inside)
        else:
            k = next(k for k, (a, b) in enumerate(zip(inside, allowed, strict=True)) if a != b)
            a = min(allowed[k] - inside[k])
            self.codes.append(1 + self.first[k] + a)
            with_a = tuple(s | {a} if j == k else s for j, s in enumerate(inside))
            alike = orbit((k, a), lambda at: [g.atom(at) for g in group])
            without = tuple(s - {b for i, b in alike if i == j} for j, s in enumerate(allowed))
            for node in (self._settled(with_a, allowed), self._settled(inside, without)):
                if node is not None:
                    self._node(*node, gone, self._fixing(group, *node))

    def _spend(self, out: int, rest: int) -> None:
        self.steps += 9 * (out + rest) + steps(out, rest, self.bits, self.size)
        if self.steps > self.most or self.left() <= 0:
            raise TooMany

    def _passes(self, allowed: Chosen, size: int) -> bool:
        """Whether the box of all atoms allowed is above the bound, with room for the checker's rounding."""
        if size == 0:
            return True
        if size > self.columns.rank:
            return False
        shape = tuple(map(len, allowed))
        tried = self.tries.setdefault(shape, [0, 0])
        if tried[0] >= TRIED and tried[1] == 0 and shape != self.atoms.most:
            return False
        which = np.flatnonzero(self.box(allowed))
        matrix = self.shifted[np.ix_(which, which)]
        matrix.flat[:: size + 1] -= self.margin
        tried[0] += 1
        try:
            np.linalg.cholesky(matrix)
        except np.linalg.LinAlgError:
            return False
        tried[1] += 1
        return True

    def singular(self) -> list[tuple[Box, Chosen]]:
        """The boxes with a kernel that were met, and their atoms."""
        return [(places(self.box(chosen)), chosen) for chosen in self.deficient]

    def _one_box(self, chosen: Chosen) -> None:
        which = places(self.box(chosen))
        (value,) = self.columns.least([which])
        kernel = self.columns.kernel(which)
        if value < self.tau + self.margin or not kernel:
            raise Better(float(value), chosen)
        if self.fewest != self.atoms.active:
            raise Deficient
        self.steps += len(which) ** 3 // 6
        self.kernels[which] = kernel
        self.deficient.append(chosen)
        self.codes.append(-1)


def swaps(columns: Columns, atoms: Atoms, rng: np.random.Generator, left: Callable[[], float]) -> tuple[float, Chosen]:
    """The least eigenvalue found over boxes of as many atoms as two supports can have, and the atoms."""
    search = _Swaps(columns, atoms)
    best, where = np.inf, search.random(rng)
    for _ in range(STARTS):
        chosen = search.random(rng)
        value = search.values([chosen])[0]
        improved = True
        while improved:
            improved = False
            for k in range(len(chosen)):
                others = search.neighbours(chosen, k)
                if others:
                    values = search.values(others)
                    if values.min() < value * (1 - 1e-12):
                        value, chosen, improved = float(values.min()), others[int(values.argmin())], True
        if value < best:
            best, where = float(value), chosen
        if left() <= 0:
            break
    return best, where


def union_swaps(
    columns: Columns, atoms: Atoms, rng: np.random.Generator, left: Callable[[], float]
) -> tuple[float, tuple[Support, Support] | None]:
    """The least non-zero eigenvalue found over unions of the boxes of two supports, and the pair."""
    search = _Swaps(columns, atoms)
    best: tuple[float, tuple[Support, Support] | None] = np.inf, None
    for _ in range(STARTS):
        sides = search.sides(rng)
        value, improved = search.of_unions([sides])[0], True
        while improved:
            improved = False
            for side, k in np.ndindex(2, len(atoms.atoms)):
                others = search.beside(sides, side, k)
                values = search.of_unions(others)
                if len(values) and values.min() < value * (1 - 1e-12):
                    value, sides, improved = float(values.min()), others[int(values.argmin())], True
        if value < best[0]:
            best = float(value), search.supports(sides)
        if left() <= 0:
            break
    return best


class _Swaps:
    def __init__(self, columns: Columns, atoms: Atoms) -> None:
        self.columns, self.atoms = columns, atoms
        self.tree = Tree(columns, atoms, 64, np.inf, lambda: np.inf)

    def random(self, rng: np.random.Generator) -> Chosen:
        return tuple(
            frozenset(rng.choice(len(a), n, replace=False).tolist())
            for a, n in zip(self.atoms.atoms, self.atoms.most, strict=True)
        )

    def values(self, boxes: list[Chosen]) -> np.ndarray:
        return self.columns.least([places(self.tree.box(b)) for b in boxes])

    def sides(self, rng: np.random.Generator) -> tuple[Chosen, Chosen]:
        """The atoms of two random supports."""
        first, second = (
            tuple(
                frozenset(rng.choice(len(a), n, replace=False).tolist())
                for a, n in zip(self.atoms.atoms, self.atoms.active, strict=True)
            )
            for _ in range(2)
        )
        return first, second

    def supports(self, sides: tuple[Chosen, Chosen]) -> tuple[Support, Support]:
        """Two supports as lists of indices."""
        return self.atoms.support(sides[0]), self.atoms.support(sides[1])

    def of_unions(self, pairs: list[tuple[Chosen, Chosen]]) -> np.ndarray:
        """The least non-zero eigenvalue on the union of the boxes of each pair."""
        return self.columns.least([places(self.tree.box(s) | self.tree.box(t)) for s, t in pairs])

    def beside(self, sides: tuple[Chosen, Chosen], side: int, k: int) -> list[tuple[Chosen, Chosen]]:
        """The pairs with another atom in factor k of one of them."""
        changed = self.neighbours(sides[side], k)
        return [(sides[0], c) if side else (c, sides[1]) for c in changed]

    def neighbours(self, chosen: Chosen, k: int) -> list[Chosen]:
        """The boxes with another atom in factor k."""
        rest = set(range(len(self.atoms.atoms[k]))) - chosen[k]
        changed = [chosen[k] - {a} | {b} for a in chosen[k] for b in rest]
        return [tuple(c if j == k else part for j, part in enumerate(chosen)) for c in changed]


def rounding(columns: Columns, bits: int) -> float:
    """What the checker's digits, and double precision here, may take off an eigenvalue."""
    return columns.top * (len(columns.floats) * 2.0**-bits + columns.rank * 2.0**-52)


def resolved(columns: Columns, value: float, gap: Fraction) -> tuple[Fraction, int]:
    """A gap, a share of `value`, wide enough for double precision, and binary digits whose rounding is less of it."""
    finest = 4 * columns.rank * columns.top * 2.0**-52 / value
    wide = max(gap, Fraction(finest).limit_denominator(10**16))
    room = float(wide) * value / columns.top / len(columns.floats) / 8
    return wide, min(256, max(20, 1 - int(np.floor(np.log2(room)))))


def slot(n: int, bits: int) -> int:
    """Bytes that the checker takes for an entry of a matrix with n rows."""
    return max(8, -(-((2 * n + 2 << 2 * bits).bit_length() + 1) // 8))


def steps(gone: int, left: int, bits: int, size: int) -> int:
    """Steps that the checker counts for an elimination."""
    n, digits = gone + left, size * (2 + bits // 30)
    slots = gone * left * left + (n * n * n - left * left * left) // 3 - left * gone * n // 2
    return gone * (n + left) + slots * digits // 300 + gone * (20 + 2 * n * size // 8) + n * (10 + n // 4)
