"""The statement, read strictly and expanded by plain products.

Main definitions
    `Form`       a factor: sparse integer basis matrices over a common denominator
    `Statement`  forms, model, data; alive multi-indices; maximal supports
"""

import itertools
import math
from fractions import Fraction

from .strict import Rejected, array, index, indices, keys, one_of, rational, require

EQUIVALENCES = ("scale", "path-scale", "neuron-scale")
MAX_SUPPORTS = 200_000
"""Maximal supports that the checker is willing to list."""


class Form:
    """A factor in plain form; `size` is its number of parameters.

    Basis matrices and known matrices are lists of (row, col, integer), to be divided by `den`.
    """

    def __init__(self, raw, what):
        require(type(raw) is dict, f"{what}: not an object")
        self.kind = one_of(raw.get("form"), ("terms", "pattern", "matrix", "taps"), f"{what}.form")
        self.den, self.size, self.taps, self.fixed = 1, 0, [], []
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
        found = []
        for term in array(raw["terms"], f"{what}.terms"):
            i, row, col, v = array(term, f"{what}.terms", 4)
            index(i, self.size, f"{what}.terms")
            found.append((i, *self._position((row, col), f"{what}.terms"), rational(v, f"{what}.terms")))
        self.den = math.lcm(1, *(v.denominator for *_, v in found))
        self._basis = [[] for _ in range(self.size)]
        for i, row, col, v in found:
            self._basis[i].append((row, col, v.numerator * (self.den // v.denominator)))

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
        self._basis = [[(row, col, 1)] for row, col in self.entries]

    def _matrix(self, raw, what):
        keys(raw, ("form", "shape", "entries"), (), what)
        self._shape(raw, what)
        self.den, self._known = known_entries(raw["entries"], self.shape, f"{what}.entries")

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
        fixed = array(raw["fixed"], f"{what}.fixed")
        values = [rational(array(t, f"{what}.fixed", 3 + len(grid))[-1], f"{what}.fixed") for t in fixed]
        self.den = math.lcm(1, *(v.denominator for v in values))
        self.fixed = [
            (*self._tap(t[:-1], f"{what}.fixed"), v.numerator * (self.den // v.denominator))
            for t, v in zip(fixed, values, strict=True)
        ]
        require(self.taps or self.fixed, f"{what}: no tap")
        self.size = len(self.taps)
        shifts = [t[2] for t in self.taps + self.fixed]
        full = (
            self.grid
            if self.boundary == "circular"
            else tuple(n + max(s[d] for s in shifts) for d, n in enumerate(self.grid))
        )
        self.out_grid = tuple(-(-n // self.stride) for n in full)
        self.shape = (self.nodes[0] * math.prod(self.out_grid), self.nodes[1] * math.prod(self.grid))

    def _tap(self, raw, what):
        raw = array(raw, what, 2 + len(self.grid))
        limits = self.grid if self.boundary == "circular" else [2**40] * len(self.grid)
        shift = tuple(index(s, n, what) for s, n in zip(raw[2:], limits, strict=True))
        return index(raw[0], self.nodes[0], what), index(raw[1], self.nodes[1], what), shift

    def basis(self, i):
        """den times M(e_i), as a list of (row, col, integer)."""
        if self.kind == "taps":
            return self._block(*self.taps[i], self.den)
        return self._basis[i]

    def known(self):
        """den times the known matrix, of a form without parameters."""
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
        return sum(map(len, self._basis)) if self.size else len(self._known)


def known_entries(raw, shape, what):
    """Denominator and integer entries of a known matrix."""
    found = {}
    for entry in array(raw, what):
        row, col, v = array(entry, what, 3)
        place = (index(row, shape[0], what), index(col, shape[1], what))
        require(place not in found, f"{what}: repeated position")
        found[place] = rational(v, what)
    den = math.lcm(1, *(v.denominator for v in found.values()))
    return den, [(r, c, v.numerator * (den // v.denominator)) for (r, c), v in found.items() if v]


class Statement:
    """What is asked, expanded on demand."""

    def __init__(self, raw):
        keys(raw, ("schema", "equivalence", "factors", "model", "data"), (), "statement")
        require(raw["schema"] == "dmfverify/statement/1", "statement: unknown schema")
        self.equivalence = one_of(raw["equivalence"], EQUIVALENCES, "statement.equivalence")
        self.forms = [Form(f, f"factors[{k}]") for k, f in enumerate(array(raw["factors"], "statement.factors"))]
        self.places = [p for p, f in enumerate(self.forms) if f.size]
        self.factors = [self.forms[p] for p in self.places]
        self.sizes = [f.size for f in self.factors]
        self.K = len(self.factors)
        require(1 <= self.K <= 1_000, "statement: between 1 and 1,000 factors with parameters are needed")
        require(
            all(a.shape[1] == b.shape[0] for a, b in zip(self.forms, self.forms[1:], strict=False)),
            "statement: neighbouring shapes do not agree",
        )
        self._data(raw["data"])
        kinds = {f.kind for f in self.forms}
        require(self.equivalence != "neuron-scale" or kinds == {"pattern"}, "neuron-scale needs pattern factors")
        require(self.equivalence != "path-scale" or kinds == {"taps"}, "path-scale needs taps factors")
        self.mixed = any(f.kind == "taps" and f.taps and f.fixed for f in self.forms)
        self._model(raw["model"])

    def _data(self, raw):
        self.data = None
        if raw is None:
            return
        keys(raw, ("shape", "entries"), (), "statement.data")
        rows, cols = (index(n, 2**60, "data.shape") for n in array(raw["shape"], "data.shape", 2))
        require(cols > 0 and rows == self.forms[-1].shape[1], "statement.data: shape does not fit the last factor")
        self.data = (rows, cols, *known_entries(raw["entries"], (rows, cols), "data.entries"))

    def _model(self, raw):
        require(type(raw) is dict, "statement.model: not an object")
        self.kind = one_of(raw.get("kind"), ("free", "supports", "sparse", "group-sparse"), "model.kind")
        own = {"free": (), "supports": ("supports",), "sparse": ("sparsity",), "group-sparse": ("groups", "active")}
        keys(raw, ("kind", "sign", *own[self.kind]), (), "statement.model")
        self.nonnegative = one_of(raw["sign"], ("real", "nonnegative"), "model.sign") == "nonnegative"
        if self.kind == "supports":
            self.supports = [self.read_box(s, "model.supports") for s in array(raw["supports"], "model.supports")]
            require(self.supports, "model.supports: empty")
        elif self.kind == "sparse":
            self.sparsity = self._counts(raw["sparsity"], "model.sparsity")
        elif self.kind == "group-sparse":
            self.groups = [
                [indices(g, n, "model.groups") for g in array(factor, "model.groups")]
                for factor, n in zip(array(raw["groups"], "model.groups", self.K), self.sizes, strict=True)
            ]
            require(all(self.groups), "model.groups: empty")
            self.active = self._counts(raw["active"], "model.active")

    def _counts(self, raw, what):
        found = [index(n, 10**9, what) for n in array(raw, what, self.K)]
        require(min(found) > 0, f"{what}: must be positive")
        return found

    def read_box(self, raw, what):
        """A list over the factors of sorted non-empty index lists."""
        return [indices(s, n, what) for s, n in zip(array(raw, what, self.K), self.sizes, strict=True)]

    def read_parameters(self, raw, what):
        """A list over the factors of S_k rationals."""
        return [
            [rational(x, what) for x in array(h, what, n)]
            for h, n in zip(array(raw, what, self.K), self.sizes, strict=True)
        ]

    # -- the model ------------------------------------------------------------------------------

    def maximal(self):
        """The maximal supports, as tuples of tuples, in the order of the format page."""
        if self.kind == "free":
            return [tuple(tuple(range(n)) for n in self.sizes)]
        if self.kind == "supports":
            return _maximal([tuple(map(tuple, s)) for s in self.supports])
        return list(itertools.product(*self._choices()))

    def count_maximal(self):
        """How many maximal supports there are."""
        if self.kind == "sparse":
            return math.prod(math.comb(n, min(s, n)) for n, s in zip(self.sizes, self.sparsity, strict=True))
        if self.kind == "group-sparse":
            return math.prod(map(len, self._choices()))
        return len(self.maximal())

    def _choices(self):
        if self.kind == "sparse":
            require(self.count_maximal() <= MAX_SUPPORTS, "more maximal supports than the checker lists")
            return [
                list(itertools.combinations(range(n), min(s, n)))
                for n, s in zip(self.sizes, self.sparsity, strict=True)
            ]
        ways = [math.comb(len(g), min(a, len(g))) for g, a in zip(self.groups, self.active, strict=True)]
        require(math.prod(ways) <= MAX_SUPPORTS, "more maximal supports than the checker lists")
        return [
            _maximal_sets(
                [tuple(sorted(set(itertools.chain(*c)))) for c in itertools.combinations(groups, min(a, len(groups)))]
            )
            for groups, a in zip(self.groups, self.active, strict=True)
        ]

    def family_within(self, limit):
        """Whether there are at most `limit` maximal supports, found out without listing more."""
        if self.kind == "group-sparse":
            ways = math.prod(math.comb(len(g), min(a, len(g))) for g, a in zip(self.groups, self.active, strict=True))
            return ways <= limit
        return self.count_maximal() <= limit

    def allows(self, h):
        """Whether the parameters h lie in the model."""
        if self.nonnegative and any(x < 0 for part in h for x in part):
            return False
        supports = [{i for i, x in enumerate(part) if x} for part in h]
        if self.kind == "free":
            return True
        if self.kind == "supports":
            return any(all(s <= set(m) for s, m in zip(supports, model, strict=True)) for model in self.supports)
        if self.kind == "sparse":
            return all(len(s) <= n for s, n in zip(supports, self.sparsity, strict=True))
        return all(
            _covered(s, groups, active) for s, groups, active in zip(supports, self.groups, self.active, strict=True)
        )

    # -- alive multi-indices ----------------------------------------------------------------------

    def ends(self, k, i):
        """(left, right) labels of parameter i of factor k: what has to meet along a path."""
        if self.equivalence == "scale":
            return 0, 0
        form = self.factors[k]
        return form.entries[i] if form.kind == "pattern" else form.taps[i][:2]

    def links(self):
        """For each k < K - 1, a map from a right label of factor k to the left labels of k + 1 it meets."""
        found = []
        for p, q in zip(self.places, self.places[1:], strict=False):
            labels = {self.ends(self.places.index(p), i)[1] for i in range(self.forms[p].size)}
            joined = {label: {label} for label in labels}
            for form in self.forms[p + 1 : q] if self.equivalence == "path-scale" else ():
                step = {}
                for to, source, _, v in form.fixed:
                    if v:
                        step.setdefault(to, set()).add(source)
                joined = {a: set().union(*(step.get(b, set()) for b in bs)) for a, bs in joined.items()}
            found.append(joined)
        return found

    def leaves(self, labels, first):
        """Whether a path goes on from some of `labels` to a leaf (or root, for `first`) through known layers."""
        forms = self.forms[: self.places[0]][::-1] if first else self.forms[self.places[-1] + 1 :]
        for form in forms if self.equivalence == "path-scale" else ():
            near, far = (1, 0) if first else (0, 1)
            labels = {t[far] for t in form.fixed if t[3] and t[near] in labels}
        return bool(labels)

    def count(self, box=None):
        """The number of alive multi-indices (in a box), by counting from the right."""
        box = box or [range(n) for n in self.sizes]
        if self.equivalence == "scale":
            return math.prod(map(len, box))
        links, ways = self.links(), None
        for k in range(self.K - 1, -1, -1):
            here = {}
            for i in box[k]:
                left, right = self.ends(k, i)
                if ways is None:
                    n = 1 if self.leaves({right}, False) else 0
                else:
                    n = sum(ways.get(label, 0) for label in links[k][right])
                if k > 0 or self.leaves({left}, True):
                    here[left] = here.get(left, 0) + n
            ways = here
        return sum(ways.values())

    def alive(self, multi):
        """Whether a multi-index follows a path."""
        if self.equivalence == "scale":
            return True
        links = self.links()
        ends = [self.ends(k, i) for k, i in enumerate(multi)]
        return (
            all(ends[k + 1][0] in links[k][ends[k][1]] for k in range(self.K - 1))
            and self.leaves({ends[0][0]}, True)
            and self.leaves({ends[-1][1]}, False)
        )

    def coordinates(self):
        """All alive multi-indices in lexicographic order."""
        if self.equivalence == "scale":
            yield from itertools.product(*map(range, self.sizes))
            return
        links, by_left = self.links(), []
        for k in range(self.K):
            table = {}
            for i in range(self.sizes[k]):
                table.setdefault(self.ends(k, i)[0], []).append(i)
            by_left.append(table)

        def extend(prefix, labels):
            k = len(prefix)
            if k == self.K:
                if self.leaves(labels, False):
                    yield prefix
                return
            for i in sorted(i for label in labels for i in by_left[k].get(label, ())):
                right = self.ends(k, i)[1]
                yield from extend((*prefix, i), links[k][right] if k < self.K - 1 else {right})

        for i in range(self.sizes[0]):
            left, right = self.ends(0, i)
            if self.leaves({left}, True):
                yield from extend((i,), links[0][right] if self.K > 1 else {right})

    def product_columns(self):
        """Columns of the product, data included."""
        return self.data[1] if self.data else self.forms[-1].shape[1]

    # -- how many parameters a product can show ------------------------------------------------------

    def _shown(self, box):
        """Per factor the parameters of the box on a path, and how many link components the paths use.

        The exponent vectors of the path products span a space of dimension (number of parameters
        on a path) - (number of components): paths span the flows of a layered graph, less the
        flows that live on the links alone.
        """
        links = self.links()
        ahead = [None] * self.K  # parameters from which a path goes on to the inputs
        for k in range(self.K - 1, -1, -1):
            if k == self.K - 1:
                ahead[k] = {i for i in box[k] if self.leaves({self.ends(k, i)[1]}, False)}
            else:
                lefts = {self.ends(k + 1, j)[0] for j in ahead[k + 1]}
                ahead[k] = {i for i in box[k] if links[k][self.ends(k, i)[1]] & lefts}
        shown = [{i for i in ahead[0] if self.leaves({self.ends(0, i)[0]}, True)}]
        components = 0
        for k in range(self.K - 1):
            rights = {self.ends(k, i)[1] for i in shown[k]}
            lefts = {self.ends(k + 1, j)[0] for j in ahead[k + 1]}
            shown.append({j for j in ahead[k + 1] if any(self.ends(k + 1, j)[0] in links[k][r] for r in rights)})
            components += _components({r: links[k][r] & lefts for r in rights})
        return shown, components

    def dimension(self, box):
        """Dimension of the image of P on a box: the largest rank that a Jacobian can have there."""
        if self.equivalence == "scale":
            return sum(map(len, box)) - (self.K - 1)
        shown, components = self._shown(box)
        return sum(map(len, shown)) - components

    def expected(self, box):
        """`identifiability.local.expected` on a box: interface, section 4."""
        if self.equivalence == "scale":
            return sum(map(len, box)) - (self.K - 1)
        shown, components = self._shown(box)
        if self.equivalence == "neuron-scale":
            return sum(map(len, box)) - components
        hidden = sum(
            len({self.ends(k, i) for i in part} - {self.ends(k, i) for i in seen})
            for k, (part, seen) in enumerate(zip(box, shown, strict=True))
        )
        return sum(map(len, box)) - hidden - components

    def count_paths(self):
        """Number of leaf-to-root paths; parallel edges are one edge."""
        ways = None
        for form in reversed(self.forms):
            edges = {t[:2] for t in form.taps} | {t[:2] for t in form.fixed}
            here = {}
            for to, source in edges:
                here[to] = here.get(to, 0) + (1 if ways is None else ways.get(source, 0))
            ways = here
        return sum(ways.values())

    @property
    def has_response(self):
        """Whether the product is determined by its response from each leaf (format, section 3)."""
        return (
            self.data is None
            and all(f.kind == "taps" and f.stride == 1 for f in self.forms)
            and len({f.boundary for f in self.forms}) == 1
        )


def _covered(support, groups, active):
    """Whether at most `active` of the groups cover `support`."""
    if not support:
        return True
    if active == 0:
        return False
    first = min(support)
    return any(_covered(support - set(g), groups, active - 1) for g in groups if first in g)


def _components(neighbours):
    """Connected components of a bipartite graph {right label: left labels}."""
    groups = []
    for label, lefts in neighbours.items():
        joined = {("r", label), *(("l", x) for x in lefts)}
        apart = []
        for group in groups:
            if group & joined:
                joined |= group
            else:
                apart.append(group)
        groups = [*apart, joined]
    return len(groups)


def _maximal(supports):
    unique = list(dict.fromkeys(supports))
    if len(unique) > 3_000:
        raise Rejected("more supports than the checker compares")
    return [
        s
        for s in unique
        if not any(t != s and all(set(a) <= set(b) for a, b in zip(s, t, strict=True)) for t in unique)
    ]


def _maximal_sets(sets):
    unique = list(dict.fromkeys(sets))
    return [s for s in unique if not any(set(s) < set(t) for t in unique)]


def denominator(statement):
    """The integer d with d times the lifting an integer matrix."""
    d = math.prod(f.den for f in statement.forms)
    return d * statement.data[2] if statement.data else d


def scaled(h):
    """Integer parameters and the positive integer that they were multiplied by, factor by factor."""
    out, total = [], 1
    for part in h:
        d = math.lcm(1, *(x.denominator for x in part))
        out.append([x.numerator * (d // x.denominator) for x in part])
        total *= d
    return out, Fraction(total)
