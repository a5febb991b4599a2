"""The ratio e_3/e_2 of the squared singular values of kernel elements: gamma from above, in c = dim Ker A variables.

Theorem.  For w = V x in Ker A and a flattening f let e_k^f(x) be the k-th elementary symmetric polynomial of the
squared singular values of w's flattening, e_1 = |w|^2.  If, with weights omega_f >= 0,

    sum_f omega_f (e_3^f(x) - tau*|w|^2*e_2^f(x)) = m^T G m,   m the cubic monomials in x, G positive definite,

then for each unit w some f has e_3^f >= tau*e_2^f.  e_3/e_2 is Schur-concave (Marshall and Olkin), so that the squared
singular values from the third on sum to at least t as soon as phi_s(t) <= tau, phi_s(t) the ratio at (1-t)/2, (1-t)/2,
t/(s-2), ..., t/(s-2), s the smaller side.  Flattenings of T have rank <= 2: gamma^-2 >= t.  [docs/theory/bounds.md]

The size of the program depends on c only, and the smaller the tail the tighter the bound.
"""

from __future__ import annotations

import itertools
import math
import time
from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from ..certificate import Claim, Nothing
from ..exact import sqrt_above
from ..lifting import Lifting, TooLarge
from ..method import PRIMES, Budget, Method, Proved
from . import quartic
from .brackets import dyadic, lower_end, room, seconds
from .frames import Frame, frame
from .ratio_solver import Cubics, Solution, solve

MAX_COLUMNS = 600
MAX_KERNEL = 18
MAX_SIDE = 40
GOOD = 1.0005
ACCURACIES = (1e-6, 1e-8)
SLACKS = (1e-7, 1e-5, 1e-4, 1e-3, 1e-2)
SECONDS = 300.0


def accepts(lifting: Lifting, proved: Proved) -> str:
    """Equivalence scale, a small kernel, a flattening of three rows; K > 2 only where nothing is known."""
    if lifting.statement.equivalence != "scale":
        return "flattenings need the whole tensor space: equivalence scale"
    if lifting.count > MAX_COLUMNS:
        return f"more than {MAX_COLUMNS} coordinates"
    try:
        c = lifting.kernel_dimension
    except TooLarge as error:
        return str(error)
    if not 1 < c <= MAX_KERNEL:
        return f"the dimension of the kernel is not between 2 and {MAX_KERNEL}"
    if not flattenings(lifting.sizes):
        return f"no flattening has a smaller side between 3 and {MAX_SIDE}"
    if lifting.K > 2 and proved.get("dnsp.gamma", ["1", "inf"])[1] != "inf":
        return "one flattening at a time is loose for more than two factors, and gamma is bounded already"
    return room("dnsp.gamma", proved, GOOD)


def later(lifting: Lifting) -> int:
    """For more than two factors after degree four, where that applies."""
    return quartic.METHOD.cost + 1 if lifting.K > 2 and quartic.applies(lifting) else METHOD.cost


