"""`Lifting`: the linear map A with M_1(h_1) ... M_K(h_K) = A P(h), lazily known.

Source: F. Malgouyres and J. Landsberg, Multilinear compressive sensing and an application to
convolutional linear networks, 2019, section 3 (existence and uniqueness of A).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from ..problem.forms import Statement, Support
from . import linalg
from .alive import Alive, MultiIndex, alive
from .columns import Columns, assemble
from .stages import Chain, chain


@dataclass(frozen=True)
class Lifting:
    """What is known of the lifting of a statement; nothing is computed before it is asked for.

    Examples
    --------
    >>> from dmfverify.problem.forms import Pattern, Statement, Taps
    >>> layer = lambda *taps: Taps((4,), "circular", 1, (1, 1), tuple((0, 0, (t,)) for t in taps))
    >>> lifting = Lifting(Statement("scale", (layer(0, 1), layer(0, 2))))
    >>> lifting.count, lifting.coordinates[2], lifting.columns.rows_kind, lifting.rank
    (4, (1, 0), 'response', 4)
    """

    statement: Statement

    @property
    def K(self) -> int:
        """Number of factors with parameters."""
        return self.statement.K

    @property
    def sizes(self) -> tuple[int, ...]:
        """S_1, ..., S_K."""
        return self.statement.sizes

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
        total = 1
        for size in self.sizes:
            total *= size
        return self.count == total

    @cached_property
    def coordinates(self) -> list[MultiIndex]:
        """The alive multi-indices in lexicographic order (TooLarge beyond the limit)."""
        return list(self.alive)

    def position(self, index: MultiIndex) -> int:
        """The place of an alive multi-index among the coordinates; works at any size."""
        return self.alive.position(tuple(index))

    def box(self, support: Support) -> list[int]:
        """Places of the coordinates inside a box (a list over the factors of index lists), sorted."""
        return [self.position(index) for index in self.alive.inside(support)]

    @cached_property
    def chain(self) -> Chain:
        """The factors as integer arrays."""
        return chain(self.statement)

    @cached_property
    def columns(self) -> Columns:
        """The columns of A on the alive coordinates (TooLarge before starting, if so)."""
        return assemble(self.chain, self.alive)

    def restricted(self, indices: Iterable[int]) -> Columns:
        """The columns at these coordinates only."""
        return self.columns.restricted(indices)

    def rank_mod(self, p: int = linalg.PRIME) -> int:
        """Rank of A mod the prime p: never more than the rank."""
        return linalg.rank_mod(self.columns, p)

    @cached_property
    def rank(self) -> int:
        """Rank of A."""
        return linalg.rank(self.columns)

    @cached_property
    def kernel(self) -> list[list[int]]:
        """A basis of Ker A: primitive integer vectors over the coordinates, checked exactly."""
        return linalg.kernel(self.columns)

    @cached_property
    def kernel_dimension(self) -> int:
        """Number of coordinates minus rank."""
        return self.count - self.rank

    @cached_property
    def trivial_kernel(self) -> bool:
        """Whether the columns are independent (a yes is proved by a prime)."""
        return self.rank == self.count
