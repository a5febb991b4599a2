"""The exact Jacobian of h -> M_1(h_1) ... M_K(h_K) at given parameters, by prefixes and suffixes.

Main definition
    `derivative`   integer rows, one a parameter; nothing costs S^K
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from .limits import require
from .linalg import as_integers
from .stages import Chain, Stage

Label = Any
"""Of a prefix: a row of the product, or a shift.  Of a suffix: a column, or (leaf, shift)."""
Partial = dict[int, dict[Label, int]]
"""State -> label -> integer."""
ENTRIES = 4_000_000
"""Non-zero entries at most."""


@dataclass(frozen=True)
class Derivative:
    """The Jacobian at h, over integers.

    Attributes
    ----------
    rows
        For each chosen parameter {position: integer}: its partial derivative is the integers / `denominator`.
    values, common
        h itself, the integers / `common`.
    denominator
        That of the lifting times common^(K - 1).
    weight
        The squared norm of the product is `weight` times that of the positions.
    """

    rows: list[dict[int, int]]
    values: list[list[int]]
    common: int
    denominator: int
    weight: int
    positions: int


def derivative(chain: Chain, h: Sequence[Sequence[Fraction]], chosen: Sequence[Sequence[int]]) -> Derivative:
    """The partial derivatives in the parameters `chosen` (a list over the factors).

    Raises
    ------
    TooLarge
        Beyond four million entries.

    Examples
    --------
    >>> from dmfverify.lifting.stages import chain
    >>> from dmfverify.problem.forms import Pattern, Statement
    >>> row, column = Pattern((1, 2), ((0, 0), (0, 1))), Pattern((2, 1), ((0, 0), (1, 0)))
    >>> found = derivative(chain(Statement("scale", (row, column))), [[1, 2], [3, "1/2"]], [(0, 1), (0, 1)])
    >>> found.rows, found.denominator
    ([{0: 6}, {0: 1}, {0: 2}, {0: 4}], 2)
    """
    lengths = [len(part) for part in h]
    common, flat = as_integers([x for part in h for x in part])
    left = iter(flat)
    values = [[next(left) for _ in range(n)] for n in lengths]
    points, k = [], 0
    for stage in chain.stages:
        points.append(values[k] if stage.size else None)
        k += bool(stage.size)
    before, after = _prefixes(chain, points), _suffixes(chain, points)
    numbers: dict[Any, int] = {}
    rows, entries, k = [], 0, 0
    for n, stage in enumerate(chain.stages):
        if not stage.size:
            continue
        owned: dict[int, list[int]] = {}
        for e, i in enumerate(stage.parameter.tolist()):
            owned.setdefault(i, []).append(e)
        for i in chosen[k]:
            row = _row(chain, stage, owned.get(i, []), before[n], after[n + 1])
            entries += len(row)
            require("a Jacobian", entries, ENTRIES)
            rows.append({numbers.setdefault(key, len(numbers)): v for key, v in row.items() if v})
        k += 1
    denominator = chain.denominator * common ** (len(lengths) - 1)
    return Derivative(rows, values, common, denominator, chain.weight, len(numbers))


def _weighted(stage: Stage, point: list[int] | None) -> list[tuple[int, int, tuple[int, ...], int]]:
    weights = [1] * stage.entries if point is None else [point[i] for i in stage.parameter.tolist()]
    columns = (stage.source.tolist(), stage.target.tolist(), stage.shift.tolist(), stage.value.tolist(), weights)
    return [(a, b, _tuple(s), int(v) * w) for a, b, s, v, w in zip(*columns, strict=True) if w]


def _tuple(shift: Any) -> tuple[int, ...]:
    return tuple(shift) if isinstance(shift, list) else (shift,)


def _add(shift: tuple[int, ...], other: tuple[int, ...], chain: Chain) -> tuple[int, ...]:
    total = (a + b for a, b in zip(shift, other, strict=True))
    return tuple(t % n for t, n in zip(total, chain.grid, strict=True)) if chain.wraps else tuple(total)


def _prefixes(chain: Chain, points: list[list[int] | None]) -> list[Partial]:
    product, zero = chain.kind == "product", (0,) * len(chain.grid)
    found: list[Partial] = [{s: {s if product else zero: 1} for s in range(chain.stages[0].states[0])}]
    for stage, point in zip(chain.stages, points, strict=True):
        out: Partial = {}
        for a, b, shift, v in _weighted(stage, point):
            table = out.setdefault(b, {})
            for label, x in found[-1].get(a, {}).items():
                key = label if product else _add(label, shift, chain)
                table[key] = table.get(key, 0) + x * v
            require("a partial product", len(table), ENTRIES)
        found.append(out)
    return found


def _suffixes(chain: Chain, points: list[list[int] | None]) -> list[Partial]:
    product, zero = chain.kind == "product", (0,) * len(chain.grid)
    found: list[Partial] = [{s: {s if product else (s, zero): 1} for s in range(chain.ends)}]
    for stage, point in zip(chain.stages[::-1], points[::-1], strict=True):
        out: Partial = {}
        for a, b, shift, v in _weighted(stage, point):
            table = out.setdefault(a, {})
            for label, x in found[0].get(b, {}).items():
                key = label if product else (label[0], _add(label[1], shift, chain))
                table[key] = table.get(key, 0) + x * v
            require("a partial product", len(table), ENTRIES)
        found.insert(0, out)
    return found


def _row(chain: Chain, stage: Stage, entries: list[int], before: Partial, after: Partial) -> dict[Any, int]:
    row: dict[Any, int] = {}
    for e in entries:
        left, right = before.get(int(stage.source[e]), {}), after.get(int(stage.target[e]), {})
        require("a derivative", len(left) * len(right), ENTRIES)
        shift, v = _tuple(stage.shift[e].tolist()), int(stage.value[e])
        for a, x in left.items():
            for b, y in right.items():
                key = (a, b) if chain.kind == "product" else (b[0], _add(_add(a, shift, chain), b[1], chain))
                row[key] = row.get(key, 0) + x * y * v
    return row
