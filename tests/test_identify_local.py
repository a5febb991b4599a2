"""Jacobians, gauges and coinciding columns, against their definitions by dense exact matrices."""

from __future__ import annotations

import functools
import itertools
import json
import math
import random
import time
from fractions import Fraction

import numpy as np
import pytest
import sympy
from hypothesis import example, given, settings
from hypothesis import strategies as st

from dmfverify.certificate import Nothing
from dmfverify.check import Session
from dmfverify.identify import collision, gauge, jacobian
from dmfverify.identify.witnesses import allowed, differing
from dmfverify.lifting import Lifting
from dmfverify.method import Budget
from dmfverify.problem.forms import Known, Model, Pattern, Statement, Taps, Terms
from dmfverify.structure import gauges
from dmfverify.structure.gauges import algebras, exchanges, moved, places
from dmfverify.structure.graph import largest_rank

P = 1_048_573
SEEDS = st.integers(0, 10**9)

# ------------------------------------------------------------------ definitions


def matrix(entries, shape):
    M = np.zeros(shape, dtype=object) * Fraction(0)
    for r, c, v in entries:
        M[r, c] += v
    return M


def matrices(statement, h):
    """M_1(h_1), M_2(h_2), ..., known ones and the data included."""
    chosen, found = iter(h), []
    for form in statement.forms:
        if form.parameters:
            values = next(chosen)
            found.append(
                sum((matrix(form.basis(i), form.shape) * x for i, x in enumerate(values)), matrix([], form.shape))
            )
        else:
            found.append(matrix(form.known(), form.shape))
    return found + ([matrix(statement.data.entries, statement.data.shape)] if statement.data else [])


def product(statement, h):
    total = None
    for M in matrices(statement, h):
        total = M if total is None else total.dot(M)
    return total


def derivatives(statement, h, support):
    """Rows: d product / d h_{k,i}, by differences of multilinear maps."""
    rows = []
    for k, part in enumerate(support):
        for i in part:
            unit = [list(v) for v in h]
            unit[k] = [Fraction(int(j == i)) for j in range(len(h[k]))]
            rows.append(product(statement, unit).ravel())
    return np.array(rows)


def rank(M):
    return sympy.Matrix(M.tolist()).rank() if M.size else 0


def generic(statement, support, rng):
    h = [[Fraction(0)] * n for n in statement.sizes]
    for values, part in zip(h, support, strict=True):
        for i in part:
            values[i] = Fraction(rng.randint(1, 10**6))
    return h


def everything(statement):
    return tuple(tuple(range(n)) for n in statement.sizes)


def checked(statement, claims):
    """What the checker proves from the claims, in their JSON form."""
    session = Session(statement.to_bytes())
    for claim in claims:
        session.accept(json.loads(json.dumps(claim.to_json())))
    return session.proved()


# ------------------------------------------------------------------ random statements


def small(rng, zero=0.2):
    return Fraction(0) if rng.random() < zero else Fraction(rng.randint(-3, 3), rng.randint(1, 2))


def random_pattern(rng, rows, columns):
    cells = list(itertools.product(range(rows), range(columns)))
    return Pattern((rows, columns), tuple(sorted(rng.sample(cells, rng.randint(1, len(cells))))))


def random_terms(rng, rows, columns):
    S = rng.randint(1, 3)
    cells = list(itertools.product(range(S), range(rows), range(columns)))
    return Terms((rows, columns), S, tuple((*c, small(rng)) for c in rng.sample(cells, rng.randint(1, len(cells)))))


def random_known(rng, rows, columns):
    return Known((rows, columns), tuple((r, c, small(rng)) for r in range(rows) for c in range(columns)))


def random_chain(rng):
    """Two or three factors of any kind, perhaps a known one, perhaps data."""
    K = rng.randint(2, 3)
    sizes = [rng.randint(1, 3) for _ in range(K + 1)]
    forms = [rng.choice([random_pattern, random_terms])(rng, sizes[k], sizes[k + 1]) for k in range(K)]
    if rng.random() < 0.4:
        at = rng.randint(1, K - 1)
        forms.insert(at, random_known(rng, forms[at - 1].shape[1], forms[at].shape[0]))
    data = random_known(rng, sizes[-1], rng.randint(1, 3)) if rng.random() < 0.3 else None
    return Statement("scale", tuple(forms), data=data)


