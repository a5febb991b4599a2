"""Families of supports: every pair of maximal supports at once."""

from fractions import Fraction
from itertools import combinations_with_replacement
from math import inf

from ..algebra import apply, dot, is_semidefinite, rank_exact
from ..proved import OVER_C, UNIFORM
from ..strict import array, bracket, index, integers, keys, prime, require
from .kernel import column_rank, expand

MAX_SUPPORTS = 1_000


def family(ledger, limit):
    """The maximal supports, when there are at most `limit` and the model is not free."""
    require(ledger.statement.kind != "free", "the model is free")
    require(ledger.statement.family_within(limit), "more supports than the checker compares")
    return ledger.statement.maximal()


def pairs_injective(claim, ledger, work):
    """On each union of two boxes the columns are independent."""
    names = ("kind", "prime", "deficient", "lower_rip", "lower_rip_union")
    keys(claim, names, ("worst", "worst_union"), "pairs-injective")
    p, supports = prime(claim["prime"]), family(ledger, MAX_SUPPORTS)
    boxes = _Boxes(expand(ledger.statement, work), supports, work)
    deficient = 0
    for a, b in combinations_with_replacement(range(len(supports)), 2):
        union, box = boxes.union(a, b), boxes.box(a, b)
        require(boxes.independent(union, p), "pairs-injective: a union of two boxes has dependent columns")
        if not boxes.independent(box, p):
            require(boxes.dependent(box), "pairs-injective: the prime is unlucky for a box")
            deficient += 1
    require(
        index(claim["deficient"], 2**60, "deficient") == deficient,
        "pairs-injective: another number of deficient pairs",
    )
    brackets = {}
    if claim["lower_rip"] is not None:
        require(not deficient, "lower_rip: some boxes have a kernel")
        brackets["lower_rip"] = _least(claim["lower_rip"], "lower_rip", claim.get("worst"), boxes, boxes.box)
    if claim["lower_rip_union"] is not None:
        worst = claim.get("worst_union")
        brackets["lower_rip_union"] = _least(claim["lower_rip_union"], "lower_rip_union", worst, boxes, boxes.union)
    ledger.fact(UNIFORM, "yes")
    ledger.fact(OVER_C, "yes")
    ledger.exactly("sparse_dnsp.gamma_union", Fraction(1))
    ledger.fact("sparse_dnsp.deficient_pairs", deficient)
    if not deficient:
        ledger.exactly("sparse_dnsp.gamma", Fraction(1))
    for name, pair in brackets.items():
        ledger.exactly("sparse_dnsp." + name, *pair)


class _Boxes:
    """Columns in boxes, as bit masks over the coordinates; equal masks are looked at once."""

    def __init__(self, columns, supports, work):
        self.columns, self.supports, self.work = columns, supports, work
        self.whole = columns.gram(work)
        self.using = [{} for _ in supports[0]]  # factor -> parameter -> mask of the coordinates that use it
        for n, multi in enumerate(columns.coordinates):
            for table, i in zip(self.using, multi, strict=True):
                table[i] = table.get(i, 0) | 1 << n
        self.ranks, self.parts = {}, [self._mask(s) for s in supports]

    def _mask(self, support):
        """Coordinates in a box."""
        found = (1 << len(self.columns.columns)) - 1
        for table, part in zip(self.using, support, strict=True):
            here = 0
            for i in part:
                here |= table.get(i, 0)
            found &= here
        self.work.spend(sum(map(len, support)) * (1 + len(self.columns.columns) // 640))
        return found

    def box(self, a, b):
        """Coordinates in the factor-wise union of two supports."""
        return self._mask([{*s, *t} for s, t in zip(self.supports[a], self.supports[b], strict=True)])

    def union(self, a, b):
        """Coordinates in one support's box or the other's."""
        return self.parts[a] | self.parts[b]

    def listed(self, mask):
        """The coordinates of a mask, in order."""
        return [n for n in range(mask.bit_length()) if mask >> n & 1]

    def gram(self, mask):
        """Gram matrix of some columns."""
        which = self.listed(mask)
        self.work.spend(1 + len(which) ** 2)
        return [[self.whole[i][j] for j in which] for i in which]

    def independent(self, mask, p):
        """Whether the columns are independent modulo p."""
        if mask not in self.ranks:
            which = self.listed(mask)
            self.ranks[mask] = column_rank([self.columns.columns[i] for i in which], p, self.work) == len(which)
        return self.ranks[mask]

    def dependent(self, mask):
        """Whether the columns are dependent over Q."""
        G = self.gram(mask)
        return rank_exact(G, self.work) < len(G)


def _least(raw, name, worst, boxes, which):
    """The least singular value over the pairs: lo by exact elimination, hi by a vector at one pair."""
    low, high = bracket(raw, name)
    square, weight = boxes.columns.den**2, boxes.columns.weight
    p, q = low.numerator**2 * square, low.denominator**2 * weight
    pairs = combinations_with_replacement(range(len(boxes.supports)), 2)
    for mask in dict.fromkeys(which(a, b) for a, b in pairs) if low else ():
        shifted = [[q * x - (p if i == j else 0) for j, x in enumerate(row)] for i, row in enumerate(boxes.gram(mask))]
        require(is_semidefinite(shifted, boxes.work), f"{name}: a pair has a smaller singular value")
    if high < inf:
        keys(worst, ("pair", "vector"), (), name)
        a, b = (index(i, len(boxes.supports), f"{name}.pair") for i in array(worst["pair"], f"{name}.pair", 2))
        G = boxes.gram(which(a, b))
        x = integers(worst["vector"], len(G), f"{name}.vector")
        require(
            any(x) and weight * dot(x, apply(G, x, boxes.work)) <= high**2 * square * dot(x, x),
            f"{name}: the vector does not reach the upper end",
        )
    return low, high
