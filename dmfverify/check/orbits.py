"""Symmetries of the columns: signed permutations of the parameters under which the Gram matrix stays what it is.

Main definitions
    `Symmetry`  where each parameter, coordinate, support and atom goes
    `orbit`     what some maps, one after the other, make of one thing
"""

from .strict import array, index, keys, require


class Symmetry:
    """Parameter i of factor k goes to parameter c // 2 of factor l, negated where c is odd; c = codes[k][i]."""

    def __init__(self, raw, statement, G, work):
        keys(raw, ("factors", "codes"), (), "generators")
        K, sizes, self.work = statement.K, statement.sizes, work
        self.factors = [index(k, K, "generators") for k in array(raw["factors"], "generators.factors", K)]
        require(len(set(self.factors)) == K, "generators: two factors go to one")
        self.codes = []
        for k, part in enumerate(array(raw["codes"], "generators.codes", K)):
            n = sizes[self.factors[k]]
            codes = [index(c, 2 * n, "generators.codes") for c in array(part, "generators.codes", sizes[k])]
            require({c >> 1 for c in codes} == set(range(n)), "generators: not a permutation of the parameters")
            self.codes.append(codes)
        self.columns = self._columns(list(statement.paths.coordinates()), G)

    def _columns(self, coordinates, G):
        """The image of each coordinate."""
        n = len(G)
        self.work.spend(n * (4 + len(self.factors)) + n * n)
        place, images, signs = {multi: a for a, multi in enumerate(coordinates)}, [], []
        for multi in coordinates:
            target, odd = [0] * len(multi), 0
            for to, codes, i in zip(self.factors, self.codes, multi, strict=True):
                target[to] = codes[i] >> 1
                odd ^= codes[i] & 1
            images.append(place.get(tuple(target)))
            signs.append(-1 if odd else 1)
        require(None not in images, "generators: a coordinate goes to none")
        for a, sign, row in zip(images, signs, G, strict=True):
            there = G[a]
            same = all(x == sign * s * there[b] for x, b, s in zip(row, images, signs, strict=True))
            require(same, "generators: the Gram matrix changes")
        return images

    def mask(self, which):
        """The mask of the images of some coordinates."""
        self.work.spend(2 * len(which))
        found = 0
        for n in which:
            found |= 1 << self.columns[n]
        return found

    def support(self, support):
        """The image of a support, as a tuple of tuples."""
        found = [()] * len(self.factors)
        for to, codes, part in zip(self.factors, self.codes, support, strict=True):
            found[to] = tuple(sorted(codes[i] >> 1 for i in part))
        self.work.spend(2 * sum(map(len, support)))
        return tuple(found)

    def take_atoms(self, atoms, active):
        """Where each atom goes: supports are made of so many of them in each factor."""
        self.atoms = []
        for k, (to, codes) in enumerate(zip(self.factors, self.codes, strict=True)):
            place = {frozenset(atom): a for a, atom in enumerate(atoms[to])}
            images = [place.get(frozenset(codes[i] >> 1 for i in atom)) for atom in atoms[k]]
            self.work.spend(4 * sum(map(len, atoms[k])))
            same = active[k] == active[to] and set(images) == set(range(len(atoms[to])))
            require(same, "generators: a support goes to none")
            self.atoms.append(images)

    def atom(self, at):
        """The image of an atom, given as (factor, atom)."""
        k, a = at
        return self.factors[k], self.atoms[k][a]

    def chosen(self, chosen):
        """The image of sets of atoms, factor by factor."""
        found = [frozenset()] * len(self.factors)
        for to, images, part in zip(self.factors, self.atoms, chosen, strict=True):
            found[to] = frozenset(images[a] for a in part)
        self.work.spend(2 * sum(map(len, chosen)) + 2)
        return tuple(found)


ENTRIES = 100
"""Entries that a member of an orbit is counted as."""


def orbit(start, maps, work):
    """All that the maps make of `start`, itself included."""
    found, queue = {start}, [start]
    for x in queue:  # grows while it is read
        work.hold(ENTRIES * len(found))
        for image in maps(x):
            if image not in found:
                found.add(image)
                queue.append(image)
    return found