def random_patterns(rng, equivalence):
    K = rng.randint(2, 4)
    sizes = [rng.randint(1, 3) for _ in range(K + 1)]
    return Statement(equivalence, tuple(random_pattern(rng, sizes[k], sizes[k + 1]) for k in range(K)))


def random_network(rng, equivalence="path-scale", strides=False):
    K, grid = rng.randint(2, 3), rng.choice([(4,), (5,), (2, 3)])
    boundary = rng.choice(["circular", "zero"])
    nodes = [1, *(rng.randint(1, 2) for _ in range(K))]
    forms, size = [], grid
    for k in range(K - 1, -1, -1):
        cells = itertools.product(range(nodes[k]), range(nodes[k + 1]), itertools.product(*map(range, grid)))
        taps = rng.sample(list(cells), min(rng.randint(1, 4), nodes[k] * nodes[k + 1] * math.prod(grid)))
        taps = [(a, b, tuple(s % n for s, n in zip(shift, size, strict=True))) for a, b, shift in taps]
        stride = 2 if strides and rng.random() < 0.3 else 1
        forms.insert(0, Taps(size, boundary, stride, (nodes[k], nodes[k + 1]), tuple(dict.fromkeys(taps))))
        size = forms[0].out_grid
    return Statement(equivalence, tuple(forms))


def random_statement(rng):
    return rng.choice([
        lambda: random_chain(rng),
        lambda: random_patterns(rng, "scale"),
        lambda: random_patterns(rng, "neuron-scale"),
        lambda: random_network(rng),
        lambda: random_network(rng, "scale", strides=True),
    ])()  # fmt: skip


# ------------------------------------------------------------------ the Jacobian


@settings(max_examples=50, deadline=None)
@given(SEEDS)
def test_the_rank_is_that_of_the_derivatives(seed):
    rng = random.Random(seed)
    statement = random_statement(rng)
    support = tuple(tuple(sorted(rng.sample(range(n), rng.randint(1, n)))) for n in statement.sizes)
    found = jacobian.jacobian(Lifting(statement), support, P, seed)
    assert found.rank == rank(derivatives(statement, generic(statement, support, rng), support))
    assert found.rank <= largest_rank(statement, support)


@settings(max_examples=40, deadline=None)
@given(SEEDS)
def test_all_positions_and_chosen_ones_agree(seed):
    rng = random.Random(seed)
    statement = rng.choice([random_chain, lambda r: random_patterns(r, "neuron-scale")])(rng)
    lifting, support = Lifting(statement), everything(statement)
    whole = jacobian.jacobian(lifting, support, P)
    steps = jacobian._contracted(lifting.chain, support, whole.point, P)
    rows, columns = statement.product_shape
    every = list(itertools.product(range(rows), range(columns)))
    assert (jacobian._entries(statement, steps, every, support, P) == whole.matrix).all()
    chosen = jacobian._random_positions(statement, steps, P, seed, 200)
    part = jacobian._entries(statement, steps, chosen, support, P)
    one = jacobian.Jacobian(P, support, whole.point, part, chosen)
    assert one.rank == whole.rank
    if one.rank:
        assert len(one.claim().evidence["rows"]) == one.rank
        assert checked(statement, [one.claim()]) is not None


def test_a_wide_product_is_restricted_to_as_many_positions_as_the_rank():
    full = lambda a, b: Pattern((a, b), tuple(itertools.product(range(a), range(b))))  # noqa: E731
    statement = Statement("neuron-scale", (full(60, 2), full(2, 3), full(3, 60)))
    (claim,) = jacobian.search(Lifting(statement), {}, Budget())
    best = 60 * 2 + 2 * 60 - 4  # matrices of rank 2
    assert claim.evidence["rank"] == len(claim.evidence["rows"]) == best
    assert "identifiability.local.verdict" not in checked(statement, [claim])


def butterfly(n):
    forms, step = [], 1
    while step < n:
        forms.append(Pattern((n, n), tuple(sorted((i, j) for i in range(n) for j in (i, i ^ step)))))
        step *= 2
    return tuple(forms)


