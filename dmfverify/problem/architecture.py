"""Architectures: factors in product order, X = M_1(h_1) M_2(h_2) ... .

Main definitions
    `Architecture`  checks that the factors compose and fit the limits

It offers what a `Network` offers: `forms`, `names`, `blocks`, `levels`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

from ..errors import BadInput
from . import forms as plain
from .factor import Factor
from .reading import FACTORS, few, sequence, sized, wrong


@dataclass(frozen=True)
class Architecture:
    """Factors in product order, first factor first.

    Parameters
    ----------
    factors
        `Factor` objects whose shapes compose.

    Examples
    --------
    >>> from dmfverify.problem.factor import Dense, Diagonal
    >>> Architecture([Dense((3, 2)), Diagonal(2)]).names
    (('h1[0]', 'h1[1]', 'h1[2]', 'h1[3]', 'h1[4]', 'h1[5]'), ('h2[0]', 'h2[1]'))
    >>> Architecture([Dense((3, 2)), Diagonal(5)])
    Traceback (most recent call last):
    dmfverify.errors.BadInput: factors: factors[0] is 3 x 2 and factors[1] is 5 x 5, expected as many columns in ...
    """

    factors: Any
    blocks = None
    levels = None

    def __post_init__(self) -> None:
        factors = tuple(sequence(self.factors, "a list of factors", "factors"))
        if not factors:
            raise wrong(factors, "at least one factor", "factors")
        for n, factor in enumerate(factors):
            if not isinstance(factor, Factor):
                raise wrong(factor, "a factor such as Dense((3, 2))", f"factors[{n}]")
        object.__setattr__(self, "factors", factors)
        _compose(factors)
        few(sum(f.size for f in factors), "factors")
        check_count(sum(f.parameters > 0 for f in factors))

    @cached_property
    def forms(self) -> tuple[plain.Form, ...]:
        """The factors in plain form."""
        return tuple(f.plain() for f in self.factors)

    @cached_property
    def names(self) -> tuple[tuple[str, ...], ...]:
        """For each factor with parameters a label a parameter, such as ``"h1[0]"``."""
        sizes = [f.parameters for f in self.factors if f.parameters]
        return tuple(tuple(f"h{k}[{i}]" for i in range(size)) for k, size in enumerate(sizes, start=1))


def check_count(factors: int, where: str = "factors") -> None:
    """Refuse K = 0 and K > 1,000."""
    if not 1 <= factors <= FACTORS:
        raise BadInput(f"got {factors} factors with parameters, expected between 1 and {FACTORS:,}", where=where)


def _compose(factors: Sequence[Factor]) -> None:
    for n, (left, right) in enumerate(pairwise(factors)):
        if left.shape[1] != right.shape[0]:
            raise BadInput(
                f"factors[{n}] is {sized(left.shape)} and factors[{n + 1}] is {sized(right.shape)}, "
                f"expected as many columns in factors[{n}] as rows in factors[{n + 1}]",
                where="factors",
            )
