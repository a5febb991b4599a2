"""Generic classes of a chain of filters: ways to deal the roots of the product to the layers.

Theorem.  Let kernel k be z^offset q_k(z^(s_k)) with q_k of full support and degree d_k, and let the
product not wrap around.  At generic parameters the classes with the same product are the ways to
deal, for each stride s, the roots of the product of the q_k with s_k = s to these layers; layers of
different strides exchange nothing.
Proof.  Call two roots of the product related when their ratio is a root of unity.  Generically the
classes are the s_k-th roots of one root of q_k.  A kernel of stride s has roots closed under the
s-th roots of unity, hence takes from classes whose size s divides; the largest stride can only take
whole classes of its own size, and takes all of them by degree; remove them and repeat.  Within one
stride any split of the roots of the q_k with the right degrees is a class, over R when conjugate
pairs stay together.  A layer that keeps every s-th output turns the kernels p(z) between it and the
output into p(z^s) before it, and all coefficients of the product are seen.  [theory: section 5]
"""

from __future__ import annotations

from collections import Counter
from itertools import pairwise
from math import gcd, prod

from ..certificate import Claim, Nothing
from ..lifting import Lifting
from ..method import Budget, Method, Proved, closed
from ..problem.forms import Taps


def accepts(lifting: Lifting, proved: Proved) -> str:
    """One path of free kernels in one dimension, all real parameters."""
    statement = lifting.statement
    forms = statement.forms
    if closed("identifiability.generic.verdict", proved) and "identifiability.generic.fibre_C" in proved:
        return "the generic classes are counted"
    if statement.model.kind != "free" or statement.model.nonnegative:
        return "the model is not all real parameters"
    if not all(isinstance(f, Taps) and f.nodes == (1, 1) and f.taps and not f.fixed for f in forms):
        return "not a single path of free kernels"
    layers = [f for f in forms if isinstance(f, Taps)]
    if statement.data is not None or len(layers[0].grid) > 1:
        return "data or a second dimension"
    if layers[0].boundary == "circular":
        seen = all(f.grid[0] % f.stride == 0 for f in layers)
    else:
        seen = prod(f.stride for f in layers) <= layers[-1].grid[0]
    if not seen:
        return "a stride leaves out a coefficient of the product"
    return "circular and zero-padded layers are mixed" if len({f.boundary for f in layers}) > 1 else ""


def search(lifting: Lifting, proved: Proved, budget: Budget) -> list[Claim] | Nothing:
    """The claim, when every kernel is a full run of taps and the product does not wrap around."""
    layers = [f for f in lifting.statement.forms if isinstance(f, Taps)]
    length = layers[-1].grid[0] if layers[0].boundary == "circular" else 0
    scales = [prod(f.stride for f in layers[k + 1 :]) for k in range(len(layers))]
    runs = [run(sorted(scale * t[2][0] for t in f.taps), length) for f, scale in zip(layers, scales, strict=True)]
    if None in runs:
        return Nothing("a kernel is not a full run {0, s, ..., d s} of taps")
    if length and sum(stride * degree for stride, degree in runs if degree) >= length:  # type: ignore[misc]
        return Nothing("the product wraps around the circle")
    strides = Counter(stride for stride, degree in runs if degree)  # type: ignore[misc]
    shared = sorted(stride for stride, n in strides.items() if n > 1)
    if shared:
        note = f"layers of stride {', '.join(map(str, shared))} can deal the roots of their product among themselves"
    else:
        note = "one class where no two roots of the kernels, as polynomials, have a root of unity as their ratio"
    return [Claim("chain-fibre", {}, note)]


def run(taps: list[int], length: int) -> tuple[int, int] | None:
    """Stride and degree of a full run of sorted taps, the shortest way round a circle of `length` points (0: none).

    >>> run([0, 2, 4], 0), run([0, 1, 11], 12), run([0, 1, 3], 0)
    ((2, 2), (1, 2), None)
    """
    if len(set(taps)) < len(taps):
        return None
    if length:
        gaps = [*(b - a for a, b in pairwise(taps)), taps[0] + length - taps[-1]]
        start = (gaps.index(max(gaps)) + 1) % len(taps)
        taps = taps[start:] + [t + length for t in taps[:start]]
    if len(taps) == 1:
        return 1, 0
    stride = gcd(*(t - taps[0] for t in taps))
    return (stride, len(taps) - 1) if taps[-1] - taps[0] == stride * (len(taps) - 1) else None


METHOD = Method(
    name="roots of a chain",
    theorem="classes with a generic product are the ways to deal its roots, stride by stride",
    closes=("identifiability.generic.verdict",),
    cost=7,
    accepts=accepts,
    search=search,
)