def flattenings(sizes: Sequence[int]) -> list[tuple[list[int], int]]:
    """Modes of the rows and the smaller side, for each split of the modes in two with a side of three or more."""
    K, found = len(sizes), []
    for count in range(1, K // 2 + 1):
        for modes in itertools.combinations(range(K), count):
            if 2 * count == K and modes[0] != 0:
                continue
            rows = math.prod(sizes[k] for k in modes)
            side = min(rows, math.prod(sizes) // rows)
            if 3 <= side <= MAX_SIDE:
                smaller = list(modes) if side == rows else [k for k in range(K) if k not in modes]
                found.append((smaller, side))
    return found


def search(lifting: Lifting, proved: Proved, budget: Budget) -> list[Claim] | Nothing:
    """The claim for equal weights of all flattenings, and a lower end if the moments led to a better point."""
    found = frame(lifting.kernel)
    used = flattenings(lifting.sizes)
    low = Fraction(proved.get("dnsp.gamma", ["1", "inf"])[0])
    V = np.array([[float(Fraction(x, 1 << found.exponent)) for x in row] for row in found.V])
    cubics = Cubics(V.shape[1])
    matrices = [flattened(V, lifting.sizes, modes) for modes, _ in used]
    f, g = forms(cubics, matrices)
    E = positive_gram(cubics, matrices)
    best = _solved(cubics, f, g, E, used, low, min(budget.left, seconds(lifting, SECONDS)))
    if best is None:
        return Nothing(
            "no multiple of e_2 can be taken from e_3: the kernel comes close to rank two, or the solver failed"
        )
    claim = _claim(lifting, found, cubics, f, g, E, used, best)
    lower = lower_end(lifting, found.Q @ _direction(cubics, best.moments), low, budget)
    return [claim, *lower] if claim else Nothing("no slack made the rounding pass")


def _solved(
    cubics: Cubics,
    f: np.ndarray,
    g: np.ndarray,
    E: np.ndarray,
    used: Sequence[tuple[list[int], int]],
    low: Fraction,
    most: float,
) -> Solution | None:
    """The best tau of solves of growing accuracy; they end where the bracket is tight, or nothing is gained."""
    deadline = time.monotonic() + most
    best: Solution | None = None
    for accuracy in ACCURACIES:
        left = deadline - time.monotonic()
        found = solve(cubics, f, g, E, accuracy, left) if left > 0 else None
        gain = 1.0 if best is None or found is None else (found.tau - best.tau) / max(found.tau, 1e-300)
        if found is not None and found.tau > 0 and (best is None or found.tau > best.tau):
            best = found
        if best and (gain < 1e-4 or float(low) ** 2 * float(tail(best.tau, used)) >= 1 / GOOD**2):
            break
    return best


# -- the forms --------------------------------------------------------------------------------------


def flattened(V: np.ndarray, sizes: Sequence[int], modes: Sequence[int]) -> np.ndarray:
    """The flattenings of the columns of V (n x c) with rows indexed by `modes`: rows x columns x c."""
    rest = [k for k in range(len(sizes)) if k not in modes]
    rows = math.prod(sizes[k] for k in modes)
    return V.reshape(*sizes, V.shape[1]).transpose(*modes, *rest, len(sizes)).reshape(rows, -1, V.shape[1])


def forms(cubics: Cubics, matrices: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
    """Coefficients of 6*sum e_3 and 6*e_1*sum e_2 for matrices W(x) given as rows x columns x c.

    Examples
    --------
    >>> W = np.array([np.diag([1.0, 0, 0]), np.diag([0, 2.0, 0]), np.diag([0, 0, 3.0])]).transpose(1, 2, 0)
    >>> f, g = forms(Cubics(3), [W])  # e_3 = x^2 * 4y^2 * 9z^2
    >>> float(f.sum()), float(g.sum())  # 6*36, 6*14*(4 + 9 + 36)
    (216.0, 4116.0)
    """
    c = cubics.c
    two, four = _exponents(c, 2), _exponents(c, 4)
    up4, up6 = _products(two, two, four), _products(four, two, cubics.exponents)
    f, g = np.zeros(cubics.count), np.zeros(cubics.count)
    for W in matrices:
        Q = np.stack([_symmetric(block) for block in np.einsum("ika,jkb->ijab", W, W).reshape(-1, c, c)])
        Q = Q.reshape(len(W), len(W), -1)
        pairs = np.einsum("ika,kjb->ijab", Q, Q, optimize=True).reshape(len(W) ** 2, -1)
        squared = np.stack([np.bincount(up4.ravel(), line, minlength=len(four)) for line in pairs])
        trace = Q.trace()
        p2 = squared.reshape(len(W), len(W), -1).trace()
        p3 = np.bincount(up6.ravel(), (squared.T @ Q.reshape(len(W) ** 2, -1)).ravel(), minlength=cubics.count)
        square = np.bincount(up4.ravel(), np.outer(trace, trace).ravel(), minlength=len(four))
        p111 = np.bincount(up6.ravel(), np.outer(square, trace).ravel(), minlength=cubics.count)
        p12 = np.bincount(up6.ravel(), np.outer(p2, trace).ravel(), minlength=cubics.count)
        f += p111 - 3 * p12 + 2 * p3
        g += 3 * (p111 - p12)
    return f, g


def positive_gram(cubics: Cubics, matrices: Sequence[np.ndarray]) -> np.ndarray:
    """The Gram matrix of 6*e_1*sum e_2 as a sum of squares: (linear form of e_1) times (2 x 2 minor), scaled cubics.

    Examples
    --------
    >>> W = np.random.default_rng(0).standard_normal((3, 3, 2))
    >>> cubics = Cubics(2)
    >>> bool(np.allclose(cubics.form(positive_gram(cubics, [W])), forms(cubics, [W])[1]))
    True
    """
    c = cubics.c
    second = 0
    for W in matrices:
        (i, j), (k, m) = (np.triu_indices(size, 1) for size in W.shape[:2])
        minors = np.einsum("pqa,pqb->pqab", W[i][:, k], W[j][:, m])
        minors -= np.einsum("pqa,pqb->pqab", W[i][:, m], W[j][:, k])
        lines = np.stack([_symmetric(block) for block in minors.reshape(-1, c, c)])
        second = second + lines.T @ lines
    inner = np.einsum("ija,ijb->ab", matrices[0], matrices[0])
    up = _products(np.eye(c, dtype=np.int64), _exponents(c, 2), _exponents(c, 3))
    E = np.zeros((cubics.size, cubics.size))
    for a in range(c):
        for b in range(c):
            E[np.ix_(up[a], up[b])] += 6 * inner[a, b] * second
    return E / np.outer(cubics.root, cubics.root)


def _exponents(c: int, degree: int) -> np.ndarray:
    """The exponents of all monomials, in the order of sorted tuples."""
    return np.array([[m.count(i) for i in range(c)] for m in itertools.combinations_with_replacement(range(c), degree)])


def _products(a: np.ndarray, b: np.ndarray, target: np.ndarray) -> np.ndarray:
    """The place in `target` of each product of a monomial of `a` and one of `b`."""
    base = (target.max() + 1) ** np.arange(a.shape[1], dtype=object)
    place = {key: n for n, key in enumerate(target.dot(base).tolist())}
    one, two = a.dot(base).tolist(), b.dot(base).tolist()
    return np.array([[place[x + y] for y in two] for x in one])


def _symmetric(block: np.ndarray) -> np.ndarray:
    """x^T block x in the quadratic monomials."""
    i, j = np.triu_indices(len(block))
    return np.where(i == j, block[i, j], block[i, j] + block[j, i])


def _direction(cubics: Cubics, moments: np.ndarray) -> np.ndarray:
    """The point x that the moments of degree six point to."""
    vector = np.linalg.eigh(moments)[1][:, -1] / cubics.root
    tensor = np.zeros((cubics.c,) * 3)
    for m, value in zip(cubics.monomials, vector, strict=True):
        for order in set(itertools.permutations(m)):
            tensor[order] = value
    return np.linalg.svd(tensor.reshape(cubics.c, -1), full_matrices=False)[0][:, 0]


# -- from the ratio to the tail, and rounding ---------------------------------------------------------


def extreme_ratio(t: Fraction, side: int) -> Fraction:
    """phi_s(t): e_3/e_2 at (1-t)/2, (1-t)/2, t/(s-2), ..., t/(s-2).

    >>> extreme_ratio(Fraction(1, 3), 3)
    Fraction(1, 9)
    """
    head, rest = (1 - t) / 2, side - 2
    each = t / rest
    e2 = head**2 + 2 * head * t + math.comb(rest, 2) * each**2
    e3 = head**2 * t + 2 * head * math.comb(rest, 2) * each**2 + math.comb(rest, 3) * each**3
    return e3 / e2


def tail(tau: float | Fraction, used: Sequence[tuple[list[int], int]]) -> Fraction:
    """A dyadic t with phi_s(t) <= tau for all sides s, as large as 50 halvings find; 0 where there is none."""
    low, high = Fraction(0), min(Fraction(side - 2, side) for _, side in used)
    exact = Fraction(tau)
    if all(extreme_ratio(high, side) <= exact for _, side in used):
        return high
    for _ in range(50):
        middle = dyadic(float(low + high) / 2)
        if middle and all(extreme_ratio(middle, side) <= exact for _, side in used):
            low = middle
        else:
            high = middle
    return low


def _claim(
    lifting: Lifting,
    found: Frame,
    cubics: Cubics,
    f: np.ndarray,
    g: np.ndarray,
    E: np.ndarray,
    used: Sequence[tuple[list[int], int]],
    solution: Solution,
) -> Claim | None:
    prime = next((p for p in PRIMES if lifting.rank_mod(p) == lifting.rank), None)
    for slack in SLACKS if prime else ():
        tau = dyadic(solution.tau * (1 - slack))
        evidence = rounded(cubics, f, g, E, solution, tau, found.exponent)
        least = tail(tau, used)
        if evidence and least > 0:
            flat = [[modes, 1] for modes, _ in used]
            head = {"prime": prime, "kernel": found.vectors, "flattenings": flat, "ratio": tau, "tail": least}
            return Claim("kernel-ratio", {**head, "gamma": sqrt_above(1 / least), **evidence})
    return None


def rounded(
    cubics: Cubics, f: np.ndarray, g: np.ndarray, E: np.ndarray, solution: Solution, tau: Fraction, exponent: int
) -> dict[str, Any] | None:
    """scale, gram and L for tau below that of the solution, or None when rounding ate the slack."""
    G = solution.G + (solution.tau - float(tau)) * E
    margin = float(np.linalg.eigvalsh(G)[0])
    if margin < 1e-14 * float(np.abs(G).max()):
        return None
    L = np.linalg.cholesky(G - margin / 2 * np.eye(cubics.size)) * cubics.root[:, None]
    for extra in (2, 6, 10):
        digits = math.ceil(math.log2(cubics.size / margin)) + extra
        whole = np.rint(L * 2.0**digits) / 2.0**digits
        product = whole @ whole.T
        twice = np.where(cubics.i == cubics.j, 1.0, 2.0)
        left = f - float(tau) * g
        left = left - np.bincount(cubics.monomial, twice * product[cubics.i, cubics.j], minlength=cubics.count)
        if _dominated(cubics, left):
            gram = tau.denominator << 6 * exponent
            common = math.gcd(gram, 4**digits)
            rows = [[int(x) for x in row[: i + 1] * 2.0**digits] for i, row in enumerate(whole)]
            return {"scale": 4**digits // common, "gram": gram // common, "L": rows}
    return None


def _dominated(cubics: Cubics, left: np.ndarray) -> bool:
    """Whether the checker's Gram matrix of what is left is dominated by its diagonal (in floats)."""
    diagonal = cubics.i == cubics.j
    squares = np.bincount(cubics.monomial[diagonal], minlength=cubics.count)
    others = np.bincount(cubics.monomial[~diagonal], minlength=cubics.count) * 2
    share = np.where(squares, 0, np.abs(left) / np.maximum(others, 1))[cubics.monomial[~diagonal]]
    sums = np.bincount(cubics.i[~diagonal], share, minlength=cubics.size)
    sums += np.bincount(cubics.j[~diagonal], share, minlength=cubics.size)
    own = cubics.monomial[diagonal]
    return bool(np.all(left[own] / squares[own] > sums * (1 + 1e-6)))


METHOD = Method(
    name="kernel ratio",
    theorem="e_3 >= tau*e_2 for squared singular values of unit kernel elements bounds their tail (Marshall, Olkin)",
    closes=("dnsp.gamma",),
    cost=54,
    accepts=accepts,
    search=search,
    later=later,
)