def test_butterflies_are_triangular():
    """One path between any two ends: the chosen positions have the full rank, here computed by elimination."""
    statement = Statement("neuron-scale", butterfly(8))
    lifting, support = Lifting(statement), everything(statement)
    rows = jacobian.triangular(statement, support)
    assert len(rows) == largest_rank(statement) == 48 - 16
    steps = jacobian._contracted(lifting.chain, support, jacobian.random_point(lifting.sizes, support, P, 1), P)
    matrix = jacobian._entries(statement, steps, rows, support, P)
    assert jacobian.Jacobian(P, support, [], matrix, rows).rank == 32
    proved = checked(statement, jacobian.search(lifting, {}, Budget()))
    assert proved["identifiability.local.verdict"] == "yes" and proved["identifiability.local.rank"] == 32


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_triangular_positions_have_full_rank(seed):
    statement = random_patterns(random.Random(seed), "neuron-scale")
    support = everything(statement)
    rows = jacobian.triangular(statement, support)
    ways = functools.reduce(np.dot, [matrix([(r, c, 1) for r, c in f.entries], f.shape) for f in statement.forms])
    assert (rows is None) == bool(ways.max() > 1)
    if rows:
        lifting = Lifting(statement)
        steps = jacobian._contracted(lifting.chain, support, jacobian.random_point(lifting.sizes, support, P, seed), P)
        part = jacobian._entries(statement, steps, rows, support, P)
        assert jacobian.Jacobian(P, support, [], part, rows).rank == len(rows) == largest_rank(statement)


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_the_checker_accepts_every_jacobian_and_gauge(seed):
    rng = random.Random(seed)
    statement = random_statement(rng)
    if rng.random() < 0.5:
        supports = tuple(
            tuple(tuple(sorted(rng.sample(range(n), rng.randint(1, n)))) for n in statement.sizes) for _ in range(2)
        )
        statement = Statement(
            statement.equivalence, statement.forms, Model("supports", supports=supports), statement.data
        )
    lifting, claims = Lifting(statement), []
    for method in (jacobian.METHOD, gauge.FIELDS_METHOD):
        assert method.accepts(lifting, {}) == ""
        found = method.search(lifting, {}, Budget())
        claims += [] if isinstance(found, Nothing) else found
    checked(statement, claims)


def test_large_families_and_large_kernels_are_refused():
    taps = Taps((100,), "circular", 1, (1, 1), tuple((0, 0, (s,)) for s in range(50)))
    sparse = Statement("scale", (taps, taps), Model("sparse", sparsity=(3, 3)))
    assert "maximal supports" in jacobian.METHOD.accepts(Lifting(sparse), {})
    long = Taps((10**7,), "circular", 1, (1, 1), ((0, 0, (0,)), (0, 0, (5,))))
    assert "coefficients" in jacobian.METHOD.accepts(Lifting(Statement("scale", (long,) * 8)), {})
    known = {"identifiability.local.rank": 3}
    assert jacobian.METHOD.accepts(Lifting(sparse), known) == "the rank of the Jacobian is known"


# ------------------------------------------------------------------ gauges


def absorbed(statement, place, support):
    """A_i = M_L(e_i) F_L and B_j = F_R M_R(e_j), on the support."""
    owners = [p for p, form in enumerate(statement.forms) if form.parameters]
    p, q = owners[place.left], owners[place.right]
    L, R = statement.forms[p], statement.forms[q]
    A = {i: matrix(L.basis(i), L.shape) for i in support[place.left]}
    B = {j: matrix(R.basis(j), R.shape) for j in support[place.right]}
    for form in statement.forms[p + 1 : place.at + 1]:
        A = {i: M.dot(matrix(form.known(), form.shape)) for i, M in A.items()}
    for form in reversed(statement.forms[place.at + 1 : q]):
        B = {j: matrix(form.known(), form.shape).dot(M) for j, M in B.items()}
    return A, B


def gauge_dimension(statement, place, support):
    """dim of {E : A_i E in span A, E B_j in span B}, by solving for E, U and V together."""
    A, B = ({i: M.astype(float) for i, M in side.items()} for side in absorbed(statement, place, support))
    q = place.size

    def column(E, u, v):
        parts = [A[i] @ E - sum(A[a] for a, b in u if b == i) for i in A]
        parts += [E @ B[j] + sum(B[a] for a, b in v if b == j) for j in B]
        return np.concatenate([np.ravel(p) for p in parts])

    def nullity(columns):
        return len(columns) - np.linalg.matrix_rank(np.array(columns))

    zero = np.zeros((q, q))
    moves = [column(zero, [(j, i)], []) for i in A for j in A] + [column(zero, [], [(j, i)]) for i in B for j in B]
    units = [column(np.outer(np.eye(q)[a], np.eye(q)[b]), [], []) for a in range(q) for b in range(q)]
    return nullity(units + moves) - nullity(moves)


