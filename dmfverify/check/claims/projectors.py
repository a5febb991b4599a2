"""Projectors of rank two on the modes: gamma from above.

The modes are put into groups; a difference of two rank-one tensors lies in the range of P_1 x ... x P_q x I for
projectors P_k of rank two on the groups.  Certified is |(P_1 x ... x P_q x I) V x|^2 <= theta*|V x|^2, V a basis of
Ker A: a combination of traces and positive matrices, on Z = P_1 x ... x P_q x x x^T, is compared with what has to be
bounded.  Entries that are equal because Z is its partial transposes are one class, and what rounding leaves over in
the classes has to be dominated by its diagonal.
"""

from array import array as numbers
from itertools import combinations_with_replacement
from itertools import product as cartesian
from math import prod

from ..algebra import dominated, dot, upper_products
from ..proved import UNIFORM
from ..strict import array, index, integer, integers, keys, prime, rational, require
from .kernel import check_kernel

MAX_SIZE = 1_000
MAX_COLUMNS = 2_000
MAX_SUPPORTS = 1_000


def mode_projectors(claim, ledger, work):
    """The norm of what projectors of rank two keep of V x is at most theta*|V x|^2."""
    keys(claim, ("kind", "prime", "kernel", "theta", "gamma", "items"), (), "mode-projectors")
    statement = ledger.statement
    require(statement.equivalence == "scale", "mode-projectors: the equivalence is not scale")
    require(statement.count() <= MAX_COLUMNS, "mode-projectors: more columns than the checker takes")
    require(
        statement.kind == "free" or statement.family_within(MAX_SUPPORTS),
        "mode-projectors: more supports than are compared",
    )
    kernel = check_kernel(array(claim["kernel"], "kernel"), prime(claim["prime"]), ledger, work)
    require(kernel, "mode-projectors: the kernel is trivial")
    norms = [[dot(v, w) for w in kernel] for v in kernel]
    theta, gamma = rational(claim["theta"], "theta"), rational(claim["gamma"], "gamma")
    require(theta >= 0 and gamma > 0, "mode-projectors: theta or gamma is negative")
    require(gamma**2 * (1 - theta) >= 1, "mode-projectors: gamma^2 is less than 1/(1 - theta)")
    boxes = [_item(item, statement, kernel, norms, theta, work) for item in array(claim["items"], "items")]
    _covered(statement, boxes, work)
    ledger.high("dnsp.gamma", gamma)
    ledger.fact(UNIFORM, "yes")


# -- one box ----------------------------------------------------------------------------------------


