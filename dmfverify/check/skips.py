"""Layers with free and known taps together, under `path-scale`: the known taps opened into parameters.

The *opened* statement has one more parameter for each known tap that is not 0 of such a layer.  It is linear in its
parameters, and the parameters h of the statement are those of the opened one that have the known values v there.  A
coordinate is a set of free taps, at most one a layer, that some path follows which takes known taps elsewhere; it
holds the product of these, and its column sums the columns of the opened coordinates that hold the same free taps, each
times its known values.  The coordinate without free taps is a constant.

Main definition
    `Skips`  the opened statement, its coordinates by free taps, and what a product can show of the parameters
"""

from fractions import Fraction


def opened(raw, forms):
    """The statement with a parameter for each known tap that stands beside free ones; taps of value 0 stay."""
    factors = []
    for given, form in zip(raw["factors"], forms, strict=True):
        if form.mixed:
            zero = [t for t in given["fixed"] if not Fraction(t[-1])]
            known = [t[:-1] for t in given["fixed"] if Fraction(t[-1])]
            given = {**given, "taps": [*given["taps"], *known], "fixed": zero}
        factors.append(given)
    return {**raw, "factors": factors, "model": {"kind": "free", "sign": "real"}}


class Skips:
    """What stands in the place of `Paths` for a statement with layers of both kinds."""

    def __init__(self, statement, whole):
        self.forms, self.factors, self.sizes = statement.forms, statement.factors, statement.sizes
        self.opened = whole
        self.values = [[t[3] for t in f.fixed] if f.mixed else [] for f in self.factors]

    def complete(self, h):
        """Parameters of the opened statement."""
        return [
            [*part, *(Fraction(v, f.den) for v in values)]
            for part, values, f in zip(h, self.values, self.factors, strict=True)
        ]

    def box(self, support):
        """The parameters of the opened statement that a support leaves, known ones included."""
        return [[*s, *range(n, n + len(v))] for s, n, v in zip(support, self.sizes, self.values, strict=True)]

    def split(self, multi):
        """The free taps of an opened multi-index, None where it takes a known one, and the product of those."""
        free, weight = [], 1
        for i, n, values in zip(multi, self.sizes, self.values, strict=True):
            free.append(i if i < n else None)
            weight *= 1 if i < n else values[i - n]
        return tuple(free), weight

    # -- how many parameters a product can show -----------------------------------------------------

    def dimension(self, box):
        """Dimension of the image of P on a box: its parameters on a path, less one for each free inner scalar."""
        live, scalars = self._live(box)
        seen = sum(f.taps[i][:2] in edges for f, s, edges in zip(self.factors, box, live, strict=True) for i in s)
        return seen - scalars

    def expected(self, box):
        """`identifiability.local.expected`: taps - (edges - rank of the path-edge incidence), free edges only."""
        live, scalars = self._live(box)
        edges = [{f.taps[i][:2] for i in s} for f, s in zip(self.factors, box, strict=True)]
        return sum(map(len, box)) - sum(len(e - a) for e, a in zip(edges, live, strict=True)) - scalars

    def shows(self, box):
        """Whether some parameter of the box reaches the product."""
        return any(self._live(box)[0])

    def _live(self, box):
        """Per factor the free edges of a box on a path, and how many inner scalars are free.

        Edge weights that add up to 0 along every path are differences of a potential of the nodes that is
        0 at outputs and leaves.  Known edges have weight 0: they join nodes of one potential.
        """
        parts = iter(box)
        free = [{f.taps[i][:2] for i in next(parts)} if f.size else set() for f in self.forms]
        known = [{t[:2] for t in f.fixed} for f in self.forms]
        every = [a | b for a, b in zip(free, known, strict=True)]
        for step, side in ((1, 0), (-1, 1)):
            reached = None
            for edges in every[::step]:
                edges -= {e for e in edges if reached is not None and e[side] not in reached}
                reached = {e[1 - side] for e in edges}
        live = [a & b for a, b, f in zip(free, every, self.forms, strict=True) if f.size]
        return live, _free_scalars(every, [a & b for a, b in zip(known, every, strict=True)])


def _free_scalars(every, known):
    """Inner nodes on a path up to known edges, those left out that known edges join to an output or a leaf."""
    last, parent = len(every), {}

    def root(node):
        node = "end" if node[0] in (0, last) else node
        while parent.setdefault(node, node) != node:
            node = parent[node]
        return node

    for at, edges in enumerate(known):
        for to, source in edges:
            a, b = root((at, to)), root((at + 1, source))
            if a != b:
                parent[b if a == "end" else a] = a if a == "end" else b
    nodes = {(at, to) for at, edges in enumerate(every) for to, _ in edges}
    return len({root(node) for node in nodes} - {"end"})
