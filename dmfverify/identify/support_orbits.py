"""Symmetries of a family of supports: one set of columns stands for all that they make of it.

Theorem.  A signed permutation of the parameters that leaves the Gram matrix of the lifting what it is takes the
columns in a set to columns with the same singular values, and the kernel to the kernel.  [theory: section 4]

Main definitions
    `Symmetry`     where parameters and coordinates go
    `symmetries`   some that generate what was found, each exact on the Gram matrix
    `orbits`       sets of columns, one for each orbit
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from ..lifting import Lifting
from ..problem.forms import Support
from ..structure.automorphisms import Moves, candidates
from .support_boxes import Atoms, Box, Columns

MAX_GENERATORS = 12
MAX_GROUP = 2_000
"""Elements that are listed to see whether a generator is one of them."""

Chosen = tuple[frozenset[int], ...]
T = TypeVar("T", bound=Hashable)


@dataclass(frozen=True)
class Symmetry:
    """Parameter i of factor k goes to parameter c // 2 of factor l, negated where c is odd.

    Attributes
    ----------
    factors
        l for each k.
    codes
        c for each k and i.
    columns
        The image of each coordinate.
    atoms
        The image of each atom, factor by factor; none for a listed family.
    """

    factors: tuple[int, ...]
    codes: tuple[tuple[int, ...], ...]
    columns: np.ndarray
    atoms: tuple[tuple[int, ...], ...]

    def to_json(self) -> dict[str, Any]:
        """As it stands in a certificate."""
        return {"factors": list(self.factors), "codes": [list(part) for part in self.codes]}

    def box(self, box: Box) -> Box:
        """The image of a set of columns."""
        return tuple(np.sort(self.columns[list(box)]).tolist())

    def chosen(self, chosen: Chosen) -> Chosen:
        """The image of sets of atoms."""
        found = [frozenset[int]()] * len(self.factors)
        for to, images, part in zip(self.factors, self.atoms, chosen, strict=True):
            found[to] = frozenset(images[a] for a in part)
        return tuple(found)

    def atom(self, at: tuple[int, int]) -> tuple[int, int]:
        """The image of an atom, given as (factor, atom)."""
        return self.factors[at[0]], self.atoms[at[0]][at[1]]


def symmetries(lifting: Lifting, columns: Columns, atoms: Atoms | None) -> list[Symmetry]:
    """Generators among the candidates that the Gram matrix and the family admit, no more of them than are needed."""
    found: list[Symmetry] = []
    group: set[Moves] | None = {_same(lifting.sizes)}
    place = {tuple(multi): n for n, multi in enumerate(columns.coordinates.tolist())}
    for moves in candidates(lifting.statement):
        if len(found) == MAX_GENERATORS:
            break
        if (
            group is not None
            and moves in group
            or (symmetry := _verified(moves, lifting, columns, atoms, place)) is None
        ):
            continue
        found.append(symmetry)
        group = _closed([(g.factors, g.codes) for g in found], lifting.sizes)
    return found


def orbit(start: T, maps: Callable[[T], Iterable[T]]) -> set[T]:
    """All that the maps make of `start`, itself included."""
    found, queue = {start}, [start]
    for x in queue:
        for image in maps(x):
            if image not in found:
                found.add(image)
                queue.append(image)
    return found


def orbits(boxes: Iterable[Box], group: list[Symmetry]) -> list[Box]:
    """The first set of columns of each orbit."""
    seen: set[Box] = set()
    found = []
    for box in boxes:
        if box not in seen:
            found.append(box)
            seen |= orbit(box, lambda b: [g.box(b) for g in group])
    return found


def _same(sizes: tuple[int, ...]) -> Moves:
    return tuple(range(len(sizes))), tuple(tuple(2 * i for i in range(n)) for n in sizes)


def _closed(generators: list[Moves], sizes: tuple[int, ...]) -> set[Moves] | None:
    """All products, or None where they are too many to be listed."""
    found = {_same(sizes)}
    queue = list(found)
    for g in queue:
        for h in generators:
            image = _product(h, g)
            if image not in found:
                found.add(image)
                queue.append(image)
        if len(found) > MAX_GROUP:
            return None
    return found


def _product(h: Moves, g: Moves) -> Moves:
    """First g, then h."""
    factors = tuple(h[0][to] for to in g[0])
    return factors, tuple(tuple(h[1][to][c // 2] ^ (c % 2) for c in part) for to, part in zip(g[0], g[1], strict=True))


def _verified(
    moves: Moves, lifting: Lifting, columns: Columns, atoms: Atoms | None, place: dict[tuple[int, ...], int]
) -> Symmetry | None:
    """The symmetry, when coordinates, Gram matrix and family are mapped to themselves."""
    factors, codes = moves
    images, signs = np.empty_like(columns.coordinates), np.ones(len(columns.coordinates), dtype=int)
    for k, (to, part) in enumerate(zip(factors, codes, strict=True)):
        own = np.array(part)[columns.coordinates[:, k]]
        images[:, to] = own // 2
        signs *= 1 - 2 * (own % 2)
    at = [place.get(tuple(image), -1) for image in images.tolist()]
    if -1 in at:
        return None
    which = np.array(at)
    if (
        np.abs(columns.floats[np.ix_(which, which)] * np.outer(signs, signs) - columns.floats).max()
        > 1e-9 * columns.top
    ):
        return None
    if (columns.gram[np.ix_(which, which)] * np.outer(signs, signs) != columns.gram).any():
        return None
    on_atoms = _on_atoms(moves, lifting, atoms)
    return None if on_atoms is None else Symmetry(factors, codes, which, on_atoms)


def _on_atoms(moves: Moves, lifting: Lifting, atoms: Atoms | None) -> tuple[tuple[int, ...], ...] | None:
    """The images of the atoms, or None where some support goes to none of the family."""
    if atoms is None:
        supports = set(lifting.statement.model.maximal(lifting.sizes))
        return () if all(_moved(moves, s) in supports for s in supports) else None
    found = []
    for k, (to, part) in enumerate(zip(*moves, strict=True)):
        place = {frozenset(atom): a for a, atom in enumerate(atoms.atoms[to])}
        images = [place.get(frozenset(part[i] // 2 for i in atom), -1) for atom in atoms.atoms[k]]
        if atoms.active[k] != atoms.active[to] or {*images} != {*range(len(atoms.atoms[to]))}:
            return None
        found.append(tuple(images))
    return tuple(found)


def _moved(moves: Moves, support: Support) -> Support:
    found: list[tuple[int, ...]] = [()] * len(support)
    for to, codes, part in zip(*moves, support, strict=True):
        found[to] = tuple(sorted(codes[i] // 2 for i in part))
    return tuple(found)
