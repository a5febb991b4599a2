"""Layers with free and known taps together, under `path-scale`: the known taps opened into parameters.

Main statement
    Let the opened statement have one more parameter for each known tap (not 0) that stands in a layer with free ones.
    The parameters h of the statement are those of the opened one with the known values v there, and the path products
    of (h, v) determine those of h and the other way round: each is the other one times known values that are not 0.

Main definitions
    `is_skipped`  whether a statement has such a layer, and an equivalence for it
    `opened`      the opened statement
    `complete`    parameters of the opened statement
    `free_part`   the free taps of an opened multi-index, and the product of its known values
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from fractions import Fraction

from ..problem.forms import Form, Model, Statement, Support, Taps


def _mixed(form: Form) -> bool:
    return isinstance(form, Taps) and bool(form.taps) and any(t[3] for t in form.fixed)


def is_skipped(statement: Statement) -> bool:
    """Whether some layer has free and known taps together, under `path-scale`."""
    return statement.equivalence == "path-scale" and any(_mixed(f) for f in statement.forms)


def opened(statement: Statement) -> Statement:
    """The statement with a parameter for each known tap beside free ones, after these; the model is free.

    Examples
    --------
    >>> skip = Taps((8,), "circular", 1, (1, 1), ((0, 0, (1,)),), ((0, 0, (0,), Fraction(1)),))
    >>> opened(Statement("path-scale", (skip, skip))).sizes
    (2, 2)
    """
    forms = tuple(_opened(f) if isinstance(f, Taps) and _mixed(f) else f for f in statement.forms)
    return Statement(statement.equivalence, forms, Model(), statement.data)


def _opened(form: Taps) -> Taps:
    known = tuple(t[:3] for t in form.fixed if t[3])
    return replace(form, taps=(*form.taps, *known), fixed=tuple(t for t in form.fixed if not t[3]))


def known_values(statement: Statement) -> list[list[Fraction]]:
    """For each factor the values of the parameters that opening adds."""
    return [[t[3] for t in f.fixed if t[3]] if isinstance(f, Taps) and _mixed(f) else [] for f in statement.factors]


def complete(statement: Statement, h: Sequence[Sequence[Fraction]]) -> list[list[Fraction]]:
    """Parameters of the opened statement: h, then the known values."""
    return [[*part, *values] for part, values in zip(h, known_values(statement), strict=True)]


def box(statement: Statement, support: Support) -> Support:
    """The parameters of the opened statement that a support leaves, known ones included."""
    values = known_values(statement)
    return tuple((*s, *range(n, n + len(v))) for s, n, v in zip(support, statement.sizes, values, strict=True))


def free_part(statement: Statement, index: Sequence[int]) -> tuple[tuple[int | None, ...], Fraction]:
    """The free taps of an opened multi-index, None where it takes a known one, and the product of the known values."""
    weight = Fraction(1)
    for i, n, values in zip(index, statement.sizes, known_values(statement), strict=True):
        weight *= Fraction(1) if i < n else values[i - n]
    return tuple(i if i < n else None for i, n in zip(index, statement.sizes, strict=True)), weight
