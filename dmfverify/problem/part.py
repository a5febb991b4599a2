"""Two models of a family by themselves: the case on the parameters that one of them or the other may use.

P(h) of a model in S or S' vanishes outside the box of the unions, so the lifting that is left is A restricted to that
box, and everything that section 4 of the theory says of the pair (S, S') is said of this case.

Main definitions
    `Part`       a case on some of the parameters of another one
    `pair_part`  the case of two models
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from . import forms
from .case import Case
from .forms import Support

Names = tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Part(Case):
    """A case on some of the parameters of another one, which has been checked; `architecture` is its statement."""

    labels: Names = ()
    levels: Names | None = None

    def __post_init__(self) -> None:
        """Nothing: no user wrote it."""

    @cached_property
    def statement(self) -> forms.Statement:
        """The exact question."""
        stated: forms.Statement = self.architecture
        return stated

    @property
    def names(self) -> Names:
        """For each factor the names that its parameters have in the whole case."""
        return self.labels

    @property
    def node_names(self) -> Names | None:
        """Those of the whole case."""
        return self.levels


def pair_part(whole: Case, s: Support, t: Support) -> Part:
    """The case of the models `s` and `t` of `whole`, on the box of their unions.

    Examples
    --------
    >>> from dmfverify.problem import Circulant, Sparse
    >>> whole = Case([Circulant(8, taps=[0, 1, 3]), Circulant(8, taps=[0, 2])], model=Sparse([1, 1]))
    >>> part = pair_part(whole, ((0,), (1,)), ((2,), (1,)))
    >>> part.statement.sizes, part.statement.model.supports, part.names
    ((2, 1), (((0,), (0,)), ((1,), (0,))), (('h1[0]', 'h1[2]'), ('h2[1]',)))
    """
    statement = whole.statement
    kept = [_kept(form, {*a, *b}) for form, a, b in zip(statement.factors, s, t, strict=True)]
    places = iter(kept)
    parts = tuple(_on(form, next(places)) if form.parameters else form for form in statement.forms)
    models = tuple(dict.fromkeys(_renumbered(support, kept) for support in (s, t)))
    model = forms.Model("supports", statement.model.nonnegative, supports=models)
    return Part(
        replace(statement, forms=parts, model=model),
        equivalence=whole.equivalence,
        title=f"{whole.title}: {pair_name(s, t)}",
        source=whole.source,
        file_sha256=whole.file_sha256,
        labels=tuple(tuple(row[i] for i in part) for row, part in zip(whole.names, kept, strict=True)),
        levels=whole.node_names,
    )


def pair_name(s: Support, t: Support) -> str:
    """The two supports as a case file writes them.

    >>> pair_name(((0,), (1, 2)), ((0,), (1, 2)))
    '[[0], [1, 2]] with itself'
    """
    first, second = ([list(part) for part in support] for support in (s, t))
    return f"{first} with itself" if s == t else f"{first} and {second}"


def _kept(form: forms.Form, wanted: set[int]) -> list[int]:
    """The parameters that stay; a zero-padded layer keeps its largest shifts, which give the product its rows."""
    if isinstance(form, forms.Taps) and form.boundary == "zero":
        taps = range(form.parameters)
        wanted |= {max(taps, key=lambda i: form.taps[i][2][d]) for d in range(len(form.grid))}
    return sorted(wanted)


def _on(form: forms.Form, kept: Sequence[int]) -> forms.Form:
    """The factor with these parameters alone."""
    if isinstance(form, forms.Pattern):
        return replace(form, entries=tuple(form.entries[i] for i in kept))
    if isinstance(form, forms.Taps):
        return replace(form, taps=tuple(form.taps[i] for i in kept))
    if isinstance(form, forms.Terms):
        place = {i: n for n, i in enumerate(kept)}
        terms = tuple((place[i], row, col, value) for i, row, col, value in form.terms if i in place)
        return replace(form, parameters=len(kept), terms=terms)
    return form


def _renumbered(support: Support, kept: Sequence[Sequence[int]]) -> Support:
    return tuple(tuple(part.index(i) for i in chosen) for chosen, part in zip(support, kept, strict=True))
