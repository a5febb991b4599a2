"""The product in double precision, with gradients: what optimisers call a thousand times.

Main definition
    `FloatChain`  h -> A P(h) as a vector over the rows of the lifting, its vector-Jacobian product and Jacobian

The vector is A P(h) on product rows, and sqrt(weight) times the responses on response rows, so that norms and
inner products are those of the true products in both cases.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from functools import cached_property

import numpy as np

from .stages import Chain, Stage

Floats = Sequence[np.ndarray]
"""h_1, ..., h_K as float vectors."""


class FloatChain:
    """The chain of factors in double precision.

    Parameters
    ----------
    chain
        Integer stages.
    keys
        Row keys (as in `evaluate.support`), the entries that are kept.
    """

    def __init__(self, chain: Chain, keys: Sequence[int]) -> None:
        self.chain = chain
        self.keys = np.array(keys, dtype=np.int64)
        self.unit = math.sqrt(chain.weight) / float(chain.denominator) if chain.denominator < 1e150 else 0.0
        self.sizes = [s.size for s in chain.stages if s.size]

    @cached_property
    def _values(self) -> list[np.ndarray]:
        """Stage values; the unit is spread over the stages when the denominator is huge."""
        if self.unit:
            return [s.value.astype(float) for s in self.chain.stages]
        share = [Fraction(1, s.top or 1) for s in self.chain.stages]
        return [np.array([float(int(v) * u) for v in s.value]) for s, u in zip(self.chain.stages, share, strict=True)]

    @cached_property
    def _unit(self) -> float:
        if self.unit:
            return self.unit
        top = math.prod(s.top or 1 for s in self.chain.stages)
        return math.sqrt(self.chain.weight) * float(Fraction(top, self.chain.denominator))

    def product(self, h: Floats) -> np.ndarray:
        """The vector A P(h) over the rows."""
        return self._read(self._forward(h)[-1]) * self._unit

    def gradient(self, h: Floats, y: np.ndarray) -> list[np.ndarray]:
        """The gradient of <y, A P(h)> with respect to h_1, ..., h_K."""
        states = self._forward(h)
        back = np.zeros_like(states[-1])
        self._write(back, np.asarray(y) * self._unit)
        found: list[np.ndarray] = []
        weights = self._weights(h)
        for n in range(len(self.chain.stages) - 1, -1, -1):
            stage = self.chain.stages[n]
            if stage.size:
                found.insert(0, self._parameter_gradient(n, states[n], back))
            back = self._backward(stage, self._values[n] * weights[n], back) if n else back
        return found

    def jacobian(self, h: Floats) -> np.ndarray:
        """The Jacobian of h -> A P(h), rows x (S_1 + ... + S_K)."""
        columns = []
        for k, size in enumerate(self.sizes):
            for i in range(size):
                unit = [np.asarray(v, dtype=float) for v in h]
                unit[k] = np.eye(size)[i]
                columns.append(self.product(unit))
        return np.array(columns).T

    def _weights(self, h: Floats) -> list[np.ndarray | float]:
        chosen = iter(h)
        return [np.asarray(next(chosen), dtype=float)[s.parameter] if s.size else 1.0 for s in self.chain.stages]

    def _forward(self, h: Floats) -> list[np.ndarray]:
        """State arrays before each stage and after the last one: (rows, states), or (states, *grid)."""
        states = self.chain.stages[0].states[0]
        current = np.eye(states)
        if self.chain.kind == "response":
            current = np.zeros((states, *self.chain.grid))
            current[(0,) * current.ndim] = 1.0
        found = [current]
        for n, weights in enumerate(self._weights(h)):
            found.append(self._onward(self.chain.stages[n], self._values[n] * weights, found[-1]))
        return found

    def _matrix(self, stage: Stage, values: np.ndarray) -> np.ndarray:
        flat = stage.source * stage.states[1] + stage.target
        return np.bincount(flat, values, minlength=stage.states[0] * stage.states[1]).reshape(stage.states)

    def _onward(self, stage: Stage, values: np.ndarray, current: np.ndarray) -> np.ndarray:
        if self.chain.kind == "product":
            return current @ self._matrix(stage, values)
        out = np.zeros((stage.states[1], *self.chain.grid))
        for e in range(stage.entries):
            out[stage.target[e]] += values[e] * _rolled(current[stage.source[e]], stage.shift[e])
        return out

    def _backward(self, stage: Stage, values: np.ndarray, back: np.ndarray) -> np.ndarray:
        if self.chain.kind == "product":
            return back @ self._matrix(stage, values).T
        out = np.zeros((stage.states[0], *self.chain.grid))
        for e in range(stage.entries):
            out[stage.source[e]] += values[e] * _rolled(back[stage.target[e]], -stage.shift[e])
        return out

    def _parameter_gradient(self, n: int, before: np.ndarray, back: np.ndarray) -> np.ndarray:
        stage, values = self.chain.stages[n], self._values[n]
        if self.chain.kind == "product":
            each = (before.T @ back)[stage.source, stage.target] * values
            return np.bincount(stage.parameter, each, minlength=stage.size)
        out = np.zeros(stage.size)
        for e in range(stage.entries):
            moved = _rolled(before[stage.source[e]], stage.shift[e])
            out[stage.parameter[e]] += values[e] * float(np.vdot(moved, back[stage.target[e]]))
        return out

    def _read(self, last: np.ndarray) -> np.ndarray:
        return last.reshape(-1)[self.keys]

    def _write(self, last: np.ndarray, values: np.ndarray) -> None:
        last.reshape(-1)[self.keys] = values


def _rolled(array: np.ndarray, shift: np.ndarray) -> np.ndarray:
    """Shifted cells; without wrap-around the grid is large enough that nothing comes back in."""
    return np.roll(array, tuple(int(s) for s in shift), axis=tuple(range(array.ndim)))
