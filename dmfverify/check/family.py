"""The models of a statement: which parameters are allowed, and the maximal supports among them.

Main definition
    `Family`  read from the key `model`; `allows`, `maximal`, `count`
"""

import itertools
import math

from .strict import array, index, indices, keys, one_of, require

MAX_SUPPORTS = 200_000
"""Maximal supports that the checker is willing to list."""
MAX_COMPARED = 3_000
"""Supports that it is willing to compare with each other."""
MAX_COUNT = 10**500
"""Beyond it the number of maximal supports is not said: their pairs have at most 1,000 digits."""

OWN_KEYS = {"free": (), "supports": ("supports",), "sparse": ("sparsity",), "group-sparse": ("groups", "active")}


class Family:
    """A union of models: the supports over the factors that parameters may have, and their sign."""

    def __init__(self, raw, sizes, work):
        require(type(raw) is dict, "statement.model: not an object")
        self.kind = one_of(raw.get("kind"), tuple(OWN_KEYS), "model.kind")
        keys(raw, ("kind", "sign", *OWN_KEYS[self.kind]), (), "statement.model")
        self.nonnegative = one_of(raw["sign"], ("real", "nonnegative"), "model.sign") == "nonnegative"
        self.sizes, self.work, self._maximal = sizes, work, None
        if self.kind == "supports":
            self.supports = [read_box(s, sizes, "model.supports") for s in array(raw["supports"], "model.supports")]
            require(self.supports, "model.supports: empty")
        elif self.kind == "sparse":
            self.sparsity = self._counts(raw["sparsity"], "model.sparsity")
        elif self.kind == "group-sparse":
            self.groups = [
                [indices(g, n, "model.groups") for g in array(factor, "model.groups")]
                for factor, n in zip(array(raw["groups"], "model.groups", len(sizes)), sizes, strict=True)
            ]
            require(all(self.groups), "model.groups: empty")
            self.active = self._counts(raw["active"], "model.active")

    def _counts(self, raw, what):
        found = [index(n, 10**9, what) for n in array(raw, what, len(self.sizes))]
        require(min(found) > 0, f"{what}: must be positive")
        return found

    def reach(self):
        """Boxes such that some model reaches a coordinate iff some box holds it."""
        if self.kind == "supports":
            return self.supports
        if self.kind == "group-sparse":
            return [[sorted(set().union(*groups)) for groups in self.groups]]
        return [[range(n) for n in self.sizes]]

    def allows(self, h):
        """Whether the parameters h lie in the model."""
        if self.nonnegative and any(x < 0 for part in h for x in part):
            return False
        supports = [{i for i, x in enumerate(part) if x} for part in h]
        if self.kind == "free":
            return True
        if self.kind == "supports":
            return any(all(s <= set(m) for s, m in zip(supports, model, strict=True)) for model in self.supports)
        if self.kind == "sparse":
            return all(len(s) <= n for s, n in zip(supports, self.sparsity, strict=True))
        return all(self._covered(*each) for each in zip(supports, self.groups, self.active, strict=True))

    def _covered(self, support, groups, active):
        """Whether at most `active` of the groups cover `support`."""
        self.work.spend(len(groups) + len(support))
        if not support:
            return True
        if active == 0:
            return False
        first = min(support)
        return any(self._covered(support - set(g), groups, active - 1) for g in groups if first in g)

    # -- maximal supports ---------------------------------------------------------------------------

    def within(self, limit):
        """Whether there are at most `limit` maximal supports, and the checker can list them."""
        count = self.count()
        return count is not None and count <= min(limit, MAX_SUPPORTS)

    def count(self):
        """The number of maximal supports, or None where the checker does not say."""
        if self.kind == "free":
            return 1
        if self.kind == "supports":
            return len(self.maximal()) if len(self.supports) <= MAX_COMPARED else None
        total = 1
        for choices in self._factor_counts():
            total = None if choices is None or total * choices > MAX_COUNT else total * choices
            if total is None:
                return None
        return total

    def _factor_counts(self):
        """Factor by factor the number of maximal choices, None where it is too large to find out."""
        if self.kind == "sparse":
            for n, s in zip(self.sizes, self.sparsity, strict=True):
                yield _binomial(n, min(s, n))
            return
        for groups, active in zip(self.groups, self.active, strict=True):
            ways = _binomial(len(groups), min(active, len(groups)))
            if _disjoint(groups):
                yield ways
            else:
                yield len(self._unions(groups, active)) if ways is not None and ways <= MAX_COMPARED else None

    def maximal(self):
        """The maximal supports, as tuples of tuples, in the order of the format page.  Ask `within` first."""
        if self._maximal is None:
            self._maximal = self._list()
        return self._maximal

    def _list(self):
        if self.kind == "free":
            return [tuple(tuple(range(n)) for n in self.sizes)]
        if self.kind == "supports":
            return self._without_smaller([tuple(map(tuple, s)) for s in self.supports])
        if self.kind == "sparse":
            pairs = zip(self.sizes, self.sparsity, strict=True)
            return list(itertools.product(*(itertools.combinations(range(n), min(s, n)) for n, s in pairs)))
        pairs = zip(self.groups, self.active, strict=True)
        return list(itertools.product(*(self._unions(groups, active) for groups, active in pairs)))

    def _unions(self, groups, active):
        """Maximal unions of `active` groups, without repetition."""
        chosen = itertools.combinations(groups, min(active, len(groups)))
        unions = [tuple(sorted(set().union(*c))) for c in chosen]
        return unions if _disjoint(groups) else [s for (s,) in self._without_smaller([(u,) for u in unions])]

    def _without_smaller(self, supports):
        """The supports, each once, that lie in no other."""
        unique = {s: [set(part) for part in s] for s in dict.fromkeys(supports)}
        self.work.spend(len(unique) * sum(1 + sum(map(len, s)) for s in unique) // 4)
        return [s for s, parts in unique.items() if sum(_inside(parts, others) for others in unique.values()) == 1]


def _inside(parts, others):
    return all(a <= b for a, b in zip(parts, others, strict=True))


def read_box(raw, sizes, what):
    """A list over the factors of sorted non-empty index lists."""
    return [indices(s, n, what) for s, n in zip(array(raw, what, len(sizes)), sizes, strict=True)]


def _disjoint(groups):
    return len(set(itertools.chain(*groups))) == sum(map(len, groups))


def _binomial(n, k):
    """n over k, or None when it is beyond `MAX_COUNT`."""
    value = 1
    for i in range(min(k, n - k)):
        value = value * (n - i) // (i + 1)
        if value > MAX_COUNT:
            return None
    return value


def pairs_of(count):
    """Unordered pairs, each with itself included."""
    return math.comb(count + 1, 2)