def acts_nowhere(statement, place, support):
    """dim of the E with A_i E = 0 and E B_j = 0: nobody needs them."""
    A, B = absorbed(statement, place, support)
    q = place.size
    columns = []
    for a in range(q):
        for b in range(q):
            E = matrix([(a, b, 1)], (q, q))
            columns.append(
                np.concatenate([M.dot(E).ravel() for M in A.values()] + [E.dot(M).ravel() for M in B.values()])
            )
    return q * q - rank(np.array(columns))


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_algebras_are_complete(seed):
    """Every solution is found, up to matrices that act on nothing."""
    rng = random.Random(seed)
    make = rng.choice([random_chain, lambda r: random_patterns(r, "neuron-scale")])
    statement = make(rng)
    support = tuple(tuple(sorted(rng.sample(range(n), rng.randint(1, n)))) for n in statement.sizes)
    for found in algebras(statement, support):
        if found.missed:
            continue
        idle = acts_nowhere(statement, found.place, support)
        spanned = [matrix(u.E, (found.place.size,) * 2).ravel() for u in found.units if u.kind != "kernel"]
        dimension = rank(np.array(spanned)) if spanned else 0
        full = gauge_dimension(statement, found.place, support)
        linear = any(u.kind in ("linear", "kernel") for u in found.units)
        assert dimension == full if linear else full - idle <= dimension <= full


@settings(max_examples=12, deadline=None)
@given(SEEDS)
def test_gauges_of_shifts_are_complete(seed):
    statement = random_network(random.Random(seed))
    for found in algebras(statement):
        if found.place.size > 10:
            continue
        full = gauge_dimension(statement, found.place, everything(statement))
        assert len(found.units) <= full
        left, right = (statement.factors[k] for k in (found.place.left, found.place.right))
        if {t[1] for t in left.taps} == set(range(left.nodes[1])) == {t[0] for t in right.taps}:
            assert len(found.units) == full


@settings(max_examples=30, deadline=None)
@given(SEEDS)
def test_units_satisfy_their_identities(seed):
    rng = random.Random(seed)
    statement = random_statement(rng)
    support = tuple(tuple(sorted(rng.sample(range(n), rng.randint(1, n)))) for n in statement.sizes)
    for found in algebras(statement, support):
        A, B = absorbed(statement, found.place, support)
        for unit in found.units:
            E = matrix(unit.E, (found.place.size,) * 2)
            for i in A:
                assert (sum((A[a] * v for a, b, v in unit.U if b == i), 0 * A[i]) == A[i].dot(E)).all()
            for j in B:
                assert (sum((B[a] * v for a, b, v in unit.V if b == j), 0 * B[j]) == -E.dot(B[j])).all()


@settings(max_examples=30, deadline=None)
@example(1665, "1")
@given(SEEDS, st.sampled_from(["1", "1/2", "-1/3", "2"]))
def test_finite_gauges_keep_the_product(seed, t):
    rng = random.Random(seed)
    statement = random_statement(rng)
    h = generic(statement, everything(statement), rng)
    for found in algebras(statement):
        for unit in found.units:
            g = moved(statement, found, unit, h, Fraction(t))
            if g is not None:
                assert (product(statement, g) == product(statement, h)).all()


def test_names():
    full = Pattern((2, 2), ((0, 0), (0, 1), (1, 0), (1, 1)))
    names = lambda *forms, e="scale": [a.name for a in algebras(Statement(e, forms))]  # noqa: E731
    assert names(full, full) == ["GL(2) on neurons 0, 1 between factors 0 and 1"]
    diagonal = Pattern((2, 2), ((0, 0), (1, 1)))
    assert names(full, diagonal) == ["a diagonal rescaling of 2 neurons between factors 0 and 1"]
    assert names(full, diagonal, e="neuron-scale") == [""]
    lower = Pattern((2, 2), ((0, 0), (1, 0), (1, 1)))
    assert names(full, Pattern((2, 2), ((0, 0), (0, 1), (1, 0))), e="neuron-scale") == [
        "a triangular gauge of dimension 1 (neuron 0 may be added to 1) between factors 0 and 1"
    ]
    upper = Pattern((2, 2), ((0, 0), (0, 1), (1, 1)))
    assert names(upper, lower, e="neuron-scale") == [""]
    eye = Terms((2, 2), 1, ((0, 0, 0, Fraction(1)), (0, 1, 1, Fraction(1))))
    assert names(full, Known((2, 2), ((0, 0, Fraction(1)), (1, 1, Fraction(1)))), full)[0].startswith("GL(2)")
    assert names(full, eye) == [""]
    assert len(places(Statement("scale", (full, full, full)))) == 2


