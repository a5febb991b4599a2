"""Families of supports: least singular values over all pairs, by a tree of boxes or box by box."""

from fractions import Fraction
from itertools import combinations, combinations_with_replacement, product
from math import comb, inf, prod

from ..algebra import apply, dot, is_semidefinite
from ..boxes import Boxes
from ..elimination import Matrix, eliminate, scaled
from ..orbits import ENTRIES, Symmetry, orbit
from ..proved import OVER_C, UNIFORM
from ..strict import array, bracket, index, indices, integers, keys, require, value
from .gram import true_gram

MAX_SUPPORTS = 1_000
MAX_ATOMS = 500
MAX_BITS = 256
MAX_PAIRS = 20_000
"""Pairs with one deficient box that are looked at one by one."""
SPLIT, PRUNED, DEFICIENT = 1, 0, -1


def support_tree(claim, ledger, work):
    """Each box of two supports has its least non-zero singular value above the lower end."""
    names = ("kind", "bits", "rows", "tree", "kernels", "lower_rip", "lower_rip_union", "gamma")
    keys(claim, names, ("worst", "worst_union", "generators"), "support-tree")
    statement = ledger.statement
    require(statement.kind != "free", "the model is free")
    bits = index(claim["bits"], MAX_BITS + 1, "bits")
    require(bits > 7, "bits: too few")
    low, high = bracket(claim["lower_rip"], "lower_rip")
    require(low > 0, "lower_rip: nothing is said")
    _fits(claim["tree"], statement)
    G, square = true_gram(ledger, "columns", claim["rows"], work)
    boxes = Boxes(statement, G, square, bits, work)
    boxes.read_kernels(claim["kernels"])
    generators = array(claim.get("generators", []), "generators")
    pairs = _Pairs(boxes, low, [Symmetry(raw, statement, G, work) for raw in generators])
    if claim["tree"] is None:
        pairs.all_boxes()
    else:
        pairs.tree(array(claim["tree"], "tree"))
    unions = None
    if claim["lower_rip_union"] is not None:
        unions = bracket(claim["lower_rip_union"], "lower_rip_union")
        pairs.unions(unions[0], claim["tree"] is None)
        _reached(claim.get("worst_union"), unions[1], pairs, Boxes.union, "worst_union")
    _reached(claim.get("worst"), high, pairs, Boxes.box, "worst")
    gamma = None
    if claim["gamma"] is not None:
        gamma = value(claim["gamma"], "gamma")
        require(1 <= gamma < inf, "gamma: not finite, or below 1")
        pairs.angles(gamma)
    _enter(ledger, pairs, (low, high), unions, gamma)


def _fits(tree, statement):
    """A family of the right kind and size."""
    family = statement.family
    if tree is None:
        require(statement.family_within(MAX_SUPPORTS), "more supports than the checker compares")
        return
    require(family.kind != "supports", "tree: the model is a list")
    atoms = sum(family.sizes) if family.kind == "sparse" else sum(map(len, family.groups))
    require(atoms <= MAX_ATOMS, "tree: more atoms than the checker takes")


