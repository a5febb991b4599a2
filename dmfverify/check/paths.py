"""Alive multi-indices: which parameters meet along a path from an input to an output.

Main definition
    `Paths`  labels and links; `count`, `alive`, `coordinates`; what a product can show of the parameters

Every parameter has a left and a right label.  Under `scale` there is one label only, so everything meets.
"""

import itertools
import math


class Paths:
    """The layered graph of a statement under its equivalence."""

    def __init__(self, statement, equivalence):
        self.work, self.K, self.sizes = statement.work, statement.K, statement.sizes
        self.scale = equivalence == "scale"
        self.places, self.forms, self.factors = statement.places, statement.forms, statement.factors
        self.through = equivalence == "path-scale"  # known layers are part of the paths
        self.links = [] if self.scale else [self._link(k) for k in range(self.K - 1)]
        self.first, self.last = (None, None) if self.scale else (self._outer(True), self._outer(False))

    def ends(self, k, i):
        """(left, right) labels of parameter i of factor k: what has to meet along a path."""
        if self.scale:
            return 0, 0
        form = self.factors[k]
        return form.entries[i] if form.kind == "pattern" else form.taps[i][:2]

    def _link(self, k):
        """A map from a right label of factor k to the left labels of factor k + 1 that it meets."""
        joined = {self.ends(k, i)[1]: {self.ends(k, i)[1]} for i in range(self.sizes[k])}
        for form in self.forms[self.places[k] + 1 : self.places[k + 1]] if self.through else ():
            step = _step(form, False)
            for label, reached in joined.items():
                self.work.spend(1 + sum(1 + len(step.get(b, ())) for b in reached))
                joined[label] = set().union(*(step.get(b, ()) for b in reached))
        return joined

    def _outer(self, first):
        """The left labels of the first factor that reach an output, or the right ones of the last that reach a leaf."""
        k = 0 if first else self.K - 1
        forms = self.forms[: self.places[0]] if first else self.forms[: self.places[-1] : -1]
        alive = None
        for form in forms if self.through else ():
            step = _step(form, not first)
            alive = set(itertools.chain(*(to for at, to in step.items() if alive is None or at in alive)))
        labels = {self.ends(k, i)[0 if first else 1] for i in range(self.sizes[k])}
        return labels if alive is None else labels & alive

    def starts(self, label):
        """Whether a parameter of the first factor with this left label reaches an output."""
        return self.scale or label in self.first

    def stops(self, label):
        """Whether a parameter of the last factor with this right label reaches a leaf."""
        return self.scale or label in self.last

    def total(self, box, weight):
        """The sum over the alive multi-indices in a box of the products of weight(k, i), from the right."""
        ways = None
        for k in range(self.K - 1, -1, -1):
            here, met = {}, {}
            for i in box[k]:
                left, right = self.ends(k, i)
                if k == self.K - 1:
                    rest = 1 if self.stops(right) else 0
                elif right in met:
                    rest = met[right]
                else:
                    labels = (0,) if self.scale else self.links[k][right]
                    rest = met[right] = sum(ways.get(label, 0) for label in labels)
                if rest and (k > 0 or self.starts(left)):
                    here[left] = here.get(left, 0) + weight(k, i) * rest
            ways = here
        return sum(ways.values())

    def count(self, box=None):
        """The number of alive multi-indices (in a box)."""
        box = box or [range(n) for n in self.sizes]
        if self.scale:
            return math.prod(map(len, box))
        return self.total(box, lambda k, i: 1)

    def alive(self, multi):
        """Whether a multi-index follows a path."""
        return self.count([[i] for i in multi]) == 1

    def coordinates(self):
        """All alive multi-indices in lexicographic order: depth first, only where a path goes on."""
        if self.scale:
            yield from itertools.product(*map(range, self.sizes))
            return
        ahead, tables = self.ahead([range(n) for n in self.sizes]), []
        for k in range(self.K):
            table = {}
            for i in sorted(ahead[k]):
                table.setdefault(self.ends(k, i)[0], []).append(i)
            tables.append(table)
        prefix = []
        stack = [iter(sorted(i for i in ahead[0] if self.starts(self.ends(0, i)[0])))]
        while stack:
            i = next(stack[-1], None)
            if i is None:
                stack.pop()
                del prefix[-1:]
                continue
            k = len(prefix)
            if k == self.K - 1:
                yield (*prefix, i)
                continue
            prefix.append(i)
            labels = self.links[k][self.ends(k, i)[1]]
            stack.append(iter(sorted(j for label in labels for j in tables[k + 1].get(label, ()))))

    # -- how many parameters a product can show -----------------------------------------------------

    def ahead(self, box):
        """Per factor the parameters of the box from which a path in the box goes on to a leaf."""
        found = [None] * self.K
        for k in range(self.K - 1, -1, -1):
            if k == self.K - 1:
                found[k] = {i for i in box[k] if self.stops(self.ends(k, i)[1])}
            else:
                lefts = {self.ends(k + 1, j)[0] for j in found[k + 1]}
                open_ = {right for right, labels in self.links[k].items() if not labels.isdisjoint(lefts)}
                found[k] = {i for i in box[k] if self.ends(k, i)[1] in open_}
        return found

    def shown(self, box):
        """Per factor the parameters of the box on a path, and the joints (k, rights, lefts) that the paths use.

        A joint is a component of the links between factors k and k + 1: one free scalar, that
        multiplies the parameters with a right label in `rights` and divides those with a left one
        in `lefts`.  The exponent vectors of the path products span a space of dimension (number of
        parameters on a path) - (number of joints): paths span the flows of a layered graph, less
        the flows that live on the links alone.
        """
        if self.scale:
            return [set(part) for part in box], [(k, {0}, {0}) for k in range(self.K - 1)]
        ahead = self.ahead(box)
        found = [{i for i in ahead[0] if self.starts(self.ends(0, i)[0])}]
        joints = []
        for k in range(self.K - 1):
            lefts = {self.ends(k + 1, j)[0] for j in ahead[k + 1]}
            rights = {self.ends(k, i)[1] for i in found[k]}
            met = {right: self.links[k][right] & lefts for right in rights}
            reached = set().union(*met.values())
            found.append({j for j in ahead[k + 1] if self.ends(k + 1, j)[0] in reached})
            joints += [(k, *labels) for labels in _components(met)]
        return found, joints

    def dimension(self, box):
        """Dimension of the image of P on a box: the largest rank that a Jacobian can have there."""
        if self.scale:
            return sum(map(len, box)) - (self.K - 1)
        found, joints = self.shown(box)
        return sum(map(len, found)) - len(joints)

    def expected(self, box):
        """`identifiability.local.expected` on a box: interface, section 4."""
        if self.scale:
            return self.dimension(box)
        found, joints = self.shown(box)
        hidden = 0
        if self.through:  # edges with a tap in the box, on no path of the box
            for k, (part, seen) in enumerate(zip(box, found, strict=True)):
                hidden += len({self.ends(k, i) for i in part} - {self.ends(k, i) for i in seen})
        return sum(map(len, box)) - hidden - len(joints)

    def network_paths(self):
        """Number of leaf-to-root paths; parallel edges are one edge."""
        ways = None
        for form in reversed(self.forms):
            here = {}
            for to, source in {t[:2] for t in (*form.taps, *form.fixed)}:
                here[to] = here.get(to, 0) + (1 if ways is None else ways.get(source, 0))
            ways = here
        return sum(ways.values())


def _step(form, backwards):
    """Known layer: a map from a node to the nodes that its fixed taps join it to, left to right."""
    found = {}
    for to, source, *_ in form.fixed:
        near, far = (source, to) if backwards else (to, source)
        found.setdefault(near, set()).add(far)
    return found


def _components(neighbours):
    """Connected components (right labels, left labels) of a bipartite graph {right: lefts}, by merging."""
    parent = {}

    def root(x):
        while parent.setdefault(x, x) != x:
            parent[x] = parent[parent[x]]
            x = parent[x]
        return x

    for label, lefts in neighbours.items():
        for left in lefts:
            parent[root(("left", left))] = root(("right", label))
    found = {}
    for side, label in sorted(parent.keys() | {("right", label) for label in neighbours}):
        found.setdefault(root((side, label)), (set(), set()))[side == "left"].add(label)
    return list(found.values())