def test_periodic_taps_and_twin_nodes():
    """Taps {0, 2} in Z/4 do not notice a shift by 2; two nodes with the same taps mix."""
    taps = Taps((4,), "circular", 1, (1, 1), ((0, 0, (0,)), (0, 0, (2,))))
    (found,) = algebras(Statement("path-scale", (taps, taps)))
    assert found.beyond == 1 and "shifts by a period of the taps (node 0 by 2)" in found.name
    left = Taps((5,), "circular", 1, (1, 2), ((0, 0, (0,)), (0, 0, (1,)), (0, 1, (2,)), (0, 1, (3,))))
    right = Taps((5,), "circular", 1, (2, 1), ((0, 0, (2,)), (1, 0, (0,))))
    (found,) = algebras(Statement("path-scale", (left, right)))
    assert (
        found.beyond == 2 and "a mixing of nodes of dimension 2 (node 0, moved by 2, may be added to 1)" in found.name
    )


def test_butterflies_of_order_256_are_instant():
    found = algebras(Statement("scale", butterfly(256)))
    assert [a.beyond for a in found] == [255] * 7
    assert exchanges(Statement("neuron-scale", butterfly(64))) == []


def test_too_large_a_dimension_is_said():
    wide = Terms((1, 30), 2, ((0, 0, 0, Fraction(1)), (1, 0, 1, Fraction(1))))
    tall = Terms((30, 1), 2, ((0, 0, 0, Fraction(1)), (1, 1, 0, Fraction(1))))
    (found,) = algebras(Statement("scale", (wide, tall)))
    assert "inner dimension 30 is too large" in found.missed


def test_exchanges_of_whole_branches():
    """Two branches of two layers: only both inner places together can be exchanged."""
    forms = (
        Pattern((1, 2), ((0, 0), (0, 1))), Pattern((2, 2), ((0, 0), (1, 1))), Pattern((2, 1), ((0, 0), (1, 0))),
    )  # fmt: skip
    assert exchanges(Statement("neuron-scale", forms)) == [
        {(1, 0): (1, 1), (1, 1): (1, 0), (2, 0): (2, 1), (2, 1): (2, 0)}
    ]
    taps = lambda *shifts: Taps((8,), "circular", 1, (1, 2), tuple((0, b, (s,)) for b, s in enumerate(shifts)))  # noqa: E731
    join = Taps((8,), "circular", 1, (2, 1), ((0, 0, (0,)), (1, 0, (0,))))
    assert exchanges(Statement("path-scale", (taps(0, 1), join))) == []
    assert len(exchanges(Statement("path-scale", (taps(1, 1), join)))) == 1


# ------------------------------------------------------------------ witnesses


def alive(statement, index):
    if statement.equivalence == "scale":
        return True
    ends = [
        f.entries[i] if isinstance(f, Pattern) else f.taps[i][:2] for f, i in zip(statement.factors, index, strict=True)
    ]
    return all(a[1] == b[0] for a, b in itertools.pairwise(ends))


def is_witness(statement, claim):
    h, g, at = (claim.evidence[key] for key in ("h", "g", "coordinate"))
    values = [math.prod(part[i] for part, i in zip(x, at, strict=True)) for x in (h, g)]
    return (product(statement, h) == product(statement, g)).all() and values[0] != values[1] and alive(statement, at)


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_gauge_witnesses(seed):
    """Where an algebra goes beyond the equivalence on parameters that are alive, there is a witness, and it is one."""
    rng = random.Random(seed)
    statement = random_statement(rng)
    statement = Statement(statement.equivalence, statement.forms, Model(nonnegative=rng.random() < 0.5), statement.data)
    found = gauge.search_witness(Lifting(statement), {}, Budget())
    if isinstance(found, Nothing):
        support = everything(statement)
        h = generic(statement, support, rng)
        shortfall = largest_rank(statement) - rank(derivatives(statement, h, support))
        fields = gauge.fields(statement, support, P)[1]
        assert shortfall == 0 or sum(statement.sizes) - len(fields) >= largest_rank(statement)
    else:
        assert is_witness(statement, found[0])
        assert (
            all(x >= 0 for side in "hg" for part in found[0].evidence[side] for x in part)
            or not statement.model.nonnegative
        )
        assert checked(statement, found)["identifiability.uniform.verdict"] == "no"


