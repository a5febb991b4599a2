"""Two small integer parameters with one product, found by comparing all of them.

Theorem.  For a random integer vector r the number r . A P(h), modulo 2^64, is a contraction of one tensor with
h_1, ..., h_K; equal products have equal numbers.  Parameters of factors 2..K are taken primitive with a positive first
entry, so that under `scale` no class occurs twice.  Each coincidence is verified exactly.
[theory, section 2: uniform identifiability is injectivity of A on P(models)]
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from fractions import Fraction

import numpy as np

from ..certificate import Claim, Nothing
from ..lifting import Lifting, TooLarge
from ..method import Budget, Method, Proved
from ..problem.forms import Support
from .witnesses import witness

MAX_COLUMNS = 4_000
POOL = 1_500_000
"""Parameters that are compared at most."""
SUPPORTS = 400
REACH = 6
PAIRS = 60
"""Coincidences that are verified at most."""
UNIFORM = "identifiability.uniform.verdict"


def accepts(lifting: Lifting, proved: Proved) -> str:
    """Few parameters and an open question."""
    if UNIFORM in proved:
        return "the question is answered"
    if lifting.count > MAX_COLUMNS or math.prod(lifting.sizes) > 20 * MAX_COLUMNS:
        return f"more than {MAX_COLUMNS} coordinates"
    if lifting.statement.model.family_size(lifting.sizes) > SUPPORTS:
        return f"more than {SUPPORTS} supports"
    try:
        return "the kernel is trivial" if lifting.trivial_kernel else ""
    except TooLarge as error:
        return str(error)


def search(lifting: Lifting, proved: Proved, budget: Budget) -> list[Claim] | Nothing:
    """All integer parameters up to 1, then up to 2, ... in absolute value, as many as fit."""
    weights, last = _weights(lifting, budget.seed), 0
    for reach in range(1, REACH + 1):
        if sum((2 * reach + 1) ** sum(map(len, s)) / 2**lifting.K for s in _supports(lifting)) > 8 * POOL:
            break
        lists = [choices(s, lifting.sizes, reach, lifting.statement.model.nonnegative) for s in _supports(lifting)]
        total = sum(math.prod(map(len, parts)) for parts in lists)
        if total > POOL or budget.spent:
            break
        if claim := _coincidence(lifting, weights, lists):
            return [claim]
        last = reach
    return Nothing(f"no two integer parameters up to {last} in absolute value have one product")


def _supports(lifting: Lifting) -> Iterator[Support]:
    return lifting.statement.model.maximal(lifting.sizes)


def _weights(lifting: Lifting, seed: int) -> np.ndarray:
    """r^T A on all multi-indices, modulo 2^64; zero on those that are not alive."""
    columns = lifting.columns
    r = np.random.default_rng(seed).integers(0, 2**63, columns.m).tolist()
    out = np.zeros(lifting.sizes, dtype=np.uint64)
    for index, value in zip(lifting.coordinates, columns.apply_transposed(r), strict=True):
        out[index] = int(value) % 2**64
    return out


def choices(support: Support, sizes: Sequence[int], reach: int, nonnegative: bool) -> list[np.ndarray]:
    """For each factor the integer vectors on its support: all for the first, one of each line for the others.

    >>> [len(part) for part in choices(((0, 1), (0, 1)), (2, 2), 1, False)]
    [9, 4]
    """
    out = []
    for k, (places, size) in enumerate(zip(support, sizes, strict=True)):
        values = range(0 if nonnegative else -reach, reach + 1)
        vectors = [v for v in itertools.product(values, repeat=len(places)) if k == 0 or _primitive(v)]
        table = np.zeros((len(vectors), size), dtype=np.int64)
        table[:, list(places)] = vectors
        out.append(table)
    return out


def _primitive(v: tuple[int, ...]) -> bool:
    return math.gcd(*v) == 1 and next(x for x in v if x) > 0


def _coincidence(lifting: Lifting, weights: np.ndarray, lists: list[list[np.ndarray]]) -> Claim | None:
    numbers = np.concatenate([_numbers(weights, parts).reshape(-1) for parts in lists])
    order = np.argsort(numbers, kind="stable")
    equal = np.flatnonzero(numbers[order][1:] == numbers[order][:-1])
    for place in equal[:: max(1, len(equal) // PAIRS)].tolist():
        h, g = (_at(lists, int(order[p])) for p in (place, place + 1))
        if found := witness(lifting, h, g):
            return Claim("witness", found.evidence, "two small integer parameters with one product")
    return None


def _numbers(weights: np.ndarray, parts: list[np.ndarray]) -> np.ndarray:
    """The contraction for all choices, with wrap-around."""
    current = weights
    for table in parts:  # the first axis goes, the choices come last
        current = np.tensordot(current, table.astype(np.uint64), axes=(0, 1))
    return current


def _at(lists: list[list[np.ndarray]], number: int) -> list[list[Fraction]]:
    for parts in lists:
        shape = tuple(map(len, parts))
        if number < math.prod(shape):
            index = np.unravel_index(number, shape)
            return [[Fraction(int(x)) for x in table[i]] for table, i in zip(parts, index, strict=True)]
        number -= math.prod(shape)
    raise IndexError(number)


METHOD = Method(
    name="small integer parameters",
    theorem="equal products have equal contractions: all small integer parameters are compared at once",
    closes=(UNIFORM,),
    cost=22,
    accepts=accepts,
    search=search,
)
