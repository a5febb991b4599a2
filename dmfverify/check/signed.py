"""Signed sets up to symmetry, for K = 1: what has to be looked at once, and how exact a symmetry is.

The code of +e_i is 2i, that of -e_i is 2i + 1.  A signed set is a sorted tuple of codes of different indices.  A
map of signs and places is the list of the codes of the images of all codes.
"""

from .strict import require

MAX_GROUP = 2_000


def closure(generators, n, work):
    """All products of the maps [(map, matrix)], the identity among them, and -1; a group.

    Each comes with a matrix: `matrices` maps a map to the product of the generators' matrices, over a common unit.
    """
    identity = tuple(range(2 * n))
    found, queue = {identity: None}, [identity]
    for g in queue:  # grows while it is read
        for h, (R, unit) in generators:
            work.spend(2 * n)
            image = tuple(h[c] for c in g)
            if image not in found:
                require(len(found) < MAX_GROUP, "generators: a group that is too large")
                found[image] = _product(R, found[g], unit, work)
                queue.append(image)
    return found


def _product(R, S, unit, work):
    """R S / unit, rounded down; None stands for unit times the identity."""
    if S is None:
        return R
    work.spend(2 * len(R) ** 3)
    columns = list(zip(*S, strict=True))
    return [[sum(map(int.__mul__, row, column)) // unit for column in columns] for row in R]


def negated(g):
    """-g."""
    return tuple(c ^ 1 for c in g)


class Orbits:
    """Which signed sets are least among their images; `maps` is a group."""

    def __init__(self, maps, n, work):
        self.n, self.work = n, work
        work.spend(2 * n * len(maps))
        self.lowering = [sorted((g[c], g) for g in maps) for c in range(2 * n)]

    def least(self, chosen):
        """Whether no map takes the sorted tuple `chosen` to one that is smaller lexicographically.

        Only a map that takes some element to the first one, or below it, could.
        """
        for c in chosen:
            for image, g in self.lowering[c]:
                if image > chosen[0]:
                    break
                self.work.spend(4 + 2 * len(chosen))
                if tuple(sorted([g[x] for x in chosen])) < chosen:
                    return False
        return True

    def children(self, chosen, size):
        """The least signed sets with one more element, of greater index, that leave room for `size` elements."""
        first = chosen[-1] // 2 + 1 if chosen else 0
        for c in range(2 * first, 2 * (self.n - size + len(chosen) + 1)):
            more = (*chosen, c)
            if self.least(more):
                yield more
