"""K = 1: signed permutations that map the kernel of A to itself, as far as double precision can see.

Looked for among the affine maps i -> a i + b of Z/n, with signs (-1)^i or without: the symmetries of Fourier rows and
of circulant matrices.  How far each is from an exact one, the checker computes.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

CLOSE = 1e-9

Map = tuple[int, ...]
"""The codes of the images of all codes; that of +e_i is 2i, that of -e_i is 2i + 1."""


@dataclass(frozen=True)
class Group:
    """Generators as maps, and all their products, -1 included."""

    generators: list[Map]
    maps: list[Map]


def symmetries(rows: np.ndarray) -> Group:
    """The group of the kernel whose orthogonal complement has the orthonormal basis `rows`, r x n."""
    n = rows.shape[1]
    projection = rows.T @ rows
    generators: list[Map] = []
    maps = {tuple(range(2 * n))}
    for g in _candidates(n):
        if g not in maps and _keeps(projection, g):
            generators.append(g)
            maps = _closed(generators, n)
    return Group(generators, sorted({*maps, *(tuple(c ^ 1 for c in g) for g in maps)}))


def _candidates(n: int) -> list[Map]:
    units = [a for a in range(1, n) if math.gcd(a, n) == 1] if n <= 200 else [1, n - 1]
    shifts = sorted(range(n), key=lambda b: (math.gcd(b, n), b))
    found = [
        tuple(2 * ((a * i + b) % n) + (sign * i + side) % 2 for i in range(n) for side in (0, 1))
        for a, b in [(1, b) for b in shifts] + [(a, 0) for a in units]
        for sign in ((0, 1) if n % 2 == 0 else (0,))
    ]
    return found


def _keeps(projection: np.ndarray, g: Map) -> bool:
    image, sign = np.array(g[::2]) // 2, 1 - 2 * (np.array(g[::2]) % 2)
    moved = projection[np.ix_(image, image)] * np.outer(sign, sign)
    return bool(np.abs(moved - projection).max() < CLOSE)


def _closed(generators: list[Map], n: int) -> set[Map]:
    found = {tuple(range(2 * n))}
    queue = list(found)
    for g in queue:
        for h in generators:
            image = tuple(h[c] for c in g)
            if image not in found:
                found.add(image)
                queue.append(image)
    return found


class Orbits:
    """Signed sets that are lexicographically least among their images under a group."""

    def __init__(self, maps: list[Map], n: int) -> None:
        self.n = n
        self.lowering = [sorted((g[c], g) for g in maps) for c in range(2 * n)]

    def least(self, chosen: Map) -> bool:
        """Whether no map takes the sorted codes `chosen` to smaller ones."""
        for c in chosen:
            for image, g in self.lowering[c]:
                if image > chosen[0]:
                    break
                if tuple(sorted([g[x] for x in chosen])) < chosen:
                    return False
        return True

    def children(self, chosen: Map, size: int) -> list[Map]:
        """The least signed sets with one element more, behind the last one, that can grow to `size` elements."""
        first = chosen[-1] // 2 + 1 if chosen else 0
        codes = range(2 * first, 2 * (self.n - size + len(chosen) + 1))
        return [more for c in codes if self.least(more := (*chosen, c))]
