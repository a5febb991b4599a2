"""The product and all its partial derivatives by contraction: what every solver calls.

Main definitions
    `Contraction`  h -> A P(h) over the rows of the lifting; for each factor the matrix of v -> A P(h with h_k = v)
    `measured`     a user's matrix as a vector over those rows, and what of it no parameters can reach

A prefix before and a suffix behind each factor are multiplied once; the matrices of all factors follow from them.
Nothing of size S_1 x ... x S_K is formed.  Networks of convolutions are contracted in the Fourier domain.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np

from ..lifting import Lifting, TooLarge
from ..lifting.stages import Stage
from ..problem.forms import Taps

Parameters = list[np.ndarray]
MATRIX = 20_000_000
"""Entries of all partial matrices together at most."""


@dataclass(frozen=True)
class Contraction:
    """h -> A P(h) in double precision, with the matrix of each factor when the others are held.

    The vector is that of `FloatChain`: norms and inner products are those of the true products.

    Examples
    --------
    >>> from dmfverify.problem.forms import Statement
    >>> layer = lambda *taps: Taps((4,), "circular", 1, (1, 1), tuple((0, 0, (t,)) for t in taps))
    >>> chain = Contraction(Lifting(Statement("scale", (layer(0, 2), layer(0, 1)))))
    >>> h = [np.array([1.0, 2.0]), np.array([1.0, 3.0])]
    >>> chain.product(h).tolist()
    [2.0, 6.0, 4.0, 12.0]
    >>> [bool(np.allclose(B @ v, chain.product(h))) for B, v in zip(chain.matrices(h), h)]
    [True, True]
    """

    lifting: Lifting

    @property
    def sizes(self) -> tuple[int, ...]:
        """S_1, ..., S_K."""
        return self.lifting.sizes

    @property
    def rows(self) -> int:
        """Number of rows."""
        return len(self.lifting.row_keys)

    @property
    def has_matrices(self) -> bool:
        """Whether the partial matrices fit in memory."""
        return self.rows * sum(self.sizes) <= MATRIX

    def product(self, h: Sequence[np.ndarray]) -> np.ndarray:
        """A P(h)."""
        return self.lifting.floats.product(h)

    def gradient(self, h: Sequence[np.ndarray], y: np.ndarray) -> Parameters:
        """The gradient of <y, A P(h)>."""
        return self.lifting.floats.gradient(h, y)

    def matrices(self, h: Sequence[np.ndarray]) -> Parameters:
        """For each factor k the matrix (rows x S_k) of v -> A P(h_1, ..., v, ..., h_K); side by side, the Jacobian."""
        return [self._at(h, k) for k in range(len(self.sizes))] if self._spectral else self._product_matrices(h)

    def matrix(self, h: Sequence[np.ndarray], k: int) -> np.ndarray:
        """The matrix of factor k alone."""
        return self._at(h, k)

    # ------------------------------------------------------------ both kinds

    @property
    def _spectral(self) -> bool:
        return self.lifting.chain.kind == "response"

    @cached_property
    def _stage(self) -> list[int]:
        """The stage of each factor with parameters."""
        return [n for n, s in enumerate(self.lifting.chain.stages) if s.size]

    def _at(self, h: Sequence[np.ndarray], k: int) -> np.ndarray:
        if not self.has_matrices:
            raise TooLarge("the partial matrices", self.rows * sum(self.sizes), MATRIX)
        steps = self._symbols(h) if self._spectral else self._matrices_of(h)
        n = self._stage[k]
        before, behind = self._prefix(steps[:n]), self._suffix(steps[n + 1 :])
        return self._spectral_block(n, before, behind) if self._spectral else self._block(n, before, behind)

    @staticmethod
    def _prefix(steps: list[np.ndarray]) -> np.ndarray | None:
        """The product of `steps` from the left; None for none."""
        product = None
        for step in steps:
            product = step if product is None else product @ step
        return product

    @staticmethod
    def _suffix(steps: list[np.ndarray]) -> np.ndarray | None:
        product = None
        for step in reversed(steps):
            product = step if product is None else step @ product
        return product

    # ------------------------------------------------------------ products of matrices

    def _weights(self, h: Sequence[np.ndarray]) -> list[np.ndarray]:
        chosen, floats = iter(h), self.lifting.floats
        return [
            v * np.asarray(next(chosen), dtype=float)[s.parameter] if s.size else v
            for s, v in zip(self.lifting.chain.stages, floats._values, strict=True)
        ]

    def _matrices_of(self, h: Sequence[np.ndarray]) -> list[np.ndarray]:
        stages, floats = self.lifting.chain.stages, self.lifting.floats
        return [floats._matrix(s, w) for s, w in zip(stages, self._weights(h), strict=True)]

    def _product_matrices(self, h: Sequence[np.ndarray]) -> Parameters:
        """All partial matrices, with every prefix and suffix multiplied once."""
        if not self.has_matrices:
            raise TooLarge("the partial matrices", self.rows * sum(self.sizes), MATRIX)
        steps = self._matrices_of(h)
        prefixes: list[np.ndarray | None] = [None]
        for step in steps[:-1]:
            prefixes.append(step if prefixes[-1] is None else prefixes[-1] @ step)
        found: Parameters = []
        behind = None
        for n in range(len(steps) - 1, -1, -1):
            if self.lifting.chain.stages[n].size:
                found.insert(0, self._block(n, prefixes[n], behind))
            behind = steps[n] if behind is None else steps[n] @ behind
        return found

    @cached_property
    def _bases(self) -> dict[int, Any]:
        """For each stage its basis as a sparse matrix (S * t) x s, by stage number."""
        from scipy.sparse import csr_array

        found = {}
        for n in self._stage:
            s = self.lifting.chain.stages[n]
            shape = (s.size * s.states[1], s.states[0])
            place = (s.parameter * s.states[1] + s.target, s.source)
            found[n] = csr_array((self.lifting.floats._values[n], place), shape=shape)
        return found

    def _block(self, n: int, before: np.ndarray | None, behind: np.ndarray | None) -> np.ndarray:
        """Columns left @ M(e_i) @ right of the stage n, at the rows that count."""
        stage, unit = self.lifting.chain.stages[n], self.lifting.floats._unit
        left = np.eye(stage.states[0]) if before is None else before
        each = (self._bases[n] @ left.T).reshape(stage.size, stage.states[1], -1).transpose(0, 2, 1)
        if behind is not None:
            each = each @ behind
        return each.reshape(stage.size, -1)[:, self.lifting.floats.keys].T * unit

    # ------------------------------------------------------------ responses, by frequency

    @cached_property
    def _phases(self) -> list[np.ndarray]:
        """For each stage the characters of its entries: entries x frequencies."""
        grid = self.lifting.chain.grid
        frequencies = np.stack(np.meshgrid(*(np.arange(n) / n for n in grid), indexing="ij"), -1).reshape(-1, len(grid))
        values = self.lifting.floats._values
        stages = self.lifting.chain.stages
        return [
            v[:, None] * np.exp(-2j * np.pi * ((s.shift @ frequencies.T) % 1.0))
            for s, v in zip(stages, values, strict=True)
        ]

    def _symbols(self, h: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Each stage at h as a matrix for each frequency: frequencies x states x states."""
        chosen = iter(h)
        found = []
        for stage, phase in zip(self.lifting.chain.stages, self._phases, strict=True):
            weighted = phase * np.asarray(next(chosen), dtype=float)[stage.parameter][:, None] if stage.size else phase
            found.append(_scattered(stage, weighted))
        return found

    def _spectral_block(self, n: int, before: np.ndarray | None, behind: np.ndarray | None) -> np.ndarray:
        """Columns of the stage n: row 0 of the prefix, times the tap, times the suffix, back from the frequencies."""
        chain, floats = self.lifting.chain, self.lifting.floats
        stage, phase = chain.stages[n], self._phases[n]
        left = phase.T if before is None else before[:, 0, :][:, stage.source] * phase.T
        if behind is None:
            leaves = np.eye(stage.states[1])[stage.target][None]
        else:
            leaves = behind[:, stage.target, :]
        each = left[:, :, None] * leaves
        summed = np.zeros((stage.size, *each.shape[::2]), dtype=complex)
        np.add.at(summed, stage.parameter, each.transpose(1, 0, 2))
        cells = summed.transpose(0, 2, 1).reshape(stage.size, -1, *chain.grid)
        back = np.fft.ifftn(cells, axes=tuple(range(2, cells.ndim))).real
        return back.reshape(stage.size, -1)[:, floats.keys].T * floats._unit


