"""Families of supports: every pair of maximal supports at once."""

from fractions import Fraction
from itertools import combinations_with_replacement
from math import inf

from ..algebra import apply, dot, is_semidefinite, rank_exact
from ..proved import OVER_C, UNIFORM
from ..strict import bracket, index, integers, keys, prime, require
from .kernel import column_rank, expand

MAX_PAIRS = 300_000


def pairs_injective(claim, ledger, work):
    """On each union of two boxes the columns are independent."""
    keys(
        claim,
        ("kind", "prime", "deficient", "lower_rip", "lower_rip_union"),
        ("worst", "worst_union"),
        "pairs-injective",
    )
    statement, p = ledger.statement, prime(claim["prime"])
    require(statement.kind != "free", "pairs-injective: the model is free")
    require(statement.family_within(1_000), "pairs-injective: more supports than the checker compares")
    columns = expand(statement, work)
    supports = statement.maximal()
    boxes = _Boxes(columns, work)
    deficient = set()
    for a, b in combinations_with_replacement(range(len(supports)), 2):
        union = boxes.union(supports[a], supports[b])
        require(boxes.independent(union, p), "pairs-injective: a union of two boxes has dependent columns")
        box = boxes.box(supports[a], supports[b])
        if box != union and not boxes.independent(box, p):
            require(boxes.exact_rank(box) < len(box), "pairs-injective: the prime is unlucky for a box")
            deficient.add((a, b))
    require(
        len(deficient) == index(claim["deficient"], 2**60, "deficient"),
        "pairs-injective: another number of deficient pairs",
    )
    brackets = {}
    for name, which in (("lower_rip", boxes.box), ("lower_rip_union", boxes.union)):
        if claim[name] is not None:
            worst = claim.get("worst" if name == "lower_rip" else "worst_union")
            brackets[name] = _least(claim[name], name, worst, which, boxes, supports, deficient, work)
    ledger.fact(UNIFORM, "yes")
    ledger.fact(OVER_C, "yes")
    ledger.exactly("sparse_dnsp.gamma_union", Fraction(1))
    ledger.fact("sparse_dnsp.deficient_pairs", len(deficient))
    if not deficient:
        ledger.exactly("sparse_dnsp.gamma", Fraction(1))
    for name, pair in brackets.items():
        ledger.exactly("sparse_dnsp." + name, *pair)


class _Boxes:
    """Column indices of boxes, with what is known of their columns; equal sets are looked at once."""

    def __init__(self, columns, work):
        self.columns, self.work = columns, work
        self.whole = columns.gram(work)
        self.ranks, self.good = {}, {}

    def box(self, s, t):
        """Coordinates in the factor-wise union of two supports."""
        parts = [set(a) | set(b) for a, b in zip(s, t, strict=True)]
        return tuple(
            n for n, m in enumerate(self.columns.coordinates) if all(i in p for i, p in zip(m, parts, strict=True))
        )

    def union(self, s, t):
        """Coordinates in one support's box or the other's."""
        return tuple(
            n
            for n, m in enumerate(self.columns.coordinates)
            if all(i in p for i, p in zip(m, s, strict=True)) or all(i in p for i, p in zip(m, t, strict=True))
        )

    def gram(self, which):
        """Gram matrix of some columns."""
        return [[self.whole[i][j] for j in which] for i in which]

    def independent(self, which, p):
        """Whether the columns are independent modulo p."""
        if which not in self.good:
            part = _Part([self.columns.columns[i] for i in which])
            self.good[which] = column_rank(part, p, self.work) == len(which)
        return self.good[which]

    def exact_rank(self, which):
        """Rank over Q."""
        if which not in self.ranks:
            self.ranks[which] = rank_exact(self.gram(which), self.work)
        return self.ranks[which]


class _Part:
    """Some columns, with the rows that they use."""

    def __init__(self, columns):
        self.columns = columns

    def alive_rows(self):
        """Rows with a non-zero entry."""
        return sorted(set().union(*map(set, self.columns)))


def _least(raw, name, worst, which, boxes, supports, deficient, work):
    """The least non-zero singular value over the pairs: lo by exact elimination, hi by a vector at one pair."""
    low, high = bracket(raw, name)
    require(name != "lower_rip" or not deficient, "lower_rip: some boxes have a kernel")
    square, weight = boxes.columns.den**2, boxes.columns.weight
    p, q = low.numerator**2 * square, low.denominator**2 * weight
    done = set()
    for s, t in combinations_with_replacement(supports, 2):
        chosen = which(s, t)
        if chosen in done:
            continue
        done.add(chosen)
        G = boxes.gram(chosen)
        shifted = [[q * x - (p if i == j else 0) for j, x in enumerate(row)] for i, row in enumerate(G)]
        require(is_semidefinite(shifted, work), f"{name}: a pair has a smaller singular value")
    if high < inf:
        keys(worst, ("pair", "vector"), (), name)
        a, b = (index(i, len(supports), f"{name}.pair") for i in worst["pair"])
        G = boxes.gram(which(supports[a], supports[b]))
        x = integers(worst["vector"], len(G), f"{name}.vector")
        require(
            any(x) and weight * dot(x, apply(G, x)) <= high**2 * square * dot(x, x),
            f"{name}: the vector does not reach the upper end",
        )
    return low, high
