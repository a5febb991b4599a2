"""Models: which parameters are allowed, as a user writes it; `forms.Model` is the plain form.

Main definitions
    `Free`, `Supports`, `Sparse`, `GroupSparse`, `NonNegative`
    `MODELS`  by the name that a case file uses

Every list has one entry for each factor with parameters, or one for each factor with nothing (`[]` or 0) for those
that have none.  For a network an entry may be given by edge name instead: indices into that edge's taps.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from ..errors import BadInput, quoted
from . import forms
from .reading import ENTRIES, nearest, sequence, shown, whole, wrong

Block = tuple[str, int, int]
"""Edge name, first parameter, number of parameters."""
Groups = list[list[tuple[int, ...]]]
"""For each edge of a layer its index groups."""


class Layout(Protocol):
    """What a model has to know about an architecture or network."""

    @property
    def forms(self) -> tuple[forms.Form, ...]: ...

    @property
    def blocks(self) -> tuple[tuple[Block, ...], ...] | None: ...


@dataclass(frozen=True)
class Free:
    """Every h is allowed.

    Examples
    --------
    >>> Free().plain(None)
    Model(kind='free', nonnegative=False, supports=(), sparsity=(), groups=(), active=())
    """

    nonnegative: bool = False

    def __post_init__(self) -> None:
        _flag(self.nonnegative)

    def plain(self, layout: Layout) -> forms.Model:
        """The model as it stands in a statement."""
        return forms.Model("free", self.nonnegative)


@dataclass(frozen=True)
class NonNegative:
    """Every h with entries >= 0 is allowed."""

    def plain(self, layout: Layout) -> forms.Model:
        """The model as it stands in a statement."""
        return forms.Model("free", True)


@dataclass(frozen=True)
class Supports:
    """A list of models, each a list over the factors of the indices that may be non-zero.

    Examples
    --------
    >>> from dmfverify.problem.architecture import Architecture
    >>> from dmfverify.problem.factor import Diagonal
    >>> Supports([[[1, 0]], [[2]]]).plain(Architecture([Diagonal(3)])).supports
    (((0, 1),), ((2,),))
    """

    supports: Any
    nonnegative: bool = False

    def __post_init__(self) -> None:
        _flag(self.nonnegative)

    def plain(self, layout: Layout) -> forms.Model:
        """The model as it stands in a statement."""
        given = sequence(self.supports, "a list of models", "supports")
        if not given:
            raise wrong(given, "at least one model", "supports")
        models, total = [], 0
        for n, model in enumerate(given):
            models.append(_support(model, layout, f"supports[{n}]"))
            total += sum(map(len, models[-1]))
            _enough(total, "supports")
        return forms.Model("supports", self.nonnegative, supports=tuple(models))


@dataclass(frozen=True)
class Sparse:
    """At most so many non-zeros in each factor (by edge name: in each edge).

    Examples
    --------
    >>> from dmfverify.problem.architecture import Architecture
    >>> from dmfverify.problem.factor import Diagonal
    >>> Sparse([2]).plain(Architecture([Diagonal(3)])).sparsity
    (2,)
    """

    sparsity: Any
    nonnegative: bool = False

    def __post_init__(self) -> None:
        _flag(self.nonnegative)

    def plain(self, layout: Layout) -> forms.Model:
        """The model as it stands in a statement."""
        if isinstance(self.sparsity, Mapping):
            counts = _by_edge(self.sparsity, layout, "sparsity", lambda v, w, block: whole(v, w, 1))
            blocks = _blocks(layout)
            if all(len(layer) == 1 for layer in blocks):
                return forms.Model("sparse", self.nonnegative, sparsity=tuple(layer[0] for layer in counts))
            groups: list[Groups] = [
                [[(i,) for i in range(start, start + count)] for _, start, count in layer] for layer in blocks
            ]
            return _enumerated(groups, counts, self.nonnegative, "sparsity")
        entries = _over_factors(self.sparsity, layout, "sparsity")
        return forms.Model("sparse", self.nonnegative, sparsity=tuple(whole(v, w, 1) for w, v in entries))


@dataclass(frozen=True)
class GroupSparse:
    """At most `active` of the index groups are non-zero in each factor (by edge name: in each edge).

    Examples
    --------
    >>> from dmfverify.problem.architecture import Architecture
    >>> from dmfverify.problem.factor import Diagonal
    >>> GroupSparse([[[0, 1], [2]]], [1]).plain(Architecture([Diagonal(3)])).groups
    (((0, 1), (2,)),)
    """

    groups: Any
    active: Any
    nonnegative: bool = False

    def __post_init__(self) -> None:
        _flag(self.nonnegative)

    def plain(self, layout: Layout) -> forms.Model:
        """The model as it stands in a statement."""
        groups = self._groups(layout)
        if isinstance(self.active, Mapping):
            counts = _by_edge(self.active, layout, "active", lambda v, w, block: whole(v, w, 1))
            if any(len(layer) > 1 for layer in counts):
                return _enumerated(groups, counts, self.nonnegative, "active")
            active = tuple(layer[0] for layer in counts)
        else:
            active = tuple(whole(v, w, 1) for w, v in _over_factors(self.active, layout, "active"))
        flat = tuple(tuple(itertools.chain(*layer)) for layer in groups)
        return forms.Model("group-sparse", self.nonnegative, groups=flat, active=active)

    def _groups(self, layout: Layout) -> list[Groups]:
        """For each factor with parameters, for each of its edges (one where there are none), its groups."""
        if isinstance(self.groups, Mapping):
            found = _by_edge(self.groups, layout, "groups", lambda v, w, block: _group_list(v, block[1], block[2], w))
        else:
            entries = _over_factors(self.groups, layout, "groups")
            found = [[_group_list(v, 0, size, w)] for (w, v), size in zip(entries, _sizes(layout), strict=True)]
            if isinstance(self.active, Mapping):
                found = [_split(layer[0], blocks) for layer, blocks in zip(found, _blocks(layout), strict=True)]
        _enough(sum(len(g) for layer in found for edge in layer for g in edge), "groups")
        return found


Model = Free | NonNegative | Supports | Sparse | GroupSparse
MODELS: dict[str, type] = {
    "free": Free,
    "supports": Supports,
    "sparse": Sparse,
    "group-sparse": GroupSparse,
    "nonnegative": NonNegative,
}
"""Models by the name that a case file uses."""


def _flag(value: object) -> None:
    if not isinstance(value, bool):
        raise wrong(value, "true or false", "nonnegative")


def _enough(total: int, where: str) -> None:
    if total > ENTRIES:
        raise BadInput(f"got {total} indices, expected at most 10^7", where=where)


def _sizes(layout: Layout) -> list[int]:
    return [f.parameters for f in layout.forms if f.parameters]


def _over_factors(value: Any, layout: Layout, where: str) -> list[tuple[str, Any]]:
    """(place, entry) for each factor with parameters."""
    given = sequence(value, "a list over the factors", where)
    sizes = [f.parameters for f in layout.forms]
    entries = [(f"{where}[{n}]", v) for n, v in enumerate(given)]
    K = sum(size > 0 for size in sizes)
    if len(entries) == K:
        return entries
    if len(entries) != len(sizes):
        both = f" or {len(sizes)}, with nothing for those that have none" if len(sizes) != K else ""
        raise BadInput(f"got {shown(given)}, expected {K} entries, one a factor with parameters{both}", where=where)
    for (place, v), size in zip(entries, sizes, strict=True):
        if not size and (isinstance(v, (int, str)) and v != 0 or hasattr(v, "__len__") and len(v)):
            raise wrong(v, "nothing ([] or 0): this factor has no parameters", place)
    return [entry for entry, size in zip(entries, sizes, strict=True) if size]


def _indices(value: Any, start: int, size: int, where: str) -> tuple[int, ...]:
    """Sorted indices below `size`, moved by `start`."""
    given = sequence(value, "a list of indices", where)
    found = [start + whole(i, f"{where}[{n}]", 0, size - 1) for n, i in enumerate(given)]
    if len(set(found)) < len(found):
        twice = next(i for n, i in enumerate(found) if i in found[:n])
        raise BadInput(f"got the index {twice - start} twice, expected each once", where=where)
    return tuple(sorted(found))


def _support(model: Any, layout: Layout, where: str) -> forms.Support:
    if isinstance(model, Mapping):
        edges = _by_edge(model, layout, where, lambda v, w, block: _indices(v, block[1], block[2], w))
        support = tuple(tuple(sorted(itertools.chain(*layer))) for layer in edges)
        places = [f"{where}.{layer[0][0]}" for layer in _blocks(layout)]
    else:
        entries = _over_factors(model, layout, where)
        places = [w for w, _ in entries]
        support = tuple(_indices(v, 0, size, w) for (w, v), size in zip(entries, _sizes(layout), strict=True))
    for place, indices in zip(places, support, strict=True):
        if not indices:
            raise BadInput(
                "got an empty support, expected at least one index: a factor of zeros makes the product zero",
                where=place,
            )
    return support


def _group_list(value: Any, start: int, size: int, where: str) -> list[tuple[int, ...]]:
    given = sequence(value, "a list of index groups", where)
    groups = [_indices(g, start, size, f"{where}[{n}]") for n, g in enumerate(given)]
    for n, group in enumerate(groups):
        if not group:
            raise BadInput("got an empty group, expected at least one index", where=f"{where}[{n}]")
    if not groups:
        raise wrong(given, "at least one index group", where)
    return groups


def _blocks(layout: Layout) -> tuple[tuple[Block, ...], ...]:
    if layout.blocks is None:
        raise BadInput("got a table by edge name, expected a list over the factors: there is no network")
    return layout.blocks


def _by_edge(value: Mapping[str, Any], layout: Layout, where: str, read: Any) -> list[list[Any]]:
    """For each factor with parameters, for each of its edges with parameters, what `read` makes of its entry."""
    if layout.blocks is None:
        raise wrong(value, "a list over the factors: a table by edge name needs a network", where)
    names = [name for layer in layout.blocks for name, _, _ in layer]
    known = set(names)
    for key in value:
        if key not in known:
            raise BadInput(
                f"unknown edge {quoted(key)}, expected the name of an edge with parameters",
                where=where,
                hint=nearest(key, names[:10_000]),
            )
    for name in names:
        if name not in value:
            raise BadInput(
                f"edge {quoted(name)} is missing, expected an entry for each edge with parameters", where=where
            )
    return [[read(value[block[0]], f"{where}.{block[0]}", block) for block in layer] for layer in layout.blocks]


def _split(groups: list[tuple[int, ...]], blocks: Sequence[Block]) -> list[list[tuple[int, ...]]]:
    """The groups of a layer by edge."""
    split = [[g for g in groups if start <= g[0] and g[-1] < start + count] for _, start, count in blocks]
    if sum(map(len, split)) < len(groups):
        raise BadInput(
            "got a group that spans two edges, expected groups within an edge where active is by edge name",
            where="groups",
        )
    return split


def _unions(groups: Groups, counts: list[int]) -> list[tuple[int, ...]]:
    """For one layer, the supports that choose `counts` groups of each edge."""
    choices = [list(itertools.combinations(g, min(c, len(g)))) for g, c in zip(groups, counts, strict=True)]
    return [tuple(sorted(set(itertools.chain(*itertools.chain(*chosen))))) for chosen in itertools.product(*choices)]


def _few_choices(groups: list[Groups], counts: list[list[int]], where: str) -> None:
    """Refuse more than 10^5 choices, without computing how many there are."""
    total = 1
    for layer, row in zip(groups, counts, strict=True):
        for edge, count in zip(layer, row, strict=True):
            n, k = len(edge), min(count, len(edge))
            total *= math.comb(n, k) if n <= 10**4 or k == n else n
            if total > 10**5:
                expected = "at most 10^5 where several edges of a layer have a bound each"
                hint = "bound whole layers by a list"
                raise BadInput(f"got more than 10^5 supports, expected {expected}", where=where, hint=hint)


def _enumerated(groups: list[Groups], counts: list[list[int]], nonnegative: bool, where: str) -> forms.Model:
    """Choices edge by edge have no shorter plain form than the list of all of them."""
    if [len(layer) for layer in groups] != [len(layer) for layer in counts]:
        raise BadInput("got a table by edge name, expected groups by edge name too", where=where)
    _few_choices(groups, counts, where)
    per_layer = [_unions(layer, row) for layer, row in zip(groups, counts, strict=True)]
    return forms.Model("supports", nonnegative, supports=tuple(itertools.product(*per_layer)))