def _scattered(stage: Stage, values: np.ndarray) -> np.ndarray:
    """Entries x frequencies as frequencies x states x states."""
    out = np.zeros((stage.states[0] * stage.states[1], values.shape[1]), dtype=complex)
    np.add.at(out, stage.source * stage.states[1] + stage.target, values)
    return np.ascontiguousarray(out.T).reshape(-1, *stage.states)


def measured(lifting: Lifting, X: np.ndarray) -> tuple[np.ndarray, float]:
    """The vector over the rows that a matrix X is seen as, and the norm of the rest of X.

    ‖A P(h) - X‖² is the squared distance of the vectors plus the square of that norm, for every h.

    Examples
    --------
    >>> from dmfverify.problem.forms import Statement
    >>> lifting = Lifting(Statement("scale", (Taps((2,), "circular", 1, (1, 1), ((0, 0, (0,)),)),)))
    >>> measured(lifting, np.array([[3.0, 1.0], [0.0, 1.0]]))
    (array([2.82842712]), 1.732...)
    """
    floats, chain = lifting.floats, lifting.chain
    if chain.kind == "product":
        y = X.reshape(-1)[floats.keys]
    else:
        y = _responses(lifting, X)[floats.keys] / math.sqrt(chain.weight)
    rest = float(np.linalg.norm(X)) ** 2 - float(y @ y)
    return y, math.sqrt(max(0.0, rest)) if rest > 1e-14 * float(y @ y) else 0.0