def test_a_gauge_witness_has_no_zero_parameter():
    full = Pattern((3, 3), tuple(itertools.product(range(3), range(3))))
    for model in (Model(), Model(nonnegative=True)):
        for equivalence in ("scale", "neuron-scale"):
            statement = Statement(equivalence, (full, full), model)
            (claim,) = gauge.search_witness(Lifting(statement), {}, Budget())
            assert all(x != 0 for side in "hg" for part in claim.evidence[side] for x in part)
            assert is_witness(statement, claim)


def test_the_gauge_of_a_box_is_found_in_the_box():
    """Dense factors, but each support is a butterfly-like pattern without a gauge under neuron-scale, or one with."""
    full = Pattern((2, 2), ((0, 0), (0, 1), (1, 0), (1, 1)))
    diagonal, all4 = (0, 3), (0, 1, 2, 3)
    rigid = Statement("neuron-scale", (full, full), Model("supports", supports=((diagonal, all4), (all4, diagonal))))
    assert isinstance(gauge.search_witness(Lifting(rigid), {}, Budget()), Nothing)
    loose = Statement("neuron-scale", (full, full), Model("supports", supports=((diagonal, all4), (all4, all4))))
    (claim,) = gauge.search_witness(Lifting(loose), {}, Budget())
    assert is_witness(loose, claim)


def test_local_no_is_proved_by_fields_and_rank():
    full = Pattern((3, 3), tuple(itertools.product(range(3), range(3))))
    statement = Statement("neuron-scale", (full, full))
    claims = []
    for method in (jacobian.METHOD, gauge.FIELDS_METHOD):
        claims += method.search(Lifting(statement), {}, Budget())
    proved = checked(statement, claims)
    assert proved["identifiability.local.verdict"] == proved["identifiability.generic.verdict"] == "no"
    assert (proved["identifiability.local.rank"], proved["identifiability.local.expected"]) == (9, 15)


@settings(max_examples=150, deadline=None)
@given(SEEDS)
def test_parallel_columns_are_found_exactly_when_there_are_some(seed):
    rng = random.Random(seed)
    statement = random_statement(rng)
    kind = rng.randint(0, 2)
    model = Model(nonnegative=rng.random() < 0.4)
    if kind == 1:
        boxes = tuple(
            tuple(tuple(sorted(rng.sample(range(n), rng.randint(1, n)))) for n in statement.sizes) for _ in range(2)
        )
        model = Model("supports", model.nonnegative, supports=boxes)
    if kind == 2:
        model = Model("sparse", model.nonnegative, sparsity=tuple(rng.randint(1, n) for n in statement.sizes))
    statement = Statement(statement.equivalence, statement.forms, model, statement.data)
    lifting = Lifting(statement)
    if collision.METHOD.accepts(lifting, {}):
        return
    found = collision.search(lifting, {}, Budget())
    hot = lambda index: [[Fraction(int(i == j)) for j in range(n)] for i, n in zip(index, statement.sizes, strict=True)]  # noqa: E731
    usable = [
        i for i in itertools.product(*map(range, statement.sizes)) if alive(statement, i) and allowed(statement, hot(i))
    ]
    columns = [product(statement, hot(i)).ravel() for i in usable]
    exists = any(not any(c) for c in columns) or any(
        parallel(a, b, model.nonnegative) for a, b in itertools.combinations(columns, 2)
    )
    assert exists == (not isinstance(found, Nothing))
    if exists:
        assert is_witness(statement, found[0])
        assert all(allowed(statement, found[0].evidence[side]) for side in "hg")
        checked(statement, found)


def parallel(a, b, positive):
    at = next(k for k, x in enumerate(a) if x)
    c = b[at] / a[at]
    return c != 0 and (c > 0 or not positive) and (a * c == b).all()


