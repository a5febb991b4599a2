"""Several classes with a generic product: a count over C with its parity, a pair nearby, factors that change places.

Theorem (degree).  All real parameters, `scale`.  If A has the rank D of the dimension of the cone of rank-one tensors,
and Ker A holds none of them over C, almost every product has N = (sum of S_k - 1)! / prod (S_k - 1)! classes over C.
For almost all real h the number of real ones has the parity of N: at least two where N is even.
Proof.  The linear projection from Ker A is finite on the projective variety, onto a space of its dimension, and its
degree is the variety's.  Classes that are not real come in pairs.  []

Theorem (pair).  Two classes with one product, at both of which the Jacobian has the rank of A: products near it are
taken near both, so an open set of parameters has another class.  [submersions are open]

Theorem (exchange).  A permutation of the parameters that takes coordinates to coordinates and leaves the columns of A
as they are takes h to parameters of the same product, for almost all h of another class if of one.
"""

from __future__ import annotations

import itertools
import math
from fractions import Fraction
from operator import mul

import numpy as np

from ..certificate import Claim, Nothing
from ..lifting import Lifting, TooLarge
from ..method import PRIMES, Budget, Method, Proved, closed
from ..problem.forms import Support
from .one_class import MAX_KERNEL, MAX_SUPPORTS, degree, drawn
from .restricted_minors import MAX_COUNT, MAX_FORMS, Pair, no_more, spanning
from .witnesses import allowed, differing, witness

GENERIC, FIBRE, RANK = "identifiability.generic.verdict", "identifiability.generic.fibre_C", "lifting.rank"
MAX_EXCHANGED = 20_000
"""Columns that are compared."""
TRIES = 10

# ------------------------------------------------------------------ the degree of rank-one tensors


def _cone(lifting: Lifting) -> int:
    """Dimension of the cone of rank-one tensors."""
    return sum(lifting.sizes) - lifting.K + 1


def _free(lifting: Lifting, proved: Proved) -> str:
    """Why it is not about all real parameters up to scale with a lifting of the rank of the cone; "" if it is."""
    model = lifting.statement.model
    if lifting.statement.equivalence != "scale" or model.kind != "free" or model.nonnegative:
        return "not all real parameters up to scale"
    if lifting.count > MAX_COUNT:
        return f"more than {MAX_COUNT} columns"
    try:
        rank = proved[RANK] if RANK in proved else lifting.rank
    except TooLarge as error:
        return str(error)
    return "" if rank == _cone(lifting) else "the rank of the lifting is not the dimension of the rank-one tensors"


def accepts_degree(lifting: Lifting, proved: Proved) -> str:
    """A kernel of just the dimension that finite fibres allow."""
    if FIBRE in proved:
        return "the generic classes are counted"
    if proved.get("lifting.kernel_dimension") == 0:
        return "the kernel is trivial"
    return _free(lifting, proved)


def search_degree(lifting: Lifting, proved: Proved, budget: Budget) -> list[Claim] | Nothing:
    """Products that span all forms of a degree on the kernel."""
    full: Support = tuple(tuple(range(n)) for n in lifting.sizes)
    pair = Pair(lifting, full, ((),) * lifting.K)
    r = lifting.count - _cone(lifting)
    if r > MAX_KERNEL:
        return Nothing(f"a kernel of dimension {r}")
    least = degree(lifting.sizes, _cone(lifting), 0)
    if (size := math.comb(r + least - 1, least)) > MAX_FORMS:
        return Nothing(f"degree {least} in {r} variables, which is needed, has {size} forms")
    found = spanning(pair, pair.kernel, budget, [no_more])
    if isinstance(found, Nothing):
        return found
    note = "a generic product has as many classes over C as the degree of the cone of rank-one tensors"
    return [Claim("segre-degree", {"prime": PRIMES[0], "item": {"kernel": pair.kernel, **found}}, note)]


# ------------------------------------------------------------------ a pair nearby


def accepts_pair(lifting: Lifting, proved: Proved) -> str:
    """Products that fill the range of A, and matrices with two rows in the kernel."""
    if closed(GENERIC, proved):
        return "the question is answered"
    if reason := _free(lifting, proved):
        return reason
    if sorted(n for n in lifting.sizes if n > 1)[:1] != [2] or sum(n > 1 for n in lifting.sizes) != 2:
        return "not two factors, one of them with two parameters"
    return "the Jacobian is smaller" if proved.get("identifiability.local.verdict") == "no" else ""