class _Pairs:
    """The pairs of maximal supports, and which of their boxes have a kernel; one pair of an orbit is looked at."""

    def __init__(self, boxes, low, symmetries):
        self.boxes, self.low, self.work, self.family = boxes, low, boxes.work, boxes.statement.family
        self.symmetries = symmetries
        self.count = 0
        self.deficient = []  # for one deficient box of an orbit its pairs, to be asked for
        self.singular = set()  # masks of columns that have a kernel
        self.injective = False

    def _least(self, mask, low, reason):
        """The orbit of a mask, and whether its members have a kernel; none has a value below `low`."""
        deficient = self.boxes.least(mask, low, reason)
        masks = orbit(mask, lambda m: [g.mask(self.boxes.listed(m)) for g in self.symmetries], self.work)
        if deficient:
            self.singular |= masks
        return masks, deficient

    # -- box by box -------------------------------------------------------------------------------

    def all_boxes(self):
        """Every box of two listed supports."""
        supports = self.boxes.statement.maximal()
        images = {g.support(s) for g in self.symmetries for s in supports}
        require(images <= set(supports), "generators: a support goes to none")
        found, seen = {}, set()
        self.everything = list(combinations_with_replacement(supports, 2))
        for s, t in self.everything:
            found.setdefault(self.boxes.box(s, t), []).append((s, t))
        for mask, pairs in found.items():
            if mask not in seen:
                masks, deficient = self._least(mask, self.low, "lower_rip: a box has a smaller singular value")
                seen |= masks
                if deficient:
                    self.count += sum(len(found[m]) for m in masks)
                    self.deficient.append((mask, pairs))

    # -- by a tree --------------------------------------------------------------------------------

    def tree(self, codes):
        """A tree that divides the sets of atoms: each leaf is a box above all of its own, or one deficient box."""
        self._atoms()
        self.codes, self.at, self.counted = codes, 0, set()
        self.numbers = [(k, a) for k, atoms in enumerate(self.atoms) for a in range(len(atoms))]
        root = self._settled([frozenset()] * len(self.atoms), [frozenset(range(len(a))) for a in self.atoms])
        if root is not None:
            self.entries, self.order = self._start()
            state = self._included(root, 0, self._matrix(root))
            self._node(*root, state, self._fixing(self.symmetries, *root))
        require(self.at == len(codes), "tree: codes after its end")

    def _start(self):
        """The whole matrix, scaled, and the places of the columns: those of the first atoms of the last factor last."""
        rows = self.boxes.shifted(range(len(self.boxes.G)), self.low)
        require(max(row[i] for i, row in enumerate(rows)) > 0, "tree: the lower end is above every column")
        coordinates = list(self.boxes.statement.paths.coordinates())
        order = sorted(range(len(rows)), key=lambda n: coordinates[n][::-1], reverse=True)
        return scaled(rows, self.boxes.bits), {n: place for place, n in enumerate(order)}

    def _matrix(self, node):
        """The columns that a node may use."""
        which = self._listed(self._mask(node[1]))
        self.work.spend(len(which) * (20 + 2 * len(which)), bits=1)
        return Matrix.of(self.entries, which, self.boxes.bits)

    def _atoms(self):
        """Per factor the atoms (index lists), and how many a support is made of."""
        family = self.family
        if family.kind == "sparse":
            self.atoms, counts = [[(i,) for i in range(n)] for n in family.sizes], family.sparsity
        else:
            self.atoms, counts = [[tuple(g) for g in groups] for groups in family.groups], family.active
        self.active = [min(c, len(a)) for c, a in zip(counts, self.atoms, strict=True)]
        self.most = [min(2 * c, len(a)) for c, a in zip(self.active, self.atoms, strict=True)]
        # where no box has a kernel, those of the most atoms stand for all
        self.fewest = self.active if self.boxes.kernels else self.most
        self.using = [[self.boxes.mask_of(k, atom) for atom in atoms] for k, atoms in enumerate(self.atoms)]
        for g in self.symmetries:
            g.take_atoms(self.atoms, self.active)

    def _mask(self, chosen):
        """Coordinates in the box of some atoms."""
        found = self.boxes.everything
        for table, atoms in zip(self.using, chosen, strict=True):
            here = 0
            for a in atoms:
                here |= table[a]
            found &= here
        return found

    def _settled(self, inside, allowed):
        """The atoms that all sets of a node hold, and may hold, as narrow as their numbers say; None for no set."""
        inside, allowed = list(inside), list(allowed)
        for k, (few, most) in enumerate(zip(self.fewest, self.most, strict=True)):
            if len(allowed[k]) < few or len(inside[k]) > most:
                return None
            if len(inside[k]) == most:
                allowed[k] = inside[k]
            if len(allowed[k]) == few:
                inside[k] = allowed[k]
        return inside, allowed

    def _included(self, node, gone, matrix):
        """(coordinates eliminated, what is left of the matrix) once the box of the atoms inside is eliminated."""
        inside, allowed = node
        mine, outer = self._mask(inside), self._mask(allowed)
        if not gone and matrix is not None and 2 * outer.bit_count() <= len(matrix.slots):
            matrix = self._matrix(node)
        if mine == gone or matrix is None:
            return gone, matrix
        return mine, eliminate(matrix, self._listed(mine & ~gone), self.boxes.listed(outer & ~mine), self.work)

    def _listed(self, mask):
        """Coordinates in the order of the matrix."""
        return sorted(self.boxes.listed(mask), key=self.order.__getitem__)

    def _fixing(self, symmetries, inside, allowed):
        """Those that map the atoms inside to each other, and the atoms allowed too: they map the node to itself."""
        inside, allowed = tuple(inside), tuple(allowed)
        return [g for g in symmetries if g.chosen(inside) == inside and g.chosen(allowed) == allowed]

    def _node(self, inside, allowed, state, symmetries):
        self.work.spend(200 + 10 * sum(map(len, allowed)), bits=1)
        require(self.at < len(self.codes), "tree: ends too early")
        code = self.codes[self.at]
        self.at += 1
        require(type(code) is int and DEFICIENT <= code <= len(self.numbers), "tree: an unknown code")
        if code == PRUNED:
            self._prune(allowed, *state)
        elif code == DEFICIENT:
            self._one_box(inside, allowed)
        else:
            k, a = self.numbers[code - SPLIT]
            require(a in allowed[k] and a not in inside[k], "tree: a split that divides nothing")
            gone = orbit((k, a), lambda at: [g.atom(at) for g in symmetries], self.work)
            self.work.spend(5 * len(gone) * len(symmetries))
            for changed in (
                self._settled([s | {a} if j == k else s for j, s in enumerate(inside)], allowed),
                self._settled(inside, [s - {b for i, b in gone if i == j} for j, s in enumerate(allowed)]),
            ):
                if changed is not None:
                    self._node(*changed, self._included(changed, *state), self._fixing(symmetries, *changed))

    def _prune(self, allowed, gone, matrix):
        which = self._listed(self._mask(allowed) & ~gone)
        good = matrix is not None and eliminate(matrix, which, [], self.work) is not None
        require(good, "tree: a leaf has a smaller singular value")

    def _one_box(self, inside, allowed):
        require(inside == allowed, "tree: a deficient leaf is more than one box")
        flat = [i for atoms in self.atoms for atom in atoms for i in atom]
        require(len(flat) == sum(len(set().union(*atoms)) for atoms in self.atoms), "tree: overlapping groups")
        mask = self._mask(inside)
        _, good = self._least(mask, self.low, "tree: a box has a smaller singular value")
        require(good, "tree: a deficient leaf without a kernel")
        if tuple(inside) not in self.counted:
            same = orbit(tuple(inside), lambda chosen: [g.chosen(chosen) for g in self.symmetries], self.work)
            self.counted |= same
            self.work.hold(ENTRIES * len(self.counted))
            self._count(inside, mask, len(same))

    def _count(self, inside, mask, boxes):
        """The pairs of a deficient box and of all boxes of its orbit."""
        ways = [
            comb(len(union), few) * comb(few, 2 * few - len(union))
            for union, few in zip(inside, self.active, strict=True)
        ]
        alone = all(len(union) == few for union, few in zip(inside, self.active, strict=True))
        total = (prod(ways) + alone) // 2
        self.count += boxes * total
        self.deficient.append((mask, _Splits(self, inside, total)))

    # -- pairs one by one -------------------------------------------------------------------------

    def unions(self, low, listed):
        """Each union of two boxes has its least non-zero singular value above `low`."""
        require(low > 0, "lower_rip_union: nothing is said")
        require(listed or low <= self.low, "lower_rip_union: a tree says no more than of boxes")
        found = self.everything if listed else [pair for _, pairs in self.deficient for pair in pairs]
        seen, self.injective = set(), True
        for mask in dict.fromkeys(self.boxes.union(s, t) for s, t in found):
            if mask not in seen:
                masks, deficient = self._least(mask, low, "lower_rip_union: a union has a smaller singular value")
                seen |= masks
                self.injective &= not deficient

    def angles(self, gamma):
        """|T| <= gamma dist(T, kernel on the box) for T on the union: the part of the kernel there is short."""
        p, q = gamma.numerator**2, gamma.denominator**2
        for mask, pairs in self.deficient:
            place = {n: i for i, n in enumerate(self.boxes.listed(mask))}
            vectors = self.boxes.kernels[mask]
            whole = [[dot(v, w) for w in vectors] for v in vectors]
            for union in {self.boxes.union(s, t) for s, t in pairs}:
                self.work.spend(len(place) * (1 + len(vectors)) ** 2)
                inner = [place[n] for n in self.boxes.listed(union)]
                part = [[sum(v[i] * w[i] for i in inner) for w in vectors] for v in vectors]
                rest = [
                    [(p - q) * x - p * y for x, y in zip(a, b, strict=True)] for a, b in zip(whole, part, strict=True)
                ]
                require(is_semidefinite(rest, self.work), "gamma: a pair has a greater one")


