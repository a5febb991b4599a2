"""`Lifting`: the linear map A with M_1(h_1) ... M_K(h_K) = A P(h), lazily known.

Source: F. Malgouyres and J. Landsberg, Multilinear compressive sensing and an application to
convolutional linear networks, 2019, section 3 (existence and uniqueness of A).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np

from ..problem.forms import Statement, Support
from . import evaluate, linalg
from .alive import Alive, MultiIndex, alive
from .columns import Columns, RowLabel, assemble, row_labels, work
from .evaluate import Parameters
from .floats import FloatChain
from .gram import RowGram, estimated_seconds, row_gram
from .limits import WORK
from .stages import Chain, chain

MANY = 3_000
"""Above so many rows or columns a dense eigenvalue problem is not tried."""


@dataclass(frozen=True)
class Measured:
    """What a tensor T that is a combination of rank-one tensors says, exactly.

    Attributes
    ----------
    norm2, image2
        ‖T‖² over the alive coordinates and ‖A T‖² over the true product.
    image
        A T by row label, zeros left out.
    """

    norm2: Fraction
    image2: Fraction
    image: dict[RowLabel, Fraction]
    gram: Callable[[], RowGram]

    @cached_property
    def row_solution(self) -> linalg.Solution:
        """y over the rows of ``Lifting.row_gram()`` with C Cᵀ / denominator² · y = image.

        On product rows this is W y = A T and ‖Π T‖² = (A T)ᵀ y.  Long integers: for 256 rows of 16 x 16
        factors at K = 20 the entries have 60,000 bits, and take seconds.
        """
        found = self.gram().solve(self.image)
        if found is None:
            raise ArithmeticError("A T is not in the range of A: an unlucky prime, or an error of ours")
        return found

    @cached_property
    def projected2(self) -> Fraction:
        """‖Π T‖², Π the projection on the row space of A, exactly."""
        at = {label: r for r, label in enumerate(self.gram().rows)}
        d, scaled = linalg.as_integers(list(self.image.values()))
        y = self.row_solution
        top = sum(v * y.numerators[at[label]] for label, v in zip(self.image, scaled, strict=True))
        return Fraction(top, d * y.denominator)

    @cached_property
    def projected2_estimate(self) -> float:
        """‖Π T‖² in floating point, in milliseconds."""
        return self.gram().projected_estimate(self.image)


@dataclass(frozen=True)
class Lifting:
    """What is known of the lifting of a statement; nothing is computed before it is asked for.

    Examples
    --------
    >>> from dmfverify.problem.forms import Statement, Taps
    >>> layer = lambda *taps: Taps((4,), "circular", 1, (1, 1), tuple((0, 0, (t,)) for t in taps))
    >>> lifting = Lifting(Statement("scale", (layer(0, 1), layer(0, 1))))
    >>> lifting.count, lifting.coordinates[2], lifting.columns.rows_kind
    (4, (1, 0), 'response')
    >>> lifting.rank, lifting.kernel
    (3, [[0, 1, -1, 0]])
    >>> lifting.product([[1, 2], [3, "1/2"]])[(0, (1,))]
    Fraction(13, 2)
    """

    statement: Statement
    point: list[list[Fraction]] | None = None
    """Given parameters that are asked about, where there are any."""

    @property
    def K(self) -> int:
        """Number of factors with parameters."""
        return self.statement.K

    @property
    def sizes(self) -> tuple[int, ...]:
        """S_1, ..., S_K."""
        return self.statement.sizes

    # ------------------------------------------------------------ coordinates

    @cached_property
    def alive(self) -> Alive:
        """The graph of alive multi-indices."""
        return alive(self.statement)

    @cached_property
    def count(self) -> int:
        """Number of alive coordinates n, exactly, without listing them."""
        return self.alive.count

    @cached_property
    def all_alive(self) -> bool:
        """Whether every multi-index is a coordinate."""
        return self.count == math.prod(self.sizes)

    @cached_property
    def coordinates(self) -> list[MultiIndex]:
        """The alive multi-indices in lexicographic order (TooLarge beyond the limit)."""
        return list(self.alive)

    def position(self, index: Sequence[int]) -> int:
        """The place of an alive multi-index among the coordinates; works at any size."""
        return self.alive.position(tuple(index))

    def box(self, support: Support) -> list[int]:
        """Places of the coordinates inside a box (a list over the factors of index lists), sorted."""
        return [self.position(index) for index in self.alive.inside(support)]

    # ------------------------------------------------------------ columns and rows

    @cached_property
    def chain(self) -> Chain:
        """The factors as integer arrays."""
        return chain(self.statement)

    @cached_property
    def columns(self) -> Columns:
        """The columns of A on the alive coordinates (TooLarge before starting, if so)."""
        return assemble(self.chain, self.alive)

    def restricted(self, indices: Iterable[int]) -> Columns:
        """The columns at these coordinates only, over the same rows."""
        return self.columns.restricted(indices)

    @cached_property
    def row_keys(self) -> list[int]:
        """Rows with a non-zero entry, as numbers."""
        return evaluate.support(self.chain)

    @cached_property
    def rows(self) -> tuple[RowLabel, ...]:
        """Labels of the rows with a non-zero entry, sorted; those of `columns` and of `row_gram`."""
        return row_labels(np.array(self.row_keys, dtype=np.int64), self.chain)

    @cached_property
    def columns_fit(self) -> bool:
        """Whether the columns are few and cheap to write down."""
        return self.count <= 200_000 and work(self.chain) <= WORK // 2

    @cached_property
    def rows_fit(self) -> bool:
        """Whether the row Gram matrix is cheap to contract."""
        return estimated_seconds(self.chain) <= 60

    @cached_property
    def side(self) -> str:
        """``columns`` or ``rows``: the smaller of A^T A and A A^T that can be had."""
        if self.columns_fit and (not self.rows_fit or self.count <= len(self.row_keys)):
            return "columns"
        return "rows"

    def row_gram(self, mode: str | int = "exact", boxes: Sequence[Support] | None = None) -> RowGram:
        """W = A A^T by contraction, of all columns or of those in a union of boxes (see `gram.row_gram`)."""
        return self._exact_gram if mode == "exact" and boxes is None else row_gram(self.chain, mode, boxes)

    @cached_property
    def _exact_gram(self) -> RowGram:
        return row_gram(self.chain)

    # ------------------------------------------------------------ rank and kernel

    def rank_mod(self, p: int = linalg.PRIME) -> int:
        """Rank of A mod the prime p (side rows: of W mod p): never more than the rank."""
        return linalg.rank_mod(self.columns, p) if self.side == "columns" else self._exact_gram.rank_mod(p)

    @cached_property
    def rank(self) -> int:
        """Rank of A, from the smaller side: a proved lower bound, the rank except with probability 2^-50."""
        return linalg.rank(self.columns) if self.side == "columns" else self._exact_gram.rank

    @cached_property
    def kernel_dimension(self) -> int:
        """Number of coordinates minus rank."""
        return self.count - self.rank

    @cached_property
    def trivial_kernel(self) -> bool:
        """Whether the columns are independent (a yes is proved by a prime)."""
        return self.count <= len(self.row_keys) and self.rank == self.count

    @cached_property
    def kernel(self) -> list[list[int]]:
        """A basis of Ker A: primitive integer vectors over the coordinates, checked exactly."""
        return linalg.kernel(self.columns)

    @cached_property
    def sparse_kernel(self) -> list[dict[int, int]]:
        """The same (not reduced) as {place: integer}, for many columns."""
        return linalg.sparse_kernel(self.columns)

    @cached_property
    def left_kernel(self) -> list[list[int]]:
        """Integer vectors over the rows that annihilate A, a basis, checked exactly."""
        return self._exact_gram.left_kernel

    @cached_property
    def singular_values(self) -> tuple[float, float]:
        """Estimates of the least non-zero and the greatest singular value, to about ten digits."""
        if self.side == "rows" or self.count > MANY:
            return self._exact_gram.singular_values()
        scale = Fraction(self.columns.weight, self.columns.denominator**2)
        return linalg.extreme_singular_values(self.columns.gram(), scale, self.rank)

    # ------------------------------------------------------------ at given parameters

    def product(self, h: Parameters) -> dict[RowLabel, Fraction]:
        """The product of the factors (times the data) at h, exact, by row label; zeros are left out."""
        return evaluate.product(self.chain, h)

    def P_at(self, h: Parameters, index: Sequence[int]) -> Fraction:
        """The coordinate of P(h) at a multi-index."""
        return Fraction(evaluate.at([[Fraction(x) for x in values] for values in h], index))

    def P(self, h: Parameters) -> np.ndarray:
        """P(h) over the coordinates: floats for float arrays, otherwise an object array."""
        index = self.alive.array
        out: Any = 1
        for k, values in enumerate(h):
            out = out * np.asarray(values)[index[:, k]]
        return out

    def inner(self, h: Parameters, g: Parameters) -> Any:
        """<P(h), P(g)> over the alive coordinates, linear in K; exact for exact parameters."""
        return evaluate.inner(self.alive, h, g)

    @cached_property
    def floats(self) -> FloatChain:
        """h -> A P(h) in double precision over the rows, with gradients."""
        return FloatChain(self.chain, self.row_keys)

    def measure(self, terms: Sequence[tuple[Any, Parameters]]) -> Measured:
        """Norm, image and projection of T = sum of c * P(h) over the pairs (c, h), exactly, at any K.

        Examples
        --------
        >>> from dmfverify.problem.forms import Pattern, Statement
        >>> row, column = Pattern((1, 2), ((0, 0), (0, 1))), Pattern((2, 1), ((0, 0), (1, 0)))
        >>> lifting = Lifting(Statement("scale", (row, column)))
        >>> found = lifting.measure([(1, [[1, 1], [1, 1]]), (-1, [[1, 0], [1, 0]])])
        >>> found.norm2, found.image2, found.projected2
        (Fraction(3, 1), Fraction(1, 1), Fraction(1, 2))
        """
        exact = [(Fraction(c), [[Fraction(x) for x in values] for values in h]) for c, h in terms]
        image: dict[RowLabel, Fraction] = {}
        for c, h in exact:
            for label, value in self.product(h).items():
                image[label] = image.get(label, Fraction(0)) + c * value
        image = {label: v for label, v in image.items() if v}
        norm2 = sum((c * d * self.inner(h, g) for c, h in exact for d, g in exact), Fraction(0))
        image2 = self.chain.weight * sum((v * v for v in image.values()), Fraction(0))
        return Measured(norm2, image2, image, lambda: self._exact_gram)
