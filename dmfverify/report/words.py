"""A statement and its answers in words: factors, models, equivalences, theorems, sources."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass

from ..problem.forms import Form, Known, Model, Pattern, Statement, Taps, Terms
from .decimals import count

SHOWN = 12
"""So many items of a list are written out in a sentence."""


def factor_in_words(form: Form) -> str:
    """What a factor is, in one sentence without a full stop.

    >>> factor_in_words(Pattern((2, 2), ((0, 0), (1, 1))))
    'diagonal matrix, every diagonal entry a parameter'
    >>> factor_in_words(Taps((8,), "circular", 1, (1, 1), ((0, 0, (0,)), (0, 0, (3,)))))
    'circular convolution of signals of length 8 with taps {0, 3}'
    """
    if isinstance(form, Pattern):
        return _pattern_in_words(form)
    if isinstance(form, Taps):
        return _taps_in_words(form)
    if isinstance(form, Known):
        return f"known matrix with {plural(len(form.entries), 'non-zero entry', 'non-zero entries')}, no parameter"
    return _terms_in_words(form)


def _pattern_in_words(form: Pattern) -> str:
    rows, cols = form.shape
    if len(form.entries) == rows * cols:
        return "dense matrix, every entry a parameter"
    if rows == cols == len(form.entries) and all(r == c for r, c in form.entries):
        return "diagonal matrix, every diagonal entry a parameter"
    share = f"{count(len(form.entries))} of {count(rows * cols)} entries"
    return f"sparse matrix with a fixed pattern: {share} are parameters, the others zero"


def _terms_in_words(form: Terms) -> str:
    each = [len(form.basis(i)) for i in range(form.parameters)] if form.parameters <= 10**5 else []
    shared = " with shared weights" if any(n > 1 for n in each) else ""
    basis = plural(form.parameters, "basis matrix", "basis matrices")
    return f"matrix that depends linearly on its parameters{shared}: {basis} with {count(len(form.terms))} terms in all"


def _taps_in_words(form: Taps) -> str:
    kind = "circular convolution" if form.boundary == "circular" else "convolution (zero-padded)"
    size = " × ".join(count(n) for n in form.grid)
    signals = f"signals of length {size}" if len(form.grid) == 1 else f"{size} images"
    stride = f", every {form.stride}-th output kept" if form.stride > 1 else ""
    fixed = f"; {plural(len(form.fixed), 'further tap is', 'further taps are')} known" if form.fixed else ""
    if form.nodes == (1, 1) and form.taps:
        return f"{kind} of {signals} with taps {listed([_shift(t[2]) for t in form.taps])}{stride}{fixed}"
    edges = len({t[:2] for t in form.taps} | {f[:2] for f in form.fixed})
    ends = f"from {plural(form.nodes[1], 'node')} to {plural(form.nodes[0], 'node')}"
    taps = plural(len(form.taps), "tap") + " in all"
    return f"layer of {kind}s of {signals} {ends}, {plural(edges, 'connected pair')}, {taps}{stride}{fixed}"


def _shift(shift: tuple[int, ...]) -> str:
    return str(shift[0]) if len(shift) == 1 else f"({', '.join(map(str, shift))})"


def listed(items: list[str], limit: int = SHOWN) -> str:
    """A set in braces, cut after `limit` items.

    >>> listed(["0", "1"]), listed([str(i) for i in range(100)], 3)
    ('{0, 1}', '{0, 1, 2, … 97 more}')
    """
    if len(items) <= limit + 1:
        return "{" + ", ".join(items) + "}"
    return "{" + ", ".join(items[:limit]) + f", … {count(len(items) - limit)} more}}"


def plural(number: int, one: str, many: str = "") -> str:
    """A number with its noun.

    >>> plural(1, "entry", "entries"), plural(3, "tap")
    ('1 entry', '3 taps')
    """
    return f"{count(number)} {one if number == 1 else many or one + 's'}"


def model_in_words(model: Model, sizes: tuple[int, ...]) -> str:
    """Which parameters are allowed, in one or two sentences."""
    sign = " In addition all parameters are non-negative." if model.nonnegative else ""
    return _supports_in_words(model, sizes) + sign


def _supports_in_words(model: Model, sizes: tuple[int, ...]) -> str:
    if model.kind == "free":
        return "Every choice of real parameters is allowed."
    if model.kind == "supports":
        return f"The non-zero parameters lie in one of {plural(len(model.supports), 'listed support')}."
    if model.kind == "sparse":
        most = ", ".join(f"{s} of {n}" for s, n in list(zip(model.sparsity, sizes, strict=True))[:SHOWN])
        more = f", … ({len(sizes)} factors)" if len(sizes) > SHOWN else ""
        family = count(model.family_size(sizes))
        return f"In each factor at most so many parameters are non-zero: {most}{more}. That makes {family} supports."
    most = ", ".join(f"{a} of {len(g)}" for a, g in list(zip(model.active, model.groups, strict=True))[:SHOWN])
    more = f", … ({len(sizes)} factors)" if len(sizes) > SHOWN else ""
    return f"In each factor the non-zero parameters lie in at most so many of its groups: {most}{more}."


@dataclass(frozen=True)
class Equivalence:
    """An equivalence in words.

    Attributes
    ----------
    title, means
        Its name, and what cannot be seen in the product.
    yes, no
        How a uniform "yes" and "no" reads.
    """

    title: str
    means: str
    yes: str
    no: str


EQUIVALENCES = {
    "scale": Equivalence(
        "scale equivalence",
        "Multiplying the factors by numbers whose product is 1 never shows in X, so parameters that differ only in "
        "this "
        "way count as one. Their common value is P(h), the tensor product of the parameter vectors.",
        "The product X determines the parameters, up to the scale of each factor.",
        "Two choices of parameters that are not rescalings of each other have the same product X.",
    ),
    "path-scale": Equivalence(
        "path-scale equivalence",
        "Every inner node of the network can be rescaled freely, which never shows in X. What is asked is whether X "
        "determines the path products: for every path from an input to the output, and every choice of a tap on "
        "each of its edges, the product of those taps.",
        "The product X determines every path product. Where no kernel vanishes, that is the network's kernels up to "
        "one "
        "scalar for each inner node.",
        "Two networks with different path products have the same product X.",
    ),
    "neuron-scale": Equivalence(
        "neuron-scale equivalence",
        "Every inner neuron can be rescaled freely (its incoming weights by a number, its outgoing ones by the "
        "inverse), "
        "which never shows in X. What is asked is whether X determines the products of weights along paths.",
        "The product X determines every product of weights along a path. Where every inner neuron has a non-zero "
        "incoming "
        "and outgoing weight, that is the weights up to one scalar for each inner neuron.",
        "Two choices of weights with different path products have the same product X.",
    ),
}


def equivalence_in_words(name: str) -> Equivalence:
    """The entry of `EQUIVALENCES`, or a plain one for a name that this version does not know."""
    plain = Equivalence(name, "", "The product X determines the parameters.", "Two classes have the same product X.")
    return EQUIVALENCES.get(name, plain)


@dataclass(frozen=True)
class Theorem:
    """Why a kind of claim proves what it proves: name, one or two sentences, keys of `SOURCES`."""

    name: str
    text: str
    sources: tuple[str, ...] = ()


SOURCES = {
    "M20": "F. Malgouyres, On the stable recovery of deep structured linear networks under sparsity constraints, "
    "PMLR 107, 2020.",
    "ML19": "F. Malgouyres and J. Landsberg, Multilinear compressive sensing and an application to convolutional "
    "linear "
    "networks, SIAM J. Math. Data Sci. 1(3), 2019 (arXiv 1703.08044).",
    "ML16": "F. Malgouyres and J. Landsberg, On the identifiability and stable recovery of deep/multi-layer structured "
    "matrix factorization, IEEE ITW 2016.",
    "ZRG": "L. Zheng, E. Riccietti and R. Gribonval, Identifiability in two-layer sparse matrix factorization "
    "(arXiv 2110.01235); Efficient identification of butterfly sparse matrix factorizations (arXiv 2110.01230).",
    "CMX": "M. Cho, K. Mishra and W. Xu, Computable performance guarantees for compressed sensing matrices, EURASIP J. "
    "Adv. Signal Process. 2018:16.",
    "JN": "A. Juditsky and A. Nemirovski, On verifiable sufficient conditions for sparse signal recovery via l1 "
    "minimization, Math. Program. 127, 2011.",
    "AEG": "A. d'Aspremont and L. El Ghaoui, Testing the nullspace property using semidefinite programming, Math. "
    "Program. 127, 2011.",
    "DE": "D. Donoho and M. Elad, Optimally sparse representation in general (nonorthogonal) dictionaries via l1 "
    "minimization, PNAS 100, 2003.",
    "MO": "A. W. Marshall, I. Olkin and B. C. Arnold, Inequalities: Theory of Majorization and Its Applications, 2011, "
    "section 3.F.",
    "dmfverify": "Proved in the project's own theory pages, docs/certificate-format.md and the theory it cites.",
}

THEOREMS = {
    "skip-injective": Theorem(
        "The columns of all path products are independent",
        "Some layer holds free and known kernels together, so a path has the product of its free taps only, and the "
        "path without free taps adds a known constant. The columns of all other path products are independent: so X "
        "determines every one of them.",
        ("ML19",),
    ),
    "skip-witness": Theorem(
        "Two networks with the same product",
        "Two exact sets of parameters, with the known kernels as they are, have the same product X and different path "
        "products. Both products were multiplied out in rational numbers.",
        ("ML19",),
    ),
    "skip-jacobian": Theorem(
        "The Jacobian in the free taps has full rank",
        "The rank of the Jacobian in the free parameters, the known kernels as they are, was computed at one point "
        "modulo a prime. It is a lower bound of the rank at almost every point.",
        ("ML19",),
    ),
    "trivial-kernel": Theorem(
        "The lifting has no kernel",
        "The columns of the lifting A are linearly independent, which was shown modulo a prime. So X determines every "
        "tensor P(h), and the deep null space property holds with γ = 1, the best value possible.",
        ("ML19", "M20"),
    ),
    "kernel": Theorem(
        "Rank and kernel of the lifting",
        "Exact integer vectors in the kernel of A, independent modulo a prime, bound the rank from above; the rank "
        "modulo the same prime bounds it from below. The two agree.",
        ("dmfverify",),
    ),
    "shift-counts": Theorem(
        "Path sums of a convolutional network",
        "A choice of one tap on each edge of a path gives one shifted impulse. Choices that reach the same shift give "
        "equal columns of A, others orthogonal ones; so the singular values are √(n c) where c choices reach a "
        "shift and n cells of the input, all N without strides, are seen through it, and the network is "
        "identifiable when every shift is reached at most once.",
        ("ML19", "M20"),
    ),
    "gram-bracket": Theorem(
        "Singular values of the lifting",
        "Two exact factorizations show that a shifted Gram matrix of A is positive semidefinite, which bounds its "
        "non-zero singular values; explicit vectors bound them from the other side.",
        ("dmfverify",),
    ),
    "row-rank": Theorem(
        "Rank of the lifting by its rows",
        "A Aᵀ is contracted factor by factor, whatever the number of columns. Exact integer vectors in its kernel "
        "bound the rank of A from above, the rank modulo a prime bounds it from below, and the two agree.",
        ("dmfverify",),
    ),
    "witness": Theorem(
        "Two parameters with one product",
        "The two parameters printed on this page have exactly the same product, which rational arithmetic confirms, "
        "and differ in a coordinate of P. One such pair refutes uniform identifiability.",
        ("ML19",),
    ),
    "enclosure": Theorem(
        "Two parameters with one product, enclosed",
        "Near the parameters printed on this page, within the radius stated, there are two whose products agree "
        "exactly and whose classes differ: an interval Newton test (Krawczyk) maps a box of parameters into its own "
        "interior, so that Brouwer's theorem gives a solution inside. One such pair refutes uniform identifiability.",
        ("dmfverify", "ML19"),
    ),
    "field-witness": Theorem(
        "Two parameters with one product, in a number field",
        "Parameters whose entries are polynomials in a root of an integer polynomial have the same product, which "
        "exact arithmetic modulo the polynomial confirms, and different classes. A change of sign shows that the "
        "root is real; any root will do for the question over the complex numbers.",
        ("dmfverify",),
    ),
    "dimension-count": Theorem(
        "Too large a kernel over the complex numbers",
        "Complex matrices of rank at most 2 form a closed cone of known dimension. A linear subspace whose dimension "
        "exceeds the cone's codimension meets it, and so does the kernel of A.",
        ("ML19",),
    ),
    "kernel-line": Theorem(
        "A kernel of dimension one",
        "A difference of two tensors P(h) − P(g) has flattenings of rank at most 2. The singular values of a "
        "flattening of "
        "the one kernel vector beyond the second bound how close such a difference can come to the kernel.",
        ("dmfverify", "ML19"),
    ),
    "difference": Theorem(
        "An explicit difference",
        "For the difference T = P(h) − P(g) of two explicit parameters the ratios in the definitions of γ and κ are "
        "computed exactly. Each such difference bounds γ from below and κ from above.",
        ("ML19",),
    ),
    "line-outside": Theorem(
        "A kernel of dimension one, outside the differences",
        "The kernel of A is spanned by one tensor, and no difference P(h) − P(g) within the models is a multiple of "
        "it: it has rank three, or signs or a span that differences of these models do not have. It may still be a "
        "limit of differences.",
        ("dmfverify", "ML19"),
    ),
    "limit": Theorem(
        "A limit of differences in the kernel",
        "Along two explicit curves of parameters the difference of the products vanishes to a higher order than the "
        "difference of the tensors P(h) and P(g). So differences come as close to the kernel of A as one likes: γ is "
        "infinite and κ zero, and no noise level has a bound that holds everywhere, even where the product determines "
        "the parameters.",
        ("dmfverify", "ML19"),
    ),
    "jacobian": Theorem(
        "Rank of the Jacobian",
        "The rank of the derivative of the product, at an integer point and modulo a prime, is exceeded or met almost "
        "everywhere. Where it is the greatest that rescalings allow, nearby parameters of another class have another "
        "product; a deficit is certain once gauge directions that account for it are exhibited.",
        ("ML19",),
    ),
    "gauge": Theorem(
        "Gauge directions",
        "Explicit matrix pairs E, −E between two neighbouring factors move the parameters without moving the product. "
        "More of them are independent than the rescalings account for, at almost every point.",
        ("dmfverify",),
    ),
    "quartic-boxes": Theorem(
        "A sum of squares of degree four on boxes of supports",
        "A difference of two parameters lives on the boxes of their supports. There a quadratic form that lies below "
        "the projection, or equals |AT|², is bounded from below by a sum of squares of degree four; the columns of A "
        "outside these boxes are never written down.",
        ("dmfverify",),
    ),
    "quartic-pairs": Theorem(
        "A sum of squares of degree four for each pair of supports",
        "For a pair whose columns on the box of the unions (or on the union of the boxes) are dependent, the distance "
        "of a difference to the kernel there is bounded from below by a sum of squares of degree four; other pairs "
        "have γ = 1.",
        ("M20", "dmfverify"),
    ),
    "shift-pair": Theorem(
        "Counts of shifts at one pair of supports",
        "Columns that reach the same shift are equal up to sign, others are orthogonal: every non-zero singular value "
        "on some columns is √(N·c) with c ≥ 1 columns at a shift, and one pair of supports shows how small c gets.",
        ("M20", "dmfverify"),
    ),
    "projected-pairs": Theorem(
        "The projection on the union of two boxes",
        "A difference of two parameters lives on the union of the boxes of their supports. There the projection on the "
        "row space has its least eigenvalue above γ⁻², for every pair.",
        ("ML19", "dmfverify"),
    ),
    "pair-difference": Theorem(
        "A difference of two parameters near the kernel on their box",
        "For T = P(h) − P(g) with h and g in two supports and an element T′ of the kernel on their box (or union), γ "
        "of the family there is at least |T|/|T − T′|.",
        ("M20",),
    ),
    "kernel-ratio": Theorem(
        "The ratio of elementary symmetric polynomials on the kernel",
        "Every flattening of a difference of two rank-one tensors has rank at most two. On the kernel e₃ − τ·e₁·e₂ of "
        "the squared singular values of flattenings is a sum of squares, and e₃/e₂ is Schur-concave: so the squared "
        "singular values of a unit kernel element from the third on sum to at least t, and γ⁻² ≥ t.",
        ("MO", "dmfverify"),
    ),
    "mode-projectors": Theorem(
        "Projectors of rank two on the modes",
        "A difference of two rank-one tensors lies in the range of P₁ ⊗ ... ⊗ P_K, projectors of rank two on the "
        "modes. If these keep at most θ of the squared norm of every kernel element, which a dual of a relaxation over "
        "P₁ ⊗ ... ⊗ P_K ⊗ xxᵀ proves, then γ⁻² ≥ 1 − θ.",
        ("dmfverify",),
    ),
    "quartic": Theorem(
        "A sum of squares of degree four",
        "On every difference T of two rank-one tensors the minors of flattenings vanish, and hyperdeterminants and "
        "sums of products of alternating functions are squares. A sum of squares plus multiples of these equals "
        "(|QT|² − λ|T|²)|T|², hence |QT|² ≥ λ|T|² there, for the projection Q or for A itself.",
        ("dmfverify",),
    ),
    "shift-families": Theorem(
        "Distinct shifts on every pair of supports",
        "On the union of the boxes of any two supports all multi-indices reach different shifts, so the columns there "
        "are orthogonal of norm √N; γ and the least singular values follow from how many multi-indices share a shift.",
        ("M20", "dmfverify"),
    ),
    "chain-fibre": Theorem(
        "Dealing the roots of a chain of filters",
        "Without wrap-around the kernels multiply as polynomials. Layers of different strides exchange no roots; "
        "layers of one stride may deal theirs in any way of the right degrees, over R with conjugate pairs kept "
        "together.",
        ("ML19", "dmfverify"),
    ),
    "restricted-minors": Theorem(
        "Equations on the kernel that leave only zero",
        "Minors of flattenings, and other forms, vanish on every difference P(h) − P(g), over the complex numbers and "
        "in the limit. Multiplied by monomials they span all forms of some degree on the kernel of A, so that the "
        "kernel meets the differences in zero only. γ is finite; this argument gives no bound for it.",
        ("dmfverify", "ML19"),
    ),
    "one-class": Theorem(
        "One path product beside the kernel",
        "Other parameters with the product of h have a tensor P(g) in the space that P(h) and the kernel of A span. "
        "There minors of flattenings, which vanish on path products, span with monomials all forms of some degree but "
        "one: two different points would be one too many. So no other class has the product of h, over the complex "
        "numbers as well; and if h has no zero within its support, the same holds for almost every choice of "
        "parameters.",
        ("dmfverify",),
    ),
    "segre-degree": Theorem(
        "The degree of rank-one tensors counts classes",
        "The kernel of A holds no tensor of rank one, over the complex numbers as well, and has the largest dimension "
        "that allows this. So almost every product has as many classes over the complex numbers as the degree of the "
        "tensors of rank one; those that are not real come in pairs, and an even number leaves no class alone.",
        ("dmfverify",),
    ),
    "open-pair": Theorem(
        "Two classes, around both of which the products are all there are",
        "Two exact parameters of different classes have the same product, and at both the Jacobian has the rank of A. "
        "So every product nearby is taken near both of them: an open set of parameters is not determined.",
        ("dmfverify",),
    ),
    "exchange": Theorem(
        "An exchange of parameters",
        "Parameters of two factors can change places without a change of the product, because the columns of A are "
        "the same, and almost every choice of parameters has another class afterwards.",
        ("dmfverify",),
    ),
    "kernel-cover": Theorem(
        "Signs that no difference has",
        "The lines of the kernel of A are covered by cells. On each of them a polynomial has a sign that it has on no "
        "real difference P(h) − P(g): minors vanish there, hyperdeterminants are squares, and between non-negative "
        "parameters products with equal indices, and minors of two rows or slices, have signs that agree. So the "
        "kernel holds no difference but zero. Where the signs last within ‖w‖/γ of every kernel element w, γ is a "
        "bound of the null space constant. Nothing is said about complex parameters.",
        ("dmfverify",),
    ),
    "pairs-injective": Theorem(
        "Injectivity on every pair of supports",
        "For each pair of allowed supports the columns of A that a difference can use are independent. So two allowed "
        "parameters with one product are equivalent, and the constants of that pair are 1.",
        ("M20", "dmfverify"),
    ),
    "null-space-vector": Theorem(
        "A vector of the kernel",
        "An exact vector with A v = 0. Its support is a dependent set of columns, and the share of its l1 norm on the "
        "greatest entries bounds the l1 null space constant from below.",
        ("CMX",),
    ),
    "l1-linear": Theorem(
        "The linear-program bound of the l1 null space constant",
        "Every vector of the kernel equals (I − YᵀA)v, whatever Y is, so the greatest entries of the columns of "
        "I − YᵀA bound its greatest entries.",
        ("JN", "CMX"),
    ),
    "l1-semidefinite": Theorem(
        "The semidefinite bound of the l1 null space constant",
        "A positive semidefinite matrix shows that xᵀy is bounded on the kernel for x of l1 norm 1 and y of maximum "
        "norm 1 and l1 norm s, and the greatest such value is the constant.",
        ("AEG",),
    ),
    "l1-tree": Theorem(
        "A tree over signed supports",
        "A vector of signs is no greater on the kernel than its distance from the row space of A. Every choice of "
        "signs on the allowed number of places lies below a leaf of the tree, up to symmetries whose error is bounded "
        "exactly, and each leaf has a dual vector.",
        ("CMX", "dmfverify"),
    ),
    "mutual-coherence": Theorem(
        "Mutual coherence",
        "The greatest cosine of two columns is computed exactly. By Gershgorin's theorem fewer than 1 + 1/μ columns "
        "are independent.",
        ("DE",),
    ),
    "independent-columns": Theorem(
        "Every few columns are independent",
        "All sets of so many columns are eliminated modulo a prime, and exactly where the prime is unlucky. s-sparse "
        "vectors are determined by their product iff every 2s columns are independent.",
        ("DE",),
    ),
    "distinct-paths": Theorem(
        "The product lists all path products",
        "The product of the 0/1 supports has no entry above 1: no two paths join the same output and the same input, "
        "so every entry of X is one path product. The lifting has orthonormal columns and γ = κ = 1.",
        ("ZRG", "dmfverify"),
    ),
    "kronecker-sparse": Theorem(
        "A chain of Kronecker-sparse factors",
        "The supports are Kronecker products of an identity, a block of ones and an identity, and their numbers fit: "
        "each entry of each partial product is reached by one path. So X lists all path products, and γ = κ = 1.",
        ("ZRG", "dmfverify"),
    ),
    "peeling": Theorem(
        "Peeling",
        "X is a sum of blocks of rank one, one for each neuron in between. In the order given, the entries of a block "
        "that no later block covers join all its rows and columns and determine it up to its neuron's scale; it is "
        "taken away, and the next one follows. Wherever no entry of the partial products vanishes there is one class.",
        ("ZRG", "dmfverify"),
    ),
    "point": Theorem(
        "Given parameters",
        "The certificate holds the parameters that were given, exactly. Where no factor, kernel or neuron among them "
        "vanishes their path products determine them up to rescaling.",
        ("dmfverify",),
    ),
    "point-rank": Theorem(
        "Rank of the Jacobian at the given parameters",
        "The rank modulo a prime bounds the exact one from below; the directions of the rescalings, and exact vectors "
        "that the Jacobian annihilates, bound it from above. Where only the rescalings are left the given parameters "
        "are alone in a neighbourhood, up to rescaling.",
        ("dmfverify",),
    ),
    "stiffness": Theorem(
        "A quantitative inverse function theorem across the rescalings",
        "An exact factorization bounds the Jacobian from below on the complement of the rescalings, norms of the "
        "factors bound what the product adds at second order and above. The closest point of another class is "
        "orthogonal to its own orbit, so the product moves by at least half the stiffness times the distance.",
        ("dmfverify",),
    ),
    "column-subsets": Theorem(
        "All sets of so many columns",
        "If some set of columns had a singular value beyond the bound, it would hold a smaller set that is bad in a "
        "weaker sense, and so on down to a pair. Grown out of the bad pairs, no bad set of the full size is left.",
        ("dmfverify", "M20"),
    ),
    "support-pair": Theorem(
        "One box of two supports",
        "A vector in the range of the Gram matrix of one box is mapped to a vector that is short beside it, so that "
        "the least non-zero singular value over all boxes is no greater.",
        ("M20", "dmfverify"),
    ),
    "support-tree": Theorem(
        "All boxes of two supports",
        "The least singular value only falls when columns are added, so that one large box stands for all boxes within "
        "it. Boxes with a kernel are looked at one by one, with the pairs that they come from.",
        ("M20", "dmfverify"),
    ),
    "recovery-bound": Theorem(
        "Stable recovery",
        "With the deep null space property two parameters whose products lie near the same data are near each other, "
        "by a "
        "factor that depends on the constants above only. Our constant holds at every noise level; the paper's "
        "needs small noise, with 7 in place of 2.",
        ("ML19", "M20", "dmfverify"),
    ),
}
ALIASES = {
    "path-products-through-skips": "skip-injective",
    "small-parameters-with-skips": "skip-witness",
    "jacobian-rank-with-skips": "skip-jacobian",
    "local-search": "difference",
    "limits": "limit",
    "kernel-line-outside": "line-outside",
    "rank-by-rows": "row-rank",
    "trivial": "trivial-kernel",
    "collision": "witness",
    "colliding-indices": "witness",
    "gauge-witness": "witness",
    "gauge-fields": "gauge",
    "jacobian-rank": "jacobian",
    "kernel-basis": "kernel",
    "counterexample": "witness",
    "shift": "shift-counts",
    "pairs": "pairs-injective",
    "gram": "gram-bracket",
    "degree-four": "quartic",
    "degree-four-on-boxes": "quartic-boxes",
    "degree-four-pairs": "quartic-pairs",
    "shifts-of-a-family": "shift-families",
    "roots-of-a-chain": "chain-fibre",
    "recovery": "recovery-bound",
    "signed-supports": "l1-tree",
    "linear-program": "l1-linear",
    "semidefinite-bound": "l1-semidefinite",
    "spark": "independent-columns",
    "path-lifting": "distinct-paths",
    "kronecker-sparse-chain": "kronecker-sparse",
}


def theorem_for(method: str) -> Theorem:
    """The theorem behind a method or a kind of claim; a general one for names that are not in the table.

    >>> theorem_for("shift counts by dynamic programming").name
    'Path sums of a convolutional network'
    >>> theorem_for("brand-new").name
    'brand-new'
    """
    key = "-".join(re.sub(r"[\W_]", " ", method.lower()).split())
    kinds = sorted((*THEOREMS, *ALIASES), key=len, reverse=True)
    for kind in [key, *(k for k in kinds if f"-{k}-" in f"-{key}-")]:
        kind = ALIASES.get(kind, kind)
        if kind in THEOREMS:
            return THEOREMS[kind]
    return Theorem(method, "What the checker verified stands in certificate.json; each kind of claim, with what it "
                   "proves, is described in docs/certificate-format.md.")  # fmt: skip


def asked(statement: Statement) -> str:
    """The question in one sentence."""
    rows, cols = statement.product_shape
    total = plural(sum(statement.sizes), "parameter")
    noun = plural(statement.K, "factor")
    known = len(statement.forms) - statement.K
    extra = f" and {plural(known, 'known matrix', 'known matrices')}" if known else ""
    data = ", times known data" if statement.data else ""
    return (
        f"A matrix X of size {count(rows)} × {count(cols)} is the product of {noun} with {total} in all{extra}{data}. "
        f"Does X determine the parameters, and how far can noise in X move them?"
    )


def columns_formula(statement: Statement) -> str:
    """The number of multi-indices S_1···S_K, as text."""
    return count(math.prod(statement.sizes))