def diamond(taps_a, taps_b, taps_c, taps_d, length=8):
    """x -d-> v -c-> y and x -b-> u -a-> y."""
    layer = lambda pairs: tuple((*e, (s,)) for e, taps in pairs for s in taps)  # noqa: E731
    first = Taps((length,), "circular", 1, (1, 2), layer([((0, 0), taps_a), ((0, 1), taps_c)]))
    last = Taps((length,), "circular", 1, (2, 1), layer([((0, 0), taps_b), ((1, 0), taps_d)]))
    return Statement("path-scale", (first, last))


def test_a_delay_has_no_zero_kernel():
    statement = diamond([0, 1], [0, 1], [4], [0])
    (claim,) = collision.search(Lifting(statement), {}, Budget())
    assert is_witness(statement, claim)
    assert "no kernel of the witness is zero" in collision.describe(Lifting(statement), claim)


def test_a_collision_of_two_paths_has_zero_kernels():
    statement = diamond([0], [0, 2], [1], [1])
    (claim,) = collision.search(Lifting(statement), {}, Budget())
    assert is_witness(statement, claim)
    assert "some kernel of the witness is zero" in collision.describe(Lifting(statement), claim)


def test_wrapping_is_named():
    layers = tuple(Taps((4,), "circular", 1, (1, 1), ((0, 0, (0,)), (0, 0, (s,)))) for s in (1, 3))
    lifting = Lifting(Statement("scale", layers))
    (claim,) = collision.search(lifting, {}, Budget())
    assert "distinct for N = 5" in collision.describe(lifting, claim)


def test_dead_multi_indices_are_zero_columns_under_scale():
    network = Statement("scale", diamond([0], [0], [1], [1]).forms)
    (claim,) = collision.search(Lifting(network), {}, Budget())
    assert is_witness(network, claim)


def test_the_union_of_boxes_decides():
    layers = tuple(Taps((8,), "circular", 1, (1, 1), ((0, 0, (0,)), (0, 0, (1,)))) for _ in range(2))
    apart = Model("supports", supports=(((0,), (0,)), ((1,), (1,))))
    assert isinstance(collision.search(Lifting(Statement("scale", layers, apart)), {}, Budget()), Nothing)
    across = Model("supports", supports=(((0,), (1,)), ((1,), (0,))))
    (claim,) = collision.search(Lifting(Statement("scale", layers, across)), {}, Budget())
    assert is_witness(Statement("scale", layers), claim)


@settings(max_examples=60, deadline=None)
@given(SEEDS)
def test_shift_counts_are_singular_values(seed):
    statement = random_network(random.Random(seed))
    lifting = Lifting(statement)
    if collision.COUNTS_METHOD.accepts(lifting, {}) or not lifting.count:
        return
    (claim,) = collision.search_counts(lifting, {}, Budget())
    usable = [i for i in itertools.product(*map(range, statement.sizes)) if alive(statement, i)]
    hot = lambda index: [[Fraction(int(i == j)) for j in range(n)] for i, n in zip(index, statement.sizes, strict=True)]  # noqa: E731
    A = np.array([product(statement, hot(i)).ravel() for i in usable], dtype=float).T
    values = np.linalg.svd(A, compute_uv=False)
    values = values[values > 1e-9]
    for key, value in (("sigma_min", values.min()), ("sigma_max", values.max())):
        low, high = claim.evidence[key]
        assert float(low) <= value * (1 + 1e-12) and value <= float(high) * (1 + 1e-12)
        assert float(high) / float(low) < 1 + 1e-13
    assert checked(statement, [claim])["lifting.rank"] == len(values)


def line(N, layers):
    return Statement(
        "scale", tuple(Taps((N,), "circular", 1, (1, 1), tuple((0, 0, (t,)) for t in taps)) for taps in layers)
    )


def test_shifts_that_differ_need_no_count():
    """Mixed radix: 3^20 multi-indices, all different; sigma is sqrt(N)."""
    (claim,) = collision.search_counts(Lifting(line(3**20, [[0, 3**k, 2 * 3**k] for k in range(20)])), {}, Budget())
    assert claim.evidence["sigma_min"] == claim.evidence["sigma_max"] == [3**10, 3**10]


def test_what_the_checker_would_not_count_is_refused():
    draw = random.Random(1)
    found = collision.search_counts(
        Lifting(line(10**8, [draw.sample(range(10**8), 3) for _ in range(20)])), {}, Budget()
    )
    assert isinstance(found, Nothing) and "the checker would add" in found.reason


# ------------------------------------------------------------------ helpers


