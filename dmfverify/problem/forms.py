"""The four plain forms of a factor: what a statement holds and the checker expands by itself.

Main definitions
    `Terms`   M(h) = sum of h[i] * value at (row, column), sparse; weights may be shared
    `Pattern` one parameter an entry, zero elsewhere
    `Taps`    a layer of convolutions between the nodes of a graph
    `Known`   a known matrix, no parameter
    `Model`   which parameters are allowed
    `Statement` factors, model, data and the equivalence: the exact question

Everything after loading works on these; `docs/certificate-format.md` gives the same in JSON.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property

from ..exact import text

Triple = tuple[int, int, Fraction]
"""Row, column, value."""
Support = tuple[tuple[int, ...], ...]
"""For each factor with parameters, the sorted indices that may be non-zero: a box."""

SCHEMA = "dmfverify/statement/1"


@dataclass(frozen=True)
class Terms:
    """M(h)[row, col] = sum of h[i] * value over the terms (i, row, col, value)."""

    shape: tuple[int, int]
    parameters: int
    terms: tuple[tuple[int, int, int, Fraction], ...]

    @cached_property
    def _by_parameter(self) -> list[list[Triple]]:
        found: list[list[Triple]] = [[] for _ in range(self.parameters)]
        for i, row, col, value in self.terms:
            found[i].append((row, col, value))
        return found

    def basis(self, i: int) -> list[Triple]:
        """The entries of M(e_i); positions may repeat, and then add up."""
        return self._by_parameter[i]

    def to_json(self) -> dict:
        """The factor as it stands in a statement."""
        terms = [[i, r, c, text(v)] for i, r, c, v in self.terms]
        return {"form": "terms", "shape": list(self.shape), "parameters": self.parameters, "terms": terms}


@dataclass(frozen=True)
class Pattern:
    """M(h) has h[i] at entries[i] and zero elsewhere."""

    shape: tuple[int, int]
    entries: tuple[tuple[int, int], ...]

    @property
    def parameters(self) -> int:
        """S, the number of parameters."""
        return len(self.entries)

    def basis(self, i: int) -> list[Triple]:
        """The one entry of M(e_i)."""
        row, col = self.entries[i]
        return [(row, col, Fraction(1))]

    def to_json(self) -> dict:
        """The factor as it stands in a statement."""
        return {"form": "pattern", "shape": list(self.shape), "entries": [list(e) for e in self.entries]}


@dataclass(frozen=True)
class Known:
    """A known matrix, given by its non-zero entries."""

    shape: tuple[int, int]
    entries: tuple[Triple, ...]
    parameters = 0

    def known(self) -> list[Triple]:
        """The entries of the matrix."""
        return list(self.entries)

    def to_json(self) -> dict:
        """The factor as it stands in a statement."""
        entries = [[r, c, text(v)] for r, c, v in self.entries]
        return {"form": "matrix", "shape": list(self.shape), "entries": entries}


@dataclass(frozen=True)
class Taps:
    """A layer of convolutions: one block row a node towards the output, one block column a node towards the inputs.

    Parameter i is the tap (to, from, shift): with input cells c and kept output cells r (every
    `stride`-th of the full grid, in each dimension) block (to, from) of M(e_i) has ones where
    ``r - c = shift``, modulo `grid` when `boundary` is circular.  With ``boundary = "zero"`` the
    full grid has ``grid + largest shift`` cells in each dimension.

    `fixed` holds known taps (to, from, shift, value), which carry no parameter.
    """

    grid: tuple[int, ...]
    boundary: str
    stride: int
    nodes: tuple[int, int]
    taps: tuple[tuple[int, int, tuple[int, ...]], ...]
    fixed: tuple[tuple[int, int, tuple[int, ...], Fraction], ...] = ()

    @property
    def parameters(self) -> int:
        """S, the number of parameters."""
        return len(self.taps)

    @cached_property
    def full_grid(self) -> tuple[int, ...]:
        """Cells in each dimension before the stride is applied."""
        if self.boundary == "circular":
            return self.grid
        shifts = [t[2] for t in self.taps] + [f[2] for f in self.fixed]
        return tuple(n + max(s[d] for s in shifts) for d, n in enumerate(self.grid))

    @cached_property
    def out_grid(self) -> tuple[int, ...]:
        """Cells in each dimension after the stride."""
        return tuple(-(-n // self.stride) for n in self.full_grid)

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of M(h)."""
        return self.nodes[0] * math.prod(self.out_grid), self.nodes[1] * math.prod(self.grid)

    def block(self, to: int, source: int, shift: tuple[int, ...], value: Fraction) -> Iterator[Triple]:
        """The entries of one tap, as rows and columns of the whole matrix."""
        row0, col0 = to * math.prod(self.out_grid), source * math.prod(self.grid)
        for cell in itertools.product(*(range(n) for n in self.grid)):
            at = [c + s for c, s in zip(cell, shift, strict=True)]
            if self.boundary == "circular":
                at = [a % n for a, n in zip(at, self.grid, strict=True)]
            if all(a % self.stride == 0 for a in at):
                row = flat([a // self.stride for a in at], self.out_grid)
                yield row0 + row, col0 + flat(cell, self.grid), value

    def basis(self, i: int) -> list[Triple]:
        """The entries of M(e_i)."""
        to, source, shift = self.taps[i]
        return list(self.block(to, source, shift, Fraction(1)))

    def known(self) -> list[Triple]:
        """The entries of the fixed part of the layer."""
        return [entry for tap in self.fixed for entry in self.block(*tap)]

    def to_json(self) -> dict:
        """The factor as it stands in a statement."""
        return {
            "form": "taps",
            "grid": list(self.grid),
            "boundary": self.boundary,
            "stride": self.stride,
            "nodes": list(self.nodes),
            "taps": [[to, source, *shift] for to, source, shift in self.taps],
            "fixed": [[to, source, *shift, text(v)] for to, source, shift, v in self.fixed],
        }


Form = Terms | Pattern | Taps | Known


def flat(cell: tuple[int, ...] | list[int], grid: tuple[int, ...]) -> int:
    """Row-major position of `cell` in `grid`.

    >>> flat((1, 2), (3, 4))
    6
    """
    position = 0
    for c, n in zip(cell, grid, strict=True):
        position = position * n + c
    return position


@dataclass(frozen=True)
class Model:
    """Which parameters are allowed: a family of supports, and perhaps non-negativity.

    `kind` is ``free``, ``supports``, ``sparse`` or ``group-sparse``; the other fields are those
    of the case file, one entry for each factor with parameters.
    """

    kind: str = "free"
    nonnegative: bool = False
    supports: tuple[Support, ...] = ()
    sparsity: tuple[int, ...] = ()
    groups: tuple[tuple[tuple[int, ...], ...], ...] = ()
    active: tuple[int, ...] = ()

    def to_json(self) -> dict:
        """The model as it stands in a statement."""
        out: dict = {"kind": self.kind, "sign": "nonnegative" if self.nonnegative else "real"}
        if self.kind == "supports":
            out["supports"] = [[list(s) for s in model] for model in self.supports]
        elif self.kind == "sparse":
            out["sparsity"] = list(self.sparsity)
        elif self.kind == "group-sparse":
            out["groups"] = [[list(g) for g in factor] for factor in self.groups]
            out["active"] = list(self.active)
        return out

    def family_size(self, sizes: tuple[int, ...]) -> int:
        """How many supports `maximal` yields at most, counted without listing them."""
        if self.kind == "free":
            return 1
        if self.kind == "supports":
            return len(self.supports)
        if self.kind == "sparse":
            return math.prod(math.comb(n, min(s, n)) for n, s in zip(sizes, self.sparsity, strict=True))
        return math.prod(math.comb(len(g), min(a, len(g))) for g, a in zip(self.groups, self.active, strict=True))

    def maximal(self, sizes: tuple[int, ...]) -> Iterator[Support]:
        """The maximal supports of the family (every allowed support lies in one of them)."""
        if self.kind == "free":
            yield tuple(tuple(range(n)) for n in sizes)
        elif self.kind == "supports":
            yield from _maximal(self.supports)
        elif self.kind == "sparse":
            choices = [
                list(itertools.combinations(range(n), min(s, n))) for n, s in zip(sizes, self.sparsity, strict=True)
            ]
            yield from itertools.product(*choices)
        else:
            per_factor = [
                _maximal_sets([
                    tuple(sorted(set(itertools.chain(*chosen))))
                    for chosen in itertools.combinations(groups, min(active, len(groups)))
                ])
                for groups, active in zip(self.groups, self.active, strict=True)
            ]
            yield from itertools.product(*per_factor)


def _maximal(supports: tuple[Support, ...]) -> list[Support]:
    unique = list(dict.fromkeys(supports))
    return [s for s in unique if not any(t != s and _inside(s, t) for t in unique)]


def _inside(small: Support, large: Support) -> bool:
    return all(set(a) <= set(b) for a, b in zip(small, large, strict=True))


def _maximal_sets(sets: list[tuple[int, ...]]) -> list[tuple[int, ...]]:
    unique = list(dict.fromkeys(sets))
    return [s for s in unique if not any(set(s) < set(t) for t in unique)]


@dataclass(frozen=True)
class Statement:
    """The exact question: factors in plain form, model, data, equivalence.

    No path, no default and no float is left in it.  `to_bytes` is canonical; its SHA-256 is what
    a certificate names.
    """

    equivalence: str
    forms: tuple[Form, ...]
    model: Model = field(default_factory=Model)
    data: Known | None = None

    @cached_property
    def factors(self) -> tuple[Terms | Pattern | Taps, ...]:
        """The forms that have parameters, in product order."""
        return tuple(f for f in self.forms if f.parameters)  # type: ignore[misc]

    @property
    def K(self) -> int:
        """The number of factors with parameters."""
        return len(self.factors)

    @cached_property
    def sizes(self) -> tuple[int, ...]:
        """S_1, ..., S_K."""
        return tuple(f.parameters for f in self.factors)

    @property
    def product_shape(self) -> tuple[int, int]:
        """Rows and columns of the product, data included."""
        last = self.data.shape[1] if self.data else self.forms[-1].shape[1]
        return self.forms[0].shape[0], last

    def to_json(self) -> dict:
        """The statement as a JSON object."""
        return {
            "schema": SCHEMA,
            "equivalence": self.equivalence,
            "factors": [f.to_json() for f in self.forms],
            "model": self.model.to_json(),
            "data": None if self.data is None else {k: v for k, v in self.data.to_json().items() if k != "form"},
        }

    def to_bytes(self) -> bytes:
        """Canonical UTF-8 JSON, the bytes of statement.json."""
        return (json.dumps(self.to_json(), separators=(",", ":"), sort_keys=True) + "\n").encode()

    @cached_property
    def sha256(self) -> str:
        """Hex digest of `to_bytes`."""
        return hashlib.sha256(self.to_bytes()).hexdigest()
