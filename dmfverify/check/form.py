"""One factor of a statement in its plain form: sparse integer matrices over a common denominator.

Main definitions
    `Form`           a factor: `basis` (one matrix a parameter) or `known` (one matrix)
    `known_entries`  a known matrix, also that of the data
"""

import itertools
import math

from .strict import array, index, keys, one_of, over_common_denominator, rational, require


class Form:
    """A factor in plain form; `size` is its number of parameters.

    Basis matrices and known matrices are lists of (row, col, integer), to be divided by `den`.
    No entry has more than `bits` bits, nor has a sum of all entries of one matrix.
    """

    def __init__(self, raw, what):
        require(type(raw) is dict, f"{what}: not an object")
        self.kind = one_of(raw.get("form"), ("terms", "pattern", "matrix", "taps"), f"{what}.form")
        self.den, self.size, self.bits, self.taps, self.fixed = 1, 0, 1, [], []
        getattr(self, "_" + self.kind)(raw, what)

    def _shape(self, raw, what):
        rows, cols = array(raw["shape"], f"{what}.shape", 2)
        self.shape = (index(rows, 2**60, f"{what}.shape"), index(cols, 2**60, f"{what}.shape"))
        require(min(self.shape) > 0, f"{what}.shape: empty")

    def _position(self, entry, what):
        return index(entry[0], self.shape[0], what), index(entry[1], self.shape[1], what)

    def _terms(self, raw, what):
        keys(raw, ("form", "shape", "parameters", "terms"), (), what)
        self._shape(raw, what)
        self.size = index(raw["parameters"], 10**7 + 1, f"{what}.parameters")
        require(self.size > 0, f"{what}: no parameter")
        found, values = [], []
        for term in array(raw["terms"], f"{what}.terms"):
            i, row, col, v = array(term, f"{what}.terms", 4)
            found.append((index(i, self.size, f"{what}.terms"), *self._position((row, col), f"{what}.terms")))
            values.append(rational(v, f"{what}.terms"))
        self.den, values = over_common_denominator(values, f"{what}.terms")
        self._basis = {}
        for (i, row, col), v in zip(found, values, strict=True):
            self._basis.setdefault(i, []).append((row, col, v))
        self.bits = _bits(values)

    def _pattern(self, raw, what):
        keys(raw, ("form", "shape", "entries"), (), what)
        self._shape(raw, what)
        self.entries = [
            self._position(array(e, f"{what}.entries", 2), f"{what}.entries")
            for e in array(raw["entries"], f"{what}.entries")
        ]
        self.size = len(self.entries)
        require(self.size > 0, f"{what}: no parameter")
        require(len(set(self.entries)) == self.size, f"{what}.entries: repeated")
        self._basis = {i: [(row, col, 1)] for i, (row, col) in enumerate(self.entries)}

    def _matrix(self, raw, what):
        keys(raw, ("form", "shape", "entries"), (), what)
        self._shape(raw, what)
        self.den, self._known = known_entries(raw["entries"], self.shape, f"{what}.entries")
        self.bits = _bits([v for *_, v in self._known])

    def _taps(self, raw, what):
        keys(raw, ("form", "grid", "boundary", "stride", "nodes", "taps", "fixed"), (), what)
        grid = array(raw["grid"], f"{what}.grid")
        require(1 <= len(grid) <= 2, f"{what}.grid: not one or two lengths")
        self.grid = tuple(index(n, 2**40, f"{what}.grid") for n in grid)
        self.boundary = one_of(raw["boundary"], ("circular", "zero"), f"{what}.boundary")
        self.stride = index(raw["stride"], 2**40, f"{what}.stride")
        to, source = array(raw["nodes"], f"{what}.nodes", 2)
        self.nodes = (index(to, 10**6, f"{what}.nodes"), index(source, 10**6, f"{what}.nodes"))
        require(min(*self.grid, self.stride, *self.nodes) > 0, f"{what}: an empty grid, stride or node list")
        self.taps = [self._tap(t, f"{what}.taps") for t in array(raw["taps"], f"{what}.taps")]
        fixed = [array(t, f"{what}.fixed", 3 + len(grid)) for t in array(raw["fixed"], f"{what}.fixed")]
        self.den, values = over_common_denominator([rational(t[-1], f"{what}.fixed") for t in fixed], f"{what}.fixed")
        known = [(*self._tap(t[:-1], f"{what}.fixed"), v) for t, v in zip(fixed, values, strict=True)]
        require(self.taps or known, f"{what}: no tap")
        self.size, self.bits = len(self.taps), _bits([self.den, *values])
        full = self.grid
        if self.boundary == "zero":
            full = tuple(n + max(t[2][d] for t in (*self.taps, *known)) for d, n in enumerate(self.grid))
        self.fixed = [t for t in known if t[3]]
        self.out_grid = tuple(-(-n // self.stride) for n in full)
        self.shape = (self.nodes[0] * math.prod(self.out_grid), self.nodes[1] * math.prod(self.grid))

    def _tap(self, raw, what):
        raw = array(raw, what, 2 + len(self.grid))
        limits = self.grid if self.boundary == "circular" else [2**40] * len(self.grid)
        shift = tuple(index(s, n, what) for s, n in zip(raw[2:], limits, strict=True))
        return index(raw[0], self.nodes[0], what), index(raw[1], self.nodes[1], what), shift

    @property
    def mixed(self):
        """Whether parameters and fixed taps stand together, which makes the factor affine."""
        return bool(self.taps and self.fixed)

    def follows(self, left):
        """Whether the nodes and the grid of this layer are those that the layer on its left reads."""
        return self.nodes[0] == left.nodes[1] and self.out_grid == left.grid

    def basis(self, i):
        """den times M(e_i), as a list of (row, col, integer).  Spend `expansion` first."""
        if self.kind == "taps":
            return self._block(*self.taps[i], self.den)
        return self._basis.get(i, [])

    def known(self):
        """den times the known matrix, of a form without parameters.  Spend `expansion` first."""
        if self.kind == "taps":
            return [entry for tap in self.fixed for entry in self._block(*tap)]
        return self._known

    def _block(self, to, source, shift, v):
        found = []
        row0, col0 = to * math.prod(self.out_grid), source * math.prod(self.grid)
        for c, cell in enumerate(itertools.product(*map(range, self.grid))):
            at = [x + s for x, s in zip(cell, shift, strict=True)]
            if self.boundary == "circular":
                at = [x % n for x, n in zip(at, self.grid, strict=True)]
            if all(x % self.stride == 0 for x in at):
                row = 0
                for x, n in zip(at, self.out_grid, strict=True):
                    row = row * n + x // self.stride
                found.append((row0 + row, col0 + c, v))
        return found

    def expansion(self):
        """How many entries all basis matrices have together."""
        if self.kind == "taps":
            return (len(self.taps) + len(self.fixed)) * math.prod(self.grid)
        return sum(map(len, self._basis.values())) if self.size else len(self._known)


def _bits(values):
    """Bits of the sum of the absolute values."""
    return max(1, sum(map(abs, values)).bit_length())


def known_entries(raw, shape, what):
    """Denominator and integer entries of a known matrix, zeros left out."""
    places, values = [], []
    for entry in array(raw, what):
        row, col, v = array(entry, what, 3)
        places.append((index(row, shape[0], what), index(col, shape[1], what)))
        values.append(rational(v, what))
    require(len(set(places)) == len(places), f"{what}: repeated position")
    den, values = over_common_denominator(values, what)
    return den, [(*place, v) for place, v in zip(places, values, strict=True) if v]