@settings(max_examples=200, deadline=None)
@given(SEEDS)
def test_differing_finds_a_coordinate_exactly_when_there_is_one(seed):
    rng = random.Random(seed)
    statement = rng.choice([random_patterns(rng, "neuron-scale"), random_network(rng), random_chain(rng)])
    h = [[Fraction(rng.randint(-1, 2)) for _ in range(n)] for n in statement.sizes]
    g = [[Fraction(rng.randint(-1, 2)) if rng.random() < 0.2 else x for x in part] for part in h]
    if rng.random() < 0.3:
        g = [[x * 2 for x in h[0]], [x / 2 for x in h[1]], *h[2:]]
    value = lambda x, index: math.prod(part[i] for part, i in zip(x, index, strict=True))  # noqa: E731
    usable = [i for i in itertools.product(*map(range, statement.sizes)) if alive(statement, i)]
    found = differing(Lifting(statement).alive, h, g)
    assert (found is not None) == any(value(h, i) != value(g, i) for i in usable)
    if found is not None:
        assert found in usable and value(h, found) != value(g, found)


def test_allowed_counts_groups_together():
    forms = (Pattern((1, 3), ((0, 0), (0, 1), (0, 2))), Pattern((3, 1), ((0, 0), (1, 0), (2, 0))))
    groups = (((0, 1), (1, 2)), ((0,), (1,), (2,)))
    statement = Statement("scale", forms, Model("group-sparse", groups=groups, active=(1, 2)))
    assert allowed(statement, [[0, 1, 1], [1, 0, 1]])
    assert not allowed(statement, [[1, 0, 1], [1, 0, 1]])
    assert not allowed(statement, [[0, 1, 1], [1, 1, 1]])
    signed = Statement("scale", forms, Model(nonnegative=True))
    assert not allowed(signed, [[1, 1, 1], [1, -1, 1]])


@pytest.mark.parametrize("method", [jacobian.METHOD, *gauge.METHODS, *collision.METHODS], ids=lambda m: m.name)
def test_refusals_are_words(method):
    wide = Terms((1, 1), 1, ((0, 0, 0, Fraction(1)),))
    single = Statement("scale", (wide,))
    reason = method.accepts(Lifting(single), {"identifiability.uniform.verdict": "no", "identifiability.local.rank": 1})
    assert reason and reason[0].islower()


def test_descriptions_name_exchanges_of_whole_branches():
    forms = (
        Pattern((1, 2), ((0, 0), (0, 1))), Pattern((2, 2), ((0, 0), (1, 1))), Pattern((2, 1), ((0, 0), (1, 0))),
    )  # fmt: skip
    words = gauge.describe(Lifting(Statement("neuron-scale", forms)))
    assert words == "an exchange of nodes 0 and 1 between factors 0 and 1 (and 2 more nodes with them)"


# ------------------------------------------------------------------ size


def test_gauges_of_ten_thousand_taps_and_of_twenty_dense_factors_are_found_out_at_once():
    rng = random.Random(3)
    taps = [[0, 1], sorted(rng.sample(range(10**5), 10**4)), [0, 2]]
    layers = tuple(Taps((10**6,), "circular", 1, (1, 1), tuple((0, 0, (t,)) for t in ts)) for ts in taps)
    dense = tuple(
        Terms(
            (16, 16),
            8,
            tuple((i, r, c, Fraction(rng.randint(1, 9))) for i in range(8) for r in range(16) for c in range(16)),
        )
        for _ in range(6)
    )
    started = time.process_time()
    for forms in (layers, dense):
        assert isinstance(gauge.search_fields(Lifting(Statement("scale", forms)), {}, Budget()), Nothing)
    assert time.process_time() - started < 5


@pytest.mark.parametrize("seed", range(10))
def test_the_equations_modulo_a_prime_leave_the_scalars_only_where_those_over_q_do(seed):
    rng = random.Random(seed)
    size = rng.randint(1, 3)
    forms = tuple(
        Terms(
            (size, size),
            S,
            tuple((i, r, c, Fraction(rng.randint(-1, 1))) for i in range(S) for r in range(size) for c in range(size)),
        )
        for S in (rng.randint(1, 3), rng.randint(1, 3))
    )
    statement = Statement("scale", forms)
    (place,) = places(statement)
    left, right = gauges._sides(statement, place, everything(statement))
    if left is not None and right is not None and gauges._only_scalars(left, right, size):
        assert len(gauges._solutions(left, right, size)) == 1
