"""The factors as integer arrays: what the assembly of columns multiplies.

Main definitions
    `Stage`   one matrix-valued linear map, sparse: entries (parameter, from state, to state, shift, value)
    `Chain`   all stages in product order, with one common denominator and the kind of rows

Kinds of rows (docs/certificate-format.md, section 3): ``product``, a state is a row or column and
nothing is shifted; ``response``, a state is a node of the network and shifts add up, which keeps a
circular network of a million cells as small as its taps.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from ..errors import NotYet
from ..exact import common_denominator
from ..problem.forms import Known, Pattern, Statement, Taps, Terms
from .limits import EXPANDED, require

Entry = tuple[int, int, int, tuple[int, ...], Fraction]
"""Parameter, from state, to state, shift, value."""


@dataclass(frozen=True)
class Stage:
    """One factor, sorted by its from state; `parameter` is 0 throughout when it has none."""

    size: int
    states: tuple[int, int]
    parameter: np.ndarray
    source: np.ndarray
    target: np.ndarray
    shift: np.ndarray
    value: np.ndarray
    start: np.ndarray

    @property
    def entries(self) -> int:
        """Number of non-zero entries over all basis matrices."""
        return len(self.value)

    @property
    def top(self) -> int:
        """The largest |value|."""
        return max((abs(int(v)) for v in self.value), default=0)

    def within(self, indices: Iterable[int]) -> Stage:
        """The same stage without the other parameters (numbering unchanged)."""
        if not self.size:
            return self
        keep = np.isin(self.parameter, np.fromiter(indices, dtype=np.int64))
        columns = (self.parameter, self.source, self.target, self.shift, self.value)
        return sorted_stage(self.size, self.states, *(c[keep] for c in columns))


@dataclass(frozen=True)
class Chain:
    """Stages with A = (their integer products) / `denominator`.

    Attributes
    ----------
    kind
        ``product`` or ``response``.
    weight
        1, or the number of cells by which responses count: A^T A = weight / denominator^2 * C^T C.
    grid
        For responses the grid of the shifts; otherwise ``(rows of the product,)``.
    wraps
        Whether shifts are taken modulo `grid`.
    """

    stages: tuple[Stage, ...]
    denominator: int
    kind: str
    weight: int
    grid: tuple[int, ...]
    wraps: bool

    @property
    def ends(self) -> int:
        """Number of final states: columns of the product, or leaves."""
        return self.stages[-1].states[1]


def responses(statement: Statement) -> bool:
    """Whether the product is determined by the responses of its leaves.

    True for taps with stride 1 and one boundary, no data, one output node.
    """
    forms = statement.forms
    taps = [f for f in forms if isinstance(f, Taps)]
    if len(taps) < len(forms) or statement.data is not None or taps[0].nodes[0] != 1:
        return False
    return all(f.stride == 1 and f.boundary == taps[0].boundary for f in taps)


def chain(statement: Statement, kind: str | None = None) -> Chain:
    """The stages of a statement; `kind` is chosen by `responses` when it is not given."""
    _refuse_mixed(statement)
    if (kind or ("response" if responses(statement) else "product")) == "response":
        return _response_chain([f for f in statement.forms if isinstance(f, Taps)])
    forms = [*statement.forms, *([statement.data] if statement.data else [])]
    require("expanding the taps", sum(_expanded(f) for f in forms), EXPANDED)
    raw = [(_product_entries(f), f.parameters, f.shape) for f in forms]
    stages, denominator = _integers(raw)
    return Chain(stages, denominator, "product", 1, (statement.product_shape[0],), False)


def _expanded(form: Terms | Pattern | Taps | Known) -> int:
    """Entries of the basis matrices of a layer of taps."""
    return (len(form.taps) + len(form.fixed)) * math.prod(form.grid) if isinstance(form, Taps) else 0


def _refuse_mixed(statement: Statement) -> None:
    for k, form in enumerate(statement.forms):
        if isinstance(form, Taps) and form.taps and form.fixed:
            raise NotYet(f"layer {k} has parameters and fixed taps together, which is affine, not linear")


def _product_entries(form: Terms | Pattern | Taps | Known) -> list[Entry]:
    if not form.parameters:
        return [(0, r, c, (0,), v) for r, c, v in form.known()]  # type: ignore[union-attr]
    return [(i, r, c, (0,), v) for i in range(form.parameters) for r, c, v in form.basis(i)]  # type: ignore[union-attr]


def _response_chain(layers: Sequence[Taps]) -> Chain:
    raw = [(_response_entries(f), f.parameters, f.nodes) for f in layers]
    stages, denominator = _integers(raw)
    grid, wraps = layers[-1].grid, layers[0].boundary == "circular"
    if not wraps:
        reach = [tuple(s - g for s, g in zip(f.full_grid, f.grid, strict=True)) for f in layers]
        sums = tuple(1 + sum(r[d] for r in reach) for d in range(len(grid)))
        return Chain(stages, denominator, "response", math.prod(grid), sums, False)
    return Chain(stages, denominator, "response", math.prod(grid), grid, True)


def _response_entries(layer: Taps) -> list[Entry]:
    if layer.taps:
        return [(i, to, source, shift, Fraction(1)) for i, (to, source, shift) in enumerate(layer.taps)]
    return [(0, to, source, shift, value) for to, source, shift, value in layer.fixed]


def _integers(raw: list[tuple[list[Entry], int, tuple[int, int]]]) -> tuple[tuple[Stage, ...], int]:
    stages, total = [], 1
    for entries, size, states in raw:
        merged: dict[tuple[int, int, int, tuple[int, ...]], Fraction] = {}
        for i, source, target, shift, value in entries:
            key = (i, source, target, shift)
            merged[key] = merged[key] + value if key in merged else Fraction(value)
        d = common_denominator(merged.values())
        kept = [(key, int(v * d)) for key, v in merged.items() if v]
        stages.append(_collected(kept, size, states))
        total *= d
    return tuple(stages), total


def _collected(kept: list, size: int, states: tuple[int, int]) -> Stage:
    keys = [[k[j] for k, _ in kept] for j in range(3)]
    i, source, target = (np.array(column, dtype=np.int64) for column in keys)
    dimensions = len(kept[0][0][3]) if kept else 1
    shift = np.array([k[3] for k, _ in kept], dtype=np.int64).reshape(len(kept), dimensions)
    return sorted_stage(size, states, i, source, target, shift, whole([v for _, v in kept]))


def sorted_stage(size: int, states: tuple[int, int], *columns: np.ndarray) -> Stage:
    """A stage from its columns parameter, source, target, shift and value, in any order of the entries."""
    order = np.argsort(columns[1], kind="stable")
    i, source, target, shift, value = (c[order] for c in columns)
    start = np.searchsorted(source, np.arange(states[0] + 1))
    return Stage(size, states, i, source, target, shift, value, start)


def whole(values: Sequence[int]) -> np.ndarray:
    """Integers as int64 where they fit with room to spare, as Python integers otherwise."""
    small = all(-(2**62) < v < 2**62 for v in values)
    return np.array(values, dtype=np.int64 if small else object)