def _responses(lifting: Lifting, X: np.ndarray) -> np.ndarray:
    """Sums of the entries of X that one response stands for, leaf by leaf, cell by cell."""
    layers = [f for f in lifting.statement.forms if isinstance(f, Taps)]
    grid, out, shifts = layers[-1].grid, layers[0].out_grid, lifting.chain.grid
    cells = np.array(np.unravel_index(np.arange(math.prod(grid)), grid)).T
    total = np.zeros((lifting.chain.ends, math.prod(shifts)))
    for s, shift in enumerate(np.array(np.unravel_index(np.arange(math.prod(shifts)), shifts)).T):
        at = (cells + shift) % np.array(grid) if lifting.chain.wraps else cells + shift
        rows = np.ravel_multi_index(tuple(at.T), out)
        for leaf in range(lifting.chain.ends):
            total[leaf, s] = X[rows, leaf * len(cells) + np.arange(len(cells))].sum()
    return total.reshape(-1)


def matrix_of(lifting: Lifting, y: np.ndarray) -> np.ndarray:
    """The matrix in the range of the rows that a vector stands for: the inverse of `measured`."""
    floats, chain = lifting.floats, lifting.chain
    shape = lifting.statement.product_shape
    X = np.zeros(shape)
    if chain.kind == "product":
        X.reshape(-1)[floats.keys] = y
        return X
    layers = [f for f in lifting.statement.forms if isinstance(f, Taps)]
    grid, out = layers[-1].grid, layers[0].out_grid
    cells = np.array(np.unravel_index(np.arange(math.prod(grid)), grid)).T
    for key, value in zip(floats.keys, y / math.sqrt(chain.weight), strict=True):
        leaf, place = divmod(int(key), math.prod(chain.grid))
        shift = np.array(np.unravel_index(place, chain.grid))
        at = (cells + shift) % np.array(grid) if chain.wraps else cells + shift
        X[np.ravel_multi_index(tuple(at.T), out), leaf * len(cells) + np.arange(len(cells))] += value
    return X