class _Splits:
    """The pairs of supports whose atoms together are given."""

    def __init__(self, pairs, inside, total):
        self.pairs, self.inside, self.total = pairs, inside, total

    def __iter__(self):
        require(self.total <= MAX_PAIRS, "more pairs with a deficient box than the checker looks at")
        pairs = self.pairs
        sides = [
            [
                (set(s), (u - set(s)) | set(c))
                for s in combinations(sorted(u), few)
                for c in combinations(s, 2 * few - len(u))
            ]
            for u, few in zip(self.inside, pairs.active, strict=True)
        ]
        for chosen in product(*sides):
            yield tuple(
                tuple(sorted(i for a in side[which] for i in pairs.atoms[k][a]) for k, side in enumerate(chosen))
                for which in (0, 1)
            )


def _reached(raw, high, pairs, mask_of, what):
    """A vector at one pair of maximal supports shows that the least non-zero singular value there is at most `high`."""
    if high == inf:
        return
    keys(raw, ("pair", "vector"), (), what)
    boxes = pairs.boxes
    s, t = (maximal(boxes.statement, box, f"{what}.pair") for box in array(raw["pair"], f"{what}.pair", 2))
    mask = mask_of(boxes, s, t)
    G = boxes.gram(mask)
    x = integers(raw["vector"], len(G), f"{what}.vector")
    if mask in pairs.singular:
        x = apply(G, x, boxes.work)
    require(any(x), f"{what}: the vector is zero")
    require(
        dot(x, apply(G, x, boxes.work)) <= high**2 * boxes.square * dot(x, x),
        f"{what}: the vector does not reach the upper end",
    )


