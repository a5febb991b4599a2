"""The product at given parameters, without a column of A: linear in K.

Main definitions
    `forward`   all stages multiplied, each contracted with given parameters, sparse and exact
    `support`   which rows are not identically zero (the rows of A), through a generic product
    `inner`     <P(h), P(g)> over the alive coordinates, by a dynamic program over the layers
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from ..problem.forms import Support
from .alive import Alive
from .columns import Prefixes, RowLabel, empty, extend, flat_cells, row_labels
from .limits import WORK, TooLarge, require
from .linalg import PRIME, as_integers
from .stages import Chain, Stage, sorted_stage

Parameters = Sequence[Sequence[Any]]
"""h_1, ..., h_K."""
DENSE_STATES = 1_000_000


def forward(chain: Chain, h: Parameters, modulus: int = 0) -> dict[int, int]:
    """Row key -> integer entry of the product of the stages at integer parameters (mod `modulus` if given).

    Keys are those of `row_labels`; entries that are zero are left out.
    """
    chosen = iter(h)
    stages = [_contracted(s, next(chosen) if s.size else None, modulus) for s in chain.stages]
    widest = max(s.states[0] * s.states[1] for s in chain.stages)
    if chain.kind == "product" and max(widest, chain.grid[0] * chain.ends) <= DENSE_STATES:
        return _dense_forward(stages, modulus)
    return _sparse_forward(chain, stages, modulus)


def _contracted(stage: Stage, h: Sequence[int] | None, modulus: int) -> Stage:
    """The stage with its parameters put in: one matrix (entries at the same place not yet added up)."""
    if h is None:
        return stage
    weights = np.array([int(x) for x in h], dtype=object)[stage.parameter]
    value = weights * stage.value
    if modulus:
        value = value % modulus
    keep = value != 0
    columns = (stage.parameter * 0, stage.source, stage.target, stage.shift, value)
    return sorted_stage(0, stage.states, *(c[keep] for c in columns))


def _dense_forward(stages: Sequence[Stage], modulus: int) -> dict[int, int]:
    product = _matrix(stages[0], modulus)
    for stage in stages[1:]:
        product = product * _matrix(stage, modulus)
    return {key: int(x) for key, x in enumerate(product.entries()) if x}


def _matrix(stage: Stage, modulus: int) -> Any:
    import flint

    entries: list[int] = [0] * (stage.states[0] * stage.states[1])
    places = (stage.source * stage.states[1] + stage.target).tolist()
    for place, value in zip(places, stage.value.tolist(), strict=True):
        entries[place] += value
    if modulus:
        return flint.nmod_mat(*stage.states, [e % modulus for e in entries], modulus)
    return flint.fmpz_mat(*stage.states, entries)


def _sparse_forward(chain: Chain, stages: Sequence[Stage], modulus: int) -> dict[int, int]:
    """The same for shifts, or for many states."""
    last = swept(chain, stages, empty(chain), modulus)
    place = flat_cells(last.cell, chain.grid)
    keys = place * chain.ends + last.state if chain.kind == "product" else last.state * math.prod(chain.grid) + place
    return dict(zip(keys.tolist(), last.value.tolist(), strict=True))


def swept(chain: Chain, stages: Sequence[Stage], current: Prefixes, modulus: int = 0) -> Prefixes:
    """`current` times all stages, none of which has parameters left (TooLarge when it grows beyond the limit)."""
    done = 0
    for stage in stages:
        done += int((stage.start[1:] - stage.start[:-1])[current.state].sum())
        require("a sparse product", done, WORK)
        current = extend(current, stage, chain, modulus=modulus)
    return current


def product(chain: Chain, h: Parameters) -> dict[RowLabel, Fraction]:
    """The product of the factors at rational parameters, exact, by row label; zeros are left out."""
    denominator, integers = chain.denominator, []
    for values in h:
        d, scaled = as_integers(values)
        denominator *= d
        integers.append(scaled)
    found = forward(chain, integers)
    labels = row_labels(np.array(list(found), dtype=np.int64), chain)
    return {label: Fraction(v, denominator) for label, v in zip(labels, found.values(), strict=True)}


def support(chain: Chain, boxes: Sequence[Support] | None = None, seed: int = 0) -> list[int]:
    """Keys of the rows that have a non-zero entry in some column (of some box), sorted.

    An entry of the product is a polynomial in h whose coefficients are the entries of that row of A. At a
    random point mod 2^61 - 1 a non-zero value is a proof; a zero value is wrong with probability K / 2^61.
    Where every column has one entry (`moves_together`) positive integers take the place of the random point.
    """
    if moves_together(chain):
        return sorted(counts(chain, boxes))
    draw = random.Random(seed)
    sizes = [s.size for s in chain.stages if s.size]
    keys: set[int] = set()
    for box in boxes or [tuple(tuple(range(n)) for n in sizes)]:
        point = [[0] * n for n in sizes]
        for values, allowed in zip(point, box, strict=True):
            for i in allowed:
                values[i] = draw.randrange(1, PRIME)
        keys.update(forward(chain, point, PRIME))
    return sorted(keys)


def moves_together(chain: Chain) -> bool:
    """Whether a multi-index reaches one row at most: responses, and at most one known tap out of each node.

    Then A A^T is diagonal.
    """
    if chain.kind != "response":
        return False
    return all(s.size or bool(np.all(s.start[1:] - s.start[:-1] <= 1)) for s in chain.stages)


def counts(chain: Chain, boxes: Sequence[Support] | None = None) -> dict[int, int]:
    """For `moves_together`: row key -> sum of squares of the integer entries of that row, over the columns of one box.

    Of several boxes the sums are added up.
    """
    stages = tuple(
        sorted_stage(s.size, s.states, s.parameter, s.source, s.target, s.shift, _squares(s.value))
        for s in chain.stages
    )
    squared = Chain(stages, 1, chain.kind, 1, chain.grid, chain.wraps)
    total: dict[int, int] = {}
    for box in boxes or [tuple(tuple(range(s.size)) for s in chain.stages if s.size)]:
        allowed = iter(box)
        ones = [[int(i in chosen) for i in range(s.size)] for s in stages if s.size for chosen in [set(next(allowed))]]
        for key, value in forward(squared, ones).items():
            total[key] = total.get(key, 0) + value
    return total


def _squares(value: np.ndarray) -> np.ndarray:
    return value.astype(object) ** 2


def at(h: Parameters, index: Sequence[int]) -> Any:
    """P(h) at one multi-index."""
    value: Any = 1
    for values, i in zip(h, index, strict=True):
        value = value * values[i]
    return value


def inner(alive: Alive, h: Parameters, g: Parameters) -> Any:
    """<P(h), P(g)> over the alive coordinates; exact for exact parameters, float for floats.

    For `scale` this is the product of the <h_k, g_k>.
    """
    return _transfer(alive, lambda k, i: h[k][i] * g[k][i])


def _transfer(alive: Alive, weight: Callable[[int, int], Any]) -> Any:
    """Sum over alive multi-indices of the product of weights, by a pass from the last layer to the first."""
    following: dict[int, Any] = {}
    for k in range(alive.K - 1, -1, -1):
        entering: dict[int, Any] = {}
        for i in alive.allowed[k]:
            w = weight(k, i)
            if not w:
                continue
            value = w if k == alive.K - 1 else w * following.get(alive.right[k][i], 0)
            label = alive.left[k][i]
            entering[label] = entering.get(label, 0) + value
        if k == 0:
            return sum(entering.values())
        following = {label: sum(entering.get(t, 0) for t in into) for label, into in alive.joins[k - 1].items()}
    raise TooLarge("an empty product", 0, 0)
