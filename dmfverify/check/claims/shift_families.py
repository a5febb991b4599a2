"""Convolutional networks with a family of supports: every constant from counts of shifts.

On the union of two boxes all multi-indices reach different (output, leaf, shift): there T has one
entry a class, the classes are orthogonal, and |AT| = sqrt(N) |T|.  The projection of T on the row
space spreads an entry over its class, so |Pi T|^2 is the sum of T_i^2 / c(class of i): the supremum
of |T|^2 / |Pi T|^2 is the greatest c that a multi-index of the union meets, reached by a one-hot network.
"""

from fractions import Fraction
from itertools import combinations_with_replacement
from math import inf, prod

from ..lifting import by_node, compose
from ..proved import OVER_C, UNIFORM
from ..strict import array, bracket, index, keys, require
from .convolution import plain_shifts
from .families import family
from .support_tree import maximal

MAX_SUPPORTS = 1_000

PAIRS = ("gamma", "sparse_gamma", "lower_rip", "sigma")


def shift_families(claim, ledger, work):
    """Distinct shifts on each union of two boxes, and the constants that follow."""
    keys(claim, ("kind", "deficient", *PAIRS), (), "shift-families")
    statement = ledger.statement
    require(statement.has_response, "shift-families: not a plain convolutional network")
    supports = family(ledger, MAX_SUPPORTS)
    require(plain_shifts(statement, work), "shift-families: fixed taps that are not plain shifts")
    counter = _Counter(statement, work)
    require(all(counter.single(s) for s in supports), "shift-families: a support with dead coordinates")
    whole = counter.counts([range(n) for n in statement.sizes])
    deficient, least, spread, reached = 0, inf, 1, 1
    for s, t in combinations_with_replacement(supports, 2):
        union, box = counter.union(s, t), counter.counts(_joined(s, t))
        require(max(union.values()) == 1, "shift-families: two multi-indices of a pair reach the same shift")
        deficient += max(box.values()) > 1 or not counter.single(_joined(s, t))
        least = min(least, *box.values())
        spread = max(spread, *(box[key] for key in union))
        reached = max(reached, *(whole[key] for key in union))
    require(
        deficient == index(claim["deficient"], 2**60, "deficient"), "shift-families: another number of deficient pairs"
    )
    cells = prod(statement.forms[-1].grid)
    squares = {"gamma": reached, "sparse_gamma": spread, "lower_rip": cells * least, "sigma": cells}
    found = {name: bracket(claim[name], name) for name in PAIRS}
    for name, (low, high) in found.items():
        require(
            low**2 <= squares[name] and (high == inf or squares[name] <= high**2),
            f"shift-families: {name} is another root",
        )
    ledger.fact(UNIFORM, "yes")
    ledger.fact(OVER_C, "yes")
    ledger.fact("sparse_dnsp.deficient_pairs", deficient)
    ledger.exactly("dnsp.gamma", *found["gamma"])
    ledger.exactly("dnsp.kappa", *found["sigma"])
    ledger.exactly("sparse_dnsp.gamma", *found["sparse_gamma"])
    ledger.exactly("sparse_dnsp.gamma_union", Fraction(1))
    ledger.exactly("sparse_dnsp.lower_rip", *found["lower_rip"])
    ledger.exactly("sparse_dnsp.lower_rip_union", *found["sigma"])


def shift_pair(claim, ledger, work):
    """Non-zero singular values on any columns are roots of N times a count; one pair of supports shows a small one."""
    keys(claim, ("kind", "pair", "lower_rip", "lower_rip_union"), (), "shift-pair")
    statement = ledger.statement
    require(statement.has_response and statement.kind != "free", "shift-pair: not a family on a plain network")
    require(plain_shifts(statement, work), "shift-pair: fixed taps that are not plain shifts")
    s, t = (maximal(statement, raw, "pair") for raw in array(claim["pair"], "pair", 2))
    counter, cells = _Counter(statement, work), prod(statement.forms[-1].grid)
    for name, found in (("lower_rip", counter.counts(_joined(s, t))), ("lower_rip_union", counter.union(s, t))):
        low, high = bracket(claim[name], name)
        require(found, "shift-pair: no coordinate of the pair reaches a shift")
        least = cells * min(found.values())
        require(low**2 <= cells and (high == inf or least <= high**2), f"shift-pair: {name} is another root")
        ledger.exactly("sparse_dnsp." + name, low, high)


class _Counter:
    """How many multi-indices of a box reach each (output, leaf, shift)."""

    def __init__(self, statement, work):
        self.statement, self.work, self.known, self.held = statement, work, {}, 0

    def counts(self, box):
        """Counts on a box, by one pass over the layers."""
        key = tuple(map(tuple, box))
        if key not in self.known:
            state, k = None, 0
            for form in self.statement.forms:
                taps = [t[:3] for t in form.fixed]
                if form.size:
                    taps, k = [form.taps[i] for i in box[k]], k + 1
                state = compose(state, by_node([(*t, 1) for t in taps]), self.statement.wraps, self.work)
            self.held += len(state)
            self.work.hold(self.held)
            self.known[key] = state
        return self.known[key]

    def single(self, box):
        """Whether each coordinate of the box, of which there are some, reaches a shift: plain shifts reach one."""
        return self.statement.count(box) == sum(self.counts(box).values()) > 0

    def union(self, s, t):
        """Counts on the union of two boxes: each box, less what is in both."""
        total = dict(self.counts(s))
        if s != t:
            for key, n in self.counts(t).items():
                total[key] = total.get(key, 0) + n
            both = [sorted(set(a) & set(b)) for a, b in zip(s, t, strict=True)]
            for key, n in self.counts(both).items() if all(both) else ():
                total[key] -= n
        return {key: n for key, n in total.items() if n}


def _joined(s, t):
    return [sorted(set(a) | set(b)) for a, b in zip(s, t, strict=True)]