def search_pair(lifting: Lifting, proved: Proved, budget: Budget) -> list[Claim] | Nothing:
    """Random kernel elements, each the difference of two classes in many ways."""
    rng = np.random.default_rng(budget.seed)
    short, long = sorted((k for k, n in enumerate(lifting.sizes) if n > 1), key=lambda k: lifting.sizes[k])
    full = [list(range(n)) for n in lifting.sizes]
    for _ in range(TRIES):
        weights = [int(x) for x in rng.integers(-3, 4, len(lifting.kernel))]
        T = [sum(map(mul, weights, entries)) for entries in zip(*lifting.kernel, strict=True)]
        matrix = np.array(T, dtype=object).reshape([n for n in lifting.sizes if n > 1])
        rows = matrix if short < long else matrix.T
        a, b = (int(rng.integers(-3, 4)) for _ in range(2))
        left, right = ((1, a), (b, 1 + a * b)), ((1 + a * b, -b), (-a, 1))  # rows = left[0] (x) .. + left[1] (x) ..
        h, g = ([[Fraction(1)] * n for n in lifting.sizes] for _ in range(2))
        for part, sign, u, v in zip((h, g), (1, -1), left, right, strict=True):
            part[short] = [Fraction(x) for x in u]
            part[long] = [Fraction(sign * (v[0] * int(x) + v[1] * int(y))) for x, y in zip(*rows, strict=True)]
        if (found := witness(lifting, h, g)) is not None:
            if not (_onto(lifting, h) and _onto(lifting, g)):
                continue
            evidence = {"prime": PRIMES[0], "supports": [full, full], **found.evidence}
            claim = Claim("open-pair", evidence, "two classes, around both of which products fill the range of A")
            return [claim] if RANK in proved else [_kernel(lifting), claim]
    return Nothing("no difference of two classes was drawn")


def _onto(lifting: Lifting, h: list[list[Fraction]]) -> bool:
    """Whether the Jacobian has the rank of the lifting at integer parameters."""
    import flint

    A, rows = lifting.columns.dense().astype(object), []
    for k, n in enumerate(lifting.sizes):
        for i in range(n):
            unit = [int(i == j) for j in range(n)]
            rows.append(A @ lifting.P([unit if m == k else [int(x) for x in part] for m, part in enumerate(h)]))
    p = PRIMES[0]
    return flint.nmod_mat(len(rows), len(A), [int(x) % p for row in rows for x in row], p).rank() == _cone(lifting)


def _kernel(lifting: Lifting) -> Claim:
    return Claim("kernel", {"prime": PRIMES[0], "basis": lifting.kernel})


# ------------------------------------------------------------------ an exchange of factors


def accepts_exchange(lifting: Lifting, proved: Proved) -> str:
    """Factors with as many parameters, columns that can be listed."""
    if closed(GENERIC, proved):
        return "the question is answered"
    if len(set(lifting.sizes)) == lifting.K:
        return "no two factors have as many parameters"
    if lifting.statement.model.family_size(lifting.sizes) > MAX_SUPPORTS:
        return f"more than {MAX_SUPPORTS} maximal supports"
    if lifting.count > MAX_EXCHANGED:
        return f"more than {MAX_EXCHANGED} columns"
    try:
        return "" if lifting.columns.m else "the lifting is zero"
    except TooLarge as error:
        return str(error)


def search_exchange(lifting: Lifting, proved: Proved, budget: Budget) -> list[Claim] | Nothing:
    """Two factors change places, their parameters in order or reversed."""
    rng = np.random.default_rng(budget.seed)
    statement, sizes = lifting.statement, lifting.sizes
    for support in statement.model.maximal(sizes):
        h = drawn(lifting, support, rng)
        image = lifting.product(h)
        for k, m in itertools.combinations(range(lifting.K), 2):
            if sizes[k] != sizes[m] or sizes[k] == 1:
                continue
            for step in (1, -1):
                if budget.spent:
                    return Nothing("time budget spent")
                g = [*h]
                g[k], g[m] = h[m][::step], h[k][::step]
                if not allowed(statement, _signless(g)) or lifting.product(g) != image:
                    continue
                if (coordinate := differing(lifting.alive, h, g)) is None:
                    continue
                factors = [m if n == k else k if n == m else n for n in range(lifting.K)]
                maps = [list(range(n))[:: step if p in (k, m) else 1] for p, n in enumerate(sizes)]
                evidence = {"support": support, "factors": factors, "maps": maps, "h": [list(map(int, x)) for x in h]}
                note = f"the parameters of the factors {k + 1} and {m + 1} can be exchanged"
                return [Claim("exchange", {**evidence, "coordinate": list(coordinate)}, note)]
    return Nothing("no two factors can be exchanged")


def _signless(g: list[list[Fraction]]) -> list[list[Fraction]]:
    return [[abs(x) for x in part] for part in g]


METHODS = (
    Method(
        name="exchange of factors",
        theorem="a permutation of the parameters under which the columns of A are the same gives another class",
        closes=(GENERIC,),
        cost=15,
        accepts=accepts_exchange,
        search=search_exchange,
    ),
    Method(
        name="degree of rank one",
        theorem="a kernel of complementary dimension without tensors of rank one: their cone's degree counts classes",
        closes=(GENERIC, FIBRE),
        cost=42,
        accepts=accepts_degree,
        search=search_degree,
    ),
    Method(
        name="pair of open images",
        theorem="two classes with one product and Jacobians of the rank of A: an open set of h has two classes",
        closes=(GENERIC,),
        cost=43,
        accepts=accepts_pair,
        search=search_pair,
    ),
)
