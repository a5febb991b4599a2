"""A chain of convolutions that does not wrap: classes with the same product are ways to deal roots.

A convolution behind a stride s is one with p(z^s) before it; at the end each coefficient of the product is seen.
Each kernel is then z^offset q(z^stride) with q of full support and degree d (a single tap has d = 0 and is
a scale).  At generic parameters, layers of different strides do not exchange roots; q layers of one
stride deal the roots of the product of their q among themselves, real ones and conjugate pairs over R.
"""

from itertools import pairwise
from math import comb, factorial, gcd, prod

from ..proved import GENERIC
from ..strict import keys, require

MAX_DEGREE = 400


def chain_fibre(claim, ledger, work):
    """How many classes share a generic product, over C and over open sets of real parameters."""
    keys(claim, ("kind",), (), "chain-fibre")
    statement = ledger.statement
    free = statement.kind == "free" and not statement.family.nonnegative
    require(free, "chain-fibre: the model is not all real parameters")
    forms = statement.forms
    require(
        statement.data is None and all(f.kind == "taps" and len(f.grid) == 1 for f in forms),
        "chain-fibre: not a chain of convolutions",
    )
    require(all(f.size and f.nodes == (1, 1) for f in forms), "chain-fibre: not a single path of free kernels")
    require(len({f.boundary for f in forms}) == 1, "chain-fibre: two boundaries")
    whole = prod(f.stride for f in forms)
    require(
        all(f.grid[0] % f.stride == 0 for f in forms) if statement.wraps else whole <= forms[-1].grid[0],
        "chain-fibre: a stride that leaves out a coefficient of the product",
    )
    wraps = forms[-1].grid if statement.wraps else None
    scales = [prod(f.stride for f in forms[k + 1 :]) for k in range(len(forms))]
    runs = [_run([scale * t[2][0] for t in f.taps], wraps) for f, scale in zip(forms, scales, strict=True)]
    require(None not in runs, "chain-fibre: a kernel is not a full run of taps")
    length = wraps[0] if wraps else None
    require(
        length is None or sum(stride * degree for stride, degree in runs) < length,
        "chain-fibre: the product wraps around",
    )
    require(sum(degree for _, degree in runs) <= MAX_DEGREE, "chain-fibre: more roots than the checker deals")
    groups = {}
    for stride, degree in runs:
        if degree:
            groups.setdefault(stride, []).append(degree)
    over_complex = prod(_dealt(degrees) for degrees in groups.values())
    real = [_dealt_real(degrees) for degrees in groups.values()]
    most = prod(max(counts) for counts in real)
    ledger.fact("identifiability.generic.fibre_C", over_complex)
    ledger.fact("identifiability.generic.fibre_real", [prod(min(counts) for counts in real), most])
    ledger.fact(GENERIC, "yes" if most == 1 else "no")


def _run(taps, wraps):
    """(stride, degree) of a full run of taps, the shortest way round a circle; None for other supports."""
    taps = sorted(taps)
    if len(set(taps)) < len(taps):
        return None
    if wraps:
        gaps = [*(b - a for a, b in pairwise(taps)), taps[0] + wraps[0] - taps[-1]]
        start = (gaps.index(max(gaps)) + 1) % len(taps)
        taps = taps[start:] + [t + wraps[0] for t in taps[:start]]
    span = [t - taps[0] for t in taps]
    stride = gcd(*span)
    return (1, 0) if len(taps) == 1 else (stride, len(taps) - 1) if span[-1] == stride * (len(taps) - 1) else None


def _dealt(degrees):
    """Ways to deal distinct roots to layers of these degrees."""
    return factorial(sum(degrees)) // prod(map(factorial, degrees))


def _dealt_real(degrees):
    """The same over R, for each number of real roots that occurs: real roots and conjugate pairs are dealt whole."""
    most = sum(d // 2 for d in degrees)
    return [_ways(tuple(degrees), pairs) for pairs in range(most + 1)]


def _ways(degrees, pairs):
    """Ways to deal `pairs` conjugate pairs and the remaining real roots."""
    state = {(pairs, sum(degrees) - 2 * pairs): 1}
    for d in degrees:
        after = {}
        for (p, r), n in state.items():
            for take in range(min(p, d // 2) + 1):
                if d - 2 * take <= r:
                    key = (p - take, r - (d - 2 * take))
                    after[key] = after.get(key, 0) + n * comb(p, take) * comb(r, d - 2 * take)
        state = after
    return state.get((0, 0), 0)
