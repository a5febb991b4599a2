"""Given parameters, and the parameters on a path of a support with the directions of the scalings there.

Main definitions
    `Point`          the parameters that `at` is about, as integers over one denominator
    `Chart`          what of them a support shows, and the Jacobian
    `determined`     whether path products determine the class
    `moved_beyond`   whether given fields leave the orbit of the scalings
"""

from .algebra import rank_mod
from .derivative import partial_derivatives
from .strict import over_common_denominator, require


class Point:
    """The parameters h = `values` / `den`, integers over one denominator."""

    def __init__(self, raw, h):
        self.raw, self.h = raw, h
        flat = [x for part in h for x in part]
        self.den, integral = over_common_denominator(flat, "h")
        found = iter(integral)
        self.values = [[next(found) for _ in part] for part in h]
        self.bits = max([self.den.bit_length(), *(abs(x).bit_length() for x in integral)])
        self.ranks = {}
        """Maximal support -> rank of the Jacobian at the point."""

    @property
    def support(self):
        """Factor by factor the parameters that are not 0."""
        return [{i for i, x in enumerate(part) if x} for part in self.values]

    def inside(self, support):
        """Whether the point lies in a support."""
        return all(s <= set(part) for s, part in zip(self.support, support, strict=True))


def determined(statement, h):
    """Whether h and whatever has its path products differ by scalings alone.

    `scale`: no factor is zero.  `path-scale`: no kernel on a path is zero.  `neuron-scale`: every inner neuron on
    a path has a weight that is not 0 on both sides, so each lies on a path whose product is not 0.
    """
    paths = statement.paths
    if paths.scale:
        return all(map(any, h))
    found, joints = paths.shown([range(n) for n in statement.sizes])
    ends = [{(i, paths.ends(k, i)) for i in part} for k, part in enumerate(found)]
    if paths.through:
        return all({e for _, e in part} == {e for i, e in part if h[k][i]} for k, part in enumerate(ends))
    into = [{right for i, (_, right) in part if h[k][i]} for k, part in enumerate(ends)]
    out = [{left for i, (left, _) in part if h[k][i]} for k, part in enumerate(ends)]
    return all(rights <= into[k] and lefts <= out[k + 1] for k, rights, lefts in joints)


class Chart:
    """The parameters on a path of a support, in order, and the directions of the scalings at the point."""

    def __init__(self, ledger, support, work):
        require(ledger.point is not None, "no point was given before")
        require(ledger.point.inside(support), "support: does not hold the point")
        self.statement, self.point, self.work = ledger.statement, ledger.point, work
        found, self.joints = self.statement.paths.shown(support)
        self.box = [sorted(part) for part in found]
        self.order = [(k, i) for k, part in enumerate(self.box) for i in part]
        self.h = [self.point.values[k][i] for k, i in self.order]

    def tangents(self):
        """One integer vector a joint: what its scalar does to the point, times the denominator."""
        ends, vectors = self.statement.paths.ends, [{} for _ in self.joints]
        into, out = {}, {}
        for n, (k, rights, lefts) in enumerate(self.joints):
            into.update(((k, label), n) for label in rights)
            out.update(((k + 1, label), n) for label in lefts)
        for place, ((k, i), x) in enumerate(zip(self.order, self.h, strict=True)):
            left, right = ends(k, i)
            for sign, owner in ((1, into.get((k, right))), (-1, out.get((k, left)))):
                if owner is not None and x:
                    vectors[owner][place] = vectors[owner].get(place, 0) + sign * x
        return vectors

    def derivatives(self, p):
        """Columns of the Jacobian times the denominator, modulo p unless it is None."""
        self.work.carry(0 if p else self.point.bits * self.statement.K)
        values = self.point.values if p is None else [[x % p for x in part] for part in self.point.values]
        return partial_derivatives(self.statement, self.box, values, p, self.work)


def moved_beyond(ledger, support, fields, p, work):
    """Whether fields along which the product stays leave the orbit of scalings at the point.

    `fields` are the fields at the point.  The parameters lie in the model along the fields: real sign, or none is 0.
    """
    chart, statement = Chart(ledger, support, work), ledger.statement
    if statement.family.nonnegative and chart.point.support != [set(part) for part in support]:
        return False
    offset = [sum(statement.sizes[:k]) for k in range(statement.K)]
    vectors = [{offset[k] + i: x for (k, i), x in v.items()} for v in fields]
    found = rank_mod(vectors, sum(statement.sizes), p, work)
    return found > len(chart.joints) and ledger.known("at.nonzero", "yes")