def _item(item, statement, vectors, norms, theta, work):
    """theta*|V x|^2 - |(P_1 x ... x P_q x I) V x|^2 is a sum of traces against positive matrices."""
    keys(item, ("box", "groups", "scale", "gram", "parts"), (), "item")
    box = statement.read_box(item["box"], "box")
    groups = [_group(g, box, statement) for g in array(item["groups"], "groups")]
    taken = [k for group in groups for k in group]
    require(len(set(taken)) == len(taken), "groups: a mode twice")
    scale, gram = integer(item["scale"], "scale"), integer(item["gram"], "gram")
    require(min(scale, gram) >= 1, "item: scale and gram have to be positive")
    dims = [prod(len(box[k]) for k in group) for group in groups]
    classes = _Classes(dims, len(vectors), work)
    rest = [0] * classes.count
    lines = _laid_out(statement, box, groups, vectors)
    p, q = scale * theta.numerator, scale * theta.denominator << len(groups)
    c, size = len(vectors), classes.size
    work.spend(size * size * (len(lines) + 1) // 2)
    for i, names in enumerate(classes.table):
        rest[names[0]] -= q * sum(v[i] * v[i] for v in lines)
        for j, name in enumerate(names[1:], i + 1):
            rest[name] -= 2 * q * sum(v[i] * v[j] for v in lines)
        for b in range(i % c, c):
            rest[names[b - i % c]] += (1 if b == i % c else 2) * p * norms[i % c][b]
    for part in array(item["parts"], "parts"):
        modes, raw = array(part, "parts", 2)
        modes = [index(k, len(groups), "parts") for k in array(modes, "parts")]
        require(len(set(modes)) == len(modes), "parts: a group twice")
        sums = classes.sums(_rows(raw, size), work)
        for k in modes:
            sums = classes.turned(sums, k)
        rest = [x - gram * y for x, y in zip(rest, sums, strict=True)]
    require(dominated(classes.table, rest), "item: what the parts leave is not dominated by its diagonal")
    return box


def _group(raw, box, statement):
    """The modes of a group; P_k has rank two, so that the group needs two indices."""
    modes = [index(k, statement.K, "groups") for k in array(raw, "groups")]
    require(prod(len(box[k]) for k in modes) >= 2, "groups: a group of one index")
    return modes


def _laid_out(statement, box, groups, vectors):
    """For each multi-index over the modes in no group the entries of V, group by group and vectors last."""
    place = {}
    for n, multi in enumerate(cartesian(*map(range, statement.sizes))):
        place[multi] = n
    free = [k for k in range(statement.K) if all(k not in group for group in groups)]
    order = [k for group in groups for k in group]
    lines = []
    for fixed in cartesian(*(box[k] for k in free)):
        line = []
        for moving in cartesian(*(box[k] for k in order)):
            found = dict(zip((*free, *order), (*fixed, *moving), strict=True))
            n = place[tuple(found[k] for k in range(statement.K))]
            line += [v[n] for v in vectors]
        lines.append(line)
    return lines


def _rows(raw, size):
    """The rows of a factor, none shorter than the one before."""
    rows = [integers(row, len(array(row, "parts")), "parts") for row in array(raw, "parts", size)]
    lengths = [len(row) for row in rows]
    require(lengths == sorted(lengths) and lengths[-1] <= size, "parts: rows too long, or shorter than the one before")
    return rows


class _Classes:
    """Entries of matrices on R^d_1 x ... x R^d_q x R^c, those that are equal on Z being one class."""

    def __init__(self, dims, c, work):
        sides = (*dims, c)
        self.dims, self.size = dims, prod(sides)
        require(self.size <= MAX_SIZE, "item: larger than the checker takes")
        work.spend(self.size**2 * (len(sides) + 1))
        pairs = [_pairs(d) for d in sides]
        widths = [d * (d + 1) // 2 for d in sides]
        self.count = prod(widths)
        self.strides = [prod(widths[k + 1 :]) for k in range(len(sides))]
        self.widths = widths
        indices = list(cartesian(*map(range, sides)))
        scaled = [[[x * s for x in row] for row in table] for table, s in zip(pairs, self.strides, strict=True)]
        self.table = []
        for i, one in enumerate(indices):
            looked = [table[a] for table, a in zip(scaled, one, strict=True)]
            found = (sum(line[b] for line, b in zip(looked, two, strict=True)) for two in indices[i:])
            self.table.append(numbers("L", found))

    def sums(self, rows, work):
        """The sums of L L^T over the classes, ordered pairs."""
        out = [0] * self.count
        for names, line in zip(self.table, upper_products(rows, work), strict=True):
            out[names[0]] += line[0]
            for name, x in zip(names[1:], line[1:], strict=True):
                out[name] += 2 * x
        return out

    def turned(self, sums, k):
        """The sums of (identity of group k) x (trace over it) - 2: on Z twice I - P_k in place of P_k."""
        stride, width = self.strides[k], self.widths[k]
        table = _pairs(self.dims[k])
        diagonal = [table[i][i] * stride for i in range(self.dims[k])]
        out = [-2 * x for x in sums]
        for base in range(self.count):
            if base // stride % width == 0:
                trace = sum(sums[base + d] for d in diagonal)
                for d in diagonal:
                    out[base + d] += trace
        return out


def _pairs(d):
    """A d x d table that numbers unordered pairs."""
    number = {pair: n for n, pair in enumerate(combinations_with_replacement(range(d), 2))}
    return [[number[min(i, j), max(i, j)] for j in range(d)] for i in range(d)]


def _covered(statement, boxes, work):
    """The union of each pair of maximal supports lies in some box."""
    boxes = [tuple(map(frozenset, box)) for box in boxes]
    supports = [tuple(map(frozenset, s)) for s in statement.maximal()]
    for s, t in combinations_with_replacement(supports, 2):
        work.spend(2 * len(boxes) * statement.K)
        require(
            any(all(a | b <= held for a, b, held in zip(s, t, box, strict=True)) for box in boxes),
            "mode-projectors: a pair of supports is in no item",
        )