def maximal(statement, raw, what):
    """A maximal support."""
    support = tuple(
        tuple(indices(part, n, what)) for part, n in zip(array(raw, what, statement.K), statement.sizes, strict=True)
    )
    family = statement.family
    if family.kind == "sparse":
        sizes = [min(s, n) for s, n in zip(family.sparsity, family.sizes, strict=True)]
        require(list(map(len, support)) == sizes, f"{what}: not a maximal support")
    else:
        require(family.within(10**6) and support in family.maximal(), f"{what}: not a maximal support")
    return support


def _enter(ledger, pairs, boxes, unions, gamma):
    ledger.exactly("sparse_dnsp.lower_rip", *boxes)
    ledger.fact("sparse_dnsp.deficient_pairs", pairs.count)
    if not pairs.count:
        ledger.exactly("sparse_dnsp.gamma", Fraction(1))
        ledger.low("sparse_dnsp.lower_rip_union", boxes[0])
        if ledger.statement.K == 1 and not ledger.statement.family.nonnegative:
            ledger.high("dnsp.kappa", boxes[1])
    if unions is not None:
        ledger.exactly("sparse_dnsp.lower_rip_union", *unions)
    if gamma is not None:
        ledger.high("sparse_dnsp.gamma", gamma)
    if pairs.injective or not pairs.count:
        ledger.exactly("sparse_dnsp.gamma_union", Fraction(1))
        ledger.fact(UNIFORM, "yes")
        ledger.fact(OVER_C, "yes")
